//! Which ways of writing numbers a connection's CRM holds: counted by what hits, so that an exact search asks for those first.
//!
//! Counted are formats (`national`, `(###) ###-####`), never numbers: what is kept says how a CRM's users write, not whom
//! they know. What is new is added to what the file holds by then: a connection that was made anew may still be answering
//! while the one before it ends.

use std::{collections::BTreeMap, sync::Arc};

use ringside_domain::{
    ConnectionId, ConnectionMemory, Result,
    connector::NumberForms,
    phone::{Form, Format},
};
use tokio::sync::Mutex;

/// Under this key the counts lie in the connection's memory.
const KEY: &str = "learned_forms";
/// From so many hits on all counts are halved, so that a CRM that changes its ways is learned anew.
const OLD: u32 = 200;
/// So many ways are remembered, the ones that hit most; all together fit into what a connection may remember.
const MOST: usize = 300;
/// A way whose name is longer, in bytes, is not remembered.
const LONGEST: usize = 160;

type Counts = BTreeMap<String, u32>;

/// The counts of one connection, in memory and in the file.
#[derive(Clone)]
pub(crate) struct Learned(Arc<Shared>);

struct Shared {
    memory: Arc<dyn ConnectionMemory>,
    connection: ConnectionId,
    book: Mutex<Book>,
    /// One write to the file at a time, each with what is known by then.
    writing: Mutex<()>,
}

#[derive(Default)]
struct Book {
    /// What the file held; `None` as long as it could not be read.
    kept: Option<Counts>,
    /// What hit since, and is not in the file yet.
    fresh: Counts,
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
            book: Mutex::default(),
            writing: Mutex::default(),
        }))
    }

    /// How often each way has hit. A memory that can't be read counts as empty: it costs requests, nothing else.
    pub(crate) async fn hits(&self, ways: &[Way]) -> Vec<u32> {
        let counts = self.0.counts().await;
        ways.iter()
            .map(|way| counts.get(&way.0).copied().unwrap_or(0))
            .collect()
    }

    /// How often the format of each way has hit, in whatever type and field.
    pub(crate) async fn hits_elsewhere(&self, ways: &[Way]) -> Vec<u32> {
        let counts = self.0.counts().await;
        let of_format = |way: &Way| {
            let same = counts.iter().filter(|(other, _)| shape_of(other) == shape_of(&way.0));
            same.map(|(_, count)| *count).sum()
        };
        ways.iter().map(of_format).collect()
    }

    /// These ways hit. They count from now on; the file hears of it later, for no caller waits for a disk.
    pub(crate) async fn hit(&self, ways: &[Way]) {
        let known: Vec<&Way> = ways.iter().filter(|way| way.0.len() <= LONGEST).collect();
        if known.is_empty() {
            return;
        }
        let mut book = self.0.book.lock().await;
        for way in known {
            *book.fresh.entry(way.0.clone()).or_default() += 1;
        }
        drop(book);
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move { shared.write().await });
    }
}

impl Shared {
    async fn counts(&self) -> Counts {
        let mut book = self.book.lock().await;
        if book.kept.is_none() {
            book.kept = self.recalled().await.ok();
        }
        let mut counts = book.kept.clone().unwrap_or_default();
        add(&mut counts, &book.fresh);
        counts
    }

    /// What the file holds; nothing, where that is no counts.
    async fn recalled(&self) -> Result<Counts> {
        let kept = self.memory.recall(&self.connection, KEY).await?;
        Ok(kept
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }

    async fn write(&self) {
        let _turn = self.writing.lock().await;
        let fresh = self.book.lock().await.fresh.clone();
        if fresh.is_empty() {
            return;
        }
        if let Err(error) = self.add_to_file(&fresh).await {
            tracing::debug!(kind = error.kind.code(), "which forms hit was not kept yet");
        }
    }

    /// A file that can't be read now is not written over: what is new stays in memory, and goes with the next hit.
    async fn add_to_file(&self, fresh: &Counts) -> Result<()> {
        let mut counts = self.recalled().await?;
        add(&mut counts, fresh);
        grow_old(&mut counts, fresh);
        let text = serde_json::to_string(&counts).unwrap_or_default();
        self.memory.keep(&self.connection, KEY, text).await?;
        let mut book = self.book.lock().await;
        book.kept = Some(counts);
        for (way, written) in fresh {
            if let Some(count) = book.fresh.get_mut(way) {
                *count -= written;
            }
        }
        book.fresh.retain(|_, count| *count > 0);
        Ok(())
    }
}

fn add(counts: &mut Counts, more: &Counts) {
    for (way, count) in more {
        let sum = counts.entry(way.clone()).or_default();
        *sum = sum.saturating_add(*count);
    }
}

/// What hit long ago weighs less; of too many ways those stay that hit now or most often.
fn grow_old(counts: &mut Counts, fresh: &Counts) {
    if counts.values().any(|count| *count > OLD) {
        counts.values_mut().for_each(|count| *count /= 2);
        counts.retain(|_, count| *count > 0);
    }
    if counts.len() > MOST {
        let mut ways: Vec<(String, u32)> = std::mem::take(counts).into_iter().collect();
        ways.sort_by_key(|(way, count)| std::cmp::Reverse((fresh.contains_key(way), *count)));
        ways.truncate(MOST);
        counts.extend(ways);
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
    #![allow(clippy::unwrap_used)]
    use std::sync::{
        Mutex as Lock,
        atomic::{AtomicBool, Ordering},
    };

    use async_trait::async_trait;
    use ringside_domain::{
        Error, Kind,
        phone::{self, Home},
    };

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

    /// The file of one connection, which a disk may refuse to read for a while.
    #[derive(Default)]
    struct File {
        text: Lock<Option<String>>,
        broken: AtomicBool,
    }

    #[async_trait]
    impl ConnectionMemory for File {
        async fn recall(&self, _: &ConnectionId, _: &str) -> Result<Option<String>> {
            if self.broken.load(Ordering::Relaxed) {
                return Err(Error::new(Kind::Unavailable, "recall", "the disk is busy"));
            }
            Ok(self.text.lock().unwrap().clone())
        }

        async fn keep(&self, _: &ConnectionId, _: &str, value: String) -> Result<()> {
            *self.text.lock().unwrap() = Some(value);
            Ok(())
        }

        async fn forget(&self, _: &ConnectionId) -> Result<()> {
            Ok(())
        }
    }

    impl File {
        fn with(counts: &Counts) -> Arc<Self> {
            let file = Self::default();
            *file.text.lock().unwrap() = serde_json::to_string(counts).ok();
            Arc::new(file)
        }

        fn counts(&self) -> Counts {
            serde_json::from_str(self.text.lock().unwrap().as_ref().unwrap()).unwrap()
        }
    }

    fn learned(file: &Arc<File>) -> Learned {
        Learned::new(Arc::clone(file) as _, ConnectionId::new("crm"))
    }

    fn way(name: &str) -> Way {
        Way(name.to_owned())
    }

    /// What is written is written in a task of its own.
    async fn written() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_file_that_could_not_be_read_is_not_written_over() {
        let file = File::with(&Counts::from([("Lead|*|national".into(), 40)]));
        file.broken.store(true, Ordering::Relaxed);
        let learned = learned(&file);
        assert_eq!(learned.hits(&[way("Lead|*|national")]).await, [0]);
        learned.hit(&[way("Lead|*|digits")]).await;
        written().await;
        assert_eq!(file.counts(), Counts::from([("Lead|*|national".into(), 40)]));
        assert_eq!(learned.hits(&[way("Lead|*|digits")]).await, [1], "and yet it counts");

        file.broken.store(false, Ordering::Relaxed);
        assert_eq!(learned.hits(&[way("Lead|*|national")]).await, [40]);
        learned.hit(&[way("Lead|*|digits")]).await;
        written().await;
        let both = Counts::from([("Lead|*|digits".into(), 2), ("Lead|*|national".into(), 40)]);
        assert_eq!(file.counts(), both);
        assert_eq!(learned.hits(&[way("Lead|*|digits")]).await, [2], "once, not twice");
    }

    #[tokio::test]
    async fn two_at_once_add_to_each_other() {
        let file = Arc::<File>::default();
        let (one, other) = (learned(&file), learned(&file));
        one.hits(&[]).await;
        other.hits(&[]).await;
        one.hit(&[way("Lead|*|national")]).await;
        written().await;
        other.hit(&[way("Lead|*|digits")]).await;
        written().await;
        one.hit(&[way("Lead|*|national")]).await;
        written().await;
        let all = Counts::from([("Lead|*|digits".into(), 1), ("Lead|*|national".into(), 2)]);
        assert_eq!(file.counts(), all);
    }

    #[tokio::test]
    async fn a_new_way_is_learned_however_many_there_are() {
        let many: Counts = (0..MOST).map(|n| (format!("Lead|*|way {n}"), 3)).collect();
        let file = File::with(&many);
        let learned = learned(&file);
        let new = way("Lead|*|national");
        learned.hit(&[new.clone(), way(&"long".repeat(LONGEST))]).await;
        written().await;
        assert_eq!(learned.hits(&[new]).await, [1]);
        assert_eq!(file.counts().len(), MOST);
        let longest: Counts = (0..MOST).map(|n| (format!("{n:0>LONGEST$}"), OLD)).collect();
        assert!(serde_json::to_string(&longest).unwrap().len() < 64 * 1024);
    }
}
