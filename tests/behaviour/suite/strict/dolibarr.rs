use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{anna, client};
use crate::crm::{
    FakeCrm, Knobs,
    dolibarr::{self, Dolibarr},
};

pub(super) async fn is_strict() {
    let before_20 = Dolibarr {
        version: 19,
        sees_all: true,
    };
    let crm = FakeCrm::start(Arc::new(before_20), Knobs::default()).await;
    let anna = crm.plant(&anna("contact"));
    let base = format!("{}/api/index.php", crm.origin());
    let list = async |path: &str, filter: &str| {
        let url = Url::parse_with_params(&format!("{base}/{path}"), [("sqlfilters", filter)]).unwrap();
        let sent = client()
            .get(url)
            .header("DOLAPIKEY", dolibarr::KEY)
            .send()
            .await
            .unwrap();
        (sent.status().as_u16(), sent.text().await.unwrap())
    };
    for (filter, expected) in [
        ("(t.phone:like:'%415%555%0100%')", 200),
        ("(t.phone:like:'%555%0100')", 200),
        ("(t.phone:=:'4155550100')", 404),
        ("(t.phone_mobile:like:'%415%') or (t.lastname:like:'exam%')", 200),
        (
            "((t.lastname:=:'x') or (t.lastname:=:'Example')) and (t.firstname:like:'ann_')",
            200,
        ),
        (
            "(t.lastname:=:'Example') or (t.lastname:=:'x') and (t.firstname:=:'x')",
            200,
        ),
        // A bracket or colon in a value, a column that is none, words between criteria: all of it is bad SQL.
        ("(t.phone:like:'(415) 555-0100')", 503),
        ("(t.lastname:like:'a:b')", 503),
        ("(t.phone_pro:like:'%1%')", 503),
        ("(t.lastname:like:'O'Brien')", 503),
        ("(t.lastname:like:'x') or 1=1", 503),
        ("(t.lastname:like:'x'", 503),
        ("(t.lastname:like:'<script>')", 403),
    ] {
        let (status, body) = list("contacts", filter).await;
        assert_eq!(status, expected, "{filter}: {body}");
        assert_eq!(status == 503, body.contains("SELECT t.rowid"), "{filter}: {body}");
    }
    assert_eq!(
        list("thirdparties", "(t.phone_mobile:like:'%1%')").await.0,
        503,
        "it has one number before Dolibarr 20"
    );

    let send = async |method: Method, path: &str, body: Value| {
        let asking = client().request(method, format!("{base}/{path}"));
        let sent = asking
            .header("DOLAPIKEY", dolibarr::KEY)
            .json(&body)
            .send()
            .await
            .unwrap();
        (sent.status().as_u16(), sent.json::<Value>().await.unwrap())
    };
    let event = |more: (&str, Value)| {
        let mut event = json!({ "userownerid": 3, "type_code": "AC_TEL", "label": "Call", "datep": 1_772_445_600 });
        event[more.0] = more.1;
        event
    };
    for (path, body, expected) in [
        ("contacts", json!({ "firstname": "Nobody" }), 400),
        ("contacts", json!({ "lastname": "X", "socid": 999_999 }), 500),
        ("thirdparties", json!({ "phone": "1" }), 400),
        ("agendaevents", event(("contact_id", json!(anna))), 400),
        ("agendaevents", event(("userownerid", json!(1))), 401),
        ("agendaevents", event(("datep", json!("2026-03-02"))), 500),
        ("agendaevents", event(("socpeopleassigned", json!({ "0": anna }))), 500),
    ] {
        assert_eq!(
            send(Method::POST, path, body.clone()).await.0,
            expected,
            "{path} {body}"
        );
    }
    let (_, event) = send(Method::POST, "agendaevents", event(("datef", json!(1_772_445_690)))).await;
    let events = format!("agendaevents/{event}");
    assert_eq!(
        send(Method::PUT, &events, json!({ "label": "x" })).await.0,
        401,
        "whose is it"
    );
    let owned = json!({ "label": "x", "userownerid": 3 });
    assert_eq!(send(Method::PUT, &events, owned).await.0, 200);
    let (status, id) = send(Method::POST, "contacts", json!({ "lastname": "New" })).await;
    assert!(status == 200 && id.is_u64(), "a bare id: {id}");
    assert_eq!(send(Method::PATCH, &format!("contacts/{id}"), json!({})).await.0, 405);
    let unsigned = client().get(format!("{base}/users/info")).send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
}
