//! What a phone that worked yesterday goes through today, and a server that nobody notices is gone.

use super::{double::kept, *};

#[tokio::test(start_paused = true)]
async fn a_bad_morning_passes() {
    // A PBX that is still coming up, or a sign-in page that answers for everybody: what stops a phone that is tried.
    let refusals: [fn() -> Reply; 6] = [
        || Reply::code(404),
        || Reply::code(403),
        || Reply::code(489),
        || Reply::code(302),
        || Reply::Fails(Kind::Invalid, Retry::AfterPerson),
        || Reply::Fails(Kind::Unsupported, Retry::Never),
    ];
    for (at, refusal) in refusals.into_iter().enumerate() {
        let mut play = kept(Transport::Tls);
        play.desk.replies((0..6).map(|_| refusal()));
        play.pass_millis(100).await;
        assert_eq!(again_after(&play.state()), 60, "{at}");
        play.pass(1400).await;
        assert_eq!(play.opened(), [0, 60, 180, 420, 720, 1020, 1320], "{at}");
        assert_eq!(ready(&play.state()), [] as [&str; 0], "{at}");
        // The next refusal is a new one.
        play.desk.replies([refusal()]);
        play.desk.close();
        play.pass(1).await;
        assert_eq!(again_after(&play.state()), 60, "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_tried_once_even_then() {
    let mut play = kept(Transport::Tls);
    play.desk
        .replies([Reply::Fails(Kind::SignInNeeded, Retry::AfterPerson)]);
    play.pass(4000).await;
    assert_eq!(stopped(&play.state()).0, Kind::SignInNeeded);
    assert_eq!(play.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_ready_before_it_was_accepted() {
    let mut play = kept(Transport::Tls);
    play.desk.replies([Reply::Hangs]);
    play.pass(1).await;
    play.desk.tell(notify(1, NotifyState::default(), ""));
    play.pass(1).await;
    assert_eq!(play.state(), SourceState::Connecting);
}

#[tokio::test(start_paused = true)]
async fn a_server_is_not_asked_without_end() {
    let longer = |seconds| {
        Reply::Answers(Answer {
            code: 423,
            min_expires: Some(seconds),
            ..Answer::default()
        })
    };
    let mut play = world(Transport::Tls, false);
    play.desk.replies((601..700).map(longer));
    play.pass(1).await;
    assert_eq!(play.asked(), ["0 line 1 begin 600", "0 line 1 begin 601"]);
    assert_eq!(stopped(&play.state()).0, Kind::Unsupported);

    let mut play = kept(Transport::Tls);
    play.desk.replies((601..700).map(longer));
    play.pass(59).await;
    assert_eq!(play.asked().len(), 2);
    assert_eq!(again_after(&play.state()), 60);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_no_keep_alives_is_asked_whether_it_is_there() {
    let mut play = world(Transport::Tls, false);
    play.desk.is_deaf();
    play.desk.replies([Reply::granted(600), Reply::granted(600)]);
    play.pass(100).await;
    // A call is a sign of life as good as any.
    play.desk.tell(notify(11, NotifyState::default(), &body("early")));
    play.pass(95).await;
    assert_eq!(
        play.asked(),
        ["0 line 1 begin 600", "90 line 1 refresh 600", "190 line 1 refresh 600"]
    );
    // It vanished: nobody answers, and the connection does not say so.
    play.desk.replies([Reply::Fails(Kind::Timeout, Retry::Later)]);
    play.desk.refuse(1);
    play.pass(90).await;
    assert_eq!(play.asked()[3], "280 line 1 refresh 600");
    assert_eq!(play.opened(), [0, 280, 281], "at once, and again");

    // A short subscription is refreshed in its own time.
    let mut play = world(Transport::Tls, false);
    play.desk.is_deaf();
    play.desk.replies([Reply::granted(100)]);
    play.pass(65).await;
    assert_eq!(play.asked()[1..], ["60 line 1 refresh 600"]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_that_answers_no_keep_alives_is_not_pressed() {
    for (asks, next) in [(None, 180), (Some(200), 290)] {
        let mut play = world(Transport::Tls, false);
        play.desk.is_deaf();
        let busy = Reply::Answers(Answer {
            code: 503,
            retry_after: asks.map(Duration::from_secs),
            ..Answer::default()
        });
        play.desk.replies([Reply::granted(1000), busy]);
        play.pass(next + 2).await;
        let expected = [
            "0 line 1 begin 600".to_owned(),
            "90 line 1 refresh 600".to_owned(),
            format!("{next} line 1 refresh 600"),
        ];
        assert_eq!(play.asked(), expected);
    }
}
