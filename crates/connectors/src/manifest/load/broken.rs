//! What breaks TOML, in words for whoever wrote it: where it is, what it was taken for, what to write instead.

use std::ops::Range;

use super::words::reworded;

/// What editors and chats put in place of quotes.
const CURLY: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '‚', '‛'];

/// The byte at which it is, the message, and the hint.
pub(super) fn broken(text: &str, span: Range<usize>, message: &str) -> (usize, String, Option<String>) {
    let at = span.start;
    let here = text.get(span).unwrap_or_default();
    let rest = text.get(at..).unwrap_or_default();
    let told = |message: String, hint: String| (at, message, Some(hint));
    if let Some(sign) = here
        .chars()
        .chain(rest.trim_start().chars().take(1))
        .find(|sign| CURLY.contains(sign))
    {
        let at = at + rest.find(sign).unwrap_or(0);
        let hint = "Write straight quotes: `\"…\"`".to_owned();
        return (at, format!("`{sign}` is no quote of TOML"), Some(hint));
    }
    let what = message.split(',').next().unwrap_or_default();
    match what {
        "duplicate key" => {
            let (name, hint) = twice(text, at, here);
            told(format!("`{name}` is written twice"), hint)
        }
        "missing key for inline table element" if text[..at].ends_with('{') && rest.starts_with('{') => told(
            "A template is a text, and stands in quotes".to_owned(),
            "Write `\"{{ … }}\"`".to_owned(),
        ),
        "missing comma between array elements" => told(
            "Something stands here that is no item of the list".to_owned(),
            "Each text of a list is in quotes of its own, with a comma behind it: is one of them missing before this place?"
                .to_owned(),
        ),
        "missing escaped value" => told(
            "In double quotes `\\` begins an escape, and this is none".to_owned(),
            "Write the text in single quotes: `'\\d+'`".to_owned(),
        ),
        "string values must be quoted" => told(
            "A text is wanted here, in quotes".to_owned(),
            if here.is_empty() || here.contains('"') {
                "Write `\"…\"`".to_owned()
            } else {
                format!("Write `\"{here}\"`")
            },
        ),
        "invalid boolean" => told(
            format!("`{here}` is no value"),
            format!("Write `{}`, or put it in quotes", here.to_lowercase()),
        ),
        "invalid basic string" | "invalid literal string" => told(
            "The text has no end".to_owned(),
            "The quote behind it is missing; a text of several lines stands in `\"\"\"`".to_owned(),
        ),
        "unexpected key or value" => told(
            "Something stands behind the value".to_owned(),
            "A name and its value have a line of their own; a text with `'` in it stands in `\"…\"`".to_owned(),
        ),
        "key with no value" => told(
            "This name has no value".to_owned(),
            "Write `name = value`; a name with blanks in it stands in quotes".to_owned(),
        ),
        _ => {
            let (message, hint) = reworded(message);
            (at, message, hint)
        }
    }
}

/// The whole name of what is there already, and where the first one is.
fn twice(text: &str, at: usize, key: &str) -> (String, String) {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[..start];
    let line = text[start..].lines().next().unwrap_or_default().trim();
    let Some(name) = line.strip_prefix('[').map(|name| name.trim_matches(['[', ']'])) else {
        // Of the same table: back to its header.
        let first = before
            .lines()
            .enumerate()
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .take_while(|(_, line)| !line.starts_with('['))
            .find(|(_, line)| line.split('=').next().is_some_and(|name| name.trim() == key));
        let hint = first.map_or_else(
            || "Leave one of them out".to_owned(),
            |(line, _)| format!("The first one is in line {}", line + 1),
        );
        return (key.to_owned(), hint);
    };
    let (list, table) = (format!("[[{name}]]"), format!("[{name}]"));
    let first = before.lines().enumerate().find_map(|(number, line)| {
        let line = line.trim();
        (line.starts_with(&list) || line.starts_with(&table)).then(|| (number + 1, line.starts_with(&list)))
    });
    let hint = match first {
        Some((number, true)) => format!("Line {number} begins a list of them: write `{list}` for another one"),
        Some((number, false)) => format!("The first one is in line {number}: write what is in both into one"),
        None => "Leave one of them out".to_owned(),
    };
    (name.to_owned(), hint)
}
