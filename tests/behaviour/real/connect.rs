//! A connector, connected to a real server.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use ringside_connectors::{
    manifest::{
        connector::ManifestConnector,
        format::ParameterKind,
        load::{Loaded, load},
    },
    parts::{Parts, Server as Typed, Setup, secret_name},
};
use ringside_domain::{
    Clock, ConnectionId, ConnectionMemory as _, Connector, CredentialStore as _, HttpTransport, TypedHost, Url,
    credentials::Secret,
};
use ringside_host::{
    clock::{OsRandom, SystemClock},
    http::{OwnPorts, Web, WebOptions},
    sign_in,
};
use ringside_store::Store;
use ringside_tests::detour::Detour;

use super::{Server, server::RealCrm};
use crate::{
    crm::Knobs,
    desktop::{Agreeing, MemoryKeyring},
    kits::{Case, USUAL},
};

/// What a server's name means where a shipped connector speaks to it: the connector, where its API begins, and what is
/// remembered of the account, as after the check of a connection that was just made.
const SHIPPED: &[(&str, &str, &str, &str)] = &[(
    "backlot",
    "hubspot",
    "/hubspot",
    r#"{"facts":{"id":"4711","name":"Portal 4711","portal":"4711","web":"","owner":""}}"#,
)];

/// The words of a READY line after the name.
pub struct Way {
    pub url: Url,
    pub credentials: Vec<String>,
}

impl Way {
    pub fn of(words: &[String]) -> Self {
        let [_, url, credentials @ ..] = words else {
            panic!("RINGSIDE_REAL is NAME, url, and credentials")
        };
        Self {
            url: Url::parse(url).unwrap(),
            credentials: credentials.to_vec(),
        }
    }

    /// The same with keys that nobody gave out.
    pub fn locked_out(&self) -> Self {
        Self {
            url: self.url.clone(),
            credentials: self
                .credentials
                .iter()
                .map(|_| "wrong-planted-key".to_owned())
                .collect(),
        }
    }
}

pub struct Connected {
    pub connector: Arc<dyn Connector>,
    pub store: Store,
}

pub async fn case(server: &Server, way: &Way, crm: RealCrm, knobs: Knobs) -> Case {
    let Connected { connector, store } = connect(server, way).await;
    Case {
        name: server.name,
        connector,
        crm: Arc::new(crm),
        store,
        secrets: way.credentials.clone(),
        knobs,
        habits: USUAL,
    }
}

pub async fn connect(server: &Server, Way { url, credentials }: &Way) -> Connected {
    let name = server.name;
    let origin = url.origin().ascii_serialization();
    let shipped = SHIPPED.iter().find(|(server, ..)| *server == name);
    let (loaded, http): (Arc<Loaded>, Arc<dyn HttpTransport>) = match shipped {
        Some((_, connector, below, _)) => {
            let loaded = crate::kits::shipped(connector).unwrap();
            (loaded, Arc::new(Detour::to(format!("{origin}{below}"))))
        }
        None => {
            let file = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("real")
                .join(name)
                .join(format!("{name}.toml"));
            let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let loaded = load(&text).unwrap_or_else(|problems| panic!("{problems:#?}"));
            (loaded, Arc::new(Web::new(WebOptions::default()).unwrap()))
        }
    };
    let (clock, random): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let store = Store::memory(clock.clone(), random.clone()).unwrap();
    let keyring = Arc::new(MemoryKeyring::default());
    let connection = ConnectionId::new(name);
    if let Some((.., account)) = shipped {
        store.keep(&connection, "account", (*account).to_owned()).await.unwrap();
    }
    let mut parameters = BTreeMap::new();
    for (parameter, value) in loaded.manifest.parameters.iter().zip(credentials) {
        if parameter.kind == ParameterKind::Secret {
            let entry = secret_name(&connection, &parameter.name);
            keyring.set(&entry, Secret::new(value.as_str())).await.unwrap();
        } else {
            parameters.insert(parameter.name.clone(), value.clone());
        }
    }
    let setup = Setup {
        connection,
        connector: name.to_owned(),
        name: "Real server".to_owned(),
        environment: None,
        server: loaded.manifest.environment.typed.is_some().then(|| Typed {
            origin: origin.clone(),
            host: TypedHost {
                host: url.host_str().unwrap_or_default().to_owned(),
                port: url.port_or_known_default().unwrap_or_default(),
            },
            path: url.path().trim_end_matches('/').to_owned(),
        }),
        parameters,
        account: None,
    };
    let sign_in = sign_in::OAuth::new(sign_in::Parts {
        http: http.clone(),
        credentials: keyring.clone(),
        clock: clock.clone(),
        random,
        browser: Arc::new(Agreeing { origin }),
        own_ports: OwnPorts::default(),
    });
    let parts = Parts {
        address_book: Arc::new(store.clone()),
        http,
        sign_in: Arc::new(sign_in),
        credentials: keyring,
        memory: Arc::new(store.clone()),
        clock,
    };
    Connected {
        connector: Arc::new(ManifestConnector::new(loaded, &parts, &setup).unwrap()),
        store,
    }
}
