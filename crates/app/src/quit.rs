//! The end: what is on its way arrives first. While calls are only in memory, the keyring is asked a last time, and nobody
//! quits without knowing what is lost.

use std::time::Duration;

use ringside_ipc::{ApiError, Event, status::RoleDto};

use crate::app::{App, lock, log_failure};

/// A keyring that hangs keeps nobody from quitting, and no system from shutting down, for longer than this.
const LAST_TRY: Duration = Duration::from_secs(3);
/// The same for a provider that is just renewing a sign-in: it ends the old one before the new one is here.
const LAST_TOKEN: Duration = Duration::from_secs(5);

impl App {
    /// Ends sources and engine, closes the socket and gives the profile free. What is owed is in the journal.
    ///
    /// Answers how many calls end with it, because they were only in memory and the keyring refused a last time.
    pub async fn stop(&self) -> usize {
        let sender = lock(&self.inner.stop_sender).take();
        let first = sender.is_some();
        if let Some(stop) = sender {
            let _ = stop.send(());
        }
        tokio::join!(self.inner.intake.stop(), self.inner.phones.stop());
        self.inner.engine.stop().await;
        // Beside each other: a provider that lets wait may have us ended before calls are in the file.
        let settled = async {
            let settled = self.inner.connections.sign_in.settled();
            if tokio::time::timeout(LAST_TOKEN, settled).await.is_err() {
                tracing::warn!("a sign-in was still being renewed at the end; it may have to be done again");
            }
        };
        let saved = async {
            if first {
                self.save_at_last().await;
            }
        };
        tokio::join!(settled, saved);
        if first {
            // The next command would have to renew them. Calls come first: a keyring that lets wait may have us ended meanwhile.
            let _ = tokio::time::timeout(LAST_TRY, self.inner.connections.sign_in.put_by()).await;
        }
        self.inner.store.close().await;
        let lost = if first { self.lost() } else { 0 };
        // The name goes first: whoever comes now waits for the lock.
        let _ = std::fs::remove_file(self.inner.folders.socket());
        lock(&self.inner.lock).take();
        lost
    }

    /// Says no while calls are only in memory and the keyring does not give the key either, and has the person asked.
    pub(crate) async fn nothing_unsaved(&self) -> Result<(), ApiError> {
        if self.inner.role != RoleDto::App || self.unsaved() == 0 {
            return Ok(());
        }
        let app = self.clone();
        // A task of its own: what came half-way when the time is over goes on.
        let unlocking = tokio::spawn(async move { app.unlock_now().await });
        let _ = tokio::time::timeout(LAST_TRY, unlocking).await;
        let unsaved = self.unsaved();
        if unsaved == 0 {
            return Ok(());
        }
        self.tell(Event::QuitAsked {
            unsaved: u32::try_from(unsaved).unwrap_or(u32::MAX),
        });
        let message = match unsaved {
            1 => "1 call and its notes are only in memory".to_owned(),
            more => format!("{more} calls and their notes are only in memory"),
        };
        Err(ApiError::new("unsaved", message)
            .hint("Unlock the secret store or type the recovery code; force quits all the same, and they are lost"))
    }

    /// The last try, once nothing writes any more.
    pub(crate) async fn save_at_last(&self) {
        if self.unsaved() == 0 {
            return;
        }
        let attach = self.inner.vault.attach(&self.inner.store);
        if let Ok(Err(error)) = tokio::time::timeout(LAST_TRY, attach).await {
            log_failure("the keyring did not give the key a last time", &error);
        }
    }

    /// How many calls end with this process, once the store is closed: a merge that was under way is done by then.
    pub(crate) fn lost(&self) -> usize {
        let lost = self.unsaved();
        if lost > 0 {
            tracing::warn!(lost, "calls and their notes were only in memory, and end here");
        }
        lost
    }

    /// Calls that would be lost now.
    fn unsaved(&self) -> usize {
        if self.inner.store.is_memory() {
            self.inner.store.unsaved()
        } else {
            0
        }
    }
}
