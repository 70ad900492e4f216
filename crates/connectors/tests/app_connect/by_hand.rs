//! Sign-ins that a person ends by hand, at a page of the vendor's, and the two platforms that the vendor's client signs in to
//! in ways of their own.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_connectors::app_connect::ServerManifest;
use ringside_domain::{Error, Kind, Url, credentials::Secret};
use serde_json::{Value, json};

use crate::{
    desk::{Desk, Plan, kind, texts},
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
    assert_eq!(asked, [("username".into(), false, true)]);

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
