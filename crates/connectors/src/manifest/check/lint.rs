//! What a whole manifest says about itself that loading it does not see: what is missing, what is never used, what would be
//! refused later, what only looks right.
//!
//! A warning is worth its reader's time or it is not here: every manifest that ships comes out without one, by a test.

mod costs;
mod examples;
mod hosts;
mod inputs;
mod operations;
mod queries;
mod requests;
mod unused;
mod writes;

use std::path::Path;

use toml_edit::Document;

use crate::manifest::{
    format::{Manifest, Operations},
    load::{
        Loaded, Problem,
        named::{Named, Variable, is},
        place::{Step, position, span, written},
    },
};

/// What keeps the file from working, and what is better done otherwise; each in the order of the file.
pub(super) fn look(text: &str, loaded: &Loaded) -> (Vec<Problem>, Vec<Problem>) {
    // It was loaded, so it is TOML.
    let Ok(document) = Document::parse(text) else {
        return (Vec::new(), Vec::new());
    };
    let mut lint = Lint {
        text,
        document: &document,
        manifest: &loaded.manifest,
        named: &loaded.named,
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    lint.operations();
    lint.costs();
    lint.requests();
    lint.queries();
    lint.writes();
    lint.unused();
    lint.hosts();
    lint.inputs();
    lint.examples();
    (in_order(lint.problems), in_order(lint.warnings))
}

/// A connector of one's own is known by its file's name.
pub(super) fn misnamed(file: &Path, text: &str) -> Option<Problem> {
    let document = Document::parse(text).ok()?;
    let id = document.as_table().get("id")?.as_str()?;
    let name = file.file_name()?.to_str()?;
    if name.strip_suffix(".toml") == Some(id) {
        return None;
    }
    let steps = [key("id")];
    let (line, column) = position(text, span(&document, &steps).start);
    Some(Problem {
        message: format!(
            "The file's id is `{id}`, and its name is `{name}`: as a connector of yours it would not be taken"
        ),
        hint: Some(format!("Name it `{id}.toml`")),
        line,
        column,
        path: written(&steps),
    })
}

struct Lint<'m> {
    text: &'m str,
    document: &'m Document<&'m str>,
    manifest: &'m Manifest,
    named: &'m Named,
    problems: Vec<(usize, Problem)>,
    warnings: Vec<(usize, Problem)>,
}

impl<'m> Lint<'m> {
    fn wrong(&mut self, steps: &[Step], message: impl Into<String>, hint: impl Into<String>) {
        let found = self.here(steps, message.into(), hint.into());
        self.problems.push(found);
    }

    fn unwise(&mut self, steps: &[Step], message: impl Into<String>, hint: impl Into<String>) {
        let found = self.here(steps, message.into(), hint.into());
        self.warnings.push(found);
    }

    fn here(&self, steps: &[Step], message: String, hint: String) -> (usize, Problem) {
        let at = span(self.document, steps).start;
        let (line, column) = position(self.text, at);
        let problem = Problem {
            message,
            hint: Some(hint).filter(|hint| !hint.is_empty()),
            line,
            column,
            path: written(steps),
        };
        (at, problem)
    }

    /// Whether a template or an expression names this variable.
    fn names(&self, root: &str, name: &str) -> bool {
        self.named.names(root, name)
    }

    /// The variables of what goes out below this place.
    fn sent(&self, at: &[Step]) -> Vec<&'m Variable> {
        let picks = |step: &Step| matches!(step, Step::Key(key) if key == "pick");
        let named: &'m Named = self.named;
        let below = named.below(at).filter(|(place, _)| !place.iter().any(picks));
        below.map(|(_, variable)| variable).collect()
    }

    /// Whether the file says to people that something can't be done.
    fn admits(&self, word: &str) -> bool {
        self.manifest.limits.iter().any(|limit| limit.contains(word))
    }
}

/// Whether one of these is this variable.
fn mentions(variables: &[&Variable], root: &str, name: &str) -> bool {
    variables.iter().any(|variable| is(variable, root, name))
}

/// Whether one of these is this variable, which has no members.
fn has(variables: &[&Variable], name: &str) -> bool {
    variables.iter().any(|variable| variable.as_slice() == [name])
}

/// The tables of operations: for all types, and for single ones.
fn tables(manifest: &Manifest) -> Vec<(Vec<Step>, Option<&str>, Operations)> {
    let all = Operations {
        find_contact: manifest.find_contact.clone(),
        find_contact_with_name: manifest.find_contact_with_name.clone(),
        get_contact: manifest.get_contact.clone(),
        create_contact: manifest.create_contact.clone(),
        add_number: manifest.add_number.clone(),
        log_call: manifest.log_call.clone(),
        update_log: manifest.update_log.clone(),
        find_log: manifest.find_log.clone(),
    };
    let own = manifest
        .by_type
        .iter()
        .map(|(id, own)| (vec![key("for"), key(id)], Some(id.as_str()), own.clone()));
    std::iter::once((Vec::new(), None, all)).chain(own).collect()
}

fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}

/// These steps, and then those.
fn below(steps: &[Step], more: &[Step]) -> Vec<Step> {
    [steps, more].concat()
}

fn in_order(mut found: Vec<(usize, Problem)>) -> Vec<Problem> {
    found.sort_by_key(|(at, _)| *at);
    let mut problems: Vec<Problem> = found.into_iter().map(|(_, problem)| problem).collect();
    problems.dedup();
    problems
}
