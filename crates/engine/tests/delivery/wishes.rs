//! What is wanted of a log after it was sent, and of one that was given up, that somebody else made, or that is gone.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_domain::{
    Call, CallId, CallState, Capability, Direction, EndReason, Kind, SourceId, Trust, Write, WriteId, WriteState,
    call::{Party, Route},
    phone::Reading,
};
use ringside_engine::view::Decision;

use crate::{
    crm::{Crm, Fate, SETTLES, capability},
    desk::{Desk, entry, own_marker, shared_marker},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn desk_of(capability: Capability, two_steps: bool) -> Desk {
    Desk::new(|clock| Crm::new(clock, capability, two_steps))
}

fn unsearchable() -> Capability {
    Capability {
        find_log: false,
        ..capability()
    }
}

fn stuck() -> Capability {
    Capability {
        moves_logs: false,
        ..capability()
    }
}

/// The notes of the logs that the CRM has.
fn notes(desk: &Desk) -> Vec<String> {
    desk.crm.logs().into_iter().map(|log| log.note).collect()
}

fn newest(desk: &Desk) -> Write {
    let mut writes = desk.journal.all();
    writes.retain(|write| write.state != WriteState::Dropped);
    writes
        .into_iter()
        .max_by_key(|write| (write.created, write.id))
        .unwrap()
}

fn is_logged(write: &Write) -> bool {
    matches!(write.state, WriteState::Logged(_))
}

/// Wants another note while the log is out, and lets the process die or live.
async fn wants(desk: &Desk, id: WriteId, dies: bool) {
    let delivery = desk.delivery();
    let wishing = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let wanted = entry(own_marker(), "better note");
        delivery.want(id, wanted).await.unwrap().expect("it is on its way");
    };
    let limit = if dies { Duration::from_secs(3) } else { DAY };
    let round = tokio::time::timeout(limit, desk.settle_with(delivery.clone(), DAY));
    let _ = tokio::join!(round, wishing);
}

#[tokio::test(start_paused = true)]
async fn a_wish_beside_a_log_on_its_way_outlives_a_crash() {
    for dies in [false, true] {
        for fate in [
            Fate::Slow(10),
            Fate::Hangs { commits_after: Some(5) },
            Fate::Hangs { commits_after: None },
            Fate::Lost { commits_after: Some(5) },
        ] {
            let desk = desk_of(capability(), true);
            let id = desk.owe(1, own_marker());
            desk.crm.script([fate]);
            wants(&desk, id, dies).await;
            desk.settle(DAY).await;
            assert_eq!(notes(&desk), ["better note"], "{fate:?}, {dies}");
            assert!(is_logged(&newest(&desk)), "{fate:?}, {dies}");
            assert_eq!(newest(&desk).entry.note, "better note", "the row says what the CRM has");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_meanwhile_is_sent_as_it_is_wanted() {
    let desk = desk_of(capability(), false);
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::SlowlyRefused(10)]);
    wants(&desk, id, false).await;
    assert_eq!(notes(&desk), ["better note"]);
    assert!(desk.crm.requests("update").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_wish_beside_an_unsure_log_follows_what_the_person_decides() {
    for decision in [Decision::ItIsThere, Decision::SendAgain] {
        let desk = desk_of(unsearchable(), false);
        let id = desk.owe(1, own_marker());
        desk.crm.script([Fate::Hangs { commits_after: None }]);
        wants(&desk, id, false).await;
        assert!(
            matches!(desk.journal.get(id).state, WriteState::Unsure(_)),
            "{decision:?}"
        );
        desk.delivery().decide(id, decision).await.unwrap();
        desk.settle(DAY).await;
        match decision {
            Decision::SendAgain => assert_eq!(notes(&desk), ["better note"]),
            // Which log it is, nobody knows: that the change can't be sent is said.
            _ => assert!(matches!(newest(&desk).state, WriteState::Refused(failure) if failure.hint.is_some())),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wish_comes_too_late_for_what_is_settled() {
    let desk = desk_of(capability(), false);
    let id = desk.owe(1, own_marker());
    desk.settle(DAY).await;
    let wanted = desk.delivery().want(id, entry(own_marker(), "better note")).await;
    assert!(wanted.unwrap().is_none(), "it is owed as a change of its own");
}

/// The log is there, and its second step was refused.
async fn half_logged() -> (Desk, WriteId) {
    let desk = desk_of(capability(), true);
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Answered, Fate::Refused]);
    desk.settle(DAY).await;
    assert!(matches!(desk.journal.get(id).state, WriteState::Refused(_)));
    (desk, id)
}

#[tokio::test(start_paused = true)]
async fn dropped_half_logged_then_logged_is_one_log() {
    let (desk, id) = half_logged().await;
    let dropped = desk.delivery().decide(id, Decision::Drop).await.unwrap();
    assert!(is_logged(&dropped), "it is there: {dropped:?}");
    // So what is wanted next is a change of it.
    desk.owe_update(2, "log-1", "better note");
    desk.settle(DAY).await;
    assert_eq!(notes(&desk), ["better note"]);
}

#[tokio::test(start_paused = true)]
async fn a_half_logged_call_goes_on_with_what_is_wanted_now() {
    let (desk, id) = half_logged().await;
    let delivery = desk.delivery();
    let wanted = entry(own_marker(), "better note");
    assert!(delivery.amend(id, wanted.clone()).await.unwrap().is_none());
    delivery.want(id, wanted).await.unwrap().expect("it is not settled");
    delivery.decide(id, Decision::SendAgain).await.unwrap();
    desk.settle(DAY).await;
    assert_eq!(notes(&desk), ["better note"]);
    assert_eq!(
        desk.crm.logs()[0].linked_as.as_deref(),
        Some("better note"),
        "the second step, too"
    );
    assert_eq!(desk.crm.requests("log").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_given_up_without_knowing_is_looked_for_before_it_is_logged_again() {
    for commits_after in [Some(1), None] {
        let desk = desk_of(capability(), false);
        let id = desk.owe(1, own_marker());
        desk.crm.script([Fate::Lost { commits_after }]);
        desk.crm.looks([Fate::Refused]);
        desk.settle(DAY).await;
        assert!(matches!(desk.journal.get(id).state, WriteState::Unsure(_)));
        let dropped = desk.delivery().decide(id, Decision::Drop).await.unwrap();
        assert_eq!(dropped.state, WriteState::Dropped);
        let again = desk.owe(2, own_marker());
        desk.settle(DAY).await;
        assert_eq!(notes(&desk), ["first note"], "{commits_after:?}");
        assert!(is_logged(&desk.journal.get(again)));
    }
}

/// Many CRMs list the logs of one contact: the one that was given up is looked for where it was made.
#[tokio::test(start_paused = true)]
async fn what_was_given_up_at_somebody_else_is_found_there_and_moved() {
    let desk = desk_of(capability(), false);
    desk.crm.lists_one_contact.store(true, Ordering::SeqCst);
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::Lost { commits_after: Some(1) }]);
    desk.crm.looks([Fate::Refused]);
    desk.settle(DAY).await;
    desk.delivery().decide(id, Decision::Drop).await.unwrap();
    let mut other = entry(own_marker(), "");
    other.contact.id = "somebody-else".into();
    desk.owe_entry(2, other);
    desk.settle(DAY).await;
    assert_eq!(desk.crm.logs().len(), 1, "{:?}", desk.crm.logs());
    let now = newest(&desk);
    assert!(is_logged(&now), "{:?}", now.state);
    assert_eq!(now.entry.contact.id, "somebody-else");
    assert_eq!(desk.crm.requests("update").len(), 1, "it is moved");
}

#[tokio::test(start_paused = true)]
async fn what_lacked_a_choice_is_sent_with_the_one_that_was_made_meanwhile() {
    let desk = desk_of(capability(), false);
    let id = desk.owe(1, own_marker());
    desk.crm.script([Fate::SlowlyLacking(10)]);
    wants(&desk, id, false).await;
    assert_eq!(notes(&desk), ["better note"]);
}

#[tokio::test(start_paused = true)]
async fn a_note_of_ours_reaches_the_log_of_another_machine() {
    let desk = desk_of(capability(), false);
    let theirs = desk.crm.logged_elsewhere(shared_marker(), Duration::ZERO);
    let id = desk.owe(1, shared_marker());
    let changes = desk.settle(DAY).await;
    assert_eq!(notes(&desk), ["first note"]);
    assert!(matches!(&newest(&desk).state, WriteState::Logged(log) if log.id == theirs));
    assert_eq!(desk.journal.get(id).entry.note, "", "what stands there is not ours");
    let owed = newest(&desk).id;
    let told = changes.iter().find(|write| write.id == owed).map(|write| &write.state);
    assert_eq!(told, Some(&WriteState::Waiting(None)), "before it is sent");
}

#[tokio::test(start_paused = true)]
async fn without_a_note_another_machines_log_stays_as_it_is() {
    let desk = desk_of(capability(), false);
    desk.crm.logged_elsewhere(shared_marker(), Duration::ZERO);
    let id = desk.owe_entry(
        1,
        ringside_domain::CallLogEntry {
            fields: vec![("matter".into(), "12".into())],
            ..entry(shared_marker(), "")
        },
    );
    desk.settle(DAY).await;
    assert_eq!(notes(&desk), ["from elsewhere"]);
    assert_eq!(
        desk.journal.get(id).entry.fields,
        [],
        "the card shows that the matter is not there yet"
    );
}

#[tokio::test(start_paused = true)]
async fn a_look_that_never_tells_holds_nothing_up_and_spoils_nothing() {
    let desk = desk_of(capability(), false);
    let id = desk.owe(1, shared_marker());
    // Before it, and after it.
    desk.crm.looks([Fate::Refused, Fate::Refused]);
    desk.settle(DAY).await;
    let write = desk.journal.get(id);
    assert!(is_logged(&write) && write.next_try.is_none(), "{write:?}");
    assert_eq!((desk.crm.logs().len(), desk.crm.requests("find_log").len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_log_deleted_in_the_crm_is_logged_again() {
    let desk = desk_of(capability(), false);
    let old = desk.owe(1, own_marker());
    desk.settle(DAY).await;
    desk.crm.delete("log-1");
    let update = desk.owe_update(2, "log-1", "better note");
    desk.settle(DAY).await;
    assert_eq!(notes(&desk), ["better note"]);
    for gone in [old, update] {
        assert_eq!(desk.journal.get(gone).state, WriteState::Dropped);
    }
    assert!(matches!(&newest(&desk).state, WriteState::Logged(log) if log.id == "log-2"));
}

/// One says that the log is gone, and is about to log anew; the other wants another note in just that moment.
#[tokio::test(start_paused = true)]
async fn a_wish_in_the_very_moment_in_which_a_log_is_made_anew_is_in_it() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Moment {
        Searching,
        GivingUp,
        /// The change itself is given up, and the new log is owed.
        Owing,
    }
    for moment in [Moment::Searching, Moment::GivingUp, Moment::Owing] {
        let desk = desk_of(capability(), false);
        desk.owe(1, own_marker());
        desk.settle(DAY).await;
        desk.crm.delete("log-1");
        let update = desk.owe_update(2, "log-1", "good note");
        let delivery = desk.delivery();
        let (tell, told) = tokio::sync::oneshot::channel();
        let (wishes, journal) = (delivery.clone(), desk.journal.clone());
        let wish = async move {
            let better = entry(own_marker(), "better note");
            let wanted = wishes.want(update, better.clone()).await.unwrap();
            if wanted.is_none() {
                // As the engine does: it looks again at what there is.
                let mut writes = journal.all().into_iter();
                let anew = writes
                    .find(|write| matches!(write.state, WriteState::Waiting(_)))
                    .unwrap();
                if wishes.amend(anew.id, better.clone()).await.unwrap().is_none() {
                    wishes.want(anew.id, better).await.unwrap().expect("it is on its way");
                }
            }
            tell.send(wanted.is_some()).unwrap();
        };
        let begin = move || drop(tokio::spawn(wish));
        match moment {
            Moment::Searching => {
                desk.crm.looks([Fate::Slow(5)]);
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(2)).await;
                    begin();
                });
            }
            Moment::GivingUp => desk.journal.at_drop(1, begin),
            Moment::Owing => desk.journal.at_drop(2, begin),
        }
        desk.settle_with(delivery, DAY).await;
        assert_eq!(told.await, Ok(moment != Moment::Owing), "{moment:?}");
        assert_eq!(notes(&desk), ["better note"], "{moment:?}");
        assert_eq!(newest(&desk).entry.note, "better note", "{moment:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn logging_anew_survives_a_crash_at_every_moment() {
    for moment in 1..=24 {
        let desk = desk_of(capability(), false);
        desk.owe(1, own_marker());
        desk.settle(DAY).await;
        desk.crm.delete("log-1");
        desk.owe_update(2, "log-1", "better note");
        desk.journal.die_after(moment);
        let _ = tokio::time::timeout(DAY, desk.settle(DAY * 2)).await;
        desk.journal.die_after(0);
        desk.settle(DAY).await;
        assert_eq!(notes(&desk), ["better note"], "at moment {moment}");
        let open = |write: &Write| matches!(write.state, WriteState::Waiting(_) | WriteState::Refused(_));
        assert!(
            !desk.journal.all().iter().any(open),
            "at moment {moment}: {:?}",
            desk.journal.all()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_there_or_may_be_is_not_made_a_second_time() {
    // The search does not say; it may not show it yet.
    let desk = desk_of(capability(), false);
    desk.owe(1, own_marker());
    desk.settle(DAY).await;
    desk.crm.delete("log-1");
    desk.crm.looks([Fate::Refused]);
    let update = desk.owe_update(2, "log-1", "better note");
    desk.settle(DAY).await;
    assert!(matches!(desk.journal.get(update).state, WriteState::Refused(failure) if failure.kind == Kind::NotFound));
    assert!(notes(&desk).is_empty());

    // It can't be asked at all: whoever gives up the change gives up the log, and may log anew.
    let desk = desk_of(unsearchable(), false);
    let old = desk.owe(1, own_marker());
    desk.settle(DAY).await;
    desk.crm.delete("log-1");
    let update = desk.owe_update(2, "log-1", "better note");
    desk.settle(DAY).await;
    assert!(matches!(desk.journal.get(update).state, WriteState::Refused(failure) if failure.hint.is_some()));
    desk.delivery().decide(update, Decision::Drop).await.unwrap();
    assert_eq!(desk.journal.get(old).state, WriteState::Dropped);
}

#[tokio::test(start_paused = true)]
async fn where_a_log_cannot_be_moved_it_is_deleted_there_and_logged_anew() {
    let desk = desk_of(stuck(), true);
    desk.owe(1, own_marker());
    desk.settle(Duration::from_secs(2)).await;
    let mut elsewhere = entry(own_marker(), "first note");
    elsewhere.contact.id = "8".into();
    let update = desk.owe_change(2, "log-1", elsewhere);
    desk.settle(DAY).await;
    let WriteState::Refused(failure) = desk.journal.get(update).state else {
        panic!("it is still there")
    };
    assert!(failure.message.contains("cannot move"), "{failure:?}");
    let looked = desk.crm.requests("find_log")[0].since(desk.crm.requests("link")[0]);
    assert!(looked >= SETTLES, "a search may not show it before: {looked:?}");
    assert_eq!(desk.crm.logs()[0].contact.as_deref(), Some("7"));

    desk.crm.delete("log-1");
    desk.delivery().decide(update, Decision::SendAgain).await.unwrap();
    desk.settle(DAY).await;
    let logs = desk.crm.logs();
    assert_eq!((logs.len(), logs[0].contact.as_deref()), (1, Some("8")));
    assert!(desk.crm.requests("update").is_empty());
}

fn call(state: CallState) -> Call {
    Call {
        id: CallId::from_uuid(uuid::Uuid::from_u128(1)),
        direction: Direction::In,
        state,
        remote: Party {
            reading: Reading::Withheld,
            display: None,
        },
        line: None,
        route: Route::default(),
        provider_call_id: None,
        trust: Trust::Trusted,
        rehearsal: false,
        source: SourceId::new("test"),
        started: entry(own_marker(), "").started,
        zone: "UTC".into(),
        answered: None,
        ended: None,
        talked: state.is_over().then(|| Duration::from_secs(90)),
        choice: None,
        note: String::new(),
        outcome: None,
        fields: Vec::new(),
        no_log: false,
    }
}

#[tokio::test(start_paused = true)]
async fn where_a_log_cannot_be_changed_it_is_sent_when_the_call_is_over() {
    let fixed = Capability {
        update_log: false,
        ..capability()
    };
    let desk = desk_of(fixed, false);
    desk.journal.put_call(call(CallState::Answered));
    let id = desk.owe(1, own_marker());
    desk.settle(DAY).await;
    let held = desk.journal.get(id);
    assert!(matches!(held.state, WriteState::Waiting(Some(_))) && held.next_try.is_none());
    assert!(desk.crm.requests("log").is_empty());
    // A crash, and the call ended meanwhile.
    desk.journal.put_call(call(CallState::Ended(EndReason::Completed)));
    desk.settle(DAY).await;
    let write = desk.journal.get(id);
    assert!(is_logged(&write));
    assert_eq!(
        (write.entry.end, write.entry.duration),
        (Some(EndReason::Completed), Some(Duration::from_secs(90)))
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_crm_says_beside_its_yes_is_kept() {
    for fate in [Fate::Answered, Fate::Slow(40)] {
        let desk = desk_of(capability(), false);
        *desk.crm.says.lock().unwrap() = Some("the deal could not be linked");
        let id = desk.owe(1, own_marker());
        desk.crm.script([fate]);
        desk.settle(DAY).await;
        assert_eq!(
            desk.journal.get(id).said.as_deref(),
            Some("the deal could not be linked"),
            "{fate:?}"
        );
        let update = desk.owe_update(2, "log-1", "better note");
        desk.settle(DAY).await;
        assert_eq!(
            desk.journal.get(update).said.as_deref(),
            Some("the deal could not be linked")
        );
    }
    let desk = desk_of(capability(), false);
    let id = desk.owe(1, own_marker());
    desk.settle(DAY).await;
    assert_eq!(desk.journal.get(id).said, None);
}
