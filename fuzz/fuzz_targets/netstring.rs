//! Whatever answers where baresip should be, nothing breaks on it, and calls only go forward.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use ringside_domain::{CallEvent, Change, EndReason, Now, SourceId, Trust};
use ringside_sources::baresip::{Calls, Message, message, netstring};

fuzz_target!(|data: &[u8]| {
    let mut calls = Calls::new(SourceId::new("baresip"), Trust::Trusted);
    let mut open = HashMap::new();
    let mut rest = data;
    while let Ok(Some((payload, used))) = netstring(rest) {
        assert!(payload.len() < used && used <= rest.len());
        rest = &rest[used..];
        let told = match message(payload) {
            Some(Message::Event(event)) => calls.event(event, Now::default(), false),
            Some(Message::Answer { data, .. }) => calls.listed(&data, Now::default(), false),
            None => continue,
        };
        check(told, &mut open);
    }
    check(calls.all_lost(Now::default()), &mut open);
    assert!(open.is_empty(), "every call ends");
});

fn check(told: Vec<CallEvent>, open: &mut HashMap<String, Change>) {
    for event in told {
        let texts = event.remote.iter().chain(&event.local).chain(&event.route.diverted_by);
        for text in texts
            .flat_map(|party| [Some(&party.raw), party.display.as_ref()])
            .flatten()
            .chain([&event.key])
        {
            assert!(text.chars().count() <= 250 && !text.chars().any(char::is_control));
        }
        let before = match event.change {
            Change::Ended(reason) => {
                let before = open.remove(&event.key);
                assert!(before.is_some() || reason == EndReason::Unknown, "what ends has begun");
                continue;
            }
            change => open.insert(event.key, change),
        };
        assert!(
            event.change != Change::Ringing || matches!(before, None | Some(Change::Ringing)),
            "an answered call rings no more"
        );
    }
}
