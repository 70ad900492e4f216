//! Keys and calls go to the account and the server that the person meant, and nowhere else meanwhile.

use std::{fs, sync::atomic::Ordering};

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use ringside_ipc::{
    call::AskedState,
    command::{AgreeArgs, ChangeConnectionArgs},
    connection::{ConnectionStateDto, SecretText},
};

use super::{
    browser::{signed_in, start, with_person, without_key},
    connect::{answers, change, connected, found, named, put, shown, with_key},
    *,
};
use crate::support::crm::{Crm, KEY, KEYED, OAUTH, manifest};

async fn serving(routes: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_nobody_could_check_is_signed_out_again() {
    let (house, crm, app) = signed_in().await;
    assert_eq!(found(&app).await, 1);

    "others".clone_into(&mut crm.seen.next.lock().unwrap());
    crm.seen.broken.store(true, Ordering::SeqCst);
    let error = app.sign_in(named("own-acme")).await.unwrap_err();
    assert_eq!(error.code, "unavailable", "{error}");
    assert!(error.message.contains("signed out of Our CRM again"), "{error}");
    assert_eq!(house.secrets.text("connection/own-acme/oauth"), None);
    assert_eq!(shown(&app).await.state, ConnectionStateDto::SignInNeeded);
    let asked = crm.seen.asked();
    assert_eq!(answers(&app).await, AskedState::Failed);
    assert_eq!(crm.seen.asked(), asked, "nothing was asked with the other account");

    crm.seen.broken.store(false, Ordering::SeqCst);
    "acme".clone_into(&mut crm.seen.next.lock().unwrap());
    app.sign_in(named("own-acme")).await.unwrap();
    assert_eq!(
        (shown(&app).await.state, found(&app).await),
        (ConnectionStateDto::Ready, 1)
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_while_somebody_signs_in() {
    let (house, crm, app) = signed_in().await;
    app.stop().await;

    let (options, opened) = with_person(&house, &crm, true);
    let app = start(options).await;
    assert_eq!(found(&app).await, 1);
    let signing_in = {
        let app = app.clone();
        tokio::spawn(async move { app.sign_in(named("own-acme")).await })
    };
    opened.notified().await;
    let asked = crm.seen.asked();
    assert_eq!(answers(&app).await, AskedState::Failed);
    assert_eq!(crm.seen.asked(), asked);
    app.cancel_sign_in(named("own-acme")).await.unwrap();
    assert_eq!(signing_in.await.unwrap().unwrap_err().code, "cancelled");
    assert_eq!(found(&app).await, 1, "as before");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_to_another_server_only_when_it_is_typed_again() {
    let (house, crm, other) = (House::new(), Crm::start().await, Crm::start().await);
    let app = connected(&house, &crm).await;
    let to_other = || ChangeConnectionArgs {
        server: Some(other.address.clone()),
        ..change()
    };
    let error = app.change_connection(to_other()).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("key"), "{error}");
    assert!(error.message.contains("the server changed"), "{error}");
    assert_eq!(other.seen.asked(), 0, "nothing was sent there");
    assert_eq!(found(&app).await, 1, "it goes on as before");

    // Another page of the same server is the same server.
    let page = ChangeConnectionArgs {
        server: Some(format!("{}/another/page", crm.address)),
        ..change()
    };
    app.change_connection(page).await.unwrap();

    let typed = ChangeConnectionArgs {
        secrets: [("key".to_owned(), SecretText::new(KEY))].into(),
        ..to_other()
    };
    let changed = app.change_connection(typed).await.unwrap();
    assert_eq!(changed.state, ConnectionStateDto::Ready);
    let (here, there) = (crm.seen.asked(), other.seen.asked());
    assert!(there > 0);
    assert_eq!((found(&app).await, crm.seen.asked()), (1, here));
    app.stop().await;
    let app = house.own().await;
    assert_eq!(found(&app).await, 1, "after a start, too");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_edited_by_hand_gets_no_key_unasked() {
    let (house, crm, other) = (House::new(), Crm::start().await, Crm::start().await);
    let app = connected(&house, &crm).await;
    app.report(ringing("+442079460123")).await.unwrap();
    let newest = async |app: &App| app.calls(CallFilterDto::default()).await.unwrap().calls.remove(0);
    until("somebody is chosen", || async { newest(&app).await.choice.is_some() }).await;
    app.stop().await;
    let text = fs::read_to_string(house.folders.settings()).unwrap();
    let edited = text.replace(
        &format!("server = \"{}", crm.address),
        &format!("server = \"{}", other.address),
    );
    assert_ne!(edited, text);
    fs::write(house.folders.settings(), edited).unwrap();

    let app = house.own().await;
    let ConnectionStateDto::Changed { before, after } = shown(&app).await.state else {
        panic!("it goes on")
    };
    let place = |crm: &Crm| crm.address.trim_start_matches("http://").to_owned();
    assert!(before.unwrap().contains(&place(&crm)) && after.contains(&place(&other)));
    assert_eq!((found(&app).await, other.seen.asked()), (0, 0));
    let chosen = newest(&app).await.choice.unwrap().contact;
    assert_eq!(chosen.connection_name, "Our CRM", "its name is known all the same");

    let team = ChangeConnectionArgs {
        parameters: [("team".to_owned(), "all".to_owned())].into(),
        ..change()
    };
    let error = app.change_connection(team).await.unwrap_err();
    assert_eq!((error.field.as_deref(), other.seen.asked()), (Some("key"), 0));

    let agree = AgreeArgs {
        connection: "own-acme".to_owned(),
        after,
    };
    let agreed = app.agree_to_connector(agree).await.unwrap();
    assert_eq!((agreed.state, found(&app).await), (ConnectionStateDto::Ready, 1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_better_help_text_stops_nobody_and_another_connector_is_named() {
    let (house, crm) = (House::new(), Crm::start().await);
    connected(&house, &crm).await.stop().await;
    let worded = manifest(
        "acme",
        &KEYED
            .replace("\"API key\"", "\"Your key\"")
            .replace("Settings, API", "Under Settings"),
    );
    put(&house, "acme.toml", &worded);
    let other = manifest("other", &KEYED.replace("x-key", "x-other"));
    put(&house, "other.toml", &other);
    let app = house.own().await;
    assert_eq!(
        (shown(&app).await.state, found(&app).await),
        (ConnectionStateDto::Ready, 1)
    );
    app.stop().await;

    let text = fs::read_to_string(house.folders.settings()).unwrap();
    let edited = text.replace("connector = \"own/acme\"", "connector = \"own/other\"");
    assert_ne!(edited, text);
    fs::write(house.folders.settings(), edited).unwrap();
    let app = house.own().await;
    let ConnectionStateDto::Changed { before, after } = shown(&app).await.state else {
        panic!("it goes on")
    };
    assert!(before.unwrap().contains("\"connector\": \"own/acme\""));
    assert!(after.contains("\"connector\": \"own/other\""), "{after}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_not_carried_to_another_server() {
    let (house, crm, other) = (House::new(), Crm::start().await, Crm::start().await);
    put(&house, "acme.toml", &manifest("acme", OAUTH));
    let app = start(with_person(&house, &crm, false).0).await;
    app.add_connection(without_key(&crm)).await.unwrap();
    app.sign_in(named("own-acme")).await.unwrap();
    let moved = ChangeConnectionArgs {
        server: Some(other.address.clone()),
        ..change()
    };
    let moved = app.change_connection(moved).await.unwrap();
    assert_eq!(moved.state, ConnectionStateDto::SignInNeeded);
    assert_eq!(house.secrets.text("connection/own-acme/oauth"), None);
    assert_eq!(house.secrets.text("connection/own-acme/oauth-places"), None);
    assert_eq!((answers(&app).await, other.seen.asked()), (AskedState::Failed, 0));
    app.sign_in(named("own-acme")).await.unwrap();
    assert_eq!(found(&app).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_where_no_crm_is_says_so() {
    let house = House::new();
    put(&house, "acme.toml", &manifest("acme", KEYED));
    let app = house.own().await;
    let crm = Crm::start().await;
    let at = |address: String| AddConnectionArgs {
        server: Some(address),
        ..with_key(&crm, KEY)
    };
    let nothing = app.add_connection(at(serving(Router::new()).await)).await.unwrap_err();
    assert_eq!(
        (nothing.code.as_str(), nothing.field.as_deref()),
        ("unavailable", Some("server"))
    );
    assert!(
        nothing.message.starts_with("There is no Acme CRM at this address"),
        "{nothing}"
    );
    let page = || async { ([(CONTENT_TYPE, "text/html")], "<html>Welcome</html>") };
    let page = Router::new().route("/me", get(page));
    let page = app.add_connection(at(serving(page).await)).await.unwrap_err();
    assert!(page.message.contains("answered with a web page"), "{page}");
    assert!(page.hint.unwrap().contains("address"));
    app.stop().await;
}
