//! Events that no phone would send: whatever comes, the states are legal.

use proptest::prelude::*;
use ringside_domain::{CallEvent, CallId, CallState, Change, EndReason, Trust, call::WireParty};
use ringside_engine::callbook::Effect;

use crate::desk::{Desk, event, rank};

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
                    Effect::TickAfter(_) => continue,
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
