//! All of one person: found, counted, and gone from every table of the file.

use std::collections::HashMap;

use ringside_domain::{
    AddressBook as _, CallState, ConnectionId, ConnectionMemory as _, ContactIndex as _, Creation, CreationId,
    CreationState, EndReason, Journal as _, StoredNumber, Timestamp, Trace, TraceStep, Write,
    call::{Choice, ChosenBy},
    journal::{CallPage, StepRecord, StepState},
    phone::read,
    trace::Answer,
};
use ringside_store::{NewPerson, Store, Whose};

use crate::support::{call, contact, draft, entry, home, key, open, over, owed, raw, stored};

const NUMBER: &str = "+14155550100";

fn by_number(number: &str) -> Whose {
    Whose {
        contact: None,
        number: Some(read(number, &home("US"))),
        home: home("US"),
        types: HashMap::new(),
    }
}

/// Every value of every table, the full-text indexes' own among them.
fn everything(path: &std::path::Path) -> String {
    let conn = raw(path, &key(1));
    let mut tables = conn
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .unwrap();
    let names: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut text = String::new();
    for name in names {
        // A contentless index gives its rows without what is in them; its own tables hold the words.
        let mut ask = conn.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = ask.column_count();
        let mut rows = ask.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for at in 0..columns {
                match row.get_ref(at).unwrap() {
                    rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
                        text.push_str(&String::from_utf8_lossy(bytes));
                    }
                    rusqlite::types::ValueRef::Integer(number) => text.push_str(&number.to_string()),
                    _ => {}
                }
                text.push('\u{1}');
            }
        }
    }
    text.to_lowercase()
}

/// Nora Quill, with a record in the address book and one in a CRM, two calls, and all that comes of them; and others beside.
async fn house(store: &Store) {
    store.import(Vec::new(), home("US")).await.unwrap();
    store
        .begin_batch("b".to_owned(), "people.csv".to_owned(), 1)
        .await
        .unwrap();
    let nora = NewPerson {
        draft: draft("person", "Nora Quill", None),
        numbers: vec![stored("(415) 555-0100"), stored("(415) 555-0111")],
        more_emails: vec!["quill@example.org".to_owned()],
    };
    store.add_to_batch("b", vec![nora], home("US")).await.unwrap();
    let own = store
        .with_keys(ringside_domain::phone::probe_keys(&read(NUMBER, &home("US"))))
        .await
        .unwrap()
        .remove(0);
    let crm = contact("7", "Nora Quill", &["415-555-0100"]);
    let other = contact("8", "Otto Penrose", &["415-555-0199"]);
    store
        .remember(vec![crm, other.clone()], Timestamp(1), home("US"))
        .await
        .unwrap();

    // How her record is found again, and another one that was found by her number; and how Otto's is.
    for (id, number, name) in [
        ("7", NUMBER, "Nora Quill"),
        ("9", "+14155550111", "N. Quill"),
        ("8", "+14155550199", "Otto Penrose"),
    ] {
        let value = format!(r#"{{"number":"{number}","masks":"","name":"{name}"}}"#);
        let about = ringside_domain::memory::about(&contact(id, name, &[]).id);
        store.keep(&ConnectionId::new("crm"), &about, value).await.unwrap();
    }

    let mut chosen = over(call(1, NUMBER), EndReason::Completed);
    chosen.remote.display = Some("N. QUILL".to_owned());
    chosen.choice = Some(Choice {
        contact: own.clone(),
        by: ChosenBy::Person,
    });
    store.save_call(chosen.clone()).await.unwrap();
    store
        .save_note(chosen.id, "wants marmalade".to_owned(), None)
        .await
        .unwrap();
    let fields = vec![("matter".to_owned(), "Quill v. Roof".to_owned())];
    store.save_fields(chosen.id, own.id.clone(), fields).await.unwrap();
    let write: Write = store.owe(owed(1, 1, "crm")).await.unwrap();
    let answered = StepState::Answered(vec![("name".to_owned(), "Quill".to_owned())]);
    let step = StepRecord {
        step: "log".to_owned(),
        state: answered,
    };
    store.save_step(write.id, step).await.unwrap();
    store.log(entry(own.id.clone(), "marker-1")).await.unwrap();
    store
        .link("+14155550111".to_owned(), own.clone(), Timestamp(3))
        .await
        .unwrap();
    store
        .remember_choice(NUMBER.to_owned(), None, Timestamp(3))
        .await
        .unwrap();
    let step = TraceStep {
        connection: Some(ConnectionId::new("crm")),
        request: "phone=415-555-0100".to_owned(),
        forms: vec!["(415) 555-0100".to_owned()],
        started_after: std::time::Duration::ZERO,
        took: std::time::Duration::ZERO,
        answer: Answer::Found {
            records: 1,
            verified: 1,
        },
    };
    for of_call in [Some(chosen.id), None] {
        let trace = Trace {
            call: of_call,
            at: Timestamp(5),
            live: false,
            took: std::time::Duration::ZERO,
            steps: vec![step.clone()],
        };
        store.save_trace(trace).await.unwrap();
    }
    store
        .save_call(over(call(2, "+14155550111"), EndReason::Missed))
        .await
        .unwrap();

    // Somebody else's call, that she passed on.
    let mut others = over(call(3, "+14155550199"), EndReason::Completed);
    others.choice = Some(Choice {
        contact: other,
        by: ChosenBy::OnlyExactMatch,
    });
    others.route.diverted_by = vec![chosen.remote.clone()];
    store.save_call(others.clone()).await.unwrap();
    store
        .save_note(others.id, "about the harbour".to_owned(), None)
        .await
        .unwrap();
    // It was once to be logged on her.
    let mut write = owed(3, 3, "crm");
    write.entry.number = Some("+14155550199".to_owned());
    write.wanted = Some(Box::new(write.entry.clone()));
    store.owe(write).await.unwrap();
}

#[tokio::test]
async fn a_person_is_gone_from_every_table_and_nobody_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.db");
    let store = open(&path).await;
    house(&store).await;
    let before = everything(&path);
    let hers = [
        "quill",
        "marmalade",
        "5550100",
        "555-0100",
        "5550111",
        "555-0111",
        "marker-1",
        "unm",
    ];
    for word in &hers[..7] {
        assert!(before.contains(word), "the test has to put {word} there first");
    }

    let found = store.person(by_number(NUMBER)).await.unwrap();
    assert_eq!(
        (found.contacts.len(), found.calls.len(), found.remembered, found.owed),
        (2, 2, 2, 1)
    );
    let erased = store.erase_person(by_number(NUMBER)).await.unwrap();
    assert_eq!(erased, found, "what is shown is what is erased");

    let after = everything(&path);
    for word in &hers[..7] {
        assert!(!after.contains(word), "{word} is still there");
    }
    for word in ["penrose", "harbour", "5550199"] {
        assert!(after.contains(word), "{word} is somebody else's");
    }
    let again = store.person(by_number(NUMBER)).await.unwrap();
    assert!(again.contacts.is_empty() && again.calls.is_empty() && again.remembered == 0);
    let left = store
        .calls(CallPage {
            limit: 10,
            ..CallPage::default()
        })
        .await
        .unwrap();
    assert_eq!(left.len(), 1);
    assert!(left[0].route.diverted_by.is_empty());
    store.close().await;
    // Not in the pages of the file either: they can be read only with the key, and still.
    let reopened = open(&path).await;
    assert_eq!(reopened.counts().await.unwrap().contacts, 1);
    reopened.close().await;
}

#[tokio::test]
async fn of_a_shared_number_only_the_persons_own_is_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.db");
    let store = open(&path).await;
    let (ada, bob) = (contact("1", "Ada Wong", &[NUMBER]), contact("2", "Bob Wong", &[NUMBER]));
    let twin = contact("3", "ada wong", &["(415) 555-0100"]);
    store
        .remember(vec![ada.clone(), bob.clone(), twin], Timestamp(1), home("US"))
        .await
        .unwrap();
    for (number, chosen) in [(1, Some(&ada)), (2, Some(&bob)), (3, None)] {
        let mut one = over(call(number, NUMBER), EndReason::Completed);
        one.choice = chosen.map(|contact| Choice {
            contact: contact.clone(),
            by: ChosenBy::Person,
        });
        store.save_call(one).await.unwrap();
    }
    store
        .remember_choice(NUMBER.to_owned(), Some(bob.id.clone()), Timestamp(2))
        .await
        .unwrap();
    let ada = Whose {
        contact: Some(ada.id),
        number: None,
        home: home("US"),
        types: HashMap::new(),
    };
    let found = store.erase_person(ada).await.unwrap();
    assert_eq!(found.contacts.len(), 2, "her two records, and not his");
    assert_eq!(found.calls.len(), 2, "hers, and the one of nobody");
    assert_eq!(found.remembered, 0);
    assert_eq!(store.remembered_choice(NUMBER.to_owned()).await.unwrap(), Some(bob.id));
    // By the number itself, all of it is meant.
    let rest = store.erase_person(by_number("415 555 0100")).await.unwrap();
    assert_eq!((rest.contacts.len(), rest.calls.len(), rest.remembered), (1, 1, 1));
    store.close().await;
}

/// A server found Ada by a number that she does not show, and that may be anybody's.
#[tokio::test]
async fn a_servers_word_makes_nobody_elses_number_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.db");
    let store = open(&path).await;
    let vouched = "+12025550142";
    let mut ada = contact("1", "Ada Wong", &["(212) 555-0100"]);
    ada.numbers.push(StoredNumber::vouched(vouched));
    // Of him there is nothing but the server's word.
    let mut bob = contact("2", "Bob Gray", &[]);
    bob.numbers.push(StoredNumber::vouched("+12025550143"));
    let file = |people: Vec<ringside_domain::Contact>| store.remember(people, Timestamp(1), home("US"));
    file(vec![ada.clone(), bob]).await.unwrap();
    let anybodys = over(call(1, vouched), EndReason::Completed);
    store.save_call(anybodys.clone()).await.unwrap();
    store
        .save_call(over(call(2, "+12125550100"), EndReason::Completed))
        .await
        .unwrap();

    let by_contact = Whose {
        contact: Some(ada.id.clone()),
        number: None,
        home: home("US"),
        types: HashMap::new(),
    };
    let found = store.person(by_contact.clone()).await.unwrap();
    assert_eq!(
        (found.contacts.len(), found.calls.len()),
        (1, 1),
        "her own number's call"
    );
    let found = store.person(by_number(vouched)).await.unwrap();
    assert_eq!((found.contacts.len(), found.calls.len()), (0, 1));
    assert_eq!(store.person(by_number("+12025550143")).await.unwrap().contacts.len(), 1);

    store.erase_person(by_contact).await.unwrap();
    let left = store.person(by_number(vouched)).await.unwrap();
    assert_eq!(
        left.calls,
        [anybodys.id],
        "whoever called from there is still to be seen"
    );
    file(vec![ada.clone()]).await.unwrap();
    store.erase_person(by_number(vouched)).await.unwrap();
    let other = store.known(ada.id).await.unwrap().unwrap();
    assert_eq!(other.contact.numbers, [stored("(212) 555-0100")]);
    assert!(!everything(&path).contains("2025550142"), "the number itself is gone");
    store.close().await;
}

#[tokio::test]
async fn what_is_to_be_created_for_a_person_is_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("r.db")).await;
    let creation = |number: u8, raw: Option<&str>, state: CreationState| Creation {
        id: CreationId::from_uuid(uuid::Uuid::from_bytes([number; 16])),
        call: None,
        draft: draft("person", "Nora Quill", raw),
        state,
        log: false,
        force: false,
        before: None,
        attempts: 0,
        asked: Timestamp(i64::from(number)),
        due: None,
        said: None,
    };
    store.save_call(over(call(1, NUMBER), EndReason::Missed)).await.unwrap();
    let waiting = creation(1, Some("(415) 555-0100"), CreationState::Waiting(None));
    let undone = Creation {
        call: Some(call(1, NUMBER).id),
        ..creation(2, None, CreationState::Undone)
    };
    let others = creation(3, Some("(415) 555-0199"), CreationState::Waiting(None));
    for one in [&waiting, &undone, &others] {
        store.save_creation(one.clone()).await.unwrap();
    }
    let found = store.person(by_number(NUMBER)).await.unwrap();
    assert_eq!(found.creations, [undone.clone(), waiting.clone()], "the newest first");

    let sent = Creation {
        state: CreationState::Sent(None),
        ..waiting.clone()
    };
    store.save_creation(sent).await.unwrap();
    let refused = store.erase_person(by_number(NUMBER)).await.unwrap_err();
    assert_eq!(refused.kind, ringside_domain::Kind::Conflict);
    store.save_creation(waiting.clone()).await.unwrap();

    let erased = store.erase_person(by_number(NUMBER)).await.unwrap();
    assert_eq!(erased, found);
    for (id, kept) in [(undone.id, false), (waiting.id, false), (others.id, true)] {
        assert_eq!(store.creation(id).await.unwrap().is_some(), kept);
    }
    store.close().await;
}

#[tokio::test]
async fn while_a_call_goes_on_nothing_is_erased() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("r.db")).await;
    store.save_call(over(call(1, NUMBER), EndReason::Missed)).await.unwrap();
    let mut talking = call(2, NUMBER);
    talking.state = CallState::Answered;
    store.save_call(talking).await.unwrap();
    let refused = store.erase_person(by_number(NUMBER)).await.unwrap_err();
    assert_eq!(refused.kind, ringside_domain::Kind::Conflict);
    assert!(refused.hint.is_some());
    assert_eq!(store.person(by_number(NUMBER)).await.unwrap().calls.len(), 2);
    store.close().await;
}

#[tokio::test]
async fn numbers_that_nothing_can_be_made_of_come_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("r.db")).await;
    let odd: Vec<_> = (0..5)
        .map(|at| contact(&at.to_string(), "Odd", &[NUMBER, "ask at the desk", "n/a"]))
        .collect();
    store.remember(odd, Timestamp(1), home("US")).await.unwrap();
    let mut seen = Vec::new();
    loop {
        let page = store.unreadable(seen.len(), 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen.len(), 10);
    assert_eq!(store.counts().await.unwrap().unreadable, 10);
    let raws: Vec<&StoredNumber> = seen.iter().map(|(_, number)| number).collect();
    assert!(raws.iter().all(|number| number.raw != NUMBER));
    assert_eq!((raws[0].raw.as_str(), raws[1].raw.as_str()), ("ask at the desk", "n/a"));
    store.close().await;
}

/// A server that spells its types in another way since then: the calls of before are this person's all the same.
#[tokio::test]
async fn a_type_that_is_spelt_otherwise_by_now_hides_no_call() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("r.db")).await;
    let mut now = contact("1", "Ada Wong", &[NUMBER]);
    now.id.contact_type = "Contact".to_owned();
    let mut then = now.clone();
    then.id.contact_type = "contact".to_owned();
    store
        .remember(vec![now.clone()], Timestamp(1), home("US"))
        .await
        .unwrap();
    let mut one = over(call(1, "+14155550177"), EndReason::Completed);
    one.choice = Some(Choice {
        contact: then.clone(),
        by: ChosenBy::Person,
    });
    store.save_call(one).await.unwrap();
    store
        .remember_choice("+14155550177".to_owned(), Some(then.id), Timestamp(3))
        .await
        .unwrap();
    let whose = Whose {
        contact: Some(now.id),
        number: None,
        home: home("US"),
        types: HashMap::new(),
    };
    let erased = store.erase_person(whose).await.unwrap();
    assert_eq!((erased.calls.len(), erased.remembered), (1, 1));
}
