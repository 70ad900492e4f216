//! The country whose habits a number is read with.

use std::fmt;
use std::str::FromStr;

use crate::reader;

/// An ISO 3166-1 alpha-2 code, upper case, that the number library has a plan for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; 2]);

impl Region {
    /// Every region with a plan, sorted by code.
    pub fn all() -> Vec<Region> {
        let mut all = reader::regions(reader::chosen());
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The two letters, such as `DE`.
    pub fn as_str(&self) -> &str {
        // Only `from_letters` makes one, from two ASCII letters.
        std::str::from_utf8(&self.0).unwrap_or("ZZ")
    }

    /// The country calling code, such as 49.
    pub fn country_code(self) -> Option<u16> {
        reader::country_code(reader::chosen(), self)
    }

    /// Two ASCII letters, made upper case, whether or not anybody lives there.
    pub(crate) fn from_letters(text: &str) -> Option<Region> {
        match *text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Region([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }
}

impl FromStr for Region {
    type Err = RegionError;

    /// Reads `de` or `DE`; surrounding blanks do not matter.
    fn from_str(text: &str) -> Result<Region, RegionError> {
        let letters = text.trim();
        Region::from_letters(letters)
            .filter(|region| region.country_code().is_some())
            .ok_or_else(|| RegionError {
                given: letters.chars().take(20).collect(),
            })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no country that has a numbering plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionError {
    given: String,
}

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.given.is_empty() {
            return f.write_str("no country given; write its two letters, such as US, GB or DE");
        }
        write!(
            f,
            "{:?} is not a country with phone numbers; write its two letters, such as US, GB (not UK) or DE",
            self.given
        )
    }
}

impl std::error::Error for RegionError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_two_letters_in_any_case() {
        assert_eq!(" de ".parse::<Region>().unwrap().as_str(), "DE");
        assert_eq!("GB".parse::<Region>().unwrap().country_code(), Some(44));
    }

    #[test]
    fn refuses_what_has_no_plan_and_says_what_to_write() {
        for bad in ["", "UK", "ZZ", "USA", "1", "Ü"] {
            let words = bad.parse::<Region>().unwrap_err().to_string();
            assert!(words.contains("two letters"), "{bad}: {words}");
        }
    }

    #[test]
    fn lists_the_whole_world_once() {
        let all = Region::all();
        assert!(all.len() > 240);
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(all.iter().all(|region| region.as_str().parse() == Ok(*region)));
    }
}
