//! Whose account it is, what every request carries, and which "not found" means that nobody was found.

use std::{sync::Arc, time::Duration};

use ringside_domain::{Connector, Kind};
use serde_json::json;
use tokio::time::Instant;

use crate::support::*;

const CRM: &str = include_str!("crm.toml");

/// The account's name is a second question, a setting may stay empty, and 404 says two things.
const MANIFEST: &str = r#"
schema = 1
id = "crm"
name = "Crm"
version = "1"
docs = "https://crm.example.com/docs"
evidence = { kind = "documentation", note = "Made for tests." }
allowed_hosts = ["crm.example.com"]
environment = { base = "https://crm.example.com" }
parameters = [
  { name = "user", title = "User", kind = "text" },
  { name = "database", title = "Database", kind = "text", required = false },
]
auth.set.headers = { X-User = "{{ param.user }}", X-Database = "{{ param.database }}" }

[whoami]
id = "uid"
name = "uid"
capture = { user = "uid" }
request = { path = "/me" }

[[whoami.more]]
capture = { id = "join('/', [to_string(uid), login])", name = "name" }
request = { path = "/users/{{ account.user }}" }

[[types]]
id = "Person"
label = "Person"

[contact]
id = "id"
name = "name"
numbers = { phone = "phone" }

[find_contact]
matching = "normalised"
request = { path = "/find", query = { n = "{{ number.sig }}" } }
answer = { empty_status = [404], empty_when = "contains(error, 'found')" }
"#;

#[tokio::test(start_paused = true)]
async fn a_later_question_may_know_better_what_the_account_is_called() {
    let desk = desk(MANIFEST, |sent, _| match sent.path.as_str() {
        "/me" => ok(json!({ "uid": 2 })),
        _ => ok(json!({ "uid": 2, "login": "anna", "name": "Anna Example" })),
    });
    let account = desk.connector.check(desk.cx(5)).await.unwrap();
    assert_eq!((account.id.as_str(), account.name.as_str()), ("2/anna", "Anna Example"));
    assert_eq!(desk.crm.sent()[1].path, "/users/2");
    let kept = desk.memory.kept()["account"].clone();
    assert!(kept.contains("2/anna") && kept.contains("Anna Example"), "{kept}");
}

#[tokio::test(start_paused = true)]
async fn a_later_question_without_an_answer_takes_nothing_away() {
    let desk = desk(MANIFEST, |sent, _| match sent.path.as_str() {
        "/me" => ok(json!({ "uid": 2 })),
        _ => ok(json!([])),
    });
    let account = desk.connector.check(desk.cx(5)).await.unwrap();
    assert_eq!((account.id.as_str(), account.name.as_str()), ("2", "2"));
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_was_not_filled_in_is_no_header() {
    let carried = |database: &str| {
        let mut setup = setup();
        setup.parameters.insert("database".into(), database.into());
        desk_with(MANIFEST, known_account(), setup, |_, _| ok(json!([])))
    };
    for (database, headers) in [("", vec!["X-User"]), ("acme", vec!["X-Database", "X-User"])] {
        let desk = carried(database);
        desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
        let sent = desk.crm.sent().remove(0);
        let names: Vec<&str> = sent.credentials.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, headers);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_found_and_a_wrong_address_are_told_apart() {
    let nobody = desk(MANIFEST, |_, _| status(404, json!({ "error": "no person found" })));
    let found = nobody.connector.find_contact(nobody.cx(5), number()).await.unwrap();
    assert!(found.contacts.is_empty() && found.failed.is_empty());
    for wrong in ["{\"error\":\"no such route\"}", "<html>Not here</html>", ""] {
        let desk = desk(MANIFEST, move |_, _| text(404, wrong));
        let error = desk.connector.find_contact(desk.cx(5), number()).await.unwrap_err();
        assert_eq!(error.kind, Kind::NotFound, "{wrong}: {error:?}");
    }
}

/// A connection whose facts were kept when its file asked for less.
fn of_an_older_file(answers: impl Fn(&Sent, usize) -> Reply + Send + Sync + 'static) -> Desk {
    let older = Memory::default();
    let facts = json!({ "facts": { "id": "12", "name": "Anna" } });
    older.kept().insert("account".to_owned(), facts.to_string());
    desk_with(CRM, Arc::new(older), setup(), answers)
}

fn asked(desk: &Desk, path: &str) -> usize {
    desk.crm.sent().iter().filter(|sent| sent.path == path).count()
}

async fn logged(desk: &Desk) -> Duration {
    let began = Instant::now();
    let log = desk
        .connector
        .log_call(desk.cx(5), call(), Arc::new(Journal::default()));
    log.await.unwrap();
    began.elapsed()
}

/// What an older file was content with is enough: who can't say more, in whatever way, stops nobody.
#[tokio::test(start_paused = true)]
async fn facts_of_an_older_file_serve_where_the_new_ones_are_not_told() {
    type Silence = fn() -> Reply;
    let silences: [(&str, Silence, Duration, usize); 6] = [
        ("404", || status(404, json!({})), Duration::ZERO, 1),
        ("403", || status(403, json!({})), Duration::ZERO, 1),
        ("503", || status(503, json!({})), Duration::ZERO, 2),
        ("no answer", || ok(json!({})).after(60_000), Duration::from_secs(1), 2),
        ("lost", lost, Duration::ZERO, 2),
        // The CRM wants to be left alone for so long, and is.
        (
            "limited",
            || status(429, json!({})).header("retry-after", "2"),
            Duration::from_secs(2),
            2,
        ),
    ];
    for (case, silence, longest, asked_in_all) in silences {
        let desk = of_an_older_file(move |sent, _| match sent.path.as_str() {
            "/me" => silence(),
            "/calls" => ok(json!({ "id": 1 })),
            _ => ok(json!(null)),
        });
        let took = logged(&desk).await;
        assert!(took <= longest + Duration::from_millis(50), "{case}: {took:?}");
        let took = logged(&desk).await;
        assert!(took <= Duration::from_millis(50), "{case}, the second: {took:?}");
        assert_eq!(asked(&desk, "/me"), 1, "{case}: not with every operation");
        let log = desk.crm.sent().into_iter().rfind(|sent| sent.path == "/calls").unwrap();
        assert_eq!(log.body["zone"], "America/New_York", "{case}: the call's own");
        tokio::time::advance(Duration::from_secs(61)).await;
        logged(&desk).await;
        assert_eq!(
            asked(&desk, "/me"),
            asked_in_all,
            "{case}: what passes is asked for again"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn facts_that_are_told_later_are_learned_then() {
    let desk = of_an_older_file(|sent, place| match sent.path.as_str() {
        "/me" if place == 0 => status(503, json!({})),
        "/me" => ok(json!({ "id": 12, "name": "Anna", "zone": "Europe/Berlin" })),
        "/calls" => ok(json!({ "id": 1 })),
        _ => ok(json!(null)),
    });
    logged(&desk).await;
    tokio::time::advance(Duration::from_secs(61)).await;
    logged(&desk).await;
    let log = desk.crm.sent().into_iter().rfind(|sent| sent.path == "/calls").unwrap();
    assert_eq!(log.body["zone"], "Europe/Berlin");
    assert!(desk.memory.kept()["account"].contains("Europe/Berlin"));
}

/// A login that takes longer than the account is given is not cut off for the account's sake.
#[tokio::test(start_paused = true)]
async fn a_slow_login_is_waited_for_though_the_account_is_not() {
    let manifest = format!(
        "{CRM}\n[[auth.session]]\ncapture = {{ key = \"key\" }}\nrequest = {{ method = \"POST\", path = \"/login\" }}\n"
    );
    let older = Memory::default();
    let facts = json!({ "facts": { "id": "12", "name": "Anna" } });
    older.kept().insert("account".to_owned(), facts.to_string());
    let desk = desk_with(&manifest, Arc::new(older), setup(), |sent, _| {
        match sent.path.as_str() {
            "/login" => ok(json!({ "key": "k" })).after(2_500),
            "/me" => ok(json!({})).after(60_000),
            "/calls" => ok(json!({ "id": 1 })),
            _ => ok(json!(null)),
        }
    });
    logged(&desk).await;
    assert_eq!(asked(&desk, "/login"), 1);
}

/// A person tests the connection because it is slow; what is known of the account is there meanwhile.
#[tokio::test(start_paused = true)]
async fn testing_a_connection_stops_no_other_operation() {
    let me = || ok(json!({ "id": 12, "name": "Anna", "zone": "Europe/Berlin" }));
    let desk = desk(CRM, move |sent, place| match sent.path.as_str() {
        "/me" if place == 0 => me(),
        "/me" => me().after(20_000),
        "/calls" => ok(json!({ "id": 1 })),
        _ => ok(json!(null)),
    });
    logged(&desk).await;
    let beside = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        logged(&desk).await
    };
    let (account, took) = tokio::join!(desk.connector.check(desk.cx(60)), beside);
    assert_eq!(account.unwrap().name, "Anna");
    assert!(took < Duration::from_millis(50), "{took:?}");
}

/// Which operation needs the account is what its templates name, not how they are written.
#[tokio::test(start_paused = true)]
async fn who_names_the_account_is_told_it_however_it_is_written() {
    for named in ["account .user", "account['user']", "account [ \"user\" ] | string"] {
        let manifest = MANIFEST.replace(
            "number.sig",
            &format!("number.sig ~ '-' ~ ({named})").replace('"', "\\\""),
        );
        let desk = desk(&manifest, |sent, _| match sent.path.as_str() {
            "/me" => ok(json!({ "uid": 2 })),
            _ => ok(json!([])),
        });
        let found = desk.connector.find_contact(desk.cx(5), number()).await;
        assert!(found.is_ok(), "{named}: {found:?}");
        let last = desk.crm.lines().pop().unwrap();
        assert!(
            last.starts_with("GET /find?n=") && last.ends_with("-2"),
            "{named}: {last}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_name_the_account_asks_for_nothing() {
    // The zone is the account's, and a lookup has a field of that name and a path that begins like it.
    let manifest = MANIFEST
        .replace("[whoami]", "[whoami]\nanswer = { ok_when = \"uid\" }")
        .replace("schema = 1", "schema = 1\nzone = \"{{ account.user }}\"")
        .replace("name = \"name\"\nnumbers", "name = \"account.name\"\nnumbers")
        .replace(
            "n = \"{{ number.sig }}\"",
            "n = \"{{ number.sig }}\", timezone = \"account.zone\"",
        );
    let desk = desk(&manifest, |_, _| ok(json!([])));
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(asked(&desk, "/me"), 0);
}

/// A choice that goes with every log unless somebody makes another.
#[tokio::test(start_paused = true)]
async fn what_is_chosen_by_default_may_be_the_accounts() {
    let manifest = CRM
        .replace("zone = \"{{ account.zone }}\"", "")
        .replace("default = \"7\"", "default = \"{{ account.zone }}\"")
        .replace(
            "request = { path = \"/matters\" }\n",
            "options = [{ value = \"9\", label = \"Nine\" }]\n",
        );
    let desk = desk(&manifest, |sent, _| match sent.path.as_str() {
        "/me" => ok(json!({ "id": 12, "name": "Anna", "zone": "9" })),
        "/calls" => ok(json!({ "id": 1 })),
        _ => ok(json!(null)),
    });
    let nothing_chosen = ringside_domain::CallLogEntry {
        fields: Vec::new(),
        ..call()
    };
    let log = desk
        .connector
        .log_call(desk.cx(5), nothing_chosen, Arc::new(Journal::default()));
    log.await.unwrap();
    let log = desk.crm.sent().into_iter().find(|sent| sent.path == "/calls").unwrap();
    assert_eq!(log.body["matter"], "9");
}
