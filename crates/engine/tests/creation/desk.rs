//! A person's desk: one engine over a journal and a CRM, and what the person does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ringside_domain::{
    Authority, CallEvent, CallId, Change, Clock, ContactDraft, Creation, CreationId, CreationState, Direction,
    EndReason, Now, Random, SourceId, Steady, Timestamp, Trust,
    call::{WireParty, WireRoute},
};
use ringside_engine::{
    Config, Connection, Engine, Parts,
    view::{CallView, Created},
};
use tokio::time::{Instant, sleep};

use crate::{
    crm::{Crm, draft},
    fakes::{Index, home},
    journal::MemoryJournal,
};

pub const CALLER: &str = "+14155550100";
pub const SECOND: Duration = Duration::from_secs(1);

/// Follows tokio's clock.
struct Time(Instant);

impl Clock for Time {
    fn now(&self) -> Now {
        let since = SECOND + self.0.elapsed();
        Now {
            wall: Timestamp(1_790_000_000_000).plus(since),
            steady: Steady(since),
        }
    }

    fn zone(&self) -> String {
        "UTC".into()
    }
}

struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        bytes
            .iter_mut()
            .zip(count.iter().cycle())
            .for_each(|(to, from)| *to = *from);
    }
}

pub struct Desk {
    pub engine: Engine,
    pub journal: Arc<MemoryJournal>,
    pub crm: Arc<Crm>,
}

pub fn config() -> Config {
    Config {
        home: home(),
        ..Config::default()
    }
}

impl Desk {
    pub async fn new() -> Self {
        Self::on(Arc::default(), Crm::new(), config()).await
    }

    pub async fn on(journal: Arc<MemoryJournal>, crm: Arc<Crm>, config: Config) -> Self {
        static LIVES: AtomicU64 = AtomicU64::new(1);
        let connection = Connection {
            connector: crm.clone(),
            logs_here: true,
            account: "account".into(),
        };
        let parts = Parts {
            clock: Arc::new(Time(Instant::now())),
            // Ids of one life are not those of another.
            random: Arc::new(Counted(AtomicU64::new(
                LIVES.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x0001_0000_0001_0000),
            ))),
            journal: journal.clone(),
            index: Arc::new(Index::of(Vec::new())),
            connections: vec![connection],
        };
        let engine = Engine::start(parts, config).await.unwrap();
        Self { engine, journal, crm }
    }

    /// Another life on the same journal.
    pub async fn restarts(self) -> Self {
        self.engine.stop().await;
        Self::on(self.journal, self.crm, config()).await
    }

    pub async fn rings(&self) -> CallId {
        let id = self.engine.report(event(Change::Ringing)).await.unwrap().unwrap();
        sleep(SECOND).await;
        id
    }

    pub async fn hangs_up(&self) {
        self.engine.report(event(Change::Answered)).await.unwrap();
        let over = event(Change::Ended(EndReason::Completed));
        self.engine.report(over).await.unwrap();
        sleep(Duration::from_millis(50)).await;
    }

    /// Anna is to be created for this call.
    pub async fn creates(&self, call: CallId) -> Creation {
        self.creates_as(draft("Anna Meier"), Some(call)).await
    }

    pub async fn creates_as(&self, draft: ContactDraft, call: Option<CallId>) -> Creation {
        match self.engine.create_later(draft, call, false, None).await.unwrap() {
            Created::Waiting(creation) => *creation,
            other => panic!("{other:?}"),
        }
    }

    pub async fn call(&self, id: CallId) -> CallView {
        self.engine.call(id).await.unwrap()
    }

    /// How it stands in the journal.
    pub fn state(&self, id: CreationId) -> CreationState {
        let all = self.journal.all();
        all.into_iter().find(|creation| creation.id == id).unwrap().state
    }

    /// Whom the call is about.
    pub async fn chosen(&self, id: CallId) -> Option<String> {
        self.call(id).await.call.choice.map(|choice| choice.contact.name)
    }
}

pub fn event(change: Change) -> CallEvent {
    CallEvent {
        source: SourceId::new("phone"),
        key: "a".into(),
        provider_call_id: Some("call-1@pbx.example".into()),
        trust: Trust::Trusted,
        authority: Authority::Watcher,
        direction: Some(Direction::In),
        remote: Some(WireParty {
            raw: CALLER.into(),
            display: None,
        }),
        local: None,
        route: WireRoute::default(),
        replaces: None,
        replay: false,
        at: Now {
            wall: Timestamp(1_790_000_000_000),
            steady: Steady(SECOND),
        },
        change,
        rehearsal: false,
    }
}
