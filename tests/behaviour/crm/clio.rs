//! Clio Manage v4: one region, OAuth with a key and a secret of one's own, and records that say no more than `fields` asks for.
//!
//! What its reference calls a "wildcard search" is taken at its strictest for numbers: the whole stored text, letter by letter.

mod records;
mod show;

use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor, records::fields};

pub struct Clio;

pub const CLIENT: &str = "planted-clio-key-31c7";
pub const CLIENT_SECRET: &str = "planted-clio-secret-9d40";
/// The region that a test chooses; a token of one is worth nothing in another.
pub const REGION: &str = "eu";
const HOST: &str = "eu.app.clio.com";
/// As registered, letter by letter.
const REDIRECT: &str = "http://127.0.0.1:47826/callback";
/// The one who is signed in.
const USER: u64 = 3411;

/// A status, the kind of error, and words.
type Refused = (u16, &'static str, String);
type Answer = Result<Reply, Refused>;

impl Vendor for Clio {
    fn purpose(&self, asked: &Asked) -> Purpose {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            (_, ["oauth", ..]) => Purpose::SignIn,
            ("GET", ["api", "v4", "users", _]) => Purpose::Account,
            // A company is looked for by its name before it is made.
            ("GET", ["api", "v4", "contacts.json"]) if asked.parameter("type").is_none() => Purpose::Find,
            ("GET", ["api", "v4", "contacts", _]) => Purpose::Get,
            ("POST", ["api", "v4", "contacts.json"]) => Purpose::Create,
            ("PATCH", ["api", "v4", "contacts", _]) => Purpose::Change,
            ("POST", ["api", "v4", "communications.json"]) => Purpose::Log,
            ("POST", ["api", "v4", "activities.json"]) | ("PATCH", ["api", "v4", "activities", _]) => Purpose::Link,
            ("PATCH", ["api", "v4", "communications", _]) => Purpose::UpdateLog,
            ("GET", ["api", "v4", "communications.json"]) => Purpose::FindLog,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, records: &mut Records, asked: &Asked) -> Result<(), Reply> {
        if asked.path.starts_with("/oauth/") {
            return Ok(());
        }
        let token = asked
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        match token {
            Some(token) if asked.host == HOST && records.uses(token) => Ok(()),
            _ => Err(refused(&(401, "UnauthorizedError", "User is not authenticated".into()))),
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let reply = match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["oauth", "authorize"]) => return authorize(records, asked),
            ("POST", ["oauth", "token"]) => return token(records, asked),
            (method, ["api", "v4", rest @ ..]) => {
                records::answer(records, asked, method, rest).unwrap_or_else(|refusal| refused(&refusal))
            }
            _ => refused(&not_found()),
        };
        let reply = reply
            .with("x-ratelimit-limit", "50")
            .with("x-ratelimit-remaining", "49");
        reply.with("x-api-version", "4.0.13")
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        let kind = match status {
            400 => "ArgumentError",
            401 => "UnauthorizedError",
            403 => "ForbiddenError",
            404 => "RecordNotFound",
            422 => "UnprocessableEntity",
            429 => "RateLimited",
            _ => "ServerError",
        };
        refused(&(status, kind, words.to_owned()))
    }

    /// With two open matters and a closed one of which they are the client, and as many to which they are related.
    fn plant(&self, records: &mut Records, person: &Planted) -> String {
        let mut planted = fields(&[("type", &person.kind), ("name", &person.name())]);
        if person.kind == "Person" {
            planted.extend(fields(&[("first_name", &person.given), ("last_name", &person.family)]));
        }
        let number = |(at, number): (usize, &String)| json!({ "id": 80 + at, "name": "Work", "number": number, "primary": at == 0 });
        let email = |(at, address): (usize, &String)| json!({ "id": 90 + at, "name": "Work", "address": address, "primary": at == 0 });
        planted.insert(
            "phone_numbers".into(),
            person.numbers.iter().enumerate().map(number).collect(),
        );
        planted.insert(
            "email_addresses".into(),
            person.email.iter().enumerate().map(email).collect(),
        );
        if let Some(company) = &person.company {
            let company = records
                .plant("contact", fields(&[("type", "Company"), ("name", company)]))
                .id;
            planted.insert("company_id".into(), company.into());
        }
        let id = records.plant("contact", planted).id();
        for (status, description) in [
            ("Open", "Lease & liability"),
            ("Pending", "New lease"),
            ("Closed", "Old lease"),
        ] {
            let matter = fields(&[("client_id", &id), ("status", status), ("description", description)]);
            records.plant("matter", matter);
            let other = fields(&[("status", status), ("description", "Somebody else's")]);
            let other = records.plant("matter", other).id();
            records.plant("relationship", fields(&[("contact_id", &id), ("matter_id", &other)]));
        }
        id
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let values = |row: &Row, list: &str, value: &str| -> Vec<String> {
            let items = row.fields.get(list).and_then(Value::as_array).into_iter().flatten();
            items
                .filter_map(|item| item[value].as_str())
                .map(str::to_owned)
                .collect()
        };
        let company = |row: &Row| {
            row.text("company_id")
                .and_then(|id| records.get("contact", &id)?.text("name"))
        };
        let person = |row: &Row| Planted {
            kind: row.text("type").unwrap_or_default(),
            given: row.text("first_name").unwrap_or_default(),
            family: row.text("last_name").or(row.text("name")).unwrap_or_default(),
            numbers: values(row, "phone_numbers", "number"),
            email: values(row, "email_addresses", "address").into_iter().next(),
            company: company(row),
        };
        records.all("contact").map(|row| (row.id(), person(row))).collect()
    }

    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let log = |row: &Row| SeenLog {
            seconds: records::time_entry(records, row).and_then(|entry| entry.fields.get("quantity")?.as_u64()),
            chosen: Some(records::chosen(records, row)),
            id: row.id(),
            contacts: records::participants(row, "Contact"),
            title: row.text("subject").unwrap_or_default(),
            text: Ok(row.text("body").unwrap_or_default()),
            marker: None,
        };
        records.all("communication").map(log).collect()
    }
}

/// The person is signed in already and agrees at once.
fn authorize(records: &mut Records, asked: &Asked) -> Reply {
    let known = [
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
        "redirect_on_decline",
    ];
    let is = |name: &str, value: &str| asked.parameter(name).as_deref() == Some(value);
    let right = is("response_type", "code") && is("client_id", CLIENT) && is("redirect_uri", REDIRECT);
    let state = asked
        .parameter("state")
        .filter(|_| right && asked.unknown_parameter(&known).is_none());
    let Some(state) = state else {
        return refused(&(400, "ArgumentError", "The redirect URI included is not valid.".into()));
    };
    let code = records.issue("code");
    let to = Url::parse_with_params(REDIRECT, [("code", code.as_str()), ("state", state.as_str())]).unwrap();
    Reply::json(302, &json!({})).with("location", to.to_string())
}

/// Parameters in a form. The refresh token stays good, so the answer to a refresh has none.
fn token(records: &mut Records, asked: &Asked) -> Reply {
    let refused = |error: &str, words: &str| Reply::json(400, &json!({ "error": error, "error_description": words }));
    let sent: Vec<(String, String)> = form_urlencoded::parse(&asked.body).into_owned().collect();
    let get = |name: &str| {
        sent.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let known = [
        "grant_type",
        "client_id",
        "client_secret",
        "code",
        "redirect_uri",
        "refresh_token",
    ];
    if let Some((name, _)) = sent.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return refused("invalid_request", &format!("{name} is not a parameter"));
    }
    if asked.host != HOST || get("client_id") != Some(CLIENT) || get("client_secret") != Some(CLIENT_SECRET) {
        return refused("invalid_client", "Client authentication failed due to unknown client");
    }
    let mut granted = json!({ "token_type": "bearer", "expires_in": 2_592_000 });
    match get("grant_type") {
        Some("authorization_code") => {
            let spent = get("redirect_uri") == Some(REDIRECT) && get("code").is_some_and(|code| records.spend(code));
            if !spent {
                return refused(
                    "invalid_grant",
                    "The provided authorization grant is invalid or expired",
                );
            }
            granted["refresh_token"] = records.issue("refresh").into();
        }
        Some("refresh_token") => {
            if !get("refresh_token").is_some_and(|token| records.uses(token)) {
                return refused(
                    "invalid_grant",
                    "The provided authorization grant is invalid or revoked",
                );
            }
        }
        _ => return refused("unsupported_grant_type", "authorization_code or refresh_token"),
    }
    granted["access_token"] = records.issue("access").into();
    Reply::json(200, &granted)
}

fn refused((status, kind, words): &Refused) -> Reply {
    Reply::json(*status, &json!({ "error": { "type": kind, "message": words } }))
}

fn bad(words: impl Into<String>) -> Refused {
    (400, "ArgumentError", words.into())
}

fn unfit(words: impl Into<String>) -> Refused {
    (422, "UnprocessableEntity", words.into())
}

fn not_found() -> Refused {
    (404, "RecordNotFound", "The requested resource was not found".into())
}
