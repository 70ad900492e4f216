//! Time and chance, as ports: the only clock of the program is in `host`, so tests own every minute.

use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z. Starts of calls are stored like this, with the zone beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The instant `by` later; stops at the end of time instead of wrapping.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero when the wall clock was set back in between.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// A reading of a clock that never jumps and that goes on while the machine sleeps (`CLOCK_BOOTTIME`). Its zero has no
/// meaning and differs after a restart: it measures durations inside one run, nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Steady(pub Duration);

impl Steady {
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Both clocks, read at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    pub wall: Timestamp,
    pub steady: Steady,
}

pub trait Clock: Send + Sync {
    fn now(&self) -> Now;
    /// The IANA name of the zone the person is in, `Europe/Berlin`; `UTC` where the system does not say.
    fn zone(&self) -> String;
}

/// Unpredictable bytes, for ids and tokens.
pub trait Random: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}
