//! The manifest engine at work against a CRM of which every answer is written down: what it asks, how it asks again, and what
//! it makes of the answers.
#![allow(clippy::unwrap_used, clippy::panic)]

mod account;
mod errors;
mod finding;
mod learning;
mod logging;
mod rates;
mod secrets;
mod sessions;
mod support;
mod trusting;
mod writing;
