//! One request: who may ask, from where, what is refused, and the empty answer.
//!
//! The order matters: what a browser sent is refused before anything else of it is looked at, and guessing tokens is
//! limited before a token is compared.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Extension, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use ringside_domain::{Clock, EventSink, SourceId, Trust};
use tokio::time::Instant;

use super::{
    fields::{Unclear, Written, read_report},
    limit::{Limits, RETRY_AFTER},
    phones::{Phone, PhoneRegistry, Place},
};
use crate::report::Reports;

const LONGEST_BODY: usize = 64 * 1024;
const PATH: &str = "/v1/call";

/// From where a request came.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    /// A program on this computer.
    Here,
    /// The local network: the address of ours that was asked, and who asked.
    Lan { own: IpAddr, peer: IpAddr },
}

/// What every request needs.
pub(super) struct Desk {
    pub(super) port: u16,
    pub(super) phones: Arc<PhoneRegistry>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sink: Box<dyn EventSink>,
    /// The open calls of each phone, by its name.
    pub(super) reports: Mutex<HashMap<String, Reports>>,
    pub(super) limits: Mutex<Limits>,
}

/// Why a request is refused: a status and one sentence, which never quotes the request.
struct Refused(StatusCode, &'static str);

pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new().fallback(answer).with_state(desk)
}

async fn answer(State(desk): State<Arc<Desk>>, Extension(side): Extension<Side>, request: Request) -> Response {
    match desk.take(request, side).await {
        Ok(()) => empty(StatusCode::NO_CONTENT),
        Err(Refused(status, sentence)) => {
            tracing::debug!(status = status.as_u16(), "a report was refused: {sentence}");
            let mut response = Response::new(Body::from(format!("{sentence}\n")));
            *response.status_mut() = status;
            let headers = response.headers_mut();
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            );
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            match status {
                StatusCode::TOO_MANY_REQUESTS => {
                    headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER.as_secs()));
                }
                StatusCode::METHOD_NOT_ALLOWED => {
                    headers.insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
                }
                StatusCode::UNAUTHORIZED => {
                    headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                }
                _ => {}
            }
            response
        }
    }
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

impl Desk {
    async fn take(&self, request: Request, side: Side) -> Result<(), Refused> {
        let (parts, body) = request.into_parts();
        refuse_other_hosts(&parts, self.port, side)?;
        refuse_browsers(&parts.headers)?;
        let known = matches!(side, Side::Lan { peer, .. } if self.phones.is_home_of(peer));
        if !locked(&self.limits).admit_any(side, known, Instant::now()) {
            return Err(TOO_MANY);
        }
        let token = token_of(&parts)?;
        if !matches!(parts.method, Method::GET | Method::POST) {
            return Err(Refused(
                StatusCode::METHOD_NOT_ALLOWED,
                "Report calls with GET or POST.",
            ));
        }
        let phone = token.and_then(|token| self.phones.phone_with(token)).ok_or(Refused(
            StatusCode::UNAUTHORIZED,
            "This token belongs to no phone. Copy the line for your phone again from Ringside's settings.",
        ))?;
        self.refuse_other_places(&phone, side)?;
        if !locked(&self.limits).admit(&phone.name, Instant::now()) {
            return Err(TOO_MANY);
        }
        let written = written(&parts.headers)?;
        let body = axum::body::to_bytes(body, LONGEST_BODY).await.map_err(|error| {
            // Either it is too long, or the sender broke off.
            let text = std::error::Error::source(&error)
                .map(ToString::to_string)
                .unwrap_or_default();
            if text.contains("limit") {
                Refused(StatusCode::PAYLOAD_TOO_LARGE, "The body is longer than 64 KiB.")
            } else {
                Refused(StatusCode::BAD_REQUEST, "The body broke off.")
            }
        })?;
        let query = parts.uri.query().unwrap_or_default();
        let report = read_report(query, &body, written);
        if let Some(report) = report.map_err(|Unclear(why)| Refused(StatusCode::BAD_REQUEST, why))? {
            self.tell(phone, report);
        }
        Ok(())
    }

    /// A phone reports from where it stands; its token is worth nothing elsewhere.
    fn refuse_other_places(&self, phone: &Phone, side: Side) -> Result<(), Refused> {
        match (side, phone.place) {
            (Side::Here, Place::Here) => Ok(()),
            (Side::Here, Place::Lan { .. }) => Err(Refused(
                StatusCode::FORBIDDEN,
                "This token is a desk phone's: it is taken from the local network only.",
            )),
            (Side::Lan { .. }, Place::Here) => Err(Refused(
                StatusCode::FORBIDDEN,
                "This token is for a program on Ringside's own computer.",
            )),
            (Side::Lan { peer, .. }, Place::Lan { .. }) if self.phones.comes_from(&phone.name, peer) => Ok(()),
            (Side::Lan { .. }, Place::Lan { .. }) => {
                tracing::warn!("a desk phone's token was used from another address");
                Err(Refused(
                    StatusCode::FORBIDDEN,
                    "This phone reports from another address. If it has a new one, set it in Ringside under Phones.",
                ))
            }
        }
    }

    fn tell(&self, phone: Phone, report: crate::Report) {
        let now = self.clock.now();
        self.phones.seen(&phone.name, now.wall);
        let trust = if phone.trusted {
            Trust::Trusted
        } else {
            Trust::Unverified
        };
        let event = locked(&self.reports)
            .entry(phone.name)
            .or_insert_with_key(|name| Reports::new(SourceId::new(format!("intake/{name}"))))
            .event(report, trust, now);
        match event {
            Some(event) => self.sink.event(event),
            None => tracing::debug!("a report tells the end of no call that is known"),
        }
    }
}

const TOO_MANY: Refused = Refused(StatusCode::TOO_MANY_REQUESTS, "Too many reports in one second.");

/// A page that had its name pointed at this computer (DNS rebinding) still sends that name.
fn refuse_other_hosts(parts: &Parts, port: u16, side: Side) -> Result<(), Refused> {
    let is_name = |name: &str| match side {
        Side::Here => matches!(name, "127.0.0.1" | "[::1]") || name.eq_ignore_ascii_case("localhost"),
        Side::Lan { own, .. } => name.trim_start_matches('[').trim_end_matches(']').parse() == Ok(own),
    };
    let ours = |text: &str| {
        let named = text.rsplit_once(':').filter(|(_, given)| given.parse() == Ok(port));
        named.is_some_and(|(name, _)| is_name(name))
    };
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).is_some_and(ours) && hosts.next().is_none();
    // A request line may carry the whole address.
    let line = parts.uri.authority().is_none_or(|authority| ours(authority.as_str()));
    if host && line {
        Ok(())
    } else {
        Err(Refused(
            StatusCode::FORBIDDEN,
            "Reports are taken at the address of this computer only, not under a name.",
        ))
    }
}

/// No phone sends these headers; every browser sends at least one of them with a request that a page made.
fn refuse_browsers(headers: &HeaderMap) -> Result<(), Refused> {
    let from_page = |name: &HeaderName| {
        *name == header::ORIGIN || *name == header::REFERER || name.as_str().starts_with("sec-fetch-")
    };
    if headers.keys().any(from_page) {
        return Err(Refused(StatusCode::FORBIDDEN, "Reports are not taken from web pages."));
    }
    Ok(())
}

/// The token in the path, or in the header when the path has none.
fn token_of(parts: &Parts) -> Result<Option<&str>, Refused> {
    let nothing_here = Refused(StatusCode::NOT_FOUND, "There is nothing here. Reports go to /v1/call.");
    let Some(rest) = parts.uri.path().strip_prefix(PATH) else {
        return Err(nothing_here);
    };
    match rest.strip_prefix('/') {
        Some(token) if !token.is_empty() && !token.contains('/') => Ok(Some(token)),
        None if rest.is_empty() => Ok(bearer(&parts.headers)),
        _ => Err(nothing_here),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn written(headers: &HeaderMap) -> Result<Written, Refused> {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return Ok(Written::Form);
    };
    let kind = kind
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => Ok(Written::Json),
        "application/xml" | "text/xml" | "application/x-com-polycom-spipx" => Ok(Written::Xml),
        "" | "application/x-www-form-urlencoded" | "text/plain" | "application/octet-stream" => Ok(Written::Form),
        _ => Err(Refused(
            StatusCode::BAD_REQUEST,
            "The body must be a form, JSON, or a Poly phone's XML.",
        )),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
