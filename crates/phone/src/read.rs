//! Reads whatever a wire or a CRM holds.

use crate::digit;
use crate::label;
use crate::ladder::{Found, Ladder};
use crate::number::Circumstances;
use crate::reader::{self, Reader};
use crate::reading::MAX_EXTENSION_DIGITS;
use crate::wire::{self, Content, Wire};
use crate::{Extension, PhoneNumber, Reading, Region, SipAddress, Unreadable};

/// How to read text that leaves out what everybody at home knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    /// The country of numbers without a country code: the contact's own if the CRM has one, else the user's.
    pub region: Option<Region>,
    /// The digits dialled to get out of the company's exchange, such as `0` or `9`. Taken off only when the
    /// rest then is a valid number, and it was none before.
    pub outside_prefix: Option<String>,
}

impl Home {
    /// At home in one country, without an exchange.
    pub fn of(region: Region) -> Home {
        Home {
            region: Some(region),
            outside_prefix: None,
        }
    }
}

/// Reads what a wire or a CRM holds: numbers in any spelling, SIP and tel URIs, internal extensions,
/// words for a withheld number.
///
/// Never fails and never panics: what is none of these is [`Reading::Unreadable`]. That includes the empty
/// text, as an empty CRM field says nothing about a caller; a call source that gets an empty caller
/// means [`Reading::Withheld`] and says so itself.
pub fn read(raw: &str, home: &Home) -> Reading {
    read_with(reader::chosen(), raw, home)
}

/// [`read`], with a given number library: how the libraries are compared.
pub fn read_with(reader: &dyn Reader, raw: &str, home: &Home) -> Reading {
    let plain = digit::plain(raw);
    let content = match wire::unwrap(&plain) {
        Wire::Withheld => return Reading::Withheld,
        Wire::Content(content) => content,
    };
    let ladder = Ladder { reader, home };
    let text = label::without_bracket_label(wire::without_service_codes(&content.text));
    if let Some(number) = number(&ladder, text, &content) {
        return Reading::Number(number);
    }
    if let Some(extension) = extension(text) {
        return Reading::Extension(extension);
    }
    match content.host {
        Some(host) if !content.text.is_empty() && !looks_dialled(text) => {
            Reading::SipAddress(SipAddress::new(&content.text, &host))
        }
        _ => Reading::Unreadable(Unreadable::new(raw, main_digits(reader, text, home), home.region)),
    }
}

fn number(ladder: &Ladder, text: &str, content: &Content) -> Option<PhoneNumber> {
    let (part, found) = two_numbers(ladder, text).or_else(|| one_number(ladder, text))?;
    let parsed_extension = found.parsed.extension.as_deref().map(digit::plain);
    let circumstances = Circumstances {
        extension: content
            .extension
            .clone()
            .or(parsed_extension)
            .filter(|digits| !digits.is_empty()),
        alternate: found.alternate,
        rewritten: found.rewritten,
        head_office: part.ends_with("-0") || part.ends_with("- 0") || part.ends_with("/0"),
    };
    PhoneNumber::new(found.parsed, circumstances)
}

/// `030 23125012 / 0171 ...`: the first is the number, the second its alternate. Before anything else, because
/// a slash is also punctuation inside a number, and two short ones make a valid long one.
fn two_numbers<'t>(ladder: &Ladder, text: &'t str) -> Option<(&'t str, Found)> {
    label::halves(text).find_map(|(first, second)| {
        if digit::digits(first).len() < 5 || digit::digits(second).len() < 5 {
            return None;
        }
        let (first, found) = one_number(ladder, first)?;
        let (_, other) = one_number(ladder, second)?;
        Some((
            first,
            Found {
                alternate: Some(other.parsed.e164()),
                ..found
            },
        ))
    })
}

fn one_number<'t>(ladder: &Ladder, text: &'t str) -> Option<(&'t str, Found)> {
    let text = label::without_bracket_label(text);
    let unlabelled = label::without_words(text).filter(|rest| digit::digits(rest).len() >= 7);
    [unlabelled, Some(text), label::after_colon(text)]
        .into_iter()
        .flatten()
        .find_map(|part| ladder.climb(part).map(|found| (part, found)))
        .or_else(|| {
            // A number, and something else that is none: the number counts.
            label::halves(text).find_map(|(first, _)| {
                let long = digit::digits(first).len() >= 7;
                ladder.climb(first).filter(|_| long).map(|found| (first, found))
            })
        })
}

/// Digits for a colleague's phone: `1001`, `10-01`, `x1001`, `ext. 1001`.
fn extension(text: &str) -> Option<Extension> {
    const WORDS: [&str; 7] = ["extension", "ext", "x", "доб", "int", "durchwahl", "dw"];
    let lower = text.to_lowercase();
    let rest = WORDS.iter().find_map(|word| lower.strip_prefix(word)).unwrap_or(&lower);
    let written = rest.trim_start_matches(['.', ':', ' ', '-']);
    let dialled = written
        .chars()
        .all(|sign| sign.is_ascii_digit() || matches!(sign, ' ' | '-' | '.' | '(' | ')'));
    dialled.then(|| Extension::new(&digit::digits(written))).flatten()
}

/// Whether a SIP user part is something dialled rather than somebody's name.
fn looks_dialled(text: &str) -> bool {
    !digit::has_letters(text) && digit::digits(text).len() > MAX_EXTENSION_DIGITS
}

/// The digits of a text that is no number, without an extension that a library sees at the end.
fn main_digits(reader: &dyn Reader, text: &str, home: &Home) -> String {
    let digits = digit::digits(text.get(..reader::MAX_BYTES.min(text.len())).unwrap_or_default());
    let extension = reader::parse(reader, text, home.region).and_then(|parsed| parsed.extension);
    let extension = extension.as_deref().map(digit::digits).unwrap_or_default();
    digits
        .strip_suffix(extension.as_str())
        .map(str::to_owned)
        .unwrap_or(digits)
}
