//! The number library, behind one small trait.
//!
//! No other module names a library. Libraries differ a great deal in what they get right (the README
//! has the figures), so this one stays replaceable, and `--features reader-phonenumber` builds
//! Ringside on the other one. Text longer than 250 bytes is never handed over, and a panic inside a
//! library is caught: to us it is "not a number".

mod rlib;
#[cfg(feature = "reader-phonenumber")]
mod second;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Line, Region};

/// The longest text a library is given, in bytes; Google's own library has the same limit.
pub const MAX_BYTES: usize = 250;

/// What a number library can do for us. Implementations may panic; callers use this module's functions.
pub trait Reader: Sync {
    /// Name and version, for the trace.
    fn name(&self) -> &'static str;
    /// The regions with a plan, in any order.
    fn regions(&self) -> Vec<Region>;
    /// The calling code of a region with a plan.
    fn country_code(&self, region: Region) -> Option<u16>;
    /// Reads one number, without a scheme or display name around it; `home` is for text without country code.
    fn parse(&self, text: &str, home: Option<Region>) -> Option<Parsed>;
    /// Writes a number, given as country code and national significant number.
    fn write(&self, country_code: u16, nsn: &str, style: Style) -> Option<String>;
}

/// What a library read, valid or not.
#[derive(Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The country calling code.
    pub country_code: u16,
    /// The national significant number: ASCII digits, with the leading zeros that belong to it.
    pub nsn: String,
    /// Digits of an extension, as the library gives them.
    pub extension: Option<String>,
    /// Whether the plan of the country has such a number.
    pub valid: bool,
    /// The region of a valid number; none for non-geographic codes such as +800.
    pub region: Option<Region>,
    /// What kind of line a valid number is.
    pub line: Line,
    /// Where the country code came from.
    pub code_from: CodeFrom,
}

impl Parsed {
    /// `+`, country code and national significant number.
    pub fn e164(&self) -> String {
        format!("+{}{}", self.country_code, self.nsn)
    }
}

/// Where a number's country code came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeFrom {
    /// After a plus.
    Plus,
    /// After an international prefix such as 00 or 011.
    Prefix,
    /// Bare digits that begin with it.
    Digits,
    /// Not in the text: the home region's.
    Home,
}

/// The ways a library can write a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    International,
    National,
    Rfc3966,
}

/// The reader that Ringside was built with.
pub fn chosen() -> &'static dyn Reader {
    #[cfg(feature = "reader-phonenumber")]
    return &second::Second;
    #[cfg(not(feature = "reader-phonenumber"))]
    return &rlib::Rlib;
}

/// Every reader in this build, the main one first; the differential test measures them all.
pub fn all() -> Vec<&'static dyn Reader> {
    vec![
        &rlib::Rlib,
        #[cfg(feature = "reader-phonenumber")]
        &second::Second,
    ]
}

/// Name and version of the number library in use.
pub fn reader_name() -> &'static str {
    chosen().name()
}

/// Loads the number library (20 to 100 ms) so that the first call does not wait for it.
///
/// Call it on a background thread at start. Calling it again costs nothing.
pub fn warm_up() {
    for number in ["+14155550100", "+442079460018", "+493023125012"] {
        if let Some(parsed) = parse(chosen(), number, None) {
            write(chosen(), parsed.country_code, &parsed.nsn, Style::National);
        }
    }
}

/// Reads one text with a library and nothing else: no ladder. None also for over-long text and panics.
pub fn parse(reader: &dyn Reader, text: &str, home: Option<Region>) -> Option<Parsed> {
    if text.len() > MAX_BYTES {
        return None;
    }
    guarded(|| reader.parse(text, home))
}

pub(crate) fn write(reader: &dyn Reader, country_code: u16, nsn: &str, style: Style) -> Option<String> {
    guarded(|| reader.write(country_code, nsn, style))
}

pub(crate) fn regions(reader: &dyn Reader) -> Vec<Region> {
    guarded(|| Some(reader.regions())).unwrap_or_default()
}

pub(crate) fn country_code(reader: &dyn Reader, region: Region) -> Option<u16> {
    guarded(|| reader.country_code(region))
}

fn guarded<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok().flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    struct Broken;

    impl Reader for Broken {
        fn name(&self) -> &'static str {
            "broken"
        }
        fn regions(&self) -> Vec<Region> {
            panic!("regions")
        }
        fn country_code(&self, _: Region) -> Option<u16> {
            panic!("country_code")
        }
        fn parse(&self, text: &str, _: Option<Region>) -> Option<Parsed> {
            panic!("parse of {} bytes", text.len())
        }
        fn write(&self, _: u16, _: &str, _: Style) -> Option<String> {
            panic!("write")
        }
    }

    #[test]
    fn a_panic_in_a_library_is_not_a_number() {
        assert!(parse(&Broken, "+14155550100", None).is_none());
        assert!(write(&Broken, 1, "4155550100", Style::National).is_none());
        assert!(regions(&Broken).is_empty());
        let reading = crate::read_with(&Broken, "+14155550100", &crate::Home::default());
        assert!(matches!(reading, crate::Reading::Unreadable(_)));
    }

    #[test]
    fn a_library_never_sees_more_than_the_cap() {
        let long = format!("+1415555{}0100", "-".repeat(MAX_BYTES));
        assert!(parse(chosen(), &long, None).is_none());
        assert!(parse(chosen(), "+14155550100", None).is_some_and(|parsed| parsed.valid));
    }
}
