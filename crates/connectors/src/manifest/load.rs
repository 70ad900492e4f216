//! From a file's text to a checked manifest with everything in it compiled once.
//!
//! Everything that would make a connector unsafe or fail at its first call is refused here, with line and column: unknown
//! names, texts that don't compile, variables that a place does not have, secrets outside of `auth`, hosts that are too wide.
//! What is only unwise is left to `ringside connector check`.

mod broken;
mod compile;
mod expressions;
mod limits;
pub(super) mod named;
mod names;
mod operations;
mod paths;
pub(super) mod place;
mod refuse;
mod requests;
mod shape;
#[cfg(test)]
mod tests;
mod walk;
mod words;

use std::{collections::HashMap, fmt, sync::Arc};

use minijinja::Environment;
use regex::Regex;

use self::{compile::Checker, named::Named, place::position};
use super::{
    format::{LAYOUT, Manifest},
    mapping::Doubts,
    render::Piece,
};

/// Bytes of a file.
const MOST_BYTES: usize = 256 * 1024;

/// A manifest whose templates, expressions, paths and patterns all compile.
pub struct Loaded {
    pub manifest: Manifest,
    /// Expressions by their own text.
    pub(super) environment: Environment<'static>,
    /// Templates by their own text.
    pub(super) texts: HashMap<String, Arc<[Piece]>>,
    /// JMESPath by its own text.
    pub(super) paths: HashMap<String, jmespath::Expression<'static>>,
    /// Regular expressions by their own text; each matches whole texts only.
    pub(super) regexes: HashMap<String, Regex>,
    pub(super) named: Arc<Named>,
    /// What looks odd in answers.
    pub(super) doubts: Doubts,
}

impl Loaded {
    /// The compiled form of a pattern in the manifest. It matches whole texts only.
    #[must_use]
    pub fn regex(&self, pattern: &str) -> Option<&Regex> {
        self.regexes.get(pattern)
    }
}

impl Loaded {
    /// The same, and of its types only this one: for an example that is about it.
    pub(super) fn with_type(&self, only: &str) -> Self {
        let mut manifest = self.manifest.clone();
        manifest.types.retain(|kind| kind.id == only);
        Self {
            manifest,
            environment: self.environment.clone(),
            texts: self.texts.clone(),
            paths: self.paths.clone(),
            regexes: self.regexes.clone(),
            named: Arc::clone(&self.named),
            doubts: self.doubts.clone(),
        }
    }

    /// The same, for somebody who wants to know what looks odd in answers.
    pub(super) fn heard(&self) -> Self {
        Self {
            manifest: self.manifest.clone(),
            environment: self.environment.clone(),
            texts: self.texts.clone(),
            paths: self.paths.clone(),
            regexes: self.regexes.clone(),
            named: Arc::clone(&self.named),
            doubts: Doubts::heard(),
        }
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loaded({} {})", self.manifest.id, self.manifest.version)
    }
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// One sentence, no full stop.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// Where in the manifest: `find_contact.request.json`. Empty: the file as a whole.
    pub path: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, ". {hint}"))
    }
}

/// Reads and checks a manifest.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file. What breaks TOML comes alone; what has not the format's shape
/// comes before anything else is looked at.
pub fn load(text: &str) -> Result<Arc<Loaded>, Vec<Problem>> {
    if text.len() > MOST_BYTES {
        let message = format!("The file has more than {} KiB", MOST_BYTES / 1024);
        return Err(vec![problem(text, 0, message, None)]);
    }
    let document = match toml_edit::Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let (at, message, hint) = broken::broken(text, error.span().unwrap_or(0..0), error.message());
            return Err(vec![problem(text, at, message, hint)]);
        }
    };
    // First of all: a newer layout may have names that this version would call unknown.
    if let Some(newer) = newer_layout(text, &document) {
        return Err(vec![newer]);
    }
    let manifest: Manifest = toml::from_str(text).map_err(|error| misshapen(text, &document, &error))?;
    let mut checker = Checker::new(text, &document);
    checker.manifest(&manifest);
    checker.finish(manifest).map(Arc::new)
}

/// Everything in which the file has not the format's shape, once its reader refused it.
fn misshapen(text: &str, document: &toml_edit::Document<&str>, error: &toml::de::Error) -> Vec<Problem> {
    let at = error.span().map_or(0, |span| span.start);
    // The reader takes a list of tables for a table whose members lie in order, and wonders about the first of them.
    let is_list = error.message().starts_with("unknown variant") && is_in_list_of_tables(text, at);
    let (message, hint) = if is_list {
        let hint = "Write its name in one pair of brackets: `[…]`".to_owned();
        ("One table is wanted here, not a list of them".to_owned(), Some(hint))
    } else {
        words::reworded(error.message())
    };
    let mut faults = shape::faults(document);
    // What it stopped at is another kind of fault, or one of these; what it misses may only be misspelt.
    let is_named = faults.iter().any(|(known, ..)| *known == at);
    if faults.is_empty() || !(is_named || error.message().starts_with("missing field")) {
        faults.push((at, message, hint));
        faults.sort_by_key(|(at, ..)| *at);
    }
    let problems = faults
        .into_iter()
        .take(limits::MOST_PROBLEMS)
        .map(|(at, message, hint)| problem(text, at, message, hint));
    problems.collect()
}

/// Whether a name stands here, below `[[…]]`.
fn is_in_list_of_tables(text: &str, at: usize) -> bool {
    let (Some(before), Some(rest)) = (text.get(..at), text.get(at..)) else {
        return false;
    };
    let header = before.lines().rev().find(|line| line.starts_with('['));
    !rest.starts_with(['"', '\'']) && header.is_some_and(|header| header.starts_with("[["))
}

fn newer_layout(text: &str, document: &toml_edit::Document<&str>) -> Option<Problem> {
    let item = document.as_table().get("schema")?;
    let schema = item.as_integer()?;
    (schema != i64::from(LAYOUT)).then(|| {
        let at = item.span().map_or(0, |span| span.start);
        let hint = if schema > i64::from(LAYOUT) {
            "Update Ringside to use this file"
        } else {
            "Write `schema = 1`"
        };
        let message = format!("The file has layout {schema}, and this version reads {LAYOUT}");
        Problem {
            path: "schema".to_owned(),
            ..problem(text, at, message, Some(hint.to_owned()))
        }
    })
}

fn problem(text: &str, at: usize, message: String, hint: Option<String>) -> Problem {
    let (line, column) = position(text, at);
    Problem {
        message,
        hint,
        line,
        column,
        path: String::new(),
    }
}
