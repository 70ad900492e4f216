//! Decides whether two readings are the same line, and how good the proof is.

use std::fmt;
use std::str::FromStr;

use crate::key::{FULL_TAIL, LOCAL_TAIL, last, significant};
use crate::plan::{MAX_DESK_DIGITS, has_desks};
use crate::{PhoneNumber, Reading, Unreadable, alias};

/// How good the proof is that a contact is the caller; the best comes first and is the smallest.
///
/// Ringside decides this itself, from what the contact's record holds: an answer of a CRM is not a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The same number, and the same extension behind it.
    ExactWithExtension,
    /// The same number, extension or SIP address.
    Exact,
    /// The same number before and after its country changed the plan.
    Alias,
    /// The same, if bare digits were meant the other way, or the second of two numbers in one field.
    Alternate,
    /// The same national number; one side does not say which country.
    National,
    /// The same company: the caller's number goes on where the contact's ends, or the extensions differ.
    Trunk,
    /// The same last 7 or 8 digits, where one side is no full number.
    Tail,
}

impl Grade {
    /// Every grade, best first.
    pub const ALL: [Grade; 7] = [
        Grade::ExactWithExtension,
        Grade::Exact,
        Grade::Alias,
        Grade::Alternate,
        Grade::National,
        Grade::Trunk,
        Grade::Tail,
    ];

    /// A stable name for storage and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Grade::ExactWithExtension => "exact_with_extension",
            Grade::Exact => "exact",
            Grade::Alias => "alias",
            Grade::Alternate => "alternate",
            Grade::National => "national",
            Grade::Trunk => "trunk",
            Grade::Tail => "tail",
        }
    }

    /// Whether a single contact of this grade may be chosen before a person has looked.
    pub fn is_exact(self) -> bool {
        matches!(self, Grade::ExactWithExtension | Grade::Exact | Grade::Alias)
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Grade {
    type Err = GradeError;

    fn from_str(text: &str) -> Result<Grade, GradeError> {
        Grade::ALL
            .into_iter()
            .find(|grade| grade.as_str() == text)
            .ok_or(GradeError)
    }
}

/// The text is the name of no grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GradeError;

impl fmt::Display for GradeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a grade; the grades are")?;
        for (at, grade) in Grade::ALL.into_iter().enumerate() {
            write!(f, "{} {grade}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl std::error::Error for GradeError {}

/// Compares what a contact's record holds with a caller. None if they are not the same line.
pub fn compare(stored: &Reading, caller: &Reading) -> Option<Grade> {
    match (stored, caller) {
        (Reading::Number(stored), Reading::Number(caller)) => numbers(stored, caller),
        (Reading::Number(number), Reading::Unreadable(rest)) | (Reading::Unreadable(rest), Reading::Number(number)) => {
            number_and_rest(number, rest)
        }
        (Reading::Unreadable(stored), Reading::Unreadable(caller)) => rests(stored, caller),
        (Reading::Extension(stored), Reading::Extension(caller)) => (stored == caller).then_some(Grade::Exact),
        (Reading::SipAddress(stored), Reading::SipAddress(caller)) => (stored == caller).then_some(Grade::Exact),
        _ => None,
    }
}

/// Two full numbers: tails are never compared.
fn numbers(stored: &PhoneNumber, caller: &PhoneNumber) -> Option<Grade> {
    let grade = if stored.e164() == caller.e164() {
        if stored.rewritten() == caller.rewritten() {
            Grade::Exact
        } else {
            Grade::Alias
        }
    } else if alias::aliases(stored.country_code(), stored.nsn())
        .iter()
        .any(|other| other == caller.e164())
    {
        Grade::Alias
    } else if share_alternate(stored, caller) {
        Grade::Alternate
    } else if desk_of(stored, caller) {
        Grade::Trunk
    } else {
        return None;
    };
    match (stored.extension(), caller.extension()) {
        (Some(stored), Some(caller)) if stored == caller && grade == Grade::Exact => Some(Grade::ExactWithExtension),
        (Some(stored), Some(caller)) if stored != caller => Some(grade.max(Grade::Trunk)),
        _ => Some(grade),
    }
}

fn share_alternate(stored: &PhoneNumber, caller: &PhoneNumber) -> bool {
    stored.alternate() == Some(caller.e164())
        || caller.alternate() == Some(stored.e164())
        || (stored.alternate().is_some() && stored.alternate() == caller.alternate())
}

/// Whether the caller's number goes on, by the digits of a desk, where the stored company's number ends.
fn desk_of(stored: &PhoneNumber, caller: &PhoneNumber) -> bool {
    if !has_desks(stored) || stored.country_code() != caller.country_code() {
        return false;
    }
    let whole = stored.e164();
    let switchboard = whole.strip_suffix('0').filter(|_| stored.head_office());
    [Some(whole), switchboard].into_iter().flatten().any(|company| {
        let more = caller.e164().strip_prefix(company).map_or(0, str::len);
        (1..=MAX_DESK_DIGITS as usize).contains(&more)
    })
}

fn number_and_rest(number: &PhoneNumber, rest: &Unreadable) -> Option<Grade> {
    let (nsn, digits) = (number.nsn(), rest.digits());
    if significant(nsn) == significant(digits) && significant(nsn).len() >= FULL_TAIL {
        return Some(Grade::National);
    }
    let same_country = rest
        .home()
        .and_then(|home| home.country_code())
        .is_none_or(|code| code == number.country_code());
    let local = last(nsn, LOCAL_TAIL).is_some() && last(nsn, LOCAL_TAIL) == last(digits, LOCAL_TAIL) && same_country;
    let full = last(nsn, FULL_TAIL).is_some() && last(nsn, FULL_TAIL) == last(digits, FULL_TAIL);
    // Seven digits say enough only if one side has no more of them.
    let short = digits.len() == LOCAL_TAIL || nsn.len() <= FULL_TAIL;
    (full || (local && short)).then_some(Grade::Tail)
}

fn rests(stored: &Unreadable, caller: &Unreadable) -> Option<Grade> {
    let (stored, caller) = (stored.digits(), caller.digits());
    if significant(stored) == significant(caller) && significant(stored).len() >= FULL_TAIL {
        return Some(Grade::National);
    }
    let size = if stored.len().min(caller.len()) == LOCAL_TAIL {
        LOCAL_TAIL
    } else {
        FULL_TAIL
    };
    (last(stored, size).is_some() && last(stored, size) == last(caller, size)).then_some(Grade::Tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_round_and_order_is_best_first() {
        for grade in Grade::ALL {
            assert_eq!(grade.as_str().parse(), Ok(grade));
        }
        assert!(Grade::ALL.is_sorted());
        assert_eq!(Grade::ALL.into_iter().filter(|grade| grade.is_exact()).count(), 3);
        assert!(
            "Exact"
                .parse::<Grade>()
                .is_err_and(|error| error.to_string().ends_with("trunk, tail"))
        );
    }
}
