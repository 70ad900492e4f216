//! The intake: softphones, scripts and desk phones' action URLs report calls over HTTP.
//!
//! It listens on this computer only, unless the person opens it to desk phones in the local network (`lan`).
//!
//! Whoever runs a program here, and every web page in a browser here, can reach a loopback port. So a report needs the
//! token of one phone, may only report a call, and gets an empty answer; requests that a browser made are refused
//! unread. `GET` or `POST /v1/call/<token>`, or `/v1/call` with `Authorization: Bearer <token>`.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
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
mod lan;
mod limit;
mod phones;
mod poly;
mod request;

pub use self::{
    fields::{Unclear, Written, read_report},
    lan::{LanAddress, LanState},
    phones::{NewPhone, Phone, PhoneRegistry, Place, Token},
};
use self::{
    lan::Door,
    request::{Desk, Side},
};

use crate::kinds::{CLEAR_TEXT, DESK, Evidence, PROGRAM, Parameter, ParameterKind, PhoneKind};

/// The name of the parameter with the address that a desk phone reports from.
pub const ADDRESS: &str = "address";

/// Softphones and scripts on this computer.
pub const PROGRAM_KIND: PhoneKind = PhoneKind {
    id: PROGRAM,
    name: "Softphone or script on this computer",
    summary: "For softphones that can run a command or open an address when a call comes: MicroSIP, Twinkle, Zoiper, scripts",
    parameters: &[],
    needs: &[],
    limits: &["Many softphones do not tell when a call ends, or have no id for it"],
    evidence: Evidence::RealServer("Twinkle, curl"),
    signs_in_with_browser: false,
    uses_intake: true,
};

/// Desk phones in the local network.
pub const DESK_KIND: PhoneKind = PhoneKind {
    id: DESK,
    name: "Desk phone in the local network",
    summary: "For desk phones with action URLs: Yealink, Snom, Grandstream, Poly, Mitel",
    parameters: &[
        Parameter {
            name: ADDRESS,
            title: "Address of the phone",
            kind: ParameterKind::Text,
            help: Some("Reports are taken from this address only. Empty: from the one that reports first"),
            placeholder: Some("192.168.1.40"),
            required: false,
            default: None,
        },
        Parameter {
            name: CLEAR_TEXT,
            title: "The phone's reports are not encrypted, and I agree",
            kind: ParameterKind::Bool,
            help: Some(
                "Whoever can listen in your network sees who calls, and the phone's token. With the token one can report \
                 calls that never happened, and nothing else",
            ),
            placeholder: None,
            required: true,
            default: None,
        },
    ],
    needs: &[
        "An address of this computer in your network that stays the same",
        "The way to the phone's settings: its web page, or whoever looks after it",
    ],
    limits: &[
        "Most desk phones report this computer only while both are in the same network",
        "Grandstream and Mitel phones tell no id of the call: two calls of one number at once are told apart by time only",
    ],
    evidence: Evidence::Documentation("The makers' documentation of action URLs; no such phone was at hand"),
    signs_in_with_browser: false,
    uses_intake: true,
};

/// The port that phones are told; any other can be set.
pub const USUAL_PORT: u16 = 47_820;
/// From the first byte to the last, both ways.
const DEADLINE: Duration = Duration::from_secs(2);
/// Connections at a time. More wait in the system's own queue until one of these is through, two seconds at most.
const MOST_CONNECTIONS: usize = 64;
/// The same for the local network, and for each address in it.
const MOST_FROM_LAN: usize = 32;
const MOST_FROM_ONE: usize = 4;
/// A request line with its headers; longer ones are refused.
const LONGEST_HEAD: usize = 16 * 1024;

/// The HTTP intake as a call source.
pub struct Intake {
    port: u16,
    lan: Option<LanAddress>,
    phones: Arc<PhoneRegistry>,
    clock: Arc<dyn Clock>,
    bound: watch::Sender<Bound>,
}

/// Where phones can report now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// The port on this computer; `None` before it is open and after.
    pub port: Option<u16>,
    pub lan: LanState,
}

impl Intake {
    /// Port 0 takes any free one. With an address in the local network, desk phones can report there too, on the same port.
    #[must_use]
    pub fn new(
        port: u16,
        lan: Option<LanAddress>,
        phones: Arc<PhoneRegistry>,
        clock: Arc<dyn Clock>,
    ) -> (Self, watch::Receiver<Bound>) {
        let (bound, bound_now) = watch::channel(Bound::default());
        let intake = Self {
            port,
            lan,
            phones,
            clock,
            bound,
        };
        (intake, bound_now)
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

    /// The way in from the local network comes and goes with its address; it never ends this.
    ///
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
        let open = Open::new(&self.bound, port);
        tracing::info!("phones can report calls");
        let service = request::router(desk);
        let (mut here, mut near) = (Visitors::new(MOST_CONNECTIONS), Visitors::new(MOST_FROM_LAN));
        let mut door = Door::new(self.lan, port);
        let tell = |lan| {
            self.bound.send_modify(|bound| bound.lan = lan);
        };
        tokio::select! {
            biased;
            () = stop => {}
            () = async {
                loop {
                    let accepted = listener.accept().await;
                    here.admit(accepted.map(|(stream, _)| (stream, Side::Here)), &service).await;
                }
            } => {}
            () = async {
                loop {
                    let accepted = door.accept(tell).await;
                    let accepted = accepted.map(|(stream, peer, own)| (stream, Side::Lan { own, peer: peer.ip() }));
                    near.admit(accepted, &service).await;
                }
            } => {}
        }
        drop((listener, door, open));
        // What has been accepted is answered; none of it takes longer than its deadline.
        tokio::join!(here.farewell(), near.farewell());
        Ok(())
    }
}

/// The connections of one side, so that neighbours in the network cannot take the places of programs on this computer.
struct Visitors {
    connections: JoinSet<()>,
    places: Arc<Semaphore>,
    /// Of addresses in the local network that are connected now.
    peers: HashMap<IpAddr, Arc<Semaphore>>,
}

impl Visitors {
    fn new(most: usize) -> Self {
        Self {
            connections: JoinSet::new(),
            places: Arc::new(Semaphore::new(most)),
            peers: HashMap::new(),
        }
    }

    /// A place for one more connection from there; `None`: that address has enough.
    fn place_for(&mut self, side: Side) -> Option<Option<OwnedSemaphorePermit>> {
        let Side::Lan { peer, .. } = side else {
            return Some(None);
        };
        self.peers
            .retain(|_, places| places.available_permits() < MOST_FROM_ONE);
        let places = self
            .peers
            .entry(peer)
            .or_insert_with(|| Arc::new(Semaphore::new(MOST_FROM_ONE)));
        places.clone().try_acquire_owned().ok().map(Some)
    }

    async fn admit(&mut self, accepted: std::io::Result<(TcpStream, Side)>, service: &axum::Router) {
        while self.connections.try_join_next().is_some() {}
        if let Ok((_, side)) = &accepted
            && self.place_for(*side).is_none()
        {
            return;
        }
        match (accepted, self.places.clone().acquire_owned().await) {
            (Ok((stream, side)), Ok(place)) => {
                let Some(own_place) = self.place_for(side) else { return };
                let service = service.clone().layer(axum::Extension(side));
                self.connections.spawn(serve(stream, service, (place, own_place)));
            }
            // Too many open files, most often: wait a little instead of spinning.
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }

    async fn farewell(&mut self) {
        while self.connections.join_next().await.is_some() {}
    }
}

/// One request on one connection, cut off at the deadline wherever it is then.
async fn serve(
    stream: TcpStream,
    service: axum::Router,
    _places: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>),
) {
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
struct Open<'a>(&'a watch::Sender<Bound>);

impl<'a> Open<'a> {
    fn new(sender: &'a watch::Sender<Bound>, port: u16) -> Self {
        sender.send_modify(|bound| bound.port = Some(port));
        Self(sender)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.send_replace(Bound::default());
    }
}
