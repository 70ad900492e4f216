//! Logs: what is sent, what is sent once, and what becomes of an answer that is lost.

use std::{sync::Arc, time::Duration};

use ringside_domain::{
    Connector, Direction, Kind, Retry,
    call::{EndReason, Outcome},
    log::{LOG_STEP, LogRef},
};
use serde_json::json;

use crate::{
    desk::{Desk, Plan, Steps, entry, kind, nobody, number},
    peer::{Instead, Peer},
};

#[tokio::test]
async fn a_log_has_the_vendors_shape_and_the_marker_as_its_session() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let steps = Arc::new(Steps::default());
    let made = desk
        .connector
        .log_call(desk.cx(), entry(&nobody("c-1"), "ringside-abc", "Asked"), steps.clone())
        .await
        .unwrap();
    assert_eq!(
        made.log,
        LogRef {
            id: "a-1".into(),
            url: Some("https://crm.example.test/activity/a-1".into())
        }
    );
    assert_eq!(*steps.told.lock().unwrap(), ["begin log", "done log"]);
    assert_eq!(
        peer.asked("POST", "/callLog").remove(0).body,
        json!({
            "logInfo": { "id": "ringside-abc", "sessionId": "ringside-abc", "telephonySessionId": "ringside-abc", "direction": "Inbound",
                "from": { "phoneNumber": "+12025550142", "name": "Ada Verdi" }, "to": { "phoneNumber": "+12025550100" },
                "startTime": 1_780_000_000_000_i64, "duration": 61, "result": "Call connected", "customSubject": "Inbound Call from Ada Verdi" },
            "contactId": "c-1", "contactType": "Contact", "contactName": "Ada Verdi", "note": "Asked", "additionalSubmission": {},
        })
    );
    assert!(peer.asked("POST", "/callLog/cacheNote").is_empty() && peer.asked("PUT", "/callDisposition").is_empty());
}

/// Clio's page of a log is one of its contact, Insightly's one of its type.
#[tokio::test]
async fn a_logs_page_may_be_its_contacts() {
    let peer = Peer::start().await;
    peer.house().manifest["platforms"]["testCRM"]["logPageUrl"] =
        json!("https://{hostname}/{contactType}/{contactId}/communications");
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let call = entry(&nobody("c-1"), "ringside-abc", "Asked");
    let made = desk
        .connector
        .log_call(desk.cx(), call.clone(), Arc::new(Steps::default()))
        .await
        .unwrap();
    let page = "https://crm.example.test/Contact/c-1/communications";
    assert_eq!(made.log.url.as_deref(), Some(page));
    let found = desk.connector.find_log(desk.cx(), call.clone()).await.unwrap();
    assert_eq!(found[0].url.as_deref(), Some(page));
    // Somebody else's log of this call may be on somebody else.
    let theirs = desk
        .connector
        .log_call(desk.cx(), call, Arc::new(Steps::default()))
        .await
        .unwrap();
    assert_eq!((theirs.log.id.as_str(), theirs.log.url), ("a-1", None));
}

#[tokio::test]
async fn other_calls_are_told_as_they_were() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let mut call = entry(&nobody("s:17"), "ringside-out", "");
    (call.direction, call.number, call.line, call.duration) = (Direction::Out, Some("4711".into()), None, None);
    (call.end, call.outcome) = (Some(EndReason::Missed), Some(Outcome::LeftMessage));
    desk.connector
        .log_call(desk.cx(), call.clone(), Arc::new(Steps::default()))
        .await
        .unwrap();
    let body = peer.asked("POST", "/callLog").remove(0).body;
    let info = &body["logInfo"];
    assert_eq!(
        (&info["from"], &info["to"]),
        (
            &json!({ "phoneNumber": null }),
            &json!({ "phoneNumber": "4711", "extensionNumber": "4711", "name": "Ada Verdi" })
        )
    );
    assert_eq!(
        (&info["duration"], &info["result"], &body["contactId"]),
        (&json!(0), &json!("Voicemail"), &json!("17"))
    );
    // Nobody saw the end, and nobody knows the number.
    (call.end, call.outcome, call.number) = (Some(EndReason::Unknown), None, None);
    call.marker = ringside_domain::Marker::new("ringside-unknown", false);
    call.contact.id = "17".into();
    desk.connector
        .log_call(desk.cx(), call, Arc::new(Steps::default()))
        .await
        .unwrap();
    let body = peer.asked("POST", "/callLog").remove(1).body;
    assert_eq!(
        (
            body["logInfo"].get("duration"),
            body["logInfo"].get("result"),
            &body["contactId"]
        ),
        (None, None, &json!(17))
    );
}

#[tokio::test]
async fn an_answered_step_is_not_sent_again() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let steps = Arc::new(Steps::default());
    let log = LogRef {
        id: "a-9".into(),
        url: None,
    };
    steps.known.lock().unwrap().insert(LOG_STEP.into(), log.captures());
    let receipt = desk
        .connector
        .log_call(desk.cx(), entry(&nobody("c-1"), "ringside-abc", "x"), steps)
        .await
        .unwrap();
    assert_eq!((receipt.log, peer.asked("POST", "/callLog").len()), (log, 0));
}

#[tokio::test]
async fn what_the_person_chose_goes_with_the_log_and_once_more_as_a_disposition() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    assert!(desk.connector.capability().log_fields);
    let bo = desk
        .connector
        .find_contact(desk.cx(), number("+12025550142", ""))
        .await
        .unwrap()
        .contacts
        .remove(1);
    let fields = desk.connector.log_fields(desk.cx(), bo.id.clone()).await.unwrap();
    assert_eq!(
        (fields[0].name.as_str(), fields[0].options[0].label.as_str()),
        ("deal", "Roof")
    );
    // Ada has no deals, and is not asked for one.
    assert!(
        desk.connector
            .log_fields(desk.cx(), nobody("c-1").id)
            .await
            .unwrap()
            .is_empty()
    );
    // After a start the choices are asked for anew.
    let desk = desk.restarted();
    assert_eq!(
        desk.connector.log_fields(desk.cx(), bo.id.clone()).await.unwrap(),
        fields
    );

    let mut call = entry(&bo, "ringside-deal", "x");
    call.fields = vec![
        ("deal".into(), fields[0].options[0].value.clone()),
        ("unknown".into(), "x".into()),
    ];
    let steps = Arc::new(Steps::default());
    desk.connector
        .log_call(desk.cx(), call.clone(), steps.clone())
        .await
        .unwrap();
    assert_eq!(
        peer.asked("POST", "/callLog")[0].body["additionalSubmission"],
        json!({ "deal": 31 })
    );
    assert_eq!(
        peer.asked("PUT", "/callDisposition")[0].body,
        json!({ "sessionId": "ringside-deal", "dispositions": { "deal": 31 } })
    );
    assert_eq!(
        *steps.told.lock().unwrap(),
        ["begin log", "done log", "begin fields", "done fields"]
    );

    // The fields fail after the log was made: the log is known, and only they are sent again.
    call.marker = ringside_domain::Marker::new("ringside-deal2", true);
    peer.instead(
        "/callDisposition",
        Instead::of(
            200,
            r#"{"successful":false,"returnMessage":{"message":"The deal is closed"}}"#,
        ),
    );
    let steps = Arc::new(Steps::default());
    let error = desk
        .connector
        .log_call(desk.cx(), call.clone(), steps.clone())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_ref()),
        (Kind::Invalid, "Test CRM says: The deal is closed")
    );
    desk.connector.log_call(desk.cx(), call, steps.clone()).await.unwrap();
    assert_eq!(
        (
            peer.asked("POST", "/callLog").len(),
            peer.asked("PUT", "/callDisposition").len()
        ),
        (2, 3)
    );
}

#[tokio::test]
async fn a_lost_answer_is_found_by_its_marker() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    desk.connector.check(desk.cx()).await.unwrap();
    peer.instead(
        "/callLog",
        Instead {
            delay: Duration::from_secs(5),
            does_it: true,
            ..Instead::of(200, "{}")
        },
    );
    let steps = Arc::new(Steps::default());
    let mut cx = desk.cx();
    cx.deadline = Duration::from_millis(300);
    let call = entry(&nobody("c-1"), "ringside-lost", "x");
    let lost = desk
        .connector
        .log_call(cx, call.clone(), steps.clone())
        .await
        .unwrap_err();
    assert_eq!((lost.kind, lost.may_have_happened), (Kind::Timeout, true));
    assert_eq!(*steps.told.lock().unwrap(), ["begin log"]);
    let found = desk.connector.find_log(desk.cx(), call.clone()).await.unwrap();
    assert_eq!(found.iter().map(|log| log.id.as_str()).collect::<Vec<_>>(), ["a-1"]);
    // And whoever sends it again all the same gets that log.
    let again = desk
        .connector
        .log_call(desk.cx(), call, Arc::new(Steps::default()))
        .await
        .unwrap();
    assert_eq!((again.log.id.as_str(), peer.house().logs.len()), ("a-1", 1));
}

#[tokio::test]
async fn a_failure_says_whether_the_log_may_be_there() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let words = |words: &str| format!(r#"{{"successful":false,"returnMessage":{{"message":"{words}"}}}}"#);
    for (status, body, kind, may_be) in [
        (200, words("Authorization error"), Kind::Invalid, false),
        (200, words("Rate limit exceeded"), Kind::RateLimited, false),
        (200, words("The contact is archived"), Kind::Invalid, false),
        // Its CRM broke, or the server could not note it down: the log may be there, and the server doesn't know.
        (200, words("Error creating call log"), Kind::Unavailable, true),
        (200, words("Database operation failed"), Kind::Conflict, true),
        (200, "<html>".into(), Kind::Invalid, true),
        // It did something, and doesn't say what.
        (200, r#"{"successful":true}"#.into(), Kind::Invalid, true),
        (200, r#"{"successful":true,"logId":""}"#.into(), Kind::Invalid, true),
        (200, "{}".into(), Kind::Invalid, true),
        (200, r#"{"successful":false}"#.into(), Kind::Invalid, false),
        (
            400,
            r#"{"error":"Cannot read properties of undefined"}"#.into(),
            Kind::Invalid,
            false,
        ),
        (502, "Bad gateway".into(), Kind::Unavailable, true),
    ] {
        peer.instead("/callLog", Instead::of(status, body));
        let steps = Arc::new(Steps::default());
        let error = desk
            .connector
            .log_call(desk.cx(), entry(&nobody("c-1"), "ringside-x", "x"), steps.clone())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.may_have_happened),
            (kind, may_be),
            "{status} {error}"
        );
        let told = steps.told.lock().unwrap().clone();
        assert_eq!(told.len(), if may_be { 1 } else { 2 }, "{told:?}");
    }
    assert_eq!(peer.house().logs.len(), 0);
}

/// The contact is gone, or a field is refused: a connector that writes in steps may have made the log before that.
#[tokio::test]
async fn a_log_that_the_crm_refused_waits_for_a_person_and_for_no_sign_in() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let (call, steps) = (entry(&nobody("c-1"), "ringside-gone", "x"), Arc::new(Steps::default()));
    let mut refused = Vec::new();
    for words in ["Authorization error", "Rate limit exceeded", "Error creating call log"] {
        let body = json!({ "successful": false, "returnMessage": { "message": words, "messageType": "warning" } });
        peer.instead("/callLog", Instead::of(200, body.to_string()));
        refused.push(
            desk.connector
                .log_call(desk.cx(), call.clone(), steps.clone())
                .await
                .unwrap_err(),
        );
    }
    assert_eq!(
        refused[0].message,
        "Test CRM refused this: a record may be gone, a field may not fit, or you may not change it"
    );
    for error in &refused {
        assert_eq!(
            (error.retry, error.hint.as_deref()),
            (Retry::Never, Some("Look in the CRM before you log it again"))
        );
    }
    // Nobody had to log in again for that, and a person's second try is sent.
    assert_eq!(
        (
            peer.asked("POST", "/apiKeyLogin").len(),
            peer.asked("POST", "/callLog").len()
        ),
        (1, 3)
    );
    let log = desk
        .connector
        .log_call(desk.cx(), call.clone(), steps)
        .await
        .unwrap()
        .log;

    // A change can be sent as often as one likes, but not where it is refused.
    peer.instead(
        "/callLog",
        Instead::of(
            200,
            r#"{"successful":false,"returnMessage":{"message":"Authorization error"}}"#,
        ),
    );
    let error = desk.connector.update_log(desk.cx(), log, call).await.unwrap_err();
    assert_eq!(
        (error.kind, error.retry, error.may_have_happened),
        (Kind::Invalid, Retry::Never, false)
    );
}

/// Where the answer to the question whether we are signed in is lost as well, the write's own answer is what counts.
#[tokio::test]
async fn a_refused_log_is_not_sent_again_because_the_session_could_not_be_asked_for() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    peer.instead(
        "/callLog",
        Instead::of(
            200,
            r#"{"successful":false,"returnMessage":{"message":"Authorization error"}}"#,
        ),
    );
    peer.instead("/callLog", Instead::of(503, "down"));
    let error = desk
        .connector
        .log_call(
            desk.cx(),
            entry(&nobody("c-1"), "ringside-gone", "x"),
            Arc::new(Steps::default()),
        )
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.retry), (Kind::Invalid, Retry::Never));
}

#[tokio::test]
async fn an_update_replaces_the_note_and_never_makes_a_log() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let mut call = entry(&nobody("c-1"), "ringside-abc", "first");
    let log = desk
        .connector
        .log_call(desk.cx(), call.clone(), Arc::new(Steps::default()))
        .await
        .unwrap()
        .log;
    (call.note, call.duration) = ("second".into(), Some(Duration::from_secs(65)));
    desk.connector
        .update_log(desk.cx(), log.clone(), call.clone())
        .await
        .unwrap();
    let sent = peer.asked("PATCH", "/callLog").remove(0).body;
    assert_eq!(
        (&sent["sessionId"], &sent["note"], &sent["duration"], &sent["subject"]),
        (
            &json!("ringside-abc"),
            &json!("second"),
            &json!(65),
            &json!("Inbound Call from Ada Verdi")
        )
    );
    peer.house().logs.clear();
    assert_eq!(
        kind(desk.connector.update_log(desk.cx(), log.clone(), call.clone()).await),
        Kind::NotFound
    );
    peer.instead(
        "/callLog",
        Instead::of(
            200,
            r#"{"successful":false,"returnMessage":{"message":"Rate limit exceeded"}}"#,
        ),
    );
    let limited = desk.connector.update_log(desk.cx(), log, call).await.unwrap_err();
    assert_eq!(limited.retry, Retry::After(Duration::from_secs(60)));
    assert!(!desk.connector.capability().moves_logs);
}
