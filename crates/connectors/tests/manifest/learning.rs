//! Exact searches: which forms go first, when the rest are needless, and what is remembered of it.

use std::{sync::Arc, time::Duration};

use ringside_domain::{Connector, Kind};
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

/// What is never answered costs a moment, once somebody is found, and not the whole ring.
#[tokio::test(start_paused = true)]
async fn a_type_that_hangs_does_not_hold_the_others_name() {
    let desk = desk(EXACT, |sent, _| match sent.path.as_str() {
        "/contacts" if sent.line.contains("phone=12025550123") => {
            ok(json!([person("1", "Anna", "12025550123")])).after(60)
        }
        "/contacts" => ok(json!([])).after(60),
        _ => ok(json!([])).after(30_000),
    });
    let began = tokio::time::Instant::now();
    let found = desk.connector.find_contact(desk.cx(10), number()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(found.contacts.len(), 1);
    assert_eq!(
        desk.trace.found(),
        [(60, "1".to_owned())],
        "and told as soon as it is known"
    );
    let [(part, error)] = found.failed.as_slice() else {
        panic!("{:?}", found.failed)
    };
    assert_eq!((part.as_str(), error.kind), ("Lead", Kind::Timeout));
    assert!(
        error.message.ends_with("took too long and was not waited for"),
        "{error}"
    );

    // Whoever asks for everything waits for it.
    let began = tokio::time::Instant::now();
    let found = desk.connector.find_contact(desk.live(), number()).await.unwrap();
    assert_eq!((found.contacts.len(), began.elapsed().as_secs()), (1, 10));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_type_does_not_stop_the_other_types_forms() {
    let desk = desk(EXACT, holds("+1 202-555-0123", 60));
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    tokio::task::yield_now().await;
    let contacts = holds("(202) 555-0123", 60);
    let other = desk_with(
        EXACT,
        Arc::clone(&desk.memory),
        setup(),
        move |sent, place| match sent.path.as_str() {
            "/leads" => ok(json!([])).after(30_000),
            _ => contacts(sent, place),
        },
    );
    let found = other.connector.find_contact(other.cx(10), number()).await.unwrap();
    assert_eq!(found.contacts.len(), 1);
    let sent = other.crm.sent();
    let contacts: Vec<u128> = sent
        .iter()
        .filter(|sent| sent.path == "/contacts")
        .map(|sent| sent.at.as_millis())
        .collect();
    assert_eq!(contacts, [0, 120, 120, 120], "a moment for the leads, and then on");
    let leads = sent.iter().filter(|sent| sent.path == "/leads").count();
    assert_eq!(
        (leads, found.failed[0].1.kind),
        (1, Kind::Timeout),
        "{:?}",
        found.failed
    );
}

/// One type that is a little slower does not make the other one ask for what its answer makes needless.
#[tokio::test(start_paused = true)]
async fn a_type_that_misses_first_waits_a_moment_for_the_others_hit() {
    let desk = desk(EXACT, holds("+1 202-555-0123", 60));
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    tokio::task::yield_now().await;
    let contacts = holds("+1 202-555-0123", 90);
    let other = desk_with(
        EXACT,
        Arc::clone(&desk.memory),
        setup(),
        move |sent, place| match sent.path.as_str() {
            "/leads" => ok(json!([])).after(50),
            _ => contacts(sent, place),
        },
    );
    let began = tokio::time::Instant::now();
    other.connector.find_contact(other.cx(10), number()).await.unwrap();
    assert_eq!((other.crm.lines().len(), began.elapsed().as_millis()), (2, 90));
    let skipped = other.trace.skipped();
    let [(part, forms, reason)] = skipped.as_slice() else {
        panic!("{skipped:?}")
    };
    assert_eq!((part.as_str(), forms.len()), ("Lead", 3), "{forms:?}");
    assert_eq!(reason, "not asked for: somebody was found in another type");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_waits_for_any_more_leaves_a_trace() {
    let desk = desk(EXACT, |sent, _| match sent.line.as_str() {
        line if line.contains("contacts?phone=12025550123") => {
            ok(json!([person("1", "Anna", "12025550123")])).after(50)
        }
        line if line.contains("/contacts") => ok(json!([])).after(3_000),
        _ => ok(json!([])).after(60),
    });
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(desk.trace.0.lock().unwrap().len(), desk.crm.lines().len());
    let skipped = desk.trace.skipped();
    assert_eq!(skipped.len(), 3);
    assert!(
        skipped
            .iter()
            .all(|(request, forms, reason)| request.starts_with("GET /contacts")
                && forms.len() == 1
                && reason == "sent, and its answer was not waited for"),
        "{skipped:?}"
    );
}

/// As after a year in which every hit was of one of two forms.
fn experienced(limits: &str, crm: impl Fn(&Sent, usize) -> Reply + Send + Sync + 'static) -> Desk {
    let memory = Arc::<Memory>::default();
    let hits = r#"{"Contact|*|international":40,"Contact|*|digits":20,"Lead|*|international":60}"#;
    memory.kept().insert("learned_forms".to_owned(), hits.to_owned());
    desk_with(&format!("{EXACT}{limits}"), memory, setup(), crm)
}

#[tokio::test(start_paused = true)]
async fn what_never_hit_is_asked_for_last_and_only_if_there_is_time() {
    let stranger = experienced("", holds("nobody", 80));
    stranger.connector.find_contact(stranger.cx(9), number()).await.unwrap();
    let times: Vec<u128> = stranger.crm.sent().iter().map(|sent| sent.at.as_millis()).collect();
    assert_eq!(times, [0, 0, 0, 80, 80, 80, 80, 80], "there is");
    assert!(stranger.trace.skipped().is_empty());

    // One a second is no time for five questions that never found anybody.
    let limits = "\n[budgets.default]\nper_second = 1\n";
    let stranger = experienced(limits, holds("nobody", 80));
    let began = tokio::time::Instant::now();
    let found = stranger.connector.find_contact(stranger.cx(9), number()).await.unwrap();
    assert!(found.failed.is_empty(), "{:?}", found.failed);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let skipped = stranger.trace.skipped();
    assert!(skipped.len() >= 2, "{skipped:?}");
    assert_eq!(
        stranger.crm.lines().len() + skipped.len(),
        8,
        "and each of them is accounted for"
    );
    assert!(
        skipped
            .iter()
            .all(|(_, _, reason)| reason.contains("never found anybody"))
    );

    // Whoever is found only so is found all the same.
    let rare = experienced("", holds("(202) 555-0123", 80));
    let found = rare.connector.find_contact(rare.cx(9), number()).await.unwrap();
    assert_eq!(found.contacts.len(), 1);
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

/// What was left out of a lookup is worth a word only where it would have been asked.
#[tokio::test(start_paused = true)]
async fn too_many_questions_about_somebody_who_is_found_elsewhere_are_no_failure() {
    let fields: Vec<String> = (1..=14).map(|number| format!("\"P{number}\"")).collect();
    let many = EXACT
        .replace("fields = [\"PHONE\"]", &format!("fields = [{}]", fields.join(", ")))
        .replace("fields = [\"PHONE\", \"MOBILE\"]", "fields = [\"PHONE\"]")
        .replace(
            "batching = \"per_form\"",
            "batching = \"per_field_form\"\nfields = \"type.fields\"",
        )
        .replace(
            "phone = \"{{ form }}\"",
            "field = \"{{ field }}\", phone = \"{{ form }}\"",
        );
    let many = format!("{many}\n[budgets.default]\nper_second = 1000\nconcurrency = 60\n");
    let desk = desk(&many, holds("+1 202-555-0123", 80));
    for learned in [false, true] {
        let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
        assert_eq!(found.contacts.len(), 1, "{learned}");
        assert!(found.failed.is_empty(), "{learned}: {:?}", found.failed);
    }
    // Refresh asks for everything, and of a stranger nobody may think that everything was asked.
    for (cx, number) in [(desk.live(), number()), (desk.cx(5), forms_of("+12025550199"))] {
        let found = desk.connector.find_contact(cx, number).await.unwrap();
        let [(part, error)] = found.failed.as_slice() else {
            panic!("{:?}", found.failed);
        };
        assert_eq!((part.as_str(), error.kind), ("Lead", Kind::Unsupported));
        assert!(error.message.contains("in so many formats at once"), "{error}");
    }
}
