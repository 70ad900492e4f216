//! baresip, by its module `ctrl_tcp`.
//!
//! ```text
//! 231:{"event":true,"type":"CALL_INCOMING","class":"call","accountaor":"sip:202@pbx.test","direction":"incoming",
//!      "peeruri":"sip:+15550100123@pbx.test","peerdisplayname":"Ada","id":"1-16326@192.0.2.1","param":"…"},
//! 46:{"response":true,"ok":true,"data":"…","token":"ringside"},
//!                        we say:  44:{"command":"listcalls","token":"ringside"},
//! ```
//!
//! Netstrings of JSON both ways, `id` is the SIP Call-ID. Call events: CALL_INCOMING, CALL_OUTGOING (not before 1.1),
//! CALL_RINGING, CALL_PROGRESS (both of outgoing calls), CALL_ESTABLISHED, CALL_HOLD and CALL_RESUME (by the other end),
//! CALL_CLOSED. The last one has the same words for a call that was cancelled and for one that ended: which it was is told
//! by CALL_ESTABLISHED. Seen on 1.0.0, newer ones by their source. It serves one connection at a time, a newer one ends the
//! older; `listcalls` needs the module `menu`, which nobody leaves out.

use std::time::Duration;

use async_trait::async_trait;
use ringside_domain::{CallEvent, Error, Kind, Note, Now, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, sleep_until, timeout},
};

mod calls;
mod message;

pub use calls::Calls;
pub use message::{Event, Message, message, netstring};

use crate::{
    dial::Stream,
    kinds::{Built, CLEAR_TEXT, Evidence, Parameter, ParameterKind, Parts, PhoneKind, Setup, invalid},
    tcp::{Listener, Server, Talk, kept_up},
};

pub const KIND: PhoneKind = PhoneKind {
    id: "baresip",
    name: "baresip",
    summary: "For the softphone baresip on this computer",
    parameters: &[
        Parameter {
            name: SERVER,
            title: "Control address",
            kind: ParameterKind::Text,
            help: Some("What ctrl_tcp_listen says in baresip's config"),
            placeholder: Some(USUAL_SERVER),
            required: false,
            default: Some(USUAL_SERVER),
        },
        Parameter {
            name: CLEAR_TEXT,
            title: "baresip runs on another computer, and I agree that everybody in between can listen in",
            kind: ParameterKind::Bool,
            help: Some(
                "The control connection has no password and no encryption: whoever reaches it hears of every call, and can \
                 make calls with this phone",
            ),
            placeholder: None,
            required: false,
            default: None,
        },
    ],
    needs: &[
        "In baresip's config: module_app ctrl_tcp.so, module_app menu.so, and ctrl_tcp_listen 127.0.0.1:4444; without that \
         last line it listens to the whole network",
    ],
    limits: &[
        "It serves one program at a time: another one that connects takes the calls away from Ringside",
        "It does not tell that a call was answered elsewhere: such a call counts as missed unless another phone tells more",
        "A call that we put on hold shows after some seconds",
    ],
    evidence: Evidence::RealServer("baresip 1.0.0"),
    signs_in_with_browser: false,
    uses_intake: false,
};

const SERVER: &str = "server";
const USUAL_SERVER: &str = "127.0.0.1:4444";
const USUAL_PORT: u16 = 4444;
/// The answer to the first question proves that it is baresip.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// How often we ask what calls there are: while there is one, and to see that somebody is still there.
const ASKS_IN_A_CALL: Duration = Duration::from_secs(5);
const ASKS_AT_REST: Duration = Duration::from_secs(30);
const CHUNK: usize = 16 * 1024;
/// A connection to another computer may come back within a second, and then `listcalls` says what goes on.
const PATIENCE: Duration = Duration::from_secs(60);
const QUESTION: &[u8] = br#"42:{"command":"listcalls","token":"ringside"},"#;
const TOKEN: &str = "ringside";
const OPERATION: &str = "watch_baresip";

/// # Errors
/// [`Kind::Invalid`], field `server` or `clear_text`.
pub(crate) fn build(setup: Setup, parts: &Parts) -> Result<Built> {
    let server = setup.text(SERVER).unwrap_or(USUAL_SERVER);
    let server = Server::parse(server, USUAL_PORT).ok_or_else(|| {
        invalid(SERVER, "the control address is no address with a port").hint("Write it like 127.0.0.1:4444")
    })?;
    if !server.is_here() && !setup.agrees_to_clear_text() {
        return Err(invalid(
            CLEAR_TEXT,
            format!("{server} is another computer, and baresip's control connection has no password and no encryption"),
        )
        .hint("Agree to that, or run Ringside where baresip runs"));
    }
    let calls = Calls::new(setup.source.clone(), setup.trust);
    Ok(kept_up(Line { server, calls }, setup.source, parts))
}

struct Line {
    server: Server,
    calls: Calls,
}

#[async_trait]
impl Talk for Line {
    async fn talk(&mut self, to: &Listener<'_>) -> Result<()> {
        let dialled = tokio::select! {
            biased;
            () = to.stop.clone() => return Ok(()),
            dialled = self.server.dial(None) => dialled,
        };
        let mut stream = dialled?;
        let mut received = Vec::new();
        let mut is_ready = false;
        self.ask(&mut *stream).await?;
        let mut answer_by = Some(Instant::now() + ANSWERS_WITHIN);
        let mut ask_at = Instant::now() + ASKS_AT_REST;
        loop {
            tokio::select! {
                biased;
                () = to.stop.clone() => return Ok(()),
                read = async {
                    received.reserve(CHUNK);
                    stream.read_buf(&mut received).await
                } => match read {
                    Ok(0) => return Err(self.closed()),
                    Ok(_) => {}
                    Err(error) => return Err(self.server.broke(error, self.closed())),
                },
                () = sleep_until(answer_by.unwrap_or(ask_at)), if answer_by.is_some() => {
                    return Err(self.server.silent("being asked for calls").hint(
                        "Check that this is the port of ctrl_tcp_listen in baresip's config",
                    ));
                }
                () = sleep_until(ask_at), if answer_by.is_none() => {
                    self.ask(&mut *stream).await?;
                    answer_by = Some(Instant::now() + ANSWERS_WITHIN);
                }
            }
            let mut used = 0;
            while let Some((payload, length)) =
                netstring(&received[used..]).map_err(|reason| self.not_baresip(reason))?
            {
                let read = message(payload);
                used += length;
                match read {
                    Some(Message::Event(event)) => {
                        // What happened between connecting and the first answer may have begun before.
                        to.tell(self.calls.event(event, to.now(), !is_ready));
                    }
                    Some(Message::Answer { token, ok, data }) if token.as_deref() == Some(TOKEN) => {
                        if ok {
                            to.tell(self.calls.listed(&data, to.now(), !is_ready));
                        } else if !is_ready {
                            tracing::info!("baresip does not list its calls: its module menu is not loaded");
                            to.tell(self.calls.all_lost(to.now()));
                        }
                        if !is_ready {
                            is_ready = true;
                            to.ready(self.notes());
                        }
                        answer_by = None;
                        ask_at = Instant::now() + ASKS_AT_REST;
                    }
                    _ => {}
                }
            }
            received.drain(..used);
            if !self.calls.is_empty() {
                ask_at = ask_at.min(Instant::now() + ASKS_IN_A_CALL);
            }
        }
    }

    fn patience(&self) -> Duration {
        // A program on this computer that can't be reached has ended, and its calls with it.
        if self.server.is_here() {
            Duration::ZERO
        } else {
            PATIENCE
        }
    }

    fn all_lost(&mut self, at: Now) -> Vec<CallEvent> {
        self.calls.all_lost(at)
    }
}

impl Line {
    fn notes(&self) -> Vec<Note> {
        if self.server.is_here() {
            return Vec::new();
        }
        vec![Note {
            code: CLEAR_TEXT,
            message: format!(
                "The connection to {} has no password and no encryption: whoever reaches it hears of every call and can \
                 make calls",
                self.server
            ),
            hint: Some("Run Ringside where baresip runs, or put a tunnel in between".to_owned()),
        }]
    }

    fn closed(&self) -> Error {
        Error::new(
            Kind::Unavailable,
            OPERATION,
            format!("baresip at {} closed the connection", self.server),
        )
        .hint("It may have ended, or another program may have connected: it serves one at a time")
    }

    fn not_baresip(&self, reason: &'static str) -> Error {
        Error::new(
            Kind::Unavailable,
            OPERATION,
            format!("{} does not talk like baresip: {reason}", self.server),
        )
        .hint("Check that this is the port of ctrl_tcp_listen in baresip's config")
    }

    async fn ask(&self, stream: &mut dyn Stream) -> Result<()> {
        match timeout(ANSWERS_WITHIN, stream.write_all(QUESTION)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.server.broke(error, self.closed())),
            Err(_) => Err(self.server.silent("being asked for calls")),
        }
    }
}
