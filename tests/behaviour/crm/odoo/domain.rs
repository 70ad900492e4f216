//! Domains: conditions in prefix notation. `&` is understood between those that nothing joins.

use serde_json::Value;

use super::{
    models::{BY_NUMBER, Model},
    user_error, wrong_value,
};
use crate::crm::{Records, Reply, Row, like::like};

pub enum Domain {
    All(Vec<Domain>),
    Any(Box<Domain>, Box<Domain>),
    Both(Box<Domain>, Box<Domain>),
    Not(Box<Domain>),
    Leaf {
        field: String,
        operator: String,
        value: Value,
    },
}

const OPERATORS: &[&str] = &[
    "=", "!=", "ilike", "=ilike", "like", "=like", "in", "not in", "<", ">", "<=", ">=",
];

pub fn read(model: &Model, domain: &Value) -> Result<Domain, Reply> {
    let items = domain.as_array().ok_or_else(|| wrong_value("Domain is not a list"))?;
    let mut rest = items.iter();
    let mut all = Vec::new();
    while !rest.as_slice().is_empty() {
        all.push(one(model, &mut rest)?);
    }
    Ok(Domain::All(all))
}

fn one<'a>(model: &Model, rest: &mut impl Iterator<Item = &'a Value>) -> Result<Domain, Reply> {
    let item = rest
        .next()
        .ok_or_else(|| wrong_value("Domain() invalid: an operator lacks what it joins"))?;
    match item {
        Value::String(joins) => match joins.as_str() {
            "|" => Ok(Domain::Any(Box::new(one(model, rest)?), Box::new(one(model, rest)?))),
            "&" => Ok(Domain::Both(Box::new(one(model, rest)?), Box::new(one(model, rest)?))),
            "!" => Ok(Domain::Not(Box::new(one(model, rest)?))),
            other => Err(wrong_value(&format!("Domain() invalid item in domain: {other:?}"))),
        },
        Value::Array(leaf) => self::leaf(model, leaf),
        _ => Err(wrong_value("Domain() invalid item in domain")),
    }
}

fn leaf(model: &Model, leaf: &[Value]) -> Result<Domain, Reply> {
    let [Value::String(field), Value::String(operator), value] = leaf else {
        return Err(wrong_value("Domain() invalid item in domain"));
    };
    if !model.searchable(field) {
        return Err(wrong_value(&format!(
            "Invalid field {}.{field} in condition",
            model.name
        )));
    }
    if !OPERATORS.contains(&operator.as_str()) {
        return Err(wrong_value(&format!("Invalid operator {operator:?} in condition")));
    }
    if operator.contains("like") && !value.is_string() {
        return Err(wrong_value(&format!("{operator} takes a text")));
    }
    if field == BY_NUMBER && value.as_str().is_some_and(|text| text.trim().chars().count() < 3) {
        return Err(user_error(
            "Please enter at least 3 characters when searching a Phone number.",
        ));
    }
    Ok(Domain::Leaf {
        field: field.clone(),
        operator: operator.clone(),
        value: value.clone(),
    })
}

impl Domain {
    pub fn holds(&self, model: &Model, records: &Records, row: &Row) -> bool {
        let holds = |domain: &Self| domain.holds(model, records, row);
        match self {
            Self::All(all) => all.iter().all(holds),
            Self::Any(one, other) => holds(one) || holds(other),
            Self::Both(one, other) => holds(one) && holds(other),
            Self::Not(one) => !holds(one),
            Self::Leaf { field, operator, value } if field == BY_NUMBER => has_number(row, operator, value),
            Self::Leaf { field, operator, value } => compare(&stored(model, records, row, field), operator, value),
        }
    }
}

/// Of a reference its id.
fn stored(model: &Model, records: &Records, row: &Row, field: &str) -> Value {
    match model.value(records, row, field) {
        Value::Array(pair) => pair.into_iter().next().unwrap_or_default(),
        value => value,
    }
}

fn compare(stored: &Value, operator: &str, value: &Value) -> bool {
    let fits = |pattern: &str| stored.as_str().is_some_and(|text| like(text, pattern));
    let text = value.as_str().unwrap_or_default();
    match operator {
        "=" => stored == value,
        "!=" => stored != value,
        // The value is a pattern in the middle of another one.
        "ilike" | "like" => fits(&format!("%{text}%")),
        "=ilike" | "=like" => fits(text),
        "in" => value.as_array().is_some_and(|all| all.contains(stored)),
        "not in" => value.as_array().is_some_and(|all| !all.contains(stored)),
        _ => false,
    }
}

fn has_number(row: &Row, operator: &str, value: &Value) -> bool {
    let bare = |text: &str| -> String {
        let kept = |sign: &char| !(sign.is_whitespace() || "\\./()-".contains(*sign));
        text.chars().filter(kept).collect()
    };
    let Some(stored) = row.text("phone").map(|phone| bare(&phone)) else {
        return false;
    };
    let asked = value.as_str().unwrap_or_default().trim();
    let is_like = !["=", "!="].contains(&operator);
    let fits = |pattern: &str| {
        if is_like {
            like(&stored, pattern)
        } else {
            stored == pattern
        }
    };
    // +32… finds 0032…, and the other way round.
    match asked.strip_prefix('+').or_else(|| asked.strip_prefix("00")) {
        Some(abroad) => {
            let end = if is_like { "%" } else { "" };
            ["00", "+"]
                .iter()
                .any(|begin| fits(&format!("{begin}{}{end}", bare(abroad))))
        }
        None if is_like => fits(&format!("%{}%", bare(asked))),
        None => fits(&bare(asked)),
    }
}
