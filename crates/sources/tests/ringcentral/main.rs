//! The RingCentral source against a strict server made of RingCentral's documentation, with the real web and sign-in.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

mod house;
mod refused;

use std::time::Duration;

use ringside_domain::{Change, Direction, EndReason, SourceState};
use ringside_tests::ringcentral::{CALLER, Fake, party};
use serde_json::{Value, json};

use crate::{
    house::{GRANT, House, Running},
    refused::retries,
};

fn active(session: &str, party: &str, status: &str) -> Value {
    json!({
        "id": "rh48", "direction": "Inbound", "from": CALLER, "fromName": "ADA L", "to": "+12025550155",
        "telephonyStatus": status, "sessionId": "425", "telephonySessionId": session, "partyId": party,
    })
}

async fn desk() -> (House, Running) {
    let house = House::new(Fake::open().await);
    house.signed_in().await;
    let mut running = house.run();
    running.ready().await;
    (house, running)
}

async fn changes(house: &House, count: usize) -> Vec<(String, Change)> {
    house
        .told
        .next(count)
        .await
        .into_iter()
        .map(|event| (event.key, event.change))
        .collect()
}

#[tokio::test]
async fn the_person_signs_in_and_their_calls_are_told() {
    let _port = ringside_tests::ringcentral::port().await;
    let house = House::new(Fake::open().await);
    let sign_in = || ringside_sources::kinds::sign_in("ringcentral", &house.setup, &house.parts);
    // An app that may not stay signed in would fall silent after an hour.
    house.fake.rules(|rules| rules.gives_refresh = false);
    let error = sign_in().await.unwrap_err();
    assert!(error.hint.unwrap().contains("refresh tokens"));
    assert_eq!(house.keyring.names(), Vec::<String>::new());
    house.fake.rules(|rules| rules.gives_refresh = true);
    sign_in().await.unwrap();
    assert_eq!(house.keyring.names(), [GRANT]);
    let mut running = house.run();
    running.ready().await;
    assert_eq!(house.fake.said(), ["code", "code", "wstoken", "subscribe", "presence"]);

    let fake = &house.fake;
    fake.tell(3, "s-1", &[party("p-1-2", "Setup")]);
    let rang = house.told.next(1).await.swap_remove(0);
    assert_eq!(
        (rang.change, rang.direction, rang.replay),
        (Change::Ringing, Some(Direction::In), false)
    );
    assert_eq!(rang.remote.unwrap().raw, CALLER);
    assert_eq!(rang.provider_call_id.as_deref(), Some("s-1"));
    fake.tell(4, "s-1", &[party("p-1-2", "Answered")]);
    let hold = fake.tell(5, "s-1", &[party("p-1-2", "Hold")]);
    fake.repeat(&hold);
    fake.tell(6, "s-1", &[party("p-1-2", "Disconnected")]);
    let told: Vec<_> = changes(&house, 3).await.into_iter().map(|(_, change)| change).collect();
    assert_eq!(
        told,
        [Change::Answered, Change::Held, Change::Ended(EndReason::Completed)]
    );

    running.stopped().await.unwrap();
    assert_eq!(fake.said().last(), Some(&"unsubscribe"));
    fake.checked();
}

#[tokio::test]
async fn a_queue_call_with_the_owners_party_second() {
    let (house, running) = desk().await;
    let mut other = party("p-1-3", "Proceeding");
    other["extensionId"] = json!("777");
    let mut own = party("p-1-4", "Proceeding");
    own["queueCall"] = json!(true);
    own["to"] = json!({"phoneNumber": "+12025550170", "name": "Support", "extensionId": "900"});
    house.fake.tell(4, "s-1", &[other, own.clone()]);
    let rang = house.told.next(1).await.swap_remove(0);
    assert_eq!(
        (rang.key.as_str(), rang.route.queue.as_deref()),
        ("p-1-4", Some("Support"))
    );
    own["status"] = json!({"code": "Disconnected", "reason": "AgentAnswered"});
    house.fake.tell(7, "s-1", &[own]);
    assert_eq!(
        changes(&house, 1).await[0].1,
        Change::Ended(EndReason::AnsweredElsewhere)
    );
    running.stopped().await.unwrap();
    house.fake.checked();
}

#[tokio::test]
async fn calls_that_ring_or_go_on_when_we_come_are_told_as_such() {
    let house = House::new(Fake::open().await);
    house.signed_in().await;
    house.fake.rules(|rules| {
        rules.active_calls = vec![active("s-1", "p-1-2", "Ringing"), active("s-2", "p-2-2", "OnHold")];
        rules.names_owner = false;
    });
    let running = house.run();
    let events = house.told.next(2).await;
    assert!(
        events
            .iter()
            .all(|event| event.replay && event.remote.as_ref().unwrap().raw == CALLER)
    );
    assert_eq!(
        events.iter().map(|event| event.change).collect::<Vec<_>>(),
        [Change::Ringing, Change::Held]
    );
    house.fake.tell(9, "s-1", &[party("p-1-2", "Answered")]);
    let answered = house.told.next(1).await.swap_remove(0);
    assert_eq!(
        (answered.key.as_str(), answered.change, answered.replay),
        ("p-1-2", Change::Answered, false)
    );
    running.stopped().await.unwrap();
    house.fake.checked();
}

#[tokio::test]
async fn a_break_is_recovered_with_what_was_missed() {
    let (house, mut running) = desk().await;
    house.fake.tell(3, "s-1", &[party("p-1-2", "Setup")]);
    house.told.next(1).await;
    house.fake.cut().await;
    house.fake.tell(4, "s-1", &[party("p-1-2", "Answered")]);
    house.fake.tell(5, "s-1", &[party("p-1-2", "Disconnected")]);
    let told: Vec<_> = changes(&house, 2).await.into_iter().map(|(_, change)| change).collect();
    assert_eq!(told, [Change::Answered, Change::Ended(EndReason::Completed)]);
    running.ready().await;
    let subscriptions = house.fake.said().iter().filter(|said| **said == "subscribe").count();
    assert_eq!((house.fake.connections(), subscriptions), (2, 1));
    // And once more, with the token of the recovered connection.
    house.fake.cut().await;
    house.fake.listening(3).await;
    house.fake.tell(6, "s-2", &[party("p-2-2", "Setup")]);
    assert_eq!(changes(&house, 1).await[0].1, Change::Ringing);
    running.stopped().await.unwrap();
    assert_eq!(house.fake.said().last(), Some(&"unsubscribe"));
    house.fake.checked();
}

#[tokio::test]
async fn after_a_break_that_was_too_long_the_calls_are_asked_for() {
    let (house, running) = desk().await;
    house.fake.tell(3, "s-1", &[party("p-1-2", "Answered")]);
    house.fake.tell(3, "s-2", &[party("p-2-2", "Setup")]);
    house.told.next(2).await;
    // The gateway has forgotten us; one call went on, one ended, one began.
    house.fake.forget_sessions();
    house.fake.rules(|rules| {
        rules.active_calls = vec![active("s-1", "p-1-2", "OnHold"), active("s-3", "p-3-2", "Ringing")];
    });
    house.fake.cut().await;
    let events = house.told.next(3).await;
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.key.as_str(), event.change, event.replay))
        .collect();
    assert_eq!(
        told,
        [
            ("p-2-2", Change::Ended(EndReason::Unknown), false),
            ("p-1-2", Change::Held, true),
            ("p-3-2", Change::Ringing, true),
        ]
    );
    house.fake.listening(2).await;
    running.stopped().await.unwrap();
    house.fake.checked();
}

#[tokio::test]
async fn past_the_recovery_time_no_recovery_is_asked_for() {
    let house = House::new(Fake::open().await);
    house.signed_in().await;
    house.fake.rules(|rules| rules.recovery = 1);
    let mut running = house.run();
    running.ready().await;
    // Two seconds and more pass before the next try.
    house.fake.cut().await;
    let (trouble, after) = retries(&mut running).await;
    assert!(after >= Duration::from_secs(2), "{after:?}");
    assert_eq!(trouble.message, "localhost closed the connection");
    house.fake.listening(2).await;
    let subscriptions = house.fake.said().iter().filter(|said| **said == "subscribe").count();
    assert_eq!(subscriptions, 2);
    running.stopped().await.unwrap();
    house.fake.checked();
}

#[tokio::test]
async fn the_gateway_ends_a_connection_once_a_day() {
    let (house, mut running) = desk().await;
    house.fake.fault("WSG-903");
    let state = running.until(|state| !matches!(state, SourceState::Ready { .. })).await;
    if let SourceState::Retrying { trouble, .. } = state {
        assert_eq!(trouble.message, "localhost ended the connection (WSG-903)");
    }
    house.fake.listening(2).await;
    house.fake.tell(3, "s-1", &[party("p-1-2", "Setup")]);
    assert_eq!(changes(&house, 1).await[0].1, Change::Ringing);
    running.stopped().await.unwrap();
    house.fake.checked();
}

#[tokio::test]
async fn silence_is_broken_by_heartbeats_and_a_dead_connection_is_noticed() {
    let house = House::new(Fake::open().await);
    house.signed_in().await;
    house.fake.rules(|rules| rules.idle = 3);
    let mut running = house.run();
    running.ready().await;
    while house.fake.said().iter().filter(|said| **said == "heartbeat").count() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(matches!(&*running.state.borrow(), SourceState::Ready { .. }));
    assert_eq!(house.fake.connections(), 1);
    house.fake.rules(|rules| rules.answers_heartbeats = false);
    let (trouble, _) = retries(&mut running).await;
    assert_eq!(trouble.message, "localhost does not answer any more");
    running.stopped().await.unwrap();
    house.fake.checked();
}

#[tokio::test]
async fn the_sign_in_is_renewed_before_it_runs_out_and_when_it_did() {
    let house = House::new(Fake::open().await);
    house.fake.rules(|rules| (rules.idle, rules.access_lives) = (3, 2));
    house.signed_in().await;
    let mut running = house.run();
    running.ready().await;
    while !house.fake.said().contains(&"refresh") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(house.fake.connections(), 1, "the connection stands");
    // RingCentral forgets it early: the next request is refused, and asked again with a new one.
    house.fake.rules(|rules| rules.access_lives = 3600);
    house.fake.expire_access();
    house.fake.cut().await;
    house.fake.listening(2).await;
    house.fake.tell(3, "s-1", &[party("p-1-2", "Setup")]);
    assert_eq!(changes(&house, 1).await[0].1, Change::Ringing);
    running.stopped().await.unwrap();
    house.fake.checked();
}

#[tokio::test]
async fn what_cannot_be_read_costs_nothing_else() {
    let (house, running) = desk().await;
    for text in [
        "",
        "hello",
        "[]",
        "[{}]",
        "[{\"type\":\"ServerNotification\"},{\"event\":\"/telephony/sessions\",\"body\":7}]",
    ] {
        house.fake.say_raw(text);
    }
    house
        .fake
        .tell(3, "s-1", &[json!({"id": 7}), json!("?"), party("p-1-2", "Setup")]);
    assert_eq!(changes(&house, 1).await, [("p-1-2".to_owned(), Change::Ringing)]);
    assert_eq!(house.fake.connections(), 1);
    // Far too long: the connection ends, and comes back.
    house.fake.say_raw(&"x".repeat(300_000));
    house.fake.listening(2).await;
    running.stopped().await.unwrap();
    assert!(house.told.is_empty());
    house.fake.checked();
}
