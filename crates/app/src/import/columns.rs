//! What a column of a table of contacts means, by its heading: as Outlook, Google, Apple and common CRMs write it, in English
//! and German; and by what is in it, where there is no heading.

use ringside_ipc::import::ImportField;

use ImportField::{Company, Email, Family, Fax, Given, Home, Ignore, Mobile, Name, Number, Office, Title};

/// The meaning of each column. No two columns are both the name.
pub(crate) fn meanings(headers: &[String]) -> Vec<ImportField> {
    let mut fields: Vec<ImportField> = headers.iter().map(|header| meaning(header)).collect();
    // Outlook's `Title` is how somebody is addressed, and its `Job Title` what they are.
    if !fields.contains(&Title)
        && !headers
            .iter()
            .any(|header| is(header, &["suffix", "suffix name", "anrede"]))
    {
        let plain = headers.iter().position(|header| is(header, &["title", "titel"]));
        if let Some(at) = plain {
            fields[at] = Title;
        }
    }
    let mut named = false;
    for field in fields.iter_mut().filter(|field| **field == Name) {
        if std::mem::replace(&mut named, true) {
            *field = Ignore;
        }
    }
    fields
}

/// Whether the first row is a heading: a number or an address in it says that it is a person.
pub(crate) fn is_heading(row: &[String]) -> bool {
    let known = row.iter().any(|cell| meaning(cell) != Ignore);
    known || !row.iter().any(|cell| cell.contains('@') || looks_like_number(cell))
}

/// The meanings of columns without headings, by what is in them.
pub(crate) fn guessed(columns: usize, rows: &[Vec<String>]) -> Vec<ImportField> {
    let mut named = false;
    let mut guess = |at: usize| {
        let cells: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.get(at))
            .map(|cell| cell.trim())
            .collect();
        let full = cells.iter().filter(|cell| !cell.is_empty()).count();
        let most = |is: fn(&str) -> bool| full > 0 && cells.iter().filter(|cell| is(cell)).count() * 2 > full;
        if most(|cell| cell.contains('@')) {
            Email
        } else if most(looks_like_number) {
            Number
        } else if most(|cell| cell.chars().any(char::is_alphabetic)) && !std::mem::replace(&mut named, true) {
            Name
        } else {
            Ignore
        }
    };
    (0..columns).map(&mut guess).collect()
}

/// Where the label of the number in this column stands, as Google has it: `Phone 1 - Type` before `Phone 1 - Value`.
pub(crate) fn label_column(headers: &[String], at: usize) -> Option<usize> {
    let words = words(headers.get(at)?);
    let stem = words.strip_suffix(&["value".to_owned()])?;
    let is_label = |header: &String| {
        let other = self::words(header);
        let last = other.last().map(String::as_str);
        other.len() == stem.len() + 1 && other.starts_with(stem) && matches!(last, Some("label" | "type"))
    };
    headers.iter().position(is_label)
}

fn meaning(header: &str) -> ImportField {
    let words = words(header);
    let has = |some: &[&str]| words.iter().any(|word| some.contains(&word.as_str()));
    let holds = |some: &[&str]| words.iter().any(|word| some.iter().any(|part| word.contains(part)));
    // About another column, about somebody else, or nothing to call.
    if has(&[
        "type",
        "label",
        "typ",
        "yomi",
        "phonetic",
        "phonetisch",
        "ascii",
        "pager",
    ]) || holds(&[
        "assistent",
        "assistant",
        "display",
        "anzeige",
        "telex",
        "radio",
        "isdn",
        "callback",
    ]) && holds(&["phone", "tel", "mail", "radio", "isdn", "callback"])
    {
        return Ignore;
    }
    if has(&["fax", "telefax", "faxnummer"]) || holds(&["fax"]) {
        return Fax;
    }
    if has(&["email", "mail", "emails", "emailadresse", "mailadresse"]) {
        return Email;
    }
    if holds(&["phone", "telefon", "mobil", "handy", "rufnummer", "durchwahl"]) || has(&["tel", "cell", "mobile"]) {
        return phone(&words);
    }
    if is(header, NUMBERS) {
        return Number;
    }
    let known = [
        (NAMES, Name),
        (GIVEN, Given),
        (FAMILY, Family),
        (COMPANIES, Company),
        (TITLES, Title),
    ];
    let found = known.into_iter().find(|(names, _)| is(header, names));
    found.map_or(Ignore, |(_, field)| field)
}

fn phone(words: &[String]) -> ImportField {
    let holds = |some: &[&str]| words.iter().any(|word| some.iter().any(|part| word.contains(part)));
    if holds(&["mobil", "handy", "cell"]) {
        Mobile
    } else if holds(&["home", "privat"]) {
        Home
    } else if holds(&[
        "business",
        "work",
        "company",
        "office",
        "direct",
        "geschäft",
        "firma",
        "firmen",
        "büro",
        "dienst",
        "arbeit",
        "durchwahl",
    ]) {
        Office
    } else {
        Number
    }
}

const NAMES: &[&str] = &[
    "name",
    "full name",
    "fullname",
    "contact name",
    "contact",
    "display name",
    "anzeigename",
    "vollständiger name",
    "kontakt",
    "kontaktname",
    "ansprechpartner",
    "nom",
];
const GIVEN: &[&str] = &["first name", "firstname", "given name", "given", "vorname", "rufname"];
const FAMILY: &[&str] = &[
    "last name",
    "lastname",
    "family name",
    "family",
    "surname",
    "nachname",
    "familienname",
    "zuname",
];
const COMPANIES: &[&str] = &[
    "company",
    "company name",
    "organization",
    "organisation",
    "organization name",
    "organization 1 name",
    "employer",
    "account",
    "account name",
    "business",
    "firma",
    "firmenname",
    "unternehmen",
];
const TITLES: &[&str] = &[
    "job title",
    "jobtitle",
    "position",
    "role",
    "organization title",
    "organization 1 title",
    "funktion",
    "berufsbezeichnung",
    "stellenbezeichnung",
    "jobtitel",
];
const NUMBERS: &[&str] = &["number", "numbers", "nummer", "nummern"];

fn is(header: &str, names: &[&str]) -> bool {
    let header = words(header).join(" ");
    names.contains(&header.as_str())
}

/// `E-mail 2 Address` is `email 2 address`, `Geschäftlich: Telefon` is `geschäftlich telefon`.
fn words(header: &str) -> Vec<String> {
    let header = header
        .to_lowercase()
        .replace("e-mail", "email")
        .replace("e mail", "email");
    let words = header.split(|sign: char| !sign.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn looks_like_number(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    (5..=20).contains(&digits) && !cell.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    fn of(headers: &[&str]) -> Vec<ImportField> {
        meanings(&headers.iter().map(|header| (*header).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn outlook_in_english() {
        let read = of(&[
            "Title",
            "First Name",
            "Middle Name",
            "Last Name",
            "Suffix",
            "Company",
            "Department",
            "Job Title",
            "Business Street",
            "Assistant's Phone",
            "Business Fax",
            "Business Phone",
            "Business Phone 2",
            "Company Main Phone",
            "Home Phone",
            "Mobile Phone",
            "Other Phone",
            "Pager",
            "Primary Phone",
            "E-mail Address",
            "E-mail Type",
            "E-mail Display Name",
            "E-mail 2 Address",
            "Notes",
        ]);
        assert_eq!(
            read,
            [
                Ignore, Given, Ignore, Family, Ignore, Company, Ignore, Title, Ignore, Ignore, Fax, Office, Office,
                Office, Home, Mobile, Number, Ignore, Number, Email, Ignore, Ignore, Email, Ignore,
            ]
        );
    }

    #[test]
    fn outlook_in_german() {
        let read = of(&[
            "Anrede",
            "Vorname",
            "Nachname",
            "Firma",
            "Abteilung",
            "Position",
            "Straße geschäftlich",
            "Fax geschäftlich",
            "Telefon geschäftlich",
            "Geschäftlich: Telefon",
            "Telefon Firma",
            "Telefon privat",
            "Mobiltelefon",
            "Weiteres Telefon",
            "Telefon Assistent",
            "E-Mail-Adresse",
            "E-Mail-Typ",
            "E-Mail: Angezeigter Name",
            "E-Mail 2: Adresse",
            "Webseite",
        ]);
        assert_eq!(
            read[..15],
            [
                Ignore, Given, Family, Company, Ignore, Title, Ignore, Fax, Office, Office, Office, Home, Mobile,
                Number, Ignore,
            ]
        );
        assert_eq!((read[15], read[16], read[18], read[19]), (Email, Ignore, Email, Ignore));
    }

    #[test]
    fn google_old_and_new_with_the_labels_beside() {
        let headers: Vec<String> = [
            "Name",
            "Given Name",
            "Family Name",
            "Phonetic First Name",
            "Organization 1 - Name",
            "Organization 1 - Title",
            "E-mail 1 - Type",
            "E-mail 1 - Value",
            "Phone 1 - Type",
            "Phone 1 - Value",
            "Phone 2 - Label",
            "Phone 2 - Value",
        ]
        .map(str::to_owned)
        .into();
        assert_eq!(
            meanings(&headers),
            [
                Name, Given, Family, Ignore, Company, Title, Ignore, Email, Ignore, Number, Ignore, Number,
            ]
        );
        assert_eq!(label_column(&headers, 9), Some(8));
        assert_eq!(label_column(&headers, 11), Some(10));
        assert_eq!(label_column(&headers, 0), None);
        assert_eq!(
            of(&["First Name", "Last Name", "Organization Name", "Organization Title"]),
            [Given, Family, Company, Title]
        );
    }

    #[test]
    fn other_exports() {
        assert_eq!(
            of(&["Name", "Title", "Phone", "Cell", "Work"]),
            [Name, Title, Number, Mobile, Ignore]
        );
        assert_eq!(
            of(&["Name", "Full Name", "Handy", "Tel.", "Rufnummer"]),
            [Name, Ignore, Mobile, Number, Number]
        );
    }

    #[test]
    fn without_a_heading_the_cells_say_it() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        assert!(!is_heading(&row(&["Ada Lovelace", "+44 20 7946 0123"])));
        assert!(is_heading(&row(&["Name", "Spalte"])));
        assert!(is_heading(&row(&["Wer", "Womit"])));
        let rows = [row(&["Ada Lovelace", "+44 20 7946 0123", "ada@example.com", "Engines"])];
        assert_eq!(guessed(4, &rows), [Name, Number, Email, Ignore]);
    }
}
