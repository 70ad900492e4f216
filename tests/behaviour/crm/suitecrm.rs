//! SuiteCRM 7.12, V8 JSON:API: SQL comparisons on what was typed, one operator for all fields of a filter, HTML entities in
//! answers, and 400 with a sentence for everything that is not about the token.
//!
//! Seen on a real 7.12: searches, creations, tokens, refusals, entities, a call with a contact. From its source: the lengths of
//! fields (`vardefs.php`), that `account_id` makes a contact's account, routes of relationships, and how a link is found where none is
//! named (`BeanManager::getLinkedFieldName`): by whichever relationship of the two modules comes first in its table, which differs from
//! installation to installation (issue 8293). Ours: an unknown or empty attribute is refused, even where it would be lost in silence.

mod list;
mod modules;

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use self::{
    list::{chosen, list},
    modules::{Module, longest, module},
};
use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor, records::fields};

#[derive(Clone, Copy, Default)]
pub struct SuiteCrm {
    /// Of the two relationships between calls and leads, the one that calls have no link for comes first.
    pub lead_calls_first: bool,
    /// Before a link could be named.
    pub names_no_link: bool,
}

pub const CLIENT: &str = "0f6a2c1e-client";
pub const CLIENT_SECRET: &str = "suite-secret-planted";

/// The people that take part in a call.
const LINKS: &str = "links";

impl Vendor for SuiteCrm {
    fn purpose(&self, asked: &Asked) -> Purpose {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).skip(1).collect();
        let is_call = document(asked).is_some_and(|body| body["data"]["type"] == "Calls");
        match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["access_token"]) => Purpose::SignIn,
            ("GET", ["V8", "current-user"]) => Purpose::Account,
            ("GET", ["V8", "module", "Calls"]) => Purpose::FindLog,
            // An account of one name, asked for before it is made.
            ("GET", ["V8", "module", "Accounts"]) if asked.parameter("filter[name][eq]").is_some() => Purpose::Other,
            ("GET", ["V8", "module", _]) => Purpose::Find,
            ("GET", ["V8", "module", _, _]) => Purpose::Get,
            ("POST", ["V8", "module"]) => {
                if is_call {
                    Purpose::Log
                } else {
                    Purpose::Create
                }
            }
            ("PATCH", ["V8", "module"]) => {
                if is_call {
                    Purpose::UpdateLog
                } else {
                    Purpose::Change
                }
            }
            ("POST", ["V8", "module", _, _, "relationships", ..]) => Purpose::Link,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, records: &mut Records, asked: &Asked) -> Result<(), Reply> {
        let token = asked
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        let good = asked.path == "/Api/access_token" || token.is_some_and(|token| records.uses(token));
        if good {
            Ok(())
        } else {
            Err(denied(
                "access_denied",
                "The resource owner or authorization server denied the request.",
            ))
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let answer = match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["Api", "access_token"]) => grant(records, asked),
            ("GET", ["Api", "V8", "current-user"]) => Ok(answered(
                200,
                &json!({ "data": {
                "type": "User", "id": "1", "attributes": { "user_name": "ringside", "full_name": "Ringside O&#039;Test" },
            } }),
            )),
            ("GET", ["Api", "V8", "module", name]) => module(name).and_then(|module| list(records, module, asked)),
            ("GET", ["Api", "V8", "module", name, id]) => {
                module(name).and_then(|module| get(records, module, id, asked))
            }
            ("POST", ["Api", "V8", "module"]) => create(records, asked),
            ("PATCH", ["Api", "V8", "module"]) => update(records, asked),
            ("POST", ["Api", "V8", "module", "Calls", id, "relationships"]) => self.relate(records, id, None, asked),
            ("POST", ["Api", "V8", "module", "Calls", _, "relationships", _]) if self.names_no_link => Err(
                Reply::json(405, &json!({ "message": "Method not allowed. Must be one of: GET" })),
            ),
            ("POST", ["Api", "V8", "module", "Calls", id, "relationships", link]) => {
                self.relate(records, id, Some(link), asked)
            }
            _ => Err(Reply::json(404, &json!({ "message": "Not found" }))),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        if status == 401 {
            denied("access_denied", words)
        } else {
            refused(status, words)
        }
    }

    fn plant(&self, records: &mut Records, person: &Planted) -> String {
        let number = |at: usize| person.numbers.get(at).map_or("", String::as_str);
        let email = person.email.clone().unwrap_or_default();
        let company = person.company.clone().unwrap_or_default();
        let account = match (person.kind.as_str(), company.as_str()) {
            ("Contacts", company) if !company.is_empty() => {
                records.plant("Accounts", fields(&[("name", company)])).id()
            }
            _ => String::new(),
        };
        let planted = match person.kind.as_str() {
            "Accounts" => fields(&[
                ("name", &person.family),
                ("phone_office", number(0)),
                ("phone_alternate", number(1)),
                ("email1", &email),
            ]),
            _ => fields(&[
                ("first_name", &person.given),
                ("last_name", &person.family),
                ("phone_work", number(0)),
                ("phone_mobile", number(1)),
                ("email1", &email),
                ("account_id", &account),
                ("account_name", if account.is_empty() { &company } else { "" }),
            ]),
        };
        records.plant(&person.kind, planted).id()
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let columns = [
            "phone_work",
            "phone_mobile",
            "phone_home",
            "phone_other",
            "phone_office",
            "phone_alternate",
        ];
        let person = |row: &Row| Planted {
            kind: row.kind.clone(),
            given: row.text("first_name").unwrap_or_default(),
            family: row.text("last_name").or(row.text("name")).unwrap_or_default(),
            numbers: columns.iter().filter_map(|column| row.text(column)).collect(),
            email: row.text("email1"),
            company: account_name(records, row),
        };
        let kinds = ["Contacts", "Leads", "Accounts"].into_iter();
        kinds
            .flat_map(|kind| records.all(kind))
            .map(|row| (row.id(), person(row)))
            .collect()
    }

    /// An account's call hangs on its parent, a person's on who takes part; where no link can be named, a lead's on its parent, too.
    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let log = |row: &Row| {
            let linked = linked(row)
                .iter()
                .filter_map(|link| link["id"].as_str())
                .map(str::to_owned)
                .collect();
            let parent = row.text("parent_type");
            let by_parent =
                parent.as_deref() == Some("Accounts") || (self.names_no_link && parent.as_deref() == Some("Leads"));
            SeenLog {
                id: row.id(),
                contacts: if by_parent {
                    row.text("parent_id").into_iter().collect()
                } else {
                    linked
                },
                title: row.text("name").unwrap_or_default(),
                text: Ok(row.text("description").unwrap_or_default()),
                marker: None,
                seconds: seconds(row),
                chosen: None,
            }
        };
        records.all("Calls").map(log).collect()
    }
}

/// The length, as exact as it is kept: whole minutes.
fn seconds(row: &Row) -> Option<u64> {
    let number = |field: &str| row.text(field)?.parse::<u64>().ok();
    Some(number("duration_hours")? * 3600 + number("duration_minutes")? * 60)
}

/// A lead bears its company's name, a contact its account's id.
fn account_name(records: &Records, row: &Row) -> Option<String> {
    match row.text("account_id") {
        Some(account) => records.get("Accounts", &account)?.text("name"),
        None => row.text("account_name"),
    }
}

fn grant(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let form: Vec<(String, String)> = form_urlencoded::parse(&asked.body).into_owned().collect();
    let value = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    if asked
        .header("content-type")
        .is_none_or(|kind| !kind.starts_with("application/x-www-form-urlencoded"))
    {
        return Err(denied("invalid_request", "The request is missing a required parameter"));
    }
    if value("grant_type") != Some("client_credentials") {
        return Err(denied(
            "unsupported_grant_type",
            "The authorization grant type is not supported",
        ));
    }
    if (value("client_id"), value("client_secret")) != (Some(CLIENT), Some(CLIENT_SECRET)) {
        return Err(denied("invalid_client", "Client authentication failed"));
    }
    let token = records.issue("suite");
    Ok(Reply::json(
        200,
        &json!({ "token_type": "Bearer", "expires_in": 3600, "access_token": token }),
    ))
}

fn get(records: &Records, module: &Module, id: &str, asked: &Asked) -> Result<Reply, Reply> {
    let mut shown = None;
    for (name, value) in asked.parameters() {
        let inner = name.strip_prefix("fields[").and_then(|rest| rest.strip_suffix(']'));
        let inner = inner.ok_or_else(|| refused(400, &format!("The option \"{name}\" does not exist.")))?;
        shown = Some(chosen(module, inner, &value)?);
    }
    let row = records.get(module.name, id).ok_or_else(|| gone(module, id))?;
    Ok(answered(
        200,
        &json!({ "data": record(records, module, row, shown.as_deref()) }),
    ))
}

fn create(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let Written { module, id, attributes } = written(records, asked)?;
    if id.is_some() {
        return Err(refused(400, "The option \"id\" is not for new records here"));
    }
    let required: &[&str] = match module.name {
        "Calls" => &["name", "date_start", "status"],
        "Accounts" => &["name"],
        _ => &["last_name"],
    };
    if let Some(name) = required.iter().find(|name| !attributes.contains_key(**name)) {
        return Err(refused(400, &format!("Missing required field {name}")));
    }
    let row = records.add(module.name, attributes).clone();
    Ok(answered(201, &json!({ "data": record(records, module, &row, None) })))
}

/// A part of the attributes is changed, the others stay.
fn update(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let Written { module, id, attributes } = written(records, asked)?;
    let id = id.ok_or_else(|| refused(400, "The required option \"id\" is missing."))?;
    let row = records.get_mut(module.name, &id).ok_or_else(|| gone(module, &id))?;
    row.fields.extend(attributes);
    let row = row.clone();
    Ok(answered(201, &json!({ "data": record(records, module, &row, None) })))
}

impl SuiteCrm {
    /// Linking what is linked already changes nothing.
    fn relate(self, records: &mut Records, id: &str, link: Option<&str>, asked: &Asked) -> Result<Reply, Reply> {
        let body = document(asked).ok_or_else(|| refused(400, "The required option \"data\" is missing."))?;
        let (Some(kind), Some(target)) = (body["data"]["type"].as_str(), body["data"]["id"].as_str()) else {
            return Err(refused(400, "The required options \"id\", \"type\" are missing."));
        };
        let target_module = module(kind)?;
        let linked_by = match kind {
            "Contacts" => Some("contacts"),
            "Leads" if link.is_some() || !self.lead_calls_first => Some("leads"),
            _ => None,
        };
        let Some(linked_by) = linked_by else {
            let object = target_module.object;
            let words = format!("Link field has not found in Call to determine relationship for {object}");
            return Err(refused(400, &words));
        };
        if let Some(link) = link.filter(|link| *link != linked_by) {
            return Err(refused(
                400,
                &format!("Cannot load relationship {link} for module Call"),
            ));
        }
        records.get(kind, target).ok_or_else(|| gone(target_module, target))?;
        let link = json!({ "type": kind, "id": target });
        let calls = module("Calls")?;
        let row = records.get_mut("Calls", id).ok_or_else(|| gone(calls, id))?;
        let mut all = linked(row);
        if !all.contains(&link) {
            all.push(link);
            row.fields.insert(LINKS.into(), all.into());
        }
        let words = format!(
            "{} with id {target} has been added to Call with id {id}",
            target_module.object
        );
        Ok(answered(201, &json!({ "meta": { "message": words } })))
    }
}

/// What is to be written.
struct Written {
    module: &'static Module,
    /// Of the record that is there.
    id: Option<String>,
    attributes: Map<String, Value>,
}

fn written(records: &Records, asked: &Asked) -> Result<Written, Reply> {
    let body = document(asked).ok_or_else(|| refused(400, "The required option \"data\" is missing."))?;
    let members = |value: &Value, known: &[&str]| -> Result<Map<String, Value>, Reply> {
        let members = value
            .as_object()
            .ok_or_else(|| refused(400, "The option \"data\" is expected to be an array"))?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(members.clone()),
            Some(name) => Err(refused(400, &format!("The option \"{name}\" does not exist."))),
        }
    };
    let data = &members(&body, &["data"])?["data"];
    members(data, &["type", "id", "attributes"])?;
    let module = module(data["type"].as_str().unwrap_or_default())?;
    let attributes = data["attributes"].as_object().cloned().unwrap_or_default();
    for (name, value) in &attributes {
        let Some(longest) = longest(module, name) else {
            return Err(refused(
                400,
                &format!("Property {name} in {} module is invalid", module.object),
            ));
        };
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(refused(400, "The option \"attributes\" with value array is invalid.")),
        };
        let no_account = name == "account_id" && records.get("Accounts", &text).is_none();
        let only_read = (module.name, name.as_str()) == ("Contacts", "account_name");
        if no_account
            || only_read
            || text.is_empty()
            || text.chars().count() > longest
            || (name == "date_start" && !is_time(&text))
        {
            return Err(refused(400, "The option \"attributes\" with value array is invalid."));
        }
    }
    Ok(Written {
        module,
        id: data["id"].as_str().map(str::to_owned),
        attributes,
    })
}

fn record(records: &Records, module: &Module, row: &Row, shown: Option<&[String]>) -> Value {
    let names = module
        .columns
        .iter()
        .map(|(name, _)| *name)
        .chain(module.others.iter().copied());
    let mut attributes = Map::new();
    for name in names.filter(|name| shown.is_none_or(|shown| shown.iter().any(|one| one == name))) {
        let value = match name {
            "date_modified" | "date_entered" => "2026-02-03T10:00:00+00:00".to_owned(),
            "account_name" => encoded(&account_name(records, row).unwrap_or_default()),
            name => encoded(&row.text(name).unwrap_or_default()),
        };
        attributes.insert(name.to_owned(), value.into());
    }
    json!({ "type": module.object, "id": row.id(), "attributes": attributes, "relationships": {} })
}

/// As `to_html()` writes what comes out of the database.
fn encoded(text: &str) -> String {
    text.replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#039;")
}

fn linked(row: &Row) -> Vec<Value> {
    row.fields
        .get(LINKS)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

/// The body, where its content type says that it is a document.
fn document(asked: &Asked) -> Option<Value> {
    let kind = asked.header("content-type")?.split(';').next()?.trim();
    let is_json = ["application/vnd.api+json", "application/json"].contains(&kind);
    is_json.then(|| serde_json::from_slice(&asked.body).ok()).flatten()
}

/// `YYYY-MM-DD HH:mm:ss`
fn is_time(text: &str) -> bool {
    let shape = text.bytes().map(|sign| if sign.is_ascii_digit() { b'0' } else { sign });
    shape.eq(*b"0000-00-00 00:00:00")
}

fn answered(status: u16, body: &Value) -> Reply {
    Reply {
        headers: vec![("content-type".into(), "application/vnd.api+json".into())],
        ..Reply::json(status, body)
    }
}

fn gone(module: &Module, id: &str) -> Reply {
    refused(400, &format!("{} module with id {id} is not found", module.name))
}

fn denied(error: &str, words: &str) -> Reply {
    Reply::json(
        401,
        &json!({ "error": error, "error_description": words, "message": words }),
    )
}

fn refused(status: u16, words: &str) -> Reply {
    answered(
        status,
        &json!({ "errors": { "status": status, "title": null, "detail": words } }),
    )
}
