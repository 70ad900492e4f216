//! What a file may not say, apart from its templates: names, hosts, addresses, things given twice.

use std::net::IpAddr;

use ringside_domain::{
    Url,
    http::{host_matches, host_of},
};

use super::{compile::Checker, limits::too_much};
use crate::{
    manifest::{
        format::{Manifest, OptionSpec, ParameterKind, SessionStep},
        render::{Piece, pieces},
    },
    parts::KEPT,
};

/// Letters of an id.
const MOST_ID: usize = 40;
/// The form has a place for these, whatever the type: what a file's own field of that name asks for would go nowhere.
const IN_EVERY_FORM: [&str; 5] = ["name", "given", "family", "number", "phone"];

impl Checker<'_> {
    pub(super) fn refuse(&mut self, manifest: &Manifest) {
        self.at("id", |checker| {
            let id = &manifest.id;
            let letters = id
                .bytes()
                .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'-');
            if !letters || id.is_empty() || id.len() > MOST_ID || id.starts_with('-') || id.ends_with('-') {
                checker.problem(
                    "An id has lower-case letters, digits and hyphens between them",
                    "Write `id = \"my-crm\"`",
                );
            }
        });
        for (key, text) in [("name", &manifest.name), ("version", &manifest.version)] {
            if text.trim().is_empty() {
                self.at(key, |checker| checker.problem(format!("`{key}` is empty"), ""));
            }
        }
        self.each("allowed_hosts", &manifest.allowed_hosts, |checker, host| {
            checker.host(host)
        });
        self.places(manifest);
        self.parameters_of(manifest);
        if manifest.types.is_empty() {
            self.at("types", |checker| {
                checker.problem("There must be at least one type", "Write a table `[[types]]`")
            });
        }
        self.twice("types", manifest.types.iter().map(|kind| kind.id.as_str()));
        self.twice(
            "log_fields",
            manifest.log_fields.iter().map(|field| field.name.as_str()),
        );
        self.twice(
            "examples",
            manifest.examples.iter().map(|example| example.name.as_str()),
        );
        self.each("types", &manifest.types, |checker, kind| {
            if kind.id.is_empty() {
                checker.at("id", |checker| checker.problem("A type's id is empty", ""));
            }
            checker.twice("fields", kind.fields.iter().map(|field| field.name.as_str()));
            checker.each("fields", &kind.fields, |checker, field| {
                checker.at("name", |checker| {
                    checker.name(&field.name);
                    if IN_EVERY_FORM.contains(&field.name.as_str()) {
                        checker.problem(
                            format!("`{}` is in the form of every type", field.name),
                            "Leave it out, and write `draft.name`, `draft.given`, `draft.family` or `draft.number` in the request",
                        );
                    }
                });
                checker.options(&field.options);
            });
        });
        if let Some(store) = &manifest.number.store {
            self.at("number", |checker| {
                checker.at("store", |checker| checker.form(store, false))
            });
        }
        self.at("budgets", |checker| {
            for (name, budget) in &manifest.budgets {
                let rates = [budget.per_second, budget.per_minute];
                let is_rate = |rate: &f64| rate.is_finite() && *rate > 0.0;
                if !rates.iter().flatten().all(is_rate) || budget.concurrency == Some(0) {
                    checker.at(name, |checker| checker.problem("A budget is more than nothing", ""));
                }
            }
        });
    }

    fn host(&mut self, host: &str) {
        let name = host.strip_prefix("*.").unwrap_or(host);
        if name.parse::<IpAddr>().is_ok() || host.starts_with('[') {
            return self.problem(
                "An address can't be allowed, only a name",
                "A server of one's own is typed: `[environment.typed]`",
            );
        }
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'-')
        };
        let is_wide = host != name && !name.contains('.');
        if !name.split('.').all(label) || !(is_wide || name.contains('.')) {
            return self.problem(
                format!("`{host}` is no host's name"),
                "Write it in lower case, without scheme, port or path: `api.example.com`",
            );
        }
        if psl::domain_str(name).is_none() {
            self.problem(
                format!("Anybody can have a host below `{name}`"),
                "Write the vendor's own domain: `*.example.com`, not `*.com` or `*.co.uk`",
            );
        }
    }

    fn places(&mut self, manifest: &Manifest) {
        let environment = &manifest.environment;
        let ways = [
            environment.base.is_some(),
            !environment.choices.is_empty(),
            environment.typed.is_some(),
        ];
        self.at("environment", |checker| {
            if ways.into_iter().filter(|way| *way).count() != 1 {
                checker.problem("An environment has exactly one of `base`, `choices` and `typed`", "");
            }
            if let Some(base) = &environment.base {
                checker.at("base", |checker| checker.base(base, &manifest.allowed_hosts));
            }
            checker.twice("choices", environment.choices.iter().map(|choice| choice.id.as_str()));
            checker.each("choices", &environment.choices, |checker, choice| {
                checker.at("base", |checker| checker.base(&choice.base, &manifest.allowed_hosts));
                checker.at("vars", |checker| {
                    for name in choice.vars.keys() {
                        checker.at(name, |checker| checker.name(name));
                    }
                });
            });
        });
    }

    fn base(&mut self, base: &str, allowed: &[String]) {
        let url = Url::parse(base)
            .ok()
            .filter(|url| url.scheme() == "https" && url.query().is_none() && url.fragment().is_none());
        if base.starts_with("http://") {
            return self.problem(
                "http is for servers on this computer only",
                "Write https; the address of such a server is typed: `[environment.typed]`",
            );
        }
        let Some(host) = url.as_ref().and_then(host_of) else {
            return self.problem("This is no address", "Write `https://api.example.com`");
        };
        if url.is_some_and(|url| url.port().is_some() || !url.username().is_empty() || url.password().is_some()) {
            return self.problem(
                "The address has a port or a user name",
                "Write `https://api.example.com`",
            );
        }
        if !allowed.iter().any(|pattern| host_matches(pattern, &host)) {
            self.problem(
                format!("`{host}` is not among the allowed hosts"),
                format!("Write `allowed_hosts = [\"{host}\"]`"),
            );
        }
    }

    fn parameters_of(&mut self, manifest: &Manifest) {
        self.twice(
            "parameters",
            manifest.parameters.iter().map(|parameter| parameter.name.as_str()),
        );
        self.each("parameters", &manifest.parameters, |checker, parameter| {
            checker.at("name", |checker| checker.name(&parameter.name));
            checker.options(&parameter.options);
            let is_choice = parameter.kind == ParameterKind::Choice;
            if is_choice == parameter.options.is_empty() {
                checker.problem("`options` belongs to `kind = \"choice\"`, which needs it", "");
            }
            if parameter.kind == ParameterKind::Secret && KEPT.contains(&parameter.name.as_str()) {
                checker.at("name", |checker| {
                    checker.problem(
                        format!("`{}` is what Ringside keeps its own sign-in under", parameter.name),
                        "Choose another name for this secret",
                    )
                });
            }
            if parameter.kind == ParameterKind::Secret && parameter.default.is_some() {
                checker.at("default", |checker| {
                    checker.problem("A secret has no default", "Leave it out")
                });
            }
            let known = parameter
                .default
                .as_ref()
                .is_none_or(|default| parameter.options.iter().any(|option| option.value == *default));
            if is_choice && !known {
                checker.at("default", |checker| {
                    checker.problem("The default is none of the options", "")
                });
            }
        });
    }

    fn options(&mut self, options: &[OptionSpec]) {
        self.twice("options", options.iter().map(|option| option.value.as_str()));
    }

    /// What proves who we are is a secret: a capture that is none is shown in traces, and every template of the file has it.
    pub(super) fn public_captures(&mut self, template: &str, steps: &[SessionStep]) {
        let used: Vec<String> = pieces(template)
            .into_iter()
            .flatten()
            .filter_map(|piece| match piece {
                Piece::Value(expression) => Some(expression),
                _ => None,
            })
            .flat_map(variables)
            .collect();
        for step in steps {
            let public = step.capture.keys().filter(|name| !step.secret.contains(name));
            // `session` alone: a name that is made as it runs, `session[...]`.
            let is_used = |name: &&String| {
                used.iter()
                    .any(|used| *used == format!("session.{name}") || used == "session")
            };
            for name in public.filter(is_used) {
                self.problem(
                    format!("`session.{name}` proves who we are, but is not kept secret"),
                    format!(
                        "Write `secret = [\"{name}\"]` into the step that captures it; capture what other requests need \
                         once more, under another name"
                    ),
                );
            }
        }
    }

    fn twice<'n>(&mut self, key: &str, names: impl Iterator<Item = &'n str>) {
        let mut seen: Vec<&str> = Vec::new();
        for (index, name) in names.enumerate() {
            if seen.contains(&name) {
                self.at(key, |checker| {
                    checker.at_index(index, |checker| {
                        checker.problem(format!("There is a `{name}` already"), "")
                    })
                });
            }
            seen.push(name);
        }
    }
}

/// The variables of an expression, with their members: `session.token`.
fn variables(expression: impl AsRef<str>) -> Vec<String> {
    // It is refused elsewhere, and not read here.
    if too_much("expression", expression.as_ref()).is_some() {
        return Vec::new();
    }
    let environment = minijinja::Environment::new();
    let compiled = environment.compile_expression(expression.as_ref());
    compiled.map_or_else(
        |_| Vec::new(),
        |compiled| compiled.undeclared_variables(true).into_iter().collect(),
    )
}
