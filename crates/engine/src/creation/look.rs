//! Looking for the record that a draft has made, or would make.

use std::sync::Arc;

use ringside_domain::{Connector, Contact, ContactDraft, Creation, Freshness, Result, Trouble, connector::NameQuery};

use super::words;
use crate::{
    contacts::late,
    engine::Engine,
    lookup::bounds,
    people::{self, DUPLICATES_WITHIN, folded_email, normalise},
};

/// More of one name in one CRM are no proof of anything.
const MOST_LIKE: usize = 50;

impl Engine {
    /// Records of this connection with the draft's type, its name, and its number or its e-mail, asked for live. `None`
    /// where nothing can tell: the CRM can't be searched, or the draft has neither.
    pub(super) async fn alikes(
        &self,
        connector: &Arc<dyn Connector>,
        draft: &ContactDraft,
    ) -> Result<Option<Vec<Contact>>> {
        let by_number = self.same_number(connector, draft.number.as_deref()).await?;
        let by_email = self.same_email(connector, draft).await?;
        if by_number.is_none() && by_email.is_none() {
            return Ok(None);
        }
        let mut alike = by_number.unwrap_or_default();
        for contact in by_email.unwrap_or_default() {
            if alike.iter().all(|known| known.id != contact.id) {
                alike.push(contact);
            }
        }
        let name = normalise(&draft.name);
        alike.retain(|contact| contact.id.contact_type == draft.contact_type && normalise(&contact.name) == name);
        Ok(Some(alike))
    }

    /// Whoever may be the same person, in any connection: the index alone was asked when Create was pressed.
    pub(super) async fn may_be_there(&self, creation: &Creation) -> Option<Trouble> {
        let found = people::find_duplicates(&self.places(), &creation.draft).await;
        let likeliest = found.first()?;
        let contacts: Vec<Contact> = found.iter().map(|duplicate| duplicate.contact.clone()).collect();
        // The form that is opened again offers them.
        self.keep(&contacts).await;
        let place = self.shared.connector(&likeliest.contact.id.connection);
        let place = place.map(|connector| connector.info().name).unwrap_or_default();
        Some(words::may_be_there(likeliest, &place))
    }

    async fn same_email(&self, connector: &Arc<dyn Connector>, draft: &ContactDraft) -> Result<Option<Vec<Contact>>> {
        let Some(email) = draft.email.as_deref().and_then(folded_email) else {
            return Ok(None);
        };
        if !connector.capability().find_with_name {
            return Ok(None);
        }
        let query = NameQuery {
            text: draft.name.trim().to_owned(),
            limit: MOST_LIKE,
            ..NameQuery::default()
        };
        let patience = DUPLICATES_WITHIN.min(self.config().lookup_deadline);
        let cx = self.cx(bounds::inner(patience), Freshness::Live);
        let info = connector.info();
        let found = tokio::time::timeout(patience, connector.find_contact_with_name(cx, query))
            .await
            .unwrap_or_else(|_| Err(late(&info.name)))?;
        let mut contacts = bounds::contacts(found.contacts, &info.connection).contacts;
        contacts.retain(|contact| {
            let emails = contact.emails.iter().filter_map(|email| folded_email(email));
            emails.into_iter().any(|known| known == email)
        });
        Ok(Some(contacts))
    }
}
