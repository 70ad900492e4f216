//! The calls of one baresip: what its events and its list of calls say about them.

use ringside_domain::{
    Authority, CallEvent, Change, Direction, EndReason, Now, SourceId, Trust,
    call::{WireParty, WireRoute},
};

use super::message::Event;
use crate::clean::{cleaned, kept};

const LONGEST_ID: usize = 250;
const LONGEST_URI: usize = 200;
const LONGEST_NAME: usize = 120;
/// More calls than one person can have; of more, the oldest is given up.
const MOST_OPEN: usize = 64;
/// Lines of a list of calls that are looked at.
const MOST_LISTED: usize = 256;

/// What is open, in the order in which it began.
#[derive(Debug)]
pub struct Calls {
    source: SourceId,
    trust: Trust,
    open: Vec<Open>,
    /// The call whose place the next incoming one of this account takes.
    replaced: Option<(String, String)>,
}

#[derive(Clone, Debug)]
struct Open {
    id: String,
    direction: Option<Direction>,
    peer: WireParty,
    account: String,
    change: Change,
    answered: bool,
    /// The other end put us on hold: the list of calls knows only of our own holding.
    held_by_peer: bool,
}

impl Calls {
    #[must_use]
    pub fn new(source: SourceId, trust: Trust) -> Self {
        Self {
            source,
            trust,
            open: Vec::new(),
            replaced: None,
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// What an event tells: mostly one thing, nothing where it is no news of a call. `early`: we have just connected, so the
    /// call may have begun long ago.
    pub fn event(&mut self, event: Event, at: Now, early: bool) -> Vec<CallEvent> {
        let mut told = Vec::new();
        told.extend(self.news(event, at, early));
        if self.open.len() > MOST_OPEN {
            let oldest = self.open.remove(0);
            told.push(self.told(&oldest, Change::Ended(EndReason::Unknown), at, true));
        }
        told
    }

    /// What the list of calls adds: calls that are gone, or held, or that nobody told of.
    ///
    /// ```text
    /// --- Active calls (1) ---
    /// > [line 1]  0:00:01  ESTABLISHED  (on hold)  sip:+15550100123@192.0.2.1               1.0
    /// > [line 1, id 1-16326@192.0.2.1]  0:00:01  ESTABLISHED  (on hold)  sip:+1555…         3.0
    /// ```
    pub fn listed(&mut self, list: &str, at: Now, early: bool) -> Vec<CallEvent> {
        let lines: Vec<Listed> = list.lines().filter_map(Listed::read).take(MOST_LISTED).collect();
        let mut told = Vec::new();
        for mut call in std::mem::take(&mut self.open) {
            let Some(line) = lines.iter().find(|line| line.is(&call)) else {
                told.push(self.told(&call, Change::Ended(EndReason::Unknown), at, true));
                continue;
            };
            let news = match line.change {
                Some(Change::Answered) if call.held_by_peer => None,
                news => news.filter(|change| *change != call.change && *change != Change::Ringing),
            };
            if let Some(change) = news {
                call.answered = true;
                call.change = change;
                told.push(self.told(&call, change, at, early));
            }
            self.open.push(call);
        }
        for line in lines {
            let (Some(id), Some(change)) = (&line.id, line.change) else {
                continue;
            };
            if self.open.len() >= MOST_OPEN || self.open.iter().any(|open| open.id == *id) {
                continue;
            }
            let call = Open {
                id: id.clone(),
                direction: line.direction,
                peer: WireParty {
                    raw: line.peer.clone(),
                    display: None,
                },
                account: String::new(),
                change,
                answered: change != Change::Ringing,
                held_by_peer: false,
            };
            told.push(self.told(&call, change, at, true));
            self.open.push(call);
        }
        told
    }

    /// Nobody will tell how these calls end.
    pub fn all_lost(&mut self, at: Now) -> Vec<CallEvent> {
        let open = std::mem::take(&mut self.open);
        open.iter()
            .map(|call| self.told(call, Change::Ended(EndReason::Unknown), at, true))
            .collect()
    }

    fn news(&mut self, event: Event, at: Now, early: bool) -> Option<CallEvent> {
        let id = kept(Some(&event.id), LONGEST_ID)?;
        let known = self.open.iter().position(|open| open.id == id);
        let change = self.change(&event, known.map(|at| &self.open[at]))?;
        let direction = match event.direction.as_str() {
            "incoming" => Some(Direction::In),
            "outgoing" => Some(Direction::Out),
            _ => None,
        };
        let place = known.unwrap_or_else(|| {
            self.open.push(Open {
                id: id.clone(),
                direction,
                peer: WireParty {
                    raw: cleaned(&event.peer, LONGEST_URI),
                    display: kept(event.peer_name.as_deref(), LONGEST_NAME),
                },
                account: cleaned(&event.account, LONGEST_URI),
                change,
                answered: false,
                held_by_peer: false,
            });
            self.open.len() - 1
        });
        match event.what.as_str() {
            "CALL_HOLD" => self.open[place].held_by_peer = true,
            "CALL_RESUME" => self.open[place].held_by_peer = false,
            _ => {}
        }
        if known.is_some() && self.open[place].change == change {
            return None;
        }
        self.open[place].answered |= change == Change::Answered;
        self.open[place].change = change;
        let call = self.open[place].clone();
        if matches!(change, Change::Ended(_)) {
            self.open.remove(place);
            if event.param.ends_with(" replaced") {
                self.replaced = Some((call.account.clone(), id));
            }
        }
        // A phone that answers by itself does not say first that it rings: the call began now.
        let begins_now = change == Change::Ringing || event.what == "CALL_ESTABLISHED";
        let begins_unseen = known.is_none() && !begins_now;
        let mut told = self.told(&call, change, at, early || begins_unseen);
        told.route
            .diverted_by
            .extend(kept(event.diverter.as_deref(), LONGEST_URI).map(|raw| WireParty { raw, display: None }));
        if change == Change::Ringing && known.is_none() {
            told.replaces = self
                .replaced
                .take()
                .filter(|(account, _)| *account == call.account && direction == Some(Direction::In))
                .map(|(_, id)| id);
        }
        Some(told)
    }

    fn change(&self, event: &Event, known: Option<&Open>) -> Option<Change> {
        let answered = known.is_some_and(|open| open.answered);
        Some(match event.what.as_str() {
            "CALL_INCOMING" | "CALL_OUTGOING" | "CALL_RINGING" | "CALL_PROGRESS" if !answered => Change::Ringing,
            "CALL_ESTABLISHED" | "CALL_RESUME" => Change::Answered,
            "CALL_HOLD" if answered => Change::Held,
            "CALL_LOCAL_SDP" if answered && matches!(event.local_audio.as_str(), "sendonly" | "inactive") => {
                Change::Held
            }
            "CALL_LOCAL_SDP" if answered && event.local_audio == "sendrecv" => Change::Answered,
            "CALL_CLOSED" => Change::Ended(match known {
                None => EndReason::Unknown,
                Some(open) if open.answered => EndReason::Completed,
                Some(open) => unanswered(open.direction, &event.param),
            }),
            _ => return None,
        })
    }

    fn told(&self, call: &Open, change: Change, at: Now, replay: bool) -> CallEvent {
        CallEvent {
            source: self.source.clone(),
            key: call.id.clone(),
            provider_call_id: Some(call.id.clone()),
            trust: self.trust,
            authority: Authority::Provider,
            direction: call.direction,
            remote: Some(call.peer.clone()),
            local: (!call.account.is_empty()).then(|| WireParty {
                raw: call.account.clone(),
                display: None,
            }),
            route: WireRoute::default(),
            replaces: None,
            replay,
            at,
            change,
            rehearsal: false,
        }
    }
}

/// How a call ended that nobody answered: `486 Busy Here`, `Connection reset by user` (we hung up), `… by peer` (they did),
/// `Rejected by user` (newer ones), and words of the system.
fn unanswered(direction: Option<Direction>, reason: &str) -> EndReason {
    let by_us = reason.ends_with("by user");
    if direction != Some(Direction::Out) {
        return if by_us { EndReason::Declined } else { EndReason::Missed };
    }
    let code = reason.split(' ').next().and_then(|word| word.parse::<u16>().ok());
    match code {
        Some(486 | 600) => EndReason::Busy,
        Some(603) => EndReason::Declined,
        Some(408 | 480 | 487) => EndReason::Missed,
        None if by_us || reason == "Connection reset by peer" => EndReason::Missed,
        _ => EndReason::Failed,
    }
}

/// A line of the list.
struct Listed {
    id: Option<String>,
    peer: String,
    change: Option<Change>,
    direction: Option<Direction>,
}

impl Listed {
    fn read(line: &str) -> Option<Self> {
        let (head, rest) = line.split_once("[line ")?.1.split_once(']')?;
        let mut words = rest.split_whitespace();
        let state = words.nth(1)?;
        let (change, direction) = match state {
            "INCOMING" => (Some(Change::Ringing), Some(Direction::In)),
            "OUTGOING" | "RINGING" | "EARLY" => (Some(Change::Ringing), Some(Direction::Out)),
            "ESTABLISHED" if rest.contains("(on hold)") => (Some(Change::Held), None),
            "ESTABLISHED" => (Some(Change::Answered), None),
            _ => (None, None),
        };
        Some(Self {
            id: kept(head.split_once("id ").map(|(_, id)| id), LONGEST_ID),
            peer: cleaned(words.last()?, LONGEST_URI),
            change,
            direction,
        })
    }

    fn is(&self, call: &Open) -> bool {
        match &self.id {
            Some(id) => *id == call.id,
            None => self.peer == call.peer.raw,
        }
    }
}
