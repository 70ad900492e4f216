//! What a CRM's no means: kind, advice, words, and whether a write may have happened.

use std::{sync::Arc, time::Duration};

use ringside_domain::{Connector, Error, Kind, Retry};
use serde_json::{Value, json};

use crate::support::*;

const CRM: &str = include_str!("crm.toml");

async fn reading(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Error {
    let desk = desk_with(CRM, known_account(), setup(), move |_, _| reply());
    desk.connector
        .get_contact(desk.cx(5), at("Person", "7"))
        .await
        .unwrap_err()
}

async fn writing(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Error, Vec<String>) {
    let desk = desk_with(CRM, known_account(), setup(), move |_, _| reply());
    let journal = Arc::new(Journal::default());
    let error = desk
        .connector
        .log_call(desk.cx(5), call(), journal.clone())
        .await
        .unwrap_err();
    (error, journal.said())
}

#[tokio::test(start_paused = true)]
async fn each_status_has_its_meaning_and_a_write_is_marked_where_it_may_have_happened() {
    let cases = [
        (400, Kind::Invalid, Retry::Never, false),
        (402, Kind::RateLimited, Retry::After(Duration::from_secs(7200)), false),
        (401, Kind::SignInNeeded, Retry::AfterPerson, false),
        (403, Kind::Forbidden, Retry::AfterPerson, false),
        (404, Kind::NotFound, Retry::Never, false),
        (405, Kind::Internal, Retry::Never, false),
        (408, Kind::Unavailable, Retry::Later, true),
        (409, Kind::Conflict, Retry::Never, false),
        (410, Kind::NotFound, Retry::Never, false),
        (413, Kind::Invalid, Retry::Never, false),
        (415, Kind::Internal, Retry::Never, false),
        (422, Kind::Invalid, Retry::Never, false),
        (302, Kind::Unavailable, Retry::Never, false),
        (500, Kind::Unavailable, Retry::Later, true),
        (503, Kind::Unavailable, Retry::Later, true),
        (504, Kind::Unavailable, Retry::Later, true),
    ];
    for (code, kind, retry, may_have_happened) in cases {
        let error = reading(move || status(code, json!(null))).await;
        assert_eq!(
            (error.kind, error.retry, error.may_have_happened),
            (kind, retry, false),
            "GET {code}"
        );
        let (error, said) = writing(move || status(code, json!(null))).await;
        assert_eq!(
            (error.kind, error.retry, error.may_have_happened),
            (kind, retry, may_have_happened),
            "POST {code}"
        );
        let journal: &[&str] = if may_have_happened {
            &["begin log"]
        } else {
            &["begin log", "not done log"]
        };
        assert_eq!(said, journal, "POST {code}");
        assert!(
            error.message.contains("Testa") && !error.message.ends_with('.'),
            "{}",
            error.message
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_when_to_come_back_did_nothing() {
    let (error, said) = writing(|| status(503, json!(null)).header("retry-after", 40)).await;
    assert_eq!(
        (error.retry, error.may_have_happened),
        (Retry::After(Duration::from_secs(40)), false)
    );
    assert_eq!(said, ["begin log", "not done log"]);
    let error = reading(|| {
        status(429, json!(null))
            .header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
            .header("retry-after", "Sun, 06 Nov 1994 08:59:37 GMT")
    });
    assert_eq!(error.await.retry, Retry::After(Duration::from_secs(600)));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_may_have_happened_and_a_lost_question_did_not() {
    let (error, said) = writing(lost).await;
    assert_eq!((error.kind, error.may_have_happened), (Kind::Timeout, true));
    assert_eq!(said, ["begin log"]);
    assert!(!reading(lost).await.may_have_happened);
}

#[tokio::test(start_paused = true)]
async fn garbage_where_json_should_be_is_said_and_a_write_that_got_it_is_unsure() {
    let page = || text(200, "<html>Please log in</html>");
    let error = reading(page).await;
    assert_eq!((error.kind, error.retry), (Kind::Unavailable, Retry::Never));
    assert_eq!(
        error.message,
        "Testa's address answered with a web page, not with its API"
    );
    assert!(error.hint.unwrap().contains("address"));
    let other = reading(|| text(200, "OK")).await;
    assert_eq!(other.message, "Testa answered with something that is not JSON");
    let (error, said) = writing(page).await;
    assert!(error.may_have_happened);
    assert_eq!(said, ["begin log"]);
}

#[tokio::test(start_paused = true)]
async fn a_yes_without_the_id_of_the_log_is_unsure() {
    for body in [json!({}), json!({ "id": null }), json!([]), json!("fine"), json!(null)] {
        let (error, said) = writing(move || ok(body.clone())).await;
        assert!(error.may_have_happened, "{error}");
        assert!(error.message.contains("log_id"), "{error}");
        assert_eq!(said, ["begin log"]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_crms_own_words_are_shown_without_numbers_secrets_and_noise() {
    let cases = [
        (json!({ "message": "Name is required." }), "Testa: Name is required"),
        (
            json!({ "message": "bad\u{0}\nkey key-4711-secret" }),
            "Testa: bad key …",
        ),
        (
            json!({ "message": "no (202) 555-0123 here" }),
            "Testa: no (•••) •••-•••• here",
        ),
        (json!({ "error": { "message": ["a", "b"] } }), "Testa: a"),
        (
            json!({ "error": { "message": { "a": 1 } } }),
            "Testa refused what was sent (it answered 422)",
        ),
        (json!({ "message": 12 }), "Testa: 12"),
        (json!("just text"), "Testa refused what was sent (it answered 422)"),
    ];
    for (body, words) in cases {
        let error = reading(move || status(422, body.clone())).await;
        assert_eq!(error.message, words);
    }
    let long: Value = json!({ "message": "x".repeat(100_000) });
    let error = reading(move || status(400, long.clone())).await;
    assert!(error.message.len() < 300);
}

#[tokio::test(start_paused = true)]
async fn a_refused_field_has_the_dialogs_name() {
    let body =
        json!({ "error": { "fields": [{ "name": "phone_number", "text": "is not a number" }], "message": "Invalid" } });
    let error = reading(move || status(400, body.clone())).await;
    assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, Some("number")));
    assert_eq!(error.message, "Testa: is not a number");
}

#[tokio::test(start_paused = true)]
async fn errors_inside_a_yes_are_errors() {
    let strict = CRM.replace(
        "[get_contact]\n",
        "[get_contact]\nanswer = { ok_when = \"ok\", list = \"item\" }\n",
    );
    let answers = |body: Value| move |_: &Sent, _: usize| ok(body.clone());
    let desk = desk_with(
        &strict,
        known_account(),
        setup(),
        answers(json!({ "ok": true, "item": person("7", "Anna", "1") })),
    );
    assert_eq!(
        desk.connector
            .get_contact(desk.cx(5), at("Person", "7"))
            .await
            .unwrap()
            .name,
        "Anna"
    );
    let desk = desk_with(
        &strict,
        known_account(),
        setup(),
        answers(json!({ "ok": false, "message": "No such module" })),
    );
    let error = desk
        .connector
        .get_contact(desk.cx(5), at("Person", "7"))
        .await
        .unwrap_err();
    assert_eq!((error.kind, &*error.message), (Kind::Invalid, "Testa: No such module"));
}

#[tokio::test(start_paused = true)]
async fn hostile_answers_never_panic() {
    let deep = "[".repeat(100_000);
    let bodies: Vec<String> = vec![
        "null".into(),
        "0".into(),
        "\"\"".into(),
        "[[[[]]]]".into(),
        r#"{"items":7}"#.into(),
        r#"{"items":{"a":[]}}"#.into(),
        r#"{"items":[{"id":{},"name":[],"phone":{"x":1}}]}"#.into(),
        r#"{"items":[{"id":1e400,"name":true,"phone":[1,2,null]}]}"#.into(),
        format!(r#"{{"items":[{{"id":"{}","name":"x"}}]}}"#, "9".repeat(100_000)),
        deep,
        "\u{feff}{}".into(),
        String::from_utf8_lossy(&[0xff, 0xfe, 0x00]).into_owned(),
    ];
    for body in bodies {
        let shown: String = body.chars().take(40).collect();
        let desk = desk_with(CRM, known_account(), setup(), move |_, _| text(200, &body));
        let _ = desk.connector.find_contact(desk.cx(5), number()).await;
        let _ = desk.connector.find_contact_with_name(desk.cx(5), query()).await;
        let _ = desk.connector.get_contact(desk.cx(5), at("Person", "7")).await;
        let _ = desk.connector.find_log(desk.cx(5), call()).await;
        let _ = desk.connector.check(desk.cx(5)).await;
        let logged = desk
            .connector
            .log_call(desk.cx(5), call(), Arc::new(Journal::default()))
            .await;
        assert!(logged.is_err(), "{shown}");
    }
}

fn query() -> ringside_domain::connector::NameQuery {
    ringside_domain::connector::NameQuery {
        text: "Anna".into(),
        types: Vec::new(),
        company: None,
        limit: 5,
    }
}
