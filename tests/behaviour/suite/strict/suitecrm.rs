use std::sync::Arc;

use serde_json::{Value, json};

use super::{anna, client};
use crate::crm::{
    FakeCrm, Knobs, Planted,
    like::like,
    suitecrm::{self, SuiteCrm},
};

pub(super) async fn is_strict() {
    let crm = FakeCrm::start(Arc::new(SuiteCrm::default()), Knobs::default()).await;
    let base = format!("{}/Api", crm.origin());
    let grant = async |secret: &str| -> (u16, Value) {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", suitecrm::CLIENT)
            .append_pair("client_secret", secret)
            .finish();
        let asking = client().post(format!("{base}/access_token")).body(form);
        let asking = asking.header("content-type", "application/x-www-form-urlencoded");
        let sent = asking.send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    };
    assert_eq!(grant("wrong").await.0, 401);
    let (status, granted) = grant(suitecrm::CLIENT_SECRET).await;
    assert_eq!((status, &granted["expires_in"]), (200, &json!(3600)));
    let token = granted["access_token"].as_str().unwrap();
    let id = crm.plant(&Planted {
        family: "O'Brien".into(),
        ..anna("Contacts")
    });

    let ask = async |path: &str| -> (u16, Value) {
        let sent = client()
            .get(format!("{base}/V8/{path}"))
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    };
    for (filter, hits) in [
        ("filter[phone_work][like]=%25415%25555%250100", 1),
        ("filter[phone_work][eq]=(415) 555-0100", 1),
        ("filter[phone_work][eq]=%2B14155550100", 0),
        (
            "filter[operator]=or&filter[phone_work][eq]=1&filter[phone_mobile][like]=%25",
            0,
        ),
        (
            "filter[operator]=or&filter[phone_work][eq]=1&filter[last_name][like]=o'b%25",
            1,
        ),
        ("filter[last_name][like]=obrien", 0),
    ] {
        let (status, body) = ask(&format!("module/Contacts?{filter}")).await;
        assert_eq!(
            (status, body["data"].as_array().map(Vec::len)),
            (200, Some(hits)),
            "{filter}"
        );
    }
    let (_, read) = ask(&format!("module/Contacts/{id}?fields[Contacts]=last_name")).await;
    assert_eq!(read["data"]["attributes"], json!({ "last_name": "O&#039;Brien" }));
    for path in [
        "module/Contacts?filter[phone_work][contains]=1",
        "module/Contacts?filter[shoe_size][eq]=44",
        "module/Contacts?filter[email1][eq]=x",
        "module/Contacts?filter[operator]=xor",
        "module/Contacts?fields[Contacts]=shoe_size",
        "module/Contacts?colour=red",
        "module/Contacts?page[size]=0",
        "module/Kontacts",
        "module/Contacts/999999",
    ] {
        let (status, body) = ask(path).await;
        assert_eq!((status, &body["errors"]["status"]), (400, &json!(400)), "{path}");
    }

    let post = async |path: &str, data: Value| -> u16 {
        let body = json!({ "data": data }).to_string();
        let asking = client().post(format!("{base}/V8/{path}")).bearer_auth(token).body(body);
        asking
            .header("content-type", "application/vnd.api+json")
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let of = |attributes: Value| json!({ "type": "Contacts", "attributes": attributes });
    assert_eq!(post("module", of(json!({ "last_name": "X" }))).await, 201);
    assert_eq!(post("module", of(json!({ "first_name": "X" }))).await, 400);
    assert_eq!(
        post("module", of(json!({ "last_name": "X", "shoe_size": "44" }))).await,
        400
    );
    assert_eq!(
        post("module", of(json!({ "last_name": "X", "title": "" }))).await,
        400,
        "empty attributes"
    );
    let at =
        |time: &str| json!({ "type": "Calls", "attributes": { "name": "x", "status": "Held", "date_start": time } });
    assert_eq!(post("module", at("2026-03-02 10:00:00")).await, 201);
    assert_eq!(post("module", at("2026-03-02T10:00:00Z")).await, 400);
    let call = crm.logs()[0].id.clone();
    let to = format!("module/Calls/{call}/relationships");
    for _ in 0..2 {
        assert_eq!(post(&to, json!({ "type": "Contacts", "id": id })).await, 201);
    }
    assert_eq!(
        crm.logs()[0].contacts,
        [id.as_str()],
        "taking part twice is taking part once"
    );
    assert_eq!(post(&to, json!({ "type": "Contacts", "id": "999999" })).await, 400);
    let by_link = format!("{to}/leads");
    assert_eq!(
        post(&by_link, json!({ "type": "Contacts", "id": id })).await,
        400,
        "of another link"
    );
    let account = of(json!({ "last_name": "X", "account_id": "999999" }));
    assert_eq!(post("module", account).await, 400, "an account that is none");
    let nobody = client().get(format!("{base}/V8/module/Contacts")).send().await.unwrap();
    assert_eq!(nobody.status(), 401);
}

pub(super) fn like_is_sql() {
    for (text, pattern, expected) in [
        ("(415) 555-0100", "%415%555%0100", true),
        ("(415) 555-0100 x2", "%415%555%0100", false),
        ("Anna", "anna", true),
        ("Anna", "_nn_", true),
        ("Anna", "nn", false),
        ("50% off", "50\\%%", true),
        ("500 off", "50\\%%", false),
        ("a\\b", "a\\\\b", true),
        ("", "%", true),
        ("", "_", false),
        ("Zoë", "zo_", true),
    ] {
        assert_eq!(like(text, pattern), expected, "{text:?} LIKE {pattern:?}");
    }
}
