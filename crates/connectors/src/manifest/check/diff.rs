//! What was expected and what came, side by side, for a person who wrote the one and wonders about the other.

use std::collections::BTreeSet;

use serde_json::Value;

/// Places in one body that are shown.
const MOST: usize = 8;

/// Two texts under a title, if they differ.
pub(super) fn texts(title: &str, expected: &str, came: &str) -> Option<String> {
    (expected != came).then(|| format!("{title}\n  expected: {}\n  sent:     {}", expected, came))
}

/// Two JSON values: each place where they differ.
pub(super) fn values(title: &str, expected: &Value, came: &Value) -> Option<String> {
    let mut places = Vec::new();
    walk("", expected, came, &mut places);
    if places.is_empty() {
        return None;
    }
    let more = places.len().saturating_sub(MOST);
    let mut lines = vec![title.to_owned()];
    for (place, expected, came) in places.into_iter().take(MOST) {
        lines.push(format!("  at {}", if place.is_empty() { "the top" } else { &place }));
        lines.push(format!("    expected: {}", shown(expected)));
        lines.push(format!("    sent:     {}", shown(came)));
    }
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    Some(lines.join("\n"))
}

/// A place in a value, and what lies there in the one and in the other.
type Place<'v> = (String, Option<&'v Value>, Option<&'v Value>);

fn walk<'v>(place: &str, expected: &'v Value, came: &'v Value, places: &mut Vec<Place<'v>>) {
    match (expected, came) {
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let here = if place.is_empty() {
                    name.clone()
                } else {
                    format!("{place}.{name}")
                };
                step(here, one.get(name), other.get(name), places);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for index in 0..one.len().max(other.len()) {
                step(format!("{place}[{index}]"), one.get(index), other.get(index), places);
            }
        }
        (one, other) if one != other => places.push((place.to_owned(), Some(one), Some(other))),
        _ => {}
    }
}

fn step<'v>(here: String, one: Option<&'v Value>, other: Option<&'v Value>, places: &mut Vec<Place<'v>>) {
    match (one, other) {
        (Some(one), Some(other)) => walk(&here, one, other, places),
        (one, other) => places.push((here, one, other)),
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_shown_with_its_place() {
        let expected = json!({ "a": { "b": [1, { "c": "x" }] }, "gone": true, "same": null });
        let came = json!({ "a": { "b": [1, { "c": "y" }, 2] }, "new": "z", "same": null });
        let difference = values("body", &expected, &came).unwrap();
        assert_eq!(
            difference,
            "body\n  at a.b[1].c\n    expected: \"x\"\n    sent:     \"y\"\n  at a.b[2]\n    expected: nothing\n    sent:     2\n  \
             at gone\n    expected: true\n    sent:     nothing\n  at new\n    expected: nothing\n    sent:     \"z\""
        );
        assert_eq!(values("body", &expected, &expected), None);
    }

    #[test]
    fn a_number_is_not_a_text_and_long_values_are_whole() {
        assert!(
            values("body", &json!(1), &json!("1"))
                .unwrap()
                .contains("expected: 1\n")
        );
        let long = "ü".repeat(5000);
        assert!(texts("body", "", &long).unwrap().ends_with(&long));
    }
}
