//! What goes wrong when a phone is set up: it is said in words, with the server's name, and never with the password.

use std::{path::Path, time::Duration};

use ringside_domain::{Direction, EndReason, Kind, SourceState, source::Trouble};
use ringside_tests::{
    phone::Line,
    phone_desk::{KNOWN_WITHIN, PhoneDesk},
};

use crate::{
    calls::{AGENT, is, line, ms, talk},
    certificates::Authority,
    names::{Names, PAST_THE_DEAD},
    party::{ADA, register},
    pbx::{Ask, Pbx},
    process::port,
};

fn says(trouble: &Trouble, words: &[&str]) {
    let text = format!("{} {}", trouble.message, trouble.hint.as_deref().unwrap_or_default());
    for word in words {
        assert!(
            text.to_lowercase().contains(&word.to_lowercase()),
            "no {word:?} in {trouble:?}"
        );
    }
    assert!(trouble.hint.is_some(), "no next step in {trouble:?}");
    assert!(!text.contains("pw-"), "{trouble:?}");
}

fn is_trouble(state: &SourceState) -> bool {
    matches!(state, SourceState::Stopped { .. } | SourceState::Retrying { .. })
}

fn of(state: SourceState) -> Trouble {
    match state {
        SourceState::Stopped { trouble } | SourceState::Retrying { trouble, .. } => trouble,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_wrong_password() {
    let pbx = Pbx::start().await;
    let desk = PhoneDesk::new().await;
    let mut phone = desk.listens(line(&pbx, "udp").secret("password", "pw-of-somebody"));
    let trouble = phone.stopped().await;
    says(&trouble, &["password"]);
    assert_eq!(trouble.field.as_deref(), Some("password"), "{trouble:?}");
    tokio::time::sleep(ms(1_000)).await;
    // Servers lock accounts that keep trying.
    assert!(pbx.noted("wrong password of 201") <= 2, "{}", pbx.said());
}

#[tokio::test]
async fn a_server_that_tells_of_no_calls() {
    let pbx = Pbx::start().await;
    let desk = PhoneDesk::new().await;
    let server = format!("127.0.0.1:{}", pbx.port);
    let mut phone = desk.listens(Line::sip("489", "tcp", &server));
    let trouble = phone.stopped().await;
    says(&trouble, &["127.0.0.1"]);
}

#[tokio::test]
async fn accounts_that_may_not_watch() {
    let pbx = Pbx::start().await;
    let desk = PhoneDesk::new().await;
    let server = format!("127.0.0.1:{}", pbx.port);
    for account in ["403", "404"] {
        let mut phone = desk.listens(Line::sip(account, "udp", &server));
        let trouble = of(phone.says("refused", KNOWN_WITHIN, is_trouble).await);
        says(&trouble, &["127.0.0.1"]);
    }
}

#[tokio::test]
async fn a_busy_server_is_left_alone_for_as_long_as_it_asks() {
    let pbx = Pbx::start().await;
    let desk = PhoneDesk::new().await;
    let mut phone = desk.listens(Line::sip("503", "udp", &format!("127.0.0.1:{}", pbx.port)));
    let state = phone
        .says("waiting", KNOWN_WITHIN, |state| {
            matches!(state, SourceState::Retrying { .. })
        })
        .await;
    assert!(
        matches!(state, SourceState::Retrying { after, .. } if after >= Duration::from_secs(2)),
        "Retry-After was 2: {state:?}"
    );
}

#[tokio::test]
async fn nobody_there_and_then_somebody() {
    let mut pbx = Pbx::start().await;
    pbx.down();
    let desk = PhoneDesk::new().await;
    let mut phone = desk.listens(line(&pbx, "tcp"));
    let trouble = phone.retrying(KNOWN_WITHIN).await;
    assert_eq!(trouble.kind, Kind::Unavailable, "{trouble:?}");
    says(&trouble, &["127.0.0.1"]);
    pbx.up().await;
    phone.ready().await;
}

async fn secure(authority: &Authority, name: &str) -> Pbx {
    let ask = Ask {
        certificate: Some((authority, name)),
        ..Ask::default()
    };
    Pbx::with(ask).await
}

fn secure_line(pbx: &Pbx, ca: Option<&Path>) -> Line {
    let line = Line::sip(AGENT, "tls", &format!("pbx.test:{}", pbx.tls_port));
    match ca {
        Some(file) => line.with("ca", file.to_str().unwrap()),
        None => line,
    }
}

#[tokio::test]
async fn tls() {
    let authority = Authority::new();
    let pbx = secure(&authority, "pbx.test").await;
    let ca = pbx.folder().join("authority.pem");
    authority.write(&ca);
    let names = Names::start(&[]).await;
    let desk = PhoneDesk::new().await.asking(names.address);

    let mut unknown = desk.listens(secure_line(&pbx, None));
    let trouble = of(unknown.says("refusing", KNOWN_WITHIN, is_trouble).await);
    says(&trouble, &["pbx.test", "certificate"]);
    assert_eq!(pbx.noted("new SUBSCRIBE"), 0, "nothing goes to a stranger");

    let mut phone = desk.listens(secure_line(&pbx, Some(&ca)));
    phone.ready().await;
    assert_eq!(pbx.noted("new SUBSCRIBE 201 expires 600 over tls"), 1, "{}", pbx.said());
    let contact = register(&pbx, AGENT).await;
    talk(&pbx, contact, ADA).await;
    let calls = desk.ended(1, KNOWN_WITHIN).await;
    is(&calls[0], Direction::In, EndReason::Completed, "+14155550100");
    phone.stops().await;
}

#[tokio::test]
async fn tls_with_another_name() {
    let authority = Authority::new();
    let pbx = secure(&authority, "other.test").await;
    let ca = pbx.folder().join("authority.pem");
    authority.write(&ca);
    let names = Names::start(&[]).await;
    let desk = PhoneDesk::new().await.asking(names.address);
    let mut phone = desk.listens(secure_line(&pbx, Some(&ca)));
    let trouble = of(phone.says("refusing", KNOWN_WITHIN, is_trouble).await);
    says(&trouble, &["pbx.test", "certificate"]);
    assert_eq!(pbx.noted("new SUBSCRIBE"), 0, "nothing goes to a stranger");
}

/// The name server knows where the server is, and of a dead one that should be asked before it.
#[tokio::test]
async fn found_by_its_name() {
    let pbx = Pbx::start().await;
    for protocol in ["tcp", "udp"] {
        let names = Names::of_a_pbx(protocol, pbx.port).await;
        let desk = PhoneDesk::new().await.asking(names.address);
        let mut phone = desk.listens(line(&pbx, protocol).without("server"));
        phone
            .says("ready", PAST_THE_DEAD, |state| {
                matches!(state, SourceState::Ready { .. })
            })
            .await;
        let said = pbx.said();
        let over = format!("over {protocol}");
        let asked = said
            .lines()
            .filter(|line| line.contains("new SUBSCRIBE 201") && line.ends_with(&over));
        assert_eq!(asked.count(), 1, "{said}");
        phone.stops().await;
    }
}

#[tokio::test]
async fn a_name_that_nobody_has() {
    let names = Names::start(&["--address=/#/".to_owned()]).await;
    let desk = PhoneDesk::new().await.asking(names.address);
    let line = Line::sip(AGENT, "tcp", &format!("nowhere.example:{}", port()));
    let mut phone = desk.listens(line);
    let trouble = of(phone.says("refusing", KNOWN_WITHIN, is_trouble).await);
    says(&trouble, &["nowhere.example"]);
}
