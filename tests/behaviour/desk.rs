//! A person's machine: the real engine and a real journal over the connector under test.

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
use ringside_engine::{Config, Connection, Engine, Parts, view::CallView};
use ringside_host::clock::{OsRandom, SystemClock};
use ringside_store::Store;

use crate::{
    asking::{NUMBER, home},
    kits::Case,
};

/// Half a minute in real life, and longer here too than any connector's own lag.
const SETTLE_FLOOR: Duration = Duration::from_millis(1_000);

/// A person's machine: engine, journal, and the connector under test.
pub struct Desk {
    pub engine: Engine,
    _store: Store,
}

impl Desk {
    pub async fn new(case: &Case) -> Self {
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
                connector: Arc::new(Brisk(case.connector.clone(), settles_within(case))),
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
    pub async fn logs(&self, provider_call_id: &str, contact: &ContactRef, note: &str) -> CallId {
        let call = self.rings(provider_call_id, NUMBER).await.call.id;
        self.engine.choose(call, Some(contact.clone())).await.unwrap();
        self.ends_logged(provider_call_id, call, note).await;
        call
    }

    /// A call comes in from this number; what the card shows once everybody was asked.
    pub async fn rings(&self, provider_call_id: &str, number: &str) -> CallView {
        let ringing = event(provider_call_id, number, Change::Ringing);
        let call = self.engine.report(ringing).await.unwrap().unwrap();
        self.until(call, |view| view.lookup.checked.is_some() && !view.lookup.running)
            .await
    }

    /// The call with the chosen contact goes on to its end, and its log is handed to delivery.
    pub async fn ends_logged(&self, provider_call_id: &str, call: CallId, note: &str) {
        let report = |change| self.engine.report(event(provider_call_id, NUMBER, change));
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
        self.ends(provider_call_id).await;
        self.engine.log(call, None).await.unwrap();
    }

    pub async fn ends(&self, provider_call_id: &str) {
        let ended = event(provider_call_id, NUMBER, Change::Ended(EndReason::Completed));
        self.engine.report(ended).await.unwrap();
    }

    /// What became of the write, once nothing more happens to it.
    pub async fn settled(&self, call: CallId) -> WriteState {
        let is_settled = |state: &WriteState| !matches!(state, WriteState::Waiting(_));
        let view = self
            .until(call, |view| {
                view.write.as_ref().is_some_and(|write| is_settled(&write.state))
            })
            .await;
        view.write.unwrap().state
    }

    pub async fn until(&self, call: CallId, seen: impl Fn(&CallView) -> bool) -> CallView {
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

fn event(provider_call_id: &str, number: &str, change: Change) -> CallEvent {
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
        remote: Some(party(number)),
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
struct Brisk(Arc<dyn Connector>, Duration);

/// A bit more than the fake's own lag.
fn settles_within(case: &Case) -> Duration {
    case.knobs.search_lag + Duration::from_millis(200)
}

#[async_trait]
impl Connector for Brisk {
    fn info(&self) -> ConnectorInfo {
        self.0.info()
    }

    fn capability(&self) -> Capability {
        Capability {
            settles_within: self.1,
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
