//! Deleting calls that are older than the person wants to keep them: at the start, when they say so, and every few hours. And
//! what was typed for contacts that are created, or were taken back, a day ago: the program may run for weeks.
//!
//! A little at a time, so that a note that is typed meanwhile never waits behind it. Nothing of which something is owed to a
//! CRM goes, and no call that somebody looks at: what is in the book was worked on just now, and goes with a later round.

use std::time::Duration;

use ringside_domain::{Result, Stop, Timestamp};

use crate::{engine::Engine, view::Update};

const EVERY: Duration = Duration::from_secs(6 * 3600);
/// Calls deleted in one transaction.
const CHUNK: usize = 200;
/// In which whatever waits for the journal gets its turn.
const PAUSE: Duration = Duration::from_millis(20);

impl Engine {
    pub(crate) async fn keep_calls(self, stop: Stop) {
        loop {
            tokio::select! {
                done = self.forget_what_is_old() => {
                    if let Err(error) = done {
                        tracing::warn!(kind = error.kind.code(), "old calls could not be deleted");
                    }
                }
                () = stop.clone() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = self.shared.retain.notified() => {}
                () = stop.clone() => return,
            }
        }
    }

    async fn forget_what_is_old(&self) -> Result<()> {
        self.forget_settled_creations().await?;
        self.forget_old_calls().await
    }

    async fn forget_old_calls(&self) -> Result<()> {
        let Some(keep) = self.config().keep_calls else {
            return Ok(());
        };
        let keep = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        let older_than = Timestamp(self.shared.clock.now().wall.0.saturating_sub(keep));
        let mut all = 0;
        loop {
            let looked_at = self.book().ids();
            let forgotten = self.shared.journal.forget_calls(older_than, looked_at, CHUNK).await?;
            all += forgotten;
            if forgotten < CHUNK {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        if all > 0 {
            tracing::info!(calls = all, "calls older than they are to be kept were deleted");
            self.tell(Update::Forgotten);
        }
        Ok(())
    }
}
