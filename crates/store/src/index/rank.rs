//! What was asked, as FTS5 takes it, and the order of what it found.
//!
//! Best first: names that begin with the whole text, names with its words in order, in any order, initials; then company
//! and e-mail. Within one sort: spelt as typed, then called most recently, then changed most recently.

use std::cmp::Reverse;

use ringside_domain::{Contact, Timestamp, index::Indexed};

use crate::fold::{Depth, digits, fold, initials, joined};

/// More words and signs than this are no search.
const WORDS: usize = 8;
const SIGNS: usize = 120;
/// Fewer digits are in every number.
const DIGITS: usize = 3;
/// Found by its e-mail, or by words of several fields.
const NOT_BY_NAME: u8 = 7;

pub(super) struct Asked {
    text: String,
    words: Vec<String>,
    literal: Vec<String>,
    has_letters: bool,
    /// The digits as typed, and without what stands for "international".
    digits: Vec<String>,
}

pub(super) struct Hit {
    pub indexed: Indexed,
    /// As filed: its numbers in digits, with blanks between.
    pub digits: String,
}

/// Smaller is better.
pub(super) type Rank = (
    u8,
    bool,
    Reverse<Option<Timestamp>>,
    Reverse<Option<Timestamp>>,
    String,
    String,
);

impl Asked {
    pub fn new(text: &str) -> Self {
        let text: String = text.trim().chars().take(SIGNS).collect();
        let words = |depth| {
            fold(&text, depth)
                .split(' ')
                .filter(|word| !word.is_empty())
                .take(WORDS)
                .map(str::to_owned)
                .collect()
        };
        let has_letters = text.chars().any(char::is_alphabetic);
        let mut typed = Vec::new();
        if !has_letters {
            let plain = if text.starts_with('+') {
                text.replace("(0)", "")
            } else {
                text.clone()
            };
            let plain = digits(&plain);
            typed.extend(
                plain
                    .strip_prefix("00")
                    .or_else(|| plain.strip_prefix("011"))
                    .map(str::to_owned),
            );
            typed.push(plain);
            typed.retain(|digits| digits.len() >= DIGITS);
        }
        Self {
            words: words(Depth::Wide),
            literal: words(Depth::Literal),
            has_letters,
            digits: typed,
            text,
        }
    }

    pub fn is_number(&self) -> bool {
        !self.digits.is_empty()
    }

    pub fn digits_match(&self) -> Option<String> {
        let phrases: Vec<String> = self.digits.iter().map(|digits| quoted(digits)).collect();
        (!phrases.is_empty()).then(|| phrases.join(" OR "))
    }

    /// Names that are the first word, names that begin with it, anything that holds all the words.
    pub fn name_matches(&self) -> Vec<String> {
        let Some((first, rest)) = self.words.split_first() else {
            return Vec::new();
        };
        let first = quoted(first);
        let rest: String = rest.iter().map(|word| format!(" AND {}*", quoted(word))).collect();
        vec![
            format!("(name : ^{first}){rest}"),
            format!("(name : ^{first}*){rest}"),
            format!("{first}*{rest}"),
        ]
    }

    /// A name and part of a number: `anna 555`.
    pub fn mixed_match(&self) -> Option<(String, String)> {
        let is_digits = |word: &&String| word.len() >= DIGITS && word.bytes().all(|sign| sign.is_ascii_digit());
        let (digits, words): (Vec<&String>, Vec<&String>) = self.words.iter().partition(is_digits);
        if digits.is_empty() || words.is_empty() || !self.has_letters {
            return None;
        }
        let words: Vec<String> = words.into_iter().map(|word| format!("{}*", quoted(word))).collect();
        let digits: Vec<String> = digits.into_iter().map(|digits| quoted(digits)).collect();
        Some((words.join(" AND "), digits.join(" AND ")))
    }
}

/// A phrase: inside quotes FTS5 knows no operators.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

pub(super) fn rank(hit: &Hit, asked: &Asked, keyed: bool) -> Rank {
    let contact = &hit.indexed.contact;
    let wide = class(contact, &asked.words, &asked.text, Depth::Wide);
    let as_typed = class(contact, &asked.literal, &asked.text, Depth::Literal) <= wide;
    let class = if asked.is_number() {
        wide.min(number_class(&hit.digits, asked, keyed))
    } else {
        wide
    };
    let at = format!(
        "{} {} {}",
        contact.id.connection, contact.id.contact_type, contact.id.id
    );
    (
        class,
        !as_typed,
        Reverse(contact.last_call),
        Reverse(contact.updated),
        fold(&contact.name, Depth::Literal),
        at,
    )
}

fn class(contact: &Contact, asked: &[String], text: &str, depth: Depth) -> u8 {
    let name = fold(&contact.name, depth);
    let words: Vec<&str> = name.split(' ').collect();
    let whole = asked.join(" ");
    let company = fold(contact.company.as_deref().unwrap_or_default(), depth);
    let short = asked.concat();
    let e_mail = text.contains('@') && contact.emails.iter().any(|e_mail| begins(e_mail, text));
    if asked.is_empty() {
        NOT_BY_NAME
    } else if name == whole {
        0
    } else if name.starts_with(&whole) || e_mail {
        1
    } else if in_order(&words, asked) || joined(&contact.name).split(' ').any(|word| word.starts_with(&short)) {
        2
    } else if any_order(&words, asked) {
        3
    } else if initials(&name).starts_with(&short) {
        4
    } else if company.starts_with(&whole) {
        5
    } else if any_order(&company.split(' ').collect::<Vec<_>>(), asked) {
        6
    } else {
        NOT_BY_NAME
    }
}

fn number_class(filed: &str, asked: &Asked, keyed: bool) -> u8 {
    let one = |number: &str, digits: &str| {
        if number == digits {
            0
        } else if number.starts_with(digits) {
            1
        } else if number.ends_with(digits) {
            2
        } else if number.contains(digits) {
            3
        } else {
            NOT_BY_NAME
        }
    };
    if keyed {
        return 0;
    }
    let classes = asked
        .digits
        .iter()
        .flat_map(|digits| filed.split(' ').map(move |number| one(number, digits)));
    classes.min().unwrap_or(NOT_BY_NAME)
}

fn begins(e_mail: &str, text: &str) -> bool {
    e_mail.to_lowercase().starts_with(&text.to_lowercase())
}

fn in_order(words: &[&str], asked: &[String]) -> bool {
    let mut left = words.iter();
    asked
        .iter()
        .all(|word| left.any(|candidate| candidate.starts_with(word.as_str())))
}

fn any_order(words: &[&str], asked: &[String]) -> bool {
    asked
        .iter()
        .all(|word| words.iter().any(|candidate| candidate.starts_with(word.as_str())))
}
