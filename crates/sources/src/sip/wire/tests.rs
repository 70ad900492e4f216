#![allow(clippy::unwrap_used, clippy::panic)]

use ringside_domain::credentials::Secret;
use tokio::time::{sleep, timeout};

use super::*;
use crate::sip::{
    line::{Notify, NotifyState},
    settings::Address,
};

mod alive;
mod pinned;
mod server;
mod tls;

use server::{Server, head_of};

const MD5: &str = "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n1\", qop=\"auth\", algorithm=MD5\r\n";
const SHA256: &str = "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n2\", qop=\"auth\", algorithm=SHA-256\r\n";

fn begin() -> Subscribe {
    Subscribe {
        ask: Ask::Begin,
        expires: 600,
    }
}

fn refresh(expires: u32) -> Subscribe {
    Subscribe {
        ask: Ask::Refresh,
        expires,
    }
}

async fn next_of(incoming: &mut mpsc::Receiver<Incoming>) -> Incoming {
    timeout(Duration::from_secs(5), incoming.recv()).await.unwrap().unwrap()
}

async fn told(incoming: &mut mpsc::Receiver<Incoming>) -> Notify {
    match next_of(incoming).await {
        Incoming::Notify(notify) => notify,
        Incoming::Closed(error) => panic!("closed: {error}"),
    }
}

#[tokio::test]
async fn a_challenge_is_answered_with_the_strongest_hash() {
    let (mut server, mut line, _incoming) = Server::tcp().await;
    let serving = tokio::spawn(async move {
        let first = server.take("SUBSCRIBE").await;
        assert!(!first.contains("Authorization"), "{first}");
        server.reply(&first, 401, &format!("{MD5}{SHA256}")).await;
        let second = server.take("SUBSCRIBE").await;
        for part in [
            "CSeq: 2 SUBSCRIBE\r\n",
            "Authorization: Digest username=\"201\", realm=\"pbx\", nonce=\"n2\", uri=\"sip:201@pbx.example.com\"",
            ", algorithm=SHA-256, qop=auth, nc=00000001, cnonce=",
        ] {
            assert!(second.contains(part), "{part} is missing: {second}");
        }
        assert!(!second.contains("s3cret") && !second.contains("MD5"), "{second}");
        server
            .reply(
                &second,
                200,
                "Expires: 300\r\nContact: <sip:presence@pbx.example.com:5080>\r\n",
            )
            .await;
        // In the dialog it goes to the Contact, and the digest is made over that.
        let third = server.take("SUBSCRIBE").await;
        assert!(
            third.starts_with("SUBSCRIBE sip:presence@pbx.example.com:5080 SIP/2.0\r\n"),
            "{third}"
        );
        assert!(
            third.contains(";tag=theirs\r\n") && third.contains("CSeq: 3 "),
            "{third}"
        );
        server.reply(&third, 401, SHA256).await;
        let fourth = server.take("SUBSCRIBE").await;
        assert!(fourth.contains("uri=\"sip:presence@pbx.example.com:5080\""), "{fourth}");
        server.reply(&fourth, 200, "Expires: 300\r\n").await;
        server
    });
    let answer = line.request(begin()).await.unwrap();
    assert_eq!((answer.code, answer.expires), (200, Some(300)));
    assert_eq!(line.request(refresh(600)).await.unwrap().code, 200);
    serving.await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let (mut server, mut line, _incoming) = Server::tcp().await;
    let serving = tokio::spawn(async move {
        for _ in 0..2 {
            let asked = server.take("SUBSCRIBE").await;
            server.reply(&asked, 401, SHA256).await;
        }
        server.says_nothing_more().await;
    });
    let error = line.request(begin()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.field.as_deref()),
        (Kind::SignInNeeded, Some("password"))
    );
    assert!(error.message.contains("127.0.0.1"), "{error}");
    serving.await.unwrap();
}

#[tokio::test]
async fn a_nonce_may_be_too_old_once() {
    let stale = SHA256.replace("qop", "stale=true, qop");
    for (times, accepted) in [(1, true), (2, false)] {
        let stale = stale.clone();
        let (mut server, mut line, _incoming) = Server::tcp().await;
        let serving = tokio::spawn(async move {
            let asked = server.take("SUBSCRIBE").await;
            server.reply(&asked, 401, SHA256).await;
            for _ in 0..times {
                let asked = server.take("SUBSCRIBE").await;
                server.reply(&asked, 401, &stale).await;
            }
            if accepted {
                let asked = server.take("SUBSCRIBE").await;
                server.reply(&asked, 200, "").await;
            }
            server
        });
        let answer = line.request(begin()).await;
        assert_eq!(answer.is_ok(), accepted);
        serving.await.unwrap();
    }
}

#[tokio::test]
async fn a_proxy_and_a_server_may_both_ask() {
    let (mut server, mut line, _incoming) = Server::tcp().await;
    let serving = tokio::spawn(async move {
        let asked = server.take("SUBSCRIBE").await;
        let proxy = SHA256.replace("WWW-Authenticate", "Proxy-Authenticate");
        server.reply(&asked, 407, &proxy).await;
        let asked = server.take("SUBSCRIBE").await;
        assert!(asked.contains("Proxy-Authorization: Digest "), "{asked}");
        server.reply(&asked, 401, MD5).await;
        let asked = server.take("SUBSCRIBE").await;
        assert!(
            asked.contains("\r\nAuthorization: ") && asked.contains("\r\nProxy-Authorization: "),
            "{asked}"
        );
        server.reply(&asked, 200, "").await;
        server
    });
    assert_eq!(line.request(begin()).await.unwrap().code, 200);
    serving.await.unwrap();
}

#[tokio::test]
async fn the_password_is_not_given_to_another_realm() {
    let (mut server, mut line, _incoming) = Server::tcp().await;
    let serving = tokio::spawn(async move {
        let asked = server.take("SUBSCRIBE").await;
        server.reply(&asked, 401, SHA256).await;
        let asked = server.take("SUBSCRIBE").await;
        server.reply(&asked, 200, "").await;
        let asked = server.take("SUBSCRIBE").await;
        server.reply(&asked, 401, &SHA256.replace("\"pbx\"", "\"thief\"")).await;
        server.says_nothing_more().await;
    });
    line.request(begin()).await.unwrap();
    assert_eq!(line.request(refresh(600)).await.unwrap_err().kind, Kind::Forbidden);
    serving.await.unwrap();
}

#[tokio::test]
async fn the_password_is_given_to_one_realm_at_a_time() {
    let (mut server, mut line, _incoming) = Server::tcp().await;
    let serving = tokio::spawn(async move {
        let asked = server.take("SUBSCRIBE").await;
        let proxy = SHA256.replace("WWW-Authenticate", "Proxy-Authenticate");
        server.reply(&asked, 407, &proxy).await;
        // Nothing is pinned yet, and behind the proxy somebody else wants a proof as well.
        let asked = server.take("SUBSCRIBE").await;
        server.reply(&asked, 401, &SHA256.replace("\"pbx\"", "\"thief\"")).await;
        server.says_nothing_more().await;
    });
    let error = line.request(begin()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.field.as_deref()),
        (Kind::Forbidden, Some("password"))
    );
    serving.await.unwrap();
}

#[tokio::test]
async fn a_password_that_cannot_be_proved() {
    for challenge in ["", "WWW-Authenticate: Basic realm=\"pbx\"\r\n"] {
        let (mut server, mut line, _incoming) = Server::tcp().await;
        let serving = tokio::spawn(async move {
            let asked = server.take("SUBSCRIBE").await;
            server.reply(&asked, 401, challenge).await;
            server.says_nothing_more().await;
        });
        assert_eq!(line.request(begin()).await.unwrap_err().kind, Kind::Unsupported);
        serving.await.unwrap();
    }
}

#[tokio::test]
async fn whatever_else_the_server_asks_is_answered() {
    let (mut server, mut line, mut incoming) = Server::tcp().await;
    let serving = tokio::spawn(async move {
        let asked = server.take("SUBSCRIBE").await;
        // Before the answer, and it counts.
        let early = server.notify(&asked, 1, "Subscription-State: active;expires=599\r\n", "");
        server.say(&early).await;
        assert_eq!(server.answer().await, 200);
        server.reply(&asked, 200, "").await;

        let ours = |seq: u32| (seq, "Subscription-State: active\r\n");
        let (seq, state) = ours(2);
        let stranger = server.notify(&asked, seq, state, "").replace("Call-ID: ", "Call-ID: x");
        let of_other = server
            .notify(&asked, 3, state, "")
            .replace("Event: dialog", "Event: presence");
        let stateless = server.notify(&asked, 4, "", "");
        let fork = server.notify(&asked, 5, state, "").replace("tag=theirs", "tag=others");
        for (request, code) in [
            (stranger, 481),
            (of_other, 489),
            (stateless, 400),
            (fork, 481),
            (server.request(&asked, "OPTIONS", 6), 405),
            (server.request(&asked, "INVITE", 7), 405),
            (server.request(&asked, "FLY", 8), 501),
        ] {
            server.say(&request).await;
            assert_eq!(server.answer().await, code, "{request}");
        }
        // The same once more: answered again, told once. And an ACK gets no answer.
        let good = server.notify(
            &asked,
            9,
            "Subscription-State: terminated;reason=Giveup;retry-after=7\r\n",
            "<a/>",
        );
        server.say(&server.request(&asked, "ACK", 7)).await;
        server.say(&format!("{good}{good}")).await;
        assert_eq!((server.answer().await, server.answer().await), (200, 200));
        server
    });
    line.request(begin()).await.unwrap();
    let first = told(&mut incoming).await;
    assert_eq!(
        (first.cseq, first.state),
        (1, NotifyState::Active { expires: Some(599) })
    );
    let last = told(&mut incoming).await;
    assert_eq!(
        last,
        Notify {
            cseq: 9,
            state: NotifyState::Terminated {
                reason: "giveup".to_owned(),
                retry_after: Some(Duration::from_secs(7)),
            },
            content_type: "application/dialog-info+xml".to_owned(),
            body: b"<a/>".to_vec(),
            cut: false,
        }
    );
    drop(serving.await.unwrap());
    assert!(matches!(next_of(&mut incoming).await, Incoming::Closed(error) if error.kind == Kind::Unavailable));
}

#[tokio::test]
async fn a_stream_comes_in_any_pieces() {
    let (mut server, mut line, mut incoming) = Server::tcp().await;
    let large = "x".repeat(200 * 1024);
    let expected = large.len();
    let serving = tokio::spawn(async move {
        let asked = server.take("SUBSCRIBE").await;
        server.reply(&asked, 200, "").await;
        let active = "Subscription-State: active\r\n";
        let small = server.notify(&asked, 1, active, "<one/>");
        for byte in small.bytes() {
            server.say_bytes(&[byte]).await;
        }
        assert_eq!(server.answer().await, 200);
        let two = server.notify(&asked, 2, active, &large);
        let three = server.notify(&asked, 3, active, "<three/>");
        server.say(&format!("\r\n\r\n{two}\r\n{three}")).await;
        assert_eq!(server.raw(2).await, b"\r\n", "our pong");
        assert_eq!((server.answer().await, server.answer().await), (200, 200));
        // A head that can't be read is left out; a length that can't be is the end.
        let broken = server
            .notify(&asked, 4, active, "")
            .replace("Event: dialog", "no colon here");
        let four = server.notify(&asked, 5, active, "<four/>");
        server.say(&format!("{broken}{four}")).await;
        assert_eq!(server.answer().await, 200);
        server
            .say(&four.replace("Content-Length: 7", "Content-Length: 300000"))
            .await;
        server
    });
    line.request(begin()).await.unwrap();
    assert_eq!(told(&mut incoming).await.body, b"<one/>");
    assert_eq!(told(&mut incoming).await.body.len(), expected);
    assert_eq!(told(&mut incoming).await.body, b"<three/>");
    assert_eq!(told(&mut incoming).await.body, b"<four/>");
    match next_of(&mut incoming).await {
        Incoming::Closed(error) => assert!(error.message.contains("too long"), "{error}"),
        Incoming::Notify(_) => panic!("there was no more"),
    }
    let broken = line.request(refresh(600)).await.unwrap_err();
    assert_eq!(broken.kind, Kind::Unavailable);
    serving.await.unwrap();
}

#[tokio::test]
async fn datagrams_are_repeated_and_arrive_whole() {
    let (mut server, mut line, mut incoming) = Server::udp().await;
    let serving = tokio::spawn(async move {
        // Two are lost; all three are the same request.
        let first = server.take("SUBSCRIBE").await;
        let second = server.take("SUBSCRIBE").await;
        let third = server.take("SUBSCRIBE").await;
        assert!(first == second && second == third);
        server.reply(&third, 100, "").await;
        server.reply(&third, 200, "Expires: 60\r\n").await;

        let active = "Subscription-State: active\r\n";
        let large = server.notify(&third, 1, active, &"y".repeat(40_000));
        server.say(&large).await;
        assert_eq!(server.answer().await, 200);
        let whole = server.notify(&third, 2, active, "<a>whole</a>");
        server.say(&whole[..whole.len() - 5]).await;
        assert_eq!(server.answer().await, 200);
        for noise in ["\r\n\r\n", "hello", "SIP/2.0 200 OK\r\n"] {
            server.say(noise).await;
        }
        // Somebody else on the same computer, who knows everything but the port.
        let other = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let forged = server.notify(&third, 3, active, "<forged/>");
        other.send_to(forged.as_bytes(), server.peer()).await.unwrap();
        let good = server.notify(&third, 4, active, "<good/>");
        server.say(&good).await;
        assert_eq!(server.answer().await, 200);
        server
    });
    let started = std::time::Instant::now();
    assert_eq!(line.request(begin()).await.unwrap().expires, Some(60));
    assert!(started.elapsed() > Duration::from_millis(1400), "T1, then twice T1");
    let large = told(&mut incoming).await;
    assert_eq!((large.body.len(), large.cut), (40_000, false));
    let cut = told(&mut incoming).await;
    assert_eq!((cut.body.as_slice(), cut.cut), (&b"<a>whol"[..], true));
    assert_eq!(told(&mut incoming).await.body, b"<good/>");
    drop(serving.await.unwrap());
    // Nobody listens there any more: the system says so as soon as something is sent.
    let error = line.request(refresh(60)).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(
        matches!(next_of(&mut incoming).await, Incoming::Closed(error) if error.message.contains("nothing listens"))
    );
}

#[tokio::test]
async fn over_the_newer_internet_protocol() {
    let (mut server, mut line, _incoming) = Server::udp_on("[::1]:0").await;
    let serving = tokio::spawn(async move {
        let asked = server.take("SUBSCRIBE").await;
        let contact = head_of(&asked).first("contact").unwrap().to_owned();
        assert_eq!(contact, format!("<sip:201@{}>", server.peer()));
        assert!(contact.contains("[::1]:"), "{contact}");
        server.reply(&asked, 200, "").await;
        server
    });
    assert_eq!(line.request(begin()).await.unwrap().code, 200);
    serving.await.unwrap();
}

#[tokio::test]
async fn answers_of_other_requests_are_not_ours() {
    let (mut server, mut line, _incoming) = Server::udp().await;
    let serving = tokio::spawn(async move {
        let asked = server.take("SUBSCRIBE").await;
        let (before, after) = asked.split_once("branch=").unwrap();
        let other = format!("{before}branch=z9hG4bKother{after}");
        server.reply(&other, 200, "Expires: 1\r\n").await;
        server.reply(&asked, 503, "Retry-After: 17 (night)\r\n").await;
        server
    });
    let answer = line.request(begin()).await.unwrap();
    assert_eq!((answer.code, answer.retry_after), (503, Some(Duration::from_secs(17))));
    serving.await.unwrap();
}

#[tokio::test]
async fn a_dropped_line_is_closed() {
    let (mut server, line, _incoming) = Server::tcp().await;
    drop(line);
    server.sees_the_end().await;
    sleep(Duration::from_millis(1)).await;
}
