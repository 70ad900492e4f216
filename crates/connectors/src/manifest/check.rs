//! What `ringside connector check` says about a manifest: what is wrong with it, what is unwise, and whether its examples hold.
//!
//! Loading refuses what is unsafe or would fail at its first call. Here is the rest: a look at the whole file for what its
//! author would want to know ([`lint`]), and its examples, which run through the very connector that a call runs through, with
//! the web, the keyring and the clock played by the case itself ([`example`]).

mod desk;
mod diff;
mod example;
mod exchange;
mod lint;

use std::path::Path;

use super::{
    format::Manifest,
    load::{Problem, load},
};

/// Everything that is to be said about one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What keeps it from working. Examples run only without them.
    pub problems: Vec<Problem>,
    /// What is better done otherwise.
    pub warnings: Vec<Problem>,
    /// In the order of the file.
    pub examples: Vec<ExampleResult>,
}

/// How one example went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleResult {
    pub name: String,
    /// Of the example, counted from 1.
    pub line: usize,
    /// What was expected and what came, over several lines. `None`: it passed.
    pub difference: Option<String>,
    /// What looks odd although it passed: an answer whose list is not where the file says.
    pub doubts: Vec<String>,
}

impl ExampleResult {
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.difference.is_none()
    }
}

impl Report {
    /// Whether the file works as it says. Warnings don't count.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() && self.examples.iter().all(ExampleResult::passed)
    }
}

/// Checks a manifest's text. Nothing goes out, and nothing is read but the text.
#[must_use]
pub fn check(text: &str) -> Report {
    let loaded = match load(text) {
        Ok(loaded) => loaded,
        Err(problems) => {
            return Report {
                problems,
                ..Report::default()
            };
        }
    };
    let (problems, mut warnings) = lint::look(text, &loaded);
    let examples = if problems.is_empty() {
        example::run_all(text, &loaded)
    } else {
        Vec::new()
    };
    for example in &examples {
        warnings.extend(example.doubts.iter().map(|doubt| Problem {
            message: format!("In the example \"{}\": {doubt}", example.name),
            hint: Some("Look at `answer.list`: where it finds nothing, nobody was found".to_owned()),
            line: example.line,
            column: 1,
            path: "examples".to_owned(),
        }));
    }
    Report {
        problems,
        warnings,
        examples,
    }
}

/// [`check`] of a file, whose name tells what its connector is called.
#[must_use]
pub fn check_file(file: &Path, text: &str) -> Report {
    let mut report = check(text);
    report.warnings.extend(lint::misnamed(file, text));
    report.warnings.sort_by_key(|warning| (warning.line, warning.column));
    report
}

/// The JSON Schema of manifests, for editors. `connectors/schema.json` is this text.
#[must_use]
pub fn schema() -> String {
    let mut schema = schemars::schema_for!(Manifest);
    schema.insert("title".to_owned(), "Ringside connector".into());
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text + "\n"
}
