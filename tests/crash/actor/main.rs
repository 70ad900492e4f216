//! The program that is killed: it takes one call with the real engine on a real store file, types a note in pieces, and
//! logs the call in the CRM on the loopback. Told to move the log, it then types one more piece and moves the log to a
//! colleague; told to wish, it types that piece while the log is on its way and logs it; told to create, it has the caller
//! created and logs the call on who that is. Started again it goes on where its
//! journal says it was.
//!
//! It prints a line after everything that is durable, and before a step is. It stops for good after the line it was told
//! to hold at:
//!
//! ```text
//! found 2                        the note in the journal has two pieces, from an earlier life
//! call · note 3 · owed · owed update      rows in the journal
//! step log begins · step log sent · step log answered · step link sent · step link answered
//! write wanted                   what the log on its way is to be is in the journal
//! write waiting · write logged · write refused · write unsure, and the same of an update
//! creation waiting · creation sent · creation created · creation finished · creation unsure
//! ended logged log-1 4           its last line: how the write ended, and the pieces of the note
//! ```
#![allow(clippy::unwrap_used, clippy::panic)]

mod saying;
mod written;

use std::{collections::HashMap, sync::Arc, time::Duration};

use ringside_domain::{
    Authority, CallEvent, CallId, Change, Clock, Connector, ContactDraft, ContactRef, CreationState, Direction,
    EndReason, Journal, SourceId, Trust, Write, WriteState,
    call::{WireParty, WireRoute},
    journal::CallPage,
};
use ringside_engine::{Config, Connection, Engine, Parts};
use ringside_host::{OsRandom, SystemClock};
use ringside_store::{Store, StoreKey};
use ringside_tests::{HttpCrm, NUMBER};
use saying::{Saying, say};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let given: HashMap<&str, &str> = args
        .chunks_exact(2)
        .map(|pair| (pair[0].trim_start_matches('-'), pair[1].as_str()))
        .collect();
    let number = |name: &str| given[name].parse::<u64>().unwrap();

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let key = StoreKey::from_bytes([u8::try_from(number("key")).unwrap(); 32]);
    let store = Store::open(given["store"], key, clock.clone(), Arc::new(OsRandom))
        .await
        .unwrap();
    let journal: Arc<dyn Journal> = Arc::new(Saying {
        journal: store.clone(),
        hold: given.get("hold").map(|&line| line.into()),
    });
    let settles = Duration::from_millis(number("settles"));
    let creates = given["deed"] == "Creates";
    let (searchable, steps) = (given["searchable"] == "yes", given["steps"]);
    let mut crm = HttpCrm::new(given["crm"], searchable, steps == "2", settles);
    crm.creates = creates;
    let [person, colleague] = [0, 1].map(|at| crm.people[at].id.clone());
    let connector: Arc<dyn Connector> = match given["connector"] {
        "Manifest" => written::connector(given["crm"], searchable, steps, &store, clock.clone()),
        _ => Arc::new(crm),
    };
    let connection = Connection {
        connector,
        logs_here: true,
        account: "loopback-account".into(),
    };
    let config = Config {
        write_deadline: Duration::from_secs(5),
        write_pauses: vec![Duration::from_millis(50)],
        settle_floor: settles,
        undo_window: Duration::from_millis(100),
        ..Config::default()
    };
    let parts = Parts {
        clock: clock.clone(),
        random: Arc::new(OsRandom),
        journal: journal.clone(),
        index: Arc::new(store.clone()),
        connections: vec![connection],
    };
    let engine = Engine::start(parts, config).await.unwrap();

    let report = |change: Change| CallEvent {
        source: SourceId::new("crash"),
        key: "the-call".into(),
        provider_call_id: given.get("provider").map(|&id| id.into()),
        trust: Trust::Trusted,
        authority: Authority::Watcher,
        direction: Some(Direction::In),
        remote: Some(WireParty {
            raw: NUMBER.into(),
            display: None,
        }),
        local: None,
        route: WireRoute::default(),
        replaces: None,
        replay: false,
        at: clock.now(),
        change,
        rehearsal: false,
    };
    let known = journal
        .calls(CallPage {
            limit: 1,
            ..CallPage::default()
        })
        .await
        .unwrap()
        .pop();
    let (id, note) = match known {
        Some(call) => (call.id, call.note),
        None => {
            let id = engine.report(report(Change::Ringing)).await.unwrap().unwrap();
            engine.report(report(Change::Answered)).await.unwrap();
            (id, String::new())
        }
    };
    let found = pieces(&note);
    say(&format!("found {found}"));
    let view = engine.call(id).await.unwrap();
    let undecided = view.call.choice.is_none() && journal.open_creations().await.unwrap().is_empty();
    if creates && undecided {
        engine
            .create_later(newcomer(&person), Some(id), false, None)
            .await
            .unwrap();
    } else if undecided {
        engine.choose(id, Some(person)).await.unwrap();
    }
    let pieces_first = number("pieces");
    for piece in found + 1..=pieces_first {
        engine.note(id, text(piece), None).await.unwrap();
    }
    if !engine.call(id).await.unwrap().call.state.is_over() {
        engine
            .report(report(Change::Ended(EndReason::Completed)))
            .await
            .unwrap();
    }
    let begins = journal.writes_of(id).await.unwrap().is_empty();
    if begins {
        engine.log(id, None).await.unwrap();
    }
    if begins && given["deed"] == "Wishes" {
        let log = journal.writes_of(id).await.unwrap()[0].id;
        while journal.steps(log).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        engine.note(id, text(pieces_first + 1), None).await.unwrap();
        engine.log(id, None).await.unwrap();
    }
    if given["deed"] == "Moves" {
        while journal.writes_of(id).await.unwrap().iter().any(is_waiting) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if found <= pieces_first {
            engine.note(id, text(pieces_first + 1), None).await.unwrap();
        }
        engine.log(id, Some(colleague)).await.unwrap();
    }
    let end = settled(&*journal, id).await;
    let note = journal.call(id).await.unwrap().unwrap().note;
    say(&format!("ended {end} {}", pieces(&note)));
    engine.stop().await;
    store.close().await;
}

fn newcomer(like: &ContactRef) -> ContactDraft {
    ContactDraft {
        connection: like.connection.clone(),
        contact_type: like.contact_type.clone(),
        name: "Cleo Example".into(),
        given: None,
        family: None,
        company: None,
        title: None,
        email: None,
        number: Some(NUMBER.into()),
        extra: Vec::new(),
        force: false,
    }
}

/// `note 1 note 2 …`
fn text(pieces: u64) -> String {
    (1..=pieces).map(|piece| format!("note {piece} ")).collect()
}

fn pieces(note: &str) -> u64 {
    let pieces = note.matches("note ").count() as u64;
    assert_eq!(note, text(pieces), "a note of another person");
    pieces
}

/// Waits until delivery has nothing to do any more.
async fn settled(journal: &dyn Journal, call: CallId) -> String {
    loop {
        let to_come = journal.open_creations().await.unwrap();
        if to_come.iter().any(|new| matches!(new.state, CreationState::Unsure(_))) {
            return "unsure creation".into();
        }
        let writes = journal.writes_of(call).await.unwrap();
        let open = |write: &Write| is_waiting(write) || (is_logged(write) && write.next_try.is_some());
        if let Some(last) = writes.last()
            && to_come.is_empty()
            && !writes.iter().any(open)
        {
            return match &last.state {
                WriteState::Logged(log) => format!("logged {}", log.id),
                WriteState::Unsure(_) => "unsure -".into(),
                WriteState::Refused(failure) => format!("refused {}", failure.kind.code()),
                other => format!("strange {other:?}"),
            };
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn is_waiting(write: &Write) -> bool {
    matches!(write.state, WriteState::Waiting(_))
}

fn is_logged(write: &Write) -> bool {
    matches!(write.state, WriteState::Logged(_))
}
