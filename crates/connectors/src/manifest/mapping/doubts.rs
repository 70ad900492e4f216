//! What looks odd in an answer, and may be quite right: a list that is not where the manifest says, records without an id.
//!
//! In a lookup such an answer is nobody found, because many CRMs leave a list out that would be empty. Whoever writes a manifest
//! wants to know why nothing came: `check` listens to all of it, and the trace of a live request to what is hardly right.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

/// Names of an answer's members that are listed.
const MOST_NAMES: usize = 12;

thread_local! {
    /// Of the answer that is read right now. An answer is read in one go, on one thread.
    static OF_ANSWER: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What was said of an answer since `begin` was called: at most so many sentences.
const MOST_OF_ANSWER: usize = 5;

/// An answer is about to be read.
pub(crate) fn begin() {
    OF_ANSWER.with_borrow_mut(Vec::clear);
}

/// What was said of it.
pub(crate) fn of_answer() -> Vec<String> {
    OF_ANSWER.take()
}

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
        self.add(false, true, words);
    }

    /// An answer that a condition of the file made an error.
    pub(crate) fn not_fine(&self, condition: &str, found: &Value, body: &Value) {
        self.say(|| {
            let found = match found {
                Value::Null => "nothing".to_owned(),
                simple @ (Value::Bool(_) | Value::Number(_)) => format!("`{simple}`"),
                _ => "something empty".to_owned(),
            };
            format!(
                "`ok_when` (`{condition}`) gave {found}, so the answer is an error; {}",
                has(body)
            )
        });
    }

    /// An answer in which a list's path found nothing.
    pub(super) fn no_list(&self, path: &str, body: &Value) {
        let has_another = match body {
            Value::Object(members) => members.values().any(Value::is_array),
            other => other.is_array(),
        };
        self.add(has_another, has_another, || without_list(path, body));
    }

    fn add(&self, is_grave: bool, is_traced: bool, words: impl FnOnce() -> String) {
        if self.0.is_none() && !is_traced {
            return;
        }
        let words = words();
        OF_ANSWER.with_borrow_mut(|said| {
            if is_traced && said.len() < MOST_OF_ANSWER && !said.contains(&words) {
                said.push(words.clone());
            }
        });
        let Some(said) = &self.0 else { return };
        let doubt = Doubt { words, is_grave };
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
