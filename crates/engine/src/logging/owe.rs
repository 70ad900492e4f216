//! What is owed when somebody logs a call: a new log, another content for one that was not sent yet, a change of one that is
//! there, or a wish beside one that is on its way.

use ringside_domain::{Call, Error, Kind, LogRef, Result, Write, WriteState, journal::WriteKind, log::CallLogEntry};

use crate::{
    engine::Engine,
    view::{Connection, Decision},
};

/// What becomes of a wish to log.
enum Owed {
    /// It is in the journal already.
    Done,
    New(WriteKind),
    /// The answer of the write that it was for came just now: look again.
    Answered,
}

impl Engine {
    /// `earlier` are the call's writes that were not dropped, oldest first.
    pub(super) async fn owe(
        &self,
        call: &Call,
        connection: &Connection,
        entry: CallLogEntry,
        earlier: &[Write],
    ) -> Result<()> {
        let info = connection.connector.info();
        if !connection.connector.capability().log {
            return Err(Error::new(
                Kind::Unsupported,
                "log_call",
                format!("{} does not keep call logs", info.name),
            )
            .hint("Choose a contact of another connection"));
        }
        let here = earlier.iter().rfind(|write| write.connection == info.connection);
        let kind = match self.owed(connection, here, &entry).await? {
            Owed::Done => return Ok(()),
            Owed::New(kind) => kind,
            Owed::Answered => {
                let writes = self.shared.journal.writes_of(call.id).await?;
                let mut there = writes.into_iter().filter(|write| write.state != WriteState::Dropped);
                let here = there.rfind(|write| write.connection == info.connection);
                match self.owed(connection, here.as_ref(), &entry).await? {
                    Owed::Done => return Ok(()),
                    Owed::New(kind) => kind,
                    Owed::Answered => return Err(unknown()),
                }
            }
        };
        let write = Write {
            id: self.shared.new_write_id(),
            call: call.id,
            connection: info.connection,
            kind,
            entry,
            state: WriteState::Waiting(None),
            attempts: 0,
            created: self.shared.clock.now().wall,
            last_sent: None,
            next_try: None,
            said: None,
            wanted: None,
            resent: 0,
        };
        let owed = self.shared.journal.owe(write).await?;
        self.withdraw_elsewhere(earlier, &owed).await?;
        self.write_changed(owed);
        self.shared.wake.notify_one();
        Ok(())
    }

    async fn owed(&self, connection: &Connection, here: Option<&Write>, entry: &CallLogEntry) -> Result<Owed> {
        let Some(write) = here else {
            return Ok(Owed::New(WriteKind::Log));
        };
        if let WriteState::Logged(log) = &write.state {
            return changed(connection, write, log, entry);
        }
        if self.amend(write, entry.clone()).await? {
            return Ok(Owed::Done);
        }
        match &write.state {
            WriteState::Unsure(_) => Err(unknown()),
            _ => match self.shared.delivery.want(write.id, entry.clone()).await? {
                None => Ok(Owed::Answered),
                Some(wanting) if matches!(wanting.state, WriteState::Unsure(_)) => Err(unknown()),
                Some(wanting) => {
                    self.write_changed(self.again(wanting).await?);
                    self.shared.wake.notify_one();
                    Ok(Owed::Done)
                }
            },
        }
    }

    /// Gives a write that was not sent yet, or was refused, another content. `false`: too late for that.
    pub(super) async fn amend(&self, write: &Write, entry: CallLogEntry) -> Result<bool> {
        let Some(amended) = self.shared.delivery.amend(write.id, entry).await? else {
            return Ok(false);
        };
        self.write_changed(self.again(amended).await?);
        self.shared.wake.notify_one();
        Ok(true)
    }

    /// What was refused, or waits for a person, is tried with what they gave it; nothing else is hurried.
    async fn again(&self, write: Write) -> Result<Write> {
        let for_a_person = matches!(write.state, WriteState::Waiting(Some(_))) && write.next_try.is_none();
        if for_a_person || matches!(write.state, WriteState::Refused(_)) {
            return self.shared.delivery.decide(write.id, Decision::SendAgain).await;
        }
        Ok(write)
    }

    /// A log that was owed to another connection and never went out is not sent any more.
    async fn withdraw_elsewhere(&self, earlier: &[Write], owed: &Write) -> Result<()> {
        for write in earlier.iter().filter(|write| write.connection != owed.connection) {
            let unsent = self
                .shared
                .delivery
                .amend(write.id, write.entry.clone())
                .await?
                .is_some();
            if unsent {
                self.remember_write(self.shared.delivery.decide(write.id, Decision::Drop).await?);
            }
        }
        Ok(())
    }
}

fn changed(connection: &Connection, write: &Write, log: &LogRef, entry: &CallLogEntry) -> Result<Owed> {
    if write.entry == *entry {
        return Ok(Owed::Done);
    }
    let capability = connection.connector.capability();
    // Where it can be searched, delivery sees whether the log was deleted for it.
    if write.entry.contact != entry.contact && !capability.moves_logs && !capability.find_log {
        let name = connection.connector.info().name;
        return Err(Error::new(
            Kind::Unsupported,
            "log_call",
            format!("{name} cannot move a log to another person"),
        )
        .hint(format!("Change it in {name} itself")));
    }
    Ok(Owed::New(WriteKind::Update(log.clone())))
}

fn unknown() -> Error {
    Error::new(
        Kind::Conflict,
        "log_call",
        "It is not known whether the log of this call is in the CRM",
    )
    .hint("Look there first, then say here whether it is")
}
