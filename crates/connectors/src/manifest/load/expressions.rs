//! What is wrong with an expression that its compiler does not see, or sees as something else.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    limits::{OF_A_TEXT, Patterns, TOO_LARGE},
    words::near,
};
use crate::manifest::render::{FILTERS, FUNCTIONS, TESTS, constant};

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
            let hint = meant(&name, &FILTERS);
            unknown.push(("filter", name, hint));
        }
    }
    for name in found(&TEST) {
        if name != "not" && !TESTS.contains(&name.as_str()) {
            let hint = meant(&name, &TESTS);
            unknown.push(("test", name, hint));
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

/// The one that was meant, else all that there are.
fn meant(name: &str, known: &[&str]) -> String {
    // What the same is called elsewhere.
    let elsewhere = match name {
        "datum" | "strftime" | "format_date" => Some("date"),
        "e" | "escape" => Some("html"),
        "concat" => Some("join"),
        "substr" | "truncate" | "left" => Some("trim_to"),
        _ => None,
    };
    if let Some(ours) = elsewhere.filter(|ours| known.contains(ours)) {
        return format!("Did you mean `{ours}`?");
    }
    near(name, known)
        .filter(|hint| hint.starts_with("Did"))
        .unwrap_or_else(|| format!("There are: {}", known.join(", ")))
}

/// Formats of `date` that are written out and name no part of a date, `YYYY-MM-DD`: that very text would be sent.
pub(super) fn constant_dates(expression: &str, bare: &str) -> Vec<(usize, String)> {
    static DATE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"\|\s*date\s*\(\s*('[^'%]*'|"[^"%]*")\s*[,)]"#).ok());
    let found = DATE.as_ref().map(|regex| regex.captures_iter(expression));
    found
        .into_iter()
        .flatten()
        .filter(|found| found.get(0).is_some_and(|all| bare[all.start()..].starts_with('|')))
        .filter_map(|found| found.get(1).map(|format| (format.start(), format.as_str().to_owned())))
        .collect()
}

/// The patterns of `matched` that are written out and are none: where each is, and why.
pub(super) fn broken_patterns(expression: &str, bare: &str, patterns: &mut Patterns) -> Vec<(usize, String)> {
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
            Some((literal.start(), patterns.compiled(&pattern, OF_A_TEXT).err()?))
        })
        .collect()
}

/// What to write instead of a pattern that is too large, or was meant for another kind of regular expression.
pub(super) fn hint_for_pattern(pattern: &str, why: &str) -> &'static str {
    if why == TOO_LARGE {
        return "Write `[0-9]` for `\\d`, `[A-Za-z0-9_]` for `\\w`";
    }
    static THERE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\(\?<?[=!]|\\[1-9]").ok());
    if THERE.as_ref().is_some_and(|there| there.is_match(pattern)) {
        "Look-around and back references don't exist"
    } else {
        ""
    }
}

/// Whether the one `*` of an expression stands between two numbers that are seen to be such: a number, a time or duration of the
/// call, or what a filter made a number. `bare` has its texts blanked.
pub(super) fn multiplies_numbers(bare: &str) -> bool {
    const NUMBER: &str = r"\d+(?:\.\d+)?|call\.(?:start|end|seconds|milliseconds)";
    const MADE: &str = r"\|\s*(?:int|float|round|abs|length|minutes|hours|epoch_s|epoch_ms)\s*(?:\([^()]*\))?\s*";
    static SIDES: LazyLock<Option<(Regex, Regex)>> = LazyLock::new(|| {
        // One variable and its filters: in `(a ~ b | int)` the filter is for `b` alone.
        let in_brackets = format!(r"\(\s*[A-Za-z_][\w.]*\s*(?:\|\s*\w+\s*(?:\([^()]*\))?\s*)*{MADE}\)");
        Some((
            Regex::new(&format!(r"(?:(?:^|[^\w.])(?:{NUMBER})|{MADE}|{in_brackets})\s*$")).ok()?,
            Regex::new(&format!(
                r"^\s*(?:{NUMBER}|{in_brackets})\s*(?:$|[^\w.|(\[\s]|(?:if|else|and|or)\b)"
            ))
            .ok()?,
        ))
    });
    let (Some((before, behind)), Some((left, right))) = (SIDES.as_ref(), bare.split_once('*')) else {
        return false;
    };
    !right.contains('*') && before.is_match(left) && behind.is_match(right)
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
