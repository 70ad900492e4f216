//! The embedded address book.

use ringside_domain::{
    AddressBook as _, ContactIndex as _, Kind, LogRef, Marker,
    connector::NameQuery,
    phone::{probe_keys, read, stored_keys},
};
use ringside_store::{ADDRESS_BOOK, types};

use crate::support::{draft, entry, home, memory, stored};

fn query(text: &str) -> NameQuery {
    NameQuery {
        text: text.to_owned(),
        ..NameQuery::default()
    }
}

#[test]
fn it_holds_three_types() {
    let types = types();
    let fields = |at: usize| {
        types[at]
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        types.iter().map(|kind| kind.id.as_str()).collect::<Vec<_>>(),
        ["person", "company", "lead"]
    );
    assert_eq!(
        types.iter().map(|kind| kind.is_company).collect::<Vec<_>>(),
        [false, true, false]
    );
    assert_eq!(fields(0), ["company", "title", "email"]);
    assert_eq!(fields(1), ["email"]);
    assert_eq!(fields(2), ["company", "title", "email"]);
}

#[tokio::test]
async fn what_is_created_is_found_by_number_and_name() {
    let store = memory();
    let mut lead = draft("lead", "  Nora Quill ", Some("(415) 555-0100 x12"));
    lead.company = Some("Quill & Sons".to_owned());
    lead.title = Some(" ".to_owned());
    lead.email = Some("nora@quill.example".to_owned());
    store.rebuild(home("US")).await.unwrap();
    let made = store.create(lead).await.unwrap();
    assert_eq!((made.name.as_str(), made.title.as_deref()), ("Nora Quill", None));
    assert_eq!(made.id.connection.as_str(), ADDRESS_BOOK);
    assert_eq!(uuid::Uuid::parse_str(&made.id.id).unwrap().get_version_num(), 7);
    assert_eq!(store.get(made.id.id.clone()).await.unwrap(), Some(made.clone()));

    let keys = stored_keys(&read("+14155550100", &home("US")));
    assert_eq!(
        store.with_keys(keys.clone()).await.unwrap(),
        std::slice::from_ref(&made)
    );
    assert_eq!(store.find(keys.clone()).await.unwrap()[0].contact, made);
    for text in ["quill", "nora q", "sons", "nora@quill", "415555", "nora 0100"] {
        assert_eq!(
            store.with_name(query(text)).await.unwrap(),
            std::slice::from_ref(&made),
            "{text}"
        );
    }
    let leads = NameQuery {
        types: vec!["lead".to_owned()],
        ..query("quill")
    };
    assert_eq!(store.with_name(leads).await.unwrap().len(), 1);
    let persons = NameQuery {
        types: vec!["person".to_owned()],
        ..query("quill")
    };
    assert_eq!(store.with_name(persons).await.unwrap(), []);

    store.delete(made.id.id.clone()).await.unwrap();
    assert_eq!(store.get(made.id.id.clone()).await.unwrap(), None);
    assert_eq!(store.with_keys(keys).await.unwrap(), []);
    assert_eq!(store.search(query("quill")).await.unwrap(), []);
    assert_eq!(store.delete(made.id.id).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn only_the_address_books_own_contacts_are_its_own() {
    let store = memory();
    let other = crate::support::contact("7", "Nora Quill", &["+14155550100"]);
    store
        .remember(vec![other], ringside_domain::Timestamp(1), home("US"))
        .await
        .unwrap();
    let keys = stored_keys(&read("+14155550100", &home("US")));
    assert_eq!(store.find(keys.clone()).await.unwrap().len(), 1);
    assert_eq!(store.with_keys(keys).await.unwrap(), []);
    assert_eq!(store.with_name(query("quill")).await.unwrap(), []);
}

#[tokio::test]
async fn a_number_is_added_unless_it_is_there() {
    let store = memory();
    store.rebuild(home("DE")).await.unwrap();
    let made = store
        .create(draft("company", "Beispiel AG", Some("030 23125 012")))
        .await
        .unwrap();
    let id = || made.id.id.clone();
    let add = |label: &str, raw: &str| store.add_number(id(), label.to_owned(), raw.to_owned());
    assert_eq!(
        add("office", "+49 (0)30 23125-012").await.unwrap().numbers.len(),
        1,
        "the same, written otherwise"
    );
    let more = add(" ", "+49 30 23125 013").await.unwrap();
    assert_eq!(more.numbers.len(), 2);
    assert_eq!(more.numbers[1].label, "phone");
    assert_eq!(
        add("fax", "ask the front desk").await.unwrap().numbers.len(),
        3,
        "kept, though no number"
    );
    assert_eq!(add("fax", "ask the front desk").await.unwrap().numbers.len(), 3);
    assert_eq!(store.get(id()).await.unwrap().unwrap().numbers.len(), 3);
    let found = store
        .with_keys(probe_keys(&read("+493023125013", &home("DE"))))
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(add("office", " ").await.unwrap_err().kind, Kind::Invalid);
    let nobody = store
        .add_number("nobody".to_owned(), String::new(), "1".to_owned())
        .await;
    assert_eq!(nobody.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn bad_drafts_are_told_by_field() {
    let store = memory();
    let mut long = draft("person", "Nora", None);
    long.company = Some("x".repeat(1001));
    let mut mail = draft("person", "Nora", None);
    mail.email = Some("nora at example".to_owned());
    for (draft, field) in [
        (draft("person", " \u{200b}\u{202e} ", None), "name"),
        (draft("person", "", None), "name"),
        (draft("planet", "Nora", None), "contact_type"),
        (long, "company"),
        (mail, "email"),
    ] {
        let refused = store.create(draft).await.unwrap_err();
        assert_eq!((refused.kind, refused.field.as_deref()), (Kind::Invalid, Some(field)));
    }
}

#[tokio::test]
async fn names_of_all_sorts_survive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    let store = crate::support::open(&path).await;
    let long = "Aurelia ".repeat(62) + "Last";
    let names = [
        long.as_str(),
        "אביגיל בן־דוד",
        "\u{202e}drawkcaB",
        "فاطمة الزهراء",
        "田中 太郎",
        "김민준",
        "किरण कुमार",
        "👩🏽‍💻 Ada",
        "Zero\u{200b}Width\u{200d}Name",
        "Robert'); DROP TABLE people;--",
        "\"quoted\" * AND NEAR(",
        "a\0b",
    ];
    let mut ids = Vec::new();
    for name in names {
        ids.push(store.create(draft("person", name, None)).await.unwrap().id.id);
    }
    store.close().await;
    let store = crate::support::open(&path).await;
    for (name, id) in names.iter().zip(ids) {
        assert_eq!(store.get(id.clone()).await.unwrap().unwrap().name, *name);
        let found = store.with_name(query(name)).await.unwrap();
        assert!(found.iter().any(|contact| contact.id.id == id), "{name:?} finds itself");
    }
}

#[tokio::test]
async fn a_marker_is_logged_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::support::open(&folder.path().join("ringside.db")).await;
    let nora = store.create(draft("person", "Nora Quill", None)).await.unwrap();
    let otto = store.create(draft("person", "Otto Pym", None)).await.unwrap();
    let racing: Vec<_> = (0..20)
        .map(|_| {
            let (store, entry) = (store.clone(), entry(nora.id.clone(), "marker-1"));
            tokio::spawn(async move { store.log(entry).await.unwrap() })
        })
        .collect();
    let mut logs: Vec<LogRef> = Vec::new();
    for one in racing {
        logs.push(one.await.unwrap());
    }
    logs.dedup();
    assert_eq!(logs.len(), 1);
    let marker = |text: &str| Marker::new(text, true);
    assert_eq!(store.find_log(marker("marker-1")).await.unwrap(), logs);
    assert_eq!(store.find_log(marker("marker-2")).await.unwrap(), []);

    let mut later = entry(nora.id.clone(), "marker-2");
    later.started = later.started.plus(std::time::Duration::from_secs(60));
    let second = store.log(later.clone()).await.unwrap();
    let of_nora = store.logs(nora.id.id.clone()).await.unwrap();
    assert_eq!(
        of_nora,
        [
            (second.clone(), later),
            (logs[0].clone(), entry(nora.id.clone(), "marker-1"))
        ]
    );

    // Logged on the wrong person: moved.
    let mut moved = entry(otto.id.clone(), "marker-1");
    moved.note = "Was for Otto".to_owned();
    store.update_log(logs[0].clone(), moved.clone()).await.unwrap();
    assert_eq!(
        store.logs(otto.id.id.clone()).await.unwrap(),
        [(logs[0].clone(), moved)]
    );
    assert_eq!(store.logs(nora.id.id.clone()).await.unwrap().len(), 1);
    let gone = LogRef {
        id: "gone".to_owned(),
        url: None,
    };
    assert_eq!(
        store
            .update_log(gone, entry(otto.id.clone(), "x"))
            .await
            .unwrap_err()
            .kind,
        Kind::NotFound
    );
    let mut nobody = entry(otto.id.clone(), "marker-3");
    nobody.contact.id = "nobody".to_owned();
    assert_eq!(store.log(nobody).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn many_are_imported_at_once() {
    let store = memory();
    let drafts = (0..2500).map(|at| {
        let name = format!("Person {at}");
        (
            draft("person", &name, Some(&format!("+1 415 555 01{:02}", at % 100))),
            vec![stored("+44 20 7946 0123")],
        )
    });
    assert_eq!(store.import(drafts.collect(), home("US")).await.unwrap(), 2500);
    assert_eq!(store.home().await.unwrap(), Some(home("US")));
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.contacts, counts.numbers, counts.unreadable), (2500, 5000, 0));
    assert_eq!(store.with_name(query("person 2499")).await.unwrap().len(), 1);
    let shared = store
        .find(stored_keys(&read("+442079460123", &home("US"))))
        .await
        .unwrap();
    assert_eq!(shared.len(), 100, "a number of thousands fills no card");
}
