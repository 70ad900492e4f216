//! Insightly's fake: one field and one value, letter by letter; links, and what they lead to.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::{anna, client};
use crate::crm::{FakeCrm, Knobs, insightly};

pub async fn is_strict() {
    let crm = FakeCrm::start(Arc::new(insightly::Insightly), Knobs::default()).await;
    crm.plant(&anna("Contact"));
    let ask = async |path: &str| {
        let url = format!("{}/v3.1/{path}", crm.origin());
        let sent = client()
            .get(url)
            .basic_auth(insightly::KEY, Some(""))
            .send()
            .await
            .unwrap();
        (
            sent.status().as_u16(),
            sent.json::<Value>().await.unwrap().as_array().map(Vec::len),
        )
    };
    assert_eq!(
        ask("Contacts/Search?field_name=PHONE&field_value=(415)%20555-0100").await,
        (200, Some(1))
    );
    assert_eq!(
        ask("Contacts/Search?field_name=PHONE&field_value=%2B14155550100").await,
        (200, Some(0))
    );
    assert_eq!(
        ask("Contacts/Search?field_name=MOBILE&field_value=1").await.0,
        400,
        "the Lead's name of that field"
    );
    assert_eq!(ask("Contact/Search?field_name=PHONE&field_value=1").await.0, 404);
    assert_eq!(ask("Contacts/Search").await.0, 400);
    let since = "Contacts/Search?updated_after_utc=2026-01-01T00:00:00Z";
    assert_eq!(ask(since).await, (200, Some(1)));
    assert_eq!(ask(&format!("{since}&skip=1")).await, (200, Some(0)));
    let later = "Contacts/Search?updated_after_utc=2026-02-01T00:00:00Z";
    assert_eq!(ask(later).await, (200, Some(0)), "as old as its date says");
    let one_word = client()
        .post(format!("{}/v3.1/Contacts", crm.origin()))
        .basic_auth(insightly::KEY, Some(""))
        .json(&json!({ "LAST_NAME": "Cher" }));
    assert_eq!(
        one_word.send().await.unwrap().status(),
        400,
        "a contact needs a first name"
    );
}

/// A link is made to what there is, and taken away by its own id; an organisation that does not exist is nobody's.
pub async fn links_are_strict() {
    let crm = FakeCrm::start(Arc::new(insightly::Insightly), Knobs::default()).await;
    let anna: u64 = crm.plant(&anna("Contact")).parse().unwrap();
    let send = async |method: Method, path: &str, body: Value| -> (u16, Value) {
        let asking = client().request(method, format!("{}/v3.1/{path}", crm.origin()));
        let sent = asking
            .basic_auth(insightly::KEY, Some(""))
            .json(&body)
            .send()
            .await
            .unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap_or_default())
    };
    let (_, shown) = send(Method::GET, &format!("Contacts/{anna}"), Value::Null).await;
    let links = shown["LINKS"].as_array().unwrap();
    assert_eq!(links.len(), 4);
    let last = links[3]["LINK_OBJECT_ID"].as_u64().unwrap();
    let (status, shown) = send(Method::GET, &format!("Opportunities/{last}"), Value::Null).await;
    assert_eq!((status, &shown["OPPORTUNITY_STATE"]), (200, &json!("OPEN")));
    let gone = &links[0]["LINK_OBJECT_ID"];
    assert_eq!(
        send(Method::GET, &format!("Opportunities/{gone}"), Value::Null).await.0,
        404
    );

    let time = "2026-03-02 10:00:00";
    let event = json!({ "TITLE": "Call", "START_DATE_UTC": time, "END_DATE_UTC": time });
    let (_, event) = send(Method::POST, "Events", event).await;
    let on = format!("Events/{}/Links", event["EVENT_ID"]);
    let to = |name: &str, id: &Value| json!({ "LINK_OBJECT_NAME": name, "LINK_OBJECT_ID": id });
    assert_eq!(send(Method::POST, &on, to("Opportunity", gone)).await.0, 400);
    assert_eq!(send(Method::POST, &on, to("Opportunity", &json!(anna))).await.0, 400);
    let (status, made) = send(Method::POST, &on, to("Opportunity", &json!(last))).await;
    assert_eq!(status, 201);
    assert_eq!(send(Method::DELETE, &format!("{on}/{last}"), Value::Null).await.0, 404);
    let made = format!("{on}/{}", made["LINK_ID"]);
    assert_eq!(send(Method::DELETE, &made, Value::Null).await.0, 202);
    assert_eq!(send(Method::GET, &on, Value::Null).await.1, json!([]));

    for (id, status) in [(json!(999_999), 400), (json!("7"), 400), (json!(anna), 400)] {
        let contact = json!({ "FIRST_NAME": "Bea", "ORGANISATION_ID": id });
        assert_eq!(send(Method::POST, "Contacts", contact).await.0, status, "{id}");
    }
}
