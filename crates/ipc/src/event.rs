//! What the owner tells everybody who listens: windows through Tauri, command lines through the socket.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    call::{CallDto, HeardDto},
    creation::CreationDto,
    import::ImportDto,
    status::StatusDto,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A source told something of a call. For whoever follows every event; windows need only [`Event::Call`].
    Heard {
        heard: Box<HeardDto>,
    },
    /// A call is new or changed. Carries all of it: there is nothing to merge.
    Call {
        call: Box<CallDto>,
    },
    /// The card of this call was closed; the call stays in the list.
    CardClosed {
        id: String,
    },
    /// Events were lost on the way: ask for a snapshot.
    Behind,
    Status {
        status: StatusDto,
    },
    /// A phone is new, gone, doing better or worse, or was heard of: ask for the phones again.
    Phones,
    /// A contact that is about to be created, at each step.
    Creation {
        creation: Box<CreationDto>,
    },
    /// How far an import is: a few times a second at most.
    Import {
        import: ImportDto,
    },
    /// The card may say who is calling although the person presents: they pressed its hotkey.
    Reveal,
    /// The card of this call lies on top: its notification was clicked. Says nothing of who it is.
    Show {
        call: String,
    },
    /// Settings were changed, here or by a command line: ask again.
    Settings,
    /// Show the search window, for this text: from a link, a hotkey or the command line.
    OpenSearch {
        text: String,
        call: Option<String>,
        /// A telephone link asked for it, and another program can make the call.
        hand_on: Option<HandOnDto>,
    },
    /// Show the main window: a second start of the app asks for it.
    OpenMain,
    /// Somebody wants to end the app while so many calls are only in memory: ask the person.
    QuitAsked {
        unsaved: u32,
    },
}

/// A telephone link, and who opened such links before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HandOnDto {
    pub link: String,
    /// The program's name, as its desktop file says.
    pub program: String,
}
