//! Writes calls to the journal, in order, beside the loop.
//!
//! A journal that can't be written (disk full, file system gone) loses nothing: the newest state of each call stays here
//! and is tried again, and [`Saver::trouble`] says why until it worked.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ringside_domain::{Call, Error, Journal, Kind, Result};
use tokio::sync::{mpsc, oneshot};

pub(crate) struct Saver {
    jobs: mpsc::UnboundedSender<Job>,
    trouble: Arc<Mutex<Option<String>>>,
}

enum Job {
    Save(Box<Call>),
    Flush(oneshot::Sender<Result<()>>),
}

const RETRY: Duration = Duration::from_secs(5);
/// Jobs taken at once: of a call that changed while the disk was busy, only the newest state is written.
const AT_ONCE: usize = 256;

impl Saver {
    pub fn new(journal: Arc<dyn Journal>) -> Self {
        let (jobs, queue) = mpsc::unbounded_channel();
        let trouble = Arc::new(Mutex::new(None));
        tokio::spawn(work(journal, queue, trouble.clone()));
        Self { jobs, trouble }
    }

    pub fn save(&self, call: Call) {
        let _ = self.jobs.send(Job::Save(Box::new(call)));
    }

    /// Waits until everything handed in before is in the journal.
    pub async fn flush(&self) -> Result<()> {
        let (sender, receiver) = oneshot::channel();
        let gone = || Error::new(Kind::Internal, "save_call", "The journal's writer has ended");
        self.jobs.send(Job::Flush(sender)).map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?
    }

    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn work(journal: Arc<dyn Journal>, mut queue: mpsc::UnboundedReceiver<Job>, trouble: Arc<Mutex<Option<String>>>) {
    let mut owed: Vec<Call> = Vec::new();
    let mut jobs = Vec::new();
    loop {
        let received = queue.recv_many(&mut jobs, AT_ONCE);
        let count = if owed.is_empty() {
            received.await
        } else {
            match tokio::time::timeout(RETRY, received).await {
                Ok(count) => count,
                Err(_) => {
                    let _ = save_all(&*journal, &mut owed, &trouble).await;
                    continue;
                }
            }
        };
        for job in jobs.drain(..) {
            match job {
                Job::Save(call) => {
                    owed.retain(|older| older.id != call.id);
                    owed.push(*call);
                }
                Job::Flush(done) => {
                    let _ = done.send(save_all(&*journal, &mut owed, &trouble).await);
                }
            }
        }
        let _ = save_all(&*journal, &mut owed, &trouble).await;
        if count == 0 {
            return;
        }
    }
}

async fn save_all(journal: &dyn Journal, owed: &mut Vec<Call>, trouble: &Mutex<Option<String>>) -> Result<()> {
    while let Some(call) = owed.first() {
        if let Err(error) = journal.save_call(call.clone()).await {
            *trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            tracing::error!(kind = error.kind.code(), "a call is not in the journal yet");
            return Err(error);
        }
        owed.remove(0);
    }
    *trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
    Ok(())
}
