//! How names are compared in a search: without case, accents and punctuation, `ß` as `ss`, and `ä`, `ae` and `a` alike.
//!
//! Folding `ae`, `oe` and `ue` to their vowel on both sides means that Müller, Mueller and Muller are all found by each
//! other, at every keystroke: the fold of a beginning is always a beginning of the fold. The price is a Samuel found by
//! `samul`; the order of results makes up for it, as [`Depth::Literal`] is asked there.

use unicode_normalization::UnicodeNormalization as _;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// For the index: vowels with and without their `e` are one.
    Wide,
    /// For the order: `ue` is `ue`.
    Literal,
}

/// Words of letters and digits, with one blank between. Han and Kana signs are words of their own, as nothing says where
/// their words end.
pub(crate) fn fold(text: &str, depth: Depth) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text
        .nfkd()
        .filter(|sign| !is_dropped(*sign))
        .flat_map(char::to_lowercase)
    {
        match sign {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str(if depth == Depth::Wide { "a" } else { "ae" }),
            'œ' => out.push_str(if depth == Depth::Wide { "o" } else { "oe" }),
            'ø' => out.push('o'),
            'đ' | 'ð' => out.push('d'),
            'ł' => out.push('l'),
            'ı' => out.push('i'),
            'þ' => out.push_str("th"),
            'ς' => out.push('σ'),
            'e' if depth == Depth::Wide && out.ends_with(['a', 'o', 'u']) => out.push('\u{1}'),
            _ if is_dropped(sign) => {}
            _ if stands_alone(sign) => out.extend([' ', sign, ' ']),
            _ if sign.is_alphanumeric() || is_mark(sign) => out.push(sign),
            _ => out.push(' '),
        }
    }
    // The placeholder kept an `e` from joining the vowel before the one it belongs to: `aee` is `ae`.
    out.retain(|sign| sign != '\u{1}');
    let words: Vec<&str> = out.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").nfc().collect()
}

/// Digits as ASCII, everything else left out.
pub(crate) fn digits(text: &str) -> String {
    text.chars().filter_map(ascii_digit).map(char::from).collect()
}

/// Folded and without the blanks inside each written word: `o'brien-smith` is `obriensmith`. Empty where that says
/// nothing new.
pub(crate) fn joined(text: &str) -> String {
    let parts = text.split_whitespace().filter_map(|written| {
        let folded = fold(written, Depth::Wide);
        let parted = folded.contains(' ') && !folded.chars().any(stands_alone);
        parted.then(|| folded.replace(' ', ""))
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// The first letters of a name's words, where there are at least two.
pub(crate) fn initials(folded: &str) -> String {
    let letters: String = folded.split(' ').filter_map(|word| word.chars().next()).collect();
    if letters.chars().count() < 2 {
        String::new()
    } else {
        letters
    }
}

fn ascii_digit(sign: char) -> Option<u8> {
    let zero = match sign {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    u8::try_from(u32::from(sign) - u32::from(zero))
        .ok()
        .map(|value| b'0' + value)
}

/// Accents, points and vowel signs that people leave out, and signs without a width.
fn is_dropped(sign: char) -> bool {
    matches!(u32::from(sign),
        0x0300..=0x036F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE00..=0xFE0F | 0xFE20..=0xFE2F
        | 0x0591..=0x05C7 | 0x0610..=0x061A | 0x064B..=0x065F | 0x0670
        | 0x00AD | 0x061C | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF)
}

/// Vowel signs that belong to their letter, as in Devanagari and Thai.
fn is_mark(sign: char) -> bool {
    unicode_normalization::char::is_combining_mark(sign)
}

fn stands_alone(sign: char) -> bool {
    matches!(u32::from(sign), 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        for (written, folded) in [
            ("Müller", "muller"),
            ("MUELLER", "muller"),
            ("Muller", "muller"),
            ("Weiß", "weiss"),
            ("WEISS", "weiss"),
            ("Jørgen Æbelø", "jorgen abelo"),
            ("Joergen", "jorgen"),
            ("José  Núñez-García", "jose nunez garcia"),
            ("O’Brien", "o brien"),
            ("Łukasz İpek", "lukasz ipek"),
            ("Ｆｕｌｌ　Ｗｉｄｔｈ", "full width"),
            ("田中 太郎", "田 中 太 郎"),
            ("zero\u{200b}width", "zerowidth"),
            ("\u{202e}אבג", "אבג"),
            ("🎉 Party 🎉", "party"),
            ("한국", "한국"),
            ("", ""),
        ] {
            assert_eq!(fold(written, Depth::Wide), folded, "{written}");
        }
        assert_eq!(fold("Mueller Müller", Depth::Literal), "mueller muller");
    }

    #[test]
    fn parts_of_names() {
        assert_eq!(joined("Anne-Marie O'Brien Smith"), "annemarie obrien");
        assert_eq!(initials("john ronald tolkien"), "jrt");
        assert_eq!(initials("cher"), "");
        assert_eq!(digits("+٤٩ (0) 30-１２"), "4903012");
    }

    proptest::proptest! {
        #[test]
        fn the_fold_of_a_beginning_is_a_beginning_of_the_fold(word in "[a-zäöüßéø]{0,12}", cut in 0_usize..12) {
            let start: String = word.chars().take(cut).collect();
            proptest::prop_assert!(fold(&word, Depth::Wide).starts_with(&fold(&start, Depth::Wide)));
        }

        #[test]
        fn folding_twice_changes_nothing_that_matters(text in "\\PC{0,40}") {
            let once = fold(&text, Depth::Literal);
            proptest::prop_assert_eq!(fold(&once, Depth::Literal), once);
        }
    }
}
