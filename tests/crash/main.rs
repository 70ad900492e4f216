//! The crash proof: real processes, killed with SIGKILL wherever it hurts, until the call they took is settled.
//!
//! Each run has a CRM on the loopback, a store file, and one or two profiles that take the call ([`life`]). After every
//! death the profile is started again on the same file. In the end nothing may be lost or silently doubled, and a write
//! may be unsure only where the CRM can't be searched and the log was out without an answer ([`verdict`]).
//!
//! `cargo test -p ringside-tests --test crash` makes a grid of all points ([`grid`]) and some hundred seeded runs
//! ([`chance`]); `RINGSIDE_CRASH_RUNS=3000` makes that many seeded runs; `RINGSIDE_CRASH_SEED=17` makes one again.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

mod chance;
mod creating;
mod grid;
mod life;
mod verdict;

use std::{sync::Arc, time::Instant};

use tokio::{sync::Semaphore, task::JoinSet};
use verdict::{Tally, Verdict};

/// Runs side by side, a few more than there are processors: most of the time they wait.
async fn all(what: &str, runs: Vec<impl Future<Output = Verdict> + Send + 'static>) -> Tally {
    let began = Instant::now();
    let places = std::thread::available_parallelism().map_or(2, std::num::NonZero::get) * 4;
    let places = Arc::new(Semaphore::new(places));
    let mut tasks = JoinSet::new();
    for run in runs {
        let places = Arc::clone(&places);
        tasks.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            run.await
        });
    }
    let mut tally = Tally::default();
    while let Some(verdict) = tasks.join_next().await {
        tally.add(verdict.unwrap());
    }
    println!("{what}: {tally}, {} s", began.elapsed().as_secs());
    tally
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_point() {
    all("killed at every point", grid::runs()).await.hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_log_moves() {
    all("killed while a log moves", grid::moves()).await.hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_log_on_its_way_is_wanted_otherwise() {
    let what = "killed while a log on its way is wanted otherwise";
    all(what, grid::wishes()).await.hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_contact_is_created() {
    all("killed while a contact is created", creating::runs()).await.hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_time() {
    all("killed at any time", chance::runs()).await.hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_profiles_on_one_account() {
    all("two profiles on one account", chance::pairs()).await.hold();
}
