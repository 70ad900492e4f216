//! Contacts, matters, communications and activities: listed, read, made and changed.

use serde_json::{Map, Value, json};

use super::{
    Answer, HOST, Refused, USER, bad, not_found,
    show::{Fields, asked_for},
    unfit,
};
use crate::crm::{Asked, Records, Reply, Row};

const CONTACT: &[&str] = &[
    "name",
    "type",
    "first_name",
    "middle_name",
    "last_name",
    "prefix",
    "title",
    "company",
    "email_addresses",
    "phone_numbers",
    "addresses",
    "web_sites",
    "date_of_birth",
];
const COMMUNICATION: &[&str] = &[
    "body",
    "date",
    "external_properties",
    "matter",
    "notification_event_subscribers",
    "received_at",
    "receivers",
    "senders",
    "subject",
    "type",
];
const ACTIVITY: &[&str] = &[
    "type",
    "date",
    "quantity",
    "note",
    "non_billable",
    "no_charge",
    "communication",
    "matter",
    "price",
    "user",
];

pub fn answer(records: &mut Records, asked: &Asked, method: &str, parts: &[&str]) -> Answer {
    let id = |name: &str| name.strip_suffix(".json").unwrap_or(name).to_owned();
    match (method, parts) {
        ("GET", ["users", "who_am_i.json"]) => {
            let me = json!({
                "id": USER, "name": "Pat Example", "first_name": "Pat", "last_name": "Example", "email": "pat@example.com",
                "time_zone": "America/New_York", "account": { "id": 7045, "name": "Example Law LLP", "state": "active" },
            });
            one(200, asked, &me)
        }
        ("GET", ["contacts.json"]) => contacts(records, asked),
        ("POST", ["contacts.json"]) => {
            let body = data(asked, CONTACT)?;
            for name in ["name", "type"] {
                text(&body, name)?.ok_or_else(|| unfit(format!("{name} can't be blank")))?;
            }
            let new = contact_fields(records, body, Map::new())?;
            let id = records.add("contact", new).id();
            one(201, asked, &contact(records, records.get("contact", &id).unwrap()))
        }
        ("GET", ["contacts", name]) => {
            let row = records.get("contact", &id(name)).ok_or_else(not_found)?;
            one(200, asked, &contact(records, row))
        }
        ("PATCH", ["contacts", name]) => {
            let before = records.get("contact", &id(name)).ok_or_else(not_found)?.fields.clone();
            let after = contact_fields(records, data(asked, CONTACT)?, before)?;
            records.get_mut("contact", &id(name)).unwrap().fields = after;
            one(
                200,
                asked,
                &contact(records, records.get("contact", &id(name)).unwrap()),
            )
        }
        ("GET", ["matters.json"]) => {
            let (client, status) = (asked.parameter("client_id"), asked.parameter("status"));
            let is_wanted = |row: &&Row| {
                let is = row.text("status").unwrap_or_default().to_lowercase();
                row.text("client_id") == client && status.iter().all(|all| all.split(',').any(|one| one == is))
            };
            let all = records.all("matter").filter(is_wanted).map(matter).collect();
            list(asked, &["client_id", "status", "query"], all)
        }
        ("GET", ["relationships.json"]) => {
            let of = asked.parameter("contact_id");
            let related = records.all("relationship").filter(|row| row.text("contact_id") == of);
            let shown = |row: &Row| {
                let matter_of = row
                    .text("matter_id")
                    .and_then(|id| records.get("matter", &id).map(matter));
                json!({ "id": row.id, "description": "Witness", "matter": matter_of })
            };
            list(asked, &["contact_id", "matter_id"], related.map(shown).collect())
        }
        ("POST", ["communications.json"]) => {
            let body = data(asked, COMMUNICATION)?;
            for name in ["subject", "body", "type"] {
                text(&body, name)?.ok_or_else(|| unfit(format!("{name} can't be blank")))?;
            }
            communication_fields(records, &body)?;
            one(201, asked, &communication(records.add("communication", body)))
        }
        ("PATCH", ["communications", name]) => {
            let body = data(asked, COMMUNICATION)?;
            communication_fields(records, &body)?;
            let row = records.get_mut("communication", &id(name)).ok_or_else(not_found)?;
            row.fields.extend(body);
            one(200, asked, &communication(row))
        }
        ("GET", ["communications.json"]) => {
            let since = match asked.parameter("created_since") {
                None => None,
                Some(since) if !is_time(&since) => return Err(bad("created_since is not an ISO-8601 timestamp")),
                Some(since) => since.parse::<jiff::Timestamp>().ok(),
            };
            let (of, kind) = (asked.parameter("contact_id"), asked.parameter("type"));
            let is_wanted = |row: &&Row| {
                let lies_on = |id: &String| participants(row, "Contact").contains(id);
                since.is_none_or(|since| row.written.0 >= since.as_millisecond())
                    && of.iter().all(lies_on)
                    && kind.iter().all(|kind| row.text("type").as_ref() == Some(kind))
            };
            let all = records
                .all("communication")
                .filter(is_wanted)
                .map(communication)
                .collect();
            list(
                asked,
                &["contact_id", "type", "created_since", "query", "user_id", "matter_id"],
                all,
            )
        }
        ("POST", ["activities.json"]) => create_activity(records, asked),
        ("PATCH", ["activities", name]) => {
            let body = data(asked, ACTIVITY)?;
            if body.get("non_billable").is_some_and(|truth| !truth.is_boolean()) {
                return Err(bad("non_billable must be a boolean"));
            }
            belongs_to(records, &body, "matter")?;
            let row = records.get_mut("activity", &id(name)).ok_or_else(not_found)?;
            row.fields.extend(body);
            one(200, asked, &activity(row))
        }
        ("GET", ["activities.json"]) => {
            let of = asked.parameter("communication_id");
            let belongs = |row: &&Row| row.fields.get("communication").map(|it| it["id"].to_string()) == of;
            let all = records.all("activity").filter(belongs).map(activity).collect();
            list(asked, &["communication_id", "type", "matter_id"], all)
        }
        _ => Err(not_found()),
    }
}

/// The one that hangs on this communication. It is its length, too.
pub fn time_entry<'r>(records: &'r Records, communication: &Row) -> Option<&'r Row> {
    let id = communication.id;
    let is_its = move |row: &&Row| row.fields.get("communication").is_some_and(|it| it["id"] == id);
    records.all("activity").find(is_its)
}

/// What a person chose: the matter, and the sort of time entry. Both must be of the same matter.
pub fn chosen(records: &Records, communication: &Row) -> String {
    let matter = |row: &Row| row.fields.get("matter").map(|matter| matter["id"].to_string());
    let sort = |entry: &Row| match entry.text("non_billable").as_deref() {
        Some("true") => "non_billable",
        _ => "billable",
    };
    let entry = time_entry(records, communication);
    format!(
        "{:?} {:?} {}",
        matter(communication),
        entry.and_then(matter),
        entry.map_or("none", sort)
    )
}

/// Ids of those who took part, of one type.
pub fn participants(row: &Row, kind: &str) -> Vec<String> {
    let lists = ["senders", "receivers"]
        .into_iter()
        .filter_map(|list| row.fields.get(list)?.as_array());
    let of_kind = lists.flatten().filter(|one| one["type"] == kind);
    of_kind.map(|one| one["id"].to_string()).collect()
}

/// Numbers letter by letter; names, titles, companies and addresses as far as the words are in them.
fn contacts(records: &Records, asked: &Asked) -> Answer {
    let wanted = asked.parameter("query").unwrap_or_default().to_lowercase();
    let kind = asked.parameter("type");
    let is_hit = |row: &&Row| {
        let shown = contact(records, row);
        let numbers = shown["phone_numbers"].as_array().into_iter().flatten();
        let has_number = numbers
            .filter_map(|number| number["number"].as_str())
            .any(|number| number == wanted);
        let company = shown["company"]["name"].clone();
        let emails = shown["email_addresses"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|email| email["address"].clone());
        let texts = [shown["name"].clone(), shown["title"].clone(), company]
            .into_iter()
            .chain(emails);
        let has_words = texts
            .filter_map(|text| text.as_str().map(str::to_lowercase))
            .any(|text| text.contains(&wanted));
        (has_number || has_words) && kind.iter().all(|kind| shown["type"] == kind.as_str())
    };
    let found = records
        .searchable("contact")
        .filter(is_hit)
        .map(|row| contact(records, row))
        .collect();
    list(
        asked,
        &[
            "query",
            "type",
            "client_only",
            "created_since",
            "updated_since",
            "order",
        ],
        found,
    )
}

/// What a contact is after these changes.
fn contact_fields(
    records: &Records,
    changes: Map<String, Value>,
    mut fields: Map<String, Value>,
) -> Result<Map<String, Value>, Refused> {
    let is_company = match text(&changes, "type")?.or_else(|| fields.get("type").and_then(Value::as_str)) {
        Some("Company") => true,
        Some("Person") => false,
        _ => return Err(unfit("Type is not included in the list")),
    };
    for (name, value) in changes {
        match name.as_str() {
            "company" => {
                let id = value["id"]
                    .as_u64()
                    .ok_or_else(|| bad("company.id must be an integer"))?;
                let there = records
                    .get("contact", &id.to_string())
                    .is_some_and(|row| row.text("type").as_deref() == Some("Company"));
                if !there || is_company {
                    return Err(unfit("Company must exist"));
                }
                fields.insert("company_id".into(), id.into());
            }
            "phone_numbers" => nested(
                &mut fields,
                "phone_numbers",
                "number",
                &["name", "number", "default_number"],
                &value,
            )?,
            "email_addresses" => nested(
                &mut fields,
                "email_addresses",
                "address",
                &["name", "address", "default_email"],
                &value,
            )?,
            "first_name" | "last_name" if is_company => return Err(unfit(format!("A company has no {name}"))),
            _ => {
                let long = value.as_str().is_none_or(|text| text.chars().count() > 255);
                if long {
                    return Err(unfit(format!("{name} is too long (maximum is 255 characters)")));
                }
                fields.insert(name, value);
            }
        }
    }
    let parts = ["first_name", "last_name"].map(|part| fields.get(part).and_then(Value::as_str).unwrap_or_default());
    let joined = parts.join(" ").trim().to_owned();
    if !joined.is_empty() {
        fields.insert("name".into(), joined.into());
    }
    Ok(fields)
}

/// Items without an id are new, those with one are changed; the others stay.
fn nested(
    fields: &mut Map<String, Value>,
    list: &str,
    value: &str,
    known: &[&str],
    items: &Value,
) -> Result<(), Refused> {
    let mut all = fields.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
    for item in items
        .as_array()
        .ok_or_else(|| bad(format!("{list} must be an array")))?
    {
        let item = item
            .as_object()
            .ok_or_else(|| bad(format!("{list} must hold objects")))?;
        if let Some(name) = item
            .keys()
            .find(|name| *name != "id" && !known.contains(&name.as_str()))
        {
            return Err(bad(format!("{name} is not permitted in {list}")));
        }
        let text = item.get(value).and_then(Value::as_str).filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| unfit(format!("{value} can't be blank")))?;
        let name = item.get("name").and_then(Value::as_str).unwrap_or("Other");
        match item.get("id") {
            None => all.push(json!({ "id": 80 + all.len(), "name": name, value: text, "primary": all.is_empty() })),
            Some(id) => {
                let there = all.iter_mut().find(|one| one["id"] == *id);
                there.ok_or_else(not_found)?[value] = text.into();
            }
        }
    }
    fields.insert(list.to_owned(), all.into());
    Ok(())
}

fn communication_fields(records: &Records, body: &Map<String, Value>) -> Result<(), Refused> {
    if text(body, "type")?.is_some_and(|kind| !["PhoneCommunication", "EmailCommunication"].contains(&kind)) {
        return Err(unfit("Type is not included in the list"));
    }
    if text(body, "subject")?.is_some_and(|subject| subject.chars().count() > 255) {
        return Err(unfit("Subject is too long (maximum is 255 characters)"));
    }
    if text(body, "body")?.is_some_and(|body| body.chars().count() > 65_535) {
        return Err(unfit("Body is too long"));
    }
    if text(body, "received_at")?.is_some_and(|time| !is_time(time)) {
        return Err(bad("received_at is not an ISO-8601 timestamp"));
    }
    for list in ["senders", "receivers"] {
        for one in body.get(list).and_then(Value::as_array).into_iter().flatten() {
            let there = match (one["type"].as_str(), one["id"].as_u64()) {
                (Some("User"), Some(id)) => id == USER,
                (Some("Contact"), Some(id)) => records.get("contact", &id.to_string()).is_some(),
                _ => return Err(bad(format!("{list} must have an id and a type"))),
            };
            if !there {
                return Err(not_found());
            }
        }
    }
    belongs_to(records, body, "matter")
}

fn create_activity(records: &mut Records, asked: &Asked) -> Answer {
    let body = data(asked, ACTIVITY)?;
    if text(&body, "type")? != Some("TimeEntry") {
        return Err(unfit("Type is not included in the list"));
    }
    let is_date = |text: &str| text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    if !text(&body, "date")?.is_some_and(is_date) {
        return Err(bad("date is not an ISO-8601 date"));
    }
    if !body
        .get("quantity")
        .and_then(Value::as_f64)
        .is_some_and(|seconds| seconds > 0.0)
    {
        return Err(unfit("Quantity must be greater than 0"));
    }
    if body.get("non_billable").is_some_and(|truth| !truth.is_boolean()) {
        return Err(bad("non_billable must be a boolean"));
    }
    belongs_to(records, &body, "communication")?;
    belongs_to(records, &body, "matter")?;
    one(201, asked, &activity(records.add("activity", body)))
}

fn belongs_to(records: &Records, body: &Map<String, Value>, kind: &str) -> Result<(), Refused> {
    match body.get(kind) {
        None => Ok(()),
        Some(other) => match other["id"].as_u64() {
            Some(id) if records.get(kind, &id.to_string()).is_some() => Ok(()),
            Some(_) => Err(not_found()),
            None => Err(bad(format!("{kind}.id must be an integer"))),
        },
    }
}

fn contact(records: &Records, row: &Row) -> Value {
    let company = row.text("company_id").and_then(|id| records.get("contact", &id));
    let company =
        company.map(|row| json!({ "id": row.id, "name": row.text("name"), "type": "Company", "title": null }));
    let list = |name: &str| row.fields.get(name).cloned().unwrap_or_else(|| json!([]));
    json!({
        "id": row.id, "type": row.text("type"), "name": row.text("name"), "first_name": row.text("first_name"),
        "last_name": row.text("last_name"), "title": row.text("title"), "company": company,
        "email_addresses": list("email_addresses"), "phone_numbers": list("phone_numbers"),
        "created_at": "2026-01-12T09:30:00-05:00", "updated_at": "2026-02-03T10:00:00-05:00",
    })
}

fn matter(row: &Row) -> Value {
    json!({
        "id": row.id, "display_number": format!("{:05}-Example", row.id), "number": row.id, "status": row.text("status"),
        "description": row.text("description"),
    })
}

fn communication(row: &Row) -> Value {
    let mut shown = json!({ "id": row.id, "matter": null, "senders": [], "receivers": [], "received_at": null });
    shown.as_object_mut().unwrap().extend(row.fields.clone());
    shown
}

fn activity(row: &Row) -> Value {
    let mut shown = json!({ "id": row.id, "matter": null, "communication": null, "note": null });
    shown.as_object_mut().unwrap().extend(row.fields.clone());
    shown
}

fn one(status: u16, asked: &Asked, record: &Value) -> Answer {
    Ok(Reply::json(status, &json!({ "data": asked_for(asked)?.of(record)? })))
}

/// A page of the list; the address of the next one is in it.
fn list(asked: &Asked, known: &[&str], all: Vec<Value>) -> Answer {
    let known = [&["fields", "limit", "page_token"], known].concat();
    if let Some(name) = asked.unknown_parameter(&known) {
        return Err(bad(format!("unknown parameter {name}")));
    }
    let number = |name: &str, otherwise: usize| match asked.parameter(name) {
        None => Ok(otherwise),
        Some(text) => text.parse().map_err(|_| bad(format!("{name} is no number"))),
    };
    let (limit, from) = (number("limit", 200)?, number("page_token", 0)?);
    if !(1..=200).contains(&limit) {
        return Err(bad("limit must be between 1 and 200"));
    }
    let fields: Fields = asked_for(asked)?;
    let page = all.iter().skip(from).take(limit).map(|record| fields.of(record));
    let page = page.collect::<Result<Vec<_>, _>>()?;
    let mut paging = json!({});
    if from + page.len() < all.len() {
        let query = asked.query.split('&').filter(|pair| !pair.starts_with("page_token="));
        let query = query.collect::<Vec<_>>().join("&");
        let next = from + page.len();
        paging["next"] = format!("https://{HOST}{}?{query}&page_token={next}", asked.path).into();
    }
    let meta = json!({ "paging": paging, "records": all.len() });
    Ok(Reply::json(200, &json!({ "data": page, "meta": meta })))
}

/// What lies in `data`, and nothing beside it.
fn data(asked: &Asked, known: &[&str]) -> Result<Map<String, Value>, Refused> {
    let Some(Value::Object(mut body)) = asked.json() else {
        return Err(bad("The request body is not JSON"));
    };
    let data = body.remove("data");
    match data {
        Some(Value::Object(data)) if body.is_empty() => {
            match data.keys().find(|name| !known.contains(&name.as_str())) {
                Some(name) => Err(bad(format!("{name} is not a permitted parameter"))),
                None => Ok(data),
            }
        }
        _ => Err(bad("Missing required parameter: data")),
    }
}

/// `None` for a blank one.
fn text<'b>(body: &'b Map<String, Value>, name: &str) -> Result<Option<&'b str>, Refused> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty())),
        Some(_) => Err(bad(format!("{name} must be a string"))),
    }
}

/// `2026-03-02T10:00:00Z`
fn is_time(text: &str) -> bool {
    text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z')
}
