//! One number, written the ways that CRMs may hold it.

use std::fmt;

use crate::groups::Named;
use crate::{Format, PhoneNumber};

/// The most forms of one number: as many queries as a CRM is asked about one call.
pub const MAX_FORMS: usize = 10;

/// One number written in one format.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Form {
    /// The format as shown and as [`Format`] reads it: `E.164`, `national`, `(###) ###-####`.
    pub format: String,
    /// The number, written so.
    pub text: String,
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Form({}: {} characters)", self.format, self.text.chars().count())
    }
}

/// The number in the user's formats, as far as they fit, then in those that people of its country use.
///
/// At most [`MAX_FORMS`], each text once, the likeliest first. The order by country is a greedy choice over a
/// model of stored forms: six to nine of them find about 95 % of what that model says a CRM holds.
pub fn forms(number: &PhoneNumber, user: &[Format]) -> Vec<Form> {
    let usual = usual(number.country_code()).map(|usual| match usual {
        Usual::Name(name) => Format::named(*name),
        Usual::Mask(mask) => mask.parse().unwrap_or_else(|_| Format::named(Named::E164)),
    });
    let mut forms: Vec<Form> = Vec::with_capacity(MAX_FORMS);
    for format in user.iter().cloned().chain(usual) {
        if forms.len() == MAX_FORMS {
            break;
        }
        let text = format
            .apply(number)
            .filter(|text| !forms.iter().any(|form| form.text == *text));
        forms.extend(text.map(|text| Form {
            format: format.to_string(),
            text,
        }));
    }
    forms
}

enum Usual {
    Name(Named),
    Mask(&'static str),
}

/// The formats that people of a country use, likeliest first.
fn usual(country_code: u16) -> std::slice::Iter<'static, Usual> {
    use Named::*;
    use Usual::{Mask, Name};
    const NORTH_AMERICA: &[Usual] = &[
        Name(E164),
        Name(National),
        Mask("###-###-####"),
        Name(SignificantDigits),
        Name(Digits),
        Mask("+1 (###) ###-####"),
        Mask("+1-###-###-####"),
        Mask("###.###.####"),
        Mask("+1 ###-###-####"),
        Mask("1-###-###-####"),
    ];
    const BRITAIN: &[Usual] = &[
        Name(National),
        Name(E164),
        Name(NationalDigits),
        Name(International),
        Name(SpacedCode),
        Name(InternationalZero),
    ];
    const GERMAN_SPEAKING: &[Usual] = &[
        Name(International),
        Name(E164),
        Name(NationalDigits),
        Name(National),
        Name(InternationalZero),
        Name(NationalSlash),
        Name(ZeroZeroDigits),
        Name(NationalDash),
        Name(InternationalBrackets),
    ];
    const FRANCE: &[Usual] = &[
        Name(National),
        Name(E164),
        Name(International),
        Name(NationalDigits),
        Name(NationalDots),
        Name(InternationalZero),
    ];
    const JAPAN: &[Usual] = &[
        Name(National),
        Name(E164),
        Name(NationalDigits),
        Name(InternationalDashes),
        Name(InternationalSpaces),
        Name(NationalBrackets),
        Name(International),
    ];
    const AUSTRALIA: &[Usual] = &[
        Name(National),
        Name(E164),
        Name(NationalDigits),
        Name(International),
        Name(NationalSpaces),
        Name(Digits),
    ];
    const BRAZIL: &[Usual] = &[
        Name(National),
        Name(E164),
        Name(SignificantDigits),
        Name(International),
        Name(Digits),
        Name(InternationalBrackets),
    ];
    const INDIA: &[Usual] = &[
        Name(E164),
        Name(SignificantDigits),
        Name(International),
        Name(DashedCode),
        Name(Digits),
        Name(SpacedCode),
        Name(NationalDigits),
    ];
    const MEXICO: &[Usual] = &[
        Name(SignificantDigits),
        Name(E164),
        Name(National),
        Name(International),
        Name(Digits),
        Name(SpacedCode),
        Name(NationalBrackets),
        Name(OldMobile),
    ];
    const OTHERS: &[Usual] = &[
        Name(E164),
        Name(National),
        Name(International),
        Name(NationalDigits),
        Name(Digits),
        Name(ZeroZeroDigits),
    ];
    let family = match country_code {
        1 => NORTH_AMERICA,
        44 => BRITAIN,
        41 | 43 | 49 => GERMAN_SPEAKING,
        // Belgium and Spain write theirs the same way.
        32..=34 => FRANCE,
        81 => JAPAN,
        61 | 64 => AUSTRALIA,
        55 => BRAZIL,
        91 => INDIA,
        52 => MEXICO,
        _ => OTHERS,
    };
    family.iter()
}
