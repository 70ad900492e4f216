//! Sign-ins that a person ends by hand, at a page of the vendor's, and the two platforms that the vendor's client signs in to
//! in ways of their own.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ringside_connectors::app_connect::ServerManifest;
use ringside_domain::{Connector, Error, Kind, Url, credentials::Secret};
use serde_json::{Value, json};

use crate::{
    desk::{Desk, Plan, Steps, entry, kind, nobody, number, texts},
    peer::{Instead, Peer},
};

const CLIENTS_PAGE: &str = "https://ringcentral.github.io/ringcentral-embeddable/redirect.html";

fn of<'a>(peer: &'a Peer, platform: &'a str) -> Plan<'a> {
    Plan {
        platform,
        key: "",
        ..Plan::of(&peer.url)
    }
}

async fn page(desk: &Desk) -> Url {
    desk.connector.sign_in_page(desk.cx()).await.unwrap().unwrap()
}

/// The address at which the browser ends, after the person has signed in at this page.
fn ended(page: &Url) -> String {
    let value = |wanted: &str| {
        page.query_pairs()
            .find(|(name, _)| name == wanted)
            .unwrap()
            .1
            .into_owned()
    };
    let mut back = Url::parse(&value("redirect_uri")).unwrap();
    back.query_pairs_mut()
        .append_pair("state", &value("state"))
        .append_pair("code", "one+time/code=");
    back.into()
}

async fn refused(desk: &Desk, pasted: &str) -> Error {
    let error = desk
        .connector
        .finish_sign_in(desk.cx(), Secret::new(pasted))
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, Some("redirect")));
    error
}

#[tokio::test]
async fn a_vendors_own_redirect_page_is_ended_by_hand() {
    let peer = Peer::start().await;
    peer.house().manifest["redirectUri"] = json!("https://redirect.example.test/page.html");
    let desk = Desk::new(of(&peer, "testOAuth")).await;
    let crm = &desk.connector;
    assert_eq!(kind(crm.sign_in(desk.cx()).await), Kind::Unsupported);
    let page = page(&desk).await;
    assert_eq!(
        page.as_str(),
        "https://login.example.test/authorize?tenant=1&prompt=login&response_type=code&client_id=cid&scope=contacts.read+contacts.write&state=n%3Dunguessable-0%26platform%3DtestOAuth&redirect_uri=https%3A%2F%2Fredirect.example.test%2Fpage.html"
    );
    for wrong in [
        "",
        "https://redirect.example.test/page.html?error=denied",
        "https://evil.test/page.html?code=one",
        "https://redirect.example.test/page.html?code=",
        "code",
    ] {
        refused(&desk, wrong).await;
    }
    let account = crm.finish_sign_in(desk.cx(), Secret::new(ended(&page))).await.unwrap();
    assert_eq!(account.name, "Olga OAuth");
    // The server gets the state that it knows.
    let sent = peer.asked("GET", "/oauth-callback").remove(0);
    assert_eq!(
        sent.value("callbackUri").unwrap(),
        "https://redirect.example.test/page.html?code=one%2Btime%2Fcode%3D&state=platform%3DtestOAuth"
    );
}

/// NetSuite says in the redirect who signed in, and its connector signs in nobody without that.
#[tokio::test]
async fn what_the_crm_says_in_the_redirect_reaches_the_connector() {
    let peer = Peer::start().await;
    peer.house().manifest["redirectUri"] = json!("https://redirect.example.test/page.html?from=connect");
    peer.house().redirect_names.push("entity");
    let desk = Desk::new(of(&peer, "testOAuth")).await;
    let without = ended(&page(&desk).await);
    let error = desk
        .connector
        .finish_sign_in(desk.cx(), Secret::new(without))
        .await
        .unwrap_err();
    assert_eq!(error.message, "Test OAuth says: Missing required parameters");
    let session = "session-0123456789abcdef";
    let said = format!("&entity=7&company=T%201&role=3&session={session}");
    let with = ended(&page(&desk).await) + &said;
    desk.connector
        .finish_sign_in(desk.cx(), Secret::new(with))
        .await
        .unwrap();
    assert_eq!(
        peer.asked("GET", "/oauth-callback")[1].value("callbackUri").unwrap(),
        format!(
            "https://redirect.example.test/page.html?from=connect&code=one%2Btime%2Fcode%3D&state=platform%3DtestOAuth&entity=7&company=T+1&role=3&session={session}"
        )
    );

    // What may be as good as a code is not repeated.
    let told = json!({ "returnMessage": { "message": format!("No session {session}"), "messageType": "warning" } });
    peer.instead("/oauth-callback", Instead::of(400, told.to_string()));
    let with = ended(&page(&desk).await) + &said;
    let error = desk
        .connector
        .finish_sign_in(desk.cx(), Secret::new(with))
        .await
        .unwrap_err();
    assert!(!texts(&error).contains(session), "{}", texts(&error));
}

/// The vendor's client tells the account at RingCentral that it knows; Pipedrive's connector logs nothing without one, and Bullhorn's
/// creates nobody.
#[tokio::test]
async fn who_has_no_account_at_ringcentral_gets_one_that_nobody_else_has() {
    let peer = Peer::start().await;
    peer.house().manifest["redirectUri"] = json!("https://redirect.example.test/page.html");
    peer.house().needs_account = true;
    let account = async |desk: &Desk| {
        let page = page(desk).await;
        desk.connector
            .finish_sign_in(desk.cx(), Secret::new(ended(&page)))
            .await
            .unwrap();
        let call = entry(&nobody("c-1"), &format!("ringside-{}", peer.house().logs.len()), "x");
        desk.connector
            .log_call(desk.cx(), call, Arc::new(Steps::default()))
            .await
            .unwrap();
        peer.house().account.clone().unwrap()
    };
    let desk = Desk::new(of(&peer, "testOAuth")).await;
    let made_up = account(&desk).await;
    // The server takes it unchecked: whose is guessed, is given what belongs to others.
    assert!(made_up.starts_with("ringside-unguessable-"), "{made_up}");
    // It stays the same, or all that the server keeps under it would have to be asked for anew.
    let desk = desk.restarted();
    assert_eq!(account(&desk).await, made_up);

    let desk = Desk::new(Plan {
        parameters: vec![("rcAccountId", " 500600700 ".to_owned())],
        ..of(&peer, "testOAuth")
    })
    .await;
    assert_eq!(account(&desk).await, "500600700");
}

/// The server learns the id with a sign-in only: one that is typed later does nothing until the next one, without a word.
#[tokio::test]
async fn an_account_id_that_came_after_the_sign_in_is_said_not_to_count_yet() {
    let peer = Peer::start().await;
    let mut desk = Desk::new(of(&peer, "testOAuth")).await;
    let sign_in = async |desk: &Desk| desk.connector.sign_in(desk.cx()).await.unwrap();
    let limits = async |desk: &Desk| desk.connector.check(desk.cx()).await.unwrap().limits;
    sign_in(&desk).await;
    assert!(limits(&desk).await.is_empty());
    desk.setup.parameters.insert("rcAccountId".into(), "500600700".into());
    let desk = desk.restarted();
    assert_eq!(limits(&desk).await, ["Sign in again so that the account id counts"]);
    assert_eq!(desk.connector.sign_in_page(desk.cx()).await.unwrap(), None);
    sign_in(&desk).await;
    assert!(limits(&desk).await.is_empty());
}

/// Whoever got a person to paste an address of theirs would sign them in as somebody else.
#[tokio::test]
async fn an_address_that_is_of_no_sign_in_begun_here_is_refused_and_goes_nowhere() {
    let peer = Peer::start().await;
    peer.house().manifest["redirectUri"] = json!("https://redirect.example.test/page.html");
    let desk = Desk::new(of(&peer, "testOAuth")).await;
    let foreign = |state: &str| format!("https://redirect.example.test/page.html?code=stolen-code{state}");
    // Nothing was begun.
    refused(&desk, &foreign("&state=platform%3DtestOAuth")).await;
    let page = page(&desk).await;
    for state in [
        "",
        "&state=",
        "&state=platform%3DtestOAuth",
        "&state=n%3Dguessed%26platform%3DtestOAuth",
    ] {
        let error = refused(&desk, &foreign(state)).await;
        assert!(!texts(&error).contains("stolen-code"), "{}", texts(&error));
    }
    assert!(peer.asked("GET", "/oauth-callback").is_empty());
    // The right one, after that, and once only: a code that the server refuses ends it as well.
    desk.connector
        .finish_sign_in(desk.cx(), Secret::new(ended(&page)))
        .await
        .unwrap();
    refused(&desk, &ended(&page)).await;
    let other = self::page(&desk).await;
    assert_ne!(page, other, "each has a state of its own");
    refused(&desk, &ended(&page)).await;
    // It outlives a start of the program, but not an hour.
    let desk = desk.restarted();
    desk.clock.0.store(59 * 60_000, Ordering::Relaxed);
    let refused_code = ended(&other).replace("one%2Btime", "stolen");
    let error = desk
        .connector
        .finish_sign_in(desk.cx(), Secret::new(refused_code))
        .await
        .unwrap_err();
    assert!(!texts(&error).contains("stolen"), "{}", texts(&error));
    refused(&desk, &ended(&other)).await;
    let late = self::page(&desk).await;
    desk.clock.0.fetch_add(61 * 60_000, Ordering::Relaxed);
    refused(&desk, &ended(&late)).await;
    assert_eq!(peer.asked("GET", "/oauth-callback").len(), 2);
}

#[tokio::test]
async fn without_a_page_of_its_own_a_sign_in_ends_at_that_of_the_vendors_client() {
    let peer = Peer::start().await;
    peer.house().manifest["redirectUri"] = Value::Null;
    let oauth =
        json!({ "authUrl": "https://login.example.test/authorize", "clientId": "cid", "scope": "contacts read+write" });
    peer.house().manifest["platforms"]["testOAuth"]["auth"]["oauth"] = oauth;
    let desk = Desk::new(of(&peer, "testOAuth")).await;
    let page = page(&desk).await;
    let value = |wanted: &str| {
        page.query_pairs()
            .find(|(name, _)| name == wanted)
            .unwrap()
            .1
            .into_owned()
    };
    assert_eq!(value("redirect_uri"), CLIENTS_PAGE);
    assert_eq!(
        value("scope"),
        "contacts read+write",
        "a scope without a name is its value"
    );
    desk.connector
        .finish_sign_in(desk.cx(), Secret::new(ended(&page)))
        .await
        .unwrap();
}

fn bullhorn(peer: &Peer) {
    peer.house().manifest["platforms"]["bullhorn"] = json!({ "name": "bullhorn", "displayName": "Bullhorn",
        "environment": { "type": "fixed", "url": "https://app.bullhornstaffing.com" },
        "auth": { "type": "oauth", "oauth": { "clientId": "bh-1", "redirectUri": CLIENTS_PAGE } } });
}

async fn with_user(peer: &Peer, name: Option<&str>) -> Desk {
    let parameters = name.map(|name| ("username", name.to_owned()));
    Desk::new(Plan {
        parameters: parameters.into_iter().collect(),
        ..of(peer, "bullhorn")
    })
    .await
}

#[tokio::test]
async fn bullhorn_is_signed_in_to_where_the_persons_data_centre_is() {
    let peer = Peer::start().await;
    bullhorn(&peer);
    let desk = with_user(&peer, Some(" pat.tester ")).await;
    let manifest = ServerManifest::parse(&desk.setup.parameters["manifest"], "bullhorn", None).unwrap();
    let asked: Vec<_> = manifest
        .login_fields()
        .into_iter()
        .map(|field| (field.name, field.secret, field.required))
        .collect();
    assert_eq!(
        asked,
        [("username".into(), false, true), ("rcAccountId".into(), false, false)]
    );

    let page = page(&desk).await;
    assert_eq!(
        page.as_str().split("&state").next().unwrap(),
        "https://auth-west.bullhornstaffing.com/oauth/authorize?action=Login&response_type=code&client_id=bh-1"
    );
    desk.connector
        .finish_sign_in(desk.cx(), Secret::new(ended(&page)))
        .await
        .unwrap();
    let sent = peer.asked("GET", "/oauth-callback").remove(0);
    let told = |name: &str| sent.value(name).unwrap().to_owned();
    assert_eq!(
        [told("tokenUrl"), told("apiUrl"), told("username"), told("hostname")],
        [
            "https://auth-west.bullhornstaffing.com/oauth/token",
            "https://rest-west.bullhornstaffing.com/rest-services",
            "pat.tester",
            "app.bullhornstaffing.com"
        ]
    );
}

/// The manifest has no page for them, as the vendor's client knows it by itself.
#[tokio::test]
async fn bullhorns_records_are_opened_where_the_persons_data_centre_is() {
    let peer = Peer::start().await;
    bullhorn(&peer);
    let desk = with_user(&peer, Some("pat.tester")).await;
    let page = page(&desk).await;
    desk.connector
        .finish_sign_in(desk.cx(), Secret::new(ended(&page)))
        .await
        .unwrap();
    let url = async |desk: &Desk| {
        let found = desk.connector.find_contact(desk.cx(), number("+12025550199", "")).await;
        found.unwrap().contacts.remove(0).url
    };
    let at_home = "https://bullhorn-west.bullhornstaffing.com/BullhornStaffing/OpenWindow.cfm?Entity=Contact&id=c-3&view=Overview";
    assert_eq!(url(&desk).await.as_deref(), Some(at_home));
    let desk = desk.restarted();
    assert_eq!(url(&desk).await.as_deref(), Some(at_home));
    assert_eq!(peer.asked("GET", "/rest-services/loginInfo").len(), 2);

    // Whoever signed in before that was asked learns it at the next test; a host that is not Bullhorn's has no page.
    let told = |ats: &str| {
        let mut told = json!({ "oauthUrl": "https://auth-west.bullhornstaffing.com/oauth", "restUrl": "https://rest-west.bullhornstaffing.com/rest-services" });
        told["atsUrl"] = json!(ats);
        Instead::of(200, told.to_string())
    };
    let other = with_user(&peer, Some("pat.tester")).await;
    other.keyring.put("connection/ac/jwt", &desk.token().unwrap());
    assert_eq!(url(&other).await, None);
    peer.instead(
        "/rest-services/loginInfo",
        told("https://bullhornstaffing.com.evil.test"),
    );
    other.connector.check(other.cx()).await.unwrap();
    assert_eq!(url(&other).await, None);
    other.connector.check(other.cx()).await.unwrap();
    assert_eq!(url(&other).await.as_deref(), Some(at_home));
}

#[tokio::test]
async fn bullhorns_word_on_where_to_sign_in_leads_to_bullhorn_only() {
    let peer = Peer::start().await;
    bullhorn(&peer);
    let rest = "https://rest-west.bullhornstaffing.com/rest-services";
    let told = |oauth: &str, rest: &str| json!({ "oauthUrl": oauth, "restUrl": rest }).to_string();
    let desk = with_user(&peer, Some("pat.tester")).await;
    for answer in [
        told("https://auth.evil.test/oauth", rest),
        told("http://auth-west.bullhornstaffing.com/oauth", rest),
        told("https://bullhornstaffing.com.evil.test/oauth", rest),
        told("https://pat@auth-west.bullhornstaffing.com/oauth", rest),
        told(
            "https://auth-west.bullhornstaffing.com/oauth",
            "https://rest.evil.test/",
        ),
        told("https://auth-west.bullhornstaffing.com/oauth", ""),
        "<html>".into(),
        "[]".into(),
    ] {
        peer.instead("/rest-services/loginInfo", Instead::of(200, answer.clone()));
        let error = desk.connector.sign_in_page(desk.cx()).await.unwrap_err();
        assert_eq!(
            (error.kind, error.field.as_deref()),
            (Kind::Invalid, Some("username")),
            "{answer}"
        );
    }
    peer.instead("/rest-services/loginInfo", Instead::of(503, "down"));
    let down = desk.connector.sign_in_page(desk.cx()).await.unwrap_err();
    assert_eq!((down.kind, down.field.as_deref()), (Kind::Unavailable, None));
    for nobody in [None, Some(" "), Some("nobody")] {
        let desk = with_user(&peer, nobody).await;
        let error = desk.connector.sign_in_page(desk.cx()).await.unwrap_err();
        assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, Some("username")));
        assert!(!texts(&error).contains("nobody"), "{}", texts(&error));
    }
}

/// Pipedrive's connector ends at a page of its own server, which leads to the marketplace where no address to sign in is known.
#[tokio::test]
async fn pipedrives_own_page_begins_and_ends_a_sign_in() {
    let peer = Peer::start().await;
    let own = "https://connect.example.test/pipedrive-redirect";
    let manifest = |oauth: Value| {
        peer.house().manifest["platforms"]["pipedrive"] = json!({ "name": "pipedrive", "displayName": "Pipedrive",
            "environment": { "type": "dynamic" }, "auth": { "type": "oauth", "oauth": oauth } });
    };
    manifest(
        json!({ "clientId": "pd-1", "redirectUri": own, "authUrl": "https://oauth.example.test/oauth/authorize" }),
    );
    let desk = Desk::new(of(&peer, "pipedrive")).await;
    let page = page(&desk).await;
    assert!(
        page.as_str().starts_with("https://oauth.example.test/oauth/authorize?"),
        "{page}"
    );
    refused(&desk, &format!("{own}?code=one%2Btime%2Fcode%3D")).await;
    desk.connector
        .finish_sign_in(desk.cx(), Secret::new(ended(&page)))
        .await
        .unwrap();

    manifest(json!({ "clientId": "pd-1", "redirectUri": own }));
    let desk = Desk::new(of(&peer, "pipedrive")).await;
    refused(&desk, &format!("{own}?code=one%2Btime%2Fcode%3D")).await;
    assert_eq!(self::page(&desk).await.as_str(), own);
    refused(
        &desk,
        &format!("{own}?code=one%2Btime%2Fcode%3D&state=of-somebody-else"),
    )
    .await;
    desk.connector
        .finish_sign_in(desk.cx(), Secret::new(format!("{own}?code=one%2Btime%2Fcode%3D")))
        .await
        .unwrap();
    let sent = peer.asked("GET", "/oauth-callback").remove(1);
    assert_eq!(
        sent.value("callbackUri").unwrap(),
        format!("{own}?code=one%2Btime%2Fcode%3D&state=platform%3Dpipedrive")
    );
}

/// The server gives it out to RingCentral's own accounts only.
#[test]
fn what_an_administrator_keeps_is_said_to_be_out_of_reach() {
    let manifest = json!({ "platforms": { "crm": { "auth": { "type": "oauth", "oauth": { "adminManaged": { "enabled": true } } } } } });
    let error = ServerManifest::parse(&manifest.to_string(), "crm", None).unwrap_err();
    assert_eq!(error.kind, Kind::Unsupported, "{error}");
    assert!(error.hint.is_some());
    // No other way to sign in is guessed at.
    let manifest = json!({ "platforms": { "crm": { "auth": { "type": "oauth", "oauth": { "clientId": "c", "redirectUri": "https://x.example.test/" } } } } });
    let error = ServerManifest::parse(&manifest.to_string(), "crm", None).unwrap_err();
    assert_eq!(error.message, "The manifest's sign-in has no \"authUrl\"");
}

#[tokio::test]
async fn whoever_is_slow_to_answer_keeps_nobody_beyond_the_deadline() {
    let peer = Peer::start().await;
    bullhorn(&peer);
    let desk = with_user(&peer, Some("pat.tester")).await;
    peer.instead(
        "/rest-services/loginInfo",
        Instead {
            delay: Duration::from_secs(5),
            ..Instead::of(200, "{}")
        },
    );
    let mut cx = desk.cx();
    cx.deadline = Duration::from_millis(200);
    let slow = desk.connector.sign_in_page(cx).await.unwrap_err();
    assert_eq!(slow.kind, Kind::Timeout);
}
