//! Which calls have their card on the window. The owner says whose card is open, with every picture of a call: in a storm a
//! call may get its card long after it began, lose it to a more important one, and get it back.

use std::collections::{HashMap, HashSet};

use ringside_ipc::call::CallDto;

#[derive(Debug, Default)]
pub struct Cards {
    open: HashMap<String, Open>,
    /// Calls that go on without a card.
    without: HashSet<String>,
}

#[derive(Debug)]
struct Open {
    /// By the rule that held when it opened.
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
    /// A picture of a call came. `wanted`: by the person's rules a call like this one is shown.
    pub fn call(&mut self, call: &CallDto, wanted: bool) -> Turn {
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
            return Turn::Same;
        }
        let open = Open {
            on_window: wanted,
            goes_on: !call.is_over,
        };
        self.open.insert(call.id.clone(), open);
        Turn::Opened {
            on_window: wanted,
            first: !self.without.remove(&call.id),
        }
    }

    /// The card was closed or gave way. One that was never on the window changes nothing there.
    pub fn closed(&mut self, id: &str) -> Turn {
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
        self.without.clear();
        gone
    }

    pub fn is_window_used(&self) -> bool {
        self.open.values().any(|open| open.on_window)
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
        assert_eq!(cards.call(&picture("a", true), true), ON_WINDOW);
        assert_eq!(cards.call(&picture("a", true), true), Turn::Same);
        assert_eq!(cards.closed("a"), Turn::Emptied);
        assert_eq!(cards.closed("a"), Turn::Same);
        assert_eq!(cards.call(&picture("a", false), true), Turn::Same);
        assert_eq!(cards.call(&picture("a", true), true), LATER);
        // Told by the picture alone.
        assert_eq!(cards.call(&picture("a", false), true), Turn::Emptied);
    }

    #[test]
    fn a_call_without_a_card_does_nothing_and_may_get_one_later() {
        let mut cards = Cards::default();
        assert_eq!(cards.call(&picture("waits", false), true), Turn::Same);
        assert!(!cards.is_window_used());
        assert_eq!(cards.call(&picture("waits", true), true), LATER);
    }

    #[test]
    fn the_window_goes_with_the_last_card_that_is_on_it() {
        let mut cards = Cards::default();
        cards.call(&picture("a", true), true);
        cards.call(&picture("b", true), true);
        assert_eq!(
            cards.call(&picture("unwanted", true), false),
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
            .map(|at| cards.call(&picture(&at.to_string(), at < 12), true))
            .collect();
        let opened = turns.iter().filter(|turn| matches!(turn, Turn::Opened { .. })).count();
        assert_eq!((opened, turns.contains(&Turn::Emptied)), (12, false));
        // One gives way to the next in line: the window stays.
        assert_eq!(cards.closed("3"), Turn::Same);
        assert_eq!(cards.call(&picture("12", true), true), LATER);
        assert_eq!(cards.without.len(), 200 - 12);
    }

    #[test]
    fn nothing_is_kept_of_calls_that_are_over() {
        let mut cards = Cards::default();
        for at in 0..50 {
            let mut call = picture(&at.to_string(), at % 2 == 0);
            cards.call(&call, true);
            call.is_over = true;
            cards.call(&call, true);
            cards.closed(&call.id);
        }
        assert!(cards.open.is_empty() && cards.without.is_empty());
    }

    #[test]
    fn a_snapshot_takes_away_what_is_gone_and_keeps_what_is_there() {
        let mut cards = Cards::default();
        for id in ["a", "b", "c"] {
            cards.call(&picture(id, true), true);
        }
        let mut gone = cards.again(&[picture("b", true), picture("c", false)]);
        gone.sort();
        assert_eq!(gone, ["a", "c"]);
        assert_eq!(cards.call(&picture("b", true), true), Turn::Same);
    }
}
