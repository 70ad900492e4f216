//! The intake over real TCP: what is taken, what is refused, and that no bytes break it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod house;
mod lan;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use proptest::prelude::*;
use ringside_domain::{CallSource, Change, CredentialStore, Direction, EndReason, Kind, Timestamp, Trust};
use ringside_sources::{Intake, PhoneRegistry, intake::Place, recipes::recipes};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::house::{Counting, House, TestClock, Told, status};

#[tokio::test]
async fn a_call_is_told_by_get_form_and_json() {
    let house = House::open().await;
    let call = format!("/v1/call/{}", house.desk);
    let get = format!(
        "GET {call}?event=ringing&remote=sip:+442079460123@pbx.example;user=phone&name=Ada+L&call=1-24341@pbx.example"
    );
    let (code, answer) = house.request(&get, &[], "").await;
    assert_eq!(code, 204);
    assert!(answer.ends_with("\r\n\r\n"), "nothing is said: {answer}");
    assert!(!answer.to_ascii_lowercase().contains("access-control"), "{answer}");
    let form = "event=answered&call=1-24341%40pbx.example";
    assert_eq!(
        house
            .status(
                &format!("POST {call}"),
                &["Content-Type: application/x-www-form-urlencoded"],
                form
            )
            .await,
        204
    );
    let bearer = format!("authorization: bearer {}", house.desk);
    let json = r#"{"state":"ended","call_id":"1-24341@pbx.example"}"#;
    assert_eq!(
        house
            .status(
                "POST /v1/call",
                &[&bearer, "content-type: application/json; charset=utf-8"],
                json
            )
            .await,
        204
    );

    let events = house.told.take();
    assert_eq!(events.len(), 3);
    assert!(
        events
            .iter()
            .all(|event| event.key == events[0].key && event.trust == Trust::Trusted && !event.rehearsal)
    );
    assert_eq!(events[0].source.as_str(), "intake/Desk phone");
    assert_eq!(events[0].direction, Some(Direction::In));
    assert_eq!(events[0].provider_call_id.as_deref(), Some("1-24341@pbx.example"));
    let remote = events[0].remote.clone().unwrap();
    assert_eq!(remote.raw, "sip:+442079460123@pbx.example;user=phone");
    assert_eq!(remote.display.as_deref(), Some("Ada L"));
    let changes: Vec<Change> = events.iter().map(|event| event.change).collect();
    assert_eq!(
        changes,
        [Change::Ringing, Change::Answered, Change::Ended(EndReason::Completed)]
    );
    assert_eq!(house.phones.phones()[0].last_seen, Some(Timestamp(1_700_000_000_000)));
    assert_eq!(house.phones.phones()[1].last_seen, None);
    house.close().await;
}

#[tokio::test]
async fn what_is_refused_and_how() {
    let house = House::open().await;
    let (token, port) = (house.desk.clone(), house.port);
    let good = format!("GET /v1/call/{token}?remote=%2B12025550123");
    for header in [
        "Origin: null",
        "Origin: http://127.0.0.1",
        "Referer: http://x/",
        "Sec-Fetch-Site: none",
        "sec-fetch-mode: cors",
    ] {
        assert_eq!(house.status(&good, &[header], "").await, 403, "{header}");
    }
    for host in [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example:PORT",
        "127.0.0.1:PORT@evil",
        "",
        "0.0.0.0:PORT",
    ] {
        let host = host.replace("PORT", &port.to_string());
        let answer = house
            .raw(format!("{good} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes())
            .await;
        assert!(matches!(status(&answer), 400 | 403), "{host}: {answer}");
    }
    for host in ["localhost:PORT", "LOCALHOST:PORT", "[::1]:PORT"] {
        let host = host.replace("PORT", &port.to_string());
        assert_eq!(
            status(
                &house
                    .raw(format!("{good} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes())
                    .await
            ),
            204,
            "{host}"
        );
    }
    assert_eq!(
        status(&house.raw(format!("{good} HTTP/1.0\r\n\r\n").as_bytes()).await),
        403,
        "no host at all"
    );
    let two = format!("{good} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n\r\n");
    assert!(matches!(status(&house.raw(two.as_bytes()).await), 400 | 403));
    let absolute =
        format!("GET http://evil.example/v1/call/{token}?remote=201 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    assert_eq!(status(&house.raw(absolute.as_bytes()).await), 403);
    house.told.take();

    let wrong = format!("{}0", &token[..31]);
    for (line, headers, body, code) in [
        (format!("GET /v1/call/{wrong}?remote=201"), "", "", 401),
        (format!("GET /v1/call/{}?remote=201", &token[..8]), "", "", 401),
        ("POST /v1/call".into(), "", "remote=201", 401),
        ("POST /v1/call".into(), "Authorization: Basic eDp5", "remote=201", 401),
        (format!("PUT /v1/call/{token}"), "", "", 405),
        (format!("OPTIONS /v1/call/{token}"), "", "", 405),
        (format!("DELETE /v1/call/{token}"), "", "", 405),
        ("GET /".into(), "", "", 404),
        (format!("GET /v1/call/{token}/more"), "", "", 404),
        (format!("GET /v1/call/{token}?event=exploded"), "", "", 400),
        (
            format!("POST /v1/call/{token}"),
            "Content-Type: application/json",
            "{\"remote\":",
            400,
        ),
        (
            format!("POST /v1/call/{token}"),
            "Content-Type: multipart/form-data; boundary=x",
            "--x",
            400,
        ),
        (format!("POST /v1/call/{token}"), "Content-Type: text/plain", "", 400),
    ] {
        tokio::time::sleep(Duration::from_millis(60)).await;
        let headers: Vec<&str> = Some(headers).into_iter().filter(|header| !header.is_empty()).collect();
        let (found, answer) = house.request(&line, &headers, body).await;
        assert_eq!(found, code, "{line}: {answer}");
        let sentence = answer.split("\r\n\r\n").nth(1).unwrap();
        assert!(
            sentence.ends_with(".\n") && sentence.len() < 140,
            "one plain sentence: {sentence:?}"
        );
        for echoed in [&token[..8], "exploded", "multipart", "201"] {
            assert!(!sentence.contains(echoed), "{sentence}");
        }
    }
    let long = "x".repeat(70_000);
    assert_eq!(house.status(&format!("POST /v1/call/{token}"), &[], &long).await, 413);
    let chunked = format!(
        "POST /v1/call/{token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n{long}\r\n0\r\n\r\n"
    );
    assert_eq!(status(&house.raw(chunked.as_bytes()).await), 413);
    assert_eq!(house.told.take(), [], "nothing refused is told");
    house.close().await;
}

#[tokio::test]
async fn a_token_is_one_phone_and_can_be_taken_away() {
    let house = House::open().await;
    let line = |token: &str| format!("GET /v1/call/{token}?remote=201");
    assert_eq!(house.status(&line(&house.soft), &[], "").await, 204);
    let event = house.told.take().remove(0);
    assert_eq!(
        (event.source.as_str(), event.trust),
        ("intake/softphone", Trust::Unverified)
    );
    assert!(house.phones.set_trusted("SoftPhone", true));
    assert_eq!(house.status(&line(&house.soft), &[], "").await, 204);
    assert_eq!(house.told.take()[0].trust, Trust::Trusted);

    let kept = house.secrets.get("phone/softphone").await.unwrap().unwrap();
    assert_eq!(kept.expose(), house.soft.as_bytes());
    house.phones.remove("softphone", &house.secrets).await.unwrap();
    assert_eq!(house.status(&line(&house.soft), &[], "").await, 401);
    assert_eq!(house.status(&line(&house.desk), &[], "").await, 204);
    assert!(house.secrets.get("phone/softphone").await.unwrap().is_none());

    // After a restart: known at once, trusted to report once the secret store gave the token.
    let again = PhoneRegistry::new(house.phones.phones());
    let random = Counting::default();
    let twice = again
        .add("desk PHONE", Place::Here, false, Timestamp(3), &random, &house.secrets)
        .await
        .unwrap_err();
    assert_eq!((twice.kind, twice.field.as_deref()), (Kind::Conflict, Some("name")));
    assert_eq!(
        again
            .add("a/b", Place::Here, false, Timestamp(3), &random, &house.secrets)
            .await
            .unwrap_err()
            .kind,
        Kind::Invalid
    );
    again.load_tokens(&house.secrets).await.unwrap();
    assert!(!format!("{again:?}").contains(&house.desk), "no token in a debug print");
    house.close().await;
}

#[tokio::test]
async fn too_many_and_too_slow() {
    let house = House::open().await;
    let line = format!("GET /v1/call/{}?remote=201", house.desk);
    let mut codes = Vec::new();
    for _ in 0..30 {
        codes.push(house.request(&line, &[], "").await);
    }
    let refused: Vec<&(u16, String)> = codes.iter().filter(|(code, _)| *code == 429).collect();
    let taken = codes.iter().filter(|(code, _)| *code == 204).count();
    assert!((20..30).contains(&taken), "{taken}");
    assert!(
        refused[0].1.to_ascii_lowercase().contains("retry-after: 1"),
        "{}",
        refused[0].1
    );
    let other = format!("GET /v1/call/{}?remote=201", house.soft);
    assert_eq!(house.status(&other, &[], "").await, 204, "another phone is not held up");

    // Heads and bodies that never end: each is cut off after two seconds, and holds nobody else up.
    let begin = Instant::now();
    let mut slow = Vec::new();
    for _ in 0..70 {
        let mut stream = TcpStream::connect(("127.0.0.1", house.port)).await.unwrap();
        stream
            .write_all(b"POST /v1/call HTTP/1.1\r\nHost: 127.0")
            .await
            .unwrap();
        slow.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(house.status(&other, &[], "").await, 204);
    assert!(begin.elapsed() < Duration::from_millis(3_800), "{:?}", begin.elapsed());
    for stream in &mut slow {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "it is cut off");
    }
    let body = format!(
        "POST /v1/call/{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 50\r\n\r\nrem",
        house.soft, house.port
    );
    let mut stream = TcpStream::connect(("127.0.0.1", house.port)).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let begin = Instant::now();
    let _ = stream.read_to_end(&mut Vec::new()).await;
    assert!(
        (1_500..3_000).contains(&begin.elapsed().as_millis()),
        "{:?}",
        begin.elapsed()
    );
    house.close().await;
}

#[tokio::test]
async fn a_taken_port_is_told_and_never_moved() {
    let house = House::open().await;
    let (mut second, port) = Intake::new(
        house.port,
        None,
        house.phones.clone(),
        Arc::new(TestClock(Instant::now())),
    );
    let never = std::future::pending::<()>().boxed().shared();
    let error = second.run(Box::new(Told::default()), never).await.unwrap_err();
    assert_eq!(
        (error.kind, error.field.as_deref()),
        (Kind::Conflict, Some("intake_port"))
    );
    assert!(error.to_string().contains(&house.port.to_string()), "{error}");
    assert_eq!(port.borrow().port, None);

    let port = house.port;
    house.close().await;
    assert!(
        TcpStream::connect(("127.0.0.1", port)).await.is_err(),
        "after the end nobody listens"
    );
}

#[tokio::test]
async fn the_curl_recipe_works_as_it_is_printed() {
    let Ok(found) = tokio::process::Command::new("curl").arg("--version").output().await else {
        println!("skipped: curl is missing");
        return;
    };
    assert!(found.status.success());
    let house = House::open().await;
    let all = recipes(house.port, &house.desk, "ringside", "");
    let curl = all.iter().find(|recipe| recipe.id == "curl").unwrap();
    let run = tokio::process::Command::new("sh")
        .arg("-c")
        .arg(&curl.lines)
        .output()
        .await
        .unwrap();
    assert!(
        run.status.success() && run.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let event = house.told.take().remove(0);
    let remote = event.remote.unwrap();
    assert_eq!(
        (remote.raw.as_str(), remote.display.as_deref()),
        ("+442079460123", Some("Ada Lovelace"))
    );
    house.close().await;
}

#[test]
fn no_bytes_break_it() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let house = runtime.block_on(House::open());
    let config = ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let piece = prop_oneof![
        any::<Vec<u8>>(),
        "(GET|POST|PUT|\\PC{0,4}) /v1/call(/[0-9a-f]{0,40})?(\\?\\PC{0,60})? HTTP/1\\.[0-9]\r\n"
            .prop_map(String::into_bytes),
        "(Host|Authorization|Content-Type|Content-Length|Transfer-Encoding|\\PC{0,9}): \\PC{0,40}\r\n"
            .prop_map(String::into_bytes),
        Just(
            format!(
                "POST /v1/call/{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n",
                house.desk, house.port
            )
            .into_bytes()
        ),
        Just(b"\r\n".to_vec()),
        "[\\{\\}\\[\\]\":,&=%+a-z0-9]{0,80}".prop_map(String::into_bytes),
    ];
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&prop::collection::vec(piece, 0..8), |pieces| {
        runtime.block_on(async {
            house.raw(&pieces.concat()).await;
        });
        Ok(())
    });
    outcome.unwrap();
    // Still there, and still strict.
    runtime.block_on(async {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        house.told.take();
        assert_eq!(
            house
                .status(&format!("GET /v1/call/{}?remote=201", house.soft), &[], "")
                .await,
            204
        );
        assert_eq!(house.told.take().len(), 1);
        assert!(!house.running.is_finished());
    });
}
