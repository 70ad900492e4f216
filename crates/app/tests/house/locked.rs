//! Memory while the keyring is locked, and the file again.

use ringside_ipc::person::PersonArgs;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn while_locked_calls_are_kept_in_memory_and_merged() {
    let house = House::new();
    let app = house.own().await;
    app.create_contact(lead("Anna Meier", "+44 20 7946 0123"))
        .await
        .unwrap();
    app.stop().await;

    house.secrets.be(Mood::Locked);
    let app = house.own().await;
    let mut events = app.events();
    let status = app.snapshot(Nothing {}).await.unwrap().status;
    let StoreStateDto::InMemory {
        code, hint, has_file, ..
    } = status.store
    else {
        panic!("open")
    };
    assert_eq!(
        (code.as_str(), hint.is_some(), has_file),
        ("keyring_locked", true, true)
    );
    let call = app.report(ringing("+44 20 7946 0123")).await.unwrap().call.unwrap();
    app.note(NoteArgs {
        call: call.clone(),
        note: "kept".to_owned(),
        outcome: None,
    })
    .await
    .unwrap();
    let unsaved = app.snapshot(Nothing {}).await.unwrap().status.store;
    assert!(
        matches!(unsaved, StoreStateDto::InMemory { unsaved: 1, .. }),
        "{unsaved:?}"
    );
    assert_eq!(
        app.unlock(UnlockArgs { code: None }).await.unwrap_err().code,
        "keyring_locked"
    );
    assert_eq!(
        app.unlock(UnlockArgs {
            code: Some("nonsense".to_owned())
        })
        .await
        .unwrap_err()
        .field
        .as_deref(),
        Some("code")
    );

    house.secrets.be(Mood::Well);
    assert_eq!(
        app.unlock(UnlockArgs { code: None }).await.unwrap().store,
        StoreStateDto::Open
    );
    let told = async {
        loop {
            if let Event::Status { status } = events.recv().await.unwrap()
                && status.store == StoreStateDto::Open
            {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), told).await.unwrap();
    assert_eq!(app.call(CallArgs { call: call.clone() }).await.unwrap().note, "kept");
    app.stop().await;

    let app = house.own().await;
    assert_eq!(app.call(CallArgs { call }).await.unwrap().note, "kept");
    assert_eq!(
        app.search(SearchDto {
            text: "Anna".to_owned(),
            ..SearchDto::default()
        })
        .await
        .unwrap()
        .rows
        .len(),
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recovery_code_is_shown_on_request_and_can_be_changed() {
    let house = House::new();
    let app = house.own().await;
    let first = app.recovery_code(RecoveryArgs { rotate: false }).await.unwrap().code;
    let second = app.recovery_code(RecoveryArgs { rotate: true }).await.unwrap().code;
    assert_ne!(first, second);
    app.stop().await;
    house.secrets.lose(ringside_app::unlock::KEY);
    let app = house.own().await;
    assert!(app.unlock(UnlockArgs { code: Some(first) }).await.is_err());
    assert_eq!(
        app.unlock(UnlockArgs { code: Some(second) }).await.unwrap().store,
        StoreStateDto::Open
    );
    app.stop().await;
}

/// An app in memory, with one call and its note that nobody has saved.
async fn with_an_unsaved_call(house: &House) -> (App, String) {
    house.own().await.stop().await;
    house.secrets.be(Mood::Locked);
    let app = house.own().await;
    let call = app.report(ringing("+44 20 7946 0123")).await.unwrap().call.unwrap();
    let note = NoteArgs {
        call: call.clone(),
        note: "kept".to_owned(),
        outcome: None,
    };
    app.note(note).await.unwrap();
    (app, call)
}

async fn has_quit(app: &App) -> bool {
    tokio::time::timeout(Duration::from_millis(50), app.quit_requested())
        .await
        .is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_quits_without_knowing_what_is_lost() {
    let house = House::new();
    let (app, _) = with_an_unsaved_call(&house).await;
    let mut events = app.events();
    let client = ringside_app::Client::connect(&house.folders).await.unwrap().unwrap();
    let error = client.ask::<Nothing>("quit", Nothing {}).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("unsaved", "1 call and its notes are only in memory")
    );
    assert!(error.hint.unwrap().contains("recovery code"));
    let asked = async {
        loop {
            if let Event::QuitAsked { unsaved } = events.recv().await.unwrap() {
                return unsaved;
            }
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(5), asked).await.unwrap(), 1);
    assert!(!has_quit(&app).await);
    app.quit(QuitArgs { force: true }).await.unwrap();
    assert!(has_quit(&app).await);
    assert_eq!(app.stop().await, 1, "and it is said how many were lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn quitting_asks_the_keyring_once_more() {
    let house = House::new();
    let (app, call) = with_an_unsaved_call(&house).await;
    house.secrets.be(Mood::Well);
    app.quit(QuitArgs { force: false }).await.unwrap();
    assert!(has_quit(&app).await);
    assert_eq!(app.stop().await, 0);
    let app = house.own().await;
    assert_eq!(app.call(CallArgs { call }).await.unwrap().note, "kept");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_from_outside_asks_the_keyring_a_last_time() {
    let house = House::new();
    let (app, call) = with_an_unsaved_call(&house).await;
    house.secrets.be(Mood::Well);
    // As after SIGTERM: nobody asked the owner anything.
    assert_eq!(app.stop().await, 0);
    let app = house.own().await;
    assert_eq!(app.call(CallArgs { call }).await.unwrap().note, "kept");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_in_memory_without_calls_quits_at_once() {
    let house = House::new();
    house.secrets.be(Mood::Locked);
    let app = house.own().await;
    app.quit(QuitArgs { force: false }).await.unwrap();
    assert!(has_quit(&app).await);
    assert_eq!(app.stop().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_locked_away_is_neither_forgotten_nor_logged_past() {
    let house = House::new();
    let app = house.own().await;
    let mut settings = app.settings(Nothing {}).await.unwrap();
    settings.never_log = vec!["+49 30 23125 009".to_owned()];
    settings.log_rule = ringside_ipc::settings::LogRuleDto::Always;
    app.save_settings(settings).await.unwrap();
    app.stop().await;

    house.secrets.be(Mood::Locked);
    let app = house.own().await;
    let mut events = app.events();
    let stale = app.settings(Nothing {}).await.unwrap();
    assert!(stale.never_log.is_empty(), "nobody can read it");
    let somebody = PersonArgs {
        number: Some("+49 30 23125 009".to_owned()),
        ..PersonArgs::default()
    };
    assert_eq!(app.person(somebody.clone()).await.unwrap_err().code, "keyring_locked");
    assert_eq!(app.erase_person(somebody).await.unwrap_err().code, "keyring_locked");
    house.secrets.be(Mood::Well);
    app.unlock(UnlockArgs { code: None }).await.unwrap();
    let told = std::iter::from_fn(|| events.try_recv().ok()).any(|event| event == Event::Settings);
    assert!(told, "windows ask for the settings again");
    let settings = app.settings(Nothing {}).await.unwrap();
    assert_eq!(settings.never_log, ["+493023125009"]);
    app.stop().await;
}
