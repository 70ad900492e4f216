//! A clock and a chance of the tests' own, and the values that most of them need.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use ringside_domain::{
    Call, CallId, CallLogEntry, CallState, Clock, ConnectionId, Contact, ContactDraft, ContactRef, Direction,
    EndReason, Marker, Now, Party, Random, SourceId, StoredNumber, Timestamp, Trust, Write, WriteId, WriteState,
    call::Route,
    journal::WriteKind,
    phone::{Home, read},
};
use ringside_store::{ADDRESS_BOOK, Store, StoreKey};

pub const START: i64 = 1_750_000_000_000;

/// Goes on by a millisecond at every look, so that ids differ and order shows.
pub struct FixedClock(AtomicI64);

impl Clock for FixedClock {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp(self.0.fetch_add(1, Ordering::SeqCst)),
            ..Now::default()
        }
    }

    fn zone(&self) -> String {
        "Europe/Berlin".to_owned()
    }
}

/// The same bytes in every run (splitmix64).
pub struct FixedRandom(AtomicU64);

impl Random for FixedRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let state = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            *byte = (mixed >> 33) as u8;
        }
    }
}

/// The same clock and the same chance each time.
pub fn ports() -> (Arc<FixedClock>, Arc<FixedRandom>) {
    (
        Arc::new(FixedClock(AtomicI64::new(START))),
        Arc::new(FixedRandom(AtomicU64::new(7))),
    )
}

pub fn key(seed: u8) -> StoreKey {
    StoreKey::from_bytes(std::array::from_fn(|at| seed.wrapping_add(at as u8)))
}

pub fn memory() -> Store {
    let (clock, random) = ports();
    Store::memory(clock, random).unwrap()
}

/// Opened a second time, a file meets other ids.
pub async fn open(path: &Path) -> Store {
    static OPENED: AtomicU64 = AtomicU64::new(1000);
    let (clock, _) = ports();
    let random = Arc::new(FixedRandom(AtomicU64::new(OPENED.fetch_add(1, Ordering::SeqCst))));
    Store::open(path, key(1), clock, random).await.unwrap()
}

/// A connection past the store, to look at the file or to harm it.
pub fn raw(path: &Path, key: &StoreKey) -> rusqlite::Connection {
    let conn = rusqlite::Connection::open(path).unwrap();
    let hex: String = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    conn.execute_batch(&format!("PRAGMA key = \"x'{hex}'\";")).unwrap();
    conn
}

pub fn home(region: &str) -> Home {
    Home::of(region.parse().unwrap())
}

pub fn call_id(number: u8) -> CallId {
    CallId::from_uuid(uuid::Uuid::from_bytes([number; 16]))
}

pub fn call(number: u8, from: &str) -> Call {
    Call {
        id: call_id(number),
        direction: Direction::In,
        state: CallState::Ringing,
        remote: Party {
            reading: read(from, &home("US")),
            display: None,
        },
        line: Some("Sales".to_owned()),
        route: Route::default(),
        provider_call_id: Some(format!("call-{number}")),
        trust: Trust::Trusted,
        rehearsal: false,
        source: SourceId::new("intake"),
        started: Timestamp(START + i64::from(number) * 60_000),
        zone: "America/New_York".to_owned(),
        answered: None,
        ended: None,
        talked: None,
        choice: None,
        note: String::new(),
        outcome: None,
        fields: Vec::new(),
        no_log: false,
    }
}

pub fn over(mut call: Call, end: EndReason) -> Call {
    call.state = CallState::Ended(end);
    call.ended = Some(Timestamp(call.started.0 + 30_000));
    call
}

pub fn entry(contact: ContactRef, marker: &str) -> CallLogEntry {
    CallLogEntry {
        contact,
        contact_name: "Nora Quill".to_owned(),
        direction: Direction::In,
        number: Some("+14155550100".to_owned()),
        line: Some("Sales".to_owned()),
        started: Timestamp(START),
        zone: "America/New_York".to_owned(),
        duration: Some(std::time::Duration::from_secs(61)),
        end: Some(EndReason::Completed),
        outcome: None,
        note: "Called about the roof.".to_owned(),
        marker: Marker::new(marker, true),
        fields: Vec::new(),
    }
}

pub fn owed(number: u8, call: u8, connection: &str) -> Write {
    Write {
        id: WriteId::from_uuid(uuid::Uuid::from_bytes([number; 16])),
        call: call_id(call),
        connection: ConnectionId::new(connection),
        kind: WriteKind::Log,
        entry: entry(contact_ref(connection, "7"), "ringside-a-b"),
        state: WriteState::Waiting(None),
        attempts: 0,
        created: Timestamp(START + i64::from(number)),
        last_sent: None,
        next_try: None,
        said: None,
        wanted: None,
        resent: 0,
    }
}

pub fn contact_ref(connection: &str, id: &str) -> ContactRef {
    ContactRef {
        connection: ConnectionId::new(connection),
        contact_type: "candidate".to_owned(),
        id: id.to_owned(),
    }
}

pub fn contact(id: &str, name: &str, numbers: &[&str]) -> Contact {
    Contact {
        id: contact_ref("crm", id),
        name: name.to_owned(),
        company: None,
        title: None,
        emails: Vec::new(),
        numbers: numbers.iter().map(|raw| stored(raw)).collect(),
        region: None,
        url: None,
        created: None,
        updated: None,
        last_call: None,
    }
}

pub fn stored(raw: &str) -> StoredNumber {
    StoredNumber {
        label: "office".to_owned(),
        raw: raw.to_owned(),
    }
}

pub fn draft(contact_type: &str, name: &str, number: Option<&str>) -> ContactDraft {
    ContactDraft {
        connection: ConnectionId::new(ADDRESS_BOOK),
        contact_type: contact_type.to_owned(),
        name: name.to_owned(),
        given: None,
        family: None,
        company: None,
        title: None,
        email: None,
        number: number.map(str::to_owned),
        extra: Vec::new(),
        force: false,
    }
}
