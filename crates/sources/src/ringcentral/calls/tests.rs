#![allow(clippy::unwrap_used, clippy::panic)]

use EndReason::{AnsweredElsewhere, Completed, Declined, Forwarded, Missed, Transferred, Unknown};
use ringside_domain::{Authority, Timestamp, call::WireRoute};
use serde_json::{Value, json};

use super::*;
use crate::ringcentral::notice;

mod any_order;

const OWNER: &str = "62264425016";
const CALLER: &str = "+12025550143";

fn calls() -> Calls {
    Calls::new(SourceId::new("ringcentral"), Trust::Trusted, OWNER)
}

fn at(millis: u64) -> Now {
    Now {
        wall: Timestamp(1_795_305_600_000 + i64::try_from(millis).unwrap()),
        steady: Steady(Duration::from_secs(5_000) + Duration::from_millis(millis)),
    }
}

/// The owner's party in session `s-1`.
fn party(number: u64, code: &str) -> Value {
    json!({
        "accountId": "809646016", "extensionId": OWNER, "id": format!("p-1-{number}"), "direction": "Inbound",
        "to": {"phoneNumber": "+12025550155", "name": "Agent J", "extensionId": OWNER},
        "from": {"phoneNumber": CALLER, "name": "ADA L"},
        "status": {"code": code, "rcc": false}, "park": {},
        "missedCall": false, "standAlone": false, "muted": false,
    })
}

fn because(mut party: Value, reason: &str) -> Value {
    party["status"]["reason"] = Value::from(reason);
    party
}

fn with(mut party: Value, pointer: &str, value: Value) -> Value {
    match party.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => party[pointer.trim_start_matches('/')] = value,
    }
    party
}

fn message(sequence: u64, parties: &[Value]) -> Value {
    json!({
        "uuid": format!("uuid-{sequence}"), "event": format!("/restapi/v1.0/account/8/extension/{OWNER}/telephony/sessions"),
        "timestamp": "2026-11-22T00:00:00.000Z", "subscriptionId": "5330", "ownerId": OWNER,
        "body": {"sequence": sequence, "sessionId": "425", "telephonySessionId": "s-1", "parties": parties,
                 "origin": {"type": "Call"}},
    })
}

fn hear_all(calls: &mut Calls, messages: &[Value]) -> Vec<CallEvent> {
    let mut events = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        events.extend(calls.hear(&notice::read(message), at(10 * index as u64)));
    }
    events.extend(calls.settle(at(10 * messages.len() as u64 + 1_000)));
    events
}

fn changes(events: &[CallEvent]) -> Vec<(&str, Change)> {
    events.iter().map(|event| (event.key.as_str(), event.change)).collect()
}

/// Its name, its messages, and how its calls end by their keys.
type Scenario = (&'static str, Vec<Value>, Vec<(&'static str, EndReason)>);

/// What the guides show, one message after the other.
fn scenarios() -> Vec<Scenario> {
    let one = |sequence, party| message(sequence, &[party]);
    let out = |code| with(party(1, code), "/direction", json!("Outbound"));
    let gone = with(
        because(party(2, "Gone"), "AttendedTransfer"),
        "/status",
        json!({"code": "Gone", "reason": "AttendedTransfer", "peerId": {"telephonySessionId": "s-2", "partyId": "p-2-1"}}),
    );
    let other = |code| {
        with(
            with(party(3, code), "/extensionId", json!("777")),
            "/id",
            json!("p-1-3"),
        )
    };
    vec![
        (
            "answered, held, taken back",
            vec![
                one(6, party(2, "Setup")),
                one(7, party(2, "Proceeding")),
                one(8, party(2, "Answered")),
                one(9, party(2, "Hold")),
                one(10, party(2, "Answered")),
                one(11, party(2, "Disconnected")),
            ],
            vec![("p-1-2", Completed)],
        ),
        (
            "the caller gave up",
            vec![
                one(3, party(2, "Setup")),
                one(5, with(party(2, "Disconnected"), "/missedCall", json!(true))),
            ],
            vec![("p-1-2", Missed)],
        ),
        (
            "declined",
            vec![
                one(3, party(2, "Proceeding")),
                one(4, because(party(2, "Disconnected"), "Rejected")),
            ],
            vec![("p-1-2", Declined)],
        ),
        (
            "voicemail",
            vec![
                one(3, party(2, "Proceeding")),
                one(5, party(2, "VoiceMailScreening")),
                one(6, party(2, "VoiceMail")),
                one(9, party(2, "Disconnected")),
            ],
            vec![("p-1-2", Forwarded)],
        ),
        (
            "taken out of the voicemail",
            vec![
                one(5, party(2, "VoiceMailScreening")),
                one(6, party(2, "Answered")),
                one(9, party(2, "Disconnected")),
            ],
            vec![("p-1-2", Completed)],
        ),
        (
            "called, not answered",
            vec![
                one(2, out("Setup")),
                one(3, out("Proceeding")),
                one(4, because(out("Disconnected"), "NoAnswer")),
            ],
            vec![("p-1-1", Missed)],
        ),
        (
            "a warm transfer",
            vec![
                one(3, party(2, "Setup")),
                one(4, party(2, "Answered")),
                one(7, gone),
                one(8, party(2, "Disconnected")),
            ],
            vec![("p-1-2", Transferred)],
        ),
        (
            "a blind transfer",
            vec![
                one(3, party(2, "Setup")),
                one(4, party(2, "Answered")),
                one(9, because(party(2, "Disconnected"), "BlindTransfer")),
            ],
            vec![("p-1-2", Transferred)],
        ),
        (
            "a queue tries the agent twice, with another one's party first",
            vec![
                message(4, &[other("Proceeding"), party(4, "Proceeding")]),
                message(
                    6,
                    &[other("Disconnected"), because(party(4, "Disconnected"), "AgentDropped")],
                ),
                message(8, &[party(5, "Proceeding")]),
                message(9, &[party(5, "Answered")]),
                message(12, &[party(5, "Disconnected")]),
            ],
            vec![("p-1-4", Missed), ("p-1-5", Completed)],
        ),
        (
            "another agent was faster",
            vec![
                message(4, &[other("Proceeding"), party(4, "Proceeding")]),
                message(
                    6,
                    &[other("Answered"), because(party(4, "Disconnected"), "AgentAnswered")],
                ),
            ],
            vec![("p-1-4", AnsweredElsewhere)],
        ),
    ]
}

#[test]
fn calls_end_as_what_they_were() {
    for (what, messages, ends) in scenarios() {
        let events = hear_all(&mut calls(), &messages);
        let ended: Vec<_> = events
            .iter()
            .filter_map(|event| match event.change {
                Change::Ended(reason) => Some((event.key.as_str(), reason)),
                _ => None,
            })
            .collect();
        assert_eq!(ended, ends, "{what}");
        assert!(
            events
                .iter()
                .all(|event| event.authority == Authority::Provider && !event.replay),
            "{what}"
        );
    }
}

#[test]
fn an_answered_call_step_by_step() {
    let (_, messages, _) = scenarios().swap_remove(0);
    let events = hear_all(&mut calls(), &messages);
    let expected = [
        Change::Ringing,
        Change::Answered,
        Change::Held,
        Change::Answered,
        Change::Ended(Completed),
    ];
    assert_eq!(changes(&events), expected.map(|change| ("p-1-2", change)));
    let first = &events[0];
    assert_eq!(first.provider_call_id.as_deref(), Some("s-1"));
    assert_eq!(first.direction, Some(Direction::In));
    assert_eq!(first.remote.as_ref().unwrap().raw, CALLER);
    assert_eq!(first.remote.as_ref().unwrap().display.as_deref(), Some("ADA L"));
    assert_eq!(first.local.as_ref().unwrap().display.as_deref(), Some("Agent J"));
    assert_eq!(first.route, WireRoute::default());
}

#[test]
fn only_what_belongs_to_the_owner_is_a_call_and_only_calls_are() {
    let mut calls = calls();
    let other = with(party(2, "Setup"), "/extensionId", json!("777"));
    assert_eq!(calls.hear(&notice::read(&message(1, &[other])), at(0)), []);
    for origin in ["Conference", "TestCall", "VerificationCall", "GreetingsRecording"] {
        let mut message = message(2, &[party(2, "Setup")]);
        message["uuid"] = json!(origin);
        message["body"]["origin"]["type"] = json!(origin);
        assert_eq!(calls.hear(&notice::read(&message), at(0)), [], "{origin}");
    }
}

#[test]
fn where_a_call_comes_from_and_what_is_withheld() {
    let ring = |party: Value| calls().hear(&notice::read(&message(1, &[party])), at(0)).swap_remove(0);
    let outgoing = ring(with(
        with(party(1, "Setup"), "/direction", json!("Outbound")),
        "/to",
        json!({"phoneNumber": "+12025550194", "name": "Bob"}),
    ));
    assert_eq!(outgoing.direction, Some(Direction::Out));
    assert_eq!(outgoing.remote.unwrap().raw, "+12025550194");
    assert_eq!(outgoing.local.unwrap().raw, CALLER);

    let withheld = ring(with(party(2, "Setup"), "/from", json!({"name": "Anonymous"})));
    assert_eq!(withheld.remote.unwrap().raw, "anonymous");
    let extension = ring(with(party(2, "Setup"), "/from", json!({"extensionNumber": "103"})));
    assert_eq!(extension.remote.unwrap().raw, "103");

    let queue = json!({"phoneNumber": "+12025550170", "name": "Support", "extensionId": "900"});
    let queued = ring(with(
        with(party(2, "Setup"), "/to", queue.clone()),
        "/queueCall",
        json!(true),
    ));
    assert_eq!(queued.route.queue.as_deref(), Some("Support"));
    assert_eq!(queued.route.diverted_by, []);
    let shown = json!({"primary": {"type": "QueueName", "value": "Sales"}, "additional": {"type": "CallerIdName", "value": "Ada"}});
    let named = with(
        with(party(2, "Setup"), "/uiCallInfo", shown),
        "/from",
        json!({"phoneNumber": CALLER}),
    );
    let named = ring(named);
    assert_eq!(named.route.queue.as_deref(), Some("Sales"));
    assert_eq!(named.remote.unwrap().display.as_deref(), Some("Ada"));
    let diverted = ring(with(party(2, "Setup"), "/to", queue));
    assert_eq!(diverted.route.diverted_by[0].display.as_deref(), Some("Support"));

    let hostile = ring(with(
        party(2, "Setup"),
        "/from",
        json!({"phoneNumber": "+1202\u{202e}5550143\n", "name": "A\u{0}da"}),
    ));
    assert_eq!(hostile.remote.unwrap().raw, CALLER);
}

#[test]
fn an_end_waits_for_what_was_overtaken_and_only_then() {
    let mut calls = calls();
    calls.hear(&notice::read(&message(3, &[party(2, "Setup")])), at(0));
    assert_eq!(
        calls.hear(&notice::read(&message(9, &[party(2, "Disconnected")])), at(10)),
        []
    );
    assert_eq!(calls.due(), Some(at(1010).steady));
    assert_eq!(calls.settle(at(1009)), []);
    calls.hear(&notice::read(&message(5, &[party(2, "Answered")])), at(20));
    let events = calls.settle(at(1010));
    assert_eq!(
        changes(&events),
        [("p-1-2", Change::Answered), ("p-1-2", Change::Ended(Completed))]
    );
    assert_eq!(events[1].at, at(10));
    assert_eq!(calls.due(), None);
    // The next number: nothing can be missing.
    let mut calls = self::calls();
    calls.hear(&notice::read(&message(3, &[party(2, "Setup")])), at(0));
    let events = calls.hear(&notice::read(&message(4, &[party(2, "Disconnected")])), at(10));
    assert_eq!(changes(&events), [("p-1-2", Change::Ended(Missed))]);
}

#[test]
fn a_call_that_was_moved_or_transferred_says_whose_place_it_takes() {
    let mut calls = calls();
    let events = hear_all(
        &mut calls,
        &[
            message(3, &[party(2, "Answered")]),
            message(4, &[because(party(2, "Disconnected"), "CallFlip")]),
            message(5, &[party(3, "Answered")]),
        ],
    );
    assert_eq!(
        changes(&events),
        [
            ("p-1-2", Change::Answered),
            ("p-1-2", Change::Ended(Transferred)),
            ("p-1-3", Change::Answered)
        ]
    );
    assert_eq!(events[2].replaces.as_deref(), Some("s-1"));
    assert_eq!(events[2].provider_call_id.as_deref(), Some("p-1-3"));
    assert_eq!((&events[0].replaces, &events[1].replaces), (&None, &None));
}

#[test]
fn messages_that_were_held_back_have_their_own_time() {
    let mut calls = calls();
    let told = |sequence, code: &str, time: &str| {
        let mut message = message(sequence, &[party(2, code)]);
        message["body"]["eventTime"] = Value::from(time);
        message
    };
    // Our clock is two minutes ahead.
    let answered = told(3, "Answered", "2026-11-21T23:58:00.000Z");
    assert_eq!(calls.hear(&notice::read(&answered), at(100))[0].at, at(100));
    let held = told(4, "Hold", "2026-11-21T23:58:05.000Z");
    assert_eq!(calls.hear(&notice::read(&held), at(60_100))[0].at, at(5_100));
    // Nonsense is no time.
    let late = told(5, "Answered", "1999-01-01T00:00:00Z");
    assert_eq!(calls.hear(&notice::read(&late), at(70_000))[0].at, at(70_000));
}

fn presence(calls: &[(&str, &str, &str)]) -> Presence {
    let calls: Vec<Value> = calls
        .iter()
        .map(|(session, party, status)| {
            json!({"direction": "Inbound", "from": CALLER, "fromName": "ADA L", "to": "+12025550155",
                   "telephonyStatus": status, "telephonySessionId": session, "partyId": party})
        })
        .collect();
    notice::presence(&json!({"sequence": 1, "activeCalls": calls})).unwrap()
}

#[test]
fn after_a_break_the_calls_are_as_they_are() {
    let mut calls = calls();
    calls.hear(&notice::read(&message(3, &[party(2, "Answered")])), at(0));
    let events = calls.reconcile(
        &presence(&[("s-7", "p-7-2", "Ringing"), ("s-8", "p-8-2", "OnHold")]),
        at(500_000),
    );
    assert_eq!(
        changes(&events),
        [
            ("p-1-2", Change::Ended(Unknown)),
            ("p-7-2", Change::Ringing),
            ("p-8-2", Change::Held)
        ]
    );
    assert_eq!(
        events.iter().map(|event| event.replay).collect::<Vec<_>>(),
        [false, true, true]
    );
    assert_eq!(
        calls.reconcile(
            &presence(&[("s-7", "p-7-2", "Ringing"), ("s-8", "p-8-2", "OnHold")]),
            at(500_001)
        ),
        []
    );
    // With seven listed there may be more.
    let seven: Vec<String> = (10..17).map(|n| format!("s-{n}")).collect();
    let seven: Vec<_> = seven
        .iter()
        .map(|id| (id.as_str(), id.as_str(), "CallConnected"))
        .collect();
    let events = calls.reconcile(&presence(&seven), at(500_002));
    assert!(events.iter().all(|event| event.change == Change::Answered));
    let lost = calls.lose(at(500_003));
    assert_eq!(lost.len(), 9);
    assert!(lost.iter().all(|event| event.change == Change::Ended(Unknown)) && !calls.is_busy());
}

#[test]
fn an_end_that_nobody_saw_gives_way_to_one_that_was_seen() {
    let mut calls = calls();
    calls.hear(&notice::read(&message(3, &[party(2, "Answered")])), at(0));
    assert_eq!(changes(&calls.lose(at(500_000))), [("p-1-2", Change::Ended(Unknown))]);
    assert_eq!(
        calls.hear(&notice::read(&message(4, &[party(2, "Hold")])), at(500_100)),
        []
    );
    let events = calls.hear(&notice::read(&message(5, &[party(2, "Disconnected")])), at(500_200));
    assert_eq!(changes(&events), [("p-1-2", Change::Ended(Completed))]);
    assert_eq!(
        calls.hear(&notice::read(&message(6, &[party(2, "Disconnected")])), at(500_300)),
        []
    );
}

#[test]
fn presence_alone_tells_of_a_call_too() {
    let mut calls = calls();
    let mut tell = |sequence: u64, status: &str| {
        let mut told = presence(&[("s-7", "p-7-2", status)]);
        told.sequence = Some(sequence);
        let notice = Notice {
            uuid: Some(sequence.to_string()),
            news: News::Presence(told),
        };
        calls
            .hear(&notice, at(sequence))
            .iter()
            .map(|event| event.change)
            .collect::<Vec<_>>()
    };
    assert_eq!(tell(4, "Ringing"), [Change::Ringing]);
    assert_eq!(tell(6, "CallConnected"), [Change::Answered]);
    assert_eq!(tell(5, "Ringing"), []);
    assert_eq!(tell(7, "OnHold"), [Change::Held]);
    assert_eq!(tell(8, "NoCall"), [Change::Ended(Completed)]);
    assert_eq!(tell(9, "NoCall"), []);
    // Told without its party first, and by its session then: one call.
    let mut calls = self::calls();
    let ringing = json!({"activeCalls": [{"direction": "Inbound", "from": CALLER, "telephonyStatus": "Ringing",
                                          "telephonySessionId": "s-1"}]});
    let first = calls.reconcile(&notice::presence(&ringing).unwrap(), at(0));
    assert_eq!(changes(&first), [("s-1", Change::Ringing)]);
    let events = calls.hear(&notice::read(&message(4, &[party(2, "Answered")])), at(10));
    assert_eq!(changes(&events), [("s-1", Change::Answered)]);
}

#[test]
fn ten_thousand_calls_leave_nothing_behind() {
    let mut calls = calls();
    let mut told = 0;
    for number in 0..10_000_u64 {
        for (sequence, code) in [(1, "Setup"), (2, "Answered"), (3, "Disconnected")] {
            let mut message = message(sequence, &[with(party(2, code), "/id", json!(format!("p-{number}")))]);
            message["uuid"] = json!(format!("{number}-{sequence}"));
            message["body"]["telephonySessionId"] = json!(format!("s-{number}"));
            told += calls.hear(&notice::read(&message), at(number)).len();
        }
    }
    assert_eq!(told, 30_000);
    assert!(calls.legs.len() <= MOST_LEGS && calls.seen.len() <= MOST_SEEN && !calls.is_busy());
}

#[test]
fn of_too_many_open_calls_the_oldest_ends_unseen() {
    let mut calls = calls();
    let mut last = Vec::new();
    for number in 0..=u64::try_from(MOST_LEGS).unwrap() {
        let mut message = message(1, &[with(party(2, "Setup"), "/id", json!(format!("p-{number}")))]);
        message["uuid"] = json!(number.to_string());
        message["body"]["telephonySessionId"] = json!(format!("s-{number}"));
        last = calls.hear(&notice::read(&message), at(number));
    }
    assert_eq!(
        changes(&last),
        [("p-0", Change::Ended(Unknown)), ("p-256", Change::Ringing)]
    );
}
