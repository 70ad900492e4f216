//! Against a real desktop: a private D-Bus with gnome-keyring on it, with and without a notification service.
//!
//! Each test starts itself once more inside `dbus-run-session`, in folders of its own, so that it never meets the real
//! keyring of whoever runs it. Where the programs are missing the tests say so and pass, unless RINGSIDE_REQUIRE_DESKTOP
//! is set, as it is in `./dev test`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod keyring;
mod links;
mod notifications;
mod session;

use std::process::Command;

const INSIDE: &str = "RINGSIDE_TEST_INSIDE";

/// True inside the private session; outside it runs the named test there and returns false.
fn inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let missing: Vec<&str> = ["dbus-run-session", "gnome-keyring-daemon"]
        .into_iter()
        .filter(|program| !on_path(program))
        .collect();
    if !missing.is_empty() {
        let words = format!("{test} needs {}: install dbus and gnome-keyring", missing.join(" and "));
        assert!(std::env::var_os("RINGSIDE_REQUIRE_DESKTOP").is_none(), "{words}");
        println!("skipped: {words}");
        return false;
    }
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    ringside_host::folders::private_folder(&run).unwrap();
    let at = |name: &str| home.path().join(name);
    let mut command = Command::new("dbus-run-session");
    command
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"]);
    // What programs are started leave nothing behind where the sources lie.
    command
        .current_dir(home.path())
        .env(INSIDE, "1")
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", run);
    command
        .env("XDG_DATA_HOME", at("data"))
        .env("XDG_CONFIG_HOME", at("config"))
        .env("XDG_CACHE_HOME", at("cache"));
    // No display: a keyring or a notification service that D-Bus starts by itself then ends at once.
    for name in [
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XDG_CURRENT_DESKTOP",
        "GNOME_KEYRING_CONTROL",
    ] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        told.contains("1 passed"),
        "the test {test} is not named as it says: {told}"
    );
    false
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
