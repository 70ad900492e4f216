//! The intake: softphones, scripts and desk phones' action URLs report calls over HTTP, on this computer only.
//!
//! Whoever runs a program here, and every web page in a browser here, can reach a loopback port. So a report needs the
//! token of one phone, may only report a call, and gets an empty answer; requests that a browser made are refused
//! unread. `GET` or `POST /v1/call/<token>`, or `/v1/call` with `Authorization: Bearer <token>`.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use ringside_domain::{CallSource, Clock, Error, EventSink, Kind, Result, SourceId, Stop};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
};

mod fields;
mod limit;
mod phones;
mod request;

pub use phones::{NewPhone, Phone, PhoneRegistry, Token};
use request::Desk;

/// The port that phones are told; any other can be set.
pub const USUAL_PORT: u16 = 47_820;
/// From the first byte to the last, both ways.
const DEADLINE: Duration = Duration::from_secs(2);
/// Connections at a time. More wait in the system's own queue until one of these is through, two seconds at most.
const MOST_CONNECTIONS: usize = 64;
/// A request line with its headers; longer ones are refused.
const LONGEST_HEAD: usize = 16 * 1024;

/// The HTTP intake as a call source.
pub struct Intake {
    port: u16,
    phones: Arc<PhoneRegistry>,
    clock: Arc<dyn Clock>,
    bound: watch::Sender<Option<u16>>,
}

impl Intake {
    /// The receiver holds the port while the intake listens, and `None` before and after. Port 0 takes any free one.
    #[must_use]
    pub fn new(port: u16, phones: Arc<PhoneRegistry>, clock: Arc<dyn Clock>) -> (Self, watch::Receiver<Option<u16>>) {
        let (bound, port_now) = watch::channel(None);
        (
            Self {
                port,
                phones,
                clock,
                bound,
            },
            port_now,
        )
    }

    async fn listen(&self) -> Result<TcpListener> {
        TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)))
            .await
            .map_err(|error| {
                let (kind, message) = match error.kind() {
                    std::io::ErrorKind::AddrInUse => (Kind::Conflict, "another program on this computer uses the port"),
                    std::io::ErrorKind::PermissionDenied => (Kind::Forbidden, "the system does not allow this port"),
                    _ => (
                        Kind::Unavailable,
                        "the port for phones on this computer cannot be opened",
                    ),
                };
                Error::new(
                    kind,
                    "open_intake",
                    format!("phones cannot report calls: {message} ({})", self.port),
                )
                .hint("Close that program, or set another port and copy the lines into your phones again")
                .field("intake_port")
                .because(error)
            })
    }
}

#[async_trait]
impl CallSource for Intake {
    fn id(&self) -> SourceId {
        SourceId::new("intake")
    }

    /// # Errors
    /// [`Kind::Conflict`] when the port is taken: it is never moved silently, phones would go on reporting to the other
    /// program.
    async fn run(&mut self, sink: Box<dyn EventSink>, stop: Stop) -> Result<()> {
        let listener = self.listen().await?;
        let port = listener.local_addr().map_or(self.port, |address| address.port());
        let desk = Arc::new(Desk {
            port,
            phones: self.phones.clone(),
            clock: self.clock.clone(),
            sink,
            reports: Mutex::new(HashMap::new()),
            limits: Mutex::default(),
        });
        let bound = Bound::new(&self.bound, port);
        tracing::info!("phones can report calls");
        let service = request::router(desk);
        let mut connections = JoinSet::new();
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        loop {
            let place = tokio::select! {
                biased;
                () = stop.clone() => break,
                place = places.clone().acquire_owned() => place,
            };
            let accepted = tokio::select! {
                biased;
                () = stop.clone() => break,
                accepted = listener.accept() => accepted,
            };
            while connections.try_join_next().is_some() {}
            match (accepted, place) {
                (Ok((stream, _)), Ok(place)) => {
                    connections.spawn(serve(stream, service.clone(), place));
                }
                // Too many open files, most often: wait a little instead of spinning.
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        drop(listener);
        drop(bound);
        // What has been accepted is answered; none of it takes longer than its deadline.
        while connections.join_next().await.is_some() {}
        Ok(())
    }
}

/// One request on one connection, cut off at the deadline wherever it is then.
async fn serve(stream: TcpStream, service: axum::Router, _place: OwnedSemaphorePermit) {
    let mut http = hyper::server::conn::http1::Builder::new();
    http.keep_alive(false)
        .half_close(true)
        .max_buf_size(LONGEST_HEAD)
        .timer(TokioTimer::new())
        .header_read_timeout(DEADLINE);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    match tokio::time::timeout(DEADLINE, connection).await {
        Ok(Ok(())) => {}
        // The words of these errors may quote the request.
        Ok(Err(_)) => tracing::debug!("a report broke off, or was no HTTP"),
        Err(_) => tracing::debug!("a report took too long"),
    }
}

/// Tells the port for as long as it is open, however the source ends.
struct Bound<'a>(&'a watch::Sender<Option<u16>>);

impl<'a> Bound<'a> {
    fn new(sender: &'a watch::Sender<Option<u16>>, port: u16) -> Self {
        sender.send_replace(Some(port));
        Self(sender)
    }
}

impl Drop for Bound<'_> {
    fn drop(&mut self) {
        self.0.send_replace(None);
    }
}
