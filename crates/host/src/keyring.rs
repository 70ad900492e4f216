//! Secrets in the operating system's own store: the Secret Service on Linux, Keychain on macOS, Credential Manager on
//! Windows.
//!
//! A locked Secret Service may answer only when a person has typed a password, and a broken one never. Hence each call
//! runs on a thread of the keyring's own and has a deadline; a thread that is late is left behind, and the next call gets
//! a new one with a new connection. Nothing secret is ever kept anywhere else: without the store, there is no secret.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
        mpsc,
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{CredentialStore, Error, Kind, Result, Retry, credentials::Secret};
use tokio::sync::oneshot;

use crate::folders::Profile;

mod parts;
mod vault;

use parts::Vault;

/// How long a call may take before the store counts as locked.
pub const DEADLINE: Duration = Duration::from_secs(3);
/// Calls that a hung store may hold at a time. Each may have put up a password prompt.
const MOST_LEFT_BEHIND: usize = 2;

/// The secrets of one profile. Calls need a tokio runtime with time.
pub struct Keyring {
    open: Opener,
    deadline: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    worker: Option<mpsc::Sender<Job>>,
    left_behind: Vec<Arc<Call>>,
}

/// One call, as seen from both threads.
#[derive(Default)]
struct Call {
    writes: bool,
    /// [`QUEUED`], [`RUNNING`] or [`OVER`].
    stage: AtomicU8,
    /// Nobody waits for it any more: it must not begin another step.
    given_up: AtomicBool,
}

const QUEUED: u8 = 0;
const RUNNING: u8 = 1;
const OVER: u8 = 2;

impl Call {
    /// Takes the call from one stage to another, unless the other thread was faster.
    fn go(&self, from: u8, to: u8) -> bool {
        self.stage
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

type Job = Box<dyn FnOnce(&mut Session) + Send>;
type Opener = Arc<dyn Fn() -> Result<Box<dyn Vault>> + Send + Sync>;
/// One operation on an open store; the second argument says whether anybody still waits for it.
type Work<T> = dyn Fn(&mut dyn Vault, &dyn Fn() -> bool) -> Result<T>;

/// What a worker thread keeps between calls: the open connection.
struct Session {
    open: Opener,
    vault: Option<Box<dyn Vault>>,
}

impl Keyring {
    /// Secrets are filed under the profile's name: `ringside`, `ringside-rehearsal`.
    #[must_use]
    pub fn new(profile: &Profile) -> Self {
        let service = profile.service();
        Self::over(move || vault::open(&service))
    }

    /// The same with another deadline, for tests of locked and hung stores.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    fn over(open: impl Fn() -> Result<Box<dyn Vault>> + Send + Sync + 'static) -> Self {
        Self {
            open: Arc::new(open),
            deadline: DEADLINE,
            state: Mutex::default(),
        }
    }

    async fn call<T: Send + 'static>(
        &self,
        operation: &'static str,
        writes: bool,
        work: impl Fn(&mut dyn Vault, &dyn Fn() -> bool) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let call = Arc::new(Call {
            writes,
            ..Call::default()
        });
        let (answer, answered) = oneshot::channel();
        let job: Job = {
            let call = call.clone();
            Box::new(move |session| {
                if !call.go(QUEUED, RUNNING) {
                    return;
                }
                let outcome = session.run(&work, &|| call.given_up.load(Ordering::Acquire));
                call.go(RUNNING, OVER);
                // The caller may have gone; then there is nobody to tell.
                let _ = answer.send(outcome);
            })
        };
        self.send(operation, writes, job)?;
        match tokio::time::timeout(self.deadline, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => {
                self.state().worker = None;
                Err(Error::new(Kind::Internal, operation, "the keyring's thread broke off"))
            }
            Err(_) => {
                call.given_up.store(true, Ordering::Release);
                let mut state = self.state();
                state.worker = None;
                if call.go(QUEUED, OVER) {
                    return Err(late(operation, Duration::ZERO));
                }
                state.left_behind.push(call);
                Err(late(operation, self.deadline))
            }
        }
    }

    /// Gives the job to the worker, or to a new one.
    fn send(&self, operation: &'static str, writes: bool, job: Job) -> Result<()> {
        let mut state = self.state();
        state
            .left_behind
            .retain(|call| call.stage.load(Ordering::Acquire) != OVER);
        let stuck = state.left_behind.len() >= MOST_LEFT_BEHIND;
        // Two writes at a time could end in either order; the first one's end must be known before the second begins.
        if stuck || (writes && state.left_behind.iter().any(|call| call.writes)) {
            return Err(late(operation, Duration::ZERO));
        }
        let job = match &state.worker {
            Some(worker) => match worker.send(job) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(job)) => job,
            },
            None => job,
        };
        let worker = start_worker(operation, self.open.clone())?;
        let sent = worker.send(job);
        state.worker = Some(worker);
        sent.map_err(|_| Error::new(Kind::Internal, operation, "the keyring's thread ended at once"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CredentialStore for Keyring {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        let name = name.to_owned();
        self.call("read_secret", false, move |vault, given_up| {
            parts::get(vault, &name, given_up)
        })
        .await
    }

    /// An error with `may_have_happened` says that the value may appear later; read it before making another one.
    async fn set(&self, name: &str, secret: Secret) -> Result<()> {
        let name = name.to_owned();
        let done = self.call("keep_secret", true, move |vault, given_up| {
            parts::set(vault, &name, secret.expose(), given_up)
        });
        done.await.map_err(unsure)
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.call("remove_secret", true, move |vault, given_up| {
            parts::remove(vault, &name, given_up)
        })
        .await
        .map_err(unsure)
    }
}

impl Session {
    /// Once more on a new connection when an old one fails: the service may have been restarted. A locked store is not
    /// asked again; that would put up a second prompt.
    fn run<T>(&mut self, work: &Work<T>, given_up: &dyn Fn() -> bool) -> Result<T> {
        if let Some(vault) = &mut self.vault {
            match work(vault.as_mut(), given_up) {
                Err(error) if error.retry == Retry::Later && !given_up() => self.vault = None,
                outcome => return outcome,
            }
        }
        let mut vault = (self.open)()?;
        let outcome = work(vault.as_mut(), given_up);
        if outcome.is_ok() {
            self.vault = Some(vault);
        }
        outcome
    }
}

fn start_worker(operation: &'static str, open: Opener) -> Result<mpsc::Sender<Job>> {
    let (sender, jobs) = mpsc::channel::<Job>();
    let run = move || {
        let mut session = Session { open, vault: None };
        for job in jobs {
            job(&mut session);
        }
    };
    std::thread::Builder::new()
        .name("keyring".to_owned())
        .spawn(run)
        .map(|_| sender)
        .map_err(|error| {
            Error::new(Kind::Internal, operation, "no thread for the keyring could be started").because(error)
        })
}

/// No answer. A deadline of zero: not asked at all, because an older call is still without one.
fn late(operation: &'static str, deadline: Duration) -> Error {
    let message = if deadline.is_zero() {
        "the system's secret store still has not answered an earlier question".to_owned()
    } else {
        format!(
            "the system's secret store did not answer within {:.1} s",
            deadline.as_secs_f32()
        )
    };
    let error = Error::new(Kind::KeyringLocked, operation, message).hint(vault::UNLOCK_HINT);
    if deadline.is_zero() {
        error
    } else {
        error.maybe_happened()
    }
}

/// A write that was cut off may have taken place.
fn unsure(mut error: Error) -> Error {
    error.may_have_happened |= error.kind == Kind::Internal;
    error
}

#[cfg(test)]
mod tests;
