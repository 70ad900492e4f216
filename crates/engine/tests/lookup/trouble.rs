//! Connections and an index that fail, panic, hang and block.

use std::time::Duration;

use ringside_domain::Kind;
use ringside_engine::{
    lookup::{FILED_WITHIN, INDEX_WITHIN},
    view::AskedState,
};

use crate::fakes::{CALLER, Crm, Index, Say, contact};
use crate::stage::{Stage, names};

const FAULT: &str = "stopped on a fault of its own; please report it";

#[tokio::test(start_paused = true)]
async fn one_that_hangs_is_slow_then_late_and_delays_nobody() {
    let stage = Stage::new(
        Index::default(),
        vec![
            Crm::new("hangs", 0, Say::Hang),
            Crm::new("b", 40, Say::Found(vec![contact("b", "1", "Bert", CALLER)])),
        ],
    );
    let seen = stage.look(CALLER).await;
    let told: Vec<_> = seen
        .published
        .iter()
        .map(|(at, view)| (*at, view.asked[0].state.clone(), names(view).len()))
        .collect();
    let late = AskedState::Failed("no answer within 10 s".into());
    assert_eq!(
        told,
        [
            (0, AskedState::Asking, 0),
            (40, AskedState::Asking, 1),
            (2_000, AskedState::Slow, 1),
            (10_000, late, 1)
        ]
    );
    assert_eq!(seen.took, Duration::from_secs(10));
    assert_eq!(seen.steps(Some("hangs"))[0], "find_contact: timeout");
    assert_eq!(
        stage.crms[0].dropped.load(std::sync::atomic::Ordering::SeqCst),
        1,
        "its request is cancelled"
    );
    assert!(
        stage.crms[0].seen.lock().unwrap()[0].2 < Duration::from_secs(10),
        "it is told to give up before"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_or_a_panic_costs_the_others_nothing() {
    let stage = Stage::new(
        Index::default(),
        vec![
            Crm::new("panics", 10, Say::Panic),
            Crm::new(
                "refuses",
                10,
                Say::Fail(Kind::SignInNeeded, "BULLHORN needs you to sign in"),
            ),
            Crm::new("works", 20, Say::Found(vec![contact("works", "1", "Anna", CALLER)])),
        ],
    );
    let seen = stage.look(CALLER).await;
    assert_eq!(seen.names(), ["Anna"]);
    let signed_out = AskedState::Failed("BULLHORN needs you to sign in".into());
    assert_eq!(
        seen.states(),
        [AskedState::Failed(FAULT.into()), signed_out, AskedState::Found]
    );
    assert!(
        seen.steps(Some("panics"))
            .contains(&"find_contact: internal".to_owned())
    );
    assert!(
        seen.steps(Some("refuses"))
            .contains(&"find_contact: sign_in_needed".to_owned())
    );
    assert_eq!(seen.took, Duration::from_millis(20));
}

#[tokio::test(start_paused = true)]
async fn without_an_index_the_connections_are_asked() {
    for hangs in [false, true] {
        let index = Index {
            broken: !hangs,
            hangs,
            ..Index::default()
        };
        let mut book = Crm::new("book", 5, Say::Found(vec![contact("book", "1", "Anna", CALLER)]));
        book.capability.indexed = true;
        let stage = Stage::new(index, vec![book]);
        let seen = stage.look(CALLER).await;
        assert_eq!(seen.names(), ["Anna"], "even those that it should hold");
        let reason = if hangs { "timeout" } else { "storage" };
        assert_eq!(seen.steps(None)[0], format!("index, by number: {reason}"));
        let waited = if hangs { INDEX_WITHIN } else { Duration::ZERO };
        assert_eq!(seen.took, waited + Duration::from_millis(5));
        if !hangs {
            assert_eq!(seen.steps(None)[1], "index, remember: storage");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_index_delays_the_trace_and_not_the_card() {
    let index = Index {
        files_in: Duration::from_secs(60),
        ..Index::default()
    };
    let stage = Stage::new(
        index,
        vec![Crm::new("a", 5, Say::Found(vec![contact("a", "1", "Anna", CALLER)]))],
    );
    let seen = stage.look(CALLER).await;
    assert_eq!(seen.published.last().unwrap().0, 5);
    assert_eq!(seen.took, Duration::from_millis(5) + FILED_WITHIN);
    assert_eq!(
        seen.steps(None)[1],
        "index, remember: still at work; it goes on by itself"
    );
    assert_eq!(seen.looked.trace.took, Duration::from_millis(5));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(
        stage.index.knows(&crate::fakes::id("a", "1")).is_some(),
        "filed in the end"
    );
}
