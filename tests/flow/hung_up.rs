//! The end of a call reaches every log that was made while it went on, whatever became of what was wanted since.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ringside_connectors::address_book::AddressBookConnector;
use ringside_domain::{
    CallEvent, CallId, CallLogEntry, Change, ConnectionId, Contact, EndReason, Write, WriteState,
    address_book::ADDRESS_BOOK,
    journal::{CallPage, LogState},
};
use ringside_engine::{
    Config, Connection, LogRule,
    view::{CallView, Decision},
};
use ringside_store::Store;

use crate::{
    desk::{Desk, clock, config, event, random},
    keeper::Keeper,
};

const ANNA: &str = "+14155550100";

/// Calls are kept in the CRM, and there is an address book beside it.
async fn with_book(crm: &Arc<Keeper>) -> (Desk, Contact) {
    let desk = desk_of(crm).await;
    let store = Arc::new(desk.store.clone());
    let book = AddressBookConnector::new(ConnectionId::new(ADDRESS_BOOK), "Address book", store);
    let connection = |connector, logs_here| Connection {
        connector,
        logs_here,
        account: "test".into(),
    };
    let connections = vec![connection(crm.clone(), true), connection(Arc::new(book), false)];
    desk.engine.set_connections(connections);
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    (desk, anna)
}

async fn desk_of(crm: &Arc<Keeper>) -> Desk {
    desk_with(crm, config()).await
}

async fn desk_with(crm: &Arc<Keeper>, config: Config) -> Desk {
    let store = Store::memory(clock(), random()).unwrap();
    Desk::with_connector(store, config, crm.clone()).await
}

/// A call that goes on, and is logged on Anna in the CRM.
async fn logged(desk: &Desk, crm: &Keeper) -> CallId {
    let call = desk.rings(ANNA).await;
    desk.engine.log(call, Some(crm.contact("7"))).await.unwrap();
    desk.until_logged(call).await;
    call
}

fn is_refused(view: &CallView) -> bool {
    let write = view.write.as_ref();
    write.is_some_and(|write| matches!(write.state, WriteState::Refused(_)))
}

/// What stands under one filter of the list of calls.
async fn listed(desk: &Desk, log: LogState) -> Vec<CallId> {
    let page = CallPage {
        log: Some(log),
        limit: 10,
        ..CallPage::default()
    };
    let found = desk.engine.calls(page).await.unwrap();
    found.into_iter().map(|view| view.call.id).collect()
}

async fn until_ended_in_book(desk: &Desk, anna: &Contact) {
    for _ in 0..500 {
        if desk.logs_on(anna).await[0].end.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the address book never heard of the end");
}

/// Of the only log in the CRM: whether its end stands there. Where it does, how long was talked does so, too.
fn has_end(crm: &Keeper) -> bool {
    let logs = crm.logs.lock().unwrap();
    assert_eq!(logs.len(), 1, "{logs:?}");
    let log = logs.values().next().unwrap();
    assert_eq!(log.end.is_some(), log.duration.is_some());
    log.end == Some(EndReason::Completed)
}

async fn until_ended(crm: &Keeper) {
    for _ in 0..500 {
        if has_end(crm) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the log never heard of the end: {:?}", crm.logs.lock().unwrap());
}

#[tokio::test]
async fn a_move_that_was_refused_takes_the_end_with_it_and_leaves_it_behind_when_it_is_given_up() {
    for again in [true, false] {
        let crm = Keeper::new(|_| ());
        let desk = desk_of(&crm).await;
        let call = logged(&desk, &crm).await;
        desk.engine.log(call, Some(crm.contact("8"))).await.unwrap();
        desk.wait(call, is_refused).await;
        desk.hangs_up(ANNA).await;
        let view = desk
            .wait(call, |view| {
                view.write.as_ref().is_some_and(|write| write.entry.end.is_some())
            })
            .await;
        let write = view.write.as_ref().unwrap();
        assert!(is_refused(&view), "nobody said to send it again: {:?}", write.state);
        assert_eq!(write.entry.contact, crm.contact("8"));
        assert_eq!(write.entry.duration, view.call.talked);
        if again {
            crm.delete_all();
            desk.engine.settle(call, write.id, Decision::SendAgain).await.unwrap();
            desk.until_logged(call).await;
            assert_eq!(crm.kept(), [("log-2".into(), "8".into(), String::new())]);
        } else {
            assert!(!has_end(&crm));
            desk.engine.settle(call, write.id, Decision::Drop).await.unwrap();
            until_ended(&crm).await;
            assert_eq!(crm.kept(), [("log-1".into(), "7".into(), String::new())]);
            desk.until_logged(call).await;
        }
        assert!(has_end(&crm));
    }
}

/// What a person gave up is not sent to the CRM once more because the call is over: neither their note, nor an end that it does
/// not take.
#[tokio::test]
async fn of_a_change_that_was_given_up_only_the_end_is_sent_and_once() {
    type Refuses = fn(&CallLogEntry) -> bool;
    let (notes, ends): (Refuses, Refuses) = (|entry| !entry.note.is_empty(), |entry| entry.end.is_some());
    for (refuses, note, drops, end) in [
        (notes, "too long", 1, true),
        (ends, "", 1, false),
        (ends, "a note", 2, false),
    ] {
        let crm = Keeper::new(|_| ());
        let desk = desk_of(&crm).await;
        let call = logged(&desk, &crm).await;
        *crm.refuses.lock().unwrap() = refuses;
        desk.engine.note(call, note.into(), None).await.unwrap();
        desk.hangs_up(ANNA).await;
        for _ in 0..drops {
            let write = desk.wait(call, is_refused).await.write.unwrap();
            desk.engine.settle(call, write.id, Decision::Drop).await.unwrap();
        }
        desk.until_logged(call).await;
        if end {
            until_ended(&crm).await;
        } else {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let view = desk.engine.call(call).await.unwrap();
        assert!(!is_refused(&view), "it was given up: {note:?}");
        assert_eq!(crm.kept(), [("log-1".into(), "7".into(), String::new())]);
        assert_eq!((has_end(&crm), view.changed), (end, !note.is_empty()));
    }
}

/// Their log was there first, and no note of ours is in it: a change would take the place of theirs.
#[tokio::test]
async fn another_machines_note_outlives_the_end_of_the_call() {
    let crm = Keeper::new(|_| ());
    let desk = desk_of(&crm).await;
    let rings = CallEvent {
        provider_call_id: Some("call-1@pbx.example".into()),
        ..event(ANNA, "a", Change::Ringing)
    };
    let call = desk.engine.report(rings).await.unwrap().unwrap();
    let view = desk.wait(call, |view| view.call.choice.is_some()).await;
    let (line, id) = (view.call.line.as_deref(), view.call.provider_call_id.as_deref());
    let theirs = CallLogEntry {
        contact: crm.contact("7"),
        contact_name: "Anna Meier".into(),
        direction: view.call.direction,
        number: None,
        line: None,
        started: view.call.started,
        zone: view.call.zone.clone(),
        duration: None,
        end: None,
        outcome: None,
        note: "theirs".into(),
        fields: Vec::new(),
        marker: ringside_engine::delivery::marker(ADDRESS_BOOK, line, id, call),
    };
    crm.logs.lock().unwrap().insert("log-9".into(), theirs);
    desk.engine.log(call, Some(crm.contact("7"))).await.unwrap();
    desk.until_logged(call).await;
    // The card is about somebody else by the end, and the note is for them.
    desk.engine.choose(call, Some(crm.contact("8"))).await.unwrap();
    desk.engine.note(call, "for Bill".into(), None).await.unwrap();
    desk.hangs_up(ANNA).await;
    desk.wait(call, |view| view.call.state.is_over()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(crm.kept(), [("log-9".into(), "7".into(), "theirs".into())]);
}

/// The card goes on telling of the log that was asked for last.
#[tokio::test]
async fn a_call_that_is_logged_in_two_places_gets_its_end_in_both() {
    for nobody in [false, true] {
        let crm = Keeper::new(|_| ());
        let (desk, anna) = with_book(&crm).await;
        let call = logged(&desk, &crm).await;
        desk.engine.log(call, Some(anna.id.clone())).await.unwrap();
        let in_book = |view: &CallView| {
            let write = view.write.as_ref();
            write.is_some_and(|write| {
                write.connection == anna.id.connection && matches!(write.state, WriteState::Logged(_))
            })
        };
        desk.wait(call, in_book).await;
        if nobody {
            desk.engine.choose(call, None).await.unwrap();
        }
        desk.hangs_up(ANNA).await;
        until_ended(&crm).await;
        let ended =
            |view: &CallView| in_book(view) && view.write.as_ref().is_some_and(|write| write.entry.end.is_some());
        let view = desk.wait(call, ended).await;
        assert!(!view.changed, "nothing is left to be sent");
        let logs = desk.logs_on(&anna).await;
        assert_eq!(logs.len(), 1);
        assert_eq!(
            (logs[0].end, logs[0].duration),
            (Some(EndReason::Completed), view.call.talked)
        );
        assert_eq!(crm.kept().len(), 1);
    }
}

/// A log elsewhere that gets its end does not hide what the person has to decide.
#[tokio::test]
async fn what_was_refused_stays_on_the_card_while_another_log_gets_its_end() {
    let crm = Keeper::new(|_| ());
    let (desk, anna) = with_book(&crm).await;
    let call = desk.rings(ANNA).await;
    desk.engine.log(call, Some(anna.id.clone())).await.unwrap();
    desk.until_logged(call).await;
    crm.refusals.store(1, Ordering::SeqCst);
    desk.engine.log(call, Some(crm.contact("7"))).await.unwrap();
    desk.wait(call, is_refused).await;
    desk.hangs_up(ANNA).await;
    until_ended_in_book(&desk, &anna).await;
    assert!(is_refused(&desk.engine.call(call).await.unwrap()));
    assert_eq!(listed(&desk, LogState::Refused).await, [call]);
    assert_eq!(listed(&desk, LogState::Logged).await, []);
    // Nor does another choice, for the other log is still theirs to decide.
    for contact in [Some(anna.id.clone()), None] {
        let view = desk.engine.choose(call, contact.clone()).await.unwrap();
        assert!(is_refused(&view), "{contact:?}: {:?}", view.write);
        assert_eq!(listed(&desk, LogState::Refused).await, [call]);
    }
    let write = desk.engine.call(call).await.unwrap().write.unwrap();
    desk.engine.settle(call, write.id, Decision::Drop).await.unwrap();
    desk.until_logged(call).await;
    until_ended(&crm).await;
    assert_eq!(listed(&desk, LogState::Refused).await, []);
}

#[tokio::test]
async fn what_waits_is_listed_so_while_another_log_gets_its_end() {
    let crm = Keeper::new(|_| ());
    let (desk, anna) = with_book(&crm).await;
    let call = desk.rings(ANNA).await;
    desk.engine.log(call, Some(anna.id.clone())).await.unwrap();
    desk.until_logged(call).await;
    crm.gate.forget_permits(1_000);
    desk.engine.log(call, Some(crm.contact("7"))).await.unwrap();
    desk.hangs_up(ANNA).await;
    until_ended_in_book(&desk, &anna).await;
    assert_eq!(listed(&desk, LogState::Waiting).await, [call]);
    assert_eq!(listed(&desk, LogState::Logged).await, []);
    crm.gate.add_permits(1_000);
    let ended = |view: &CallView| {
        let write = view.write.as_ref();
        write.is_some_and(|write| matches!(write.state, WriteState::Logged(_)) && write.entry.end.is_some())
    };
    desk.wait(call, ended).await;
    assert!(has_end(&crm));
    assert_eq!(listed(&desk, LogState::Waiting).await, []);
    assert_eq!(listed(&desk, LogState::Logged).await, [call]);
}

/// The new note is not what was given up.
#[tokio::test]
async fn a_note_that_was_typed_after_one_was_given_up_goes_out_with_the_end() {
    let crm = Keeper::new(|_| ());
    let desk = desk_of(&crm).await;
    let call = logged(&desk, &crm).await;
    *crm.refuses.lock().unwrap() = |entry| entry.note == "too long";
    desk.engine.note(call, "too long".into(), None).await.unwrap();
    desk.engine.log(call, None).await.unwrap();
    let write = desk.wait(call, is_refused).await.write.unwrap();
    desk.engine.settle(call, write.id, Decision::Drop).await.unwrap();
    desk.engine.note(call, "short".into(), None).await.unwrap();
    desk.hangs_up(ANNA).await;
    until_ended(&crm).await;
    assert_eq!(crm.kept(), [("log-1".into(), "7".into(), "short".into())]);
    assert!(!desk.until_logged(call).await.changed);
}

/// The rule logs calls that nobody decided about, and this one a person did, or is still to.
/// The rule is *always*, and a note that was typed into the log of a call that goes on was refused.
async fn refused_under_the_rule() -> (Arc<Keeper>, Desk, CallId, Write) {
    let crm = Keeper::new(|_| ());
    let always = Config {
        log_rule: LogRule::Always,
        ..config()
    };
    let desk = desk_with(&crm, always).await;
    let call = logged(&desk, &crm).await;
    *crm.refuses.lock().unwrap() = |entry| entry.note == "too long";
    desk.engine.note(call, "too long".into(), None).await.unwrap();
    desk.engine.log(call, None).await.unwrap();
    let write = desk.wait(call, is_refused).await.write.unwrap();
    (crm, desk, call, write)
}

/// What was corrected since is another log than the one that was refused.
#[tokio::test]
async fn the_rule_sends_what_was_corrected_after_a_refusal() {
    let (crm, desk, call, _) = refused_under_the_rule().await;
    desk.engine.note(call, "short".into(), None).await.unwrap();
    desk.hangs_up(ANNA).await;
    until_ended(&crm).await;
    desk.wait(call, |view| !is_refused(view)).await;
    assert_eq!(crm.kept(), [("log-1".into(), "7".into(), "short".into())]);
}

#[tokio::test]
async fn the_rule_sends_nothing_again_that_was_refused_or_given_up() {
    for drops in [false, true] {
        let (crm, desk, call, write) = refused_under_the_rule().await;
        if drops {
            desk.engine.settle(call, write.id, Decision::Drop).await.unwrap();
        }
        // It would be taken now, if it were sent.
        *crm.refuses.lock().unwrap() = |_| false;
        desk.hangs_up(ANNA).await;
        if drops {
            until_ended(&crm).await;
        } else {
            let has_end = |view: &CallView| view.write.as_ref().is_some_and(|write| write.entry.end.is_some());
            desk.wait(call, has_end).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(
            crm.kept(),
            [("log-1".into(), "7".into(), String::new())],
            "given up: {drops}"
        );
        assert_eq!(is_refused(&desk.engine.call(call).await.unwrap()), !drops);
    }
}
