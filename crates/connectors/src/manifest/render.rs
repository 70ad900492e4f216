//! Requests and texts out of templates.
//!
//! What comes out depends on the templates and the variables alone: the same input makes the same bytes. Every way from a
//! value to a request is here, and each has its own wall: JSON is built as values ([`tree`]), addresses are percent-encoded
//! ([`address`]), queries are escaped for their language ([`language`]), header values are checked, and forms and multipart
//! bodies are encoded ([`body`]). Limits hold for all of it ([`Size`]), so that a broken file costs an error, not the app.

mod address;
mod any;
mod body;
mod evaluate;
mod filters;
mod forms;
mod language;
mod pattern;
mod pieces;
mod query;
#[cfg(test)]
mod tests;
mod tree;
mod work;

use minijinja::Value as Dynamic;
use ringside_domain::{Error, Kind, Method, Result, Url};
use serde_json::Value;

use self::evaluate::{defined, evaluate, to_json, to_text, trouble};
pub(crate) use self::{
    address::percent_encoded,
    any::ops,
    evaluate::{Scope, compile, constant, environment},
    filters::{FILTERS, FUNCTIONS, TESTS},
    forms::{asked_forms, check_form, stored_number},
    language::Language,
    pieces::{Piece, pieces, without_texts},
    tree::each,
};
use super::{
    format::{Request, Template, Verb},
    load::Loaded,
};

/// Bytes of everything that one template, tree or request makes.
const MOST_BYTES: usize = 256 * 1024;
/// Members and items of one tree.
const MOST_NODES: usize = 20_000;
/// How deep trees go.
pub(crate) const MOST_DEPTH: usize = 32;

/// A request that can go out, but for what signing in adds.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// It changes nothing.
    pub reads: bool,
    pub budget: Option<String>,
    /// For the trace: method and address with `…` for values. Nothing of people and no secret is in it.
    pub shown: String,
}

impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rendered({})", self.shown)
    }
}

impl Loaded {
    /// A template as plain text: nothing is escaped.
    ///
    /// # Errors
    /// A variable has no value, or a filter refuses it; the limits.
    pub(crate) fn text(&self, template: &Template, scope: &Scope) -> Result<String> {
        self.plain(&template.0, scope, &mut Size::default())
    }

    /// Whether an expression holds: something that is not none, false, zero or empty. What is not there is not.
    ///
    /// # Errors
    /// As [`Loaded::text`].
    pub(crate) fn is_true(&self, expression: &str, scope: &Scope) -> Result<bool> {
        Ok(self.dynamic(expression, scope)?.is_true())
    }

    /// An expression's value as JSON.
    ///
    /// # Errors
    /// As [`Loaded::text`].
    pub(crate) fn value(&self, expression: &str, scope: &Scope) -> Result<Value> {
        let value = defined(expression, self.dynamic(expression, scope)?)?;
        to_json(expression, &value)
    }

    /// A template of a whole address: a value at its very start is taken as it is, the others are percent-encoded. That its
    /// host is allowed must still be checked.
    ///
    /// # Errors
    /// As [`Loaded::text`]; and when it is no address.
    pub(crate) fn address(&self, template: &Template, scope: &Scope) -> Result<Url> {
        let (text, _) = self.whole_address(&template.0, scope, &mut Size::default())?;
        address::parse(&text)
    }

    /// A request. `base` is `env.base`, in front of `path`.
    ///
    /// # Errors
    /// As [`Loaded::text`]; when the address is none, or a value would lead to another one: empty, or `..`; when a header would
    /// be none.
    pub(crate) fn request(&self, request: &Request, scope: &Scope, base: &str) -> Result<Rendered> {
        let size = &mut Size::default();
        let (url, shown) = self.whole_url(request, scope, base, size)?;
        let method = method(request.method);
        let mut headers = Vec::new();
        for (name, template) in &request.headers {
            let value = self.plain(&template.0, scope, size)?;
            if !value.bytes().all(|sign| (0x20..0x7f).contains(&sign)) {
                return Err(trouble(format!(
                    "The header {name} would hold signs that headers can't have"
                )));
            }
            let value = value.trim();
            if !value.is_empty() {
                headers.push((name.clone(), value.to_owned()));
            }
        }
        let (content_type, body) = self.body(request, scope, size)?;
        let has = |headers: &[(String, String)], wanted: &str| {
            headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted))
        };
        if let Some(content_type) = content_type
            && !has(&headers, "content-type")
        {
            headers.push(("Content-Type".to_owned(), content_type));
        }
        if !has(&headers, "accept") {
            headers.push(("Accept".to_owned(), "application/json".to_owned()));
        }
        Ok(Rendered {
            method,
            url,
            headers,
            body,
            reads: request.reads || method == Method::Get,
            budget: request.budget.clone(),
            shown: format!("{} {shown}", method.as_str()),
        })
    }

    /// A template's parts, as they were taken apart at load.
    fn pieces(&self, text: &str) -> Result<&[Piece]> {
        self.texts.get(text).map(AsRef::as_ref).ok_or_else(not_loaded)
    }

    fn dynamic(&self, expression: &str, scope: &Scope) -> Result<Dynamic> {
        evaluate(&self.environment, expression, scope)
    }

    /// An expression's value as text.
    fn inserted(&self, expression: &str, scope: &Scope, size: &mut Size) -> Result<String> {
        let value = defined(expression, self.dynamic(expression, scope)?)?;
        let text = to_text(expression, &value)?;
        size.bytes(text.len())?;
        Ok(text)
    }

    fn plain(&self, text: &str, scope: &Scope, size: &mut Size) -> Result<String> {
        let mut out = String::new();
        for piece in self.pieces(text)? {
            match piece {
                Piece::Text(text) => {
                    size.bytes(text.len())?;
                    out.push_str(text);
                }
                Piece::Value(expression) => out.push_str(&self.inserted(expression, scope, size)?),
            }
        }
        Ok(out)
    }
}

/// What one rendering made so far.
#[derive(Default)]
struct Size {
    bytes: usize,
    nodes: usize,
}

impl Size {
    fn bytes(&mut self, more: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(more);
        if self.bytes > MOST_BYTES {
            return Err(trouble(format!(
                "A request would have more than {} KiB",
                MOST_BYTES / 1024
            )));
        }
        Ok(())
    }

    fn node(&mut self) -> Result<()> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(trouble(format!("A request would have more than {MOST_NODES} members")));
        }
        Ok(())
    }

    /// A whole value that an expression gave.
    fn value(&mut self, value: &Value, depth: usize) -> Result<()> {
        if depth > MOST_DEPTH {
            return Err(trouble(format!(
                "A request would be more than {MOST_DEPTH} levels deep"
            )));
        }
        self.node()?;
        match value {
            Value::String(text) => self.bytes(text.len()),
            Value::Array(items) => items.iter().try_for_each(|item| self.value(item, depth + 1)),
            Value::Object(members) => members.iter().try_for_each(|(name, member)| {
                self.bytes(name.len())?;
                self.value(member, depth + 1)
            }),
            _ => self.bytes(8),
        }
    }
}

const fn method(verb: Verb) -> Method {
    match verb {
        Verb::Get => Method::Get,
        Verb::Post => Method::Post,
        Verb::Put => Method::Put,
        Verb::Patch => Method::Patch,
        Verb::Delete => Method::Delete,
    }
}

fn not_loaded() -> Error {
    Error::new(
        Kind::Internal,
        "render",
        "A template was not compiled when its file was loaded",
    )
}
