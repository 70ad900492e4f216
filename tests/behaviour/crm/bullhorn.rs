//! Bullhorn: a data centre to be asked for, OAuth with parameters in the address and refresh tokens that are good once, a
//! session with its own address, and entities that are searched with Lucene.
//!
//! Numbers are words to the search: `(415) 555-0100` are three, which a phrase finds in that order.

mod entities;

use serde_json::{Value, json};
use url::Url;

use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor, html, records::fields};

pub struct Bullhorn;

pub const USER: &str = "pat.example";
pub const CLIENT: &str = "planted-client-7d1f";
pub const CLIENT_SECRET: &str = "planted-client-secret-55ab";
const LOGIN_HOST: &str = "rest.bullhornstaffing.com";
const OAUTH_HOST: &str = "auth-east.bullhornstaffing.com";
const DATA_CENTRE: &str = "rest-east.bullhornstaffing.com";
const REST_HOST: &str = "rest91.bullhornstaffing.com";
const CORPORATION: &str = "e0c7r9";

impl Vendor for Bullhorn {
    fn purpose(&self, asked: &Asked) -> Purpose {
        if asked.host != REST_HOST {
            return Purpose::SignIn;
        }
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().skip(2).map(String::as_str).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["settings", what]) if what.contains("userId") => Purpose::Account,
            ("GET", ["entity", "CorporateUser", _]) => Purpose::Account,
            ("POST", ["search", "Note"]) => Purpose::FindLog,
            ("POST", ["search", "Candidate" | "ClientContact" | "Lead"]) => Purpose::Find,
            ("PUT", ["entity", "Note"]) => Purpose::Log,
            ("POST", ["entity", "Note", _]) => Purpose::UpdateLog,
            ("PUT", ["entity", "Candidate" | "ClientContact" | "Lead"]) => Purpose::Create,
            ("POST", ["entity", _, _]) => Purpose::Change,
            ("GET", ["entity", _, _]) => Purpose::Get,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, records: &mut Records, asked: &Asked) -> Result<(), Reply> {
        if asked.host != REST_HOST {
            return Ok(());
        }
        match asked.header("bhresttoken") {
            None => Err(self.error(412, "'BhRestToken' is missing")),
            Some(token) if records.uses(token) => Ok(()),
            Some(_) => Err(self.error(401, "Bad 'BhRestToken' or timed-out.")),
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (asked.host.as_str(), asked.method.as_str(), parts.as_slice()) {
            (LOGIN_HOST, "GET", ["rest-services", "loginInfo"]) => self.login_info(asked),
            (OAUTH_HOST, "GET", ["oauth", "authorize"]) => self.authorize(records, asked),
            (OAUTH_HOST, "POST", ["oauth", "token"]) => self.token(records, asked),
            (DATA_CENTRE, "POST", ["rest-services", "login"]) => self.login(records, asked),
            (REST_HOST, method, ["rest-services", CORPORATION, rest @ ..]) => {
                entities::answer(records, asked, method, rest).unwrap_or_else(|refused| refused.reply())
            }
            _ => self.error(404, "No such resource"),
        }
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        let key = match status {
            401 | 412 => "errors.authentication.invalidRestToken",
            429 => "errors.rateLimit",
            _ => "errors.cannotProcess",
        };
        Reply::json(
            status,
            &json!({ "errorMessage": words, "errorMessageKey": key, "errorCode": status }),
        )
    }

    fn plant(&self, records: &mut Records, person: &Planted) -> String {
        let number = |at: usize| person.numbers.get(at).map_or("", String::as_str);
        let company = person.company.clone().unwrap_or_default();
        let mut planted = fields(&[
            ("name", &person.name()),
            ("firstName", &person.given),
            ("lastName", &person.family),
            ("phone", number(0)),
            ("mobile", number(1)),
            ("phone2", number(2)),
            ("email", &person.email.clone().unwrap_or_default()),
            ("status", "Active"),
        ]);
        if person.kind == "ClientContact" {
            let name = if company.is_empty() {
                "Example Holding"
            } else {
                &company
            };
            let corporation = records.plant("ClientCorporation", fields(&[("name", name), ("status", "Active")]));
            planted.insert(
                "clientCorporation".into(),
                json!({ "id": corporation.id, "name": name }),
            );
        } else {
            planted.extend(fields(&[("companyName", &company)]));
        }
        records.plant(&person.kind, planted).id()
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let company = |row: &Row| {
            let corporation = row.fields.get("clientCorporation");
            let named = corporation.and_then(|it| records.get("ClientCorporation", &it["id"].to_string()));
            row.text("companyName").or(named.and_then(|row| row.text("name")))
        };
        let person = |row: &Row| Planted {
            kind: row.kind.clone(),
            given: row.text("firstName").unwrap_or_default(),
            family: row.text("lastName").unwrap_or_default(),
            numbers: entities::NUMBERS.iter().filter_map(|field| row.text(field)).collect(),
            email: row.text("email"),
            company: company(row),
        };
        let kinds = ["Candidate", "ClientContact", "Lead"].into_iter();
        kinds
            .flat_map(|kind| records.all(kind))
            .map(|row| (row.id(), person(row)))
            .collect()
    }

    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let log = |row: &Row| SeenLog {
            id: row.id(),
            contacts: row
                .fields
                .get("personReference")
                .map(|person| person["id"].to_string())
                .into_iter()
                .collect(),
            title: row.text("action").unwrap_or_default(),
            text: html::seen(&row.text("comments").unwrap_or_default()),
            marker: row.text("externalID"),
            // Whole minutes, begun ones too.
            seconds: row
                .fields
                .get("minutesSpent")
                .and_then(Value::as_u64)
                .map(|minutes| minutes * 60),
            chosen: row.text("action"),
        };
        records.all("Note").map(log).collect()
    }
}

impl Bullhorn {
    fn login_info(&self, asked: &Asked) -> Reply {
        if asked.parameter("username").as_deref() != Some(USER) || asked.unknown_parameter(&["username"]).is_some() {
            return self.error(400, "username is missing or unknown");
        }
        let info = json!({
            "atsUrl": format!("https://bullhorn-east.bullhornstaffing.com"),
            "billingSyncUrl": format!("https://billing-sync.bullhornstaffing.com"),
            "coreUrl": format!("https://core-east.bullhornstaffing.com"),
            "oauthUrl": format!("https://{OAUTH_HOST}/oauth"),
            "restUrl": format!("https://{DATA_CENTRE}/rest-services"),
            "superClusterId": 9,
        });
        Reply::json(200, &info)
    }

    /// The person is signed in already and agrees at once.
    fn authorize(&self, records: &mut Records, asked: &Asked) -> Reply {
        let is = |name: &str, value: &str| asked.parameter(name).as_deref() == Some(value);
        let back = asked
            .parameter("redirect_uri")
            .filter(|back| back.starts_with("http://127.0.0.1:"));
        let (Some(back), Some(state)) = (back, asked.parameter("state")) else {
            return self.error(400, "redirect_uri or state is missing");
        };
        if !is("response_type", "code") || !is("client_id", CLIENT) {
            return self.error(400, "response_type or client_id is wrong");
        }
        let code = records.issue("code");
        let parameters = [("code", code.as_str()), ("state", state.as_str())];
        let to = Url::parse_with_params(&back, parameters).unwrap();
        Reply::json(302, &json!({})).with("location", to.to_string())
    }

    /// Parameters in the address. A refresh token is good once: the answer holds the next.
    fn token(&self, records: &mut Records, asked: &Asked) -> Reply {
        let refused =
            |error: &str, words: &str| Reply::json(400, &json!({ "error": error, "error_description": words }));
        let known = [
            "grant_type",
            "refresh_token",
            "client_id",
            "client_secret",
            "code",
            "redirect_uri",
        ];
        if let Some(name) = asked.unknown_parameter(&known) {
            return refused("invalid_request", &format!("unknown parameter {name}"));
        }
        let is = |name: &str, value: &str| asked.parameter(name).as_deref() == Some(value);
        if !is("client_id", CLIENT) || !is("client_secret", CLIENT_SECRET) {
            return refused("invalid_client", "Client authentication failed");
        }
        let spent = match asked.parameter("grant_type").as_deref() {
            Some("refresh_token") => asked
                .parameter("refresh_token")
                .is_some_and(|token| records.spend(&token)),
            Some("authorization_code") => asked.parameter("code").is_some_and(|code| records.spend(&code)),
            _ => return refused("unsupported_grant_type", "refresh_token or authorization_code"),
        };
        if !spent {
            return refused("invalid_grant", "Invalid, expired, or revoked refresh token.");
        }
        let (access, refresh) = (records.issue("access"), records.issue("refresh"));
        let granted = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": 600, "refresh_token": refresh,
        });
        Reply::json(200, &granted)
    }

    fn login(&self, records: &mut Records, asked: &Asked) -> Reply {
        if let Some(name) = asked.unknown_parameter(&["version", "access_token", "ttl"]) {
            return self.error(400, &format!("unknown parameter {name}"));
        }
        if !asked
            .parameter("access_token")
            .is_some_and(|token| records.uses(&token))
        {
            // As others saw it (bullhorn/sdk-rest issue 216).
            let words = "Invalid or expired OAuth access token.";
            let key = "errors.authentication.invalidOAuthToken";
            return Reply::json(
                400,
                &json!({ "errorMessage": words, "errorMessageKey": key, "errorCode": 400 }),
            );
        }
        let session = records.issue("session");
        let rest_url = format!("https://{REST_HOST}/rest-services/{CORPORATION}/");
        Reply::json(200, &json!({ "BhRestToken": session, "restUrl": rest_url }))
    }
}
