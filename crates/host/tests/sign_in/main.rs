//! Signing in, against a strict provider over the loopback: a browser that really goes there and comes back, real
//! sockets, real tokens. Only the keyring is ours, because it has to fail when a test wants it to.

#![allow(clippy::unwrap_used, clippy::panic)]

mod anew;
mod browser;
mod grants;
mod house;
mod lasting;
mod log;
mod pauses;
mod provider;
mod redirect;
mod token;
