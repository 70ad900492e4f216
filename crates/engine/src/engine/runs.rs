//! What one run of the program leaves to the next, and what it takes up of the last one.
//!
//! A call that is to be logged by its rule waits until everybody has answered who it was. That waiting is in memory only: a
//! program that ends in those seconds logs by whom is known then, one that is killed leaves a call in the list that was not
//! logged.

use std::{
    sync::{PoisonError, atomic::Ordering},
    time::Duration,
};

use ringside_domain::{
    Result,
    call::{Call, CallState, EndReason},
};

use super::Engine;

impl Engine {
    /// Looks at what is owed now: after an unlock (the file may hold calls that a crash left open), a sign-in, or when the
    /// network is back.
    pub async fn wake(&self) {
        if let Err(error) = self.close_the_books_of_the_last_run().await {
            tracing::warn!(
                kind = error.kind.code(),
                "the calls of the last run could not be closed"
            );
        }
        if let Err(error) = self.shared.delivery.resume(None).await {
            tracing::warn!(kind = error.kind.code(), "waiting writes could not be taken up");
        }
        if let Err(error) = self.take_up_creations().await {
            tracing::warn!(
                kind = error.kind.code(),
                "contacts that are to be created could not be taken up"
            );
        }
        self.hurry_creations();
        self.shared.retain.notify_one();
        self.shared.wake.notify_one();
    }

    /// Ends the loop. What was told to be durable is; a write that is being sent gets five seconds.
    pub async fn stop(&self) {
        let unanswered = {
            let mut book = self.book();
            self.shared.stopping.store(true, Ordering::Release);
            book.log_unanswered()
        };
        let _ = tokio::time::timeout(Duration::from_secs(5), async {
            let _ = self.shared.saver.flush().await;
            for id in unanswered {
                self.log_by_rule(id).await;
            }
            self.shared.creations.close().await;
            let _turn = self.shared.orderly.lock().await;
        })
        .await;
        let sender = self.shared.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(sender);
    }

    pub(super) async fn close_the_books_of_the_last_run(&self) -> Result<()> {
        for mut call in self.shared.journal.open_calls().await? {
            if self.book().get(call.id).is_some() || self.resume(&call).await? {
                continue;
            }
            call.state = CallState::Ended(EndReason::Unknown);
            self.shared.journal.save_call(call).await?;
        }
        let now = self.shared.clock.now().wall;
        let keep = i64::try_from(self.config().keep_traces.as_millis()).unwrap_or(i64::MAX);
        self.shared
            .journal
            .forget_traces(ringside_domain::Timestamp(now.0.saturating_sub(keep)))
            .await
    }

    /// A source may tell that this call still goes on.
    async fn resume(&self, call: &Call) -> Result<bool> {
        let writes = self.shared.journal.writes_of(call.id).await?;
        let now = self.shared.clock.now();
        let mut book = self.book();
        let resumed = book.resume(call.clone(), now);
        if resumed {
            self.writes().insert(call.id, writes);
        }
        Ok(resumed)
    }
}
