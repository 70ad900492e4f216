//! One connection's part: asks it, and proves what it answers. Runs in a task of its own.

use std::sync::Arc;

use futures_util::future::join_all;
use ringside_domain::{
    Clock, Connector, Contact, ContactRef, Cx, Error, Kind, Match, Retry, Timestamp,
    connector::NumberForms,
    phone::{Home, Reading},
    trace::Answer,
};

use super::{
    bounds::{self, MAX_CONTACTS, MAX_NUMBERS, prove},
    steps::{Asking, Steps},
};
use crate::view::Partly;

/// So many contacts are proved in one go; then others have their turn, as reading a number takes a while.
const IN_ONE_GO: usize = 8;
/// So many missing matches are asked for by id.
pub(crate) const MAX_CONFIRMED: usize = 20;

/// Who calls, and how to read what a CRM holds.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub reading: Reading,
    pub home: Home,
}

/// What one connection's answer is worth.
#[derive(Debug)]
pub(crate) struct Proved {
    pub matches: Vec<Match>,
    /// Known, but with other numbers.
    pub others: Vec<Contact>,
    /// What part of it is missing, and why.
    pub failure: Option<Partly>,
    /// Nothing failed and nothing was cut: who is not in it is not found there.
    pub whole: bool,
    pub at: Timestamp,
}

/// What became of a match that an answer did not hold.
#[derive(Debug)]
pub(crate) enum Fate {
    There(Box<Match>),
    /// It has no such number any more.
    Changed(Box<Contact>),
    Gone,
    /// Nobody can say now.
    Unknown,
}

/// Everything a task needs, owned.
#[derive(Clone)]
pub(crate) struct Task {
    pub connector: Arc<dyn Connector>,
    pub cx: Cx,
    pub caller: Arc<Caller>,
    pub clock: Arc<dyn Clock>,
    pub steps: Steps,
    pub asking: Asking,
}

impl Task {
    /// Asks by number.
    pub async fn find(self, number: NumberForms) -> Result<Proved, Error> {
        let found = match self.connector.find_contact(self.cx.clone(), number).await {
            Ok(found) => found,
            Err(error) => {
                self.steps.error(&self.asking, &error);
                return Err(error);
            }
        };
        let at = self.clock.now().wall;
        let records = found.contacts.len();
        let asking = &self.asking;
        let connection = self.connector.info().connection;
        let bounded = bounds::contacts(found.contacts, &connection);
        let (matches, others) = self.prove_all(bounded.contacts, at).await;
        self.steps.answered(
            asking,
            Answer::Found {
                records,
                verified: matches.len(),
            },
        );
        for (_, error) in &found.failed {
            self.steps.error(asking, error);
        }
        if bounded.beyond > 0 {
            self.steps.skipped(
                asking,
                format!("only the first {MAX_CONTACTS} of {records} records were compared"),
            );
        }
        if bounded.foreign > 0 {
            self.steps.skipped(
                asking,
                format!("{} records without an id of this connection", bounded.foreign),
            );
        }
        if bounded.crowded > 0 {
            let crowded = bounded.crowded;
            self.steps.skipped(
                asking,
                format!("only the first {MAX_NUMBERS} numbers of each of {crowded} records were compared"),
            );
        }
        let failure = partly(&found.failed);
        let whole = failure.is_none() && bounded.beyond == 0;
        Ok(Proved {
            matches,
            others,
            failure,
            whole,
            at,
        })
    }

    /// Who of those that a connection found so far is the caller.
    pub async fn early(self, contacts: Vec<Contact>) -> Vec<Match> {
        let connection = self.connector.info().connection;
        let bounded = bounds::contacts(contacts, &connection);
        self.prove_all(bounded.contacts, self.clock.now().wall).await.0
    }

    async fn prove_all(&self, contacts: Vec<Contact>, at: Timestamp) -> (Vec<Match>, Vec<Contact>) {
        let (mut matches, mut others) = (Vec::new(), Vec::new());
        for (place, contact) in contacts.into_iter().enumerate() {
            if place % IN_ONE_GO == IN_ONE_GO - 1 {
                tokio::task::yield_now().await;
            }
            match proved(contact, &self.caller, at, true) {
                Ok(found) => matches.push(found),
                Err(other) => others.push(other),
            }
        }
        (matches, others)
    }

    /// Asks for matches by id, after an answer by number that did not hold them. What its CRM told us so lately that the
    /// search need not show it yet is `fresh`: a record that was just created there, for one.
    pub async fn confirm(self, missing: Vec<(ContactRef, bool)>) -> Vec<(ContactRef, Fate)> {
        let task = &self;
        let missing = missing.into_iter().take(MAX_CONFIRMED);
        join_all(missing.map(|(id, fresh)| async move { (id.clone(), task.fate(id, fresh).await) })).await
    }

    async fn fate(&self, id: ContactRef, fresh: bool) -> Fate {
        match self.connector.get_contact(self.cx.clone(), id.clone()).await {
            Ok(contact) if contact.id == id => {
                let answer = proved(bounds::trimmed(contact), &self.caller, self.clock.now().wall, true);
                self.steps.answered(
                    &self.asking,
                    Answer::Found {
                        records: 1,
                        verified: usize::from(answer.is_ok()),
                    },
                );
                answer.map_or_else(
                    |other| Fate::Changed(Box::new(other)),
                    |found| Fate::There(Box::new(found)),
                )
            }
            // Merged into another record: the one that was asked for is no more.
            Ok(_) => {
                self.steps.answered(
                    &self.asking,
                    Answer::Found {
                        records: 1,
                        verified: 0,
                    },
                );
                Fate::Gone
            }
            Err(error) => {
                self.steps.error(&self.asking, &error);
                match error.kind {
                    Kind::NotFound => Fate::Gone,
                    // Where records cannot be asked for by id, the answer by number has to do.
                    Kind::Unsupported if !fresh => Fate::Gone,
                    _ => Fate::Unknown,
                }
            }
        }
    }
}

/// All parts that failed. What the account may not ask is no passing trouble.
fn partly(failed: &[(String, Error)]) -> Option<Partly> {
    let parts: Vec<String> = failed.iter().map(|(part, error)| format!("{part}: {error}")).collect();
    (!parts.is_empty()).then(|| Partly {
        why: parts.join("; "),
        passing: failed
            .iter()
            .any(|(_, error)| matches!(error.retry, Retry::Later | Retry::After(_))),
    })
}

/// A match, if one of the contact's own numbers proves it; else the contact as it came.
#[allow(clippy::result_large_err)] // Both are the same contact; it is moved either way.
pub(crate) fn proved(contact: Contact, caller: &Caller, as_of: Timestamp, live: bool) -> Result<Match, Contact> {
    match prove(&contact, &caller.reading, &caller.home) {
        Some(proof) => Ok(Match {
            contact,
            grade: proof.grade,
            number: proof.number,
            as_of,
            live,
        }),
        None => Err(contact),
    }
}
