//! Asterisk, by its manager interface (AMI), as a listener.
//!
//! ```text
//! TCP 5038, TLS 5039      <- Asterisk Call Manager/9.0.0
//! Action: Challenge       -> <- Response: Success
//! AuthType: MD5                 Challenge: 840415273
//!
//! Action: Login           -> Key: md5(challenge + secret), Events: call,agent
//! Action: ListCommands    -> <- Response: Success, one line for each action that this account may use
//! Action: CoreShowChannels-> <- what goes on; refused when the account may only listen, which is as it should be
//! Action: Ping            -> every 30 s
//!
//! Event: DialBegin        Channel: PJSIP/trunk-0000001a      DestChannel: PJSIP/201-0000001b
//! Privilege: call,all     CallerIDNum: 15550100123           DestUniqueid: 1410472223.1  DestLinkedid: 1410472223.0
//! Event: DialEnd          DialStatus: ANSWER, BUSY, CANCEL, CHANUNAVAIL, CONGESTION, NOANSWER
//! Event: Hangup           Uniqueid: 1410472223.1             Cause: 16
//! ```
//!
//! `Key: value` lines, an empty one ends a packet (docs.asterisk.org, "AMI v2 Specification" and the pages of each action and
//! event, Asterisk 16 to 22). The manager tells of every call on the exchange; [`Calls`] keeps those of one device.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use md5::{Digest, Md5};
use ringside_domain::{CallEvent, Error, Kind, Note, Now, Result, credentials::Secret};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, sleep_until, timeout},
};

mod calls;
mod form;
mod packet;

pub use calls::Calls;
pub use form::KIND;
pub(crate) use form::build;
pub use packet::{Packet, Packets, greeting, packet};

use crate::{
    dial::{Stream, trusted},
    kinds::{CLEAR_TEXT, Tls},
    tcp::{Listener, Server, Talk},
};

/// For each answer, from the greeting on.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
const PINGS_EVERY: Duration = Duration::from_secs(30);
/// For saying goodbye, when we are to stop.
const GOODBYE: Duration = Duration::from_secs(1);
const CHUNK: usize = 16 * 1024;
/// A connection that broke may come back at once, and then the list of channels says what goes on.
const PATIENCE: Duration = Duration::from_secs(60);
const OPERATION: &str = "watch_asterisk";
/// Actions that change something; who may use one of them may do more than listen.
const CHANGING: [&str; 9] = [
    "Originate",
    "Hangup",
    "Redirect",
    "Command",
    "Setvar",
    "UpdateConfig",
    "QueueAdd",
    "UserEvent",
    "ModuleLoad",
];

struct Line {
    server: Server,
    /// `None`: clear text, to which the person agreed.
    tls: Option<Arc<dyn Tls>>,
    ca: Option<PathBuf>,
    user: String,
    secret: Secret,
    calls: Calls,
}

#[async_trait]
impl Talk for Line {
    async fn talk(&mut self, to: &Listener<'_>) -> Result<()> {
        let signed_in = tokio::select! {
            biased;
            () = to.stop.clone() => return Ok(()),
            signed_in = self.sign_in() => signed_in,
        };
        let mut wire = signed_in?;
        self.calls.list_begins();
        wire.say(&["Action: ListCommands", "ActionID: ringside-may"]).await?;
        wire.say(&["Action: CoreShowChannels", "ActionID: ringside-calls"])
            .await?;
        let mut answer_by = Some(Instant::now() + ANSWERS_WITHIN);
        let mut ping_at = Instant::now() + PINGS_EVERY;
        loop {
            let packet = tokio::select! {
                biased;
                () = to.stop.clone() => {
                    let _ = timeout(GOODBYE, wire.say(&["Action: Logoff"])).await;
                    return Ok(());
                }
                packet = wire.packet() => packet?,
                () = sleep_until(answer_by.unwrap_or(ping_at)) => {
                    if answer_by.is_some() {
                        return Err(self.server.silent("being asked whether it is there"));
                    }
                    wire.say(&["Action: Ping", "ActionID: ringside-ping"]).await?;
                    answer_by = Some(Instant::now() + ANSWERS_WITHIN);
                    continue;
                }
            };
            let told = match (packet.get("Response"), packet.text("ActionID")) {
                (Some(_), "ringside-may") => {
                    to.ready(self.notes(&packet));
                    answer_by = None;
                    Vec::new()
                }
                (Some(response), "ringside-calls") if response.eq_ignore_ascii_case("Error") => {
                    self.calls.all_lost(to.now())
                }
                (Some(_), "ringside-ping") => {
                    answer_by = None;
                    ping_at = Instant::now() + PINGS_EVERY;
                    Vec::new()
                }
                (Some(_), _) => Vec::new(),
                (None, _) if packet.text("Event") == "Shutdown" => return Err(self.shuts_down()),
                (None, _) => self.calls.packet(&packet, to.now()),
            };
            to.tell(told);
        }
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn all_lost(&mut self, at: Now) -> Vec<CallEvent> {
        self.calls.all_lost(at)
    }
}

impl Line {
    async fn sign_in(&self) -> Result<Wire> {
        let config = match &self.tls {
            Some(tls) => Some(trusted(tls.clone(), self.ca.clone(), OPERATION).await?),
            None => None,
        };
        let mut wire = Wire {
            stream: self.server.dial(config).await?,
            packets: Packets::default(),
            server: self.server.clone(),
        };
        timeout(ANSWERS_WITHIN, async {
            wire.greeting().await?;
            wire.say(&["Action: Challenge", "ActionID: ringside-ask", "AuthType: MD5"])
                .await?;
            let asked = wire.answer("ringside-ask").await?;
            let user = format!("Username: {}", self.user);
            let mut login = vec!["Action: Login", "ActionID: ringside-login", &user, "Events: call,agent"];
            let proof;
            match asked.get("Challenge") {
                Some(challenge) => {
                    proof = format!("Key: {}", self.key(challenge));
                    login.extend(["AuthType: MD5", &proof]);
                }
                None if self.tls.is_some() => {
                    proof = format!("Secret: {}", String::from_utf8_lossy(self.secret.expose()));
                    login.push(&proof);
                }
                None => return Err(self.no_challenge()),
            }
            wire.say(&login).await?;
            let answer = wire.answer("ringside-login").await?;
            if answer.text("Response").eq_ignore_ascii_case("Success") {
                Ok(wire)
            } else {
                Err(self.refused())
            }
        })
        .await
        .map_err(|_| self.server.silent("signing in"))?
    }

    /// Lower-case hex of MD5 over the challenge and the secret, in this order.
    fn key(&self, challenge: &str) -> String {
        let digest = Md5::new()
            .chain_update(challenge.as_bytes())
            .chain_update(self.secret.expose())
            .finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn notes(&self, commands: &Packet) -> Vec<Note> {
        let mut notes = Vec::new();
        if self.tls.is_none() && !self.server.is_here() {
            notes.push(Note {
                code: CLEAR_TEXT,
                message: format!(
                    "The connection to {} is not encrypted: everybody in between can read who calls whom",
                    self.server
                ),
                hint: Some("Ask your admin to switch on TLS for the manager (tlsenable in manager.conf)".to_owned()),
            });
        }
        let may: Vec<&str> = CHANGING
            .into_iter()
            .filter(|action| commands.get(action).is_some())
            .collect();
        if !may.is_empty() {
            notes.push(Note {
                code: "may_write",
                message: format!(
                    "The manager account may do more than listen ({}); Ringside needs none of that",
                    may.join(", ")
                ),
                hint: Some("Ask your admin for an account with read = call,agent and an empty write =".to_owned()),
            });
        }
        notes
    }

    fn refused(&self) -> Error {
        // The manager says the same for a wrong name, a wrong secret and an address that it does not permit.
        Error::new(
            Kind::SignInNeeded,
            OPERATION,
            format!("{} does not let this manager account in", self.server),
        )
        .hint("Check the user and the secret, and that permit in manager.conf allows this computer")
        .field("secret")
    }

    fn no_challenge(&self) -> Error {
        Error::new(
            Kind::Forbidden,
            OPERATION,
            format!("{} asks for the secret in clear text", self.server),
        )
        .hint("Use TLS: over it the secret can be sent")
        .field("transport")
    }

    fn shuts_down(&self) -> Error {
        Error::new(
            Kind::Unavailable,
            OPERATION,
            format!("Asterisk at {} shuts down", self.server),
        )
        .hint("Ringside connects again by itself")
    }
}

/// The two directions of the connection, in packets.
struct Wire {
    stream: Box<dyn Stream>,
    packets: Packets,
    server: Server,
}

impl Wire {
    async fn greeting(&mut self) -> Result<()> {
        loop {
            if let Some((version, used)) = greeting(&self.packets.received).map_err(|reason| self.no_manager(reason))? {
                self.packets.received.drain(..used);
                tracing::debug!(version, "an Asterisk manager answers");
                return Ok(());
            }
            self.more().await?;
        }
    }

    /// Dropping it loses nothing.
    async fn packet(&mut self) -> Result<Packet> {
        loop {
            match self.packets.take() {
                Ok(Some(packet)) => return Ok(packet),
                Ok(None) => self.more().await?,
                Err(reason) => return Err(self.no_manager(reason)),
            }
        }
    }

    /// The answer to this action; events before it are of no use yet.
    async fn answer(&mut self, action: &str) -> Result<Packet> {
        loop {
            let packet = self.packet().await?;
            if packet.get("Response").is_some() && packet.get("ActionID").is_none_or(|id| id == action) {
                return Ok(packet);
            }
        }
    }

    async fn say(&mut self, lines: &[&str]) -> Result<()> {
        let mut text = lines.join("\r\n");
        text.push_str("\r\n\r\n");
        match timeout(ANSWERS_WITHIN, self.stream.write_all(text.as_bytes())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.server.broke(error, self.closed())),
            Err(_) => Err(self.server.silent("being talked to")),
        }
    }

    async fn more(&mut self) -> Result<()> {
        self.packets.received.reserve(CHUNK);
        match self.stream.read_buf(&mut self.packets.received).await {
            Ok(0) => Err(self.closed()),
            Ok(_) => Ok(()),
            Err(error) => Err(self.server.broke(error, self.closed())),
        }
    }

    fn closed(&self) -> Error {
        Error::new(
            Kind::Unavailable,
            OPERATION,
            format!("Asterisk at {} closed the connection", self.server),
        )
        .hint("Ringside connects again by itself; if it stays like this, ask your admin whether the manager is switched on")
    }

    fn no_manager(&self, reason: &'static str) -> Error {
        Error::new(
            Kind::Unavailable,
            OPERATION,
            format!("{} is no Asterisk manager: {reason}", self.server),
        )
        .hint("Check the port: usually 5039 with TLS and 5038 without")
    }
}
