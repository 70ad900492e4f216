//! What an answer shows of a record: the members that `fields` names, one level deep, and of the others nothing.

use serde_json::{Map, Value, json};

use super::{Refused, bad};
use crate::crm::Asked;

/// What there is inside of a record that lies in another one.
const NESTED: &[(&str, &[&str])] = &[
    ("account", &["id", "etag", "name", "state"]),
    ("company", &["id", "etag", "name", "type", "title"]),
    ("phone_numbers", &["id", "etag", "number", "name", "primary"]),
    ("email_addresses", &["id", "etag", "address", "name", "primary"]),
    (
        "matter",
        &["id", "etag", "display_number", "number", "description", "status"],
    ),
    ("senders", &["id", "etag", "type", "name"]),
    ("receivers", &["id", "etag", "type", "name"]),
    ("communication", &["id", "etag", "subject", "type"]),
];

/// `id,company{id,name}`: names, and what is asked of the inside. Without any, the id alone.
pub struct Fields(Vec<(String, Vec<String>)>);

pub fn asked_for(asked: &Asked) -> Result<Fields, Refused> {
    let text = asked.parameter("fields").unwrap_or_else(|| "id,etag".into());
    let (mut fields, mut rest) = (Vec::new(), text.as_str());
    while !rest.is_empty() {
        let end = rest.find([',', '{']).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        let mut inside = Vec::new();
        rest = &rest[end..];
        if let Some(nested) = rest.strip_prefix('{') {
            let close = nested
                .find('}')
                .ok_or_else(|| bad("Invalid fields: a bracket is missing"))?;
            inside = nested[..close].split(',').map(str::to_owned).collect();
            rest = &nested[close + 1..];
        }
        if name.is_empty() || inside.iter().any(|name| name.is_empty() || name.contains('{')) {
            return Err(bad("Invalid fields"));
        }
        fields.push((name, inside));
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    Ok(Fields(fields))
}

impl Fields {
    pub fn of(&self, record: &Value) -> Result<Value, Refused> {
        let mut shown = Map::new();
        for (name, inside) in &self.0 {
            let value = match (name.as_str(), record.get(name)) {
                ("etag", _) => json!("\"planted\""),
                (_, Some(value)) => value.clone(),
                (_, None) => return Err(bad(format!("Invalid fields: {name}"))),
            };
            let nested = NESTED
                .iter()
                .find(|(nested, _)| nested == name)
                .map(|(_, known)| *known);
            let value = match (nested, inside.is_empty()) {
                (None, true) => value,
                (None, false) => return Err(bad(format!("Invalid fields: {name} has nothing inside"))),
                (Some(_), true) => within(&value, &["id".into()], &["id"])?,
                (Some(known), false) => within(&value, inside, known)?,
            };
            shown.insert(name.clone(), value);
        }
        Ok(Value::Object(shown))
    }
}

fn within(value: &Value, wanted: &[String], known: &[&str]) -> Result<Value, Refused> {
    if let Some(name) = wanted.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(bad(format!("Invalid fields: {name}")));
    }
    let part = |value: &Value| {
        let members = wanted.iter().map(|name| (name.clone(), value[name.as_str()].clone()));
        Value::Object(members.collect())
    };
    Ok(match value {
        Value::Array(items) => items.iter().map(part).collect(),
        Value::Null => Value::Null,
        one => part(one),
    })
}
