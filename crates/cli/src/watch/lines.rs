//! What `ringside watch` prints: a line of JSON for each event, call and phone, and the same of a call in words.

use std::io::{self, Write};

use ringside_ipc::{
    call::{CallDto, CallStateDto, DirectionDto, HeardDto},
    phone::PhoneStateDto,
};
use serde::Serialize;

use crate::show::{self, plain};

/// One event as its phone told it. Unlike a [`CallLine`] it says nothing of what others told before.
#[derive(Serialize)]
pub struct EventLine<'a> {
    kind: &'static str,
    /// When it happened, Unix milliseconds.
    at: i64,
    /// Who told: `phone/Office`, `intake/Desk`, `ring`.
    source: &'a str,
    /// `ringing`, `answered`, `held`, `ended`.
    event: &'static str,
    /// How it ended.
    reason: Option<CallStateDto>,
    /// The call it was or became.
    id: Option<&'a str>,
    /// How that call stands after it.
    state: Option<CallStateDto>,
    direction: Option<DirectionDto>,
    /// E.164.
    number: Option<&'a str>,
    /// For a person to read; `null`: this event says nothing of the other end.
    caller: Option<String>,
    /// The display name that came with it.
    name: Option<&'a str>,
    line: Option<&'a str>,
    queue: Option<&'a str>,
    provider_call_id: Option<&'a str>,
    replay: bool,
    trusted: bool,
    rehearsal: bool,
}

impl<'a> EventLine<'a> {
    pub fn of(heard: &'a HeardDto) -> Self {
        let caller = heard.caller.as_ref();
        Self {
            kind: "event",
            at: heard.at,
            source: &heard.source,
            event: word(heard.change),
            reason: Some(heard.change).filter(|change| is_over(*change)),
            id: heard.call.as_deref(),
            state: heard.state,
            direction: heard.direction,
            number: caller.and_then(|caller| caller.e164.as_deref()),
            caller: caller.map(show::caller),
            name: caller.and_then(|caller| caller.display.as_deref()),
            line: heard.line.as_deref(),
            queue: heard.queue.as_deref(),
            provider_call_id: heard.provider_call_id.as_deref(),
            replay: heard.replay,
            trusted: heard.trusted,
            rehearsal: heard.rehearsal,
        }
    }
}

/// Events were lost before this line.
#[derive(Serialize)]
pub struct Behind {
    kind: &'static str,
    at: i64,
}

impl Behind {
    pub fn now() -> Self {
        Self {
            kind: "behind",
            at: ringside_app::time_now().0,
        }
    }
}

/// What a script can see of a call, but for the times: when this changes, a line is due.
#[derive(Clone, PartialEq, Serialize)]
pub struct Said {
    pub state: CallStateDto,
    pub direction: DirectionDto,
    /// E.164.
    pub number: Option<String>,
    /// For a person to read: a number, `ext. 12`, an address, or why there is none.
    pub caller: String,
    /// The contact's, or what came with the call.
    pub name: Option<String>,
    pub line: Option<String>,
    pub queue: Option<String>,
    pub diverted_by: Vec<String>,
    pub provider_call_id: Option<String>,
    pub unverified: bool,
    pub rehearsal: bool,
}

#[derive(Serialize)]
pub struct CallLine<'a> {
    pub kind: &'static str,
    /// When it happened, Unix milliseconds.
    pub at: i64,
    pub id: &'a str,
    pub event: &'static str,
    #[serde(flatten)]
    pub said: &'a Said,
    pub talked: Option<i64>,
    /// It was so already when this began to listen.
    pub replay: bool,
}

#[derive(Serialize)]
pub struct PhoneLine<'a> {
    pub kind: &'static str,
    pub at: i64,
    pub phone: &'a str,
    pub phone_kind: &'a str,
    pub state: &'a PhoneStateDto,
}

impl Said {
    pub fn is_over(&self) -> bool {
        is_over(self.state)
    }
}

fn is_over(state: CallStateDto) -> bool {
    !matches!(
        state,
        CallStateDto::Ringing | CallStateDto::Answered | CallStateDto::Held
    )
}

/// What happened, in one word.
fn word(state: CallStateDto) -> &'static str {
    match state {
        CallStateDto::Ringing => "ringing",
        CallStateDto::Answered => "answered",
        CallStateDto::Held => "held",
        _ => "ended",
    }
}

pub fn said(call: &CallDto) -> Said {
    Said {
        state: call.state,
        direction: call.direction,
        number: call.caller.e164.clone(),
        caller: show::caller(&call.caller),
        name: show::known(call)
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
pub fn event(before: Option<&Said>, now: &Said) -> Option<&'static str> {
    match before {
        Some(before) if before == now => None,
        Some(before) if before.state == now.state => Some("changed"),
        _ => Some(word(now.state)),
    }
}

pub fn happened(event: &str, call: &CallDto) -> i64 {
    let known = match event {
        "ringing" => Some(call.started),
        "ended" => call.ended,
        _ => None,
    };
    known.unwrap_or_else(|| ringside_app::time_now().0)
}

pub fn print(line: &CallLine<'_>, call: &CallDto, out: &mut impl Write) -> io::Result<()> {
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
