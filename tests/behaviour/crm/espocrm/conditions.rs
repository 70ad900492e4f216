//! EspoCRM's `where[0][type]=in&where[0][attribute]=…&where[0][value][]=…`, as PHP reads it.

use std::collections::BTreeMap;

/// One condition.
#[derive(Debug, Default)]
pub struct Item {
    kind: String,
    pub attribute: String,
    values: Vec<String>,
    is_list: bool,
}

/// The conditions among the parameters.
///
/// # Errors
/// A parameter that a list does not have.
pub fn items(parameters: &[(String, String)]) -> Result<Vec<Item>, String> {
    let known = ["select", "maxSize", "offset", "orderBy", "order", "textFilter"];
    let mut items: BTreeMap<String, Item> = BTreeMap::new();
    for (name, value) in parameters {
        if known.contains(&name.as_str()) {
            continue;
        }
        let inner = name.strip_prefix("where[").and_then(|rest| rest.strip_suffix(']'));
        let parts: Vec<&str> = inner.map(|inner| inner.split("][").collect()).unwrap_or_default();
        let (index, part, in_list) = match parts.as_slice() {
            [index, part] => (*index, *part, false),
            [index, part @ "value", ""] => (*index, *part, true),
            _ => return Err(format!("{name} is no parameter")),
        };
        let item = items.entry(index.to_owned()).or_default();
        match part {
            "type" => item.kind.clone_from(value),
            "attribute" => item.attribute.clone_from(value),
            "value" => {
                item.is_list = in_list;
                item.values.push(value.clone());
            }
            _ => return Err(format!("{name} is no parameter")),
        }
    }
    Ok(items.into_values().collect())
}

impl Item {
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        let wants_list = match self.kind.as_str() {
            "in" | "notIn" => true,
            "equals" | "contains" | "after" | "endsWith" => false,
            "" => return Err("Bad where item. No 'type'.".into()),
            kind => return Err(format!("Unknown where item type '{kind}'.")),
        };
        let fine = self.is_list == wants_list && !self.values.is_empty();
        if fine { Ok(()) } else { Err("Bad where item.".into()) }
    }

    pub fn holds(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let any = |holds: fn(&str, &str) -> bool| self.values.iter().any(|value| holds(&text, &value.to_lowercase()));
        match self.kind.as_str() {
            "in" | "equals" => any(|text, value| text == value),
            "notIn" => !any(|text, value| text == value),
            "contains" => any(|text, value| text.contains(value)),
            "endsWith" => any(|text, value| text.ends_with(value)),
            _ => any(|text, value| text > value),
        }
    }
}
