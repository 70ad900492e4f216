//! What creating a contact made beside it: the company that was not there. A creation that is refused or told to wait is sent
//! again seconds later, and most CRMs search an index that knows a new record only after a while; so what was made is
//! remembered until the index must know it. Two creations that want the same one take turns: the second one finds what the first
//! one made, if that is over before its own deadline.
//!
//! The memory holds a hash of what was asked for, and the ids that came of it.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, Weak},
    time::Duration,
};

use ringside_domain::{ConnectionId, ConnectionMemory, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::{
    sync::{Mutex, MutexGuard, OwnedMutexGuard},
    time::{Instant, timeout_at},
};

use crate::manifest::render::Rendered;

/// Under this key it lies in the connection's memory.
const KEY: &str = "ensured";
/// A person corrects a refused field in that time.
const SHORTEST: Duration = Duration::from_secs(10 * 60);
/// So many are remembered, the newest ones.
const MOST: usize = 100;

/// What one connection made, in memory and in the file.
pub(crate) struct Ensured {
    memory: Arc<dyn ConnectionMemory>,
    connection: ConnectionId,
    keeps: Duration,
    /// Held for a moment; the CRM is never asked with it.
    made: Mutex<Option<BTreeMap<String, Made>>>,
    /// Whose turn it is, by what is to be made.
    turns: std::sync::Mutex<BTreeMap<String, Weak<Mutex<()>>>>,
}

#[derive(Serialize, Deserialize)]
struct Made {
    at: i64,
    captured: BTreeMap<String, String>,
}

/// One step's turn: nobody else makes the same until it is over.
pub(super) struct Turn<'e> {
    ensured: &'e Ensured,
    key: String,
    now: Timestamp,
    _turn: OwnedMutexGuard<()>,
}

impl Ensured {
    /// `lag`: how long the CRM's search may not know a new record.
    pub(crate) fn new(memory: Arc<dyn ConnectionMemory>, connection: ConnectionId, lag: Duration) -> Self {
        Self {
            memory,
            connection,
            keeps: lag.max(SHORTEST),
            made: Mutex::default(),
            turns: std::sync::Mutex::default(),
        }
    }

    /// `wanted`: the request that would make it. `None`: somebody else made the same until the deadline had passed.
    pub(super) async fn turn(&self, step: &str, wanted: &Rendered, now: Timestamp, until: Instant) -> Option<Turn<'_>> {
        let key = key(step, wanted);
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            let turn = turns.get(&key).and_then(Weak::upgrade).unwrap_or_default();
            turns.insert(key.clone(), Arc::downgrade(&turn));
            turn
        };
        Some(Turn {
            ensured: self,
            _turn: timeout_at(until, turn.lock_owned()).await.ok()?,
            key,
            now,
        })
    }

    /// What was made, read once.
    async fn known(&self) -> MutexGuard<'_, Option<BTreeMap<String, Made>>> {
        let mut made = self.made.lock().await;
        if made.is_none() {
            // A memory that can't be read is empty: it costs a request, or at worst a second company.
            let kept = self.memory.recall(&self.connection, KEY).await.ok().flatten();
            *made = Some(
                kept.and_then(|text| serde_json::from_str(&text).ok())
                    .unwrap_or_default(),
            );
        }
        made
    }
}

impl Turn<'_> {
    /// What came of the same request not long ago.
    pub(super) async fn made(&self) -> Option<BTreeMap<String, String>> {
        let known = self.ensured.known().await;
        let made = known.as_ref()?.get(&self.key)?;
        (Timestamp(made.at).plus(self.ensured.keeps) > self.now).then(|| made.captured.clone())
    }

    pub(super) async fn keep(mut self, captured: &BTreeMap<String, String>) {
        let mut known = self.ensured.known().await;
        let made = known.get_or_insert_default();
        made.retain(|_, made| Timestamp(made.at).plus(self.ensured.keeps) > self.now);
        while made.len() >= MOST {
            let oldest = made.iter().min_by_key(|(_, made)| made.at).map(|(key, _)| key.clone());
            oldest.map(|key| made.remove(&key));
        }
        let captured = captured.clone();
        made.insert(
            std::mem::take(&mut self.key),
            Made {
                at: self.now.0,
                captured,
            },
        );
        let text = serde_json::to_string(made).unwrap_or_default();
        let ensured = self.ensured;
        if let Err(error) = ensured.memory.keep(&ensured.connection, KEY, text).await {
            tracing::debug!(
                kind = error.kind.code(),
                "what a new contact made beside it was not kept"
            );
        }
    }
}

/// However it is cased, it is the same company.
fn key(step: &str, wanted: &Rendered) -> String {
    let body = String::from_utf8_lossy(&wanted.body).to_lowercase();
    let mut hash = Sha256::new();
    for part in [step, wanted.url.as_str(), &body] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    format!("{:x}", hash.finalize())
}
