//! Answers that are huge: what they cost, and what is said of them.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use ringside_domain::{HttpAnswer, Timestamp, Url};

use super::*;
use crate::manifest::{load::load, mapping::MADE};

const FILE: &str = r#"
schema = 1
id = "sample"
name = "Sample"
version = "1"
docs = "https://example.com/docs"
evidence = { kind = "documentation", note = "Made for tests" }
allowed_hosts = ["api.example.com"]
environment = { base = "https://api.example.com/v1" }

[errors]
message = ["error.message", "message"]
fields = [{ list = "errors", field = "name", message = "text" }]

[[errors.rules]]
body = "code == 'quota'"
do = "quota_exhausted"

[[errors.rules]]
body = "code == 'twice'"
do = "duplicate"

[[errors.rules]]
status = [400, 200]
body = "code == 'gone'"
do = "not_found"

[[types]]
id = "Contact"
label = "Contact"
"#;

fn hear(loaded: &Arc<Loaded>, status: u16, body: &str) -> Heard {
    let answer = HttpAnswer {
        status,
        headers: Vec::new(),
        body: body.into(),
        url: Url::parse("https://api.example.com/v1/x").unwrap(),
    };
    let asked = Asked {
        operation: "find_contact",
        answer: &Answer::default(),
        writes: false,
        reads_body: true,
        hidden: &Hidden::default(),
    };
    loaded.hear(&asked, &answer, Timestamp(0)).unwrap()
}

fn refused(heard: Heard) -> Refusal {
    match heard {
        Heard::Refused(refusal) => *refusal,
        Heard::Answer(_) | Heard::Empty => panic!("not refused"),
    }
}

#[test]
fn what_paths_look_at_is_made_once_for_each_answer() {
    let loaded = load(FILE).unwrap();
    for (status, body) in [
        (400, r#"{"code":"other","message":"No"}"#),
        (200, r#"{"code":"gone","message":"No"}"#),
        (200, "{}"),
    ] {
        let before = MADE.get();
        let heard = hear(&loaded, status, body);
        assert_eq!(MADE.get() - before, 1, "{body}");
        assert!(matches!(heard, Heard::Answer(_)) || refused(heard).error.message.contains("No"));
    }
}

#[test]
fn an_answer_of_millions_of_values_is_not_read() {
    let loaded = load(FILE).unwrap();
    let many = format!("[{}[]]", "[],".repeat(2_500_000));
    for (status, words) in [
        (200, "Sample answered with far more than was asked for"),
        (400, "Sample refused what was sent (it answered 400)"),
    ] {
        let before = MADE.get();
        let error = refused(hear(&loaded, status, &many)).error;
        assert_eq!((error.message.as_ref(), MADE.get() - before <= 1), (words, true));
    }
    // What says no says it in a few words.
    for (length, is_read) in [(200_000, true), (300_000, false)] {
        let long = format!(r#"{{"code":"twice","message":"No","more":"{}"}}"#, "x".repeat(length));
        let refusal = refused(hear(&loaded, 409, &long));
        assert!(refusal.duplicate == is_read, "{}", refusal.error);
    }
    // Signs in texts are no values.
    let text = format!(r#"{{"a":"\"{}"}}"#, ",[{".repeat(300_000));
    assert!(matches!(hear(&loaded, 200, &text), Heard::Answer(_)));
}
