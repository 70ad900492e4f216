//! The folder `connectors/`: its schema is up to date, and its manifests say, ask and answer what their examples say.

use std::{fs, path::PathBuf};

use ringside_connectors::manifest::check::{check, schema};

const AGAIN: &str = "RINGSIDE_GENERATE=1 cargo test -p ringside-connectors --test check";

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../connectors"))
}

#[test]
fn the_schema_is_the_one_that_the_format_makes() {
    let file = folder().join("schema.json");
    let fresh = schema();
    if std::env::var_os("RINGSIDE_GENERATE").is_some() {
        fs::write(&file, fresh).unwrap();
        return;
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == fresh,
        "connectors/schema.json is stale; write it again with: {AGAIN}"
    );
}

#[test]
fn every_manifest_that_ships_comes_out_clean() {
    let (mut seen, mut faulty) = (0, Vec::new());
    for file in fs::read_dir(folder()).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        seen += 1;
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            text.starts_with("#:schema ./schema.json\n"),
            "{name}: editors find the schema by its first line"
        );
        let report = check(&text);
        for problem in report.problems.iter().chain(&report.warnings) {
            println!("{name}:{problem}");
        }
        for example in report.examples.iter().filter(|example| !example.passed()) {
            println!(
                "{name}:{} {}\n{}\n",
                example.line,
                example.name,
                example.difference.as_deref().unwrap()
            );
        }
        if !report.is_good() || !report.warnings.is_empty() || report.examples.len() < 8 {
            faulty.push(name);
        }
    }
    assert!(faulty.is_empty(), "{faulty:?}");
    assert!(seen >= 4);
}
