//! When two names are the same or nearly so. Comparing forgives what people write differently, and is only ever used beside
//! a stronger proof or as a hint. How a name splits says [`ringside_domain::name`].

use ringside_domain::{ContactType, name::TITLES};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longer names are cut before anything looks at them; the longest real ones are well below.
const MAX_LETTERS: usize = 256;
/// So many words of a name count.
const MAX_WORDS: usize = 12;
/// A word of so many letters may have one typo.
const TYPO_LETTERS: usize = 4;

/// Given and family name; a company's name is not split.
pub fn split(name: &str, contact_type: &ContactType) -> (Option<String>, Option<String>) {
    if contact_type.is_company {
        return (None, None);
    }
    ringside_domain::name::split(name)
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
