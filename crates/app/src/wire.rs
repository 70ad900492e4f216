//! What crosses the owner's socket: one JSON value a line.
//!
//! ```text
//! → {"id":1,"command":"calls","args":{"limit":10}}
//! ← {"id":1,"ok":{"calls":[…],"more":false}}
//! → {"id":2,"command":"subscribe"}
//! ← {"id":2,"ok":{}}
//! ← {"event":{"kind":"call","call":{…}}}
//! ← {"id":3,"error":{"code":"not_found","message":"…","hint":null,"field":null}}
//! ```

use std::{io, time::Duration};

use ringside_ipc::{ApiError, Event};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// The longest line an owner takes, in bytes: a file of contacts of 20 MB in Base64. Only its own user can send one.
pub const REQUEST_CAP: usize = 32 * 1024 * 1024;
/// The longest line a client takes: a page of calls with long notes.
pub const REPLY_CAP: usize = 64 * 1024 * 1024;
/// A line that was begun must end within this time.
pub const LINE_DEADLINE: Duration = Duration::from_secs(10);

/// The command that turns a connection into a stream of events. It is not in the table: windows have their own way.
pub const SUBSCRIBE: &str = "subscribe";

#[derive(Serialize, Deserialize)]
pub struct Request {
    pub id: u64,
    pub command: String,
    #[serde(default)]
    pub args: Value,
}

/// What the owner writes. `id` is 0 in the answer to a line that was no request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reply {
    Ok { id: u64, ok: Value },
    Error { id: u64, error: ApiError },
    Event { event: Box<Event> },
}

impl Reply {
    pub fn of(id: u64, result: Result<Value, ApiError>) -> Self {
        match result {
            Ok(ok) => Self::Ok { id, ok },
            Err(error) => Self::Error { id, error },
        }
    }

    /// The line, with its end.
    pub fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

pub enum Line {
    Text(Vec<u8>),
    TooLong,
    End,
}

/// The next line without its end. Waits as long as `patience` for its first byte, then [`LINE_DEADLINE`] for the rest; a
/// connection that is too slow counts as ended.
pub async fn next_line(from: &mut (impl AsyncBufRead + Unpin), cap: usize, patience: Duration) -> io::Result<Line> {
    let Ok(first) = tokio::time::timeout(patience, from.fill_buf()).await else {
        return Ok(Line::End);
    };
    if first?.is_empty() {
        return Ok(Line::End);
    }
    tokio::time::timeout(LINE_DEADLINE, rest_of_line(from, cap))
        .await
        .unwrap_or(Ok(Line::End))
}

async fn rest_of_line(from: &mut (impl AsyncBufRead + Unpin), cap: usize) -> io::Result<Line> {
    let mut line = Vec::new();
    loop {
        let bytes = from.fill_buf().await?;
        if bytes.is_empty() {
            return Ok(Line::End);
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        if line.len() + part.len() > cap {
            return Ok(Line::TooLong);
        }
        line.extend_from_slice(part);
        let used = end.map_or(bytes.len(), |end| end + 1);
        from.consume(used);
        if end.is_some() {
            return Ok(Line::Text(line));
        }
    }
}
