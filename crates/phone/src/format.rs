//! Ways to write numbers: built-in names, and the user's masks.

use std::fmt;
use std::str::FromStr;

use crate::groups::Named;
use crate::mask::Mask;
use crate::{PhoneNumber, Region};

/// A way to write numbers: a name (`E.164`, `international`, `national digits`, …) or an App Connect mask.
///
/// In a mask each `*` or `#` takes one digit of the national significant number, `{e164}`, `{cc}` and
/// `{ext}` stand for the whole number, the country code and the extension, and everything else for itself.
/// `DE: 0*** *******` is for numbers of Germany only. `Display` gives back what [`FromStr`] reads.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Format {
    scope: Option<Region>,
    way: Way,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Way {
    Named(Named),
    Mask(Mask),
}

impl Format {
    pub(crate) fn named(name: Named) -> Format {
        Format {
            scope: None,
            way: Way::Named(name),
        }
    }

    /// Names of the built-in formats.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Named::ALL.into_iter().map(Named::as_str)
    }

    /// Reads several, with commas between them. Blanks around them and empty ones do not matter.
    pub fn parse_list(text: &str) -> Result<Vec<Format>, FormatError> {
        let mut formats = Vec::new();
        let mut before = 0;
        for item in text.split(',') {
            if !item.trim().is_empty() {
                formats.push(parse(item).map_err(|error| error.after(before))?);
            }
            before += item.chars().count() + 1;
        }
        Ok(formats)
    }

    /// Writes a number. None if the format does not fit it: another country, a mask with more or fewer
    /// places than the number has digits, no extension where one is asked for.
    pub fn apply(&self, number: &PhoneNumber) -> Option<String> {
        if self.scope.is_some() && self.scope != number.region() {
            return None;
        }
        match &self.way {
            Way::Named(name) => name.apply(number),
            Way::Mask(mask) => mask.apply(number),
        }
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Format, FormatError> {
        if let Some(at) = text.chars().position(|sign| sign == ',') {
            return Err(FormatError::new(
                at + 1,
                "a comma separates two formats; write one here",
            ));
        }
        parse(text)
    }
}

fn parse(text: &str) -> Result<Format, FormatError> {
    let blanks = |text: &str| text.chars().take_while(|sign| sign.is_whitespace()).count();
    let mut before = blanks(text);
    let mut text = text.trim();
    let mut scope = None;
    if let Some((letters, rest)) = text.split_once(':')
        && letters.trim_end().len() == 2
        && letters.trim_end().bytes().all(|letter| letter.is_ascii_alphabetic())
    {
        scope = Some(
            letters
                .parse::<Region>()
                .map_err(|error| FormatError::new(before + 1, error.to_string()))?,
        );
        before += letters.chars().count() + 1 + blanks(rest);
        text = rest.trim();
    }
    let way = match Named::from_name(text) {
        Some(name) => Way::Named(name),
        None => Way::Mask(Mask::parse(text).map_err(|error| error.after(before))?),
    };
    Ok(Format { scope, way })
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(region) = self.scope {
            write!(f, "{region}: ")?;
        }
        match &self.way {
            Way::Named(name) => f.write_str(name.as_str()),
            Way::Mask(mask) => mask.fmt(f),
        }
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Format({self})")
    }
}

/// Why a text is no format, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatError {
    position: usize,
    words: String,
}

impl FormatError {
    pub(crate) fn new(position: usize, words: impl Into<String>) -> FormatError {
        FormatError {
            position,
            words: words.into(),
        }
    }

    /// Moves the position by the characters that stand before the part it was found in.
    fn after(self, characters: usize) -> FormatError {
        FormatError {
            position: self.position + characters,
            ..self
        }
    }

    /// Which character of the text is wrong, counted from 1.
    pub fn position(&self) -> usize {
        self.position
    }

    /// What is wrong and what to do, without the position.
    pub fn words(&self) -> &str {
        &self.words
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}", self.position, self.words)
    }
}

impl std::error::Error for FormatError {}
