//! What becomes of a log that is asked for again: while it is on its way, half there, deleted, or of another person.

use std::{sync::Arc, sync::atomic::Ordering};

use ringside_domain::{CallId, EndReason, Kind, WriteState};
use ringside_engine::{
    Config, LogRule,
    view::{CallView, Decision},
};
use ringside_store::Store;

use crate::{
    desk::{Desk, clock, config, random},
    keeper::Keeper,
};

const ANNA: &str = "+14155550100";

async fn desk_of(crm: &Arc<Keeper>, config: Config) -> Desk {
    let store = Store::memory(clock(), random()).unwrap();
    Desk::with_connector(store, config, crm.clone()).await
}

/// A call with Anna that is over.
async fn called(desk: &Desk) -> CallId {
    let call = talking(desk).await;
    desk.hangs_up(ANNA).await;
    call
}

async fn talking(desk: &Desk) -> CallId {
    let call = desk.rings(ANNA).await;
    desk.wait(call, |view| view.call.choice.is_some()).await;
    call
}

fn state(view: &CallView) -> Option<&WriteState> {
    view.write.as_ref().map(|write| &write.state)
}

fn is_refused(view: &CallView) -> bool {
    matches!(state(view), Some(WriteState::Refused(_)))
}

fn has_note(view: &CallView, note: &str) -> bool {
    let write = view.write.as_ref();
    write.is_some_and(|write| matches!(write.state, WriteState::Logged(_)) && write.entry.note == note)
}

fn kept(id: &str, contact: &str, note: &str) -> (String, String, String) {
    (id.into(), contact.into(), note.into())
}

#[tokio::test]
async fn a_log_deleted_in_the_crm_is_logged_again() {
    let crm = Keeper::new(|_| ());
    let desk = desk_of(&crm, config()).await;
    let call = called(&desk).await;
    desk.engine.log(call, None).await.unwrap();
    desk.until_logged(call).await;
    crm.delete_all();
    desk.engine.note(call, "Two more seats".into(), None).await.unwrap();
    desk.engine.log(call, None).await.unwrap();
    let view = desk.wait(call, |view| has_note(view, "Two more seats")).await;
    assert_eq!(crm.kept(), [kept("log-2", "7", "Two more seats")]);
    assert!(!view.changed);
    assert_eq!(desk.engine.counts().await.unwrap().refused, 0);
}

#[tokio::test]
async fn a_log_that_cannot_be_moved_is_logged_anew_once_it_is_deleted() {
    let crm = Keeper::new(|_| ());
    let desk = desk_of(&crm, config()).await;
    let call = called(&desk).await;
    desk.engine.log(call, None).await.unwrap();
    assert!(desk.until_logged(call).await.log_moves);
    desk.engine.log(call, Some(crm.contact("8"))).await.unwrap();
    let view = desk.wait(call, is_refused).await;
    let write = view.write.unwrap();
    let Some(WriteState::Refused(failure)) = Some(&write.state) else {
        unreachable!()
    };
    assert!(failure.message.contains("cannot move") && failure.hint.is_some());
    assert_eq!(crm.kept(), [kept("log-1", "7", "")]);

    crm.delete_all();
    desk.engine.settle(call, write.id, Decision::SendAgain).await.unwrap();
    desk.until_logged(call).await;
    assert_eq!(crm.kept(), [kept("log-2", "8", "")]);
}

#[tokio::test]
async fn where_nobody_can_tell_a_log_is_not_moved_and_that_is_said_at_once() {
    let crm = Keeper::new(|capability| capability.find_log = false);
    let desk = desk_of(&crm, config()).await;
    let call = called(&desk).await;
    desk.engine.log(call, None).await.unwrap();
    assert!(!desk.until_logged(call).await.log_moves, "so the card offers no move");
    let refused = desk.engine.log(call, Some(crm.contact("8"))).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Unsupported);
    assert!(refused.hint.unwrap().contains("in Test CRM itself"));
}

#[tokio::test]
async fn what_is_asked_for_while_the_log_is_on_its_way_follows_it() {
    let crm = Keeper::new(|_| ());
    crm.gate.forget_permits(1_000);
    let desk = desk_of(&crm, config()).await;
    let call = called(&desk).await;
    desk.engine.log(call, None).await.unwrap();
    desk.wait(call, |_| crm.gate.available_permits() == 0).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    for note in ["Two more seats", "Three more seats"] {
        desk.engine.note(call, note.into(), None).await.unwrap();
        let view = desk.engine.log(call, None).await.unwrap();
        let wanted = view.write.unwrap().wanted.expect("it is in the journal");
        assert_eq!(wanted.note, note);
    }
    crm.gate.add_permits(1);
    desk.wait(call, |view| has_note(view, "Three more seats")).await;
    assert_eq!(crm.kept(), [kept("log-1", "7", "Three more seats")]);
}

#[tokio::test]
async fn the_end_of_a_call_goes_to_the_log_that_was_made_whoever_the_card_is_about_by_then() {
    let crm = Keeper::new(|_| ());
    let desk = desk_of(&crm, config()).await;
    let call = talking(&desk).await;
    desk.engine.log(call, None).await.unwrap();
    desk.until_logged(call).await;
    desk.engine.choose(call, None).await.unwrap();
    desk.hangs_up(ANNA).await;
    let ended = |view: &CallView| {
        let write = view.write.as_ref();
        write.is_some_and(|write| matches!(write.state, WriteState::Logged(_)) && write.entry.end.is_some())
    };
    desk.wait(call, ended).await;
    assert_eq!(crm.kept(), [kept("log-1", "7", "")]);
}

#[tokio::test]
async fn a_half_logged_call_is_logged_once_however_it_goes_on() {
    for drops in [true, false] {
        let crm = Keeper::new(|_| ());
        crm.refusals.store(1, Ordering::SeqCst);
        let desk = desk_of(&crm, config()).await;
        let call = called(&desk).await;
        desk.engine.log(call, None).await.unwrap();
        let view = desk.wait(call, is_refused).await;
        let write = view.write.unwrap();
        let WriteState::Refused(failure) = write.state else {
            unreachable!()
        };
        assert_eq!(failure.field.as_deref(), Some("matter"), "the card shows it there");
        if drops {
            let view = desk.engine.settle(call, write.id, Decision::Drop).await.unwrap();
            assert!(matches!(state(&view), Some(WriteState::Logged(_))), "it is there");
        }
        desk.engine.note(call, "Two more seats".into(), None).await.unwrap();
        desk.engine.log(call, None).await.unwrap();
        desk.wait(call, |view| has_note(view, "Two more seats")).await;
        assert_eq!(crm.kept(), [kept("log-1", "7", "Two more seats")], "{drops}");
    }
}

#[tokio::test]
async fn where_a_log_cannot_be_changed_it_waits_for_the_end_of_the_call() {
    let crm = Keeper::new(|capability| capability.update_log = false);
    let desk = desk_of(&crm, config()).await;
    let call = talking(&desk).await;
    desk.engine.log(call, None).await.unwrap();
    let view = desk
        .wait(call, |view| matches!(state(view), Some(WriteState::Waiting(Some(_)))))
        .await;
    assert!(!view.call.state.is_over() && crm.kept().is_empty());
    desk.engine.note(call, "Two more seats".into(), None).await.unwrap();
    desk.engine.log(call, None).await.unwrap();
    desk.hangs_up(ANNA).await;
    let view = desk.until_logged(call).await;
    let write = view.write.unwrap();
    assert_eq!(write.entry.end, Some(EndReason::Completed));
    assert_eq!(crm.kept(), [kept("log-1", "7", "Two more seats")]);
    assert_eq!(
        desk.engine.counts().await.unwrap().refused,
        0,
        "nobody asked for a change"
    );
}

#[tokio::test]
async fn a_rule_waits_for_a_field_that_only_a_person_can_choose() {
    let crm = Keeper::new(|_| ());
    crm.asks.store(true, Ordering::SeqCst);
    let always = Config {
        log_rule: LogRule::Always,
        ..config()
    };
    let desk = desk_of(&crm, always).await;
    let call = called(&desk).await;
    let view = desk
        .wait(call, |view| matches!(state(view), Some(WriteState::Waiting(Some(_)))))
        .await;
    let Some(WriteState::Waiting(Some(failure))) = state(&view) else {
        unreachable!()
    };
    assert_eq!(failure.field.as_deref(), Some("matter"));
    let matter = vec![("matter".to_owned(), "12".to_owned())];
    desk.engine.set_log_fields(call, matter).await.unwrap();
    desk.engine.log(call, None).await.unwrap();
    let view = desk.until_logged(call).await;
    assert_eq!(
        view.write.unwrap().said.as_deref(),
        Some("the deal could not be linked")
    );
    assert_eq!(crm.kept().len(), 1);
}
