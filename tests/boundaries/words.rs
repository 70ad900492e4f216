//! What may stand in no file, or in one place only.

use crate::files::{self, File, all, is_generated};

/// Files that may hold `words` are those that `allowed` says; all others are listed with their lines.
fn only(words: &[&str], reason: &str, looked_at: impl Fn(&File) -> bool, allowed: &[&str]) {
    let mut found = Vec::new();
    for file in all()
        .into_iter()
        .filter(|file| looked_at(file) && !is_generated(&file.path))
    {
        if allowed.iter().any(|place| file.path.starts_with(place)) {
            continue;
        }
        for (number, line) in file.lines() {
            let code = line.split_once("//").map_or(line, |(code, _)| code);
            let text = if file.is_rust() { code } else { line };
            if let Some(word) = words.iter().find(|word| text.contains(**word)) {
                found.push(format!("{}:{number}: {word}", file.path));
            }
        }
    }
    assert!(found.is_empty(), "{reason}:\n{}", found.join("\n"));
}

fn program(file: &File) -> bool {
    file.is_rust() && !file.is_test()
}

fn page(file: &File) -> bool {
    file.path.starts_with("ui/src/") && file.is(&[".ts", ".svelte", ".js"])
}

#[test]
fn one_module_names_the_number_library() {
    only(
        &[
            "rlibphonenumber::",
            "use rlibphonenumber",
            "use phonenumber",
            " phonenumber::",
        ],
        "the number library is named in crates/phone/src/reader/ only",
        File::is_rust,
        &["crates/phone/src/reader/", "tests/boundaries/"],
    );
}

#[test]
fn one_folder_of_the_ui_knows_tauri() {
    only(
        &["@tauri-apps"],
        "@tauri-apps is imported in ui/src/backend only",
        page,
        &["ui/src/backend/"],
    );
}

#[test]
fn the_wall_clock_is_read_in_host_only() {
    only(
        &[
            "SystemTime::now",
            "Zoned::now",
            "Timestamp::now",
            "chrono::",
            "Utc::now",
            "Local::now",
        ],
        "take the port Clock",
        program,
        &["crates/host/"],
    );
}

#[test]
fn nothing_a_person_wrote_becomes_markup() {
    only(
        &[
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "{@html",
            "document.write",
        ],
        "names are never HTML",
        page,
        &[],
    );
}

#[test]
fn nothing_is_left_for_later() {
    only(
        &["todo!(", "unimplemented!(", "dbg!("],
        "finish it",
        |file| file.is_rust(),
        &["tests/boundaries/"],
    );
}

#[test]
fn no_file_names_a_registry_or_this_machine() {
    // Put together here, so that this file does not hold them.
    let host = |parts: &[&str]| parts.join(".");
    let path = |parts: &[&str]| format!("/{}/", parts.join("/"));
    let words = [
        host(&["registry", "npmjs", "org"]),
        host(&["index", "crates", "io"]),
        host(&["static", "crates", "io"]),
        host(&["files", "pythonhosted", "org"]),
        host(&["proxy", "golang", "org"]),
        path(&["work", "main"]),
        path(&["work", "shared"]),
        path(&["root", ".cargo"]),
        path(&["root", ".cache"]),
    ];
    // cargo's lock names its registry by itself; npm's must not.
    let mut found = Vec::new();
    for file in all().into_iter().filter(|file| file.path != "Cargo.lock") {
        for word in &words {
            if file.text.contains(word) || file.text.contains(&format!("{} ", word.trim_end_matches('/'))) {
                found.push(format!("{}: {word}", file.path));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let root = files::root();
    let machine = root.to_str().unwrap();
    // A checkout in a short place such as /src is no name of a machine.
    if machine.matches('/').count() > 1 {
        let named: Vec<String> = all()
            .into_iter()
            .filter(|file| file.text.contains(machine))
            .map(|file| file.path)
            .collect();
        assert!(named.is_empty(), "these name the folder of this checkout: {named:?}");
    }
}
