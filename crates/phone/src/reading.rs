//! What a text turned out to be.

use std::fmt;

use crate::{PhoneNumber, Region};

/// What a text turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// A valid number.
    Number(PhoneNumber),
    /// An internal call: at most 6 digits.
    Extension(Extension),
    /// A SIP address that holds no number.
    SipAddress(SipAddress),
    /// The caller does not want to be known.
    Withheld,
    /// Anything else: empty, words, or digits that no country's plan has.
    Unreadable(Unreadable),
}

impl Reading {
    /// The number, if it is one.
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Reading::Number(number) => Some(number),
            _ => None,
        }
    }

    /// One stable word for the kind: `number`, `extension`, `sip_address`, `withheld` or `unreadable`.
    pub fn kind(&self) -> &'static str {
        match self {
            Reading::Number(_) => "number",
            Reading::Extension(_) => "extension",
            Reading::SipAddress(_) => "sip_address",
            Reading::Withheld => "withheld",
            Reading::Unreadable(_) => "unreadable",
        }
    }
}

/// The longest internal extension, in digits.
pub(crate) const MAX_EXTENSION_DIGITS: usize = 6;

/// One to six ASCII digits, leading zeros kept: `012` and `12` are two phones.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Extension(String);

impl Extension {
    /// None unless the text is one to six ASCII digits.
    pub fn new(digits: &str) -> Option<Extension> {
        let fits = (1..=MAX_EXTENSION_DIGITS).contains(&digits.len());
        (fits && digits.bytes().all(|digit| digit.is_ascii_digit())).then(|| Extension(digits.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extension({})", masked(&self.0))
    }
}

/// `user@host`: the host in lower case and without port, the user as written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SipAddress {
    text: String,
    at: usize,
}

impl SipAddress {
    pub(crate) fn new(user: &str, host: &str) -> SipAddress {
        SipAddress {
            text: format!("{user}@{host}"),
            at: user.len(),
        }
    }

    /// The whole address, without scheme.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`.
    pub fn user(&self) -> &str {
        &self.text[..self.at]
    }

    /// What stands after the `@`.
    pub fn host(&self) -> &str {
        &self.text[self.at + 1..]
    }
}

impl fmt::Debug for SipAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SipAddress(…@{})", self.host())
    }
}

/// The longest text that an [`Unreadable`] keeps, in bytes.
const MAX_TEXT_BYTES: usize = 250;

/// Text that is no number; its digits may still find a contact whose number is just as incomplete.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Unreadable {
    text: String,
    digits: String,
    home: Option<Region>,
}

impl Unreadable {
    pub(crate) fn new(raw: &str, digits: String, home: Option<Region>) -> Unreadable {
        let mut end = raw.len().min(MAX_TEXT_BYTES);
        while !raw.is_char_boundary(end) {
            end -= 1;
        }
        Unreadable {
            text: raw[..end].to_owned(),
            digits,
            home,
        }
    }

    /// The text as it came, cut at 250 bytes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its digits in ASCII, without service codes and extension; empty if there are none.
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The home region that it was read with, and that had no such number.
    pub fn home(&self) -> Option<Region> {
        self.home
    }
}

impl fmt::Debug for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unreadable({} bytes, {} digits)", self.text.len(), self.digits.len())
    }
}

/// Dots for all but the last two digits: people's numbers stay out of logs.
pub(crate) fn masked(digits: &str) -> String {
    let shown = digits.len().saturating_sub(2);
    digits
        .char_indices()
        .map(|(at, digit)| if at < shown { '•' } else { digit })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nobody() {
        let shown = format!(
            "{:?} {:?} {:?}",
            Extension::new("001234"),
            SipAddress::new("alice", "example.com"),
            Unreadable::new("Alice 5550100", "5550100".to_owned(), None)
        );
        assert_eq!(
            shown,
            "Some(Extension(••••34)) SipAddress(…@example.com) Unreadable(13 bytes, 7 digits)"
        );
    }

    #[test]
    fn an_extension_is_one_to_six_digits() {
        assert_eq!(Extension::new("012").as_ref().map(Extension::as_str), Some("012"));
        for bad in ["", "1234567", "12a", "١٢"] {
            assert_eq!(Extension::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn unreadable_text_is_cut_between_letters() {
        let long = "ü".repeat(300);
        assert_eq!(Unreadable::new(&long, String::new(), None).text().len(), 250);
    }
}
