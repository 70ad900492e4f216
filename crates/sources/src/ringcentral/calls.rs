//! The owner's calls, out of what RingCentral tells about sessions.
//!
//! A session has a party for everybody who takes part, and for each agent whom a queue tries; the owner's is the one with
//! their extension id, and not the first. One party is one call: a queue that rings the same agent twice in one session rings
//! twice.
//!
//! RingCentral says that notifications may overtake each other; `sequence` has their order. What comes late changes no state,
//! but is not lost: an end before which a number is missing waits [`LATE`] for what may have been overtaken.

use std::{collections::VecDeque, time::Duration};

use ringside_domain::{CallEvent, Change, Direction, EndReason, Now, SourceId, Steady, Timestamp, Trust};

use self::leg::{Ending, Leg, Teller, Told, queue_of};
use super::{
    end::is_move,
    notice::{ActiveCall, Activity, News, Notice, Party, Presence, Session, Status},
};

mod leg;

/// How long an end waits for messages that were overtaken.
pub const LATE: Duration = Duration::from_secs(1);
/// Parties that are remembered, over or not: late messages about them are recognised.
const MOST_LEGS: usize = 256;
const MOST_SEEN: usize = 512;
const MOST_LINKS: usize = 32;
/// A message is older than it looks only after a break, and no break that is recovered from is longer.
const OLDEST: i64 = 600_000;

/// The calls of one extension.
#[derive(Debug)]
pub struct Calls {
    teller: Teller,
    owner: String,
    legs: VecDeque<Leg>,
    /// The ids of the last notifications: a repeated one says nothing new.
    seen: VecDeque<String>,
    /// From a session that was left to the provider id of the call in it.
    links: VecDeque<(String, String)>,
    /// How far our clock is ahead of RingCentral's, at most; milliseconds.
    ahead: Option<i64>,
    presence: u64,
}

impl Calls {
    /// `owner` is the id of the extension, not its number.
    #[must_use]
    pub fn new(source: SourceId, trust: Trust, owner: &str) -> Self {
        Self {
            teller: Teller { source, trust },
            owner: owner.to_owned(),
            legs: VecDeque::new(),
            seen: VecDeque::new(),
            links: VecDeque::new(),
            ahead: None,
            presence: 0,
        }
    }

    /// What a notification means.
    pub fn hear(&mut self, notice: &Notice, now: Now) -> Vec<CallEvent> {
        if let Some(uuid) = &notice.uuid {
            if self.seen.contains(uuid) {
                return Vec::new();
            }
            push(&mut self.seen, uuid.clone(), MOST_SEEN);
        }
        let mut events = Vec::new();
        match &notice.news {
            News::Session(session) => self.session(session, now, &mut events),
            News::Presence(presence) => {
                if presence.sequence.is_none_or(|sequence| sequence > self.presence) {
                    self.presence = presence.sequence.unwrap_or(self.presence);
                    for call in &presence.calls {
                        self.active(call, false, now, &mut events);
                    }
                }
            }
            News::Other => {}
        }
        events
    }

    /// The calls as they are, asked for after a break in which nothing was heard: what is no longer there ended unseen.
    pub fn reconcile(&mut self, presence: &Presence, now: Now) -> Vec<CallEvent> {
        let mut events = self.settle(Now {
            steady: Steady(now.steady.0.saturating_add(LATE)),
            ..now
        });
        // Counted anew by a new subscription.
        self.presence = 0;
        if presence.complete {
            let listed = |leg: &Leg| {
                presence
                    .calls
                    .iter()
                    .any(|call| leg.is(call) && call.status != Activity::Over)
            };
            for leg in self.legs.iter_mut().filter(|leg| leg.is_open()) {
                if !listed(leg) {
                    leg.told = Told::Ended;
                    leg.unseen = true;
                    events.push(self.teller.event(leg, Change::Ended(EndReason::Unknown), now));
                }
            }
        }
        for call in presence.calls.iter().filter(|call| call.status != Activity::Over) {
            self.active(call, true, now, &mut events);
        }
        events
    }

    /// Nobody can say what became of the calls that were open.
    pub fn lose(&mut self, now: Now) -> Vec<CallEvent> {
        let nothing = Presence {
            sequence: None,
            calls: Vec::new(),
            complete: true,
        };
        self.reconcile(&nothing, now)
    }

    /// Whether there are calls whose end was not told.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.legs.iter().any(Leg::is_open)
    }

    /// When [`settle`](Self::settle) has something to say.
    #[must_use]
    pub fn due(&self) -> Option<Steady> {
        self.legs
            .iter()
            .filter_map(|leg| leg.ending.as_ref().map(|ending| ending.due))
            .min()
    }

    /// The ends that waited long enough.
    pub fn settle(&mut self, now: Now) -> Vec<CallEvent> {
        let mut events = Vec::new();
        for leg in &mut self.legs {
            if leg.ending.as_ref().is_some_and(|ending| ending.due <= now.steady) {
                self.teller.finish(leg, &mut events);
            }
        }
        events
    }

    fn session(&mut self, session: &Session, now: Now, events: &mut Vec<CallEvent>) {
        // No call with anybody: RingCentral's own (`OriginInfo` in its SDKs). Of a conference it tells too little.
        let origin = session.origin.as_deref().unwrap_or("Call");
        if matches!(
            origin,
            "Conference" | "GreetingsRecording" | "VerificationCall" | "TestCall"
        ) {
            return;
        }
        let at = self.happened(session.at, now);
        let owner = self.owner.clone();
        let own = |party: &&Party| party.extension.as_deref() == Some(&*owner);
        for party in session.parties.iter().filter(own) {
            let queue = queue_of(party, session, &owner);
            let place = self.leg(&session.id, party, now, events);
            let leg = &mut self.legs[place];
            let sequence = session.sequence.unwrap_or(leg.sequence.saturating_add(1));
            let after_the_end = leg.ending.as_ref().is_some_and(|ending| ending.sequence <= sequence);
            if after_the_end || (leg.told == Told::Ended && !leg.unseen) {
                continue;
            }
            let overtaken = sequence <= leg.sequence;
            let gap = sequence > leg.sequence.saturating_add(1);
            leg.sequence = leg.sequence.max(sequence);
            let rang_out = party.direction == Some(Direction::Out);
            leg.answered |= matches!(party.status, Status::Answered | Status::Held);
            leg.screened |= party.status == Status::Screening;
            // A caller who listens to a voicemail talks to it.
            leg.machine |= party.status == Status::Machine && !rang_out;
            let news = !overtaken && leg.describe(party, queue, &owner);
            let told = match party.status {
                Status::Ringing | Status::Screening => Told::Ringing,
                Status::Answered => Told::Answered,
                Status::Held => Told::Held,
                Status::Machine if rang_out => continue,
                Status::Machine | Status::Disconnected | Status::Gone => Told::Ended,
                Status::Other => continue,
            };
            if told == Told::Ended {
                // Of two ends the first one counts, whichever came first.
                let wait = if gap { LATE } else { Duration::ZERO };
                let due = Steady(now.steady.0.saturating_add(wait));
                leg.ending = Some(Ending {
                    reason: party.reason.clone(),
                    missed: party.missed,
                    sequence,
                    at,
                    due: leg.ending.as_ref().map_or(due, |ending| ending.due),
                });
                let moved = party.reason.as_deref().is_some_and(is_move).then(|| session.id.clone());
                if let Some(other) = party.peer.clone().or(moved) {
                    push(&mut self.links, (other, leg.provider_call_id.clone()), MOST_LINKS);
                }
            } else if !overtaken && !leg.unseen {
                self.teller.tell(leg, told, news, at, events);
            }
            if leg.ending.as_ref().is_some_and(|ending| ending.due <= now.steady) {
                self.teller.finish(leg, events);
            }
        }
    }

    fn active(&mut self, call: &ActiveCall, replay: bool, now: Now, events: &mut Vec<CallEvent>) {
        let known = self.legs.iter().position(|leg| leg.is(call));
        let place = match known {
            Some(place) => place,
            None if call.status == Activity::Over => return,
            None => {
                let mut leg = Leg::new(
                    &call.session,
                    &call.party,
                    self.provider_call_id(&call.session, &call.party),
                );
                let (remote, local) = match call.direction {
                    Some(Direction::Out) => (&call.to, &call.from),
                    _ => (&call.from, &call.to),
                };
                leg.direction = call.direction;
                leg.remote = remote.party();
                leg.local = local.is_known().then(|| local.party());
                if call.queue_call {
                    leg.route.queue.clone_from(&call.to.name);
                }
                self.add(leg, now, events)
            }
        };
        let leg = &mut self.legs[place];
        if leg.told == Told::Ended {
            return;
        }
        let first = events.len();
        let told = match call.status {
            Activity::Ringing => Told::Ringing,
            Activity::Connected => Told::Answered,
            Activity::Held => Told::Held,
            Activity::Over => {
                leg.ending = Some(Ending {
                    reason: None,
                    missed: false,
                    sequence: leg.sequence,
                    at: now,
                    due: now.steady,
                });
                self.teller.finish(leg, events);
                return;
            }
        };
        leg.answered |= told > Told::Ringing;
        self.teller.tell(leg, told, false, now, events);
        for event in &mut events[first..] {
            event.replay = replay;
        }
    }

    /// The party's place, made if it is new.
    fn leg(&mut self, session: &str, party: &Party, now: Now, events: &mut Vec<CallEvent>) -> usize {
        // A party's id is unique everywhere; a presence may have told of the session only.
        let known = |leg: &Leg| leg.party == party.id || (leg.party == leg.session && leg.session == session);
        if let Some(place) = self.legs.iter().position(known) {
            return place;
        }
        let mut leg = Leg::new(session, &party.id, self.provider_call_id(session, &party.id));
        if let Some(place) = self.links.iter().position(|(other, _)| other == session) {
            leg.replaces = self.links.remove(place).map(|(_, call)| call);
        }
        self.add(leg, now, events)
    }

    /// The session's id for the first call in it; the party's, which is unique everywhere, for further ones: two calls with
    /// one id would be taken for one.
    fn provider_call_id(&self, session: &str, party: &str) -> String {
        let taken = self.legs.iter().any(|leg| leg.session == session);
        if taken { party } else { session }.to_owned()
    }

    fn add(&mut self, leg: Leg, now: Now, events: &mut Vec<CallEvent>) -> usize {
        if self.legs.len() >= MOST_LEGS {
            let oldest = self.legs.iter().position(|leg| leg.told == Told::Ended).unwrap_or(0);
            if let Some(leg) = self.legs.remove(oldest).filter(Leg::is_open) {
                events.push(self.teller.event(&leg, Change::Ended(EndReason::Unknown), now));
            }
        }
        self.legs.push_back(leg);
        self.legs.len() - 1
    }

    /// When an event happened, by our clocks. RingCentral's may differ from ours; the message that was the fastest so far tells by
    /// how much at most, and what takes longer than that was held back, as after a break.
    fn happened(&mut self, at: Option<i64>, now: Now) -> Now {
        let Some(at) = at else { return now };
        let difference = now.wall.0.saturating_sub(at);
        let ahead = self.ahead.map_or(difference, |ahead| ahead.min(difference));
        self.ahead = Some(ahead);
        let age = difference.saturating_sub(ahead);
        if !(0..=OLDEST).contains(&age) {
            return now;
        }
        Now {
            wall: Timestamp(now.wall.0.saturating_sub(age)),
            steady: Steady(now.steady.0.saturating_sub(Duration::from_millis(age.unsigned_abs()))),
        }
    }
}

fn push<T>(queue: &mut VecDeque<T>, item: T, most: usize) {
    if queue.len() >= most {
        queue.pop_front();
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests;
