//! The pins of the connectors that ship. Another pin stops everybody's connection until they have agreed, so it is never an
//! accident: this list changes with it, by a word of its own, and whoever reads the change sees that.

use std::{fs, path::PathBuf};

use ringside_connectors::pin::Pin;

/// Not the word that writes the schema again: whoever changes the format agrees to nothing.
const AGAIN: &str = "RINGSIDE_PINS=agree cargo test -p ringside-connectors --test check pins";

#[test]
fn the_pins_of_the_connectors_that_ship_are_the_ones_that_people_agreed_to() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut pins: Vec<String> = fs::read_dir(root.join("../../connectors"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "toml"))
        .map(|file| {
            let pin = Pin::of(&fs::read_to_string(&file).unwrap());
            format!("{} {}\n", file.file_stem().unwrap().to_string_lossy(), &pin.hash[..16])
        })
        .collect();
    pins.sort();
    let (fresh, list) = (pins.concat(), root.join("tests/check/pins.txt"));
    if std::env::var("RINGSIDE_PINS").is_ok_and(|word| word == "agree") {
        fs::write(&list, fresh).unwrap();
        return;
    }
    let kept = fs::read_to_string(&list).unwrap_or_default();
    let other: Vec<&str> = fresh.lines().filter(|line| !kept.contains(line)).collect();
    assert!(
        kept == fresh,
        "every connection of these stops until its person has agreed: {other:?}; if that is meant, write the list again \
         with: {AGAIN}"
    );
}
