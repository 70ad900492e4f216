//! Who is calling.

use ringside_domain::{
    AddressBook as _,
    call::ChosenBy,
    connector::{Freshness, NameQuery},
    phone::{Grade, read},
};
use ringside_engine::view::{AskedState, Created, DuplicateReason};

use crate::desk::{Desk, draft, home};

#[tokio::test]
async fn a_known_caller_is_there_by_name_and_preselected() {
    let desk = Desk::in_memory().await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings("sip:+14155550100@pbx.example;user=phone").await;
    let view = desk.wait(call, |view| !view.lookup.matches.is_empty()).await;
    assert_eq!(view.lookup.matches[0].best.contact.id, anna.id);
    assert_eq!(view.lookup.matches[0].best.grade, Grade::Exact);
    assert_eq!(view.call.choice.unwrap().by, ChosenBy::OnlyExactMatch);
}

#[tokio::test]
async fn two_people_on_one_number_wait_for_a_person_and_the_choice_is_remembered() {
    let desk = Desk::in_memory().await;
    desk.knows("Anna Meier", "+1 415 555 0100").await;
    let bill = desk.knows("Bill Lumbergh", "415.555.0100").await;
    let call = desk.rings("+14155550100").await;
    let view = desk.wait(call, |view| view.lookup.matches.len() == 2).await;
    assert!(
        view.call.choice.is_none(),
        "several exact matches: nobody is picked silently"
    );
    desk.engine.choose(call, Some(bill.id.clone())).await.unwrap();
    desk.hangs_up("+14155550100").await;

    let again = desk.rings("+14155550100").await;
    let view = desk.wait(again, |view| view.call.choice.is_some()).await;
    let choice = view.call.choice.unwrap();
    assert_eq!((choice.contact.id, choice.by), (bill.id, ChosenBy::Remembered));
}

#[tokio::test]
async fn a_contact_added_elsewhere_is_found_by_refresh_and_the_trace_says_how() {
    let desk = Desk::in_memory().await;
    let call = desk.rings("+14155550123").await;
    let view = desk.wait(call, |view| view.lookup.checked.is_some()).await;
    assert!(view.lookup.matches.is_empty());
    desk.store
        .create(ringside_domain::ContactDraft {
            number: Some("415-555-0123".into()),
            ..draft("lead", "Samir")
        })
        .await
        .unwrap();
    let view = desk.engine.refresh(call).await.unwrap();
    assert_eq!(view.lookup.matches.len(), 1);
    assert!(view.lookup.asked.iter().all(|asked| asked.state == AskedState::Found));
    let traces = desk.engine.traces(call).await.unwrap();
    assert!(
        traces[0].live && traces[0].steps.iter().any(|step| step.connection.is_some()),
        "{traces:#?}"
    );
}

#[tokio::test]
async fn a_withheld_number_is_looked_up_nowhere() {
    let desk = Desk::in_memory().await;
    let call = desk.rings("sip:anonymous@anonymous.invalid").await;
    let view = desk.engine.call(call).await.unwrap();
    assert!(view.lookup.asked.is_empty() && !view.lookup.running);
    assert!(desk.engine.traces(call).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_possible_duplicate_is_shown_before_a_second_record_is_made() {
    let desk = Desk::in_memory().await;
    desk.knows("Anna Meier", "(415) 555-0100").await;
    let mut lead = draft("lead", "Somebody Else");
    lead.number = Some("+14155550100".into());
    let Created::Duplicates(found) = desk.engine.create(lead.clone(), None, false).await.unwrap() else {
        panic!("a second record of the same number")
    };
    assert_eq!(found[0].because, DuplicateReason::SameNumber);
    assert!(
        matches!(desk.engine.create(lead, None, true).await.unwrap(), Created::Contact(_)),
        "the person insists"
    );
}

#[tokio::test]
async fn linking_a_number_makes_the_next_call_known() {
    let desk = Desk::in_memory().await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings("+442079460018").await;
    desk.engine
        .add_number(anna.id.clone(), "+442079460018".into(), Some(call))
        .await
        .unwrap();
    let view = desk.wait(call, |view| !view.lookup.matches.is_empty()).await;
    assert_eq!(view.call.choice.unwrap().by, ChosenBy::Person);
    let looked = desk
        .engine
        .lookup(read("020 7946 0018", &Default::default()), Freshness::Cached)
        .await
        .unwrap();
    let grade = looked.lookup.matches[0].best.grade;
    assert!(
        !grade.is_exact(),
        "no home country: a national number is found, and proves nothing ({grade:?})"
    );
    let looked = desk
        .engine
        .lookup(read("+44 20 7946 0018", &home()), Freshness::Cached)
        .await
        .unwrap();
    assert_eq!(looked.lookup.matches[0].best.contact.id, anna.id);
}

#[tokio::test]
async fn a_name_is_found_as_typed() {
    let desk = Desk::in_memory().await;
    desk.knows("Jörg Müller", "(415) 555-0144").await;
    for text in ["jorg", "mueller", "Müller j", "5550144"] {
        let rows = desk
            .engine
            .search(NameQuery {
                text: text.into(),
                types: vec![],
                company: None,
                limit: 8,
            })
            .await
            .unwrap();
        assert_eq!(rows.len(), 1, "{text}");
    }
}
