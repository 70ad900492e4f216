//! One request on its way: the first, or what a redirect made of it. Pure: what goes where is decided here, nothing is sent.

use bytes::Bytes;
use reqwest::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName,
    HeaderValue,
};
use ringside_domain::{Error, HostRules, HttpRequest, Kind, Method, Result, Url, http::host_of};

use super::failure;

/// The wire's own headers. A file that sets one could say another host, or another length, than was checked.
const OURS: [&str; 12] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "accept-encoding",
    "proxy-authorization",
    "proxy-connection",
];

/// A host in a message is cut after this many characters: it may come from a hostile redirect.
const MAX_NAMED: usize = 80;

pub(super) struct Hop {
    pub(super) operation: &'static str,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) rules: HostRules,
    /// Names of the headers that prove who we are.
    proofs: Vec<HeaderName>,
}

impl Hop {
    /// # Errors
    /// [`Kind::Forbidden`]: the host rules; [`Kind::Invalid`]: a header that can't be sent.
    pub(super) fn first(request: HttpRequest) -> Result<Self> {
        let mut hop = Self {
            operation: request.operation,
            method: request.method,
            url: tidy(request.url),
            headers: HeaderMap::new(),
            body: Bytes::from(request.body),
            rules: request.hosts,
            proofs: vec![AUTHORIZATION, COOKIE],
        };
        hop.check()?;
        for (name, value) in &request.headers {
            hop.header(name, value.as_bytes(), false)?;
        }
        for (name, value) in &request.credentials {
            let name = hop.header(name, value.expose(), true)?;
            hop.proofs.push(name);
        }
        Ok(hop)
    }

    /// The host, with its port where that is not the usual one. Never a path, a query or a user name.
    pub(super) fn host(&self) -> String {
        named(&self.url)
    }

    /// What a redirect makes of this request. Another scheme, host or port gets no proof of who we are, and does not get
    /// it back on the way back either. A body does go along (307, 308): it is for whom the file allows.
    ///
    /// # Errors
    /// [`Kind::Forbidden`]: where it points is not allowed. Nothing was sent there.
    pub(super) fn redirected(mut self, status: u16, location: Url) -> Result<Self> {
        let from = self.host();
        let (before, to) = (self.url, tidy(location));
        self.url = to;
        if before.scheme() == "https" && self.url.scheme() != "https" {
            return Err(failure::downgrade(self.operation, &from));
        }
        self.check().map_err(|error| failure::redirected_by(&from, error))?;
        if origin(&before) != origin(&self.url) {
            for name in std::mem::take(&mut self.proofs) {
                self.headers.remove(name);
            }
        }
        let to_get = match status {
            303 => self.method != Method::Get,
            301 | 302 => self.method == Method::Post,
            _ => false,
        };
        if to_get {
            self.method = Method::Get;
            self.body = Bytes::new();
            for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION] {
                self.headers.remove(name);
            }
        }
        Ok(self)
    }

    fn check(&self) -> Result<()> {
        let host = self.host();
        self.rules
            .check(&self.url)
            .map_err(|refusal| failure::not_allowed(self.operation, &host, refusal))
    }

    fn header(&mut self, name: &str, value: &[u8], secret: bool) -> Result<HeaderName> {
        let bad = |what: &str| Error::new(Kind::Invalid, self.operation, format!("The header {what}"));
        let known = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| bad("name in a request is not one: only letters, digits and hyphens can be sent"))?;
        if OURS.contains(&known.as_str()) {
            return Err(bad(&format!("{known} can't be set: Ringside sets it itself")));
        }
        let mut value = HeaderValue::from_bytes(value).map_err(|_| {
            bad(&format!(
                "{known} has a value that can't be sent: it holds a line break or a control character"
            ))
        })?;
        value.set_sensitive(secret);
        self.headers.append(&known, value);
        Ok(known)
    }
}

/// Whether an answer with this status may send us on.
pub(super) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

pub(super) fn named(url: &Url) -> String {
    let mut name: String = host_of(url)
        .unwrap_or_else(|| "nowhere".into())
        .chars()
        .take(MAX_NAMED)
        .collect();
    if let Some(port) = url.port() {
        name = match name.contains(':') {
            true => format!("[{name}]:{port}"),
            false => format!("{name}:{port}"),
        };
    }
    name
}

/// Without a fragment, which is not sent, and without the dot of a full name, which rules, pool and certificate do not know.
fn tidy(mut url: Url) -> Url {
    url.set_fragment(None);
    if let Some(host) = url.host_str().filter(|host| host.ends_with('.')) {
        let short = host.trim_end_matches('.').to_owned();
        // Refused only for hosts that the host rules refuse too.
        let _ = url.set_host(Some(&short));
    }
    url
}

fn origin(url: &Url) -> (&str, Option<&str>, Option<u16>) {
    (url.scheme(), url.host_str(), url.port_or_known_default())
}

#[cfg(test)]
mod tests;
