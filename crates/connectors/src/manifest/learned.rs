//! Which ways of writing numbers a connection's CRM holds: counted by what hits, so that an exact search asks for those first.
//!
//! Counted are formats (`national`, `(###) ###-####`), never numbers: what is kept says how a CRM's users write, not whom
//! they know.

use std::{collections::BTreeMap, sync::Arc};

use ringside_domain::{
    ConnectionId, ConnectionMemory,
    connector::NumberForms,
    phone::{Form, Format},
};
use tokio::sync::Mutex;

/// Under this key the counts lie in the connection's memory.
const KEY: &str = "learned_forms";
/// From so many hits on all counts are halved, so that a CRM that changes its ways is learned anew.
const OLD: u32 = 200;
/// So many ways are remembered.
const MOST: usize = 500;

type Counts = BTreeMap<String, u32>;

/// The counts of one connection, in memory and in the file.
#[derive(Clone)]
pub(crate) struct Learned(Arc<Shared>);

struct Shared {
    memory: Arc<dyn ConnectionMemory>,
    connection: ConnectionId,
    counts: Mutex<Option<Counts>>,
    /// One write to the file at a time, each with what is known by then.
    writing: Mutex<()>,
}

/// One way to ask: of which type, by which field, in which format.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Way(String);

/// What the texts of one number are called.
pub(crate) struct Formats<'a> {
    named: Vec<(String, &'static str)>,
    forms: &'a [Form],
}

impl Learned {
    pub(crate) fn new(memory: Arc<dyn ConnectionMemory>, connection: ConnectionId) -> Self {
        Self(Arc::new(Shared {
            memory,
            connection,
            counts: Mutex::default(),
            writing: Mutex::default(),
        }))
    }

    /// How often each way has hit. A memory that can't be read is empty: it costs requests, nothing else.
    pub(crate) async fn hits(&self, ways: &[Way]) -> Vec<u32> {
        let mut counts = self.0.counts.lock().await;
        let counts = self.0.loaded(&mut counts).await;
        ways.iter()
            .map(|way| counts.get(&way.0).copied().unwrap_or(0))
            .collect()
    }

    /// How often the format of each way has hit, in whatever type and field.
    pub(crate) async fn hits_elsewhere(&self, ways: &[Way]) -> Vec<u32> {
        let mut counts = self.0.counts.lock().await;
        let counts = self.0.loaded(&mut counts).await;
        let of_format = |way: &Way| {
            let same = counts.iter().filter(|(other, _)| shape_of(other) == shape_of(&way.0));
            same.map(|(_, count)| *count).sum()
        };
        ways.iter().map(of_format).collect()
    }

    /// These ways hit. They count from now on; the file hears of it later, for no caller waits for a disk.
    pub(crate) async fn hit(&self, ways: &[Way]) {
        if ways.is_empty() {
            return;
        }
        let mut held = self.0.counts.lock().await;
        let counts = self.0.loaded(&mut held).await;
        for way in ways {
            if counts.len() < MOST || counts.contains_key(&way.0) {
                *counts.entry(way.0.clone()).or_default() += 1;
            }
        }
        if counts.values().any(|count| *count > OLD) {
            counts.values_mut().for_each(|count| *count /= 2);
            counts.retain(|_, count| *count > 0);
        }
        drop(held);
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move { shared.write().await });
    }
}

impl Shared {
    async fn loaded<'c>(&self, counts: &'c mut Option<Counts>) -> &'c mut Counts {
        if counts.is_none() {
            let kept = self.memory.recall(&self.connection, KEY).await.ok().flatten();
            *counts = kept.and_then(|text| serde_json::from_str(&text).ok());
        }
        counts.get_or_insert_default()
    }

    async fn write(&self) {
        let _turn = self.writing.lock().await;
        let text = serde_json::to_string(&*self.counts.lock().await).unwrap_or_default();
        if let Err(error) = self.memory.keep(&self.connection, KEY, text).await {
            tracing::debug!(kind = error.kind.code(), "which forms hit was not kept");
        }
    }
}

impl<'a> Formats<'a> {
    pub(crate) fn of(number: &'a NumberForms) -> Self {
        let text = |name: &'static str| {
            let format: Format = name.parse().ok()?;
            Some((format.apply(number.reading.number()?)?, name))
        };
        Self {
            named: Format::names().filter_map(text).collect(),
            forms: &number.forms,
        }
    }

    pub(crate) fn way(&self, contact_type: &str, field: Option<&str>, text: &str) -> Way {
        Way(format!("{contact_type}|{}|{}", field.unwrap_or("*"), self.shape(text)))
    }

    /// The name of a built-in format; of a mask or any other text its signs with `#` for each digit.
    fn shape(&self, text: &str) -> String {
        if let Some((_, name)) = self.named.iter().find(|(named, _)| named == text) {
            return (*name).to_owned();
        }
        let mask = self
            .forms
            .iter()
            .find(|form| form.text == text)
            .map(|form| form.format.as_str());
        let signs = mask.unwrap_or(text).chars();
        signs.map(|sign| if sign.is_numeric() { '#' } else { sign }).collect()
    }
}

/// Of `type|field|shape` the last; a shape may hold the sign itself.
fn shape_of(way: &str) -> &str {
    way.splitn(3, '|').nth(2).unwrap_or(way)
}

#[cfg(test)]
mod tests {
    use ringside_domain::phone::{self, Home};

    use super::*;

    #[test]
    fn a_way_holds_no_number() {
        let mask: Format = "Tel 202 ### ####".parse().unwrap_or_else(|_| unreachable!("a mask"));
        let reading = phone::read("+12025550123", &Home::default());
        let forms = vec![Form {
            format: mask.to_string(),
            text: "Tel 202 555 0123".into(),
        }];
        let number = NumberForms { reading, forms };
        let formats = Formats::of(&number);
        let way = |text| formats.way("Lead", Some("mobile"), text).0;
        assert_eq!(way("+12025550123"), "Lead|mobile|E.164");
        assert_eq!(way("(202) 555-0123"), "Lead|mobile|national");
        assert_eq!(way("Tel 202 555 0123"), "Lead|mobile|Tel ### ### ####");
        assert_eq!(way("202/555/0123"), "Lead|mobile|###/###/####");
    }

    #[test]
    fn a_format_has_one_name_whatever_the_length_of_the_number() {
        let way = |e164| {
            let number = NumberForms {
                reading: phone::read(e164, &Home::default()),
                forms: Vec::new(),
            };
            let national = number
                .reading
                .number()
                .map(phone::PhoneNumber::national)
                .unwrap_or_default();
            Formats::of(&number).way("Lead", None, &national)
        };
        assert_eq!(way("+493023125123").0, "Lead|*|national");
        assert_eq!(way("+12025550123"), way("+442079460123"));
    }
}
