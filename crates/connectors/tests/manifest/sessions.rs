//! Signing in on the way, typed servers, and whose account it is.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ringside_connectors::{
    manifest::{connector::ManifestConnector, load::load},
    parts::{Server, Setup},
};
use ringside_domain::{Connector, Kind};
use serde_json::json;

use crate::support::*;

const CRM: &str = include_str!("crm.toml");
const SESSION: &str = include_str!("session.toml");

fn typed(address: &str) -> Setup {
    Setup {
        server: Some(Server::read(address).unwrap()),
        ..setup()
    }
}

fn server() -> Setup {
    typed("https://acme.crm.example.com/v2/")
}

/// A login that gives `t1`, `t2`, …, and a CRM that takes only the tokens that are `good`.
fn logins(good: &'static str) -> impl Fn(&Sent, usize) -> Reply + Send + Sync {
    let given = std::sync::atomic::AtomicUsize::new(0);
    move |sent, _| match sent.path.as_str() {
        "/v2/login" => {
            let number = given.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            ok(json!({ "token": format!("t{number}"), "site": "eu" })).after(50)
        }
        _ if sent.credentials != [("X-Session".to_owned(), good.to_owned())] => status(401, json!(null)),
        "/v2/find" => ok(json!({ "kind": "Person", "id": 7, "name": "Anna" })),
        "/v2/logs" => status(201, json!(null)).header("location", "/v2/logs/44"),
        other => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_session_is_opened_once_however_many_ask_and_kept() {
    let desk = desk_with(SESSION, Arc::default(), server(), logins("t1"));
    let asking = || desk.connector.find_contact(desk.cx(5), number());
    let (one, other) = tokio::join!(asking(), asking());
    assert_eq!((one.unwrap().contacts.len(), other.unwrap().contacts.len()), (1, 1));
    asking().await.unwrap();
    let logins = desk
        .crm
        .sent()
        .into_iter()
        .filter(|sent| sent.path == "/v2/login")
        .count();
    assert_eq!((logins, desk.crm.lines().len()), (1, 4));
    let login = &desk.crm.sent()[0];
    assert_eq!(login.body, json!({ "user": "anna", "password": "pass word" }));
    assert!(login.credentials.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refused_session_is_opened_anew_and_the_request_sent_once_more() {
    let desk = desk_with(SESSION, Arc::default(), server(), logins("t2"));
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(found.contacts.len(), 1);
    let paths: Vec<String> = desk.crm.sent().into_iter().map(|sent| sent.path).collect();
    assert_eq!(paths, ["/v2/login", "/v2/find", "/v2/login", "/v2/find"]);
}

/// What is opened is good for one request each.
fn short_lived(good: &'static str) -> impl Fn(&Sent, usize) -> Reply + Send + Sync {
    let (logins, used) = (Mutex::new(0), Mutex::new(0));
    move |sent, _| {
        let mut used = used.lock().unwrap();
        match sent.path.as_str() {
            "/v2/login" => {
                let mut logins = logins.lock().unwrap();
                (*logins, *used) = (*logins + 1, 0);
                ok(json!({ "token": format!("t{logins}"), "site": "eu" }))
            }
            path if *used == 1 || !good.contains(path) => status(401, json!(null)),
            _ => {
                *used = 1;
                ok(json!({ "kind": "Person", "id": 7, "name": "Anna" }))
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_runs_out_time_and_again_is_opened_time_and_again() {
    let desk = desk_with(SESSION, Arc::default(), server(), short_lived("/v2/find"));
    for round in 0..5 {
        let found = desk.connector.find_contact(desk.cx(5), number()).await;
        assert_eq!(
            found.unwrap_or_else(|error| panic!("{round}: {error}")).contacts.len(),
            1
        );
    }
    let logins = desk.crm.lines().iter().filter(|line| line.contains("/login")).count();
    assert_eq!(logins, 5);
}

#[tokio::test(start_paused = true)]
async fn a_new_session_that_is_refused_at_once_is_no_reason_for_another() {
    let desk = desk_with(SESSION, Arc::default(), server(), short_lived("nothing"));
    let error = desk.connector.find_contact(desk.cx(5), number()).await.unwrap_err();
    assert_eq!(error.kind, Kind::SignInNeeded);
    let paths: Vec<String> = desk.crm.sent().into_iter().map(|sent| sent.path).collect();
    assert_eq!(paths, ["/v2/login", "/v2/find", "/v2/login", "/v2/find"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_was_not_executed_and_is_sent_again_after_signing_in() {
    let desk = desk_with(SESSION, Arc::default(), server(), logins("t2"));
    let journal = Arc::new(Journal::default());
    let receipt = desk
        .connector
        .log_call(desk.cx(5), call(), journal.clone())
        .await
        .unwrap();
    assert_eq!(receipt.log.id, "44");
    assert_eq!(journal.said(), ["begin log", "done log log_id=44"]);
    let sent = desk.crm.sent();
    let log = sent.last().unwrap();
    assert_eq!(
        log.body,
        json!({
            "text": "Wants an offer<br><br>Inbound call, 3 min 20 s, answered",
            "ref": "ringside-abc",
            "at": 1_790_000_000_000_i64,
        })
    );
    assert_eq!(log.redirects, 0);
}

#[tokio::test(start_paused = true)]
async fn when_nothing_helps_the_person_is_asked_and_the_write_stays_unsent() {
    let desk = desk_with(SESSION, Arc::default(), server(), logins("never"));
    let journal = Arc::new(Journal::default());
    let error = desk
        .connector
        .log_call(desk.cx(5), call(), journal.clone())
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (Kind::SignInNeeded, false));
    assert_eq!(journal.said(), ["begin log", "not done log"]);
    assert!(desk.crm.lines().len() <= 6, "{:?}", desk.crm.lines());
}

#[tokio::test(start_paused = true)]
async fn a_rule_may_say_that_the_session_is_over() {
    let ruled =
        format!("{SESSION}\n[[errors.rules]]\nstatus = [400]\nbody = \"code == 'expired'\"\ndo = \"sign_in\"\n");
    let desk = desk_with(&ruled, Arc::default(), server(), |sent, place| {
        match (sent.path.as_str(), place) {
            ("/v2/login", _) => ok(json!({ "token": "t", "site": "eu" })),
            (_, 1) => status(400, json!({ "code": "expired" })),
            _ => ok(json!([])),
        }
    });
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(desk.crm.lines().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_login_whose_answer_is_lost_begins_no_write() {
    let desk = desk_with(SESSION, Arc::default(), server(), |_, _| lost());
    let journal = Arc::new(Journal::default());
    let error = desk
        .connector
        .log_call(desk.cx(5), call(), journal.clone())
        .await
        .unwrap_err();
    assert!(!error.may_have_happened);
    assert_eq!(journal.said(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn all_types_at_once_by_the_records_own_kind_trusted_and_linked() {
    let desk = desk_with(SESSION, Arc::default(), server(), logins("t1"));
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    let contact = &found.contacts[0];
    assert_eq!(
        (contact.id.id.as_str(), contact.id.contact_type.as_str()),
        ("7", "Person")
    );
    assert_eq!(
        (contact.numbers[0].label.as_str(), contact.numbers[0].raw.as_str()),
        ("matched", "+12025550123")
    );
    assert_eq!(
        contact.url.as_deref(),
        Some("https://acme.crm.example.com/v2/eu/acme/7")
    );
    assert_eq!(
        desk.crm.sent()[1].line,
        "GET https://acme.crm.example.com/v2/find?n=2025550123"
    );
}

#[tokio::test(start_paused = true)]
async fn a_status_may_mean_nothing_found() {
    let desk = desk_with(SESSION, Arc::default(), server(), |sent, _| match sent.path.as_str() {
        "/v2/login" => ok(json!({ "token": "t1", "site": "eu" })),
        _ => text(404, "<html>not found</html>"),
    });
    assert!(
        desk.connector
            .find_contact(desk.cx(5), number())
            .await
            .unwrap()
            .contacts
            .is_empty()
    );
}

#[tokio::test]
async fn an_address_that_does_not_fit_is_refused_with_what_would() {
    let make = |setup: &Setup| {
        let script = |_: &Sent, _: usize| panic!("nothing is to be sent");
        let parts = parts(Arc::default(), Arc::default(), Arc::new(Script::new(script)));
        ManifestConnector::new(load(SESSION).unwrap(), &parts, setup).map(drop)
    };
    for bad in ["https://evil.example.net", "https://a.crm.example.com.evil.example.net"] {
        let error = make(&typed(bad)).unwrap_err();
        assert_eq!(
            (error.kind, error.field.as_deref()),
            (Kind::Invalid, Some("server")),
            "{bad}"
        );
        assert!(error.hint.unwrap().contains("acme.crm.example.com"));
    }
    let error = make(&setup()).unwrap_err();
    assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, Some("server")));
}

#[tokio::test(start_paused = true)]
async fn check_says_whose_account_it_is_and_keeps_its_facts() {
    let desk = desk(CRM, |sent, _| match sent.path.as_str() {
        "/me" => ok(json!({ "id": 12, "name": "Anna at Example", "zone": "Europe/Berlin" })),
        "/calls" => ok(json!({ "id": 1 })),
        _ => ok(json!(null)),
    });
    let account = desk.connector.check(desk.cx(5)).await.unwrap();
    assert_eq!((account.id.as_str(), account.name.as_str()), ("12", "Anna at Example"));
    let tried = desk.crm.sent().len();
    desk.connector
        .log_call(desk.cx(5), call(), Arc::new(Journal::default()))
        .await
        .unwrap();
    let sent = desk.crm.sent();
    assert_eq!(sent[tried].path, "/calls", "what is known is not asked again");
    assert_eq!(
        sent[tried].body["zone"], "Europe/Berlin",
        "the CRM's zone, not the call's"
    );
    assert!(desk.memory.kept()["account"].contains("Europe/Berlin"));
}

#[tokio::test(start_paused = true)]
async fn a_check_says_which_types_callers_can_not_be_found_in() {
    let me = || ok(json!({ "id": 12, "name": "Anna", "zone": "Europe/Berlin" }));
    let no = || status(403, json!({ "error": { "message": "No access" } }));
    let desk_of = |people: fn() -> Reply, firms: fn() -> Reply| {
        desk(CRM, move |sent, _| match sent.path.as_str() {
            "/me" => me(),
            "/people" => people(),
            _ => firms(),
        })
    };
    let none = || ok(json!({ "items": [] }));
    let desk = desk_of(none, no);
    let account = desk.connector.check(desk.cx(10)).await.unwrap();
    assert_eq!(
        account.limits,
        ["Firm: Testa: No access. Ask whoever administers Testa for the right to do it"]
    );
    let lines = desk.crm.lines();
    assert_eq!(lines.len(), 3, "one question a type: {lines:?}");
    assert!(
        lines[1].contains("2025550100"),
        "about a number that nobody has: {lines:?}"
    );

    let desk = desk_of(none, none);
    let account = desk.connector.check(desk.cx(10)).await.unwrap();
    assert!(account.limits.is_empty(), "{:?}", account.limits);

    // Where it is so with all of them, nobody would ever be found.
    let desk = desk_of(no, no);
    let error = desk.connector.check(desk.cx(10)).await.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_ref()),
        (Kind::Forbidden, "Testa: No access")
    );

    // A type that never answers does not cost the account's name.
    let began = tokio::time::Instant::now();
    let desk = desk_of(none, || ok(json!({ "items": [] })).after(60_000));
    let account = desk.connector.check(desk.cx(10)).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    // And nothing is said of it: what passes by itself is no limit of the account.
    assert!(account.limits.is_empty(), "{:?}", account.limits);
}

#[tokio::test(start_paused = true)]
async fn facts_that_are_needed_and_unknown_are_asked_for_once() {
    let desk = desk(CRM, |sent, _| match sent.path.as_str() {
        "/me" => ok(json!({ "id": 12, "name": "Anna", "zone": "Nowhere/Land" })).after(30),
        "/calls" => ok(json!({ "id": 1 })),
        _ => ok(json!(null)),
    });
    let log = || {
        desk.connector
            .log_call(desk.cx(5), call(), Arc::new(Journal::default()))
    };
    let (one, other) = tokio::join!(log(), log());
    one.unwrap();
    other.unwrap();
    let sent = desk.crm.sent();
    assert_eq!(sent.iter().filter(|sent| sent.path == "/me").count(), 1);
    let log = sent.iter().find(|sent| sent.path == "/calls").unwrap();
    assert_eq!(
        log.body["zone"], "America/New_York",
        "a zone that nobody knows: the call's own"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_an_account_is_no_account() {
    let desk = desk(CRM, |_, _| ok(json!({ "name": "Anna" })));
    let error = desk.connector.check(desk.cx(5)).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("whose account"), "{error}");
}

/// Kept by a connection whose file asked for less than it does now.
#[tokio::test(start_paused = true)]
async fn facts_of_an_older_file_are_asked_for_anew() {
    let older = Memory::default();
    let facts = json!({ "facts": { "id": "12", "name": "Anna" } });
    older.kept().insert("account".to_owned(), facts.to_string());
    let desk = desk_with(CRM, std::sync::Arc::new(older), setup(), |sent, _| {
        match sent.path.as_str() {
            "/me" => ok(json!({ "id": 12, "name": "Anna", "zone": "Europe/Berlin" })),
            "/calls" => ok(json!({ "id": 1 })),
            _ => ok(json!(null)),
        }
    });
    let log = || {
        desk.connector
            .log_call(desk.cx(5), call(), Arc::new(Journal::default()))
    };
    log().await.unwrap();
    log().await.unwrap();
    let sent = desk.crm.sent();
    assert_eq!(sent.iter().filter(|sent| sent.path == "/me").count(), 1);
    let log = sent.iter().rfind(|sent| sent.path == "/calls").unwrap();
    assert_eq!(log.body["zone"], "Europe/Berlin");
}
