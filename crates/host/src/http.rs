//! The port to the web, over `reqwest`: one request, one answer, and no way to an address that was not meant.
//!
//! What is asked of a connector's file is held here, in this order, for the request and for every redirect of it:
//! the URL passes [`HostRules::check`]; a literal address is looked at before anything is sent (`reach`); a name is
//! resolved by us, every answer is looked at, and the addresses that passed are those that are connected to (`resolve`),
//! so a name that changes its mind between the look and the connect gains nothing.
//!
//! **Connections are kept, and were checked.** A request that may reach private addresses and one that may not never
//! share a connection: each `Reach` has its own client, hence its own pool. Within a pool, connections are kept by
//! scheme, host and port, and the reach follows from exactly these, so whoever takes a kept connection was allowed to make it.
//!
//! **A read whose connection closes without an answer is sent again**, as browsers do: a kept connection may be closed by the
//! server in the moment in which it is used. A request that follows no redirects may change something and is never repeated.
//!
//! **No proxy**, neither the system's nor the environment's: with one in between, the proxy would resolve the name, and
//! nobody would check where it leads. No cookies either: a session is what a connector says it is.
//!
//! **HTTP/1.1 only.** Every API we know speaks it. A body is asked for when its connection is ready and not before, which is
//! how we know whether a write can have begun to go out (`exchange`); HTTP/2 sends the head earlier, from another task. It
//! would also not make the first lookup faster: without knowing the server, each of several requests connects anyway.
//!
//! **Secrets.** Errors of `reqwest` and `hyper` hold URLs; ours are made of the host and a reason (`failure`).
//!
//! [`HostRules::check`]: ringside_domain::HostRules::check

mod exchange;
mod failure;
mod hop;
mod own_ports;
mod place;
mod pools;
mod reach;
mod resolve;
mod tls;

use std::{fmt, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use ringside_domain::{Clock, HttpAnswer, HttpRequest, HttpTransport, Result};

use self::{
    exchange::{Outcome, Sent},
    hop::Hop,
    pools::Pools,
    reach::Reach,
};
use crate::clock::SystemClock;

pub use self::{
    own_ports::OwnPorts,
    resolve::{Resolver, SystemResolver},
    tls::client_tls,
};

/// How often a read is sent again when its connection closes without a word of an answer.
const REPEATS: u8 = 2;

/// The web, as [`HttpTransport`] wants it. Make one and share it: connections are kept in it.
pub struct Web {
    pools: Pools,
    own_ports: OwnPorts,
}

pub struct WebOptions {
    /// A PEM or DER file with certificates that are trusted besides the system's: a company's own CA.
    pub extra_ca: Option<PathBuf>,
    /// Kept up to date by whoever listens; shared, not copied.
    pub own_ports: OwnPorts,
    pub resolver: Arc<dyn Resolver>,
    /// Tells how long connections were kept, sleep included.
    pub clock: Arc<dyn Clock>,
}

impl Default for WebOptions {
    fn default() -> Self {
        Self {
            extra_ca: None,
            own_ports: OwnPorts::default(),
            resolver: Arc::new(SystemResolver),
            clock: Arc::new(SystemClock),
        }
    }
}

impl Web {
    /// Reads the system's certificates, on Linux from the disk, and the extra ones.
    ///
    /// # Errors
    /// - [`Kind::Invalid`](ringside_domain::Kind::Invalid), field `extra_ca`: the file can't be read or holds no certificate.
    /// - [`Kind::Storage`](ringside_domain::Kind::Storage): this system has no list of certificates, and no extra one is given.
    pub fn new(options: WebOptions) -> Result<Self> {
        let tls = tls::http_config(options.extra_ca.as_deref())?;
        Ok(Self {
            pools: Pools::new(tls, options.resolver, options.clock)?,
            own_ports: options.own_ports,
        })
    }

    /// Follows redirects by hand, so that every one of them passes the same checks as the request itself.
    async fn follow(&self, request: HttpRequest, sent: &Sent) -> Result<HttpAnswer> {
        let (max_answer, mut redirects) = (request.max_answer, request.redirects);
        let mut repeats = if redirects > 0 { REPEATS } else { 0 };
        let mut hop = Hop::first(request)?;
        loop {
            let reach = Reach::of(&hop.url, &hop.rules, &self.own_ports);
            reach.check_literal(&hop).map_err(|error| sent.mark(error))?;
            let client = self.pools.client(reach)?;
            match exchange::exchange(&client, &hop, redirects > 0, max_answer, sent).await? {
                Outcome::Answer(answer) => return Ok(answer),
                Outcome::Redirect { status, location } => {
                    hop = hop.redirected(status, location).map_err(|error| sent.mark(error))?;
                    redirects -= 1;
                }
                Outcome::Dropped(_) if repeats > 0 => repeats -= 1,
                Outcome::Dropped(error) => return Err(error),
            }
        }
    }
}

#[async_trait]
impl HttpTransport for Web {
    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer> {
        let (operation, deadline) = (request.operation, request.deadline);
        let host = hop::named(&request.url);
        let sent = Sent::default();
        match tokio::time::timeout(deadline, self.follow(request, &sent)).await {
            Ok(answer) => answer,
            Err(_) => Err(sent.mark(failure::deadline(operation, &host, deadline))),
        }
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Web")
    }
}
