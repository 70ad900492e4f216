//! Clio's fake: what `fields` shows, what is refused, and that a region's token is worth nothing in another.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{anna, client};
use crate::crm::{FakeCrm, Knobs, clio};

const TOKEN: &str = "access-by-hand";
const HOST: &str = "eu.app.clio.com";

pub async fn is_strict() {
    let crm = FakeCrm::start(Arc::new(clio::Clio), Knobs::default()).await;
    crm.records(|records| records.accept(TOKEN));
    let anna = crm.plant(&anna("Person"));
    let ask = async |host: &str, path: &str| -> (u16, Value) {
        let asking = client().get(format!("{}/api/v4/{path}", crm.origin()));
        let sent = asking.header("host", host).bearer_auth(TOKEN).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    };
    let one = format!("contacts/{anna}.json");
    assert_eq!(ask("app.clio.com", &one).await.0, 401, "a token of another region");
    assert_eq!(
        ask(HOST, &one).await.1["data"].as_object().unwrap().len(),
        2,
        "only id and etag"
    );
    let (_, nested) = ask(HOST, &format!("{one}?fields=id,phone_numbers%7Bnumber%7D")).await;
    assert_eq!(nested["data"]["phone_numbers"], json!([{ "number": "(415) 555-0100" }]));
    for fields in [
        "shoe_size",
        "phone_numbers%7Bcolour%7D",
        "id%7Bx%7D",
        "company%7Bid",
        "phone_numbers%7Bid%7Bx%7D%7D",
    ] {
        assert_eq!(ask(HOST, &format!("{one}?fields={fields}")).await.0, 400, "{fields}");
    }
    for (query, hits) in [
        ("(415)%20555-0100", 1),
        ("%2B14155550100", 0),
        ("555-0100", 0),
        ("exam", 1),
        ("nobody", 0),
    ] {
        let (status, found) = ask(HOST, &format!("contacts.json?query={query}")).await;
        assert_eq!((status, &found["meta"]["records"]), (200, &json!(hits)), "{query}");
    }
    for path in [
        "contacts.json?limit=201",
        "contacts.json?colour=red",
        "communications.json?created_since=yesterday",
    ] {
        assert_eq!(ask(HOST, path).await.0, 400, "{path}");
    }
    let (_, first) = ask(HOST, "matters.json?limit=1&client_id=501").await;
    assert!(
        first["meta"]["paging"]["next"]
            .as_str()
            .is_some_and(|next| next.starts_with("https://eu.app.clio.com/"))
    );
    refuses_writes(&crm).await;
}

async fn refuses_writes(crm: &FakeCrm) {
    let post = async |path: &str, body: Value| -> u16 {
        let asking = client().post(format!("{}/api/v4/{path}", crm.origin())).json(&body);
        asking
            .header("host", HOST)
            .bearer_auth(TOKEN)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let call = |of: Value| {
        let mut call = json!({ "type": "PhoneCommunication", "subject": "Call", "body": "hello" });
        call.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
        json!({ "data": call })
    };
    assert_eq!(post("communications.json", call(json!({}))).await, 201);
    for (path, body, status) in [
        ("contacts.json", json!({ "data": { "name": "No type" } }), 422),
        (
            "contacts.json",
            json!({ "data": { "name": "X", "type": "Robot" } }),
            422,
        ),
        ("contacts.json", json!({ "name": "X", "type": "Person" }), 400),
        (
            "contacts.json",
            json!({ "data": { "name": "X", "type": "Person", "shoe_size": 44 } }),
            400,
        ),
        (
            "contacts.json",
            json!({ "data": { "name": "X", "type": "Person", "company": { "id": 501 } } }),
            422,
        ),
        ("communications.json", call(json!({ "body": "" })), 422),
        ("communications.json", call(json!({ "received_at": "2026-03-02" })), 400),
        (
            "communications.json",
            call(json!({ "senders": [{ "id": 999_999, "type": "Contact" }] })),
            404,
        ),
        ("communications.json", call(json!({ "matter": { "id": "502" } })), 400),
        (
            "activities.json",
            json!({ "data": { "type": "TimeEntry", "date": "2026-03-02", "quantity": 0 } }),
            422,
        ),
        (
            "activities.json",
            json!({ "data": { "type": "TimeEntry", "date": "2026-03-02T10:00:00Z", "quantity": 60 } }),
            400,
        ),
    ] {
        assert_eq!(post(path, body.clone()).await, status, "{path} {body}");
    }
}
