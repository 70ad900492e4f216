//! One connection to the gateway, from its first message to goodbye.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use ringside_domain::{Error, Kind, Random, Result, Url};
use tokio_tungstenite::tungstenite::Message;

use super::{
    socket::{self, Socket},
    wire::{self, Answer, Content, Details, Frame, Wsc},
};
use crate::kinds::Tls;

/// For the gateway's first message, and for its answer to a request.
const DEADLINE: Duration = Duration::from_secs(15);
/// For a message of ours to go out.
const SENT_WITHIN: Duration = Duration::from_secs(10);
const GOODBYE_WITHIN: Duration = Duration::from_secs(1);
/// Messages that come before the answer to our request; the gateway keeps a hundred for a recovered connection.
const MOST_WAITING: usize = 500;

pub(super) struct Link {
    socket: Socket,
    random: Arc<dyn Random>,
    host: String,
    /// Came while we waited for an answer.
    waiting: VecDeque<Frame>,
    pub details: Details,
    /// What the connection is recovered with.
    pub wsc: Option<Wsc>,
    pub subscription: Option<String>,
}

impl Link {
    /// Connects, and waits for the gateway to introduce itself: before that, nothing may be sent.
    pub(super) async fn open(address: &Url, tls: Arc<dyn Tls>, random: Arc<dyn Random>) -> Result<Self> {
        let socket = socket::open(address, tls).await?;
        let mut link = Self {
            socket,
            random,
            host: address.host_str().unwrap_or("RingCentral").to_owned(),
            waiting: VecDeque::new(),
            details: Details {
                recovered: None,
                recovery: Duration::ZERO,
                idle: None,
            },
            wsc: None,
            subscription: None,
        };
        let first = tokio::time::timeout(DEADLINE, link.next())
            .await
            .map_err(|_| link.silent())??;
        match first.content {
            Content::Details(details) => link.details = details,
            Content::Fault(fault) => return Err(link.ended(fault.code.as_deref())),
            _ => {
                let message = format!("{} began with something else than documented", link.host);
                return Err(Error::new(Kind::Unavailable, "ringcentral", message)
                    .hint("If this stays, report it with these words"));
            }
        }
        Ok(link)
    }

    /// The next message. Dropping the future loses none.
    pub(super) async fn next(&mut self) -> Result<Frame> {
        if let Some(frame) = self.waiting.pop_front() {
            return Ok(frame);
        }
        self.read().await
    }

    /// Asks for notifications, and waits for the answer.
    pub(super) async fn subscribe(&mut self, filter: &str) -> Result<Answer> {
        let id = self.new_id();
        self.send(wire::subscribe(&id, filter)).await?;
        let answer = tokio::time::timeout(DEADLINE, async {
            loop {
                let frame = self.read().await?;
                let ours = frame.message_id.as_ref() == Some(&id);
                match frame.content {
                    Content::Answer(answer) if ours => return Ok(answer),
                    // An error in place of an answer has its id.
                    Content::Fault(fault) if ours => {
                        return Ok(Answer {
                            status: 400,
                            subscription: None,
                            disabled: false,
                            fault,
                            retry_after: None,
                        });
                    }
                    Content::Fault(fault) => return Err(self.ended(fault.code.as_deref())),
                    _ if self.waiting.len() < MOST_WAITING => self.waiting.push_back(frame),
                    _ => {}
                }
            }
        })
        .await;
        let answer: Answer = answer.map_err(|_| self.silent())??;
        self.subscription.clone_from(&answer.subscription);
        Ok(answer)
    }

    pub(super) async fn heartbeat(&mut self) -> Result<()> {
        let id = self.new_id();
        self.send(wire::heartbeat(&id)).await
    }

    /// Ends the subscription and closes; a gateway that does not listen any more is not waited for.
    pub(super) async fn goodbye(mut self) {
        let goodbye = async {
            if let Some(subscription) = self.subscription.take() {
                let id = self.new_id();
                self.send(wire::unsubscribe(&id, &subscription)).await?;
            }
            self.socket.close(None).await.map_err(|_| self.gone())?;
            // Until it closed, too.
            while let Some(Ok(_)) = self.socket.next().await {}
            Ok::<_, Error>(())
        };
        let _ = tokio::time::timeout(GOODBYE_WITHIN, goodbye).await;
    }

    /// Nothing came in time.
    pub(super) fn silent(&self) -> Error {
        let message = format!("{} does not answer any more", self.host);
        Error::new(Kind::Timeout, "ringcentral", message).hint("Check the network")
    }

    /// The gateway said that it ends the connection: `WSG-902` and `WSG-903` are idle and absolute timeouts.
    pub(super) fn ended(&self, code: Option<&str>) -> Error {
        let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
        let message = format!("{} ended the connection{code}", self.host);
        Error::new(Kind::Unavailable, "ringcentral", message)
    }

    async fn read(&mut self) -> Result<Frame> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => match wire::read(text.as_bytes()) {
                    Ok(frame) => {
                        self.renew(&frame);
                        return Ok(frame);
                    }
                    Err(why) => tracing::debug!(?why, "a message of RingCentral could not be read"),
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(self.gone()),
                // Pings are answered by the library.
                Some(Ok(_)) => {}
            }
        }
    }

    /// Any message may bring a newer token; that of a new connection is the newest, whatever its number.
    fn renew(&mut self, frame: &Frame) {
        let Some(new) = &frame.wsc else { return };
        let first = matches!(frame.content, Content::Details(_));
        if first || self.wsc.as_ref().is_none_or(|old| old.sequence < new.sequence) {
            self.wsc = Some(new.clone());
        }
    }

    async fn send(&mut self, text: String) -> Result<()> {
        match tokio::time::timeout(SENT_WITHIN, self.socket.send(Message::text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.gone()),
            Err(_) => Err(self.silent()),
        }
    }

    fn gone(&self) -> Error {
        let message = format!("{} closed the connection", self.host);
        Error::new(Kind::Unavailable, "ringcentral", message)
    }

    /// As RingCentral's SDKs do: unique, and without a meaning.
    fn new_id(&self) -> String {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
