//! Any script of fates, any crash: never lost, never doubled, unsure only where the CRM can't be searched.

use std::time::Duration;

use proptest::prelude::*;
use ringside_domain::{Capability, WriteState};

use crate::{
    crm::{Crm, Fate, SETTLES, capability},
    desk::{Desk, own_marker},
};

/// How a run of the program ends.
#[derive(Clone, Copy, Debug)]
enum Crash {
    AfterSeconds(u64),
    /// At the so-manieth moment before or after a write to the disk.
    AtMoment(usize),
}

const LONG: Duration = Duration::from_secs(3 * 24 * 3600);

fn fate() -> impl Strategy<Value = Fate> {
    let commits_after = || prop_oneof![Just(None), (0..=SETTLES.as_secs()).prop_map(Some)];
    prop_oneof![
        3 => Just(Fate::Answered),
        1 => Just(Fate::Refused),
        1 => Just(Fate::SignIn),
        2 => Just(Fate::Unreachable),
        1 => (0..300_u64).prop_map(Fate::Limited),
        4 => commits_after().prop_map(|commits_after| Fate::Lost { commits_after }),
        2 => commits_after().prop_map(|commits_after| Fate::Hangs { commits_after }),
        2 => (0..90_u64).prop_map(|secs| Fate::Slow(secs.min(60 + SETTLES.as_secs()))),
        1 => Just(Fate::Panics),
    ]
}

/// A search fails only in ways that pass.
fn look() -> impl Strategy<Value = Fate> {
    prop_oneof![4 => Just(Fate::Answered), 1 => Just(Fate::Unreachable), 1 => Just(Fate::SignIn), 1 => Just(Fate::Hangs { commits_after: None })]
}

fn crash() -> impl Strategy<Value = Crash> {
    prop_oneof![
        (0..120_u64).prop_map(Crash::AfterSeconds),
        (1..40_usize).prop_map(Crash::AtMoment)
    ]
}

/// One life of the program, in a runtime of its own that ends without a goodbye.
fn live(desk: &Desk, crash: Option<Crash>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let limit = match crash {
        Some(Crash::AfterSeconds(secs)) => Duration::from_secs(secs),
        Some(Crash::AtMoment(moment)) => {
            desk.journal.die_after(moment);
            Duration::from_secs(600)
        }
        None => LONG,
    };
    runtime.block_on(async {
        desk.clock.enter();
        // Beyond the limit, so that it is cut off and not told to stop.
        let _ = tokio::time::timeout(limit, desk.settle(LONG + LONG)).await;
        desk.clock.leave();
    });
    drop(runtime);
    desk.journal.die_after(0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(
        fates in proptest::collection::vec(fate(), 0..8),
        looks in proptest::collection::vec(look(), 0..4),
        crashes in proptest::collection::vec(crash(), 0..5),
        disk in proptest::option::of(1..20_usize),
        searchable: bool,
        two_steps: bool,
    ) {
        let desk = Desk::new(|clock| Crm::new(clock, Capability { find_log: searchable, ..capability() }, two_steps));
        let id = desk.owe(1, own_marker());
        desk.crm.script(fates.iter().copied());
        desk.crm.looks(looks.iter().copied());
        if let Some(disk) = disk {
            desk.journal.fail_after(disk);
        }
        for crash in crashes {
            live(&desk, Some(crash));
        }
        // Each life starts what waits for a person once more, as a sign-in would.
        for _ in 0..=fates.len() + looks.len() {
            live(&desk, None);
        }

        let logs = desk.crm.logs();
        prop_assert!(logs.len() <= 1, "doubled: {logs:?}");
        match desk.journal.get(id).state {
            WriteState::Logged(log) => {
                prop_assert_eq!(&log.id, &logs[0].id);
                prop_assert!(!two_steps || logs[0].contact.is_some(), "a step was lost");
            }
            WriteState::Refused(failure) => {
                let said = fates.contains(&Fate::Refused) || fates.contains(&Fate::Panics);
                prop_assert!(said, "refused by nobody: {failure:?}");
                let told = failure.message.contains("is logged in Test CRM");
                prop_assert_eq!(told, !logs.is_empty(), "what is there is said: {:?}", failure);
            }
            WriteState::Unsure(failure) => {
                // It set out to be sent three times, and was looked for each time.
                let given_up = desk.journal.get(id).resent == 2 && logs.is_empty();
                prop_assert!(!searchable || given_up, "unsure for nothing: {failure:?}");
            }
            other => prop_assert!(false, "not settled: {other:?}"),
        }
    }
}
