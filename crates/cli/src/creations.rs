//! Contacts that wait to be created: what the app was asked for and has not sent, or could not.

use std::{io, io::Write, time::Duration};

use clap::{Args, Subcommand};
use ringside_ipc::{
    ApiError,
    command::Nothing,
    creation::{CreationArgs, CreationDecision, CreationDto, CreationStateDto, SettleCreationArgs},
};

use crate::{
    exit::{Exit, written},
    reach::Reach,
    show::{self, Out},
};

/// One that was just sent is watched this long; after that it is the journal's business.
const WATCHED: Duration = Duration::from_secs(5);
const GLANCE: Duration = Duration::from_millis(40);

#[derive(Args)]
pub struct Creations {
    #[command(subcommand)]
    pub what: Option<What>,
}

#[derive(Subcommand)]
pub enum What {
    /// Take one back that has not been sent
    Undo { id: String },
    /// Send one now, also after a refusal or when it was not certain whether it is there
    Send { id: String },
    /// It is not to be created, or is there by now
    Drop { id: String },
}

pub async fn run(reach: &Reach, wanted: &Creations, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    match &wanted.what {
        None => list(reach, out).await,
        Some(What::Undo { id }) => {
            let creation = id.clone();
            let undone: CreationDto = reach.ask("undo_creation", CreationArgs { creation }).await?;
            written(out.answer(&undone, one))?;
            Ok(Exit::Done)
        }
        Some(What::Drop { id }) => {
            let dropped = settle(reach, id, CreationDecision::Drop).await?;
            written(out.answer(&dropped, one))?;
            Ok(Exit::Done)
        }
        Some(What::Send { id }) => send(reach, id, out).await,
    }
}

async fn list(reach: &Reach, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let open: Vec<CreationDto> = reach.ask("creations", Nothing {}).await?;
    written(out.answer(&open, |open, out| {
        let rows = open.iter().map(|creation| {
            vec![
                creation.draft.name.clone(),
                format!("{}, {}", creation.connection_name, creation.type_label),
                state(&creation.state),
                creation.id.clone(),
            ]
        });
        show::table(&rows.collect::<Vec<_>>(), out)
    }))?;
    if open.is_empty() {
        out.aside("No contact waits to be created");
    }
    Ok(Exit::Done)
}

/// Sends it, and waits a moment to say what became of it.
async fn send(reach: &Reach, id: &str, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let mut sent = settle(reach, id, CreationDecision::Send).await?;
    let give_up = tokio::time::Instant::now() + WATCHED;
    while under_way(&sent.state) && tokio::time::Instant::now() < give_up {
        tokio::time::sleep(GLANCE).await;
        let open: Vec<CreationDto> = reach.ask("creations", Nothing {}).await?;
        sent = match open.into_iter().find(|known| known.id == sent.id) {
            Some(known) => known,
            // It is there: nothing is left to decide, and the answer says so.
            None => settle(reach, id, CreationDecision::Send).await?,
        };
    }
    written(out.answer(&sent, one))?;
    Ok(match sent.state {
        CreationStateDto::Refused { .. } | CreationStateDto::Unsure { .. } => Exit::Refused,
        CreationStateDto::Waiting { why: Some(_), .. } | CreationStateDto::Sending { .. } => Exit::Unavailable,
        _ => Exit::Done,
    })
}

async fn settle(reach: &Reach, id: &str, decision: CreationDecision) -> Result<CreationDto, ApiError> {
    let creation = id.to_owned();
    reach
        .ask("settle_creation", SettleCreationArgs { creation, decision })
        .await
}

/// Whether the answer may come any moment.
fn under_way(state: &CreationStateDto) -> bool {
    matches!(
        state,
        CreationStateDto::Waiting { why: None, .. } | CreationStateDto::Sending { why: None }
    )
}

fn one(creation: &CreationDto, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", show::plain(&creation.draft.name))?;
    let place = format!("{}, {}", creation.connection_name, creation.type_label);
    let why = trouble(&creation.state);
    show::facts(
        &[
            ("in", Some(place)),
            ("state", Some(state(&creation.state))),
            ("field", why.and_then(|why| why.field.clone())),
            ("next", why.and_then(|why| why.hint.clone())),
            ("said", creation.said.clone()),
            ("call", creation.call.clone()),
            ("id", Some(creation.id.clone())),
        ],
        out,
    )
}

fn state(state: &CreationStateDto) -> String {
    let word = match state {
        CreationStateDto::Waiting { until, .. } => {
            let (now, _) = ringside_app::time_now();
            format!("is sent in {} s", (until - now).max(0).div_euclid(1000))
        }
        CreationStateDto::Sending { .. } => "is being sent".to_owned(),
        CreationStateDto::Created { .. } => "created".to_owned(),
        CreationStateDto::Refused { .. } => "refused".to_owned(),
        CreationStateDto::Unsure { .. } => "unsure".to_owned(),
        CreationStateDto::Undone => "taken back".to_owned(),
    };
    match trouble(state) {
        Some(why) => format!("{word}: {}", why.message),
        None => word,
    }
}

fn trouble(state: &CreationStateDto) -> Option<&ApiError> {
    match state {
        CreationStateDto::Waiting { why, .. } | CreationStateDto::Sending { why } => why.as_ref(),
        CreationStateDto::Refused { error } | CreationStateDto::Unsure { error } => Some(error),
        CreationStateDto::Created { .. } | CreationStateDto::Undone => None,
    }
}

#[cfg(test)]
mod tests {
    use ringside_ipc::contact::DraftDto;

    use super::*;

    #[test]
    fn a_refusal_says_why_and_what_to_do() {
        let why = ApiError::invalid("status", "No such\u{1b}[2J status").hint("Choose another one");
        let creation = CreationDto {
            id: "0190".to_owned(),
            call: None,
            draft: DraftDto {
                name: "Anna Meier".to_owned(),
                ..DraftDto::default()
            },
            connection_name: "Bullhorn".to_owned(),
            type_label: "Lead".to_owned(),
            state: CreationStateDto::Refused { error: why },
            said: None,
        };
        let mut out = Vec::new();
        one(&creation, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("refused: No such[2J status") && text.contains("Choose another one"),
            "{text}"
        );
        assert!(!under_way(&creation.state) && under_way(&CreationStateDto::Sending { why: None }));
    }
}
