//! What was asked, as FTS5 takes it, and the order of what it found.
//!
//! Best first: names that begin with the whole text, names with its words in order, in any order, initials; then company
//! and e-mail; then what may have been meant, the fewest corrections first. Within one sort: spelt as typed, then called
//! within the last 30 days; then the one that leaves least to be explained, called most recently, changed most recently.
//! Of people who share a name, the second comes after everybody else's first: who was meant is among the first rows even
//! where a hundred have the most usual name.

use std::{cmp::Reverse, collections::HashMap};

use ringside_domain::{Contact, Timestamp, index::Indexed};

use crate::fold::{Depth, digits, fold, initials, joined};

/// More words and signs than this are no search.
const WORDS: usize = 8;
const SIGNS: usize = 120;
/// Fewer digits are in every number.
const DIGITS: usize = 3;
/// Found by its e-mail, or by words of several fields.
const NOT_BY_NAME: u8 = 7;
/// Not spelt as asked.
const MISSPELT: u8 = 8;
const THIRTY_DAYS_MS: i64 = 30 * 24 * 60 * 60 * 1000;

pub(super) struct Asked {
    text: String,
    words: Vec<String>,
    literal: Vec<String>,
    /// The same word both ways, where there are as many.
    both: Vec<(String, String)>,
    closed: bool,
    has_letters: bool,
    /// The digits as typed, and without what stands for "international".
    digits: Vec<String>,
}

pub(super) struct Hit {
    pub indexed: Indexed,
    /// As filed: its numbers in digits, with blanks between.
    pub digits: String,
    /// Their newest call, whether or not anybody spoke.
    pub called: Option<Timestamp>,
}

/// How it was found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// One of its numbers is the number asked for.
    Key,
    Text,
    /// Misspelt, and what that costs.
    Near(u16),
}

/// Smaller is better.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    sort: Sort,
    /// How many of the same name come before it.
    namesakes: usize,
    cost: u16,
    /// Letters that were left out of words before the last, which alone is expected to go on.
    left_out: usize,
    /// Words of the name that nobody asked for.
    more_words: usize,
    out_of_order: bool,
    last_call: Reverse<Option<Timestamp>>,
    updated: Reverse<Option<Timestamp>>,
    name: String,
    at: String,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Sort {
    class: u8,
    /// Corrections that it takes.
    corrections: u16,
    not_as_typed: bool,
    not_lately: bool,
}

impl Asked {
    pub fn new(text: &str) -> Self {
        let typed_on = text;
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
        let (wide, literal): (Vec<String>, Vec<String>) = (words(Depth::Wide), words(Depth::Literal));
        Self {
            both: wide.iter().cloned().zip(literal.iter().cloned()).collect(),
            closed: typed_on.ends_with(char::is_whitespace),
            words: wide,
            literal,
            has_letters,
            digits: typed,
            text,
        }
    }

    /// Folded for the index, and literally.
    pub fn words(&self) -> &[(String, String)] {
        &self.both
    }

    /// A blank after the last word: it does not go on.
    pub fn is_closed(&self) -> bool {
        self.closed
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
pub(super) fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

pub(super) fn rank(hit: &Hit, asked: &Asked, by: By, now: Timestamp) -> Rank {
    let contact = &hit.indexed.contact;
    let wide = class(contact, &asked.words, &asked.text, Depth::Wide);
    let (class, cost) = match by {
        By::Near(cost) => (MISSPELT, cost),
        _ if asked.is_number() => (wide.min(number_class(&hit.digits, asked, by == By::Key)), 0),
        _ => (wide, 0),
    };
    let as_typed = self::class(contact, &asked.literal, &asked.text, Depth::Literal) <= wide;
    let lately = hit.called.is_some_and(|call| call.0 >= now.0 - THIRTY_DAYS_MS);
    let name = fold(&contact.name, Depth::Wide);
    let words: Vec<&str> = name.split(' ').collect();
    Rank {
        sort: Sort {
            class,
            corrections: cost / 10,
            not_as_typed: by == By::Text && !as_typed,
            not_lately: !lately,
        },
        namesakes: 0,
        cost,
        left_out: left_out(&words, &asked.words),
        more_words: words.len().saturating_sub(asked.words.len()),
        out_of_order: out_of_order(&words, &asked.words),
        last_call: Reverse(hit.called),
        updated: Reverse(contact.updated),
        name: fold(&contact.name, Depth::Literal),
        at: format!(
            "{} {} {}",
            contact.id.connection, contact.id.contact_type, contact.id.id
        ),
    }
}

/// Puts rows in order.
pub(super) fn in_order<T>(mut rows: Vec<(Rank, T)>) -> Vec<T> {
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut seen: HashMap<(Sort, String), usize> = HashMap::new();
    for (rank, _) in rows.iter_mut().filter(|(rank, _)| rank.sort.not_lately) {
        let count = seen.entry((rank.sort.clone(), rank.name.clone())).or_default();
        rank.namesakes = *count;
        *count += 1;
    }
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    rows.into_iter().map(|(_, row)| row).collect()
}

fn left_out(name: &[&str], asked: &[String]) -> usize {
    let Some((_, begun)) = asked.split_last() else { return 0 };
    let of = |word: &String| {
        let longer = name.iter().filter(|one| one.starts_with(word.as_str()));
        longer.map(|one| one.len() - word.len()).min().unwrap_or(0)
    };
    begun.iter().map(of).sum()
}

/// By first letters, which even those get right who misspell the rest.
fn out_of_order(name: &[&str], asked: &[String]) -> bool {
    let first = |word: Option<&str>| word.and_then(|word| word.chars().next());
    first(name.first().copied()) != first(asked.first().map(String::as_str))
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
    } else if each_in_order(&words, asked) || joined(&contact.name).split(' ').any(|word| word.starts_with(&short)) {
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

fn each_in_order(words: &[&str], asked: &[String]) -> bool {
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
