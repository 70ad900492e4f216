//! Which texts a CRM is asked for.

use ringside_domain::{
    connector::NumberForms,
    phone::{Format, Home, Reading, Region, forms, read},
};

use super::*;
use crate::manifest::{
    format::{FindContact, NumberFormat},
    render::{asked_forms, stored_number},
};

fn find(lines: &str) -> FindContact {
    manifest(&format!("[find_contact]\n{lines}\nrequest = {{ path = '/x' }}"))
        .manifest
        .find_contact
        .clone()
        .unwrap()
}

fn number(text: &str) -> NumberForms {
    let reading = read(text, &Home::of("US".parse::<Region>().unwrap()));
    let own: Vec<Format> = Format::parse_list("###.###.####").unwrap();
    let forms = reading.number().map(|number| forms(number, &own)).unwrap_or_default();
    NumberForms { reading, forms }
}

#[test]
fn in_the_order_of_the_manifest_each_once() {
    let call = number("+12025550100");
    let named =
        find("matching = 'exact'\nforms = ['e164', 'digits', 'sig', 'national', 'E.164', '###-###-####', '(##) ####']");
    assert_eq!(
        asked_forms(&named, &call),
        [
            "+12025550100",
            "12025550100",
            "2025550100",
            "(202) 555-0100",
            "202-555-0100"
        ]
    );
    let first = find("matching = 'exact'\nforms = ['sig', 'auto']");
    let asked = asked_forms(&first, &call);
    assert_eq!(asked[..2], ["2025550100", "202.555.0100"]);
    assert_eq!(asked.iter().filter(|text| *text == "2025550100").count(), 1);
}

#[test]
fn without_a_list_as_the_crm_compares() {
    let call = number("+12025550100");
    let auto: Vec<String> = call.forms.iter().map(|form| form.text.clone()).collect();
    assert_eq!(asked_forms(&find("matching = 'exact'"), &call), auto);
    assert_eq!(asked_forms(&find("matching = 'search'"), &call), auto);
    assert_eq!(asked_forms(&find("matching = 'normalised'"), &call), ["2025550100"]);
    assert_eq!(asked_forms(&find("matching = 'pattern'"), &call), ["2025550100"]);
}

#[test]
fn extensions_only_where_they_are_known() {
    let call = number("1001");
    assert!(matches!(call.reading, Reading::Extension(_)));
    assert_eq!(asked_forms(&find("matching = 'exact'"), &call), Vec::<String>::new());
    assert_eq!(
        asked_forms(&find("matching = 'exact'\nknows_extensions = true"), &call),
        ["1001"]
    );
    assert_eq!(
        asked_forms(
            &find("matching = 'exact'\nknows_extensions = true"),
            &number("anonymous")
        ),
        Vec::<String>::new()
    );
}

#[test]
fn numbers_are_stored_as_the_crm_wants_them() {
    let stored = |store: Option<&str>, typed: &str| {
        stored_number(
            &NumberFormat {
                store: store.map(str::to_owned),
            },
            typed,
        )
    };
    assert_eq!(stored(None, "+12025550100"), "+12025550100");
    assert_eq!(stored(Some("national"), "+12025550100"), "(202) 555-0100");
    assert_eq!(stored(Some("digits"), "+12025550100"), "12025550100");
    assert_eq!(stored(Some("sig"), "+442079460123"), "2079460123");
    assert_eq!(
        stored(Some("(###) ###-####"), "+442079460123"),
        "(207) 946-0123",
        "it fits by its digits"
    );
    assert_eq!(
        stored(Some("## ##"), "+12025550100"),
        "+12025550100",
        "and as E.164 where it does not"
    );
    assert_eq!(stored(Some("national"), "ask for Ana"), "ask for Ana");
}
