//! A template's text, taken apart: what stands as it is, and the expressions between `{{` and `}}`.
//!
//! The parting is ours, not the template library's, because what becomes of a value is decided where it stands: percent-encoded
//! in an address, escaped in a query, masked in a trace. The library evaluates the expressions.

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// The source of one expression, without blanks around it.
    Value(String),
}

/// Why a text is no template, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub at: usize,
    pub message: &'static str,
}

/// Takes a template apart.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece>, Broken> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find('{').map(|at| from + at) {
        let broken = |message| Err(Broken { at, message });
        match text.as_bytes().get(at + 1) {
            Some(b'%') => return broken("Control blocks `{% … %}` are not part of the format"),
            Some(b'#') => return broken("Comments `{# … #}` are not part of the format"),
            Some(b'{') => {
                let Some(length) = expression_length(&text[at + 2..]) else {
                    return broken("`{{` has no `}}` behind it");
                };
                let inside = &text[at + 2..at + 2 + length];
                if inside.starts_with('-') || inside.ends_with('-') || inside.starts_with('+') {
                    return broken("`{{-` and `-}}` are not part of the format");
                }
                if inside.trim().is_empty() {
                    return broken("`{{ }}` has nothing in it");
                }
                push(&mut pieces, &text[from..at]);
                pieces.push(Piece::Value(inside.trim().to_owned()));
                from = at + 2 + length + 2;
            }
            _ => {
                push(&mut pieces, &text[from..=at]);
                from = at + 1;
            }
        }
    }
    push(&mut pieces, &text[from..]);
    Ok(pieces)
}

/// Writes on at the last text.
fn push(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// Bytes up to the `}}` that ends an expression: not one in a text, nor in a table inside it.
fn expression_length(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    let mut quote = None;
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        match (quote, sign) {
            (Some(_), '\\') => {
                signs.next();
            }
            (Some(mark), _) if mark == sign => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(sign),
            (None, '{') => open += 1,
            (None, '}') if open > 0 => open -= 1,
            (None, '}') if text[at..].starts_with("}}") => return Some(at),
            (None, _) => {}
        }
    }
    None
}

/// An expression with the insides of its texts blanked, byte for byte, so that names in it can be looked for.
pub(crate) fn without_texts(expression: &str) -> String {
    let mut quote = None;
    let mut escaped = false;
    expression
        .chars()
        .flat_map(|sign| {
            let inside = quote.is_some();
            match quote {
                Some(_) if escaped => escaped = false,
                Some(_) if sign == '\\' => escaped = true,
                Some(mark) if mark == sign => quote = None,
                None if matches!(sign, '"' | '\'') => quote = Some(sign),
                _ => {}
            }
            let shown = if inside && quote.is_some() { ' ' } else { sign };
            let width = if shown == sign { 1 } else { sign.len_utf8() };
            std::iter::repeat_n(shown, width)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn value(source: &str) -> Piece {
        Piece::Value(source.to_owned())
    }

    #[test]
    fn texts_and_expressions_are_parted() {
        assert_eq!(pieces("a {{ b }} c").unwrap(), [text("a "), value("b"), text(" c")]);
        assert_eq!(pieces("{{a}}{{b}}").unwrap(), [value("a"), value("b")]);
        assert_eq!(pieces("{ \"a\": {} }").unwrap(), [text("{ \"a\": {} }")]);
        assert_eq!(pieces("").unwrap(), []);
    }

    #[test]
    fn braces_in_texts_and_tables_end_nothing() {
        assert_eq!(
            pieces(r#"{{ x | map({"}}": {"a": '}}'}}) }}!"#).unwrap(),
            [value(r#"x | map({"}}": {"a": '}}'}})"#), text("!")]
        );
    }

    #[test]
    fn what_is_no_template_is_said_with_its_place() {
        for (broken, at) in [
            ("ab{{ x", 2),
            ("{% if x %}", 0),
            ("a{# b #}", 1),
            ("{{ }}", 0),
            ("{{- x }}", 0),
        ] {
            assert_eq!(pieces(broken).unwrap_err().at, at, "{broken}");
        }
    }

    #[test]
    fn texts_are_blanked_and_nothing_moves() {
        assert_eq!(without_texts(r#"a("ü|b", c)"#), r#"a("    ", c)"#);
        assert_eq!(without_texts(r"'it\'s' | x"), r"'     ' | x");
    }
}
