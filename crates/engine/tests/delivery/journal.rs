//! A journal in memory that survives the "crash" of a runtime, and can be told to fail.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{
    Call, CallId, Contact, ContactRef, Creation, CreationId, Error, Journal, Kind, Outcome, Result, Timestamp, Trace,
    Write, WriteId, WriteState,
    journal::{CallPage, StepRecord, StepState, WriteKind},
};

#[derive(Default)]
pub struct MemoryJournal {
    rows: Mutex<Rows>,
    /// So many more writes to the disk succeed; then one fails.
    fail_after: AtomicUsize,
    /// So many more moments pass, of two a write: before it is on the disk, and after. Then this process is dead.
    dies_after: AtomicUsize,
    /// What somebody else does while the `n`th write is being dropped.
    meanwhile: Mutex<Option<(usize, Meanwhile)>>,
}

type Meanwhile = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Rows {
    writes: BTreeMap<WriteId, Write>,
    steps: BTreeMap<WriteId, Vec<StepRecord>>,
    calls: BTreeMap<CallId, Call>,
    traces: usize,
}

impl MemoryJournal {
    /// Lets the `n`th write to the disk from now on fail, once.
    pub fn fail_after(&self, n: usize) {
        self.fail_after.store(n, Ordering::SeqCst);
    }

    /// Stands still for good at the `n`th moment from now on, like a process that was killed; 0: lives.
    pub fn die_after(&self, n: usize) {
        self.dies_after.store(n, Ordering::SeqCst);
    }

    /// Begins something while the `n`th write from now on is being dropped.
    pub fn at_drop(&self, n: usize, begin: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some((n, Box::new(begin)));
    }

    async fn dropping(&self) {
        let due = {
            let mut meanwhile = self.meanwhile.lock().unwrap();
            if let Some((left, _)) = meanwhile.as_mut() {
                *left -= 1;
            }
            meanwhile.take_if(|(left, _)| *left == 0)
        };
        if let Some((_, begin)) = due {
            begin();
            // Until it waits for whoever is dropping.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub fn insert(&self, write: Write) {
        self.rows.lock().unwrap().writes.insert(write.id, write);
    }

    pub fn put_call(&self, call: Call) {
        self.rows.lock().unwrap().calls.insert(call.id, call);
    }

    pub fn get(&self, id: WriteId) -> Write {
        self.rows.lock().unwrap().writes[&id].clone()
    }

    pub fn all(&self) -> Vec<Write> {
        self.rows.lock().unwrap().writes.values().cloned().collect()
    }

    pub fn step(&self, id: WriteId, step: &str) -> Option<StepState> {
        let rows = self.rows.lock().unwrap();
        rows.steps
            .get(&id)?
            .iter()
            .find(|record| record.step == step)
            .map(|record| record.state.clone())
    }

    pub fn traces(&self) -> usize {
        self.rows.lock().unwrap().traces
    }

    async fn moment(&self) {
        match self.dies_after.load(Ordering::SeqCst) {
            0 => {}
            1 => std::future::pending().await,
            left => self.dies_after.store(left - 1, Ordering::SeqCst),
        }
    }

    async fn disk(&self) -> Result<()> {
        self.moment().await;
        match self.fail_after.load(Ordering::SeqCst) {
            0 => Ok(()),
            left => {
                self.fail_after.store(left - 1, Ordering::SeqCst);
                if left == 1 {
                    Err(Error::new(Kind::Storage, "journal", "the disk is full"))
                } else {
                    Ok(())
                }
            }
        }
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn owe(&self, write: Write) -> Result<Write> {
        let same = |known: &Write| {
            known.kind == WriteKind::Log
                && known.state != WriteState::Dropped
                && (known.call, &known.connection) == (write.call, &write.connection)
        };
        let known = self
            .all()
            .into_iter()
            .find(|known| write.kind == WriteKind::Log && same(known));
        if let Some(known) = known {
            return Ok(known);
        }
        self.disk().await?;
        self.insert(write.clone());
        self.moment().await;
        Ok(write)
    }

    async fn update_write(&self, write: Write) -> Result<()> {
        self.disk().await?;
        if write.state == WriteState::Dropped {
            self.dropping().await;
        }
        self.insert(write);
        self.moment().await;
        Ok(())
    }

    async fn open_writes(&self) -> Result<Vec<Write>> {
        let open = |write: &Write| match write.state {
            WriteState::Waiting(_) | WriteState::Refused(_) | WriteState::Unsure(_) => true,
            WriteState::Logged(_) => write.next_try.is_some(),
            WriteState::Dropped => false,
        };
        Ok(self.all().into_iter().filter(open).collect())
    }

    async fn writes_of(&self, call: CallId) -> Result<Vec<Write>> {
        let mut writes = self.all();
        writes.retain(|write| write.call == call);
        writes.sort_by_key(|write| (write.created, write.id));
        Ok(writes)
    }

    async fn write(&self, id: WriteId) -> Result<Option<Write>> {
        Ok(self.rows.lock().unwrap().writes.get(&id).cloned())
    }

    async fn save_step(&self, write: WriteId, step: StepRecord) -> Result<()> {
        self.disk().await?;
        {
            let mut rows = self.rows.lock().unwrap();
            let steps = rows.steps.entry(write).or_default();
            steps.retain(|known| known.step != step.step);
            steps.push(step);
        }
        self.moment().await;
        Ok(())
    }

    async fn steps(&self, write: WriteId) -> Result<Vec<StepRecord>> {
        Ok(self.rows.lock().unwrap().steps.get(&write).cloned().unwrap_or_default())
    }

    async fn save_trace(&self, _trace: Trace) -> Result<()> {
        self.rows.lock().unwrap().traces += 1;
        Ok(())
    }

    async fn save_creation(&self, _: Creation) -> Result<()> {
        unreachable!("delivery creates nobody")
    }
    async fn creation(&self, _: CreationId) -> Result<Option<Creation>> {
        unreachable!("delivery creates nobody")
    }
    async fn open_creations(&self) -> Result<Vec<Creation>> {
        unreachable!("delivery creates nobody")
    }
    async fn forget_creation(&self, _: CreationId) -> Result<()> {
        unreachable!("delivery creates nobody")
    }
    async fn forget_creations(&self, _: Timestamp) -> Result<()> {
        unreachable!("delivery creates nobody")
    }
    async fn save_call(&self, call: Call) -> Result<()> {
        self.put_call(call);
        Ok(())
    }
    async fn save_note(&self, _: CallId, _: String, _: Option<Outcome>) -> Result<()> {
        unreachable!("delivery saves no notes")
    }
    async fn save_fields(&self, _: CallId, _: ContactRef, _: Vec<(String, String)>) -> Result<()> {
        unreachable!("delivery saves no fields")
    }
    async fn linked(&self, _: String) -> Result<Option<Contact>> {
        unreachable!("delivery knows no links")
    }
    async fn link(&self, _: String, _: Contact, _: Timestamp) -> Result<()> {
        unreachable!("delivery knows no links")
    }
    async fn call(&self, id: CallId) -> Result<Option<Call>> {
        Ok(self.rows.lock().unwrap().calls.get(&id).cloned())
    }
    async fn calls(&self, _: CallPage) -> Result<Vec<Call>> {
        unreachable!("delivery reads no calls")
    }
    async fn open_calls(&self) -> Result<Vec<Call>> {
        unreachable!("delivery reads no calls")
    }
    async fn remembered_choice(&self, _: String) -> Result<Option<ContactRef>> {
        unreachable!("delivery knows no choices")
    }
    async fn remember_choice(&self, _: String, _: Option<ContactRef>, _: Timestamp) -> Result<()> {
        unreachable!("delivery knows no choices")
    }
    async fn traces(&self, _: CallId) -> Result<Vec<Trace>> {
        unreachable!("delivery reads no traces")
    }
    async fn forget_traces(&self, _: Timestamp) -> Result<()> {
        unreachable!("delivery forgets no traces")
    }
    async fn forget_calls(&self, _: Timestamp, _: Vec<CallId>, _: usize) -> Result<usize> {
        unreachable!("delivery forgets no calls")
    }
}
