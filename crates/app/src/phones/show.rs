//! Phones and their kinds, as windows and command lines see them.

use ringside_domain::{SourceState, source::Trouble};
use ringside_ipc::{
    connection::{EvidenceDto, EvidenceKindDto, ParameterDto, ParameterKindDto},
    phone::{PhoneDto, PhoneKindDto, PhoneNoteDto, PhoneStateDto},
    status::{FieldOptionDto, RoleDto},
};
use ringside_sources::kinds::{self, Evidence, Parameter, ParameterKind, PhoneKind};

use super::{grant_name, line::State, uses_intake};
use crate::{app::App, settings::PhoneEntry};

/// The kinds that a person can choose from. Needs neither the profile's key nor its owner.
pub(crate) fn kinds_now() -> Vec<PhoneKindDto> {
    kinds::kinds().into_iter().map(kind).collect()
}

fn kind(kind: &PhoneKind) -> PhoneKindDto {
    let (evidence, note) = match kind.evidence {
        Evidence::RealServer(note) => (EvidenceKindDto::RealServer, note),
        Evidence::Specification(note) => (EvidenceKindDto::Specification, note),
        Evidence::Documentation(note) => (EvidenceKindDto::Documentation, note),
    };
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    PhoneKindDto {
        id: kind.id.to_owned(),
        name: kind.name.to_owned(),
        summary: kind.summary.to_owned(),
        parameters: kind.parameters.iter().map(parameter).collect(),
        needs: texts(kind.needs),
        limits: texts(kind.limits),
        evidence: EvidenceDto {
            kind: evidence,
            note: note.to_owned(),
        },
        signs_in_with_browser: kind.signs_in_with_browser,
        uses_intake: kind.uses_intake,
    }
}

pub(super) fn parameter(asked: &Parameter) -> ParameterDto {
    let (kind, options) = match asked.kind {
        ParameterKind::Text => (ParameterKindDto::Text, &[][..]),
        ParameterKind::Secret => (ParameterKindDto::Secret, &[][..]),
        ParameterKind::Bool => (ParameterKindDto::Bool, &[][..]),
        ParameterKind::Choice(options) => (ParameterKindDto::Choice, options),
    };
    let option = |(value, label): &(&str, &str)| FieldOptionDto {
        value: (*value).to_owned(),
        label: (*label).to_owned(),
    };
    ParameterDto {
        name: asked.name.to_owned(),
        title: asked.title.to_owned(),
        kind,
        help: asked.help.map(str::to_owned),
        placeholder: asked.placeholder.map(str::to_owned),
        required: asked.required,
        default: asked.default.map(str::to_owned),
        pattern: None,
        options: options.iter().map(option).collect(),
        is_setting: false,
    }
}

impl App {
    pub(crate) async fn shown_phone(&self, entry: &PhoneEntry) -> PhoneDto {
        let phones = &self.inner.phones;
        let state = match phones.line(&entry.name) {
            _ if uses_intake(&entry.kind) => self.intake_phone_state(entry),
            Some(line) => state(line.state()),
            None => match (self.inner.role, super::known(&entry.kind)) {
                (_, Err(error)) => stopped(Trouble::from(&error)),
                (RoleDto::CommandLine, _) => PhoneStateDto::Off,
                (RoleDto::App, _) => PhoneStateDto::Connecting,
            },
        };
        let signs_in = kinds::kind(&entry.kind).is_some_and(|kind| kind.signs_in_with_browser);
        let signed_in = match &state {
            _ if !signs_in => None,
            PhoneStateDto::Stopped { code, .. } => Some(code != "sign_in_needed"),
            PhoneStateDto::Off => {
                let kept = phones.parts.sign_in.kept(&grant_name(&entry.name)).await;
                Some(kept.is_ok_and(|kept| kept.is_some()))
            }
            _ => Some(true),
        };
        PhoneDto {
            name: entry.name.clone(),
            kind: entry.kind.clone(),
            trusted: entry.trusted,
            created: entry.created,
            last_seen: self
                .intake_last_seen(&entry.name)
                .max(phones.heard.last_seen(&entry.name)),
            state,
            parameters: entry.parameters.clone(),
            signed_in,
            check: phones.heard.check(&entry.name),
        }
    }
}

fn state(now: State) -> PhoneStateDto {
    match now.source {
        SourceState::Off => PhoneStateDto::Off,
        SourceState::Connecting => PhoneStateDto::Connecting,
        SourceState::Ready { notes } => {
            let note = |note: ringside_domain::Note| PhoneNoteDto {
                code: note.code.to_owned(),
                message: note.message,
                hint: note.hint,
            };
            PhoneStateDto::Ready {
                notes: notes.into_iter().map(note).collect(),
            }
        }
        SourceState::Retrying { trouble, after } => PhoneStateDto::Retrying {
            code: trouble.kind.code().to_owned(),
            message: trouble.message,
            hint: trouble.hint,
            next_try: now.since + i64::try_from(after.as_millis()).unwrap_or(0),
        },
        SourceState::Stopped { trouble } => stopped(trouble),
    }
}

pub(crate) fn stopped(trouble: Trouble) -> PhoneStateDto {
    PhoneStateDto::Stopped {
        code: trouble.kind.code().to_owned(),
        message: trouble.message,
        hint: trouble.hint,
        field: trouble.field,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringside_domain::Kind;

    use super::*;

    #[test]
    fn the_next_try_is_counted_from_when_it_broke() {
        let trouble = Trouble {
            kind: Kind::Unavailable,
            message: "down".to_owned(),
            hint: None,
            field: None,
        };
        let after = Duration::from_secs(30);
        let shown = state(State {
            source: SourceState::Retrying { trouble, after },
            since: 1_000,
        });
        assert!(
            matches!(&shown, PhoneStateDto::Retrying { code, next_try: 31_000, .. } if code == "unavailable"),
            "{shown:?}"
        );
    }
}
