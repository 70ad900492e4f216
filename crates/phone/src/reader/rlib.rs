//! The main reader: the crate `rlibphonenumber`.

use rlibphonenumber::{
    CountryCodeSource, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region as Code,
};

use super::{CodeFrom, Parsed, Reader, Style};
use crate::{Line, Region};

pub(super) struct Rlib;

impl Reader for Rlib {
    fn name(&self) -> &'static str {
        "rlibphonenumber 2.2.15"
    }

    fn regions(&self) -> Vec<Region> {
        PHONE_NUMBER_UTIL
            .get_supported_regions()
            .filter_map(from_code)
            .collect()
    }

    fn country_code(&self, region: Region) -> Option<u16> {
        PHONE_NUMBER_UTIL
            .get_country_code_for_region(to_code(region)?)?
            .try_into()
            .ok()
    }

    fn parse(&self, text: &str, home: Option<Region>) -> Option<Parsed> {
        let number = PHONE_NUMBER_UTIL
            .parse_and_keep_raw_input(text, home.and_then(to_code))
            .ok()?;
        let valid = PHONE_NUMBER_UTIL.is_valid_number(&number);
        let (region, line) = if valid {
            (
                PHONE_NUMBER_UTIL.get_region_for_number(&number).and_then(from_code),
                line(PHONE_NUMBER_UTIL.get_number_type(&number)),
            )
        } else {
            (None, Line::Other)
        };
        let code_from = match number.country_code_source() {
            CountryCodeSource::FromNumberWithPlusSign => CodeFrom::Plus,
            CountryCodeSource::FromNumberWithIdd => CodeFrom::Prefix,
            CountryCodeSource::FromNumberWithoutPlusSign => CodeFrom::Digits,
            CountryCodeSource::FromDefaultCountry | CountryCodeSource::Unspecified => CodeFrom::Home,
        };
        Some(Parsed {
            country_code: number.country_code.try_into().ok()?,
            nsn: number.get_national_significant_number(),
            extension: number.extension.filter(|digits| !digits.is_empty()),
            valid,
            region,
            line,
            code_from,
        })
    }

    fn write(&self, country_code: u16, nsn: &str, style: Style) -> Option<String> {
        let zeros = nsn.len() - nsn.trim_start_matches('0').len();
        let mut number = PhoneNumber {
            country_code: country_code.into(),
            national_number: nsn.parse().ok()?,
            ..PhoneNumber::default()
        };
        if zeros > 0 {
            number.italian_leading_zero = Some(true);
            number.number_of_leading_zeros = Some(zeros.try_into().ok()?);
        }
        let style = match style {
            Style::International => PhoneNumberFormat::International,
            Style::National => PhoneNumberFormat::National,
            Style::Rfc3966 => PhoneNumberFormat::RFC3966,
        };
        Some(number.format_as(style).into_owned())
    }
}

fn to_code(region: Region) -> Option<Code> {
    Code::from_code(region.as_str()).ok()
}

/// None for "001", the library's word for codes that belong to no country.
fn from_code(code: Code) -> Option<Region> {
    Region::from_letters(code.as_region_str().as_str())
}

fn line(kind: PhoneNumberType) -> Line {
    match kind {
        PhoneNumberType::FixedLine => Line::FixedLine,
        PhoneNumberType::Mobile => Line::Mobile,
        PhoneNumberType::FixedLineOrMobile => Line::FixedOrMobile,
        PhoneNumberType::TollFree => Line::TollFree,
        PhoneNumberType::PremiumRate => Line::Premium,
        PhoneNumberType::VoIP => Line::Voip,
        PhoneNumberType::SharedCost
        | PhoneNumberType::PersonalNumber
        | PhoneNumberType::Pager
        | PhoneNumberType::UAN
        | PhoneNumberType::VoiceMail
        | PhoneNumberType::Unknown => Line::Other,
    }
}
