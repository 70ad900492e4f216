//! Delivery against a CRM in memory, in virtual time.
#![allow(clippy::unwrap_used, clippy::panic)]

mod crm;
mod desk;
mod journal;
mod rules;
mod scripts;
mod settling;
mod two_machines;
mod updates;
mod wishes;
