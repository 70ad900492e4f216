//! Phones that we connect to: tried, run, checked, changed and removed, against a baresip of our own.

use ringside_ipc::{command::ChangePhoneArgs, connection::SecretText, phone::PhoneCheckDto};

use super::*;
use crate::support::baresip::Baresip;

const PEER: &str = "sip:+442079460123@pbx.example.com";

fn baresip(name: &str, at: impl ToString) -> AddPhoneArgs {
    phone(name, "baresip", &[("server", &at.to_string())])
}

async fn is_troubled(app: &App) -> bool {
    let notices = app.snapshot(Nothing {}).await.unwrap().status.notices;
    notices.iter().any(|notice| notice.code == "phone_trouble")
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_form_to_a_call_in_the_journal_and_away_again() {
    let house = House::new();
    let app = house.own().await;
    let before = house.secrets.names();
    let softphone = Baresip::start().await;
    let mut events = app.events();

    let added = app.add_phone(baresip("Headset", softphone.address)).await.unwrap();
    assert!(is_ready(&added.phone) && added.recipes.is_empty(), "{added:?}");
    assert_eq!((added.phone.kind.as_str(), added.phone.signed_in), ("baresip", None));
    softphone.has(1).await;
    let told = async { while events.recv().await.unwrap() != Event::Phones {} };
    tokio::time::timeout(Duration::from_secs(5), told).await.unwrap();

    let checked = app.check_phone(named("headset")).await.unwrap().check.unwrap();
    assert!(!checked.done && checked.since > 0);
    softphone.tells("CALL_INCOMING", "1-16326@192.0.2.1", PEER, "Ada Example");
    until("the call is there", || async {
        let calls = app.calls(CallFilterDto::default()).await.unwrap().calls;
        calls.len() == 1 && calls[0].state == CallStateDto::Ringing
    })
    .await;
    until("the first marks are set", || async {
        let marks = the_phone(&app).await.check.unwrap();
        marks.rang && marks.number && marks.name && !marks.answered && !marks.done
    })
    .await;
    softphone.tells("CALL_ESTABLISHED", "1-16326@192.0.2.1", PEER, "");
    softphone.tells("CALL_CLOSED", "1-16326@192.0.2.1", PEER, "");
    until("the trial call has ended", || async {
        let since = checked.since;
        the_phone(&app).await.check
            == Some(PhoneCheckDto {
                since,
                done: true,
                rang: true,
                number: true,
                name: true,
                answered: true,
                ended: true,
            })
    })
    .await;
    let call = app.calls(CallFilterDto::default()).await.unwrap().calls.remove(0);
    assert_eq!(call.state, CallStateDto::Completed);
    assert!(!call.unverified, "what we connect to ourselves is trusted");
    assert_eq!(call.caller.e164.as_deref(), Some("+442079460123"));
    assert!(the_phone(&app).await.last_seen.is_some());

    assert_eq!(app.remove_phone(named("HEADSET")).await.unwrap(), []);
    softphone.has(0).await;
    assert_eq!(house.secrets.names(), before, "the secret store is as it was");
    assert!(
        !std::fs::read_to_string(house.folders.settings())
            .unwrap()
            .contains("Headset")
    );
    app.stop().await;
}

/// The app comes to its phones a moment after it started: a person, or a loaded computer, can be faster.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_phone_that_is_added_while_the_app_starts_is_started_once() {
    let house = House::new();
    let softphone = Baresip::start().await;
    // Nothing else gets its turn before the phone is being added.
    let (free, held) = std::sync::mpsc::channel::<()>();
    let (holds, begun) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        holds.send(()).unwrap();
        let _ = held.recv();
    });
    begun.await.unwrap();
    let app = house.own().await;
    let mut events = app.events();
    let mut adding = std::pin::pin!(app.add_phone(baresip("Headset", softphone.address)));
    assert!(futures_util::poll!(&mut adding).is_pending());
    drop(free);
    assert!(is_ready(&adding.await.unwrap().phone));
    // Said once the app has come to its phones.
    let told = async { while events.recv().await.unwrap() != Event::Phones {} };
    tokio::time::timeout(Duration::from_secs(5), told).await.unwrap();
    assert!(is_ready(&the_phone(&app).await));
    softphone.has(1).await;
    assert_eq!(softphone.came(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_answer_is_not_kept_and_the_words_say_where() {
    let house = House::new();
    let app = house.own().await;
    let before = house.secrets.names();
    let gone = Baresip::start().await.end().await;
    let error = app.add_phone(baresip("Headset", gone)).await.unwrap_err();
    assert_eq!(error.code, "unavailable");
    assert!(
        error.message.contains(&gone.to_string()) && error.hint.is_some(),
        "{error:?}"
    );
    for (parameters, field) in [
        (&[("server", "a b")][..], "server"),
        (&[("server", "192.0.2.7:4444")], "clear_text"),
        (&[("server", "127.0.0.1"), ("colour", "blue")], "colour"),
    ] {
        let error = app
            .add_phone(phone("Headset", "baresip", parameters))
            .await
            .unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.field.as_deref()),
            ("invalid", Some(field)),
            "{error:?}"
        );
    }
    let error = app.add_phone(phone("Headset", "telegraph", &[])).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("kind"));
    let error = app.add_phone(phone("a/grant", "baresip", &[])).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("name"));
    assert_eq!(app.phones(Nothing {}).await.unwrap(), []);
    assert_eq!(house.secrets.names(), before);
    assert!(!is_troubled(&app).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_not_wanted_after_all_is_not_tried_to_the_end() {
    let house = House::new();
    let app = house.own().await;
    // It takes the connection and says nothing: that would be waited for.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = silent.local_addr().unwrap().to_string();
    let (before, adding) = (house.secrets.names(), app.clone());
    let parameters = [
        ("server", server.as_str()),
        ("transport", "tcp"),
        ("user", "ringside"),
        ("device", "PJSIP/201"),
    ];
    let office = AddPhoneArgs {
        secrets: [("secret".to_owned(), SecretText::new("correct horse"))].into(),
        ..phone("Office", "asterisk", &parameters)
    };
    let asked = tokio::spawn(async move { adding.add_phone(office).await });
    let _connection = silent.accept().await.unwrap();
    app.cancel_add_phone(named("Headset")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!asked.is_finished(), "another one goes on");
    app.cancel_add_phone(named("OFFICE")).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(3), asked).await;
    assert_eq!(ended.unwrap().unwrap().unwrap_err().code, "cancelled");
    assert_eq!(app.phones(Nothing {}).await.unwrap(), []);
    assert_eq!(house.secrets.names(), before, "the secret store is as it was");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_softphone_that_ends_is_said_and_comes_back_by_itself() {
    let house = House::new();
    let app = house.own().await;
    let softphone = Baresip::start().await;
    app.add_phone(baresip("Headset", softphone.address)).await.unwrap();
    let address = softphone.end().await;
    until("it tries again", || async {
        matches!(the_phone(&app).await.state, PhoneStateDto::Retrying { .. })
    })
    .await;
    let PhoneStateDto::Retrying { message, next_try, .. } = the_phone(&app).await.state else {
        panic!("it does not try again")
    };
    assert!(message.contains("127.0.0.1") && next_try > 0, "{message}");
    assert!(is_troubled(&app).await);
    let back = Baresip::at(address).await;
    // Its own back-off would bring it back too; a person is faster.
    let retried = app.retry_phone(named("Headset")).await.unwrap();
    assert!(is_ready(&retried), "{retried:?}");
    back.has(1).await;
    assert!(!is_troubled(&app).await);
    app.stop().await;
    back.has(0).await;

    // And so it is after a start.
    let app = house.own().await;
    until("it is ready", || async { is_ready(&the_phone(&app).await) }).await;
    back.has(1).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_tried_first_and_taken_back_when_it_fails() {
    let house = House::new();
    let app = house.own().await;
    let (one, two) = (Baresip::start().await, Baresip::start().await);
    app.add_phone(baresip("Headset", one.address)).await.unwrap();
    let change = |server: String| ChangePhoneArgs {
        name: "headset".to_owned(),
        trusted: None,
        parameters: [("server".to_owned(), server)].into(),
        secrets: Default::default(),
    };
    let changed = app.change_phone(change(two.address.to_string())).await.unwrap();
    assert!(is_ready(&changed) && changed.parameters["server"] == two.address.to_string());
    one.has(0).await;
    two.has(1).await;

    let nobody = one.end().await;
    let error = app.change_phone(change(nobody.to_string())).await.unwrap_err();
    assert_eq!(error.code, "unavailable");
    two.has(1).await;
    until("the old one is ready again", || async {
        is_ready(&the_phone(&app).await)
    })
    .await;
    assert_eq!(the_phone(&app).await.parameters["server"], two.address.to_string());

    let trust = ChangePhoneArgs {
        trusted: Some(false),
        parameters: Default::default(),
        ..change(String::new())
    };
    assert!(!app.change_phone(trust).await.unwrap().trusted);
    until("it is ready again", || async { is_ready(&the_phone(&app).await) }).await;
    two.tells("CALL_INCOMING", "2-16326@192.0.2.1", PEER, "");
    until("the call is there", || async {
        let calls = app.calls(CallFilterDto::default()).await.unwrap().calls;
        calls.len() == 1 && calls[0].unverified
    })
    .await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_tries_a_phone_and_leaves_it_to_the_app() {
    let house = House::new();
    let softphone = Baresip::start().await;
    let Start::Owner(line) = ringside_app::start(house.options(RoleDto::CommandLine)).await.unwrap() else {
        panic!("somebody else owns the profile")
    };
    let added = line.add_phone(baresip("Headset", softphone.address)).await.unwrap();
    assert_eq!(added.phone.state, PhoneStateDto::Off);
    softphone.has(0).await;
    for refused in [
        line.retry_phone(named("Headset")).await,
        line.check_phone(named("Headset")).await,
    ] {
        assert_eq!(refused.unwrap_err().code, "unavailable", "that is the app's");
    }
    line.stop().await;
    let app = house.own().await;
    softphone.has(1).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kinds_are_told_with_all_that_a_form_needs() {
    let house = House::new();
    let app = house.own().await;
    let kinds = app.phone_kinds(Nothing {}).await.unwrap();
    let ids: Vec<&str> = kinds.iter().map(|kind| kind.id.as_str()).collect();
    assert_eq!(ids, ["sip", "ringcentral", "program", "desk", "baresip", "asterisk"]);
    for kind in &kinds {
        assert!(
            !kind.name.is_empty() && !kind.summary.is_empty() && !kind.evidence.note.is_empty(),
            "{kind:?}"
        );
        // Their secrets share the keyring with these.
        assert!(
            !kind
                .parameters
                .iter()
                .any(|asked| ["grant", "name", "pin"].contains(&asked.name.as_str())),
            "{kind:?}"
        );
    }
    app.stop().await;
}
