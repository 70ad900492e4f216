//! What a person's lists and rules do with real calls, and what can be taken back.

use std::time::Duration;

use ringside_domain::{
    CallState, ContactRef, EndReason, Journal as _, Kind, Timestamp, WriteState, call::ChosenBy, journal::CallPage,
};
use ringside_engine::{Config, LogRule, NeverLog, Several, view::UndoView};
use ringside_store::Store;

use crate::desk::{Desk, clock, config, random};

const NUMBER: &str = "+14155550100";

async fn with(config: Config) -> Desk {
    Desk::with(Store::memory(clock(), random()).unwrap(), config).await
}

async fn remembered(desk: &Desk) -> Option<ContactRef> {
    desk.store.remembered_choice(NUMBER.into()).await.unwrap()
}

#[tokio::test]
async fn a_number_on_the_list_is_shown_and_never_logged_neither_by_rule_nor_by_hand() {
    let desk = with(Config {
        never_log: vec![NUMBER.into()],
        vip: vec![NUMBER.into()],
        log_rule: LogRule::Always,
        ..config()
    })
    .await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings(NUMBER).await;
    let view = desk.wait(call, |view| view.call.choice.is_some()).await;
    assert_eq!(view.never_log, Some(NeverLog::Listed));
    assert!(view.vip && view.undo.is_none() && view.lookup.matches.len() == 1);
    desk.hangs_up(NUMBER).await;
    for contact in [None, Some(anna.id.clone())] {
        let error = desk.engine.log(call, contact).await.unwrap_err();
        assert_eq!((error.kind, error.field.as_deref()), (Kind::Conflict, Some("number")));
        let said = format!("{} {}", error.message, error.hint.unwrap());
        assert!(said.contains("settings") && !said.contains("555"), "{said}");
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(desk.store.writes_of(call).await.unwrap().is_empty());
    assert!(desk.logs_on(&anna).await.is_empty());

    // Off the list it is logged by hand like any other.
    desk.engine.set_config(config());
    desk.engine.log(call, None).await.unwrap();
    desk.until_logged(call).await;
}

#[tokio::test]
async fn ones_own_number_is_not_logged_by_hand_either() {
    let desk = with(Config {
        own_numbers: vec![NUMBER.into()],
        ..config()
    })
    .await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let event = crate::desk::event(NUMBER, "a", ringside_domain::Change::Ringing);
    let call = desk.engine.report(event).await.unwrap().unwrap();
    let view = desk.engine.call(call).await.unwrap();
    assert_eq!(view.never_log, Some(NeverLog::OwnNumber));
    assert!(view.lookup.asked.is_empty() && view.call.no_log);
    let error = desk.engine.log(call, Some(anna.id)).await.unwrap_err();
    assert!(error.message.contains("own numbers"), "{error}");
}

#[tokio::test]
async fn the_rule_for_several_chooses_and_is_not_remembered() {
    let desk = with(Config {
        several: Several::LastSpoken,
        log_rule: LogRule::Always,
        ..config()
    })
    .await;
    desk.knows("Anna Meier", "+1 415 555 0100").await;
    let bill = desk.knows("Bill Lumbergh", "415.555.0100").await;
    let call = desk.rings(NUMBER).await;
    assert!(
        desk.engine.call(call).await.unwrap().call.choice.is_none(),
        "they spoke with neither: the card asks"
    );
    desk.engine.choose(call, Some(bill.id.clone())).await.unwrap();
    desk.hangs_up(NUMBER).await;
    desk.until_logged(call).await;
    // The choice is forgotten, but that they spoke is not.
    desk.store
        .remember_choice(NUMBER.into(), None, clock().now().wall)
        .await
        .unwrap();

    let again = desk.rings(NUMBER).await;
    let view = desk.wait(again, |view| view.call.choice.is_some()).await;
    let choice = view.call.choice.unwrap();
    assert_eq!((choice.contact.id, choice.by), (bill.id, ChosenBy::LastSpoken));
    desk.hangs_up(NUMBER).await;
    desk.until_logged(again).await;
    assert_eq!(remembered(&desk).await, None);
}

#[tokio::test]
async fn a_choice_is_taken_back_with_what_was_remembered_until_it_is_logged() {
    let desk = Desk::in_memory().await;
    let anna = desk.knows("Anna Meier", "+1 415 555 0100").await;
    let bill = desk.knows("Bill Lumbergh", "415.555.0199").await;
    let call = desk.rings(NUMBER).await;
    let before = desk.wait(call, |view| view.call.choice.is_some()).await.call.choice;
    assert_eq!(desk.engine.undo(call).await.unwrap_err().kind, Kind::Conflict);

    let view = desk.engine.choose(call, Some(bill.id.clone())).await.unwrap();
    let undo = UndoView::Choice {
        before: Some("Anna Meier".into()),
    };
    assert_eq!(view.undo, Some(undo));
    assert_eq!(remembered(&desk).await, Some(bill.id.clone()));
    let view = desk.engine.undo(call).await.unwrap();
    assert_eq!((view.call.choice.as_ref(), view.undo), (before.as_ref(), None));
    assert_eq!(remembered(&desk).await, None);
    let kept = desk.store.call(call).await.unwrap().unwrap();
    assert_eq!(kept.choice, before, "in the journal, too");

    // A link goes with another choice, and comes back.
    let now = clock().now().wall;
    desk.store.link(NUMBER.into(), bill.clone(), now).await.unwrap();
    desk.engine.choose(call, Some(anna.id.clone())).await.unwrap();
    assert_eq!(desk.store.linked(NUMBER.into()).await.unwrap(), None);
    desk.engine.undo(call).await.unwrap();
    let linked = desk.store.linked(NUMBER.into()).await.unwrap();
    assert_eq!(linked.map(|linked| linked.id), Some(bill.id.clone()));

    // Once its log is owed, it is not offered any more.
    desk.engine.log(call, Some(bill.id.clone())).await.unwrap();
    let view = desk.until_logged(call).await;
    assert_eq!(view.undo, None);
    assert_eq!(desk.engine.undo(call).await.unwrap_err().kind, Kind::Conflict);
}

#[tokio::test]
async fn fields_of_the_former_contact_come_back_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.db");
    let desk = Desk::on_file(&file).await;
    let anna = desk.knows("Anna Meier", "+1 415 555 0100").await;
    let bill = desk.knows("Bill Lumbergh", "415.555.0199").await;
    let call = desk.rings(NUMBER).await;
    desk.engine.choose(call, Some(anna.id.clone())).await.unwrap();
    let fields = vec![("matter".to_owned(), "7".to_owned())];
    desk.engine.set_log_fields(call, fields.clone()).await.unwrap();
    desk.engine.choose(call, Some(bill.id.clone())).await.unwrap();
    let view = desk.engine.undo(call).await.unwrap();
    assert_eq!(view.call.fields, fields);
    desk.hangs_up(NUMBER).await;
    desk.engine.choose(call, Some(bill.id)).await.unwrap();
    desk.engine.undo(call).await.unwrap();
    desk.engine.set_aside(call).await.unwrap();
    desk.ends().await;

    let desk = Desk::on_file(&file).await;
    let view = desk.engine.call(call).await.unwrap();
    assert_eq!(
        (view.call.fields, view.call.choice.unwrap().contact.id),
        (fields, anna.id)
    );
    assert!(
        view.call.no_log && view.undo.is_none(),
        "what could be taken back went with the program"
    );
    assert_eq!(desk.engine.undo(call).await.unwrap_err().kind, Kind::Conflict);
    desk.ends().await;
}

#[tokio::test]
async fn what_was_set_aside_is_logged_after_all() {
    let desk = with(Config {
        log_rule: LogRule::Always,
        ..config()
    })
    .await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings(NUMBER).await;
    let view = desk.engine.set_aside(call).await.unwrap();
    assert_eq!(view.undo, Some(UndoView::SetAside));
    desk.hangs_up(NUMBER).await;
    let view = desk.engine.undo(call).await.unwrap();
    assert!(!view.call.no_log && view.undo.is_none());
    desk.until_logged(call).await;
    assert_eq!(desk.logs_on(&anna).await.len(), 1);
}

#[tokio::test]
async fn calls_go_when_they_are_older_than_they_are_to_be_kept_but_not_what_is_owed() {
    let day = Duration::from_secs(24 * 3600);
    let desk = Desk::in_memory().await;
    desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings(NUMBER).await;
    desk.hangs_up(NUMBER).await;
    desk.wait(call, |view| view.call.state.is_over()).await;
    // Calls of last year, as the journal has them: more than one round takes.
    let mut old = desk.store.call(call).await.unwrap().unwrap();
    old.state = CallState::Ended(EndReason::Missed);
    old.started = Timestamp(old.started.0 - 300 * 24 * 3_600_000);
    for _ in 0..450 {
        old.id = ringside_domain::CallId::new(&*clock(), &*random());
        desk.store.save_call(old.clone()).await.unwrap();
    }
    let refused = ringside_domain::Write {
        id: ringside_domain::WriteId::new(&*clock(), &*random()),
        call: old.id,
        connection: ringside_domain::ConnectionId::new("crm"),
        kind: ringside_domain::journal::WriteKind::Log,
        entry: ringside_domain::CallLogEntry {
            contact: old.choice.as_ref().unwrap().contact.id.clone(),
            contact_name: String::new(),
            direction: old.direction,
            number: None,
            line: None,
            started: old.started,
            zone: old.zone.clone(),
            duration: None,
            end: None,
            outcome: None,
            note: String::new(),
            marker: ringside_domain::Marker::new("ringside-old", false),
            fields: Vec::new(),
        },
        state: WriteState::Refused(ringside_domain::journal::Failure {
            kind: Kind::Invalid,
            message: "no".into(),
            hint: None,
            field: None,
        }),
        attempts: 1,
        created: old.started,
        last_sent: None,
        next_try: None,
        said: None,
        wanted: None,
        resent: 0,
    };
    desk.store.owe(refused).await.unwrap();
    let listed = async || {
        let page = CallPage {
            limit: 1000,
            ..CallPage::default()
        };
        desk.engine.calls(page).await.unwrap()
    };
    assert_eq!(listed().await.len(), 451);
    desk.engine.set_config(Config {
        keep_calls: Some(30 * day),
        ..config()
    });
    for _ in 0..500 {
        if listed().await.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let left: Vec<_> = listed().await.into_iter().map(|view| view.call.id).collect();
    assert_eq!(
        left,
        [call, old.id],
        "the new one, and the one whose log a person still has to look at"
    );
}
