//! Which texts a CRM is asked for, and how a number is stored in it.

use ringside_domain::{
    connector::NumberForms,
    phone::{Format, FormatError, PhoneNumber, Reading},
};

use crate::manifest::format::{FindContact, Matching, NumberFormat};

/// Our own short name for the national significant number.
const SIG: &str = "sig";
/// All the forms that the engine made.
const AUTO: &str = "auto";

/// The texts to look for, in this order, each once. None for an extension, unless the CRM knows extensions, and none for what
/// is no number.
pub(crate) fn asked_forms(find: &FindContact, number: &NumberForms) -> Vec<String> {
    let usual = match find.matching {
        Matching::Exact | Matching::Search => AUTO,
        Matching::Normalised | Matching::Pattern => SIG,
    };
    let names: Vec<&str> = match find.forms.as_slice() {
        [] => vec![usual],
        names => names.iter().map(String::as_str).collect(),
    };
    let mut texts: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    };
    match &number.reading {
        Reading::Extension(extension) if find.knows_extensions => add(extension.as_str().to_owned()),
        Reading::Extension(_) | Reading::SipAddress(_) | Reading::Withheld | Reading::Unreadable(_) => {}
        Reading::Number(read) => {
            for name in names {
                if name == AUTO {
                    number.forms.iter().for_each(|form| add(form.text.clone()));
                } else if let Ok(Some(text)) = form_of(name, read) {
                    add(text);
                }
            }
        }
    }
    texts
}

/// How a number is written into this CRM. `typed` is E.164 where it could be read, and goes back as it is where not.
pub(crate) fn stored_number(format: &NumberFormat, typed: &str) -> String {
    let Some(number) = PhoneNumber::from_e164(typed) else {
        return typed.to_owned();
    };
    let written = format.store.as_deref().map(|name| form_of(name, &number));
    match written {
        Some(Ok(Some(text))) => text,
        _ => number.e164().to_owned(),
    }
}

/// A number in one form of a manifest: `sig`, a format's name, or a pattern. `None` where it does not fit the number.
///
/// # Errors
/// It is neither a name nor a pattern.
pub(crate) fn form_of(name: &str, number: &PhoneNumber) -> Result<Option<String>, FormatError> {
    if name == SIG {
        return Ok(Some(number.nsn().to_owned()));
    }
    name.parse::<Format>().map(|format| format.apply(number))
}

/// Whether a manifest may name this form. `auto` is for lookups only.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_form(name: &str, allows_auto: bool) -> Result<(), FormatError> {
    if name == SIG || (allows_auto && name == AUTO) {
        return Ok(());
    }
    name.parse::<Format>().map(|_| ())
}
