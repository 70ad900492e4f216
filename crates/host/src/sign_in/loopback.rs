//! The port to which the browser comes back: on the loopback only, open for one sign-in, slow and long requests cut off.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io::{Error as IoError, ErrorKind},
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use ringside_domain::{Error, Kind, Result, sign_in::RedirectTo};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::Instant,
};

use crate::http::OwnPorts;

/// Bytes of a request's head; hyper reads no more than that before it refuses.
const LONGEST_HEAD: usize = 8 * 1024;
/// For one request and its answer. A connection that a browser opens ahead of need is cut too; it opens another one.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long the page may take to reach the browser once the wait is over.
const LINGER: Duration = Duration::from_secs(3);
/// Connections at a time; others wait in the system's queue.
const MOST_CONNECTIONS: usize = 32;
/// Where others wait, the oldest connection makes room once it had so long to say something: a browser says it at once, and
/// whoever holds connections open without a word must not keep it out for as long as the person has.
const PATIENCE: Duration = Duration::from_millis(500);
/// Tries to get one port on both loopback addresses.
const PORTS_TRIED: usize = 8;

/// An open port. It is closed, and told to be, when this is dropped.
pub(super) struct Loopback {
    // Dropped in this order: the port is closed before anybody hears that it is.
    v4: TcpListener,
    v6: Option<TcpListener>,
    open: Open,
}

impl Loopback {
    /// Opens the fixed port, or any. `localhost` may mean either loopback address, so both are taken: with one of them in
    /// other hands the code could end there.
    pub(super) async fn bind(to: &RedirectTo, own_ports: &OwnPorts) -> Result<Self> {
        for _ in 0..PORTS_TRIED {
            let wanted = to.port.unwrap_or(0);
            let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).await;
            let v4 = v4.map_err(|error| not_opened(to.port, error))?;
            let port = v4.local_addr().map_err(|error| not_opened(to.port, error))?.port();
            let v6 = match &*to.host {
                "localhost" => match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
                    Err(error) if error.kind() == ErrorKind::AddrInUse && to.port.is_none() => continue,
                    Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(not_opened(to.port, error)),
                    // A machine without IPv6.
                    other => other.ok(),
                },
                _ => None,
            };
            let open = Open::new(own_ports.clone(), port);
            return Ok(Self { v4, v6, open });
        }
        Err(not_opened(None, ErrorKind::AddrInUse.into()))
    }

    pub(super) fn port(&self) -> u16 {
        self.open.port
    }

    /// Answers requests until `answer` gives an end with one of them, then closes the port. The last page still gets to the
    /// browser. Dropping the future closes everything at once.
    pub(super) async fn wait<T, A>(self, answer: A) -> T
    where
        T: Send + 'static,
        A: Fn(&Request<Incoming>) -> (Response<String>, Option<T>) + Send + Sync + 'static,
    {
        let answer = Arc::new(answer);
        let (found, mut end) = mpsc::channel(1);
        let mut connections = JoinSet::new();
        // The oldest first.
        let mut begun: VecDeque<(Instant, AbortHandle)> = VecDeque::new();
        let outcome = loop {
            begun.retain(|(_, connection)| !connection.is_finished());
            let has_room = connections.len() < MOST_CONNECTIONS;
            let patience = begun.front().map_or_else(Instant::now, |(since, _)| *since + PATIENCE);
            tokio::select! {
                biased;
                Some(outcome) = end.recv() => break outcome,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = self.accept(), if has_room => match accepted {
                    Ok(stream) => {
                        let serving = connections.spawn(serve(stream, answer.clone(), found.clone()));
                        begun.push_back((Instant::now(), serving));
                    }
                    // Too many open files, most often: wait a little instead of spinning.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                },
                () = tokio::time::sleep_until(patience), if !has_room => {
                    if let Some((_, oldest)) = begun.pop_front() {
                        oldest.abort();
                    }
                }
            }
        };
        drop(self);
        tokio::spawn(async move {
            let all = async { while connections.join_next().await.is_some() {} };
            let _ = tokio::time::timeout(LINGER, all).await;
        });
        outcome
    }

    async fn accept(&self) -> std::io::Result<TcpStream> {
        let on_v6 = async {
            match &self.v6 {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        let accepted = tokio::select! {
            accepted = self.v4.accept() => accepted,
            accepted = on_v6 => accepted,
        };
        accepted.map(|(stream, _)| stream)
    }
}

/// One request on one connection, cut off at the deadline wherever it is then.
async fn serve<T, A>(stream: TcpStream, answer: Arc<A>, found: mpsc::Sender<T>)
where
    A: Fn(&Request<Incoming>) -> (Response<String>, Option<T>),
{
    let service = service_fn(|request| {
        let (page, end) = answer(&request);
        if let Some(end) = end {
            // Full or closed: it is over already.
            let _ = found.try_send(end);
        }
        async move { Ok::<_, Infallible>(page) }
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false)
        .half_close(true)
        .max_buf_size(LONGEST_HEAD)
        .max_header_size(LONGEST_HEAD);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(DEADLINE, connection).await {
        Ok(Ok(())) => {}
        // The words of these errors may quote the request.
        Ok(Err(_)) => tracing::debug!("a request to the sign-in port broke off, or was no HTTP"),
        Err(_) => tracing::debug!("a request to the sign-in port took too long"),
    }
}

/// Tells the port for as long as it is open.
struct Open {
    own_ports: OwnPorts,
    port: u16,
}

impl Open {
    fn new(own_ports: OwnPorts, port: u16) -> Self {
        own_ports.add(port);
        Self { own_ports, port }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.own_ports.remove(self.port);
    }
}

fn not_opened(port: Option<u16>, error: IoError) -> Error {
    let new = |kind, words: String| Error::new(kind, super::redirect::OPERATION, words);
    let error_kind = error.kind();
    match (port, error_kind) {
        // Windows refuses ports that it has set aside for others with "permission denied".
        (Some(port), ErrorKind::AddrInUse) | (Some(port @ 1024..), ErrorKind::PermissionDenied) => new(
            Kind::Conflict,
            format!("port {port}, to which the browser comes back after signing in, is in use by another program"),
        )
        .hint(format!(
            "End another sign-in that still waits, or the program that uses port {port}, and try again"
        )),
        (Some(port), ErrorKind::PermissionDenied) => new(
            Kind::Conflict,
            format!("port {port}, to which the browser comes back after signing in, is for the system's own programs"),
        )
        .hint("Register another redirect address with the provider, with a port above 1023, and set it here"),
        _ => new(
            Kind::Unavailable,
            "no port could be opened for the browser to come back to".to_owned(),
        )
        .hint("Try again; if it goes on, look whether a firewall keeps programs from opening ports on this computer"),
    }
    .because(error)
}
