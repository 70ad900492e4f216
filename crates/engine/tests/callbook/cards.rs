//! Which calls have a card when there are too many.

use ringside_domain::{Authority, CallId, EndReason};
use ringside_engine::callbook::{Effect, Input, MOST_CARDS};

use crate::desk::{BERT, Desk, Say, answer, asks, end, id, ring};

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
