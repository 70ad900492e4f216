//! One call that goes on, and its legs.

use std::time::Duration;

use ringside_domain::{Change, Direction, EndReason, Now, Steady, call::WireParty};

use super::{
    super::dialog_info::{Dialog, State},
    habits::{interest, is_told_alone},
};

/// Devices of one address begin to ring within this time of one another.
const RINGS_TOGETHER: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Call {
    pub(super) key: String,
    pub(super) call_id: Option<String>,
    pub(super) direction: Option<Direction>,
    /// The tag of who called: the same on all legs of a forked call.
    caller_tag: Option<String>,
    pub(super) legs: Vec<Leg>,
    pub(super) stage: Stage,
    pub(super) answered: bool,
    /// It rang beside a talk on a line that has one dialog, and whether it was taken was not told.
    pub(super) untold: bool,
    began: Steady,
    pub(super) remote: Option<WireParty>,
    pub(super) local: Option<WireParty>,
    pub(super) referred_by: Option<WireParty>,
    pub(super) replaces: Option<String>,
}

/// One dialog of a call: one of the devices of the address.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) id: String,
    /// As far as it was told.
    pub(super) call_id: Option<String>,
    pub(super) stage: Stage,
    /// The last body that listed it.
    pub(super) listed: u64,
    /// Since when bodies leave it out that would have to list it.
    pub(super) missing: Option<Now>,
    /// Its server tells one dialog at a time: see [`super::habits::is_told_alone`].
    pub(super) alone: bool,
}

/// How far a call is. Forward only, but for hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Ringing,
    Answered,
    Held,
}

impl Stage {
    /// `None`: not told, over, or too soon. A call that comes in rings when a device rings, and not while the server tries.
    pub(super) fn of(dialog: &Dialog) -> Option<Self> {
        match dialog.state {
            State::Trying if dialog.direction == Some(Direction::Out) => Some(Self::Ringing),
            State::Proceeding | State::Early => Some(Self::Ringing),
            State::Confirmed if dialog.rendering == Some(false) => Some(Self::Held),
            State::Confirmed => Some(Self::Answered),
            State::Trying | State::Terminated | State::Absent | State::Other => None,
        }
    }

    pub(super) fn change(self) -> Change {
        match self {
            Self::Ringing => Change::Ringing,
            Self::Answered => Change::Answered,
            Self::Held => Change::Held,
        }
    }

    /// On the scale of Kamailio, see [`interest`].
    pub(super) fn interest(self) -> u8 {
        interest(match self {
            Self::Ringing => State::Early,
            Self::Answered | Self::Held => State::Confirmed,
        })
    }
}

impl Leg {
    /// An id is unique on its server; the Call-ID tells apart where a server counts anew.
    pub(super) fn is(&self, id: &str, call_id: Option<&str>) -> bool {
        self.id == id && agree(self.call_id.as_deref(), call_id)
    }
}

impl Call {
    pub(super) fn begin(
        key: String,
        dialog: &Dialog,
        call_id: Option<&str>,
        stage: Stage,
        body: u64,
        began: Steady,
    ) -> Self {
        let mut call = Self {
            key,
            call_id: None,
            direction: None,
            caller_tag: None,
            legs: Vec::new(),
            stage,
            answered: false,
            untold: false,
            began,
            remote: None,
            local: None,
            referred_by: None,
            replaces: None,
        };
        call.advance(dialog, call_id, stage, body);
        call.learn(dialog);
        call
    }

    pub(super) fn leg(&self, id: &str, call_id: Option<&str>) -> Option<usize> {
        self.legs.iter().position(|leg| leg.is(id, call_id))
    }

    /// Whether a dialog with another id is a further leg of this call.
    pub(super) fn is_forked_to(&self, dialog: &Dialog, call_id: Option<&str>, told: Stage, now: Steady) -> bool {
        if self.direction != dialog.direction || self.call_id.as_deref() != call_id {
            return false;
        }
        match call_id {
            Some(_) => agree(self.caller_tag.as_deref(), caller_tag(dialog)),
            None => told == Stage::Ringing && now.since(self.began) <= RINGS_TOGETHER && self.is_of_same(dialog),
        }
    }

    fn is_of_same(&self, dialog: &Dialog) -> bool {
        match (&self.remote, &dialog.remote) {
            (Some(known), Some(told)) => !known.raw.is_empty() && known.raw.eq_ignore_ascii_case(&told.raw),
            _ => false,
        }
    }

    /// Whether this ring is by somebody else than the one before on the same line.
    pub(super) fn is_of_another(&self, dialog: &Dialog) -> bool {
        match (&self.remote, &dialog.remote) {
            (Some(known), Some(told)) => {
                !known.raw.is_empty() && !told.raw.is_empty() && !known.raw.eq_ignore_ascii_case(&told.raw)
            }
            _ => false,
        }
    }

    /// One leg comes to a stage; the call follows. Ringing again after an answer is hold (FreeSWITCH); ringing of one leg
    /// changes nothing about an answer on another.
    pub(super) fn advance(&mut self, dialog: &Dialog, call_id: Option<&str>, told: Stage, body: u64) {
        self.call_id = self.call_id.take().or_else(|| call_id.map(str::to_owned));
        let at = self.leg(&dialog.id, call_id);
        let before = at.map(|at| self.legs[at].stage);
        let stage = match (before, told) {
            (Some(Stage::Answered | Stage::Held), Stage::Ringing) => Stage::Held,
            (_, told) => told,
        };
        match at {
            Some(at) => self.legs[at].stage = stage,
            None => self.legs.push(Leg {
                id: dialog.id.clone(),
                call_id: call_id.map(str::to_owned),
                stage,
                listed: body,
                missing: None,
                alone: is_told_alone(&dialog.id, call_id),
            }),
        }
        if before != Some(stage) && stage != Stage::Ringing {
            self.stage = stage;
            self.answered = true;
        }
    }

    /// Takes what is told and keeps what is not. Whether there is news of the other end.
    pub(super) fn learn(&mut self, dialog: &Dialog) -> bool {
        self.direction = self.direction.or(dialog.direction);
        if self.caller_tag.is_none() {
            self.caller_tag = caller_tag(dialog).map(str::to_owned);
        }
        take(&mut self.local, dialog.local.as_ref());
        let mut news = take(&mut self.remote, dialog.remote.as_ref());
        news |= take(&mut self.referred_by, dialog.referred_by.as_ref());
        if dialog.replaces.is_some() && self.replaces != dialog.replaces {
            self.replaces.clone_from(&dialog.replaces);
            news = true;
        }
        news
    }

    /// How it ended, where all that is known is that it is no longer listed.
    pub(super) fn unlisted_end(&self) -> EndReason {
        match self.answered {
            true => EndReason::Completed,
            false => EndReason::Missed,
        }
    }

    /// `anonymous` counts: it was told that there is nothing to tell.
    pub(super) fn names_number(&self) -> bool {
        self.remote.as_ref().is_some_and(|remote| !remote.raw.is_empty())
    }
}

fn take(known: &mut Option<WireParty>, told: Option<&WireParty>) -> bool {
    let Some(told) = told else { return false };
    let mut better = told.clone();
    if let Some(known) = known {
        if better.raw.is_empty() || better.raw == known.raw {
            better.raw.clone_from(&known.raw);
            better.display = better.display.or_else(|| known.display.clone());
        }
        if better == *known {
            return false;
        }
    }
    *known = Some(better);
    true
}

fn caller_tag(dialog: &Dialog) -> Option<&str> {
    match dialog.direction? {
        Direction::In => dialog.remote_tag.as_deref(),
        Direction::Out => dialog.local_tag.as_deref(),
    }
}

/// Equal, as far as both are known.
pub(super) fn agree(one: Option<&str>, other: Option<&str>) -> bool {
    one.zip(other).is_none_or(|(one, other)| one == other)
}
