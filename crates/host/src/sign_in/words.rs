//! What a provider says, made fit for a person, an error and a log.

use ringside_domain::credentials::Secret;
use url::form_urlencoded::byte_serialize;

/// What we show of a provider's description, in characters.
const LONGEST: usize = 200;
/// A word as long as this with digits and letters in it is a token, a code or a key, unless it is a UUID.
const LONG_WORD: usize = 24;
/// As many digits in a row may be somebody's number.
const LONG_NUMBER: usize = 7;
/// What is shorter than this stands in too many words to be told from them.
const SHORTEST_SECRET: usize = 4;

/// One line without control characters and direction marks, without what was sent secretly and what looks like a secret,
/// at most 200 characters.
pub(super) fn clean(text: &str, secrets: &[&Secret]) -> String {
    let mut known: Vec<String> = secrets.iter().flat_map(|secret| spellings(secret)).collect();
    // One may be the beginning of another.
    known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut text = text.to_owned();
    for secret in known {
        text = text.replace(&secret, "…");
    }
    let text: String = text
        .chars()
        .map(|letter| if is_unseen(letter) { ' ' } else { letter })
        .collect();
    let words: Vec<String> = text.split_whitespace().map(hide_secrets).collect();
    let line = words.join(" ");
    let line = line.trim_end_matches(['.', ' ']);
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// An error code such as `invalid_grant`; anything else that stands in its place is cut to its letters.
pub(super) fn code(text: &str) -> String {
    let letters = text
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(*letter));
    hide_secrets(&letters.take(60).collect::<String>())
}

/// As it is, and as it stands in an address or a form: a provider may repeat what it was sent.
fn spellings(secret: &Secret) -> Vec<String> {
    let plain = std::str::from_utf8(secret.expose()).unwrap_or_default();
    if plain.len() < SHORTEST_SECRET {
        return Vec::new();
    }
    let form: String = byte_serialize(plain.as_bytes()).collect();
    vec![plain.to_owned(), form.replace('+', "%20"), form]
}

/// Control characters, line separators, and marks that turn the direction of what follows or show nothing at all.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

fn hide_secrets(word: &str) -> String {
    let in_word = |letter: char| letter.is_alphanumeric() || "_-.+~".contains(letter);
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| !in_word(letter)).unwrap_or(rest.len());
        if end == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (part, after) = rest.split_at(end);
        out.push_str(if looks_secret(part) { "…" } else { part });
        rest = after;
    }
    out
}

fn looks_secret(part: &str) -> bool {
    if uuid::Uuid::try_parse(part).is_ok() && part.len() == 36 {
        return false;
    }
    let digit = part.chars().any(char::is_numeric);
    let letter = part.chars().any(char::is_alphabetic);
    let longest_run = part.split(|letter: char| !letter.is_numeric()).map(str::len).max();
    (part.len() >= LONG_WORD && digit && letter) || longest_run.unwrap_or(0) >= LONG_NUMBER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_stays_readable_and_loses_what_is_secret() {
        let sent = Secret::new("hunter2!");
        let cases = [
            (
                "The refresh token is invalid or expired.",
                "The refresh token is invalid or expired",
            ),
            (
                "AADSTS65004: User declined\r\nTrace ID: 01890a5d-ac96-774b-bcce-b302099a8057",
                "AADSTS65004: User declined Trace ID: 01890a5d-ac96-774b-bcce-b302099a8057",
            ),
            ("password hunter2! is wrong", "password … is wrong"),
            (
                "token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln refused",
                "token=… refused",
            ),
            (
                "see https://help.example.com/oauth#errors",
                "see https://help.example.com/oauth#errors",
            ),
            ("call +12025550123 now", "call … now"),
            ("\u{202e}evil\u{7}\u{0} text\u{2028}more", "evil text more"),
        ];
        for (said, shown) in cases {
            assert_eq!(clean(said, &[&sent]), shown);
        }
    }

    /// A page that repeats the address or the form of a request repeats it as it was sent.
    #[test]
    fn a_secret_is_known_as_it_goes_over_the_wire() {
        let (sent, longer) = (Secret::new("pass wörd&"), Secret::new("pass wörd&more"));
        for (said, shown) in [
            ("no: password=pass+w%C3%B6rd%26", "no: password=…"),
            ("no: password=pass%20w%C3%B6rd%26", "no: password=…"),
            ("no: pass wörd& and pass wörd&more", "no: … and …"),
        ] {
            assert_eq!(clean(said, &[&sent, &longer]), shown);
        }
    }

    #[test]
    fn a_secret_is_not_cut_into_a_part_of_it() {
        let sent = Secret::new("correct horse battery staple");
        let text = format!("{} correct horse battery staple", "x".repeat(190));
        let shown = clean(&text, &[&sent]);
        assert!(!shown.contains("correct"), "{shown}");
        assert_eq!(clean(&"ä ".repeat(5_000), &[]).chars().count(), LONGEST);
    }

    #[test]
    fn codes_are_letters() {
        assert_eq!(code("invalid_grant"), "invalid_grant");
        assert_eq!(code("<b>bad\n</b>"), "bbadb");
        assert_eq!(code("sk1234567890abcdefghijklmnop"), "…");
    }
}
