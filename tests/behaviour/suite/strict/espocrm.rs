use std::sync::Arc;

use serde_json::{Value, json};

use super::{anna, client};
use crate::crm::{
    FakeCrm, Knobs,
    espocrm::{self, EspoCrm},
};

const USER: &str = "65a0c1d2e3f405162";

pub(super) async fn is_strict() {
    let crm = FakeCrm::start(Arc::new(EspoCrm), Knobs::default()).await;
    let id = crm.plant(&crate::crm::Planted {
        numbers: vec!["+14155550101".into(), "(415) 555-0100".into()],
        ..anna("Contact")
    });
    let base = format!("{}/api/v1", crm.origin());
    let ask = async |path: &str| -> (u16, Value) {
        let sent = client()
            .get(format!("{base}/{path}"))
            .header("x-api-key", espocrm::KEY)
            .send()
            .await
            .unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap_or_default())
    };
    let by = |kind: &str, attribute: &str, value: &str| {
        format!("Contact?where[0][type]={kind}&where[0][attribute]={attribute}&where[0][value]={value}")
    };
    for (kind, attribute, value, hits) in [
        ("equals", "phoneNumberNumeric", "4155550100", 1),
        ("equals", "phoneNumberNumeric", "14155550100", 0),
        ("endsWith", "phoneNumberNumeric", "5550100", 1),
        ("equals", "phoneNumber", "%2B14155550100", 0),
        ("equals", "phoneNumber", "%2B14155550101", 1),
    ] {
        let (status, body) = ask(&by(kind, attribute, value)).await;
        assert_eq!(
            (status, &body["total"]),
            (200, &json!(hits)),
            "{attribute} {kind} {value}"
        );
    }
    let (_, found) =
        ask("Contact?where[0][type]=in&where[0][attribute]=phoneNumberNumeric&where[0][value][]=4155550100").await;
    let record = &found["list"][0];
    assert_eq!(record["phoneNumber"], "+14155550101", "a list shows the primary number");
    assert!(record.get("phoneNumberData").is_none());
    for (path, expected) in [
        (by("in", "phoneNumberNumeric", "1"), 400),
        (by("soundsLike", "phoneNumber", "1"), 400),
        (by("equals", "shoeSize", "44"), 400),
        ("Contact?colour=red".into(), 400),
        ("Contact?maxSize=500".into(), 403),
        ("Contact/none".into(), 404),
        ("Kontact".into(), 404),
    ] {
        assert_eq!(ask(&path).await.0, expected, "{path}");
    }
    let filtered = async |text: &str| ask(&format!("Contact?textFilter={text}")).await.1["total"].clone();
    assert_eq!(
        [filtered("exam").await, filtered("xam").await, filtered("*xam*").await],
        [1, 0, 1]
    );

    let post = async |path: &str, body: Value, skip: bool| -> (u16, Value) {
        let asking = client()
            .post(format!("{base}/{path}"))
            .header("x-api-key", espocrm::KEY)
            .json(&body);
        let asking = if skip {
            asking.header("x-skip-duplicate-check", "true")
        } else {
            asking
        };
        let sent = asking.send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap_or_default())
    };
    let (status, body) = post(
        "Contact",
        json!({ "lastName": "X", "phoneNumber": "(415) 555-0102" }),
        true,
    )
    .await;
    assert_eq!(
        (status, &body["messageTranslation"]["data"]["field"]),
        (400, &json!("phoneNumber"))
    );
    assert_eq!(
        post("Contact", json!({ "firstName": "X" }), true).await.0,
        400,
        "the family name is required"
    );
    assert_eq!(
        post("Contact", json!({ "lastName": "X", "shoeSize": 44 }), true)
            .await
            .0,
        400
    );
    let twin = json!({ "firstName": "Anna", "lastName": "Example" });
    let (status, alike) = post("Contact", twin.clone(), false).await;
    assert_eq!((status, alike[0]["id"].as_str()), (409, Some(id.as_str())));
    assert_eq!(post("Contact", twin, true).await.0, 200);
    let times = ("2026-03-02 10:00:00", "2026-03-02 10:01:00");
    let call = json!({ "name": "x", "dateStart": times.0, "dateEnd": times.1, "contactsIds": [id] });
    let (status, body) = post("Call", call.clone(), false).await;
    assert_eq!(
        (status, &body["messageTranslation"]["data"]["field"]),
        (400, &json!("assignedUser"))
    );
    let with = |name: &str, value: Value| {
        let mut call = call.clone();
        call["assignedUserId"] = USER.into();
        call[name] = value;
        call
    };
    assert_eq!(post("Call", with("status", "Held".into()), false).await.0, 200);
    assert_eq!(
        post("Call", with("dateStart", "2026-03-02T10:00:00Z".into()), false)
            .await
            .0,
        400
    );
    assert_eq!(post("Call", with("contactsIds", json!(["none"])), false).await.0, 400);
    let nobody = client().get(format!("{base}/Contact")).send().await.unwrap();
    assert_eq!(nobody.status(), 401);
}
