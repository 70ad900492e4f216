//! Patterns: texts with places where anything may stand, as the filters `like` and `gaps` make them.
//!
//! They stay apart from texts until they are written, because each language writes wildcards, and what is none, its own way.

use std::{fmt, sync::Arc};

use minijinja::value::{Object, ObjectRepr};
use ringside_domain::phone::{Home, PhoneNumber, read};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// Any number of signs.
    Any,
}

/// As a plain text it is an SQL pattern with backslash escapes, or has the sign it was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
    sign: char,
}

impl Pattern {
    /// A text without wildcards: what looks like one stands for itself.
    pub(crate) fn literal(text: &str) -> Self {
        Self {
            parts: vec![Part::Text(text.to_owned())],
            sign: '%',
        }
    }

    /// Text at the start, at the end, or anywhere.
    pub(crate) fn around(before: bool, text: &str, behind: bool) -> Self {
        let mut parts = vec![Part::Text(text.to_owned())];
        if before {
            parts.insert(0, Part::Any);
        }
        if behind {
            parts.push(Part::Any);
        }
        Self { parts, sign: '%' }
    }

    /// The digits of a number in the groups in which people write them, with anything in front of each: `%202%555%0100`
    /// finds the number however it was punctuated. Without country code and trunk zero, so that it finds both spellings.
    /// A text that is no number is taken digit by digit.
    pub(crate) fn gaps(text: &str, sign: char) -> Self {
        let mut parts = Vec::new();
        for group in groups(text) {
            parts.push(Part::Any);
            parts.push(Part::Text(group));
        }
        Self { parts, sign }
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }
}

fn groups(text: &str) -> Vec<String> {
    let number = PhoneNumber::from_e164(text).or_else(|| read(text, &Home::default()).number().cloned());
    let written = number
        .as_ref()
        .map_or_else(|| text.to_owned(), PhoneNumber::international);
    let mut groups: Vec<String> = written
        .split(|sign: char| !sign.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .map(str::to_owned)
        .collect();
    if number.is_some() && groups.len() > 1 {
        groups.remove(0);
    }
    match groups.as_slice() {
        [one] => one.chars().map(String::from).collect(),
        _ => groups,
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for part in &self.parts {
            match part {
                Part::Any => f.write_char(self.sign)?,
                Part::Text(text) => {
                    for sign in text.chars() {
                        if sign == '\\' || sign == self.sign || (self.sign == '%' && sign == '_') {
                            f.write_char('\\')?;
                        }
                        f.write_char(sign)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
