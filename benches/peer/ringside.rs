//! `ringside-peer MANIFEST CRM KEY TYPES FORMATS LIMIT`: Ringside's side of `./dev bench peer`, through the doors that the app uses: the
//! manifest engine, the web, the encrypted index, the lookup. TYPES are joined by commas, FORMATS by tabs;
//! LIMIT is the CRM's requests a second, 0 for none.
//!
//! A line with a number on standard input is looked up; a line of JSON tells the milliseconds until the picture was whole, and who
//! was on it. Nobody is in the index when the process begins, and no form has been learned.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::Write as _,
    io::{BufRead as _, Write as _},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use ringside_connectors::{
    manifest::{connector::ManifestConnector, load},
    parts::{Parts, Server, Setup, secret_name},
};
use ringside_domain::{
    Clock, ConnectionId, CredentialStore, Freshness, Random, TypedHost,
    credentials::Secret,
    http::{Url, host_of},
    phone::{self, Format},
};
use ringside_engine::{
    Config, Connection,
    lookup::{Places, Question, lookup},
    view::LookupView,
};
use ringside_host::{
    clock::{OsRandom, SystemClock},
    http::{Web, WebOptions},
    sign_in::{self, OAuth, SystemBrowser},
};
use ringside_store::{Store, StoreKey};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [manifest, crm, key, types, formats, limit] = arguments.as_slice() else {
        return Err("usage: ringside-peer MANIFEST CRM KEY TYPES FORMATS LIMIT".into());
    };
    let mut text = std::fs::read_to_string(manifest)?;
    for id in types.split(',') {
        write!(text, "\n[[types]]\nid = {id:?}\nlabel = {id:?}\n")?;
    }
    if limit != "0" {
        write!(text, "\n[budgets.default]\nper_second = {limit}\n")?;
    }
    let folder = tempfile::tempdir()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(OsRandom);
    let store_key = StoreKey::generate(random.as_ref());
    let store = Store::open(folder.path().join("bench.db"), store_key, clock.clone(), random.clone()).await?;

    let setup = setup(crm)?;
    let credentials: Arc<dyn CredentialStore> = Arc::new(OneKey(
        secret_name(&setup.connection, "key"),
        Secret::new(key.as_bytes()),
    ));
    let http = Arc::new(Web::new(WebOptions::default())?);
    let parts = Parts {
        address_book: Arc::new(store.clone()),
        http: http.clone(),
        sign_in: Arc::new(OAuth::new(sign_in::Parts {
            http,
            credentials: credentials.clone(),
            clock: clock.clone(),
            random,
            browser: Arc::new(SystemBrowser),
            own_ports: WebOptions::default().own_ports,
        })),
        credentials,
        memory: Arc::new(store.clone()),
        clock: clock.clone(),
    };
    let loaded = load::load(&text).map_err(|problems| format!("{manifest}: {problems:?}"))?;
    let places = Places {
        connections: vec![Connection {
            connector: Arc::new(ManifestConnector::new(loaded, &parts, &setup)?),
            logs_here: true,
            account: "bench".into(),
        }],
        index: Arc::new(store.clone()),
        clock,
        config: Config {
            home: ringside_benches::home(),
            formats: formats
                .split('\t')
                .map(str::parse::<Format>)
                .collect::<Result<_, _>>()?,
            ..Config::default()
        },
    };
    for number in std::io::stdin().lock().lines() {
        println!("{}", look(places.clone(), &number?).await);
        std::io::stdout().flush()?;
    }
    store.close().await;
    Ok(())
}

/// What a person sees of one call, and how long it took until nothing more came.
async fn look(places: Places, number: &str) -> serde_json::Value {
    let question = Question {
        call: None,
        reading: phone::read(number, &places.config.home),
        freshness: Freshness::Cached,
        before: LookupView::default(),
    };
    let whole = std::sync::Mutex::new(Duration::ZERO);
    let began = Instant::now();
    let looked = lookup(places, question, |_| {
        if let Ok(mut whole) = whole.lock() {
            *whole = began.elapsed();
        }
    })
    .await;
    let took = whole.into_inner().unwrap_or_default();
    let people: Vec<_> = looked.lookup.matches.iter().map(|group| &group.best.contact).collect();
    json!({
        "ms": took.as_secs_f64() * 1000.0,
        "people": people.iter().map(|contact| json!({ "type": contact.id.contact_type, "id": contact.id.id, "name": contact.name })).collect::<Vec<_>>(),
        "why": looked.lookup.asked.iter().map(|asked| format!("{:?}", asked.state)).collect::<Vec<_>>().join(", "),
    })
}

fn setup(crm: &str) -> Result<Setup, Box<dyn Error>> {
    let url = Url::parse(crm)?;
    let typed = TypedHost {
        host: host_of(&url).ok_or("the CRM's address has no host")?,
        port: url.port_or_known_default().ok_or("the CRM's address has no port")?,
    };
    Ok(Setup {
        connection: ConnectionId::new("bench"),
        connector: "bench".into(),
        name: "Bench".into(),
        environment: None,
        server: Some(Server {
            origin: crm.trim_end_matches('/').to_owned(),
            host: typed,
            path: String::new(),
        }),
        parameters: BTreeMap::new(),
        account: None,
    })
}

/// The one secret of the bench. A keyring would be asked once, before the first lookup.
struct OneKey(String, Secret);

#[async_trait]
impl CredentialStore for OneKey {
    async fn get(&self, name: &str) -> ringside_domain::Result<Option<Secret>> {
        Ok((name == self.0).then(|| self.1.clone()))
    }

    async fn set(&self, _: &str, _: Secret) -> ringside_domain::Result<()> {
        Ok(())
    }

    async fn remove(&self, _: &str) -> ringside_domain::Result<()> {
        Ok(())
    }
}
