//! Passwords of phones: a wrong one, one that is changed, and a secret store that is locked.

use ringside_ipc::{command::ChangePhoneArgs, connection::SecretText};

use super::*;
use crate::support::asterisk::{Asterisk, SECRET};

const ENTRY: &str = "phone/office/secret";

fn office(server: &Asterisk, secret: &str) -> AddPhoneArgs {
    let server = server.address.to_string();
    let parameters = [
        ("server", server.as_str()),
        ("transport", "tcp"),
        ("clear_text", "true"),
        ("user", "ringside"),
        ("device", "PJSIP/201"),
    ];
    AddPhoneArgs {
        secrets: [("secret".to_owned(), SecretText::new(secret))].into(),
        ..phone("Office", "asterisk", &parameters)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_at_its_field_and_nothing_is_kept() {
    let house = House::new();
    let app = house.own().await;
    let server = Asterisk::start().await;
    let before = house.secrets.names();
    let error = app.add_phone(office(&server, "a-wrong-one")).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.field.as_deref()),
        ("sign_in_needed", Some("secret")),
        "{error:?}"
    );
    assert!(error.message.contains("127.0.0.1") && error.hint.is_some());
    assert!(!format!("{error:?}").contains("a-wrong-one"));
    assert_eq!(house.secrets.names(), before, "the secret store is as it was");
    assert_eq!(app.phones(Nothing {}).await.unwrap(), []);
    let error = app.add_phone(office(&server, " ")).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.field.as_deref()),
        ("invalid", Some("secret"))
    );

    assert!(is_ready(&app.add_phone(office(&server, SECRET)).await.unwrap().phone));
    assert_eq!(house.secrets.text(ENTRY).as_deref(), Some(SECRET));
    assert!(
        !std::fs::read_to_string(house.folders.settings())
            .unwrap()
            .contains(SECRET)
    );

    let change = |server: Option<&Asterisk>, secret: &str| ChangePhoneArgs {
        name: "Office".to_owned(),
        trusted: None,
        parameters: server
            .map(|server| ("server".to_owned(), server.address.to_string()))
            .into_iter()
            .collect(),
        secrets: [("secret".to_owned(), SecretText::new(secret))].into(),
    };
    let error = app.change_phone(change(None, "a-wrong-one")).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("secret"));
    assert_eq!(house.secrets.text(ENTRY).as_deref(), Some(SECRET), "put back");
    until("it is ready again", || async { is_ready(&the_phone(&app).await) }).await;

    let other = Asterisk::start().await;
    let error = app.change_phone(change(Some(&other), "")).await.unwrap_err();
    assert!(
        error.message.contains("another server") && error.field.as_deref() == Some("secret"),
        "{error:?}"
    );
    assert!(is_ready(&app.change_phone(change(Some(&other), SECRET)).await.unwrap()));

    app.remove_phone(named("office")).await.unwrap();
    assert_eq!(house.secrets.names(), before, "the secret store is as it was");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_secret_store_is_locked_a_phone_waits_and_says_so() {
    let house = House::new();
    let server = Asterisk::start().await;
    let app = house.own().await;
    house.secrets.be(Mood::ReadOnly);
    let error = app.add_phone(office(&server, SECRET)).await.unwrap_err();
    assert_eq!(error.code, "keyring_locked");
    assert_eq!(app.phones(Nothing {}).await.unwrap(), []);
    house.secrets.be(Mood::Well);
    app.add_phone(office(&server, SECRET)).await.unwrap();
    app.stop().await;

    house.secrets.be(Mood::Locked);
    let app = house.own().await;
    until("it says that it waits", || async {
        matches!(&the_phone(&app).await.state, PhoneStateDto::Stopped { code, hint: Some(_), .. } if code == "keyring_locked")
    })
    .await;
    house.secrets.be(Mood::Well);
    app.unlock(UnlockArgs { code: None }).await.unwrap();
    until("it is ready", || async { is_ready(&the_phone(&app).await) }).await;

    // A secret store that has lost it: a person types it again.
    house.secrets.lose(ENTRY);
    let retried = app.retry_phone(named("Office")).await.unwrap();
    let PhoneStateDto::Stopped { field, hint, .. } = retried.state else {
        panic!("it goes on without its secret")
    };
    assert_eq!((field.as_deref(), hint.is_some()), (Some("secret"), true));
    let typed = ChangePhoneArgs {
        name: "Office".to_owned(),
        trusted: None,
        parameters: Default::default(),
        secrets: [("secret".to_owned(), SecretText::new(SECRET))].into(),
    };
    assert!(is_ready(&app.change_phone(typed).await.unwrap()));
    app.stop().await;
}
