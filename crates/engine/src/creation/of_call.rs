//! A call that waits for its contact: the choice of somebody else takes the contact back, and a log follows it.

use ringside_domain::{CallId, ContactRef, CreationId, CreationState, Kind, Result};

use crate::engine::Engine;

/// A contact that a call waited for, and whether its log was to follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitedFor {
    creation: CreationId,
    log: bool,
}

impl Engine {
    /// The person said whom the call is about: it waits for nobody any more. A contact of which nothing was sent is not
    /// wanted then; any other goes its way without the call.
    pub(crate) async fn unassign_creation(&self, call: CallId, to: Option<&ContactRef>) -> Result<()> {
        while let Some(creation) = self.shared.creations.of_call(call) {
            self.change_creation(creation.id, |creation| {
                creation.log = false;
                match creation.state {
                    CreationState::Waiting(_) if to.is_some() => {
                        (creation.state, creation.due) = (CreationState::Undone, None);
                    }
                    _ => creation.call = None,
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// What [`Engine::unassign_creation`] would take back.
    pub(crate) fn waiting_for(&self, call: CallId) -> Option<WaitedFor> {
        let creation = self.shared.creations.of_call(call)?;
        let waits = matches!(creation.state, CreationState::Waiting(_));
        waits.then_some(WaitedFor {
            creation: creation.id,
            log: creation.log,
        })
    }

    /// The choice that took it back is taken back: it waits again, for as long as a new one.
    pub(crate) async fn wait_again(&self, call: CallId, waited: WaitedFor) -> Result<()> {
        if self.shared.creations.of_call(call).is_some() {
            return Ok(());
        }
        let due = self.shared.clock.now().wall.plus(self.config().undo_window);
        let again = self.change_creation(waited.creation, |creation| {
            if creation.state == CreationState::Undone {
                (creation.state, creation.due) = (CreationState::Waiting(None), Some(due));
                (creation.call, creation.log) = (Some(call), waited.log);
            }
            Ok(())
        });
        match again.await {
            // It was corrected and asked for anew, or is a day old.
            Err(error) if error.kind == Kind::NotFound => Ok(()),
            done => done.map(|_| ()),
        }
    }

    /// The call waits for a contact: whether its log is to follow it. `false`: it waits for nobody.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) async fn log_after_creation(&self, call: CallId, log: bool) -> Result<bool> {
        let Some(creation) = self.shared.creations.of_call(call) else {
            return Ok(false);
        };
        if creation.log == log {
            return Ok(true);
        }
        let waits = self
            .change_creation(creation.id, |creation| {
                // It may have been created just now.
                if creation.is_to_come() {
                    creation.log = log;
                }
                Ok(())
            })
            .await?;
        Ok(waits.is_to_come())
    }

    /// The call is over, and its log rule says that it is logged: on the contact that is still to come, too.
    pub(crate) async fn log_new_contact_by_rule(&self, call: CallId) {
        let config = self.config();
        let logs = self
            .book()
            .get(call)
            .is_some_and(|entry| entry.logs_whoever_it_is(&config));
        if logs && let Err(error) = self.log_after_creation(call, true).await {
            tracing::warn!(kind = error.kind.code(), "a call could not be logged by its rule");
        }
    }
}
