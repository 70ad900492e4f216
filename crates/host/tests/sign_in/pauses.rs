//! Renewals that a provider puts off: nobody is signed out by them, and nobody insists.

use std::time::Duration;

use ringside_domain::{Kind, Retry, SignIn, credentials::Secret, sign_in::TokenAsk};

use crate::{
    browser::Missing,
    grants::{NAME, long_ago},
    house::House,
    provider::Provider,
};

/// Zoho's, word for word, of the eleventh token within ten minutes. Status 400 by those who met it, 200 by Zoho's own forum.
const ZOHO: &str = r#"{"error_description":"You have made too many requests continuously. Please try again after some time.","error":"Access Denied","status":"failure"}"#;
const EXACT: &str = r#"{"error":"access_denied","error_description":"Rate limit exceeded: access_token not expired"}"#;
const MICROSOFT: &str = r#"{"error":"invalid_grant","error_description":"AADSTS50196: The server terminated an operation because it encountered a loop while processing a request."}"#;
const JSON: &str = "application/json";

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn asked_too_often_is_no_end_of_a_sign_in() {
    for (status, body) in [(400, ZOHO), (200, ZOHO), (400, EXACT), (400, MICROSOFT), (403, ZOHO)] {
        let (provider, house, stale) = long_ago().await;
        let refresh = || house.sign_in.refresh(NAME, &stale, provider.ask(TokenAsk::Refresh));
        provider.inner().instead = Some((status, JSON, body.as_bytes().to_vec()));
        let error = refresh().await.unwrap_err();
        assert_eq!(error.kind, Kind::RateLimited, "{status} {body}: {error}");
        assert_eq!(error.retry, Retry::After(secs(60)), "{error}");
        let theirs = ["too many requests", "access_token not expired", "encountered a loop"];
        assert!(theirs.iter().any(|words| error.message.contains(words)), "{error}");
        assert!(error.message.starts_with("Sample CRM says"), "{error}");
        assert!(!error.to_string().contains("rt-long-ago"), "{error}");
        assert_eq!(
            error.hint.as_deref(),
            Some("No new sign-in is needed: it is asked again after a pause")
        );

        // Nobody asks before the pause is over, though the provider would answer: RingCentral begins it anew for that.
        provider.inner().instead = None;
        house.clock.pass(secs(20));
        let error = refresh().await.unwrap_err();
        assert_eq!((error.kind, error.retry), (Kind::RateLimited, Retry::After(secs(40))));
        assert_eq!(provider.refreshes(), 1);
        house.clock.pass(secs(40));
        refresh().await.unwrap();
        assert_eq!(provider.refreshes(), 2);
    }
}

#[tokio::test]
async fn a_named_pause_is_kept_for_ten_minutes_at_most() {
    for (status, named, held) in [(429, "30", 30), (503, "30", 30), (400, "45", 45), (429, "86400", 600)] {
        let (provider, house, stale) = long_ago().await;
        let refresh = || house.sign_in.refresh(NAME, &stale, provider.ask(TokenAsk::Refresh));
        provider.inner().instead = Some((status, "text/plain", b"not now".to_vec()));
        provider.inner().retry_after = Some(named.to_owned());
        let error = refresh().await.unwrap_err();
        assert!(matches!(error.kind, Kind::RateLimited | Kind::Unavailable), "{error}");
        assert_eq!(error.retry, Retry::After(secs(named.parse().unwrap())));
        provider.inner().instead = None;
        house.clock.pass(secs(held - 1));
        refresh().await.unwrap_err();
        assert_eq!(provider.refreshes(), 1, "{status} {named}");
        house.clock.pass(secs(1));
        refresh().await.unwrap();
    }
}

/// The page that nginx shows for 502, 503 and 504.
#[tokio::test]
async fn a_server_that_is_down_is_asked_again_with_the_next_call() {
    let page = "<html><body><h1>An error occurred.</h1><p>Sorry, the page you are looking for is currently unavailable.<br/>\n\
                Please try again later.</p></body></html>";
    let (provider, house, stale) = long_ago().await;
    let refresh = || house.sign_in.refresh(NAME, &stale, provider.ask(TokenAsk::Refresh));
    provider.inner().instead = Some((503, "text/html", page.as_bytes().to_vec()));
    let error = refresh().await.unwrap_err();
    assert_eq!((error.kind, error.retry), (Kind::Unavailable, Retry::Later), "{error}");
    assert!(error.may_have_happened, "{error}");
    refresh().await.unwrap_err();
    assert_eq!(provider.refreshes(), 2);
    provider.inner().instead = None;
    refresh().await.unwrap();
}

#[tokio::test]
async fn who_signs_in_again_or_has_another_client_waits_for_no_pause() {
    let (provider, house, stale) = long_ago().await;
    provider.inner().instead = Some((400, JSON, ZOHO.as_bytes().to_vec()));
    let ask = || provider.ask(TokenAsk::Refresh);
    house.sign_in.refresh(NAME, &stale, ask()).await.unwrap_err();
    let mut other = ask();
    other.client_id = "somebody else".to_owned();
    let error = house.sign_in.refresh(NAME, &stale, other).await.unwrap_err();
    assert_eq!((error.kind, provider.refreshes()), (Kind::RateLimited, 2));

    provider.inner().instead = None;
    house.sign_in.keep(NAME, stale.clone()).await.unwrap();
    house.sign_in.refresh(NAME, &stale, ask()).await.unwrap();
}

/// Exact Online gives tokens for ten minutes, and renews none earlier than half a minute before its end.
#[tokio::test]
async fn a_token_that_cannot_be_renewed_yet_is_used_to_its_end() {
    let (provider, house, stale) = long_ago().await;
    house.clock.pass(secs(545));
    let about_to_end = house.sign_in.kept(NAME).await.unwrap().unwrap();
    assert!(about_to_end.expired, "a minute before");
    let refresh = || {
        house
            .sign_in
            .refresh(NAME, &about_to_end, provider.ask(TokenAsk::Refresh))
    };
    provider.inner().instead = Some((400, JSON, EXACT.as_bytes().to_vec()));
    assert_eq!(refresh().await.unwrap().access, stale.access);
    assert_eq!(refresh().await.unwrap().access, stale.access);
    assert_eq!(provider.refreshes(), 1);

    // One that the CRM refused is worth nothing, whatever the clock says.
    let refused = house
        .sign_in
        .refresh(NAME, &stale, provider.ask(TokenAsk::Refresh))
        .await;
    assert_eq!(refused.unwrap_err().kind, Kind::RateLimited);

    house.clock.pass(secs(55));
    assert_eq!(refresh().await.unwrap_err().kind, Kind::RateLimited, "over by now");
    provider.inner().instead = None;
    house.clock.pass(secs(5));
    assert_ne!(refresh().await.unwrap().access, stale.access);
}

#[tokio::test]
async fn words_that_nobody_knows_are_shown_and_not_held_against_it_for_an_hour() {
    let odd = r#"{"error":"Something Odd","error_description":"The moon is in the wrong house"}"#;
    for (status, body, minutes) in [
        (200, odd, 10),
        (400, odd, 10),
        (400, r#"{"error":"access_denied"}"#, 10),
        (400, r#"{"error":"invalid_grant"}"#, 60),
    ] {
        let (provider, house, stale) = long_ago().await;
        let refresh = || house.sign_in.refresh(NAME, &stale, provider.ask(TokenAsk::Refresh));
        provider.inner().instead = Some((status, JSON, body.as_bytes().to_vec()));
        let error = refresh().await.unwrap_err();
        assert_eq!(error.kind, Kind::SignInNeeded, "{status} {body}: {error}");
        let theirs = body != odd || error.message.contains("The moon is in the wrong house");
        assert!(theirs && error.message.starts_with("Sample CRM "), "{error}");
        provider.inner().instead = None;
        house.clock.pass(secs(60 * minutes - 1));
        assert_eq!(refresh().await.unwrap_err().kind, Kind::SignInNeeded);
        assert_eq!(provider.refreshes(), 1);
        house.clock.pass(secs(1));
        refresh().await.unwrap();
    }
}

#[tokio::test]
async fn a_code_that_comes_too_often_says_what_to_do() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    provider.inner().instead = Some((400, JSON, ZOHO.as_bytes().to_vec()));
    let ask = provider.ask(TokenAsk::Code {
        code: Secret::new("code-1"),
        redirect_uri: "http://127.0.0.1/callback".to_owned(),
        verifier: None,
    });
    let error = house.sign_in.token(ask).await.err().unwrap();
    assert_eq!(error.kind, Kind::RateLimited);
    assert_eq!(error.hint.as_deref(), Some("Wait a few minutes, then sign in again"));
}
