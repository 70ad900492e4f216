//! Calls that are older than they are to be kept, and what is owed of them.

use std::time::{Duration, Instant};

use ringside_domain::{
    AddressBook as _, Call, CallId, CallLogEntry, Creation, CreationId, CreationState, EndReason, Journal, LogRef,
    Outcome, Timestamp, Trace, Write, WriteState,
    journal::{CallPage, Failure, LogState, StepRecord, StepState},
};
use ringside_store::Store;
use tempfile::tempdir;

use crate::support::{START, call, call_id, contact_ref, draft, entry, home, memory, open, over, owed};

const ALL: usize = 1000;
/// After every call of these tests.
const LATE: Timestamp = Timestamp(START + 1_000_000_000);

fn failure() -> Failure {
    Failure {
        kind: ringside_domain::Kind::Invalid,
        message: "the CRM says no".to_owned(),
        hint: None,
        field: None,
    }
}

fn logged() -> WriteState {
    WriteState::Logged(LogRef {
        id: "log-1".to_owned(),
        url: None,
    })
}

fn write(number: u8, state: WriteState) -> Write {
    Write {
        state,
        ..owed(number, number, "crm")
    }
}

fn creation(number: u8, state: CreationState) -> Creation {
    Creation {
        id: CreationId::from_uuid(uuid::Uuid::from_bytes([number; 16])),
        call: Some(call_id(number)),
        draft: draft("person", "Nora Quill", None),
        state,
        log: true,
        force: false,
        before: None,
        attempts: 0,
        asked: Timestamp(START),
        due: None,
        said: None,
    }
}

async fn ids(store: &Store, page: CallPage) -> Vec<u8> {
    let page = CallPage { limit: ALL, ..page };
    let calls = store.calls(page).await.unwrap();
    calls.iter().map(|call| call.id.uuid().as_bytes()[0]).collect()
}

/// Calls 1 to 9: every state a log can be in, one that goes on and one whose contact is still to be created.
async fn fill(store: &Store) {
    for number in 1..=10 {
        let one = call(number, "+14155550100");
        let one = if number == 8 {
            one
        } else {
            over(one, EndReason::Completed)
        };
        store
            .save_call(Call {
                no_log: number == 2,
                ..one
            })
            .await
            .unwrap();
    }
    let last_look = Write {
        next_try: Some(LATE),
        ..write(7, logged())
    };
    for write in [
        write(3, WriteState::Waiting(None)),
        write(4, logged()),
        write(5, WriteState::Refused(failure())),
        write(6, WriteState::Unsure(failure())),
        last_look,
        write(10, WriteState::Dropped),
    ] {
        store.owe(write).await.unwrap();
    }
    store
        .save_creation(creation(9, CreationState::Waiting(None)))
        .await
        .unwrap();
}

#[tokio::test]
async fn calls_are_listed_by_what_became_of_their_log() {
    let store = memory();
    fill(&store).await;
    let of = async |log| {
        let page = CallPage {
            log: Some(log),
            ..CallPage::default()
        };
        ids(&store, page).await
    };
    assert_eq!(of(LogState::NotLogged).await, [10, 8, 1]);
    assert_eq!(of(LogState::SetAside).await, [2]);
    assert_eq!(of(LogState::Waiting).await, [9, 3], "and what waits for its contact");
    assert_eq!(of(LogState::Logged).await, [7, 4]);
    assert_eq!(of(LogState::Refused).await, [5]);
    assert_eq!(of(LogState::Unsure).await, [6]);
    // A later change that waits is what counts, and what is open is not hidden by a log in another connection.
    let log = LogRef {
        id: "log-1".to_owned(),
        url: None,
    };
    let later = Write {
        kind: ringside_domain::journal::WriteKind::Update(log),
        ..owed(20, 4, "crm")
    };
    store.owe(later).await.unwrap();
    assert_eq!(of(LogState::Logged).await, [7]);
    for call in [3, 5, 6] {
        let elsewhere = Write {
            state: logged(),
            ..owed(20 + call, call, "book")
        };
        store.owe(elsewhere).await.unwrap();
    }
    assert_eq!(of(LogState::Logged).await, [7]);
    assert_eq!(of(LogState::Waiting).await, [9, 4, 3]);
    assert_eq!(of(LogState::Refused).await, [5]);
    assert_eq!(of(LogState::Unsure).await, [6]);
}

#[tokio::test]
async fn what_is_owed_or_goes_on_stays_and_the_rest_goes_whole() {
    let folder = tempdir().unwrap();
    let file = open(&folder.path().join("ringside.db")).await;
    for store in [file, memory()] {
        fill(&store).await;
        let old = call_id(4);
        store
            .save_note(old, "About the roof".to_owned(), Some(Outcome::Connected))
            .await
            .unwrap();
        let fields = vec![("matter".to_owned(), "7".to_owned())];
        store.save_fields(old, contact_ref("crm", "7"), fields).await.unwrap();
        let written = write(4, logged()).id;
        let step = StepRecord {
            step: "log".to_owned(),
            state: StepState::NotDone,
        };
        store.save_step(written, step).await.unwrap();
        let trace = Trace {
            call: Some(old),
            at: Timestamp(START),
            live: false,
            took: Duration::ZERO,
            steps: Vec::new(),
        };
        store.save_trace(trace).await.unwrap();

        assert_eq!(
            store.forget_calls(Timestamp(START), Vec::new(), ALL).await.unwrap(),
            0,
            "none is so old"
        );
        let except = vec![call_id(1)];
        assert_eq!(store.forget_calls(LATE, except, ALL).await.unwrap(), 3, "2, 4 and 10");
        assert_eq!(ids(&store, CallPage::default()).await, [9, 8, 7, 6, 5, 3, 1]);
        assert!(store.call(old).await.unwrap().is_none());
        assert!(store.writes_of(old).await.unwrap().is_empty() && store.steps(written).await.unwrap().is_empty());
        assert!(store.traces(old).await.unwrap().is_empty());
        // Nothing of it comes back with a call of the same id.
        store
            .save_call(over(call(4, "+14155550100"), EndReason::Missed))
            .await
            .unwrap();
        let again = store.call(old).await.unwrap().unwrap();
        assert!(again.note.is_empty() && again.outcome.is_none() && again.fields.is_empty());

        // Settled, they go.
        store.update_write(write(3, WriteState::Dropped)).await.unwrap();
        store.update_write(write(7, logged())).await.unwrap();
        let undone = creation(9, CreationState::Undone);
        let creation = undone.id;
        store.save_creation(undone).await.unwrap();
        assert_eq!(
            store.forget_calls(LATE, Vec::new(), 2).await.unwrap(),
            2,
            "no more than asked for"
        );
        assert_eq!(store.forget_calls(LATE, Vec::new(), ALL).await.unwrap(), 3);
        assert_eq!(ids(&store, CallPage::default()).await, [8, 6, 5]);
        assert!(store.creation(creation).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn what_the_address_book_was_told_of_old_calls_goes_with_them() {
    let store = memory();
    store.import(Vec::new(), home("US")).await.unwrap();
    let nora = store
        .create(draft("person", "Nora Quill", Some("+14155550100")))
        .await
        .unwrap();
    for (number, state) in [(1, logged()), (2, WriteState::Refused(failure()))] {
        let marker = format!("marker-{number}");
        store
            .save_call(over(call(number, "+14155550100"), EndReason::Completed))
            .await
            .unwrap();
        let mut owed = write(number, state);
        owed.entry = entry(nora.id.clone(), &marker);
        store.owe(owed).await.unwrap();
        store.log(entry(nora.id.clone(), &marker)).await.unwrap();
    }
    let newer = CallLogEntry {
        started: LATE,
        ..entry(nora.id.clone(), "marker-3")
    };
    store.log(newer).await.unwrap();
    assert_eq!(store.forget_calls(LATE, Vec::new(), ALL).await.unwrap(), 1);
    let kept = store.logs(nora.id.id.clone()).await.unwrap();
    let markers: Vec<&str> = kept.iter().map(|(_, entry)| entry.marker.as_str()).collect();
    assert_eq!(
        markers,
        ["marker-3", "marker-2"],
        "the newer one, and the one that may still be changed"
    );
}

/// By hand: `cargo test --release -p ringside-store -- --ignored --nocapture fifty`.
#[tokio::test]
#[ignore = "measures"]
async fn fifty_thousand_old_calls_never_hold_a_note_up() {
    let folder = tempdir().unwrap();
    let store = open(&folder.path().join("ringside.db")).await;
    let began = Instant::now();
    for number in 0..50_000_u128 {
        let id = CallId::from_uuid(uuid::Uuid::from_u128(number + 1));
        let one = over(call(1, "+14155550100"), EndReason::Completed);
        store
            .save_call(Call {
                id,
                note: "A note".to_owned(),
                ..one
            })
            .await
            .unwrap();
    }
    println!("filled in {:?}", began.elapsed());
    let (began, mut longest, mut chunks) = (Instant::now(), Duration::ZERO, 0);
    loop {
        let chunk = Instant::now();
        let forgotten = store.forget_calls(LATE, Vec::new(), 200).await.unwrap();
        longest = longest.max(chunk.elapsed());
        chunks += 1;
        if forgotten < 200 {
            break;
        }
    }
    println!("{chunks} chunks in {:?}, the longest {longest:?}", began.elapsed());
    assert!(longest < Duration::from_millis(500));
    assert!(
        store
            .calls(CallPage {
                limit: 1,
                ..CallPage::default()
            })
            .await
            .unwrap()
            .is_empty()
    );
}
