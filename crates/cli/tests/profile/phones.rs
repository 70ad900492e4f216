//! Phones with the real program: what can be set up, the trial call, and watching every call as it happens.

use std::{
    io::{BufRead as _, BufReader, Lines, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout},
};

use ringside_ipc::{
    Api as _,
    call::{ReportDto, ReportState},
};
use ringside_tests::ringcentral::{CLIENT, Fake, Mood, Person, port};

use super::{
    client::{app, app_before},
    *,
};

/// A command that goes on while the test does, its lines as they come.
struct Going {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

fn going(args: &[&str]) -> Going {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringside"))
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Going { child, lines }
}

impl Going {
    fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    /// The next line about a call, for as long as it is none that only adds a name.
    fn call(&mut self) -> Value {
        loop {
            let line = self.next();
            if line["kind"] == "call" && line["event"] != "changed" {
                return line;
            }
        }
    }

    fn phone(&mut self, state: &str) -> Value {
        loop {
            let line = self.next();
            if line["kind"] == "phone" && line["state"]["kind"] == state {
                return line;
            }
        }
    }

    fn ends(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    fn interrupt(mut self) -> Option<i32> {
        self.signal("-INT");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A report to the intake, as a softphone sends it.
fn tell(port: u16, token: &str, report: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "GET /v1/call/{token}?{report} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
}

fn token_in(added: &Value) -> String {
    let recipes = added["recipes"].to_string();
    recipes.split("/v1/call/").nth(1).unwrap().chars().take(32).collect()
}

#[test]
fn a_phone_is_added_checked_and_watched() {
    if !inside("phones::a_phone_is_added_checked_and_watched", true) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = app(&runtime);
    let port = free_port();
    json(0, &["settings", "set", "intake_port", &port.to_string()]);
    let mut watch = going(&["watch", "--json", "--phones"]);

    let added = json(0, &["phone", "add", "Desk"]);
    assert_eq!(
        (&added["phone"]["kind"], &added["phone"]["trusted"]),
        (&"program".into(), &false.into())
    );
    let ready = watch.phone("ready");
    assert_eq!(
        (&ready["phone"], &ready["phone_kind"]),
        (&"Desk".into(), &"program".into())
    );
    assert!(text(&["phone", "list"]).contains("hears of every call"));
    let refused = json(
        4,
        &[
            "phone",
            "add",
            "Headset",
            "--kind",
            "baresip",
            "--set",
            "server=127.0.0.1:9",
        ],
    );
    assert_eq!(refused["error"]["code"], "unavailable");
    assert_eq!(
        json(3, &["phone", "add", "X", "--kind", "telegraph"])["error"]["field"],
        "kind"
    );
    assert_eq!(json(3, &["phone", "add", "desk"])["error"]["code"], "conflict");
    assert_eq!(json(0, &["phone", "list"]).as_array().unwrap().len(), 1);
    assert!(
        json(0, &["phone", "change", "desk", "--trusted"])["trusted"]
            .as_bool()
            .unwrap()
    );
    json(1, &["phone", "check", "Attic"]);

    let token = token_in(&added);
    let mut check = going(&["phone", "check", "desk", "--json"]);
    // The check has begun when it can be seen.
    while json(0, &["phone", "list"])[0]["check"].is_null() {
        std::thread::sleep(std::time::Duration::from_millis(30));
    }
    tell(port, &token, "event=incoming&remote=%2B442079460123&name=Ada&call=7");
    let marks: Vec<Value> = (0..3).map(|_| check.next()["mark"].clone()).collect();
    assert_eq!(marks, ["rang", "number", "name"]);
    let rings = watch.call();
    assert_eq!(
        (&rings["event"], &rings["state"], &rings["number"], &rings["replay"]),
        (
            &"ringing".into(),
            &"ringing".into(),
            &"+442079460123".into(),
            &false.into()
        )
    );
    assert!(
        rings["name"] == "Ada" && rings["at"].is_i64() && rings["direction"] == "in",
        "{rings}"
    );
    // Whoever begins to listen now hears of the call that rings already.
    let mut late = going(&["watch", "--json"]);
    let replayed = late.call();
    assert_eq!((&replayed["id"], &replayed["replay"]), (&rings["id"], &true.into()));

    tell(port, &token, "event=established&remote=%2B442079460123&call=7");
    assert_eq!(check.next()["mark"], "answered");
    tell(port, &token, "event=terminated&remote=%2B442079460123&call=7");
    assert_eq!(check.next()["mark"], "ended");
    assert_eq!(check.next()["done"], true);
    assert!(check.child.wait().unwrap().success());
    for watching in [&mut watch, &mut late] {
        let (answered, ended) = (watching.call(), watching.call());
        assert_eq!(
            (&answered["event"], &answered["id"]),
            (&"answered".into(), &rings["id"])
        );
        assert_eq!(
            (&ended["event"], &ended["state"]),
            (&"ended".into(), &"completed".into())
        );
    }

    assert_eq!(late.interrupt(), Some(0), "stopping it is how it ends");
    assert_eq!(json(0, &["phone", "remove", "desk"]), serde_json::json!([]));
    runtime.block_on(app.stop());
    while watch.lines.next().is_some() {}
    assert_eq!(watch.child.wait().unwrap().code(), Some(4), "the app has ended");
}

#[test]
fn every_event_is_printed_with_who_told_it() {
    if !inside("phones::every_event_is_printed_with_who_told_it", true) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = app(&runtime);
    let port = free_port();
    json(0, &["settings", "set", "intake_port", &port.to_string()]);
    let token = token_in(&json(0, &["phone", "add", "Desk", "--trusted"]));
    let nothing = ringside(&["calls"]);
    assert_eq!(nothing.stdout, b"");
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("ringside phone list"));
    let before = json(0, &["ring", "--from", "+44 20 7946 0111", "--call-id", "old"]);
    let mut watch = going(&["watch", "--json"]);
    assert_eq!(
        watch.call()["id"],
        before["call"],
        "whoever listens hears what rings already"
    );

    tell(
        port,
        &token,
        "event=incoming&remote=%2B442079460123&local=sales&name=Ada&call=7",
    );
    tell(port, &token, "event=terminated&call=7");
    json(0, &["ring", "--from", "+44 20 7946 0124", "--call-id", "8"]);
    let mut event = || loop {
        let line = watch.next();
        if line["kind"] == "event" {
            return line;
        }
    };
    let rings = event();
    let told = |line: &Value| {
        format!(
            "{} {} {} {}",
            line["source"], line["event"], line["reason"], line["state"]
        )
    };
    assert_eq!(told(&rings), r#""intake/Desk" "ringing" null "ringing""#);
    assert_eq!(
        (&rings["number"], &rings["name"], &rings["line"], &rings["trusted"]),
        (&"+442079460123".into(), &"Ada".into(), &"sales".into(), &true.into()),
        "{rings}"
    );
    let ended = event();
    assert_eq!(told(&ended), r#""intake/Desk" "ended" "completed" "missed""#);
    assert_eq!((&ended["id"], &ended["caller"]), (&rings["id"], &Value::Null));
    let other = event();
    assert_eq!(told(&other), r#""ring" "ringing" null "ringing""#);
    assert!(other["trusted"] == false && other["id"].is_string(), "{other}");
    assert_eq!(watch.interrupt(), Some(0));

    let gone = ringside(&["phone", "remove", "desk"]);
    assert!(String::from_utf8_lossy(&gone.stderr).contains("No phones yet"));
    assert_eq!(
        String::from_utf8(ringside(&["calls", "--text", "nobody"]).stderr)
            .unwrap()
            .lines()
            .count(),
        1
    );
    runtime.block_on(app.stop());
}

#[test]
fn a_watcher_that_was_too_slow_is_told_so_and_hears_of_every_call() {
    if !inside(
        "phones::a_watcher_that_was_too_slow_is_told_so_and_hears_of_every_call",
        true,
    ) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = app(&runtime);
    let ring = |from: &str, call: &str, state: ReportState| {
        let report = ReportDto {
            from: Some(from.to_owned()),
            call_id: Some(call.to_owned()),
            state: Some(state),
            ..ReportDto::default()
        };
        runtime.block_on(app.report(report)).unwrap().call.unwrap()
    };
    let known = ring("+44 20 7946 0111", "known", ReportState::Ringing);
    let mut watch = going(&["watch", "--json"]);
    assert_eq!(watch.call()["id"], known.as_str());
    watch.signal("-STOP");
    for _ in 0..4_000 {
        ring("+44 20 7946 0112", "again", ReportState::Ringing);
    }
    let short = ring("+44 20 7946 0123", "short", ReportState::Ringing);
    ring("+44 20 7946 0123", "short", ReportState::Ended);
    ring("+44 20 7946 0111", "known", ReportState::Ended);
    watch.signal("-CONT");
    while watch.next()["kind"] != "behind" {}
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let line = watch.call();
        if line["event"] == "ended" {
            ended.push(line["id"].as_str().unwrap().to_owned());
        }
    }
    ended.sort();
    assert_eq!(ended, [known, short], "one was known, one began and ended meanwhile");
    assert_eq!(watch.interrupt(), Some(0));
    runtime.block_on(app.stop());
}

#[test]
fn a_person_signs_in_to_a_phone() {
    if !inside("phones::a_person_signs_in_to_a_phone", true) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _port = runtime.block_on(port());
    let fake = runtime.block_on(Fake::open());
    let person = Person::at(&fake, Mood::Declines);
    let app = app_before(&runtime, Some(std::sync::Arc::new(person.clone())));
    let (client, server) = (format!("client_id={CLIENT}"), format!("server={}", fake.server()));
    // This kind's secret may be left out.
    let add = [
        "phone",
        "add",
        "Office",
        "--kind",
        "ringcentral",
        "--secrets-from-stdin",
    ];
    let said = text(&[&add[..], &["--set", &client, "--set", &server]].concat());
    assert!(
        said.contains("nobody has signed in here yet") && said.contains("ringside phone sign-in \"Office\""),
        "{said}"
    );

    let refused = json(4, &["phone", "sign-in", "office"]);
    assert_eq!(refused["error"]["code"], "sign_in_needed");
    let words = refused["error"]["message"].as_str().unwrap();
    assert!(words.contains("The user said no"), "{words}");
    person.be(Mood::Away);
    let waiting = going(&["phone", "sign-in", "office", "--json"]);
    runtime.block_on(async {
        person.opened().await;
        person.opened().await;
    });
    // Another one takes its place.
    person.be(Mood::Agrees);
    let signed_in = json(0, &["phone", "sign-in", "office"]);
    assert_eq!(
        (&signed_in["state"]["kind"], &signed_in["signed_in"]),
        (&"ready".into(), &true.into())
    );
    assert_eq!(waiting.ends(), Some(4));
    assert!(text(&["phone", "list"]).contains("hears of every call"));
    assert_eq!(json(1, &["phone", "sign-in", "Attic"])["error"]["code"], "not_found");
    assert_eq!(json(0, &["phone", "remove", "office"]), serde_json::json!([]));
    runtime.block_on(app.stop());
    fake.checked();
}

#[test]
fn watching_needs_the_app_and_never_owns_the_profile() {
    if !inside("phones::watching_needs_the_app_and_never_owns_the_profile", true) {
        return;
    }
    let refused = json(4, &["watch"]);
    assert_eq!(refused["error"]["code"], "unavailable");
    assert!(refused["error"]["hint"].as_str().unwrap().contains("Start Ringside"));
    assert_eq!(json(4, &["phone", "check", "Desk"])["error"]["code"], "unavailable");
}

#[test]
fn what_can_be_set_up_is_told_without_a_profile() {
    if !inside("phones::what_can_be_set_up_is_told_without_a_profile", false) {
        return;
    }
    let kinds = json(0, &["phone", "kinds"]);
    let ids: Vec<&str> = kinds
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["sip", "ringcentral", "program", "desk", "baresip", "asterisk"]);
    let shown = text(&["phone", "kinds", "baresip"]);
    assert!(shown.contains("--set server=") && shown.contains("Needs"), "{shown}");
    assert_eq!(json(3, &["phone", "kinds", "telegraph"])["error"]["field"], "kind");
    let mut files = Vec::new();
    files_below(&home(), &mut files);
    assert!(files.is_empty(), "{files:?}");
}
