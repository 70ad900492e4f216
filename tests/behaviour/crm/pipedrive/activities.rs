//! Activities: a call is one that is done.
//!
//! From Pipedrive's OpenAPI file of v2 and its client library's documentation (`pipedrive/client-php`, `docs/versions/v2`): the members
//! of a body, the parameters of a list, what each selects and how it is sorted. From its staff and users (developer community,
//! 19734): `person_id` is refused, the primary participant says it. From the documentation of v1, which v2 does not repeat:
//! `due_date` is `YYYY-MM-DD`, `due_time` and `duration` are `HH:MM`, a type is the `key_string` of one that is in use.
//! Ours, and stricter than any of these: unknown members and parameters are refused.

use ringside_domain::Clock as _;
use ringside_host::clock::SystemClock;
use serde_json::{Map, Value, json};

use super::{
    super::{Asked, Records, Reply, Row},
    deals, object, refused, success,
};

/// The account's types: whoever set it up renamed its calls.
pub(super) const TYPES: &[(&str, &str, bool)] = &[
    ("call_old", "call", false),
    ("meeting", "meeting", true),
    ("telephone", "call", true),
];

const ACTIVITY: &[&str] = &[
    "subject",
    "type",
    "owner_id",
    "deal_id",
    "lead_id",
    "person_id",
    "org_id",
    "project_id",
    "due_date",
    "due_time",
    "duration",
    "busy",
    "done",
    "location",
    "participants",
    "attendees",
    "public_description",
    "priority",
    "note",
];

pub(super) fn types() -> Reply {
    let types = TYPES.iter().enumerate().map(|(at, (key, icon, active))| {
        json!({
            "id": at + 1, "order_nr": at + 1, "name": key, "key_string": key, "icon_key": icon, "active_flag": active,
            "color": "FFFFFF", "is_custom_flag": false,
        })
    });
    success(&types.collect())
}

pub(super) fn add(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let mut new = activity(records, asked)?;
    let now = now();
    new.insert("add_time".into(), now.clone().into());
    new.insert("update_time".into(), now.into());
    Ok(success(&shown(records.add("activity", new))))
}

pub(super) fn update(records: &mut Records, id: &str, asked: &Asked) -> Result<Reply, Reply> {
    let mut changes = activity(records, asked)?;
    changes.insert("update_time".into(), now().into());
    let row = records.get_mut("activity", id).ok_or_else(gone)?;
    row.fields.extend(changes);
    Ok(success(&shown(row)))
}

pub(super) fn get(records: &Records, id: &str) -> Result<Reply, Reply> {
    records
        .get("activity", id)
        .map(|row| success(&shown(row)))
        .ok_or_else(gone)
}

/// In the order of their ids; the cursor is the last one that was shown.
pub(super) fn list(records: &Records, asked: &Asked) -> Result<Reply, Reply> {
    let known = [
        "filter_id",
        "ids",
        "owner_id",
        "deal_id",
        "lead_id",
        "person_id",
        "org_id",
        "done",
        "updated_since",
        "updated_until",
        "sort_by",
        "sort_direction",
        "include_fields",
        "limit",
        "cursor",
    ];
    if let Some(name) = asked.unknown_parameter(&known) {
        return Err(refused(400, &format!("Parameter '{name}' is not allowed")));
    }
    if asked.parameter("sort_by").is_some_and(|by| by != "id") {
        return Err(refused(400, "this fake sorts by id only"));
    }
    let number = |name: &str| asked.parameter(name).map(|text| text.parse::<u64>()).transpose();
    let number = |name: &str| number(name).map_err(|_| refused(400, &format!("{name} must be an integer")));
    let (limit, after) = (number("limit")?.unwrap_or(100), number("cursor")?.unwrap_or(0));
    if !(1..=500).contains(&limit) {
        return Err(refused(400, "limit must be between 1 and 500"));
    }
    let since = match asked.parameter("updated_since") {
        None => jiff::Timestamp::MIN,
        Some(since) => since
            .parse()
            .map_err(|_| refused(400, "updated_since must be in RFC3339 format"))?,
    };
    let person = number("person_id")?;
    let mut found = records.searchable("activity").filter(|row| {
        let updated: Option<jiff::Timestamp> = row.text("update_time").and_then(|time| time.parse().ok());
        row.id > after
            && person.is_none_or(|person| primary(row) == Some(person))
            && updated.is_some_and(|updated| updated >= since)
    });
    let page: Vec<&Row> = found.by_ref().take(limit.try_into().unwrap_or(100)).collect();
    let next = found.next().and_then(|_| page.last()).map(|row| row.id());
    let data: Vec<Value> = page.into_iter().map(shown).collect();
    let body = json!({ "success": true, "data": data, "additional_data": { "next_cursor": next } });
    Ok(Reply::json(200, &body))
}

/// Whom it is about.
pub(super) fn primary(row: &Row) -> Option<u64> {
    let all = row.fields.get("participants")?.as_array()?;
    all.iter().find(|one| one["primary"] == true)?["person_id"].as_u64()
}

/// The length, as exact as it is kept: whole minutes.
pub(super) fn seconds(row: &Row) -> Option<u64> {
    let (hours, minutes) = row.text("duration")?.split_once(':').map(|(hours, minutes)| {
        let read = |text: &str| text.parse::<u64>().unwrap_or_default();
        (read(hours), read(minutes))
    })?;
    Some(hours * 3600 + minutes * 60)
}

fn activity(records: &Records, asked: &Asked) -> Result<Map<String, Value>, Reply> {
    let body = object(asked, ACTIVITY)?;
    for (name, value) in &body {
        let text = value.as_str().unwrap_or_default();
        let fine = match name.as_str() {
            "person_id" => {
                let words = "'person_id' is a read-only field. Add a primary participant to set 'person_id' instead.";
                return Err(refused(400, words));
            }
            "type" => TYPES.iter().any(|(key, _, active)| *active && *key == text),
            "due_date" => shaped(text, "dddd-dd-dd"),
            "due_time" | "duration" => shaped(text, "dd:dd"),
            "done" | "busy" => value.is_boolean(),
            "subject" | "note" | "public_description" => value.is_string(),
            "participants" => value
                .as_array()
                .is_some_and(|all| all.iter().all(|one| participates(records, one))),
            "deal_id" => deals::is_there(records, value),
            "owner_id" | "org_id" | "project_id" | "priority" => value.is_u64(),
            _ => true,
        };
        if !fine {
            return Err(refused(400, &format!("Validation failed: {name}")));
        }
    }
    Ok(body)
}

fn participates(records: &Records, one: &Value) -> bool {
    let person = one["person_id"].as_u64().map(|id| id.to_string());
    person.is_some_and(|id| records.get("person", &id).is_some())
        && one["primary"].is_boolean()
        && one.as_object().is_some_and(|one| one.len() == 2)
}

fn shown(row: &Row) -> Value {
    let mut shown = row.fields.clone();
    shown.insert("id".into(), row.id.into());
    shown.insert("owner_id".into(), 1.into());
    shown.insert("is_deleted".into(), false.into());
    shown.extend(primary(row).map(|person| ("person_id".to_owned(), person.into())));
    // Asked for in one way, answered in another.
    for name in ["due_time", "duration"] {
        if let Some(time) = row.text(name) {
            shown.insert(name.into(), format!("{time}:00").into());
        }
    }
    Value::Object(shown)
}

/// Whether a text has digits where the shape has a `d`, and the shape's own signs elsewhere.
fn shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            sign => byte == sign,
        })
}

fn now() -> String {
    jiff::Timestamp::from_millisecond(SystemClock.now().wall.0)
        .unwrap_or_default()
        .to_string()
}

fn gone() -> Reply {
    refused(404, "Activity not found")
}
