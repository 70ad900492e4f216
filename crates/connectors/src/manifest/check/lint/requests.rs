//! Every request of a manifest, with its place and what it is for.

use super::{Lint, below, key, tables};
use crate::manifest::{
    format::{Enrich, Manifest, ReadStep, Request, Tree, Verb, WriteStep},
    load::place::Step,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    SignsIn,
    Reads,
    Writes,
}

pub(super) struct Placed {
    pub at: Vec<Step>,
    pub request: Request,
    pub purpose: Purpose,
}

/// A text of a request that may hold values.
pub(super) struct Text {
    pub at: Vec<Step>,
    pub text: String,
    /// The query language for which its values are escaped.
    pub language: Option<String>,
}

impl Lint<'_> {
    pub(super) fn requests(&mut self) {
        for Placed { at, request, purpose } in all(self.manifest) {
            if purpose == Purpose::Reads && request.method != Verb::Get && !request.reads {
                self.wrong(
                    &at,
                    "This request only asks, but is sent as one that changes something: it would be neither repeated nor redirected",
                    "Write `reads = true`",
                );
            }
            let has_body = request.json.is_some()
                || request.form.is_some()
                || request.multipart.is_some()
                || request.graphql.is_some();
            if request.method == Verb::Get && has_body {
                let hint = if purpose == Purpose::Writes {
                    "Write `method = \"POST\"`, or what else the CRM's documentation says"
                } else {
                    "Write `method = \"POST\"` and `reads = true`; what a GET asks for stands in `query`"
                };
                self.wrong(
                    &at,
                    "This request has a body, and is sent as a GET, which has none",
                    hint,
                );
            } else if request.method == Verb::Get && is_the_write(&at) {
                self.wrong(
                    &at,
                    "This request is to change something in the CRM, and is sent as a GET, which only asks",
                    "Write `method = \"POST\"`, or what else the CRM's documentation says",
                );
            }
        }
    }
}

/// `add_number` has one request. Steps of a write may only read; that of a log is looked at when the file is loaded.
fn is_the_write(at: &[Step]) -> bool {
    matches!(at, [.., Step::Key(operation), Step::Key(_)] if operation == "add_number")
}

pub(super) fn all(manifest: &Manifest) -> Vec<Placed> {
    let mut found = Vec::new();
    let mut add = |at: Vec<Step>, request: &Request, purpose| {
        let request = request.clone();
        found.push(Placed { at, request, purpose });
    };
    let request = || key("request");
    let auth = &manifest.auth;
    if let Some(discover) = auth.oauth2.as_ref().and_then(|oauth2| oauth2.discover.as_ref()) {
        let at = vec![key("auth"), key("oauth2"), key("discover"), request()];
        add(at, &discover.request, Purpose::SignsIn);
    }
    for (index, step) in auth.session.iter().enumerate() {
        let at = vec![key("auth"), key("session"), Step::Index(index), request()];
        add(at, &step.request, Purpose::SignsIn);
    }
    if let Some(who) = &manifest.whoami {
        add(vec![key("whoami"), request()], &who.request, Purpose::Reads);
        for (index, step) in who.more.iter().enumerate() {
            let at = vec![key("whoami"), key("more"), Step::Index(index), request()];
            add(at, &step.request, Purpose::Reads);
        }
    }
    for (index, field) in manifest.log_fields.iter().enumerate() {
        if let Some(asked) = &field.request {
            let at = vec![key("log_fields"), Step::Index(index), request()];
            add(at, asked, Purpose::Reads);
        }
        if let Some(enrich) = &field.enrich {
            let at = vec![key("log_fields"), Step::Index(index), key("enrich"), request()];
            add(at, &enrich.request, Purpose::Reads);
        }
    }
    for (at, _, own) in tables(manifest) {
        let mut enriched = |operation: &str, enrich: &Option<Enrich>| {
            if let Some(enrich) = enrich {
                let at = below(&at, &[key(operation), key("enrich"), request()]);
                add(at, &enrich.request, Purpose::Reads);
            }
        };
        if let Some(find) = &own.find_contact {
            enriched("find_contact", &find.enrich);
        }
        if let Some(find) = &own.find_contact_with_name {
            enriched("find_contact_with_name", &find.enrich);
        }
        if let Some(get) = &own.get_contact {
            enriched("get_contact", &get.enrich);
        }
        if let Some(find) = &own.find_contact {
            add(
                below(&at, &[key("find_contact"), request()]),
                &find.request,
                Purpose::Reads,
            );
        }
        for (index, asked) in own
            .find_contact_with_name
            .iter()
            .flat_map(|find| find.requests.iter().enumerate())
        {
            let steps = [key("find_contact_with_name"), key("requests"), Step::Index(index)];
            add(below(&at, &steps), asked, Purpose::Reads);
        }
        if let Some(get) = &own.get_contact {
            add(
                below(&at, &[key("get_contact"), request()]),
                &get.request,
                Purpose::Reads,
            );
        }
        if let Some(find) = &own.find_log {
            add(below(&at, &[key("find_log"), request()]), &find.request, Purpose::Reads);
        }
        if let Some(more) = &own.add_number {
            add(
                below(&at, &[key("add_number"), request()]),
                &more.request,
                Purpose::Writes,
            );
        }
        let steps = [
            (
                "create_contact",
                own.create_contact.as_ref().map(|create| &create.steps),
            ),
            ("log_call", own.log_call.as_ref().map(|log| &log.steps)),
            ("update_log", own.update_log.as_ref().map(|log| &log.steps)),
        ];
        for (operation, steps) in steps {
            for (
                index,
                WriteStep {
                    request: sent,
                    find_first,
                    ..
                },
            ) in steps.into_iter().flatten().enumerate()
            {
                let at = below(&at, &[key(operation), key("steps"), Step::Index(index)]);
                if let Some(ReadStep { request: asked, .. }) = find_first {
                    add(below(&at, &[key("find_first"), request()]), asked, Purpose::Reads);
                }
                add(below(&at, &[request()]), sent, Purpose::Writes);
            }
        }
    }
    found
}

/// Every text of a request in which values may stand.
pub(super) fn texts(at: &[Step], request: &Request) -> Vec<Text> {
    let mut found = Vec::new();
    for (name, template) in [("path", &request.path), ("url", &request.url)] {
        if let Some(template) = template {
            // In an address every value is percent-encoded, but a query language in it sees it decoded.
            push(below(at, &[key(name)]), &template.0, None, &mut found);
        }
    }
    for (name, template) in &request.headers {
        push(below(at, &[key("headers"), key(name)]), &template.0, None, &mut found);
    }
    let tables = [
        ("query", Some(&request.query)),
        ("form", request.form.as_ref()),
        ("multipart", request.multipart.as_ref()),
    ];
    for (place, table) in tables {
        for (name, value) in table.into_iter().flatten() {
            let at = below(at, &[key(place), key(name)]);
            push(at.clone(), name, None, &mut found);
            tree(&at, &value.0.0, None, &mut found);
        }
    }
    if let Some(Tree(json)) = &request.json {
        tree(&below(at, &[key("json")]), json, None, &mut found);
    }
    for (name, Tree(value)) in request.graphql.iter().flat_map(|graphql| &graphql.variables) {
        let at = below(at, &[key("graphql"), key("variables"), key(name)]);
        tree(&at, value, None, &mut found);
    }
    found
}

fn tree(at: &[Step], value: &serde_json::Value, language: Option<&str>, found: &mut Vec<Text>) {
    use serde_json::Value;
    match value {
        Value::String(text) => push(at.to_vec(), text, language, found),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                tree(&below(at, &[Step::Index(index)]), item, language, found);
            }
        }
        Value::Object(members) => {
            let language = members.get("$query").and_then(Value::as_str).or(language);
            for (name, member) in members {
                let at = below(at, &[key(name)]);
                push(at.clone(), name, language, found);
                tree(&at, member, language, found);
            }
        }
        _ => {}
    }
}

fn push(at: Vec<Step>, text: &str, language: Option<&str>, found: &mut Vec<Text>) {
    found.push(Text {
        at,
        text: text.to_owned(),
        language: language.map(str::to_owned),
    });
}
