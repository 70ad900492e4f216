//! What looks odd in an answer is in the trace: whoever wrote the file sees why nobody was found, without seeing anybody.

use ringside_domain::{Connector, trace::Answer};
use serde_json::{Value, json};

use crate::support::*;

const CRM: &str = include_str!("crm.toml");

/// What the trace of a lookup says of answers like these.
async fn odd(answer: Value) -> Vec<String> {
    let desk = desk_with(CRM, known_account(), setup(), move |sent, _| match sent.path.as_str() {
        "/people" => ok(answer.clone()),
        _ => ok(json!({ "items": [] })),
    });
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    let steps = desk.trace.0.lock().unwrap();
    let odd = steps.iter().filter_map(|step| match &step.answer {
        Answer::Odd { reason } => Some(format!("{}: {reason}", step.request)),
        _ => None,
    });
    odd.collect()
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_read_wrongly_says_why_in_the_trace() {
    let told = odd(json!({ "data": [{ "id": 1 }], "more": false })).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].ends_with("The answer has no list at `items`; it has: data, more"),
        "{told:?}"
    );

    let told = odd(json!({ "items": [{ "Id": 1, "phone": "2025550123" }] })).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("1 record came and was left out: `id` gave nothing (path `id`)"),
        "{told:?}"
    );

    let told = odd(json!({ "items": [{ "id": 1, "name": "Anna Example", "Phone": "2025550123" }] })).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("No number was found in what came: look at `numbers`"),
        "{told:?}"
    );
    assert!(!told[0].contains("Anna") && !told[0].contains("0123"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_nobody_or_somebody_else_is_not_odd() {
    for answer in [
        json!({ "items": [] }),
        json!({ "items": null }),
        // Many CRMs leave out a list that would be empty.
        json!({ "total": 0 }),
        json!({ "items": [{ "id": 1, "phone": "2025550199" }] }),
        json!({ "items": [{ "id": 1, "phone": "2025550123" }] }),
    ] {
        assert_eq!(odd(answer.clone()).await, Vec::<String>::new(), "{answer}");
    }
}
