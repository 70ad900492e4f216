//! How many reports a phone may send, and all of them together.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

/// Reports a second of one phone, and of everybody. A second's worth may come at once.
const PER_PHONE: f64 = 20.0;
const IN_TOTAL: f64 = 50.0;

/// What a phone that comes too often is told to wait.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Limits {
    total: Option<Bucket>,
    phones: HashMap<String, Bucket>,
}

impl Limits {
    /// Whether one more request may come in, whoever sends it.
    pub(super) fn admit_any(&mut self, now: Instant) -> bool {
        self.total
            .get_or_insert_with(|| Bucket::full(IN_TOTAL, now))
            .take(IN_TOTAL, now)
    }

    /// Whether this phone may send one more. The names are those of the registry, hence few.
    pub(super) fn admit(&mut self, phone: &str, now: Instant) -> bool {
        if let Some(bucket) = self.phones.get_mut(phone) {
            return bucket.take(PER_PHONE, now);
        }
        let mut bucket = Bucket::full(PER_PHONE, now);
        let admitted = bucket.take(PER_PHONE, now);
        self.phones.insert(phone.to_owned(), bucket);
        admitted
    }
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn full(size: f64, now: Instant) -> Self {
        Self { left: size, at: now }
    }

    /// Filled with `rate` a second, up to one second's worth.
    fn take(&mut self, rate: f64, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * rate).min(rate);
        self.at = now;
        let enough = self.left >= 1.0;
        self.left -= f64::from(u8::from(enough));
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_so_many_and_the_next_as_many_again() {
        let mut limits = Limits::default();
        let start = Instant::now();
        let admitted = |limits: &mut Limits, phone: &str, now| (0..100).filter(|_| limits.admit(phone, now)).count();
        assert_eq!(admitted(&mut limits, "a", start), 20);
        assert_eq!(admitted(&mut limits, "b", start), 20, "each phone for itself");
        assert_eq!(admitted(&mut limits, "a", start + Duration::from_millis(500)), 10);
        assert_eq!(
            admitted(&mut limits, "a", start + Duration::from_secs(3_600)),
            20,
            "nothing is saved up"
        );
        assert_eq!((0..100).filter(|_| limits.admit_any(start)).count(), 50);
    }
}
