//! What is renewed when it runs out: tokens, sessions, and both. The real OAuth of the host, against a CRM that rotates.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use ringside_connectors::{
    manifest::{connector::ManifestConnector, load::load},
    parts::{Parts, Server, Setup, grant_name},
};
use ringside_domain::{
    Clock, ConnectionId, Connector, Error, Kind, Now, Result, Retry, SignIn, Steady, Timestamp, Url,
    credentials::Secret, sign_in::Grant,
};
use ringside_host::{
    OsRandom, OwnPorts,
    sign_in::{self, Browser, OAuth},
};
use serde_json::json;
use tokio::time::{Instant, advance};

use crate::support::*;

const SESSION: &str = include_str!("session.toml");
/// The life of a token that the vendor names, in seconds.
const LIFE: u64 = 600;

/// `session.toml` with OAuth before its login, as Bullhorn has it.
fn with_session() -> String {
    let (begin, end) = (
        SESSION.find("[[parameters]]\nname = \"password\"").unwrap(),
        SESSION.find("[auth.set]").unwrap(),
    );
    let oauth = r#"[auth.oauth2]
client = "public"
client_id = "ringside"
authorize = "{{ env.base }}/authorize"
token = "{{ env.base }}/token"
token_in_query = true

[[auth.session]]
capture = { token = "token", site = "site" }
secret = ["token"]
request = { method = "POST", path = "/login", query = { access_token = "{{ token }}" } }

"#;
    format!("{}{oauth}{}", &SESSION[..begin], &SESSION[end..])
}

/// The same without the login: requests carry the token.
fn without_session() -> String {
    let manifest = with_session()
        .replace("{{ session.token }}", "{{ token }}")
        .replace("{{ session.site }}", "eu");
    let (begin, end) = (
        manifest.find("[[auth.session]]").unwrap(),
        manifest.find("[auth.set]").unwrap(),
    );
    format!("{}{}", &manifest[..begin], &manifest[end..])
}

/// A vendor whose tokens last ten minutes, and whose refresh tokens are good once.
struct Vendor {
    refresh: u32,
    /// What is good now, and since when.
    access: Option<(String, Instant)>,
    session: Option<String>,
    given: u32,
    /// What the token answer says of the token's life.
    says_life: bool,
    /// What the login answers, whoever comes.
    login_refuses: Option<u16>,
    /// It was asked for too many tokens.
    too_often: bool,
}

impl Vendor {
    fn answer(&mut self, sent: &Sent) -> Reply {
        let url = Url::parse(sent.line.split_once(' ').unwrap().1).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        self.given += 1;
        let number = self.given;
        match sent.path.as_str() {
            // As Zoho says it.
            "/v2/token" if self.too_often => status(
                400,
                json!({ "error": "Access Denied", "error_description": "You have made too many requests continuously." }),
            ),
            "/v2/token" => {
                if query["refresh_token"] != format!("rt-{}", self.refresh) {
                    return status(400, json!({ "error": "invalid_grant" }));
                }
                self.refresh += 1;
                self.access = Some((format!("at-{number}"), Instant::now()));
                let mut answer =
                    json!({ "access_token": format!("at-{number}"), "refresh_token": format!("rt-{}", self.refresh) });
                if self.says_life {
                    answer["expires_in"] = LIFE.into();
                }
                ok(answer)
            }
            "/v2/login" => {
                let token = query["access_token"].clone();
                match self.login_refuses {
                    Some(code) => status(code, json!({ "errorMessage": "No API access for this user" })),
                    None if self.is_good(&token) => {
                        self.session = Some(format!("s-{number}"));
                        ok(json!({ "token": format!("s-{number}"), "site": "eu" }))
                    }
                    // As Bullhorn says it.
                    None => status(
                        400,
                        json!({ "errorMessageKey": "errors.authentication.invalidOAuthToken", "errorCode": 400 }),
                    ),
                }
            }
            other => {
                let shown = &sent.credentials[0].1;
                let knows = match &self.session {
                    Some(session) => session == shown,
                    None => self.is_good(shown),
                };
                match other {
                    _ if !knows => status(401, json!(null)),
                    "/v2/find" => ok(json!({ "kind": "Person", "id": 7, "name": "Anna" })),
                    "/v2/logs" => status(201, json!(null)).header("location", "/v2/logs/44"),
                    other => panic!("{other}"),
                }
            }
        }
    }

    fn is_good(&self, token: &str) -> bool {
        self.access
            .as_ref()
            .is_some_and(|(good, since)| good == token && since.elapsed() < Duration::from_secs(LIFE))
    }
}

/// The steady clock is the runtime's.
pub struct Running(pub Instant);

impl Clock for Running {
    fn now(&self) -> Now {
        let run = self.0.elapsed();
        Now {
            wall: Timestamp(1_790_000_000_000).plus(run),
            steady: Steady(run),
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

pub struct Nobody;

#[async_trait]
impl Browser for Nobody {
    async fn open(&self, _: &Url) -> Result<()> {
        Err(Error::new(Kind::Unavailable, "open", "nobody is to be asked here"))
    }
}

struct House {
    vendor: Arc<Mutex<Vendor>>,
    crm: Arc<Script>,
    connector: ManifestConnector,
    desk: Desk,
}

/// Somebody signed in, and looked a caller up.
async fn at_work(manifest: &str, says_life: bool) -> House {
    let vendor = Arc::new(Mutex::new(Vendor {
        refresh: 1,
        access: Some(("at-0".to_owned(), Instant::now())),
        session: None,
        given: 0,
        says_life,
        login_refuses: None,
        too_often: false,
    }));
    let answers = Arc::clone(&vendor);
    let crm = Arc::new(Script::new(move |sent: &Sent, _| answers.lock().unwrap().answer(sent)));
    let keyring = Arc::new(crate::secrets::Keyring::default());
    let clock = Arc::new(Running(Instant::now()));
    let sign_in = OAuth::new(sign_in::Parts {
        http: crm.clone(),
        credentials: keyring.clone(),
        clock: clock.clone(),
        random: Arc::new(OsRandom),
        browser: Arc::new(Nobody),
        own_ports: OwnPorts::default(),
    });
    let grant = Grant {
        access: Secret::new("at-0"),
        refresh: Some(Secret::new("rt-1")),
        expires_in: says_life.then_some(Duration::from_secs(LIFE)),
        expired: false,
        members: Vec::new(),
    };
    sign_in
        .keep(&grant_name(&ConnectionId::new("crm")), grant)
        .await
        .unwrap();
    let parts = Parts {
        sign_in: Arc::new(sign_in),
        credentials: keyring,
        clock,
        ..parts(known_account(), Arc::default(), crm.clone())
    };
    let setup = Setup {
        server: Some(Server::read("https://acme.crm.example.com/v2/").unwrap()),
        ..setup()
    };
    let house = House {
        vendor,
        crm,
        connector: ManifestConnector::new(load(manifest).unwrap(), &parts, &setup).unwrap(),
        desk: desk(SESSION_OF_NOBODY, |_, _| panic!("only its deadline is used")),
    };
    house.find().await.unwrap();
    house
}

/// Any manifest that needs nothing typed.
const SESSION_OF_NOBODY: &str = include_str!("crm.toml");

impl House {
    async fn find(&self) -> Result<usize> {
        let found = self.connector.find_contact(self.desk.cx(10), number()).await?;
        Ok(found.contacts.len())
    }

    fn vendor(&self) -> MutexGuard<'_, Vendor> {
        self.vendor.lock().unwrap()
    }

    /// The last part of each path that was asked since so many requests.
    fn asked_since(&self, before: usize) -> Vec<String> {
        let sent = self.crm.sent();
        let paths = sent[before..]
            .iter()
            .map(|sent| sent.path.rsplit('/').next().unwrap().to_owned());
        paths.collect()
    }

    async fn log(&self) -> (Result<ringside_domain::LogReceipt>, Vec<String>) {
        let journal = Arc::new(Journal::default());
        let logged = self.connector.log_call(self.desk.cx(10), call(), journal.clone()).await;
        (logged, journal.said())
    }
}

#[tokio::test(start_paused = true)]
async fn after_ten_idle_minutes_the_token_that_is_over_opens_no_session() {
    let house = at_work(&with_session(), true).await;
    advance(Duration::from_secs(LIFE + 60)).await;
    house.vendor().session = Some("gone".to_owned());
    let before = house.crm.sent().len();
    assert_eq!(house.find().await.unwrap(), 1);
    assert_eq!(house.asked_since(before), ["find", "token", "login", "find"]);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_refuses_a_dead_token_in_its_own_words_gets_a_fresh_one() {
    // The vendor does not say how long its tokens live: nobody can know that this one is over.
    let house = at_work(&with_session(), false).await;
    advance(Duration::from_secs(LIFE + 60)).await;
    house.vendor().session = Some("gone".to_owned());
    let before = house.crm.sent().len();
    let (logged, journal) = house.log().await;
    assert_eq!(logged.unwrap().log.id, "44");
    assert_eq!(journal, ["begin log", "done log log_id=44"]);
    assert_eq!(house.asked_since(before), ["logs", "login", "token", "login", "logs"]);

    // And where no session was there to be refused, as after one that is known to be over.
    let limited = with_session().replace("[auth.set]", "[auth]\nsession_lifetime = 60\n\n[auth.set]");
    let house = at_work(&limited, false).await;
    advance(Duration::from_secs(LIFE + 60)).await;
    let before = house.crm.sent().len();
    assert_eq!(house.find().await.unwrap(), 1);
    assert_eq!(house.asked_since(before), ["login", "token", "login", "find"]);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_refuses_a_fresh_token_too_is_given_no_more_of_them() {
    let house = at_work(&with_session(), false).await;
    house.vendor().session = Some("gone".to_owned());
    house.vendor().login_refuses = Some(403);
    let before = house.crm.sent().len();
    for _ in 0..3 {
        let error = house.find().await.unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden);
        assert!(error.message.contains("Sessia"), "{error}");
    }
    let asked = house.asked_since(before);
    assert_eq!(asked.iter().filter(|path| *path == "token").count(), 1, "{asked:?}");

    // Once the right is there, it goes on by itself; even if that token is over by then, and nobody knows.
    advance(Duration::from_secs(LIFE + 60)).await;
    house.vendor().login_refuses = None;
    assert_eq!(house.find().await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_not_reached_uses_up_no_token() {
    let house = at_work(&with_session(), false).await;
    house.vendor().session = Some("gone".to_owned());
    house.vendor().login_refuses = Some(503);
    let before = house.crm.sent().len();
    assert_eq!(house.find().await.unwrap_err().kind, Kind::Unavailable);
    assert_eq!(house.asked_since(before), ["find", "login"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_over_by_its_own_word_is_renewed_before_the_request() {
    let house = at_work(&without_session(), true).await;
    advance(Duration::from_secs(LIFE)).await;
    let before = house.crm.sent().len();
    let (one, other) = tokio::join!(house.find(), house.find());
    assert_eq!((one.unwrap(), other.unwrap()), (1, 1));
    assert_eq!(house.asked_since(before), ["token", "find", "find"]);

    // One that ends before its time is refused, and renewed then.
    let other = ("at-other".to_owned(), Instant::now());
    house.vendor().access = Some(other);
    let before = house.crm.sent().len();
    assert_eq!(house.find().await.unwrap(), 1);
    assert_eq!(house.asked_since(before), ["find", "token", "find"]);
}

#[tokio::test(start_paused = true)]
async fn a_session_may_outlive_its_token() {
    let house = at_work(&with_session(), true).await;
    advance(Duration::from_secs(LIFE * 3)).await;
    let before = house.crm.sent().len();
    assert_eq!(house.find().await.unwrap(), 1);
    assert_eq!(house.asked_since(before), ["find"]);
}

#[tokio::test(start_paused = true)]
async fn when_the_refresh_is_refused_too_the_person_is_asked() {
    let house = at_work(&with_session(), true).await;
    advance(Duration::from_secs(LIFE + 60)).await;
    {
        let mut vendor = house.vendor();
        vendor.session = Some("gone".to_owned());
        vendor.refresh = 99;
    }
    let (logged, journal) = house.log().await;
    let error = logged.unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (Kind::SignInNeeded, false));
    assert_eq!(journal, ["begin log", "not done log"]);
    let before = house.crm.sent().len();
    house.find().await.unwrap_err();
    assert_eq!(house.asked_since(before), [""; 0], "a dead token is not shown again");
}

#[tokio::test(start_paused = true)]
async fn who_asked_for_too_many_tokens_is_not_signed_out() {
    for manifest in [with_session(), without_session()] {
        let house = at_work(&manifest, true).await;
        advance(Duration::from_secs(LIFE + 60)).await;
        {
            let mut vendor = house.vendor();
            (vendor.session, vendor.too_often) = (vendor.session.is_some().then(|| "gone".to_owned()), true);
        }
        let error = house.find().await.unwrap_err();
        assert_eq!(error.kind, Kind::RateLimited, "{error}");
        assert!(
            error
                .message
                .starts_with("My CRM says that it was asked to sign in too often: You have made"),
            "{error}"
        );
        let (logged, journal) = house.log().await;
        let error = logged.unwrap_err();
        assert_eq!((error.kind, error.may_have_happened), (Kind::RateLimited, false));
        assert!(matches!(error.retry, Retry::After(_)), "{error:?}");
        assert_eq!(journal, [""; 0], "nothing was begun");

        house.vendor().too_often = false;
        advance(Duration::from_secs(60)).await;
        assert_eq!(house.find().await.unwrap(), 1, "by itself");
    }
}

fn steps(house: &House) -> Vec<String> {
    let steps = std::mem::take(&mut *house.desk.trace.0.lock().unwrap());
    steps.into_iter().map(|step| step.request).collect()
}

/// Whoever reads a trace to see who is asked how often is told of no request that did not go out.
#[tokio::test(start_paused = true)]
async fn a_refusal_that_still_holds_is_no_request_of_the_trace() {
    let house = at_work(&without_session(), true).await;
    advance(Duration::from_secs(LIFE + 60)).await;
    house.vendor().too_often = true;
    steps(&house);
    house.find().await.unwrap_err();
    assert_eq!(steps(&house), ["sign-in: POST acme.crm.example.com"]);
    let before = house.crm.sent().len();
    house.find().await.unwrap_err();
    assert_eq!(steps(&house), ["sign-in: not asked again yet"]);
    assert_eq!(house.crm.sent().len(), before);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_got_on_the_way_is_a_step_of_the_trace() {
    let house = at_work(&with_session(), true).await;
    let steps = || steps(&house);
    steps();
    assert_eq!(house.find().await.unwrap(), 1);
    assert_eq!(steps(), ["GET /find?n=…"]);
    advance(Duration::from_secs(LIFE + 60)).await;
    house.vendor().session = Some("gone".to_owned());
    assert_eq!(house.find().await.unwrap(), 1);
    let shown = steps();
    assert_eq!(
        shown,
        [
            "GET /find?n=…",
            "sign-in: POST acme.crm.example.com",
            "POST /login?access_token=…",
            "GET /find?n=…"
        ]
    );
}
