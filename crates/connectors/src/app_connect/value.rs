//! Values of the server's JSON as texts, and back as they were.
//!
//! App Connect says of a contact's id and of an option's value only that they are `const`: some connectors give numbers,
//! others texts of digits, and a connector passes on to its CRM what it gets back. So a text of ours must keep which it was:
//! `17` stands for the number, `s:17` for the text.

use serde_json::{Map, Number, Value};

const TEXT: &str = "s:";

/// A text, number or truth as our text; `None` for anything else, and for an empty text.
pub(super) fn encode(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) if text.starts_with(TEXT) || scalar(text).is_some() => Some(format!("{TEXT}{text}")),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// What [`encode`] was given.
pub(super) fn decode(text: &str) -> Value {
    match text.strip_prefix(TEXT) {
        Some(rest) => Value::String(rest.to_owned()),
        None => scalar(text).unwrap_or_else(|| Value::String(text.to_owned())),
    }
}

/// The value as the server writes it into addresses.
pub(super) fn plain(text: &str) -> &str {
    text.strip_prefix(TEXT).unwrap_or(text)
}

/// A member that is a text with something in it, without blanks around it.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object
        .get(name)?
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

pub(super) fn members<'a>(object: &'a Value, name: &str) -> Option<&'a Map<String, Value>> {
    object.get(name)?.as_object()
}

pub(super) fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn flag(object: &Value, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// A text that a number or a truth would be written as.
fn scalar(text: &str) -> Option<Value> {
    match text {
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        _ => {}
    }
    let number: Number = serde_json::from_str(text).ok()?;
    (number.to_string() == text).then_some(Value::Number(number))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_comes_back_as_it_was() {
        for value in [
            json!(17),
            json!("17"),
            json!(-1.5),
            json!("017"),
            json!("s:17"),
            json!(true),
            json!("true"),
            json!("c-1"),
            json!("1e3"),
            json!("ä, \"b\""),
            json!("18446744073709551616"),
        ] {
            assert_eq!(decode(&encode(&value).unwrap()), value);
        }
        assert_eq!(
            (encode(&json!("")), encode(&json!(null)), encode(&json!([1]))),
            (None, None, None)
        );
        assert_eq!((plain("s:17"), plain("17")), ("17", "17"));
    }
}
