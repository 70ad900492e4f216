//! Contacts that a person wants created.

use ringside_domain::{ContactDraft, Creation, CreationId, CreationState, Journal as _, Kind, Timestamp, Trouble};

use crate::support::{START, call_id, contact, contact_ref, draft, memory, open};

pub fn creation(number: u8, state: CreationState) -> Creation {
    Creation {
        id: CreationId::from_uuid(uuid::Uuid::from_bytes([number; 16])),
        call: Some(call_id(1)),
        draft: ContactDraft {
            given: Some("Nora".to_owned()),
            family: Some("Quill".to_owned()),
            email: Some("nora@example.com".to_owned()),
            extra: vec![("status".to_owned(), "new".to_owned())],
            ..draft("lead", "Nora Quill", Some("+14155550100"))
        },
        force: true,
        log: true,
        before: Some(vec![contact_ref("crm", "3")]),
        state,
        attempts: 2,
        asked: Timestamp(START + i64::from(number)),
        due: Some(Timestamp(START + 10_000)),
        said: None,
    }
}

fn states() -> Vec<CreationState> {
    let trouble = Trouble {
        kind: Kind::Invalid,
        message: "no such status".to_owned(),
        hint: Some("choose another one".to_owned()),
        field: Some("status".to_owned()),
    };
    let nora = contact("7", "Nora Quill", &["(415) 555-0100"]);
    vec![
        CreationState::Waiting(None),
        CreationState::Waiting(Some(trouble.clone())),
        CreationState::Sent(None),
        CreationState::Sent(Some(trouble.clone())),
        CreationState::Created(nora.clone()),
        CreationState::Refused(trouble.clone()),
        CreationState::Unsure(trouble),
        CreationState::Finished(nora),
        CreationState::Undone,
    ]
}

#[tokio::test]
async fn every_state_reads_back_as_it_was_in_memory_and_on_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    for on_file in [false, true] {
        let mut store = if on_file { open(&path).await } else { memory() };
        for (number, state) in (1..).zip(states()) {
            store.save_creation(creation(number, state)).await.unwrap();
        }
        let bare = Creation {
            call: None,
            before: None,
            due: None,
            force: false,
            log: false,
            draft: draft("lead", "Otto Pym", None),
            ..creation(99, CreationState::Undone)
        };
        store.save_creation(bare.clone()).await.unwrap();
        if on_file {
            store.close().await;
            store = open(&path).await;
        }
        for (number, state) in (1..).zip(states()) {
            let wanted = creation(number, state);
            assert_eq!(store.creation(wanted.id).await.unwrap(), Some(wanted));
        }
        assert_eq!(store.creation(bare.id).await.unwrap(), Some(bare));
        let open = store.open_creations().await.unwrap();
        let numbers: Vec<u8> = open.iter().map(|creation| creation.id.uuid().as_bytes()[0]).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7], "oldest first, and no settled ones");
    }
}

#[tokio::test]
async fn only_what_is_settled_and_old_is_forgotten() {
    let store = memory();
    for (number, state) in (1..).zip(states()) {
        store.save_creation(creation(number, state)).await.unwrap();
    }
    store.forget_creations(Timestamp(START + 9)).await.unwrap();
    assert_eq!(store.open_creations().await.unwrap().len(), 7);
    let [finished, undone] = [8, 9].map(|number| creation(number, CreationState::Undone).id);
    assert_eq!(store.creation(finished).await.unwrap(), None);
    assert!(store.creation(undone).await.unwrap().is_some(), "not old enough");
    store.forget_creation(undone).await.unwrap();
    assert_eq!(store.creation(undone).await.unwrap(), None);
}

#[tokio::test]
async fn one_without_a_call_counts_as_unsaved_in_memory() {
    let store = memory();
    let alone = Creation {
        call: None,
        ..creation(1, CreationState::Waiting(None))
    };
    store.save_creation(alone.clone()).await.unwrap();
    assert_eq!(store.unsaved(), 1);
    let undone = Creation {
        state: CreationState::Undone,
        ..alone
    };
    store.save_creation(undone).await.unwrap();
    assert_eq!(store.unsaved(), 0);
}
