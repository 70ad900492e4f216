//! Events that no phone would send: whatever comes, the states are legal.

use std::collections::{BTreeMap, BTreeSet};

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

/// What happens to the book: a report, or time that passed.
#[derive(Clone, Debug)]
enum Step {
    Heard(Box<CallEvent>),
    Tick(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => any_event().prop_map(|event| Step::Heard(Box::new(event))),
        1 => (0_u64..2_000_000).prop_map(Step::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_interleaving_ends_in_a_legal_truthful_state(steps in proptest::collection::vec(any_step(), 1..60)) {
        let mut desk = Desk::new();
        let mut seen = BTreeMap::<CallId, CallState>::new();
        let (mut end_told, mut given_up) = (BTreeSet::new(), BTreeSet::new());
        for step in steps {
            let (effects, ticks) = match step {
                Step::Tick(millis) => (desk.tick(millis), true),
                Step::Heard(event) => {
                    let (source, key, change) = (event.source.clone(), event.key.clone(), event.change);
                    let effects = desk.event(*event);
                    if matches!(change, Change::Ended(_)) {
                        end_told.extend(desk.book.call_of(&source, &key));
                    }
                    (effects, false)
                }
            };
            for effect in effects {
                let id = match effect {
                    Effect::Save(id) | Effect::LookUp(id) | Effect::Publish(id) | Effect::Log(id)
                    | Effect::CompleteLog(id) | Effect::CardClosed(id) => id,
                    Effect::TickAfter(_) => continue,
                };
                let call = &desk.book.get(id).unwrap().call;
                let before = seen.insert(id, call.state).unwrap_or(CallState::Ringing);
                // Only what was given up, and what nobody told to be over, may go on after all.
                let taken_back = rank(call.state) == 1 && given_up.remove(&id);
                prop_assert!(taken_back || rank(call.state) >= rank(before), "{before:?} became {:?}", call.state);
                if call.state.is_over() && !before.is_over() && !end_told.contains(&id) {
                    prop_assert!(ticks, "an end nobody told");
                    prop_assert_eq!(call.state, CallState::Ended(EndReason::Unknown));
                }
                if ticks && call.state == CallState::Ended(EndReason::Unknown) {
                    given_up.insert(id);
                }
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
    fn repeating_every_event_changes_nothing(steps in proptest::collection::vec(any_step(), 1..40)) {
        let mut desk = Desk::new();
        for step in steps {
            let event = match step {
                Step::Heard(event) => *event,
                Step::Tick(millis) => {
                    desk.tick(millis);
                    continue;
                }
            };
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
