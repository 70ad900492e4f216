//! How a call ends, when several tell of it.
//!
//! Each source sees the end of what it sees: one phone stops ringing while the person talks on another. So an end is weighed
//! by who else still tells of the call:
//!
//! - who knows better, or as well, and is in the call outweighs it: that phone rang off, and the call goes on;
//! - who knows better and rings keeps the call open until its own word;
//! - who knows as well, and tells nothing else in a moment, is late: the end counts;
//! - who knows less does not matter: the end counts at once.
//!
//! The first end gives the time. Three kinds of ends are special: *transferred* and *answered elsewhere* wait a moment in any
//! case, because another call may take its place, or another phone of the same person; *unknown* says that a source stopped
//! telling, and the others go on; and one of several forks of a call ends while another goes on.
//!
//! For a moment after the end, who knows better may say better why. An end that nobody told, because nothing was heard for
//! too long, is taken back by whoever says that the call goes on.

use std::time::Duration;

use ringside_domain::{Authority, Call, CallEvent, CallState, EndReason, Now, Steady};

use super::{
    Effect,
    entry::{Entry, Report},
    learn::Rank,
};
use crate::config::Config;

/// An end that was told and may not be one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving {
    pub reason: EndReason,
    /// Who said so.
    by: Authority,
    pub at: Now,
    /// Since when something is waited for.
    since: Steady,
    /// The best of those who say that it is over.
    pub rank: Rank,
    /// Its source was in the talk.
    pub talked: bool,
    /// It was seen when it happened, so its time is known.
    saw: bool,
}

impl Leaving {
    fn of(reason: EndReason, event: &CallEvent, report: Option<&Report>) -> Self {
        Self {
            reason,
            by: event.authority,
            at: event.at,
            since: event.at.steady,
            rank: (event.trust, event.authority),
            talked: report.is_some_and(|report| report.talked),
            saw: !event.replay,
        }
    }

    /// Whether a later end is the same one: else somebody who knows better saw the call go on.
    fn is_confirmed_by(&self, told: &Self, window: Duration) -> bool {
        let soon = told.at.steady.since(self.at.steady) <= window;
        soon || told.rank <= self.rank || told.reason == EndReason::Unknown
    }
}

/// The end, once it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub at: Steady,
    by: Authority,
    /// It was answered before.
    pub talked: bool,
    /// Nobody told it.
    pub given_up: bool,
}

impl Ended {
    /// The end that the journal has of a call. It is as old as the call's place in the book, and nobody tells it better,
    /// except where it is unknown.
    pub fn of(call: &Call, now: Steady) -> Option<Self> {
        let CallState::Ended(reason) = call.state else {
            return None;
        };
        Some(Self {
            at: now,
            by: Authority::Provider,
            talked: call.answered.is_some() || matches!(reason, EndReason::Completed | EndReason::Transferred),
            given_up: false,
        })
    }
}

impl Entry {
    pub(super) fn hear_end(&mut self, reason: EndReason, event: &CallEvent, config: &Config) -> Option<Effect> {
        if let CallState::Ended(now) = self.call.state {
            self.refine(now, reason, event, config.end_window);
            return None;
        }
        let told = Leaving::of(reason, event, self.report(&event.source, &event.key));
        let others = || {
            let live = self.reports.iter().filter(|report| report.is_live());
            live.filter(|report| !report.is(&event.source, &event.key))
        };
        let goes_on = others().next().is_some();
        let forked = others().any(|other| {
            other.source == event.source && other.provider_id.is_some() && other.provider_id == event.provider_call_id
        });
        let rang_off = !told.talked && others().any(|other| other.is_talking() && other.rank() >= told.rank);
        let elsewhere = reason == EndReason::AnsweredElsewhere && goes_on && self.is_talking();
        if forked || rang_off || elsewhere || (reason == EndReason::Unknown && goes_on) {
            return None;
        }
        let first = self
            .leaving
            .filter(|first| first.is_confirmed_by(&told, config.end_window));
        if first.is_some_and(|first| first.reason == EndReason::Transferred) {
            // It waits for the call that takes its place, whoever else saw the old one end.
            return None;
        }
        let end = first.map_or(told, |first| better(first, told, self.is_talking()));
        let best = others().map(Report::rank).max();
        let waits = match reason {
            EndReason::Transferred => !event.replay,
            EndReason::AnsweredElsewhere => goes_on,
            _ => best == Some(end.rank),
        };
        if best > Some(end.rank) {
            self.leaving = Some(end);
            return None;
        }
        if waits {
            self.leaving = Some(end);
            return Some(Effect::TickAfter(config.end_window));
        }
        let saw = if reason == EndReason::Unknown {
            self.knows_when(&end)
        } else {
            end.saw
        };
        self.end(end.reason, end.at, end.by, saw);
        None
    }

    /// Whether the call is over by now: an end that was told and that nobody spoke against, or nothing heard for too long.
    pub(super) fn is_due(&self, now: Steady, config: &Config) -> bool {
        let silent = self
            .patience(config)
            .is_some_and(|patience| now.since(self.heard) >= patience);
        silent || self.has_left(now, config)
    }

    /// Its end was told, and nobody spoke against it for long enough.
    pub(super) fn has_left(&self, now: Steady, config: &Config) -> bool {
        let goes_on = |leaving: &Leaving| {
            self.reports
                .iter()
                .any(|report| report.is_live() && report.rank() > leaving.rank)
        };
        self.leaving
            .is_some_and(|leaving| now.since(leaving.since) >= config.end_window && !goes_on(&leaving))
    }

    /// Nothing more is waited for. The end that somebody told counts; else it is unknown.
    pub(super) fn give_up(&mut self, now: Steady) {
        if let Some(leaving) = self.leaving {
            let saw = self.knows_when(&leaving);
            self.end(leaving.reason, leaving.at, leaving.by, saw);
            return;
        }
        let now = Now {
            steady: now,
            ..Now::default()
        };
        self.end(EndReason::Unknown, now, Authority::Hook, false);
        if let Some(over) = &mut self.over {
            over.given_up = true;
        }
    }

    /// The end of a phone that only rang says nothing of when the talk ended.
    fn knows_when(&self, end: &Leaving) -> bool {
        end.saw && (end.talked || !self.is_talking())
    }

    fn is_talking(&self) -> bool {
        matches!(self.call.state, CallState::Answered | CallState::Held)
    }

    /// `saw`: the end was seen when it happened, so its time is known.
    pub(super) fn end(&mut self, reason: EndReason, at: Now, by: Authority, saw: bool) {
        let talked = match self.over {
            Some(over) => over.talked,
            None => self.is_talking(),
        };
        let reason = fitting(reason, talked);
        let saw = saw && reason != EndReason::Unknown;
        self.leaving = None;
        self.over = Some(Ended {
            at: at.steady,
            by,
            talked,
            given_up: false,
        });
        self.call.state = CallState::Ended(reason);
        self.call.ended = saw.then_some(at.wall);
        // The steady clock of an earlier run of the program is not ours.
        let since_answer = self
            .answered
            .map(|since| at.steady.since(since))
            .or_else(|| self.call.answered.map(|since| at.wall.since(since)));
        self.call.talked = match reason {
            EndReason::Completed | EndReason::Transferred | EndReason::Failed if saw => since_answer.map(whole_millis),
            _ => None,
        };
    }

    /// The call was over: somebody saw the end after all, or knows better why.
    fn refine(&mut self, now: EndReason, told: EndReason, event: &CallEvent, window: Duration) {
        let Some(over) = self.over else { return };
        if now == EndReason::Unknown {
            if told != EndReason::Unknown {
                self.end(told, event.at, event.authority, !event.replay);
            }
            return;
        }
        let soon = event.at.steady.since(over.at) <= window;
        let told = fitting(told, over.talked);
        if soon && event.authority > over.by && says_more(now, told) {
            self.call.state = CallState::Ended(told);
            self.over = Some(Ended {
                by: event.authority,
                ..over
            });
        }
    }
}

/// What a reason means for a call that was, or was not, answered here.
fn fitting(reason: EndReason, talked: bool) -> EndReason {
    use EndReason::{AnsweredElsewhere, Busy, Completed, Declined, Forwarded, Missed, Transferred};
    match (reason, talked) {
        (Completed, false) => Missed,
        (Transferred, false) => Forwarded,
        (Missed | Declined | Busy | AnsweredElsewhere, true) => Completed,
        (Forwarded, true) => Transferred,
        (other, _) => other,
    }
}

/// "Missed" and "completed" are all that a source can say which only saw it end.
fn says_more(now: EndReason, told: EndReason) -> bool {
    use EndReason::{AnsweredElsewhere, Busy, Completed, Declined, Failed, Forwarded, Missed, Transferred};
    matches!(
        (now, told),
        (Missed, AnsweredElsewhere | Forwarded | Declined | Busy | Failed) | (Completed, Transferred)
    )
}

/// Of two ends of one call, with the time of the first.
fn better(first: Leaving, second: Leaving, talked: bool) -> Leaving {
    let told_more = says_more(fitting(first.reason, talked), fitting(second.reason, talked));
    let wins = told_more && second.by > first.by;
    let waits = matches!(second.reason, EndReason::Transferred | EndReason::AnsweredElsewhere);
    Leaving {
        at: first.at,
        since: if waits { second.since } else { first.since },
        saw: first.saw,
        rank: first.rank.max(second.rank),
        talked: first.talked || second.talked,
        ..if wins { second } else { first }
    }
}

/// As the journal keeps it, so that a call read back is the call that was written.
fn whole_millis(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
