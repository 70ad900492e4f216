//! What a log asks the server for beyond its record: which functions a connector has, where nobody said it before, and what
//! the server says to the person beside an answer.

use std::sync::Arc;

use ringside_domain::{Connector, Kind, trace::Answer};
use serde_json::{Value, json};

use crate::{
    desk::{Desk, Plan, Steps, draft, entry, nobody, number},
    peer::{Instead, Peer},
};

/// A connection with the manifest as a person has it as a file: without the connector's functions.
fn by_file(peer: &Peer, default: &str) -> Desk {
    let mut manifest = peer.house().manifest.clone();
    manifest["platforms"]["testCRM"]["page"]["callLog"]["additionalFields"] = json!([
        { "const": "outcome", "title": "Outcome", "type": "inputField", "defaultValue": default },
        { "const": "deal", "title": "Deal", "type": "selection", "contactDependent": true },
    ]);
    let mut plan = Plan::of(&peer.url);
    plan.parameters.push(("manifest", manifest.to_string()));
    Desk::bare(plan)
}

async fn log_with_a_field(desk: &Desk, marker: &str) {
    let mut call = entry(&nobody("c-1"), marker, "x");
    call.fields = vec![("outcome".into(), "sold".into())];
    let steps = Arc::new(Steps::default());
    desk.connector.log_call(desk.cx(), call, steps).await.unwrap();
}

#[tokio::test]
async fn a_manifest_from_a_file_says_no_functions_so_the_server_is_asked_once() {
    let peer = Peer::start().await;
    let desk = by_file(&peer, "");
    let asked = |what: &str| peer.asked("GET", what).len();
    desk.connector
        .find_contact(desk.cx(), number("+12025550142", ""))
        .await
        .unwrap();
    let plain = entry(&nobody("c-1"), "ringside-plain", "x");
    let steps = Arc::new(Steps::default());
    desk.connector.log_call(desk.cx(), plain, steps).await.unwrap();
    assert_eq!(asked("/implementedInterfaces"), 0, "neither depends on it");

    log_with_a_field(&desk, "ringside-1").await;
    assert_eq!(
        peer.asked("PUT", "/callDisposition")[0].body,
        json!({ "sessionId": "ringside-1", "dispositions": { "outcome": "sold" } })
    );
    let desk = desk.restarted();
    log_with_a_field(&desk, "ringside-2").await;
    assert_eq!(
        (
            peer.asked("PUT", "/callDisposition").len(),
            asked("/implementedInterfaces")
        ),
        (2, 1)
    );
    assert_eq!(asked("/crmManifest"), 0, "the person's own file holds");
    // Looking at the connection is the moment to hear of a name search that the file did not mention.
    assert!(desk.connector.capability().find_with_name);
}

#[tokio::test]
async fn a_server_from_before_functions_has_none_and_one_that_is_down_is_asked_later() {
    let peer = Peer::start().await;
    let desk = by_file(&peer, "");
    peer.instead("/implementedInterfaces", Instead::of(503, "down"));
    let mut call = entry(&nobody("c-1"), "ringside-1", "x");
    call.fields = vec![("outcome".into(), "sold".into())];
    let steps = Arc::new(Steps::default());
    let down = desk
        .connector
        .log_call(desk.cx(), call, steps.clone())
        .await
        .unwrap_err();
    assert_eq!((down.kind, down.may_have_happened), (Kind::Unavailable, false));
    assert!(steps.told.lock().unwrap().is_empty() && peer.house().logs.is_empty());

    peer.instead("/implementedInterfaces", Instead::of(404, "<html>Not found</html>"));
    log_with_a_field(&desk, "ringside-1").await;
    log_with_a_field(&desk, "ringside-2").await;
    assert!(peer.asked("PUT", "/callDisposition").is_empty());
    assert_eq!(peer.house().logs.len(), 2);
}

fn beside(answer: Value, kind: &str, words: &str) -> Instead {
    let mut answer = answer;
    answer["successful"] = json!(true);
    answer["returnMessage"] = json!({ "message": words, "messageType": kind, "ttl": 3000 });
    Instead::of(200, answer.to_string())
}

/// Every answer may carry words for the person.
#[tokio::test]
async fn a_warning_beside_what_was_done_is_said_to_the_person() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let said = || std::mem::take(&mut *desk.trace.1.lock().unwrap());
    let words = "Logged, but the deal of +1 202-555-0142 could not be linked.";
    let shown = "Logged, but the deal of +… could not be linked";

    peer.instead("/callLog", beside(json!({ "logId": "a-1" }), "warning", words));
    let call = entry(&nobody("c-1"), "ringside-said", "x");
    let steps = Arc::new(Steps::default());
    let log = desk
        .connector
        .log_call(desk.cx(), call.clone(), steps)
        .await
        .unwrap()
        .log;
    assert_eq!((log.id.as_str(), said()), ("a-1", vec![shown.to_owned()]));
    let steps = desk.trace.0.lock().unwrap().clone();
    assert!(
        steps
            .iter()
            .any(|step| matches!(&step.answer, Answer::Skipped { reason } if reason == shown)),
        "{steps:?}"
    );

    peer.instead("/callLog", beside(json!({}), "danger", words));
    desk.connector
        .update_log(desk.cx(), log.clone(), call.clone())
        .await
        .unwrap();
    assert_eq!(said(), [shown]);

    let made = json!({ "contact": { "id": "c-9", "name": "Dee New" } });
    let mut answer: Value = serde_json::from_str(&beside(made, "warning", "No company was set").body).unwrap();
    answer["returnMessage"]["details"] = json!([{ "items": [{ "type": "text", "text": "Acme is unknown." }] }]);
    peer.instead("/contact", Instead::of(200, answer.to_string()));
    desk.connector
        .create_contact(desk.cx(), draft("Dee New", "Lead", "+12025550177"))
        .await
        .unwrap();
    assert_eq!(said(), ["No company was set: Acme is unknown"]);

    let mut with_deal = call;
    with_deal.fields = vec![("deal".into(), "31".into())];
    peer.instead("/callLog", beside(json!({}), "success", "Call log updated."));
    peer.instead("/callDisposition", beside(json!({}), "warning", "The deal is closed"));
    desk.connector.update_log(desk.cx(), log, with_deal).await.unwrap();
    assert_eq!(said(), ["The deal is closed"], "that it is updated is no news");
}

/// The server may say no more than that.
#[tokio::test]
async fn fields_that_were_not_taken_are_no_success() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let mut call = entry(&nobody("c-1"), "ringside-x", "x");
    call.fields = vec![("deal".into(), "31".into())];
    peer.instead("/callDisposition", Instead::of(200, r#"{"successful":false}"#));
    let steps = Arc::new(Steps::default());
    let error = desk
        .connector
        .log_call(desk.cx(), call, steps.clone())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_ref()),
        (Kind::Invalid, "Test CRM did not take the fields of the log")
    );
    let told = steps.told.lock().unwrap().clone();
    assert_eq!(told, ["begin log", "done log", "begin fields", "not done fields"]);
}

#[tokio::test]
async fn choices_that_cannot_be_asked_for_hide_no_other_field() {
    let peer = Peer::start().await;
    let desk = by_file(&peer, "12");
    let bo = desk
        .connector
        .find_contact(desk.cx(), number("+12025550142", ""))
        .await
        .unwrap()
        .contacts
        .remove(1);
    let desk = desk.restarted();
    peer.instead("/contact", Instead::of(503, "down"));
    let fields = desk.connector.log_fields(desk.cx(), bo.id.clone()).await.unwrap();
    assert_eq!(fields.len(), 2);
    // A text's default is what was written, also where it looks like a number.
    assert_eq!((fields[0].default.as_deref(), &fields[0].failed), (Some("12"), &None));
    let why = fields[1].failed.as_deref();
    assert_eq!(
        (fields[1].name.as_str(), why),
        ("deal", Some("The App Connect server failed (status 503)"))
    );
    let again = desk.connector.log_fields(desk.cx(), bo.id).await.unwrap();
    assert_eq!((again[1].options.len(), &again[1].failed), (1, &None));
}
