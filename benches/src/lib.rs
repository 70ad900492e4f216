//! People for the benches: as many as wanted, the same at every run, each with a number of their own.
//!
//! All numbers are from ranges that the authorities of their country keep for fiction, are valid for the number library,
//! and are written in the mixed ways in which people store them.

use ringside_domain::{
    ConnectionId, ContactDraft,
    phone::{Home, PhoneNumber, Reading, forms, read},
};
use ringside_store::ADDRESS_BOOK;

pub mod words;

use words::{COMPANIES, FAMILIES, NAMES, TITLES};

/// Where the people who look at these contacts are at home.
///
/// # Panics
/// Never: the region is written here.
#[must_use]
pub fn home() -> Home {
    "US".parse().map(Home::of).unwrap_or_default()
}

/// Everybody there can be: about 150,000.
pub struct People {
    numbers: Vec<PhoneNumber>,
}

impl Default for People {
    fn default() -> Self {
        Self::new()
    }
}

impl People {
    #[must_use]
    pub fn new() -> Self {
        let home = home();
        let reserved: Vec<String> = reserved().collect();
        let scattered = (0..reserved.len()).map(|at| &reserved[at * STRIDE % reserved.len()]);
        let numbers = scattered.filter_map(|text| match read(text, &home) {
            Reading::Number(number) => Some(number),
            _ => None,
        });
        Self {
            numbers: numbers.collect(),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.numbers.len()
    }

    /// The number of this person; nobody else has it.
    ///
    /// # Panics
    /// When there are not so many people.
    #[must_use]
    pub fn number(&self, at: usize) -> &PhoneNumber {
        &self.numbers[at]
    }

    /// This person as a contact of the address book.
    ///
    /// # Panics
    /// As [`People::number`].
    #[must_use]
    pub fn draft(&self, at: usize) -> ContactDraft {
        let mixed = at.wrapping_mul(2_654_435_761) >> 7;
        // Two given names, so that 100,000 people do not share a few thousand names.
        let [name, second] = [NAMES[mixed % NAMES.len()], NAMES[mixed / 53 % NAMES.len()]];
        let family = FAMILIES[mixed / 2809 % FAMILIES.len()];
        let company = COMPANIES[mixed / 7 % COMPANIES.len()];
        ContactDraft {
            connection: ConnectionId::new(ADDRESS_BOOK),
            contact_type: if at.is_multiple_of(10) { "lead" } else { "person" }.to_owned(),
            name: format!("{name} {second} {family}"),
            given: None,
            family: None,
            company: Some(format!("{company} {}", mixed % 400)),
            title: Some(TITLES[mixed / 3 % TITLES.len()].to_owned()),
            email: Some(format!("{name}.{family}{at}@example.com").to_lowercase()),
            number: Some(written(self.number(at), mixed)),
            extra: Vec::new(),
            force: false,
        }
    }
}

/// A number as somebody stored it. Foreign ones keep their country code: without it nobody could read them.
fn written(number: &PhoneNumber, mixed: usize) -> String {
    let e164 = number.e164();
    match (number.country_code(), mixed % 8) {
        (1, 0) => format!("{} ext. {}", number.national(), mixed % 90 + 10),
        (1, 1) => number.national().replace(['(', ')', ' '], "").replace('-', "."),
        (1, 2) => format!("1-{}", number.nsn()),
        (1, _) => {
            let forms = forms(number, &[]);
            forms
                .get(mixed / 8 % forms.len().max(1))
                .map_or_else(|| e164.to_owned(), |form| form.text.clone())
        }
        (44 | 49, 0) => number.international().replacen(' ', " (0)", 1),
        (_, 1) => format!("011 {}", number.international().trim_start_matches('+')),
        (_, 2) => number.rfc3966(),
        (_, 3) => e164.to_owned(),
        (_, 4) => number.international().replace(' ', "-"),
        (_, _) => number.international(),
    }
}

/// Scatters the ranges over the people; prime, so that everybody is met once.
const STRIDE: usize = 7_919;

/// In E.164, whether valid or not: North America 555-01xx (NANPA), Australia (ACMA), Britain (Ofcom), Germany
/// (Bundesnetzagentur), France (ARCEP).
fn reserved() -> impl Iterator<Item = String> {
    let america = (201..=989).flat_map(|area| (0..100).map(move |line| format!("+1{area}55501{line:02}")));
    let france = ["19900", "26191", "35301", "46571", "53649", "63998"];
    let france = france
        .into_iter()
        .flat_map(|start| (0..10_000).map(move |line| format!("+33{start}{line:04}")));
    let australia = [2, 3, 7, 8]
        .into_iter()
        .flat_map(|area| (0..10_000).map(move |line| format!("+61{area}5550{line:04}")));
    let cities = [113, 114, 115, 116, 117, 118, 121, 131, 141, 151, 161].map(|city| format!("{city}4960"));
    let britain = cities
        .into_iter()
        .chain(["2079460", "1914980", "7700900"].map(str::to_owned));
    let britain = britain.flat_map(|start| (0..1_000).map(move |line| format!("+44{start}{line:03}")));
    let germany = ["3023125", "6990009", "4066969", "2214710", "8999998"];
    let germany = germany
        .into_iter()
        .flat_map(|start| (0..1_000).map(move |line| format!("+49{start}{line:03}")));
    america.chain(france).chain(australia).chain(britain).chain(germany)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use std::collections::HashSet;

    use super::*;

    #[test]
    fn everybody_is_reached_by_the_number_as_stored() {
        let people = People::new();
        assert!(people.count() >= 120_000, "{}", people.count());
        let distinct: HashSet<&str> = people.numbers.iter().map(PhoneNumber::e164).collect();
        assert_eq!(distinct.len(), people.count());
        for at in (0..people.count()).step_by(37) {
            let stored = people.draft(at).number.unwrap_or_default();
            let Reading::Number(number) = read(&stored, &home()) else {
                panic!("{stored} is no number")
            };
            assert_eq!(number.e164(), people.number(at).e164(), "{stored}");
        }
    }
}
