//! What the place of a body in its subscription means: replays, what is no longer listed, gaps.

use ringside_sources::sip::dialog_info::BodyError;

use crate::{Watch, dialog, full, partial};

const AOR: &str = "sip:201@pbx.example";

fn event(name: &str, words: &str) -> String {
    match words.split_once(' ') {
        Some((word, rest)) => format!("{name}-call-id@pbx.example in {word} sip:305@pbx.example {rest}"),
        None => format!("{name}-call-id@pbx.example in {words} sip:305@pbx.example"),
    }
}

#[test]
fn the_first_body_is_a_replay() {
    let mut watch = Watch::of(AOR);
    let body = [
        dialog("old", "terminated"),
        dialog("talk", "confirmed"),
        dialog("ring", "early"),
    ]
    .concat();
    assert_eq!(
        watch.hear(&full(&body)),
        [event("talk", "answered (replay)"), event("ring", "ringing (replay)")]
    );
    assert_eq!(watch.hear(&full(&body)), [""; 0], "and only the first");
    let body = [dialog("talk", "terminated"), dialog("ring", "confirmed")].concat();
    assert_eq!(
        watch.hear(&full(&body)),
        [event("talk", "completed"), event("ring", "answered")]
    );
}

/// RFC 6665, 4.4.1: there is a NOTIFY at once, and it may be empty.
#[test]
fn a_body_right_after_an_empty_one_is_a_replay_too() {
    let mut watch = Watch::of(AOR);
    assert_eq!(watch.hear("\r\n"), [""; 0]);
    assert_eq!(
        watch.hear(&full(&dialog("talk", "confirmed"))),
        [event("talk", "answered (replay)")]
    );
    assert_eq!(watch.hear(""), [""; 0], "an empty one later says nothing");
    assert_eq!(
        watch.hear(&full(&dialog("talk", "terminated"))),
        [event("talk", "completed")]
    );

    let mut watch = Watch::settled(AOR);
    assert_eq!(watch.hear(&full(&dialog("ring", "early"))), [event("ring", "ringing")]);
}

#[test]
fn a_new_subscription_says_what_went_on_meanwhile() {
    let mut watch = Watch::settled(AOR);
    let all = ["a", "b", "c", "d"].map(|name| dialog(name, "early")).concat();
    assert_eq!(watch.hear(&full(&all)).len(), 4);
    watch.tracker.subscribed();
    let body = [
        dialog("a", "early"),
        dialog("b", "confirmed"),
        dialog("c", "terminated"),
        dialog("new", "early"),
    ];
    assert_eq!(
        watch.hear(&full(&body.concat())),
        [
            event("b", "answered (replay)"),
            event("c", "missed (replay)"),
            event("new", "ringing (replay)"),
            event("d", "unknown (replay)"),
        ]
    );
}

/// The server was started anew in the middle of a call, and knows nothing of it.
#[test]
fn a_server_that_lost_the_call() {
    for nothing in ["", &full("")] {
        let mut watch = Watch::settled(AOR);
        watch.hear(&full(&dialog("talk", "confirmed")));
        watch.tracker.subscribed();
        assert_eq!(watch.hear(nothing), [event("talk", "unknown (replay)")]);
    }
}

#[test]
fn what_a_full_body_no_longer_lists_is_over() {
    let mut watch = Watch::settled(AOR);
    watch.hear(&full(
        &[
            dialog("talk", "confirmed"),
            dialog("ring", "early"),
            dialog("more", "early"),
        ]
        .concat(),
    ));
    watch.hear(&full(&[dialog("talk", "confirmed"), dialog("more", "early")].concat()));
    assert_eq!(watch.later(), [event("ring", "missed")]);
    watch.hear(&full(&dialog("more", "early")));
    assert_eq!(watch.later(), [event("talk", "completed")]);
    watch.hear(&full(""));
    assert_eq!(watch.later(), [event("more", "missed")]);

    // Told late, and once more.
    let late = [dialog("talk", "terminated"), dialog("ring", "terminated")].concat();
    assert_eq!(watch.hear(&full(&late)), [""; 0]);
}

/// Seen of Kamailio under load: its processes overtake one another.
#[test]
fn what_is_left_out_for_a_moment_goes_on() {
    let mut watch = Watch::settled(AOR);
    watch.hear(&full(&[dialog("talk", "confirmed"), dialog("ring", "early")].concat()));
    assert_eq!(watch.hear(&full(&dialog("talk", "confirmed"))), [""; 0]);
    assert_eq!(
        watch.hear(&full(
            &[dialog("talk", "confirmed"), dialog("ring", "confirmed")].concat()
        )),
        [event("ring", "answered")],
        "no end, and no second call"
    );
    assert_eq!(watch.later(), [""; 0]);
    watch.hear(&full(&dialog("talk", "confirmed")));
    assert_eq!(
        watch.hear(&full(
            &[dialog("talk", "confirmed"), dialog("ring", "terminated")].concat()
        )),
        [event("ring", "completed")],
        "its end is told after all"
    );
    assert_eq!(watch.later(), [""; 0]);
}

#[test]
fn a_partial_body_touches_what_it_lists() {
    let mut watch = Watch::settled(AOR);
    watch.hear(&full(&[dialog("a", "early"), dialog("b", "early")].concat()));
    assert_eq!(
        watch.hear(&partial(2, &dialog("b", "confirmed"))),
        [event("b", "answered")]
    );
    assert_eq!(watch.hear(&partial(3, "")), [""; 0]);
    assert_eq!(
        watch.hear(&partial(4, &dialog("a", "terminated"))),
        [event("a", "missed")]
    );
}

#[test]
fn a_gap_in_partial_bodies() {
    let mut watch = Watch::settled(AOR);
    assert!(!watch.tell(&full(&dialog("a", "early"))).gap);
    assert!(!watch.tell(&partial(2, "")).gap);
    let told = watch.tell(&partial(4, &dialog("a", "confirmed")));
    assert!(told.gap);
    assert_eq!(told.events.len(), 1, "what it says holds all the same");
    assert!(!watch.tell(&partial(5, "")).gap, "it is told once");
    assert!(
        !watch.tell(&partial(1, "")).gap,
        "backwards is the server's own way to count"
    );
    assert!(!watch.tell("<dialog-info state='partial'/>").gap);
    assert!(
        !watch.tell(&full("").replace("version='1'", "version='90'")).gap,
        "a full body fills every gap"
    );

    // After a new subscription the count starts anew.
    watch.tracker.subscribed();
    assert!(!watch.tell(&partial(700, "")).gap);
}

#[test]
fn a_server_that_counts_in_its_own_way_is_not_asked_for_ever() {
    let mut watch = Watch::settled(AOR);
    let mut gaps = 0;
    for subscription in 0..20 {
        watch.tracker.subscribed();
        watch.tell(&full(""));
        gaps += usize::from(watch.tell(&partial(10 + subscription, "")).gap);
    }
    assert_eq!(gaps, 3);
}

#[test]
fn a_call_that_came_and_went_while_bodies_were_lost() {
    let mut watch = Watch::settled(AOR);
    watch.hear(&full(""));
    let body = [
        dialog("lost", "terminated"),
        dialog("gave-up", "terminated event='cancelled'"),
        dialog("busy", "terminated event='rejected' code='486'"),
        dialog("nobody", "terminated").replace("sip:305@pbx.example", ""),
    ]
    .concat();
    assert_eq!(
        watch.hear(&full(&body)),
        [
            event("lost", "unknown"),
            event("gave-up", "missed"),
            event("busy", "busy")
        ]
    );
    assert_eq!(watch.hear(&full(&body)), [""; 0]);
}

#[test]
fn how_calls_end() {
    for (before, end, word) in [
        ("early", "terminated event='cancelled' code='487'", "missed"),
        ("early", "terminated event='cancelled' code='200'", "answered_elsewhere"),
        ("early", "terminated event='rejected' code='603'", "declined"),
        ("early", "terminated event='rejected' code='302'", "forwarded"),
        ("confirmed", "terminated event='remote-bye'", "completed"),
        ("confirmed", "terminated event='Replaced'", "transferred"),
    ] {
        let mut watch = Watch::settled(AOR);
        watch.hear(&full(&dialog("one", before)));
        assert_eq!(
            watch.hear(&full(&dialog("one", end))),
            [event("one", word)],
            "{before} {end}"
        );
    }
}

/// An attended transfer ends a dialog, and another takes its place; a blind one says who passed it on.
#[test]
fn transfers() {
    let mut watch = Watch::settled(AOR);
    watch.hear(&full(&dialog("one", "confirmed")));
    let replacing = dialog("two", "confirmed").replace(
        "</state>",
        "</state><replaces call-id='one-call-id@pbx.example' local-tag='a' remote-tag='b'/>",
    );
    assert_eq!(
        watch.hear(&full(
            &[dialog("one", "terminated event='replaced'"), replacing].concat()
        )),
        [
            event("one", "transferred"),
            event("two", "answered replaces one-call-id@pbx.example")
        ]
    );

    let passed_on = dialog("three", "early").replace(
        "</state>",
        "</state><referred-by display='Reception'>sip:100@pbx.example</referred-by>",
    );
    assert_eq!(
        watch.hear(&partial(2, &passed_on)),
        [event("three", "ringing by sip:100@pbx.example \"Reception\"")]
    );
    // The other end changes when the transfer is done.
    let other = dialog("three", "confirmed").replace("sip:305@", "sip:307@");
    assert_eq!(
        watch.hear(&partial(3, &other))[0].split(' ').nth(3),
        Some("sip:307@pbx.example")
    );
    let third = other.replace("sip:307@", "sip:309@");
    let told = watch.hear(&partial(4, &third));
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("answered sip:309@pbx.example"), "{told:?}");
}

#[test]
fn a_call_that_comes_in_rings_when_a_device_rings() {
    let mut watch = Watch::settled(AOR);
    assert_eq!(watch.hear(&full(&dialog("one", "trying"))), [""; 0]);
    assert_eq!(watch.hear(&full(&dialog("one", "on-its-way"))), [""; 0]);
    assert_eq!(
        watch.hear(&full(&dialog("one", "proceeding"))),
        [event("one", "ringing")]
    );
    assert_eq!(
        watch.hear(&full(&dialog("one", "on-its-way"))),
        [""; 0],
        "a word of nobody's ends nothing"
    );
    assert_eq!(
        watch.hear(&full(&dialog("one", ""))),
        [event("one", "missed")],
        "no word at all: nothing goes on"
    );
}

#[test]
fn a_broken_body_changes_nothing() {
    let mut watch = Watch::settled(AOR);
    watch.hear(&full(&dialog("one", "early")));
    let body = full(&dialog("one", "terminated"));
    let at = ringside_domain::Now::default();
    let cut = &body.as_bytes()[..body.len() - 9];
    assert!(matches!(watch.tracker.notify(cut, at), Err(BodyError::Broken { .. })));
    assert_eq!(
        watch.hear(&full(&dialog("one", "confirmed"))),
        [event("one", "answered")]
    );
}
