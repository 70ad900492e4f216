//! RingCentral's App Connect server, version 1.7.41 of it as it answered to us, with a connector of an API key. Its CRM is asked
//! for the digits of the national number, as the vendor's Pipedrive connector does; how far masks reach where a CRM compares
//! letter by letter, the connector's own tests hold.
//!
//! It is stricter than the real one in what it takes: a parameter or a member that is not documented is refused.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ringside_domain::phone::read;
use serde_json::{Map, Value, json};

use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor, records::fields};
use crate::asking::home;

pub struct AppConnectServer;

pub const KEY: &str = "planted-fiction-key-7Yw2Kq";
pub const PLATFORM: &str = "fiction";

/// What a contact can have numbers in, as the connector calls it.
const NUMBERS: [&str; 3] = ["phone", "mobilePhone", "homePhone"];
/// What it searches and doesn't show: Bullhorn's connector looks into five fields, and shows one.
pub const UNSHOWN: &str = "unshown";
const LOG: &str = "log";
/// Whose log a record of ours is, beside what the server was told.
const SESSION: &str = "session";

/// What the server gives out at `/crmManifest`, with what it says of the connector's functions.
pub fn manifest() -> String {
    let selection = |name: &str, title: &str, options: &[(&str, &str)]| {
        let options = options
            .iter()
            .map(|(value, title)| json!({ "const": value, "title": title }));
        json!({ "const": name, "title": title, "type": "selection", "options": options.collect::<Vec<_>>() })
    };
    let outcome = selection(
        "outcome",
        "Outcome",
        &[("reached", "Reached"), ("voicemail", "Left voicemail")],
    );
    let company = json!({ "const": "company", "title": "Company", "type": "inputField" });
    let email = json!({ "const": "email", "title": "E-mail", "type": "inputField" });
    json!({
        "serverUrl": "https://connect.example.com", "author": { "name": "Ringside tests" },
        "implementedInterfaces": { "findContactWithName": true, "createContact": true, "upsertCallDisposition": true },
        "platforms": { PLATFORM: {
            "name": PLATFORM, "displayName": "Fiction CRM", "environment": { "type": "fixed", "url": "https://crm.example.com" },
            "auth": { "type": "apiKey", "apiKey": { "page": { "content": [
                { "const": "apiKey", "title": "API key", "type": "string", "required": true }] } } },
            "contactTypes": [{ "display": "Contact", "value": "Contact" }, { "display": "Lead", "value": "Lead" }],
            "contactPageUrl": "https://{hostname}/{contactType}/{contactId}",
            "logPageUrl": "https://{hostname}/activity/{logId}", "canOpenLogPage": true,
            "page": { "useContactSearch": true, "callLog": { "additionalFields": [outcome] },
                "newContact": { "additionalFields": [company, email] } },
        } },
    })
    .to_string()
}

impl Vendor for AppConnectServer {
    fn purpose(&self, asked: &Asked) -> Purpose {
        match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/apiKeyLogin" | "/unAuthorize") => Purpose::SignIn,
            ("GET", "/authValidation") => Purpose::Account,
            ("GET", "/contact" | "/custom/contact/search") => Purpose::Find,
            ("POST", "/contact") => Purpose::Create,
            ("POST", "/callLog") => Purpose::Log,
            ("PUT", "/callDisposition") => Purpose::Link,
            ("PATCH", "/callLog") => Purpose::UpdateLog,
            ("GET", "/callLog") => Purpose::FindLog,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, records: &mut Records, asked: &Asked) -> Result<(), Reply> {
        if asked.path == "/apiKeyLogin" {
            return Ok(());
        }
        let token = asked
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        match token {
            Some(token) if records.uses(token) => Ok(()),
            _ => Err(text(400, "Please go to Settings and authorize CRM platform")),
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        let answer = match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/apiKeyLogin") => log_in(records, asked),
            ("GET", "/contact") => find(records, asked),
            ("GET", "/custom/contact/search") => search(records, asked),
            ("POST", "/contact") => create(records, asked),
            ("POST", "/callLog") => log(records, asked),
            ("GET", "/callLog") => logs_of(records, asked),
            ("PATCH", "/callLog") => update(records, asked),
            ("PUT", "/callDisposition") => dispose(records, asked),
            _ => Err(text(404, "<!DOCTYPE html><pre>Cannot GET this</pre>")),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    /// The server's own errors; as a 200 comes what its CRM did.
    fn error(&self, status: u16, words: &str) -> Reply {
        match status {
            200 => no("Error creating call log"),
            401 => Reply::json(
                401,
                &json!({ "successful": false, "errorCode": "CRM_SESSION_REVOKED",
                    "returnMessage": { "message": "User session expired. Please connect again.", "messageType": "warning", "ttl": 5000 } }),
            ),
            403 => text(403, "Admin validation failed"),
            404 => text(404, "<!DOCTYPE html><pre>Cannot GET this</pre>"),
            503 => Reply::json(503, &json!({ "error": "Service unavailable", "detail": words })),
            _ => Reply::json(status, &json!({ "error": words })),
        }
    }

    fn plant(&self, records: &mut Records, planted: &Planted) -> String {
        let contact = contact(
            &planted.name(),
            &planted.numbers,
            planted.company.as_deref(),
            planted.email.as_deref(),
        );
        records.plant(&planted.kind, contact).id()
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let of = |kind: &'static str| {
            records.all(kind).map(move |row| {
                let planted = Planted {
                    kind: kind.into(),
                    given: String::new(),
                    family: row.text("name").unwrap_or_default(),
                    numbers: NUMBERS.iter().filter_map(|field| row.text(field)).collect(),
                    email: row.text("email"),
                    company: row.text("company"),
                };
                (row.id(), planted)
            })
        };
        of("Contact").chain(of("Lead")).collect()
    }

    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let seen = |row: &Row| SeenLog {
            id: row.id(),
            contacts: row.text("contact").into_iter().collect(),
            title: row.text("subject").unwrap_or_default(),
            text: Ok(row.text("note").unwrap_or_default()),
            marker: row.text(SESSION),
            seconds: row.fields["duration"].as_u64(),
            chosen: Some(row.fields["chosen"].to_string()).filter(|chosen| chosen != "{}"),
        };
        records.all(LOG).map(seen).collect()
    }
}

fn text(status: u16, words: &str) -> Reply {
    let mut reply = Reply::json(status, &Value::Null);
    reply.body = words.as_bytes().to_vec();
    reply
}

fn message(words: &str, kind: &str) -> Value {
    json!({ "message": words, "messageType": kind, "ttl": 3000 })
}

fn no(words: &str) -> Reply {
    Reply::json(
        200,
        &json!({ "successful": false, "returnMessage": message(words, "warning") }),
    )
}

/// The parameters that a question may have, each at most once.
fn only(asked: &Asked, known: &[&str]) -> Result<(), Reply> {
    let twice = |name: &str| asked.parameters().iter().filter(|(other, _)| other == name).count() > 1;
    match asked.unknown_parameter(known) {
        None if !known.iter().any(|name| twice(name)) => Ok(()),
        _ => Err(text(400, "An unknown parameter, or one that came twice")),
    }
}

/// The members that a body may have.
fn body(asked: &Asked, known: &[&str]) -> Result<Map<String, Value>, Reply> {
    let Some(Value::Object(body)) = asked.json() else {
        return Err(text(400, "The body is no JSON"));
    };
    match body.keys().find(|name| !known.contains(&name.as_str())) {
        None if asked.query.is_empty() => Ok(body),
        _ => Err(text(400, "An unknown member")),
    }
}

fn log_in(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let body = body(asked, &["platform", "apiKey", "hostname", "proxyId", "additionalInfo"])?;
    if body.get("platform") != Some(&json!(PLATFORM)) {
        return Err(text(400, "Missing platform name"));
    }
    if body.get("apiKey") != Some(&json!(KEY)) {
        let refused = json!({ "returnMessage": message("Could not load user information", "warning") });
        return Err(Reply::json(400, &refused));
    }
    let payload = BASE64_URL_SAFE_NO_PAD.encode(json!({ "id": "u-1", "platform": PLATFORM }).to_string());
    let token = records.issue(&format!("e30.{payload}.c2ln"));
    let answer = json!({ "jwtToken": token, "name": "Pat Tester", "returnMessage": message("Connected.", "success") });
    Ok(Reply::json(200, &answer))
}

fn contact(name: &str, numbers: &[String], company: Option<&str>, email: Option<&str>) -> Map<String, Value> {
    let mut pairs = vec![
        ("name", name),
        ("company", company.unwrap_or_default()),
        ("email", email.unwrap_or_default()),
    ];
    pairs.extend(NUMBERS.into_iter().zip(numbers.iter().map(String::as_str)));
    fields(&pairs)
}

fn shown(row: &Row) -> Value {
    let mut shown = Value::Object(row.fields.clone());
    shown["id"] = json!(row.id);
    shown["type"] = json!(row.kind);
    if let Some(shown) = shown.as_object_mut() {
        shown.remove(UNSHOWN);
    }
    shown["additionalInfo"] = Value::Null;
    shown
}

fn people(records: &Records, fits: impl Fn(&Row) -> bool) -> Vec<Value> {
    let of = |kind| records.searchable(kind).filter(|row| fits(row)).map(shown);
    of("Contact").chain(of("Lead")).collect()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn find(records: &Records, asked: &Asked) -> Result<Reply, Reply> {
    only(
        asked,
        &[
            "phoneNumber",
            "overridingFormat",
            "isExtension",
            "isForceRefreshAccountData",
        ],
    )?;
    let (Some(number), Some(_), Some(extension)) = (
        asked.parameter("phoneNumber"),
        // Some connectors fail without it.
        asked.parameter("overridingFormat"),
        asked.parameter("isExtension"),
    ) else {
        return Err(Reply::json(
            400,
            &json!({ "error": "Cannot read properties of undefined (reading 'replace')" }),
        ));
    };
    if extension != "false" {
        let nobody =
            json!({ "successful": false, "returnMessage": message("Contact not found", "warning"), "contact": [] });
        return Ok(Reply::json(200, &nobody));
    }
    let national = read(&number, &home()).number().map(|line| line.nsn().to_owned());
    let Some(national) = national.filter(|_| number.starts_with('+')) else {
        return Ok(no("Logging against internal extension number is not supported."));
    };
    let has = |row: &Row| {
        let mut stored = NUMBERS.iter().chain(&[UNSHOWN]).filter_map(|field| row.text(field));
        stored.any(|stored| digits(&stored).contains(&national))
    };
    let mut found = people(records, has);
    let nobody = found.is_empty();
    found.push(json!({ "id": "createNewContact", "name": "Create new contact...", "additionalInfo": null, "isNewContact": true }));
    let mut answer = json!({ "successful": true, "contact": found });
    if nobody {
        answer["returnMessage"] = message("Contact not found", "warning");
    }
    Ok(Reply::json(200, &answer))
}

fn search(records: &Records, asked: &Asked) -> Result<Reply, Reply> {
    only(asked, &["name"])?;
    let Some(name) = asked.parameter("name").filter(|name| !name.is_empty()) else {
        return Err(text(400, "Missing name"));
    };
    let wanted = name.to_lowercase();
    let found = people(records, |row| {
        row.text("name")
            .is_some_and(|name| name.to_lowercase().contains(&wanted))
    });
    let mut answer = json!({ "successful": true, "contact": found });
    if found.is_empty() {
        answer["returnMessage"] = message("No contact found", "warning");
    }
    Ok(Reply::json(200, &answer))
}

fn create(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let body = body(
        asked,
        &[
            "phoneNumber",
            "newContactName",
            "newContactType",
            "additionalSubmission",
        ],
    )?;
    let word = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = match word("newContactType") {
        kind @ ("Contact" | "Lead") => kind,
        _ => return Ok(no("Error creating contact")),
    };
    let name = word("newContactName");
    if name.trim().is_empty() || name.len() > 1_000 {
        return Ok(no("The name is empty or too long"));
    }
    let more = |name: &str| body["additionalSubmission"][name].as_str();
    let numbers: Vec<String> = [word("phoneNumber").to_owned()]
        .into_iter()
        .filter(|raw| !raw.is_empty())
        .collect();
    let row = records.add(kind, contact(name, &numbers, more("company"), more("email")));
    // Neither its type nor its number.
    let answer = json!({ "successful": true, "returnMessage": message("Contact created.", "success"),
        "contact": { "id": row.id, "name": name } });
    Ok(Reply::json(200, &answer))
}

/// The log of a session, which is the server's own to know: no search of the CRM lags here.
fn of_session<'a>(records: &'a mut Records, session: &str) -> Option<&'a mut Row> {
    let row = records
        .all(LOG)
        .find(|row| row.text(SESSION).as_deref() == Some(session))?;
    let id = row.id();
    records.get_mut(LOG, &id)
}

fn log(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let known = [
        "logInfo",
        "contactId",
        "contactType",
        "contactName",
        "note",
        "additionalSubmission",
    ];
    let body = body(asked, &known)?;
    let info = &body["logInfo"];
    let other = if info["direction"] == "Inbound" {
        &info["from"]
    } else {
        &info["to"]
    };
    let (Some(session), true, true) = (
        info["sessionId"].as_str(),
        other.is_object(),
        info["startTime"].is_i64(),
    ) else {
        return Err(Reply::json(
            400,
            &json!({ "error": "Cannot read properties of undefined (reading 'phoneNumber')" }),
        ));
    };
    if of_session(records, session).is_some() {
        return Ok(no(&format!("Existing log for session {session}")));
    }
    let kind = body["contactType"].as_str().unwrap_or_default();
    // An id is what the connector gave: a number.
    let Some(contact) = body["contactId"]
        .as_u64()
        .filter(|id| records.get(kind, &id.to_string()).is_some())
    else {
        return Ok(no("Error creating call log"));
    };
    let mut row = Map::new();
    row.insert(SESSION.into(), session.into());
    row.insert("contact".into(), contact.to_string().into());
    row.insert("subject".into(), info["customSubject"].clone());
    row.insert("note".into(), body["note"].clone());
    row.insert("duration".into(), info["duration"].clone());
    row.insert("chosen".into(), body["additionalSubmission"].clone());
    let id = records.add(LOG, row).id;
    let answer = json!({ "successful": true, "logId": id, "returnMessage": message("Call logged", "success") });
    Ok(Reply::json(200, &answer))
}

fn logs_of(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    only(asked, &["sessionIds", "requireDetails"])?;
    let sessions = asked.parameter("sessionIds").unwrap_or_default();
    let logs: Vec<Value> = sessions
        .split(',')
        .take(5)
        .map(|session| match of_session(records, session) {
            Some(row) => json!({ "sessionId": session, "matched": true, "logId": row.id }),
            None => json!({ "sessionId": session, "matched": false }),
        })
        .collect();
    Ok(Reply::json(
        200,
        &json!({ "successful": true, "logs": logs, "returnMessage": null }),
    ))
}

fn update(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let known = [
        "sessionId",
        "subject",
        "note",
        "startTime",
        "duration",
        "result",
        "direction",
        "from",
        "to",
        "additionalSubmission",
    ];
    let body = body(asked, &known)?;
    let Some(row) = of_session(records, body["sessionId"].as_str().unwrap_or_default()) else {
        return Ok(Reply::json(200, &json!({ "successful": false })));
    };
    for name in ["subject", "note", "duration"] {
        if let Some(value) = body.get(name) {
            row.fields.insert(name.into(), value.clone());
        }
    }
    let answer = json!({ "successful": true, "logId": row.id, "updatedNote": body["note"],
        "returnMessage": message("Call log updated.", "success") });
    Ok(Reply::json(200, &answer))
}

fn dispose(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let body = body(asked, &["sessionId", "dispositions"])?;
    match of_session(records, body["sessionId"].as_str().unwrap_or_default()) {
        Some(row) => {
            row.fields.insert("chosen".into(), body["dispositions"].clone());
            let answer = json!({ "successful": true, "returnMessage": message("Disposition saved", "success") });
            Ok(Reply::json(200, &answer))
        }
        None => Ok(no("Cannot find log")),
    }
}
