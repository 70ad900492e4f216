//! How a number is asked for: E.164, and the ways to write it as App Connect's masks.
//!
//! The server's connectors ask their CRM once for every mask, one after the other, so only a few are sent: the user's own,
//! as written, and where there are none, the likeliest of the number's country. A mask has a place (`#` or `*`) for every
//! digit of the national number and cannot hold a comma.

use ringside_domain::{
    connector::NumberForms,
    phone::{Form, PhoneNumber, Reading, forms},
};

/// So many automatic masks are sent, where the user has none: as many as App Connect itself has settings for.
const AUTOMATIC: usize = 3;

/// What goes into one `GET /contact`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// E.164, or the digits of an extension.
    pub number: String,
    pub is_extension: bool,
    /// For `overridingFormat`: joined by commas, empty if there are none.
    pub masks: String,
    /// Everything that the server is asked to look for, as written.
    pub forms: Vec<String>,
}

/// `None`: no number and no extension, so there is nothing to ask.
pub(super) fn asked(number: &NumberForms) -> Option<Asked> {
    match &number.reading {
        Reading::Number(line) => {
            let (masks, mut forms): (Vec<String>, Vec<String>) = sent(number, line)
                .filter_map(|form| mask(form, line.nsn()).map(|mask| (mask, form.text.clone())))
                .unzip();
            forms.insert(0, line.e164().to_owned());
            forms.dedup();
            Some(Asked {
                number: line.e164().to_owned(),
                is_extension: false,
                masks: masks.join(","),
                forms,
            })
        }
        Reading::Extension(extension) => Some(Asked {
            number: extension.as_str().to_owned(),
            is_extension: true,
            masks: String::new(),
            forms: vec![extension.as_str().to_owned()],
        }),
        Reading::SipAddress(_) | Reading::Withheld | Reading::Unreadable(_) => None,
    }
}

fn sent<'a>(number: &'a NumberForms, line: &PhoneNumber) -> Box<dyn Iterator<Item = &'a Form> + 'a> {
    let own = own(&number.forms, &forms(line, &[]));
    if own > 0 {
        return Box::new(number.forms[..own].iter());
    }
    let e164 = line.e164().to_owned();
    let others = number.forms.iter().filter(move |form| form.text != e164);
    Box::new(others.take(AUTOMATIC))
}

/// How many of the forms are the user's: they stand in front of the automatic ones, which leave out what is there already.
fn own(given: &[Form], automatic: &[Form]) -> usize {
    let follows = |own: usize| {
        let (mine, rest) = given.split_at(own);
        let new = automatic
            .iter()
            .filter(|form| mine.iter().all(|mine| mine.text != form.text));
        rest.iter()
            .map(|form| &form.text)
            .eq(new.map(|form| &form.text).take(rest.len()))
    };
    (0..given.len()).find(|own| follows(*own)).unwrap_or(given.len())
}

/// The form's own mask; or, for a format with a name, one that writes this number the same way.
fn mask(form: &Form, nsn: &str) -> Option<String> {
    let written = match form.format.split_once(':') {
        Some((region, mask)) if region.len() == 2 => mask.trim(),
        _ => &form.format,
    };
    if written.contains(['#', '*']) && !written.contains(['{', ',']) {
        return Some(written.to_owned());
    }
    if form.text.contains(['#', '*', ',']) {
        return None;
    }
    let digits: Vec<usize> = form
        .text
        .char_indices()
        .filter(|(_, sign)| sign.is_ascii_digit())
        .map(|(at, _)| at)
        .collect();
    let places = &digits[digits.len().checked_sub(nsn.len())?..];
    let same = places
        .iter()
        .zip(nsn.bytes())
        .all(|(at, digit)| form.text.as_bytes()[*at] == digit);
    same.then(|| {
        let place = |(at, sign): (usize, char)| if places.contains(&at) { '#' } else { sign };
        form.text.char_indices().map(place).collect()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ringside_domain::phone::{Format, Home, read};

    use super::*;

    fn ask(raw: &str, formats: &str) -> Asked {
        let reading = read(raw, &Home::default());
        let forms = reading
            .number()
            .map_or_else(Vec::new, |line| forms(line, &Format::parse_list(formats).unwrap()));
        asked(&NumberForms { reading, forms }).unwrap()
    }

    #[test]
    fn the_users_masks_go_out_as_written() {
        let asked = ask("+12025550142", "(***) ***-****, ###.###.####, DE: 0### #######");
        assert_eq!(asked.masks, "(***) ***-****,###.###.####");
        assert_eq!(asked.forms, ["+12025550142", "(202) 555-0142", "202.555.0142"]);
        assert_eq!(ask("+493023125000", "DE: 0## ########").masks, "0## ########");
        // A tenth format pushes the automatic ones out altogether.
        let ten: Vec<String> = (0..10).map(|number| format!("{number}-##########")).collect();
        assert_eq!(ask("+12025550142", &ten.join(",")).masks, ten.join(","));
    }

    #[test]
    fn named_formats_become_masks_and_without_any_the_likeliest_are_sent() {
        assert_eq!(
            ask("+442079460018", "international, {e164}").masks,
            "+44 ## #### ####,+44##########"
        );
        assert_eq!(ask("+12025550142", "").masks, "(###) ###-####,###-###-####,##########");
        assert_eq!(
            ask("+442079460018", "").masks,
            "0## #### ####,0##########,+44 ## #### ####"
        );
        // A country code that is the first digit of the national number too.
        assert_eq!(ask("+12015550142", "+1-###-###-####").masks, "+1-###-###-####");
    }

    #[test]
    fn an_extension_has_no_masks_and_nobody_else_is_asked_for() {
        let asked = ask("0142", "(###) ###-####");
        assert_eq!(
            (asked.number.as_str(), asked.is_extension, asked.masks.as_str()),
            ("0142", true, "")
        );
        for raw in ["", "anonymous", "sip:anna@example.com"] {
            let reading = read(raw, &Home::default());
            assert_eq!(
                super::asked(&NumberForms {
                    reading,
                    forms: Vec::new()
                }),
                None
            );
        }
    }
}
