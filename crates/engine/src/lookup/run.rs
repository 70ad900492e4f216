//! One lookup while it runs: who is being asked, what came back, and what is published.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use ringside_domain::{
    CallId, ConnectionId, Contact, ContactRef, Cx, Error, Freshness, Kind, Match, Timestamp, Trace,
    connector::{Capability, NumberForms},
    phone::{self, Form, Reading},
    trace::Answer,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    Places,
    answer::{Caller, Fate, Proved, Task, proved},
    bounds,
    filing::Filing,
    steps::{Asking, BY_NUMBER, Early, Steps},
};
use crate::{
    picture::Picture,
    view::{Asked, AskedState, Looked, LookupView, Partly},
};

/// An index that has not answered by then is passed by: it is there to be quick.
pub const INDEX_WITHIN: Duration = Duration::from_millis(500);
/// What is said of a panic. Its own words may hold people's data, so they are not repeated.
pub(super) const FAULT: &str = "stopped on a fault of its own; please report it";

pub(super) struct Run<'a> {
    places: &'a Places,
    caller: Arc<Caller>,
    forms: Vec<Form>,
    live: bool,
    call: Option<CallId>,
    begun: Instant,
    at: Timestamp,
    picture: Picture,
    asked: Vec<Asked>,
    running: bool,
    checked: Option<Timestamp>,
    published: Option<LookupView>,
    steps: Steps,
    index_failed: bool,
    tasks: JoinSet<Done>,
    pending: HashMap<Id, Pending>,
    filing: Filing,
    /// Whom connections find before their answer is whole.
    tells: UnboundedSender<Early>,
    told: UnboundedReceiver<Early>,
    /// The places whose answers are not whole yet, but have somebody.
    early: HashSet<usize>,
}

enum Done {
    Early(Vec<Match>),
    Found(Result<Proved, Error>),
    Confirmed(Vec<(ContactRef, Fate)>),
}

/// What a running task does, and for whom.
struct Pending {
    place: usize,
    what: What,
    asking: Asking,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    ByNumber,
    /// Compares who was found so far; nobody is asked.
    Early,
    ById,
}

impl<'a> Run<'a> {
    pub fn new(
        places: &'a Places,
        reading: Reading,
        freshness: Freshness,
        call: Option<CallId>,
        before: &LookupView,
    ) -> Self {
        let begun = Instant::now();
        let forms = reading
            .number()
            .map(|number| phone::forms(number, &places.config.formats))
            .unwrap_or_default();
        let (tells, told) = unbounded_channel();
        Self {
            picture: Picture::resume(&before.matches, &reading, &places.config.home),
            caller: Arc::new(Caller {
                reading,
                home: places.config.home.clone(),
            }),
            forms,
            live: freshness == Freshness::Live,
            call,
            begun,
            at: places.clock.now().wall,
            asked: Vec::new(),
            running: false,
            checked: before.checked,
            published: None,
            steps: Steps::new(begun),
            index_failed: false,
            tasks: JoinSet::new(),
            pending: HashMap::new(),
            filing: Filing::new(Arc::clone(&places.index), places.config.home.clone()),
            tells,
            told,
            early: HashSet::new(),
            places,
        }
    }

    pub fn is_worth_asking(&self) -> bool {
        match &self.caller.reading {
            Reading::Number(number) => !self.places.config.own_numbers.iter().any(|own| own == number.e164()),
            Reading::Extension(_) | Reading::SipAddress(_) => true,
            Reading::Unreadable(_) => !phone::probe_keys(&self.caller.reading).is_empty(),
            Reading::Withheld => false,
        }
    }

    pub async fn ask_index(&mut self) {
        let asking = Asking::of_index("index, by number");
        let keys = phone::probe_keys(&self.caller.reading);
        let cut_off = self.begun + INDEX_WITHIN.min(self.places.config.lookup_deadline / 4);
        match timeout_at(cut_off, self.places.index.find(keys)).await {
            Ok(Ok(indexed)) => {
                let records = indexed.len();
                let connections: Vec<_> = self
                    .places
                    .connections
                    .iter()
                    .map(|place| place.connector.info().connection)
                    .collect();
                let known = indexed
                    .into_iter()
                    .filter(|indexed| connections.contains(&indexed.contact.id.connection));
                let known = known.take(bounds::MAX_CONTACTS);
                let matches: Vec<Match> = known
                    .filter_map(|indexed| proved(indexed.contact, &self.caller, indexed.as_of, false).ok())
                    .collect();
                self.steps.answered(
                    &asking,
                    Answer::Found {
                        records,
                        verified: matches.len(),
                    },
                );
                self.picture.add(matches);
            }
            Ok(Err(error)) => {
                self.steps.error(&asking, &error);
                self.index_failed = true;
            }
            Err(_) => {
                self.steps
                    .failed(&asking, Kind::Timeout, "the index did not answer in time");
                self.index_failed = true;
            }
        }
    }

    pub fn ask_connections(&mut self) {
        for place in 0..self.places.connections.len() {
            let connector = &self.places.connections[place].connector;
            let (info, capability) = (connector.info(), connector.capability());
            let state = if let Some(reason) = self.unfit(capability) {
                self.steps.skipped(&Asking::of(&info.connection, BY_NUMBER), reason);
                AskedState::Skipped(reason)
            } else if capability.indexed && !self.live && !self.index_failed {
                self.steps
                    .skipped(&Asking::of(&info.connection, BY_NUMBER), "the index holds all of it");
                self.checked = Some(self.places.clock.now().wall);
                self.found_or_not(&info.connection)
            } else {
                let number = NumberForms {
                    reading: self.caller.reading.clone(),
                    forms: self.forms.clone(),
                };
                let asking = Asking {
                    forms: self.forms.iter().map(|form| form.text.clone()).collect(),
                    ..Asking::of(&info.connection, BY_NUMBER)
                };
                let task = self.task(place, &asking);
                self.spawn(place, What::ByNumber, asking, async move {
                    Done::Found(task.find(number).await)
                });
                AskedState::Asking
            };
            self.asked.push(Asked { info, state });
        }
        self.running = !self.tasks.is_empty();
    }

    /// Why this connection is not asked about this caller.
    fn unfit(&self, capability: Capability) -> Option<&'static str> {
        match &self.caller.reading {
            _ if !capability.find => Some("cannot be searched by number"),
            Reading::Extension(_) if !capability.knows_extensions => Some("does not know extensions"),
            Reading::SipAddress(_) => Some("is not asked for SIP addresses"),
            Reading::Unreadable(_) if !capability.indexed => Some("is not asked for incomplete numbers"),
            _ => None,
        }
    }

    fn task(&self, place: usize, asking: &Asking) -> Task {
        let connector = Arc::clone(&self.places.connections[place].connector);
        let left = self.cut_off().saturating_duration_since(Instant::now());
        let freshness = if self.live { Freshness::Live } else { Freshness::Cached };
        let trace = self.steps.sink(&connector.info().connection, place, &self.tells);
        Task {
            connector,
            cx: Cx {
                deadline: bounds::inner(left),
                freshness,
                trace,
            },
            caller: Arc::clone(&self.caller),
            clock: Arc::clone(&self.places.clock),
            steps: self.steps.clone(),
            asking: asking.clone(),
        }
    }

    fn spawn(&mut self, place: usize, what: What, asking: Asking, task: impl Future<Output = Done> + Send + 'static) {
        let id = self.tasks.spawn(task).id();
        self.pending.insert(id, Pending { place, what, asking });
    }

    /// Somebody is found: they are shown now, whatever else their connection still asks.
    fn take_early(&mut self, (place, contacts): Early) {
        let asking = Asking::of(&self.asked[place].info.connection, BY_NUMBER);
        let task = self.task(place, &asking);
        self.spawn(place, What::Early, asking, async move {
            Done::Early(task.early(contacts).await)
        });
    }

    fn cut_off(&self) -> Instant {
        self.begun + self.places.config.lookup_deadline
    }

    /// Takes the answers in as they come, until the last one or the deadline.
    pub async fn collect(&mut self, publish: &(impl Fn(LookupView) + Send + Sync)) {
        let cut_off = self.cut_off();
        let slow_at = Instant::now() + self.places.config.slow_after;
        let mut slow = false;
        while !self.tasks.is_empty() {
            tokio::select! {
                biased;
                // Before the answer that holds them again.
                Some(early) = self.told.recv() => self.take_early(early),
                Some(done) = self.tasks.join_next_with_id() => self.take(done),
                () = sleep_until(cut_off) => break,
                () = sleep_until(slow_at), if !slow => {
                    slow = true;
                    self.mark_slow();
                }
            }
            self.running = !self.tasks.is_empty();
            self.publish(publish);
        }
        self.cut();
    }

    fn mark_slow(&mut self) {
        for asked in self.asked.iter_mut().filter(|asked| asked.state == AskedState::Asking) {
            asked.state = AskedState::Slow;
        }
    }

    fn take(&mut self, done: Result<(Id, Done), JoinError>) {
        let id = done.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Some(pending) = self.pending.remove(&id) else {
            return;
        };
        match done {
            Ok((_, Done::Early(matches))) => {
                let asked = |other: &Pending| other.place == pending.place && other.what == What::ByNumber;
                // Else the whole answer came meanwhile, and says more of them.
                if !matches.is_empty() && self.pending.values().any(asked) {
                    self.early.insert(pending.place);
                    self.add(pending.place, matches);
                }
            }
            Ok((_, Done::Found(Ok(found)))) => self.take_found(&pending, found),
            Ok((_, Done::Found(Err(error)))) => self.failed(pending.place, error.to_string()),
            Ok((_, Done::Confirmed(fates))) => self.take_fates(&pending, fates),
            Err(_) => {
                tracing::error!(connection = %self.asked[pending.place].info.connection, "connector panicked");
                self.fail(&pending, Kind::Internal, FAULT);
            }
        }
    }

    /// Whom a connection found by number. Those who stand under another type there, and are the same, are known by this one.
    fn add(&mut self, place: usize, matches: Vec<Match>) {
        let types = self.places.connections[place].connector.info().types;
        for found in &matches {
            let contact = &found.contact;
            let is_told = |id: &ContactRef| matches.iter().any(|other| other.contact.id == *id);
            for old in self.picture.take_over(contact, &types, is_told) {
                self.filing.forget(old);
            }
        }
        self.picture.add(matches);
    }

    fn take_found(&mut self, pending: &Pending, found: Proved) {
        let connection = self.asked[pending.place].info.connection.clone();
        let shown: Vec<ContactRef> = self.picture.of_connection(&connection).cloned().collect();
        let proved: Vec<ContactRef> = found.matches.iter().map(|found| found.contact.id.clone()).collect();
        let mut filed: Vec<Contact> = found.matches.iter().map(|found| found.contact.clone()).collect();
        self.add(pending.place, found.matches);
        self.checked = Some(found.at);
        if self.live {
            // What is known to have another number now must not be found by the old one again.
            for other in found
                .others
                .into_iter()
                .filter(|other| shown.contains(&other.id) && !proved.contains(&other.id))
            {
                self.picture.mark_gone(&other.id);
                filed.push(other);
            }
        }
        self.asked[pending.place].state = match (found.failure, self.found_or_not(&connection)) {
            (Some(failure), _) if proved.is_empty() => AskedState::Failed(failure.why),
            (Some(failure), AskedState::Found) => AskedState::Partly(failure),
            (_, state) => state,
        };
        self.filing.remember(filed, found.at);
        if self.live && found.whole {
            let left: Vec<ContactRef> = self.picture.of_connection(&connection).cloned().collect();
            let missing: Vec<ContactRef> = left
                .into_iter()
                .filter(|id| shown.contains(id) && !proved.contains(id))
                .collect();
            self.confirm(pending.place, missing);
        }
    }

    fn confirm(&mut self, place: usize, missing: Vec<ContactRef>) {
        if !missing.is_empty() {
            let asking = Asking::of(&self.asked[place].info.connection, "get_contact");
            let settles = self.places.connections[place].connector.capability().settles_within;
            let now = self.places.clock.now().wall;
            let fresh = |id: &ContactRef| {
                let told = self.picture.as_of(id);
                told.is_some_and(|told| told.plus(settles) > now)
            };
            let missing = missing.into_iter().map(|id| (id.clone(), fresh(&id))).collect();
            let task = self.task(place, &asking);
            self.spawn(place, What::ById, asking, async move {
                Done::Confirmed(task.confirm(missing).await)
            });
        }
    }

    fn take_fates(&mut self, pending: &Pending, fates: Vec<(ContactRef, Fate)>) {
        let at = self.places.clock.now().wall;
        let mut filed = Vec::new();
        for (id, fate) in fates {
            match fate {
                Fate::There(found) => {
                    filed.push(found.contact.clone());
                    self.picture.add(vec![*found]);
                }
                Fate::Changed(contact) => {
                    self.picture.mark_gone(&id);
                    filed.push(*contact);
                }
                Fate::Gone => {
                    self.picture.mark_gone(&id);
                    self.filing.forget(id);
                }
                Fate::Unknown => {}
            }
        }
        let connection = self.asked[pending.place].info.connection.clone();
        self.asked[pending.place].state = self.found_or_not(&connection);
        self.filing.remember(filed, at);
    }

    fn found_or_not(&self, connection: &ConnectionId) -> AskedState {
        if self.picture.of_connection(connection).next().is_some() {
            AskedState::Found
        } else {
            AskedState::NotFound
        }
    }

    /// Drops what has not answered.
    fn cut(&mut self) {
        self.tasks.abort_all();
        let seconds = self.places.config.lookup_deadline.as_secs_f32();
        let message = format!("no answer within {seconds} s");
        let late = self.pending.drain().map(|(_, pending)| pending);
        let mut late: Vec<Pending> = late.filter(|pending| pending.what != What::Early).collect();
        late.sort_by_key(|pending| pending.place);
        for pending in late {
            self.fail(&pending, Kind::Timeout, &message);
        }
        self.running = false;
    }

    fn fail(&mut self, pending: &Pending, kind: Kind, message: &str) {
        self.steps.failed(&pending.asking, kind, message);
        if pending.what == What::ByNumber {
            self.failed(pending.place, message.to_owned());
        }
    }

    /// Whoever was found before it failed is there all the same.
    fn failed(&mut self, place: usize, why: String) {
        self.asked[place].state = if self.early.contains(&place) {
            AskedState::Partly(Partly { why, passing: true })
        } else {
            AskedState::Failed(why)
        };
    }

    pub fn publish(&mut self, publish: &(impl Fn(LookupView) + Send + Sync)) {
        let view = self.view();
        if self.published.as_ref() != Some(&view) {
            self.published = Some(view.clone());
            publish(view);
        }
    }

    fn view(&self) -> LookupView {
        LookupView {
            running: self.running,
            matches: self.picture.groups(),
            asked: self.asked.clone(),
            forms: self.steps.forms_sent(),
            checked: self.checked,
        }
    }

    pub async fn finish(mut self, publish: &(impl Fn(LookupView) + Send + Sync)) -> Looked {
        self.publish(publish);
        let took = self.begun.elapsed();
        let lookup = self.view();
        self.filing.settle(&self.steps).await;
        let trace = Trace {
            call: self.call,
            at: self.at,
            live: self.live,
            took,
            steps: self.steps.sorted(),
        };
        Looked { lookup, trace }
    }
}
