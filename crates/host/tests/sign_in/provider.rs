//! An OAuth provider over the loopback, as strict as the standards let one be.
//!
//! It follows RFC 6749 (parameters once, codes and refresh tokens good once, client authentication), RFC 7636 (S256, the
//! verifier must fit), RFC 8252 (any port on the loopback address that was registered), RFC 9207 (`iss`) and the rule of RFC
//! 9700 for rotation: a refresh token that is used twice ends the whole grant.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ringside_domain::{
    HostRules, TypedHost, Url,
    credentials::Secret,
    sign_in::{Authorize, ClientAuth, RedirectTo, Redirected, TokenAsk, TokenRequest},
};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use url::form_urlencoded;

pub const CLIENT: &str = "ring side/1";
/// Its characters need the form-encoding that RFC 6749 wants before Basic.
pub const SECRET: &str = "s3cret: +%&ü";
pub const ISSUER: &str = "https://login.example.com";

#[derive(Clone)]
pub struct Provider {
    pub url: Url,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
pub struct Inner {
    /// Every request to the token endpoint, in order: its parameters.
    pub asked: Vec<HashMap<String, String>>,
    /// What the token endpoint answers instead of the right thing: status, type, body.
    pub instead: Option<(u16, &'static str, Vec<u8>)>,
    pub retry_after: Option<String>,
    /// What the token endpoint waits for before it answers; the grant is made before that.
    hold: Option<Arc<Semaphore>>,
    pub rotates: bool,
    pub lifetime: Option<serde_json::Value>,
    codes: HashMap<String, Code>,
    refresh_tokens: HashSet<String>,
    used: HashSet<String>,
    count: u32,
}

struct Code {
    challenge: Option<String>,
    redirect_uri: String,
}

impl Provider {
    pub async fn start() -> Self {
        let inner = Inner {
            rotates: true,
            lifetime: Some(3_600.into()),
            ..Inner::default()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let provider = Self {
            url: Url::parse(&url).unwrap(),
            inner: Arc::new(Mutex::new(inner)),
        };
        let router = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub fn hosts(&self) -> HostRules {
        HostRules {
            allowed: Vec::new(),
            typed: Some(TypedHost {
                host: "127.0.0.1".to_owned(),
                port: self.url.port().unwrap(),
            }),
        }
    }

    pub fn authorize(&self) -> Authorize {
        Authorize {
            url: self.url.join("authorize?prompt=login&state=theirs").unwrap(),
            hosts: self.hosts(),
            client_id: CLIENT.to_owned(),
            scope: "contacts calls".to_owned(),
            pkce: true,
            redirect: RedirectTo {
                host: "127.0.0.1".to_owned(),
                port: None,
                path: "/callback".to_owned(),
            },
            issuer: Some(ISSUER.to_owned()),
            provider: "Sample CRM".to_owned(),
        }
    }

    pub fn ask(&self, ask: TokenAsk) -> TokenRequest {
        TokenRequest {
            url: self.url.join("token").unwrap(),
            hosts: self.hosts(),
            ask,
            client_id: CLIENT.to_owned(),
            client_secret: Some(Secret::new(SECRET)),
            client_auth: ClientAuth::Basic,
            extra: vec![("environment".to_owned(), "test".to_owned())],
            in_query: false,
            deadline: Duration::from_secs(5),
            provider: "Sample CRM".to_owned(),
        }
    }

    pub fn exchange(&self, back: &Redirected) -> TokenRequest {
        self.ask(TokenAsk::Code {
            code: back.code.clone(),
            redirect_uri: back.redirect_uri.clone(),
            verifier: back.verifier.clone(),
        })
    }

    /// A refresh token as somebody got it long ago.
    pub fn long_ago(&self, token: &str) -> Secret {
        self.inner().refresh_tokens.insert(token.to_owned());
        Secret::new(token)
    }

    /// From now on answers are made and not sent, until one is released.
    pub fn hold(&self) -> Arc<Semaphore> {
        let hold = Arc::new(Semaphore::new(0));
        self.inner().hold = Some(hold.clone());
        hold
    }

    /// Until that many refreshes have been asked for.
    pub async fn is_asked(&self, refreshes: usize) {
        let asked = async {
            while self.refreshes() < refreshes {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), asked).await.unwrap();
    }

    pub fn refreshes(&self) -> usize {
        let is =
            |asked: &&HashMap<String, String>| asked.get("grant_type").is_some_and(|grant| grant == "refresh_token");
        self.inner().asked.iter().filter(is).count()
    }
}

/// Parameters, each of them once.
fn once(form: &[u8]) -> Result<HashMap<String, String>, Response> {
    let mut all = HashMap::new();
    for (name, value) in form_urlencoded::parse(form).into_owned() {
        if all.insert(name, value).is_some() {
            return Err(refuse(400, "invalid_request", "a parameter is repeated"));
        }
    }
    Ok(all)
}

async fn authorize(State(provider): State<Provider>, RawQuery(query): RawQuery) -> Response {
    let query = match once(query.unwrap_or_default().as_bytes()) {
        Ok(query) => query,
        Err(response) => return response,
    };
    let get = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let redirect_uri = Url::parse(get("redirect_uri"));
    let registered = redirect_uri.as_ref().is_ok_and(|url| {
        url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost")) && url.path() == "/callback"
    });
    if get("response_type") != "code" || get("client_id") != CLIENT || !registered || get("prompt") != "login" {
        return refuse(400, "invalid_request", "not a request of this client");
    }
    let state = URL_SAFE_NO_PAD.decode(get("state")).unwrap_or_default();
    if state.len() < 16 || get("scope") != "contacts calls" {
        return refuse(400, "invalid_request", "no state of 128 bits, or another scope");
    }
    let challenge = query.get("code_challenge").cloned();
    let method = query.get("code_challenge_method").map(String::as_str);
    if challenge.is_some() != (method == Some("S256")) || challenge.as_ref().is_some_and(|sum| sum.len() != 43) {
        return refuse(400, "invalid_request", "not a challenge");
    }
    let mut inner = provider.inner();
    inner.count += 1;
    let code = format!("code-{}", inner.count);
    let redirect_uri = get("redirect_uri").to_owned();
    let mut back = Url::parse(&redirect_uri).unwrap();
    back.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", get("state"))
        .append_pair("iss", ISSUER)
        .append_pair("accounts-server", "https://accounts.example.eu");
    inner.codes.insert(
        code,
        Code {
            challenge,
            redirect_uri,
        },
    );
    Redirect::to(back.as_str()).into_response()
}

async fn token(
    State(provider): State<Provider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let in_query = query.is_some();
    let form = query.map_or(body.clone(), Bytes::from);
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if in_query != body.is_empty() || (!in_query && kind != Some("application/x-www-form-urlencoded")) {
        return refuse(400, "invalid_request", "not a form");
    }
    let form = match once(&form) {
        Ok(form) => form,
        Err(response) => return response,
    };
    let (answer, hold) = {
        let mut inner = provider.inner();
        inner.asked.push(form.clone());
        let answer = match (&inner.instead, &inner.retry_after) {
            (Some((status, kind, body)), retry_after) => {
                let mut answer = (status_of(*status), body.clone()).into_response();
                answer.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
                if let Some(after) = retry_after {
                    answer.headers_mut().insert(header::RETRY_AFTER, after.parse().unwrap());
                }
                answer
            }
            (None, _) => inner.grant(&form, &headers),
        };
        (answer, inner.hold.clone())
    };
    if let Some(hold) = hold {
        hold.acquire().await.unwrap().forget();
    }
    answer
}

impl Inner {
    fn grant(&mut self, form: &HashMap<String, String>, headers: &HeaderMap) -> Response {
        if !is_client(form, headers) {
            return refuse(401, "invalid_client", &format!("client secret {SECRET} is wrong"));
        }
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        match get("grant_type") {
            "authorization_code" => {
                let Some(code) = self.codes.remove(get("code")) else {
                    return refuse(400, "invalid_grant", &format!("code {} is unknown", get("code")));
                };
                let verifier = form.get("code_verifier");
                let fits = match (&code.challenge, verifier) {
                    (Some(challenge), Some(verifier)) => {
                        (43..=128).contains(&verifier.len())
                            && *challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
                    }
                    (None, None) => true,
                    _ => false,
                };
                if !fits || code.redirect_uri != get("redirect_uri") {
                    return refuse(400, "invalid_grant", "verifier or redirect address do not fit");
                }
            }
            "refresh_token" => {
                let token = get("refresh_token").to_owned();
                if self.used.contains(&token) {
                    self.refresh_tokens.clear();
                }
                if !self.refresh_tokens.contains(&token) {
                    return refuse(400, "invalid_grant", &format!("Refresh token {token} is invalid."));
                }
                if self.rotates {
                    self.refresh_tokens.remove(&token);
                    self.used.insert(token);
                }
            }
            "client_credentials" => {}
            "password" if get("username") == "ann@example.com" && get("password") == "pass word" => {}
            _ => return refuse(400, "unsupported_grant_type", ""),
        }
        self.count += 1;
        let count = self.count;
        let mut answer = serde_json::json!({
            "access_token": format!("at-{count}"),
            "token_type": "Bearer",
            "id_token": "header.claims.signature",
            "instance_url": "https://eu1.example.com",
            "account": 4711,
            "nested": {"access_token": "no"},
        });
        if let Some(lifetime) = &self.lifetime {
            answer["expires_in"] = lifetime.clone();
        }
        if get("grant_type") != "client_credentials" && (self.rotates || get("grant_type") != "refresh_token") {
            let token = format!("rt-{count}");
            self.refresh_tokens.insert(token.clone());
            answer["refresh_token"] = token.into();
        }
        axum::response::IntoResponse::into_response(([(header::CONTENT_TYPE, "application/json")], answer.to_string()))
    }
}

fn is_client(form: &HashMap<String, String>, headers: &HeaderMap) -> bool {
    let in_body = form.get("client_id").is_some_and(|id| id == CLIENT);
    let Some(basic) = headers.get(header::AUTHORIZATION) else {
        // A public client names itself; one with a secret proves itself.
        return in_body && form.get("client_secret").is_none_or(|secret| secret == SECRET);
    };
    let decoded = basic.to_str().ok().and_then(|basic| basic.strip_prefix("Basic "));
    let decoded = decoded
        .and_then(|basic| STANDARD.decode(basic).ok())
        .unwrap_or_default();
    let decoded = String::from_utf8(decoded).unwrap();
    let decode = |part: &str| {
        let pair = format!("x={part}");
        let mut pairs = form_urlencoded::parse(pair.as_bytes()).into_owned();
        pairs.next().unwrap().1
    };
    // RFC 6749, 2.3: one way of proving at a time.
    !in_body
        && decoded
            .split_once(':')
            .is_some_and(|(id, secret)| decode(id) == CLIENT && decode(secret) == SECRET)
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}

fn refuse(status: u16, error: &str, description: &str) -> Response {
    let body = serde_json::json!({"error": error, "error_description": description}).to_string();
    (status_of(status), [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
