//! A server that answers as the vendor's does: the answers were taken from version 1.7.41 of it, with a CRM behind it whose
//! phone search is exact. It is stricter in what it takes: an unknown parameter or member is a failed test.

mod house;
mod looks;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use ringside_domain::Url;
use serde_json::Value;

pub use self::{house::House, looks::Looks};

/// One running server. It ends with the test's runtime.
#[derive(Clone)]
pub struct Peer {
    pub url: String,
    state: Arc<Mutex<House>>,
}

#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub raw_query: String,
    pub body: Value,
    pub token: Option<String>,
}

#[derive(Clone, Default)]
pub struct Instead {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub delay: Duration,
    /// The request is done, and only its answer is lost.
    pub does_it: bool,
}

impl Instead {
    pub fn of(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            body: body.into(),
            ..Self::default()
        }
    }
}

impl Asked {
    pub fn value(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Peer {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let peer = Self {
            url,
            state: Arc::new(Mutex::new(House::new())),
        };
        let router = Router::new().fallback(answer).with_state(peer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        peer
    }

    pub fn house(&self) -> MutexGuard<'_, House> {
        self.state.lock().unwrap()
    }

    pub fn instead(&self, path: &str, answer: Instead) {
        self.house().instead.entry(path.into()).or_default().push_back(answer);
    }

    /// The requests to a path so far.
    pub fn asked(&self, method: &str, path: &str) -> Vec<Asked> {
        let requests = self.house().requests.clone();
        requests
            .into_iter()
            .filter(|asked| asked.method == method && asked.path == path)
            .collect()
    }
}

async fn answer(State(peer): State<Peer>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let raw_query = head.uri.query().unwrap_or_default().to_owned();
    let url = Url::parse(&format!("http://peer/?{raw_query}")).unwrap();
    let header = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    if !body.is_empty() {
        assert_eq!(header("content-type").as_deref(), Some("application/json"));
    }
    let asked = Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: url
            .query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect(),
        raw_query,
        body: if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body).unwrap()
        },
        token: header("authorization").map(|value| value.strip_prefix("Bearer ").unwrap().to_owned()),
    };
    let mut response = Response::builder();
    let (body, delay) = {
        let mut house = peer.house();
        house.requests.push(asked.clone());
        let planned = house.instead.get_mut(&asked.path).and_then(VecDeque::pop_front);
        match planned {
            Some(planned) => {
                if planned.does_it {
                    house.answer(&asked);
                }
                response = response.status(planned.status);
                for (name, value) in planned.headers {
                    response = response.header(name, value);
                }
                (planned.body, planned.delay)
            }
            None => {
                let (status, body) = house.answer(&asked);
                response = response.status(status);
                if house.rotates && asked.token.is_some() && status == 200 {
                    let newer = house.new_token("testCRM");
                    response = response.header("x-refreshed-jwt-token", newer);
                }
                (
                    body.as_str().map_or_else(|| body.to_string(), str::to_owned),
                    Duration::ZERO,
                )
            }
        }
    };
    tokio::time::sleep(delay).await;
    response.body(Body::from(body)).unwrap()
}
