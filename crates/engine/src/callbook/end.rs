//! How a call ends, when several tell of it.
//!
//! The first end counts, with three exceptions, because the end of what one source sees need not be the end of the call:
//!
//! - *transferred* and *answered elsewhere* wait a moment: another call may take its place, or it was answered on another
//!   phone of the same person;
//! - *unknown* says that a source stopped telling: the others go on;
//! - one of several forks of a call ends while another goes on.
//!
//! For a moment after the end, who knows better may say better why.

use std::time::Duration;

use ringside_domain::{Authority, CallEvent, CallState, EndReason, Now, Steady};

use super::{Effect, entry::Entry};
use crate::config::Config;

/// An end that was told and may not be one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving {
    pub reason: EndReason,
    pub at: Now,
    pub by: Authority,
}

/// The end, once it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub at: Steady,
    by: Authority,
    /// It was answered before.
    talked: bool,
}

impl Entry {
    pub(super) fn hear_end(&mut self, reason: EndReason, event: &CallEvent, config: &Config) -> Option<Effect> {
        if let CallState::Ended(now) = self.call.state {
            self.refine(now, reason, event, config.end_window);
            return None;
        }
        let others = self
            .reports
            .iter()
            .filter(|report| report.is_live() && !report.is(&event.source, &event.key));
        let mut others = others.peekable();
        let goes_on = others.peek().is_some();
        let forked = others.any(|other| {
            other.source == event.source && other.provider_id.is_some() && other.provider_id == event.provider_call_id
        });
        if forked || (reason == EndReason::Unknown && goes_on) {
            return None;
        }
        let leaving = Leaving {
            reason,
            at: event.at,
            by: event.authority,
        };
        match (self.leaving, reason) {
            // It waits for the call that takes its place, whoever else saw the old one end.
            (Some(first), _) if first.reason == EndReason::Transferred => None,
            (Some(first), _) if goes_on => {
                self.leaving = Some(better(first, leaving));
                None
            }
            (Some(first), _) => {
                let Leaving { reason, at, by } = better(first, leaving);
                self.end(reason, at, by, !event.replay);
                None
            }
            (None, EndReason::Transferred) if !event.replay => self.leave(leaving, config),
            (None, EndReason::AnsweredElsewhere) if goes_on && self.call.state == CallState::Ringing => {
                self.leave(leaving, config)
            }
            // One phone was told that another one has it, and another one does.
            (None, EndReason::AnsweredElsewhere) if goes_on => None,
            (None, _) => {
                self.end(reason, event.at, event.authority, !event.replay);
                None
            }
        }
    }

    fn leave(&mut self, leaving: Leaving, config: &Config) -> Option<Effect> {
        self.leaving = Some(leaving);
        Some(Effect::TickAfter(config.end_window))
    }

    /// `saw`: the end was seen when it happened, so its time is known.
    pub(super) fn end(&mut self, reason: EndReason, at: Now, by: Authority, saw: bool) {
        let talked = match (self.over, self.call.state) {
            (Some(over), _) => over.talked,
            (None, state) => matches!(state, CallState::Answered | CallState::Held),
        };
        let reason = fitting(reason, talked);
        let saw = saw && reason != EndReason::Unknown;
        self.leaving = None;
        self.over = Some(Ended {
            at: at.steady,
            by,
            talked,
        });
        self.call.state = CallState::Ended(reason);
        self.call.ended = saw.then_some(at.wall);
        self.call.talked = match (reason, self.answered) {
            (EndReason::Completed | EndReason::Transferred | EndReason::Failed, Some(since)) if saw => {
                Some(whole_millis(at.steady.since(since)))
            }
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
fn better(first: Leaving, second: Leaving) -> Leaving {
    let told_more = !matches!(
        second.reason,
        EndReason::Missed | EndReason::Completed | EndReason::Unknown
    );
    let wins = told_more && second.by > first.by;
    Leaving {
        at: first.at,
        ..if wins { second } else { first }
    }
}

/// As the journal keeps it, so that a call read back is the call that was written.
fn whole_millis(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
