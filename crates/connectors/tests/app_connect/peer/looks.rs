//! How the vendor's connectors look for a number, each in its own way: read in their source.

use ringside_domain::Url;

/// How the connector behind it looks for numbers.
#[derive(Clone, Copy, PartialEq)]
pub enum Looks {
    /// As the vendor's template does: for E.164 and each mask, letter by letter.
    Template,
    /// For what ends in the national number's digits; with masks for E.164 and each mask instead, letter by letter.
    NetSuite,
    /// Letter by letter for the national number's digits; with masks only for those, each pasted into an address as it is. And
    /// what it created as a `contact` it finds as a `Contact`.
    Insightly,
}

impl Looks {
    pub fn hits(self, stored: &str, number: &str, formats: &str) -> bool {
        let nsn = number.strip_prefix("+1").unwrap_or(number);
        let masks = formats.split(',').filter(|format| !format.is_empty());
        let written = masks.map(|mask| {
            nsn.chars().fold(mask.to_owned(), |text, digit| {
                text.replacen(['#', '*'], &digit.to_string(), 1)
            })
        });
        let written: Vec<String> = written.collect();
        match self {
            Self::NetSuite if formats.is_empty() => {
                let digits: String = stored.chars().filter(char::is_ascii_digit).collect();
                digits.ends_with(nsn)
            }
            Self::Template | Self::NetSuite => stored == number || written.iter().any(|one| stored == one),
            Self::Insightly if formats.is_empty() => stored == nsn,
            Self::Insightly => written.iter().any(|one| {
                let address = Url::parse(&format!("http://crm/?field_value={one}")).unwrap();
                address.query_pairs().any(|(_, value)| value == stored)
            }),
        }
    }
}
