//! The sample with reference answers, made by `data/generate.py`.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;

use ringside_phone::{Home, Key, KeyKind, Line, Reading, stored_keys};

/// One text, what the reference library says of it, and what a person meant by it.
pub struct Row {
    pub class: String,
    pub home: Home,
    pub input: String,
    /// None where the reference refuses the text.
    pub answer: Option<Answer>,
    /// Whether older versions of the reference say the same.
    pub stable: bool,
    /// The number that the text was made from.
    pub truth: Option<String>,
    /// A second number in the text.
    pub other: Option<String>,
}

pub struct Answer {
    pub e164: String,
    pub international: String,
    pub national: String,
    pub rfc3966: String,
    pub valid: bool,
    pub line: Line,
    pub country_code: u16,
    pub nsn: String,
    pub extension: Option<String>,
}

pub fn rows() -> Vec<Row> {
    let table = include_str!("../data/sample.tsv");
    let mut lines = table.lines();
    let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
    lines
        .map(|line| row(&names.iter().copied().zip(line.split('\t')).collect()))
        .collect()
}

fn row(fields: &HashMap<&str, &str>) -> Row {
    let filled = |name: &str| Some(fields[name].to_owned()).filter(|text| !text.is_empty());
    Row {
        class: fields["class"].to_owned(),
        home: Home {
            region: fields["home"].parse().ok(),
            outside_prefix: None,
        },
        input: unescaped(fields["input"]),
        answer: (fields["status"] == "OK").then(|| Answer {
            e164: fields["e164"].to_owned(),
            international: fields["international"].to_owned(),
            national: fields["national"].to_owned(),
            rfc3966: fields["rfc3966"].to_owned(),
            valid: fields["valid"] == "1",
            line: line(fields["type"]),
            country_code: fields["cc"].parse().unwrap(),
            nsn: fields["nsn"].to_owned(),
            extension: filled("ext"),
        }),
        stable: fields["stable"] == "1",
        truth: filled("truth"),
        other: filled("other"),
    }
}

fn unescaped(text: &str) -> String {
    let mut raw = String::new();
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        raw.push(match sign {
            '\\' => match signs.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('0') => '\0',
                Some('\\') => '\\',
                other => panic!("unknown escape {other:?} in the sample"),
            },
            _ => sign,
        });
    }
    raw
}

fn line(kind: &str) -> Line {
    match kind {
        "MOBILE" => Line::Mobile,
        "FIXED_LINE" => Line::FixedLine,
        "FIXED_LINE_OR_MOBILE" => Line::FixedOrMobile,
        "TOLL_FREE" => Line::TollFree,
        "PREMIUM_RATE" => Line::Premium,
        "VOIP" => Line::Voip,
        _ => Line::Other,
    }
}

/// A share as the gates print it.
pub fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}

/// What kinds of key prove a number.
pub fn number_keys(reading: &Reading) -> impl Iterator<Item = Key> {
    let kinds = [KeyKind::E164, KeyKind::Alias, KeyKind::Alt];
    stored_keys(reading)
        .into_iter()
        .filter(move |key| kinds.contains(&key.kind))
}

/// An index as a store keeps it: rows of the stored readings by key.
pub fn index(stored: &[Reading]) -> HashMap<Key, Vec<usize>> {
    let mut index: HashMap<Key, Vec<usize>> = HashMap::new();
    for (row, reading) in stored.iter().enumerate() {
        for key in stored_keys(reading) {
            index.entry(key).or_default().push(row);
        }
    }
    index
}

/// The same numbers on every run: a linear congruence is random enough to pick strangers.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}
