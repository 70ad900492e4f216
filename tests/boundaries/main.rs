//! The invariants of the architecture, held: who may import whom, what only one crate may touch, how long a file may be.
#![allow(clippy::unwrap_used, clippy::panic)]

mod crates;
mod files;
mod links;
mod literals;
mod phones;
mod said;
mod words;
