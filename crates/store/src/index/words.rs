//! The words that names and companies consist of, each with how many contacts have it: what a misspelt word is corrected
//! by.
//!
//! 100,000 people share a few ten thousand words, so the table stays small, filing adds to it at the price of a few
//! counters, and all of it is compared within a keystroke. To that end the connection that searches keeps the words in
//! memory and asks only for what came since. Words that nobody has any more stay there until the program ends; they find
//! nobody, because whoever is found is asked of the index.

use std::collections::BTreeSet;

use ringside_domain::Contact;
use rusqlite::{Connection, params};

use super::near::{LONGEST, Letters, Nearness, mask, nearness, sound};
use crate::{
    error::Answer,
    fold::{Depth, fold, joined},
};

const SHORTEST: usize = 3;
/// Words of one contact that are counted; more is prose.
const MOST: usize = 24;
/// Candidates for one word that is misspelt.
const CANDIDATES: usize = 40;

/// The words of a contact that may be misspelt in a search.
fn words_of(contact: &Contact) -> BTreeSet<String> {
    let company = contact.company.as_deref().unwrap_or_default();
    let texts = [&contact.name, company].map(|text| format!("{} {}", fold(text, Depth::Literal), joined(text)));
    let words = texts.iter().flat_map(|text| text.split(' '));
    let counted = words
        .filter(|word| (SHORTEST..=LONGEST).contains(&word.chars().count()) && word.chars().any(char::is_alphabetic));
    counted.take(MOST).map(str::to_owned).collect()
}

pub(super) fn add(conn: &Connection, contact: &Contact) -> Answer<()> {
    let mut count = conn.prepare_cached("UPDATE name_words SET people = people + 1 WHERE word = ?1")?;
    let mut first = conn.prepare_cached("INSERT INTO name_words (word, people) VALUES (?1, 1)")?;
    for word in words_of(contact) {
        if count.execute([&word])? == 0 {
            first.execute([&word])?;
        }
    }
    Ok(())
}

pub(super) fn take_away(conn: &Connection, contact: &Contact) -> Answer<()> {
    let mut count = conn.prepare_cached("UPDATE name_words SET people = people - 1 WHERE word = ?1")?;
    let mut last = conn.prepare_cached("DELETE FROM name_words WHERE word = ?1 AND people < 1")?;
    for word in words_of(contact) {
        count.execute([&word])?;
        last.execute([&word])?;
    }
    Ok(())
}

/// Whether the words of this contact are there.
pub(super) fn knows(conn: &Connection, contact: &Contact) -> Answer<bool> {
    let mut ask = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM name_words WHERE word = ?1)")?;
    for word in words_of(contact) {
        if !ask.query_row([word], |row| row.get(0))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All words, as the connection that searches keeps them.
#[derive(Default)]
pub(crate) struct Words {
    newest: i64,
    text: String,
    spellings: Vec<Spelling>,
}

/// A word as it is written, with its umlauts folded, or as it sounds.
struct Spelling {
    at: u32,
    bytes: u8,
    signs: u8,
    forms: u8,
    /// The word itself is so many spellings before this one.
    back: u8,
    mask: u32,
}

const LITERAL: u8 = 1;
const WIDE: u8 = 2;
const SOUND: u8 = 4;

/// A word that may have been meant, wide folded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    /// Smaller is likelier: ten for an edit, more if the word only sounds like it.
    pub cost: u16,
    pub word: String,
}

/// What a word that was typed may have meant.
#[derive(Debug, Default)]
pub(super) struct Meant {
    /// Something begins with it as it was typed.
    pub as_typed: bool,
    pub candidates: Vec<Candidate>,
}

/// How far from what was typed a word may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// One edit for words of four to seven letters, two for longer ones.
    Search,
    /// One more, and whole words only: to ask "did you mean".
    Suggestion,
}

impl Words {
    /// Takes in what was filed since.
    pub(super) fn refresh(&mut self, conn: &Connection) -> Answer<()> {
        let mut ask = conn.prepare_cached("SELECT id, word FROM name_words WHERE id > ?1 ORDER BY id")?;
        let mut rows = ask.query(params![self.newest])?;
        while let Some(row) = rows.next()? {
            self.newest = row.get(0)?;
            self.push(row.get_ref(1)?.as_str().unwrap_or_default());
        }
        Ok(())
    }

    fn push(&mut self, word: &str) {
        let wide = fold(word, Depth::Wide);
        let heard = sound(&wide);
        let mut spellings: Vec<(&str, u8)> = Vec::with_capacity(3);
        for (text, form) in [(word, LITERAL), (&wide, WIDE), (&heard, SOUND)] {
            match spellings.iter_mut().find(|(known, _)| *known == text) {
                Some((_, forms)) => *forms |= form,
                None => spellings.push((text, form)),
            }
        }
        for (back, (text, forms)) in (0_u8..).zip(spellings) {
            let (Ok(at), Ok(bytes), Some(letters)) = (
                u32::try_from(self.text.len()),
                u8::try_from(text.len()),
                Letters::of(text),
            ) else {
                // The literal spelling is the longest: what it has room for the others have, too.
                return;
            };
            self.text.push_str(text);
            self.spellings.push(Spelling {
                at,
                bytes,
                signs: u8::try_from(letters.all().len()).unwrap_or(u8::MAX),
                forms,
                back,
                mask: mask(letters.all()),
            });
        }
    }

    /// Words that may have been meant by this one, likeliest first. `unfinished`: it may be going on.
    pub(super) fn meant(&self, literal: &str, unfinished: bool, reach: Reach) -> Meant {
        let wide = fold(literal, Depth::Wide);
        let heard = sound(&wide);
        let mut meant = Meant::default();
        let mut typed: Vec<(Letters, u32, u8)> = Vec::with_capacity(3);
        for (text, form) in [(literal, LITERAL), (&wide, WIDE), (&heard, SOUND)] {
            let Some(letters) = Letters::of(text) else { return meant };
            typed.push((letters, mask(letters.all()), form));
        }
        let mut found: Vec<(u16, usize)> = Vec::new();
        for (at, spelling) in self.spellings.iter().enumerate() {
            for (letters, mask, form) in typed.iter().filter(|(.., form)| spelling.forms & form != 0) {
                let length = usize::from(spelling.signs);
                let most = budget(letters.all().len(), length, *form, unfinished, reach);
                let lacks = (mask & !spelling.mask).count_ones();
                let has = (spelling.mask & !mask).count_ones();
                if lacks > u32::from(most) || (!unfinished && has > u32::from(most)) {
                    continue;
                }
                let text = self.text(spelling);
                if *form == WIDE && text.starts_with(wide.as_str()) {
                    meant.as_typed = true;
                }
                let near = Letters::of(text).and_then(|word| nearness(letters.all(), word.all(), most, unfinished));
                if let Some(near) = near {
                    let same_start = text.chars().next() == letters.all().first().copied();
                    let rest = length.saturating_sub(letters.all().len());
                    found.push((cost(near, *form, same_start, rest), at - usize::from(spelling.back)));
                }
            }
        }
        found.sort_unstable_by_key(|(cost, at)| (*at, *cost));
        found.dedup_by_key(|(_, at)| *at);
        found.sort_unstable();
        let words = found.into_iter().map(|(cost, at)| Candidate {
            cost,
            word: fold(self.text(&self.spellings[at]), Depth::Wide),
        });
        for candidate in words.take(CANDIDATES) {
            if !meant.candidates.iter().any(|known| known.word == candidate.word) {
                meant.candidates.push(candidate);
            }
        }
        meant
    }

    fn text(&self, spelling: &Spelling) -> &str {
        let at = spelling.at as usize;
        self.text.get(at..at + usize::from(spelling.bytes)).unwrap_or_default()
    }
}

/// So many edits are allowed between what was typed and a word.
fn budget(typed: usize, word: usize, form: u8, unfinished: bool, reach: Reach) -> u8 {
    // What goes on is only known as far as it was typed.
    let longer = if unfinished && word > typed + 2 {
        typed
    } else {
        typed.max(word)
    };
    let edits = match longer {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    let edits = match reach {
        Reach::Search => edits,
        Reach::Suggestion if typed >= 4 => edits + 1,
        Reach::Suggestion => edits,
    };
    // A word that sounds alike is an edit away already.
    if form == SOUND && edits > 0 { edits - 1 } else { edits }
}

fn cost(near: Nearness, form: u8, same_start: bool, rest: usize) -> u16 {
    let edits = u16::from(near.edits) * 10;
    let heard = if form == SOUND { 21 } else { 0 };
    let start = if same_start { 0 } else { 3 };
    let unfinished = if near.goes_on {
        1 + u16::try_from(rest.min(4)).unwrap_or(4)
    } else {
        0
    };
    edits + heard + start + unfinished
}
