//! Add a number to a contact: the record is read, and an empty field filled. Nothing is ever overwritten.

use ringside_domain::{Contact, ContactRef, Kind, Result, contact::StoredNumber, phone};
use serde_json::Value;

use super::{
    Ask, Run,
    records::{proves, variables},
    type_variables,
};
use crate::manifest::render::stored_number;

impl Run<'_> {
    /// The contact with the number; as it is, if it has it already.
    pub(crate) async fn add_number(&self, id: ContactRef, number: String) -> Result<Contact> {
        let kind = self.contact_type(&id.contact_type)?;
        let add = self.of(&kind.id, |own| own.add_number.as_ref(), &self.manifest().add_number)?;
        let scope = self.in_zone(&self.scope().await?, &self.core.clock.zone());
        let (mapped, record) = self.read_contact(kind, &id.id, &scope).await?;
        let asked = phone::read(&number, &phone::Home::default());
        if proves(&mapped.contact, &asked) || mapped.contact.numbers.iter().any(|stored| stored.raw == number) {
            return Ok(mapped.contact);
        }
        let stored = stored_number(&self.manifest().number, &number);
        let mut scope = scope
            .with("type", &type_variables(kind))
            .with("contact", &variables(&mapped))
            .with("record", &record)
            .with("number", &stored);
        let mut label = "added".to_owned();
        if !add.fields.is_empty() {
            let mut free = None;
            for field in &add.fields {
                if is_empty(&self.core.loaded.at(field, &record)?) {
                    free = Some(field);
                    break;
                }
            }
            let Some(field) = free else {
                let message = format!("This contact has no room for another number in {}", self.name());
                let error = self.error(Kind::Conflict, message).field("number");
                return Err(error.hint(format!("Replace one of its numbers in {}", self.name())));
            };
            scope = scope.with("field", field);
            label.clone_from(field);
        }
        let ask = Ask {
            reads_body: add.answer.ok_when.is_some(),
            ..Ask::new(&add.request, &add.answer, &scope)
        };
        let reply = self.ask(ask).await.map_err(|refusal| refusal.error)?;
        self.found(&reply, 1, 0);
        let mut contact = mapped.contact;
        contact.numbers.push(StoredNumber { label, raw: stored });
        Ok(contact)
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}
