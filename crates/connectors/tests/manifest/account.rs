//! Whose account it is, what every request carries, and which "not found" means that nobody was found.

use ringside_domain::{Connector, Kind};
use serde_json::json;

use crate::support::*;

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
