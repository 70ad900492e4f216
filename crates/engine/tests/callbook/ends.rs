//! How a call ends, when several tell of it.

use std::time::Duration;

use ringside_domain::{Authority, CallState, Change, EndReason};
use ringside_engine::callbook::Effect;

use crate::desk::{Desk, Say, answer, at, end, event, id, ring};

use Authority::{Hook, Provider, Watcher};
use EndReason::{AnsweredElsewhere, Busy, Completed, Declined, Failed, Forwarded, Missed, Transferred, Unknown};

#[test]
fn the_first_end_counts_and_who_knows_better_says_better_why() {
    // Whether it was answered, the two ends with who told them, the pause between, and what comes out.
    let table = [
        (
            false,
            (Missed, Watcher),
            (AnsweredElsewhere, Provider),
            500,
            AnsweredElsewhere,
        ),
        (false, (Completed, Watcher), (Forwarded, Provider), 500, Forwarded),
        (false, (Missed, Hook), (Declined, Watcher), 500, Declined),
        (false, (Missed, Hook), (Busy, Provider), 500, Busy),
        (false, (Missed, Watcher), (AnsweredElsewhere, Provider), 3_500, Missed),
        (false, (Missed, Provider), (AnsweredElsewhere, Watcher), 500, Missed),
        (false, (Missed, Watcher), (AnsweredElsewhere, Watcher), 500, Missed),
        (false, (Declined, Hook), (Missed, Provider), 500, Declined),
        (false, (Declined, Watcher), (AnsweredElsewhere, Provider), 500, Declined),
        (true, (Completed, Watcher), (Transferred, Provider), 500, Transferred),
        (true, (Completed, Watcher), (Forwarded, Provider), 500, Transferred),
        (true, (Completed, Watcher), (Failed, Provider), 500, Completed),
        (true, (Completed, Watcher), (Missed, Provider), 500, Completed),
        (true, (Declined, Watcher), (Missed, Provider), 500, Completed),
    ];
    for (answered, (first, by), (second, better), pause, expected) in table {
        let what = format!("{first:?} by {by:?}, {pause} ms later {second:?} by {better:?}");
        let mut desk = Desk::new();
        desk.event(ring("one", "a", 1_000).id("1").by(by));
        desk.event(ring("two", "x", 1_000).id("1").by(better));
        if answered {
            desk.event(answer("one", "a", 2_000).id("1").by(by));
        }
        desk.event(end("one", "a", 9_000, first).id("1").by(by));
        let effects = desk.event(end("two", "x", 9_000 + pause, second).id("1").by(better));
        let call = desk.only();
        assert_eq!(call.state, CallState::Ended(expected), "{what}");
        assert_eq!(call.ended, Some(at(9_000).wall), "{what}: the first end counts");
        assert_eq!(call.talked, answered.then_some(Duration::from_secs(7)), "{what}");
        let better = [Effect::Save(id(1)), Effect::Publish(id(1)), Effect::CompleteLog(id(1))];
        let changed = fitting(first, answered) != expected;
        assert_eq!(effects, if changed { &better[..] } else { &[] }, "{what}");
    }
}

/// What the first end alone would have been.
fn fitting(reason: EndReason, answered: bool) -> EndReason {
    match reason {
        Completed if !answered => Missed,
        Declined if answered => Completed,
        reason => reason,
    }
}

#[test]
fn the_reason_fits_whether_it_was_answered() {
    let table = [
        (Completed, Missed, Completed),
        (Missed, Missed, Completed),
        (Declined, Declined, Completed),
        (Busy, Busy, Completed),
        (AnsweredElsewhere, AnsweredElsewhere, Completed),
        (Forwarded, Forwarded, Transferred),
        (Failed, Failed, Failed),
    ];
    for (told, silent, talked) in table {
        for (answered, expected) in [(false, silent), (true, talked)] {
            let mut desk = Desk::new();
            desk.event(ring("sip", "a", 1_000));
            if answered {
                desk.event(answer("sip", "a", 2_000));
            }
            desk.event(end("sip", "a", 9_000, told));
            assert_eq!(desk.only().state, CallState::Ended(expected), "{told:?}, {answered}");
            assert_eq!(desk.only().talked, answered.then_some(Duration::from_secs(7)));
        }
    }
}

#[test]
fn an_end_that_nobody_saw_is_known_when_somebody_tells_it() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000).id("1"));
    desk.event(answer("sip", "a", 2_000).id("1"));
    desk.event(end("sip", "a", 9_000, Unknown).id("1"));
    assert_eq!((desk.state(1), desk.only().talked), (CallState::Ended(Unknown), None));
    let effects = desk.event(end("pbx", "x", 12_000, Completed).id("1"));
    assert_eq!(desk.state(1), CallState::Ended(Completed));
    assert_eq!(desk.only().talked, Some(Duration::from_secs(10)));
    assert!(effects.contains(&Effect::CompleteLog(id(1))), "the log has no end yet");
}

#[test]
fn a_source_that_stops_telling_ends_nothing_that_others_see() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000).id("1"));
    desk.event(ring("pbx", "x", 1_000).id("1"));
    desk.event(end("sip", "a", 2_000, Unknown).id("1"));
    assert_eq!(desk.state(1), CallState::Ringing);
    desk.event(end("pbx", "x", 3_000, Unknown).id("1"));
    assert_eq!(desk.state(1), CallState::Ended(Unknown));
}

#[test]
fn answered_on_another_phone_of_the_same_person_goes_on() {
    let mut desk = Desk::new();
    desk.event(ring("softphone", "s", 1_000).id("1").by(Hook));
    desk.event(ring("sip", "a", 1_000).id("1"));
    let effects = desk.event(end("softphone", "s", 4_000, AnsweredElsewhere).id("1").by(Hook));
    assert_eq!(effects, [Effect::TickAfter(Duration::from_secs(3))]);
    assert_eq!(desk.state(1), CallState::Ringing);
    desk.event(answer("sip", "a", 4_020).id("1"));
    assert!(desk.tick(20_000).is_empty());
    assert_eq!(desk.state(1), CallState::Answered);
    desk.event(end("sip", "a", 64_020, Completed).id("1"));
    assert_eq!(desk.only().talked, Some(Duration::from_secs(60)));
}

#[test]
fn answered_by_a_colleague_is_over() {
    for others_end in [true, false] {
        let mut desk = Desk::new();
        desk.event(ring("softphone", "s", 1_000).id("1").by(Hook));
        desk.event(ring("sip", "a", 1_000).id("1"));
        desk.event(end("softphone", "s", 4_000, AnsweredElsewhere).id("1").by(Hook));
        if others_end {
            desk.event(end("sip", "a", 4_020, Missed).id("1"));
        } else {
            desk.tick(7_000);
        }
        assert_eq!(desk.state(1), CallState::Ended(AnsweredElsewhere));
        assert_eq!(desk.only().ended, Some(at(4_000).wall));
    }
}

#[test]
fn hooks_that_tell_no_end_are_given_up_sooner() {
    let mut desk = Desk::new();
    desk.event(ring("hook", "h", 1_000).by(Hook));
    assert!(desk.tick(60_000).is_empty());
    desk.tick(61_000);
    assert_eq!(desk.state(1), CallState::Ended(Unknown));
    // Somebody else sees this one too, and would tell.
    desk.event(ring("hook", "h", 100_000).by(Hook));
    desk.event(ring("sip", "a", 100_100));
    assert!(desk.tick(200_000).is_empty());
    assert_eq!(desk.state(2), CallState::Ringing);
    desk.tick(281_000);
    assert_eq!(desk.state(2), CallState::Ended(Unknown));
    // One that is answered is not given up for that.
    desk.event(ring("hook", "i", 300_000).by(Hook));
    desk.event(answer("hook", "i", 303_000).by(Hook));
    desk.tick(3_600_000);
    assert_eq!(desk.state(3), CallState::Answered);
    desk.tick(9 * 3_600_000);
    assert_eq!((desk.state(3), desk.call(3).talked), (CallState::Ended(Unknown), None));
}

#[test]
fn nothing_brings_a_call_back() {
    for change in [Change::Ringing, Change::Answered, Change::Held, Change::Ended(Unknown)] {
        let mut desk = Desk::new();
        desk.event(ring("sip", "a", 1_000).id("1"));
        desk.event(end("sip", "a", 4_000, Declined).id("1"));
        assert!(desk.event(event("sip", "a", 5_000, change).id("1")).is_empty());
        assert!(desk.event(event("pbx", "x", 5_000, change).id("1")).is_empty());
        assert_eq!(desk.only().state, CallState::Ended(Declined));
    }
}
