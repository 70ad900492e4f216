//! What stops the source, and what it says then: the server, the reason, the next step, and no secret.

use std::{collections::HashSet, sync::Arc, time::Duration};

use ringside_domain::{Change, EndReason, Kind, SourceState, Trouble};
use ringside_tests::ringcentral::{Fake, OWNER, party};
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;

use crate::{
    active, changes,
    house::{House, Running, TestTls},
};

async fn stops(house: &House) -> Trouble {
    let mut running = house.run();
    let state = running
        .until(|state| matches!(state, SourceState::Stopped { .. }))
        .await;
    let SourceState::Stopped { trouble } = state else {
        panic!("stopped")
    };
    let error = running.ended().await.unwrap_err();
    assert_eq!((error.kind, &*error.message), (trouble.kind, &*trouble.message));
    secretless(&trouble);
    house.fake.checked();
    trouble
}

/// The next trouble that it tries again after, and the pause.
pub async fn retries(running: &mut Running) -> (Trouble, Duration) {
    let state = running
        .until(|state| matches!(state, SourceState::Retrying { .. }))
        .await;
    let SourceState::Retrying { trouble, after } = state else {
        panic!("retrying")
    };
    secretless(&trouble);
    (trouble, after)
}

fn secretless(trouble: &Trouble) {
    let text = format!("{trouble:?}");
    assert!(!text.contains("secret") && !text.contains("access_token"), "{text}");
}

#[tokio::test]
async fn nobody_signed_in() {
    let house = House::new(Fake::open().await);
    let trouble = stops(&house).await;
    assert_eq!(
        (trouble.kind, trouble.hint.as_deref()),
        (Kind::SignInNeeded, Some("Sign in"))
    );
    assert_eq!(house.fake.said(), Vec::<&str>::new());
}

#[tokio::test]
async fn the_sign_in_was_ended() {
    let house = House::new(Fake::open().await);
    house.signed_in().await;
    house.fake.revoke();
    let trouble = stops(&house).await;
    assert_eq!(trouble.kind, Kind::SignInNeeded);
    assert_eq!(house.fake.said(), ["wstoken", "refresh"]);

    // In the middle of a call: of its end, nobody knows.
    let house = House::new(Fake::open().await);
    house.signed_in().await;
    let mut running = house.run();
    running.ready().await;
    house.fake.tell(3, "s-1", &[party("p-1-2", "Answered")]);
    house.told.next(1).await;
    house.fake.revoke();
    house.fake.cut().await;
    assert_eq!(changes(&house, 1).await[0].1, Change::Ended(EndReason::Unknown));
    assert_eq!(running.ended().await.unwrap_err().kind, Kind::SignInNeeded);
}

#[tokio::test]
async fn permissions_that_are_missing_are_named() {
    let house = House::new(Fake::open().await);
    house.signed_in().await;
    house.fake.rules(|rules| rules.permissions = HashSet::new());
    let trouble = stops(&house).await;
    assert_eq!(trouble.kind, Kind::Forbidden);
    assert_eq!(
        trouble.message,
        "localhost does not let the app listen to calls: the permission WebSocketsSubscription is missing \
         (status 403, CMN-401)"
    );

    house
        .fake
        .rules(|rules| rules.permissions = HashSet::from(["WebSocketsSubscription"]));
    let trouble = stops(&house).await;
    assert_eq!(trouble.kind, Kind::Forbidden);
    assert!(
        trouble.message.contains("the permission CallControl is missing"),
        "{}",
        trouble.message
    );
    assert!(trouble.hint.unwrap().contains("Developer Console"));

    let house = House::new(Fake::open().await);
    house.fake.rules(|rules| {
        rules.names_owner = false;
        rules.permissions.remove("ReadAccounts");
    });
    house.signed_in().await;
    let trouble = stops(&house).await;
    assert!(
        trouble.message.contains("the permission ReadAccounts is missing"),
        "{}",
        trouble.message
    );
}

#[tokio::test]
async fn without_presence_the_calls_of_a_long_break_end_unknown_and_that_is_said() {
    let house = House::new(Fake::open().await);
    house.fake.rules(|rules| rules.permissions.remove("ReadPresence"));
    house.signed_in().await;
    let mut running = house.run();
    let state = running.until(|state| matches!(state, SourceState::Ready { .. })).await;
    let SourceState::Ready { notes } = state else {
        panic!("ready")
    };
    assert_eq!(notes.iter().map(|note| note.code).collect::<Vec<_>>(), ["no_presence"]);
    house.fake.tell(3, "s-1", &[party("p-1-2", "Answered")]);
    house.told.next(1).await;
    house.fake.forget_sessions();
    house.fake.cut().await;
    assert_eq!(changes(&house, 1).await[0].1, Change::Ended(EndReason::Unknown));
    running.stopped().await.unwrap();
    house.fake.checked();
}

#[tokio::test]
async fn without_call_control_presence_tells_of_calls() {
    let house = House::new(Fake::open().await);
    house.fake.rules(|rules| rules.permissions.remove("CallControl"));
    house.signed_in().await;
    let mut running = house.run();
    let state = running.until(|state| matches!(state, SourceState::Ready { .. })).await;
    let SourceState::Ready { notes } = state else {
        panic!("ready")
    };
    assert_eq!(
        notes.iter().map(|note| note.code).collect::<Vec<_>>(),
        ["presence_only"]
    );
    let event = format!("/restapi/v1.0/account/8/extension/{OWNER}/presence?detailedTelephonyState=true");
    for (sequence, status) in [(7, "Ringing"), (8, "CallConnected"), (9, "NoCall")] {
        let body = json!({"extensionId": OWNER, "telephonyStatus": status, "sequence": sequence,
                          "activeCalls": [active("s-1", "p-1-2", status)]});
        house.fake.notify(&event, body);
    }
    let told: Vec<_> = changes(&house, 3).await.into_iter().map(|(_, change)| change).collect();
    assert_eq!(
        told,
        [Change::Ringing, Change::Answered, Change::Ended(EndReason::Completed)]
    );
    running.stopped().await.unwrap();
    house.fake.checked();
}

#[tokio::test]
async fn a_server_that_asks_for_no_pause_is_not_asked_without_end() {
    let house = House::new(Fake::open().await);
    house.signed_in().await;
    house.fake.rules(|rules| rules.troubles = vec![(429, Some(0))]);
    let mut running = house.run();
    let (trouble, after) = retries(&mut running).await;
    assert_eq!((trouble.kind, after), (Kind::RateLimited, Duration::from_secs(1)));
    running.stopped().await.unwrap();
}

#[tokio::test]
async fn too_often_and_troubles_of_their_own_are_waited_for() {
    let house = House::new(Fake::open().await);
    house.signed_in().await;
    house
        .fake
        .rules(|rules| rules.troubles = vec![(429, Some(1)), (503, None)]);
    let mut running = house.run();
    let (trouble, after) = retries(&mut running).await;
    assert_eq!((trouble.kind, after), (Kind::RateLimited, Duration::from_secs(1)));
    let state = running
        .until(|state| matches!(state, SourceState::Retrying { trouble, .. } if trouble.kind == Kind::Unavailable))
        .await;
    let SourceState::Retrying { trouble, after } = state else {
        panic!("retrying")
    };
    assert_eq!(
        trouble.message,
        "localhost has trouble of its own (status 503, CMN-301)"
    );
    assert!(
        after >= Duration::from_secs(3) && after <= Duration::from_millis(3600),
        "{after:?}"
    );
    running.ready().await;
    running.stopped().await.unwrap();
    house.fake.checked();
}

#[tokio::test]
async fn the_gateways_token_goes_to_no_other_host() {
    for gateway in [
        "wss://gateway.evil.test/ws",
        "ws://127.0.0.1:9/ws",
        "http://localhost/ws",
        "ws://ada@localhost/ws",
    ] {
        let house = House::new(Fake::open().await);
        house.signed_in().await;
        house.fake.rules(|rules| rules.gateway = Some(gateway.to_owned()));
        let trouble = stops(&house).await;
        assert_eq!(trouble.kind, Kind::Forbidden, "{gateway}");
        assert!(
            trouble.message.contains("none of its own servers"),
            "{}",
            trouble.message
        );
    }
    let house = House::new(Fake::open().await);
    house.signed_in().await;
    house.fake.rules(|rules| rules.gateway = Some("no address".to_owned()));
    let mut running = house.run();
    let (trouble, _) = retries(&mut running).await;
    assert!(
        trouble.message.contains("something else than documented"),
        "{}",
        trouble.message
    );
    running.stopped().await.unwrap();
}

#[tokio::test]
async fn a_stop_is_heard_in_every_state() {
    // Nobody there: it tries again, and stops at once when it is told to.
    let mut house = House::new(Fake::open().await);
    house.signed_in().await;
    house
        .setup
        .parameters
        .insert("server".into(), "http://127.0.0.1:9".into());
    let mut running = house.run();
    retries(&mut running).await;
    let began = std::time::Instant::now();
    running.stopped().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn the_gateways_certificate_is_checked() {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, ca_pem).unwrap();

    let server = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new([name.to_owned()])
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        tokio_rustls::TlsAcceptor::from(Arc::new(config))
    };
    let house = House::trusting(Fake::with_tls(Some(server("localhost"))).await, Some(file.clone()));
    house.signed_in().await;
    let mut running = house.run();
    running.ready().await;
    house.fake.tell(3, "s-1", &[party("p-1-2", "Setup")]);
    assert_eq!(changes(&house, 1).await[0].1, Change::Ringing);
    running.stopped().await.unwrap();
    house.fake.checked();

    // What the API's connection trusts, the gateway's does not: nothing is said to it.
    let mut house = House::trusting(Fake::with_tls(Some(server("localhost"))).await, Some(file.clone()));
    house.parts.tls = Arc::new(TestTls(None));
    house.signed_in().await;
    let mut running = house.run();
    let (trouble, _) = retries(&mut running).await;
    assert_eq!(
        (trouble.kind, trouble.message.as_str()),
        (
            Kind::Unavailable,
            "localhost shows a certificate of an authority that this computer does not know"
        )
    );
    assert_eq!((house.fake.connections(), house.fake.said()), (0, vec!["wstoken"]));
    running.stopped().await.unwrap();

    // A certificate for another name.
    let house = House::trusting(Fake::with_tls(Some(server("other.example"))).await, Some(file));
    house.signed_in().await;
    let mut running = house.run();
    let (trouble, _) = retries(&mut running).await;
    assert_eq!(trouble.kind, Kind::Unavailable);
    assert!(house.fake.said().is_empty());
    running.stopped().await.unwrap();
}
