//! The port to phones: what tells of calls, and how it is doing.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{BoxFuture, Shared};

use crate::{
    call::CallEvent,
    error::{Error, Kind, Result},
    id::SourceId,
};

/// Resolves when the source is to stop. Waiting for it costs nothing, and every clone sees it.
pub type Stop = Shared<BoxFuture<'static, ()>>;

#[async_trait]
pub trait CallSource: Send {
    fn id(&self) -> SourceId;
    /// Runs until `stop` resolves or the source cannot go on. Says goodbye to its peer before it returns.
    async fn run(&mut self, sink: Box<dyn EventSink>, stop: Stop) -> Result<()>;
}

pub trait EventSink: Send + Sync {
    /// Never blocks. An event that finds the engine gone is dropped.
    fn event(&self, event: CallEvent);
    fn clone_box(&self) -> Box<dyn EventSink>;
}

impl Clone for Box<dyn EventSink> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

/// How a source is doing, for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SourceState {
    /// It does not run.
    #[default]
    Off,
    /// On its way: looking for its server, connecting, signing in.
    Connecting,
    /// It hears of every call. The notes say what it can't tell, or what should be changed at the other end.
    Ready { notes: Vec<Note> },
    /// It broke, and tries again by itself after this time.
    Retrying { trouble: Trouble, after: Duration },
    /// It can't go on until a person did something.
    Stopped { trouble: Trouble },
}

/// Something to know about a source that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Stable, for the UI and for scripts: `clear_text`, `may_write`, `no_numbers`.
    pub code: &'static str,
    /// One sentence, no full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What is in a source's way: the words of an [`Error`], without its cause, so that it can be kept and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub kind: Kind,
    /// One sentence, no full stop. It names the server and the reason.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The setting that is wrong.
    pub field: Option<String>,
}

impl From<&Error> for Trouble {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind,
            message: error.message.to_string(),
            hint: error.hint.as_ref().map(ToString::to_string),
            field: error.field.clone(),
        }
    }
}
