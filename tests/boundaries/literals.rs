//! Every text between quotation marks in a Rust file, with what stands around it: read by tokens, so that no comment, no
//! attribute and no module of tests is taken for what the program says.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

pub struct Literal {
    pub text: String,
    pub line: usize,
    /// The call or the macro that it is handed to, with an exclamation mark for a macro: `tracing::warn!`. Of `format!`, whose
    /// text goes on to somebody else, whatever is around it.
    pub to: String,
    /// The field that it is the value of: `title`.
    pub field: Option<String>,
}

/// # Panics
/// Panics where the text is no Rust: the compiler says more.
pub fn of(path: &str, text: &str) -> Vec<Literal> {
    let tokens: TokenStream = text
        .parse()
        .unwrap_or_else(|error| panic!("{path} is no Rust: {error}"));
    let mut found = Vec::new();
    walk(tokens, "", &mut found);
    found
}

fn walk(stream: TokenStream, to: &str, found: &mut Vec<Literal>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    // What `#[cfg(test)]` stands before, up to its braces or its semicolon.
    let mut test = false;
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                let after = at + 1 + usize::from(is(tokens.get(at + 1), '!'));
                if let Some(TokenTree::Group(attribute)) = tokens.get(after)
                    && attribute.delimiter() == Delimiter::Bracket
                {
                    test |= attribute.stream().to_string().replace(' ', "") == "cfg(test)";
                    at = after;
                }
            }
            TokenTree::Punct(end) if end.as_char() == ';' => test = false,
            TokenTree::Group(group) if test => test = group.delimiter() != Delimiter::Brace,
            TokenTree::Group(group) => {
                let name = taker(&tokens[..at]).filter(|_| group.delimiter() != Delimiter::Brace);
                let around = match name.as_deref() {
                    _ if group.delimiter() == Delimiter::Brace => "",
                    None | Some("format!" | "Some" | "Ok" | "Err") => to,
                    Some(name) => name,
                };
                walk(group.stream(), around, found);
            }
            TokenTree::Literal(literal) if !test => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    let line = literal.span().start().line;
                    found.push(Literal {
                        text: text.value(),
                        line,
                        to: to.to_owned(),
                        field: field(&tokens[..at]),
                    });
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// What takes the parentheses behind these tokens: `warn!`, `tracing::warn!`, `hint`.
fn taker(before: &[TokenTree]) -> Option<String> {
    let bang = is(before.last(), '!');
    let before = &before[..before.len() - usize::from(bang)];
    let Some(TokenTree::Ident(name)) = before.last() else {
        return None;
    };
    let mut name = format!("{name}{}", if bang { "!" } else { "" });
    if let [.., TokenTree::Ident(of), first, second, _] = before
        && is(Some(first), ':')
        && is(Some(second), ':')
    {
        name = format!("{of}::{name}");
    }
    Some(name)
}

fn field(before: &[TokenTree]) -> Option<String> {
    match before {
        [.., TokenTree::Ident(name), colon] if is(Some(colon), ':') => Some(name.to_string()),
        _ => None,
    }
}

fn is(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}
