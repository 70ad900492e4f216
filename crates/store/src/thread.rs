//! A thread that owns one connection, so that no async thread ever waits for the disk.
//!
//! Jobs run one after the other. A job that panics takes down its own answer, not the thread: its transaction rolls back
//! as it unwinds. A caller that goes away does not stop the job it sent, so a write is never half dropped.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use ringside_domain::{Error, Kind, Result};
use tokio::sync::oneshot;

use crate::{
    error::{Answer, Fault},
    file::Database,
};

pub(crate) struct Lane {
    jobs: mpsc::Sender<Message>,
    /// Never gets a word: it hangs up when the thread has closed its connection and ends.
    ended: Mutex<mpsc::Receiver<()>>,
}

/// A process that exits while a connection is being closed may crash in the encryption's own clean-up. Nobody who forgot
/// [`Lane::stop`] waits longer than this.
const FAREWELL: Duration = Duration::from_secs(2);

enum Message {
    Job(Box<dyn FnOnce(&mut Database) + Send>),
    /// Close the connection, say so, and end.
    Stop(oneshot::Sender<()>),
}

impl Lane {
    /// Opens the database on the new thread; opening may take as long as mending an index does.
    pub async fn open<T: Send + 'static>(
        name: &'static str,
        open: impl FnOnce() -> Answer<(Database, T)> + Send + 'static,
    ) -> Answer<(Self, T)> {
        let (jobs, queue) = mpsc::channel();
        let (opened, answer) = oneshot::channel();
        let ended = spawn(name, move || match open() {
            Ok((database, more)) => {
                if opened.send(Ok(more)).is_ok() {
                    serve(database, &queue);
                }
            }
            Err(fault) => drop(opened.send(Err(fault))),
        })?;
        let more = answer.await.map_err(|_| gone(name))??;
        Ok((Self { jobs, ended }, more))
    }

    /// Serves a database that is open already.
    pub fn with(name: &'static str, database: Database) -> Answer<Self> {
        let (jobs, queue) = mpsc::channel();
        let ended = spawn(name, move || serve(database, &queue))?;
        Ok(Self { jobs, ended })
    }

    /// Runs one job and gives what it returned.
    pub async fn run<T: Send + 'static>(
        &self,
        operation: &'static str,
        job: impl FnOnce(&mut Database) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move |database: &mut Database| drop(reply.send(job(database))));
        self.jobs.send(Message::Job(job)).map_err(|_| gone(operation))?;
        answer.await.map_err(|_| gone(operation))?
    }

    /// Closes the connection after everything that was asked before. Later jobs are errors.
    pub async fn stop(&self) {
        let (stopped, answer) = oneshot::channel();
        if self.jobs.send(Message::Stop(stopped)).is_ok() {
            drop(answer.await);
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // The thread ends when nobody can send it anything.
        let (nobody, _) = mpsc::channel();
        self.jobs = nobody;
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(FAREWELL);
    }
}

/// What comes back hangs up when the body is through.
fn spawn(name: &'static str, body: impl FnOnce() + Send + 'static) -> Result<Mutex<mpsc::Receiver<()>>> {
    let (alive, ended) = mpsc::channel();
    let thread = thread::Builder::new().name(name.to_owned());
    let started = thread.spawn(move || {
        body();
        drop(alive);
    });
    started.map(|_| Mutex::new(ended)).map_err(|why| {
        Error::new(
            Kind::Storage,
            "open_store",
            "the system gave no thread for the database",
        )
        .because(why)
    })
}

fn serve(mut database: Database, queue: &mpsc::Receiver<Message>) {
    while let Ok(message) = queue.recv() {
        match message {
            Message::Job(job) => {
                if catch_unwind(AssertUnwindSafe(|| job(&mut database))).is_err() {
                    tracing::error!("a database job panicked; its changes are rolled back");
                }
            }
            Message::Stop(stopped) => {
                drop(database);
                stopped.send(()).ok();
                return;
            }
        }
    }
}

fn gone(operation: &'static str) -> Fault {
    let message = "the database is closed, or its thread failed";
    Error::new(Kind::Internal, operation, message)
        .hint("Restart Ringside; what was saved is in the file")
        .into()
}
