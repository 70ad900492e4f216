//! Windows of time, and what was sent in them.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// No window is longer, whatever a file says.
pub(super) const LONGEST_WINDOW: f64 = 3600.0;
/// A window is longer by this part of it: clocks differ, and not every CRM counts from where it says.
const MARGIN: f64 = 0.03;
/// A request that was not answered yet has reached the CRM after so long. It may be slow over the answer, but waiting for that
/// would make a slow CRM slower still.
const ARRIVES: Duration = Duration::from_millis(500);

pub(super) type Windows = Vec<Window>;

/// At most `requests` in any `length`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    requests: usize,
    length: Duration,
}

impl Window {
    /// 4 a second are 4 in 1 s, 0.5 a second is 1 in 2 s, 2.5 a second are 2 in 0.8 s.
    pub fn new(rate: f64, seconds: f64) -> Option<Self> {
        if !rate.is_finite() || rate <= 0.0 {
            return None;
        }
        let requests = rate.floor().clamp(1.0, 10_000.0);
        let length = (requests / rate * seconds * (1.0 + MARGIN)).min(LONGEST_WINDOW);
        Some(Self {
            // In range: clamped above.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            requests: requests as usize,
            length: Duration::from_secs_f64(length),
        })
    }

    /// When the next one may go, after these; oldest first.
    fn after(&self, times: &VecDeque<Instant>) -> Option<Instant> {
        let before = times.len().checked_sub(self.requests)?;
        Some(*times.get(before)? + self.length)
    }
}

/// What went out lately, as far as the windows look back.
#[derive(Default)]
pub(super) struct Sent(Vec<One>);

struct One {
    ticket: u64,
    left: Instant,
    /// When its answer came, or nobody waited for one any more.
    over: Option<Instant>,
}

impl One {
    /// The latest that it can have reached the CRM.
    fn reached(&self) -> Instant {
        let latest = self.left + ARRIVES;
        self.over.map_or(latest, |over| over.min(latest))
    }
}

impl Sent {
    pub fn leave(&mut self, ticket: u64, now: Instant) {
        self.0.push(One {
            ticket,
            left: now,
            over: None,
        });
    }

    pub fn arrived(&mut self, ticket: u64, now: Instant) {
        if let Some(one) = self.0.iter_mut().find(|one| one.ticket == ticket) {
            one.over = Some(now);
        }
    }

    /// Forgets what no window reaches back to.
    pub fn forget(&mut self, windows: &Windows, now: Instant) {
        let longest = windows.iter().map(|window| window.length).max().unwrap_or_default();
        self.0.retain(|one| one.reached() + longest > now);
    }

    /// When the next request may go; `None`: at any time.
    pub fn next(&self, windows: &Windows) -> Option<Instant> {
        next(windows, &self.times(One::reached))
    }

    /// When one may go at the soonest that has so many before it in the line, if every answer comes at once.
    pub fn soonest(&self, windows: &Windows, ahead: usize, now: Instant) -> Instant {
        let mut times = self.times(|one| one.over.map_or(one.left, |_| one.reached()));
        let mut at = now;
        for _ in 0..=ahead {
            at = at.max(next(windows, &times).unwrap_or(now));
            times.push_back(at);
        }
        at
    }

    fn times(&self, of: impl Fn(&One) -> Instant) -> VecDeque<Instant> {
        let mut times: Vec<Instant> = self.0.iter().map(of).collect();
        times.sort_unstable();
        times.into()
    }
}

fn next(windows: &Windows, times: &VecDeque<Instant>) -> Option<Instant> {
    windows.iter().filter_map(|window| window.after(times)).max()
}
