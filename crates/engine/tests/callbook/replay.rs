//! What a source tells right after it (re)connected.

use std::time::Duration;

use ringside_domain::{Call, CallState, Change, EndReason};
use ringside_engine::callbook::Effect;

use crate::desk::{Desk, Say, answer, asks, at, end, event, id, ring};

#[test]
fn a_ringing_call_pops() {
    let mut desk = Desk::new();
    assert!(asks(&desk.event(ring("sip", "a", 1_000).again())));
    assert_eq!(desk.cards(), [1]);
}

#[test]
fn a_call_that_goes_on_is_kept_without_a_card_and_without_a_duration() {
    for change in [Change::Answered, Change::Held] {
        let mut desk = Desk::new();
        desk.event(event("sip", "a", 1_000, change).again());
        assert!(desk.cards().is_empty());
        desk.event(answer("sip", "a", 2_000));
        assert_eq!((desk.only().state, desk.only().answered), (CallState::Answered, None));
        desk.event(end("sip", "a", 9_000, EndReason::Completed));
        let call = desk.only();
        assert_eq!(call.state, CallState::Ended(EndReason::Completed));
        assert_eq!((call.ended, call.talked), (Some(at(9_000).wall), None));
    }
}

#[test]
fn the_end_of_a_call_nobody_knows_is_nothing() {
    let mut desk = Desk::new();
    assert!(
        desk.event(end("sip", "a", 1_000, EndReason::Completed).again())
            .is_empty()
    );
    assert_eq!(desk.made, 0);
}

#[test]
fn what_happened_while_nobody_looked_has_no_time() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000).id("1"));
    desk.event(answer("sip", "a", 60_000).id("1").again());
    assert_eq!((desk.only().state, desk.only().answered), (CallState::Answered, None));
    assert_eq!(desk.cards(), [1], "its card stays");

    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000).id("1"));
    desk.event(answer("sip", "a", 2_000).id("1"));
    desk.event(end("sip", "a", 60_000, EndReason::Completed).id("1").again());
    let call = desk.only();
    assert_eq!(call.state, CallState::Ended(EndReason::Completed));
    assert_eq!((call.ended, call.talked), (None, None));
}

/// A call as the journal has it, and a book that was told of it at the start of the program, at 100,000 ms.
fn interrupted(state: CallState, answered: Option<u64>) -> (Desk, Call) {
    let mut earlier = Desk::new();
    earlier.event(ring("sip", "a", 1_000).id("1"));
    let call = Call {
        id: id(77),
        state,
        answered: answered.map(|millis| at(millis).wall),
        ..earlier.only().clone()
    };
    let mut desk = Desk::new();
    desk.now = at(100_000);
    assert!(desk.book.resume(call.clone(), desk.now));
    (desk, call)
}

#[test]
fn a_call_that_outlived_the_program_goes_on_as_the_same_call() {
    // What the journal knew, and how long it was talked on.
    let table = [
        (CallState::Answered, Some(5_000), Some(Duration::from_secs(125))),
        (CallState::Held, Some(5_000), Some(Duration::from_secs(125))),
        (CallState::Answered, None, None),
        (CallState::Ringing, None, None),
    ];
    for (state, answered, talked) in table {
        let (mut desk, _) = interrupted(state, answered);
        assert!(desk.tick(120_000).is_empty());
        desk.event(answer("sip", "x#1", 125_000).id("1").again());
        assert_eq!(desk.made, 0, "no second row");
        assert_eq!(desk.call(77).state, CallState::Answered);
        assert!(desk.cards().is_empty(), "nobody saw it begin");
        assert!(desk.tick(3_600_000).is_empty());
        desk.event(end("sip", "x#1", 130_000, EndReason::Completed).id("1"));
        let call = desk.call(77);
        assert_eq!(call.state, CallState::Ended(EndReason::Completed));
        assert_eq!((call.ended, call.talked), (Some(at(130_000).wall), talked), "{state:?}");
    }
}

#[test]
fn one_that_still_rings_pops() {
    for again in [true, false] {
        let (mut desk, _) = interrupted(CallState::Ringing, None);
        let ring = ring("sip", "x", 101_000).id("1");
        assert!(asks(&desk.event(if again { ring.again() } else { ring })));
        assert_eq!((desk.made, desk.cards()), (0, vec![77]));
    }
}

#[test]
fn one_that_is_over_by_now_ends_as_the_source_says_at_a_time_nobody_knows() {
    let (mut desk, _) = interrupted(CallState::Answered, Some(5_000));
    desk.event(end("sip", "x", 101_000, EndReason::Completed).id("1").again());
    let call = desk.call(77);
    assert_eq!(call.state, CallState::Ended(EndReason::Completed));
    assert_eq!((call.ended, call.talked), (None, None));
    assert!(desk.cards().is_empty());
}

#[test]
fn one_of_which_nobody_tells_is_unknown_after_a_minute() {
    for state in [CallState::Ringing, CallState::Answered, CallState::Held] {
        let (mut desk, _) = interrupted(state, None);
        assert!(desk.tick(159_999).is_empty());
        let effects = desk.tick(160_000);
        assert!(effects.contains(&Effect::Save(id(77))));
        assert_eq!(desk.call(77).state, CallState::Ended(EndReason::Unknown));
        desk.event(answer("sip", "x", 200_000).id("1").again());
        assert_eq!(
            (desk.made, desk.call(77).state),
            (0, CallState::Answered),
            "the source was slow"
        );
    }
}

#[test]
fn what_cannot_be_told_again_is_not_waited_for() {
    let (mut desk, call) = interrupted(CallState::Answered, None);
    let without_id = Call {
        id: id(78),
        provider_call_id: None,
        ..call.clone()
    };
    let of_the_same_id = Call {
        id: id(79),
        ..call.clone()
    };
    let long_ago = Call {
        id: id(80),
        provider_call_id: Some("2".into()),
        started: ringside_domain::Timestamp(call.started.0 - 9 * 3_600_000),
        ..call.clone()
    };
    for call in [without_id, of_the_same_id, long_ago, call] {
        assert!(!desk.book.resume(call, desk.now));
    }
    assert_eq!(desk.book.len(), 1);
}

/// A call of the journal that is over, on which a person works at 100,000 ms.
fn looked_up_again(reason: EndReason) -> Desk {
    let (mut desk, call) = interrupted(CallState::Answered, Some(5_000));
    let old = Call {
        id: id(78),
        provider_call_id: Some("2".into()),
        state: CallState::Ended(reason),
        ..call
    };
    assert!(desk.book.adopt(old.clone(), desk.now));
    assert!(!desk.book.adopt(old, desk.now), "once");
    desk.tick(160_000);
    desk
}

#[test]
fn a_call_that_is_over_in_the_journal_takes_nothing_in_but_news_of_its_end() {
    let mut desk = looked_up_again(EndReason::Completed);
    desk.event(answer("sip", "201", 161_000).id("2").again());
    assert_eq!(desk.call(78).state, CallState::Ended(EndReason::Completed));
    // This phone uses one key for every call, and others tell of the same caller.
    desk.event(ring("sip", "201", 170_000));
    desk.event(answer("pbx", "x", 171_000));
    assert_eq!(
        (desk.made, desk.state(1), desk.cards()),
        (1, CallState::Answered, vec![1])
    );

    let mut desk = looked_up_again(EndReason::Unknown);
    desk.event(end("sip", "x", 161_000, EndReason::Completed).id("2").again());
    assert_eq!(desk.call(78).state, CallState::Ended(EndReason::Completed));
    assert_eq!((desk.made, desk.call(78).ended), (0, None));
}
