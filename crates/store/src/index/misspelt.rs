//! When few or none are spelt as asked: who may have been meant.
//!
//! Each word is corrected by the words that are there (`words.rs`), and the corrected words are asked for together, the
//! fewest corrections first, until there are rows enough. So every row still has all the words that were asked for.

use std::{cmp::Reverse, collections::HashSet};

use ringside_domain::{Contact, connector::NameQuery, index::Instead};

use super::{
    rank::{Asked, quoted},
    search::{Filter, contact, matching_names},
    words::{Candidate, Reach},
};
use crate::{
    error::Answer,
    file::Database,
    fold::{Depth, fold},
};

/// Rows spelt as asked, from which on nobody else is looked for.
pub(super) const ENOUGH: usize = 8;
/// Questions to FTS5, and rows of one and of all.
const QUESTIONS: usize = 14;
const ROWS: i64 = 40;
const ALL_ROWS: usize = 80;
/// Words of one question that may be corrected.
const CORRECTED: usize = 3;
/// Names that are suggested.
const SUGGESTED: usize = 3;

/// What the words of a question may have meant.
pub(super) struct Meanings {
    words: Vec<Meaning>,
}

struct Meaning {
    /// As an FTS5 phrase that may go on; only where somebody has it.
    typed: Option<(String, String)>,
    candidates: Vec<Candidate>,
}

/// One reading of the question: for each word itself, or a group of candidates.
#[derive(Clone, Default)]
struct Attempt {
    corrections: u16,
    corrected: usize,
    words: Vec<Option<u16>>,
}

impl Meanings {
    pub fn of(db: &mut Database, asked: &Asked, reach: Reach) -> Answer<Self> {
        db.words.refresh(&db.conn)?;
        let last = asked.words().len().saturating_sub(1);
        let mut words = Vec::new();
        for (at, (wide, literal)) in asked.words().iter().enumerate() {
            let may_go_on = at == last && !asked.is_closed() && reach == Reach::Search;
            let short = literal.chars().count() < 3 || !literal.chars().any(char::is_alphabetic);
            let meant = if short {
                None
            } else {
                Some(db.words.meant(literal, may_go_on, reach))
            };
            let as_typed = meant.as_ref().is_none_or(|meant| meant.as_typed);
            words.push(Meaning {
                typed: as_typed.then(|| (format!("{}*", quoted(wide)), wide.clone())),
                candidates: match meant {
                    // What begins as it was typed is found by that.
                    Some(meant) => meant
                        .candidates
                        .into_iter()
                        .filter(|one| !one.word.starts_with(wide))
                        .collect(),
                    None => Vec::new(),
                },
            });
        }
        Ok(Self { words })
    }

    /// What a name costs to be meant by these words: the sum over the words, of the cheapest that the name has.
    pub fn cost(&self, contact: &Contact) -> u16 {
        let text = format!("{} {}", contact.name, contact.company.as_deref().unwrap_or_default());
        let folded = fold(&text, Depth::Wide);
        let joined = crate::fold::joined(&text);
        let names: Vec<&str> = folded.split(' ').chain(joined.split(' ')).collect();
        self.words
            .iter()
            .map(|word| {
                let typed = word.typed.as_ref();
                if typed.is_some_and(|(_, typed)| names.iter().any(|name| name.starts_with(typed))) {
                    return 0;
                }
                let has = |one: &&Candidate| names.contains(&one.word.as_str());
                word.candidates.iter().find(has).map_or(0, |one| one.cost)
            })
            .sum()
    }

    /// FTS5 expressions, the fewest corrections first. None that corrects nothing.
    fn questions(&self) -> Vec<String> {
        let mut attempts = vec![Attempt::default()];
        for word in &self.words {
            let mut levels: Vec<u16> = word.candidates.iter().map(Candidate::level).collect();
            levels.dedup();
            let mut longer = Vec::new();
            for attempt in &attempts {
                if word.typed.is_some() {
                    longer.push(attempt.with(None));
                }
                for level in levels.iter().filter(|_| attempt.corrected < CORRECTED) {
                    longer.push(attempt.with(Some(*level)));
                }
            }
            longer.sort_by_key(|attempt| attempt.corrections);
            longer.truncate(4 * QUESTIONS);
            attempts = longer;
        }
        attempts
            .iter()
            .filter(|attempt| attempt.corrected > 0)
            .take(QUESTIONS)
            .map(|attempt| self.question(attempt))
            .collect()
    }

    fn question(&self, attempt: &Attempt) -> String {
        let words = self.words.iter().zip(&attempt.words).map(|(word, level)| {
            let Some(level) = level else {
                return word
                    .typed
                    .as_ref()
                    .map(|(phrase, _)| phrase.clone())
                    .unwrap_or_default();
            };
            let group = word.candidates.iter().filter(|one| one.level() == *level);
            let group: Vec<String> = group.map(|one| quoted(&one.word)).collect();
            format!("({})", group.join(" OR "))
        });
        words.collect::<Vec<_>>().join(" AND ")
    }
}

impl Attempt {
    fn with(&self, level: Option<u16>) -> Self {
        let mut longer = self.clone();
        longer.corrections += level.unwrap_or(0);
        longer.corrected += usize::from(level.is_some());
        longer.words.push(level);
        longer
    }
}

impl Candidate {
    /// Candidates of one level are asked for together.
    fn level(&self) -> u16 {
        self.cost / 10 + 1
    }
}

/// Rows that may have been meant.
pub(super) fn ids(db: &Database, meanings: &Meanings, filter: &Filter<'_>) -> Answer<Vec<i64>> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for question in meanings.questions() {
        for id in matching_names(&db.conn, &question, filter, ROWS)? {
            if seen.insert(id) {
                found.push(id);
            }
        }
        if found.len() >= ALL_ROWS {
            break;
        }
    }
    Ok(found)
}

/// Spellings that are there, each with how many it finds. Nothing where somebody is called as asked.
pub(crate) fn instead(db: &mut Database, query: &NameQuery) -> Answer<Vec<Instead>> {
    let asked = Asked::new(&query.text);
    if asked.is_number() || asked.words().is_empty() || query.text.contains('@') {
        return Ok(Vec::new());
    }
    let filter = Filter::new(query, None)?;
    if let Some(words) = asked.name_matches().pop()
        && !matching_names(&db.conn, &words, &filter, 1)?.is_empty()
    {
        return Ok(Vec::new());
    }
    let mut found: Vec<Instead> = Vec::new();
    for reach in [Reach::Search, Reach::Suggestion] {
        let meanings = Meanings::of(db, &asked, reach)?;
        let mut nearest = Vec::new();
        for (cost, words) in meanings.spelled_out() {
            let expression = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" AND ");
            let hits = matching_names(&db.conn, &expression, &filter, COUNTED)?;
            let Some(first) = hits.first() else { continue };
            let Some(one) = contact(&db.conn, *first)? else {
                continue;
            };
            let count = u32::try_from(hits.len()).unwrap_or(u32::MAX);
            let text = as_written(&one, &words);
            nearest.push((cost / 10, Reverse(count), text));
        }
        // Of two that are as near, more people have the one.
        nearest.sort();
        for (_, Reverse(count), text) in nearest {
            if found.len() < SUGGESTED && !found.iter().any(|known| known.text == text) {
                found.push(Instead { text, count });
            }
        }
        // Several words with two slips each have too many readings for one keystroke.
        if found.len() == SUGGESTED || (!found.is_empty() && asked.words().len() > 1) {
            break;
        }
    }
    Ok(found)
}

/// More are not counted.
const COUNTED: i64 = 1000;
/// Spellings that are tried for a suggestion, of each word and of all together.
const TRIED: usize = 6;
const ALL_TRIED: usize = 12;

impl Meanings {
    /// Single words in every likely combination, the likeliest first.
    fn spelled_out(&self) -> Vec<(u16, Vec<String>)> {
        let mut all: Vec<(u16, Vec<String>)> = vec![(0, Vec::new())];
        for word in &self.words {
            let mut each: Vec<(u16, &str)> = Vec::new();
            each.extend(word.typed.as_ref().map(|(_, typed)| (0, typed.as_str())));
            each.extend(
                word.candidates
                    .iter()
                    .take(TRIED)
                    .map(|one| (one.cost, one.word.as_str())),
            );
            let longer = all.iter().flat_map(|(cost, words)| {
                each.iter().map(move |(more, word)| {
                    let mut words = words.clone();
                    words.push((*word).to_owned());
                    (cost + more, words)
                })
            });
            let mut longer: Vec<_> = longer.collect();
            longer.sort();
            longer.truncate(4 * ALL_TRIED);
            all = longer;
        }
        all.truncate(ALL_TRIED);
        all.retain(|(_, words)| !words.is_empty());
        all
    }
}

/// The words as this contact has them written, each once, in the order they were asked for.
fn as_written(contact: &Contact, words: &[String]) -> String {
    let company = contact.company.as_deref().unwrap_or_default();
    let written: Vec<&str> = contact
        .name
        .split_whitespace()
        .chain(company.split_whitespace())
        .collect();
    let mut taken: Vec<&str> = Vec::new();
    for word in words {
        let is = |one: &&&str| {
            let folded = fold(one, Depth::Wide);
            folded.split(' ').any(|part| part == word) || folded.replace(' ', "") == *word
        };
        let text = written.iter().find(is).copied().unwrap_or(word);
        let text = text.trim_matches(|sign: char| !sign.is_alphanumeric());
        if !taken.contains(&text) {
            taken.push(text);
        }
    }
    taken.join(" ")
}
