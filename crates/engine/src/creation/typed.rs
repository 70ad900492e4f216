//! Who may be there already, asked at every pause of a person who types. The index answers each time; the connections, whose
//! requests are counted and wanted for calls, only once for a number, and for a name once the typing rests.

use std::{sync::atomic::Ordering, time::Duration};

use ringside_domain::{Contact, ContactDraft, Result};
use tokio::time::{Instant, sleep};

use crate::{
    engine::Engine,
    people::{self, normalise},
    view::Duplicate,
};

/// Typing rests when nothing more was typed for so long.
const RESTS: Duration = Duration::from_millis(600);
/// Whoever types for so long hears what is new in the CRMs.
const ASKED_AGAIN: Duration = Duration::from_secs(60);

/// What the connections were asked for last.
#[derive(Clone)]
pub(crate) struct Asked {
    number: Option<String>,
    name: String,
    at: Instant,
}

impl Asked {
    fn of(draft: &ContactDraft) -> Self {
        Self {
            number: draft.number.clone(),
            name: normalise(&draft.name),
            at: Instant::now(),
        }
    }

    fn has_number(&self, draft: &Self) -> bool {
        self.number == draft.number && self.at.elapsed() < ASKED_AGAIN
    }
}

impl Engine {
    /// Records that may be the same as the draft, strongest first. Whom the connections find is in the index from then on.
    ///
    /// # Errors
    /// Never today: places that do not answer are left out.
    pub async fn duplicates(&self, draft: ContactDraft) -> Result<Vec<Duplicate>> {
        let (places, creations) = (self.places(), &self.shared.creations);
        let turn = creations.typed.fetch_add(1, Ordering::AcqRel) + 1;
        let wanted = Asked::of(&draft);
        let known = creations.asked.lock().await.clone();
        if let Some(known) = known.filter(|known| known.has_number(&wanted)) {
            if known.name != wanted.name {
                sleep(RESTS).await;
            }
            if known.name == wanted.name || creations.typed.load(Ordering::Acquire) != turn {
                return Ok(people::known_duplicates(&places, &draft).await);
            }
        }
        let mut last = creations.asked.lock().await;
        let by_name = last.as_ref().is_some_and(|last| last.has_number(&wanted));
        let asked = ContactDraft {
            number: draft.number.clone().filter(|_| !by_name),
            ..draft.clone()
        };
        let found = people::find_duplicates(&places, &asked).await;
        let mut contacts: Vec<Contact> = found.into_iter().map(|duplicate| duplicate.contact).collect();
        self.keep(&contacts).await;
        *last = Some(wanted);
        drop(last);
        let known = people::known_duplicates(&places, &draft).await;
        contacts.splice(..0, known.into_iter().map(|duplicate| duplicate.contact));
        Ok(people::duplicates(&draft, contacts, &places.config.home))
    }
}
