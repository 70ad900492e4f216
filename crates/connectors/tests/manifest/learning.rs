//! Exact searches: which forms go first, when the rest are needless, and what is remembered of it.

use std::sync::Arc;

use ringside_domain::Connector;
use serde_json::json;

use crate::support::*;

const EXACT: &str = include_str!("exact.toml");

/// Contacts are stored as `stored`, leads not at all.
fn holds(stored: &'static str, millis: u64) -> impl Fn(&Sent, usize) -> Reply + Send + Sync {
    move |sent, _| {
        let asked = sent
            .line
            .split_once("phone=")
            .unwrap()
            .1
            .replace("%2B", "+")
            .replace("%20", " ");
        let asked = asked.replace("%28", "(").replace("%29", ")");
        let hit = sent.path == "/contacts" && asked == stored;
        ok(if hit {
            json!([person("1", "Anna", stored)])
        } else {
            json!([])
        })
        .after(millis)
    }
}

fn contacts(desk: &Desk) -> Vec<String> {
    let lines = desk.crm.lines();
    lines.into_iter().filter(|line| line.contains("/contacts")).collect()
}

#[tokio::test(start_paused = true)]
async fn nothing_learned_yet_all_forms_go_at_once() {
    let desk = desk(EXACT, holds("+1 202-555-0123", 80));
    let began = tokio::time::Instant::now();
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(found.contacts.len(), 1);
    assert_eq!(began.elapsed().as_millis(), 80, "one round trip");
    assert_eq!(
        contacts(&desk),
        [
            "GET /contacts?phone=%2B12025550123",
            "GET /contacts?phone=%28202%29%20555-0123",
            "GET /contacts?phone=%2B1%20202-555-0123",
            "GET /contacts?phone=12025550123",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_hit_before_goes_first_and_its_hit_ends_it() {
    let desk = desk(EXACT, holds("+1 202-555-0123", 80));
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    let before = contacts(&desk).len();
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(found.contacts.len(), 1);
    assert_eq!(contacts(&desk)[before..], ["GET /contacts?phone=%2B1%20202-555-0123"]);

    // Another connection of the same memory, as after a restart.
    tokio::task::yield_now().await;
    let again = desk_with(EXACT, Arc::clone(&desk.memory), setup(), holds("+1 202-555-0123", 80));
    again.connector.find_contact(again.cx(5), number()).await.unwrap();
    assert_eq!(contacts(&again).len(), 1);
    let kept = format!("{:?}", desk.memory.kept());
    assert!(kept.contains("Contact|*|international"), "{kept}");
    assert!(
        !kept.contains("0123") && !kept.contains("202"),
        "no number is remembered: {kept}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_form_is_learned_when_the_known_one_misses_and_at_most_two_go_first() {
    let desk = desk(EXACT, holds("+1 202-555-0123", 80));
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    tokio::task::yield_now().await;
    let other = desk_with(EXACT, Arc::clone(&desk.memory), setup(), holds("(202) 555-0123", 80));
    let began = tokio::time::Instant::now();
    let found = other.connector.find_contact(other.cx(5), number()).await.unwrap();
    assert_eq!(
        (found.contacts.len(), began.elapsed().as_millis()),
        (1, 160),
        "one wave more"
    );
    let before = contacts(&other).len();
    assert_eq!(before, 4, "each form once");
    other.connector.find_contact(other.cx(5), number()).await.unwrap();
    assert_eq!(contacts(&other).len() - before, 2);
}

#[tokio::test(start_paused = true)]
async fn the_first_verified_hit_cancels_the_others() {
    let desk = desk(EXACT, |sent, _| {
        match sent.line.contains("phone=12025550123") && sent.path == "/contacts" {
            true => ok(json!([person("1", "Anna", "12025550123")])).after(50),
            false if sent.path == "/contacts" => ok(json!([])).after(3_000),
            false => ok(json!([])).after(60),
        }
    });
    let began = tokio::time::Instant::now();
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!((found.contacts.len(), began.elapsed().as_millis()), (1, 60));
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(desk.crm.answered(), 5, "four of the other type, and the hit");
}

#[tokio::test(start_paused = true)]
async fn an_equal_tail_is_no_hit_that_ends_anything() {
    let desk = desk(EXACT, |sent, place| match sent.path.as_str() {
        "/contacts" if place == 0 => ok(json!([person("1", "Anna", "+13035550123")])),
        "/contacts" if sent.line.contains("phone=12025550123") => {
            ok(json!([person("2", "Bea", "12025550123")])).after(90)
        }
        _ => ok(json!([])).after(50),
    });
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    let names: Vec<_> = found.contacts.iter().map(|contact| contact.name.as_str()).collect();
    assert_eq!(names, ["Anna", "Bea"]);
    tokio::task::yield_now().await;
    let kept = desk.memory.kept().get("learned_forms").cloned().unwrap();
    assert_eq!(kept, r#"{"Contact|*|digits":1}"#);
}

#[tokio::test(start_paused = true)]
async fn refresh_asks_every_form_whatever_was_learned() {
    let desk = desk(EXACT, |sent, _| match sent.line.as_str() {
        line if line.contains("contacts?phone=12025550123") => ok(json!([person("1", "Anna", "12025550123")])),
        line if line.contains("contacts?phone=%2B12025550123") => {
            ok(json!([person("2", "Bea", "+12025550123")])).after(500)
        }
        _ => ok(json!([])),
    });
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    let before = contacts(&desk).len();
    let found = desk.connector.find_contact(desk.live(), number()).await.unwrap();
    assert_eq!(contacts(&desk).len() - before, 4);
    assert_eq!(found.contacts.len(), 2, "the one stored in another form, too");
}

#[tokio::test(start_paused = true)]
async fn every_field_with_every_form_and_the_learned_pair_first() {
    let per_field = EXACT
        .replace("\"per_form\"", "\"per_field_form\"\nfields = \"type.fields\"")
        .replace(
            "query = { phone = \"{{ form }}\" }",
            "query = { field = \"{{ field }}\", value = \"{{ form }}\" }",
        );
    let desk = desk(&per_field, |sent, _| {
        match sent.line.contains("/contacts?field=MOBILE&value=12025550123") {
            true => ok(json!([person("1", "Anna", "12025550123")])),
            false => ok(json!([])),
        }
    });
    desk.connector.find_contact(desk.live(), number()).await.unwrap();
    assert_eq!(contacts(&desk).len(), 8, "two fields, four forms");
    assert_eq!(desk.crm.lines().len(), 12, "and one field of the leads");
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(contacts(&desk)[8..], ["GET /contacts?field=MOBILE&value=12025550123"]);
}

#[tokio::test(start_paused = true)]
async fn chunks_hold_what_one_request_may_and_the_learned_ones_come_first() {
    let chunked = EXACT
        .replace("\"per_form\"", "\"all\"\nmax_terms = 2")
        .replace("{{ form }}", "{{ forms }}");
    let desk = desk(&chunked, |sent, _| {
        match sent.line.contains("/contacts") && sent.line.contains("phone=12025550123") {
            true => ok(json!([person("1", "Anna", "12025550123")])),
            false => ok(json!([])).after(10),
        }
    });
    desk.connector.find_contact(desk.live(), number()).await.unwrap();
    assert_eq!(
        contacts(&desk),
        [
            "GET /contacts?phone=%2B12025550123&phone=%28202%29%20555-0123",
            "GET /contacts?phone=%2B1%20202-555-0123&phone=12025550123",
        ]
    );
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(
        contacts(&desk)[2..],
        ["GET /contacts?phone=12025550123&phone=%2B12025550123"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_known_caller_costs_one_request_a_type_and_an_unknown_one_all_forms() {
    let desk = desk(EXACT, holds("+1 202-555-0123", 80));
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    let before = desk.crm.lines().len();
    let began = tokio::time::Instant::now();
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(began.elapsed().as_millis(), 80);
    let mut asked = desk.crm.lines()[before..].to_vec();
    asked.sort();
    assert_eq!(
        asked,
        [
            "GET /contacts?phone=%2B1%20202-555-0123",
            "GET /leads?phone=%2B1%20202-555-0123"
        ],
        "the leads, which never had a hit, are asked for what contacts are written like"
    );

    let stranger = desk_with(EXACT, Arc::clone(&desk.memory), setup(), holds("nobody", 80));
    let began = tokio::time::Instant::now();
    stranger.connector.find_contact(stranger.cx(5), number()).await.unwrap();
    assert_eq!(began.elapsed().as_millis(), 160);
    assert_eq!(stranger.crm.lines().len(), 8, "four forms of two types");
}
