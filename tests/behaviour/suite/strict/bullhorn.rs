//! Bullhorn's fake, and what its manifest does where a real one is strictest: an ended token, an index that lags, short fields.

use std::{sync::Arc, time::Duration};

use ringside_domain::Kind;
use serde_json::{Value, json};

use super::client;
use crate::{
    asking::{Steady, cx, draft, entry, plant},
    crm::{FakeCrm, Knobs, bullhorn},
    kits::{self, Case},
};

const SESSION: &str = "session-by-hand";
const HOST: &str = "rest91.bullhornstaffing.com";

async fn case(knobs: Knobs) -> Case {
    let kit = kits::all().into_iter().find(|kit| kit.name == "bullhorn").unwrap();
    kit.case(knobs).await
}

pub async fn is_strict() {
    let lag = Knobs {
        search_lag: Duration::from_secs(60),
        ..Knobs::default()
    };
    let crm = FakeCrm::start(Arc::new(bullhorn::Bullhorn), lag).await;
    crm.records(|records| records.accept(SESSION));
    let send = async |host: &str, method: &str, path: &str, body: Value| -> (u16, Value) {
        let url = format!("{}/rest-services/{path}", crm.origin());
        let asking = client().request(method.parse().unwrap(), url).header("host", host);
        let sent = asking.header("bhresttoken", SESSION).json(&body).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    };
    let dead = "login?version=2.0&access_token=ended";
    let (status, answer) = send("rest-east.bullhornstaffing.com", "POST", dead, json!({})).await;
    assert_eq!(
        (status, &answer["errorMessageKey"]),
        (400, &json!("errors.authentication.invalidOAuthToken"))
    );
    let lead = |more: Value| {
        let mut lead = json!({ "name": "Anna Example", "lastName": "Example" });
        lead.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        lead
    };
    for (entity, body, status, property) in [
        ("Lead", lead(json!({})), 200, Value::Null),
        ("Lead", lead(json!({ "phone": "1".repeat(21) })), 400, json!("phone")),
        (
            "Lead",
            lead(json!({ "occupation": "x".repeat(51) })),
            400,
            json!("occupation"),
        ),
        ("Lead", json!({ "name": "Anna" }), 400, json!("lastName")),
        ("Lead", lead(json!({ "shoeSize": "44" })), 404, Value::Null),
        ("ClientCorporation", json!({ "name": "O'Neil Ltd" }), 200, Value::Null),
    ] {
        let (came, answer) = send(HOST, "PUT", &format!("e0c7r9/entity/{entity}"), body).await;
        assert_eq!((came, &answer["errors"][0]["propertyName"]), (status, &property));
    }
    // The database knows of a company before the index does.
    let found = |answer: (u16, Value)| (answer.0, answer.1["data"].as_array().map(Vec::len));
    let search = json!({ "query": "name:\"Neil Ltd\"" });
    let searched = send(HOST, "POST", "e0c7r9/search/ClientCorporation?fields=id,name", search).await;
    assert_eq!(found(searched), (200, Some(0)));
    let query = |condition: &str| {
        let parameters = [("fields", "id,name"), ("where", condition)];
        let parameters = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        format!("e0c7r9/query/ClientCorporation?{parameters}")
    };
    for (condition, expected) in [
        ("name = 'o''neil ltd' AND status <> 'Archive'", (200, Some(1))),
        ("name = 'Neil Ltd' AND status <> 'Archive'", (200, Some(0))),
        ("name = 'o'neil ltd' AND status <> 'Archive'", (400, None)),
        ("1 = 1", (400, None)),
    ] {
        let answer = send(HOST, "GET", &query(condition), json!({})).await;
        assert_eq!(found(answer), expected, "{condition}");
    }
}

/// A colleague made the company a moment ago: the index does not know it yet, the database does.
pub async fn a_company_is_made_once() {
    let case = case(Knobs {
        search_lag: Duration::from_secs(60),
        ..Knobs::default()
    })
    .await;
    for company in ["Unknown company", "O'Neil Ltd"] {
        let made = json!({ "name": company, "status": "Prospect" });
        let made = made.as_object().unwrap().clone();
        case.wire().records(|records| records.add("ClientCorporation", made).id);
    }
    for (name, company) in [("Anna Example", None), ("Bea Example", Some("O'Neil Ltd"))] {
        let mut draft = draft(&case, "ClientContact", name, None);
        draft.company = company.map(str::to_owned);
        case.connector.create_contact(cx(), draft).await.unwrap();
    }
    let all = case.wire().records(|records| records.all("ClientCorporation").count());
    assert_eq!(all, 2, "the placeholder and O'Neil");
}

/// Session and token are over, and the CRM says so with a 400: nothing is refused, and nobody is asked.
pub async fn a_log_after_ten_idle_minutes() {
    let case = case(Knobs::default()).await;
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let entry = entry(&case, &anna, "After the break").await;
    case.wire().end_sessions();
    case.wire().forget_exchanges();
    let steady = Arc::new(Steady::default());
    case.connector.log_call(cx(), entry, steady).await.unwrap();
    assert_eq!(case.crm.logs().await.len(), 1);
    let exchanges = case.wire().exchanges();
    let refreshes = exchanges.iter().filter(|it| it.asked.path == "/oauth/token").count();
    assert_eq!(refreshes, 1);
}

/// What does not fit is refused on its field, not cut.
pub async fn a_title_that_is_too_long_is_named() {
    let case = case(Knobs::default()).await;
    let mut draft = draft(&case, "Lead", "Anna Example", None);
    draft.title = Some("x".repeat(51));
    let error = case.connector.create_contact(cx(), draft).await.unwrap_err();
    assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, Some("title")));
}
