//! How near two spellings are: edits between them, and whether they sound alike.
//!
//! An edit is a letter too many, missing or wrong, or two neighbours swapped (optimal string alignment). It is written
//! here and not taken from a library because a word that is only half typed is compared with every beginning of a
//! candidate at once, which is the last column of the same table.

/// Longer words are not compared.
pub(super) const LONGEST: usize = 32;

/// One signs after the other, and none of them on the heap: thousands are compared at a keystroke.
#[derive(Clone, Copy)]
pub(super) struct Letters {
    signs: [char; LONGEST],
    count: usize,
}

/// How near a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nearness {
    pub edits: u8,
    /// Only its beginning was compared.
    pub goes_on: bool,
}

impl Letters {
    /// `None` where it is too long to be compared.
    pub fn of(word: &str) -> Option<Self> {
        let mut letters = Self {
            signs: ['\0'; LONGEST],
            count: 0,
        };
        for sign in word.chars() {
            *letters.signs.get_mut(letters.count)? = sign;
            letters.count += 1;
        }
        Some(letters)
    }

    pub fn all(&self) -> &[char] {
        &self.signs[..self.count]
    }
}

/// Which letters are in it, in 32 bits. Of two words that are `n` edits apart, neither has more than `n` that the other
/// lacks, which rules nearly every word out before it is compared.
pub(super) fn mask(letters: &[char]) -> u32 {
    letters.iter().fold(0, |bits, sign| bits | 1 << (u32::from(*sign) % 32))
}

/// The edits from what was typed to the candidate, or to the nearest beginning of it where the word may be unfinished.
/// `None` where there are more than `most`.
pub(super) fn nearness(typed: &[char], candidate: &[char], most: u8, unfinished: bool) -> Option<Nearness> {
    let width = typed.len().min(LONGEST);
    let typed = &typed[..width];
    let mut before = [0_u8; LONGEST + 1];
    let mut last = [0_u8; LONGEST + 1];
    for (at, edits) in (0_u8..).zip(last.iter_mut().take(width + 1)) {
        *edits = at;
    }
    let mut best = last[width];
    let mut lowest_before = 0;
    for (row, sign) in (1_u8..).zip(candidate) {
        let mut now = [row; LONGEST + 1];
        let mut lowest = row;
        for column in 1..=width {
            let same = typed[column - 1] == *sign;
            let mut edits = (last[column - 1] + u8::from(!same))
                .min(last[column] + 1)
                .min(now[column - 1] + 1);
            let swapped = row > 1
                && column > 1
                && typed[column - 2] == *sign
                && candidate.get(usize::from(row) - 2) == Some(&typed[column - 1]);
            if swapped {
                edits = edits.min(before[column - 2] + 1);
            }
            now[column] = edits;
            lowest = lowest.min(edits);
        }
        best = best.min(now[width]);
        // A swap reaches over one row.
        if lowest > most && lowest_before > most {
            return (unfinished && best <= most).then_some(Nearness {
                edits: best,
                goes_on: true,
            });
        }
        (before, last, lowest_before) = (last, now, lowest);
    }
    let whole = last[width];
    if unfinished && best < whole && best <= most {
        return Some(Nearness {
            edits: best,
            goes_on: true,
        });
    }
    (whole <= most).then_some(Nearness {
        edits: whole,
        goes_on: false,
    })
}

/// What a folded word sounds like, roughly, in the languages around: `phillip` and `filip`, `kaiser` and `kayser`,
/// `schmidt` and `schmitt`, `clara` and `klara` are the same. A sound of a beginning is nearly a beginning of the sound.
pub(super) fn sound(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(sign) = rest.chars().next() {
        const PARTS: [(&str, &str); 13] = [
            ("sch", "s"),
            ("ph", "f"),
            ("th", "t"),
            ("dt", "t"),
            ("ck", "k"),
            ("ei", "i"),
            ("ey", "i"),
            ("ai", "i"),
            ("ay", "i"),
            ("ie", "i"),
            ("ou", "u"),
            ("ts", "s"),
            ("tz", "s"),
        ];
        let (length, heard) = PARTS
            .iter()
            .find(|(part, _)| rest.starts_with(part))
            .map_or((sign.len_utf8(), None), |(part, heard)| (part.len(), Some(*heard)));
        let (one, two) = match heard.and_then(|heard| heard.chars().next()).unwrap_or(sign) {
            'c' | 'q' => ('k', None),
            'y' | 'j' => ('i', None),
            'v' | 'w' => ('f', None),
            'z' => ('s', None),
            'x' => ('k', Some('s')),
            other => (other, None),
        };
        rest = &rest[length..];
        // An h is heard where a word begins.
        if sign == 'h' && !out.is_empty() {
            continue;
        }
        for heard in [Some(one), two].into_iter().flatten() {
            if !out.ends_with(heard) {
                out.push(heard);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn edits(typed: &str, candidate: &str, most: u8, unfinished: bool) -> Option<(u8, bool)> {
        let (typed, candidate) = (Letters::of(typed).unwrap(), Letters::of(candidate).unwrap());
        nearness(typed.all(), candidate.all(), most, unfinished).map(|near| (near.edits, near.goes_on))
    }

    #[test]
    fn an_edit_is_one_slip_of_the_hand() {
        for (typed, candidate, found) in [
            ("meier", "meier", Some((0, false))),
            ("meeir", "meier", Some((1, false))),
            ("meir", "meier", Some((1, false))),
            ("meierr", "meier", Some((1, false))),
            ("mwier", "meier", Some((1, false))),
            ("meyr", "meier", Some((2, false))),
            ("smith", "meier", None),
            ("", "ab", Some((2, false))),
            ("ab", "", Some((2, false))),
        ] {
            assert_eq!(edits(typed, candidate, 2, false), found, "{typed} {candidate}");
        }
        assert_eq!(edits("shcne", "schneider", 1, true), Some((1, true)));
        assert_eq!(edits("shcne", "schneider", 1, false), None);
        assert_eq!(edits("anna", "anna", 1, true), Some((0, false)));
        assert!(Letters::of(&"x".repeat(LONGEST + 1)).is_none());
    }

    #[test]
    fn what_sounds_alike() {
        for (one, other) in [
            ("phillip", "filip"),
            ("stephan", "stefan"),
            ("kayser", "kaiser"),
            ("schmidt", "schmitt"),
            ("clara", "klara"),
            ("thomas", "tomas"),
            ("meyer", "mayer"),
            ("maier", "meier"),
            ("yvonne", "ivonne"),
            ("alexander", "aleksander"),
        ] {
            assert_eq!(sound(one), sound(other), "{one} {other}");
        }
        assert_ne!(sound("meier"), sound("maurer"));
        assert_eq!(sound("петров"), "петров");
    }

    proptest::proptest! {
        #[test]
        fn edits_are_counted_as_the_library_counts_them(typed in "[a-d]{0,9}", candidate in "[a-d]{0,9}") {
            let counted = u8::try_from(strsim::osa_distance(&typed, &candidate)).unwrap();
            let expected = (counted <= 2).then_some((counted, false));
            proptest::prop_assert_eq!(edits(&typed, &candidate, 2, false), expected);
            let beginnings = (0..=candidate.len()).map(|end| strsim::osa_distance(&typed, &candidate[..end]));
            let nearest = beginnings.min().filter(|edits| *edits <= 2);
            let found = edits(&typed, &candidate, 2, true).map(|(edits, _)| usize::from(edits));
            proptest::prop_assert_eq!(found, nearest);
        }

        #[test]
        fn no_word_is_ruled_out_that_is_near(typed in "[a-zäß]{1,9}", candidate in "[a-zäß]{1,9}") {
            let [typed, candidate] = [typed, candidate].map(|word| Letters::of(&word).unwrap());
            if let Some(near) = nearness(typed.all(), candidate.all(), 3, true) {
                let lacks = mask(typed.all()) & !mask(candidate.all());
                proptest::prop_assert!(lacks.count_ones() <= u32::from(near.edits));
            }
        }

        #[test]
        fn any_word_has_a_sound(word in "\\PC{0,40}") {
            sound(&word);
        }
    }
}
