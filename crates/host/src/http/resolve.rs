//! From a name to the addresses that may be connected to.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{
    place::is_metadata_name,
    reach::{Reach, TooFar},
};

/// Who is asked for the addresses of a name.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// All addresses of this host, the best first. Port 0 stands for the port of the URL.
    async fn addresses(&self, host: &str) -> io::Result<Vec<SocketAddr>>;
}

/// The operating system: hosts file, DNS, and whatever else it is set up to ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn addresses(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.collect())
    }
}

/// What `reqwest` connects through: it connects to nothing but what this answers.
pub(super) struct Checked {
    resolver: Arc<dyn Resolver>,
    reach: Reach,
}

impl Checked {
    pub(super) fn new(resolver: Arc<dyn Resolver>, reach: Reach) -> Self {
        Self { resolver, reach }
    }
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, reach) = (self.resolver.clone(), self.reach);
        Box::pin(async move {
            let host = name.as_str().trim_end_matches('.').to_lowercase();
            if is_metadata_name(&host) {
                return Err(TooFar::Metadata.into());
            }
            // RFC 6761: never a question for a name server, which could answer anything, and http is allowed there.
            let found = match host.as_str() {
                "localhost" => vec![
                    SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                    SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
                ],
                host => resolver.addresses(host).await?,
            };
            Ok(Box::new(permitted(reach, found)?.into_iter()) as Addrs)
        })
    }
}

/// The permitted ones; when there is none, why the first was not.
fn permitted(
    reach: Reach,
    found: Vec<SocketAddr>,
) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
    let mut refused = None;
    let mut good = Vec::with_capacity(found.len());
    for address in found {
        match reach.permits(address.ip()) {
            Ok(()) => good.push(address),
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    match (good.is_empty(), refused) {
        (false, _) => Ok(good),
        (true, Some(why)) => Err(why.into()),
        (true, None) => Err(io::Error::new(io::ErrorKind::NotFound, "no address").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_addresses_only_the_permitted_are_used() {
        let socket = |text: &str| text.parse::<SocketAddr>().expect(text);
        let mixed = vec![
            socket("10.0.0.7:0"),
            socket("192.0.2.7:0"),
            socket("[::1]:0"),
            socket("[2001:db8::7]:0"),
        ];
        let used = permitted(Reach::Public, mixed.clone()).expect("two are public");
        assert_eq!(used, [socket("192.0.2.7:0"), socket("[2001:db8::7]:0")]);
        assert_eq!(permitted(Reach::Typed, mixed.clone()).expect("all"), mixed);
        let none = permitted(Reach::Public, vec![socket("10.0.0.7:0")]).expect_err("private");
        assert!(none.downcast_ref::<TooFar>().is_some());
        let nothing = permitted(Reach::Public, vec![]).expect_err("empty");
        assert!(nothing.downcast_ref::<io::Error>().is_some());
    }
}
