//! HubSpot's CRM objects, v3, as its public documentation tells of them.
//!
//! Strict: unknown members and properties are refused, filters are compared as HubSpot compares them (`search`), a call
//! without a time and an association of the wrong sort are refused. Deals are only read.

mod account;
mod associations;
mod search;

use ringside_domain::phone::{self, Home};
use serde_json::{Map, Value, json};

pub use self::account::OWNER_EMAIL;
use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor, html, records::fields};

pub struct HubSpot;

pub const TOKEN: &str = "pat-na1-planted-0f6b2c";

impl Vendor for HubSpot {
    fn purpose(&self, asked: &Asked) -> Purpose {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["account-info", ..] | ["crm", "v3", "owners"]) => Purpose::Account,
            ("POST", [_, _, _, "deals", "search"]) => Purpose::Other,
            (_, ["crm", "v4", ..]) if !asked.is("GET") => Purpose::Link,
            ("POST", [_, _, _, "calls", "search"]) => Purpose::FindLog,
            ("POST", [_, _, _, _, "search"]) => Purpose::Find,
            ("POST", [_, _, _, "calls"]) => Purpose::Log,
            ("PATCH", [_, _, _, "calls", _]) => Purpose::UpdateLog,
            ("POST", [_, _, _, _]) => Purpose::Create,
            ("GET", [_, _, _, _, _]) => Purpose::Get,
            ("PATCH", [_, _, _, _, _]) => Purpose::Change,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, _: &mut Records, asked: &Asked) -> Result<(), Reply> {
        match asked.header("authorization") {
            Some(sent) if sent == format!("Bearer {TOKEN}") => Ok(()),
            Some(_) => Err(refused(
                401,
                "INVALID_AUTHENTICATION",
                "Authentication credentials not found.",
            )),
            None => Err(refused(
                401,
                "INVALID_AUTHENTICATION",
                "Authentication credentials not found.",
            )),
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let answer = match parts.as_slice() {
            ["account-info", "v3", "details"] => only(asked, &["GET"], || Ok(account::details())),
            ["crm", "v3", "owners"] => only(asked, &["GET"], || account::owners(asked)),
            ["crm", "v3", "objects", "deals", "search"] => {
                only(asked, &["POST"], || search::search(records, "deals", &body(asked)?))
            }
            ["crm", "v4", "objects", "0-48", call, "associations", rest @ ..] => {
                associations::of_call(records, call, rest, asked)
            }
            [
                "crm",
                "v3",
                "objects",
                kind @ ("contacts" | "companies" | "calls"),
                rest @ ..,
            ] => no_parameters_but(asked).and_then(|()| match (rest, asked.method.as_str()) {
                (["search"], "POST") => search::search(records, kind, &body(asked)?),
                ([], "POST") => create(records, kind, &body(asked)?),
                ([id], "GET") => get(records, kind, id, asked),
                ([id], "PATCH") => update(records, kind, id, &body(asked)?),
                _ => Err(refused(405, "VALIDATION_ERROR", "Method not allowed")),
            }),
            _ => Err(refused(404, "OBJECT_NOT_FOUND", "resource not found")),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        let category = match status {
            401 => "INVALID_AUTHENTICATION",
            403 => "MISSING_SCOPES",
            404 => "OBJECT_NOT_FOUND",
            409 => "CONFLICT",
            429 => return too_fast(words),
            _ => "VALIDATION_ERROR",
        };
        refused(status, category, words)
    }

    fn plant(&self, records: &mut Records, person: &Planted) -> String {
        let number = |at: usize| person.numbers.get(at).map_or("", String::as_str);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let properties = match person.kind.as_str() {
            "companies" => fields(&[("name", &person.family), ("phone", number(0))]),
            _ => fields(&[
                ("firstname", &person.given),
                ("lastname", &person.family),
                ("phone", number(0)),
                ("mobilephone", number(1)),
                ("email", &text(&person.email)),
                ("company", &text(&person.company)),
            ]),
        };
        let row = records.plant(&person.kind, properties);
        calculate(row);
        let id = row.id();
        associations::plant_deals(records, &person.kind, &id);
        id
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let person = |row: &Row| Planted {
            kind: row.kind.clone(),
            given: row.text("firstname").unwrap_or_default(),
            family: row.text("lastname").or(row.text("name")).unwrap_or_default(),
            numbers: ["phone", "mobilephone"]
                .iter()
                .filter_map(|field| row.text(field))
                .collect(),
            email: row.text("email"),
            company: row.text("company"),
        };
        let kinds = ["contacts", "companies"].into_iter();
        kinds
            .flat_map(|kind| records.all(kind))
            .map(|row| (row.id(), person(row)))
            .collect()
    }

    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let log = |row: &Row| SeenLog {
            id: row.id(),
            contacts: associations::of(row, associations::PEOPLE),
            title: row.text("hs_call_title").unwrap_or_default(),
            text: html::seen(&row.text("hs_call_body").unwrap_or_default()),
            marker: None,
            // Milliseconds, as a text.
            seconds: row
                .text("hs_call_duration")
                .and_then(|millis| Some(millis.parse::<u64>().ok()? / 1_000)),
            chosen: Some(associations::of(row, associations::DEALS).join(",")).filter(|deals| !deals.is_empty()),
        };
        records.all("calls").map(log).collect()
    }
}

/// The properties of each object; what is not among them does not exist. Only contacts have calculated numbers: of the 361
/// properties of a company in a portal's dump none is one.
fn known(kind: &str) -> &'static [&'static str] {
    match kind {
        "contacts" => &[
            "firstname",
            "lastname",
            "phone",
            "mobilephone",
            "company",
            "jobtitle",
            "email",
            "country",
            "lifecyclestage",
            "hs_lead_status",
            "lastmodifieddate",
            "hs_object_id",
            "createdate",
            "hs_searchable_calculated_phone_number",
            "hs_searchable_calculated_mobile_number",
        ],
        "deals" => &[
            "dealname",
            "dealstage",
            "hs_is_closed",
            "hs_lastmodifieddate",
            "hs_object_id",
        ],
        "companies" => &[
            "name",
            "phone",
            "domain",
            "country",
            "hs_lastmodifieddate",
            "hs_object_id",
            "createdate",
        ],
        _ => &[
            "hs_timestamp",
            "hs_call_title",
            "hs_call_body",
            "hs_call_duration",
            "hs_call_direction",
            "hs_call_status",
            "hs_call_from_number",
            "hs_call_to_number",
            "hs_call_disposition",
            "hubspot_owner_id",
            "hs_object_id",
        ],
    }
}

/// Properties that HubSpot fills in by itself.
fn is_read_only(property: &str) -> bool {
    property.starts_with("hs_searchable_") || matches!(property, "hs_object_id" | "createdate" | "lastmodifieddate")
}

fn create(records: &mut Records, kind: &str, body: &Value) -> Result<Reply, Reply> {
    members(body, &["properties", "associations"])?;
    let properties = properties(kind, body)?;
    if kind == "calls" {
        call_is_valid(&properties, true)?;
    }
    if let Some(email) = properties.get("email").and_then(Value::as_str)
        && let Some(there) = records
            .all(kind)
            .find(|row| row.text("email").as_deref() == Some(email))
    {
        let words = format!("Contact already exists. Existing ID: {}", there.id);
        return Err(refused(409, "CONFLICT", &words));
    }
    let links = associations::asked_for(records, kind, body)?;
    let row = records.add(kind, properties);
    row.fields.extend(links);
    calculate(row);
    Ok(Reply::json(201, &object(row, None)))
}

fn update(records: &mut Records, kind: &str, id: &str, body: &Value) -> Result<Reply, Reply> {
    members(body, &["properties"])?;
    let properties = properties(kind, body)?;
    if kind == "calls" {
        call_is_valid(&properties, false)?;
    }
    let row = records.get_mut(kind, id).ok_or_else(not_found)?;
    row.fields.extend(properties);
    calculate(row);
    Ok(Reply::json(200, &object(row, None)))
}

fn get(records: &Records, kind: &str, id: &str, asked: &Asked) -> Result<Reply, Reply> {
    let row = records.get(kind, id).ok_or_else(not_found)?;
    let wanted: Vec<String> = asked
        .parameters()
        .into_iter()
        .filter(|(name, _)| name == "properties")
        .flat_map(|(_, value)| value.split(',').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    Ok(Reply::json(200, &object(row, Some(&wanted))))
}

/// A record as HubSpot writes it: every property that was asked for, null where there is none.
pub(super) fn object(row: &Row, wanted: Option<&[String]>) -> Value {
    let mut properties = Map::new();
    match wanted {
        Some(wanted) => {
            for name in wanted.iter().filter(|name| known(&row.kind).contains(&name.as_str())) {
                properties.insert(name.clone(), row.fields.get(name).cloned().unwrap_or_default());
            }
        }
        None => properties.extend(
            row.fields
                .clone()
                .into_iter()
                .filter(|(name, _)| known(&row.kind).contains(&name.as_str())),
        ),
    }
    properties.insert("hs_object_id".into(), row.id().into());
    json!({
        "id": row.id(),
        "properties": properties,
        "createdAt": "2026-01-12T09:30:00.000Z",
        "updatedAt": "2026-02-03T10:00:00.000Z",
        "archived": false,
    })
}

fn properties(kind: &str, body: &Value) -> Result<Map<String, Value>, Reply> {
    let Some(properties) = body.get("properties").and_then(Value::as_object) else {
        return Err(refused(
            400,
            "VALIDATION_ERROR",
            "Invalid input JSON: 'properties' is required",
        ));
    };
    for (name, value) in properties {
        if !known(kind).contains(&name.as_str()) || is_read_only(name) {
            let words = format!("Property \"{name}\" does not exist");
            return Err(invalid_property(name, "PROPERTY_DOESNT_EXIST", &words));
        }
        if !(value.is_string() || value.is_null()) {
            return Err(invalid_property(name, "INVALID_TYPE", "must be a string"));
        }
        let longest = if name == "hs_call_body" { 65_536 } else { 1_000 };
        if value.as_str().is_some_and(|text| text.encode_utf16().count() > longest) {
            return Err(invalid_property(name, "INVALID_LENGTH", "is too long"));
        }
    }
    if let Some(email) = properties.get("email").and_then(Value::as_str)
        && !(email.contains('@') && email.contains('.') && !email.contains(' '))
    {
        return Err(invalid_property("email", "INVALID_EMAIL", "Email address is invalid"));
    }
    Ok(properties.clone())
}

fn call_is_valid(properties: &Map<String, Value>, new: bool) -> Result<(), Reply> {
    let text = |name: &str| properties.get(name).and_then(Value::as_str);
    match text("hs_timestamp") {
        None if new => {
            let words = "Error creating CALL. Some required properties were not set.";
            return Err(refused(400, "VALIDATION_ERROR", words));
        }
        Some(time) if !is_time(time) => return Err(invalid_property("hs_timestamp", "INVALID_DATE", "is not a time")),
        _ => {}
    }
    let one_of = |name: &str, allowed: &[&str]| match text(name) {
        Some(value) if !allowed.contains(&value) => Err(invalid_property(name, "INVALID_OPTION", "is no option")),
        _ => Ok(()),
    };
    one_of("hs_call_direction", &["INBOUND", "OUTBOUND"])?;
    if text("hubspot_owner_id").is_some_and(|owner| owner != account::OWNER) {
        return Err(invalid_property("hubspot_owner_id", "INVALID_OWNER_ID", "is no owner"));
    }
    let states = [
        "BUSY",
        "CALLING_CRM_USER",
        "CANCELED",
        "COMPLETED",
        "CONNECTING",
        "FAILED",
        "IN_PROGRESS",
        "NO_ANSWER",
        "QUEUED",
        "RINGING",
    ];
    one_of("hs_call_status", &states)?;
    match text("hs_call_duration") {
        Some(duration) if duration.parse::<u64>().is_err() => Err(invalid_property(
            "hs_call_duration",
            "INVALID_INTEGER",
            "was not a valid number",
        )),
        _ => Ok(()),
    }
}

/// RFC 3339 in UTC, or milliseconds since 1970.
fn is_time(text: &str) -> bool {
    let date = text.len() >= 20 && text.as_bytes()[4] == b'-' && text.as_bytes()[10] == b'T' && text.ends_with('Z');
    date || text.parse::<i64>().is_ok_and(|millis| millis > 1_000_000_000_000)
}

/// The digits that HubSpot derives from a contact's number, without its country code.
fn calculate(row: &mut Row) {
    if row.kind != "contacts" {
        return;
    }
    let pairs = [
        ("phone", "hs_searchable_calculated_phone_number"),
        ("mobilephone", "hs_searchable_calculated_mobile_number"),
    ];
    for (from, to) in pairs {
        let digits = row.text(from).and_then(|raw| {
            let read = phone::read(&raw, &Home::of("US".parse().ok()?));
            read.number().map(phone::PhoneNumber::nsn).map(str::to_owned)
        });
        match digits {
            Some(digits) => row.fields.insert(to.into(), digits.into()),
            None => row.fields.remove(to),
        };
    }
}

fn only(asked: &Asked, methods: &[&str], answer: impl FnOnce() -> Result<Reply, Reply>) -> Result<Reply, Reply> {
    if methods.contains(&asked.method.as_str()) {
        answer()
    } else {
        Err(refused(405, "VALIDATION_ERROR", "Method not allowed"))
    }
}

fn no_parameters_but(asked: &Asked) -> Result<(), Reply> {
    let known: &[&str] = if asked.is("GET") {
        &[
            "properties",
            "propertiesWithHistory",
            "associations",
            "archived",
            "idProperty",
        ]
    } else {
        &[]
    };
    match asked.unknown_parameter(known) {
        Some(name) => Err(refused(400, "VALIDATION_ERROR", &format!("Unknown parameter {name}"))),
        None => Ok(()),
    }
}

fn body(asked: &Asked) -> Result<Value, Reply> {
    let body = asked.json().filter(Value::is_object);
    body.ok_or_else(|| refused(400, "VALIDATION_ERROR", "Invalid input JSON on line 1, column 1"))
}

/// Refuses members that HubSpot does not know.
pub(super) fn members(value: &Value, known: &[&str]) -> Result<(), Reply> {
    let object = value.as_object();
    let object = object.ok_or_else(|| refused(400, "VALIDATION_ERROR", "Invalid input JSON: expected an object"))?;
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            let words = format!("Invalid input JSON: Unrecognized field \"{name}\"");
            Err(refused(400, "VALIDATION_ERROR", &words))
        }
        None => Ok(()),
    }
}

pub(super) fn refused(status: u16, category: &str, words: &str) -> Reply {
    let body = json!({
        "status": "error", "message": words, "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf", "category": category,
    });
    Reply::json(status, &body)
}

fn invalid_property(name: &str, code: &str, words: &str) -> Reply {
    let body = json!({
        "status": "error",
        "message": format!("Property values were not valid: {name}"),
        "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
        "category": "VALIDATION_ERROR",
        "errors": [{ "message": words, "code": code, "context": { "propertyName": [name] } }],
    });
    Reply::json(400, &body)
}

fn too_fast(words: &str) -> Reply {
    let body = json!({
        "status": "error", "message": words, "errorType": "RATE_LIMIT", "policyName": "SECONDLY",
        "correlationId": "c033cdaa-2c40-4a64-ae48-b4cec88dad24",
    });
    Reply::json(429, &body)
}

fn not_found() -> Reply {
    refused(404, "OBJECT_NOT_FOUND", "Object not found.")
}
