//! Choosing whom a call is about, and owing its log to a CRM.
//!
//! Whatever is asked for here is a row in the journal before it is a request. One call has one log a connection: asking
//! again changes that log. A later note, an end that came after the log, or another contact is owed as an update.

mod owe;

use ringside_domain::{
    Call, CallId, Contact, ContactRef, Error, Kind, Result, Write, WriteId, WriteState,
    call::{CallState, Choice, ChosenBy, EndReason},
    journal::{StepRecord, StepState, WriteKind},
    log::{CallLogEntry, LOG_STEP},
    phone::Reading,
};

use crate::{
    callbook::Input,
    config::NeverLog,
    delivery,
    engine::{Engine, read_lock},
    undo::{ChoiceBefore, Undo},
    view::{CallView, Connection, Decision, LookupView, Update},
};

impl Engine {
    /// Assigns a contact to the call, or none, and remembers it for the next call from this number.
    ///
    /// # Errors
    /// When there is no such call or contact, or the journal can't be written.
    pub async fn choose(&self, id: CallId, contact: Option<ContactRef>) -> Result<CallView> {
        self.adopt(id).await?;
        let choice = match contact {
            Some(contact) => Some(Choice {
                contact: self.known_contact(id, contact).await?,
                by: ChosenBy::Person,
            }),
            None => None,
        };
        let before = self.choice_before(id).await;
        let waited = self.waiting_for(id).filter(|_| choice.is_some());
        let before = before.filter(|before| before.choice != choice || waited.is_some());
        self.apply(Input::Choose {
            call: id,
            choice: choice.clone(),
        });
        if let Some(before) = before {
            let undo = Undo::Choice(Box::new(ChoiceBefore { waited, ..before }));
            self.apply(Input::Undoable { call: id, undo });
        }
        self.save_choice(id, choice).await?;
        self.view_of(id)
    }

    pub(crate) async fn set_choice(&self, id: CallId, choice: Option<Choice>) -> Result<()> {
        self.apply(Input::Choose {
            call: id,
            choice: choice.clone(),
        });
        self.save_choice(id, choice).await
    }

    async fn save_choice(&self, id: CallId, choice: Option<Choice>) -> Result<()> {
        let number = self.book().get(id).and_then(|entry| e164(&entry.call.remote.reading));
        let contact = choice.map(|choice| choice.contact.id);
        self.unassign_creation(id, contact.as_ref()).await?;
        self.shared.saver.flush().await?;
        match number {
            Some(number) => {
                self.shared
                    .journal
                    .remember_choice(number, contact, self.shared.clock.now().wall)
                    .await
            }
            None => Ok(()),
        }
    }

    /// Logs the call on its contact, or on another one: an earlier log is moved there. Answers when the write is in the
    /// journal; the CRM's answer comes as an update. While the contact is still to be created, the wish is in the journal,
    /// and the log follows the contact.
    ///
    /// # Errors
    /// When calls with this number are never logged, when nobody is chosen, when the connection can't log, when a log of this call is just being sent, or when the
    /// journal can't be written.
    pub async fn log(&self, id: CallId, contact: Option<ContactRef>) -> Result<CallView> {
        self.adopt(id).await?;
        if let Some(why) = self.view_of(id)?.never_log {
            return Err(barred(why));
        }
        if let Some(contact) = contact {
            self.choose(id, Some(contact)).await?;
        }
        let _turn = self.shared.orderly.lock().await;
        self.adopt(id).await?;
        self.apply(Input::SetAside {
            call: id,
            no_log: false,
        });
        self.shared.saver.flush().await?;
        if self.log_after_creation(id, true).await? {
            return self.view_of(id);
        }
        let call = self.view_of(id)?.call;
        let Some(choice) = &call.choice else {
            return Err(Error::new(Kind::Invalid, "log_call", "Nobody is chosen for this call")
                .field("contact")
                .hint("Choose, search or create the contact first"));
        };
        let connection = self.connection_of(&choice.contact)?;
        let entry = entry(&call, &choice.contact, &connection);
        let open: Vec<Write> = self
            .writes_of(id)
            .into_iter()
            .filter(|write| write.state != WriteState::Dropped)
            .collect();
        self.owe(&call, &connection, entry, &open).await?;
        self.view_of(id)
    }

    /// A person decides a write that only a person can decide.
    ///
    /// # Errors
    /// When the write is not of this call or needs no decision, or the journal can't be written.
    pub async fn settle(&self, id: CallId, write: WriteId, decision: Decision) -> Result<CallView> {
        let _turn = self.shared.orderly.lock().await;
        self.adopt(id).await?;
        let write = self.writes_of(id).into_iter().find(|known| known.id == write);
        let write = write.ok_or_else(|| Error::new(Kind::NotFound, "settle", "This call has no such write"))?;
        let write = self.shared.delivery.decide(write.id, decision).await?;
        self.write_changed(write);
        self.shared.wake.notify_one();
        self.view_of(id)
    }

    /// Tries the waiting writes of a call now.
    ///
    /// # Errors
    /// When there is no such call, or the journal can't be written.
    pub async fn retry(&self, id: CallId) -> Result<CallView> {
        self.adopt(id).await?;
        for write in self.writes_of(id) {
            if matches!(write.state, WriteState::Waiting(_)) {
                let write = self.shared.delivery.decide(write.id, Decision::SendAgain).await?;
                self.remember_write(write);
            }
        }
        self.shared.wake.notify_one();
        self.view_of(id)
    }

    /// The call is over: each of its logs that was written, or is owed, without its end gets it. One that is just being sent
    /// gets it when its answer is there, one whose change was refused when a person has decided about that.
    pub(crate) async fn complete_log(&self, id: CallId) {
        let _turn = self.shared.orderly.lock().await;
        let Some(call) = self.over(id) else { return };
        for write in self.stale_logs(&call) {
            if let Err(error) = self.complete(&call, &write).await {
                tracing::warn!(
                    kind = error.kind.code(),
                    "the end of a call could not be added to its log"
                );
            }
        }
    }

    async fn complete(&self, call: &Call, write: &Write) -> Result<()> {
        let logged = write.wanted.as_deref().unwrap_or(&write.entry);
        let only_its_end = || CallLogEntry {
            duration: call.talked,
            end: end_of(call),
            ..logged.clone()
        };
        if matches!(write.state, WriteState::Refused(_)) {
            // Nobody said to send it again. When they do, or give it up, nothing is left to be told.
            if let Some(amended) = self.shared.delivery.amend(write.id, only_its_end()).await? {
                self.write_changed(amended);
            }
            return Ok(());
        }
        let is_its = |known: &Connection| known.connector.info().connection == write.connection;
        let Some(connection) = self.connections().into_iter().find(is_its) else {
            return Ok(());
        };
        let given_up = self.given_up_since(write);
        if given_up.iter().any(|write| write.entry == only_its_end()) {
            return Ok(());
        }
        let entry = match &call.choice {
            Some(choice) if choice.contact.id == logged.contact => entry(call, &choice.contact, &connection),
            // The card may be about somebody else by now. Nobody asked for another log, and this one gets its end.
            _ => only_its_end(),
        };
        let was_given_up = given_up.iter().any(|write| says_the_same(&write.entry, &entry));
        let entry = if was_given_up { only_its_end() } else { entry };
        // Another machine's log without a note of ours: an update would take the place of theirs.
        let is_log = matches!((&write.state, &write.kind), (WriteState::Logged(_), WriteKind::Log));
        if is_log && entry.note.trim().is_empty() && !self.was_made_here(write.id).await {
            return Ok(());
        }
        if connection.connector.capability().update_log {
            return self.owe(call, &connection, entry, std::slice::from_ref(write)).await;
        }
        // Nobody asked for a change that would be refused.
        self.amend(write, entry).await.map(|_| ())
    }

    /// Whether a person decided, or is still to decide, about this very log of the call, with these words: no rule sends it then.
    pub(crate) fn was_decided(&self, call: &Call) -> bool {
        let Some(choice) = &call.choice else { return false };
        let Ok(connection) = self.connection_of(&choice.contact) else {
            return false;
        };
        let mut writes = self.writes_of(call.id);
        writes.retain(|write| write.connection == choice.contact.id.connection);
        let live = writes.iter().rposition(|write| write.state != WriteState::Dropped);
        let wanted = entry(call, &choice.contact, &connection);
        let is_refused = |write: &Write| {
            let asked = write.wanted.as_deref().unwrap_or(&write.entry);
            matches!(write.state, WriteState::Refused(_)) && says_the_same(asked, &wanted)
        };
        live.is_some_and(|at| is_refused(&writes[at]))
            || writes[live.map_or(0, |at| at + 1)..]
                .iter()
                .any(|given_up| says_the_same(&given_up.entry, &wanted))
    }

    /// Changes of this log that a person gave up: what they were is not sent once more unasked.
    fn given_up_since(&self, write: &Write) -> Vec<Write> {
        let mut writes = self.writes_of(write.call);
        writes.retain(|other| {
            other.state == WriteState::Dropped
                && other.connection == write.connection
                && (other.created, other.id) > (write.created, write.id)
        });
        writes
    }

    async fn was_made_here(&self, write: WriteId) -> bool {
        let steps = self.shared.journal.steps(write).await.unwrap_or_default();
        let made = |step: &StepRecord| step.step == LOG_STEP && matches!(step.state, StepState::Answered(_));
        steps.iter().any(made)
    }

    /// Delivery has news of a write.
    pub(crate) fn write_changed(&self, write: Write) {
        let id = write.call;
        // One that waits may have been held for an end that came just then; behind one that was given up stands an earlier one.
        let settled = matches!(
            write.state,
            WriteState::Logged(_) | WriteState::Waiting(Some(_)) | WriteState::Dropped
        );
        self.remember_write(write);
        if let Ok(view) = self.view_of(id) {
            let over = view.call.state.is_over();
            self.tell(Update::Call(Box::new(view)));
            if settled && over {
                let engine = self.clone();
                tokio::spawn(async move { engine.complete_log(id).await });
            }
        }
        self.tell(Update::Counts);
    }

    pub(crate) fn view(&self, call: Call, lookup: LookupView) -> CallView {
        let chosen = call.choice.as_ref().map(|choice| &choice.contact.id.connection);
        let mut writes = self.writes_of(call.id);
        writes.retain(|write| write.state != WriteState::Dropped);
        // What only a person can decide is not hidden by another choice, nor by a log elsewhere that got its end since.
        let is_theirs = |write: &Write| matches!(write.state, WriteState::Refused(_) | WriteState::Unsure(_));
        let rank = |write: &&Write| (is_theirs(write), Some(&write.connection) == chosen);
        let write = writes.iter().max_by_key(rank).cloned();
        let creation = self.creation_of(call.id);
        let wanted = creation.as_ref().map(|creation| &creation.draft.connection).or(chosen);
        let place = write.as_ref().map(|write| &write.connection).or(wanted);
        let connector = place.and_then(|id| self.shared.connector(id));
        let log_moves = connector.as_ref().is_some_and(|connector| {
            let capability = connector.capability();
            capability.moves_logs || capability.find_log
        });
        let log_connection = connector.map(|connector| connector.info());
        let changed = match (&write, &call.choice) {
            (
                Some(Write {
                    state: WriteState::Logged(_),
                    entry: logged,
                    ..
                }),
                Some(choice),
            ) => {
                logged.note != call.note
                    || logged.outcome != call.outcome
                    || logged.fields != call.fields
                    || logged.contact != choice.contact.id
            }
            _ => false,
        };
        let known = self
            .book()
            .get(call.id)
            .map(|entry| (entry.twins.clone(), entry.has_card()));
        let (twins, card) = known.unwrap_or_default();
        let (never_log, vip) = {
            let config = read_lock(&self.shared.config);
            let caller = &call.remote.reading;
            (config.never_logs(caller), config.is_vip(caller))
        };
        CallView {
            card,
            twins,
            creation,
            never_log,
            vip,
            undo: self.undo_of(&call),
            call,
            lookup,
            write,
            log_connection,
            log_moves,
            changed,
        }
    }

    fn over(&self, id: CallId) -> Option<Call> {
        let book = self.book();
        let call = &book.get(id)?.call;
        call.state.is_over().then(|| call.clone())
    }

    /// Of a call that is over, the newest write of each connection that does not say so, in the order in which they were owed.
    /// What follows a log that is there is a new row; what was refused or waits is amended, and stays as old as it is.
    fn stale_logs(&self, call: &Call) -> Vec<Write> {
        let mut newest: Vec<Write> = Vec::new();
        let writes = self.writes_of(call.id).into_iter().rev();
        for write in writes.filter(|write| write.state != WriteState::Dropped) {
            if newest.iter().all(|known| known.connection != write.connection) {
                newest.push(write);
            }
        }
        newest.retain(|write| {
            let entry = write.wanted.as_deref().unwrap_or(&write.entry);
            let stale = entry.duration != call.talked || entry.end != end_of(call);
            stale && !matches!(write.state, WriteState::Unsure(_))
        });
        newest.reverse();
        newest
    }

    pub(crate) fn connection_of(&self, contact: &Contact) -> Result<Connection> {
        let found = self
            .connections()
            .into_iter()
            .find(|c| c.connector.info().connection == contact.id.connection);
        found.ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                "connection",
                "The connection of this contact was removed",
            )
            .hint("Choose a contact of another connection, or add it again")
        })
    }
}

fn barred(why: NeverLog) -> Error {
    let (words, hint) = match why {
        NeverLog::OwnNumber => (
            "This call is with one of your own numbers, and those are never logged",
            "Take the number off the list of your own numbers in the settings, then log the call",
        ),
        NeverLog::Listed => (
            "Calls with this number are never logged, because it is on your list",
            "Take the number off the list of numbers never to log in the settings, then log the call",
        ),
    };
    Error::new(Kind::Conflict, "log_call", words).field("number").hint(hint)
}

/// A call as it is to be logged on a contact.
pub(crate) fn entry(call: &Call, contact: &Contact, connection: &Connection) -> CallLogEntry {
    CallLogEntry {
        contact: contact.id.clone(),
        contact_name: contact.name.clone(),
        direction: call.direction,
        number: match &call.remote.reading {
            Reading::Number(number) => Some(number.e164().to_owned()),
            Reading::Extension(extension) => Some(extension.as_str().to_owned()),
            Reading::SipAddress(address) => Some(address.as_str().to_owned()),
            Reading::Withheld | Reading::Unreadable(_) => None,
        },
        line: call.line.clone(),
        started: call.started,
        zone: call.zone.clone(),
        duration: call.talked,
        end: end_of(call),
        outcome: call.outcome,
        note: call.note.clone(),
        marker: delivery::marker(
            &connection.account,
            call.line.as_deref(),
            call.provider_call_id.as_deref(),
            call.id,
        ),
        fields: call.fields.clone(),
    }
}

/// But for the end of the call, which nobody typed.
fn says_the_same(one: &CallLogEntry, other: &CallLogEntry) -> bool {
    (&one.contact, &one.note, one.outcome, &one.fields) == (&other.contact, &other.note, other.outcome, &other.fields)
}

fn end_of(call: &Call) -> Option<EndReason> {
    match call.state {
        CallState::Ended(reason) => Some(reason),
        _ => None,
    }
}

pub(crate) fn e164(reading: &Reading) -> Option<String> {
    match reading {
        Reading::Number(number) => Some(number.e164().to_owned()),
        _ => None,
    }
}
