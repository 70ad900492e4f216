//! The operations of a manifest, for all types and for single ones.

use super::{
    compile::Checker,
    limits::MOST_ENRICHED,
    names::{Known, Names},
    walk::{budgets, common, contact_names, type_names},
};
use crate::manifest::{
    format::{
        AddNumber, Batching, CreateContact, Enrich, FindContact, FindLog, FindWithName, GetContact, LogCall, Manifest,
        Operations, ReadStep, Type, WriteStep,
    },
    render::check_form,
};

/// Where an operation is checked: what it may use, and for which types it runs.
struct Place<'m> {
    manifest: &'m Manifest,
    types: Vec<&'m Type>,
    /// Without `type`.
    names: Names,
}

impl Place<'_> {
    fn with_type(&self) -> Names {
        self.names.with("type", type_names(&self.types))
    }
}

impl Checker<'_> {
    pub(super) fn operations(&mut self, manifest: &Manifest) {
        let names = common(manifest).plain("zone");
        // What is for all types runs for those that have none of their own.
        let general = |own: fn(&Operations) -> bool| Place {
            manifest,
            types: manifest
                .types
                .iter()
                .filter(|kind| !manifest.by_type.get(&kind.id).is_some_and(own))
                .collect(),
            names: names.clone(),
        };
        if let Some(find) = &manifest.find_contact {
            let place = general(|own| own.find_contact.is_some());
            self.at("find_contact", |checker| checker.find_contact(find, &place));
        }
        if let Some(find) = &manifest.find_contact_with_name {
            let place = general(|own| own.find_contact_with_name.is_some());
            self.at("find_contact_with_name", |checker| checker.find_with_name(find, &place));
        }
        if let Some(get) = &manifest.get_contact {
            let place = general(|own| own.get_contact.is_some());
            self.at("get_contact", |checker| checker.get_contact(get, &place));
        }
        if let Some(create) = &manifest.create_contact {
            let place = general(|own| own.create_contact.is_some());
            self.at("create_contact", |checker| checker.create_contact(create, &place));
        }
        if let Some(add) = &manifest.add_number {
            let place = general(|own| own.add_number.is_some());
            self.at("add_number", |checker| checker.add_number(add, &place));
        }
        if let Some(log) = &manifest.log_call {
            let place = general(|own| own.log_call.is_some());
            self.at("log_call", |checker| checker.log_call(log, &place, true));
        }
        if let Some(log) = &manifest.update_log {
            let place = general(|own| own.update_log.is_some());
            self.at("update_log", |checker| checker.log_call(log, &place, false));
        }
        if let Some(find) = &manifest.find_log {
            let place = general(|own| own.find_log.is_some());
            self.at("find_log", |checker| checker.find_log(find, &place));
        }
        self.at("for", |checker| {
            for (id, own) in &manifest.by_type {
                checker.at(id, |checker| checker.of_type(id, own, manifest, &names));
            }
        });
    }

    fn of_type(&mut self, id: &str, own: &Operations, manifest: &Manifest, names: &Names) {
        let Some(kind) = manifest.types.iter().find(|kind| kind.id == id) else {
            return self.problem(
                format!("There is no type `{id}`"),
                "It is one of the ids in `[[types]]`",
            );
        };
        let place = Place {
            manifest,
            types: vec![kind],
            names: names.clone(),
        };
        if let Some(find) = &own.find_contact {
            self.at("find_contact", |checker| {
                checker.not_for_all(find.all_types);
                checker.find_contact(find, &place);
            });
        }
        if let Some(find) = &own.find_contact_with_name {
            self.at("find_contact_with_name", |checker| {
                checker.not_for_all(find.all_types);
                checker.find_with_name(find, &place);
            });
        }
        if let Some(get) = &own.get_contact {
            self.at("get_contact", |checker| checker.get_contact(get, &place));
        }
        if let Some(create) = &own.create_contact {
            self.at("create_contact", |checker| checker.create_contact(create, &place));
        }
        if let Some(add) = &own.add_number {
            self.at("add_number", |checker| checker.add_number(add, &place));
        }
        if let Some(log) = &own.log_call {
            self.at("log_call", |checker| checker.log_call(log, &place, true));
        }
        if let Some(log) = &own.update_log {
            self.at("update_log", |checker| checker.log_call(log, &place, false));
        }
        if let Some(find) = &own.find_log {
            self.at("find_log", |checker| checker.find_log(find, &place));
        }
    }

    fn not_for_all(&mut self, all_types: bool) {
        if all_types {
            self.at("all_types", |checker| {
                checker.problem("This is the operation of one type", "Leave `all_types` out")
            });
        }
    }

    fn find_contact(&mut self, find: &FindContact, place: &Place) {
        let number = [
            "e164",
            "sig",
            "national",
            "international",
            "digits",
            "region",
            "country_code",
            "extension",
        ];
        let mut names = if find.all_types {
            place.names.clone()
        } else {
            place.with_type()
        };
        names = names.plain("forms").with("number", Known::plain(number));
        if let Some(fields) = &find.fields {
            self.at("fields", |checker| {
                if find.batching != Batching::PerFieldForm {
                    checker.problem("`fields` belongs to `batching = \"per_field_form\"`", "");
                }
                checker.expression(fields, &names);
            });
        } else if find.batching == Batching::PerFieldForm {
            self.at("batching", |checker| {
                checker.problem(
                    "`per_field_form` needs `fields`",
                    "Write `fields = \"type.phone_fields\"`",
                )
            });
        }
        if find.batching != Batching::All {
            names = names.plain("form");
            if find.max_terms.is_some() {
                self.at("max_terms", |checker| {
                    checker.problem("`max_terms` belongs to `batching = \"all\"`", "")
                });
            }
        }
        if find.batching == Batching::PerFieldForm {
            names = names.plain("field");
        }
        if find.max_terms == Some(0) {
            self.at("max_terms", |checker| checker.problem("`max_terms` is at least 1", ""));
        }
        self.each("forms", &find.forms, |checker, form| checker.form(form, true));
        self.kinds(find.all_types, find.answer.kind.as_ref(), place);
        self.at("request", |checker| {
            checker.request(&find.request, &budgets(place.manifest), &names)
        });
        self.answer(&find.answer);
        self.enrich(find.enrich.as_ref(), place);
    }

    pub(super) fn form(&mut self, form: &str, allows_auto: bool) {
        if let Err(error) = check_form(form, allows_auto) {
            let is_pattern = form.contains(['#', '*']);
            // What is wrong with a pattern helps only who wrote one.
            let message = if is_pattern {
                format!("`{form}` is no form of a number: {error}")
            } else {
                format!("`{form}` is no form of a number")
            };
            let auto = if allows_auto { "`auto`, " } else { "" };
            self.problem(
                message,
                format!(
                    "Write {auto}`e164`, `sig`, `national`, `international`, `digits`, or a pattern such as `(###) ###-####`"
                ),
            );
        }
    }

    fn kinds(&mut self, all_types: bool, kind: Option<&String>, place: &Place) {
        if all_types && kind.is_none() && place.manifest.types.len() > 1 {
            self.at("answer", |checker| {
                checker.problem(
                    "With `all_types` the answer must say the type of each record",
                    "Write `kind`, the path of the type's id",
                );
            });
        }
    }

    fn find_with_name(&mut self, find: &FindWithName, place: &Place) {
        let names = if find.all_types {
            place.names.clone()
        } else {
            place.with_type()
        };
        let names = names.with("query", Known::plain(["text", "words", "first", "last", "limit"]));
        if find.requests.is_empty() {
            self.problem("`requests` has none in it", "");
        }
        self.kinds(find.all_types, find.answer.kind.as_ref(), place);
        let budgets = budgets(place.manifest);
        self.each("requests", &find.requests, |checker, request| {
            checker.request(request, &budgets, &names)
        });
        self.answer(&find.answer);
        self.enrich(find.enrich.as_ref(), place);
    }

    fn get_contact(&mut self, get: &GetContact, place: &Place) {
        let names = place.with_type().with("contact", Known::plain(["id", "type"]));
        self.at("request", |checker| {
            checker.request(&get.request, &budgets(place.manifest), &names)
        });
        self.answer(&get.answer);
        self.enrich(get.enrich.as_ref(), place);
    }

    fn enrich(&mut self, enrich: Option<&Enrich>, place: &Place) {
        let Some(enrich) = enrich else {
            return;
        };
        let names = place.with_type().with("contact", contact_names(place.manifest));
        self.at("enrich", |checker| {
            checker.most_enriched(enrich.max);
            if let Some(when) = &enrich.when {
                checker.at("when", |checker| checker.expression(when, &names));
            }
            checker.at("request", |checker| {
                checker.request(&enrich.request, &budgets(place.manifest), &names)
            });
            checker.answer(&enrich.answer);
            checker.contact_map(&enrich.contact);
        });
    }

    /// Each is a request, and all go out at once.
    pub(super) fn most_enriched(&mut self, max: Option<usize>) {
        if max.is_some_and(|max| max > MOST_ENRICHED) {
            let hint = "A list of hundreds gives more in one request: see if the CRM can include what is missing";
            self.at("max", |checker| {
                checker.problem(
                    format!("`max` is more than {MOST_ENRICHED}, and each is a request"),
                    hint,
                )
            });
        }
    }

    fn create_contact(&mut self, create: &CreateContact, place: &Place) {
        let fields = place
            .types
            .iter()
            .flat_map(|kind| kind.fields.iter().map(|field| field.name.as_str()));
        let own = ["company", "title", "email"];
        let extra = Known::plain(fields.filter(|name| !own.contains(name)));
        let draft = [
            "name", "given", "family", "company", "title", "email", "number", "e164", "force",
        ];
        let names = place.with_type().with("draft", Known::plain(draft).and("extra", extra));
        self.path_at("duplicate_id", create.duplicate_id.as_ref());
        if let Some(pattern) = &create.duplicate_pattern {
            self.at("duplicate_pattern", |checker| {
                let groups = checker.pattern(pattern).map_or(2, |regex| regex.captures_len());
                if groups < 2 {
                    checker.problem(
                        "The pattern has no group that would be the id",
                        "Put brackets around it: `.*ID: ([0-9]+).*`",
                    );
                }
            });
        }
        self.steps(&create.steps, place, &names);
        match create.steps.iter().position(|step| step.name == "create") {
            Some(index) if !create.steps[index].capture.contains_key("id") => self.at("steps", |checker| {
                checker.at_index(index, |checker| {
                    checker.problem(
                        "The step `create` must capture `id`",
                        "Write `capture = { id = \"id\" }`",
                    )
                });
            }),
            Some(index) if !create.steps[index].request.writes() => self.at("steps", |checker| {
                checker.at_index(index, |checker| {
                    checker.problem(
                        "The step `create` only reads",
                        "Write `method = \"POST\"` into its request",
                    )
                });
            }),
            Some(_) => {}
            None => self.problem("One of the steps must be named `create`", ""),
        }
    }

    fn add_number(&mut self, add: &AddNumber, place: &Place) {
        let mut names = place
            .with_type()
            .with("contact", contact_names(place.manifest))
            .with("record", Known::Anything)
            .plain("number");
        if !add.fields.is_empty() {
            names = names.plain("field");
        }
        self.each("fields", &add.fields, |checker, path| checker.path(path));
        self.at("request", |checker| {
            checker.request(&add.request, &budgets(place.manifest), &names)
        });
        self.answer(&add.answer);
    }

    fn log_call(&mut self, log: &LogCall, place: &Place, is_new: bool) {
        let names = log_names(place);
        let with_log = names.with("log", Known::plain(["id", "url"]));
        self.steps(&log.steps, place, if is_new { &names } else { &with_log });
        let logs = log
            .steps
            .iter()
            .find(|step| step.request.writes())
            .is_some_and(|step| step.name == "log" && step.capture.contains_key("log_id"));
        let writes = log.steps.iter().any(|step| step.request.writes());
        if is_new && !logs && !writes && !log.steps.is_empty() {
            self.at("steps", |checker| {
                checker.problem(
                    "All of these steps only read",
                    "Write `method = \"POST\"` into the request of the step that makes the log",
                );
            });
        } else if is_new && !logs {
            self.at("steps", |checker| {
                checker.problem(
                    "The first step that writes must be named `log` and capture `log_id`",
                    "It makes the record that bears the marker; steps that only read may stand before it",
                );
            });
        }
        if log.steps.is_empty() {
            self.problem("`steps` has none in it", "");
        }
        if let Some(url) = &log.log_url {
            self.at("log_url", |checker| checker.address(url, &with_log));
        }
    }

    fn find_log(&mut self, find: &FindLog, place: &Place) {
        let names = log_names(place);
        self.at("request", |checker| {
            checker.request(&find.request, &budgets(place.manifest), &names)
        });
        self.answer(&find.answer);
        self.path_at("id", Some(&find.id));
        self.path_at("text", find.text.as_ref());
    }

    fn steps(&mut self, steps: &[WriteStep], place: &Place, names: &Names) {
        let budgets = budgets(place.manifest);
        let mut known = Known::plain([]);
        let mut seen: Vec<&str> = Vec::new();
        self.at("steps", |checker| {
            for (index, step) in steps.iter().enumerate() {
                checker.at_index(index, |checker| {
                    let names = names.with("steps", known.clone()).in_step(&step.name);
                    checker.at("name", |checker| {
                        if step.name.is_empty()
                            || !step.name.bytes().all(|sign| sign.is_ascii_lowercase() || sign == b'_')
                        {
                            checker.problem("A step's name has small letters only", "");
                        }
                        if seen.contains(&step.name.as_str()) {
                            checker.problem(format!("There is a step `{}` already", step.name), "");
                        }
                    });
                    if let Some(when) = &step.when {
                        checker.at("when", |checker| checker.expression(when, &names));
                    }
                    if let Some(find) = &step.find_first {
                        checker.at("find_first", |checker| checker.read_step(find, &budgets, &names));
                    }
                    checker.at("request", |checker| checker.request(&step.request, &budgets, &names));
                    checker.answer(&step.answer);
                    checker.captures("capture", &step.capture);
                });
                seen.push(&step.name);
                known = known
                    .clone()
                    .and(&step.name, Known::plain(step.capture.keys().map(String::as_str)));
            }
        });
    }

    pub(super) fn read_step(&mut self, step: &ReadStep, budgets: &[&str], names: &Names) {
        if let Some(when) = &step.when {
            self.at("when", |checker| checker.expression(when, names));
        }
        self.at("request", |checker| checker.request(&step.request, budgets, names));
        self.answer(&step.answer);
        self.at("pick", |checker| {
            for (path, wanted) in &step.pick {
                checker.at(path, |checker| {
                    checker.path(path);
                    checker.template(&wanted.0, names);
                });
            }
        });
        self.captures("capture", &step.capture);
    }
}

/// What is known of a call when it is logged, and when its log is looked for.
fn log_names(place: &Place) -> Names {
    let call = [
        "start",
        "end",
        "seconds",
        "milliseconds",
        "direction",
        "answered",
        "outcome",
        "result",
        "number",
        "line",
        "from",
        "to",
    ];
    let fields = place.manifest.log_fields.iter().map(|field| field.name.as_str());
    let names = place
        .with_type()
        .with("call", Known::plain(call))
        .with("contact", Known::plain(["id", "type", "name"]))
        .with("fields", Known::plain(fields));
    ["subject", "note", "body", "marker"]
        .into_iter()
        .fold(names, |names, name| names.plain(name))
}
