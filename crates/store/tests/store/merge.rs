//! Session-only mode: nothing is lost when the key comes late, and nothing is doubled when it comes twice.

use std::fs;

use ringside_domain::{
    AddressBook as _, ContactIndex as _, CreationState, EndReason, Journal as _, Kind, Outcome, Timestamp, Trace,
    connector::NameQuery,
    journal::{CallPage, StepRecord, StepState},
    phone::{read, stored_keys},
};
use ringside_store::{Merged, Store};

use crate::creations::creation;
use crate::support::{call, call_id, contact, contact_ref, draft, entry, home, key, memory, open, over, owed, ports};

/// One of everything.
async fn filled() -> Store {
    let store = memory();
    let made = store
        .create(draft("lead", "Nora Quill", Some("+1 415 555 0100")))
        .await
        .unwrap();
    store
        .add_number(made.id.id.clone(), "mobile".to_owned(), "+1 415 555 0101".to_owned())
        .await
        .unwrap();
    store.log(entry(made.id.clone(), "marker-1")).await.unwrap();
    store
        .remember(
            vec![contact("7", "Otto Pym", &["+49 30 23125 012"])],
            Timestamp(5),
            home("DE"),
        )
        .await
        .unwrap();
    for at in 1..=2 {
        store
            .save_call(over(call(at, "+14155550100"), EndReason::Completed))
            .await
            .unwrap();
    }
    store
        .save_note(call_id(1), "typed while locked".to_owned(), Some(Outcome::Connected))
        .await
        .unwrap();
    let write = store.owe(owed(1, 1, "crm")).await.unwrap();
    store
        .save_step(
            write.id,
            StepRecord {
                step: "create".to_owned(),
                state: StepState::Sent,
            },
        )
        .await
        .unwrap();
    store
        .remember_choice("+14155550100".to_owned(), Some(made.id), Timestamp(9))
        .await
        .unwrap();
    store
        .save_creation(creation(1, CreationState::Waiting(None)))
        .await
        .unwrap();
    let trace = Trace {
        call: Some(call_id(1)),
        at: Timestamp(3),
        live: false,
        took: std::time::Duration::ZERO,
        steps: vec![],
    };
    store.save_trace(trace).await.unwrap();
    store
}

async fn check(store: &Store, when: &str) {
    let calls = store
        .calls(CallPage {
            limit: 9,
            ..CallPage::default()
        })
        .await
        .unwrap();
    assert_eq!(calls.len(), 2, "{when}");
    assert_eq!(calls[1].note, "typed while locked", "{when}");
    assert_eq!(calls[1].outcome, Some(Outcome::Connected), "{when}");
    let writes = store.open_writes().await.unwrap();
    assert_eq!(writes.len(), 1, "{when}");
    assert_eq!(store.steps(writes[0].id).await.unwrap().len(), 1, "{when}");
    assert_eq!(store.traces(call_id(1)).await.unwrap().len(), 1, "{when}");
    let creations = store.open_creations().await.unwrap();
    assert_eq!(creations, [creation(1, CreationState::Waiting(None))], "{when}");
    let chosen = store
        .remembered_choice("+14155550100".to_owned())
        .await
        .unwrap()
        .unwrap();
    let nora = store.get(chosen.id.clone()).await.unwrap().unwrap();
    assert_eq!(nora.numbers.len(), 2, "{when}");
    assert_eq!(store.logs(chosen.id).await.unwrap().len(), 1, "{when}");
    for (raw, id) in [
        ("+1 415 555 0101", &nora.id),
        ("030 23125012", &contact_ref("crm", "7")),
    ] {
        let found = store.find(stored_keys(&read(raw, &home("DE")))).await.unwrap();
        assert_eq!(
            found.iter().map(|found| &found.contact.id).collect::<Vec<_>>(),
            [id],
            "{when}, {raw}"
        );
    }
    let query = NameQuery {
        text: "quill".to_owned(),
        ..NameQuery::default()
    };
    assert_eq!(store.search(query).await.unwrap().len(), 1, "{when}");
}

#[tokio::test]
async fn what_was_kept_in_memory_goes_into_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let store = filled().await;
    assert!(store.is_memory());
    assert_eq!(store.unsaved(), 2);
    check(&store, "in memory").await;

    let handle = store.clone();
    let merged = store.attach(&path, key(1)).await.unwrap();
    assert_eq!(
        merged,
        Merged {
            calls: 2,
            writes: 1,
            contacts: 1
        }
    );
    assert!(!handle.is_memory());
    assert_eq!(handle.unsaved(), 0);
    check(&handle, "attached").await;
    assert_eq!(
        store.attach(&path, key(1)).await.unwrap(),
        Merged::default(),
        "twice is harmless"
    );
    let elsewhere = store.attach(folder.path().join("other.db"), key(1)).await.unwrap_err();
    assert_eq!(elsewhere.kind, Kind::Conflict);

    store.save_call(call(3, "+14155550109")).await.unwrap();
    store.close().await;
    let store = open(&path).await;
    assert!(
        store.call(call_id(3)).await.unwrap().is_some(),
        "what comes after goes into the file"
    );
    assert!(!store.repaired());
}

#[tokio::test]
async fn a_crash_between_merging_and_forgetting_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("ringside.db"), folder.path().join("copy.db"));
    open(&path).await.close().await;
    let first = filled().await;
    first.attach(&path, key(1)).await.unwrap();
    first.close().await;
    // The same memory (same ids, from the same clock and chance) meets a file that has it already.
    fs::copy(&path, &copy).unwrap();
    let again = filled().await;
    again.attach(&copy, key(1)).await.unwrap();
    check(&again, "merged twice").await;
}

#[tokio::test]
async fn the_newer_row_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let file = open(&path).await;
    file.save_call(over(call(1, "+14155550100"), EndReason::Missed))
        .await
        .unwrap();
    for _ in 0..50 {
        file.save_note(call_id(1), "newer, in the file".to_owned(), None)
            .await
            .unwrap();
    }
    let log = file.owe(owed(9, 1, "crm")).await.unwrap();
    file.close().await;

    let memory = filled().await;
    memory.attach(&path, key(1)).await.unwrap();
    let kept = memory.call(call_id(1)).await.unwrap().unwrap();
    assert_eq!(kept.note, "newer, in the file");
    let writes = memory.writes_of(call_id(1)).await.unwrap();
    assert_eq!(
        writes.iter().map(|write| write.id).collect::<Vec<_>>(),
        [log.id],
        "still one log a call and connection"
    );
}

#[tokio::test]
async fn a_wrong_key_leaves_everything_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    open(&path).await.close().await;
    let before = fs::read(&path).unwrap();
    let store = filled().await;
    assert_eq!(store.attach(&path, key(2)).await.unwrap_err().kind, Kind::KeyringLocked);
    assert!(store.is_memory());
    assert_eq!(store.unsaved(), 2);
    assert_eq!(fs::read(&path).unwrap(), before);
    check(&store, "still in memory").await;
    store.attach(&path, key(1)).await.unwrap();
    check(&store, "with the right key").await;
}

#[tokio::test]
async fn calls_that_are_written_meanwhile_are_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let (clock, random) = ports();
    let store = Store::memory(clock, random).unwrap();
    let mut writes = Vec::new();
    for at in 1..=100 {
        let store = store.clone();
        writes.push(tokio::spawn(async move {
            store.save_call(call(at, "+14155550100")).await.unwrap()
        }));
        if at == 50 {
            tokio::task::yield_now().await;
        }
    }
    store.attach(&path, key(1)).await.unwrap();
    for write in writes {
        write.await.unwrap();
    }
    assert_eq!(store.unsaved(), 0);
    store.close().await;
    let page = open(&path)
        .await
        .calls(CallPage {
            limit: 200,
            ..CallPage::default()
        })
        .await
        .unwrap();
    assert_eq!(page.len(), 100);
}
