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
async fn who_connects_while_it_is_too_fast_learns_when_to_try_again() {
    for (header, hint) in [("30", "Try again in 31 s"), ("x", "Try again in a minute")] {
        let desk = desk_with(CRM, known_account(), setup(), move |_, _| {
            status(429, json!(null)).header("x-reset", header)
        });
        let error = desk.connector.check(desk.cx(5)).await.unwrap_err();
        assert_eq!((error.kind, error.hint.as_deref()), (Kind::RateLimited, Some(hint)));
        // What is owed, or shown while the phone rings, is asked again by itself.
        let desk = desk_with(CRM, known_account(), setup(), |_, _| status(429, json!(null)));
        let error = desk.connector.get_contact(desk.cx(5), at("Person", "7")).await;
        assert_eq!(error.unwrap_err().hint, None);
    }
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

/// Formats of the user's own are not told from the others here: whoever has many is asked for the likeliest of them.
#[tokio::test(start_paused = true)]
async fn of_more_questions_than_a_lookup_asks_the_least_likely_are_left_out() {
    let types: String = (0..30)
        .map(|n| format!("[[types]]\nid = \"T{n}\"\nlabel = \"T{n}\"\nvars = {{ path = \"t{n}\" }}\n"))
        .collect();
    let many = EXACT.replace("[contact]", &format!("{types}\n[contact]"));
    let memory = std::sync::Arc::new(Memory::default());
    let hits = r#"{"Contact|*|digits":3,"Contact|*|international":1}"#;
    memory.kept().insert("learned_forms".to_owned(), hits.to_owned());
    let desk = desk_with(&many, memory, setup(), |_, _| ok(json!([])));
    let found = desk.connector.find_contact(desk.cx(9), number()).await.unwrap();
    // Nobody was found, and nobody may think that everything was asked.
    assert!(!found.failed.is_empty());
    for (part, error) in &found.failed {
        assert_eq!(error.kind, Kind::Unsupported, "{part}: {error:?}");
    }
    let lines = desk.crm.lines();
    assert_eq!(lines.len(), 50);
    let of = |path: &str| lines.iter().filter(|line| line.contains(path)).count();
    assert_eq!(
        (of("/contacts?"), of("/leads?"), of("/t29?")),
        (2, 2, 1),
        "every type is asked"
    );
    assert!(
        lines.iter().filter(|line| line.contains("phone=12025550123")).count() == 32,
        "for what is likeliest: {lines:?}"
    );
    let left_out: Vec<String> = desk
        .trace
        .skipped()
        .into_iter()
        .flat_map(|(_, forms, _)| forms)
        .collect();
    assert_eq!(left_out.len(), 32 * 4 - 50, "and it is said which were not asked for");
}

/// A rate of 4 a second, and a stranger's eight requests on their way.
fn busy(after: u64) -> Desk {
    let limited = format!("{EXACT}\n[budgets.default]\nper_second = 4\n");
    let memory = std::sync::Arc::new(Memory::default());
    let hits = r#"{"Contact|*|international":9,"Lead|*|digits":9}"#;
    memory.kept().insert("learned_forms".to_owned(), hits.to_owned());
    desk_with(&limited, memory, setup(), move |sent, _| {
        let known = sent.path == "/contacts" && sent.line.contains("202-555-0177");
        ok(if known {
            json!([person("1", "Anna", "+1 202-555-0177")])
        } else {
            json!([])
        })
        .after(after)
    })
}

#[tokio::test(start_paused = true)]
async fn a_known_caller_does_not_wait_for_a_strangers_forms() {
    let desk = busy(40);
    let began = Instant::now();
    let known = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let found = desk
            .connector
            .find_contact(desk.cx(9), forms_of("+12025550177"))
            .await
            .unwrap();
        assert_eq!(found.contacts.len(), 1);
        began.elapsed()
    };
    let refreshed = async {
        // Every form at once, and more than one second's worth.
        desk.connector.find_contact(desk.live(), number()).await.unwrap();
        began.elapsed()
    };
    let (known, refreshed) = tokio::join!(known, refreshed);
    assert!(known < Duration::from_millis(1_300), "{known:?}");
    assert!(
        refreshed > Duration::from_millis(2_000),
        "the budget is kept: {refreshed:?}"
    );
}

/// Taking turns to the end, both would be late.
#[tokio::test(start_paused = true)]
async fn of_two_strangers_the_first_one_is_done_first() {
    let fields: Vec<String> = (0..4).map(|n| format!("\"F{n}\"")).collect();
    let many = EXACT
        .replace("\"per_form\"", "\"per_field_form\"\nfields = \"type.fields\"")
        .replace("[\"PHONE\"]", &format!("[{}]", fields.join(", ")));
    let desk = desk(&format!("{many}\n[budgets.default]\nper_second = 8\n"), |_, _| {
        ok(json!([])).after(20)
    });
    let began = Instant::now();
    let one = |e164: &'static str, after: u64| {
        let desk = &desk;
        async move {
            tokio::time::sleep(Duration::from_millis(after)).await;
            desk.connector.find_contact(desk.cx(20), forms_of(e164)).await.unwrap();
            began.elapsed()
        }
    };
    let (first, second) = tokio::join!(one("+12025550123", 0), one("+12025550177", 50));
    assert!(first < Duration::from_millis(4_300), "{first:?}");
    assert!(second > first + Duration::from_secs(1), "{first:?} {second:?}");
}

#[tokio::test(start_paused = true)]
async fn a_search_by_name_does_not_delay_a_call() {
    let limited = CRM.replace("concurrency = 6", "concurrency = 6\nper_second = 2");
    let desk = desk_with(&limited, known_account(), setup(), |_, _| ok(json!({ "items": [] })));
    let query = |text: &str| ringside_domain::connector::NameQuery {
        text: text.into(),
        limit: 5,
        ..Default::default()
    };
    let began = Instant::now();
    let searches = ["Anna Me", "Anna Mei", "Anna Meier"].map(|text| {
        let search = desk.connector.find_contact_with_name(desk.cx(30), query(text));
        async { search.await.map(drop) }
    });
    let call = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        desk.connector.find_contact(desk.cx(30), number()).await.unwrap();
        began.elapsed()
    };
    let (searches, call) = tokio::join!(futures_util::future::join_all(searches), call);
    assert!(searches.iter().all(Result::is_ok));
    assert!(call < Duration::from_millis(1_100), "{call:?}");
    assert!(began.elapsed() > Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_used_up_quota_is_left_alone_until_a_person_tests_the_connection() {
    let full = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_full = full.clone();
    let desk = desk_with(CRM, known_account(), setup(), move |sent, _| {
        match (is_full.load(std::sync::atomic::Ordering::Relaxed), sent.path.as_str()) {
            (true, _) => status(402, json!({ "message": "That was all for today" })),
            (false, "/me") => ok(json!({ "id": "a1", "name": "Anna", "zone": "Europe/Berlin" })),
            (false, _) => ok(json!({ "items": [] })),
        }
    });
    let error = desk.connector.find_contact(desk.cx(5), number()).await.unwrap_err();
    assert_eq!((error.kind, desk.crm.lines().len()), (Kind::RateLimited, 1));
    let error = desk.connector.find_contact(desk.cx(5), number()).await.unwrap_err();
    assert_eq!(desk.crm.lines().len(), 1, "the next call asks nobody");
    let hint = error.hint.unwrap();
    assert!(hint.starts_with("Try again in 60 min"), "{hint}");

    // A test asks, and as long as the answer is the same nothing changes.
    desk.connector.check(desk.cx(5)).await.unwrap_err();
    assert_eq!(desk.crm.lines().len(), 2);
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap_err();
    assert_eq!(desk.crm.lines().len(), 2);
    full.store(false, std::sync::atomic::Ordering::Relaxed);
    desk.connector.check(desk.cx(5)).await.unwrap();
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
}

/// A person's test is not held back by what the CRM said before; what it says to the test itself is obeyed.
#[tokio::test(start_paused = true)]
async fn a_test_waits_as_long_as_the_crm_says() {
    let began = tokio::time::Instant::now();
    let desk = desk_with(CRM, known_account(), setup(), move |sent, _| match sent.path.as_str() {
        _ if began.elapsed() < Duration::from_secs(1) => status(429, json!(null)).header("retry-after", "1"),
        "/me" => ok(json!({ "id": "a1", "name": "Anna", "zone": "Europe/Berlin" })),
        _ => ok(json!({ "items": [] })),
    });
    desk.connector.check(desk.cx(10)).await.unwrap();
    let asked = desk.crm.lines();
    assert_eq!(asked.iter().filter(|line| line.contains("/me")).count(), 2, "{asked:?}");
}
