//! Ends that are waited for.

use std::time::Duration;

use ringside_domain::{CallState, Change, EndReason};
use ringside_engine::{Config, view::Update};
use ringside_store::Store;

use crate::desk::{Desk, clock, config, event, random};

const CALLER: &str = "+14155550123";

#[tokio::test]
async fn a_call_that_was_passed_on_is_over_as_soon_as_nobody_took_its_place() {
    let config = Config {
        end_window: Duration::from_millis(50),
        ..config()
    };
    let desk = Desk::with(Store::memory(clock(), random()).unwrap(), config).await;
    let mut updates = desk.engine.subscribe();
    for change in [Change::Ringing, Change::Answered, Change::Ended(EndReason::Transferred)] {
        desk.engine.report(event(CALLER, "a", change)).await.unwrap();
    }
    let over = CallState::Ended(EndReason::Transferred);
    let ends = async {
        loop {
            if matches!(updates.recv().await.unwrap(), Update::Call(view) if view.call.state == over) {
                return;
            }
        }
    };
    // Sooner than calls are looked at anyway.
    tokio::time::timeout(Duration::from_secs(3), ends).await.unwrap();
}
