//! Names as they are misspelt while somebody talks: 2,000 of them among 100,000 people, always the same ones, asked of the
//! index and, beside it, of plain FTS5.
//!
//! A search holds if a person of the intended full name is among the first three rows. A name of four to seven letters has
//! one slip, a longer one has one or two; a slip is two letters swapped, one doubled, one left out, one from the key beside,
//! or one that sounds alike. Half of the searches have a slip in one of the names, the others in each that is long enough;
//! some leave out accents, write `ae` for `ä`, put the family name first, or leave the last word unfinished.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod names;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Instant,
};

use names::{BESIDE, FAMILY, GIVEN};
use ringside_domain::{
    Clock, ConnectionId, Contact, ContactIndex as _, ContactRef, Now, Random, Timestamp, connector::NameQuery,
    phone::Home,
};
use ringside_store::Store;
use rusqlite::{Connection, params};

const PEOPLE: usize = 100_000;
const SEARCHES: usize = 2_000;
const GOAL: f64 = 0.98;
const ROWS: usize = 3;

#[tokio::test]
async fn who_was_meant_is_among_the_first_three() {
    let mut chance = Chance(0x5eed);
    let people: Vec<String> = (0..PEOPLE).map(|_| chance.name()).collect();
    let namesakes = people.iter().fold(HashMap::<&str, usize>::new(), |mut counts, name| {
        *counts.entry(name).or_default() += 1;
        counts
    });
    let store = Store::memory(Arc::new(Ticks(AtomicI64::new(0))), Arc::new(Counted(AtomicU64::new(1)))).unwrap();
    let contacts = people.iter().enumerate().map(|(at, name)| person(at, name)).collect();
    let began = Instant::now();
    store.remember(contacts, Timestamp(1), Home::default()).await.unwrap();
    println!(
        "{PEOPLE} people with {} full names, filed in {:.1?}",
        namesakes.len(),
        began.elapsed()
    );
    let plain = Plain::of(&people);

    let searches: Vec<Search> = (0..SEARCHES)
        .map(|at| Search::new(&people[chance.below(PEOPLE)], at, &mut chance))
        .collect();
    let mut table: BTreeMap<&str, Score> = BTreeMap::new();
    let mut all = Score::default();
    let (mut times, mut instead) = (Vec::new(), Vec::new());
    let mut missed = Vec::new();
    for search in &searches {
        let query = NameQuery {
            text: search.typed.clone(),
            limit: 20,
            ..NameQuery::default()
        };
        let again = query.clone();
        let began = Instant::now();
        let rows = store.search(query).await.unwrap();
        let asked_in = began.elapsed();
        if search.slip == "two letters swapped" {
            // What the window asks beside it, when it finds nobody of that name.
            let began = Instant::now();
            store.instead(again).await.unwrap();
            instead.push(began.elapsed());
        }
        times.push(asked_in);
        let first: Vec<&str> = rows.iter().take(ROWS).map(|row| row.contact.name.as_str()).collect();
        let ours = first.contains(&search.meant.as_str());
        let theirs = plain.first(&search.typed).contains(&search.meant);
        if !ours {
            missed.push(format!("{:32} meant {:28} found {first:?}", search.typed, search.meant));
        }
        for score in [table.entry(search.slip).or_default(), &mut all] {
            score.searches += 1;
            score.ours += usize::from(ours);
            score.plain += usize::from(theirs);
        }
    }

    println!(
        "{:28} {:>8} {:>10} {:>12}",
        "slip", "searches", "Ringside", "plain FTS5"
    );
    for (slip, score) in table.iter().chain([(&"all", &all)]) {
        println!(
            "{slip:28} {:>8} {:>9.1}% {:>11.1}%",
            score.searches,
            score.share(score.ours) * 100.0,
            score.share(score.plain) * 100.0
        );
    }
    for (what, mut times) in [("search", times), ("did you mean", instead)] {
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!(
            "{what}: p50 {:.1?}, p95 {:.1?}, worst {:.1?}",
            at(0.5),
            at(0.95),
            at(1.0)
        );
    }
    for miss in missed.iter().take(60) {
        println!("missed: {miss}");
    }
    assert!(
        all.share(all.ours) >= GOAL,
        "{} of {} searches found who was meant among the first {ROWS}",
        all.ours,
        all.searches
    );
    // Every one of them is a search that a person would type: most must be hard for an index that knows no slips.
    assert!(
        all.share(all.plain) < 0.5,
        "the searches are too easy: plain FTS5 found {}",
        all.plain
    );
}

#[derive(Default)]
struct Score {
    searches: usize,
    ours: usize,
    plain: usize,
}

impl Score {
    fn share(&self, of: usize) -> f64 {
        of as f64 / self.searches.max(1) as f64
    }
}

struct Search {
    meant: String,
    typed: String,
    slip: &'static str,
}

impl Search {
    fn new(meant: &str, at: usize, chance: &mut Chance) -> Self {
        const SLIPS: [(&str, Slip); 6] = [
            ("two letters swapped", swapped),
            ("a letter doubled", doubled),
            ("a letter left out", dropped),
            ("a key beside", beside),
            ("written as it sounds", heard),
            ("an accent too many", accented),
        ];
        let (slip, make) = SLIPS[at % SLIPS.len()];
        let mut words: Vec<String> = meant.split(' ').map(|word| chance.plainer(word)).collect();
        let long = |words: &[String]| -> Vec<usize> {
            (0..words.len()).filter(|at| words[*at].chars().count() >= 4).collect()
        };
        let able = long(&words);
        let wrong: Vec<usize> = if at.is_multiple_of(2) {
            able.get(chance.below(able.len().max(1))).copied().into_iter().collect()
        } else {
            able
        };
        for at in wrong {
            let long = words[at].chars().count() >= 8;
            let mut word = make(&words[at], chance).unwrap_or_else(|| swapped(&words[at], chance).unwrap_or_default());
            if long && chance.below(2) == 0 {
                let (_, second) = SLIPS[chance.below(4)];
                word = second(&word, chance).unwrap_or(word);
            }
            words[at] = word;
        }
        if words.len() == 2 && chance.below(5) == 0 {
            words.swap(0, 1);
        }
        // Half typed: up to two letters are still to come.
        let last = words.last_mut().unwrap();
        if chance.below(4) == 0 && last.chars().count() >= 6 {
            let cut = 1 + chance.below(2);
            *last = last.chars().take(last.chars().count() - cut).collect();
        }
        let text = words.join(" ");
        let typed = if chance.below(3) == 0 {
            text
        } else {
            text.to_lowercase()
        };
        Self {
            meant: meant.to_owned(),
            typed,
            slip,
        }
    }
}

type Slip = fn(&str, &mut Chance) -> Option<String>;

fn at_one(word: &str, chance: &mut Chance, make: impl Fn(&mut Vec<char>, usize)) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    // Hardly anybody gets the first letter wrong: one in ten.
    let from = usize::from(chance.below(10) != 0);
    let at = from + chance.below(letters.len() - from);
    make(&mut letters, at);
    letters.into_iter().collect()
}

fn swapped(word: &str, chance: &mut Chance) -> Option<String> {
    let changed = at_one(word, chance, |letters, at| {
        let at = at.min(letters.len() - 2);
        letters.swap(at, at + 1);
    });
    Some(changed)
}

fn doubled(word: &str, chance: &mut Chance) -> Option<String> {
    Some(at_one(word, chance, |letters, at| letters.insert(at, letters[at])))
}

fn dropped(word: &str, chance: &mut Chance) -> Option<String> {
    Some(at_one(word, chance, |letters, at| {
        letters.remove(at);
    }))
}

fn beside(word: &str, chance: &mut Chance) -> Option<String> {
    let pick = chance.below(2);
    Some(at_one(word, chance, |letters, at| {
        let key = letters[at].to_lowercase().next().unwrap();
        let keys = BESIDE
            .iter()
            .find(|(letter, _)| *letter == key)
            .map_or("er", |(_, keys)| keys);
        letters[at] = keys.chars().nth(pick).unwrap();
    }))
}

fn heard(word: &str, chance: &mut Chance) -> Option<String> {
    const PAIRS: [(&str, &str); 9] = [
        ("ph", "f"),
        ("th", "t"),
        ("ck", "k"),
        ("ei", "ie"),
        ("ey", "ei"),
        ("ai", "ei"),
        ("c", "k"),
        ("y", "i"),
        ("tz", "z"),
    ];
    let low = word.to_lowercase();
    let mut able = Vec::new();
    for (one, other) in PAIRS {
        for (from, to) in [(one, other), (other, one)] {
            // A sound of its own is not a part of another: the c of ch and sch, the t of th.
            let known = |at: usize| !low[at..].starts_with("ch") && !low[..at].ends_with('s');
            if let Some(at) = low.find(from).filter(|at| known(*at)) {
                able.push(format!("{}{to}{}", &low[..at], &low[at + from.len()..]));
            }
        }
    }
    (!able.is_empty()).then(|| able.swap_remove(chance.below(able.len())))
}

fn accented(word: &str, chance: &mut Chance) -> Option<String> {
    const ACCENTS: [(char, char); 8] = [
        ('a', 'á'),
        ('e', 'é'),
        ('i', 'í'),
        ('o', 'ó'),
        ('u', 'ú'),
        ('n', 'ñ'),
        ('c', 'ç'),
        ('s', 'š'),
    ];
    let low = dropped(word, chance)?.to_lowercase();
    let (plain, accent) = ACCENTS.iter().find(|(plain, _)| low.contains(*plain))?;
    Some(low.replacen(*plain, &accent.to_string(), 1))
}

/// The same at every run (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// Usual names are far more usual than others, as in life.
    fn of(&mut self, names: &[&'static str]) -> &'static str {
        let share = self.below(1_000_000) as f64 / 1_000_000.0;
        let at = (share.powf(1.6) * names.len() as f64) as usize;
        names[at.min(names.len() - 1)]
    }

    fn name(&mut self) -> String {
        let (given, family) = (self.of(GIVEN), self.of(FAMILY));
        match self.below(20) {
            0 => format!("{given} {} {family}", self.of(GIVEN)),
            1 => format!("{given} {family}-{}", self.of(FAMILY)),
            _ => format!("{given} {family}"),
        }
    }

    /// As people type it who have no such keys, or do not know.
    fn plainer(&mut self, word: &str) -> String {
        let pairs: &[(&str, &str)] = match self.below(3) {
            0 => &[("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ø", "oe")],
            1 => &[
                ("ä", "a"),
                ("ö", "o"),
                ("ü", "u"),
                ("ß", "ss"),
                ("é", "e"),
                ("ø", "o"),
                ("ł", "l"),
            ],
            _ => return word.to_owned(),
        };
        pairs
            .iter()
            .fold(word.to_owned(), |word, (from, to)| word.replace(from, to))
    }
}

/// What most search boxes do: every word is the beginning of one, the best by bm25 first.
struct Plain(Connection);

impl Plain {
    fn of(people: &[String]) -> Self {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE VIRTUAL TABLE people USING fts5 (name, tokenize = 'unicode61 remove_diacritics 2'); BEGIN;",
        )
        .unwrap();
        let mut put = conn.prepare("INSERT INTO people (name) VALUES (?1)").unwrap();
        for name in people {
            put.execute([name]).unwrap();
        }
        drop(put);
        conn.execute_batch("COMMIT;").unwrap();
        Self(conn)
    }

    fn first(&self, typed: &str) -> Vec<String> {
        let words: Vec<String> = typed.split_whitespace().map(|word| format!("\"{word}\"*")).collect();
        let mut ask = self
            .0
            .prepare_cached("SELECT name FROM people WHERE people MATCH ?1 ORDER BY rank LIMIT ?2")
            .unwrap();
        let rows = ask
            .query_map(params![words.join(" "), ROWS as i64], |row| row.get(0))
            .unwrap();
        rows.map(Result::unwrap).collect()
    }
}

fn person(at: usize, name: &str) -> Contact {
    Contact {
        id: ContactRef {
            connection: ConnectionId::new("crm"),
            contact_type: "person".to_owned(),
            id: at.to_string(),
        },
        name: name.to_owned(),
        company: None,
        title: None,
        emails: Vec::new(),
        numbers: Vec::new(),
        region: None,
        url: None,
        created: None,
        updated: None,
        last_call: None,
    }
}

struct Ticks(AtomicI64);

impl Clock for Ticks {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp(self.0.fetch_add(1, Ordering::Relaxed)),
            ..Now::default()
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).to_le_bytes()[5];
        }
    }
}
