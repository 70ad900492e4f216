//! The operating system: clock, keyring, folders, log, notifications, autostart, links, the lock of a profile.
//!
//! One module per thing of the system, each behind plain functions or a port of `domain`. What the system cannot do, or
//! does not answer in time, is an [`Error`](ringside_domain::Error) with words for a person; nothing here panics or hangs.
//!
//! Architecture invariant: the only crate that reads the wall clock, and the only one that knows the keyring, D-Bus or
//! the desktop.

pub mod autostart;
pub mod clock;
pub mod env;
pub mod folders;
pub mod http;
pub mod keyring;
pub mod lan;
pub mod links;
pub mod lock;
pub mod log;
mod markup;
#[cfg(all(unix, not(target_os = "macos")))]
pub mod notify;
pub mod process;
mod run;
pub mod screen;
pub mod session;
pub mod sign_in;
#[cfg(unix)]
pub mod socket;
pub mod state;

pub use autostart::Autostart;
pub use clock::{OsRandom, SystemClock};
pub use folders::{Folders, Profile};
pub use http::{OwnPorts, Web, WebOptions};
pub use keyring::Keyring;
pub use links::LinkHandler;
pub use lock::ProfileLock;
#[cfg(all(unix, not(target_os = "macos")))]
pub use notify::{Notice, Notifier};
pub use sign_in::OAuth;
