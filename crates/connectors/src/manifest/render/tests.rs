//! Rendering as connectors meet it: a manifest is loaded, and what goes out is read back.
#![allow(clippy::unwrap_used, clippy::panic)]

mod address;
mod filters;
mod forms;
mod languages;
mod limits;
mod trees;

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Scope;
use crate::manifest::load::{Loaded, load};

pub(super) const BASE: &str = "https://api.example.com/v1";

const HEAD: &str = r#"
schema = 1
id = "sample"
name = "Sample"
version = "1"
docs = "https://example.com/docs"
evidence = { kind = "documentation", note = "Made for tests" }
allowed_hosts = ["api.example.com"]
environment = { base = "https://api.example.com/v1" }

[[types]]
id = "Contact"
label = "Contact"
vars = { fields = ["Phone", "Mobile.Number"], entity = "contact" }
"#;

/// A manifest with these tables behind the head.
pub(super) fn manifest(tables: &str) -> Arc<Loaded> {
    match load(&format!("{HEAD}{tables}")) {
        Ok(loaded) => loaded,
        Err(problems) => panic!("{problems:#?}"),
    }
}

/// A manifest whose search by name is this request.
pub(super) fn searching(request: &str) -> Arc<Loaded> {
    manifest(&format!(
        "[find_contact_with_name]\n[[find_contact_with_name.requests]]\n{request}"
    ))
}

/// The same for its log, with the step's request.
pub(super) fn logging(request: &str) -> Arc<Loaded> {
    let method = if request.contains("method") {
        ""
    } else {
        "method = \"POST\"\n"
    };
    manifest(&format!(
        "[log_call]\n[[log_call.steps]]\nname = \"log\"\ncapture = {{ log_id = \"id\" }}\n[log_call.steps.request]\n{method}{request}"
    ))
}

pub(super) fn search_scope(text: &str) -> Scope {
    let words: Vec<&str> = text.split_whitespace().collect();
    Scope::new()
        .with("query", &json!({ "text": text, "words": words, "first": words.first(), "last": words.last(), "limit": 20 }))
        .with("type", &json!({ "id": "Contact", "label": "Contact", "is_company": false, "fields": ["Phone", "Mobile.Number"], "entity": "contact" }))
        .with("env", &json!({ "base": BASE }))
}

pub(super) fn rendered(loaded: &Loaded, scope: &Scope) -> ringside_domain::Result<super::Rendered> {
    let find = loaded.manifest.find_contact_with_name.as_ref();
    let log = loaded.manifest.log_call.as_ref();
    let request = find
        .map(|find| &find.requests[0])
        .or(log.map(|log| &log.steps[0].request))
        .unwrap();
    loaded.request(request, scope, BASE)
}

/// The one parameter of the address that is rendered for a search.
pub(super) fn parameter(loaded: &Loaded, scope: &Scope) -> String {
    let url = rendered(loaded, scope).unwrap().url;
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    assert_eq!(pairs.len(), 1, "a value became a parameter of its own: {url}");
    pairs[0].1.clone()
}

pub(super) fn json_of(loaded: &Loaded, scope: &Scope) -> Value {
    serde_json::from_slice(&rendered(loaded, scope).unwrap().body).unwrap()
}

/// What somebody may have typed to see what happens.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    let bits = prop::sample::select(vec![
        "'",
        "\"",
        "\\",
        "\\'",
        "''",
        "%",
        "_",
        "*",
        "?",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "{{",
        "}}",
        ":",
        ";",
        ",",
        "^",
        "^OR",
        "~",
        "&",
        "&&",
        "|",
        "||",
        "!",
        "+",
        "-",
        "/",
        "<",
        ">",
        "=",
        "#",
        " ",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "\u{2028}",
        " OR ",
        " AND ",
        "NOT ",
        "OR",
        "or 1=1",
        "--",
        "/*",
        "javascript:",
        "😀",
        "é",
        "Miller",
        "0100",
        ".",
        "..",
        "$",
        "@",
        "`",
        "\u{202e}",
    ]);
    prop::collection::vec(bits, 0..12).prop_map(|bits| bits.concat())
}
