//! How a number is asked for: E.164, and the ways to write it as App Connect's masks.
//!
//! A mask has a place (`#` or `*`) for every digit of the national number and cannot hold a comma. Connectors ask their CRM for
//! every mask, one after the other, and never stop at a hit, so masks cost time; worse, for some of them a number *with* masks
//! finds fewer people than one without (`vendor.rs` says which). What the vendor's own client does, which sends only the masks
//! that its user typed, leaves those unknown who are stored in another way. So:
//!
//! - Nobody whom that client finds is lost: where it sends no masks and they could hide somebody, we ask without them too.
//! - E.164 is the first mask: that is how connectors write the number of a contact that they create, and not all look for it.
//! - A connector for which masks do nothing, or harm, gets none: one question.
//! - Insightly and Clio, known to need them, get them at once: one question, and in it what an empty one would have asked.
//! - Anybody else's is asked without masks, and with the likeliest ones only where that finds nobody. Which of the two found
//!   somebody last on this connection goes first, so a caller who is known costs one question; on Refresh, both are asked.
//! - Where the user has masks of their own, these are sent, as the vendor's client does: one question.

use ringside_domain::{
    connector::NumberForms,
    phone::{Form, Format, Home, PhoneNumber, Reading, forms, read},
};

use super::vendor::{self, Masks};

/// So many automatic masks are sent beside E.164, where the user has none: as many as App Connect itself has settings for.
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

/// One way to write a number.
struct Written {
    mask: String,
    text: String,
}

/// The questions about one number; each one after the first is for the case that those before it found nobody. None: there
/// is no number and no extension, so there is nothing to ask. `masks_hit`: masks found somebody last.
pub(super) fn questions(number: &NumberForms, platform: &str, masks_hit: bool) -> Vec<Asked> {
    let line = match &number.reading {
        Reading::Number(line) => line,
        Reading::Extension(extension) => {
            return vec![Asked {
                number: extension.as_str().to_owned(),
                is_extension: true,
                masks: String::new(),
                forms: vec![extension.as_str().to_owned()],
            }];
        }
        Reading::SipAddress(_) | Reading::Withheld | Reading::Unreadable(_) => return Vec::new(),
    };
    let plain = || asked(line, Vec::new(), platform);
    let (own, usual) = number.forms.split_at(own(&number.forms, &forms(line, &[])));
    let kind = vendor::masks(platform);
    if kind == Masks::Useless {
        return vec![plain()];
    }
    let mine = written(own, line);
    if !mine.is_empty() {
        return vec![asked(line, mine, platform)];
    }
    let mut likely = written(usual, line);
    if kind == Masks::Instead {
        // What the connector looks for where there are no masks.
        let bare = Written {
            mask: "#".repeat(line.nsn().len()),
            text: line.nsn().to_owned(),
        };
        likely.retain(|one| one.text != bare.text);
        likely.insert(0, bare);
    }
    likely.retain(|one| one.text != line.e164());
    likely.truncate(AUTOMATIC);
    let masked = asked(line, likely, platform);
    match kind {
        Masks::Unknown if masks_hit => vec![masked, plain()],
        Masks::Unknown => vec![plain(), masked],
        Masks::Useless | Masks::Beside | Masks::Instead => vec![masked],
    }
}

/// The user's formats among those that a number came in.
pub(super) fn formats(number: &NumberForms) -> Vec<Format> {
    let Reading::Number(line) = &number.reading else {
        return Vec::new();
    };
    let own = &number.forms[..own(&number.forms, &forms(line, &[]))];
    own.iter().filter_map(|form| form.format.parse().ok()).collect()
}

/// A number that nobody calls from just now, in the forms in which a caller's comes.
pub(super) fn forms_of(number: &str, formats: &[Format]) -> NumberForms {
    let reading = read(number, &Home::default());
    let forms = reading.number().map_or_else(Vec::new, |line| forms(line, formats));
    NumberForms { reading, forms }
}

/// One question: without masks where there are none, else with that of E.164 in front of them.
fn asked(line: &PhoneNumber, mut masks: Vec<Written>, platform: &str) -> Asked {
    let e164 = line.e164();
    if !masks.is_empty()
        && let Some(mask) = placed(e164, line.nsn())
    {
        masks.retain(|one| one.text != e164);
        let text = e164.to_owned();
        masks.insert(0, Written { mask, text });
    }
    let mut forms: Vec<String> = masks.iter().map(|one| one.text.clone()).collect();
    if forms.first().is_none_or(|first| first != e164) {
        forms.insert(0, e164.to_owned());
    }
    let mask = |one: Written| {
        if vendor::pastes(platform) {
            one.mask.replace('%', "%25").replace('+', "%2B").replace('&', "%26")
        } else {
            one.mask
        }
    };
    Asked {
        number: e164.to_owned(),
        is_extension: false,
        masks: masks.into_iter().map(mask).collect::<Vec<_>>().join(","),
        forms,
    }
}

fn written(forms: &[Form], line: &PhoneNumber) -> Vec<Written> {
    let of = |form: &Form| {
        let text = form.text.clone();
        mask(form, line.nsn()).map(|mask| Written { mask, text })
    };
    forms.iter().filter_map(of).collect()
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
    placed(&form.text, nsn)
}

/// A text that ends in the digits of the national number, as a mask with places for them.
fn placed(text: &str, nsn: &str) -> Option<String> {
    if text.contains(['#', '*', ',']) {
        return None;
    }
    let digits: Vec<usize> = text
        .char_indices()
        .filter(|(_, sign)| sign.is_ascii_digit())
        .map(|(at, _)| at)
        .collect();
    let places = &digits[digits.len().checked_sub(nsn.len())?..];
    let same = places
        .iter()
        .zip(nsn.bytes())
        .all(|(at, digit)| text.as_bytes()[*at] == digit);
    same.then(|| {
        let place = |(at, sign): (usize, char)| if places.contains(&at) { '#' } else { sign };
        text.char_indices().map(place).collect()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ask(platform: &str, raw: &str, formats: &str) -> Vec<Asked> {
        questions(&forms_of(raw, &Format::parse_list(formats).unwrap()), platform, false)
    }

    fn masks(platform: &str, raw: &str, formats: &str) -> Vec<String> {
        let asked = ask(platform, raw, formats);
        asked.into_iter().map(|asked| asked.masks).collect()
    }

    #[test]
    fn the_users_masks_go_out_as_written_behind_e164() {
        let asked = ask("crm", "+12025550142", "(***) ***-****, ###.###.####, DE: 0### #######").remove(0);
        assert_eq!(asked.masks, "+1##########,(***) ***-****,###.###.####");
        assert_eq!(asked.forms, ["+12025550142", "(202) 555-0142", "202.555.0142"]);
        assert_eq!(
            masks("crm", "+493023125000", "DE: 0## ########"),
            ["+49##########,0## ########"]
        );
        // A tenth format pushes the automatic ones out altogether.
        let ten: Vec<String> = (0..10).map(|number| format!("{number}-##########")).collect();
        let ten = ten.join(",");
        assert_eq!(masks("crm", "+12025550142", &ten), [format!("+1##########,{ten}")]);
        // A country code that is the first digit of the national number too; and E.164 is there once.
        let asked = masks("crm", "+12015550142", "+1-###-###-####, {e164}");
        assert_eq!(asked, ["+1##########,+1-###-###-####"]);
        assert_eq!(
            masks("crm", "+442079460018", "international"),
            ["+44##########,+44 ## #### ####"]
        );
    }

    #[test]
    fn a_connector_that_nobody_knows_is_asked_as_the_vendors_client_does_and_then_with_the_likeliest() {
        let likely = "+1##########,(###) ###-####,###-###-####,##########";
        assert_eq!(masks("crm", "+12025550142", ""), ["", likely]);
        assert_eq!(ask("crm", "+12025550142", "")[0].forms, ["+12025550142"]);
        let british = "+44##########,0## #### ####,0##########,+44 ## #### ####";
        assert_eq!(masks("crm", "+442079460018", ""), ["", british]);
        // What found somebody last goes first.
        let reading = read("+12025550142", &Home::default());
        let forms = forms(reading.number().unwrap(), &[]);
        let number = NumberForms { reading, forms };
        let asked = questions(&number, "crm", true);
        assert_eq!([asked[0].masks.as_str(), asked[1].masks.as_str()], [likely, ""]);
    }

    #[test]
    fn no_masks_where_they_do_nothing_or_hide_people() {
        for platform in ["bullhorn", "pipedrive", "redtail", "googleSheets", "netsuite"] {
            for formats in ["", "###.###.####"] {
                assert_eq!(masks(platform, "+12025550142", formats), [""], "{platform}");
            }
        }
    }

    /// Each of the vendor's two that need masks is asked once, and nothing is missing that an empty question would have asked:
    /// E.164 at Clio, which it asks by itself; the bare national number at Insightly.
    #[test]
    fn insightly_and_clio_are_asked_once() {
        assert_eq!(
            masks("insightly", "+12025550142", ""),
            ["%2B1##########,##########,(###) ###-####,###-###-####"]
        );
        assert_eq!(
            masks("insightly", "+442079460018", ""),
            ["%2B44##########,##########,0## #### ####,0##########"]
        );
        assert_eq!(
            masks("clio", "+442079460018", ""),
            ["%2B44##########,0## #### ####,0##########,%2B44 ## #### ####"]
        );
        // A plus would arrive there as a blank; the other signs of an address likewise.
        assert_eq!(
            masks("insightly", "+12025550142", "+1 (###) ###-####, ###&###%####"),
            ["%2B1##########,%2B1 (###) ###-####,###%26###%25####"]
        );
    }

    #[test]
    fn an_extension_has_no_masks_and_nobody_else_is_asked_for() {
        let asked = ask("insightly", "0142", "(###) ###-####").remove(0);
        assert_eq!(
            (asked.number.as_str(), asked.is_extension, asked.masks.as_str()),
            ("0142", true, "")
        );
        for raw in ["", "anonymous", "sip:anna@example.com"] {
            assert_eq!(ask("crm", raw, ""), []);
        }
    }
}
