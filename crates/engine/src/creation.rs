//! Contacts that a person wants created: kept for a moment in which they can be taken back, then sent once, or a person hears
//! why not.
//!
//! | state | what is known | what follows |
//! |---|---|---|
//! | waiting | nothing is in the CRM | it is sent when it is due; a failure that time may heal puts it off |
//! | sent | about to go out, or out: no answer yet | once it must have settled, it is looked for, and never just sent again |
//! | created | it is in the CRM | its call is about it, and is logged if that was wanted |
//! | refused, unsure | only a person can help | corrected, sent again or dropped |
//!
//! Each is a row in the journal before it is true anywhere else. A creation has no marker by which a CRM could find it
//! again, so what is looked for after a lost answer is a record with the same name and the same number or e-mail that was
//! not there before; anything but exactly one is for a person to decide.
//!
//! Architecture invariant: everything that changes a creation goes through [`Engine::change_creation`] or
//! [`Engine::learn_of_creation`], one at a time.

mod ask;
mod attempt;
mod look;
mod of_call;
mod typed;
pub(crate) mod words;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use ringside_domain::{
    CallId, Creation, CreationId, CreationState, Error, Freshness, Kind, Result, Stop, Timestamp, Trouble,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout},
};

pub use self::of_call::WaitedFor;
use crate::{engine::Engine, view::Update};

/// The pause after the journal failed.
const JOURNAL_PAUSE: Duration = Duration::from_secs(5);
/// How long one that is being sent may take to get its answer when the program ends.
const LEAVING: Duration = Duration::from_secs(3);
/// One that was taken back can be brought back for so long.
const KEEP_SETTLED: Duration = Duration::from_secs(24 * 3600);

/// What is to be created, in this process.
#[derive(Default)]
pub(crate) struct Creations {
    rows: Mutex<BTreeMap<CreationId, Row>>,
    /// Held while one is read, changed and written back.
    books: tokio::sync::Mutex<()>,
    /// Rings when something may be due, or an attempt is over.
    bell: Notify,
    over: Notify,
    closed: AtomicBool,
    /// How often a person who types has paused, and for what the connections were asked then.
    typed: AtomicU64,
    asked: tokio::sync::Mutex<Option<typed::Asked>>,
}

struct Row {
    creation: Creation,
    /// By the timers, as the wall clock may be set.
    due: Option<Instant>,
    /// An attempt is at it.
    busy: bool,
    /// The journal does not have its newest state yet.
    unsaved: bool,
    look: Look,
}

/// Whether its CRM must say first that it is not there.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Look {
    #[default]
    Wanted,
    /// It could not say, and is waited for.
    Failed,
    /// The person does not want to wait for that.
    Spared,
}

impl Creations {
    pub fn get(&self, id: CreationId) -> Option<Creation> {
        self.rows().get(&id).map(|row| row.creation.clone())
    }

    /// Those with which somebody still has to do, oldest first.
    pub fn open(&self) -> Vec<Creation> {
        let rows = self.rows();
        let mut open: Vec<Creation> = rows.values().map(|row| row.creation.clone()).collect();
        open.sort_by_key(|creation| (creation.asked, creation.id));
        open
    }

    /// The contact that this call waits for.
    pub fn of_call(&self, call: CallId) -> Option<Creation> {
        let mut open = self.open();
        open.retain(|creation| creation.call == Some(call) && creation.is_to_come());
        open.pop()
    }

    /// Nothing of any creation is written as long as the answer is held.
    pub async fn stop_writing(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.books.lock().await
    }

    /// An attempt is at it, or its answer is not known.
    pub fn is_being_sent(&self, id: CreationId) -> bool {
        let rows = self.rows();
        let row = rows.get(&id);
        row.is_some_and(|row| row.busy || matches!(row.creation.state, CreationState::Sent(_)))
    }

    pub fn forget(&self, ids: &[CreationId]) {
        self.rows().retain(|id, _| !ids.contains(id));
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<CreationId, Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a new state. `rest`: the journal did not take it, and is asked again after that.
    fn put(&self, creation: &Creation, now: Timestamp, rest: Option<Duration>) {
        let mut rows = self.rows();
        let due = creation.due.map(|at| at.since(now));
        let due = rest.or(due).map(|pause| Instant::now() + pause);
        if !creation.is_open() && rest.is_none() {
            rows.remove(&creation.id);
        } else if let Some(row) = rows.get_mut(&creation.id) {
            (row.creation, row.due, row.unsaved) = (creation.clone(), due, rest.is_some());
        } else {
            let (busy, unsaved) = (false, rest.is_some());
            let creation = creation.clone();
            rows.insert(
                creation.id,
                Row {
                    creation,
                    due,
                    busy,
                    unsaved,
                    look: Look::default(),
                },
            );
        }
        drop(rows);
        self.bell.notify_one();
    }

    /// Another time for those that this fits.
    fn put_off(&self, fits: impl Fn(&Creation) -> bool, now: Timestamp, pause: Duration) {
        for row in self.rows().values_mut().filter(|row| fits(&row.creation)) {
            row.creation.due = Some(now.plus(pause));
            row.due = Some(Instant::now() + pause);
        }
        self.bell.notify_one();
    }

    fn was_not_looked_for(&self, id: CreationId) {
        if let Some(row) = self.rows().get_mut(&id) {
            row.look = Look::Failed;
        }
    }

    /// The person wants it now. Where it waits for a look that failed, they were told so.
    fn spare(&self, id: CreationId) {
        if let Some(row) = self.rows().get_mut(&id)
            && row.look == Look::Failed
        {
            row.look = Look::Spared;
        }
    }

    fn is_spared(&self, id: CreationId) -> bool {
        self.rows().get(&id).is_some_and(|row| row.look == Look::Spared)
    }

    /// It is not sent before somebody says so.
    fn hold(&self, id: CreationId) {
        if let Some(row) = self.rows().get_mut(&id) {
            row.due = None;
        }
    }

    /// Waits until no attempt is under way, for a moment. None begins any more.
    pub async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let idle = async {
            loop {
                let over = self.over.notified();
                if self.rows().values().all(|row| !row.busy) {
                    return;
                }
                over.await;
            }
        };
        let _ = timeout(LEAVING, idle).await;
    }
}

impl Engine {
    /// Takes up what the journal holds and this process does not know: at the start, and when a file was opened. Whoever
    /// waits can be taken back once more; what was being sent may still take effect, and is looked for after that.
    pub(crate) async fn take_up_creations(&self) -> Result<()> {
        let now = self.shared.clock.now().wall;
        self.forget_settled_creations().await?;
        for mut creation in self.shared.journal.open_creations().await? {
            if self.shared.creations.get(creation.id).is_some() {
                continue;
            }
            creation.due = match creation.state {
                CreationState::Waiting(_) => Some(now.plus(self.config().undo_window)),
                CreationState::Sent(_) => Some(now.plus(self.settling(&creation))),
                CreationState::Created(_) => Some(now),
                _ => None,
            };
            self.shared.creations.put(&creation, now, None);
        }
        Ok(())
    }

    /// What was typed for a contact that is there, or that was taken back, is not kept any longer.
    pub(crate) async fn forget_settled_creations(&self) -> Result<()> {
        let day = i64::try_from(KEEP_SETTLED.as_millis()).unwrap_or(i64::MAX);
        let before = Timestamp(self.shared.clock.now().wall.0.saturating_sub(day));
        self.shared.journal.forget_creations(before).await
    }

    /// What waits because of a failure is tried now: a person signed in, or the network is back. A limit that the CRM set
    /// still holds, and so does the time in which something can be taken back.
    pub(crate) fn hurry_creations(&self) {
        let failed = |creation: &Creation| matches!(&creation.state, CreationState::Waiting(Some(why)) if why.kind != Kind::RateLimited);
        let now = self.shared.clock.now().wall;
        self.shared.creations.put_off(failed, now, Duration::ZERO);
    }

    /// Sends what is due, again and again.
    pub(crate) async fn create_what_is_due(self, mut stop: Stop) {
        loop {
            let next = self.start_due_creations();
            tokio::select! {
                () = &mut stop => return,
                () = self.shared.creations.bell.notified() => {}
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
            }
        }
    }

    /// Says when something is next.
    fn start_due_creations(&self) -> Option<Instant> {
        if self.shared.creations.closed.load(Ordering::Acquire) {
            return None;
        }
        let now = Instant::now();
        let mut next: Option<Instant> = None;
        for (id, row) in self.shared.creations.rows().iter_mut() {
            let Some(due) = row.due.filter(|_| !row.busy) else {
                continue;
            };
            if due > now {
                next = Some(next.map_or(due, |next| next.min(due)));
                continue;
            }
            row.busy = true;
            let turn = Turn {
                engine: self.clone(),
                id: *id,
            };
            tokio::spawn(async move { turn.engine.attempt_creation(turn.id).await });
        }
        next
    }

    /// Reads one, changes it, writes it to the journal and shows it; nobody comes in between.
    ///
    /// # Errors
    /// What `change` says, and then nothing is changed; and the journal's.
    async fn change_creation(
        &self,
        id: CreationId,
        change: impl FnOnce(&mut Creation) -> Result<()>,
    ) -> Result<Creation> {
        let changed = {
            let _books = self.shared.creations.books.lock().await;
            let mut creation = self.find_creation(id).await?;
            change(&mut creation)?;
            self.shared.journal.save_creation(creation.clone()).await?;
            self.shared.creations.put(&creation, self.shared.clock.now().wall, None);
            creation
        };
        self.show_creation(&changed).await;
        Ok(changed)
    }

    /// The same for what the CRM said: it is true even where the journal can't be written, and is saved when it can.
    async fn learn_of_creation(&self, id: CreationId, learn: impl FnOnce(&mut Creation)) {
        let changed = {
            let _books = self.shared.creations.books.lock().await;
            let Some(mut creation) = self.shared.creations.get(id) else {
                return;
            };
            learn(&mut creation);
            let saved = self.shared.journal.save_creation(creation.clone()).await;
            if let Err(error) = &saved {
                tracing::warn!(
                    kind = error.kind.code(),
                    "what became of a new contact is not saved yet"
                );
            }
            let rest = saved.is_err().then_some(JOURNAL_PAUSE);
            self.shared.creations.put(&creation, self.shared.clock.now().wall, rest);
            creation
        };
        self.show_creation(&changed).await;
    }

    async fn find_creation(&self, id: CreationId) -> Result<Creation> {
        if let Some(creation) = self.shared.creations.get(id) {
            return Ok(creation);
        }
        let kept = self.shared.journal.creation(id).await?;
        kept.ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                "creation",
                "There is no such contact waiting to be created",
            )
        })
    }

    /// What was learned of one that is in its CRM already.
    pub(crate) async fn add_to_creation(&self, id: CreationId, said: String) -> Result<()> {
        let added = self.change_creation(id, |creation| {
            let known = creation.said.take();
            creation.said = Some(known.into_iter().chain([said]).collect::<Vec<_>>().join("; "));
            Ok(())
        });
        added.await.map(|_| ())
    }

    /// Tells everybody, with the call that waits for it.
    async fn show_creation(&self, creation: &Creation) {
        self.tell(Update::Creation(Box::new(creation.clone())));
        if let Some(call) = creation.call {
            self.show_call(call).await;
        }
        self.tell(Update::Counts);
    }

    pub(crate) async fn show_call(&self, call: CallId) {
        if self.adopt(call).await.is_ok()
            && let Ok(view) = self.view_of(call)
        {
            self.tell(Update::Call(Box::new(view)));
        }
    }

    /// After how long a creation whose answer was lost has taken effect, or never will.
    fn settling(&self, creation: &Creation) -> Duration {
        let connector = self.shared.connector(&creation.draft.connection);
        connector.map_or(Duration::ZERO, |connector| {
            self.shared.delivery.settling(&connector.capability())
        })
    }

    /// The pause after the attempts so far.
    fn creation_pause(&self, attempts: u32) -> Duration {
        let pauses = self.config().write_pauses;
        let nth = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        pauses.get(nth).or(pauses.last()).copied().unwrap_or(JOURNAL_PAUSE)
    }

    /// Shows how the number matches now; nobody has to wait for it.
    pub(crate) fn look_again(&self, call: CallId) {
        let engine = self.clone();
        tokio::spawn(async move { engine.look_up(call, Freshness::Cached).await });
    }
}

/// The right to attempt a creation; given back even by an attempt that panics.
struct Turn {
    engine: Engine,
    id: CreationId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let creations = &self.engine.shared.creations;
        if let Some(row) = creations.rows().get_mut(&self.id) {
            row.busy = false;
        }
        creations.over.notify_waiters();
        creations.bell.notify_one();
    }
}

fn trouble(kind: Kind, message: String, hint: impl Into<String>) -> Trouble {
    Trouble {
        kind,
        message,
        hint: Some(hint.into()),
        field: None,
    }
}
