//! One call in the book, and what a further event about it means.

use std::{collections::BTreeSet, time::Duration};

use ringside_domain::{
    Authority, Call, CallEvent, CallId, CallState, Change, Contact, Direction, Now, Party, SourceId, Steady, Trust,
    call::{Choice, ChosenBy, Route},
    phone::{Home, Reading, read},
};

use super::{
    Effect,
    cards::Card,
    end::{Ended, Leaving},
    learn::{Parties, Rank, Told, Weight},
};
use crate::{
    config::{Config, NeverLog},
    undo::Undo,
    view::LookupView,
};

/// One call in the book.
#[derive(Clone, Debug)]
pub struct Entry {
    pub call: Call,
    pub lookup: LookupView,
    /// See [`CallView::twins`](crate::view::CallView::twins).
    pub twins: Vec<Contact>,
    pub(super) card: Card,
    /// It was shown once: from then on every change is.
    pub(super) shown: bool,
    /// Nobody was asked yet who it is.
    pub(super) unasked: bool,
    /// The call is with a number that is never logged, and set aside for that.
    pub(super) barred: Option<NeverLog>,
    /// A person said that it is nobody of those who were found.
    pub(super) nobody: bool,
    /// How it was before the newest thing that a person did with it.
    pub(super) undo: Option<Undo>,
    pub(super) reports: Vec<Report>,
    /// Every provider's id it went by; the first one is the call's for good.
    pub(super) provider_ids: Vec<String>,
    /// Those of them that another call took the place of.
    replaced: BTreeSet<String>,
    pub(super) told: Told,
    pub(super) opened: Steady,
    pub(super) answered: Option<Steady>,
    pub(super) heard: Steady,
    pub(super) leaving: Option<Leaving>,
    /// How it ended; there exactly when the state says that it did.
    pub(super) over: Option<Ended>,
    /// It ended before everybody had answered: its rule is asked again when they have.
    pub(super) unlogged: Option<Steady>,
    /// It went on when the program ended, and nobody told of it since.
    pub(super) awaited: bool,
    /// Among the calls that are kept only to recognise late reports, since then.
    pub(super) done: Option<Steady>,
}

/// What one source told of the call under one key.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub source: SourceId,
    pub key: String,
    pub provider_id: Option<String>,
    trust: Trust,
    pub authority: Authority,
    pub change: Change,
    /// It told that the call was answered.
    pub talked: bool,
    pub remote: Option<Reading>,
    pub local: Option<Reading>,
    pub heard: Steady,
    /// Another call took the place of the one that this key was: nothing it says counts any more.
    pub superseded: bool,
}

impl Report {
    fn of(event: &CallEvent) -> Self {
        Self {
            source: event.source.clone(),
            key: event.key.clone(),
            provider_id: event.provider_call_id.clone(),
            trust: event.trust,
            authority: event.authority,
            change: event.change,
            talked: is_talk(event.change),
            remote: None,
            local: None,
            heard: event.at.steady,
            superseded: false,
        }
    }

    pub fn is_over(&self) -> bool {
        matches!(self.change, Change::Ended(_))
    }

    pub fn is_live(&self) -> bool {
        !self.is_over() && !self.superseded
    }

    pub fn is_talking(&self) -> bool {
        is_talk(self.change)
    }

    pub fn rank(&self) -> Rank {
        (self.trust, self.authority)
    }

    pub fn is(&self, source: &SourceId, key: &str) -> bool {
        self.source == *source && self.key == key
    }
}

fn is_talk(change: Change) -> bool {
    matches!(change, Change::Answered | Change::Held)
}

/// Keys and ids that are remembered of one call; no call has as many.
const MOST_REPORTS: usize = 32;

impl Entry {
    pub(super) fn begin(id: CallId, event: &CallEvent, parties: Parties, zone: &str) -> Self {
        let mut entry = Self::of(
            Call {
                id,
                direction: event.direction.unwrap_or(Direction::In),
                state: CallState::Ringing,
                remote: Party {
                    reading: read("", &Home::default()),
                    display: None,
                },
                line: None,
                route: Route::default(),
                provider_call_id: event.provider_call_id.clone(),
                trust: event.trust,
                rehearsal: event.rehearsal,
                source: event.source.clone(),
                started: event.at.wall,
                zone: zone.to_owned(),
                answered: None,
                ended: None,
                talked: None,
                choice: None,
                note: String::new(),
                outcome: None,
                fields: Vec::new(),
                no_log: false,
            },
            event.at.steady,
        );
        entry.shown = false;
        entry.unasked = true;
        entry.provider_ids.extend(event.provider_call_id.clone());
        let mut report = Report::of(event);
        report.local.clone_from(&parties.local);
        entry.learn(event, parties, &mut report, Weight::Usual);
        entry.reports.push(report);
        match event.change {
            Change::Ringing => {}
            Change::Answered => entry.talk(CallState::Answered, event.at, !event.replay),
            Change::Held => entry.talk(CallState::Held, event.at, !event.replay),
            Change::Ended(reason) => entry.end(reason, event.at, event.authority, !event.replay),
        }
        entry
    }

    /// A call of the journal: no card, and nobody reports on it.
    pub(super) fn of(call: Call, now: Steady) -> Self {
        Self {
            over: Ended::of(&call, now),
            provider_ids: call.provider_call_id.iter().cloned().collect(),
            call,
            lookup: LookupView::default(),
            twins: Vec::new(),
            card: Card::Closed,
            shown: true,
            unasked: false,
            barred: None,
            nobody: false,
            undo: None,
            reports: Vec::new(),
            replaced: BTreeSet::new(),
            told: Told::default(),
            opened: now,
            answered: None,
            heard: now,
            leaving: None,
            unlogged: None,
            awaited: false,
            done: None,
        }
    }

    /// Its card is open.
    #[must_use]
    pub fn has_card(&self) -> bool {
        self.card == Card::Open
    }

    pub(super) fn was_replaced(&self, event: &CallEvent) -> bool {
        event
            .provider_call_id
            .as_ref()
            .is_some_and(|id| self.replaced.contains(id))
    }

    /// A further event about this call.
    pub(super) fn hear(&mut self, event: &CallEvent, parties: Parties, config: &Config) -> Vec<Effect> {
        if self.was_replaced(event) {
            return Vec::new();
        }
        let before = self.call.clone();
        let known = self
            .reports
            .iter()
            .position(|report| report.is(&event.source, &event.key));
        let mut report = match known {
            Some(at) => self.reports.remove(at),
            None => Report::of(event),
        };
        // An event from before the newest one of its source: a late repetition.
        let stale = known.is_some() && event.at.steady < report.heard;
        let takes_over = self.takes_over(event, &report, known.is_some());
        if takes_over {
            self.supersede(event);
            report.superseded = false;
        }
        if report.superseded {
            if !stale {
                report.change = event.change;
            }
            self.keep(report);
            return Vec::new();
        }
        self.heard = self.heard.max(event.at.steady);
        let earlier = known.map(|_| report.change);
        report.talked |= is_talk(event.change);
        if matches!(event.change, Change::Ended(_)) {
            // However late it is told: nothing comes after it.
            report.change = event.change;
        }
        if !stale {
            report.heard = report.heard.max(event.at.steady);
            report.change = event.change;
            report.provider_id = event.provider_call_id.clone().or(report.provider_id.take());
            report.local = parties.local.clone().or(report.local.take());
        }
        if let Some(id) = &event.provider_call_id
            && !self.provider_ids.contains(id)
            && self.provider_ids.len() < MOST_REPORTS
        {
            self.provider_ids.push(id.clone());
        }
        let weight = match (takes_over, stale) {
            (true, _) => Weight::Another,
            (false, true) => Weight::Late,
            (false, false) => Weight::Usual,
        };
        let another = self.learn(event, parties, &mut report, weight);
        self.keep(report);
        let was_over = self.call.state.is_over();
        let taken_back = is_talk(event.change) && !stale && self.take_back();
        let mut effects = Vec::new();
        match event.change {
            Change::Ended(_) if earlier == Some(event.change) => {}
            Change::Ended(reason) => effects.extend(self.hear_end(reason, event, config)),
            Change::Ringing if was_over => {}
            Change::Ringing => self.began(event),
            Change::Answered | Change::Held if was_over && !taken_back => {}
            // A source that says once more what it said before has no news of who holds whom.
            _ if stale || (earlier == Some(event.change) && !taken_back) => {}
            Change::Answered => self.hear_talk(CallState::Answered, event, earlier),
            Change::Held => self.hear_talk(CallState::Held, event, earlier),
        }
        if another {
            self.unasked = true;
        }
        let awaited = std::mem::take(&mut self.awaited);
        if taken_back || (awaited && !self.call.state.is_over()) {
            self.show_again(event);
        }
        if self.call != before {
            let id = self.call.id;
            effects.splice(
                0..0,
                match (was_over, self.call.state.is_over()) {
                    (false, true) => self.ended_effects(event.at.steady, config),
                    (true, true) => vec![Effect::Save(id), Effect::Publish(id), Effect::CompleteLog(id)],
                    (_, false) => vec![Effect::Save(id), Effect::Publish(id)],
                },
            );
        }
        effects
    }

    /// Whether this is a call that goes on in the place of the one that this entry was until now.
    fn takes_over(&self, event: &CallEvent, report: &Report, known: bool) -> bool {
        let Some(old) = &event.replaces else { return false };
        let is_news = !known || (event.provider_call_id.is_some() && report.provider_id != event.provider_call_id);
        is_news
            && !self.call.state.is_over()
            && self.provider_ids.contains(old)
            && event.provider_call_id.as_ref() != Some(old)
    }

    /// Who told of the old call tells of its end now: that is not the end of this one.
    fn supersede(&mut self, event: &CallEvent) {
        let of_old = || {
            self.reports
                .iter()
                .filter(|report| report.provider_id == event.replaces)
        };
        // Another source, to which the old call went by another id, told of it first.
        let is_known = of_old().next().is_some() && of_old().all(|report| report.superseded);
        for report in &mut self.reports {
            if !is_known && (report.provider_id.is_none() || report.provider_id != event.provider_call_id) {
                report.superseded = true;
            }
        }
        self.replaced.extend(event.replaces.clone());
        self.leaving = None;
    }

    fn keep(&mut self, report: Report) {
        if self.reports.len() < MOST_REPORTS {
            self.reports.push(report);
        }
    }

    /// The earliest ringing counts.
    fn began(&mut self, event: &CallEvent) {
        if !event.replay && event.at.steady < self.opened && self.call.state == CallState::Ringing {
            self.opened = event.at.steady;
            self.call.started = self.call.started.min(event.at.wall);
        }
    }

    fn hear_talk(&mut self, state: CallState, event: &CallEvent, earlier: Option<Change>) {
        // The phone that stopped ringing is not the one that was answered.
        let answers = |leaving: &Leaving| {
            event.trust >= leaving.rank.0 && (!leaving.talked || event.at.steady > leaving.at.steady)
        };
        self.leaving = self.leaving.filter(|leaving| !answers(leaving));
        // Only who was there when it was answered knows when that was.
        let saw =
            !event.replay && self.call.state == CallState::Ringing && earlier.is_none_or(|it| it == Change::Ringing);
        self.talk(state, event.at, saw);
    }

    fn talk(&mut self, state: CallState, at: Now, saw: bool) {
        if saw && self.answered.is_none() {
            self.answered = Some(at.steady);
            self.call.answered = Some(at.wall);
        }
        self.call.state = state;
    }

    pub(super) fn ended_effects(&mut self, now: Steady, config: &Config) -> Vec<Effect> {
        let id = self.call.id;
        let mut effects = vec![Effect::Save(id), Effect::Publish(id), Effect::CompleteLog(id)];
        self.unlogged = self.waits_for_answers().then_some(now);
        effects.extend(self.log_by_rule(now, config));
        effects
    }

    /// How long nothing may be heard of it.
    pub(super) fn patience(&self, config: &Config) -> Option<Duration> {
        match self.call.state {
            CallState::Ended(_) => None,
            _ if self.awaited => Some(config.resume_window),
            CallState::Ringing if self.is_of_hooks() => Some(config.ring_limit_hooks),
            CallState::Ringing => Some(config.ring_limit),
            CallState::Answered | CallState::Held => Some(config.talk_limit),
        }
    }

    /// Only hooks told of it.
    pub(super) fn is_of_hooks(&self) -> bool {
        self.reports.iter().all(|report| report.authority == Authority::Hook)
    }

    pub(super) fn report(&self, source: &SourceId, key: &str) -> Option<&Report> {
        self.reports.iter().find(|report| report.is(source, key))
    }

    /// A person worked on it: its card is not put away unasked as long as there is room.
    pub(super) fn is_touched(&self) -> bool {
        let by_person = |choice: &Choice| choice.by == ChosenBy::Person;
        self.call.choice.as_ref().is_some_and(by_person) || !self.call.note.is_empty() || self.call.outcome.is_some()
    }
}
