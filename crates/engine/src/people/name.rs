//! Names: how one splits into given and family name, and when two are the same or nearly so.
//!
//! Every CRM wants a name in other pieces, and people write it as they like. Splitting never invents and never loses a
//! word; comparing forgives what people write differently, and is only ever used beside a stronger proof or as a hint.

use ringside_domain::ContactType;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longer names are cut before anything looks at them; the longest real ones are well below.
const MAX_LETTERS: usize = 256;
/// So many words of a name count.
const MAX_WORDS: usize = 12;
/// A word of so many letters may have one typo.
const TYPO_LETTERS: usize = 4;

/// Words that belong to the family name after them.
const PARTICLES: [&str; 45] = [
    "abu", "af", "al", "am", "auf", "av", "bar", "ben", "bin", "bint", "d", "da", "das", "de", "degli", "dei", "del",
    "della", "den", "der", "des", "di", "do", "dos", "du", "e", "el", "ibn", "im", "la", "las", "le", "los", "op",
    "san", "st", "te", "ten", "ter", "van", "vom", "von", "zu", "zum", "zur",
];

/// Words in front of a name that are no part of it.
const TITLES: [&str; 18] = [
    "dipl", "dr", "frau", "hr", "fr", "herr", "ing", "ir", "lady", "miss", "mlle", "mme", "mr", "mrs", "ms", "mx",
    "prof", "sir",
];

/// Words behind a name that are no family name, with or without a comma before them.
const SUFFIXES: [&str; 17] = [
    "cpa", "dds", "esq", "ii", "iii", "iv", "jnr", "jr", "llm", "mba", "md", "msc", "phd", "rn", "snr", "sr", "bsc",
];

/// Splits a person's name into given and family name; a company's is not split.
///
/// - The last word is the family name, with the particles before it: `Ursula` `von der Leyen`. `Ortega y Gasset` stays whole.
/// - `Family, Given` splits at the comma, unless a suffix follows it (`John Smith, Jr.`); a suffix stays with the family name.
/// - One word is a family name, and nothing is invented for the given one.
/// - Titles stay in front of the given name, `Dr. Anna`; without one they stay with the family name, `Dr. Meier`.
/// - A name all in Chinese, Japanese or Korean signs begins with the family name.
///
/// Every word of the name is in one of the two, in its order and spelling.
pub fn split(name: &str, contact_type: &ContactType) -> (Option<String>, Option<String>) {
    if contact_type.is_company {
        return (None, None);
    }
    let name = name.trim_end_matches(|sign: char| sign == ',' || sign.is_whitespace());
    if let Some((family, given)) = name.split_once(',') {
        let rest = words(given);
        if !rest.iter().all(|word| is_one_of(&SUFFIXES, word)) {
            return (joined(&rest), joined(&words(family)));
        }
    }
    let words = words(name);
    if is_eastern(&words) {
        return (
            joined(words.get(1..).unwrap_or_default()),
            joined(words.get(..1).unwrap_or_default()),
        );
    }
    let (given, family) = words.split_at(family_start(&words));
    (joined(given), joined(family))
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
    let titles = words.iter().take_while(|word| is_one_of(&TITLES, word)).count();
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

/// A name as it is compared: without case, accents, signs, titles and order of words; `ß` is `ss`, and `ä`, `ae` and `a`
/// are one. Equal results mean "the same name", and prove nothing alone: `Jo` and `Joe` come out alike.
///
/// Empty where a name holds no letter or digit.
pub fn normalise(name: &str) -> String {
    let mut words = folded_words(name);
    words.sort_unstable();
    words.join(" ")
}

/// Whether two names may well be the same person's: the same words in any order, where one word of at least four letters may
/// have a typo, an initial stands for a word, and one of the two may have more words than the other.
///
/// At least one word must be there in full on both sides, and one word alone is only like another one alone.
pub fn like_name(one: &str, other: &str) -> bool {
    let (mut few, mut many) = (folded_words(one), folded_words(other));
    if few.len() > many.len() {
        std::mem::swap(&mut few, &mut many);
    }
    if few.is_empty() || (few.len() == 1 && many.len() > 1) {
        return false;
    }
    let full = |a: &str, b: &str| (a == b && a.chars().nth(1).is_some()) || is_one_typo(a, b);
    let fits = |a: &str, b: &str| a == b || full(a, b) || is_initial(a, b) || is_initial(b, a);
    few.iter().any(|word| many.iter().any(|other| full(word, other))) && all_pair_off(&few, &many, fits)
}

/// Whether each of the few finds a partner of its own among the many.
fn all_pair_off(few: &[String], many: &[String], fits: impl Fn(&str, &str) -> bool) -> bool {
    let mut partners = vec![None; many.len()];
    (0..few.len()).all(|at| {
        let mut tried = vec![false; many.len()];
        finds_partner(at, &mut partners, &mut tried, &|word, other| {
            fits(&few[word], &many[other])
        })
    })
}

/// Takes a free partner, or one whose own word finds another (augmenting paths, at most twelve words deep).
fn finds_partner(
    word: usize,
    partners: &mut [Option<usize>],
    tried: &mut [bool],
    fits: &impl Fn(usize, usize) -> bool,
) -> bool {
    for other in 0..partners.len() {
        if tried[other] || !fits(word, other) {
            continue;
        }
        tried[other] = true;
        if partners[other].is_none_or(|taken_by| finds_partner(taken_by, partners, tried, fits)) {
            partners[other] = Some(word);
            return true;
        }
    }
    false
}

fn is_initial(short: &str, word: &str) -> bool {
    let mut letters = short.chars();
    letters.next().is_some_and(|first| word.starts_with(first)) && letters.next().is_none()
}

/// One letter more, less or other, or two neighbours swapped, in words that are long enough for it.
fn is_one_typo(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() {
        (&one, &other)
    } else {
        (&other, &one)
    };
    if short.len() < TYPO_LETTERS || long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[same..], &long[same..]);
    match (short, long) {
        ([], _) => true,
        (short, [_, rest @ ..]) if short.len() < long.len() => short == rest,
        ([a, b, short @ ..], [c, d, long @ ..]) if a == d && b == c => short == long,
        ([_, short @ ..], [_, long @ ..]) => short == long,
        _ => false,
    }
}

fn folded_words(name: &str) -> Vec<String> {
    let mut plain = String::new();
    for letter in name
        .chars()
        .take(MAX_LETTERS)
        .nfkd()
        .filter(|letter| !is_combining_mark(*letter))
    {
        match letter {
            // Part of a word, but written or left out at will; and what cannot be seen.
            '\''
            | '’'
            | '‘'
            | 'ʼ'
            | '`'
            | '´'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' => {}
            'ß' | 'ẞ' => plain.push_str("ss"),
            'æ' | 'Æ' => plain.push('a'),
            'ø' | 'Ø' | 'œ' | 'Œ' => plain.push('o'),
            'ł' | 'Ł' => plain.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => plain.push('d'),
            'þ' | 'Þ' => plain.push_str("th"),
            'ħ' | 'Ħ' => plain.push('h'),
            'ı' => plain.push('i'),
            _ if letter.is_alphanumeric() => {
                plain.extend(letter.to_lowercase().filter(|part| !is_combining_mark(*part)))
            }
            _ => plain.push(' '),
        }
    }
    let mut words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    if words.iter().any(|word| !TITLES.contains(word)) {
        words.retain(|word| !TITLES.contains(word));
    }
    words.truncate(MAX_WORDS);
    words.into_iter().map(without_umlaut_e).collect()
}

/// `mueller` is `muller`: the `e` that stands for two dots is left out, as the dots are.
fn without_umlaut_e(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for letter in word.chars() {
        if !(letter == 'e' && plain.ends_with(['a', 'o', 'u'])) {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests;
