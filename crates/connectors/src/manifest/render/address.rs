//! Addresses: a value in one is percent-encoded, whatever it is, and never becomes another place.

use ringside_domain::{Result, Url};
use serde_json::Value;

use super::{Loaded, Piece, Scope, Size, evaluate::trouble};
use crate::manifest::format::{QueryValue, Request};

/// What stands for a value in a trace.
const MASK: &str = "…";

impl Loaded {
    /// A request's address, and what of it a trace may show.
    pub(super) fn whole_url(
        &self,
        request: &Request,
        scope: &Scope,
        base: &str,
        size: &mut Size,
    ) -> Result<(Url, String)> {
        let (mut text, mut shown) = match (&request.path, &request.url) {
            (Some(path), None) => {
                let (path, shown) = self.encoded(&path.0, scope, size, false)?;
                (format!("{}{path}", base.trim_end_matches('/')), shown)
            }
            (None, Some(url)) => self.whole_address(&url.0, scope, size)?,
            _ => return Err(super::not_loaded()),
        };
        let mut joint = if text.contains('?') { '&' } else { '?' };
        for (name, value) in &request.query {
            let Some(value) = self.grown(&value.0.0, scope, size)? else {
                continue;
            };
            let (encoded, shown_name) = self.parameter_name(name, scope, size)?;
            for one in repeated(name, &value)? {
                text.push(joint);
                text.push_str(&encoded);
                text.push('=');
                text.push_str(&percent_encoded(&one));
                shown.push(joint);
                shown.push_str(&shown_name);
                shown.push('=');
                shown.push_str(MASK);
                joint = '&';
                size.bytes(encoded.len() + one.len())?;
            }
        }
        Ok((parse(&text)?, shown))
    }

    /// A template of a whole address, and what of it a trace may show.
    pub(super) fn whole_address(&self, text: &str, scope: &Scope, size: &mut Size) -> Result<(String, String)> {
        self.encoded(text, scope, size, true)
    }

    fn encoded(&self, text: &str, scope: &Scope, size: &mut Size, is_whole: bool) -> Result<(String, String)> {
        let mut out = String::new();
        let mut shown = String::new();
        let mut in_query = false;
        for (at, piece) in self.pieces(text)?.iter().enumerate() {
            let expression = match piece {
                Piece::Text(text) => {
                    size.bytes(text.len())?;
                    in_query |= text.contains(['?', '#']);
                    out.push_str(text);
                    shown.push_str(text);
                    continue;
                }
                Piece::Value(expression) => expression,
            };
            let value = self.inserted(expression, scope, size)?;
            let as_it_is =
                (is_whole && at == 0) || matches!(expression.as_str(), "env.base" | "env.origin" | "env.path");
            if value.is_empty() && !in_query && !expression.starts_with("env.") {
                return Err(trouble(format!(
                    "`{expression}` is empty, and the address would be another one"
                )));
            }
            let written = if as_it_is { value } else { percent_encoded(&value) };
            shown.push_str(if self.may_be_shown(expression) { &written } else { MASK });
            out.push_str(&written);
        }
        // `..` as a value would lead up to another place, in any spelling; servers and clients resolve it before they look.
        let path = out.split(['?', '#']).next().unwrap_or_default();
        if path.split(['/', '\\']).any(is_dots) {
            return Err(trouble("A value would lead to another address".to_owned()));
        }
        Ok((out, shown))
    }

    fn parameter_name(&self, name: &str, scope: &Scope, size: &mut Size) -> Result<(String, String)> {
        let mut encoded = String::new();
        let mut shown = String::new();
        for piece in self.pieces(name)? {
            match piece {
                Piece::Text(text) => {
                    encoded.push_str(&encoded_but(text, b"$:@,/!*"));
                    shown.push_str(text);
                }
                Piece::Value(expression) => {
                    let value = self.inserted(expression, scope, size)?;
                    shown.push_str(if self.may_be_shown(expression) { &value } else { MASK });
                    encoded.push_str(&percent_encoded(&value));
                }
            }
        }
        Ok((encoded, shown))
    }

    /// What the file and the settings say is nobody's secret; what a session keeps secret is.
    fn may_be_shown(&self, expression: &str) -> bool {
        let Some((root, name)) = expression.split_once('.') else {
            return false;
        };
        let plain = name.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'_');
        let secret = || {
            let mut steps = self.manifest.auth.session.iter();
            root == "session" && steps.any(|step| step.secret.iter().any(|secret| secret == name))
        };
        plain && matches!(root, "type" | "env" | "session") && !secret()
    }

    /// The fields of a form, as texts, in order.
    pub(super) fn fields(
        &self,
        form: &std::collections::BTreeMap<String, QueryValue>,
        scope: &Scope,
        size: &mut Size,
    ) -> Result<Vec<(String, String)>> {
        let mut fields = Vec::new();
        for (name, value) in form {
            let Some(value) = self.grown(&value.0.0, scope, size)? else {
                continue;
            };
            let written = self.plain(name, scope, size)?;
            fields.extend(
                repeated(name, &value)?
                    .into_iter()
                    .map(|value| (written.clone(), value)),
            );
        }
        Ok(fields)
    }
}

/// # Errors
/// It is no address. The text stays out of the error: it may hold anything.
pub(super) fn parse(text: &str) -> Result<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| url.host_str().is_some())
        .ok_or_else(|| trouble("A request of the connector's file has no valid address".to_owned()))
}

/// Everything but letters, digits and `-._~`, as `%XX` of its UTF-8: right in a path, a query and a form.
pub(crate) fn percent_encoded(text: &str) -> String {
    encoded_but(text, b"")
}

fn encoded_but(text: &str, kept: &[u8]) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A parameter's values: a list repeats its name, null leaves it out.
fn repeated(name: &str, value: &Value) -> Result<Vec<String>> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Bool(truth) => Ok(vec![truth.to_string()]),
        Value::Number(number) => Ok(vec![number.to_string()]),
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(items) => {
            let mut all = Vec::new();
            for item in items {
                if item.is_array() {
                    return Err(not_a_parameter(name));
                }
                all.extend(repeated(name, item)?);
            }
            Ok(all)
        }
        Value::Object(_) => Err(not_a_parameter(name)),
    }
}

fn not_a_parameter(name: &str) -> ringside_domain::Error {
    trouble(format!("The parameter `{name}` is neither a text nor a list of texts"))
        .hint("Write it with `$json` if the CRM wants JSON there")
}

fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}
