//! Close's calls: always of a lead, of one of its contacts too where somebody says so.

use ringside_domain::Clock as _;
use ringside_host::clock::SystemClock;
use serde_json::{Map, Value, json};

use super::{
    super::{Asked, Records, Reply, Row},
    ORGANIZATION, USER, acti, cont, contacts_of, e164, object, refused, row, wrong_field,
};

const CALL: &[&str] = &[
    "lead_id",
    "contact_id",
    "user_id",
    "direction",
    "status",
    "source",
    "activity_at",
    "duration",
    "phone",
    "note",
    "note_html",
    "outcome_id",
    "recording_url",
    "voicemail_url",
];
const CHANGED_CALL: &[&str] = &[
    "note",
    "note_html",
    "outcome_id",
    "status",
    "duration",
    "activity_at",
    "phone",
];

pub(super) fn log(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let mut new = object(asked, CALL)?;
    is_call(&new)?;
    let text = |name: &str| new.get(name).and_then(Value::as_str);
    let lead = text("lead_id").and_then(|id| row(records, "lead", id));
    let lead = lead.ok_or_else(|| wrong_field("lead_id", "This field is required."))?;
    if let Some(id) = text("contact_id")
        && !contacts_of(records, lead).any(|contact| cont(contact.id) == id)
    {
        return Err(wrong_field("contact_id", "The contact does not belong to the lead."));
    }
    let now = jiff::Timestamp::from_millisecond(SystemClock.now().wall.0).unwrap_or_default();
    new.insert("date_created".into(), now.to_string().into());
    for (name, value) in [("status", "completed"), ("source", "External")] {
        new.entry(name).or_insert_with(|| value.into());
    }
    new.entry("activity_at").or_insert_with(|| now.to_string().into());
    let made = records.add("call", new);
    Ok(Reply::json(200, &call(made)))
}

pub(super) fn update_log(records: &mut Records, id: &str, asked: &Asked) -> Result<Reply, Reply> {
    let changes = object(asked, CHANGED_CALL)?;
    is_call(&changes)?;
    let at = row(records, "call", id).map(Row::id);
    let changed = at.and_then(|at| records.get_mut("call", &at));
    let changed = changed.ok_or_else(|| refused(404, "Not found"))?;
    changed.fields.extend(changes);
    Ok(Reply::json(200, &call(changed)))
}

fn is_call(sent: &Map<String, Value>) -> Result<(), Reply> {
    let all = [
        ("direction", &["inbound", "outbound"] as &[&str]),
        ("source", &["External"]),
        (
            "status",
            &[
                "created",
                "in-progress",
                "completed",
                "cancel",
                "no-answer",
                "busy",
                "failed",
                "timeout",
            ],
        ),
    ];
    for (name, values) in all {
        let is_one = |value: &Value| value.as_str().is_some_and(|value| values.contains(&value));
        if !sent.get(name).is_none_or(is_one) {
            return Err(wrong_field(name, "Not a valid choice."));
        }
    }
    let is_duration = |value: &Value| value.as_u64().is_some_and(|seconds| seconds <= 604_800);
    let is_time = |value: &Value| {
        value
            .as_str()
            .is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok())
    };
    let is_phone = |value: &Value| {
        value
            .as_str()
            .is_some_and(|phone| phone.starts_with('+') && e164(phone).as_deref() == Some(phone))
    };
    for (name, fine) in [
        ("duration", sent.get("duration").is_none_or(is_duration)),
        ("activity_at", sent.get("activity_at").is_none_or(is_time)),
        ("phone", sent.get("phone").is_none_or(is_phone)),
        ("note", sent.get("note").is_none_or(Value::is_string)),
    ] {
        if !fine {
            return Err(wrong_field(name, "Not a valid value."));
        }
    }
    if sent.contains_key("note_html") {
        return Err(wrong_field("note_html", "Not an XHTML document."));
    }
    Ok(())
}

pub(super) fn calls(records: &Records, asked: &Asked) -> Result<Reply, Reply> {
    let known = [
        "lead_id",
        "contact_id",
        "user_id",
        "date_created__gte",
        "_limit",
        "_skip",
        "_fields",
    ];
    if let Some(name) = asked.unknown_parameter(&known) {
        return Err(refused(400, &format!("unexpected parameter {name:?}")));
    }
    let limit = asked
        .parameter("_limit")
        .map_or(Ok(100), |limit| limit.parse::<usize>());
    let limit = limit
        .map_err(|_| wrong_field("_limit", "Not a valid integer."))?
        .min(100);
    let since = match asked.parameter("date_created__gte") {
        None => jiff::Timestamp::MIN,
        Some(since) => since
            .parse()
            .map_err(|_| wrong_field("date_created__gte", "Not a valid datetime."))?,
    };
    let is_since = |row: &Row| {
        let created = row.text("date_created").unwrap_or_default();
        created.parse::<jiff::Timestamp>().is_ok_and(|at| at >= since)
    };
    let of = |row: &Row, name: &str| asked.parameter(name).is_none_or(|id| row.text(name) == Some(id));
    let mut found: Vec<Value> = records
        .searchable("call")
        .filter(|row| of(row, "lead_id") && of(row, "contact_id") && is_since(row))
        .map(call)
        .collect();
    // The newest first.
    found.reverse();
    let skip = asked.parameter("_skip").map_or(Ok(0), |skip| skip.parse::<usize>());
    found.drain(
        ..skip
            .map_err(|_| wrong_field("_skip", "Not a valid integer."))?
            .min(found.len()),
    );
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(Reply::json(200, &json!({ "data": found, "has_more": more })))
}

fn call(row: &Row) -> Value {
    let field = |name: &str| row.fields.get(name).cloned().unwrap_or_default();
    let mut call = json!({
        "_type": "Call", "id": acti(row.id), "organization_id": ORGANIZATION, "user_id": USER, "created_by": USER,
        "updated_by": USER, "call_method": "external", "outcome_id": null, "users": [], "recording_url": null,
        "date_updated": field("date_created"), "disposition": "answered",
    });
    for name in [
        "lead_id",
        "contact_id",
        "direction",
        "status",
        "source",
        "activity_at",
        "duration",
        "phone",
        "note",
        "date_created",
    ] {
        call[name] = field(name);
    }
    call
}
