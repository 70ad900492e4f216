//! Delivery: what is owed to a CRM gets there once, or a person hears why not.
//!
//! A write is a row in the journal before it is a request, and each of its steps is a row before it is sent. Whatever
//! dies, and whenever, the journal says how far the write came:
//!
//! | the step that makes the log | what delivery does |
//! |---|---|
//! | not begun, or certainly not done | sends it |
//! | answered | never repeats it, and goes on with the next step |
//! | sent, answer unknown | waits until it must have settled, then looks for the marker: there, it goes on from it; not there, it sends again, twice at most; where the CRM can't be searched, a person decides |
//! | answered with a yes that can't be read | looks for it in the same way, and never sends again: what is not found, a person decides |
//!
//! Where another machine of the same user may log the same call (a shared marker), or an earlier log of it was given up,
//! delivery looks before it sends; with a shared marker once more after both machines' writes must be visible. A log that is
//! wanted otherwise while it is on its way keeps that wish in its row, and is changed once it is there. Every write ends
//! logged, waiting, refused or unsure.
//!
//! Everything that changes a write goes through [`Delivery`], which lets one at a time: nobody else calls
//! `Journal::update_write`.

mod attempt;
mod books;
mod decide;
mod ends;
mod log;
mod marker;
mod round;
mod steps;
mod trace;
mod update;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ringside_domain::{
    Capability, Clock, Connector, Error, Journal, Kind, LogReceipt, LogRef, Random, Result, Timestamp, Write, WriteId,
    WriteState, id::ConnectionId,
};
use tokio::{
    sync::{Notify, oneshot},
    task::AbortHandle,
    time::Instant,
};

pub use marker::marker;
pub(crate) use trace::Tracer;

/// How a connection is found; `None` when it is no longer configured.
pub type Connections = Arc<dyn Fn(&ConnectionId) -> Option<Arc<dyn Connector>> + Send + Sync>;

/// How long delivery waits, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// An attempt that has no answer by then counts as unanswered. It is not dropped: it may still finish and record its
    /// answer for as long again, and only then is it cut off.
    pub write_deadline: Duration,
    /// The pauses after the first, second, … failure that time may heal; the last one repeats. Up to a fifth is added,
    /// so that many writes do not come back at once.
    pub pauses: Vec<Duration>,
    /// A log whose answer got lost is not believed to be missing before so long after it was sent, however quickly its CRM
    /// shows what it has: behind a 502 or a dropped connection the request may still be worked on. A connector whose
    /// records lie on this machine is not waited for.
    pub settle_floor: Duration,
}

/// Proxies and application servers commonly give up on a request after 30 s (Heroku's router, PHP's `max_execution_time`,
/// gunicorn's and HAProxy's documented examples): what has not committed by then hardly ever will.
const SETTLE_FLOOR: Duration = Duration::from_secs(30);

impl Default for Pace {
    fn default() -> Self {
        let pauses = [5, 15, 60, 5 * 60, 15 * 60, 30 * 60];
        Self {
            write_deadline: Duration::from_secs(30),
            pauses: pauses.map(Duration::from_secs).to_vec(),
            settle_floor: SETTLE_FLOOR,
        }
    }
}

/// Delivers what the journal says is owed.
pub struct Delivery {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    connections: Connections,
    pace: Pace,
    /// When this run of the program began: what an earlier one sent, it may have been sending until then.
    began: Instant,
    /// Held while a write is read, changed and written back.
    books: tokio::sync::Mutex<()>,
    desk: Mutex<Desk>,
    /// Rings when an attempt is over, the late ones too.
    bell: Notify,
}

/// What is under way in this process.
#[derive(Default)]
struct Desk {
    busy: HashSet<WriteId>,
    late: HashMap<WriteId, Sent>,
    /// Until when this run was at it.
    sent: HashMap<WriteId, Instant>,
    /// Until when this run sent an update of a log whose end it does not know.
    unsettled: HashMap<(ConnectionId, String), Instant>,
    /// Writes that were owed or changed beside the one that was attempted; nobody was told yet.
    news: Vec<Write>,
}

/// A request that is out, in a task of its own: dropping whoever waits for it does not end it.
struct Sent {
    connection: ConnectionId,
    /// Closed without a value when the connector panicked.
    answer: oneshot::Receiver<Result<LogReceipt>>,
    task: AbortHandle,
    /// What it tells its progress to, and what went wrong there. `None` for an update.
    steps: Option<Arc<steps::Steps>>,
    /// Where what the CRM says beside its answer goes.
    words: trace::Words,
}

impl Delivery {
    #[must_use]
    pub fn new(
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        connections: Connections,
        pace: Pace,
    ) -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            journal,
            clock,
            random,
            connections,
            pace,
            books: tokio::sync::Mutex::new(()),
            desk: Mutex::default(),
            bell: Notify::new(),
        })
    }

    /// One attempt: sends, goes on with, or looks for what is owed, and returns the write in its new, saved state. A
    /// write that is settled or already being attempted is returned as it is.
    ///
    /// Dropping the future does not stop the attempt.
    ///
    /// # Errors
    /// Only the journal's. What the CRM says becomes the write's state.
    pub async fn attempt(self: &Arc<Self>, write: WriteId) -> Result<Write> {
        let delivery = Arc::clone(self);
        let attempt = tokio::spawn(async move {
            match Turn::take(&delivery, write) {
                Some(_turn) => attempt::go(&delivery, write).await,
                None => delivery.load(write).await,
            }
        });
        attempt.await.unwrap_or_else(|stopped| {
            Err(Error::new(Kind::Internal, "deliver", "an attempt to log a call broke off").because(stopped))
        })
    }

    fn now(&self) -> Timestamp {
        self.clock.now().wall
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After how long a write whose answer was lost has taken effect, or never will. Our own store knows at once.
    pub(crate) fn settling(&self, capability: &Capability) -> Duration {
        if capability.indexed && capability.settles_within.is_zero() {
            Duration::ZERO
        } else {
            capability.settles_within.max(self.pace.settle_floor)
        }
    }

    /// How long a log that was sent may still take to appear.
    fn settles_in(&self, id: WriteId, capability: &Capability) -> Duration {
        let sent = self.desk().sent.get(&id).copied().unwrap_or(self.began);
        (sent + self.settling(capability)).saturating_duration_since(Instant::now())
    }

    /// An update went out until then, and nobody knows whether it took effect, or will.
    fn is_unsettled(&self, connection: &ConnectionId, log: &LogRef, until: Instant) {
        let place = (connection.clone(), log.id.clone());
        let mut desk = self.desk();
        let known = desk.unsettled.entry(place).or_insert(until);
        *known = until.max(*known);
    }

    /// How long updates of this log that were sent before may still take effect.
    fn updates_settle_in(
        &self,
        connection: &ConnectionId,
        log: &LogRef,
        updates: &[Write],
        settles_within: Duration,
    ) -> Duration {
        let earlier_run = updates.iter().any(|update| self.may_be_out(update, settles_within));
        let place = (connection.clone(), log.id.clone());
        let mut desk = self.desk();
        let sent = desk
            .unsettled
            .get(&place)
            .copied()
            .max(earlier_run.then_some(self.began));
        let until = sent.map(|sent| sent + settles_within);
        let wait = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
        if wait.is_zero() {
            desk.unsettled.remove(&place);
        }
        wait
    }

    /// Whether an earlier run may have sent an update that has not taken effect yet. An update has no steps, so the row
    /// alone says what is known.
    fn may_be_out(&self, update: &Write, settles_within: Duration) -> bool {
        let now = self.now();
        let run = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let began = Timestamp(now.0.saturating_sub(run));
        match &update.state {
            WriteState::Waiting(_) => update.created < began,
            WriteState::Logged(_) if update.attempts <= 1 => false,
            // What this run sent, it knows itself.
            _ => (update.last_sent).is_some_and(|sent| sent < began && sent.plus(settles_within) > now),
        }
    }

    /// Whether an attempt is at it, or its answer may still come.
    pub(crate) fn is_being_sent(&self, id: WriteId) -> bool {
        let desk = self.desk();
        desk.busy.contains(&id) || desk.late.contains_key(&id)
    }

    /// Whether an attempt overran its deadline and is still out, or came back and was not looked at yet.
    fn is_late(&self, id: WriteId) -> bool {
        self.desk().late.contains_key(&id)
    }
}

/// Whether delivery still has something to do about it.
fn is_open(write: &Write) -> bool {
    match write.state {
        WriteState::Waiting(_) => true,
        WriteState::Logged(_) => write.next_try.is_some(),
        WriteState::Refused(_) | WriteState::Unsure(_) | WriteState::Dropped => false,
    }
}

/// The right to attempt a write, held by one attempt at a time.
struct Turn {
    delivery: Arc<Delivery>,
    write: WriteId,
}

impl Turn {
    fn take(delivery: &Arc<Delivery>, write: WriteId) -> Option<Self> {
        delivery.desk().busy.insert(write).then(|| Self {
            delivery: Arc::clone(delivery),
            write,
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.delivery.desk().busy.remove(&self.write);
        self.delivery.bell.notify_one();
    }
}
