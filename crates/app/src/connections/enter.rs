//! Signing in and out: the browser, what it comes back with, and whose account it then is.

use std::{sync::Arc, time::Duration};

use ringside_domain::{Cx, Error, Kind, connector::Account, credentials::Secret};
use ringside_ipc::{
    ApiError,
    command::FinishSignInArgs,
    connection::{ConnectionStateDto, SignedInDto},
    status::ConnectionDto,
};
use tokio::sync::{Notify, oneshot};

use super::{
    Connections, Live,
    change::{changed, same_account},
    checked, no_such, quiet, show,
};
use crate::{
    app::{App, lock, log_failure},
    settings::ConnectionEntry,
};

/// For the requests of one sign-in; the person's own time is not counted.
const REQUESTS: Duration = Duration::from_secs(30);
/// An address with a code in it, at most.
const LONGEST_ADDRESS: usize = 16 * 1024;

impl App {
    /// Opens the browser and waits for the person. A second one for the same connection takes the place of the first.
    pub(crate) async fn sign_in_to(&self, id: &str) -> Result<SignedInDto, ApiError> {
        let mut under_way = self.inner.connections.begin_sign_in(id);
        // Whoever signs in may be another account: until that is known, nothing is asked and nothing logged there.
        let shut = self.inner.connections.shut(id).await;
        let live = self.live(id)?;
        let stop = self.stop_signal();
        let signed_in = tokio::select! {
            signed_in = live.built.sign_in(patient()) => signed_in,
            _ = &mut under_way.cancelled => return Err(not_now("The sign-in was cancelled")),
            () = stop => return Err(not_now("Ringside was ended before you had signed in")),
        };
        match signed_in {
            Err(error) if error.kind == Kind::Unsupported => self.open_page(&live, error).await,
            Err(error) => Err(error.into()),
            Ok(()) => {
                let connection = Box::new(self.signed_in(id, &live).await?);
                drop(shut);
                self.inner.engine.wake().await;
                Ok(SignedInDto::Done { connection })
            }
        }
    }

    async fn open_page(&self, live: &Live, error: Error) -> Result<SignedInDto, ApiError> {
        match live.built.sign_in_page(patient()).await? {
            Some(page) => {
                self.inner.ports.browser.open(&page).await?;
                Ok(SignedInDto::Paste)
            }
            None => Err(error.into()),
        }
    }

    pub(crate) async fn finish(&self, args: FinishSignInArgs) -> Result<ConnectionDto, ApiError> {
        let shut = self.inner.connections.shut(&args.connection).await;
        let live = self.live(&args.connection)?;
        let address = args.address.expose().trim();
        if address.len() > LONGEST_ADDRESS {
            return Err(ApiError::invalid("address", "This is too long for an address"));
        }
        let ended = live
            .built
            .finish_sign_in(patient(), Secret::new(address.as_bytes()))
            .await;
        ended.map_err(|error| match error.field.as_deref() {
            Some("redirect") => error.field("address"),
            _ => error,
        })?;
        let signed_in = self.signed_in(&args.connection, &live).await?;
        drop(shut);
        self.inner.engine.wake().await;
        Ok(signed_in)
    }

    /// Whose account it is now. One that is not the connection's is signed out again, and so is one that nobody knows.
    async fn signed_in(&self, id: &str, live: &Live) -> Result<ConnectionDto, ApiError> {
        let _turn = self.inner.connections.turn.lock().await;
        let entry = self.entry(id)?;
        // Past the gate, which is shut.
        let known = match checked(&*live.built.connector()).await {
            Ok(account) => self.accept(&entry, &account).map(|()| account),
            Err(error) => Err(unknown(&entry.name, error.into())),
        };
        let account = match known {
            Ok(account) => account,
            Err(error) => {
                if let Err(error) = live.sign_out().await {
                    log_failure("an account that was not accepted could not be signed out", &error);
                }
                live.signed_in.set(Some(error.clone()));
                return Err(error);
            }
        };
        live.signed_in.set(None);
        if entry.account.is_none() {
            let account = Some(account.id.clone());
            self.put(ConnectionEntry { account, ..entry }).await?;
        }
        Ok(show::entered(self.connection_now(id).await?, account))
    }

    fn accept(&self, entry: &ConnectionEntry, account: &Account) -> Result<(), ApiError> {
        same_account(entry, account)?;
        self.refuse_twins(entry, account)
    }

    pub(crate) async fn sign_out_of(&self, id: &str) -> Result<ConnectionDto, ApiError> {
        let live = self.live(id)?;
        self.inner.connections.cancel_sign_in(id);
        live.sign_out().await?;
        let words =
            ApiError::new("sign_in_needed", "You signed out here").hint("Sign in when you want to use it again");
        live.signed_in.set(Some(words));
        self.connection_now(id).await
    }

    /// The connection that runs, or in words why it does not.
    fn live(&self, id: &str) -> Result<Live, ApiError> {
        match self.inner.connections.outcome(id) {
            None => Err(no_such()),
            Some(Ok(live)) => Ok(live),
            Some(Err(ConnectionStateDto::Unfit { error })) => Err(error),
            Some(Err(ConnectionStateDto::Changed { .. })) => Err(changed()),
            Some(Err(_)) => {
                Err(ApiError::new("unsupported", "This connection does not run")
                    .hint("Its row under Connections says why"))
            }
        }
    }
}

impl Connections {
    fn begin_sign_in(&self, id: &str) -> UnderWay {
        let (cancel, cancelled) = oneshot::channel();
        // The sender that was there is dropped, which ends its sign-in, too.
        lock(&self.sign_ins).insert(id.to_owned(), cancel);
        self.changed.notify_one();
        UnderWay {
            cancelled,
            changed: Arc::clone(&self.changed),
        }
    }

    /// Whether somebody is in the browser for it just now.
    pub fn is_signing_in(&self, id: &str) -> bool {
        lock(&self.sign_ins).get(id).is_some_and(|cancel| !cancel.is_closed())
    }

    pub fn cancel_sign_in(&self, id: &str) {
        lock(&self.sign_ins).remove(id);
    }
}

/// A sign-in, until it ends in whatever way; its end is told.
struct UnderWay {
    /// Resolves when it is cancelled, or another one takes its place.
    cancelled: oneshot::Receiver<()>,
    changed: Arc<Notify>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.cancelled.close();
        self.changed.notify_one();
    }
}

fn unknown(name: &str, error: ApiError) -> ApiError {
    let message = format!(
        "You were signed out of {name} again, because it could not be found out whose account it is: {}",
        error.message
    );
    ApiError { message, ..error }.hint("Sign in once more when it answers")
}

fn patient() -> Cx {
    Cx {
        deadline: REQUESTS,
        ..quiet()
    }
}

fn not_now(words: &str) -> ApiError {
    ApiError::new("cancelled", words)
}
