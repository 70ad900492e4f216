//! How a call ends, when several tell of it.

use std::time::Duration;

use ringside_domain::{Authority, CallState, Change, EndReason};
use ringside_engine::callbook::{Effect, Input};

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
        let before = desk.state(1);
        desk.event(end("one", "a", 9_000, first).id("1").by(by));
        let waits = desk.state(1) == before;
        assert_eq!(
            waits,
            better >= by,
            "{what}: who knows no less, and still tells of it, is waited for"
        );
        let mut effects = desk.event(end("two", "x", 9_000 + pause, second).id("1").by(better));
        if second == Transferred {
            assert_eq!(
                desk.state(1),
                before,
                "{what}: it waits for the call that takes its place"
            );
            assert!(desk.tick(9_000 + pause + 2_999).is_empty(), "{what}");
            effects = desk.tick(9_000 + pause + 3_000);
        }
        let call = desk.only();
        assert_eq!(call.state, CallState::Ended(expected), "{what}");
        assert_eq!(call.ended, Some(at(9_000).wall), "{what}: the first end counts");
        assert_eq!(call.talked, answered.then_some(Duration::from_secs(7)), "{what}");
        let over = [Effect::Save(id(1)), Effect::Publish(id(1)), Effect::CompleteLog(id(1))];
        let changed = waits || fitting(first, answered) != expected;
        assert_eq!(effects, if changed { &over[..] } else { &[] }, "{what}");
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
    assert!(effects.is_empty(), "the watcher knows better, and will tell");
    assert_eq!(desk.state(1), CallState::Ringing);
    desk.event(answer("sip", "a", 4_020).id("1"));
    assert!(desk.tick(20_000).is_empty());
    assert_eq!(desk.state(1), CallState::Answered);
    desk.event(end("sip", "a", 64_020, Completed).id("1"));
    assert_eq!(desk.only().talked, Some(Duration::from_secs(60)));
}

#[test]
fn answered_by_a_colleague_is_over() {
    // Who says so, beside a watcher, and whether the watcher tells the end or nothing more.
    for (by, others_end) in [
        (Hook, true),
        (Watcher, true),
        (Watcher, false),
        (Provider, true),
        (Provider, false),
    ] {
        let mut desk = Desk::new();
        desk.event(ring("softphone", "s", 1_000).id("1").by(by));
        desk.event(ring("sip", "a", 1_000).id("1"));
        desk.event(end("softphone", "s", 4_000, AnsweredElsewhere).id("1").by(by));
        assert_eq!(desk.state(1), CallState::Ringing);
        if others_end {
            desk.event(end("sip", "a", 4_020, Missed).id("1"));
        }
        desk.tick(7_000);
        assert_eq!(
            desk.state(1),
            CallState::Ended(AnsweredElsewhere),
            "{by:?} {others_end}"
        );
        assert_eq!(desk.only().ended, Some(at(4_000).wall));
    }
}

#[test]
fn a_phone_that_rings_off_does_not_end_the_talk_on_another() {
    // Who took the call, whose phone rang off and how it says so, and how long after the answer.
    let table = [
        (Watcher, Hook, Missed, 50),
        (Watcher, Hook, Missed, -50),
        (Watcher, Hook, Completed, 50),
        (Watcher, Hook, AnsweredElsewhere, -50),
        (Hook, Hook, Missed, 50),
        (Hook, Hook, Missed, -50),
        (Provider, Watcher, Declined, 1_000),
        (Provider, Watcher, Declined, -1_000),
    ];
    for (took, rang_off, reason, after) in table {
        let mut desk = Desk::new();
        desk.event(ring("softphone", "s", 1_000).by(took));
        desk.event(ring("desk", "d", 1_100).by(rang_off));
        let missed = end("desk", "d", (5_000_i64 + after).try_into().unwrap(), reason).by(rang_off);
        let answered = answer("softphone", "s", 5_000).by(took);
        let told = if after < 0 {
            [missed, answered]
        } else {
            [answered, missed]
        };
        for event in told {
            desk.event(event);
        }
        let what = format!("{took:?} took it, {rang_off:?} told {reason:?} {after} ms later");
        assert_eq!(desk.state(1), CallState::Answered, "{what}");
        assert!(desk.tick(300_000).is_empty(), "{what}");
        desk.event(end("softphone", "s", 605_000, Completed).by(took));
        assert_eq!(desk.state(1), CallState::Ended(Completed), "{what}");
        assert_eq!(desk.only().talked, Some(Duration::from_secs(600)), "{what}");
        assert_eq!(desk.only().ended, Some(at(605_000).wall), "{what}");
    }
}

#[test]
fn who_is_not_trusted_ends_nothing_that_a_trusted_phone_sees() {
    for talks in [true, false] {
        let mut desk = Desk::new();
        desk.event(ring("desk", "d", 1_000).by(Hook));
        desk.event(ring("forged", "f", 1_100).by(Hook).unverified());
        if talks {
            desk.event(answer("desk", "d", 3_000).by(Hook));
            desk.event(answer("forged", "f", 3_100).by(Hook).unverified());
        }
        let before = desk.state(1);
        desk.event(end("forged", "f", 9_000, Completed).by(Hook).unverified());
        desk.tick(30_000);
        assert_eq!(desk.state(1), before);
        desk.event(end("desk", "d", 43_000, Completed).by(Hook));
        assert_eq!(desk.only().ended, Some(at(43_000).wall), "not when it was forged");
        assert_eq!(desk.only().talked, talks.then_some(Duration::from_secs(40)));
    }
}

#[test]
fn of_those_who_know_as_well_the_first_end_counts_after_a_moment() {
    let mut desk = Desk::new();
    for (source, key) in [("one", "a"), ("two", "x")] {
        desk.event(ring(source, key, 1_000).by(Hook));
        desk.event(answer(source, key, 3_000).by(Hook));
    }
    let effects = desk.event(end("one", "a", 63_000, Completed).by(Hook));
    assert_eq!(effects, [Effect::TickAfter(Duration::from_secs(3))]);
    assert!(desk.tick(65_999).is_empty());
    desk.tick(66_000);
    assert_eq!(desk.state(1), CallState::Ended(Completed));
    assert_eq!(desk.only().talked, Some(Duration::from_secs(60)));
}

#[test]
fn an_end_that_only_one_told_counts_when_the_others_know_nothing_more() {
    // The watcher falls silent, or says that it has lost sight of the call.
    for says_so in [true, false] {
        let mut desk = Desk::new();
        desk.event(ring("sip", "a", 1_000));
        desk.event(ring("hook", "h", 1_000).by(Hook));
        desk.event(answer("sip", "a", 3_000));
        desk.event(answer("hook", "h", 3_000).by(Hook));
        desk.event(end("hook", "h", 63_000, Completed).by(Hook));
        if says_so {
            desk.event(end("sip", "a", 200_000, Unknown));
        } else {
            desk.tick(9 * 3_600_000);
        }
        assert_eq!(desk.state(1), CallState::Ended(Completed));
        assert_eq!(desk.only().talked, Some(Duration::from_secs(60)));
    }
}

#[test]
fn a_call_that_was_given_up_goes_on_when_it_is_answered() {
    // Whether a hook tells, when it was given up, when it is answered, and whether its card was put away meanwhile.
    let table = [
        (Hook, 60_000, 65_000, false),
        (Hook, 60_000, 80_000, false),
        (Hook, 60_000, 80_000, true),
        (Watcher, 601_000, 605_000, false),
        (Provider, 601_000, 700_000, true),
    ];
    for (by, given_up, answered, put_away) in table {
        for change in [Change::Answered, Change::Held] {
            let what = format!("{by:?}, {answered}, {put_away}, {change:?}");
            let mut desk = Desk::new();
            desk.event(ring("phone", "p", 0).by(by));
            desk.tick(given_up);
            assert_eq!(desk.state(1), CallState::Ended(Unknown), "{what}");
            if put_away {
                desk.apply(Input::CloseCard { call: id(1) });
            }
            let effects = desk.event(event("phone", "p", answered, change).by(by));
            assert_eq!(effects[..2], [Effect::Save(id(1)), Effect::Publish(id(1))], "{what}");
            assert!(!effects.contains(&Effect::CompleteLog(id(1))), "{what}");
            assert_eq!(desk.only().answered, Some(at(answered).wall), "{what}");
            assert_eq!(desk.cards(), [1], "{what}");
            assert!(
                desk.tick(answered + 3_600_000).is_empty(),
                "{what}: it is a call like any other"
            );
            desk.event(end("phone", "p", answered + 30_000, Completed).by(by));
            assert_eq!(desk.only().state, CallState::Ended(Completed), "{what}");
            assert_eq!(desk.only().talked, Some(Duration::from_secs(30)), "{what}");
        }
    }
}

#[test]
fn a_talk_that_was_given_up_goes_on_with_the_time_of_its_answer() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 0));
    desk.event(answer("sip", "a", 5_000));
    let nine_hours = 9 * 3_600_000;
    desk.tick(nine_hours);
    assert_eq!(desk.state(1), CallState::Ended(Unknown));
    desk.event(answer("sip", "a", nine_hours + 5_000).again());
    assert_eq!(desk.only().state, CallState::Answered);
    desk.event(end("sip", "a", nine_hours + 10_000, Completed));
    assert_eq!(desk.only().talked, Some(Duration::from_secs(9 * 3_600 + 5)));
}

#[test]
fn what_a_source_told_to_be_over_is_not_taken_back() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 0));
    desk.event(end("sip", "a", 5_000, Unknown));
    desk.event(answer("sip", "a", 6_000).again());
    assert_eq!(desk.call(1).state, CallState::Ended(Unknown));
    assert_eq!(desk.call(1).answered, None);
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
    assert!(desk.tick(700_000).is_empty());
    assert_eq!(desk.state(2), CallState::Ringing);
    desk.tick(700_100);
    assert_eq!(desk.state(2), CallState::Ended(Unknown));
    // One that is answered is not given up for that.
    desk.event(ring("hook", "i", 720_000).by(Hook));
    desk.event(answer("hook", "i", 723_000).by(Hook));
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
