//! The manifest engine at work against a CRM of which every answer is written down: what it asks, how it asks again, and what
//! it makes of the answers.
#![allow(clippy::unwrap_used, clippy::panic)]

mod account;
mod anew;
mod companies;
mod errors;
mod fields;
mod finding;
mod learning;
mod logging;
mod odd;
mod rates;
mod renewing;
mod secrets;
mod sessions;
mod support;
mod told;
mod trusting;
mod writing;
