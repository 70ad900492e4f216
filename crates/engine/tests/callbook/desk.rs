//! A book, the ids that it gave, and a short way to say what a source told.

use std::time::Duration;

use ringside_domain::{
    Authority, Call, CallEvent, CallId, CallState, Change, Contact, ContactRef, Direction, EndReason, Now, SourceId,
    Steady, StoredNumber, Timestamp, Trust,
    call::{Choice, ChosenBy, WireParty, WireRoute},
    id::ConnectionId,
    phone::{Home, Reading},
};
use ringside_engine::{
    Config,
    callbook::{CallBook, Effect, Input},
};

pub const ANNA: &str = "+14155550100";
pub const BERT: &str = "+14155550177";

pub struct Desk {
    pub book: CallBook,
    /// How many calls began; the first has the id 1.
    pub made: u128,
    pub now: Now,
}

impl Desk {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        let home = Home {
            region: "US".parse().ok(),
            ..Home::default()
        };
        Self {
            book: CallBook::new(Config { home, ..config }, "UTC".into()),
            made: 0,
            now: at(1_000),
        }
    }

    pub fn apply(&mut self, input: Input) -> Vec<Effect> {
        let made = &mut self.made;
        self.book.apply(input, self.now, &mut || {
            *made += 1;
            id(*made)
        })
    }

    pub fn event(&mut self, event: CallEvent) -> Vec<Effect> {
        self.now = event.at;
        self.apply(Input::Event(event))
    }

    pub fn tick(&mut self, millis: u64) -> Vec<Effect> {
        self.now = at(millis);
        self.apply(Input::Tick)
    }

    /// The call that began as the `nth`, counted from one.
    pub fn call(&self, nth: u128) -> &Call {
        &self.book.get(id(nth)).unwrap().call
    }

    pub fn only(&self) -> &Call {
        assert_eq!(self.made, 1, "one call");
        self.call(1)
    }

    pub fn state(&self, nth: u128) -> CallState {
        self.call(nth).state
    }

    /// The calls with an open card, in the order in which they are shown.
    pub fn cards(&self) -> Vec<u128> {
        self.book.cards().map(|entry| entry.call.id.uuid().as_u128()).collect()
    }
}

pub fn id(nth: u128) -> CallId {
    CallId::from_uuid(uuid::Uuid::from_u128(nth))
}

pub fn at(millis: u64) -> Now {
    Now {
        wall: Timestamp(1_790_000_000_000 + i64::try_from(millis).unwrap()),
        steady: Steady(Duration::from_millis(millis)),
    }
}

/// A watcher's word on a call from Anna.
pub fn event(source: &str, key: &str, millis: u64, change: Change) -> CallEvent {
    CallEvent {
        source: SourceId::new(source),
        key: key.into(),
        provider_call_id: None,
        trust: Trust::Trusted,
        authority: Authority::Watcher,
        direction: Some(Direction::In),
        remote: Some(party(ANNA)),
        local: None,
        route: WireRoute::default(),
        replaces: None,
        replay: false,
        at: at(millis),
        change,
        rehearsal: false,
    }
}

pub fn ring(source: &str, key: &str, millis: u64) -> CallEvent {
    event(source, key, millis, Change::Ringing)
}

pub fn answer(source: &str, key: &str, millis: u64) -> CallEvent {
    event(source, key, millis, Change::Answered)
}

pub fn end(source: &str, key: &str, millis: u64, reason: EndReason) -> CallEvent {
    event(source, key, millis, Change::Ended(reason))
}

pub fn party(raw: &str) -> WireParty {
    WireParty {
        raw: raw.into(),
        display: None,
    }
}

/// A lead with one number.
pub fn contact(id: &str, number: &str) -> Contact {
    Contact {
        id: ContactRef {
            connection: ConnectionId::new("crm"),
            contact_type: "lead".into(),
            id: id.into(),
        },
        name: "Anna Meier".into(),
        company: None,
        title: None,
        emails: Vec::new(),
        numbers: vec![StoredNumber {
            label: String::new(),
            raw: number.into(),
        }],
        region: None,
        url: None,
        created: None,
        updated: None,
        last_call: None,
    }
}

/// Who it is was decided.
pub fn choose(desk: &mut Desk, call: CallId, number: &str, by: ChosenBy) {
    let contact = contact("7", number);
    desk.apply(Input::Choose {
        call,
        choice: Some(Choice { contact, by }),
    });
}

/// How an event differs from the usual one.
pub trait Say {
    fn from(self, raw: &str) -> Self;
    fn named(self, name: &str) -> Self;
    fn bare(self) -> Self;
    fn id(self, provider_call_id: &str) -> Self;
    fn by(self, authority: Authority) -> Self;
    fn on(self, local: &str) -> Self;
    fn queue(self, queue: &str) -> Self;
    fn replaces(self, old: &str) -> Self;
    fn again(self) -> Self;
    fn unverified(self) -> Self;
}

impl Say for CallEvent {
    fn from(mut self, raw: &str) -> Self {
        self.remote = Some(party(raw));
        self
    }

    fn named(mut self, name: &str) -> Self {
        self.remote.get_or_insert_default().display = Some(name.into());
        self
    }

    fn bare(mut self) -> Self {
        self.remote = None;
        self
    }

    fn id(mut self, provider_call_id: &str) -> Self {
        self.provider_call_id = Some(provider_call_id.into());
        self
    }

    fn by(mut self, authority: Authority) -> Self {
        self.authority = authority;
        self
    }

    fn on(mut self, local: &str) -> Self {
        self.local = Some(party(local));
        self
    }

    fn queue(mut self, queue: &str) -> Self {
        self.route.queue = Some(queue.into());
        self
    }

    fn replaces(mut self, old: &str) -> Self {
        self.replaces = Some(old.into());
        self
    }

    fn again(mut self) -> Self {
        self.replay = true;
        self
    }

    fn unverified(mut self) -> Self {
        self.trust = Trust::Unverified;
        self
    }
}

pub fn e164(call: &Call) -> Option<&str> {
    match &call.remote.reading {
        Reading::Number(number) => Some(number.e164()),
        _ => None,
    }
}

pub fn asks(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::LookUp(_)))
}

pub fn rank(state: CallState) -> u8 {
    match state {
        CallState::Ringing => 0,
        CallState::Answered | CallState::Held => 1,
        CallState::Ended(_) => 2,
    }
}
