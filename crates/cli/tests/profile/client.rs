//! With an app that owns the profile: a call from its first ring to its log, all of it over the socket.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ringside_app::{App, Connection, Folders, Profile, Start, StartOptions, host::sign_in::Browser};
use ringside_ipc::status::RoleDto;
use ringside_tests::{Act, Answer, HttpCrm, LoopbackCrm, Route};

use super::*;

/// As [`app`], with a CRM beside the address book.
fn app_with(runtime: &tokio::runtime::Runtime, crm: &LoopbackCrm) -> App {
    let folders = Folders::of(Profile::default()).unwrap();
    let mut options = StartOptions::new(folders, RoleDto::App);
    options.extra.push(Connection {
        connector: Arc::new(HttpCrm::new(crm.url(), true, false, Duration::ZERO)),
        logs_here: true,
        account: "loopback".into(),
    });
    match runtime.block_on(ringside_app::start(options)).unwrap() {
        Start::Owner(app) => app,
        Start::Taken(_) => panic!("somebody else owns the profile"),
    }
}

/// The app without its windows, in this process, on the same folders and the same keyring as the program.
pub fn app(runtime: &tokio::runtime::Runtime) -> App {
    app_before(runtime, None)
}

/// The same, with this browser.
pub fn app_before(runtime: &tokio::runtime::Runtime, browser: Option<Arc<dyn Browser>>) -> App {
    let folders = Folders::of(Profile::default()).unwrap();
    let mut options = StartOptions::new(folders, RoleDto::App);
    if let Some(browser) = browser {
        options.ports.browser = browser;
    }
    match runtime.block_on(ringside_app::start(options)).unwrap() {
        Start::Owner(app) => app,
        Start::Taken(_) => panic!("somebody else owns the profile"),
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(10), "still not so: {what}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

#[test]
fn a_call_from_ring_to_log() {
    if !inside("client::a_call_from_ring_to_log", true) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = app(&runtime);
    let anna = reference(
        &json(
            0,
            &["create", "Anna Meier", "--type", "lead", "--number", "+44 20 7946 0123"],
        )["contact"],
    );
    let bert = reference(&json(0, &["create", "Bert Schulz"])["contact"]);

    let began = Instant::now();
    let told = json(
        0,
        &[
            "ring",
            "--from",
            "+44 20 7946 0123",
            "--to",
            "sales",
            "--name",
            "ANNA",
            "--call-id",
            "7",
        ],
    );
    println!("ring took {:?}", began.elapsed());
    assert_eq!(told["became"], "told");
    let call = told["call"].as_str().unwrap();
    let show = || json(0, &["calls"])["calls"][0].clone();
    until("the caller is known", || {
        show()["choice"]["contact"]["name"] == "Anna Meier"
    });
    assert_eq!(show()["choice"]["by"], "only_exact_match");
    assert_eq!(
        json(
            0,
            &[
                "ring",
                "--from",
                "+442079460123",
                "--state",
                "answered",
                "--call-id",
                "7"
            ]
        )["call"],
        call
    );
    json(0, &["note", "last", "wants a quote", "--outcome", "call_back"]);
    json(0, &["ring", "--state", "ended", "--call-id", "7"]);
    until("the call is over", || show()["state"] == "completed");

    let logged = json(0, &["log", "last"]);
    assert_eq!(logged["log"]["state"], "logged");
    assert_eq!(logged["note"], "wants a quote");
    let moved = json(0, &["log", call, "--contact", &bert, "--note", "it was Bert"]);
    assert_eq!(
        (&moved["log"]["contact_name"], &moved["outcome"]),
        (&Value::from("Bert Schulz"), &Value::from("call_back"))
    );
    json(0, &["choose", "last", &anna]);
    json(0, &["choose", "last", "--nobody"]);
    json(0, &["refresh", "last"]);
    assert!(
        json(0, &["explain", "last"]).as_array().unwrap().len() >= 2,
        "the first lookup, and the refresh"
    );
    let listed = text(&["calls"]);
    assert!(listed.contains("ended") && listed.contains(call), "{listed}");
    assert!(!json(0, &["status"])["store"].is_null());

    runtime.block_on(app.stop());
    // The next owner is a command line, and finds all of it.
    assert_eq!(
        json(0, &["calls", "--text", "sales"])["calls"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(show()["note"], "it was Bert");
}

#[test]
fn a_command_line_can_end_the_app() {
    if !inside("client::a_command_line_can_end_the_app", true) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = app(&runtime);
    json(0, &["rehearse", "withheld"]);
    until("the withheld call is there", || {
        json(0, &["calls"])["calls"][0]["caller"]["kind"] == "withheld"
    });
    json(0, &["quit"]);
    runtime
        .block_on(async { tokio::time::timeout(Duration::from_secs(5), app.quit_requested()).await })
        .unwrap();
    runtime.block_on(app.stop());
}

#[test]
fn a_refused_log_is_settled_and_a_waiting_one_retried() {
    if !inside("client::a_refused_log_is_settled_and_a_waiting_one_retried", true) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let crm = runtime.block_on(LoopbackCrm::start(true));
    let app = app_with(&runtime, &crm);
    let plan = |status| {
        let answer = Answer::Status(status);
        crm.plan(
            Route::Log,
            Act {
                answer,
                lost: true,
                ..Act::default()
            },
        );
    };
    let ring = |id: &str| {
        json(0, &["ring", "--from", "+44 20 7946 0123", "--call-id", id]);
        json(0, &["ring", "--state", "ended", "--call-id", id]);
    };
    let ada = "loopback/person/7";

    ring("1");
    assert_eq!(json(3, &["settle", "last", "--drop"])["error"]["code"], "conflict");
    plan(400);
    assert_eq!(json(3, &["log", "last", "--contact", ada])["log"]["state"], "refused");
    plan(400);
    assert_eq!(json(3, &["settle", "last", "--send-again"])["log"]["state"], "refused");
    assert_eq!(json(0, &["settle", "last", "--send-again"])["log"]["state"], "logged");
    assert_eq!(crm.logs().len(), 1);

    ring("2");
    plan(400);
    json(3, &["log", "last", "--contact", ada]);
    let dropped = json(0, &["settle", "last", "--drop"]);
    assert_ne!(dropped["log"]["state"], "refused");
    assert_eq!(json(0, &["set-aside", "last"])["log"]["state"], "set_aside");
    assert_eq!(crm.logs().len(), 1, "nothing more was sent");

    ring("3");
    // It waits for the person, who signs in again.
    plan(401);
    assert_eq!(json(4, &["log", "last", "--contact", ada])["log"]["state"], "waiting");
    assert_eq!(json(0, &["retry", "last"])["log"]["state"], "logged");
    assert_eq!(crm.logs().len(), 2);
    // This CRM asks for nothing and takes no numbers.
    let refused = json(3, &["log", "last", "--field", "matter=12"]);
    assert_eq!(refused["error"]["field"], "matter");
    assert_eq!(json(2, &["log", "last", "--field", "matter"])["error"]["code"], "usage");
    let added = json(0, &["add-number", ada, "+44 20 7946 0188"]);
    assert_eq!(
        (&added["linked_only"], &added["contact"]["name"]),
        (&true.into(), &"Ada Example".into())
    );
    let said = String::from_utf8(ringside(&["add-number", ada, "+44 20 7946 0188"]).stdout).unwrap();
    assert!(said.contains("Linked on this computer only"), "{said}");
    for wrong in [&["settle", "last"][..], &["settle", "last", "--drop", "--is-there"]] {
        assert_eq!(ringside(wrong).status.code(), Some(2), "{wrong:?}");
    }
    runtime.block_on(app.stop());
}

#[test]
fn a_number_is_added_to_a_contact_and_the_call_is_theirs() {
    if !inside("client::a_number_is_added_to_a_contact_and_the_call_is_theirs", true) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = app(&runtime);
    let anna = reference(&json(0, &["create", "Anna Meier"])["contact"]);
    json(0, &["ring", "--from", "+44 20 7946 0123"]);
    let added = json(0, &["add-number", &anna, "+44 20 7946 0123", "--call", "last"]);
    assert_eq!(added["contact"]["numbers"][0]["raw"], "+44 20 7946 0123");
    assert_eq!(added["linked_only"], false);
    assert_eq!(
        json(0, &["calls"])["calls"][0]["choice"]["contact"]["name"],
        "Anna Meier"
    );
    assert_eq!(
        json(0, &["lookup", "+442079460123"])["lookup"]["matches"][0]["contact"]["name"],
        "Anna Meier"
    );
    assert_eq!(json(2, &["add-number", "anna", "1"])["error"]["code"], "usage");
    runtime.block_on(app.stop());
}

#[test]
fn quitting_does_not_lose_calls_unless_it_is_forced() {
    if !inside("client::quitting_does_not_lose_calls_unless_it_is_forced", false) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = app(&runtime);
    json(0, &["ring", "--from", "+44 20 7946 0123"]);
    assert_eq!(json(3, &["quit"])["error"]["code"], "unsaved");
    let has_quit = || {
        let asked = async { tokio::time::timeout(Duration::from_millis(50), app.quit_requested()).await };
        runtime.block_on(asked).is_ok()
    };
    assert!(!has_quit());
    json(0, &["quit", "--force"]);
    assert!(has_quit());
    assert_eq!(runtime.block_on(app.stop()), 1);
}

#[test]
fn contacts_that_wait_to_be_created() {
    if !inside("client::contacts_that_wait_to_be_created", true) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = app(&runtime);
    let asks = |name: &str| {
        let draft = ringside_ipc::contact::DraftDto {
            connection: "address-book".to_owned(),
            contact_type: "lead".to_owned(),
            name: name.to_owned(),
            ..Default::default()
        };
        let args = ringside_ipc::command::CreateArgs {
            draft,
            call: None,
            force: false,
            later: true,
            instead_of: None,
        };
        match runtime.block_on(ringside_ipc::Api::create_contact(&app, args)).unwrap() {
            ringside_ipc::contact::CreatedDto::Waiting { creation } => creation.id,
            other => panic!("{other:?}"),
        }
    };
    let (anna, bert) = (asks("Anna Meier"), asks("Bert Schulz"));
    assert_eq!(json(0, &["creations"])[1]["draft"]["name"], "Anna Meier");
    assert_eq!(json(0, &["status"])["creating"], 2);
    let undone = json(0, &["creations", "undo", &anna]);
    assert_eq!(undone["state"]["kind"], "undone");
    let sent = json(0, &["creations", "send", &bert]);
    assert_eq!(sent["state"]["contact"]["name"], "Bert Schulz");
    assert_eq!(json(0, &["creations"]).as_array().map(Vec::len), Some(0));
    json(1, &["search", "Anna Meier"]);
    assert_eq!(json(0, &["search", "Bert Schulz"])["rows"][0]["name"], "Bert Schulz");
    runtime.block_on(app.stop());
}
