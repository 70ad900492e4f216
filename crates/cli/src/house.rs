//! Commands about the house: state, settings, the key.

use std::io::{self, Write};

use ringside_ipc::{
    ApiError,
    command::{Nothing, QuitArgs, RecoveryArgs, RecoveryDto, SnapshotDto, UnlockArgs},
    settings::SettingsDto,
    status::{IntakeStateDto, QuietDto, StatusDto, StoreStateDto},
};
use serde_json::{Value, json};

use crate::{
    args::Settings,
    exit::{Exit, USAGE, written},
    reach::Reach,
    show::{self, Out},
};

pub async fn status(reach: &Reach, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let now: SnapshotDto = reach.ask("snapshot", Nothing {}).await?;
    written(out.answer(&now.status, print_status))?;
    Ok(if now.status.store == StoreStateDto::Open {
        Exit::Done
    } else {
        Exit::Unavailable
    })
}

fn print_status(status: &StatusDto, out: &mut impl Write) -> io::Result<()> {
    let store = match &status.store {
        StoreStateDto::Open => "open, encrypted".to_owned(),
        StoreStateDto::InMemory { message, unsaved, .. } => format!("in memory only, {unsaved} calls: {message}"),
    };
    let intake = match &status.intake {
        IntakeStateDto::Off => "off".to_owned(),
        IntakeStateDto::Listening { port, lan: None } => format!("listens on 127.0.0.1:{port}"),
        IntakeStateDto::Listening { port, lan: Some(lan) } => format!("listens on 127.0.0.1:{port} and {lan}:{port}"),
        IntakeStateDto::Failed { port, message } => format!("port {port}: {message}"),
    };
    show::facts(
        &[
            ("store", Some(store)),
            (
                "contacts",
                Some(format!(
                    "{} with {} numbers, {} unreadable",
                    status.contacts, status.numbers, status.unreadable
                )),
            ),
            (
                "logs",
                Some(format!(
                    "{} waiting, {} refused, {} unsure",
                    status.waiting, status.refused, status.unsure
                )),
            ),
            (
                "contacts to be created",
                Some(status.creating.to_string()).filter(|_| status.creating > 0),
            ),
            ("missed", Some(status.missed.to_string())),
            ("intake", Some(intake)),
            (
                "quiet",
                Some(crate::quiet::words(&status.quiet)).filter(|_| status.quiet != QuietDto::default()),
            ),
        ],
        out,
    )?;
    for notice in &status.notices {
        writeln!(out, "{}", show::plain(&notice.message))?;
        if let Some(hint) = &notice.hint {
            writeln!(out, "  {}", show::plain(hint))?;
        }
    }
    Ok(())
}

pub async fn settings(reach: &Reach, settings: &Settings, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let now: SettingsDto = reach.ask("settings", Nothing {}).await?;
    let now = match settings {
        Settings::Show => now,
        Settings::Set { key, value } => reach.ask("save_settings", with(&now, key, value)?).await?,
    };
    written(out.answer(&now, print_settings))?;
    Ok(Exit::Done)
}

/// The settings with one changed, typed as a person types it.
fn with(now: &SettingsDto, key: &str, value: &str) -> Result<SettingsDto, ApiError> {
    let usage = |words: String| ApiError::new(USAGE, words);
    let mut all = serde_json::to_value(now).map_err(|error| ApiError::new("internal", error.to_string()))?;
    let Some(field) = all.get_mut(key) else {
        let keys: Vec<&str> = all
            .as_object()
            .into_iter()
            .flat_map(|all| all.keys().map(String::as_str))
            .collect();
        return Err(usage(format!(
            "there is no setting `{key}`; there are: {}",
            keys.join(", ")
        )));
    };
    *field = match field {
        Value::Bool(_) => match value {
            "on" | "true" | "yes" => Value::Bool(true),
            "off" | "false" | "no" => Value::Bool(false),
            _ => return Err(usage(format!("`{key}` is on or off"))),
        },
        Value::Number(_) if !value.is_empty() => {
            let number = value.parse::<u32>();
            json!(number.map_err(|_| usage(format!("`{key}` is a whole number")))?)
        }
        Value::Array(_) => json!(
            value
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
        ),
        _ if value.is_empty() => Value::Null,
        // What is none now may be a number.
        Value::Null if key == "keep_calls_days" => value.parse::<u32>().map_or(json!(value), |days| json!(days)),
        _ => json!(value),
    };
    serde_json::from_value(all).map_err(|_| {
        usage(format!(
            "`{value}` is not a value of `{key}`; docs/config.md lists them"
        ))
    })
}

fn print_settings(settings: &SettingsDto, out: &mut impl Write) -> io::Result<()> {
    let all = serde_json::to_value(settings)?;
    let rows = all.as_object().into_iter().flatten().map(|(key, value)| {
        let text = match value {
            Value::Null => "none".to_owned(),
            Value::String(text) => text.clone(),
            Value::Bool(on) => if *on { "on" } else { "off" }.to_owned(),
            Value::Array(list) if list.is_empty() => "none".to_owned(),
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            other => other.to_string(),
        };
        vec![format!("  {key}"), text]
    });
    show::table(&rows.collect::<Vec<_>>(), out)
}

pub async fn unlock(reach: &Reach, code: bool, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let code = if code { Some(typed_code()?) } else { None };
    let status: StatusDto = reach.ask("unlock", UnlockArgs { code }).await?;
    written(out.answer(&status, print_status))?;
    Ok(Exit::Done)
}

/// The code comes over standard input, where no list of processes shows it.
fn typed_code() -> Result<String, ApiError> {
    eprint!("Recovery code: ");
    let mut line = String::new();
    let read = io::BufRead::read_line(&mut io::Read::take(io::stdin().lock(), 4096), &mut line);
    read.map_err(|error| ApiError::new(USAGE, format!("the code could not be read: {error}")))?;
    Ok(line.trim().to_owned())
}

pub async fn recovery_code(reach: &Reach, rotate: bool, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let code: RecoveryDto = reach.ask("recovery_code", RecoveryArgs { rotate }).await?;
    written(out.answer(&code, |code, out| writeln!(out, "{}", code.code)))?;
    Ok(Exit::Done)
}

/// With no app to end, there is nothing to do, and that is fine.
pub async fn quit(reach: &Reach, force: bool, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    if let Reach::There(..) = reach {
        let _: Nothing = reach.ask("quit", QuitArgs { force }).await?;
    }
    written(out.answer(&json!({}), |_, _| Ok(())))?;
    Ok(Exit::Done)
}
