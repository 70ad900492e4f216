//! The lookup against connections that answer, lie, fail, panic and hang, in virtual time.

#![allow(clippy::unwrap_used, clippy::panic)]

mod answers;
mod duplicates;
mod fakes;
mod properties;
mod refresh;
mod stage;
mod trouble;
