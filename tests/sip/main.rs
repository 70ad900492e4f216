//! Phones on a real PBX: Kamailio, with sipp, baresip and Twinkle as the parties, all on the loopback.
//!
//! What runs is what ships: a source made by `kinds::build`, the engine, the store. What is looked at is the journal. Every
//! call's end state must be known within a stated time, and no call may be lost or doubled.
//!
//! `./dev test` runs the quick ones, `./dev real sip` all of them: restarts, sleep, and ten thousand calls.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod calls;
mod certificates;
mod lost;
mod many;
mod names;
mod notifier;
mod party;
mod pbx;
mod process;
mod refused;
mod softphone;
mod transfers;
mod twinkle;
mod watcher;
