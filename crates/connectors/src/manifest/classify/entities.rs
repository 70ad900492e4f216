//! Answers in which plain texts are written as HTML: the signs that the entities stand for.

use serde_json::Value;

/// What HTML must escape, as PHP, Java and Python write it.
const ENTITIES: &[(&str, char)] = &[
    ("&amp;", '&'),
    ("&lt;", '<'),
    ("&gt;", '>'),
    ("&quot;", '"'),
    ("&#039;", '\''),
    ("&#39;", '\''),
    ("&apos;", '\''),
];

/// Reads every text of the answer, once: what is left looks like an entity only where a person typed one.
pub(super) fn read(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('&') => *text = plain(text),
        Value::Array(items) => items.iter_mut().for_each(read),
        Value::Object(members) => members.values_mut().for_each(read),
        _ => {}
    }
}

fn plain(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        read.push_str(&rest[..at]);
        rest = &rest[at..];
        let (written, sign) = ENTITIES
            .iter()
            .find(|(written, _)| rest.starts_with(written))
            .unwrap_or(&("&", '&'));
        read.push(*sign);
        rest = &rest[written.len()..];
    }
    read + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn entities_are_read_once_and_nothing_else_is_touched() {
        let mut answer = json!({
            "name": "O&#039;Brien &amp; S&#39;n &lt;b&gt; &quot;x&quot;",
            "list": [{ "typed": "&amp;lt; R&D &nbsp; &" }, 7, null, "plain"],
        });
        read(&mut answer);
        assert_eq!(answer["name"], "O'Brien & S'n <b> \"x\"");
        assert_eq!(
            answer["list"],
            json!([{ "typed": "&lt; R&D &nbsp; &" }, 7, null, "plain"])
        );
    }
}
