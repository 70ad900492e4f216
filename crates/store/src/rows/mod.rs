//! Values as JSON in the `body` columns. The structs here are the format of the file, apart from the domain's own, so
//! that a change there does not change what older files say. Fields may be added; every one has a default.

pub(crate) mod call;
pub(crate) mod contact;
pub(crate) mod creation;
pub(crate) mod entry;
pub(crate) mod reading;
pub(crate) mod trace;
pub(crate) mod write;

use ringside_domain::{Error, Kind, Timestamp};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::Answer;

pub(crate) fn encode(row: &impl Serialize) -> Answer<String> {
    serde_json::to_string(row)
        .map_err(|_| Error::new(Kind::Internal, "store", "a row could not be written as JSON").into())
}

/// `None`, and a line in the log without any of the content, for what this version can't read.
pub(crate) fn decode<T: DeserializeOwned>(what: &'static str, body: &str) -> Option<T> {
    serde_json::from_str(body)
        .inspect_err(|why| {
            let (line, column) = (why.line(), why.column());
            tracing::warn!(what, line, column, "skipped a row that this version can't read");
        })
        .ok()
}

/// The same for a code of a newer version.
pub(crate) fn known<T>(what: &'static str, value: Option<T>) -> Option<T> {
    if value.is_none() {
        tracing::warn!(what, "skipped a row with a code that this version does not know");
    }
    value
}

pub(crate) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn time(at: Option<i64>) -> Option<Timestamp> {
    at.map(Timestamp)
}
