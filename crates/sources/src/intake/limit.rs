//! How many reports a phone may send, and all of them together.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use tokio::time::Instant;

use super::request::Side;

/// Reports a second of one phone, and of everybody. A second's worth may come at once.
const PER_PHONE: f64 = 20.0;
const IN_TOTAL: f64 = 50.0;
/// Neighbours that are counted one by one. A network with more of them that report calls is not somebody's office.
const MOST_NEIGHBOURS: usize = 256;

/// What a phone that comes too often is told to wait.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Limits {
    here: Option<Bucket>,
    lan: Option<Bucket>,
    neighbours: HashMap<IpAddr, Bucket>,
    phones: HashMap<String, Bucket>,
}

impl Limits {
    /// Whether one more request may come in, whatever its token. The sides are counted apart, and so are the addresses of our
    /// own phones (`known`): neighbours who guess tokens keep neither programs of this computer nor desk phones waiting.
    pub(super) fn admit_any(&mut self, side: Side, known: bool, now: Instant) -> bool {
        let total = match side {
            Side::Here => &mut self.here,
            Side::Lan { peer, .. } => {
                if !self.neighbours.contains_key(&peer) && self.neighbours.len() >= MOST_NEIGHBOURS {
                    self.neighbours.retain(|_, bucket| !bucket.is_full_at(PER_PHONE, now));
                    if self.neighbours.len() >= MOST_NEIGHBOURS && !known {
                        return false;
                    }
                }
                let bucket = self
                    .neighbours
                    .entry(peer)
                    .or_insert_with(|| Bucket::full(PER_PHONE, now));
                if !bucket.take(PER_PHONE, now) {
                    return false;
                }
                if known {
                    return true;
                }
                &mut self.lan
            }
        };
        total
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

    fn is_full_at(&self, rate: f64, now: Instant) -> bool {
        self.left + now.saturating_duration_since(self.at).as_secs_f64() * rate >= rate
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
        assert_eq!(
            (0..100).filter(|_| limits.admit_any(Side::Here, false, start)).count(),
            50
        );
    }

    #[test]
    fn neighbours_are_counted_one_by_one_and_apart_from_this_computer() {
        let mut limits = Limits::default();
        let start = Instant::now();
        let from = |last: u32| Side::Lan {
            own: IpAddr::from([192, 168, 1, 20]),
            peer: IpAddr::from(0x0A00_0000_u32.wrapping_add(last).to_be_bytes()),
        };
        let admitted = |limits: &mut Limits, side, now| (0..100).filter(|_| limits.admit_any(side, false, now)).count();
        assert_eq!(admitted(&mut limits, from(1), start), 20);
        assert_eq!(admitted(&mut limits, from(2), start), 20);
        assert_eq!(admitted(&mut limits, from(3), start), 10, "all neighbours together");
        assert_eq!(admitted(&mut limits, Side::Here, start), 50);
        for last in 0..2_000 {
            limits.admit_any(from(last), false, start);
        }
        assert!(limits.neighbours.len() <= MOST_NEIGHBOURS);
        assert!(
            limits.admit_any(from(9_000), true, start),
            "our own phone has its place"
        );
        assert_eq!(admitted(&mut limits, from(5_000), start + Duration::from_secs(2)), 20);
    }
}
