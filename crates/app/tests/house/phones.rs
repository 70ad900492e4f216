//! The intake as part of the app: phones, their tokens, a port that is taken.

use ringside_ipc::command::ChangePhoneArgs;

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
    let added = app.add_phone(phone("Desk phone", "program", &[])).await.unwrap();
    assert!(!added.recipes.is_empty());
    until("the intake listens", || async {
        app.snapshot(Nothing {}).await.unwrap().status.intake == listening(port)
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
        app.add_phone(phone("desk Phone", "program", &[])).await.is_err(),
        "the name is taken"
    );
    app.stop().await;

    let app = house.own().await;
    until("the intake listens again", || async {
        app.snapshot(Nothing {}).await.unwrap().status.intake == listening(port)
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
    assert_eq!(app.snapshot(Nothing {}).await.unwrap().status.intake, listening(port));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_phone_reports_from_the_address_it_was_first_heard_from() {
    const LAN: &str = "127.0.0.2";
    let house = House::new();
    let app = house.own().await;
    let desk = |consent: &str| phone("Reception", "desk", &[("clear_text", consent)]);
    let error = app.add_phone(desk("true")).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("intake_lan"), "{error:?}");
    let port = free_port();
    for (address, is_fine) in [("8.8.8.8", false), ("office", false), (LAN, true)] {
        let wanted = SettingsDto {
            intake_port: port,
            intake_lan: Some(address.to_owned()),
            ..settings_of(&app).await
        };
        match app.save_settings(wanted).await {
            Ok(now) => assert!(is_fine && now.intake_lan.as_deref() == Some(LAN)),
            Err(error) => assert!(!is_fine && error.field.as_deref() == Some("intake_lan"), "{error:?}"),
        }
    }
    for refused in ["false", ""] {
        let error = app.add_phone(desk(refused)).await.unwrap_err();
        assert_eq!(error.field.as_deref(), Some("clear_text"));
    }
    let added = app.add_phone(desk("true")).await.unwrap();
    assert!(
        added
            .recipes
            .iter()
            .any(|recipe| recipe.text.contains(&format!("http://{LAN}:{port}/")))
    );
    let lan = Some(LAN.to_owned());
    until("it listens in the network, too", || async {
        app.snapshot(Nothing {}).await.unwrap().status.intake == IntakeStateDto::Listening { port, lan: lan.clone() }
    })
    .await;
    let notes = || async {
        match app.phones(Nothing {}).await.unwrap().remove(0).state {
            PhoneStateDto::Ready { notes } => notes.into_iter().map(|note| note.code).collect(),
            _ => Vec::new(),
        }
    };
    assert_eq!(notes().await, ["clear_text"]);
    let path = format!(
        "/v1/call/{}?event=ringing&remote=%2B442079460123",
        house.secrets.text("phone/reception").unwrap()
    );
    assert!(get_at(LAN, port, &path).await.starts_with("HTTP/1.1 204"));
    assert!(
        get(port, &path).await.starts_with("HTTP/1.1 403"),
        "not from this computer"
    );
    let address = || async {
        let phone = app.phones(Nothing {}).await.unwrap().remove(0);
        phone.parameters.get("address").cloned()
    };
    until("its address is kept", || async {
        address().await.is_some_and(|kept| kept.starts_with("127."))
    })
    .await;
    until("and in the file, too", || async {
        std::fs::read_to_string(house.folders.settings())
            .unwrap()
            .contains("address = \"127.")
    })
    .await;

    let change = ChangePhoneArgs {
        name: "reception".to_owned(),
        trusted: None,
        parameters: [("address".to_owned(), "192.168.1.40".to_owned())].into(),
        secrets: Default::default(),
    };
    app.change_phone(change).await.unwrap();
    assert!(get_at(LAN, port, &path).await.starts_with("HTTP/1.1 403"));
    assert_eq!(notes().await, ["clear_text", "stranger"]);
    assert_eq!(address().await.as_deref(), Some("192.168.1.40"));
    app.stop().await;
}

fn listening(port: u16) -> IntakeStateDto {
    IntakeStateDto::Listening { port, lan: None }
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

async fn get(port: u16, path: &str) -> String {
    get_at("127.0.0.1", port, path).await
}

pub async fn get_at(host: &str, port: u16, path: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect((host, port)).await.unwrap();
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
