//! Signing in in the browser, and giving up on it.

use ringside_domain::Error;
use ringside_ipc::{ApiError, phone::PhoneDto, status::RoleDto};
use ringside_sources::kinds;
use tokio::sync::oneshot;

use super::{
    change::{NEXT_TRY, PATIENCE},
    key, known,
};
use crate::app::{App, lock};

/// A sign-in that waits for the person.
pub(super) struct SignIn {
    cancel: oneshot::Sender<()>,
    /// Closed once it has let go of the port to which the browser comes back.
    over: oneshot::Receiver<()>,
}

impl SignIn {
    async fn end(self) {
        drop(self.cancel);
        let _ = self.over.await;
    }
}

impl App {
    /// Opens the browser and waits for the person. A second one for the same phone takes the place of the first.
    pub(crate) async fn sign_in_to_phone(&self, name: &str) -> Result<PhoneDto, ApiError> {
        let phones = &self.inner.phones;
        let before = self.phone_entry(name)?;
        let kind = known(&before.kind)?;
        if !kind.signs_in_with_browser {
            let words = format!("phones of the kind \"{}\" have no sign-in", kind.name);
            return Err(ApiError::new("unsupported", words));
        }
        let setup = self.signed_out_setup(&before).await?;
        let (cancel, mut cancelled) = oneshot::channel();
        let (ends, over) = oneshot::channel::<()>();
        let first = lock(&phones.sign_ins).insert(key(name), SignIn { cancel, over });
        if let Some(first) = first {
            // Both want the same port.
            first.end().await;
        }
        let signed_in: Result<(), Error> = tokio::select! {
            biased;
            () = self.stop_signal() => return Err(not_now("Ringside was ended before you had signed in")),
            _ = &mut cancelled => return Err(not_now("The sign-in was cancelled")),
            signed_in = kinds::sign_in(&before.kind, &setup, &phones.parts) => signed_in,
        };
        drop(ends);
        signed_in?;
        let _turn = phones.turn.lock().await;
        // Removed meanwhile, or at home with another server now: what was granted is for nobody.
        let entry = match self.phone_entry(name) {
            Ok(entry) if (entry.created, &entry.parameters) == (before.created, &before.parameters) => entry,
            _ => {
                phones.parts.sign_in.forget(&setup.grant).await?;
                return Err(not_now("The phone was changed or removed before you had signed in"));
            }
        };
        self.pin_grant(&entry).await?;
        if self.inner.role == RoleDto::App {
            let line = self.start_phone(&entry).await;
            // What is in its way now is its state.
            let _ = line.settled(PATIENCE, NEXT_TRY).await;
        }
        Ok(self.shown_phone(&entry).await)
    }

    /// Answers when the port is free again, so that whoever cancelled can sign in anew at once.
    pub(crate) async fn cancel_phone_sign_in_of(&self, name: &str) {
        let waiting = lock(&self.inner.phones.sign_ins).remove(&key(name));
        if let Some(waiting) = waiting {
            waiting.end().await;
        }
    }
}

fn not_now(words: &str) -> ApiError {
    ApiError::new("cancelled", words)
}
