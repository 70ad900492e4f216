//! Secrets on the way: what a CRM repeats, where it sends requests on, and who waits while somebody signs in.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use ringside_connectors::{
    manifest::{connector::ManifestConnector, load::load},
    parts::{Parts, Server, Setup, secret_name},
};
use ringside_domain::{
    Connector, CredentialStore, Error, Kind, Result, SignIn,
    credentials::Secret,
    sign_in::{Authorize, Grant, Redirected, TokenRequest},
    trace::Answer,
};
use serde_json::json;
use tokio::{sync::Notify, time::Instant};

use crate::support::*;

const CRM: &str = include_str!("crm.toml");
const SESSION: &str = include_str!("session.toml");

pub fn changed(manifest: &str, from: &str, to: &str) -> String {
    assert_eq!(manifest.matches(from).count(), 1, "{from}");
    manifest.replace(from, to)
}

fn server() -> Setup {
    Setup {
        server: Some(Server::read("https://acme.crm.example.com/v2/").unwrap()),
        ..setup()
    }
}

/// Everything that is shown of a refusal.
fn shown(error: &Error, desk: &Desk) -> String {
    let mut text = format!("{error} {error:?}");
    for step in desk.trace.0.lock().unwrap().iter() {
        text.push_str(&step.request);
        if let Answer::Failed { message, .. } = &step.answer {
            text.push_str(message);
        }
    }
    text
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_repeated_is_hidden_however_it_was_sent() {
    let basic = changed(
        CRM,
        "\"Bearer {{ secret.key }}\"",
        "\"Basic {{ (secret.key ~ ':') | base64 }}\"",
    );
    let basic = changed(&basic, "query = { trail = \"{{ secret.key }}\" }\n", "");
    let desk = desk_with(&basic, known_account(), setup(), |sent, _| {
        let rendered = sent.credentials[0].1.trim_start_matches("Basic ");
        let words = format!("key-4711-secret is unknown, {rendered} too");
        status(400, json!({ "message": words }))
    });
    let asked = desk.connector.get_contact(desk.cx(5), at("Person", "7"));
    let error = asked.await.unwrap_err();
    assert_eq!(error.message, "Testa: … is unknown, … too");
    let text = shown(&error, &desk);
    assert!(!text.contains("4711") && !text.contains("a2V5LTQ3MTE"), "{text}");
}

/// A second step of the session, with a header that is made of a secret.
const SECOND: &str = r#"[[auth.session]]
capture = { proof = "proof" }
secret = ["proof"]

[auth.session.request]
method = "POST"
path = "/second"
headers = { Authorization = "Basic {{ (param.user ~ ':' ~ secret.password) | base64 }}" }
json = { token = "{{ session.token }}" }

[errors]
message = ["message"]

[auth.set]"#;

#[tokio::test(start_paused = true)]
async fn what_a_session_is_opened_with_is_hidden_in_its_steps_and_behind_them() {
    let steps = changed(SESSION, "[auth.set]", SECOND);
    let refused_at = |path: &'static str| {
        move |sent: &Sent, _: usize| {
            // The last is `anna:pass word`.
            let words = "pass word, first-token, proof-of-it, YW5uYTpwYXNzIHdvcmQ=";
            match sent.path.as_str() {
                one if one == path => status(400, json!({ "message": words })),
                "/v2/login" => ok(json!({ "token": "first-token", "site": "eu" })),
                "/v2/second" => ok(json!({ "proof": "proof-of-it" })),
                other => panic!("{other}"),
            }
        }
    };
    // What was not sent or given yet is no secret of this session; the password is, in base64, too.
    for (path, message) in [
        ("/v2/login", "Sessia: …, first-token, proof-of-it, YW5uYTpw…cmQ="),
        ("/v2/second", "Sessia: …, …, proof-of-it, …"),
        ("/v2/find", "Sessia: …, …, …, …"),
    ] {
        let desk = desk_with(&steps, Arc::default(), server(), refused_at(path));
        let error = desk.connector.find_contact(desk.cx(5), number()).await.unwrap_err();
        assert_eq!(error.message, message, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_opened_where_the_file_says_and_nowhere_else() {
    let read = changed(
        SESSION,
        "method = \"POST\", path = \"/login\", json = {",
        "path = \"/login\", query = {",
    );
    let desk = desk_with(&read, Arc::default(), server(), |sent, _| {
        assert_eq!(sent.path, "/v2/login");
        status(307, json!(null)).header("location", "https://other.crm.example.com/v2/login")
    });
    let error = desk.connector.find_contact(desk.cx(5), number()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("another address"), "{error}");
    let sent = desk.crm.sent();
    assert_eq!((sent.len(), sent[0].redirects), (1, 0));
    assert!(sent[0].line.contains("pass%20word"), "a secret is in it");
}

#[tokio::test(start_paused = true)]
async fn a_list_goes_on_at_the_server_that_was_asked() {
    let linked = changed(
        CRM,
        "paging = { kind = \"page\", parameter = \"page\", first = 1, size = 2 }",
        "paging = { kind = \"link\", next = \"next\" }",
    );
    let linked = changed(
        &linked,
        "allowed_hosts = [\"crm.example.com\"]",
        "allowed_hosts = [\"crm.example.com\", \"*.example.net\"]",
    );
    let pages = |next: &'static str| {
        desk_with(&linked, known_account(), setup(), move |sent, _| {
            let next = (!sent.line.contains("page=2")).then_some(next);
            ok(json!({ "items": [{ "id": sent.line.len(), "title": "One" }], "next": next }))
        })
    };
    for next in ["/matters?page=2", "https://crm.example.com/matters?page=2", "?page=2"] {
        let desk = pages(next);
        let fields = desk.connector.log_fields(desk.cx(5), at("Person", "7")).await.unwrap();
        assert_eq!((fields[0].options.len(), desk.crm.sent().len()), (2, 2), "{next}");
    }
    for next in ["https://cdn.example.net/matters?page=2", "//cdn.example.net/?page=2"] {
        let desk = pages(next);
        let asked = desk.connector.log_fields(desk.cx(5), at("Person", "7"));
        let error = asked.await.unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden);
        assert!(error.message.contains("cdn.example.net"), "{error}");
        assert_eq!(desk.crm.sent().len(), 1, "nothing was sent there");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_session_waits_no_longer_than_asked() {
    let desk = desk_with(SESSION, Arc::default(), server(), |sent, _| match sent.path.as_str() {
        "/v2/login" => ok(json!({ "token": "t1", "site": "eu" })).after(10_000),
        _ => ok(json!([])),
    });
    let began = Instant::now();
    let hurried = async {
        let error = desk.connector.find_contact(desk.cx(1), number()).await.unwrap_err();
        (error.kind, began.elapsed().as_secs())
    };
    let patient = desk.connector.find_contact(desk.cx(30), number());
    let (patient, hurried) = tokio::join!(patient, hurried);
    patient.unwrap();
    assert_eq!(hurried, (Kind::Timeout, 1));
    assert_eq!(desk.crm.lines().len(), 2, "one login, one search");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_the_account_waits_no_longer_than_asked() {
    let desk = desk(CRM, |sent, _| match sent.path.as_str() {
        "/me" => ok(json!({ "id": 12, "name": "Anna", "zone": "Europe/Berlin" })).after(10_000),
        _ => ok(json!({ "id": 1 })),
    });
    let began = Instant::now();
    let journal = Arc::new(Journal::default());
    let hurried = async {
        let logged = desk.connector.log_call(desk.cx(1), call(), journal.clone()).await;
        (logged.unwrap_err(), began.elapsed().as_secs())
    };
    let (patient, (error, took)) = tokio::join!(desk.connector.check(desk.cx(30)), hurried);
    assert_eq!(patient.unwrap().id, "12");
    assert_eq!((error.kind, error.may_have_happened, took), (Kind::Timeout, false, 1));
    assert_eq!(journal.said(), [""; 0]);
}

const OAUTH: &str = r#"[auth.oauth2]
client = "public"
client_id = "ringside"
authorize = "{{ discovered.oauth }}/authorize"
token = "{{ discovered.oauth }}/token"

[auth.oauth2.discover]
capture = { oauth = "oauth" }
request = { path = "/where" }

[auth.set]
headers = { Authorization = "Bearer {{ token }}" }

"#;

/// A browser in which the person takes their time.
struct Browser {
    opened: Notify,
    done: Notify,
    token: Mutex<&'static str>,
}

fn grant(access: &str) -> Grant {
    Grant {
        access: Secret::new(access),
        refresh: None,
        expires_in: None,
        expired: false,
        members: Vec::new(),
    }
}

#[async_trait]
impl SignIn for Browser {
    async fn authorize(&self, ask: Authorize) -> Result<Redirected> {
        assert_eq!(ask.url.as_str(), "https://crm.example.com/authorize");
        self.opened.notify_one();
        self.done.notified().await;
        Ok(Redirected {
            code: Secret::new("code"),
            redirect_uri: "http://127.0.0.1:4000/callback".to_owned(),
            verifier: None,
            parameters: Vec::new(),
        })
    }
    async fn token(&self, _: TokenRequest) -> Result<Grant> {
        Ok(grant("new-token"))
    }
    async fn keep(&self, _: &str, kept: Grant) -> Result<()> {
        assert_eq!(kept, grant("new-token"));
        *self.token.lock().unwrap() = "new-token";
        Ok(())
    }
    async fn kept(&self, _: &str) -> Result<Option<Grant>> {
        Ok(Some(grant(*self.token.lock().unwrap())))
    }
    async fn refresh(&self, _: &str, _: &Grant, _: TokenRequest) -> Result<Grant> {
        unreachable!("no token is refused here")
    }
    async fn forget(&self, _: &str) -> Result<()> {
        unreachable!("nobody signs out here")
    }
    fn state(&self) -> String {
        unreachable!("the browser comes back by itself")
    }
}

#[derive(Default)]
pub struct Keyring(Mutex<BTreeMap<String, Secret>>);

#[async_trait]
impl CredentialStore for Keyring {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }
    async fn set(&self, name: &str, secret: Secret) -> Result<()> {
        self.0.lock().unwrap().insert(name.to_owned(), secret);
        Ok(())
    }
    async fn remove(&self, name: &str) -> Result<()> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

/// With OAuth in place of `crm.toml`'s key.
fn with_oauth() -> String {
    let (begin, end) = (CRM.find("[[parameters]]").unwrap(), CRM.find("[number]").unwrap());
    format!("{}{OAUTH}{}", &CRM[..begin], &CRM[end..])
}

/// What lies in the keyring of where the tokens of an older sign-in are got.
const PLACES: &str = r#"{"discovered":{"oauth":"https://crm.example.com/old"},"redirect":{}}"#;

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_came_to_nothing_leaves_the_one_before_as_it_was() {
    let crm = Arc::new(Script::new(|sent: &Sent, _| match sent.path.as_str() {
        "/where" => ok(json!({ "oauth": "https://crm.example.com" })),
        _ => ok(json!({ "id": 7, "name": "Anna" })),
    }));
    let browser = Arc::new(Browser {
        opened: Notify::new(),
        done: Notify::new(),
        token: Mutex::new("old-token"),
    });
    let keyring = Arc::new(Keyring::default());
    let entry = secret_name(&setup().connection, "oauth-places");
    keyring.set(&entry, Secret::new(PLACES)).await.unwrap();
    let places = async || {
        let kept = keyring.get(&entry).await.unwrap().unwrap();
        String::from_utf8(kept.expose().to_vec()).unwrap()
    };
    let parts = Parts {
        sign_in: browser.clone(),
        credentials: keyring.clone(),
        ..parts(known_account(), Arc::default(), crm.clone())
    };
    let connector = ManifestConnector::new(load(&with_oauth()).unwrap(), &parts, &setup()).unwrap();
    tokio::select! {
        ended = connector.sign_in() => panic!("nobody came back: {ended:?}"),
        () = browser.opened.notified() => {}
    }
    assert_eq!(crm.sent().len(), 1, "it was asked where to sign in");
    assert_eq!(places().await, PLACES);

    browser.done.notify_one();
    connector.sign_in().await.unwrap();
    assert!(
        places().await.contains("\"https://crm.example.com\""),
        "and with the grant, its places"
    );
}

#[tokio::test(start_paused = true)]
async fn lookups_go_on_while_the_person_is_in_the_browser() {
    let crm = Arc::new(Script::new(|sent: &Sent, _| match sent.path.as_str() {
        "/where" => ok(json!({ "oauth": "https://crm.example.com" })),
        _ => ok(json!({ "id": 7, "name": "Anna" })),
    }));
    let browser = Arc::new(Browser {
        opened: Notify::new(),
        done: Notify::new(),
        token: Mutex::new("old-token"),
    });
    let parts = Parts {
        sign_in: browser.clone(),
        credentials: Arc::new(Keyring::default()),
        ..parts(known_account(), Arc::default(), crm.clone())
    };
    let connector = Arc::new(ManifestConnector::new(load(&with_oauth()).unwrap(), &parts, &setup()).unwrap());
    let desk = desk(CRM, |_, _| panic!("only its deadline is used"));
    let token = || crm.sent().last().unwrap().credentials[0].1.clone();

    let signing = tokio::spawn({
        let connector = connector.clone();
        async move { connector.sign_in().await }
    });
    browser.opened.notified().await;
    let discovery = crm.sent().remove(0);
    assert_eq!((discovery.path.as_str(), discovery.redirects > 0), ("/where", true));
    assert!(discovery.credentials.is_empty());

    let began = Instant::now();
    connector.get_contact(desk.cx(1), at("Person", "7")).await.unwrap();
    assert_eq!(
        (token().as_str(), began.elapsed()),
        ("Bearer old-token", Duration::ZERO)
    );

    browser.done.notify_one();
    signing.await.unwrap().unwrap();
    connector.get_contact(desk.cx(1), at("Person", "7")).await.unwrap();
    assert_eq!(token(), "Bearer new-token", "what was opened before is forgotten");
}
