//! A CRM on the loopback, strict like the real ones: what is the same for all of them.
//!
//! Each vendor's module knows its routes, its wire format and its words for "no" ([`Vendor`]); records, logs, faults, search
//! lag, limits and the list of requests are here. Records are kept in the vendor's own field names, exactly as they came,
//! so that a value that was changed on its way is seen.

pub mod app_connect;
pub mod bullhorn;
pub mod clio;
pub mod close;
pub mod dolibarr;
pub mod espocrm;
pub mod html;
pub mod hubspot;
pub mod insightly;
pub mod like;
pub mod lucene;
pub mod odoo;
pub mod pipedrive;
mod records;
pub mod salesforce;
pub mod suitecrm;
mod wire;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse, Response},
};
use ringside_tests::gate::{Gate, GatedListener, Then};
use tokio::{net::TcpListener, time::Instant};

pub use self::{
    records::{Records, Row},
    wire::{Asked, Exchange, Reply},
};

/// What a request is for, across vendors: faults are planned for these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    Account,
    /// By number or by name.
    Find,
    Get,
    Create,
    /// Changes a contact.
    Change,
    Log,
    /// A step of a log after the first.
    Link,
    UpdateLog,
    FindLog,
    Other,
}

impl Purpose {
    /// All but signing in.
    pub const WORK: [Self; 10] = [
        Self::Account,
        Self::Find,
        Self::Get,
        Self::Create,
        Self::Change,
        Self::Log,
        Self::Link,
        Self::UpdateLog,
        Self::FindLog,
        Self::Other,
    ];
}

/// A person or a company as a test plants it, and as it lies in the CRM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planted {
    /// The contact type, as the connector calls it.
    pub kind: String,
    pub given: String,
    /// A company's name.
    pub family: String,
    /// In the order of the vendor's number fields.
    pub numbers: Vec<String>,
    pub email: Option<String>,
    pub company: Option<String>,
}

impl Planted {
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family).trim().to_owned()
    }
}

/// A log as it lies in the CRM, for a person to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenLog {
    pub id: String,
    /// Ids of the contacts on which it lies.
    pub contacts: Vec<String>,
    pub title: String,
    /// Plain text: what a person sees where the CRM renders HTML. `Err`: it holds HTML that nobody asked for.
    pub text: Result<String, String>,
    /// The field for foreign ids, where there is one.
    pub marker: Option<String>,
    /// How long the call was, in the field that the CRM has for it; as exact as that field is.
    pub seconds: Option<u64>,
    /// What a person chose in a field of the log (matter, kind of note), in the order of the manifest's fields.
    pub chosen: Option<String>,
}

/// One vendor: its routes and words over the records.
pub trait Vendor: Send + Sync {
    fn purpose(&self, asked: &Asked) -> Purpose;
    /// `Err`: refused before anything else, because nobody is signed in.
    fn signed_in(&self, records: &mut Records, asked: &Asked) -> Result<(), Reply>;
    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply;
    /// An error in the vendor's own shape.
    fn error(&self, status: u16, words: &str) -> Reply;
    fn plant(&self, records: &mut Records, person: &Planted) -> String;
    fn planted(&self, records: &Records) -> Vec<(String, Planted)>;
    fn logs(&self, records: &Records) -> Vec<SeenLog>;
}

/// What happens to requests of one purpose.
#[derive(Clone, Debug)]
pub enum Act {
    /// Refused with this status, in the vendor's shape, and these headers. Nothing takes effect.
    Refuse(u16, Vec<(&'static str, String)>),
    /// It takes effect, and the answer is this instead of the true one.
    Answer(u16, Vec<u8>),
    /// It takes effect after so long, and is answered then.
    Late(Duration),
    /// The connection breaks before it takes effect.
    Lost,
    /// The connection breaks, and it takes effect so long after that.
    Lingers(Duration),
    /// It takes effect, and the connection breaks before the first byte of the answer.
    Unanswered,
}

/// How strict it is today.
#[derive(Clone, Copy, Debug, Default)]
pub struct Knobs {
    /// Written records are found by searches only after so long.
    pub search_lag: Duration,
    /// Requests in any second; more get the vendor's own 429.
    pub per_second: Option<usize>,
    /// Sessions and access tokens end after so many requests.
    pub sign_in_lasts: Option<usize>,
}

pub struct FakeCrm {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    vendor: Arc<dyn Vendor>,
    records: Mutex<Records>,
    per_second: Option<usize>,
    recent: Mutex<VecDeque<Instant>>,
    acts: Mutex<Vec<(Purpose, usize, Act)>>,
    exchanges: Mutex<Vec<Exchange>>,
    waiting: AtomicUsize,
}

impl FakeCrm {
    pub async fn start(vendor: Arc<dyn Vendor>, knobs: Knobs) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            vendor,
            records: Mutex::new(Records::new(knobs)),
            per_second: knobs.per_second,
            recent: Mutex::default(),
            acts: Mutex::default(),
            exchanges: Mutex::default(),
            waiting: AtomicUsize::new(0),
        });
        let app = Router::new()
            .fallback(serve)
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<Gate>();
        let server = tokio::spawn(async move {
            axum::serve(GatedListener(listener), app).await.unwrap();
        });
        Self {
            address,
            shared,
            server,
        }
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happens to the next `times` requests of this purpose.
    pub fn plan(&self, purpose: Purpose, times: usize, act: Act) {
        self.shared.acts.lock().unwrap().push((purpose, times, act));
    }

    /// Forgets what was planned.
    pub fn plan_nothing(&self) {
        self.shared.acts.lock().unwrap().clear();
    }

    /// Everything that was asked so far and what was answered, in the order of arrival.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.exchanges.lock().unwrap().clone()
    }

    pub fn asked_for(&self, purpose: Purpose) -> usize {
        let exchanges = self.shared.exchanges.lock().unwrap();
        exchanges.iter().filter(|exchange| exchange.purpose == purpose).count()
    }

    pub fn forget_exchanges(&self) {
        self.shared.exchanges.lock().unwrap().clear();
    }

    /// Requests whose answer somebody still waits for.
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::SeqCst)
    }

    pub fn plant(&self, person: &Planted) -> String {
        self.shared
            .vendor
            .plant(&mut self.shared.records.lock().unwrap(), person)
    }

    pub fn planted(&self) -> Vec<(String, Planted)> {
        self.shared.vendor.planted(&self.shared.records.lock().unwrap())
    }

    pub fn logs(&self) -> Vec<SeenLog> {
        self.shared.vendor.logs(&self.shared.records.lock().unwrap())
    }

    /// Sessions and access tokens are worth nothing from now on.
    pub fn end_sessions(&self) {
        self.shared.records.lock().unwrap().end_sessions();
    }

    /// How the vendor counts: a look at its records for what only its own tests ask.
    pub fn records<T>(&self, look: impl FnOnce(&mut Records) -> T) -> T {
        look(&mut self.shared.records.lock().unwrap())
    }
}

impl Drop for FakeCrm {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Counts a request as waiting until its answer is on its way or its client is gone.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(State(crm): State<Arc<Shared>>, ConnectInfo(gate): ConnectInfo<Gate>, request: Request) -> Response {
    crm.waiting.fetch_add(1, Ordering::SeqCst);
    let shared = Arc::clone(&crm);
    let _waiting = Waiting(&shared.waiting);
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 * 1024 * 1024).await.unwrap_or_default();
    let asked = Asked::new(&parts, &body);
    // In a task of its own: a client that is gone stops nothing.
    match tokio::spawn(crm.meet(asked)).await.unwrap() {
        Some(reply) => into_response(reply),
        None => {
            gate.close_after(0, Then::Close);
            axum::http::StatusCode::OK.into_response()
        }
    }
}

impl Shared {
    /// `None`: the connection breaks.
    async fn meet(self: Arc<Self>, asked: Asked) -> Option<Reply> {
        let purpose = self.vendor.purpose(&asked);
        let at = {
            let mut exchanges = self.exchanges.lock().unwrap();
            exchanges.push(Exchange {
                asked: asked.clone(),
                purpose,
                reply: None,
            });
            exchanges.len() - 1
        };
        let reply = match self.planned(purpose) {
            None => Some(self.answer(&asked)),
            Some(Act::Refuse(status, headers)) => {
                let mut reply = self.vendor.error(status, "Refused by plan");
                let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value));
                reply.headers.extend(headers);
                Some(reply)
            }
            Some(Act::Answer(status, body)) => {
                self.answer(&asked);
                let mut reply = Reply::json(status, &serde_json::Value::Null);
                reply.body = body;
                Some(reply)
            }
            Some(Act::Late(delay)) => {
                tokio::time::sleep(delay).await;
                Some(self.answer(&asked))
            }
            Some(Act::Lost) => None,
            Some(Act::Lingers(delay)) => {
                let (crm, asked) = (Arc::clone(&self), asked.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    crm.answer(&asked);
                });
                None
            }
            Some(Act::Unanswered) => {
                self.answer(&asked);
                None
            }
        };
        if let Some(exchange) = self.exchanges.lock().unwrap().get_mut(at) {
            exchange.reply.clone_from(&reply);
        }
        reply
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let mut records = self.records.lock().unwrap();
        if let Err(refusal) = self.vendor.signed_in(&mut records, asked) {
            return refusal;
        }
        if self.vendor.purpose(asked) != Purpose::SignIn && self.is_too_fast() {
            return self.vendor.error(429, "Too many requests");
        }
        self.vendor.answer(&mut records, asked)
    }

    fn is_too_fast(&self) -> bool {
        let Some(per_second) = self.per_second else {
            return false;
        };
        let mut recent = self.recent.lock().unwrap();
        let now = Instant::now();
        while recent.front().is_some_and(|at| now - *at >= Duration::from_secs(1)) {
            recent.pop_front();
        }
        let too_fast = recent.len() >= per_second;
        if !too_fast {
            recent.push_back(now);
        }
        too_fast
    }

    fn planned(&self, purpose: Purpose) -> Option<Act> {
        let mut acts = self.acts.lock().unwrap();
        let (_, left, act) = acts
            .iter_mut()
            .find(|(planned, left, _)| *planned == purpose && *left > 0)?;
        *left -= 1;
        Some(act.clone())
    }
}

fn into_response(reply: Reply) -> Response {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(Bytes::from(reply.body))).unwrap()
}
