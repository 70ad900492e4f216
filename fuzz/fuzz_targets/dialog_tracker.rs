//! Whatever bodies a server sends one after the other, calls begin once, go forward, and end once at most.
//!
//! The bodies are separated by the byte 0x1E, which no XML may have; an empty one begins a new subscription.

#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use ringside_domain::{Change, Now, SourceId, Trust};
use ringside_sources::sip::tracker::Tracker;

fuzz_target!(|data: &[u8]| {
    let mut tracker = Tracker::new(SourceId::new("desk"), Trust::Trusted, "sip:201@pbx.example");
    let mut calls: HashMap<String, Change> = HashMap::new();
    for body in data.split(|byte| *byte == 0x1e) {
        if body.is_empty() {
            tracker.subscribed();
            continue;
        }
        let Ok(told) = tracker.notify(body, Now::default()) else {
            continue;
        };
        for event in told.events {
            let before = calls.insert(event.key.clone(), event.change);
            let legal = match before {
                Some(Change::Ended(_)) => false,
                None | Some(Change::Ringing) => true,
                Some(_) => event.change != Change::Ringing,
            };
            assert!(legal, "{before:?} and then {event:?}");
        }
    }
});
