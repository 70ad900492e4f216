//! Deals, as far as a call can be put on one.
//!
//! From the documentation of Pipedrive's client library (`pipedrive/client-php`, `docs/versions/v2`): the parameters of the list, that
//! archived deals are not in it, that without a status won and lost ones are, and what it can be sorted by.
//! Ours, and stricter: unknown parameters are refused.

use serde_json::{Map, Value, json};

use super::{
    super::{Asked, Records, Reply, Row, records::fields},
    refused,
};

/// Whose deals nobody may see here.
const STRANGER: u64 = 1;
const STATES: [&str; 4] = ["open", "won", "lost", "deleted"];

/// Two open deals of this person, two that are no longer to be offered, and one of somebody else.
pub(super) fn plant(records: &mut Records, person: u64) {
    for (title, status, archived, of) in [
        ("First seats", "open", false, person),
        ("Renewal \"2027\" & more", "open", false, person),
        ("Pilot", "won", false, person),
        ("Put away", "open", true, person),
        ("Not hers", "open", false, STRANGER),
    ] {
        let mut deal = fields(&[("title", title), ("status", status)]);
        deal.insert("person_id".into(), of.into());
        deal.insert("is_archived".into(), archived.into());
        records.plant("deal", deal);
    }
}

/// Whether a call can be put on it: there is such a deal, and nobody deleted it.
pub(super) fn is_there(records: &Records, id: &Value) -> bool {
    let deal = id.as_u64().and_then(|id| records.get("deal", &id.to_string()));
    deal.is_some_and(|deal| deal.text("status").as_deref() != Some("deleted"))
}

/// The cursor is how many were shown.
pub(super) fn list(records: &Records, asked: &Asked) -> Result<Reply, Reply> {
    let known = [
        "filter_id",
        "ids",
        "owner_id",
        "person_id",
        "org_id",
        "pipeline_id",
        "stage_id",
        "status",
        "updated_since",
        "updated_until",
        "sort_by",
        "sort_direction",
        "include_fields",
        "custom_fields",
        "limit",
        "cursor",
    ];
    if let Some(name) = asked.unknown_parameter(&known) {
        return Err(refused(400, &format!("Parameter '{name}' is not allowed")));
    }
    let number = |name: &str| asked.parameter(name).map(|text| text.parse::<u64>()).transpose();
    let number = |name: &str| number(name).map_err(|_| refused(400, &format!("{name} must be an integer")));
    let (limit, from) = (number("limit")?.unwrap_or(100), number("cursor")?.unwrap_or(0));
    if !(1..=500).contains(&limit) {
        return Err(refused(400, "limit must be between 1 and 500"));
    }
    let one_of = |name: &str, allowed: &[&str]| match asked.parameter(name) {
        Some(value) if !value.split(',').all(|one| allowed.contains(&one)) => {
            Err(refused(400, &format!("{name} must be one of {}", allowed.join(", "))))
        }
        value => Ok(value),
    };
    let status = one_of("status", &STATES)?;
    one_of("sort_by", &["id", "update_time", "add_time"])?;
    let descending = one_of("sort_direction", &["asc", "desc"])?.as_deref() == Some("desc");
    let person = number("person_id")?;
    let is_wanted = |row: &&Row| {
        let is = row.text("status").unwrap_or_default();
        row.fields["is_archived"] != true
            && person.is_none_or(|person| row.fields["person_id"].as_u64() == Some(person))
            && match &status {
                Some(status) => status.split(',').any(|one| one == is),
                None => is != "deleted",
            }
    };
    // Later ones have the higher ids, whatever it sorts by.
    let mut found: Vec<&Row> = records.all("deal").filter(is_wanted).collect();
    if descending {
        found.reverse();
    }
    let (from, limit) = (from.try_into().unwrap_or(0), limit.try_into().unwrap_or(100));
    let next = (found.len() > from + limit).then(|| (from + limit).to_string());
    let data: Vec<Value> = found.into_iter().skip(from).take(limit).map(shown).collect();
    let body = json!({ "success": true, "data": data, "additional_data": { "next_cursor": next } });
    Ok(Reply::json(200, &body))
}

fn shown(row: &Row) -> Value {
    let mut shown: Map<String, Value> = row.fields.clone();
    shown.insert("id".into(), row.id.into());
    shown.insert("owner_id".into(), 1.into());
    shown.insert("update_time".into(), "2026-02-03T10:00:00Z".into());
    Value::Object(shown)
}
