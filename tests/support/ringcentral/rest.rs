//! The API: signing in, the gateway's token, the extension, its presence.

use std::collections::BTreeMap;

use axum::{
    Form, Router,
    extract::{Request, State as Shared},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringside_domain::Url;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{CLIENT, Fake, OWNER, REDIRECT};

const EXTENSION: &str = "/restapi/v1.0/account/~/extension/~";

struct Json(Value);

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        ([("content-type", "application/json")], self.0.to_string()).into_response()
    }
}

pub(super) fn router(fake: Fake) -> Router {
    Router::new()
        .route("/restapi/oauth/token", post(token))
        .route("/restapi/oauth/wstoken", post(ws_token))
        .route(EXTENSION, get(extension))
        .route(&format!("{EXTENSION}/presence"), get(presence))
        .fallback(async |Shared(fake): Shared<Fake>, request: Request| {
            fake.wrong(format!("{} {}", request.method(), request.uri().path()));
            StatusCode::NOT_FOUND
        })
        .with_state(fake)
}

impl Fake {
    /// The person opens the page and agrees: where their browser is sent then.
    pub fn agree(&self, page: &Url) -> Url {
        let asked: BTreeMap<String, String> = page.query_pairs().into_owned().collect();
        let names: Vec<&str> = asked.keys().map(String::as_str).collect();
        let documented = [
            "client_id",
            "code_challenge",
            "code_challenge_method",
            "redirect_uri",
            "response_type",
            "state",
        ];
        if page.path() != "/restapi/oauth/authorize" || names != documented {
            self.wrong(format!("the page to sign in: {} {names:?}", page.path()));
        }
        for (name, value) in [
            ("client_id", CLIENT),
            ("code_challenge_method", "S256"),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
        ] {
            if asked[name] != value {
                self.wrong(format!("the page to sign in: {name}"));
            }
        }
        let mut state = self.state();
        let code = format!("code-secret-{}", state.next());
        state.codes.insert(code.clone(), asked["code_challenge"].clone());
        back_with(&asked["state"], &[("code", &code), ("expires_in", "60")])
    }

    /// The person opens the page and says no (RFC 6749, 4.1.2.1).
    pub fn decline(&self, page: &Url) -> Url {
        let state = page.query_pairs().find(|(name, _)| name == "state").unwrap().1;
        let no = [("error", "access_denied"), ("error_description", "The user said no.")];
        back_with(&state, &no)
    }
}

fn back_with(state: &str, parameters: &[(&str, &str)]) -> Url {
    let mut back = Url::parse(REDIRECT).unwrap();
    back.query_pairs_mut()
        .append_pair("state", state)
        .extend_pairs(parameters);
    back
}

async fn token(Shared(fake): Shared<Fake>, headers: HeaderMap, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let names: Vec<&str> = form.keys().map(String::as_str).collect();
    if headers.contains_key("authorization") || form.get("client_id").map(String::as_str) != Some(CLIENT) {
        fake.wrong("a public client names itself in the body only");
    }
    let refused = || {
        (
            StatusCode::BAD_REQUEST,
            Json(json!({"error": "invalid_grant", "error_description": "Token not found"})),
        )
    };
    let mut state = fake.state();
    match form.get("grant_type").map(String::as_str) {
        Some("authorization_code") => {
            if names != ["client_id", "code", "code_verifier", "grant_type", "redirect_uri"]
                || form["redirect_uri"] != REDIRECT
            {
                state.wrong.push(format!("a code is exchanged with {names:?}"));
            }
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
            state.said.push("code");
            // Good for once.
            if state.codes.remove(&form["code"]) != Some(challenge) {
                return refused().into_response();
            }
            Json(state.grant()).into_response()
        }
        Some("refresh_token") => {
            if names != ["client_id", "grant_type", "refresh_token"] {
                state.wrong.push(format!("a token is refreshed with {names:?}"));
            }
            state.said.push("refresh");
            let known = state.refresh.remove(&form["refresh_token"]);
            if !known || !state.rules.refreshes {
                return refused().into_response();
            }
            Json(state.grant()).into_response()
        }
        other => {
            state.wrong.push(format!("the grant {other:?}"));
            refused().into_response()
        }
    }
}

async fn ws_token(Shared(fake): Shared<Fake>, headers: HeaderMap, body: String) -> Response {
    if let Err(refused) = fake.authorized(&headers, "wstoken", "WebSocketsSubscription") {
        return *refused;
    }
    if !body.is_empty() {
        fake.wrong("wstoken takes no body");
    }
    let mut state = fake.state();
    if !state.rules.troubles.is_empty() {
        let (status, pause) = state.rules.troubles.remove(0);
        let mut answer = (
            StatusCode::from_u16(status).unwrap(),
            Json(json!({"errorCode": "CMN-301"})),
        )
            .into_response();
        if let Some(pause) = pause {
            answer.headers_mut().insert("retry-after", pause.into());
        }
        return answer;
    }
    let token = format!("ws-secret-{}", state.next());
    state.ws_tokens.insert(token.clone());
    let scheme = if fake.scheme == "https" { "wss" } else { "ws" };
    let own = format!("{scheme}://localhost:{}/ws", fake.address.port());
    let uri = state.rules.gateway.clone().unwrap_or(own);
    Json(json!({"ws_access_token": token, "uri": uri, "expires_in": 30})).into_response()
}

async fn extension(Shared(fake): Shared<Fake>, headers: HeaderMap) -> Response {
    if let Err(refused) = fake.authorized(&headers, "extension", "ReadAccounts") {
        return *refused;
    }
    let id: u64 = OWNER.parse().unwrap();
    Json(
        json!({"uri": "…", "id": id, "extensionNumber": "101", "name": "Agent J", "type": "User", "status": "Enabled"}),
    )
    .into_response()
}

async fn presence(Shared(fake): Shared<Fake>, headers: HeaderMap, uri: Uri) -> Response {
    if let Err(refused) = fake.authorized(&headers, "presence", "ReadPresence") {
        return *refused;
    }
    if uri.query() != Some("detailedTelephonyState=true") {
        fake.wrong("presence without its calls");
    }
    let state = fake.state();
    let calls: &[Value] = &state.rules.active_calls;
    let status = if calls.is_empty() { "NoCall" } else { "CallConnected" };
    Json(json!({"presenceStatus": "Available", "telephonyStatus": status, "userStatus": "Available", "activeCalls": calls}))
        .into_response()
}

impl Fake {
    fn authorized(
        &self,
        headers: &HeaderMap,
        what: &'static str,
        permission: &'static str,
    ) -> Result<(), Box<Response>> {
        let mut state = self.state();
        state.said.push(what);
        let bearer = headers
            .get("authorization")
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        if headers.get("accept").is_none_or(|accept| accept != "application/json") {
            state.wrong.push(format!("{what} without Accept"));
        }
        match bearer {
            None => state.wrong.push(format!("{what} without a token")),
            Some(token) if state.access.contains(token) => {
                if state.rules.permissions.contains(permission) {
                    return Ok(());
                }
                let words =
                    format!("In order to call this API endpoint, application needs to have [{permission}] permission");
                let error = json!({"errorCode": "CMN-401", "message": words, "permissionName": permission});
                let body =
                    json!({"errorCode": "CMN-401", "message": words, "errors": [error], "permissionName": permission});
                return Err(Box::new((StatusCode::FORBIDDEN, Json(body)).into_response()));
            }
            Some(_) => {}
        }
        let body = json!({"errorCode": "OAU-213", "message": "Token not found", "errors": []});
        Err(Box::new((StatusCode::UNAUTHORIZED, Json(body)).into_response()))
    }
}
