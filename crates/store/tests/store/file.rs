//! The file: who can read it, which key opens it, and what never happens to it.

use std::{fs, path::Path};

use crate::creations::creation;
use crate::support::{call, call_id, contact, draft, key, memory, open, ports, raw};
use ringside_domain::{AddressBook as _, CreationState, Journal as _, Kind, Timestamp};
use ringside_store::{Store, StoreKey};

fn bytes(path: &Path) -> Vec<Option<Vec<u8>>> {
    let of = |suffix: &str| fs::read(format!("{}{suffix}", path.display())).ok();
    vec![of(""), of("-wal")]
}

#[tokio::test]
async fn an_empty_file_grows_by_migrations_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("profile/ringside.db");
    let store = open(&path).await;
    assert!(!store.is_memory() && !store.repaired());
    store.save_call(call(1, "+14155550100")).await.unwrap();
    store.close().await;
    assert_eq!(
        store.call(call_id(1)).await.unwrap_err().kind,
        Kind::Internal,
        "closed is an error, not a panic"
    );

    let store = open(&path).await;
    assert!(!store.repaired());
    assert_eq!(store.call(call_id(1)).await.unwrap(), Some(call(1, "+14155550100")));
    store.close().await;
    let version: i64 = raw(&path, &key(1))
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, 4);
}

#[tokio::test]
async fn who_goes_without_closing_it_leaves_no_connection_that_is_still_being_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let log = folder.path().join("ringside.db-wal");
    for nth in 1..=5 {
        let store = open(&path).await;
        store.save_call(call(nth, "+14155550100")).await.unwrap();
        assert!(log.exists());
        drop(store);
        assert!(
            !log.exists(),
            "the last connection takes its log with it, once it is closed"
        );
    }
}

#[tokio::test]
async fn a_file_of_the_first_version_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let store = open(&path).await;
    store.save_call(call(1, "+14155550100")).await.unwrap();
    let number = || "+14155550100".to_owned();
    let nora = contact("7", "Nora Quill", &["(415) 555-0177"]);
    store
        .remember_choice(number(), Some(nora.id.clone()), Timestamp(1))
        .await
        .unwrap();
    store.close().await;
    raw(&path, &key(1))
        .execute_batch(
            "DROP TABLE log_fields; DROP TABLE connection_memory; ALTER TABLE choices DROP COLUMN linked;
             DROP TABLE creations; DROP TABLE import_people; DROP TABLE imports;
             ALTER TABLE people DROP COLUMN more_emails;
             PRAGMA user_version = 1;",
        )
        .unwrap();

    let store = open(&path).await;
    assert_eq!(store.call(call_id(1)).await.unwrap(), Some(call(1, "+14155550100")));
    assert_eq!(store.remembered_choice(number()).await.unwrap(), Some(nora.id.clone()));
    assert_eq!(store.linked(number()).await.unwrap(), None);
    store.link(number(), nora.clone(), Timestamp(2)).await.unwrap();
    assert_eq!(store.linked(number()).await.unwrap(), Some(nora));
    store
        .save_creation(creation(1, CreationState::Waiting(None)))
        .await
        .unwrap();
    assert_eq!(store.open_creations().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_left_empty_by_a_crash_is_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    fs::write(&path, b"").unwrap();
    open(&path).await.save_call(call(1, "+14155550100")).await.unwrap();
}

#[tokio::test]
async fn a_wrong_key_changes_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let store = open(&path).await;
    store.save_call(call(1, "+14155550100")).await.unwrap();
    // Still open: what was written last is in the log only, as after a crash.
    let copy = folder.path().join("crashed.db");
    fs::copy(&path, &copy).unwrap();
    fs::copy(
        folder.path().join("ringside.db-wal"),
        folder.path().join("crashed.db-wal"),
    )
    .unwrap();
    let before = bytes(&copy);
    assert!(before[1].as_ref().is_some_and(|log| !log.is_empty()));

    let (clock, random) = ports();
    let refused = Store::open(&copy, key(2), clock, random).await.err().unwrap();
    assert_eq!(refused.kind, Kind::KeyringLocked);
    assert!(refused.hint.unwrap().contains("recovery code"));
    assert_eq!(bytes(&copy), before);

    let crashed = open(&copy).await;
    assert!(
        crashed.call(call_id(1)).await.unwrap().is_some(),
        "the right key still finds what was in the log"
    );
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    fs::write(&path, "not a database ".repeat(1000)).unwrap();
    let before = bytes(&path);
    let (clock, random) = ports();
    let refused = Store::open(&path, key(1), clock, random).await.err().unwrap();
    assert_eq!(refused.kind, Kind::KeyringLocked);
    assert_eq!(bytes(&path), before);

    let (clock, random) = ports();
    let refused = Store::open(folder.path(), key(1), clock, random).await.err().unwrap();
    assert_eq!(refused.kind, Kind::Storage);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    open(&path).await.close().await;
    raw(&path, &key(1)).execute_batch("PRAGMA user_version = 99;").unwrap();
    let (clock, random) = ports();
    let refused = Store::open(&path, key(1), clock, random).await.err().unwrap();
    assert!(refused.message.contains("newer version"), "{refused}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("profile/ringside.db");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let store = open(&path).await;
    store.save_call(call(1, "+14155550100")).await.unwrap();
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(
            mode(Path::new(&format!("{}{suffix}", path.display()))),
            0o600,
            "{suffix}"
        );
    }
    store.close().await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let _store = open(&path).await;
    assert_eq!(mode(&path), 0o600, "a file that was copied around is closed again");
}

#[tokio::test]
async fn nothing_is_on_the_disk_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let store = open(&path).await;
    store
        .create(draft("person", "Zebulon Quartermain", Some("(415) 555-0187")))
        .await
        .unwrap();
    store.save_call(call(1, "+14155550187")).await.unwrap();
    store
        .save_note(call_id(1), "Wants the blue awning".to_owned(), None)
        .await
        .unwrap();
    let check = |when: &str| {
        for (file, content) in ["file", "log"].iter().zip(bytes(&path)) {
            let Some(content) = content.filter(|content| !content.is_empty()) else {
                continue;
            };
            assert!(!content.starts_with(b"SQLite format 3"), "{when}, {file}");
            for clear in [
                "Zebulon",
                "zebulon",
                "quartermain",
                "4155550187",
                "555-0187",
                "awning",
                "contact_names",
            ] {
                let found = content.windows(clear.len()).any(|window| window == clear.as_bytes());
                assert!(!found, "{when}: {clear} in the {file}");
            }
        }
    };
    check("while open");
    store.close().await;
    check("closed");
}

#[tokio::test]
async fn after_rekeying_only_the_new_key_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let store = open(&path).await;
    let made = store
        .create(draft("person", "Nora Quill", Some("(415) 555-0100")))
        .await
        .unwrap();
    store.save_call(call(1, "+14155550100")).await.unwrap();
    // Lookups go on while it happens, and after.
    let (rekeyed, found) = tokio::join!(store.rekey(key(9)), store.get(made.id.id.clone()));
    rekeyed.unwrap();
    assert!(found.unwrap().is_some());
    assert!(store.get(made.id.id.clone()).await.unwrap().is_some());
    store.save_call(call(2, "+14155550101")).await.unwrap();
    store.close().await;

    let (clock, random) = ports();
    assert_eq!(
        Store::open(&path, key(1), clock, random).await.err().unwrap().kind,
        Kind::KeyringLocked
    );
    let (clock, random) = ports();
    let code = key(9).recovery_code();
    let store = Store::open(
        &path,
        StoreKey::from_recovery_code(code.as_str()).unwrap(),
        clock,
        random,
    )
    .await
    .unwrap();
    assert!(store.call(call_id(1)).await.unwrap().is_some() && store.call(call_id(2)).await.unwrap().is_some());
    assert!(!store.repaired());
}

#[tokio::test]
async fn memory_has_no_key_to_change() {
    assert_eq!(memory().rekey(key(2)).await.unwrap_err().kind, Kind::Invalid);
}
