//! What happens on a call.
//!
//! One loop owns the calls. Events and a person's wishes go in; the pure [`CallBook`](callbook::CallBook) says what
//! follows from them; lookups and deliveries run beside the loop and report back to it. The loop lives in the process,
//! not in a window: closing every window changes nothing here.

pub mod callbook;
pub mod config;
mod contacts;
mod creation;
pub mod delivery;
mod draft;
mod effects;
mod engine;
mod erasing;
mod fields;
mod logging;
pub mod lookup;
pub mod people;
pub mod picture;
mod retention;
mod saver;
mod twins;
pub mod undo;
pub mod view;

pub use config::{Config, LogRule, NeverLog, Several};
pub use engine::{Engine, Parts};
pub use view::{Connection, Update};
