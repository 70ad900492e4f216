//! With an app that owns the profile: a call from its first ring to its log, all of it over the socket.

use std::time::{Duration, Instant};

use ringside_app::{App, Folders, Profile, Start, StartOptions};
use ringside_ipc::status::RoleDto;

use super::*;

/// The app without its windows, in this process, on the same folders and the same keyring as the program.
fn app(runtime: &tokio::runtime::Runtime) -> App {
    let folders = Folders::of(Profile::default()).unwrap();
    match runtime
        .block_on(ringside_app::start(StartOptions::new(folders, RoleDto::App)))
        .unwrap()
    {
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
