//! Requests, trees and answers of a manifest.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    compile::Checker,
    names::{Known, Names},
};
use crate::manifest::{
    format::{Answer, Captures, ContactMap, Paging, QueryValue, Request, Template},
    render::{Language, MOST_DEPTH, Piece, each, pieces, without_texts},
};

/// Headers that the transport makes, or that would change where a request goes.
const OUR_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// People's words: in a query they stand inside quotes.
const PEOPLES: [&str; 8] = ["query", "draft", "form", "note", "body", "subject", "marker", "call"];

impl Checker<'_> {
    pub(super) fn request(&mut self, request: &Request, budgets: &[&str], names: &Names) {
        match (&request.path, &request.url) {
            (Some(path), None) => self.at("path", |checker| checker.request_path(path, names)),
            (None, Some(url)) => self.at("url", |checker| checker.address(url, names)),
            _ => self.problem(
                "A request needs exactly one of `path` and `url`",
                "`path` stands behind the environment's address",
            ),
        }
        let bodies = [
            request.json.is_some(),
            request.form.is_some(),
            request.multipart.is_some(),
            request.graphql.is_some(),
        ];
        if bodies.into_iter().filter(|has| *has).count() > 1 {
            self.problem(
                "A request has at most one of `json`, `form`, `multipart` and `graphql`",
                "",
            );
        }
        self.parameters("query", &request.query, names);
        self.headers("headers", &request.headers, names);
        if let Some(tree) = &request.json {
            self.at("json", |checker| checker.tree(&tree.0, names, 0));
        }
        if let Some(form) = &request.form {
            self.parameters("form", form, names);
        }
        if let Some(parts) = &request.multipart {
            self.parameters("multipart", parts, names);
        }
        if let Some(graphql) = &request.graphql {
            self.at("graphql", |checker| {
                if graphql.query.contains("{{") {
                    checker.at("query", |checker| {
                        checker.problem("The text of a GraphQL query is fixed", "Write values into `variables`");
                    });
                }
                checker.at("variables", |checker| {
                    for (name, tree) in &graphql.variables {
                        checker.at(name, |checker| checker.tree(&tree.0, names, 0));
                    }
                });
            });
        }
        if let Some(content_type) = &request.content_type
            && !content_type.bytes().all(|sign| (0x20..0x7f).contains(&sign))
        {
            self.at("content_type", |checker| checker.problem("This is no content type", ""));
        }
        if let Some(budget) = &request.budget
            && !budgets.contains(&budget.as_str())
        {
            self.at("budget", |checker| {
                checker.problem(format!("There is no budget `{budget}`"), "Write it into `[budgets]`")
            });
        }
    }

    fn request_path(&mut self, path: &Template, names: &Names) {
        if !path.0.starts_with('/') {
            self.problem("A path begins with `/`", "Write a whole address into `url`");
        }
        if path.0.contains('#') {
            self.problem("A request's address has no `#`", "");
        }
        self.template(&path.0, names);
    }

    /// A whole address: https, or a value at its start that is one.
    pub(super) fn address(&mut self, url: &Template, names: &Names) {
        if url.0.starts_with("http://") {
            self.problem("http is for servers on this computer only", "Write https");
        } else if !url.0.starts_with("https://") && !url.0.starts_with("{{") {
            self.problem("An address begins with `https://`, or with a value that is one", "");
        }
        self.template(&url.0, names);
    }

    pub(super) fn headers(&mut self, key: &str, headers: &BTreeMap<String, Template>, names: &Names) {
        self.at(key, |checker| {
            for (name, template) in headers {
                checker.at(name, |checker| {
                    checker.header_name(name);
                    if OUR_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                        checker.problem(format!("The header {name} is not yours to set"), "Leave it out");
                    }
                    checker.template(&template.0, names);
                });
            }
        });
    }

    pub(super) fn header_name(&mut self, name: &str) {
        let token = |sign: u8| sign.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&sign);
        if name.is_empty() || !name.bytes().all(token) {
            self.problem("This is no header's name", "");
        }
    }

    fn parameters(&mut self, key: &str, parameters: &BTreeMap<String, QueryValue>, names: &Names) {
        self.at(key, |checker| {
            for (name, value) in parameters {
                checker.at(name, |checker| {
                    checker.template(name, names);
                    checker.tree(&value.0.0, names, 0);
                });
            }
        });
    }

    /// A tree of templates and directives.
    pub(super) fn tree(&mut self, tree: &Value, names: &Names, depth: usize) {
        if depth > MOST_DEPTH {
            return self.problem(format!("The tree is more than {MOST_DEPTH} levels deep"), "");
        }
        match tree {
            Value::String(text) => {
                self.template(text, names);
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.at_index(index, |checker| checker.tree(item, names, depth + 1));
                }
            }
            Value::Object(table) if table.keys().any(|key| key.starts_with('$')) => self.directive(table, names, depth),
            Value::Object(members) => {
                for (key, member) in members {
                    self.at(key, |checker| {
                        checker.template(key, names);
                        checker.tree(member, names, depth + 1);
                    });
                }
            }
            _ => {}
        }
    }

    fn directive(&mut self, table: &Map<String, Value>, names: &Names, depth: usize) {
        const SHAPES: [(&str, &[&str], &[&str]); 6] = [
            ("$each", &["$do"], &[]),
            ("$if", &["$then"], &["$else"]),
            ("$omit_empty", &[], &[]),
            ("$query", &["template"], &[]),
            ("$json", &[], &[]),
            ("$any", &["fields", "values"], &["op"]),
        ];
        let Some((name, needed, allowed)) = SHAPES.iter().find(|(name, ..)| table.contains_key(*name)) else {
            let known = SHAPES.map(|(name, ..)| name).join(", ");
            let unknown = table
                .keys()
                .find(|key| key.starts_with('$'))
                .map_or("$", String::as_str);
            return self.at(unknown, |checker| {
                checker.problem(
                    format!("There is no directive `{unknown}`"),
                    format!(
                        "There are: {known}. A member of the CRM's own that begins with a dollar sign is written `\"{{{{ '{unknown}' }}}}\" = …`"
                    ),
                )
            });
        };
        if let Some(missing) = needed.iter().find(|key| !table.contains_key(**key)) {
            self.problem(format!("`{name}` needs `{missing}` beside it"), "");
        }
        let known = |key: &String| key == name || needed.contains(&key.as_str()) || allowed.contains(&key.as_str());
        if let Some(unknown) = table.keys().find(|key| !known(key)) {
            self.at(unknown, |checker| {
                checker.problem(format!("`{name}` can't have `{unknown}` beside it"), "")
            });
        }
        let mut inner = names.clone();
        for (key, value) in table {
            self.at(key, |checker| match (key.as_str(), value.as_str()) {
                ("$each", Some(text)) => match each(text) {
                    Some((name, items)) => {
                        checker.expression(items, names);
                        inner = names.with(name, Known::Anything);
                    }
                    None => checker.problem("`$each` is written `NAME in EXPRESSION`", "NAME has small letters only"),
                },
                ("$if", Some(text)) => checker.expression(text, names),
                ("$query", Some(language)) if Language::named(language).is_none() => {
                    let known = Language::ALL.map(Language::name).join(", ");
                    checker.problem(
                        format!("There is no query language `{language}`"),
                        format!("There are: {known}"),
                    );
                }
                ("$any", Some(language)) if language != "odoo" => {
                    checker.problem("`$any` is for `odoo`", "Elsewhere there is `any(…)` in a `$query`")
                }
                ("$query" | "$any" | "op", Some(_)) => {}
                ("fields" | "values", Some(text)) => checker.expression(text, names),
                ("template", Some(text)) => {
                    let language = table.get("$query").and_then(Value::as_str).and_then(Language::named);
                    checker.query(language, text, names);
                }
                ("$do" | "$then" | "$else" | "$omit_empty" | "$json", _) => {}
                _ if known(key) => checker.problem(format!("`{key}` is a text"), ""),
                _ => {}
            });
        }
        for key in ["$do", "$then", "$else", "$omit_empty", "$json"] {
            if let Some(tree) = table.get(key) {
                self.at(key, |checker| checker.tree(tree, &inner, depth + 1));
            }
        }
    }

    /// The text of a query: values of people inside quotes, and nothing that gets around the escaping.
    fn query(&mut self, language: Option<Language>, text: &str, names: &Names) {
        let Some(parted) = self.template(text, names) else {
            return;
        };
        let mut open = None;
        for piece in parted.iter() {
            let expression = match piece {
                Piece::Text(text) => {
                    open = language.and_then(|language| language.open_behind(open, text));
                    continue;
                }
                Piece::Value(expression) => expression,
            };
            let bare = without_texts(expression);
            let filters: Vec<&str> = bare.split('|').skip(1).map(str::trim_start).collect();
            if let Some(filter) = ["safe", "raw", "join"]
                .iter()
                .find(|name| filters.iter().any(|filter| filter.starts_with(**name)))
            {
                self.problem(
                    format!("`{filter}` is not allowed in a query"),
                    "Use `any(fields, values, op)`",
                );
            }
            let root = expression.split(['.', '|', '[', ' ']).next().unwrap_or_default();
            let needs_quotes = language.is_some_and(|language| language.bare("x").is_none());
            let counts = matches!(
                expression.as_str(),
                "query.limit" | "call.seconds" | "call.milliseconds" | "call.start" | "call.end" | "call.answered"
            );
            let is_text = PEOPLES.contains(&root) && filters.is_empty() && !counts;
            if open.is_none() && needs_quotes && is_text {
                self.problem(
                    format!("`{expression}` stands outside of quotes"),
                    "Put quotes around it, so that it is a value and nothing else",
                );
            }
        }
    }

    /// A tree that is taken as it is.
    pub(super) fn fixed(&mut self, tree: &Value) {
        match tree {
            Value::String(text) if !is_fixed(text) => {
                self.problem("A template can't stand here", "Write the value itself");
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.at_index(index, |checker| checker.fixed(item));
                }
            }
            Value::Object(members) => {
                for (key, member) in members {
                    self.at(key, |checker| checker.fixed(member));
                }
            }
            _ => {}
        }
    }

    pub(super) fn answer(&mut self, answer: &Answer) {
        self.at("answer", |checker| {
            checker.path_at("list", answer.list.as_ref());
            checker.path_at("empty_when", answer.empty_when.as_ref());
            if answer.empty_when.is_some() && answer.empty_status.is_empty() {
                checker.at("empty_when", |checker| {
                    checker.problem("`empty_when` belongs to `empty_status`", "Write `empty_status = [404]`")
                });
            }
            checker.path_at("ok_when", answer.ok_when.as_ref());
            checker.path_at("kind", answer.kind.as_ref());
            if let Some(map) = &answer.contact {
                checker.contact_map(map);
            }
            let next = match &answer.paging {
                Some(Paging::Cursor { next, .. }) => Some(next),
                Some(Paging::Link { next, .. }) => next.as_ref(),
                _ => None,
            };
            checker.at("paging", |checker| checker.path_at("next", next));
        });
    }

    pub(super) fn contact_map(&mut self, map: &ContactMap) {
        self.at("contact", |checker| {
            let paths = [
                ("id", &map.id),
                ("name", &map.name),
                ("given", &map.given),
                ("family", &map.family),
                ("company", &map.company),
                ("title", &map.title),
                ("emails", &map.emails),
                ("country", &map.country),
                ("created", &map.created),
                ("updated", &map.updated),
                ("url", &map.url),
            ];
            for (key, path) in paths {
                checker.path_at(key, path.as_ref());
            }
            for (key, table) in [("numbers", &map.numbers), ("extra", &map.extra)] {
                checker.at(key, |checker| {
                    for (name, path) in table {
                        checker.path_at(name, Some(path));
                    }
                });
            }
            if let Some(list) = &map.number_list {
                checker.at("number_list", |checker| {
                    checker.path_at("list", Some(&list.list));
                    checker.path_at("value", Some(&list.value));
                    checker.path_at("label", list.label.as_ref());
                });
            }
        });
    }

    pub(super) fn captures(&mut self, key: &str, captures: &Captures) {
        self.at(key, |checker| {
            for (name, path) in captures {
                checker.at(name, |checker| {
                    checker.name(name);
                    if !path.starts_with("header:") {
                        checker.path(path);
                    }
                });
            }
        });
    }

    /// A name by which templates reach something.
    pub(super) fn name(&mut self, name: &str) {
        let mut signs = name.bytes();
        let starts = signs
            .next()
            .is_some_and(|sign| sign.is_ascii_alphabetic() || sign == b'_');
        if !starts || !signs.all(|sign| sign.is_ascii_alphanumeric() || sign == b'_') {
            self.problem(
                format!("`{name}` is no name that templates can use"),
                "Use letters, digits and `_`",
            );
        }
    }
}

fn is_fixed(text: &str) -> bool {
    pieces(text).is_ok_and(|parted| !parted.iter().any(|piece| matches!(piece, Piece::Value(_))))
}
