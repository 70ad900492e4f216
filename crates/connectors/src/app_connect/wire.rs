//! Requests to the server: where they go, what they may reach, how long they may take, and their step in the trace.

use std::{borrow::Cow, sync::Arc, time::Duration};

use ringside_domain::{
    ConnectionId, Cx, Error, HostRules, HttpAnswer, HttpRequest, HttpTransport, Kind, Method, Result, TraceStep, Url,
    connector::TraceSink, credentials::Secret, trace::Answer,
};
use serde_json::Value;
use tokio::time::Instant;

use super::answer::{self, Outcome};
use crate::hidden::Hidden;

/// Contacts with all their deals are large; more than this is no answer about one caller.
const MAX_ANSWER: usize = 4 << 20;

/// The server of one connection.
pub(super) struct Wire {
    pub http: Arc<dyn HttpTransport>,
    pub connection: ConnectionId,
    pub hosts: HostRules,
    /// Origin and path, without a slash at its end.
    pub base: String,
}

/// One operation of ours: what is left of its time, and its trace.
pub(super) struct Span {
    pub live: bool,
    begun: Instant,
    deadline: Duration,
    trace: Arc<dyn TraceSink>,
}

/// One request.
#[derive(Clone)]
pub(super) struct Ask {
    pub operation: &'static str,
    pub method: Method,
    pub path: &'static str,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<Value>,
    /// Of the number, for the trace.
    pub forms: Vec<String>,
    /// What the body holds and no error may repeat.
    pub secrets: Vec<Secret>,
}

pub(super) struct Reply {
    pub outcome: Outcome,
    /// A newer token, which replaces the one that was sent.
    pub refreshed: Option<Secret>,
    pub step: Step,
}

/// A request that was answered, and whose answer is still to be told to the trace.
#[derive(Clone, Debug)]
pub(super) struct Step {
    request: String,
    forms: Vec<String>,
    started_after: Duration,
    took: Duration,
}

impl Span {
    pub fn of(cx: &Cx) -> Self {
        Self {
            live: cx.freshness == ringside_domain::Freshness::Live,
            begun: Instant::now(),
            deadline: cx.deadline,
            trace: Arc::clone(&cx.trace),
        }
    }

    /// The same operation, for whom an old answer is none.
    pub fn live(&self) -> Self {
        Self {
            live: true,
            trace: Arc::clone(&self.trace),
            ..*self
        }
    }

    /// A request begins that does not go to the server.
    pub fn begins(&self, method: Method, what: &str) -> Step {
        Step {
            request: format!("{} {what}", method.as_str()),
            forms: Vec::new(),
            started_after: self.begun.elapsed(),
            took: Duration::ZERO,
        }
    }

    pub fn ended(&self, step: Step) -> Step {
        let took = self.begun.elapsed().saturating_sub(step.started_after);
        Step { took, ..step }
    }

    /// Whether there is time to wait so long, and to ask after that.
    pub fn has(&self, wait: Duration) -> bool {
        self.begun.elapsed() + wait < self.deadline
    }

    pub fn left(&self, operation: &'static str, crm: &str) -> Result<Duration> {
        let left = self.deadline.saturating_sub(self.begun.elapsed());
        if left.is_zero() {
            return Err(Error::new(
                Kind::Timeout,
                operation,
                format!("{crm} did not answer in time"),
            ));
        }
        Ok(left)
    }

    /// Asks what would be good to know before the thing itself is done, and leaves most of the time for that.
    pub async fn soon<T>(&self, asking: impl Future<Output = Result<T>>) -> Option<T> {
        let wait = self.deadline.saturating_sub(self.begun.elapsed()) / 4;
        tokio::time::timeout(wait, asking).await.ok()?.ok()
    }

    /// What the CRM says to the person beside its answer.
    pub fn said(&self, words: &str) {
        self.trace.said(words);
    }

    pub fn tell(&self, connection: &ConnectionId, step: &Step, answer: Answer) {
        self.trace.step(TraceStep {
            connection: Some(connection.clone()),
            request: step.request.clone(),
            forms: step.forms.clone(),
            started_after: step.started_after,
            took: step.took,
            answer,
        });
    }
}

impl Ask {
    pub fn get(operation: &'static str, path: &'static str) -> Self {
        Self {
            operation,
            method: Method::Get,
            path,
            query: Vec::new(),
            body: None,
            forms: Vec::new(),
            secrets: Vec::new(),
        }
    }

    pub fn send(operation: &'static str, method: Method, path: &'static str, body: Value) -> Self {
        Self {
            method,
            body: Some(body),
            ..Self::get(operation, path)
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }
}

impl Wire {
    /// Sends one request and reads its answer. A failure is told to the trace here, an answer by whoever reads it.
    ///
    /// # Errors
    /// Only what kept the answer from coming; what it says is the outcome.
    pub async fn ask(&self, span: &Span, crm: &str, ask: &Ask, token: Option<&Secret>) -> Result<Reply> {
        let started_after = span.begun.elapsed();
        let answered = self.exchange(span, crm, ask, token).await;
        let step = Step {
            // Neither the query nor the body: they hold the number, the name, the note.
            request: format!("{} {}", ask.method.as_str(), ask.path),
            forms: ask.forms.clone(),
            started_after,
            took: span.begun.elapsed().saturating_sub(started_after),
        };
        let outcome = match answered {
            Ok(answered) => answered,
            Err(error) => {
                span.tell(&self.connection, &step, failed(&error));
                return Err(error);
            }
        };
        if let Outcome::Failed(error) | Outcome::CrmRefused(error) | Outcome::SessionOver(error) = &outcome.0 {
            span.tell(&self.connection, &step, failed(error));
        }
        Ok(Reply {
            outcome: outcome.0,
            refreshed: outcome.1,
            step,
        })
    }

    async fn exchange(
        &self,
        span: &Span,
        crm: &str,
        ask: &Ask,
        token: Option<&Secret>,
    ) -> Result<(Outcome, Option<Secret>)> {
        let changes = ask.method != Method::Get;
        let mut url = Url::parse(&format!("{}{}", self.base, ask.path)).map_err(|_| unreadable(ask.operation))?;
        if !ask.query.is_empty() {
            // `form_urlencoded` writes a plus as %2B and a blank as a plus, which is what the server reads.
            url.query_pairs_mut().extend_pairs(&ask.query);
        }
        let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
        if ask.body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let bearer = |token: &Secret| {
            let value = [b"Bearer ".as_slice(), token.expose()].concat();
            ("authorization".to_owned(), Secret::new(value))
        };
        let request = HttpRequest {
            operation: ask.operation,
            method: ask.method,
            url,
            headers,
            credentials: token.map(bearer).into_iter().collect(),
            body: ask
                .body
                .as_ref()
                .map_or_else(Vec::new, |body| body.to_string().into_bytes()),
            hosts: self.hosts.clone(),
            // A search may be sent on by the company's proxy; a write never follows, nor does a code of a sign-in.
            redirects: if changes || ask.path == "/oauth-callback" { 0 } else { 3 },
            deadline: span.left(ask.operation, crm)?,
            max_answer: MAX_ANSWER,
        };
        let answer = self
            .http
            .send(request)
            .await
            .map_err(|error| read_only(error, changes))?;
        let refreshed = answer.header("x-refreshed-jwt-token").filter(|token| !token.is_empty());
        let refreshed = refreshed.map(|token| Secret::new(token.as_bytes()));
        let mut hidden = Hidden::default();
        for secret in ask.secrets.iter().chain(token).chain(&refreshed) {
            hidden.add(secret.expose());
        }
        let answer = screened(answer, &hidden);
        let outcome = match answer::read(ask.operation, crm, &answer) {
            // The request arrived; what failed may have failed after it was done.
            Outcome::Failed(error)
                if changes && (error.kind == Kind::Unavailable || (answer.status < 300 && !is_json(&answer.body))) =>
            {
                Outcome::Failed(error.maybe_happened())
            }
            outcome => outcome,
        };
        Ok((outcome, refreshed))
    }
}

/// An answer that repeats no secret, whatever is made of it: words are cut and masked, and what is left of a secret is one, too.
/// Only the session that a login answers with stays.
fn screened(answer: HttpAnswer, hidden: &Hidden) -> HttpAnswer {
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
        let text = String::from_utf8_lossy(&answer.body);
        return match hidden.hide(&text) {
            Cow::Owned(text) => HttpAnswer {
                body: text.into_bytes(),
                ..answer
            },
            Cow::Borrowed(_) => answer,
        };
    };
    let is_good = answer.status < 300 && body["successful"] != Value::Bool(false);
    let repeats = match &mut body {
        Value::Object(members) if is_good => {
            let mut repeats = false;
            for (name, member) in members.iter_mut().filter(|(name, _)| *name != "jwtToken") {
                repeats |= match name.as_str() {
                    "returnMessage" => hidden.hide_in_words(member),
                    _ => hidden.hide_in_data(member),
                };
            }
            repeats
        }
        other => hidden.hide_in_words(other),
    };
    if !repeats {
        return answer;
    }
    HttpAnswer {
        body: body.to_string().into_bytes(),
        ..answer
    }
}

pub(super) fn failed(error: &Error) -> Answer {
    Answer::Failed {
        kind: error.kind,
        message: error.message.to_string(),
    }
}

fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body.is_object())
}

/// A question that was asked but not answered changed nothing.
fn read_only(mut error: Error, changes: bool) -> Error {
    error.may_have_happened &= changes;
    error
}

fn unreadable(operation: &'static str) -> Error {
    Error::new(Kind::Invalid, operation, "The server's address cannot be read").field("server")
}
