//! The rehearsal: simulated calls from sample people. In a profile of its own they lie in the address book; among a person's
//! own contacts they are a connection that is there for as long as it plays.

mod sample;

pub(crate) use sample::CONNECTION as SAMPLE_PEOPLE;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ringside_domain::{
    CallEvent, CallSource as _, ConnectionId, ContactDraft, ContactIndex as _, EventSink, StoredNumber, Trust,
    id::uuid_v7, phone::Region,
};
use ringside_engine::Connection;
use ringside_ipc::{ApiError, command::ReportedDto};
use ringside_sources::rehearsal::{self, Rehearsal, SamplePerson};
use ringside_store::ADDRESS_BOOK;

use crate::app::{App, log_failure};

/// Where the sample people are at home: their numbers are read as meant whatever this computer's locale is.
pub(crate) fn home() -> Option<Region> {
    rehearsal::HOME.parse().ok()
}

/// Fills an address book in which nobody is yet.
pub(crate) async fn import_people(app: &App) {
    let empty = app.inner.store.counts().await.is_ok_and(|counts| counts.contacts == 0);
    // While a file with people in it is locked, others must not be merged into it later.
    let locked = app.inner.store.is_memory() && app.inner.vault.has_file().unwrap_or(true);
    if !empty || locked {
        return;
    }
    let people = rehearsal::people().iter().map(record).collect();
    if let Err(error) = app.inner.store.import(people, app.inner.engine.config().home).await {
        log_failure("the sample people could not be filed", &error);
    }
}

fn record(person: &SamplePerson) -> (ContactDraft, Vec<StoredNumber>) {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let draft = ContactDraft {
        connection: ConnectionId::new(ADDRESS_BOOK),
        contact_type: person.contact_type.to_owned(),
        name: person.name.to_owned(),
        given: None,
        family: None,
        company: text(person.company),
        title: text(person.title),
        email: text(person.email),
        number: None,
        extra: Vec::new(),
        force: false,
    };
    let number = |(label, raw): &(&str, &str)| StoredNumber {
        label: (*label).to_owned(),
        raw: (*raw).to_owned(),
    };
    (draft, person.numbers.iter().map(number).collect())
}

impl App {
    /// Plays the script, or one part of it, behind the scenes. Its calls come as events.
    pub(crate) async fn play(&self, part: Option<&str>) -> Result<ReportedDto, ApiError> {
        let ports = &self.inner.ports;
        let run = uuid_v7(&*ports.clock, &*ports.random).to_string();
        let mut source = Rehearsal::new(ports.clock.clone(), part, run)?;
        let stop = self.stop_signal();
        let guests = (!self.inner.rehearsal).then(|| self.invite_sample_people());
        // Among real calls, a simulated one must log nothing by itself.
        let sink: Box<dyn EventSink> = if self.inner.rehearsal {
            self.inner.engine.sink()
        } else {
            Box::new(Untrusted(self.inner.engine.sink()))
        };
        tokio::spawn(async move {
            if let Err(error) = source.run(sink, stop).await {
                log_failure("the rehearsal broke off", &error);
            }
            if let Some(guests) = guests {
                tokio::time::sleep(LEAVING).await;
                guests.leave().await;
            }
        });
        Ok(ReportedDto { call: None })
    }
}

/// The card of the last call is still there when the script is over, and may ask once more.
const LEAVING: Duration = Duration::from_secs(60);

/// One rehearsal that needs the sample people.
struct Guests(App);

impl App {
    fn invite_sample_people(&self) -> Guests {
        if self.inner.rehearsing.fetch_add(1, Ordering::SeqCst) == 0 {
            self.place_connections();
        }
        Guests(self.clone())
    }

    /// The sample people's connection, while a rehearsal plays among a person's own contacts.
    pub(crate) fn sample_people(&self) -> Option<Connection> {
        (self.inner.rehearsing.load(Ordering::SeqCst) > 0).then(|| Connection {
            connector: Arc::new(sample::SamplePeople::new()),
            logs_here: false,
            account: sample::CONNECTION.to_owned(),
        })
    }
}

impl Guests {
    async fn leave(self) {
        let Self(app) = self;
        if app.inner.rehearsing.fetch_sub(1, Ordering::SeqCst) > 1 {
            return;
        }
        app.place_connections();
        forget_sample_people(&app).await;
        app.tell_status().await;
    }
}

/// What the index remembers of them; also at the start, after a rehearsal during which Ringside ended.
pub(crate) async fn forget_sample_people(app: &App) {
    let sample = ConnectionId::new(sample::CONNECTION);
    if let Err(error) = app.inner.store.forget_connection(sample).await {
        log_failure("the sample people could not be forgotten", &error);
    }
}

struct Untrusted(Box<dyn EventSink>);

impl EventSink for Untrusted {
    fn event(&self, event: CallEvent) {
        self.0.event(CallEvent {
            trust: Trust::Unverified,
            ..event
        });
    }

    fn clone_box(&self) -> Box<dyn EventSink> {
        Box::new(Self(self.0.clone_box()))
    }
}
