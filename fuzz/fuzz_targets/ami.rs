//! Whatever answers where an Asterisk manager should be, nothing breaks on it, and calls only go forward.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use ringside_domain::{CallEvent, Change, Now, SourceId, Trust};
use ringside_sources::asterisk::{Calls, greeting, packet};

fuzz_target!(|data: &[u8]| {
    let mut rest = match greeting(data) {
        Ok(Some((_, used))) => &data[used..],
        _ => data,
    };
    let mut calls = Calls::new(SourceId::new("asterisk"), Trust::Trusted, "PJSIP/201, Local/201@");
    calls.list_begins();
    let mut open = HashMap::new();
    while let Ok(Some((packet, used))) = packet(rest) {
        assert!(used <= rest.len());
        rest = &rest[used..];
        check(calls.packet(&packet, Now::default()), &mut open);
    }
    check(calls.all_lost(Now::default()), &mut open);
    assert!(open.is_empty(), "every call ends");
});

fn check(told: Vec<CallEvent>, open: &mut HashMap<String, Change>) {
    for event in told {
        let texts = event.remote.iter().chain(&event.local);
        for text in texts
            .flat_map(|party| [Some(&party.raw), party.display.as_ref()])
            .flatten()
            .chain(&event.route.queue)
            .chain([&event.key])
        {
            assert!(text.chars().count() <= 150 && !text.chars().any(char::is_control));
        }
        if matches!(event.change, Change::Ended(_)) {
            assert!(open.remove(&event.key).is_some(), "what ends has begun");
            continue;
        }
        let before = open.insert(event.key, event.change);
        assert!(
            event.change != Change::Ringing || matches!(before, None | Some(Change::Ringing)),
            "an answered call rings no more"
        );
    }
}
