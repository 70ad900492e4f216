//! `ringside watch`: every change of every call as it happens, one line each, for scripts and for tests. With `--json` also
//! every event that a phone told, whether it changed anything or not.
//!
//! It listens at the owner's socket and never owns the profile itself. A call is one id from its first ring to its end,
//! whatever the number of phones that tell of it. When events were lost, because this listener or the app was too slow, it
//! says so, connects again where it was dropped, and tells how every call stands that changed meanwhile.

mod lines;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use ringside_app::{Client, Events, Folders};
use ringside_ipc::{
    ApiError, Event,
    call::{CallDto, CallFilterDto, CallsPageDto, HeardDto},
    command::{CallArgs, Nothing, SnapshotDto},
    phone::{PhoneDto, PhoneStateDto},
};

use self::lines::{Behind, CallLine, EventLine, PhoneLine, Said, event, happened, print, said};
use crate::{
    args::Line,
    exit::{Exit, written},
    reach::{self, ended, not_running},
    show::{Out, plain},
};

/// Calls that are over and may still change, as when a log is sent.
const REMEMBERED: usize = 2_000;
/// Calls are told in the order in which they changed, which is not quite the order in which they began. Milliseconds.
const OVERLAP: i64 = 60_000;
/// Calls of one page when catching up, and at the start, when only what goes on is told.
const PAGE: u32 = 200;

pub async fn run(line: &Line, phones: bool, out: &mut impl Write) -> Result<Exit, ApiError> {
    let folders = reach::folders(&line.profile)?;
    let mut watch = Watch {
        out: Out {
            json: line.json,
            to: out,
        },
        calls: BTreeMap::new(),
        newest: 0,
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
    /// When the newest of them began, Unix milliseconds.
    newest: i64,
    phones: Option<BTreeMap<String, PhoneStateDto>>,
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
            if !first && let Step::Unread = self.behind()? {
                return Ok(Exit::Done);
            }
            if let Step::Unread = self.catch_up(&client, first).await? {
                return Ok(Exit::Done);
            }
            first = false;
            while let Some(event) = events.next().await? {
                let step = match event {
                    Event::Heard { heard } => self.heard(&heard)?,
                    Event::Call { call } => self.call(&call, false)?,
                    Event::Behind => match self.behind()? {
                        Step::On => self.catch_up(&client, false).await?,
                        Step::Unread => Step::Unread,
                    },
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
        let snapshot: SnapshotDto = client.ask("snapshot", Nothing {}).await?;
        let mut now = self.newer(client, first).await?;
        // Where the journal can't be written, what has a card is in neither list but this.
        now.extend(snapshot.calls.into_iter().map(|call| (call.id.clone(), call)));
        for call in now.values() {
            // What is over already when this begins to listen is no news.
            if first && call.is_over {
                self.newest = self.newest.max(call.started);
                self.calls.insert(call.id.clone(), said(call));
            } else if let Step::Unread = self.call(call, first)? {
                return Ok(Step::Unread);
            }
        }
        // Meanwhile a call may have ended and its card been closed.
        let live: Vec<String> = self
            .calls
            .iter()
            .filter(|(id, said)| !said.is_over() && !now.contains_key(*id))
            .map(|(id, _)| id.clone())
            .collect();
        for id in live {
            let call: CallDto = client.ask("call", CallArgs { call: id }).await?;
            if let Step::Unread = self.call(&call, false)? {
                return Ok(Step::Unread);
            }
        }
        self.look_at_phones(client).await
    }

    /// Calls since the newest that was told, whether they are over or not; at the start the newest page of all.
    async fn newer(&self, client: &Client, first: bool) -> Result<BTreeMap<String, CallDto>, ApiError> {
        let mut filter = CallFilterDto {
            since: Some(self.newest - OVERLAP),
            limit: Some(PAGE),
            ..CallFilterDto::default()
        };
        let mut found = BTreeMap::new();
        loop {
            let page: CallsPageDto = client.ask("calls", filter.clone()).await?;
            filter.before = page.calls.last().map(|call| call.id.clone());
            found.extend(page.calls.into_iter().map(|call| (call.id.clone(), call)));
            if first || !page.more || filter.before.is_none() {
                return Ok(found);
            }
        }
    }

    fn heard(&mut self, heard: &HeardDto) -> Result<Step, ApiError> {
        if !self.out.json {
            return Ok(Step::On);
        }
        let written = self.out.value(&EventLine::of(heard));
        self.flushed(written)
    }

    /// A script that counts has to know that something is missing.
    fn behind(&mut self) -> Result<Step, ApiError> {
        self.out
            .aside("Some events were lost; how the calls stand now is told again");
        if !self.out.json {
            return Ok(Step::On);
        }
        let written = self.out.value(&Behind::now());
        self.flushed(written)
    }

    fn call(&mut self, call: &CallDto, replay: bool) -> Result<Step, ApiError> {
        let now = said(call);
        self.newest = self.newest.max(call.started);
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

#[cfg(test)]
mod tests;
