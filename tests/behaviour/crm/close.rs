//! Close: leads, the contacts in them, and calls.
//!
//! From its API reference (developer.close.com): addresses, members, lists and their filters, that a lead is made with a contact, that
//! every `PUT` changes a part, which members of a call can be changed, the 429 and its header. From code of others: the names of the
//! fields of a filter, and what is related to what. Ours, at its strictest: unknown members are refused, a number that was there
//! before is compared as it was written, and what searches make of punctuation is what Lucene's standard analysis would.

mod calls;
mod filter;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

use self::{
    calls::{calls, log, update_log},
    filter::{Query, Thing},
};
use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor};

pub struct Close;

pub const KEY: &str = "api_0planted7Yw2Kq.5sVb1Xr9Lm3Tz";

const ORGANIZATION: &str = "orga_Example1";
const USER: &str = "user_Example1";
/// A lead that was there for ever and was never given a name.
const UNNAMED: &str = "Untitled";
/// Ours, and never answered: a lead that Close made because a contact needs one.
const ALONG: &str = "_along";

const CONTACT: &[&str] = &["lead_id", "name", "title", "phones", "emails", "urls", "timezone"];
const LEAD: &[&str] = &["name", "description", "url", "status_id", "contacts", "addresses"];
impl Vendor for Close {
    fn purpose(&self, asked: &Asked) -> Purpose {
        let path = asked.path.trim_start_matches("/api/v1");
        let own = |folder: &str| path.len() > folder.len() && path.starts_with(folder);
        match (asked.method.as_str(), path) {
            ("GET", "/me/") => Purpose::Account,
            ("POST", "/data/search/") => Purpose::Find,
            ("POST", "/contact/" | "/lead/") => Purpose::Create,
            ("POST", "/activity/call/") => Purpose::Log,
            ("GET", "/activity/call/") => Purpose::FindLog,
            ("PUT", _) if own("/activity/call/") => Purpose::UpdateLog,
            ("PUT", _) if own("/contact/") => Purpose::Change,
            // For whom a contact works.
            ("GET", _) if own("/lead/") && asked.query == "_fields=display_name" => Purpose::Other,
            ("GET", _) if own("/contact/") || own("/lead/") => Purpose::Get,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, _: &mut Records, asked: &Asked) -> Result<(), Reply> {
        let expected = format!("Basic {}", BASE64_STANDARD.encode(format!("{KEY}:")));
        if asked.header("authorization") == Some(&expected) {
            Ok(())
        } else {
            Err(refused(401, "Unauthorized"))
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        // Every address ends with a slash.
        let ["api", "v1", parts @ .., ""] = parts.as_slice() else {
            return refused(404, "The requested URL was not found on the server");
        };
        let answer = match (asked.method.as_str(), parts) {
            ("GET", ["me"]) => Ok(me()),
            ("POST", ["data", "search"]) => search(records, asked),
            ("POST", ["contact"]) => create_contact(records, asked),
            ("POST", ["lead"]) => create_lead(records, asked),
            ("GET", ["contact" | "lead", id]) => read(records, id, asked),
            ("PUT", ["contact", id]) => update_contact(records, id, asked),
            ("POST", ["activity", "call"]) => log(records, asked),
            ("GET", ["activity", "call"]) => calls(records, asked),
            ("PUT", ["activity", "call", id]) => update_log(records, id, asked),
            (_, ["me"] | ["data", "search"] | ["contact" | "lead", ..] | ["activity", "call", ..]) => {
                Err(refused(405, "The method is not allowed for the requested URL"))
            }
            _ => Err(refused(404, "The requested URL was not found on the server")),
        };
        let answer = answer.unwrap_or_else(|refusal| refusal);
        answer.with("ratelimit", "limit=160, remaining=159, reset=8")
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        match status {
            // The body used to say the time to wait, too; since April 2024 it is the header's.
            429 => refused(429, "API call count exceeded").with("ratelimit", "limit=160, remaining=0, reset=2"),
            _ => refused(status, words),
        }
    }

    fn plant(&self, records: &mut Records, planted: &Planted) -> String {
        let mut fields = Map::new();
        fields.insert("name".into(), planted.name().into());
        let phone = |raw: &String| json!({ "phone": raw, "phone_formatted": raw, "type": "office" });
        fields.insert("phones".into(), planted.numbers.iter().map(phone).collect());
        let email = |email: &String| json!({ "email": email, "type": "office", "is_unsubscribed": false });
        fields.insert("emails".into(), planted.email.iter().map(email).collect());
        let mut company = Map::new();
        if planted.kind == "lead" {
            company.insert("name".into(), planted.name().into());
            let id = lead(records.plant("lead", company).id);
            if !planted.numbers.is_empty() {
                // Somebody there has the number.
                fields.insert("name".into(), "Reception".into());
                fields.insert("lead_id".into(), id.clone().into());
                records.plant("contact", fields);
            }
            return id;
        }
        company.insert("name".into(), planted.company.clone().into());
        company.insert(ALONG.into(), true.into());
        fields.insert("lead_id".into(), lead(records.plant("lead", company).id).into());
        name_of(records.plant("contact", fields))
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let contact = |row: &Row| Planted {
            kind: "contact".into(),
            given: String::new(),
            family: row.text("name").unwrap_or_default(),
            numbers: values(row, "phones", "phone"),
            email: values(row, "emails", "email").into_iter().next(),
            company: of_lead(records, row).and_then(|lead| lead.text("name")),
        };
        let company = |row: &Row| {
            let contacts: Vec<&Row> = contacts_of(records, row).collect();
            let all = |list: &str, value: &str| {
                contacts
                    .iter()
                    .flat_map(|row| values(row, list, value))
                    .collect::<Vec<_>>()
            };
            Planted {
                kind: "lead".into(),
                given: String::new(),
                family: row.text("name").unwrap_or_default(),
                numbers: all("phones", "phone"),
                email: all("emails", "email").into_iter().next(),
                company: None,
            }
        };
        let leads = records.all("lead").filter(|row| row.text(ALONG).is_none());
        let leads = leads.map(|row| (lead(row.id), company(row)));
        let contacts = records.all("contact").map(|row| (name_of(row), contact(row)));
        contacts.chain(leads).collect()
    }

    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let log = |row: &Row| {
            let ids = [row.text("lead_id"), row.text("contact_id")];
            SeenLog {
                id: acti(row.id),
                contacts: vec![ids.into_iter().flatten().collect::<Vec<_>>().join("-")],
                title: String::new(),
                text: Ok(row.text("note").unwrap_or_default()),
                marker: None,
                seconds: row.fields.get("duration").and_then(Value::as_u64),
                chosen: None,
            }
        };
        records.all("call").map(log).collect()
    }
}

fn lead(id: u64) -> String {
    format!("lead_{id}")
}

fn cont(id: u64) -> String {
    format!("cont_{id}")
}

fn acti(id: u64) -> String {
    format!("acti_{id}")
}

/// A contact as the connector calls it: of both ids.
fn name_of(row: &Row) -> String {
    format!("{}-{}", row.text("lead_id").unwrap_or_default(), cont(row.id))
}

/// The record of an id of Close, if it is one of this type.
fn row<'a>(records: &'a Records, kind: &str, id: &str) -> Option<&'a Row> {
    let begin = match kind {
        "lead" => "lead_",
        "contact" => "cont_",
        _ => "acti_",
    };
    records.get(kind, id.strip_prefix(begin)?)
}

fn of_lead<'a>(records: &'a Records, contact: &Row) -> Option<&'a Row> {
    row(records, "lead", &contact.text("lead_id")?)
}

fn contacts_of<'a>(records: &'a Records, of: &Row) -> impl Iterator<Item = &'a Row> {
    let own = lead(of.id);
    records
        .all("contact")
        .filter(move |row| row.text("lead_id").as_ref() == Some(&own))
}

/// One member of all lines of a list.
fn values(row: &Row, list: &str, value: &str) -> Vec<String> {
    let lines = row.fields.get(list).and_then(Value::as_array).into_iter().flatten();
    let values = lines.filter_map(|line| line[value].as_str());
    values.map(str::to_owned).collect()
}

fn search(records: &Records, asked: &Asked) -> Result<Reply, Reply> {
    let body = object(
        asked,
        &["query", "_fields", "_limit", "cursor", "sort", "include_counts"],
    )?;
    let query = Query::parse(body.get("query").unwrap_or(&Value::Null), None);
    let query = query.map_err(|wrong| refused(400, &wrong))?;
    let kind = query
        .object_type()
        .ok_or_else(|| refused(400, "an object_type is required"))?;
    let limit = match body.get("_limit") {
        None => 100,
        Some(limit) => limit
            .as_u64()
            .filter(|limit| (1..=200).contains(limit))
            .and_then(|limit| usize::try_from(limit).ok())
            .ok_or_else(|| refused(400, "_limit is from 1 to 200"))?,
    };
    let wanted = match body.get("_fields") {
        None => vec!["id".to_owned()],
        Some(fields) => {
            let names = fields[kind].as_array().into_iter().flatten().filter_map(Value::as_str);
            names.map(str::to_owned).collect()
        }
    };
    let hits = records
        .searchable(kind)
        .filter(|row| query.holds(records, Thing::of(row)));
    let mut data = Vec::new();
    for row in hits.take(limit) {
        let mut item = only(&record(records, row), &wanted)?;
        item.insert("__object_type".into(), kind.into());
        data.push(item);
    }
    Ok(Reply::json(200, &json!({ "data": data, "cursor": null })))
}

fn read(records: &Records, id: &str, asked: &Asked) -> Result<Reply, Reply> {
    if let Some(name) = asked.unknown_parameter(&["_fields"]) {
        return Err(refused(400, &format!("unexpected parameter {name:?}")));
    }
    let kind = if asked.path.starts_with("/api/v1/lead/") {
        "lead"
    } else {
        "contact"
    };
    let row = row(records, kind, id).ok_or_else(|| refused(404, "Not found"))?;
    let record = record(records, row);
    match asked.parameter("_fields") {
        None => Ok(Reply::json(200, &record)),
        Some(wanted) => {
            let wanted: Vec<String> = wanted.split(',').map(str::to_owned).collect();
            Ok(Reply::json(200, &Value::Object(only(&record, &wanted)?)))
        }
    }
}

/// # Errors
/// There is no such field.
fn only(record: &Value, wanted: &[String]) -> Result<Map<String, Value>, Reply> {
    let pairs = wanted.iter().map(|name| match record.get(name) {
        Some(value) => Ok((name.clone(), value.clone())),
        None => Err(refused(400, &format!("there is no field {name:?}"))),
    });
    pairs.collect()
}

fn create_contact(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let mut new = contact(object(asked, CONTACT)?)?;
    match new.get("lead_id").and_then(Value::as_str) {
        Some(id) if row(records, "lead", id).is_none() => return Err(wrong_field("lead_id", "Lead does not exist.")),
        Some(_) => {}
        None => {
            // "named after the contact"
            let mut along = Map::new();
            along.insert("name".into(), new.get("name").cloned().unwrap_or_default());
            along.insert(ALONG.into(), true.into());
            let id = lead(records.add("lead", along).id);
            new.insert("lead_id".into(), id.into());
        }
    }
    let made = records.add("contact", new).clone();
    Ok(Reply::json(200, &record(records, &made)))
}

fn create_lead(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let mut new = object(asked, LEAD)?;
    let contacts = match new.remove("contacts") {
        None => Vec::new(),
        Some(Value::Array(contacts)) => contacts,
        Some(_) => return Err(wrong_field("contacts", "Must be a list.")),
    };
    is_name(&new)?;
    let mut people = Vec::new();
    for one in contacts {
        let Value::Object(one) = one else {
            return Err(wrong_field("contacts", "Must be objects."));
        };
        if let Some(name) = one
            .keys()
            .find(|name| *name == "lead_id" || !CONTACT.contains(&name.as_str()))
        {
            return Err(wrong_field(name, "Unexpected field."));
        }
        people.push(contact(one)?);
    }
    let made = records.add("lead", new).clone();
    for mut one in people {
        one.insert("lead_id".into(), lead(made.id).into());
        records.add("contact", one);
    }
    Ok(Reply::json(200, &record(records, &made)))
}

fn update_contact(records: &mut Records, id: &str, asked: &Asked) -> Result<Reply, Reply> {
    let changes = contact(object(asked, CONTACT)?)?;
    let at = row(records, "contact", id).map(Row::id);
    let changed = at.and_then(|at| records.get_mut("contact", &at));
    let changed = changed.ok_or_else(|| refused(404, "Not found"))?;
    changed.fields.extend(changes);
    let changed = changed.clone();
    Ok(Reply::json(200, &record(records, &changed)))
}

/// What was sent of a contact, with its numbers as Close keeps them.
fn contact(mut sent: Map<String, Value>) -> Result<Map<String, Value>, Reply> {
    is_name(&sent)?;
    for (list, value) in [("phones", "phone"), ("emails", "email")] {
        let Some(lines) = sent.get_mut(list) else { continue };
        let lines = lines
            .as_array_mut()
            .ok_or_else(|| wrong_field(list, "Must be a list."))?;
        for line in lines.iter_mut() {
            let fine = line.as_object().is_some_and(|line| {
                line.keys().all(|name| name == value || name == "type") && line.get("type").is_none_or(Value::is_string)
            });
            let text = line[value].as_str().filter(|_| fine);
            let text = text.ok_or_else(|| wrong_field(list, "Must be objects of a value and a type."))?;
            let kind = line.get("type").cloned().unwrap_or_else(|| "office".into());
            *line = match list {
                "phones" => {
                    let stored = e164(text).ok_or_else(|| wrong_field("phones", "Invalid phone number."))?;
                    json!({ "phone": stored, "phone_formatted": stored, "type": kind })
                }
                _ if text.contains('@') => json!({ "email": text, "type": kind, "is_unsubscribed": false }),
                _ => return Err(wrong_field("emails", "Invalid email address.")),
            };
        }
    }
    Ok(sent)
}

/// E.164, or ten digits of the organization's own country.
fn e164(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|sign| !" -.()".contains(*sign)).collect();
    let digits = bare.strip_prefix('+').unwrap_or(&bare);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    match (is_number, bare.starts_with('+'), digits.len()) {
        (true, true, 7..=15) => Some(bare),
        (true, false, 10) => Some(format!("+1{bare}")),
        _ => None,
    }
}

fn is_name(sent: &Map<String, Value>) -> Result<(), Reply> {
    match sent.get("name") {
        Some(Value::String(name)) if name.chars().count() > 1_000 => {
            Err(wrong_field("name", "Longer than maximum length 1000."))
        }
        None | Some(Value::String(_)) => Ok(()),
        Some(_) => Err(wrong_field("name", "Not a valid string.")),
    }
}

fn record(records: &Records, row: &Row) -> Value {
    let field = |name: &str| row.fields.get(name).cloned().unwrap_or_default();
    let list = |name: &str| row.fields.get(name).cloned().unwrap_or_else(|| json!([]));
    let mut record = json!({
        "id": filter::id(row), "name": field("name"), "organization_id": ORGANIZATION, "created_by": USER, "updated_by": USER,
        "date_created": "2026-01-12T09:30:00.124000+00:00", "date_updated": "2026-02-03T10:00:00.456000+00:00",
    });
    let own = if row.kind == "lead" {
        let contacts: Vec<Value> = contacts_of(records, row)
            .map(|contact| self::record(records, contact))
            .collect();
        json!({
            "display_name": row.text("name").unwrap_or_else(|| UNNAMED.into()), "contacts": contacts, "addresses": [],
            "description": row.text("description").unwrap_or_default(), "url": field("url"), "status_label": "Potential",
            "html_url": format!("https://app.close.com/lead/{}/", lead(row.id)), "tasks": [], "opportunities": [],
        })
    } else {
        json!({
            "display_name": row.text("name").unwrap_or_default(), "lead_id": field("lead_id"), "title": field("title"),
            "phones": list("phones"), "emails": list("emails"), "urls": list("urls"),
        })
    };
    if let (Some(record), Value::Object(own)) = (record.as_object_mut(), own) {
        record.extend(own);
    }
    record
}

fn object(asked: &Asked, known: &[&str]) -> Result<Map<String, Value>, Reply> {
    let Some(Value::Object(body)) = asked.json() else {
        return Err(refused(415, "The request is no JSON object"));
    };
    match body.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(wrong_field(name, "Unexpected field.")),
        None => Ok(body),
    }
}

fn me() -> Reply {
    let body = json!({
        "id": USER, "first_name": "Pat", "last_name": "Example", "email": "pat@example.com", "image": null,
        "organizations": [{ "id": ORGANIZATION, "name": "Example Ltd" }], "email_accounts": [], "phones": [],
        "date_created": "2026-01-12T09:30:00.124000+00:00", "date_updated": "2026-02-03T10:00:00.456000+00:00",
    });
    Reply::json(200, &body)
}

fn wrong_field(name: &str, words: &str) -> Reply {
    Reply::json(400, &json!({ "errors": [], "field-errors": { name: words } }))
}

fn refused(status: u16, words: &str) -> Reply {
    Reply::json(status, &json!({ "error": words }))
}
