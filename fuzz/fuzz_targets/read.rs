//! No text makes the phone crate panic, and what it reads keeps its promises.
//!
//! The first byte picks a home region and the second an exchange prefix; the rest is a text, and up to a
//! line end a second one to compare with.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ringside_phone::{
    Format, Home, MAX_FORMS, PhoneNumber, Reading, Region, compare, forms, probe_keys, read, stored_keys,
};

static REGIONS: LazyLock<Vec<Region>> = LazyLock::new(Region::all);

fuzz_target!(|data: &[u8]| {
    let [region, prefix, text @ ..] = data else { return };
    let text = String::from_utf8_lossy(text);
    let home = Home {
        region: REGIONS.get(usize::from(*region)).copied(),
        outside_prefix: [None, Some("0"), Some("9"), Some("")][usize::from(prefix % 4)].map(str::to_owned),
    };
    let (one, other) = (
        read(&text, &home),
        read(text.rsplit('\n').next().unwrap_or_default(), &home),
    );
    let (stored, probed) = (stored_keys(&one), probe_keys(&other));
    if let Reading::Number(number) = &one {
        let again = PhoneNumber::from_e164(number.e164());
        assert_eq!(
            again.as_ref().map(PhoneNumber::e164),
            Some(number.e164()),
            "a key is a valid number"
        );
        assert!(forms(number, &Format::parse_list(&text).unwrap_or_default()).len() <= MAX_FORMS);
        number.display(&home);
    }
    let half = matches!((&one, &other), (Reading::Number(_), Reading::Unreadable(_)));
    if let Some(grade) = compare(&one, &other) {
        assert!(
            half || probed.iter().any(|key| stored.contains(key)),
            "a {grade} match is found by a key"
        );
        assert!(
            compare(&one, &one).is_some_and(|oneself| oneself <= grade),
            "nobody ranks above oneself"
        );
    }
});
