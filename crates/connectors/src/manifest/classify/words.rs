//! The CRM's own words, as far as they may be shown: no secret, no number of a person, no control characters, not a page long.

use ringside_domain::{HttpAnswer, Result, credentials::Secret};
use serde_json::Value;

use super::super::{format::FieldErrors, load::Loaded, render::percent_encoded};

/// Letters of a message.
const LONGEST: usize = 200;
/// From so many digits on it may be somebody's number.
const A_NUMBER: usize = 6;
/// Bytes of a secret from which on it is looked for: a shorter one is in every second word.
const SHORTEST: usize = 4;

/// What no message may show: the secrets that a sign-in is made of, and everything that was made of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden(Vec<Secret>);

impl Hidden {
    /// A secret by itself: a key, a password, a token.
    pub(crate) fn add(&mut self, secret: &[u8]) {
        let text = one_line(&String::from_utf8_lossy(secret));
        let in_addresses = percent_encoded(&text);
        self.keep(text);
        self.keep(in_addresses);
    }

    /// What was rendered of secrets: `Bearer abc`, `Basic YTpi`. The scheme says nothing, the rest everything.
    pub(crate) fn add_rendered(&mut self, value: &[u8]) {
        self.add(value);
        let text = String::from_utf8_lossy(value);
        if let Some((_, rest)) = text.trim().split_once(' ') {
            rest.split_whitespace().for_each(|part| self.add(part.as_bytes()));
        }
    }

    /// The longest first: a part of a secret must not hide before the whole of it, or the rest would stay.
    fn keep(&mut self, text: String) {
        let known = self.0.iter().any(|known| known.expose() == text.as_bytes());
        if text.len() >= SHORTEST && !known {
            let longer = |known: &Secret| known.expose().len() > text.len();
            let place = self.0.partition_point(longer);
            self.0.insert(place, Secret::new(text.into_bytes()));
        }
    }

    fn hide(&self, mut text: String) -> String {
        for secret in &self.0 {
            if let Ok(secret) = std::str::from_utf8(secret.expose())
                && text.contains(secret)
            {
                text = text.replace(secret, "…");
            }
        }
        text
    }
}

/// What the answer says about the error: its body, else a header.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub message: Option<String>,
    /// The dialog's name of the refused field, or the CRM's.
    pub field: Option<String>,
}

pub(super) fn said(loaded: &Loaded, answer: &HttpAnswer, body: &Value, hidden: &Hidden) -> Result<Said> {
    let mut said = if body.is_null() {
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

fn in_body(loaded: &Loaded, body: &Value, hidden: &Hidden) -> Result<Said> {
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
        let message = loaded.text_at(path, body)?.map(|text| clean(&text, hidden));
        said.message = message.filter(|text| !text.is_empty());
    }
    Ok(said)
}

fn first_field(loaded: &Loaded, fields: &FieldErrors, body: &Value) -> Result<Option<(String, Option<String>)>> {
    let named = |name: String| fields.names.get(&name).cloned().unwrap_or(name);
    match (loaded.at(&fields.list, body)?, &fields.field) {
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
    let line = mask_numbers(&hidden.hide(one_line(text)));
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
    fn a_secret_is_hidden_whole_in_every_way_of_writing_it() {
        let mut hidden = Hidden::default();
        for secret in ["abcd", "abcd/efgh+ij", "pass  word\tof mine", "abc"] {
            hidden.add(secret.as_bytes());
        }
        hidden.add_rendered(b"Basic YWJjZDplZmdo");
        for (said, shown) in [
            ("key abcd/efgh+ij is wrong", "key … is wrong"),
            ("GET /x?key=abcd%2Fefgh%2Bij", "GET /x?key=…"),
            ("\"pass  word\tof mine\" is old", "\"…\" is old"),
            ("not YWJjZDplZmdo", "not …"),
            // Words that are in nearly every message stay.
            (
                "The password of the abc, Basic plan",
                "The password of the abc, Basic plan",
            ),
        ] {
            assert_eq!(clean(said, &hidden), shown);
        }
        assert!(!format!("{hidden:?}").contains("abcd"));
    }

    #[test]
    fn a_long_message_is_cut() {
        let long = clean(&"ü".repeat(10_000), &Hidden::default());
        assert_eq!(long.chars().count(), LONGEST + 1);
    }
}
