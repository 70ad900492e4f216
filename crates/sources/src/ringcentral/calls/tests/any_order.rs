//! Messages overtake each other, come twice, or not at all.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The last word on each call, and that states only went forward.
fn outcome(events: &[CallEvent]) -> BTreeMap<String, Change> {
    let mut last: BTreeMap<String, Change> = BTreeMap::new();
    for event in events {
        let before = last.insert(event.key.clone(), event.change);
        let backwards = matches!(
            (before, event.change),
            (Some(Change::Ended(_)), _) | (Some(Change::Answered | Change::Held), Change::Ringing)
        );
        assert!(!backwards, "{before:?}, then {:?}", event.change);
    }
    last
}

proptest! {
    /// Messages may overtake each other and come twice; the calls come out the same.
    #[test]
    fn order_and_repetition_change_nothing(
        which in 0..10_usize,
        order in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12),
        seed in Just(()).prop_perturb(|(), mut random| random.next_u64()),
    ) {
        let (what, messages, ends) = scenarios().swap_remove(which);
        let mut shuffled: Vec<Value> = messages.clone();
        for (place, index) in order.iter().enumerate() {
            let other = index.index(shuffled.len());
            let place = (place + usize::try_from(seed % 7).unwrap()) % shuffled.len();
            shuffled.swap(place, other);
        }
        for index in &order {
            let mut again = shuffled[index.index(shuffled.len())].clone();
            // Told once more, by the same id or by another one.
            if seed % 2 == 0 {
                again["uuid"] = json!(format!("again-{}", index.index(1000)));
            }
            shuffled.push(again);
        }
        let events = hear_all(&mut calls(), &shuffled);
        let expected: BTreeMap<String, Change> =
            ends.iter().map(|(key, reason)| ((*key).to_owned(), Change::Ended(*reason))).collect();
        prop_assert_eq!(outcome(&events), expected, "{}", what);
    }

    /// Whatever is missing, states go forward, and nothing waits for ever.
    #[test]
    fn loss_leaves_legal_calls(which in 0..10_usize, lost in any::<u16>()) {
        let (_, messages, _) = scenarios().swap_remove(which);
        let heard: Vec<Value> =
            messages.into_iter().enumerate().filter(|(index, _)| lost & (1 << index) == 0).map(|(_, message)| message).collect();
        let mut calls = calls();
        let mut events = hear_all(&mut calls, &heard);
        prop_assert_eq!(calls.due(), None);
        events.extend(calls.lose(at(9_000_000)));
        prop_assert!(outcome(&events).values().all(|change| matches!(change, Change::Ended(_))));
    }
}
