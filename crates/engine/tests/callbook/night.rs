//! Ten thousand calls in a night change neither memory nor speed.

use ringside_domain::{Authority, CallState, Change, EndReason};
use ringside_engine::callbook::{Effect, Input};

use crate::desk::{Desk, Say, answer, end, event, id, ring};

/// What the book may hold, whatever happens: calls that go on, open cards, and those kept to recognise late reports.
const BOUND: usize = 1_300;

#[test]
fn ten_thousand_calls_seen_by_three_sources_leave_nothing_behind() {
    let mut desk = Desk::new();
    let mut most = 0;
    let (mut lookups, mut saves) = (0, 0);
    let mut count = |effects: Vec<Effect>| {
        lookups += effects
            .iter()
            .filter(|effect| matches!(effect, Effect::LookUp(_)))
            .count();
        saves += effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Save(_)))
            .count();
    };
    for nth in 0..10_000_u64 {
        let (at, key) = (10_000 + nth * 3_000, nth.to_string());
        let number = format!("+1415555{:04}", 100 + nth % 100);
        let told = |source: &str, pause, change, by| event(source, &key, at + pause, change).from(&number).by(by);
        count(desk.event(told("sip", 0, Change::Ringing, Authority::Watcher).id(&key)));
        count(desk.event(told("pbx", 20, Change::Ringing, Authority::Provider)));
        count(desk.event(told("hook", 400, Change::Ringing, Authority::Hook)));
        if nth % 3 == 0 {
            count(desk.event(told("sip", 900, Change::Answered, Authority::Watcher).id(&key)));
        }
        count(desk.event(told(
            "pbx",
            2_000,
            Change::Ended(EndReason::Completed),
            Authority::Provider,
        )));
        count(desk.event(told("sip", 2_010, Change::Ended(EndReason::Missed), Authority::Watcher).id(&key)));
        count(desk.apply(Input::Tick));
        most = most.max(desk.book.len());
    }
    assert_eq!(desk.made, 10_000);
    assert!(most <= 256 + 16, "{most} calls in the book");
    assert_eq!(lookups, 10_000, "one a call");
    assert!(saves <= 40_000, "{saves}");
}

#[test]
fn a_source_gone_mad_gets_no_further_and_ends_nothing_that_is_talked_on() {
    for change in [Change::Ringing, Change::Answered, Change::Held] {
        let mut desk = Desk::new();
        desk.event(ring("sip", "own", 500));
        desk.event(answer("sip", "own", 900));
        for nth in 0..1_300_u64 {
            let number = format!("+1415555{:04}", 100 + nth % 100);
            desk.event(event("mad", &nth.to_string(), 60_000 + nth, change).from(&number));
            assert!(desk.book.len() <= BOUND);
        }
        if change == Change::Ringing {
            assert_eq!(desk.state(1), CallState::Answered);
            assert_eq!(desk.cards()[0], 1);
        }
        desk.tick(24 * 3_600_000);
        assert!(desk.book.len() <= 256 + 12, "{}", desk.book.len());
    }
}

#[test]
fn ends_that_belong_to_nothing_leave_nothing_behind() {
    let mut desk = Desk::new();
    for nth in 0..5_000_u64 {
        let key = nth.to_string();
        desk.event(end("hook", &key, nth * 20_000, EndReason::Missed).by(Authority::Hook));
        desk.event(end("sip", &key, nth * 20_000, EndReason::Missed).bare());
    }
    assert!(desk.book.len() <= 256);
    assert!(desk.cards().is_empty());
    assert_eq!(desk.call(desk.made).id, id(desk.made), "the newest is still known");
}
