//! What went wrong between us and a server, in words for a person.
//!
//! Texts are made of a host and a reason. What `reqwest` says is kept as the cause, without its URL.

use std::{error::Error as StdError, io, time::Duration};

use ringside_domain::{Error, Kind, http::Refusal};
use rustls::{CertificateError, Error as TlsError};

use super::reach::TooFar;

/// Kinds: [`Kind::Forbidden`] when our resolver refused, [`Kind::Invalid`] when the answer breaks HTTP, else
/// [`Kind::Unavailable`]. A bad certificate is tried again later too: that of a hotel's log-in page goes away by itself.
pub(super) fn of(operation: &'static str, host: &str, error: reqwest::Error) -> Error {
    let error = error.without_url();
    if let Some(why) = cause::<TooFar>(&error) {
        return too_far(operation, host, why);
    }
    let unavailable =
        |message: String, hint: &'static str| Error::new(Kind::Unavailable, operation, message).hint(hint);
    let tls = cause::<TlsError>(&error).filter(|_| error.is_connect());
    let made = if let Some(tls) = tls {
        let (reason, hint) = certificate(tls);
        unavailable(format!("{host} {reason}"), hint)
    } else if error.is_builder() {
        Error::new(
            Kind::Invalid,
            operation,
            format!("The address of this request to {host} can't be sent: it is too long"),
        )
        .hint("Ask for less at once")
    } else if error.is_dns() {
        unavailable(
            format!("{host} was not found"),
            "Check the address and the connection to the internet",
        )
    } else if error.is_connect() && error.is_timeout() {
        unavailable(format!("{host} can't be reached: nothing answers there"), REACHABLE)
    } else if error.is_connect() {
        unavailable(format!("{host} {}", unconnected(&error)), REACHABLE)
    } else if is_broken(&error) {
        Error::new(
            Kind::Invalid,
            operation,
            format!("{host} sent something that is not a proper HTTP answer"),
        )
        .hint("Check that the address is the one of its API")
    } else {
        unavailable(
            format!("{host} closed the connection before its answer was complete"),
            "Try again",
        )
    };
    made.because(error)
}

/// Whether a connection that stood was closed while its answer was waited for.
pub(super) fn is_dropped(error: &reqwest::Error) -> bool {
    !error.is_builder() && !error.is_connect() && !error.is_timeout() && !is_broken(error)
}

const REACHABLE: &str = "Check that the server runs and that this computer is in its network";

pub(super) fn too_far(operation: &'static str, host: &str, why: &TooFar) -> Error {
    let (message, hint) = match why {
        TooFar::NotTyped(_) => (
            format!("{host} leads into a private network ({why})"),
            "If it is your own server, enter it as the server's address of this connection",
        ),
        TooFar::Metadata => (
            format!("{host} is the metadata address of a cloud, which is never asked"),
            "Enter the address of the CRM",
        ),
        TooFar::Nobody => (
            format!("{host} is not the address of a server"),
            "Enter the address of the CRM",
        ),
        TooFar::Ourselves => (
            format!("{host} is Ringside itself"),
            "Enter the address of the CRM; its port is not one that Ringside listens on",
        ),
    };
    Error::new(Kind::Forbidden, operation, message)
        .hint(hint)
        .because(why.clone())
}

pub(super) fn not_allowed(operation: &'static str, host: &str, refusal: Refusal) -> Error {
    let (message, hint) = match refusal {
        Refusal::Scheme => (
            format!("{host} can be asked over https only, without a user name in the address"),
            "Only a server on this computer, entered as the server's address, may be asked over http",
        ),
        Refusal::Host => (
            format!("{host} is not among the hosts that this connector may ask"),
            "They are listed in the connector's file",
        ),
        Refusal::Port => (
            format!("{host} is not on the port that this connector may ask"),
            "Hosts of the connector's file are asked on 443, a server's address on the port that was entered",
        ),
    };
    Error::new(Kind::Forbidden, operation, message).hint(hint)
}

pub(super) fn redirected_by(from: &str, error: Error) -> Error {
    let message = format!("{from} wanted to send Ringside elsewhere, and {}", error.message);
    Error {
        message: message.into(),
        ..error
    }
}

pub(super) fn downgrade(operation: &'static str, from: &str) -> Error {
    Error::new(
        Kind::Forbidden,
        operation,
        format!("{from} wanted to send Ringside to an address without encryption"),
    )
    .hint("Enter the https address of the server")
}

pub(super) fn deadline(operation: &'static str, host: &str, deadline: Duration) -> Error {
    let seconds = deadline.as_secs_f64();
    Error::new(
        Kind::Timeout,
        operation,
        format!("{host} did not answer within {seconds:.1} seconds"),
    )
}

pub(super) fn too_large(operation: &'static str, host: &str, max_answer: usize) -> Error {
    let limit = match max_answer {
        0..10_240 => format!("{max_answer} bytes"),
        10_240..10_485_760 => format!("{} KiB", max_answer / 1024),
        _ => format!("{} MiB", max_answer / 1_048_576),
    };
    Error::new(
        Kind::Invalid,
        operation,
        format!("The answer of {host} is larger than {limit}"),
    )
    .hint("Ask for fewer records at once")
}

fn certificate(error: &TlsError) -> (&'static str, &'static str) {
    let TlsError::InvalidCertificate(reason) = error else {
        return (
            "does not speak TLS as Ringside does",
            "Check the port; the server must offer https with TLS 1.2 or 1.3",
        );
    };
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            "has a certificate that has expired",
            "Its administrator must renew it; check the clock of this computer too",
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "has a certificate that is not valid yet",
            "Check the clock of this computer",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "has a certificate for another name",
            "Enter the address for which its certificate was made",
        ),
        CertificateError::Revoked => ("has a certificate that was revoked", "Its administrator must renew it"),
        // Self-signed ones come as one of these, by how they were made; a CA that was made anew under its old name as the last.
        CertificateError::UnknownIssuer | CertificateError::Other(_) | CertificateError::BadSignature => (
            "has a certificate that nobody trusted by this computer has signed",
            "If it is your own server, name the certificate file of its CA in the settings",
        ),
        _ => (
            "has a certificate that can't be used",
            "Its administrator must renew it",
        ),
    }
}

fn unconnected(error: &reqwest::Error) -> &'static str {
    match cause::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "refuses connections on this port",
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::UnexpectedEof) => {
            "closed the connection at once"
        }
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            "is in a network that can't be reached"
        }
        Some(io::ErrorKind::TimedOut) => "can't be reached: nothing answers there",
        _ => "can't be connected to",
    }
}

/// Not HTTP, or a body that can't be decoded; a body that merely ended early is a broken connection.
fn is_broken(error: &reqwest::Error) -> bool {
    if cause::<hyper::Error>(error).is_some_and(|error| error.is_parse() || error.is_parse_too_large()) {
        return true;
    }
    let cut = |kind| matches!(kind, io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset);
    error.is_decode()
        && !cause::<io::Error>(error).is_some_and(|error| cut(error.kind()))
        && cause::<hyper::Error>(error).is_none()
}

/// The first cause of this type. An `io::Error` hides what it wraps from `source`, so it is opened.
fn cause<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(one) = next {
        if let Some(found) = one.downcast_ref::<E>() {
            return Some(found);
        }
        let inside = one.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inside {
            Some(inside) => Some(inside as &(dyn StdError + 'static)),
            None => one.source(),
        };
    }
    None
}
