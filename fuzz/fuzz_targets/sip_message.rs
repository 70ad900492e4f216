//! Whatever a SIP server sends, on a stream or in a datagram: it is framed within the buffer, read or refused, and no answer
//! to a challenge breaks out of its line or tells the password.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringside_domain::credentials::Secret;
use ringside_sources::sip::wire::{
    digest::Challenge,
    framing::{Next, datagram, next},
    message::{Head, list, parameter, uri},
};

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Ok(found) = next(rest) {
        let used = match found {
            Next::Wait => break,
            Next::Pong { length } | Next::Ping { length } => length,
            Next::Message { head, body } => {
                read(&rest[..head]);
                head + body
            }
        };
        assert!(used > 0 && used <= rest.len());
        rest = &rest[used..];
    }
    if let Ok((head, body, _)) = datagram(data) {
        assert!(head.len() + body.len() <= data.len());
        read(head);
    }
});

fn read(bytes: &[u8]) {
    let Ok(head) = Head::read(bytes) else { return };
    let _ = (head.branch(), head.cseq(), head.number("expires"));
    for name in [
        "via",
        "from",
        "to",
        "contact",
        "record-route",
        "subscription-state",
        "event",
    ] {
        for item in head.all(name).flat_map(list) {
            let _ = parameter(item, "tag");
            assert!(!uri(item).contains(['\r', '\n']));
        }
    }
    for proxy in [false, true] {
        if let Ok(challenge) = Challenge::of(&head, proxy) {
            let (_, value) = challenge.answer("201", &Secret::new("opensesame-7f3a"), "SUBSCRIBE", "sip:201@h", "c");
            assert!(!value.contains(['\r', '\n']) && !value.contains("opensesame-7f3a"));
        }
    }
}
