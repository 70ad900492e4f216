//! Connections that sign in by themselves: by the client's own credentials, or by a password. The real OAuth of the host, against
//! a CRM whose token endpoint is asked too often.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use ringside_connectors::{
    manifest::{connector::ManifestConnector, load::load},
    parts::{Parts, Server, Setup, secret_name},
};
use ringside_domain::{ConnectionId, Connector, CredentialStore, Cx, Kind, Result, Retry, Url, credentials::Secret};
use ringside_host::{
    OsRandom, OwnPorts,
    sign_in::{self, OAuth},
};
use serde_json::json;
use tokio::time::{Instant, advance};

use crate::{
    renewing::{Nobody, Running},
    support::*,
};

const SESSION: &str = include_str!("session.toml");
const TOKEN: &str = "sign-in: POST acme.crm.example.com";
const NOT_ASKED: &str = "sign-in: not asked again yet";
const GRANTS: [&str; 2] = ["client_credentials", "password"];
/// The life of a token that the vendor names.
const LIFE: Duration = Duration::from_secs(600);

/// `session.toml` with a grant without a person in place of its login.
fn manifest(grant: &str) -> String {
    let (begin, end) = (
        SESSION.find("[[auth.session]]").unwrap(),
        SESSION.find("[auth.set]").unwrap(),
    );
    let typed = match grant {
        "password" => "username = \"{{ param.user }}\"\npassword = \"{{ secret.password }}\"",
        _ => "client_secret = \"{{ secret.password }}\"",
    };
    let client = if grant == "password" { "public" } else { "body" };
    let oauth = format!(
        r#"[auth.oauth2]
grant = "{grant}"
client = "{client}"
client_id = "ringside"
token = "{{{{ env.base }}}}/token"
token_in_query = true
{typed}

"#
    );
    format!("{}{oauth}{}", &SESSION[..begin], &SESSION[end..])
        .replace("{{ session.token }}", "{{ token }}")
        .replace("{{ session.site }}", "eu")
}

#[derive(Default)]
struct Vendor {
    given: u32,
    /// Seconds that it wants to be left alone for.
    throttled: Option<u64>,
    /// Refresh tokens are given with a password, and refused.
    refreshes: bool,
    /// What was asked for, in order.
    asked: Vec<String>,
}

impl Vendor {
    fn answer(&mut self, sent: &Sent) -> Reply {
        let url = Url::parse(sent.line.split_once(' ').unwrap().1).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        if sent.path != "/v2/token" {
            let known = ("X-Session".to_owned(), format!("at-{}", self.given));
            return match sent.credentials.contains(&known) {
                true => ok(json!({ "kind": "Person", "id": 7, "name": "Anna" })),
                false => status(401, json!(null)),
            };
        }
        let grant = query["grant_type"].as_str();
        self.asked.push(grant.to_owned());
        if grant == "refresh_token" {
            return status(400, json!({ "error": "invalid_grant" }));
        }
        if let Some(seconds) = self.throttled {
            return status(429, json!(null)).header("retry-after", seconds);
        }
        let typed = ["password", "client_secret"].iter().find_map(|name| query.get(*name));
        assert_eq!(typed.map(String::as_str), Some("pass word"));
        self.given += 1;
        let mut answer = json!({ "access_token": format!("at-{}", self.given), "expires_in": LIFE.as_secs() });
        if self.refreshes {
            answer["refresh_token"] = json!("rt");
        }
        ok(answer).after(50)
    }
}

/// One program: every connection has the same sign-in.
struct House {
    vendor: Arc<Mutex<Vendor>>,
    parts: Parts,
    desk: Desk,
    grant: &'static str,
}

impl House {
    async fn new(grant: &'static str) -> Self {
        let vendor = Arc::<Mutex<Vendor>>::default();
        let answers = Arc::clone(&vendor);
        let crm = Arc::new(Script::new(move |sent: &Sent, _| answers.lock().unwrap().answer(sent)));
        let keyring = Arc::new(crate::secrets::Keyring::default());
        for connection in ["crm", "other"] {
            let entry = secret_name(&ConnectionId::new(connection), "password");
            keyring.set(&entry, Secret::new("pass word")).await.unwrap();
        }
        let clock = Arc::new(Running(Instant::now()));
        let sign_in = OAuth::new(sign_in::Parts {
            http: crm.clone(),
            credentials: keyring.clone(),
            clock: clock.clone(),
            random: Arc::new(OsRandom),
            browser: Arc::new(Nobody),
            own_ports: OwnPorts::default(),
        });
        Self {
            vendor,
            parts: Parts {
                sign_in: Arc::new(sign_in),
                credentials: keyring,
                clock,
                ..parts(known_account(), Arc::default(), crm)
            },
            desk: desk(include_str!("crm.toml"), |_, _| panic!("only its deadline is used")),
            grant,
        }
    }

    fn connection(&self, name: &str) -> ManifestConnector {
        let setup = Setup {
            connection: ConnectionId::new(name),
            server: Some(Server::read("https://acme.crm.example.com/v2/").unwrap()),
            ..setup()
        };
        let loaded = load(&manifest(self.grant)).unwrap_or_else(|problems| panic!("{problems:#?}"));
        ManifestConnector::new(loaded, &self.parts, &setup).unwrap()
    }

    fn cx(&self) -> Cx {
        self.desk.cx(10)
    }

    async fn find(&self, connection: &ManifestConnector) -> Result<usize> {
        let found = connection.find_contact(self.cx(), number()).await?;
        Ok(found.contacts.len())
    }

    fn vendor(&self) -> MutexGuard<'_, Vendor> {
        self.vendor.lock().unwrap()
    }

    /// How often a token was asked for.
    fn asked(&self) -> usize {
        self.vendor().asked.len()
    }

    fn steps(&self) -> Vec<String> {
        let steps = std::mem::take(&mut *self.desk.trace.0.lock().unwrap());
        steps.into_iter().map(|step| step.request).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_token_endpoint_is_left_alone_for_the_pause_that_it_names() {
    for grant in GRANTS {
        let house = House::new(grant).await;
        let crm = house.connection("crm");
        house.vendor().throttled = Some(30);
        let error = house.find(&crm).await.unwrap_err();
        assert_eq!(
            (error.kind, error.retry),
            (Kind::RateLimited, Retry::After(Duration::from_secs(30)))
        );
        assert_eq!(house.steps(), [TOKEN]);

        // It would answer by now. Neither a call asks, nor a person who tests the connection.
        house.vendor().throttled = None;
        advance(Duration::from_secs(20)).await;
        let left = (Kind::RateLimited, Retry::After(Duration::from_secs(10)));
        let error = house.find(&crm).await.unwrap_err();
        assert_eq!((error.kind, error.retry), left, "{grant}");
        let error = crm.check(house.cx()).await.unwrap_err();
        assert_eq!((error.kind, error.retry), left, "{grant}");
        assert_eq!(house.steps(), [NOT_ASKED, NOT_ASKED]);
        assert_eq!(house.asked(), 1, "{grant}");

        // Another connection is not held up, even to the same server.
        let other = house.connection("other");
        assert_eq!(house.find(&other).await.unwrap(), 1);
        assert_eq!(house.find(&crm).await.unwrap_err().kind, Kind::RateLimited);

        advance(Duration::from_secs(10)).await;
        assert_eq!(house.find(&crm).await.unwrap(), 1, "{grant}: by itself");
        assert_eq!(house.asked(), 3, "{grant}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_in_a_pause_is_used_to_its_end() {
    for grant in GRANTS {
        let house = House::new(grant).await;
        let crm = house.connection("crm");
        assert_eq!(house.find(&crm).await.unwrap(), 1);
        house.vendor().throttled = Some(30);
        advance(LIFE - Duration::from_secs(20)).await;
        for _ in 0..3 {
            assert_eq!(house.find(&crm).await.unwrap(), 1, "{grant}");
        }
        assert_eq!(house.asked(), 2, "{grant}: one of them asked");
        advance(Duration::from_secs(20)).await;
        assert_eq!(house.find(&crm).await.unwrap_err().kind, Kind::RateLimited);
        house.vendor().throttled = None;
        advance(Duration::from_secs(10)).await;
        assert_eq!(house.find(&crm).await.unwrap(), 1, "{grant}");
        assert_eq!(house.asked(), 3, "{grant}");
    }
}

/// A connection whose settings were changed is made anew while the one before still works.
#[tokio::test(start_paused = true)]
async fn one_asks_for_everybody_and_goes_on_without_them() {
    for grant in GRANTS {
        let house = House::new(grant).await;
        let (one, same) = (house.connection("crm"), house.connection("crm"));
        let (first, second) = tokio::join!(house.find(&one), house.find(&same));
        assert_eq!((first.unwrap(), second.unwrap(), house.asked()), (1, 1, 1), "{grant}");

        // Who has no time for the answer leaves it to the next one.
        advance(LIFE).await;
        let hurried = Cx {
            deadline: Duration::from_millis(20),
            ..house.cx()
        };
        let error = one.find_contact(hurried, number()).await.unwrap_err();
        assert_eq!(error.kind, Kind::Timeout, "{grant}: {error}");
        assert_eq!(house.find(&one).await.unwrap(), 1);
        assert_eq!(house.asked(), 2, "{grant}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_who_signs_in_by_hand_waits_for_no_pause() {
    for grant in GRANTS {
        let house = House::new(grant).await;
        let crm = house.connection("crm");
        house.vendor().throttled = Some(300);
        house.find(&crm).await.unwrap_err();
        house.vendor().throttled = None;
        crm.sign_in().await.unwrap();
        assert_eq!(house.find(&crm).await.unwrap(), 1, "{grant}");
        assert_eq!(house.asked(), 2, "{grant}");
    }
    // And a connection that is signed out has no pause any more.
    let house = House::new("client_credentials").await;
    let crm = house.connection("crm");
    house.vendor().throttled = Some(300);
    house.find(&crm).await.unwrap_err();
    house.vendor().throttled = None;
    crm.sign_out().await.unwrap();
    assert_eq!(house.find(&crm).await.unwrap(), 1);
}

/// The refresh token is over, and the password throttled: neither of them is shown with each call.
#[tokio::test(start_paused = true)]
async fn a_password_behind_a_refused_refresh_token_keeps_the_pause_too() {
    let house = House::new("password").await;
    let crm = house.connection("crm");
    house.vendor().refreshes = true;
    assert_eq!(house.find(&crm).await.unwrap(), 1);
    advance(LIFE).await;
    house.vendor().throttled = Some(300);
    for _ in 0..3 {
        assert_eq!(house.find(&crm).await.unwrap_err().kind, Kind::RateLimited);
    }
    assert_eq!(house.vendor().asked, ["password", "refresh_token", "password"]);

    {
        let mut vendor = house.vendor();
        (vendor.throttled, vendor.refreshes) = (None, false);
    }
    advance(Duration::from_secs(300)).await;
    assert_eq!(house.find(&crm).await.unwrap(), 1);
    // The refresh token that was refused went with its grant.
    advance(LIFE).await;
    assert_eq!(house.find(&crm).await.unwrap(), 1);
    let asked = house.vendor().asked.clone();
    assert_eq!(asked[3..], ["password", "password"], "{asked:?}");
}
