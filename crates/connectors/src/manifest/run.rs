//! One operation at work: its deadline, its variables, and how it asks.
//!
//! Every request goes the same way: sign in if nobody has, render, tell the journal where it is a step of a write, send, and
//! see what the answer means. "Sign in again" renews and sends once more, for a refused request was not executed. A read that
//! came too fast waits, if that fits, and asks again; a write is given back with the time to wait, for delivery waits better.

mod account;
mod add;
mod create;
mod enrich;
mod ensured;
mod fields;
pub(super) mod find;
mod full;
mod get;
mod log;
mod named;
mod note;
mod paging;
mod plan;
mod race;
mod records;
mod side;
mod steps;
mod unanswered;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ringside_domain::{
    Clock, ConnectionId, ConnectionMemory, Cx, Error, Freshness, HttpAnswer, Kind, Result, Url, connector::Progress,
    trace,
};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use self::unanswered::Unanswered;
pub(crate) use self::{
    account::{Facts, KEY as ACCOUNT, kept as kept_account},
    ensured::Ensured,
    records::proves,
};
use super::{
    auth::{Access, Opened},
    classify::{Asked, Heard, Refusal},
    format::{Answer, Manifest, Operations, Request, Type},
    learned::Learned,
    load::Loaded,
    mapping::{begin, of_answer},
    render::{Scope, percent_encoded},
    send::{Exit, Place, failed},
};

/// The operation in which steps may make what they do not find.
pub(crate) const CREATE: &str = "create_contact";
/// A refused request is renewed for so often: a new session, then a refreshed token.
const RENEWALS: u32 = 2;
/// A read that came too fast is asked again so often.
const PATIENCE: u32 = 3;
/// The pause after "too fast", where the CRM does not say how long.
const PAUSE: Duration = Duration::from_secs(1);

/// What all operations of one connection share.
pub(crate) struct Core {
    pub loaded: Arc<Loaded>,
    pub place: Place,
    pub access: Access,
    pub exit: Exit,
    pub facts: Facts,
    pub learned: Learned,
    pub ensured: Ensured,
    /// `param.*`
    pub parameters: Value,
    pub memory: Arc<dyn ConnectionMemory>,
    pub clock: Arc<dyn Clock>,
    pub connection: ConnectionId,
}

/// One operation.
pub(crate) struct Run<'a> {
    core: &'a Core,
    operation: &'static str,
    exit: Exit,
    until: Instant,
    live: bool,
}

/// One request and what it is for.
#[derive(Clone, Copy)]
struct Ask<'a> {
    request: &'a Request,
    answer: &'a Answer,
    scope: &'a Scope,
    /// Texts of the number that go out, for the trace.
    forms: &'a [String],
    /// Whether something of the body is needed.
    reads_body: bool,
    /// The step of a write that it is.
    step: Option<(&'a dyn Progress, &'a str)>,
    page: Option<&'a paging::Page>,
    /// It is worth asking only if its turn comes soon.
    patience: Option<&'a Patience>,
    /// Once somebody is found in it, an answer that takes too long is not waited for.
    race: Option<&'a race::Race>,
}

/// How a request waits that is not likely to find anybody.
struct Patience {
    /// It goes behind so many others.
    behind: usize,
    until: Instant,
    /// Its turn did not come.
    given_up: AtomicBool,
}

impl<'a> Ask<'a> {
    const fn new(request: &'a Request, answer: &'a Answer, scope: &'a Scope) -> Self {
        Self {
            request,
            answer,
            scope,
            forms: &[],
            reads_body: true,
            step: None,
            page: None,
            patience: None,
            race: None,
        }
    }
}

/// A good answer.
struct Reply {
    http: HttpAnswer,
    body: Value,
    /// A status that means "nothing found".
    empty: bool,
    shown: String,
    forms: Vec<String>,
    began: Instant,
    sent: Instant,
    /// How many records a lookup's request may have asked for.
    asked_for: Vec<usize>,
    /// Where it was asked; after redirects the answer may be another's.
    asked: Url,
}

impl<'a> Run<'a> {
    pub(crate) fn new(core: &'a Core, operation: &'static str, cx: Cx) -> Self {
        Self {
            exit: core.exit.for_operation(operation, &cx),
            until: Instant::now() + cx.deadline,
            live: cx.freshness == Freshness::Live,
            core,
            operation,
        }
    }

    fn manifest(&self) -> &'a Manifest {
        &self.core.loaded.manifest
    }

    fn name(&self) -> &'a str {
        &self.manifest().name
    }

    fn error(&self, kind: Kind, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::new(kind, self.operation, message)
    }

    fn unsupported(&self) -> Error {
        let message = format!("The connector of {} cannot do this", self.name());
        self.error(Kind::Unsupported, message)
    }

    /// An operation as this type has it.
    fn of<T>(
        &self,
        contact_type: &str,
        own: impl Fn(&'a Operations) -> Option<&'a T>,
        all: &'a Option<T>,
    ) -> Result<&'a T> {
        let own = self.manifest().by_type.get(contact_type).and_then(own);
        own.or(all.as_ref()).ok_or_else(|| self.unsupported())
    }

    fn contact_type(&self, id: &str) -> Result<&'a Type> {
        let found = self.manifest().types.iter().find(|kind| kind.id == id);
        found.ok_or_else(|| {
            let message = format!("The connector of {} no longer has this contact type", self.name());
            self.error(Kind::NotFound, message).field("type")
        })
    }

    /// The variables that every operation has.
    async fn scope(&self) -> Result<Scope> {
        let account = self.account().await?;
        let opened = self.core.access.open(&self.exit, self.until).await.map_err(not_sent)?;
        let scope = Scope::new()
            .with("env", &self.core.place.env)
            .with("param", &self.core.parameters)
            .with("account", &*account);
        Ok(signed_in(&scope, &opened))
    }

    /// With `zone`: the CRM's own if the manifest knows it, else this one.
    fn in_zone(&self, scope: &Scope, otherwise: &str) -> Scope {
        let known = |name: &String| jiff::tz::TimeZone::get(name).is_ok();
        let own = self
            .manifest()
            .zone
            .as_ref()
            .and_then(|zone| self.core.loaded.text(zone, scope).ok());
        let own = own.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        let zone = own.into_iter().chain([otherwise.to_owned()]).find(known);
        scope.with("zone", zone.as_deref().unwrap_or("UTC"))
    }

    /// Asks. What is refused is traced here; a good answer by whoever knows what it was worth, with [`Run::found`].
    async fn ask(&self, ask: Ask<'_>) -> Result<Reply, Box<Refusal>> {
        let (core, mut begun) = (self.core, false);
        let answer = self.ask_until_signed_in(&ask, &mut begun).await;
        if let (Err(refusal), Some((progress, step)), true) = (&answer, ask.step, begun)
            && !refusal.error.may_have_happened
        {
            progress.not_done(step).await?;
        }
        if let Err(refusal) = &answer {
            tracing::debug!(connection = %core.connection, kind = refusal.error.kind.code(), "a request was refused");
        }
        answer
    }

    async fn ask_until_signed_in(&self, ask: &Ask<'_>, begun: &mut bool) -> Result<Reply, Box<Refusal>> {
        let access = &self.core.access;
        let mut opened = access.open(&self.exit, self.until).await.map_err(not_sent)?;
        let (mut renewals, mut patience) = (0, 0);
        loop {
            let budget = ask.request.budget.as_deref();
            let mut refusal = match self.ask_once(ask, &opened, begun).await {
                Err(refusal) => refusal,
                answer => {
                    self.exit.answered(budget);
                    return answer;
                }
            };
            let reads = ask.request.reads || ask.request.method == super::format::Verb::Get;
            if refusal.sign_in && renewals < RENEWALS {
                renewals += 1;
                match access.renew(&self.exit, &opened, self.until).await {
                    Ok(newer) => {
                        opened = newer;
                        continue;
                    }
                    Err(error) => refusal.error = not_sent(error),
                }
            } else if let Some(wait) = pause(&refusal) {
                self.exit.rest(budget, wait);
                let until = ask.race.map_or(self.until, race::Race::patience);
                if reads && patience < PATIENCE && Instant::now() + wait < until {
                    patience += 1;
                    if self.exit.insists() {
                        // Its first request is not held back by a rest; what the CRM says to itself is obeyed.
                        tokio::time::sleep(wait).await;
                    }
                    continue;
                }
            }
            return Err(refusal);
        }
    }

    async fn ask_once(&self, ask: &Ask<'_>, opened: &Opened, begun: &mut bool) -> Result<Reply, Box<Refusal>> {
        // A renewed session is another one.
        let scope = signed_in(ask.scope, opened);
        let mut rendered = self.core.loaded.request(ask.request, &scope, &self.core.place.base)?;
        if let Some(page) = ask.page {
            rendered.url = page.address(rendered.url);
        }
        let (shown, writes, asked_at) = (rendered.shown.clone(), !rendered.reads, rendered.url.clone());
        if let (Some((progress, step)), false) = (ask.step, *begun) {
            progress.begin(step).await?;
            *begun = true;
        }
        let mut unanswered = Unanswered {
            exit: &self.exit,
            request: &shown,
            forms: ask.forms,
            began: Instant::now(),
            sent: false,
            over: false,
        };
        let until = ask
            .patience
            .map_or(self.until, |patience| patience.until.min(self.until));
        let behind = ask.patience.map_or(0, |patience| patience.behind);
        let pass = match self.exit.turn(rendered.budget.as_deref(), behind, until).await {
            Ok(pass) => pass,
            Err(error) => {
                match ask.patience {
                    Some(patience) => {
                        patience.given_up.store(true, Ordering::Relaxed);
                        unanswered.skipped("not asked for: it never found anybody here, and there was no time for it");
                    }
                    None => unanswered.ends(failed(&error)),
                }
                return Err(not_sent(error).into());
            }
        };
        unanswered.sent = true;
        let asked_for = if ask.forms.is_empty() {
            Vec::new()
        } else {
            full::asked_for(&rendered)
        };
        let sent = Instant::now();
        let answer = self.exit.send_now(pass, rendered, Some(opened), self.until);
        let http = match ask.race {
            Some(race) => race.in_time(answer).await.unwrap_or_else(|| Err(self.too_slow())),
            None => answer.await,
        };
        let began = unanswered.began;
        let mut refused = |refusal: Box<Refusal>| {
            unanswered.ends(failed(&refusal.error));
            refusal
        };
        let http = match http {
            Ok(http) => http,
            Err(error) if writes => return Err(refused(error.into())),
            Err(error) => return Err(refused(not_sent(error).into())),
        };
        let asked = Asked {
            operation: self.operation,
            answer: ask.answer,
            writes,
            reads_body: ask.reads_body,
            hidden: opened.hidden(),
        };
        let heard = self.core.loaded.hear(&asked, &http, self.core.clock.now().wall);
        let heard = heard.map_err(|error| {
            refused(if writes {
                error.maybe_happened().into()
            } else {
                error.into()
            })
        })?;
        if !matches!(&heard, Heard::Refused(refusal) if refusal.sign_in) {
            opened.prove();
        }
        let (body, empty) = match heard {
            Heard::Answer(body) => (body, false),
            Heard::Empty => (Value::Null, true),
            Heard::Refused(refusal) => return Err(refused(refusal)),
        };
        // Traced by whoever knows what it was worth.
        unanswered.over = true;
        drop(unanswered);
        Ok(Reply {
            http,
            body,
            empty,
            shown,
            forms: ask.forms.to_vec(),
            began,
            sent,
            asked_for,
            asked: asked_at,
        })
    }

    /// Traces a good answer.
    fn found(&self, reply: &Reply, records: usize, verified: usize) {
        let answer = trace::Answer::Found { records, verified };
        self.exit
            .trace(reply.shown.clone(), reply.forms.clone(), reply.began, answer);
        for reason in of_answer() {
            let odd = trace::Answer::Odd { reason };
            self.exit.trace(reply.shown.clone(), Vec::new(), Instant::now(), odd);
        }
    }

    /// Asks and takes the records of the answer.
    async fn records(&self, ask: Ask<'_>) -> Result<Vec<Value>> {
        let reply = self.ask(ask).await.map_err(|refusal| refusal.error)?;
        let records = self.records_of(&reply, ask.answer)?;
        self.found(&reply, records.len(), 0);
        Ok(records)
    }

    fn records_of(&self, reply: &Reply, answer: &Answer) -> Result<Vec<Value>> {
        begin();
        if reply.empty {
            return Ok(Vec::new());
        }
        self.core.loaded.records(answer, &reply.body)
    }
}

fn signed_in(scope: &Scope, opened: &Opened) -> Scope {
    scope
        .with("session", &opened.session)
        .with("granted", &opened.granted)
        .with("discovered", &opened.discovered)
}

/// What failed was not the write, but something before it that only reads or signs in.
fn not_sent(mut error: Error) -> Error {
    error.may_have_happened = false;
    error
}

/// How long to wait before the same question may be asked again; `None` when waiting is no cure.
fn pause(refusal: &Refusal) -> Option<Duration> {
    match (refusal.wait, refusal.error.kind, refusal.error.retry) {
        (Some(wait), _, _) => Some(wait.max(Duration::from_millis(100))),
        // Our own budget says when: it is not the CRM that must be left alone.
        (None, Kind::RateLimited, ringside_domain::Retry::Later) => Some(PAUSE),
        _ => None,
    }
}

impl From<Error> for Box<Refusal> {
    fn from(error: Error) -> Self {
        Self::new(Refusal {
            error,
            sign_in: false,
            duplicate: false,
            wait: None,
            body: Value::Null,
        })
    }
}

/// `type.*` of a contact type: its id, its label and its own variables.
fn type_variables(kind: &Type) -> Value {
    let mut variables = Map::new();
    variables.extend(kind.vars.iter().map(|(name, tree)| (name.clone(), tree.0.clone())));
    variables.insert("id".into(), json!(kind.id));
    variables.insert("label".into(), json!(kind.label));
    variables.insert("is_company".into(), json!(kind.is_company));
    Value::Object(variables)
}

/// An address made longer by one parameter, in place of one of that name.
fn with_parameter(mut url: Url, name: &str, value: &str) -> Url {
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(other, _)| other != name)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let pairs = kept
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain([(name, value)]);
    let query: Vec<String> = pairs
        .map(|(name, value)| format!("{}={}", percent_encoded(name), percent_encoded(value)))
        .collect();
    url.set_query(Some(&query.join("&")));
    url
}
