//! Contacts that are about to be created.

use ringside_domain::{ContactDraft, Creation, CreationState, Trouble};
use ringside_engine::view;

use super::Words;
use crate::{
    call::{ChosenFieldDto, LogDto, LogStateDto, UndoDto},
    contact::DraftDto,
    creation::{CreationDecision, CreationDto, CreationStateDto},
    error::ApiError,
};

/// What [`LogDto::code`] says while the contact of the log is still to come.
const CREATING: &str = "creating";

impl Words<'_> {
    #[must_use]
    pub fn creation(&self, creation: &Creation) -> CreationDto {
        let draft = &creation.draft;
        let info = self.info(&draft.connection);
        let kind = info.and_then(|info| info.types.iter().find(|kind| kind.id == draft.contact_type));
        CreationDto {
            id: creation.id.to_string(),
            call: creation.call.map(|call| call.to_string()),
            draft: typed(draft),
            connection_name: self.connection_name(&draft.connection),
            type_label: kind.map_or_else(|| draft.contact_type.clone(), |kind| kind.label.clone()),
            said: creation.said.clone(),
            state: self.creation_state(creation),
        }
    }

    fn creation_state(&self, creation: &Creation) -> CreationStateDto {
        let said = |trouble: &Trouble| ApiError::from(trouble.clone());
        match &creation.state {
            CreationState::Waiting(why) => CreationStateDto::Waiting {
                until: creation.due.unwrap_or(creation.asked).0,
                why: why.as_ref().map(said),
            },
            CreationState::Sent(why) => CreationStateDto::Sending {
                why: why.as_ref().map(said),
            },
            CreationState::Created(contact) | CreationState::Finished(contact) => CreationStateDto::Created {
                contact: Box::new(self.contact(contact)),
            },
            CreationState::Refused(why) => CreationStateDto::Refused { error: said(why) },
            CreationState::Unsure(why) => CreationStateDto::Unsure { error: said(why) },
            CreationState::Undone => CreationStateDto::Undone,
        }
    }

    /// The log of a call whose contact is still to come.
    pub(super) fn log_on_new(&self, log: &mut LogDto, creation: &Creation) {
        let name = &creation.draft.name;
        log.contact = None;
        log.contact_name = Some(name.clone());
        log.connection = Some(creation.draft.connection.to_string());
        log.connection_name = Some(self.connection_name(&creation.draft.connection));
        if creation.log {
            log.state = LogStateDto::Waiting;
            log.code = Some(CREATING.to_owned());
            log.message = Some(format!("Waits until {name} is created"));
            log.hint = match creation.state {
                CreationState::Refused(_) | CreationState::Unsure(_) => {
                    Some(format!("Decide about {name}, or choose another contact"))
                }
                _ => None,
            };
        }
    }
}

/// What `undo` takes back while nothing was sent.
pub(super) fn undo(creation: &Creation) -> Option<UndoDto> {
    match creation.state {
        CreationState::Waiting(_) => Some(UndoDto::Creation {
            until: creation.due.unwrap_or(creation.asked).0,
        }),
        _ => None,
    }
}

impl From<CreationDecision> for view::CreationDecision {
    fn from(decision: CreationDecision) -> Self {
        match decision {
            CreationDecision::Send => Self::Send,
            CreationDecision::Drop => Self::Drop,
        }
    }
}

fn typed(draft: &ContactDraft) -> DraftDto {
    let extra = draft.extra.iter().map(|(name, value)| ChosenFieldDto {
        name: name.clone(),
        value: value.clone(),
    });
    DraftDto {
        connection: draft.connection.to_string(),
        contact_type: draft.contact_type.clone(),
        name: draft.name.clone(),
        given: draft.given.clone(),
        family: draft.family.clone(),
        company: draft.company.clone(),
        title: draft.title.clone(),
        email: draft.email.clone(),
        number: draft.number.clone(),
        extra: extra.collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ringside_domain::{ConnectionId, Kind, Timestamp, phone::Home};

    use super::*;
    use crate::convert::draft;

    fn creation(state: CreationState) -> Creation {
        Creation {
            id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            call: None,
            draft: ContactDraft {
                connection: ConnectionId::new("crm"),
                contact_type: "lead".into(),
                name: "Anna Meier".into(),
                given: Some("Anna".into()),
                family: Some("Meier".into()),
                company: Some("Acme".into()),
                title: Some("CEO".into()),
                email: Some("anna@example.com".into()),
                number: Some("+14155550100".into()),
                extra: vec![("status".into(), "new".into())],
                force: false,
            },
            force: false,
            log: true,
            before: None,
            state,
            attempts: 0,
            asked: Timestamp(1_000),
            due: Some(Timestamp(11_000)),
            said: None,
        }
    }

    #[test]
    fn all_that_was_typed_comes_back() {
        let home = Home::default();
        let words = Words {
            home: &home,
            connections: &[],
            logs_rehearsals: false,
        };
        let undone = creation(CreationState::Undone);
        let dto = words.creation(&undone);
        assert_eq!(draft(dto.draft), undone.draft);
        assert_eq!((dto.state, undo(&undone)), (CreationStateDto::Undone, None));
        let waiting = creation(CreationState::Waiting(None));
        assert_eq!(undo(&waiting), Some(UndoDto::Creation { until: 11_000 }));
    }

    #[test]
    fn a_refusal_is_on_its_field_and_the_log_says_what_it_waits_for() {
        let home = Home::default();
        let words = Words {
            home: &home,
            connections: &[],
            logs_rehearsals: false,
        };
        let why = Trouble {
            kind: Kind::Invalid,
            message: "No such status".into(),
            hint: None,
            field: Some("status".into()),
        };
        let refused = creation(CreationState::Refused(why));
        let CreationStateDto::Refused { error } = words.creation(&refused).state else {
            unreachable!("refused")
        };
        assert_eq!(
            (error.code.as_str(), error.field.as_deref()),
            ("invalid", Some("status"))
        );
        let mut log = LogDto::default();
        words.log_on_new(&mut log, &refused);
        assert_eq!(
            (log.state, log.code.as_deref()),
            (LogStateDto::Waiting, Some("creating"))
        );
        assert!(log.hint.is_some());
    }
}
