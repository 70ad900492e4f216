//! What a person asks for, and takes back.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_domain::{ContactDraft, CreationState, Freshness, Journal as _, Kind, phone::read};
use ringside_engine::{
    Update,
    view::{Created, CreationDecision, DuplicateReason},
};
use tokio::time::{Instant, sleep};

use crate::{
    crm::{Fate, STORED, draft},
    desk::{CALLER, Desk, SECOND},
    fakes::home,
};

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_for_ten_seconds_and_then_the_call_is_about_it() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    let mut updates = desk.engine.subscribe();
    let (asked, creation) = (Instant::now(), desk.creates(call).await);
    let view = desk.call(call).await;
    assert_eq!(view.creation.as_ref(), Some(&creation), "the call shows it at once");
    assert_eq!(desk.engine.counts().await.unwrap().creating, 1);
    assert_eq!(desk.engine.creations(), std::slice::from_ref(&creation));
    assert_eq!(creation.due.unwrap().since(creation.asked), 10 * SECOND);

    sleep(12 * SECOND).await;
    let sent = desk.crm.requests();
    assert_eq!((sent.len(), (sent[0] - asked).as_secs()), (1, 10));
    assert_eq!(desk.chosen(call).await.as_deref(), Some("Anna Meier"));
    assert_eq!(desk.call(call).await.creation, None);
    assert!(matches!(desk.state(creation.id), CreationState::Finished(_)));
    assert_eq!(desk.engine.counts().await.unwrap().creating, 0);

    let mut told = Vec::new();
    while let Ok(update) = updates.try_recv() {
        if let Update::Creation(creation) = update {
            told.push(creation.state);
        }
    }
    assert!(
        matches!(
            told[..],
            [
                CreationState::Waiting(_),
                CreationState::Sent(_),
                CreationState::Created(_),
                CreationState::Finished(_)
            ]
        ),
        "each step is told: {told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn taken_back_at_the_last_moment_it_was_never_sent() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    let creation = desk.creates(call).await;
    sleep(Duration::from_millis(9_900)).await;
    let undone = desk.engine.undo_creation(creation.id).await.unwrap();
    assert_eq!(
        (undone.state, undone.draft),
        (CreationState::Undone, draft("Anna Meier"))
    );
    sleep(60 * SECOND).await;
    assert_eq!(desk.crm.requests(), []);
    let view = desk.call(call).await;
    assert_eq!((view.creation, view.call.choice), (None, None));
    assert_eq!(desk.engine.creations(), []);
    desk.engine.undo_creation(creation.id).await.unwrap();

    let desk = desk.restarts().await;
    sleep(60 * SECOND).await;
    assert_eq!(desk.crm.requests(), [], "nor by the next run");
    assert_eq!(
        desk.state(creation.id),
        CreationState::Undone,
        "all that was typed is kept for a while"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_can_not_be_taken_back_and_it_says_why() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.crm.plan([Fate::Slow(5)]);
    let creation = desk.creates(call).await;
    sleep(12 * SECOND).await;
    for refused in [
        desk.engine.undo_creation(creation.id).await.unwrap_err(),
        desk.engine
            .settle_creation(creation.id, CreationDecision::Drop)
            .await
            .unwrap_err(),
    ] {
        assert_eq!(refused.kind, Kind::Conflict);
        assert!(refused.hint.is_some());
    }
    sleep(5 * SECOND).await;
    let refused = desk.engine.undo_creation(creation.id).await.unwrap_err();
    assert!(refused.message.contains("in the CRM by now"), "{refused}");
    assert_eq!(desk.crm.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_want_to_wait_sends_it_now() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    let creation = desk.creates(call).await;
    desk.engine
        .settle_creation(creation.id, CreationDecision::Send)
        .await
        .unwrap();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(desk.crm.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_can_be_known_now_is_refused_now() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    let nameless = ContactDraft {
        name: " ".into(),
        ..draft("")
    };
    let refused = desk.engine.create_later(nameless, Some(call), false, None).await;
    assert_eq!(refused.unwrap_err().field.as_deref(), Some("name"));

    // Whoever rang from this number was looked up, so the index knows.
    let anna = desk.crm.has("Anna Maier", STORED);
    desk.engine
        .lookup(read(CALLER, &home()), Freshness::Live)
        .await
        .unwrap();
    desk.crm.away.store(true, Ordering::SeqCst);
    let asked = desk.engine.create_later(draft("Anna Meier"), Some(call), false, None);
    let Created::Duplicates(found) = asked.await.unwrap() else {
        panic!("a second record of one number")
    };
    assert_eq!(
        (&found[0].contact.id, found[0].because),
        (&anna.id, DuplicateReason::SameNumber)
    );
    assert_eq!(
        (desk.engine.creations(), desk.call(call).await.creation),
        (Vec::new(), None)
    );

    desk.crm.away.store(false, Ordering::SeqCst);
    let asked = desk.engine.create_later(draft("Anna Meier"), Some(call), true, None);
    assert!(
        matches!(asked.await.unwrap(), Created::Waiting(_)),
        "the person wants it"
    );
    sleep(12 * SECOND).await;
    assert_eq!(desk.crm.records().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_before_it_is_sent_and_then_a_duplicate_stops_it() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.crm.has("Anna Maier", STORED);
    desk.crm.searches_take.store(4, Ordering::SeqCst);
    let pressed = Instant::now();
    let creation = desk.creates(call).await;
    assert!(pressed.elapsed() < Duration::from_millis(100), "the person goes on");
    sleep(20 * SECOND).await;
    let CreationState::Refused(why) = desk.state(creation.id) else {
        panic!("{:?}", desk.state(creation.id))
    };
    assert_eq!(why.kind, Kind::Conflict);
    assert!(
        why.message.contains("Anna Maier in Test CRM has the same number"),
        "{}",
        why.message
    );
    assert_eq!(desk.crm.requests(), []);
    assert!(desk.call(call).await.creation.is_some(), "the card says so");

    // The form that is opened again offers her, and who wants a second record all the same gets it.
    let again = desk
        .engine
        .create_later(draft("Anna Meier"), Some(call), false, Some(creation.id));
    assert!(matches!(again.await.unwrap(), Created::Duplicates(found) if found[0].contact.name == "Anna Maier"));
    desk.engine
        .settle_creation(creation.id, CreationDecision::Send)
        .await
        .unwrap();
    sleep(20 * SECOND).await;
    assert_eq!(desk.crm.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_second_press_makes_no_second_contact() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.creates(call).await;
    for (name, for_call) in [
        ("Anna Meier", Some(call)),
        ("Anna Meier", None),
        ("Somebody Else", Some(call)),
    ] {
        let again = desk.engine.create_later(draft(name), for_call, false, None).await;
        assert_eq!(again.unwrap_err().kind, Kind::Conflict, "{name}");
    }
    sleep(12 * SECOND).await;
    assert_eq!(desk.crm.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_lands_on_its_field_and_the_corrected_one_takes_its_place() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.crm.plan([Fate::Refused("company")]);
    let creation = desk.creates(call).await;
    desk.engine.log(call, None).await.unwrap();
    sleep(12 * SECOND).await;
    let refused = desk.call(call).await.creation.unwrap();
    let CreationState::Refused(why) = &refused.state else {
        panic!("{refused:?}")
    };
    assert_eq!((why.kind, why.field.as_deref()), (Kind::Invalid, Some("company")));
    assert_eq!(refused.draft, draft("Anna Meier"), "everything is kept");
    sleep(3600 * SECOND).await;
    assert_eq!(desk.crm.requests().len(), 1, "it is not tried again by itself");

    let corrected = ContactDraft {
        company: Some("Acme Ltd".into()),
        ..draft("Anna Meier")
    };
    let asked = desk
        .engine
        .create_later(corrected, Some(call), false, Some(creation.id))
        .await;
    let Created::Waiting(second) = asked.unwrap() else {
        panic!("not accepted")
    };
    assert_eq!(desk.engine.creations(), [*second.clone()], "the refused one is gone");
    assert!(second.log, "the log that was asked for follows the corrected one");
    sleep(12 * SECOND).await;
    assert_eq!(desk.chosen(call).await.as_deref(), Some("Anna Meier"));
    assert_eq!(desk.crm.logs().len(), 1);
    assert_eq!(desk.journal.all().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_choice_takes_the_contact_back_and_brings_it_again_when_it_is_undone() {
    let desk = Desk::new().await;
    let bill = desk.crm.has("Bill Lumbergh", "(415) 555-0177");
    let call = desk.rings().await;
    let creation = desk.creates(call).await;
    desk.engine.log(call, None).await.unwrap();
    sleep(5 * SECOND).await;
    let view = desk.engine.choose(call, Some(bill.id.clone())).await.unwrap();
    assert_eq!(view.creation, None);
    assert_eq!(desk.state(creation.id), CreationState::Undone);
    sleep(60 * SECOND).await;
    assert_eq!(desk.crm.requests(), [], "nobody wanted a second record");
    assert_eq!(desk.crm.logs().len(), 0, "nobody said that it is to be logged on Bill");

    let view = desk.engine.undo(call).await.unwrap();
    let again = view.creation.unwrap();
    assert_eq!((again.id, again.log, view.call.choice), (creation.id, true, None));
    sleep(9 * SECOND).await;
    assert_eq!(desk.crm.requests(), [], "ten seconds once more");
    sleep(3 * SECOND).await;
    assert_eq!(desk.chosen(call).await.as_deref(), Some("Anna Meier"));
    assert_eq!((desk.crm.requests().len(), desk.crm.logs().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_stays_when_somebody_else_is_chosen() {
    let desk = Desk::new().await;
    let bill = desk.crm.has("Bill Lumbergh", "(415) 555-0177");
    let call = desk.rings().await;
    desk.crm.plan([Fate::Slow(5)]);
    let creation = desk.creates(call).await;
    sleep(11 * SECOND).await;
    desk.engine.choose(call, Some(bill.id)).await.unwrap();
    sleep(6 * SECOND).await;
    assert!(matches!(desk.state(creation.id), CreationState::Finished(_)));
    assert_eq!(desk.chosen(call).await.as_deref(), Some("Bill Lumbergh"));
}

#[tokio::test(start_paused = true)]
async fn taken_back_and_wanted_again_in_the_middle_of_the_last_look_it_waits_its_time() {
    let desk = Desk::new().await;
    let bill = desk.crm.has("Bill Lumbergh", "(415) 555-0177");
    let call = desk.rings().await;
    desk.creates(call).await;
    desk.crm.searches_take.store(2, Ordering::SeqCst);
    sleep(11 * SECOND).await;
    desk.engine.choose(call, Some(bill.id)).await.unwrap();
    desk.engine.undo(call).await.unwrap();
    sleep(9 * SECOND).await;
    assert_eq!(desk.crm.requests(), []);
    sleep(10 * SECOND).await;
    assert_eq!(desk.crm.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_only_this_machine_has_is_taken_back() {
    let desk = Desk::new().await;
    let bill = desk.crm.has("Bill Lumbergh", "(415) 555-0177");
    let call = desk.rings().await;
    let linked = async |number: &str| {
        desk.journal
            .linked(number.into())
            .await
            .unwrap()
            .map(|contact| contact.name)
    };
    // The choice that was there stays, and the link goes.
    desk.engine.choose(call, Some(bill.id.clone())).await.unwrap();
    for number in [CALLER, "+14155550123"] {
        let added = desk
            .engine
            .add_number(bill.id.clone(), number.into(), Some(call))
            .await
            .unwrap();
        assert!(added.linked_only.is_some());
        assert_eq!(linked(number).await.as_deref(), Some("Bill Lumbergh"));
        assert!(desk.call(call).await.undo.is_some());
        let view = desk.engine.undo(call).await.unwrap();
        assert_eq!(view.call.choice.unwrap().contact.name, "Bill Lumbergh");
        assert_eq!(linked(number).await, None, "{number}");
    }
    let remembered = desk.journal.remembered_choice(CALLER.into()).await.unwrap();
    assert_eq!(remembered, Some(bill.id));
    assert_eq!(
        desk.journal.remembered_choice("+14155550123".into()).await.unwrap(),
        None
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_refuses_before_anything_is_promised() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.journal.full.store(1, Ordering::SeqCst);
    let asked = desk
        .engine
        .create_later(draft("Anna Meier"), Some(call), false, None)
        .await;
    assert_eq!(asked.unwrap_err().kind, Kind::Storage);
    assert_eq!(
        (desk.call(call).await.creation, desk.engine.creations()),
        (None, Vec::new())
    );

    let creation = desk.creates(call).await;
    desk.journal.full.store(1, Ordering::SeqCst);
    desk.engine.undo_creation(creation.id).await.unwrap_err();
    sleep(60 * SECOND).await;
    assert_eq!(desk.crm.requests(), [], "who wanted it back does not find it sent");
    desk.engine.undo_creation(creation.id).await.unwrap();
    assert_eq!(desk.state(creation.id), CreationState::Undone);
}
