//! Calls as they happened, as some phones saw some of it: what comes out is true, whatever of it was lost, doubled or late.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::prelude::*;
use ringside_domain::{Authority, CallEvent, CallId, CallState, Change, EndReason};
use ringside_engine::{
    Config,
    callbook::{Effect, Input},
};

use crate::desk::{Desk, Say, at, e164, event, id, rank};

/// One call as it happened; times in milliseconds.
#[derive(Clone, Debug)]
struct Happened {
    number: String,
    began: u64,
    rang: u64,
    /// How long it was talked on, and held in between; `None`: nobody answered.
    talked: Option<(u64, bool)>,
    reason: EndReason,
}

/// One source and what it can tell.
#[derive(Clone, Debug)]
struct Watching {
    authority: Authority,
    /// Whose ids it tells: those of SIP behind a proxy, those of an exchange, those of the other leg behind a server between
    /// two lines. Sources of one world tell the same ids.
    world: Option<u8>,
    knows_numbers: bool,
    tells_ends: bool,
    tells_holds: bool,
    /// How long everything it tells takes to come.
    delay: u64,
}

fn happened() -> impl Strategy<Value = Happened> {
    let talked = prop::option::of((1_000_u64..60_000, any::<bool>()));
    let reason = prop::sample::select(vec![EndReason::Missed, EndReason::Declined, EndReason::Busy]);
    (0_u64..20_000, 300_u64..20_000, talked, reason).prop_map(|(began, rang, talked, reason)| Happened {
        number: String::new(),
        began: 100_000 + began,
        rang,
        reason: if talked.is_some() { EndReason::Completed } else { reason },
        talked,
    })
}

fn watching() -> impl Strategy<Value = Watching> {
    let authority = prop::sample::select(vec![Authority::Hook, Authority::Watcher, Authority::Provider]);
    let world = prop::option::of(0_u8..3);
    (authority, world, any::<[bool; 3]>(), 0_u64..1_500).prop_map(
        |(authority, world, [numbers, ends, holds], delay)| Watching {
            authority,
            world,
            knows_numbers: numbers,
            tells_ends: ends,
            tells_holds: holds,
            delay,
        },
    )
}

/// Who calls: everybody from a number of their own, or all from the number of their company.
fn numbered(mut calls: Vec<Happened>, one_number: bool) -> Vec<Happened> {
    for (nth, call) in calls.iter_mut().enumerate() {
        call.number = format!("+1415555010{}", if one_number { 0 } else { nth });
    }
    calls
}

/// What this source tells of this call, in order.
fn story(call: usize, happened: &Happened, source: usize, watching: &Watching) -> Vec<CallEvent> {
    let mut changes = vec![(0, Change::Ringing)];
    let mut now = happened.rang;
    if let Some((talked, held)) = happened.talked {
        changes.push((now, Change::Answered));
        if held && watching.tells_holds {
            changes.push((now + talked / 3, Change::Held));
            changes.push((now + talked / 2, Change::Answered));
        }
        now += talked;
    }
    if watching.tells_ends {
        changes.push((now, Change::Ended(happened.reason)));
    }
    let tell = |(after, change): (u64, Change)| {
        let time = happened.began + after + watching.delay;
        let mut told = event(&format!("source-{source}"), &format!("key-{call}"), time, change)
            .by(watching.authority)
            .from(&happened.number);
        if let Some(world) = watching.world {
            told = told.id(&format!("call-{call}@{world}"));
        }
        if !watching.knows_numbers {
            told = told.bare();
        }
        told
    };
    changes.into_iter().map(tell).collect()
}

/// What each source tells, in the order in which it comes.
fn telling(calls: &[Happened], sources: &[Watching]) -> Vec<CallEvent> {
    let mut events: Vec<CallEvent> = Vec::new();
    for (source, watching) in sources.iter().enumerate() {
        for (call, happened) in calls.iter().enumerate() {
            events.extend(story(call, happened, source, watching));
        }
    }
    events.sort_by_key(|event| event.at.steady);
    events
}

/// What was lost, doubled or moved to a later place; each by its place among the events.
type Mishaps = Vec<(prop::sample::Index, u8, prop::sample::Index)>;

fn befall(mut events: Vec<CallEvent>, mishaps: &Mishaps) -> Vec<CallEvent> {
    for (place, what, where_to) in mishaps {
        if events.is_empty() {
            break;
        }
        let place = place.index(events.len());
        match what % 3 {
            0 => _ = events.remove(place),
            1 => {
                let again = events[place].clone();
                let to = place + where_to.index(events.len() - place);
                events.insert(to, again);
            }
            _ => {
                let late = events.remove(place);
                // Later than others told, but never past what its own source told next.
                let next = events[place..].iter().position(|event| event.source == late.source);
                let room = next.unwrap_or(events.len() - place);
                events.insert(place + where_to.index(room + 1), late);
            }
        }
    }
    events
}

/// What the book was told of one of its calls.
#[derive(Default)]
struct Heard {
    answered: bool,
    ended: bool,
    /// The sources that told of it.
    by: BTreeSet<String>,
    /// The sources that told its end.
    over: BTreeSet<String>,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn whatever_befalls_the_events_the_state_is_legal_and_true(
        calls in prop::collection::vec(happened(), 1..=4),
        sources in prop::collection::vec(watching(), 1..=3),
        one_number in any::<bool>(),
        mishaps in prop::collection::vec(any::<(prop::sample::Index, u8, prop::sample::Index)>(), 0..12),
        ticks in prop::collection::vec(any::<bool>(), 1..8),
    ) {
        let calls = numbered(calls, one_number);
        let mut desk = Desk::new();
        let mut ticks = ticks.into_iter().cycle();
        let mut states = BTreeMap::<CallId, CallState>::new();
        let mut heard = BTreeMap::<CallId, Heard>::new();
        let mut words = BTreeSet::new();
        for told in befall(telling(&calls, &sources), &mishaps) {
            let (source, key, change, provider_id) =
                (told.source.clone(), told.key.clone(), told.change, told.provider_call_id.clone());
            // A late one is heard late; its source had stamped it before.
            desk.now = at(u64::try_from(told.at.steady.0.max(desk.now.steady.0).as_millis()).unwrap());
            let mut effects = Vec::new();
            let goes_on = !matches!(change, Change::Ended(_));
            if ticks.next() == Some(true) {
                effects.extend(desk.apply(Input::Tick));
            }
            effects.extend(desk.apply(Input::Event(told)));
            for effect in effects {
                if let Effect::Save(call) = effect {
                    let state = desk.book.get(call).unwrap().call.state;
                    let before = states.insert(call, state).unwrap_or(CallState::Ringing);
                    // An end that nobody told, as nothing was heard for too long, is taken back by whoever says that it
                    // goes on.
                    let given_up = before == CallState::Ended(EndReason::Unknown)
                        && goes_on
                        && desk.book.call_of(&source, &key) == Some(call);
                    prop_assert!(given_up || rank(state) >= rank(before), "{before:?} became {state:?}");
                }
            }
            let Some(call) = desk.book.call_of(&source, &key) else { continue };
            let heard = heard.entry(call).or_default();
            heard.answered |= change == Change::Answered || change == Change::Held;
            if matches!(change, Change::Ended(_)) {
                heard.ended = true;
                heard.over.insert(source.to_string());
            }
            heard.by.insert(source.to_string());
            words.insert((source, key, provider_id));
        }
        desk.tick(10 * 24 * 3_600_000);
        // Each source's two calls are two, and what goes by one id is one.
        let (mut told_by, mut calls_of_ids) = (BTreeSet::new(), BTreeMap::new());
        for (source, key, provider_id) in &words {
            let call = desk.book.call_of(source, key).unwrap();
            prop_assert!(told_by.insert((call, source)), "two keys of one source in one call: {key}");
            if let Some(id) = provider_id {
                prop_assert_eq!(*calls_of_ids.entry(id).or_insert(call), call, "{} twice", id);
            }
        }
        for (call, heard) in &heard {
            let call = &desk.book.get(*call).unwrap().call;
            prop_assert!(call.state.is_over());
            // One phone's end is not the call's while another one still tells of it.
            let unknown = call.state == CallState::Ended(EndReason::Unknown);
            prop_assert!(unknown || heard.ended, "{:?} that nobody told", call.state);
            prop_assert!(!unknown || heard.by != heard.over, "all told its end");
            prop_assert!(call.talked.is_none() || (heard.answered && heard.ended));
            if let CallState::Ended(EndReason::Missed) = call.state {
                prop_assert!(call.answered.is_none());
            }
        }
    }

    #[test]
    fn when_nothing_is_lost_the_calls_are_those_that_happened(
        calls in prop::collection::vec(happened(), 1..=4),
        mut sources in prop::collection::vec(watching(), 1..=3),
        ticks in prop::collection::vec(any::<bool>(), 1..8),
        ring_limit in 2_u64..30,
    ) {
        let calls = numbered(calls, false);
        // Everybody told who called, and how it ended; only a hook that is told of nothing more may keep silent.
        let hooks = sources.iter().filter(|source| source.authority == Authority::Hook).count();
        let better = sources.len() > hooks;
        for source in &mut sources {
            source.knows_numbers = true;
            source.tells_ends |= source.authority != Authority::Hook || !better;
        }
        // Some of them ring for longer than anybody waits for news.
        let ring_limit = Duration::from_secs(ring_limit);
        let mut desk = Desk::with(Config { ring_limit, ring_limit_hooks: ring_limit, ..Config::default() });
        let mut ticks = ticks.into_iter().cycle();
        for told in telling(&calls, &sources) {
            desk.now = told.at;
            if ticks.next() == Some(true) {
                desk.apply(Input::Tick);
            }
            desk.event(told);
        }
        prop_assert_eq!(usize::try_from(desk.made).unwrap(), calls.len());
        for nth in 1..=desk.made {
            let call = &desk.book.get(id(nth)).unwrap().call;
            let happened = calls.iter().find(|happened| Some(happened.number.as_str()) == e164(call)).unwrap();
            prop_assert_eq!(call.state, CallState::Ended(happened.reason));
            prop_assert_eq!(call.talked.is_some(), happened.talked.is_some());
            if let (Some(talked), Some((truth, _))) = (call.talked, happened.talked) {
                let off = u64::try_from(talked.as_millis()).unwrap().abs_diff(truth);
                prop_assert!(off <= 1_500, "{talked:?} instead of {truth} ms: more than any source is late");
            }
            let delay = call.started.since(at(happened.began).wall);
            prop_assert!(delay.as_millis() <= 1_500);
        }
    }

    /// Everybody rings from the number of their company, all at once: each source tells of them in the same order.
    #[test]
    fn calls_of_one_number_are_as_many_as_there_were_whatever_ids_they_go_by(
        calls in prop::collection::vec(happened(), 1..=4),
        mut sources in prop::collection::vec(watching(), 1..=3),
    ) {
        let calls = numbered(calls, true);
        for source in &mut sources {
            source.knows_numbers = true;
        }
        let mut desk = Desk::new();
        for told in telling(&calls, &sources) {
            desk.event(told);
        }
        prop_assert_eq!(usize::try_from(desk.made).unwrap(), calls.len());
    }
}
