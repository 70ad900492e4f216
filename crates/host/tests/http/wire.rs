//! What goes over the wire and what is made of what comes back: hostile, broken, slow and cut answers included.

use std::{
    io::Write,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use ringside_domain::{Clock, HttpTransport, Kind, Method, Now, Steady, credentials::Secret};
use ringside_host::{Web, WebOptions};

use crate::{
    Names, OwnPorts, get, post, request,
    server::{Server, Step, answer, ok},
    web, web_with,
};

const SOON: Duration = Duration::from_millis(300);

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_request_goes_out_as_it_was_written() {
    let server = Server::start(|_, _| {
        answer(
            "404 Not Found",
            "X-Id: 7\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n",
            b"gone",
        )
    })
    .await;
    let web = web();
    let mut request = post(&server.url("/people?phone=%2B1#top"), "{\"a\":1}");
    request.headers = vec![
        ("Accept".into(), "application/json".into()),
        ("X-B".into(), "2".into()),
        ("X-A".into(), "1".into()),
    ];
    request.credentials = vec![("Authorization".into(), Secret::new("Bearer t"))];
    let answer = web.send(request.clone()).await.unwrap();
    assert_eq!(
        (answer.status, answer.header("x-id"), answer.body.as_slice()),
        (404, Some("7"), &b"gone"[..])
    );
    let cookies = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
    assert_eq!(
        cookies.map(|(_, value)| value.as_str()).collect::<Vec<_>>(),
        ["a=1", "b=2"]
    );
    web.send(request).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0], seen[1], "no cookie comes back, nothing is random");
    let user_agent = format!("user-agent: Ringside/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(seen[0].contains(&user_agent), "{}", seen[0]);
    assert!(seen[0].starts_with("POST /people?phone=%2B1 HTTP/1.1\r\naccept: application/json\r\nx-b: 2\r\nx-a: 1\r\nauthorization: Bearer t\r\n"), "{}", seen[0]);
    assert!(
        seen[0].ends_with("\r\n\r\n{\"a\":1}") && seen[0].contains("content-length: 7\r\n"),
        "{}",
        seen[0]
    );
    assert_eq!(server.connections(), 1, "the second one cost one round trip");
}

#[tokio::test]
async fn a_write_without_a_body_says_so() {
    let server = Server::start(|_, _| ok()).await;
    for (method, says) in [
        (Method::Post, true),
        (Method::Put, true),
        (Method::Get, false),
        (Method::Delete, false),
    ] {
        web().send(request(method, &server.url("/"))).await.unwrap();
        let last = server.seen().pop().unwrap();
        assert_eq!(last.contains("content-length: 0\r\n"), says, "{last}");
    }
}

#[tokio::test]
async fn an_answer_may_be_as_large_as_allowed_and_no_larger() {
    let server = Server::start(|_, request| {
        let body = vec![b'x'; 100_000];
        match request.contains("/zip") {
            true => answer("200 OK", "content-encoding: gzip\r\n", &gzipped(&body)),
            false => answer("200 OK", "", &body),
        }
    })
    .await;
    let web = web();
    for path in ["/plain", "/zip"] {
        for (max_answer, fits) in [(100_000, true), (99_999, false)] {
            let mut request = get(&server.url(path));
            request.max_answer = max_answer;
            match web.send(request).await {
                Ok(answer) => assert!(fits && answer.body.len() == 100_000, "{path} {max_answer}"),
                Err(error) => {
                    assert!(
                        !fits && error.kind == Kind::Invalid && error.may_have_happened,
                        "{path} {max_answer} {error:?}"
                    );
                    assert!(error.message.contains("larger than 97 KiB"), "{error}");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_endless_answer_and_a_bomb_end_as_soon_as_they_are_too_large() {
    // 1 GiB of zeros, in pieces that each unpack to 16 MiB: only what is read is unpacked.
    let bomb = gzipped(&vec![0; 16 << 20]).repeat(64);
    let server = Server::start(move |_, request| match request.contains("/bomb") {
        true => answer("200 OK", "content-encoding: gzip\r\n", &bomb),
        false => vec![
            Step::Send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec()),
            Step::Drip(
                [b"2000\r\n".as_slice(), &[b'x'; 0x2000], b"\r\n"].concat(),
                Duration::ZERO,
            ),
        ],
    })
    .await;
    for path in ["/endless", "/bomb"] {
        let error = web().send(get(&server.url(path))).await.unwrap_err();
        assert_eq!(error.kind, Kind::Invalid, "{path}: {error}");
        assert!(error.message.contains("larger than 1024 KiB"), "{error}");
    }
    server.until_ended(2).await;
}

#[tokio::test]
async fn a_slow_answer_is_cut_at_the_deadline() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec()),
            Step::Drip(b"x".to_vec(), Duration::from_millis(10)),
        ]
    })
    .await;
    let mut request = post(&server.url("/?key=hush"), "{}");
    request.deadline = SOON;
    let error = web().send(request).await.unwrap_err();
    assert_eq!(
        (error.kind, error.may_have_happened),
        (Kind::Timeout, true),
        "{error:?}"
    );
    assert!(
        error.message.contains("within 0.3 seconds") && !format!("{error:?}").contains("hush"),
        "{error:?}"
    );
    server.until_ended(1).await;
}

#[tokio::test]
async fn dropping_the_future_closes_the_connection() {
    let server = Server::start(|_, _| vec![Step::Hang]).await;
    let web = Arc::new(web());
    let asking = tokio::spawn({
        let (web, request) = (web.clone(), get(&server.url("/")));
        async move { web.send(request).await }
    });
    server.until_seen(1).await;
    asking.abort();
    server.until_ended(1).await;
}

#[tokio::test]
async fn a_write_that_could_not_begin_has_not_happened() {
    let gone = Server::start(|_, _| ok()).await.port;
    let (web, unknown) = (web(), web_with(Names::new(&[]), OwnPorts::default()));
    let nobody = web_with(Names::new(&[&[]]), OwnPorts::default());
    // The server's task is ended, and its port closed with it, when the runtime comes to it.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let refused = web
        .send(post(&format!("http://127.0.0.1:{gone}/?key=hush"), "{}"))
        .await
        .unwrap_err();
    assert!(refused.message.contains("refuses connections"), "{refused:?}");
    let missing = unknown
        .send(post("https://crm.example.test/?key=hush", "{}"))
        .await
        .unwrap_err();
    assert!(missing.message.contains("was not found"), "{missing:?}");
    let empty = nobody
        .send(post("https://crm.example.test/?key=hush", "{}"))
        .await
        .unwrap_err();
    assert!(empty.message.contains("was not found"), "{empty:?}");
    let bodiless = unknown
        .send(request(Method::Delete, "https://crm.example.test/?key=hush"))
        .await
        .unwrap_err();
    for error in [refused, missing, empty, bodiless] {
        assert_eq!(
            (error.kind, error.may_have_happened),
            (Kind::Unavailable, false),
            "{error:?}"
        );
        assert!(
            !format!("{error:?}").contains("hush") && error.hint.is_some(),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn an_address_that_is_too_long_is_said() {
    let server = Server::start(|_, _| ok()).await;
    let mut request = request(Method::Post, &server.url(&format!("/?key=hush{}", "x".repeat(70_000))));
    request.redirects = 1;
    let error = web().send(request).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (Kind::Invalid, false), "{error}");
    assert!(
        error.message.contains("too long") && !format!("{error:?}").contains("hush"),
        "{error}"
    );
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_write_that_began_may_have_happened() {
    let server = Server::start(|_, request| match request.split(' ').nth(1).unwrap() {
        "/closed" => vec![Step::Close],
        "/garbage" => vec![Step::Send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()), Step::Close],
        "/cut" => vec![
            Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()),
            Step::Close,
        ],
        "/cut-zip" => {
            let mut zip = gzipped(&[b'x'; 5000]);
            zip.truncate(zip.len() / 2);
            answer("200 OK", "content-encoding: gzip\r\n", &zip)
        }
        "/no-zip" => answer("200 OK", "content-encoding: gzip\r\n", b"plain text all the way"),
        _ => vec![Step::Hang],
    })
    .await;
    for (path, kind) in [
        ("/closed", Kind::Unavailable),
        ("/garbage", Kind::Invalid),
        ("/cut", Kind::Unavailable),
        ("/cut-zip", Kind::Unavailable),
        ("/no-zip", Kind::Invalid),
        ("/silent", Kind::Timeout),
    ] {
        for method in [Method::Post, Method::Delete] {
            let mut request = request(method, &server.url(path));
            request.deadline = if kind == Kind::Timeout { SOON } else { crate::DEADLINE };
            request.body = if method == Method::Post { b"{}".to_vec() } else { vec![] };
            let error = web().send(request).await.unwrap_err();
            assert_eq!((error.kind, error.may_have_happened), (kind, true), "{path} {error:?}");
            assert!(!format!("{error:?} {error}").contains(path), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closed_costs_no_write() {
    let server = Server::start(|_, _| {
        let mut steps = ok();
        steps.push(Step::Close);
        steps
    })
    .await;
    let web = web();
    for round in 1..=5 {
        assert_eq!(web.send(post(&server.url("/"), "{}")).await.unwrap().status, 200);
        server.until_ended(round).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.seen().len(), 5, "each write came once");
}

#[tokio::test]
async fn a_read_is_sent_again_when_its_connection_closes_and_a_write_is_not() {
    let server = Server::start(|n, request| match n {
        0 => vec![Step::Close],
        _ if request.contains("/never") => vec![Step::Close],
        _ => ok(),
    })
    .await;
    let mut read = post(&server.url("/search"), "{}");
    read.redirects = 1;
    assert_eq!(web().send(read).await.unwrap().status, 200);
    assert_eq!(server.seen().len(), 2);
    for (redirects, sent) in [(1, 3), (0, 1)] {
        let before = server.seen().len();
        let mut request = get(&server.url("/never"));
        request.redirects = redirects;
        assert_eq!(web().send(request).await.unwrap_err().kind, Kind::Unavailable);
        assert_eq!(server.seen().len() - before, sent);
    }
}

/// What tokio's clock does not see: the computer sleeps.
#[derive(Default)]
struct Sleepy(Mutex<Now>);

impl Clock for Sleepy {
    fn now(&self) -> Now {
        *self.0.lock().unwrap()
    }

    fn zone(&self) -> String {
        "UTC".into()
    }
}

#[tokio::test]
async fn after_a_sleep_no_old_connection_is_used() {
    let server = Server::start(|_, _| ok()).await;
    let clock = Arc::new(Sleepy::default());
    let web = Web::new(WebOptions {
        clock: clock.clone(),
        ..WebOptions::default()
    })
    .unwrap();
    for (minutes, connections) in [(0, 1), (4, 1), (8, 1), (50, 2), (51, 2)] {
        clock.0.lock().unwrap().steady = Steady(Duration::from_secs(60 * minutes));
        web.send(get(&server.url("/"))).await.unwrap();
        assert_eq!(server.connections(), connections, "after {minutes} minutes");
    }
}

/// Runs the first test of this file again where every variable that people set names a proxy that is not there.
#[test]
fn no_proxy_comes_between() {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "wire::a_request_goes_out_as_it_was_written"]);
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        again.env(name, "http://127.0.0.1:9");
    }
    for name in ["NO_PROXY", "no_proxy"] {
        again.env_remove(name);
    }
    let output = again.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
