//! How fast one connection asks. Each budget is a turnstile: so many at the same time, so many in each window of time.
//!
//! The windows slide, and count when a request may have *reached* the CRM: at the latest when its answer came. A first bunch
//! that is held up on its way, by a new connection's handshake for one, must not meet the second one there.
//!
//! Who waits stands in one line. It is not first come, first served: a stranger's caller may be worth forty requests, and
//! somebody known who rings meanwhile is worth two. So the first requests of every errand go before any errand's later ones.

mod window;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use self::window::{LONGEST_WINDOW, Window, Windows};
use super::format::Budget;

/// The budget of requests that name none.
const DEFAULT: &str = "default";
/// So many at the same time, where the manifest does not say.
const CONCURRENCY: usize = 16;
/// One of so many places at the same time is never one errand's alone: a CRM that leaves a whole lookup without an answer
/// must not keep the next caller from being asked. 12 of 16, so that three types with four forms each are one round trip.
const KEPT_FREE: usize = 4;

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
    windows: Windows,
    /// At the same time.
    most: usize,
    /// Of one errand at the same time.
    most_of_one: usize,
    book: Mutex<Book>,
    /// Somebody left, or may go now.
    changed: Notify,
}

/// Whose request it is, and how soon it should go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// One operation, one lookup.
    pub errand: u64,
    /// How many requests of its errand go before it, and what else makes it less urgent. Lower goes first.
    pub place: usize,
    /// A person wants to know now: it does not wait until the CRM has been left alone for as long as it said.
    pub insists: bool,
}

/// The line is in this order: who insists, then by place, then by who came first.
type InLine = (bool, usize, u64);

#[derive(Default)]
struct Book {
    tickets: u64,
    sent: window::Sent,
    /// How many requests of each errand are on their way.
    flying: BTreeMap<u64, usize>,
    /// The errand of each who waits.
    line: BTreeMap<InLine, u64>,
    /// The CRM asked to be left alone until then.
    rest: Option<Instant>,
}

/// The right to send one request; ends when dropped, as soon as the answer is there or nobody waits for it any more.
pub(crate) struct Pass {
    turnstile: Arc<Turnstile>,
    errand: u64,
    ticket: u64,
}

/// Why there is no turn before the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// The next one would be after so long.
    After(Duration),
    /// Others were still being answered.
    Busy,
    /// The deadline had passed before it was asked for.
    Late,
}

/// What is between somebody in the line and the CRM.
enum Next {
    Go(u64),
    /// Its turn comes then, unless an answer comes before.
    At(Instant),
    /// Others go first, or are still being answered.
    Behind,
}

impl Turnstile {
    fn new(budget: &Budget) -> Self {
        let rates = [(budget.per_second, 1.0), (budget.per_minute, 60.0)];
        let windows = rates
            .into_iter()
            .filter_map(|(rate, seconds)| Window::new(rate?, seconds));
        let most = budget.concurrency.unwrap_or(CONCURRENCY).clamp(1, 64);
        Self {
            windows: windows.collect(),
            most,
            most_of_one: most - most / KEPT_FREE,
            book: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Waits for a turn. Says at once if there is none before `until`, as far as the line stands now.
    pub(crate) async fn enter(self: &Arc<Self>, turn: Turn, until: Instant) -> Result<Pass, NoTurn> {
        let waiting = self.line_up(turn, until)?;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let wake = match self.next(&waiting, until)? {
                Next::Go(ticket) => {
                    return Ok(Pass {
                        turnstile: Arc::clone(self),
                        errand: turn.errand,
                        ticket,
                    });
                }
                Next::At(at) => at.min(until),
                Next::Behind => until,
            };
            tokio::select! {
                () = &mut changed => {}
                () = sleep_until(wake) => {}
            }
        }
    }

    /// Nobody goes through for so long: the CRM said so.
    pub(crate) fn rest(&self, length: Duration) {
        let until = Instant::now() + length.min(Duration::from_secs_f64(LONGEST_WINDOW));
        let mut book = self.book();
        book.rest = Some(book.rest.map_or(until, |rest| rest.max(until)));
        drop(book);
        self.changed.notify_waiters();
    }

    /// Somebody who insisted was answered: the CRM is to be asked again.
    pub(crate) fn end_rest(&self) {
        self.book().rest = None;
        self.changed.notify_waiters();
    }

    fn line_up(&self, turn: Turn, until: Instant) -> Result<Waiting<'_>, NoTurn> {
        let now = Instant::now();
        if now >= until {
            return Err(NoTurn::Late);
        }
        let mut book = self.book();
        book.sent.forget(&self.windows, now);
        let ahead = book.line.range(..=(!turn.insists, turn.place, u64::MAX)).count();
        let rest = book.rest.filter(|_| !turn.insists);
        let at = book.sent.soonest(&self.windows, ahead, now).max(rest.unwrap_or(now));
        if at > until {
            return Err(NoTurn::After(at - now));
        }
        book.tickets += 1;
        let place = (!turn.insists, turn.place, book.tickets);
        book.line.insert(place, turn.errand);
        Ok(Waiting {
            turnstile: self,
            place,
            turn,
        })
    }

    fn next(&self, waiting: &Waiting<'_>, until: Instant) -> Result<Next, NoTurn> {
        let now = Instant::now();
        let mut book = self.book();
        let rest = book.rest.filter(|rest| *rest > now && !waiting.turn.insists);
        if let Some(rest) = rest.filter(|rest| *rest > until) {
            return Err(NoTurn::After(rest - now));
        }
        let flying: usize = book.flying.values().sum();
        let may_fly = |errand: &u64| book.flying.get(errand).is_none_or(|held| *held < self.most_of_one);
        let first = book.line.iter().find(|(_, errand)| may_fly(errand));
        let is_next = first.is_some_and(|(place, _)| *place == waiting.place);
        book.sent.forget(&self.windows, now);
        let at = book.sent.next(&self.windows).max(rest).unwrap_or(now);
        if now >= until {
            // Whoever came before it took too long.
            let busy = flying >= self.most || at <= now;
            return Err(if busy { NoTurn::Busy } else { NoTurn::After(at - now) });
        }
        if !is_next || flying >= self.most {
            return Ok(Next::Behind);
        }
        if at > now {
            return Ok(Next::At(at));
        }
        let ticket = waiting.place.2;
        if !self.windows.is_empty() {
            book.sent.leave(ticket, now);
        }
        *book.flying.entry(waiting.turn.errand).or_default() += 1;
        Ok(Next::Go(ticket))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut book = self.turnstile.book();
        book.sent.arrived(self.ticket, Instant::now());
        if let Some(held) = book.flying.get_mut(&self.errand) {
            *held -= 1;
            if *held == 0 {
                book.flying.remove(&self.errand);
            }
        }
        drop(book);
        self.turnstile.changed.notify_waiters();
    }
}

/// A place in the line, given back when dropped.
struct Waiting<'a> {
    turnstile: &'a Turnstile,
    place: InLine,
    turn: Turn,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.turnstile.book().line.remove(&self.place);
        self.turnstile.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
