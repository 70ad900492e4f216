//! Insightly v3.1: one field, one value, letter by letter; an event for a call, and a link that puts it on the record.

mod links;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

use self::links::{LINKS, linked};
use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor, records::fields};

pub struct Insightly;

pub const KEY: &str = "planted0-4f7e-4f0c-9a55-2b1d6c3e8f90";

/// Plural in the address, singular in links, its own id's name, and the fields that it has.
struct Entity {
    plural: &'static str,
    name: &'static str,
    key: &'static str,
    fields: &'static [&'static str],
}

const ENTITIES: &[Entity] = &[
    Entity {
        plural: "Contacts",
        name: "Contact",
        key: "CONTACT_ID",
        fields: &[
            "FIRST_NAME",
            "LAST_NAME",
            "PHONE",
            "PHONE_HOME",
            "PHONE_MOBILE",
            "PHONE_OTHER",
            "PHONE_ASSISTANT",
            "TITLE",
            "EMAIL_ADDRESS",
            "ORGANISATION_ID",
            "ADDRESS_MAIL_COUNTRY",
        ],
    },
    Entity {
        plural: "Leads",
        name: "Lead",
        key: "LEAD_ID",
        fields: &[
            "FIRST_NAME",
            "LAST_NAME",
            "PHONE",
            "MOBILE",
            "TITLE",
            "EMAIL",
            "ORGANISATION_NAME",
            "ADDRESS_COUNTRY",
        ],
    },
    Entity {
        plural: "Organisations",
        name: "Organisation",
        key: "ORGANISATION_ID",
        fields: &["ORGANISATION_NAME", "PHONE"],
    },
    Entity {
        plural: "Opportunities",
        name: "Opportunity",
        key: "OPPORTUNITY_ID",
        fields: &["OPPORTUNITY_NAME", "OPPORTUNITY_STATE", "ORGANISATION_ID"],
    },
    Entity {
        plural: "Events",
        name: "Event",
        key: "EVENT_ID",
        fields: &[
            "TITLE",
            "DETAILS",
            "LOCATION",
            "START_DATE_UTC",
            "END_DATE_UTC",
            "ALL_DAY",
            "OWNER_USER_ID",
        ],
    },
];

impl Vendor for Insightly {
    fn purpose(&self, asked: &Asked) -> Purpose {
        let path = asked.path.trim_start_matches("/v3.1/");
        match (asked.method.as_str(), path) {
            ("GET", "Users/Me") => Purpose::Account,
            ("GET", "Contacts/Search" | "Leads/Search") => Purpose::Find,
            ("GET", "Events" | "Events/Search") => Purpose::FindLog,
            ("POST", "Contacts" | "Leads") => Purpose::Create,
            ("PUT", "Contacts" | "Leads") => Purpose::Change,
            ("POST", "Events") => Purpose::Log,
            ("PUT", "Events") => Purpose::UpdateLog,
            ("POST" | "DELETE", path) if path.contains("/Links") => Purpose::Link,
            ("GET", path) if path.starts_with("Contacts/") || path.starts_with("Leads/") => Purpose::Get,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, _: &mut Records, asked: &Asked) -> Result<(), Reply> {
        let expected = format!("Basic {}", BASE64_STANDARD.encode(format!("{KEY}:")));
        if asked.header("authorization") == Some(&expected) {
            Ok(())
        } else {
            Err(self.error(401, "Authorization has been denied for this request."))
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["v3.1", plural, rest @ ..] = parts.as_slice() else {
            return refused(404, "No HTTP resource was found that matches the request URI");
        };
        if (*plural, rest) == ("Users", &["Me"]) && asked.is("GET") {
            return Reply::json(
                200,
                &json!({
                    "USER_ID": 1_820_011, "INSTANCE_ID": 880_021, "FIRST_NAME": "Pat", "LAST_NAME": "Example",
                    "TIMEZONE_ID": "Europe/London", "EMAIL_ADDRESS": "pat@example.com", "ACTIVE": true,
                }),
            );
        }
        let Some(entity) = ENTITIES.iter().find(|entity| entity.plural == *plural) else {
            return refused(404, "No HTTP resource was found that matches the request URI");
        };
        let answer = match (asked.method.as_str(), rest) {
            ("GET", ["Search"]) => search(records, entity, asked),
            ("POST", []) => create(records, entity, asked),
            ("PUT", []) => update(records, entity, asked),
            ("GET", [id]) => match records.get(entity.name, id) {
                Some(row) => Ok(Reply::json(200, &record(entity, row))),
                None => Err(refused(404, "Not found")),
            },
            ("GET", [id, "Links"]) => links::list(records, entity, id),
            ("POST", [id, "Links"]) => links::add(records, entity, id, asked),
            ("DELETE", [id, "Links", link]) => links::remove(records, entity, id, link),
            (method, _) => {
                let words = format!("The requested resource does not support http method '{method}'.");
                Err(refused(405, &words))
            }
        };
        let answer = answer.unwrap_or_else(|refusal| refusal);
        answer
            .with("X-RateLimit-Limit", "10")
            .with("X-RateLimit-Remaining", "9912")
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        refused(status, words)
    }

    fn plant(&self, records: &mut Records, person: &Planted) -> String {
        let number = |at: usize| person.numbers.get(at).map_or("", String::as_str);
        let email = person.email.clone().unwrap_or_default();
        let company = person.company.clone().unwrap_or_default();
        let mut planted = match person.kind.as_str() {
            "Lead" => fields(&[
                ("PHONE", number(0)),
                ("MOBILE", number(1)),
                ("EMAIL", &email),
                ("ORGANISATION_NAME", &company),
            ]),
            _ => fields(&[
                ("PHONE", number(0)),
                ("PHONE_MOBILE", number(1)),
                ("EMAIL_ADDRESS", &email),
            ]),
        };
        planted.extend(fields(&[("FIRST_NAME", &person.given), ("LAST_NAME", &person.family)]));
        if person.kind == "Contact" && !company.is_empty() {
            let organisation = records.plant("Organisation", fields(&[("ORGANISATION_NAME", &company)]));
            planted.insert("ORGANISATION_ID".into(), organisation.id.into());
        }
        let id = records.plant(&person.kind, planted).id();
        if person.kind == "Contact" {
            links::plant_opportunities(records, &id);
        }
        id
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let company = |row: &Row| {
            let organisation = row
                .text("ORGANISATION_ID")
                .and_then(|id| records.get("Organisation", &id));
            row.text("ORGANISATION_NAME")
                .or(organisation.and_then(|row| row.text("ORGANISATION_NAME")))
        };
        let numbers = ["PHONE", "PHONE_MOBILE", "MOBILE", "PHONE_HOME", "PHONE_OTHER"];
        let person = |row: &Row| Planted {
            kind: row.kind.clone(),
            given: row.text("FIRST_NAME").unwrap_or_default(),
            family: row.text("LAST_NAME").unwrap_or_default(),
            numbers: numbers.iter().filter_map(|field| row.text(field)).collect(),
            email: row.text("EMAIL_ADDRESS").or(row.text("EMAIL")),
            company: company(row),
        };
        let kinds = ["Contact", "Lead"].into_iter();
        kinds
            .flat_map(|kind| records.all(kind))
            .map(|row| (row.id(), person(row)))
            .collect()
    }

    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let log = |row: &Row| SeenLog {
            id: row.id(),
            contacts: links::ids(row, |name| name != "Opportunity"),
            title: row.text("TITLE").unwrap_or_default(),
            text: Ok(row.text("DETAILS").unwrap_or_default()),
            marker: None,
            // An event has an end instead of a length.
            seconds: length(row),
            chosen: Some(links::ids(row, |name| name == "Opportunity").join(",")).filter(|ids| !ids.is_empty()),
        };
        records.all("Event").map(log).collect()
    }
}

/// From the start of an event to its end.
fn length(row: &Row) -> Option<u64> {
    let at = |field: &str| {
        let time: jiff::civil::DateTime = row.text(field)?.parse().ok()?;
        time.to_zoned(jiff::tz::TimeZone::UTC).ok()
    };
    let seconds = at("START_DATE_UTC")?
        .until(&at("END_DATE_UTC")?)
        .ok()?
        .total(jiff::Unit::Second)
        .ok()?;
    Some(seconds as u64)
}

fn search(records: &Records, entity: &Entity, asked: &Asked) -> Result<Reply, Reply> {
    let known = [
        "field_name",
        "field_value",
        "updated_after_utc",
        "brief",
        "skip",
        "top",
        "count_total",
    ];
    if let Some(name) = asked.unknown_parameter(&known) {
        return Err(refused(400, &format!("{name} is not a parameter of Search")));
    }
    let top = match asked.parameter("top") {
        None => 100,
        Some(top) => top
            .parse()
            .ok()
            .filter(|top| (1..=500).contains(top))
            .ok_or_else(|| refused(400, "top must be between 1 and 500"))?,
    };
    let skip = match asked.parameter("skip") {
        None => 0,
        Some(skip) => skip.parse().map_err(|_| refused(400, "skip must be a number"))?,
    };
    let field = match (asked.parameter("field_name"), asked.parameter("field_value")) {
        (Some(name), Some(value)) if entity.fields.contains(&name.as_str()) => Some((name, value)),
        (Some(name), Some(_)) => return Err(refused(400, &format!("{name} is not a searchable field"))),
        (None, None) => None,
        _ => return Err(refused(400, "field_name and field_value go together")),
    };
    let since = asked.parameter("updated_after_utc");
    if let Some(since) = &since
        && !(since.len() >= 19 && since.as_bytes()[10] == b'T')
    {
        return Err(refused(400, "updated_after_utc is not ISO-8601"));
    }
    if field.is_none() && since.is_none() {
        return Err(refused(400, "field_name or updated_after_utc is required"));
    }
    let since: Option<jiff::Timestamp> = since.and_then(|since| since.parse().ok());
    let matches = |row: &&Row| {
        let text = |(name, value): &(String, String)| row.text(name).as_ref() == Some(value);
        let is_later = |since: &jiff::Timestamp| row.written.0 > since.as_millisecond();
        field.as_ref().is_none_or(text) && since.as_ref().is_none_or(is_later)
    };
    let found = records.searchable(entity.name).filter(matches).skip(skip).take(top);
    let found: Vec<Value> = found.map(|row| record(entity, row)).collect();
    Ok(Reply::json(200, &Value::Array(found)))
}

fn create(records: &mut Records, entity: &Entity, asked: &Asked) -> Result<Reply, Reply> {
    let body = object(entity, asked)?;
    let required = match entity.name {
        // As the vendor's own model has it.
        "Contact" => "FIRST_NAME",
        "Lead" => "LAST_NAME",
        "Event" => "TITLE",
        "Opportunity" => "OPPORTUNITY_NAME",
        _ => "ORGANISATION_NAME",
    };
    let filled = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .is_some_and(|text| !text.is_empty())
    };
    if !filled(required) {
        return Err(refused(400, &format!("The field {required} is required.")));
    }
    if entity.name == "Event" {
        for name in ["START_DATE_UTC", "END_DATE_UTC"] {
            if !body.get(name).and_then(Value::as_str).is_some_and(is_time) {
                return Err(refused(400, &format!("{name} must be yyyy-MM-dd HH:mm:ss")));
            }
        }
    }
    let organisation = body.get("ORGANISATION_ID").map(|id| id.to_string());
    if organisation.is_some_and(|id| records.get("Organisation", &id).is_none()) {
        return Err(refused(400, "ORGANISATION_ID does not exist"));
    }
    let row = records.add(entity.name, body);
    Ok(Reply::json(201, &record(entity, row)))
}

/// A part of the fields is changed, the others stay.
fn update(records: &mut Records, entity: &Entity, asked: &Asked) -> Result<Reply, Reply> {
    let mut body = object(entity, asked)?;
    let id = body.remove(entity.key).and_then(|id| id.as_u64());
    let id = id.ok_or_else(|| refused(400, &format!("{} is required", entity.key)))?;
    let row = records
        .get_mut(entity.name, &id.to_string())
        .ok_or_else(|| refused(404, "Not found"))?;
    row.fields.extend(body);
    Ok(Reply::json(200, &record(entity, row)))
}

/// Every field of the entity, null where there is nothing.
fn record(entity: &Entity, row: &Row) -> Value {
    let mut record = Map::new();
    record.insert(entity.key.into(), row.id.into());
    for field in entity.fields {
        record.insert((*field).into(), row.fields.get(*field).cloned().unwrap_or_default());
    }
    record.insert("DATE_CREATED_UTC".into(), "2026-01-12 09:30:00".into());
    record.insert("DATE_UPDATED_UTC".into(), "2026-02-03 10:00:00".into());
    record.insert(LINKS.into(), linked(row).into());
    Value::Object(record)
}

fn object(entity: &Entity, asked: &Asked) -> Result<Map<String, Value>, Reply> {
    let Some(Value::Object(body)) = asked.json() else {
        return Err(refused(400, "The request is invalid."));
    };
    for (name, value) in &body {
        let is_key = name == entity.key && asked.is("PUT");
        if !is_key && !entity.fields.contains(&name.as_str()) {
            return Err(refused(
                400,
                &format!("Could not find member '{name}' on object of type '{}'", entity.name),
            ));
        }
        let is_right = match name.as_str() {
            "ALL_DAY" => value.is_boolean(),
            name if name.ends_with("_ID") => value.is_u64(),
            _ => value.is_string() || value.is_null(),
        };
        if !is_right {
            return Err(refused(400, &format!("Error converting value of '{name}'")));
        }
        let longest = if name == "DETAILS" { 32_000 } else { 255 };
        if value.as_str().is_some_and(|text| text.encode_utf16().count() > longest) {
            return Err(refused(400, &format!("The field {name} is longer than {longest}.")));
        }
    }
    Ok(body)
}

/// `yyyy-MM-dd HH:mm:ss`
fn is_time(text: &str) -> bool {
    text.len() == 19 && text.as_bytes()[10] == b' ' && text.as_bytes()[13] == b':'
}

fn refused(status: u16, words: &str) -> Reply {
    Reply::json(status, &json!({ "Message": words }))
}
