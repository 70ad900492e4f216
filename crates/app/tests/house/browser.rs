//! Signing in in the browser: whose account it is, somebody else's, cancelled, out again.

use std::sync::Arc;

use ringside_ipc::{
    ApiError,
    call::AskedState,
    connection::{ConnectionStateDto, SignedInDto},
};
use tokio::sync::{Notify, Semaphore};

use super::{
    connect::{answers, found, holding, named, put, shown, with_key},
    *,
};
use crate::support::crm::{Crm, KEY, OAUTH, Person, manifest};

pub fn with_person(house: &House, crm: &Crm, away: bool) -> (ringside_app::StartOptions, Arc<Notify>) {
    let mut options = house.options(RoleDto::App);
    let opened = Arc::new(Notify::new());
    options.ports.browser = Arc::new(Person {
        seen: crm.seen.clone(),
        away,
        opened: opened.clone(),
    });
    (options, opened)
}

pub async fn start(options: ringside_app::StartOptions) -> App {
    match ringside_app::start(options).await.unwrap() {
        Start::Owner(app) => app,
        Start::Taken(_) => panic!("taken"),
    }
}

pub fn without_key(crm: &Crm) -> AddConnectionArgs {
    AddConnectionArgs {
        secrets: [].into(),
        ..with_key(crm, KEY)
    }
}

/// An app in which somebody has signed in to a CRM of their own.
pub async fn signed_in() -> (House, Crm, App) {
    let (house, crm) = (House::new(), Crm::start().await);
    put(&house, "acme.toml", &manifest("acme", OAUTH));
    let app = start(with_person(&house, &crm, false).0).await;
    app.add_connection(without_key(&crm)).await.unwrap();
    app.sign_in(named("own-acme")).await.unwrap();
    (house, crm, app)
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_in_the_browser() {
    let (house, crm) = (House::new(), Crm::start().await);
    put(&house, "acme.toml", &manifest("acme", OAUTH));
    let app = start(with_person(&house, &crm, false).0).await;
    let added = app.add_connection(without_key(&crm)).await.unwrap();
    assert_eq!(added.state, ConnectionStateDto::SignInNeeded);
    assert!(added.can_sign_in);
    assert_eq!(found(&app).await, 0);
    let SignedInDto::Done { connection } = app.sign_in(named("own-acme")).await.unwrap() else {
        panic!("it waits")
    };
    assert_eq!(connection.account.as_deref(), Some("Team acme"));
    assert_eq!(
        (shown(&app).await.state, found(&app).await),
        (ConnectionStateDto::Ready, 1)
    );
    assert_eq!(holding(house.root.path(), "token-of-acme"), Vec::<String>::new());

    // Somebody else's account is not this connection's.
    "others".clone_into(&mut crm.seen.next.lock().unwrap());
    let error = app.sign_in(named("own-acme")).await.unwrap_err();
    assert_eq!(error.code, "conflict", "{error}");
    assert_eq!(shown(&app).await.state, ConnectionStateDto::SignInNeeded);
    assert_eq!(answers(&app).await, AskedState::Failed);
    app.stop().await;

    let app = start(with_person(&house, &crm, false).0).await;
    until("after a start, too", || async {
        shown(&app).await.state == ConnectionStateDto::SignInNeeded
    })
    .await;
    "acme".clone_into(&mut crm.seen.next.lock().unwrap());
    app.sign_in(named("own-acme")).await.unwrap();
    assert_eq!(found(&app).await, 1);
    let out = app.sign_out(named("own-acme")).await.unwrap();
    assert_eq!(
        (out.state, answers(&app).await),
        (ConnectionStateDto::SignInNeeded, AskedState::Failed)
    );
    assert!(house.secrets.text("connection/own-acme/oauth").is_none());
    app.stop().await;
}

/// What a program that was killed leaves in the keyring.
pub fn only_refresh_token(house: &House) {
    let entry = r#"{"version":1,"refresh":"acme","members":[]}"#;
    house.secrets.put("connection/own-acme/oauth", entry);
}

/// A command without the app is a start and an end each time.
#[tokio::test(flavor = "multi_thread")]
async fn who_starts_again_within_the_hour_renews_nothing() {
    let (house, crm, app) = signed_in().await;
    app.stop().await;
    *crm.seen.refresh.lock().unwrap() = Some("renews nobody".to_owned());
    for _ in 0..3 {
        let app = start(with_person(&house, &crm, false).0).await;
        assert_eq!(found(&app).await, 1);
        app.stop().await;
    }
    assert_eq!(holding(house.root.path(), "token-of-acme"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_quits_while_a_sign_in_is_renewed_is_still_signed_in() {
    let (house, crm, app) = signed_in().await;
    app.stop().await;

    // As after a crash, there is only the refresh token: the first call renews, and the provider takes its time.
    only_refresh_token(&house);
    *crm.seen.refresh.lock().unwrap() = Some("acme".to_owned());
    let hold = Arc::new(Semaphore::new(0));
    *crm.seen.hold.lock().unwrap() = Some(hold.clone());
    let app = start(with_person(&house, &crm, false).0).await;
    let asking = tokio::spawn({
        let app = app.clone();
        async move { answers(&app).await }
    });
    crm.seen.refreshes.notified().await;
    let release = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        hold.add_permits(10);
    };
    tokio::join!(app.stop(), release);
    asking.abort();
    let kept = house.secrets.text("connection/own-acme/oauth").unwrap();
    assert!(kept.contains("acme-next"), "what the provider gave is kept: {kept}");

    let app = start(with_person(&house, &crm, false).0).await;
    assert_eq!(found(&app).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_can_be_cancelled() {
    let (house, crm) = (House::new(), Crm::start().await);
    put(&house, "acme.toml", &manifest("acme", OAUTH));
    let (options, opened) = with_person(&house, &crm, true);
    let app = start(options).await;
    app.add_connection(without_key(&crm)).await.unwrap();
    let asking = |app: &App| {
        let app = app.clone();
        tokio::spawn(async move { app.sign_in(named("own-acme")).await })
    };
    let first = asking(&app);
    opened.notified().await;
    let second = asking(&app);
    let code = |ended: Result<SignedInDto, ApiError>| ended.unwrap_err().code;
    assert_eq!(code(first.await.unwrap()), "cancelled", "a newer one takes its place");
    opened.notified().await;
    app.cancel_sign_in(named("own-acme")).await.unwrap();
    assert_eq!(code(second.await.unwrap()), "cancelled");

    let third = asking(&app);
    opened.notified().await;
    app.remove_connection(named("own-acme")).await.unwrap();
    assert_eq!(code(third.await.unwrap()), "cancelled");
    app.stop().await;
}

/// The line at the top of every window sends nobody to sign in who is in the browser for that.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_to_sign_in_who_is_doing_so() {
    let (house, crm) = (House::new(), Crm::start().await);
    put(&house, "acme.toml", &manifest("acme", OAUTH));
    let (options, opened) = with_person(&house, &crm, true);
    let app = start(options).await;
    app.add_connection(without_key(&crm)).await.unwrap();
    let told = || async {
        let notices = app.snapshot(Nothing {}).await.unwrap().status.notices;
        notices.iter().any(|notice| notice.code == "sign_in")
    };
    until("it is told", told).await;
    let signing_in = {
        let app = app.clone();
        tokio::spawn(async move { app.sign_in(named("own-acme")).await })
    };
    opened.notified().await;
    until("it is told no more", || async { !told().await }).await;
    assert_eq!(shown(&app).await.state, ConnectionStateDto::SignInNeeded);

    app.cancel_sign_in(named("own-acme")).await.unwrap();
    signing_in.await.unwrap().unwrap_err();
    until("it is told again", told).await;

    // Whoever asked goes away: its command line was ended.
    let leaving = {
        let app = app.clone();
        tokio::spawn(async move { app.sign_in(named("own-acme")).await })
    };
    opened.notified().await;
    until("it is told no more", || async { !told().await }).await;
    leaving.abort();
    until("it is told again", told).await;
    app.stop().await;
}
