//! What is logged, where, and that it can be put right.

use ringside_domain::{Change, EndReason, Outcome, WriteState};
use ringside_engine::{Config, LogRule};
use ringside_store::Store;

use crate::desk::{Desk, clock, config, event, random};

#[tokio::test]
async fn a_call_is_logged_with_its_note_and_its_end() {
    let desk = Desk::in_memory().await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings("+14155550100").await;
    desk.engine
        .note(call, "Wants the renewal offer".into(), Some(Outcome::Connected))
        .await
        .unwrap();
    desk.hangs_up("+14155550100").await;
    desk.engine.log(call, None).await.unwrap();
    desk.until_logged(call).await;
    let logs = desk.logs_on(&anna).await;
    assert_eq!(logs.len(), 1);
    assert_eq!(
        (logs[0].note.as_str(), logs[0].outcome),
        ("Wants the renewal offer", Some(Outcome::Connected))
    );
    assert_eq!(logs[0].end, Some(EndReason::Completed));
    assert!(logs[0].duration.is_some());
    assert_eq!(logs[0].line.as_deref(), Some("Sales"));
}

#[tokio::test]
async fn logged_during_the_call_it_gets_its_end_by_itself() {
    let desk = Desk::in_memory().await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings("+14155550100").await;
    desk.engine.log(call, None).await.unwrap();
    desk.until_logged(call).await;
    assert_eq!(desk.logs_on(&anna).await[0].end, None);
    desk.hangs_up("+14155550100").await;
    for _ in 0..500 {
        if desk.logs_on(&anna).await[0].end.is_some() {
            assert_eq!(desk.logs_on(&anna).await.len(), 1);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the log never heard of the end");
}

#[tokio::test]
async fn a_later_note_is_a_change_that_can_be_sent() {
    let desk = Desk::in_memory().await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings("+14155550100").await;
    desk.hangs_up("+14155550100").await;
    desk.engine.log(call, None).await.unwrap();
    desk.until_logged(call).await;
    let view = desk.engine.note(call, "Two more seats".into(), None).await.unwrap();
    assert!(view.changed, "the card says that the CRM does not have it yet");
    desk.engine.log(call, None).await.unwrap();
    desk.wait(call, |view| !view.changed).await;
    desk.until_logged(call).await;
    let logs = desk.logs_on(&anna).await;
    assert_eq!((logs.len(), logs[0].note.as_str()), (1, "Two more seats"));
}

#[tokio::test]
async fn a_wrong_log_moves_to_another_person() {
    let desk = Desk::in_memory().await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let bill = desk.knows("Bill Lumbergh", "(415) 555-0177").await;
    let call = desk.rings("+14155550100").await;
    desk.hangs_up("+14155550100").await;
    desk.engine.log(call, None).await.unwrap();
    desk.until_logged(call).await;
    desk.engine.log(call, Some(bill.id.clone())).await.unwrap();
    desk.wait(call, |view| {
        view.write
            .as_ref()
            .is_some_and(|w| w.entry.contact == bill.id && matches!(w.state, WriteState::Logged(_)))
    })
    .await;
    assert_eq!(
        (desk.logs_on(&anna).await.len(), desk.logs_on(&bill).await.len()),
        (0, 1)
    );
}

#[tokio::test]
async fn nobody_chosen_is_said_and_nothing_is_logged() {
    let desk = Desk::in_memory().await;
    let call = desk.rings("+14155550123").await;
    let error = desk.engine.log(call, None).await.unwrap_err();
    assert!(
        error.hint.is_some() && error.field.as_deref() == Some("contact"),
        "{error}"
    );
}

#[tokio::test]
async fn the_rule_logs_by_itself_but_not_what_an_unproved_phone_said() {
    let rule = Config {
        log_rule: LogRule::Always,
        ..config()
    };
    let desk = Desk::with(Store::memory(clock(), random()).unwrap(), rule).await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings("+14155550100").await;
    desk.wait(call, |view| view.call.choice.is_some()).await;
    desk.hangs_up("+14155550100").await;
    desk.until_logged(call).await;

    let mut unproved = event("+14155550100", "b", Change::Ringing);
    unproved.trust = ringside_domain::Trust::Unverified;
    let call = desk.engine.report(unproved.clone()).await.unwrap().unwrap();
    desk.wait(call, |view| view.call.choice.is_some()).await;
    unproved.change = Change::Ended(EndReason::Completed);
    desk.engine.report(unproved).await.unwrap();
    let view = desk.wait(call, |view| view.call.state.is_over()).await;
    assert!(view.write.is_none());
    assert_eq!(desk.logs_on(&anna).await.len(), 1);
}

#[tokio::test]
async fn set_aside_and_logged_after_all() {
    let desk = Desk::in_memory().await;
    let anna = desk.knows("Anna Meier", "(415) 555-0100").await;
    let call = desk.rings("+14155550100").await;
    desk.hangs_up("+14155550100").await;
    assert!(desk.engine.set_aside(call).await.unwrap().call.no_log);
    let view = desk.engine.log(call, Some(anna.id.clone())).await.unwrap();
    assert!(!view.call.no_log);
    desk.until_logged(call).await;
}
