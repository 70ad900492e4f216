//! What the dialog asks of a CRM: fields of the log, creating beside colleagues, linking a number.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ringside_domain::{ContactDraft, Journal as _, Kind, call::ChosenBy, phone::Grade};
use ringside_engine::view::{CallView, Created, DuplicateReason};
use ringside_store::{Store, StoreKey};

use crate::{
    crm::{LAG, LaggingCrm},
    desk::{Desk, clock, config, random},
};

async fn desk() -> (Desk, Arc<LaggingCrm>) {
    let crm = Arc::new(LaggingCrm::default());
    let store = Store::memory(clock(), random()).unwrap();
    (Desk::with_connector(store, config(), crm.clone()).await, crm)
}

async fn on_file(path: &Path, crm: &Arc<LaggingCrm>) -> Desk {
    let key = StoreKey::from_bytes([7; 32]);
    let store = Store::open(path, key, clock(), random()).await.unwrap();
    Desk::with_connector(store, config(), crm.clone()).await
}

fn draft(name: &str, number: &str) -> ContactDraft {
    ContactDraft {
        connection: LaggingCrm::id(),
        number: Some(number.into()),
        extra: vec![("status".into(), "new".into())],
        ..crate::desk::draft("lead", name)
    }
}

fn matter(value: &str) -> Vec<(String, String)> {
    vec![("matter".to_owned(), value.to_owned())]
}

#[tokio::test]
async fn fields_go_out_with_the_log_and_a_change_of_them_as_an_update() {
    let (desk, crm) = desk().await;
    let anna = crm.has_long_had("Anna Meier", "(415) 555-0100");
    let call = desk.rings("+14155550100").await;
    let (about, fields) = desk.engine.log_fields(call).await.unwrap();
    assert_eq!((about, fields.len()), (Some(anna.id), 1));
    let chosen = vec![
        ("matter".to_owned(), "matter-of-1".to_owned()),
        ("empty".to_owned(), " ".to_owned()),
    ];
    let view = desk.engine.set_log_fields(call, chosen).await.unwrap();
    assert_eq!(view.call.fields, matter("matter-of-1"), "an empty value is none");
    assert_eq!(
        view.call.choice.unwrap().by,
        ChosenBy::Person,
        "whoever answers for Anna means Anna"
    );
    crm.has_long_had("Ben Meier", "(415) 555-0100");
    let view = desk.engine.refresh(call).await.unwrap();
    assert_eq!(
        (view.lookup.matches.len(), view.call.fields),
        (2, matter("matter-of-1"))
    );
    desk.hangs_up("+14155550100").await;
    desk.engine.log(call, None).await.unwrap();
    desk.until_logged(call).await;
    assert_eq!(crm.logs.lock().unwrap()[0].fields, matter("matter-of-1"));

    let view = desk.engine.set_log_fields(call, matter("other")).await.unwrap();
    assert!(view.changed, "the card says that the CRM does not have it yet");
    desk.engine.log(call, None).await.unwrap();
    desk.wait(call, |view| !view.changed).await;
    desk.until_logged(call).await;
    assert_eq!(crm.logs.lock().unwrap().last().unwrap().fields, matter("other"));
}

#[tokio::test]
async fn fields_survive_a_crash_and_not_another_contact() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.db");
    let crm = Arc::new(LaggingCrm::default());
    crm.has_long_had("Anna Meier", "(415) 555-0100");
    let bill = crm.has_long_had("Bill Lumbergh", "(415) 555-0177");
    let desk = on_file(&file, &crm).await;
    let call = desk.rings("+14155550100").await;
    desk.engine.set_log_fields(call, matter("12")).await.unwrap();
    // No goodbye to the engine: what was answered is on the disk.
    desk.store.close().await;
    drop(desk);

    let desk = on_file(&file, &crm).await;
    assert_eq!(desk.engine.call(call).await.unwrap().call.fields, matter("12"));
    let view = desk.engine.choose(call, Some(bill.id.clone())).await.unwrap();
    assert_eq!(view.call.fields, [], "Anna's matter is not Bill's");
    let (about, fields) = desk.engine.log_fields(call).await.unwrap();
    assert_eq!(about, Some(bill.id));
    assert_eq!(fields[0].options[0].value, "matter-of-2");
    let view = desk.engine.choose(call, None).await.unwrap();
    assert_eq!(view.call.fields, []);
    let refused = desk.engine.set_log_fields(call, matter("12")).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.field.as_deref()),
        (Kind::Invalid, Some("contact"))
    );
    let too_long = matter(&"x".repeat(1_001));
    let refused = desk.engine.set_log_fields(call, too_long).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("matter"));
}

#[tokio::test]
async fn a_required_field_is_asked_for_before_the_crm_is() {
    let (desk, crm) = desk().await;
    let incomplete = ContactDraft {
        extra: Vec::new(),
        ..draft("Anna Meier", "+14155550100")
    };
    let refused = desk.engine.create(incomplete, None, false).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.field.as_deref()),
        (Kind::Invalid, Some("status"))
    );
    assert!(refused.hint.is_some());
    assert_eq!(crm.searches.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_hit_right_before_creating_stops_it() {
    let (desk, crm) = desk().await;
    let call = desk.rings("+14155550100").await;
    crm.has_long_had("Somebody", "415-555-0100");
    let created = desk
        .engine
        .create(draft("Anna Meier", "+14155550100"), Some(call), false);
    let Created::Duplicates(found) = created.await.unwrap() else {
        panic!("a second record of the same number")
    };
    assert_eq!(found[0].because, DuplicateReason::SameNumber);
}

async fn create(desk: &Desk, call: ringside_domain::CallId, force: bool) -> ringside_domain::Contact {
    let created = desk
        .engine
        .create(draft("Anna Meier", "+14155550100"), Some(call), force);
    match created.await.unwrap() {
        Created::Contact(contact) => *contact,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_colleagues_record_of_the_same_moment_is_offered_after_the_search_lag() {
    let (desk, crm) = desk().await;
    let call = desk.rings("+14155550100").await;
    let theirs = crm.colleague_creates("A. Meier", "(415) 555-0100");
    let ours = create(&desk, call, false).await;
    let view = desk.engine.call(call).await.unwrap();
    assert_eq!(view.twins, [], "nobody can see it yet");

    let view = desk
        .wait(call, |view| !view.twins.is_empty() && view.lookup.matches.len() == 2)
        .await;
    assert_eq!(view.twins[0].id, theirs.id);
    assert_eq!(view.call.choice.unwrap().contact.id, ours.id, "a person decides");
    let view = desk.engine.choose(call, Some(theirs.id.clone())).await.unwrap();
    assert_eq!(
        (view.twins, view.call.choice.unwrap().contact.id),
        (Vec::new(), theirs.id)
    );
}

#[tokio::test]
async fn what_the_person_knew_of_is_no_twin_and_ours_is_not_lost_meanwhile() {
    for blind in [false, true] {
        let (desk, crm) = desk().await;
        crm.blind.store(blind, Ordering::SeqCst);
        crm.has_long_had("Front desk", "(415) 555-0100");
        let call = desk.rings("+14155550100").await;
        let ours = create(&desk, call, true).await;
        // The picture that follows a creation; a refresh beside it would be cut short by it.
        let both = |view: &CallView| view.lookup.matches.len() == 2 && !view.lookup.running;
        desk.wait(call, both).await;
        let view = desk.engine.refresh(call).await.unwrap();
        let row = view.lookup.matches.iter().find(|row| row.best.contact.id == ours.id);
        assert!(row.is_some_and(|row| !row.gone), "the search does not show it yet");
        tokio::time::sleep(LAG + Duration::from_millis(200)).await;
        assert!(crm.searches.load(Ordering::SeqCst) >= 4, "it looked again");
        assert_eq!(desk.engine.call(call).await.unwrap().twins, []);
    }
}

#[tokio::test]
async fn a_number_that_its_crm_does_not_take_is_linked_here() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.db");
    let crm = Arc::new(LaggingCrm::default());
    crm.full.store(true, Ordering::SeqCst);
    let anna = crm.has_long_had("Anna Meier", "(415) 555-0100");
    let desk = on_file(&file, &crm).await;
    let call = desk.rings("+442079460018").await;
    let added = desk
        .engine
        .add_number(anna.id.clone(), "+442079460018".into(), Some(call))
        .await
        .unwrap();
    assert!(added.linked_only.unwrap().message.contains("filled"));
    assert_eq!(added.contact.numbers.len(), 1, "nothing was overwritten");
    let view = desk.engine.call(call).await.unwrap();
    assert_eq!(view.call.choice.unwrap().by, ChosenBy::Person);
    desk.hangs_up("+442079460018").await;
    desk.store.close().await;
    drop(desk);

    let desk = on_file(&file, &crm).await;
    let again = desk.rings("+442079460018").await;
    let view = desk.wait(again, |view| view.call.choice.is_some()).await;
    let choice = view.call.choice.unwrap();
    assert_eq!((choice.contact.id, choice.by), (anna.id.clone(), ChosenBy::Remembered));
    assert!(view.lookup.matches.is_empty(), "it is linked, not proved");
    desk.hangs_up("+442079460018").await;

    // Proof goes before: somebody has this number in the CRM by now.
    let bill = crm.has_long_had("Bill Lumbergh", "+44 20 7946 0018");
    let call = desk.rings("+442079460018").await;
    let view = desk.wait(call, |view| !view.lookup.matches.is_empty()).await;
    assert_eq!(view.lookup.matches[0].best.grade, Grade::Exact);
    assert_eq!(view.call.choice.unwrap().contact.id, bill.id);

    let odd = desk.engine.add_number(anna.id, "ext. 12".into(), None).await;
    assert_eq!(odd.unwrap_err().kind, Kind::Conflict, "no number to link");
}

/// Choosing somebody and giving them the number is one thing for whoever does it, whether the CRM takes the number or not.
#[tokio::test]
async fn one_undo_takes_back_a_choice_and_the_link_that_came_with_it() {
    for full in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ringside.db");
        let crm = Arc::new(LaggingCrm::default());
        crm.full.store(full, Ordering::SeqCst);
        let anna = crm.has_long_had("Anna Meier", "(415) 555-0100");
        let desk = on_file(&file, &crm).await;
        let number = "+442079460018";
        let call = desk.rings(number).await;
        desk.wait(call, |view| view.lookup.checked.is_some()).await;
        desk.engine.choose(call, Some(anna.id.clone())).await.unwrap();
        let added = desk
            .engine
            .add_number_of_chosen(anna.id.clone(), number.into(), call)
            .await
            .unwrap();
        assert_eq!(added.linked_only.is_some(), full);
        let view = desk.engine.undo(call).await.unwrap();
        // A number that the CRM took proves her by now; nobody chose her any more.
        let proved = view.call.choice.map(|choice| choice.by);
        assert_eq!(proved, (!full).then_some(ChosenBy::OnlyExactMatch));
        assert_eq!(desk.store.linked(number.into()).await.unwrap(), None);
        assert_eq!(view.undo, None);
    }
}
