//! No messages of RingCentral's gateway break the source, and calls only go forward.
//!
//! Each line is one message, a hundred milliseconds after the one before.
#![no_main]

use std::{collections::HashMap, time::Duration};

use libfuzzer_sys::fuzz_target;
use ringside_domain::{CallEvent, Change, EndReason, Now, SourceId, Steady, Timestamp, Trust};
use ringside_sources::ringcentral::{
    calls::{Calls, LATE},
    wire::{self, Content},
};

fuzz_target!(|data: &[u8]| {
    let mut calls = Calls::new(SourceId::new("ringcentral"), Trust::Trusted, "62264425016");
    let mut now = Now {
        wall: Timestamp(1_795_305_600_000),
        steady: Steady(Duration::from_secs(10_000)),
    };
    let mut last = HashMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        now = later(now, Duration::from_millis(100));
        check(calls.settle(now), &mut last);
        if let Ok(frame) = wire::read(line)
            && let Content::Notice(notice) = frame.content
        {
            check(calls.hear(&notice, now), &mut last);
        }
    }
    now = later(now, LATE);
    check(calls.settle(now), &mut last);
    assert_eq!(calls.due(), None, "nothing waits for ever");
    check(calls.lose(now), &mut last);
    assert!(!calls.is_busy(), "nothing stays open");
});

fn later(now: Now, by: Duration) -> Now {
    Now {
        wall: now.wall.plus(by),
        steady: Steady(now.steady.0 + by),
    }
}

fn check(events: Vec<CallEvent>, last: &mut HashMap<String, Change>) {
    for event in events {
        let texts = event.remote.iter().chain(&event.local).chain(&event.route.diverted_by);
        for text in texts
            .flat_map(|party| [Some(&party.raw), party.display.as_ref()])
            .flatten()
        {
            assert!(
                !text.contains(|letter: char| letter.is_control()),
                "wire text is cleaned"
            );
        }
        // Of too many calls the oldest is forgotten; its party may come again.
        let before = last.insert(event.key, event.change);
        let backwards = matches!(
            (before, event.change),
            (Some(Change::Answered | Change::Held), Change::Ringing)
        );
        let after_the_end = matches!(before, Some(Change::Ended(reason)) if reason != EndReason::Unknown);
        assert!(last.len() > 200 || !(backwards || after_the_end), "calls go forward");
    }
}
