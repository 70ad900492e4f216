//! The whole way of a call through the real engine, store and address book, without a window: what a person does, and
//! what they find afterwards.
#![allow(clippy::unwrap_used, clippy::panic)]

mod busy;
mod changing;
mod creating;
mod crm;
mod desk;
mod dialog;
mod ends;
mod hung_up;
mod keeper;
mod logging;
mod lookup;
mod restart;
mod rules;
