//! The record that a colleague creates at the same time.
//!
//! A CRM's search shows a new record only after a while ([`Capability::settles_within`]). Two people who create the same
//! caller within that time do not see each other, however carefully each of them looks before. So Ringside looks once more
//! when both must be visible, and offers what it finds: the other record joins the matches of the call and is named as its
//! twin, and the person chooses which of the two the call is about. Nothing is merged or deleted.
//!
//! The second look belongs to this run of the program: when it ends before that, the next lookup shows both as matches.

use std::{sync::Arc, time::Duration};

use ringside_domain::{
    CallId, Capability, Connector, Contact, ContactRef, Freshness, Result,
    connector::NumberForms,
    phone::{self, Reading},
};

use crate::{callbook::Input, contacts::late, engine::Engine, lookup::bounds, people::DUPLICATES_WITHIN};

impl Engine {
    /// Everybody whom this connection finds live by the number, and our own comparison proves. `None` where it can't be
    /// asked: it has no search, or what was typed is no number.
    pub(crate) async fn same_number(
        &self,
        connector: &Arc<dyn Connector>,
        number: Option<&str>,
    ) -> Result<Option<Vec<Contact>>> {
        let config = self.config();
        let reading = number.map(|number| phone::read(number, &config.home));
        let Some(Reading::Number(number)) = &reading else {
            return Ok(None);
        };
        if !connector.capability().find {
            return Ok(None);
        }
        let forms = NumberForms {
            reading: Reading::Number(number.clone()),
            forms: phone::forms(number, &config.formats),
        };
        let patience = DUPLICATES_WITHIN.min(config.lookup_deadline);
        let cx = self.cx(bounds::inner(patience), Freshness::Live);
        let info = connector.info();
        let found = tokio::time::timeout(patience, connector.find_contact(cx, forms))
            .await
            .unwrap_or_else(|_| Err(late(&info.name)))?;
        let mut contacts = bounds::contacts(found.contacts, &info.connection).contacts;
        let caller = Reading::Number(number.clone());
        contacts.retain(|contact| {
            bounds::prove(contact, &caller, &config.home).is_some_and(|proof| proof.grade.is_exact())
        });
        Ok(Some(contacts))
    }

    /// Looks again when the search must show what others created meanwhile. `before`: records that the person knew of.
    pub(crate) fn look_for_twins(
        &self,
        connector: Arc<dyn Connector>,
        created: &Contact,
        number: Option<String>,
        before: Vec<ContactRef>,
        call: Option<CallId>,
    ) {
        let Capability {
            find, settles_within, ..
        } = connector.capability();
        if number.is_none() || !find || settles_within == Duration::ZERO {
            return;
        }
        let (engine, created) = (self.clone(), created.id.clone());
        tokio::spawn(async move {
            tokio::time::sleep(settles_within).await;
            let mut twins = match engine.same_number(&connector, number.as_deref()).await {
                Ok(found) => found.unwrap_or_default(),
                Err(error) => {
                    tracing::info!(
                        kind = error.kind.code(),
                        "a new contact's twins could not be looked for"
                    );
                    return;
                }
            };
            twins.retain(|twin| twin.id != created && !before.contains(&twin.id));
            if twins.is_empty() {
                return;
            }
            engine.keep(&twins).await;
            if let Some(id) = call {
                engine.apply(Input::Twins {
                    call: id,
                    created,
                    twins,
                });
                engine.look_up(id, Freshness::Cached).await;
            }
        });
    }
}
