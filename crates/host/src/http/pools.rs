//! The clients, one for each reach, and the connections kept in them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, redirect::Policy};
use ringside_domain::{Clock, Error, Kind, Result, Steady};
use rustls::ClientConfig;

use super::{
    reach::Reach,
    resolve::{Checked, Resolver},
};

/// What everybody sees of us.
const USER_AGENT: &str = concat!("Ringside/", env!("CARGO_PKG_VERSION"));

/// Name, connection and TLS together. Shorter than a write's deadline, so that a server which is off is "no connection,
/// nothing was sent" and not "nobody knows".
const CONNECT: Duration = Duration::from_secs(10);

/// Calls come minutes apart, and a lookup should find its connection warm. Servers close theirs after one to six minutes.
const KEEP_IDLE: Duration = Duration::from_secs(300);

/// Keeps the entry in a router's table alive, and finds out that a connection died without a word.
const PROBE_AFTER: Duration = Duration::from_secs(30);
const PROBE_EVERY: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;
#[cfg(target_os = "linux")]
const UNHEARD: Duration = Duration::from_secs(15);

pub(super) struct Pools {
    tls: ClientConfig,
    resolver: Arc<dyn Resolver>,
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

struct Kept {
    clients: Clients,
    used: Steady,
}

struct Clients {
    public: Client,
    typed: Client,
    typed_elsewhere: Client,
}

impl Pools {
    pub(super) fn new(tls: ClientConfig, resolver: Arc<dyn Resolver>, clock: Arc<dyn Clock>) -> Result<Self> {
        let kept = Kept {
            clients: Clients::new(&tls, &resolver)?,
            used: clock.now().steady,
        };
        Ok(Self {
            tls,
            resolver,
            clock,
            kept: Mutex::new(kept),
        })
    }

    /// The timer of a client's pool stands still while the computer sleeps, ours does not: the first lookup after a lunch
    /// break would wait on a connection that everybody else has forgotten until its deadline.
    pub(super) fn client(&self, reach: Reach) -> Result<Client> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now().steady;
        if now.since(kept.used) > KEEP_IDLE {
            kept.clients = Clients::new(&self.tls, &self.resolver)?;
        }
        kept.used = now;
        let clients = &kept.clients;
        let client = match reach {
            Reach::Public => &clients.public,
            Reach::Typed => &clients.typed,
            Reach::TypedElsewhere => &clients.typed_elsewhere,
        };
        Ok(client.clone())
    }
}

impl Clients {
    fn new(tls: &ClientConfig, resolver: &Arc<dyn Resolver>) -> Result<Self> {
        let client = |reach| build(tls.clone(), Checked::new(resolver.clone(), reach));
        Ok(Self {
            public: client(Reach::Public)?,
            typed: client(Reach::Typed)?,
            typed_elsewhere: client(Reach::TypedElsewhere)?,
        })
    }
}

fn build(tls: ClientConfig, resolver: Checked) -> Result<Client> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(resolver)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .http1_only()
        .gzip(true)
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT)
        .pool_idle_timeout(KEEP_IDLE)
        .tcp_nodelay(true)
        .tcp_keepalive(PROBE_AFTER)
        .tcp_keepalive_interval(PROBE_EVERY)
        .tcp_keepalive_retries(PROBES);
    #[cfg(target_os = "linux")]
    let builder = builder.tcp_user_timeout(UNHEARD);
    builder.build().map_err(|error| {
        Error::new(Kind::Internal, "start_http", "The web client could not be started").because(error.without_url())
    })
}
