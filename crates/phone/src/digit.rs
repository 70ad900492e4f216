//! Makes text plain before anything else reads it: ASCII digits, plain blanks, nothing invisible.

/// The zero of every decimal digit script in Unicode; its digits follow in order.
const ZEROS: [u32; 65] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
    0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0,
    0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

/// Folds digits of any script and full-width signs to ASCII, blanks to spaces, and drops what cannot be seen.
///
/// Line ends stay, as they separate two numbers.
pub(crate) fn plain(raw: &str) -> String {
    let folded: String = raw.chars().filter_map(plain_char).collect();
    folded.trim().to_owned()
}

fn plain_char(sign: char) -> Option<char> {
    match sign {
        '\n' => Some('\n'),
        ' '..='~' => Some(sign),
        '\t' | '\r' | '\u{b}' | '\u{c}' | '\u{3000}' => Some(' '),
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        _ if sign.is_control() => None,
        _ if sign.is_whitespace() => Some(' '),
        _ => Some(ascii_digit(sign).or_else(|| full_width(sign)).unwrap_or(sign)),
    }
}

fn ascii_digit(sign: char) -> Option<char> {
    let sign = u32::from(sign);
    let before = ZEROS.partition_point(|&zero| zero <= sign);
    let value = sign - ZEROS.get(before.checked_sub(1)?)?;
    char::from_digit(value, 10)
}

fn full_width(sign: char) -> Option<char> {
    let code = u32::from(sign);
    (0xFF01..=0xFF5E)
        .contains(&code)
        .then(|| char::from_u32(code - 0xFEE0))
        .flatten()
}

/// The ASCII digits of a text.
pub(crate) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether the text is written with digits and signs only, as numbers are.
pub(crate) fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_digits_of_every_script() {
        for zero in ZEROS {
            for value in 0..10 {
                let digit = char::from_u32(zero + value).map(String::from).unwrap_or_default();
                assert_eq!(plain(&digit), value.to_string(), "U+{:X}", zero + value);
            }
        }
        assert!(ZEROS.is_sorted());
    }

    #[test]
    fn folds_signs_and_drops_what_cannot_be_seen() {
        assert_eq!(plain("\u{200e}＋４９\u{a0}３０–１２３\u{202c}\t\r\n"), "+49 30-123");
        assert_eq!(plain("(０３)\u{0}１２３４\u{3000}x"), "(03)1234 x");
        assert_eq!(plain("a\nb"), "a\nb");
        assert_eq!(plain("Büro 📞"), "Büro 📞");
    }
}
