//! One record by its id.

use ringside_domain::{Contact, ContactRef, Kind, Result};
use serde_json::{Value, json};

use super::{Ask, Run, type_variables};
use crate::manifest::{format::Type, mapping::Mapped, render::Scope};

impl<'a> Run<'a> {
    pub(crate) async fn get_contact(&self, id: ContactRef) -> Result<Contact> {
        let kind = self.contact_type(&id.contact_type)?;
        let scope = self.in_zone(&self.scope().await?, &self.core.clock.zone());
        let (mut mapped, _) = self.read_contact(kind, &id.id, &scope).await?;
        let get = self.of(&kind.id, |own| own.get_contact.as_ref(), &self.manifest().get_contact)?;
        self.enrich(std::iter::once(&mut mapped), get.enrich.as_ref(), &scope, None)
            .await;
        Ok(mapped.contact)
    }

    /// The contact, and the record as it was read.
    pub(super) async fn read_contact(&self, kind: &'a Type, id: &str, scope: &Scope) -> Result<(Mapped, Value)> {
        let get = self.of(&kind.id, |own| own.get_contact.as_ref(), &self.manifest().get_contact)?;
        let scope = scope
            .with("type", &type_variables(kind))
            .with("contact", &json!({ "id": id, "type": kind.id }));
        let records = self.records(Ask::new(&get.request, &get.answer, &scope)).await?;
        let gone = || {
            let message = format!("{} has no such record any more", self.name());
            self.error(Kind::NotFound, message)
                .hint("Search for the contact again, or create it")
        };
        let record = records.into_iter().next().ok_or_else(gone)?;
        let mapped = self.mapped(std::slice::from_ref(&record), &get.answer, Some(kind), &scope)?;
        let mapped = mapped.into_iter().next().ok_or_else(|| {
            let message = format!("{} answered with something that is not a {}", self.name(), kind.label);
            self.error(Kind::Internal, message)
                .hint("The connector file does not fit it; please report this")
        })?;
        Ok((mapped, record))
    }
}
