//! Batches of contacts from a file, and taking them back.

use ringside_domain::{AddressBook as _, ContactIndex as _, phone::read};
use ringside_store::{Candidate, NewPerson, Store};

use crate::support::{draft, entry, home, key, memory, open, stored};

fn people(count: usize) -> Vec<NewPerson> {
    (0..count)
        .map(|at| NewPerson {
            draft: draft("person", &format!("Person {at}"), None),
            numbers: vec![stored(&format!("+1415555{:04}", at % 10_000))],
            more_emails: vec![format!("second-{at}@example.com")],
        })
        .collect()
}

async fn everybody(store: &Store) -> Vec<ringside_domain::Contact> {
    store.people_after(None, 10_000).await.unwrap()
}

#[tokio::test]
async fn a_batch_is_taken_back_after_a_restart_but_for_what_was_worked_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.db");
    let store = open(&path).await;
    store.create(draft("person", "Before", None)).await.unwrap();
    store
        .begin_batch("one".to_owned(), "people.csv".to_owned(), 700)
        .await
        .unwrap();
    for chunk in people(600).chunks(250) {
        store.add_to_batch("one", chunk.to_vec(), home("US")).await.unwrap();
    }
    store.close().await;

    let store = open(&path).await;
    let batch = store.batch(None).await.unwrap().unwrap();
    assert_eq!(
        (batch.id.as_str(), batch.name.as_str(), batch.total, batch.there),
        ("one", "people.csv", 700, 600)
    );
    let all = everybody(&store).await;
    let named = |name: &str| all.iter().find(|person| person.name == name).unwrap().clone();
    assert_eq!(named("Person 3").emails, ["second-3@example.com"]);
    store
        .add_number(named("Person 1").id.id, "mobile".to_owned(), "+14155550199".to_owned())
        .await
        .unwrap();
    store.log(entry(named("Person 2").id, "marker-2")).await.unwrap();

    let (mut deleted, mut stayed) = (0, 0);
    loop {
        let taken = store.take_back_some("one", 250).await.unwrap();
        deleted += taken.deleted;
        stayed += taken.stayed;
        if !taken.more {
            break;
        }
    }
    assert_eq!((deleted, stayed), (598, 2));
    let left: Vec<String> = everybody(&store).await.into_iter().map(|person| person.name).collect();
    assert_eq!(left, ["Before", "Person 1", "Person 2"]);
    assert_eq!(store.counts().await.unwrap().contacts, 3);
    assert_eq!(store.batch(None).await.unwrap(), None);
    let refused = store.add_to_batch("one", people(1), home("US")).await.unwrap_err();
    assert_eq!(refused.kind, ringside_domain::Kind::NotFound);
    store.close().await;
}

#[tokio::test]
async fn a_batch_in_memory_is_a_batch_in_the_file_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let store = memory();
    store
        .begin_batch("one".to_owned(), "people.vcf".to_owned(), 3)
        .await
        .unwrap();
    store.add_to_batch("one", people(3), home("US")).await.unwrap();
    store.attach(folder.path().join("r.db"), key(1)).await.unwrap();
    assert_eq!(store.batch(Some("one".to_owned())).await.unwrap().unwrap().there, 3);
    assert_eq!(everybody(&store).await[0].emails, ["second-0@example.com"]);
    assert_eq!(store.take_back_some("one", 10).await.unwrap().deleted, 3);
    store.close().await;
}

#[tokio::test]
async fn who_is_known_has_the_same_number_and_the_same_name_or_address() {
    let store = memory();
    let mut ada = draft("person", "Ada Lovelace", Some("+44 20 7946 0123"));
    ada.email = Some("Ada@Example.com".to_owned());
    store.create(ada).await.unwrap();
    let candidate = |name: &str, email: &str, number: &str| Candidate {
        name: name.to_owned(),
        emails: vec![email.to_owned()],
        numbers: vec![read(number, &home("GB"))],
    };
    let asked = vec![
        candidate("ada lovelace", "", "020 7946 0123"),
        candidate("A. King", "ada@example.com", "020 7946 0123"),
        candidate("Lord Byron", "byron@example.com", "020 7946 0123"),
        candidate("Ada Lovelace", "ada@example.com", "020 7946 0124"),
    ];
    let known = store.known_by_number(asked, home("GB")).await.unwrap();
    assert_eq!(known, [true, true, false, false]);
    let emails = store.known_emails().await.unwrap();
    assert!(emails.contains(&(Store::same_text("ADA LOVELACE"), Store::same_text("ada@example.com"))));
}
