use std::sync::Arc;

use serde_json::{Value, json};

use super::{anna, client};
use crate::crm::{
    FakeCrm, Knobs, Planted,
    close::{self, Close},
};

fn text(kind: &str, field: &str, mode: &str, value: &str) -> Value {
    json!({
        "type": "field_condition", "field": { "type": "regular_field", "object_type": kind, "field_name": field },
        "condition": { "type": "text", "mode": mode, "value": value },
    })
}

fn phone(value: &str) -> Value {
    json!({
        "type": "has_related", "this_object_type": "contact", "related_object_type": "contact_phone",
        "related_query": text("contact_phone", "phone", "phrase", value),
    })
}

pub(super) async fn is_strict() {
    let crm = FakeCrm::start(Arc::new(Close), Knobs::default()).await;
    let id = crm.plant(&Planted {
        numbers: vec!["+14155550101".into(), "(415) 555-0100".into()],
        ..anna("contact")
    });
    let (lead, contact) = id.split_once('-').unwrap();
    let send = async |method: &str, path: &str, body: Value| -> (u16, Value) {
        let method = method.parse().unwrap();
        let asking = client().request(method, format!("{}/api/v1{path}", crm.origin()));
        let sent = asking
            .basic_auth(close::KEY, Some(""))
            .json(&body)
            .send()
            .await
            .unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap_or_default())
    };
    let find = async |condition: Value| {
        let queries = json!([{ "type": "object_type", "object_type": "contact" }, condition]);
        let body = json!({ "query": { "type": "and", "queries": queries } });
        let (status, body) = send("POST", "/data/search/", body).await;
        (status, body["data"].as_array().map(Vec::len))
    };
    for (condition, hits) in [
        (phone("+14155550101"), 1),
        (phone("4155550101"), 0),
        (phone("(415) 555-0101"), 0),
        (phone("415-555-0100"), 1),
        (phone("4155550100"), 0),
        (text("contact", "name", "full_words", "EXAMPLE anna"), 1),
        (text("contact", "name", "phrase", "example anna"), 0),
        (text("contact", "name", "full_words", "Ann"), 0),
        (text("contact", "name", "full_words", "Anna OR x"), 0),
        (text("contact", "name", "full_words", "%%"), 0),
    ] {
        assert_eq!(find(condition.clone()).await, (200, Some(hits)), "{condition}");
    }
    for condition in [
        text("contact", "phone", "phrase", "1"),
        text("lead", "name", "phrase", "1"),
        text("contact", "name", "sounds_like", "1"),
        text("contact", "name", "phrase", ""),
        json!({ "type": "has_related", "this_object_type": "lead", "related_object_type": "contact_phone", "related_query": {} }),
        json!({ "type": "text", "value": "1" }),
    ] {
        assert_eq!(find(condition.clone()).await.0, 400, "{condition}");
    }
    let call = |more: Value| {
        let mut call = json!({ "lead_id": lead, "contact_id": contact });
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    let no_query = json!({ "query": { "type": "and", "queries": [] } });
    for (method, path, body, expected) in [
        ("POST", "/data/search/", no_query, 400),
        ("POST", "/data/search", json!({}), 404),
        ("POST", "/contact/", json!({ "name": "X", "colour": "red" }), 400),
        ("POST", "/contact/", json!({ "lead_id": "lead_999999" }), 400),
        ("POST", "/contact/", json!({ "phones": [{ "phone": "call me" }] }), 400),
        ("POST", "/contact/", json!({ "name": "x".repeat(1_001) }), 400),
        ("PUT", "/contact/cont_999999/", json!({}), 404),
        ("GET", "/contact/999999/", json!({}), 404),
        ("GET", "/contact//", json!({}), 404),
        ("POST", "/activity/call/", json!({ "contact_id": contact }), 400),
        (
            "POST",
            "/activity/call/",
            call(json!({ "contact_id": "cont_999999" })),
            400,
        ),
        ("POST", "/activity/call/", call(json!({ "phone": "204" })), 400),
        ("POST", "/activity/call/", call(json!({ "duration": "90" })), 400),
        ("POST", "/activity/call/", call(json!({ "status": "missed" })), 400),
        (
            "POST",
            "/activity/call/",
            call(json!({ "activity_at": "yesterday" })),
            400,
        ),
        ("POST", "/activity/call/", call(json!({ "note_html": "<p>x</p>" })), 400),
        ("POST", "/activity/call/", call(json!({ "phone": "+14155550101" })), 200),
    ] {
        assert_eq!(
            send(method, path, body.clone()).await.0,
            expected,
            "{method} {path} {body}"
        );
    }
    let made = send(
        "POST",
        "/contact/",
        json!({ "name": "Bea", "phones": [{ "phone": "(415) 555-0102" }] }),
    )
    .await;
    assert_eq!(made.1["phones"][0]["phone"], "+14155550102");
    let unsigned = client().get(format!("{}/api/v1/me/", crm.origin()));
    assert_eq!(unsigned.send().await.unwrap().status(), 401);
}
