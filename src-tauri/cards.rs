//! Which calls have their card on the window. The owner says whose card is open, with every picture of a call: in a storm a
//! call may get its card long after it began, lose it to a more important one, and get it back.
//!
//! A card that is kept back is not told to the card's page at all: what a page does not hold it can't show beside a card that
//! may be seen.

use std::collections::{HashMap, HashSet};

use ringside_ipc::call::CallDto;
use serde_json::Value;

use crate::manners::Card;

#[derive(Debug, Default)]
pub struct Cards {
    open: HashMap<String, Open>,
    /// Calls whose cards are kept back, as they are now: their hotkey brings them, or the end of the quiet. The newest last.
    on_call: Vec<CallDto>,
    /// Calls that go on without a card.
    without: HashSet<String>,
}

#[derive(Debug)]
struct Open {
    /// By what held when it opened, or since the person asked for it.
    on_window: bool,
    goes_on: bool,
}

/// What an event of the owner changes on the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The card opened just now. `first`: with the first that was heard of the call.
    Opened {
        on_window: bool,
        first: bool,
    },
    /// The window has nothing left to show.
    Emptied,
    Same,
}

impl Cards {
    /// A picture of a call came.
    pub fn call(&mut self, call: &CallDto, card: Card) -> Turn {
        if !call.card {
            let turn = self.closed(&call.id);
            if call.is_over {
                self.without.remove(&call.id);
            } else {
                self.without.insert(call.id.clone());
            }
            return turn;
        }
        if let Some(open) = self.open.get_mut(&call.id) {
            open.goes_on = !call.is_over;
            if let Some(kept) = self.on_call.iter_mut().find(|kept| kept.id == call.id) {
                *kept = call.clone();
            }
            return Turn::Same;
        }
        let on_window = card == Card::Pops;
        let open = Open {
            on_window,
            goes_on: !call.is_over,
        };
        self.open.insert(call.id.clone(), open);
        if card == Card::OnCall {
            self.on_call.push(call.clone());
        }
        Turn::Opened {
            on_window,
            first: !self.without.remove(&call.id),
        }
    }

    /// The card was closed or gave way. One that was never on the window changes nothing there.
    pub fn closed(&mut self, id: &str) -> Turn {
        self.on_call.retain(|kept| kept.id != id);
        let Some(open) = self.open.remove(id) else {
            return Turn::Same;
        };
        if open.goes_on {
            self.without.insert(id.to_owned());
        }
        match open.on_window && !self.is_window_used() {
            true => Turn::Emptied,
            false => Turn::Same,
        }
    }

    /// These are all that are open, as a snapshot says. Answers those that are not any more.
    pub fn again(&mut self, calls: &[CallDto]) -> Vec<String> {
        let is_open = |id: &String| calls.iter().any(|call| call.card && call.id == *id);
        let gone: Vec<String> = self.open.keys().filter(|id| !is_open(id)).cloned().collect();
        self.open.retain(|id, _| is_open(id));
        self.on_call.retain(|kept| is_open(&kept.id));
        self.without.clear();
        gone
    }

    pub fn is_window_used(&self) -> bool {
        self.open.values().any(|open| open.on_window)
    }

    /// One of the calls whose card is on the window.
    pub fn one_on_window(&self) -> Option<&str> {
        let mut open = self.open.iter().filter(|(_, open)| open.on_window);
        open.next().map(|(id, _)| id.as_str())
    }

    pub fn is_on_window(&self, id: &str) -> bool {
        self.open.get(id).is_some_and(|open| open.on_window)
    }

    pub fn is_kept_back(&self, id: &str) -> bool {
        self.on_call.iter().any(|kept| kept.id == id)
    }

    /// The cards that are kept back and that `may` come are on the window from now on. Answers their calls, the newest last.
    pub fn bring(&mut self, may: impl Fn(&CallDto) -> bool) -> Vec<CallDto> {
        let (brought, kept) = std::mem::take(&mut self.on_call).into_iter().partition(may);
        self.on_call = kept;
        for CallDto { id, .. } in &brought {
            if let Some(open) = self.open.get_mut(id) {
                open.on_window = true;
            }
        }
        brought
    }

    /// Takes out of the owner's answer what the card's page may not hold. In a snapshot that is also what was not heard of yet:
    /// it is told as soon as it is.
    pub fn for_page(&self, command: &str, reply: &mut Value) {
        let Some(calls) = reply.get_mut("calls").and_then(Value::as_array_mut) else {
            return;
        };
        let may = |id: &str| match command {
            "snapshot" => self.is_on_window(id),
            _ => !self.is_kept_back(id),
        };
        calls.retain(|call| call["id"].as_str().is_none_or(may));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::call;

    const ON_WINDOW: Turn = Turn::Opened {
        on_window: true,
        first: true,
    };
    const LATER: Turn = Turn::Opened {
        on_window: true,
        first: false,
    };

    fn picture(id: &str, card: bool) -> CallDto {
        let mut call = call(|_| {});
        call.id = id.into();
        call.card = card;
        call
    }

    #[test]
    fn a_card_comes_goes_and_comes_back() {
        let mut cards = Cards::default();
        assert_eq!(cards.call(&picture("a", true), Card::Pops), ON_WINDOW);
        assert_eq!(cards.call(&picture("a", true), Card::Pops), Turn::Same);
        assert_eq!(cards.closed("a"), Turn::Emptied);
        assert_eq!(cards.closed("a"), Turn::Same);
        assert_eq!(cards.call(&picture("a", false), Card::Pops), Turn::Same);
        assert_eq!(cards.call(&picture("a", true), Card::Pops), LATER);
        // Told by the picture alone.
        assert_eq!(cards.call(&picture("a", false), Card::Pops), Turn::Emptied);
    }

    #[test]
    fn a_call_without_a_card_does_nothing_and_may_get_one_later() {
        let mut cards = Cards::default();
        assert_eq!(cards.call(&picture("waits", false), Card::Pops), Turn::Same);
        assert!(!cards.is_window_used());
        assert_eq!(cards.call(&picture("waits", true), Card::Pops), LATER);
    }

    #[test]
    fn the_window_goes_with_the_last_card_that_is_on_it() {
        let mut cards = Cards::default();
        cards.call(&picture("a", true), Card::Pops);
        cards.call(&picture("b", true), Card::Pops);
        assert_eq!(
            cards.call(&picture("unwanted", true), Card::Never),
            Turn::Opened {
                on_window: false,
                first: true
            }
        );
        assert_eq!(cards.closed("a"), Turn::Same);
        assert_eq!(cards.closed("b"), Turn::Emptied);
        assert_eq!(cards.closed("unwanted"), Turn::Same);
    }

    #[test]
    fn a_storm_opens_the_window_for_no_more_cards_than_there_are() {
        let mut cards = Cards::default();
        let turns: Vec<Turn> = (0..200)
            .flat_map(|at| std::iter::repeat_n(at, 3))
            .map(|at| cards.call(&picture(&at.to_string(), at < 12), Card::Pops))
            .collect();
        let opened = turns.iter().filter(|turn| matches!(turn, Turn::Opened { .. })).count();
        assert_eq!((opened, turns.contains(&Turn::Emptied)), (12, false));
        // One gives way to the next in line: the window stays.
        assert_eq!(cards.closed("3"), Turn::Same);
        assert_eq!(cards.call(&picture("12", true), Card::Pops), LATER);
        assert_eq!(cards.without.len(), 200 - 12);
    }

    #[test]
    fn nothing_is_kept_of_calls_that_are_over() {
        let mut cards = Cards::default();
        for at in 0..50 {
            let mut call = picture(&at.to_string(), at % 2 == 0);
            cards.call(&call, Card::Pops);
            call.is_over = true;
            cards.call(&call, Card::Pops);
            cards.closed(&call.id);
        }
        assert!(cards.open.is_empty() && cards.without.is_empty());
    }

    #[test]
    fn a_snapshot_takes_away_what_is_gone_and_keeps_what_is_there() {
        let mut cards = Cards::default();
        for id in ["a", "b", "c"] {
            cards.call(&picture(id, true), Card::Pops);
        }
        let mut gone = cards.again(&[picture("b", true), picture("c", false)]);
        gone.sort();
        assert_eq!(gone, ["a", "c"]);
        assert_eq!(cards.call(&picture("b", true), Card::Pops), Turn::Same);
    }

    fn ids(calls: &[CallDto]) -> Vec<&str> {
        calls.iter().map(|call| call.id.as_str()).collect()
    }

    #[test]
    fn what_was_kept_back_comes_when_it_is_asked_for() {
        let mut cards = Cards::default();
        assert!(cards.bring(|_| true).is_empty());
        cards.call(&picture("unwanted", true), Card::Never);
        for id in ["a", "b"] {
            cards.call(&picture(id, true), Card::OnCall);
        }
        cards.call(&picture("gone", true), Card::OnCall);
        assert_eq!(cards.closed("gone"), Turn::Same);
        assert!(!cards.is_window_used() && cards.one_on_window().is_none());
        assert_eq!(ids(&cards.bring(|_| true)), ["a", "b"]);
        assert!(cards.bring(|_| true).is_empty());
        assert_eq!(cards.closed("b"), Turn::Same);
        assert_eq!(cards.one_on_window(), Some("a"));
        assert_eq!(cards.closed("a"), Turn::Emptied);
    }

    #[test]
    fn a_card_that_comes_late_is_the_newest_picture_of_its_call() {
        let mut cards = Cards::default();
        cards.call(&picture("rings", true), Card::OnCall);
        cards.call(&picture("over", true), Card::OnCall);
        let mut over = picture("over", true);
        over.is_over = true;
        cards.call(&over, Card::OnCall);
        // The quiet is over: what still rings comes, and what is over stays in the list.
        assert_eq!(ids(&cards.bring(|call| !call.is_over)), ["rings"]);
        assert!(cards.is_kept_back("over") && !cards.is_kept_back("rings") && cards.is_on_window("rings"));
    }

    #[test]
    fn the_page_holds_nothing_that_is_kept_back() {
        let mut cards = Cards::default();
        cards.call(&picture("vip", true), Card::Pops);
        cards.call(&picture("kept back", true), Card::OnCall);
        let held = |command: &str| {
            let mut reply = serde_json::json!({ "calls": [{ "id": "vip" }, { "id": "kept back" }, { "id": "unheard of" }], "more": false });
            cards.for_page(command, &mut reply);
            let calls = reply["calls"].as_array().expect("calls").clone();
            calls
                .iter()
                .filter_map(|call| call["id"].as_str().map(String::from))
                .collect::<Vec<_>>()
        };
        assert_eq!(held("snapshot"), ["vip"]);
        assert_eq!(held("calls"), ["vip", "unheard of"]);
        let mut other = serde_json::json!({ "id": "kept back" });
        cards.for_page("call", &mut other);
        assert_eq!(other["id"], "kept back");
    }
}
