//! The TypeScript file of the window is the one these types make.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fs, path::Path};

use ringside_ipc::{command, typescript::typescript};

const AGAIN: &str = "RINGSIDE_GENERATE=1 cargo test -p ringside-ipc --test generated";

#[test]
fn generated() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/backend/generated/index.ts");
    let fresh = typescript();
    if std::env::var_os("RINGSIDE_GENERATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, fresh).unwrap();
        return;
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == fresh,
        "ui/src/backend/generated/index.ts is stale; write it again with: {AGAIN}"
    );
}

#[test]
fn every_command_is_in_the_table_with_known_types() {
    let text = typescript();
    for name in command::NAMES {
        assert!(text.contains(&format!("\n  {name}: {{ args: ")), "{name}");
    }
    for word in text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.ends_with("Dto"))
    {
        assert!(
            text.contains(&format!("export type {word} ")),
            "{word} is used and not exported"
        );
    }
    assert!(!text.contains("bigint"), "milliseconds are numbers in JSON");
}
