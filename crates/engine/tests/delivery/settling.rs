//! When "it is not there" is believed of a log whose answer got lost, and how often.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_domain::{Capability, WriteState};
use ringside_engine::view::Decision;

use crate::{
    crm::{Crm, Fate, SETTLES, capability},
    desk::{Desk, own_marker},
};

const HOUR: Duration = Duration::from_secs(3600);

fn desk(indexed: bool, settles_within: u64) -> Desk {
    let capability = Capability {
        indexed,
        settles_within: Duration::from_secs(settles_within),
        ..capability()
    };
    Desk::new(|clock| Crm::new(clock, capability, true))
}

/// How long after the log was sent it was first looked for, and how many logs there are in the end.
async fn first_look(desk: &Desk, commits_after: Option<u64>) -> (Duration, usize) {
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Lost { commits_after }]);
    desk.settle(HOUR).await;
    let state = desk.journal.get(id).state;
    assert!(matches!(state, WriteState::Logged(_)), "{state:?}");
    let sent = desk.crm.requests("log")[0];
    (desk.crm.requests("find_log")[0].since(sent), desk.crm.logs().len())
}

#[tokio::test(start_paused = true)]
async fn a_crm_that_shows_everything_at_once_may_still_be_working_on_it() {
    for commits_after in [None, Some(0), Some(5), Some(29)] {
        let (looked, logs) = first_look(&desk(false, 0), commits_after).await;
        assert_eq!(logs, 1, "{commits_after:?}");
        assert!(
            looked >= Duration::from_secs(30) && looked < Duration::from_secs(40),
            "{looked:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_longer_lag_is_waited_for_and_not_added() {
    let (looked, logs) = first_look(&desk(false, 60), Some(60)).await;
    assert_eq!(logs, 1);
    assert!(
        looked >= Duration::from_secs(60) && looked < Duration::from_secs(70),
        "{looked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_lies_on_this_machine_is_looked_for_at_once() {
    let (looked, logs) = first_look(&desk(true, 0), None).await;
    assert_eq!(logs, 1);
    assert!(looked < Duration::from_secs(1), "{looked:?}");
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_it_is_waited_for_from_the_start_of_the_program() {
    let desk = desk(false, 0);
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Hangs {
        commits_after: Some(25),
    }]);
    let _ = tokio::time::timeout(Duration::from_secs(10), desk.settle(HOUR)).await;
    // Another run of the program, which knows nothing but the journal.
    desk.settle(HOUR).await;
    assert!(matches!(desk.journal.get(id).state, WriteState::Logged(_)));
    assert_eq!(desk.crm.logs().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_changed_log_waits_as_long_for_the_change_before_it() {
    let desk = desk(false, 0);
    desk.owe(1, own_marker());
    desk.settle(Duration::from_secs(90)).await;
    let older = desk.owe_update(2, "log-1", "older");
    desk.crm.script([Fate::Lost {
        commits_after: Some(20),
    }]);
    let delivery = desk.delivery();
    let round = desk.settle_with(delivery, HOUR);
    let owing = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        desk.owe_update(3, "log-1", "newer")
    };
    let _ = tokio::join!(round, owing);
    assert_eq!(desk.crm.logs()[0].note, "newer");
    assert_eq!(desk.journal.get(older).state, WriteState::Dropped);
    let sent = desk.crm.requests("update");
    assert!(sent[1].since(sent[0]) >= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_crm_that_loses_every_answer_is_not_pestered() {
    let desk = desk(false, SETTLES.as_secs());
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Lost { commits_after: None }; 1000]);
    desk.settle(24 * HOUR).await;
    assert_eq!(desk.crm.requests("log").len(), 3);
    assert!(matches!(desk.journal.get(id).state, WriteState::Unsure(failure) if failure.hint.is_some()));
    desk.delivery().decide(id, Decision::SendAgain).await.unwrap();
    desk.settle(24 * HOUR).await;
    assert_eq!(
        desk.crm.requests("log").len(),
        6,
        "a person may have it tried as often again"
    );
}

#[tokio::test(start_paused = true)]
async fn at_most_three_records_whatever_is_lost() {
    let desk = desk(false, SETTLES.as_secs());
    let id = desk.owe(1, own_marker());
    desk.crm.hides.store(true, Ordering::SeqCst);
    desk.crm.script([Fate::Lost { commits_after: Some(0) }; 1000]);
    for _ in 0..3 {
        desk.settle(24 * HOUR).await;
    }
    assert_eq!(desk.crm.logs().len(), 3);
    assert!(matches!(desk.journal.get(id).state, WriteState::Unsure(_)));
}

#[tokio::test(start_paused = true)]
async fn a_yes_that_cannot_be_read_is_never_sent_again() {
    for hides in [true, false] {
        let desk = desk(false, SETTLES.as_secs());
        let id = desk.owe(1, own_marker());
        desk.crm.hides.store(hides, Ordering::SeqCst);
        desk.crm.script([Fate::Unread]);
        // A crash in between forgets nothing of it.
        desk.settle(SETTLES / 2).await;
        desk.settle(24 * HOUR).await;
        assert_eq!(desk.crm.requests("log").len(), 1);
        match desk.journal.get(id).state {
            WriteState::Unsure(failure) if hides => assert!(failure.hint.is_some()),
            WriteState::Logged(_) if !hides => {}
            other => panic!("{hides}: {other:?}"),
        }
    }
}
