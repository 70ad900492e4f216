//! Pipedrive: persons, organizations, deals and activities of API v2, the account of v1.
//!
//! From its OpenAPI files: addresses, parameters and members, what is required, and the shape of answers. From its changelog
//! (Search API rate limit, August 2022) and its staff: ten searches in two seconds, and ten seconds of waiting for who asks more.
//! Guessed, at its strictest: a search compares the term with the stored text, letter by letter but for their case, so a
//! number that was stored with blanks is not found by its digits; unknown members are refused.

mod activities;
mod deals;

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor, html};

#[derive(Default)]
pub struct Pipedrive {
    /// When the last searches came.
    searches: Mutex<VecDeque<Instant>>,
}

/// So many searches in any window.
const SEARCHES: usize = 10;
const WINDOW: Duration = Duration::from_secs(2);

pub const TOKEN: &str = "planted7c1e0a52f3b94d6e8a";

impl Vendor for Pipedrive {
    fn purpose(&self, asked: &Asked) -> Purpose {
        let path = asked.path.trim_start_matches("/api");
        match (asked.method.as_str(), path) {
            ("GET", "/v1/users/me" | "/v1/activityTypes") => Purpose::Account,
            ("POST", "/v2/activities") => Purpose::Log,
            ("GET", "/v2/activities") => Purpose::FindLog,
            ("PATCH", path) if path.starts_with("/v2/activities/") => Purpose::UpdateLog,
            ("GET", "/v2/persons/search") => Purpose::Find,
            ("POST", "/v2/persons") => Purpose::Create,
            ("GET", path) if path.starts_with("/v2/persons/") => Purpose::Get,
            ("PATCH", path) if path.starts_with("/v2/persons/") => Purpose::Change,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, _: &mut Records, asked: &Asked) -> Result<(), Reply> {
        if asked.header("x-api-token") == Some(TOKEN) {
            Ok(())
        } else {
            Err(self.error(401, "unauthorized access"))
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        if parts.last() == Some(&"search") && self.is_too_fast() {
            return refused(429, "request over limit")
                .with("x-ratelimit-remaining", "0")
                .with("x-ratelimit-reset", "10");
        }
        let answer = match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["api", "v1", "users", "me"]) => Ok(me()),
            ("GET", ["api", "v1", "activityTypes"]) => Ok(activities::types()),
            ("GET", ["api", "v2", "persons", "search"]) => search(records, asked),
            ("GET", ["api", "v2", "organizations", "search"]) => search_organizations(records, asked),
            ("POST", ["api", "v2", "persons"]) => create(records, asked),
            ("POST", ["api", "v2", "organizations"]) => create_organization(records, asked),
            ("GET", ["api", "v2", "persons", id]) => match records.get("person", id) {
                Some(row) => Ok(success(&person(row))),
                None => Err(refused(404, "Person not found")),
            },
            ("PATCH", ["api", "v2", "persons", id]) => update(records, id, asked),
            ("GET", ["api", "v2", "organizations", id]) => match records.get("organization", id) {
                Some(row) => Ok(success(&json!({ "id": row.id, "name": row.fields["name"] }))),
                None => Err(refused(404, "Organization not found")),
            },
            ("GET", ["api", "v2", "deals"]) => deals::list(records, asked),
            ("POST", ["api", "v2", "activities"]) => activities::add(records, asked),
            ("GET", ["api", "v2", "activities"]) => activities::list(records, asked),
            ("GET", ["api", "v2", "activities", id]) => activities::get(records, id),
            ("PATCH", ["api", "v2", "activities", id]) => activities::update(records, id, asked),
            (
                _,
                ["api", "v1", "users", ..] | ["api", "v2", "persons" | "organizations" | "activities" | "deals", ..],
            ) => Err(refused(405, "Method not allowed")),
            _ => Err(refused(404, "Unknown method .")),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        match status {
            401 => Reply::json(
                401,
                &json!({
                    "success": false, "error": words, "errorCode": 401, "error_info": "Please check developers.pipedrive.com",
                }),
            ),
            429 => refused(429, "request over limit")
                .with("x-ratelimit-remaining", "0")
                .with("x-ratelimit-reset", "2"),
            _ => refused(status, words),
        }
    }

    fn plant(&self, records: &mut Records, planted: &Planted) -> String {
        let mut fields = Map::new();
        fields.insert("name".into(), planted.name().into());
        let entry = |(at, value): (usize, &String)| json!({ "value": value, "primary": at == 0, "label": "work" });
        fields.insert("phones".into(), planted.numbers.iter().enumerate().map(entry).collect());
        fields.insert("emails".into(), planted.email.iter().enumerate().map(entry).collect());
        if let Some(company) = &planted.company {
            let mut named = Map::new();
            named.insert("name".into(), company.as_str().into());
            let organization = records.plant("organization", named).id;
            fields.insert("org_id".into(), organization.into());
        }
        let person = records.plant("person", fields).id;
        deals::plant(records, person);
        person.to_string()
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let planted = |row: &Row| Planted {
            kind: "person".into(),
            given: String::new(),
            family: row.text("name").unwrap_or_default(),
            numbers: values(row, "phones"),
            email: values(row, "emails").into_iter().next(),
            company: organization(records, row).and_then(|it| it["name"].as_str().map(str::to_owned)),
        };
        records.all("person").map(|row| (row.id(), planted(row))).collect()
    }

    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let log = |row: &Row| SeenLog {
            id: row.id(),
            contacts: activities::primary(row).map(|id| id.to_string()).into_iter().collect(),
            title: row.text("subject").unwrap_or_default(),
            text: html::seen(&row.text("note").unwrap_or_default()),
            marker: None,
            seconds: activities::seconds(row),
            chosen: row.text("deal_id"),
        };
        records.all("activity").map(log).collect()
    }
}

impl Pipedrive {
    fn is_too_fast(&self) -> bool {
        let mut searches = self.searches.lock().unwrap();
        let now = Instant::now();
        searches.retain(|at| now - *at < WINDOW);
        let too_fast = searches.len() >= SEARCHES;
        if !too_fast {
            searches.push_back(now);
        }
        too_fast
    }
}

/// As searches show it.
fn organization(records: &Records, person: &Row) -> Option<Value> {
    let row = records.get("organization", &person.text("org_id")?)?;
    Some(json!({ "id": row.id, "name": row.fields["name"] }))
}

fn search_organizations(records: &Records, asked: &Asked) -> Result<Reply, Reply> {
    let known = ["term", "fields", "exact_match", "limit", "cursor"];
    if let Some(name) = asked.unknown_parameter(&known) {
        return Err(refused(400, &format!("Parameter '{name}' is not allowed")));
    }
    if asked.parameter("fields").as_deref() != Some("name") || asked.parameter("exact_match").as_deref() != Some("true")
    {
        return Err(refused(400, "this fake finds organizations by their exact name only"));
    }
    let term = asked.parameter("term").unwrap_or_default().to_lowercase();
    let named = records
        .searchable("organization")
        .filter(|row| row.text("name").is_some_and(|name| name.to_lowercase() == term));
    let items: Vec<Value> = named
        .map(|row| json!({ "result_score": 1.0, "item": { "id": row.id, "type": "organization", "name": row.fields["name"] } }))
        .collect();
    let body = json!({ "success": true, "data": { "items": items }, "additional_data": {} });
    Ok(Reply::json(200, &body))
}

fn create_organization(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let new = object(asked, &["name", "owner_id", "visible_to", "label_ids", "address"])?;
    if new
        .get("name")
        .and_then(Value::as_str)
        .is_none_or(|name| name.trim().is_empty())
    {
        return Err(refused(400, "name is required"));
    }
    let row = records.add("organization", new);
    Ok(success(&json!({ "id": row.id, "name": row.fields["name"] })))
}

fn search(records: &Records, asked: &Asked) -> Result<Reply, Reply> {
    let known = [
        "term",
        "fields",
        "exact_match",
        "organization_id",
        "include_fields",
        "limit",
        "cursor",
    ];
    if let Some(name) = asked.unknown_parameter(&known) {
        return Err(refused(400, &format!("Parameter '{name}' is not allowed")));
    }
    let term = asked.parameter("term").unwrap_or_default().to_lowercase();
    let exact = match asked.parameter("exact_match").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(refused(400, "exact_match must be a boolean")),
    };
    if term.chars().count() < if exact { 1 } else { 2 } {
        return Err(refused(400, "term must be at least 2 characters long"));
    }
    let fields = asked
        .parameter("fields")
        .unwrap_or_else(|| "name,email,phone,notes,custom_fields".into());
    let fields: Vec<&str> = fields.split(',').collect();
    if let Some(field) = fields
        .iter()
        .find(|field| !["custom_fields", "email", "notes", "phone", "name"].contains(field))
    {
        return Err(refused(
            400,
            &format!("fields must be one of the allowed ones, not {field}"),
        ));
    }
    let limit = match asked.parameter("limit") {
        None => 100,
        Some(limit) => limit
            .parse()
            .ok()
            .filter(|limit| (1..=500).contains(limit))
            .ok_or_else(|| refused(400, "limit must be between 1 and 500"))?,
    };
    let is_hit = |text: &String| {
        let text = text.to_lowercase();
        if exact { text == term } else { text.contains(&term) }
    };
    let matches = |row: &&Row| {
        fields.iter().any(|field| match *field {
            "phone" => values(row, "phones").iter().any(is_hit),
            "email" => values(row, "emails").iter().any(is_hit),
            "name" => row.text("name").iter().any(is_hit),
            _ => false,
        })
    };
    let item = |row: &Row| {
        json!({
            "result_score": 0.5,
            "item": {
                "id": row.id, "type": "person", "name": row.fields["name"], "phones": values(row, "phones"),
                "emails": values(row, "emails"), "visible_to": 3, "owner": { "id": 1 },
                "organization": organization(records, row).unwrap_or_default(),
                "custom_fields": [], "notes": [], "update_time": "2026-02-03T10:00:00Z",
            },
        })
    };
    let items: Vec<Value> = records
        .searchable("person")
        .filter(matches)
        .take(limit)
        .map(item)
        .collect();
    let body = json!({ "success": true, "data": { "items": items }, "additional_data": {} });
    Ok(Reply::json(200, &body))
}

fn create(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let new = person_body(asked)?;
    if new
        .get("name")
        .and_then(Value::as_str)
        .is_none_or(|name| name.trim().is_empty())
    {
        return Err(refused(400, "name is required"));
    }
    let organization = new.get("org_id").map(|id| id.as_u64().map(|id| id.to_string()));
    if organization.is_some_and(|id| id.is_none_or(|id| records.get("organization", &id).is_none())) {
        return Err(refused(400, "Organization not found"));
    }
    let row = records.add("person", new);
    Ok(success(&person(row)))
}

fn update(records: &mut Records, id: &str, asked: &Asked) -> Result<Reply, Reply> {
    let changes = person_body(asked)?;
    let row = records
        .get_mut("person", id)
        .ok_or_else(|| refused(404, "Person not found"))?;
    row.fields.extend(changes);
    Ok(success(&person(row)))
}

fn person_body(asked: &Asked) -> Result<Map<String, Value>, Reply> {
    let known = [
        "name",
        "owner_id",
        "org_id",
        "add_time",
        "update_time",
        "emails",
        "phones",
        "visible_to",
        "label_ids",
        "marketing_status",
        "custom_fields",
    ];
    let body = object(asked, &known)?;
    if body.get("name").is_some_and(|name| !name.is_string()) {
        return Err(refused(400, "name must be a string"));
    }
    for list in ["emails", "phones"] {
        let Some(entries) = body.get(list) else { continue };
        let entries = entries
            .as_array()
            .ok_or_else(|| refused(400, &format!("{list} must be an array")))?;
        for entry in entries {
            let fine = entry.as_object().is_some_and(|entry| {
                entry
                    .keys()
                    .all(|key| ["value", "primary", "label"].contains(&key.as_str()))
                    && entry.get("value").is_some_and(Value::is_string)
                    && entry.get("primary").is_none_or(Value::is_boolean)
                    && entry.get("label").is_none_or(Value::is_string)
            });
            if !fine {
                return Err(refused(
                    400,
                    &format!("{list} must be a list of value, primary and label"),
                ));
            }
        }
    }
    Ok(body)
}

fn object(asked: &Asked, known: &[&str]) -> Result<Map<String, Value>, Reply> {
    let Some(Value::Object(body)) = asked.json() else {
        return Err(refused(400, "Request body is not valid JSON"));
    };
    match body.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(refused(400, &format!("Parameter '{key}' is not allowed"))),
        None => Ok(body),
    }
}

fn person(row: &Row) -> Value {
    let list = |name: &str| row.fields.get(name).cloned().unwrap_or_else(|| json!([]));
    let name = row.text("name").unwrap_or_default();
    let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
    let mut person = json!({
        "id": row.id, "name": name, "first_name": first, "last_name": last, "owner_id": 1,
        "phones": list("phones"), "emails": list("emails"), "is_deleted": false, "visible_to": 3, "label_ids": [],
        "custom_fields": {}, "add_time": "2026-01-12T09:30:00Z", "update_time": "2026-02-03T10:00:00Z",
    });
    if let Some(organization) = row.fields.get("org_id") {
        person["org_id"] = organization.clone();
    }
    person
}

/// The values of `phones` or `emails`.
fn values(row: &Row, list: &str) -> Vec<String> {
    let entries = row.fields.get(list).and_then(Value::as_array);
    let values = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["value"].as_str());
    values.map(str::to_owned).collect()
}

fn me() -> Reply {
    success(&json!({
        "id": 1, "name": "Pat Example", "email": "pat@example.com", "lang": 1, "locale": "en_US", "company_id": 7_654_321,
        "company_name": "Example Ltd", "company_domain": "acme", "timezone_name": "Europe/London", "activated": true,
    }))
}

fn success(data: &Value) -> Reply {
    Reply::json(200, &json!({ "success": true, "data": data }))
}

fn refused(status: u16, words: &str) -> Reply {
    let body = json!({ "success": false, "error": words, "code": format!("ERR_{status}"), "data": null });
    Reply::json(status, &body)
}
