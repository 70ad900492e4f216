//! The port to phones.

use async_trait::async_trait;
use futures_util::future::{BoxFuture, Shared};

use crate::{call::CallEvent, error::Result, id::SourceId};

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
