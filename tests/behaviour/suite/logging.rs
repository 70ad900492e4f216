//! Logging a call, finding the log again, and changing it.

use std::sync::Arc;

use ringside_domain::{
    Direction, LogRef, Outcome,
    call::EndReason,
    log::{LOG_ID, LOG_STEP},
};

use super::{Behaviour, behaviour, finds_logs, logs, updates, wired};
use crate::{
    asking::{Steady, cx, entry, plant, plant_as},
    crm::{Act, Purpose},
    kits::Case,
};

pub const ALL: &[Behaviour] = &[
    behaviour!(logging::a_call_is_logged_on_its_contact_with_note_and_marker, logs),
    behaviour!(logging::a_call_is_logged_on_every_type, logs),
    behaviour!(logging::calls_of_all_sorts_are_logged, logs),
    behaviour!(logging::an_answered_step_is_not_repeated, logs),
    behaviour!(logging::a_log_goes_on_from_its_first_step, |offer| logs(offer)
        .or(wired(offer))),
    behaviour!(logging::a_log_is_found_by_its_marker, finds_logs),
    behaviour!(logging::a_log_is_changed, updates),
];

async fn a_call_is_logged_on_its_contact_with_note_and_marker(case: Case) {
    plant(&case, "Bea", "Other", &[]).await;
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let entry = entry(&case, &anna, "Wants the renewal offer\nand a call on Friday").await;
    let steady = Arc::new(Steady::default());
    let receipt = case
        .connector
        .log_call(cx(), entry.clone(), steady.clone())
        .await
        .unwrap();
    let logs = case.crm.logs().await;
    assert_eq!(logs.len(), 1);
    assert_eq!((&logs[0].id, &logs[0].contacts), (&receipt.log.id, &vec![anna.id]));
    let text = logs[0].text.clone().unwrap();
    assert!(text.contains(&entry.note), "{text:?}");
    let marked = logs[0].marker.as_deref() == Some(entry.marker.as_str()) || text.contains(entry.marker.as_str());
    let searchable = case.connector.capability().find_log;
    assert!(marked || !searchable, "its marker is nowhere: {text:?}");
    let captured = steady.answered.lock().unwrap()[LOG_STEP].clone();
    assert_eq!(LogRef::from_captures(&captured).unwrap(), receipt.log);
    let url = receipt.log.url.as_deref();
    assert!(url.is_none_or(|url| url.starts_with("https://")), "{url:?}");
}

async fn a_call_is_logged_on_every_type(case: Case) {
    for kind in case.types() {
        let contact = plant_as(&case, &kind, "Anna", "Example", &["(415) 555-0100"]).await;
        let entry = entry(&case, &contact, "hello").await;
        let receipt = case
            .connector
            .log_call(cx(), entry, Arc::new(Steady::default()))
            .await
            .unwrap();
        let logs = case.crm.logs().await;
        let log = logs.iter().find(|log| log.id == receipt.log.id).unwrap();
        assert_eq!(log.contacts, [contact.id], "on a {kind}");
        if case.one_log_a_marker() {
            return; // Whoever it is on.
        }
    }
}

/// Every direction, end and outcome there is; unknown durations and withheld numbers, too.
async fn calls_of_all_sorts_are_logged(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let ends = [
        EndReason::Completed,
        EndReason::Missed,
        EndReason::Declined,
        EndReason::AnsweredElsewhere,
        EndReason::Busy,
        EndReason::Failed,
        EndReason::Unknown,
    ];
    let outcomes = [
        None,
        Some(Outcome::Connected),
        Some(Outcome::LeftMessage),
        Some(Outcome::NoAnswer),
        Some(Outcome::Busy),
        Some(Outcome::WrongNumber),
        Some(Outcome::CallBack),
    ];
    let mut count = 0;
    let plain = entry(&case, &anna, "").await;
    for direction in [Direction::In, Direction::Out] {
        for (at, end) in ends.into_iter().map(Some).chain([None]).enumerate() {
            count += 1;
            let mut entry = plain.clone();
            (entry.direction, entry.end) = (direction, end);
            entry.outcome = outcomes[at % outcomes.len()];
            if !matches!(end, Some(EndReason::Completed)) {
                entry.duration = None;
            }
            if at % 3 == 2 {
                (entry.number, entry.line) = (None, None);
            }
            entry.marker = ringside_domain::Marker::new(format!("ringside-sort{count:02}"), true);
            let logged = case.connector.log_call(cx(), entry, Arc::new(Steady::default())).await;
            assert!(logged.is_ok(), "{direction:?} {end:?}: {logged:?}");
        }
    }
    assert_eq!(case.crm.logs().await.len(), count);
}

async fn an_answered_step_is_not_repeated(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let entry = entry(&case, &anna, "once").await;
    let steady = Arc::new(Steady::default());
    let first = case
        .connector
        .log_call(cx(), entry.clone(), steady.clone())
        .await
        .unwrap();
    let again = case.connector.log_call(cx(), entry, steady).await.unwrap();
    assert_eq!(first.log.id, again.log.id);
    let logs = case.crm.logs().await;
    assert_eq!((logs.len(), logs[0].contacts.len()), (1, 1));
}

/// As after a crash: only the id of the log is known, and what comes after it is still owed.
async fn a_log_goes_on_from_its_first_step(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let entry = entry(&case, &anna, "in two steps").await;
    case.wire().plan(Purpose::Link, 1, Act::Unanswered);
    let steady = Arc::new(Steady::default());
    let first = case.connector.log_call(cx(), entry.clone(), steady.clone()).await;
    if first.is_err() {
        let known = steady.answered.lock().unwrap()[LOG_STEP].clone();
        assert!(known.iter().any(|(name, _)| name == LOG_ID));
        steady.answered.lock().unwrap().retain(|step, _| step == LOG_STEP);
    }
    let receipt = case.connector.log_call(cx(), entry, steady).await.unwrap();
    let logs = case.crm.logs().await;
    assert_eq!((logs.len(), &logs[0].id), (1, &receipt.log.id));
    assert_eq!(
        logs[0].contacts,
        [anna.id],
        "a link that was made and not answered is not made twice"
    );
}

async fn a_log_is_found_by_its_marker(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let entry = entry(&case, &anna, "to be found").await;
    assert_eq!(case.connector.find_log(cx(), entry.clone()).await.unwrap(), []);
    let receipt = case
        .connector
        .log_call(cx(), entry.clone(), Arc::new(Steady::default()))
        .await
        .unwrap();
    let mut other = entry.clone();
    other.marker = ringside_domain::Marker::new("ringside-abcdefghijklmnopqrstuvwxy7", true);
    let ids = |logs: Vec<LogRef>| logs.into_iter().map(|log| log.id).collect::<Vec<_>>();
    assert_eq!(
        ids(case.connector.find_log(cx(), other.clone()).await.unwrap()),
        [""; 0]
    );
    let second = case
        .connector
        .log_call(cx(), other, Arc::new(Steady::default()))
        .await
        .unwrap();
    assert_ne!(second.log.id, receipt.log.id);
    assert_eq!(
        ids(case.connector.find_log(cx(), entry).await.unwrap()),
        [receipt.log.id]
    );
}

async fn a_log_is_changed(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let mut entry = entry(&case, &anna, "first words").await;
    let receipt = case
        .connector
        .log_call(cx(), entry.clone(), Arc::new(Steady::default()))
        .await
        .unwrap();
    entry.note = "better words".into();
    let changed = case
        .connector
        .update_log(cx(), receipt.log.clone(), entry.clone())
        .await
        .unwrap();
    assert_eq!(changed.log.id, receipt.log.id);
    let logs = case.crm.logs().await;
    assert_eq!(logs.len(), 1);
    let text = logs[0].text.clone().unwrap();
    assert!(
        text.contains("better words") && !text.contains("first words"),
        "{text:?}"
    );
    assert_eq!(logs[0].contacts, [anna.id]);
    if case.connector.capability().find_log {
        let found = case.connector.find_log(cx(), entry).await.unwrap();
        assert_eq!(found.len(), 1, "a changed log still bears its marker");
    }
}
