//! One call, whatever the number of sources that report it.

use ringside_domain::{Authority, CallEvent, CallState, Change, Direction, EndReason};

use crate::desk::{BERT, Desk, Say, answer, asks, at, e164, end, ring};

use Authority::{Hook, Provider, Watcher};

/// What happens, and how many calls it is.
fn calls(events: Vec<CallEvent>) -> u128 {
    let mut desk = Desk::new();
    for event in events {
        desk.event(event);
    }
    desk.made
}

#[test]
fn the_same_party_at_the_same_time_is_one_call() {
    let out = |mut event: CallEvent| {
        event.direction = Some(Direction::Out);
        event
    };
    let either = |mut event: CallEvent| {
        event.direction = None;
        event
    };
    let rehearsed = |mut event: CallEvent| {
        event.rehearsal = true;
        event
    };
    let first = || ring("sip", "a", 1_000);
    let table: Vec<(&str, Vec<CallEvent>, u128)> = vec![
        ("within the window", vec![first(), ring("pbx", "x", 3_900)], 1),
        ("after the window", vec![first(), ring("pbx", "x", 4_100)], 2),
        ("a hook is late", vec![first(), ring("hook", "x", 10_900).by(Hook)], 1),
        ("a hook came first", vec![first().by(Hook), ring("pbx", "x", 10_900)], 1),
        (
            "too late even for a hook",
            vec![first(), ring("hook", "x", 11_100).by(Hook)],
            2,
        ),
        ("another number", vec![first(), ring("pbx", "x", 1_100).from(BERT)], 2),
        ("another direction", vec![first(), out(ring("pbx", "x", 1_100))], 2),
        ("no direction told", vec![first(), either(ring("pbx", "x", 1_100))], 1),
        (
            "a rehearsed call is none",
            vec![first(), rehearsed(ring("pbx", "x", 1_100))],
            2,
        ),
        ("call waiting", vec![first(), ring("sip", "b", 1_100)], 2),
        (
            "the same number as written elsewhere",
            vec![first(), ring("pbx", "x", 1_100).from("(415) 555-0100")],
            1,
        ),
        (
            "an exchange's id and a phone's",
            vec![first().id("1700000000.7"), ring("pbx", "x", 1_100).id("2@phone")],
            1,
        ),
        (
            "a server between two lines, and both legs are answered",
            vec![
                first().id("leg-1@pbx").on("sip:201@pbx"),
                answer("sip", "a", 3_000).id("leg-1@pbx").bare(),
                answer("desk", "x", 3_100).id("leg-2@phone").on("201").by(Hook),
            ],
            1,
        ),
        (
            "ids of different worlds, too late",
            vec![first().id("1"), ring("pbx", "x", 4_100).id("2")],
            2,
        ),
        (
            "ids of different worlds, another number",
            vec![first().id("1"), ring("pbx", "x", 1_100).id("2").from(BERT)],
            2,
        ),
        (
            "two ids of one source",
            vec![first().id("1"), ring("sip", "b", 1_100).id("2")],
            2,
        ),
        (
            "two calls of one number by the same ids",
            vec![
                first().id("1"),
                ring("sip", "b", 1_100).id("2"),
                ring("pbx", "y", 1_150).id("2"),
                ring("pbx", "x", 1_200).id("1"),
            ],
            2,
        ),
        (
            "the same, and one source lost the first",
            vec![
                first().id("1"),
                ring("pbx", "y", 1_150).id("2"),
                ring("sip", "b", 1_200).id("2"),
            ],
            2,
        ),
        (
            "the same, of a server with one key for every call",
            vec![
                first().id("1"),
                ring("pbx", "y", 1_150).id("2"),
                ring("sip", "a", 1_200).id("2"),
            ],
            2,
        ),
        (
            "its id is told after the ringing, and others call it differently",
            vec![
                first(),
                ring("pbx", "x", 1_100).id("7.1"),
                answer("sip", "a", 9_000).id("1@phone").bare(),
            ],
            1,
        ),
        ("one has an id", vec![first().id("1"), ring("pbx", "x", 1_100)], 1),
        ("no number", vec![first(), ring("pbx", "x", 1_100).bare()], 1),
        (
            "no number, two candidates",
            vec![
                first(),
                ring("sip", "b", 1_050).from(BERT),
                ring("pbx", "x", 1_100).bare(),
            ],
            3,
        ),
        (
            "a number for the only one without",
            vec![first().bare(), ring("pbx", "x", 1_100)],
            1,
        ),
        (
            "withheld here, told there",
            vec![first().from("anonymous"), ring("pbx", "x", 1_100).by(Provider)],
            1,
        ),
        (
            "one account",
            vec![first().on("sip:201@pbx"), ring("pbx", "x", 1_100).on("201")],
            1,
        ),
        (
            "two accounts",
            vec![first().on("sip:201@pbx"), ring("pbx", "x", 1_100).on("202")],
            2,
        ),
        (
            "two of the user's numbers",
            vec![first().on("+14155550111"), ring("pbx", "x", 1_100).on("+14155550112")],
            2,
        ),
        (
            "accounts that can't be compared",
            vec![first().on("+14155550111"), ring("pbx", "x", 1_100).on("201")],
            1,
        ),
        (
            "a name is no extension",
            vec![first().on("sip:anna@pbx"), ring("pbx", "x", 1_100).on("201")],
            1,
        ),
        (
            "a phone with a hook for the answer only",
            vec![first(), answer("hook", "x", 30_000).by(Hook)],
            1,
        ),
        (
            "a phone with a hook for the end only",
            vec![
                first(),
                answer("sip", "a", 2_000),
                end("hook", "x", 90_000, EndReason::Completed).by(Hook),
            ],
            1,
        ),
        (
            "a late hook after a short ring",
            vec![
                first(),
                end("sip", "a", 1_500, EndReason::Missed),
                ring("hook", "x", 2_500).by(Hook),
            ],
            1,
        ),
        (
            "its end comes twice",
            vec![
                first(),
                end("sip", "a", 9_000, EndReason::Missed),
                end("pbx", "x", 9_100, EndReason::Missed),
            ],
            1,
        ),
        (
            "who watches again finds it",
            vec![first(), answer("sip", "a", 2_000), answer("pbx", "x", 90_000).again()],
            1,
        ),
        (
            "a second call of one number",
            vec![first(), answer("sip", "a", 2_000), answer("pbx", "x", 90_000)],
            2,
        ),
    ];
    for (what, events, expected) in table {
        assert_eq!(calls(events), expected, "{what}");
    }
}

#[test]
fn of_two_calls_from_one_number_each_gets_its_own_end() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000));
    desk.event(ring("sip", "b", 1_200));
    desk.event(ring("pbx", "x", 1_300));
    desk.event(ring("pbx", "y", 1_400));
    assert_eq!(desk.made, 2);
    desk.event(end("pbx", "x", 5_000, EndReason::Declined));
    desk.tick(8_000);
    assert_eq!(desk.state(1), CallState::Ended(EndReason::Declined));
    assert_eq!(desk.state(2), CallState::Ringing);
}

#[test]
fn a_key_that_this_server_uses_for_every_call_does_not_make_them_one() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "201", 1_000).id("one@pbx"));
    desk.event(answer("sip", "201", 2_000).id("one@pbx"));
    desk.event(ring("sip", "201", 9_000).id("two@pbx").from(BERT));
    assert_eq!(desk.made, 2, "call waiting");
    desk.event(end("sip", "201", 10_000, EndReason::Completed).id("one@pbx"));
    assert_eq!(
        (desk.state(1), desk.state(2)),
        (CallState::Ended(EndReason::Completed), CallState::Ringing)
    );
    // One of which nobody heard: nothing to be made of it without a caller.
    desk.event(end("sip", "201", 10_500, EndReason::Completed).id("three@pbx").bare());
    assert_eq!((desk.made, desk.state(2)), (2, CallState::Ringing));
}

#[test]
fn what_sources_call_differently_is_one_call_by_the_first_of_its_ids() {
    let mut desk = Desk::new();
    desk.event(ring("hook", "h", 1_000).by(Hook));
    desk.event(ring("sip", "a", 1_100).id("one"));
    desk.event(ring("pbx", "x", 1_200).id("two"));
    assert_eq!(
        desk.only().provider_call_id.as_deref(),
        Some("one"),
        "markers are made of it"
    );
    // Each goes on in its own words, with or without a number.
    desk.event(answer("pbx", "x", 5_000).id("two").bare());
    desk.event(answer("sip", "a", 5_100).id("one").bare());
    desk.event(end("pbx", "x", 65_000, EndReason::Completed).id("two").bare());
    desk.event(end("sip", "a", 65_100, EndReason::Completed).id("one").bare());
    desk.tick(80_000);
    assert_eq!(desk.only().state, CallState::Ended(EndReason::Completed));
    assert_eq!(desk.only().talked.unwrap().as_secs(), 60);
}

#[test]
fn who_was_taken_for_another_call_goes_with_its_own_when_that_is_told() {
    // The watcher tells of both calls of this number, the phone lost the first: what it tells is the second.
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000).id("one"));
    desk.event(ring("phone", "y", 1_200).id("two"));
    assert_eq!(desk.made, 1, "nobody could know");
    desk.event(ring("sip", "b", 1_300).id("two"));
    assert_eq!(desk.made, 2);
    desk.event(answer("phone", "y", 4_000).id("two").bare());
    assert_eq!(
        (desk.state(1), desk.state(2)),
        (CallState::Ringing, CallState::Answered)
    );
    desk.event(end("sip", "a", 5_000, EndReason::Missed).id("one").bare());
    assert_eq!(desk.state(1), CallState::Ended(EndReason::Missed));
    desk.event(answer("sip", "b", 5_100).id("two").bare());
    desk.event(end("phone", "y", 64_000, EndReason::Completed).id("two").bare());
    desk.event(end("sip", "b", 64_050, EndReason::Completed).id("two").bare());
    desk.tick(80_000);
    assert_eq!(desk.state(2), CallState::Ended(EndReason::Completed));
    assert_eq!(desk.call(2).talked.unwrap().as_secs(), 60);
}

#[test]
fn a_key_that_means_a_newer_call_by_now_stays_with_it() {
    // This phone has one key for every call, lost the first, and calls the third what the watcher never heard of.
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000).id("one"));
    desk.event(ring("phone", "201", 1_200).id("two"));
    desk.event(ring("phone", "201", 1_250).id("three").from(BERT));
    desk.event(ring("sip", "b", 1_300).id("two"));
    assert_eq!(desk.made, 3);
    desk.event(answer("phone", "201", 4_000).bare());
    let ringing = CallState::Ringing;
    assert_eq!(
        [1, 2, 3].map(|nth| desk.state(nth)),
        [ringing, CallState::Answered, ringing]
    );
}

#[test]
fn a_server_that_comes_back_to_this_phone_rings_anew() {
    let mut desk = Desk::new();
    let told = |event: CallEvent| event.id("one");
    for nth in 1..=3_u64 {
        let (at, key) = (nth * 20_000, format!("key#{nth}"));
        let effects = desk.event(told(ring("sip", &key, at)));
        assert!(asks(&effects), "ring {nth}");
        assert_eq!(desk.made, u128::from(nth));
        assert_eq!(desk.cards()[0], desk.made);
        // Another phone that hears of it late tells of the same ring.
        desk.event(told(ring("phone", &format!("p{nth}"), at + 900)));
        if nth < 3 {
            desk.event(told(end("sip", &key, at + 1_000, EndReason::Missed)));
            desk.event(told(end("phone", &format!("p{nth}"), at + 1_900, EndReason::Missed)));
            desk.event(told(end("sip", &key, at + 1_000, EndReason::Missed)));
            desk.tick(at + 10_000);
        }
    }
    let missed = CallState::Ended(EndReason::Missed);
    assert_eq!(
        (desk.state(1), desk.state(2), desk.state(3)),
        (missed, missed, CallState::Ringing)
    );
    desk.event(told(answer("sip", "key#3", 62_000).bare()));
    // The end of the first ring, once more.
    desk.event(told(end("sip", "key#1", 21_000, EndReason::Missed)));
    assert_eq!(desk.state(3), CallState::Answered);
    let ids = [1, 2, 3].map(|nth| desk.call(nth).provider_call_id.as_deref());
    assert_eq!(
        ids,
        [Some("one"), None, None],
        "a log of the third is not the log of the first"
    );
}

#[test]
fn what_does_not_ring_anew() {
    let table: Vec<(&str, CallEvent, u128)> = vec![
        ("another phone, late", ring("phone", "x", 9_500), 1),
        ("a list after connecting", ring("sip", "b", 30_000).again(), 1),
        ("an answer", answer("sip", "b", 30_000), 1),
        ("from before the end", ring("sip", "b", 8_000), 1),
        ("the same key", ring("sip", "a", 30_000), 1),
        ("a hook overtaken by its own end", ring("hook", "i", 9_400).by(Hook), 1),
        ("a hook long after", ring("hook", "i", 30_000).by(Hook), 2),
        ("a new key", ring("sip", "b", 9_400), 2),
    ];
    for (what, event, expected) in table {
        let mut desk = Desk::new();
        desk.event(ring("sip", "a", 1_000).id("one"));
        desk.event(ring("hook", "h", 1_200).id("one").by(Hook));
        desk.event(end("hook", "h", 8_900, EndReason::Missed).id("one").by(Hook));
        desk.event(end("sip", "a", 9_000, EndReason::Missed).id("one"));
        desk.tick(9_100);
        assert_eq!(desk.only().state, CallState::Ended(EndReason::Missed), "{what}");
        desk.event(event.id("one"));
        assert_eq!(desk.made, expected, "{what}");
    }
}

#[test]
fn one_fork_after_the_other_is_one_call_while_one_rings() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000).id("one"));
    desk.event(ring("sip", "b", 2_000).id("one"));
    desk.event(end("sip", "a", 3_000, EndReason::Missed).id("one"));
    desk.event(ring("sip", "c", 4_000).id("one"));
    assert_eq!(desk.only().state, CallState::Ringing);
}

#[test]
fn who_is_late_does_not_ring_again_and_who_rings_again_is_a_new_call() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000));
    desk.event(ring("pbx", "201", 1_100).bare());
    desk.event(end("sip", "a", 8_000, EndReason::Missed));
    desk.event(ring("pbx", "201", 8_050).bare());
    assert_eq!(desk.made, 1, "it said the same once more");
    desk.event(ring("pbx", "201", 60_000).from(BERT));
    assert_eq!(desk.made, 2, "its end was lost, and it uses the key again");
    assert_eq!(e164(desk.call(2)), Some(BERT));
}

#[test]
fn the_earliest_ringing_counts() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 2_000));
    desk.event(ring("pbx", "x", 1_500));
    assert_eq!(desk.only().started, at(1_500).wall);
}

#[test]
fn only_a_source_that_changes_its_mind_takes_a_call_from_hold() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000).id("1"));
    desk.event(answer("sip", "a", 2_000).id("1"));
    desk.event(answer("hook", "x", 2_100).id("1").by(Hook));
    desk.event(crate::desk::event("sip", "a", 5_000, Change::Held).id("1"));
    desk.event(answer("hook", "x", 6_000).id("1").by(Hook));
    assert_eq!(desk.only().state, CallState::Held, "the hook knows nothing of it");
    desk.event(answer("sip", "a", 7_000).id("1"));
    assert_eq!(desk.only().state, CallState::Answered);
    assert_eq!(desk.only().answered, Some(at(2_000).wall));
}

#[test]
fn forks_of_one_call_are_one_call_and_over_when_all_are() {
    let mut desk = Desk::new();
    let fork = |event: CallEvent| event.id("one").by(Watcher);
    desk.event(fork(ring("sip", "fork-1", 1_000)));
    desk.event(fork(ring("sip", "fork-2", 1_010)));
    desk.event(fork(end("sip", "fork-1", 3_000, EndReason::Missed)));
    assert_eq!(desk.only().state, CallState::Ringing);
    desk.event(fork(answer("sip", "fork-2", 3_010)));
    desk.event(fork(end("sip", "fork-2", 9_010, EndReason::Completed)));
    assert_eq!(desk.only().talked.unwrap().as_secs(), 6);
}
