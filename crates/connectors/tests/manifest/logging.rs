//! Log a call in steps, go on after a crash, change a log, find it again, and ask what the CRM wants to know.

use std::{sync::Arc, time::Duration};

use ringside_domain::{
    CallLogEntry, Connector, Kind, LogRef, Timestamp,
    log::{LOG_ID, LOG_STEP},
};
use serde_json::json;

use crate::support::*;

const CRM: &str = include_str!("crm.toml");

fn fine(sent: &Sent, _: usize) -> Reply {
    match sent.line.as_str() {
        "POST https://crm.example.com/calls?trail=key-4711-secret" => status(201, json!({ "id": 44 })),
        line if line.starts_with("GET") => ok(json!([{ "person": { "id": 70 } }])),
        line if line.starts_with("PUT") => status(204, json!(null)),
        line if line.starts_with("PATCH") => ok(json!({})),
        other => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn every_step_is_told_before_and_after() {
    let desk = desk_with(CRM, known_account(), setup(), fine);
    let journal = Arc::new(Journal::default());
    let receipt = desk
        .connector
        .log_call(desk.cx(5), call(), journal.clone())
        .await
        .unwrap();
    assert_eq!(
        receipt.log,
        LogRef {
            id: "44".into(),
            url: None
        }
    );
    assert_eq!(
        journal.said(),
        ["begin log", "done log log_id=44", "begin link", "done link"]
    );
    assert_eq!(
        desk.crm.lines(),
        [
            "POST /calls?trail=key-4711-secret",
            "GET /calls/44/people?trail=key-4711-secret",
            "PUT /calls/44/people/7?trail=key-4711-secret",
        ]
    );
    assert_eq!(
        desk.crm.sent()[0].body,
        json!({
            "subject": "Inbound call with Anna Meier",
            "body": "Wants an offer\n\nInbound call, 3 min 20 s, answered\nringside-abc",
            "seconds": 200,
            "direction": "in",
            "zone": "Europe/Berlin",
            "from": "+12025550123",
            "to": null,
            "matter": "7",
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_that_only_reads_before_the_log_is_asked_each_time_and_told_to_nobody() {
    let first = "[[log_call.steps]]\nname = \"look\"\ncapture = { first = \"[0].person.id\" }\n\n[log_call.steps.request]\npath = \
                 \"/look\"\n\n[[log_call.steps]]\nname = \"log\"";
    let text = CRM.replacen("[[log_call.steps]]\nname = \"log\"", first, 1);
    assert_ne!(text, CRM);
    for known in [false, true] {
        let desk = desk_with(&text, known_account(), setup(), fine);
        let journal = Arc::new(Journal::default());
        if known {
            let captures = vec![(LOG_ID.to_owned(), "44".to_owned())];
            journal.known.lock().unwrap().insert(LOG_STEP.to_owned(), captures);
        }
        let receipt = desk
            .connector
            .log_call(desk.cx(5), call(), journal.clone())
            .await
            .unwrap();
        assert_eq!(receipt.log.id, "44");
        let log: &[&str] = if known {
            &[]
        } else {
            &["begin log", "done log log_id=44"]
        };
        assert_eq!(journal.said(), [log, &["begin link", "done link"]].concat());
        let lines = desk.crm.lines();
        assert_eq!(lines[0], "GET /look?trail=key-4711-secret");
        assert_eq!(lines.iter().any(|line| line.starts_with("POST")), !known);
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_answer_is_known_is_never_sent_again() {
    let desk = desk_with(CRM, known_account(), setup(), fine);
    let journal = Arc::new(Journal::default());
    let captures = vec![(LOG_ID.to_owned(), "99".to_owned())];
    journal.known.lock().unwrap().insert(LOG_STEP.to_owned(), captures);
    let receipt = desk
        .connector
        .log_call(desk.cx(5), call(), journal.clone())
        .await
        .unwrap();
    assert_eq!(receipt.log.id, "99");
    assert_eq!(journal.said(), ["begin link", "done link"]);
    assert_eq!(
        desk.crm.lines(),
        [
            "GET /calls/99/people?trail=key-4711-secret",
            "PUT /calls/99/people/7?trail=key-4711-secret"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_that_finds_itself_done_is_not_sent() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, place| {
        match sent.line.starts_with("GET") {
            true => ok(json!([{ "person": { "id": 6 } }, { "person": { "id": 7 } }])),
            false => fine(sent, place),
        }
    });
    let journal = Arc::new(Journal::default());
    desk.connector
        .log_call(desk.cx(5), call(), journal.clone())
        .await
        .unwrap();
    assert_eq!(journal.said(), ["begin log", "done log log_id=44", "done link"]);
    assert_eq!(desk.crm.lines().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_is_lost_is_no_write_that_may_have_happened() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, place| {
        match sent.line.starts_with("GET") {
            true => lost(),
            false => fine(sent, place),
        }
    });
    let journal = Arc::new(Journal::default());
    let error = desk
        .connector
        .log_call(desk.cx(5), call(), journal.clone())
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (Kind::Timeout, false));
    assert_eq!(journal.said(), ["begin log", "done log log_id=44"]);
}

#[tokio::test(start_paused = true)]
async fn a_later_step_that_fails_leaves_the_first_one_answered() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, place| {
        match sent.line.starts_with("PUT") {
            true => status(422, json!({ "message": "Person is archived" })),
            false => fine(sent, place),
        }
    });
    let journal = Arc::new(Journal::default());
    let error = desk
        .connector
        .log_call(desk.cx(5), call(), journal.clone())
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (Kind::Invalid, false));
    assert_eq!(
        journal.said(),
        ["begin log", "done log log_id=44", "begin link", "not done link"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_note_is_cut_and_keeps_its_marker() {
    let desk = desk_with(CRM, known_account(), setup(), fine);
    let entry = CallLogEntry {
        note: "ü".repeat(5_000),
        duration: None,
        ..call()
    };
    desk.connector
        .log_call(desk.cx(5), entry, Arc::new(Journal::default()))
        .await
        .unwrap();
    let sent = &desk.crm.sent()[0];
    let body = sent.body["body"].as_str().unwrap();
    assert_eq!(body.chars().count(), 200);
    assert!(
        body.contains("… (cut)") && body.ends_with("duration unknown, answered\nringside-abc"),
        "{body}"
    );
    assert_eq!(sent.body["seconds"], json!(null), "unknown is never a guess");
}

#[tokio::test(start_paused = true)]
async fn a_log_is_changed_and_moved() {
    let desk = desk_with(CRM, known_account(), setup(), fine);
    let log = LogRef {
        id: "44".into(),
        url: None,
    };
    let entry = CallLogEntry {
        contact: at("Person", "8"),
        ..call()
    };
    let receipt = desk.connector.update_log(desk.cx(5), log, entry).await.unwrap();
    assert_eq!(receipt.log.id, "44");
    assert_eq!(receipt.log.url.as_deref(), Some("https://crm.example.com/app/call/44"));
    assert_eq!(desk.crm.lines(), ["PATCH /calls/44?trail=key-4711-secret"]);
    assert_eq!(desk.crm.sent()[0].body["person"], "8");
}

#[tokio::test(start_paused = true)]
async fn a_lost_change_may_have_happened() {
    let desk = desk_with(CRM, known_account(), setup(), |_, _| lost());
    let log = LogRef {
        id: "44".into(),
        url: None,
    };
    let error = desk.connector.update_log(desk.cx(5), log, call()).await.unwrap_err();
    assert!(error.may_have_happened);
}

#[tokio::test(start_paused = true)]
async fn logs_are_found_by_their_marker_and_only_those_that_bear_it() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| {
        assert!(sent.line.contains("/calls?q=ringside-abc&"), "{}", sent.line);
        ok(json!({ "items": [
            { "id": 1, "body": "note\nringside-abc" },
            { "id": 2, "body": "ringside-abd" },
            { "id": 3 },
            { "id": 1, "body": "ringside-abc" },
            { "id": 4, "body": "<p>ringside-abc</p>" },
        ] }))
    });
    let logs = desk.connector.find_log(desk.cx(5), call()).await.unwrap();
    let ids: Vec<_> = logs.iter().map(|log| log.id.as_str()).collect();
    assert_eq!(ids, ["1", "4"]);
}

#[tokio::test(start_paused = true)]
async fn of_a_list_that_is_cut_nobody_says_that_the_log_is_not_there() {
    let old = "answer = { list = \"items\" }\nid = \"id\"\ntext = \"body\"";
    let paged = old.replace(
        " }",
        ", paging = { kind = \"offset\", parameter = \"skip\", size = 2, max_pages = 3 } }",
    );
    assert_eq!(CRM.matches(old).count(), 1);
    let manifest = CRM.replace(old, &paged);
    // So many calls lie there, and this one bears the marker.
    for (calls, marked, expected) in [
        (6, Some(5), Some(1)),
        (5, None, Some(0)),
        (6, None, None),
        (9, Some(7), None),
    ] {
        let desk = desk_with(&manifest, known_account(), setup(), move |sent, _| {
            let skip = sent.line.split_once("skip=").map_or("0", |(_, skip)| skip);
            let skip: usize = skip.split('&').next().unwrap().parse().unwrap();
            let body = |id| if Some(id) == marked { "ringside-abc" } else { "another" };
            let page = (skip..calls).take(2).map(|id| json!({ "id": id, "body": body(id) }));
            ok(json!({ "items": page.collect::<Vec<_>>() }))
        });
        let answer = desk.connector.find_log(desk.cx(5), call()).await;
        assert_eq!(desk.crm.lines().len(), 3, "{calls} calls");
        match (expected, answer) {
            (Some(expected), answer) => assert_eq!(answer.unwrap().len(), expected, "{calls} calls"),
            (None, Ok(logs)) => panic!("{calls} calls, and not all were read: {logs:?}"),
            (None, Err(error)) => {
                assert!(error.message.contains("first 6") && error.hint.is_some(), "{error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn choices_come_from_all_pages_and_hold_for_a_day() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| match sent.line.as_str() {
        line if line.contains("page=2") => ok(json!({ "items": [{ "id": 9, "title": "Nine" }] })),
        _ => ok(json!({ "items": [{ "id": 7, "title": "Seven" }, { "id": 8, "title": null }] })),
    });
    let fields = desk.connector.log_fields(desk.cx(5), at("Person", "7")).await.unwrap();
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].default.as_deref(), Some("7"));
    let options: Vec<_> = fields[0]
        .options
        .iter()
        .map(|option| (option.value.as_str(), option.label.as_str()))
        .collect();
    assert_eq!(options, [("7", "Seven"), ("8", "8"), ("9", "Nine")]);
    assert_eq!(desk.crm.lines().len(), 2);

    assert_eq!(
        desk.connector.log_fields(desk.cx(5), at("Person", "8")).await.unwrap(),
        fields
    );
    assert_eq!(desk.crm.lines().len(), 2, "asked once");
    *desk.clock.0.lock().unwrap() = Timestamp(1_790_000_000_000).plus(Duration::from_secs(25 * 60 * 60));
    desk.connector.log_fields(desk.cx(5), at("Person", "7")).await.unwrap();
    assert_eq!(desk.crm.lines().len(), 4, "a day later again");
    assert!(
        desk.connector
            .log_fields(desk.cx(5), at("Firm", "7"))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn two_runs_send_the_same_bytes() {
    let desk = || desk_with(CRM, known_account(), setup(), fine);
    let (one, other) = (desk(), desk());
    for desk in [&one, &other] {
        desk.connector
            .log_call(desk.cx(5), call(), Arc::new(Journal::default()))
            .await
            .unwrap();
    }
    let shown = |desk: &Desk| format!("{:?}", desk.crm.sent());
    assert_eq!(shown(&one), shown(&other));
}
