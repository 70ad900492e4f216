#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fmt::Write, time::Duration};

use ringside_domain::Timestamp;

use super::*;

fn at(seconds: u64) -> Now {
    Now {
        wall: Timestamp(i64::try_from(seconds).unwrap() * 1000),
        steady: Steady(Duration::from_secs(seconds)),
    }
}

fn tracker() -> Tracker {
    let mut tracker = Tracker::new(SourceId::new("desk"), Trust::Trusted, "201@pbx.example");
    tracker.subscribed();
    tracker.notify(b"", at(0)).unwrap();
    tracker
}

/// A full body with these calls: number and state.
fn listing(calls: impl IntoIterator<Item = (usize, &'static str)>) -> Vec<u8> {
    let mut body = "<dialog-info state='full' entity='sip:201@pbx.example'>".to_owned();
    for (call, state) in calls {
        write!(
            body,
            "<dialog id='dialog-{call:08}-abcdef' call-id='call-{call:08}@pbx.example' direction='recipient'>\
             <state>{state}</state><remote><identity>sip:+12125550123@pbx.example</identity></remote></dialog>"
        )
        .unwrap();
    }
    body.push_str("</dialog-info>");
    body.into_bytes()
}

#[test]
fn ten_thousand_calls_leave_nothing_behind() {
    let mut tracker = tracker();
    let mut heard = 0;
    for call in 0..10_000 {
        // As Kamailio does, with the last ended ones still listed.
        let old = (call - call.min(3)..call).map(|call| (call, "terminated"));
        for state in ["early", "confirmed", "terminated"] {
            let body = listing(old.clone().chain([(call, state)]));
            heard += tracker.notify(&body, at(10 + call as u64)).unwrap().events.len();
        }
    }
    assert_eq!(heard, 30_000);
    assert!(tracker.live.is_empty());
    assert!(tracker.ended.len() <= 2_000, "{}", tracker.ended.len());
}

#[test]
fn a_flood_of_calls_is_bounded_and_each_is_ended_once() {
    let mut tracker = tracker();
    let told = tracker
        .notify(&listing((0..900).map(|call| (call, "early"))), at(10))
        .unwrap();
    let ended = |told: &Told, reason| {
        told.events
            .iter()
            .filter(|event| event.change == Change::Ended(reason))
            .count()
    };
    assert_eq!((told.events.len(), ended(&told, EndReason::Unknown)), (1_300, 400));
    assert_eq!(tracker.live.len(), MOST_LIVE);

    // What was given up does not come back as long as it is listed.
    let told = tracker
        .notify(&listing((0..900).map(|call| (call, "confirmed"))), at(11))
        .unwrap();
    assert_eq!((told.events.len(), ended(&told, EndReason::Unknown)), (500, 0));
    let told = tracker
        .notify(&listing((0..900).map(|call| (call, "terminated"))), at(12))
        .unwrap();
    assert_eq!((told.events.len(), ended(&told, EndReason::Completed)), (500, 500));
    assert!(tracker.live.is_empty());
}

/// A thousand legs of one call are a flood too.
#[test]
fn a_flood_of_legs_is_bounded() {
    let mut tracker = tracker();
    for leg in 0..2_000 {
        let body = format!(
            "<dialog-info state='partial'><dialog id='leg-{leg}' call-id='one-call-id-of-all@pbx' direction='recipient'>\
             <state>early</state></dialog></dialog-info>"
        );
        tracker.notify(body.as_bytes(), at(10)).unwrap();
        assert!(tracker.live.iter().map(|call| call.legs.len()).sum::<usize>() <= MOST_LIVE);
    }
}

#[test]
fn users_of_addresses() {
    for (address, user) in [
        ("201@pbx.example", "201"),
        ("sip:201@pbx.example:5060;transport=tcp", "201"),
        ("SIPS:ada@pbx.example", "ada"),
        ("pbx.example", ""),
        ("sïp:ü@x", "sïp:ü"),
    ] {
        assert_eq!(user_of(address), user, "{address}");
    }
}
