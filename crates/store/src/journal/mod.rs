//! The journal. Every method is one transaction, durable when it returns.

mod calls;
mod creations;
mod memory;
mod retention;
mod writes;

use async_trait::async_trait;
use ringside_domain::{
    Call, CallId, Contact, ContactRef, Creation, CreationId, Journal, Outcome, Result, Timestamp, Trace, Write,
    WriteId,
    journal::{CallPage, StepRecord},
};

use rusqlite::{Connection, TransactionBehavior};

use crate::{Store, error::Answer, file::Database, rows::creation::CreationColumns};

#[async_trait]
impl Journal for Store {
    async fn save_call(&self, call: Call) -> Result<()> {
        let saved = self.now();
        let kept = self.change("save_call", move |db| {
            calls::save(&mut db.conn, &call, saved)?;
            unsaved(db)
        });
        if let Some(unsaved) = kept.await? {
            self.set_unsaved(unsaved);
        }
        Ok(())
    }

    async fn save_note(&self, call: CallId, note: String, outcome: Option<Outcome>) -> Result<()> {
        let saved = self.now();
        self.change("save_note", move |db| {
            calls::save_note(&db.conn, call, &note, outcome, saved)
        })
        .await
    }

    async fn save_fields(&self, call: CallId, contact: ContactRef, fields: Vec<(String, String)>) -> Result<()> {
        let saved = self.now();
        self.change("save_fields", move |db| {
            calls::save_fields(&db.conn, call, &contact, &fields, saved)
        })
        .await
    }

    async fn call(&self, id: CallId) -> Result<Option<Call>> {
        self.ask("call", move |db| calls::one(&db.conn, id)).await
    }

    async fn calls(&self, page: CallPage) -> Result<Vec<Call>> {
        self.ask("calls", move |db| calls::page(&db.conn, &page)).await
    }

    async fn open_calls(&self) -> Result<Vec<Call>> {
        self.ask("open_calls", |db| calls::open(&db.conn)).await
    }

    async fn owe(&self, write: Write) -> Result<Write> {
        let saved = self.now();
        self.change("owe", move |db| writes::owe(&mut db.conn, &write, saved))
            .await
    }

    async fn update_write(&self, write: Write) -> Result<()> {
        let saved = self.now();
        self.change("update_write", move |db| writes::update(&db.conn, &write, saved))
            .await
    }

    async fn open_writes(&self) -> Result<Vec<Write>> {
        self.ask("open_writes", |db| writes::open(&db.conn)).await
    }

    async fn writes_of(&self, call: CallId) -> Result<Vec<Write>> {
        self.ask("writes_of", move |db| writes::of_call(&db.conn, call)).await
    }

    async fn write(&self, id: WriteId) -> Result<Option<Write>> {
        self.ask("write", move |db| writes::one(&db.conn, id)).await
    }

    async fn save_step(&self, write: WriteId, step: StepRecord) -> Result<()> {
        let saved = self.now();
        self.change("save_step", move |db| writes::save_step(&db.conn, write, &step, saved))
            .await
    }

    async fn steps(&self, write: WriteId) -> Result<Vec<StepRecord>> {
        self.ask("steps", move |db| writes::steps(&db.conn, write)).await
    }

    async fn save_creation(&self, creation: Creation) -> Result<()> {
        let saved = self.now();
        let kept = self.change("save_creation", move |db| {
            creations::save(&db.conn, &creation, saved)?;
            unsaved(db)
        });
        if let Some(unsaved) = kept.await? {
            self.set_unsaved(unsaved);
        }
        Ok(())
    }

    async fn creation(&self, id: CreationId) -> Result<Option<Creation>> {
        self.ask("creation", move |db| creations::one(&db.conn, id)).await
    }

    async fn open_creations(&self) -> Result<Vec<Creation>> {
        self.ask("open_creations", |db| creations::open(&db.conn)).await
    }

    async fn forget_creation(&self, id: CreationId) -> Result<()> {
        self.change("forget_creation", move |db| creations::forget(&db.conn, id))
            .await
    }

    async fn forget_creations(&self, older_than: Timestamp) -> Result<()> {
        self.change("forget_creations", move |db| {
            creations::forget_settled(&db.conn, older_than)
        })
        .await
    }

    async fn remembered_choice(&self, e164: String) -> Result<Option<ContactRef>> {
        self.ask("remembered_choice", move |db| memory::choice(&db.conn, &e164))
            .await
    }

    async fn remember_choice(&self, e164: String, contact: Option<ContactRef>, at: Timestamp) -> Result<()> {
        self.change("remember_choice", move |db| {
            memory::choose(&db.conn, &e164, contact.as_ref(), at)
        })
        .await
    }

    async fn linked(&self, e164: String) -> Result<Option<Contact>> {
        self.ask("linked", move |db| memory::linked(&db.conn, &e164)).await
    }

    async fn link(&self, e164: String, contact: Contact, at: Timestamp) -> Result<()> {
        self.change("link", move |db| {
            let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            memory::link(&tx, &e164, &contact, at)?;
            Ok(tx.commit()?)
        })
        .await
    }

    async fn save_trace(&self, trace: Trace) -> Result<()> {
        self.change("save_trace", move |db| memory::save_trace(&db.conn, &trace))
            .await
    }

    async fn traces(&self, call: CallId) -> Result<Vec<Trace>> {
        self.ask("traces", move |db| memory::traces(&db.conn, call)).await
    }

    async fn forget_traces(&self, older_than: Timestamp) -> Result<()> {
        self.change("forget_traces", move |db| memory::forget_traces(&db.conn, older_than))
            .await
    }

    async fn forget_calls(&self, older_than: Timestamp, except: Vec<CallId>, most: usize) -> Result<usize> {
        let forgotten = self.change("forget_calls", move |db| {
            let forgotten = retention::forget(&mut db.conn, older_than, &except, most)?;
            Ok((forgotten, unsaved(db)?))
        });
        let (forgotten, unsaved) = forgotten.await?;
        if let Some(unsaved) = unsaved {
            self.set_unsaved(unsaved);
        }
        Ok(forgotten)
    }
}

/// Every contact that was to be created and is kept, newest first.
pub(crate) fn all_creations(conn: &Connection) -> Answer<Vec<CreationColumns>> {
    creations::all(conn)
}

/// How much is in memory only; `None` on a file.
pub(crate) fn unsaved(db: &Database) -> Answer<Option<usize>> {
    if !db.is_memory() {
        return Ok(None);
    }
    Ok(Some(
        calls::count_calls(&db.conn)? + creations::count_open_without_call(&db.conn)?,
    ))
}
