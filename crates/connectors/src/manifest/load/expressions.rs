//! What is wrong with an expression that its compiler does not see, or sees as something else.

use std::sync::LazyLock;

use regex::Regex;

use crate::manifest::render::{FILTERS, FUNCTIONS, TESTS, constant, pattern_of};

/// Filters, functions and tests that don't exist, and what there is.
pub(super) fn unknown_words(bare: &str) -> Vec<(&'static str, String, String)> {
    static FILTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\|\s*([A-Za-z_]\w*)").ok());
    static CALL: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(\|\s*|\.\s*|\bis\s+(?:not\s+)?)?\b([A-Za-z_]\w*)\s*\(").ok());
    static TEST: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bis\s+(?:not\s+)?([A-Za-z_]\w*)").ok());
    const WORDS: [&str; 6] = ["and", "or", "not", "in", "if", "else"];
    let found = |regex: &LazyLock<Option<Regex>>| -> Vec<String> {
        let matches = regex.as_ref().map(|regex| regex.captures_iter(bare));
        matches
            .into_iter()
            .flatten()
            .filter_map(|found| Some(found.get(1)?.as_str().to_owned()))
            .collect()
    };
    let mut unknown = Vec::new();
    for name in found(&FILTER) {
        if !FILTERS.contains(&name.as_str()) {
            unknown.push(("filter", name, format!("There are: {}", FILTERS.join(", "))));
        }
    }
    for name in found(&TEST) {
        if name != "not" && !TESTS.contains(&name.as_str()) {
            unknown.push(("test", name, format!("There are: {}", TESTS.join(", "))));
        }
    }
    for call in CALL
        .as_ref()
        .map(|regex| regex.captures_iter(bare))
        .into_iter()
        .flatten()
    {
        let (before, Some(name)) = (call.get(1).map_or("", |before| before.as_str()), call.get(2)) else {
            continue;
        };
        let name = name.as_str();
        if before.starts_with('.') {
            unknown.push((
                "method",
                name.to_owned(),
                "Values have no methods: use a filter".to_owned(),
            ));
        } else if before.is_empty() && !FUNCTIONS.contains(&name) && !WORDS.contains(&name) {
            unknown.push((
                "function",
                name.to_owned(),
                format!("There are: {}", FUNCTIONS.join(", ")),
            ));
        }
    }
    unknown
}

/// The patterns of `matched` that are written out and are none: where each is, and why.
pub(super) fn broken_patterns(expression: &str, bare: &str) -> Vec<(usize, String)> {
    static MATCHED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"\|\s*matched\s*\(\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*\)"#).ok());
    let found = MATCHED.as_ref().map(|regex| regex.captures_iter(expression));
    found
        .into_iter()
        .flatten()
        .filter_map(|found| {
            let literal = found.get(1)?;
            // What looks like a filter within a text is a text.
            let is_code = bare.get(found.get(0)?.start()..)?.starts_with('|');
            let pattern = constant(literal.as_str()).filter(|_| is_code)?;
            let error = pattern_of(&pattern).err()?;
            Some((literal.start(), why(&error)))
        })
        .collect()
}

/// The last line of what the compiler of patterns says: the ones before it draw the place.
pub(super) fn why(error: &regex::Error) -> String {
    let all = error.to_string();
    let last = all.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

/// A name within `{…}` that was meant as a text: `map({in: …})`, `map({'in': inbound})`.
pub(super) fn unquoted(bare: &str, name: &str) -> Option<String> {
    if name.contains('.') {
        return None;
    }
    let beside = |at: usize| {
        let before = bare[..at].trim_end();
        let behind = bare[at + name.len()..].trim_start();
        let within = before.rfind('{').is_some_and(|open| !before[open..].contains('}'));
        let is_key = before.ends_with(['{', ',']) && behind.starts_with(':');
        let is_value = before.ends_with(':') && behind.starts_with([',', '}']);
        (within && is_key, within && is_value)
    };
    bare.match_indices(name).find_map(|(at, _)| match beside(at) {
        (true, _) => Some(format!("Texts need quotes: `{{'{name}': …}}`")),
        (_, true) => Some(format!("Texts need quotes: `'{name}'`")),
        _ => None,
    })
}
