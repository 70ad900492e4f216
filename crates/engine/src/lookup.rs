//! The lookup: who is calling, asked of the index and of every connection at the same time.
//!
//! The index answers in microseconds and is published at once, so that the card is painted with a name. Then every connection
//! is asked in a task of its own; each answer is published as it comes, and nobody waits for the slowest. A connector may
//! fail, panic or never answer: it is cut off at the deadline, and costs the others nothing.
//!
//! An answer proves nothing by itself. Each contact's stored numbers are compared here, and what does not prove to be the
//! caller's is dropped, and counted in the trace.

mod answer;
pub(crate) mod bounds;
mod filing;
mod run;
mod steps;

use std::sync::Arc;

use ringside_domain::{
    CallId, Clock, ContactIndex, Freshness,
    phone::{self, Reading},
};

use self::run::Run;
pub use self::{
    bounds::{MAX_CONTACTS, MAX_NUMBERS},
    filing::FILED_WITHIN,
    run::INDEX_WITHIN,
};
use crate::{
    config::Config,
    view::{Connection, Looked, LookupView},
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// For the trace; `None` for a lookup without a call.
    pub call: Option<CallId>,
    /// The caller.
    pub reading: Reading,
    /// `Cached`: connections whose every contact is in the index are not asked. `Live`: all are, past every cache.
    pub freshness: Freshness,
    /// The picture so far. Its rows keep their places.
    pub before: LookupView,
}

/// Who is asked.
#[derive(Clone)]
pub struct Places {
    pub connections: Vec<Connection>,
    pub index: Arc<dyn ContactIndex>,
    pub clock: Arc<dyn Clock>,
    pub config: Config,
}

/// Asks, and publishes every change of the picture. The last picture published is the one returned.
///
/// Ends [`Config::lookup_deadline`] after it began, whatever the connections do; the trace may take up to
/// [`FILED_WITHIN`] longer, where the index is slow to remember. Dropping it cancels every request.
///
/// Nobody is asked about the user's own numbers, withheld and unreadable callers. An extension is looked up in the index and in
/// connections that know extensions, a SIP address in the index only; one whose user part is a number in the user's country
/// is looked up as that number. Contacts of connections that are not in `places` are not shown.
///
/// On `Live`, a match that its connection's whole answer no longer holds is asked for by its id: it may be stored in a way that
/// this CRM cannot search. If it is not there, or no longer has the number, it is marked as gone.
///
/// An answer that is partly a failure counts as `Found` if it proved anybody, and else as `Failed`; the trace names each part.
pub async fn lookup(places: Places, question: Question, publish: impl Fn(LookupView) + Send + Sync) -> Looked {
    let caller = read_user_part(question.reading, &places);
    let mut run = Run::new(&places, caller, question.freshness, question.call, &question.before);
    if run.is_worth_asking() {
        run.ask_index().await;
        run.ask_connections();
        run.publish(&publish);
        run.collect(&publish).await;
    }
    run.finish(&publish).await
}

/// A SIP address may carry a number that only reads as one in the user's country.
fn read_user_part(reading: Reading, places: &Places) -> Reading {
    if let Reading::SipAddress(address) = &reading {
        let user = phone::read(address.user(), &places.config.home);
        if matches!(user, Reading::Number(_) | Reading::Extension(_)) {
            return user;
        }
    }
    reading
}
