//! The intake as part of the app: phones, their tokens, a port that is taken.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_phone_opens_the_intake_and_its_token_reports_calls() {
    let house = House::new();
    let app = house.own().await;
    assert_eq!(
        app.snapshot(Nothing {}).await.unwrap().status.intake,
        IntakeStateDto::Off
    );
    let port = free_port();
    app.save_settings(SettingsDto {
        intake_port: port,
        ..settings_of(&app).await
    })
    .await
    .unwrap();
    let added = app
        .add_phone(AddPhoneArgs {
            name: "Desk phone".to_owned(),
            trusted: true,
        })
        .await
        .unwrap();
    assert!(!added.recipes.is_empty());
    until("the intake listens", || async {
        app.snapshot(Nothing {}).await.unwrap().status.intake == IntakeStateDto::Listening { port }
    })
    .await;
    let token = house.secrets.text("phone/desk phone").unwrap();
    assert!(
        !std::fs::read_to_string(house.folders.settings())
            .unwrap()
            .contains(&token)
    );
    assert!(
        get(port, &format!("/v1/call/{token}?state=ringing&from=%2B442079460123"))
            .await
            .starts_with("HTTP/1.1 204")
    );
    until("the call is there", || async {
        !app.calls(CallFilterDto::default()).await.unwrap().calls.is_empty()
    })
    .await;
    assert!(!app.calls(CallFilterDto::default()).await.unwrap().calls[0].unverified);
    assert!(app.phones(Nothing {}).await.unwrap()[0].last_seen.is_some());
    assert!(
        app.add_phone(AddPhoneArgs {
            name: "desk Phone".to_owned(),
            trusted: false
        })
        .await
        .is_err(),
        "the name is taken"
    );
    app.stop().await;

    let app = house.own().await;
    until("the intake listens again", || async {
        app.snapshot(Nothing {}).await.unwrap().status.intake == IntakeStateDto::Listening { port }
    })
    .await;
    app.remove_phone(PhoneArgs {
        name: "Desk phone".to_owned(),
    })
    .await
    .unwrap();
    assert!(
        get(port, &format!("/v1/call/{token}?from=1"))
            .await
            .starts_with("HTTP/1.1 401")
    );
    assert!(house.secrets.text("phone/desk phone").is_none());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_said() {
    let house = House::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let app = house.own().await;
    app.save_settings(SettingsDto {
        intake_on: true,
        intake_port: port,
        ..settings_of(&app).await
    })
    .await
    .unwrap();
    let state = app.snapshot(Nothing {}).await.unwrap().status.intake;
    assert!(
        matches!(&state, IntakeStateDto::Failed { port: said, .. } if *said == port),
        "{state:?}"
    );
    drop(taken);
    app.save_settings(SettingsDto {
        intake_on: false,
        ..settings_of(&app).await
    })
    .await
    .unwrap();
    app.save_settings(SettingsDto {
        intake_on: true,
        ..settings_of(&app).await
    })
    .await
    .unwrap();
    assert_eq!(
        app.snapshot(Nothing {}).await.unwrap().status.intake,
        IntakeStateDto::Listening { port }
    );
    app.stop().await;
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

async fn get(port: u16, path: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
