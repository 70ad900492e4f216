//! Objects: their fields, how long each may be, what must be there; and ids, whose first letters say of which object they are.

use serde_json::{Map, Value, json};

use super::{Answer, Refused, not_found};
use crate::crm::{Asked, Records, Reply, Row, records::fields};

pub struct Object {
    pub name: &'static str,
    /// The first three letters of its ids.
    prefix: &'static str,
    /// Texts that may be written, and how many letters they may have.
    texts: &'static [(&'static str, usize)],
    required: &'static [&'static str],
    /// Those of `texts` that hold numbers.
    pub numbers: &'static [&'static str],
}

const OBJECTS: &[Object] = &[
    Object {
        name: "Contact",
        prefix: "003",
        texts: &[
            ("FirstName", 40),
            ("LastName", 80),
            ("Title", 128),
            ("Email", 80),
            ("Phone", 40),
            ("MobilePhone", 40),
            ("HomePhone", 40),
            ("OtherPhone", 40),
            ("AccountId", 18),
            ("MailingCountry", 80),
        ],
        required: &["LastName"],
        numbers: &["Phone", "MobilePhone", "HomePhone", "OtherPhone"],
    },
    Object {
        name: "Lead",
        prefix: "00Q",
        texts: &[
            ("FirstName", 40),
            ("LastName", 80),
            ("Company", 255),
            ("Title", 128),
            ("Email", 80),
            ("Phone", 40),
            ("MobilePhone", 40),
            ("Country", 80),
        ],
        required: &["LastName", "Company"],
        numbers: &["Phone", "MobilePhone"],
    },
    Object {
        name: "Account",
        prefix: "001",
        texts: &[("Name", 255), ("Phone", 40), ("BillingCountry", 80)],
        required: &["Name"],
        numbers: &["Phone"],
    },
    Object {
        name: "Opportunity",
        prefix: "006",
        texts: &[("Name", 120), ("StageName", 255), ("AccountId", 18)],
        required: &["Name", "StageName"],
        numbers: &[],
    },
    Object {
        name: "OpportunityContactRole",
        prefix: "00K",
        texts: &[("OpportunityId", 18), ("ContactId", 18), ("Role", 255)],
        required: &["OpportunityId", "ContactId"],
        numbers: &[],
    },
    Object {
        name: "Task",
        prefix: "00T",
        texts: &[
            ("Subject", 255),
            ("TaskSubtype", 40),
            ("Status", 40),
            ("Priority", 20),
            ("WhoId", 18),
            ("WhatId", 18),
            ("ActivityDate", 10),
            ("Description", 32_000),
            ("CallType", 40),
            ("CallDisposition", 255),
            ("CallObject", 255),
        ],
        required: &[],
        numbers: &[],
    },
];

pub fn object(name: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| object.name == name)
}

impl Object {
    /// Whether it may be asked for.
    pub fn has(&self, field: &str) -> bool {
        let own = match field {
            "Id" | "Name" | "CreatedDate" | "LastModifiedDate" => true,
            "Account.Name" => self.name == "Contact",
            "Opportunity.Name" | "Opportunity.IsClosed" | "Opportunity.LastModifiedDate" => {
                self.name == "OpportunityContactRole"
            }
            "IsClosed" => self.name == "Opportunity",
            "IsConverted" => self.name == "Lead",
            "CallDurationInSeconds" => self.name == "Task",
            _ => false,
        };
        own || self.texts.iter().any(|(name, _)| *name == field)
    }

    /// One field as it is shown; nothing for none.
    pub fn value(&self, records: &Records, row: &Row, field: &str) -> Value {
        match field {
            "Id" => id_of(row).into(),
            "Name" => name_of(row).into(),
            "IsConverted" => row.fields.get(field).cloned().unwrap_or_else(|| false.into()),
            "CreatedDate" | "LastModifiedDate" => "2026-02-03T10:00:00.000+0000".into(),
            "Account.Name" => {
                let account = row.text("AccountId").and_then(|id| get(records, "Account", &id));
                account.map_or(Value::Null, |account| name_of(account).into())
            }
            "IsClosed" => row
                .text("StageName")
                .is_some_and(|stage| stage.starts_with("Closed"))
                .into(),
            field if field.starts_with("Opportunity.") => {
                let of = row.text("OpportunityId").unwrap_or_default();
                match (get(records, "Opportunity", &of), object("Opportunity")) {
                    (Some(row), Some(object)) => object.value(records, row, &field["Opportunity.".len()..]),
                    _ => Value::Null,
                }
            }
            field => row.fields.get(field).cloned().unwrap_or_default(),
        }
    }

    /// With the fields that were asked for; those of a parent lie in it.
    pub fn record(&self, records: &Records, row: &Row, fields: &[String]) -> Value {
        let mut record = Map::new();
        let id = id_of(row);
        let url = |name: &str, id: &str| format!("/services/data/v62.0/sobjects/{name}/{id}");
        record.insert(
            "attributes".into(),
            json!({ "type": self.name, "url": url(self.name, &id) }),
        );
        for field in fields {
            let value = self.value(records, row, field);
            match field.split_once('.') {
                None => record.insert(field.clone(), value),
                Some((parent, _)) if value.is_null() => record.insert(parent.to_owned(), Value::Null),
                Some((parent, name)) => {
                    let of = row.text(&format!("{parent}Id")).unwrap_or_default();
                    let inside = json!({ "attributes": { "type": parent, "url": url(parent, &of) }, name: value });
                    record.insert(parent.to_owned(), inside)
                }
            };
        }
        Value::Object(record)
    }
}

/// 18 letters.
pub fn id_of(row: &Row) -> String {
    let prefix = object(&row.kind).unwrap().prefix;
    format!("{prefix}{:012}AAQ", row.id)
}

fn name_of(row: &Row) -> String {
    let parts = ["FirstName", "LastName"]
        .into_iter()
        .filter_map(|part| row.text(part))
        .collect::<Vec<_>>();
    row.text("Name").unwrap_or_else(|| parts.join(" "))
}

/// Open opportunities in which the contact has a role, a closed one, and one of somebody else; with an account, also its own.
pub fn plant_opportunities(records: &mut Records, contact: &str, account: Option<&str>) {
    let stages = ["Prospecting", "Negotiation/Review", "Closed Won"];
    for (stage, name) in stages.into_iter().zip(["First seats", "Renewal \"2027\"", "Pilot"]) {
        let of = id_of(records.plant("Opportunity", fields(&[("Name", name), ("StageName", stage)])));
        let role = [("OpportunityId", of.as_str()), ("ContactId", contact)];
        records.plant("OpportunityContactRole", fields(&role));
        if let Some(account) = account {
            let name = format!("{name} of the account");
            let of = [("Name", name.as_str()), ("StageName", stage), ("AccountId", account)];
            records.plant("Opportunity", fields(&of));
        }
    }
    records.plant(
        "Opportunity",
        fields(&[("Name", "Not hers"), ("StageName", "Prospecting")]),
    );
}

/// Of this object; `None` for an id of another one, too.
pub fn get<'r>(records: &'r Records, name: &str, id: &str) -> Option<&'r Row> {
    records.get(name, number_in(object(name)?, id)?)
}

/// Whether it is an id at all: 15 or 18 letters and digits.
pub fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|sign| sign.is_ascii_alphanumeric())
}

fn number_in<'i>(object: &Object, id: &'i str) -> Option<&'i str> {
    let number = id.strip_prefix(object.prefix).filter(|_| is_id(id))?;
    Some(number[..12].trim_start_matches('0'))
}

pub fn create(records: &mut Records, name: &str, asked: &Asked) -> Answer {
    let object = object(name).ok_or_else(not_found)?;
    let body = body(object, asked)?;
    let filled = |field: &&str| {
        body.get(*field)
            .and_then(Value::as_str)
            .is_some_and(|text| !text.trim().is_empty())
    };
    let missing: Vec<String> = object
        .required
        .iter()
        .filter(|field| !filled(field))
        .map(|field| (*field).to_owned())
        .collect();
    if !missing.is_empty() {
        let words = format!("Required fields are missing: [{}]", missing.join(", "));
        return Err(Refused(400, "REQUIRED_FIELD_MISSING", words, missing));
    }
    check(records, &body)?;
    let id = id_of(records.add(name, body));
    let location = format!("/services/data/v62.0/sobjects/{name}/{id}");
    Ok(Reply::json(201, &json!({ "id": id, "success": true, "errors": [] })).with("location", location))
}

/// Nothing comes back.
pub fn update(records: &mut Records, name: &str, id: &str, asked: &Asked) -> Answer {
    let object = object(name).ok_or_else(not_found)?;
    let body = body(object, asked)?;
    let number = number_in(object, id).ok_or_else(|| malformed_id(name, id))?.to_owned();
    let mut after = records.get(name, &number).ok_or_else(not_found)?.fields.clone();
    after.extend(body.clone());
    check(records, &after)?;
    let row = records.get_mut(name, &number).ok_or_else(not_found)?;
    row.fields.extend(body);
    Ok(Reply {
        status: 204,
        headers: Vec::new(),
        body: Vec::new(),
    })
}

fn body(object: &Object, asked: &Asked) -> Result<Map<String, Value>, Refused> {
    let Some(Value::Object(body)) = asked.json().filter(|_| asked.query.is_empty()) else {
        return Err(Refused(
            400,
            "JSON_PARSER_ERROR",
            "The HTTP entity body is required".into(),
            Vec::new(),
        ));
    };
    for (field, value) in &body {
        if field == "CallDurationInSeconds" && object.name == "Task" {
            if value.as_u64().is_none_or(|seconds| seconds > 99_999_999) {
                return Err(Refused(
                    400,
                    "JSON_PARSER_ERROR",
                    "Cannot deserialize instance of int".into(),
                    Vec::new(),
                ));
            }
            continue;
        }
        let Some((_, longest)) = object.texts.iter().find(|(name, _)| name == field) else {
            let words = format!("No such column '{field}' on sobject of type {}", object.name);
            return Err(Refused(400, "INVALID_FIELD", words, Vec::new()));
        };
        // A task may lie on nobody.
        if value.is_null() && object.name == "Task" && matches!(field.as_str(), "WhoId" | "WhatId") {
            continue;
        }
        let Some(text) = value.as_str() else {
            return Err(Refused(
                400,
                "JSON_PARSER_ERROR",
                "Cannot deserialize instance of string".into(),
                Vec::new(),
            ));
        };
        if text.chars().count() > *longest {
            let words = format!("{field}: data value too large (max length={longest})");
            return Err(Refused(400, "STRING_TOO_LONG", words, vec![field.clone()]));
        }
    }
    Ok(body)
}

fn check(records: &Records, body: &Map<String, Value>) -> Result<(), Refused> {
    let text = |field: &str| body.get(field).and_then(Value::as_str);
    for (field, targets) in [
        ("AccountId", ["Account"].as_slice()),
        ("WhoId", &["Contact", "Lead"]),
        ("WhatId", &["Account", "Opportunity"]),
    ] {
        if let Some(id) = text(field)
            && !targets.iter().any(|target| get(records, target, id).is_some())
        {
            return Err(malformed_id(field, id));
        }
    }
    let of_lead = text("WhoId").is_some_and(|id| get(records, "Lead", id).is_some());
    if of_lead && text("WhatId").is_some() {
        let words = "Related To ID: you can't relate a task of a lead to another record";
        return Err(Refused(
            400,
            "FIELD_INTEGRITY_EXCEPTION",
            words.into(),
            vec!["WhatId".into()],
        ));
    }
    let is_date = |text: &str| text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    if text("ActivityDate").is_some_and(|date| !is_date(date)) {
        return Err(Refused(
            400,
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of date".into(),
            Vec::new(),
        ));
    }
    let email = text("Email").is_some_and(|email| !email.contains('@'));
    let kinds = [
        ("CallType", ["Inbound", "Outbound", "Internal"].as_slice()),
        ("TaskSubtype", &["Call", "Email", "Task"]),
    ];
    let strange = kinds
        .iter()
        .find(|(field, known)| text(field).is_some_and(|value| !known.contains(&value)));
    match strange {
        Some((field, _)) => {
            let words = format!("{field}: bad value for restricted picklist field");
            Err(Refused(
                400,
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                words,
                vec![(*field).to_owned()],
            ))
        }
        None if email => Err(Refused(
            400,
            "INVALID_EMAIL_ADDRESS",
            "Email: invalid email address".into(),
            vec!["Email".into()],
        )),
        None => Ok(()),
    }
}

fn malformed_id(field: &str, id: &str) -> Refused {
    let words = format!("{field}: id value of incorrect type: {id}");
    Refused(400, "MALFORMED_ID", words, vec![field.to_owned()])
}
