//! Settings and connections: checked, saved, used.

use ringside_ipc::{
    call::{NeverLogDto, UndoDto},
    command::ChooseArgs,
    settings::{NobodyDto, OpenRecordDto, SeveralDto},
};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_checked_saved_and_used() {
    let house = House::new();
    let app = house.own().await;
    let wrong = [
        (
            "home",
            SettingsDto {
                home: Some("UK".to_owned()),
                ..settings_of(&app).await
            },
        ),
        (
            "formats",
            SettingsDto {
                formats: vec!["{bad}".to_owned()],
                ..settings_of(&app).await
            },
        ),
        (
            "own_numbers",
            SettingsDto {
                own_numbers: vec!["12".to_owned()],
                ..settings_of(&app).await
            },
        ),
        (
            "never_log",
            SettingsDto {
                never_log: vec!["+44 20 7946 0199".to_owned(), "ext. 12".to_owned()],
                ..settings_of(&app).await
            },
        ),
        (
            "vip",
            SettingsDto {
                vip: vec!["+44 20 7946 01".to_owned()],
                ..settings_of(&app).await
            },
        ),
        (
            "vip",
            SettingsDto {
                vip: vec!["+44 20 7946 0199".to_owned(); 501],
                ..settings_of(&app).await
            },
        ),
        (
            "keep_calls_days",
            SettingsDto {
                keep_calls_days: Some(6),
                ..settings_of(&app).await
            },
        ),
        (
            "intake_port",
            SettingsDto {
                intake_port: 80,
                ..settings_of(&app).await
            },
        ),
        // A profile in a folder of its own registers nothing, and does not say that it did.
        (
            "start_with_system",
            SettingsDto {
                start_with_system: true,
                ..settings_of(&app).await
            },
        ),
        (
            "handle_tel_links",
            SettingsDto {
                handle_tel_links: true,
                ..settings_of(&app).await
            },
        ),
    ];
    for (field, wanted) in wrong {
        let error = app.save_settings(wanted).await.unwrap_err();
        assert_eq!(error.field.as_deref(), Some(field), "{error}");
        assert!(!error.message.contains("7946"), "a number in words: {error}");
    }
    assert!(!house.folders.settings().exists(), "nothing was saved");

    let wanted = SettingsDto {
        home: Some("GB".to_owned()),
        own_numbers: vec!["020 7946 0199".to_owned(), "+44 20 7946 0199".to_owned()],
        ..settings_of(&app).await
    };
    let saved = app.save_settings(wanted).await.unwrap();
    assert_eq!(saved.own_numbers, ["+442079460199"]);
    let text = std::fs::read_to_string(house.folders.settings()).unwrap();
    assert!(
        text.contains("home = \"GB\"") && !text.contains("7946"),
        "numbers lie in the keyring:\n{text}"
    );
    assert!(house.secrets.text("own-numbers").unwrap().contains("+442079460199"));
    let found = app
        .lookup(LookupArgs {
            number: "020 7946 0123".to_owned(),
            live: false,
        })
        .await
        .unwrap();
    assert_eq!(
        found.caller.e164.as_deref(),
        Some("+442079460123"),
        "the new home is in use"
    );
    app.stop().await;

    let app = house.own().await;
    assert_eq!(settings_of(&app).await, saved);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_settings_file_is_told_and_left_alone() {
    let house = House::new();
    house.folders.create().unwrap();
    std::fs::write(house.folders.settings(), "version = 1\n[calls]\npop = 'sometimes'\n").unwrap();
    let app = house.own().await;
    let notices = app.snapshot(Nothing {}).await.unwrap().status.notices;
    assert_eq!(notices[0].code, "settings_broken");
    assert!(
        notices[0].message.contains("line 3, column 7"),
        "{}",
        notices[0].message
    );
    let now = SettingsDto {
        own_numbers: vec!["+44 20 7946 0199".to_owned()],
        ..settings_of(&app).await
    };
    assert_eq!(app.save_settings(now.clone()).await.unwrap_err().code, "invalid");
    assert!(
        house.secrets.text("own-numbers").is_none(),
        "nothing else was changed either"
    );
    assert!(
        std::fs::read_to_string(house.folders.settings())
            .unwrap()
            .contains("sometimes")
    );

    std::fs::write(house.folders.settings(), "version = 1\n").unwrap();
    app.save_settings(now).await.unwrap();
    assert!(app.snapshot(Nothing {}).await.unwrap().status.notices.is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lists_of_numbers_lie_in_the_keyring_and_are_in_use_again_after_a_restart() {
    let house = House::new();
    let app = house.own().await;
    let wanted = SettingsDto {
        home: Some("GB".to_owned()),
        never_log: vec!["020 7946 0123".to_owned(), "+44 20 7946 0123".to_owned()],
        vip: vec!["+44 20 7946 0144".to_owned()],
        several: SeveralDto::LastSpoken,
        nobody: NobodyDto::Search,
        open_record: OpenRecordDto::Answer,
        keep_calls_days: Some(90),
        ..settings_of(&app).await
    };
    let saved = app.save_settings(wanted).await.unwrap();
    assert_eq!(saved.never_log, ["+442079460123"]);
    assert_eq!(saved.vip, ["+442079460144"]);
    let text = std::fs::read_to_string(house.folders.settings()).unwrap();
    assert!(
        !text.contains("7946") && text.contains("keep_calls_days = 90"),
        "{text}"
    );
    assert!(house.secrets.text("never-log").unwrap().contains("+442079460123"));
    assert!(house.secrets.text("vip").unwrap().contains("+442079460144"));
    app.stop().await;

    let app = house.own().await;
    assert_eq!(settings_of(&app).await, saved);
    let rings = async |from: &str| {
        let call = app.report(ringing(from)).await.unwrap().call.unwrap();
        app.call(CallArgs { call }).await.unwrap()
    };
    let listed = rings("+44 20 7946 0123").await;
    assert_eq!((listed.never_log, listed.vip), (Some(NeverLogDto::Listed), false));
    assert_eq!(listed.log.state, LogStateDto::SetAside);
    let error = app
        .log(LogArgs {
            call: listed.id,
            contact: None,
        })
        .await
        .unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.field.as_deref()),
        ("conflict", Some("number"))
    );
    let vip = rings("+44 20 7946 0144").await;
    assert_eq!((vip.never_log, vip.vip), (None, true));
    let page = app
        .calls(CallFilterDto {
            log: Some(LogStateDto::SetAside),
            ..CallFilterDto::default()
        })
        .await
        .unwrap();
    assert_eq!(page.calls.len(), 1);

    // An empty list leaves nothing behind.
    let wanted = SettingsDto {
        never_log: Vec::new(),
        keep_calls_days: None,
        ..saved
    };
    app.save_settings(wanted).await.unwrap();
    assert!(house.secrets.text("never-log").is_none());
    let text = std::fs::read_to_string(house.folders.settings()).unwrap();
    assert!(!text.contains("keep_calls_days"), "{text}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_taken_back_over_the_wire() {
    let house = House::new();
    let app = house.own().await;
    let created = app
        .create_contact(lead("Anna Meier", "+44 20 7946 0123"))
        .await
        .unwrap();
    let CreatedDto::Created { contact } = created else {
        panic!("{created:?}")
    };
    let call = app.report(ringing("+44 20 7946 0199")).await.unwrap().call.unwrap();
    let chosen = app
        .choose(ChooseArgs {
            call: call.clone(),
            contact: Some(contact.reference),
        })
        .await
        .unwrap();
    assert_eq!(chosen.undo, Some(UndoDto::Choice { before: None }));
    let undone = app.undo(CallArgs { call: call.clone() }).await.unwrap();
    assert!(undone.choice.is_none() && undone.undo.is_none());
    let error = app.undo(CallArgs { call }).await.unwrap_err();
    assert_eq!(error.code, "conflict");
    assert!(error.hint.is_some());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_home_files_the_stored_numbers_anew() {
    let house = House::new();
    let app = house.own().await;
    app.create_contact(lead("Anna Meier", "020 7946 0123")).await.unwrap();
    let asked = || LookupArgs {
        number: "+442079460123".to_owned(),
        live: false,
    };
    let grade = |found: ringside_ipc::command::LookupReplyDto| found.lookup.matches.first().map(|found| found.grade);
    assert_ne!(grade(app.lookup(asked()).await.unwrap()), Some(GradeDto::Exact));
    app.save_settings(SettingsDto {
        home: Some("GB".to_owned()),
        ..settings_of(&app).await
    })
    .await
    .unwrap();
    until("the index is made anew", || async {
        grade(app.lookup(asked()).await.unwrap()) == Some(GradeDto::Exact)
    })
    .await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_listed_tested_and_refused_with_words() {
    let house = House::new();
    let app = house.own().await;
    let list = app.connections(Nothing {}).await.unwrap();
    assert_eq!(
        (list.len(), list[0].id.as_str(), list[0].logs_here),
        (1, "address-book", true)
    );
    assert!(list[0].can_create && list[0].can_log && list[0].types.len() == 3);
    let named = |id: &str| ConnectionArgs {
        connection: id.to_owned(),
    };
    let tested = app.test_connection(named("address-book")).await.unwrap();
    assert!(tested.account.is_some() && tested.message.is_none());
    assert_eq!(
        app.test_connection(named("nothing")).await.unwrap_err().code,
        "not_found"
    );
    let add = |connector: &str| AddConnectionArgs {
        connector: connector.to_owned(),
        name: None,
        environment: None,
        server: None,
        parameters: [].into(),
        secrets: [].into(),
    };
    assert_eq!(
        app.add_connection(add("nonsense")).await.unwrap_err().field.as_deref(),
        Some("connector")
    );
    assert_eq!(
        app.add_connection(add("address-book")).await.unwrap_err().code,
        "conflict"
    );
    assert!(app.remove_connection(named("address-book")).await.unwrap().is_empty());
    let again = app.add_connection(add("address-book")).await.unwrap();
    assert!(again.logs_here && again.can_log);
    assert_eq!(app.log_here(named("address-book")).await.unwrap().len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_connection_takes_what_was_remembered_of_it_along() {
    use ringside_tests::{HttpCrm, LoopbackCrm};

    let house = House::new();
    house.folders.create().unwrap();
    let connections = "version = 1\n[[connection]]\nid = 'address-book'\nconnector = 'address-book'\n\
                       [[connection]]\nid = 'loopback'\nconnector = 'plugged-in'\n";
    std::fs::write(house.folders.settings(), connections).unwrap();
    let crm = LoopbackCrm::start(true).await;
    let mut options = house.options(RoleDto::App);
    options.extra.push(ringside_app::Connection {
        connector: std::sync::Arc::new(HttpCrm::new(crm.url(), true, true, Duration::ZERO)),
        logs_here: false,
        account: "loopback".into(),
    });
    let Start::Owner(app) = ringside_app::start(options).await.unwrap() else {
        panic!("taken")
    };
    app.create_contact(lead("Anna Meier", "+44 20 7946 0123"))
        .await
        .unwrap();
    let search = SearchDto {
        text: "Example".to_owned(),
        ..SearchDto::default()
    };
    app.search_live(search).await.unwrap();
    let contacts = || async { app.snapshot(Nothing {}).await.unwrap().status.contacts };
    assert_eq!(contacts().await, 3, "the live answer is remembered");
    let named = |id: &str| ConnectionArgs {
        connection: id.to_owned(),
    };
    app.remove_connection(named("loopback")).await.unwrap();
    assert_eq!(contacts().await, 1);
    app.remove_connection(named("address-book")).await.unwrap();
    assert_eq!(contacts().await, 1, "what has no other place stays");
    app.stop().await;
}
