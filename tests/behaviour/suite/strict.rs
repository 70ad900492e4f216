//! The fakes themselves: that they refuse what the real ones refuse.

mod bullhorn;
mod clio;
mod close;
mod dolibarr;
mod espocrm;
mod odoo;
mod otherwise;
mod salesforce;
mod suitecrm;

use std::{pin::Pin, sync::Arc};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::crm::{
    FakeCrm, Knobs, Planted, bullhorn as bullhorn_crm, html, hubspot, insightly,
    lucene::{self, Document},
    pipedrive,
};

type Test = (&'static str, fn() -> Pin<Box<dyn Future<Output = ()>>>);

pub fn all() -> Vec<Test> {
    vec![
        ("hubspot", || Box::pin(hubspot_is_strict())),
        ("pipedrive", || Box::pin(pipedrive_is_strict())),
        ("insightly", || Box::pin(insightly_is_strict())),
        ("bullhorn", || Box::pin(bullhorn::is_strict())),
        ("bullhorn_company_once", || Box::pin(bullhorn::a_company_is_made_once())),
        ("bullhorn_idle", || Box::pin(bullhorn::a_log_after_ten_idle_minutes())),
        ("bullhorn_short_fields", || {
            Box::pin(bullhorn::a_title_that_is_too_long_is_named())
        }),
        ("bullhorn_refresh_tokens_are_good_once", || Box::pin(bullhorn_rotates())),
        ("dolibarr", || Box::pin(dolibarr::is_strict())),
        ("dolibarr_rep", || {
            Box::pin(otherwise::a_rep_of_dolibarr_finds_their_logs())
        }),
        ("dolibarr_versions", || {
            Box::pin(otherwise::dolibarr_is_asked_for_what_its_version_has())
        }),
        ("suitecrm_leads", || {
            Box::pin(otherwise::a_call_with_a_lead_of_suitecrm_is_logged_whatever_its_tables_say())
        }),
        ("pipedrive_searches", || {
            Box::pin(otherwise::pipedrive_is_searched_no_faster_than_it_allows())
        }),
        ("pipedrive_tokens", || {
            Box::pin(otherwise::pipedrives_empty_day_is_said())
        }),
        ("every_connector_can_do_everything", || {
            Box::pin(otherwise::every_connector_can_do_everything())
        }),
        ("odoo", || Box::pin(odoo::is_strict())),
        ("espocrm", || Box::pin(espocrm::is_strict())),
        ("suitecrm", || Box::pin(suitecrm::is_strict())),
        ("like", || Box::pin(async { suitecrm::like_is_sql() })),
        ("clio", || Box::pin(clio::is_strict())),
        ("close", || Box::pin(close::is_strict())),
        ("salesforce_sosl", || Box::pin(salesforce::sosl_is_strict())),
        ("salesforce_soql", || Box::pin(salesforce::soql_is_strict())),
        ("salesforce_objects", || Box::pin(salesforce::objects_are_strict())),
        ("salesforce_app", || Box::pin(salesforce::its_app_is_public())),
        ("lucene", || Box::pin(async { lucene_is_strict() })),
        ("html", || Box::pin(async { foreign_markup_is_seen() })),
    ]
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().unwrap()
}

fn anna(kind: &str) -> Planted {
    Planted {
        kind: kind.into(),
        given: "Anna".into(),
        family: "Example".into(),
        numbers: vec!["(415) 555-0100".into()],
        ..Planted::default()
    }
}

async fn hubspot_is_strict() {
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

async fn pipedrive_is_strict() {
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
        ("type", json!("call_old"), 400),
        ("duration", json!("90"), 400),
        ("due_time", json!("10:00:00"), 400),
        ("colour", json!("red"), 400),
    ] {
        assert_eq!(activity(name, value.clone()).await, expected, "{name}: {value}");
    }
}

async fn insightly_is_strict() {
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

async fn bullhorn_rotates() {
    let crm = FakeCrm::start(Arc::new(bullhorn_crm::Bullhorn), Knobs::default()).await;
    crm.records(|records| records.accept("refresh-first"));
    let refresh = async |token: &str| {
        let parameters = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", bullhorn_crm::CLIENT),
            ("client_secret", bullhorn_crm::CLIENT_SECRET),
        ];
        let url = Url::parse_with_params(&format!("{}/oauth/token", crm.origin()), parameters).unwrap();
        let sent = client()
            .post(url)
            .header("host", "auth-east.bullhornstaffing.com")
            .send()
            .await
            .unwrap();
        (sent.status().as_u16(), sent.json::<Value>().await.unwrap())
    };
    let (status, granted) = refresh("refresh-first").await;
    assert_eq!(status, 200);
    assert_eq!(refresh("refresh-first").await.0, 400, "it was good once");
    assert_eq!(refresh(granted["refresh_token"].as_str().unwrap()).await.0, 200);
}

struct Texts(&'static [(&'static str, &'static str)]);

impl Document for Texts {
    fn texts(&self, field: &str) -> Option<Vec<String>> {
        let texts: Vec<String> = self
            .0
            .iter()
            .filter(|(name, _)| *name == field)
            .map(|(_, text)| (*text).into())
            .collect();
        (!texts.is_empty()).then_some(texts)
    }
}

fn lucene_is_strict() {
    let record = Texts(&[
        ("phone", "(415) 555-0100"),
        ("name", "Anna O'Brien"),
        ("status", "New Lead"),
        ("isDeleted", "false"),
    ]);
    let holds = |query: &str| lucene::parse(query).and_then(|query| query.holds(&record));
    for (query, expected) in [
        ("phone:\"(415) 555-0100\"", true),
        ("phone:\"415-555-0100\"", true),
        ("phone:4155550100", false),
        ("phone:(4155550100 OR \"415 555 0100\")", true),
        (
            "(phone:1 OR phone:\"555-0100\") AND isDeleted:false AND NOT status:Archived",
            true,
        ),
        ("phone:\"555-0100\" AND NOT status:\"New Lead\"", false),
        ("name:\"anna\\\" OR name:x\"", false),
        ("name:ann* AND name:o\\'b*", true),
        ("name:ann* AND name:brien*", false),
        ("NOT name:x", false),
    ] {
        assert_eq!(holds(query), Ok(expected), "{query}");
    }
    for query in [
        "name:\"open",
        "(name:x",
        "name:x)",
        "name:",
        "x",
        "name:a:b",
        "name:(AND)",
        "colour:red",
        "name:a*b",
        "AND name:x",
        "",
    ] {
        assert!(holds(query).is_err(), "{query} was taken");
    }
}

fn foreign_markup_is_seen() {
    assert_eq!(html::seen("a &lt;b&gt; &amp;<br>c").unwrap(), "a <b> &\nc");
    assert!(html::seen("<script>").is_err());
    assert!(html::seen("a & b").is_err());
}
