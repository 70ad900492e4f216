//! The App Connect connector, over the real transport: against a server that answers as the vendor's does (`peer`), and, where
//! `RINGSIDE_REAL` names one (tests/real), against the vendor's own.
//!
//! `life` holds what must be the same with both, so that the peer can't drift away from the real server.

#![allow(clippy::unwrap_used, clippy::panic)]

mod agreeing;
mod by_hand;
mod contacts;
mod desk;
mod finding;
mod functions;
mod hostile;
mod life;
mod logging;
mod peer;
mod seen;
mod sessions;
mod settings;
