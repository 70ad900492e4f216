//! The owner's part in one session, and what is told of it.

use ringside_domain::{
    Authority, CallEvent, Change, Direction, Now, SourceId, Steady, Trust,
    call::{WireParty, WireRoute},
};

use crate::ringcentral::{
    end::reason,
    notice::{ActiveCall, End, Party, Session},
};

/// The owner's part in a session.
#[derive(Debug)]
pub(super) struct Leg {
    pub session: String,
    pub party: String,
    pub provider_call_id: String,
    pub replaces: Option<String>,
    pub direction: Option<Direction>,
    pub remote: WireParty,
    pub local: Option<WireParty>,
    pub route: WireRoute,
    pub sequence: u64,
    pub answered: bool,
    /// It went to voicemail, or to a fax.
    pub machine: bool,
    /// The caller was heard speaking to the voicemail.
    pub screened: bool,
    pub told: Told,
    /// It was told to have ended because nobody knew better: whoever saw the end may still say so.
    pub unseen: bool,
    pub ending: Option<Ending>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    Nothing,
    Ringing,
    Answered,
    Held,
    Ended,
}

#[derive(Debug)]
pub(super) struct Ending {
    pub reason: Option<String>,
    pub missed: bool,
    pub sequence: u64,
    pub at: Now,
    pub due: Steady,
}

impl Leg {
    pub fn new(session: &str, party: &str, provider_call_id: String) -> Self {
        Self {
            session: session.to_owned(),
            party: party.to_owned(),
            provider_call_id,
            replaces: None,
            direction: None,
            remote: WireParty::default(),
            local: None,
            route: WireRoute::default(),
            sequence: 0,
            answered: false,
            machine: false,
            screened: false,
            told: Told::Nothing,
            unseen: false,
            ending: None,
        }
    }

    pub fn is(&self, call: &ActiveCall) -> bool {
        self.party == call.party || (call.party == call.session && self.session == call.session)
    }

    pub fn is_open(&self) -> bool {
        self.told != Told::Ended
    }

    /// Who it is and how it came here; whether that is new.
    pub fn describe(&mut self, party: &Party, queue: Option<String>, owner: &str) -> bool {
        let out = party.direction == Some(Direction::Out);
        let (there, here) = if out {
            (&party.to, &party.from)
        } else {
            (&party.from, &party.to)
        };
        let mut remote = there.party();
        if !out && remote.display.is_none() {
            remote.display.clone_from(&party.caller_name);
        }
        let mut route = WireRoute {
            queue,
            diverted_by: Vec::new(),
        };
        // It was for somebody else, and came here.
        let meant = here.extension.as_deref().filter(|meant| *meant != owner);
        if !out && !party.queue_call && meant.is_some() && here.is_known() {
            route.diverted_by.push(here.party());
        }
        let local = here.is_known().then(|| here.party());
        let news = self.remote != remote || self.route != route || self.local != local;
        self.direction = party.direction;
        self.remote = remote;
        self.local = local;
        self.route = route;
        news
    }
}

/// Whose events they are.
#[derive(Debug)]
pub(super) struct Teller {
    pub source: SourceId,
    pub trust: Trust,
}

impl Teller {
    /// Tells of a state, if it is one that goes forward, or if there is something new to say.
    pub fn tell(&self, leg: &mut Leg, told: Told, news: bool, at: Now, events: &mut Vec<CallEvent>) {
        // An answered call does not ring again.
        let told = match (leg.told, told) {
            (Told::Answered | Told::Held, Told::Ringing) => leg.told,
            (_, told) => told,
        };
        if told == leg.told && !news {
            return;
        }
        let change = match told {
            Told::Answered => Change::Answered,
            Told::Held => Change::Held,
            _ => Change::Ringing,
        };
        leg.told = told;
        events.push(self.event(leg, change, at));
    }

    pub fn finish(&self, leg: &mut Leg, events: &mut Vec<CallEvent>) {
        let Some(ending) = leg.ending.take() else { return };
        if leg.answered && leg.told < Told::Answered {
            self.tell(leg, Told::Answered, false, ending.at, events);
        }
        leg.told = Told::Ended;
        leg.unseen = false;
        let reason = reason(
            ending.reason.as_deref(),
            leg.answered,
            leg.machine || (leg.screened && !leg.answered),
            ending.missed,
            leg.direction,
        );
        events.push(self.event(leg, Change::Ended(reason), ending.at));
    }

    pub fn event(&self, leg: &Leg, change: Change, at: Now) -> CallEvent {
        CallEvent {
            source: self.source.clone(),
            key: leg.party.clone(),
            provider_call_id: Some(leg.provider_call_id.clone()),
            trust: self.trust,
            authority: Authority::Provider,
            direction: leg.direction,
            remote: Some(leg.remote.clone()),
            local: leg.local.clone(),
            route: leg.route.clone(),
            replaces: leg.replaces.clone(),
            replay: false,
            at,
            change,
            rehearsal: false,
        }
    }
}

/// The queue's name: what a phone would show, else whom the caller called, else the queue's own party.
pub(super) fn queue_of(party: &Party, session: &Session, owner: &str) -> Option<String> {
    if party.queue_name.is_some() {
        return party.queue_name.clone();
    }
    if !party.queue_call {
        return None;
    }
    let others = |end: &End| {
        end.name
            .clone()
            .filter(|_| end.extension.as_deref().is_some_and(|extension| extension != owner))
    };
    others(&party.to).or_else(|| {
        session
            .parties
            .iter()
            .filter(|other| other.direction == Some(Direction::In))
            .find_map(|other| others(&other.to))
    })
}
