//! Whether an answer may go on where nobody reads it: it holds just as many records as its request asked for.
//!
//! A lookup reads one page. Whoever has the number on the next one is not shown, and must not be taken for gone, so a full page
//! is said. Files name their limits in the CRM's own words (`limit`, `page[size]`, `LIMIT 20`); what is common to all of them is
//! that the number stands in the request.

use serde_json::Value;

use crate::manifest::render::Rendered;

/// Fewer than these are no page's worth: a request holds many small numbers.
const FEWEST: usize = 10;
const LIMIT: &str = "limit ";

/// How many records the request may have asked for at most.
pub(super) fn asked_for(rendered: &Rendered) -> Vec<usize> {
    let mut numbers = Vec::new();
    for (_, value) in rendered.url.query_pairs() {
        of_text(&value, &mut numbers);
    }
    match serde_json::from_slice(&rendered.body) {
        Ok(body) => of_json(&body, &mut numbers),
        Err(_) => {
            // A form is written like the query of an address.
            let mut form = rendered.url.clone();
            form.set_query(std::str::from_utf8(&rendered.body).ok());
            for (_, value) in form.query_pairs() {
                of_text(&value, &mut numbers);
            }
        }
    }
    numbers.retain(|number| *number >= FEWEST);
    numbers
}

fn of_json(value: &Value, numbers: &mut Vec<usize>) {
    match value {
        Value::Number(number) => numbers.extend(number.as_u64().and_then(|number| usize::try_from(number).ok())),
        Value::String(text) => of_text(text, numbers),
        Value::Array(items) => items.iter().for_each(|item| of_json(item, numbers)),
        Value::Object(members) => members.values().for_each(|member| of_json(member, numbers)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The text is a number, or a query with limits in it.
fn of_text(text: &str, numbers: &mut Vec<usize>) {
    let lower = text.to_ascii_lowercase();
    let limits = lower.match_indices(LIMIT).map(|(at, _)| &lower[at + LIMIT.len()..]);
    for digits in limits.chain([lower.as_str()]) {
        let end = digits.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(digits.len());
        let whole = end == digits.len() || digits.len() < lower.len();
        numbers.extend(digits[..end].parse::<usize>().ok().filter(|_| whole));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(text: &str) -> Vec<usize> {
        let mut numbers = Vec::new();
        of_text(text, &mut numbers);
        numbers
    }

    #[test]
    fn limits_are_read_wherever_they_stand() {
        assert_eq!(of("20"), [20]);
        assert_eq!(of("SELECT Id FROM Lead WHERE Phone = '2025550123' LIMIT 20"), [20]);
        assert_eq!(of("RETURNING Contact(Id LIMIT 20), Lead(Id limit 30)"), [20, 30]);
        assert_eq!(of("20 Main Street"), [0; 0]);
        assert_eq!(of("limit of this"), [0; 0]);
        let mut numbers = Vec::new();
        of_json(
            &json!({ "params": [{ "limit": 25 }, "50", null, -1, 1.5] }),
            &mut numbers,
        );
        assert_eq!(numbers, [25, 50]);
    }
}
