//! A call that goes on, and its legs: the channels that ring one person, who may have more than one phone.

use ringside_domain::{Change, Direction, EndReason, call::WireParty};

/// More phones than one person has; of more, nothing is kept.
const MOST_LEGS: usize = 16;

#[derive(Clone, Debug)]
pub(super) struct Open {
    /// The Uniqueid of its first leg, also when that is gone.
    pub(super) key: String,
    pub(super) linked: String,
    pub(super) direction: Direction,
    pub(super) remote: WireParty,
    pub(super) local: Option<WireParty>,
    pub(super) queue: Option<String>,
    /// The extension whose Local channel leads here, as it does when somebody forwards to us.
    pub(super) via: Option<String>,
    pub(super) diverted_by: Vec<WireParty>,
    pub(super) change: Change,
    pub(super) answered: bool,
    pub(super) transferred: bool,
    /// The other end of an outgoing call as it was first told after the answer; what is told later is a transfer.
    pub(super) connected: Option<String>,
    legs: Vec<Leg>,
    /// Of the legs that are gone, the reason that says most.
    end: EndReason,
}

/// One channel of the device.
#[derive(Clone, Debug, Default)]
pub(super) struct Leg {
    id: String,
    /// It was more than dialled: the phone said that it rings.
    pub(super) rang: bool,
    /// How dialling ended, as far as it did: `BUSY`, `NOANSWER`, `CANCEL`, …
    pub(super) status: String,
    pub(super) forwarded: bool,
}

impl Open {
    pub(super) fn new(
        id: String,
        linked: String,
        direction: Direction,
        remote: WireParty,
        local: Option<WireParty>,
    ) -> Self {
        Self {
            key: id.clone(),
            linked,
            direction,
            remote,
            local,
            queue: None,
            via: None,
            diverted_by: Vec::new(),
            change: Change::Ringing,
            answered: false,
            transferred: false,
            connected: None,
            legs: vec![Leg { id, ..Leg::default() }],
            end: EndReason::Unknown,
        }
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.legs.iter().any(|leg| leg.id == id)
    }

    pub(super) fn leg(&mut self, id: &str) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.id == id)
    }

    /// Whether this one, just found, is the same caller at another phone of the same person. A queue that rings again after
    /// it gave up makes a call of its own.
    pub(super) fn is_joined_by(&self, other: &Self) -> bool {
        let is_live = self.answered || self.legs.iter().any(|leg| leg.status.is_empty());
        self.direction == Direction::In
            && other.direction == Direction::In
            && self.linked == other.linked
            && self.answered == other.answered
            && is_live
            // An exchange that uses a Uniqueid twice does not make two calls with one key.
            || self.key == other.key
    }

    pub(super) fn join(&mut self, other: Self) {
        let room = MOST_LEGS.saturating_sub(self.legs.len());
        self.legs.extend(other.legs.into_iter().take(room));
        self.via = self.via.take().or(other.via);
    }

    /// A leg is gone; how the call ended, when it was the last one.
    pub(super) fn leg_ends(&mut self, id: &str, cause: Option<u32>, elsewhere: bool) -> Option<EndReason> {
        let place = self.legs.iter().position(|leg| leg.id == id)?;
        let leg = self.legs.remove(place);
        let end = unanswered(self.direction, &leg, cause, elsewhere);
        if weight(end) > weight(self.end) {
            self.end = end;
        }
        let end = match (self.answered, self.transferred) {
            (true, true) => EndReason::Transferred,
            (true, false) => EndReason::Completed,
            (false, _) => self.end,
        };
        self.legs.is_empty().then_some(end)
    }

    /// Whether a leg is left when those are gone that are not in this list.
    pub(super) fn keeps(&mut self, listed: &[String]) -> bool {
        self.legs.retain(|leg| listed.contains(&leg.id));
        !self.legs.is_empty()
    }
}

/// How a leg ended that nobody answered: by what dialling came to, and by the cause of the hangup (ITU-T Q.850, as Asterisk
/// numbers it).
fn unanswered(direction: Direction, leg: &Leg, cause: Option<u32>, elsewhere: bool) -> EndReason {
    if leg.forwarded {
        return EndReason::Forwarded;
    }
    let status = leg.status.as_str();
    if direction == Direction::Out {
        return match (status, cause) {
            ("BUSY", _) | ("", Some(17)) => EndReason::Busy,
            ("", Some(21)) => EndReason::Declined,
            ("NOANSWER" | "CANCEL", _) | ("", None | Some(0 | 16 | 18 | 19 | 127)) => EndReason::Missed,
            _ => EndReason::Failed,
        };
    }
    match (status, cause) {
        (_, Some(26)) => EndReason::AnsweredElsewhere,
        _ if elsewhere => EndReason::AnsweredElsewhere,
        ("BUSY", _) | (_, Some(17 | 21)) if leg.rang => EndReason::Declined,
        ("BUSY", _) | (_, Some(17)) => EndReason::Busy,
        (_, Some(21)) => EndReason::Declined,
        ("CHANUNAVAIL" | "CONGESTION", _) => EndReason::Failed,
        _ => EndReason::Missed,
    }
}

/// Of several phones, one that is switched off or busy says nothing about a call that rang at another.
fn weight(end: EndReason) -> u8 {
    match end {
        EndReason::AnsweredElsewhere => 6,
        EndReason::Forwarded => 5,
        EndReason::Declined => 4,
        EndReason::Missed => 3,
        EndReason::Busy => 2,
        EndReason::Failed => 1,
        _ => 0,
    }
}
