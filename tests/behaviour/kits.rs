//! The connectors under test, each beside a fake of its CRM.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use ringside_connectors::{
    address_book::AddressBookConnector,
    app_connect::{APP_CONNECT, AppConnect},
    catalog::Catalog,
    manifest::{connector::ManifestConnector, load::Loaded},
    parts::{Parts, Server, Setup, secret_name},
};
use ringside_domain::{
    Capability, Clock, ConnectionId, Connector, CredentialStore as _, Kind, TypedHost, credentials::Secret,
};
use ringside_host::{
    clock::{OsRandom, SystemClock},
    http::OwnPorts,
    sign_in,
};
use ringside_store::{ADDRESS_BOOK, Store};
use ringside_tests::detour::Detour;

use crate::{
    book::Book,
    crm::{
        FakeCrm, Knobs, Planted, SeenLog, Vendor, app_connect, bullhorn, clio, close, dolibarr, espocrm, hubspot,
        insightly, odoo, pipedrive, salesforce, suitecrm,
    },
    desktop::{Agreeing, MemoryKeyring},
};

/// The CRM behind a connector, as a test reaches into it.
#[async_trait]
pub trait Crm: Send + Sync {
    async fn plant(&self, person: &Planted) -> String;
    async fn planted(&self) -> Vec<(String, Planted)>;
    async fn logs(&self) -> Vec<SeenLog>;
    /// Where there is a wire: requests, and faults to plan.
    fn wire(&self) -> Option<&FakeCrm>;
}

#[async_trait]
impl Crm for FakeCrm {
    async fn plant(&self, person: &Planted) -> String {
        Self::plant(self, person)
    }

    async fn planted(&self) -> Vec<(String, Planted)> {
        Self::planted(self)
    }

    async fn logs(&self) -> Vec<SeenLog> {
        Self::logs(self)
    }

    fn wire(&self) -> Option<&FakeCrm> {
        Some(self)
    }
}

/// One connector beside its CRM, fresh for one test.
pub struct Case {
    pub name: &'static str,
    pub connector: Arc<dyn Connector>,
    pub crm: Arc<dyn Crm>,
    pub store: Store,
    /// What may be in no log and no error.
    pub secrets: Vec<String>,
    pub knobs: Knobs,
    pub habits: Habits,
}

/// What is so with some CRMs only.
#[derive(Clone, Copy)]
pub struct Habits {
    pub keeps_length: bool,
    pub one_log_a_marker: bool,
    pub reads_by_id: bool,
    /// Its records of this type are found by name, and have no numbers.
    pub numberless: Option<&'static str>,
}

/// As with most.
pub const USUAL: Habits = Habits {
    keeps_length: true,
    one_log_a_marker: false,
    reads_by_id: true,
    numberless: None,
};

impl Case {
    pub fn wire(&self) -> &FakeCrm {
        self.crm.wire().unwrap()
    }

    /// Its records lie here: it files numbers for the country it was told once, and makes its own ids.
    pub fn is_address_book(&self) -> bool {
        self.name == ADDRESS_BOOK
    }

    pub fn types(&self) -> Vec<String> {
        self.connector.info().types.into_iter().map(|kind| kind.id).collect()
    }

    /// Whether its CRM has a field for the length of a call.
    pub fn keeps_length(&self) -> bool {
        self.crm.wire().is_some() && self.habits.keeps_length
    }

    /// Where a marker is the log's own key, a second log of one marker is the first one.
    pub fn one_log_a_marker(&self) -> bool {
        self.is_address_book() || self.habits.one_log_a_marker
    }

    /// Whether its CRM can be asked for a record by its id.
    pub fn reads_by_id(&self) -> bool {
        self.habits.reads_by_id
    }

    /// Whether numbers lie at records of this type.
    pub fn has_numbers(&self, kind: &str) -> bool {
        self.habits.numberless != Some(kind)
    }
}

/// What a connector offers, as far as it rules behaviours out.
pub struct Offer {
    pub capability: Capability,
    pub types: usize,
    pub wire: bool,
    /// It gets tokens from a provider and renews them.
    pub renews: bool,
    /// One request finds all types: there is no part of a lookup that could fail alone.
    pub at_once: bool,
    /// A contact has room for one number there.
    pub one_number: bool,
    /// What was written is found at once.
    pub lags_never: bool,
    /// A caller whom nobody knows costs so many requests that its limit makes them wait for seconds.
    pub slow_to_ask: bool,
}

#[derive(Clone, Copy)]
pub struct Kit {
    pub name: &'static str,
    vendor: Option<fn() -> Arc<dyn Vendor>>,
    typed: Option<&'static str>,
    /// Where there is a choice of regions.
    environment: Option<&'static str>,
    secrets: &'static [(&'static str, &'static str)],
    parameters: &'static [(&'static str, &'static str)],
    /// It has sessions and tokens that end.
    renews: bool,
    at_once: bool,
    one_number: bool,
    slow_to_ask: bool,
    habits: Habits,
}

pub fn all() -> Vec<Kit> {
    let manifest = Kit {
        name: "",
        vendor: None,
        typed: None,
        environment: None,
        secrets: &[],
        parameters: &[],
        renews: false,
        at_once: false,
        one_number: false,
        slow_to_ask: false,
        habits: USUAL,
    };
    vec![
        Kit {
            name: ADDRESS_BOOK,
            ..manifest
        },
        Kit {
            name: "hubspot",
            vendor: Some(|| Arc::new(hubspot::HubSpot)),
            secrets: &[("token", hubspot::TOKEN)],
            parameters: &[("owner_email", hubspot::OWNER_EMAIL)],
            ..manifest
        },
        Kit {
            name: "pipedrive",
            vendor: Some(|| Arc::new(pipedrive::Pipedrive::default())),
            typed: Some("acme.pipedrive.com"),
            secrets: &[("token", pipedrive::TOKEN)],
            ..manifest
        },
        Kit {
            name: "insightly",
            vendor: Some(|| Arc::new(insightly::Insightly)),
            typed: Some("api.na1.insightly.com"),
            secrets: &[("key", insightly::KEY)],
            slow_to_ask: true,
            ..manifest
        },
        Kit {
            name: "bullhorn",
            vendor: Some(|| Arc::new(bullhorn::Bullhorn)),
            secrets: &[("client_secret", bullhorn::CLIENT_SECRET)],
            parameters: &[("username", bullhorn::USER), ("client_id", bullhorn::CLIENT)],
            renews: true,
            ..manifest
        },
        Kit {
            name: "espocrm",
            vendor: Some(|| Arc::new(espocrm::EspoCrm)),
            typed: Some("crm.example.com"),
            secrets: &[("key", espocrm::KEY)],
            ..manifest
        },
        Kit {
            name: "suitecrm",
            vendor: Some(|| Arc::new(suitecrm::SuiteCrm::default())),
            typed: Some("crm.example.com"),
            secrets: &[("client_secret", suitecrm::CLIENT_SECRET)],
            parameters: &[("client_id", suitecrm::CLIENT)],
            renews: true,
            ..manifest
        },
        Kit {
            name: "clio",
            vendor: Some(|| Arc::new(clio::Clio)),
            environment: Some(clio::REGION),
            secrets: &[("client_secret", clio::CLIENT_SECRET)],
            parameters: &[("client_id", clio::CLIENT)],
            renews: true,
            ..manifest
        },
        Kit {
            name: "close",
            vendor: Some(|| Arc::new(close::Close)),
            secrets: &[("key", close::KEY)],
            at_once: true,
            // The numbers of a company are its people's.
            habits: Habits {
                numberless: Some("lead"),
                ..USUAL
            },
            ..manifest
        },
        Kit {
            name: "salesforce",
            vendor: Some(|| Arc::new(salesforce::Salesforce)),
            typed: Some(salesforce::ADDRESS),
            parameters: &[("client_id", salesforce::CLIENT)],
            renews: true,
            ..manifest
        },
        Kit {
            name: "odoo",
            vendor: Some(|| Arc::new(odoo::Odoo)),
            typed: Some("acme.odoo.com"),
            secrets: &[("key", odoo::KEY)],
            one_number: true,
            // In the log of a record there is only text.
            habits: Habits {
                keeps_length: false,
                ..USUAL
            },
            ..manifest
        },
        Kit {
            name: "dolibarr",
            vendor: Some(|| Arc::new(dolibarr::Dolibarr::default())),
            typed: Some("erp.example.com"),
            secrets: &[("key", dolibarr::KEY)],
            ..manifest
        },
        Kit {
            name: APP_CONNECT,
            vendor: Some(|| Arc::new(app_connect::AppConnectServer)),
            typed: Some("connect.example.com"),
            secrets: &[("apiKey", app_connect::KEY)],
            parameters: &[("platform", app_connect::PLATFORM)],
            renews: true,
            at_once: true,
            habits: Habits {
                one_log_a_marker: true,
                reads_by_id: false,
                ..USUAL
            },
            ..manifest
        },
    ]
}

impl Kit {
    /// # Errors
    /// What is wrong with the manifest.
    pub fn is_whole(&self) -> Result<(), String> {
        if self.vendor.is_none() || self.name == APP_CONNECT {
            Ok(())
        } else {
            self.loaded().map(|_| ())
        }
    }

    /// The same connector beside another CRM of its kind, if one is given.
    pub fn beside(self, vendor: Option<fn() -> Arc<dyn Vendor>>) -> Self {
        Self {
            vendor: vendor.or(self.vendor),
            ..self
        }
    }

    fn loaded(&self) -> Result<Arc<Loaded>, String> {
        shipped(self.name)
    }

    pub async fn offer(&self) -> Offer {
        let case = self.case(Knobs::default()).await;
        Offer {
            capability: case.connector.capability(),
            types: case.types().len(),
            wire: case.crm.wire().is_some(),
            renews: self.renews,
            one_number: self.one_number,
            at_once: self.at_once,
            lags_never: case.is_address_book(),
            slow_to_ask: self.slow_to_ask,
        }
    }

    pub async fn case(&self, knobs: Knobs) -> Case {
        let (clock, random): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let store = Store::memory(clock.clone(), random.clone()).unwrap();
        let Some(vendor) = self.vendor else {
            let book = Arc::new(Book::new(store.clone()));
            let connection = ConnectionId::new(ADDRESS_BOOK);
            return Case {
                name: self.name,
                connector: Arc::new(AddressBookConnector::new(connection, "Address book", book.clone())),
                crm: book,
                store,
                secrets: Vec::new(),
                knobs,
                habits: self.habits,
            };
        };
        let crm = FakeCrm::start(vendor(), knobs).await;
        let http = Arc::new(Detour::to(crm.origin()));
        let credentials = Arc::new(MemoryKeyring::default());
        let setup = self.setup();
        for (name, value) in self.secrets {
            let entry = secret_name(&setup.connection, name);
            credentials.set(&entry, Secret::new(*value)).await.unwrap();
        }
        let sign_in = Arc::new(sign_in::OAuth::new(sign_in::Parts {
            http: http.clone(),
            credentials: credentials.clone(),
            clock: clock.clone(),
            random: random.clone(),
            browser: Arc::new(Agreeing { origin: crm.origin() }),
            own_ports: OwnPorts::default(),
        }));
        let parts = Parts {
            address_book: Arc::new(store.clone()),
            http,
            sign_in,
            credentials,
            memory: Arc::new(store.clone()),
            clock,
        };
        let connector: Arc<dyn Connector> = if self.name == APP_CONNECT {
            Arc::new(AppConnect::new(&parts, &setup).unwrap())
        } else {
            let loaded = self.loaded().unwrap();
            let connector = ManifestConnector::new(loaded, &parts, &setup).unwrap();
            if connector.needs_browser() {
                // The provider knows one redirect address, so one test at a time has its port.
                static PORT: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
                let _turn = PORT.lock().await;
                signed_in(&connector).await;
            }
            Arc::new(connector)
        };
        let secrets = self.secrets.iter().map(|(_, value)| (*value).to_owned());
        Case {
            name: self.name,
            connector,
            crm: Arc::new(crm),
            store,
            secrets: secrets.collect(),
            knobs,
            habits: self.habits,
        }
    }

    fn setup(&self) -> Setup {
        let owned = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let mut parameters = owned(self.parameters);
        if self.name == APP_CONNECT {
            parameters.insert("manifest".to_owned(), app_connect::manifest());
        }
        Setup {
            connection: ConnectionId::new(self.name),
            connector: self.name.to_owned(),
            name: "Test account".to_owned(),
            environment: self.environment.map(str::to_owned),
            server: self.typed.map(|host| Server {
                origin: format!("https://{host}"),
                host: TypedHost {
                    host: host.to_owned(),
                    port: 443,
                },
                path: String::new(),
            }),
            parameters,
            account: None,
        }
    }
}

/// Connectors that ship and that no kit tries.
pub fn without_a_kit() -> Vec<String> {
    let catalog = Catalog::shipped();
    let shipped = catalog.entries().into_iter().map(|entry| entry.id.clone());
    let kits = all();
    shipped.filter(|id| !kits.iter().any(|kit| kit.name == id)).collect()
}

/// The manifest that ships under this id.
///
/// # Errors
/// What is wrong with it.
pub fn shipped(id: &str) -> Result<Arc<Loaded>, String> {
    let catalog = Catalog::shipped();
    let entry = catalog.get(id).ok_or_else(|| format!("there is no manifest of {id}"))?;
    match entry.problems() {
        [] => {}
        problems => return Err(format!("{problems:#?}")),
    }
    let sheet = entry.sheet().ok_or_else(|| format!("{id} is no manifest"))?;
    Ok(sheet.loaded.clone())
}

/// Signs in once the port is free: tests beside this one, or another run of the suite, have it for a moment each.
async fn signed_in(connector: &ManifestConnector) {
    for _ in 0..900 {
        match connector.sign_in().await {
            Err(error) if error.kind == Kind::Conflict => tokio::time::sleep(Duration::from_millis(100)).await,
            answer => return answer.unwrap(),
        }
    }
    panic!("the port to which the browser comes back is in use by another program");
}
