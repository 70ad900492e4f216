//! One caller at several channels of one person: two registrations of a device, a Local channel and the phone behind it,
//! and phones of others that forward to us.

use std::collections::HashMap;

use proptest::prelude::*;
use ringside_domain::{CallEvent, Change, EndReason, Now};

use crate::exchange::{Exchange, MINE, TRUNK, change, raw};

const OTHER: &str = "PJSIP/201-0000001c";

impl Exchange {
    fn dials(&mut self, from: (&str, &str), to: (&str, &str)) -> Vec<CallEvent> {
        self.dial("DialBegin", from, to, "1.0", &[])
    }

    fn leg_ends(&mut self, to: (&str, &str), status: &str) -> Vec<CallEvent> {
        self.dial("DialEnd", (TRUNK, "1.0"), to, "1.0", &[("DialStatus", status)])
    }

    fn leg_rings(&mut self, to: (&str, &str)) {
        let more = [("DialStatus", "RINGING")];
        assert!(self.dial("DialState", (TRUNK, "1.0"), to, "1.0", &more).is_empty());
    }
}

#[test]
fn two_registrations_ring_as_one_call() {
    for (answers, other) in [("1.1", "1.2"), ("1.2", "1.1")] {
        let name = |id| if id == "1.1" { (MINE, "1.1") } else { (OTHER, "1.2") };
        let mut exchange = Exchange::new();
        assert_eq!(exchange.rings("1.1", "1.0").key, "1.1");
        assert_eq!(change(&exchange.dials((TRUNK, "1.0"), (OTHER, "1.2"))), None, "a leg");
        let told = exchange.leg_ends(name(answers), "ANSWER");
        assert_eq!((change(&told), told[0].key.as_str()), (Some(Change::Answered), "1.1"));
        assert_eq!(change(&exchange.leg_ends(name(other), "CANCEL")), None);
        assert_eq!(exchange.hangs_up(other, "26"), None, "the other phone only rings off");
        let mine = [("Channel", name(answers).0), ("Uniqueid", answers)];
        assert_eq!(change(&exchange.says("Hold", &mine)), Some(Change::Held));
        assert_eq!(
            exchange.hangs_up(answers, "16"),
            Some(Change::Ended(EndReason::Completed))
        );
        assert!(exchange.0.all_lost(Now::default()).is_empty());
    }
}

#[test]
fn nobody_answers_at_either() {
    use EndReason::{AnsweredElsewhere, Declined, Missed};

    for (one, two, end) in [
        (("NOANSWER", "0"), ("NOANSWER", "0"), Missed),
        // One is switched off: that it rang at the other is what counts, whichever is told last.
        (("NOANSWER", "0"), ("CHANUNAVAIL", "20"), Missed),
        (("CHANUNAVAIL", "20"), ("NOANSWER", "0"), Missed),
        (("BUSY", "17"), ("CANCEL", "0"), Declined),
        (("CANCEL", "26"), ("CANCEL", "0"), AnsweredElsewhere),
    ] {
        let mut exchange = Exchange::new();
        exchange.rings("1.1", "1.0");
        exchange.dials((TRUNK, "1.0"), (OTHER, "1.2"));
        exchange.leg_rings((MINE, "1.1"));
        assert!(exchange.leg_ends((MINE, "1.1"), one.0).is_empty());
        assert_eq!(exchange.hangs_up("1.1", one.1), None, "it rings at the other still");
        assert!(exchange.leg_ends((OTHER, "1.2"), two.0).is_empty());
        assert_eq!(
            exchange.hangs_up("1.2", two.1),
            Some(Change::Ended(end)),
            "{one:?} {two:?}"
        );
    }
}

#[test]
fn one_after_the_other_stay_two() {
    // A queue rings the same phone again; the hangup of the first ring may be late.
    for late in [false, true] {
        let mut exchange = Exchange::new();
        exchange.rings("1.1", "1.0");
        exchange.dial_ends("1.1", "1.0", "NOANSWER");
        let mut first = (!late).then(|| exchange.hangs_up("1.1", "0"));
        assert_eq!(exchange.rings("1.3", "1.0").key, "1.3");
        let first = first.get_or_insert_with(|| exchange.hangs_up("1.1", "0"));
        assert_eq!(*first, Some(Change::Ended(EndReason::Missed)));
        assert_eq!(
            change(&exchange.dial_ends("1.3", "1.0", "ANSWER")),
            Some(Change::Answered)
        );
        // Somebody hands the caller to our second line while the first one talks.
        assert_eq!(
            change(&exchange.dials((TRUNK, "1.0"), (OTHER, "1.4"))),
            Some(Change::Ringing)
        );
    }
    // Two callers at once are two calls.
    let mut exchange = Exchange::new();
    exchange.rings("1.1", "1.0");
    exchange.rings("2.1", "2.0");
}

#[test]
fn a_local_channel_and_the_phone_behind_it() {
    let mut exchange = Exchange::with("Local/201@from-queue, PJSIP/201");
    let (one, two) = (
        ("Local/201@from-queue-00000005;1", "1.1"),
        ("Local/201@from-queue-00000005;2", "1.2"),
    );
    let told = exchange.dials((TRUNK, "1.0"), one);
    assert_eq!((change(&told), raw(&told[0])), (Some(Change::Ringing), "+15550100123"));
    assert!(exchange.dials(two, (MINE, "1.3")).is_empty(), "one call, one ring");
    // The dial plan tries a mobile as well: no call that we make.
    assert!(exchange.dials(two, ("PJSIP/trunk-00000030", "1.4")).is_empty());
    let answered = exchange.dial("DialEnd", two, (MINE, "1.3"), "1.0", &[("DialStatus", "ANSWER")]);
    assert_eq!(
        (change(&answered), answered[0].key.as_str()),
        (Some(Change::Answered), "1.1")
    );
    assert!(exchange.leg_ends(one, "ANSWER").is_empty());
    // Local channels take themselves out of the way, and the talk goes on.
    assert_eq!(exchange.hangs_up("1.1", "0"), None);
    assert_eq!(exchange.hangs_up("1.2", "0"), None);
    assert_eq!(
        exchange.hangs_up("1.3", "16"),
        Some(Change::Ended(EndReason::Completed))
    );
}

#[test]
fn legs_in_the_list_of_channels() {
    let row = |channel, id, state| {
        [
            ("Channel", channel),
            ("ChannelState", state),
            ("CallerIDNum", "201"),
            ("ConnectedLineNum", "+442079460011"),
            ("Uniqueid", id),
            ("Linkedid", "1.0"),
            ("Application", "AppDial"),
            ("BridgeId", if state == "6" { "b-1" } else { "" }),
        ]
    };
    // We come while both ring; then we are away while one is answered and the other rings off.
    let mut exchange = Exchange::new();
    exchange.0.list_begins();
    let told = exchange.says("CoreShowChannel", &row(MINE, "1.1", "5"));
    assert_eq!(change(&told), Some(Change::Ringing));
    assert!(exchange.says("CoreShowChannel", &row(OTHER, "1.2", "5")).is_empty());
    assert!(exchange.says("CoreShowChannelsComplete", &[]).is_empty());
    exchange.0.list_begins();
    let told = exchange.says("CoreShowChannel", &row(OTHER, "1.2", "6"));
    assert_eq!(
        (change(&told), told[0].key.as_str(), told[0].replay),
        (Some(Change::Answered), "1.1", true)
    );
    assert!(exchange.says("CoreShowChannelsComplete", &[]).is_empty());
    assert_eq!(
        exchange.hangs_up("1.2", "16"),
        Some(Change::Ended(EndReason::Completed)),
        "it was the last leg"
    );
}

#[test]
fn more_phones_than_a_person_has() {
    let mut exchange = Exchange::new();
    exchange.rings("1.1", "1.0");
    for number in 0..1_000 {
        let id = format!("9.{number}");
        assert!(exchange.dials((TRUNK, "1.0"), (OTHER, &id)).is_empty());
    }
    assert!(format!("{:?}", exchange.0).len() < 10_000);
}

#[test]
fn phones_that_forward_to_us() {
    // 300 forwards to 301, and 301 to us: app_dial dials a Local channel, and says where it leads when that rings already.
    let forwards = |exchange: &mut Exchange, phone: (&str, &str), number, to| {
        let more = [("DialStatus", "CANCEL"), ("DestCallerIDNum", number), ("Forward", to)];
        exchange.dial("DialEnd", (TRUNK, "1.0"), phone, "1.0", &more)
    };
    let by = |event: &CallEvent| -> Vec<String> {
        let raws = event.route.diverted_by.iter().map(|party| party.raw.clone());
        raws.collect()
    };
    let (phone, next) = (("PJSIP/300-00000020", "1.1"), ("PJSIP/301-00000021", "1.4"));
    let local = ("Local/201@from-internal-00000006;2", "1.6");
    for to in ["201", "Local/201@from-internal", "PJSIP/301/sip:201@pbx.example.com"] {
        let mut exchange = Exchange::new();
        assert!(forwards(&mut exchange, phone, "300", "Local/301@from-internal").is_empty());
        assert!(forwards(&mut exchange, next, "301", to).is_empty());
        let told = exchange.dials(local, (MINE, "1.7"));
        assert_eq!(by(&told[0]), ["301", "300"], "the last one first; {to}");
        // A phone that our own dial plan rings directly was not forwarded to.
        let mut exchange = Exchange::new();
        forwards(&mut exchange, next, "301", to);
        assert!(by(&exchange.rings("1.7", "1.0")).is_empty());
    }
    // It rings before that is told: the card learns it, once.
    let mut exchange = Exchange::new();
    assert!(by(&exchange.dials(local, (MINE, "1.7"))[0]).is_empty());
    let told = forwards(&mut exchange, phone, "300", "201");
    assert_eq!(
        (change(&told), by(&told[0])),
        (Some(Change::Ringing), vec!["300".to_owned()])
    );
    assert!(forwards(&mut exchange, phone, "300", "201").is_empty());
    // Two phones that forward to one another come to an end.
    let mut exchange = Exchange::new();
    forwards(&mut exchange, phone, "300", "201");
    forwards(&mut exchange, next, "201", "300");
    assert_eq!(by(&exchange.dials(local, (MINE, "1.7"))[0]), ["300", "201"]);
}

proptest! {
    #[test]
    fn whatever_the_order_of_legs_calls_only_go_forward(steps in proptest::collection::vec((0..8_usize, 0..4_usize), 0..80)) {
        let mut exchange = Exchange::with("PJSIP/201, Local/201@here");
        let mut open: HashMap<String, Change> = HashMap::new();
        let ids = ["1.1", "1.2", "1.3", "1.4"];
        let hangups = ids.iter().enumerate().map(|(leg, _)| (7, leg));
        for (step, leg) in steps.into_iter().chain(hangups) {
            let name = ["PJSIP/201-00000001", "PJSIP/201-00000002", "Local/201@here-00000003;1", "PJSIP/201-00000004"][leg];
            let (to, id) = ((name, ids[leg]), ids[leg]);
            let mine = [("Channel", name), ("Uniqueid", id), ("Linkedid", "1.0"), ("ChannelState", "6"), ("BridgeId", "b"),
                ("Application", "AppDial"), ("Cause", "16")];
            let told = match step {
                0 | 1 => exchange.dials((TRUNK, "1.0"), to),
                2 => exchange.leg_ends(to, "ANSWER"),
                3 => exchange.leg_ends(to, "NOANSWER"),
                4 => { exchange.0.list_begins(); exchange.says("CoreShowChannel", &mine) }
                5 => exchange.says("CoreShowChannelsComplete", &[]),
                6 => exchange.says("BridgeEnter", &mine),
                _ => exchange.says("Hangup", &mine),
            };
            for event in told {
                if matches!(event.change, Change::Ended(_)) {
                    prop_assert!(open.remove(&event.key).is_some(), "what ends has begun");
                } else {
                    let before = open.insert(event.key, event.change);
                    prop_assert!(event.change != Change::Ringing || before.is_none(), "it rings once");
                }
            }
        }
        prop_assert!(open.is_empty(), "{:?}", open);
    }
}
