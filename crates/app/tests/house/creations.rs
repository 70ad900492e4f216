//! A contact that can be taken back for ten seconds, as a window asks for it.

use ringside_ipc::{
    call::{CallDto, ReportState, UndoDto},
    creation::{CreationArgs, CreationDecision, CreationDto, CreationStateDto, SettleCreationArgs},
    person::PersonArgs,
};

use super::*;

async fn asks(app: &App, call: &str) -> CreationDto {
    let args = CreateArgs {
        call: Some(call.to_owned()),
        later: true,
        ..lead("Anna Meier", "+44 20 7946 0123")
    };
    match app.create_contact(args).await.unwrap() {
        CreatedDto::Waiting { creation } => *creation,
        other => panic!("{other:?}"),
    }
}

async fn shown(app: &App, call: &str) -> CallDto {
    let call = call.to_owned();
    app.call(CallArgs { call }).await.unwrap()
}

async fn found(app: &App) -> usize {
    let search = SearchDto {
        text: "Anna Meier".to_owned(),
        ..SearchDto::default()
    };
    app.search(search).await.unwrap().rows.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_is_taken_back_then_kept_and_its_log_follows() {
    let house = House::new();
    let app = house.own().await;
    let call = app.report(ringing("+442079460123")).await.unwrap().call.unwrap();
    let creation = asks(&app, &call).await;
    assert_eq!(
        (creation.connection_name.as_str(), creation.type_label.as_str()),
        ("Address book", "Lead")
    );
    let dto = shown(&app, &call).await;
    assert_eq!(dto.creation.as_ref().map(|creation| &creation.id), Some(&creation.id));
    assert!(matches!(dto.undo, Some(UndoDto::Creation { .. })), "{:?}", dto.undo);
    assert_eq!(
        dto.log.contact_name.as_deref(),
        Some("Anna Meier"),
        "where it would be logged"
    );
    assert_eq!(app.snapshot(Nothing {}).await.unwrap().status.creating, 1);

    let dto = app.undo(CallArgs { call: call.clone() }).await.unwrap();
    assert_eq!((dto.creation, dto.undo), (None, None));
    let args = CreationArgs {
        creation: creation.id.clone(),
    };
    let again = app.undo_creation(args).await.unwrap();
    assert_eq!(
        (again.state, again.draft.name.as_str()),
        (CreationStateDto::Undone, "Anna Meier")
    );
    assert_eq!(
        (
            found(&app).await,
            app.snapshot(Nothing {}).await.unwrap().status.creating
        ),
        (0, 0)
    );

    let mut events = app.events();
    let creation = asks(&app, &call).await;
    let log = LogArgs {
        call: call.clone(),
        contact: None,
    };
    let dto = app.log(log).await.unwrap();
    assert_eq!(
        (dto.log.state, dto.log.code.as_deref(), dto.log.message.as_deref()),
        (
            LogStateDto::Waiting,
            Some("creating"),
            Some("Waits until Anna Meier is created")
        )
    );
    let args = SettleCreationArgs {
        creation: creation.id.clone(),
        decision: CreationDecision::Send,
    };
    app.settle_creation(args).await.unwrap();
    until("the call is logged on her", || async {
        let dto = shown(&app, &call).await;
        dto.log.state == LogStateDto::Logged && dto.choice.is_some_and(|choice| choice.contact.name == "Anna Meier")
    })
    .await;
    assert_eq!(found(&app).await, 1);
    assert_eq!(app.creations(Nothing {}).await.unwrap(), []);
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::Creation { creation } = event {
            told.push(creation.state);
        }
    }
    assert!(
        matches!(told.last(), Some(CreationStateDto::Created { .. })),
        "{told:?}"
    );
    let nonsense = CreationArgs {
        creation: "nonsense".to_owned(),
    };
    assert_eq!(
        app.undo_creation(nonsense).await.unwrap_err().field.as_deref(),
        Some("creation")
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_waits_when_the_app_ends_is_there_when_it_starts() {
    let house = House::new();
    let app = house.own().await;
    let call = app.report(ringing("+442079460123")).await.unwrap().call.unwrap();
    let creation = asks(&app, &call).await;
    app.stop().await;
    let app = house.own().await;
    let open = app.creations(Nothing {}).await.unwrap();
    assert_eq!(
        (open[0].id.as_str(), &open[0].draft),
        (creation.id.as_str(), &creation.draft)
    );
    assert!(matches!(open[0].state, CreationStateDto::Waiting { .. }));
    assert!(shown(&app, &call).await.creation.is_some());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_created_for_somebody_is_shown_and_erased_with_them() {
    let house = House::new();
    let app = house.own().await;
    let call = app.report(ringing("+442079460123")).await.unwrap().call.unwrap();
    let creation = asks(&app, &call).await;
    let mut over = ringing("+442079460123");
    over.state = Some(ReportState::Ended);
    app.report(over).await.unwrap();
    until("the call is over", || async { shown(&app, &call).await.is_over }).await;
    let who = || PersonArgs {
        contact: None,
        number: Some("+44 20 7946 0123".to_owned()),
    };
    let kept = app.person(who()).await.unwrap();
    assert_eq!((kept.creations.len(), kept.call_count), (1, 1));
    assert_eq!(kept.creations[0].id, creation.id);
    let saved = app.export_person(who()).await.unwrap();
    let text = std::fs::read_to_string(&saved.path).unwrap();
    assert!(text.contains(&creation.id) && text.contains("Anna Meier"), "{text}");

    let erased = app.erase_person(who()).await.unwrap();
    assert_eq!((erased.creations, erased.calls), (1, 1));
    assert_eq!(app.creations(Nothing {}).await.unwrap(), []);
    let kept = app.person(who()).await.unwrap();
    assert_eq!((kept.creations.len(), kept.call_count), (0, 0));
    let args = SettleCreationArgs {
        creation: creation.id,
        decision: CreationDecision::Send,
    };
    assert_eq!(app.settle_creation(args).await.unwrap_err().code, "not_found");
    assert_eq!(found(&app).await, 0);
    app.stop().await;
}
