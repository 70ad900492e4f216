//! What is so with an App Connect server only: it stands between us and a CRM, so its *no* may come after a *yes* of the CRM.

use std::{pin::Pin, time::Duration};

use ringside_domain::{WriteState, phone::Grade};
use ringside_engine::view::{Created, DuplicateReason};
use serde_json::json;

use crate::{
    asking::{NUMBER, draft, plant},
    crm::{Act, Knobs, Purpose, Row, SeenLog, app_connect::UNSHOWN},
    desk::Desk,
    kits::{self, Case},
};

type Test = fn() -> Pin<Box<dyn Future<Output = ()>>>;

pub const ALL: &[(&str, Test)] = &[
    ("a_log_whose_crm_broke_is_asked_about_and_not_sent_again", || {
        Box::pin(a_log_whose_crm_broke_is_asked_about_and_not_sent_again())
    }),
    ("a_log_that_the_server_could_not_note_down_is_asked_about", || {
        Box::pin(a_log_that_the_server_could_not_note_down_is_asked_about())
    }),
    ("a_log_that_the_crm_refused_is_refused", || {
        Box::pin(a_log_that_the_crm_refused_is_refused())
    }),
    (
        "who_is_found_by_a_number_that_is_not_shown_is_for_a_person_to_say",
        || Box::pin(who_is_found_by_a_number_that_is_not_shown_is_for_a_person_to_say()),
    ),
];

async fn case() -> Case {
    let kit = kits::all().into_iter().find(|kit| kit.name == "app-connect").unwrap();
    kit.case(Knobs::default()).await
}

/// The call is logged through the real engine, and the server says no. What became of it, what lies in the CRM, and how often
/// it was sent.
async fn refused(words: &str, done: bool) -> (WriteState, Vec<SeenLog>, usize) {
    let case = case().await;
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let desk = Desk::new(&case).await;
    let body =
        json!({ "successful": false, "returnMessage": { "message": words, "messageType": "warning", "ttl": 5000 } });
    let act = if done {
        Act::Answer(200, body.to_string().into_bytes())
    } else {
        Act::Refuse(200, Vec::new())
    };
    case.wire().plan(Purpose::Log, 1, act);
    let call = desk.logs("one", &anna, "hello").await;
    while done && case.crm.logs().await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The record lies in the CRM, and the server did not note it down.
    case.wire().records(|records| {
        let ids: Vec<String> = records.all("log").map(Row::id).collect();
        for id in ids {
            records.get_mut("log", &id).unwrap().fields.remove("session");
        }
    });
    let state = desk.settled(call).await;
    // Longer than it takes to send it once more.
    tokio::time::sleep(Duration::from_millis(500)).await;
    (state, case.crm.logs().await, case.wire().asked_for(Purpose::Log))
}

/// A time-out or a 500 behind the server: one of its requests may have made the record.
async fn a_log_whose_crm_broke_is_asked_about_and_not_sent_again() {
    for done in [true, false] {
        let (state, logs, asked) = refused("Error creating call log", done).await;
        assert!(matches!(state, WriteState::Unsure(_)), "{state:?}");
        assert_eq!((logs.len(), asked), (usize::from(done), 1));
    }
}

async fn a_log_that_the_server_could_not_note_down_is_asked_about() {
    let (state, logs, asked) = refused("Database operation failed", true).await;
    assert!(matches!(state, WriteState::Unsure(_)), "{state:?}");
    assert_eq!((logs.len(), asked), (1, 1));
}

/// A 400 behind it: the person corrects something, or logs it elsewhere.
async fn a_log_that_the_crm_refused_is_refused() {
    let (state, _, asked) = refused("Authorization error", true).await;
    assert!(matches!(state, WriteState::Refused(_)), "{state:?}");
    assert_eq!(asked, 1);
}

/// A landline is shown, and the mobile is what the CRM found: possible, so nobody is chosen, and no rule logs it unasked. But
/// whoever is about to create them a second time is told.
async fn who_is_found_by_a_number_that_is_not_shown_is_for_a_person_to_say() {
    let case = case().await;
    let anna = plant(&case, "Anna", "Example", &["(212) 555-0188"]).await;
    case.wire().records(|records| {
        let row = records.get_mut(&anna.contact_type, &anna.id).unwrap();
        row.fields.insert(UNSHOWN.into(), json!("(415) 555-0100"));
    });
    let elsewhere = Desk::new(&case).await;
    let view = elsewhere.rings("one", NUMBER).await;
    let shown: Vec<_> = view.lookup.matches.iter().map(|group| &group.best).collect();
    assert_eq!(
        (&shown[0].contact.id, shown[0].grade, shown.len()),
        (&anna, Grade::Alternate, 1)
    );
    assert!(view.call.choice.is_none(), "{:?}", view.call.choice);
    // The next time, out of the index, too.
    let again = elsewhere.rings("two", NUMBER).await;
    assert_eq!(
        (&again.lookup.matches[0].best.contact.id, again.call.choice.is_none()),
        (&anna, true)
    );

    let desk = Desk::new(&case).await;
    let new = draft(&case, "Lead", "Anne Other", Some(NUMBER));
    let Created::Duplicates(found) = desk.engine.create(new, None, false).await.unwrap() else {
        panic!("made a second record of one number")
    };
    assert_eq!(
        (&found[0].contact.id, found[0].because),
        (&anna, DuplicateReason::SameNumber)
    );
}
