//! A settings file that was written by hand: what others could listen in on is not run without the person's word.

use ringside_ipc::command::ChangePhoneArgs;

use super::{
    phones::{free_port, get_at},
    *,
};

/// As a token looks.
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn write(house: &House, settings: &str) {
    let file = house.folders.settings();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, settings).unwrap();
}

/// It asks for the consent, in words, at its field.
async fn asks(app: &App) {
    until("it asks for the consent", || async {
        matches!(&the_phone(app).await.state, PhoneStateDto::Stopped { .. })
    })
    .await;
    let state = the_phone(app).await.state;
    let PhoneStateDto::Stopped {
        code,
        message,
        hint,
        field,
    } = &state
    else {
        panic!("{state:?}")
    };
    assert_eq!(
        (code.as_str(), field.as_deref()),
        ("invalid", Some("clear_text")),
        "{state:?}"
    );
    assert!(!message.is_empty() && hint.is_some(), "{state:?}");
}

fn agree(name: &str) -> ChangePhoneArgs {
    ChangePhoneArgs {
        name: name.to_owned(),
        trusted: None,
        parameters: [("clear_text".to_owned(), "true".to_owned())].into(),
        secrets: Default::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_spoken_to_in_clear_is_not_asked() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    for agreed in ["", ", clear_text = \"yes\"", ", clear_text = \"\""] {
        let house = House::new();
        house.secrets.put("phone/office/password", "correct horse");
        write(
            &house,
            &format!(
                "[[phone]]\nname = \"Office\"\nkind = \"sip\"\nsecrets = [\"password\"]\n\
                 parameters = {{ address = \"201@pbx.example.com\", server = \"{address}\", transport = \"tcp\"{agreed} }}\n"
            ),
        );
        let app = house.own().await;
        asks(&app).await;
        app.retry_phone(named("Office")).await.unwrap();
        asks(&app).await;
        app.stop().await;
    }
    let came = tokio::time::timeout(Duration::from_millis(50), server.accept());
    assert!(came.await.is_err(), "it was asked all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_nobody_typed_is_asked_for_at_its_field() {
    let house = House::new();
    write(
        &house,
        "[[phone]]\nname = \"Office\"\nkind = \"sip\"\nparameters = { address = \"201@pbx.example.com\" }\n",
    );
    let app = house.own().await;
    until("it asks for it", || async {
        let state = the_phone(&app).await.state;
        matches!(state, PhoneStateDto::Stopped { field: Some(field), hint: Some(_), .. } if field == "password")
    })
    .await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_phones_token_opens_nothing_without_the_consent() {
    const LAN: &str = "127.0.0.2";
    let (house, port) = (House::new(), free_port());
    house.secrets.put("phone/reception", TOKEN);
    let before = house.secrets.names();
    write(
        &house,
        &format!(
            "[intake]\non = true\nport = {port}\nlan = \"{LAN}\"\n\n[[phone]]\nname = \"Reception\"\nkind = \"desk\"\n"
        ),
    );
    let app = house.own().await;
    let lan = Some(LAN.to_owned());
    until("it listens in the network", || async {
        app.snapshot(Nothing {}).await.unwrap().status.intake == IntakeStateDto::Listening { port, lan: lan.clone() }
    })
    .await;
    asks(&app).await;
    let path = format!("/v1/call/{TOKEN}?event=ringing&remote=%2B442079460123");
    let answer = get_at(LAN, port, &path).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(app.calls(CallFilterDto::default()).await.unwrap().calls, []);

    let changed = app.change_phone(agree("reception")).await.unwrap();
    assert!(matches!(changed.state, PhoneStateDto::Ready { .. }), "{changed:?}");
    assert!(get_at(LAN, port, &path).await.starts_with("HTTP/1.1 204"));
    until("the call is there", || async {
        app.calls(CallFilterDto::default()).await.unwrap().calls.len() == 1
    })
    .await;
    app.stop().await;

    // Who never agreed takes it away again, its token with it.
    write(&house, "[[phone]]\nname = \"Reception\"\nkind = \"desk\"\n");
    let app = house.own().await;
    asks(&app).await;
    assert_eq!(app.remove_phone(named("reception")).await.unwrap(), []);
    assert!(before.contains(&"phone/reception".to_owned()) && house.secrets.text("phone/reception").is_none());
    app.stop().await;
}
