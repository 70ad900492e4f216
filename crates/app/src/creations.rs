//! Contacts that are about to be created, and what a person takes back.

use ringside_domain::{CallId, Creation, CreationId, CreationState};
use ringside_ipc::{
    ApiError,
    call::CallDto,
    creation::{CreationDto, SettleCreationArgs},
};

use crate::app::App;

impl App {
    pub(crate) async fn open_creations(&self) -> Result<Vec<CreationDto>, ApiError> {
        let open = self.inner.engine.creations();
        Ok(self.words(|words| open.iter().map(|creation| words.creation(creation)).collect()))
    }

    pub(crate) async fn take_back_creation(&self, id: &str) -> Result<CreationDto, ApiError> {
        let undone = self.inner.engine.undo_creation(creation_id(id)?).await?;
        Ok(self.creation_shown(&undone))
    }

    pub(crate) async fn decide_creation(&self, args: SettleCreationArgs) -> Result<CreationDto, ApiError> {
        let id = creation_id(&args.creation)?;
        let decided = self.inner.engine.settle_creation(id, args.decision.into()).await?;
        Ok(self.creation_shown(&decided))
    }

    /// The contact that waits to be created for the call, as nothing of it was sent; else what the person chose.
    pub(crate) async fn undo_newest(&self, call: CallId) -> Result<CallDto, ApiError> {
        let engine = &self.inner.engine;
        match engine.creation_of(call) {
            Some(creation) if matches!(creation.state, CreationState::Waiting(_)) => {
                engine.undo_creation(creation.id).await?;
                Ok(self.shown(&engine.call(call).await?))
            }
            _ => Ok(self.shown(&engine.undo(call).await?)),
        }
    }

    fn creation_shown(&self, creation: &Creation) -> CreationDto {
        self.words(|words| words.creation(creation))
    }
}

pub(crate) fn creation_id(id: &str) -> Result<CreationId, ApiError> {
    id.parse()
        .map_err(|error| ApiError::invalid("creation", format!("{error}")))
}
