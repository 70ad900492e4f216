//! The book of calls under every order, loss and repetition of events.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use proptest::prelude::*;
use ringside_domain::{
    CallEvent, CallId, CallState, Change, Direction, EndReason, Now, SourceId, Steady, Timestamp, Trust,
    call::WireParty, phone::Home,
};
use ringside_engine::{
    Config,
    callbook::{CallBook, Effect, Input},
};

struct Desk {
    book: CallBook,
    made: u128,
    now: Now,
}

impl Desk {
    fn new() -> Self {
        let home = Home {
            region: "US".parse().ok(),
            ..Home::default()
        };
        Self {
            book: CallBook::new(
                Config {
                    home,
                    ..Config::default()
                },
                "UTC".into(),
            ),
            made: 0,
            now: at(1_000),
        }
    }

    fn apply(&mut self, input: Input) -> Vec<Effect> {
        let made = &mut self.made;
        self.book.apply(input, self.now, &mut || {
            *made += 1;
            CallId::from_uuid(uuid::Uuid::from_u128(*made))
        })
    }

    fn event(&mut self, event: CallEvent) -> Vec<Effect> {
        self.now = event.at;
        self.apply(Input::Event(event))
    }

    fn only(&self) -> &ringside_domain::Call {
        assert_eq!(self.made, 1, "one call");
        &self.book.get(CallId::from_uuid(uuid::Uuid::from_u128(1))).unwrap().call
    }
}

fn at(millis: u64) -> Now {
    Now {
        wall: Timestamp(1_790_000_000_000 + i64::try_from(millis).unwrap()),
        steady: Steady(Duration::from_millis(millis)),
    }
}

fn event(source: &str, key: &str, millis: u64, change: Change) -> CallEvent {
    CallEvent {
        source: SourceId::new(source),
        key: key.into(),
        provider_call_id: None,
        trust: Trust::Trusted,
        direction: Some(Direction::In),
        remote: Some(WireParty {
            raw: "+1 415 555 0100".into(),
            display: None,
        }),
        local: None,
        at: at(millis),
        change,
        rehearsal: false,
    }
}

#[test]
fn a_call_rings_is_answered_and_ends_with_its_duration() {
    let mut desk = Desk::new();
    let effects = desk.event(event("sip", "a", 1_000, Change::Ringing));
    assert!(matches!(effects[..], [Effect::Save(_), Effect::LookUp(_)]));
    desk.event(event("sip", "a", 4_000, Change::Answered));
    desk.event(event("sip", "a", 64_000, Change::Ended(EndReason::Completed)));
    let call = desk.only();
    assert_eq!(call.state, CallState::Ended(EndReason::Completed));
    assert_eq!(call.talked, Some(Duration::from_secs(60)));
    assert_eq!(call.ended, Some(at(64_000).wall));
}

#[test]
fn a_call_nobody_answered_is_missed_whatever_the_source_calls_it() {
    let mut desk = Desk::new();
    desk.event(event("sip", "a", 1_000, Change::Ringing));
    desk.event(event("sip", "a", 9_000, Change::Ended(EndReason::Completed)));
    assert_eq!(desk.only().state, CallState::Ended(EndReason::Missed));
    assert_eq!(desk.only().talked, None);
}

#[test]
fn two_sources_of_one_call_are_one_call_and_two_keys_of_one_source_are_two() {
    let mut desk = Desk::new();
    desk.event(event("sip", "a", 1_000, Change::Ringing));
    desk.event(event("hook", "x", 3_500, Change::Ringing));
    assert_eq!(desk.made, 1);
    desk.event(event("sip", "b", 3_600, Change::Ringing));
    assert_eq!(desk.made, 2, "call waiting");
}

#[test]
fn the_providers_call_id_joins_whatever_the_time() {
    let mut desk = Desk::new();
    let with_id = |mut event: CallEvent| {
        event.provider_call_id = Some("abc@pbx".into());
        event
    };
    desk.event(with_id(event("sip", "a", 1_000, Change::Ringing)));
    desk.event(with_id(event("hook", "x", 60_000, Change::Answered)));
    assert_eq!(desk.only().state, CallState::Answered);
    desk.event(with_id(event("sip", "a", 61_000, Change::Ended(EndReason::Completed))));
    desk.event(with_id(event("sip", "a", 61_100, Change::Ringing)));
    assert_eq!(desk.made, 1, "a late repetition rings nothing");
}

#[test]
fn the_same_key_after_the_end_is_a_new_call() {
    let mut desk = Desk::new();
    desk.event(event("asterisk", "201", 1_000, Change::Ringing));
    desk.event(event("asterisk", "201", 2_000, Change::Ended(EndReason::Missed)));
    desk.event(event("asterisk", "201", 9_000, Change::Ringing));
    assert_eq!(desk.made, 2);
}

#[test]
fn bare_events_keep_the_number_and_a_transfer_changes_it() {
    let mut desk = Desk::new();
    desk.event(event("sip", "a", 1_000, Change::Ringing));
    let mut bare = event("sip", "a", 2_000, Change::Answered);
    bare.remote = None;
    desk.event(bare);
    assert_eq!(e164(desk.only()), Some("+14155550100"));
    let mut transferred = event("sip", "a", 3_000, Change::Answered);
    transferred.remote = Some(WireParty {
        raw: "+14155550177".into(),
        display: Some("Peter".into()),
    });
    let effects = desk.event(transferred);
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::LookUp(_))),
        "asks again"
    );
    assert_eq!(e164(desk.only()), Some("+14155550177"));
}

#[test]
fn an_unverified_report_never_replaces_what_a_trusted_phone_said() {
    let mut desk = Desk::new();
    desk.event(event("sip", "a", 1_000, Change::Ringing));
    let mut link = event("link", "x", 1_500, Change::Ringing);
    link.trust = Trust::Unverified;
    link.remote = Some(WireParty {
        raw: "+14155550100".into(),
        display: Some("Your bank".into()),
    });
    desk.event(link);
    assert_eq!(desk.only().trust, Trust::Trusted);
    let mut forged = event("link", "x", 1_600, Change::Answered);
    forged.trust = Trust::Unverified;
    forged.remote = Some(WireParty {
        raw: "+14155550199".into(),
        display: None,
    });
    desk.event(forged);
    assert_eq!(e164(desk.only()), Some("+14155550100"));
}

#[test]
fn withheld_rings_calmly_and_asks_nobody() {
    let mut desk = Desk::new();
    let mut ring = event("sip", "a", 1_000, Change::Ringing);
    ring.remote = Some(WireParty {
        raw: "sip:anonymous@anonymous.invalid".into(),
        display: Some("Anonymous".into()),
    });
    let effects = desk.event(ring);
    assert!(matches!(effects[..], [Effect::Save(_), Effect::Publish(_)]));
}

#[test]
fn ones_own_number_is_neither_looked_up_nor_logged() {
    let mut desk = Desk::new();
    let config = Config {
        own_numbers: vec!["+14155550100".into()],
        ..Config::default()
    };
    desk.book.configure(config, "UTC".into());
    let effects = desk.event(event("sip", "a", 1_000, Change::Ringing));
    assert!(matches!(effects[..], [Effect::Save(_), Effect::Publish(_)]));
    assert!(desk.only().no_log);
}

#[test]
fn a_source_that_falls_silent_ends_with_the_end_unknown() {
    let mut desk = Desk::new();
    desk.event(event("hook", "a", 1_000, Change::Ringing));
    desk.now = at(170_000);
    assert!(desk.apply(Input::Tick).is_empty());
    desk.now = at(190_000);
    desk.apply(Input::Tick);
    assert_eq!(desk.only().state, CallState::Ended(EndReason::Unknown));
    assert_eq!((desk.only().ended, desk.only().talked), (None, None));
}

#[test]
fn the_bare_number_is_painted_only_if_no_name_came_in_time() {
    let mut desk = Desk::new();
    desk.event(event("sip", "a", 1_000, Change::Ringing));
    let call = desk.only().id;
    assert_eq!(desk.apply(Input::PaintNow { call }), [Effect::Publish(call)]);
    assert!(desk.apply(Input::PaintNow { call }).is_empty(), "once");
}

fn e164(call: &ringside_domain::Call) -> Option<&str> {
    match &call.remote.reading {
        ringside_domain::phone::Reading::Number(number) => Some(number.e164()),
        _ => None,
    }
}

fn any_event() -> impl Strategy<Value = CallEvent> {
    let change = prop_oneof![
        Just(Change::Ringing),
        Just(Change::Answered),
        Just(Change::Held),
        Just(Change::Ended(EndReason::Completed)),
        Just(Change::Ended(EndReason::Missed)),
        Just(Change::Ended(EndReason::AnsweredElsewhere)),
        Just(Change::Ended(EndReason::Unknown)),
    ];
    let source = prop_oneof![Just("sip"), Just("hook"), Just("link")];
    let key = prop_oneof![Just("a"), Just("b")];
    let id = prop_oneof![Just(None), Just(Some("one")), Just(Some("two"))];
    let raw = prop_oneof![
        Just(None),
        Just(Some("+14155550100")),
        Just(Some("anonymous")),
        Just(Some("12")),
        Just(Some("💥"))
    ];
    (source, key, id, raw, 0_u64..400_000, change, any::<bool>()).prop_map(
        |(source, key, id, raw, millis, change, trusted)| {
            let mut event = event(source, key, millis, change);
            event.provider_call_id = id.map(str::to_owned);
            event.remote = raw.map(|raw| WireParty {
                raw: raw.into(),
                display: None,
            });
            event.trust = if trusted { Trust::Trusted } else { Trust::Unverified };
            event
        },
    )
}

fn rank(state: CallState) -> u8 {
    match state {
        CallState::Ringing => 0,
        CallState::Answered | CallState::Held => 1,
        CallState::Ended(_) => 2,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_interleaving_ends_in_a_legal_truthful_state(events in proptest::collection::vec(any_event(), 1..60)) {
        let mut desk = Desk::new();
        let mut seen = std::collections::BTreeMap::<CallId, CallState>::new();
        for event in events {
            let end_told = matches!(event.change, Change::Ended(_));
            for effect in desk.event(event) {
                let id = match effect {
                    Effect::Save(id) | Effect::LookUp(id) | Effect::Publish(id) | Effect::Log(id)
                    | Effect::CompleteLog(id) | Effect::CardClosed(id) => id,
                };
                let call = &desk.book.get(id).unwrap().call;
                let before = seen.insert(id, call.state).unwrap_or(CallState::Ringing);
                prop_assert!(rank(call.state) >= rank(before), "{before:?} became {:?}", call.state);
                prop_assert!(end_told || !call.state.is_over() || before.is_over(), "an end nobody told");
                if call.talked.is_some() {
                    prop_assert!(call.answered.is_some() && call.state.is_over());
                }
                if matches!(call.state, CallState::Ended(EndReason::Missed)) {
                    prop_assert!(call.answered.is_none(), "missed, though answered");
                }
                if call.state == CallState::Ended(EndReason::Unknown) {
                    prop_assert!(call.talked.is_none(), "a duration nobody measured");
                }
            }
        }
    }

    #[test]
    fn repeating_every_event_changes_nothing(events in proptest::collection::vec(any_event(), 1..40)) {
        let mut desk = Desk::new();
        for event in events {
            desk.event(event.clone());
            let made = desk.made;
            let starts = !matches!(event.change, Change::Ended(_));
            let again = desk.event(event.clone());
            if starts || event.remote.is_none() {
                prop_assert_eq!(desk.made, made, "{:?} repeated made another call", event);
                prop_assert!(again.is_empty(), "{:?} repeated had effects {:?}", event, again);
            }
        }
    }
}
