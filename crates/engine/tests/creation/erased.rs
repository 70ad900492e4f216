//! A person is erased while something is to be created for them, or was.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_domain::{CallId, CreationState, EndReason, Kind};
use ringside_engine::view::CreationDecision;
use tokio::time::sleep;

use crate::{
    crm::Fate,
    desk::{Desk, SECOND},
};

/// As the app does it.
async fn erase(desk: &Desk, call: CallId) -> ringside_domain::Result<()> {
    let all = desk.journal.all().into_iter();
    let theirs: Vec<_> = all.map(|creation| creation.id).collect();
    let held = desk.engine.let_go(&[call], &theirs).await?;
    sleep(SECOND).await;
    desk.journal.erase(call);
    held.forget(&[call], &theirs);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_never_sent_and_never_written_again() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    let creation = desk.creates(call).await;
    desk.hangs_up().await;
    // Somebody presses "Create now" while it is being erased.
    let (erased, pressed) = tokio::join!(erase(&desk, call), async {
        sleep(Duration::from_millis(500)).await;
        desk.engine.settle_creation(creation.id, CreationDecision::Send).await
    });
    erased.unwrap();
    assert_eq!(pressed.unwrap_err().kind, Kind::NotFound);
    sleep(11 * SECOND).await;
    assert_eq!(desk.crm.requests(), []);
    assert_eq!((desk.journal.all(), desk.engine.creations()), (Vec::new(), Vec::new()));
    assert_eq!(desk.engine.call(call).await.unwrap_err().kind, Kind::NotFound);
    let desk = desk.restarts().await;
    sleep(11 * SECOND).await;
    assert_eq!(desk.crm.requests(), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_goes_too() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.crm.plan([Fate::Refused("company")]);
    let creation = desk.creates(call).await;
    desk.hangs_up().await;
    sleep(12 * SECOND).await;
    assert!(matches!(desk.state(creation.id), CreationState::Refused(_)));
    erase(&desk, call).await.unwrap();
    assert_eq!(desk.engine.creations(), []);
}

#[tokio::test(start_paused = true)]
async fn while_it_is_being_sent_nothing_is_erased() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.crm.plan([Fate::Slow(5)]);
    let creation = desk.creates(call).await;
    desk.hangs_up().await;
    sleep(11 * SECOND).await;
    let refused = erase(&desk, call).await.unwrap_err();
    assert_eq!((refused.kind, refused.hint.is_some()), (Kind::Conflict, true));
    sleep(6 * SECOND).await;
    assert!(
        matches!(desk.state(creation.id), CreationState::Finished(_)),
        "it was left alone"
    );
    erase(&desk, call).await.unwrap();
    assert_eq!(desk.journal.all(), []);
}

#[tokio::test(start_paused = true)]
async fn while_a_log_is_being_sent_nothing_is_erased() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.creates(call).await;
    desk.hangs_up().await;
    desk.crm.logs_take.store(5, Ordering::SeqCst);
    desk.engine.log(call, None).await.unwrap();
    sleep(12 * SECOND).await;
    assert_eq!(desk.crm.logs().len(), 1, "it is under way");
    assert_eq!(erase(&desk, call).await.unwrap_err().kind, Kind::Conflict);
    sleep(5 * SECOND).await;
    erase(&desk, call).await.unwrap();
    sleep(60 * SECOND).await;
    assert_eq!(desk.crm.logs().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_program_that_runs_for_days_forgets_what_was_typed_after_one() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    let undone = desk.creates(call).await;
    desk.engine.undo_creation(undone.id).await.unwrap();
    desk.creates(call).await;
    desk.engine
        .report(crate::desk::event(ringside_domain::Change::Ended(EndReason::Missed)))
        .await
        .unwrap();
    sleep(20 * 3600 * SECOND).await;
    assert_eq!(desk.journal.all().len(), 2);
    sleep(11 * 3600 * SECOND).await;
    assert_eq!(desk.journal.all(), []);
}
