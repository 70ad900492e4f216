//! Budgets, "too fast", deadlines and dropping.

use std::time::Duration;

use ringside_domain::{Connector, Kind, Retry};
use serde_json::json;
use tokio::time::Instant;

use crate::support::*;

const CRM: &str = include_str!("crm.toml");
const EXACT: &str = include_str!("exact.toml");

#[tokio::test(start_paused = true)]
async fn requests_keep_to_the_budget() {
    let limited = format!("{EXACT}\n[budgets.default]\nper_second = 4\n");
    let desk = desk(&limited, |_, _| ok(json!([])).after(20));
    desk.connector.find_contact(desk.cx(9), number()).await.unwrap();
    let times: Vec<Duration> = desk.crm.sent().into_iter().map(|sent| sent.at).collect();
    assert_eq!(times.len(), 8);
    assert!(
        times.windows(5).all(|five| five[4] - five[0] >= Duration::from_secs(1)),
        "{times:?}"
    );
    assert!(times[7] < Duration::from_millis(1_100), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn types_take_turns_in_a_budget() {
    let limited = format!("{EXACT}\n[budgets.default]\nper_second = 2\n");
    let desk = desk(&limited, |_, _| ok(json!([])));
    desk.connector.find_contact(desk.cx(9), number()).await.unwrap();
    let paths: Vec<String> = desk.crm.sent().into_iter().map(|sent| sent.path).collect();
    assert_eq!(paths[..4], ["/contacts", "/leads", "/contacts", "/leads"]);
}

#[tokio::test(start_paused = true)]
async fn three_types_with_four_forms_are_one_round_trip() {
    let firms = "[[types]]\nid = \"Firm\"\nlabel = \"Firm\"\nvars = { path = \"firms\" }\n\n[contact]";
    let desk = desk(&EXACT.replace("[contact]", firms), |_, _| ok(json!([])).after(80));
    let began = Instant::now();
    desk.connector.find_contact(desk.cx(9), number()).await.unwrap();
    assert_eq!((desk.crm.lines().len(), began.elapsed().as_millis()), (12, 80));
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_comes_too_late_is_said_at_once() {
    let limited = format!("{EXACT}\n[budgets.default]\nper_minute = 2\n");
    let desk = desk(&limited, |_, _| ok(json!([])));
    let began = Instant::now();
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(desk.crm.lines().len(), 2);
    assert!(found.failed.iter().all(|(_, error)| error.kind == Kind::RateLimited));
    let error = desk.connector.find_contact(desk.cx(5), number()).await.unwrap_err();
    assert!(
        matches!(error.retry, Retry::After(wait) if wait > Duration::from_secs(50)),
        "{:?}",
        error.retry
    );
}

#[tokio::test(start_paused = true)]
async fn too_fast_is_waited_for_and_asked_again_if_it_fits() {
    let desk = desk_with(CRM, known_account(), setup(), |_, place| match place {
        0 => status(429, json!(null)).header("retry-after", 2),
        _ => ok(person("7", "Anna", "2025550123")),
    });
    let began = Instant::now();
    desk.connector.get_contact(desk.cx(5), at("Person", "7")).await.unwrap();
    assert_eq!((began.elapsed().as_secs(), desk.crm.lines().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn too_fast_for_longer_than_there_is_time_says_how_long() {
    let desk = desk_with(CRM, known_account(), setup(), |_, _| {
        status(429, json!(null)).header("x-reset", 30)
    });
    let began = Instant::now();
    let error = desk
        .connector
        .get_contact(desk.cx(5), at("Person", "7"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.retry),
        (Kind::RateLimited, Retry::After(Duration::from_secs(30)))
    );
    assert_eq!((began.elapsed(), desk.crm.lines().len()), (Duration::ZERO, 1));
    // The others of the connection leave it alone, too.
    let error = desk
        .connector
        .get_contact(desk.cx(5), at("Person", "8"))
        .await
        .unwrap_err();
    assert!(matches!(error.retry, Retry::After(wait) if wait == Duration::from_secs(30)));
    assert_eq!(desk.crm.lines().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_too_fast_is_given_back_untouched() {
    let desk = desk_with(CRM, known_account(), setup(), |_, _| {
        status(429, json!(null)).header("retry-after", 1)
    });
    let journal = std::sync::Arc::new(Journal::default());
    let error = desk
        .connector
        .log_call(desk.cx(20), call(), journal.clone())
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (Kind::RateLimited, false));
    assert_eq!(error.retry, Retry::After(Duration::from_secs(1)));
    assert_eq!(journal.said(), ["begin log", "not done log"]);
    assert_eq!(desk.crm.lines().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn too_fast_without_end_ends() {
    let desk = desk_with(CRM, known_account(), setup(), |_, _| status(429, json!(null)));
    let began = Instant::now();
    let error = desk
        .connector
        .get_contact(desk.cx(60), at("Person", "7"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::RateLimited);
    assert_eq!((began.elapsed().as_secs(), desk.crm.lines().len()), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_longer_than_the_deadline() {
    let desk = desk_with(CRM, known_account(), setup(), |_, _| {
        ok(json!({ "items": [] })).after(60_000)
    });
    let began = Instant::now();
    let error = desk.connector.find_contact(desk.cx(2), number()).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (Kind::Timeout, false));
    assert_eq!(began.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_lookup_cancels_its_requests_and_sends_no_more() {
    let limited = format!("{EXACT}\n[budgets.default]\nper_second = 2\n");
    let desk = desk(&limited, |_, _| ok(json!([])).after(500));
    let asking = desk.connector.find_contact(desk.cx(9), number());
    assert!(tokio::time::timeout(Duration::from_millis(100), asking).await.is_err());
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!((desk.crm.lines().len(), desk.crm.answered()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn no_lookup_makes_more_than_sixty_requests() {
    let types: String = (0..30)
        .map(|n| format!("[[types]]\nid = \"T{n}\"\nlabel = \"T{n}\"\nvars = {{ path = \"t{n}\" }}\n"))
        .collect();
    let many = EXACT.replace("[contact]", &format!("{types}\n[contact]"));
    let desk = desk(&many, |_, _| ok(json!([])));
    let found = desk.connector.find_contact(desk.cx(9), number()).await.unwrap();
    assert_eq!(desk.crm.lines().len(), 60);
    assert!(!found.failed.is_empty(), "and it is said which were not asked");
}
