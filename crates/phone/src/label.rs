//! Takes words off a number, and two numbers out of one field.
//!
//! A library takes letters for the keys they stand on (`1-800-FLOWERS`), so `+1 415 555 0100 (mobile)`
//! becomes a longer and different number. People write such labels in every CRM.

/// Drops a last bracket that holds words and no digits: `(mobile)`, `[Work]`, `{home}`.
pub(crate) fn without_bracket_label(text: &str) -> &str {
    let mut rest = text;
    while let Some(last) = rest.chars().next_back() {
        let open = match last {
            ')' => '(',
            ']' => '[',
            '}' => '{',
            _ => break,
        };
        let Some(start) = rest.rfind(open) else { break };
        let inside = &rest[start..];
        if !inside.contains(char::is_alphabetic) || inside.contains(|sign: char| sign.is_ascii_digit()) {
            break;
        }
        rest = rest[..start].trim_end_matches(is_joint);
    }
    rest
}

/// Drops last words with small letters and no digits: `mobile`, `- Home`, `privat`. None if there are none.
///
/// Vanity words may look the same, so the caller keeps this only if the rest is a number by itself.
pub(crate) fn without_words(text: &str) -> Option<&str> {
    let mut rest = text.trim_end_matches(is_joint);
    while let Some(start) = rest.rfind(char::is_whitespace) {
        let word = rest[start..].trim_start();
        if word.contains(|sign: char| sign.is_ascii_digit()) || !word.contains(char::is_lowercase) {
            break;
        }
        rest = rest[..start].trim_end_matches(is_joint);
    }
    (rest.len() < text.len() && !rest.is_empty()).then_some(rest)
}

/// What follows a label with a colon: `Tel 1: +49 ...`. None if there is no such label.
pub(crate) fn after_colon(text: &str) -> Option<&str> {
    let (label, rest) = text.split_once(':')?;
    (label.contains(char::is_alphabetic) && !rest.trim().is_empty()).then(|| rest.trim())
}

/// Every way to split a text into a first number and a second: at `/ ; , | & \n` and `or`.
pub(crate) fn halves(text: &str) -> impl Iterator<Item = (&str, &str)> {
    const JOINTS: [&str; 9] = ["\n", "/", ";", "|", "&", ",", " or ", " oder ", " ou "];
    JOINTS.into_iter().flat_map(move |joint| {
        text.match_indices(joint)
            .map(move |(at, _)| (text[..at].trim(), text[at + joint.len()..].trim()))
    })
}

fn is_joint(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '-' | ',' | ';' | ':' | '/' | '.' | '|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_labels_off() {
        assert_eq!(without_bracket_label("+1 415 555 0100 (mobile)"), "+1 415 555 0100");
        assert_eq!(without_bracket_label("030 23125012 - (Büro) [alt]"), "030 23125012");
        assert_eq!(without_bracket_label("[+1 415 555 0100]"), "[+1 415 555 0100]");
        assert_eq!(
            without_bracket_label("+1 415 555 0100 (ext 12)"),
            "+1 415 555 0100 (ext 12)"
        );
        assert_eq!(without_words("+1 415 555 0100 - Home office"), Some("+1 415 555 0100"));
        assert_eq!(without_words("1-800-FLOWERS"), None);
        assert_eq!(without_words("+1 415 555 0100"), None);
        assert_eq!(after_colon("Tel 1: +49 30 23125012"), Some("+49 30 23125012"));
        assert_eq!(after_colon("12:30"), None);
    }

    #[test]
    fn splits_at_every_joint() {
        assert_eq!(halves("030/1 / 040/2").count(), 3);
        assert_eq!(halves("a or b").next(), Some(("a", "b")));
    }
}
