//! Finding and creating people.

use serde_json::{Value, json};

use super::{House, only};
use crate::peer::{Asked, Looks};

impl House {
    pub(super) fn find(&mut self, asked: &Asked) -> (u16, Value) {
        only(
            asked,
            &[
                "phoneNumber",
                "overridingFormat",
                "isExtension",
                "isForceRefreshAccountData",
            ],
            &[],
        );
        // Only the first blank becomes a plus again, so a number that was not encoded shows.
        let (number, formats) = (
            asked.value("phoneNumber").unwrap(),
            asked.value("overridingFormat").expect("Insightly fails without it"),
        );
        if !self.logged_in {
            return (
                200,
                json!({ "successful": false, "returnMessage": { "message": "Contact not found", "messageType": "warning", "ttl": 5000 } }),
            );
        }
        if self
            .needs_setting
            .is_some_and(|id| self.settings[id]["value"].is_null())
        {
            let words =
                json!({ "message": "No sheet selected to search for contacts", "messageType": "warning", "ttl": 5000 });
            return (200, json!({ "successful": false, "returnMessage": words }));
        }
        match asked.value("isExtension").unwrap() {
            "true" => {
                return (
                    200,
                    json!({ "successful": false, "returnMessage": { "message": "Contact not found", "messageType": "warning", "details": [], "ttl": 5000 }, "contact": [] }),
                );
            }
            other => assert_eq!(other, "false"),
        }
        let anew = asked.value("isForceRefreshAccountData") == Some("true");
        if let Some(cached) = self.cached.get(number).filter(|_| !anew) {
            return (
                200,
                json!({ "successful": true, "returnMessage": null, "contact": cached }),
            );
        }
        let searched = if self.lags {
            3.min(self.contacts.len())
        } else {
            self.contacts.len()
        };
        let hits = |contact: &&Value| {
            self.looks
                .hits(contact["phone"].as_str().unwrap_or_default(), number, formats)
        };
        let mut found: Vec<Value> = self.contacts[..searched].iter().filter(hits).cloned().collect();
        let nobody = found.is_empty();
        found.push(json!({ "id": "createNewContact", "name": "Create new contact...", "additionalInfo": self.choices, "isNewContact": true }));
        let mut body = json!({ "successful": true, "contact": found });
        if nobody {
            let words = format!("A contact with the phone number {number} could not be found in your testCRM account.");
            body["returnMessage"] = json!({ "message": "Contact not found", "messageType": "warning", "ttl": 5000,
                "details": [{ "title": "Details", "items": [{ "id": "1", "type": "text", "text": words }] }] });
        }
        (200, body)
    }

    pub(super) fn search(&mut self, asked: &Asked) -> (u16, Value) {
        only(asked, &["name"], &[]);
        let name = asked.value("name").unwrap();
        let nobody =
            json!({ "message": format!("No contact found with name {name} "), "messageType": "warning", "ttl": 5000 });
        if !self.logged_in {
            return (200, json!({ "successful": false, "returnMessage": nobody }));
        }
        let has = |contact: &&Value| {
            contact["name"]
                .as_str()
                .unwrap()
                .to_lowercase()
                .contains(&name.to_lowercase())
        };
        let found: Vec<Value> = self.contacts.iter().filter(has).cloned().collect();
        if found.is_empty() {
            return (
                200,
                json!({ "successful": true, "returnMessage": nobody, "contact": [] }),
            );
        }
        (200, json!({ "successful": true, "contact": found }))
    }

    pub(super) fn create(&mut self, asked: &Asked) -> (u16, Value) {
        only(
            asked,
            &[],
            &[
                "phoneNumber",
                "newContactName",
                "newContactType",
                "additionalSubmission",
            ],
        );
        if !self.logged_in {
            return (200, json!({ "successful": false }));
        }
        let id = format!("c-{}", self.contacts.len() + 1);
        let name = asked.body["newContactName"].clone();
        let mut kind = asked.body["newContactType"].as_str().unwrap().to_owned();
        if self.looks == Looks::Insightly {
            assert!(
                ["contact", "lead"].contains(&kind.as_str()),
                "it is part of an address: {kind}"
            );
            kind[..1].make_ascii_uppercase();
        }
        self.contacts.push(json!({ "id": id, "name": name, "type": kind, "phone": asked.body["phoneNumber"], "submitted": asked.body["additionalSubmission"] }));
        (
            200,
            json!({ "successful": true, "returnMessage": { "message": "Contact created.", "messageType": "success", "ttl": 2000 }, "contact": { "id": id, "name": name } }),
        )
    }
}
