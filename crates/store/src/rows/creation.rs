//! A contact to be created. Its call, connection, state and times lie in columns.

use ringside_domain::{ConnectionId, Contact, ContactDraft, Creation, CreationState, Kind, Timestamp, Trouble};
use serde::{Deserialize, Serialize};

use super::{
    contact::{ContactRow, RefRow},
    decode, encode, known, time,
};
use crate::error::Answer;

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct CreationRow {
    draft: DraftRow,
    force: bool,
    log: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Vec<RefRow>>,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<TroubleRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<(RefRow, ContactRow)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct DraftRow {
    contact_type: String,
    name: String,
    given: Option<String>,
    family: Option<String>,
    company: Option<String>,
    title: Option<String>,
    email: Option<String>,
    number: Option<String>,
    extra: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct TroubleRow {
    kind: String,
    message: String,
    hint: Option<String>,
    field: Option<String>,
}

/// What the columns of `creations` hold.
#[derive(Clone)]
pub(crate) struct CreationColumns {
    pub id: String,
    pub call: Option<String>,
    pub connection: String,
    pub state: String,
    pub asked: i64,
    pub due: Option<i64>,
    pub body: String,
}

impl CreationColumns {
    pub fn of(creation: &Creation) -> Answer<Self> {
        let (state, trouble, contact) = match &creation.state {
            CreationState::Waiting(trouble) => ("waiting", trouble.as_ref(), None),
            CreationState::Sent(trouble) => ("sent", trouble.as_ref(), None),
            CreationState::Created(contact) => ("created", None, Some(contact)),
            CreationState::Finished(contact) => ("finished", None, Some(contact)),
            CreationState::Refused(trouble) => ("refused", Some(trouble), None),
            CreationState::Unsure(trouble) => ("unsure", Some(trouble), None),
            CreationState::Undone => ("undone", None, None),
        };
        let row = CreationRow {
            draft: DraftRow::of(&creation.draft),
            force: creation.force,
            log: creation.log,
            before: creation
                .before
                .as_ref()
                .map(|before| before.iter().map(RefRow::of).collect()),
            attempts: creation.attempts,
            trouble: trouble.map(TroubleRow::of),
            contact: contact.map(|contact| (RefRow::of(&contact.id), ContactRow::of(contact))),
            said: creation.said.clone(),
        };
        Ok(Self {
            id: creation.id.to_string(),
            call: creation.call.map(|call| call.to_string()),
            connection: creation.draft.connection.to_string(),
            state: state.to_owned(),
            asked: creation.asked.0,
            due: creation.due.map(|at| at.0),
            body: encode(&row)?,
        })
    }

    pub fn creation(self) -> Option<Creation> {
        let row: CreationRow = decode("creation", &self.body)?;
        let trouble = row.trouble.map(TroubleRow::trouble);
        let contact: Option<Contact> = row.contact.map(|(id, contact)| contact.contact(id.contact_ref()));
        let state = match self.state.as_str() {
            "waiting" => Some(CreationState::Waiting(trouble)),
            "sent" => Some(CreationState::Sent(trouble)),
            "created" => contact.map(CreationState::Created),
            "finished" => contact.map(CreationState::Finished),
            "refused" => trouble.map(CreationState::Refused),
            "unsure" => trouble.map(CreationState::Unsure),
            "undone" => Some(CreationState::Undone),
            _ => None,
        };
        Some(Creation {
            id: known("creation id", self.id.parse().ok())?,
            call: match self.call {
                Some(call) => Some(known("call id", call.parse().ok())?),
                None => None,
            },
            draft: row.draft.draft(ConnectionId::new(self.connection)),
            force: row.force,
            log: row.log,
            before: row
                .before
                .map(|before| before.into_iter().map(RefRow::contact_ref).collect()),
            state: known("creation state", state)?,
            attempts: row.attempts,
            asked: Timestamp(self.asked),
            due: time(self.due),
            said: row.said,
        })
    }
}

impl DraftRow {
    fn of(draft: &ContactDraft) -> Self {
        Self {
            contact_type: draft.contact_type.clone(),
            name: draft.name.clone(),
            given: draft.given.clone(),
            family: draft.family.clone(),
            company: draft.company.clone(),
            title: draft.title.clone(),
            email: draft.email.clone(),
            number: draft.number.clone(),
            extra: draft.extra.clone(),
        }
    }

    fn draft(self, connection: ConnectionId) -> ContactDraft {
        ContactDraft {
            connection,
            contact_type: self.contact_type,
            name: self.name,
            given: self.given,
            family: self.family,
            company: self.company,
            title: self.title,
            email: self.email,
            number: self.number,
            extra: self.extra,
            force: false,
        }
    }
}

impl TroubleRow {
    fn of(trouble: &Trouble) -> Self {
        Self {
            kind: trouble.kind.code().to_owned(),
            message: trouble.message.clone(),
            hint: trouble.hint.clone(),
            field: trouble.field.clone(),
        }
    }

    fn trouble(self) -> Trouble {
        Trouble {
            kind: Kind::from_code(&self.kind),
            message: self.message,
            hint: self.hint,
            field: self.field,
        }
    }
}
