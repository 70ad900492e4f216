//! The real program on a real keyring: as the owner of a profile, as the client of one, and with neither.
//!
//! Each test starts itself once more inside a D-Bus session of its own with an unlocked gnome-keyring. Where the programs
//! for that are missing the tests say so and pass, unless RINGSIDE_REQUIRE_DESKTOP is set, as it is in `./dev test`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod client;
mod connect;
mod owner;
mod phones;
mod ring;
mod signing_in;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

const INSIDE: &str = "RINGSIDE_TEST_INSIDE";

/// True inside the private session; outside it runs the named test there and returns false.
fn inside(test: &str, keyring: bool) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let missing: Vec<&str> = ["dbus-run-session", "gnome-keyring-daemon"]
        .into_iter()
        .filter(|name| !on_path(name))
        .collect();
    if !missing.is_empty() {
        let words = format!("{test} needs {}: install dbus and gnome-keyring", missing.join(" and "));
        assert!(std::env::var_os("RINGSIDE_REQUIRE_DESKTOP").is_none(), "{words}");
        println!("skipped: {words}");
        return false;
    }
    let home = tempfile::tempdir().unwrap();
    let unlock = if keyring {
        "printf only-here | gnome-keyring-daemon --unlock --components=secrets >/dev/null; "
    } else {
        ""
    };
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", &format!("{unlock}exec \"$0\" \"$@\"")]);
    command
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"]);
    command
        .env(INSIDE, "1")
        .env("HOME", home.path())
        .env("RINGSIDE_HOME", home.path().join("r"));
    let run = home.path().join("run");
    ringside_app::host::folders::private_folder(&run).unwrap();
    command.env("XDG_RUNTIME_DIR", run);
    for (name, folder) in [
        ("XDG_DATA_HOME", "data"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_CACHE_HOME", "cache"),
    ] {
        command.env(name, home.path().join(folder));
    }
    for name in [
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "GNOME_KEYRING_CONTROL",
        "RINGSIDE_DESKTOP",
        "LANG",
        "LC_ALL",
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

fn home() -> PathBuf {
    std::env::var_os("RINGSIDE_HOME").unwrap().into()
}

fn ringside(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ringside"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Runs a command that must end with this code, and reads its JSON: an error's from standard error.
fn json(code: i32, args: &[&str]) -> Value {
    let output = ringside(&[args, &["--json"]].concat());
    let (told, complained) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(code), "{args:?}: {told}{complained}");
    let text = if told.is_empty() { complained } else { told };
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{args:?}: not JSON: {text}"))
}

fn text(args: &[&str]) -> String {
    String::from_utf8(ringside(args).stdout).unwrap()
}

/// `connection/type/id` of a contact in JSON.
fn reference(contact: &Value) -> String {
    let part = |name: &str| contact["ref"][name].as_str().unwrap().to_owned();
    format!("{}/{}/{}", part("connection"), part("contact_type"), part("id"))
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            files_below(&entry.path(), found)
        } else {
            found.push(entry.path())
        }
    }
}
