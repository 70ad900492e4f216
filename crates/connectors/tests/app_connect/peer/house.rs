//! What the peer's routes do: the answers as captured, over contacts and logs in memory.

mod people;

use std::collections::{BTreeSet, HashMap, VecDeque};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringside_domain::Url;
use serde_json::{Value, json};

use super::{Asked, Instead, Looks};
use crate::desk::KEY;

const LONG: &str = "contacts.read contacts.write calls.read calls.write notes.read notes.write users.read deals.read deals.write companies.read companies.write";

pub struct House {
    /// `id`, `name`, `type`, `phone`, and whatever a connector adds.
    pub contacts: Vec<Value>,
    pub logs: Vec<Value>,
    pub manifest: Value,
    pub interfaces: Value,
    /// The menu's row has these choices.
    pub choices: Value,
    pub requests: Vec<Asked>,
    /// What a path answers instead, once each: status, headers, body; and how long it takes.
    pub instead: HashMap<String, VecDeque<Instead>>,
    /// Whether the CRM's user is logged in at the server.
    pub logged_in: bool,
    pub tokens: BTreeSet<String>,
    pub looks: Looks,
    /// What the server remembers of who was found by a number, and tells whoever does not want it anew.
    pub cached: HashMap<String, Value>,
    /// The CRM's search does not show what was created just now.
    pub lags: bool,
    /// Each answer brings a newer token.
    pub rotates: bool,
    /// Its connector keeps what is the same for a company under the account at RingCentral, and logs nothing without one, as
    /// Pipedrive's does.
    pub needs_account: bool,
    /// The account that was given at the sign-in.
    pub account: Option<String>,
    /// What the CRM's user has set: `{"id": {"value": …, "customizable": true}}`.
    pub settings: Value,
    /// What the connector keeps for the whole company, by key; only where there is an account to keep it under.
    pub account_data: Value,
    /// Its connector finds nobody and logs nothing where this is not set, as Google Sheets' does.
    pub needs_setting: Option<&'static str>,
    /// What the connector reads of the address at which the browser came back, as NetSuite's does.
    pub redirect_names: Vec<&'static str>,
    made: usize,
}

impl House {
    pub fn new() -> Self {
        Self {
            contacts: vec![
                json!({ "id": "c-1", "name": "Ada Verdi", "type": "Contact", "phone": "(202) 555-0142", "createdDate": "2024-02-01T09:00:00Z", "additionalInfo": null }),
                json!({ "id": "c-2", "name": "Bo Verdi", "type": "Lead", "phone": "202-555-0142", "additionalInfo": { "deal": [{ "const": 31, "title": "Roof" }] } }),
                json!({ "id": "c-3", "name": "Cyd Marsh", "type": "Contact", "phone": "+12025550199", "additionalInfo": null }),
            ],
            logs: Vec::new(),
            manifest: json!({
                "serverUrl": "http://127.0.0.1:6066", "redirectUri": "http://127.0.0.1:6099/redirect", "author": { "name": "Lab" }, "version": "0.1.0",
                "platforms": {
                    "testCRM": {
                        "name": "testCRM", "displayName": "Test CRM", "environment": { "type": "fixed", "url": "https://crm.example.test" },
                        "auth": { "type": "apiKey", "apiKey": { "page": { "content": [
                            { "const": "apiKey", "title": "API key", "type": "string", "required": true }, { "const": "tenantId", "title": "Tenant", "type": "string" }] } } },
                        "contactTypes": [{ "display": "Lead", "value": "Lead" }, { "display": "Contact", "value": "Contact" }],
                        "contactPageUrl": "https://{hostname}/{contactType}/{contactId}", "logPageUrl": "https://{hostname}/activity/{logId}", "canOpenLogPage": true,
                        "enableExtensionNumberLoggingSetting": true,
                        "page": { "useContactSearch": true,
                            "callLog": { "additionalFields": [{ "const": "deal", "title": "Deal", "type": "selection", "contactDependent": true }] },
                            "newContact": { "additionalFields": [{ "const": "company", "title": "Company", "type": "inputField" },
                                { "const": "status", "title": "Status", "type": "selection", "contactTypeDependent": true }] } },
                    },
                    "testOAuth": { "name": "testOAuth", "displayName": "Test OAuth", "auth": { "type": "oauth", "oauth": {
                        "authUrl": "https://login.example.test/authorize?tenant=1", "clientId": "cid", "scope": "scope=contacts.read contacts.write&prompt=login" } } },
                },
            }),
            interfaces: json!({ "findContact": true, "findContactWithName": true, "createContact": true, "createCallLog": true, "updateCallLog": true, "upsertCallDisposition": true }),
            choices: json!(null),
            requests: Vec::new(),
            instead: HashMap::new(),
            logged_in: false,
            tokens: BTreeSet::new(),
            looks: Looks::Template,
            cached: HashMap::new(),
            lags: false,
            rotates: false,
            needs_account: false,
            account: None,
            settings: json!({}),
            account_data: json!({}),
            needs_setting: None,
            redirect_names: Vec::new(),
            made: 0,
        }
    }

    /// As long as real ones are: longer than what is shown of a server's words.
    pub fn new_token(&mut self, platform: &str) -> String {
        self.made += 1;
        let payload =
            json!({ "id": format!("u-1-{platform}"), "platform": platform, "iat": self.made, "rights": LONG })
                .to_string();
        let token = format!("e30.{}.c2ln{}", URL_SAFE_NO_PAD.encode(payload), self.made);
        self.tokens.insert(token.clone());
        token
    }

    pub fn answer(&mut self, asked: &Asked) -> (u16, Value) {
        let text = |status: u16, text: &str| (status, Value::String(text.into()));
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/crmManifest") => {
                only(asked, &["platformName"], &[]);
                let known = asked
                    .value("platformName")
                    .is_none_or(|name| self.manifest["platforms"].get(name).is_some());
                return if known {
                    (200, self.manifest.clone())
                } else {
                    text(400, "Platform not found")
                };
            }
            ("GET", "/implementedInterfaces") => return (200, self.interfaces.clone()),
            ("POST", "/apiKeyLogin") => return self.log_in(asked),
            ("GET", "/oauth-callback") => return self.callback(asked),
            ("GET", "/rest-services/loginInfo") => return bullhorn(asked),
            _ => {}
        }
        let signed_in = asked.token.as_ref().is_some_and(|token| self.tokens.contains(token));
        if !signed_in {
            return text(
                400,
                if asked.path.starts_with("/custom") {
                    "Invalid JWT token"
                } else {
                    "Please go to Settings and authorize CRM platform"
                },
            );
        }
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/contact") => self.find(asked),
            ("GET", "/custom/contact/search") => self.search(asked),
            ("POST", "/contact") => self.create(asked),
            ("POST", "/callLog") => self.log(asked),
            ("GET", "/callLog") => self.logs(asked),
            ("PATCH", "/callLog") => self.update(asked),
            ("PUT", "/callDisposition") => {
                only(asked, &[], &["sessionId", "dispositions"]);
                match self.log_of(&asked.body["sessionId"]) {
                    Some(log) => {
                        log["dispositions"] = asked.body["dispositions"].clone();
                        (
                            200,
                            json!({ "successful": true, "returnMessage": { "message": "Disposition saved", "messageType": "success", "ttl": 1000 } }),
                        )
                    }
                    None => (
                        200,
                        json!({ "successful": false, "returnMessage": { "message": "Cannot find log", "messageType": "warning", "ttl": 3000 } }),
                    ),
                }
            }
            ("GET", "/user/settings") => {
                only(asked, &[], &[]);
                (200, self.settings.clone())
            }
            ("GET", "/accountData") => {
                only(asked, &["keys"], &[]);
                let keys: Vec<&str> = asked.value("keys").unwrap().split(',').collect();
                let unknown = keys.iter().any(|key| self.account_data.get(key).is_none());
                match (unknown, &self.account) {
                    (true, _) => {
                        let words =
                            json!({ "message": "Unknown account data key(s)", "messageType": "warning", "ttl": 5000 });
                        (400, json!({ "successful": false, "returnMessage": words }))
                    }
                    (false, None) => (
                        400,
                        json!({ "error": "Cannot resolve account data: user has no rcAccountId" }),
                    ),
                    (false, Some(_)) => (200, json!({ "successful": true, "data": self.account_data })),
                }
            }
            ("POST", "/user/settings") => {
                only(asked, &[], &["userSettings", "settingKeysToRemove"]);
                for (id, setting) in asked.body["userSettings"].as_object().unwrap() {
                    self.settings[id] = setting.clone();
                }
                (200, json!({ "userSettings": self.settings }))
            }
            ("GET", "/authValidation") => (
                200,
                json!({ "successful": self.logged_in, "returnMessage": { "messageType": "success", "message": "Authorized", "ttl": 1000 } }),
            ),
            ("POST", "/unAuthorize") => {
                self.logged_in = false;
                (
                    200,
                    json!({ "messageType": "success", "message": "Logged out of testCRM", "ttl": 1000 }),
                )
            }
            _ => text(404, "Not found"),
        }
    }

    fn log_in(&mut self, asked: &Asked) -> (u16, Value) {
        only(
            asked,
            &[],
            &["platform", "apiKey", "hostname", "proxyId", "additionalInfo"],
        );
        if asked.body["platform"].is_null() {
            return (400, json!("Missing platform name"));
        }
        if asked.body["apiKey"] != KEY {
            return (
                400,
                json!({ "returnMessage": { "messageType": "warning", "message": "Could not load user information", "ttl": 3000 } }),
            );
        }
        self.logged_in = true;
        let token = self.new_token(asked.body["platform"].as_str().unwrap());
        (
            200,
            json!({ "jwtToken": token, "name": "Pat Tester", "returnMessage": { "messageType": "success", "message": "Connected to testCRM.", "ttl": 1000 } }),
        )
    }

    fn callback(&mut self, asked: &Asked) -> (u16, Value) {
        only(
            asked,
            &[
                "callbackUri",
                "hostname",
                "proxyId",
                "tokenUrl",
                "apiUrl",
                "username",
                "rcAccountId",
            ],
            &[],
        );
        let Some(callback) = asked.value("callbackUri") else {
            return (400, json!("Missing callbackUri"));
        };
        let callback = Url::parse(callback).unwrap();
        let value = |name: &str| {
            callback
                .query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        // Older servers take whatever stands behind it.
        let Some(platform) = value("state").and_then(|state| state.strip_prefix("platform=").map(str::to_owned)) else {
            return (400, json!("Missing platform name"));
        };
        if value("code").as_deref() != Some("one+time/code=") {
            return (400, json!({ "error": "Invalid grant" }));
        }
        if self.redirect_names.iter().any(|name| value(name).is_none()) {
            let words = json!({ "message": "Missing required parameters", "messageType": "warning", "ttl": 10000 });
            return (200, json!({ "returnMessage": words }));
        }
        self.logged_in = true;
        self.account = asked.value("rcAccountId").map(str::to_owned);
        let token = self.new_token(&platform);
        (
            200,
            json!({ "jwtToken": token, "name": "Olga OAuth", "returnMessage": { "messageType": "success", "message": "Connected.", "ttl": 1000 } }),
        )
    }

    fn log(&mut self, asked: &Asked) -> (u16, Value) {
        only(
            asked,
            &[],
            &[
                "logInfo",
                "contactId",
                "contactType",
                "contactName",
                "note",
                "additionalSubmission",
            ],
        );
        let info = &asked.body["logInfo"];
        let session = info["sessionId"].clone();
        let warn = |words: String, ttl: u32| {
            (
                200,
                json!({ "successful": false, "returnMessage": { "message": words, "messageType": "warning", "ttl": ttl } }),
            )
        };
        if self.log_of(&session).is_some() {
            return warn(format!("Existing log for session {}", session.as_str().unwrap()), 3000);
        }
        if !self.logged_in {
            return warn("User not found".into(), 5000);
        }
        // The real one reads these without looking whether they are there.
        let other = if info["direction"] == "Inbound" {
            &info["from"]
        } else {
            &info["to"]
        };
        assert!(other.is_object() && info["startTime"].is_i64(), "{info}");
        if asked.body["contactId"].is_null() {
            return warn(format!("Contact not found for number {}", other["phoneNumber"]), 5000);
        }
        if self.needs_account && self.account.is_none() {
            return warn("Error creating call log".into(), 5000);
        }
        // What a connector throws when its CRM doesn't know the contact (422).
        if asked.body["contactId"] == "gone" {
            return warn("Error creating call log".into(), 5000);
        }
        let id = format!("a-{}", self.logs.len() + 1);
        self.logs
            .push(json!({ "id": id, "session": session, "sent": asked.body }));
        (
            200,
            json!({ "successful": true, "logId": id, "returnMessage": { "message": "Call logged", "messageType": "success", "ttl": 2000 } }),
        )
    }

    fn logs(&mut self, asked: &Asked) -> (u16, Value) {
        only(asked, &["sessionIds", "requireDetails"], &[]);
        if !self.logged_in {
            return (200, json!({ "successful": false }));
        }
        let logs: Vec<Value> = asked
            .value("sessionIds")
            .unwrap()
            .split(',')
            .take(5)
            .map(|session| match self.log_of(&json!(session)) {
                Some(log) => json!({ "sessionId": session, "matched": true, "logId": log["id"] }),
                None => json!({ "sessionId": session, "matched": false }),
            })
            .collect();
        (200, json!({ "successful": true, "logs": logs, "returnMessage": null }))
    }

    fn update(&mut self, asked: &Asked) -> (u16, Value) {
        only(
            asked,
            &[],
            &[
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
            ],
        );
        let logged_in = self.logged_in;
        match self.log_of(&asked.body["sessionId"]).filter(|_| logged_in) {
            Some(log) => {
                log["updated"] = asked.body.clone();
                (
                    200,
                    json!({ "successful": true, "logId": log["id"], "updatedNote": asked.body["note"], "returnMessage": { "message": "Call log updated.", "messageType": "success", "ttl": 2000 } }),
                )
            }
            None => (200, json!({ "successful": false })),
        }
    }

    fn log_of(&mut self, session: &Value) -> Option<&mut Value> {
        self.logs.iter_mut().find(|log| log["session"] == *session)
    }
}

/// Not the server but Bullhorn itself, which says so to everybody.
fn bullhorn(asked: &Asked) -> (u16, Value) {
    only(asked, &["username"], &[]);
    match asked.value("username") {
        Some("pat.tester") => (
            200,
            json!({ "oauthUrl": "https://auth-west.bullhornstaffing.com/oauth", "restUrl": "https://rest-west.bullhornstaffing.com/rest-services",
                "atsUrl": "https://bullhorn-west.bullhornstaffing.com", "superClusterId": 50 }),
        ),
        _ => (400, json!({ "errorMessage": "unknown user", "errorCode": 400 })),
    }
}

/// A request has these parameters and members at most, and its token in the header only.
fn only(asked: &Asked, parameters: &[&str], members: &[&str]) {
    for (name, _) in &asked.query {
        assert!(
            parameters.contains(&name.as_str()),
            "{} {}: {name}",
            asked.method,
            asked.path
        );
    }
    for name in asked.body.as_object().into_iter().flat_map(|body| body.keys()) {
        assert!(
            members.contains(&name.as_str()),
            "{} {}: {name}",
            asked.method,
            asked.path
        );
    }
}
