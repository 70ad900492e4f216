//! Memory while the keyring is locked, and the file again.

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
