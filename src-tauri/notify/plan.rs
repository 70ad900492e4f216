//! Which notifications are to be on the screen. Pure, so that every storm can be tested.

use std::collections::{BTreeMap, HashSet};

use ringside_app::host::Notice;
use ringside_ipc::{
    call::{CallDto, CallStateDto, DirectionDto},
    settings::{PopDto, SettingsDto},
};

use super::text::{notice, storm};
use crate::words::Words;

/// When more calls than these ring at once it is a storm: one notification tells how many there are.
const EACH_ITS_OWN: usize = 3;

/// All notifications that are wanted, by call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    pub own: BTreeMap<String, Notice>,
    /// In the place of this call's own.
    pub storm: Option<(String, Notice)>,
}

impl Screen {
    pub fn has(&self, call: &str) -> bool {
        self.own.contains_key(call) || self.storm.as_ref().is_some_and(|(place, _)| place == call)
    }
}

pub struct Plan {
    words: &'static Words,
    /// Calls that ring, with a card or without.
    ringing: HashSet<String>,
    /// Calls that a notification told of, until they are over: a card that comes back is no news.
    told: HashSet<String>,
    own: BTreeMap<String, Notice>,
    /// The call whose place the notification of the storm takes. It lasts until nothing rings.
    storm: Option<String>,
}

impl Plan {
    pub fn new(words: &'static Words) -> Self {
        Self {
            words,
            ringing: HashSet::new(),
            told: HashSet::new(),
            own: BTreeMap::new(),
            storm: None,
        }
    }

    /// `opened`: the call's card opened just now. A call without a card has no notification of its own.
    pub fn call(&mut self, call: &CallDto, opened: bool, settings: Option<&SettingsDto>) {
        let wanted = settings.is_none_or(|settings| wants(settings, call.direction));
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
            self.own.insert(call.id.clone(), notice(call, self.words));
        }
        self.weather(&call.id);
    }

    pub fn again(&mut self, calls: &[CallDto]) {
        let goes_on = |id: &String| calls.iter().any(|call| call.id == *id && !call.is_over);
        self.ringing.retain(goes_on);
        self.told.retain(goes_on);
        self.own.retain(|id, _| goes_on(id));
        if self.ringing.is_empty() {
            self.storm = None;
        }
    }

    pub fn screen(&self) -> Screen {
        Screen {
            own: self.own.clone(),
            storm: self
                .storm
                .clone()
                .map(|place| (place, storm(self.ringing.len(), self.words))),
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

fn wants(settings: &SettingsDto, direction: DirectionDto) -> bool {
    settings.notify && (direction == DirectionDto::In || settings.pop == PopDto::Always)
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
            call["state"] = json!("missed");
            call["is_over"] = json!(true);
        })
    }

    #[test]
    fn a_call_with_a_card_has_its_own_and_it_follows() {
        let mut plan = plan();
        plan.call(&ringing(1, true), true, None);
        plan.call(
            &numbered(1, |call| call["lookup"]["matches"] = json!([anna()])),
            false,
            None,
        );
        let screen = plan.screen();
        assert_eq!(
            screen
                .own
                .values()
                .map(|notice| notice.title.as_str())
                .collect::<Vec<_>>(),
            ["Anna Meier"]
        );
        plan.call(&over(1), false, None);
        assert_eq!(plan.screen(), Screen::default());
    }

    #[test]
    fn a_call_without_a_card_has_none_until_it_gets_one() {
        let mut plan = plan();
        plan.call(&ringing(1, false), false, None);
        assert_eq!(plan.screen(), Screen::default());
        plan.call(&ringing(1, true), true, None);
        assert_eq!(plan.screen().own.len(), 1);
    }

    #[test]
    fn a_card_that_comes_back_is_no_news() {
        let mut plan = plan();
        for at in 0..5 {
            plan.call(&ringing(at, true), true, None);
        }
        for at in 0..5 {
            let answered = numbered(at, |call| call["state"] = json!("answered"));
            plan.call(&answered, true, None);
        }
        assert_eq!(plan.screen(), Screen::default());
    }

    #[test]
    fn a_storm_has_one_that_says_how_many() {
        let mut plan = plan();
        let mut most = 0;
        for at in 0..200 {
            plan.call(&ringing(at, at < 12), at < 12, None);
            let screen = plan.screen();
            most = most.max(screen.own.len() + usize::from(screen.storm.is_some()));
        }
        assert_eq!(most, EACH_ITS_OWN);
        let (place, notice) = plan.screen().storm.expect("a storm");
        assert_eq!(notice.title, "200 calls are ringing");
        // It stands where the first call's stood, and stays there when that call is over.
        assert_eq!(place, ringing(0, true).id);
        for at in 0..199 {
            plan.call(&over(at), false, None);
        }
        let (stays, notice) = plan.screen().storm.expect("one still rings");
        assert_eq!((stays, notice.title.as_str()), (place, "1 call is ringing"));
        plan.call(&over(199), false, None);
        assert_eq!(plan.screen(), Screen::default());
        // And the next call is told of by name again.
        plan.call(&ringing(500, true), true, None);
        assert_eq!(plan.screen().own.len(), 1);
    }

    #[test]
    fn a_call_that_is_talked_on_keeps_its_own_in_a_storm() {
        let mut plan = plan();
        plan.call(&ringing(0, true), true, None);
        plan.call(&numbered(0, |call| call["state"] = json!("answered")), false, None);
        for at in 1..20 {
            plan.call(&ringing(at, true), true, None);
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
            plan.call(&ringing(at, true), true, None);
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
}
