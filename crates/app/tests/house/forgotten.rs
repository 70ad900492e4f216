//! Who is erased is forgotten by the connections, too: by what they wrote down, and by what they hold in memory. What they
//! know of their CRM stays.

use std::sync::{Arc, Mutex, atomic::Ordering};

use axum::{
    Json, Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use ringside_app::{host::OsRandom, unlock::KEY};
use ringside_domain::{ConnectionId, ConnectionMemory as _, ContactRef, memory::about};
use ringside_ipc::{
    call::{AskedDto, AskedState, ReportState},
    command::ChooseArgs,
    connection::SecretText,
    contact::ContactRefDto,
    person::PersonArgs,
};
use ringside_store::{Store, StoreKey};
use serde_json::{Value, json};

use super::{connect::connected, *};
use crate::support::crm::Crm;

const ADA: &str = "+12025550142";
const BO: &str = "+12025550143";
const SOMEBODY: &str = "+12025550199";

/// An App Connect server of a CRM that knows two people, each by their number and nothing else, as far as its connector asks.
#[derive(Clone, Default)]
struct Server {
    /// Address and body of each request.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body: Bytes = to_bytes(body, 1 << 20).await.unwrap();
    let asked = format!("{} {}", head.uri, String::from_utf8_lossy(&body));
    server.asked.lock().unwrap().push(asked.clone());
    let person = |id: &str, name: &str, number: &str| {
        let row = json!({ "id": id, "name": name, "type": "Contact", "phone": number, "additionalInfo": null });
        json!({ "successful": true, "contact": [row] })
    };
    let body: Value = match head.uri.path() {
        "/crmManifest" => json!({ "platforms": { "sample": {
            "displayName": "Sample CRM",
            "auth": { "type": "apiKey" },
            "contactTypes": [{ "display": "Contact", "value": "Contact" }],
            "page": { "useContactSearch": true },
        } } }),
        // `{"id":"u-1","platform":"sample"}` is whose session it is.
        "/apiKeyLogin" => {
            json!({ "jwtToken": "e30.eyJpZCI6InUtMSIsInBsYXRmb3JtIjoic2FtcGxlIn0.c2ln", "name": "Pat Tester" })
        }
        "/contact" if asked.contains("2025550142") => person("c-1", "Ada Verdi", ADA),
        "/contact" if asked.contains("2025550143") => person("c-2", "Bo Marsh", BO),
        // As Clio's connector does: by name it calls its people by a word that its manifest doesn't list.
        "/custom/contact/search" if asked.contains("Ada") => {
            json!({ "successful": true, "contact": [{ "id": "c-1", "name": "Ada Verdi", "type": "client" }] })
        }
        "/contact" | "/custom/contact/search" => json!({ "successful": true, "contact": [] }),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    Json(body).into_response()
}

fn app_connect(server: &str) -> AddConnectionArgs {
    AddConnectionArgs {
        connector: "app-connect".to_owned(),
        name: None,
        environment: None,
        server: Some(server.to_owned()),
        parameters: [("platform".to_owned(), "sample".to_owned())].into(),
        secrets: [("apiKey".to_owned(), SecretText::new("key-1"))].into(),
    }
}

/// A call that was found, or not, and is over.
async fn called(app: &App, from: &str, known: Option<&str>) -> String {
    let call = app.report(ringing(from)).await.unwrap().call.unwrap();
    until("everybody was asked", || async {
        let call = app.call(CallArgs { call: call.clone() }).await.unwrap();
        let lookup = call.lookup;
        let waits = |one: &AskedDto| matches!(one.state, AskedState::Asking | AskedState::Slow);
        let over = !lookup.running && !lookup.asked.is_empty() && !lookup.asked.iter().any(waits);
        over && lookup.matches.first().map(|found| found.contact.name.as_str()) == known
    })
    .await;
    let mut over = ringing(from);
    over.state = Some(ReportState::Ended);
    app.report(over).await.unwrap();
    until("the call is over", || async {
        app.call(CallArgs { call: call.clone() }).await.unwrap().is_over
    })
    .await;
    call
}

/// Whom a call from there is with.
async fn caller(app: &App, from: &str, name: &str) -> ContactRefDto {
    let call = called(app, from, Some(name)).await;
    let mut matches = app.call(CallArgs { call }).await.unwrap().lookup.matches;
    matches.remove(0).contact.reference
}

/// What the file of an ended app remembers of a contact for their connection.
async fn remembered(house: &House, contact: &ContactRefDto) -> Option<String> {
    let key = StoreKey::from_recovery_code(&house.secrets.text(KEY).unwrap()).unwrap();
    let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let store = Store::open(&house.folders.database(), key, clock, random)
        .await
        .unwrap();
    let contact = ContactRef {
        connection: ConnectionId::new(contact.connection.as_str()),
        contact_type: contact.contact_type.clone(),
        id: contact.id.clone(),
    };
    let kept = store.recall(&contact.connection, &about(&contact)).await.unwrap();
    store.close().await;
    kept
}

async fn choose(app: &App, call: &str, contact: &ContactRefDto) -> Option<String> {
    let args = ChooseArgs {
        call: call.to_owned(),
        contact: Some(contact.clone()),
    };
    app.choose(args).await.err().map(|error| error.code)
}

/// `asks`: by what Ada is asked for when she is to be erased.
async fn is_forgotten(asks: impl Fn(ContactRefDto) -> PersonArgs) {
    let (house, server) = (House::new(), Server::default());
    let address = server.start().await;
    let app = house.own().await;
    app.add_connection(app_connect(&address)).await.unwrap();
    let ada = caller(&app, ADA, "Ada Verdi").await;
    let bo = caller(&app, BO, "Bo Marsh").await;
    let another = called(&app, SOMEBODY, None).await;
    assert_eq!(choose(&app, &another, &ada).await, None, "the connection knows her");
    let chosen = ChooseArgs {
        call: another.clone(),
        contact: None,
    };
    app.choose(chosen).await.unwrap();
    app.stop().await;
    assert!(remembered(&house, &ada).await.unwrap().contains(ADA));

    // In this run, too, she was seen.
    let app = house.own().await;
    called(&app, ADA, Some("Ada Verdi")).await;
    let erased = app.erase_person(asks(ada.clone())).await.unwrap();
    assert_eq!((erased.contacts, erased.calls), (1, 2));
    server.take();
    assert_eq!(choose(&app, &another, &ada).await.as_deref(), Some("unsupported"));
    called(&app, SOMEBODY, None).await;
    let asked = server.take();
    assert!(!asked.is_empty(), "the second call was looked up");
    for asked in asked {
        assert!(!asked.contains("2025550142") && !asked.contains("Ada"), "{asked}");
    }
    // Whoever was not erased can be found again.
    assert_eq!(choose(&app, &another, &bo).await, None);
    app.stop().await;
    assert_eq!(remembered(&house, &ada).await, None);
    assert!(remembered(&house, &bo).await.unwrap().contains(BO));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_by_number_is_forgotten_by_their_connection() {
    is_forgotten(|_| PersonArgs {
        contact: None,
        number: Some(ADA.to_owned()),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_by_contact_is_forgotten_by_their_connection() {
    is_forgotten(|ada| PersonArgs {
        contact: Some(ada),
        number: None,
    })
    .await;
}

/// Found by name only she was a client, and by number she is a contact: one record.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_chosen_under_another_word_is_erased_with_that_call() {
    let (house, server) = (House::new(), Server::default());
    let address = server.start().await;
    let app = house.own().await;
    app.add_connection(app_connect(&address)).await.unwrap();
    let elsewhere = called(&app, SOMEBODY, None).await;
    let search = SearchDto {
        text: "Ada".to_owned(),
        ..SearchDto::default()
    };
    let mut found = app.search_live(search.clone()).await.unwrap();
    let client = found.remove(0).rows.remove(0).reference;
    assert_eq!(client.contact_type, "client");
    assert_eq!(choose(&app, &elsewhere, &client).await, None);
    let contact = caller(&app, ADA, "Ada Verdi").await;
    assert_eq!((contact.contact_type.as_str(), &contact.id), ("Contact", &client.id));
    let ada = PersonArgs {
        contact: Some(contact),
        number: None,
    };
    until("she is filed", || async {
        let found = app.person(ada.clone()).await.unwrap();
        (found.contacts.len(), found.call_count) == (2, 2)
    })
    .await;
    assert_eq!(app.erase_person(ada).await.unwrap().calls, 2);
    assert!(app.calls(CallFilterDto::default()).await.unwrap().calls.is_empty());
    assert_eq!(app.search(search).await.unwrap().rows, []);
    app.stop().await;
}

/// One that keeps nobody has nothing to forget: it stays the same, and with it how long its CRM wants to be left alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_ends_no_pause_that_a_crm_asked_for() {
    let (house, crm) = (House::new(), Crm::start().await);
    let app = connected(&house, &crm).await;
    app.create_contact(lead("Nora Quill", ADA)).await.unwrap();
    crm.seen.busy.store(true, Ordering::SeqCst);
    let rings = async |from: &str| {
        let call = called(&app, from, None).await;
        let call = app.call(CallArgs { call }).await.unwrap();
        let asked = call.lookup.asked.into_iter().find(|one| one.connection == "own-acme");
        (asked.unwrap().state, crm.seen.asked())
    };
    let (state, asked) = rings(SOMEBODY).await;
    assert_eq!(state, AskedState::Failed);
    let nora = PersonArgs {
        contact: None,
        number: Some(ADA.to_owned()),
    };
    assert_eq!(app.erase_person(nora).await.unwrap().contacts, 1);
    assert_eq!(rings(BO).await, (AskedState::Failed, asked), "it is left alone");
    app.stop().await;
}
