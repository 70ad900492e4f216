//! The round: delivers what is due, again and again, one write at a time per connection and all connections at once.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use ringside_domain::{Kind, Result, Stop, Timestamp, Write, WriteId, WriteState, id::ConnectionId};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{Delivery, is_open};

/// The pause after the journal failed.
const JOURNAL_PAUSE: Duration = Duration::from_secs(5);
/// No sleep is longer: the timers stand still while the machine sleeps, and the wall clock does not.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// A write due later than this was put off by a wall clock that has been set back since.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// How long running attempts may take to finish when the round is told to stop. What they had not finished goes on at the
/// next start, like after a crash.
const LEAVING: Duration = Duration::from_secs(3);

type Ended = (ConnectionId, WriteId, Result<Write>);

/// What one round knows beyond the journal.
#[derive(Default)]
struct Round {
    running: HashSet<ConnectionId>,
    /// When a write is due by the timers, beside what the wall clock says.
    due: HashMap<WriteId, (Option<Timestamp>, Instant)>,
    /// Writes whose attempt the journal failed, and connections that asked to be left alone.
    resting: HashMap<ConnectionId, Instant>,
}

impl Delivery {
    /// Delivers until `stop`. Sleeps until the next write is due, `wake` is notified (a write was owed, a person decided)
    /// or an attempt ends. `changed` hears every write an attempt was made at, in its new state, and every one that follows
    /// from it.
    pub async fn run(
        self: Arc<Self>,
        wake: Arc<Notify>,
        changed: impl Fn(Write) + Send + Sync + 'static,
        mut stop: Stop,
    ) {
        let mut resumed = false;
        let mut round = Round::default();
        let mut attempts: JoinSet<Ended> = JoinSet::new();
        loop {
            self.news().into_iter().for_each(&changed);
            // What waited for a person is tried once a run: much may have been put right meanwhile.
            let resuming = if resumed { Ok(0) } else { self.resume(None).await };
            resumed |= resuming.is_ok();
            let owed = match resuming {
                Ok(_) => self.journal.open_writes().await,
                Err(error) => Err(error),
            };
            let next = match owed {
                Ok(writes) => round.start_due(&self, writes, &mut attempts),
                Err(error) => {
                    tracing::warn!(
                        kind = error.kind.code(),
                        "what is owed could not be read from the journal"
                    );
                    Some(Instant::now() + JOURNAL_PAUSE)
                }
            };
            tokio::select! {
                () = &mut stop => break,
                () = wake.notified() => {}
                () = self.bell.notified() => {}
                Some(ended) = attempts.join_next() => {
                    // What follows a write is known before it is told to be over.
                    self.news().into_iter().for_each(&changed);
                    round.ended(ended.ok(), self.now(), &changed);
                }
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
            }
        }
        let leave = async {
            while let Some(ended) = attempts.join_next().await {
                round.ended(ended.ok(), self.now(), &changed);
            }
        };
        if timeout(LEAVING, leave).await.is_err() {
            tracing::info!("stopped with a log still being sent; it is looked at again at the next start");
        }
        self.news().into_iter().for_each(&changed);
        attempts.detach_all();
    }
}

impl Round {
    /// Starts what is due and says when something is next.
    fn start_due(
        &mut self,
        delivery: &Arc<Delivery>,
        mut writes: Vec<Write>,
        attempts: &mut JoinSet<Ended>,
    ) -> Option<Instant> {
        writes.retain(is_open);
        writes.sort_by_key(|write| (write.created, write.id));
        self.due.retain(|id, _| writes.iter().any(|write| write.id == *id));
        let (wall, now) = (delivery.now(), Instant::now());
        self.resting.retain(|_, until| *until > now);

        let mut next: Option<Instant> = None;
        for write in writes {
            let Some(due) = self.due(delivery, &write, wall, now) else {
                continue;
            };
            let due = due.max(self.resting.get(&write.connection).copied().unwrap_or(now));
            if due > now {
                next = Some(next.map_or(due, |next| next.min(due)));
                continue;
            }
            if self.running.contains(&write.connection) || delivery.is_taken(&write) {
                continue;
            }
            self.running.insert(write.connection.clone());
            let delivery = Arc::clone(delivery);
            attempts.spawn(async move { (write.connection, write.id, delivery.attempt(write.id).await) });
        }
        next.map(|next| next.min(now + LONGEST_SLEEP))
    }

    /// When a write is due; `None` while it waits for a person.
    fn due(&mut self, delivery: &Delivery, write: &Write, wall: Timestamp, now: Instant) -> Option<Instant> {
        if delivery.has_late_answer(write.id) {
            return Some(now);
        }
        match (&write.state, write.next_try) {
            (WriteState::Waiting(Some(_)), None) => None,
            (_, None) => Some(now),
            (_, Some(at)) if at <= wall => Some(now),
            (_, Some(at)) => {
                let fresh = (Some(at), now + at.since(wall).min(LONGEST_WAIT));
                let known = self.due.entry(write.id).or_insert(fresh);
                if known.0 != Some(at) {
                    *known = fresh;
                }
                Some(known.1)
            }
        }
    }

    fn ended(&mut self, ended: Option<Ended>, wall: Timestamp, changed: &impl Fn(Write)) {
        let Some((connection, id, result)) = ended else { return };
        self.running.remove(&connection);
        self.due.remove(&id);
        match result {
            Ok(write) => {
                let limited =
                    matches!(&write.state, WriteState::Waiting(Some(failure)) if failure.kind == Kind::RateLimited);
                // The limit is the connection's, not the write's.
                if let (true, Some(at)) = (limited, write.next_try) {
                    self.resting
                        .insert(connection, Instant::now() + at.since(wall).min(LONGEST_WAIT));
                }
                changed(write);
            }
            Err(error) => {
                tracing::warn!(
                    kind = error.kind.code(),
                    "the journal failed in the middle of a delivery"
                );
                self.resting.insert(connection, Instant::now() + JOURNAL_PAUSE);
            }
        }
    }
}

impl Delivery {
    /// Whether this write, or another one of its connection that overran its deadline, is out.
    fn is_taken(&self, write: &Write) -> bool {
        let desk = self.desk();
        desk.busy.contains(&write.id)
            || desk
                .late
                .iter()
                .any(|(id, sent)| *id != write.id && sent.connection == write.connection)
    }

    /// What happened to writes beside those that were attempted.
    fn news(&self) -> Vec<Write> {
        std::mem::take(&mut self.desk().news)
    }

    fn has_late_answer(&self, id: WriteId) -> bool {
        self.desk()
            .late
            .get(&id)
            .is_some_and(|sent| !sent.answer.is_empty() || sent.task.is_finished())
    }
}
