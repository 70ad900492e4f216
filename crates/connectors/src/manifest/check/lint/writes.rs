//! What a person typed, chose or said that would never reach the CRM.

use super::{Lint, below, costs::fields, has, key, mentions, requests::texts, tables};
use crate::manifest::{
    format::{FindContact, FindLog, LogCall, Manifest, Type},
    load::place::Step,
};

impl Lint<'_> {
    pub(super) fn writes(&mut self) {
        let manifest = self.manifest;
        for (at, only, own) in tables(manifest) {
            if own.create_contact.is_some() {
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
                self.create(&below(&at, &[key("create_contact")]), &kinds);
            }
            if own.add_number.is_some() {
                let at = below(&at, &[key("add_number"), key("request")]);
                if !has(&self.sent(&at), "number") {
                    self.wrong(&at, "This request adds no number", "Use `number`");
                }
            }
            if let Some(find) = &own.find_log {
                self.marked(&below(&at, &[key("find_log")]), find);
            }
            for (name, log) in [("log_call", &own.log_call), ("update_log", &own.update_log)] {
                if let Some(log) = log {
                    self.log(&below(&at, &[key(name)]), log, name == "log_call");
                }
            }
        }
        self.chosen();
        self.changing();
        self.filled();
    }

    /// A log that is found again is taken for ours: nothing but the marker says so.
    fn marked(&mut self, at: &[Step], find: &FindLog) {
        let request = below(at, &[key("request")]);
        let asks = has(&self.sent(&request), "marker");
        if find.text.is_none() && !asks {
            self.wrong(
                at,
                "Nothing here looks for the marker: any other call with this contact would be taken for the lost one",
                "Write `text = \"…\"`, the path of the text that it lies in, or use `marker` in the request",
            );
        }
    }

    /// What is logged while the call goes on is not known whole: the update brings the rest, and what a person chose since.
    fn changing(&mut self) {
        let manifest = self.manifest;
        let mut told: Vec<Vec<Step>> = Vec::new();
        for kind in &manifest.types {
            let own = manifest.by_type.get(&kind.id);
            let place = |name: &str, is_own: bool| {
                let mut at = if is_own {
                    vec![key("for"), key(&kind.id)]
                } else {
                    Vec::new()
                };
                at.push(key(name));
                at
            };
            let (own_log, own_update) = (
                own.is_some_and(|own| own.log_call.is_some()),
                own.is_some_and(|own| own.update_log.is_some()),
            );
            if !(own_log || manifest.log_call.is_some()) || !(own_update || manifest.update_log.is_some()) {
                continue;
            }
            let at = place("update_log", own_update);
            let logged = self.sent(&below(&place("log_call", own_log), &[key("steps")]));
            let updated = self.sent(&below(&at, &[key("steps")]));
            let lost: Vec<String> = changeable(manifest)
                .into_iter()
                .filter(|(root, name)| {
                    let is_updated = mentions(&updated, root, name)
                        || root.as_str() == "call" && mentions(&updated, "call", twin(name));
                    mentions(&logged, root, name) && !is_updated
                })
                .map(|(root, name)| format!("`{root}.{name}`"))
                .collect();
            if lost.is_empty() || told.contains(&at) {
                continue;
            }
            self.unwise(
                &at,
                format!("A log is made with {}, and no update sends it", lost.join(", ")),
                "Send it in `update_log` too: a call may be logged before it ends, and a choice changed after it",
            );
            told.push(at);
        }
    }

    /// A number that is added to a field in which nobody looks is not found the next time.
    fn filled(&mut self) {
        let manifest = self.manifest;
        for kind in &manifest.types {
            let own = manifest.by_type.get(&kind.id);
            let of_type = own.and_then(|own| own.add_number.as_ref());
            let own_find = own.and_then(|own| own.find_contact.as_ref());
            let find = own_find.or(manifest.find_contact.as_ref());
            let Some((add, find)) = of_type.or(manifest.add_number.as_ref()).zip(find) else {
                continue;
            };
            let mut asked = own_find.map_or_else(Vec::new, |_| vec![key("for"), key(&kind.id)]);
            asked.extend([key("find_contact"), key("request")]);
            let searched = searched(find, kind, |name| mentions(&self.sent(&asked), "type", name));
            // A CRM that looks in all of its fields is asked without their names.
            if !add.fields.iter().any(|field| searched.contains(field)) {
                continue;
            }
            let mut at = of_type.map_or_else(Vec::new, |_| vec![key("for"), key(&kind.id)]);
            at.extend([key("add_number"), key("fields")]);
            for (index, field) in add.fields.iter().enumerate() {
                if !searched.contains(field) {
                    self.unwise(
                        &below(&at, &[Step::Index(index)]),
                        format!(
                            "A number is written to `{field}`, where `find_contact` of the type {} never looks",
                            kind.id
                        ),
                        "Search it too, or leave it out here: the next call of this number would be a stranger's",
                    );
                }
            }
        }
    }

    fn create(&mut self, at: &[Step], kinds: &[&Type]) {
        let said = self.sent(&below(at, &[key("steps")]));
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
        let said = self.sent(&below(at, &[key("steps")]));
        let has = |name: &str| has(&said, name);
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
            if !mentions(&said, "log", "id") {
                self.wrong(at, "The update does not say which log it changes", "Use `log.id`");
            }
            let names_contact = ["id", "type"].iter().any(|name| mentions(&said, "contact", name));
            self.moves(at, log, names_contact);
        }
    }

    fn moves(&mut self, at: &[Step], log: &LogCall, names_contact: bool) {
        let steps = below(at, &[key("moves")]);
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
            if field.request.is_some() && field.option_label.is_none() && field.value.as_deref() != Some("@") {
                self.unwise(
                    &at,
                    format!(
                        "The choices of `{}` have no names: people would choose among values",
                        field.name
                    ),
                    "Write `option_label`, the path of a choice's name",
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

/// What of a call may be another when its log is changed.
fn changeable(manifest: &Manifest) -> Vec<(String, String)> {
    let of_call = ["end", "seconds", "milliseconds", "answered", "result", "outcome"];
    let of_call = of_call.into_iter().map(|name| ("call".to_owned(), name.to_owned()));
    let chosen = manifest.log_fields.iter();
    of_call
        .chain(chosen.map(|field| ("fields".to_owned(), field.name.clone())))
        .collect()
}

/// The same in another unit.
fn twin(name: &str) -> &str {
    match name {
        "seconds" => "milliseconds",
        "milliseconds" => "seconds",
        other => other,
    }
}

/// Fields that a search by number names: one by one, in a list of the type, or in a query's text.
fn searched(find: &FindContact, kind: &Type, asks_for: impl Fn(&str) -> bool) -> Vec<String> {
    let mut names = fields(find, Some(kind));
    let asked: String = texts(&[], &find.request)
        .into_iter()
        .map(|text| text.text + "\n")
        .collect();
    for (name, tree) in &kind.vars {
        if asks_for(name) {
            let listed = tree.0.as_array().into_iter().flatten().chain([&tree.0]);
            names.extend(listed.filter_map(|item| item.as_str()).map(str::to_owned));
        }
    }
    let is_part = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '.';
    names.extend(
        asked
            .split(|sign| !is_part(sign))
            .filter(|word| !word.is_empty())
            .map(str::to_owned),
    );
    names
}
