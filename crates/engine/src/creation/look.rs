//! Looking for the record that a draft has made, or would make.

use std::sync::Arc;

use ringside_domain::{Contact, ContactDraft, ContactRef, Creation, connector::TraceSink};

use super::words;
use crate::{
    engine::Engine,
    people::{self, Looked, Whom},
};

/// What there is before something is sent.
pub(super) enum Before {
    /// Nothing speaks against it. Records like it are there, where it is wanted all the same; `None`: nobody could say.
    Free(Option<Vec<ContactRef>>),
    /// Somebody else made it, and nothing of the draft would be lost with it.
    There(Box<Contact>),
    /// A person has to decide.
    Doubt(ringside_domain::Trouble),
    /// Its connection could not say whether it is there.
    Unknown(ringside_domain::Error),
}

impl Engine {
    /// Each connection is asked once, live. A creation is not waited for by anybody, so a slow CRM has the time that a lookup
    /// has.
    pub(super) async fn look(&self, draft: &ContactDraft, whom: Whom, trace: &Arc<dyn TraceSink>) -> Looked {
        let patience = self.config().lookup_deadline;
        people::look(&self.places(), draft, whom, patience, trace).await
    }

    /// Whether the draft may go out. The index alone was asked when Create was pressed.
    pub(super) async fn look_before(&self, creation: &Creation, place: &str, trace: &Arc<dyn TraceSink>) -> Before {
        let (draft, home) = (&creation.draft, self.config().home);
        let whom = if creation.force { Whom::Own } else { Whom::All };
        let mut looked = self.look(draft, whom, trace).await;
        let alikes = looked.alikes(draft, &home);
        if !creation.force {
            match alikes.as_deref().unwrap_or_default() {
                [one] if takes_nothing_away(draft, one) => return Before::There(Box::new(one.clone())),
                [] | [_] => {}
                many => return Before::Doubt(words::there_already(place, many.len())),
            }
            let found = looked.duplicates(draft, &home);
            if let Some(likeliest) = found.first() {
                let contacts: Vec<Contact> = found.iter().map(|duplicate| duplicate.contact.clone()).collect();
                // The form that is opened again offers them.
                self.keep(&contacts).await;
                let place = self.shared.connector(&likeliest.contact.id.connection);
                let place = place.map(|connector| connector.info().name).unwrap_or_default();
                return Before::Doubt(words::may_be_there(likeliest, &place));
            }
        }
        match looked.take_failure(draft) {
            Some(error) => Before::Unknown(error),
            None => Before::Free(alikes.map(|alikes| alikes.into_iter().map(|contact| contact.id).collect())),
        }
    }
}

/// The record has all that was typed: the same letters of the name, whatever their case, and the same company, title and
/// e-mail. What its search does not show, nobody can compare.
fn takes_nothing_away(draft: &ContactDraft, there: &Contact) -> bool {
    let same = |typed: &Option<String>, has: &Option<String>| {
        let typed = folded(typed.as_deref().unwrap_or_default());
        typed.is_empty() || typed == folded(has.as_deref().unwrap_or_default())
    };
    let email = folded(draft.email.as_deref().unwrap_or_default());
    draft.extra.iter().all(|(_, typed)| typed.trim().is_empty())
        && folded(&draft.name) == folded(&there.name)
        && same(&draft.company, &there.company)
        && same(&draft.title, &there.title)
        && (email.is_empty() || there.emails.iter().any(|known| folded(known) == email))
}

fn folded(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
