//! Puts the parts together: settings → store, connections, sources → engine.
//!
//! [`start`] makes this process the owner of a profile, or connects to the one that is. The owner runs the engine, writes,
//! delivers, and answers the [command table](ringside_ipc::command) to windows in this process and to command lines over
//! a socket that only its user can open.
//!
//! Architecture invariant: the only crate that sees store, connectors, sources, host and engine together. What a call
//! means is decided in the engine; here is only which part is plugged in where.

mod api;
mod api_input;
mod app;
mod calls;
pub mod client;
mod configure;
mod connections;
mod creations;
mod desktop;
mod hotkeys;
mod import;
mod intake;
mod links;
mod listen;
mod lists;
mod missed;
mod owner;
mod person;
mod phones;
mod quiet;
mod quit;
mod rehearsal;
mod reports;
pub mod ring;
mod search;
mod secrets;
pub mod settings;
mod spool;
mod start;
mod status;
mod time;
pub mod unlock;
mod web;
mod wire;

pub use app::App;
pub use client::{Client, Events};
pub use quiet::Desk;
pub use ring::{Rung, ring};
/// Checking a connector's file, for the command line.
pub use ringside_connectors::manifest::{
    check::{Report as ConnectorReport, check_file as check_connector},
    load::Problem as ConnectorProblem,
};
pub use ringside_domain::Error;
pub use ringside_engine::Connection;
/// The operating system, for the shell: notifications, pages in the browser, links.
pub use ringside_host as host;
pub use ringside_host::{Folders, Profile, SystemClock};
pub use start::{Ports, REHEARSAL, Start, StartOptions, start};
pub use time::{local as local_time, now as time_now, tomorrow};

/// What a process does first of all: no core dumps, and a log. Keep what it returns until the end.
///
/// Neither may keep the program from running: what fails is told to standard error.
#[must_use = "the log ends when this is dropped"]
pub fn prepare(folders: &Folders) -> Option<host::log::Log> {
    host::process::calm_panics();
    if let Err(error) = host::process::forbid_core_dumps() {
        eprintln!("ringside: {error}");
    }
    match host::log::start(folders) {
        Ok(log) => Some(log),
        Err(error) => {
            eprintln!("ringside: {error}");
            None
        }
    }
}

/// Where the user's own connector files lie.
#[must_use]
pub fn connectors_folder(folders: &Folders) -> std::path::PathBuf {
    folders.config.join(connections::own::FOLDER)
}

/// What a person can connect, with what each one asks for. Needs neither the profile's key nor its owner: what ships, and what
/// the user's own files say now.
#[must_use]
pub fn connectors(folders: &Folders) -> Vec<ringside_ipc::connection::ConnectorDto> {
    let catalog = ringside_connectors::catalog::Catalog::shipped().with_own(&own_connectors(folders));
    catalog
        .entries()
        .into_iter()
        .map(connections::show::connector)
        .collect()
}

/// The kinds of phones that a person can set up, with what each one asks for. Needs neither the profile's key nor its owner.
#[must_use]
pub fn phone_kinds() -> Vec<ringside_ipc::phone::PhoneKindDto> {
    phones::kinds_now()
}

/// The user's own connector files by their names, or in words why one can't be read.
#[must_use]
pub fn own_connectors(folders: &Folders) -> std::collections::BTreeMap<String, Result<String, String>> {
    let folder = connectors_folder(folders);
    connections::own::read(&folder, &connections::own::stamps(&folder))
}
