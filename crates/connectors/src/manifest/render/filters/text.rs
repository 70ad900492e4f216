//! Filters of texts, lists and simple values.

use std::{cell::RefCell, collections::HashMap};

use base64::{Engine, engine::general_purpose::STANDARD};
use minijinja::{Environment, Error as Fault, Value, value::ValueKind};
use regex::{Regex, RegexBuilder};

use super::{super::work::spend, fault, fits, items, number_of, on_text, text_of};

/// Bytes of a compiled regular expression, and how many are kept for the next time.
const MOST_PATTERN: usize = 64 * 1024;
const MOST_KNOWN: usize = 32;
/// Bytes of a text that is looked through for a pattern. A large pattern may take a thousand steps for each.
const MOST_MATCHED: usize = 16 * 1024;
/// What each of them costs, in bytes.
const EACH_MATCHED: usize = 64;

pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("lower", |value: &Value| on_text(value, str::to_lowercase));
    environment.add_filter("upper", |value: &Value| on_text(value, str::to_uppercase));
    environment.add_filter("trim", |value: &Value| on_text(value, |text| text.trim().to_owned()));
    environment.add_filter("html", |value: &Value| on_text(value, html));
    environment.add_filter("base64", |value: &Value| on_text(value, |text| STANDARD.encode(text)));
    environment.add_filter("trim_to", |value: &Value, most: usize| {
        on_text(value, |text| text.chars().take(most).collect())
    });
    environment.add_filter("strip", |value: &Value, signs: &str| {
        on_text(value, |text| {
            text.chars().filter(|sign| !signs.contains(*sign)).collect()
        })
    });
    environment.add_filter("replace", |value: &Value, from: &str, to: &str| {
        replace(value, from, to)
    });
    environment.add_filter("first_word", |value: &Value| {
        on_text(value, |text| {
            text.split_whitespace().next().unwrap_or_default().to_owned()
        })
    });
    environment.add_filter("rest_words", |value: &Value| {
        on_text(value, |text| {
            text.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
        })
    });
    environment.add_filter("string", |value: &Value| on_text(value, str::to_owned));
    environment.add_filter("int", int);
    environment.add_filter("float", |value: &Value| Ok::<_, Fault>(or_none(number_of(value)?)));
    environment.add_filter("abs", |value: &Value| {
        Ok::<_, Fault>(or_none(number_of(value)?.map(f64::abs)))
    });
    environment.add_filter("round", |value: &Value| {
        #[allow(clippy::cast_possible_truncation)] // Saturates, and nothing measured here comes near.
        Ok::<_, Fault>(or_none(number_of(value)?.map(|number| number.round() as i64)))
    });
    environment.add_filter("json", json);
    environment.add_filter("map", map);
    environment.add_filter("first", first);
    environment.add_filter("list", |value: &Value| Ok::<_, Fault>(Value::from(items(value)?)));
    environment.add_filter("length", length);
    environment.add_filter("join", join);
    environment.add_filter("matched", matched);
}

fn or_none<V: Into<Value>>(value: Option<V>) -> Value {
    value.map_or_else(|| Value::from(()), Into::into)
}

/// For a place where HTML is shown: every sign stands for itself, lines stay lines.
fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\r' if signs.peek() == Some(&'\n') => {}
            '\n' | '\r' => out.push_str("<br>"),
            _ => out.push(sign),
        }
    }
    out
}

/// Whole numbers; what lies behind the point is cut off.
fn int(value: &Value) -> Result<Value, Fault> {
    if let Some(text) = text_of(value)?
        && let Ok(whole) = text.trim().parse::<i64>()
    {
        return Ok(Value::from(whole));
    }
    if value.as_str() == Some("") {
        return Ok(Value::from(()));
    }
    #[allow(clippy::cast_possible_truncation)] // Saturates: a number of that size is no id and no time.
    Ok(or_none(number_of(value)?.map(|number| number.trunc() as i64)))
}

fn replace(value: &Value, from: &str, to: &str) -> Result<Value, Fault> {
    if from.is_empty() {
        return Err(fault("replace() needs something to replace".to_owned()));
    }
    if to.len() > 100 {
        return Err(fault("replace() writes at most 100 bytes".to_owned()));
    }
    let Some(text) = text_of(value)? else {
        return Ok(Value::from(()));
    };
    // Before it is made: one hundred bytes for each sign of a whole request would be 25 MiB, and the next one a hundred times that.
    spend(text.len())?;
    let found = text.matches(from).count();
    let made = text.len() - found * from.len() + found * to.len();
    fits(made)?;
    spend(made)?;
    Ok(Value::from(text.replace(from, to)))
}

/// The value as JSON text.
fn json(value: &Value) -> Result<String, Fault> {
    let text = serde_json::to_string(value).map_err(|_| fault("it can't be written as JSON".to_owned()))?;
    fits(text.len())?;
    spend(text.len())?;
    Ok(text)
}

/// Another value for each: `map({"in": "Inbound", "out": "Outbound"})`. Without a default a value that is not in it is an error.
fn map(value: &Value, table: &Value, default: Option<Value>) -> Result<Value, Fault> {
    if table.kind() != ValueKind::Map {
        return Err(fault("map() takes a table: {\"in\": \"Inbound\"}".to_owned()));
    }
    let key = text_of(value)?.unwrap_or_default();
    let key = if value.kind() == ValueKind::Bool {
        key.to_lowercase()
    } else {
        key
    };
    let found = table.get_item(&Value::from(key))?;
    match (found.is_undefined(), default) {
        (false, _) => Ok(found),
        (true, Some(default)) => Ok(default),
        (true, None) => Err(fault(
            "map() has no entry for this value, and no default as its second argument".to_owned(),
        )),
    }
}

fn first(value: &Value) -> Result<Value, Fault> {
    if let Some(text) = value.as_str() {
        return Ok(Value::from(text.chars().take(1).collect::<String>()));
    }
    Ok(value.try_iter()?.next().unwrap_or_else(|| Value::from(())))
}

fn length(value: &Value) -> Result<usize, Fault> {
    match value.as_str() {
        Some(text) => {
            spend(text.len())?;
            Ok(text.chars().count())
        }
        None => value.len().ok_or_else(|| fault("it has no length".to_owned())),
    }
}

/// The items that are something, with a text between them.
fn join(value: &Value, between: Option<String>) -> Result<String, Fault> {
    let between = between.as_deref().unwrap_or_default();
    let mut texts = Vec::new();
    let mut bytes = 0;
    for item in items(value)? {
        let text = text_of(&item)?.filter(|text| !text.is_empty());
        bytes += text.as_ref().map_or(0, |text| text.len() + between.len());
        fits(bytes)?;
        spend(text.as_ref().map_or(0, String::len))?;
        texts.extend(text);
    }
    Ok(texts.join(between))
}

/// What a regular expression's first group matches, or the whole of it; none where it matches nothing.
fn matched(value: &Value, pattern: &str) -> Result<Value, Fault> {
    let Some(regex) = pattern_of(pattern)? else {
        return Err(fault(format!("{pattern:?} is no regular expression")));
    };
    let Some(text) = text_of(value)? else {
        return Ok(Value::from(()));
    };
    if text.len() > MOST_MATCHED {
        return Err(fault(format!("matched() reads at most {} KiB", MOST_MATCHED / 1024)));
    }
    spend(text.len() * EACH_MATCHED)?;
    let found = regex
        .captures(&text)
        .and_then(|found| found.get(1).or_else(|| found.get(0)));
    Ok(or_none(found.map(|part| part.as_str().to_owned())))
}

/// A pattern, compiled: as a rule it was, for the contact before this one. `None`: it is none, or too big a one.
fn pattern_of(pattern: &str) -> Result<Option<Regex>, Fault> {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    if let Some(known) = KNOWN.with_borrow(|known| known.get(pattern).cloned()) {
        return Ok(Some(known));
    }
    spend(MOST_PATTERN)?;
    let compiled = RegexBuilder::new(pattern).size_limit(MOST_PATTERN).build().ok();
    if let Some(regex) = &compiled {
        KNOWN.with_borrow_mut(|known| {
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(pattern.to_owned(), regex.clone());
        });
    }
    Ok(compiled)
}
