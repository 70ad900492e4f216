//! The program dies at every moment at which something of a creation gets durable, and starts again.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ringside_domain::{CreationState, journal::CallPage};
use tokio::time::{sleep, timeout};

use crate::{
    crm::{Crm, Fate, draft},
    desk::{Desk, SECOND, config},
    journal::MemoryJournal,
};

/// One life in a runtime of its own, which takes everything with it that was under way.
fn live<T>(life: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(life)
}

#[test]
fn killed_at_every_moment_nothing_is_lost_or_made_twice() {
    let fates: [&[Fate]; 6] = [
        &[],
        &[Fate::Unreachable],
        &[Fate::Slow(5)],
        &[Fate::Lost(Some(0))],
        &[Fate::Lost(Some(20))],
        &[Fate::Lost(None)],
    ];
    let (mut died, mut unsure) = (0, 0);
    for fates in fates {
        for moment in 2..=20 {
            let (journal, crm) = (Arc::<MemoryJournal>::default(), Crm::new());
            crm.plan(fates.iter().copied());
            journal.dies_after.store(moment, Ordering::SeqCst);
            let accepted = live(async {
                let desk = Desk::on(journal.clone(), crm.clone(), config()).await;
                let call = desk.rings().await;
                let asked = async {
                    let asked = desk.engine.create_later(draft("Anna Meier"), Some(call), false, None);
                    asked.await.unwrap();
                    desk.engine.log(call, None).await.unwrap();
                };
                let accepted = timeout(SECOND, asked).await.is_ok();
                sleep(Duration::from_secs(150)).await;
                accepted
            });
            let dead = journal.is_dead();
            died += usize::from(dead);
            journal.dies_after.store(0, Ordering::SeqCst);
            live(async {
                crm.settle();
                let desk = Desk::on(journal.clone(), crm.clone(), config()).await;
                sleep(Duration::from_secs(400)).await;
                let what = format!("{fates:?}, killed at {moment}");
                assert!(crm.records().len() <= 1, "made twice: {what}");
                let all = journal.all();
                let Some(creation) = all.first() else {
                    assert!(!accepted && moment <= 2, "lost: {what}");
                    return;
                };
                match &creation.state {
                    CreationState::Finished(contact) => {
                        assert_eq!(crm.records().len(), 1, "{what}");
                        let page = CallPage {
                            limit: 1,
                            ..CallPage::default()
                        };
                        let call = desk.engine.calls(page).await.unwrap().remove(0).call;
                        assert_eq!(call.choice.unwrap().contact.id, contact.id, "{what}");
                        assert!(crm.logs().len() <= 1, "logged twice: {what}");
                        assert_eq!(crm.logs().len(), usize::from(creation.log), "{what}");
                    }
                    CreationState::Unsure(_) => {
                        unsure += 1;
                        assert!(crm.records().is_empty(), "a record that is there is found: {what}");
                    }
                    other => panic!("{what}: {other:?}"),
                }
            });
        }
    }
    assert!(died > 30, "{died} lives were cut short");
    assert!(unsure > 10, "{unsure} had to be decided by a person");
}
