//! The index with 100,000 people in the address book, in an encrypted file on the real disk.
//!
//! Goals: a number is looked up within 2 ms (p99), and a keystroke of a name search answered within 16 ms (p95). divan
//! shows medians, so the percentiles are printed first. `RINGSIDE_BENCH_PEOPLE` sets another number of people.
#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ringside_benches::{
    People, home,
    words::{FAMILIES, NAMES},
};
use ringside_domain::{
    Clock, ContactIndex as _, Now, Random, Timestamp,
    connector::NameQuery,
    phone::{Key, probe_keys, read},
};
use ringside_store::{Store, StoreKey};
use tokio::runtime::Runtime;

fn main() {
    let bench = bench();
    println!(
        "{} people, imported in {:.1?}, opened again in {:.1?}",
        bench.people, bench.import, bench.open
    );
    report(
        "find, 5,000 callers",
        bench.callers(5_000).map(|keys| timed(|| bench.find(keys))),
    );
    for letters in 1..=6 {
        let beginnings = NAMES
            .iter()
            .chain(FAMILIES)
            .map(|name| name.chars().take(letters).collect::<String>());
        report(
            &format!("search, {letters} letters"),
            beginnings.map(|text| timed(|| bench.search(&text))),
        );
    }
    let two = NAMES
        .iter()
        .zip(FAMILIES)
        .flat_map(|(name, family)| (1..=family.len()).map(move |end| format!("{name} {}", &family[..end])));
    report("search, two words", two.map(|text| timed(|| bench.search(&text))));
    let digits = (200..980).step_by(7).flat_map(|area| {
        [
            format!("{area}"),
            format!("{area} 55"),
            format!("5550{}", area % 100),
            format!("{area}-555-01"),
        ]
    });
    report("search, digits", digits.map(|text| timed(|| bench.search(&text))));
    report(
        "search, nobody",
        (0..200).map(|at| timed(|| bench.search(&format!("qx{at}")))),
    );
    let misspelt = || {
        NAMES
            .iter()
            .zip(FAMILIES)
            .map(|(name, family)| format!("{name} {}", slipped(family)))
    };
    report("search, misspelt", misspelt().map(|text| timed(|| bench.search(&text))));
    report("did you mean", misspelt().map(|text| timed(|| bench.instead(&text))));
    divan::main();
}

/// Two letters swapped in its middle.
fn slipped(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let at = letters.len() / 2;
    letters.swap(at - 1, at);
    letters.into_iter().collect()
}

#[divan::bench]
fn find(bencher: divan::Bencher) {
    let bench = bench();
    let mut callers = bench.callers(100_000);
    bencher
        .with_inputs(|| callers.next().unwrap())
        .bench_local_values(|keys| bench.find(keys));
}

#[divan::bench(args = ["a", "an", "anna", "anna sch", "sch", "415", "555-0123", "ledger"])]
fn search(bencher: divan::Bencher, text: &str) {
    let bench = bench();
    bencher.bench(|| bench.search(text));
}

struct Bench {
    runtime: Runtime,
    store: Store,
    _folder: tempfile::TempDir,
    everybody: People,
    people: usize,
    import: Duration,
    open: Duration,
}

fn bench() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    BENCH.get_or_init(|| {
        let people = std::env::var("RINGSIDE_BENCH_PEOPLE")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(100_000);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ringside.db");
        let everybody = People::new();
        let (clock, random) = ports();
        let drafts = (0..people).map(|at| (everybody.draft(at), Vec::new())).collect();
        let store = runtime
            .block_on(Store::open(&path, key(), clock.clone(), random.clone()))
            .unwrap();
        let started = Instant::now();
        runtime.block_on(store.import(drafts, home())).unwrap();
        let import = started.elapsed();
        runtime.block_on(store.close());
        let started = Instant::now();
        let store = runtime.block_on(Store::open(&path, key(), clock, random)).unwrap();
        Bench {
            runtime,
            store,
            _folder: folder,
            everybody,
            people,
            import,
            open: started.elapsed(),
        }
    })
}

impl Bench {
    fn find(&self, keys: Vec<Key>) -> usize {
        self.runtime.block_on(self.store.find(keys)).unwrap().len()
    }

    fn search(&self, text: &str) -> usize {
        let query = NameQuery {
            text: text.to_owned(),
            limit: 20,
            ..NameQuery::default()
        };
        self.runtime.block_on(self.store.search(query)).unwrap().len()
    }

    fn instead(&self, text: &str) -> usize {
        let query = NameQuery {
            text: text.to_owned(),
            ..NameQuery::default()
        };
        self.runtime.block_on(self.store.instead(query)).unwrap().len()
    }

    /// Nine known callers and an unknown one, in no order that the file has. As the wire writes them, so that reading the
    /// number is not measured here.
    fn callers(&self, count: usize) -> impl Iterator<Item = Vec<Key>> {
        let home = home();
        (0..count).map(move |at| {
            let mixed = at * 104_729;
            let who = match at % 10 {
                0 if self.everybody.count() > self.people => {
                    self.people + mixed % (self.everybody.count() - self.people)
                }
                _ => mixed % self.people,
            };
            probe_keys(&read(self.everybody.number(who).e164(), &home))
        })
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let started = Instant::now();
    divan::black_box(work());
    started.elapsed()
}

fn report(what: &str, times: impl Iterator<Item = Duration>) {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{what:24} n {:5}  p50 {:>9.1?}  p95 {:>9.1?}  p99 {:>9.1?}  max {:>9.1?}",
        times.len(),
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
}

fn key() -> StoreKey {
    StoreKey::from_bytes([7; 32])
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
            let state = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            *byte = (state.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33) as u8;
        }
    }
}

fn ports() -> (Arc<Ticks>, Arc<Counted>) {
    (
        Arc::new(Ticks(AtomicI64::new(1_750_000_000_000))),
        Arc::new(Counted(AtomicU64::new(1))),
    )
}
