#![allow(clippy::unwrap_used, clippy::panic)]

use ringside_domain::{CallEvent, Change, Kind, Retry};

use super::*;
use crate::sip::line::{Answer, Incoming, NotifyState};

mod double;
mod lasting;

use double::{Reply, body, notify, world};

fn ready(state: &SourceState) -> Vec<&'static str> {
    match state {
        SourceState::Ready { notes } => notes.iter().map(|note| note.code).collect(),
        other => panic!("not ready: {other:?}"),
    }
}

fn stopped(state: &SourceState) -> (Kind, Option<&str>) {
    match state {
        SourceState::Stopped { trouble } => (trouble.kind, trouble.field.as_deref()),
        other => panic!("not stopped: {other:?}"),
    }
}

fn again_after(state: &SourceState) -> u64 {
    match state {
        SourceState::Retrying { after, .. } => after.as_secs(),
        other => panic!("not retrying: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_refreshed_in_time_and_ended_in_the_end() {
    let mut play = world(Transport::Tls, false);
    play.pass(800).await;
    assert_eq!(ready(&play.state()), [] as [&str; 0]);
    play.stop().await.unwrap();
    assert_eq!(
        play.asked(),
        [
            "0 line 1 begin 600",
            "360 line 1 refresh 600",
            "720 line 1 refresh 600",
            "800 line 1 refresh 0"
        ]
    );
    assert_eq!(play.state(), SourceState::Off);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_grants_is_what_counts() {
    let mut play = world(Transport::Tcp, false);
    play.desk.replies([Reply::granted(100), Reply::granted(50)]);
    play.pass(95).await;
    assert_eq!(
        play.asked(),
        ["0 line 1 begin 600", "60 line 1 refresh 600", "90 line 1 refresh 600"]
    );
    assert_eq!(ready(&play.state()), ["clear_text"]);
    // What a NOTIFY says shortens it, and never makes it longer.
    play.desk
        .tell(notify(11, NotifyState::Active { expires: Some(20) }, ""));
    play.desk
        .tell(notify(12, NotifyState::Active { expires: Some(9999) }, ""));
    play.pass(13).await;
    assert_eq!(play.asked().last().unwrap(), "107 line 1 refresh 600");
}

#[tokio::test(start_paused = true)]
async fn first_answers() {
    type Expect = fn(&SourceState);
    let table: &[(u16, Expect)] = &[
        (489, |state| assert_eq!(stopped(state), (Kind::Unsupported, None))),
        (405, |state| assert_eq!(stopped(state), (Kind::Unsupported, None))),
        (501, |state| assert_eq!(stopped(state), (Kind::Unsupported, None))),
        (403, |state| assert_eq!(stopped(state), (Kind::Forbidden, None))),
        (603, |state| assert_eq!(stopped(state), (Kind::Forbidden, None))),
        (404, |state| {
            assert_eq!(stopped(state), (Kind::NotFound, Some("address")))
        }),
        (302, |state| assert_eq!(stopped(state), (Kind::Unsupported, None))),
        (400, |state| assert_eq!(stopped(state), (Kind::Unsupported, None))),
        (480, |state| assert_eq!(again_after(state), 1)),
        (481, |state| assert_eq!(again_after(state), 1)),
        (500, |state| assert_eq!(again_after(state), 1)),
    ];
    for (code, expect) in table {
        let mut play = world(Transport::Tls, false);
        play.desk.replies([Reply::code(*code)]);
        play.pass_millis(100).await;
        let state = play.state();
        expect(&state);
        if let SourceState::Stopped { trouble } | SourceState::Retrying { trouble, .. } = &state {
            assert!(
                trouble.message.contains("pbx.example.com"),
                "{code}: {}",
                trouble.message
            );
            assert!(trouble.hint.is_some(), "{code}");
        }
        let ended = play.stop().await;
        assert_eq!(ended.is_err(), matches!(state, SourceState::Stopped { .. }), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_line() {
    for (kind, retry, stops) in [
        (Kind::SignInNeeded, Retry::AfterPerson, true),
        (Kind::Forbidden, Retry::AfterPerson, true),
        (Kind::Invalid, Retry::AfterPerson, true),
        (Kind::Unsupported, Retry::Never, true),
        (Kind::Timeout, Retry::Later, false),
        (Kind::Unavailable, Retry::Later, false),
    ] {
        let mut play = world(Transport::Tls, false);
        play.desk.replies([Reply::Fails(kind, retry)]);
        play.pass_millis(100).await;
        match play.state() {
            SourceState::Stopped { trouble } if stops => assert_eq!(trouble.kind, kind),
            SourceState::Retrying { trouble, after } if !stops => {
                assert_eq!((trouble.kind, after.as_secs()), (kind, 1));
            }
            other => panic!("{kind:?}: {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn too_short_for_the_server() {
    let mut play = world(Transport::Udp, false);
    let brief = |least| {
        Reply::Answers(Answer {
            code: 423,
            min_expires: Some(least),
            ..Answer::default()
        })
    };
    play.desk.replies([brief(1800)]);
    play.pass(1100).await;
    assert_eq!(
        play.asked(),
        ["0 line 1 begin 60", "0 line 1 begin 1800", "1080 line 1 refresh 1800"]
    );

    // Two that can't be pleased: one wants less than was offered, one wants a year.
    for least in [60, 31_536_000] {
        let mut play = world(Transport::Udp, false);
        play.desk.replies([brief(least)]);
        play.pass(1).await;
        assert_eq!(stopped(&play.state()).0, Kind::Unsupported);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_forgot_is_asked_anew_at_once() {
    for forgot in [
        Reply::code(481),
        Reply::code(408),
        Reply::Fails(Kind::Timeout, Retry::Later),
    ] {
        let mut play = world(Transport::Tls, false);
        play.desk.replies([Reply::granted(100), forgot]);
        play.pass(70).await;
        assert_eq!(
            play.asked()[..3],
            ["0 line 1 begin 600", "60 line 1 refresh 600", "60 line 2 begin 600"]
        );
        assert_eq!(ready(&play.state()), [] as [&str; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn lost_connections_come_back_with_growing_pauses() {
    let mut play = world(Transport::Tls, false);
    play.pass(100).await;
    play.desk.refuse(100);
    play.desk.close();
    play.pass(200).await;
    // At once, then after 1, 2, 4 … 60 s.
    assert_eq!(play.opened(), [0, 100, 101, 103, 107, 115, 131, 163, 223, 283]);
    assert_eq!(again_after(&play.state()), 60);
    play.desk.refuse(0);
    play.pass(60).await;
    assert_eq!(ready(&play.state()), [] as [&str; 0]);
    // It held for a while: the next trouble is a new one. Then it does not hold, and is not asked without end.
    play.pass(40).await;
    play.desk.close();
    play.pass_millis(10).await;
    play.desk.close();
    play.pass_millis(900).await;
    let opened = play.opened();
    assert_eq!(opened[10..], [343, 400], "one at once, the next one waits");
    play.pass(1).await;
    assert_eq!(play.opened().len(), 13);
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_left_alone_as_long_as_it_says() {
    let busy = |seconds| {
        Reply::Answers(Answer {
            code: 503,
            retry_after: Some(Duration::from_secs(seconds)),
            ..Answer::default()
        })
    };
    let mut play = world(Transport::Tls, false);
    play.desk.replies([busy(42)]);
    play.pass(41).await;
    assert_eq!(again_after(&play.state()), 42);
    assert_eq!(play.opened(), [0]);
    play.pass(2).await;
    assert_eq!(play.opened(), [0, 42]);

    // While a subscription still holds, it is not thrown away for that.
    let mut play = world(Transport::Tls, false);
    play.desk.replies([Reply::granted(100), busy(42), Reply::granted(100)]);
    play.pass(90).await;
    assert_eq!(
        play.asked(),
        ["0 line 1 begin 600", "60 line 1 refresh 600", "80 line 1 refresh 600"]
    );
}

#[tokio::test(start_paused = true)]
async fn approval_is_waited_for() {
    let mut play = world(Transport::Tls, false);
    play.desk.replies([Reply::code(202)]);
    play.pass(1).await;
    assert_eq!(ready(&play.state()), ["pending"]);
    play.desk.tell(notify(11, NotifyState::Pending { expires: None }, ""));
    play.pass(1).await;
    assert_eq!(ready(&play.state()), ["pending"]);
    play.desk.tell(notify(12, NotifyState::Active { expires: None }, ""));
    play.pass(1).await;
    assert_eq!(ready(&play.state()), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_server_ends_it() {
    for (reason, retry_after, again) in [
        ("deactivated", None, Some(0)),
        ("timeout", None, Some(0)),
        ("probation", Some(90), Some(90)),
        ("giveup", Some(5), Some(5)),
        ("giveup", None, Some(1)),
        ("", None, Some(1)),
        ("rejected", None, None),
        ("noresource", Some(5), None),
    ] {
        let mut play = world(Transport::Tls, false);
        play.pass(60).await;
        play.desk.tell(notify(
            11,
            NotifyState::Terminated {
                reason: reason.to_owned(),
                retry_after: retry_after.map(Duration::from_secs),
            },
            "",
        ));
        play.pass(100).await;
        match again {
            Some(pause) => assert_eq!(play.opened(), [0, 60 + pause], "{reason}"),
            None => {
                assert_eq!(play.opened(), [0], "{reason}");
                stopped(&play.state());
            }
        }
        assert!(
            !play.asked().iter().any(|asked| asked.ends_with(" 0")),
            "there is nothing to end"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_computer_that_slept_asks_anew() {
    let mut play = world(Transport::Tls, false);
    play.pass(100).await;
    play.clock.sleeps(Duration::from_secs(20));
    play.pass(3).await;
    assert_eq!(play.opened(), [0, 120], "noticed within two seconds");
    assert!(
        play.asked().contains(&"120 line 1 refresh 0".to_owned()),
        "{:?}",
        play.asked()
    );
    // A moment is no sleep.
    play.clock.sleeps(Duration::from_secs(4));
    play.pass(10).await;
    assert_eq!(play.opened().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_was_cut_is_asked_for_again() {
    let cut = || {
        let mut notify = notify(11, NotifyState::default(), "<dialog-info");
        if let Incoming::Notify(notify) = &mut notify {
            notify.cut = true;
        }
        notify
    };
    let mut play = world(Transport::Udp, false);
    play.pass(40).await;
    play.desk.tell(cut());
    play.pass(1).await;
    assert_eq!(play.opened(), [0, 40]);
    assert_eq!(ready(&play.state()), ["clear_text", "cut"]);
    // Again and again: not without a pause.
    for _ in 0..20 {
        play.desk.tell(cut());
        play.pass_millis(50).await;
    }
    assert_eq!(play.opened().len(), 2);
    assert_eq!(play.state(), SourceState::Connecting, "meanwhile nobody listens");
    play.pass_millis(300).await;
    assert_eq!(play.opened().len(), 3);
    assert_eq!(ready(&play.state()), ["clear_text", "cut"]);
    assert_eq!(play.desk.transports(), [Transport::Udp; 3]);

    let mut play = world(Transport::Udp, true);
    play.pass(40).await;
    play.desk.tell(cut());
    play.pass(1).await;
    assert_eq!(play.desk.transports(), [Transport::Udp, Transport::Tcp]);
    assert_eq!(ready(&play.state()), ["clear_text", "over_tcp"]);
    play.desk.close();
    play.pass(5).await;
    assert_eq!(play.desk.transports()[2], Transport::Tcp, "for the rest of the run");
}

#[tokio::test(start_paused = true)]
async fn calls_are_told_in_order_even_before_the_answer() {
    let mut play = world(Transport::Udp, false);
    play.desk.replies([Reply::After(Box::new(notify(
        7,
        NotifyState::default(),
        &body("early"),
    )))]);
    play.pass(1).await;
    play.desk.tell(notify(19, NotifyState::default(), &body("confirmed")));
    play.desk.tell(notify(18, NotifyState::default(), &body("early")));
    play.desk.tell(notify(19, NotifyState::default(), &body("early")));
    play.desk.tell(notify(20, NotifyState::default(), &body("terminated")));
    play.pass(1).await;
    let told: Vec<_> = play.events().iter().map(|event: &CallEvent| event.change).collect();
    assert!(
        matches!(told[..], [Change::Ringing, Change::Answered, Change::Ended(_)]),
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_said_and_the_rest_goes_on() {
    let mut play = world(Transport::Tls, false);
    play.pass(1).await;
    play.desk
        .tell(notify(11, NotifyState::default(), "<dialog-info><broken"));
    play.pass(1).await;
    assert_eq!(ready(&play.state()), ["unreadable"]);
    let mut other = notify(12, NotifyState::default(), "<presence/>");
    if let Incoming::Notify(notify) = &mut other {
        notify.content_type = "application/pidf+xml".to_owned();
    }
    play.desk.tell(other);
    play.desk.tell(notify(13, NotifyState::default(), &body("early")));
    play.pass(1).await;
    assert_eq!(play.events().len(), 1);
    assert_eq!(play.opened(), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_and_says_nothing() {
    let mut play = world(Transport::Tls, false);
    play.desk.is_silent();
    play.pass(9).await;
    assert_eq!(ready(&play.state()), [] as [&str; 0]);
    play.pass(3).await;
    assert_eq!(ready(&play.state()), ["no_state"]);
    play.desk.tell(notify(11, NotifyState::default(), ""));
    play.pass(1).await;
    assert_eq!(ready(&play.state()), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_worked_before_is_not_given_up_but_a_password_is() {
    let mut play = world(Transport::Tls, false);
    play.desk.replies([Reply::granted(100), Reply::code(404)]);
    play.pass(70).await;
    assert_eq!(again_after(&play.state()), 60);
    play.pass(60).await;
    assert_eq!(ready(&play.state()), [] as [&str; 0]);

    let mut play = world(Transport::Tls, false);
    play.desk.replies([
        Reply::granted(100),
        Reply::Fails(Kind::SignInNeeded, Retry::AfterPerson),
    ]);
    play.pass(400).await;
    assert_eq!(stopped(&play.state()).0, Kind::SignInNeeded);
    assert_eq!(play.asked().len(), 3, "one last word, and no more tries");
}

#[tokio::test(start_paused = true)]
async fn the_next_address_is_tried() {
    let mut play = world(Transport::Tls, false);
    play.desk.targets(3);
    play.desk.refuse(1);
    play.desk.replies([Reply::Fails(Kind::Timeout, Retry::Later)]);
    play.pass(1).await;
    assert_eq!(play.asked(), ["0 line 2 begin 600", "0 line 3 begin 600"]);
    assert_eq!(ready(&play.state()), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn stopping_takes_a_second_at_most() {
    // Nobody answers the goodbye, or the first request, or the refresh.
    for (before, replies) in [
        (5, vec![Reply::granted(600), Reply::Hangs]),
        (5, vec![Reply::Hangs]),
        (70, vec![Reply::granted(100), Reply::Hangs, Reply::Hangs]),
    ] {
        let mut play = world(Transport::Udp, false);
        play.desk.replies(replies);
        play.pass(before).await;
        let asked = tokio::time::Instant::now();
        play.stop().await.unwrap();
        assert!(asked.elapsed() <= Duration::from_millis(1100), "{:?}", asked.elapsed());
    }
}
