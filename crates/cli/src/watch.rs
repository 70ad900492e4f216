//! `ringside watch`: every change of every call as it happens, one line each, for scripts and for tests.
//!
//! It listens at the owner's socket and never owns the profile itself. A call is one id from its first ring to its end,
//! whatever the number of phones that tell of it. When the owner drops this listener because it was too slow, it connects
//! again and tells what changed meanwhile.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use ringside_app::{Client, Events, Folders};
use ringside_ipc::{
    ApiError, Event,
    call::{CallDto, CallStateDto, DirectionDto},
    command::{CallArgs, Nothing, SnapshotDto},
    phone::{PhoneDto, PhoneStateDto},
};
use serde::Serialize;

use crate::{
    args::Line,
    exit::{Exit, written},
    reach,
    show::{self, Out, plain},
};

/// Calls that are over and may still change, as when a log is sent.
const REMEMBERED: usize = 2_000;

pub async fn run(line: &Line, phones: bool, out: &mut impl Write) -> Result<Exit, ApiError> {
    let folders = reach::folders(&line.profile)?;
    let mut watch = Watch {
        out: Out {
            json: line.json,
            to: out,
        },
        calls: BTreeMap::new(),
        phones: phones.then(BTreeMap::new),
    };
    tokio::select! {
        ended = watch.run(&folders) => ended,
        // Stopping it is how it is meant to end.
        _ = stopped() => Ok(Exit::Done),
    }
}

#[cfg(unix)]
async fn stopped() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stopped() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

struct Watch<'a, W> {
    out: Out<'a, W>,
    /// What was said of each call.
    calls: BTreeMap<String, Said>,
    phones: Option<BTreeMap<String, PhoneStateDto>>,
}

/// What a script can see of a call, but for the times: when this changes, a line is due.
#[derive(Clone, PartialEq, Serialize)]
struct Said {
    state: CallStateDto,
    direction: DirectionDto,
    /// E.164.
    number: Option<String>,
    /// For a person to read: a number, `ext. 12`, an address, or why there is none.
    caller: String,
    /// The contact's, or what came with the call.
    name: Option<String>,
    line: Option<String>,
    queue: Option<String>,
    diverted_by: Vec<String>,
    provider_call_id: Option<String>,
    unverified: bool,
    rehearsal: bool,
}

#[derive(Serialize)]
struct CallLine<'a> {
    kind: &'static str,
    /// When it happened, Unix milliseconds.
    at: i64,
    id: &'a str,
    event: &'static str,
    #[serde(flatten)]
    said: &'a Said,
    talked: Option<i64>,
    /// It was so already when this began to listen.
    replay: bool,
}

#[derive(Serialize)]
struct PhoneLine<'a> {
    kind: &'static str,
    at: i64,
    phone: &'a str,
    phone_kind: &'a str,
    state: &'a PhoneStateDto,
}

/// Nobody reads any more, which ends this and is no error.
enum Step {
    On,
    Unread,
}

impl<W: Write> Watch<'_, W> {
    async fn run(&mut self, folders: &Folders) -> Result<Exit, ApiError> {
        let mut first = true;
        loop {
            // Listening comes first: what happens while the snapshot is taken is in one of the two.
            let (Some(mut events), Some(client)) = (Events::open(folders).await?, Client::connect(folders).await?)
            else {
                return Err(if first { not_running() } else { ended() });
            };
            if let Step::Unread = self.catch_up(&client, first).await? {
                return Ok(Exit::Done);
            }
            first = false;
            while let Some(event) = events.next().await? {
                let step = match event {
                    Event::Call { call } => self.call(&call, false)?,
                    Event::Phones => self.look_at_phones(&client).await?,
                    _ => Step::On,
                };
                if let Step::Unread = step {
                    return Ok(Exit::Done);
                }
            }
        }
    }

    async fn catch_up(&mut self, client: &Client, first: bool) -> Result<Step, ApiError> {
        let now: SnapshotDto = client.ask("snapshot", Nothing {}).await?;
        for call in &now.calls {
            // A card of a call that is over stays for a while; that is no news.
            if first && call.is_over {
                self.calls.insert(call.id.clone(), said(call));
            } else if let Step::Unread = self.call(call, first)? {
                return Ok(Step::Unread);
            }
        }
        // Meanwhile a call may have ended and its card been closed.
        let live: Vec<String> = self
            .calls
            .iter()
            .filter(|(_, said)| !said.is_over())
            .map(|(id, _)| id.clone())
            .collect();
        for id in live
            .into_iter()
            .filter(|id| !now.calls.iter().any(|call| call.id == *id))
        {
            let call: CallDto = client.ask("call", CallArgs { call: id }).await?;
            if let Step::Unread = self.call(&call, false)? {
                return Ok(Step::Unread);
            }
        }
        self.look_at_phones(client).await
    }

    fn call(&mut self, call: &CallDto, replay: bool) -> Result<Step, ApiError> {
        let now = said(call);
        let before = self.calls.insert(call.id.clone(), now.clone());
        let Some(event) = event(before.as_ref(), &now) else {
            return Ok(Step::On);
        };
        self.forget_old();
        let line = CallLine {
            kind: "call",
            at: happened(event, call),
            id: &call.id,
            event,
            said: &now,
            talked: call.talked,
            replay,
        };
        let written = if self.out.json {
            self.out.value(&line)
        } else {
            print(&line, call, self.out.to)
        };
        self.flushed(written)
    }

    async fn look_at_phones(&mut self, client: &Client) -> Result<Step, ApiError> {
        let Some(known) = &mut self.phones else {
            return Ok(Step::On);
        };
        let now: Vec<PhoneDto> = client.ask("phones", Nothing {}).await?;
        let before = std::mem::take(known);
        known.extend(now.iter().map(|phone| (phone.name.clone(), phone.state.clone())));
        let (at, zone) = ringside_app::time_now();
        for phone in now.iter().filter(|phone| before.get(&phone.name) != Some(&phone.state)) {
            let line = PhoneLine {
                kind: "phone",
                at,
                phone: &phone.name,
                phone_kind: &phone.kind,
                state: &phone.state,
            };
            let written = if self.out.json {
                self.out.value(&line)
            } else {
                let words = crate::phone::state_in_words(phone);
                writeln!(
                    self.out.to,
                    "{}  {}: {}",
                    ringside_app::local_time(at, &zone),
                    plain(&phone.name),
                    plain(&words)
                )
            };
            if let Step::Unread = self.flushed(written)? {
                return Ok(Step::Unread);
            }
        }
        Ok(Step::On)
    }

    /// Each line is out before the next event is looked at.
    fn flushed(&mut self, line: io::Result<()>) -> Result<Step, ApiError> {
        match line.and_then(|()| self.out.to.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Step::Unread),
            done => written(done).map(|()| Step::On),
        }
    }

    /// Ids begin with their time: the first ones are the oldest.
    fn forget_old(&mut self) {
        while self.calls.len() > REMEMBERED {
            let Some(oldest) = self
                .calls
                .iter()
                .find(|(_, said)| said.is_over())
                .map(|(id, _)| id.clone())
            else {
                return;
            };
            self.calls.remove(&oldest);
        }
    }
}

impl Said {
    fn is_over(&self) -> bool {
        !matches!(
            self.state,
            CallStateDto::Ringing | CallStateDto::Answered | CallStateDto::Held
        )
    }
}

fn said(call: &CallDto) -> Said {
    let chosen = call.choice.as_ref().map(|choice| &choice.contact);
    let known = chosen.or_else(|| call.lookup.matches.first().map(|found| &found.contact));
    Said {
        state: call.state,
        direction: call.direction,
        number: call.caller.e164.clone(),
        caller: show::caller(&call.caller),
        name: known
            .map(|contact| contact.name.clone())
            .or_else(|| call.caller.display.clone()),
        line: call.line.clone(),
        queue: call.queue.clone(),
        diverted_by: call.diverted_by.iter().map(show::caller).collect(),
        provider_call_id: call.provider_call_id.clone(),
        unverified: call.unverified,
        rehearsal: call.rehearsal,
    }
}

/// What happened to a call; `None`: nothing that is told here.
fn event(before: Option<&Said>, now: &Said) -> Option<&'static str> {
    match before {
        Some(before) if before == now => None,
        Some(before) if before.state == now.state => Some("changed"),
        _ => Some(match now.state {
            CallStateDto::Ringing => "ringing",
            CallStateDto::Answered => "answered",
            CallStateDto::Held => "held",
            _ => "ended",
        }),
    }
}

fn happened(event: &str, call: &CallDto) -> i64 {
    let known = match event {
        "ringing" => Some(call.started),
        "ended" => call.ended,
        _ => None,
    };
    known.unwrap_or_else(|| ringside_app::time_now().0)
}

fn print(line: &CallLine<'_>, call: &CallDto, out: &mut impl Write) -> io::Result<()> {
    let said = line.said;
    let arrow = match said.direction {
        DirectionDto::In => "in ",
        DirectionDto::Out => "out",
    };
    let event = match line.event {
        "changed" => "changed",
        _ => show::state(said.state),
    };
    let mut words = vec![said.caller.clone()];
    words.extend(said.name.clone());
    words.extend(said.queue.as_ref().map(|queue| format!("via {queue}")));
    words.extend(said.diverted_by.first().map(|by| format!("forwarded by {by}")));
    words.extend(said.line.as_ref().map(|line| format!("on {line}")));
    writeln!(
        out,
        "{}  {arrow}  {event:<18}  {}  {}",
        ringside_app::local_time(line.at, &call.zone),
        plain(&words.join("  ")),
        call.id
    )
}

fn not_running() -> ApiError {
    ApiError::new("unavailable", "Ringside is not running").hint("Start Ringside, then run the command again")
}

fn ended() -> ApiError {
    ApiError::new("unavailable", "Ringside was ended").hint("Start it, then run the command again")
}

#[cfg(test)]
mod tests;
