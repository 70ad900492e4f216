//! A CRM on the loopback, over real HTTP. Each request can be told when to take effect and how much of its answer comes:
//!
//! ```text
//! POST /logs                  {"marker","contact","note"}   201 {"id":"log-1"}
//! PUT  /logs/{id}/contact     {"contact"}                   200 {"id":"log-1"}    the second step of a log
//! PUT  /logs/{id}             {"note","contact"}            200 {"id":"log-1"}
//! GET  /logs?marker=…                                       200 {"logs":[{"id":"log-1"}]}
//! POST /contacts              {"name","number"}             201 {"id":"contact-1"}
//! GET  /contacts?digits=…                                   200 {"contacts":[{"id":"contact-1","name","number"}]}
//! ```

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{ConnectInfo, Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify, time::sleep};

use crate::gate::{Gate, GatedListener, Then};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    Log,
    Link,
    Update,
    Find,
    Create,
    FindContact,
}

/// What happens to one request.
#[derive(Clone, Default)]
pub struct Act {
    /// Stands still when the request has arrived, before it takes effect.
    pub at_receipt: Option<Arc<Hold>>,
    /// Before it takes effect, whether or not the client is still there.
    pub delay: Duration,
    /// It never takes effect.
    pub lost: bool,
    /// Stands still when it took effect, before the answer.
    pub at_commit: Option<Arc<Hold>>,
    pub answer: Answer,
}

#[derive(Clone, Default)]
pub enum Answer {
    #[default]
    Whole,
    /// The status instead of the answer; the request took effect unless `lost`.
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    Limited(u64),
    /// So many bytes of the answer, from its first on, then the socket is closed.
    Cut(usize),
    /// So many bytes of the answer, then silence.
    Held(usize, Arc<Hold>),
}

/// A place where a request stands still until the test lets it go on.
#[derive(Default)]
pub struct Hold {
    reached: Notify,
    go_on: Notify,
}

impl Hold {
    /// Waits until the request is here.
    pub async fn wait(&self) {
        self.reached.notified().await;
    }

    pub fn go_on(&self) {
        self.go_on.notify_one();
    }

    pub(crate) fn reached(&self) {
        self.reached.notify_one();
    }

    async fn stand(&self) {
        self.reached();
        self.go_on.notified().await;
    }
}

/// One log as this CRM has it.
#[derive(Clone, Debug, Serialize)]
pub struct Log {
    pub id: String,
    pub marker: String,
    pub note: String,
    /// Set by the second step.
    pub contact: Option<String>,
}

/// One contact.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub number: String,
}

/// What it has.
#[derive(Default)]
struct Kept {
    logs: Vec<Log>,
    people: Vec<Person>,
}

pub struct LoopbackCrm {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    searchable: bool,
    acts: Mutex<HashMap<Route, VecDeque<Act>>>,
    unclear: Mutex<Vec<Route>>,
    requests: Mutex<Vec<Route>>,
    kept: Mutex<Kept>,
}

impl LoopbackCrm {
    pub async fn start(searchable: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            searchable,
            ..Shared::default()
        });
        let app = Router::new()
            .route("/logs", post(log).get(find))
            .route("/logs/{id}", put(update))
            .route("/logs/{id}/contact", put(link))
            .route("/contacts", post(create).get(find_contact))
            .route("/contacts/{id}", get(read_contact))
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

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happens to the next request on a route that nothing was planned for yet; after all plans, requests succeed.
    pub fn plan(&self, route: Route, act: Act) {
        self.shared
            .acts
            .lock()
            .unwrap()
            .entry(route)
            .or_default()
            .push_back(act);
    }

    /// Whether a request of this route was met with an answer that leaves open what it did.
    pub fn was_unclear(&self, route: Route) -> bool {
        self.shared.unclear.lock().unwrap().contains(&route)
    }

    pub fn logs(&self) -> Vec<Log> {
        self.shared.kept.lock().unwrap().logs.clone()
    }

    /// Somebody who was there before.
    pub fn plant(&self, id: &str, name: &str, number: &str) {
        let [id, name, number] = [id, name, number].map(str::to_owned);
        self.shared
            .kept
            .lock()
            .unwrap()
            .people
            .push(Person { id, name, number });
    }

    /// Everybody who is there.
    pub fn people(&self) -> Vec<Person> {
        self.shared.kept.lock().unwrap().people.clone()
    }

    /// How many requests of this route came in, whatever became of them.
    pub fn requests(&self, route: Route) -> usize {
        let requests = self.shared.requests.lock().unwrap();
        requests.iter().filter(|known| **known == route).count()
    }
}

impl Drop for LoopbackCrm {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    /// Lets one request meet its act, in a task of its own: a client that is gone stops nothing.
    async fn meet(
        self: Arc<Self>,
        route: Route,
        gate: Gate,
        effect: impl FnOnce(&mut Kept) -> Response + Send + 'static,
    ) -> Response {
        self.requests.lock().unwrap().push(route);
        let planned = self.acts.lock().unwrap().entry(route).or_default().pop_front();
        let act = planned.unwrap_or_default();
        if !matches!(act.answer, Answer::Whole | Answer::Limited(_)) {
            self.unclear.lock().unwrap().push(route);
        }
        let work = tokio::spawn(async move {
            if let Some(hold) = &act.at_receipt {
                hold.stand().await;
            }
            sleep(act.delay).await;
            let answer = if act.lost {
                Json(json!({})).into_response()
            } else {
                effect(&mut self.kept.lock().unwrap())
            };
            if let Some(hold) = &act.at_commit {
                hold.stand().await;
            }
            match act.answer {
                Answer::Whole => answer,
                Answer::Status(code) => StatusCode::from_u16(code).unwrap().into_response(),
                Answer::Limited(wait) => {
                    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, wait.to_string())]).into_response()
                }
                Answer::Cut(bytes) => {
                    gate.close_after(bytes, Then::Close);
                    answer
                }
                Answer::Held(bytes, hold) => {
                    gate.close_after(bytes, Then::Hold(hold));
                    answer
                }
            }
        });
        work.await.unwrap()
    }
}

type Crm = State<Arc<Shared>>;
type Peer = ConnectInfo<Gate>;

#[derive(Deserialize)]
struct NewLog {
    marker: String,
    note: String,
    contact: Option<String>,
}

async fn log(State(crm): Crm, ConnectInfo(gate): Peer, Json(new): Json<NewLog>) -> Response {
    crm.meet(Route::Log, gate, move |Kept { logs, .. }| {
        let id = format!("log-{}", logs.len() + 1);
        logs.push(Log {
            id: id.clone(),
            marker: new.marker,
            note: new.note,
            contact: new.contact,
        });
        (StatusCode::CREATED, Json(json!({ "id": id }))).into_response()
    })
    .await
}

async fn link(State(crm): Crm, ConnectInfo(gate): Peer, Path(id): Path<String>, Json(body): Json<Value>) -> Response {
    crm.meet(Route::Link, gate, move |Kept { logs, .. }| {
        change(logs, &id, |log| {
            log.contact = body["contact"].as_str().map(str::to_owned)
        })
    })
    .await
}

async fn update(State(crm): Crm, ConnectInfo(gate): Peer, Path(id): Path<String>, Json(body): Json<Value>) -> Response {
    crm.meet(Route::Update, gate, move |Kept { logs, .. }| {
        change(logs, &id, |log| {
            body["note"].as_str().unwrap_or_default().clone_into(&mut log.note);
            log.contact = body["contact"].as_str().map(str::to_owned);
        })
    })
    .await
}

fn change(logs: &mut [Log], id: &str, change: impl FnOnce(&mut Log)) -> Response {
    match logs.iter_mut().find(|log| log.id == id) {
        Some(log) => {
            change(log);
            Json(json!({ "id": id })).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct Search {
    marker: String,
}

async fn find(State(crm): Crm, ConnectInfo(gate): Peer, Query(search): Query<Search>) -> Response {
    if !crm.searchable {
        return StatusCode::NOT_IMPLEMENTED.into_response();
    }
    crm.meet(Route::Find, gate, move |Kept { logs, .. }| {
        let found: Vec<&Log> = logs.iter().filter(|log| log.marker == search.marker).collect();
        Json(json!({ "logs": found })).into_response()
    })
    .await
}

#[derive(Deserialize)]
struct NewPerson {
    name: String,
    number: String,
}

async fn create(State(crm): Crm, ConnectInfo(gate): Peer, Json(new): Json<NewPerson>) -> Response {
    crm.meet(Route::Create, gate, move |Kept { people, .. }| {
        let id = format!("contact-{}", people.len() + 1);
        people.push(Person {
            id: id.clone(),
            name: new.name,
            number: new.number,
        });
        (StatusCode::CREATED, Json(json!({ "id": id }))).into_response()
    })
    .await
}

#[derive(Deserialize)]
struct Digits {
    digits: String,
}

async fn find_contact(State(crm): Crm, ConnectInfo(gate): Peer, Query(search): Query<Digits>) -> Response {
    crm.meet(Route::FindContact, gate, move |Kept { people, .. }| {
        let mut found = people.clone();
        found.retain(|person| person.number.ends_with(&search.digits));
        Json(json!({ "contacts": found })).into_response()
    })
    .await
}

/// No act is planned for it: what is read only to be shown decides nothing.
async fn read_contact(State(crm): Crm, Path(id): Path<String>) -> Response {
    let kept = crm.kept.lock().unwrap();
    match kept.people.iter().find(|person| person.id == id) {
        Some(person) => Json(json!(person)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
