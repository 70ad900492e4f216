//! What a person typed, chose or said that would never reach the CRM.

use super::{Lint, below, key, mentions, requests::texts, tables};
use crate::manifest::{
    format::{CreateContact, LogCall, Type, WriteStep},
    load::place::Step,
};

impl Lint<'_> {
    pub(super) fn writes(&mut self) {
        let manifest = self.manifest;
        for (at, only, own) in tables(manifest) {
            if let Some(create) = &own.create_contact {
                let runs = |kind: &&Type| match only {
                    Some(id) => kind.id == id,
                    None => manifest
                        .by_type
                        .get(&kind.id)
                        .is_none_or(|own| own.create_contact.is_none()),
                };
                let kinds: Vec<&Type> = manifest
                    .types
                    .iter()
                    .filter(runs)
                    .filter(|kind| kind.creatable)
                    .collect();
                self.create(&below(&at, &[key("create_contact")]), create, &kinds);
            }
            if let Some(add) = &own.add_number {
                let at = below(&at, &[key("add_number"), key("request")]);
                if !texts(&at, &add.request).iter().any(|text| text.text.contains("number")) {
                    self.wrong(&at, "This request adds no number", "Use `number`");
                }
            }
            for (name, log) in [("log_call", &own.log_call), ("update_log", &own.update_log)] {
                if let Some(log) = log {
                    self.log(&below(&at, &[key(name)]), log, name == "log_call");
                }
            }
        }
        self.chosen();
    }

    fn create(&mut self, at: &[Step], create: &CreateContact, kinds: &[&Type]) {
        let said = said(at, &create.steps);
        if !["number", "e164"].iter().any(|name| mentions(&said, "draft", name)) {
            self.wrong(at, "The number of a new contact is not sent", "Use `draft.number`");
        }
        if !["name", "given", "family"]
            .iter()
            .any(|name| mentions(&said, "draft", name))
        {
            self.wrong(
                at,
                "The name of a new contact is not sent",
                "Use `draft.name`, or `draft.given` and `draft.family`",
            );
        }
        for kind in kinds {
            let Some(index) = self.manifest.types.iter().position(|other| other.id == kind.id) else {
                continue;
            };
            for (place, field) in kind.fields.iter().enumerate() {
                let root = match field.name.as_str() {
                    "company" | "title" | "email" => "draft",
                    _ => "draft.extra",
                };
                if !mentions(&said, root, &field.name) {
                    let at = [key("types"), Step::Index(index), key("fields"), Step::Index(place)];
                    self.unwise(
                        &at,
                        format!("`{}` is asked for, and never sent", field.name),
                        format!(
                            "Use `{root}.{}` in `create_contact`, or leave the field out",
                            field.name
                        ),
                    );
                }
            }
        }
    }

    fn log(&mut self, at: &[Step], log: &LogCall, is_new: bool) {
        let said = said(at, &log.steps);
        let has = |name: &str| word(&said, name);
        if !has("body") && !has("note") {
            self.wrong(at, "The person's note is not sent", "Use `body`, or `note`");
        }
        if is_new && log.marker_in_field && !has("marker") {
            self.wrong(
                at,
                "The marker is to have a field of its own, and is not sent",
                "Use `marker`",
            );
        }
        if is_new && !log.marker_in_field && !has("body") && !has("marker") {
            self.wrong(
                at,
                "The marker by which the log is found again is not sent",
                "Use `body`, whose last line it is, or `marker` with `marker_in_field = true`",
            );
        }
        if !is_new {
            self.moves(at, log, &said);
        }
    }

    fn moves(&mut self, at: &[Step], log: &LogCall, said: &str) {
        let steps = below(at, &[key("moves")]);
        let names_contact = ["id", "type"].iter().any(|name| mentions(said, "contact", name));
        if log.moves && !names_contact {
            self.wrong(
                &steps,
                "An update is to move the log, and does not name the contact",
                "Use `contact.id`, or leave `moves` out",
            );
        }
        if !log.moves && names_contact {
            self.unwise(
                at,
                "The update names the contact, and is not said to move the log to it",
                "Write `moves = true`, or leave the contact out of it",
            );
        }
    }

    /// What the dialog asks about a call.
    fn chosen(&mut self) {
        for (index, field) in self.manifest.log_fields.iter().enumerate() {
            let at = [key("log_fields"), Step::Index(index)];
            if !self.names("fields", &field.name) {
                self.unwise(
                    &at,
                    format!("`{}` is asked for, and never sent", field.name),
                    format!("Use `fields.{}` in `log_call`", field.name),
                );
            }
            if field.options.is_empty() && field.request.is_none() {
                self.unwise(
                    &at,
                    format!("There is nothing to choose for `{}`", field.name),
                    "Write `options`, or a `request` that brings them",
                );
            }
        }
    }
}

/// Everything that these steps say.
fn said(at: &[Step], steps: &[WriteStep]) -> String {
    let mut said = String::new();
    for step in steps {
        let first = step.find_first.as_ref().map(|first| &first.request);
        for request in first.into_iter().chain([&step.request]) {
            for text in texts(at, request) {
                said.push_str(&text.text);
                said.push('\n');
            }
        }
    }
    said
}

/// A variable without members.
fn word(said: &str, name: &str) -> bool {
    said.match_indices(name).any(|(at, _)| {
        let part = |sign: Option<char>| sign.is_some_and(|sign| sign.is_alphanumeric() || "_.'\"".contains(sign));
        let inside = said[..at]
            .rfind("{{")
            .is_some_and(|open| !said[open..at].contains("}}"))
            || said[..at].rfind('\n').map_or(0, |newline| newline + 1) == at;
        inside && !part(said[..at].chars().next_back()) && !part(said[at + name.len()..].chars().next())
    })
}
