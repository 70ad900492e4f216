//! Numbers that changed with their country's plan, and the form of before.
//!
//! A library knows one plan, today's; CRMs and exchanges still hold the other one. Rows go both ways:
//! a number written the old way is read as the new one, and where both ways are valid today (Argentina
//! with and without 9) each is filed under the other as well.

use crate::reader::{self, Parsed, Reader};

/// In `code`, numbers of `old_digits` digits had `old` after the first `keep` digits; now they have `new`.
struct Change {
    code: u16,
    keep: usize,
    old: &'static str,
    new: &'static str,
    old_digits: usize,
}

const fn change(code: u16, keep: usize, old: &'static str, new: &'static str, old_digits: usize) -> Change {
    Change {
        code,
        keep,
        old,
        new,
        old_digits,
    }
}

const CHANGES: [Change; 30] = [
    // Mexico, 2019: the mobile 1 of calls from abroad, and the prefixes of calls inside, are gone.
    change(52, 0, "1", "", 11),
    change(52, 0, "044", "", 13),
    change(52, 0, "045", "", 13),
    change(52, 0, "01", "", 12),
    // Argentina: mobiles have a 9 when called from abroad; exchanges leave it out or put it in.
    change(54, 0, "", "9", 10),
    // Brazil, 2012 to 2016: mobiles of 8 digits got a 9 after the area code.
    change(55, 2, "6", "96", 10),
    change(55, 2, "7", "97", 10),
    change(55, 2, "8", "98", 10),
    change(55, 2, "9", "99", 10),
    // Benin, 2024: 01 in front of every number.
    change(229, 0, "", "01", 8),
    // Vietnam, 2018: mobiles of 11 digits became 10.
    change(84, 0, "120", "70", 10),
    change(84, 0, "121", "79", 10),
    change(84, 0, "122", "77", 10),
    change(84, 0, "126", "76", 10),
    change(84, 0, "128", "78", 10),
    change(84, 0, "123", "83", 10),
    change(84, 0, "124", "84", 10),
    change(84, 0, "125", "85", 10),
    change(84, 0, "127", "81", 10),
    change(84, 0, "129", "82", 10),
    change(84, 0, "162", "32", 10),
    change(84, 0, "163", "33", 10),
    change(84, 0, "164", "34", 10),
    change(84, 0, "165", "35", 10),
    change(84, 0, "166", "36", 10),
    change(84, 0, "167", "37", 10),
    change(84, 0, "168", "38", 10),
    change(84, 0, "169", "39", 10),
    change(84, 0, "186", "56", 10),
    change(84, 0, "188", "58", 10),
];

impl Change {
    fn forward(&self, nsn: &str) -> Option<String> {
        self.swapped(nsn, self.old, self.new, self.old_digits)
    }

    fn backward(&self, nsn: &str) -> Option<String> {
        self.swapped(
            nsn,
            self.new,
            self.old,
            self.old_digits - self.old.len() + self.new.len(),
        )
    }

    fn swapped(&self, nsn: &str, from: &str, to: &str, digits: usize) -> Option<String> {
        let (kept, rest) = (nsn.get(..self.keep)?, nsn.get(self.keep..)?);
        let tail = rest.strip_prefix(from).filter(|_| nsn.len() == digits)?;
        Some(format!("+{}{kept}{to}{tail}", self.code))
    }
}

/// The valid number of today for one that was read but is not valid.
pub(crate) fn rewritten(reader: &dyn Reader, invalid: &Parsed) -> Option<Parsed> {
    changes(invalid.country_code)
        .filter_map(|change| change.forward(&invalid.nsn))
        .filter_map(|today| reader::parse(reader, &today, None))
        .find(|parsed| parsed.valid)
        .map(|parsed| Parsed {
            code_from: invalid.code_from,
            ..parsed
        })
}

/// Other valid numbers, in E.164, that reach the same line.
pub(crate) fn aliases(country_code: u16, nsn: &str) -> Vec<String> {
    changes(country_code)
        .flat_map(|change| [change.forward(nsn), change.backward(nsn)])
        .flatten()
        .filter(|other| {
            reader::parse(reader::chosen(), other, None).is_some_and(|parsed| parsed.valid && parsed.e164() == *other)
        })
        .collect()
}

fn changes(country_code: u16) -> impl Iterator<Item = &'static Change> {
    CHANGES.iter().filter(move |change| change.code == country_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_goes_both_ways() {
        for change in &CHANGES {
            let filler = "123456789012";
            let old = format!("{}{}", &filler[..change.keep], change.old);
            let old = format!("{old}{}", &filler[..change.old_digits - old.len()]);
            let code = format!("+{}", change.code);
            let today = change.forward(&old).unwrap_or_default();
            assert_eq!(
                change.backward(&today[code.len()..]),
                Some(format!("{code}{old}")),
                "{code} {}",
                change.old
            );
        }
    }

    #[test]
    fn argentina_is_valid_with_and_without_9() {
        assert_eq!(aliases(54, "1123456789"), ["+5491123456789"]);
        assert_eq!(aliases(54, "91123456789"), ["+541123456789"]);
        assert!(aliases(1, "4155550100").is_empty());
    }
}
