//! The book of calls under every order, loss and repetition of events.
#![allow(clippy::unwrap_used, clippy::panic)]

mod cards;
mod chaos;
mod choices;
mod desk;
mod ends;
mod facts;
mod joining;
mod night;
mod replaced;
mod replay;
mod rules;
mod states;
mod truth;
