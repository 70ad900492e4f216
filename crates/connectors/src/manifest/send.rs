//! The one way out: where a connection's requests may go, how fast, how long, and with what credentials.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use regex::Regex;
use ringside_domain::{
    ConnectionId, Contact, Cx, Error, HostRules, HttpAnswer, HttpRequest, HttpTransport, Kind, Result, Retry,
    TraceStep, Url, connector::TraceSink, trace,
};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{
    auth::Opened,
    budget::{Budgets, NoTurn, Pass, Turn},
    format::{Parameter, ParameterKind, TypedEnvironment},
    load::Loaded,
    render::{Rendered, Scope},
};
use crate::parts::{Parts, Server, Setup};

/// Bytes of an answer's body.
pub(crate) const MAX_ANSWER: usize = 8 * 1024 * 1024;
/// Redirects of a request that changes nothing.
const REDIRECTS: u8 = 3;
/// Requests of one operation, signing in included.
pub(crate) const MAX_REQUESTS: usize = 60;
/// While a phone rings, so many requests of a lookup go before the first of anything else: a name that is being typed, a log
/// that is being delivered.
const RINGS: usize = 6;
/// So many requests of every errand go before any errand's later ones: a caller who is known costs no more. The later ones are
/// first come, first served, for two strangers who take turns would both be late.
const FIRST_FEW: usize = 8;
/// Longer waits are said in minutes, in seconds.
const IN_MINUTES: u64 = 120;

/// Where the connection's requests go: base address, host rules, `env.*`; made of manifest and setup.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Without a slash at its end.
    pub base: String,
    pub hosts: HostRules,
    pub env: Value,
}

impl Place {
    /// # Errors
    /// [`Kind::Invalid`] with the field `environment` or `server` that is missing or does not fit; [`Kind::Internal`] when
    /// the manifest's own address is not among its hosts.
    pub(crate) fn new(loaded: &Loaded, setup: &Setup) -> Result<Self> {
        let environment = &loaded.manifest.environment;
        let mut hosts = HostRules {
            allowed: loaded.manifest.allowed_hosts.clone(),
            typed: None,
        };
        let mut env = Map::new();
        let base = if let Some(base) = &environment.base {
            base.clone()
        } else if let Some(typed) = &environment.typed {
            let server = setup.server.as_ref().ok_or_else(|| {
                refused("server", "the address of the server is missing").hint("Type the address of your server")
            })?;
            hosts.typed = Some(server.host.clone());
            typed_base(loaded, typed, server, &mut env)?
        } else {
            let chosen = |id: &String| environment.choices.iter().find(|choice| choice.id == *id);
            let choice = setup.environment.as_ref().and_then(chosen).ok_or_else(|| {
                let labels: Vec<&str> = environment.choices.iter().map(|choice| choice.label.as_str()).collect();
                refused("environment", "where the account is was not chosen")
                    .hint(format!("Choose one of: {}", labels.join(", ")))
            })?;
            env.extend(
                choice
                    .vars
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone().into())),
            );
            choice.base.clone()
        };
        let base = base.trim_end_matches('/').to_owned();
        let allowed = Url::parse(&base).is_ok_and(|url| hosts.check(&url).is_ok());
        if !allowed {
            return Err(match environment.typed {
                Some(_) => refused("server", "this address can't be used: it must begin with https://")
                    .hint("Plain http is for servers on this computer only"),
                None => Error::new(
                    Kind::Internal,
                    "connect",
                    format!(
                        "the connector file of {} names an address outside its own hosts",
                        loaded.manifest.name
                    ),
                ),
            });
        }
        env.insert("base".into(), base.clone().into());
        Ok(Self {
            base,
            hosts,
            env: Value::Object(env),
        })
    }

    /// A record's page, if it is one that may be opened: https, and one of the connection's hosts.
    pub(crate) fn page(&self, url: String) -> Option<String> {
        let parsed = Url::parse(&url).ok()?;
        (parsed.scheme() == "https" && self.hosts.check(&parsed).is_ok()).then_some(url)
    }
}

/// `param.NAME`: what the person filled in, or the default, as what its kind says; "" where there is nothing. No secrets.
pub(crate) fn parameters(loaded: &Loaded, setup: &Setup) -> Value {
    let plain = loaded
        .manifest
        .parameters
        .iter()
        .filter(|parameter| parameter.kind != ParameterKind::Secret);
    let value = |parameter: &Parameter| {
        let typed = setup.parameters.get(&parameter.name).or(parameter.default.as_ref());
        let typed = typed.map_or("", |text| text.trim());
        let value = match parameter.kind {
            ParameterKind::Bool => Value::Bool(matches!(typed, "true" | "yes" | "on" | "1")),
            ParameterKind::Int => typed.parse::<i64>().map_or_else(|_| typed.into(), Value::from),
            ParameterKind::Text | ParameterKind::Choice | ParameterKind::Secret => typed.into(),
        };
        (parameter.name.clone(), value)
    };
    Value::Object(plain.map(value).collect())
}

fn typed_base(
    loaded: &Loaded,
    typed: &TypedEnvironment,
    server: &Server,
    env: &mut Map<String, Value>,
) -> Result<String> {
    let host = &server.host.host;
    if let Some(pattern) = &typed.pattern {
        let wrong = |error: regex::Error| {
            Error::new(
                Kind::Internal,
                "connect",
                "the connector file's pattern of servers is wrong",
            )
            .because(error)
        };
        let pattern = Regex::new(&format!("^(?:{pattern})$")).map_err(wrong)?;
        let groups = pattern.captures(host).ok_or_else(|| {
            let example = typed.placeholder.as_deref().unwrap_or(&typed.title);
            refused("server", format!("this is not an address of {}", loaded.manifest.name))
                .hint(format!("It looks like this: {example}"))
        })?;
        for name in pattern.capture_names().flatten() {
            let value = groups.name(name).map_or("", |group| group.as_str());
            env.insert(name.to_owned(), value.into());
        }
    }
    env.insert("origin".into(), server.origin.clone().into());
    env.insert("host".into(), host.clone().into());
    env.insert("path".into(), server.path.clone().into());
    loaded
        .address(&typed.base, &Scope::new().with("env", &*env))
        .map(String::from)
}

fn refused(field: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Kind::Invalid, "connect", message).field(field)
}

/// The way out of one connection. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Exit {
    shared: Arc<Shared>,
    errand: Option<Errand>,
}

struct Shared {
    http: Arc<dyn HttpTransport>,
    connection: ConnectionId,
    name: String,
    hosts: HostRules,
    budgets: Budgets,
}

/// One operation's share: its trace, and how many requests it may still make.
#[derive(Clone)]
struct Errand {
    id: u64,
    operation: &'static str,
    trace: Arc<dyn TraceSink>,
    began: Instant,
    made: Arc<AtomicUsize>,
}

impl Exit {
    pub(crate) fn new(loaded: &Loaded, place: &Place, parts: &Parts, setup: &Setup) -> Self {
        Self {
            shared: Arc::new(Shared {
                http: Arc::clone(&parts.http),
                connection: setup.connection.clone(),
                name: loaded.manifest.name.clone(),
                hosts: place.hosts.clone(),
                budgets: Budgets::new(&loaded.manifest.budgets),
            }),
            errand: None,
        }
    }

    /// The same way out for one operation: what goes out is traced and counted there.
    pub(crate) fn for_operation(&self, operation: &'static str, cx: &Cx) -> Self {
        static ERRANDS: AtomicU64 = AtomicU64::new(1);
        let errand = Errand {
            id: ERRANDS.fetch_add(1, Ordering::Relaxed),
            operation,
            trace: Arc::clone(&cx.trace),
            began: Instant::now(),
            made: Arc::default(),
        };
        Self {
            shared: Arc::clone(&self.shared),
            errand: Some(errand),
        }
    }

    /// Sends one request and traces it. Without retry and renewal: whatever the status, it is an answer. Waits its turn.
    ///
    /// # Errors
    /// [`Kind::RateLimited`] at once when there is no turn before `until`, [`Kind::Timeout`] when that has passed, and those
    /// of [`HttpTransport::send`]. Only the last ones may have happened.
    pub(crate) async fn send(
        &self,
        rendered: Rendered,
        credentials: Option<&Opened>,
        until: Instant,
    ) -> Result<HttpAnswer> {
        let (shown, began) = (rendered.shown.clone(), Instant::now());
        let answer = self.send_untraced(rendered, credentials, until).await;
        let traced = match &answer {
            Ok(answer) if (200..400).contains(&answer.status) => trace::Answer::Found {
                records: 0,
                verified: 0,
            },
            Ok(answer) => trace::Answer::Failed {
                kind: Kind::Invalid,
                message: format!("answered {}", answer.status),
            },
            Err(error) => failed(error),
        };
        self.trace(shown, Vec::new(), began, traced);
        answer
    }

    /// [`Exit::send`] for callers that know what the answer was worth, and trace it themselves.
    pub(crate) async fn send_untraced(
        &self,
        rendered: Rendered,
        credentials: Option<&Opened>,
        until: Instant,
    ) -> Result<HttpAnswer> {
        let pass = self.turn(rendered.budget.as_deref(), 0, until).await?;
        self.send_now(pass, rendered, credentials, until).await
    }

    /// Waits for the right to send one request. It goes behind so many more than its errand's own; counted either way.
    ///
    /// # Errors
    /// As [`Exit::send`]; nothing has happened.
    pub(crate) async fn turn(&self, budget: Option<&str>, behind: usize, until: Instant) -> Result<Pass> {
        let operation = self.operation();
        let later = if operation == "find_contact" { 0 } else { RINGS };
        let turn = Turn {
            errand: self.errand.as_ref().map_or(0, |errand| errand.id),
            place: (self.count(operation)? + later).min(FIRST_FEW) + behind,
            insists: self.insists(),
        };
        let turnstile = self.shared.budgets.of(budget);
        let pass = turnstile.enter(turn, until).await;
        pass.map_err(|refused| self.no_turn(operation, refused))
    }

    /// Sends one request whose turn it is.
    ///
    /// # Errors
    /// [`Kind::Timeout`] when `until` has passed, and those of [`HttpTransport::send`]. Only the last ones may have happened.
    pub(crate) async fn send_now(
        &self,
        pass: Pass,
        rendered: Rendered,
        credentials: Option<&Opened>,
        until: Instant,
    ) -> Result<HttpAnswer> {
        let (operation, _until_answered) = (self.operation(), pass);
        let deadline = until.saturating_duration_since(Instant::now());
        if deadline.is_zero() {
            return Err(self.no_turn(operation, NoTurn::Late));
        }
        let mut url = rendered.url;
        if let Some(opened) = credentials
            && !opened.query.is_empty()
        {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in &opened.query {
                pairs.append_pair(name, &String::from_utf8_lossy(value.expose()));
            }
        }
        let request = HttpRequest {
            operation,
            method: rendered.method,
            url,
            headers: rendered.headers,
            credentials: credentials.map(|opened| opened.headers.clone()).unwrap_or_default(),
            body: rendered.body,
            hosts: self.shared.hosts.clone(),
            redirects: if rendered.reads { REDIRECTS } else { 0 },
            deadline,
            max_answer: MAX_ANSWER,
        };
        self.shared.http.send(request).await
    }

    /// The CRM said that nobody should ask for so long.
    pub(crate) fn rest(&self, budget: Option<&str>, length: Duration) {
        self.shared.budgets.of(budget).rest(length);
    }

    /// It gave a good answer. To somebody who insisted, that means that it can be asked again.
    pub(crate) fn answered(&self, budget: Option<&str>) {
        if self.insists() {
            self.shared.budgets.of(budget).end_rest();
        }
    }

    /// A person tests the connection, to see whether the CRM takes requests again: that is not refused by what it said before.
    pub(crate) fn insists(&self) -> bool {
        self.operation() == "check"
    }

    pub(crate) fn trace(&self, request: String, forms: Vec<String>, began: Instant, answer: trace::Answer) {
        let Some(errand) = &self.errand else { return };
        errand.trace.step(TraceStep {
            connection: Some(self.shared.connection.clone()),
            request,
            forms,
            started_after: began.saturating_duration_since(errand.began),
            took: began.elapsed(),
            answer,
        });
    }

    /// Who is found so far.
    pub(crate) fn found(&self, so_far: Vec<Contact>) {
        if let Some(errand) = &self.errand {
            errand.trace.found(so_far);
        }
    }

    /// Tells the person something beside the answer.
    pub(crate) fn said(&self, words: &str) {
        if let Some(errand) = &self.errand {
            errand.trace.said(words);
        }
    }

    /// What is being done, for errors.
    pub(crate) fn operation(&self) -> &'static str {
        self.errand.as_ref().map_or("sign_in", |errand| errand.operation)
    }

    /// How many requests the operation has made before this one.
    fn count(&self, operation: &'static str) -> Result<usize> {
        let Some(errand) = &self.errand else { return Ok(0) };
        let one_more = |made| (made < MAX_REQUESTS).then_some(made + 1);
        let made = errand.made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        made.map_err(|_| {
            let message = format!(
                "{} would take more than {MAX_REQUESTS} requests for this",
                self.shared.name
            );
            Error::new(Kind::Invalid, operation, message).hint("Choose fewer formats or contact types for it")
        })
    }

    fn no_turn(&self, operation: &'static str, refused: NoTurn) -> Error {
        let name = &self.shared.name;
        match refused {
            NoTurn::After(wait) => {
                let message = format!("{name} allows no more requests right now");
                Error::new(Kind::RateLimited, operation, message)
                    .retry(Retry::After(wait))
                    .hint(again_in(wait))
            }
            NoTurn::Busy => {
                let message = format!("{name} is slow: earlier requests are still being answered");
                Error::new(Kind::Timeout, operation, message)
            }
            NoTurn::Late => {
                let message = format!("{name} was not asked in time");
                Error::new(Kind::Timeout, operation, message)
            }
        }
    }
}

/// A failure in a trace's words.
pub(crate) fn failed(error: &Error) -> trace::Answer {
    trace::Answer::Failed {
        kind: error.kind,
        message: error.message.to_string(),
    }
}

/// What a person may do while a CRM takes no requests.
pub(crate) fn again_in(wait: Duration) -> String {
    match wait.as_secs() {
        seconds @ ..IN_MINUTES => format!("Try again in {} s", seconds + 1),
        seconds => format!(
            "Try again in {} min, or test the connection before",
            seconds.div_ceil(60)
        ),
    }
}
