//! The built-in formats. Those that libraries do not offer regroup what they write.

use crate::PhoneNumber;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Named {
    E164,
    International,
    National,
    Rfc3966,
    Digits,
    SignificantDigits,
    NationalDigits,
    ZeroZeroDigits,
    SpacedCode,
    DashedCode,
    InternationalSpaces,
    InternationalDashes,
    InternationalBrackets,
    InternationalZero,
    NationalSpaces,
    NationalDots,
    NationalSlash,
    NationalDash,
    NationalBrackets,
    OldMobile,
}

impl Named {
    pub const ALL: [Named; 20] = [
        Named::E164,
        Named::International,
        Named::National,
        Named::Rfc3966,
        Named::Digits,
        Named::SignificantDigits,
        Named::NationalDigits,
        Named::ZeroZeroDigits,
        Named::SpacedCode,
        Named::DashedCode,
        Named::InternationalSpaces,
        Named::InternationalDashes,
        Named::InternationalBrackets,
        Named::InternationalZero,
        Named::NationalSpaces,
        Named::NationalDots,
        Named::NationalSlash,
        Named::NationalDash,
        Named::NationalBrackets,
        Named::OldMobile,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Named::E164 => "E.164",
            Named::International => "international",
            Named::National => "national",
            Named::Rfc3966 => "RFC 3966",
            Named::Digits => "digits",
            Named::SignificantDigits => "significant digits",
            Named::NationalDigits => "national digits",
            Named::ZeroZeroDigits => "00 digits",
            Named::SpacedCode => "spaced code",
            Named::DashedCode => "dashed code",
            Named::InternationalSpaces => "international spaces",
            Named::InternationalDashes => "international dashes",
            Named::InternationalBrackets => "international brackets",
            Named::InternationalZero => "international (0)",
            Named::NationalSpaces => "national spaces",
            Named::NationalDots => "national dots",
            Named::NationalSlash => "national slash",
            Named::NationalDash => "national dash",
            Named::NationalBrackets => "national brackets",
            Named::OldMobile => "old mobile",
        }
    }

    /// Any case; `E164` and `RFC3966` too.
    pub fn from_name(text: &str) -> Option<Named> {
        let plain = |text: &str| text.to_ascii_lowercase().replace([' ', '.'], "");
        Named::ALL.into_iter().find(|name| plain(name.as_str()) == plain(text))
    }

    /// None where a number is not written so: no trunk zero, no groups, another country.
    pub fn apply(self, number: &PhoneNumber) -> Option<String> {
        let code = number.country_code();
        let text = match self {
            Named::E164 => number.e164().to_owned(),
            Named::International => number.international(),
            Named::National => number.national(),
            Named::Rfc3966 => number.rfc3966(),
            Named::Digits => number.e164().trim_start_matches('+').to_owned(),
            Named::SignificantDigits => number.nsn().to_owned(),
            Named::NationalDigits => national(number).concat(),
            Named::ZeroZeroDigits => format!("00{code}{}", number.nsn()),
            Named::SpacedCode => format!("+{code} {}", number.nsn()),
            Named::DashedCode => format!("+{code}-{}", number.nsn()),
            Named::InternationalSpaces => format!("+{code} {}", international(number)?.join(" ")),
            Named::InternationalDashes => format!("+{code}-{}", international(number)?.join("-")),
            Named::InternationalBrackets => format!("+{code} {}", in_brackets(&international(number)?)?),
            Named::InternationalZero => with_trunk_zero(number)?,
            Named::NationalSpaces => national(number).join(" "),
            Named::NationalDots => national(number).join("."),
            Named::NationalSlash => area_apart(&national(number), '/')?,
            Named::NationalDash => area_apart(&national(number), '-')?,
            Named::NationalBrackets => in_brackets(&national(number))?,
            Named::OldMobile => old_mobile(number)?,
        };
        Some(text)
    }
}

/// The groups people speak, with the trunk prefix.
fn national(number: &PhoneNumber) -> Vec<String> {
    digit_groups(&number.national())
}

/// The groups people speak, without country code; none if the library writes the number with more than its digits.
fn international(number: &PhoneNumber) -> Option<Vec<String>> {
    let groups: Vec<String> = digit_groups(&number.international()).into_iter().skip(1).collect();
    (groups.concat() == number.nsn()).then_some(groups)
}

fn digit_groups(text: &str) -> Vec<String> {
    text.split(|sign: char| !sign.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .map(str::to_owned)
        .collect()
}

/// `(03) 1234-5678`.
fn in_brackets(groups: &[String]) -> Option<String> {
    let (area, rest) = groups.split_first().filter(|(_, rest)| !rest.is_empty())?;
    Some(format!("({area}) {}", rest.join("-")))
}

/// `030/123456`, `044-668 18 00`.
fn area_apart(groups: &[String], joint: char) -> Option<String> {
    let (area, rest) = groups.split_first().filter(|(_, rest)| !rest.is_empty())?;
    Some(format!("{area}{joint}{}", rest.join(" ")))
}

/// `+49 (0)30 123456`, where people at home dial that zero.
fn with_trunk_zero(number: &PhoneNumber) -> Option<String> {
    let dialled = national(number).concat();
    if dialled.strip_prefix('0') != Some(number.nsn()) {
        return None;
    }
    let rest = number
        .international()
        .split_once(' ')
        .map(|(_, rest)| rest.to_owned())?;
    Some(format!("+{} (0){rest}", number.country_code()))
}

/// `+52 1 55 1234 5678`: Mexico before 2019.
fn old_mobile(number: &PhoneNumber) -> Option<String> {
    let groups = (number.country_code() == 52).then(|| international(number)).flatten()?;
    Some(format!("+52 1 {}", groups.join(" ")))
}
