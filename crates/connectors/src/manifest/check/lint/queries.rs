//! Values in a text that reads like a query, without the escaping that `$query` would give them.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Lint,
    requests::{all, texts},
};
use crate::manifest::{
    load::place::Step,
    render::{Language, Piece, ops, pieces},
};

/// What the wire or a person says.
const FOREIGN: [&str; 11] = [
    "number", "form", "forms", "query", "draft", "call", "note", "body", "subject", "marker", "contact",
];

/// Words between conditions, in capitals as query languages write them.
static OPERATOR: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[\s)])(?:AND|OR|NOT|LIKE|ILIKE|WHERE|SELECT|CONTAINS)(?:[\s(]|$)").ok());
/// What stands before a value that is compared: `name='`, `(phone:`, `eq "`, `name:*`, `like '%`.
static COMPARED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?:[\w\])]\s*(?:=|!=|<|>|~)\s*["']?|[\w\])]:["']?|[(,:]\s*["']|(?i:\w\s+(?:eq|ne)\s+["']?|\b(?:eq|ne|i?like|in|contains)\s+["']))[%*]?$"#,
    )
    .ok()
});
/// Texts between values that are joined: ` OR `, ` and `, `|`.
static JOINT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\b(?:and|or|not)\b|\||&&|\^").ok());
/// `join(' OR ')`, with the text in it.
static JOIN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\|\s*join\s*\(\s*(?:'([^']*)'|"([^"]*)")\s*\)"#).ok());
/// `tel:` and its like are addresses.
static SCHEME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[^\w])(?:tel|sip|sips|mailto|callto|https?|urn|id)[:=]$").ok());

impl Lint<'_> {
    pub(super) fn queries(&mut self) {
        for placed in all(self.manifest) {
            for text in texts(&placed.at, &placed.request) {
                if let Some(language) = &text.language {
                    self.any(&text.at, language, &text.text);
                    continue;
                }
                if let Some(between) = joined_query(&text.text) {
                    self.wrong(
                        &text.at,
                        format!("Values are joined with `{between}` to a query, and nothing keeps them apart from it"),
                        "Name the language and use `any(fields, forms)`: `{ \"$query\" = \"LANGUAGE\", template = \"{{ any(…) }}\" }`",
                    );
                    continue;
                }
                if !reads_like_a_query(&text.text) {
                    continue;
                }
                self.unwise(
                    &text.at,
                    "This reads like a query, and the values in it are not escaped for its language",
                    "Write `{ \"$query\" = \"LANGUAGE\", template = \"…\" }`",
                );
            }
        }
    }
}

impl Lint<'_> {
    /// What a language can't write would fail at the first call.
    fn any(&mut self, at: &[Step], language: &str, text: &str) {
        let Some(named) = Language::named(language) else {
            return;
        };
        let known = ops(named);
        for (at_any, call) in text.match_indices("any(") {
            let arguments = &text[at_any + call.len()..];
            let several = arguments
                .trim_start()
                .strip_prefix('[')
                .and_then(|list| list.split(']').next())
                .is_some_and(|list| list.contains(','));
            if named == Language::ZendeskQuery && several {
                self.wrong(
                    at,
                    "Zendesk takes conditions on two properties for AND: nobody would be found",
                    "Write one request for each field: `batching = \"per_field_form\"`",
                );
            }
            if let Some(op) = third(arguments)
                && !known.contains(&op)
            {
                self.wrong(
                    at,
                    format!("`{language}` has no way to write op `{op}`"),
                    format!("There are: {}", known.join(", ")),
                );
            }
        }
    }
}

/// The third argument of a call, behind its bracket, if it is a text.
fn third(call: &str) -> Option<&str> {
    let (mut depth, mut quote, mut commas, mut begin) = (0_usize, None, 0, 0);
    for (at, sign) in call.char_indices() {
        match (quote, sign) {
            (Some(open), _) if sign == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(sign),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')') if depth == 0 => {
                let argument = call[begin..at].trim();
                let argument = argument
                    .strip_prefix("op")
                    .map_or(argument, |rest| rest.trim_start_matches([' ', '=']));
                let text = argument.strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
                return (commas == 2).then_some(text);
            }
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                commas += 1;
                begin = at + 1;
            }
            _ => {}
        }
    }
    None
}

/// What stands between the values of a list that is joined to a query.
fn joined_query(text: &str) -> Option<String> {
    let parted = pieces(text).ok()?;
    parted.iter().find_map(|piece| {
        let Piece::Value(expression) = piece else { return None };
        let found = JOIN.as_ref()?.captures(expression).filter(|_| is_foreign(expression))?;
        let between = found.get(1).or_else(|| found.get(2))?.as_str();
        JOINT
            .as_ref()
            .is_some_and(|joint| joint.is_match(between))
            .then(|| between.trim().to_owned())
    })
}

fn reads_like_a_query(text: &str) -> bool {
    let Ok(parted) = pieces(text) else { return false };
    let is = |regex: &LazyLock<Option<Regex>>, text: &str| regex.as_ref().is_some_and(|regex| regex.is_match(text));
    let mut before = "";
    let (mut foreign, mut compared, mut operator) = (false, false, false);
    for piece in &parted {
        match piece {
            Piece::Text(text) => {
                before = text;
                operator |= is(&OPERATOR, text);
            }
            Piece::Value(expression) => {
                if is_foreign(expression) {
                    foreign = true;
                    compared |= is(&COMPARED, before) && !is(&SCHEME, before);
                }
                before = "";
            }
        }
    }
    foreign && (compared || operator)
}

/// Numbers can't break out of anything.
fn is_foreign(expression: &str) -> bool {
    let root = expression
        .split(|sign: char| !(sign.is_alphanumeric() || sign == '_'))
        .find(|word| !word.is_empty());
    let last = expression.rsplit('|').next().unwrap_or_default().trim();
    let is_number = expression.contains('|') && ["int", "float", "digits", "epoch_s", "epoch_ms"].contains(&last);
    root.is_some_and(|root| FOREIGN.contains(&root)) && !is_number
}

#[cfg(test)]
mod tests {
    use super::{joined_query, reads_like_a_query, third};

    #[test]
    fn queries_are_seen_and_other_texts_are_not() {
        for query in [
            "Phone = '{{ number.e164 }}'",
            "name:\"{{ query.text }}\" OR email:\"{{ query.text }}\"",
            "(phone:equals:{{ form }})",
            "phone:{{ number.e164 }}",
            "{{ query.text }} AND isDeleted:false",
            "phone eq '{{ form }}'",
            "SELECT Id FROM Contact WHERE Name LIKE '%{{ query.text }}%'",
            "name like '%{{ query.text }}%'",
            "{{ query.text }} or firstname eq {{ query.text }}",
            "name:*{{ query.text }}*",
        ] {
            assert!(reads_like_a_query(query), "{query}");
        }
        for other in [
            "{{ query.text }}",
            "tel:{{ number.e164 }}",
            "id:{{ contact.id | int }}",
            "*{{ number.sig }}",
            "Call with {{ contact.name }} and nobody else",
            "Phone: {{ number.national }}",
            "/contacts/{{ contact.id }}/calls",
            "a AND b",
            "{{ type.entity }} OR {{ param.owner }}",
            "Bearer {{ query.text }}",
            "Calls like {{ contact.name }}'s or others",
        ] {
            assert!(!reads_like_a_query(other), "{other}");
        }
        for (text, between) in [
            ("{{ forms | join(' OR ') }}", Some("OR")),
            ("phone={{ forms | join(\"|\") }}", Some("|")),
            ("{{ query.words | join(' and ') }}", Some("and")),
            ("{{ query.words | join(' ') }}", None),
            ("{{ forms | join(',') }}", None),
            ("{{ type.fields | join(' OR ') }}", None),
        ] {
            assert_eq!(joined_query(text).as_deref(), between, "{text}");
        }
    }

    #[test]
    fn the_op_of_an_any_is_its_third_argument() {
        for (call, op) in [
            ("['a'], forms, 'phrase') OR b", Some("phrase")),
            (
                "f, q | replace('<', '_') | replace('>', '_'), \"contains\")",
                Some("contains"),
            ),
            ("f, [')'], op='eq')", Some("eq")),
            ("f, forms)", None),
            ("f, forms, type.op)", None),
            ("f, forms, 'eq'", None),
        ] {
            assert_eq!(third(call), op, "{call}");
        }
    }
}
