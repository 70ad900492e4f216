//! The same on real servers: `RINGSIDE_REAL="NAME url credential…"` names one that runs (tests/real/run.sh).
//!
//! Its connector is `tests/real/NAME/connector.toml`, or a shipped one. The credentials fill the manifest's parameters in
//! their order. Everybody in `tests/real/people.tsv` is there already.

use std::{collections::BTreeMap, env, fs, path::Path, sync::Arc};

use libtest_mimic::Trial;
use ringside_connectors::{
    manifest::{
        connector::ManifestConnector,
        format::ParameterKind,
        load::{Loaded, load},
    },
    parts::{Parts, Server, Setup, secret_name},
};
use ringside_domain::{
    Capability, Clock, ConnectionId, Connector, CredentialStore as _, HttpTransport, Kind, TypedHost, Url,
    credentials::Secret,
};
use ringside_host::{
    clock::{OsRandom, SystemClock},
    http::{OwnPorts, Web, WebOptions},
    sign_in,
};
use ringside_store::Store;
use ringside_tests::detour::Detour;

use crate::{
    asking::{cx, draft_for, forms, is_same, query},
    desktop::{Agreeing, MemoryKeyring},
};

const NAMES: &[&str] = &["amagi-crm", "backlot", "bottlecrm", "tryton"];
/// What a server's name means where a shipped connector speaks to it, and where its API begins.
const SHIPPED: &[(&str, &str, &str)] = &[("backlot", "hubspot", "/hubspot")];

type Test = fn(&Real) -> std::pin::Pin<Box<dyn Future<Output = ()> + '_>>;

const TESTS: &[(&str, Test)] = &[
    ("finds_who_calls_and_nobody_else", |real| {
        Box::pin(finds_who_calls_and_nobody_else(real))
    }),
    ("finds_by_name", |real| Box::pin(finds_by_name(real))),
    ("hostile_names_find_nobody", |real| {
        Box::pin(hostile_names_find_nobody(real))
    }),
    ("a_wrong_key_is_said", |real| Box::pin(a_wrong_key_is_said(real))),
    ("what_was_created_is_found", |real| {
        Box::pin(what_was_created_is_found(real))
    }),
];

/// Named `real_NAME::…`, with underscores; ignored where that server does not run.
pub fn all() -> Vec<Trial> {
    let named = env::var("RINGSIDE_REAL").unwrap_or_default();
    let words: Vec<String> = named.split_whitespace().map(str::to_owned).collect();
    let mut trials = Vec::new();
    for name in NAMES {
        let runs = words.first().is_some_and(|first| first == name);
        for (test, run) in TESTS {
            let words = words.clone();
            let title = format!("real_{}::{test}", name.replace('-', "_"));
            let trial = Trial::test(title, move || {
                crate::alone(async { run(&Real::new(&words).await).await });
                Ok(())
            });
            trials.push(trial.with_ignored_flag(!runs));
        }
    }
    trials
}

struct Real {
    connector: Arc<dyn Connector>,
    capability: Capability,
    /// The same with keys that nobody gave out.
    locked_out: Arc<dyn Connector>,
}

impl Real {
    async fn new(words: &[String]) -> Self {
        let [name, url, credentials @ ..] = words else {
            panic!("RINGSIDE_REAL is NAME, url, and credentials")
        };
        let wrong: Vec<String> = credentials.iter().map(|_| "wrong-planted-key".to_owned()).collect();
        let connector = connect(name, url, credentials).await;
        Self {
            capability: connector.capability(),
            connector,
            locked_out: connect(name, url, &wrong).await,
        }
    }
}

async fn connect(name: &str, url: &str, credentials: &[String]) -> Arc<dyn Connector> {
    let url = Url::parse(url).unwrap();
    let origin = url.origin().ascii_serialization();
    let shipped = SHIPPED.iter().find(|(server, ..)| *server == name);
    let (loaded, http): (Arc<Loaded>, Arc<dyn HttpTransport>) = match shipped {
        Some((_, connector, below)) => {
            let loaded = crate::kits::shipped(connector).unwrap();
            (loaded, Arc::new(Detour::to(format!("{origin}{below}"))))
        }
        None => {
            let file = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("real")
                .join(name)
                .join("connector.toml");
            let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let loaded = load(&text).unwrap_or_else(|problems| panic!("{problems:#?}"));
            (loaded, Arc::new(Web::new(WebOptions::default()).unwrap()))
        }
    };
    let (clock, random): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let store = Store::memory(clock.clone(), random.clone()).unwrap();
    let keyring = Arc::new(MemoryKeyring::default());
    let connection = ConnectionId::new(name);
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
        server: loaded.manifest.environment.typed.is_some().then(|| Server {
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
        memory: Arc::new(store),
        clock,
    };
    Arc::new(ManifestConnector::new(loaded, &parts, &setup).unwrap())
}

/// Everybody's fields: given, family, company, email, phone, mobile, type, why.
fn people() -> Vec<Vec<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("real/people.tsv");
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

async fn finds_who_calls_and_nobody_else(real: &Real) {
    let number = "+14155550100";
    let found = real.connector.find_contact(cx(), forms(number)).await.unwrap();
    assert!(found.failed.is_empty(), "{:?}", found.failed);
    let proved = found
        .contacts
        .iter()
        .filter(|contact| contact.numbers.iter().any(|one| is_same(&one.raw, number)));
    let known = people()
        .into_iter()
        .filter(|person| person.iter().any(|field| is_same(field, number)))
        .count();
    assert!(known > 0, "people.tsv has nobody with this number");
    assert_eq!(proved.count(), known);
    let nobody = real.connector.find_contact(cx(), forms("+16465550177")).await.unwrap();
    assert!(nobody.failed.is_empty() && nobody.contacts.is_empty(), "{nobody:?}");
}

async fn finds_by_name(real: &Real) {
    let found = real
        .connector
        .find_contact_with_name(cx(), query("zzyzx"))
        .await
        .unwrap();
    assert!(found.contacts.is_empty() && found.failed.is_empty(), "{found:?}");
    let called = real
        .connector
        .find_contact(cx(), forms("+14155550100"))
        .await
        .unwrap()
        .contacts
        .remove(0);
    let found = real
        .connector
        .find_contact_with_name(cx(), query(&called.name))
        .await
        .unwrap();
    assert!(
        found.contacts.iter().any(|contact| contact.id == called.id),
        "{found:?}"
    );
}

async fn hostile_names_find_nobody(real: &Real) {
    for text in [
        "x' OR '1'='1",
        "x\" OR name:*",
        "x%_x",
        "\\\" \\\\",
        "zz{{ 7 }}zz",
        "a\nb\tc☎",
    ] {
        let found = real.connector.find_contact_with_name(cx(), query(text)).await;
        let found = found.unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
        assert!(
            found.contacts.is_empty() && found.failed.is_empty(),
            "{text:?}: {found:?}"
        );
    }
}

async fn a_wrong_key_is_said(real: &Real) {
    let found = real.locked_out.find_contact(cx(), forms("+14155550100")).await;
    let error = crate::asking::failure(found);
    assert!(matches!(error.kind, Kind::SignInNeeded | Kind::Forbidden), "{error:?}");
}

async fn what_was_created_is_found(real: &Real) {
    if !real.capability.create {
        println!("it creates nobody");
        return;
    }
    let number = "+14155550188";
    let kind = real
        .connector
        .info()
        .types
        .into_iter()
        .find(|kind| kind.creatable)
        .unwrap();
    let connection = real.connector.info().connection;
    let new = draft_for(connection, &kind.id, "Dana Newperson", Some(number));
    let created = match real.connector.create_contact(cx(), new).await {
        Ok(created) => created,
        // An emulator that only reads: its refusal is said.
        Err(error) => {
            assert!(matches!(error.kind, Kind::Unsupported | Kind::Invalid), "{error:?}");
            return;
        }
    };
    let found = real.connector.find_contact(cx(), forms(number)).await.unwrap();
    assert!(
        found.contacts.iter().any(|contact| contact.id == created.id),
        "{found:?}"
    );
}
