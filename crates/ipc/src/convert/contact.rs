//! Contacts, matches, duplicates.

use ringside_domain::{
    Contact, ContactDraft, ContactRef, ContactType, StoredNumber,
    contact::FieldOption,
    phone::{Home, read},
};
use ringside_engine::view::{Created, Duplicate, LiveAnswer, MatchGroup, NumberAdded};

use super::{Words, count};
use crate::{
    contact::{
        ContactDto, ContactRefDto, CreatedDto, DraftDto, DuplicateDto, LiveSearchDto, MatchDto, NumberAddedDto,
        NumberDto,
    },
    status::{ContactTypeDto, FieldDto, FieldOptionDto},
};

impl Words<'_> {
    #[must_use]
    pub fn contact(&self, contact: &Contact) -> ContactDto {
        let info = self.info(&contact.id.connection);
        let kind = info.and_then(|info| info.types.iter().find(|kind| kind.id == contact.id.contact_type));
        // The contact's own country, where its CRM has one, says more about its numbers than where the user is.
        let habits = Home {
            region: contact.region.or(self.home.region),
            ..self.home.clone()
        };
        ContactDto {
            reference: ContactRefDto::from(&contact.id),
            name: contact.name.clone(),
            company: contact.company.clone(),
            title: contact.title.clone(),
            emails: contact.emails.clone(),
            numbers: contact
                .numbers
                .iter()
                .map(|number| self.number(number, &habits))
                .collect(),
            type_label: kind.map_or_else(|| contact.id.contact_type.clone(), |kind| kind.label.clone()),
            is_company: kind.is_some_and(|kind| kind.is_company),
            connection_name: self.connection_name(&contact.id.connection),
            url: contact.url.clone(),
            created: contact.created.map(|at| at.0),
            last_call: contact.last_call.map(|at| at.0),
        }
    }

    #[must_use]
    pub fn matched(&self, group: &MatchGroup) -> MatchDto {
        let best = &group.best;
        MatchDto {
            contact: self.contact(&best.contact),
            grade: best.grade.into(),
            number: count(best.number),
            as_of: best.as_of.0,
            live: best.live,
            gone: group.gone,
            also: group.also.iter().map(|contact| self.contact(contact)).collect(),
        }
    }

    #[must_use]
    pub fn duplicate(&self, duplicate: &Duplicate) -> DuplicateDto {
        DuplicateDto {
            contact: self.contact(&duplicate.contact),
            because: duplicate.because.into(),
        }
    }

    #[must_use]
    pub fn created(&self, created: &Created) -> CreatedDto {
        match created {
            Created::Contact(contact) => CreatedDto::Created {
                contact: Box::new(self.contact(contact)),
            },
            Created::Waiting(creation) => CreatedDto::Waiting {
                creation: Box::new(self.creation(creation)),
            },
            Created::Duplicates(found) => CreatedDto::Duplicates {
                found: found.iter().map(|duplicate| self.duplicate(duplicate)).collect(),
            },
        }
    }

    #[must_use]
    pub fn number_added(&self, added: &NumberAdded) -> NumberAddedDto {
        NumberAddedDto {
            contact: self.contact(&added.contact),
            linked_only: added.linked_only.is_some(),
            message: added.linked_only.as_ref().map(|why| why.message.to_string()),
        }
    }

    #[must_use]
    pub fn live_answer(&self, answer: &LiveAnswer) -> LiveSearchDto {
        LiveSearchDto {
            connection: answer.info.connection.to_string(),
            name: answer.info.name.clone(),
            rows: answer.contacts.iter().map(|contact| self.contact(contact)).collect(),
            message: answer.error.as_ref().map(ToString::to_string),
        }
    }

    fn number(&self, stored: &StoredNumber, habits: &Home) -> NumberDto {
        let reading = read(&stored.raw, habits);
        NumberDto {
            label: stored.label.clone(),
            text: reading
                .number()
                .map_or_else(|| stored.raw.clone(), |number| number.display(self.home)),
            raw: stored.raw.clone(),
        }
    }
}

impl From<&ContactRef> for ContactRefDto {
    fn from(id: &ContactRef) -> Self {
        Self {
            connection: id.connection.to_string(),
            contact_type: id.contact_type.clone(),
            id: id.id.clone(),
        }
    }
}

impl From<&FieldOption> for FieldOptionDto {
    fn from(option: &FieldOption) -> Self {
        Self {
            value: option.value.clone(),
            label: option.label.clone(),
        }
    }
}

/// The contact that a command names.
#[must_use]
pub fn reference(dto: ContactRefDto) -> ContactRef {
    ContactRef {
        connection: ringside_domain::ConnectionId::new(dto.connection),
        contact_type: dto.contact_type,
        id: dto.id,
    }
}

/// The draft as typed: blanks around a field go, and a field of blanks is empty.
#[must_use]
pub fn draft(dto: DraftDto) -> ContactDraft {
    let typed = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut extra: Vec<(String, String)> = super::values(dto.extra)
        .into_iter()
        .map(|(name, value)| (name, value.trim().to_owned()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    // The draft has places of its own for these, whatever way they came.
    let mut own = |name: &str, text: Option<String>| {
        let at = extra.iter().position(|(known, _)| known == name);
        let given = at.map(|at| extra.remove(at).1);
        typed(text).or(given)
    };
    let (company, title, email) = (
        own("company", dto.company),
        own("title", dto.title),
        own("email", dto.email),
    );
    ContactDraft {
        connection: ringside_domain::ConnectionId::new(dto.connection),
        contact_type: dto.contact_type,
        name: dto.name.trim().to_owned(),
        given: typed(dto.given),
        family: typed(dto.family),
        company,
        title,
        email,
        number: typed(dto.number),
        extra,
        force: false,
    }
}

/// What a new record of this type is asked for.
#[must_use]
pub fn contact_type(kind: &ContactType) -> ContactTypeDto {
    ContactTypeDto {
        id: kind.id.clone(),
        label: kind.label.clone(),
        is_company: kind.is_company,
        creatable: kind.creatable,
        fields: kind
            .fields
            .iter()
            .map(|field| FieldDto {
                name: field.name.clone(),
                label: field.label.clone(),
                required: field.required,
                options: field.options.iter().map(FieldOptionDto::from).collect(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::ChosenFieldDto;

    #[test]
    fn fields_go_to_their_places() {
        let field = |name: &str, value: &str| ChosenFieldDto {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let dto = DraftDto {
            name: " Anna Meier ".to_owned(),
            company: Some("  ".to_owned()),
            title: Some("CEO".to_owned()),
            extra: vec![
                field("company", "Acme"),
                field("title", "ignored"),
                field("status", " new "),
                field("remark", " "),
            ],
            ..DraftDto::default()
        };
        let draft = draft(dto);
        assert_eq!(
            (draft.company.as_deref(), draft.title.as_deref(), draft.email),
            (Some("Acme"), Some("CEO"), None)
        );
        assert_eq!(draft.extra, [("status".to_owned(), "new".to_owned())]);
    }
}
