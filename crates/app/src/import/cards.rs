//! vCards: one file of many, in any of the versions 2.1, 3.0 and 4.0 (RFC 6350, RFC 2426, versit's vCard 2.1).
//!
//! The file is cut into cards here, so that a broken one costs only itself and has a line; each card is read by `calcard`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use calcard::{
    common::IanaType,
    vcard::{VCard, VCardEntry, VCardKind, VCardParameterName, VCardProperty, VCardType, VCardValue},
};
use ringside_ipc::ApiError;

use super::{
    people::{FilePerson, MOST_PEOPLE, People},
    table::too_many,
};

/// A card holds a photograph at most; what is longer is something else.
const LONGEST_CARD: usize = 4 * 1024 * 1024;

/// Whether a text is cards.
pub(crate) fn is_cards(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    first.is_some_and(|line| is(line, "BEGIN:VCARD"))
}

/// # Errors
/// When there are more people than an address book takes at once.
pub(crate) fn people(text: &str) -> Result<People, ApiError> {
    let mut people = People::default();
    let mut card = String::new();
    let mut begun = None;
    let mut count = 0;
    for (line, number) in text.split_inclusive('\n').zip(1_u32..) {
        if is(line.trim(), "BEGIN:VCARD") {
            if let Some(begun) = begun {
                people.faults.add(begun, "this card has no end");
            }
            begun = Some(number);
            card.clear();
            count += 1;
            if count > MOST_PEOPLE {
                return Err(too_many());
            }
        }
        let Some(from) = begun else { continue };
        if card.len() + line.len() <= LONGEST_CARD {
            card.push_str(line);
        }
        if is(line.trim(), "END:VCARD") {
            begun = None;
            match read(&card) {
                Some(person) => people.take(FilePerson { line: from, ..person }),
                None => people.faults.add(from, "this card can't be read"),
            }
        }
    }
    if let Some(begun) = begun {
        people.faults.add(begun, "this card has no end");
    }
    Ok(people)
}

fn is(line: &str, what: &str) -> bool {
    line.eq_ignore_ascii_case(what)
}

fn read(card: &str) -> Option<FilePerson> {
    // Files from anywhere meet a library of thousands of lines: what it stumbles over is one card, not Ringside.
    let card = catch_unwind(AssertUnwindSafe(|| VCard::parse(card))).ok()?.ok()?;
    let mut person = FilePerson::default();
    for entry in &card.entries {
        match entry.name {
            VCardProperty::Fn if person.name.is_empty() => person.name = text(entry),
            VCardProperty::N if person.family.is_none() && person.given.is_none() => {
                let mut parts = parts(entry).into_iter();
                person.family = parts.next();
                person.given = parts.next();
            }
            VCardProperty::Org if person.company.is_none() => person.company = parts(entry).into_iter().next(),
            VCardProperty::Title if person.title.is_none() => person.title = Some(text(entry)),
            VCardProperty::Email => person.emails.push(without_scheme(&text(entry), "mailto:")),
            VCardProperty::Tel => {
                let label = label(&card, entry);
                person.numbers.push((label, without_scheme(&text(entry), "tel:")));
            }
            VCardProperty::Kind => person.is_company |= says_organization(entry),
            VCardProperty::Other(ref name) if is(name, "X-ABShowAs") => {
                person.is_company |= is(&text(entry), "COMPANY")
            }
            _ => {}
        }
    }
    if person.is_company {
        let company = person.company.take().unwrap_or_default();
        if person.name.trim().is_empty() {
            person.name = company;
        }
    }
    Some(person)
}

fn says_organization(entry: &VCardEntry) -> bool {
    matches!(entry.values.first(), Some(VCardValue::Kind(VCardKind::Org))) || is(&text(entry), "org")
}

/// All of a value, put together: a number or a name with a comma in it is one.
fn text(entry: &VCardEntry) -> String {
    let values = entry.values.iter().filter_map(|value| match value {
        VCardValue::Text(text) => Some(text.clone()),
        VCardValue::Component(parts) => Some(parts.join(",")),
        VCardValue::Integer(number) => Some(number.to_string()),
        _ => None,
    });
    values.collect::<Vec<_>>().join(",").trim().to_owned()
}

/// The parts of a value that is divided by semicolons.
fn parts(entry: &VCardEntry) -> Vec<String> {
    let values = entry.values.iter().map(|value| match value {
        VCardValue::Text(text) => text.trim().to_owned(),
        VCardValue::Component(parts) => parts.join(", ").trim().to_owned(),
        _ => String::new(),
    });
    values.collect()
}

/// `tel:` and `mailto:` of vCard 4.0; what says more than a number, such as an extension, stays a whole address.
fn without_scheme(value: &str, scheme: &str) -> String {
    let begins = value
        .get(..scheme.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    if begins && !value.contains(';') {
        value[scheme.len()..].to_owned()
    } else {
        value.to_owned()
    }
}

/// What kind of number it is: the user's own word for it, as Apple has it beside in the same group, or the type.
fn label(card: &VCard, entry: &VCardEntry) -> String {
    if let Some(group) = &entry.group {
        let named = card.entries.iter().find(|other| {
            other.group.as_ref() == Some(group)
                && matches!(&other.name, VCardProperty::Other(name) if is(name, "X-ABLabel"))
        });
        // Apple's own words stand in signs: `_$!<Mobile>!$_`.
        let word = named.map(text).unwrap_or_default();
        let word = word.trim_start_matches("_$!<").trim_end_matches(">!$_").to_lowercase();
        if !word.is_empty() {
            return word;
        }
    }
    let kinds: Vec<String> = entry
        .params
        .iter()
        .filter_map(|param| match &param.name {
            VCardParameterName::Type => Some(match param.value.as_type() {
                Some(IanaType::Iana(kind)) => kind_name(kind),
                _ => param.value.as_text().unwrap_or_default().to_lowercase(),
            }),
            // vCard 2.1 writes types without saying so: `TEL;WORK;VOICE:`.
            VCardParameterName::Other(name) => Some(name.to_lowercase()),
            _ => None,
        })
        .collect();
    let has = |some: &[&str]| kinds.iter().any(|kind| some.contains(&kind.as_str()));
    let label = if has(&["fax"]) {
        "fax"
    } else if has(&["cell", "iphone", "mobile"]) {
        "mobile"
    } else if has(&["work", "main"]) {
        "office"
    } else if has(&["home"]) {
        "home"
    } else {
        "phone"
    };
    label.to_owned()
}

fn kind_name(kind: &VCardType) -> String {
    match kind {
        VCardType::Fax => "fax",
        VCardType::Cell => "cell",
        VCardType::Work | VCardType::MainNumber => "work",
        VCardType::Home => "home",
        _ => "",
    }
    .to_owned()
}
