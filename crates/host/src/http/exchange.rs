//! One request out, one answer back, over a connection of the client's pool.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::{
    Client, Request, Response,
    header::{CONTENT_LENGTH, HeaderValue, LOCATION},
};
use ringside_domain::{Error, HttpAnswer, Method, Result, Url};

use super::{
    failure,
    hop::{Hop, is_redirect},
};

/// The body of a redirect is read up to here, so that its connection can be used again; beyond it, it is closed.
const MAX_REDIRECT_BODY: u64 = 16 * 1024;

pub(super) enum Outcome {
    Answer(HttpAnswer),
    Redirect {
        status: u16,
        location: Url,
    },
    /// The connection closed before the first byte of an answer.
    Dropped(Error),
}

/// Whether anything can have begun to go out. Errors made after that say that the write may have happened.
#[derive(Clone, Default)]
pub(super) struct Sent(Arc<AtomicBool>);

impl Sent {
    pub(super) fn mark(&self, error: Error) -> Error {
        if self.get() { error.maybe_happened() } else { error }
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn set(&self, sent: bool) {
        self.0.store(sent, Ordering::SeqCst);
    }
}

/// Sends the hop. A redirect is an outcome of its own if it may be `follow`ed and says where to.
///
/// # Errors
/// As [`HttpTransport::send`](ringside_domain::HttpTransport::send), marked as far as `sent` knows.
pub(super) async fn exchange(
    client: &Client,
    hop: &Hop,
    follow: bool,
    max_answer: usize,
    sent: &Sent,
) -> Result<Outcome> {
    let before = sent.get();
    let request = request(hop, sent);
    // Without a body nothing tells when the request begins to go out.
    if hop.body.is_empty() {
        sent.set(true);
    }
    let response = match client.execute(request).await {
        Ok(response) => response,
        Err(error) => {
            // No connection, or nothing that could be put on one: certain. All else is not.
            if error.is_connect() || error.is_builder() {
                sent.set(before);
            }
            let dropped = failure::is_dropped(&error);
            let error = sent.mark(failure::of(hop.operation, &hop.host(), error));
            return if dropped {
                Ok(Outcome::Dropped(error))
            } else {
                Err(error)
            };
        }
    };
    sent.set(true);
    let status = response.status().as_u16();
    if follow
        && is_redirect(status)
        && let Some(location) = location(&hop.url, &response)
    {
        finish(response).await;
        return Ok(Outcome::Redirect { status, location });
    }
    let headers = response.headers().iter();
    let headers = headers
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let body = read(response, hop, max_answer)
        .await
        .map_err(|error| sent.mark(error))?;
    Ok(Outcome::Answer(HttpAnswer {
        status,
        headers,
        body,
        url: hop.url.clone(),
    }))
}

fn request(hop: &Hop, sent: &Sent) -> Request {
    let method = match hop.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut request = Request::new(method, hop.url.clone());
    *request.headers_mut() = hop.headers.clone();
    if !hop.body.is_empty() {
        let outgoing = Outgoing {
            bytes: Some(hop.body.clone()),
            sent: sent.clone(),
        };
        *request.body_mut() = Some(reqwest::Body::wrap(outgoing));
    } else if matches!(hop.method, Method::Post | Method::Put | Method::Patch) {
        // RFC 9110, 8.6; some servers answer 411 without it.
        request
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    request
}

fn location(from: &Url, response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION)?;
    from.join(std::str::from_utf8(location.as_bytes()).ok()?).ok()
}

async fn finish(mut response: Response) {
    if response
        .content_length()
        .is_some_and(|length| length <= MAX_REDIRECT_BODY)
    {
        while let Ok(Some(_)) = response.chunk().await {}
    }
}

/// Reads the decoded body piece by piece, so that a bomb is no larger in memory than what is allowed and one piece.
async fn read(mut response: Response, hop: &Hop, max_answer: usize) -> Result<Vec<u8>> {
    let too_large = || failure::too_large(hop.operation, &hop.host(), max_answer);
    if response
        .content_length()
        .is_some_and(|length| length > max_answer as u64)
    {
        return Err(too_large());
    }
    let mut body = Vec::new();
    loop {
        let piece = response.chunk().await;
        match piece.map_err(|error| failure::of(hop.operation, &hop.host(), error))? {
            Some(piece) if piece.len() > max_answer - body.len() => return Err(too_large()),
            Some(piece) => body.extend_from_slice(&piece),
            None => return Ok(body),
        }
    }
}

/// A body that notes when it is taken. hyper's HTTP/1 takes it in the same step in which it writes the head into the
/// buffer of a live connection, before anything of either is flushed; when a kept connection turns out to be closed before
/// that, the body is whole and hyper sends it over another one.
struct Outgoing {
    bytes: Option<Bytes>,
    sent: Sent,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.sent.set(true);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
