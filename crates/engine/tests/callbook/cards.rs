//! Which calls have a card when there are too many.

use ringside_domain::{Authority, CallId, EndReason, Match, Timestamp, phone::Grade};
use ringside_engine::{
    callbook::{Effect, Input, MOST_CARDS},
    view::{LookupView, MatchGroup},
};

use crate::desk::{BERT, Desk, Say, answer, asks, contact, end, id, ring};

const MOST: u128 = MOST_CARDS as u128;

/// A number that is nobody's, a different one for each call.
fn number(nth: u128) -> String {
    format!("+1415555{:04}", 100 + nth % 100)
}

/// A storm on the queue, one call every millisecond from the second second on.
fn storm(desk: &mut Desk, calls: u128) -> Vec<Effect> {
    let rings = (0..calls).flat_map(|nth| {
        let at = 2_000 + u64::try_from(nth).unwrap();
        let key = format!("queue-{nth}");
        desk.event(ring("sip", &key, at).id(&key).from(&number(nth)).queue("Sales"))
    });
    rings.collect()
}

/// What rings for this phone, as far as anybody tells: no queue has a name here.
fn ring_here(desk: &mut Desk, nth: u128) -> Vec<Effect> {
    let (key, at) = (format!("here-{nth}"), 2_000 + u64::try_from(nth).unwrap());
    desk.event(ring("sip", &key, at).id(&key).from(&number(nth)))
}

/// Who put away whose card.
fn closed(effects: &[Effect]) -> Vec<u128> {
    let closed = effects.iter().filter_map(|effect| match effect {
        Effect::CardClosed(call) => Some(call.uuid().as_u128()),
        _ => None,
    });
    closed.collect()
}

/// The index knows who calls.
fn known(desk: &mut Desk, nth: u128) {
    let best = Match {
        contact: contact(&nth.to_string(), &number(nth)),
        grade: Grade::Exact,
        number: 0,
        as_of: Timestamp(0),
        live: false,
    };
    let group = MatchGroup {
        best,
        also: Vec::new(),
        gone: false,
    };
    desk.apply(Input::Looked {
        call: id(nth),
        lookup: LookupView {
            matches: vec![group],
            ..LookupView::default()
        },
        remembered: None,
        linked: None,
    });
}

fn close(desk: &mut Desk, call: CallId) -> Vec<Effect> {
    desk.apply(Input::CloseCard { call })
}

#[test]
fn two_hundred_calls_on_a_queue_open_few_cards_and_ask_no_more_than_those() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "own", 1_000).id("own"));
    desk.event(answer("sip", "own", 1_500).id("own"));
    let effects = storm(&mut desk, 200);
    assert_eq!(desk.cards().len(), MOST_CARDS);
    assert_eq!(desk.cards()[0], 1, "what is talked on comes first");
    assert_eq!(
        effects
            .iter()
            .filter(|effect| matches!(effect, Effect::LookUp(_)))
            .count(),
        MOST_CARDS - 1
    );
    assert_eq!(
        effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Save(_)))
            .count(),
        200,
        "the journal has all"
    );
    for nth in 2..=201 {
        let told = effects
            .iter()
            .any(|effect| *effect == Effect::Publish(id(nth)) || *effect == Effect::LookUp(id(nth)));
        assert!(told, "call {nth} is in the list");
    }
    // A call for the agent alone gets its card at once, and a queued one gives way.
    let effects = desk.event(ring("sip", "mine", 5_000).id("mine").from(BERT));
    assert!(asks(&effects));
    assert!(effects.contains(&Effect::CardClosed(id(MOST))), "{effects:?}");
    assert_eq!(desk.cards()[..2], [1, 202]);
    assert_eq!(desk.cards().len(), MOST_CARDS);
    // So does a queued one that the agent takes, however many ring.
    let effects = desk.event(answer("sip", "queue-150", 6_000).id("queue-150").bare());
    assert!(effects.contains(&Effect::LookUp(id(152))));
    assert!(desk.cards()[..2].contains(&152) && desk.cards()[..2].contains(&1));
    // When all are over, every card was closed or is open, and few are.
    for nth in 0..200 {
        let key = format!("queue-{nth}");
        desk.event(end("sip", &key, 9_000 + nth, EndReason::Missed).id(&key));
    }
    assert!(desk.cards().len() <= MOST_CARDS);
    assert_eq!(desk.cards()[..2], [1, 202]);
}

#[test]
fn in_two_hundred_calls_without_a_queue_what_rings_now_has_a_card() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "own", 1_000).id("own"));
    desk.event(answer("sip", "own", 1_500).id("own"));
    for nth in 2..=201 {
        let effects = ring_here(&mut desk, nth);
        assert_eq!(desk.cards()[..2], [1, nth], "what is talked on, then what rings now");
        assert!(asks(&effects), "call {nth}");
        let oldest = nth.saturating_sub(MOST - 1);
        let expected = if oldest > 1 { vec![oldest] } else { Vec::new() };
        assert_eq!(
            closed(&effects),
            expected,
            "one gives way, and it is what rings longest"
        );
        assert!(desk.cards().len() <= MOST_CARDS);
    }
    // It says the same once more: nothing flickers.
    assert!(closed(&ring_here(&mut desk, 201)).is_empty());
    assert!(closed(&ring_here(&mut desk, 5)).is_empty());
    // One that gave way is answered: it has its card again, and stays.
    desk.event(answer("sip", "here-5", 3_000).id("here-5").bare());
    assert!(desk.cards()[..2].contains(&5) && desk.cards()[..2].contains(&1));
    for nth in 202..=230 {
        ring_here(&mut desk, nth);
        assert!(desk.cards()[..2].contains(&5) && desk.cards()[..2].contains(&1));
    }
    // What is over makes room for what gave way, the last of them first.
    let before = desk.cards();
    let oldest = *before.last().unwrap();
    let effects = desk.event(end("sip", "here-230", 4_000, EndReason::Missed).id("here-230"));
    assert_eq!(closed(&effects), [230]);
    assert!(desk.cards().contains(&(oldest - 1)), "{:?}", desk.cards());
    assert!(!asks(&effects), "it was asked about when it began");
}

#[test]
fn when_much_rings_what_a_person_works_on_stays_and_a_known_caller_goes_before_an_unknown_one() {
    let mut desk = Desk::new();
    for nth in 1..=MOST {
        ring_here(&mut desk, nth);
    }
    desk.apply(Input::Note {
        call: id(1),
        note: "calls back".into(),
        outcome: None,
    });
    known(&mut desk, 2);
    known(&mut desk, 4);
    let gave_way: Vec<u128> = (MOST + 1..=MOST + 3)
        .flat_map(|nth| closed(&ring_here(&mut desk, nth)))
        .collect();
    assert_eq!(gave_way, [3, 5, 6]);
    // The answer came late: the caller is known, and is the next.
    known(&mut desk, 5);
    close(&mut desk, id(MOST + 3));
    assert!(desk.cards().contains(&5), "{:?}", desk.cards());
    close(&mut desk, id(MOST + 2));
    assert!(desk.cards().contains(&6), "{:?}", desk.cards());
    // Everybody who rings is known: what rings now has a card all the same.
    for nth in desk.cards() {
        known(&mut desk, nth);
    }
    assert_eq!(closed(&ring_here(&mut desk, MOST + 4)), [2]);
    assert_eq!(desk.cards()[0], MOST + 4);
    assert!(desk.cards().contains(&1), "the note is on the table");
}

#[test]
fn a_waiting_call_gets_the_next_free_card_and_is_asked_about_then() {
    let mut desk = Desk::new();
    storm(&mut desk, MOST + 3);
    assert_eq!(
        close(&mut desk, id(1)),
        [Effect::CardClosed(id(1)), Effect::LookUp(id(MOST + 1))]
    );
    assert!(close(&mut desk, id(1)).is_empty(), "once");
    assert!(close(&mut desk, id(MOST + 2)).is_empty(), "it has none");
    // It ends before its turn: no card, and nobody is asked.
    let key = format!("queue-{}", MOST + 1);
    let effects = desk.event(end("sip", &key, 9_000, EndReason::Missed).id(&key));
    assert!(!asks(&effects));
    assert_eq!(close(&mut desk, id(2))[1..], [Effect::LookUp(id(MOST + 3))]);
    // The bare number may be painted until a name is there.
    assert_eq!(
        desk.apply(Input::PaintNow { call: id(MOST + 3) }),
        [Effect::Publish(id(MOST + 3))]
    );
}

#[test]
fn one_that_gave_way_comes_back_without_being_asked_about_twice() {
    let mut desk = Desk::new();
    storm(&mut desk, MOST);
    let effects = desk.event(ring("sip", "mine", 5_000).id("mine").from(BERT));
    assert!(effects.contains(&Effect::CardClosed(id(MOST))));
    assert_eq!(
        close(&mut desk, id(MOST + 1)),
        [Effect::CardClosed(id(MOST + 1)), Effect::Publish(id(MOST))]
    );
    assert!(desk.cards().contains(&MOST));
}

#[test]
fn what_is_over_and_untouched_gives_way_first_and_a_persons_work_later() {
    let mut desk = Desk::new();
    storm(&mut desk, MOST);
    for nth in 0..2 {
        let key = format!("queue-{nth}");
        desk.event(end("sip", &key, 3_000 + nth, EndReason::Missed).id(&key));
    }
    desk.apply(Input::Note {
        call: id(1),
        note: "calls back".into(),
        outcome: None,
    });
    let gives_way = |desk: &mut Desk, key: &str, at| {
        let effects = desk.event(ring("sip", key, at).id(key).from(BERT));
        effects.into_iter().find_map(|effect| match effect {
            Effect::CardClosed(call) => Some(call.uuid().as_u128()),
            _ => None,
        })
    };
    assert_eq!(
        gives_way(&mut desk, "a", 10_000),
        Some(2),
        "over, and nobody touched it"
    );
    assert_eq!(
        gives_way(&mut desk, "b", 20_000),
        Some(MOST),
        "then what rings for the queue"
    );
    for nth in 1..MOST - 2 {
        gives_way(
            &mut desk,
            &format!("c{nth}"),
            30_000 + u64::try_from(nth).unwrap() * 100,
        );
    }
    assert!(desk.cards().contains(&1), "the note is still on the table");
    assert_eq!(
        gives_way(&mut desk, "z", 90_000),
        Some(1),
        "what rings now comes before it"
    );
}

#[test]
fn calls_of_which_no_end_was_told_do_not_keep_the_next_one_out() {
    let mut desk = Desk::new();
    for nth in 0..MOST + 1 {
        let (at, key) = (u64::try_from(nth).unwrap() * 60_000, format!("h{nth}"));
        desk.event(ring("hook", &key, at).by(Authority::Hook).from(&number(nth)));
        desk.event(answer("hook", &key, at + 1_000).by(Authority::Hook).from(&number(nth)));
    }
    assert_eq!(desk.cards().len(), MOST_CARDS);
    assert_eq!(desk.cards()[0], MOST + 1);
    assert!(!desk.cards().contains(&1), "the oldest gave way");
}

#[test]
fn the_order_is_talking_then_ringing_then_over_each_newest_first() {
    let mut desk = Desk::new();
    for (nth, key) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        let nth = u128::try_from(nth).unwrap();
        desk.event(ring("sip", key, 1_000 + u64::try_from(nth).unwrap() * 100).from(&number(nth)));
    }
    desk.event(answer("sip", "b", 5_000).bare());
    desk.event(end("sip", "c", 6_000, EndReason::Missed).bare());
    desk.event(end("sip", "e", 6_100, EndReason::Missed).bare());
    assert_eq!(desk.cards(), [2, 4, 1, 5, 3]);
}
