//! What is written down and never used: mostly a misspelling somewhere else.

use super::{Lint, key, requests::all};
use crate::manifest::{format::ParameterKind, load::place::Step};

impl Lint<'_> {
    pub(super) fn unused(&mut self) {
        let manifest = self.manifest;
        for (index, parameter) in manifest.parameters.iter().enumerate() {
            let secret = parameter.kind == ParameterKind::Secret;
            let root = if secret { "secret" } else { "param" };
            if !self.names(root, &parameter.name) {
                let at = [key("parameters"), Step::Index(index), key("name")];
                let hint = if secret {
                    format!("Use `secret.{}` in `[auth]`, or leave it out", parameter.name)
                } else {
                    format!("Use `param.{}`, or leave it out", parameter.name)
                };
                self.unwise(&at, format!("`{}` is asked for, and never used", parameter.name), hint);
            }
        }
        let requests = all(manifest);
        for name in manifest.budgets.keys().filter(|name| *name != "default") {
            let used = requests
                .iter()
                .any(|placed| placed.request.budget.as_deref() == Some(name.as_str()));
            if !used {
                self.unwise(
                    &[key("budgets"), key(name)],
                    format!("No request counts against the budget `{name}`"),
                    format!("Write `budget = \"{name}\"` into the requests that do"),
                );
            }
        }
        for (index, kind) in manifest.types.iter().enumerate() {
            for name in kind.vars.keys() {
                let at = [key("types"), Step::Index(index), key("vars"), key(name)];
                self.never_named(&at, "type", name);
            }
        }
        for (index, choice) in manifest.environment.choices.iter().enumerate() {
            for name in choice.vars.keys() {
                let at = [
                    key("environment"),
                    key("choices"),
                    Step::Index(index),
                    key("vars"),
                    key(name),
                ];
                self.never_named(&at, "env", name);
            }
        }
        self.unused_captures();
    }

    fn unused_captures(&mut self) {
        let manifest = self.manifest;
        if let Some(who) = &manifest.whoami {
            for name in who.capture.keys() {
                self.never_named(&[key("whoami"), key("capture"), key(name)], "account", name);
            }
            for (index, step) in who.more.iter().enumerate() {
                // The account's own, said to the person.
                let facts = step
                    .capture
                    .keys()
                    .filter(|name| !["id", "name"].contains(&name.as_str()));
                for name in facts {
                    let at = [
                        key("whoami"),
                        key("more"),
                        Step::Index(index),
                        key("capture"),
                        key(name),
                    ];
                    self.never_named(&at, "account", name);
                }
            }
        }
        for (index, step) in manifest.auth.session.iter().enumerate() {
            for name in step.capture.keys() {
                let at = [
                    key("auth"),
                    key("session"),
                    Step::Index(index),
                    key("capture"),
                    key(name),
                ];
                self.never_named(&at, "session", name);
            }
        }
        if let Some(oauth2) = &manifest.auth.oauth2 {
            for name in oauth2.discover.iter().flat_map(|discover| discover.capture.keys()) {
                let at = [key("auth"), key("oauth2"), key("discover"), key("capture"), key(name)];
                self.never_named(&at, "discovered", name);
            }
            for (place, root, names) in [
                ("keep_redirect", "redirect", &oauth2.keep_redirect),
                ("keep_granted", "granted", &oauth2.keep_granted),
            ] {
                for name in names {
                    self.never_named(&[key("auth"), key("oauth2"), key(place)], root, name);
                }
            }
        }
    }

    fn never_named(&mut self, at: &[Step], root: &str, name: &str) {
        if !self.names(root, name) {
            self.unwise(
                at,
                format!("`{root}.{name}` is never used"),
                "Leave it out, or look for a misspelling where it was to be used",
            );
        }
    }
}
