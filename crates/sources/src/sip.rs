//! Watching the calls of one SIP address: SUBSCRIBE to the event package `dialog` (RFC 4235) with the credentials that the
//! person's phone has already.
//!
//! It needs no new account, sends no media, and cannot disturb the phone. From the outside inwards: [`settings`] is what the
//! person filled in, `resolve` finds the server, `wire` speaks SIP, `subscription` decides when to ask and what an answer
//! means, `dialog_info` reads a body, `tracker` makes call events of bodies.

use std::sync::Arc;

use async_trait::async_trait;
use ringside_domain::{CallSource, Clock, EventSink, Random, Result, SourceId, Stop, Trust};

use crate::{
    health::Health,
    kinds::{Built, Evidence, Parts, PhoneKind, Setup},
};

pub mod dialog_info;
mod line;
mod resolve;
mod settings;
mod subscription;
pub mod tracker;
pub mod wire;

use settings::Settings;
use subscription::Watch;
use tracker::Tracker;
use wire::{Wire, pin::Pinned};

pub const KIND: PhoneKind = PhoneKind {
    id: "sip",
    name: "SIP account",
    summary: "Any phone on a SIP server that tells watchers about calls: the server is asked, the phone stays as it is",
    parameters: settings::PARAMETERS,
    needs: &[
        "The SIP address and password that your phone registers with",
        "A server with the event package dialog: FreeSWITCH, Kamailio, OpenSIPS, a recent Asterisk (with a hint for your \
         extension), and many hosted ones",
    ],
    limits: &[
        "Some servers, older Asterisk among them, tell that the phone rings, but not who calls",
        "Diversion and queue names are not in what servers tell watchers",
        "FreeSWITCH tells an outgoing call that only rings as answered",
        "Most servers, among them Kamailio, Asterisk and FreeSWITCH, do not tell why a call ended: one that you declined, or \
         that a colleague took from a ring group, is shown as missed",
        "Asterisk does not tell what becomes of a call waiting: it is shown as ringing until the line is idle",
    ],
    evidence: Evidence::RealServer("Kamailio 5.6, over UDP, TCP and TLS"),
    signs_in_with_browser: false,
    uses_intake: false,
};

pub(crate) fn build(setup: Setup, parts: &Parts) -> Result<Built> {
    let settings = Settings::read(&setup)?;
    let (pinned, pin) = Pinned::to(setup.pin.as_deref())?;
    let (health, state) = Health::new();
    let source = SipSource {
        source: setup.source,
        trust: setup.trust,
        settings,
        kept: setup.kept,
        pinned: Arc::new(pinned),
        health,
        clock: parts.clock.clone(),
        random: parts.random.clone(),
        parts: parts.clone(),
    };
    Ok(Built {
        source: Box::new(source),
        state,
        pin: Some(pin),
    })
}

struct SipSource {
    source: SourceId,
    trust: Trust,
    settings: Settings,
    kept: bool,
    pinned: Arc<Pinned>,
    health: Health,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    parts: Parts,
}

#[async_trait]
impl CallSource for SipSource {
    fn id(&self) -> SourceId {
        self.source.clone()
    }

    /// # Errors
    /// What only a person can change: a wrong password, a certificate that is not good, a server without the event package.
    async fn run(&mut self, sink: Box<dyn EventSink>, stop: Stop) -> Result<()> {
        let mut watch = Watch {
            dialer: Box::new(Wire::new(self.settings.clone(), &self.parts, self.pinned.clone())),
            tracker: Tracker::new(self.source.clone(), self.trust, &self.settings.address.uri()),
            health: self.health.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            server: self.settings.server_name(),
            transport: self.settings.transport,
            large_over_tcp: self.settings.large_over_tcp,
            kept: self.kept,
        };
        watch.run(sink, stop).await
    }
}
