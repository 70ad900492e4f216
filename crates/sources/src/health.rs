//! How a source is doing, for everybody who wants to know.

use std::sync::Arc;

use ringside_domain::{SourceState, source::Trouble};
use tokio::sync::watch;

/// A source's own end: it says how it is doing, and listeners hear of changes only.
#[derive(Clone)]
pub struct Health(Arc<watch::Sender<SourceState>>);

impl Health {
    /// Off, until the source says otherwise.
    #[must_use]
    pub fn new() -> (Self, watch::Receiver<SourceState>) {
        let (sender, receiver) = watch::channel(SourceState::Off);
        (Self(Arc::new(sender)), receiver)
    }

    pub fn set(&self, state: SourceState) {
        self.0.send_if_modified(|now| {
            let differs = *now != state;
            *now = state;
            differs
        });
    }

    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(*self.0.borrow(), SourceState::Ready { .. })
    }

    pub fn stopped(&self, trouble: Trouble) {
        self.set(SourceState::Stopped { trouble });
    }
}
