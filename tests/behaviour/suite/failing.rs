//! Every way in which a CRM says no or says nothing: the right kind, the right advice, in time.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use ringside_domain::{Error, Kind, Retry};

use super::{Behaviour, PLAIN, behaviour, creates, finds, logs, wired};
use crate::{
    asking::{NUMBER, Steady, cx, draft, entry, failure, failures, forms, plant, proved, within},
    crm::{Act, Knobs, Purpose},
    kits::{Case, Offer},
};

pub const ALL: &[Behaviour] = &[
    behaviour!(failing::a_refused_lookup_says_why, finds_on_a_wire),
    behaviour!(failing::a_refused_write_says_why_and_did_not_happen, writes_on_a_wire),
    behaviour!(failing::a_broken_write_may_have_happened, writes_on_a_wire),
    behaviour!(failing::too_fast_is_told_with_the_time_to_wait, finds_on_a_wire),
    behaviour!(failing::one_hiccup_of_the_limit_is_waited_out, finds_on_a_wire),
    behaviour!(
        failing::a_limit_is_kept,
        finds_on_a_wire,
        Knobs {
            per_second: Some(10),
            ..PLAIN
        }
    ),
    behaviour!(failing::silence_ends_at_the_deadline, finds_on_a_wire),
    behaviour!(failing::garbage_and_floods_are_refused, finds_on_a_wire),
    behaviour!(failing::a_broken_connection_is_said, finds_on_a_wire),
    behaviour!(failing::who_is_dropped_asks_no_more, finds_on_a_wire),
    behaviour!(failing::one_type_failing_is_a_partial_answer, |offer| finds_on_a_wire(
        offer
    )
    .or((offer.types < 2).then_some("it has one type"))
    .or(offer.at_once.then_some("one request finds all its types"))),
    behaviour!(
        failing::tokens_are_renewed_while_it_works,
        renews,
        Knobs {
            sign_in_lasts: Some(3),
            ..PLAIN
        }
    ),
    behaviour!(failing::a_session_that_ended_is_opened_anew, renews),
];

fn finds_on_a_wire(offer: &Offer) -> Option<&'static str> {
    wired(offer).or(finds(offer))
}

fn writes_on_a_wire(offer: &Offer) -> Option<&'static str> {
    wired(offer).or(logs(offer)).or(creates(offer))
}

fn renews(offer: &Offer) -> Option<&'static str> {
    finds_on_a_wire(offer).or((!offer.renews).then_some("its key does not end"))
}

/// A status, and what it means.
const NO: &[(u16, Kind, Retry)] = &[
    (400, Kind::Invalid, Retry::Never),
    (401, Kind::SignInNeeded, Retry::AfterPerson),
    (403, Kind::Forbidden, Retry::AfterPerson),
    (404, Kind::NotFound, Retry::Never),
    (409, Kind::Conflict, Retry::Never),
    (422, Kind::Invalid, Retry::Never),
    (500, Kind::Unavailable, Retry::Later),
    (502, Kind::Unavailable, Retry::Later),
    (503, Kind::Unavailable, Retry::Later),
];

pub(super) fn is_for_a_person(error: &Error) {
    let text = error.message.trim();
    assert!(
        text.len() > 10 && !text.ends_with('.') && !text.contains('\n'),
        "{text:?}"
    );
}

async fn a_refused_lookup_says_why(case: Case) {
    plant(&case, "Anna", "Example", &[NUMBER]).await;
    for (status, kind, retry) in NO {
        case.wire().plan(Purpose::Find, 1_000, Act::Refuse(*status, Vec::new()));
        let error = failure(case.connector.find_contact(cx(), forms(NUMBER)).await);
        assert_eq!((error.kind, error.retry), (*kind, *retry), "{status}: {error:?}");
        is_for_a_person(&error);
        case.wire().plan_nothing();
    }
    assert_eq!(
        proved(&case, NUMBER).await.len(),
        1,
        "and works again when the CRM does"
    );
}

async fn a_refused_write_says_why_and_did_not_happen(case: Case) {
    let anna = plant(&case, "Anna", "Example", &[NUMBER]).await;
    let kind = case.types().remove(0);
    let entry = entry(&case, &anna, "hello").await;
    for (status, expected, retry) in NO.iter().filter(|(status, ..)| *status < 500) {
        case.wire()
            .plan(Purpose::Create, 1_000, Act::Refuse(*status, Vec::new()));
        case.wire().plan(Purpose::Log, 1_000, Act::Refuse(*status, Vec::new()));
        let new = draft(&case, &kind, "Dana Newperson", None);
        let created = case.connector.create_contact(cx(), new).await.unwrap_err();
        let steady = Arc::new(Steady::default());
        let logged = case
            .connector
            .log_call(cx(), entry.clone(), steady.clone())
            .await
            .unwrap_err();
        for error in [created, logged] {
            assert_eq!((error.kind, error.retry), (*expected, *retry), "{status}: {error:?}");
            assert!(!error.may_have_happened, "{status}: {error:?}");
            is_for_a_person(&error);
        }
        assert!(
            steady.begun.lock().unwrap().is_empty(),
            "{status}: the step certainly did not happen"
        );
        case.wire().plan_nothing();
    }
    assert_eq!((case.crm.logs().await.len(), case.crm.planted().await.len()), (0, 1));
}

async fn a_broken_write_may_have_happened(case: Case) {
    let anna = plant(&case, "Anna", "Example", &[NUMBER]).await;
    let entry = entry(&case, &anna, "hello").await;
    let acts = [
        Act::Unanswered,
        Act::Refuse(500, Vec::new()),
        Act::Answer(200, b"<html>proxy</html>".to_vec()),
        Act::Late(Duration::from_secs(5)),
    ];
    for act in acts {
        case.wire().plan(Purpose::Log, 1, act.clone());
        let steady = Arc::new(Steady::default());
        let logging = case
            .connector
            .log_call(within(Duration::from_millis(2_500)), entry.clone(), steady.clone());
        let error = logging.await.unwrap_err();
        assert!(error.may_have_happened, "{act:?}: {error:?}");
        assert_eq!(*steady.begun.lock().unwrap(), ["log"], "{act:?}: the step stays begun");
        case.wire().plan_nothing();
    }
    let gone = case.wire().asked_for(Purpose::Log);
    assert_eq!(gone, 4, "a write without an answer is never sent again by itself");
}

async fn too_fast_is_told_with_the_time_to_wait(case: Case) {
    plant(&case, "Anna", "Example", &[NUMBER]).await;
    let header = vec![("retry-after", "40".to_owned())];
    case.wire().plan(Purpose::Find, 1_000, Act::Refuse(429, header));
    let began = Instant::now();
    let error = failure(
        case.connector
            .find_contact(within(Duration::from_secs(15)), forms(NUMBER))
            .await,
    );
    assert_eq!(error.kind, Kind::RateLimited, "{error:?}");
    let Retry::After(wait) = error.retry else {
        panic!("no time to wait: {error:?}")
    };
    assert!((35..=40).contains(&wait.as_secs()), "the CRM said 40 s: {wait:?}");
    assert!(
        began.elapsed() < Duration::from_secs(14),
        "a wait that does not fit is not begun"
    );
}

async fn one_hiccup_of_the_limit_is_waited_out(case: Case) {
    plant(&case, "Anna", "Example", &[NUMBER]).await;
    let header = vec![("retry-after", "1".to_owned())];
    case.wire().plan(Purpose::Find, 1, Act::Refuse(429, header));
    assert_eq!(proved(&case, NUMBER).await.len(), 1, "a read is asked again");
}

/// A first lookup, and six at once, of a CRM that takes ten requests a second: nothing is lost, whatever has to wait.
async fn a_limit_is_kept(case: Case) {
    plant(&case, "Anna", "Example", &["+1 415-555-0100"]).await;
    let began = Instant::now();
    assert_eq!(proved(&case, NUMBER).await.len(), 1);
    let lookups = (0..6).map(|_| proved(&case, NUMBER));
    for found in futures_util::future::join_all(lookups).await {
        assert_eq!(found.len(), 1);
    }
    let refused = case.wire().exchanges().into_iter();
    let refused = refused
        .filter(|one| one.reply.as_ref().is_some_and(|reply| reply.status == 429))
        .count();
    assert_eq!(refused, 0, "the budget is ours to keep");
    assert!(began.elapsed() < Duration::from_secs(40));
}

async fn silence_ends_at_the_deadline(case: Case) {
    plant(&case, "Anna", "Example", &[NUMBER]).await;
    case.connector.check(cx()).await.unwrap();
    case.wire()
        .plan(Purpose::Find, 1_000, Act::Late(Duration::from_secs(30)));
    // Few enough for all of them to have their turn in time.
    let mut few = forms(NUMBER);
    few.forms.truncate(1);
    let began = Instant::now();
    let errors = failures(
        case.connector
            .find_contact(within(Duration::from_millis(1_500)), few)
            .await,
    );
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // Requests that had no turn before the deadline, where our own budget has none, say that.
    assert!(
        errors
            .iter()
            .all(|error| matches!(error.kind, Kind::Timeout | Kind::RateLimited)),
        "{errors:?}"
    );
    let late = errors.iter().find(|error| error.kind == Kind::Timeout);
    let late = late.unwrap_or_else(|| panic!("none says that it took too long: {errors:?}"));
    assert_eq!(late.retry, Retry::Later);
    is_for_a_person(late);
}

async fn garbage_and_floods_are_refused(case: Case) {
    plant(&case, "Anna", "Example", &[NUMBER]).await;
    let mut flood = b"{\"results\":[\"".to_vec();
    flood.resize(40 * 1024 * 1024, b'x');
    let deep = [vec![b'['; 200_000], vec![b']'; 200_000]].concat();
    let bodies: [&[u8]; 6] = [
        b"<html><body>Service is down</body></html>",
        b"{\"results\": [{\"id\": ",
        b"\xff\xfe\x00\x01",
        b"\"just a text\"",
        &deep,
        &flood,
    ];
    for body in bodies {
        case.wire().plan(Purpose::Find, 1_000, Act::Answer(200, body.to_vec()));
        let found = case.connector.find_contact(cx(), forms(NUMBER)).await;
        let head = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
        let said = found.as_ref().is_ok_and(|found| found.failed.is_empty());
        assert!(
            !said,
            "{head}: this says nothing about who is there, and passed for \"nobody\""
        );
        let error = failure(found);
        assert!(
            matches!(error.kind, Kind::Invalid | Kind::Unavailable),
            "{head}: {error:?}"
        );
        is_for_a_person(&error);
        case.wire().plan_nothing();
    }
    assert_eq!(proved(&case, NUMBER).await.len(), 1);
}

async fn a_broken_connection_is_said(case: Case) {
    plant(&case, "Anna", "Example", &[NUMBER]).await;
    case.wire().plan(Purpose::Find, 1_000, Act::Lost);
    let error = failure(case.connector.find_contact(cx(), forms(NUMBER)).await);
    assert_eq!(
        (error.kind, error.retry),
        (Kind::Unavailable, Retry::Later),
        "{error:?}"
    );
    is_for_a_person(&error);
}

async fn who_is_dropped_asks_no_more(case: Case) {
    plant(&case, "Anna", "Example", &[NUMBER]).await;
    case.connector.check(cx()).await.unwrap();
    case.wire()
        .plan(Purpose::Find, 1_000, Act::Late(Duration::from_secs(30)));
    let asking = case.connector.find_contact(cx(), forms(NUMBER));
    let dropped = tokio::time::timeout(Duration::from_millis(500), asking).await;
    assert!(dropped.is_err());
    let asked = case.wire().asked_for(Purpose::Find);
    assert!(asked > 0);
    for _ in 0..40 {
        if case.wire().waiting() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(case.wire().waiting(), 0, "its connections are closed");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(case.wire().asked_for(Purpose::Find), asked, "and nothing more is asked");
}

async fn one_type_failing_is_a_partial_answer(case: Case) {
    for kind in case.types() {
        crate::asking::plant_as(&case, &kind, "Anna", "Example", &["(415) 555-0100"]).await;
    }
    case.wire().plan(Purpose::Find, 1, Act::Refuse(500, Vec::new()));
    let found = case.connector.find_contact(cx(), forms(NUMBER)).await.unwrap();
    assert!(!found.contacts.is_empty(), "the others are shown");
    // Where a type is asked in several forms, another one may have found who was missed.
    let types = case.types();
    let with_numbers = types.iter().filter(|kind| case.has_numbers(kind)).count();
    let whole = found.contacts.len() == with_numbers;
    assert!(whole || !found.failed.is_empty(), "a type was lost and nothing says so");
    for (what, error) in &found.failed {
        assert!(!what.is_empty() && error.kind == Kind::Unavailable, "{what}: {error:?}");
    }
}

async fn tokens_are_renewed_while_it_works(case: Case) {
    plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    for _ in 0..6 {
        assert_eq!(proved(&case, NUMBER).await.len(), 1);
    }
}

/// Several lookups at once meet the same end: one renewal is enough, for a refresh token is good once.
async fn a_session_that_ended_is_opened_anew(case: Case) {
    plant(&case, "Anna", "Example", &["(415) 555-0100"]).await;
    assert_eq!(proved(&case, NUMBER).await.len(), 1);
    case.wire().end_sessions();
    case.wire().forget_exchanges();
    let lookups = (0..4).map(|_| proved(&case, NUMBER));
    for found in futures_util::future::join_all(lookups).await {
        assert_eq!(found.len(), 1);
    }
    let mut asked = BTreeMap::new();
    for exchange in case.wire().exchanges() {
        if exchange.purpose == Purpose::SignIn {
            *asked.entry(exchange.asked.path).or_insert(0) += 1;
        }
    }
    assert!(!asked.is_empty(), "nobody signed in again");
    // A session that is opened with a token that ended too is asked for once more with the new token.
    assert!(asked.values().all(|times| *times <= 2), "{asked:?}");
    assert!(asked.values().any(|times| *times == 1), "{asked:?}");
}
