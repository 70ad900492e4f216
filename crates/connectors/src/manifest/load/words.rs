//! What the reader of TOML says about a file that has not the format, in words for whoever writes one.
//!
//! The reader speaks of Rust: of `f64`, of a struct, of one of 32 names. Whoever writes a connector knows numbers, texts and
//! tables, and mostly misspelt one name.

/// Names that a hint lists when none is near.
const MOST_NAMES: usize = 12;
/// Signs that are typed wrong, left out or swapped in a name that is still taken for another.
const MOST_WRONG: usize = 3;

/// The message in such words, and what to write instead. What is not known stays as it is.
pub(super) fn reworded(message: &str) -> (String, Option<String>) {
    let quoted = || message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("unknown field ") {
        let name = quoted();
        let hint = near(name, &names(message));
        return (format!("There is no `{name}` here"), hint);
    }
    if message.starts_with("unknown variant ") {
        let name = quoted();
        let hint = near(name, &names(message));
        return (format!("`{name}` can't stand here"), hint);
    }
    if message.starts_with("missing field ") {
        return missing(quoted());
    }
    if let Some((came, wanted)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.rsplit_once(", expected "))
    {
        return wrong_type(came, wanted);
    }
    let mut letters = message.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    (first.chain(letters).collect(), None)
}

/// A name that must be there.
pub(super) fn missing(name: &str) -> (String, Option<String>) {
    (
        format!("`{name}` is missing here"),
        Some(format!("Write `{name} = …`; connectors/schema.json says what it means")),
    )
}

fn wrong_type(came: &str, wanted: &str) -> (String, Option<String>) {
    let is_text = came.starts_with("string");
    let in_quotes = came.split('"').nth(1).unwrap_or_default();
    let without_quotes = |value: &str| Some(format!("Write {value} without quotes"));
    let (what, hint) = match wanted {
        "f32" | "f64" if is_text => ("A number is wanted here, without quotes", None),
        "f32" | "f64" => ("A number is wanted here", None),
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" if is_text => {
            ("A whole number is wanted here, without quotes", None)
        }
        "u8" | "u16" | "u32" | "u64" | "usize" => ("A whole number is wanted here, 0 or more", None),
        "a boolean" if is_text && ["true", "false"].contains(&in_quotes) => (
            "`true` or `false` is wanted here, without quotes",
            without_quotes(in_quotes),
        ),
        "a boolean" if is_text => ("`true` or `false` is wanted here, without quotes", None),
        "a boolean" => ("`true` or `false` is wanted here", None),
        "a string" | "string" => ("A text is wanted here, in quotes", None),
        "a sequence" if is_text => (
            "A list is wanted here",
            Some(format!("Put brackets around it: [\"{in_quotes}\"]")),
        ),
        "a sequence" if came == "map" => (
            "A list of tables is wanted here",
            Some("Write its name in two brackets: `[[…]]`".to_owned()),
        ),
        "a sequence" => (
            "A list is wanted here",
            Some("Put brackets around it: `[…]`".to_owned()),
        ),
        "a map" => ("A table is wanted here", Some("Write `{ name = … }`".to_owned())),
        wanted if wanted.starts_with("struct ") || wanted.starts_with("internally tagged enum") => {
            let hint = if came == "sequence" {
                "Write its name in one pair of brackets, `[…]`, or `{ name = … }`"
            } else {
                "Write `{ name = … }`"
            };
            ("A table is wanted here", Some(hint.to_owned()))
        }
        _ => ("Something else is wanted here", None),
    };
    let hint = hint.or_else(|| (!is_text).then(|| format!("Here stands: {}", kind(came))));
    (what.to_owned(), hint)
}

/// `integer `5`` in the words of TOML.
fn kind(came: &str) -> String {
    let value = came.split('`').nth(1);
    match (came.split(' ').next().unwrap_or_default(), value) {
        (_, Some(value)) => value.to_owned(),
        ("map", None) => "a table".to_owned(),
        ("sequence", None) => "a list".to_owned(),
        (other, None) => other.to_owned(),
    }
}

/// The names behind "expected one of".
fn names(message: &str) -> Vec<&str> {
    let expected = message.split_once(", expected ").map_or("", |(_, names)| names);
    expected.split('`').skip(1).step_by(2).collect()
}

/// The name that was meant, else some of those that there are.
pub(super) fn near(name: &str, names: &[&str]) -> Option<String> {
    let nearest = names
        .iter()
        .map(|known| {
            (
                strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase()),
                known,
            )
        })
        .min()
        .filter(|(wrong, known)| *wrong <= MOST_WRONG && *wrong * 2 < known.len().max(2));
    if let Some((_, known)) = nearest {
        return Some(format!("Did you mean `{known}`?"));
    }
    if names.is_empty() {
        return None;
    }
    let mut hint = format!("There are: {}", names[..names.len().min(MOST_NAMES)].join(", "));
    if names.len() > MOST_NAMES {
        hint.push_str(" …; connectors/schema.json has all of them");
    }
    Some(hint)
}
