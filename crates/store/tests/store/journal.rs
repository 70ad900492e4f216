//! The journal: nothing typed is lost, nothing is owed twice.

use std::time::Duration;

use ringside_domain::{
    CallState, Direction, EndReason, Journal as _, Kind, LogRef, Outcome, Timestamp, Trace, TraceStep, WriteState,
    call::{Choice, ChosenBy, Party},
    journal::{CallPage, Failure, StepRecord, StepState, WriteKind},
    trace::Answer,
};

use crate::support::{START, call, call_id, contact, contact_ref, key, memory, open, over, owed, raw};

#[tokio::test]
async fn every_sort_of_caller_reads_back_as_saved() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("ringside.db")).await;
    let callers = [
        "+14155550100",
        "415-555-0101 ext. 12",
        "0042",
        "sip:nora@example.com",
        "anonymous",
        "call me",
        "",
    ];
    for (at, from) in (1..).zip(callers) {
        let mut saved = over(call(at, from), EndReason::Completed);
        saved.remote.display = Some("‏נורה 🎧 \u{200b}Quill".to_owned());
        saved.answered = Some(saved.started.plus(Duration::from_secs(4)));
        saved.talked = Some(Duration::from_millis(25_500));
        saved.choice = Some(Choice {
            contact: contact("7", "Nora Quill", &["030 12"]),
            by: ChosenBy::Remembered,
        });
        saved.note = "first".to_owned();
        saved.outcome = Some(Outcome::CallBack);
        store.save_call(saved.clone()).await.unwrap();
        assert_eq!(store.call(saved.id).await.unwrap(), Some(saved), "{from}");
    }
    assert_eq!(store.call(call_id(99)).await.unwrap(), None);
}

#[tokio::test]
async fn how_a_call_came_here_and_every_way_to_end_read_back_as_saved() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("ringside.db")).await;
    let ends = [
        EndReason::Completed,
        EndReason::Missed,
        EndReason::Declined,
        EndReason::AnsweredElsewhere,
        EndReason::Forwarded,
        EndReason::Transferred,
        EndReason::Busy,
        EndReason::Failed,
        EndReason::Unknown,
    ];
    let through = ["+14155550101", "204", "sip:nora@example.com", "anonymous", "call me"];
    for (at, end) in (1..).zip(ends) {
        let mut saved = over(call(at, "+14155550100"), end);
        saved.route.queue = Some("Sales \u{200b}🎧".to_owned());
        for (from, display) in through.iter().zip([Some("Nora".to_owned()), None].into_iter().cycle()) {
            let reading = call(0, from).remote.reading;
            saved.route.diverted_by.push(Party { reading, display });
        }
        store.save_call(saved.clone()).await.unwrap();
        assert_eq!(store.call(saved.id).await.unwrap(), Some(saved), "{end:?}");
    }
}

#[tokio::test]
async fn a_note_is_never_overwritten_by_saving_the_call() {
    let store = memory();
    let ringing = call(1, "+14155550100");
    // Typed before the call itself was written, and while older copies of it are still being saved.
    store
        .save_note(ringing.id, "typed".to_owned(), Some(Outcome::Connected))
        .await
        .unwrap();
    store.save_call(ringing.clone()).await.unwrap();
    let mut older = over(ringing, EndReason::Completed);
    older.note = "ty".to_owned();
    store.save_call(older.clone()).await.unwrap();
    let kept = store.call(older.id).await.unwrap().unwrap();
    assert_eq!((kept.note.as_str(), kept.outcome), ("typed", Some(Outcome::Connected)));
    assert_eq!(kept.state, CallState::Ended(EndReason::Completed));

    let writes = (0..100_u32).map(|at| {
        let (store, older) = (store.clone(), older.clone());
        async move {
            if at % 2 == 0 {
                store.save_call(older).await.unwrap();
            } else {
                store.save_note(older.id, format!("typed {at}"), None).await.unwrap();
            }
        }
    });
    for write in writes.map(tokio::spawn).collect::<Vec<_>>() {
        write.await.unwrap();
    }
    assert!(store.call(older.id).await.unwrap().unwrap().note.starts_with("typed "));
    // An emptied note is a note, too.
    store.save_note(older.id, String::new(), None).await.unwrap();
    store.save_call(older.clone()).await.unwrap();
    assert_eq!(store.call(older.id).await.unwrap().unwrap().note, "");
}

#[tokio::test]
async fn pages_filter_and_go_on_where_they_stopped() {
    let store = memory();
    for at in 1..=6 {
        let end = if at % 2 == 0 {
            EndReason::Missed
        } else {
            EndReason::Completed
        };
        let mut one = over(call(at, &format!("+1415555010{at}")), end);
        one.remote.display = (at == 3).then(|| "Jürgen Weiß".to_owned());
        one.line = Some(if at == 4 { "Support" } else { "Sales" }.to_owned());
        one.no_log = at == 6;
        // Nobody answered our call: not one we missed.
        one.direction = if at == 2 { Direction::Out } else { Direction::In };
        if at == 5 {
            let mut known = contact("7", "Nora Quill", &[]);
            known.company = Some("Æther & Søn".to_owned());
            one.choice = Some(Choice {
                contact: known,
                by: ChosenBy::Person,
            });
        }
        store.save_call(one).await.unwrap();
    }
    store.save_call(call(7, "anonymous")).await.unwrap();
    let numbers = |page: CallPage| {
        let store = store.clone();
        async move {
            let found = store
                .calls(CallPage {
                    limit: if page.limit == 0 { 50 } else { page.limit },
                    ..page
                })
                .await
                .unwrap();
            found
                .iter()
                .map(|call| call.id.uuid().as_bytes()[0])
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(numbers(CallPage::default()).await, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(
        numbers(CallPage {
            limit: 2,
            ..CallPage::default()
        })
        .await,
        [7, 6]
    );
    let before = Some((call(6, "").started, call_id(6)));
    assert_eq!(
        numbers(CallPage {
            before,
            limit: 2,
            ..CallPage::default()
        })
        .await,
        [5, 4]
    );
    assert_eq!(
        numbers(CallPage {
            missed_only: true,
            ..CallPage::default()
        })
        .await,
        [6, 4]
    );
    for (text, found) in [
        ("quill", vec![5]),
        ("uil", vec![5]),
        ("aether", vec![5]),
        ("son quill", vec![5]),
        ("juergen weiss", vec![3]),
        ("support", vec![4]),
        ("555-0102", vec![2]),
        ("(415) 555 0102", vec![2]),
        ("+1 415 555 0102", vec![2]),
        ("001 415 555 0102", vec![2]),
        ("quill support", vec![]),
        ("%", vec![7, 6, 5, 4, 3, 2, 1]),
        ("'; DROP TABLE calls; --", vec![]),
    ] {
        assert_eq!(
            numbers(CallPage {
                text: Some(text.to_owned()),
                ..CallPage::default()
            })
            .await,
            found,
            "{text}"
        );
    }

    let not_logged = || {
        numbers(CallPage {
            not_logged_only: true,
            ..CallPage::default()
        })
    };
    assert_eq!(not_logged().await, [5, 4, 3, 2, 1], "6 is set aside, 7 still rings");
    let mut write = store.owe(owed(1, 5, "crm")).await.unwrap();
    assert_eq!(not_logged().await, [4, 3, 2, 1], "waiting");
    let failure = Failure {
        kind: Kind::Invalid,
        message: "no such field".to_owned(),
        hint: None,
        field: None,
    };
    write.state = WriteState::Refused(failure);
    store.update_write(write.clone()).await.unwrap();
    assert_eq!(not_logged().await, [5, 4, 3, 2, 1], "refused");
    write.state = WriteState::Logged(LogRef {
        id: "9".to_owned(),
        url: None,
    });
    store.update_write(write).await.unwrap();
    assert_eq!(not_logged().await, [4, 3, 2, 1], "logged");
    let open: Vec<_> = store.open_calls().await.unwrap().iter().map(|call| call.id).collect();
    assert_eq!(open, [call_id(7)]);
}

#[tokio::test]
async fn a_call_owes_one_log_a_connection() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("ringside.db")).await;
    let racing: Vec<_> = (1..=20)
        .map(|at| {
            let store = store.clone();
            tokio::spawn(async move { store.owe(owed(at, 1, "crm")).await.unwrap() })
        })
        .collect();
    let mut ids = Vec::new();
    for one in racing {
        ids.push(one.await.unwrap().id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "everybody got the first one");
    assert_eq!(store.writes_of(call_id(1)).await.unwrap().len(), 1);
    store.owe(owed(30, 1, "other-crm")).await.unwrap();
    store.owe(owed(31, 2, "crm")).await.unwrap();
    assert_eq!(store.open_writes().await.unwrap().len(), 3);

    // Dropped makes room for another one; updates are never folded.
    let mut first = store.write(ids[0]).await.unwrap().unwrap();
    first.state = WriteState::Dropped;
    store.update_write(first.clone()).await.unwrap();
    let second = store.owe(owed(40, 1, "crm")).await.unwrap();
    assert_eq!(second, owed(40, 1, "crm"));
    first.state = WriteState::Waiting(None);
    assert_eq!(store.update_write(first).await.unwrap_err().kind, Kind::Conflict);
    for at in [50, 51] {
        let mut update = owed(at, 1, "crm");
        update.kind = WriteKind::Update(LogRef {
            id: "9".to_owned(),
            url: Some("https://crm.example/9".to_owned()),
        });
        assert_eq!(store.owe(update.clone()).await.unwrap(), update);
        assert_eq!(
            store.owe(update.clone()).await.unwrap(),
            update,
            "the same one again is no second one"
        );
        assert_eq!(store.write(update.id).await.unwrap(), Some(update));
    }
}

#[tokio::test]
async fn all_ends_of_a_write_and_its_steps_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let store = open(&path).await;
    let failure = Failure {
        kind: Kind::Timeout,
        message: "no answer".to_owned(),
        hint: Some("wait".to_owned()),
        field: Some("matter".to_owned()),
    };
    let log = LogRef {
        id: "9".to_owned(),
        url: Some("https://crm.example/9".to_owned()),
    };
    let states = [
        WriteState::Waiting(Some(failure.clone())),
        WriteState::Unsure(failure.clone()),
        WriteState::Refused(failure),
        WriteState::Logged(log),
        WriteState::Dropped,
    ];
    for (at, state) in (1..).zip(states) {
        let mut write = store.owe(owed(at, at, "crm")).await.unwrap();
        write.state = state;
        write.attempts = 3;
        write.last_sent = Some(Timestamp(START));
        write.next_try = Some(Timestamp(START + 1));
        write.entry.note = "changed".to_owned();
        write.said = Some("the deal could not be linked".to_owned());
        write.resent = 2;
        write.wanted = (at % 2 == 0).then(|| Box::new(write.entry.clone()));
        store.update_write(write.clone()).await.unwrap();
        assert_eq!(store.write(write.id).await.unwrap(), Some(write));
    }
    // All but the dropped one; a log is settled once there is no last look to come.
    assert_eq!(store.open_writes().await.unwrap().len(), 4);
    let mut logged = store.write(owed(4, 4, "crm").id).await.unwrap().unwrap();
    logged.next_try = None;
    store.update_write(logged).await.unwrap();
    assert_eq!(store.open_writes().await.unwrap().len(), 3);

    let id = owed(1, 1, "crm").id;
    let step = |step: &str, state| StepRecord {
        step: step.to_owned(),
        state,
    };
    let captures = vec![("activity".to_owned(), "12".to_owned())];
    store.save_step(id, step("create", StepState::Sent)).await.unwrap();
    store.save_step(id, step("attach", StepState::Sent)).await.unwrap();
    store
        .save_step(id, step("create", StepState::Answered(captures.clone())))
        .await
        .unwrap();
    store.save_step(id, step("attach", StepState::NotDone)).await.unwrap();
    let kept = [
        step("create", StepState::Answered(captures)),
        step("attach", StepState::NotDone),
    ];
    assert_eq!(store.steps(id).await.unwrap(), kept);
    let nobody = owed(99, 1, "crm");
    assert_eq!(
        store.save_step(nobody.id, kept[0].clone()).await.unwrap_err().kind,
        Kind::NotFound
    );
    assert_eq!(store.update_write(nobody).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn rows_of_a_newer_version_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let store = open(&path).await;
    for at in 1..=3 {
        store.save_call(call(at, "+14155550100")).await.unwrap();
        store.owe(owed(at, at, "crm")).await.unwrap();
    }
    store
        .save_step(
            owed(3, 3, "crm").id,
            StepRecord {
                step: "create".to_owned(),
                state: StepState::NotDone,
            },
        )
        .await
        .unwrap();
    let other = raw(&path, &key(1));
    let id = |at| call_id(at).to_string();
    other
        .execute("UPDATE calls SET state = 'teleported' WHERE id = ?1", [id(1)])
        .unwrap();
    other
        .execute("UPDATE calls SET body = '{\"direction\":5' WHERE id = ?1", [id(2)])
        .unwrap();
    other
        .execute("UPDATE writes SET kind = 'transcript' WHERE call = ?1", [id(1)])
        .unwrap();
    other
        .execute("UPDATE writes SET body = 'x' WHERE call = ?1", [id(2)])
        .unwrap();
    other.execute("UPDATE steps SET state = 'halfway'", []).unwrap();

    let page = store
        .calls(CallPage {
            limit: 9,
            ..CallPage::default()
        })
        .await
        .unwrap();
    assert_eq!(page.iter().map(|call| call.id).collect::<Vec<_>>(), [call_id(3)]);
    assert_eq!(store.open_calls().await.unwrap().len(), 1);
    assert_eq!(store.open_writes().await.unwrap().len(), 1);
    assert_eq!(store.call(call_id(1)).await.unwrap(), None);
    assert_eq!(
        store.owe(owed(9, 2, "crm")).await.unwrap_err().kind,
        Kind::Conflict,
        "never a second log beside it"
    );
    let steps = store.steps(owed(3, 3, "crm").id).await.unwrap();
    assert_eq!(
        steps[0].state,
        StepState::Sent,
        "what is not understood may have happened"
    );
}

#[tokio::test]
async fn choices_are_remembered_and_forgotten() {
    let store = memory();
    let number = || "+14155550100".to_owned();
    let choose = |contact, at| store.remember_choice(number(), contact, Timestamp(at));
    assert_eq!(store.remembered_choice(number()).await.unwrap(), None);
    choose(Some(contact_ref("crm", "1")), 10).await.unwrap();
    choose(Some(contact_ref("crm", "2")), 20).await.unwrap();
    choose(Some(contact_ref("crm", "1")), 15).await.unwrap();
    assert_eq!(
        store.remembered_choice(number()).await.unwrap(),
        Some(contact_ref("crm", "2")),
        "the newest holds"
    );
    choose(None, 30).await.unwrap();
    assert_eq!(store.remembered_choice(number()).await.unwrap(), None);
}

#[tokio::test]
async fn traces_are_kept_and_forgotten() {
    let store = memory();
    let step = |answer| TraceStep {
        connection: Some(ringside_domain::ConnectionId::new("crm")),
        request: "GET /search".to_owned(),
        forms: vec!["(415) 555-0100".to_owned()],
        started_after: Duration::from_micros(12),
        took: Duration::from_millis(80),
        answer,
    };
    let trace = |at| Trace {
        call: Some(call_id(1)),
        at: Timestamp(at),
        live: true,
        took: Duration::from_micros(80_123),
        steps: vec![
            step(Answer::Found {
                records: 3,
                verified: 1,
            }),
            step(Answer::Failed {
                kind: Kind::Timeout,
                message: "no answer".to_owned(),
            }),
            step(Answer::Skipped {
                reason: "extension".to_owned(),
            }),
            step(Answer::Odd {
                reason: "1 record came and was left out".to_owned(),
            }),
        ],
    };
    for at in [10, 20, 30] {
        store.save_trace(trace(at)).await.unwrap();
    }
    store
        .save_trace(Trace {
            call: None,
            ..trace(40)
        })
        .await
        .unwrap();
    assert_eq!(
        store.traces(call_id(1)).await.unwrap(),
        [trace(30), trace(20), trace(10)]
    );
    store.forget_traces(Timestamp(20)).await.unwrap();
    assert_eq!(store.traces(call_id(1)).await.unwrap(), [trace(30), trace(20)]);
}
