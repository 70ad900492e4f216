//! A contact that is created after a moment in which it can be taken back: the whole engine in virtual time, over a CRM and
//! a journal in memory.
#![allow(clippy::unwrap_used, clippy::panic)]

mod asked;
mod crashes;
mod crm;
mod desk;
mod ends;
mod erased;
#[allow(dead_code)]
#[path = "../lookup/fakes.rs"]
mod fakes;
mod journal;
mod logs;
mod looks;
