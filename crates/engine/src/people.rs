//! Who is who among people: names, and whether a new contact is there already.
//!
//! Before a record is created, everybody who may be the same person is shown: first by number, which blocks, then by e-mail,
//! then by a name that is nearly alike, which is only a hint. The local index knows most of them at once; the connections are
//! asked as well, as a second record made in the morning is not in the index at noon.

mod asked;
mod name;

use std::{collections::HashMap, sync::Arc, time::Duration};

use ringside_domain::{
    Contact, ContactDraft,
    connector::{NoTrace, TraceSink},
    phone::{self, Home, Reading},
};
use tokio::time::timeout;

pub(crate) use self::asked::{Answer, Looked, Whom, by_number, look};
pub use self::name::{like_name, normalise, split};
use crate::{
    lookup::{Places, bounds},
    view::{Duplicate, DuplicateReason},
};

/// The longest that a person waits for the check, whatever the connections do. What has not answered by then does not count.
pub const DUPLICATES_WITHIN: Duration = Duration::from_secs(5);
/// Which of the candidates may be the one about to be created: strongest reason first, each contact once.
///
/// The same number means that our own comparison proves it; a tail or a company's trunk is no reason. A like name counts only
/// where the companies do not differ. A contact that is there twice counts with its stronger reason; of two equal ones the
/// later is taken, so put fresher data behind older.
pub fn duplicates(draft: &ContactDraft, candidates: Vec<Contact>, home: &Home) -> Vec<Duplicate> {
    let wanted = Wanted::new(draft, home);
    let mut strongest: HashMap<_, Duplicate> = HashMap::new();
    for contact in candidates {
        let Some(because) = wanted.reason(&contact, home) else {
            continue;
        };
        let known = strongest.get(&contact.id).map(|duplicate| duplicate.because);
        if known.is_none_or(|known| because <= known) {
            strongest.insert(contact.id.clone(), Duplicate { contact, because });
        }
    }
    let mut found: Vec<Duplicate> = strongest.into_values().collect();
    found.sort_by_cached_key(|Duplicate { contact, because }| {
        // Where the new record would be made first, then by name.
        (
            *because,
            contact.id.connection != draft.connection,
            normalise(&contact.name),
            contact.id.clone(),
        )
    });
    found
}

/// Asks the index, and every connection past its caches, who may be the one about to be created.
///
/// Takes at most [`DUPLICATES_WITHIN`], or the lookup deadline if that is shorter; a connection that fails or is late is left
/// out, as it must not keep a person from creating a contact.
pub async fn find_duplicates(places: &Places, draft: &ContactDraft) -> Vec<Duplicate> {
    let patience = DUPLICATES_WITHIN.min(places.config.lookup_deadline);
    let looked = look(places, draft, Whom::All, patience, &no_trace()).await;
    looked.duplicates(draft, &places.config.home)
}

/// Asks the index alone: a person waits for the answer, and the connections are asked later.
pub async fn known_duplicates(places: &Places, draft: &ContactDraft) -> Vec<Duplicate> {
    let home = &places.config.home;
    let reading = draft.number.as_deref().map(|number| phone::read(number, home));
    let asked = timeout(
        DUPLICATES_WITHIN,
        asked::from_index(&*places.index, draft, reading.as_ref()),
    );
    duplicates(draft, asked.await.unwrap_or_default(), home)
}

/// What of a draft is compared, made ready once.
struct Wanted<'a> {
    draft: &'a ContactDraft,
    reading: Option<Reading>,
    email: Option<String>,
    company: String,
}

impl<'a> Wanted<'a> {
    fn new(draft: &'a ContactDraft, home: &Home) -> Self {
        Self {
            draft,
            reading: draft.number.as_deref().map(|number| phone::read(number, home)),
            email: draft.email.as_deref().and_then(folded_email),
            company: draft.company.as_deref().map(normalise).unwrap_or_default(),
        }
    }

    fn reason(&self, contact: &Contact, home: &Home) -> Option<DuplicateReason> {
        let same_number = self
            .reading
            .as_ref()
            .and_then(|reading| bounds::prove(contact, reading, home));
        // A server's word is enough to ask a person.
        let may_be = |proof: bounds::Proof| proof.grade.is_exact() || contact.numbers[proof.number].is_vouched();
        if same_number.is_some_and(may_be) {
            return Some(DuplicateReason::SameNumber);
        }
        if self.email.is_some() && contact.emails.iter().any(|email| folded_email(email) == self.email) {
            return Some(DuplicateReason::SameEmail);
        }
        let company = contact.company.as_deref().map(normalise).unwrap_or_default();
        let one_company = company.is_empty() || self.company.is_empty() || company == self.company;
        (one_company && like_name(&self.draft.name, &contact.name)).then_some(DuplicateReason::LikeName)
    }
}

/// An e-mail address as it is compared; `None` for what is none. Providers tell no cases apart, whatever the RFC allows.
pub(crate) fn folded_email(email: &str) -> Option<String> {
    let email = email.trim();
    (email.contains('@') && email.len() <= bounds::MAX_EMAIL_BYTES).then(|| email.to_lowercase())
}

pub(crate) fn no_trace() -> Arc<dyn TraceSink> {
    Arc::new(NoTrace)
}

#[cfg(test)]
mod tests;
