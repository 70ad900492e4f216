//! How long a call takes from its event to the painted card, by one monotonic clock. Durations only: no number, no name.
//!
//! `RINGSIDE_STAGES=FILE` appends one JSON object a line, `{"call":"…","stage":"painted","us":41873}`, for the bench.

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::Write as _,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

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

/// Calls that are still measured; older ones are forgotten.
const MEASURED: usize = 32;

#[derive(Debug, Default)]
pub struct Stages {
    calls: Mutex<VecDeque<Measured>>,
    file: Option<Mutex<File>>,
}

#[derive(Debug)]
struct Measured {
    call: String,
    /// When the event came in.
    began: Instant,
    reached: Vec<Stage>,
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
            calls: Mutex::default(),
            file: file.map(Mutex::new),
        }
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
        let us = took.as_micros();
        tracing::debug!(call, stage = stage.name(), us = %us, "stage");
        if let Some(file) = &self.file {
            let line =
                serde_json::json!({ "call": call, "stage": stage.name(), "us": u64::try_from(us).unwrap_or(u64::MAX) });
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = writeln!(file, "{line}") {
                tracing::warn!(%error, "RINGSIDE_STAGES can't be written");
            }
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

    #[test]
    fn writes_a_line_a_stage() {
        let path = std::env::temp_dir().join(format!("ringside-stages-{}.jsonl", std::process::id()));
        let file = File::create(&path).expect("a temporary file");
        let stages = Stages {
            calls: Mutex::default(),
            file: Some(Mutex::new(file)),
        };
        stages.begin("a", Duration::from_secs(1));
        stages.reach("a", Stage::Shown);
        let text = std::fs::read_to_string(&path).expect("the file");
        std::fs::remove_file(&path).expect("the file");
        let line: serde_json::Value = serde_json::from_str(text.trim()).expect("one JSON object");
        assert_eq!(
            (line["call"].as_str(), line["stage"].as_str()),
            (Some("a"), Some("shown"))
        );
        assert!(line["us"].as_u64().is_some_and(|us| us >= 1_000_000), "{line}");
    }
}
