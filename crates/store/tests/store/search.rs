//! Search by name: what is found, and in which order.

use ringside_domain::{
    Call, CallState, Contact, ContactIndex as _, EndReason, Journal as _, Timestamp,
    call::{Choice, ChosenBy},
    connector::NameQuery,
};
use ringside_store::Store;

use crate::support::{call, contact, home, memory, over};

async fn with(contacts: Vec<Contact>) -> Store {
    let store = memory();
    store.remember(contacts, Timestamp(1), home("US")).await.unwrap();
    store
}

async fn names(store: &Store, text: &str) -> Vec<String> {
    let query = NameQuery {
        text: text.to_owned(),
        ..NameQuery::default()
    };
    store
        .search(query)
        .await
        .unwrap()
        .into_iter()
        .map(|hit| hit.contact.name)
        .collect()
}

fn person(id: usize, name: &str) -> Contact {
    contact(&id.to_string(), name, &[])
}

#[tokio::test]
async fn spellings_find_each_other() {
    let stored = [
        "Jürgen Müller",
        "Anne-Marie O’Brien",
        "José Núñez",
        "Günter Groß",
        "Søren Ødegård",
        "田中太郎",
        "Ivan Петров",
    ];
    let store = with(stored.iter().enumerate().map(|(at, name)| person(at, name)).collect()).await;
    for (text, found) in [
        ("muller", stored[0]),
        ("MUELLER", stored[0]),
        ("müller", stored[0]),
        ("juergen mue", stored[0]),
        ("müller, jürgen", stored[0]),
        ("obrien", stored[1]),
        ("o'brien", stored[1]),
        ("brien", stored[1]),
        ("annemarie", stored[1]),
        ("marie", stored[1]),
        ("nunez jose", stored[2]),
        ("gross", stored[3]),
        ("groß", stored[3]),
        ("guenter gross", stored[3]),
        ("soren odegard", stored[4]),
        ("太郎", stored[5]),
        ("田中", stored[5]),
        ("петров", stored[6]),
        ("ПЕТ", stored[6]),
    ] {
        assert_eq!(names(&store, text).await, [found], "{text}");
    }
    for nothing in ["", "   ", "!!!", "xyz", "mullerxyz"] {
        assert_eq!(names(&store, nothing).await, Vec::<String>::new(), "{nothing:?}");
    }
}

#[tokio::test]
async fn every_keystroke_of_a_name_finds_it() {
    let stored = ["Samuel Goethe", "Manuela Bauer", "Joël Saez", "Æon Flux", "Weiß"];
    let store = with(stored.iter().enumerate().map(|(at, name)| person(at, name)).collect()).await;
    for name in stored {
        for end in 1..=name.chars().count() {
            let text: String = name.chars().take(end).collect();
            assert!(
                names(&store, &text).await.contains(&name.to_owned()),
                "{text:?} of {name}"
            );
        }
    }
}

#[tokio::test]
async fn the_best_come_first() {
    let order = [
        "Anna Lee",               // the whole text
        "Anna Leeds",             // begins with it
        "Susanna Anna Maria Lee", // words in order
        "Lee Anna",               // in any order
    ];
    let mut contacts: Vec<Contact> = order
        .iter()
        .rev()
        .enumerate()
        .map(|(at, name)| person(at, name))
        .collect();
    let mut by_company = person(10, "Zora Zimt");
    by_company.company = Some("Anna Lee Catering".to_owned());
    let mut by_e_mail = person(11, "Zeno Zimt");
    by_e_mail.emails = vec!["anna.lee@example.com".to_owned()];
    contacts.extend([by_e_mail, by_company]);
    let store = with(contacts).await;
    let expected = [&order[..], &["Zora Zimt", "Zeno Zimt"]].concat();
    assert_eq!(names(&store, "anna lee").await, expected);
    assert_eq!(names(&store, "anna.lee@ex").await, ["Zeno Zimt"]);
}

#[tokio::test]
async fn initials_come_after_beginnings() {
    let store = with(vec![
        person(1, "John Dorian"),
        person(2, "Jda Xu"),
        person(3, "Jane Doe"),
    ])
    .await;
    assert_eq!(names(&store, "jd").await, ["Jda Xu", "Jane Doe", "John Dorian"]);
}

#[tokio::test]
async fn as_typed_comes_before_folded() {
    let store = with(vec![
        person(1, "Mueller A"),
        person(2, "Müller A"),
        person(3, "Muller A"),
    ])
    .await;
    assert_eq!(names(&store, "mueller").await[0], "Mueller A");
    assert_eq!(names(&store, "mueller").await.len(), 3);
}

#[tokio::test]
async fn called_last_comes_first_among_equals() {
    let mut changed = person(3, "Nora Three");
    changed.updated = Some(Timestamp(50));
    let store = with(vec![person(1, "Nora One"), person(2, "Nora Two"), changed]).await;
    assert_eq!(names(&store, "nora").await, ["Nora Three", "Nora One", "Nora Two"]);
    let mut one = over(call(1, "+14155550100"), EndReason::Completed);
    one.choice = Some(Choice {
        contact: person(2, "Nora Two"),
        by: ChosenBy::Person,
    });
    store.save_call(one.clone()).await.unwrap();
    assert_eq!(names(&store, "nora").await, ["Nora Two", "Nora Three", "Nora One"]);
    let query = NameQuery {
        text: "two".to_owned(),
        ..NameQuery::default()
    };
    assert_eq!(
        store.search(query).await.unwrap()[0].contact.last_call,
        Some(one.started)
    );
}

#[tokio::test]
async fn spoken_with_last_is_whom_somebody_spoke_with() {
    let store = with(vec![person(1, "Nora One")]).await;
    let last = async || {
        let query = NameQuery {
            text: "nora".to_owned(),
            ..NameQuery::default()
        };
        store.search(query).await.unwrap()[0].contact.last_call
    };
    let about_her = |mut one: Call| {
        one.choice = Some(Choice {
            contact: person(1, "Nora One"),
            by: ChosenBy::Person,
        });
        one
    };
    let (talked, missed) = (call(1, "+14155550100"), call(2, "+14155550100"));
    let mut dropped = over(call(3, "+14155550100"), EndReason::Failed);
    let mut going_on = call(4, "+14155550100");
    store
        .save_call(about_her(over(missed, EndReason::Missed)))
        .await
        .unwrap();
    assert_eq!(last().await, None, "nobody answered");
    let talked = about_her(over(talked, EndReason::Completed));
    store.save_call(talked.clone()).await.unwrap();
    assert_eq!(last().await, Some(talked.started), "not the later one that was missed");
    dropped.answered = Some(dropped.started);
    store.save_call(about_her(dropped.clone())).await.unwrap();
    assert_eq!(last().await, Some(dropped.started));
    going_on.state = CallState::Answered;
    going_on.answered = Some(going_on.started);
    store.save_call(about_her(going_on)).await.unwrap();
    assert_eq!(last().await, Some(dropped.started), "not the one that goes on");
    // A lookup files the record with what was known then.
    let filed = Contact {
        last_call: Some(Timestamp(i64::MAX)),
        ..person(1, "Nora One")
    };
    store.remember(vec![filed], Timestamp(9), home("US")).await.unwrap();
    assert_eq!(last().await, Some(dropped.started));
}

#[tokio::test]
async fn the_exact_name_is_found_among_thousands() {
    let mut contacts: Vec<Contact> = (0..500).map(|at| person(at, &format!("Annabel Li{at}"))).collect();
    contacts.push(person(900, "An Li"));
    contacts.push(person(901, "Zara An"));
    let store = with(contacts).await;
    assert_eq!(names(&store, "an").await[0], "An Li");
    assert_eq!(names(&store, "an li").await[0], "An Li");
    let few = NameQuery {
        text: "an".to_owned(),
        limit: 5,
        ..NameQuery::default()
    };
    assert_eq!(store.search(few).await.unwrap().len(), 5);
}

#[tokio::test]
async fn digits_find_numbers() {
    let numbers = [
        "(415) 555-0123",
        "+44 20 7946 0958",
        "+49 30 23125 012",
        "ask 98765",
        "1234",
    ];
    let stored = |(at, raw): (usize, &&str)| contact(&at.to_string(), &format!("Person {at}"), &[raw]);
    let store = with(numbers.iter().enumerate().map(stored).collect()).await;
    for (text, found) in [
        ("415555", 0),
        ("(415) 555", 0),
        ("555-0123", 0),
        ("0123", 0),
        ("+1 415 555 0123", 0),
        ("0014155550123", 0),
        ("2079460958", 1),
        ("020 7946", 1),
        ("+44 (0)20 7946", 1),
        ("7946", 1),
        ("030 231", 2),
        ("4930231", 2),
        ("98765", 3),
        ("1234", 4),
        ("person 0958", 1),
        ("pers 7946", 1),
    ] {
        assert_eq!(
            names(&store, text).await.first(),
            Some(&format!("Person {found}")),
            "{text}"
        );
    }
    assert_eq!(names(&store, "person 0958").await, ["Person 1"]);
    assert_eq!(names(&store, "55512").await, Vec::<String>::new());
}

#[tokio::test]
async fn digits_in_names_are_names() {
    let mut company = person(1, "Nora Quill");
    company.company = Some("1822direkt".to_owned());
    let store = with(vec![company, person(2, "Studio 54"), person(3, "Area 513 Ltd")]).await;
    assert_eq!(names(&store, "1822").await, ["Nora Quill"]);
    assert_eq!(names(&store, "studio 54").await, ["Studio 54"]);
    assert_eq!(names(&store, "54").await, ["Studio 54"]);
    assert_eq!(names(&store, "area 513").await, ["Area 513 Ltd"]);
}

#[tokio::test]
async fn misspelt_words_find_who_was_meant_below_what_is_spelt_so() {
    let stored = [
        "Anna Meier",
        "Jürgen Schmidt",
        "Philippa Katzenberger",
        "Claire O’Brien",
        "Stefan Kühn",
        "Ольга Петрова",
    ];
    let mut contacts: Vec<Contact> = stored.iter().enumerate().map(|(at, name)| person(at, name)).collect();
    let mut roofer = person(20, "Zeno Xu");
    roofer.company = Some("Northwind Roofing".to_owned());
    contacts.push(roofer);
    let store = with(contacts).await;
    for (text, found) in [
        ("anna meeir", stored[0]),
        ("nana meier", stored[0]),
        ("meyer", stored[0]),
        ("meier ana", stored[0]),
        ("juergen shcmidt", stored[1]),
        ("jürgne schm", stored[1]),
        ("schmitt", stored[1]),
        ("filippa", stored[2]),
        ("catzenberger", stored[2]),
        ("katznbreger", stored[2]),
        ("katznberg", stored[2]),
        ("obrein", stored[3]),
        ("klaire", stored[3]),
        ("stephan kuehn", stored[4]),
        ("ольга петрва", stored[5]),
        ("nortwind", "Zeno Xu"),
        ("rofing northw", "Zeno Xu"),
    ] {
        assert_eq!(names(&store, text).await, [found], "{text}");
    }
    for nothing in ["nn", "xuu", "meier schmidt", "anna katzenberger", "maurer", "mullerxyz"] {
        assert_eq!(names(&store, nothing).await, Vec::<String>::new(), "{nothing}");
    }
}

#[tokio::test]
async fn spelt_so_comes_before_misspelt_and_then_at_most_a_handful() {
    let mut contacts: Vec<Contact> = (0..30).map(|at| person(at, &format!("Nora {at}"))).collect();
    contacts.push(person(100, "Zora Zimt"));
    let store = with(contacts).await;
    let found = names(&store, "zora").await;
    assert_eq!((found[0].as_str(), found.len()), ("Zora Zimt", 8));
    assert_eq!(names(&store, "nora").await.len(), 20);
}

#[tokio::test]
async fn the_usual_name_leaves_room_for_the_others() {
    let mut contacts: Vec<Contact> = (0..30).map(|at| person(at, "Jan Müller")).collect();
    contacts.extend([person(100, "Jan Miller"), person(101, "Jan Muller Ruiz")]);
    let store = with(contacts).await;
    let found = names(&store, "jan mulle").await;
    assert_eq!(found[..2], ["Jan Müller", "Jan Muller Ruiz"]);
    let found = names(&store, "jan mxller").await;
    assert!(found[..3].contains(&"Jan Miller".to_owned()), "{found:?}");
}

#[tokio::test]
async fn a_word_that_nobody_has_any_more_is_not_suggested() {
    let store = with(vec![person(1, "Zebulon Quartermain"), person(2, "Nora Quartermaine")]).await;
    assert_eq!(names(&store, "quartermian").await.len(), 2);
    store.forget(person(1, "").id).await.unwrap();
    assert_eq!(names(&store, "quartermian").await, ["Nora Quartermaine"]);
    store
        .remember(vec![person(2, "Nora Quill")], Timestamp(2), home("US"))
        .await
        .unwrap();
    assert_eq!(names(&store, "quartermian").await, Vec::<String>::new());
    assert_eq!(instead(&store, "quartermian").await, []);
    assert_eq!(names(&store, "quil").await, ["Nora Quill"]);
}

async fn instead(store: &Store, text: &str) -> Vec<(String, u32)> {
    let query = NameQuery {
        text: text.to_owned(),
        ..NameQuery::default()
    };
    let found = store.instead(query).await.unwrap();
    found.into_iter().map(|one| (one.text, one.count)).collect()
}

#[tokio::test]
async fn what_may_have_been_meant_is_said_with_how_many() {
    let people = ["Anna Meier", "Jörg Meier", "Anna Meyer", "Mary O’Brien", "Bernd Maurer"];
    let store = with(people.iter().enumerate().map(|(at, name)| person(at, name)).collect()).await;
    let one = |text: &str, count| (text.to_owned(), count);
    assert_eq!(
        instead(&store, "meyr").await,
        [one("Meyer", 1), one("Meier", 2), one("Mary", 1)]
    );
    assert_eq!(instead(&store, "anan meyr").await, [one("Anna Meyer", 1)]);
    assert_eq!(instead(&store, "obrein").await, [one("O’Brien", 1)]);
    // Further away than a search goes.
    assert_eq!(names(&store, "mxurar").await, Vec::<String>::new());
    assert_eq!(instead(&store, "mxurar").await, [one("Maurer", 1)]);
    for somebody_or_no_name in ["meier", "jörg", "555 0123", "a@b.example", "", "!", "xyzzyx"] {
        assert_eq!(instead(&store, somebody_or_no_name).await, [], "{somebody_or_no_name}");
    }
}

#[tokio::test]
async fn types_and_companies_are_filters() {
    let mut contacts = Vec::new();
    for at in 0..300 {
        let mut one = person(at, &format!("Nora Quill {at}"));
        one.company = Some(format!("Blue Heron Clinic {}", at % 3));
        one.id.contact_type = if at == 299 { "hot-lead" } else { "candidate" }.to_owned();
        contacts.push(one);
    }
    contacts[298].numbers = contact("", "", &["(415) 555-0123"]).numbers;
    let store = with(contacts).await;
    let ask = |text: &str, types: &[&str], company: Option<&str>| {
        let query = NameQuery {
            text: text.to_owned(),
            types: types.iter().map(|one| (*one).to_owned()).collect(),
            company: company.map(str::to_owned),
            limit: 200,
        };
        let store = store.clone();
        async move {
            let found = store.search(query).await.unwrap();
            found.into_iter().map(|hit| hit.contact.name).collect::<Vec<_>>()
        }
    };
    assert_eq!(ask("nora", &["hot-lead"], None).await, ["Nora Quill 299"]);
    assert_eq!(ask("", &["hot-lead"], None).await, ["Nora Quill 299"]);
    assert_eq!(
        ask("noar", &["hot-lead"], Some("clinic heron")).await,
        ["Nora Quill 299"]
    );
    // A server may learn to write its types in another case.
    assert_eq!(ask("nora", &["Hot-Lead"], None).await, ["Nora Quill 299"]);
    assert_eq!(ask("nora 555-0123", &["Candidate"], None).await, ["Nora Quill 298"]);
    assert_eq!(ask("555-0123", &["Candidate"], None).await, ["Nora Quill 298"]);
    assert_eq!(ask("nora", &["hotlead"], None).await, Vec::<String>::new());
    assert_eq!(ask("nora", &["lead"], None).await, Vec::<String>::new());
    assert_eq!(ask("nora 298", &[], Some("blue her")).await, ["Nora Quill 298"]);
    assert_eq!(ask("nora 298", &[], Some("clinic 0")).await, Vec::<String>::new());
    assert_eq!(
        ask("555-0123", &["candidate"], Some("clin 1")).await,
        ["Nora Quill 298"]
    );
    assert_eq!(ask("555-0123", &[], Some("clin 2")).await, Vec::<String>::new());
    assert_eq!(ask("", &[], Some("heron")).await.len(), 60);
    assert_eq!(ask("", &[], Some("\"*(")).await, Vec::<String>::new());
    // The word for a type is none that a person could search for.
    assert_eq!(ask("kindhotlead", &[], None).await, Vec::<String>::new());
    assert_eq!(ask("kind", &[], None).await, Vec::<String>::new());
}

#[tokio::test]
async fn hostile_names_are_found_and_harm_nothing() {
    let long = "Wolfeschlegelstein".repeat(28);
    let names_stored = [
        long.as_str(),
        "\u{202e}נועה לוי",
        "Zero\u{200b}width Quill",
        "🎉🎉",
        "<b>Bold</b> & Co",
    ];
    let store = with(
        names_stored
            .iter()
            .enumerate()
            .map(|(at, name)| person(at, name))
            .collect(),
    )
    .await;
    assert_eq!(names(&store, "wolfeschl").await, [long.as_str()]);
    assert_eq!(names(&store, "נועה").await, [names_stored[1]]);
    assert_eq!(names(&store, "zerowidth").await, [names_stored[2]]);
    assert_eq!(names(&store, "zreowidth").await, [names_stored[2]]);
    assert_eq!(names(&store, "bold").await, [names_stored[4]]);
    names(&store, &"zreowidth ".repeat(500)).await;
    instead(&store, &"zreowidth ".repeat(500)).await;
}

#[tokio::test]
async fn what_looks_like_an_operator_is_text() {
    let store = with(vec![person(1, "Nora AND Sons"), person(2, "Near East NOT OR")]).await;
    for (text, found) in [
        ("and", vec!["Nora AND Sons"]),
        ("nora and", vec!["Nora AND Sons"]),
        ("NEAR(", vec!["Near East NOT OR"]),
        ("near not or", vec!["Near East NOT OR"]),
        ("nora OR near", vec![]),
        ("name : nora", vec![]),
        ("\"nora\"", vec!["Nora AND Sons"]),
        ("nora*", vec!["Nora AND Sons"]),
        ("^nora", vec!["Nora AND Sons"]),
        ("-nora +sons", vec!["Nora AND Sons"]),
        ("{name email} : x", vec![]),
    ] {
        assert_eq!(names(&store, text).await, found, "{text}");
    }
    for hostile in [
        "\"",
        "\"\"\"",
        "*",
        "(((",
        "\0",
        "a\0b",
        "'; --",
        "\\",
        "NEAR(a b, 5)",
        "\u{fffd}",
    ] {
        names(&store, hostile).await;
    }
    names(&store, &"nora \" ".repeat(10_000)).await;
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_is_an_error(text in "\\PC{0,60}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = with(vec![person(1, "Nora Quill")]).await;
            names(&store, &text).await;
        });
    }
}
