//! Models: which fields they have, and how a record is read.

use serde_json::{Map, Value, json};

use crate::crm::{Records, Row};

pub struct Model {
    pub name: &'static str,
    /// May be written.
    pub stored: &'static [&'static str],
    /// May be read and searched, too.
    computed: &'static [&'static str],
}

pub const MODELS: &[Model] = &[
    Model {
        name: "res.users",
        stored: &["name", "login"],
        computed: &["id"],
    },
    Model {
        name: "res.partner",
        stored: &[
            "name",
            "is_company",
            "phone",
            "email",
            "function",
            "parent_id",
            "company_name",
        ],
        computed: &[
            "id",
            "display_name",
            "complete_name",
            "commercial_company_name",
            "country_code",
            "create_date",
            "write_date",
        ],
    },
    Model {
        name: "crm.lead",
        stored: &[
            "name",
            "contact_name",
            "partner_name",
            "phone",
            "email_from",
            "function",
            "country_id",
        ],
        computed: &["id", "display_name", "create_date", "write_date"],
    },
    Model {
        name: "mail.message",
        stored: &["model", "res_id", "subject", "body"],
        computed: &["id"],
    },
];

/// Models whose `name` must be filled in.
pub const REQUIRED: &[&str] = &["res.partner", "crm.lead"];

/// Searched only, on models with a number: without blanks, dots, slashes, brackets and hyphens.
pub const BY_NUMBER: &str = "phone_mobile_search";

impl Model {
    pub fn readable(&self) -> impl Iterator<Item = &'static str> {
        self.stored.iter().chain(self.computed).copied()
    }

    pub fn searchable(&self, field: &str) -> bool {
        self.readable().any(|known| known == field) || (field == BY_NUMBER && self.stored.contains(&"phone"))
    }

    /// The id and these fields; false where there is nothing.
    pub fn record(&self, records: &Records, row: &Row, fields: &[String]) -> Value {
        let mut record = Map::new();
        record.insert("id".into(), row.id.into());
        for field in fields {
            record.insert(field.clone(), self.value(records, row, field));
        }
        Value::Object(record)
    }

    pub fn value(&self, records: &Records, row: &Row, field: &str) -> Value {
        let name = || row.text("name").unwrap_or_default();
        let above = || parent(records, row).and_then(|parent| parent.text("name"));
        let text = |text: Option<String>| text.map_or(Value::Bool(false), Value::from);
        match field {
            "id" => row.id.into(),
            "create_date" => "2026-01-12 09:30:00".into(),
            "write_date" => "2026-02-03 10:00:00".into(),
            "display_name" | "complete_name" => match above() {
                Some(company) => format!("{company}, {}", name()).into(),
                None => name().into(),
            },
            "commercial_company_name" if is_company(row) => name().into(),
            "commercial_company_name" => text(above()),
            "parent_id" => match parent(records, row) {
                Some(parent) => json!([parent.id, parent.text("name")]),
                None => false.into(),
            },
            "is_company" => is_company(row).into(),
            _ => match row.fields.get(field) {
                Some(Value::String(filled)) if filled.is_empty() => false.into(),
                Some(value) => value.clone(),
                None => false.into(),
            },
        }
    }
}

pub fn is_company(row: &Row) -> bool {
    row.fields.get("is_company") == Some(&Value::Bool(true))
}

pub fn parent<'a>(records: &'a Records, row: &Row) -> Option<&'a Row> {
    records.get("res.partner", &row.text("parent_id")?)
}

/// Odoo's sanitiser wraps what has no block around it. What else it would take out, a note of ours never holds: that is for the
/// suite to see.
pub fn cleaned(html: &str) -> String {
    if html.starts_with("<p>") {
        html.to_owned()
    } else {
        format!("<p>{html}</p>")
    }
}

/// A text that is not said to be HTML.
pub fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<p>{text}</p>")
}
