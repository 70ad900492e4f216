//! Quiet: pauses that last over a restart and end by themselves, presenting, what the desktop says, hotkeys that clash.

use std::time::Duration;

use ringside_ipc::{
    call::{CallStateDto, ReportState},
    command::{PauseArgs, PresentArgs},
};

use super::*;

fn in_ms(ms: i64) -> PauseArgs {
    let (now, _) = ringside_app::time_now();
    PauseArgs { until: Some(now + ms) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_lasts_over_a_restart_and_ends_by_itself() {
    let house = House::new();
    let app = house.own().await;
    assert!(app.pause(in_ms(3_600_000)).await.unwrap().quiet.paused_until.is_some());
    assert!(app.present(PresentArgs { on: true }).await.unwrap().quiet.presenting);
    app.stop().await;

    let app = house.own().await;
    let quiet = app.quiet_now();
    assert!(quiet.paused_until.is_some() && !quiet.presenting, "{quiet:?}");
    let mut events = app.events();
    app.pause(in_ms(300)).await.unwrap();
    let over = async {
        while let Ok(event) = events.recv().await {
            if matches!(event, Event::Status { status } if status.quiet.paused_until.is_none()) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), over)
        .await
        .expect("the end of the pause is told");
    app.stop().await;
    assert_eq!(house.own().await.quiet_now().paused_until, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_is_none_or_too_long_is_refused_in_words() {
    let house = House::new();
    let app = house.own().await;
    let error = app.pause(in_ms(8 * 24 * 3_600_000)).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.field.as_deref()),
        ("invalid", Some("until"))
    );
    assert!(app.pause(PauseArgs { until: Some(i64::MAX) }).await.is_err());
    // One that is over already is the end of any.
    app.pause(in_ms(60_000)).await.unwrap();
    let past = app.pause(PauseArgs { until: Some(i64::MIN) }).await.unwrap();
    assert_eq!(past.quiet.paused_until, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_desktop_says_counts_as_far_as_the_person_lets_it() {
    let house = House::new();
    let app = house.own().await;
    app.desk_says(|desk| (desk.full_screen, desk.locked) = (true, true));
    let quiet = app.quiet_now();
    assert!(quiet.do_not_disturb && quiet.locked, "{quiet:?}");
    let deaf = SettingsDto {
        respect_do_not_disturb: false,
        ..settings_of(&app).await
    };
    app.save_settings(deaf).await.unwrap();
    let quiet = app.quiet_now();
    assert!(
        !quiet.do_not_disturb && quiet.locked,
        "a lock is no matter of taste: {quiet:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_rings_is_known_before_it_is_told() {
    let house = House::new();
    let app = house.own().await;
    let rings = ringing("+442079460123");
    let call = app.report(rings.clone()).await.unwrap().call.unwrap();
    assert!(app.goes_on(&call));
    let mut over = rings;
    over.state = Some(ReportState::Ended);
    app.report(over).await.unwrap();
    assert!(!app.goes_on(&call) && !app.goes_on("nobody"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_call_is_told_before_it_is_counted() {
    let house = House::new();
    let app = house.own().await;
    let mut events = app.events();
    app.report(ringing("+442079460123")).await.unwrap();
    let mut over = ringing("+442079460123");
    over.state = Some(ReportState::Ended);
    app.report(over).await.unwrap();
    let mut told = false;
    let counted = async {
        loop {
            match events.recv().await.unwrap() {
                Event::Call { call } => told |= call.state == CallStateDto::Missed,
                Event::Status { status } if status.missed == 1 => return,
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), counted).await.unwrap();
    assert!(told, "a card waits for no database that counts");
    assert_eq!(app.missed_now(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_call_is_new_until_somebody_looks_and_never_again() {
    let house = House::new();
    let app = house.own().await;
    let call = app.report(ringing("+442079460123")).await.unwrap().call.unwrap();
    let mut over = ringing("+442079460123");
    over.state = Some(ReportState::Ended);
    app.report(over).await.unwrap();
    until("it is new", || async { app.missed_now() == 1 }).await;
    app.calls(CallFilterDto::default()).await.unwrap();
    assert_eq!(app.missed_now(), 1, "a search asks for the list as well");
    assert_eq!(app.see_missed(Nothing {}).await.unwrap().missed, 0);

    let mut events = app.events();
    let note = async |app: &App, note: &str| {
        let (call, note) = (call.clone(), note.to_owned());
        app.note(NoteArgs {
            call,
            note,
            outcome: None,
        })
        .await
        .unwrap();
    };
    note(&app, "rings back on Friday").await;
    let told = async {
        while !matches!(events.recv().await.unwrap(), Event::Call { call } if call.note.contains("Friday")) {}
    };
    tokio::time::timeout(Duration::from_secs(5), told).await.unwrap();
    assert_eq!(app.missed_now(), 0, "a note is no news");
    app.stop().await;

    let app = house.own().await;
    let mut events = app.events();
    note(&app, "rings back on Monday").await;
    let told = async {
        while !matches!(events.recv().await.unwrap(), Event::Call { call } if call.note.contains("Monday")) {}
    };
    tokio::time::timeout(Duration::from_secs(5), told).await.unwrap();
    assert_eq!(app.missed_now(), 0, "nor is one of the last run");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hotkeys_on_the_same_keys_are_refused_at_the_field() {
    let house = House::new();
    let app = house.own().await;
    let wanted = SettingsDto {
        search_hotkey: Some("Ctrl+Shift+F6".to_owned()),
        say_hotkey: Some(" shift + Control+f6".to_owned()),
        ..settings_of(&app).await
    };
    let error = app.save_settings(wanted).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("say_hotkey"), "{error}");
    assert!(!house.folders.settings().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hotkey_that_other_programs_need_is_refused_at_the_field() {
    let house = House::new();
    let app = house.own().await;
    for keys in ["K", "Shift+Space", "Ctrl+KeyC"] {
        let wanted = SettingsDto {
            card_hotkey: Some(keys.to_owned()),
            ..settings_of(&app).await
        };
        let error = app.save_settings(wanted).await.unwrap_err();
        assert_eq!(error.field.as_deref(), Some("card_hotkey"), "{keys}: {error}");
        assert!(error.hint.is_some(), "{keys}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_folder_of_a_file_that_was_saved_is_shown() {
    let house = House::new();
    let app = house.own().await;
    let planted = house.folders.data.join("ringside-planted.csv");
    std::fs::create_dir_all(&house.folders.data).unwrap();
    std::fs::write(&planted, "x").unwrap();
    let error = app.show_file(&planted).await.unwrap_err();
    assert_eq!(error.code, "not_found", "{error}");
}
