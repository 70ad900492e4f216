//! What the manager tells of calls that come to our phone, and what it is made of.

use proptest::prelude::*;
use ringside_domain::{Change, Direction, EndReason, Now};
use ringside_sources::asterisk::{Packet, Packets, greeting, packet};

use crate::exchange::{Exchange, MINE, TRUNK, change, raw};

#[test]
fn an_incoming_call() {
    let mut exchange = Exchange::new();
    let ring = exchange.rings("1.1", "1.0");
    assert_eq!(
        (ring.key.as_str(), ring.direction, ring.replay),
        ("1.1", Some(Direction::In), false)
    );
    assert_eq!(raw(&ring), "+15550100123");
    assert_eq!(ring.remote.as_ref().unwrap().display.as_deref(), Some("Ada Lovelace"));
    assert_eq!(ring.local.as_ref().unwrap().raw, "201");
    assert_eq!(
        change(&exchange.dial_ends("1.1", "1.0", "ANSWER")),
        Some(Change::Answered)
    );
    let mine = [("Channel", MINE), ("Uniqueid", "1.1")];
    assert_eq!(change(&exchange.says("BridgeEnter", &mine)), None, "it is known");
    assert_eq!(change(&exchange.says("Hold", &mine)), Some(Change::Held));
    assert_eq!(change(&exchange.says("Unhold", &mine)), Some(Change::Answered));
    assert_eq!(
        exchange.hangs_up("1.1", "16"),
        Some(Change::Ended(EndReason::Completed))
    );
    assert_eq!(exchange.hangs_up("1.1", "16"), None, "it ends once");
}

#[test]
fn how_it_was_not_answered() {
    use EndReason::{AnsweredElsewhere, Busy, Declined, Failed, Missed};

    for (rang, status, cause, end) in [
        (true, "NOANSWER", "0", Missed),
        (true, "CANCEL", "16", Missed),
        (true, "CANCEL", "26", AnsweredElsewhere),
        (true, "BUSY", "17", Declined),
        (false, "BUSY", "17", Busy),
        (true, "", "21", Declined),
        (false, "CHANUNAVAIL", "20", Failed),
        (false, "CONGESTION", "34", Failed),
        (true, "", "", Missed),
    ] {
        let mut exchange = Exchange::new();
        exchange.rings("1.1", "1.0");
        if rang {
            assert_eq!(
                change(&exchange.dial(
                    "DialState",
                    (TRUNK, "1.0"),
                    (MINE, "1.1"),
                    "1.0",
                    &[("DialStatus", "RINGING")]
                )),
                None
            );
        }
        if !status.is_empty() {
            assert_eq!(
                change(&exchange.dial_ends("1.1", "1.0", status)),
                None,
                "the hangup says it all"
            );
        }
        assert_eq!(
            exchange.hangs_up("1.1", cause),
            Some(Change::Ended(end)),
            "{status} {cause}"
        );
    }
}

#[test]
fn somebody_else_in_the_group_answers() {
    let mut exchange = Exchange::new();
    let theirs = ("PJSIP/202-0000001c", "1.2");
    exchange.rings("1.1", "1.0");
    exchange.dial("DialBegin", (TRUNK, "1.0"), theirs, "1.0", &[]);
    assert_eq!(
        change(&exchange.dial("DialEnd", (TRUNK, "1.0"), theirs, "1.0", &[("DialStatus", "ANSWER")])),
        None
    );
    exchange.dial_ends("1.1", "1.0", "CANCEL");
    assert_eq!(
        exchange.hangs_up("1.1", "0"),
        Some(Change::Ended(EndReason::AnsweredElsewhere))
    );
    // They pass it on to us, and we do not answer: that one is missed.
    exchange.rings("1.3", "1.0");
    exchange.dial_ends("1.3", "1.0", "NOANSWER");
    assert_eq!(exchange.hangs_up("1.3", "0"), Some(Change::Ended(EndReason::Missed)));
    // A call of others is none of ours, from its first event to its last.
    assert!(
        exchange
            .dial("DialBegin", (TRUNK, "7.0"), ("PJSIP/2010-00000020", "7.1"), "7.0", &[])
            .is_empty()
    );
    assert_eq!(exchange.hangs_up("7.1", "16"), None);
}

#[test]
fn a_queue() {
    let mut exchange = Exchange::new();
    let caller = [
        ("Channel", TRUNK),
        ("CallerIDNum", "+15550100123"),
        ("Uniqueid", "1.0"),
        ("Linkedid", "1.0"),
    ];
    let mut joins = caller.to_vec();
    joins.extend([("Queue", "Support"), ("Position", "1")]);
    assert!(exchange.says("QueueCallerJoin", &joins).is_empty());
    assert_eq!(exchange.rings("1.1", "1.0").route.queue.as_deref(), Some("Support"));

    // Told only after the phone rings: the card learns it.
    exchange.rings("2.1", "2.0");
    let called = [
        ("Channel", TRUNK),
        ("Linkedid", "2.0"),
        ("DestUniqueid", "2.1"),
        ("Queue", "Sales"),
        ("Interface", "PJSIP/201"),
    ];
    let told = exchange.says("AgentCalled", &called);
    assert_eq!(
        (change(&told), told[0].route.queue.as_deref()),
        (Some(Change::Ringing), Some("Sales"))
    );
    assert!(exchange.says("AgentCalled", &called).is_empty(), "that is no news");
}

#[test]
fn a_local_channel_in_between() {
    let mut exchange = Exchange::new();
    let (one, two) = ("Local/201@from-queue-00000005;1", "Local/201@from-queue-00000005;2");
    assert!(
        exchange
            .dial("DialBegin", (TRUNK, "1.0"), (one, "1.1"), "1.0", &[])
            .is_empty(),
        "no phone rings yet"
    );
    let told = exchange.dial(
        "DialBegin",
        (two, "1.2"),
        (MINE, "1.3"),
        "1.0",
        &[("CallerIDNum", "<unknown>")],
    );
    assert_eq!(raw(&told[0]), "+15550100123", "who called first");
    // The exchange rings a phone that is known to it as such a channel only.
    let mut exchange = Exchange::with("SIP/299, Local/201@from-queue");
    let told = exchange.dial("DialBegin", (TRUNK, "1.0"), (one, "1.1"), "1.0", &[]);
    assert_eq!(change(&told), Some(Change::Ringing));
}

#[test]
fn withheld_numbers() {
    for number in ["<unknown>", "", "<Unknown>"] {
        let mut exchange = Exchange::new();
        let more = [
            ("CallerIDNum", number),
            ("CallerIDName", "<unknown>"),
            ("DestConnectedLineNum", "<unknown>"),
        ];
        let told = exchange.dial("DialBegin", (TRUNK, "1.0"), (MINE, "1.1"), "1.0", &more);
        let remote = told[0].remote.as_ref().unwrap();
        assert_eq!((remote.raw.as_str(), &remote.display), ("anonymous", &None), "{number}");
    }
    let mut exchange = Exchange::new();
    let more = [("CallerIDNum", "<unknown>"), ("DestConnectedLineNum", "+442079460011")];
    let told = exchange.dial("DialBegin", (TRUNK, "1.0"), (MINE, "1.1"), "1.0", &more);
    assert_eq!(raw(&told[0]), "+442079460011", "the other place for it");
}

#[test]
fn packets() {
    let (told, used) = packet(b"\r\nResponse: Success\r\nMessage: a: b\r\nno colon\r\nEmpty:\r\n\r\nEvent: X")
        .unwrap()
        .unwrap();
    assert_eq!(
        (told.text("response"), told.text("Message"), told.get("Empty")),
        ("Success", "a: b", Some(""))
    );
    assert_eq!((told.get("Absent"), used), (None, 56));
    assert_eq!(packet(b"Event: X\r\nChannel: Y\r\n"), Ok(None));
    assert_eq!(packet(b""), Ok(None));
    assert_eq!(packet(b"\n\n\r\n"), Ok(None));
    assert!(packet(&b"a: b\n".repeat(30_000)).is_err());
    assert!(packet(&[b'x'; 200_000]).is_err());
    assert_eq!(packet(b"Event: \xFF\n\n").unwrap().unwrap().0.text("Event"), "\u{FFFD}");

    assert_eq!(
        greeting(b"Asterisk Call Manager/9.0.0\r\n").unwrap().unwrap(),
        ("9.0.0".to_owned(), 29)
    );
    assert_eq!(greeting(b"Aster"), Ok(None));
    assert_eq!(greeting(b""), Ok(None));
    for other in [&b"SSH-2.0-OpenSSH"[..], b"HTTP/1.1", b"\x15\x03\x01", &[b'A'; 600]] {
        assert!(greeting(other).is_err());
    }
    assert_eq!(Packet::default().text("Event"), "");
}

#[test]
fn a_flood_of_tiny_pieces() {
    // The longest packet there is, byte for byte: reading it from its start for each of them takes minutes.
    let mut flood = b"Some-Key: some value that goes on for a while, and on\r\n".repeat(1_900);
    flood.extend(b"\r\nEvent: X\r\n\r\n");
    let began = std::time::Instant::now();
    let mut packets = Packets::default();
    let mut found = 0;
    for byte in flood {
        packets.received.push(byte);
        while packets.take().unwrap().is_some() {
            found += 1;
        }
    }
    assert_eq!(found, 2);
    assert!(
        began.elapsed() < std::time::Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );

    // Neither lines nor a line grow without end.
    for piece in [&b"no colon at all\r\n"[..], b"x"] {
        let mut packets = Packets::default();
        let told = (0..200_000).find_map(|_| {
            packets.received.extend(piece);
            packets.take().err()
        });
        assert_eq!(told, Some("a message is too long"));
        assert!(packets.received.len() <= 128 * 1024 + piece.len());
    }
}

proptest! {
    #[test]
    fn pieces_make_the_same_packets(text in "([ab]{0,2}:?\r?\n?){0,60}", size in 1..9_usize) {
        let mut rest = text.as_bytes();
        let mut whole = Vec::new();
        while let Some((told, used)) = packet(rest).unwrap() {
            whole.push(told);
            rest = &rest[used..];
        }
        let mut packets = Packets::default();
        let mut pieced = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            packets.received.extend(piece);
            while let Some(told) = packets.take().unwrap() {
                pieced.push(told);
            }
        }
        prop_assert_eq!(whole, pieced);
    }

    #[test]
    fn nothing_on_the_wire_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = greeting(&bytes);
        if let Ok(Some((told, used))) = packet(&bytes) {
            prop_assert!(used <= bytes.len());
            Exchange::new().0.packet(&told, Now::default());
        }
    }

    #[test]
    fn whatever_the_order_a_call_ends_once(steps in proptest::collection::vec((0..9_usize, 0..3_usize), 0..80)) {
        let mut exchange = Exchange::new();
        let mut open = [false; 3];
        for (step, call) in steps {
            let (linked, id) = (format!("{call}.0"), format!("{call}.1"));
            let mine = [("Channel", MINE), ("Uniqueid", id.as_str()), ("ConnectedLineNum", "300"), ("Cause", "16")];
            let told = match step {
                0 => exchange.dial("DialBegin", (TRUNK, &linked), (MINE, &id), &linked, &[]),
                1 => exchange.dial_ends(&id, &linked, "ANSWER"),
                2 => exchange.dial_ends(&id, &linked, "CANCEL"),
                3 => exchange.dial("DialBegin", (MINE, &id), (TRUNK, "t"), &linked, &[("DestCallerIDNum", "300")]),
                4 => exchange.says("Hold", &mine),
                5 => exchange.says("Unhold", &mine),
                6 => exchange.says("NewConnectedLine", &mine),
                7 => exchange.says("BridgeEnter", &mine),
                _ => exchange.says("Hangup", &mine),
            };
            for event in told {
                prop_assert_eq!(&event.key, &id);
                match event.change {
                    Change::Ringing => open[call] = true,
                    Change::Ended(_) => {
                        prop_assert!(open[call], "what ends has begun");
                        open[call] = false;
                    }
                    _ => prop_assert!(open[call]),
                }
            }
        }
    }
}
