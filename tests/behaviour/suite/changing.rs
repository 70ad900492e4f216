//! A log that changes after it was made: it ends as a log made after the end of the call would be.

use std::{sync::Arc, time::Duration};

use ringside_domain::{CallLogEntry, LogRef, Marker, Outcome, call::EndReason};

use super::{Behaviour, behaviour, updates};
use crate::{
    asking::{NUMBER, Steady, cx, entry, plant},
    crm::SeenLog,
    kits::Case,
};

pub const ALL: &[Behaviour] = &[
    behaviour!(changing::a_log_made_during_the_call_gets_its_end, updates),
    behaviour!(changing::a_changed_choice_arrives, |offer| updates(offer)
        .or(
            (!offer.capability.log_fields).then_some("it asks for nothing about a call")
        )),
    behaviour!(changing::a_log_moves_to_another_contact, |offer| updates(offer)
        .or((!offer.capability.moves_logs).then_some("its logs stay where they are"))),
];

/// People press Log while they still talk. The length, the end and the outcome come later.
async fn a_log_made_during_the_call_gets_its_end(case: Case) {
    let anna = plant(&case, "Anna", "Example", &[NUMBER]).await;
    let mut talking = entry(&case, &anna, "Wants an offer").await;
    let mut over = talking.clone();
    (talking.duration, talking.end, talking.outcome) = (None, None, None);
    (over.duration, over.end) = (Some(Duration::from_secs(90)), Some(EndReason::Completed));
    over.outcome = Some(Outcome::Connected);
    let log = logged(&case, talking).await;
    case.connector
        .update_log(cx(), log.clone(), over.clone())
        .await
        .unwrap();
    let (changed, fresh) = (seen(&case, &log).await, made_afterwards(&case, over).await);
    assert_eq!(
        fresh.seconds.is_some(),
        case.keeps_length(),
        "the fake shows how long a call was, where its CRM has a field for it"
    );
    assert_eq!(changed.seconds, fresh.seconds, "its length");
    assert_eq!(changed.title, fresh.title);
    assert_eq!(changed.contacts, fresh.contacts);
}

async fn a_changed_choice_arrives(case: Case) {
    let anna = plant(&case, "Anna", "Example", &[NUMBER]).await;
    let before = entry(&case, &anna, "About the matter").await;
    let log = logged(&case, before.clone()).await;
    let first = seen(&case, &log).await;
    let mut after = before;
    for field in case.connector.log_fields(cx(), anna.clone()).await.unwrap() {
        // A field without choices for this contact.
        let Some(chosen) = after.fields.iter_mut().find(|(name, _)| *name == field.name) else {
            continue;
        };
        let other = field.options.iter().find(|option| option.value != chosen.1);
        chosen.1 = other.expect("a second option").value.clone();
    }
    case.connector
        .update_log(cx(), log.clone(), after.clone())
        .await
        .unwrap();
    let (changed, fresh) = (seen(&case, &log).await, made_afterwards(&case, after).await);
    assert!(fresh.chosen.is_some(), "the fake shows what was chosen");
    assert_ne!(first.chosen, fresh.chosen);
    assert_eq!(changed.chosen, fresh.chosen);
}

async fn a_log_moves_to_another_contact(case: Case) {
    for kind in case.types() {
        let anna = plant(&case, "Anna", "Example", &[NUMBER]).await;
        let bea = crate::asking::plant_as(&case, &kind, "Bea", "Other", &[]).await;
        let mut entry = entry(&case, &anna, "Of somebody else").await;
        entry.marker = Marker::new(format!("ringside-moves-{}", kind.to_lowercase()), true);
        let log = logged(&case, entry.clone()).await;
        entry.contact = bea.clone();
        let moved = case.connector.update_log(cx(), log, entry).await.unwrap().log;
        assert_eq!(seen(&case, &moved).await.contacts, [bea.id], "to a {kind}");
    }
}

async fn logged(case: &Case, entry: CallLogEntry) -> LogRef {
    let steady = Arc::new(Steady::default());
    case.connector.log_call(cx(), entry, steady).await.unwrap().log
}

async fn seen(case: &Case, log: &LogRef) -> SeenLog {
    let logs = case.crm.logs().await;
    logs.into_iter().find(|one| one.id == log.id).unwrap()
}

/// The same call as another machine would log it now.
async fn made_afterwards(case: &Case, mut entry: CallLogEntry) -> SeenLog {
    entry.marker = Marker::new("ringside-afterwardsafterwards234567", true);
    let log = logged(case, entry).await;
    seen(case, &log).await
}
