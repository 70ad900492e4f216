//! Two machines of one user log one call in one account: never twice without a word.

use std::time::Duration;

use proptest::prelude::*;
use ringside_domain::WriteState;

use crate::{
    crm::{Crm, Fate, SETTLES, capability},
    desk::{Desk, shared_marker},
};

const LONG: Duration = Duration::from_secs(24 * 3600);

fn fate() -> impl Strategy<Value = Fate> {
    let settles = SETTLES.as_secs();
    prop_oneof![
        Just(Fate::Answered),
        (0..settles).prop_map(Fate::Slow),
        (0..settles).prop_map(|secs| Fate::Lost {
            commits_after: Some(secs)
        }),
        Just(Fate::Lost { commits_after: None }),
        Just(Fate::Unreachable),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn at_the_same_time(fates in proptest::collection::vec(fate(), 0..6), apart in 0..60_u64) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (one, other) = runtime.block_on(async {
            let one = Desk::new(|clock| Crm::new(clock, capability(), true));
            let other = one.beside();
            one.crm.script(fates);
            let (a, b) = (one.owe(1, shared_marker()), other.owe(2, shared_marker()));
            let later = async {
                tokio::time::sleep(Duration::from_secs(apart)).await;
                other.settle(LONG).await;
            };
            tokio::join!(one.settle(LONG), later);
            (one.journal.get(a).state, (other.journal.get(b).state, one.crm.logs()))
        });
        let (other, logs) = other;
        let unsure = [&one, &other].into_iter().any(|state| matches!(state, WriteState::Unsure(_)));
        let logged = [&one, &other].into_iter().any(|state| matches!(state, WriteState::Logged(_)));
        prop_assert!(!logs.is_empty(), "lost");
        prop_assert!(logs.len() == 1 || unsure, "doubled silently: {one:?} {other:?}");
        prop_assert!(logs.len() > 1 || (logged && !unsure), "unsure for nothing: {one:?} {other:?}");
        prop_assert!(logs.len() <= 2);
    }
}
