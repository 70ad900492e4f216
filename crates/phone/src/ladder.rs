//! The ladder: what to try, one rung after the other, until a text is a valid number.
//!
//! 1. As it stands, with the home region. A text with a plus needs none, and one reader goes wrong with one.
//! 2. Without `(0)`.
//! 3. Without the digit that gets a call out of the exchange.
//! 4. `00` and `011` taken for a plus.
//! 5. Bare digits taken for a number with its country code.
//! 6. Without a zero that nobody dials there.
//!
//! Only if no rung gives a valid number are they climbed again for numbers from before a change of plan.

use crate::digit;
use crate::reader::{self, CodeFrom, Parsed, Reader};
use crate::{Home, Region, alias};

/// A valid number and how it was found.
pub(crate) struct Found {
    pub parsed: Parsed,
    /// The second reading of bare digits, in E.164.
    pub alternate: Option<String>,
    /// Found only by the table of plan changes.
    pub rewritten: bool,
}

pub(crate) struct Ladder<'a> {
    pub reader: &'a dyn Reader,
    pub home: &'a Home,
}

impl Ladder<'_> {
    /// Climbs the ladder for plain text of a single number.
    pub fn climb(&self, text: &str) -> Option<Found> {
        if text.len() > reader::MAX_BYTES || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let valid = |parsed: Parsed| parsed.valid.then_some(parsed);
        if let Some(parsed) = self.rungs(text, &valid) {
            let alternate = self.alternate(text, &parsed);
            return Some(Found {
                parsed,
                alternate,
                rewritten: false,
            });
        }
        let old = |parsed: Parsed| alias::rewritten(self.reader, &parsed);
        let parsed = self.rungs(text, &old)?;
        Some(Found {
            parsed,
            alternate: None,
            rewritten: true,
        })
    }

    fn rungs(&self, text: &str, accept: &dyn Fn(Parsed) -> Option<Parsed>) -> Option<Parsed> {
        self.as_it_stands(text, accept)
            .or_else(|| self.dialled_out(text, accept))
            .or_else(|| self.prefix_as_plus(text, accept))
            .or_else(|| self.with_plus(text, accept))
            .or_else(|| self.without_zero(text, accept))
    }

    fn as_it_stands(&self, text: &str, accept: &dyn Fn(Parsed) -> Option<Parsed>) -> Option<Parsed> {
        self.parse(text, accept)
            .or_else(|| self.parse(&without_trunk_zero(text)?, accept))
    }

    fn dialled_out(&self, text: &str, accept: &dyn Fn(Parsed) -> Option<Parsed>) -> Option<Parsed> {
        let prefix = self
            .home
            .outside_prefix
            .as_deref()
            .filter(|prefix| !prefix.is_empty())?;
        let rest = start(text).strip_prefix(prefix)?.trim_start();
        self.as_it_stands(rest, accept)
            .or_else(|| self.prefix_as_plus(rest, accept))
    }

    fn prefix_as_plus(&self, text: &str, accept: &dyn Fn(Parsed) -> Option<Parsed>) -> Option<Parsed> {
        let text = start(text);
        let digits = text.strip_prefix('+').unwrap_or(text);
        let rest = digits.strip_prefix("00").or_else(|| digits.strip_prefix("011"))?;
        self.as_it_stands(&format!("+{}", start(rest)), accept)
            .map(|parsed| Parsed {
                code_from: CodeFrom::Prefix,
                ..parsed
            })
    }

    fn with_plus(&self, text: &str, accept: &dyn Fn(Parsed) -> Option<Parsed>) -> Option<Parsed> {
        let text = start(text);
        if text.starts_with(['+', '0']) || digit::digits(text).len() < 8 {
            return None;
        }
        // E.164 has at most 15 digits; what is longer was never dialled with its country code.
        let parsed = self.as_it_stands(&format!("+{text}"), accept)?;
        (parsed.e164().len() <= 16).then_some(Parsed {
            code_from: CodeFrom::Digits,
            ..parsed
        })
    }

    fn without_zero(&self, text: &str, accept: &dyn Fn(Parsed) -> Option<Parsed>) -> Option<Parsed> {
        self.as_it_stands(start(text).strip_prefix('0')?, accept)
    }

    /// Bare digits that are valid at home may have been meant with the country code in front.
    fn alternate(&self, text: &str, parsed: &Parsed) -> Option<String> {
        if !matches!(parsed.code_from, CodeFrom::Home | CodeFrom::Digits)
            || text.starts_with('(')
            || digit::has_letters(text)
        {
            return None;
        }
        let other = self.with_plus(text, &|parsed| parsed.valid.then_some(parsed))?.e164();
        (other != parsed.e164()).then_some(other)
    }

    fn parse(&self, text: &str, accept: &dyn Fn(Parsed) -> Option<Parsed>) -> Option<Parsed> {
        let home: Option<Region> = if start(text).starts_with('+') {
            None
        } else {
            self.home.region
        };
        reader::parse(self.reader, text, home).and_then(accept)
    }
}

/// The text from its first plus or digit.
fn start(text: &str) -> &str {
    text.trim_start_matches(|sign: char| !sign.is_ascii_digit() && sign != '+')
}

/// `+49 (0)30 ...` as people print it on cards: the zero is for callers at home.
fn without_trunk_zero(text: &str) -> Option<String> {
    ["(0)", "( 0 )", "[0]"]
        .iter()
        .find(|zero| text.contains(**zero))
        .map(|zero| text.replacen(zero, " ", 1))
}
