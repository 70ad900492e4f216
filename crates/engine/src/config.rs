//! What the settings mean to the engine. Every value has a default that works.

use std::time::Duration;

use ringside_domain::{
    ConnectionId,
    phone::{Format, Home, Reading, read},
};

use crate::delivery::Pace;

#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The country numbers without a country code are read with.
    pub home: Home,
    /// The user's own formats, tried before the automatic ones.
    pub formats: Vec<Format>,
    /// E.164 numbers of the user: never looked up, never logged.
    pub own_numbers: Vec<String>,
    /// E.164 numbers that are looked up and shown, but never logged, neither by rule nor by hand.
    pub never_log: Vec<String>,
    /// E.164 numbers of callers who are never missed.
    pub vip: Vec<String>,
    /// Which of several exact matches is preselected.
    pub several: Several,
    pub log_rule: LogRule,
    /// Where a call is logged when a person has records in several connections. The engine sets it from its connections.
    pub log_here: Option<ConnectionId>,
    /// A connection that has not answered by then is shown as slow.
    pub slow_after: Duration,
    /// A connection that has not answered by then is late: its request is dropped.
    pub lookup_deadline: Duration,
    /// The same for one attempt of a write, which is never dropped but then counts as unanswered.
    pub write_deadline: Duration,
    /// The pauses after the first, second, … failed attempt of a write; the last one repeats.
    pub write_pauses: Vec<Duration>,
    /// How long after it was sent a log may still appear whose answer got lost; see [`Pace::settle_floor`].
    pub settle_floor: Duration,
    /// How long a new contact waits before it is sent, so that the person can take it back.
    pub undo_window: Duration,
    /// Two reports of one call without a common call id are one if they start within this time.
    pub join_window: Duration,
    /// The same where one of the two is a hook: those are late.
    pub join_window_hooks: Duration,
    /// How long after an end the call that takes its place, or a better reason for the end, may still come.
    pub end_window: Duration,
    /// A ringing call of which nothing more is heard ends after this, with its end unknown, until somebody answers it after
    /// all. Long: who rings in a queue says nothing new while they wait.
    pub ring_limit: Duration,
    /// The same where only hooks told of it: many never tell an end.
    pub ring_limit_hooks: Duration,
    /// The same for an answered one: its duration stays unknown.
    pub talk_limit: Duration,
    /// How long a call that went on when the program ended waits for a source to tell of it.
    pub resume_window: Duration,
    /// The bare number is shown if the index has not answered by then.
    pub paint_by: Duration,
    /// Traces older than this are deleted.
    pub keep_traces: Duration,
    /// Calls older than this are deleted, unless something of them is still owed; `None`: they are kept.
    pub keep_calls: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            home: Home::default(),
            formats: Vec::new(),
            own_numbers: Vec::new(),
            never_log: Vec::new(),
            vip: Vec::new(),
            several: Several::Ask,
            log_rule: LogRule::Ask,
            log_here: None,
            slow_after: Duration::from_secs(2),
            lookup_deadline: Duration::from_secs(10),
            write_deadline: Pace::default().write_deadline,
            write_pauses: Pace::default().pauses,
            settle_floor: Pace::default().settle_floor,
            undo_window: Duration::from_secs(10),
            join_window: Duration::from_secs(3),
            join_window_hooks: Duration::from_secs(10),
            end_window: Duration::from_secs(3),
            ring_limit: Duration::from_secs(600),
            ring_limit_hooks: Duration::from_secs(60),
            talk_limit: Duration::from_secs(8 * 3600),
            resume_window: Duration::from_secs(60),
            paint_by: Duration::from_millis(80),
            keep_traces: Duration::from_secs(14 * 24 * 3600),
            keep_calls: None,
        }
    }
}

impl Config {
    /// Why calls with this party are never logged.
    #[must_use]
    pub fn never_logs(&self, reading: &Reading) -> Option<NeverLog> {
        let number = self.dialled(reading)?;
        if self.own_numbers.contains(&number) {
            return Some(NeverLog::OwnNumber);
        }
        self.never_log.contains(&number).then_some(NeverLog::Listed)
    }

    #[must_use]
    pub fn is_vip(&self, reading: &Reading) -> bool {
        self.dialled(reading).is_some_and(|number| self.vip.contains(&number))
    }

    /// The number as the lists have it. A SIP address may carry one that only reads as a number in the user's country.
    fn dialled(&self, reading: &Reading) -> Option<String> {
        match reading {
            Reading::Number(number) => Some(number.e164().to_owned()),
            Reading::SipAddress(address) => {
                let user = read(address.user(), &self.home);
                user.number().map(|number| number.e164().to_owned())
            }
            _ => None,
        }
    }
}

/// Why a call is never logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeverLog {
    /// The other end is a number of the user.
    OwnNumber,
    /// The other end is on the list of numbers that are never logged.
    Listed,
}

/// Which of several exact matches is preselected when no choice was made for the number before. What a rule chose is not
/// remembered, and a person may choose somebody else at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Several {
    /// None: the card asks.
    Ask,
    /// The first one, in the order of the connections, then of the picture.
    First,
    /// The one with the newest call.
    LastSpoken,
    /// The one whose record is oldest.
    EarliestCreated,
}

/// What happens when a call with a chosen contact ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogRule {
    /// The card asks.
    Ask,
    /// It is logged by itself, if its phone is trusted.
    Always,
    /// It is not logged, and the card does not ask.
    Never,
}
