//! A connection's whole life: the same with our peer and with the vendor's server.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringside_domain::{
    Clock as _, Connector, Kind, Marker, Result, Retry,
    phone::{Home, compare, read},
};
use ringside_host::clock::SystemClock;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    agreeing::client,
    desk::{Desk, Plan, Steps, draft, entry, kind, named, nobody, number, texts},
    peer::Peer,
};

/// How one gets in.
#[derive(Clone, Copy, PartialEq)]
enum Way<'a> {
    Key(&'a str),
    Browser,
}

#[tokio::test]
async fn with_our_peer() {
    let peer = Peer::start().await;
    life(&peer.url, "testCRM", Way::Key(crate::desk::KEY)).await;
}

#[tokio::test]
#[ignore = "needs the vendor's server: ./dev real app-connect"]
async fn real_app_connect_with_a_key() {
    let server = Real::running();
    let desk = life(&server.url, &server.keyed, Way::Key(&server.key)).await;
    desk.connector.check(desk.cx()).await.unwrap();
    a_session_that_ends_soon_is_renewed(desk).await;
}

#[tokio::test]
#[ignore = "needs the vendor's server: ./dev real app-connect"]
async fn real_app_connect_with_oauth() {
    let server = Real::running();
    let desk = life(&server.url, &server.oauth, Way::Browser).await;
    desk.connector.sign_in(desk.cx()).await.unwrap();
    let desk = a_session_that_ends_soon_is_renewed(desk).await;

    // The server renews its grant with the CRM before it asks anything. Where the CRM refuses that, a person signs in.
    let finds = async |desk: &Desk| {
        let found = desk.connector.find_contact(desk.live(), number("+442079460018", ""));
        found.await.map(|found| found.contacts.len())
    };
    server.control(r#"{"tokenLife":1}"#).await;
    desk.connector.sign_in(desk.cx()).await.unwrap();
    let renewed = finds(&desk).await;
    server.control(r#"{"refuseRefresh":true}"#).await;
    let refused = finds(&desk).await;
    server.control(r#"{"tokenLife":3600,"refuseRefresh":false}"#).await;
    assert_eq!(renewed.unwrap(), 0);
    assert_eq!(kind(refused), Kind::SignInNeeded);
    desk.connector.sign_in(desk.cx()).await.unwrap();
    assert_eq!(finds(&desk).await.unwrap(), 0);
}

/// `RINGSIDE_REAL="app-connect url platform key oauth-platform crm"`, as `./dev real app-connect` sets it.
struct Real {
    url: String,
    keyed: String,
    key: String,
    oauth: String,
    crm: String,
}

impl Real {
    fn running() -> Self {
        let named = std::env::var("RINGSIDE_REAL").unwrap_or_default();
        let words: Vec<&str> = named.split_whitespace().collect();
        let ["app-connect", url, keyed, key, oauth, crm] = words[..] else {
            panic!("RINGSIDE_REAL names no App Connect server; ./dev real app-connect starts one")
        };
        let [url, keyed, key, oauth, crm] = [url, keyed, key, oauth, crm].map(str::to_owned);
        Self {
            url,
            keyed,
            key,
            oauth,
            crm,
        }
    }

    /// Turns a knob of the CRM behind the server.
    async fn control(&self, body: &'static str) {
        let answer = client().post(format!("{}/_control", self.crm)).body(body).send().await;
        assert!(answer.unwrap().status().is_success());
    }
}

/// What tests/real/app-connect/server.mjs has the server sign its sessions with.
const SIGNED_WITH: &[u8] = b"only-for-tests-only-for-tests-32";
const DAY: u64 = 24 * 60 * 60;

/// With a week or less to go the server gives out a newer session beside its answers.
async fn a_session_that_ends_soon_is_renewed(desk: Desk) -> Desk {
    let now = u64::try_from(SystemClock.now().wall.0 / 1000).unwrap();
    let mut payload = payload(&desk.token().unwrap());
    (payload["iat"], payload["exp"]) = (json!(now - 8 * DAY), json!(now + 6 * DAY));
    let old = signed(&payload);
    desk.keyring.put("connection/ac/jwt", &old);
    let desk = desk.restarted();
    let nobody = number("+442079460018", "");
    desk.connector.find_contact(desk.live(), nobody.clone()).await.unwrap();
    let newer = desk.token().unwrap();
    assert_ne!(newer, old);
    let read = self::payload(&newer);
    assert_eq!((&read["id"], &read["platform"]), (&payload["id"], &payload["platform"]));
    assert!(read["exp"].as_u64().unwrap() > now + 13 * DAY, "{read}");
    let desk = desk.restarted();
    desk.connector.find_contact(desk.live(), nobody).await.unwrap();
    assert_eq!(desk.token().unwrap(), newer, "it is good, and stays");
    desk
}

fn payload(token: &str) -> Value {
    let middle = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
}

/// A JWT of HS256, RFC 7515 and RFC 2104.
fn signed(payload: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(payload));
    let pad = |with: u8| -> Vec<u8> {
        (0..64)
            .map(|at| SIGNED_WITH.get(at).copied().unwrap_or_default() ^ with)
            .collect()
    };
    let inner = Sha256::digest([&pad(0x36), text.as_bytes()].concat());
    let outer = Sha256::digest([&pad(0x5c), inner.as_slice()].concat());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(outer))
}

fn plan_of<'a>(url: &'a str, platform: &'a str, way: Way<'a>) -> Plan<'a> {
    Plan {
        platform,
        key: match way {
            Way::Key(key) => key,
            Way::Browser => "",
        },
        browses: way == Way::Browser,
        parameters: vec![("setting_office", "harbour".to_owned())],
        ..Plan::of(url)
    }
}

/// Gives back the desk, signed out.
async fn life(url: &str, platform: &str, way: Way<'_>) -> Desk {
    let plan = |way| plan_of(url, platform, way);
    let desk = Desk::new(plan(way)).await;
    let crm = &desk.connector;

    // Whose account it is, and that another key, or nobody, is none.
    if way == Way::Browser {
        assert_eq!(kind(crm.check(desk.cx()).await), Kind::SignInNeeded);
        crm.sign_in(desk.cx()).await.unwrap();
    }
    let account = crm.check(desk.cx()).await.unwrap();
    assert!(
        account.id.ends_with(&format!("@{platform}")) && !account.name.is_empty(),
        "{account:?}"
    );
    if let Way::Key(_) = way {
        let stranger = Desk::new(plan(Way::Key("not-the-key"))).await;
        let refused = stranger.connector.check(stranger.cx()).await.unwrap_err();
        assert_eq!(
            (refused.kind, refused.field.as_deref()),
            (Kind::SignInNeeded, Some("apiKey"))
        );
        assert!(!texts(&refused).contains("not-the-key"), "{}", texts(&refused));
    }

    // Creating. The number is stored as a person wrote it, so that only a mask finds it.
    // Both lives may run at once on one server.
    let run = std::process::id() + if way == Way::Browser { 50 } else { 0 };
    let name = format!("Zoë O'Brien-{run} & Sons #1");
    let line = 100 + run % 100;
    let area = [202, 212, 303, 312, 404, 415, 503, 617, 702, 808][(run / 100 % 10) as usize];
    let (e164, written) = (format!("+1{area}5550{line}"), format!("({area}) 555-0{line}"));
    let types: Vec<String> = crm.info().types.into_iter().map(|one| one.id).collect();
    let made = crm
        .create_contact(desk.cx(), draft(&name, &types[0], &written))
        .await
        .unwrap();
    assert_eq!(
        (made.name.as_str(), made.id.contact_type.as_str()),
        (name.as_str(), types[0].as_str())
    );

    // Finding by number: by a mask of the user, by the automatic ones, and not by E.164 alone.
    for formats in ["(***) ***-****", "", "###.###.####, national"] {
        let found = crm.find_contact(desk.live(), number(&e164, formats)).await.unwrap();
        let one = found
            .contacts
            .iter()
            .find(|one| one.id == made.id)
            .unwrap_or_else(|| panic!("by {formats:?}"));
        let proof = one.numbers.iter().any(|stored| {
            compare(
                &read(&stored.raw, &Home::of("US".parse().unwrap())),
                &read(&e164, &Home::default()),
            )
            .is_some()
        });
        assert!(proof && found.failed.is_empty());
    }
    let bare = crm
        .find_contact(desk.live(), number(&e164, "####-####-##"))
        .await
        .unwrap();
    assert!(bare.contacts.iter().all(|one| one.id != made.id));
    let nobody_there = crm
        .find_contact(desk.live(), number("+442079460018", ""))
        .await
        .unwrap();
    assert!(nobody_there.contacts.is_empty() && nobody_there.failed.is_empty());
    assert!(
        crm.find_contact(desk.live(), number("4711", ""))
            .await
            .unwrap()
            .contacts
            .is_empty()
    );

    // Finding by name, and again by id, which the server doesn't have.
    if crm.capability().find_with_name {
        let found = crm
            .find_contact_with_name(desk.cx(), named(&format!("o'brien-{run} & sons")))
            .await
            .unwrap();
        assert_eq!(found.contacts.iter().filter(|one| one.id == made.id).count(), 1);
        assert!(
            crm.find_contact_with_name(desk.cx(), named("nobody of this name"))
                .await
                .unwrap()
                .contacts
                .is_empty()
        );
    }
    assert_eq!(crm.get_contact(desk.live(), made.id.clone()).await.unwrap().name, name);

    // Logging twice is one log, which can be found and changed.
    let session = format!("ringside-life{run}");
    let call = entry(&made, &session, "Asked about the invoice\nand \"quotes\"");
    let first = crm
        .log_call(desk.cx(), call.clone(), Arc::new(Steps::default()))
        .await
        .unwrap();
    let second = crm
        .log_call(desk.cx(), call.clone(), Arc::new(Steps::default()))
        .await
        .unwrap();
    assert_eq!(first.log.id, second.log.id);
    let said = desk.trace.1.lock().unwrap().join("\n");
    assert!(said.contains("had a log of this call already"), "{said}");
    let found = crm.find_log(desk.cx(), call.clone()).await.unwrap();
    assert_eq!(
        found.iter().map(|log| log.id.as_str()).collect::<Vec<_>>(),
        [first.log.id.as_str()]
    );
    let mut later = call.clone();
    later.note = "Paid".into();
    assert_eq!(
        crm.update_log(desk.cx(), first.log.clone(), later).await.unwrap().log,
        first.log
    );
    let unknown = ringside_domain::CallLogEntry {
        marker: Marker::new(format!("ringside-none{run}"), true),
        ..call
    };
    assert!(crm.find_log(desk.cx(), unknown.clone()).await.unwrap().is_empty());
    assert_eq!(
        kind(crm.update_log(desk.cx(), first.log, unknown).await),
        Kind::NotFound
    );

    // A contact that is gone is a CRM that broke, as far as the server says: the log is not sent again by itself, waits for no
    // sign-in, and a person has to look.
    let mut gone = entry(&made, &format!("ringside-gone{run}"), "x");
    gone.contact.id = "gone".into();
    let steps = Arc::new(Steps::default());
    let refused = crm.log_call(desk.cx(), gone, steps.clone()).await.unwrap_err();
    assert_eq!(
        (refused.retry, refused.may_have_happened, refused.hint.as_deref()),
        (Retry::Never, true, Some("Look in the CRM before you log it again")),
        "{refused}"
    );
    assert_eq!(*steps.told.lock().unwrap(), ["begin log"]);

    // The user is logged out at the server while our token still holds: a key begins a session again, without a word.
    let elsewhere = Desk::new(plan(way)).await;
    elsewhere.keyring.put("connection/ac/jwt", &desk.token().unwrap());
    elsewhere.connector.sign_out(elsewhere.cx()).await.unwrap();
    let found = async |desk: &Desk| {
        let asked = number(&e164, "(###) ###-####");
        let found = desk.connector.find_contact(desk.cx(), asked).await;
        found.map(|found| found.contacts.iter().any(|one| one.id == made.id))
    };
    again(&desk, way, &found).await;
    // A token that the server doesn't take.
    desk.keyring.put("connection/ac/jwt", "e30.e30.e30");
    let desk = desk.restarted();
    again(&desk, way, &found).await;

    // Signing out ends the session on both sides.
    desk.connector.sign_out(desk.cx()).await.unwrap();
    assert_eq!(desk.token(), None);
    assert_eq!(
        kind(desk.connector.add_number(desk.cx(), nobody("c-1").id, e164).await),
        Kind::Unsupported
    );
    desk
}

/// The session is over: whoever has a key notices nothing, and a person signs in.
async fn again(desk: &Desk, way: Way<'_>, found: &impl AsyncFn(&Desk) -> Result<bool>) {
    if way == Way::Browser {
        assert_eq!(kind(found(desk).await), Kind::SignInNeeded);
        desk.connector.sign_in(desk.cx()).await.unwrap();
    }
    assert!(found(desk).await.unwrap());
}
