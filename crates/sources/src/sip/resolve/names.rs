//! The questions to name servers and to the system. The only module that names hickory.

use std::{net::SocketAddr, time::Duration};

pub(super) use hickory_resolver::proto::rr::Name;
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::{RData, RecordType},
};

use super::{
    Transport,
    choice::{Pointer, Service},
};
use crate::clean::cleaned;

/// For one try; there are two, since datagrams get lost.
const ONE_TRY: Duration = Duration::from_secs(1);
const LONGEST_REASON: usize = 160;

/// Who is asked.
pub(super) struct Names {
    /// `None`: the system names no name servers; it may know addresses all the same.
    servers: Option<TokioResolver>,
    addresses_from_system: bool,
}

impl Names {
    pub fn new(dns: Option<SocketAddr>) -> Self {
        let runtime = TokioRuntimeProvider::default();
        let builder = match dns {
            Some(server) => {
                let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                    connection.port = server.port();
                    connection
                });
                let server = NameServerConfig::new(server.ip(), true, connections.to_vec());
                Ok(TokioResolver::builder_with_config(
                    ResolverConfig::from_name_servers(vec![server]),
                    runtime,
                ))
            }
            None => TokioResolver::builder(runtime),
        };
        let servers = builder.and_then(|mut builder| {
            let options = builder.options_mut();
            options.timeout = ONE_TRY;
            options.attempts = 1;
            options.use_hosts_file = ResolveHosts::Never;
            builder.build()
        });
        if let Err(error) = &servers {
            tracing::debug!(%error, "the system names no name servers: no SRV and NAPTR");
        }
        Self {
            servers: servers.ok(),
            addresses_from_system: dns.is_none(),
        }
    }

    /// NAPTR records of a domain; none where nobody answers.
    pub async fn pointers(&self, domain: &Name) -> Vec<Pointer> {
        let records = self.records(domain, RecordType::NAPTR).await;
        let read = records.into_iter().filter_map(|data| match data {
            RData::NAPTR(naptr) => Some(Pointer {
                order: naptr.order,
                preference: naptr.preference,
                flags: String::from_utf8_lossy(&naptr.flags).into_owned(),
                service: String::from_utf8_lossy(&naptr.services).into_owned(),
                has_expression: !naptr.regexp.is_empty(),
                replacement: absolute(naptr.replacement),
            }),
            _ => None,
        });
        read.collect()
    }

    /// SRV records of a service's name; none where nobody answers.
    pub async fn services(&self, name: &Name) -> Vec<Service> {
        let records = self.records(name, RecordType::SRV).await;
        let read = records.into_iter().filter_map(|data| match data {
            RData::SRV(srv) => Some(Service {
                priority: srv.priority,
                weight: srv.weight,
                port: srv.port,
                host: text(&srv.target),
            }),
            _ => None,
        });
        read.collect()
    }

    async fn records(&self, name: &Name, kind: RecordType) -> Vec<RData> {
        let Some(servers) = &self.servers else {
            return Vec::new();
        };
        match servers.lookup(name.clone(), kind).await {
            Ok(found) => found.answers().iter().map(|record| record.data.clone()).collect(),
            Err(error) => {
                if !error.is_no_records_found() {
                    tracing::debug!(%error, %kind, "a name server did not answer");
                }
                Vec::new()
            }
        }
    }

    /// The addresses of a host; at least one. The error is the reason, in the resolver's words.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        let found: Vec<SocketAddr> = if self.addresses_from_system {
            let found = tokio::net::lookup_host((host, port)).await;
            found.map_err(|error| reason(&error.to_string()))?.collect()
        } else {
            let (Some(servers), Some(name)) = (&self.servers, domain(host)) else {
                return Err("it is no name".to_owned());
            };
            let found = servers.lookup_ip(name).await.map_err(|error| in_words(&error))?;
            found.iter().map(|ip| SocketAddr::new(ip, port)).collect()
        };
        if found.is_empty() {
            return Err("the name has no address".to_owned());
        }
        Ok(found)
    }
}

/// A host's name, in the alphabet of the DNS and without a search list. `None`: it can be none.
pub(super) fn domain(host: &str) -> Option<Name> {
    // A backslash begins an escape in zone files; in a name that a person typed it is a mistake.
    if host.is_empty() || host.contains(['\\', '/', ':', '@', '[', ']']) {
        return None;
    }
    let name = Name::from_str_relaxed(host).ok()?;
    (!name.is_root()).then(|| absolute(name))
}

/// `_sips._tcp.example.com.`
pub(super) fn service(domain: &Name, transport: Transport) -> Option<Name> {
    let (service, protocol) = match transport {
        Transport::Tls => ("_sips", "_tcp"),
        Transport::Tcp => ("_sip", "_tcp"),
        Transport::Udp => ("_sip", "_udp"),
    };
    domain
        .prepend_label(protocol)
        .ok()?
        .prepend_label(service)
        .ok()
        .map(absolute)
}

/// The name as people write it: without the dot at the end.
pub(super) fn text(name: &Name) -> String {
    let text = name.to_ascii();
    text.strip_suffix('.').unwrap_or(&text).to_owned()
}

fn absolute(mut name: Name) -> Name {
    name.set_fqdn(true);
    name
}

fn in_words(error: &NetError) -> String {
    match error {
        error if error.is_nx_domain() => "there is no such name".to_owned(),
        error if error.is_no_records_found() => "the name has no address".to_owned(),
        NetError::Timeout => "the name server does not answer".to_owned(),
        error => reason(&error.to_string()),
    }
}

fn reason(text: &str) -> String {
    let text = text
        .strip_prefix("failed to lookup address information: ")
        .unwrap_or(text);
    cleaned(text, LONGEST_REASON)
}
