//! Calls as they happen every day, each seen to its end.

use std::time::Duration;

use ringside_domain::{Call, CallState, Direction, EndReason, phone::Reading};
use ringside_tests::{
    phone::{Line, Phone},
    phone_desk::{KNOWN_WITHIN, PhoneDesk},
};

use crate::{
    party::{ADA, COLLEAGUE, GRACE, NOBODY, Part, register},
    pbx::Pbx,
    softphone::Softphone,
};

pub const AGENT: &str = "201";

pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A PBX, a desk that watches the agent's account on it, and the port of the agent's phone.
pub async fn bench(pbx: &Pbx, transport: &str) -> (PhoneDesk, Phone, u16) {
    let desk = PhoneDesk::new().await;
    let mut phone = desk.listens(line(pbx, transport));
    let contact = register(pbx, AGENT).await;
    phone.ready().await;
    (desk, phone, contact)
}

pub fn line(pbx: &Pbx, transport: &str) -> Line {
    Line::sip(AGENT, transport, &format!("127.0.0.1:{}", pbx.port))
}

/// An answered call from the first ring to the end.
pub async fn talk(pbx: &Pbx, contact: u16, from: &str) {
    let agent = Part::phone(contact, ms(200)).starts(pbx).await;
    Part::caller(from, AGENT, ms(200)).plays(pbx).await;
    agent.done().await;
}

pub fn number(call: &Call) -> &str {
    call.remote.reading.number().map_or("none", |number| number.e164())
}

#[track_caller]
pub fn is(call: &Call, direction: Direction, end: EndReason, from: &str) {
    assert_eq!(
        (call.direction, call.state),
        (direction, CallState::Ended(end)),
        "{call:#?}"
    );
    assert_eq!(number(call), from, "{call:#?}");
    assert_eq!(call.talked.is_some(), end == EndReason::Completed, "{call:#?}");
}

#[tokio::test]
async fn answered() {
    let pbx = Pbx::start().await;
    let (desk, phone, contact) = bench(&pbx, "udp").await;
    let agent = Part::phone(contact, ms(300)).starts(&pbx).await;
    let caller = Part::caller(ADA, AGENT, ms(500)).starts(&pbx).await;
    let ringing = desk.open("ringing").await;
    assert_eq!(number(&ringing), "+14155550100");
    desk.open("answered").await;
    caller.done().await;
    agent.done().await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "+14155550100");
    assert!(calls[0].talked.unwrap() >= ms(400), "{calls:?}");
    phone.stops().await;
}

#[tokio::test]
async fn missed() {
    let pbx = Pbx::start().await;
    let (desk, _phone, contact) = bench(&pbx, "tcp").await;
    let agent = Part::phone(contact, ms(9_000)).starts(&pbx).await;
    Part::canceller(GRACE, AGENT, ms(600)).plays(&pbx).await;
    agent.done().await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Missed, "+442079460000");
}

/// This server tells of the end, and not why: nobody answered, that is all a watcher knows.
#[tokio::test]
async fn declined() {
    let pbx = Pbx::start().await;
    let (desk, _phone, contact) = bench(&pbx, "udp").await;
    let agent = Part::decliner(contact, ms(300), 603).starts(&pbx).await;
    Part::caller(COLLEAGUE, AGENT, ms(100)).plays(&pbx).await;
    agent.done().await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Missed, "none");
    assert!(matches!(calls[0].remote.reading, Reading::Extension(_)), "{calls:#?}");
}

#[tokio::test]
async fn given_up_at_once() {
    let pbx = Pbx::start().await;
    let (desk, _phone, contact) = bench(&pbx, "udp").await;
    for _ in 0..5 {
        let agent = Part::phone(contact, ms(9_000)).starts(&pbx).await;
        Part::canceller(ADA, AGENT, ms(30)).plays(&pbx).await;
        agent.done().await;
    }
    let calls = desk.ended(5, KNOWN_WITHIN).await;
    for call in &calls {
        is(call, Direction::In, EndReason::Missed, "+14155550100");
    }
}

#[tokio::test]
async fn anonymous() {
    let pbx = Pbx::start().await;
    let (desk, _phone, contact) = bench(&pbx, "udp").await;
    let agent = Part::phone(contact, ms(200)).starts(&pbx).await;
    let caller = Part::caller(NOBODY, AGENT, ms(200)).header("Privacy: id");
    caller.plays(&pbx).await;
    agent.done().await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "none");
    assert_eq!(calls[0].remote.reading, Reading::Withheld);
}

#[tokio::test]
async fn outgoing() {
    let pbx = Pbx::start().await;
    let (desk, _phone, _) = bench(&pbx, "tcp").await;
    let there = register(&pbx, "+14155550123").await;
    let callee = Part::phone(there, ms(300)).starts(&pbx).await;
    let mut agent = Softphone::start(&pbx, AGENT).await;
    agent.does("dial", "sip:+14155550123@pbx.test").await;
    desk.open("ringing").await;
    // This server tells now and then, in the same moment, that the phone which called plays nothing yet: a hold.
    let call = desk.open_in(&["answered", "held"]).await;
    assert_eq!((call.direction, number(&call)), (Direction::Out, "+14155550123"));
    agent.does("hangup", "").await;
    callee.done().await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::Out, EndReason::Completed, "+14155550123");
}

#[tokio::test]
async fn a_second_call_waits() {
    let pbx = Pbx::start().await;
    let (desk, _phone, contact) = bench(&pbx, "udp").await;
    let agent = Part::phone(contact, ms(400)).times(2, 10).starts(&pbx).await;
    let first = Part::caller(ADA, AGENT, ms(2_000)).starts(&pbx).await;
    desk.open("answered").await;
    let second = Part::caller(GRACE, AGENT, ms(300)).starts(&pbx).await;
    let waiting = desk.open("ringing").await;
    assert_eq!(number(&waiting), "+442079460000");
    assert_eq!(
        number(&desk.open("answered").await),
        "+14155550100",
        "the first call goes on"
    );
    second.done().await;
    first.done().await;
    agent.done().await;
    let calls = desk.ended(2, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "+14155550100");
    is(&calls[1], Direction::In, EndReason::Completed, "+442079460000");
    assert!(calls[0].talked > calls[1].talked, "{calls:#?}");
}

/// A server that tells of one call at a time, the most interesting one: what it leaves out goes on.
#[tokio::test]
async fn one_dialog_a_body() {
    let pbx = Pbx::switched(&["SINGLE"]).await;
    let (desk, _phone, contact) = bench(&pbx, "udp").await;
    let agent = Part::phone(contact, ms(1_000)).times(2, 10).starts(&pbx).await;
    let first = Part::caller(ADA, AGENT, ms(3_000)).starts(&pbx).await;
    desk.open("answered").await;
    let second = Part::canceller(GRACE, AGENT, ms(500)).starts(&pbx).await;
    let waiting = desk.open("ringing").await;
    assert_eq!(number(&waiting), "+442079460000");
    second.done().await;
    assert_eq!(
        number(&desk.open("answered").await),
        "+14155550100",
        "the first goes on"
    );
    first.done().await;
    agent.done().await;
    let calls = desk.ended(2, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "+14155550100");
    is(&calls[1], Direction::In, EndReason::Missed, "+442079460000");
}

#[tokio::test]
async fn no_identities() {
    let pbx = Pbx::switched(&["NUMBERLESS"]).await;
    let (desk, mut phone, contact) = bench(&pbx, "udp").await;
    talk(&pbx, contact, ADA).await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "none");
    phone.notes("no_numbers").await;
}

#[tokio::test]
async fn digest_by_sha_256_and_none_at_all() {
    for switch in ["SHA256", "NOAUTH"] {
        let pbx = Pbx::switched(&[switch]).await;
        let desk = PhoneDesk::new().await;
        let mut phone = desk.listens(line(&pbx, "udp"));
        phone.ready().await;
        assert_eq!(pbx.noted("new SUBSCRIBE 201"), 1, "{}", pbx.said());
        phone.stops().await;
    }
}

/// The newest body of a server holds calls that ended before anybody watched.
#[tokio::test]
async fn what_ended_before_does_not_ring() {
    let pbx = Pbx::start().await;
    let contact = register(&pbx, AGENT).await;
    let agent = Part::phone(contact, ms(100)).times(2, 10).starts(&pbx).await;
    Part::caller(GRACE, AGENT, ms(100)).plays(&pbx).await;
    let desk = PhoneDesk::new().await;
    let mut phone = desk.listens(line(&pbx, "udp"));
    phone.ready().await;
    tokio::time::sleep(ms(500)).await;
    assert_eq!(desk.calls().await, [], "an old call rang");
    Part::caller(ADA, AGENT, ms(100)).plays(&pbx).await;
    agent.done().await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "+14155550100");
}
