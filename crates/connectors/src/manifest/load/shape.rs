//! Everything in which a file has not the shape of the format: names that there are not, names that are missing, words that
//! can't stand where they do.
//!
//! The reader of the format stops at the first of them. Whoever writes a file wants all, so the file is held against the
//! format's own schema, the one that editors use, once it was refused.

use std::sync::LazyLock;

use serde_json::Value;
use toml_edit::{Document, Item, Table, TableLike, Value as Written};

use super::{
    place::{Step, span},
    words::{missing, near},
};
use crate::manifest::format::Manifest;

/// The byte, the message, and the hint.
pub(super) type Fault = (usize, String, Option<String>);

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Manifest).to_value());

/// In the order of the file.
pub(super) fn faults(document: &Document<&str>) -> Vec<Fault> {
    let mut look = Look {
        document,
        steps: Vec::new(),
        found: Vec::new(),
    };
    look.table(document.as_table(), &SCHEMA, false);
    look.found.sort_by_key(|(at, ..)| *at);
    look.found
}

struct Look<'d> {
    document: &'d Document<&'d str>,
    steps: Vec<Step>,
    found: Vec<Fault>,
}

impl<'d> Look<'d> {
    /// `forgiven`: what is missing here lies in a table whose name is misspelt.
    fn table(&mut self, table: &'d dyn TableLike, schema: &'static Value, forgiven: bool) {
        let schema = resolved(schema);
        let Some(known) = schema.get("properties").and_then(Value::as_object) else {
            if let Some(each) = schema.get("additionalProperties").filter(|each| each.is_object()) {
                for (name, item) in table.iter() {
                    self.at(Step::Key(name.to_owned()), |look| look.item(item, each, false));
                }
            }
            return;
        };
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let mut meant = Vec::new();
        for (name, _) in table.iter().filter(|(name, _)| !known.contains_key(*name)) {
            let at = table
                .get_key_value(name)
                .and_then(|(key, _)| key.span())
                .map_or(0, |span| span.start);
            let hint = near(name, &names);
            meant.extend(
                names
                    .iter()
                    .filter(|known| hint.as_deref() == Some(&format!("Did you mean `{known}`?"))),
            );
            self.found.push((at, format!("There is no `{name}` here"), hint));
        }
        for (name, item) in table.iter() {
            if let Some(schema) = known.get(name) {
                self.at(Step::Key(name.to_owned()), |look| {
                    look.item(item, schema, meant.contains(&&*name))
                });
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        // One that is misspelt beside it is named already.
        if !forgiven && meant.is_empty() {
            for name in required
                .filter_map(Value::as_str)
                .filter(|name| !table.contains_key(name))
            {
                let (message, hint) = missing(name);
                let at = span(self.document, &self.steps).start;
                self.found.push((at, message, hint));
            }
        }
    }

    fn item(&mut self, item: &'d Item, schema: &'static Value, forgiven: bool) {
        match item {
            Item::Table(table) => self.table(table, variant(resolved(schema), table), forgiven),
            Item::ArrayOfTables(tables) => {
                if let Some(each) = resolved(schema).get("items") {
                    for (index, table) in tables.iter().enumerate() {
                        self.at(Step::Index(index), |look| look.of_list(table, each));
                    }
                }
            }
            Item::Value(value) => self.value(value, schema),
            Item::None => {}
        }
    }

    fn of_list(&mut self, table: &'d Table, schema: &'static Value) {
        self.table(table, variant(resolved(schema), table), false);
    }

    fn value(&mut self, value: &'d Written, schema: &'static Value) {
        let schema = resolved(schema);
        match value {
            Written::InlineTable(table) => self.table(table, variant(schema, table), false),
            Written::Array(items) => {
                if let Some(each) = schema.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        self.at(Step::Index(index), |look| look.value(item, each));
                    }
                }
            }
            Written::String(text) => {
                let words = words(schema);
                if !words.is_empty() && !words.contains(&text.value().as_str()) {
                    let at = value.span().map_or(0, |span| span.start);
                    let message = format!("`{}` can't stand here", text.value());
                    self.found.push((at, message, near(text.value(), &words)));
                }
            }
            _ => {}
        }
    }

    fn at(&mut self, step: Step, look: impl FnOnce(&mut Self)) {
        self.steps.push(step);
        look(self);
        self.steps.pop();
    }
}

/// What a schema stands for: behind its reference, and without the "or nothing at all".
fn resolved(schema: &'static Value) -> &'static Value {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.trim_start_matches("#/$defs/");
        return SCHEMA
            .get("$defs")
            .and_then(|known| known.get(name))
            .map_or(schema, resolved);
    }
    let ways = schema.get("anyOf").and_then(Value::as_array);
    let something = |way: &&Value| way.get("type").and_then(Value::as_str) != Some("null");
    ways.and_then(|ways| ways.iter().find(something))
        .map_or(schema, resolved)
}

/// Of several kinds of a table the one that its `kind` names.
fn variant(schema: &'static Value, table: &dyn TableLike) -> &'static Value {
    let kind = table.get("kind").and_then(Item::as_str);
    let is_it = |way: &&Value| {
        let named = way.pointer("/properties/kind/const").and_then(Value::as_str);
        named.is_some() && named == kind
    };
    let ways = schema.get("oneOf").and_then(Value::as_array);
    ways.and_then(|ways| ways.iter().find(is_it)).unwrap_or(schema)
}

/// The words of a choice.
fn words(schema: &'static Value) -> Vec<&'static str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let explained = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let explained = explained.flat_map(|way| {
        let several = way.get("enum").and_then(Value::as_array).into_iter().flatten();
        way.get("const").into_iter().chain(several)
    });
    listed.chain(explained).filter_map(Value::as_str).collect()
}
