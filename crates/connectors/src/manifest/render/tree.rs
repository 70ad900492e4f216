//! Trees: JSON out of templates and directives. It is built as values, so nothing in a value can break out of its place.

use ringside_domain::Result;
use serde_json::{Map, Value};

use super::{
    Loaded, MOST_DEPTH, Piece, Scope, Size, any,
    evaluate::{defined, to_json, trouble},
    language::Language,
};

/// What a part of a tree became.
enum Grown {
    /// Left out, with its key.
    Nothing,
    One(Value),
    /// A list's items: spliced into the list around it, or a list of their own.
    Items(Vec<Value>),
}

impl Grown {
    fn value(self) -> Option<Value> {
        match self {
            Self::Nothing => None,
            Self::One(value) => Some(value),
            Self::Items(items) => Some(Value::Array(items)),
        }
    }
}

impl Loaded {
    pub(super) fn grown(&self, tree: &Value, scope: &Scope, size: &mut Size) -> Result<Option<Value>> {
        Ok(self.grow(tree, scope, size, 0)?.value())
    }

    fn grow(&self, tree: &Value, scope: &Scope, size: &mut Size, depth: usize) -> Result<Grown> {
        if depth > MOST_DEPTH {
            return Err(trouble(format!(
                "A request would be more than {MOST_DEPTH} levels deep"
            )));
        }
        size.node()?;
        match tree {
            Value::String(text) => self.leaf(text, scope, size, depth).map(Grown::One),
            Value::Array(items) => {
                let mut grown = Vec::new();
                for item in items {
                    match self.grow(item, scope, size, depth + 1)? {
                        Grown::Nothing => {}
                        Grown::One(value) => grown.push(value),
                        Grown::Items(more) => grown.extend(more),
                    }
                }
                Ok(Grown::One(Value::Array(grown)))
            }
            Value::Object(members) if members.keys().any(|key| key.starts_with('$')) => {
                self.directive(members, scope, size, depth)
            }
            Value::Object(members) => self.members(members, scope, size, depth).map(Grown::One),
            simple => Ok(Grown::One(simple.clone())),
        }
    }

    /// A text; exactly one expression keeps its type.
    fn leaf(&self, text: &str, scope: &Scope, size: &mut Size, depth: usize) -> Result<Value> {
        if let [Piece::Value(expression)] = self.pieces(text)? {
            let value = defined(expression, self.dynamic(expression, scope)?)?;
            let value = to_json(expression, &value)?;
            size.value(&value, depth)?;
            return Ok(value);
        }
        self.plain(text, scope, size).map(Value::String)
    }

    fn members(&self, members: &Map<String, Value>, scope: &Scope, size: &mut Size, depth: usize) -> Result<Value> {
        let mut grown = Map::new();
        for (key, member) in members {
            let Some(value) = self.grow(member, scope, size, depth + 1)?.value() else {
                continue;
            };
            let name = self.plain(key, scope, size)?;
            if grown.insert(name, value).is_some() {
                return Err(trouble(format!("`{key}` makes a name that is there already")));
            }
        }
        Ok(Value::Object(grown))
    }

    fn directive(&self, table: &Map<String, Value>, scope: &Scope, size: &mut Size, depth: usize) -> Result<Grown> {
        let expression = |key: &str| table.get(key).and_then(Value::as_str).ok_or_else(super::not_loaded);
        let branch = |key: &str| table.get(key).ok_or_else(super::not_loaded);
        if table.contains_key("$each") {
            let (name, items) = each(expression("$each")?).ok_or_else(super::not_loaded)?;
            let list = defined(items, self.dynamic(items, scope)?)?;
            let mut grown = Vec::new();
            for item in list.try_iter().map_err(|_| trouble(format!("`{items}` is no list")))? {
                let scope = scope.with(name, &item);
                scope.pay_for(name)?;
                match self.grow(branch("$do")?, &scope, size, depth + 1)? {
                    Grown::Nothing => {}
                    Grown::One(value) => grown.push(value),
                    Grown::Items(more) => grown.extend(more),
                }
            }
            return Ok(Grown::Items(grown));
        }
        if table.contains_key("$if") {
            let then = if self.is_true(expression("$if")?, scope)? {
                table.get("$then")
            } else {
                table.get("$else")
            };
            return then.map_or(Ok(Grown::Nothing), |tree| self.grow(tree, scope, size, depth + 1));
        }
        if let Some(tree) = table.get("$omit_empty") {
            let grown = self.grow(tree, scope, size, depth + 1)?.value();
            return Ok(grown.map_or(Grown::Nothing, |value| Grown::One(without_empty(value))));
        }
        if table.contains_key("$query") {
            let language = Language::named(expression("$query")?).ok_or_else(super::not_loaded)?;
            let text = self.query(language, expression("template")?, scope, size)?;
            return Ok(Grown::One(Value::String(text)));
        }
        if let Some(tree) = table.get("$json") {
            let grown = self.grow(tree, scope, size, depth + 1)?.value();
            return Ok(grown.map_or(Grown::Nothing, |value| Grown::One(Value::String(value.to_string()))));
        }
        let (fields, values) = (expression("fields")?, expression("values")?);
        let domain = any::odoo(
            &defined(fields, self.dynamic(fields, scope)?)?,
            &defined(values, self.dynamic(values, scope)?)?,
            table.get("op").and_then(Value::as_str).unwrap_or("ilike"),
        )
        .map_err(|fault| {
            trouble(format!(
                "`$any` can't be written: {}",
                fault.detail().unwrap_or("it has no list")
            ))
        })?;
        size.value(&Value::Array(domain.clone()), depth)?;
        Ok(Grown::Items(domain))
    }
}

/// `NAME in EXPRESSION`.
pub(crate) fn each(text: &str) -> Option<(&str, &str)> {
    let (name, items) = text.split_once(" in ")?;
    let (name, items) = (name.trim(), items.trim());
    let simple = !name.is_empty() && name.bytes().all(|sign| sign.is_ascii_lowercase() || sign == b'_');
    (simple && !items.is_empty()).then_some((name, items))
}

fn without_empty(value: Value) -> Value {
    match value {
        Value::Object(mut members) => {
            members.retain(|_, member| !is_empty(member));
            Value::Object(members)
        }
        Value::Array(mut items) => {
            items.retain(|item| !is_empty(item));
            Value::Array(items)
        }
        simple => simple,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
