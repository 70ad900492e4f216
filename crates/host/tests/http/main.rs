//! The port to the web against real sockets and real TLS on the loopback: what goes out, what comes back, and what never does.

#![allow(clippy::unwrap_used, clippy::panic)]

mod rules;
mod server;
mod tls;
mod wire;

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{HostRules, HttpRequest, Method, TypedHost, Url};
use ringside_host::{
    OwnPorts, Web, WebOptions,
    http::{Resolver, SystemResolver},
};

/// Long enough for a busy machine, short enough for a test that hangs.
const DEADLINE: Duration = Duration::from_secs(20);

fn web() -> Web {
    web_with(Arc::new(SystemResolver), OwnPorts::default())
}

fn web_with(resolver: Arc<dyn Resolver>, own_ports: OwnPorts) -> Web {
    let extra_ca = Some(server::authority().file.clone());
    Web::new(WebOptions {
        extra_ca,
        own_ports,
        resolver,
        ..WebOptions::default()
    })
    .unwrap()
}

/// A request whose URL's host is what the person typed.
fn request(method: Method, url: &str) -> HttpRequest {
    let url = Url::parse(url).unwrap();
    let typed = TypedHost {
        host: ringside_domain::http::host_of(&url).unwrap(),
        port: url.port_or_known_default().unwrap(),
    };
    HttpRequest {
        operation: "find_contact",
        method,
        url,
        headers: vec![],
        credentials: vec![],
        body: vec![],
        hosts: HostRules {
            allowed: vec![],
            typed: Some(typed),
        },
        redirects: 0,
        deadline: DEADLINE,
        max_answer: 1 << 20,
    }
}

fn get(url: &str) -> HttpRequest {
    request(Method::Get, url)
}

fn post(url: &str, body: &str) -> HttpRequest {
    let body = body.as_bytes().to_vec();
    HttpRequest {
        body,
        ..request(Method::Post, url)
    }
}

/// Answers each question for any name with the next list, and the last list for ever.
struct Names(Mutex<VecDeque<Vec<SocketAddr>>>);

impl Names {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|one| one.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(answers.iter().map(parse).collect())))
    }
}

#[async_trait]
impl Resolver for Names {
    async fn addresses(&self, _: &str) -> io::Result<Vec<SocketAddr>> {
        let mut answers = self.0.lock().unwrap();
        let answer = match answers.len() {
            0 => return Err(io::Error::other("failed to lookup address information")),
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        };
        Ok(answer)
    }
}
