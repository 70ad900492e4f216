//! What the journal keeps of a person's choices beside the contact: fields of the log, and linked numbers.

use ringside_domain::{
    Journal as _, Timestamp,
    call::{Choice, ChosenBy},
};

use crate::support::{call, call_id, contact, contact_ref, memory, open};

#[tokio::test]
async fn fields_hold_for_one_contact_and_survive_older_copies_of_the_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let store = open(&path).await;
    let chosen = |id: &str| {
        Some(Choice {
            contact: contact(id, "Nora Quill", &["(415) 555-0100"]),
            by: ChosenBy::Person,
        })
    };
    let about = |id: &str| {
        let mut about = call(1, "+14155550100");
        about.choice = chosen(id);
        about
    };
    let matter = |value: &str| vec![("matter".to_owned(), value.to_owned())];
    store.save_call(about("7")).await.unwrap();
    store
        .save_fields(call_id(1), contact_ref("crm", "7"), matter("12"))
        .await
        .unwrap();
    let kept = || async { store.call(call_id(1)).await.unwrap().unwrap().fields };
    assert_eq!(kept().await, matter("12"));
    store.save_call(about("7")).await.unwrap();
    assert_eq!(
        kept().await,
        matter("12"),
        "a call knows nothing of them when it is saved"
    );
    store.close().await;

    let store = open(&path).await;
    let kept = || async { store.call(call_id(1)).await.unwrap().unwrap().fields };
    assert_eq!(kept().await, matter("12"), "after a crash");
    store.save_call(about("8")).await.unwrap();
    assert_eq!(kept().await, [], "another contact, another matter");
    store.save_call(about("7")).await.unwrap();
    assert_eq!(kept().await, [], "and it does not come back by itself");
    store
        .save_fields(call_id(1), contact_ref("crm", "8"), matter("13"))
        .await
        .unwrap();
    assert_eq!(kept().await, [], "chosen for somebody who is no longer chosen");
}

#[tokio::test]
async fn a_link_goes_with_its_choice() {
    let store = memory();
    let number = || "+14155550100".to_owned();
    let nora = contact("7", "Nora Quill", &["(415) 555-0177"]);
    assert_eq!(store.linked(number()).await.unwrap(), None);
    store.link(number(), nora.clone(), Timestamp(10)).await.unwrap();
    assert_eq!(store.linked(number()).await.unwrap(), Some(nora.clone()));
    assert_eq!(store.remembered_choice(number()).await.unwrap(), Some(nora.id.clone()));
    let choose =
        |id: Option<&str>, at| store.remember_choice(number(), id.map(|id| contact_ref("crm", id)), Timestamp(at));
    choose(Some("7"), 20).await.unwrap();
    assert!(store.linked(number()).await.unwrap().is_some(), "chosen again");
    choose(Some("8"), 30).await.unwrap();
    assert_eq!(store.linked(number()).await.unwrap(), None);
    choose(Some("7"), 40).await.unwrap();
    assert_eq!(store.linked(number()).await.unwrap(), None, "chosen is not linked");
    store.link(number(), nora, Timestamp(35)).await.unwrap();
    choose(None, 50).await.unwrap();
    assert_eq!(store.linked(number()).await.unwrap(), None);
}
