//! The rehearsal: sample people in an address book of its own, and simulated calls from them.

use ringside_domain::{
    CallEvent, CallSource as _, ConnectionId, ContactDraft, ContactIndex as _, EventSink, StoredNumber, Trust,
    id::uuid_v7, phone::Region,
};
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
        });
        Ok(ReportedDto { call: None })
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
