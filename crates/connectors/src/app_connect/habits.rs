//! What a server's answers tell of its connector, so that the next question is a better one.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ringside_domain::{ConnectionId, ConnectionMemory, Contact, ContactRef, contact::FieldOption, phone::Format};
use tokio::time::Instant;

use super::{
    contacts::Row,
    seen::{Seen, recall},
};

/// Under these keys lies what outlives the program: whether masks found somebody last, how finds write the types, and the user's
/// formats.
const MASKS: &str = "masks_hit";
const TYPES: &str = "types_as_found";
const FORMATS: &str = "formats";
/// So long an answer of the server's own memory does, where a newer one costs its CRM more than the search.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// So many numbers are known to have been asked anew, the latest.
const MAX_NUMBERS: usize = 1_000;
/// Nobody writes numbers in more ways; those that the user has taken back since are among them.
const MAX_FORMATS: usize = 12;
/// Of one answer so many contacts of an unlisted type are looked for on disk.
pub(super) const MAX_UNLISTED: usize = 20;

#[derive(Default)]
pub(super) struct Habits {
    masks_hit: Mutex<Option<bool>>,
    /// By a type of the manifest, the same as finds write it.
    types: Mutex<Option<BTreeMap<String, String>>>,
    anew: Mutex<HashMap<String, Instant>>,
    formats: Mutex<Option<Vec<Format>>>,
}

impl Habits {
    /// Whether a question with masks found somebody last, and not one without.
    pub async fn masks_hit(&self, memory: &dyn ConnectionMemory, connection: &ConnectionId) -> bool {
        if let Some(known) = *lock(&self.masks_hit) {
            return known;
        }
        let kept = recall(memory, connection, MASKS).await.as_deref() == Some("true");
        *lock(&self.masks_hit).get_or_insert(kept)
    }

    pub async fn learn_masks(&self, memory: &dyn ConnectionMemory, connection: &ConnectionId, hit: bool) {
        if lock(&self.masks_hit).replace(hit) != Some(hit) {
            keep(memory, connection, MASKS, hit.to_string()).await;
        }
    }

    /// The type of the manifest as finds write it, where they write it in another way.
    pub async fn spelled(
        &self,
        memory: &dyn ConnectionMemory,
        connection: &ConnectionId,
        contact_type: &str,
    ) -> Option<String> {
        self.recall_types(memory, connection).await;
        self.known_spelling(contact_type)
    }

    /// Notes how an answer writes the types of the manifest.
    pub async fn learn_types(
        &self,
        memory: &dyn ConnectionMemory,
        connection: &ConnectionId,
        types: &[FieldOption],
        rows: &[Row],
    ) {
        let written = |one: &FieldOption| {
            let found = rows.iter().map(|row| &row.contact.id.contact_type);
            let mut same = found.filter(|found| found.eq_ignore_ascii_case(&one.value));
            same.next().map(|found| (one.value.clone(), found.clone()))
        };
        let new: Vec<(String, String)> = types.iter().filter_map(written).collect();
        if new.is_empty() {
            return;
        }
        self.recall_types(memory, connection).await;
        let kept = {
            let mut known = lock(&self.types);
            let known = known.get_or_insert_default();
            let before = known.clone();
            for (listed, found) in new {
                if listed == found {
                    known.remove(&listed);
                } else {
                    known.insert(listed, found);
                }
            }
            (*known != before).then(|| serde_json::to_string(known).unwrap_or_default())
        };
        if let Some(kept) = kept {
            keep(memory, connection, TYPES, kept).await;
        }
    }

    /// The same, of what is known by now.
    pub fn known_spelling(&self, contact_type: &str) -> Option<String> {
        lock(&self.types).as_ref()?.get(contact_type).cloned()
    }

    pub async fn recall_types(&self, memory: &dyn ConnectionMemory, connection: &ConnectionId) {
        if lock(&self.types).is_some() {
            return;
        }
        let kept = recall(memory, connection, TYPES).await;
        let kept = kept.and_then(|text| serde_json::from_str(&text).ok());
        lock(&self.types).get_or_insert(kept.unwrap_or_default());
    }

    /// The user's formats, as far as they fitted the callers who were looked for, in this run and the last ones.
    pub async fn formats(&self, memory: &dyn ConnectionMemory, connection: &ConnectionId) -> Vec<Format> {
        if let Some(known) = lock(&self.formats).clone() {
            return known;
        }
        let kept = recall(memory, connection, FORMATS).await;
        let kept = kept.and_then(|text| Format::parse_list(&text).ok()).unwrap_or_default();
        lock(&self.formats).get_or_insert(kept).clone()
    }

    pub async fn learn_formats(&self, memory: &dyn ConnectionMemory, connection: &ConnectionId, formats: Vec<Format>) {
        let before = self.formats(memory, connection).await;
        // The newest in front: those of back then go first.
        let mut known = formats;
        known.extend(
            before
                .iter()
                .filter(|format| !known.contains(format))
                .cloned()
                .collect::<Vec<_>>(),
        );
        known.truncate(MAX_FORMATS);
        if known.iter().all(|format| before.contains(format)) {
            return;
        }
        *lock(&self.formats) = Some(known.clone());
        let kept = known.iter().map(Format::to_string).collect::<Vec<_>>().join(", ");
        keep(memory, connection, FORMATS, kept).await;
    }

    /// The CRM was asked by this number now, and not the server's memory.
    pub fn asked_anew(&self, number: &str) {
        let mut anew = lock(&self.anew);
        anew.insert(number.to_owned(), Instant::now());
        while anew.len() > MAX_NUMBERS {
            let oldest = anew.iter().min_by_key(|(_, at)| **at);
            let Some(oldest) = oldest.map(|(number, _)| number.clone()) else {
                break;
            };
            anew.remove(&oldest);
        }
    }

    /// The CRM was not asked by this number for a day.
    pub fn is_due(&self, number: &str) -> bool {
        lock(&self.anew).get(number).is_none_or(|at| at.elapsed() >= A_DAY)
    }
}

/// The one of the types under which this contact, by id and name, was seen: in this run, or, where the disk may be asked,
/// before. An id is unique within a type only, so the same one may be somebody else's.
pub(super) async fn type_of(
    seen: &Seen,
    memory: &dyn ConnectionMemory,
    contact: &Contact,
    types: &[String],
    asks_disk: bool,
) -> Option<String> {
    for contact_type in types {
        let other = ContactRef {
            contact_type: contact_type.clone(),
            ..contact.id.clone()
        };
        let known = match seen.row(&other) {
            Some(row) => Some(row.contact.name),
            None if asks_disk => seen.way(memory, &other).await.and_then(|way| way.name),
            None => None,
        };
        if known.is_some_and(|name| name == contact.name) {
            return Some(contact_type.clone());
        }
    }
    None
}

async fn keep(memory: &dyn ConnectionMemory, connection: &ConnectionId, key: &str, value: String) {
    if let Err(error) = memory.keep(connection, key, value).await {
        tracing::debug!(kind = error.kind.code(), key, "a connection's memory was not written");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
