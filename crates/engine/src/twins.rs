//! The record that a colleague creates at the same time.
//!
//! A CRM's search shows a new record only after a while ([`Capability::settles_within`]). Two people who create the same
//! caller within that time do not see each other, however carefully each of them looks before. So Ringside looks once more
//! when both must be visible, and offers what it finds: the other record joins the matches of the call and is named as its
//! twin, and the person chooses which of the two the call is about; without a call it is said at the creation. Nothing is
//! merged or deleted.
//!
//! The second look belongs to this run of the program: when it ends before that, the next lookup shows both as matches.

use std::{sync::Arc, time::Duration};

use ringside_domain::{
    CallId, Capability, Connector, Contact, ContactRef, CreationId, Freshness,
    connector::NumberForms,
    phone::{self, PhoneNumber, Reading},
};

use crate::{
    callbook::Input,
    contacts::late,
    creation::words,
    engine::Engine,
    lookup::bounds,
    people::{self, Answer},
};

/// Looking and creating takes two colleagues a while, also where the search shows everything at once.
const SHORTEST: Duration = Duration::from_secs(5);
/// A look that fails is made once more.
const LOOKS: usize = 2;

impl Engine {
    /// Looks again when the search must show what others created meanwhile. `before`: records that the person knew of.
    pub(crate) fn look_for_twins(
        &self,
        connector: Arc<dyn Connector>,
        created: &Contact,
        number: Option<String>,
        before: Vec<ContactRef>,
        call: Option<CallId>,
        creation: Option<CreationId>,
    ) {
        let Capability {
            find, settles_within, ..
        } = connector.capability();
        let reading = number.map(|number| phone::read(&number, &self.config().home));
        let Some(Reading::Number(number)) = reading.filter(|_| find) else {
            return;
        };
        let (engine, created) = (self.clone(), created.id.clone());
        let pause = settles_within.max(SHORTEST);
        tokio::spawn(async move {
            let mut twins = Vec::new();
            for _ in 0..LOOKS {
                tokio::time::sleep(pause).await;
                let Answer { contacts, failed } = engine.who_has(&connector, &number).await;
                twins = contacts;
                twins.retain(|twin| twin.id != created && !before.contains(&twin.id));
                let Some(error) = failed.filter(|_| twins.is_empty()) else {
                    break;
                };
                tracing::info!(
                    kind = error.kind.code(),
                    "a new contact's twins could not be looked for"
                );
            }
            let Some(first) = twins.first() else { return };
            engine.keep(&twins).await;
            if let Some(id) = call {
                engine.apply(Input::Twins {
                    call: id,
                    created,
                    twins,
                });
                engine.look_up(id, Freshness::Cached).await;
            } else if let Some(id) = creation {
                let said = words::twins(&connector.info().name, &first.name);
                if let Err(error) = engine.add_to_creation(id, said).await {
                    tracing::info!(kind = error.kind.code(), "nobody was told of a new contact's twin");
                }
            }
        });
    }

    /// Everybody whom this connection finds live by the number, and our own comparison proves.
    async fn who_has(&self, connector: &Arc<dyn Connector>, number: &PhoneNumber) -> Answer {
        let config = self.config();
        let forms = NumberForms {
            reading: Reading::Number(number.clone()),
            forms: phone::forms(number, &config.formats),
        };
        let cx = self.cx(bounds::inner(config.lookup_deadline), Freshness::Live);
        let asking = people::by_number(connector, cx, forms);
        let answer = tokio::time::timeout(config.lookup_deadline, asking).await;
        let mut answer = answer.unwrap_or_else(|_| Answer {
            contacts: Vec::new(),
            failed: Some(late(&connector.info().name)),
        });
        let caller = Reading::Number(number.clone());
        answer.contacts.retain(|contact| {
            bounds::prove(contact, &caller, &config.home).is_some_and(|proof| proof.grade.is_exact())
        });
        answer
    }
}
