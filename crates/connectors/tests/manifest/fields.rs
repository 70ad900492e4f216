//! What a CRM wants to know about a call: asked for field by field, and sent as it is shown.

use std::{sync::Arc, time::Duration};

use ringside_connectors::manifest::load::load;
use ringside_domain::{CallLogEntry, Connector, Kind, LogRef, Retry, Timestamp};
use serde_json::json;

use crate::{secrets::changed, support::*};

const CRM: &str = include_str!("crm.toml");

const MORE: &str = r#"[[log_fields]]
name = "team"
label = "Team"
per_contact = true
value = "id"
request = { path = "/teams" }
answer = { list = "items" }

[[log_fields]]
name = "time"
label = "Time entry"
default = "billable"
options = [{ value = "billable", label = "Billable" }, { value = "none", label = "None" }]

[errors]
"#;

/// Three fields: a list of the day, one per contact, and a fixed one that has a default.
fn three() -> String {
    let text = changed(CRM, "[errors]\n", MORE);
    changed(
        &text,
        "matter = \"{{ fields.matter }}\"",
        "matter = \"{{ fields.matter }}\"\ntime = \"{{ fields.time }}\"",
    )
}

fn nothing_chosen() -> CallLogEntry {
    CallLogEntry {
        fields: Vec::new(),
        ..call()
    }
}

fn items() -> Reply {
    ok(json!({ "items": [{ "id": 7, "title": "Seven" }] }))
}

#[tokio::test(start_paused = true)]
async fn one_field_that_cannot_be_asked_for_hides_no_other() {
    let desk = desk_with(&three(), known_account(), setup(), |sent, _| match sent.path.as_str() {
        "/teams" => status(403, json!({ "message": "not your teams" })),
        _ => items(),
    });
    let fields = desk.connector.log_fields(desk.cx(5), at("Person", "7")).await.unwrap();
    let names: Vec<_> = fields
        .iter()
        .map(|field| (field.name.as_str(), field.options.len()))
        .collect();
    assert_eq!(names, [("matter", 1), ("team", 0), ("time", 2)]);
    let failed: Vec<_> = fields.iter().map(|field| field.failed.is_some()).collect();
    assert_eq!(failed, [false, true, false]);
}

/// Some CRMs list ids only. Who is gone or closed is no choice, and more than `max` are not asked about.
fn by_ids() -> String {
    let asked = r#"value = "id"
enrich = { max = 4, request = { path = "/matters/{{ record }}" }, answer = { list = "[@] | [?open]" } }"#;
    changed(CRM, "value = \"id\"", asked)
}

#[tokio::test(start_paused = true)]
async fn a_list_of_ids_is_asked_about_one_by_one() {
    let desk = desk_with(&by_ids(), known_account(), setup(), |sent, _| {
        match sent.path.as_str() {
            "/matters" => ok(json!({ "items": [5, 4, 3, 2, 1] })),
            "/matters/4" => status(404, json!({ "message": "gone" })),
            "/matters/3" => ok(json!({ "id": 3, "title": "Three", "open": false })),
            path => ok(json!({ "id": path.rsplit('/').next(), "title": path, "open": true })),
        }
    });
    let fields = desk.connector.log_fields(desk.cx(5), at("Person", "7")).await.unwrap();
    let options = fields[0].options.iter();
    let options: Vec<_> = options
        .map(|option| (option.value.as_str(), option.label.as_str()))
        .collect();
    assert_eq!(options, [("5", "/matters/5"), ("2", "/matters/2")]);
    let sent = desk.crm.sent();
    assert!(sent.iter().all(|sent| sent.path != "/matters/1"), "four at most");
}

#[tokio::test(start_paused = true)]
async fn one_that_this_person_may_not_see_is_no_choice_and_none_is_a_right_they_lack() {
    let asked = |theirs: &'static [&'static str]| async move {
        let desk = desk_with(&by_ids(), known_account(), setup(), move |sent, _| {
            match sent.path.as_str() {
                "/matters" => ok(json!({ "items": [5, 4] })),
                path if theirs.contains(&path) => {
                    ok(json!({ "id": path.rsplit('/').next(), "title": path, "open": true }))
                }
                _ => status(403, json!({ "message": "not yours" })),
            }
        });
        desk.connector.log_fields(desk.cx(5), at("Person", "7")).await
    };
    let fields = asked(&["/matters/4"]).await.unwrap();
    let options: Vec<_> = fields[0].options.iter().map(|option| option.value.as_str()).collect();
    assert_eq!(options, ["4"]);
    assert!(fields[0].failed.is_none());
    let error = asked(&[]).await.unwrap_err();
    assert_eq!(error.kind, Kind::Forbidden, "{error:?}");
}

#[test]
fn a_question_about_a_choice_is_checked_like_any_other() {
    let problems = load(&changed(&by_ids(), "{{ record }}", "{{ recrod }}")).unwrap_err();
    assert!(problems[0].message.contains("no variable `recrod`"), "{problems:#?}");
}

/// Else one client's matters would stand on the next one's card.
#[test]
fn what_names_the_contact_is_not_kept_for_everybody() {
    let by_person = |more: &str| {
        let request =
            format!("request = {{ path = \"/matters\", query = {{ person = \"{{{{ contact.id }}}}\" }} }}{more}");
        load(&changed(CRM, "request = { path = \"/matters\" }", &request))
    };
    let problems = by_person("").unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].message.starts_with("`contact.id` is not known here"),
        "{problems:#?}"
    );
    assert!(problems[0].hint.as_deref().unwrap().contains("per_contact = true"));
    by_person("\nper_contact = true").unwrap();
}

#[tokio::test(start_paused = true)]
async fn yesterdays_list_is_better_than_none() {
    let desk = desk_with(CRM, known_account(), setup(), |_, place| match place {
        0 => items(),
        _ => status(500, json!({})),
    });
    let asked = desk.connector.log_fields(desk.cx(5), at("Person", "7")).await.unwrap();
    *desk.clock.0.lock().unwrap() = Timestamp(1_790_000_000_000).plus(Duration::from_secs(25 * 60 * 60));
    let again = desk.connector.log_fields(desk.cx(5), at("Person", "7")).await.unwrap();
    assert_eq!(again, asked);
    assert!(desk.crm.sent().len() > 1, "it was asked for");
}

#[tokio::test(start_paused = true)]
async fn a_default_that_is_shown_is_sent() {
    let desk = desk_with(&three(), known_account(), setup(), |sent, _| {
        match sent.line.starts_with("GET") {
            true if sent.path == "/matters" => items(),
            true => ok(json!([{ "person": { "id": 7 } }])),
            false => status(201, json!({ "id": 44 })),
        }
    });
    let log = async || {
        desk.connector
            .log_call(desk.cx(5), nothing_chosen(), Arc::new(Journal::default()))
            .await
            .unwrap();
        let sent = desk.crm.sent();
        let sent = sent.iter().rfind(|sent| sent.line.starts_with("POST")).unwrap();
        (sent.body["matter"].clone(), sent.body["time"].clone())
    };
    // What the file says holds until it is known what there is to choose from.
    assert_eq!(log().await, (json!("7"), json!("billable")));
    desk.connector.log_fields(desk.cx(5), at("Person", "7")).await.unwrap();
    assert_eq!(log().await, (json!("7"), json!("billable")));

    let desk = desk_with(&three(), known_account(), setup(), |sent, _| {
        match sent.line.starts_with("GET") {
            true if sent.path == "/matters" => ok(json!({ "items": [{ "id": 8, "title": "Eight" }] })),
            true => ok(json!([{ "person": { "id": 7 } }])),
            false => status(201, json!({ "id": 44 })),
        }
    });
    let fields = desk.connector.log_fields(desk.cx(5), at("Person", "7")).await.unwrap();
    assert_eq!(fields[0].default, None, "it is no choice of this CRM");
    desk.connector
        .log_call(desk.cx(5), nothing_chosen(), Arc::new(Journal::default()))
        .await
        .unwrap();
    let sent = desk.crm.sent();
    let sent = sent.iter().find(|sent| sent.line.starts_with("POST")).unwrap();
    assert_eq!(sent.body["matter"], json!(""), "and is not sent");
}

#[tokio::test(start_paused = true)]
async fn a_required_field_that_nobody_chose_is_asked_for_by_its_name() {
    let text = changed(&three(), "name = \"team\"\n", "name = \"team\"\nrequired = true\n");
    let answer = |teams: fn() -> Reply| {
        desk_with(&text, known_account(), setup(), move |sent, _| {
            match sent.line.starts_with("GET") {
                true if sent.path == "/teams" => teams(),
                true => ok(json!([{ "person": { "id": 7 } }])),
                false => status(201, json!({ "id": 44 })),
            }
        })
    };
    let desk = answer(items);
    let journal = Arc::new(Journal::default());
    let logged = desk.connector.log_call(desk.cx(5), nothing_chosen(), journal.clone());
    let error = logged.await.unwrap_err();
    assert_eq!((error.kind, error.retry), (Kind::Invalid, Retry::AfterPerson));
    assert_eq!(error.field.as_deref(), Some("team"));
    assert!(error.message.contains("Team") && error.hint.is_some(), "{error}");
    assert_eq!(journal.said(), Vec::<String>::new(), "nothing went out");

    let chosen = CallLogEntry {
        fields: vec![("team".into(), "7".into())],
        ..call()
    };
    for (teams, entry) in [
        (items as fn() -> Reply, chosen),
        // Nothing to choose from, or nobody says what there is: the log goes out without.
        (|| ok(json!({ "items": [] })), nothing_chosen()),
        (|| status(403, json!({})), nothing_chosen()),
    ] {
        let desk = answer(teams);
        let logged = desk.connector.log_call(desk.cx(5), entry, Arc::new(Journal::default()));
        assert_eq!(logged.await.unwrap().log.id, "44");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_log_names_its_field() {
    let text = changed(
        CRM,
        "names = { phone_number = \"number\" }",
        "names = { phone_number = \"number\", case = \"matter\" }",
    );
    let refusal = json!({ "error": { "fields": [{ "name": "case", "text": "this case is closed" }] } });
    let desk = desk_with(&text, known_account(), setup(), move |_, _| {
        status(422, refusal.clone())
    });
    let logged = desk
        .connector
        .log_call(desk.cx(5), call(), Arc::new(Journal::default()));
    let error = logged.await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("matter"));
    let log = LogRef {
        id: "44".into(),
        url: None,
    };
    let error = desk.connector.update_log(desk.cx(5), log, call()).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("matter"));
    assert!(error.message.contains("closed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_update_that_stopped_halfway_says_so() {
    let second = "[[update_log.steps]]\nname = \"time\"\nrequest = { method = \"POST\", path = \"/times\", json = { of = \"{{ log.id }}\" } }\n\n[find_log]";
    let text = changed(CRM, "[find_log]", second);
    for (broken, half) in [("PATCH", false), ("POST", true)] {
        let desk = desk_with(&text, known_account(), setup(), move |sent, _| {
            match sent.line.starts_with(broken) {
                true => status(422, json!({ "message": "closed" })),
                false => ok(json!({})),
            }
        });
        let log = LogRef {
            id: "44".into(),
            url: None,
        };
        let error = desk.connector.update_log(desk.cx(5), log, call()).await.unwrap_err();
        assert_eq!(error.message.contains("but not all of it"), half, "{error}");
    }
}
