//! A phone that the person signs in to, in the browser, against a strict server made of RingCentral's documentation.

use std::net::TcpListener;

use ringside_ipc::{ApiError, command::ChangePhoneArgs};
use ringside_tests::ringcentral::{CLIENT, Fake, Mood, Person, party, port};
use tokio::task::JoinHandle;

use super::{browser::start, connect::holding, *};
use crate::support::baresip::Baresip;

const GRANT: &str = "phone/office/grant";

/// Nobody waits for the browser.
fn port_is_free() -> bool {
    TcpListener::bind("127.0.0.1:47827").is_ok()
}

async fn house(role: RoleDto, house: &House, person: &Person) -> App {
    let mut options = house.options(role);
    options.ports.browser = std::sync::Arc::new(person.clone());
    start(options).await
}

fn ringcentral(name: &str, fake: &Fake) -> AddPhoneArgs {
    let server = fake.server();
    phone(name, "ringcentral", &[("client_id", CLIENT), ("server", &server)])
}

/// It waits for the person, and says so.
fn waits(phone: &PhoneDto) -> bool {
    let PhoneStateDto::Stopped {
        code,
        message,
        hint: Some(hint),
        ..
    } = &phone.state
    else {
        return false;
    };
    let says = message == "nobody has signed in here yet" && hint.starts_with("Sign in");
    code == "sign_in_needed" && says && phone.signed_in == Some(false)
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_sign_in_to_a_call_in_the_journal_and_away_again() {
    let _port = port().await;
    let (home, fake) = (House::new(), Fake::open().await);
    let person = Person::at(&fake, Mood::Declines);
    let app = house(RoleDto::App, &home, &person).await;
    let before = home.secrets.names();

    let added = app.add_phone(ringcentral("Office", &fake)).await.unwrap();
    assert!(waits(&added.phone) && added.recipes.is_empty(), "{added:?}");
    assert!(waits(&app.retry_phone(named("Office")).await.unwrap()));
    assert_eq!(fake.said(), Vec::<&str>::new(), "nobody was asked");

    let error = app.sign_in_phone(named("office")).await.unwrap_err();
    assert_eq!(error.code, "sign_in_needed");
    assert_eq!(
        error.message,
        "RingCentral did not sign you in: The user said no (access_denied)"
    );
    assert!(error.hint.is_some() && waits(&the_phone(&app).await), "{error:?}");
    // An app that may not stay signed in would fall silent after an hour.
    person.be(Mood::Agrees);
    fake.rules(|rules| rules.gives_refresh = false);
    let error = app.sign_in_phone(named("office")).await.unwrap_err();
    assert!(error.hint.unwrap().contains("refresh tokens"));
    assert!(waits(&the_phone(&app).await));
    assert_eq!(home.secrets.names(), before, "the secret store is as it was");
    assert!(port_is_free());

    fake.rules(|rules| rules.gives_refresh = true);
    let signed_in = app.sign_in_phone(named("OFFICE")).await.unwrap();
    assert!(is_ready(&signed_in), "{signed_in:?}");
    assert_eq!(signed_in.signed_in, Some(true));
    assert!(home.secrets.text(GRANT).is_some());
    assert_eq!(holding(home.root.path(), "refresh-secret"), Vec::<String>::new());
    assert_eq!(holding(home.root.path(), "access-secret"), Vec::<String>::new());

    fake.tell(3, "s-1", &[party("p-1-2", "Setup")]);
    let call = || async { app.calls(CallFilterDto::default()).await.unwrap().calls };
    until("the call rings", || async {
        let calls = call().await;
        calls.len() == 1 && calls[0].state == CallStateDto::Ringing
    })
    .await;
    let rings = call().await.remove(0);
    assert_eq!(rings.caller.e164.as_deref(), Some("+12025550143"));
    assert!(!rings.unverified, "they signed in");
    fake.tell(4, "s-1", &[party("p-1-2", "Disconnected")]);
    until("the call is over", || async {
        call().await[0].state == CallStateDto::Missed
    })
    .await;
    app.stop().await;

    // After a start it goes on, and no browser opens.
    person.be(Mood::Away);
    let app = house(RoleDto::App, &home, &person).await;
    until("it is ready", || async { is_ready(&the_phone(&app).await) }).await;
    assert!(port_is_free());
    // Who only trusts it less has not to sign in again.
    let trust = ChangePhoneArgs {
        name: "office".to_owned(),
        trusted: Some(false),
        parameters: Default::default(),
        secrets: Default::default(),
    };
    assert!(!app.change_phone(trust).await.unwrap().trusted);
    until("it is ready again", || async { is_ready(&the_phone(&app).await) }).await;

    assert_eq!(app.remove_phone(named("office")).await.unwrap(), []);
    assert!(home.secrets.text(GRANT).is_none());
    assert_eq!(home.secrets.names(), before, "the secret store is as it was");
    app.stop().await;
    fake.checked();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_sign_in_after_all_gives_the_port_back() {
    let _port = port().await;
    let (home, fake) = (House::new(), Fake::open().await);
    let person = Person::at(&fake, Mood::Away);
    let app = house(RoleDto::App, &home, &person).await;
    let before = home.secrets.names();
    for name in ["Office", "Home"] {
        app.add_phone(ringcentral(name, &fake)).await.unwrap();
    }
    app.cancel_phone_sign_in(named("Office")).await.unwrap();

    let first = asking(&app, "Office");
    person.opened().await;
    assert!(!port_is_free());
    let error = app.sign_in_phone(named("Home")).await.unwrap_err();
    assert_eq!(error.code, "conflict");
    assert!(error.message.contains("47827") && error.hint.is_some(), "{error:?}");
    let second = asking(&app, "office");
    assert_eq!(cancelled(first).await, "The sign-in was cancelled");
    person.opened().await;
    app.cancel_phone_sign_in(named("OFFICE")).await.unwrap();
    assert!(port_is_free(), "as soon as it is cancelled");
    cancelled(second).await;

    // What was typed for another server is signed in nowhere.
    let third = asking(&app, "Office");
    person.opened().await;
    let other = Fake::open().await;
    let change = ChangePhoneArgs {
        name: "Office".to_owned(),
        trusted: None,
        parameters: [("server".to_owned(), other.server())].into(),
        secrets: Default::default(),
    };
    assert!(waits(&app.change_phone(change).await.unwrap()));
    cancelled(third).await;

    let fourth = asking(&app, "Office");
    person.opened().await;
    app.remove_phone(named("Office")).await.unwrap();
    cancelled(fourth).await;
    assert!(port_is_free());
    assert_eq!(home.secrets.names(), before, "the secret store is as it was");

    let fifth = asking(&app, "Home");
    person.opened().await;
    app.stop().await;
    assert!(cancelled(fifth).await.starts_with("Ringside was ended") && port_is_free());
    assert_eq!(fake.said(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_signs_in_for_the_app() {
    let _port = port().await;
    let (home, fake) = (House::new(), Fake::open().await);
    let person = Person::at(&fake, Mood::Agrees);
    let line = house(RoleDto::CommandLine, &home, &person).await;
    let added = line.add_phone(ringcentral("Office", &fake)).await.unwrap().phone;
    assert_eq!((added.state, added.signed_in), (PhoneStateDto::Off, Some(false)));
    let signed_in = line.sign_in_phone(named("Office")).await.unwrap();
    assert_eq!((signed_in.state, signed_in.signed_in), (PhoneStateDto::Off, Some(true)));
    line.stop().await;
    let app = house(RoleDto::App, &home, &person).await;
    until("it is ready", || async { is_ready(&the_phone(&app).await) }).await;
    app.stop().await;
    fake.checked();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_granted_goes_to_no_server_that_was_written_into_the_settings() {
    let _port = port().await;
    let (home, fake, other) = (House::new(), Fake::open().await, Fake::open().await);
    let app = house(RoleDto::App, &home, &Person::at(&fake, Mood::Agrees)).await;
    let before = home.secrets.names();
    app.add_phone(ringcentral("Office", &fake)).await.unwrap();
    assert!(is_ready(&app.sign_in_phone(named("Office")).await.unwrap()));
    app.stop().await;
    let path = home.folders.settings();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, text.replace(&fake.server(), &other.server())).unwrap();

    let app = house(RoleDto::App, &home, &Person::at(&other, Mood::Agrees)).await;
    until("it waits for the person", || async {
        let now = the_phone(&app).await;
        let PhoneStateDto::Stopped { code, message, .. } = now.state else {
            return false;
        };
        let says = message.contains("changed outside Ringside; its sign-in was given for");
        code == "sign_in_needed" && says && message.contains(&fake.server()) && now.signed_in == Some(false)
    })
    .await;
    assert_eq!(other.said(), Vec::<&str>::new(), "nobody was asked");
    assert!(is_ready(&app.sign_in_phone(named("Office")).await.unwrap()));
    app.remove_phone(named("Office")).await.unwrap();
    assert_eq!(home.secrets.names(), before, "the secret store is as it was");
    app.stop().await;
    other.checked();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_of_a_sign_in_is_said() {
    let _port = port().await;
    let (home, fake) = (House::new(), Fake::open().await);
    let person = Person::at(&fake, Mood::Agrees);
    let app = house(RoleDto::App, &home, &person).await;
    app.add_phone(ringcentral("Office", &fake)).await.unwrap();
    let taken = TcpListener::bind("127.0.0.1:47827").unwrap();
    let error = app.sign_in_phone(named("Office")).await.unwrap_err();
    assert_eq!(error.code, "conflict");
    assert!(
        error.message.contains("47827") && error.hint.unwrap().contains("47827"),
        "{}",
        error.message
    );
    drop(taken);
    assert!(is_ready(&app.sign_in_phone(named("Office")).await.unwrap()));

    let softphone = Baresip::start().await;
    let server = softphone.address.to_string();
    app.add_phone(phone("Headset", "baresip", &[("server", &server)]))
        .await
        .unwrap();
    let code = |name: &str| {
        let (app, name) = (app.clone(), named(name));
        async move { app.sign_in_phone(name).await.unwrap_err().code }
    };
    assert_eq!(code("Headset").await, "unsupported");
    assert_eq!(code("Attic").await, "not_found");
    app.stop().await;
}

type Asking = JoinHandle<Result<PhoneDto, ApiError>>;

fn asking(app: &App, name: &str) -> Asking {
    let (app, name) = (app.clone(), named(name));
    tokio::spawn(async move { app.sign_in_phone(name).await })
}

async fn cancelled(asking: Asking) -> String {
    let error = asking.await.unwrap().unwrap_err();
    assert_eq!(error.code, "cancelled", "{error:?}");
    error.message
}
