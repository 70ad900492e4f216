//! Searching, reading and writing entities. PUT creates, POST changes. `search` reads an index, `query` the database.

use serde_json::{Map, Value, json};

use crate::crm::{
    Asked, Records, Reply, Row,
    lucene::{self, Document},
};

pub const NUMBERS: &[&str] = &["phone", "mobile", "phone2", "phone3", "workPhone"];
/// The customer's own list; a note of another action is refused.
const ACTIONS: &[&str] = &["Inbound Call", "Outbound Call", "Left Message", "Other"];
/// The one who is signed in.
const USER: u64 = 4_711;

/// A refusal, and the property that it is about.
pub struct Refused {
    status: u16,
    words: String,
    property: Option<String>,
}

impl Refused {
    pub fn reply(&self) -> Reply {
        let mut body = json!({
            "errorMessage": self.words, "errorMessageKey": "errors.cannotProcess", "errorCode": self.status,
        });
        if let Some(property) = &self.property {
            body["errors"] = json!([{
                "propertyName": property, "severity": "ERROR", "type": "INVALID", "detailMessage": self.words,
            }]);
        }
        Reply::json(self.status, &body)
    }
}

type Answer = Result<Reply, Refused>;

pub fn answer(records: &mut Records, asked: &Asked, method: &str, parts: &[&str]) -> Answer {
    match (method, parts) {
        ("GET", ["ping"]) => Ok(Reply::json(200, &json!({ "sessionExpires": 1_790_000_000_000_u64 }))),
        ("GET", ["settings", names]) => settings(names),
        ("POST", ["search", entity]) => search(records, entity, asked),
        ("GET", ["query", "ClientCorporation"]) => query(records, asked),
        ("GET", ["entity", "CorporateUser", id]) => {
            if wanted("CorporateUser", asked)? != ["id", "name"] || *id != USER.to_string() {
                return Err(not_found());
            }
            Ok(Reply::json(
                200,
                &json!({ "data": { "id": USER, "name": "Pat Example" } }),
            ))
        }
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
        (_, ["search" | "query" | "entity" | "settings", ..]) => Err(refused(405, "Method not allowed")),
        _ => Err(refused(404, "No such resource")),
    }
}

/// The fields of an entity and, of texts, how many letters they may have; 0 for what is no text.
fn fields_of(entity: &str) -> Option<Vec<(&'static str, usize)>> {
    let person = [
        ("id", 0),
        ("name", 100),
        ("firstName", 50),
        ("lastName", 50),
        ("phone", 20),
        ("mobile", 20),
        ("phone2", 20),
        ("phone3", 20),
        ("email2", 100),
        ("email3", 100),
        ("occupation", 50),
        ("isDeleted", 0),
        ("dateAdded", 0),
        ("dateLastModified", 0),
    ];
    let of_person = |own: &[(&'static str, usize)]| [person.as_slice(), own].concat();
    Some(match entity {
        "Candidate" => of_person(&[
            ("workPhone", 20),
            ("email", 100),
            ("companyName", 100),
            ("status", 100),
            ("source", 200),
        ]),
        "ClientContact" => of_person(&[("email", 60), ("clientCorporation", 0), ("status", 30)]),
        "Lead" => of_person(&[("email", 100), ("companyName", 100), ("status", 100)]),
        "ClientCorporation" => vec![
            ("id", 0),
            ("name", 100),
            ("status", 200),
            ("phone", 20),
            ("dateLastModified", 0),
        ],
        "CorporateUser" => vec![("id", 0), ("name", 100)],
        "Note" => vec![
            ("id", 0),
            ("comments", 65_000),
            ("action", 30),
            ("personReference", 0),
            ("commentingPerson", 0),
            ("dateAdded", 0),
            ("minutesSpent", 0),
            ("externalID", 100),
            ("isDeleted", 0),
        ],
        _ => return None,
    })
}

fn has(entity: &str, field: &str) -> bool {
    fields_of(entity).is_some_and(|fields| fields.iter().any(|(name, _)| *name == field))
}

/// Which entity a `personReference` of this subtype names.
fn entity_of(subtype: &str) -> &str {
    if subtype == "Contact" { "ClientContact" } else { subtype }
}

struct Searched<'a>(&'a Row);

impl Document for Searched<'_> {
    fn texts(&self, field: &str) -> Option<Vec<String>> {
        if !has(&self.0.kind, field) {
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

/// Companies by their name, as the database compares it: whatever the case. Only the one shape of `where` that we send.
fn query(records: &Records, asked: &Asked) -> Answer {
    parameters(asked, &["where", "fields", "count", "start", "orderBy"])?;
    let fields = wanted("ClientCorporation", asked)?;
    let condition = asked.parameter("where").ok_or_else(|| bad("where is missing"))?;
    let quoted = condition
        .strip_prefix("name = '")
        .and_then(|rest| rest.strip_suffix("' AND status <> 'Archive'"))
        .ok_or_else(|| bad("where can't be read"))?;
    if quoted.replace("''", "").contains('\'') {
        return Err(bad("a quote is not closed"));
    }
    let name = quoted.replace("''", "'").to_lowercase();
    let is_wanted = |row: &&Row| {
        let is = |field: &str, value: &str| row.text(field).is_some_and(|text| text.to_lowercase() == value);
        is("name", &name) && !is("status", "archive")
    };
    let all = records.all("ClientCorporation").filter(is_wanted);
    let data: Vec<Value> = all.map(|row| shown(row, &fields)).collect();
    Ok(Reply::json(
        200,
        &json!({ "start": 0, "count": data.len(), "data": data }),
    ))
}

/// The fields that are to be shown: without any, ids alone. `clientCorporation(id,name)` is one.
fn wanted(entity: &str, asked: &Asked) -> Result<Vec<String>, Refused> {
    if fields_of(entity).is_none() {
        return Err(bad(&format!("{entity} is no entity")));
    }
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
    match names.iter().find(|name| !has(entity, name)) {
        Some(name) => Err(refused(404, &format!("Field {name} does not exist on {entity}"))),
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
        let words = format!("Missing required property '{name}' on {entity}");
        return Err(about(name, &words));
    }
    check(records, entity, &body)?;
    Ok(changed(records.add(entity, body), "INSERT"))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn check(records: &Records, entity: &str, body: &Map<String, Value>) -> Result<(), Refused> {
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
        return Err(about("action", "action is not in commentActionList"));
    }
    for (name, value) in body {
        let right = match name.as_str() {
            "clientCorporation" | "personReference" | "commentingPerson" => value["id"].is_u64(),
            "dateAdded" => value.as_u64().is_some_and(|millis| millis > 1_000_000_000_000),
            "minutesSpent" => value.is_number(),
            _ => value.is_string() || value.is_null(),
        };
        if !right {
            return Err(about(name, &format!("{name} has the wrong type")));
        }
        let fields = fields_of(entity).unwrap_or_default();
        let longest = fields
            .iter()
            .find(|(field, _)| field == name)
            .map_or(0, |(_, most)| *most);
        if value.as_str().is_some_and(|text| text.encode_utf16().count() > longest) {
            return Err(about(name, &format!("{name} is longer than {longest}")));
        }
    }
    Ok(())
}

fn settings(names: &str) -> Answer {
    let mut settings = Map::new();
    for name in names.split(',') {
        let value = match name {
            "commentActionList" => json!(ACTIONS),
            "userId" => USER.into(),
            "corporationId" => 9_042.into(),
            "corporationName" => "Example Staffing".into(),
            _ => return Err(bad(&format!("{name} is no setting"))),
        };
        settings.insert(name.to_owned(), value);
    }
    Ok(Reply::json(200, &Value::Object(settings)))
}

fn object(entity: &str, asked: &Asked) -> Result<Map<String, Value>, Refused> {
    parameters(asked, &[])?;
    if fields_of(entity).is_none() {
        return Err(bad(&format!("{entity} is no entity")));
    }
    let Some(Value::Object(body)) = asked.json() else {
        return Err(bad("the body is not JSON"));
    };
    match body.keys().find(|key| *key == "id" || !has(entity, key)) {
        Some(key) => Err(refused(404, &format!("Property '{key}' does not exist on {entity}"))),
        None => Ok(body),
    }
}

fn parameters(asked: &Asked, known: &[&str]) -> Result<(), Refused> {
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

fn refused(status: u16, words: &str) -> Refused {
    Refused {
        status,
        words: words.to_owned(),
        property: None,
    }
}

fn bad(words: &str) -> Refused {
    refused(400, words)
}

fn about(property: &str, words: &str) -> Refused {
    Refused {
        property: Some(property.to_owned()),
        ..bad(words)
    }
}

fn not_found() -> Refused {
    refused(404, "Entity not found")
}
