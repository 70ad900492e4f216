//! The folder `connectors/`: its schema is up to date, and its manifests say, ask and answer what their examples say.

use std::{fs, path::PathBuf};

use ringside_connectors::manifest::check::{check, schema};
use serde_json::Value;

const AGAIN: &str = "RINGSIDE_GENERATE=1 cargo test -p ringside-connectors --test check shipped";

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

/// Whoever writes a file asks their editor what a name means.
#[test]
fn every_name_of_the_format_says_what_it_means() {
    fn look(name: &str, schema: &Value, without: &mut Vec<String>) {
        for (property, told) in schema["properties"].as_object().into_iter().flatten() {
            // The word that tells the kinds of paging apart is told with each kind.
            if told.get("description").is_none() && told.get("const").is_none() {
                without.push(format!("{name}.{property}"));
            }
        }
        for way in schema["oneOf"].as_array().into_iter().flatten() {
            if way.get("description").is_none() {
                without.push(format!("{name}: {way}"));
            }
            look(name, way, without);
        }
        if schema.get("enum").is_some() {
            without.push(format!("{name}: {}", schema["enum"]));
        }
    }
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let mut without = Vec::new();
    look("the file", &schema, &mut without);
    for (name, part) in schema["$defs"].as_object().unwrap() {
        look(name, part, &mut without);
    }
    // The methods of HTTP.
    without.retain(|name| !name.starts_with("Verb: "));
    assert_eq!(without, Vec::<String>::new());
}
