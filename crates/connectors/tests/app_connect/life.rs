//! A connection's whole life: the same with our peer and with the vendor's server.

use std::sync::Arc;

use ringside_domain::{
    Connector, Kind, Marker, Retry,
    phone::{Home, compare, read},
};

use crate::{
    desk::{Desk, Plan, Steps, draft, entry, kind, named, nobody, number, texts},
    peer::Peer,
};

#[tokio::test]
async fn with_our_peer() {
    let peer = Peer::start().await;
    life(&peer.url, "testCRM", crate::desk::KEY).await;
}

/// `RINGSIDE_REAL="app-connect url platform key …"`, as `./dev real app-connect` sets it: a server with an API-key connector whose
/// CRM compares numbers as written.
#[tokio::test]
async fn real_app_connect() {
    let named = std::env::var("RINGSIDE_REAL").unwrap_or_default();
    let words: Vec<&str> = named.split_whitespace().collect();
    match words[..] {
        ["app-connect", url, platform, key, ..] => life(url, platform, key).await,
        _ => eprintln!("skipped: RINGSIDE_REAL names no App Connect server"),
    }
}

async fn life(url: &str, platform: &str, key: &str) {
    let plan = || Plan {
        platform,
        key,
        ..Plan::of(url)
    };
    let desk = Desk::new(plan()).await;
    let crm = &desk.connector;

    // Whose account it is, and that another key is none.
    let account = crm.check(desk.cx()).await.unwrap();
    assert!(
        account.id.ends_with(&format!("@{platform}")) && !account.name.is_empty(),
        "{account:?}"
    );
    let stranger = Desk::new(Plan {
        key: "not-the-key",
        ..plan()
    })
    .await;
    let refused = stranger.connector.check(stranger.cx()).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.field.as_deref()),
        (Kind::SignInNeeded, Some("apiKey"))
    );
    assert!(!texts(&refused).contains("not-the-key"), "{}", texts(&refused));

    // Creating. The number is stored as a person wrote it, so that only a mask finds it.
    let run = std::process::id();
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

    // A contact that is gone: the log is refused, is not sent again by itself, and waits for no sign-in.
    let mut gone = entry(&made, &format!("ringside-gone{run}"), "x");
    gone.contact.id = "gone".into();
    let steps = Arc::new(Steps::default());
    let refused = crm.log_call(desk.cx(), gone, steps.clone()).await.unwrap_err();
    assert_eq!(
        (refused.retry, refused.may_have_happened, refused.hint.as_deref()),
        (Retry::Never, false, Some("Look in the CRM before you log it again")),
        "{refused}"
    );
    assert_eq!(*steps.told.lock().unwrap(), ["begin log", "not done log"]);

    // The user is logged out at the server while our token still holds: its key begins a session again, without a word.
    let elsewhere = Desk::new(plan()).await;
    elsewhere.keyring.put("connection/ac/jwt", &desk.token().unwrap());
    elsewhere.connector.sign_out(elsewhere.cx()).await.unwrap();
    let found = crm
        .find_contact(desk.cx(), number(&e164, "(###) ###-####"))
        .await
        .unwrap();
    assert!(found.contacts.iter().any(|one| one.id == made.id));
    // A token that the server doesn't take.
    desk.keyring.put("connection/ac/jwt", "e30.e30.e30");
    let desk = desk.restarted();
    assert!(
        !desk
            .connector
            .find_contact(desk.cx(), number(&e164, "(###) ###-####"))
            .await
            .unwrap()
            .contacts
            .is_empty()
    );

    // Signing out ends the session on both sides.
    desk.connector.sign_out(desk.cx()).await.unwrap();
    assert_eq!(desk.token(), None);
    assert_eq!(
        kind(desk.connector.add_number(desk.cx(), nobody("c-1").id, e164).await),
        Kind::Unsupported
    );
}
