//! What the types of one lookup know of each other while they are asked at the same time.
//!
//! Each goes on by itself, so that one that hangs keeps nobody else from being asked. But a hit in one makes the others' later
//! questions needless, so whoever has its answers first gives the others a moment. And once somebody is found, an answer that
//! takes very much longer than theirs did is not waited for. Waiting for our own turn is another thing: a CRM that allows few
//! requests is not slow.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout_at},
};

/// So long an answer may take once somebody is found, or twice as long as the answer that held them.
const GRACE: Duration = Duration::from_millis(1_500);
/// So long, at least and at most, a type waits for the others' answers before it asks on.
const MOMENT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

pub(super) struct Race {
    state: watch::Sender<State>,
    until: Instant,
    /// A person asked for everything: there is no grace, only the deadline.
    live: bool,
}

struct State {
    /// When somebody was found first, and how long an answer may take since.
    found: Option<(Instant, Duration)>,
    /// A hit in one type that makes the others' later questions needless.
    settled: bool,
    /// How many waves of each type were answered.
    waves: Vec<usize>,
}

impl Race {
    pub fn new(types: usize, until: Instant, live: bool) -> Self {
        let state = State {
            found: None,
            settled: false,
            waves: vec![0; types],
        };
        Self {
            state: watch::Sender::new(state),
            until,
            live,
        }
    }

    /// Somebody is found, in an answer that took so long.
    pub fn found(&self, took: Duration) {
        let found = (Instant::now(), GRACE.max(took * 2));
        self.state
            .send_modify(|state| state.found = state.found.or(Some(found)));
    }

    /// Other types' later questions are needless.
    pub fn settle(&self) {
        self.state.send_modify(|state| state.settled = true);
    }

    pub fn is_settled(&self) -> bool {
        self.state.borrow().settled
    }

    /// Until when it is worth waiting before something is asked again.
    pub fn patience(&self) -> Instant {
        let found = self.state.borrow().found.filter(|_| !self.live);
        found.map_or(self.until, |(_, grace)| (Instant::now() + grace).min(self.until))
    }

    /// The answer to what is sent now; `None` if somebody is found and it takes too long.
    pub async fn in_time<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        let sent = Instant::now();
        let too_long = async {
            let mut state = self.state.subscribe();
            let found = state.wait_for(|state| state.found.is_some() && !self.live).await;
            // The sender is ours: it is not gone.
            let found = found.ok().and_then(|state| state.found);
            let ends = found.map_or(self.until, |(at, grace)| at.max(sent) + grace);
            sleep_until(ends).await;
        };
        tokio::select! {
            biased;
            answer = answer => Some(answer),
            () = too_long => None,
        }
    }

    /// A type has the answers of one more wave.
    pub fn answered(&self, place: usize) {
        self.state.send_modify(|state| state.waves[place] += 1);
    }

    /// A type asks nothing more.
    pub fn finished(&self, place: usize) {
        self.state.send_modify(|state| state.waves[place] = usize::MAX);
    }

    /// Waits until the others have as many answers, for about as long as this type's own took, or until a hit settles it.
    pub async fn others(&self, place: usize, took: Duration) {
        let until = Instant::now() + took.clamp(MOMENT.0, MOMENT.1);
        let mut state = self.state.subscribe();
        let even = |state: &State| {
            let own = state.waves[place];
            state.settled || state.waves.iter().all(|waves| *waves >= own)
        };
        let even = state.wait_for(even);
        let _ = timeout_at(until.min(self.until), async { even.await.map(drop) }).await;
    }
}
