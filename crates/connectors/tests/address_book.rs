//! The address book as a connector, over the real store.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU8, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_connectors::address_book::AddressBookConnector;
use ringside_domain::{
    AddressBook, Clock, ConnectionId, Connector, Contact, ContactDraft, Cx, Direction, Freshness, Kind, Now, Random,
    Result, Timestamp, TraceStep,
    address_book::ADDRESS_BOOK,
    connector::{NameQuery, NumberForms, Progress, TraceSink},
    log::{CallLogEntry, Captures, LOG_STEP, LogRef, Marker},
    phone::{Home, compare, read},
};
use ringside_store::Store;

struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp(1_750_000_000_000 + self.0.fetch_add(1, Ordering::Relaxed)),
            ..Now::default()
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
    }
}

#[derive(Default)]
struct Traced(Mutex<Vec<TraceStep>>);

impl TraceSink for Traced {
    fn step(&self, step: TraceStep) {
        self.0.lock().unwrap().push(step);
    }
}

/// The journal's side, in memory; tells in which order it was asked.
#[derive(Default)]
struct Steps {
    known: Option<Captures>,
    told: Mutex<Vec<String>>,
}

#[async_trait]
impl Progress for Steps {
    async fn answered(&self, step: &str) -> Option<Captures> {
        assert_eq!(step, LOG_STEP);
        self.known.clone()
    }

    async fn begin(&self, step: &str) -> Result<()> {
        self.told.lock().unwrap().push(format!("begin {step}"));
        Ok(())
    }

    async fn done(&self, step: &str, _: Captures) -> Result<()> {
        self.told.lock().unwrap().push(format!("done {step}"));
        Ok(())
    }

    async fn not_done(&self, step: &str) -> Result<()> {
        self.told.lock().unwrap().push(format!("not done {step}"));
        Ok(())
    }
}

struct House {
    book: Arc<dyn Connector>,
    store: Store,
    trace: Arc<Traced>,
}

impl House {
    fn new() -> Self {
        let store = Store::memory(
            Arc::new(Ticking(AtomicI64::new(0))),
            Arc::new(Counting(AtomicU8::new(0))),
        )
        .unwrap();
        let connection = ConnectionId::new(ADDRESS_BOOK);
        let book = Arc::new(AddressBookConnector::new(
            connection,
            "Address book",
            Arc::new(store.clone()),
        ));
        Self {
            book,
            store,
            trace: Arc::default(),
        }
    }

    fn cx(&self) -> Cx {
        Cx {
            deadline: Duration::from_secs(5),
            freshness: Freshness::Live,
            trace: self.trace.clone(),
        }
    }

    async fn create(&self, name: &str, number: &str) -> Contact {
        self.book
            .create_contact(self.cx(), draft(name, "person", number))
            .await
            .unwrap()
    }

    async fn find(&self, number: &str) -> Vec<Contact> {
        let number = NumberForms {
            reading: read(number, &Home::default()),
            forms: Vec::new(),
        };
        self.book.find_contact(self.cx(), number).await.unwrap().contacts
    }
}

fn draft(name: &str, contact_type: &str, number: &str) -> ContactDraft {
    ContactDraft {
        connection: ConnectionId::new(ADDRESS_BOOK),
        contact_type: contact_type.to_owned(),
        name: name.to_owned(),
        given: None,
        family: None,
        company: None,
        title: None,
        email: None,
        number: Some(number.to_owned()),
        extra: Vec::new(),
        force: false,
    }
}

fn entry(contact: &Contact, marker: &str) -> CallLogEntry {
    CallLogEntry {
        contact: contact.id.clone(),
        contact_name: contact.name.clone(),
        direction: Direction::In,
        number: Some("+442079460123".to_owned()),
        line: None,
        started: Timestamp(1_750_000_000_000),
        zone: "UTC".to_owned(),
        duration: Some(Duration::from_secs(60)),
        end: None,
        outcome: None,
        note: "Asked for the price list".to_owned(),
        marker: Marker::new(marker, false),
        fields: Vec::new(),
    }
}

#[tokio::test]
async fn who_is_created_is_found_by_number_and_by_name() {
    let house = House::new();
    let ada = house.create("Ada Lovelace", "+44 (0)20 7946 0123").await;
    house.create("Grace Hopper", "+1 202 555 0142").await;
    let found = house.find("sip:+442079460123@pbx.example").await;
    assert_eq!(found.iter().map(|contact| &contact.id).collect::<Vec<_>>(), [&ada.id]);
    let stored = read(&found[0].numbers[0].raw, &Home::default());
    assert!(
        compare(&stored, &read("+442079460123", &Home::default()))
            .unwrap()
            .is_exact()
    );

    let query = NameQuery {
        text: "lovel".to_owned(),
        types: Vec::new(),
        company: None,
        limit: 10,
    };
    let found = house.book.find_contact_with_name(house.cx(), query).await.unwrap();
    assert_eq!(found.contacts[0].id, ada.id);
    assert_eq!(house.book.get_contact(house.cx(), ada.id.clone()).await.unwrap(), ada);

    let more = house
        .book
        .add_number(house.cx(), ada.id.clone(), "+44 161 496 0456".to_owned())
        .await
        .unwrap();
    assert_eq!(more.numbers.len(), 2);
    assert_eq!(house.find("+441614960456").await.len(), 1);
    house.store.delete(ada.id.id.clone()).await.unwrap();
    let gone = house.book.get_contact(house.cx(), ada.id).await.unwrap_err();
    assert_eq!(gone.kind, Kind::NotFound);
    assert!(gone.hint.is_some());
}

#[tokio::test]
async fn a_bad_draft_names_its_field() {
    let house = House::new();
    for (name, contact_type, field) in [
        ("  ", "person", "name"),
        ("\u{200B}", "lead", "name"),
        ("Ada", "robot", "contact_type"),
    ] {
        let error = house
            .book
            .create_contact(house.cx(), draft(name, contact_type, ""))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.field.as_deref()),
            (Kind::Invalid, Some(field)),
            "{name} {contact_type}"
        );
    }
    let types: Vec<String> = house.book.info().types.into_iter().map(|kind| kind.id).collect();
    assert_eq!(types, ["person", "company", "lead"]);
}

#[tokio::test]
async fn a_log_is_one_step_and_there_once() {
    let house = House::new();
    let ada = house.create("Ada Lovelace", "+442079460123").await;
    let steps = Arc::new(Steps::default());
    let first = house
        .book
        .log_call(house.cx(), entry(&ada, "m1"), steps.clone())
        .await
        .unwrap();
    assert_eq!(*steps.told.lock().unwrap(), ["begin log", "done log"]);
    // The answer got lost: sent again, it is the same log; and it can be found.
    let again = house
        .book
        .log_call(house.cx(), entry(&ada, "m1"), Arc::new(Steps::default()))
        .await
        .unwrap();
    assert_eq!(again, first);
    assert_eq!(
        house.book.find_log(house.cx(), entry(&ada, "m1")).await.unwrap(),
        [first.log]
    );
    assert_eq!(house.book.find_log(house.cx(), entry(&ada, "m2")).await.unwrap(), []);
    // The answer is in the journal: nothing is sent.
    let known = LogRef {
        id: "known".to_owned(),
        url: None,
    };
    let steps = Arc::new(Steps {
        known: Some(known.captures()),
        ..Steps::default()
    });
    let receipt = house
        .book
        .log_call(house.cx(), entry(&ada, "m3"), steps.clone())
        .await
        .unwrap();
    assert_eq!(receipt.log, known);
    assert!(steps.told.lock().unwrap().is_empty());
    assert_eq!(house.book.find_log(house.cx(), entry(&ada, "m3")).await.unwrap(), []);
}

#[tokio::test]
async fn a_refused_log_is_told_as_not_done_and_a_log_can_move() {
    let house = House::new();
    let ada = house.create("Ada Lovelace", "+442079460123").await;
    let grace = house.create("Grace Hopper", "+12025550142").await;
    let mut nobody = ada.clone();
    nobody.id.id = "01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
    let steps = Arc::new(Steps::default());
    let error = house
        .book
        .log_call(house.cx(), entry(&nobody, "m1"), steps.clone())
        .await
        .unwrap_err();
    assert_eq!(*steps.told.lock().unwrap(), ["begin log", "not done log"], "{error}");
    assert!(!error.may_have_happened);

    let log = house
        .book
        .log_call(house.cx(), entry(&ada, "m1"), Arc::new(Steps::default()))
        .await
        .unwrap()
        .log;
    house
        .book
        .update_log(house.cx(), log.clone(), entry(&grace, "m1"))
        .await
        .unwrap();
    assert!(house.store.logs(ada.id.id).await.unwrap().is_empty());
    assert_eq!(house.store.logs(grace.id.id).await.unwrap()[0].0, log);
}
