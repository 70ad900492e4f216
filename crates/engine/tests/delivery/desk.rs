//! One machine: a journal, a clock that only moves in virtual time, and delivery over a CRM.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use ringside_domain::{
    CallId, CallLogEntry, Clock, ContactRef, Direction, LogRef, Marker, Now, Random, Steady, Stop, Timestamp, Write,
    WriteId, WriteState, journal::WriteKind,
};
use ringside_engine::delivery::{Delivery, Pace};
use tokio::{sync::Notify, time::Instant};

use crate::{crm::Crm, journal::MemoryJournal};

/// Virtual time that goes on from one runtime to the next.
pub struct VirtualClock {
    base: AtomicU64,
    began: Mutex<Option<Instant>>,
}

impl Default for VirtualClock {
    fn default() -> Self {
        // Far enough from zero to be set back.
        Self {
            base: AtomicU64::new(1_000_000_000),
            began: Mutex::default(),
        }
    }
}

impl VirtualClock {
    /// To be called inside each new runtime.
    pub fn enter(&self) {
        *self.began.lock().unwrap() = Some(Instant::now());
    }

    /// Keeps the time that passed, before the runtime goes.
    pub fn leave(&self) {
        let passed = self
            .began
            .lock()
            .unwrap()
            .take()
            .map_or(Duration::ZERO, |began| began.elapsed());
        self.base
            .fetch_add(u64::try_from(passed.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub fn set_back(&self, by: Duration) {
        self.base
            .fetch_sub(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Now {
        let passed = self
            .began
            .lock()
            .unwrap()
            .map_or(Duration::ZERO, |began| began.elapsed());
        let at = Duration::from_millis(self.base.load(Ordering::SeqCst)) + passed;
        Now {
            wall: Timestamp(1_790_000_000_000).plus(at),
            steady: Steady(at),
        }
    }

    fn zone(&self) -> String {
        "UTC".into()
    }
}

/// No two alike, and the same ones each time.
#[derive(Default)]
struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::SeqCst).to_le_bytes();
        let cycle = count.iter().copied().cycle();
        bytes.iter_mut().zip(cycle).for_each(|(byte, count)| *byte = count);
    }
}

pub struct Desk {
    pub clock: Arc<VirtualClock>,
    pub journal: Arc<MemoryJournal>,
    pub crm: Arc<Crm>,
    pub gone: Arc<std::sync::atomic::AtomicBool>,
}

impl Desk {
    pub fn new(crm: impl FnOnce(Arc<dyn Clock>) -> Arc<Crm>) -> Self {
        let clock = Arc::new(VirtualClock::default());
        if tokio::runtime::Handle::try_current().is_ok() {
            clock.enter();
        }
        let crm = crm(clock.clone());
        Self {
            clock,
            journal: Arc::default(),
            crm,
            gone: Arc::default(),
        }
    }

    /// Another machine on the same CRM and clock.
    pub fn beside(&self) -> Self {
        Self {
            clock: self.clock.clone(),
            journal: Arc::default(),
            crm: self.crm.clone(),
            gone: Arc::default(),
        }
    }

    pub fn delivery(&self) -> Arc<Delivery> {
        let (crm, gone) = (self.crm.clone(), self.gone.clone());
        let connections = Arc::new(move |id: &ringside_domain::ConnectionId| {
            let there = *id == crm.connection && !gone.load(Ordering::SeqCst);
            there.then(|| crm.clone() as Arc<dyn ringside_domain::Connector>)
        });
        let random = Arc::new(Counted::default());
        Delivery::new(
            self.journal.clone(),
            self.clock.clone(),
            random,
            connections,
            Pace::default(),
        )
    }

    pub fn owe(&self, number: u128, marker: Marker) -> WriteId {
        self.owe_kind(number, WriteKind::Log, entry(marker, "first note"))
    }

    pub fn owe_update(&self, number: u128, log: &str, note: &str) -> WriteId {
        self.owe_change(number, log, entry(own_marker(), note))
    }

    pub fn owe_entry(&self, number: u128, entry: CallLogEntry) -> WriteId {
        self.owe_kind(number, WriteKind::Log, entry)
    }

    pub fn owe_change(&self, number: u128, log: &str, entry: CallLogEntry) -> WriteId {
        let log = LogRef {
            id: log.into(),
            url: None,
        };
        self.owe_kind(number, WriteKind::Update(log), entry)
    }

    fn owe_kind(&self, number: u128, kind: WriteKind, entry: CallLogEntry) -> WriteId {
        let id = WriteId::from_uuid(uuid::Uuid::from_u128(number));
        self.journal.insert(Write {
            id,
            call: CallId::from_uuid(uuid::Uuid::from_u128(1)),
            connection: self.crm.connection.clone(),
            kind,
            entry,
            state: WriteState::Waiting(None),
            attempts: 0,
            created: self.clock.now().wall,
            last_sent: None,
            next_try: None,
            said: None,
            wanted: None,
            resent: 0,
        });
        id
    }

    /// Runs the round until nothing is due any more or `limit` of virtual time has passed. Returns every change.
    pub async fn settle(&self, limit: Duration) -> Vec<Write> {
        self.settle_with(self.delivery(), limit).await
    }

    /// A run of the program in which something is owed at once, and half a minute for it.
    pub async fn settle_for_new(&self, owe: impl FnOnce()) {
        let delivery = self.delivery();
        tokio::time::sleep(Duration::from_millis(1)).await;
        owe();
        self.settle_with(delivery, Duration::from_secs(30)).await;
    }

    /// The same with what one run of the program knows.
    pub async fn settle_with(&self, delivery: Arc<Delivery>, limit: Duration) -> Vec<Write> {
        let changes = Arc::new(Mutex::new(Vec::new()));
        let heard = changes.clone();
        let stop: Stop = tokio::time::sleep(limit).boxed().shared();
        delivery
            .run(
                Arc::new(Notify::new()),
                move |write| heard.lock().unwrap().push(write),
                stop,
            )
            .await;
        std::mem::take(&mut changes.lock().unwrap())
    }
}

pub fn own_marker() -> Marker {
    Marker::new("ringside-own", false)
}

pub fn shared_marker() -> Marker {
    Marker::new("ringside-shared", true)
}

pub fn entry(marker: Marker, note: &str) -> CallLogEntry {
    let connection = ringside_domain::ConnectionId::new("crm");
    CallLogEntry {
        contact: ContactRef {
            connection,
            contact_type: "lead".into(),
            id: "7".into(),
        },
        contact_name: "Ada Example".into(),
        direction: Direction::In,
        number: Some("+12025550100".into()),
        line: None,
        started: Timestamp(1_790_000_000_000),
        zone: "UTC".into(),
        duration: Some(Duration::from_secs(60)),
        end: None,
        outcome: None,
        note: note.into(),
        marker,
        fields: Vec::new(),
    }
}
