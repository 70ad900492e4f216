//! Connections that sign in by themselves, by the client's own credentials or by a password: they wait as a renewal does, and
//! what they get takes the place of what was there.

use std::time::Duration;

use ringside_domain::{
    Kind, Retry, SignIn,
    credentials::Secret,
    sign_in::{ClientAuth, Grant, TokenAsk},
};

use crate::{browser::Missing, grants::NAME, house::House, provider::Provider};

const JSON: &str = "application/json";
const REFUSED: &[u8] = br#"{"error":"invalid_grant"}"#;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn password(typed: &str) -> TokenAsk {
    TokenAsk::Password {
        user: "ann@example.com".to_owned(),
        password: Secret::new(typed),
    }
}

/// What a connection has before anybody signed in.
fn nothing() -> Grant {
    Grant {
        access: Secret::new(""),
        refresh: None,
        expires_in: None,
        expired: true,
        members: Vec::new(),
    }
}

/// What a connection has whose refresh token the provider ended.
fn ended() -> Grant {
    Grant {
        access: Secret::new("at-old"),
        refresh: Some(Secret::new("rt-ended")),
        expired: true,
        members: vec![("rest_url".to_owned(), "https://old.example.com".to_owned())],
        ..nothing()
    }
}

async fn start() -> (Provider, House) {
    (Provider::start().await, House::new(Missing))
}

fn asked(provider: &Provider) -> usize {
    provider.inner().asked.len()
}

fn throttle(provider: &Provider, status: u16, body: &str, seconds: Option<u64>) {
    let mut inner = provider.inner();
    inner.instead = Some((status, JSON, body.as_bytes().to_vec()));
    inner.retry_after = seconds.map(|seconds| seconds.to_string());
}

#[tokio::test]
async fn a_pause_is_kept_and_told_and_holds_nobody_else_up() {
    for ask in [TokenAsk::ClientCredentials, password("pass word")] {
        for (status, body, named, held) in [
            (429, "", Some(30), 30),
            (503, "", Some(30), 30),
            (400, r#"{"error":"slow_down"}"#, None, 60),
            (400, r#"{"error":"temporarily_unavailable"}"#, Some(45), 45),
            (429, "", Some(86_400), 600),
        ] {
            let (provider, house) = start().await;
            let now = nothing();
            let of = |name| house.sign_in.refresh(name, &now, provider.ask(ask.clone()));
            throttle(&provider, status, body, named);
            let error = of(NAME).await.unwrap_err();
            assert!(matches!(error.kind, Kind::RateLimited | Kind::Unavailable), "{error}");
            let pause = named.unwrap_or(60);
            assert_eq!(error.retry, Retry::After(secs(pause)), "{status} {body}");

            // The provider would answer; nobody asks.
            provider.inner().instead = None;
            house.clock.pass(secs(held - 10));
            let again = of(NAME).await.unwrap_err();
            let left = Retry::After(secs(pause - (held - 10)));
            assert_eq!((again.kind, again.retry), (error.kind, left), "{status} {body}");
            assert!(!again.may_have_happened);
            assert!(!house.sign_in.asks(NAME, &now, &provider.ask(ask.clone())).await);
            assert_eq!(asked(&provider), 1, "{status} {body}");

            of("another connection").await.unwrap();
            assert_eq!(asked(&provider), 2);

            house.clock.pass(secs(10));
            let fresh = of(NAME).await.unwrap();
            // A good answer ends it: the next one is asked for at once.
            house
                .sign_in
                .refresh(NAME, &fresh, provider.ask(ask.clone()))
                .await
                .unwrap();
            assert_eq!(asked(&provider), 4);
        }
    }
}

#[tokio::test]
async fn a_pause_is_forgotten_with_the_connection() {
    let (provider, house) = start().await;
    let now = nothing();
    let refresh = || {
        house
            .sign_in
            .refresh(NAME, &now, provider.ask(TokenAsk::ClientCredentials))
    };
    throttle(&provider, 429, "", Some(300));
    refresh().await.unwrap_err();
    provider.inner().instead = None;
    refresh().await.unwrap_err();
    house.sign_in.forget(NAME).await.unwrap();
    refresh().await.unwrap();
    assert_eq!(asked(&provider), 2);
}

/// What was typed wrong may be right the next time, and what was typed anew was not asked with yet.
#[tokio::test]
async fn another_password_waits_for_no_pause_of_the_one_before() {
    let (provider, house) = start().await;
    let now = nothing();
    let with = |typed| house.sign_in.refresh(NAME, &now, provider.ask(password(typed)));
    throttle(&provider, 429, "", Some(300));
    with("wrong one").await.unwrap_err();
    with("wrong one").await.unwrap_err();
    assert_eq!(asked(&provider), 1);
    provider.inner().instead = None;
    with("pass word").await.unwrap();
    assert_eq!(asked(&provider), 2);
}

/// A password opens the door that the refresh token no longer does. Both were answered, so that both wait.
#[tokio::test]
async fn a_refused_refresh_token_and_a_throttled_password_are_both_remembered() {
    let (provider, house) = start().await;
    house.sign_in.keep(NAME, ended()).await.unwrap();
    let stale = ended();
    let by = |ask| house.sign_in.refresh(NAME, &stale, provider.ask(ask));
    provider.inner().instead = Some((400, JSON, REFUSED.to_vec()));
    assert_eq!(by(TokenAsk::Refresh).await.unwrap_err().kind, Kind::SignInNeeded);
    throttle(&provider, 429, "", Some(300));
    assert_eq!(by(password("pass word")).await.unwrap_err().kind, Kind::RateLimited);
    for _ in 0..2 {
        assert_eq!(by(TokenAsk::Refresh).await.unwrap_err().kind, Kind::SignInNeeded);
        assert_eq!(by(password("pass word")).await.unwrap_err().kind, Kind::RateLimited);
    }
    assert_eq!(asked(&provider), 2, "each of them once");
}

/// Else it would be shown again, and refused, each time the new token ends.
#[tokio::test]
async fn what_is_granted_anew_keeps_nothing_of_the_grant_that_ended() {
    let (provider, mut house) = start().await;
    house.sign_in.keep(NAME, ended()).await.unwrap();
    assert!(house.keyring.text(NAME).unwrap().contains("rt-ended"));
    let ask = provider.ask(TokenAsk::ClientCredentials);
    let fresh = house.sign_in.refresh(NAME, &ended(), ask).await.unwrap();
    assert_eq!(fresh.refresh, None);
    assert!(
        fresh.members.iter().all(|(name, _)| name != "rest_url"),
        "{:?}",
        fresh.members
    );
    assert_eq!(house.keyring.text(NAME), None, "the one that ended is nowhere");
    house.restarted();
    assert_eq!(house.sign_in.kept(NAME).await.unwrap(), None);
}

#[tokio::test]
async fn a_token_without_an_end_outlives_the_program() {
    let (provider, mut house) = start().await;
    provider.inner().lifetime = None;
    let ask = || provider.ask(TokenAsk::ClientCredentials);
    let fresh = house.sign_in.refresh(NAME, &nothing(), ask()).await.unwrap();
    house.restarted();
    let kept = house.sign_in.kept(NAME).await.unwrap().unwrap();
    assert_eq!((kept.access, kept.expired), (fresh.access.clone(), false));

    // Refused by the CRM all the same, the next one takes its place there, too.
    let next = house.sign_in.refresh(NAME, &fresh, ask()).await.unwrap();
    house.restarted();
    assert_eq!(house.sign_in.kept(NAME).await.unwrap().unwrap().access, next.access);
}

/// Until the provider was asked so often.
async fn is_asked(provider: &Provider, times: usize) {
    let waiting = async {
        while asked(provider) < times {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(secs(10), waiting).await.unwrap();
}

#[tokio::test]
async fn who_has_little_time_is_told_who_did_not_answer() {
    let (provider, house) = start().await;
    let _hold = provider.hold();
    let mut hurried = provider.ask(TokenAsk::ClientCredentials);
    hurried.deadline = Duration::from_millis(100);
    let error = house.sign_in.refresh(NAME, &nothing(), hurried).await.unwrap_err();
    assert_eq!(error.kind, Kind::Timeout);
    assert_eq!(error.message, "Sample CRM did not answer in time when asked to sign in");
}

/// Who corrects a password while the wrong one is on its way is not told of that one.
#[tokio::test]
async fn another_password_does_not_wait_for_the_answer_to_the_one_before() {
    let (provider, house) = start().await;
    let of = |typed| {
        let (sign_in, ask) = (house.sign_in.clone(), provider.ask(password(typed)));
        tokio::spawn(async move { sign_in.refresh(NAME, &nothing(), ask).await })
    };
    let hold = provider.hold();
    let (wrong, the_same) = (of("wrong one"), of("wrong one"));
    is_asked(&provider, 1).await;
    let right = of("pass word");
    is_asked(&provider, 2).await;
    hold.add_permits(2);
    let fresh = right.await.unwrap().unwrap();
    assert!(wrong.await.unwrap().is_err() && the_same.await.unwrap().is_err());
    assert_eq!(asked(&provider), 2);
    assert_eq!(house.sign_in.kept(NAME).await.unwrap(), Some(fresh));
}

/// It may be the token of another account.
#[tokio::test]
async fn what_comes_late_for_the_client_of_before_replaces_nothing() {
    let (provider, house) = start().await;
    provider.inner().lifetime = None;
    let of = |ask| {
        let sign_in = house.sign_in.clone();
        tokio::spawn(async move { sign_in.refresh(NAME, &nothing(), ask).await })
    };
    let late = provider.hold();
    let before = of(provider.ask(TokenAsk::ClientCredentials));
    is_asked(&provider, 1).await;
    let mut ask = provider.ask(TokenAsk::ClientCredentials);
    (ask.client_auth, ask.client_secret) = (ClientAuth::None, None);
    provider.hold().add_permits(1);
    let newer = of(ask).await.unwrap().unwrap();
    late.add_permits(1);
    assert_eq!(before.await.unwrap().unwrap(), newer);
    assert_eq!(house.sign_in.kept(NAME).await.unwrap(), Some(newer.clone()));
    let access = String::from_utf8(newer.access.expose().to_vec()).unwrap();
    assert!(house.keyring.text(NAME).unwrap().contains(&access));
}
