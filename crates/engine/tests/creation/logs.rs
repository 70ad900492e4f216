//! A log that is asked for while its contact is still to come.

use std::sync::Arc;

use ringside_domain::WriteState;
use ringside_engine::{Config, LogRule};
use tokio::time::sleep;

use crate::{
    crm::{Crm, Fate},
    desk::{Desk, SECOND, config},
};

#[tokio::test(start_paused = true)]
async fn it_follows_the_contact_with_the_newest_note() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.creates(call).await;
    let view = desk.engine.log(call, None).await.unwrap();
    assert!(view.creation.unwrap().log && view.write.is_none());
    desk.hangs_up().await;
    desk.engine.note(call, "Wants an offer".into(), None).await.unwrap();
    sleep(12 * SECOND).await;
    let logs = desk.crm.logs();
    assert_eq!(logs.len(), 1);
    assert_eq!(
        (logs[0].contact_name.as_str(), logs[0].note.as_str()),
        ("Anna Meier", "Wants an offer")
    );
    assert!(logs[0].end.is_some());
    let write = desk.call(call).await.write.unwrap();
    assert!(matches!(write.state, WriteState::Logged(_)));
}

#[tokio::test(start_paused = true)]
async fn it_survives_a_restart() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.creates(call).await;
    desk.engine.log(call, None).await.unwrap();
    desk.hangs_up().await;
    let desk = desk.restarts().await;
    sleep(9 * SECOND).await;
    assert_eq!(desk.crm.requests(), [], "ten fresh seconds");
    sleep(3 * SECOND).await;
    assert_eq!((desk.crm.records().len(), desk.crm.logs().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn who_takes_the_contact_back_takes_its_log_back() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    let creation = desk.creates(call).await;
    desk.engine.log(call, None).await.unwrap();
    desk.engine.undo_creation(creation.id).await.unwrap();
    let again = desk.creates(call).await;
    assert!(!again.log);
    sleep(12 * SECOND).await;
    assert_eq!((desk.crm.records().len(), desk.crm.logs().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn set_aside_it_is_not_logged() {
    let desk = Desk::new().await;
    let call = desk.rings().await;
    desk.creates(call).await;
    desk.engine.log(call, None).await.unwrap();
    let view = desk.engine.set_aside(call).await.unwrap();
    assert!(view.call.no_log && !view.creation.unwrap().log);
    sleep(12 * SECOND).await;
    assert_eq!((desk.crm.records().len(), desk.crm.logs().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_rule_logs_it_too() {
    let rule = Config {
        log_rule: LogRule::Always,
        ..config()
    };
    let desk = Desk::on(Arc::default(), Crm::new(), rule).await;
    let call = desk.rings().await;
    desk.crm.plan([Fate::Unreachable]);
    desk.creates(call).await;
    desk.hangs_up().await;
    sleep(SECOND).await;
    assert!(desk.call(call).await.creation.unwrap().log, "the call is over");
    sleep(30 * SECOND).await;
    assert_eq!(desk.crm.logs().len(), 1);
}
