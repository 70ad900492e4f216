//! The store on real, encrypted files.
#![allow(clippy::unwrap_used, clippy::panic)]

mod address_book;
mod called;
mod chosen;
mod creations;
mod damage;
mod file;
mod imports;
mod index;
mod journal;
mod key;
mod memory;
mod merge;
mod person;
mod retention;
mod search;
mod support;
