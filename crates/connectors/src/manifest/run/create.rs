//! Create a contact: the name is split without cutting or inventing anything, what must be there first is found or made, and
//! "there already" is answered with the record that is there, if it is the same person's.

use ringside_domain::{Contact, ContactDraft, ContactRef, Kind, Result, contact::StoredNumber, name, phone};
use serde_json::{Value, json};

use super::{Run, records::proves, steps::Stopped, type_variables};
use crate::manifest::{
    format::{CreateContact, Type},
    mapping::Mapped,
    render::{Scope, stored_number},
};

/// The step that makes the record, and its capture.
pub(super) const STEP: &str = "create";
const ID: &str = "id";
/// The field of the draft that a conflict names where the contact can be created all the same.
const FORCE: &str = "force";

impl<'a> Run<'a> {
    /// # Errors
    /// [`Kind::Conflict`] when the CRM has a record like it: one with another number, or one that it does not name. If it
    /// names one that has the draft's number and name, that one is the answer, and the person is told so. Its field is `force`
    /// where the same draft with that would be created.
    pub(crate) async fn create_contact(&self, draft: ContactDraft) -> Result<Contact> {
        let kind = self.contact_type(&draft.contact_type)?;
        let create = self.of(
            &kind.id,
            |own| own.create_contact.as_ref(),
            &self.manifest().create_contact,
        )?;
        if draft.name.trim().is_empty() {
            let error = self.error(Kind::Invalid, "A contact needs a name").field("name");
            return Err(error.hint("Type the name as the CRM should show it"));
        }
        let missing = kind
            .fields
            .iter()
            .find(|field| field.required && value_of(&draft, &field.name).is_none());
        if let Some(field) = missing {
            let message = format!("{} wants to know: {}", self.name(), field.label);
            return Err(self.error(Kind::Invalid, message).field(field.name.clone()));
        }
        let stored = draft
            .number
            .as_ref()
            .map(|number| stored_number(&self.manifest().number, number));
        let scope = self.in_zone(&self.scope().await?, &self.core.clock.zone());
        let scope = scope
            .with("type", &type_variables(kind))
            .with("draft", &draft_variables(&draft, kind, stored.as_deref()));
        let done = match self.steps(&create.steps, &scope, None, |_, _, _| ()).await {
            Ok(done) => done,
            Err(stopped) => return self.duplicate(stopped, create, kind, &draft, &scope).await,
        };
        let id = done
            .get(STEP)
            .and_then(|captured| captured.get(ID))
            .filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| {
            let message = format!("{} took the contact, but did not say under which id", self.name());
            self.error(Kind::Internal, message)
                .maybe_happened()
                .hint(format!("Look for it in {}", self.name()))
        })?;
        let made = self.of_draft(&draft, kind, id, stored, &scope);
        if !create.read_back {
            return Ok(made);
        }
        match self.read_contact(kind, id, &scope).await {
            Ok((read, _)) => Ok(read.contact),
            // It is there; that it can't be read yet changes nothing about that.
            Err(error) => {
                tracing::debug!(kind = error.kind.code(), "a created contact could not be read back");
                Ok(made)
            }
        }
    }

    async fn duplicate(
        &self,
        stopped: Stopped,
        create: &CreateContact,
        kind: &'a Type,
        draft: &ContactDraft,
        scope: &Scope,
    ) -> Result<Contact> {
        if !stopped.refusal.duplicate || stopped.step != STEP {
            return Err(stopped.refusal.error);
        }
        let said = match &create.duplicate_id {
            Some(path) => self.core.loaded.text_at(path, &stopped.refusal.body)?,
            None => None,
        };
        let pattern = create.duplicate_pattern.as_ref();
        let id = match pattern.and_then(|pattern| self.core.loaded.regex(pattern)) {
            Some(regex) => said.and_then(|said| Some(regex.captures(&said)?.get(1)?.as_str().to_owned())),
            None => said,
        };
        let number = draft
            .number
            .as_ref()
            .map(|number| phone::read(number, &phone::Home::default()));
        let there = match &id {
            Some(id) => self.read_contact(kind, id, scope).await.ok(),
            None => None,
        };
        if let (Some((there, _)), Some(number)) = (&there, number)
            && proves(&there.contact, &number)
        {
            // A switchboard is many people's number.
            if is_called(&there.contact.name, &draft.name) {
                self.exit.said(&format!(
                    "{} had this contact already: nothing new was made",
                    self.name()
                ));
                return Ok(there.contact.clone());
            }
            let message = format!(
                "{} has this number already, with another name: {}",
                self.name(),
                there.contact.name
            );
            let mut error = self.error(Kind::Conflict, message);
            error.field = (!draft.force && self.can_insist(kind)).then(|| FORCE.to_owned());
            return Err(
                error.hint("Choose that contact if it is the same person; else create this one without the number")
            );
        }
        let named = there
            .map(|(there, _)| there.contact.name)
            .filter(|name| !name.is_empty());
        // A CRM that was told so and refuses all the same does it each time.
        let insists = !draft.force && self.can_insist(kind);
        let (message, hint) = match (named, insists) {
            (Some(name), true) => (
                format!("{} has this contact already: {name}", self.name()),
                format!("Search for {name} and add the number to it, or create this one all the same"),
            ),
            (Some(name), false) => (
                format!("{} has this contact already: {name}", self.name()),
                format!("Search for {name} and add the number to it"),
            ),
            (None, true) => (
                format!("{} has this contact already", self.name()),
                "Search for it by name and add the number to it, or create it all the same".to_owned(),
            ),
            (None, false) => (
                format!("{} has this contact already", self.name()),
                "Search for it by name and add the number to it".to_owned(),
            ),
        };
        let mut error = self.error(Kind::Conflict, message);
        error.field = if insists {
            Some(FORCE.to_owned())
        } else {
            stopped.refusal.error.field
        };
        Err(error.hint(hint))
    }

    /// Whether this CRM can be told that the contact is wanted although it has one like it.
    fn can_insist(&self, kind: &Type) -> bool {
        let own = self.manifest().by_type.get(&kind.id);
        let own = own.filter(|own| own.create_contact.is_some()).map(|_| &*kind.id);
        self.core.loaded.named.insists(own)
    }

    /// The contact as the draft has it, so that its number is known without another request.
    fn of_draft(&self, draft: &ContactDraft, kind: &Type, id: &str, number: Option<String>, scope: &Scope) -> Contact {
        let label = || "phone".to_owned();
        let numbers = number
            .into_iter()
            .map(|raw| StoredNumber { label: label(), raw })
            .collect();
        let contact = Contact {
            id: ContactRef {
                connection: self.core.connection.clone(),
                contact_type: kind.id.clone(),
                id: id.to_owned(),
            },
            name: draft.name.trim().to_owned(),
            company: filled(&draft.company),
            title: filled(&draft.title),
            emails: filled(&draft.email).into_iter().collect(),
            numbers,
            region: None,
            url: None,
            created: Some(self.core.clock.now().wall),
            updated: Some(self.core.clock.now().wall),
            last_call: None,
        };
        let mut mapped = Mapped {
            contact,
            extra: Default::default(),
        };
        self.link(&mut mapped, kind, scope);
        mapped.contact
    }
}

/// `draft.*`; "" for what was not typed.
fn draft_variables(draft: &ContactDraft, kind: &Type, stored: Option<&str>) -> Value {
    let (given, family) = split(draft, kind.is_company);
    let extra: serde_json::Map<String, Value> = kind
        .fields
        .iter()
        .map(|field| (field.name.clone(), Value::String(String::new())))
        .chain(draft.extra.iter().map(|(name, value)| (name.clone(), json!(value))))
        .collect();
    json!({
        "name": draft.name.trim(),
        "given": given,
        "family": family,
        "company": trimmed(&draft.company),
        "title": trimmed(&draft.title),
        "email": trimmed(&draft.email),
        "number": stored.unwrap_or_default(),
        "e164": draft.number.as_deref().filter(|number| number.starts_with('+')).unwrap_or_default(),
        "extra": extra,
        "force": draft.force,
    })
}

fn trimmed(text: &Option<String>) -> &str {
    text.as_deref().map(str::trim).unwrap_or_default()
}

fn filled(text: &Option<String>) -> Option<String> {
    Some(trimmed(text).to_owned()).filter(|text| !text.is_empty())
}

/// The same words in any order and case: `Meier, Anna` is `Anna Meier`.
fn is_called(one: &str, other: &str) -> bool {
    let words = |name: &str| {
        let lower = name.to_lowercase();
        let mut words: Vec<String> = lower
            .split(|sign: char| !sign.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        words.sort_unstable();
        words
    };
    words(one) == words(other)
}

/// Given and family name. What the person split stays so; else [`name::split`] says it, as everywhere. One word, and a
/// company's name, is a family name as a whole: CRMs want one, and nothing is made up.
fn split(draft: &ContactDraft, is_company: bool) -> (String, String) {
    let whole = draft.name.trim();
    let (given, family) = match (filled(&draft.given), filled(&draft.family)) {
        (None, None) if !is_company => name::split(whole),
        (Some(given), None) => {
            // Only a given name was typed: what is left of the whole is the family name.
            let rest = whole
                .strip_prefix(&given)
                .map(str::trim)
                .filter(|rest| !rest.is_empty());
            let rest = rest.map(str::to_owned);
            (rest.is_some().then_some(given), rest)
        }
        typed => typed,
    };
    match family {
        Some(family) => (given.unwrap_or_default(), family),
        None if is_company => (String::new(), whole.to_owned()),
        None => (String::new(), name::spoken(whole)),
    }
}

fn value_of<'d>(draft: &'d ContactDraft, field: &str) -> Option<&'d str> {
    let value = match field {
        "company" => draft.company.as_deref(),
        "title" => draft.title.as_deref(),
        "email" => draft.email.as_deref(),
        name => draft
            .extra
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str()),
    };
    value.map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use ringside_domain::ConnectionId;

    use super::*;

    fn draft(name: &str, given: Option<&str>, family: Option<&str>) -> ContactDraft {
        ContactDraft {
            connection: ConnectionId::new("crm"),
            contact_type: "Lead".into(),
            name: name.into(),
            given: given.map(str::to_owned),
            family: family.map(str::to_owned),
            company: None,
            title: None,
            email: None,
            number: None,
            extra: Vec::new(),
            force: false,
        }
    }

    #[test]
    fn a_name_is_split_without_cutting_or_inventing() {
        let cases = [
            (draft("Anna Meier", None, None), false, ("Anna", "Meier")),
            (draft("Anna Maria  Meier", None, None), false, ("Anna Maria", "Meier")),
            (draft("Cher", None, None), false, ("", "Cher")),
            (draft(" Example Ltd ", None, None), true, ("", "Example Ltd")),
            (
                draft("Juan García López", Some("Juan"), Some("García López")),
                false,
                ("Juan", "García López"),
            ),
            (
                draft("Juan García López", Some("Juan"), None),
                false,
                ("Juan", "García López"),
            ),
            (draft("Anna", Some("Anna"), None), false, ("", "Anna")),
            (draft("Meier", None, Some("Meier")), false, ("", "Meier")),
            (draft("Müller, Hans", None, None), false, ("Hans", "Müller")),
            (
                draft("Dr. Jane O'Brien-Smith Jr.", None, None),
                false,
                ("Dr. Jane", "O'Brien-Smith Jr."),
            ),
            (
                draft("Ursula von der Leyen", None, None),
                false,
                ("Ursula", "von der Leyen"),
            ),
            (draft("李 小龙", None, None), false, ("小龙", "李")),
            (draft(", Anna", None, None), false, ("", "Anna")),
            (draft("Smith, Wesson", None, None), true, ("", "Smith, Wesson")),
        ];
        for (draft, company, (given, family)) in cases {
            assert_eq!(
                split(&draft, company),
                (given.to_owned(), family.to_owned()),
                "{}",
                draft.name
            );
        }
    }
}
