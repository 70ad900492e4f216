//! The index by number.

use std::time::Duration;

use ringside_domain::{
    Contact, ContactIndex as _, Timestamp,
    index::IndexCounts,
    phone::{Home, KeyKind, compare, probe_keys, read, stored_keys},
};
use ringside_store::Store;

use crate::support::{contact, contact_ref, home, memory};

async fn found(store: &Store, caller: &str, home: &Home) -> Vec<String> {
    let caller = read(caller, home);
    let candidates = store.find(probe_keys(&caller)).await.unwrap();
    let proved = |contact: &Contact| {
        contact
            .numbers
            .iter()
            .any(|number| compare(&read(&number.raw, home), &caller).is_some())
    };
    candidates
        .into_iter()
        .filter(|hit| proved(&hit.contact))
        .map(|hit| hit.contact.id.id)
        .collect()
}

#[tokio::test]
async fn odd_stored_forms_are_found_by_the_caller() {
    let store = memory();
    let us = home("US");
    let forms = [
        "(415) 555-0100",
        "415.555.0101 ext. 7",
        "001 415 555 0102",
        "+1 (415) 555-0103 (work)",
        "tel:+1-415-555-0104",
        "4155550105",
        "+44 (0)20 7946 0106",
        "0044 20 7946 0107",
        "sip:+14155550108@pbx.example",
        "٤١٥٥٥٥٠١٠٩",
    ];
    let contacts = forms
        .iter()
        .enumerate()
        .map(|(at, raw)| contact(&at.to_string(), &format!("Person {at}"), &[raw]));
    store
        .remember(contacts.collect(), Timestamp(1), us.clone())
        .await
        .unwrap();
    for (at, form) in forms.iter().enumerate() {
        let caller = if form.contains("7946") {
            format!("+44207946010{at}")
        } else {
            format!("+1415555010{at}")
        };
        assert_eq!(found(&store, &caller, &us).await, [at.to_string()], "{form}");
    }
    assert_eq!(found(&store, "+14155550199", &us).await, Vec::<String>::new());
    assert_eq!(found(&store, "anonymous", &us).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_remembered_again_replaces_what_was_known() {
    let store = memory();
    let us = home("US");
    let remember = |one: Contact, at| store.remember(vec![one], Timestamp(at), us.clone());
    remember(contact("7", "Nora Quill", &["(415) 555-0100"]), 10)
        .await
        .unwrap();
    remember(contact("7", "Nora Quill", &["(415) 555-0100"]), 20)
        .await
        .unwrap();
    let keys = probe_keys(&read("+14155550100", &us));
    let hits = store.find(keys.clone()).await.unwrap();
    assert_eq!(
        (hits.len(), hits[0].as_of),
        (1, Timestamp(20)),
        "unchanged, but as of now"
    );

    remember(contact("7", "Nora Pym", &["(415) 555-0101", "call reception"]), 30)
        .await
        .unwrap();
    assert_eq!(store.find(keys).await.unwrap(), []);
    assert_eq!(found(&store, "+14155550101", &us).await, ["7"]);
    let expected = IndexCounts {
        contacts: 1,
        numbers: 2,
        unreadable: 1,
    };
    assert_eq!(store.counts().await.unwrap(), expected);

    remember(contact("7", "Nora Old", &[]), 15).await.unwrap();
    assert_eq!(
        found(&store, "+14155550101", &us).await,
        ["7"],
        "an answer that comes late is no news"
    );

    store.forget(contact_ref("crm", "7")).await.unwrap();
    store.forget(contact_ref("crm", "7")).await.unwrap();
    assert_eq!(store.counts().await.unwrap(), IndexCounts::default());
}

#[tokio::test]
async fn another_home_files_everything_anew() {
    let store = memory();
    let many = (0..600).map(|at| {
        contact(
            &at.to_string(),
            &format!("Person {at}"),
            &[&format!("020 7946 0{at:03}")],
        )
    });
    store.remember(many.collect(), Timestamp(1), home("US")).await.unwrap();
    let mut keys = stored_keys(&read("+442079460599", &home("GB")));
    keys.retain(|key| key.kind == KeyKind::E164);
    let exact = || store.find(keys.clone());
    assert_eq!(exact().await.unwrap(), [], "not a number at all, as read in the US");
    assert!(store.is_filed_with(home("US")).await.unwrap());
    // It ends half-way: that is known, and it is done again.
    let begun = tokio::time::timeout(Duration::ZERO, store.rebuild(home("GB"))).await;
    assert!(begun.is_err());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!store.is_filed_with(home("GB")).await.unwrap());
    store.rebuild(home("GB")).await.unwrap();
    assert!(store.is_filed_with(home("GB")).await.unwrap());
    assert_eq!(exact().await.unwrap().len(), 1);
    assert_eq!(store.home().await.unwrap(), Some(home("GB")));
    for at in ["000", "249", "250", "599"] {
        assert_eq!(
            found(&store, &format!("+442079460{at}"), &home("GB")).await.len(),
            1,
            "{at}"
        );
    }
    assert_eq!(store.counts().await.unwrap().contacts, 600);
}

#[tokio::test]
async fn a_contacts_own_country_comes_first() {
    let store = memory();
    let mut abroad = contact("7", "Nora Quill", &["020 7946 0100"]);
    abroad.region = Some("GB".parse().unwrap());
    store.remember(vec![abroad], Timestamp(1), home("US")).await.unwrap();
    let hits = store
        .find(probe_keys(&read("+442079460100", &home("US"))))
        .await
        .unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].contact.region, Some("GB".parse().unwrap()));
}
