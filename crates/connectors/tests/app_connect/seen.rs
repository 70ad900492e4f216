//! What is known of people from answers before: their choices, their types, and how they are found once more.

use ringside_domain::{ConnectionId, Connector as _, ContactRef, memory::about};
use serde_json::json;

use crate::{
    desk::{Desk, Plan, named, number},
    peer::{Instead, Peer},
};

const ADA: &str = "+12025550142";

/// A desk of a connector that nobody knows.
async fn desk(peer: &Peer) -> Desk {
    {
        let mut house = peer.house();
        let of_test = house.manifest["platforms"]["testCRM"].clone();
        house.manifest["platforms"]["acme"] = of_test;
    }
    Desk::new(Plan {
        platform: "acme",
        ..Plan::of(&peer.url)
    })
    .await
}

async fn by_name(desk: &Desk, name: &str) -> Vec<ContactRef> {
    let found = desk.connector.find_contact_with_name(desk.cx(), named(name)).await;
    found.unwrap().contacts.into_iter().map(|one| one.id).collect()
}

async fn by_number(desk: &Desk, asked: &str) -> Vec<ContactRef> {
    let found = desk.connector.find_contact(desk.cx(), number(asked, "")).await;
    found.unwrap().contacts.into_iter().map(|one| one.id).collect()
}

/// An id is unique within a type only.
#[tokio::test]
async fn somebody_else_with_the_same_id_keeps_their_own_type() {
    let peer = Peer::start().await;
    peer.house().manifest["platforms"]["testCRM"]["contactTypes"] = json!(["Person", "Company"]);
    let answer = |name: &str, kind: &str| {
        let rows = json!([{ "id": 7, "name": name, "type": kind, "phone": ADA }]);
        Instead::of(200, json!({ "successful": true, "contact": rows }).to_string())
    };
    let mut desk = desk(&peer).await;
    peer.instead("/contact", answer("Ada Verdi", "Person"));
    by_number(&desk, ADA).await;
    for restarts in [false, true] {
        if restarts {
            desk = desk.restarted();
        }
        peer.instead("/custom/contact/search", answer("Gus Marsh", "contact"));
        assert_eq!(by_name(&desk, "gus").await[0].contact_type, "contact");
        peer.instead("/custom/contact/search", answer("Ada Verdi", "contact"));
        assert_eq!(by_name(&desk, "ada").await[0].contact_type, "Person");
    }
    // By number, the connector says the type that its logs want.
    peer.instead("/contact", answer("Ada Verdi", "custjob"));
    assert_eq!(by_number(&desk, ADA).await[0].contact_type, "custjob");
}

/// Of a long answer, whoever was seen in this run is known all the same.
#[tokio::test]
async fn who_stands_far_down_an_answer_has_the_type_of_before() {
    let peer = Peer::start().await;
    peer.house().manifest["platforms"]["testCRM"]["contactTypes"] = json!(["Person", "Company"]);
    peer.house().contacts[0]["type"] = json!("Person");
    let desk = desk(&peer).await;
    let ada = by_number(&desk, ADA).await.remove(0);
    let mut rows: Vec<_> = (0..30)
        .map(|at| json!({ "id": format!("x-{at}"), "name": "Gus Verdi", "type": "contact" }))
        .collect();
    rows.push(json!({ "id": "c-1", "name": "Ada Verdi", "type": "contact" }));
    let answer = json!({ "successful": true, "contact": rows });
    peer.instead("/custom/contact/search", Instead::of(200, answer.to_string()));
    assert_eq!(by_name(&desk, "verdi").await.last(), Some(&ada));
}

/// Clio's connector tells the matters with an answer by number alone.
#[tokio::test]
async fn an_answer_by_name_takes_no_choices_away() {
    let peer = Peer::start().await;
    let desk = desk(&peer).await;
    let bo = by_number(&desk, ADA).await.remove(1);
    peer.house().contacts[1]["additionalInfo"] = json!(null);
    assert_eq!(by_name(&desk, "bo verdi").await.first(), Some(&bo));
    let fields = desk.connector.log_fields(desk.cx(), bo.clone()).await.unwrap();
    assert_eq!(fields[0].options[0].label, "Roof");
    // An answer by number knows better.
    by_number(&desk, ADA).await;
    let fields = desk.connector.log_fields(desk.cx(), bo).await.unwrap();
    assert!(fields.iter().all(|field| field.options.is_empty()));
}

/// The first answer shows one of her numbers, the second another one: it is one contact with both.
#[tokio::test]
async fn two_answers_about_one_contact_are_put_together() {
    let peer = Peer::start().await;
    let desk = desk(&peer).await;
    let rows = json!([{ "id": "c-1", "name": "Ada Verdi", "type": "Contact", "phone": "(212) 555-0100", "title": "CEO",
        "additionalInfo": { "deal": [{ "const": 32, "title": "Pool" }] } }]);
    let first = json!({ "successful": true, "contact": rows }).to_string();
    peer.instead("/contact", Instead::of(200, first));
    let found = desk.connector.find_contact(desk.cx(), number(ADA, "")).await.unwrap();
    let ada = &found.contacts[0];
    let numbers: Vec<(&str, bool)> = ada
        .numbers
        .iter()
        .map(|number| (number.raw.as_str(), number.is_vouched()))
        .collect();
    assert_eq!(numbers, [("(212) 555-0100", false), ("(202) 555-0142", false)]);
    assert_eq!(ada.title.as_deref(), Some("CEO"));
    // And so it stays known.
    assert_eq!(
        desk.connector.get_contact(desk.cx(), ada.id.clone()).await.unwrap(),
        *ada
    );
    let fields = desk.connector.log_fields(desk.cx(), ada.id.clone()).await.unwrap();
    assert_eq!(fields[0].options[0].label, "Pool");
}

/// Which masks find somebody is said by the program of today and the user's formats, and not by those of back then.
#[tokio::test]
async fn who_is_looked_for_once_more_is_asked_for_as_a_caller_is() {
    let peer = Peer::start().await;
    peer.house().interfaces["findContactWithName"] = json!(false);
    peer.house().contacts[0]["phone"] = json!("202/555.0142");
    let desk = desk(&peer).await;
    let kept = |id: &str, contact_type: &str| {
        let id = ContactRef {
            connection: ConnectionId::new("ac"),
            contact_type: contact_type.into(),
            id: id.into(),
        };
        let way = json!({ "number": ADA, "extension": false, "masks": "###~###~####", "name": null });
        (id, way.to_string())
    };
    let (ada, bo) = (kept("c-1", "Contact"), kept("c-2", "Lead"));
    for (id, way) in [&ada, &bo] {
        let memory = &desk.parts.memory;
        memory.keep(&id.connection, &about(id), way.clone()).await.unwrap();
    }
    assert_eq!(
        desk.connector.get_contact(desk.cx(), bo.0).await.unwrap().name,
        "Bo Verdi"
    );
    // Her number is written as this user alone writes it: known as soon as they were called.
    let user = number("+12025550188", "###/###.####");
    desk.connector.find_contact(desk.cx(), user).await.unwrap();
    assert_eq!(
        desk.connector.get_contact(desk.cx(), ada.0.clone()).await.unwrap().name,
        "Ada Verdi"
    );
    let memory = desk.parts.memory.recall(&ada.0.connection, &about(&ada.0)).await;
    let memory = memory.unwrap().unwrap();
    assert!(memory.contains(ADA) && !memory.contains('#'), "{memory}");
    // After a restart as well, before anybody calls.
    let desk = desk.restarted();
    assert_eq!(
        desk.connector.get_contact(desk.cx(), ada.0).await.unwrap().name,
        "Ada Verdi"
    );
}
