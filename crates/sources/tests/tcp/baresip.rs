//! baresip's words, captured from 1.0.0, and a peer that plays it.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use ringside_domain::{CallEvent, Change, Direction, EndReason, Kind, Now, SourceId, SourceState, Trust};
use ringside_sources::baresip::{Calls, Event, Message, message, netstring};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::house::{Nobody, Running, build};

/// As 1.0.0 writes it on one line.
fn line(what: &str, direction: &str, id: &str, param: &str) -> String {
    format!(
        r#"{{"event":true,"type":"{what}","class":"call","accountaor":"sip:202@127.0.0.1:5560","direction":"{direction}","peeruri":"sip:+15550100123@127.0.0.1","peerdisplayname":"Ada Lovelace","id":"{id}","param":"{param}"}}"#
    )
}

fn event(text: &str) -> Event {
    match message(text.as_bytes()) {
        Some(Message::Event(event)) => event,
        other => panic!("{other:?}"),
    }
}

fn calls() -> Calls {
    Calls::new(SourceId::new("desk"), Trust::Trusted)
}

fn told(lines: &[String]) -> Vec<CallEvent> {
    let mut calls = calls();
    lines
        .iter()
        .flat_map(|line| calls.event(event(line), Now::default(), false))
        .collect()
}

fn changes(lines: &[String]) -> Vec<Change> {
    told(lines).into_iter().map(|event| event.change).collect()
}

#[test]
fn captured_calls() {
    use Change::{Answered, Ended, Held, Ringing};
    use EndReason::{Busy, Completed, Declined, Failed, Missed, Unknown};

    let call = |direction: &str, steps: &[(&str, &str)]| -> Vec<Change> {
        let lines: Vec<String> = steps
            .iter()
            .map(|(what, param)| line(what, direction, "1-24341@127.0.0.1", param))
            .collect();
        changes(&lines)
    };
    let (peer, user) = ("Connection reset by peer", "Connection reset by user");
    let uri = "sip:+15550100123@127.0.0.1";

    let answered = [
        ("CALL_INCOMING", uri),
        ("CALL_REMOTE_SDP", "offer"),
        ("CALL_LOCAL_SDP", "answer"),
        ("CALL_ESTABLISHED", uri),
        ("CALL_RTCP", "audio"),
        ("CALL_CLOSED", peer),
    ];
    assert_eq!(call("incoming", &answered), [Ringing, Answered, Ended(Completed)]);
    // The same last words, and the caller gave up.
    assert_eq!(
        call("incoming", &[("CALL_INCOMING", uri), ("CALL_CLOSED", peer)]),
        [Ringing, Ended(Missed)]
    );
    assert_eq!(
        call("incoming", &[("CALL_INCOMING", uri), ("CALL_CLOSED", user)]),
        [Ringing, Ended(Declined)]
    );
    assert_eq!(
        call(
            "outgoing",
            &[
                ("CALL_RINGING", uri),
                ("CALL_PROGRESS", uri),
                ("CALL_ESTABLISHED", uri),
                ("CALL_CLOSED", user)
            ]
        ),
        [Ringing, Answered, Ended(Completed)]
    );
    for (reason, end) in [
        ("486 Declined", Busy),
        ("600 Busy Everywhere", Busy),
        ("603 Decline", Declined),
        ("480 Temporarily Unavailable", Missed),
        ("404 Not Found", Failed),
        ("Destination address required", Failed),
        (user, Missed),
    ] {
        assert_eq!(
            call("outgoing", &[("CALL_RINGING", uri), ("CALL_CLOSED", reason)]),
            [Ringing, Ended(end)],
            "{reason}"
        );
    }
    assert_eq!(
        call(
            "incoming",
            &[
                ("CALL_ESTABLISHED", uri),
                ("CALL_HOLD", ""),
                ("CALL_RESUME", ""),
                ("CALL_CLOSED", user)
            ]
        ),
        [Answered, Held, Answered, Ended(Completed)]
    );
    assert_eq!(
        call("incoming", &[("CALL_CLOSED", peer)]),
        [Ended(Unknown)],
        "nobody saw it begin"
    );
    assert!(
        call(
            "incoming",
            &[("CALL_HOLD", ""), ("CALL_DTMF_START", "1"), ("REGISTER_OK", "")]
        )
        .is_empty()
    );
}

#[test]
fn who_it_is() {
    let ring = &told(&[line("CALL_INCOMING", "incoming", "1-24341@127.0.0.1", "x")])[0];
    let remote = ring.remote.as_ref().unwrap();
    assert_eq!(
        (remote.raw.as_str(), remote.display.as_deref()),
        ("sip:+15550100123@127.0.0.1", Some("Ada Lovelace"))
    );
    assert_eq!(ring.local.as_ref().unwrap().raw, "sip:202@127.0.0.1:5560");
    assert_eq!(ring.provider_call_id.as_deref(), Some("1-24341@127.0.0.1"));
    assert_eq!((ring.direction, ring.replay), (Some(Direction::In), false));

    // An outgoing call without an id yet, as 1.0.0 tells it, is waited for.
    let early = r#"{"event":true,"type":"CALL_LOCAL_SDP","class":"other","accountaor":"sip:202@127.0.0.1","direction":"outgoing","peeruri":"sip:+442079460011@127.0.0.1","param":"offer"}"#;
    assert!(told(&[early.to_owned()]).is_empty());

    let forwarded = r#"{"event":true,"type":"CALL_INCOMING","class":"call","accountaor":"sip:202@pbx.test","direction":"incoming","peeruri":"sip:anonymous@anonymous.invalid","id":"a84b4c76e66710","diverteruri":"sip:300@pbx.test"}"#;
    let ring = &told(&[forwarded.to_owned()])[0];
    assert_eq!(ring.route.diverted_by[0].raw, "sip:300@pbx.test");
    assert_eq!(ring.remote.as_ref().unwrap().raw, "sip:anonymous@anonymous.invalid");
}

#[test]
fn another_call_takes_the_place_of_one() {
    let mut calls = calls();
    let mut tell = |text: String| calls.event(event(&text), Now::default(), false).remove(0);
    tell(line("CALL_INCOMING", "incoming", "first@127.0.0.1", "x"));
    tell(line("CALL_ESTABLISHED", "incoming", "first@127.0.0.1", "x"));
    tell(line(
        "CALL_CLOSED",
        "incoming",
        "first@127.0.0.1",
        "first@127.0.0.1 replaced",
    ));
    let second = tell(line("CALL_INCOMING", "incoming", "second@127.0.0.1", "x"));
    assert_eq!(second.replaces.as_deref(), Some("first@127.0.0.1"));
    let third = tell(line("CALL_INCOMING", "incoming", "third@127.0.0.1", "x"));
    assert_eq!(third.replaces, None);
}

#[test]
fn the_list_of_calls() {
    use Change::{Answered, Ended, Held, Ringing};

    let mut calls = calls();
    let mut tell = |text: String| calls.event(event(&text), Now::default(), false);
    tell(line("CALL_INCOMING", "incoming", "one@127.0.0.1", "x"));
    tell(line("CALL_ESTABLISHED", "incoming", "one@127.0.0.1", "x"));
    let mut list = |text: &str| -> Vec<(String, Change)> {
        let told = calls.listed(text, Now::default(), false);
        told.into_iter().map(|event| (event.key, event.change)).collect()
    };
    let one = |change| vec![("one@127.0.0.1".to_owned(), change)];
    // 1.0.0, as captured.
    let row = |rest: &str| format!("\n--- Active calls (1) ---\n> {rest}\n\n");
    let uri = "sip:+15550100123@127.0.0.1";
    assert_eq!(
        list(&row(&format!("[line 1]  0:00:01  ESTABLISHED             {uri}"))),
        []
    );
    assert_eq!(
        list(&row(&format!("[line 1]  0:00:01  ESTABLISHED  (on hold)  {uri}"))),
        one(Held)
    );
    assert_eq!(
        list(&row(&format!("[line 1]  0:00:01  ESTABLISHED             {uri}"))),
        one(Answered)
    );
    assert_eq!(
        list("\n--- Active calls (0) ---\n\n"),
        one(Ended(EndReason::Unknown)),
        "its end was not heard"
    );
    // Newer ones name the call: one that began before we were there.
    let newer = row("[line 1, id two@192.0.2.1]  0:00:02   INCOMING             sip:202@192.0.2.1");
    assert_eq!(list(&newer), [("two@192.0.2.1".to_owned(), Ringing)]);
    assert_eq!(list(&newer), []);
    let told = calls.listed("\n", Now::default(), false);
    assert!(told[0].replay && told[0].change == Ended(EndReason::Unknown));
    // Who holds is told by an event for the other end, and by the list for us.
    let mut tell = |text: String| calls.event(event(&text), Now::default(), false);
    tell(line("CALL_ESTABLISHED", "incoming", "three@127.0.0.1", "x"));
    tell(line("CALL_HOLD", "incoming", "three@127.0.0.1", ""));
    let still = row(&format!("[line 1]  0:00:01  ESTABLISHED             {uri}"));
    assert!(calls.listed(&still, Now::default(), false).is_empty());
}

#[test]
fn frames() {
    assert_eq!(netstring(b"2:{},rest"), Ok(Some((&b"{}"[..], 5))));
    assert_eq!(netstring(b"0:,"), Ok(Some((&b""[..], 3))));
    for part in ["", "1", "12", "2:", "2:{", "2:{}"] {
        assert_eq!(netstring(part.as_bytes()), Ok(None), "{part}");
    }
    for garbage in [
        "2:{};",
        "x",
        ":",
        "-1:",
        "02:{},",
        "65537:",
        "999999",
        "HTTP/1.1 400",
        "\r\n",
    ] {
        assert!(netstring(garbage.as_bytes()).is_err(), "{garbage}");
    }
    assert_eq!(message(b"{"), None);
    assert_eq!(
        message(br#"{"event":true,"type":7}"#),
        Some(Message::Event(Event::default()))
    );
}

#[test]
fn nobody_keeps_more_calls_than_there_can_be() {
    let mut calls = calls();
    let mut ended = 0;
    for number in 0..10_000 {
        let ring = event(&line("CALL_INCOMING", "incoming", &format!("{number}@test"), "x"));
        let told = calls.event(ring, Now::default(), false);
        assert_eq!(told[0].change, Change::Ringing);
        ended += told.len() - 1;
    }
    assert_eq!(ended, 10_000 - 64, "what is given up has ended");
    assert_eq!(calls.all_lost(Now::default()).len(), 64);
}

proptest! {
    #[test]
    fn nothing_on_the_wire_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), list in ".{0,200}") {
        if let Ok(Some((payload, used))) = netstring(&bytes) {
            prop_assert!(used <= bytes.len() && payload.len() < used);
        }
        let _ = message(&bytes);
        calls().listed(&list, Now::default(), false);
    }

    #[test]
    fn a_call_ends_once_and_nothing_follows(steps in proptest::collection::vec((0..7_usize, 0..3_usize), 0..60)) {
        let what = ["CALL_INCOMING", "CALL_RINGING", "CALL_ESTABLISHED", "CALL_HOLD", "CALL_RESUME", "CALL_CLOSED", "CALL_LOCAL_SDP"];
        let mut calls = calls();
        let mut ringing = [false; 3];
        for (step, call) in steps {
            let text = line(what[step], "incoming", &format!("call-{call}"), "Connection reset by peer");
            let Some(told) = calls.event(event(&text), Now::default(), false).pop() else { continue };
            match told.change {
                Change::Ringing => {
                    prop_assert!(!ringing[call], "a ring is told once");
                    ringing[call] = true;
                }
                Change::Ended(reason) => {
                    prop_assert!(ringing[call] || reason != EndReason::Missed, "nobody misses what never rang");
                    ringing[call] = false;
                }
                _ => {}
            }
        }
    }
}

#[test]
fn another_computer_needs_consent() {
    let refused = build("baresip", &[("server", "192.0.2.9:4444")], &[], Arc::new(Nobody))
        .err()
        .unwrap();
    assert_eq!(
        (refused.kind, refused.field.as_deref()),
        (Kind::Invalid, Some("clear_text"))
    );
    assert!(refused.message.contains("192.0.2.9:4444"), "{refused}");
    let agreed = [("server", "192.0.2.9:4444"), ("clear_text", "true")];
    assert!(build("baresip", &agreed, &[], Arc::new(Nobody)).is_ok());
    assert!(
        build("baresip", &[], &[], Arc::new(Nobody)).is_ok(),
        "the usual place is this computer"
    );
    let nonsense = build("baresip", &[("server", "a b")], &[], Arc::new(Nobody))
        .err()
        .unwrap();
    assert_eq!(nonsense.field.as_deref(), Some("server"));
}

/// Plays baresip's end of one connection.
struct Peer(TcpStream);

impl Peer {
    async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = tokio::time::timeout(Duration::from_secs(10), listener.accept())
            .await
            .unwrap()
            .unwrap();
        Self(stream)
    }

    async fn say(&mut self, text: &str) {
        let frame = format!("{}:{text},", text.len());
        // In two pieces, as a network may.
        let (one, two) = frame.as_bytes().split_at(frame.len() / 2);
        self.0.write_all(one).await.unwrap();
        self.0.flush().await.unwrap();
        tokio::task::yield_now().await;
        self.0.write_all(two).await.unwrap();
    }

    /// Waits for the question, which has to be exactly the one that baresip understands.
    async fn asked(&mut self) {
        let mut question = [0; 46];
        self.0.read_exact(&mut question).await.unwrap();
        let question = String::from_utf8_lossy(&question).into_owned();
        let (payload, used) = netstring(question.as_bytes()).unwrap().unwrap();
        assert_eq!(used, question.len());
        let command: serde_json::Value = serde_json::from_slice(payload).unwrap();
        assert_eq!(
            (&command["command"], &command["token"]),
            (&"listcalls".into(), &"ringside".into())
        );
    }

    async fn answers(&mut self, list: &str) {
        self.asked().await;
        let data = serde_json::to_string(&format!("\n--- Active calls ---\n{list}\n")).unwrap();
        self.say(&format!(
            r#"{{"response":true,"ok":true,"data":{data},"token":"ringside"}}"#
        ))
        .await;
    }
}

#[tokio::test]
async fn a_connection_that_breaks_in_a_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let mut source = Running::start("baresip", &[("server", &server)], &[], Arc::new(Nobody));

    let mut peer = Peer::accept(&listener).await;
    peer.answers("").await;
    let ready = source.until_ready().await;
    assert_eq!(ready, SourceState::Ready { notes: Vec::new() });
    peer.say(&line("CALL_INCOMING", "incoming", "1-1@127.0.0.1", "x")).await;
    peer.say("{ no JSON").await;
    peer.say(&line("CALL_ESTABLISHED", "incoming", "1-1@127.0.0.1", "x"))
        .await;
    peer.say(&line("CALL_INCOMING", "incoming", "2-2@127.0.0.1", "x")).await;
    source.hears(Change::Ringing).await;
    source.hears(Change::Answered).await;
    source.hears(Change::Ringing).await;
    drop(peer);
    let trouble = source.until_trouble().await;
    assert_eq!(trouble.message, format!("baresip at {server} closed the connection"));

    // Back within seconds: the one goes on and is held now, the other is gone.
    let mut peer = Peer::accept(&listener).await;
    peer.answers("> [line 1, id 1-1@127.0.0.1]  0:00:09  ESTABLISHED  (on hold)  sip:+15550100123@127.0.0.1")
        .await;
    let held = source.hears(Change::Held).await;
    assert_eq!((held.key.as_str(), held.replay), ("1-1@127.0.0.1", true));
    let gone = source.hears(Change::Ended(EndReason::Unknown)).await;
    assert_eq!(gone.key, "2-2@127.0.0.1");
    source.until_ready().await;

    // Gone for good: nobody will tell how the call ends.
    drop(listener);
    drop(peer);
    source.hears(Change::Ended(EndReason::Unknown)).await;
    let trouble = source.until_trouble().await;
    assert_eq!(
        trouble.message,
        format!("{server} cannot be reached: nothing listens there")
    );
    source.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_not_baresip() {
    for (says, reason) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "its messages have no length"),
        ("99999999:{", "a message is too long"),
        ("2:{}x", "a message does not end where it says"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap().to_string();
        let mut source = Running::start("baresip", &[("server", &server)], &[], Arc::new(Nobody));
        let mut peer = Peer::accept(&listener).await;
        peer.0.write_all(says.as_bytes()).await.unwrap();
        let trouble = source.until_trouble().await;
        assert_eq!(
            trouble.message,
            format!("{server} does not talk like baresip: {reason}")
        );
        assert!(trouble.hint.unwrap().contains("ctrl_tcp_listen"));
        source.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_peer_that_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let mut source = Running::start("baresip", &[("server", &server)], &[], Arc::new(Nobody));
    let _peer = Peer::accept(&listener).await;
    let trouble = source.until_trouble().await;
    assert_eq!(
        (trouble.kind, trouble.message),
        (
            Kind::Timeout,
            format!("{server} did not answer while being asked for calls")
        )
    );
    source.stop().await.unwrap();
}
