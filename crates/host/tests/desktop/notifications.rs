//! Notifications: with a real service, without one, and on a bus that never answers.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use ringside_domain::{CallId, CredentialStore, Kind, id::uuid_v7};
use ringside_host::{Keyring, Notice, Notifier, OsRandom, Profile, SystemClock};

use crate::{inside, on_path};

/// A child that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn dunst(arguments: &[&str]) -> String {
    let output = Command::new("dunstctl").args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn displayed(count: &str) {
    for _ in 0..200 {
        if dunst(&["count", "displayed"]) == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!(
        "{} notifications are shown, expected {count}",
        dunst(&["count", "displayed"])
    );
}

#[test]
fn a_notification_is_shown_replaced_clicked_and_closed() {
    let missing: Vec<&str> = ["Xvfb", "dunst", "dunstctl"]
        .into_iter()
        .filter(|program| !on_path(program))
        .collect();
    if !missing.is_empty() {
        assert!(
            std::env::var_os("RINGSIDE_REQUIRE_DESKTOP").is_none(),
            "install {}",
            missing.join(", ")
        );
        println!("skipped: {} is missing", missing.join(", "));
        return;
    }
    if !inside("notifications::a_notification_is_shown_replaced_clicked_and_closed") {
        return;
    }
    // Xvfb takes a free display and writes its number; only then is it up.
    let mut screen = Command::new("Xvfb")
        .args(["-displayfd", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut number = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(screen.stdout.take().unwrap()), &mut number).unwrap();
    let _screen = Ended(screen);
    let daemon = Command::new("dunst")
        .env("DISPLAY", format!(":{}", number.trim()))
        .stderr(Stdio::null())
        .spawn();
    let _daemon = Ended(daemon.unwrap());

    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        displayed("0").await;
        let (clicks, mut clicked) = tokio::sync::mpsc::unbounded_channel();
        let notifier = Notifier::new(move |call, action| clicks.send((call, action.to_owned())).unwrap());
        let call = CallId::from_uuid(uuid_v7(&SystemClock, &OsRandom));
        let notice = |title: &str| Notice {
            title: title.into(),
            body: "<b>Smith & Sons</b>".into(),
            actions: vec![("search".into(), "Search".into())],
        };
        notifier.show(call, notice("Somebody calls")).await.unwrap();
        notifier.show(call, notice("Ada Lovelace")).await.unwrap();
        displayed("1").await;
        let other = CallId::from_uuid(uuid_v7(&SystemClock, &OsRandom));
        notifier.show(other, notice("Grace Hopper")).await.unwrap();
        displayed("2").await;
        notifier.close(other).await.unwrap();
        displayed("1").await;
        dunst(&["action", "0"]);
        let click = tokio::time::timeout(Duration::from_secs(5), clicked.recv())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(click, (call, ringside_host::notify::OPEN.to_owned()));
        notifier.close(call).await.unwrap();
        displayed("0").await;
    });
}

#[test]
fn no_notification_service_is_an_error_with_words() {
    if !inside("notifications::no_notification_service_is_an_error_with_words") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let notifier = Notifier::new(|_, _| {});
        let call = CallId::from_uuid(uuid_v7(&SystemClock, &OsRandom));
        let before = Instant::now();
        let notice = Notice {
            title: "Ada Lovelace".into(),
            ..Notice::default()
        };
        let error = notifier.show(call, notice).await.unwrap_err();
        assert!(matches!(error.kind, Kind::Unavailable | Kind::Timeout), "{error:?}");
        assert!(before.elapsed() < Duration::from_secs(3), "{:?}", before.elapsed());
        assert!(!format!("{error:?}").contains("Lovelace"));
        notifier.close(call).await.unwrap();
    });
}

#[test]
fn a_bus_that_never_answers_is_a_timeout() {
    if !inside("notifications::a_bus_that_never_answers_is_a_timeout") {
        return;
    }
    let silent = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR").unwrap()).join("silent");
    if std::env::var_os("RINGSIDE_TEST_SILENT").is_none() {
        let _listener = std::os::unix::net::UnixListener::bind(&silent).unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "notifications::a_bus_that_never_answers_is_a_timeout",
                "--nocapture",
            ])
            .env("RINGSIDE_TEST_SILENT", "1")
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", silent.display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let before = Instant::now();
    let call = CallId::from_uuid(uuid_v7(&SystemClock, &OsRandom));
    let error = runtime
        .block_on(Notifier::new(|_, _| {}).show(call, Notice::default()))
        .unwrap_err();
    assert_eq!(error.kind, Kind::Timeout, "{error:?}");
    let error = runtime
        .block_on(
            Keyring::new(&Profile::default())
                .with_deadline(Duration::from_millis(1_500))
                .get("store"),
        )
        .unwrap_err();
    assert_eq!(error.kind, Kind::KeyringLocked, "{error:?}");
    assert!(before.elapsed() < Duration::from_secs(6), "{:?}", before.elapsed());
    // Threads that hang on the silent bus must not keep the program from ending either.
    runtime.shutdown_background();
}
