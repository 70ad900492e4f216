//! Lists of a module's records: fields, filter, page and sort, and nothing else.

use serde_json::{Value, json};

use super::{
    super::{Asked, Records, Reply, Row, like::like},
    answered,
    modules::{Module, longest},
    record, refused,
};

pub fn list(records: &Records, module: &Module, asked: &Asked) -> Result<Reply, Reply> {
    let (mut all_of, mut most, mut shown, mut conditions) = (true, usize::MAX, None, Vec::new());
    for (name, value) in asked.parameters() {
        let inner = |prefix: &str| name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(']'));
        if name == "filter[operator]" {
            all_of = match value.to_lowercase().as_str() {
                "and" => true,
                "or" => false,
                _ => return Err(refused(400, &format!("Filter operator {value} is invalid"))),
            };
        } else if let Some(inner) = inner("filter[") {
            conditions.push(condition(module, inner, value)?);
        } else if let Some(inner) = inner("fields[") {
            shown = Some(chosen(module, inner, &value)?);
        } else if name == "page[size]" {
            most = value
                .parse()
                .ok()
                .filter(|size| *size > 0)
                .ok_or_else(|| refused(400, "The option \"size\" is invalid."))?;
        } else if name == "sort" {
            let column = value.trim_start_matches('-');
            if !module.columns.iter().any(|(name, _)| *name == column) {
                return Err(refused(
                    400,
                    &format!("Sort field {column} in {} module is not found", module.object),
                ));
            }
        } else {
            let words = format!(
                "The option \"{name}\" does not exist. Defined options are: \"fields\", \"filter\", \"moduleName\", \"page\", \"sort\"."
            );
            return Err(refused(400, &words));
        }
    }
    let holds = |row: &&Row| match all_of {
        _ if conditions.is_empty() => true,
        true => conditions.iter().all(|condition| condition.holds(row)),
        false => conditions.iter().any(|condition| condition.holds(row)),
    };
    let found = records.searchable(module.name).filter(holds).take(most);
    let data: Vec<Value> = found
        .map(|row| record(records, module, row, shown.as_deref()))
        .collect();
    Ok(answered(
        200,
        &json!({ "meta": { "total-pages": 1, "records-on-this-page": data.len() }, "data": data }),
    ))
}

struct Condition {
    column: String,
    operator: String,
    value: String,
}

impl Condition {
    fn holds(&self, row: &Row) -> bool {
        // NULL compares with nothing.
        let Some(text) = row.text(&self.column) else {
            return false;
        };
        let (text, value) = (text.to_lowercase(), self.value.to_lowercase());
        match self.operator.as_str() {
            "eq" => text == value,
            "neq" => text != value,
            "gt" => text > value,
            "gte" => text >= value,
            "lt" => text < value,
            "lte" => text <= value,
            _ => like(&text, &value),
        }
    }
}

/// `phone_work][like`
fn condition(module: &Module, inner: &str, value: String) -> Result<Condition, Reply> {
    let (column, operator) = inner
        .split_once("][")
        .ok_or_else(|| refused(400, &format!("Filter field {inner} must be an array")))?;
    if !module.columns.iter().any(|(name, _)| *name == column) {
        return Err(refused(
            400,
            &format!("Filter field {column} in {} module is not found", module.object),
        ));
    }
    if !["eq", "neq", "gt", "gte", "lt", "lte", "like"].contains(&operator) {
        return Err(refused(400, &format!("Filter operator {operator} is invalid")));
    }
    Ok(Condition {
        column: column.to_owned(),
        operator: operator.to_owned(),
        value,
    })
}

/// The fields that are to be shown.
pub fn chosen(module: &Module, of: &str, names: &str) -> Result<Vec<String>, Reply> {
    if of != module.name {
        return Err(refused(400, &format!("Module {of} does not exist")));
    }
    let names: Vec<String> = names.split(',').map(str::to_owned).collect();
    match names.iter().find(|name| longest(module, name).is_none()) {
        None => Ok(names),
        Some(name) => Err(refused(
            400,
            &format!("The following field in {} module is not found: {name}", module.object),
        )),
    }
}
