#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::ringcentral::notice::{Activity, News, Status};

fn content(text: &str) -> Content {
    read(text.as_bytes()).unwrap().content
}

#[test]
fn the_guides_messages() {
    let frame = read(
        br#"[{"type":"ConnectionDetails","messageId":"156eec30-xxxx","status":200,
              "wsc":{"token":"RTFhRG5n","sequence":1},"headers":{"RCRequestId":"156eec30-xxxx"}},
             {"creationTime":"2020-09-07T21:50:02.737+0000","maxConnectionsPerSession":50,"recoveryBufferSize":100,
              "recoveryTimeout":180,"idleTimeout":1800,"absoluteTimeout":86400,"maxActiveRequests":10}]"#,
    )
    .unwrap();
    let wsc = frame.wsc.unwrap();
    assert_eq!((wsc.token.expose(), wsc.sequence), (&b"RTFhRG5n"[..], 1));
    let details = Details {
        recovered: None,
        recovery: Duration::from_secs(180),
        idle: Some(Duration::from_secs(1800)),
    };
    assert_eq!(frame.content, Content::Details(details));

    let recovered = |state: &str| {
        content(&format!(
            r#"[{{"type":"ConnectionDetails","messageId":"XXX","status":200,"wsc":{{"sequence":1,"token":"G86G"}}}},
                {{"creationTime":"2020-01-15T12:00:01Z","recoveryState":"{state}","recoveryTimeout":30,"recoveryBufferSize":100}}]"#
        ))
    };
    for (state, expected) in [("Successful", true), ("Failed", false)] {
        let Content::Details(details) = recovered(state) else {
            panic!("{state}")
        };
        assert_eq!(details.recovered, Some(expected));
    }

    let timeout =
        content(r#"[{"type":"Error","messageId":"1"},{"errorCode":"WSG-902","message":"Idle timeout expired"}]"#);
    let code = Fault {
        code: Some("WSG-902".into()),
        permission: None,
    };
    assert_eq!(timeout, Content::Fault(code));
    assert_eq!(content(r#"[{"type":"Heartbeat","messageId":"1"}]"#), Content::Heartbeat);
    assert_eq!(content(r#"[{"type":"OfALaterVersion"},{}]"#), Content::Other);
}

#[test]
fn the_answer_to_a_subscription() {
    let Content::Answer(answer) = content(
        r#"[{"type":"ClientRequest","messageId":"7","status":200,"headers":{}},
            {"id":"5c37f936-fa66","eventFilters":["/restapi/v1.0/account/1/extension/2/telephony/sessions"],
             "expiresIn":899,"status":"Active","deliveryMode":{"transportType":"WebSocket"}}]"#,
    ) else {
        panic!("an answer")
    };
    assert_eq!(
        (answer.status, answer.subscription.as_deref(), answer.disabled),
        (200, Some("5c37f936-fa66"), false)
    );
    let Content::Answer(answer) = content(
        r#"[{"type":"ClientRequest","messageId":"7","status":403,"headers":{"Retry-After":"30"}},
            {"errorCode":"CMN-401","message":"In order to call this API endpoint, application needs to have [CallControl] permission",
             "errors":[{"errorCode":"CMN-401","permissionName":"CallControl"}]}]"#,
    ) else {
        panic!("an answer")
    };
    assert_eq!(
        (answer.status, answer.retry_after),
        (403, Some(Duration::from_secs(30)))
    );
    assert_eq!(answer.fault.code.as_deref(), Some("CMN-401"));
    assert_eq!(answer.fault.permission.as_deref(), Some("CallControl"));
    // An id becomes part of a path.
    let Content::Answer(answer) = content(r#"[{"type":"ClientRequest","status":200},{"id":"../../account"}]"#) else {
        panic!("an answer")
    };
    assert_eq!(answer.subscription, None);
}

#[test]
fn what_we_say_is_what_the_guides_have() {
    let said: Value = serde_json::from_str(&subscribe("11618510", SESSIONS)).unwrap();
    let guide: Value = serde_json::from_str(
        r#"[{"type":"ClientRequest","messageId":"11618510","method":"POST","path":"/restapi/v1.0/subscription/"},
            {"eventFilters":["/restapi/v1.0/account/~/extension/~/telephony/sessions"],
             "deliveryMode":{"transportType":"WebSocket"}}]"#,
    )
    .unwrap();
    assert_eq!(said, guide);
    assert_eq!(heartbeat("1"), r#"[{"messageId":"1","type":"Heartbeat"}]"#);
}

#[test]
fn a_notification_of_the_guide() {
    let Content::Notice(notice) = content(
        r#"[{"type":"ServerNotification","messageId":"1823485288313944239","status":200,"headers":{}},
            {"uuid":"1823485288313944239","event":"/restapi/v1.0/account/8/extension/8/telephony/sessions",
             "timestamp":"2020-06-14T19:27:18.390Z","subscriptionId":"5330","ownerId":"8","body":{
              "sequence":3,"sessionId":"425","telephonySessionId":"s-a6","serverId":"10.13.22.28.TAM",
              "eventTime":"2020-06-14T19:27:18.340Z","parties":[{"accountId":"8","extensionId":"8","id":"p-a6-2",
               "direction":"Inbound","to":{"phoneNumber":"+12025550155","name":"Agent J","extensionId":"8"},
               "from":{"phoneNumber":"+12025550143"},"status":{"code":"Setup","rcc":false},"park":{},
               "missedCall":false,"standAlone":false,"muted":false}],"origin":{"type":"Call"}}}]"#,
    ) else {
        panic!("a notice")
    };
    let News::Session(session) = notice.news else {
        panic!("a session")
    };
    assert_eq!((session.id.as_str(), session.sequence), ("s-a6", Some(3)));
    assert_eq!(session.at, Some(1_592_162_838_340));
    let party = &session.parties[0];
    assert_eq!((party.status, party.extension.as_deref()), (Status::Ringing, Some("8")));
    assert_eq!(party.from.number.as_deref(), Some("+12025550143"));
    assert_eq!(party.to.name.as_deref(), Some("Agent J"));
}

#[test]
fn presence_as_it_is_asked_for_and_told() {
    let body: Value = serde_json::from_str(
        r#"{"extension":{"id":170848004,"extensionNumber":"101"},"telephonyStatus":"CallConnected","activeCalls":[
            {"id":"rh48","direction":"Outbound","from":"+12025550106","to":"+12025550194","telephonyStatus":"CallConnected",
             "sessionId":"215","partyId":"p-bb-1","telephonySessionId":"s-bb"},
            {"direction":"Inbound","telephonyStatus":"NoCall","telephonySessionId":"s-cc","terminationType":"final"},
            {"direction":"Inbound","telephonyStatus":"Dreaming","telephonySessionId":"s-dd"},
            {"telephonyStatus":"Ringing"}]}"#,
    )
    .unwrap();
    let presence = notice::presence(&body).unwrap();
    let told: Vec<_> = presence
        .calls
        .iter()
        .map(|call| (call.party.as_str(), call.status))
        .collect();
    assert_eq!(told, [("p-bb-1", Activity::Connected), ("s-cc", Activity::Over)]);
    assert!(presence.complete);
    assert!(
        notice::presence(&json!({"telephonyStatus": "NoCall"}))
            .unwrap()
            .calls
            .is_empty()
    );
    assert_eq!(notice::presence(&json!({"dndStatus": "TakeAllCalls"})), None);
}

#[test]
fn what_cannot_be_read_says_why_and_quotes_nothing() {
    for (text, why) in [
        ("", Unreadable::NoJson),
        ("{}", Unreadable::NoJson),
        ("[", Unreadable::NoJson),
        (r#"[{"type":"ClientRequest"},--Boundary"#, Unreadable::NoJson),
        ("[]", Unreadable::NoHead),
        ("[7]", Unreadable::NoHead),
        (r#"[{"type":7}]"#, Unreadable::NoHead),
    ] {
        assert_eq!(read(text.as_bytes()), Err(why), "{text}");
    }
    assert_eq!(read(&vec![b' '; LONGEST_MESSAGE + 1]), Err(Unreadable::TooLong));
    let deep = format!("[{{\"type\":\"Error\"}},{}", "[".repeat(100_000));
    assert_eq!(read(deep.as_bytes()), Err(Unreadable::NoJson));
    // Words of a server that are no single words are not repeated.
    let quoting = fault(&json!({"errorCode": "CMN-102 +12025550143", "permissionName": "a b"}));
    assert_eq!(quoting, Fault::default());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_members_panic(head in json(), body in json()) {
        let mut head = head;
        for kind in ["ConnectionDetails", "ClientRequest", "ServerNotification", "Error", "Heartbeat"] {
            if let Value::Object(members) = &mut head {
                members.insert("type".into(), Value::from(kind));
            }
            let _ = read(json!([head, body]).to_string().as_bytes());
        }
    }
}

/// Any JSON, with the names that are looked for.
fn json() -> impl Strategy<Value = Value> {
    let name = proptest::sample::select(vec![
        "wsc",
        "token",
        "sequence",
        "status",
        "headers",
        "Retry-After",
        "messageId",
        "uuid",
        "event",
        "body",
        "parties",
        "telephonySessionId",
        "extensionId",
        "id",
        "direction",
        "from",
        "to",
        "phoneNumber",
        "code",
        "reason",
        "peerId",
        "uiCallInfo",
        "primary",
        "type",
        "value",
        "origin",
        "eventTime",
        "activeCalls",
        "telephonyStatus",
        "errors",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        Just(Value::from("/x/telephony/sessions")),
        Just(Value::from("Inbound")),
    ];
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..8).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}
