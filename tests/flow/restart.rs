//! What a restart finds.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_domain::{Call, CallEvent, CallId, CallState, Change, EndReason, journal::CallPage};
use ringside_engine::{Config, Connection, LogRule, view::CallView};

use crate::{
    desk::{Desk, config, event},
    keeper::Keeper,
};

const ANNA: &str = "+14155550100";

/// What a phone tells that has the provider's id of the call.
fn told(change: Change) -> CallEvent {
    CallEvent {
        provider_call_id: Some("call-1@pbx.example".into()),
        ..event(ANNA, "a", change)
    }
}

/// The same, when the program runs again and the source has just connected: by another key, as after a new sign-in.
fn told_again(change: Change) -> CallEvent {
    CallEvent {
        key: "b".into(),
        replay: true,
        ..told(change)
    }
}

async fn reports(desk: &Desk, event: CallEvent) -> CallId {
    desk.engine.report(event).await.unwrap().unwrap()
}

async fn journal(desk: &Desk) -> Vec<Call> {
    let page = CallPage {
        limit: 10,
        ..CallPage::default()
    };
    let listed = desk.engine.calls(page).await.unwrap();
    listed.into_iter().map(|listed| listed.call).collect()
}

#[tokio::test]
async fn a_call_that_goes_on_is_the_same_call_and_its_log_gets_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.db");
    let desk = Desk::on_file(&file).await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = reports(&desk, told(Change::Ringing)).await;
    desk.wait(call, |view| view.call.choice.is_some()).await;
    reports(&desk, told(Change::Answered)).await;
    desk.engine.note(call, "half a sentence".into(), None).await.unwrap();
    desk.engine.log(call, None).await.unwrap();
    desk.until_logged(call).await;
    desk.ends().await;

    let desk = Desk::on_file(&file).await;
    let view = desk.engine.call(call).await.unwrap();
    assert_eq!(view.call.state, CallState::Answered, "a phone may still tell of it");
    assert!(view.write.is_some(), "its log is known");
    assert_eq!(reports(&desk, told_again(Change::Answered)).await, call);
    assert!(desk.engine.cards().await.is_empty(), "nobody saw it begin");
    let hung_up = CallEvent {
        replay: false,
        ..told_again(Change::Ended(EndReason::Completed))
    };
    assert_eq!(reports(&desk, hung_up).await, call);
    let ended = |view: &CallView| view.write.as_ref().is_some_and(|write| write.entry.end.is_some());
    desk.wait(call, ended).await;
    let view = desk.until_logged(call).await;
    assert_eq!(view.call.state, CallState::Ended(EndReason::Completed));
    assert_eq!(view.call.note, "half a sentence");
    assert!(
        view.call.talked.is_some(),
        "its answer is in the journal, and its end was seen"
    );
    let logs = desk.logs_on(&anna).await;
    assert_eq!(logs.len(), 1, "changed, not written twice");
    assert_eq!(
        (logs[0].end, logs[0].duration),
        (Some(EndReason::Completed), view.call.talked)
    );
    assert_eq!(journal(&desk).await.len(), 1);
}

#[tokio::test]
async fn of_which_no_phone_tells_ends_with_its_end_unknown_until_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.db");
    let desk = Desk::on_file(&file).await;
    let call = reports(&desk, told(Change::Ringing)).await;
    reports(&desk, told(Change::Answered)).await;
    desk.ends().await;

    let impatient = Config {
        resume_window: Duration::ZERO,
        ..config()
    };
    let desk = Desk::on_file_with(&file, impatient).await;
    let unknown = CallState::Ended(EndReason::Unknown);
    let view = desk.wait(call, |view| view.call.state == unknown).await;
    assert_eq!((view.call.ended, view.call.talked), (None, None));
    // What is waited for has an end in the journal, too.
    desk.engine.note(call, "kept".into(), None).await.unwrap();
    assert_eq!(journal(&desk).await[0].state, unknown);

    assert_eq!(
        reports(&desk, told_again(Change::Answered)).await,
        call,
        "the phone was slow"
    );
    desk.engine.note(call, "kept".into(), None).await.unwrap();
    let listed = journal(&desk).await;
    assert_eq!((listed.len(), listed[0].state), (1, CallState::Answered));
}

#[tokio::test]
async fn a_call_without_an_id_ends_with_its_end_unknown_and_keeps_its_note() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.db");
    let desk = Desk::on_file(&file).await;
    let call = desk.rings("+14155550123").await;
    desk.engine.note(call, "half a sentence".into(), None).await.unwrap();
    desk.ends().await;

    let desk = Desk::on_file(&file).await;
    let view = desk.engine.call(call).await.unwrap();
    assert_eq!(view.call.state, CallState::Ended(EndReason::Unknown));
    assert_eq!((view.call.note.as_str(), view.call.talked), ("half a sentence", None));
    assert!(desk.engine.cards().await.is_empty(), "an old call opens no card");
    assert_eq!(journal(&desk).await.len(), 1);
}

#[tokio::test]
async fn an_old_call_can_still_be_logged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.db");
    let desk = Desk::on_file(&file).await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings("+14155550100").await;
    desk.hangs_up("+14155550100").await;
    desk.ends().await;

    let desk = Desk::on_file(&file).await;
    desk.engine.log(call, None).await.unwrap();
    desk.until_logged(call).await;
    assert_eq!(desk.logs_on(&anna).await.len(), 1);
}

/// Quit on the last call of the day: whoever was not heard by then is late, and the rule holds.
#[tokio::test]
async fn what_was_to_be_logged_when_the_program_ended_is_logged() {
    for everybody_answered in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ringside.db");
        let always = Config {
            log_rule: LogRule::Always,
            ..config()
        };
        let desk = Desk::on_file_with(&file, always.clone()).await;
        let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
        if !everybody_answered {
            let crm = Keeper::new(|_| ());
            crm.silent.store(true, Ordering::SeqCst);
            let mut connections = desk.engine.connections();
            connections.push(Connection {
                connector: crm,
                logs_here: false,
                account: "test".into(),
            });
            desk.engine.set_connections(connections);
        }
        let call = reports(&desk, told(Change::Ringing)).await;
        let known = |view: &CallView| view.call.choice.is_some() && view.lookup.running != everybody_answered;
        desk.wait(call, known).await;
        reports(&desk, told(Change::Answered)).await;
        reports(&desk, told(Change::Ended(EndReason::Completed))).await;
        desk.ends().await;

        let desk = Desk::on_file_with(&file, always).await;
        desk.until_logged(call).await;
        let logs = desk.logs_on(&anna).await;
        assert_eq!(logs.len(), 1, "{everybody_answered}");
        assert_eq!(logs[0].end, Some(EndReason::Completed));
    }
}
