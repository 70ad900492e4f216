//! The port to the web: one request, one answer, and no way to a host that was not named.
//!
//! The port exists because a connector is a data file: what a file may reach is checked here, in one place, after
//! rendering, at every redirect and at every connect.

use std::{fmt, time::Duration};

use async_trait::async_trait;
pub use url::Url;

use crate::{credentials::Secret, error::Result};

#[async_trait]
pub trait HttpTransport: Send + Sync {
    /// Sends one request and reads its answer, whatever its status: 404 and 500 are answers. Dropping the future closes
    /// the connection.
    ///
    /// # Errors
    /// - [`Kind::Forbidden`](crate::Kind::Forbidden): the host, its address, the scheme or a redirect is not allowed.
    ///   Nothing was sent there.
    /// - [`Kind::Unavailable`](crate::Kind::Unavailable): no connection, name or certificate. [`Error::may_have_happened`]
    ///   is set once the request began to go out.
    /// - [`Kind::Timeout`](crate::Kind::Timeout): the deadline passed, with the same mark.
    /// - [`Kind::Invalid`](crate::Kind::Invalid): the answer is larger than `max_answer`, or breaks HTTP.
    ///
    /// [`Error::may_have_happened`]: crate::Error::may_have_happened
    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One request. Its Debug shows method and host and no more: paths, queries and bodies hold numbers, some hold secrets.
#[derive(Clone)]
pub struct HttpRequest {
    pub operation: &'static str,
    pub method: Method,
    pub url: Url,
    /// In the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// Headers that prove who we are. They go to the request's own host only: a redirect to another host drops them.
    pub credentials: Vec<(String, Secret)>,
    pub body: Vec<u8>,
    pub hosts: HostRules,
    /// How many redirects are followed; 0 for everything that changes something. One that is not followed is the answer.
    pub redirects: u8,
    /// For the whole exchange, redirects and body included.
    pub deadline: Duration,
    /// Bytes of the answer's body, after decoding.
    pub max_answer: usize,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HttpRequest({} {})",
            self.method.as_str(),
            self.url.host_str().unwrap_or("?")
        )
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    pub status: u16,
    /// Names in lower case, in the order in which they came; a name may come more than once.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Where the answer came from, after redirects.
    pub url: Url,
}

impl HttpAnswer {
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let same = |other: &&(String, String)| other.0.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpAnswer({}, {} bytes)", self.status, self.body.len())
    }
}

/// Where requests of one connection may go.
///
/// Every other address is refused: other hosts by name, and loopback, private and link-local addresses by what the name
/// resolved to, unless the person typed that very host. Metadata addresses of clouds and our own ports are never reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostRules {
    /// `api.hubapi.com`, or `*.bullhornstaffing.com` for any host below it. In lower case, without a port: https on 443.
    pub allowed: Vec<String>,
    /// What the person typed as their server's address.
    pub typed: Option<TypedHost>,
}

/// A server's address as a person typed it: this host on this port may lie in a private network, and a loopback address
/// may be spoken to without TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedHost {
    /// In lower case; an IPv6 address without brackets.
    pub host: String,
    pub port: u16,
}

/// Why a URL is not among the allowed ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No host, a user name in it, or a scheme that is not https (http to a typed loopback host).
    Scheme,
    Host,
    Port,
}

impl HostRules {
    /// Whether this URL may be asked at all. What its name resolves to is checked at connect.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, url: &Url) -> std::result::Result<(), Refusal> {
        let host = host_of(url).ok_or(Refusal::Scheme)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Scheme);
        }
        let port = url.port_or_known_default().ok_or(Refusal::Scheme)?;
        let by_name = self.allowed.iter().any(|pattern| host_matches(pattern, &host));
        let typed = self.typed.as_ref().filter(|typed| typed.host == host);
        match url.scheme() {
            "https" => {}
            "http" if typed.is_some() && is_loopback_name(&host) => {}
            _ => return Err(Refusal::Scheme),
        }
        match (typed, by_name) {
            (Some(typed), _) if typed.port == port => Ok(()),
            (_, true) if port == 443 => Ok(()),
            (None, false) => Err(Refusal::Host),
            _ => Err(Refusal::Port),
        }
    }

    /// Whether the person typed this host on this port: only then may it have a private address.
    #[must_use]
    pub fn is_typed(&self, url: &Url) -> bool {
        let port = url.port_or_known_default();
        self.typed
            .as_ref()
            .is_some_and(|typed| host_of(url).as_ref() == Some(&typed.host) && port == Some(typed.port))
    }
}

/// The host in lower case, an IPv6 address without brackets, a trailing dot cut off.
#[must_use]
pub fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    let host = host.trim_end_matches('.').to_lowercase();
    (!host.is_empty()).then_some(host)
}

/// `*.example.com` matches hosts below it, not `example.com` itself; anything else only itself.
#[must_use]
pub fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(below) => host
            .strip_suffix(below)
            .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        None => pattern == host,
    }
}

fn is_loopback_name(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(typed: Option<(&str, u16)>) -> HostRules {
        HostRules {
            allowed: vec!["api.example.com".into(), "*.example.net".into()],
            typed: typed.map(|(host, port)| TypedHost {
                host: host.into(),
                port,
            }),
        }
    }

    fn check(rules: &HostRules, url: &str) -> Result<(), Refusal> {
        rules.check(&Url::parse(url).expect("a URL"))
    }

    #[test]
    fn hosts_are_allowed_by_name_on_443_and_wildcards_only_below() {
        let rules = rules(None);
        assert_eq!(check(&rules, "https://api.example.com/x"), Ok(()));
        assert_eq!(check(&rules, "https://API.example.com./x"), Ok(()));
        assert_eq!(check(&rules, "https://a.b.example.net/"), Ok(()));
        assert_eq!(check(&rules, "https://example.net/"), Err(Refusal::Host));
        assert_eq!(check(&rules, "https://evilexample.net/"), Err(Refusal::Host));
        assert_eq!(check(&rules, "https://api.example.com.evil.test/"), Err(Refusal::Host));
        assert_eq!(check(&rules, "https://api.example.com:8443/"), Err(Refusal::Port));
        assert_eq!(check(&rules, "http://api.example.com/"), Err(Refusal::Scheme));
        assert_eq!(check(&rules, "https://user@api.example.com/"), Err(Refusal::Scheme));
        assert_eq!(check(&rules, "https://127.0.0.1/"), Err(Refusal::Host));
        assert_eq!(check(&rules, "file:///etc/hosts"), Err(Refusal::Scheme));
    }

    #[test]
    fn what_was_typed_is_allowed_on_its_port_and_without_tls_only_on_the_loopback() {
        let rules = rules(Some(("crm.local", 8443)));
        assert_eq!(check(&rules, "https://crm.local:8443/"), Ok(()));
        assert_eq!(check(&rules, "https://crm.local/"), Err(Refusal::Port));
        assert_eq!(check(&rules, "http://crm.local:8443/"), Err(Refusal::Scheme));
        assert_eq!(check(&rules_for("127.0.0.1", 8080), "http://127.0.0.1:8080/"), Ok(()));
        assert_eq!(check(&rules_for("::1", 8080), "http://[::1]:8080/"), Ok(()));
        assert_eq!(
            check(&rules_for("10.0.0.7", 80), "http://10.0.0.7/"),
            Err(Refusal::Scheme)
        );
    }

    fn rules_for(host: &str, port: u16) -> HostRules {
        rules(Some((host, port)))
    }
}
