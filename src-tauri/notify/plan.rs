//! Which notifications are to be on the screen. Pure, so that every storm can be tested.

use std::collections::{BTreeMap, HashSet};

use ringside_app::host::Notice;
use ringside_ipc::call::{CallDto, CallStateDto, DirectionDto};

use super::text::{missed, notice, storm};
use crate::words::Words;

/// When more calls than these ring at once it is a storm: one notification tells how many there are.
const EACH_ITS_OWN: usize = 3;
/// Missed calls that are told of, the newest ones.
const MISSED: usize = 100;

/// All notifications that are wanted, by call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    pub own: BTreeMap<String, Notice>,
    /// In the place of this call's own.
    pub storm: Option<(String, Notice)>,
    pub missed: Option<Notice>,
    /// Counts how often a call is to be said again, and names the last one.
    pub again: (u64, String),
}

impl Screen {
    pub fn has(&self, call: &str) -> bool {
        self.own.contains_key(call)
            || (call == super::MISSED && self.missed.is_some())
            || self.storm.as_ref().is_some_and(|(place, _)| place == call)
    }
}

pub struct Plan {
    words: &'static Words,
    /// Others may read the screen.
    discreet: bool,
    /// The person is not to be disturbed: what was missed is told later.
    quiet: bool,
    /// Calls that ring, with a card or without.
    ringing: HashSet<String>,
    /// Calls that a notification told of, until they are over: a card that comes back is no news.
    told: HashSet<String>,
    own: BTreeMap<String, CallDto>,
    /// The call whose place the notification of the storm takes. It lasts until nothing rings.
    storm: Option<String>,
    /// Incoming calls that were heard ringing, also those that were kept back.
    rang: HashSet<String>,
    /// The newest last.
    missed: Vec<CallDto>,
    /// The newest call with a card that is not over.
    newest: Option<CallDto>,
    again: (u64, String),
}

impl Plan {
    pub fn new(words: &'static Words) -> Self {
        Self {
            words,
            discreet: false,
            quiet: false,
            ringing: HashSet::new(),
            told: HashSet::new(),
            own: BTreeMap::new(),
            storm: None,
            rang: HashSet::new(),
            missed: Vec::new(),
            newest: None,
            again: (0, String::new()),
        }
    }

    /// `opened`: the call's card opened just now. A call without a card has no notification of its own. `wanted`: this call may
    /// have one now; `tells_missed`: the person wants notifications at all.
    pub fn call(&mut self, call: &CallDto, opened: bool, wanted: bool, tells_missed: bool) {
        self.miss(call, tells_missed);
        self.keep_newest(call, opened);
        if wanted && call.state == CallStateDto::Ringing {
            self.ringing.insert(call.id.clone());
        } else {
            self.ringing.remove(&call.id);
        }
        if call.is_over {
            self.own.remove(&call.id);
            self.told.remove(&call.id);
        } else if self.storm.is_some() && self.ringing.contains(&call.id) {
            self.told.insert(call.id.clone());
        } else if self.own.contains_key(&call.id) || (opened && wanted && self.told.insert(call.id.clone())) {
            // Who it is may be found a moment later: the notification on the screen follows.
            self.own.insert(call.id.clone(), call.clone());
        }
        self.weather(&call.id);
    }

    pub fn again(&mut self, calls: &[CallDto]) {
        let goes_on = |id: &String| calls.iter().any(|call| call.id == *id && !call.is_over);
        self.ringing.retain(goes_on);
        self.rang.retain(goes_on);
        self.told.retain(goes_on);
        self.own.retain(|id, _| goes_on(id));
        self.newest.take_if(|newest| !goes_on(&newest.id));
        if self.ringing.is_empty() {
            self.storm = None;
        }
    }

    pub fn hush(&mut self, quiet: bool, discreet: bool) {
        (self.quiet, self.discreet) = (quiet, discreet);
    }

    /// Somebody looked at the list.
    pub fn list_was_seen(&mut self) {
        self.missed.clear();
    }

    /// The person wants to hear again who calls.
    pub fn say_again(&mut self) {
        if let Some(newest) = &self.newest {
            self.own.insert(newest.id.clone(), newest.clone());
            self.told.insert(newest.id.clone());
            self.again = (self.again.0 + 1, newest.id.clone());
        }
    }

    pub fn screen(&self) -> Screen {
        let own = self.own.iter();
        Screen {
            own: own
                .map(|(id, call)| (id.clone(), notice(call, self.discreet, self.words)))
                .collect(),
            storm: self
                .storm
                .clone()
                .map(|place| (place, storm(self.ringing.len(), self.words))),
            missed: match self.quiet {
                true => None,
                false => missed(self.missed.iter(), self.discreet, self.words),
            },
            again: self.again.clone(),
        }
    }

    fn miss(&mut self, call: &CallDto, tells: bool) {
        if !call.is_over {
            if call.direction == DirectionDto::In && call.state == CallStateDto::Ringing {
                self.rang.insert(call.id.clone());
            }
        } else if self.rang.remove(&call.id) && call.state == CallStateDto::Missed && tells {
            self.missed.push(call.clone());
            let surplus = self.missed.len().saturating_sub(MISSED);
            self.missed.drain(..surplus);
        }
    }

    fn keep_newest(&mut self, call: &CallDto, opened: bool) {
        let is_newest = self.newest.as_ref().is_some_and(|newest| newest.id == call.id);
        if call.is_over && is_newest {
            self.newest = None;
        } else if !call.is_over && (opened || is_newest) {
            self.newest = Some(call.clone());
        }
    }

    /// A storm begins or is over.
    fn weather(&mut self, newest: &str) {
        if self.ringing.is_empty() {
            self.storm = None;
        } else if self.storm.is_none() && self.ringing.len() > EACH_ITS_OWN {
            let place = self.own.keys().find(|call| self.ringing.contains(*call));
            self.storm = Some(place.cloned().unwrap_or_else(|| newest.to_owned()));
            self.own.retain(|call, _| !self.ringing.contains(call));
            self.told.extend(self.ringing.iter().cloned());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::samples::{anna, numbered};

    fn plan() -> Plan {
        Plan::new(Words::of("en"))
    }

    fn ringing(at: usize, card: bool) -> CallDto {
        numbered(at, |call| call["card"] = json!(card))
    }

    fn over(at: usize) -> CallDto {
        numbered(at, |call| {
            call["state"] = json!("completed");
            call["is_over"] = json!(true);
        })
    }

    #[test]
    fn a_call_with_a_card_has_its_own_and_it_follows() {
        let mut plan = plan();
        plan.call(&ringing(1, true), true, true, true);
        plan.call(
            &numbered(1, |call| call["lookup"]["matches"] = json!([anna()])),
            false,
            true,
            true,
        );
        let screen = plan.screen();
        assert_eq!(
            screen
                .own
                .values()
                .map(|notice| notice.title.as_str())
                .collect::<Vec<_>>(),
            ["Incoming call: Anna Meier"]
        );
        plan.call(&over(1), false, true, true);
        assert_eq!(plan.screen(), Screen::default());
    }

    #[test]
    fn a_call_without_a_card_has_none_until_it_gets_one() {
        let mut plan = plan();
        plan.call(&ringing(1, false), false, true, true);
        assert_eq!(plan.screen(), Screen::default());
        plan.call(&ringing(1, true), true, true, true);
        assert_eq!(plan.screen().own.len(), 1);
    }

    #[test]
    fn a_card_that_comes_back_is_no_news() {
        let mut plan = plan();
        for at in 0..5 {
            plan.call(&ringing(at, true), true, true, true);
        }
        for at in 0..5 {
            let answered = numbered(at, |call| call["state"] = json!("answered"));
            plan.call(&answered, true, true, true);
        }
        assert_eq!(plan.screen(), Screen::default());
    }

    #[test]
    fn a_storm_has_one_that_says_how_many() {
        let mut plan = plan();
        let mut most = 0;
        for at in 0..200 {
            plan.call(&ringing(at, at < 12), at < 12, true, true);
            let screen = plan.screen();
            most = most.max(screen.own.len() + usize::from(screen.storm.is_some()));
        }
        assert_eq!(most, EACH_ITS_OWN);
        let (place, notice) = plan.screen().storm.expect("a storm");
        assert_eq!(notice.title, "200 calls are ringing");
        // It stands where the first call's stood, and stays there when that call is over.
        assert_eq!(place, ringing(0, true).id);
        for at in 0..199 {
            plan.call(&over(at), false, true, true);
        }
        let (stays, notice) = plan.screen().storm.expect("one still rings");
        assert_eq!((stays, notice.title.as_str()), (place, "1 call is ringing"));
        plan.call(&over(199), false, true, true);
        assert_eq!(plan.screen(), Screen::default());
        // And the next call is told of by name again.
        plan.call(&ringing(500, true), true, true, true);
        assert_eq!(plan.screen().own.len(), 1);
    }

    #[test]
    fn a_call_that_is_talked_on_keeps_its_own_in_a_storm() {
        let mut plan = plan();
        plan.call(&ringing(0, true), true, true, true);
        plan.call(
            &numbered(0, |call| call["state"] = json!("answered")),
            false,
            true,
            true,
        );
        for at in 1..20 {
            plan.call(&ringing(at, true), true, true, true);
        }
        let screen = plan.screen();
        assert_eq!(
            (screen.own.len(), screen.storm.map(|(_, notice)| notice.title)),
            (1, Some("19 calls are ringing".into()))
        );
    }

    #[test]
    fn what_was_missed_takes_nothing_along() {
        let mut plan = plan();
        for at in 0..9 {
            plan.call(&ringing(at, true), true, true, true);
        }
        plan.again(&[ringing(3, true)]);
        assert_eq!(
            plan.screen().storm.map(|(_, notice)| notice.title),
            Some("1 call is ringing".into())
        );
        plan.again(&[]);
        assert_eq!(plan.screen(), Screen::default());
        assert!(plan.told.is_empty());
    }

    fn missed_call(at: usize) -> CallDto {
        numbered(at, |call| {
            call["state"] = json!("missed");
            call["is_over"] = json!(true);
        })
    }

    fn told(plan: &Plan) -> Option<String> {
        plan.screen().missed.map(|notice| notice.title)
    }

    #[test]
    fn missed_calls_have_one_until_somebody_looked() {
        let mut plan = plan();
        for at in 0..3 {
            plan.call(&ringing(at, true), true, true, true);
            plan.call(&missed_call(at), false, true, true);
        }
        assert_eq!(told(&plan), Some("3 missed calls".into()));
        assert!(plan.screen().own.is_empty());
        plan.list_was_seen();
        // A note on one of them is no new missed call.
        plan.call(&missed_call(1), false, true, true);
        assert_eq!(told(&plan), None);
        // Nor is one that was never heard ringing, or of which the person wants no notifications.
        plan.call(&missed_call(7), false, true, true);
        plan.call(&ringing(8, true), true, false, false);
        plan.call(&missed_call(8), false, false, false);
        assert_eq!(told(&plan), None);
        assert!(plan.rang.is_empty());
    }

    #[test]
    fn what_was_missed_in_a_pause_is_told_after_it() {
        let mut plan = plan();
        plan.hush(true, false);
        plan.call(&ringing(1, true), true, false, true);
        assert_eq!(plan.screen(), Screen::default());
        plan.call(&missed_call(1), false, false, true);
        assert_eq!(told(&plan), None);
        plan.hush(false, true);
        assert_eq!(
            told(&plan),
            Some("Missed call".into()),
            "and by no name while others look on"
        );
    }

    #[test]
    fn what_is_on_the_screen_loses_its_name_when_others_look_on() {
        let mut plan = plan();
        let known = numbered(1, |call| call["lookup"]["matches"] = json!([anna()]));
        plan.call(&known, true, true, true);
        plan.hush(false, true);
        let title = |plan: &Plan| plan.screen().own.values().next().map(|notice| notice.title.clone());
        assert_eq!(title(&plan), Some("Incoming call".into()));
        plan.hush(false, false);
        assert_eq!(title(&plan), Some("Incoming call: Anna Meier".into()));
    }

    #[test]
    fn the_newest_call_is_said_again_also_one_that_was_kept_back() {
        let mut plan = plan();
        plan.say_again();
        assert_eq!(plan.screen(), Screen::default(), "there is none");
        plan.call(&ringing(1, true), true, true, true);
        plan.call(&ringing(2, true), true, false, true);
        plan.say_again();
        plan.say_again();
        let screen = plan.screen();
        assert_eq!(screen.again, (2, ringing(2, true).id));
        assert_eq!(screen.own.len(), 2);
        plan.call(&over(2), false, true, true);
        assert_eq!(plan.screen().own.len(), 1, "and goes with its call");
    }
}
