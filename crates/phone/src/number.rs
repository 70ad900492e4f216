//! One valid number.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::reader::{self, CodeFrom, Parsed, Style};
use crate::reading::masked;
use crate::{Home, Region};

/// A number that the plan of its country has.
///
/// Two are equal when they are the same line and extension, however they were written. There is no
/// `Display`, and `Debug` masks it, so that a number is only shown where somebody meant to show it.
#[derive(Clone)]
pub struct PhoneNumber {
    e164: String,
    /// How many digits of `e164`, after the plus, are the country code.
    code_digits: usize,
    value: i64,
    country_code: u16,
    extension: Option<String>,
    region: Option<Region>,
    line: Line,
    alternate: Option<String>,
    written_without_country: bool,
    rewritten: bool,
    head_office: bool,
}

/// What kind of line a number is, as far as its digits tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Line {
    Mobile,
    FixedLine,
    /// The plan does not tell the two apart, as in North America.
    FixedOrMobile,
    TollFree,
    Premium,
    Voip,
    /// Shared cost, personal, pager, company-wide and voice mail numbers.
    Other,
}

/// What the ladder knows of a number beyond what the library says.
#[derive(Default)]
pub(crate) struct Circumstances {
    pub extension: Option<String>,
    pub alternate: Option<String>,
    pub rewritten: bool,
    pub head_office: bool,
}

impl PhoneNumber {
    /// None unless valid, and unless its digits fit an index key (every plan's do).
    pub(crate) fn new(parsed: Parsed, circumstances: Circumstances) -> Option<PhoneNumber> {
        if !parsed.valid {
            return None;
        }
        let e164 = parsed.e164();
        let value = e164[1..].parse().ok()?;
        Some(PhoneNumber {
            value,
            code_digits: e164.len() - 1 - parsed.nsn.len(),
            country_code: parsed.country_code,
            extension: circumstances.extension,
            region: parsed.region,
            line: parsed.line,
            alternate: circumstances.alternate.filter(|other| *other != e164),
            written_without_country: parsed.code_from == CodeFrom::Home,
            rewritten: circumstances.rewritten,
            head_office: circumstances.head_office,
            e164,
        })
    }

    /// Takes E.164 and nothing else: a plus and the ASCII digits of a valid number.
    pub fn from_e164(text: &str) -> Option<PhoneNumber> {
        let digits = text.strip_prefix('+')?;
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let parsed = reader::parse(reader::chosen(), text, None)?;
        let number = PhoneNumber::new(parsed, Circumstances::default())?;
        (number.e164 == text).then_some(number)
    }

    /// `+14155550100`.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// The digits of E.164 as a number: the value of its index key.
    pub fn digits(&self) -> i64 {
        self.value
    }

    /// The country calling code: 1, 44, 49, …
    pub fn country_code(&self) -> u16 {
        self.country_code
    }

    /// The national significant number: what follows the country code.
    pub fn nsn(&self) -> &str {
        &self.e164[1 + self.code_digits..]
    }

    /// None for codes that belong to no country, such as +800.
    pub fn region(&self) -> Option<Region> {
        self.region
    }

    /// The extension that was written with it, in ASCII digits.
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    /// What kind of line it is.
    pub fn line(&self) -> Line {
        self.line
    }

    /// A second number that the text may mean, in E.164: bare digits read with a country code in them,
    /// or what stood after a slash. Worth a look, never a proof.
    pub fn alternate(&self) -> Option<&str> {
        self.alternate.as_deref()
    }

    /// Whether the country code was not in the text but came from the home region.
    pub fn written_without_country(&self) -> bool {
        self.written_without_country
    }

    /// Whether the text was the number's form before its country changed the plan.
    pub(crate) fn rewritten(&self) -> bool {
        self.rewritten
    }

    /// Whether the text ended in `-0`, the switchboard of a company in open plans.
    pub(crate) fn head_office(&self) -> bool {
        self.head_office
    }

    /// `+1 415-555-0100`, without extension.
    pub fn international(&self) -> String {
        self.written(Style::International)
            .unwrap_or_else(|| format!("+{} {}", self.country_code, self.nsn()))
    }

    /// `(415) 555-0100`, without extension, with the trunk prefix people of the country dial.
    pub fn national(&self) -> String {
        self.written(Style::National).unwrap_or_else(|| self.nsn().to_owned())
    }

    /// `tel:+1-415-555-0100;ext=12`.
    pub fn rfc3966(&self) -> String {
        let mut text = self
            .written(Style::Rfc3966)
            .unwrap_or_else(|| format!("tel:{}", self.e164));
        if let Some(extension) = &self.extension {
            text.push_str(";ext=");
            text.push_str(extension);
        }
        text
    }

    /// As a person at home would write it: national if the number is of their region, else
    /// international; an extension as ` ext. 12`.
    pub fn display(&self, home: &Home) -> String {
        let local = home.region.is_some() && home.region == self.region;
        let mut text = if local { self.national() } else { self.international() };
        if let Some(extension) = &self.extension {
            text.push_str(" ext. ");
            text.push_str(extension);
        }
        text
    }

    fn written(&self, style: Style) -> Option<String> {
        reader::write(reader::chosen(), self.country_code, self.nsn(), style)
    }
}

impl PartialEq for PhoneNumber {
    fn eq(&self, other: &PhoneNumber) -> bool {
        self.e164 == other.e164 && self.extension == other.extension
    }
}

impl Eq for PhoneNumber {}

impl Hash for PhoneNumber {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.e164.hash(state);
        self.extension.hash(state);
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber(+{} {})", self.country_code, masked(self.nsn()))
    }
}
