//! What breaks on the way: servers that restart, programs that are killed or put to sleep, goodbyes.

use std::time::{Duration, Instant};

use ringside_domain::{Direction, EndReason};
use ringside_tests::phone_desk::{KNOWN_WITHIN, PhoneDesk};
use rustix::process::Signal;

use crate::{
    calls::{AGENT, bench, is, line, ms, talk},
    party::{ADA, GRACE, Part, Party, register, register_at},
    pbx::{Ask, Pbx},
    process::until,
    watcher::Watcher,
};

/// A connection that broke is noticed at once, and tried again after a second.
const BACK_WITHIN: Duration = Duration::from_secs(8);

/// Two who talk for longer than the test takes.
async fn talking(pbx: &Pbx, desk: &PhoneDesk, contact: u16) -> [Party; 2] {
    let agent = Part::phone(contact, ms(200)).starts(pbx).await;
    let caller = Part::caller(ADA, AGENT, ms(60_000)).starts(pbx).await;
    desk.open("answered").await;
    [agent, caller]
}

/// A server that restarted knows nothing of them any more: nobody saw the end. Of the next call it tells again.
async fn forgotten(pbx: &Pbx, desk: &PhoneDesk, contact: u16, two: [Party; 2], within: Duration) {
    let calls = desk.ended(1, within).await;
    is(&calls[0], Direction::In, EndReason::Unknown, "+14155550100");
    drop(two);
    register_at(pbx, AGENT, contact).await;
    talk(pbx, contact, GRACE).await;
    let calls = desk.ended(2, KNOWN_WITHIN).await;
    is(&calls[1], Direction::In, EndReason::Completed, "+442079460000");
}

#[tokio::test]
async fn the_server_restarts_in_the_middle_of_a_call() {
    let mut pbx = Pbx::start().await;
    let (desk, mut phone, contact) = bench(&pbx, "tcp").await;
    let two = talking(&pbx, &desk, contact).await;
    pbx.down();
    phone.retrying(KNOWN_WITHIN).await;
    pbx.up().await;
    phone.ready().await;
    forgotten(&pbx, &desk, contact, two, BACK_WITHIN).await;
}

/// Over UDP nothing breaks: the server is asked again when the subscription is due, knows nothing of it, and gets a new one.
#[tokio::test]
#[ignore = "half a minute: ./dev real sip"]
async fn the_server_restarts_unnoticed() {
    let mut pbx = Pbx::with(Ask {
        longest: 20,
        ..Ask::default()
    })
    .await;
    let (desk, _phone, contact) = bench(&pbx, "udp").await;
    let two = talking(&pbx, &desk, contact).await;
    pbx.down();
    pbx.up().await;
    forgotten(&pbx, &desk, contact, two, Duration::from_secs(20)).await;
}

#[tokio::test]
#[ignore = "a minute: ./dev real sip"]
async fn watched_for_longer_than_a_subscription() {
    let pbx = Pbx::with(Ask {
        longest: 12,
        ..Ask::default()
    })
    .await;
    let (desk, phone, contact) = bench(&pbx, "udp").await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(pbx.noted("within SUBSCRIBE 201") >= 3, "{}", pbx.said());
    assert_eq!(pbx.noted("new SUBSCRIBE 201"), 1, "renewed, not begun again");
    talk(&pbx, contact, ADA).await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "+14155550100");
    phone.stops().await;
}

/// Stopped, it leaves nobody behind to whom the server goes on talking.
#[tokio::test]
async fn it_says_goodbye() {
    let pbx = Pbx::start().await;
    for (turn, transport) in ["udp", "tcp"].into_iter().enumerate() {
        let (_desk, phone, contact) = bench(&pbx, transport).await;
        phone.stops().await;
        pbx.notes("within SUBSCRIBE 201 expires 0", turn + 1, KNOWN_WITHIN)
            .await;
        tokio::time::sleep(ms(300)).await;
        let sent = pbx.noted("sent NOTIFY 201");
        talk(&pbx, contact, ADA).await;
        assert_eq!(
            pbx.noted("sent NOTIFY 201"),
            sent,
            "{transport}: somebody is still told\n{}",
            pbx.said()
        );
    }
}

/// Its subscription lives on at the server; the next one knows what rings all the same.
#[tokio::test]
async fn the_watcher_is_killed_while_it_rings() {
    let pbx = Pbx::start().await;
    let contact = register(&pbx, AGENT).await;
    let mut killed = Watcher::start(&pbx, "udp").await;
    let agent = Part::phone(contact, ms(2_500)).starts(&pbx).await;
    let caller = Part::caller(ADA, AGENT, ms(300)).starts(&pbx).await;
    killed.says("in ringing +14155550100", 1, KNOWN_WITHIN).await;
    killed.program.kill();

    let desk = PhoneDesk::new().await;
    let mut phone = desk.listens(line(&pbx, "udp"));
    phone.ready().await;
    desk.open("ringing").await;
    caller.done().await;
    agent.done().await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "+14155550100");
}

/// A computer that slept while its subscription ran out. A stopped process sees what a sleeping one does: no time at all.
#[tokio::test]
#[ignore = "half a minute: ./dev real sip"]
async fn it_sleeps_past_the_end_of_its_subscription() {
    for transport in ["udp", "tcp"] {
        let pbx = Pbx::with(Ask {
            longest: 12,
            ..Ask::default()
        })
        .await;
        let contact = register(&pbx, AGENT).await;
        let watcher = Watcher::start(&pbx, transport).await;
        let agent = Part::phone(contact, ms(300)).times(2, 10).starts(&pbx).await;
        // It rings and is answered before, and ends during the sleep.
        let caller = Part::caller(ADA, AGENT, ms(4_000)).starts(&pbx).await;
        watcher.says("in answered +14155550100", 1, KNOWN_WITHIN).await;
        watcher.program.signal(Signal::STOP);
        caller.done().await;
        tokio::time::sleep(Duration::from_secs(15)).await;
        watcher.program.signal(Signal::CONT);
        let woken = Instant::now();
        until("the end of the call", BACK_WITHIN, || {
            watcher.lines("in completed +14155550100") + watcher.lines("in unknown +14155550100") == 1
        })
        .await;
        println!("{transport}: the end was known {:?} after waking", woken.elapsed());
        Part::caller(GRACE, AGENT, ms(300)).plays(&pbx).await;
        agent.done().await;
        watcher.says("in completed +442079460000", 1, KNOWN_WITHIN).await;
        assert_eq!(
            watcher.lines("in ringing +442079460000"),
            1,
            "{}",
            watcher.program.said()
        );
    }
}
