//! One task for one connection: it takes what comes apart, answers the server's requests, sends what it is given, and keeps
//! the connection alive. It ends with the connection, and says why.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ringside_domain::{Error, Kind, Random};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UdpSocket,
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

use super::{
    dial::{OPERATION, no_answer, unreachable},
    dialog::{Dialog, answer},
    framing::{Next, datagram, next},
    message::{Head, Start, parameter},
};
use crate::{
    dial::Stream,
    sip::{
        line::{Incoming, Notify, NotifyState},
        settings::Transport,
    },
};

/// RFC 5626 §3.5.1 for TCP; over UDP it keeps the hole in a NAT open, most of which close after 30 s.
const KEEP_ALIVE: Duration = Duration::from_secs(25);
/// For one write. A server that takes nothing for so long is gone.
const WRITE_DEADLINE: Duration = Duration::from_secs(5);
/// The largest datagram there is: nothing is ever cut on our side.
const LARGEST_DATAGRAM: usize = 65_535;
/// Answers kept for requests that come twice because the first answer was lost.
const ANSWERS_KEPT: usize = 64;

pub(super) enum Peer {
    Stream(Box<dyn Stream>),
    Datagrams(UdpSocket),
}

/// What the pump and the requests of the line have in common.
#[derive(Default)]
pub(super) struct Shared {
    inner: Mutex<Inner>,
}

#[derive(Default)]
pub(super) struct Inner {
    pub dialog: Option<Dialog>,
    /// The branch of the request that waits, and where its responses go.
    pub waiting: Option<(String, mpsc::Sender<Head>)>,
    /// The server answers our keep-alives.
    pub pongs: bool,
}

impl Shared {
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) struct Pump {
    pub peer: Peer,
    pub remote: SocketAddr,
    pub transport: Transport,
    /// How the server is called in messages.
    pub server: String,
    pub shared: Arc<Shared>,
    pub outgoing: mpsc::Receiver<Vec<u8>>,
    pub incoming: mpsc::Sender<Incoming>,
    pub random: Arc<dyn Random>,
}

impl Pump {
    /// Runs until the connection ends or the line is dropped.
    pub(super) async fn run(mut self) {
        let mut answers = Answers::default();
        // Something was asked, and nothing came since.
        let mut silent = false;
        let mut buffer = Vec::new();
        let mut chunk = vec![0; LARGEST_DATAGRAM];
        let mut beat = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let error = loop {
            let length = tokio::select! {
                received = self.peer.receive(&mut chunk) => match received {
                    Ok(0) if self.transport != Transport::Udp => {
                        break unreachable(&self.server, self.transport, io::ErrorKind::UnexpectedEof.into());
                    }
                    Ok(length) => length,
                    Err(error) => break unreachable(&self.server, self.transport, error),
                },
                sending = self.outgoing.recv() => {
                    // The line was dropped.
                    let Some(bytes) = sending else { return };
                    if let Err(error) = self.send(&bytes).await {
                        break error;
                    }
                    continue;
                }
                _ = beat.tick() => {
                    // Only a server that ever answered one can be missed by it.
                    if silent && self.shared.with(|inner| inner.pongs) {
                        break no_answer(&self.server, self.transport);
                    }
                    if let Err(error) = self.send(b"\r\n\r\n").await {
                        break error;
                    }
                    silent = true;
                    continue;
                }
            };
            silent = false;
            let handled = if self.transport == Transport::Udp {
                self.datagram(&chunk[..length], &mut answers).await
            } else {
                buffer.extend_from_slice(&chunk[..length]);
                self.messages(&mut buffer, &mut answers).await
            };
            if let Err(error) = handled {
                break error;
            }
        };
        tracing::debug!(kind = error.kind.code(), "the connection to a SIP server ended");
        // First the reason, then the end of waiting: whoever waits reads both.
        let _ = self.incoming.send(Incoming::Closed(error)).await;
        self.shared.with(|inner| inner.waiting = None);
    }

    /// Everything that is whole in the buffer of a stream.
    async fn messages(&mut self, buffer: &mut Vec<u8>, answers: &mut Answers) -> Result<(), Error> {
        let mut at = 0;
        loop {
            match next(&buffer[at..]).map_err(|malformed| self.no_sip(malformed.0))? {
                Next::Wait => break,
                Next::Pong { length } => {
                    self.shared.with(|inner| inner.pongs = true);
                    at += length;
                }
                Next::Ping { length } => {
                    at += length;
                    self.send(b"\r\n").await?;
                }
                Next::Message { head, body } => {
                    let (from, to) = (at + head, at + head + body);
                    match Head::read(&buffer[at..from]) {
                        Ok(read) => {
                            let body = buffer[from..to].to_vec();
                            self.message(&read, body, false, answers).await?;
                        }
                        // Where it ends is known, so the next one is not lost.
                        Err(malformed) => tracing::debug!(why = malformed.0, "a SIP message can't be read"),
                    }
                    at = to;
                }
            }
        }
        buffer.drain(..at);
        Ok(())
    }

    async fn datagram(&mut self, bytes: &[u8], answers: &mut Answers) -> Result<(), Error> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let read = datagram(bytes).and_then(|(head, body, cut)| Ok((Head::read(head)?, body, cut)));
        match read {
            Ok((head, body, cut)) => self.message(&head, body.to_vec(), cut, answers).await,
            Err(malformed) => {
                tracing::debug!(why = malformed.0, "a SIP message can't be read");
                Ok(())
            }
        }
    }

    async fn message(&mut self, head: &Head, body: Vec<u8>, cut: bool, answers: &mut Answers) -> Result<(), Error> {
        let method = match &head.start {
            Start::Response { .. } => {
                self.shared.with(|inner| {
                    if let Some((branch, answers)) = &inner.waiting
                        && head.branch() == Some(branch)
                    {
                        // Full only when a server repeats itself; one of them is enough.
                        let _ = answers.try_send(head.clone());
                    }
                });
                return Ok(());
            }
            Start::Request { method } => method.as_str(),
        };
        if method == "ACK" {
            return Ok(());
        }
        if let Some(answered) = answers.find(head) {
            let answered = answered.to_vec();
            return self.send(&answered).await;
        }
        let (code, notify) = self.judge(method, head, body, cut);
        let bytes = answer(head, code, self.remote, &*self.random);
        answers.keep(head, &bytes);
        self.send(&bytes).await?;
        if let Some(notify) = notify {
            // The subscription reads on while it waits for a response, so this never blocks for long.
            let _ = self.incoming.send(Incoming::Notify(notify)).await;
        }
        Ok(())
    }

    /// What the server's request is worth, and whether it is for the subscription.
    fn judge(&self, method: &str, head: &Head, body: Vec<u8>, cut: bool) -> (u16, Option<Notify>) {
        match method {
            "NOTIFY" => {}
            "CANCEL" => return (481, None),
            "BYE" | "INFO" | "INVITE" | "MESSAGE" | "OPTIONS" | "PRACK" | "PUBLISH" | "REFER" | "REGISTER"
            | "SUBSCRIBE" | "UPDATE" => return (405, None),
            _ => return (501, None),
        }
        let ours = self.shared.with(|inner| match &mut inner.dialog {
            Some(dialog) if dialog.owns(head) => {
                dialog.notified(head);
                true
            }
            _ => false,
        });
        if !ours {
            return (481, None);
        }
        let event = head.first("event").unwrap_or_default();
        let package = event.split_once(';').map_or(event, |(package, _)| package).trim();
        if !package.eq_ignore_ascii_case("dialog") {
            return (489, None);
        }
        let (Some((cseq, _)), Some(state)) = (head.cseq(), head.first("subscription-state").map(state)) else {
            return (400, None);
        };
        let content_type = head.first("content-type").unwrap_or_default();
        let content_type = content_type.split_once(';').map_or(content_type, |(kind, _)| kind);
        let notify = Notify {
            cseq,
            state,
            content_type: content_type.trim().to_ascii_lowercase(),
            body,
            cut,
        };
        (200, Some(notify))
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match timeout(WRITE_DEADLINE, self.peer.send(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(unreachable(&self.server, self.transport, error)),
            Err(_) => Err(no_answer(&self.server, self.transport)),
        }
    }

    fn no_sip(&self, why: &'static str) -> Error {
        Error::new(
            Kind::Unavailable,
            OPERATION,
            format!("{} sends what is no SIP: {why}", self.server),
        )
        .hint("Check the server and its port in your phone's settings")
    }
}

impl Peer {
    /// Can be given up at any time: nothing is lost.
    async fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stream(stream) => stream.read(into).await,
            Self::Datagrams(socket) => socket.recv(into).await,
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stream(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Self::Datagrams(socket) => socket.send(bytes).await.map(|_| ()),
        }
    }
}

/// The header Subscription-State. An unknown state counts as active, as RFC 6665 §4.1.3 has it.
fn state(value: &str) -> NotifyState {
    let number = |name| parameter(value, name).and_then(|text| text.parse().ok());
    let name = value.split_once(';').map_or(value, |(name, _)| name).trim();
    match name.to_ascii_lowercase().as_str() {
        "terminated" => NotifyState::Terminated {
            reason: parameter(value, "reason").unwrap_or_default().to_ascii_lowercase(),
            retry_after: number("retry-after").map(|seconds: u32| Duration::from_secs(seconds.into())),
        },
        "pending" => NotifyState::Pending {
            expires: number("expires"),
        },
        _ => NotifyState::Active {
            expires: number("expires"),
        },
    }
}

/// The last answers, for requests that come again.
#[derive(Default)]
struct Answers(VecDeque<(String, Vec<u8>)>);

impl Answers {
    fn find(&self, request: &Head) -> Option<&[u8]> {
        let key = key(request)?;
        let mut known = self.0.iter();
        known
            .find(|(known, _)| *known == key)
            .map(|(_, bytes)| bytes.as_slice())
    }

    fn keep(&mut self, request: &Head, bytes: &[u8]) {
        if let Some(key) = key(request) {
            if self.0.len() == ANSWERS_KEPT {
                self.0.pop_front();
            }
            self.0.push_back((key, bytes.to_vec()));
        }
    }
}

/// RFC 3261 §17.2.3; a request without a branch of that RFC is taken for a new one.
fn key(request: &Head) -> Option<String> {
    let (number, method) = request.cseq()?;
    let branch = request.branch().filter(|branch| branch.starts_with("z9hG4bK"))?;
    Some(format!("{branch} {number} {method}"))
}
