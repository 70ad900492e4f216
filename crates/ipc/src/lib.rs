//! What crosses to the window and to the command line: DTOs, the command table, error codes.
//!
//! The window (through Tauri) and `ringside` (through the owner's socket) speak the same commands, and both go through
//! [`command::dispatch`]. Domain types are not serializable on purpose; these are their counterparts, and `ts-rs` writes
//! them to `ui/src/backend/generated` (the test `generated` fails when they are stale).
//!
//! Architecture invariant: no Tauri here, so the types are generated and tested without a toolkit.

pub mod call;
pub mod command;
pub mod connection;
pub mod contact;
pub mod convert;
pub mod creation;
pub mod error;
pub mod event;
pub mod import;
pub mod number;
pub mod person;
pub mod phone;
pub mod settings;
pub mod status;
pub mod typescript;

pub use command::{Api, Command, dispatch};
pub use error::ApiError;
pub use event::Event;
