//! Whom a call is about: what the picture, a memory or a rule says, until a person says it; and whether it is logged.

use std::time::Duration;

use ringside_domain::{
    Contact, ContactRef, Steady, Trust,
    call::{Choice, ChosenBy},
};

use super::{Effect, entry::Entry};
use crate::{
    config::{Config, LogRule, NeverLog},
    picture,
    undo::{ChoiceBefore, Undo},
    view::{AskedState, LookupView},
};

/// An answer that comes later is not to one's question at the end of the call: nothing is logged unasked on it.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

impl Entry {
    /// What `undo` would take back.
    #[must_use]
    pub fn undo(&self) -> Option<&Undo> {
        self.undo.as_ref()
    }

    /// There is a new picture, or news of what was chosen for this number before.
    pub(super) fn find_out(&mut self, remembered: Option<&ContactRef>, linked: Option<Contact>, config: &Config) {
        let by_person = |choice: &Choice| choice.by == ChosenBy::Person;
        let decided = self.nobody || self.call.choice.as_ref().is_some_and(by_person);
        if decided || (self.call.no_log && !self.is_listed(config)) {
            self.freshen();
            return;
        }
        let preselected = picture::preselect(&self.lookup, remembered, config.several)
            .or_else(|| picture::by_link(&self.lookup, linked?).map(|contact| (contact, ChosenBy::Remembered)));
        let by_rule = preselected.as_ref().is_none_or(|(_, by)| is_rule(*by));
        if by_rule && self.rule_stands() {
            self.freshen();
            return;
        }
        self.decide(preselected.map(|(contact, by)| match by {
            ChosenBy::Person | ChosenBy::Remembered => Choice { contact, by },
            _ => Choice {
                contact: record_to_log(&self.lookup, contact, config),
                by,
            },
        }));
    }

    /// What a rule chose stands while others are asked again; and for good once the call is over, because whom one spoke with
    /// last, or who is the first one now, says nothing about a call of last week.
    fn rule_stands(&self) -> bool {
        let settled = self.lookup.running || self.call.state.is_over();
        let choice = self.call.choice.as_ref().filter(|choice| is_rule(choice.by));
        choice.is_some_and(|choice| settled && picture::is_one_of_several(&self.lookup, &choice.contact.id))
    }

    fn freshen(&mut self) {
        if let Some(choice) = &mut self.call.choice
            && let Some(fresh) = self.lookup.contact(&choice.contact.id)
        {
            choice.contact = fresh.clone();
        }
    }

    pub(super) fn is_about(&self, contact: &ContactRef) -> bool {
        self.call
            .choice
            .as_ref()
            .is_some_and(|choice| choice.contact.id == *contact)
    }

    /// What was chosen for the log on one contact means nothing on another.
    pub(super) fn decide(&mut self, choice: Option<Choice>) {
        if !choice.as_ref().is_some_and(|choice| self.is_about(&choice.contact.id)) {
            self.call.fields.clear();
        }
        self.told.doubtful = false;
        self.call.choice = choice;
    }

    /// Who says which matter of this contact it was has decided whom the call is about: no later answer takes it back.
    pub(super) fn answer_fields(&mut self, fields: Vec<(String, String)>) {
        if let Some(choice) = self.call.choice.as_mut().filter(|_| !fields.is_empty()) {
            choice.by = ChosenBy::Person;
        }
        self.call.fields = fields;
    }

    pub(crate) fn choice_before(&self) -> ChoiceBefore {
        ChoiceBefore {
            choice: self.call.choice.clone(),
            fields: self.call.fields.clone(),
            twins: self.twins.clone(),
            nobody: self.nobody,
            doubtful: self.told.doubtful,
            memory: None,
            other_memory: None,
            waited: None,
        }
    }

    /// As it was, and then as it would be by now: more may have been found since.
    pub(super) fn choose_again(&mut self, before: ChoiceBefore, config: &Config) {
        self.call.choice = before.choice;
        self.call.fields = before.fields;
        self.twins = before.twins;
        self.nobody = before.nobody;
        self.told.doubtful = before.doubtful;
        if !self.lookup.matches.is_empty() {
            let (remembered, linked) = before
                .memory
                .map_or((None, None), |memory| (memory.choice, memory.linked));
            self.find_out(remembered.as_ref(), linked, config);
        }
    }

    pub(super) fn set_aside(&mut self, no_log: bool) {
        self.call.no_log = no_log;
        self.barred = None;
    }

    /// A call with a number that is never logged is not for the CRM, as long as it is that number.
    pub(super) fn set_barred_aside(&mut self, config: &Config) {
        let barred = config.never_logs(&self.call.remote.reading);
        if barred.is_some() != self.barred.is_some() && (barred.is_some() || self.call.no_log) {
            self.call.no_log = barred.is_some();
        }
        self.barred = barred;
    }

    /// It is set aside, or with a number of the user: nobody is asked who it is.
    pub(super) fn is_of_no_interest(&self) -> bool {
        self.call.no_log && self.barred != Some(NeverLog::Listed)
    }

    /// A second person with the number may still be on the way. Whom a person named is waited for by nobody.
    pub(super) fn waits_for_answers(&self) -> bool {
        let lookup = &self.lookup;
        let unheard = lookup.checked.is_none() && lookup.asked.is_empty() && lookup.matches.is_empty();
        let is_asking = !self.unasked && (lookup.running || unheard);
        is_asking && !self.call.choice.as_ref().is_some_and(is_a_persons)
    }

    /// Once the call is over and everybody has answered, or a person has said who it is.
    pub(super) fn log_by_rule(&mut self, now: Steady, config: &Config) -> Option<Effect> {
        if self.unlogged.is_some() && self.waits_for_answers() {
            return None;
        }
        self.log_by_what_is_known(now, config)
    }

    pub(super) fn log_by_what_is_known(&mut self, now: Steady, config: &Config) -> Option<Effect> {
        let in_time = self
            .unlogged
            .take()
            .is_none_or(|since| now.since(since) <= ANSWERS_WITHIN);
        (in_time && self.call.state.is_over() && self.logs_by_rule(config)).then_some(Effect::Log(self.call.id))
    }

    fn logs_by_rule(&self, config: &Config) -> bool {
        let choice = self.call.choice.as_ref();
        choice.is_some_and(|choice| self.is_whole_answer(choice)) && self.logs_whoever_it_is(config)
    }

    /// Whether a choice that nobody made is out of all that its connection has: the part that could not be asked just now may
    /// hold somebody else.
    fn is_whole_answer(&self, choice: &Choice) -> bool {
        let by_person = is_a_persons(choice);
        let asked = &mut self.lookup.asked.iter();
        let its_own = asked.find(|asked| asked.info.connection == choice.contact.id.connection);
        by_person || !its_own.is_some_and(|asked| matches!(&asked.state, AskedState::Partly(part) if part.passing))
    }

    /// The same for a call whose contact is still to be created.
    pub(crate) fn logs_whoever_it_is(&self, config: &Config) -> bool {
        let is_proved = self.call.trust == Trust::Trusted && !self.told.is_number_unverified() && !self.told.doubtful;
        config.log_rule == LogRule::Always
            && is_proved
            && !self.call.no_log
            && config.never_logs(&self.call.remote.reading).is_none()
    }

    fn is_listed(&self, config: &Config) -> bool {
        config.never_logs(&self.call.remote.reading) == Some(NeverLog::Listed)
    }
}

fn is_a_persons(choice: &Choice) -> bool {
    matches!(choice.by, ChosenBy::Person | ChosenBy::Remembered)
}

fn is_rule(by: ChosenBy) -> bool {
    matches!(by, ChosenBy::First | ChosenBy::LastSpoken | ChosenBy::EarliestCreated)
}

/// Of one person's records, the one in the connection where calls are logged.
fn record_to_log(lookup: &LookupView, chosen: Contact, config: &Config) -> Contact {
    let group = lookup
        .matches
        .iter()
        .find(|group| group.records().any(|record| record.id == chosen.id));
    group
        .and_then(|group| {
            group
                .records()
                .find(|record| Some(&record.id.connection) == config.log_here.as_ref())
        })
        .cloned()
        .unwrap_or(chosen)
}
