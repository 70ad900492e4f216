//! Contacts, matches, duplicates.

use ringside_domain::{
    Contact, ContactDraft, ContactRef, ContactType, StoredNumber,
    connector::ConnectorInfo,
    phone::{Home, read},
};
use ringside_engine::view::{Created, Duplicate, LiveAnswer, MatchGroup};

use super::{Words, count};
use crate::{
    contact::{ContactDto, ContactRefDto, CreatedDto, DraftDto, DuplicateDto, LiveSearchDto, MatchDto, NumberDto},
    status::{ContactTypeDto, FieldDto},
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
            Created::Duplicates(found) => CreatedDto::Duplicates {
                found: found.iter().map(|duplicate| self.duplicate(duplicate)).collect(),
            },
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
    ContactDraft {
        connection: ringside_domain::ConnectionId::new(dto.connection),
        contact_type: dto.contact_type,
        name: dto.name.trim().to_owned(),
        given: typed(dto.given),
        family: typed(dto.family),
        company: typed(dto.company),
        title: typed(dto.title),
        email: typed(dto.email),
        number: typed(dto.number),
        extra: Vec::new(),
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
            })
            .collect(),
    }
}

impl From<&ConnectorInfo> for crate::status::ConnectionDto {
    /// The name and types only: what it can do and whose account it is, the caller fills in.
    fn from(info: &ConnectorInfo) -> Self {
        Self {
            id: info.connection.to_string(),
            name: info.name.clone(),
            connector: String::new(),
            logs_here: false,
            types: info.types.iter().map(contact_type).collect(),
            can_create: false,
            can_log: false,
            account: None,
            message: None,
        }
    }
}
