//! The connector for the CRM on the loopback. It keeps what the port asks of every connector: each step is told before it
//! is sent and after it is answered, and an error says whether the write may have happened.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use ringside_domain::{
    CallLogEntry, Capability, ConnectionId, Connector, ConnectorInfo, Contact, ContactDraft, ContactRef, ContactType,
    Cx, Error, Kind, LogField, LogReceipt, LogRef, Result, Retry, StoredNumber,
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::Found,
    log::LOG_STEP,
    phone::Reading,
};
use serde_json::{Value, json};

pub struct HttpCrm {
    pub connection: ConnectionId,
    pub url: String,
    /// The CRM can be asked for a marker.
    pub searchable: bool,
    /// A log is made first and then linked to its contact.
    pub two_steps: bool,
    pub settles_within: Duration,
    pub people: Vec<Contact>,
    /// It creates contacts, and finds those that it created; else it knows [`people`](Self::people), whoever is asked for.
    pub creates: bool,
    client: reqwest::Client,
}

/// The number of both contacts of [`HttpCrm::new`], colleagues with ids 7 and 8; reserved for fiction.
pub const NUMBER: &str = "+12025550143";

impl HttpCrm {
    pub fn new(url: impl Into<String>, searchable: bool, two_steps: bool, settles_within: Duration) -> Self {
        let connection = ConnectionId::new("loopback");
        let person = Contact {
            id: ContactRef {
                connection: connection.clone(),
                contact_type: "person".into(),
                id: "7".into(),
            },
            name: "Ada Example".into(),
            company: None,
            title: None,
            emails: Vec::new(),
            numbers: vec![StoredNumber {
                label: "mobile".into(),
                raw: NUMBER.into(),
            }],
            region: None,
            url: None,
            created: None,
            updated: None,
            last_call: None,
        };
        let colleague = Contact {
            id: ContactRef {
                id: "8".into(),
                ..person.id.clone()
            },
            name: "Bea Example".into(),
            ..person.clone()
        };
        // reqwest wants a provider of TLS even where everything is http.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A connection a request, so that what happens to one touches no other.
        let client = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        Self {
            connection,
            url: url.into(),
            searchable,
            two_steps,
            settles_within,
            people: vec![person, colleague],
            creates: false,
            client,
        }
    }

    fn request(&self, cx: &Cx, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.url))
            .timeout(cx.deadline)
    }

    async fn find_created(&self, cx: &Cx, number: &NumberForms) -> Result<Found> {
        let Reading::Number(number) = &number.reading else {
            return Ok(Found::default());
        };
        let digits = number.e164().trim_start_matches('+');
        let answer = read(self.request(cx, Method::GET, &format!("/contacts?digits={digits}"))).await?;
        let text = |found: &Value, name: &str| found[name].as_str().unwrap_or_default().to_owned();
        let contacts = answer["contacts"].as_array().cloned().unwrap_or_default();
        Ok(Found {
            contacts: contacts
                .iter()
                .map(|found| self.person(&text(found, "id"), &text(found, "name"), &text(found, "number")))
                .collect(),
            failed: Vec::new(),
        })
    }

    fn person(&self, id: &str, name: &str, number: &str) -> Contact {
        let mut person = self.people[0].clone();
        person.id.id = id.into();
        person.name = name.into();
        person.numbers[0].raw = number.into();
        person
    }

    async fn step(&self, progress: &dyn Progress, step: &str, request: RequestBuilder) -> Result<Value> {
        progress.begin(step).await?;
        match write(request).await {
            Err(error) if !error.may_have_happened => {
                progress.not_done(step).await?;
                Err(error)
            }
            answer => answer,
        }
    }
}

/// Sends something that changes the CRM: whatever is not a clear answer may have happened.
async fn write(request: RequestBuilder) -> Result<Value> {
    let response = request.send().await.map_err(|error| {
        let refused = error.is_connect();
        let error = unreachable(error);
        if refused { error } else { error.maybe_happened() }
    })?;
    let status = response.status();
    if status.is_success() {
        return response
            .json()
            .await
            .map_err(|error| unreachable(error).maybe_happened());
    }
    let error = classify(status, response.headers());
    Err(if status.is_server_error() {
        error.maybe_happened()
    } else {
        error
    })
}

async fn read(request: RequestBuilder) -> Result<Value> {
    let response = request.send().await.map_err(unreachable)?;
    match response.status() {
        status if status.is_success() => response.json().await.map_err(unreachable),
        status => Err(classify(status, response.headers())),
    }
}

fn unreachable(error: reqwest::Error) -> Error {
    let kind = if error.is_timeout() {
        Kind::Timeout
    } else {
        Kind::Unavailable
    };
    Error::new(kind, "loopback", "the loopback CRM broke off").because(error)
}

fn classify(status: StatusCode, headers: &header::HeaderMap) -> Error {
    let kind = match status {
        StatusCode::UNAUTHORIZED => Kind::SignInNeeded,
        StatusCode::FORBIDDEN => Kind::Forbidden,
        StatusCode::NOT_FOUND => Kind::NotFound,
        StatusCode::NOT_IMPLEMENTED => Kind::Unsupported,
        StatusCode::TOO_MANY_REQUESTS => Kind::RateLimited,
        status if status.is_server_error() => Kind::Unavailable,
        _ => Kind::Invalid,
    };
    let error = Error::new(
        kind,
        "loopback",
        format!("the loopback CRM answered {}", status.as_u16()),
    );
    let wait = headers
        .get(header::RETRY_AFTER)
        .and_then(|wait| wait.to_str().ok()?.parse().ok());
    match wait {
        Some(wait) => error.retry(Retry::After(Duration::from_secs(wait))),
        None => error,
    }
}

fn no_id() -> Error {
    Error::new(Kind::Unavailable, "loopback", "the loopback CRM named no id").maybe_happened()
}

#[async_trait]
impl Connector for HttpCrm {
    fn info(&self) -> ConnectorInfo {
        let person = ContactType {
            id: "person".into(),
            label: "Person".into(),
            is_company: false,
            creatable: self.creates,
            fields: Vec::new(),
        };
        ConnectorInfo {
            connection: self.connection.clone(),
            name: "Loopback CRM".into(),
            types: vec![person],
        }
    }

    fn capability(&self) -> Capability {
        Capability {
            find: true,
            find_with_name: true,
            create: self.creates,
            add_number: false,
            log: true,
            update_log: true,
            moves_logs: true,
            find_log: self.searchable,
            knows_extensions: false,
            indexed: false,
            settles_within: self.settles_within,
            log_fields: false,
        }
    }

    async fn check(&self, _: Cx) -> Result<Account> {
        Ok(Account {
            id: "loopback-account".into(),
            name: "Loopback".into(),
            limits: Vec::new(),
        })
    }

    async fn find_contact(&self, cx: Cx, number: NumberForms) -> Result<Found> {
        if self.creates {
            return self.find_created(&cx, &number).await;
        }
        Ok(Found {
            contacts: self.people.clone(),
            failed: Vec::new(),
        })
    }

    async fn find_contact_with_name(&self, _: Cx, _: NameQuery) -> Result<Found> {
        if self.creates {
            return Ok(Found::default());
        }
        Ok(Found {
            contacts: self.people.clone(),
            failed: Vec::new(),
        })
    }

    async fn get_contact(&self, _: Cx, id: ContactRef) -> Result<Contact> {
        let found = self.people.iter().find(|contact| contact.id == id).cloned();
        found.ok_or_else(|| Error::new(Kind::NotFound, "get_contact", "there is no such contact"))
    }

    async fn create_contact(&self, cx: Cx, draft: ContactDraft) -> Result<Contact> {
        let number = draft.number.unwrap_or_default();
        let body = json!({ "name": draft.name, "number": number });
        let answer = write(self.request(&cx, Method::POST, "/contacts").json(&body)).await?;
        let id = answer["id"].as_str().ok_or_else(no_id)?;
        Ok(self.person(id, &draft.name, &number))
    }

    async fn add_number(&self, _: Cx, _: ContactRef, _: String) -> Result<Contact> {
        Err(Error::new(
            Kind::Unsupported,
            "add_number",
            "the loopback CRM adds no number",
        ))
    }

    async fn log_call(&self, cx: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt> {
        let contact = &entry.contact.id;
        let log = match progress.answered(LOG_STEP).await {
            Some(captures) => LogRef::from_captures(&captures).ok_or_else(no_id)?,
            None => {
                let with = (!self.two_steps).then_some(contact);
                let body = json!({ "marker": entry.marker.as_str(), "note": entry.note, "contact": with });
                let request = self.request(&cx, Method::POST, "/logs").json(&body);
                let answer = self.step(&*progress, LOG_STEP, request).await?;
                let id = answer["id"].as_str().ok_or_else(no_id)?.to_owned();
                let log = LogRef { id, url: None };
                progress.done(LOG_STEP, log.captures()).await?;
                log
            }
        };
        if self.two_steps && progress.answered("link").await.is_none() {
            let path = format!("/logs/{}/contact", log.id);
            let request = self
                .request(&cx, Method::PUT, &path)
                .json(&json!({ "contact": contact }));
            self.step(&*progress, "link", request).await?;
            progress.done("link", Vec::new()).await?;
        }
        Ok(LogReceipt { log })
    }

    async fn update_log(&self, cx: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        let path = format!("/logs/{}", log.id);
        write(
            self.request(&cx, Method::PUT, &path)
                .json(&json!({ "note": entry.note, "contact": entry.contact.id })),
        )
        .await?;
        Ok(LogReceipt { log })
    }

    async fn log_fields(&self, _: Cx, _: ContactRef) -> Result<Vec<LogField>> {
        Ok(Vec::new())
    }

    async fn find_log(&self, cx: Cx, entry: CallLogEntry) -> Result<Vec<LogRef>> {
        let marker = entry.marker;
        // Markers need no escaping: that is what they are made for.
        let answer = read(self.request(&cx, Method::GET, &format!("/logs?marker={marker}"))).await?;
        let logs = answer["logs"].as_array().cloned().unwrap_or_default();
        logs.iter()
            .map(|log| {
                Ok(LogRef {
                    id: log["id"].as_str().ok_or_else(no_id)?.to_owned(),
                    url: None,
                })
            })
            .collect()
    }
}
