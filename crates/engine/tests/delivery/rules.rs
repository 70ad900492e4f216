//! One rule a test.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_domain::{Kind, WriteState, journal::StepState, log::LOG_STEP};
use ringside_engine::view::Decision;

use crate::{
    crm::{Crm, Fate, SETTLES, capability},
    desk::{Desk, entry, own_marker, shared_marker},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn desk() -> Desk {
    Desk::new(|clock| Crm::new(clock, capability(), true))
}

fn unsearchable() -> Desk {
    Desk::new(|clock| {
        Crm::new(
            clock,
            ringside_domain::Capability {
                find_log: false,
                ..capability()
            },
            true,
        )
    })
}

fn logged(desk: &Desk, id: ringside_domain::WriteId) -> String {
    match desk.journal.get(id).state {
        WriteState::Logged(log) => log.id,
        other => panic!("not logged but {other:?}"),
    }
}

/// Seconds from the first request of this name to each one.
fn times(desk: &Desk, name: &str) -> Vec<u64> {
    let requests = desk.crm.requests(name);
    requests.iter().map(|at| at.since(requests[0]).as_secs()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_owed_is_logged_once() {
    let desk = desk();
    let id = desk.owe(1, own_marker());
    desk.settle(DAY).await;
    assert_eq!(logged(&desk, id), "log-1");
    let logs = desk.crm.logs();
    assert_eq!((logs.len(), logs[0].contact.as_deref()), (1, Some("7")));
    assert!(desk.crm.requests("find_log").is_empty(), "nothing was unclear");
    assert_eq!(desk.journal.traces(), 1, "it can be explained");
}

#[tokio::test(start_paused = true)]
async fn an_answered_step_is_never_repeated() {
    let desk = desk();
    let id = desk.owe(1, own_marker());
    desk.crm.script([
        Fate::Answered,
        Fate::Unreachable,
        Fate::Lost { commits_after: None },
        Fate::Answered,
    ]);
    desk.settle(DAY).await;
    assert_eq!(logged(&desk, id), "log-1");
    assert_eq!(
        (desk.crm.requests("log").len(), desk.crm.requests("link").len()),
        (1, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_looked_up_once_it_has_settled() {
    let desk = desk();
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Lost {
        commits_after: Some(SETTLES.as_secs()),
    }]);
    desk.settle(DAY).await;
    assert_eq!(logged(&desk, id), "log-1");
    assert_eq!(desk.crm.requests("log").len(), 1);
    let looked = desk.crm.requests("find_log")[0].since(desk.crm.requests("log")[0]);
    assert!(looked >= SETTLES && looked < SETTLES * 2, "{looked:?}");
    assert_eq!(
        desk.crm.logs()[0].contact.as_deref(),
        Some("7"),
        "it went on with the next step"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_sent_again() {
    let desk = desk();
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Lost { commits_after: None }]);
    desk.settle(DAY).await;
    assert_eq!(logged(&desk, id), "log-1");
    assert_eq!(desk.crm.requests("log").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn where_it_cant_be_searched_a_person_decides() {
    let desk = unsearchable();
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Lost { commits_after: Some(1) }]);
    desk.settle(DAY).await;
    let WriteState::Unsure(failure) = desk.journal.get(id).state else {
        panic!("not unsure")
    };
    assert!(
        failure.message.contains("Test CRM") && failure.hint.is_some(),
        "{failure:?}"
    );
    assert_eq!(desk.crm.requests("log").len(), 1);

    let write = desk.delivery().decide(id, Decision::ItIsThere).await.unwrap();
    assert!(matches!(write.state, WriteState::Logged(log) if log.id.is_empty()));
    desk.settle(DAY).await;
    assert_eq!(desk.crm.requests("log").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn sending_again_is_done_once_however_often_it_is_clicked() {
    let desk = unsearchable();
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Lost { commits_after: None }]);
    desk.settle(DAY).await;
    let delivery = desk.delivery();
    delivery.decide(id, Decision::SendAgain).await.unwrap();
    delivery.decide(id, Decision::SendAgain).await.unwrap();
    desk.settle(DAY).await;
    delivery.decide(id, Decision::SendAgain).await.unwrap();
    desk.settle(DAY).await;
    assert_eq!(logged(&desk, id), "log-1");
    assert_eq!(desk.crm.requests("log").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_stands_until_a_person_acts() {
    let desk = desk();
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Refused]);
    desk.settle(DAY).await;
    assert!(matches!(desk.journal.get(id).state, WriteState::Refused(failure) if failure.kind == Kind::Invalid));
    assert_eq!(desk.crm.requests("log").len(), 1);

    let delivery = desk.delivery();
    delivery
        .amend(id, entry(own_marker(), "better note"))
        .await
        .unwrap()
        .expect("nothing was sent");
    delivery.decide(id, Decision::SendAgain).await.unwrap();
    desk.settle(DAY).await;
    assert_eq!(desk.crm.logs()[0].note, "better note");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_sign_in_is_sent_after_it() {
    let desk = desk();
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::SignIn]);
    desk.settle(DAY).await;
    let write = desk.journal.get(id);
    assert!(matches!(write.state, WriteState::Waiting(Some(_))) && write.next_try.is_none());
    assert_eq!(desk.crm.requests("log").len(), 1, "it does not try in vain");
    assert_eq!(desk.delivery().resume(Some(&desk.crm.connection)).await.unwrap(), 1);
    desk.settle(DAY).await;
    assert_eq!(logged(&desk, id), "log-1");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_holds_for_the_whole_connection() {
    let desk = Desk::new(|clock| Crm::new(clock, capability(), false));
    let one = desk.owe(1, own_marker());
    let other = desk.owe(2, ringside_domain::Marker::new("ringside-2", false));
    desk.crm.script([Fate::Limited(120)]);
    desk.settle(DAY).await;
    assert_eq!(
        (logged(&desk, one), logged(&desk, other)),
        ("log-1".into(), "log-2".into())
    );
    let times = times(&desk, "log");
    assert!(times[1] >= 120 && times[1] < 130, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_and_wishes_are_bounded() {
    let desk = Desk::new(|clock| Crm::new(clock, capability(), false));
    desk.owe(1, own_marker());
    desk.crm.script([Fate::Unreachable; 8]);
    desk.crm.script([Fate::Limited(0), Fate::Limited(10 * 365 * 24 * 3600)]);
    desk.settle(DAY).await;
    let times = times(&desk, "log");
    let pauses: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (pause, least) in pauses.iter().zip([5, 15, 60, 300, 900, 1800, 1800, 1800, 1, 3600]) {
        assert!(*pause >= least && *pause <= least + least / 5 + 1, "{pauses:?}");
    }
    assert_eq!(pauses.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_request_is_cut_off_and_looked_for() {
    for commits_after in [None, Some(1), Some(59 + SETTLES.as_secs())] {
        let desk = desk();
        let id = desk.owe(1, own_marker());
        desk.crm.script([Fate::Hangs { commits_after }]);
        let changes = desk.settle(DAY).await;
        assert!(matches!(&changes[0].state, WriteState::Waiting(Some(failure)) if failure.kind == Kind::Timeout));
        assert_eq!(logged(&desk, id), "log-1");
        assert_eq!(desk.crm.logs().len(), 1);
        let looked = desk.crm.requests("find_log")[0].since(desk.crm.requests("log")[0]);
        assert!(
            looked >= Duration::from_secs(60) + SETTLES,
            "not while it could still be sent: {looked:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_after_the_deadline_counts() {
    for desk in [desk(), unsearchable()] {
        let id = desk.owe(1, own_marker());
        desk.crm.script([Fate::Slow(40)]);
        let changes = desk.settle(DAY).await;
        assert_eq!(changes.len(), 2, "late, then logged");
        assert_eq!(logged(&desk, id), "log-1");
        assert_eq!(
            (desk.crm.requests("log").len(), desk.crm.requests("find_log").len()),
            (1, 0)
        );
        assert!(
            desk.journal
                .get(id)
                .last_sent
                .unwrap()
                .since(desk.crm.requests("log")[0])
                < Duration::from_secs(45)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_connector_is_an_unknown_outcome() {
    let desk = desk();
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Panics]);
    desk.settle(DAY).await;
    assert_eq!(logged(&desk, id), "log-1");
    assert_eq!(desk.crm.requests("find_log").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_gone_is_said() {
    let desk = desk();
    let fresh = desk.owe(1, own_marker());
    let lost = desk.owe(2, ringside_domain::Marker::new("ringside-2", false));
    desk.crm
        .script([Fate::Unreachable, Fate::Lost { commits_after: Some(1) }]);
    desk.settle(Duration::from_secs(2)).await;
    desk.gone.store(true, Ordering::SeqCst);
    desk.settle(DAY).await;
    assert!(matches!(desk.journal.get(fresh).state, WriteState::Refused(failure) if failure.hint.is_some()));
    assert!(matches!(desk.journal.get(lost).state, WriteState::Unsure(failure) if failure.hint.is_some()));
}

#[tokio::test(start_paused = true)]
async fn a_failing_disk_neither_loses_nor_doubles() {
    for failing in 1..=9 {
        let desk = desk();
        let id = desk.owe(1, own_marker());
        desk.journal.fail_after(failing);
        desk.settle(DAY).await;
        assert_eq!(logged(&desk, id), "log-1", "at write {failing}");
        assert_eq!(desk.crm.logs().len(), 1, "at write {failing}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_that_fails_is_not_an_answer() {
    let desk = desk();
    let (later, never) = (
        desk.owe(1, own_marker()),
        desk.owe(2, ringside_domain::Marker::new("ringside-2", false)),
    );
    desk.crm.script([
        Fate::Lost { commits_after: Some(1) },
        Fate::Lost { commits_after: Some(1) },
    ]);
    desk.crm.looks([
        Fate::Unreachable,
        Fate::Refused,
        Fate::Hangs { commits_after: None },
        Fate::Panics,
    ]);
    desk.settle(DAY).await;
    let ends = [desk.journal.get(later).state, desk.journal.get(never).state];
    assert!(ends.iter().any(|end| matches!(end, WriteState::Unsure(_))), "{ends:?}");
    assert_eq!(desk.crm.requests("log").len(), 2, "nothing was sent on a guess");
}

#[tokio::test(start_paused = true)]
async fn one_at_a_time_a_connection() {
    let desk = Desk::new(|clock| Crm::new(clock, capability(), false));
    for number in 1..=3 {
        desk.owe(
            number,
            ringside_domain::Marker::new(format!("ringside-{number}"), false),
        );
    }
    desk.crm.script([Fate::Slow(10), Fate::Slow(50), Fate::Answered]);
    desk.settle(DAY).await;
    assert_eq!(times(&desk, "log"), [0, 10, 60], "the late one keeps its place too");
}

#[tokio::test(start_paused = true)]
async fn dropping_an_attempt_does_not_stop_it() {
    let desk = desk();
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Slow(10)]);
    let delivery = desk.delivery();
    let cut = tokio::time::timeout(Duration::from_secs(1), delivery.attempt(id)).await;
    assert!(cut.is_err());
    let same = delivery.attempt(id).await.unwrap();
    assert!(matches!(same.state, WriteState::Waiting(None)), "it is being attempted");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(logged(&desk, id), "log-1");
    assert_eq!(desk.crm.requests("log").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_stops_nothing() {
    let desk = desk();
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Lost { commits_after: Some(0) }]);
    desk.settle(Duration::from_secs(2)).await;
    desk.clock.set_back(10 * DAY);
    desk.settle(2 * Duration::from_secs(3600) + SETTLES * 3).await;
    // The model's log lies in the future now; what counts is that delivery went and looked.
    assert!(!desk.crm.requests("find_log").is_empty());
    assert!(matches!(desk.journal.get(id).state, WriteState::Logged(_)));
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_logs_last_is_stopped() {
    let desk = desk();
    let id = desk.owe(1, own_marker());
    desk.crm.links_first.store(true, Ordering::SeqCst);
    desk.settle(DAY).await;
    assert!(matches!(desk.journal.get(id).state, WriteState::Refused(failure) if failure.kind == Kind::Internal));
    assert!(desk.crm.requests("link").is_empty(), "nothing went out");
}

#[tokio::test(start_paused = true)]
async fn an_entry_changes_only_while_nothing_was_sent() {
    let desk = unsearchable();
    let id = desk.owe(1, own_marker());
    let delivery = desk.delivery();
    assert!(
        delivery
            .amend(id, entry(own_marker(), "second note"))
            .await
            .unwrap()
            .is_some()
    );
    desk.crm.script([Fate::Slow(10)]);
    let attempt = tokio::spawn({
        let delivery = delivery.clone();
        async move { delivery.attempt(id).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(
        delivery
            .amend(id, entry(own_marker(), "third note"))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        delivery.decide(id, Decision::Drop).await.unwrap_err().kind,
        Kind::Conflict
    );
    attempt.await.unwrap().unwrap();
    assert!(
        delivery
            .amend(id, entry(own_marker(), "third note"))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(desk.crm.logs()[0].note, "second note");
    assert_eq!(
        desk.journal.get(id).entry.note,
        "second note",
        "the row says what the CRM has"
    );
}

#[tokio::test(start_paused = true)]
async fn the_newest_update_wins_whatever_is_lost() {
    let desk = desk();
    desk.owe(1, own_marker());
    desk.settle(Duration::from_secs(60)).await;
    let older = desk.owe_update(2, "log-1", "older");
    desk.crm.script([
        Fate::Lost { commits_after: Some(0) },
        Fate::Hangs { commits_after: None },
    ]);
    desk.settle(Duration::from_secs(4)).await;
    let newer = desk.owe_update(3, "log-1", "newer");
    desk.settle(DAY).await;
    assert_eq!(desk.journal.get(older).state, WriteState::Dropped);
    assert_eq!(logged(&desk, newer), "log-1");
    assert_eq!(desk.crm.logs()[0].note, "newer");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_updated_is_refused_with_words() {
    let fixed = ringside_domain::Capability {
        update_log: false,
        ..capability()
    };
    let desk = Desk::new(|clock| Crm::new(clock, fixed, true));
    let id = desk.owe_update(1, "log-1", "note");
    desk.settle(DAY).await;
    assert!(matches!(desk.journal.get(id).state, WriteState::Refused(failure) if failure.kind == Kind::Unsupported));

    let desk = self::desk();
    let id = desk.owe_update(1, "", "note");
    desk.settle(DAY).await;
    assert!(matches!(desk.journal.get(id).state, WriteState::Refused(failure) if failure.hint.is_some()));
    assert!(desk.crm.requests("update").is_empty());
}

#[tokio::test(start_paused = true)]
async fn another_machines_log_is_taken_as_ours() {
    let desk = desk();
    let theirs = desk.crm.logged_elsewhere(shared_marker(), Duration::ZERO);
    let id = desk.owe(1, shared_marker());
    desk.settle(DAY).await;
    assert_eq!(logged(&desk, id), theirs);
    assert!(desk.crm.requests("log").is_empty());
    assert_eq!(desk.journal.step(id, LOG_STEP), None::<StepState>);
}

#[tokio::test(start_paused = true)]
async fn two_logs_of_one_call_are_seen() {
    let desk = desk();
    let id = desk.owe(1, shared_marker());
    // Between our look and the time at which ours is visible.
    desk.crm.logged_elsewhere(shared_marker(), SETTLES / 2);
    let changes = desk.settle(DAY).await;
    assert!(
        matches!(changes[0].state, WriteState::Logged(_)),
        "shown as logged at once"
    );
    let WriteState::Unsure(failure) = desk.journal.get(id).state else {
        panic!("doubled silently")
    };
    assert!(failure.message.contains("2 times"), "{failure:?}");
    desk.delivery().decide(id, Decision::ItIsThere).await.unwrap();
    assert_eq!(logged(&desk, id), "log-2");
}
