//! Owning a profile, and the socket of its owner: what clients, strangers and broken programs may send.
#![allow(clippy::unwrap_used, clippy::panic)]
#![cfg(unix)]

mod support;

use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use ringside_app::{Client, Events, Start};
use ringside_ipc::{
    Api as _, Event,
    call::{CallDto, CallFilterDto, CallStateDto, CallsPageDto, ReportDto, ReportState},
    command::{CallArgs, NoteArgs, Nothing, ReportedDto, SnapshotDto},
    status::{HelloDto, RoleDto},
};
use serde_json::{Value, json};
use support::{House, until};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::UnixStream,
};

async fn raw(house: &House) -> BufReader<UnixStream> {
    BufReader::new(UnixStream::connect(house.folders.socket()).await.unwrap())
}

async fn line(stream: &mut BufReader<UnixStream>) -> Value {
    let mut text = String::new();
    tokio::time::timeout(Duration::from_secs(5), stream.read_line(&mut text))
        .await
        .unwrap()
        .unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text:?}"))
}

fn ringing(from: &str) -> ReportDto {
    ReportDto {
        from: Some(from.to_owned()),
        ..ReportDto::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_owner_is_a_client() {
    let house = House::new();
    let app = house.own().await;
    assert_eq!(
        std::fs::metadata(house.folders.socket()).unwrap().permissions().mode() & 0o777,
        0o600
    );
    for role in [RoleDto::App, RoleDto::CommandLine] {
        let Start::Taken(client) = ringside_app::start(house.options(role)).await.unwrap() else {
            panic!("two owners")
        };
        let hello: HelloDto = client.ask("hello", Nothing {}).await.unwrap();
        assert_eq!(
            (hello.role, hello.profile.as_str(), hello.pid),
            (RoleDto::App, "test", std::process::id())
        );
    }
    app.stop().await;
    assert!(Client::connect(&house.folders).await.unwrap().is_none());
    house.own().await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_hands_over_to_the_app() {
    let house = House::new();
    let Start::Owner(cli) = ringside_app::start(house.options(RoleDto::CommandLine)).await.unwrap() else {
        panic!()
    };
    let hello = cli.hello(Nothing {}).await.unwrap();
    assert_eq!(hello.role, RoleDto::CommandLine);
    let error = cli.report(ringing("+1 202 555 0142")).await.unwrap_err();
    assert_eq!(error.code, "unavailable", "a call needs somebody who stays");
    let leaving = cli.clone();
    let ends = tokio::spawn(async move {
        leaving.quit_requested().await;
        // The command that was just running ends first.
        tokio::time::sleep(Duration::from_millis(200)).await;
        leaving.stop().await;
    });
    let app = house.own().await;
    ends.await.unwrap();
    assert_eq!(app.hello(Nothing {}).await.unwrap().role, RoleDto::App);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_does_not_let_go_is_an_error_with_words() {
    let house = House::new();
    let Start::Owner(cli) = ringside_app::start(house.options(RoleDto::CommandLine)).await.unwrap() else {
        panic!()
    };
    let began = std::time::Instant::now();
    let error = ringside_app::start(house.options(RoleDto::App)).await.err().unwrap();
    assert_eq!(error.kind.code(), "conflict");
    assert!(error.hint.is_some());
    assert!(began.elapsed().as_secs() >= 8, "it was given its time");
    cli.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_answered_by_their_ids_and_events_stream() {
    let house = House::new();
    let app = house.own().await;
    let mut listener = raw(&house).await;
    listener
        .write_all(b"{\"id\":7,\"command\":\"subscribe\"}\n")
        .await
        .unwrap();
    assert_eq!(line(&mut listener).await, json!({"id": 7, "ok": {}}));

    let mut asker = raw(&house).await;
    asker
        .write_all(b"\n{\"id\":1,\"command\":\"report\",\"args\":{\"from\":\"+44 20 7946 0123\"}}\n")
        .await
        .unwrap();
    let told = line(&mut asker).await;
    let call = told["ok"]["call"].as_str().unwrap().to_owned();
    let heard = line(&mut listener).await;
    assert_eq!(heard["event"]["kind"], "heard");
    assert_eq!(heard["event"]["heard"]["call"], call.as_str());
    let event = line(&mut listener).await;
    assert_eq!(event["event"]["kind"], "call");
    assert_eq!(event["event"]["call"]["id"], call.as_str());

    let client = Client::connect(&house.folders).await.unwrap().unwrap();
    let noted = NoteArgs {
        call: call.clone(),
        note: "rang".to_owned(),
        outcome: None,
    };
    let shown: CallDto = client.ask("note", noted).await.unwrap();
    assert_eq!(shown.note, "rang");
    assert_eq!(shown.caller.e164.as_deref(), Some("+442079460123"));
    assert!(shown.unverified, "anybody on this machine could have said so");
    app.stop().await;

    // The note is in the journal, and the call that nobody ended is over.
    let app = house.own().await;
    let page: CallsPageDto = app.calls(CallFilterDto::default()).await.unwrap();
    assert_eq!(page.calls.len(), 1);
    assert_eq!((page.calls[0].note.as_str(), page.calls[0].is_over), ("rang", true));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_answered_and_harms_nobody() {
    let house = House::new();
    let app = house.own().await;
    let mut stream = raw(&house).await;
    let garbage: [&[u8]; 8] = [
        b"hello\n",
        b"{}\n",
        b"[1,2]\n",
        b"\xff\xfe\x00\n",
        b"{\"id\":-1,\"command\":\"hello\"}\n",
        b"{\"id\":1,\"command\":7}\n",
        b"{\"id\":18446744073709551616,\"command\":\"hello\"}\n",
        b"null\n",
    ];
    for text in garbage {
        stream.write_all(text).await.unwrap();
        assert_eq!(line(&mut stream).await["error"]["code"], "bad_command", "{text:?}");
    }
    for (command, args) in [
        ("nonsense", json!({})),
        ("call", json!({})),
        ("call", json!([])),
        ("call", json!({"call": 5})),
        ("note", json!({"call": "x", "note": "n", "outcome": "great"})),
        ("quit", json!({"now": true})),
    ] {
        let request = json!({"id": 3, "command": command, "args": args}).to_string() + "\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = line(&mut stream).await;
        assert_eq!(
            (&answer["id"], &answer["error"]["code"]),
            (&json!(3), &json!("bad_command")),
            "{command}: {answer}"
        );
    }
    for (command, args) in [
        ("call", json!({"call": "x"})),
        ("settle", json!({"call": "x", "write": "y", "decision": "drop"})),
    ] {
        let request = json!({"id": 4, "command": command, "args": args}).to_string() + "\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(line(&mut stream).await["error"]["code"], "invalid", "{command}");
    }
    // A wrong value is not repeated: it may be somebody's number.
    stream
        .write_all(b"{\"id\":5,\"command\":\"report\",\"args\":{\"state\":\"+12025550142\"}}\n")
        .await
        .unwrap();
    let answer = line(&mut stream).await.to_string();
    assert!(
        answer.contains("bad_command") && !answer.contains("2025550142"),
        "{answer}"
    );
    stream.write_all(b"{\"id\":6,\"command\":\"hello\"}\n").await.unwrap();
    assert_eq!(line(&mut stream).await["ok"]["profile"], "test");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_without_end_is_cut_off_and_others_go_on() {
    let house = House::new();
    let app = house.own().await;
    let mut endless = raw(&house).await;
    let chunk = vec![b'x'; 64 * 1024];
    for _ in 0..600 {
        if endless.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let mut rest = String::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), endless.read_to_string(&mut rest))
        .await
        .unwrap();
    assert!(rest.is_empty() || rest.contains("longer than 32 megabytes"), "{rest}");
    let client = Client::connect(&house.folders).await.unwrap().unwrap();
    let _: SnapshotDto = client.ask("snapshot", Nothing {}).await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_does_not_read_is_dropped_and_the_owner_goes_on() {
    let house = House::new();
    let app = house.own().await;
    let mut deaf = raw(&house).await;
    deaf.write_all(b"{\"id\":1,\"command\":\"subscribe\"}\n").await.unwrap();
    line(&mut deaf).await;
    let reported = app.report(ringing("+44 20 7946 0123")).await.unwrap();
    let call = reported.call.unwrap();
    // Each note is an event of about ten kilobytes; nobody reads any of them.
    for count in 0..2_000 {
        let note = format!("{count} {}", "n".repeat(10_000));
        app.note(NoteArgs {
            call: call.clone(),
            note,
            outcome: None,
        })
        .await
        .unwrap();
    }
    let mut rest = Vec::new();
    tokio::time::timeout(Duration::from_secs(20), deaf.read_to_end(&mut rest))
        .await
        .expect("dropped")
        .unwrap();
    assert!(rest.len() < 20_000_000);
    let shown = app.call(CallArgs { call }).await.unwrap();
    assert!(shown.note.starts_with("1999 "));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_at_once_make_one_call() {
    let house = House::new();
    let app = house.own().await;
    let ask = |state: Option<ReportState>| {
        let folders = house.folders.clone();
        async move {
            let client = Client::connect(&folders).await.unwrap().unwrap();
            let report = ReportDto {
                state,
                call_id: Some("a84b4c76e66710@pbx.example.com".to_owned()),
                ..ringing("+44 20 7946 0123")
            };
            let told: ReportedDto = client.ask("report", report).await.unwrap();
            told.call.unwrap()
        }
    };
    let first = ask(None).await;
    let asked: Vec<_> = (0..20).map(|_| tokio::spawn(ask(Some(ReportState::Ringing)))).collect();
    for one in asked {
        assert_eq!(one.await.unwrap(), first);
    }
    ask(Some(ReportState::Ended)).await;
    until("the call is over", || async {
        app.calls(CallFilterDto::default()).await.unwrap().calls[0].is_over
    })
    .await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_told_even_of_a_call_that_was_over_at_once() {
    let house = House::new();
    let app = house.own().await;
    let mut events = Events::open(&house.folders).await.unwrap().unwrap();
    let states = [ReportState::Ringing, ReportState::Answered, ReportState::Ended];
    for (index, state) in states.into_iter().enumerate() {
        let report = ReportDto {
            call_id: Some("7".to_owned()),
            state: Some(state),
            ..if index == 2 {
                ReportDto::default()
            } else {
                ringing("+44 20 7946 0123")
            }
        };
        app.report(report).await.unwrap();
    }
    let mut heard = Vec::new();
    while heard.len() < 3 {
        let next = tokio::time::timeout(Duration::from_secs(5), events.next())
            .await
            .unwrap();
        if let Event::Heard { heard: one } = next.unwrap().unwrap() {
            heard.push(*one);
        }
    }
    let told: Vec<_> = heard.iter().map(|one| (one.change, one.state.unwrap())).collect();
    let same = |state| (state, state);
    assert_eq!(
        told,
        [CallStateDto::Ringing, CallStateDto::Answered, CallStateDto::Completed].map(same)
    );
    assert!(
        heard
            .iter()
            .all(|one| one.source == "ring" && one.call == heard[0].call)
    );
    assert_eq!(heard[0].caller.as_ref().unwrap().e164.as_deref(), Some("+442079460123"));
    assert_eq!((heard[2].caller.as_ref(), heard[2].trusted), (None, false));
    app.stop().await;
}

/// One thread: nobody takes anything up while the calls come in.
#[tokio::test]
async fn who_missed_events_is_told_so_and_can_ask_for_the_calls_since() {
    let house = House::new();
    let app = house.own().await;
    let call = app.report(ringing("+44 20 7946 0111")).await.unwrap().call.unwrap();
    let began = app.call(CallArgs { call }).await.unwrap().started;
    let mut events = app.events();
    for call in 0..3_000 {
        for state in [ReportState::Ringing, ReportState::Ended] {
            let report = ReportDto {
                call_id: Some(call.to_string()),
                state: Some(state),
                ..ringing("+44 20 7946 0123")
            };
            app.report(report).await.unwrap();
        }
    }
    let behind = async { while events.recv().await.unwrap() != Event::Behind {} };
    tokio::time::timeout(Duration::from_secs(20), behind).await.unwrap();

    until("a missed call is counted", || async {
        app.status_now().await.missed > 0
    })
    .await;
    let missed = app.status_now().await.missed;
    let since = |since: i64| CallFilterDto {
        since: Some(since),
        limit: Some(500),
        ..CallFilterDto::default()
    };
    let page = app.calls(since(began)).await.unwrap();
    assert_eq!((page.calls.len(), page.more), (500, true));
    let newest = page.calls[0].started;
    let later = app.calls(since(newest)).await.unwrap();
    // The id of a call is a moment younger than its beginning.
    let young = |started: i64| started >= newest - 1_000;
    assert!(!later.calls.is_empty() && later.calls.iter().all(|call| young(call.started)));
    let none = app.calls(since(newest + 60_000)).await.unwrap();
    assert_eq!((none.calls, none.more), (Vec::new(), false));
    app.calls(CallFilterDto::default()).await.unwrap();
    assert!(app.status_now().await.missed >= missed, "nobody has looked at the list");
    app.stop().await;
}
