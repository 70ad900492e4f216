//! The second reader: the crate `phonenumber`, to compare with.

use std::fmt::Write;

use phonenumber::country::Source;
use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, Type};

use super::{CodeFrom, Parsed, Reader, Style};
use crate::{Line, Region};

pub(super) struct Second;

impl Reader for Second {
    fn name(&self) -> &'static str {
        "phonenumber 0.3.10"
    }

    fn regions(&self) -> Vec<Region> {
        DATABASE
            .iter()
            .filter_map(|plan| Region::from_letters(plan.id()))
            .collect()
    }

    fn country_code(&self, region: Region) -> Option<u16> {
        Some(DATABASE.by_id(region.as_str())?.country_code())
    }

    fn parse(&self, text: &str, home: Option<Region>) -> Option<Parsed> {
        let home = home.and_then(|region| region.as_str().parse().ok());
        let number = phonenumber::parse(home, text).ok()?;
        let valid = number.is_valid();
        let (region, line) = if valid {
            let region = number.country().id().and_then(|id| Region::from_letters(id.as_ref()));
            (region, line(number.number_type(&DATABASE)))
        } else {
            (None, Line::Other)
        };
        Some(Parsed {
            country_code: number.code().value(),
            nsn: number.national().to_string(),
            extension: number
                .extension()
                .map(|digits| digits.to_string())
                .filter(|digits| !digits.is_empty()),
            valid,
            region,
            line,
            code_from: match number.code().source() {
                Source::Plus => CodeFrom::Plus,
                Source::Idd => CodeFrom::Prefix,
                Source::Number => CodeFrom::Digits,
                Source::Default => CodeFrom::Home,
            },
        })
    }

    fn write(&self, country_code: u16, nsn: &str, style: Style) -> Option<String> {
        // The crate makes numbers only by parsing, and then sometimes a different one: never write that.
        let number = phonenumber::parse(None, format!("+{country_code}{nsn}")).ok()?;
        if number.code().value() != country_code || number.national().to_string() != nsn {
            return None;
        }
        let mode = match style {
            Style::International => Mode::International,
            Style::National => Mode::National,
            Style::Rfc3966 => Mode::Rfc3966,
        };
        let mut text = String::new();
        write!(text, "{}", number.format().mode(mode)).ok()?;
        Some(text)
    }
}

fn line(kind: Type) -> Line {
    match kind {
        Type::FixedLine => Line::FixedLine,
        Type::Mobile => Line::Mobile,
        Type::FixedLineOrMobile => Line::FixedOrMobile,
        Type::TollFree => Line::TollFree,
        Type::PremiumRate => Line::Premium,
        Type::Voip => Line::Voip,
        _ => Line::Other,
    }
}
