//! Formats and forms: what users write, what fits, and the order in which CRMs are asked.
#![allow(clippy::unwrap_used, clippy::panic)]

use ringside_phone::{Form, Format, Home, MAX_FORMS, PhoneNumber, forms, read};

fn number(e164: &str) -> PhoneNumber {
    PhoneNumber::from_e164(e164).unwrap()
}

fn format(text: &str) -> Format {
    text.parse().unwrap()
}

#[test]
fn masks_take_the_digits_of_the_national_number() {
    let us = number("+14155550100");
    for (mask, text) in [
        ("(***) ***-****", "(415) 555-0100"),
        ("###.###.####", "415.555.0100"),
        ("1 (***) ***-****", "1 (415) 555-0100"),
        (" US: ***-###-**** ", "415-555-0100"),
        ("us:**********", "4155550100"),
        ("+{cc} ##########", "+1 4155550100"),
        ("{e164}", "+14155550100"),
        ("tel:{E164}", "tel:+14155550100"),
        ("☎ ##########", "☎ 4155550100"),
        ("national", "(415) 555-0100"),
        ("US: E164", "+14155550100"),
        ("rfc3966", "tel:+1-415-555-0100"),
    ] {
        assert_eq!(format(mask).apply(&us).as_deref(), Some(text), "{mask}");
    }
    let de = number("+493023125012");
    assert_eq!(format("DE: 0** ********").apply(&de).as_deref(), Some("030 23125012"));
}

#[test]
fn a_mask_that_does_not_fit_writes_nothing() {
    let us = number("+14155550100");
    for mask in [
        "(***) ***-***",
        "(***) ***-*****",
        "DE: (***) ***-****",
        "DE: national",
        "{e164} x{ext}",
    ] {
        assert_eq!(format(mask).apply(&us), None, "{mask}");
    }
    let extended = read("+1 415 555 0100 x12", &Home::default());
    assert_eq!(
        format("### ### #### x{ext}")
            .apply(extended.number().unwrap())
            .as_deref(),
        Some("415 555 0100 x12")
    );
    // +1 numbers of another country are not of this one.
    assert_eq!(format("US: ##########").apply(&number("+16135550199")), None);
}

#[test]
fn lists_are_trimmed_and_empty_ones_left_out() {
    let list = Format::parse_list(" (***) ***-****,  ***-***-****,, DE: 0*** ******* ,").unwrap();
    let shown: Vec<String> = list.iter().map(Format::to_string).collect();
    assert_eq!(shown, ["(***) ***-****", "***-***-****", "DE: 0*** *******"]);
    assert_eq!(
        list[1].apply(&number("+14155550100")).as_deref(),
        Some("415-555-0100"),
        "no blank before it"
    );
    assert!(Format::parse_list("").unwrap().is_empty());
}

#[test]
fn mistakes_are_shown_where_they_are() {
    for (text, position, words) in [
        ("", 1, "no place for a digit"),
        ("natoinal", 1, "no place for a digit"),
        ("+{cc}", 1, "no place for a digit"),
        ("### {phone}", 5, "unknown word in braces"),
        ("  ### }", 7, "closing brace"),
        ("UK: ###", 1, "not UK"),
        ("DE: ###{x", 8, "unknown word in braces"),
        ("### \u{7}###", 5, "cannot be seen"),
        ("###,###", 4, "comma"),
        (&"#".repeat(65), 65, "at most 64"),
    ] {
        let error = text.parse::<Format>().unwrap_err();
        assert_eq!(error.position(), position, "{text}: {error}");
        assert!(error.words().contains(words), "{text}: {error}");
        assert!(error.to_string().starts_with(&format!("at character {position}: ")));
    }
    assert_eq!(Format::parse_list("###, ü#, {x}").unwrap_err().position(), 10);
}

#[test]
fn every_format_goes_round() {
    let scoped = Format::names().map(|name| format!("GB: {name}"));
    for text in Format::names()
        .map(str::to_owned)
        .chain(scoped)
        .chain(["(###) ***-####".to_owned(), "DE: {cc}/##".to_owned()])
    {
        assert_eq!(format(&text).to_string(), text);
        assert_eq!(format(&format(&text).to_string()), format(&text));
    }
}

#[test]
fn forms_by_country_in_order() {
    for (e164, expected) in [
        (
            "+14155550100",
            "+14155550100|(415) 555-0100|415-555-0100|4155550100|14155550100|+1 (415) 555-0100|+1-415-555-0100|415.555.0100|+1 415-555-0100|1-415-555-0100",
        ),
        (
            "+442079460018",
            "020 7946 0018|+442079460018|02079460018|+44 20 7946 0018|+44 2079460018|+44 (0)20 7946 0018",
        ),
        (
            "+493023125012",
            "+49 30 23125012|+493023125012|03023125012|030 23125012|+49 (0)30 23125012|030/23125012|00493023125012|030-23125012|+49 (30) 23125012",
        ),
        (
            "+33199001234",
            "01 99 00 12 34|+33199001234|+33 1 99 00 12 34|0199001234|01.99.00.12.34|+33 (0)1 99 00 12 34",
        ),
        (
            "+81312345678",
            "03-1234-5678|+81312345678|0312345678|+81-3-1234-5678|+81 3 1234 5678|(03) 1234-5678|+81 3-1234-5678",
        ),
        (
            "+61255501234",
            "(02) 5550 1234|+61255501234|0255501234|+61 2 5550 1234|02 5550 1234|61255501234",
        ),
        (
            "+5511987654321",
            "(11) 98765-4321|+5511987654321|11987654321|+55 11 98765-4321|5511987654321|+55 (11) 98765-4321",
        ),
        (
            "+919876543210",
            "+919876543210|9876543210|+91 98765 43210|+91-9876543210|919876543210|+91 9876543210|09876543210",
        ),
        (
            "+525512345678",
            "5512345678|+525512345678|55 1234 5678|+52 55 1234 5678|525512345678|+52 5512345678|(55) 1234-5678|+52 1 55 1234 5678",
        ),
        (
            "+48699500123",
            "+48699500123|699 500 123|+48 699 500 123|699500123|48699500123|0048699500123",
        ),
        (
            "+34912345678",
            "912 34 56 78|+34912345678|+34 912 34 56 78|912345678|912.34.56.78",
        ),
    ] {
        let texts: Vec<String> = forms(&number(e164), &[]).into_iter().map(|form| form.text).collect();
        assert_eq!(texts.join("|"), expected, "{e164}");
    }
}

#[test]
fn the_users_formats_come_first_and_nothing_comes_twice() {
    let user = Format::parse_list("DE: national, ###-###-####, (###) ###-####, {e164}").unwrap();
    let made = forms(&number("+14155550100"), &user);
    let first: Vec<(&str, &str)> = made
        .iter()
        .take(3)
        .map(|form| (form.format.as_str(), form.text.as_str()))
        .collect();
    assert_eq!(
        first,
        [
            ("###-###-####", "415-555-0100"),
            ("(###) ###-####", "(415) 555-0100"),
            ("{e164}", "+14155550100")
        ]
    );
    assert_eq!(made.len(), MAX_FORMS);
    let mut texts: Vec<&str> = made.iter().map(|form| form.text.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), made.len());
    for Form { format, text } in &made {
        assert_eq!(
            format
                .parse::<Format>()
                .unwrap()
                .apply(&number("+14155550100"))
                .as_ref(),
            Some(text),
            "the name shown says how"
        );
    }
}

#[test]
fn a_number_is_displayed_as_people_at_home_write_it() {
    let home = |region: &str| Home {
        region: region.parse().ok(),
        outside_prefix: None,
    };
    let number = read("+44 20 7946 0018 ext 12", &Home::default())
        .number()
        .unwrap()
        .clone();
    assert_eq!(number.display(&home("GB")), "020 7946 0018 ext. 12");
    assert_eq!(number.display(&home("US")), "+44 20 7946 0018 ext. 12");
    assert_eq!(number.display(&Home::default()), "+44 20 7946 0018 ext. 12");
    assert_eq!(number.rfc3966(), "tel:+44-20-7946-0018;ext=12");
    assert_eq!(format!("{number:?}"), "PhoneNumber(+44 ••••••••18)");
}

#[test]
fn e164_and_nothing_else() {
    assert_eq!(number("+14155550100").digits(), 14_155_550_100);
    for bad in [
        "14155550100",
        "+1 415 555 0100",
        "+1415555010",
        "+",
        "",
        "++14155550100",
        "+1415555o100",
        "tel:+14155550100",
        "+١٤١٥٥٥٥٠١٠٠",
    ] {
        assert!(PhoneNumber::from_e164(bad).is_none(), "{bad}");
    }
}
