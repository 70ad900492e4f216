//! A real server as the suite sees it: what is planted in it and what lies in it, read over its API by our own few lines,
//! never by the connector under test.

use async_trait::async_trait;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::connect::Way;
use crate::{
    crm::{FakeCrm, Planted, SeenLog},
    kits::Crm,
};

/// Whose API it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Amagi,
    Bottle,
    Tryton,
    /// Nothing can be written there: its people are those that it was started with.
    ReadOnly,
}

pub struct RealCrm {
    kind: Kind,
    url: String,
    authorization: String,
    client: Client,
}

impl RealCrm {
    pub async fn new(kind: Kind, way: &Way) -> Self {
        // reqwest wants a provider of TLS even where everything is http.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut crm = Self {
            kind,
            url: way.url.as_str().trim_end_matches('/').to_owned(),
            authorization: format!("Bearer {}", way.credentials.last().unwrap()),
            client: Client::builder().no_proxy().build().unwrap(),
        };
        if kind == Kind::Tryton {
            let [user, password] = way.credentials.as_slice() else {
                panic!("Tryton needs a user and a password")
            };
            let login = crm
                .call("common.db.login", json!([user, { "password": password }, "en"]))
                .await;
            crm.authorization = format!(
                "Session {}",
                base64(&format!("{user}:{}:{}", login[0], text(&login[1])))
            );
        }
        crm
    }

    /// Nobody is there any more, and no log.
    pub async fn wipe(&self) {
        match self.kind {
            Kind::Amagi => {
                for task in items(&self.ask(Method::GET, "/tasks", None).await) {
                    self.ask(Method::DELETE, &format!("/tasks/{}", task["id"]), None).await;
                }
                for contact in self.contacts().await {
                    self.ask(Method::DELETE, &format!("/contacts/{}", contact["id"]), None)
                        .await;
                }
            }
            Kind::Bottle => {
                for contact in self.contacts().await {
                    self.ask(Method::DELETE, &format!("/contacts/{}/", text(&contact["id"])), None)
                        .await;
                }
            }
            Kind::Tryton => {
                for model in ["model.ir.note", "model.party.party"] {
                    let ids = self
                        .call(&format!("{model}.search"), json!([[], 0, null, null, {}]))
                        .await;
                    self.call(&format!("{model}.delete"), json!([ids, {}])).await;
                }
            }
            Kind::ReadOnly => panic!("nothing can be removed there"),
        }
    }

    /// `None`: the server refused this person.
    pub async fn try_plant(&self, person: &Planted) -> Option<String> {
        let number = person.numbers.first();
        match self.kind {
            Kind::Amagi => {
                let body = json!({
                    "first_name": person.given, "last_name": person.family, "phone": number,
                    "company": person.company, "email": person.email,
                });
                let made = self.send(Method::POST, "/contacts", Some(body)).await.ok()?;
                Some(text(&made["id"]))
            }
            Kind::Bottle => {
                let mut body = json!({ "first_name": person.given, "last_name": person.family });
                let more = [
                    ("phone", number),
                    ("organization", person.company.as_ref()),
                    ("email", person.email.as_ref()),
                ];
                for (field, value) in more {
                    if let Some(value) = value {
                        body[field] = json!(value);
                    }
                }
                let made = self.send(Method::POST, "/contacts/", Some(body)).await.ok()?;
                Some(text(&made["id"]))
            }
            Kind::Tryton => {
                let phones = person.numbers.iter().map(|number| ("phone", number));
                let ways = phones.chain(person.email.iter().map(|email| ("email", email)));
                let ways: Vec<Value> = ways
                    .map(|(kind, value)| json!({ "type": kind, "value": value }))
                    .collect();
                let party = json!({ "name": person.name(), "contact_mechanisms": [["create", ways]] });
                let made = self.call("model.party.party.create", json!([[party], {}])).await;
                Some(text(&made[0]))
            }
            Kind::ReadOnly => panic!("nobody can be planted there"),
        }
    }

    async fn contacts(&self) -> Vec<Value> {
        match self.kind {
            Kind::Amagi => items(&self.ask(Method::GET, "/contacts?limit=1000", None).await["items"]),
            Kind::Bottle => {
                let page = self.ask(Method::GET, "/contacts/?limit=1000", None).await;
                items(&page["results"])
            }
            Kind::Tryton => {
                let fields = json!(["name", "contact_mechanisms.type", "contact_mechanisms.value"]);
                let asked = json!([[], 0, null, null, fields, {}]);
                items(&self.call("model.party.party.search_read", asked).await)
            }
            Kind::ReadOnly => Vec::new(),
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let asked = format!("{method} {path}");
        let answer = self.send(method, path, body).await;
        answer.unwrap_or_else(|words| panic!("{asked}: {words}"))
    }

    /// `Err`: the status and the server's words.
    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        request = request.header("authorization", &self.authorization);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let words = answer.text().await.unwrap();
        match status.is_success() {
            true => Ok(serde_json::from_str(&words).unwrap_or_default()),
            false => Err(format!("{status}: {}", words.chars().take(500).collect::<String>())),
        }
    }

    /// Tryton's JSON-RPC, whose errors come inside 200.
    async fn call(&self, method: &str, params: Value) -> Value {
        let body = json!({ "id": 1, "method": method, "params": params });
        let mut answer = self.ask(Method::POST, "/", Some(body)).await;
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].take()
    }
}

#[async_trait]
impl Crm for RealCrm {
    async fn plant(&self, person: &Planted) -> String {
        self.try_plant(person)
            .await
            .unwrap_or_else(|| panic!("the server refused {person:?}"))
    }

    async fn planted(&self) -> Vec<(String, Planted)> {
        let contacts = self.contacts().await.into_iter();
        let planted = contacts.map(|contact| {
            let of = |field: &str| {
                contact[field]
                    .as_str()
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned)
            };
            let ways = items(&contact["contact_mechanisms."]);
            let values = |wanted: fn(&str) -> bool| {
                let ways = ways.iter().filter(move |way| wanted(&text(&way["type"])));
                ways.map(|way| text(&way["value"])).collect::<Vec<_>>()
            };
            let person = match self.kind {
                Kind::Tryton => Planted {
                    kind: "party".into(),
                    family: of("name").unwrap_or_default(),
                    numbers: values(|kind| kind != "email"),
                    email: values(|kind| kind == "email").into_iter().next(),
                    ..Planted::default()
                },
                _ => Planted {
                    kind: "contact".into(),
                    given: of("first_name").unwrap_or_default(),
                    family: of("last_name").unwrap_or_default(),
                    numbers: of("phone").into_iter().collect(),
                    email: of("email"),
                    company: of("company").or(of("organization")),
                },
            };
            (text(&contact["id"]), person)
        });
        planted.collect()
    }

    async fn logs(&self) -> Vec<SeenLog> {
        let log = |id: &Value, contact: String, title: &Value, body: &Value| SeenLog {
            id: text(id),
            contacts: vec![contact],
            title: text(title),
            text: Ok(text(body)),
            marker: None,
            seconds: None,
            chosen: None,
        };
        match self.kind {
            Kind::Amagi => items(&self.ask(Method::GET, "/tasks", None).await)
                .iter()
                .map(|task| log(&task["id"], text(&task["contact_id"]), &task["title"], &task["notes"]))
                .collect(),
            Kind::Bottle => {
                let mut logs = Vec::new();
                for contact in self.contacts().await {
                    let id = text(&contact["id"]);
                    let whole = self.ask(Method::GET, &format!("/contacts/{id}/"), None).await;
                    let comments = items(&whole["comments"]);
                    logs.extend(
                        comments
                            .iter()
                            .map(|one| log(&one["id"], id.clone(), &Value::Null, &one["comment"])),
                    );
                }
                logs
            }
            Kind::Tryton => {
                let asked = json!([[], 0, null, [["id", "ASC"]], ["message", "resource"], {}]);
                let notes = items(&self.call("model.ir.note.search_read", asked).await);
                let on = |note: &Value| text(&note["resource"]).trim_start_matches("party.party,").to_owned();
                notes
                    .iter()
                    .map(|note| log(&note["id"], on(note), &Value::Null, &note["message"]))
                    .collect()
            }
            Kind::ReadOnly => Vec::new(),
        }
    }

    fn wire(&self) -> Option<&FakeCrm> {
        None
    }
}

fn items(list: &Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_default()
}

/// A text as it is, anything else as JSON, nothing as "".
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
