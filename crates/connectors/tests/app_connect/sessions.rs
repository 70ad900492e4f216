//! Signing in, staying signed in, and what a person is asked when that ends.

use std::time::Duration;

use ringside_connectors::app_connect::{AppConnect, read_manifest};
use ringside_domain::{Connector, Kind, Retry};
use ringside_host::http::{Web, WebOptions};
use serde_json::json;

use crate::{
    desk::{Desk, Plan, kind, named, number},
    peer::{Instead, Peer},
};

#[tokio::test]
async fn a_rotated_token_replaces_the_old_one_for_good() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    desk.connector.check(desk.cx()).await.unwrap();
    let first = desk.token().unwrap();
    peer.house().rotates = true;
    desk.connector
        .find_contact_with_name(desk.cx(), named("verdi"))
        .await
        .unwrap();
    let second = desk.token().unwrap();
    assert_ne!(first, second);
    peer.house().rotates = false;
    peer.house().tokens.remove(&first);
    desk.connector
        .find_contact_with_name(desk.cx(), named("verdi"))
        .await
        .unwrap();
    let bearer: Vec<_> = peer
        .asked("GET", "/custom/contact/search")
        .into_iter()
        .map(|asked| asked.token.unwrap())
        .collect();
    assert_eq!(bearer, [first, second.clone()]);
    // After a start it is the keyring's, and nobody logs in.
    let desk = desk.restarted();
    desk.connector
        .find_contact_with_name(desk.cx(), named("verdi"))
        .await
        .unwrap();
    assert_eq!(
        (desk.token().unwrap(), peer.asked("POST", "/apiKeyLogin").len()),
        (second, 1)
    );
}

#[tokio::test]
async fn a_token_of_somebody_else_is_not_taken() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    desk.connector.check(desk.cx()).await.unwrap();
    let ours = desk.token().unwrap();
    let other = peer.house().new_token("otherCRM");
    for stranger in [other, "junk".into(), "e30.e30.e30".into()] {
        peer.instead(
            "/contact",
            Instead {
                headers: vec![("x-refreshed-jwt-token", stranger)],
                ..Instead::of(200, r#"{"successful":true,"contact":[]}"#)
            },
        );
        desk.connector
            .find_contact(desk.cx(), number("+12025550142", ""))
            .await
            .unwrap();
        assert_eq!(desk.token().unwrap(), ours);
    }
}

#[tokio::test]
async fn ten_lookups_at_once_log_in_once() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let asks = (0..10).map(|_| desk.connector.find_contact(desk.cx(), number("+12025550142", "")));
    for found in futures_util::future::join_all(asks).await {
        assert_eq!(found.unwrap().contacts.len(), 2);
    }
    assert_eq!(peer.asked("POST", "/apiKeyLogin").len(), 1);
    // The session ends for all of them at once.
    peer.house().tokens.clear();
    let asks = (0..10).map(|_| desk.connector.find_contact(desk.cx(), number("+12025550142", "")));
    for found in futures_util::future::join_all(asks).await {
        assert_eq!(found.unwrap().contacts.len(), 2);
    }
    assert_eq!(peer.asked("POST", "/apiKeyLogin").len(), 2);
}

#[tokio::test]
async fn a_refused_key_is_not_tried_at_every_call() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan {
        key: "wrong",
        ..Plan::of(&peer.url)
    })
    .await;
    for _ in 0..3 {
        let refused = desk
            .connector
            .find_contact(desk.cx(), number("+12025550142", ""))
            .await
            .unwrap_err();
        assert_eq!((refused.kind, refused.retry), (Kind::SignInNeeded, Retry::AfterPerson));
    }
    assert_eq!(peer.asked("POST", "/apiKeyLogin").len(), 1);
    // A person corrected the key and tries the connection.
    desk.keyring.put("connection/ac/api_key", crate::desk::KEY);
    desk.connector.check(desk.cx()).await.unwrap();
    assert_eq!(
        desk.connector
            .find_contact(desk.cx(), number("+12025550142", ""))
            .await
            .unwrap()
            .contacts
            .len(),
        2
    );
    // No key at all is said before anything is sent.
    let desk = Desk::new(Plan {
        key: "",
        ..Plan::of(&peer.url)
    })
    .await;
    let missing = desk.connector.check(desk.cx()).await.unwrap_err();
    assert_eq!(
        (missing.kind, missing.field.as_deref(), missing.message.as_ref()),
        (Kind::SignInNeeded, Some("apiKey"), "\"API key\" of Test CRM is missing")
    );
}

/// A caller who is looked for in vain would be the first to show it.
#[tokio::test]
async fn a_key_that_may_not_look_for_people_is_told_at_the_test() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let refused = r#"{"successful":false,"returnMessage":{"message":"Authorization error"}}"#;
    peer.instead("/contact", Instead::of(200, refused));
    assert_eq!(kind(desk.connector.check(desk.cx()).await), Kind::Forbidden);
    let partly = r#"{"successful":true,"contact":[{"id":1,"name":"x"}],"returnMessage":{"message":"Leads are not yours to see","messageType":"warning"}}"#;
    peer.instead("/contact", Instead::of(200, partly));
    let account = desk.connector.check(desk.cx()).await.unwrap();
    assert_eq!(account.limits, ["Test CRM says: Leads are not yours to see"]);
    assert!(desk.connector.check(desk.cx()).await.unwrap().limits.is_empty());
}

#[tokio::test]
async fn the_login_says_what_the_manifest_asks_for() {
    let peer = Peer::start().await;
    let parameters = vec![
        ("tenantId", "t-9".to_owned()),
        ("hostname", "https://eu.crm.example.test/login".to_owned()),
    ];
    let desk = Desk::new(Plan {
        parameters,
        ..Plan::of(&peer.url)
    })
    .await;
    desk.connector.sign_in(desk.cx()).await.unwrap();
    let sent = peer.asked("POST", "/apiKeyLogin").remove(0);
    assert_eq!(
        sent.body,
        json!({ "platform": "testCRM", "apiKey": crate::desk::KEY, "hostname": "eu.crm.example.test",
            "additionalInfo": { "apiKey": crate::desk::KEY, "tenantId": "t-9" } })
    );
    assert_eq!((sent.raw_query.as_str(), sent.token), ("", None));
    let found = desk
        .connector
        .find_contact(desk.cx(), number("+12025550199", ""))
        .await
        .unwrap();
    assert_eq!(
        found.contacts[0].url.as_deref(),
        Some("https://eu.crm.example.test/Contact/c-3")
    );
}

#[tokio::test]
async fn a_server_that_is_down_does_not_refuse_the_key() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    peer.instead(
        "/apiKeyLogin",
        Instead {
            headers: vec![("retry-after", "5".into())],
            ..Instead::of(503, r#"{"error":"Service unavailable"}"#)
        },
    );
    let down = desk.connector.check(desk.cx()).await.unwrap_err();
    assert_eq!(
        (down.kind, down.retry, down.may_have_happened),
        (Kind::Unavailable, Retry::After(Duration::from_secs(5)), false)
    );
    assert_eq!(
        desk.connector
            .find_contact(desk.cx(), number("+12025550142", ""))
            .await
            .unwrap()
            .contacts
            .len(),
        2
    );
}

#[tokio::test]
async fn oauth_goes_through_the_browser_and_a_revoked_session_asks_the_person() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan {
        platform: "testOAuth",
        key: "",
        ..Plan::of(&peer.url)
    })
    .await;
    let crm = &desk.connector;
    assert_eq!(crm.signs_in_with_browser().await, Some(true));
    assert_eq!(
        kind(crm.find_contact(desk.cx(), number("+12025550142", "")).await),
        Kind::SignInNeeded
    );
    assert_eq!(crm.sign_in_page(desk.cx()).await.unwrap(), None);
    let account = crm.sign_in(desk.cx()).await.unwrap();
    assert_eq!(
        (account.id.as_str(), account.name.as_str()),
        ("u-1-testOAuth@testOAuth", "Olga OAuth")
    );
    let opened = desk.browser.0.lock().unwrap().take().unwrap();
    assert_eq!(
        (
            opened.url.as_str(),
            opened.client_id.as_str(),
            opened.scope.as_str(),
            opened.pkce
        ),
        (
            "https://login.example.test/authorize?tenant=1&prompt=login",
            "cid",
            "contacts.read contacts.write",
            false
        )
    );
    assert_eq!(
        (
            opened.redirect.port,
            opened.redirect.path.as_str(),
            opened.hosts.allowed
        ),
        (Some(6099), "/redirect", vec!["login.example.test".to_owned()])
    );
    let sent = peer.asked("GET", "/oauth-callback").remove(0);
    assert_eq!(
        sent.value("callbackUri").unwrap(),
        "http://127.0.0.1:6099/redirect?code=one%2Btime%2Fcode%3D&state=platform%3DtestOAuth"
    );
    assert_eq!(crm.check(desk.cx()).await.unwrap(), account);

    // A connector without `authValidation` is asked for a log that nobody has.
    peer.instead(
        "/authValidation",
        Instead::of(400, r#"{"error":"platformModule.authValidation is not a function"}"#),
    );
    assert_eq!(crm.check(desk.cx()).await.unwrap(), account);
    let revoked = r#"{"successful":false,"returnMessage":{"message":"User session expired. Please connect again.","messageType":"warning","ttl":5000},"errorCode":"CRM_SESSION_REVOKED"}"#;
    peer.instead("/contact", Instead::of(401, revoked));
    let over = crm
        .find_contact(desk.cx(), number("+12025550142", ""))
        .await
        .unwrap_err();
    assert_eq!(
        (over.kind, over.message.as_ref()),
        (Kind::SignInNeeded, "You are no longer signed in to Test OAuth")
    );
    // The CRM refused something while the session is there, and once it is not.
    let refused = r#"{"successful":false,"returnMessage":{"message":"Authorization error"}}"#;
    peer.instead("/contact", Instead::of(200, refused));
    assert_eq!(
        kind(crm.find_contact(desk.cx(), number("+12025550142", "")).await),
        Kind::Forbidden
    );
    peer.instead("/authValidation", Instead::of(200, refused));
    assert_eq!(kind(crm.check(desk.cx()).await), Kind::SignInNeeded);
    peer.instead("/contact", Instead::of(200, refused));
    peer.instead("/callLog", Instead::of(200, refused));
    assert_eq!(
        kind(crm.find_contact(desk.cx(), number("+12025550142", "")).await),
        Kind::SignInNeeded
    );
    // Logged out at the server, which only says that it found nobody.
    peer.house().logged_in = false;
    assert_eq!(
        kind(crm.find_contact(desk.cx(), number("+12025550142", "")).await),
        Kind::SignInNeeded
    );
    assert_eq!(
        kind(crm.find_contact_with_name(desk.cx(), named("zzz")).await),
        Kind::SignInNeeded
    );
}

#[tokio::test]
async fn a_connection_without_a_manifest_reads_and_remembers_it_and_notices_another_sign_in() {
    let peer = Peer::start().await;
    let desk = Desk::bare(Plan::of(&peer.url));
    assert!(desk.connector.info().types.is_empty() && !desk.connector.capability().log_fields);
    // Nobody is asked just to show it.
    assert_eq!(desk.connector.signs_in_with_browser().await, None);
    assert!(peer.asked("GET", "/crmManifest").is_empty());
    assert_eq!(
        desk.connector
            .find_contact(desk.cx(), number("+12025550142", ""))
            .await
            .unwrap()
            .contacts
            .len(),
        2
    );
    assert_eq!(desk.connector.info().types.len(), 2);
    let desk = desk.restarted();
    assert_eq!(desk.connector.signs_in_with_browser().await, Some(false));
    desk.connector
        .find_contact(desk.cx(), number("+12025550142", ""))
        .await
        .unwrap();
    assert_eq!(peer.asked("GET", "/crmManifest").len(), 1);
    // Looking at it reads it again.
    peer.house().manifest["platforms"]["testCRM"]["contactTypes"] = json!([{ "value": "Deal" }]);
    desk.connector.check(desk.cx()).await.unwrap();
    assert_eq!(desk.connector.info().types[0].id, "Deal");
    let other = peer.house().manifest["platforms"]["testOAuth"]["auth"].clone();
    peer.house().manifest["platforms"]["testCRM"]["auth"] = other;
    assert_eq!(kind(desk.connector.check(desk.cx()).await), Kind::Conflict);
}

#[tokio::test]
async fn the_form_learns_what_is_wrong_with_an_address_or_a_platform() {
    let peer = Peer::start().await;
    let desk = Desk::bare(Plan::of(&peer.url));
    let web = std::sync::Arc::new(Web::new(WebOptions::default()).unwrap());
    let server = desk.setup.server.clone().unwrap();
    let wrong = read_manifest(web.clone(), &server, "nosuch", &desk.cx())
        .await
        .unwrap_err();
    assert_eq!(wrong.message, "The App Connect server says: Platform not found");
    for (answer, kind) in [
        (Instead::of(404, "<html>Not found</html>"), Kind::NotFound),
        // Nobody has signed in yet: somebody else's server is behind this address.
        (Instead::of(401, "<html>Sign in</html>"), Kind::NotFound),
        (Instead::of(200, "<html>Welcome</html>"), Kind::Invalid),
        (Instead::of(200, r#"{"platforms":{}}"#), Kind::Invalid),
    ] {
        peer.instead("/crmManifest", answer);
        assert_eq!(
            read_manifest(web.clone(), &server, "testCRM", &desk.cx())
                .await
                .unwrap_err()
                .kind,
            kind
        );
    }
    // Older servers have no list of functions.
    peer.instead("/implementedInterfaces", Instead::of(404, "no"));
    let manifest = read_manifest(web, &server, "testCRM", &desk.cx()).await.unwrap();
    assert!(manifest.finds_names && !manifest.takes_dispositions);
    let fields: Vec<_> = manifest
        .login_fields()
        .into_iter()
        .map(|field| (field.name, field.secret))
        .collect();
    assert_eq!(fields, [("apiKey".into(), true), ("tenantId".into(), false)]);

    let mut nowhere = desk.setup.clone();
    nowhere.server = None;
    assert_eq!(
        AppConnect::new(&desk.parts, &nowhere).unwrap_err().field.as_deref(),
        Some("server")
    );
}
