//! Grants that are kept and refreshed: by one for everybody, and never lost while there is a way to keep them.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_domain::{
    Kind, SignIn,
    credentials::Secret,
    sign_in::{Grant, TokenAsk},
};

use crate::{browser::Missing, house::House, provider::Provider};

pub const NAME: &str = "sample-crm/sign-in";

/// A connection whose person signed in long ago; its access token is over.
pub async fn long_ago() -> (Provider, House, Grant) {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    let grant = Grant {
        access: Secret::new("at-old"),
        refresh: Some(provider.long_ago("rt-long-ago")),
        expires_in: Some(Duration::from_secs(600)),
        expired: false,
        members: vec![
            ("rest_url".to_owned(), "https://rest.example.com/é".to_owned()),
            ("instance_url".to_owned(), "https://old.example.com".to_owned()),
        ],
    };
    house.sign_in.keep(NAME, grant.clone()).await.unwrap();
    (provider, house, grant)
}

pub fn text(secret: &Secret) -> String {
    String::from_utf8(secret.expose().to_vec()).unwrap()
}

pub fn refresh_of(grant: &Grant) -> String {
    text(grant.refresh.as_ref().unwrap())
}

#[tokio::test]
async fn kept_over_a_start_without_the_access_token() {
    let (_provider, mut house, grant) = long_ago().await;
    assert_eq!(house.sign_in.kept(NAME).await.unwrap(), Some(grant.clone()));
    assert_eq!(house.sign_in.kept("another").await.unwrap(), None);
    let entry = house.keyring.text(NAME).unwrap();
    assert!(entry.contains("rt-long-ago") && !entry.contains("at-old"), "{entry}");

    house.restarted();
    let kept = house.sign_in.kept(NAME).await.unwrap().unwrap();
    assert!(kept.access.expose().is_empty() && kept.expired);
    assert_eq!((kept.refresh, kept.members), (grant.refresh, grant.members));

    house.sign_in.forget(NAME).await.unwrap();
    assert_eq!(house.sign_in.kept(NAME).await.unwrap(), None);
    assert_eq!(house.keyring.text(NAME), None);
    house.restarted();
    assert_eq!(house.sign_in.kept(NAME).await.unwrap(), None);
}

#[tokio::test]
async fn over_a_minute_before_it_is_over() {
    let (_provider, house, _) = long_ago().await;
    let expired = async || house.sign_in.kept(NAME).await.unwrap().unwrap().expired;
    house.clock.pass(Duration::from_secs(539));
    assert!(!expired().await);
    house.clock.pass(Duration::from_secs(1));
    assert!(expired().await);

    // One that lives shorter than that is good for half of its time; one without an end for ever.
    for (life, good_for) in [(Some(40), 20), (Some(1), 1), (None, 1_000_000)] {
        let grant = Grant {
            access: Secret::new("short"),
            refresh: None,
            expires_in: life.map(Duration::from_secs),
            expired: false,
            members: Vec::new(),
        };
        house.sign_in.keep(NAME, grant).await.unwrap();
        assert!(!expired().await, "{life:?}");
        house.clock.pass(Duration::from_secs(good_for));
        assert_eq!(expired().await, life.is_some(), "{life:?}");
    }
}

#[tokio::test]
async fn a_rotated_token_is_in_the_keyring_before_the_access_token_is_given_out() {
    let (provider, mut house, stale) = long_ago().await;
    let ask = || provider.ask(TokenAsk::Refresh);
    let mut stale = stale;
    for round in 0..3 {
        let fresh = house.sign_in.refresh(NAME, &stale, ask()).await.unwrap();
        assert_ne!(fresh.access, stale.access, "{round}");
        let entry = house.keyring.text(NAME).unwrap();
        assert!(entry.contains(&refresh_of(&fresh)), "{round}: {entry}");
        assert!(!entry.contains(&text(&fresh.access)), "{entry}");
        assert_eq!(house.sign_in.kept(NAME).await.unwrap().as_ref(), Some(&fresh));
        stale = fresh;
    }
    // What only the first answer said is still there; what the last one said is newer.
    let get = |name: &str| {
        stale
            .members
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(get("rest_url"), Some("https://rest.example.com/é"));
    assert_eq!(get("instance_url"), Some("https://eu1.example.com"));

    // And over a start: from the keyring alone.
    house.restarted();
    let kept = house.sign_in.kept(NAME).await.unwrap().unwrap();
    let fresh = house.sign_in.refresh(NAME, &kept, ask()).await.unwrap();
    assert!(!fresh.expired);
}

#[tokio::test]
async fn a_provider_that_does_not_rotate_keeps_its_token_and_the_keyring_its_rest() {
    let (provider, house, stale) = long_ago().await;
    provider.inner().rotates = false;
    let writes = house.keyring.writes.load(Ordering::SeqCst);
    let fresh = house
        .sign_in
        .refresh(NAME, &stale, provider.ask(TokenAsk::Refresh))
        .await
        .unwrap();
    assert_eq!(fresh.refresh, stale.refresh);
    assert_eq!(house.keyring.writes.load(Ordering::SeqCst), writes);
}

#[tokio::test]
async fn many_who_ask_at_once_make_one_request() {
    let (provider, house, stale) = long_ago().await;
    let hold = provider.hold();
    let asks: Vec<_> = (0..20)
        .map(|_| {
            let (sign_in, stale, ask) = (house.sign_in.clone(), stale.clone(), provider.ask(TokenAsk::Refresh));
            tokio::spawn(async move { sign_in.refresh(NAME, &stale, ask).await })
        })
        .collect();
    provider.is_asked(1).await;
    hold.add_permits(20);
    let mut given = Vec::new();
    for ask in asks {
        given.push(ask.await.unwrap().unwrap());
    }
    assert_eq!(provider.refreshes(), 1);
    assert!(given.iter().all(|grant| *grant == given[0]));
    // Somebody who comes late with the old one gets the new one without a request.
    let late = house
        .sign_in
        .refresh(NAME, &stale, provider.ask(TokenAsk::Refresh))
        .await
        .unwrap();
    assert_eq!(late, given[0]);
    assert_eq!(provider.refreshes(), 1);
}

#[tokio::test]
async fn many_who_ask_at_once_hear_of_one_failure() {
    let (provider, house, stale) = long_ago().await;
    let hold = provider.hold();
    provider.inner().instead = Some((503, "text/html", b"down".to_vec()));
    let refresh = || house.sign_in.refresh(NAME, &stale, provider.ask(TokenAsk::Refresh));
    let release = async {
        provider.is_asked(1).await;
        hold.add_permits(20);
    };
    let (one, two, three, ()) = tokio::join!(refresh(), refresh(), refresh(), release);
    for end in [one, two, three] {
        assert_eq!(end.unwrap_err().kind, Kind::Unavailable);
    }
    assert_eq!(provider.refreshes(), 1);
    // The next one asks again, with the same token.
    provider.inner().instead = None;
    refresh().await.unwrap();
    assert_eq!(provider.refreshes(), 2);
}

#[tokio::test]
async fn names_do_not_wait_for_each_other() {
    let (provider, house, stale) = long_ago().await;
    let other = Grant {
        refresh: Some(Secret::new("rt-unknown")),
        ..stale.clone()
    };
    house.sign_in.keep("other", other.clone()).await.unwrap();
    let (one, two) = tokio::join!(
        house.sign_in.refresh(NAME, &stale, provider.ask(TokenAsk::Refresh)),
        house.sign_in.refresh("other", &other, provider.ask(TokenAsk::Refresh)),
    );
    one.unwrap();
    let error = two.unwrap_err();
    assert_eq!(error.kind, Kind::SignInNeeded);
    assert!(!error.to_string().contains("rt-unknown"), "{error}");
    assert!(error.message.contains("is invalid (invalid_grant)"), "{error}");
    assert_eq!(provider.refreshes(), 2);
}

#[tokio::test]
async fn who_leaves_cuts_nothing_off() {
    let (provider, house, stale) = long_ago().await;
    let hold = provider.hold();
    {
        let refresh = house.sign_in.refresh(NAME, &stale, provider.ask(TokenAsk::Refresh));
        tokio::select! {
            end = refresh => panic!("{end:?} without an answer"),
            () = provider.is_asked(1) => {}
        }
    }
    // The old token is used up by now. The next one joins the refresh that goes on.
    hold.add_permits(1);
    let fresh = house
        .sign_in
        .refresh(NAME, &stale, provider.ask(TokenAsk::Refresh))
        .await
        .unwrap();
    assert_eq!(provider.refreshes(), 1);
    assert!(house.keyring.text(NAME).unwrap().contains(&refresh_of(&fresh)));
}

#[tokio::test]
async fn a_lost_answer_keeps_the_old_token() {
    let (provider, mut house, stale) = long_ago().await;
    provider.inner().rotates = false;
    house.http.loses_answers.store(true, Ordering::SeqCst);
    let refresh = house
        .sign_in
        .refresh(NAME, &stale, provider.ask(TokenAsk::Refresh))
        .await;
    let error = refresh.unwrap_err();
    assert_eq!(error.kind, Kind::Timeout);
    assert!(error.may_have_happened);
    assert_eq!(house.sign_in.kept(NAME).await.unwrap().unwrap().refresh, stale.refresh);
    assert!(house.keyring.text(NAME).unwrap().contains("rt-long-ago"));

    house.http.loses_answers.store(false, Ordering::SeqCst);
    house.restarted();
    let kept = house.sign_in.kept(NAME).await.unwrap().unwrap();
    house
        .sign_in
        .refresh(NAME, &kept, provider.ask(TokenAsk::Refresh))
        .await
        .unwrap();
}

#[tokio::test]
async fn garbage_from_the_provider_keeps_the_old_token() {
    let (provider, house, stale) = long_ago().await;
    provider.inner().instead = Some((200, "text/html", b"<html>maintenance</html>".to_vec()));
    let refresh = house
        .sign_in
        .refresh(NAME, &stale, provider.ask(TokenAsk::Refresh))
        .await;
    assert_eq!(refresh.unwrap_err().kind, Kind::Invalid);
    provider.inner().instead = None;
    house
        .sign_in
        .refresh(NAME, &stale, provider.ask(TokenAsk::Refresh))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_keyring_that_refuses_costs_nothing_but_a_second_write() {
    let (provider, mut house, stale) = long_ago().await;
    house.keyring.locked.store(true, Ordering::SeqCst);
    let fresh = house
        .sign_in
        .refresh(NAME, &stale, provider.ask(TokenAsk::Refresh))
        .await
        .unwrap();
    assert!(
        house.keyring.text(NAME).unwrap().contains("rt-long-ago"),
        "the keyring has the old one"
    );
    assert_eq!(
        house.sign_in.kept(NAME).await.unwrap().as_ref(),
        Some(&fresh),
        "it is used"
    );

    // Not asked again at once: each time may put up a prompt.
    let writes = house.keyring.writes.load(Ordering::SeqCst);
    house.keyring.locked.store(false, Ordering::SeqCst);
    house.sign_in.kept(NAME).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(house.keyring.writes.load(Ordering::SeqCst), writes);

    house.clock.pass(Duration::from_secs(61));
    house.sign_in.kept(NAME).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), async {
        while !house.keyring.text(NAME).unwrap().contains(&refresh_of(&fresh)) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .unwrap();
    house.restarted();
    let kept = house.sign_in.kept(NAME).await.unwrap().unwrap();
    house
        .sign_in
        .refresh(NAME, &kept, provider.ask(TokenAsk::Refresh))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_keyring_that_refuses_a_new_sign_in_says_so_and_it_works_till_the_end() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    let grant = house
        .sign_in
        .token(provider.ask(TokenAsk::ClientCredentials))
        .await
        .unwrap();
    let grant = Grant {
        refresh: Some(provider.long_ago("rt-long-ago")),
        ..grant
    };
    house.keyring.locked.store(true, Ordering::SeqCst);
    let error = house.sign_in.keep(NAME, grant.clone()).await.unwrap_err();
    assert_eq!(error.kind, Kind::KeyringLocked);
    assert_eq!(house.sign_in.kept(NAME).await.unwrap(), Some(grant));
    // Nobody knows what is kept under another name; that is no "nobody signed in".
    assert_eq!(
        house.sign_in.kept("another").await.unwrap_err().kind,
        Kind::KeyringLocked
    );
    house.keyring.locked.store(false, Ordering::SeqCst);
    assert_eq!(house.sign_in.kept("another").await.unwrap(), None);
}

#[tokio::test]
async fn signing_in_or_out_meanwhile_wins_over_a_refresh() {
    let (provider, house, stale) = long_ago().await;
    let hold = provider.hold();
    let refresh = || {
        let (sign_in, stale, ask) = (house.sign_in.clone(), stale.clone(), provider.ask(TokenAsk::Refresh));
        tokio::spawn(async move { sign_in.refresh(NAME, &stale, ask).await })
    };
    let running = refresh();
    provider.is_asked(1).await;
    house.sign_in.forget(NAME).await.unwrap();
    hold.add_permits(1);
    assert_eq!(running.await.unwrap().unwrap_err().kind, Kind::SignInNeeded);
    assert_eq!(house.sign_in.kept(NAME).await.unwrap(), None);
    assert_eq!(house.keyring.text(NAME), None);

    // Whether the provider still takes the old refresh token or not: it is used up in the second round.
    for (round, newest) in ["newest", "last"].into_iter().enumerate() {
        let again = Grant {
            refresh: Some(if round == 0 {
                provider.long_ago("rt-again")
            } else {
                Secret::new("rt-again")
            }),
            ..stale.clone()
        };
        house.sign_in.keep(NAME, again).await.unwrap();
        let running = refresh();
        provider.is_asked(2 + round).await;
        let newest = Grant {
            access: Secret::new(newest),
            refresh: Some(Secret::new(format!("rt-{newest}"))),
            ..stale.clone()
        };
        house.sign_in.keep(NAME, newest.clone()).await.unwrap();
        hold.add_permits(1);
        assert_eq!(running.await.unwrap().unwrap(), newest);
        assert!(house.keyring.text(NAME).unwrap().contains(&refresh_of(&newest)));
    }
}

#[tokio::test]
async fn a_new_sign_in_does_not_wait_for_the_refresh_of_an_old_one() {
    let (provider, house, stale) = long_ago().await;
    let hold = provider.hold();
    let (sign_in, old, ask) = (house.sign_in.clone(), stale.clone(), provider.ask(TokenAsk::Refresh));
    let running = tokio::spawn(async move { sign_in.refresh(NAME, &old, ask).await });
    provider.is_asked(1).await;
    let newer = Grant {
        access: Secret::new("at-newer"),
        refresh: Some(provider.long_ago("rt-newer")),
        ..stale
    };
    house.sign_in.keep(NAME, newer.clone()).await.unwrap();
    hold.add_permits(2);
    let fresh = house
        .sign_in
        .refresh(NAME, &newer, provider.ask(TokenAsk::Refresh))
        .await
        .unwrap();
    assert_ne!(fresh.access, newer.access);
    assert_eq!(provider.refreshes(), 2);
    let current = running.await.unwrap().unwrap();
    assert!(current == newer || current == fresh);
    assert_eq!(house.sign_in.kept(NAME).await.unwrap(), Some(fresh));
}

#[tokio::test]
async fn what_providers_say_besides_does_not_grow_without_end() {
    let (provider, mut house, mut grant) = long_ago().await;
    for round in 0..5 {
        let members: Vec<String> = (0..50)
            .map(|number| format!(r#""m{round}-{number}":"{}""#, "é".repeat(1_000)))
            .collect();
        let answer = format!(
            r#"{{"access_token":"at{round}","refresh_token":"rt{round}",{}}}"#,
            members.join(",")
        );
        provider.inner().instead = Some((200, "application/json", answer.into_bytes()));
        grant = house
            .sign_in
            .refresh(NAME, &grant, provider.ask(TokenAsk::Refresh))
            .await
            .unwrap();
    }
    assert_eq!(grant.members.len(), 100);
    // The real keyring takes 76,800 bytes.
    assert!(house.keyring.text(NAME).unwrap().len() < 40_000);
    house.restarted();
    let kept = house.sign_in.kept(NAME).await.unwrap().unwrap();
    assert_eq!(refresh_of(&kept), "rt4");
    assert!(kept.members.iter().all(|(name, _)| name.starts_with("m4-")) && kept.members.len() == 8);
}

#[tokio::test]
async fn connections_without_a_person_sign_in_anew_each_time() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    let nothing = Grant {
        access: Secret::new(""),
        refresh: None,
        expires_in: None,
        expired: true,
        members: Vec::new(),
    };
    let ask = || provider.ask(TokenAsk::ClientCredentials);
    let first = house.sign_in.refresh(NAME, &nothing, ask()).await.unwrap();
    let second = house.sign_in.refresh(NAME, &first, ask()).await.unwrap();
    assert_ne!(first.access, second.access);
    assert_eq!(house.keyring.text(NAME), None, "an access token is in memory only");
    let error = house
        .sign_in
        .refresh(NAME, &second, provider.ask(TokenAsk::Refresh))
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::SignInNeeded);
    assert_eq!(
        house.sign_in.kept(NAME).await.unwrap(),
        Some(second),
        "it is still good"
    );
}

#[tokio::test]
async fn a_damaged_entry_is_said_and_a_new_sign_in_replaces_it() {
    use ringside_domain::CredentialStore;

    let (_provider, mut house, grant) = long_ago().await;
    for entry in [
        "rt-plain",
        "{}",
        r#"{"version":1,"access":"rt-plain"}"#,
        r#"{"version":2,"refresh":"rt-plain"}"#,
        r#"{"version":9,"refresh":"rt-plain"}"#,
        "\u{0}",
    ] {
        house.keyring.set(NAME, Secret::new(entry)).await.unwrap();
        house.restarted();
        let error = house.sign_in.kept(NAME).await.unwrap_err();
        assert_eq!(error.kind, Kind::Storage, "{entry:?}");
        assert!(!format!("{error:?}").contains("rt-plain"), "{error:?}");
        house.sign_in.keep(NAME, grant.clone()).await.unwrap();
        assert_eq!(house.sign_in.kept(NAME).await.unwrap().as_ref(), Some(&grant));
    }
}
