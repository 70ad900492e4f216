//! Logging through the real engine and a real journal, while answers get lost and other machines log the same call.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use ringside_domain::{
    Authority, CallEvent, CallId, CallLogEntry, Capability, Change, Clock, Connector, ConnectorInfo, Contact,
    ContactDraft, ContactRef, Cx, Direction, EndReason, LogField, LogReceipt, LogRef, Result, SourceId, Trust,
    WriteState,
    call::{WireParty, WireRoute},
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::Found,
};
use ringside_engine::{Config, Connection, Engine, Parts};
use ringside_host::clock::{OsRandom, SystemClock};
use ringside_store::Store;

use super::{Behaviour, behaviour, finds, finds_logs, logs, wired};
use crate::{
    asking::{NUMBER, home, plant},
    crm::{Act, Purpose},
    kits::{Case, Offer},
};

pub const ALL: &[Behaviour] = &[
    behaviour!(lost::a_call_is_logged_through_the_engine, by_engine),
    behaviour!(lost::an_answer_lost_on_its_way_ends_logged_or_unsure, on_a_wire),
    behaviour!(lost::a_request_lost_on_its_way_ends_logged_or_unsure, on_a_wire),
    behaviour!(
        lost::a_log_that_appears_after_its_answer_was_lost_is_made_once,
        |offer| on_a_wire(offer).or(finds_logs(offer))
    ),
    behaviour!(lost::a_crm_that_is_down_gets_it_later, on_a_wire),
    behaviour!(lost::two_machines_make_one_log_of_one_call, |offer| by_engine(offer)
        .or(finds_logs(offer))),
];

fn by_engine(offer: &Offer) -> Option<&'static str> {
    finds(offer).or(logs(offer))
}

fn on_a_wire(offer: &Offer) -> Option<&'static str> {
    by_engine(offer).or(wired(offer))
}

async fn a_call_is_logged_through_the_engine(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let desk = Desk::new(&case).await;
    let call = desk.logs("one", &anna, "Wants the renewal offer").await;
    assert!(matches!(desk.settled(call).await, WriteState::Logged(_)));
    let logs = case.crm.logs().await;
    assert_eq!((logs.len(), &logs[0].contacts), (1, &vec![anna.id]));
    assert!(logs[0].text.clone().unwrap().contains("Wants the renewal offer"));
}

async fn an_answer_lost_on_its_way_ends_logged_or_unsure(case: Case) {
    ends_well(case, Act::Unanswered, 1).await;
}

async fn a_request_lost_on_its_way_ends_logged_or_unsure(case: Case) {
    ends_well(case, Act::Lost, 0).await;
}

/// As behind a proxy that gave up on a CRM which goes on working; what takes seconds there, at a tenth of their length.
async fn a_log_that_appears_after_its_answer_was_lost_is_made_once(case: Case) {
    let lingers = Duration::from_millis(500);
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let desk = Desk::new(&case).await;
    case.wire().plan(Purpose::Log, 1, Act::Lingers(lingers));
    let call = desk.logs("one", &anna, "hello").await;
    let state = desk.settled(call).await;
    // A log made too early is there before the one that lingers.
    tokio::time::sleep(lingers).await;
    let logs = case.crm.logs().await;
    assert!(matches!(state, WriteState::Logged(_)), "{state:?}");
    assert_eq!((logs.len(), &logs[0].contacts), (1, &vec![anna.id]));
}

/// Logged where the CRM can be searched, unsure and asked about where it can't. Never twice, never in silence.
async fn ends_well(case: Case, act: Act, there: usize) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let desk = Desk::new(&case).await;
    case.wire().plan(Purpose::Log, 1, act);
    let call = desk.logs("one", &anna, "hello").await;
    let state = desk.settled(call).await;
    let logs = case.crm.logs().await;
    if case.connector.capability().find_log {
        assert!(matches!(state, WriteState::Logged(_)), "{state:?}");
        assert_eq!((logs.len(), &logs[0].contacts), (1, &vec![anna.id]));
    } else {
        assert!(matches!(state, WriteState::Unsure(_)), "{state:?}");
        assert_eq!(logs.len(), there);
    }
}

async fn a_crm_that_is_down_gets_it_later(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let desk = Desk::new(&case).await;
    let wait = vec![("retry-after", "1".to_owned())];
    case.wire().plan(Purpose::Log, 2, Act::Refuse(503, wait));
    let call = desk.logs("one", &anna, "hello").await;
    assert!(matches!(desk.settled(call).await, WriteState::Logged(_)));
    assert_eq!(case.crm.logs().await.len(), 1);
    assert!(case.wire().asked_for(Purpose::Log) >= 3);
}

async fn two_machines_make_one_log_of_one_call(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let (here, there) = (Desk::new(&case).await, Desk::new(&case).await);
    let mine = here.logs("provider-call-1", &anna, "hello").await;
    let mine = here.settled(mine).await;
    let theirs = there.logs("provider-call-1", &anna, "hello").await;
    let theirs = there.settled(theirs).await;
    let (WriteState::Logged(mine), WriteState::Logged(theirs)) = (&mine, &theirs) else {
        panic!("{mine:?} and {theirs:?}")
    };
    assert_eq!(mine.id, theirs.id);
    assert_eq!(case.crm.logs().await.len(), 1);
}

/// Half a minute in real life, and longer here too than any connector's own lag.
const SETTLE_FLOOR: Duration = Duration::from_millis(1_000);

/// A person's machine: engine, journal, and the connector under test.
struct Desk {
    engine: Engine,
    _store: Store,
}

impl Desk {
    async fn new(case: &Case) -> Self {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        // The address book's connector writes to the store that it was made with.
        let store = if case.is_address_book() {
            case.store.clone()
        } else {
            Store::memory(clock.clone(), random.clone()).unwrap()
        };
        let parts = Parts {
            clock,
            random,
            journal: Arc::new(store.clone()),
            index: Arc::new(store.clone()),
            connections: vec![Connection {
                connector: Arc::new(Brisk(case.connector.clone())),
                logs_here: true,
                account: "one account".into(),
            }],
        };
        let config = Config {
            home: home(),
            write_deadline: Duration::from_secs(5),
            write_pauses: vec![Duration::from_millis(200)],
            settle_floor: SETTLE_FLOOR,
            ..Config::default()
        };
        Self {
            engine: Engine::start(parts, config).await.unwrap(),
            _store: store,
        }
    }

    /// A whole call with this contact, and its log handed to delivery.
    async fn logs(&self, provider_call_id: &str, contact: &ContactRef, note: &str) -> CallId {
        let report = |change| self.engine.report(event(provider_call_id, change));
        let call = report(Change::Ringing).await.unwrap().unwrap();
        self.until(call, |view| view.lookup.checked.is_some() && !view.lookup.running)
            .await;
        self.engine.choose(call, Some(contact.clone())).await.unwrap();
        let (_, asked) = self.engine.log_fields(call).await.unwrap();
        let chosen = asked.into_iter().filter_map(|field| {
            let value = field
                .default
                .or_else(|| field.options.first().map(|option| option.value.clone()))?;
            Some((field.name, value))
        });
        self.engine.set_log_fields(call, chosen.collect()).await.unwrap();
        report(Change::Answered).await.unwrap();
        self.engine.note(call, note.into(), None).await.unwrap();
        report(Change::Ended(EndReason::Completed)).await.unwrap();
        self.engine.log(call, Some(contact.clone())).await.unwrap();
        call
    }

    /// What became of the write, once nothing more happens to it.
    async fn settled(&self, call: CallId) -> WriteState {
        let is_settled = |state: &WriteState| !matches!(state, WriteState::Waiting(_));
        let view = self
            .until(call, |view| {
                view.write.as_ref().is_some_and(|write| is_settled(&write.state))
            })
            .await;
        view.write.unwrap().state
    }

    async fn until(
        &self,
        call: CallId,
        seen: impl Fn(&ringside_engine::view::CallView) -> bool,
    ) -> ringside_engine::view::CallView {
        for _ in 0..1_000 {
            let view = self.engine.call(call).await.unwrap();
            if seen(&view) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not seen within 20 s: {:#?}", self.engine.call(call).await.unwrap());
    }
}

fn event(provider_call_id: &str, change: Change) -> CallEvent {
    let party = |raw: &str| WireParty {
        raw: raw.into(),
        display: None,
    };
    CallEvent {
        source: SourceId::new("test-phone"),
        key: provider_call_id.into(),
        provider_call_id: Some(provider_call_id.into()),
        trust: Trust::Trusted,
        authority: Authority::Watcher,
        direction: Some(Direction::In),
        remote: Some(party(NUMBER)),
        local: Some(party("+14155550190")),
        route: WireRoute::default(),
        replaces: None,
        replay: false,
        at: SystemClock.now(),
        change,
        rehearsal: false,
    }
}

/// The connector with the fake's own lag: the real CRM's would make each test wait for many seconds.
struct Brisk(Arc<dyn Connector>);

#[async_trait]
impl Connector for Brisk {
    fn info(&self) -> ConnectorInfo {
        self.0.info()
    }

    fn capability(&self) -> Capability {
        Capability {
            settles_within: Duration::from_millis(200),
            ..self.0.capability()
        }
    }

    async fn check(&self, cx: Cx) -> Result<Account> {
        self.0.check(cx).await
    }

    async fn find_contact(&self, cx: Cx, number: NumberForms) -> Result<Found> {
        self.0.find_contact(cx, number).await
    }

    async fn find_contact_with_name(&self, cx: Cx, query: NameQuery) -> Result<Found> {
        self.0.find_contact_with_name(cx, query).await
    }

    async fn get_contact(&self, cx: Cx, id: ContactRef) -> Result<Contact> {
        self.0.get_contact(cx, id).await
    }

    async fn create_contact(&self, cx: Cx, draft: ContactDraft) -> Result<Contact> {
        self.0.create_contact(cx, draft).await
    }

    async fn add_number(&self, cx: Cx, id: ContactRef, number: String) -> Result<Contact> {
        self.0.add_number(cx, id, number).await
    }

    async fn log_call(&self, cx: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt> {
        self.0.log_call(cx, entry, progress).await
    }

    async fn update_log(&self, cx: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        self.0.update_log(cx, log, entry).await
    }

    async fn log_fields(&self, cx: Cx, contact: ContactRef) -> Result<Vec<LogField>> {
        self.0.log_fields(cx, contact).await
    }

    async fn find_log(&self, cx: Cx, entry: CallLogEntry) -> Result<Vec<LogRef>> {
        self.0.find_log(cx, entry).await
    }
}
