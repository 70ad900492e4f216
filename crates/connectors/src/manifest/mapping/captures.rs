//! What is kept of an answer for later requests.

use std::{cell::LazyCell, collections::BTreeMap};

use ringside_domain::{HttpAnswer, Result};
use serde_json::Value;

use super::{Loaded, Subject, text};
use crate::manifest::format::Captures;

impl Loaded {
    /// What is kept of an answer. A name whose value is not there is left out: the caller knows which ones it needs.
    ///
    /// # Errors
    /// As [`Loaded::at`].
    pub(crate) fn captures(
        &self,
        captures: &Captures,
        answer: &HttpAnswer,
        body: &Value,
    ) -> Result<BTreeMap<String, String>> {
        let mut kept = BTreeMap::new();
        let subject = LazyCell::new(|| Subject::of(body));
        for (name, path) in captures {
            let value = match path.strip_prefix("header:") {
                Some(header) => from_header(header, answer),
                None => text(&self.found(path, &subject)?),
            };
            kept.extend(value.map(|value| (name.clone(), value)));
        }
        Ok(kept)
    }
}

/// `Location`, or `Location:last` for the last segment of the address in it. OData writes the id of a record in brackets
/// behind that: `contacts(00000000-0000-0000-0000-000000000001)`.
fn from_header(header: &str, answer: &HttpAnswer) -> Option<String> {
    let Some(name) = header.strip_suffix(":last") else {
        return text(&Value::from(answer.header(header)?));
    };
    let address = answer.header(name)?;
    let path = address
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let id = match last.split_once('(') {
        Some((_, inside)) => inside.strip_suffix(')')?.trim_matches('\''),
        None => last,
    };
    text(&Value::from(id))
}
