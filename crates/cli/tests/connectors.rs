//! What can be connected is known without a profile: on a computer without a secret store, and before there is any.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{path::Path, process::Command};

use serde_json::Value;

/// What a command says, with no session in which a secret store could be.
fn ringside(home: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ringside"))
        .args(args)
        .env("RINGSIDE_HOME", home)
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
        .output()
        .unwrap();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {complained}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_list_needs_no_secret_store_and_names_the_folder() {
    let home = tempfile::tempdir().unwrap();
    let said = ringside(home.path(), &["connector", "list"]);
    let folder = home.path().join("ringside/config/connectors");
    assert!(said.contains("HubSpot"), "{said}");
    assert_eq!(
        said.lines().last(),
        Some(format!("Files of your own: {}", folder.display()).as_str())
    );
    assert!(!home.path().join("ringside/data").exists(), "nothing is made by asking");

    std::fs::create_dir_all(&folder).unwrap();
    let text = include_str!("../../../connectors/hubspot.toml");
    std::fs::write(
        folder.join("acme.toml"),
        text.replace("id = \"hubspot\"", "id = \"acme\""),
    )
    .unwrap();
    std::fs::write(folder.join("broken.toml"), "schema = ").unwrap();
    let list: Value = serde_json::from_str(&ringside(home.path(), &["connector", "list", "--json"])).unwrap();
    let own = |id: &str| {
        list.as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == id)
            .cloned()
            .unwrap()
    };
    assert_eq!(own("own/acme")["name"], "HubSpot");
    assert_eq!(own("own/broken")["problems"][0]["line"], 1);
    let shown = ringside(home.path(), &["connector", "show", "own/acme"]);
    assert!(shown.contains("acme.toml"), "{shown}");
}

#[test]
fn an_own_files_proof_is_its_authors_word() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("ringside/config/connectors");
    std::fs::create_dir_all(&folder).unwrap();
    let text = include_str!("../../../connectors/hubspot.toml").replace("id = \"hubspot\"", "id = \"acme\"");
    let evidence = |kind: &str| {
        let claims = text.replace("kind = \"documentation\"", &format!("kind = \"{kind}\""));
        std::fs::write(folder.join("acme.toml"), claims).unwrap();
        let shown = ringside(home.path(), &["connector", "show", "own/acme"]);
        let line = shown
            .lines()
            .find_map(|line| line.trim_start().strip_prefix("evidence"));
        line.unwrap().trim().to_owned()
    };
    assert_eq!(evidence("real_server"), "its author says: proved on a real server");
    assert_eq!(
        evidence("specification"),
        "its author says: proved on the vendor's specification"
    );
    assert_eq!(evidence("documentation"), "written from documentation");
}

#[test]
fn a_file_that_cannot_be_read_keeps_no_other_from_being_checked() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("ringside/config/connectors");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("binary.toml"), b"\xff\xfe").unwrap();
    let text = include_str!("../../../connectors/hubspot.toml").replace("id = \"hubspot\"", "id = \"other\"");
    std::fs::write(folder.join("other.toml"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ringside"))
        .args(["connector", "check"])
        .env("RINGSIDE_HOME", home.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "refused: {said}");
    assert!(
        said.contains("binary.toml:1:1 error The file is not UTF-8 text"),
        "{said}"
    );
    assert!(
        said.contains(" examples passed") && !said.contains("\n0 examples passed"),
        "{said}"
    );
}

/// `ringside connector check /dev/stdin < file`, `… | …` and `check <(…)` of a shell.
#[cfg(unix)]
#[test]
fn a_file_may_come_through_a_pipe_that_is_open() {
    use std::io::Write;
    let mut check = Command::new(env!("CARGO_BIN_EXE_ringside"))
        .args(["connector", "check", "/dev/stdin"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let text = include_bytes!("../../../connectors/hubspot.toml");
    check.stdin.take().unwrap().write_all(text).unwrap();
    let output = check.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(" examples passed, 0 failed"), "{said}");
    assert_eq!(output.status.code(), Some(0), "{said}");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_said_and_not_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let pipe = home.path().join("pipe.toml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for place in [pipe.as_path(), home.path()] {
        let mut check = Command::new(env!("CARGO_BIN_EXE_ringside"))
            .args(["connector", "check"])
            .arg(place)
            .env("RINGSIDE_HOME", home.path())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let began = std::time::Instant::now();
        while check.try_wait().unwrap().is_none() && began.elapsed().as_secs() < 10 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        // One that still waits is ended, and has said nothing.
        let _ = check.kill();
        let said = String::from_utf8(check.wait_with_output().unwrap().stderr).unwrap();
        assert!(said.contains("is not a file"), "{}: {said}", place.display());
    }
}
