//! `ringside ring` without an owner that answers: the event is kept, and the softphone goes on at once.

use std::{
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};

use ringside_app::{Folders, Profile, host};

use super::*;

/// The promise is 200 ms; a loaded test machine gets some more.
const AT_ONCE: Duration = Duration::from_millis(600);

fn spooled() -> usize {
    let mut files = Vec::new();
    files_below(&Folders::of(Profile::default()).unwrap().runtime, &mut files);
    files
        .iter()
        .filter(|file| {
            file.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("ring-"))
        })
        .count()
}

fn ring(environment: &[(&str, &str)]) -> (Output, Duration) {
    let began = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringside"));
    command
        .args(["ring", "--from", "+44 20 7946 0123", "--json"])
        .envs(environment.iter().copied());
    let output = command.output().unwrap();
    (output, began.elapsed())
}

#[test]
fn without_a_display_the_event_waits_and_that_is_said() {
    if !inside("ring::without_a_display_the_event_waits_and_that_is_said", false) {
        return;
    }
    let (output, took) = ring(&[]);
    assert_eq!(output.status.code(), Some(4));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("no display") && !told.contains("7946"), "{told}");
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(spooled(), 1);
}

#[test]
fn the_app_is_started_detached_with_the_event() {
    if !inside("ring::the_app_is_started_detached_with_the_event", false) {
        return;
    }
    let program = home().with_extension("sh");
    let said = home().with_extension("said");
    std::fs::write(
        &program,
        format!(
            "#!/bin/sh\necho \"$@\" > '{0}.new'\nmv '{0}.new' '{0}'\nsleep 3\n",
            said.display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let (output, took) = ring(&[("DISPLAY", ":99"), ("RINGSIDE_DESKTOP", program.to_str().unwrap())]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["became"],
        "started"
    );
    assert!(took < AT_ONCE, "it waited for the app: {took:?}");
    assert_eq!(spooled(), 1);
    let began = Instant::now();
    while !said.exists() {
        assert!(began.elapsed() < Duration::from_secs(5), "the app was not started");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(std::fs::read_to_string(said).unwrap().trim(), "--hidden");
}

#[test]
fn an_owner_that_hangs_holds_nobody_up() {
    if !inside("ring::an_owner_that_hangs_holds_nobody_up", false) {
        return;
    }
    let folders = Folders::of(Profile::default()).unwrap();
    folders.create().unwrap();
    // Takes connections and answers nothing.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let _guard = runtime.enter();
    let lock = host::ProfileLock::take(&folders).unwrap().unwrap();
    let _listener = host::socket::listen(&folders, &lock).unwrap();
    let (output, took) = ring(&[]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["became"],
        "waiting"
    );
    assert!(took < AT_ONCE, "{took:?}");
    println!("ring took {took:?}");
    assert_eq!(spooled(), 1);
}
