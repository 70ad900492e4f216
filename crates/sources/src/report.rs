//! What a command line, a link or a hook says about a call, made into call events.
//!
//! Hooks are poor narrators: many know no call id, some tell only the number when a call ends, some repeat themselves.
//! [`Reports`] remembers the open calls of one phone, so that a later `answered` or `ended` finds the call it is about.

use std::time::Duration;

use ringside_domain::{
    Authority, CallEvent, Change, Direction, EndReason, Now, SourceId, Steady, Trust,
    call::{WireParty, WireRoute},
    phone::{Home, Reading, read},
};

use crate::clean::{cleaned, kept};

/// One report, in the phone's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The other end: a number, a SIP or tel URI, an extension. `anonymous` and the like say that it is withheld; nothing
    /// at all says only that this phone does not tell.
    pub from: Option<String>,
    /// Our end. Where an outgoing call names no `from`, this is taken as the number that was dialled.
    pub to: Option<String>,
    pub name: Option<String>,
    pub direction: Option<Direction>,
    /// What happened; `None` is a ringing call.
    pub change: Option<Change>,
    pub call_id: Option<String>,
}

/// The longest number or URI that is kept, in characters.
const LONGEST_NUMBER: usize = 200;
const LONGEST_NAME: usize = 120;
const LONGEST_ID: usize = 250;
/// Open calls that one phone may have; of more, the oldest is forgotten.
const MOST_OPEN: usize = 16;
/// A second ring of the same number within this time is the same call told twice.
const REPEATS_WITHIN: Duration = Duration::from_secs(10);
/// No call is open for longer: its end was not told.
const LONGEST_CALL: Duration = Duration::from_secs(12 * 3600);

/// The reports of one phone, in the order in which they came.
#[derive(Debug)]
pub struct Reports {
    source: SourceId,
    open: Vec<Open>,
    calls: u64,
}

#[derive(Debug)]
struct Open {
    key: String,
    id: Option<String>,
    /// The other end, read as far as that goes without a home country.
    number: Option<String>,
    direction: Option<Direction>,
    since: Steady,
    answered: bool,
}

impl Reports {
    #[must_use]
    pub fn new(source: SourceId) -> Self {
        Self {
            source,
            open: Vec::new(),
            calls: 0,
        }
    }

    /// The event that a report tells. `None` when it tells of no call: an end without id and number while no single open
    /// call could be meant.
    pub fn event(&mut self, report: Report, trust: Trust, now: Now) -> Option<CallEvent> {
        let report = Tidy::of(report);
        self.open.retain(|open| now.steady.since(open.since) < LONGEST_CALL);
        let at = match report.change {
            Change::Ringing => self.find_ringing(&report, now.steady),
            _ => self.find_open(&report),
        };
        let at = match at {
            Some(at) => at,
            None if report.change == Change::Ringing || report.number.is_some() || report.id.is_some() => {
                self.begin(&report, now.steady)
            }
            None => return None,
        };
        let open = &mut self.open[at];
        open.answered |= matches!(report.change, Change::Answered | Change::Held);
        open.number = open.number.take().or(report.number);
        open.direction = report.direction.or(open.direction);
        let event = CallEvent {
            source: self.source.clone(),
            key: open.key.clone(),
            provider_call_id: report.id.filter(|id| is_unique_everywhere(id)),
            trust,
            authority: Authority::Hook,
            direction: open.direction,
            remote: report.remote,
            local: report.local,
            route: WireRoute::default(),
            replaces: None,
            replay: false,
            at: now,
            change: report.change,
            rehearsal: false,
        };
        if matches!(report.change, Change::Ended(_)) {
            self.open.remove(at);
        }
        Some(event)
    }

    fn begin(&mut self, report: &Tidy, since: Steady) -> usize {
        if self.open.len() >= MOST_OPEN {
            self.open.remove(0);
        }
        self.calls += 1;
        let direction = match report.change {
            Change::Ringing => report.direction.or(Some(Direction::In)),
            _ => report.direction,
        };
        self.open.push(Open {
            key: format!("report-{}", self.calls),
            id: report.id.clone(),
            number: report.number.clone(),
            direction,
            since,
            answered: false,
        });
        self.open.len() - 1
    }

    /// The call that rings already and is told once more.
    fn find_ringing(&self, report: &Tidy, now: Steady) -> Option<usize> {
        let differs = |open: &Open| matches!((&open.number, &report.number), (Some(one), Some(two)) if one != two);
        if let Some(id) = &report.id {
            // Phones that count their calls use a short id again; for another number it is another call.
            return self.newest(|open| open.id.as_ref() == Some(id) && (is_unique_everywhere(id) || !differs(open)));
        }
        self.newest(|open| {
            open.number == report.number
                && !open.answered
                && report
                    .direction
                    .is_none_or(|direction| Some(direction) == open.direction)
                && now.since(open.since) < REPEATS_WITHIN
        })
    }

    /// The open call that a later report is about.
    fn find_open(&self, report: &Tidy) -> Option<usize> {
        if let Some(at) = self.newest(|open| report.id.is_some() && open.id == report.id) {
            return Some(at);
        }
        let fits = |open: &Open| {
            (report.id.is_none() || open.id.is_none())
                && (report.direction.is_none() || open.direction.is_none() || report.direction == open.direction)
        };
        if report.number.is_some()
            && let Some(at) = self.newest(|open| fits(open) && open.number == report.number)
        {
            return Some(at);
        }
        // Without a common number only where there is no doubt. An answer is to a call that still rings.
        let mut candidates = self.open.iter().enumerate().filter(|(_, open)| {
            fits(open)
                && (report.number.is_none() || open.number.is_none())
                && !(report.change == Change::Answered
                    && open.answered
                    && self.open.iter().any(|other| !other.answered))
        });
        let (at, _) = candidates.next()?;
        candidates.next().is_none().then_some(at)
    }

    fn newest(&self, is_it: impl Fn(&Open) -> bool) -> Option<usize> {
        self.open.iter().rposition(is_it)
    }
}

/// A report, cleaned and put in terms of the other end and ours.
struct Tidy {
    remote: Option<WireParty>,
    local: Option<WireParty>,
    number: Option<String>,
    direction: Option<Direction>,
    change: Change,
    id: Option<String>,
}

impl Tidy {
    fn of(report: Report) -> Self {
        let (mut from, mut to) = (
            kept(report.from.as_deref(), LONGEST_NUMBER),
            kept(report.to.as_deref(), LONGEST_NUMBER),
        );
        if report.direction == Some(Direction::Out) && from.is_none() {
            from = to.take();
        }
        let name = kept(report.name.as_deref(), LONGEST_NAME);
        let number = from.as_deref().map(identity);
        let remote = match (from, name) {
            (Some(raw), name) => {
                let display = name.or_else(|| display_in(&raw));
                Some(WireParty { raw, display })
            }
            // A name alone still helps a person.
            (None, Some(name)) => Some(WireParty {
                raw: String::new(),
                display: Some(name),
            }),
            (None, None) => None,
        };
        Self {
            remote,
            local: to.map(|raw| WireParty {
                display: display_in(&raw),
                raw,
            }),
            number,
            direction: report.direction,
            change: report.change.unwrap_or(Change::Ringing),
            id: kept(report.call_id.as_deref(), LONGEST_ID),
        }
    }
}

/// What stays the same when a phone writes one number now as a URI and now bare.
fn identity(raw: &str) -> String {
    match read(raw, &Home::default()) {
        Reading::Number(number) => number.e164().to_owned(),
        Reading::Extension(extension) => extension.as_str().to_owned(),
        Reading::SipAddress(address) => {
            let (user, _) = address.as_str().split_once('@').unwrap_or((address.as_str(), ""));
            user.to_lowercase()
        }
        Reading::Withheld => "withheld".to_owned(),
        Reading::Unreadable(text) if !text.digits().is_empty() => text.digits().to_owned(),
        Reading::Unreadable(_) => raw.to_lowercase(),
    }
}

/// The display name of `"Ada Lovelace" <sip:+44…@host>`.
fn display_in(raw: &str) -> Option<String> {
    let (name, _) = raw.split_once('<')?;
    let name = cleaned(name.trim().trim_matches('"'), LONGEST_NAME);
    (!name.is_empty()).then_some(name)
}

/// Whether an id can be the one that everybody sees, such as a SIP Call-ID, and not the count of one phone's calls.
/// Two calls that shared an id would be taken for one.
pub(crate) fn is_unique_everywhere(id: &str) -> bool {
    let mut letters: Vec<char> = id.chars().collect();
    let long = letters.len() >= 16;
    letters.sort_unstable();
    letters.dedup();
    long && letters.len() >= 6
}

/// A word for what happened, from the many that phones have; with the direction if it tells one. `None`: not known.
#[must_use]
pub fn change_in_words(word: &str) -> Option<(Change, Option<Direction>)> {
    use Direction::{In, Out};

    let word: String = word.trim().to_ascii_lowercase().replace(['-', ' ', '.'], "_");
    let word = word.strip_prefix("call_").unwrap_or(&word);
    Some(match word {
        "ringing" | "ring" | "alerting" | "early" | "setup" => (Change::Ringing, None),
        "incoming" | "incoming_call" | "inbound" | "in_call" => (Change::Ringing, Some(In)),
        "outgoing" | "outgoing_call" | "outbound" | "out_call" | "dialing" | "dialling" => (Change::Ringing, Some(Out)),
        "answered" | "answer" | "established" | "connected" | "confirmed" | "start" | "talking" => {
            (Change::Answered, None)
        }
        "in_call_answered" => (Change::Answered, Some(In)),
        "out_call_answered" => (Change::Answered, Some(Out)),
        "resumed" | "resume" | "unhold" | "unheld" => (Change::Answered, None),
        "held" | "hold" | "on_hold" => (Change::Held, None),
        "ended" | "end" | "terminated" | "closed" | "hangup" | "hung_up" | "released" | "local_release"
        | "remote_release" | "disconnected" => (Change::Ended(EndReason::Completed), None),
        "missed" => (Change::Ended(EndReason::Missed), Some(In)),
        "in_call_failed" | "cancelled" | "canceled" => (Change::Ended(EndReason::Missed), None),
        "declined" | "rejected" | "reject" => (Change::Ended(EndReason::Declined), None),
        "busy" => (Change::Ended(EndReason::Busy), None),
        "failed" | "out_call_failed" | "error" => (Change::Ended(EndReason::Failed), None),
        "answered_elsewhere" | "elsewhere" => (Change::Ended(EndReason::AnsweredElsewhere), None),
        _ => return None,
    })
}

/// A word for the direction. `None`: not known.
#[must_use]
pub fn direction_in_words(word: &str) -> Option<Direction> {
    match word.trim().to_ascii_lowercase().as_str() {
        "in" | "incoming" | "inbound" | "recipient" | "i" => Some(Direction::In),
        "out" | "outgoing" | "outbound" | "initiator" | "o" => Some(Direction::Out),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
