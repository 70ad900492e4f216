//! One request as it came over the wire, and its answer.

use axum::http::request::Parts;
use serde_json::Value;
use url::form_urlencoded;

use super::Purpose;

#[derive(Clone, Debug)]
pub struct Asked {
    /// As the connector named it, before the detour to the loopback.
    pub host: String,
    pub method: String,
    /// Raw, as sent.
    pub path: String,
    /// Raw, without the question mark.
    pub query: String,
    /// In the order in which they came, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Exchange {
    pub asked: Asked,
    pub purpose: Purpose,
    /// `None`: not answered, or not yet.
    pub reply: Option<Reply>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn new(parts: &Parts, body: &[u8]) -> Self {
        let headers: Vec<(String, String)> = parts
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let host = headers.iter().find(|(name, _)| name == "host");
        Self {
            host: host.map(|(_, host)| host.clone()).unwrap_or_default(),
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers,
            body: body.to_vec(),
        }
    }

    /// The path's parts, decoded one by one.
    pub fn segments(&self) -> Vec<String> {
        let parts = self.path.trim_start_matches('/').split('/');
        parts.map(decode).collect()
    }

    /// The query's parameters, decoded. A plus is a blank, as in forms: what means a plus must be sent as `%2B`.
    pub fn parameters(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    pub fn parameter(&self, name: &str) -> Option<String> {
        let mut all = self.parameters().into_iter();
        all.find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The first parameter that is not among these.
    pub fn unknown_parameter(&self, known: &[&str]) -> Option<String> {
        let mut all = self.parameters().into_iter();
        all.find(|(key, _)| !known.contains(&key.as_str())).map(|(key, _)| key)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `None` too where the content type says that it is something else.
    pub fn json(&self) -> Option<Value> {
        let kind = self.header("content-type")?;
        let is_json = kind.split(';').next()?.trim() == "application/json";
        is_json.then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }

    pub fn is(&self, method: &str) -> bool {
        self.method == method
    }
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), "application/json;charset=utf-8".into())],
            body: serde_json::to_vec(body).unwrap(),
        }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Percent-decoding of a path: a plus is a plus.
fn decode(part: &str) -> String {
    let kept = part.replace('+', "%2B");
    let pair = format!("x={kept}");
    let mut decoded = form_urlencoded::parse(pair.as_bytes());
    decoded.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
