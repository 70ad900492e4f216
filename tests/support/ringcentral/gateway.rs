//! The WebSocket gateway.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use ringside_domain::Url;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
    },
};

use super::{Fake, Order, Rewound};

const SESSIONS: &str = "/restapi/v1.0/account/~/extension/~/telephony/sessions";
const PRESENCE: &str = "/restapi/v1.0/account/~/extension/~/presence?detailedTelephonyState=true";
const SUBSCRIPTION: &str = "5c37f936-fa66";

type Socket = WebSocketStream<Rewound>;

pub(super) async fn serve(fake: Fake, stream: Rewound) {
    let mut wsc = None;
    let accepted = accept_hdr_async(stream, |request: &Request, response: Response| {
        wsc = admitted(&fake, request)?;
        Ok(response)
    })
    .await;
    let Ok(mut socket) = accepted else { return };
    // "The client application must prevent any interaction until the 'ConnectionDetails' message is received."
    if tokio::time::timeout(Duration::from_millis(30), socket.next())
        .await
        .is_ok()
    {
        fake.wrong("something was said before ConnectionDetails");
    }
    let kept = wsc.as_ref().and_then(|wsc| fake.state().sessions.remove(wsc));
    let details = details(&fake, wsc.is_some(), kept.is_some());
    let token = details[0]["wsc"]["token"].as_str().unwrap().to_owned();
    let _ = socket.send(Message::text(details.to_string())).await;
    let (orders, ordered) = mpsc::unbounded_channel();
    fake.state().orders = Some(orders);
    if let Some((filter, missed)) = kept {
        for message in missed {
            let _ = socket.send(Message::text(message.to_string())).await;
        }
        fake.state().sessions.insert(token.clone(), (filter, Vec::new()));
        fake.connected.send_modify(|count| *count += 1);
    }
    talk(&fake, &mut socket, ordered, &token).await;
    fake.state().orders = None;
}

/// The token opens one connection; the address has nothing but it and the token for recovery.
#[allow(clippy::result_large_err)]
fn admitted(fake: &Fake, request: &Request) -> Result<Option<String>, ErrorResponse> {
    let url = Url::parse("ws://localhost")
        .unwrap()
        .join(&request.uri().to_string())
        .unwrap();
    let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    if asked.keys().any(|name| name != "access_token" && name != "wsc") {
        fake.wrong(format!("the gateway's address has {:?}", asked.keys()));
    }
    let token = asked.get("access_token").cloned().unwrap_or_default();
    if !fake.state().ws_tokens.remove(&token) {
        fake.wrong("a gateway token that is none, or was used");
        let mut refused = ErrorResponse::new(None);
        *refused.status_mut() = StatusCode::UNAUTHORIZED;
        return Err(refused);
    }
    Ok(asked.get("wsc").cloned())
}

fn details(fake: &Fake, wants: bool, recovered: bool) -> Value {
    let mut state = fake.state();
    let number = state.next();
    let mut body = json!({
        "creationTime": "2026-11-22T00:00:00.000+0000", "maxConnectionsPerSession": 50, "recoveryBufferSize": 100,
        "recoveryTimeout": state.rules.recovery, "idleTimeout": state.rules.idle, "absoluteTimeout": 86_400,
        "maxActiveRequests": 10,
    });
    if wants {
        body["recoveryState"] = json!(if recovered { "Successful" } else { "Failed" });
    }
    let head = json!({
        "type": "ConnectionDetails", "messageId": "156eec30", "status": 200,
        "wsc": {"token": format!("wsc+secret/{number}="), "sequence": 1}, "headers": {"RCRequestId": "156eec30"},
    });
    json!([head, body])
}

async fn talk(fake: &Fake, socket: &mut Socket, mut ordered: mpsc::UnboundedReceiver<Order>, token: &str) {
    loop {
        tokio::select! {
            order = ordered.recv() => match order {
                None | Some(Order::Drop) => return,
                Some(Order::Say(message)) => {
                    let _ = socket.send(Message::text(message.to_string())).await;
                }
                Some(Order::Raw(text)) => {
                    let _ = socket.send(Message::text(text)).await;
                }
                Some(Order::Fault(code)) => {
                    let fault = json!([{"type": "Error", "messageId": "9"}, {"errorCode": code, "message": "Timeout expired"}]);
                    let _ = socket.send(Message::text(fault.to_string())).await;
                    let _ = socket.close(None).await;
                    return;
                }
            },
            heard = socket.next() => match heard {
                Some(Ok(Message::Text(text))) => {
                    if let Some(answer) = answer(fake, &text, token)
                        && socket.send(Message::text(answer.to_string())).await.is_err()
                    {
                        return;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => {
                    let _ = socket.flush().await;
                    return;
                }
                Some(Ok(Message::Pong(_))) => {}
                Some(Ok(other)) => fake.wrong(format!("an undocumented frame: {} bytes", other.len())),
            },
        }
    }
}

fn answer(fake: &Fake, text: &str, token: &str) -> Option<Value> {
    let message: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    let id = message[0]["messageId"].clone();
    let mut head = json!({"type": "ClientRequest", "messageId": id, "status": 200, "headers": {"RCRequestId": "7"}});
    let place = format!("/restapi/v1.0/subscription/{SUBSCRIPTION}");
    let asks_for = |filter: &str| {
        json!([
            {"type": "ClientRequest", "messageId": id, "method": "POST", "path": "/restapi/v1.0/subscription/"},
            {"eventFilters": [filter], "deliveryMode": {"transportType": "WebSocket"}},
        ])
    };
    if id.as_str().is_none_or(|id| id.len() < 16) {
        fake.wrong("a message without an id of its own");
    }
    if message == json!([{"type": "Heartbeat", "messageId": id}]) {
        let mut state = fake.state();
        state.said.push("heartbeat");
        return state
            .rules
            .answers_heartbeats
            .then(|| json!([{"type": "Heartbeat", "messageId": id, "status": 200}]));
    }
    if message == json!([{"type": "ClientRequest", "messageId": id, "method": "DELETE", "path": place}]) {
        let mut state = fake.state();
        state.said.push("unsubscribe");
        state.sessions.remove(token);
        head["status"] = json!(204);
        return Some(json!([head]));
    }
    for (filter, permission) in [(SESSIONS, "CallControl"), (PRESENCE, "ReadPresence")] {
        if message != asks_for(filter) {
            continue;
        }
        let mut state = fake.state();
        state.said.push(if filter == SESSIONS {
            "subscribe"
        } else {
            "subscribe to presence"
        });
        if !state.rules.permissions.contains(permission) {
            head["status"] = json!(403);
            let error = json!({"errorCode": "CMN-401", "permissionName": permission});
            return Some(json!([head, {"errorCode": "CMN-401", "message": "…", "errors": [error]}]));
        }
        state.sessions.insert(token.to_owned(), (filter.to_owned(), Vec::new()));
        fake.connected.send_modify(|count| *count += 1);
        let body = json!({
            "uri": format!("https://platform.ringcentral.com{place}"), "id": SUBSCRIPTION, "eventFilters": [filter],
            "expirationTime": "2026-11-22T00:15:00.000Z", "expiresIn": 899, "status": "Active",
            "creationTime": "2026-11-22T00:00:00.000Z", "deliveryMode": {"transportType": "WebSocket", "encryption": false},
        });
        return Some(json!([head, body]));
    }
    fake.wrong("an undocumented message");
    head["status"] = json!(400);
    Some(json!([head, {"errorCode": "CMN-101", "message": "…"}]))
}
