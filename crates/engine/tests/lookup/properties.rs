//! What holds whatever the connections do, in whatever order. `Stage::ask` checks the rest.

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;
use ringside_domain::{Contact, ContactRef, Freshness, Kind};
use ringside_engine::{
    Several,
    picture::preselect,
    view::{AskedState, LookupView, MatchGroup},
};

use crate::fakes::{CALLER, Crm, Index, Say, contact};
use crate::stage::{Stage, records};

const NUMBERS: [&str; 6] = [CALLER, "(415) 555-0100", "555 0100", "+1 415 555 0199", "", "call me"];

fn contacts(connection: &'static str) -> impl Strategy<Value = Vec<Contact>> {
    let names = prop::sample::select(vec!["Anna Meier", "Meier, Anna", "Bert", "", "Cleo"]);
    let one = ("[1-5]", names, prop::sample::select(NUMBERS.to_vec()), 0_u8..10);
    let one = one.prop_map(move |(record, name, number, odd)| {
        contact(if odd == 0 { "elsewhere" } else { connection }, &record, name, number)
    });
    prop::collection::vec(one, 0..5).prop_map(|mut all| {
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.dedup_by(|a, b| a.id == b.id);
        all
    })
}

fn say(connection: &'static str) -> impl Strategy<Value = Say> {
    prop_oneof![
        6 => contacts(connection).prop_map(Say::Found),
        2 => contacts(connection).prop_map(|contacts| Say::Partly(contacts, "down")),
        1 => Just(Say::Fail(Kind::Unavailable, "down")),
        1 => Just(Say::Panic),
        1 => Just(Say::Hang),
    ]
}

fn crm(name: &'static str) -> impl Strategy<Value = (Say, u64, bool, Vec<Contact>)> {
    (say(name), 0_u64..12_000, any::<bool>(), contacts(name))
}

fn stage(crms: &[(Say, u64, bool, Vec<Contact>)], delays: &[u64], known: &[Contact]) -> Stage {
    let crms = crms
        .iter()
        .zip(["a", "b", "c"])
        .zip(delays)
        .map(|(((say, _, indexed, records), name), delay)| {
            let mut crm = Crm::new(name, *delay, say.clone());
            crm.capability.indexed = *indexed;
            crm.records = Some(records.clone());
            crm
        });
    Stage::new(Index::of(known.to_vec()), crms.collect())
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// Everybody who is there, in whatever row.
fn shown(view: &LookupView) -> BTreeSet<ContactRef> {
    view.matches
        .iter()
        .filter(|group| !group.gone)
        .flat_map(records)
        .cloned()
        .collect()
}

proptest! {
    #[test]
    fn whatever_they_do_it_ends_in_time_and_shows_only_what_is_proved(
        crms in (crm("a"), crm("b"), crm("c")),
        known in contacts("a"),
        live in any::<bool>(),
    ) {
        let crms = [crms.0, crms.1, crms.2];
        let delays: Vec<u64> = crms.iter().map(|crm| crm.1).collect();
        run(async {
            let stage = stage(&crms, &delays, &known);
            let freshness = if live { Freshness::Live } else { Freshness::Cached };
            let first = stage.ask(CALLER, freshness, LookupView::default()).await;
            prop_assert!(first.took <= Duration::from_secs(10));
            prop_assert_eq!(first.looked.lookup.asked.len(), 3);
            // A second one, over the first one's picture.
            let second = stage.ask(CALLER, Freshness::Live, first.looked.lookup.clone()).await;
            prop_assert!(second.took <= Duration::from_secs(10));
            for view in [&first.looked.lookup, &second.looked.lookup] {
                for several in [Several::Ask, Several::First, Several::LastSpoken, Several::EarliestCreated] {
                    if let Some((chosen, _)) = preselect(view, None, several) {
                        let is_its = |group: &&MatchGroup| group.records().any(|record| record.id == chosen.id);
                        let row = view.matches.iter().find(is_its).unwrap();
                        prop_assert!(row.best.grade.is_exact() && !row.gone);
                    }
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_order_of_answers_changes_nothing_but_the_order(
        crms in (crm("a"), crm("b"), crm("c")),
        known in contacts("b"),
        delays in Just(vec![10_u64, 20, 30]).prop_shuffle(),
    ) {
        let crms = [crms.0, crms.1, crms.2];
        run(async {
            let (one, other) = (stage(&crms, &[10, 20, 30], &known), stage(&crms, &delays, &known));
            let (one, other) = (one.refresh(CALLER, LookupView::default()).await, other.refresh(CALLER, LookupView::default()).await);
            prop_assert_eq!(shown(&one.looked.lookup), shown(&other.looked.lookup));
            prop_assert_eq!(one.states(), other.states());
            prop_assert!(one.states().iter().all(|state| *state != AskedState::Asking));
            Ok(())
        })?;
    }
}
