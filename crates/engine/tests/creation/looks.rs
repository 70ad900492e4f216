//! The look right before a contact is sent, the one after it, and what a person hears of both.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_domain::{ContactDraft, CreationState, Journal as _, Kind, Retry};
use ringside_engine::view::{Created, CreationDecision, DuplicateReason};
use tokio::time::sleep;

use crate::{
    crm::{Fate, STORED, Trouble, draft},
    desk::{CALLER, Desk, SECOND},
    fakes::contact,
};

const LONG: Duration = Duration::from_secs(200);

fn said(desk: &Desk) -> Option<String> {
    desk.journal.all().pop().unwrap().said
}

#[tokio::test(start_paused = true)]
async fn who_could_not_be_asked_is_not_nobody_and_it_waits() {
    for trouble in [
        Trouble::Whole(Kind::Unavailable),
        Trouble::Part(Kind::Unavailable),
        Trouble::Part(Kind::RateLimited),
    ] {
        let desk = Desk::new().await;
        let call = desk.rings().await;
        let creation = desk.creates(call).await;
        desk.crm.fails(trouble, 3);
        sleep(12 * SECOND).await;
        let CreationState::Waiting(Some(why)) = desk.state(creation.id) else {
            panic!("{trouble:?}: {:?}", desk.state(creation.id))
        };
        assert!(why.message.contains("could not say whether"), "{why:?}");
        assert_eq!(desk.crm.requests(), [], "{trouble:?}");
        let shown = desk.call(call).await.creation.unwrap();
        assert!(shown.due.is_some() && shown.state == CreationState::Waiting(Some(why)));
        sleep(LONG).await;
        assert!(matches!(desk.state(creation.id), CreationState::Finished(_)));
        assert_eq!((desk.crm.requests().len(), said(&desk)), (1, None));
        let searches = desk.crm.searches.lock().unwrap().clone();
        let of_numbers: Vec<_> = searches.iter().filter(|(_, way)| *way == "number").collect();
        let pauses: Vec<u64> = of_numbers
            .windows(2)
            .map(|two| (two[1].0 - two[0].0).as_secs())
            .collect();
        // The first one is the lookup of the call.
        assert_eq!(pauses[1..4], [5, 15, 60], "with growing pauses");
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_want_to_wait_for_the_look_sends_it_and_is_told() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    let creation = desk.creates(call).await;
    desk.crm.fails(Trouble::Part(Kind::Unavailable), 2);
    sleep(12 * SECOND).await;
    assert_eq!(desk.crm.requests(), []);
    let send = desk.engine.settle_creation(creation.id, CreationDecision::Send);
    send.await.unwrap();
    sleep(SECOND).await;
    assert_eq!(desk.crm.requests().len(), 1);
    let said = said(&desk).unwrap();
    assert!(said.contains("although Test CRM could not say"), "{said}");
}

/// Of an account that may create leads and not search them, no look will ever succeed.
#[tokio::test(start_paused = true)]
async fn what_no_waiting_heals_holds_nothing_and_is_said() {
    let desk = Desk::new().await;
    desk.crm.fails(Trouble::Part(Kind::Forbidden), 9);
    *desk.crm.says.lock().unwrap() = Some("the owner was set to you");
    desk.creates_as(draft("Anna Meier"), None).await;
    sleep(11 * SECOND).await;
    assert_eq!(desk.crm.requests().len(), 1);
    let said = said(&desk).unwrap();
    assert!(
        said.contains("leads are in trouble; the owner was set to you"),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_crm_is_asked_once() {
    let desk = Desk::new().await;
    let with_mail = ContactDraft {
        email: Some("anna@example.com".into()),
        ..draft("Anna Meier")
    };
    desk.creates_as(with_mail, None).await;
    sleep(11 * SECOND).await;
    assert_eq!((desk.crm.searched(), desk.crm.requests().len()), ((1, 1), 1));
}

#[tokio::test(start_paused = true)]
async fn typing_asks_the_crm_once_for_a_number_and_for_a_name_that_rests() {
    let desk = Desk::new().await;
    desk.crm.has("Anna Maier", STORED);
    desk.crm.has("Anna Meier", "(415) 555-0188");
    desk.crm.searches_take.store(1, Ordering::SeqCst);
    let typed = |name: &'static str| {
        let engine = desk.engine.clone();
        tokio::spawn(async move {
            let found = engine.duplicates(draft(name)).await.unwrap();
            let names = found.into_iter().map(|one| (one.contact.name, one.because));
            names.collect::<Vec<_>>()
        })
    };
    let by_number = ("Anna Maier".to_owned(), DuplicateReason::SameNumber);
    let by_name = ("Anna Meier".to_owned(), DuplicateReason::LikeName);
    let mut answers = Vec::new();
    for name in ["A", "An", "Anna", "Anna Meie", "Anna Meier"] {
        answers.push(typed(name));
        sleep(Duration::from_millis(150)).await;
    }
    for (at, answer) in answers.into_iter().enumerate() {
        let found = answer.await.unwrap();
        assert_eq!(found[0], by_number, "{at}");
        assert_eq!(found.get(1), Some(&by_name).filter(|_| at == 4), "{at}");
    }
    assert_eq!(
        desk.crm.searched(),
        (1, 2),
        "by the first letter, and by the whole name"
    );
    assert_eq!(typed("Anna Meier").await.unwrap(), [by_number, by_name]);
    assert_eq!(desk.crm.searched(), (1, 2));

    let other = ContactDraft {
        number: Some("+14155550101".into()),
        ..draft("Bill")
    };
    assert_eq!(desk.engine.duplicates(other.clone()).await.unwrap(), []);
    assert_eq!(desk.crm.searched(), (2, 3));
    sleep(61 * SECOND).await;
    desk.engine.duplicates(other).await.unwrap();
    assert_eq!(desk.crm.searched(), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_created_at_once_of_whom_nobody_could_say_whether_they_are_there() {
    let desk = Desk::new().await;
    desk.crm.fails(Trouble::Part(Kind::Unavailable), 1);
    let refused = desk.engine.create(draft("Anna Meier"), None, false).await.unwrap_err();
    assert_eq!((refused.kind, refused.retry), (Kind::Unavailable, Retry::Later));
    assert!(refused.hint.is_some() && desk.crm.requests().is_empty(), "{refused}");
    desk.crm.fails(Trouble::Part(Kind::Unavailable), 1);
    let forced = desk.engine.create(draft("Anna Meier"), None, true).await;
    assert!(matches!(forced.unwrap(), Created::Contact(_)));
    assert!(desk.crm.drafts.lock().unwrap()[0].force, "the CRM need not look either");
}

#[tokio::test(start_paused = true)]
async fn two_colleagues_at_the_same_moment_without_lag() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    let creation = desk.creates(call).await;
    // Theirs is there a moment after ours looked; and the first second look fails.
    let theirs = desk.crm.insert(contact("crm", "", "Anna Meyer", STORED), 11 * SECOND);
    sleep(12 * SECOND).await;
    assert!(matches!(desk.state(creation.id), CreationState::Finished(_)));
    desk.crm.fails(Trouble::Whole(Kind::Unavailable), 1);
    assert_eq!(desk.call(call).await.twins, []);
    sleep(20 * SECOND).await;
    let twins = desk.call(call).await.twins;
    assert_eq!(twins.iter().map(|twin| &twin.id).collect::<Vec<_>>(), [&theirs.id]);

    // Without a call it is said at the creation.
    let desk = Desk::new().await;
    desk.creates_as(draft("Anna Meier"), None).await;
    desk.crm.insert(contact("crm", "", "Anna Meyer", STORED), 11 * SECOND);
    let mut updates = desk.engine.subscribe();
    sleep(30 * SECOND).await;
    let said = said(&desk).unwrap();
    assert!(said.contains("Anna Meyer"), "{said}");
    let mut told = None;
    while let Ok(update) = updates.try_recv() {
        if let ringside_engine::Update::Creation(creation) = update {
            told = creation.said;
        }
    }
    assert_eq!(told, Some(said), "and everybody is told");
}

#[tokio::test(start_paused = true)]
async fn one_policy_for_names_whoever_typed_them_where() {
    for (typed, by_hand, sent) in [
        ("Müller, Hans", None, ("Hans Müller", Some("Hans"), Some("Müller"))),
        (
            " Dr. Jane O'Brien-Smith Jr. ",
            None,
            (
                "Dr. Jane O'Brien-Smith Jr.",
                Some("Dr. Jane"),
                Some("O'Brien-Smith Jr."),
            ),
        ),
        (
            "Ursula von der Leyen",
            None,
            ("Ursula von der Leyen", Some("Ursula"), Some("von der Leyen")),
        ),
        ("Cher", None, ("Cher", None, Some("Cher"))),
        (
            "Juan García López",
            Some(("Juan", "García López")),
            ("Juan García López", Some("Juan"), Some("García López")),
        ),
    ] {
        let desk = Desk::new().await;
        let typed = ContactDraft {
            given: by_hand.map(|(given, _)| given.to_owned()),
            family: by_hand.map(|(_, family)| family.to_owned()),
            company: Some(" Acme ".into()),
            title: Some(" ".into()),
            ..draft(typed)
        };
        desk.creates_as(typed.clone(), None).await;
        assert_eq!(desk.journal.all()[0].draft, typed, "the journal has what was typed");
        sleep(11 * SECOND).await;
        desk.engine.create(typed, None, true).await.unwrap();
        let drafts = desk.crm.drafts.lock().unwrap().clone();
        assert_eq!(drafts.len(), 2);
        for draft in drafts {
            assert_eq!(
                (draft.name.as_str(), draft.given.as_deref(), draft.family.as_deref()),
                sent
            );
            assert_eq!((draft.company.as_deref(), draft.title), (Some("Acme"), None));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_a_call_is_in_its_trace_and_what_the_crm_said_is_kept() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    *desk.crm.says.lock().unwrap() = Some("the owner was set to you");
    desk.crm.plan([Fate::Unreachable]);
    desk.creates(call).await;
    sleep(30 * SECOND).await;
    assert_eq!(said(&desk), None, "it was said with the attempt that failed");
    let traces = desk.journal.traces(call).await.unwrap();
    let requests = traces.iter().flat_map(|trace| &trace.steps).map(|step| &step.request);
    assert_eq!(requests.filter(|request| *request == "POST /leads").count(), 2);

    let desk = Desk::new().await;
    let call = desk.rings().await;
    *desk.crm.says.lock().unwrap() = Some("the owner was set to you");
    desk.creates(call).await;
    sleep(12 * SECOND).await;
    assert_eq!(said(&desk).as_deref(), Some("the owner was set to you"));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_the_crm_does_not_take_is_linked_here_and_one_that_is_lost_is_not() {
    for (kind, linked) in [
        (Kind::Conflict, true),
        (Kind::Unsupported, true),
        (Kind::Forbidden, true),
        (Kind::Invalid, true),
        (Kind::Unavailable, false),
        (Kind::SignInNeeded, false),
    ] {
        let desk = Desk::new().await;
        let bill = desk.crm.has("Bill Lumbergh", "(415) 555-0177");
        desk.crm.takes_numbers.lock().unwrap().push_back(kind);
        let added = desk.engine.add_number(bill.id.clone(), CALLER.into(), None).await;
        assert_eq!(added.is_ok(), linked, "{kind:?}");
        let known = desk.journal.linked(CALLER.into()).await.unwrap();
        assert_eq!(known.is_some(), linked, "{kind:?}");
        if let Ok(added) = added {
            assert_eq!(added.linked_only.unwrap().kind, kind, "the card says why");
        }
    }
}

/// A window that shows *Why?* asks for the traces with each news of the call.
#[tokio::test(start_paused = true)]
async fn there_is_news_of_a_call_when_the_trace_of_its_lookup_can_be_read() {
    let desk = Desk::new().await;
    let mut updates = desk.engine.subscribe();
    let told = async {
        loop {
            if let ringside_engine::Update::Call(view) = updates.recv().await.unwrap()
                && !view.lookup.running
                && !desk.engine.traces(view.call.id).await.unwrap().is_empty()
            {
                return;
            }
        }
    };
    let told = tokio::time::timeout(LONG, told);
    let (told, _) = tokio::join!(told, desk.rings());
    told.unwrap();
}
