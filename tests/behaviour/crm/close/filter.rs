//! Close's advanced filtering: a tree of queries over leads, their contacts, and those's phones and e-mails.
//!
//! A text condition compares words. `full_words` wants all of them in any order, `phrase` one behind the other. A number is a
//! text like any other: stored as E.164 it is one word, so that no part of it finds it.

use serde_json::{Map, Value};

use super::{
    super::{Records, Row, lucene::analysed},
    cont, lead,
};

pub(super) enum Query {
    And(Vec<Self>),
    Or(Vec<Self>),
    /// Of which type the results are.
    Type(String),
    Text {
        field: String,
        whole: bool,
        words: Vec<String>,
    },
    Related {
        kind: String,
        query: Box<Self>,
    },
}

/// Something that a condition can be asked of: a record, or one line of a contact's lists.
#[derive(Clone, Copy)]
pub(super) struct Thing<'a> {
    kind: &'a str,
    row: Option<&'a Row>,
    fields: &'a Map<String, Value>,
}

impl<'a> Thing<'a> {
    pub fn of(row: &'a Row) -> Self {
        Self {
            kind: &row.kind,
            row: Some(row),
            fields: &row.fields,
        }
    }

    fn related(self, records: &'a Records, kind: &'a str) -> Vec<Self> {
        let Some(row) = self.row else { return Vec::new() };
        if kind != "contact" && row.kind == "lead" {
            // The lines of all its contacts.
            let contacts = self.related(records, "contact").into_iter();
            return contacts.flat_map(|contact| contact.related(records, kind)).collect();
        }
        let list = match kind {
            "contact" => {
                let own = lead(row.id);
                let contacts = records.searchable("contact");
                let contacts = contacts.filter(|contact| contact.text("lead_id").as_ref() == Some(&own));
                return contacts.map(Self::of).collect();
            }
            "contact_phone" => "phones",
            _ => "emails",
        };
        let lines = row.fields.get(list).and_then(Value::as_array).into_iter().flatten();
        let lines = lines.filter_map(Value::as_object);
        lines
            .map(|fields| Self {
                kind,
                row: None,
                fields,
            })
            .collect()
    }
}

impl Query {
    /// A query about this type; nothing for the topmost, which says itself what it is about.
    ///
    /// # Errors
    /// What Close does not understand of it.
    pub fn parse(query: &Value, about: Option<&str>) -> Result<Self, String> {
        let node = query.as_object().ok_or("a query is an object")?;
        let text = |name: &str| node.get(name).and_then(Value::as_str).unwrap_or_default();
        let known: &[&str] = match text("type") {
            "and" | "or" => &["queries"],
            "object_type" => &["object_type"],
            "field_condition" => &["field", "condition"],
            "has_related" => &["this_object_type", "related_object_type", "related_query"],
            other => return Err(format!("unknown query type {other:?}")),
        };
        knows(node, known)?;
        match text("type") {
            "object_type" => match text("object_type") {
                kind @ ("contact" | "lead") => Ok(Self::Type(kind.to_owned())),
                other => Err(format!("unknown object type {other:?}")),
            },
            "field_condition" => condition(node, about.ok_or("an object_type is required")?),
            "has_related" => {
                let (this, related) = (text("this_object_type"), text("related_object_type"));
                let fits = matches!(
                    (this, related),
                    ("lead", "contact") | ("lead" | "contact", "contact_phone" | "contact_email")
                );
                if about != Some(this) || !fits {
                    return Err(format!("{this:?} has no related {related:?}"));
                }
                let query = Self::parse(node.get("related_query").unwrap_or(&Value::Null), Some(related))?;
                Ok(Self::Related {
                    kind: related.to_owned(),
                    query: Box::new(query),
                })
            }
            joint => {
                let queries = node
                    .get("queries")
                    .and_then(Value::as_array)
                    .ok_or("queries is a list")?;
                let own = queries.iter().find_map(|query| query["object_type"].as_str());
                let queries: Result<Vec<Self>, String> =
                    queries.iter().map(|query| Self::parse(query, about.or(own))).collect();
                Ok(if joint == "and" {
                    Self::And(queries?)
                } else {
                    Self::Or(queries?)
                })
            }
        }
    }

    pub fn object_type(&self) -> Option<&str> {
        match self {
            Self::Type(kind) => Some(kind),
            Self::And(queries) => queries.iter().find_map(Self::object_type),
            _ => None,
        }
    }

    pub fn holds(&self, records: &Records, thing: Thing<'_>) -> bool {
        match self {
            Self::And(queries) => queries.iter().all(|query| query.holds(records, thing)),
            Self::Or(queries) => queries.iter().any(|query| query.holds(records, thing)),
            Self::Type(kind) => thing.kind == kind,
            Self::Text { field, whole, words } => {
                let stored = thing.fields.get(field).and_then(Value::as_str).unwrap_or_default();
                let stored = analysed(stored);
                !words.is_empty()
                    && if *whole {
                        stored.windows(words.len()).any(|window| window == words)
                    } else {
                        words.iter().all(|word| stored.contains(word))
                    }
            }
            Self::Related { kind, query } => {
                let mut related = thing.related(records, kind).into_iter();
                related.any(|thing| query.holds(records, thing))
            }
        }
    }
}

fn condition(node: &Map<String, Value>, about: &str) -> Result<Query, String> {
    let part = |name: &str| {
        let part = node.get(name).and_then(Value::as_object);
        part.ok_or_else(|| format!("{name} is required"))
    };
    let (field, condition) = (part("field")?, part("condition")?);
    knows(field, &["object_type", "field_name"])?;
    knows(condition, &["mode", "value"])?;
    let own = field["type"] == "regular_field" && field.get("object_type").is_some_and(|kind| kind == about);
    let name = field.get("field_name").and_then(Value::as_str).unwrap_or_default();
    let there: &[&str] = match about {
        "contact" => &["name", "title"],
        "lead" => &["name", "description"],
        "contact_phone" => &["phone"],
        _ => &["email"],
    };
    if !own || !there.contains(&name) {
        return Err(format!("a {about} has no field {name:?}"));
    }
    let whole = match (
        condition["type"].as_str(),
        condition.get("mode").and_then(Value::as_str),
    ) {
        (Some("text"), Some("phrase")) => true,
        (Some("text"), Some("full_words")) => false,
        _ => return Err("unknown condition".into()),
    };
    let value = condition.get("value").and_then(Value::as_str).unwrap_or_default();
    if value.is_empty() {
        return Err("the value of a text condition is not empty".into());
    }
    Ok(Query::Text {
        field: name.to_owned(),
        whole,
        words: analysed(value),
    })
}

fn knows(node: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    if !node.get("type").is_some_and(Value::is_string) {
        return Err("type is required".into());
    }
    let mut names = node.keys().map(String::as_str);
    match names.find(|name| *name != "type" && !known.contains(name)) {
        Some(name) => Err(format!("unexpected {name:?}")),
        None => Ok(()),
    }
}

/// The id of a record in the words of Close.
pub(super) fn id(row: &Row) -> String {
    match row.kind.as_str() {
        "lead" => lead(row.id),
        _ => cont(row.id),
    }
}
