//! Calls: who is at the other end, what the lookup knows, what became of the log.

use ringside_domain::{
    Call, CallState, Change, ContactRef, LogField, Trust,
    call::{Party, WireParty},
    journal::{Failure, Write, WriteState},
    phone::{Reading, read},
};
use ringside_engine::view::{self, CallView, Heard, LookupView};

use super::{Words, codes::line_code, count, whole};
use crate::{
    call::{
        AskedDto, AskedState, CallDto, CallerDto, CallerKind, ChoiceDto, ChosenFieldDto, HeardDto, LogDto, LogFieldDto,
        LogFieldsDto, LogStateDto, LookupDto, NeverLogDto,
    },
    contact::ContactRefDto,
    status::FieldOptionDto,
};

/// In characters.
const LONGEST_NAME: usize = 120;

impl Words<'_> {
    #[must_use]
    pub fn call(&self, view: &CallView) -> CallDto {
        let call = &view.call;
        CallDto {
            id: call.id.to_string(),
            direction: call.direction.into(),
            state: call.state.into(),
            is_over: call.state.is_over(),
            card: view.card,
            line: call.line.clone(),
            queue: call.route.queue.clone(),
            diverted_by: call.route.diverted_by.iter().map(|party| self.caller(party)).collect(),
            caller: self.caller(&call.remote),
            started: call.started.0,
            zone: call.zone.clone(),
            answered: call.answered.map(|at| at.0),
            ended: call.ended.map(|at| at.0),
            talked: call.talked.map(|talked| whole(talked.as_millis())),
            unverified: call.trust == Trust::Unverified,
            rehearsal: call.rehearsal,
            lookup: self.lookup(&view.lookup),
            choice: call.choice.as_ref().map(|choice| ChoiceDto {
                contact: self.contact(&choice.contact),
                by: choice.by.into(),
            }),
            note: call.note.clone(),
            outcome: call.outcome.map(Into::into),
            fields: call.fields.iter().map(chosen).collect(),
            twins: view.twins.iter().map(|twin| self.contact(twin)).collect(),
            log: self.log(view),
            never_log: match call.rehearsal && !self.logs_rehearsals {
                true => Some(NeverLogDto::Rehearsal),
                false => view.never_log.map(Into::into),
            },
            vip: view.vip,
            creation: view.creation.as_ref().map(|creation| self.creation(creation)),
            // What was done last is what `undo` takes back.
            undo: view
                .creation
                .as_ref()
                .and_then(super::creation::undo)
                .or_else(|| view.undo.as_ref().map(Into::into)),
            provider_call_id: call.provider_call_id.clone(),
        }
    }

    #[must_use]
    pub fn heard(&self, heard: &Heard) -> HeardDto {
        let event = &heard.event;
        let party = |wire: &WireParty| {
            self.caller(&Party {
                reading: read(&wire.raw, self.home),
                display: wire.display.as_deref().and_then(short),
            })
        };
        let line = event.local.as_ref().map(party);
        HeardDto {
            at: event.at.wall.0,
            source: event.source.to_string(),
            change: match event.change {
                Change::Ringing => CallState::Ringing,
                Change::Answered => CallState::Answered,
                Change::Held => CallState::Held,
                Change::Ended(reason) => CallState::Ended(reason),
            }
            .into(),
            call: heard.call.map(|(id, _)| id.to_string()),
            state: heard.call.map(|(_, state)| state.into()),
            direction: event.direction.map(Into::into),
            caller: event.remote.as_ref().map(party),
            line: line.and_then(|line| line.display.or_else(|| short(&line.text))),
            queue: event.route.queue.as_deref().and_then(short),
            provider_call_id: event.provider_call_id.clone(),
            replay: event.replay,
            trusted: event.trust == Trust::Trusted,
            rehearsal: event.rehearsal,
        }
    }

    #[must_use]
    pub fn caller(&self, party: &Party) -> CallerDto {
        let mut caller = CallerDto {
            kind: CallerKind::Withheld,
            text: String::new(),
            e164: None,
            region: None,
            line_type: None,
            display: party.display.clone(),
        };
        match &party.reading {
            Reading::Number(number) => {
                caller.kind = CallerKind::Number;
                caller.text = number.display(self.home);
                caller.e164 = Some(number.e164().to_owned());
                caller.region = number.region().map(|region| region.to_string());
                caller.line_type = Some(line_code(number.line()).to_owned());
            }
            Reading::Extension(extension) => {
                caller.kind = CallerKind::Extension;
                caller.text = format!("ext. {}", extension.as_str());
            }
            Reading::SipAddress(address) => {
                caller.kind = CallerKind::SipAddress;
                caller.text = address.as_str().to_owned();
            }
            Reading::Withheld => {}
            Reading::Unreadable(unreadable) => {
                caller.kind = CallerKind::Unreadable;
                caller.text = unreadable.text().trim().to_owned();
            }
        }
        caller
    }

    #[must_use]
    pub fn lookup(&self, lookup: &LookupView) -> LookupDto {
        LookupDto {
            running: lookup.running,
            matches: lookup.matches.iter().map(|group| self.matched(group)).collect(),
            asked: lookup.asked.iter().map(asked).collect(),
            forms: count(lookup.forms),
            checked: lookup.checked.map(|at| at.0),
        }
    }

    fn log(&self, view: &CallView) -> LogDto {
        let connection = view.log_connection.as_ref();
        let mut log = LogDto {
            state: if view.call.no_log {
                LogStateDto::SetAside
            } else {
                LogStateDto::NotLogged
            },
            connection: connection.map(|info| info.connection.to_string()),
            connection_name: connection.map(|info| info.name.clone()),
            moves: view.log_moves,
            changed: view.changed,
            ..LogDto::default()
        };
        match &view.write {
            Some(write) => self.written(&mut log, write),
            None => self.planned(&mut log, &view.call),
        }
        if let Some(creation) = view.creation.as_ref().filter(|new| new.log || view.write.is_none()) {
            self.log_on_new(&mut log, creation);
        }
        log
    }

    fn written(&self, log: &mut LogDto, write: &Write) {
        let (state, failure) = match &write.state {
            WriteState::Waiting(failure) => (LogStateDto::Waiting, failure.as_ref()),
            WriteState::Logged(_) => (LogStateDto::Logged, None),
            WriteState::Refused(failure) => (LogStateDto::Refused, Some(failure)),
            WriteState::Unsure(failure) => (LogStateDto::Unsure, Some(failure)),
            WriteState::Dropped => (LogStateDto::SetAside, None),
        };
        log.state = state;
        log.write = Some(write.id.to_string());
        log.connection = Some(write.connection.to_string());
        log.connection_name = Some(self.connection_name(&write.connection));
        log.contact = Some(ContactRefDto::from(&write.entry.contact));
        log.contact_name = Some(write.entry.contact_name.clone());
        if let WriteState::Logged(reference) = &write.state {
            log.url.clone_from(&reference.url);
        }
        if state == LogStateDto::Waiting {
            log.next_try = write.next_try.map(|at| at.0);
        }
        if state == LogStateDto::Logged {
            log.said.clone_from(&write.said);
        }
        if let Some(Failure {
            kind,
            message,
            hint,
            field,
        }) = failure
        {
            log.field.clone_from(field);
            log.code = Some(kind.code().to_owned());
            log.message = Some(message.clone());
            log.hint.clone_from(hint);
        }
    }

    /// Where it would be logged: on the chosen contact, if that lies in the connection.
    fn planned(&self, log: &mut LogDto, call: &Call) {
        let Some(choice) = &call.choice else { return };
        log.contact = Some(ContactRefDto::from(&choice.contact.id));
        log.contact_name = Some(choice.contact.name.clone());
    }
}

/// A name as long as the card would show it.
fn short(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(LONGEST_NAME).collect())
}

fn chosen((name, value): &(String, String)) -> ChosenFieldDto {
    ChosenFieldDto {
        name: name.clone(),
        value: value.clone(),
    }
}

/// What a command or a draft gives for fields.
#[must_use]
pub fn values(fields: Vec<ChosenFieldDto>) -> Vec<(String, String)> {
    fields.into_iter().map(|field| (field.name, field.value)).collect()
}

/// The fields of one contact's log, with their choices.
#[must_use]
pub fn log_fields(contact: Option<&ContactRef>, fields: Vec<LogField>) -> LogFieldsDto {
    let field = |field: LogField| LogFieldDto {
        name: field.name,
        label: field.label,
        required: field.required,
        typed: field.typed,
        default: field.default,
        options: field.options.iter().map(FieldOptionDto::from).collect(),
        failed: field.failed,
    };
    LogFieldsDto {
        contact: contact.map(ContactRefDto::from),
        fields: fields.into_iter().map(field).collect(),
    }
}

fn asked(asked: &view::Asked) -> AskedDto {
    let (state, message) = match &asked.state {
        view::AskedState::Asking => (AskedState::Asking, None),
        view::AskedState::Slow => (AskedState::Slow, None),
        view::AskedState::Found => (AskedState::Found, None),
        view::AskedState::Partly(part) => (AskedState::Found, Some(part.why.clone())),
        view::AskedState::NotFound => (AskedState::NotFound, None),
        view::AskedState::Failed(why) => (AskedState::Failed, Some(why.clone())),
        view::AskedState::Skipped(why) => (AskedState::Skipped, Some((*why).to_owned())),
    };
    AskedDto {
        connection: asked.info.connection.to_string(),
        name: asked.info.name.clone(),
        state,
        message,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ringside_domain::{
        CallState, Direction, EndReason, SourceId, Timestamp,
        call::Route,
        phone::{Home, read},
    };

    use super::*;
    use crate::call::CallStateDto;

    #[test]
    fn how_a_call_came_here_is_told_with_every_kind_of_party() {
        let home = Home::default();
        let party = |raw: &str, display: Option<&str>| Party {
            reading: read(raw, &home),
            display: display.map(str::to_owned),
        };
        let call = Call {
            id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            direction: Direction::In,
            state: CallState::Ended(EndReason::Forwarded),
            remote: party("+14155550100", None),
            line: None,
            route: Route {
                queue: Some("Sales".to_owned()),
                diverted_by: vec![party("sip:204@pbx", Some("Front desk")), party("anonymous", None)],
            },
            provider_call_id: None,
            trust: Trust::Trusted,
            rehearsal: false,
            source: SourceId::new("sip"),
            started: Timestamp(0),
            zone: "UTC".to_owned(),
            answered: None,
            ended: None,
            talked: None,
            choice: None,
            note: String::new(),
            outcome: None,
            fields: Vec::new(),
            no_log: false,
        };
        let words = Words {
            home: &home,
            connections: &[],
            logs_rehearsals: false,
        };
        let dto = words.call(&CallView {
            call,
            card: true,
            lookup: LookupView::default(),
            write: None,
            log_connection: None,
            log_moves: false,
            changed: false,
            twins: Vec::new(),
            never_log: None,
            vip: false,
            undo: None,
            creation: None,
        });
        assert_eq!((dto.state, dto.is_over), (CallStateDto::Forwarded, true));
        assert_eq!(dto.queue.as_deref(), Some("Sales"));
        let [desk, withheld] = &dto.diverted_by[..] else {
            unreachable!("two of them")
        };
        assert_eq!((desk.kind, desk.text.as_str()), (CallerKind::Extension, "ext. 204"));
        assert_eq!(desk.display.as_deref(), Some("Front desk"));
        assert_eq!((withheld.kind, withheld.text.as_str()), (CallerKind::Withheld, ""));
    }
}
