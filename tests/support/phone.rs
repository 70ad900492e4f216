//! Phones as a person sets them up, and what they say of themselves.

use std::{collections::BTreeMap, time::Duration};

use ringside_domain::{Result, SourceId, SourceState, Trust, credentials::Secret, source::Trouble};
use ringside_sources::kinds::{CLEAR_TEXT, Setup};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::timeout,
};

/// What a person fills in.
#[derive(Clone)]
pub struct Line {
    pub kind: &'static str,
    pub setup: Setup,
}

impl Line {
    #[must_use]
    pub fn new(kind: &'static str, name: &str) -> Self {
        let setup = Setup {
            source: SourceId::new(name),
            parameters: BTreeMap::new(),
            secrets: BTreeMap::new(),
            trust: Trust::Trusted,
            grant: format!("phone/{name}/grant"),
            kept: false,
            pin: None,
        };
        Self { kind, setup }
    }

    /// A watcher of this account at pbx.test, where its password is `pw-` and the account.
    #[must_use]
    pub fn sip(account: &str, transport: &str, server: &str) -> Self {
        let line = Self::new("sip", &format!("phone/{account}"))
            .with("address", &format!("{account}@pbx.test"))
            .with("transport", transport)
            .with("server", server)
            .secret("password", &format!("pw-{account}"));
        if transport == "tls" {
            line
        } else {
            line.with(CLEAR_TEXT, "true")
        }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.setup.parameters.insert(name.into(), value.into());
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.setup.parameters.remove(name);
        self
    }

    #[must_use]
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.setup.secrets.insert(name.into(), Secret::new(value));
        self
    }
}

/// A source that runs.
pub struct Phone {
    state: watch::Receiver<SourceState>,
    stop: Option<oneshot::Sender<()>>,
    run: JoinHandle<Result<()>>,
}

/// Connecting, being refused and coming back are known within this time.
const SAID_WITHIN: Duration = Duration::from_secs(8);

impl Phone {
    pub(crate) fn new(
        state: watch::Receiver<SourceState>,
        stop: oneshot::Sender<()>,
        run: JoinHandle<Result<()>>,
    ) -> Self {
        let stop = Some(stop);
        Self { state, stop, run }
    }

    #[must_use]
    pub fn state(&self) -> SourceState {
        self.state.borrow().clone()
    }

    /// Waits for the next thing that it says of itself.
    pub async fn changes(&mut self) -> SourceState {
        // A source that is gone says nothing more.
        if self.state.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        self.state.borrow_and_update().clone()
    }

    /// Waits until it says so of itself.
    pub async fn says(&mut self, what: &str, within: Duration, is_so: impl Fn(&SourceState) -> bool) -> SourceState {
        let said = timeout(within, self.state.wait_for(is_so)).await;
        if let Ok(Ok(state)) = said.map(|said| said.map(|state| state.clone())) {
            return state;
        }
        panic!("the phone is not {what} within {within:?}, but {:?}", self.state());
    }

    /// Waits until it hears of every call.
    pub async fn ready(&mut self) {
        self.says("ready", SAID_WITHIN, |state| matches!(state, SourceState::Ready { .. }))
            .await;
    }

    /// Waits until it says this about the phone.
    pub async fn notes(&mut self, code: &str) {
        self.says(
            &format!("noting {code}"),
            SAID_WITHIN,
            |state| matches!(state, SourceState::Ready { notes } if notes.iter().any(|note| note.code == code)),
        )
        .await;
    }

    /// Waits until it can't go on, and says why.
    pub async fn stopped(&mut self) -> Trouble {
        let is_stopped = |state: &SourceState| matches!(state, SourceState::Stopped { .. });
        match self.says("stopped", SAID_WITHIN, is_stopped).await {
            SourceState::Stopped { trouble } => trouble,
            other => panic!("{other:?}"),
        }
    }

    /// Waits until it broke and will try again, and says why.
    pub async fn retrying(&mut self, within: Duration) -> Trouble {
        let is_retrying = |state: &SourceState| matches!(state, SourceState::Retrying { .. });
        match self.says("trying again", within, is_retrying).await {
            SourceState::Retrying { trouble, .. } => trouble,
            other => panic!("{other:?}"),
        }
    }

    /// Tells it to stop, and waits until it said goodbye.
    pub async fn stops(mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let ended = timeout(Duration::from_secs(3), self.run).await;
        ended.expect("a source stops within 3 s").unwrap().unwrap();
    }
}
