//! What the program says to a person is English in Rust, and the window has it in German, sentence by sentence
//! (`ui/src/text/said`). A sentence that is new, or changes, would come in English: here it is missed. One that nobody says
//! any more is found, too.

use std::collections::BTreeSet;

use crate::{
    files::{self, File},
    literals::{self, Literal},
};

const GERMAN: &str = "ui/src/text/said/";

/// Files whose words no window shows: where they are said instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("crates/app/src/import/columns.rs", "heads of columns that are known"),
    ("crates/app/src/person/diagnostics.rs", "a file for whoever helps"),
    ("crates/cli/", "the command line is English"),
    ("crates/connectors/src/app_connect/logs.rs", "words of App Connect"),
    ("crates/connectors/src/manifest/check", "for authors of connector files"),
    (
        "crates/connectors/src/manifest/format",
        "for authors of connector files",
    ),
    ("crates/connectors/src/manifest/load", "for authors of connector files"),
    (
        "crates/connectors/src/manifest/mapping",
        "for authors of connector files",
    ),
    (
        "crates/connectors/src/manifest/render",
        "for authors of connector files",
    ),
    (
        "crates/connectors/src/manifest/run/note.rs",
        "the text of a log in a CRM",
    ),
    (
        "crates/connectors/src/manifest/run/records.rs",
        "for authors of connector files",
    ),
    ("crates/host/src/sign_in/page.rs", "has its own German"),
    ("crates/host/src/sign_in/token/later.rs", "words of providers"),
    ("crates/ipc/src/typescript.rs", "writes code"),
    ("crates/phone/src/grade.rs", "an option of the command line"),
    ("crates/phone/src/groups.rs", "names of patterns"),
    ("crates/phone/src/wire.rs", "what phones write for no number"),
    ("crates/sources/src/intake/fields.rs", "answered to a phone"),
    ("crates/sources/src/intake/poly.rs", "answered to a phone"),
    ("crates/sources/src/intake/request.rs", "answered to a phone"),
    ("crates/sources/src/rehearsal/", "samples"),
    ("src-tauri/args.rs", "the command line is English"),
    ("src-tauri/main.rs", "on standard error, before there is a window"),
    ("src-tauri/samples.rs", "samples"),
    ("src-tauri/words.rs", "has its own German"),
];

/// Calls and macros that say nothing to a person in a window: logs, SQL, protocols, comparisons.
const UNSAID: &[&str] = &[
    "Asking::of_index",
    "assert",
    "contains",
    "debug_assert",
    "decode",
    "ends_with",
    "eprintln!",
    "execute",
    "expect",
    "known",
    "log_failure",
    "matches!",
    "panic!",
    "prepare",
    "println!",
    "query",
    "replacen",
    "starts_with",
    "strip_prefix",
    "strip_suffix",
    "tracing::",
    "write!",
    "writeln!",
];

#[test]
fn what_is_said_to_a_person_is_there_in_german() {
    let (said, german) = (said(), german());
    assert!(
        said.len() > 500 && german.len() > 500,
        "{} {}",
        said.len(),
        german.len()
    );
    let kinds = std::fs::read_to_string(files::root().join("ui/src/text/phone-kinds.de.ts")).unwrap();
    let keys: Vec<String> = german.iter().map(|(key, _)| anonymous(key)).collect();
    let missed: Vec<String> = said
        .iter()
        .filter(|one| one.due && !kinds.contains(&one.text.replace('\'', "\\'")))
        .filter(|one| !keys.contains(&one.shape) && !keys.iter().any(|key| made_of(key, one, &said)))
        .map(|one| format!("{}:{}: {:?}", one.path, one.line, one.text))
        .collect();
    assert!(
        missed.is_empty(),
        "{GERMAN} has no German for these {}:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

#[test]
fn no_german_is_left_of_what_is_said_no_more() {
    let said = said();
    let left: Vec<String> = german()
        .into_iter()
        .map(|(key, _)| key)
        .filter(|key| {
            let key = anonymous(key);
            let as_it_is = said.iter().any(|one| one.shape == key);
            !as_it_is && !said.iter().any(|one| made_of(&key, one, &said))
        })
        .collect();
    assert!(left.is_empty(), "nobody says these any more:\n{}", left.join("\n"));
}

#[test]
fn german_has_the_gaps_of_its_english() {
    for (key, german) in german() {
        assert_eq!(gaps(&key), gaps(&german), "{key}\n{german}");
        let shape = anonymous(&key);
        let letters = shape.bytes().filter(u8::is_ascii_alphabetic).count();
        assert!(letters >= 4, "{key:?} would be found in everything");
        assert!(
            !shape.contains(&format!("{GAP}{GAP}")),
            "{key:?}: where does one gap end?"
        );
    }
}

struct Said {
    path: String,
    line: usize,
    text: String,
    /// [`anonymous`].
    shape: String,
    /// What stands between its gaps.
    parts: Vec<String>,
    /// Looks like a sentence, or a part of one, for a person: it has to be there in German.
    due: bool,
}

/// What the program could say, test code left out.
fn said() -> Vec<Said> {
    let ours = |file: &File| {
        let place = file.path.starts_with("crates/") || file.path.starts_with("src-tauri/");
        let elsewhere = ELSEWHERE.iter().any(|(path, _)| file.path.starts_with(path));
        file.is_rust() && place && !file.is_test() && !elsewhere
    };
    let mut all = Vec::new();
    for file in files::all().into_iter().filter(ours) {
        for literal in literals::of(&file.path, &file.text) {
            let unsaid = UNSAID.iter().any(|call| literal.to.starts_with(call)) || has_a_name(&file.path, &literal);
            let shape = anonymous(&literal.text);
            all.push(Said {
                path: file.path.clone(),
                line: literal.line,
                due: !unsaid && is_said(&literal.text),
                parts: parts(&shape).into_iter().map(str::to_owned).collect(),
                shape,
                text: literal.text,
            });
        }
    }
    all
}

/// Names and titles in the forms of phones, which have German by their ids: [`crate::phones`] holds that.
fn has_a_name(path: &str, literal: &Literal) -> bool {
    let named = matches!(literal.field.as_deref(), Some("name" | "title")) || literal.to == "ParameterKind::Choice";
    named && path.starts_with("crates/sources/") && !path.contains("/recipes")
}

/// Two words or more, next to each other, and no code in another language.
fn is_said(text: &str) -> bool {
    let code = [
        "\n",
        "SELECT ",
        "WHERE ",
        "ORDER BY",
        "CONFLICT",
        "COLUMNS}",
        "state IN (",
        "state NOT IN (",
        " AND ",
        "PRAGMA ",
    ];
    if code.iter().any(|one| text.contains(one)) || text.ends_with(": ") || NO_SENTENCES.contains(&text) {
        return false;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let neighbours = words.windows(2).any(|two| {
        let ends = two[0]
            .trim_end_matches([',', ';', ':'])
            .ends_with(|sign: char| sign.is_alphanumeric() || "}`\")".contains(sign));
        let begins = two[1].starts_with(|sign: char| sign.is_alphanumeric() || "{`\"(".contains(sign));
        ends && begins
    });
    let letters = |word: &&&str| {
        word.len() > 1
            && word
                .trim_end_matches([',', ';', ':', '.'])
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || byte == b'\'')
    };
    neighbours && words.iter().filter(letters).count() > 1
}

/// Whether a key of the table, [`anonymous`], is what becomes of this literal, alone or with others put into its gaps or
/// around it: its parts stand in the key in this order, and what else is there is said elsewhere, as a whole or beside a gap.
fn made_of(key: &str, literal: &Said, said: &[Said]) -> bool {
    if literal.parts.is_empty() || !literal.parts.iter().all(|part| key.contains(part.as_str())) {
        return false;
    }
    let (mut rest, mut over) = (key, Vec::new());
    for part in &literal.parts {
        let Some(at) = rest.find(part.as_str()) else {
            return false;
        };
        let end = at + part.len();
        if within_word(rest, at) || within_word(rest, end) {
            return false;
        }
        over.push(&rest[..at]);
        rest = &rest[end..];
    }
    over.push(rest);
    let mut around = over.iter().flat_map(|text| text.split(GAP)).map(str::trim);
    let elsewhere = |text: &str| {
        let beside_a_gap = |one: &Said| one.shape.contains(GAP) && one.parts.iter().any(|part| part.contains(text));
        said.iter()
            .any(|one| one.text != literal.text && (one.shape == text || beside_a_gap(one)))
    };
    around.all(|text| !has_letters(text) || elsewhere(text))
}

fn has_letters(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Stands for every gap, whatever its name.
const GAP: char = '\u{1}';

fn within_word(text: &str, at: usize) -> bool {
    let letter = |one: Option<char>| one.is_some_and(char::is_alphanumeric);
    letter(text[..at].chars().next_back()) && letter(text[at..].chars().next())
}

/// The text with the same sign for every gap.
fn anonymous(text: &str) -> String {
    let mut shape = String::new();
    let mut rest = text;
    while let Some((before, gap, after)) = next_gap(rest) {
        shape.push_str(before);
        shape.push(if gap.is_empty() { '{' } else { GAP });
        rest = after;
    }
    shape + rest
}

/// What stands between the gaps of a shape, if letters do.
fn parts(shape: &str) -> Vec<&str> {
    shape
        .split(GAP)
        .map(str::trim)
        .filter(|part| has_letters(part))
        .collect()
}

fn gaps(text: &str) -> BTreeSet<String> {
    let (mut found, mut rest) = (BTreeSet::new(), text);
    while let Some((_, gap, after)) = next_gap(rest) {
        found.insert(gap.replace('!', ""));
        rest = after;
    }
    found.remove("");
    found
}

/// What comes before the next brace, the gap with its braces (`{}`, `{name}`, `{took:?}`; nothing where it is only a brace),
/// and what comes after.
fn next_gap(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.find('{')?;
    let inside = &text[at + 1..];
    let name = inside.trim_start_matches(|sign: char| sign.is_ascii_alphanumeric() || sign == '_');
    let end = match name.chars().next() {
        Some('}') => Some(text.len() - name.len() + 1),
        Some('!') if name.starts_with("!}") => Some(text.len() - name.len() + 2),
        Some(':') => name.find('}').map(|end| text.len() - name.len() + end + 1),
        _ => None,
    };
    let end = end.unwrap_or(at + 1);
    let gap = if end == at + 1 { "" } else { &text[at..end] };
    Some((&text[..at], gap, &text[end..]))
}

/// English and German, out of lines such as `  'a': 'b',`.
fn german() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for file in files::all() {
        if !file.path.starts_with(GERMAN) {
            continue;
        }
        for line in file.text.lines().map(str::trim).filter(|line| line.starts_with('\'')) {
            let (key, rest) = quoted(line).unwrap_or_else(|| panic!("{}: {line}", file.path));
            let (german, _) = rest
                .strip_prefix(": ")
                .and_then(quoted)
                .unwrap_or_else(|| panic!("{}: one sentence and its German in each line: {line}", file.path));
            all.push((key, german));
        }
    }
    all
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut signs = text.strip_prefix('\'')?.chars();
    loop {
        match signs.next()? {
            '\'' => return Some((value, signs.as_str())),
            '\\' => value.push(signs.next()?),
            sign => value.push(sign),
        }
    }
}

/// Looks like a sentence and is none.
const NO_SENTENCES: &[&str] = &[
    // Names of what is there, and of what CRMs and App Connect send.
    "API key",
    "Address book",
    "Authorization error",
    "Connection reset by peer",
    "Contact not found",
    "Database operation failed",
    "Job Title",
    "Name told",
    "Phone {at} - Label",
    "Phone {at} - Value",
    "Rate limit exceeded",
    "Sample people",
    "Seconds talked",
    "Time zone",
    "User not found",
    "found by the server",
    "linked contact",
    "on this computer",
    "sample people",
    // What a person types as it stands.
    "sudo apt install gnome-keyring",
    "sudo dnf install gnome-keyring",
    "sudo pacman -S gnome-keyring",
    "sudo zypper install gnome-keyring",
    // Protocols, SQL, the log.
    "Action: Challenge",
    "Action: CoreShowChannels",
    "Action: ListCommands",
    "Action: Login",
    "Action: Logoff",
    "Action: Ping",
    "Bad Event",
    "Bad Request",
    "Method Not Allowed",
    "Not Implemented",
    "Subscription Does Not Exist",
    "bad data format",
    "content protection",
    "no server",
    "not text",
    "{name company email other}",
];
