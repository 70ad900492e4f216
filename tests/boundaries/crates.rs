//! Who may import whom, read from `cargo metadata`. Dev-dependencies, `tests` and `benches` are exempt.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use crate::files::root;

/// The crates of ours that each crate may depend on.
const MAY_SEE: [(&str, &[&str]); 11] = [
    ("ringside-phone", &[]),
    ("ringside-domain", &["ringside-phone"]),
    ("ringside-engine", &["ringside-domain", "ringside-phone"]),
    ("ringside-store", &["ringside-domain", "ringside-phone"]),
    ("ringside-connectors", &["ringside-domain", "ringside-phone"]),
    ("ringside-sources", &["ringside-domain", "ringside-phone"]),
    ("ringside-host", &["ringside-domain", "ringside-phone"]),
    (
        "ringside-ipc",
        &["ringside-domain", "ringside-phone", "ringside-engine"],
    ),
    (
        "ringside-app",
        &[
            "ringside-domain",
            "ringside-phone",
            "ringside-engine",
            "ringside-store",
            "ringside-connectors",
            "ringside-sources",
            "ringside-host",
            "ringside-ipc",
        ],
    ),
    ("ringside-cli", &["ringside-app", "ringside-ipc"]),
    ("ringside-desktop", &["ringside-app", "ringside-ipc"]),
];

/// Libraries that one crate has to itself: a name, or the beginning of one with a `*`.
const ONLY_IN: [(&str, &str); 10] = [
    ("tauri*", "ringside-desktop"),
    ("keyring*", "ringside-host"),
    ("*keyring-store", "ringside-host"),
    ("reqwest", "ringside-host"),
    ("notify-rust", "ringside-host"),
    ("rusqlite*", "ringside-store"),
    ("rlibphonenumber", "ringside-phone"),
    ("phonenumber", "ringside-phone"),
    ("axum", "ringside-sources"),
    ("clap", "ringside-cli"),
];

/// Crates that do no IO and know no runtime and no wire format.
const PURE: [&str; 2] = ["ringside-phone", "ringside-domain"];
const IMPURE: [&str; 6] = ["tokio", "serde", "serde_json", "rusqlite", "axum", "tracing"];

/// The names of what each package needs to be built and to run.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo tells the workspace");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut packages = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let needed = package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["kind"] != "dev");
        let names = needed.map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        packages.insert(package["name"].as_str().unwrap().to_owned(), names);
    }
    packages
}

fn is_exempt(package: &str) -> bool {
    matches!(package, "ringside-tests" | "ringside-benches")
}

#[test]
fn imports_go_one_way() {
    let packages = dependencies();
    for (package, needed) in &packages {
        if is_exempt(package) {
            continue;
        }
        let allowed = MAY_SEE
            .iter()
            .find(|(name, _)| name == package)
            .map(|(_, allowed)| *allowed);
        let allowed =
            allowed.unwrap_or_else(|| panic!("{package} is new: say here and in ARCHITECTURE.md what it may see"));
        for other in needed.iter().filter(|name| name.starts_with("ringside-")) {
            assert!(
                allowed.contains(&other.as_str()),
                "{package} must not depend on {other}"
            );
        }
    }
    for (package, _) in MAY_SEE {
        assert!(packages.contains_key(package), "{package} is gone");
    }
}

#[test]
fn some_libraries_have_one_home() {
    for (package, needed) in dependencies() {
        for name in needed {
            let home = ONLY_IN
                .iter()
                .find(|(pattern, _)| matches(pattern, &name))
                .map(|(_, home)| *home);
            if let Some(home) = home {
                assert!(
                    package == home || is_exempt(&package),
                    "{package} must not depend on {name}: that is {home}'s"
                );
            }
        }
    }
}

#[test]
fn the_inner_crates_are_pure() {
    let packages = dependencies();
    for package in PURE {
        for name in IMPURE {
            assert!(!packages[package].contains(name), "{package} must not depend on {name}");
        }
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (_, Some(start)) => name.starts_with(start),
        _ => name == pattern,
    }
}

#[test]
fn patterns_match_what_they_should() {
    assert!(matches("tauri*", "tauri-build") && matches("*keyring-store", "apple-native-keyring-store"));
    assert!(matches("axum", "axum") && !matches("axum", "axum-core"));
}
