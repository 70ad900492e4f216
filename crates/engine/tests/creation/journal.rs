//! A journal in memory that survives the "crash" of a runtime. What it does to creations can fail, or be the last thing that
//! a process does.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use ringside_domain::{
    Call, CallId, Contact, ContactRef, Creation, CreationId, Error, Journal, Kind, Outcome, Result, Timestamp, Trace,
    Write, WriteId, WriteState,
    journal::{CallPage, StepRecord},
};

#[derive(Default)]
pub struct MemoryJournal {
    rows: Mutex<Rows>,
    /// The next so many times a creation is saved, the disk is full.
    pub full: AtomicUsize,
    /// So many more moments pass, of two a creation that is saved: before it is on the disk, and after. Then this process
    /// is dead. 0: it lives.
    pub dies_after: AtomicUsize,
}

#[derive(Default)]
struct Rows {
    calls: BTreeMap<CallId, Call>,
    writes: BTreeMap<WriteId, Write>,
    steps: BTreeMap<WriteId, Vec<StepRecord>>,
    creations: BTreeMap<CreationId, Creation>,
    choices: BTreeMap<String, Option<ContactRef>>,
    links: BTreeMap<String, Contact>,
    traces: Vec<Trace>,
}

impl MemoryJournal {
    pub fn all(&self) -> Vec<Creation> {
        self.rows.lock().unwrap().creations.values().cloned().collect()
    }

    /// A person is erased.
    pub fn erase(&self, call: CallId) {
        let mut rows = self.rows.lock().unwrap();
        rows.calls.remove(&call);
        rows.writes.retain(|_, write| write.call != call);
        rows.creations.retain(|_, creation| creation.call != Some(call));
    }

    pub fn is_dead(&self) -> bool {
        self.dies_after.load(Ordering::SeqCst) == 1
    }

    async fn moment(&self) {
        match self.dies_after.load(Ordering::SeqCst) {
            0 => {}
            1 => std::future::pending().await,
            left => self.dies_after.store(left - 1, Ordering::SeqCst),
        }
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn save_creation(&self, creation: Creation) -> Result<()> {
        self.moment().await;
        let full = self.full.load(Ordering::SeqCst);
        if full > 0 {
            self.full.store(full - 1, Ordering::SeqCst);
            return Err(Error::new(Kind::Storage, "save_creation", "the disk is full"));
        }
        self.rows.lock().unwrap().creations.insert(creation.id, creation);
        self.moment().await;
        Ok(())
    }

    async fn creation(&self, id: CreationId) -> Result<Option<Creation>> {
        Ok(self.rows.lock().unwrap().creations.get(&id).cloned())
    }

    async fn open_creations(&self) -> Result<Vec<Creation>> {
        Ok(self.all().into_iter().filter(Creation::is_open).collect())
    }

    async fn forget_creation(&self, id: CreationId) -> Result<()> {
        self.rows.lock().unwrap().creations.remove(&id);
        Ok(())
    }

    async fn forget_creations(&self, older_than: Timestamp) -> Result<()> {
        let stays = |creation: &Creation| creation.is_open() || creation.asked >= older_than;
        self.rows
            .lock()
            .unwrap()
            .creations
            .retain(|_, creation| stays(creation));
        Ok(())
    }

    async fn save_call(&self, call: Call) -> Result<()> {
        self.rows.lock().unwrap().calls.insert(call.id, call);
        Ok(())
    }

    async fn save_note(&self, id: CallId, note: String, _: Option<Outcome>) -> Result<()> {
        if let Some(call) = self.rows.lock().unwrap().calls.get_mut(&id) {
            call.note = note;
        }
        Ok(())
    }

    async fn save_fields(&self, _: CallId, _: ContactRef, _: Vec<(String, String)>) -> Result<()> {
        Ok(())
    }

    async fn call(&self, id: CallId) -> Result<Option<Call>> {
        Ok(self.rows.lock().unwrap().calls.get(&id).cloned())
    }

    async fn calls(&self, page: CallPage) -> Result<Vec<Call>> {
        let rows = self.rows.lock().unwrap();
        Ok(rows.calls.values().rev().take(page.limit).cloned().collect())
    }

    async fn open_calls(&self) -> Result<Vec<Call>> {
        let rows = self.rows.lock().unwrap();
        let open = rows.calls.values().filter(|call| !call.state.is_over());
        Ok(open.cloned().collect())
    }

    async fn owe(&self, write: Write) -> Result<Write> {
        self.rows.lock().unwrap().writes.insert(write.id, write.clone());
        Ok(write)
    }

    async fn update_write(&self, write: Write) -> Result<()> {
        self.rows.lock().unwrap().writes.insert(write.id, write);
        Ok(())
    }

    async fn open_writes(&self) -> Result<Vec<Write>> {
        let rows = self.rows.lock().unwrap();
        let open = rows
            .writes
            .values()
            .filter(|write| !matches!(write.state, WriteState::Logged(_) | WriteState::Dropped));
        Ok(open.cloned().collect())
    }

    async fn writes_of(&self, call: CallId) -> Result<Vec<Write>> {
        let rows = self.rows.lock().unwrap();
        Ok(rows
            .writes
            .values()
            .filter(|write| write.call == call)
            .cloned()
            .collect())
    }

    async fn write(&self, id: WriteId) -> Result<Option<Write>> {
        Ok(self.rows.lock().unwrap().writes.get(&id).cloned())
    }

    async fn save_step(&self, write: WriteId, step: StepRecord) -> Result<()> {
        let mut rows = self.rows.lock().unwrap();
        let steps = rows.steps.entry(write).or_default();
        steps.retain(|known| known.step != step.step);
        steps.push(step);
        Ok(())
    }

    async fn steps(&self, write: WriteId) -> Result<Vec<StepRecord>> {
        Ok(self.rows.lock().unwrap().steps.get(&write).cloned().unwrap_or_default())
    }

    async fn remembered_choice(&self, e164: String) -> Result<Option<ContactRef>> {
        Ok(self.rows.lock().unwrap().choices.get(&e164).cloned().flatten())
    }

    async fn remember_choice(&self, e164: String, contact: Option<ContactRef>, _: Timestamp) -> Result<()> {
        let mut rows = self.rows.lock().unwrap();
        if rows.links.get(&e164).map(|linked| &linked.id) != contact.as_ref() {
            rows.links.remove(&e164);
        }
        rows.choices.insert(e164, contact);
        Ok(())
    }

    async fn linked(&self, e164: String) -> Result<Option<Contact>> {
        Ok(self.rows.lock().unwrap().links.get(&e164).cloned())
    }

    async fn link(&self, e164: String, contact: Contact, at: Timestamp) -> Result<()> {
        self.remember_choice(e164.clone(), Some(contact.id.clone()), at).await?;
        self.rows.lock().unwrap().links.insert(e164, contact);
        Ok(())
    }

    async fn save_trace(&self, trace: Trace) -> Result<()> {
        // As long as a disk takes.
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        self.rows.lock().unwrap().traces.push(trace);
        Ok(())
    }

    async fn traces(&self, call: CallId) -> Result<Vec<Trace>> {
        let mut traces = self.rows.lock().unwrap().traces.clone();
        traces.retain(|trace| trace.call == Some(call));
        Ok(traces)
    }

    async fn forget_traces(&self, _: Timestamp) -> Result<()> {
        Ok(())
    }

    async fn forget_calls(&self, _: Timestamp, _: Vec<CallId>, _: usize) -> Result<usize> {
        Ok(0)
    }
}
