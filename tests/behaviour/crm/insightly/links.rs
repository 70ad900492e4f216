//! Links: what an event lies on, and the opportunities of a contact.
//!
//! From how RingCentral's connector uses them: a contact lists the opportunities to which it is linked by their ids, an event's link is
//! taken away by the link's own id. From the vendor's API help: what is deleted is answered with 202.

use serde_json::{Value, json};

use super::{
    super::{Asked, Records, Reply, Row, records::fields},
    Entity, refused,
};

pub(super) const LINKS: &str = "LINKS";

/// Two of a contact that go on, one that is won, one of somebody else, and a link that outlived its opportunity.
pub(super) fn plant_opportunities(records: &mut Records, contact: &str) {
    let mut linked = vec![link(9_000, 1)];
    for (name, state) in [("First seats", "OPEN"), ("Pilot", "WON"), ("Renewal \"2027\"", "OPEN")] {
        let opportunity = fields(&[("OPPORTUNITY_NAME", name), ("OPPORTUNITY_STATE", state)]);
        let id = records.plant("Opportunity", opportunity).id;
        linked.push(link(9_000 + linked.len(), id));
    }
    let other = fields(&[("OPPORTUNITY_NAME", "Not hers"), ("OPPORTUNITY_STATE", "OPEN")]);
    records.plant("Opportunity", other);
    let contact = records.get_mut("Contact", contact).unwrap();
    contact.fields.insert(LINKS.into(), linked.into());
}

fn link(id: usize, opportunity: u64) -> Value {
    json!({ "LINK_ID": id, "LINK_OBJECT_NAME": "Opportunity", "LINK_OBJECT_ID": opportunity })
}

/// Ids of those to which a row is linked.
pub(super) fn ids(row: &Row, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let wanted = linked(row).into_iter();
    wanted
        .filter(|link| link["LINK_OBJECT_NAME"].as_str().is_some_and(&is_wanted))
        .filter_map(|link| link["LINK_OBJECT_ID"].as_u64())
        .map(|id| id.to_string())
        .collect()
}

pub(super) fn list(records: &Records, entity: &Entity, id: &str) -> Result<Reply, Reply> {
    let row = records.get(entity.name, id).ok_or_else(|| refused(404, "Not found"))?;
    Ok(Reply::json(200, &Value::Array(linked(row))))
}

pub(super) fn add(records: &mut Records, entity: &Entity, id: &str, asked: &Asked) -> Result<Reply, Reply> {
    let body = asked
        .json()
        .filter(Value::is_object)
        .ok_or_else(|| refused(400, "The request is invalid."))?;
    let known = [
        "LINK_OBJECT_NAME",
        "LINK_OBJECT_ID",
        "ROLE",
        "DETAILS",
        "RELATIONSHIP_ID",
        "IS_FORWARD",
    ];
    if let Some(name) = body
        .as_object()
        .and_then(|body| body.keys().find(|key| !known.contains(&key.as_str())))
    {
        return Err(refused(400, &format!("Could not find member '{name}'")));
    }
    let target = body["LINK_OBJECT_ID"].as_u64().map(|id| id.to_string());
    let exists = target.zip(body["LINK_OBJECT_NAME"].as_str());
    if exists.is_none_or(|(id, name)| records.get(name, &id).is_none()) {
        return Err(refused(400, "LINK_OBJECT_ID does not exist"));
    }
    let row = records
        .get_mut(entity.name, id)
        .ok_or_else(|| refused(404, "Not found"))?;
    let mut all = linked(row);
    let id = all
        .iter()
        .filter_map(|link| link["LINK_ID"].as_u64())
        .max()
        .unwrap_or(9_000)
        + 1;
    let mut new = json!({
        "LINK_ID": id, "OBJECT_NAME": entity.name, "OBJECT_ID": row.id, "ROLE": "", "DETAILS": "",
    });
    new["LINK_OBJECT_NAME"] = body["LINK_OBJECT_NAME"].clone();
    new["LINK_OBJECT_ID"] = body["LINK_OBJECT_ID"].clone();
    all.push(new.clone());
    row.fields.insert(LINKS.into(), all.into());
    Ok(Reply::json(201, &new))
}

pub(super) fn linked(row: &Row) -> Vec<Value> {
    row.fields
        .get(LINKS)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

pub(super) fn remove(records: &mut Records, entity: &Entity, id: &str, link: &str) -> Result<Reply, Reply> {
    let gone = || refused(404, "Not found");
    let row = records.get_mut(entity.name, id).ok_or_else(gone)?;
    let (taken, left): (Vec<Value>, Vec<Value>) = linked(row)
        .into_iter()
        .partition(|one| one["LINK_ID"].as_u64() == link.parse().ok());
    if taken.is_empty() {
        return Err(gone());
    }
    row.fields.insert(LINKS.into(), left.into());
    Ok(Reply {
        status: 202,
        headers: Vec::new(),
        body: Vec::new(),
    })
}
