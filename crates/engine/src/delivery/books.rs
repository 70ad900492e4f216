//! The books: every change of a write goes through here, one at a time, and so does what follows from it.

use ringside_domain::{
    CallLogEntry, Error, Kind, LogRef, Result, Timestamp, Write, WriteId, WriteState,
    journal::{StepState, WriteKind},
};

use super::{Delivery, steps::Steps};

impl Delivery {
    /// Keeps what a log that is on its way is to be in the end: it is owed as an update as soon as the log is there, and sent
    /// instead of the first content where it never got there. `None`: it is settled by now.
    ///
    /// # Errors
    /// The journal's.
    pub async fn want(&self, id: WriteId, entry: CallLogEntry) -> Result<Option<Write>> {
        let _books = self.books.lock().await;
        let mut write = self.load(id).await?;
        if matches!(write.state, WriteState::Logged(_) | WriteState::Dropped) {
            return Ok(None);
        }
        write.wanted = (write.entry != entry).then(|| Box::new(entry));
        self.journal.update_write(write.clone()).await?;
        Ok(Some(write))
    }

    pub(super) async fn load(&self, id: WriteId) -> Result<Write> {
        let gone = || Error::new(Kind::NotFound, "deliver", "this write is no longer in the journal");
        self.journal.write(id).await?.ok_or_else(gone)
    }

    /// Reads a write, changes it and writes it back, and nobody comes in between. Of a log that is there by then, what was
    /// wanted meanwhile is owed before that is written down.
    pub(super) async fn change(&self, id: WriteId, change: impl FnOnce(&mut Write)) -> Result<Write> {
        let _books = self.books.lock().await;
        let mut write = self.load(id).await?;
        change(&mut write);
        match &write.state {
            WriteState::Logged(log) => {
                let log = log.clone();
                let wanted = write.wanted.take().filter(|wanted| **wanted != write.entry);
                if let Some(wanted) = wanted {
                    let kind = WriteKind::Update(log);
                    // Before a crash in between, perhaps.
                    let owed = self.journal.writes_of(write.call).await?.into_iter().any(|other| {
                        other.kind == kind
                            && other.connection == write.connection
                            && other.entry == *wanted
                            && matches!(other.state, WriteState::Waiting(_))
                    });
                    if !owed {
                        self.owe(&write, kind, *wanted).await?;
                    }
                }
            }
            WriteState::Dropped => write.wanted = None,
            WriteState::Waiting(_) | WriteState::Refused(_) | WriteState::Unsure(_) => {}
        }
        self.journal.update_write(write.clone()).await?;
        Ok(write)
    }

    /// Takes into the books what follows a write, and is newer.
    async fn owe(&self, after: &Write, kind: WriteKind, entry: CallLogEntry) -> Result<()> {
        let write = Write {
            id: WriteId::new(&*self.clock, &*self.random),
            call: after.call,
            connection: after.connection.clone(),
            kind,
            entry,
            state: WriteState::Waiting(None),
            attempts: 0,
            created: self.now().max(Timestamp(after.created.0.saturating_add(1))),
            last_sent: None,
            next_try: None,
            said: None,
            wanted: None,
            resent: 0,
        };
        let owed = self.journal.owe(write).await?;
        self.tell(owed);
        Ok(())
    }

    /// A log that was to be changed is not in the CRM any more: the call is logged anew, as it was to be. Everything that is
    /// known of the old log is given up first, for a call has one log a connection.
    pub(super) async fn log_anew(&self, update: &Write, gone: &LogRef) -> Result<Write> {
        self.give_up(update, gone).await?;
        // In one turn: a wish that comes in between would be lost with the change.
        let _books = self.books.lock().await;
        let mut now = self.load(update.id).await?;
        let entry = now.wanted.as_deref().unwrap_or(&now.entry).clone();
        self.owe(update, WriteKind::Log, entry).await?;
        (now.state, now.next_try, now.wanted) = (WriteState::Dropped, None, None);
        self.journal.update_write(now.clone()).await?;
        Ok(now)
    }

    /// Everything that is known of a log that is not in its CRM any more counts as dropped; the change of it stays as it is.
    pub(super) async fn give_up(&self, update: &Write, gone: &LogRef) -> Result<()> {
        let _books = self.books.lock().await;
        for mut other in self.journal.writes_of(update.call).await? {
            let of_it = matches!(&other.state, WriteState::Logged(log) if log.id == gone.id);
            if of_it && other.id != update.id && other.connection == update.connection {
                (other.state, other.next_try) = (WriteState::Dropped, None);
                self.journal.update_write(other.clone()).await?;
                self.tell(other);
            }
        }
        Ok(())
    }

    /// An earlier log of this call that was given up while it may be in the CRM.
    pub(super) async fn was_given_up(&self, write: &Write) -> Result<Option<Write>> {
        for other in self.journal.writes_of(write.call).await? {
            let log = other.kind == WriteKind::Log && other.connection == write.connection;
            if log && other.id != write.id && other.state == WriteState::Dropped {
                let steps = self.journal.steps(other.id).await?;
                if matches!(Steps::log_of(&steps), Some(StepState::Sent | StepState::Answered(_))) {
                    return Ok(Some(other));
                }
            }
        }
        Ok(None)
    }

    fn tell(&self, write: Write) {
        self.desk().news.push(write);
        self.bell.notify_one();
    }
}
