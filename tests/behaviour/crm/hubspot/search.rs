//! `POST /crm/v3/objects/{type}/search`: filters of a group are joined by AND, groups by OR.

use serde_json::{Value, json};

use super::{Reply, Row, known, members, object, refused};
use crate::crm::Records;

const OPERATORS: &[&str] = &[
    "EQ",
    "NEQ",
    "LT",
    "LTE",
    "GT",
    "GTE",
    "BETWEEN",
    "IN",
    "NOT_IN",
    "HAS_PROPERTY",
    "NOT_HAS_PROPERTY",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
];

pub fn search(records: &Records, kind: &str, body: &Value) -> Result<Reply, Reply> {
    members(
        body,
        &["query", "limit", "after", "sorts", "properties", "filterGroups"],
    )?;
    let limit = match body.get("limit") {
        None => 10,
        Some(limit) => limit
            .as_u64()
            .filter(|limit| (1..=200).contains(limit))
            .ok_or_else(|| bad("limit must be between 1 and 200"))?,
    };
    let from = match body.get("after") {
        None => 0,
        Some(after) => after
            .as_str()
            .and_then(|after| after.parse().ok())
            .ok_or_else(|| bad("after is not valid"))?,
    };
    let groups = groups(kind, body)?;
    let words = words(body)?;
    let wanted: Vec<String> = match body.get("properties") {
        None => ["firstname", "lastname", "email"].map(str::to_owned).to_vec(),
        Some(list) => texts(list).ok_or_else(|| bad("properties must be a list of strings"))?,
    };
    // A query of signs alone has no word to be found by; an empty one asks for everybody.
    let wordless = words.is_empty() && body["query"].as_str().is_some_and(|query| !query.trim().is_empty());
    let matches = |row: &&Row| {
        let by_group = groups.is_empty() || groups.iter().any(|group| group.iter().all(|filter| filter.holds(row)));
        by_group && !wordless && words.iter().all(|word| has_word(kind, row, word))
    };
    let mut found: Vec<&Row> = records.searchable(kind).filter(matches).collect();
    // Whatever it sorts by, later ones have the higher ids.
    if descends(kind, body)? {
        found.reverse();
    }
    let limit = usize::try_from(limit).unwrap();
    let page: Vec<Value> = found
        .iter()
        .skip(from)
        .take(limit)
        .map(|row| object(row, Some(&wanted)))
        .collect();
    let mut answer = json!({ "total": found.len(), "results": page });
    if from + limit < found.len() {
        answer["paging"] = json!({ "next": { "after": (from + limit).to_string() } });
    }
    Ok(Reply::json(200, &answer))
}

fn descends(kind: &str, body: &Value) -> Result<bool, Reply> {
    let Some(sorts) = body.get("sorts") else {
        return Ok(false);
    };
    let one = sorts.as_array().filter(|all| all.len() == 1).map(|all| &all[0]);
    let one = one.ok_or_else(|| bad("sorts takes one sort"))?;
    members(one, &["propertyName", "direction"])?;
    let property = one["propertyName"].as_str().unwrap_or_default();
    match one["direction"].as_str() {
        Some(direction @ ("ASCENDING" | "DESCENDING")) if known(kind).contains(&property) => {
            Ok(direction == "DESCENDING")
        }
        _ => Err(bad("a sort has a property and a direction")),
    }
}

struct Filter {
    property: String,
    operator: String,
    /// In lower case.
    values: Vec<String>,
}

impl Filter {
    fn holds(&self, row: &Row) -> bool {
        let stored = row.text(&self.property).map(|text| text.to_lowercase());
        match (self.operator.as_str(), stored) {
            ("NOT_HAS_PROPERTY", stored) => stored.is_none(),
            (_, None) => false,
            ("HAS_PROPERTY", Some(_)) => true,
            // Text values of IN must be sent in lower case: they are compared as they came.
            ("EQ" | "IN", Some(stored)) => self.values.contains(&stored),
            ("NEQ" | "NOT_IN", Some(stored)) => !self.values.contains(&stored),
            ("CONTAINS_TOKEN", Some(stored)) => self.values.iter().all(|value| contains_tokens(&stored, value)),
            ("NOT_CONTAINS_TOKEN", Some(stored)) => !self.values.iter().all(|value| contains_tokens(&stored, value)),
            ("LT", Some(stored)) => stored < self.values[0],
            ("LTE", Some(stored)) => stored <= self.values[0],
            ("GT", Some(stored)) => stored > self.values[0],
            (_, Some(stored)) => stored >= self.values[0],
        }
    }
}

fn groups(kind: &str, body: &Value) -> Result<Vec<Vec<Filter>>, Reply> {
    let Some(groups) = body.get("filterGroups") else {
        return Ok(Vec::new());
    };
    let groups = groups.as_array().ok_or_else(|| bad("filterGroups must be a list"))?;
    if groups.len() > 5 {
        return Err(bad("a maximum of 5 filterGroups is allowed"));
    }
    let mut all = 0;
    let mut read = Vec::new();
    for group in groups {
        members(group, &["filters"])?;
        let filters = group["filters"]
            .as_array()
            .ok_or_else(|| bad("filters must be a list"))?;
        all += filters.len();
        if filters.is_empty() || filters.len() > 6 || all > 18 {
            return Err(bad("a filterGroup takes 1 to 6 filters, 18 in all"));
        }
        read.push(
            filters
                .iter()
                .map(|filter| self::filter(kind, filter))
                .collect::<Result<_, _>>()?,
        );
    }
    Ok(read)
}

fn filter(kind: &str, filter: &Value) -> Result<Filter, Reply> {
    members(filter, &["propertyName", "operator", "value", "values", "highValue"])?;
    let property = filter["propertyName"].as_str().unwrap_or_default();
    let of_whom = kind == "deals" && ["associations.contact", "associations.company"].contains(&property);
    if !known(kind).contains(&property) && !of_whom {
        return Err(bad(&format!("There is no property named \"{property}\"")));
    }
    let operator = filter["operator"]
        .as_str()
        .filter(|operator| OPERATORS.contains(operator));
    let operator = operator.ok_or_else(|| bad("operator is not known"))?;
    let values = match operator {
        "IN" | "NOT_IN" => {
            let values = filter.get("values").and_then(texts).filter(|values| !values.is_empty());
            values.ok_or_else(|| bad("IN takes a list of strings as values"))?
        }
        "HAS_PROPERTY" | "NOT_HAS_PROPERTY" => Vec::new(),
        _ => {
            let value = filter["value"].as_str().filter(|value| !value.is_empty());
            let value = value.ok_or_else(|| bad("this operator takes a string as value"))?;
            vec![value.to_lowercase()]
        }
    };
    Ok(Filter {
        property: property.to_owned(),
        operator: operator.to_owned(),
        values,
    })
}

/// The words of `query`; each must begin a word of a property that is searched by default.
fn words(body: &Value) -> Result<Vec<String>, Reply> {
    match body.get("query") {
        None => Ok(Vec::new()),
        Some(Value::String(query)) if query.encode_utf16().count() <= 3000 => Ok(tokens(&query.to_lowercase())),
        Some(_) => Err(bad("query must be a string of at most 3000 characters")),
    }
}

fn has_word(kind: &str, row: &Row, word: &str) -> bool {
    let searched: &[&str] = match kind {
        "contacts" => &["firstname", "lastname", "email", "phone", "company", "hs_object_id"],
        "companies" => &["name", "phone", "domain"],
        _ => &["hs_call_title", "hs_call_body"],
    };
    let stored = searched.iter().filter_map(|property| row.text(property));
    stored
        .flat_map(|text| tokens(&text.to_lowercase()))
        .any(|token| token.starts_with(word))
}

/// `*0100` and `555-0100`: the value's tokens one after the other, a star for any letters.
fn contains_tokens(stored: &str, value: &str) -> bool {
    let stored = tokens(stored);
    let separates = |letter: char| !letter.is_alphanumeric() && letter != '*';
    let asked: Vec<&str> = value.split(separates).filter(|token| !token.is_empty()).collect();
    !asked.is_empty()
        && stored
            .windows(asked.len())
            .any(|window| window.iter().zip(&asked).all(|(token, pattern)| glob(pattern, token)))
}

fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|at| rest.is_char_boundary(*at))
                .any(|at| glob(after, &rest[at..]))
        }),
    }
}

fn tokens(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn texts(list: &Value) -> Option<Vec<String>> {
    list.as_array()?
        .iter()
        .map(|value| value.as_str().map(str::to_owned))
        .collect()
}

fn bad(words: &str) -> Reply {
    refused(400, "VALIDATION_ERROR", words)
}
