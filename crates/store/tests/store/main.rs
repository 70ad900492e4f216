//! The store on real, encrypted files.
#![allow(clippy::unwrap_used, clippy::panic)]

mod address_book;
mod chosen;
mod damage;
mod file;
mod index;
mod journal;
mod key;
mod memory;
mod merge;
mod search;
mod support;
