//! What was seen of contacts, because the server can be asked for them by number and by name only, never by id.
//!
//! A contact seen in this run is kept whole, with the choices for its logs. Of others, the connection's memory has the number
//! and the name by which they were found, so that they can be found again after a start.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ringside_domain::{ConnectionId, ConnectionMemory, ContactRef, memory::about};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{contacts::Row, masks::Asked, value::text};

/// So many contacts are kept in memory, the latest.
const MAX_SEEN: usize = 1_000;
/// Of one answer so many are written down. A longer one is a search that is not narrow yet.
const MAX_WRITTEN: usize = 20;

#[derive(Default)]
pub(super) struct Seen {
    rows: Mutex<HashMap<ContactRef, Known>>,
}

#[derive(Clone)]
struct Known {
    row: Row,
    way: Way,
    at: Instant,
    created: bool,
}

/// By what a contact can be found again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    /// E.164, or the digits of an extension. How it is asked for is decided when it is.
    pub number: Option<String>,
    pub name: Option<String>,
}

impl Seen {
    pub fn row(&self, id: &ContactRef) -> Option<Row> {
        self.lock().get(id).map(|known| known.row.clone())
    }

    /// The contact, if we made it so lately that the server's search may not show it yet.
    pub fn just_created(&self, id: &ContactRef, within: Duration) -> Option<Row> {
        let rows = self.lock();
        let known = rows
            .get(id)
            .filter(|known| known.created && known.at.elapsed() < within)?;
        Some(known.row.clone())
    }

    /// Keeps what an answer held. Writes down only what is new: a caller who rings every day costs no disk.
    pub async fn keep(&self, memory: &dyn ConnectionMemory, rows: &[Row], asked: Option<&Asked>, created: bool) {
        let mut new = Vec::new();
        {
            let mut seen = self.lock();
            for row in rows {
                let before = seen.get(&row.contact.id);
                let known = before.map(|known| known.way.clone()).unwrap_or_default();
                let way = Way {
                    number: asked.map(|asked| asked.number.clone()).or(known.number.clone()),
                    name: Some(row.contact.name.clone()),
                };
                if way != known && new.len() < MAX_WRITTEN {
                    new.push((row.contact.id.clone(), way.clone()));
                }
                let mut row = row.clone();
                if let (None, Some(before)) = (asked, before) {
                    // Only an answer by number tells all choices.
                    before.row.lend(&mut row);
                }
                let at = Instant::now();
                seen.insert(row.contact.id.clone(), Known { row, way, at, created });
            }
            while seen.len() > MAX_SEEN {
                let Some(oldest) = seen.iter().min_by_key(|(_, known)| known.at).map(|(id, _)| id.clone()) else {
                    break;
                };
                seen.remove(&oldest);
            }
        }
        for (id, way) in new {
            let value = json!({ "number": way.number, "name": way.name }).to_string();
            if let Err(error) = memory.keep(&id.connection, &about(&id), value).await {
                tracing::debug!(kind = error.kind.code(), "a contact's number was not remembered");
            }
        }
    }

    pub async fn way(&self, memory: &dyn ConnectionMemory, id: &ContactRef) -> Option<Way> {
        if let Some(known) = self.lock().get(id) {
            return Some(known.way.clone());
        }
        let value = recall(memory, &id.connection, &about(id)).await?;
        let value: Value = serde_json::from_str(&value).ok()?;
        let part = |name: &str| text(&value, name).map(str::to_owned);
        Some(Way {
            number: part("number"),
            name: part("name"),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ContactRef, Known>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Losing what was learned costs a request, so a memory that fails counts as empty.
pub(super) async fn recall(memory: &dyn ConnectionMemory, connection: &ConnectionId, key: &str) -> Option<String> {
    memory.recall(connection, key).await.unwrap_or_default()
}
