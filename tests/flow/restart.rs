//! What a restart finds.

use ringside_domain::{CallState, EndReason, journal::CallPage};

use crate::desk::Desk;

#[tokio::test]
async fn a_call_that_was_going_on_ends_with_its_end_unknown_and_keeps_its_note() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.db");
    let desk = Desk::on_file(&file).await;
    let call = desk.rings("+14155550123").await;
    desk.engine.note(call, "half a sentence".into(), None).await.unwrap();
    desk.engine.stop().await;
    desk.store.close().await;
    drop(desk);

    let desk = Desk::on_file(&file).await;
    let view = desk.engine.call(call).await.unwrap();
    assert_eq!(view.call.state, CallState::Ended(EndReason::Unknown));
    assert_eq!((view.call.note.as_str(), view.call.talked), ("half a sentence", None));
    assert!(desk.engine.cards().await.is_empty(), "an old call opens no card");
    let listed = desk
        .engine
        .calls(CallPage {
            limit: 10,
            ..CallPage::default()
        })
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
}

#[tokio::test]
async fn an_old_call_can_still_be_logged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.db");
    let desk = Desk::on_file(&file).await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings("+14155550100").await;
    desk.hangs_up("+14155550100").await;
    desk.engine.stop().await;
    desk.store.close().await;
    drop(desk);

    let desk = Desk::on_file(&file).await;
    desk.engine.log(call, None).await.unwrap();
    desk.until_logged(call).await;
    assert_eq!(desk.logs_on(&anna).await.len(), 1);
}
