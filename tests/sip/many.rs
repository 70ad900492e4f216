//! Many calls: at once, and in a night.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use ringside_domain::{Call, CallState, Direction, EndReason};
use ringside_tests::{
    phone::Line,
    phone_desk::{KNOWN_WITHIN, PhoneDesk},
};

use crate::{
    calls::{AGENT, bench, is, ms, number},
    notifier::{Notifier, Told},
    party::{NUMBERED, Part},
    pbx::Pbx,
    watcher::Watcher,
};

/// This server lists ended calls for a while: bodies grow beyond what fits a small datagram.
async fn burst(transport: &str, calls: u32, rate: u32, ring: u64, talk: u64) {
    let pbx = Pbx::start().await;
    let (desk, _phone, contact) = bench(&pbx, transport).await;
    let agent = Part::phone(contact, ms(ring)).times(calls, rate).starts(&pbx).await;
    Part::caller(NUMBERED, AGENT, ms(talk))
        .times(calls, rate)
        .plays(&pbx)
        .await;
    agent.done().await;
    let seen = desk.ended(calls as usize, KNOWN_WITHIN).await;
    let numbers: BTreeSet<&str> = seen.iter().map(number).collect();
    assert_eq!(numbers.len(), calls as usize, "each caller once: {numbers:?}");
    for call in &seen {
        is(call, Direction::In, EndReason::Completed, number(call));
    }
}

#[tokio::test]
async fn forty_calls_over_tcp() {
    burst("tcp", 40, 10, 300, 300).await;
}

#[tokio::test]
async fn forty_calls_over_udp() {
    burst("udp", 40, 10, 300, 300).await;
}

/// A body that arrives cut moves the watcher over to TCP, where the first one lists everything; no call rings twice.
#[tokio::test]
async fn from_udp_over_to_tcp() {
    let (place, datagrams) = Notifier::places().await;
    let desk = PhoneDesk::new().await;
    let mut phone = desk.listens(Line::sip(AGENT, "udp-tcp", &place.local_addr().unwrap().to_string()));
    let ring = |ids: Range<u32>| ids.map(|id| told(id, "early")).collect::<Vec<_>>();
    Notifier::cuts(&datagrams, &ring(0..1), &ring(0..40)).await;
    let mut notifier = Notifier::serves(&place, &ring(0..40)).await;
    phone.notes("over_tcp").await;
    let all_ring = |calls: &[Call]| calls.iter().filter(|call| call.state == CallState::Ringing).count() == 40;
    desk.sees("40 that ring", KNOWN_WITHIN, all_ring).await;
    notifier
        .tells(&(0..40).map(|id| told(id, "terminated")).collect::<Vec<_>>())
        .await;
    desk.ended(40, KNOWN_WITHIN).await;
}

/// A queue in which two hundred wait: each is a call of its own, and all end.
#[tokio::test]
async fn two_hundred_ring_at_once() {
    let place = Notifier::place().await;
    let desk = PhoneDesk::new().await;
    let _phone = desk.listens(Line::sip(AGENT, "tcp", &place.local_addr().unwrap().to_string()));
    let mut notifier = Notifier::serves(&place, &[]).await;
    let all = |state| (0..200).map(|id| told(id, state)).collect::<Vec<_>>();
    notifier.tells(&all("early")).await;
    let ring = |calls: &[Call]| calls.iter().filter(|call| call.state == CallState::Ringing).count() == 200;
    desk.sees("200 that ring", KNOWN_WITHIN, ring).await;
    notifier.tells(&all("terminated")).await;
    for call in desk.ended(200, KNOWN_WITHIN).await {
        assert_eq!(call.state, CallState::Ended(EndReason::Missed));
    }
}

/// After so many thousand calls the journal's page cache has the size that it keeps: 16 MB.
const EVENING: usize = 17;
/// Thousands of calls in all: ten of them are the night.
const MORNING: usize = EVENING + 10;

/// Ten thousand calls change neither memory nor speed. The watcher is a program of its own, with its journal on a file. The calls
/// come as fast as the disk takes them: what waits for it would count as memory.
#[tokio::test]
#[ignore = "some minutes: ./dev real sip"]
async fn ten_thousand_calls_in_a_night() {
    let folder = tempfile::Builder::new().prefix("ringside-night.").tempdir().unwrap();
    let place = Notifier::place().await;
    let server = place.local_addr().unwrap().to_string();
    let mut watcher = Watcher::with_journal(folder.path(), &server, &folder.path().join("journal"));
    let mut notifier = Notifier::serves(&place, &[]).await;
    watcher.says("ready", 1, KNOWN_WITHIN).await;
    let mut memory = Vec::new();
    let mut work = Vec::new();
    for hundred in 1..=MORNING * 10 {
        for call in (hundred - 1) * 100..hundred * 100 {
            notifier.has_a_call(u32::try_from(call).unwrap()).await;
        }
        watcher.says("kept", hundred, Duration::from_secs(30)).await;
        if hundred.is_multiple_of(10) {
            memory.push(watcher.memory());
            work.push(watcher.worked());
        }
    }
    println!("after each thousand: KiB of memory {memory:?}, clock ticks of work {work:?}");
    let grown = memory[MORNING - 1].saturating_sub(memory[EVENING - 1]);
    assert!(grown < 1_024, "by {grown} KiB in ten thousand calls: {memory:?}");
    let took = |thousand: usize| work[thousand - 1] - work[thousand - 2];
    assert!(took(MORNING) < took(2) * 2, "it becomes slow: {work:?}");
    assert_eq!(watcher.completed(), MORNING * 1_000, "no call is told twice");
}

impl Notifier {
    /// One that rings, is answered and ends. The one before is listed once more, as servers do.
    async fn has_a_call(&mut self, id: u32) {
        for state in ["early", "confirmed", "terminated"] {
            let before = id.checked_sub(1).map(|id| told(id, "terminated"));
            let dialogs: Vec<Told> = before.into_iter().chain([told(id, state)]).collect();
            self.tells(&dialogs).await;
        }
    }
}

fn told(id: u32, state: &'static str) -> Told {
    Told {
        id,
        state,
        number: format!("+141555501{:02}", id % 100),
    }
}
