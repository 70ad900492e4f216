//! Hits that a CRM shows without the number that was asked for: whose it is, only a second question says.

use ringside_domain::{Connector, Contact, Kind, phone};
use serde_json::{Value, json};

use crate::support::*;

/// The made-up CRM, with lists that show another number than the one that hit, and records that have all of them.
fn manifest() -> String {
    let mut text = include_str!("crm.toml").to_owned();
    for (old, new) in [
        (
            "matching = \"search\"\nforms",
            "matching = \"search\"\nverify = \"trust\"\nforms",
        ),
        ("when = \"not contact.company\"\nmax = 2\n", "max = 10\n"),
        (
            "contact = { company = \"name\" }",
            "contact = { numbers = { phone = \"phones\" } }",
        ),
    ] {
        assert_eq!(text.matches(old).count(), 1, "{old}");
        text = text.replace(old, new);
    }
    text
}

fn desk_of(people: Vec<Value>, second: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Desk {
    desk_with(&manifest(), known_account(), setup(), move |sent, _| {
        match sent.path.as_str() {
            "/people" => ok(json!({ "items": people })),
            "/firms" => ok(json!({ "items": [] })),
            path => second(path),
        }
    })
}

fn has_the_number(contact: &Contact) -> bool {
    let asked = number().reading;
    contact.numbers.iter().any(|stored| {
        let reading = phone::read(&stored.raw, &phone::Home::default());
        phone::compare(&reading, &asked).is_some()
    })
}

#[tokio::test(start_paused = true)]
async fn the_records_own_numbers_say_whose_it_is() {
    let people = ["1", "2", "3"].map(|id| person(id, "Anna", "+1 202 555 0199"));
    let desk = desk_of(people.to_vec(), |path| match path {
        "/people/1/company" => ok(json!({ "phones": ["+1 202 555 0199", "+1 202 555 0123"] })),
        "/people/2/company" => ok(json!({ "phones": ["+1 202 555 0198"] })),
        _ => ok(json!({ "phones": [] })),
    });
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    let theirs: Vec<_> = found.contacts.iter().map(has_the_number).collect();
    assert_eq!(theirs, [true, false, false]);
    assert!(found.failed.is_empty(), "they were compared: {:?}", found.failed);
}

/// The second question proves them: from then on nobody waits for a type that hangs.
#[tokio::test(start_paused = true)]
async fn who_is_proved_by_a_second_question_is_not_held_back() {
    let desk = desk_with(&manifest(), known_account(), setup(), |sent, _| {
        match sent.path.as_str() {
            "/people" => ok(json!({ "items": [person("1", "Anna", "+1 202 555 0199")] })).after(60),
            "/firms" => ok(json!({ "items": [] })).after(60_000),
            _ => ok(json!({ "phones": ["+1 202 555 0123"] })).after(60),
        }
    });
    let began = tokio::time::Instant::now();
    let found = desk.connector.find_contact(desk.cx(10), number()).await.unwrap();
    assert!(
        began.elapsed() < std::time::Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        desk.trace.found(),
        [(120, "1".to_owned())],
        "and told as soon as it is known"
    );
    assert!(has_the_number(&found.contacts[0]));
}

#[tokio::test(start_paused = true)]
async fn whoever_could_not_be_compared_is_not_the_caller_and_that_is_said() {
    let failures: [(fn() -> Reply, Kind); 5] = [
        (|| status(500, json!(null)), Kind::Unavailable),
        (|| status(403, json!(null)), Kind::Forbidden),
        (
            || status(429, json!(null)).header("retry-after", "60"),
            Kind::RateLimited,
        ),
        (|| ok(json!({ "phones": [] })).after(60_000), Kind::Timeout),
        (|| ok(json!([])), Kind::NotFound),
    ];
    for (failure, kind) in failures {
        let people = ["1", "2", "3"].map(|id| person(id, "Anna", "+1 202 555 0199"));
        let desk = desk_of(people.to_vec(), move |path| match path {
            "/people/2/company" => ok(json!({ "phones": ["+1 202 555 0123"] })),
            _ => failure(),
        });
        let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
        let theirs: Vec<_> = found.contacts.iter().map(has_the_number).collect();
        // A limit holds for the whole connection: the second is not even asked about.
        let is_compared = kind != Kind::RateLimited;
        assert_eq!(theirs, [false, is_compared, false], "{kind:?}");
        let [(part, error), others @ ..] = found.failed.as_slice() else {
            panic!("{kind:?}: {:?}", found.failed)
        };
        assert_eq!((part.as_str(), error.kind), ("Person", kind));
        assert!(others.is_empty() || !is_compared, "{others:?}");
        let count = if is_compared { 2 } else { 3 };
        let message = format!("{count} records could not be compared with the number: ");
        assert!(error.message.starts_with(&message), "{}", error.message);
    }
}

#[tokio::test(start_paused = true)]
async fn of_eleven_hits_ten_are_read_and_the_last_is_not_trusted() {
    // One that needs no second question takes no other's place.
    let mut people = vec![person("0", "Bea", "+1 202 555 0123")];
    people.extend((1..=11).map(|id| person(&id.to_string(), "Anna", "+1 202 555 0199")));
    let desk = desk_of(people, |_| ok(json!({ "phones": ["+1 202 555 0123"] })));
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    let theirs = found.contacts.iter().filter(|contact| has_the_number(contact)).count();
    assert_eq!((found.contacts.len(), theirs), (12, 11));
    assert_eq!(found.contacts[11].numbers.len(), 1, "{:?}", found.contacts[11].numbers);
    let [(_, error)] = found.failed.as_slice() else {
        panic!("{:?}", found.failed)
    };
    assert!(error.message.starts_with("1 record could not"), "{}", error.message);
    assert!(error.hint.is_some());
}
