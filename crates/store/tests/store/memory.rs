//! What connections learned, and forgetting them.

use ringside_domain::{
    AddressBook as _, ConnectionId, ConnectionMemory, ContactIndex as _, Kind, Timestamp, connector::NameQuery,
};
use ringside_store::LONGEST_MEMORY;

use crate::support::{contact, draft, home, key, memory, open};

fn crm() -> ConnectionId {
    ConnectionId::new("crm")
}

#[tokio::test]
async fn what_is_kept_is_there_after_a_restart_and_apart_for_each_connection() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let store = open(&path).await;
    let other = ConnectionId::new("other");
    store.keep(&crm(), "forms", "E.164".to_owned()).await.unwrap();
    store.keep(&crm(), "forms", "###-####".to_owned()).await.unwrap();
    store.keep(&other, "forms", "national".to_owned()).await.unwrap();
    assert_eq!(store.recall(&crm(), "account").await.unwrap(), None);
    store.close().await;

    let store = open(&path).await;
    assert_eq!(
        store.recall(&crm(), "forms").await.unwrap().as_deref(),
        Some("###-####")
    );
    ConnectionMemory::forget(&store, &crm()).await.unwrap();
    assert_eq!(store.recall(&crm(), "forms").await.unwrap(), None);
    assert_eq!(
        store.recall(&other, "forms").await.unwrap().as_deref(),
        Some("national")
    );
}

#[tokio::test]
async fn a_connector_that_keeps_too_much_is_told_and_loses_nothing() {
    let store = memory();
    store.keep(&crm(), "list", "small".to_owned()).await.unwrap();
    let refused = store.keep(&crm(), "list", "x".repeat(LONGEST_MEMORY + 1)).await;
    assert_eq!(refused.unwrap_err().kind, Kind::Invalid);
    assert_eq!(store.recall(&crm(), "list").await.unwrap().as_deref(), Some("small"));
    let refused = store.keep(&crm(), &"k".repeat(257), String::new()).await;
    assert_eq!(refused.unwrap_err().kind, Kind::Invalid);
    let largest = "x".repeat(LONGEST_MEMORY);
    store.keep(&crm(), "list", largest.clone()).await.unwrap();
    assert_eq!(store.recall(&crm(), "list").await.unwrap(), Some(largest));

    for at in 0..1010 {
        store.keep(&crm(), &format!("{at:04}"), at.to_string()).await.unwrap();
    }
    assert_eq!(store.recall(&crm(), "0009").await.unwrap(), None, "the oldest went");
    assert_eq!(store.recall(&crm(), "0010").await.unwrap().as_deref(), Some("10"));

    // However many people were found, what the connection works with stays; of them the oldest go.
    let about = |at: usize| ringside_domain::memory::about(&contact(&at.to_string(), "", &[]).id);
    for at in 0..1010 {
        store.keep(&crm(), &about(at), at.to_string()).await.unwrap();
    }
    assert_eq!(store.recall(&crm(), "0010").await.unwrap().as_deref(), Some("10"));
    assert_eq!(store.recall(&crm(), &about(9)).await.unwrap(), None);
    assert_eq!(store.recall(&crm(), &about(10)).await.unwrap().as_deref(), Some("10"));
}

#[tokio::test]
async fn what_was_learned_without_a_file_goes_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let file = open(&path).await;
    file.keep(&crm(), "forms", "from the file".to_owned()).await.unwrap();
    file.keep(&crm(), "account", "7".to_owned()).await.unwrap();
    file.close().await;

    let store = memory();
    for _ in 0..100 {
        store.keep(&crm(), "forms", "newer".to_owned()).await.unwrap();
    }
    store.keep(&crm(), "choices", "[]".to_owned()).await.unwrap();
    store.attach(&path, key(1)).await.unwrap();
    let expected = [("forms", "newer"), ("account", "7"), ("choices", "[]")];
    for (name, value) in expected {
        assert_eq!(store.recall(&crm(), name).await.unwrap().as_deref(), Some(value));
    }
}

#[tokio::test]
async fn a_removed_connection_leaves_no_row_and_the_address_book_stays() {
    let store = memory();
    let us = home("US");
    let many = (0..600).map(|at| contact(&at.to_string(), &format!("Nora {at}"), &["(415) 555-0100"]));
    store.remember(many.collect(), Timestamp(1), us.clone()).await.unwrap();
    let mut elsewhere = contact("1", "Nora Elsewhere", &["(415) 555-0101"]);
    elsewhere.id.connection = ConnectionId::new("other");
    store.remember(vec![elsewhere], Timestamp(1), us).await.unwrap();
    let book = store
        .create(draft("person", "Nora Book", Some("+14155550102")))
        .await
        .unwrap();
    assert_eq!(store.counts().await.unwrap().contacts, 602);

    store.forget_connection(crm()).await.unwrap();
    store.forget_connection(book.id.connection.clone()).await.unwrap();
    assert_eq!(store.counts().await.unwrap().contacts, 2);
    let query = NameQuery {
        text: "Nora".to_owned(),
        types: Vec::new(),
        company: None,
        limit: 1000,
    };
    let names: Vec<String> = store
        .search(query)
        .await
        .unwrap()
        .into_iter()
        .map(|found| found.contact.name)
        .collect();
    assert_eq!(names.len(), 2, "neither by name nor by digits: {names:?}");
}
