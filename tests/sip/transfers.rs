//! Held, waiting, passed on: baresip as the agent's phone, told what to do.

use ringside_domain::{Direction, EndReason, phone::Reading};
use ringside_tests::{
    phone::Line,
    phone_desk::{KNOWN_WITHIN, PhoneDesk},
};

use crate::{
    calls::{AGENT, is, line, ms},
    party::{ADA, GRACE, Part, register},
    pbx::Pbx,
    softphone::{Program, Softphone},
};

const COLLEAGUE: &str = "202";

/// The agent took a call from a colleague's phone; both can be told what to do.
async fn talking(pbx: &Pbx) -> (Softphone, Softphone) {
    let mut agent = Softphone::start(pbx, AGENT).await;
    let mut caller = Softphone::start(pbx, "301").await;
    caller.does("dial", "sip:201@pbx.test").await;
    agent.told("CALL_INCOMING", 1).await;
    agent.accepts().await;
    agent.told("CALL_ESTABLISHED", 1).await;
    (agent, caller)
}

/// This server does not look into re-INVITEs: a held call is an answered one to it, and stays one call.
#[tokio::test]
async fn held_and_taken_back() {
    let pbx = Pbx::start().await;
    let desk = PhoneDesk::new().await;
    let mut phone = desk.listens(line(&pbx, "udp"));
    phone.ready().await;
    let (mut agent, _caller) = talking(&pbx).await;
    desk.open("answered").await;
    agent.does("hold", "").await;
    agent.told("CALL_REMOTE_SDP", 1).await;
    agent.does("resume", "").await;
    tokio::time::sleep(ms(300)).await;
    desk.open("answered").await;
    agent.does("hangup", "").await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "none");
    assert!(matches!(calls[0].remote.reading, Reading::Extension(_)), "{calls:#?}");
}

/// REFER: the agent is out, the colleague's phone rings with the same caller.
#[tokio::test]
async fn passed_on_unseen() {
    let pbx = Pbx::start().await;
    let (desk, other) = (PhoneDesk::new().await, PhoneDesk::new().await);
    let mut phone = desk.listens(line(&pbx, "udp"));
    let mut watched = other.listens(Line::sip(COLLEAGUE, "udp", &format!("127.0.0.1:{}", pbx.port)));
    phone.ready().await;
    watched.ready().await;
    let there = register(&pbx, COLLEAGUE).await;
    let colleague = Part::phone(there, ms(300)).starts(&pbx).await;
    let (mut agent, mut caller) = talking(&pbx).await;
    desk.open("answered").await;
    agent.does("transfer", "sip:202@pbx.test").await;
    other.open("answered").await;
    agent.told("CALL_CLOSED", 1).await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "none");
    caller.does("hangup", "").await;
    colleague.done().await;
    let calls = other.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "none");
}

/// The agent asks the colleague first, then puts both together and is out: two calls of the agent's, each with its own end. (A
/// server that names what replaces what is in the tables of the tracker; this one does not.)
#[tokio::test]
async fn passed_on_after_asking() {
    let pbx = Pbx::start().await;
    let desk = PhoneDesk::new().await;
    let mut phone = desk.listens(line(&pbx, "tcp"));
    phone.ready().await;
    let there = register(&pbx, COLLEAGUE).await;
    let colleague = Part::phone(there, ms(200)).starts(&pbx).await;
    let (mut agent, caller) = talking(&pbx).await;
    let first = desk.open("answered").await;
    // baresip holds the one for the other.
    agent.does("dial", "sip:202@pbx.test").await;
    let both = desk
        .sees("both calls answered", KNOWN_WITHIN, |calls| {
            calls.iter().filter(|call| call.state.code() == "answered").count() == 2
        })
        .await;
    assert_eq!((both[0].id, both[1].direction), (first.id, Direction::Out));
    agent.does("hangup", "").await;
    agent.told("CALL_CLOSED", 1).await;
    agent.does("hangup", "").await;
    caller.told("CALL_CLOSED", 1).await;
    colleague.done().await;
    let calls = desk.ended(2, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "none");
    is(&calls[1], Direction::Out, EndReason::Completed, "none");
}

/// The server and the phone tell of the same calls, each in its own way: each is one.
#[tokio::test]
async fn told_by_the_server_and_by_the_phone() {
    let pbx = Pbx::start().await;
    let program = Program::start(&pbx, AGENT, true).await;
    let desk = PhoneDesk::new().await;
    let mut watcher = desk.listens(line(&pbx, "tcp"));
    let softphone = Line::new("baresip", "phone/baresip").with("server", &format!("127.0.0.1:{}", program.control));
    let mut softphone = desk.listens(softphone);
    watcher.ready().await;
    softphone.ready().await;
    // What the first two seconds tell counts as what was there before: nobody knows when that was answered.
    tokio::time::sleep(ms(2_100)).await;
    Part::caller(ADA, AGENT, ms(400)).plays(&pbx).await;
    Part::caller(GRACE, AGENT, ms(400)).plays(&pbx).await;
    let calls = desk.ended(2, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "+14155550100");
    is(&calls[1], Direction::In, EndReason::Completed, "+442079460000");
}
