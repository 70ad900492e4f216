//! How fast one connection asks. Each budget is a turnstile: so many at the same time, so many in each window of time.
//!
//! The windows slide: the n-th request goes out no sooner than one window after the one n places before it, so that no
//! second ever sees more than a second's worth. Who waits has a slot with a time on it; who is dropped gives it back.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until, timeout_at},
};

use super::format::Budget;

/// The budget of requests that name none.
const DEFAULT: &str = "default";
/// So many at the same time, where the manifest does not say: three types with four forms each are one round trip.
const CONCURRENCY: usize = 16;
/// A window is longer by this part of it: requests bunch up on the way.
const MARGIN: f64 = 0.03;
/// No window is longer, whatever a file says.
const LONGEST_WINDOW: f64 = 3600.0;

/// All budgets of one connection.
pub(crate) struct Budgets {
    named: BTreeMap<String, Arc<Turnstile>>,
    default: Arc<Turnstile>,
}

impl Budgets {
    pub(crate) fn new(budgets: &BTreeMap<String, Budget>) -> Self {
        let mut named: BTreeMap<_, _> = budgets
            .iter()
            .map(|(name, budget)| (name.clone(), Arc::new(Turnstile::new(budget))))
            .collect();
        let unlimited = Budget {
            per_second: None,
            per_minute: None,
            concurrency: None,
        };
        let default = named.remove(DEFAULT);
        Self {
            named,
            default: default.unwrap_or_else(|| Arc::new(Turnstile::new(&unlimited))),
        }
    }

    pub(crate) fn of(&self, name: Option<&str>) -> &Arc<Turnstile> {
        name.and_then(|name| self.named.get(name)).unwrap_or(&self.default)
    }
}

/// One budget.
pub(crate) struct Turnstile {
    windows: Vec<Window>,
    gate: Arc<Semaphore>,
    book: Mutex<Book>,
}

/// At most `requests` in any `length`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    requests: usize,
    length: Duration,
}

#[derive(Default)]
struct Book {
    /// When requests went out or will, oldest first.
    slots: VecDeque<Instant>,
    /// The CRM asked to be left alone until then.
    rest: Option<Instant>,
}

/// The right to send one request; ends when dropped.
pub(crate) struct Pass {
    _permit: Option<OwnedSemaphorePermit>,
}

/// Why there is no turn before the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// The next one would be after so long.
    After(Duration),
    /// Others were still being answered.
    Busy,
}

impl Turnstile {
    fn new(budget: &Budget) -> Self {
        let rates = [(budget.per_second, 1.0), (budget.per_minute, 60.0)];
        Self {
            windows: rates
                .into_iter()
                .filter_map(|(rate, seconds)| Window::new(rate?, seconds))
                .collect(),
            gate: Arc::new(Semaphore::new(budget.concurrency.unwrap_or(CONCURRENCY).clamp(1, 64))),
            book: Mutex::default(),
        }
    }

    /// Waits for a turn. Says at once if there is none before `until`.
    pub(crate) async fn enter(self: &Arc<Self>, until: Instant) -> Result<Pass, NoTurn> {
        let permit = match timeout_at(until, Arc::clone(&self.gate).acquire_owned()).await {
            Ok(permit) => permit.ok(),
            Err(_) => return Err(NoTurn::Busy),
        };
        let mut slot = Slot::take(self, until)?;
        loop {
            sleep_until(slot.at).await;
            let rest = self.book().rest.filter(|rest| *rest > Instant::now());
            match rest {
                None => break,
                // Somebody was told to slow down while this one waited.
                Some(rest) => slot.put_off(rest, until)?,
            }
        }
        slot.used = true;
        Ok(Pass { _permit: permit })
    }

    /// Nobody goes through for so long: the CRM said so.
    pub(crate) fn rest(&self, length: Duration) {
        let until = Instant::now() + length.min(Duration::from_secs_f64(LONGEST_WINDOW));
        let mut book = self.book();
        book.rest = Some(book.rest.map_or(until, |rest| rest.max(until)));
    }

    fn next(&self, book: &Book, now: Instant) -> Instant {
        let earliest = |window: &Window| {
            let before = book.slots.len().checked_sub(window.requests)?;
            Some(*book.slots.get(before)? + window.length)
        };
        let windows = self.windows.iter().filter_map(earliest);
        windows
            .chain(book.rest)
            .chain(book.slots.back().copied())
            .fold(now, Instant::max)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    /// 4 a second are 4 in 1 s, 0.5 a second is 1 in 2 s, 2.5 a second are 2 in 0.8 s.
    fn new(rate: f64, seconds: f64) -> Option<Self> {
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
}

/// A place in the book, given back unless it was used.
struct Slot<'a> {
    turnstile: &'a Turnstile,
    at: Instant,
    used: bool,
}

impl<'a> Slot<'a> {
    fn take(turnstile: &'a Turnstile, until: Instant) -> Result<Self, NoTurn> {
        let now = Instant::now();
        let mut book = turnstile.book();
        let longest = turnstile.windows.iter().map(|window| window.length).max();
        while let (Some(longest), Some(first)) = (longest, book.slots.front())
            && *first + longest <= now
        {
            book.slots.pop_front();
        }
        let at = turnstile.next(&book, now);
        if at > until {
            return Err(NoTurn::After(at - now));
        }
        if longest.is_some() {
            book.slots.push_back(at);
        }
        drop(book);
        Ok(Self {
            turnstile,
            at,
            used: false,
        })
    }

    fn put_off(&mut self, rest: Instant, until: Instant) -> Result<(), NoTurn> {
        if rest > until {
            return Err(NoTurn::After(rest - Instant::now()));
        }
        let later = Slot::take(self.turnstile, until)?;
        // The old place goes back when this one is replaced.
        *self = later;
        Ok(())
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if self.used {
            return;
        }
        let mut book = self.turnstile.book();
        if let Some(place) = book.slots.iter().rposition(|slot| *slot == self.at) {
            book.slots.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::future::join_all;

    use super::*;

    fn turnstile(per_second: Option<f64>, per_minute: Option<f64>, concurrency: Option<usize>) -> Arc<Turnstile> {
        Arc::new(Turnstile::new(&Budget {
            per_second,
            per_minute,
            concurrency,
        }))
    }

    fn in_seconds(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_sees_more_than_its_worth() {
        let turnstile = turnstile(Some(4.0), None, None);
        let (began, until) = (Instant::now(), in_seconds(60));
        let one = async {
            turnstile.enter(until).await.map(drop).unwrap();
            began.elapsed()
        };
        let mut times = vec![one.await];
        let others = (0..19).map(|_| async {
            turnstile.enter(until).await.map(drop).unwrap();
            began.elapsed()
        });
        times.extend(join_all(others).await);
        times.sort();
        assert!(
            times.windows(5).all(|five| five[4] - five[0] >= Duration::from_secs(1)),
            "{times:?}"
        );
        assert!(
            times[19] < Duration::from_millis(4_400),
            "and no slower than it must be: {times:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_does_not_fit_is_said_at_once() {
        let turnstile = turnstile(None, Some(2.0), None);
        let began = Instant::now();
        for _ in 0..2 {
            turnstile.enter(in_seconds(3)).await.map(drop).unwrap();
        }
        let refused = turnstile.enter(in_seconds(3)).await.map(drop).unwrap_err();
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(
            matches!(refused, NoTurn::After(wait) if (60..63).contains(&wait.as_secs())),
            "{refused:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_dropped_gives_the_slot_back() {
        let turnstile = turnstile(Some(1.0), None, None);
        turnstile.enter(in_seconds(9)).await.map(drop).unwrap();
        let waiting = turnstile.enter(in_seconds(9));
        assert!(tokio::time::timeout(Duration::from_millis(100), waiting).await.is_err());
        let began = Instant::now();
        turnstile.enter(in_seconds(9)).await.map(drop).unwrap();
        assert!(began.elapsed() < Duration::from_millis(1_000), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_at_a_time_and_rest_when_asked_for() {
        let turnstile = turnstile(None, None, Some(1));
        let pass = turnstile.enter(in_seconds(9)).await.unwrap();
        assert_eq!(turnstile.enter(in_seconds(1)).await.map(drop), Err(NoTurn::Busy));
        drop(pass);
        turnstile.rest(Duration::from_secs(5));
        assert!(
            matches!(turnstile.enter(in_seconds(2)).await, Err(NoTurn::After(wait)) if wait > Duration::from_secs(4))
        );
        let began = Instant::now();
        turnstile.enter(in_seconds(9)).await.map(drop).unwrap();
        assert_eq!(began.elapsed().as_secs(), 5);
    }
}
