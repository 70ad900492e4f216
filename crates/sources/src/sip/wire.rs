//! SIP on the wire, as far as a watcher needs it: SUBSCRIBE out, NOTIFY in.
//!
//! `docs/decisions/0006` says why there is no SIP stack below. From the outside inwards: [`dial`] connects, [`pump`] reads
//! and writes one connection, [`framing`] finds the messages in it, [`message`] takes them apart, [`dialog`] writes ours,
//! [`digest`] proves the password, [`pin`] sees that it is not given away for less. Nothing here decides when to ask: that
//! is the subscription's work.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use ringside_domain::{Error, Kind, Random, Result, Retry};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::{
    line::{Answer, Ask, Incoming, SipDialer, SipLine, Subscribe},
    resolve::{self, Target},
    settings::{Settings, Transport},
};
use crate::kinds::{Parts, Tls};

mod dial;
mod dialog;
pub mod digest;
pub mod framing;
pub mod message;
pub mod pin;
mod pump;

use dial::OPERATION;
use dialog::{Dialog, Us};
use digest::{Challenge, Unusable};
use message::{Head, Start};
use pin::{Pin, Pinned, Refused};
use pump::{Peer, Pump, Shared};

/// For one request with all its repetitions. RFC 3261 allows 32 s; a person waits for less.
const DEADLINE: Duration = Duration::from_secs(10);
/// RFC 3261 §17.1.2.1: the first repetition over UDP, and the longest pause between two.
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
/// More waits in the system's own buffers.
const QUEUE: usize = 64;

/// Connects to the server of one phone.
pub(crate) struct Wire {
    settings: Arc<Settings>,
    tls: Arc<dyn Tls>,
    random: Arc<dyn Random>,
    dns: Option<SocketAddr>,
    pinned: Arc<Pinned>,
}

impl Wire {
    pub(crate) fn new(settings: Settings, parts: &Parts, pinned: Arc<Pinned>) -> Self {
        Self {
            settings: Arc::new(settings),
            tls: parts.tls.clone(),
            random: parts.random.clone(),
            dns: parts.dns,
            pinned,
        }
    }
}

#[async_trait]
impl SipDialer for Wire {
    async fn targets(&mut self, transport: Transport) -> Result<Vec<Target>> {
        resolve::targets(&self.settings.place(transport), self.dns, &*self.random).await
    }

    async fn open(&mut self, target: Target) -> Result<(Box<dyn SipLine>, mpsc::Receiver<Incoming>)> {
        let Target { address, transport } = target;
        let (peer, local) = match transport {
            Transport::Udp => {
                let (socket, local) = dial::datagrams(&self.settings, address).await?;
                (Peer::Datagrams(socket), local)
            }
            Transport::Tcp | Transport::Tls => {
                let dialled = dial::stream(&self.settings, &self.tls, address, transport).await?;
                (Peer::Stream(dialled.stream), dialled.local)
            }
        };
        let shared = Arc::new(Shared::default());
        let (outgoing, outgoing_end) = mpsc::channel(QUEUE);
        let (incoming_end, incoming) = mpsc::channel(QUEUE);
        let pump = Pump {
            peer,
            remote: address,
            transport,
            server: self.settings.server_name(),
            shared: shared.clone(),
            outgoing: outgoing_end,
            incoming: incoming_end,
            random: self.random.clone(),
        };
        let line = Line {
            us: Us {
                address: self.settings.address.clone(),
                local,
                transport,
            },
            settings: self.settings.clone(),
            random: self.random.clone(),
            pinned: self.pinned.clone(),
            shared,
            outgoing,
            pump: tokio::spawn(pump.run()),
        };
        Ok((Box::new(line), incoming))
    }
}

struct Line {
    us: Us,
    settings: Arc<Settings>,
    random: Arc<dyn Random>,
    pinned: Arc<Pinned>,
    shared: Arc<Shared>,
    outgoing: mpsc::Sender<Vec<u8>>,
    pump: JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

#[async_trait]
impl SipLine for Line {
    async fn request(&mut self, subscribe: Subscribe) -> Result<Answer> {
        if subscribe.ask == Ask::Begin {
            let dialog = Dialog::new(&self.us, &*self.random);
            self.shared.with(|inner| inner.dialog = Some(dialog));
        }
        let mut proofs = Proofs::default();
        loop {
            let head = self.exchange(subscribe.expires, &proofs.headers).await?;
            let Start::Response { code } = head.start else {
                continue;
            };
            if matches!(code, 401 | 407) {
                self.prove(&head, code == 407, &mut proofs)?;
                continue;
            }
            if (200..300).contains(&code) {
                // Inside the dialog a proxy may ask no more, and what is left be stronger than what a new one needs.
                if let Some(pin) = proofs.pin
                    && (subscribe.ask == Ask::Begin || self.pinned.now().is_none())
                {
                    self.pinned.accepted(pin);
                }
                self.shared.with(|inner| {
                    if let Some(dialog) = &mut inner.dialog {
                        dialog.accepted(&head);
                    }
                });
            }
            return Ok(Answer {
                code,
                expires: head.number("expires"),
                min_expires: head.number("min-expires"),
                retry_after: head
                    .number("retry-after")
                    .map(|seconds| Duration::from_secs(seconds.into())),
            });
        }
    }

    fn answers_keep_alives(&self) -> bool {
        self.shared.with(|inner| inner.pongs)
    }
}

/// What was proved for one request so far: at most once to the server and once to a proxy, and once more when a nonce was
/// too old.
#[derive(Default)]
struct Proofs {
    headers: Vec<(&'static str, String)>,
    pin: Option<Pin>,
    refreshed: bool,
}

impl Line {
    /// One request until its final response, repeated over UDP as RFC 3261 §17.1.2 says.
    async fn exchange(&mut self, expires: u32, proofs: &[(&'static str, String)]) -> Result<Head> {
        let (answers, mut answered) = mpsc::channel(4);
        let sent = self.shared.with(|inner| {
            let dialog = inner.dialog.as_mut()?;
            let sent = dialog.subscribe(&self.us, expires, proofs, &*self.random);
            inner.waiting = Some((sent.branch.clone(), answers));
            Some(sent)
        });
        let sent = sent.ok_or_else(|| Error::new(Kind::Internal, OPERATION, "There is no subscription to refresh"))?;
        let deadline = Instant::now() + DEADLINE;
        let (mut pause, mut again) = (T1, Instant::now() + T1);
        self.send(sent.bytes.clone()).await?;
        loop {
            let until = if self.us.transport == Transport::Udp {
                again.min(deadline)
            } else {
                deadline
            };
            match timeout_at(until, answered.recv()).await {
                Ok(Some(head)) => match head.start {
                    Start::Response { code: 100..=199 } => {
                        // It is being worked on: only the lost answer is still to be asked for.
                        pause = T2;
                        again = Instant::now() + T2;
                    }
                    _ => return Ok(head),
                },
                Ok(None) => return Err(self.broken()),
                Err(_) if Instant::now() >= deadline => {
                    return Err(dial::no_answer(&self.settings.server_name(), self.us.transport));
                }
                Err(_) => {
                    self.send(sent.bytes.clone()).await?;
                    pause = (pause * 2).min(T2);
                    again = Instant::now() + pause;
                }
            }
        }
    }

    async fn send(&self, bytes: Vec<u8>) -> Result<()> {
        self.outgoing.send(bytes).await.map_err(|_| self.broken())
    }

    /// Answers a challenge, or says why it must not be answered.
    fn prove(&self, head: &Head, proxy: bool, proofs: &mut Proofs) -> Result<()> {
        let server = self.settings.server_name();
        let challenge = Challenge::of(head, proxy).map_err(|unusable| {
            let words = match unusable {
                Unusable::Missing => format!("{server} wants a password, but does not say how to prove it"),
                Unusable::Unknown => format!("{server} wants the password in a way that Ringside does not know"),
            };
            Error::new(Kind::Unsupported, OPERATION, words)
                .hint("Tell your admin: Digest with SHA-256 or MD5 is needed")
        })?;
        let one_realm = proofs.pin.as_ref().is_none_or(|pin| pin.realm == challenge.realm);
        let checked = if one_realm {
            self.pinned.check(&challenge)
        } else {
            Err(Refused::OtherRealm)
        };
        checked.map_err(|refused| self.refused(refused))?;
        let answered = proofs.headers.iter().position(|(name, _)| *name == challenge.header());
        if let Some(at) = answered {
            if !challenge.stale || proofs.refreshed {
                return Err(self.wrong_password());
            }
            proofs.refreshed = true;
            proofs.headers.remove(at);
        }
        let target = self
            .shared
            .with(|inner| inner.dialog.as_ref().map(|dialog| dialog.target().to_owned()));
        let cnonce = dialog::token::<8>(&*self.random);
        proofs.headers.push(challenge.answer(
            &self.settings.login,
            &self.settings.password,
            "SUBSCRIBE",
            &target.unwrap_or_default(),
            &cnonce,
        ));
        proofs.pin = Some(Pin::and(proofs.pin.take(), &challenge));
        Ok(())
    }

    fn refused(&self, refused: Refused) -> Error {
        let server = self.settings.server_name();
        let words = match refused {
            Refused::OtherRealm => {
                format!("{server} asks for the password in another name than before; it was not sent")
            }
            Refused::Weaker => {
                format!("{server} wants the password proved in a weaker way than before; that was not done")
            }
        };
        Error::new(Kind::Forbidden, OPERATION, words)
            .retry(Retry::AfterPerson)
            .field("password")
            .hint(
                "If your admin changed the server, change this phone and type its password again; if not, tell them: \
                 somebody may be in between",
            )
    }

    fn wrong_password(&self) -> Error {
        Error::new(
            Kind::SignInNeeded,
            OPERATION,
            format!("{} does not accept the password", self.settings.server_name()),
        )
        .hint("Check the password, and whether your server wants another login name than the part before the @")
        .field("password")
    }

    fn broken(&self) -> Error {
        dial::unreachable(
            &self.settings.server_name(),
            self.us.transport,
            std::io::ErrorKind::ConnectionReset.into(),
        )
    }
}

#[cfg(test)]
mod tests;
