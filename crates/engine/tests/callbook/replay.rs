//! What a source tells right after it (re)connected.

use ringside_domain::{CallState, Change, EndReason};

use crate::desk::{Desk, Say, answer, asks, at, end, event, ring};

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
