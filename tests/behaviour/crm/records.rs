//! Records by type, in the vendor's own field names, and who is signed in.

use std::collections::BTreeMap;

use ringside_domain::{Clock as _, Timestamp};
use ringside_host::clock::SystemClock;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::Knobs;

/// 12 January 2026, 09:30 UTC: what has been there for ever.
const PLANTED: Timestamp = Timestamp(1_768_210_200_000);

/// One record.
#[derive(Clone, Debug)]
pub struct Row {
    pub kind: String,
    pub id: u64,
    pub fields: Map<String, Value>,
    /// When, by the CRM's own clock, which is five minutes behind ours.
    pub written: Timestamp,
    /// From when on searches find it.
    searchable: Instant,
}

impl Row {
    /// A field as text; nothing where it is empty.
    pub fn text(&self, field: &str) -> Option<String> {
        match self.fields.get(field)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    pub fn id(&self) -> String {
        self.id.to_string()
    }
}

#[derive(Debug)]
pub struct Records {
    knobs: Knobs,
    rows: Vec<Row>,
    next: u64,
    /// Tokens that are worth something, and for how many requests more.
    tokens: BTreeMap<String, Option<usize>>,
    issued: u64,
}

impl Records {
    pub fn new(knobs: Knobs) -> Self {
        Self {
            knobs,
            rows: Vec::new(),
            next: 501,
            tokens: BTreeMap::new(),
            issued: 0,
        }
    }

    /// Written just now: searches find it after the lag.
    pub fn add(&mut self, kind: &str, fields: Map<String, Value>) -> &mut Row {
        let written = Timestamp(SystemClock.now().wall.0 - 300_000);
        self.insert(kind, fields, written, Instant::now() + self.knobs.search_lag)
    }

    /// Has been there for ever.
    pub fn plant(&mut self, kind: &str, fields: Map<String, Value>) -> &mut Row {
        self.insert(kind, fields, PLANTED, Instant::now())
    }

    fn insert(&mut self, kind: &str, fields: Map<String, Value>, written: Timestamp, searchable: Instant) -> &mut Row {
        let id = self.next;
        self.next += 1;
        self.rows.push(Row {
            kind: kind.to_owned(),
            id,
            fields,
            written,
            searchable,
        });
        self.rows.last_mut().unwrap()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Copies `many` rows from this place on, with ids of their own, and another text in place of one that they hold.
    pub fn copy_since(&mut self, at: usize, many: usize, text: &str, other: &str) {
        let rows = self.rows[at..at + many].to_vec();
        for row in rows {
            let mut fields = Value::Object(row.fields);
            replace(&mut fields, text, other);
            let Value::Object(fields) = fields else { unreachable!() };
            self.plant(&row.kind, fields).written = row.written;
        }
    }

    pub fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.kind == kind)
    }

    /// Those that a search sees.
    pub fn searchable<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Row> {
        let now = Instant::now();
        self.all(kind).filter(move |row| row.searchable <= now)
    }

    pub fn get(&self, kind: &str, id: &str) -> Option<&Row> {
        let id: u64 = id.parse().ok()?;
        self.rows.iter().find(|row| row.kind == kind && row.id == id)
    }

    pub fn get_mut(&mut self, kind: &str, id: &str) -> Option<&mut Row> {
        let id: u64 = id.parse().ok()?;
        self.rows.iter_mut().find(|row| row.kind == kind && row.id == id)
    }

    /// A new token that begins like this.
    pub fn issue(&mut self, prefix: &str) -> String {
        self.issued += 1;
        let token = format!("{prefix}-{:04}-planted", self.issued);
        let lasts = if prefix.contains("refresh") {
            None
        } else {
            self.knobs.sign_in_lasts
        };
        self.tokens.insert(token.clone(), lasts);
        token
    }

    /// Makes a token of this very text good.
    pub fn accept(&mut self, token: &str) {
        self.tokens.insert(token.to_owned(), None);
    }

    /// Whether it is good, for one request more.
    pub fn uses(&mut self, token: &str) -> bool {
        match self.tokens.get_mut(token) {
            None => false,
            Some(None) => true,
            Some(Some(0)) => {
                self.tokens.remove(token);
                false
            }
            Some(Some(left)) => {
                *left -= 1;
                true
            }
        }
    }

    /// A token that is good once: it is worth nothing from now on.
    pub fn spend(&mut self, token: &str) -> bool {
        self.tokens.remove(token).is_some()
    }

    /// All but refresh tokens.
    pub fn end_sessions(&mut self) {
        self.tokens.retain(|token, _| token.contains("refresh"));
    }
}

fn replace(value: &mut Value, text: &str, other: &str) {
    match value {
        Value::String(held) => *held = held.replace(text, other),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, text, other)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, text, other)),
        _ => {}
    }
}

/// A map out of pairs; empty texts are left out.
pub fn fields(pairs: &[(&str, &str)]) -> Map<String, Value> {
    let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
    filled
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect()
}
