//! The CRM's own words, as far as they may be shown: no secret, no number of a person, no control characters, not a page long.

use ringside_domain::{HttpAnswer, Result};
use serde_json::Value;

use super::super::{format::FieldErrors, load::Loaded, mapping::Body};
use crate::hidden::Hidden;

/// Letters of a message.
const LONGEST: usize = 200;
/// From so many digits on it may be somebody's number.
const A_NUMBER: usize = 6;

/// What the answer says about the error: its body, else a header.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub message: Option<String>,
    /// The dialog's name of the refused field, or the CRM's.
    pub field: Option<String>,
}

pub(super) fn said(loaded: &Loaded, answer: &HttpAnswer, body: &Body, hidden: &Hidden) -> Result<Said> {
    let mut said = if body.value().is_null() {
        Said::default()
    } else {
        in_body(loaded, body, hidden)?
    };
    if said.message.is_none() {
        let headers = loaded.manifest.errors.message_headers.iter();
        let mut told = headers
            .filter_map(|name| answer.header(name))
            .map(|text| clean(text, hidden));
        said.message = told.find(|text| !text.is_empty());
    }
    Ok(said)
}

fn in_body(loaded: &Loaded, body: &Body, hidden: &Hidden) -> Result<Said> {
    let mut said = Said::default();
    for fields in &loaded.manifest.errors.fields {
        if let Some((field, message)) = first_field(loaded, fields, body)? {
            let field = clean(&field, hidden);
            said.message = message
                .map(|message| clean(&message, hidden))
                .filter(|text| !text.is_empty());
            said.field = (!field.is_empty()).then_some(field);
            break;
        }
    }
    for path in &loaded.manifest.errors.message {
        if said.message.is_some() {
            break;
        }
        let message = loaded.text_at_body(path, body)?.map(|text| clean(&text, hidden));
        said.message = message.filter(|text| !text.is_empty());
    }
    Ok(said)
}

fn first_field(loaded: &Loaded, fields: &FieldErrors, body: &Body) -> Result<Option<(String, Option<String>)>> {
    let named = |name: String| fields.names.get(&name).cloned().unwrap_or(name);
    match (loaded.at_body(&fields.list, body)?, &fields.field) {
        (Value::Array(records), Some(field)) => {
            for record in &records {
                if let Some(name) = loaded.text_at(field, record)? {
                    let message = match &fields.message {
                        Some(path) => loaded.text_at(path, record)?,
                        None => None,
                    };
                    return Ok(Some((named(name), message)));
                }
            }
            Ok(None)
        }
        (Value::Object(members), None) => Ok(members.into_iter().next().map(|(name, value)| {
            let message = match &value {
                Value::String(text) => Some(text.clone()),
                Value::Array(texts) => texts.iter().find_map(Value::as_str).map(str::to_owned),
                _ => None,
            };
            (named(name), message)
        })),
        _ => Ok(None),
    }
}

/// One line that may be shown and logged.
fn clean(text: &str, hidden: &Hidden) -> String {
    let line = mask_numbers(&hidden.hide(&one_line(text)));
    let line = line.trim_end_matches(['.', ' ']);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ")
}

/// Dots in place of all digits that may be somebody's number, with whatever stands between its groups.
fn mask_numbers(text: &str) -> String {
    let signs: Vec<char> = text.chars().collect();
    let mut masked = signs.clone();
    let mut at = 0;
    while at < signs.len() {
        if !signs[at].is_numeric() {
            at += 1;
            continue;
        }
        let (mut end, mut digits) = (at, Vec::new());
        while let Some(sign) = signs.get(end) {
            if sign.is_numeric() {
                digits.push(end);
            } else if !" ()-./+\u{a0}".contains(*sign) {
                break;
            }
            end += 1;
        }
        if digits.len() >= A_NUMBER {
            digits.into_iter().for_each(|digit| masked[digit] = '•');
        }
        at = end;
    }
    masked.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_one_line_without_numbers_and_secrets() {
        let mut hidden = Hidden::default();
        hidden.add_rendered(b"Bearer abcd1234");
        let shown = clean("Bad\u{7}\n token abcd1234 of (202) 555-0123.\r\n", &hidden);
        assert_eq!(shown, "Bad token … of (•••) •••-••••");
        assert_eq!(
            clean("at most 255 letters, 3 given", &Hidden::default()),
            "at most 255 letters, 3 given"
        );
        assert_eq!(clean("٠٣٠٢٣١٢٥", &Hidden::default()), "••••••••");
    }

    #[test]
    fn a_long_message_is_cut() {
        let long = clean(&"ü".repeat(10_000), &Hidden::default());
        assert_eq!(long.chars().count(), LONGEST + 1);
    }
}
