//! Filters that write a phone number in another form.

use minijinja::{Environment, Error as Fault, Value};
use ringside_domain::phone::{Home, PhoneNumber, read};

use super::{
    super::{pattern::Pattern, work::spend},
    fault, fits, items, on_text, text_of,
};

pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("digits", |value: &Value| on_text(value, digits));
    environment.add_filter("sig", |value: &Value| {
        on_text(value, |text| written(text, |number| number.nsn().to_owned(), digits))
    });
    environment.add_filter("e164", |value: &Value| {
        on_text(value, |text| {
            written(text, |number| number.e164().to_owned(), str::to_owned)
        })
    });
    environment.add_filter("national", |value: &Value| {
        on_text(value, |text| written(text, PhoneNumber::national, str::to_owned))
    });
    environment.add_filter("international", |value: &Value| {
        on_text(value, |text| written(text, PhoneNumber::international, str::to_owned))
    });
    environment.add_filter("last", last);
    environment.add_filter("gaps", gaps);
    environment.add_filter("like", like);
}

/// The number a text is, written anew; what is none with a country code is made `other` of.
fn written(text: &str, write: impl Fn(&PhoneNumber) -> String, other: impl Fn(&str) -> String) -> String {
    let number = PhoneNumber::from_e164(text).or_else(|| read(text, &Home::default()).number().cloned());
    number.as_ref().map_or_else(|| other(text), write)
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The last `count` signs of a text, or the last item of a list.
fn last(value: &Value, count: Option<usize>) -> Result<Value, Fault> {
    let Some(count) = count else {
        return Ok(items(value)?.pop().unwrap_or_else(|| Value::from(())));
    };
    on_text(value, |text| {
        let skipped = text.chars().count().saturating_sub(count);
        text.chars().skip(skipped).collect()
    })
}

/// A number, or each of a list, as a pattern that finds it however it is punctuated.
fn gaps(value: &Value, sign: Option<String>) -> Result<Value, Fault> {
    let sign = match sign.as_deref() {
        None | Some("%") => '%',
        Some("*") => '*',
        Some(_) => return Err(fault("gaps() writes '%' or '*'".to_owned())),
    };
    each(value, |text| Pattern::gaps(text, sign))
}

/// A text, or each of a list, in which nothing is a wildcard.
fn like(value: &Value) -> Result<Value, Fault> {
    each(value, Pattern::literal)
}

fn each(value: &Value, make: impl Fn(&str) -> Pattern) -> Result<Value, Fault> {
    let made = |value: &Value| {
        let Some(text) = text_of(value)? else { return Ok(None) };
        fits(text.len())?;
        spend(text.len())?;
        Ok::<_, Fault>(Some(Value::from_object(make(&text))))
    };
    if value.kind() == minijinja::value::ValueKind::Seq {
        let mut all = Vec::new();
        for item in items(value)? {
            all.extend(made(&item)?);
        }
        return Ok(Value::from(all));
    }
    Ok(made(value)?.unwrap_or_else(|| Value::from(())))
}
