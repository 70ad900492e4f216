use std::sync::Arc;

use serde_json::{Value, json};

use super::{anna, client};
use crate::crm::{
    FakeCrm, Knobs,
    odoo::{self, Odoo},
};

pub(super) async fn is_strict() {
    let crm = FakeCrm::start(Arc::new(Odoo), Knobs::default()).await;
    let anna = crm.plant(&anna("person"));
    let call = async |path: &str, body: Value| -> (u16, Value) {
        let url = format!("{}/json/2/{path}", crm.origin());
        let sent = client()
            .post(url)
            .bearer_auth(odoo::KEY)
            .json(&body)
            .send()
            .await
            .unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    };
    for (field, operator, value, hits) in [
        ("phone_mobile_search", "ilike", "4155550100", 1),
        ("phone_mobile_search", "ilike", "(415) 555", 1),
        ("phone_mobile_search", "=", "4155550100", 1),
        ("phone_mobile_search", "ilike", "+14155550100", 0),
        ("phone", "ilike", "4155550100", 0),
        ("phone", "=", "(415) 555-0100", 1),
        ("name", "ilike", "NA EX", 1),
        ("name", "ilike", "a%e", 1),
        ("name", "ilike", "a\\%e", 0),
        ("name", "=ilike", "anna", 0),
        ("name", "=ilike", "anna example", 1),
    ] {
        let (status, found) = call(
            "res.partner/search_read",
            json!({ "domain": [[field, operator, value]] }),
        )
        .await;
        assert_eq!(
            (status, found.as_array().unwrap().len()),
            (200, hits),
            "{field} {operator} {value}"
        );
    }
    let joined = json!({ "domain": ["|", ["name", "=", "x"], ["is_company", "=", false]], "fields": ["email"] });
    assert_eq!(
        call("res.partner/search_read", joined).await.1,
        json!([{ "id": anna.parse::<u64>().unwrap(), "email": false }]),
        "false is nothing"
    );
    for (path, body, expected) in [
        (
            "res.partner/search_read",
            json!({ "domain": [["mobile", "=", "1"]] }),
            500,
        ),
        (
            "res.partner/search_read",
            json!({ "domain": ["|", ["name", "=", "x"]] }),
            500,
        ),
        (
            "res.partner/search_read",
            json!({ "domain": [["phone_mobile_search", "ilike", "41"]] }),
            422,
        ),
        (
            "res.partner/search_read",
            json!({ "fields": ["phone_mobile_search"] }),
            500,
        ),
        ("res.partner/search_read", json!({ "filter": [] }), 422),
        (
            "res.partner/create",
            json!({ "ids": [1], "vals_list": [{ "name": "X" }] }),
            422,
        ),
        ("res.partner/create", json!({ "vals_list": [{ "phone": "1" }] }), 422),
        (
            "res.partner/write",
            json!({ "ids": [999_999], "vals": { "phone": "1" } }),
            404,
        ),
        (
            "res.partner/message_post",
            json!({ "ids": [anna.parse::<u64>().unwrap()], "date": "2026-03-02T10:00:00Z" }),
            500,
        ),
        ("res.partner/unlink", json!({ "ids": [1] }), 404),
        ("sale.order/read", json!({ "ids": [1] }), 404),
    ] {
        assert_eq!(call(path, body.clone()).await.0, expected, "{path} {body}");
    }
    assert_eq!(
        call("res.partner/read", json!({ "ids": [999_999] })).await,
        (200, json!([]))
    );
    let unsigned = client()
        .post(format!("{}/json/2/res.users/context_get", crm.origin()))
        .json(&json!({}));
    assert_eq!(unsigned.send().await.unwrap().status(), 401);
}
