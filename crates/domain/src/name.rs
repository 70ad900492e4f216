//! How a person's name splits into given and family name: one policy, for the form, the command line and every connector.
//!
//! Every CRM wants a name in other pieces, and people write it as they like. Splitting never invents and never loses a word.

/// Words that belong to the family name after them.
const PARTICLES: [&str; 45] = [
    "abu", "af", "al", "am", "auf", "av", "bar", "ben", "bin", "bint", "d", "da", "das", "de", "degli", "dei", "del",
    "della", "den", "der", "des", "di", "do", "dos", "du", "e", "el", "ibn", "im", "la", "las", "le", "los", "op",
    "san", "st", "te", "ten", "ter", "van", "vom", "von", "zu", "zum", "zur",
];

/// Words in front of a name that are no part of it.
pub const TITLES: [&str; 18] = [
    "dipl", "dr", "frau", "hr", "fr", "herr", "ing", "ir", "lady", "miss", "mlle", "mme", "mr", "mrs", "ms", "mx",
    "prof", "sir",
];

/// Words behind a name that are no family name, with or without a comma before them.
const SUFFIXES: [&str; 17] = [
    "cpa", "dds", "esq", "ii", "iii", "iv", "jnr", "jr", "llm", "mba", "md", "msc", "phd", "rn", "snr", "sr", "bsc",
];

/// Legal forms: what bears one is no person, whatever type was chosen.
const LEGAL_FORMS: [&str; 20] = [
    "ab", "ag", "bv", "co", "corp", "gmbh", "inc", "kg", "llc", "llp", "ltd", "nv", "oy", "plc", "pty", "sa", "sarl",
    "se", "srl", "ug",
];

/// Splits a person's name into given and family name. A company's is not split: do not ask.
///
/// - The last word is the family name, with the particles before it: `Ursula` `von der Leyen`. `Ortega y Gasset` stays whole.
/// - `Family, Given` splits at the comma, unless a suffix follows it (`John Smith, Jr.`); a suffix stays with the family name.
/// - One word is a family name, and nothing is invented for the given one.
/// - Titles stay in front of the given name, `Dr. Anna`; without one they stay with the family name, `Dr. Meier`.
/// - A name all in Chinese, Japanese or Korean signs begins with the family name.
///
/// Every word of the name is in one of the two, in its order and spelling.
pub fn split(name: &str) -> (Option<String>, Option<String>) {
    if let Some((family, given)) = at_comma(name) {
        return (joined(&given), joined(&family));
    }
    let words = words(without_end(name));
    if is_eastern(&words) {
        return (
            joined(words.get(1..).unwrap_or_default()),
            joined(words.get(..1).unwrap_or_default()),
        );
    }
    let (given, family) = words.split_at(family_start(&words));
    (joined(given), joined(family))
}

/// `Müller, Hans` as it is said, `Hans Müller`; every other name as it stands, without blanks around it.
pub fn spoken(name: &str) -> String {
    match at_comma(name) {
        Some((family, given)) => [given, family].concat().join(" "),
        None => without_end(name).trim().to_owned(),
    }
}

/// `Family, Given` at its comma.
fn at_comma(name: &str) -> Option<(Vec<&str>, Vec<&str>)> {
    let (family, given) = without_end(name).split_once(',')?;
    if !name.chars().all(is_in_names) {
        return None;
    }
    // `Smith, John, Jr.`: only suffixes stand behind a second comma, and they stay with the family name.
    let (given, behind) = given.split_once(',').unwrap_or((given, ""));
    let (mut family, given, behind) = (words(family), words(given), words(behind));
    let is_suffix = |words: &[&str]| words.iter().all(|word| is_one_of(&SUFFIXES, word));
    let is_firm = given.iter().any(|word| is_one_of(&LEGAL_FORMS, word));
    if is_firm || is_suffix(&given) || !is_suffix(&behind) {
        return None;
    }
    family.extend(behind);
    Some((family, given))
}

/// What is no name may have commas as well, and stays as it was typed.
fn is_in_names(sign: char) -> bool {
    !sign.is_ascii() || sign.is_ascii_alphabetic() || matches!(sign, ' ' | ',' | '.' | '\'' | '-' | '(' | ')')
}

fn without_end(name: &str) -> &str {
    name.trim_end_matches(|sign: char| sign == ',' || sign.is_whitespace())
}

/// Where the family name begins.
fn family_start(words: &[&str]) -> usize {
    let suffixes = words.iter().rev().take_while(|word| is_one_of(&SUFFIXES, word)).count();
    // A name of nothing but suffixes is a name after all.
    let end = if suffixes < words.len() {
        words.len() - suffixes
    } else {
        words.len()
    };
    let titles = words.iter().take_while(|word| is_one_of(&TITLES, word)).count();
    let first = if titles < end { titles } else { 0 };

    let mut start = end.saturating_sub(1);
    while start > first {
        let before = words[start - 1];
        if before == "y" && start >= first + 2 {
            start -= 2;
        } else if is_one_of(&PARTICLES, before) && !(start - 1 == first && begins_upper(before)) {
            start -= 1;
        } else {
            break;
        }
    }
    // `Al Pacino` has a given name, `Dr. Meier` has none.
    if start == first { 0 } else { start }
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn joined(words: &[&str]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(" "))
}

fn is_one_of(list: &[&str], word: &str) -> bool {
    let bare = word.trim_matches(|sign: char| !sign.is_alphanumeric());
    list.iter()
        .any(|known| bare.eq_ignore_ascii_case(known) || is_with_dots(word, known))
}

/// `Ph.D.` is `phd`.
fn is_with_dots(word: &str, known: &str) -> bool {
    word.contains('.')
        && word
            .chars()
            .filter(|sign| !matches!(sign, '.' | ','))
            .map(|sign| sign.to_ascii_lowercase())
            .eq(known.chars())
}

fn begins_upper(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

fn is_eastern(words: &[&str]) -> bool {
    let eastern =
        |sign: char| matches!(u32::from(sign), 0x3005..=0x30FF | 0x3400..=0x9FFF | 0xAC00..=0xD7AF | 0x20000..=0x3FFFF);
    words.len() == 2 && words.iter().all(|word| word.chars().all(eastern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_said_in_its_order() {
        for (typed, said) in [
            ("Müller, Hans", "Hans Müller"),
            ("von der Leyen,  Ursula", "Ursula von der Leyen"),
            ("Meier,", "Meier"),
            (", Anna", "Anna"),
            ("John Smith, Jr.", "John Smith, Jr."),
            ("=Ada, \"Countess\"", "=Ada, \"Countess\""),
            ("Room 4, Desk 2", "Room 4, Desk 2"),
            ("Acme, Inc.", "Acme, Inc."),
            ("Miller, GmbH", "Miller, GmbH"),
            ("Anna Meier, Acme Ltd", "Anna Meier, Acme Ltd"),
            ("Smith, John, Jr.", "John Smith Jr."),
            (" Anna  Meier ", "Anna  Meier"),
            ("", ""),
        ] {
            assert_eq!(spoken(typed), said, "{typed:?}");
        }
    }
}
