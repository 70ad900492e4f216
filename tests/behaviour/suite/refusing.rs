//! Every operation while the CRM says no, and writes whose answer is lost: whatever was asked, a person learns why, and nothing
//! is taken for done or for undone that nobody knows.

use std::{sync::Arc, time::Duration};

use ringside_domain::{Contact, Error, Kind, LogField, LogReceipt, LogRef, Result, connector::Account};

use super::{Behaviour, behaviour, failing::is_for_a_person, wired};
use crate::{
    asking::{NUMBER, Steady, cx, draft, entry, failures, plant, plant_as, query, within},
    crm::{Act, Purpose},
    kits::Case,
};

pub const ALL: &[Behaviour] = &[
    behaviour!(refusing::every_operation_says_no_in_words, wired),
    behaviour!(refusing::a_write_whose_answer_is_lost_may_have_happened, wired),
    behaviour!(refusing::a_wrong_key_is_told_at_the_test, wired),
];

fn refuse(case: &Case, status: u16) {
    for purpose in Purpose::WORK {
        // Longer than any operation may take: it is not waited for.
        let wait = (status == 429).then(|| ("retry-after", "60".to_owned()));
        let wait = wait.into_iter().collect();
        case.wire().plan(purpose, 1_000, Act::Refuse(status, wait));
    }
}

async fn every_operation_says_no_in_words(case: Case) {
    let anna = plant(&case, "Anna", "Example", &[NUMBER]).await;
    let entry = entry(&case, &anna, "hello").await;
    let (connector, can) = (case.connector.clone(), case.connector.capability());
    let log = match can.log {
        true => Some(
            connector
                .log_call(cx(), entry.clone(), Arc::new(Steady::default()))
                .await
                .unwrap()
                .log,
        ),
        false => None,
    };
    let kinds = [
        (401, Kind::SignInNeeded),
        (403, Kind::Forbidden),
        (500, Kind::Unavailable),
        // The last one: a connection rests for as long as its CRM says.
        (429, Kind::RateLimited),
    ];
    for (status, kind) in kinds {
        refuse(&case, status);
        let mut said: Vec<(&str, Error)> = Vec::new();
        said.extend(refused("check", connector.check(cx()).await.map(|_: Account| ())));
        if case.reads_by_id() {
            said.extend(refused(
                "get",
                connector.get_contact(cx(), anna.clone()).await.map(|_: Contact| ()),
            ));
        }
        let named = connector.find_contact_with_name(cx(), query("Anna Example")).await;
        said.extend(failures(named).into_iter().map(|error| ("find by name", error)));
        if can.add_number {
            let added = connector.add_number(cx(), anna.clone(), "+14155550188".into()).await;
            said.extend(refused("add number", added.map(|_: Contact| ())));
        }
        if let Some(log) = log.clone().filter(|_| can.update_log) {
            let updated = connector.update_log(cx(), log, entry.clone()).await;
            said.extend(refused("update log", updated.map(|_: LogReceipt| ())));
        }
        if can.find_log {
            let found = connector.find_log(cx(), entry.clone()).await;
            said.extend(refused("find log", found.map(|_: Vec<LogRef>| ())));
        }
        if can.log_fields {
            // Choices that stand in the file need no CRM.
            let fields: Result<Vec<LogField>> = connector.log_fields(cx(), anna.clone()).await;
            said.extend(fields.err().map(|error| ("log fields", error)));
        }
        for (operation, error) in said {
            assert_eq!(error.kind, kind, "{operation}, {status}: {error:?}");
            is_for_a_person(&error);
        }
        case.wire().plan_nothing();
    }
}

fn refused(operation: &'static str, answer: Result<()>) -> Option<(&'static str, Error)> {
    let error = answer.err();
    Some((
        operation,
        error.unwrap_or_else(|| panic!("{operation}: a refusal passed for an answer")),
    ))
}

async fn a_write_whose_answer_is_lost_may_have_happened(case: Case) {
    let (connector, can) = (case.connector.clone(), case.connector.capability());
    let short = || within(Duration::from_secs(3));
    let anna = plant(&case, "Anna", "Example", &[NUMBER]).await;
    for kind in connector.info().types.into_iter().filter(|kind| kind.creatable) {
        let before = case.crm.planted().await.len();
        case.wire().plan(Purpose::Create, 1, Act::Unanswered);
        let new = draft(&case, &kind.id, "Dana Newperson", None);
        let error = connector.create_contact(short(), new).await.unwrap_err();
        assert!(error.may_have_happened, "create a {}: {error:?}", kind.id);
        is_for_a_person(&error);
        assert!(case.crm.planted().await.len() <= before + 1, "created twice by itself");
        case.wire().plan_nothing();
    }
    if can.add_number {
        let kind = case.types().remove(0);
        let bea = plant_as(&case, &kind, "Bea", "Example", &[]).await;
        case.wire().plan(Purpose::Change, 1, Act::Unanswered);
        let error = connector
            .add_number(short(), bea, "+14155550188".into())
            .await
            .unwrap_err();
        assert!(error.may_have_happened, "add number: {error:?}");
        case.wire().plan_nothing();
    }
    if can.log && can.update_log {
        let entry = entry(&case, &anna, "hello").await;
        let steady = Arc::new(Steady::default());
        let log = connector.log_call(cx(), entry.clone(), steady).await.unwrap().log;
        case.wire().plan(Purpose::UpdateLog, 1, Act::Unanswered);
        let error = connector.update_log(short(), log, entry).await.unwrap_err();
        assert!(error.may_have_happened, "update log: {error:?}");
    }
}

/// Before anything was ever asked with it: as somebody who connects a CRM and mistyped the key meets it.
async fn a_wrong_key_is_told_at_the_test(case: Case) {
    refuse(&case, 401);
    let error = case.connector.check(cx()).await.unwrap_err();
    assert_eq!(error.kind, Kind::SignInNeeded, "{error:?}");
    is_for_a_person(&error);
}
