//! Contacts out of answers.
//!
//! An answer may be anything: a path that finds nothing, a number where a text was, half a million records. What can be read
//! is read, what can't be is left out, and limits hold everywhere.

mod captures;
mod contact;
mod country;
mod doubts;
mod search;
#[cfg(test)]
mod tests;
mod time;

use std::{cell::OnceCell, collections::BTreeMap};

use jmespath::ast::Ast;
use ringside_domain::{Contact, Error, Kind, Result};
use serde_json::Value;

#[cfg(test)]
pub(crate) use self::search::MADE;
use self::search::{Fruitless, Subject};
pub(crate) use self::{
    doubts::{Doubts, begin, has, of_answer},
    time::timestamp,
};
use super::{format::Answer, load::Loaded};

/// Records that are looked at.
const MOST_RECORDS: usize = 500;
/// Letters of one text; a longer one is cut.
const MOST_LETTERS: usize = 2_000;

/// A record read: the contact, and what its map keeps as `contact.extra.NAME`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mapped {
    pub contact: Contact,
    pub extra: BTreeMap<String, Value>,
}

/// An answer's body. What paths look at is made of it once, when the first of them does: of a large answer that is many times
/// its size.
pub(crate) struct Body {
    value: Value,
    subject: OnceCell<Subject>,
}

impl Body {
    pub(crate) const fn of(value: Value) -> Self {
        Self {
            value,
            subject: OnceCell::new(),
        }
    }

    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Value)) {
        change(&mut self.value);
        self.subject.take();
    }

    pub(crate) const fn value(&self) -> &Value {
        &self.value
    }

    pub(crate) fn into_value(self) -> Value {
        self.value
    }

    fn subject(&self) -> &Subject {
        self.subject.get_or_init(|| Subject::of(&self.value))
    }
}

impl Loaded {
    /// The records of an answer: its list, or the answer itself, a list or one record. Nothing is no record; what is no record
    /// in a list is left out.
    ///
    /// # Errors
    /// [`Kind::Invalid`]: the answer has no list where the manifest says it is.
    pub(crate) fn records(&self, answer: &Answer, body: &Value) -> Result<Vec<Value>> {
        let found = match &answer.list {
            // A text has no list, and is not nobody.
            Some(path) if body.is_null() || body.is_object() || body.is_array() => {
                let found = self.at(path, body)?;
                if found.is_null() && !body.is_null() && body.get(path).is_none() {
                    self.doubts.no_list(path, body);
                } else if found.as_array().is_some_and(Vec::is_empty) {
                    self.nothing_of_many(path, body)?;
                }
                found
            }
            _ => body.clone(),
        };
        match found {
            Value::Array(items) => Ok(items
                .into_iter()
                .filter(|item| !item.is_null())
                .take(MOST_RECORDS)
                .collect()),
            Value::Null | Value::Bool(false) => Ok(Vec::new()),
            record @ Value::Object(_) => Ok(vec![record]),
            other => Err(Error::new(
                Kind::Invalid,
                "map",
                format!("The CRM answered with {} where its records should be", kind_of(&other)),
            )
            .hint("The connector's file and this CRM's version may not fit together")),
        }
    }

    /// A path that looks into each item of a list, `items[].data`, and found in none of them what it looks for.
    fn nothing_of_many(&self, path: &str, body: &Value) -> Result<()> {
        let Some(Ast::Projection { lhs, rhs, .. }) = self.paths.get(path).map(jmespath::Expression::as_ast) else {
            return Ok(());
        };
        if matches!(**rhs, Ast::Condition { .. }) {
            return Ok(());
        }
        let Ok(Value::Array(items)) = Subject::of(body).search(path, lhs) else {
            return Ok(());
        };
        if let Some(first) = items.first() {
            self.doubts.say(|| {
                format!(
                    "`{path}` finds nothing in the {} items that there are; the first of them: {}",
                    items.len(),
                    has(first)
                )
            });
        }
        Ok(())
    }

    /// A path's value; null where there is nothing, and where the answer has another shape than the path.
    ///
    /// # Errors
    /// [`Kind::Internal`]: the path is none of the manifest's. [`Kind::Invalid`]: it takes too much work on this answer.
    pub(crate) fn at(&self, path: &str, body: &Value) -> Result<Value> {
        self.found(path, &Subject::of(body))
    }

    /// A path's value as one text; `None` for null, false, "" and what is no text. Numbers are written out, blanks around a text
    /// are taken away; of a list it is the first text.
    ///
    /// # Errors
    /// As [`Loaded::at`].
    pub(crate) fn text_at(&self, path: &str, body: &Value) -> Result<Option<String>> {
        Ok(text(&self.at(path, body)?))
    }

    /// [`Loaded::at`] for a body that other paths look at, too.
    ///
    /// # Errors
    /// As [`Loaded::at`].
    pub(crate) fn at_body(&self, path: &str, body: &Body) -> Result<Value> {
        self.found(path, body.subject())
    }

    /// [`Loaded::text_at`] for a body that other paths look at, too.
    ///
    /// # Errors
    /// As [`Loaded::at`].
    pub(crate) fn text_at_body(&self, path: &str, body: &Body) -> Result<Option<String>> {
        Ok(text(&self.at_body(path, body)?))
    }

    fn found(&self, path: &str, subject: &Subject) -> Result<Value> {
        let Some(compiled) = self.paths.get(path) else {
            return Err(Error::new(
                Kind::Internal,
                "map",
                "A path was not compiled when its file was loaded",
            ));
        };
        match subject.search(path, compiled.as_ast()) {
            Ok(found) => Ok(found),
            // A function of the path that gets another type than it takes is an answer that has not what the path looks for.
            Err(Fruitless::OtherShape) => Ok(Value::Null),
            Err(Fruitless::TooMuch) => Err(Error::new(
                Kind::Invalid,
                "map",
                format!(
                    "The path `{}` in the connector's file takes too much work",
                    shortened(path)
                ),
            )
            .hint("Write a shorter one: each `[@, @]` makes twice as much of what it gets")),
        }
    }
}

/// A path as far as a sentence has room for it.
fn shortened(path: &str) -> String {
    match path.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path.to_owned(),
    }
}

/// A value as one text, if it says something.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            (!text.is_empty()).then(|| text.chars().take(MOST_LETTERS).collect())
        }
        // An id of 1e0 would be a different text than 1.
        Value::Number(number) => Some(match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => format!("{float:.0}"),
            _ => number.to_string(),
        }),
        Value::Bool(true) => Some("true".to_owned()),
        Value::Array(items) => items
            .iter()
            .find_map(|item| if item.is_array() { None } else { text(item) }),
        _ => None,
    }
}

/// All the texts of a value: of one, or of a list in a list.
fn texts(value: &Value, most: usize) -> Vec<String> {
    fn add(value: &Value, most: usize, depth: usize, all: &mut Vec<String>) {
        match value {
            Value::Array(items) if depth < 4 => items.iter().for_each(|item| add(item, most, depth + 1, all)),
            Value::Array(_) => {}
            single => {
                if all.len() < most {
                    all.extend(text(single));
                }
            }
        }
    }
    let mut all = Vec::new();
    add(value, most, 0, &mut all);
    all
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "yes or no",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a record",
    }
}
