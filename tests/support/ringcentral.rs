//! RingCentral, as far as its documentation tells, and not a step further.
//!
//! It refuses, and remembers for [`Fake::checked`], every path, parameter, header, message and member that the guides don't
//! have: "Authorization code flow with PKCE", "Subscribing to events via WebSockets", "Recovering a WebSocket session",
//! "Keeping WebSocket connections alive", and the API reference of the resources. Whatever a test wants otherwise is in
//! [`Rules`].

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::Cursor,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
};

use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::TcpListener,
    sync::{mpsc, watch},
};

mod gateway;
mod person;
mod rest;

pub use person::{Mood, Person, port};

pub const CLIENT: &str = "AZwEVwGEcfGet2PCouA7K6";
pub const OWNER: &str = "62264425016";
pub const REDIRECT: &str = "http://localhost:47827/callback";
/// Who calls.
pub const CALLER: &str = "+12025550143";

/// One of the owner's parties of a session.
#[must_use]
pub fn party(id: &str, code: &str) -> Value {
    json!({
        "accountId": "809646016", "extensionId": OWNER, "id": id, "direction": "Inbound",
        "to": {"phoneNumber": "+12025550155", "name": "Agent J", "extensionId": OWNER},
        "from": {"phoneNumber": CALLER, "name": "ADA L"},
        "status": {"code": code, "rcc": false}, "park": {}, "missedCall": false, "standAlone": false, "muted": false,
    })
}

/// A server of RingCentral. Clones are the same one.
#[derive(Clone)]
pub struct Fake {
    pub address: SocketAddr,
    scheme: &'static str,
    state: Arc<Mutex<State>>,
    connected: watch::Sender<usize>,
}

/// What a test wants of it.
pub struct Rules {
    pub permissions: HashSet<&'static str>,
    /// Answers of `wstoken` in place of the right one, in this order: status and `Retry-After`.
    pub troubles: Vec<(u16, Option<u64>)>,
    /// Seconds.
    pub recovery: u64,
    pub idle: u64,
    pub access_lives: u64,
    pub active_calls: Vec<Value>,
    pub names_owner: bool,
    pub refreshes: bool,
    /// As the app's settings have it.
    pub gives_refresh: bool,
    pub answers_heartbeats: bool,
    /// In place of our own address.
    pub gateway: Option<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            permissions: HashSet::from(["WebSocketsSubscription", "CallControl", "ReadPresence", "ReadAccounts"]),
            troubles: Vec::new(),
            recovery: 180,
            idle: 1800,
            access_lives: 3600,
            active_calls: Vec::new(),
            names_owner: true,
            refreshes: true,
            gives_refresh: true,
            answers_heartbeats: true,
            gateway: None,
        }
    }
}

#[derive(Default)]
struct State {
    rules: Rules,
    wrong: Vec<String>,
    count: u64,
    /// Code to redirect and challenge.
    codes: HashMap<String, String>,
    access: HashSet<String>,
    refresh: HashSet<String>,
    ws_tokens: HashSet<String>,
    /// By their `wsc` token: the filter, and what was not delivered.
    sessions: BTreeMap<String, (String, Vec<Value>)>,
    /// To the connection that stands.
    orders: Option<mpsc::UnboundedSender<Order>>,
    said: Vec<&'static str>,
}

enum Order {
    Say(Value),
    /// A text frame as it is.
    Raw(String),
    Fault(&'static str),
    Drop,
}

impl Fake {
    pub async fn open() -> Self {
        Self::with_tls(None).await
    }

    pub async fn with_tls(tls: Option<tokio_rustls::TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self {
            address: listener.local_addr().unwrap(),
            scheme: if tls.is_some() { "https" } else { "http" },
            state: Arc::default(),
            connected: watch::channel(0).0,
        };
        let server = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, tls) = (server.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => server.serve(Box::new(stream)).await,
                        // A client that does not trust us leaves.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                server.serve(Box::new(stream)).await;
                            }
                        }
                    }
                });
            }
        });
        fake
    }

    /// For the parameter `server`.
    pub fn server(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.address.port())
    }

    pub fn rules<T>(&self, change: impl FnOnce(&mut Rules) -> T) -> T {
        change(&mut self.state().rules)
    }

    /// Waits until a subscription was made, or a connection was recovered, for the `count`th time.
    pub async fn listening(&self, count: usize) {
        let mut connected = self.connected.subscribe();
        let waited = tokio::time::timeout(
            std::time::Duration::from_secs(20),
            connected.wait_for(|now| *now >= count),
        );
        assert!(waited.await.is_ok(), "no subscription in time");
    }

    pub fn connections(&self) -> usize {
        *self.connected.borrow()
    }

    /// A change of a session of the owner's: to who listens, or kept for who comes back.
    pub fn tell(&self, sequence: u64, session: &str, parties: &[Value]) -> Value {
        let event = format!("/restapi/v1.0/account/809646016/extension/{OWNER}/telephony/sessions");
        let body = json!({
            "sequence": sequence, "sessionId": "425008160016", "telephonySessionId": session, "serverId": "10.13.22.28.TAM",
            "eventTime": "2026-11-22T00:00:00.000Z", "parties": parties, "origin": {"type": "Call"},
        });
        self.notify(&event, body)
    }

    pub fn notify(&self, event: &str, body: Value) -> Value {
        let uuid = format!("{}", 1_823_485_288_313_944_239 + self.state().next());
        let message = json!([
            {"type": "ServerNotification", "messageId": uuid, "status": 200, "headers": {"RCRequestId": "265348d0"}},
            {"uuid": uuid, "event": event, "timestamp": "2026-11-22T00:00:00.050Z", "subscriptionId": "5c37f936-fa66",
             "ownerId": OWNER, "body": body},
        ]);
        self.repeat(&message);
        message
    }

    pub fn repeat(&self, message: &Value) {
        let mut state = self.state();
        let undelivered = match &state.orders {
            Some(orders) => orders.send(Order::Say(message.clone())).is_err(),
            None => true,
        };
        if undelivered {
            for (_, kept) in state.sessions.values_mut() {
                kept.push(message.clone());
            }
        }
    }

    pub fn say_raw(&self, text: &str) {
        self.order(Order::Raw(text.to_owned()));
    }

    pub fn fault(&self, code: &'static str) {
        self.order(Order::Fault(code));
    }

    /// The network breaks.
    pub async fn cut(&self) {
        self.order(Order::Drop);
        while self.state().orders.is_some() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// What no recovery brings back.
    pub fn forget_sessions(&self) {
        self.state().sessions.clear();
    }

    /// Access tokens are over, as after an hour.
    pub fn expire_access(&self) {
        self.state().access.clear();
    }

    /// The sign-in is over, as when it is the sixth.
    pub fn revoke(&self) {
        let mut state = self.state();
        state.access.clear();
        state.refresh.clear();
    }

    /// A grant as the token endpoint would give it.
    pub fn grant(&self) -> Value {
        self.state().grant()
    }

    /// What was asked for, in this order.
    pub fn said(&self) -> Vec<&'static str> {
        self.state().said.clone()
    }

    /// Nothing undocumented was asked.
    pub fn checked(&self) {
        assert_eq!(self.state().wrong, Vec::<String>::new());
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.state().orders {
            let _ = orders.send(order);
        }
    }

    fn wrong(&self, what: impl Into<String>) {
        self.state().wrong.push(what.into());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// One connection: the gateway's path is a WebSocket, everything else is the API.
    async fn serve(self, mut stream: Box<dyn Wire>) {
        let mut first = vec![0; 8];
        if stream.read_exact(&mut first).await.is_err() {
            return;
        }
        let gateway = first == b"GET /ws?";
        let stream = Rewound {
            first: Cursor::new(first),
            stream,
        };
        if gateway {
            gateway::serve(self, stream).await;
        } else {
            let service = TowerToHyperService::new(rest::router(self));
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        }
    }
}

impl State {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn grant(&mut self) -> Value {
        let number = self.next();
        let (access, refresh) = (format!("access-secret-{number}"), format!("refresh-secret-{number}"));
        self.access.insert(access.clone());
        self.refresh.insert(refresh.clone());
        let mut grant = json!({
            "access_token": access, "token_type": "bearer", "expires_in": self.rules.access_lives,
            "refresh_token": refresh, "refresh_token_expires_in": 604_800, "scope": "CallControl",
        });
        if !self.rules.gives_refresh {
            grant
                .as_object_mut()
                .unwrap()
                .retain(|name, _| !name.starts_with("refresh_token"));
        }
        if self.rules.names_owner {
            grant["owner_id"] = json!(OWNER);
        }
        grant
    }
}

pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A stream of which the beginning was read already.
struct Rewound {
    first: Cursor<Vec<u8>>,
    stream: Box<dyn Wire>,
}

impl AsyncRead for Rewound {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let first = Pin::new(&mut self.first).poll_read(cx, buf);
        if first.is_ready() && buf.filled().len() > before {
            return first;
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
