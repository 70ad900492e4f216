//! A CRM in memory that does to each request what a script says: answers, refuses, loses the answer before or after it
//! has committed, is slow, or never answers. Its commits happen at virtual times, whether or not anybody still listens.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{
    CallLogEntry, Capability, Clock, ConnectionId, Connector, ConnectorInfo, Contact, ContactDraft, ContactRef, Cx,
    Error, Kind, LogField, LogReceipt, LogRef, Marker, Result, Retry, Timestamp, TraceStep,
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::Found,
    log::LOG_STEP,
    trace::Answer,
};
use tokio::time::sleep;

/// How long after it was sent a request may still take effect.
pub const SETTLES: Duration = Duration::from_secs(20);

/// What happens to one request that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Answered,
    /// A clean no: nothing happened.
    Refused,
    SignIn,
    Unreachable,
    /// 429, with so many seconds to wait.
    Limited(u64),
    /// A 500, or a closed connection: it took effect so many seconds later, or never.
    Lost {
        commits_after: Option<u64>,
    },
    /// No answer ever.
    Hangs {
        commits_after: Option<u64>,
    },
    /// A clean no after so many seconds.
    SlowlyRefused(u64),
    /// So many seconds later nothing was sent, for want of a choice that a person has to make.
    SlowlyLacking(u64),
    /// An answer after so many seconds, long after the deadline perhaps.
    Slow(u64),
    Panics,
    /// It took effect, and the connector can't read the answer: the same request would get the same one.
    Unread,
}

#[derive(Clone, Debug)]
pub struct Log {
    pub id: String,
    pub marker: Marker,
    pub at: Timestamp,
    pub note: String,
    pub contact: Option<String>,
    /// The note that the second step was made of.
    pub linked_as: Option<String>,
}

pub struct Crm {
    pub clock: Arc<dyn Clock>,
    pub connection: ConnectionId,
    pub capability: Capability,
    pub two_steps: bool,
    /// A connector with a bug: it links before it logs.
    pub links_first: AtomicBool,
    /// Its search never shows what is there.
    pub hides: AtomicBool,
    /// Its search lists the logs of one contact.
    pub lists_one_contact: AtomicBool,
    /// What it says beside each answer that it gives.
    pub says: Mutex<Option<&'static str>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    script: VecDeque<Fate>,
    looks: VecDeque<Fate>,
    logs: Vec<Log>,
    made: usize,
    /// When each takes effect, on which log, and its note.
    updates: Vec<(Timestamp, String, String)>,
    requests: Vec<(Timestamp, &'static str)>,
}

pub fn capability() -> Capability {
    Capability {
        find: true,
        find_with_name: true,
        create: true,
        add_number: true,
        log: true,
        update_log: true,
        moves_logs: true,
        find_log: true,
        knows_extensions: false,
        indexed: false,
        settles_within: SETTLES,
        log_fields: false,
    }
}

impl Crm {
    pub fn new(clock: Arc<dyn Clock>, capability: Capability, two_steps: bool) -> Arc<Self> {
        let connection = ConnectionId::new("crm");
        Arc::new(Self {
            clock,
            connection,
            capability,
            two_steps,
            links_first: AtomicBool::default(),
            hides: AtomicBool::default(),
            lists_one_contact: AtomicBool::default(),
            says: Mutex::default(),
            state: Mutex::default(),
        })
    }

    /// Fates of the next requests that change something; after them, all are answered.
    pub fn script(&self, fates: impl IntoIterator<Item = Fate>) {
        self.state.lock().unwrap().script.extend(fates);
    }

    /// The same for searches.
    pub fn looks(&self, fates: impl IntoIterator<Item = Fate>) {
        self.state.lock().unwrap().looks.extend(fates);
    }

    /// The logs that are visible by now, as the updates that took effect by now left them.
    pub fn logs(&self) -> Vec<Log> {
        let now = self.clock.now().wall;
        let state = self.state.lock().unwrap();
        let mut logs: Vec<Log> = state.logs.iter().filter(|log| log.at <= now).cloned().collect();
        let mut updates: Vec<_> = state.updates.iter().filter(|update| update.0 <= now).collect();
        updates.sort_by_key(|update| update.0);
        for (_, id, note) in updates {
            if let Some(log) = logs.iter_mut().find(|log| log.id == *id) {
                log.note = note.clone();
            }
        }
        logs
    }

    /// Somebody deletes it there.
    pub fn delete(&self, id: &str) {
        self.state.lock().unwrap().logs.retain(|log| log.id != id);
    }

    pub fn requests(&self, name: &str) -> Vec<Timestamp> {
        let state = self.state.lock().unwrap();
        state
            .requests
            .iter()
            .filter(|(_, what)| *what == name)
            .map(|(at, _)| *at)
            .collect()
    }

    /// Another machine's log.
    pub fn logged_elsewhere(&self, marker: Marker, after: Duration) -> String {
        self.commit(marker, "from elsewhere", self.clock.now().wall.plus(after), None)
    }

    fn commit(&self, marker: Marker, note: &str, at: Timestamp, contact: Option<String>) -> String {
        let mut state = self.state.lock().unwrap();
        state.made += 1;
        let id = format!("log-{}", state.made);
        state.logs.push(Log {
            id: id.clone(),
            marker,
            at,
            note: note.into(),
            contact,
            linked_as: None,
        });
        id
    }

    fn next(&self, name: &'static str) -> (Timestamp, Fate) {
        let now = self.clock.now().wall;
        let mut state = self.state.lock().unwrap();
        state.requests.push((now, name));
        let queue = if name == "find_log" {
            &mut state.looks
        } else {
            &mut state.script
        };
        let fate = queue.pop_front().unwrap_or(Fate::Answered);
        (now, fate)
    }

    /// Lets a request meet its fate. `commit` is called with the time at which it takes effect.
    async fn request<T>(&self, name: &'static str, commit: impl FnOnce(Timestamp) -> T) -> Result<T> {
        let (now, fate) = self.next(name);
        let secs = Duration::from_secs;
        let error = |kind, text: &'static str| Err(Error::new(kind, "crm", text));
        match fate {
            Fate::Answered => Ok(commit(now)),
            Fate::Refused => error(Kind::Invalid, "the field `status` is required"),
            Fate::SlowlyRefused(after) => {
                sleep(secs(after)).await;
                error(Kind::Invalid, "the field `status` is required")
            }
            Fate::SlowlyLacking(after) => {
                sleep(secs(after)).await;
                error(Kind::Invalid, "choose the matter first").map_err(|e: Error| e.retry(Retry::AfterPerson))
            }
            Fate::SignIn => error(Kind::SignInNeeded, "the CRM wants you to sign in again"),
            Fate::Unreachable => error(Kind::Unavailable, "the CRM can't be reached"),
            Fate::Limited(wait) => {
                error(Kind::RateLimited, "too many requests").map_err(|e: Error| e.retry(Retry::After(secs(wait))))
            }
            Fate::Lost { commits_after } => {
                if let Some(after) = commits_after {
                    commit(now.plus(secs(after)));
                }
                error(Kind::Unavailable, "the CRM broke off").map_err(Error::maybe_happened)
            }
            Fate::Hangs { commits_after } => {
                if let Some(after) = commits_after {
                    commit(now.plus(secs(after)));
                }
                std::future::pending().await
            }
            Fate::Slow(after) => {
                let mut unfinished = Unfinished {
                    clock: &*self.clock,
                    due: now.plus(secs(after)),
                    commit: Some(commit),
                };
                sleep(secs(after)).await;
                let commit = unfinished.commit.take().expect("taken once");
                Ok(commit(unfinished.due))
            }
            Fate::Unread => {
                commit(now);
                error(Kind::Internal, "the answer lacks an id").map_err(Error::maybe_happened)
            }
            Fate::Panics => std::panic::resume_unwind(Box::new("a bug in the connector")),
        }
    }
}

/// A request that the CRM is still working on. When nobody listens any more, it takes effect all the same, when it is due
/// or as late as it can.
struct Unfinished<'a, T, F: FnOnce(Timestamp) -> T> {
    clock: &'a dyn Clock,
    due: Timestamp,
    commit: Option<F>,
}

impl<T, F: FnOnce(Timestamp) -> T> Drop for Unfinished<'_, T, F> {
    fn drop(&mut self) {
        if let Some(commit) = self.commit.take() {
            commit(self.due.min(self.clock.now().wall.plus(SETTLES)));
        }
    }
}

/// What a connector does: each step told before and after.
async fn step<T>(progress: &dyn Progress, name: &str, request: impl Future<Output = Result<T>>) -> Result<T> {
    progress.begin(name).await?;
    let answer = request.await;
    if let Err(error) = &answer
        && !error.may_have_happened
    {
        progress.not_done(name).await?;
    }
    answer
}

#[async_trait]
impl Connector for Crm {
    fn info(&self) -> ConnectorInfo {
        ConnectorInfo {
            connection: self.connection.clone(),
            name: "Test CRM".into(),
            types: Vec::new(),
        }
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    async fn log_call(&self, cx: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt> {
        cx.trace.step(TraceStep {
            connection: Some(self.connection.clone()),
            request: "POST /logs".into(),
            forms: Vec::new(),
            started_after: Duration::ZERO,
            took: Duration::ZERO,
            answer: Answer::Found {
                records: 1,
                verified: 1,
            },
        });
        if self.links_first.load(Ordering::SeqCst) {
            step(&*progress, "link", self.request("link", |_| ())).await?;
        }
        let log = match progress.answered(LOG_STEP).await {
            Some(captures) => LogRef::from_captures(&captures).expect("the id of the log"),
            None => {
                let at_once = (!self.two_steps).then(|| entry.contact.id.clone());
                let request = self.request("log", |at| self.commit(entry.marker.clone(), &entry.note, at, at_once));
                let log = LogRef {
                    id: step(&*progress, LOG_STEP, request).await?,
                    url: None,
                };
                progress.done(LOG_STEP, log.captures()).await?;
                log
            }
        };
        if let Some(words) = *self.says.lock().unwrap() {
            cx.trace.said(words);
        }
        if self.two_steps && progress.answered("link").await.is_none() {
            let link = self.request("link", |_| {
                let mut state = self.state.lock().unwrap();
                let linked = state
                    .logs
                    .iter_mut()
                    .find(|known| known.id == log.id)
                    .expect("a known log");
                linked.contact = Some(entry.contact.id.clone());
                linked.linked_as = Some(entry.note.clone());
            });
            step(&*progress, "link", link).await?;
            progress.done("link", Vec::new()).await?;
        }
        Ok(LogReceipt { log })
    }

    async fn update_log(&self, cx: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        if !self.state.lock().unwrap().logs.iter().any(|known| known.id == log.id) {
            return Err(Error::new(Kind::NotFound, "update_log", "there is no such log"));
        }
        if let Some(words) = *self.says.lock().unwrap() {
            cx.trace.said(words);
        }
        self.request("update", |at| {
            let mut state = self.state.lock().unwrap();
            state.updates.push((at, log.id.clone(), entry.note.clone()));
        })
        .await?;
        Ok(LogReceipt { log })
    }

    async fn log_fields(&self, _: Cx, _: ContactRef) -> Result<Vec<LogField>> {
        Ok(Vec::new())
    }

    async fn find_log(&self, _: Cx, entry: CallLogEntry) -> Result<Vec<LogRef>> {
        let marker = entry.marker;
        assert!(self.capability.find_log, "asked for what it said it cannot do");
        self.request("find_log", |_| ()).await?;
        let hides = self.hides.load(Ordering::SeqCst);
        let one_contact = self.lists_one_contact.load(Ordering::SeqCst);
        let found = self.logs().into_iter().filter(|log| log.marker == marker && !hides);
        let found = found.filter(|log| !one_contact || log.contact.as_ref() == Some(&entry.contact.id));
        Ok(found.map(|log| LogRef { id: log.id, url: None }).collect())
    }

    async fn check(&self, _: Cx) -> Result<Account> {
        unreachable!("delivery does not check")
    }
    async fn find_contact(&self, _: Cx, _: NumberForms) -> Result<Found> {
        unreachable!("delivery looks nobody up")
    }
    async fn find_contact_with_name(&self, _: Cx, _: NameQuery) -> Result<Found> {
        unreachable!("delivery looks nobody up")
    }
    async fn get_contact(&self, _: Cx, _: ContactRef) -> Result<Contact> {
        unreachable!("delivery looks nobody up")
    }
    async fn create_contact(&self, _: Cx, _: ContactDraft) -> Result<Contact> {
        unreachable!("delivery creates nobody")
    }
    async fn add_number(&self, _: Cx, _: ContactRef, _: String) -> Result<Contact> {
        unreachable!("delivery changes nobody")
    }
}
