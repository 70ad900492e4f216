//! Commands about calls.

use std::{io::Write, time::Duration};

use ringside_ipc::{
    ApiError,
    call::{
        CallDto, CallFilterDto, CallsPageDto, ChosenFieldDto, LogDto, LogFieldsDto, LogStateDto, OutcomeDto, TraceDto,
    },
    command::{
        CallArgs, ChooseArgs, Decision, LogArgs, LogFieldsArgs, LookupArgs, LookupReplyDto, NoteArgs, Nothing,
        RehearseArgs, ReportedDto, SettleArgs,
    },
    status::StatusDto,
};

use crate::{
    args::{self, Calls, Log, Outcome, Settle},
    beside,
    contact::{fields, reference},
    exit::{Exit, written},
    reach::Reach,
    show::{self, Out},
};

/// A log that was just asked for is watched this long; after that it is the journal's business.
const WATCHED: Duration = Duration::from_secs(5);
const GLANCE: Duration = Duration::from_millis(40);

pub async fn list(reach: &Reach, calls: &Calls, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let filter = CallFilterDto {
        text: calls.text.clone(),
        missed: calls.missed,
        not_logged: calls.not_logged,
        log: calls.log.map(log_state),
        before: calls.before.clone(),
        since: None,
        limit: calls.limit,
    };
    let page: CallsPageDto = reach.ask("calls", filter).await?;
    written(out.answer(&page, |page, out| {
        show::calls(&page.calls, out)?;
        match page.calls.last() {
            Some(last) if page.more => writeln!(out, "There are more: --before {}", last.id),
            _ => Ok(()),
        }
    }))?;
    let searches = calls.text.is_some() || calls.not_logged || calls.log.is_some() || calls.before.is_some();
    if !searches {
        // Who is on the list has been seen. That this can't be told takes nothing from the list.
        let _ = reach.ask::<StatusDto>("see_missed", Nothing {}).await;
    }
    if page.calls.is_empty() {
        out.aside(if searches || calls.missed {
            "No such calls: `ringside calls` lists all of them"
        } else {
            "No calls yet: `ringside phone list` says what tells of them"
        });
    }
    Ok(Exit::Done)
}

pub async fn refresh(reach: &Reach, call: &str, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let call: CallDto = reach.ask("refresh", named(reach, call).await?).await?;
    print(&call, out)?;
    Ok(if call.lookup.matches.is_empty() {
        Exit::NothingFound
    } else {
        Exit::Done
    })
}

pub async fn choose(
    reach: &Reach,
    call: &str,
    contact: Option<&str>,
    out: &mut Out<'_, impl Write>,
) -> Result<Exit, ApiError> {
    let contact = contact.map(reference).transpose()?;
    let CallArgs { call } = named(reach, call).await?;
    let call: CallDto = reach.ask("choose", ChooseArgs { call, contact }).await?;
    print(&call, out)?;
    Ok(Exit::Done)
}

pub async fn note(
    reach: &Reach,
    call: &str,
    text: Option<String>,
    outcome: Option<Outcome>,
    out: &mut Out<'_, impl Write>,
) -> Result<Exit, ApiError> {
    let call = save_note(reach, named(reach, call).await?, text, outcome).await?;
    print(&call, out)?;
    Ok(Exit::Done)
}

/// Logs the call, and waits a moment to say what became of it. Refused and unsure logs are this command's failure, too.
pub async fn log(reach: &Reach, log: &Log, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let contact = log.contact.as_deref().map(reference).transpose()?;
    let fields = fields(&log.fields)?;
    let id = named(reach, &log.call).await?;
    if log.note.is_some() || log.outcome.is_some() {
        save_note(reach, id.clone(), log.note.clone(), log.outcome).await?;
    }
    let mut contact = contact;
    if !fields.is_empty() {
        // Another contact has other fields: it is chosen first.
        if let Some(contact) = contact.take() {
            let args = ChooseArgs {
                call: id.call.clone(),
                contact: Some(contact),
            };
            let _: CallDto = reach.ask("choose", args).await?;
        }
        save_fields(reach, id.clone(), fields).await?;
    }
    let args = LogArgs {
        call: id.call.clone(),
        contact,
    };
    let call: CallDto = reach.ask("log", args).await?;
    watched(reach, id, call, None, out).await
}

/// Decides what an unsure or refused log becomes.
pub async fn settle(reach: &Reach, settle: &Settle, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let id = named(reach, &settle.call).await?;
    let now: CallDto = reach.ask("call", id.clone()).await?;
    let write = now
        .log
        .write
        .filter(|_| matches!(now.log.state, LogStateDto::Unsure | LogStateDto::Refused))
        .ok_or_else(|| {
            ApiError::new(
                "conflict",
                "there is nothing to decide: the log of this call is neither unsure nor refused",
            )
            .hint("`ringside calls` says what became of each call")
        })?;
    let decision = match &settle.decision {
        args::Decision { is_there: true, .. } => Decision::ItIsThere,
        args::Decision { send_again: true, .. } => Decision::SendAgain,
        args::Decision { .. } => Decision::Drop,
    };
    let call = id.call.clone();
    let settled: CallDto = reach.ask("settle", SettleArgs { call, write, decision }).await?;
    let before = settled.log.clone();
    watched(reach, id, settled, Some(before), out).await
}

pub async fn retry(reach: &Reach, call: &str, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let id = named(reach, call).await?;
    let tried: CallDto = reach.ask("retry", id.clone()).await?;
    let before = tried.log.clone();
    watched(reach, id, tried, Some(before), out).await
}

pub async fn undo(reach: &Reach, call: &str, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let call: CallDto = reach.ask("undo", named(reach, call).await?).await?;
    print(&call, out)?;
    Ok(Exit::Done)
}

pub async fn set_aside(reach: &Reach, call: &str, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let call: CallDto = reach.ask("set_aside", named(reach, call).await?).await?;
    print(&call, out)?;
    Ok(Exit::Done)
}

/// Waits a moment for what becomes of a log, and prints it. A log as it was `before` a new try says nothing of that try yet.
async fn watched(
    reach: &Reach,
    id: CallArgs,
    mut call: CallDto,
    before: Option<LogDto>,
    out: &mut Out<'_, impl Write>,
) -> Result<Exit, ApiError> {
    let give_up = tokio::time::Instant::now() + WATCHED;
    while call.log.state == LogStateDto::Waiting
        && (call.log.message.is_none() || before.as_ref() == Some(&call.log))
        && tokio::time::Instant::now() < give_up
    {
        tokio::time::sleep(GLANCE).await;
        call = reach.ask("call", id.clone()).await?;
    }
    print(&call, out)?;
    Ok(match call.log.state {
        LogStateDto::Refused | LogStateDto::Unsure => Exit::Refused,
        LogStateDto::Waiting if call.log.message.is_some() => Exit::Unavailable,
        _ => Exit::Done,
    })
}

/// The trace of a call's lookups, or of a lookup made now for a number.
pub async fn explain(reach: &Reach, what: &str, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let mut asked = None;
    let traces: Vec<TraceDto> = if what == LAST || is_id(what) {
        reach.ask("traces", named(reach, what).await?).await?
    } else {
        let found: LookupReplyDto = reach
            .ask(
                "lookup",
                LookupArgs {
                    number: what.to_owned(),
                    live: true,
                },
            )
            .await?;
        asked = Some(found.clone());
        vec![found.trace]
    };
    written(out.answer(&traces, |traces, out| {
        traces.iter().try_for_each(|trace| show::trace(trace, out))
    }))?;
    if let Some(found) = asked {
        beside::print(reach, &found, true, out).await?;
    }
    Ok(if traces.is_empty() {
        Exit::NothingFound
    } else {
        Exit::Done
    })
}

pub async fn rehearse(reach: &Reach, part: Option<String>, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let played: ReportedDto = reach.ask("rehearse", RehearseArgs { part }).await?;
    written(out.answer(&played, |_, _| Ok(())))?;
    Ok(Exit::Done)
}

const LAST: &str = "last";

/// A call by its id, or the newest one.
pub async fn named(reach: &Reach, call: &str) -> Result<CallArgs, ApiError> {
    if call != LAST {
        return Ok(CallArgs { call: call.to_owned() });
    }
    let page: CallsPageDto = reach
        .ask(
            "calls",
            CallFilterDto {
                limit: Some(1),
                ..CallFilterDto::default()
            },
        )
        .await?;
    let newest = page
        .calls
        .into_iter()
        .next()
        .ok_or_else(|| ApiError::new("not_found", "there is no call yet"))?;
    Ok(CallArgs { call: newest.id })
}

/// Ids are UUIDs; no phone number looks like one.
fn is_id(text: &str) -> bool {
    text.len() == 36 && text.chars().filter(|letter| *letter == '-').count() == 4
}

/// What is not given stays as it is.
async fn save_note(
    reach: &Reach,
    id: CallArgs,
    text: Option<String>,
    outcome: Option<Outcome>,
) -> Result<CallDto, ApiError> {
    let now: CallDto = reach.ask("call", id.clone()).await?;
    let args = NoteArgs {
        call: id.call,
        note: text.unwrap_or(now.note),
        outcome: outcome.map(dto).or(now.outcome),
    };
    reach.ask("note", args).await
}

/// What is not given stays as it is. Names and values are checked against what the CRM asks, so that a typing error is
/// said here and not after the call is logged.
async fn save_fields(reach: &Reach, id: CallArgs, given: Vec<ChosenFieldDto>) -> Result<CallDto, ApiError> {
    let asked: LogFieldsDto = reach.ask("log_fields", id.clone()).await?;
    for field in &given {
        let known = asked.fields.iter().find(|known| known.name == field.name);
        let names: Vec<&str> = asked.fields.iter().map(|known| known.name.as_str()).collect();
        let known = known.ok_or_else(|| {
            ApiError::invalid(&field.name, format!("the log has no field `{}` here", field.name)).hint(
                if names.is_empty() {
                    "The chosen contact's connection asks for nothing".to_owned()
                } else {
                    format!("There are: {}", names.join(", "))
                },
            )
        })?;
        let fits = known.options.is_empty() || known.options.iter().any(|option| option.value == field.value);
        if !fits && !field.value.is_empty() {
            let offers: Vec<String> = known
                .options
                .iter()
                .take(20)
                .map(|option| format!("{} ({})", option.value, option.label))
                .collect();
            return Err(
                ApiError::invalid(&field.name, format!("{} is none of its choices", known.label))
                    .hint(format!("Choose one of: {}", offers.join(", "))),
            );
        }
    }
    let now: CallDto = reach.ask("call", id.clone()).await?;
    let fields = now.fields.into_iter().chain(given).collect();
    reach
        .ask("set_log_fields", LogFieldsArgs { call: id.call, fields })
        .await
}

fn log_state(state: args::LogState) -> LogStateDto {
    match state {
        args::LogState::NotLogged => LogStateDto::NotLogged,
        args::LogState::SetAside => LogStateDto::SetAside,
        args::LogState::Waiting => LogStateDto::Waiting,
        args::LogState::Logged => LogStateDto::Logged,
        args::LogState::Refused => LogStateDto::Refused,
        args::LogState::Unsure => LogStateDto::Unsure,
    }
}

fn dto(outcome: Outcome) -> OutcomeDto {
    match outcome {
        Outcome::Connected => OutcomeDto::Connected,
        Outcome::LeftMessage => OutcomeDto::LeftMessage,
        Outcome::NoAnswer => OutcomeDto::NoAnswer,
        Outcome::Busy => OutcomeDto::Busy,
        Outcome::WrongNumber => OutcomeDto::WrongNumber,
        Outcome::CallBack => OutcomeDto::CallBack,
    }
}

fn print(call: &CallDto, out: &mut Out<'_, impl Write>) -> Result<(), ApiError> {
    written(out.answer(call, show::call))
}
