//! Where a manifest comes from: the server, or an address on the web.

use std::sync::Arc;

use ringside_domain::{ConnectionId, Cx, Error, HostRules, HttpTransport, Kind, Result, Url, http::host_of};
use serde_json::Value;

use super::{
    APP_CONNECT,
    answer::Outcome,
    manifest::ServerManifest,
    wire::{Ask, Span, Wire},
};
use crate::parts::Server;

/// Reads the manifest that a server gives out, for the form in which a person adds a connection.
///
/// # Errors
/// [`Kind::Invalid`] when the server has no such platform or answers with something else; else as
/// [`HttpTransport::send`].
pub async fn read_manifest(
    http: Arc<dyn HttpTransport>,
    server: &Server,
    platform: &str,
    cx: &Cx,
) -> Result<ServerManifest> {
    let (base, hosts) = at(server);
    let wire = Wire {
        http,
        connection: ConnectionId::new(APP_CONNECT),
        hosts,
        base,
    };
    ServerManifest::parse(&fetch(&wire, &Span::of(cx), platform).await?, platform, None)
}

/// Reads a manifest from an address on the web, https only.
///
/// # Errors
/// As [`read_manifest`].
pub async fn read_manifest_at(
    http: Arc<dyn HttpTransport>,
    url: &str,
    platform: &str,
    cx: &Cx,
) -> Result<ServerManifest> {
    let (base, hosts) = on_the_web(url)?;
    let wire = Wire {
        http,
        connection: ConnectionId::new(APP_CONNECT),
        hosts,
        base,
    };
    let body = answered(
        wire.ask(&Span::of(cx), "this server", &Ask::get("read_manifest", ""), None)
            .await?
            .outcome,
    )?;
    ServerManifest::parse(&body.to_string(), platform, None)
}

pub(super) async fn fetch(wire: &Wire, span: &Span, platform: &str) -> Result<String> {
    let mut ask = Ask::get("read_manifest", "/crmManifest");
    if !platform.is_empty() {
        ask = ask.with("platformName", platform);
    }
    let crm = if platform.is_empty() { "this server" } else { platform };
    let manifest = given_out(wire.ask(span, crm, &ask, None).await?.outcome)?.to_string();
    let key = ServerManifest::parse(&manifest, platform, None)?.platform;
    // Older servers don't have this; the manifest then has to do.
    let ask = functions_of(key);
    let interfaces = match wire.ask(span, crm, &ask, None).await {
        Ok(reply) => answered(reply.outcome).ok(),
        Err(_) => None,
    };
    Ok(ServerManifest::with_interfaces(&manifest, interfaces))
}

/// Nobody is signed in who reads a manifest: what wants a sign-in for it is some other server.
fn given_out(outcome: Outcome) -> Result<Value> {
    match outcome {
        Outcome::SessionOver(error) => Err(Error::new(
            Kind::NotFound,
            error.operation,
            "There is no App Connect server at this address: who answers there wants a sign-in first",
        )
        .hint("Check the server's address in the settings of this connection")),
        other => answered(other),
    }
}

pub(super) fn functions_of(platform: String) -> Ask {
    Ask::get("read_manifest", "/implementedInterfaces").with("platform", platform)
}

pub(super) fn answered(outcome: Outcome) -> Result<Value> {
    match outcome {
        Outcome::Answered(body) | Outcome::Nothing(body) => Ok(body),
        Outcome::Failed(error) | Outcome::CrmRefused(error) | Outcome::SessionOver(error) => Err(error),
    }
}

pub(super) fn at(server: &Server) -> (String, HostRules) {
    let hosts = HostRules {
        allowed: Vec::new(),
        typed: Some(server.host.clone()),
    };
    (format!("{}{}", server.origin, server.path), hosts)
}

/// An address that nobody typed as a server of theirs: it must lie on the web.
pub(super) fn on_the_web(url: &str) -> Result<(String, HostRules)> {
    let parsed = Url::parse(url).ok().filter(|parsed| parsed.scheme() == "https");
    let host = parsed.as_ref().and_then(host_of).ok_or_else(no_server)?;
    let hosts = HostRules {
        allowed: vec![host],
        typed: None,
    };
    Ok((url.trim_end_matches('/').to_owned(), hosts))
}

pub(super) fn no_server() -> Error {
    Error::new(
        Kind::Invalid,
        "connect",
        "The address of the App Connect server is missing",
    )
    .field("server")
    .hint("Type it as https://… in the settings of this connection")
}
