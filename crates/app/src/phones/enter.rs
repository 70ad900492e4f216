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

impl App {
    /// Opens the browser and waits for the person. A second one for the same phone takes the place of the first.
    pub(crate) async fn sign_in_to_phone(&self, name: &str) -> Result<PhoneDto, ApiError> {
        let phones = &self.inner.phones;
        let entry = self.phone_entry(name)?;
        let kind = known(&entry.kind)?;
        if !kind.signs_in_with_browser {
            let words = format!("phones of the kind \"{}\" have no sign-in", kind.name);
            return Err(ApiError::new("unsupported", words));
        }
        let setup = self.signed_out_setup(&entry).await?;
        let (cancel, mut cancelled) = oneshot::channel();
        // The sender that was there is dropped, which ends its sign-in, too.
        lock(&phones.sign_ins).insert(key(name), cancel);
        let signed_in: Result<(), Error> = tokio::select! {
            signed_in = kinds::sign_in(&entry.kind, &setup, &phones.parts) => signed_in,
            _ = &mut cancelled => return Err(not_now("The sign-in was cancelled")),
            () = self.stop_signal() => return Err(not_now("Ringside was ended before you had signed in")),
        };
        signed_in?;
        let _turn = phones.turn.lock().await;
        // Removed meanwhile: what was granted is worth nothing to anybody.
        let Ok(entry) = self.phone_entry(name) else {
            phones.parts.sign_in.forget(&setup.grant).await?;
            return Err(not_now("The phone was removed before you had signed in"));
        };
        if self.inner.role == RoleDto::App {
            let line = self.start_phone(&entry).await;
            // What is in its way now is its state.
            let _ = line.settled(PATIENCE, NEXT_TRY).await;
        }
        Ok(self.shown_phone(&entry).await)
    }

    pub(crate) fn cancel_phone_sign_in_of(&self, name: &str) {
        lock(&self.inner.phones.sign_ins).remove(&key(name));
    }
}

fn not_now(words: &str) -> ApiError {
    ApiError::new("cancelled", words)
}
