//! SOSL, as its reference says: words and phrases, `*` behind a word, AND and OR, a group of fields, and the objects to return.
//!
//! A number is indexed as its words, and as its digits in one piece. Signs that mean something are refused where they are not
//! escaped, inside quotes too. A term of one letter is refused, except in scripts that are written without blanks.

use serde_json::{Value, json};

use super::{
    Answer, Refused,
    objects::Object,
    soql::{Condition, Signs, known, object},
};
use crate::crm::{Records, Reply, Row};

/// `* ?` are wildcards, and stand for themselves behind a backslash.
const RESERVED: &str = "?&|!{}[]()^~*:\\\"'+-";
/// A longer query loses its operators.
const LONGEST: usize = 4_000;

#[derive(Debug)]
enum Wanted {
    Phrase { words: Vec<String>, open: bool },
    All(Vec<Wanted>),
    Any(Vec<Wanted>),
}

pub fn search(records: &Records, text: &str) -> Answer {
    let rest = text.strip_prefix("FIND {").ok_or_else(|| bad("FIND is missing"))?;
    let end = closing(rest).ok_or_else(|| bad("a brace is not closed"))?;
    if end > LONGEST {
        return Err(bad("the search is longer than 4000 letters"));
    }
    let wanted = expression(&rest[..end])?;
    let mut signs = Signs::read(&rest[end + 1..])?;
    signs.keyword("IN")?;
    let phones = match signs.word()?.as_str() {
        "PHONE" => true,
        "NAME" => false,
        other => return Err(bad(format!("unknown group {other}"))),
    };
    signs.keyword("FIELDS")?;
    signs.keyword("RETURNING")?;
    let mut found = Vec::new();
    loop {
        found.extend(returned(records, &mut signs, &wanted, phones)?);
        if !signs.is_mark(',') {
            break;
        }
    }
    signs.end()?;
    Ok(Reply::json(200, &json!({ "searchRecords": found })))
}

/// `Lead(Id, Name WHERE IsConverted = false LIMIT 20)`
fn returned(records: &Records, signs: &mut Signs, wanted: &Wanted, phones: bool) -> Result<Vec<Value>, Refused> {
    let object = object(&signs.word()?)?;
    signs.mark('(')?;
    let fields = signs.names()?;
    known(object, &fields)?;
    let condition = if signs.is("WHERE") {
        Some(Condition::read(signs, object)?)
    } else {
        None
    };
    let limit = if signs.is("LIMIT") { signs.number()? } else { 2_000 };
    signs.mark(')')?;
    let is_hit = |row: &&Row| {
        wanted.holds(&texts(records, object, row, phones), phones)
            && condition.iter().all(|condition| condition.holds(records, object, row))
    };
    let hits = records.searchable(object.name).filter(is_hit).take(limit);
    Ok(hits.map(|row| object.record(records, row, &fields)).collect())
}

fn texts(records: &Records, object: &Object, row: &Row, phones: bool) -> Vec<String> {
    if phones {
        return object.numbers.iter().filter_map(|field| row.text(field)).collect();
    }
    let fields: &[&str] = match object.name {
        "Contact" => &["Name", "Account.Name"],
        "Lead" => &["Name", "Company"],
        _ => &["Name"],
    };
    let values = fields.iter().map(|field| object.value(records, row, field));
    values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

impl Wanted {
    fn holds(&self, texts: &[String], phones: bool) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(texts, phones)),
            Self::Any(any) => any.iter().any(|one| one.holds(texts, phones)),
            Self::Phrase { words, open } => texts.iter().any(|text| {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                is_in(words, *open, &split(text)) || (phones && words.as_slice() == [digits])
            }),
        }
    }
}

fn is_in(words: &[String], open: bool, text: &[String]) -> bool {
    let Some(last) = words.len().checked_sub(1) else {
        return false;
    };
    let fits = |at: usize, word: &String| word == &words[at] || (open && at == last && word.starts_with(&words[at]));
    text.windows(words.len())
        .any(|window| window.iter().enumerate().all(|(at, word)| fits(at, word)))
}

/// Words in small letters; all other signs part them.
fn split(text: &str) -> Vec<String> {
    let words = text
        .split(|sign: char| !sign.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Where the brace of FIND closes.
fn closing(text: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '}' => return Some(at),
            '{' => return None,
            _ => {}
        }
    }
    None
}

fn expression(text: &str) -> Result<Wanted, Refused> {
    let mut rest = text.trim();
    let wanted = any(&mut rest)?;
    if rest.is_empty() {
        Ok(wanted)
    } else {
        Err(bad(format!("unexpected {rest:?}")))
    }
}

fn any(rest: &mut &str) -> Result<Wanted, Refused> {
    let mut any = vec![all(rest)?];
    while take(rest, "OR ") {
        any.push(all(rest)?);
    }
    Ok(Wanted::Any(any))
}

fn all(rest: &mut &str) -> Result<Wanted, Refused> {
    let mut all = vec![one(rest)?];
    while take(rest, "AND ") {
        all.push(one(rest)?);
    }
    Ok(Wanted::All(all))
}

fn one(rest: &mut &str) -> Result<Wanted, Refused> {
    if take(rest, "(") {
        let inside = any(rest)?;
        return if take(rest, ")") {
            Ok(inside)
        } else {
            Err(bad("a bracket is not closed"))
        };
    }
    let quoted = rest
        .strip_prefix('"')
        .ok_or_else(|| bad(format!("a word without quotes at {rest:?}")))?;
    let (mut text, mut open, mut letters) = (String::new(), false, quoted.char_indices());
    loop {
        let (at, letter) = letters.next().ok_or_else(|| bad("a quote is not closed"))?;
        match letter {
            '"' => {
                *rest = quoted[at + 1..].trim_start();
                break;
            }
            _ if open => return Err(bad("a wildcard within a phrase")),
            '*' => open = true,
            '\\' => text.extend(
                letters
                    .next()
                    .map(|(_, escaped)| escaped)
                    .filter(|escaped| RESERVED.contains(*escaped)),
            ),
            letter if RESERVED.contains(letter) => return Err(bad(format!("{letter} is not escaped"))),
            letter => text.push(letter),
        }
    }
    let is_whole_word = |letter: char| matches!(u32::from(letter), 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF);
    if text.trim().chars().count() < 2 && !text.chars().any(is_whole_word) {
        return Err(bad("search term must be longer than one character"));
    }
    Ok(Wanted::Phrase {
        words: split(&text),
        open,
    })
}

fn take(rest: &mut &str, sign: &str) -> bool {
    match rest.strip_prefix(sign) {
        Some(behind) => {
            *rest = behind.trim_start();
            true
        }
        None => false,
    }
}

fn bad(words: impl Into<String>) -> Refused {
    Refused(400, "MALFORMED_SEARCH", words.into(), Vec::new())
}
