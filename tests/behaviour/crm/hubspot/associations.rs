//! What belongs to what: calls to contacts, companies and deals, and deals to those of whom they are.
//!
//! From HubSpot's guides to associations (v4) and to search: the default association, that all between two records go at once, that an
//! association is a property of its own in a filter, and the association types that it defines.

use serde_json::{Map, Value, json};

use super::{members, refused};
use crate::crm::{Asked, Records, Reply, Row, records::fields};

/// Of a call: contacts and companies, and deals. No property's name begins with a blank.
pub const PEOPLE: &str = " people";
pub const DEALS: &str = " deals";

/// Two open deals of a contact or a company, a closed one, and one of somebody else.
pub fn plant_deals(records: &mut Records, kind: &str, id: &str) {
    let of = if kind == "companies" {
        "associations.company"
    } else {
        "associations.contact"
    };
    for (name, closed, of, id) in [
        ("First seats", "false", of, id),
        ("Renewal \"2027\" & more", "false", of, id),
        ("Pilot", "true", of, id),
        ("Not hers", "false", of, "1"),
    ] {
        records.plant(
            "deals",
            fields(&[("dealname", name), ("hs_is_closed", closed), (of, id)]),
        );
    }
}

pub fn of(call: &Row, kind: &str) -> Vec<String> {
    let links = call.fields.get(kind).and_then(Value::as_array).into_iter().flatten();
    links.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// HubSpot's own association types: 194 joins a call to a contact, 182 to a company, 206 to a deal.
pub fn asked_for(records: &Records, kind: &str, body: &Value) -> Result<Map<String, Value>, Reply> {
    let bad = |words: &str| refused(400, "VALIDATION_ERROR", words);
    let (mut people, mut deals) = (Vec::new(), Vec::new());
    let list = match body.get("associations") {
        None => return Ok(Map::new()),
        Some(list) => list.as_array().ok_or_else(|| bad("Invalid input JSON: associations"))?,
    };
    for association in list {
        members(association, &["to", "types"])?;
        let to = association["to"]["id"]
            .as_str()
            .ok_or_else(|| bad("to.id must be a string"))?;
        let types = association["types"]
            .as_array()
            .ok_or_else(|| bad("types must be a list"))?;
        for one in types {
            members(one, &["associationCategory", "associationTypeId"])?;
            let (target, links) = match (kind, one["associationTypeId"].as_u64()) {
                ("calls", Some(194)) => ("contacts", &mut people),
                ("calls", Some(182)) => ("companies", &mut people),
                ("calls", Some(206)) => ("deals", &mut deals),
                _ => return Err(bad("No association type is registered for this id")),
            };
            if one["associationCategory"] != "HUBSPOT_DEFINED" {
                return Err(bad("associationCategory is not known"));
            }
            if records.get(target, to).is_none() {
                return Err(bad("One or more associations are not valid: the object does not exist"));
            }
            links.push(Value::from(to));
        }
    }
    let both = [(PEOPLE, people), (DEALS, deals)].into_iter();
    Ok(both.map(|(kind, links)| (kind.to_owned(), links.into())).collect())
}

/// `…/associations/deals`, `…/associations/default/deals/{id}` and `…/associations/deals/{id}`.
pub fn of_call(records: &mut Records, call: &str, rest: &[&str], asked: &Asked) -> Result<Reply, Reply> {
    let known: &[&str] = if asked.is("GET") { &["limit", "after"] } else { &[] };
    if let Some(name) = asked.unknown_parameter(known) {
        return Err(refused(400, "VALIDATION_ERROR", &format!("Unknown parameter {name}")));
    }
    let gone = || refused(404, "OBJECT_NOT_FOUND", "Object not found.");
    let mut deals = of(records.get("calls", call).ok_or_else(gone)?, DEALS);
    let reply = match (asked.method.as_str(), rest) {
        ("GET", ["deals"]) => {
            let deal = |id: &String| {
                let kind = json!({ "category": "HUBSPOT_DEFINED", "typeId": 206, "label": null });
                json!({ "toObjectId": id.parse::<u64>().unwrap_or_default(), "associationTypes": [kind] })
            };
            let all: Vec<Value> = deals.iter().map(deal).collect();
            return Ok(Reply::json(200, &json!({ "results": all })));
        }
        ("PUT", ["default", "deals", deal]) => {
            records.get("deals", deal).ok_or_else(gone)?;
            if !deals.iter().any(|id| id == deal) {
                deals.push((*deal).to_owned());
            }
            Reply::json(200, &json!({ "status": "COMPLETE", "results": [] }))
        }
        ("DELETE", ["deals", deal]) => {
            deals.retain(|id| id != deal);
            Reply {
                status: 204,
                headers: Vec::new(),
                body: Vec::new(),
            }
        }
        _ => return Err(refused(405, "VALIDATION_ERROR", "Method not allowed")),
    };
    let call = records.get_mut("calls", call).ok_or_else(gone)?;
    call.fields.insert(DEALS.into(), deals.into());
    Ok(reply)
}
