//! A damaged index is made anew; the journal is never touched to do so.

use std::{
    fs::OpenOptions,
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
};

use ringside_domain::{
    AddressBook as _, ContactIndex as _, EndReason, Journal as _, Timestamp,
    connector::NameQuery,
    journal::CallPage,
    phone::{read, stored_keys},
};
use ringside_store::Store;

use crate::support::{call, contact, draft, home, key, open, over, raw};

const PEOPLE: usize = 400;

async fn filled(path: &Path) {
    let store = open(path).await;
    store.rebuild(home("US")).await.unwrap();
    let people = (0..PEOPLE).map(|at| {
        (
            draft("person", &format!("Nora Quill {at}"), Some("+14155550100")),
            vec![],
        )
    });
    store.import(people.collect(), home("US")).await.unwrap();
    let remembered = (0..PEOPLE).map(|at| contact(&at.to_string(), &format!("Otto Pym {at}"), &["+44 20 7946 0100"]));
    store
        .remember(remembered.collect(), Timestamp(1), home("US"))
        .await
        .unwrap();
    for at in 1..=20 {
        store
            .save_call(over(call(at, "+14155550100"), EndReason::Completed))
            .await
            .unwrap();
    }
    store.close().await;
}

async fn search(store: &Store, text: &str) -> usize {
    store
        .search(NameQuery {
            text: text.to_owned(),
            limit: 200,
            ..NameQuery::default()
        })
        .await
        .unwrap()
        .len()
}

/// Everybody is found by name and by number, and all calls are there.
async fn check(store: &Store, what: &str) {
    assert_eq!(
        search(store, &format!("nora quill {}", PEOPLE - 1)).await,
        1,
        "{what}: address book by name"
    );
    assert_eq!(search(store, "otto pym 7").await, 11, "{what}: remembered by name");
    let found = store
        .find(stored_keys(&read("+442079460100", &home("US"))))
        .await
        .unwrap();
    assert_eq!(found.len(), 100, "{what}: by number");
    assert!(search(store, "2079460100").await > 0, "{what}: by digits");
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.contacts, 2 * PEOPLE as u64, "{what}: all of them");
    assert_eq!(
        store
            .calls(CallPage {
                limit: 99,
                ..CallPage::default()
            })
            .await
            .unwrap()
            .len(),
        20,
        "{what}: journal"
    );
    assert!(store.repaired(), "{what}: and it says so");
}

#[tokio::test]
async fn tables_harmed_by_hand_are_made_anew_when_opened() {
    for harm in [
        "DROP TABLE contact_keys",
        "DROP TABLE contact_names",
        "DROP TABLE contact_digits",
        "DROP TABLE name_words",
        "DELETE FROM name_words",
        "DELETE FROM contact_names_data",
        "DELETE FROM contact_names_docsize WHERE id > 100",
        "DELETE FROM contact_digits_data WHERE id = 10",
        "DELETE FROM contact_keys",
        "DROP TABLE contact_names_config",
        "UPDATE contact_names_data SET block = x'00ff00ff' WHERE id = 10",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ringside.db");
        filled(&path).await;
        raw(&path, &key(1)).execute_batch(harm).unwrap();
        let store = open(&path).await;
        check(&store, harm).await;
        store.close().await;
        let store = open(&path).await;
        assert!(!store.repaired(), "{harm}: once is enough");
    }
}

#[tokio::test]
async fn damage_that_shows_while_reading_is_mended_then() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    filled(&path).await;
    let store = open(&path).await;
    assert!(!store.repaired());
    let other = raw(&path, &key(1));
    other.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    other
        .execute_batch("DELETE FROM contact_names_data WHERE id > 10")
        .unwrap();
    drop(other);
    let racing: Vec<_> = (0..8)
        .map(|at| {
            let store = store.clone();
            tokio::spawn(async move { search(&store, &format!("nora quill 39{at}")).await })
        })
        .collect();
    for one in racing {
        assert_eq!(one.await.unwrap(), 1);
    }
    check(&store, "while open").await;
    store.create(draft("person", "Zora Zimt", None)).await.unwrap();
    assert_eq!(search(&store, "zora zimt").await, 1);
}

#[tokio::test]
async fn the_address_book_survives_the_loss_of_its_copies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    filled(&path).await;
    raw(&path, &key(1)).execute_batch("DROP TABLE contacts").unwrap();
    let store = open(&path).await;
    assert!(store.repaired());
    assert_eq!(search(&store, "nora quill 399").await, 1);
    assert_eq!(store.counts().await.unwrap().contacts, PEOPLE as u64);
}

/// Garbage over whole pages, as a failing disk leaves it. Pages of the index only: which ones, SQLite says itself.
#[tokio::test]
async fn garbage_on_the_indexs_pages_is_mended() {
    for table in ["contact_keys", "contact_names_data", "contact_digits_data", "contacts"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ringside.db");
        filled(&path).await;
        let conn = raw(&path, &key(1));
        let page_size: String = conn.query_row("PRAGMA cipher_page_size", [], |row| row.get(0)).unwrap();
        let page_size: u64 = page_size.parse().unwrap();
        let root: i64 = conn
            .query_row("SELECT rootpage FROM sqlite_master WHERE name = ?1", [table], |row| {
                row.get(0)
            })
            .unwrap();
        drop(conn);
        let mut file = OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start((root as u64 - 1) * page_size)).unwrap();
        file.write_all(&vec![0xA5; usize::try_from(page_size).unwrap()])
            .unwrap();
        drop(file);

        let store = open(&path).await;
        assert_eq!(search(&store, "nora quill 399").await, 1, "{table}");
        let found = store
            .find(stored_keys(&read("+14155550100", &home("US"))))
            .await
            .unwrap();
        assert_eq!(found.len(), 100, "{table}");
        assert!(store.repaired(), "{table}");
        assert_eq!(
            store
                .calls(CallPage {
                    limit: 99,
                    ..CallPage::default()
                })
                .await
                .unwrap()
                .len(),
            20,
            "{table}"
        );
        store.close().await;
        let store = open(&path).await;
        assert!(!store.repaired(), "{table}: mended for good");
        assert_eq!(search(&store, "nora quill 399").await, 1, "{table}");
    }
}
