//! Answers as CRMs give them, and as they should not.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use proptest::prelude::*;
use ringside_domain::{ConnectionId, HttpAnswer, Url};
use serde_json::{Value, json};

use crate::manifest::{
    format::{Captures, ContactMap},
    load::{Loaded, load},
};

const HEAD: &str = r#"
schema = 1
id = "sample"
name = "Sample"
version = "1"
docs = "https://example.com/docs"
evidence = { kind = "documentation", note = "Made for tests" }
allowed_hosts = ["api.example.com"]
environment = { base = "https://api.example.com" }
types = [{ id = "Person", label = "Person" }]
"#;

fn loaded() -> Arc<Loaded> {
    load(
        r#"
schema = 1
id = "sample"
name = "Sample"
version = "1"
docs = "https://example.com/docs"
evidence = { kind = "documentation", note = "Made for tests" }
allowed_hosts = ["api.example.com"]
environment = { base = "https://api.example.com" }
[contact]
id = "id"
given = "first"
family = "last"
company = "company.name"
title = "title"
emails = "emails[].value"
numbers = { mobile = "mobile", office = "[phone, phone2]" }
country = "country"
updated = "changed"
url = "link"
extra = { company_id = "company.id" }
[[types]]
id = "Person"
label = "Person"
[types.contact]
name = "join(' ', [first, last])"
number_list = { list = "phones", value = "number", label = "kind" }
[get_contact]
request = { path = "/contacts/{{ contact.id }}" }
answer = { list = "data.items" }
[[create_contact.steps]]
name = "create"
request = { method = "POST", path = "/contacts" }
capture = { id = "data.id", place = "header:Location", last = "header:Location:last", guid = "header:OData-EntityId:last" }
"#,
    )
    .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn map(loaded: &Loaded, record: &Value) -> Option<super::Mapped> {
    let layers = [loaded.manifest.contact.as_ref().unwrap()];
    loaded
        .contact(&layers, record, "Person", &ConnectionId::new("crm"))
        .unwrap()
}

#[test]
fn a_whole_record() {
    let record = json!({
        "id": 4711, "first": " Ana ", "last": "Diaz", "company": { "name": "Casa", "id": 9 }, "title": "Owner",
        "emails": [{ "value": "a@example.com" }, { "value": "a@example.com" }, { "value": null }],
        "mobile": "+12025550100", "phone": "202-555-0101", "phone2": ["2025550102", ["2025550103"]],
        "country": "United States", "changed": "2026-03-29T01:00:00Z", "link": "https://app.example.com/4711",
    });
    let mapped = map(&loaded(), &record).unwrap();
    let contact = mapped.contact;
    assert_eq!(contact.id.id, "4711");
    assert_eq!(contact.name, "Ana Diaz");
    assert_eq!(contact.company.as_deref(), Some("Casa"));
    assert_eq!(contact.emails, ["a@example.com"]);
    let numbers: Vec<(&str, &str)> = contact
        .numbers
        .iter()
        .map(|number| (number.label.as_str(), number.raw.as_str()))
        .collect();
    assert_eq!(
        numbers,
        [
            ("mobile", "+12025550100"),
            ("office", "202-555-0101"),
            ("office", "2025550102"),
            ("office", "2025550103")
        ]
    );
    assert_eq!(contact.region.unwrap().as_str(), "US");
    assert_eq!(contact.updated.unwrap().0, 1_774_746_000_000);
    assert_eq!(contact.url.as_deref(), Some("https://app.example.com/4711"));
    assert_eq!(mapped.extra["company_id"], json!(9));
}

#[test]
fn null_false_and_empty_are_nothing() {
    let record = json!({
        "id": "x", "first": false, "last": "Diaz", "company": null, "title": "", "emails": false, "mobile": false, "phone": " ",
        "phone2": null, "country": false, "changed": false, "link": "http://insecure.example.com",
    });
    let contact = map(&loaded(), &record).unwrap().contact;
    assert_eq!(contact.name, "Diaz");
    assert_eq!((contact.company, contact.title, contact.url), (None, None, None));
    assert!(
        contact.emails.is_empty()
            && contact.numbers.is_empty()
            && contact.region.is_none()
            && contact.updated.is_none()
    );
}

#[test]
fn links_are_web_pages_over_tls() {
    for bad in [
        "javascript:alert(1)",
        "http://x.test",
        "https://",
        "file:///etc/passwd",
        "https://user@x.test/",
    ] {
        assert_eq!(
            map(&loaded(), &json!({ "id": 1, "link": bad })).unwrap().contact.url,
            None,
            "{bad}"
        );
    }
}

#[test]
fn ids_are_texts_and_a_record_without_one_is_none() {
    for (id, wanted) in [
        (json!(7), "7"),
        (json!(7.0), "7"),
        (json!(9_007_199_254_740_993_u64), "9007199254740993"),
        (json!("a"), "a"),
    ] {
        assert_eq!(map(&loaded(), &json!({ "id": id })).unwrap().contact.id.id, wanted);
    }
    for nothing in [json!(null), json!(""), json!(false), json!({}), json!([])] {
        assert_eq!(map(&loaded(), &json!({ "id": nothing })), None, "{nothing}");
    }
}

#[test]
fn the_narrower_layer_counts_where_it_says_something() {
    let loaded = loaded();
    let narrow = loaded.manifest.types[0].contact.as_ref().unwrap();
    let wide = loaded.manifest.contact.as_ref().unwrap();
    let record = json!({
        "id": 1, "first": "Ana", "last": "Diaz", "mobile": "1", "title": "Owner",
        "phones": [{ "kind": "home", "number": "2025550100" }, { "number": 2025550101_u64 }, "junk", null],
    });
    let mapped = loaded
        .contact(&[narrow, wide], &record, "Person", &ConnectionId::new("crm"))
        .unwrap()
        .unwrap();
    assert_eq!(mapped.contact.name, "Ana Diaz");
    assert_eq!(mapped.contact.title.as_deref(), Some("Owner"));
    let numbers: Vec<(&str, &str)> = mapped
        .contact
        .numbers
        .iter()
        .map(|number| (number.label.as_str(), number.raw.as_str()))
        .collect();
    assert_eq!(numbers, [("home", "2025550100"), ("phone", "2025550101")]);
    // `join` of JMESPath fails on null; then given and family say what they can.
    let half = loaded.contact(
        &[narrow, wide],
        &json!({ "id": 1, "last": "Diaz" }),
        "Person",
        &ConnectionId::new("crm"),
    );
    assert_eq!(half.unwrap().unwrap().contact.name, "Diaz");
}

#[test]
fn records_of_every_shape() {
    let loaded = loaded();
    let listed = &loaded.manifest.get_contact.as_ref().unwrap().answer;
    let count = |body: Value| loaded.records(listed, &body).map(|records| records.len());
    assert_eq!(count(json!({ "data": { "items": [{}, null, {}] } })).unwrap(), 2);
    assert_eq!(count(json!({ "data": { "items": {} } })).unwrap(), 1);
    for nothing in [
        json!({ "data": { "items": null } }),
        json!({ "data": false }),
        json!([]),
        json!(null),
    ] {
        assert_eq!(count(nothing).unwrap(), 0);
    }
    for text in [json!({ "data": { "items": "Ana" } }), json!("Ana")] {
        let error = count(text).unwrap_err();
        assert!(
            error.message.contains("a text") && !error.message.contains("Ana"),
            "{error}"
        );
    }
    let whole = crate::manifest::format::Answer::default();
    assert_eq!(loaded.records(&whole, &json!([1, 2])).unwrap().len(), 2);
    assert_eq!(loaded.records(&whole, &json!({ "id": 1 })).unwrap().len(), 1);
    assert_eq!(loaded.records(&whole, &json!(vec![1; 600])).unwrap().len(), 500);
}

#[test]
fn limits() {
    let many: Vec<String> = (0..100).map(|at| format!("20255501{at:02}")).collect();
    let contact = map(&loaded(), &json!({ "id": 1, "last": "x".repeat(5_000), "phone": many }))
        .unwrap()
        .contact;
    assert_eq!(contact.numbers.len(), 20);
    assert_eq!(contact.name.len(), 2_000);
}

#[test]
fn captures_come_from_body_and_headers() {
    let loaded = loaded();
    let captures: &Captures = &loaded.manifest.create_contact.as_ref().unwrap().steps[0].capture;
    let answer = |headers: &[(&str, &str)]| HttpAnswer {
        status: 201,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: Vec::new(),
        url: Url::parse("https://api.example.com/").unwrap(),
    };
    let kept = loaded
        .captures(
            captures,
            &answer(&[
                ("location", "https://api.example.com/record/contact/42?x=/9"),
                (
                    "odata-entityid",
                    "https://org.example.com/api/contacts(00000000-0000-0000-0000-000000000001)",
                ),
            ]),
            &json!({ "data": { "id": 17 } }),
        )
        .unwrap();
    assert_eq!(kept["id"], "17");
    assert_eq!(kept["place"], "https://api.example.com/record/contact/42?x=/9");
    assert_eq!(kept["last"], "42");
    assert_eq!(kept["guid"], "00000000-0000-0000-0000-000000000001");
    assert!(loaded.captures(captures, &answer(&[]), &json!([])).unwrap().is_empty());
}

/// JSON of any shape.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|float| json!(float)),
        ".{0,12}".prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "id", "first", "last", "company", "name", "emails", "value", "mobile", "phone", "phones", "number", "kind",
        "changed", "link", "country", "data", "items",
    ]);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(keys.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_makes_it_panic(body in any_json()) {
        let loaded = loaded();
        let layers: [&ContactMap; 2] = [loaded.manifest.types[0].contact.as_ref().unwrap(), loaded.manifest.contact.as_ref().unwrap()];
        let connection = ConnectionId::new("crm");
        if let Ok(Some(mapped)) = loaded.contact(&layers, &body, "Person", &connection) {
            prop_assert!(!mapped.contact.id.id.is_empty());
            prop_assert!(mapped.contact.numbers.iter().all(|number| !number.raw.trim().is_empty()));
        }
        let _ = loaded.records(&loaded.manifest.get_contact.as_ref().unwrap().answer, &body);
    }
}

/// Every path here would make more than any memory has, or take until tomorrow.
#[test]
fn a_path_that_doubles_what_it_gets_ends_as_an_error() {
    let doubled = |part: &str, times: usize| vec![part; times].join(" | ");
    let record = json!({ "id": "7", "names": ["a", "b", "c"], "first": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" });
    for path in [
        format!("id | {}", doubled("[@,@][]", 18)),
        // Few steps, and written out as many as the first.
        format!("id | {}", doubled("[@,@]", 18)),
        format!("id | {} | to_string(@)", doubled("[@,@]", 18)),
        format!("id | {} | @ == @", doubled("[@,@]", 18)),
        format!("id | {}", doubled("{a: @, b: @}", 18)),
        format!("first | {}", doubled("join('', [@, @])", 18)),
        format!("names | {}", doubled("map(&[@,@][], @)[]", 18)),
        format!("names | {}", doubled("sort_by([@,@][], &to_string(@))", 18)),
        format!(
            "join('{}', names[].[@,@,@,@,@,@,@,@,@,@][].[@,@,@,@,@,@,@,@,@,@][].[@,@,@,@,@][])",
            "y".repeat(1_000)
        ),
    ] {
        assert!(path.len() < 2_000, "{path}");
        let text = format!("{HEAD}[get_contact]\nrequest = {{ path = '/x' }}\nanswer = {{ list = \"{path}\" }}\n");
        let loaded = load(&text).unwrap();
        let began = std::time::Instant::now();
        let error = loaded.at(&path, &record).unwrap_err();
        assert!(error.message.contains("takes too much work"), "{path}: {error}");
        assert!(began.elapsed().as_millis() < 500, "{path}: {:?}", began.elapsed());
    }
}

proptest! {
    /// Step by step is what the library does in one go.
    #[test]
    fn the_walk_finds_what_the_library_finds(path in one_of_many(), answer in any_answer()) {
        let compiled = jmespath::compile(&path).unwrap();
        let theirs = compiled.search(&answer).map_or(Value::Null, |found| serde_json::to_value(&found).unwrap());
        let ours = super::search::Subject::of(&answer).search(&path, compiled.as_ast());
        let ours = match ours {
            Ok(found) => found,
            Err(super::search::Fruitless::OtherShape) => Value::Null,
            Err(super::search::Fruitless::TooMuch) => panic!("{path} is no bomb"),
        };
        prop_assert_eq!(ours, theirs);
    }
}

/// Every part of the language at least once.
fn one_of_many() -> impl Strategy<Value = String> {
    let one = prop::sample::select(vec![
        "a",
        "@",
        "b[0]",
        "b[-1]",
        "b[]",
        "b[].a",
        "b[*].a",
        "a.*",
        "*.a",
        "b[::2]",
        "b[1:]",
        "b[?a=='x']",
        "b[?a>`1`]",
        "[a, b]",
        "{x: a, y: b}",
        "a || b",
        "a && b",
        "!a",
        "a == b",
        "b[].[a][]",
        "join(' ', [a, b][?@])",
        "length(b)",
        "to_string(a)",
        "not_null(a, b)",
        "sort_by(b, &a)",
        "max_by(b, &a)",
        "min_by(b, &a)",
        "map(&a, b)",
        "sort(b)",
        "keys(@)",
        "contains(b, 'x')",
        "`1`",
        "type(a)",
        "reverse(b)",
        "merge(a, {z: b})",
        "starts_with(a, 'x')",
    ]);
    prop::collection::vec(one, 1..4).prop_map(|parts| parts.join(" | "))
}

fn any_answer() -> impl Strategy<Value = Value> {
    let simple = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..9_i64).prop_map(Value::from),
        "[xyz]{0,2}".prop_map(Value::from),
    ];
    simple.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(vec!["a", "b", "c"]), inner), 0..4).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(name, member)| (name.to_owned(), member))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }),
        ]
    })
}
