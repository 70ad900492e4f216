//! Salesforce: a public app with PKCE on My Domain, requests to where the token says, text searches in SOSL, exact ones in SOQL,
//! and objects that refuse every field they don't have.

mod objects;
mod soql;
mod sosl;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};

use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor, records::fields};

pub struct Salesforce;

pub const CLIENT: &str = "3MVG9planted.consumer.key";
/// As a person reads it in their browser.
pub const ADDRESS: &str = "acme.lightning.force.com";
const LOGIN_HOST: &str = "acme.my.salesforce.com";
/// Another one than that of the sign-in, so that it is seen that the token's answer is heeded.
const INSTANCE: &str = "acme-instance.my.salesforce.com";
/// As registered, letter by letter.
const REDIRECT: &str = "http://localhost:47825/callback";
const ORGANISATION: &str = "00D000000000062EAA";
const USER: &str = "005000000000777AAA";
const DATA: &str = "/services/data/v62.0/";

/// A status, the error's code, words, and the fields that it is about.
pub struct Refused(u16, &'static str, String, Vec<String>);
type Answer = Result<Reply, Refused>;

impl Vendor for Salesforce {
    fn purpose(&self, asked: &Asked) -> Purpose {
        let Some(rest) = asked.path.strip_prefix(DATA) else {
            let is_account = asked.path.ends_with("/userinfo");
            return if is_account { Purpose::Account } else { Purpose::SignIn };
        };
        let parts: Vec<&str> = rest.split('/').collect();
        let query = asked.parameter("q").unwrap_or_default();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["search"]) => Purpose::Find,
            ("GET", ["query"]) if query.contains("FROM Task WHERE Id =") => Purpose::Other,
            ("GET", ["query"]) if query.contains("FROM Opportunity") => Purpose::Other,
            ("GET", ["query"]) if query.contains("FROM Task") => Purpose::FindLog,
            ("GET", ["query"]) if query.contains("WHERE Id =") => Purpose::Get,
            ("POST", ["sobjects", "Task"]) => Purpose::Log,
            ("PATCH", ["sobjects", "Task", _]) => Purpose::UpdateLog,
            ("POST", ["sobjects", _]) => Purpose::Create,
            ("PATCH", ["sobjects", _, _]) => Purpose::Change,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, records: &mut Records, asked: &Asked) -> Result<(), Reply> {
        if self.purpose(asked) == Purpose::SignIn {
            return Ok(());
        }
        let token = asked
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        match token {
            Some(token) if asked.host == INSTANCE && records.uses(token) => Ok(()),
            _ if asked.path.ends_with("/userinfo") => Err(Reply {
                status: 403,
                headers: vec![("content-type".into(), "text/plain".into())],
                body: b"Bad_OAuth_Token".to_vec(),
            }),
            _ => Err(self.error(401, "Session expired or invalid")),
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        match (asked.host.as_str(), asked.method.as_str(), asked.path.as_str()) {
            (LOGIN_HOST, "GET", "/services/oauth2/authorize") => return authorize(records, asked),
            (LOGIN_HOST, "POST", "/services/oauth2/token") => return token(records, asked),
            (INSTANCE, "GET", "/services/oauth2/userinfo") => return user(),
            _ => {}
        }
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().skip(3).map(String::as_str).collect();
        let answer = match (asked.method.as_str(), parts.as_slice()) {
            _ if !asked.path.starts_with(DATA) => Err(not_found()),
            ("GET", ["search"]) => query_of(asked).and_then(|query| sosl::search(records, &query)),
            ("GET", ["query"]) => query_of(asked).and_then(|query| soql::query(records, &query)),
            ("POST", ["sobjects", object]) => objects::create(records, object, asked),
            ("PATCH", ["sobjects", object, id]) => objects::update(records, object, id, asked),
            (_, ["sobjects" | "search" | "query", ..]) => Err(Refused(
                405,
                "METHOD_NOT_ALLOWED",
                "HTTP Method not allowed".into(),
                Vec::new(),
            )),
            _ => Err(not_found()),
        };
        let reply = answer.unwrap_or_else(|refusal| refused(&refusal));
        reply.with("sforce-limit-info", "api-usage=18/15000")
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        let code = match status {
            400 => "INVALID_CROSS_REFERENCE_KEY",
            401 => "INVALID_SESSION_ID",
            403 => "INSUFFICIENT_ACCESS_OR_READONLY",
            404 => "NOT_FOUND",
            500 => "UNKNOWN_EXCEPTION",
            503 => "SERVER_UNAVAILABLE",
            _ => "REFUSED",
        };
        refused(&Refused(status, code, words.to_owned(), Vec::new()))
    }

    fn plant(&self, records: &mut Records, person: &Planted) -> String {
        let mut planted = if person.kind == "Account" {
            fields(&[("Name", &person.name())])
        } else {
            fields(&[("FirstName", &person.given), ("LastName", &person.family)])
        };
        let numbers = objects::object(&person.kind).unwrap().numbers;
        for (field, number) in numbers.iter().zip(&person.numbers) {
            planted.insert((*field).to_owned(), number.as_str().into());
        }
        planted.extend(fields(&[("Email", &person.email.clone().unwrap_or_default())]));
        if let Some(company) = &person.company {
            if person.kind == "Contact" {
                let account = objects::id_of(records.plant("Account", fields(&[("Name", company)])));
                planted.insert("AccountId".into(), account.into());
            } else {
                planted.insert("Company".into(), company.as_str().into());
            }
        }
        let account = planted.get("AccountId").and_then(Value::as_str).map(str::to_owned);
        let id = objects::id_of(records.plant(&person.kind, planted));
        if person.kind == "Contact" {
            objects::plant_opportunities(records, &id, account.as_deref());
        }
        id
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let account = |row: &Row| {
            let account = objects::get(records, "Account", &row.text("AccountId")?)?;
            account.text("Name")
        };
        let person = |row: &Row| Planted {
            kind: row.kind.clone(),
            given: row.text("FirstName").unwrap_or_default(),
            family: row.text("LastName").or(row.text("Name")).unwrap_or_default(),
            numbers: objects::object(&row.kind)
                .unwrap()
                .numbers
                .iter()
                .filter_map(|field| row.text(field))
                .collect(),
            email: row.text("Email"),
            company: row.text("Company").or_else(|| account(row)),
        };
        let kinds = ["Contact", "Lead", "Account"].into_iter();
        kinds
            .flat_map(|kind| records.all(kind))
            .map(|row| (objects::id_of(row), person(row)))
            .collect()
    }

    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let about = |row: &Row| {
            row.text("WhatId")
                .filter(|id| objects::get(records, "Opportunity", id).is_some())
        };
        let log = |row: &Row| SeenLog {
            id: objects::id_of(row),
            contacts: ["WhoId", "WhatId"]
                .iter()
                .filter_map(|field| row.text(field))
                .filter(|id| about(row).as_ref() != Some(id))
                .collect(),
            title: row.text("Subject").unwrap_or_default(),
            text: Ok(row.text("Description").unwrap_or_default()),
            marker: row.text("CallObject"),
            seconds: row.fields.get("CallDurationInSeconds").and_then(Value::as_u64),
            chosen: about(row),
        };
        records.all("Task").map(log).collect()
    }
}

/// The person is signed in already and agrees at once. The challenge goes along in the code.
fn authorize(records: &mut Records, asked: &Asked) -> Reply {
    let known = [
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
        "scope",
        "code_challenge",
        "code_challenge_method",
    ];
    let is = |name: &str, value: &str| asked.parameter(name).as_deref() == Some(value);
    let scope = asked.parameter("scope").unwrap_or_default();
    let scopes = scope
        .split(' ')
        .all(|scope| ["api", "id", "openid", "refresh_token"].contains(&scope));
    let right = is("response_type", "code") && is("client_id", CLIENT) && is("redirect_uri", REDIRECT) && scopes;
    let pkce = is("code_challenge_method", "S256") && asked.unknown_parameter(&known).is_none();
    let (true, true, Some(challenge), Some(state)) =
        (right, pkce, asked.parameter("code_challenge"), asked.parameter("state"))
    else {
        return oauth_refused(
            "invalid_request",
            "missing required code challenge, or redirect_uri must match configuration",
        );
    };
    let code = format!("{}.{challenge}", records.issue("code"));
    records.accept(&code);
    let to = Url::parse_with_params(REDIRECT, [("code", code.as_str()), ("state", state.as_str())]).unwrap();
    Reply::json(302, &json!({})).with("location", to.to_string())
}

/// No secret; whoever has the verifier is the one who asked. Refresh tokens are good once, as the app may say.
fn token(records: &mut Records, asked: &Asked) -> Reply {
    let sent: Vec<(String, String)> = form_urlencoded::parse(&asked.body).into_owned().collect();
    let get = |name: &str| {
        sent.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let known = [
        "grant_type",
        "client_id",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
    ];
    if sent.iter().any(|(name, _)| !known.contains(&name.as_str())) || get("client_id") != Some(CLIENT) {
        return oauth_refused("invalid_client", "invalid client credentials");
    }
    let spent = match get("grant_type") {
        Some("refresh_token") => get("refresh_token").is_some_and(|token| records.spend(token)),
        Some("authorization_code") => {
            let challenge = get("code")
                .and_then(|code| code.rsplit_once('.'))
                .map(|(_, challenge)| challenge);
            let made = get("code_verifier").map(|verifier| BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
            let proved = challenge.is_some() && challenge == made.as_deref() && get("redirect_uri") == Some(REDIRECT);
            proved && get("code").is_some_and(|code| records.spend(code))
        }
        _ => return oauth_refused("unsupported_grant_type", "grant type not supported"),
    };
    if !spent {
        return oauth_refused("invalid_grant", "expired access/refresh token");
    }
    let (access, refresh) = (records.issue("access"), records.issue("refresh"));
    // It does not say for how long.
    let granted = json!({
        "access_token": access, "refresh_token": refresh, "signature": "cGxhbnRlZA==", "scope": "refresh_token api id openid",
        "instance_url": format!("https://{INSTANCE}"), "id": format!("https://login.salesforce.com/id/{ORGANISATION}/{USER}"),
        "token_type": "Bearer", "issued_at": "1770112800000",
    });
    Reply::json(200, &granted)
}

fn user() -> Reply {
    let info = json!({
        "sub": format!("https://login.salesforce.com/id/{ORGANISATION}/{USER}"), "user_id": USER,
        "organization_id": ORGANISATION, "preferred_username": "pat@example.com", "name": "Pat Example",
        "email": "pat@example.com", "zoneinfo": "America/Los_Angeles", "language": "en_US", "active": true,
    });
    Reply::json(200, &info)
}

fn query_of(asked: &Asked) -> Result<String, Refused> {
    match asked.unknown_parameter(&["q"]) {
        None => Ok(asked.parameter("q").unwrap_or_default()),
        Some(name) => Err(Refused(
            400,
            "MALFORMED_QUERY",
            format!("unknown parameter {name}"),
            Vec::new(),
        )),
    }
}

fn refused(Refused(status, code, words, fields): &Refused) -> Reply {
    let mut error = json!({ "message": words, "errorCode": code });
    if !fields.is_empty() {
        error["fields"] = json!(fields);
    }
    Reply::json(*status, &json!([error]))
}

fn oauth_refused(error: &str, words: &str) -> Reply {
    Reply::json(400, &json!({ "error": error, "error_description": words }))
}

fn not_found() -> Refused {
    Refused(
        404,
        "NOT_FOUND",
        "The requested resource does not exist".into(),
        Vec::new(),
    )
}
