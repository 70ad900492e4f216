//! A desk with a phone: the real engine over the real store, and the few things a person does.

use std::{path::Path, sync::Arc, time::Duration};

use ringside_connectors::address_book::AddressBookConnector;
use ringside_domain::{
    AddressBook as _, Authority, CallEvent, CallId, CallLogEntry, Change, Clock, Connector, Contact, ContactDraft,
    Direction, EndReason, Random, SourceId, Trust, WriteState,
    address_book::ADDRESS_BOOK,
    call::{WireParty, WireRoute},
    contact::StoredNumber,
    id::ConnectionId,
    phone::Home,
};
use ringside_engine::{Config, Connection, Engine, Parts, view::CallView};
use ringside_host::clock::{OsRandom, SystemClock};
use ringside_store::{Store, StoreKey};

pub struct Desk {
    pub engine: Engine,
    pub store: Store,
}

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

pub fn random() -> Arc<dyn Random> {
    Arc::new(OsRandom)
}

pub fn home() -> Home {
    Home {
        region: "US".parse().ok(),
        ..Home::default()
    }
}

pub fn config() -> Config {
    Config {
        home: home(),
        ..Config::default()
    }
}

impl Desk {
    pub async fn in_memory() -> Self {
        Self::with(Store::memory(clock(), random()).unwrap(), config()).await
    }

    pub async fn on_file(path: &Path) -> Self {
        Self::on_file_with(path, config()).await
    }

    pub async fn on_file_with(path: &Path, config: Config) -> Self {
        let store = Store::open(path, StoreKey::from_bytes([7; 32]), clock(), random())
            .await
            .unwrap();
        Self::with(store, config).await
    }

    /// The program ends, and leaves what goes on as it is.
    pub async fn ends(self) {
        self.engine.stop().await;
        self.store.close().await;
    }

    pub async fn with(store: Store, config: Config) -> Self {
        let connection = ConnectionId::new(ADDRESS_BOOK);
        let book = AddressBookConnector::new(connection, "Address book", Arc::new(store.clone()));
        Self::with_connector(store, config, Arc::new(book)).await
    }

    pub async fn with_connector(store: Store, config: Config, connector: Arc<dyn Connector>) -> Self {
        let connections = vec![Connection {
            connector,
            logs_here: true,
            account: ADDRESS_BOOK.into(),
        }];
        let parts = Parts {
            clock: clock(),
            random: random(),
            journal: Arc::new(store.clone()),
            index: Arc::new(store.clone()),
            connections,
        };
        Self {
            engine: Engine::start(parts, config).await.unwrap(),
            store,
        }
    }

    /// Somebody in the address book, with a number as people write it.
    pub async fn knows(&self, name: &str, number: &str) -> Contact {
        let number = StoredNumber {
            label: "mobile".into(),
            raw: number.into(),
        };
        self.store
            .import(vec![(draft("person", name), vec![number])], home())
            .await
            .unwrap();
        let found = self.engine.search(ringside_domain::connector::NameQuery {
            text: name.into(),
            types: vec![],
            company: None,
            limit: 5,
        });
        found.await.unwrap().remove(0).contact
    }

    pub async fn rings(&self, from: &str) -> CallId {
        let id = self
            .engine
            .report(event(from, "a", Change::Ringing))
            .await
            .unwrap()
            .unwrap();
        let asks = !from.contains("anonymous");
        self.wait(id, |view| {
            !asks || (view.lookup.checked.is_some() && !view.lookup.running)
        })
        .await;
        id
    }

    pub async fn hangs_up(&self, from: &str) {
        self.engine.report(event(from, "a", Change::Answered)).await.unwrap();
        self.engine
            .report(event(from, "a", Change::Ended(EndReason::Completed)))
            .await
            .unwrap();
    }

    /// Waits for what a person would see.
    pub async fn wait(&self, id: CallId, seen: impl Fn(&CallView) -> bool) -> CallView {
        for _ in 0..500 {
            let view = self.engine.call(id).await.unwrap();
            if seen(&view) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not seen within 5 s: {:#?}", self.engine.call(id).await.unwrap());
    }

    pub async fn until_logged(&self, id: CallId) -> CallView {
        self.wait(
            id,
            |view| matches!(&view.write, Some(write) if matches!(write.state, WriteState::Logged(_))),
        )
        .await
    }

    pub async fn logs_on(&self, contact: &Contact) -> Vec<CallLogEntry> {
        self.store
            .logs(contact.id.id.clone())
            .await
            .unwrap()
            .into_iter()
            .map(|(_, entry)| entry)
            .collect()
    }
}

pub fn draft(contact_type: &str, name: &str) -> ContactDraft {
    ContactDraft {
        connection: ConnectionId::new(ADDRESS_BOOK),
        contact_type: contact_type.into(),
        name: name.into(),
        given: None,
        family: None,
        company: None,
        title: None,
        email: None,
        number: None,
        extra: Vec::new(),
        force: false,
    }
}

pub fn event(from: &str, key: &str, change: Change) -> CallEvent {
    CallEvent {
        source: SourceId::new("test-phone"),
        key: key.into(),
        provider_call_id: None,
        trust: Trust::Trusted,
        authority: Authority::Watcher,
        direction: Some(Direction::In),
        remote: Some(WireParty {
            raw: from.into(),
            display: None,
        }),
        local: Some(WireParty {
            raw: "+14155550190".into(),
            display: Some("Sales".into()),
        }),
        route: WireRoute::default(),
        replaces: None,
        replay: false,
        at: clock().now(),
        change,
        rehearsal: false,
    }
}
