//! A reading as text that reads back as the same.

use ringside_domain::phone::{Extension, Home, PhoneNumber, Reading, Region, read};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct ReadingRow {
    kind: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    home: Option<String>,
}

impl ReadingRow {
    pub fn of(reading: &Reading) -> Self {
        let (text, home) = match reading {
            Reading::Number(number) => (wire(number), None),
            Reading::Extension(extension) => (extension.as_str().to_owned(), None),
            Reading::SipAddress(address) => (address.as_str().to_owned(), None),
            Reading::Withheld => (String::new(), None),
            Reading::Unreadable(unreadable) => (unreadable.text().to_owned(), unreadable.home()),
        };
        Self {
            kind: reading.kind().to_owned(),
            text,
            home: home.map(|region| region.to_string()),
        }
    }

    /// A kind of a newer version reads as whatever its text says today.
    pub fn reading(&self) -> Reading {
        let region = self.home.as_deref().and_then(|home| home.parse::<Region>().ok());
        let home = Home {
            region,
            outside_prefix: None,
        };
        match self.kind.as_str() {
            "withheld" => Reading::Withheld,
            "extension" => Extension::new(&self.text).map_or_else(|| read(&self.text, &home), Reading::Extension),
            "sip_address" => read(&format!("sip:{}", self.text), &home),
            _ => read(&self.text, &home),
        }
    }
}

fn wire(number: &PhoneNumber) -> String {
    match number.extension() {
        Some(extension) => format!("tel:{};ext={extension}", number.e164()),
        None => number.e164().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_reads_back() {
        let home = "US".parse().map(Home::of).unwrap_or_default();
        for raw in [
            "(415) 555-0100",
            "415-555-0100 ext. 12",
            "007",
            "sip:alice@example.com",
            "anonymous",
            "call me",
            "",
        ] {
            let reading = read(raw, &home);
            assert_eq!(ReadingRow::of(&reading).reading(), reading, "{raw}");
        }
    }
}
