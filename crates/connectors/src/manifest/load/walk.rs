//! The way through a manifest: every text that runs, with the variables it has.

use std::collections::BTreeSet;

use super::{
    compile::Checker,
    limits,
    names::{Known, Names},
};
use crate::manifest::format::{
    Auth, ContactMap, Discover, Environment, Grants, LogFieldSpec, Manifest, OAuth2, Operations, ParameterKind, WhoAmI,
};

impl Checker<'_> {
    pub(super) fn manifest(&mut self, manifest: &Manifest) {
        self.refuse(manifest);
        self.environment(&manifest.environment);
        let names = common(manifest);
        if let Some(zone) = &manifest.zone {
            self.at("zone", |checker| {
                checker.template(&zone.0, &names);
            });
        }
        self.auth(manifest);
        for (index, parameter) in manifest.parameters.iter().enumerate() {
            if let Some(pattern) = &parameter.pattern {
                self.at("parameters", |checker| {
                    checker.at_index(index, |checker| {
                        checker.at("pattern", |checker| drop(checker.pattern(pattern)))
                    });
                });
            }
        }
        self.each("types", &manifest.types, |checker, kind| {
            checker.at("vars", |checker| {
                for (name, tree) in &kind.vars {
                    checker.at(name, |checker| {
                        checker.name(name);
                        checker.fixed(&tree.0);
                    });
                }
            });
            if let Some(map) = &kind.contact {
                checker.contact_map(map);
            }
            if let Some(url) = &kind.record_url {
                let names = names
                    .with("type", type_names(&[kind]))
                    .with("contact", contact_names(manifest));
                checker.at("record_url", |checker| checker.address(url, &names));
            }
        });
        if let Some(map) = &manifest.contact {
            self.contact_map(map);
        }
        if let Some(whoami) = &manifest.whoami {
            self.at("whoami", |checker| checker.whoami(whoami, manifest));
        }
        self.operations(manifest);
        self.each("log_fields", &manifest.log_fields, |checker, field| {
            checker.log_field(field, manifest, &names)
        });
        self.errors(manifest);
    }

    fn environment(&mut self, environment: &Environment) {
        let Some(typed) = &environment.typed else {
            return;
        };
        self.at("environment", |checker| {
            checker.at("typed", |checker| {
                let mut env = vec!["origin".to_owned(), "host".to_owned(), "path".to_owned()];
                if let Some(pattern) = &typed.pattern {
                    checker.at("pattern", |checker| {
                        env.extend(checker.pattern(pattern).iter().flat_map(groups))
                    });
                }
                let names = Names::default().with("env", Known::plain(env.iter().map(String::as_str)));
                checker.at("base", |checker| checker.address(&typed.base, &names));
            });
        });
    }

    fn whoami(&mut self, whoami: &WhoAmI, manifest: &Manifest) {
        let budgets = budgets(manifest);
        let mut names = without_account(manifest);
        self.at("request", |checker| checker.request(&whoami.request, &budgets, &names));
        self.answer(&whoami.answer);
        self.path_at("id", Some(&whoami.id));
        self.path_at("name", Some(&whoami.name));
        self.captures("capture", &whoami.capture);
        let mut account = Known::plain(
            ["id", "name"]
                .into_iter()
                .chain(whoami.capture.keys().map(String::as_str)),
        );
        self.each("more", &whoami.more, |checker, step| {
            names = names.with("account", account.clone());
            checker.read_step(step, &budgets, &names);
            for name in step.capture.keys() {
                account = account.clone().and(name, Known::Plain);
            }
        });
    }

    fn auth(&mut self, manifest: &Manifest) {
        let auth = &manifest.auth;
        let budgets = budgets(manifest);
        let secrets = manifest
            .parameters
            .iter()
            .filter(|parameter| parameter.kind == ParameterKind::Secret);
        let open = without_account(manifest).with("session", Known::plain([]));
        let mut base = open.with("secret", Known::plain(secrets.map(|parameter| parameter.name.as_str())));
        if let Some(oauth2) = &auth.oauth2 {
            let kept = oauth2.keep_redirect.iter().map(String::as_str);
            base = base.with("redirect", Known::plain(kept));
        }
        self.at("auth", |checker| {
            if let Some(oauth2) = &auth.oauth2 {
                checker.at("oauth2", |checker| {
                    // It may be sent on to another address, so it holds no secret.
                    if let Some(discover) = &oauth2.discover {
                        checker.at("discover", |checker| checker.discover(discover, &budgets, &open));
                    }
                    checker.oauth2(oauth2, &base);
                });
            }
            let mut names = if auth.oauth2.is_some() {
                base.plain("token")
            } else {
                base
            };
            let mut session = Known::plain([]);
            checker.each("session", &auth.session, |checker, step| {
                names = names.with("session", session.clone());
                checker.at("request", |checker| checker.request(&step.request, &budgets, &names));
                checker.captures("capture", &step.capture);
                for name in step.capture.keys() {
                    session = session.clone().and(name, Known::Plain);
                }
                if let Some(name) = step.secret.iter().find(|name| !step.capture.contains_key(*name)) {
                    checker.at("secret", |checker| {
                        checker.problem(format!("`{name}` is not captured by this step"), "")
                    });
                }
            });
            let names = names.with("session", session);
            checker.at("set", |checker| {
                checker.headers("headers", &auth.set.headers, &names);
                checker.at("query", |checker| {
                    for (name, template) in &auth.set.query {
                        checker.at(name, |checker| {
                            checker.template(&template.0, &names);
                        });
                    }
                });
                for (key, set) in [("headers", &auth.set.headers), ("query", &auth.set.query)] {
                    checker.at(key, |checker| {
                        for (name, template) in set {
                            checker.at(name, |checker| checker.public_captures(&template.0, &auth.session));
                        }
                    });
                }
            });
        });
    }

    fn discover(&mut self, discover: &Discover, budgets: &[&str], names: &Names) {
        let before = names.with("discovered", Known::plain([])).without("granted");
        self.at("request", |checker| {
            checker.request(&discover.request, budgets, &before)
        });
        self.captures("capture", &discover.capture);
    }

    fn oauth2(&mut self, oauth2: &OAuth2, names: &Names) {
        // Nothing is granted yet, and nothing opened with it.
        let names = &names.without("granted").without("session");
        // What the browser is opened with stands in its history; nobody has come back from there yet.
        let open = &names.without("secret").without("redirect");
        let opens = oauth2.grant == Grants::AuthorizationCode;
        if let Some(authorize) = &oauth2.authorize {
            self.at("authorize", |checker| checker.address(authorize, open));
        }
        self.at("token", |checker| checker.address(&oauth2.token, names));
        for (key, parameters, names) in [
            ("authorize_parameters", &oauth2.authorize_parameters, open),
            ("token_parameters", &oauth2.token_parameters, names),
        ] {
            self.at(key, |checker| {
                for (name, template) in parameters {
                    checker.at(name, |checker| {
                        checker.template(&template.0, names);
                    });
                }
            });
        }
        let singles = [
            ("client_id", Some(&oauth2.client_id), if opens { open } else { names }),
            ("client_secret", oauth2.client_secret.as_ref(), names),
            ("username", oauth2.username.as_ref(), names),
            ("password", oauth2.password.as_ref(), names),
        ];
        for (key, template, names) in singles {
            if let Some(template) = template {
                self.at(key, |checker| {
                    checker.template(&template.0, names);
                });
            }
        }
    }

    fn log_field(&mut self, field: &LogFieldSpec, manifest: &Manifest, names: &Names) {
        let kinds: Vec<_> = manifest
            .types
            .iter()
            .filter(|kind| field.types.is_empty() || field.types.contains(&kind.id))
            .collect();
        if let Some(unknown) = field
            .types
            .iter()
            .find(|id| !manifest.types.iter().any(|kind| kind.id == **id))
        {
            self.at("types", |checker| {
                checker.problem(format!("There is no type `{unknown}`"), "")
            });
        }
        let names = names
            .plain("zone")
            .with("contact", Known::plain(["id", "type"]))
            .with("type", type_names(&kinds));
        self.at("name", |checker| checker.name(&field.name));
        if let Some(default) = &field.default {
            self.at("default", |checker| {
                checker.template(&default.0, &names);
            });
        }
        if let Some(request) = &field.request {
            let names = if field.per_contact {
                names
            } else {
                names.of_every_contact()
            };
            self.at("request", |checker| {
                checker.request(request, &budgets(manifest), &names)
            });
            if let Some(enrich) = &field.enrich {
                let names = names.with("record", Known::Anything);
                self.at("enrich", |checker| {
                    checker.most_enriched(enrich.max);
                    checker.at("request", |checker| {
                        checker.request(&enrich.request, &budgets(manifest), &names)
                    });
                    checker.answer(&enrich.answer);
                });
            }
            if field.value.is_none() {
                self.problem(
                    "Choices that the CRM has need `value`: the path of one in a record of the list",
                    "Write `value = \"id\"`",
                );
            }
        }
        self.answer(&field.answer);
        self.path_at("value", field.value.as_ref());
        self.path_at("option_label", field.option_label.as_ref());
    }

    fn errors(&mut self, manifest: &Manifest) {
        let errors = &manifest.errors;
        self.at("errors", |checker| {
            checker.each("message", &errors.message, |checker, path| checker.path(path));
            checker.each("message_headers", &errors.message_headers, |checker, name| {
                checker.header_name(name)
            });
            checker.each("fields", &errors.fields, |checker, fields| {
                checker.path_at("list", Some(&fields.list));
                checker.path_at("field", fields.field.as_ref());
                checker.path_at("message", fields.message.as_ref());
            });
            checker.each("rules", &errors.rules, |checker, rule| {
                checker.path_at("body", rule.body.as_ref())
            });
            checker.path_at("retry_path", errors.retry_path.as_ref());
        });
    }
}

/// The budgets that requests may name.
pub(super) fn budgets(manifest: &Manifest) -> Vec<&str> {
    manifest.budgets.keys().map(String::as_str).chain(["default"]).collect()
}

/// What every request has, once it is known whose account it is.
pub(super) fn common(manifest: &Manifest) -> Names {
    let names = without_account(manifest);
    let Some(whoami) = &manifest.whoami else {
        return names;
    };
    let more = whoami.more.iter().flat_map(|step| step.capture.keys());
    let account = ["id", "name"]
        .into_iter()
        .chain(whoami.capture.keys().chain(more).map(String::as_str));
    names.with("account", Known::plain(account))
}

fn without_account(manifest: &Manifest) -> Names {
    let open = manifest
        .parameters
        .iter()
        .filter(|parameter| parameter.kind != ParameterKind::Secret);
    let Auth { oauth2, session, .. } = &manifest.auth;
    let captured = session
        .iter()
        .flat_map(|step| step.capture.keys().filter(|name| !step.secret.contains(name)));
    let secrets = manifest
        .parameters
        .iter()
        .filter(|parameter| parameter.kind == ParameterKind::Secret);
    let mut names = Names::default()
        .with_secrets(secrets.map(|parameter| parameter.name.as_str()))
        .with("param", Known::plain(open.map(|parameter| parameter.name.as_str())))
        .with(
            "env",
            Known::plain(environment_names(&manifest.environment).iter().map(String::as_str)),
        )
        .with("session", Known::plain(captured.map(String::as_str)));
    if let Some(oauth2) = oauth2 {
        let discovered = oauth2.discover.iter().flat_map(|discover| discover.capture.keys());
        names = names
            .with("granted", Known::plain(oauth2.keep_granted.iter().map(String::as_str)))
            .with("discovered", Known::plain(discovered.map(String::as_str)));
    }
    names
}

fn environment_names(environment: &Environment) -> BTreeSet<String> {
    let mut names = BTreeSet::from(["base".to_owned()]);
    if let Some((first, others)) = environment.choices.split_first() {
        let everywhere = |name: &&String| others.iter().all(|choice| choice.vars.contains_key(*name));
        names.extend(first.vars.keys().filter(everywhere).cloned());
    }
    if let Some(typed) = &environment.typed {
        names.extend(["origin", "host", "path"].map(str::to_owned));
        let pattern = typed
            .pattern
            .as_ref()
            .and_then(|pattern| limits::regex(pattern, limits::OF_THE_FILE).ok());
        names.extend(pattern.iter().flat_map(groups));
    }
    names
}

fn groups(pattern: &regex::Regex) -> Vec<String> {
    pattern.capture_names().flatten().map(str::to_owned).collect()
}

/// What all of these types have.
pub(super) fn type_names(kinds: &[&crate::manifest::format::Type]) -> Known {
    let own = Known::plain(["id", "label", "is_company"]);
    let Some((first, others)) = kinds.split_first() else {
        return own;
    };
    let everywhere = |name: &&String| others.iter().all(|kind| kind.vars.contains_key(*name));
    first
        .vars
        .keys()
        .filter(everywhere)
        .fold(own, |known, name| known.and(name, Known::Anything))
}

/// A contact that was read.
pub(super) fn contact_names(manifest: &Manifest) -> Known {
    let extra: BTreeSet<&str> = maps(manifest)
        .iter()
        .flat_map(|map| map.extra.keys().map(String::as_str))
        .collect();
    Known::plain(["id", "type", "name", "company", "title", "email"]).and(
        "extra",
        extra
            .into_iter()
            .fold(Known::plain([]), |known, name| known.and(name, Known::Anything)),
    )
}

/// Every map of the manifest.
fn maps(manifest: &Manifest) -> Vec<&ContactMap> {
    let own = [
        manifest
            .find_contact
            .as_ref()
            .map(|find| (&find.answer, find.enrich.as_ref())),
        manifest
            .find_contact_with_name
            .as_ref()
            .map(|find| (&find.answer, find.enrich.as_ref())),
        manifest
            .get_contact
            .as_ref()
            .map(|get| (&get.answer, get.enrich.as_ref())),
    ];
    let by_type = manifest.by_type.values().flat_map(
        |Operations {
             find_contact,
             find_contact_with_name,
             get_contact,
             ..
         }| {
            [
                find_contact.as_ref().map(|find| (&find.answer, find.enrich.as_ref())),
                find_contact_with_name
                    .as_ref()
                    .map(|find| (&find.answer, find.enrich.as_ref())),
                get_contact.as_ref().map(|get| (&get.answer, get.enrich.as_ref())),
            ]
        },
    );
    let answers = own.into_iter().chain(by_type).flatten();
    let in_answers =
        answers.flat_map(|(answer, enrich)| answer.contact.iter().chain(enrich.map(|enrich| &enrich.contact)));
    let types = manifest.types.iter().filter_map(|kind| kind.contact.as_ref());
    manifest.contact.iter().chain(types).chain(in_answers).collect()
}
