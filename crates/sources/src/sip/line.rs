//! The seam between the subscription, which knows what to ask and when, and the wire, which knows how.
//!
//! The subscription is tested against a double of these traits with time standing still; `wire` is the real thing.

use std::time::Duration;

use async_trait::async_trait;
use ringside_domain::{Error, Result};
use tokio::sync::mpsc;

use super::{resolve::Target, settings::Transport};

#[async_trait]
pub(crate) trait SipDialer: Send {
    /// The addresses of the server, the best one first; never none.
    ///
    /// # Errors
    /// As `resolve::targets`.
    async fn targets(&mut self, transport: Transport) -> Result<Vec<Target>>;

    /// Connects, within its own deadline. What the server sends from now on comes out of the receiver; dropping the line
    /// closes it.
    ///
    /// # Errors
    /// [`Kind::Unavailable`](ringside_domain::Kind::Unavailable) and
    /// [`Kind::Timeout`](ringside_domain::Kind::Timeout) when nobody is there;
    /// [`Kind::Invalid`](ringside_domain::Kind::Invalid) when the certificate is not good for the name that the person
    /// typed, or the file with the authority can't be used.
    async fn open(&mut self, target: Target) -> Result<(Box<dyn SipLine>, mpsc::Receiver<Incoming>)>;
}

/// One connection, or one socket, to one server. It holds one subscription at a time.
#[async_trait]
pub(crate) trait SipLine: Send {
    /// Sends one SUBSCRIBE and waits for its final response. A challenge is answered here, once, and once more when the
    /// server says that only the nonce was too old.
    ///
    /// # Errors
    /// - [`Kind::SignInNeeded`](ringside_domain::Kind::SignInNeeded): challenged again, so the password is wrong.
    /// - [`Kind::Forbidden`](ringside_domain::Kind::Forbidden), field `password`: the challenge is of another realm than the
    ///   one that the password was given to before, or wants a weaker proof.
    /// - [`Kind::Unsupported`](ringside_domain::Kind::Unsupported): none of the offered ways to sign in is known.
    /// - [`Kind::Timeout`](ringside_domain::Kind::Timeout): no answer, over UDP after several tries.
    /// - [`Kind::Unavailable`](ringside_domain::Kind::Unavailable): the connection broke.
    async fn request(&mut self, subscribe: Subscribe) -> Result<Answer>;

    /// The server answered a keep-alive on this connection. From then on its silence ends the connection; before, only a
    /// request shows whether it is still there.
    fn answers_keep_alives(&self) -> bool;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscribe {
    pub ask: Ask,
    /// Seconds that are wished for; 0 ends the subscription.
    pub expires: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A new subscription: new Call-ID, new tag. NOTIFYs count from the moment of sending, they may come before the answer.
    Begin,
    /// Inside the subscription that is there.
    Refresh,
}

/// A final response that is no challenge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub code: u16,
    /// Seconds.
    pub expires: Option<u32>,
    /// Seconds.
    pub min_expires: Option<u32>,
    pub retry_after: Option<Duration>,
}

#[derive(Debug)]
pub(crate) enum Incoming {
    /// Of our subscription, and acknowledged already.
    Notify(Notify),
    /// The line is dead; nothing comes any more.
    Closed(Error),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notify {
    pub cseq: u32,
    pub state: NotifyState,
    /// Lower case, without parameters: `application/dialog-info+xml`. Empty: none was given.
    pub content_type: String,
    pub body: Vec<u8>,
    /// The body is shorter than the sender said.
    pub cut: bool,
}

/// The header Subscription-State (RFC 6665 §8.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotifyState {
    Active {
        expires: Option<u32>,
    },
    /// Somebody has to approve the subscription first.
    Pending {
        expires: Option<u32>,
    },
    Terminated {
        /// Lower case; empty when none was given.
        reason: String,
        retry_after: Option<Duration>,
    },
}

impl Default for NotifyState {
    fn default() -> Self {
        Self::Active { expires: None }
    }
}
