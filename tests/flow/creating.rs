//! A contact that can be taken back for a moment: the real store, and a CRM over real HTTP.

use std::{path::Path, sync::Arc, time::Duration};

use ringside_domain::{CallId, Contact, ContactDraft, Creation, CreationState, Kind};
use ringside_engine::{Config, view::Created};
use ringside_store::{Store, StoreKey};
use ringside_tests::{Act, Answer, HttpCrm, LoopbackCrm, Route};
use tokio::time::sleep;

use crate::desk::{Desk, clock, config, random};

const CALLER: &str = "+12025550143";
/// Here ten seconds are half of one.
const WINDOW: Duration = Duration::from_millis(500);
const SETTLES: Duration = Duration::from_millis(300);

async fn desk(store: Store, crm: &LoopbackCrm) -> Desk {
    let mut connector = HttpCrm::new(crm.url(), false, false, SETTLES);
    connector.creates = true;
    let config = Config {
        undo_window: WINDOW,
        write_deadline: Duration::from_secs(5),
        write_pauses: vec![Duration::from_millis(100)],
        settle_floor: SETTLES,
        ..config()
    };
    Desk::with_connector(store, config, Arc::new(connector)).await
}

async fn on_file(path: &Path, crm: &LoopbackCrm) -> Desk {
    let store = Store::open(path, StoreKey::from_bytes([7; 32]), clock(), random());
    desk(store.await.unwrap(), crm).await
}

fn memory() -> Store {
    Store::memory(clock(), random()).unwrap()
}

fn draft() -> ContactDraft {
    ContactDraft {
        connection: ringside_domain::ConnectionId::new("loopback"),
        number: Some(CALLER.into()),
        ..crate::desk::draft("person", "Nora Quill")
    }
}

async fn creates(desk: &Desk, call: CallId) -> Creation {
    let asked = desk.engine.create_later(draft(), Some(call), false, None);
    match asked.await.unwrap() {
        Created::Waiting(creation) => *creation,
        other => panic!("{other:?}"),
    }
}

async fn chosen(desk: &Desk, call: CallId) -> Contact {
    let view = desk.wait(call, |view| view.call.choice.is_some()).await;
    view.call.choice.unwrap().contact
}

#[tokio::test]
async fn taken_back_it_never_made_a_request() {
    let crm = LoopbackCrm::start(false).await;
    let desk = desk(memory(), &crm).await;
    let call = desk.rings(CALLER).await;
    let creation = creates(&desk, call).await;
    sleep(WINDOW - Duration::from_millis(100)).await;
    let undone = desk.engine.undo_creation(creation.id).await.unwrap();
    assert_eq!((undone.state, undone.draft), (CreationState::Undone, draft()));
    sleep(2 * WINDOW).await;
    assert_eq!(crm.requests(Route::Create), 0);

    // And another time it is kept.
    creates(&desk, call).await;
    assert_eq!(crm.requests(Route::Create), 0, "not yet");
    assert_eq!(chosen(&desk, call).await.name, "Nora Quill");
    assert_eq!((crm.requests(Route::Create), crm.people().len()), (1, 1));
}

#[tokio::test]
async fn its_log_follows_it() {
    let crm = LoopbackCrm::start(false).await;
    let desk = desk(memory(), &crm).await;
    let call = desk.rings(CALLER).await;
    creates(&desk, call).await;
    let view = desk.engine.log(call, None).await.unwrap();
    assert!(view.write.is_none() && view.creation.is_some_and(|creation| creation.log));
    desk.hangs_up(CALLER).await;
    desk.engine.note(call, "wants a quote".into(), None).await.unwrap();
    desk.until_logged(call).await;
    let logs = crm.logs();
    assert_eq!(logs.len(), 1);
    assert_eq!(
        (logs[0].contact.as_deref(), logs[0].note.as_str()),
        (Some("contact-1"), "wants a quote")
    );
}

#[tokio::test]
async fn a_death_while_it_waits_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.db");
    let crm = LoopbackCrm::start(false).await;
    let desk = on_file(&file, &crm).await;
    let call = desk.rings(CALLER).await;
    creates(&desk, call).await;
    desk.engine.log(call, None).await.unwrap();
    desk.ends().await;
    assert_eq!(crm.requests(Route::Create), 0);

    let desk = on_file(&file, &crm).await;
    assert!(
        desk.engine.call(call).await.unwrap().creation.is_some(),
        "it can be taken back once more"
    );
    desk.until_logged(call).await;
    assert_eq!((crm.people().len(), crm.logs().len()), (1, 1));
    assert_eq!(chosen(&desk, call).await.id.id, "contact-1");
}

#[tokio::test]
async fn an_answer_that_broke_off_is_looked_for_and_found() {
    let crm = LoopbackCrm::start(false).await;
    let desk = desk(memory(), &crm).await;
    for cut in [0, 1, 60] {
        let answer = Answer::Cut(cut);
        crm.plan(
            Route::Create,
            Act {
                answer,
                ..Act::default()
            },
        );
    }
    let call = desk.rings(CALLER).await;
    creates(&desk, call).await;
    assert_eq!(chosen(&desk, call).await.id.id, "contact-1");
    assert_eq!(crm.requests(Route::Create), 1, "it was not sent a second time");
}

#[tokio::test]
async fn an_answer_that_broke_off_and_made_nothing_is_for_a_person() {
    let crm = LoopbackCrm::start(false).await;
    let desk = desk(memory(), &crm).await;
    crm.plan(
        Route::Create,
        Act {
            lost: true,
            answer: Answer::Status(502),
            ..Act::default()
        },
    );
    let call = desk.rings(CALLER).await;
    creates(&desk, call).await;
    let is_unsure = |creation: &Creation| matches!(creation.state, CreationState::Unsure(_));
    desk.wait(call, |view| view.creation.as_ref().is_some_and(is_unsure))
        .await;
    assert_eq!(crm.requests(Route::Create), 1);
}

#[tokio::test]
async fn a_no_is_kept_with_what_was_typed() {
    let crm = LoopbackCrm::start(false).await;
    let desk = desk(memory(), &crm).await;
    crm.plan(
        Route::Create,
        Act {
            lost: true,
            answer: Answer::Status(422),
            ..Act::default()
        },
    );
    let call = desk.rings(CALLER).await;
    creates(&desk, call).await;
    let is_refused =
        |creation: &Creation| matches!(&creation.state, CreationState::Refused(why) if why.kind == Kind::Invalid);
    let view = desk
        .wait(call, |view| view.creation.as_ref().is_some_and(is_refused))
        .await;
    assert_eq!(view.creation.unwrap().draft, draft());
}

#[tokio::test]
async fn what_was_asked_for_while_the_keyring_was_locked_goes_on_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.db");
    let crm = LoopbackCrm::start(false).await;
    let desk = desk(memory(), &crm).await;
    let call = desk.rings(CALLER).await;
    creates(&desk, call).await;
    desk.store.attach(&file, StoreKey::from_bytes([7; 32])).await.unwrap();
    desk.engine.wake().await;
    chosen(&desk, call).await;
    assert_eq!(crm.people().len(), 1);
    desk.ends().await;
    let desk = on_file(&file, &crm).await;
    assert_eq!(chosen(&desk, call).await.id.id, "contact-1");
    sleep(2 * WINDOW).await;
    assert_eq!(crm.requests(Route::Create), 1);
}
