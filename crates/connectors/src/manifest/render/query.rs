//! `$query`: a text in a query language, in which a value stays a value.

use ringside_domain::Result;

use super::{
    Loaded, Piece, Scope, Size,
    any::Fragment,
    evaluate::{defined, to_text, trouble},
    language::{Language, is_name},
    pattern::Pattern,
};

impl Loaded {
    pub(super) fn query(&self, language: Language, text: &str, scope: &Scope, size: &mut Size) -> Result<String> {
        let mut out = String::new();
        let mut open = None;
        for piece in self.pieces(text)? {
            match piece {
                Piece::Text(text) => {
                    open = language.open_behind(open, text);
                    size.bytes(text.len())?;
                    out.push_str(text);
                }
                Piece::Value(expression) => {
                    let part = self.query_part(language, open, expression, scope)?;
                    size.bytes(part.len())?;
                    out.push_str(&part);
                }
            }
        }
        Ok(out)
    }

    fn query_part(&self, language: Language, open: Option<char>, expression: &str, scope: &Scope) -> Result<String> {
        let value = defined(expression, self.dynamic(expression, scope)?)?;
        if let Some(fragment) = value.downcast_object_ref::<Fragment>() {
            if open.is_some() {
                return Err(
                    trouble(format!("`{expression}` writes its own quotes")).hint("Take the quotes around it away")
                );
            }
            return fragment
                .write(language)
                .map_err(|why| trouble(format!("`{expression}` can't be written: {why}")));
        }
        if let Some(pattern) = value.downcast_object_ref::<Pattern>() {
            return language.pattern(open, pattern).ok_or_else(|| {
                trouble(format!(
                    "`{expression}` is a pattern, and `{}` has none here",
                    language.name()
                ))
                .hint("Patterns stand inside quotes in SQL, and outside of them in Lucene and Zendesk")
            });
        }
        let text = to_text(expression, &value)?;
        match open {
            Some(quote) => Ok(language.quoted(quote, &text)),
            None if value.is_number() || is_constant(expression) => Ok(text),
            None => language
                .bare(&text)
                .or_else(|| stands_alone(expression, &text).then_some(text))
                .ok_or_else(|| {
                    trouble(format!("`{expression}` stands outside of quotes"))
                        .hint("Put quotes around it, so that it is a value and nothing else")
                }),
        }
    }
}

/// The author's own words, in the same file: `type.entity`.
fn is_constant(expression: &str) -> bool {
    expression.strip_prefix("type.").is_some_and(is_name)
}

/// A field's name out of the settings, or digits: nothing else can be made of them.
fn stands_alone(expression: &str, text: &str) -> bool {
    const SETTINGS: [&str; 5] = ["param.", "account.", "session.", "env.", "type."];
    let set = SETTINGS.iter().any(|root| expression.starts_with(root)) || expression == "field";
    let digits = !text.is_empty() && text.bytes().all(|sign| sign.is_ascii_digit());
    digits || (set && is_name(text))
}
