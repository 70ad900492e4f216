//! How long a grant lasts: over a caller without time, over a refusal, and over the end of the program.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_domain::{
    Kind, SignIn,
    credentials::Secret,
    sign_in::{Grant, TokenAsk},
};

use crate::grants::{NAME, long_ago, refresh_of};

#[tokio::test]
async fn who_has_little_time_leaves_and_the_refresh_goes_on() {
    let (provider, mut house, stale) = long_ago().await;
    let hold = provider.hold();
    let mut hurried = provider.ask(TokenAsk::Refresh);
    hurried.deadline = Duration::from_millis(300);
    let error = house.sign_in.refresh(NAME, &stale, hurried).await.unwrap_err();
    assert_eq!(error.kind, Kind::Timeout);
    assert_eq!(provider.refreshes(), 1);

    // The provider takes longer than that, and longer than the second of grace that a request has.
    let waited = tokio::time::timeout(Duration::from_millis(1_500), house.sign_in.settled()).await;
    assert!(waited.is_err(), "it is still on its way");
    hold.add_permits(1);
    tokio::time::timeout(Duration::from_secs(5), house.sign_in.settled())
        .await
        .unwrap();
    let fresh = house.sign_in.kept(NAME).await.unwrap().unwrap();
    assert_ne!(fresh.access, stale.access);
    assert!(house.keyring.text(NAME).unwrap().contains(&refresh_of(&fresh)));

    let next = house
        .sign_in
        .refresh(NAME, &stale, provider.ask(TokenAsk::Refresh))
        .await;
    assert_eq!((next.unwrap(), provider.refreshes()), (fresh, 1));
    house.restarted();
    assert!(house.sign_in.kept(NAME).await.unwrap().is_some());
}

#[tokio::test]
async fn a_refused_token_is_not_shown_again_until_something_is_new() {
    let (provider, house, _) = long_ago().await;
    let refused = Grant {
        access: Secret::new("at"),
        refresh: Some(Secret::new("rt-unknown")),
        expires_in: None,
        expired: true,
        members: Vec::new(),
    };
    house.sign_in.keep(NAME, refused.clone()).await.unwrap();
    let refresh = async |ask| house.sign_in.refresh(NAME, &refused, ask).await;
    let first = refresh(provider.ask(TokenAsk::Refresh)).await.unwrap_err();
    for _ in 0..3 {
        let again = refresh(provider.ask(TokenAsk::Refresh)).await.unwrap_err();
        assert_eq!(
            (again.kind, &again.message, &again.hint),
            (first.kind, &first.message, &first.hint)
        );
    }
    assert_eq!(provider.refreshes(), 1);

    // Another secret of the client is another question, and so is the same one an hour later.
    let mut other = provider.ask(TokenAsk::Refresh);
    other.client_secret = Some(Secret::new("another"));
    refresh(other).await.unwrap_err();
    assert_eq!(provider.refreshes(), 2);
    house.clock.pass(Duration::from_secs(3_600));
    refresh(provider.ask(TokenAsk::Refresh)).await.unwrap_err();
    assert_eq!(provider.refreshes(), 3);

    // What is no word about the token is asked again at once, and whoever signs in again begins anew.
    let good = Grant {
        refresh: Some(provider.long_ago("rt-good")),
        ..refused.clone()
    };
    house.sign_in.keep(NAME, good).await.unwrap();
    provider.inner().instead = Some((503, "text/html", b"down".to_vec()));
    refresh(provider.ask(TokenAsk::Refresh)).await.unwrap_err();
    provider.inner().instead = None;
    refresh(provider.ask(TokenAsk::Refresh)).await.unwrap();
    assert_eq!(provider.refreshes(), 5);
}

#[tokio::test]
async fn a_sign_in_that_lasts_and_cannot_be_renewed_outlives_the_program() {
    let day = Duration::from_secs(24 * 3_600);
    for (life, outlives) in [(None, true), (Some(30 * day), true), (Some(day), false)] {
        let (_provider, mut house, _) = long_ago().await;
        let grant = Grant {
            access: Secret::new("at-for-long"),
            refresh: None,
            expires_in: life,
            expired: false,
            members: vec![("api_domain".to_owned(), "https://eu.example.com".to_owned())],
        };
        house.sign_in.keep(NAME, grant.clone()).await.unwrap();
        house.clock.pass(day / 2);
        house.restarted();
        let kept = house.sign_in.kept(NAME).await.unwrap();
        assert_eq!(kept.is_some(), outlives, "{life:?}");
        let Some(kept) = kept else {
            assert_eq!(house.keyring.text(NAME), None, "nor is the older one kept");
            continue;
        };
        let left = life.map(|life| life - day / 2);
        assert_eq!((kept.expires_in, kept.expired), (left, false));
        assert_eq!(
            (kept.access, kept.refresh, kept.members),
            (grant.access, None, grant.members)
        );
        house.clock.pass(30 * day);
        house.restarted();
        let kept = house.sign_in.kept(NAME).await.unwrap().unwrap();
        assert_eq!(kept.expired, life.is_some(), "{life:?}");
    }
}

/// A command without the app is a whole run of the program.
#[tokio::test]
async fn an_access_token_that_is_put_by_at_the_end_spares_the_next_run_a_renewal() {
    let (provider, mut house, stale) = long_ago().await;
    provider.inner().rotates = false;
    let fresh = house
        .sign_in
        .refresh(NAME, &stale, provider.ask(TokenAsk::Refresh))
        .await
        .unwrap();
    house.sign_in.put_by().await;
    let entry = house.keyring.text(NAME).unwrap();
    house.clock.pass(Duration::from_secs(1_000));
    for _ in 0..3 {
        house.restarted();
        let kept = house.sign_in.kept(NAME).await.unwrap().unwrap();
        assert_eq!((&kept.access, kept.expired), (&fresh.access, false));
        assert_eq!((&kept.refresh, &kept.members), (&fresh.refresh, &fresh.members));
        assert_eq!(kept.expires_in, Some(Duration::from_secs(2_600)));
        house.sign_in.put_by().await;
        assert_eq!(
            house.keyring.text(NAME).unwrap(),
            entry,
            "nothing is written that is there"
        );
    }
    // Over by its own word, it is renewed as ever.
    house.clock.pass(Duration::from_secs(2_600));
    house.restarted();
    let kept = house.sign_in.kept(NAME).await.unwrap().unwrap();
    assert!(kept.expired && kept.access.expose().is_empty());
    provider.inner().rotates = true;
    let next = house
        .sign_in
        .refresh(NAME, &kept, provider.ask(TokenAsk::Refresh))
        .await
        .unwrap();
    let entry = house.keyring.text(NAME).unwrap();
    assert!(
        !entry.contains("access") && entry.contains(&refresh_of(&next)),
        "{entry}"
    );

    // Signed out is signed out.
    house.sign_in.forget(NAME).await.unwrap();
    house.sign_in.put_by().await;
    assert_eq!(house.keyring.text(NAME), None);
}

#[tokio::test]
async fn what_is_about_to_end_or_nobody_knows_for_how_long_is_not_put_by() {
    for (life, refresh) in [(Some(120), true), (None, true), (Some(3_600), false)] {
        let (_provider, house, _) = long_ago().await;
        let grant = Grant {
            access: Secret::new("at-short"),
            refresh: refresh.then(|| Secret::new("rt")),
            expires_in: life.map(Duration::from_secs),
            expired: false,
            members: Vec::new(),
        };
        house.sign_in.keep(NAME, grant).await.unwrap();
        house.sign_in.put_by().await;
        let entry = house.keyring.text(NAME).unwrap_or_default();
        assert!(!entry.contains("at-short"), "{life:?}: {entry}");
    }
    // Nor into a keyring that refuses.
    let (_provider, house, stale) = long_ago().await;
    house.keyring.locked.store(true, Ordering::SeqCst);
    house.sign_in.keep(NAME, stale).await.unwrap_err();
    let writes = house.keyring.writes.load(Ordering::SeqCst);
    house.sign_in.put_by().await;
    assert_eq!(house.keyring.writes.load(Ordering::SeqCst), writes);
}
