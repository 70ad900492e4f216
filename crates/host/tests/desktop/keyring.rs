//! The secret store: kept, restarted, hung, locked and missing.

use std::{
    io::Write,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use ringside_domain::{CredentialStore, Kind, credentials::Secret};
use ringside_host::{Keyring, Profile};

use crate::inside;

/// A keyring daemon of this test, ended with it.
struct Daemon(Child);

impl Daemon {
    /// Unlocked with a password, as at sign-in. Another start on the same files must use the same password.
    fn unlocked() -> Self {
        let mut child = Self::command().arg("--unlock").stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"rehearsal").unwrap();
        Self(child).ready()
    }

    /// Started without a password: its login keyring stays locked.
    fn locked() -> Self {
        Self(Self::command().stdin(Stdio::null()).spawn().unwrap()).ready()
    }

    fn command() -> Command {
        let mut command = Command::new("gnome-keyring-daemon");
        command
            .args(["--foreground", "--components=secrets"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn ready(self) -> Self {
        let deadline = Instant::now() + Duration::from_secs(20);
        let owned = || {
            let asked = Command::new("dbus-send")
                .args([
                    "--session",
                    "--print-reply",
                    "--dest=org.freedesktop.DBus",
                    "/org/freedesktop/DBus",
                ])
                .args(["org.freedesktop.DBus.GetNameOwner", "string:org.freedesktop.secrets"])
                .stderr(Stdio::null())
                .output();
            asked.unwrap().status.success()
        };
        while !owned() {
            assert!(Instant::now() < deadline, "gnome-keyring-daemon did not come up");
            std::thread::sleep(Duration::from_millis(30));
        }
        self
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.0.id().to_string())
            .status()
            .unwrap();
        assert!(sent.success());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn keyring(profile: &str) -> Keyring {
    Keyring::new(&profile.parse::<Profile>().unwrap()).with_deadline(Duration::from_millis(1_500))
}

async fn text(keyring: &Keyring, name: &str) -> Option<String> {
    let secret = keyring.get(name).await.unwrap()?;
    Some(String::from_utf8(secret.expose().to_vec()).unwrap())
}

#[test]
fn secrets_are_kept_replaced_and_removed() {
    if !inside("keyring::secrets_are_kept_replaced_and_removed") {
        return;
    }
    let daemon = Daemon::unlocked();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let own = keyring("");
        assert_eq!(text(&own, "store").await, None);
        own.set("store", Secret::new("first")).await.unwrap();
        own.set("store", Secret::new("second")).await.unwrap();
        assert_eq!(text(&own, "store").await.as_deref(), Some("second"));
        assert_eq!(
            text(&keyring("rehearsal"), "store").await,
            None,
            "another profile has its own"
        );

        let long: String = (0..6_000).map(|at| char::from(b'a' + (at % 23) as u8)).collect();
        own.set("phone/desk", Secret::new(long.clone())).await.unwrap();
        assert_eq!(
            text(&keyring(""), "phone/desk").await,
            Some(long),
            "from another connection"
        );
        let binary: Vec<u8> = (0..=255).collect();
        own.set("binary", Secret::new(binary.clone())).await.unwrap();
        assert_eq!(own.get("binary").await.unwrap().unwrap().expose(), binary);

        own.remove("phone/desk").await.unwrap();
        own.remove("phone/desk").await.unwrap();
        assert_eq!(text(&own, "phone/desk").await, None);
        assert_eq!(text(&own, "phone/desk#a.0").await, None, "its parts are gone too");

        let (one, two) = tokio::join!(own.set("a", Secret::new("1")), own.set("b", Secret::new("2")));
        one.and(two).unwrap();
        assert_eq!(
            (text(&own, "a").await, text(&own, "b").await),
            (Some("1".into()), Some("2".into()))
        );
    });
    // The same again on a runtime with a single thread, on which nothing may block.
    let single = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    assert_eq!(single.block_on(text(&keyring(""), "store")).as_deref(), Some("second"));
    drop(daemon);
}

#[test]
fn a_restarted_daemon_is_found_again() {
    if !inside("keyring::a_restarted_daemon_is_found_again") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let own = keyring("");
    runtime.block_on(async {
        let first = Daemon::unlocked();
        own.set("store", Secret::new("kept")).await.unwrap();
        drop(first);
        let _second = Daemon::unlocked();
        assert_eq!(text(&own, "store").await.as_deref(), Some("kept"));
    });
}

#[test]
fn a_hung_daemon_costs_one_deadline_and_nothing_else() {
    if !inside("keyring::a_hung_daemon_costs_one_deadline_and_nothing_else") {
        return;
    }
    let daemon = Daemon::unlocked();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let own = keyring("");
        own.set("store", Secret::new("kept")).await.unwrap();
        daemon.signal("STOP");
        let before = Instant::now();
        let error = own.get("store").await.unwrap_err();
        assert_eq!(error.kind, Kind::KeyringLocked);
        assert!(
            error.hint.is_some() && before.elapsed() < Duration::from_secs(3),
            "{error} after {:?}",
            before.elapsed()
        );
        let error = own.set("store", Secret::new("new")).await.unwrap_err();
        assert!(error.may_have_happened, "{error}");

        daemon.signal("CONT");
        let deadline = Instant::now() + Duration::from_secs(10);
        while own.get("store").await.is_err() {
            assert!(Instant::now() < deadline, "it answers again after it goes on");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        own.set("store", Secret::new("newest")).await.unwrap();
        assert_eq!(text(&own, "store").await.as_deref(), Some("newest"));
    });
}

#[test]
fn a_locked_keyring_is_told_and_can_be_unlocked() {
    if !inside("keyring::a_locked_keyring_is_told_and_can_be_unlocked") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let own = keyring("");
        let first = Daemon::unlocked();
        own.set("store", Secret::new("kept")).await.unwrap();
        drop(first);

        let locked = Daemon::locked();
        let before = Instant::now();
        let error = own.get("store").await.unwrap_err();
        assert_eq!(error.kind, Kind::KeyringLocked, "{error:?}");
        assert!(
            error.hint.as_deref().is_some_and(|hint| hint.contains("Unlock")),
            "{error:?}"
        );
        assert!(before.elapsed() < Duration::from_secs(3));
        assert_eq!(
            own.set("store", Secret::new("other")).await.unwrap_err().kind,
            Kind::KeyringLocked
        );
        drop(locked);

        let _unlocked = Daemon::unlocked();
        assert_eq!(
            text(&own, "store").await.as_deref(),
            Some("kept"),
            "nothing was replaced in the meantime"
        );
    });
}

#[test]
fn no_keyring_at_all_names_the_package() {
    if !inside("keyring::no_keyring_at_all_names_the_package") {
        return;
    }
    // A bus that nobody listens on: even starting the service by D-Bus is out of the question.
    if std::env::var_os("RINGSIDE_TEST_NO_BUS").is_none() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "keyring::no_keyring_at_all_names_the_package", "--nocapture"])
            .env("RINGSIDE_TEST_NO_BUS", "1")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let error = runtime.block_on(keyring("").get("store")).unwrap_err();
    assert_eq!(error.kind, Kind::KeyringLocked);
    assert!(
        error.hint.as_deref().is_some_and(|hint| hint.contains("gnome-keyring")),
        "{error:?}"
    );
    let error = runtime
        .block_on(keyring("").set("store", Secret::new("x")))
        .unwrap_err();
    assert_eq!(error.kind, Kind::KeyringLocked);
}
