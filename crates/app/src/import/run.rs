//! Taking people in, chunk by chunk, and taking them back.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use ringside_ipc::{
    ApiError, Event,
    import::{ImportDto, ImportStateDto},
};
use tokio::{sync::watch, time::Instant};

use super::{people::FilePerson, short};
use crate::app::{App, lock};

/// So many people are one transaction: a few hundredths of a second, after which a call gets its turn.
const CHUNK: usize = 250;
/// How often it is told how far it is, at most.
const TOLD_EVERY: Duration = Duration::from_millis(250);

impl App {
    pub(super) async fn take_in(
        &self,
        people: Vec<FilePerson>,
        told: watch::Sender<ImportDto>,
        cancelled: &AtomicBool,
    ) {
        let mut now = told.borrow().clone();
        let mut last = Instant::now();
        let stop = self.stop_signal();
        let mut done = 0;
        let mut state = ImportStateDto::Done;
        for chunk in people.chunks(CHUNK) {
            // What was taken in so far stays, and is known by its batch.
            if cancelled.load(Ordering::Acquire) || futures_util::FutureExt::now_or_never(stop.clone()).is_some() {
                break;
            }
            let records = chunk.iter().map(FilePerson::record).collect();
            let home = self.inner.engine.config().home;
            if let Err(error) = self.inner.store.add_to_batch(&now.import, records, home).await {
                state = ImportStateDto::Failed { error: error.into() };
                break;
            }
            done += chunk.len();
            now.done = short(done);
            if last.elapsed() >= TOLD_EVERY {
                last = Instant::now();
                told.send_replace(now.clone());
                self.tell(Event::Import { import: now.clone() });
            }
        }
        lock(&self.inner.imports.running).remove(&now.import);
        // Whoever cancelled it tells how that ends.
        if !cancelled.load(Ordering::Acquire) {
            now.state = state;
            self.tell(Event::Import { import: now.clone() });
            self.tell_status().await;
        }
        told.send_replace(now);
    }

    /// Cancels an import that runs, or undoes one that is over; without an id the newest one.
    pub(super) async fn take_back_import_of(&self, import: &str) -> Result<ImportDto, ApiError> {
        self.cancel(import).await;
        let store = &self.inner.store;
        let wanted = Some(import.to_owned()).filter(|id| !id.is_empty());
        let Some(batch) = store.batch(wanted).await? else {
            return Err(ApiError::new("not_found", "this import was taken back, or never was"));
        };
        let mut now = ImportDto {
            import: batch.id.clone(),
            name: batch.name,
            done: short(batch.there),
            total: short(batch.total),
            state: ImportStateDto::Running,
        };
        let mut stayed = 0;
        let mut last = Instant::now();
        loop {
            let taken = store.take_back_some(&batch.id, CHUNK).await?;
            stayed += taken.stayed;
            now.done = now.done.saturating_sub(short(taken.deleted));
            if !taken.more {
                break;
            }
            if last.elapsed() >= TOLD_EVERY {
                last = Instant::now();
                self.tell(Event::Import { import: now.clone() });
            }
        }
        now.done = short(stayed);
        now.state = ImportStateDto::Cancelled;
        self.tell(Event::Import { import: now.clone() });
        self.tell_status().await;
        Ok(now)
    }

    /// Waits until the chunk is in that is being taken in just now.
    async fn cancel(&self, import: &str) {
        let running = {
            let running = lock(&self.inner.imports.running);
            let found = running.iter().find(|(id, _)| import.is_empty() || *id == import);
            found.map(|(_, running)| (running.cancelled.clone(), running.state.clone()))
        };
        if let Some((cancelled, mut state)) = running {
            cancelled.store(true, Ordering::Release);
            // Its sender goes when it has ended.
            while state.changed().await.is_ok() {}
        }
    }
}
