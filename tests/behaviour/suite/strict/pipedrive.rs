//! Pipedrive's fake: its searches and their limit, activities, and deals.

use std::sync::Arc;

use serde_json::{Value, json};
use url::Url;

use super::{anna, client};
use crate::crm::{FakeCrm, Knobs, pipedrive};

pub async fn is_strict() {
    let crm = FakeCrm::start(Arc::new(pipedrive::Pipedrive::default()), Knobs::default()).await;
    let person: u64 = crm.plant(&anna("person")).parse().unwrap();
    let http = client();
    let search = async |term: &str| {
        let url = format!("{}/api/v2/persons/search", crm.origin());
        let url = Url::parse_with_params(&url, [("term", term), ("fields", "phone")]).unwrap();
        let asking = http.get(url);
        let sent = asking.header("x-api-token", pipedrive::TOKEN).send().await.unwrap();
        (
            sent.status().as_u16(),
            sent.json::<Value>().await.unwrap()["data"]["items"]
                .as_array()
                .map(Vec::len),
        )
    };
    assert_eq!(search("(415) 555").await, (200, Some(1)));
    assert_eq!(search("4155550100").await, (200, Some(0)));
    assert_eq!(search("4").await.0, 400);
    let many = futures_util::future::join_all((0..20).map(|_| search("(415) 555"))).await;
    assert!(many.iter().any(|(status, _)| *status == 429), "ten in two seconds");
    let activity = async |name: &str, value: Value| {
        let mut body = json!({ "subject": "Call", "type": "telephone", "done": true });
        body[name] = value;
        let asking = http.post(format!("{}/api/v2/activities", crm.origin()));
        let sent = asking.header("x-api-token", pipedrive::TOKEN).json(&body).send().await;
        sent.unwrap().status().as_u16()
    };
    for (name, value, expected) in [
        ("participants", json!([{ "person_id": person, "primary": true }]), 200),
        ("person_id", json!(person), 400),
        ("participants", json!([{ "person_id": 999_999, "primary": true }]), 400),
        ("deal_id", json!(person + 1), 200),
        ("deal_id", json!(person), 400),
        ("deal_id", json!((person + 1).to_string()), 400),
        ("type", json!("call_old"), 400),
        ("duration", json!("90"), 400),
        ("due_time", json!("10:00:00"), 400),
        ("colour", json!("red"), 400),
    ] {
        assert_eq!(activity(name, value.clone()).await, expected, "{name}: {value}");
    }
    let deals = async |query: &str| {
        let asking = http.get(format!("{}/api/v2/deals?{query}", crm.origin()));
        let sent = asking.header("x-api-token", pipedrive::TOKEN).send().await.unwrap();
        let status = sent.status().as_u16();
        let data = sent.json::<Value>().await.unwrap();
        (status, data["data"].as_array().map(Vec::len))
    };
    assert_eq!(deals(&format!("person_id={person}&status=open")).await, (200, Some(2)));
    assert_eq!(
        deals(&format!("person_id={person}")).await,
        (200, Some(3)),
        "won ones, too"
    );
    assert_eq!(deals("status=open&limit=2").await, (200, Some(2)));
    for query in [
        "status=closed",
        "person_id=anna",
        "sort_by=title",
        "colour=red",
        "limit=501",
    ] {
        assert_eq!(deals(query).await.0, 400, "{query}");
    }
}
