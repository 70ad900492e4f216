//! Whatever bodies a server sends one after the other, calls begin once, go forward, and end once at most.
//!
//! The bodies are separated by the byte 0x1E, which no XML may have, and by a second; an empty one begins a new subscription.

#![no_main]

use std::{collections::HashMap, time::Duration};

use libfuzzer_sys::fuzz_target;
use ringside_domain::{CallEvent, Change, Now, SourceId, Steady, Timestamp, Trust};
use ringside_sources::sip::tracker::Tracker;

fuzz_target!(|data: &[u8]| {
    let mut tracker = Tracker::new(SourceId::new("desk"), Trust::Trusted, "sip:201@pbx.example");
    let mut calls: HashMap<String, Change> = HashMap::new();
    for (seconds, body) in (0..).zip(data.split(|byte| *byte == 0x1e)) {
        if body.is_empty() {
            tracker.subscribed();
            continue;
        }
        let passed = Duration::from_secs(seconds);
        let now = Now {
            wall: Timestamp(1_795_305_600_000).plus(passed),
            steady: Steady(passed),
        };
        check(tracker.tick(now), &mut calls);
        if let Ok(told) = tracker.notify(body, now) {
            check(told.events, &mut calls);
        }
    }
});

fn check(events: Vec<CallEvent>, calls: &mut HashMap<String, Change>) {
    for event in events {
        let before = calls.insert(event.key.clone(), event.change);
        let legal = match before {
            Some(Change::Ended(_)) => false,
            None | Some(Change::Ringing) => true,
            Some(_) => event.change != Change::Ringing,
        };
        assert!(legal, "{before:?} and then {event:?}");
    }
}
