//! What the manager tells of calls that our phone makes, passes on, or has when we come to listen.

use ringside_domain::{Change, Direction, EndReason, Now};

use crate::exchange::{Exchange, MINE, TRUNK, change, raw};

#[test]
fn outgoing_calls() {
    use EndReason::{Busy, Completed, Failed, Missed};

    let out = |exchange: &mut Exchange, event: &str, more: &[(&str, &str)]| {
        exchange.dial(event, (MINE, "5.0"), (TRUNK, "5.1"), "5.0", more)
    };
    let begins = [
        ("CallerIDNum", "201"),
        ("Exten", "s"),
        ("DestCallerIDNum", "02079460011"),
        ("DialString", "trunk/02079460011"),
    ];
    // FreePBX dials from a macro: its Exten is a step, and the first one is what was dialled.
    let mut exchange = Exchange::new();
    exchange.says(
        "Newchannel",
        &[
            ("Channel", MINE),
            ("ChannelState", "4"),
            ("Exten", "902079460011"),
            ("Uniqueid", "5.0"),
        ],
    );
    let told = out(&mut exchange, "DialBegin", &begins);
    assert_eq!(
        (told[0].direction, told[0].key.as_str(), raw(&told[0])),
        (Some(Direction::Out), "5.0", "902079460011")
    );
    assert_eq!(told[0].local.as_ref().unwrap().raw, "201");
    assert_eq!(
        change(&out(&mut exchange, "DialEnd", &[("DialStatus", "ANSWER")])),
        Some(Change::Answered)
    );
    assert_eq!(exchange.hangs_up("5.1", "16"), None, "the other leg");
    assert_eq!(exchange.hangs_up("5.0", "16"), Some(Change::Ended(Completed)));

    for (status, cause, end) in [
        ("BUSY", "17", Busy),
        ("NOANSWER", "16", Missed),
        ("CANCEL", "0", Missed),
        ("CHANUNAVAIL", "20", Failed),
        ("", "1", Failed),
        ("", "16", Missed),
    ] {
        let mut exchange = Exchange::new();
        assert_eq!(raw(&out(&mut exchange, "DialBegin", &begins)[0]), "02079460011");
        // The first trunk is full, the second one is tried: one call.
        out(&mut exchange, "DialEnd", &[("DialStatus", "CONGESTION")]);
        assert!(out(&mut exchange, "DialBegin", &begins).is_empty());
        if !status.is_empty() {
            assert!(out(&mut exchange, "DialEnd", &[("DialStatus", status)]).is_empty());
        }
        assert_eq!(
            exchange.hangs_up("5.0", cause),
            Some(Change::Ended(end)),
            "{status} {cause}"
        );
    }
}

#[test]
fn a_phone_that_a_program_rings_to_dial_with_it() {
    let mut exchange = Exchange::new();
    let rings = [
        ("DestChannel", MINE),
        ("DestUniqueid", "5.0"),
        ("DestLinkedid", "5.0"),
        ("DialString", "201"),
    ];
    assert!(exchange.says("DialBegin", &rings).is_empty());
    let told = exchange.dial(
        "DialBegin",
        (MINE, "5.0"),
        (TRUNK, "5.1"),
        "5.0",
        &[("DestCallerIDNum", "02079460011")],
    );
    assert_eq!(
        (told[0].direction, raw(&told[0])),
        (Some(Direction::Out), "02079460011")
    );
}

#[test]
fn transfers() {
    // We pass it on, blindly; then after asking, with two calls of ours.
    let mut exchange = Exchange::new();
    exchange.rings("1.1", "1.0");
    exchange.dial_ends("1.1", "1.0", "ANSWER");
    let blind = [
        ("Result", "Success"),
        ("TransfererChannel", MINE),
        ("TransfererUniqueid", "1.1"),
        ("Extension", "300"),
    ];
    assert!(exchange.says("BlindTransfer", &blind).is_empty());
    assert_eq!(
        exchange.hangs_up("1.1", "16"),
        Some(Change::Ended(EndReason::Transferred))
    );

    exchange.rings("2.1", "2.0");
    exchange.dial_ends("2.1", "2.0", "ANSWER");
    exchange.dial(
        "DialBegin",
        (MINE, "3.0"),
        ("PJSIP/300-00000033", "3.1"),
        "3.0",
        &[("DestCallerIDNum", "300")],
    );
    exchange.dial(
        "DialEnd",
        (MINE, "3.0"),
        ("PJSIP/300-00000033", "3.1"),
        "3.0",
        &[("DialStatus", "ANSWER")],
    );
    let asked = |result| {
        [
            ("Result", result),
            ("OrigTransfererUniqueid", "2.1"),
            ("SecondTransfererUniqueid", "3.0"),
            ("DestType", "Bridge"),
        ]
    };
    exchange.says("AttendedTransfer", &asked("Fail"));
    exchange.says("AttendedTransfer", &asked("Success"));
    for id in ["2.1", "3.0"] {
        assert_eq!(exchange.hangs_up(id, "16"), Some(Change::Ended(EndReason::Transferred)));
    }

    // Somebody passes a caller on to us: the card changes.
    exchange.rings("4.1", "4.0");
    exchange.dial_ends("4.1", "4.0", "ANSWER");
    let line = |number| {
        [
            ("Channel", MINE),
            ("Uniqueid", "4.1"),
            ("ConnectedLineNum", number),
            ("ConnectedLineName", "Grace"),
        ]
    };
    assert!(exchange.says("NewConnectedLine", &line("+15550100123")).is_empty());
    assert!(exchange.says("NewConnectedLine", &line("<unknown>")).is_empty());
    let told = exchange.says("NewConnectedLine", &line("+442079460011"));
    assert_eq!(
        (change(&told), raw(&told[0])),
        (Some(Change::Answered), "+442079460011")
    );

    // Of an outgoing call the first one is the party that answered, whatever their exchange calls it.
    exchange.dial(
        "DialBegin",
        (MINE, "6.0"),
        (TRUNK, "6.1"),
        "6.0",
        &[("DestCallerIDNum", "02079460011")],
    );
    exchange.dial(
        "DialEnd",
        (MINE, "6.0"),
        (TRUNK, "6.1"),
        "6.0",
        &[("DialStatus", "ANSWER")],
    );
    let line = |number| [("Channel", MINE), ("Uniqueid", "6.0"), ("ConnectedLineNum", number)];
    assert!(exchange.says("NewConnectedLine", &line("442079460011")).is_empty());
    assert_eq!(
        raw(&exchange.says("NewConnectedLine", &line("+15550100199"))[0]),
        "+15550100199"
    );

    // The phone itself sends the caller on.
    exchange.rings("8.1", "8.0");
    exchange.dial(
        "DialEnd",
        (TRUNK, "8.0"),
        (MINE, "8.1"),
        "8.0",
        &[("DialStatus", "CANCEL"), ("Forward", "Local/300@internal")],
    );
    assert_eq!(exchange.hangs_up("8.1", "0"), Some(Change::Ended(EndReason::Forwarded)));
}

#[test]
fn the_list_of_channels() {
    let mut exchange = Exchange::new();
    exchange.rings("1.1", "1.0");
    exchange.dial_ends("1.1", "1.0", "ANSWER");
    exchange.rings("2.1", "2.0");
    exchange.0.list_begins();
    let row = |channel, id, state, bridge| {
        [
            ("Channel", channel),
            ("ChannelState", state),
            ("CallerIDNum", "201"),
            ("ConnectedLineNum", "+442079460011"),
            ("Uniqueid", id),
            ("Linkedid", id),
            ("Application", "AppDial"),
            ("BridgeId", bridge),
        ]
    };
    assert!(
        exchange
            .says("CoreShowChannel", &row(MINE, "1.1", "6", "b-1"))
            .is_empty(),
        "known"
    );
    assert!(
        exchange
            .says("CoreShowChannel", &row("PJSIP/299-00000001", "9.9", "6", "b-9"))
            .is_empty()
    );
    assert!(
        exchange.says("CoreShowChannel", &row(MINE, "9.8", "6", "")).is_empty(),
        "alone with a mailbox"
    );
    let told = exchange.says("CoreShowChannel", &row(MINE, "3.1", "6", "b-3"));
    assert_eq!(
        (change(&told), told[0].replay, raw(&told[0])),
        (Some(Change::Answered), true, "+442079460011")
    );
    let told = exchange.says("CoreShowChannel", &row(MINE, "4.1", "5", ""));
    assert_eq!(
        (change(&told), told[0].direction),
        (Some(Change::Ringing), Some(Direction::In))
    );
    exchange.rings("5.1", "5.0");
    let gone = exchange.says(
        "CoreShowChannelsComplete",
        &[("EventList", "Complete"), ("ListItems", "5")],
    );
    assert_eq!(gone.len(), 1, "{gone:?}");
    assert_eq!(
        (gone[0].key.as_str(), gone[0].change),
        ("2.1", Change::Ended(EndReason::Unknown))
    );
    assert_eq!(exchange.0.all_lost(Now::default()).len(), 4);
}

#[test]
fn a_night_of_other_peoples_calls_is_forgotten() {
    let mut exchange = Exchange::new();
    for number in 0..10_000 {
        let (linked, id) = (format!("{number}.0"), format!("{number}.1"));
        exchange.dial("DialBegin", (TRUNK, &linked), ("PJSIP/202-00000001", &id), &linked, &[]);
        exchange.dial("DialBegin", (TRUNK, &linked), (MINE, &id), &linked, &[]);
    }
    assert_eq!(exchange.0.all_lost(Now::default()).len(), 64);
    let size = format!("{:?}", exchange.0).len();
    assert!(size < 400_000, "{size}");
}
