//! What looks odd in an answer, and may be quite right: a list that is not where the manifest says, records without an id.
//!
//! In a lookup such an answer is nobody found, because many CRMs leave a list out that would be empty. Whoever writes a manifest
//! wants to know why nothing came: `check` listens, and nobody else does.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// Names of an answer's members that are listed.
const MOST_NAMES: usize = 12;

/// What was said while somebody listened.
#[derive(Clone, Default)]
pub(crate) struct Doubts(Option<Arc<Mutex<Vec<Doubt>>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub words: String,
    /// Hardly right, even where nothing was to be found: the answer has another list.
    pub is_grave: bool,
}

impl Doubts {
    pub(crate) fn heard() -> Self {
        Self(Some(Arc::default()))
    }

    /// Each sentence once.
    pub(crate) fn say(&self, words: impl FnOnce() -> String) {
        self.add(false, words);
    }

    /// An answer in which a list's path found nothing.
    pub(super) fn no_list(&self, path: &str, body: &Value) {
        let has_another = match body {
            Value::Object(members) => members.values().any(Value::is_array),
            other => other.is_array(),
        };
        self.add(has_another, || without_list(path, body));
    }

    fn add(&self, is_grave: bool, words: impl FnOnce() -> String) {
        let Some(said) = &self.0 else { return };
        let doubt = Doubt {
            words: words(),
            is_grave,
        };
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if !said.contains(&doubt) {
            said.push(doubt);
        }
    }

    /// What was said since the last time.
    pub(crate) fn take(&self) -> Vec<Doubt> {
        let said = self.0.as_ref();
        said.map(|said| std::mem::take(&mut *said.lock().unwrap_or_else(PoisonError::into_inner)))
            .unwrap_or_default()
    }
}

fn without_list(path: &str, body: &Value) -> String {
    match body {
        Value::Array(_) => format!("The answer is a list itself, and has nothing at `{path}`: leave `list` out"),
        other => format!("The answer has no list at `{path}`; {}", has(other)),
    }
}

/// What there is instead.
pub(crate) fn has(value: &Value) -> String {
    let Value::Object(members) = value else {
        return format!("it is {}", super::kind_of(value));
    };
    if members.is_empty() {
        return "it is empty".to_owned();
    }
    let names: Vec<&str> = members.keys().map(String::as_str).take(MOST_NAMES).collect();
    let more = if members.len() > MOST_NAMES { ", …" } else { "" };
    format!("it has: {}{more}", names.join(", "))
}
