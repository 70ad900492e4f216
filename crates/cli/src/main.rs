//! `ringside`: the same engine without a window.
//!
//! A command goes to the process that owns the profile; with no owner, this process is it for as long as the command
//! takes. `number` and `connector` need neither, `ring` never waits for either, and `watch` only listens to the owner.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod beside;
mod call;
mod changed;
mod check;
mod completions;
mod connection;
mod connector;
mod contact;
mod creations;
mod data;
mod exit;
mod house;
mod number;
mod phone;
mod quiet;
mod reach;
mod ring;
mod show;
mod watch;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser as _;
use ringside_ipc::ApiError;

use crate::{
    args::{Command, Connector, Line, Phone, Search},
    exit::Exit,
    reach::Reach,
};

fn main() -> ExitCode {
    let line = Line::parse();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = run(&line, &mut out).and_then(|exit| exit::written(out.flush()).map(|()| exit));
    result
        .unwrap_or_else(|error| {
            let _ = out.flush();
            complain(&error, line.json);
            Exit::of(&error)
        })
        .into()
}

fn run(line: &Line, out: &mut impl Write) -> Result<Exit, ApiError> {
    match &line.command {
        Command::Number(number) => number::run(number, line.json, out),
        Command::Connector(Connector::Check { files }) => check::run(files, &line.profile, line.json, out),
        Command::Connector(wanted) => {
            let folders = reach::folders(&line.profile)?;
            let mut show = show::Out {
                json: line.json,
                to: out,
            };
            runtime()?.block_on(connector::run(&folders, wanted, &mut show))
        }
        Command::Completions { of } => completions::run(*of, out),
        Command::Ring(ring) => runtime()?.block_on(ring::run(line, ring, out)),
        Command::Watch { phones } => runtime()?.block_on(watch::run(line, *phones, out)),
        Command::Phone(Phone::Kinds { kind }) => {
            let mut show = show::Out {
                json: line.json,
                to: out,
            };
            phone::kinds(kind.as_deref(), &mut show)
        }
        _ => runtime()?.block_on(with_profile(line, out)),
    }
}

/// One thread: a command line has one thing to do.
fn runtime() -> Result<tokio::runtime::Runtime, ApiError> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| ApiError::new("internal", format!("the system gave no event queue: {error}")))
}

async fn with_profile(line: &Line, out: &mut impl Write) -> Result<Exit, ApiError> {
    let folders = reach::folders(&line.profile)?;
    let _log = ringside_app::prepare(&folders);
    let reach = Reach::open(folders).await?;
    let result = reach.unless_asked_to_quit(command(line, &reach, out)).await;
    reach.close().await;
    result
}

async fn command(line: &Line, reach: &Reach, out: &mut impl Write) -> Result<Exit, ApiError> {
    let mut show = show::Out {
        json: line.json,
        to: out,
    };
    match &line.command {
        Command::Status => return house::status(reach, &mut show).await,
        Command::Settings(settings) => return house::settings(reach, settings, &mut show).await,
        Command::Unlock { code } => return house::unlock(reach, *code, &mut show).await,
        Command::RecoveryCode { rotate } => return house::recovery_code(reach, *rotate, &mut show).await,
        Command::Quit { force } => return house::quit(reach, *force, &mut show).await,
        Command::Pause { how_long } => return quiet::pause(reach, how_long.as_deref(), &mut show).await,
        Command::Present { switch } => return quiet::present(reach, *switch, &mut show).await,
        Command::Search(Search { text: None, .. }) => return quiet::open_search(reach, &mut show).await,
        _ => reach.must_be_open().await?,
    }
    match &line.command {
        Command::Lookup { number, live } => contact::lookup(reach, number, *live, &mut show).await,
        Command::Search(search) => contact::search(reach, search, &mut show).await,
        Command::Create(create) => contact::create(reach, create, &mut show).await,
        Command::Creations(wanted) => creations::run(reach, wanted, &mut show).await,
        Command::Calls(calls) => call::list(reach, calls, &mut show).await,
        Command::Explain { what } => call::explain(reach, what, &mut show).await,
        Command::Refresh { call } => call::refresh(reach, call, &mut show).await,
        Command::Choose { call, contact, .. } => call::choose(reach, call, contact.as_deref(), &mut show).await,
        Command::Note { call, text, outcome } => call::note(reach, call, text.clone(), *outcome, &mut show).await,
        Command::Log(log) => call::log(reach, log, &mut show).await,
        Command::Settle(settle) => call::settle(reach, settle, &mut show).await,
        Command::Retry { call } => call::retry(reach, call, &mut show).await,
        Command::Undo { call } => call::undo(reach, call, &mut show).await,
        Command::SetAside { call } => call::set_aside(reach, call, &mut show).await,
        Command::AddNumber(add) => contact::add_number(reach, add, &mut show).await,
        Command::Rehearse { part } => call::rehearse(reach, part.clone(), &mut show).await,
        Command::Import(import) => data::import(reach, import, &mut show).await,
        Command::Export { what } => data::export(reach, *what, &mut show).await,
        Command::Person(person) => data::person(reach, person, &mut show).await,
        Command::Kept => data::kept(reach, &mut show).await,
        Command::Diagnostics => data::diagnostics(reach, &mut show).await,
        Command::Connection(wanted) => connection::run(reach, wanted, &mut show).await,
        Command::Phone(wanted) => phone::run(reach, wanted, &mut show).await,
        Command::Number(_)
        | Command::Connector(_)
        | Command::Completions { .. }
        | Command::Ring(_)
        | Command::Watch { .. }
        | Command::Status
        | Command::Settings(_)
        | Command::Unlock { .. }
        | Command::RecoveryCode { .. }
        | Command::Pause { .. }
        | Command::Present { .. }
        | Command::Quit { .. } => Ok(Exit::Done),
    }
}

/// Errors go to standard error, as words or as the same JSON that the socket carries.
fn complain(error: &ApiError, json: bool) {
    let mut err = io::stderr().lock();
    let _ = if json {
        show::json_line(&serde_json::json!({ "error": error }), &mut err)
    } else {
        let field = error
            .field
            .as_ref()
            .map_or_else(String::new, |field| format!(" (field: {field})"));
        writeln!(
            err,
            "ringside: {}{}",
            show::plain(&error.to_string()),
            show::plain(&field)
        )
    };
}
