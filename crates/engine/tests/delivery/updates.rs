//! An update that may still be on its way is not overtaken.

use std::time::Duration;

use ringside_domain::{Capability, WriteState};
use ringside_engine::view::Decision;

use crate::{
    crm::{Crm, Fate, SETTLES, capability},
    desk::{Desk, entry, own_marker},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn logged() -> Desk {
    let desk = Desk::new(|clock| Crm::new(clock, capability(), false));
    desk.owe(1, own_marker());
    desk.settle(Duration::from_secs(60)).await;
    desk
}

fn pause(desk: &Desk) -> Duration {
    let requests = desk.crm.requests("update");
    requests[1].since(requests[0])
}

/// Every way in which the older one's answer is lost while it still takes effect, as late as it can.
fn lost() -> [Fate; 3] {
    let commits_after = Some(SETTLES.as_secs());
    [
        Fate::Lost { commits_after },
        // Cut off after twice the deadline, and settled after that.
        Fate::Hangs {
            commits_after: Some(59 + SETTLES.as_secs()),
        },
        Fate::Slow(200),
    ]
}

#[tokio::test(start_paused = true)]
async fn the_newer_one_waits_until_the_older_one_has_settled() {
    for fate in lost() {
        let desk = logged().await;
        let older = desk.owe_update(2, "log-1", "older");
        desk.crm.script([fate]);
        let delivery = desk.delivery();
        // One process: the newer one is owed while the older one is out.
        let round = desk.settle_with(delivery, DAY);
        let owing = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            desk.owe_update(3, "log-1", "newer")
        };
        let (_, newer) = tokio::join!(round, owing);
        assert_eq!(desk.crm.logs()[0].note, "newer", "{fate:?}");
        assert_eq!(desk.journal.get(older).state, WriteState::Dropped, "{fate:?}");
        assert!(
            matches!(desk.journal.get(newer).state, WriteState::Logged(_)),
            "{fate:?}"
        );
        assert!(pause(&desk) >= SETTLES, "{fate:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_as_well() {
    // With the process its connection goes: nothing starts to take effect after that.
    let commits_after = Some(SETTLES.as_secs());
    for fate in [Fate::Lost { commits_after }, Fate::Hangs { commits_after }] {
        let desk = logged().await;
        desk.owe_update(2, "log-1", "older");
        desk.crm.script([fate]);
        // The process dies while the request is out: its end is written nowhere.
        let dying = tokio::time::timeout(Duration::from_secs(1), desk.settle(DAY));
        assert!(dying.await.is_err());
        let newer = desk.owe_update(3, "log-1", "newer");
        desk.settle(DAY).await;
        assert_eq!(desk.crm.logs()[0].note, "newer", "{fate:?}");
        assert!(
            matches!(desk.journal.get(newer).state, WriteState::Logged(_)),
            "{fate:?}"
        );
    }
}

/// The second run gave the older one up, and died before it could send the newer one.
#[tokio::test(start_paused = true)]
async fn and_after_two() {
    let desk = logged().await;
    let older = desk.owe_update(2, "log-1", "older");
    desk.crm.script([Fate::Hangs {
        commits_after: Some(SETTLES.as_secs()),
    }]);
    let dying = tokio::time::timeout(Duration::from_secs(1), desk.settle(DAY));
    assert!(dying.await.is_err());
    desk.owe_update(3, "log-1", "newer");
    let dying = tokio::time::timeout(Duration::from_secs(5), desk.settle(DAY));
    assert!(dying.await.is_err());
    assert_eq!(desk.journal.get(older).state, WriteState::Dropped);
    desk.settle(DAY).await;
    assert_eq!(desk.crm.logs()[0].note, "newer");
}

#[tokio::test(start_paused = true)]
async fn another_content_of_the_same_update_waits_too() {
    let desk = logged().await;
    let id = desk.owe_update(2, "log-1", "older");
    desk.crm.script([lost()[0]]);
    let delivery = desk.delivery();
    let round = desk.settle_with(delivery.clone(), DAY);
    let amending = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let amended = delivery.amend(id, entry(own_marker(), "newer")).await.unwrap();
        assert!(
            amended.is_some(),
            "an update may be sent again, so its content may change"
        );
    };
    tokio::join!(round, amending);
    assert_eq!(desk.crm.logs()[0].note, "newer");
    assert!(pause(&desk) >= SETTLES);
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_holds_up_nothing() {
    let desk = logged().await;
    desk.owe_update(2, "log-1", "older");
    desk.settle_with(desk.delivery(), Duration::from_secs(30)).await;
    let began = desk.crm.requests("update")[0];
    desk.settle_for_new(|| {
        desk.owe_update(3, "log-1", "newer");
    })
    .await;
    let again = desk.crm.requests("update");
    assert_eq!(again.len(), 2);
    assert!(again[1].since(began) < Duration::from_secs(40), "sent at once");
    // A clean no is an answer.
    desk.crm.script([Fate::Unreachable]);
    desk.settle_for_new(|| {
        desk.owe_update(4, "log-1", "newest");
    })
    .await;
    let times = desk.crm.requests("update");
    assert!(
        times[3].since(times[2]) < Duration::from_secs(8),
        "after the usual pause"
    );
    assert_eq!(desk.crm.logs()[0].note, "newest");
}

/// The CRM can't move a log, so that was refused without a request.
#[tokio::test(start_paused = true)]
async fn what_was_never_sent_holds_up_nothing() {
    let stuck = Capability {
        moves_logs: false,
        ..capability()
    };
    let desk = Desk::new(|clock| Crm::new(clock, stuck, false));
    desk.owe(1, own_marker());
    desk.settle(Duration::from_secs(60)).await;
    let delivery = desk.delivery();
    let mut elsewhere = entry(own_marker(), "first note");
    elsewhere.contact.id = "8".into();
    let moved = desk.owe_change(2, "log-1", elsewhere);
    desk.settle_with(delivery.clone(), Duration::from_secs(1)).await;
    assert!(matches!(desk.journal.get(moved).state, WriteState::Refused(_)));
    delivery.decide(moved, Decision::Drop).await.unwrap();
    desk.owe_update(3, "log-1", "newer");
    desk.settle_with(delivery, Duration::from_secs(1)).await;
    assert_eq!(desk.crm.logs()[0].note, "newer", "sent at once");
}
