//! What a run has to show, and the sum over all runs.

use std::fmt;

use ringside_tests::{LoopbackCrm, Route};

use crate::life::{Deed, Life, Profile};

/// One run: the lives of each profile, and what the CRM has in the end.
pub struct Run {
    pub name: String,
    pub profiles: Vec<(Profile, Vec<Life>)>,
}

#[derive(Default)]
pub struct Verdict {
    pub name: String,
    pub deaths: usize,
    pub lost: Option<String>,
    pub doubled: Option<String>,
    /// Unsure where the CRM can't be searched, or two logs of two machines, and said so.
    pub unsure: bool,
    /// Anything else that is wrong.
    pub wrong: Option<String>,
}

impl Run {
    pub fn judge(self, crm: &LoopbackCrm) -> Verdict {
        let mut verdict = Verdict {
            name: self.name,
            ..Verdict::default()
        };
        let logs = crm.logs();
        let (mut logged, mut unsure) = (0, 0);
        for (profile, lives) in &self.profiles {
            let whole: String = (1..=profile.pieces()).map(|piece| format!("note {piece} ")).collect();
            let contact = if profile.deed == Deed::Moves { "8" } else { "7" };
            verdict.deaths += lives.iter().filter(|life| life.killed).count();
            if let Some(trouble) = lives.iter().find_map(|life| life.trouble.clone()) {
                verdict.wrong.get_or_insert(trouble);
            }
            if let Some(lost) = lost_note(lives, profile.pieces()) {
                verdict.lost.get_or_insert(lost);
            }
            let owed = lives.iter().flat_map(|life| &life.lines);
            if owed.filter(|line| *line == "owed update").count() > 1 {
                verdict
                    .lost
                    .get_or_insert("an update that was owed, so it was owed once more".into());
            }
            match lives
                .last()
                .and_then(Life::ended)
                .map(|end| end.split(' ').collect::<Vec<_>>())
                .as_deref()
            {
                Some(["logged", id, _]) => {
                    logged += 1;
                    match logs.iter().find(|log| log.id == *id) {
                        None => _ = verdict.lost.get_or_insert(format!("{id} is not in the CRM")),
                        Some(log) if !profile.connector.kept(&log.note, &whole) => {
                            _ = verdict.lost.get_or_insert(format!("its note: {:?}", log.note))
                        }
                        Some(log) if log.contact.as_deref() != Some(contact) => {
                            _ = verdict.lost.get_or_insert(format!("its contact: {:?}", log.contact));
                        }
                        Some(_) => {}
                    }
                }
                Some(["unsure", ..]) => {
                    unsure += 1;
                    let open = lives.iter().any(Life::died_logging) || crm.was_unclear(Route::Log);
                    if !profile.searchable && !open {
                        verdict
                            .wrong
                            .get_or_insert("unsure, and the log was never out without an answer".into());
                    }
                }
                other => _ = verdict.wrong.get_or_insert(format!("it ended {other:?}")),
            }
        }
        verdict.unsure = unsure > 0;
        if logs.len() > 1 && unsure == 0 {
            verdict.doubled = Some(format!("{} logs, {logged} times logged", logs.len()));
        }
        if logs.len() > self.profiles.len() {
            verdict.doubled = Some(format!("{} logs of {} profiles", logs.len(), self.profiles.len()));
        }
        let searchable = self.profiles.iter().all(|(profile, _)| profile.searchable);
        if unsure > 0 && searchable && logs.len() < 2 {
            verdict.wrong.get_or_insert("unsure for nothing".into());
        }
        verdict
    }
}

/// The note after each start has at least what was acknowledged before.
fn lost_note(lives: &[Life], pieces: u64) -> Option<String> {
    let mut acknowledged = 0;
    for life in lives {
        if let Some(found) = life.last("found ").filter(|found| *found < acknowledged) {
            return Some(format!("piece {acknowledged} of the note, only {found} found"));
        }
        acknowledged = acknowledged.max(life.last("note ").unwrap_or(0));
    }
    let in_the_end = lives.last()?.last("ended ")?;
    (in_the_end < pieces).then(|| format!("the note has only {in_the_end} pieces in the end"))
}

#[derive(Default)]
pub struct Tally {
    runs: usize,
    deaths: usize,
    lost: usize,
    doubled: usize,
    unsure: usize,
    failed: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, verdict: Verdict) {
        self.runs += 1;
        self.deaths += verdict.deaths;
        self.lost += usize::from(verdict.lost.is_some());
        self.doubled += usize::from(verdict.doubled.is_some());
        self.unsure += usize::from(verdict.unsure);
        if verdict.lost.is_some() || verdict.doubled.is_some() || verdict.wrong.is_some() {
            let Verdict {
                name,
                lost,
                doubled,
                wrong,
                ..
            } = verdict;
            self.failed
                .push(format!("{name}: lost {lost:?}, doubled {doubled:?}, wrong {wrong:?}"));
        }
    }

    pub fn hold(&self) {
        let first: Vec<&str> = self.failed.iter().take(5).map(String::as_str).collect();
        assert!(
            self.failed.is_empty(),
            "{} of {} runs failed:\n{}",
            self.failed.len(),
            self.runs,
            first.join("\n")
        );
        assert!(self.runs > 0 && self.deaths > 0, "nobody was killed");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runs,
            deaths,
            lost,
            doubled,
            unsure,
            failed,
        } = self;
        write!(
            f,
            "{runs} runs, {deaths} kills, {lost} lost, {doubled} silently doubled, {unsure} unsure, {} failed",
            failed.len()
        )
    }
}
