//! HubSpot's fake: properties that each type has, how filters compare, and whose deals are found.

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{anna, client};
use crate::crm::{FakeCrm, Knobs, hubspot};

pub async fn is_strict() {
    let crm = FakeCrm::start(Arc::new(hubspot::HubSpot), Knobs::default()).await;
    crm.plant(&anna("contacts"));
    let url = format!("{}/crm/v3/objects/contacts/search", crm.origin());
    let search = async |body: Value| -> (StatusCode, Value) {
        let sent = client()
            .post(&url)
            .bearer_auth(hubspot::TOKEN)
            .json(&body)
            .send()
            .await
            .unwrap();
        (sent.status(), sent.json().await.unwrap())
    };
    let filter = |property: &str, operator: &str, value: &str| json!({ "filterGroups": [{ "filters": [{ "propertyName": property, "operator": operator, "value": value }] }] });
    for (property, operator, value, hits) in [
        ("phone", "EQ", "(415) 555-0100", 1),
        ("phone", "EQ", "+14155550100", 0),
        ("phone", "CONTAINS_TOKEN", "*5550100", 0),
        ("phone", "CONTAINS_TOKEN", "555-0100", 1),
        ("phone", "CONTAINS_TOKEN", "0100", 1),
        ("hs_searchable_calculated_phone_number", "EQ", "4155550100", 1),
        ("hs_searchable_calculated_phone_number", "CONTAINS_TOKEN", "*5550100", 1),
        ("lastname", "CONTAINS_TOKEN", "exam*", 1),
    ] {
        let (status, body) = search(filter(property, operator, value)).await;
        assert_eq!(
            (status.as_u16(), &body["total"]),
            (200, &json!(hits)),
            "{property} {operator} {value}"
        );
    }
    for body in [
        filter("shoe_size", "EQ", "44"),
        filter("phone", "SOUNDS_LIKE", "1"),
        filter("phone", "IN", "1"),
        json!({ "filterGroups": [], "colour": "red" }),
        json!({ "limit": 500 }),
    ] {
        assert_eq!(search(body.clone()).await.0, 400, "{body}");
    }
    // Companies have no calculated numbers.
    let companies = url.replace("contacts", "companies");
    let of_companies = client().post(&companies).bearer_auth(hubspot::TOKEN);
    let calculated = filter("hs_searchable_calculated_phone_number", "EQ", "4155550100");
    assert_eq!(of_companies.json(&calculated).send().await.unwrap().status(), 400);
    let unsigned = client().post(&url).json(&json!({})).send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
    let call = json!({ "properties": { "hs_call_title": "no time" } });
    let calls = format!("{}/crm/v3/objects/calls", crm.origin());
    let timeless = client()
        .post(calls)
        .bearer_auth(hubspot::TOKEN)
        .json(&call)
        .send()
        .await
        .unwrap();
    assert_eq!(timeless.status(), 400);
}

/// A contact's deals, and a call that lies on some of them.
pub async fn deals_are_associated() {
    let crm = FakeCrm::start(Arc::new(hubspot::HubSpot), Knobs::default()).await;
    let anna = crm.plant(&anna("contacts"));
    let send = async |method: Method, path: &str, body: Option<Value>| -> (u16, Value) {
        let asking = client().request(method, format!("{}/crm/{path}", crm.origin()));
        let asking = asking.bearer_auth(hubspot::TOKEN);
        let sent = match body {
            Some(body) => asking.json(&body).send().await.unwrap(),
            None => asking.send().await.unwrap(),
        };
        (sent.status().as_u16(), sent.json().await.unwrap_or_default())
    };
    let of = |property: &str, id: &str| {
        let filter = |name: &str, value: &str| json!({ "propertyName": name, "operator": "EQ", "value": value });
        let filters = [filter(property, id), filter("hs_is_closed", "false")];
        json!({ "properties": ["dealname"], "filterGroups": [{ "filters": filters }] })
    };
    let deals = async |body: Value| send(Method::POST, "v3/objects/deals/search", Some(body)).await;
    let (status, found) = deals(of("associations.contact", &anna)).await;
    assert_eq!(
        (status, &found["total"]),
        (200, &json!(2)),
        "neither closed ones nor somebody else's"
    );
    assert_eq!(deals(of("associations.company", &anna)).await.1["total"], 0);
    assert_eq!(deals(of("associations.ticket", &anna)).await.0, 400);
    let mut sorted = of("associations.contact", &anna);
    sorted["sorts"] = json!(["dealname"]);
    assert_eq!(deals(sorted).await.0, 400);

    let deal = found["results"][0]["id"].as_str().unwrap();
    let other = found["results"][1]["id"].as_str().unwrap();
    let call = |kind: u64, to: &str| {
        let types = json!([{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind }]);
        json!({
            "properties": { "hs_timestamp": "2026-03-02T10:00:00Z" },
            "associations": [{ "to": { "id": to }, "types": types }],
        })
    };
    for (kind, to) in [(206, "999999"), (206, anna.as_str()), (205, deal)] {
        let (status, _) = send(Method::POST, "v3/objects/calls", Some(call(kind, to))).await;
        assert_eq!(status, 400, "{kind} {to}");
    }
    let (_, made) = send(Method::POST, "v3/objects/calls", Some(call(206, deal))).await;
    let on = format!("v4/objects/0-48/{}/associations", made["id"].as_str().unwrap());
    for (method, path, status) in [
        (Method::PUT, format!("{on}/default/deals/{other}"), 200),
        (Method::PUT, format!("{on}/default/deals/999999"), 404),
        (Method::DELETE, format!("{on}/deals/{deal}"), 204),
        (Method::GET, format!("{on}/default/deals/{other}"), 405),
    ] {
        assert_eq!(send(method, &path, None).await.0, status, "{path}");
    }
    let (_, left) = send(Method::GET, &format!("{on}/deals"), None).await;
    assert_eq!(left["results"][0]["toObjectId"].to_string(), other);
    assert_eq!(left["results"].as_array().unwrap().len(), 1);
}
