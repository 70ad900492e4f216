//! Who may be there already, asked of the index and of every connection.

use std::time::Duration;

use ringside_domain::{ConnectionId, Contact, ContactDraft, Freshness, Kind};
use ringside_engine::{
    people::{DUPLICATES_WITHIN, find_duplicates},
    view::DuplicateReason,
};
use tokio::time::Instant;

use crate::fakes::{CALLER, Crm, Index, Say, contact};
use crate::stage::Stage;

fn draft() -> ContactDraft {
    ContactDraft {
        connection: ConnectionId::new("a"),
        contact_type: "lead".into(),
        name: "Anna Meier".into(),
        given: None,
        family: None,
        company: None,
        title: None,
        email: Some("anna@example.com".into()),
        number: Some(CALLER.into()),
        extra: Vec::new(),
        force: false,
    }
}

async fn found(stage: &Stage, draft: &ContactDraft) -> Vec<(String, DuplicateReason)> {
    let duplicates = find_duplicates(&stage.places, draft).await;
    duplicates
        .into_iter()
        .map(|duplicate| (duplicate.contact.name, duplicate.because))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_index_and_every_connection_are_asked() {
    let mail = Contact {
        emails: vec!["Anna@example.com".into()],
        ..contact("a", "1", "Somebody", "")
    };
    let index = Index::of(vec![
        mail,
        contact("a", "2", "Anne Meier", ""),
        contact("a", "3", "Otto Huber", ""),
    ]);
    let mut by_name = Crm::new(
        "b",
        30,
        Say::Found(vec![contact("b", "1", "Front desk", "(415) 555-0100")]),
    );
    by_name.by_name = Say::Found(vec![
        contact("b", "2", "A. Meier", ""),
        contact("z", "3", "Anna Meier", ""),
    ]);
    let stage = Stage::new(index, vec![by_name]);
    let began = Instant::now();
    let expected = [
        ("Front desk", DuplicateReason::SameNumber),
        ("Somebody", DuplicateReason::SameEmail),
        ("Anne Meier", DuplicateReason::LikeName),
        ("A. Meier", DuplicateReason::LikeName),
    ];
    assert_eq!(
        found(&stage, &draft()).await,
        expected.map(|(name, because)| (name.to_owned(), because))
    );
    assert_eq!(began.elapsed(), Duration::from_millis(30), "both questions at once");
    let seen = stage.crms[0].seen.lock().unwrap();
    assert!(seen.iter().all(|seen| seen.1 == Freshness::Live));
    assert!(
        seen.iter()
            .any(|seen| seen.0 == "find_contact" && seen.3.contains(&"(415) 555-0100".to_owned()))
    );
}

#[tokio::test(start_paused = true)]
async fn who_fails_or_hangs_keeps_nobody_from_creating() {
    let crms = vec![
        Crm::new("hangs", 0, Say::Hang),
        Crm::new("panics", 0, Say::Panic),
        Crm::new("fails", 0, Say::Fail(Kind::Unavailable, "down")),
        Crm::new("works", 100, Say::Found(vec![contact("works", "1", "Anna", CALLER)])),
    ];
    let stage = Stage::new(
        Index {
            broken: true,
            ..Index::default()
        },
        crms,
    );
    let began = Instant::now();
    assert_eq!(
        found(&stage, &draft()).await,
        [("Anna".to_owned(), DuplicateReason::SameNumber)]
    );
    assert_eq!(began.elapsed(), DUPLICATES_WITHIN);

    let hangs = Stage::new(
        Index {
            hangs: true,
            ..Index::default()
        },
        vec![Crm::new("a", 5, Say::Found(vec![contact("a", "1", "Anna", CALLER)]))],
    );
    assert_eq!(found(&hangs, &draft()).await.len(), 1, "what came in time counts");
}

#[tokio::test(start_paused = true)]
async fn only_what_a_connection_can_do_is_asked() {
    let mut crm = Crm::new("a", 5, Say::Found(vec![contact("a", "1", "Anna", CALLER)]));
    crm.capability.find = false;
    crm.capability.find_with_name = false;
    let stage = Stage::new(Index::default(), vec![crm, Crm::new("b", 5, Say::Found(vec![]))]);
    assert_eq!(found(&stage, &draft()).await, []);
    assert!(stage.crms[0].seen.lock().unwrap().is_empty());
    let nothing = ContactDraft {
        name: String::new(),
        email: None,
        number: None,
        ..draft()
    };
    assert_eq!(found(&stage, &nothing).await, []);
    assert_eq!(
        stage.crms[1].seen.lock().unwrap().len(),
        2,
        "and nobody is asked about nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn a_search_by_name_that_hangs_does_not_hide_the_hit_by_number() {
    let mut crm = Crm::new("a", 5, Say::Found(vec![contact("a", "1", "Front desk", CALLER)]));
    crm.by_name = Say::Hang;
    let stage = Stage::new(Index::default(), vec![crm]);
    assert_eq!(
        found(&stage, &draft()).await,
        [("Front desk".to_owned(), DuplicateReason::SameNumber)]
    );
}
