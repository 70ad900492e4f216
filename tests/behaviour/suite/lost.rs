//! Logging through the real engine and a real journal, while answers get lost and other machines log the same call.

use std::time::Duration;

use ringside_domain::WriteState;

use super::{Behaviour, behaviour, finds, finds_logs, logs, updates, wired};
use crate::{
    asking::{NUMBER, plant},
    crm::{Act, Purpose},
    desk::Desk,
    kits::{Case, Offer},
};

pub const ALL: &[Behaviour] = &[
    behaviour!(lost::a_call_is_logged_through_the_engine, by_engine),
    behaviour!(lost::an_answer_lost_on_its_way_ends_logged_or_unsure, on_a_wire),
    behaviour!(lost::a_request_lost_on_its_way_ends_logged_or_unsure, on_a_wire),
    behaviour!(
        lost::a_log_that_appears_after_its_answer_was_lost_is_made_once,
        |offer| on_a_wire(offer).or(finds_logs(offer))
    ),
    behaviour!(lost::a_crm_that_is_down_gets_it_later, on_a_wire),
    behaviour!(lost::another_machines_note_outlives_the_end_of_our_call, |offer| {
        by_engine(offer).or(finds_logs(offer)).or(updates(offer))
    }),
    behaviour!(lost::two_machines_make_one_log_of_one_call, |offer| by_engine(offer)
        .or(finds_logs(offer))),
];

fn by_engine(offer: &Offer) -> Option<&'static str> {
    finds(offer).or(logs(offer))
}

fn on_a_wire(offer: &Offer) -> Option<&'static str> {
    by_engine(offer).or(wired(offer))
}

async fn a_call_is_logged_through_the_engine(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let desk = Desk::new(&case).await;
    let call = desk.logs("one", &anna, "Wants the renewal offer").await;
    assert!(matches!(desk.settled(call).await, WriteState::Logged(_)));
    let logs = case.crm.logs().await;
    assert_eq!((logs.len(), &logs[0].contacts), (1, &vec![anna.id]));
    assert!(logs[0].text.clone().unwrap().contains("Wants the renewal offer"));
}

async fn an_answer_lost_on_its_way_ends_logged_or_unsure(case: Case) {
    ends_well(case, Act::Unanswered, 1).await;
}

async fn a_request_lost_on_its_way_ends_logged_or_unsure(case: Case) {
    ends_well(case, Act::Lost, 0).await;
}

/// As behind a proxy that gave up on a CRM which goes on working; what takes seconds there, at a tenth of their length.
async fn a_log_that_appears_after_its_answer_was_lost_is_made_once(case: Case) {
    let lingers = Duration::from_millis(500);
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let desk = Desk::new(&case).await;
    case.wire().plan(Purpose::Log, 1, Act::Lingers(lingers));
    let call = desk.logs("one", &anna, "hello").await;
    let state = desk.settled(call).await;
    // A log made too early is there before the one that lingers.
    tokio::time::sleep(lingers).await;
    let logs = case.crm.logs().await;
    assert!(matches!(state, WriteState::Logged(_)), "{state:?}");
    assert_eq!((logs.len(), &logs[0].contacts), (1, &vec![anna.id]));
}

/// Logged where the CRM can be searched, unsure and asked about where it can't. Never twice, never in silence.
async fn ends_well(case: Case, act: Act, there: usize) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let desk = Desk::new(&case).await;
    case.wire().plan(Purpose::Log, 1, act);
    let call = desk.logs("one", &anna, "hello").await;
    let state = desk.settled(call).await;
    let logs = case.crm.logs().await;
    if case.connector.capability().find_log {
        assert!(matches!(state, WriteState::Logged(_)), "{state:?}");
        assert_eq!((logs.len(), &logs[0].contacts), (1, &vec![anna.id]));
    } else {
        assert!(matches!(state, WriteState::Unsure(_)), "{state:?}");
        assert_eq!(logs.len(), there);
    }
}

async fn a_crm_that_is_down_gets_it_later(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let desk = Desk::new(&case).await;
    let wait = vec![("retry-after", "1".to_owned())];
    case.wire().plan(Purpose::Log, 2, Act::Refuse(503, wait));
    let call = desk.logs("one", &anna, "hello").await;
    assert!(matches!(desk.settled(call).await, WriteState::Logged(_)));
    assert_eq!(case.crm.logs().await.len(), 1);
    assert!(case.wire().asked_for(Purpose::Log) >= 3);
}

async fn two_machines_make_one_log_of_one_call(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let (here, there) = (Desk::new(&case).await, Desk::new(&case).await);
    let mine = here.logs("provider-call-1", &anna, "hello").await;
    let mine = here.settled(mine).await;
    let theirs = there.logs("provider-call-1", &anna, "hello").await;
    let theirs = there.settled(theirs).await;
    let (WriteState::Logged(mine), WriteState::Logged(theirs)) = (&mine, &theirs) else {
        panic!("{mine:?} and {theirs:?}")
    };
    assert_eq!(mine.id, theirs.id);
    assert_eq!(case.crm.logs().await.len(), 1);
}

/// Logged while we talk, without a note of ours: the log of the colleague who was quicker is taken, and stays as it is.
async fn another_machines_note_outlives_the_end_of_our_call(case: Case) {
    let anna = plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    let (here, there) = (Desk::new(&case).await, Desk::new(&case).await);
    let theirs = there.logs("provider-call-1", &anna, "Words of a colleague").await;
    there.settled(theirs).await;
    let mine = here.rings("provider-call-1", NUMBER).await.call.id;
    here.engine.log(mine, Some(anna)).await.unwrap();
    let state = here.settled(mine).await;
    assert!(matches!(state, WriteState::Logged(_)), "{state:?}");
    here.ends("provider-call-1").await;
    // Long enough for a change to be owed and sent.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let logs = case.crm.logs().await;
    assert_eq!(logs.len(), 1);
    let text = logs[0].text.clone().unwrap();
    assert!(text.contains("Words of a colleague"), "{text:?}");
}
