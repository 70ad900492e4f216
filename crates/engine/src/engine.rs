//! The engine's handle, and the loop behind it.
//!
//! [`CallBook`] decides under a short lock; what follows is queued in the order in which it was decided. Two tasks work
//! it off: one writes calls to the journal, one starts lookups and shows pictures, so that a slow disk never delays a
//! name. A call is handed to the first as it was decided, and the second reads the newest state when its turn comes, so
//! nothing older ever overwrites it.

mod runs;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use ringside_domain::{
    CallEvent, CallId, Clock, ConnectionId, Connector, ContactIndex, Error, EventSink, Freshness, Journal, Kind,
    Random, Result, Stop, Trace, Write, WriteId,
    call::{Call, Outcome},
};
use tokio::sync::{Notify, broadcast, mpsc, oneshot};

use crate::{
    callbook::{CallBook, Effect, Input},
    config::Config,
    creation::Creations,
    delivery::{Delivery, Pace},
    lookup::Places,
    saver::Saver,
    undo::Undo,
    view::{CallView, Connection, Counts, Heard, LookupView, Update},
};

/// Everything that happens on a call. Cloning gives another handle to the same engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

/// What the engine works with.
pub struct Parts {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub journal: Arc<dyn Journal>,
    pub index: Arc<dyn ContactIndex>,
    pub connections: Vec<Connection>,
}

pub(crate) struct Shared {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub journal: Arc<dyn Journal>,
    pub index: Arc<dyn ContactIndex>,
    pub connections: RwLock<Vec<Connection>>,
    pub config: RwLock<Config>,
    book: Mutex<CallBook>,
    /// The writes of calls that were shown, so that showing one again reads no disk.
    writes: Mutex<HashMap<CallId, Vec<Write>>>,
    pub lookups: Mutex<HashMap<CallId, tokio::task::AbortHandle>>,
    effects: mpsc::UnboundedSender<Effect>,
    pub saver: Saver,
    updates: broadcast::Sender<Update>,
    pub wake: Arc<Notify>,
    /// Calls may be kept for less long than before, or there are more of them.
    pub retain: Notify,
    pub delivery: Arc<Delivery>,
    pub creations: Creations,
    /// One note, one log at a time, in the order in which they were asked for.
    pub orderly: tokio::sync::Mutex<()>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    /// Nothing is decided any more: what was decided before is being made durable.
    stopping: AtomicBool,
}

impl Engine {
    /// Starts the loop, waits a moment for news of the calls that a crash left open (then their end is unknown), and takes
    /// up the writes still owed.
    /// Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub async fn start(parts: Parts, config: Config) -> Result<Self> {
        let (effects, queue) = mpsc::unbounded_channel();
        let (stop_sender, stopped) = oneshot::channel::<()>();
        let stop: Stop = stopped.map(|_| ()).boxed().shared();
        let connections = RwLock::new(parts.connections);
        let shared = Arc::new_cyclic(|shared: &std::sync::Weak<Shared>| {
            let by_id = shared.clone();
            Shared {
                book: Mutex::new(CallBook::new(config.clone(), parts.clock.zone())),
                writes: Mutex::default(),
                lookups: Mutex::default(),
                effects,
                saver: Saver::new(parts.journal.clone()),
                updates: broadcast::channel(4096).0,
                wake: Arc::new(Notify::new()),
                retain: Notify::new(),
                delivery: Delivery::new(
                    parts.journal.clone(),
                    parts.clock.clone(),
                    parts.random.clone(),
                    Arc::new(move |id| by_id.upgrade()?.connector(id)),
                    Pace {
                        write_deadline: config.write_deadline,
                        pauses: config.write_pauses.clone(),
                        settle_floor: config.settle_floor,
                    },
                ),
                creations: Creations::default(),
                orderly: tokio::sync::Mutex::new(()),
                stop: Mutex::new(Some(stop_sender)),
                stopping: AtomicBool::new(false),
                clock: parts.clock,
                random: parts.random,
                journal: parts.journal,
                index: parts.index,
                connections,
                config: RwLock::new(config),
            }
        });
        let engine = Self { shared };
        engine.note_log_here();
        engine.close_the_books_of_the_last_run().await?;
        engine.take_up_creations().await?;
        tokio::spawn(engine.clone().work(queue, stop.clone()));
        tokio::spawn(engine.clone().create_what_is_due(stop.clone()));
        tokio::spawn(engine.clone().keep_calls(stop.clone()));
        let changed = engine.clone();
        let delivery = engine.shared.delivery.clone();
        tokio::spawn(delivery.run(
            engine.shared.wake.clone(),
            move |write| changed.write_changed(write),
            stop,
        ));
        Ok(engine)
    }

    /// Where sources send events.
    #[must_use]
    pub fn sink(&self) -> Box<dyn EventSink> {
        Box::new(Sink(self.clone()))
    }

    /// Takes an event and says which call it was or became; `None` when nothing was to be made of it.
    ///
    /// # Errors
    /// Never today; the journal is written behind, and its troubles are in [`Counts::journal_error`].
    pub async fn report(&self, event: CallEvent) -> Result<Option<CallId>> {
        let (source, key) = (event.source.clone(), event.key.clone());
        self.apply(Input::Event(event));
        Ok(self.book().call_of(&source, &key))
    }

    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Update> {
        self.shared.updates.subscribe()
    }

    /// How long ago the first event of this call came in, by one clock that never jumps.
    #[must_use]
    pub fn since_first_event(&self, id: CallId) -> Option<Duration> {
        let opened = self.book().opened(id)?;
        Some(self.shared.clock.now().steady.since(opened))
    }

    /// Whether it is known to ring or to be talked on at this moment: a picture of it that was told may be of before.
    #[must_use]
    pub fn goes_on(&self, id: CallId) -> bool {
        self.book().get(id).is_some_and(|entry| !entry.call.state.is_over())
    }

    /// Open cards: what is talked on, then what rings, then what is over; each newest first.
    pub async fn cards(&self) -> Vec<CallView> {
        let cards: Vec<(Call, LookupView)> = self
            .book()
            .cards()
            .map(|entry| (entry.call.clone(), entry.lookup.clone()))
            .collect();
        cards
            .into_iter()
            .map(|(call, lookup)| self.view(call, lookup))
            .collect()
    }

    /// # Errors
    /// When there is no such call, or the journal can't be read.
    pub async fn call(&self, id: CallId) -> Result<CallView> {
        self.adopt(id).await?;
        self.view_of(id)
    }

    /// Asks every connection again, live, past every cache; answers when the last one did or is late.
    ///
    /// # Errors
    /// When there is no such call, or the journal can't be read.
    pub async fn refresh(&self, id: CallId) -> Result<CallView> {
        self.adopt(id).await?;
        self.look_up(id, Freshness::Live).await;
        self.view_of(id)
    }

    /// Saves note and outcome. Durable when it answers.
    ///
    /// # Errors
    /// When there is no such call, or the journal can't be written: the text is then still in the window.
    pub async fn note(&self, id: CallId, note: String, outcome: Option<Outcome>) -> Result<CallView> {
        let _turn = self.shared.orderly.lock().await;
        self.adopt(id).await?;
        self.shared.saver.flush().await?;
        self.shared.journal.save_note(id, note.clone(), outcome).await?;
        self.apply(Input::Note {
            call: id,
            note,
            outcome,
        });
        self.view_of(id)
    }

    /// # Errors
    /// When there is no such call, or the journal can't be written.
    pub async fn set_aside(&self, id: CallId) -> Result<CallView> {
        self.adopt(id).await?;
        self.log_after_creation(id, false).await?;
        let no_log = self.view_of(id)?.call.no_log;
        self.apply(Input::SetAside { call: id, no_log: true });
        if !no_log {
            let undo = Undo::SetAside { no_log };
            self.apply(Input::Undoable { call: id, undo });
        }
        self.shared.saver.flush().await?;
        self.view_of(id)
    }

    /// # Errors
    /// Never: a card that is not open is closed already.
    pub async fn close_card(&self, id: CallId) -> Result<()> {
        self.apply(Input::CloseCard { call: id });
        Ok(())
    }

    /// # Errors
    /// When the journal can't be read.
    pub async fn traces(&self, id: CallId) -> Result<Vec<Trace>> {
        self.shared.journal.traces(id).await
    }

    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        read_lock(&self.shared.connections).clone()
    }

    pub fn set_connections(&self, connections: Vec<Connection>) {
        *self.shared.connections.write().unwrap_or_else(PoisonError::into_inner) = connections;
        self.note_log_here();
        self.shared.wake.notify_one();
    }

    #[must_use]
    pub fn config(&self) -> Config {
        read_lock(&self.shared.config).clone()
    }

    pub fn set_config(&self, config: Config) {
        if config.keep_calls != self.config().keep_calls {
            self.shared.retain.notify_one();
        }
        *self.shared.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        self.note_log_here();
    }

    /// # Errors
    /// When the journal can't be read.
    pub async fn counts(&self) -> Result<Counts> {
        let mut counts = Counts {
            journal_error: self.shared.saver.trouble(),
            creating: self.creations().len(),
            ..Counts::default()
        };
        for write in self.shared.journal.open_writes().await? {
            match write.state {
                ringside_domain::WriteState::Unsure(_) => counts.unsure += 1,
                ringside_domain::WriteState::Refused(_) => counts.refused += 1,
                // Only a last look is left.
                ringside_domain::WriteState::Logged(_) => {}
                _ => counts.waiting += 1,
            }
        }
        Ok(counts)
    }

    /// One decision of the book, and the queueing of what follows, as one step: effects keep the order of decisions.
    pub(crate) fn apply(&self, input: Input) {
        let now = self.shared.clock.now();
        let mut book = self.book();
        if self.shared.stopping.load(Ordering::Acquire) {
            return;
        }
        let ticks = matches!(input, Input::Tick);
        let event = match &input {
            Input::Event(event) => Some(event.clone()),
            _ => None,
        };
        let effects = book.apply(input, now, &mut || {
            CallId::new(&*self.shared.clock, &*self.shared.random)
        });
        if let Some(event) = event {
            let id = book.call_of(&event.source, &event.key);
            let call = id.and_then(|id| Some((id, book.get(id)?.call.state)));
            self.tell(Update::Heard(Box::new(Heard { event, call })));
        }
        if ticks {
            self.writes().retain(|id, _| book.get(*id).is_some());
        }
        for effect in effects {
            match effect {
                // Handed over in this same step: whoever flushes next waits for it.
                Effect::Save(id) => {
                    if let Some(entry) = book.get(id) {
                        self.shared.saver.save(entry.call.clone());
                    }
                }
                // Fails only when the engine was stopped.
                effect => _ = self.shared.effects.send(effect),
            }
        }
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, CallBook> {
        self.shared.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes sure that the call is in the book, from the journal if need be.
    pub(crate) async fn adopt(&self, id: CallId) -> Result<()> {
        if self.book().get(id).is_some() {
            return Ok(());
        }
        let call = self.shared.journal.call(id).await?;
        let call = call.ok_or_else(|| Error::new(Kind::NotFound, "call", "There is no such call in the journal"))?;
        let writes = self.shared.journal.writes_of(id).await?;
        let now = self.shared.clock.now();
        let mut book = self.book();
        if book.adopt(call, now) {
            self.writes().insert(id, writes);
        }
        Ok(())
    }

    pub(crate) fn view_of(&self, id: CallId) -> Result<CallView> {
        let found = self
            .book()
            .get(id)
            .map(|entry| (entry.call.clone(), entry.lookup.clone()));
        let (call, lookup) =
            found.ok_or_else(|| Error::new(Kind::NotFound, "call", "This call was closed meanwhile"))?;
        Ok(self.view(call, lookup))
    }

    pub(crate) fn writes_of(&self, id: CallId) -> Vec<Write> {
        self.writes().get(&id).cloned().unwrap_or_default()
    }

    pub(crate) fn remember_write(&self, write: Write) {
        let mut writes = self.writes();
        let of_call = writes.entry(write.call).or_default();
        match of_call.iter_mut().find(|known| known.id == write.id) {
            Some(known) => *known = write,
            None => of_call.push(write),
        }
    }

    pub(crate) fn places(&self) -> Places {
        Places {
            connections: self.connections(),
            index: self.shared.index.clone(),
            clock: self.shared.clock.clone(),
            config: self.config(),
        }
    }

    pub(crate) fn tell(&self, update: Update) {
        // Nobody listening is fine.
        let _ = self.shared.updates.send(update);
    }

    fn note_log_here(&self) {
        let here = self
            .connections()
            .into_iter()
            .find(|c| c.logs_here)
            .map(|c| c.connector.info().connection);
        let config = {
            let mut config = self.shared.config.write().unwrap_or_else(PoisonError::into_inner);
            config.log_here = here;
            config.clone()
        };
        self.book().configure(config, self.shared.clock.zone());
    }

    fn writes(&self) -> MutexGuard<'_, HashMap<CallId, Vec<Write>>> {
        self.shared.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    pub fn connector(&self, id: &ConnectionId) -> Option<Arc<dyn Connector>> {
        read_lock(&self.connections)
            .iter()
            .find(|connection| connection.connector.info().connection == *id)
            .map(|connection| connection.connector.clone())
    }

    pub fn new_write_id(&self) -> WriteId {
        WriteId::new(&*self.clock, &*self.random)
    }
}

pub(crate) fn read_lock<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

struct Sink(Engine);

impl EventSink for Sink {
    fn event(&self, event: CallEvent) {
        self.0.apply(Input::Event(event));
    }

    fn clone_box(&self) -> Box<dyn EventSink> {
        Box::new(Self(self.0.clone()))
    }
}
