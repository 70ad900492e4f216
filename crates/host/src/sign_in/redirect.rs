//! One sign-in in the browser: what it is opened with, and the wait for it to come back.

use std::{borrow::Cow, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringside_domain::{
    Error, Kind, Random, Result, Url,
    credentials::Secret,
    sign_in::{Authorize, RedirectTo, Redirected},
};
use sha2::{Digest, Sha256};

use super::{Parts, loopback::Loopback, words::clean};

mod desk;

use desk::Desk;

pub(super) const OPERATION: &str = "sign_in";
/// How long the person has.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// Parameters of the authorization request that are ours alone.
const OURS: [&str; 7] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

pub(super) async fn authorize(parts: &Parts, ask: Authorize) -> Result<Redirected> {
    check(&ask)?;
    let state = unguessable::<16>(parts.random.as_ref());
    let verifier = ask.pkce.then(|| unguessable::<32>(parts.random.as_ref()));
    let listener = Loopback::bind(&ask.redirect, &parts.own_ports).await?;
    let port = listener.port();
    let redirect_uri = format!("http://{}:{port}{}", ask.redirect.host, ask.redirect.path);
    let url = authorization_url(&ask, &redirect_uri, &state, verifier.as_deref());
    let provider = clean(&ask.provider, &[]);
    let too_late = format!(
        "nobody signed in to {provider} within {} minutes",
        PATIENCE.as_secs() / 60
    );
    let desk = Desk::new(ask.redirect, port, ask.issuer, ask.hosts, provider, state);
    let signed_in = async {
        let wait = listener.wait(move |request| desk.answer(request));
        tokio::pin!(wait);
        // The browser may be faster than the program that opened it.
        tokio::select! {
            found = &mut wait => return found,
            opened = parts.browser.open(&url) => opened?,
        }
        wait.await
    };
    let found = tokio::time::timeout(PATIENCE, signed_in).await.map_err(|_| {
        Error::new(Kind::Timeout, OPERATION, too_late)
            .retry(ringside_domain::Retry::AfterPerson)
            .hint("Start signing in again, and finish it in the browser")
    })??;
    Ok(Redirected {
        code: found.code,
        redirect_uri,
        verifier: verifier.map(Secret::new),
        parameters: found.parameters,
    })
}

/// What the connector asks for is data from a file: it may not send a browser anywhere, or listen anywhere.
fn check(ask: &Authorize) -> Result<()> {
    if ask.hosts.check(&ask.url).is_err() {
        let host = ask.url.host_str().unwrap_or("none");
        let words = format!("the sign-in page is at a host that this connector may not use: {host}");
        return Err(Error::new(Kind::Forbidden, OPERATION, words)
            .hint("Correct the address of the server, or the allowed hosts of the connector"));
    }
    let RedirectTo { host, port, path } = &ask.redirect;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let wrong = if !matches!(&**host, "127.0.0.1" | "localhost") {
        "its host is neither 127.0.0.1 nor localhost"
    } else if *port == Some(0) {
        "its port is 0"
    } else if !path.starts_with('/') || !path.bytes().all(plain) {
        "its path is not made of letters, digits and - . _ ~ after a slash"
    } else {
        return Ok(());
    };
    Err(Error::new(
        Kind::Invalid,
        OPERATION,
        format!("the redirect address cannot be used: {wrong}"),
    ))
}

fn authorization_url(ask: &Authorize, redirect_uri: &str, state: &str, verifier: Option<&str>) -> Url {
    let mut url = ask.url.clone();
    let theirs = ask.url.query_pairs().filter(|(name, _)| !OURS.contains(&&**name));
    let theirs: Vec<(Cow<'_, str>, Cow<'_, str>)> = theirs.collect();
    url.set_fragment(None);
    let mut query = url.query_pairs_mut();
    query.clear().extend_pairs(theirs);
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &ask.client_id)
        .append_pair("redirect_uri", redirect_uri);
    if !ask.scope.is_empty() {
        query.append_pair("scope", &ask.scope);
    }
    query.append_pair("state", state);
    if let Some(verifier) = verifier {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        query
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
    }
    drop(query);
    url
}

pub(super) fn unguessable<const BYTES: usize>(random: &dyn Random) -> String {
    let mut bytes = [0_u8; BYTES];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
