//! What looks like a number, an address or a secret, taken out of a text.

/// The text with every telephone number, e-mail or SIP address and secret masked.
///
/// Masked are: five digits and more in a row, seven and more with spaces or punctuation between; the part before an `@`;
/// what follows a word such as `token` or `Bearer`; and long words of letters and digits, but not ids (UUIDs). Line
/// breaks and other control characters become spaces.
#[must_use]
pub fn masked(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    numbers(&secrets(&plain))
}

const HIDDEN: &str = "•••";
/// A word that says: what comes next is secret.
const SECRET_WORDS: [&str; 10] = [
    "token",
    "password",
    "passwd",
    "secret",
    "bearer",
    "authorization",
    "apikey",
    "api_key",
    "cookie",
    "code_verifier",
];
const LONG_WORD: usize = 24;

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '+' | '=')
}

/// Goes through the text word by word; what stands between words is kept.
fn secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut hide_next = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if !is_word(first) && first != '@' {
            // A secret follows its word after a colon, an equals sign or spaces and quotes; a full stop ends that.
            hide_next = hide_next && matches!(first, ' ' | ':' | '"' | '\'' | '\\' | '(');
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let end = rest
            .find(|letter| !is_word(letter) && !matches!(letter, '@' | '.' | '%'))
            .unwrap_or(rest.len());
        let token = rest[..end].trim_end_matches('.');
        let token = if token.is_empty() {
            &rest[..first.len_utf8()]
        } else {
            token
        };
        rest = &rest[token.len()..];
        hide_next = write_token(token, hide_next, &mut out);
    }
    out
}

/// Writes one word; tells whether the next one is to be hidden.
fn write_token(token: &str, hide: bool, out: &mut String) -> bool {
    let says_secret = |word: &str| SECRET_WORDS.contains(&word.to_ascii_lowercase().trim_matches(['-', '_']));
    if says_secret(token.trim_end_matches('=')) {
        out.push_str(token);
        return true;
    }
    if let Some((word, value)) = token.split_once('=')
        && says_secret(word)
        && !value.is_empty()
    {
        out.push_str(word);
        out.push('=');
        // `authorization=Bearer …`: the scheme is a secret's word itself.
        if says_secret(value) {
            out.push_str(value);
            return true;
        }
        out.push_str(HIDDEN);
    } else if hide {
        out.push_str(HIDDEN);
    } else if let Some((_, host)) = token.rsplit_once('@') {
        out.push_str(HIDDEN);
        out.push('@');
        out.push_str(host);
    } else {
        for (number, part) in token.split('.').enumerate() {
            if number > 0 {
                out.push('.');
            }
            let (name, value) = part.split_once('=').map_or(("", part), |(name, value)| (name, value));
            if !name.is_empty() {
                out.push_str(name);
                out.push('=');
            }
            out.push_str(if looks_secret(value) { HIDDEN } else { value });
        }
    }
    false
}

fn looks_secret(word: &str) -> bool {
    word.len() >= LONG_WORD
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !is_uuid(word)
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && uuid::Uuid::try_parse(word).is_ok()
}

/// Replaces all but the last two digits of what may be a telephone number.
fn numbers(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < letters.len() {
        let starts_word = at == 0 || !letters[at - 1].is_alphanumeric();
        if starts_word && let Some(word) = letters.get(at..at + 36).map(|word| word.iter().collect::<String>()) {
            let ends = letters.get(at + 36).is_none_or(|letter| !letter.is_alphanumeric());
            if ends && is_uuid(&word) {
                out.push_str(&word);
                at += 36;
                continue;
            }
        }
        if !letters[at].is_numeric() {
            out.push(letters[at]);
            at += 1;
            continue;
        }
        let end = run_end(&letters, at);
        let run = &letters[at..end];
        let digits = run.iter().filter(|letter| letter.is_numeric()).count();
        let longest = run
            .split(|letter| !letter.is_numeric())
            .map(<[char]>::len)
            .max()
            .unwrap_or(0);
        let hide = longest >= 5 || digits >= 7;
        let mut seen = 0;
        for letter in run {
            seen += usize::from(letter.is_numeric());
            out.push(if hide && letter.is_numeric() && seen + 2 <= digits {
                '•'
            } else {
                *letter
            });
        }
        at = end;
    }
    out
}

/// The end of a run of digits that may have up to three separators between two of them.
fn run_end(letters: &[char], start: usize) -> usize {
    let separates = |letter: char| matches!(letter, ' ' | '-' | '.' | '/' | '(' | ')' | '\u{A0}' | '‑' | '–');
    let mut end = start;
    let mut at = start;
    while at < letters.len() && at - end <= 3 {
        if letters[at].is_numeric() {
            end = at + 1;
        } else if !separates(letters[at]) {
            break;
        }
        at += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_masked() {
        for (text, shown) in [
            ("+44 20 7946 0123", "+•• •• •••• ••23"),
            ("(202) 555-0123", "(•••) •••-••23"),
            ("sip:+12025550123@pbx.example", "sip:•••@pbx.example"),
            ("to ada.lovelace@example.com now", "to •••@example.com now"),
            ("token=abc next", "token=••• next"),
            ("password: hunter2, next", "password: •••, next"),
            ("Authorization: Bearer xyz", "Authorization: Bearer •••"),
            ("GET /v1/call/0123456789abcdef0123456789abcdef", "GET /v1/call/•••"),
            ("\"number\":\"٢٠٢٥٥٥٠١٢٣\"", "\"number\":\"••••••••٢٣\""),
            ("a\nb\u{1b}[0m", "a b [0m"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn what_stays() {
        for text in [
            "3 contacts in 12 ms, port 8080",
            "call 01890a5d-ac96-774b-bcce-b302099a8057 ended",
            "rlibphonenumber 2.2.15",
            "the folder /home/user/.local/share/ringside/ringside.db",
            "connection address-book: 429, again in 60s",
            "the token is refused",
        ] {
            let shown = masked(text);
            if text.contains("token") {
                assert!(shown.starts_with("the token"), "{shown}");
            } else {
                assert_eq!(shown, text);
            }
        }
    }

    proptest! {
        #[test]
        fn no_run_of_five_digits_passes(before in "\\PC{0,12}", digits in "[0-9]{5,15}", after in "\\PC{0,12}") {
            let shown = masked(&format!("{before} {digits} {after}"));
            let runs = shown.split(|letter: char| !letter.is_ascii_digit()).map(str::len).max().unwrap_or(0);
            prop_assert!(runs < 5 || !shown.contains(&digits), "{}", shown);
        }

        #[test]
        fn nothing_breaks_it(text in "\\PC*|[\\s\\S]{0,60}") {
            let shown = masked(&text);
            prop_assert!(!shown.chars().any(char::is_control));
        }
    }
}
