//! Searching, reading and writing entities. PUT creates, POST changes.

use serde_json::{Map, Value, json};

use crate::crm::{
    Asked, Records, Reply, Row,
    lucene::{self, Document},
};

pub const NUMBERS: &[&str] = &["phone", "mobile", "phone2", "phone3", "workPhone"];
/// The customer's own list; a note of another action is refused.
const ACTIONS: &[&str] = &["Inbound Call", "Outbound Call", "Left Message", "Other"];

type Answer = Result<Reply, (u16, String)>;

pub fn answer(records: &mut Records, asked: &Asked, method: &str, parts: &[&str]) -> Answer {
    match (method, parts) {
        ("GET", ["ping"]) => Ok(Reply::json(200, &json!({ "sessionExpires": 1_790_000_000_000_u64 }))),
        ("GET", ["settings", names]) => settings(names),
        ("POST", ["search", entity]) => search(records, entity, asked),
        ("GET", ["entity", entity, id]) => {
            parameters(asked, &["fields", "BhRestToken", "layout"])?;
            let row = records.get(entity, id).ok_or_else(not_found)?;
            Ok(Reply::json(
                200,
                &json!({ "data": shown(row, &wanted(entity, asked)?) }),
            ))
        }
        ("PUT", ["entity", entity]) => create(records, entity, asked),
        ("POST", ["entity", entity, id]) => {
            let body = object(entity, asked)?;
            check(records, entity, &body)?;
            let row = records.get_mut(entity, id).ok_or_else(not_found)?;
            row.fields.extend(body);
            Ok(changed(row, "UPDATE"))
        }
        (_, ["search" | "entity" | "settings", ..]) => Err((405, "Method not allowed".into())),
        _ => Err((404, "No such resource".into())),
    }
}

fn fields_of(entity: &str) -> Option<&'static [&'static str]> {
    Some(match entity {
        "Candidate" => &[
            "id",
            "name",
            "firstName",
            "lastName",
            "phone",
            "mobile",
            "phone2",
            "phone3",
            "workPhone",
            "email",
            "email2",
            "email3",
            "occupation",
            "companyName",
            "status",
            "isDeleted",
            "dateAdded",
            "dateLastModified",
            "source",
        ],
        "ClientContact" => &[
            "id",
            "name",
            "firstName",
            "lastName",
            "phone",
            "mobile",
            "phone2",
            "phone3",
            "email",
            "email2",
            "email3",
            "occupation",
            "clientCorporation",
            "status",
            "isDeleted",
            "dateAdded",
            "dateLastModified",
        ],
        "Lead" => &[
            "id",
            "name",
            "firstName",
            "lastName",
            "phone",
            "mobile",
            "phone2",
            "phone3",
            "email",
            "email2",
            "email3",
            "occupation",
            "companyName",
            "status",
            "isDeleted",
            "dateAdded",
            "dateLastModified",
        ],
        "ClientCorporation" => &["id", "name", "status", "phone", "dateLastModified"],
        "Note" => &[
            "id",
            "comments",
            "action",
            "personReference",
            "commentingPerson",
            "dateAdded",
            "minutesSpent",
            "externalID",
            "isDeleted",
        ],
        _ => return None,
    })
}

/// Which entity a `personReference` of this subtype names.
fn entity_of(subtype: &str) -> &str {
    if subtype == "Contact" { "ClientContact" } else { subtype }
}

struct Searched<'a>(&'a Row);

impl Document for Searched<'_> {
    fn texts(&self, field: &str) -> Option<Vec<String>> {
        if !fields_of(&self.0.kind)?.contains(&field) {
            return None;
        }
        let text = match field {
            "isDeleted" => Some("false".to_owned()),
            "id" => Some(self.0.id()),
            field => self.0.text(field),
        };
        Some(text.into_iter().collect())
    }
}

fn search(records: &Records, entity: &str, asked: &Asked) -> Answer {
    parameters(
        asked,
        &["fields", "count", "start", "sort", "layout", "showTotalMatched"],
    )?;
    let fields = wanted(entity, asked)?;
    let count = match asked.parameter("count") {
        None => 20,
        Some(count) => {
            let count = count.parse().ok().filter(|count| (1..=500).contains(count));
            count.ok_or_else(|| bad("count must be between 1 and 500"))?
        }
    };
    let body = asked.json().unwrap_or_default();
    let query = body
        .get("query")
        .and_then(Value::as_str)
        .ok_or_else(|| bad("query is missing"))?;
    if body.as_object().is_some_and(|body| body.len() != 1) {
        return Err(bad("the body holds something that is not the query"));
    }
    let query = lucene::parse(query).map_err(|words| bad(&words))?;
    let mut found = Vec::new();
    for row in records.searchable(entity) {
        if query.holds(&Searched(row)).map_err(|words| bad(&words))? {
            found.push(row);
        }
    }
    let data: Vec<Value> = found.iter().take(count).map(|row| shown(row, &fields)).collect();
    let answer = json!({ "total": found.len(), "start": 0, "count": data.len(), "data": data });
    Ok(Reply::json(200, &answer))
}

/// The fields that are to be shown: without any, ids alone. `clientCorporation(id,name)` is one.
fn wanted(entity: &str, asked: &Asked) -> Result<Vec<String>, (u16, String)> {
    let known = fields_of(entity).ok_or_else(|| bad(&format!("{entity} is no entity")))?;
    let fields = asked.parameter("fields").unwrap_or_else(|| "id".into());
    let (mut inside, mut names) = (false, vec![String::new()]);
    for letter in fields.chars() {
        match letter {
            '(' => inside = true,
            ')' => inside = false,
            ',' if !inside => names.push(String::new()),
            _ if inside => {}
            letter => names.last_mut().unwrap().push(letter),
        }
    }
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(bad(&format!("Field {name} does not exist on {entity}"))),
        None => Ok(names),
    }
}

fn shown(row: &Row, fields: &[String]) -> Value {
    let mut record = Map::new();
    for field in fields {
        let value = match field.as_str() {
            "id" => row.id.into(),
            "dateLastModified" => 1_770_112_800_000_u64.into(),
            "dateAdded" if row.fields.get("dateAdded").is_none() => 1_768_210_200_000_u64.into(),
            "isDeleted" => false.into(),
            field => row.fields.get(field).cloned().unwrap_or_default(),
        };
        record.insert(field.clone(), value);
    }
    Value::Object(record)
}

fn create(records: &mut Records, entity: &str, asked: &Asked) -> Answer {
    let body = object(entity, asked)?;
    let required: &[&str] = match entity {
        "Note" => &["comments", "action", "personReference"],
        "ClientContact" => &["name", "lastName", "clientCorporation"],
        "ClientCorporation" => &["name"],
        _ => &["name", "lastName"],
    };
    if let Some(name) = required.iter().find(|name| body.get(**name).is_none_or(is_empty)) {
        return Err(bad(&format!("Missing required property '{name}' on {entity}")));
    }
    check(records, entity, &body)?;
    Ok(changed(records.add(entity, body), "INSERT"))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn check(records: &Records, entity: &str, body: &Map<String, Value>) -> Result<(), (u16, String)> {
    let reference = |value: &Value| value["id"].as_u64().map(|id| id.to_string());
    if let Some(corporation) = body.get("clientCorporation")
        && reference(corporation).is_none_or(|id| records.get("ClientCorporation", &id).is_none())
    {
        return Err(bad("clientCorporation does not exist"));
    }
    if let Some(person) = body.get("personReference") {
        let kind = person["personSubtype"].as_str().map(entity_of);
        if reference(person)
            .zip(kind)
            .is_none_or(|(id, kind)| records.get(kind, &id).is_none())
        {
            return Err(bad("personReference does not exist"));
        }
    }
    if entity == "Note"
        && let Some(action) = body.get("action")
        && !action.as_str().is_some_and(|action| ACTIONS.contains(&action))
    {
        return Err(bad("action is not in commentActionList"));
    }
    for (name, value) in body {
        let right = match name.as_str() {
            "clientCorporation" | "personReference" | "commentingPerson" => value["id"].is_u64(),
            "dateAdded" => value.as_u64().is_some_and(|millis| millis > 1_000_000_000_000),
            "minutesSpent" => value.is_number(),
            _ => value.is_string() || value.is_null(),
        };
        if !right {
            return Err(bad(&format!("{name} has the wrong type")));
        }
        let longest = if name == "comments" { 65_000 } else { 100 };
        if value.as_str().is_some_and(|text| text.encode_utf16().count() > longest) {
            return Err(bad(&format!("{name} is longer than {longest}")));
        }
    }
    Ok(())
}

fn settings(names: &str) -> Answer {
    let mut settings = Map::new();
    for name in names.split(',') {
        let value = match name {
            "commentActionList" => json!(ACTIONS),
            "userId" => 4_711.into(),
            "corporationId" => 9_042.into(),
            "privateLabelId" => 11_011.into(),
            "firstName" => "Pat".into(),
            "lastName" => "Example".into(),
            "timeZoneName" => "America/New_York".into(),
            _ => return Err(bad(&format!("{name} is no setting"))),
        };
        settings.insert(name.to_owned(), value);
    }
    Ok(Reply::json(200, &Value::Object(settings)))
}

fn object(entity: &str, asked: &Asked) -> Result<Map<String, Value>, (u16, String)> {
    parameters(asked, &[])?;
    let known = fields_of(entity).ok_or_else(|| bad(&format!("{entity} is no entity")))?;
    let Some(Value::Object(body)) = asked.json() else {
        return Err(bad("the body is not JSON"));
    };
    match body.keys().find(|key| *key == "id" || !known.contains(&key.as_str())) {
        Some(key) => Err(bad(&format!("Property '{key}' does not exist on {entity}"))),
        None => Ok(body),
    }
}

fn parameters(asked: &Asked, known: &[&str]) -> Result<(), (u16, String)> {
    match asked.unknown_parameter(known) {
        Some(name) => Err(bad(&format!("unknown parameter {name}"))),
        None => Ok(()),
    }
}

fn changed(row: &Row, how: &str) -> Reply {
    let answer = json!({
        "changedEntityType": row.kind, "changedEntityId": row.id, "changeType": how, "data": row.fields,
    });
    Reply::json(200, &answer)
}

fn bad(words: &str) -> (u16, String) {
    (400, words.to_owned())
}

fn not_found() -> (u16, String) {
    (404, "Entity not found".into())
}
