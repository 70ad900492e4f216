//! Files in the index what a lookup learned. The card never waits for it, and it goes on when the lookup is dropped: the index
//! may be busy with an import, and what was found is true whoever still looks at it.

use std::{sync::Arc, time::Duration};

use ringside_domain::{Contact, ContactIndex, ContactRef, Error, Kind, Timestamp, phone::Home};
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::{
    run::FAULT,
    steps::{Asking, Steps},
};

/// How long the trace waits for the index to file what was found. Filing itself goes on.
pub const FILED_WITHIN: Duration = Duration::from_secs(1);

pub(super) struct Filing {
    index: Arc<dyn ContactIndex>,
    home: Home,
    begun: Vec<(Asking, JoinHandle<Result<(), Error>>)>,
}

impl Filing {
    pub fn new(index: Arc<dyn ContactIndex>, home: Home) -> Self {
        Self {
            index,
            home,
            begun: Vec::new(),
        }
    }

    pub fn remember(&mut self, contacts: Vec<Contact>, as_of: Timestamp) {
        if !contacts.is_empty() {
            let (index, home) = (Arc::clone(&self.index), self.home.clone());
            let filing = tokio::spawn(async move { index.remember(contacts, as_of, home).await });
            self.begun.push((Asking::of_index("index, remember"), filing));
        }
    }

    pub fn forget(&mut self, contact: ContactRef) {
        let index = Arc::clone(&self.index);
        let filing = tokio::spawn(async move { index.forget(contact).await });
        self.begun.push((Asking::of_index("index, forget"), filing));
    }

    /// Waits a little, and traces only what went wrong.
    pub async fn settle(self, steps: &Steps) {
        let patience = Instant::now() + FILED_WITHIN;
        for (asking, filing) in self.begun {
            match timeout_at(patience, filing).await {
                Ok(Ok(Ok(()))) => {}
                Ok(Ok(Err(error))) => steps.error(&asking, &error),
                Ok(Err(_)) => steps.failed(&asking, Kind::Internal, FAULT),
                Err(_) => steps.skipped(&asking, "still at work; it goes on by itself"),
            }
        }
    }
}
