//! How a person's name splits into given and family name: one policy, for the form, the command line and every connector.
//!
//! Every CRM wants a name in other pieces, and people write it as they like. Splitting never invents and never loses a word.

/// Words that belong to the family name after them.
const PARTICLES: [&str; 45] = [
    "abu", "af", "al", "am", "auf", "av", "bar", "ben", "bin", "bint", "d", "da", "das", "de", "degli", "dei", "del",
    "della", "den", "der", "des", "di", "do", "dos", "du", "e", "el", "ibn", "im", "la", "las", "le", "los", "op",
    "san", "st", "te", "ten", "ter", "van", "vom", "von", "zu", "zum", "zur",
];

/// Words in front of a name that are no part of it.
pub const TITLES: [&str; 18] = [
    "dipl", "dr", "frau", "hr", "fr", "herr", "ing", "ir", "lady", "miss", "mlle", "mme", "mr", "mrs", "ms", "mx",
    "prof", "sir",
];

/// Words behind a name that are no family name, with or without a comma before them.
const SUFFIXES: [&str; 17] = [
    "cpa", "dds", "esq", "ii", "iii", "iv", "jnr", "jr", "llm", "mba", "md", "msc", "phd", "rn", "snr", "sr", "bsc",
];

/// Legal forms: what bears one behind a comma is no person, whatever type was chosen.
const LEGAL_FORMS: [&str; 10] = ["corp", "gmbh", "inc", "llc", "llp", "ltd", "plc", "pty", "sarl", "srl"];

/// Legal forms that are given names and initials as well (`Kim, Se Ri`, `Jansen, A.B.`): only the last word can be one, as
/// firms write it.
const SHORT_FORMS: [&str; 10] = ["AB", "AG", "BV", "Co.", "KG", "NV", "OY", "SA", "SE", "UG"];

/// Legal forms that are written with dots as well, as initials are: `Banco Santander, S.A.`, `Jansen, B.V.`.
const DOTTED_FORMS: [&str; 7] = ["AG", "BV", "KG", "NV", "SA", "SE", "SL"];

/// Those of them that more often stand behind a firm of one word than behind a family name.
const FIRST_A_FIRM: [&str; 2] = ["SA", "SL"];

/// Splits a person's name into given and family name. A company's is not split: do not ask.
///
/// - The last word is the family name, with the particles before it: `Ursula` `von der Leyen`. `Ortega y Gasset` stays whole.
/// - `Family, Given` splits at the comma, unless a suffix follows it (`John Smith, Jr.`); a suffix stays with the family name.
///   Particles at the very end go to it, `Vries, S.A. de`.
/// - What bears a legal form behind a comma is not cut: `Acme, Inc.` is a family name as a whole. Where it may as well be initials,
///   it is not cut either, for that never writes a wrong name; `Jansen, B.V.` and `de Vries, S.A.` are read as people.
/// - One word is a family name, and nothing is invented for the given one.
/// - Titles stay in front of the given name, `Dr. Anna`; without one they stay with the family name, `Dr. Meier`.
/// - A name all in Chinese, Japanese or Korean signs begins with the family name.
///
/// Every word of the name is in one of the two, in its order and spelling.
pub fn split(name: &str) -> (Option<String>, Option<String>) {
    if is_firm(name) {
        return (None, joined(&words(without_end(name))));
    }
    if let Some((family, given)) = at_comma(name) {
        return (joined(&given), joined(&family));
    }
    let words = words(without_end(name));
    if is_eastern(&words) {
        return (
            joined(words.get(1..).unwrap_or_default()),
            joined(words.get(..1).unwrap_or_default()),
        );
    }
    let (given, family) = words.split_at(family_start(&words));
    (joined(given), joined(family))
}

/// `Müller, Hans` as it is said, `Hans Müller`; every other name as it stands, without blanks around it.
pub fn spoken(name: &str) -> String {
    match at_comma(name) {
        Some((family, given)) => [given, family].concat().join(" "),
        None => without_end(name).trim().to_owned(),
    }
}

/// `Family, Given` at its comma.
fn at_comma(name: &str) -> Option<(Vec<&str>, Vec<&str>)> {
    let (family, given) = without_end(name).split_once(',')?;
    if is_firm(name) || !name.chars().all(is_in_names) {
        return None;
    }
    // `Smith, John, Jr.`: only suffixes stand behind a second comma, and they stay with the family name.
    let (given, behind) = given.split_once(',').unwrap_or((given, ""));
    let (family, mut given, behind) = (words(family), words(given), words(behind));
    // `Patel, M.D.` has initials, `Jane Doe, M.D.` a degree.
    let is_whole = family_start(&family) > 0 || family.first().is_some_and(|word| is_title(word));
    let is_suffix = |word: &&str| is_one_of(&SUFFIXES, word) && (is_whole || !is_initials(word));
    if given.iter().all(is_suffix) || !behind.iter().all(|word| is_one_of(&SUFFIXES, word)) {
        return None;
    }
    let particles = given.split_off(given.len() - particles_at_end(&family, &given));
    let (titles, family) = family.split_at(titles(&family));
    Some(([titles, &particles, family, &behind].concat(), given))
}

/// `Vries, S.A. de`: what stands behind the given name in small letters, where the family name does not.
fn particles_at_end(family: &[&str], given: &[&str]) -> usize {
    let is_particle = |word: &&&str| PARTICLES.contains(*word) && word.len() > 1;
    match family.get(titles(family)) {
        Some(first) if begins_upper(first) => given.iter().rev().take_while(is_particle).count(),
        _ => 0,
    }
}

fn is_firm(name: &str) -> bool {
    let Some((before, behind)) = without_end(name).split_once(',') else {
        return false;
    };
    let (before, behind) = (words(before), words(behind));
    // A name all in capitals does not tell `Se` from `SE`.
    let shouted = !name.chars().any(char::is_lowercase);
    let is_short = |word: &&str| {
        let is = |form: &&str| form == word || (shouted && form.eq_ignore_ascii_case(word));
        SHORT_FORMS.iter().any(is)
    };
    behind.iter().any(|word| is_one_of(&LEGAL_FORMS, word))
        || behind.last().is_some_and(is_short)
        || has_dotted_form(&before, &behind, shouted)
}

/// Whether what begins like initials behind the comma is rather a legal form, by what stands before it.
fn has_dotted_form(before: &[&str], behind: &[&str], shouted: bool) -> bool {
    let form = initials_in_front(behind);
    if !DOTTED_FORMS.iter().any(|known| form.starts_with(known)) {
        return false;
    }
    let is_a_name = |word: &&&str| !is_title(word) && !is_one_of(&PARTICLES, word) && **word != "y";
    let names = before.iter().filter(is_a_name).count();
    if shouted || names > 1 {
        return true;
    }
    // `de Vries, S.A.` and `Vries, S.A. de` are people: firms write no particle small.
    let has_particle = !before.first().is_some_and(|word| begins_upper(word)) || particles_at_end(before, behind) > 0;
    FIRST_A_FIRM.contains(&form.as_str()) && !has_particle
}

/// The letters of `S.A. de C.V.` up to the first word that is none: `SA`, also of `S. A.`.
fn initials_in_front(words: &[&str]) -> String {
    let letters = |word: &&str| -> Option<String> {
        let parts: Vec<&str> = word.trim_end_matches(',').split('.').collect();
        let is_letter = |part: &&str| part.chars().nth(1).is_none();
        (parts.len() > 1 && parts.iter().all(is_letter)).then(|| parts.concat().to_uppercase())
    };
    words.iter().map_while(letters).collect()
}

/// What is no name may have commas as well, and stays as it was typed.
fn is_in_names(sign: char) -> bool {
    !sign.is_ascii() || sign.is_ascii_alphabetic() || matches!(sign, ' ' | ',' | '.' | '\'' | '-' | '(' | ')')
}

fn without_end(name: &str) -> &str {
    name.trim_end_matches(|sign: char| sign == ',' || sign.is_whitespace())
}

/// Where the family name begins.
fn family_start(words: &[&str]) -> usize {
    let suffixes = words.iter().rev().take_while(|word| is_one_of(&SUFFIXES, word)).count();
    // A name of nothing but suffixes is a name after all.
    let end = if suffixes < words.len() {
        words.len() - suffixes
    } else {
        words.len()
    };
    let titles = titles(words);
    let first = if titles < end { titles } else { 0 };

    let mut start = end.saturating_sub(1);
    while start > first {
        let before = words[start - 1];
        if before == "y" && start >= first + 2 {
            start -= 2;
        } else if is_one_of(&PARTICLES, before) && !(start - 1 == first && begins_upper(before)) {
            start -= 1;
        } else {
            break;
        }
    }
    // `Al Pacino` has a given name, `Dr. Meier` has none.
    if start == first { 0 } else { start }
}

/// How many words in front are titles.
fn titles(words: &[&str]) -> usize {
    words.iter().take_while(|word| is_title(word)).count()
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn joined(words: &[&str]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(" "))
}

fn is_one_of(list: &[&str], word: &str) -> bool {
    let bare = word.trim_matches(|sign: char| !sign.is_alphanumeric());
    list.iter()
        .any(|known| bare.eq_ignore_ascii_case(known) || is_with_dots(word, known))
}

/// `M.S.` is nobody's title.
fn is_title(word: &str) -> bool {
    is_one_of(&TITLES, word) && !is_initials(word)
}

/// Single capitals with dots between them, `A.B.`.
fn is_initials(word: &str) -> bool {
    let parts = || word.split('.').filter(|part| !part.is_empty());
    parts().nth(1).is_some() && parts().all(|part| begins_upper(part) && part.chars().nth(1).is_none())
}

/// `Ph.D.` is `phd`.
fn is_with_dots(word: &str, known: &str) -> bool {
    word.contains('.')
        && word
            .chars()
            .filter(|sign| !matches!(sign, '.' | ','))
            .map(|sign| sign.to_ascii_lowercase())
            .eq(known.chars())
}

fn begins_upper(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

fn is_eastern(words: &[&str]) -> bool {
    let eastern =
        |sign: char| matches!(u32::from(sign), 0x3005..=0x30FF | 0x3400..=0x9FFF | 0xAC00..=0xD7AF | 0x20000..=0x3FFFF);
    words.len() == 2 && words.iter().all(|word| word.chars().all(eastern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_said_in_its_order() {
        for (typed, said) in [
            ("Müller, Hans", "Hans Müller"),
            ("von der Leyen,  Ursula", "Ursula von der Leyen"),
            ("Meier,", "Meier"),
            (", Anna", "Anna"),
            ("John Smith, Jr.", "John Smith, Jr."),
            ("=Ada, \"Countess\"", "=Ada, \"Countess\""),
            ("Room 4, Desk 2", "Room 4, Desk 2"),
            ("Acme, Inc.", "Acme, Inc."),
            ("Miller, GmbH", "Miller, GmbH"),
            ("Anna Meier, Acme Ltd", "Anna Meier, Acme Ltd"),
            ("Smith, John, Jr.", "John Smith Jr."),
            ("Jansen, A.B.", "A.B. Jansen"),
            ("Vries, S.A. de", "S.A. de Vries"),
            (" Anna  Meier ", "Anna  Meier"),
            ("", ""),
        ] {
            assert_eq!(spoken(typed), said, "{typed:?}");
        }
    }

    #[test]
    fn initials_behind_the_comma_are_a_given_name() {
        for (typed, given, family) in [
            ("Jansen, A.B.", "A.B.", "Jansen"),
            ("Jansen, A. B.", "A. B.", "Jansen"),
            ("de Vries, S.A.", "S.A.", "de Vries"),
            ("van den Berg, B.V.", "B.V.", "van den Berg"),
            ("Müller, A.G.", "A.G.", "Müller"),
            ("Dr. Weiß, K.G.", "K.G.", "Dr. Weiß"),
            ("Jansen, S.A.M.", "S.A.M.", "Jansen"),
            ("García Pérez, J.M.", "J.M.", "García Pérez"),
            ("JANSEN, A.B.", "A.B.", "JANSEN"),
            ("KIM, SE RI", "SE RI", "KIM"),
            ("Smith, S.E.", "S.E.", "Smith"),
            ("Weiß, K.G.", "K.G.", "Weiß"),
            ("Smith, J.R.", "J.R.", "Smith"),
            ("Smith, J.R", "J.R", "Smith"),
            ("Patel, M.D.", "M.D.", "Patel"),
            ("Rao, R.N., Ph.D.", "R.N.", "Rao Ph.D."),
            ("Kim, Se Ri", "Se Ri", "Kim"),
            ("Peeters, Co", "Co", "Peeters"),
            // Nor are they a title in front.
            ("M.S. Iyer", "M.S.", "Iyer"),
            ("D.R. Carter", "D.R.", "Carter"),
            ("Dr. M.S. Iyer", "Dr. M.S.", "Iyer"),
        ] {
            let (first, last) = split(typed);
            let found = (first.unwrap_or_default(), last.unwrap_or_default());
            assert_eq!(found, (given.to_owned(), family.to_owned()), "{typed:?}");
        }
    }

    #[test]
    fn a_degree_stays_with_a_name_that_has_its_given_one() {
        for (typed, given, family) in [
            ("Jane Doe, M.D.", "Jane", "Doe, M.D."),
            ("Jane Doe, Ph.D., M.B.A.", "Jane", "Doe, Ph.D., M.B.A."),
            ("Doe, Jane, R.N.", "Jane", "Doe R.N."),
            ("Dr. Doe, M.D.", "", "Dr. Doe, M.D."),
            ("Doe, MD", "", "Doe, MD"),
            ("Doe, Ph.D.", "", "Doe, Ph.D."),
        ] {
            let (first, last) = split(typed);
            let found = (first.unwrap_or_default(), last.unwrap_or_default());
            assert_eq!(found, (given.to_owned(), family.to_owned()), "{typed:?}");
        }
    }

    /// As Dutch and German lists are sorted.
    #[test]
    fn particles_at_the_very_end_belong_to_the_family_name() {
        for (typed, given, family) in [
            ("Vries, S.A. de", "S.A.", "de Vries"),
            ("Berg, Jan van den", "Jan", "van den Berg"),
            ("Leyen, Ursula von der", "Ursula", "von der Leyen"),
            ("Cruz, María de la", "María", "de la Cruz"),
            ("Berg, Jan van den, Jr.", "Jan", "van den Berg Jr."),
            // Of no case, so nothing is known of it.
            ("zhang, xiao di", "xiao di", "zhang"),
            ("Nguyen, Van", "Van", "Nguyen"),
            ("Berg, van den", "", "van den Berg"),
            ("Dr. Meier, Anna von", "Anna", "Dr. von Meier"),
        ] {
            let (first, last) = split(typed);
            let found = (first.unwrap_or_default(), last.unwrap_or_default());
            assert_eq!(found, (given.to_owned(), family.to_owned()), "{typed:?}");
        }
    }

    #[test]
    fn what_bears_a_legal_form_is_not_cut() {
        for firm in [
            "Acme, Inc.",
            "Acme, inc",
            "Acme, L.L.C.",
            "Acme, S.A.R.L.",
            "Miller, GmbH",
            "Miller, GmbH & Co. KG",
            "Miller & Sons, Co.",
            "Muster, AG",
            "Acme, Pty Ltd",
            "3 Stars, Ltd.",
            "Anna Meier, Acme Ltd",
            // With dots, or all in capitals, they may be initials.
            "Telefónica, S.A.",
            "Telefónica, S. A.",
            "Telefónica, s.a.",
            "Telefónica, S.A., Madrid",
            "La Caixa, S.A.",
            "Mercadona, S.L.",
            "Banco Santander, S.A.",
            "Grupo Bimbo, S.A. de C.V.",
            "Grupo Bimbo, S.A.B. de C.V.",
            "García y López, S.A.",
            "Bakkerij Jansen, B.V.",
            "Deutsche Bank, A.G.",
            "TELEFONICA, SA",
            "MEIER, AG",
            "MEIER, A.G.",
            "MILLER, CO.",
            "KIM, SE",
        ] {
            assert_eq!(split(firm), (None, Some(firm.to_owned())));
            assert_eq!(spoken(firm), firm);
        }
    }
}
