//! What a file would bring, before anything is kept of it.

use ringside_domain::phone::{Home, Reading, read};
use ringside_ipc::{
    ApiError,
    import::{ImportField, ImportRowDto},
};
use ringside_store::Candidate;

use super::{
    Source, cards,
    people::{Faults, FilePerson},
};

/// So many people are shown.
const ROWS: usize = 20;

/// Everybody in a file, with their numbers read.
pub(super) struct Shown {
    pub people: Vec<FilePerson>,
    pub faults: Faults,
    /// One for each of the people.
    pub candidates: Vec<Candidate>,
    pub unreadable: usize,
    home: Home,
}

pub(super) fn read_people(source: &Source, fields: Vec<ImportField>, home: &Home) -> Result<Shown, ApiError> {
    let read_file = match &source.table {
        Some(table) => table.meaning(fields).people(&source.text)?,
        None => cards::people(&source.text)?,
    };
    let mut unreadable = 0;
    let candidates = read_file.people.iter().map(|person| {
        let numbers: Vec<Reading> = person.numbers.iter().map(|(_, raw)| read(raw, home)).collect();
        unreadable += numbers
            .iter()
            .filter(|number| matches!(number, Reading::Unreadable(_)))
            .count();
        Candidate {
            name: person.name.clone(),
            emails: person.emails.clone(),
            numbers,
        }
    });
    let candidates = candidates.collect();
    Ok(Shown {
        people: read_file.people,
        faults: read_file.faults,
        candidates,
        unreadable,
        home: home.clone(),
    })
}

impl Shown {
    pub fn rows(&self, known: &[bool]) -> Vec<ImportRowDto> {
        let all = self.people.iter().zip(&self.candidates).zip(known);
        all.take(ROWS)
            .map(|((person, candidate), known)| self.row(person, candidate, *known))
            .collect()
    }

    fn row(&self, person: &FilePerson, candidate: &Candidate, known: bool) -> ImportRowDto {
        let numbers = person.numbers.iter().zip(&candidate.numbers);
        ImportRowDto {
            line: person.line,
            name: person.name.clone(),
            company: person.company.clone(),
            emails: person.emails.clone(),
            numbers: numbers
                .map(|((_, raw), reading)| {
                    reading
                        .number()
                        .map_or_else(|| raw.clone(), |number| number.display(&self.home))
                })
                .collect(),
            is_company: person.is_company,
            known,
        }
    }
}
