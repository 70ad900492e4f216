//! Answers that break, are huge or lie, and what must never be in an error or a trace.

use std::{sync::Arc, time::Duration};

use ringside_domain::{Connector, Kind, trace::Answer};
use serde_json::json;

use crate::{
    desk::{Desk, KEY, Plan, Steps, draft, entry, kind, named, nobody, number, texts},
    peer::{Instead, Peer},
};

#[tokio::test]
async fn no_answer_breaks_a_lookup() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    desk.connector.check(desk.cx()).await.unwrap();
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (body, found) in [
        ("", Err(Kind::Invalid)),
        ("null", Err(Kind::Invalid)),
        ("\u{feff}{}", Err(Kind::Invalid)),
        (nested.as_str(), Err(Kind::Invalid)),
        ("{}", Ok(0)),
        (r#"{"successful":true,"contact":{"id":1}}"#, Ok(0)),
        (
            r#"{"successful":true,"contact":[[],{},7,"x",{"id":{},"name":"x"},{"id":1,"name":7},{"id":1,"name":"  "}]}"#,
            Ok(0),
        ),
        (
            r#"{"successful":true,"contact":[{"id":1e999,"name":"x"}]}"#,
            Err(Kind::Invalid),
        ),
        (
            r#"{"successful":"no","contact":[{"id":1,"name":"x","type":[],"phone":{},"additionalInfo":7,"email":null}]}"#,
            Ok(1),
        ),
    ] {
        peer.instead("/contact", Instead::of(200, body));
        // With masks of the user's there is one question.
        let asked = number("+12025550142", "###.###.####");
        let answer = desk.connector.find_contact(desk.cx(), asked).await;
        assert_eq!(
            answer.map(|found| found.contacts.len()).map_err(|error| error.kind),
            found,
            "{body:.80}"
        );
    }
    let many: Vec<_> = (0..5_000)
        .map(|id| json!({ "id": id, "name": "Same", "phone": "+12025550142" }))
        .collect();
    peer.instead(
        "/contact",
        Instead::of(200, json!({ "successful": true, "contact": many }).to_string()),
    );
    assert_eq!(
        desk.connector
            .find_contact(desk.cx(), number("+12025550142", ""))
            .await
            .unwrap()
            .contacts
            .len(),
        2_000
    );
    peer.instead("/contact", Instead::of(200, "x".repeat(5 << 20)));
    assert_eq!(
        kind(desk.connector.find_contact(desk.cx(), number("+12025550142", "")).await),
        Kind::Invalid
    );
}

#[tokio::test]
async fn a_slow_server_costs_no_more_than_the_deadline() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    desk.connector.check(desk.cx()).await.unwrap();
    let mut cx = desk.cx();
    cx.deadline = Duration::from_millis(200);
    peer.instead(
        "/contact",
        Instead {
            delay: Duration::from_secs(30),
            ..Instead::of(200, "{}")
        },
    );
    let late = desk
        .connector
        .find_contact(cx.clone(), number("+12025550142", ""))
        .await
        .unwrap_err();
    assert_eq!((late.kind, late.may_have_happened), (Kind::Timeout, false));
    // The deadline is one for all requests of an operation: the second finds nothing left.
    peer.house().tokens.clear();
    peer.instead(
        "/apiKeyLogin",
        Instead {
            delay: Duration::from_secs(30),
            ..Instead::of(200, "{}")
        },
    );
    let before = tokio::time::Instant::now();
    assert_eq!(
        kind(desk.connector.find_contact(cx, number("+12025550142", "")).await),
        Kind::Timeout
    );
    assert!(before.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn hostile_texts_arrive_as_they_were_typed() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    for text in [
        "O'Brien & \"Sons\" #1",
        "a+b=c%20?x",
        "' OR 1=1 --",
        "*",
        "Zoë 🎉\u{202e}",
        "line\r\nbreak",
        &"ä".repeat(5_000),
    ] {
        let found = desk
            .connector
            .find_contact_with_name(desk.cx(), named(text))
            .await
            .unwrap();
        assert!(found.contacts.is_empty());
        let asked = peer.asked("GET", "/custom/contact/search").pop().unwrap();
        assert_eq!((asked.query.len(), asked.value("name")), (1, Some(text)));

        let marker = format!("ringside-{}", peer.house().logs.len());
        desk.connector
            .log_call(
                desk.cx(),
                entry(&nobody("c-1"), &marker, text),
                Arc::new(Steps::default()),
            )
            .await
            .unwrap();
        assert_eq!(peer.asked("POST", "/callLog").pop().unwrap().body["note"], json!(text));
        desk.connector
            .create_contact(desk.cx(), draft(text, "Lead", "+12025550177"))
            .await
            .unwrap();
        assert_eq!(
            peer.asked("POST", "/contact").pop().unwrap().body["newContactName"],
            json!(text)
        );
        peer.house().contacts.truncate(3);
    }
}

#[tokio::test]
async fn nothing_secret_and_nobodys_number_is_in_an_error_or_a_trace() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    desk.connector.check(desk.cx()).await.unwrap();
    let token = desk.token().unwrap();
    // Words are cut and digits in them masked: what is left of a secret is one, too.
    let nowhere = [&token[..40], &KEY[..11], &KEY[12..], "2025550142", "secret note"];
    let call = || entry(&nobody("c-1"), "ringside-abc", "a secret note");
    for path in ["/contact", "/custom/contact/search", "/callLog", "/apiKeyLogin"] {
        for status in [200, 400, 403, 404, 422, 500] {
            let words = format!("Failed for +12025550142, key {KEY}, Bearer {token}.");
            let body = json!({ "successful": false, "error": words, "returnMessage": { "message": words, "details": [{ "items": [{ "text": words }] }] } });
            peer.instead(path, Instead::of(status, body.to_string()));
            let error = match path {
                "/contact" => desk
                    .connector
                    .find_contact(desk.cx(), number("+12025550142", ""))
                    .await
                    .unwrap_err(),
                "/custom/contact/search" => desk
                    .connector
                    .find_contact_with_name(desk.cx(), named("Ada"))
                    .await
                    .unwrap_err(),
                "/callLog" => desk
                    .connector
                    .log_call(desk.cx(), call(), Arc::new(Steps::default()))
                    .await
                    .unwrap_err(),
                _ => desk.connector.check(desk.cx()).await.unwrap_err(),
            };
            let said = texts(&error);
            for never in nowhere {
                assert!(!said.contains(never), "{path} {status}: {said}");
            }
        }
    }
    for step in desk.trace.0.lock().unwrap().iter() {
        let told = match &step.answer {
            Answer::Failed { message, .. } => message.clone(),
            Answer::Skipped { reason } | Answer::Odd { reason } => reason.clone(),
            Answer::Found { .. } => String::new(),
        };
        assert!(!format!("{} {told}", step.request).contains("555"), "{step:?}");
        assert!(!nowhere.iter().any(|never| told.contains(never)), "{told}");
    }
    assert_eq!(format!("{:?}", desk.connector), "AppConnect(ac)");
}

#[tokio::test]
async fn dropping_a_lookup_ends_its_request() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    desk.connector.check(desk.cx()).await.unwrap();
    peer.instead(
        "/contact",
        Instead {
            delay: Duration::from_secs(30),
            ..Instead::of(200, "{}")
        },
    );
    let asking = desk.connector.find_contact(desk.cx(), number("+12025550142", ""));
    assert!(tokio::time::timeout(Duration::from_millis(200), asking).await.is_err());
    // Nothing of it is left in the way of the next one.
    assert_eq!(
        desk.connector
            .find_contact(desk.cx(), number("+12025550142", ""))
            .await
            .unwrap()
            .contacts
            .len(),
        2
    );
}

/// The rule "open the record when it rings" would open it in the browser of whoever is called.
#[tokio::test]
async fn no_record_lies_in_the_persons_own_network() {
    for (page, opens) in [
        ("https://crm.example.com/{contactId}", true),
        ("https://192.168.1.1/{contactId}", false),
        ("https://router.lan/{contactId}", false),
        // The server that the person typed.
        ("https://127.0.0.1/{contactId}", true),
    ] {
        let peer = Peer::start().await;
        peer.house().manifest["platforms"]["testCRM"]["contactPageUrl"] = json!(page);
        let desk = Desk::new(Plan::of(&peer.url)).await;
        let found = desk
            .connector
            .find_contact(desk.cx(), number("+12025550142", ""))
            .await
            .unwrap();
        let url = found.contacts[0].url.as_deref();
        assert_eq!(url.is_some(), opens, "{page}: {url:?}");
    }
}
