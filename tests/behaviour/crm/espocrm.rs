//! EspoCRM 8: digits of numbers compared as a whole, only the primary number in lists, E.164 or nothing in new records.
//!
//! Seen on a real 8.4: searches, what lists leave out, refused numbers, 409 with the records that are alike, a call that needs an
//! assigned user. From its source: attributes and their lengths (`entityDefs`), that a title is the role at the account and lost
//! without one (`Hooks/Contact/Accounts.php`), that lists of links are written as a whole, the reason in `X-Status-Reason`.
//! Ours, where the real one is lenient in silence: an attribute that an entity does not have is thrown away there, and refused here.

mod conditions;
mod entities;

use serde_json::{Map, Value, json};

use self::{
    conditions::Item,
    entities::{ENTITIES, Entity, has},
};
use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor, like::like, records::fields};

pub struct EspoCrm;

pub const KEY: &str = "planted1d3f5a7c9e0b2d4f6a8c0e1b3d5f7a9c";

/// The API user.
const USER: &str = "65a0c1d2e3f405162";

impl Vendor for EspoCrm {
    fn purpose(&self, asked: &Asked) -> Purpose {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).skip(2).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["App", "user"]) => Purpose::Account,
            ("GET", ["Call"]) => Purpose::FindLog,
            ("POST", ["Call"]) => Purpose::Log,
            ("PUT", ["Call", _]) => Purpose::UpdateLog,
            // Read before it is changed.
            ("GET", ["Call", _]) => Purpose::Other,
            // An account of one name, asked for before it is made.
            ("GET", ["Account"]) if asked.parameter("where[0][type]").as_deref() == Some("equals") => Purpose::Other,
            ("GET", [_]) => Purpose::Find,
            ("GET", [_, _]) => Purpose::Get,
            ("POST", [_]) => Purpose::Create,
            ("PUT", [_, _]) => Purpose::Change,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, _: &mut Records, asked: &Asked) -> Result<(), Reply> {
        if asked.header("x-api-key") == Some(KEY) {
            Ok(())
        } else {
            Err(refused(401, ""))
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["api", "v1", name, rest @ ..] = parts.as_slice() else {
            return refused(404, "");
        };
        if (*name, rest) == ("App", &["user"]) && asked.is("GET") {
            return Reply::json(
                200,
                &json!({
                    "user": { "id": USER, "name": "Ringside", "userName": "ringside", "type": "api", "isActive": true },
                    "acl": { "table": { "Contact": { "read": "all", "create": "yes" } } },
                    "preferences": { "id": USER, "timeZone": "", "defaultCurrency": "" },
                    "token": null,
                    "settings": { "timeZone": "UTC", "phoneNumberInternational": true },
                }),
            );
        }
        let Some(entity) = ENTITIES.iter().find(|entity| entity.name == *name) else {
            return refused(404, "Controller does not exist");
        };
        let answer = match (asked.method.as_str(), rest) {
            ("GET", []) => list(records, entity, asked),
            ("GET", [id]) => match records.get(entity.name, id) {
                Some(row) => Ok(Reply::json(200, &whole(records, row))),
                None => Err(refused(404, "Record not found")),
            },
            ("POST", []) => create(records, entity, asked),
            ("PUT", [id]) => update(records, entity, id, asked),
            _ => Err(refused(405, "")),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        refused(status, words)
    }

    fn plant(&self, records: &mut Records, person: &Planted) -> String {
        let company = person.company.clone().unwrap_or_default();
        let email = person.email.clone().unwrap_or_default();
        let account = match (person.kind.as_str(), company.as_str()) {
            ("Contact", company) if !company.is_empty() => records.plant("Account", fields(&[("name", company)])).id(),
            _ => String::new(),
        };
        let mut planted = match person.kind.as_str() {
            "Account" => fields(&[("name", &person.family)]),
            _ => fields(&[
                ("firstName", &person.given),
                ("lastName", &person.family),
                ("accountId", &account),
                ("accountName", if account.is_empty() { &company } else { "" }),
            ]),
        };
        planted.extend(fields(&[("emailAddress", &email)]));
        let rows = person.numbers.iter().enumerate();
        let rows = rows
            .map(|(at, raw)| number(raw, at == 0, "Mobile"))
            .collect::<Vec<Value>>();
        planted.insert("phoneNumberData".into(), rows.into());
        records.plant(&person.kind, planted).id()
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let person = |row: &Row| Planted {
            kind: row.kind.clone(),
            given: row.text("firstName").unwrap_or_default(),
            family: row.text("lastName").or(row.text("name")).unwrap_or_default(),
            numbers: numbers(row),
            email: row.text("emailAddress"),
            company: account_name(records, row),
        };
        let kinds = ["Contact", "Lead", "Account"].into_iter();
        kinds
            .flat_map(|kind| records.all(kind))
            .map(|row| (row.id(), person(row)))
            .collect()
    }

    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let log = |row: &Row| {
            let ids = |name: &str| {
                row.fields
                    .get(name)
                    .and_then(Value::as_array)
                    .cloned()
                    .unwrap_or_default()
            };
            let mut contacts: Vec<String> = [ids("contactsIds"), ids("leadsIds")]
                .concat()
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            contacts.extend(row.text("parentId"));
            SeenLog {
                id: row.id(),
                contacts,
                title: row.text("name").unwrap_or_default(),
                text: Ok(row.text("description").unwrap_or_default()),
                marker: None,
                seconds: between(row),
                chosen: None,
            }
        };
        records.all("Call").map(log).collect()
    }
}

/// From start to end.
fn between(row: &Row) -> Option<u64> {
    let at = |field: &str| {
        let time = row.text(field)?.parse::<jiff::civil::DateTime>().ok()?;
        time.to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|time| time.timestamp().as_second())
    };
    u64::try_from(at("dateEnd")? - at("dateStart")?).ok()
}

/// A lead bears its company's name, a contact its account's id.
fn account_name(records: &Records, row: &Row) -> Option<String> {
    match row.text("accountId") {
        Some(account) => records.get("Account", &account)?.text("name"),
        None => row.text("accountName"),
    }
}

fn list(records: &Records, entity: &Entity, asked: &Asked) -> Result<Reply, Reply> {
    let items = conditions::items(&asked.parameters()).map_err(|words| refused(400, &words))?;
    let most = match asked.parameter("maxSize") {
        None => 20,
        Some(size) => size.parse::<usize>().map_err(|_| refused(400, "Bad maxSize"))?,
    };
    if most > 200 {
        return Err(refused(403, "Max size should not exceed 200. Use offset and limit."));
    }
    for item in &items {
        if !has(entity, &item.attribute) {
            return Err(refused(
                400,
                &format!("Not existing attribute '{}' in where.", item.attribute),
            ));
        }
        item.check().map_err(|words| refused(400, &words))?;
    }
    let select = asked.parameter("select").unwrap_or_default();
    let select: Vec<&str> = select.split(',').filter(|name| !name.is_empty()).collect();
    if let Some(name) = select.iter().find(|name| !has(entity, name)) {
        return Err(refused(400, &format!("Not existing attribute '{name}' in select.")));
    }
    let filter = asked.parameter("textFilter").map(|filter| match filter.contains('*') {
        true => filter.replace('*', "%"),
        false => format!("{filter}%"),
    });
    let holds = |row: &&Row| {
        let item = |item: &Item| match item.attribute.as_str() {
            "phoneNumberNumeric" => numbers(row).iter().any(|raw| item.holds(&digits(raw))),
            "phoneNumber" => numbers(row).iter().any(|raw| item.holds(raw)),
            name => item.holds(&said(records, row, name)),
        };
        let filtered = |pattern: &String| {
            entity
                .filtered
                .iter()
                .any(|name| like(&said(records, row, name), pattern))
        };
        items.iter().all(item) && filter.as_ref().is_none_or(filtered)
    };
    let found: Vec<&Row> = records.searchable(entity.name).filter(holds).collect();
    let shown = found.iter().take(most).map(|row| {
        let mut record = whole(records, row);
        record.as_object_mut().unwrap().retain(|name, _| {
            // Lists never hold what lies in other tables.
            let in_list = !name.ends_with("Data") && !name.ends_with("Ids");
            in_list && (name == "id" || select.is_empty() || select.contains(&name.as_str()))
        });
        record
    });
    Ok(Reply::json(
        200,
        &json!({ "total": found.len(), "list": shown.collect::<Vec<Value>>() }),
    ))
}

fn create(records: &mut Records, entity: &Entity, asked: &Asked) -> Result<Reply, Reply> {
    let mut body = object(records, entity, asked)?;
    let missing = entity.required.iter().find(|name| {
        body.get(**name)
            .and_then(Value::as_str)
            .is_none_or(|text| text.trim().is_empty())
    });
    if let Some(name) = missing {
        return Err(invalid(name.strip_suffix("Id").unwrap_or(name), "required"));
    }
    let same = |row: &&Row| {
        let equal = |name: &str| body.get(name).is_some_and(|value| row.fields.get(name) == Some(value));
        (equal("firstName") && equal("lastName"))
            || equal("emailAddress")
            || (entity.name == "Account" && equal("name"))
    };
    if entity.name != "Call" && asked.header("x-skip-duplicate-check") != Some("true") {
        let alike: Vec<Value> = records
            .all(entity.name)
            .filter(same)
            .map(|row| whole(records, row))
            .collect();
        if !alike.is_empty() {
            return Err(Reply::json(409, &alike.into()).with("X-Status-Reason", "duplicate"));
        }
    }
    if let Some(raw) = body.remove("phoneNumber").as_ref().and_then(Value::as_str) {
        body.insert("phoneNumberData".into(), json!([number(raw, true, "Mobile")]));
    }
    if !body.contains_key("accountId") && entity.name == "Contact" {
        body.remove("title");
    }
    let made = records.add(entity.name, body).clone();
    Ok(Reply::json(200, &whole(records, &made)))
}

/// A part of the attributes is changed, the others stay.
fn update(records: &mut Records, entity: &Entity, id: &str, asked: &Asked) -> Result<Reply, Reply> {
    let there = records
        .get(entity.name, id)
        .ok_or_else(|| refused(404, "Record not found"))?;
    let old = numbers(there);
    let body = object(records, entity, asked)?;
    // New numbers are refused as in a new record. Those that were there before pass: the real one may refuse them, too.
    for raw in body
        .get("phoneNumberData")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|row| row["phoneNumber"].as_str())
    {
        if !old.iter().any(|there| there == raw) && !is_e164(raw) {
            return Err(invalid("phoneNumber", "valid"));
        }
    }
    let row = records.get_mut(entity.name, id).unwrap();
    row.fields.extend(body);
    let row = row.clone();
    Ok(Reply::json(200, &whole(records, &row)))
}

/// The body, if each of its attributes is one of the entity's and has the right type.
fn object(records: &Records, entity: &Entity, asked: &Asked) -> Result<Map<String, Value>, Reply> {
    let Some(Value::Object(body)) = asked.json() else {
        return Err(refused(400, "Bad data"));
    };
    for (name, value) in &body {
        let Some((_, longest)) = entity.attributes.iter().find(|(known, _)| known == name) else {
            return Err(refused(400, &format!("{} has no attribute '{name}'", entity.name)));
        };
        match name.as_str() {
            "contactsIds" | "leadsIds" => {
                let kind = if name == "contactsIds" { "Contact" } else { "Lead" };
                let there = |id: &Value| id.as_str().is_some_and(|id| records.get(kind, id).is_some());
                if !value.as_array().is_some_and(|ids| ids.iter().all(there)) {
                    return Err(invalid(name.trim_end_matches("Ids"), "valid"));
                }
            }
            "phoneNumberData" => check_numbers(value)?,
            "dateStart" | "dateEnd" if !value.as_str().is_some_and(is_time) => return Err(invalid(name, "valid")),
            "dateStart" | "dateEnd" => {}
            "phoneNumber" if !value.as_str().is_some_and(is_e164) => return Err(invalid(name, "valid")),
            "emailAddress" if !value.as_str().is_some_and(|text| text.contains('@')) => {
                return Err(invalid(name, "emailAddress"));
            }
            "status" | "direction" if entity.name == "Call" => {
                let options = ["Planned", "Held", "Not Held", "Outbound", "Inbound"];
                if !value.as_str().is_some_and(|text| options.contains(&text)) {
                    return Err(invalid(name, "valid"));
                }
            }
            "parentType" | "parentId" if value.is_null() => {}
            "accountId" => {
                if value.as_str().is_none_or(|id| records.get("Account", id).is_none()) {
                    return Err(invalid("account", "valid"));
                }
            }
            "assignedUserId" if value != USER => {
                return Err(refused(403, "Assignment failure: assigned user or team not allowed."));
            }
            _ => {
                let text = value.as_str().ok_or_else(|| invalid(name, "valid"))?;
                if text.chars().count() > *longest {
                    return Err(invalid(name, "maxLength"));
                }
            }
        }
    }
    if let Some(id) = body.get("parentId").and_then(Value::as_str) {
        let kind = body.get("parentType").and_then(Value::as_str).unwrap_or_default();
        if !["Account", "Lead", "Opportunity", "Case"].contains(&kind) || records.get(kind, id).is_none() {
            return Err(invalid("parent", "valid"));
        }
    }
    Ok(body)
}

fn check_numbers(value: &Value) -> Result<(), Reply> {
    let known = ["phoneNumber", "primary", "type", "optOut", "invalid"];
    let types = ["Mobile", "Office", "Home", "Fax", "Other"];
    let rows = value.as_array().ok_or_else(|| invalid("phoneNumber", "valid"))?;
    for row in rows {
        let fine = row
            .as_object()
            .is_some_and(|row| row.keys().all(|key| known.contains(&key.as_str())))
            && row["phoneNumber"].as_str().is_some_and(|raw| !raw.is_empty())
            && row["primary"].is_boolean()
            && row
                .get("type")
                .is_none_or(|kind| kind.as_str().is_some_and(|kind| types.contains(&kind)));
        if !fine {
            return Err(invalid("phoneNumber", "valid"));
        }
    }
    Ok(())
}

/// An attribute as text, the computed ones too.
fn said(records: &Records, row: &Row, name: &str) -> String {
    let text = |name: &str| row.text(name).unwrap_or_default();
    match name {
        "id" => row.id(),
        "name" if row.fields.contains_key("lastName") => {
            format!("{} {}", text("firstName"), text("lastName")).trim().to_owned()
        }
        "reversed" => format!("{} {}", text("lastName"), text("firstName")),
        "accountName" => account_name(records, row).unwrap_or_default(),
        name => text(name),
    }
}

fn whole(records: &Records, row: &Row) -> Value {
    let mut record = row.fields.clone();
    record.insert("id".into(), row.id().into());
    record.insert("name".into(), said(records, row, "name").into());
    if row.kind == "Contact" {
        record.insert("accountName".into(), account_name(records, row).into());
    }
    if row.kind == "Call" {
        for list in ["contactsIds", "leadsIds"] {
            record.entry(list).or_insert_with(|| json!([]));
        }
    }
    record.insert("modifiedAt".into(), "2026-02-03 10:00:00".into());
    record.insert("createdAt".into(), "2026-01-12 09:30:00".into());
    if row.kind != "Call" {
        let rows = row
            .fields
            .get("phoneNumberData")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let primary = rows
            .iter()
            .find(|row| row["primary"] == true)
            .map(|row| row["phoneNumber"].clone());
        record.insert("phoneNumber".into(), primary.unwrap_or_default());
        record.insert("phoneNumberData".into(), rows.into());
        let email = row.text("emailAddress");
        let data = email.iter().map(|email| json!({ "emailAddress": email, "lower": email, "primary": true, "optOut": false, "invalid": false }));
        record.insert("emailAddressData".into(), data.collect::<Vec<Value>>().into());
    }
    Value::Object(record)
}

fn numbers(row: &Row) -> Vec<String> {
    let rows = row.fields.get("phoneNumberData").and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .filter_map(|row| row["phoneNumber"].as_str())
        .map(str::to_owned)
        .collect()
}

fn number(raw: &str, primary: bool, kind: &str) -> Value {
    json!({ "phoneNumber": raw, "primary": primary, "type": kind, "optOut": false, "invalid": false })
}

fn digits(raw: &str) -> String {
    raw.chars().filter(char::is_ascii_digit).collect()
}

fn is_e164(raw: &str) -> bool {
    raw.strip_prefix('+')
        .is_some_and(|rest| (7..=15).contains(&rest.len()) && rest.bytes().all(|sign| sign.is_ascii_digit()))
}

/// `YYYY-MM-DD HH:mm:ss`
fn is_time(text: &str) -> bool {
    let shape = text.bytes().map(|sign| if sign.is_ascii_digit() { b'0' } else { sign });
    shape.eq(*b"0000-00-00 00:00:00")
}

/// A refused field: its name and rule, never its value.
fn invalid(field: &str, rule: &str) -> Reply {
    let translation = json!({ "label": "validationFailure", "scope": null, "data": { "field": field, "type": rule } });
    Reply::json(400, &json!({ "messageTranslation": translation })).with("X-Status-Reason", "validationFailure")
}

/// Most refusals: no body, and the reason in a header.
fn refused(status: u16, words: &str) -> Reply {
    let reply = Reply {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: Vec::new(),
    };
    if words.is_empty() {
        reply
    } else {
        reply.with("X-Status-Reason", words)
    }
}
