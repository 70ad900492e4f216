//! When to ask again: often enough to lose no call, seldom enough not to be a burden on a server that is in trouble.

use std::{sync::Arc, time::Duration};

use ringside_domain::Random;

use super::verdict::Wait;

const LONGEST: Duration = Duration::from_secs(60);
/// The pauses after a refusal: a PBX has come up within a minute or a few, and some count refusals and lock out whoever
/// collects them.
const SLOW: Duration = Duration::from_secs(60);
const SLOWEST: Duration = Duration::from_secs(300);
/// What a server asks us to wait is obeyed, up to this much; a lost person's phone is not forgotten for a day.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

pub(super) struct Pace {
    random: Arc<dyn Random>,
    failures: u32,
    /// Of them, those that a server meant.
    refusals: u32,
}

impl Pace {
    pub(super) fn new(random: Arc<dyn Random>) -> Self {
        Self {
            random,
            failures: 0,
            refusals: 0,
        }
    }

    /// The pause before the next try: none, then 1, 2, 4 … 60 s, each up to a fifth more or less, so that a thousand
    /// watchers do not come back in one moment. After a refusal 1, 2, 4, 5 minutes.
    pub(super) fn next(&mut self, wait: Wait) -> Duration {
        if matches!(wait, Wait::Back) {
            self.failures = self.failures.max(1);
        }
        let failures = self.failures;
        self.failures = self.failures.saturating_add(1);
        match wait {
            Wait::After(asked) => asked.clamp(Duration::from_secs(1), LONGEST_ASKED),
            Wait::Slow => {
                let pause = SLOW.mul_f64(f64::from(1_u32 << self.refusals.min(3)));
                self.refusals = self.refusals.saturating_add(1);
                self.about(pause.min(SLOWEST))
            }
            _ if failures == 0 => Duration::ZERO,
            _ => {
                let base = Duration::from_secs(1 << (failures - 1).min(6)).min(LONGEST);
                base.mul_f64(0.8 + 0.4 * self.chance())
            }
        }
    }

    /// It works: the next trouble is a new one.
    pub(super) fn held(&mut self) {
        self.failures = 0;
        self.refusals = 0;
    }

    /// 60 % of what was granted, give or take a twentieth; never more often than once a second.
    pub(super) fn refresh(&self, granted: Duration) -> Duration {
        self.about(granted.mul_f64(0.6)).max(Duration::from_secs(1))
    }

    /// Give or take a twentieth.
    pub(super) fn about(&self, time: Duration) -> Duration {
        time.mul_f64(0.95 + 0.1 * self.chance())
    }

    fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    }
}
