//! Text from a wire, made fit to be kept and shown: nothing that steers a terminal, hides, or turns the direction of
//! the text around, and never too long.

/// The text without control, invisible and direction characters, spaces collapsed, at most `longest` characters.
pub(crate) fn cleaned(text: &str, longest: usize) -> String {
    let mut out = String::new();
    let mut letters = 0;
    let mut gap = false;
    for letter in text.chars() {
        if letter.is_whitespace() || letter.is_control() {
            gap = !out.is_empty();
            continue;
        }
        if is_invisible(letter) {
            continue;
        }
        if letters + usize::from(gap) >= longest {
            break;
        }
        if gap {
            out.push(' ');
            letters += 1;
            gap = false;
        }
        out.push(letter);
        letters += 1;
    }
    out
}

/// The same, or `None` when nothing is left.
pub(crate) fn kept(text: Option<&str>, longest: usize) -> Option<String> {
    text.map(|text| cleaned(text, longest)).filter(|text| !text.is_empty())
}

/// Zero-width marks and everything that overrides, isolates or embeds a direction. Joiners inside emoji and Indic names
/// stay.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_wire() {
        assert_eq!(
            cleaned("  Ada\u{202E}\t\r\n Love\u{200B}lace\u{0} ", 50),
            "Ada Lovelace"
        );
        assert_eq!(cleaned("\u{1b}[2J+49", 50), "[2J+49");
        assert_eq!(cleaned("ab cd", 3), "ab");
        assert_eq!(cleaned("ab cd", 4), "ab c");
        assert_eq!(cleaned("👩\u{200D}💻 x", 50), "👩\u{200D}💻 x");
        assert_eq!(cleaned(&"é".repeat(500), 120).chars().count(), 120);
        assert_eq!(kept(Some(" \u{200B}\n"), 9), None);
    }
}
