//! How long a call takes from its event to the painted card, and the search window from its hotkey to the caret in it, by one
//! monotonic clock. Durations only: no number, no name, nothing that was typed.
//!
//! `RINGSIDE_STAGES=FILE` appends one JSON object a line for the bench: `{"call":"…","stage":"painted","us":41873}`,
//! `{"search":3,"stage":"shown","us":6120}`, `{"keystroke":"painted","us":9000}`. Only then the search page measures itself.

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::Write as _,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::{Value, json};

/// Where a call's way to the card is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The owner told the shell about the call.
    Told,
    /// The window has the call.
    Sent,
    /// The window system was asked to show the card.
    Shown,
    /// The page reports that its picture is on the screen.
    Painted,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Sent => "sent",
            Self::Shown => "shown",
            Self::Painted => "painted",
        }
    }
}

/// What the search page says of one keystroke, by its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keystroke {
    /// The owner's answer to it, or to what was typed since, became rows.
    Answered,
    /// The rows are on the screen.
    Painted,
}

/// Calls that are still measured; older ones are forgotten.
const MEASURED: usize = 32;

#[derive(Debug, Default)]
pub struct Stages {
    calls: Mutex<VecDeque<Measured>>,
    search: Mutex<Search>,
    file: Option<Mutex<File>>,
}

#[derive(Debug)]
struct Measured {
    call: String,
    /// When the event came in.
    began: Instant,
    reached: Vec<Stage>,
}

/// The search window, since its hotkey was heard the last time.
#[derive(Debug, Default)]
struct Search {
    /// How often it was.
    turn: u64,
    /// `None` once it is painted: it comes up by other ways, too, of which nothing is measured.
    began: Option<Instant>,
}

impl Stages {
    /// Writes to the file named by `RINGSIDE_STAGES` too, if there is one.
    pub fn from_environment() -> Self {
        let file = std::env::var_os(ringside_app::host::env::STAGES)
            .filter(|name| !name.is_empty())
            .and_then(|name| {
                OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(name)
                    .inspect_err(|error| tracing::warn!(%error, "RINGSIDE_STAGES can't be written"))
                    .ok()
            });
        Self {
            file: file.map(Mutex::new),
            ..Self::default()
        }
    }

    /// Whether anybody reads what is measured.
    pub fn are_read(&self) -> bool {
        self.file.is_some()
    }

    /// A call's first event came in this long ago. Beginning again changes nothing.
    pub fn begin(&self, call: &str, ago: Duration) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.iter().any(|measured| measured.call == call) {
            return;
        }
        if calls.len() == MEASURED {
            calls.pop_front();
        }
        let began = Instant::now().checked_sub(ago).unwrap_or_else(Instant::now);
        calls.push_back(Measured {
            call: call.into(),
            began,
            reached: Vec::new(),
        });
    }

    /// The call reached this stage now. Each stage counts once a call; calls that never began are not measured.
    pub fn reach(&self, call: &str, stage: Stage) {
        let took = {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(measured) = calls.iter_mut().find(|measured| measured.call == call) else {
                return;
            };
            if measured.reached.contains(&stage) {
                return;
            }
            measured.reached.push(stage);
            measured.began.elapsed()
        };
        tracing::debug!(call, stage = stage.name(), us = micros(took), "stage");
        self.write(&json!({ "call": call, "stage": stage.name(), "us": micros(took) }));
    }

    /// The hotkey of the search window was heard.
    pub fn begin_search(&self) {
        let mut search = self.search.lock().unwrap_or_else(PoisonError::into_inner);
        search.turn += 1;
        search.began = Some(Instant::now());
    }

    /// The search window reached this stage now.
    pub fn reach_search(&self, stage: Stage) {
        let (turn, took) = {
            let mut search = self.search.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(began) = search.began else { return };
            if stage == Stage::Painted {
                search.began = None;
            }
            (search.turn, began.elapsed())
        };
        tracing::debug!(search = turn, stage = stage.name(), us = micros(took), "stage");
        self.write(&json!({ "search": turn, "stage": stage.name(), "us": micros(took) }));
    }

    /// The search page measured a keystroke: this many microseconds.
    pub fn keystroke(&self, what: Keystroke, us: u64) {
        let what = match what {
            Keystroke::Answered => "answered",
            Keystroke::Painted => "painted",
        };
        self.write(&json!({ "keystroke": what, "us": us }));
    }

    fn write(&self, line: &Value) {
        let Some(file) = &self.file else { return };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = writeln!(file, "{line}") {
            tracing::warn!(%error, "RINGSIDE_STAGES can't be written");
        }
    }

    /// The newest call that reached this stage.
    #[cfg(test)]
    fn reached(&self, call: &str) -> Vec<Stage> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls
            .iter()
            .find(|measured| measured.call == call)
            .map(|measured| measured.reached.clone())
            .unwrap_or_default()
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_stage_once_and_only_for_calls_that_began() {
        let stages = Stages::default();
        stages.reach("a", Stage::Painted);
        assert_eq!(stages.reached("a"), []);
        stages.begin("a", Duration::ZERO);
        stages.reach("a", Stage::Told);
        stages.reach("a", Stage::Painted);
        stages.reach("a", Stage::Painted);
        assert_eq!(stages.reached("a"), [Stage::Told, Stage::Painted]);
    }

    #[test]
    fn forgets_old_calls() {
        let stages = Stages::default();
        for call in 0..100 {
            stages.begin(&call.to_string(), Duration::ZERO);
        }
        stages.reach("0", Stage::Told);
        stages.reach("99", Stage::Told);
        assert_eq!(stages.reached("0"), []);
        assert_eq!(stages.reached("99"), [Stage::Told]);
        assert_eq!(
            stages.calls.lock().unwrap_or_else(PoisonError::into_inner).len(),
            MEASURED
        );
    }

    /// What is written while these are measured.
    fn written(measure: impl FnOnce(&Stages)) -> Vec<Value> {
        let name = format!(
            "ringside-stages-{}-{:?}.jsonl",
            std::process::id(),
            std::thread::current().id()
        );
        let path = std::env::temp_dir().join(name);
        let file = File::create(&path).expect("a temporary file");
        measure(&Stages {
            file: Some(Mutex::new(file)),
            ..Stages::default()
        });
        let text = std::fs::read_to_string(&path).expect("the file");
        std::fs::remove_file(&path).expect("the file");
        let line = |line| serde_json::from_str(line).expect("a JSON object a line");
        text.lines().map(line).collect()
    }

    #[test]
    fn writes_a_line_a_stage() {
        let lines = written(|stages| {
            stages.begin("a", Duration::from_secs(1));
            stages.reach("a", Stage::Shown);
        });
        assert_eq!(lines.len(), 1);
        assert_eq!((&lines[0]["call"], &lines[0]["stage"]), (&json!("a"), &json!("shown")));
        assert!(lines[0]["us"].as_u64().is_some_and(|us| us >= 1_000_000), "{lines:?}");
    }

    #[test]
    fn the_search_window_is_measured_from_its_hotkey_to_its_painting() {
        let lines = written(|stages| {
            // Opened otherwise: by a link, by a click.
            stages.reach_search(Stage::Shown);
            for _ in 0..2 {
                stages.begin_search();
                stages.reach_search(Stage::Shown);
                stages.reach_search(Stage::Painted);
                stages.reach_search(Stage::Painted);
            }
            stages.keystroke(Keystroke::Painted, 9000);
        });
        let stage = |turn: u64, stage: &str| (json!(turn), json!(stage));
        let found: Vec<_> = lines[..4]
            .iter()
            .map(|line| (line["search"].clone(), line["stage"].clone()))
            .collect();
        let wanted = [
            stage(1, "shown"),
            stage(1, "painted"),
            stage(2, "shown"),
            stage(2, "painted"),
        ];
        assert_eq!(found, wanted);
        assert_eq!(lines[4..], [json!({ "keystroke": "painted", "us": 9000 })]);
    }
}
