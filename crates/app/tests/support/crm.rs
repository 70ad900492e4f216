//! A CRM on the loopback, with two accounts, each behind a key; and the connector file of somebody who uses it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use ringside_app::host::sign_in::Browser;
use ringside_domain::{Result, Url};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
};

/// Opens the account of Acme.
pub const KEY: &str = "key-of-acme-41f7";
/// Opens the account of somebody else.
pub const OTHER_KEY: &str = "key-of-others-93c2";

#[derive(Default)]
pub struct Seen {
    asked: AtomicUsize,
    /// Who signs in next in the browser: the account's code.
    pub next: Mutex<String>,
    /// It breaks down when it is asked whose account it is.
    pub broken: AtomicBool,
    /// It was asked too often, and wants to be left alone for a minute.
    pub busy: AtomicBool,
    /// The one refresh token that is good, once it rotates them.
    pub refresh: Mutex<Option<String>>,
    /// What the answer to a refresh waits for; the old token is spent by then.
    pub hold: Mutex<Option<Arc<Semaphore>>>,
    /// A refresh came in.
    pub refreshes: Notify,
}

impl Seen {
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn refresh(&self) -> Option<String> {
        self.refresh.lock().unwrap().clone()
    }
}

pub struct Crm {
    pub address: String,
    pub seen: Arc<Seen>,
}

impl Crm {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        "acme".clone_into(&mut seen.next.lock().unwrap());
        let routes = Router::new()
            .route("/me", get(me))
            .route("/people", get(people))
            .route("/token", post(token))
            .route("/crmManifest", get(app_connect))
            .route("/apiKeyLogin", post(app_connect_session))
            .route("/contact", get(app_connect_nobody))
            .with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, seen }
    }
}

fn account(headers: &HeaderMap) -> Option<&'static str> {
    match headers.get("x-key")?.to_str().ok()? {
        KEY | "token-of-acme" => Some("acme"),
        OTHER_KEY | "token-of-others" => Some("others"),
        _ => None,
    }
}

async fn me(State(seen): State<Arc<Seen>>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    seen.asked.fetch_add(1, Ordering::SeqCst);
    if seen.broken.load(Ordering::SeqCst) {
        return (
            StatusCode::INTERNAL_SERVER_ERROR,
            Json(json!({ "error": "broken down" })),
        );
    }
    match account(&headers) {
        Some(id) => (StatusCode::OK, Json(json!({ "id": id, "name": format!("Team {id}") }))),
        None => (StatusCode::UNAUTHORIZED, Json(json!({ "error": "wrong key" }))),
    }
}

async fn people(
    State(seen): State<Arc<Seen>>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    seen.asked.fetch_add(1, Ordering::SeqCst);
    if account(&headers).is_none() {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "wrong key" }))).into_response();
    }
    if seen.busy.load(Ordering::SeqCst) {
        return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "60")]).into_response();
    }
    let found = query.get("phone").is_some_and(|phone| phone == "+442079460123");
    let ada = json!({ "id": 7, "name": "Ada Verdi", "phone": "+44 20 7946 0123" });
    let people = if found { vec![ada] } else { Vec::new() };
    Json(json!({ "people": people })).into_response()
}

async fn token(State(seen): State<Arc<Seen>>, Form(asked): Form<HashMap<String, String>>) -> (StatusCode, Json<Value>) {
    if let (Some(given), Some(good)) = (asked.get("refresh_token"), seen.refresh()) {
        if *given != good {
            return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
        }
        let next = format!("{good}-next");
        *seen.refresh.lock().unwrap() = Some(next.clone());
        seen.refreshes.notify_one();
        let hold = seen.hold.lock().unwrap().clone();
        if let Some(hold) = hold {
            hold.acquire().await.unwrap().forget();
        }
        let answer = json!({ "access_token": "token-of-acme", "refresh_token": next, "expires_in": 3600 });
        return (StatusCode::OK, Json(answer));
    }
    match asked.get("code").or(asked.get("refresh_token")).map(String::as_str) {
        Some(code @ ("acme" | "others")) => {
            let answer =
                json!({ "access_token": format!("token-of-{code}"), "refresh_token": code, "expires_in": 3600 });
            (StatusCode::OK, Json(answer))
        }
        _ => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))),
    }
}

async fn app_connect(Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    if query.get("platformName").is_some_and(|name| name == "moved") {
        return Json(
            json!({ "serverUrl": "https://connect.example.test", "platforms": { "moved": {
            "displayName": "Moved CRM", "auth": { "type": "apiKey" }, "override": [{ "triggerType": "meta",
                "overrideObjects": [{ "path": "serverUrl", "value": "https://elsewhere.example.test/" }] }],
        } } }),
        );
    }
    Json(json!({ "platforms": { "sample": {
        "displayName": "Sample CRM",
        "auth": { "type": "apiKey", "apiKey": { "page": { "content": [
            { "const": "apiKey", "title": "API key", "type": "string", "required": true },
            { "const": "region", "title": "Region", "type": "string", "required": true },
        ] } } },
    } } }))
}

async fn app_connect_nobody() -> Json<Value> {
    Json(json!({ "successful": true, "contact": [] }))
}

/// Whatever the key is: `{"id":"u-1","platform":"sample"}` is whose session it is.
async fn app_connect_session() -> Json<Value> {
    let token = "e30.eyJpZCI6InUtMSIsInBsYXRmb3JtIjoic2FtcGxlIn0.c2ln";
    Json(json!({ "jwtToken": token, "name": "Pat Tester" }))
}

/// The connector file. `auth` is one of [`KEYED`] and [`OAUTH`].
pub fn manifest(id: &str, auth: &str) -> String {
    format!(
        r##"schema = 1
id = "{id}"
name = "Acme CRM"
version = "1"
docs = "https://docs.example.com/api"
needs = ["A key from your admin."]
limits = ["Nobody can be created."]
allowed_hosts = ["files.example.com"]

[evidence]
kind = "documentation"
note = "Made for one company."

[environment.typed]
title = "Your server"
placeholder = "crm.example.com"
base = "{{{{ env.origin }}}}"

[[parameters]]
name = "team"
title = "Team"
kind = "choice"
required = false
default = "all"
options = [{{ value = "all", label = "All" }}, {{ value = "sales", label = "Sales" }}]

{auth}

[whoami]
id = "id"
name = "name"

[whoami.request]
path = "/me"

[[types]]
id = "person"
label = "Person"

[types.contact]
id = "id"
name = "name"
numbers = {{ phone = "phone" }}

[find_contact]
matching = "exact"
batching = "per_form"

[find_contact.request]
path = "/people"
query = {{ phone = "{{{{ form }}}}" }}

[find_contact.answer]
list = "people"
"##
    )
}

pub const KEYED: &str = r#"[[parameters]]
name = "key"
title = "API key"
kind = "secret"
pattern = "[a-z0-9-]{4,}"
help = "Settings, API"

[auth.set]
headers = { x-key = "{{ secret.key }}" }
"#;

pub const OAUTH: &str = r#"[auth.oauth2]
authorize = "{{ env.origin }}/authorize"
token = "{{ env.origin }}/token"
client = "public"
client_id = "ringside"

[auth.set]
headers = { x-key = "{{ token }}" }
"#;

/// A person who signs in at once, as whoever [`Seen::next`] says; or stays away while `away` is set.
pub struct Person {
    pub seen: Arc<Seen>,
    pub away: bool,
    pub opened: Arc<Notify>,
}

#[async_trait]
impl Browser for Person {
    async fn open(&self, page: &Url) -> Result<()> {
        self.opened.notify_one();
        let given: HashMap<String, String> = page.query_pairs().into_owned().collect();
        let code = self.seen.next.lock().unwrap().clone();
        let mut back = Url::parse(&given["redirect_uri"]).unwrap();
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &given["state"]);
        if !self.away {
            tokio::spawn(async move {
                let place = format!("{}:{}", back.host_str().unwrap(), back.port().unwrap());
                let mut stream = TcpStream::connect(&place).await.unwrap();
                let path = format!("{}?{}", back.path(), back.query().unwrap());
                let head = format!("GET {path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
                let mut answer = Vec::new();
                let _ = stream.read_to_end(&mut answer).await;
            });
        }
        Ok(())
    }
}
