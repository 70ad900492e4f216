//! The CRM of an example: it wants exactly the requests that the example names, and gives their answers.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{Error, HttpAnswer, HttpRequest, HttpTransport, Kind, Result, Url};
use serde_json::Value;

use super::diff;
use crate::manifest::format::{Exchange, Verb};

/// How long an answer takes: requests of one wave are all out before the first of them is answered. No time passes.
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// What the operation hears when it asks for something else.
pub(super) const NO_SUCH: &str = "the example has no such request";

pub(super) struct Script {
    expected: Vec<Exchange>,
    /// Writes go out in the example's order; the requests of a lookup in any.
    in_order: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sent: Vec<Sent>,
    /// For each expected one, the place of the request that was it.
    came: Vec<Option<usize>>,
}

/// A request as it went out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sent {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Script {
    pub(super) fn new(expected: Vec<Exchange>, in_order: bool) -> Self {
        Self {
            state: Mutex::new(State {
                sent: Vec::new(),
                came: vec![None; expected.len()],
            }),
            expected,
            in_order,
        }
    }

    pub(super) fn sent(&self) -> Vec<Sent> {
        let mut sent = self.state().sent.clone();
        if !self.in_order {
            sent.sort();
        }
        sent
    }

    /// Whether a request that the example has not went to this address, `/me` behind whatever there is.
    pub(super) fn strayed_to(&self, path: &str) -> bool {
        let state = self.state();
        let strange = state
            .sent
            .iter()
            .enumerate()
            .filter(|(place, _)| !state.came.contains(&Some(*place)));
        let mut paths = strange.filter_map(|(_, sent)| Url::parse(&sent.url).ok());
        paths.any(|url| url.path().ends_with(path))
    }

    /// Requests that were not expected, each beside the expected one that it looks most like, and those that never came.
    pub(super) fn differences(&self) -> Vec<String> {
        let state = self.state();
        let mut missing: Vec<&Exchange> = self
            .expected
            .iter()
            .zip(&state.came)
            .filter_map(|(exchange, came)| came.is_none().then_some(exchange))
            .collect();
        let strange = state
            .sent
            .iter()
            .enumerate()
            .filter(|(place, _)| !state.came.contains(&Some(*place)));
        let mut differences = Vec::new();
        for (_, sent) in strange {
            let nearest = missing
                .iter()
                .enumerate()
                .max_by_key(|(place, exchange)| (likeness(exchange, sent), std::cmp::Reverse(*place)))
                .map(|(place, _)| place);
            differences.push(match nearest {
                Some(place) => compare(missing.remove(place), sent).join("\n"),
                None => format!("a request was not expected\n{}", written(sent)),
            });
        }
        differences.extend(missing.into_iter().map(|exchange| {
            let method = verb(exchange.method);
            format!("a request was expected and not sent\n  {method} {}", exchange.url)
        }));
        differences
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The exchange that this request is, if it is one.
    fn take(&self, sent: Sent) -> Option<&Exchange> {
        let mut state = self.state();
        let here = state.sent.len();
        let open = (0..self.expected.len()).filter(|place| state.came[*place].is_none());
        let mut open = open.take(if self.in_order { 1 } else { usize::MAX });
        let found = open.find(|place| compare(&self.expected[*place], &sent).is_empty());
        state.sent.push(sent);
        let found = found?;
        state.came[found] = Some(here);
        self.expected.get(found)
    }
}

#[async_trait]
impl HttpTransport for Script {
    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer> {
        let operation = request.operation;
        let allowed = request.hosts.check(&request.url).is_ok();
        let taken = self.take(sent(&request));
        if !allowed {
            let host = request.url.host_str().unwrap_or("?").to_owned();
            return Err(Error::new(
                Kind::Forbidden,
                operation,
                format!("the connector does not allow {host}"),
            ));
        }
        let Some(exchange) = taken else {
            return Err(Error::new(Kind::Internal, operation, NO_SUCH));
        };
        tokio::time::sleep(ROUND_TRIP.min(request.deadline)).await;
        Ok(answer(exchange, request.url))
    }
}

fn sent(request: &HttpRequest) -> Sent {
    let credentials = request
        .credentials
        .iter()
        .map(|(name, value)| (name.clone(), String::from_utf8_lossy(value.expose()).into_owned()));
    Sent {
        method: request.method.as_str(),
        url: request.url.to_string(),
        headers: request.headers.iter().cloned().chain(credentials).collect(),
        body: request.body.clone(),
    }
}

fn answer(exchange: &Exchange, url: Url) -> HttpAnswer {
    let mut headers: Vec<(String, String)> = exchange
        .answer_headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .collect();
    let body = match (&exchange.answer, &exchange.answer_text) {
        (Some(tree), _) => {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            tree.0.to_string()
        }
        (None, Some(text)) => text.clone(),
        (None, None) => String::new(),
    };
    HttpAnswer {
        status: exchange.status,
        headers,
        body: body.into_bytes(),
        url,
    }
}

/// Everything in which a request is not the expected one.
fn compare(expected: &Exchange, sent: &Sent) -> Vec<String> {
    let whole = |method: &str, url: &str| format!("{method} {url}");
    let url = Url::parse(&expected.url).map_or_else(|_| expected.url.clone(), String::from);
    let mut differences = Vec::new();
    differences.extend(diff::texts(
        "a request differs",
        &whole(verb(expected.method), &url),
        &whole(sent.method, &sent.url),
    ));
    for (name, value) in &expected.headers {
        let came = sent.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        let came = came.map_or("nothing", |(_, value)| value.as_str());
        differences.extend(diff::texts(&format!("the header {name} differs"), value, came));
    }
    let text = String::from_utf8_lossy(&sent.body);
    differences.extend(match (&expected.json, &expected.text) {
        (Some(tree), _) => match serde_json::from_str::<Value>(&text) {
            Ok(came) => diff::values("the body differs", &tree.0, &came),
            Err(_) => diff::texts("the body differs", &tree.0.to_string(), &text),
        },
        (None, Some(expected)) => diff::texts("the body differs", expected, &text),
        (None, None) if text.is_empty() => None,
        (None, None) => Some(format!("a body was not expected\n  {}", body(&text))),
    });
    // What differs in the body or a header needs the request it belongs to.
    if let Some(first) = differences.first()
        && !first.starts_with("a request differs")
    {
        differences.insert(0, format!("{} {}", sent.method, sent.url));
    }
    differences
}

fn likeness(expected: &Exchange, sent: &Sent) -> usize {
    let path = |url: &str| Url::parse(url).map(|url| url.path().to_owned()).unwrap_or_default();
    let same_method = usize::from(verb(expected.method) == sent.method);
    let same_path = usize::from(path(&expected.url) == path(&sent.url));
    let same_url = usize::from(expected.url == sent.url);
    same_method + 2 * same_path + 4 * same_url
}

fn written(sent: &Sent) -> String {
    let line = format!("  {} {}", sent.method, sent.url);
    if sent.body.is_empty() {
        return line;
    }
    format!("{line}\n  {}", body(&String::from_utf8_lossy(&sent.body)))
}

/// A body as an example has it: whoever finds it right copies it.
fn body(text: &str) -> String {
    let json = serde_json::from_str::<Value>(text).ok();
    match json.as_ref().and_then(in_toml) {
        Some(toml) => format!("json = {toml}"),
        None if text.contains('\'') => text.to_owned(),
        None => format!("text = '{text}'"),
    }
}

/// JSON as a value of TOML, on one line. TOML has no null.
fn in_toml(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(in_toml).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let is_bare = |name: &str| {
                !name.is_empty()
                    && name
                        .bytes()
                        .all(|sign| sign.is_ascii_alphanumeric() || b"_-".contains(&sign))
            };
            let members: Option<Vec<String>> = members
                .iter()
                .map(|(name, member)| {
                    let name = if is_bare(name) { name.clone() } else { quoted(name) };
                    Some(format!("{name} = {}", in_toml(member)?))
                })
                .collect();
            format!("{{ {} }}", members?.join(", "))
        }
        Value::String(text) => quoted(text),
        simple => simple.to_string(),
    })
}

/// JSON writes texts as TOML reads them, but for the sign of "delete".
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

const fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Patch => "PATCH",
        Verb::Delete => "DELETE",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_shown_as_the_example_would_have_it() {
        let sent = json!({ "a": [1, { "b c": "x\n\"y\" \u{7f}" }], "empty": {}, "no": false, "ratio": 1.5 });
        let shown = body(&sent.to_string());
        let read: toml::Table = toml::from_str(&shown).unwrap();
        assert_eq!(serde_json::to_value(&read["json"]).unwrap(), sent, "{shown}");
        assert_eq!(body("{\"a\":null}"), "text = '{\"a\":null}'");
        assert_eq!(body("a=1&b=2"), "text = 'a=1&b=2'");
        assert_eq!(body("it's"), "it's");
    }
}
