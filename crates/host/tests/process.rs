//! Core dumps are off: tried in a process of its own, because it cannot be switched back on.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::process::Command;

const INSIDE: &str = "RINGSIDE_TEST_INSIDE";

#[test]
fn no_core_dumps() {
    if std::env::var_os(INSIDE).is_none() {
        let test = std::env::current_exe().unwrap();
        let run = Command::new(test)
            .args(["--exact", "no_core_dumps"])
            .env(INSIDE, "1")
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
        return;
    }
    ringside_host::process::forbid_core_dumps().unwrap();
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(line.split_whitespace().nth(4), Some("0"), "{line}");
    assert_eq!(
        rustix::process::dumpable_behavior().unwrap(),
        rustix::process::DumpableBehavior::NotDumpable
    );
}
