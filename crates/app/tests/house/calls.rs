//! Calls from their first ring to their log; a ring that waited; the rehearsal.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_looked_up_chosen_noted_and_logged() {
    let house = House::new();
    let app = house.own().await;
    let CreatedDto::Created { contact } = app
        .create_contact(lead("Anna Meier", "+44 20 7946 0123"))
        .await
        .unwrap()
    else {
        panic!("a duplicate of nobody");
    };
    let call = app
        .report(ringing("sip:+442079460123@pbx.example.com"))
        .await
        .unwrap()
        .call
        .unwrap();
    until("the caller is known", || async {
        let shown = app.call(CallArgs { call: call.clone() }).await.unwrap();
        shown
            .choice
            .is_some_and(|choice| choice.contact.reference == contact.reference)
    })
    .await;
    app.note(NoteArgs {
        call: call.clone(),
        note: "wants a quote".to_owned(),
        outcome: None,
    })
    .await
    .unwrap();
    app.log(LogArgs {
        call: call.clone(),
        contact: None,
    })
    .await
    .unwrap();
    until("it is logged", || async {
        app.call(CallArgs { call: call.clone() }).await.unwrap().log.state == LogStateDto::Logged
    })
    .await;
    let found = app
        .lookup(LookupArgs {
            number: "020 7946 0123".to_owned(),
            live: true,
        })
        .await
        .unwrap();
    assert_eq!(
        found.lookup.matches[0].grade,
        GradeDto::National,
        "without a home country this is half a number"
    );
    let found = app
        .lookup(LookupArgs {
            number: "+442079460123".to_owned(),
            live: true,
        })
        .await
        .unwrap();
    assert_eq!(found.lookup.matches[0].grade, GradeDto::Exact);
    assert!(!found.trace.steps.is_empty());
    assert!(!app.traces(CallArgs { call }).await.unwrap().is_empty());
    let rows = app
        .search(SearchDto {
            text: "mei".to_owned(),
            ..SearchDto::default()
        })
        .await
        .unwrap()
        .rows;
    assert_eq!(rows[0].type_label, "Lead");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_without_an_owner_waits_for_one() {
    let house = House::new();
    // No program to start: the tests' own folder has none, and nothing else is on the search path of a test.
    let rung = ring(&house.folders, ringing("+44 20 7946 0123"), &SystemClock)
        .await
        .unwrap();
    assert!(matches!(&rung, Rung::Kept { .. } | Rung::Started), "{rung:?}");
    let app = house.own().await;
    let cards = app.snapshot(Nothing {}).await.unwrap().calls;
    assert_eq!(cards.len(), 1);
    assert_eq!(cards[0].state, CallStateDto::Ringing);
    let rung = ring(&house.folders, ringing("+44 20 7946 0456"), &SystemClock)
        .await
        .unwrap();
    assert!(matches!(rung, Rung::Told(Some(_))), "{rung:?}");
    let error = ring(&house.folders, ReportDto::default(), &SystemClock)
        .await
        .unwrap_err();
    assert_eq!(error.code, "invalid");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_that_waits_while_the_owner_is_busy_is_heard_within_seconds() {
    let house = House::new();
    // A ring that nobody hears, and kept beside the profile until the owner has looked at the spool once.
    ring(&house.folders, ringing("+44 20 7946 0123"), &SystemClock)
        .await
        .unwrap();
    let waiting = std::fs::read_dir(&house.folders.runtime)
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|file| file.file_name().unwrap().to_string_lossy().starts_with("ring-"))
        .unwrap();
    let aside = house.root.path().join("aside");
    std::fs::rename(&waiting, &aside).unwrap();
    let app = house.own().await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    std::fs::copy(&aside, &waiting).unwrap();
    let began = std::time::Instant::now();
    until("the waiting ring is shown", || async {
        !app.snapshot(Nothing {}).await.unwrap().calls.is_empty()
    })
    .await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rehearsal_has_people_and_calls_and_stays_among_itself() {
    let house = House::new();
    let mut options = house.options(RoleDto::App);
    options.rehearsal = true;
    let Start::Owner(app) = ringside_app::start(options).await.unwrap() else {
        panic!("taken")
    };
    assert!(app.snapshot(Nothing {}).await.unwrap().status.contacts > 10);
    app.rehearse(RehearseArgs {
        part: Some("known".to_owned()),
    })
    .await
    .unwrap();
    let first = || async {
        app.calls(CallFilterDto::default())
            .await
            .unwrap()
            .calls
            .into_iter()
            .next()
    };
    until("the known caller is known", || async {
        first().await.is_some_and(|call| {
            call.rehearsal && call.choice.is_some_and(|choice| choice.contact.name == "Ada Lovelace")
        })
    })
    .await;
    assert_eq!(
        app.rehearse(RehearseArgs {
            part: Some("x".to_owned())
        })
        .await
        .unwrap_err()
        .code,
        "not_found"
    );
    let people = app.snapshot(Nothing {}).await.unwrap().status.contacts;
    app.stop().await;

    // In a profile for real calls, a simulated one is shown and not logged.
    let real = House::new();
    let app = real.own().await;
    app.rehearse(RehearseArgs {
        part: Some("known".to_owned()),
    })
    .await
    .unwrap();
    let first = || async {
        app.calls(CallFilterDto::default())
            .await
            .unwrap()
            .calls
            .into_iter()
            .next()
    };
    until("the caller is known", || async {
        first().await.is_some_and(|call| call.choice.is_some())
    })
    .await;
    let call = first().await.unwrap();
    assert!(call.unverified, "so that no rule logs it by itself");
    let connections = app.connections(Nothing {}).await.unwrap();
    assert_eq!(
        connections.len(),
        1,
        "the sample people are no connection of the person's"
    );
    assert_eq!(
        app.log(LogArgs {
            call: call.id,
            contact: None
        })
        .await
        .unwrap_err()
        .code,
        "invalid"
    );
    app.stop().await;
    let app = real.own().await;
    let status = app.snapshot(Nothing {}).await.unwrap().status;
    assert_eq!(status.contacts, 0, "a rehearsal leaves nobody behind");
    app.stop().await;

    let mut options = house.options(RoleDto::App);
    options.rehearsal = true;
    let Start::Owner(app) = ringside_app::start(options).await.unwrap() else {
        panic!("taken")
    };
    assert_eq!(
        app.snapshot(Nothing {}).await.unwrap().status.contacts,
        people,
        "the people are not imported twice"
    );
    app.stop().await;
}
