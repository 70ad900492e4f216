//! Files as other programs write them, and files as nobody should.
#![allow(clippy::panic, clippy::unwrap_used)]

use proptest::prelude::*;
use ringside_ipc::import::ImportField;

use super::{
    cards,
    people::{FilePerson, People},
    table::Table,
};

fn table(text: &str) -> People {
    Table::of(text).unwrap().people(text).unwrap()
}

fn numbers(person: &FilePerson) -> Vec<(&str, &str)> {
    person
        .numbers
        .iter()
        .map(|(label, raw)| (label.as_str(), raw.as_str()))
        .collect()
}

#[test]
fn an_outlook_table_with_semicolons_and_quotation_marks() {
    let text = "Vorname;Nachname;Firma;Position;Telefon geschäftlich;Mobiltelefon;E-Mail-Adresse;Notizen\r\n\
        Jürgen;\"O\"\"Hara; Dr.\";Müller & Söhne;Einkauf;+49 30 23125 001;030 23125 002;j@example.com;\"zwei\r\nZeilen\"\r\n\
        ;;Café Größe;;+49 30 23125 003;;;\r\n";
    let read = table(text);
    assert_eq!(read.faults.count, 0, "{:?}", read.faults.first);
    let [person, company] = read.people.as_slice() else {
        panic!("{:?}", read.people)
    };
    assert_eq!((person.name.as_str(), person.line), ("Jürgen O\"Hara; Dr.", 2));
    assert_eq!(
        numbers(person),
        [("office", "+49 30 23125 001"), ("mobile", "030 23125 002")]
    );
    assert_eq!(
        (person.company.as_deref(), person.title.as_deref()),
        (Some("Müller & Söhne"), Some("Einkauf"))
    );
    assert_eq!(
        (company.name.as_str(), company.is_company, company.line),
        ("Café Größe", true, 4)
    );
}

#[test]
fn google_has_labels_beside_and_several_values_in_one_cell() {
    let text = "First Name,Last Name,Organization Name,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value\n\
        Ada,Lovelace,Engines,* Work,ada@example.com ::: a.l@example.org,Mobile,+44 20 7946 0123 ::: +44 20 7946 0124\n";
    let read = table(text);
    let person = &read.people[0];
    assert_eq!(person.emails, ["ada@example.com", "a.l@example.org"]);
    assert_eq!(
        numbers(person),
        [("Mobile", "+44 20 7946 0123"), ("Mobile", "+44 20 7946 0124")]
    );
}

#[test]
fn what_divides_the_cells_is_found_out() {
    for text in [
        "Name,Phone\nAda,1",
        "Name;Phone\nAda;1",
        "Name\tPhone\nAda\t1",
        "sep=;\nName;Phone\nAda;1",
        "Name;Phone\n\"Ada, the first, of, many\";1",
    ] {
        let read = Table::of(text).unwrap();
        assert_eq!(read.fields, [ImportField::Name, ImportField::Number], "{text}");
        assert_eq!(read.people(text).unwrap().people.len(), 1, "{text}");
    }
}

#[test]
fn without_a_heading_the_first_row_is_a_person() {
    let read = table("Ada Lovelace,+44 20 7946 0123\nGrace Hopper,(202) 555-0123\n");
    assert_eq!((read.people.len(), read.people[0].line), (2, 1));
    assert_eq!(read.people[1].name, "Grace Hopper");
}

#[test]
fn what_is_wrong_has_its_line_and_costs_only_itself() {
    let long = "x".repeat(1001);
    let text = format!(
        "Name,Phone,E-mail\n\nAda,1,a@example.com\n,  ,\nBob\nEve,2,e@example.com,more\n{long},3,\nMallory,4,no address\n,,only@example.com\nTrent,5,,\n"
    );
    let read = table(&text);
    let names: Vec<&str> = read.people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["Ada", "Mallory", "only@example.com", "Trent"]);
    let lines: Vec<u32> = read.faults.first.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [5, 6, 7, 8]);
    assert!(read.people[1].emails.is_empty());
}

#[test]
fn a_row_needs_a_name_or_a_number() {
    let read = table("Name,Phone,Title\n,,Boss\n,(202) 555-0123,\n");
    assert_eq!(read.faults.first[0].message, "there is neither a name nor a number");
    assert_eq!(read.people[0].name, "(202) 555-0123");
}

#[test]
fn a_quotation_mark_that_nothing_closes_is_said() {
    let rows: String = (0..500).map(|at| format!("Person {at},555\n")).collect();
    let read = table(&format!("Name,Notes\nAda,\"never closed\n{rows}"));
    assert!(read.people.is_empty());
    assert_eq!(read.faults.count, 1);
    assert!(
        read.faults.first[0].message.contains("quotation mark"),
        "{:?}",
        read.faults.first
    );
}

#[test]
fn too_many_people_are_refused() {
    let text = format!("Name,Phone\n{}", "Ada,1\n".repeat(100_001));
    let refused = Table::of(&text).unwrap().people(&text).err().unwrap();
    assert!(
        refused.message.contains("100,000") && refused.hint.is_some(),
        "{refused:?}"
    );
}

#[test]
fn a_card_of_version_2_1_with_quoted_printable() {
    let text = "BEGIN:VCARD\r\nVERSION:2.1\r\n\
        N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen;;;\r\n\
        FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen=20=\r\n=4D=C3=BCller\r\n\
        ORG:Werkstatt;Einkauf\r\nTITLE:Leiter\r\n\
        TEL;WORK;VOICE:+49 30 23125 001\r\nTEL;CELL:030 23125 002\r\nTEL;WORK;FAX:+49 30 23125 009\r\n\
        EMAIL;PREF;INTERNET:j@example.com\r\nEND:VCARD\r\n";
    let read = cards::people(text).unwrap();
    assert_eq!(read.faults.count, 0, "{:?}", read.faults.first);
    let person = &read.people[0];
    assert_eq!(person.name, "Jürgen Müller");
    assert_eq!(
        (person.given.as_deref(), person.family.as_deref()),
        (Some("Jürgen"), Some("Müller"))
    );
    assert_eq!(
        (person.company.as_deref(), person.title.as_deref()),
        (Some("Werkstatt"), Some("Leiter"))
    );
    assert_eq!(
        numbers(person),
        [
            ("office", "+49 30 23125 001"),
            ("mobile", "030 23125 002"),
            ("fax", "+49 30 23125 009"),
        ]
    );
    assert_eq!(person.emails, ["j@example.com"]);
}

#[test]
fn a_card_as_apple_writes_it_with_words_of_its_own_and_folded_lines() {
    let text = "BEGIN:VCARD\nVERSION:3.0\nPRODID:-//Apple Inc.//iPhone OS 17.0//EN\nN:Lovelace;Ada;;;\nFN:Ada Lov\n elace\n\
        ORG:Engines\\, Ltd.;\nTEL;type=CELL;type=VOICE;type=pref:+44 20 7946 0123\n\
        item1.TEL:+44 20 7946 0124\nitem1.X-ABLabel:Boat\nitem2.TEL:+44 20 7946 0125\nitem2.X-ABLabel:_$!<HomeFAX>!$_\n\
        EMAIL;type=INTERNET;type=HOME:ada@example.com\nPHOTO;ENCODING=b;TYPE=JPEG:AAAA\nEND:VCARD\n\
        BEGIN:VCARD\nVERSION:3.0\nN:;;;;\nFN:Pizza Roma\nORG:Pizza Roma;\nX-ABShowAs:COMPANY\nTEL:030 23125 004\nEND:VCARD\n";
    let read = cards::people(text).unwrap();
    let [ada, roma] = read.people.as_slice() else {
        panic!("{:?}", read.people)
    };
    assert_eq!(
        (ada.name.as_str(), ada.company.as_deref()),
        ("Ada Lovelace", Some("Engines, Ltd."))
    );
    assert_eq!(
        numbers(ada),
        [
            ("mobile", "+44 20 7946 0123"),
            ("boat", "+44 20 7946 0124"),
            ("homefax", "+44 20 7946 0125"),
        ]
    );
    assert!(roma.is_company && roma.company.is_none() && roma.line == 16, "{roma:?}");
}

#[test]
fn a_card_of_version_4_with_addresses_as_uris() {
    let text = "BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:Engines\nTEL;VALUE=uri;TYPE=\"voice,work\":tel:+44-20-7946-0123\n\
        TEL;VALUE=uri:tel:+442079460123;ext=12\nEMAIL:hello@example.com\nEND:VCARD\n";
    let read = cards::people(text).unwrap();
    let person = &read.people[0];
    assert!(person.is_company);
    assert_eq!(person.numbers[0], ("office".to_owned(), "+44-20-7946-0123".to_owned()));
    assert_eq!(person.numbers[1].1, "tel:+442079460123;ext=12");
}

#[test]
fn a_broken_card_costs_only_itself() {
    let text = "BEGIN:VCARD\nFN:Half\nBEGIN:VCARD\nVERSION:3.0\nFN:Whole\nTEL:1\nEND:VCARD\nBEGIN:VCARD\nEND:VCARD\nBEGIN:VCARD\nFN:Cut";
    let read = cards::people(text).unwrap();
    assert_eq!(read.people.len(), 1);
    let lines: Vec<u32> = read.faults.first.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [1, 8, 10]);
}

/// Texts as people and hostile callers write them.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[=+@'-]{0,2}[A-Za-zäöüß][A-Za-z0-9 ,;\"'.:=+@äöü\\\\-]{0,20}[A-Za-z]",
        "[A-Z][a-z]{1,8} [A-Z][a-z]{1,8}",
        "\\PC{1,12}x",
    ]
    .prop_map(|text| text.trim().to_owned())
    .prop_filter("a name has letters", |text| {
        text.chars().any(char::is_alphanumeric) && !text.is_empty()
    })
}

fn contacts() -> impl Strategy<Value = Vec<ringside_domain::Contact>> {
    let number = (
        "(mobile|office|home|fax|phone|boat)",
        "(\\+4420794601[0-9]{2}|\\(202\\) 555-01[0-9]{2}|030 23125 0[0-9]{2} ext 7)",
    );
    let one = (
        words(),
        proptest::option::of(words()),
        proptest::option::of(words()),
        proptest::collection::btree_set("[a-z]{1,6}@example\\.com", 0..3),
        proptest::collection::btree_map(number.1, number.0, 0..3),
        any::<bool>(),
    );
    proptest::collection::vec(one, 1..6).prop_map(|people| {
        people
            .into_iter()
            .map(
                |(name, company, title, emails, numbers, is_company)| ringside_domain::Contact {
                    id: ringside_domain::ContactRef {
                        connection: ringside_domain::ConnectionId::new("address-book"),
                        contact_type: if is_company { "company" } else { "person" }.to_owned(),
                        id: "1".to_owned(),
                    },
                    name,
                    company: company.filter(|_| !is_company),
                    title,
                    emails: emails.into_iter().collect(),
                    numbers: numbers
                        .into_iter()
                        .map(|(raw, label)| ringside_domain::StoredNumber { label, raw })
                        .collect(),
                    region: None,
                    url: None,
                    created: None,
                    updated: None,
                    last_call: None,
                },
            )
            .collect()
    })
}

fn as_contact(person: &FilePerson, like: &ringside_domain::Contact) -> ringside_domain::Contact {
    let record = person.record();
    ringside_domain::Contact {
        id: ringside_domain::ContactRef {
            contact_type: record.draft.contact_type,
            ..like.id.clone()
        },
        name: record.draft.name,
        company: record.draft.company,
        title: record.draft.title,
        emails: record.draft.email.into_iter().chain(record.more_emails).collect(),
        numbers: record.numbers,
        ..like.clone()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_exported_as_a_table_comes_back(people in contacts()) {
        let text = String::from_utf8(crate::person::export::contacts_table(&people).unwrap()).unwrap();
        let read = table(&text);
        prop_assert_eq!(read.faults.count, 0, "{}", text);
        let back: Vec<_> = read.people.iter().zip(&people).map(|(person, like)| as_contact(person, like)).collect();
        prop_assert_eq!(back, people, "{}", text);
    }

    #[test]
    fn what_is_exported_as_cards_comes_back(people in contacts()) {
        let text = crate::person::export::cards(&people).unwrap();
        let read = cards::people(&text).unwrap();
        prop_assert_eq!(read.faults.count, 0, "{}", text);
        let back: Vec<_> = read.people.iter().zip(&people).map(|(person, like)| as_contact(person, like)).collect();
        prop_assert_eq!(back, people, "{}", text);
    }

    #[test]
    fn no_cell_of_an_export_is_a_formula(people in contacts()) {
        let text = crate::person::export::contacts_table(&people).unwrap();
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_slice());
        for row in rows.records() {
            for cell in &row.unwrap() {
                let number = cell.chars().all(|sign| sign.is_ascii_digit() || " +()-./".contains(sign));
                prop_assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{}", cell);
            }
        }
    }

    #[test]
    fn nothing_in_a_table_is_fatal(text in "(\\PC|[\n\r\t\",;']){0,200}") {
        if let Ok(table) = Table::of(&text) {
            let _ = table.people(&text);
        }
    }

    #[test]
    fn nothing_in_a_card_is_fatal(
        lines in proptest::collection::vec("(BEGIN:VCARD|END:VCARD|(N|FN|TEL|EMAIL|ORG|KIND|item1\\.TEL)[;=:A-Z\"]{0,12}:?\\PC{0,20})\r?\n", 0..20)
    ) {
        let text = format!("BEGIN:VCARD\n{}END:VCARD\n", lines.concat());
        let _ = cards::people(&text);
    }

    #[test]
    fn nothing_in_bytes_is_fatal(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok((text, _)) = super::text::decode(&bytes) {
            let _ = cards::people(&text);
            if let Ok(table) = Table::of(&text) {
                let _ = table.people(&text);
            }
        }
    }
}
