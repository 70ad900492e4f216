//! The real journal, which says aloud what is durable, and can stand still right there.

use std::{io::Write as _, sync::Arc};

use async_trait::async_trait;
use ringside_domain::{
    Call, CallId, Contact, ContactRef, Creation, CreationId, CreationState, Journal, Outcome, Result, Timestamp, Trace,
    Write, WriteId, WriteState,
    journal::{CallPage, StepRecord, StepState, WriteKind},
};
use ringside_store::Store;

pub struct Saying {
    pub journal: Store,
    /// Nothing goes on after this line.
    pub hold: Option<Arc<str>>,
}

pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The parent may be gone; then there is nobody to tell.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

impl Saying {
    async fn say(&self, line: &str) {
        say(line);
        if self.hold.as_deref() == Some(line) {
            std::future::pending::<()>().await;
        }
    }
}

fn is_update(write: &Write) -> bool {
    matches!(write.kind, WriteKind::Update(_))
}

#[async_trait]
impl Journal for Saying {
    async fn save_call(&self, call: Call) -> Result<()> {
        self.journal.save_call(call).await?;
        self.say("call").await;
        Ok(())
    }

    async fn save_note(&self, call: CallId, note: String, outcome: Option<Outcome>) -> Result<()> {
        let piece = note.matches("note ").count();
        self.journal.save_note(call, note, outcome).await?;
        self.say(&format!("note {piece}")).await;
        Ok(())
    }

    async fn owe(&self, write: Write) -> Result<Write> {
        let owed = self.journal.owe(write).await?;
        self.say(if is_update(&owed) { "owed update" } else { "owed" }).await;
        Ok(owed)
    }

    async fn update_write(&self, write: Write) -> Result<()> {
        let state = match write.state {
            WriteState::Waiting(_) => "waiting",
            WriteState::Logged(_) => "logged",
            WriteState::Refused(_) => "refused",
            WriteState::Unsure(_) => "unsure",
            WriteState::Dropped => "dropped",
        };
        let what = if is_update(&write) { "update" } else { "write" };
        let wanted = write.wanted.is_some() && matches!(write.state, WriteState::Waiting(_));
        self.journal.update_write(write).await?;
        let state = if wanted { "wanted" } else { state };
        self.say(&format!("{what} {state}")).await;
        Ok(())
    }

    async fn save_step(&self, write: WriteId, step: StepRecord) -> Result<()> {
        let state = match step.state {
            StepState::Sent => "sent",
            StepState::Answered(_) => "answered",
            StepState::NotDone => "not done",
        };
        let line = format!("step {} {state}", step.step);
        if step.state == StepState::Sent {
            // A death between the row and its line must not look like a step that nobody meant to send.
            self.say(&format!("step {} begins", step.step)).await;
        }
        self.journal.save_step(write, step).await?;
        self.say(&line).await;
        Ok(())
    }

    async fn save_fields(&self, call: CallId, contact: ContactRef, fields: Vec<(String, String)>) -> Result<()> {
        self.journal.save_fields(call, contact, fields).await?;
        self.say("fields").await;
        Ok(())
    }

    async fn save_creation(&self, creation: Creation) -> Result<()> {
        let state = match creation.state {
            CreationState::Waiting(_) => "waiting",
            CreationState::Sent(_) => "sent",
            CreationState::Created(_) => "created",
            CreationState::Finished(_) => "finished",
            CreationState::Refused(_) => "refused",
            CreationState::Unsure(_) => "unsure",
            CreationState::Undone => "undone",
        };
        self.journal.save_creation(creation).await?;
        self.say(&format!("creation {state}")).await;
        Ok(())
    }

    async fn creation(&self, id: CreationId) -> Result<Option<Creation>> {
        self.journal.creation(id).await
    }
    async fn open_creations(&self) -> Result<Vec<Creation>> {
        self.journal.open_creations().await
    }
    async fn forget_creation(&self, id: CreationId) -> Result<()> {
        self.journal.forget_creation(id).await
    }
    async fn forget_creations(&self, older_than: Timestamp) -> Result<()> {
        self.journal.forget_creations(older_than).await
    }

    async fn linked(&self, e164: String) -> Result<Option<Contact>> {
        self.journal.linked(e164).await
    }
    async fn link(&self, e164: String, contact: Contact, at: Timestamp) -> Result<()> {
        self.journal.link(e164, contact, at).await
    }
    async fn call(&self, id: CallId) -> Result<Option<Call>> {
        self.journal.call(id).await
    }
    async fn calls(&self, page: CallPage) -> Result<Vec<Call>> {
        self.journal.calls(page).await
    }
    async fn open_calls(&self) -> Result<Vec<Call>> {
        self.journal.open_calls().await
    }
    async fn open_writes(&self) -> Result<Vec<Write>> {
        self.journal.open_writes().await
    }
    async fn writes_of(&self, call: CallId) -> Result<Vec<Write>> {
        self.journal.writes_of(call).await
    }
    async fn write(&self, id: WriteId) -> Result<Option<Write>> {
        self.journal.write(id).await
    }
    async fn steps(&self, write: WriteId) -> Result<Vec<StepRecord>> {
        self.journal.steps(write).await
    }
    async fn remembered_choice(&self, e164: String) -> Result<Option<ContactRef>> {
        self.journal.remembered_choice(e164).await
    }
    async fn remember_choice(&self, e164: String, contact: Option<ContactRef>, at: Timestamp) -> Result<()> {
        self.journal.remember_choice(e164, contact, at).await
    }
    async fn save_trace(&self, trace: Trace) -> Result<()> {
        self.journal.save_trace(trace).await
    }
    async fn traces(&self, call: CallId) -> Result<Vec<Trace>> {
        self.journal.traces(call).await
    }
    async fn forget_traces(&self, older_than: Timestamp) -> Result<()> {
        self.journal.forget_traces(older_than).await
    }

    async fn forget_calls(&self, older_than: Timestamp, except: Vec<CallId>, most: usize) -> Result<usize> {
        self.journal.forget_calls(older_than, except, most).await
    }
}
