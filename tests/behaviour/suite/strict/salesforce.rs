//! Salesforce's fake: its two query languages, its objects, and an app that has no secret.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{anna, client};
use crate::crm::{FakeCrm, Knobs, Planted, salesforce};

const TOKEN: &str = "access-by-hand";
const HOST: &str = "acme-instance.my.salesforce.com";

async fn send(crm: &FakeCrm, method: Method, path: &str, q: Option<&str>, body: Option<&Value>) -> (u16, Value) {
    let mut url = Url::parse(&format!("{}/services/data/v62.0/{path}", crm.origin())).unwrap();
    if let Some(q) = q {
        url.query_pairs_mut().append_pair("q", q);
    }
    let mut asking = client().request(method, url).header("host", HOST).bearer_auth(TOKEN);
    if let Some(body) = body {
        asking = asking.json(body);
    }
    let sent = asking.send().await.unwrap();
    (sent.status().as_u16(), sent.json().await.unwrap_or_default())
}

async fn with_anna() -> (FakeCrm, String) {
    let crm = FakeCrm::start(Arc::new(salesforce::Salesforce), Knobs::default()).await;
    crm.records(|records| records.accept(TOKEN));
    let id = crm.plant(&anna("Contact"));
    (crm, id)
}

pub async fn sosl_is_strict() {
    let (crm, _) = with_anna().await;
    let find = async |group: &str, wanted: &str| {
        let query = format!("FIND {{ {wanted} }} IN {group} FIELDS RETURNING Contact(Id, Name LIMIT 5)");
        let (status, found) = send(&crm, Method::GET, "search", Some(&query), None).await;
        (status, found["searchRecords"].as_array().map(Vec::len))
    };
    for (group, wanted, hits) in [
        ("PHONE", r#""4155550100""#, 1),
        ("PHONE", r#""415 555""#, 1),
        ("PHONE", r#""\(415\) 555\-0100""#, 1),
        ("PHONE", r#""55501""#, 0),
        ("PHONE", r#""14155550100""#, 0),
        ("PHONE", r#"("1234567" OR "555 0100")"#, 1),
        ("PHONE", r#""anna""#, 0),
        ("NAME", r#""exam*""#, 1),
        ("NAME", r#""exam""#, 0),
        ("NAME", r#""ann*" AND "exam*""#, 1),
        ("NAME", r#""ann*" AND "bea*" OR "example""#, 1),
        ("NAME", r#""example anna""#, 0),
        ("NAME", r#""anna OR x""#, 0),
        ("NAME", r#""李""#, 0),
    ] {
        assert_eq!(find(group, wanted).await, (200, Some(hits)), "{wanted}");
    }
    for wanted in [
        "anna",
        r#""an(na""#,
        r#""open"#,
        r#""an*na""#,
        r#""x""#,
        r#""x*""#,
        r#"("anna""#,
        r#""anna" OR"#,
        r#""anna" "bea""#,
        "",
    ] {
        assert_eq!(find("NAME", wanted).await.0, 400, "{wanted}");
    }
    for query in [
        "FIND {\"anna\"} IN NAME FIELDS RETURNING Contact(ShoeSize)",
        "FIND {\"anna\"} IN NAME FIELDS RETURNING Robot(Id)",
        "FIND {\"anna\"} IN NAME FIELDS RETURNING Contact(Id WHERE IsConverted = false)",
        "FIND {\"anna\"} IN NAME FIELDS RETURNING Contact(Id LIMIT 0)",
        "FIND {\"anna\"} IN SHOE FIELDS RETURNING Contact(Id)",
        "FIND {\"anna\" IN NAME FIELDS RETURNING Contact(Id)",
    ] {
        assert_eq!(
            send(&crm, Method::GET, "search", Some(query), None).await.0,
            400,
            "{query}"
        );
    }
}

pub async fn soql_is_strict() {
    let (crm, id) = with_anna().await;
    let query = async |text: &str| {
        let (status, found) = send(&crm, Method::GET, "query", Some(text), None).await;
        (
            status,
            found["totalSize"].as_u64(),
            found[0]["errorCode"].as_str().map(str::to_owned),
        )
    };
    assert_eq!(
        query(&format!("SELECT Id, Account.Name FROM Contact WHERE Id = '{id}'")).await,
        (200, Some(1), None)
    );
    assert_eq!(
        query("SELECT Id FROM Contact WHERE LastName = 'eXample' ORDER BY CreatedDate LIMIT 1")
            .await
            .1,
        Some(1)
    );
    assert_eq!(
        query(r"SELECT Id FROM Contact WHERE LastName = 'x\' OR LastName != \''").await,
        (200, Some(0), None)
    );
    for (text, code) in [
        ("SELECT Id FROM Contact WHERE Id = '1'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Task WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT ShoeSize FROM Contact", "INVALID_FIELD"),
        ("SELECT Id FROM Robot", "INVALID_TYPE"),
        (
            "SELECT Id FROM Contact WHERE LastName = 'x' OR LastName = 'y'",
            "MALFORMED_QUERY",
        ),
        ("SELECT Id FROM Contact WHERE LastName = 'open", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE LastName = \"x\"", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact LIMIT 5000", "MALFORMED_QUERY"),
        ("SELECT Opportunity.Name FROM Contact", "INVALID_FIELD"),
        (
            "SELECT Id FROM Opportunity WHERE Name IN (SELECT Name FROM Contact WHERE LastName = 'x')",
            "MALFORMED_QUERY",
        ),
        (
            "SELECT Id FROM Opportunity WHERE IsClosed = false OR AccountId IN (SELECT AccountId FROM Contact WHERE LastName = 'x')",
            "MALFORMED_QUERY",
        ),
    ] {
        assert_eq!(query(text).await, (400, None, Some(code.to_owned())), "{text}");
    }
}

/// Of a contact without an account there are those in which they have a role; of one with an account also its own.
pub async fn opportunities_are_the_contacts_own() {
    let (crm, alone) = with_anna().await;
    let bea = crm.plant(&Planted {
        company: Some("Example Ltd".into()),
        ..anna("Contact")
    });
    for (id, roles, of_account) in [(&alone, 2, 0), (&bea, 2, 2)] {
        for (query, expected) in [
            (
                format!(
                    "SELECT OpportunityId, Opportunity.Name FROM OpportunityContactRole WHERE ContactId = '{id}' AND Opportunity.IsClosed = false"
                ),
                roles,
            ),
            (
                format!(
                    "SELECT Id, Name FROM Opportunity WHERE IsClosed = false AND AccountId != null AND AccountId IN (SELECT AccountId FROM Contact WHERE Id = '{id}') ORDER BY LastModifiedDate DESC LIMIT 200"
                ),
                of_account,
            ),
        ] {
            let (status, found) = send(&crm, Method::GET, "query", Some(&query), None).await;
            assert_eq!(
                (status, found["totalSize"].as_u64()),
                (200, Some(expected)),
                "{query}: {found}"
            );
        }
    }
}

pub async fn objects_are_strict() {
    let (crm, id) = with_anna().await;
    let lead = crm.plant(&anna("Lead"));
    let account = crm.plant(&anna("Account"));
    for (object, body, code) in [
        ("Contact", json!({ "FirstName": "Anna" }), "REQUIRED_FIELD_MISSING"),
        ("Lead", json!({ "LastName": "Example" }), "REQUIRED_FIELD_MISSING"),
        ("Contact", json!({ "Name": "Anna Example" }), "INVALID_FIELD"),
        ("Contact", json!({ "LastName": "x".repeat(81) }), "STRING_TOO_LONG"),
        ("Contact", json!({ "LastName": "X", "AccountId": id }), "MALFORMED_ID"),
        (
            "Contact",
            json!({ "LastName": "X", "Email": "nobody" }),
            "INVALID_EMAIL_ADDRESS",
        ),
        ("Task", json!({ "WhoId": account }), "MALFORMED_ID"),
        (
            "Task",
            json!({ "WhoId": id, "WhatId": "006000000009999AAQ" }),
            "MALFORMED_ID",
        ),
        (
            "Task",
            json!({ "WhoId": lead, "WhatId": account }),
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        (
            "Task",
            json!({ "ActivityDate": "2026-03-02T10:00:00Z" }),
            "STRING_TOO_LONG",
        ),
        ("Task", json!({ "CallDurationInSeconds": "60" }), "JSON_PARSER_ERROR"),
        (
            "Task",
            json!({ "CallType": "in" }),
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ),
    ] {
        let (status, refusal) = send(&crm, Method::POST, &format!("sobjects/{object}"), None, Some(&body)).await;
        assert_eq!(
            (status, &refusal[0]["errorCode"]),
            (400, &json!(code)),
            "{object} {body}"
        );
    }
    let changed = json!({ "Phone": "1" });
    assert_eq!(
        send(
            &crm,
            Method::PATCH,
            &format!("sobjects/Contact/{id}"),
            None,
            Some(&changed)
        )
        .await,
        (204, Value::Null)
    );
    assert_eq!(
        send(
            &crm,
            Method::PATCH,
            &format!("sobjects/Lead/{id}"),
            None,
            Some(&changed)
        )
        .await
        .0,
        400
    );
    assert_eq!(
        send(&crm, Method::POST, "sobjects/Robot", None, Some(&changed)).await.0,
        404
    );
}

pub async fn its_app_is_public() {
    let crm = FakeCrm::start(Arc::new(salesforce::Salesforce), Knobs::default()).await;
    crm.records(|records| {
        records.accept("refresh-first");
        records.accept("code.challenge");
    });
    let token = async |pairs: &[(&str, &str)]| {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let asking = client().post(format!("{}/services/oauth2/token", crm.origin()));
        let asking = asking.header("host", "acme.my.salesforce.com").body(body);
        let sent = asking
            .header("content-type", "application/x-www-form-urlencoded")
            .send()
            .await
            .unwrap();
        (
            sent.status().as_u16(),
            sent.json::<Value>().await.unwrap()["error"].as_str().map(str::to_owned),
        )
    };
    let refused = |error: &str| (400, Some(error.to_owned()));
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "refresh-first"),
        ("client_id", salesforce::CLIENT),
    ];
    let with_secret = [refresh.as_slice(), &[("client_secret", "x")]].concat();
    assert_eq!(
        token(&with_secret).await,
        refused("invalid_client"),
        "a public app sends no secret"
    );
    assert_eq!(token(&refresh).await, (200, None));
    assert_eq!(token(&refresh).await, refused("invalid_grant"), "it was good once");
    let code = [
        ("grant_type", "authorization_code"),
        ("code", "code.challenge"),
        ("client_id", salesforce::CLIENT),
        ("redirect_uri", "http://localhost:47825/callback"),
        ("code_verifier", "somebody-elses"),
    ];
    assert_eq!(
        token(&code).await,
        refused("invalid_grant"),
        "whoever caught the code has no verifier"
    );
}
