//! The filters and functions of templates. There are no others.
//!
//! A filter gives none for none, so that what a record or call has not stays away through a chain of them; only `default`
//! looks at it. Filters of numbers take a number's text in any spelling, filters of times milliseconds since 1970.

mod number;
mod text;
mod time;

use minijinja::{Environment, Error as Fault, ErrorKind, Value, value::ValueKind};

use super::{MOST_BYTES, MOST_NODES, any::any, work::spend};

/// All filters, by name: `load` refuses others.
pub(crate) const FILTERS: [&str; 39] = [
    "base64",
    "date",
    "default",
    "digits",
    "e164",
    "epoch_ms",
    "epoch_s",
    "first",
    "first_word",
    "float",
    "gaps",
    "hms",
    "hours",
    "html",
    "int",
    "international",
    "iso",
    "join",
    "json",
    "last",
    "length",
    "like",
    "list",
    "lower",
    "map",
    "matched",
    "minutes",
    "mmss",
    "national",
    "rest_words",
    "round",
    "sig",
    "string",
    "strip",
    "trim",
    "trim_to",
    "upper",
    "abs",
    "replace",
];

/// What an item of a list costs to be looked at, in bytes.
const AN_ITEM: usize = 32;

/// All functions, by name.
pub(crate) const FUNCTIONS: [&str; 1] = ["any"];

/// All tests, by name: `x is none`.
pub(crate) const TESTS: [&str; 6] = ["defined", "undefined", "none", "string", "number", "sequence"];

pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_function("any", any);
    environment.add_test("defined", |value: &Value| !value.is_undefined());
    environment.add_test("undefined", Value::is_undefined);
    environment.add_test("none", Value::is_none);
    environment.add_test("string", |value: &Value| value.as_str().is_some());
    environment.add_test("number", Value::is_number);
    environment.add_test("sequence", |value: &Value| value.kind() == ValueKind::Seq);
    environment.add_filter("default", default);
    number::add_to(environment);
    text::add_to(environment);
    time::add_to(environment);
}

/// Another value for one that is not there, is none or is an empty text.
fn default(value: &Value, other: Option<Value>) -> Value {
    let nothing = value.is_undefined() || value.is_none() || value.as_str() == Some("");
    if nothing {
        other.unwrap_or_else(|| Value::from(""))
    } else {
        value.clone()
    }
}

/// The text of a text, number or truth value; `None` for none.
fn text_of(value: &Value) -> Result<Option<String>, Fault> {
    match value.kind() {
        ValueKind::None => Ok(None),
        ValueKind::String | ValueKind::Number | ValueKind::Bool => Ok(Some(value.to_string())),
        ValueKind::Undefined => Err(Fault::from(ErrorKind::UndefinedError)),
        kind => Err(fault(format!("it takes a text, this is a {kind}"))),
    }
}

/// Makes one text of another; none stays none. Filters follow one another within one expression, so each is held to the size
/// of a whole request: what a chain of them makes in between is in memory, too.
fn on_text(value: &Value, make: impl FnOnce(&str) -> String) -> Result<Value, Fault> {
    let Some(text) = text_of(value)? else {
        return Ok(Value::from(()));
    };
    fits(text.len())?;
    spend(text.len())?;
    let made = make(&text);
    fits(made.len())?;
    spend(made.len())?;
    Ok(Value::from(made))
}

/// Refuses a text of so many bytes.
pub(super) fn fits(bytes: usize) -> Result<(), Fault> {
    if bytes > MOST_BYTES {
        return Err(fault(format!(
            "a text in it would have more than {} KiB",
            MOST_BYTES / 1024
        )));
    }
    Ok(())
}

/// The items of a list, which has not more than a request has members.
fn items(value: &Value) -> Result<Vec<Value>, Fault> {
    spend(value.len().unwrap_or_default().saturating_mul(AN_ITEM))?;
    if value.len().is_some_and(|count| count > MOST_NODES) {
        return Err(fault(format!("a list in it has more than {MOST_NODES} items")));
    }
    Ok(value.try_iter()?.take(MOST_NODES).collect())
}

/// A number, also out of a text; `None` for none.
fn number_of(value: &Value) -> Result<Option<f64>, Fault> {
    match text_of(value)? {
        None => Ok(None),
        Some(text) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(fault("it takes a number, and this is none".to_owned())),
        },
    }
}

/// For details that hold nothing of a value: they are shown.
pub(super) fn fault(detail: String) -> Fault {
    Fault::new(ErrorKind::InvalidOperation, detail)
}
