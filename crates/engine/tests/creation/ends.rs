//! How it ends, whatever the CRM does.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_domain::{Contact, ContactDraft, Creation, CreationState, Kind};
use ringside_engine::view::{Created, CreationDecision};
use tokio::time::sleep;

use crate::{
    crm::{Fate, STORED, draft},
    desk::{Desk, SECOND},
    fakes::contact,
};

const LONG: Duration = Duration::from_secs(200);

async fn after(fates: &[Fate], wait: Duration) -> (Desk, Creation, ringside_domain::CallId) {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.crm.plan(fates.iter().copied());
    let creation = desk.creates(call).await;
    sleep(wait).await;
    (desk, creation, call)
}

#[tokio::test(start_paused = true)]
async fn it_is_there_once_whatever_became_of_the_answers() {
    let cases: [&[Fate]; 7] = [
        &[Fate::Slow(50)],
        &[Fate::Unreachable, Fate::Unreachable],
        &[Fate::Limited(30)],
        &[Fate::SignIn],
        &[Fate::Lost(Some(0))],
        &[Fate::Lost(Some(25))],
        &[Fate::Hangs(Some(70))],
    ];
    for fates in cases {
        let (desk, creation, call) = after(fates, LONG).await;
        assert!(
            matches!(desk.state(creation.id), CreationState::Finished(_)),
            "{fates:?}"
        );
        assert_eq!(desk.chosen(call).await.as_deref(), Some("Anna Meier"), "{fates:?}");
        assert_eq!(desk.crm.records().len(), 1, "{fates:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_that_made_nothing_is_for_a_person() {
    for fates in [[Fate::Lost(None)], [Fate::Hangs(None)], [Fate::Panics]] {
        let (desk, creation, call) = after(&fates, LONG).await;
        let CreationState::Unsure(why) = desk.state(creation.id) else {
            panic!("{fates:?}: {:?}", desk.state(creation.id))
        };
        assert!(why.hint.is_some() && !why.message.contains("0100"), "{why:?}");
        assert_eq!(desk.crm.requests().len(), 1, "it is not sent blindly");
        assert_eq!(desk.call(call).await.creation.unwrap().id, creation.id);

        desk.engine
            .settle_creation(creation.id, CreationDecision::Send)
            .await
            .unwrap();
        sleep(SECOND).await;
        assert_eq!(desk.crm.records().len(), 1);
        assert_eq!(desk.chosen(call).await.as_deref(), Some("Anna Meier"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_not_taken_for_somebody_else() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    let older = desk.crm.has("Anna Meier", STORED);
    let asked = desk.engine.create_later(draft("Anna Meier"), Some(call), true, None);
    let Created::Waiting(creation) = asked.await.unwrap() else {
        panic!("the person wants a second one")
    };
    desk.crm.plan([Fate::Lost(None)]);
    sleep(LONG).await;
    assert!(
        matches!(desk.state(creation.id), CreationState::Unsure(_)),
        "the older one is not it"
    );

    desk.engine
        .settle_creation(creation.id, CreationDecision::Drop)
        .await
        .unwrap();
    assert_eq!(
        (desk.state(creation.id), desk.crm.records()),
        (CreationState::Undone, vec![older])
    );
}

#[tokio::test(start_paused = true)]
async fn found_by_its_mail_or_not_at_all() {
    let without_number = ContactDraft {
        number: None,
        email: Some("Anna@example.com".into()),
        ..draft("Anna Meier")
    };
    let with_nothing = ContactDraft {
        email: None,
        ..without_number.clone()
    };
    for (draft, found) in [(without_number, true), (with_nothing, false)] {
        let desk = Desk::new().await;
        desk.crm.plan([Fate::Lost(Some(0))]);
        let creation = desk.creates_as(draft, None).await;
        sleep(LONG).await;
        let is_there = matches!(desk.state(creation.id), CreationState::Finished(_));
        assert_eq!(is_there, found, "{:?}", desk.state(creation.id));
    }
    let desk = Desk::new().await;
    desk.crm.searchable.store(false, Ordering::SeqCst);
    desk.crm.plan([Fate::Lost(Some(0))]);
    let creation = desk.creates_as(draft("Anna Meier"), None).await;
    sleep(LONG).await;
    assert!(matches!(desk.state(creation.id), CreationState::Unsure(_)));
}

#[tokio::test(start_paused = true)]
async fn offline_it_waits_with_growing_pauses_and_says_why() {
    let (desk, creation, call) = after(&[Fate::Unreachable; 40], LONG).await;
    let waiting = desk.call(call).await.creation.unwrap();
    let CreationState::Waiting(Some(why)) = &waiting.state else {
        panic!("{waiting:?}")
    };
    assert_eq!(why.kind, Kind::Unavailable);
    let sent = desk.crm.requests();
    let pauses: Vec<u64> = sent.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(pauses, [5, 15, 60]);
    // The network is back.
    desk.engine.wake().await;
    sleep(SECOND).await;
    assert_eq!(desk.crm.requests().len(), sent.len() + 1);
    desk.engine.undo_creation(creation.id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn waking_does_not_cut_the_time_in_which_it_can_be_taken_back() {
    let (desk, creation, _) = after(&[], 5 * SECOND).await;
    desk.engine.wake().await;
    sleep(4 * SECOND).await;
    assert_eq!(desk.crm.requests(), []);
    desk.engine.undo_creation(creation.id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn somebody_else_made_it_meanwhile() {
    let (desk, creation, call) = after(&[Fate::Unreachable], 11 * SECOND).await;
    let theirs = Contact {
        company: Some("ACME".into()),
        ..contact("crm", "", "anna  meier", STORED)
    };
    let theirs = desk.crm.insert(theirs, Duration::ZERO);
    sleep(LONG).await;
    assert!(matches!(desk.state(creation.id), CreationState::Finished(_)));
    let said = desk.journal.all().pop().unwrap().said.unwrap();
    assert!(said.contains("somebody else created it"), "{said}");
    assert_eq!(desk.call(call).await.call.choice.unwrap().contact.id, theirs.id);
    assert_eq!(desk.crm.records().len(), 1, "the one that is there is taken");

    let (desk, creation, _) = after(&[Fate::Unreachable], 11 * SECOND).await;
    desk.crm.has("Anna Meier", STORED);
    desk.crm.has("Anna Meier", STORED);
    sleep(LONG).await;
    let CreationState::Refused(why) = desk.state(creation.id) else {
        panic!("{:?}", desk.state(creation.id))
    };
    assert_eq!(why.kind, Kind::Conflict);
    desk.engine
        .settle_creation(creation.id, CreationDecision::Send)
        .await
        .unwrap();
    sleep(SECOND).await;
    assert_eq!(desk.crm.records().len(), 3, "the person wants it all the same");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_made_is_not_taken_where_something_typed_would_be_lost() {
    let record = |name: &str, company: Option<&str>| Contact {
        company: company.map(str::to_owned),
        emails: vec!["anna@example.com".into()],
        ..contact("crm", "", name, STORED)
    };
    let typed = ContactDraft {
        email: Some("Anna@example.com".into()),
        ..draft("Anna Meier")
    };
    let with_extra = ContactDraft {
        extra: vec![("status".into(), "new".into())],
        ..typed.clone()
    };
    let with_title = ContactDraft {
        title: Some("CEO".into()),
        ..typed.clone()
    };
    for (theirs, draft, taken) in [
        (record("Anna Meier", Some("Acme")), typed.clone(), true),
        // Compared loosely they are the same name, and another person.
        (record("Anná Meier", Some("Acme")), typed.clone(), false),
        (record("Anna Meier", Some("Globex")), typed.clone(), false),
        (record("Anna Meier", None), typed.clone(), false),
        (record("Anna Meier", Some("Acme")), with_title, false),
        (record("Anna Meier", Some("Acme")), with_extra, false),
        (
            Contact {
                emails: Vec::new(),
                ..record("Anna Meier", Some("Acme"))
            },
            typed.clone(),
            false,
        ),
    ] {
        let desk = Desk::new().await;
        let creation = desk.creates_as(draft.clone(), None).await;
        sleep(SECOND).await;
        desk.crm.insert(theirs.clone(), Duration::ZERO);
        sleep(LONG).await;
        let state = desk.state(creation.id);
        assert_eq!(
            matches!(state, CreationState::Finished(_)),
            taken,
            "{theirs:?} {state:?}"
        );
        assert_eq!(desk.crm.records().len(), 1);
        if !taken {
            let CreationState::Refused(why) = state else {
                panic!("{state:?}")
            };
            assert!(why.message.contains("has the same number"), "{why:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn looking_goes_on_until_the_crm_is_back() {
    let (desk, creation, _) = after(&[Fate::Lost(Some(0))], 11 * SECOND).await;
    desk.crm.away.store(true, Ordering::SeqCst);
    sleep(LONG).await;
    assert!(matches!(desk.state(creation.id), CreationState::Sent(Some(_))));
    desk.crm.away.store(false, Ordering::SeqCst);
    sleep(20 * LONG).await;
    assert!(matches!(desk.state(creation.id), CreationState::Finished(_)));
    assert_eq!(desk.crm.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_may_not_create_hears_it_and_is_not_sent_again() {
    let (desk, creation, _) = after(&[Fate::Forbidden], LONG).await;
    assert!(matches!(desk.state(creation.id), CreationState::Refused(_)));
    assert_eq!(desk.crm.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_gone_refuses_and_keeps_what_was_typed() {
    let (desk, creation, call) = after(&[], 5 * SECOND).await;
    desk.engine.set_connections(Vec::new());
    sleep(LONG).await;
    let CreationState::Refused(why) = desk.state(creation.id) else {
        panic!("{:?}", desk.state(creation.id))
    };
    assert!(why.message.contains("no longer there"), "{why:?}");
    assert_eq!(desk.call(call).await.creation.unwrap().draft, draft("Anna Meier"));
}

#[tokio::test(start_paused = true)]
async fn what_the_crm_said_while_the_disk_was_full_is_not_lost() {
    let (desk, creation, call) = after(&[Fate::Slow(5)], 12 * SECOND).await;
    desk.journal.full.store(2, Ordering::SeqCst);
    sleep(LONG).await;
    assert!(matches!(desk.state(creation.id), CreationState::Finished(_)));
    assert_eq!(desk.chosen(call).await.as_deref(), Some("Anna Meier"));
    assert_eq!(desk.crm.requests().len(), 1);
}
