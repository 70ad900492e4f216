//! What holds for every text and every number.
#![allow(clippy::unwrap_used, clippy::panic)]

mod sample;

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use ringside_phone::{
    Format, Home, MAX_FORMS, PhoneNumber, Reading, Region, compare, forms, probe_keys, read, stored_keys,
};

const MAIN_READER: bool = !cfg!(feature = "reader-phonenumber");

static KNOWN: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut known: Vec<String> = sample::rows().into_iter().filter_map(|row| row.truth).collect();
    known.sort();
    known.dedup();
    known
});
static REGIONS: LazyLock<Vec<Region>> = LazyLock::new(Region::all);

/// Any valid number: a known one with other last digits, as far as the plan has them.
fn number() -> impl Strategy<Value = PhoneNumber> {
    (any::<prop::sample::Index>(), 0..10_000_u32, 0..5_usize)
        .prop_map(|(known, tail, digits)| {
            let known = &KNOWN[known.index(KNOWN.len())];
            let tail = format!("{tail:04}");
            let changed = format!("{}{}", &known[..known.len() - digits.min(4)], &tail[..digits.min(4)]);
            PhoneNumber::from_e164(&changed).or_else(|| PhoneNumber::from_e164(known))
        })
        .prop_filter_map("the second reader does not read every known number", |number| number)
}

fn home() -> impl Strategy<Value = Home> {
    let region = prop::option::of(any::<prop::sample::Index>().prop_map(|index| REGIONS[index.index(REGIONS.len())]));
    let prefix = prop::option::of(prop::sample::select(vec!["0", "9", "", "00", "x"]).prop_map(str::to_owned));
    (region, prefix).prop_map(|(region, outside_prefix)| Home { region, outside_prefix })
}

/// Any text at all, and text made of what numbers are made of.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-0-9+()./ *#,;:=x@<>%~]{0,40}",
        "(sip:|tel:|\"A\" <sip:|\\*67|#31#|00|011|\\+|ext )?[0-9 ()+.-]{3,20}(@[a-z0-9.:]{1,12})?(;ext=[0-9]{0,9}|;phone-context=.{0,6}| x[0-9]{1,6}|\\(mobile\\))?>?",
        "[0-9]{1,22}",
        "\\PC{0,300}",
    ]
}

/// Ways that one line is written by different people.
fn related() -> impl Strategy<Value = (Reading, Reading)> {
    (number(), number(), 0..9_usize, 0..9_usize, any::<bool>(), home()).prop_map(
        |(one, other, first, second, same, home)| {
            let other = if same { one.clone() } else { other };
            (
                read(&spelled(&one, first), &home),
                read(&spelled(&other, second), &home),
            )
        },
    )
}

fn spelled(number: &PhoneNumber, how: usize) -> String {
    let nsn = number.nsn();
    match how {
        0 => number.e164().to_owned(),
        1 => number.national(),
        2 => nsn.to_owned(),
        3 => format!("{} x12", number.e164()),
        4 => format!("{} x34", number.international()),
        5 => nsn[nsn.len().saturating_sub(7)..].to_owned(),
        6 => nsn[nsn.len().saturating_sub(8)..].to_owned(),
        7 => number.e164()[1..].to_owned(),
        _ => format!("{}-0", number.international()),
    }
}

/// `PROPTEST_CASES` if set. The second reader compiles its patterns anew for most numbers.
fn cases() -> ProptestConfig {
    let usual = if MAIN_READER { 1_500 } else { 100 };
    let asked = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(usual),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "proptest-regressions/properties.txt",
        ))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn nothing_panics(text in text(), other in text(), home in home()) {
        let (one, two) = (read(&text, &home), read(&other, &home));
        let _ = (stored_keys(&one), probe_keys(&two), compare(&one, &two), compare(&two, &one));
        if let Reading::Number(number) = &one {
            prop_assert!(forms(number, &[]).len() <= MAX_FORMS);
            prop_assert!(number.digits() > 0 && number.nsn().len() + number.country_code().to_string().len() + 1 == number.e164().len());
            number.display(&home);
        }
        if let Reading::Unreadable(rest) = &one {
            prop_assert!(rest.text().len() <= 250 && text.starts_with(rest.text()));
        }
    }

    #[test]
    fn formats_never_panic_and_go_round(text in prop_oneof![any::<String>(), "[A-Z:#*()+{}a-z0-9. ,-]{0,24}"], number in number()) {
        if let Ok(format) = text.parse::<Format>() {
            prop_assert_eq!(format.to_string().parse::<Format>(), Ok(format.clone()));
            format.apply(&number);
        }
        if let Err(error) = Format::parse_list(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.position()), "{}", error);
        }
    }

    #[test]
    fn what_is_written_reads_as_the_same_number(number in number()) {
        let at_home = Home { region: number.region(), outside_prefix: None };
        for text in [number.e164().to_owned(), number.international(), number.rfc3966(), number.display(&at_home)] {
            let again = read(&text, &at_home);
            prop_assert!(!MAIN_READER || again.number().map(PhoneNumber::e164) == Some(number.e164()), "{text}");
        }
    }

    #[test]
    fn an_extension_survives_writing(number in number(), extension in "[1-9][0-9]{0,5}") {
        let with = read(&format!("tel:{};ext={extension}", number.e164()), &Home::default());
        let with = with.number().cloned();
        prop_assert_eq!(with.as_ref().and_then(PhoneNumber::extension), Some(extension.as_str()));
        let again = with.map(|with| read(&with.rfc3966(), &Home::default()) == Reading::Number(with));
        prop_assert!(!MAIN_READER || again == Some(true));
    }

    #[test]
    fn every_form_finds_its_number(number in number()) {
        let at_home = Home { region: number.region(), outside_prefix: None };
        let caller = Reading::Number(number.clone());
        for form in forms(&number, &[]) {
            let stored = read(&form.text, &at_home);
            prop_assert!(!MAIN_READER || number.region().is_none() || compare(&stored, &caller).is_some(), "{}: {}", form.format, form.text);
        }
    }

    #[test]
    fn reading_twice_is_reading_once(text in text(), home in home()) {
        if let Reading::Number(number) = read(&text, &home) {
            let again = read(number.e164(), &home);
            prop_assert!(!MAIN_READER || again.number().map(PhoneNumber::e164) == Some(number.e164()));
        }
    }

    #[test]
    fn nobody_ranks_above_oneself((one, other) in related()) {
        let oneself = compare(&one, &one);
        if let Some(grade) = compare(&one, &other) {
            prop_assert!(oneself.is_some_and(|oneself| oneself <= grade), "{grade:?} above {oneself:?}");
        }
    }

    #[test]
    fn whoever_matches_is_found_by_a_key((stored, caller) in related()) {
        // The index files no tails of full numbers; a caller with half a number finds them by name only.
        let half = matches!((&stored, &caller), (Reading::Number(_), Reading::Unreadable(_)));
        if let Some(grade) = compare(&stored, &caller).filter(|_| !half) {
            let keys = stored_keys(&stored);
            prop_assert!(probe_keys(&caller).iter().any(|key| keys.contains(key)), "{grade:?}");
        }
    }

    #[test]
    fn debug_shows_no_number(number in number(), home in home()) {
        let shown = format!("{:?} {:?}", read(number.e164(), &home), read(&number.e164()[2..], &home));
        let longest = shown.split(|sign: char| !sign.is_ascii_digit()).map(str::len).max();
        prop_assert!(longest <= Some(3), "{shown}");
    }
}
