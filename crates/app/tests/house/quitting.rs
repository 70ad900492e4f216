//! The order of the last steps: what is only in memory is in the file before anybody waits for a keyring or a provider, for
//! whoever lets wait at the end may have us killed meanwhile.

use std::sync::Arc;

use ringside_app::unlock::KEY;
use tokio::sync::Semaphore;

use super::{
    browser::{only_refresh_token, signed_in, start, with_person},
    connect::{answers, found},
    *,
};
use crate::support::crm::Crm;

const GRANT: &str = "connection/own-acme/oauth";

/// An app in memory with one call that nobody has saved, and a keyring that gives the key again: it is asked a last time.
/// Somebody was signed in before, and only the refresh token is there.
async fn with_an_unsaved_call() -> (House, Crm, App, String) {
    let (house, crm, app) = signed_in().await;
    app.stop().await;
    only_refresh_token(&house);
    let key = house.secrets.text(KEY).unwrap();
    house.secrets.lose(KEY);
    let app = start(with_person(&house, &crm, false).0).await;
    let call = app.report(ringing("+44 20 7946 0199")).await.unwrap().call.unwrap();
    until("the call is in memory", || async {
        let store = app.snapshot(Nothing {}).await.unwrap().status.store;
        matches!(store, StoreStateDto::InMemory { unsaved: 1, .. })
    })
    .await;
    house.secrets.put(KEY, &key);
    (house, crm, app, call)
}

/// The call is in the file as it lies there at this moment: what a start finds after we were killed now.
async fn is_in_the_file(house: &House, call: &str) -> bool {
    let after = House::new();
    after.secrets.put(KEY, &house.secrets.text(KEY).unwrap());
    let (from, to) = (house.folders.database(), after.folders.database());
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    for part in ["", "-wal"] {
        let named = |path: &std::path::Path| format!("{}{part}", path.display());
        if std::fs::exists(named(&from)).unwrap() {
            std::fs::copy(named(&from), named(&to)).unwrap();
        }
    }
    let app = after.own().await;
    let there = app.call(CallArgs { call: call.to_owned() }).await.is_ok();
    app.stop().await;
    there
}

/// On a slow computer the end no longer waits for it, and it comes a moment later.
async fn has_kept(house: &House, token: &str) -> bool {
    house.secrets.text(GRANT).is_some_and(|kept| kept.contains(token))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyring_that_lets_an_access_token_wait_at_the_end_costs_no_call() {
    let (house, _crm, app, call) = with_an_unsaved_call().await;
    assert_eq!(found(&app).await, 1, "the sign-in was renewed, and is worth putting by");
    let put_by = house.secrets.let_wait(GRANT);
    let stopping = tokio::spawn({
        let app = app.clone();
        async move { app.stop().await }
    });
    tokio::time::timeout(Duration::from_secs(10), put_by.came.notified())
        .await
        .unwrap();
    assert!(is_in_the_file(&house, &call).await);
    put_by.go.add_permits(1);
    assert_eq!(stopping.await.unwrap(), 0);
    until("and it was put by", || has_kept(&house, "token-of-acme")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_lets_a_renewal_wait_at_the_end_costs_no_call() {
    let (house, crm, app, call) = with_an_unsaved_call().await;
    *crm.seen.refresh.lock().unwrap() = Some("acme".to_owned());
    let hold = Arc::new(Semaphore::new(0));
    *crm.seen.hold.lock().unwrap() = Some(hold.clone());
    let asking = tokio::spawn({
        let app = app.clone();
        async move { answers(&app).await }
    });
    crm.seen.refreshes.notified().await;
    let key = house.secrets.let_wait(KEY);
    key.go.add_permits(100);
    let stopping = tokio::spawn({
        let app = app.clone();
        async move { app.stop().await }
    });
    // Sooner than the provider's time is over.
    tokio::time::timeout(Duration::from_secs(4), key.came.notified())
        .await
        .unwrap();
    until("the call is in the file", || is_in_the_file(&house, &call)).await;
    hold.add_permits(10);
    assert_eq!(stopping.await.unwrap(), 0);
    asking.abort();
    until("what the provider gave is kept", || has_kept(&house, "acme-next")).await;
}
