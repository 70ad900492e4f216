//! Who is found through connectors that look for numbers in different ways, and under which type.

use std::time::Duration;

use ringside_domain::{Connector, Contact, Kind};
use serde_json::json;

use crate::{
    desk::{Desk, Plan, draft, entry, named, number},
    peer::{Instead, Looks, Peer},
};

const ADA: &str = "+12025550142";

/// A desk of one of the vendor's connectors, by its platform's key.
async fn desk_of(peer: &Peer, platform: &str, looks: Looks) -> Desk {
    {
        let mut house = peer.house();
        house.looks = looks;
        let of_test = house.manifest["platforms"]["testCRM"].clone();
        house.manifest["platforms"][platform] = of_test;
    }
    let platform = platform.to_owned();
    Desk::new(Plan {
        platform: &platform,
        ..Plan::of(&peer.url)
    })
    .await
}

async fn found(desk: &Desk, asked: &str, formats: &str) -> Vec<Contact> {
    let found = desk
        .connector
        .find_contact(desk.cx(), number(asked, formats))
        .await
        .unwrap();
    assert_eq!(found.failed.len(), 0);
    found.contacts
}

fn names(contacts: &[Contact]) -> Vec<&str> {
    contacts.iter().map(|one| one.name.as_str()).collect()
}

fn masks(peer: &Peer) -> Vec<String> {
    let asked = peer.asked("GET", "/contact");
    asked
        .iter()
        .map(|asked| asked.value("overridingFormat").unwrap().to_owned())
        .collect()
}

/// NetSuite finds any spelling, as long as nobody asks for one.
#[tokio::test]
async fn masks_hide_nobody_at_netsuite() {
    let peer = Peer::start().await;
    peer.house().contacts[0]["phone"] = json!("+1 (202) 555-0142");
    peer.house().contacts[1]["phone"] = json!("202.555.0142");
    let desk = desk_of(&peer, "netsuite", Looks::NetSuite).await;
    for formats in ["", "###-###-####"] {
        assert_eq!(names(&found(&desk, ADA, formats).await), ["Ada Verdi", "Bo Verdi"]);
    }
    assert_eq!(masks(&peer), ["", ""], "one question each");
}

/// A connector like NetSuite's, that somebody else wrote.
#[tokio::test]
async fn nobody_whom_the_vendors_client_finds_is_hidden_by_masks_of_ours() {
    let peer = Peer::start().await;
    peer.house().contacts[0]["phone"] = json!("+1 (202) 555-0142");
    let desk = desk_of(&peer, "acme", Looks::NetSuite).await;
    assert_eq!(names(&found(&desk, ADA, "").await), ["Ada Verdi", "Bo Verdi"]);
    assert_eq!(masks(&peer), [""]);
}

#[tokio::test]
async fn what_found_somebody_last_is_asked_first() {
    let peer = Peer::start().await;
    let desk = desk_of(&peer, "acme", Looks::Template).await;
    let likely = "+1##########,(###) ###-####,###-###-####,##########";
    assert_eq!(names(&found(&desk, ADA, "").await), ["Ada Verdi", "Bo Verdi"]);
    assert_eq!(masks(&peer), ["", likely]);
    // Known from then on, and after a start.
    found(&desk, ADA, "").await;
    let desk = desk.restarted();
    found(&desk, ADA, "").await;
    assert_eq!(masks(&peer)[2..], [likely, likely]);
    // Who is unknown is asked for in both ways, and nobody is learned from that.
    assert!(found(&desk, "+12025550188", "").await.is_empty());
    found(&desk, ADA, "").await;
    assert_eq!(masks(&peer)[4..], [likely, "", likely]);
}

/// The same person may be in a CRM twice, written in two ways.
#[tokio::test]
async fn refresh_asks_in_every_way() {
    let peer = Peer::start().await;
    peer.house().contacts[0]["phone"] = json!(ADA);
    let desk = desk_of(&peer, "acme", Looks::Template).await;
    assert_eq!(names(&found(&desk, ADA, "").await), ["Ada Verdi"]);
    let all = desk.connector.find_contact(desk.live(), number(ADA, "")).await.unwrap();
    assert_eq!(names(&all.contacts), ["Ada Verdi", "Bo Verdi"]);
    assert_eq!(masks(&peer).len(), 3);
}

/// What was not asked any more is missing, and is said; what was found already stays.
#[tokio::test]
async fn a_second_question_that_fails_is_a_part_that_is_missing() {
    let peer = Peer::start().await;
    let desk = desk_of(&peer, "acme", Looks::Template).await;
    let nobody = json!({ "successful": true, "contact": [] }).to_string();
    peer.instead("/contact", Instead::of(200, nobody));
    peer.instead("/contact", Instead::of(500, r#"{"error":"x is not a function"}"#));
    let found = desk.connector.find_contact(desk.cx(), number(ADA, "")).await.unwrap();
    let failed: Vec<String> = found.failed.iter().map(|(_, error)| error.to_string()).collect();
    assert_eq!((found.contacts.len(), failed.len()), (0, 1), "{failed:?}");
    assert_eq!(failed, ["The App Connect server failed (status 500)"]);
    // And of the first one it is the whole.
    peer.instead("/contact", Instead::of(500, r#"{"error":"x is not a function"}"#));
    assert!(desk.connector.find_contact(desk.cx(), number(ADA, "")).await.is_err());
}

/// It stores what is created as E.164, looks for what it is told only, and logs on nobody but a `Contact`.
#[tokio::test]
async fn who_is_created_at_insightly_is_found_and_logged_on() {
    let peer = Peer::start().await;
    peer.house().manifest["platforms"]["testCRM"]["contactTypes"] =
        json!([{ "display": "Lead", "value": "lead" }, { "display": "Contact", "value": "contact" }]);
    let desk = desk_of(&peer, "insightly", Looks::Insightly).await;
    let types: Vec<String> = desk.connector.info().types.into_iter().map(|one| one.id).collect();
    assert_eq!(types, ["Lead", "Contact"], "as it finds them");

    // Its search shows them later.
    peer.house().lags = true;
    let made = desk
        .connector
        .create_contact(desk.cx(), draft("Dee New", &types[1], "+12025550177"))
        .await
        .unwrap();
    assert_eq!(peer.asked("POST", "/contact")[0].body["newContactType"], "contact");
    assert_eq!(made.id.contact_type, "Contact");
    peer.house().lags = false;
    // By somebody else, without masks of theirs and with.
    for formats in ["", "(***) ***-****"] {
        let other = desk_of(&peer, "insightly", Looks::Insightly).await;
        let seen = found(&other, "+12025550177", formats).await;
        assert_eq!(seen[0].id, made.id, "{formats}");
    }
    // Whoever the vendor's client finds without masks, too.
    peer.house().contacts[0]["phone"] = json!("2025550142");
    assert_eq!(names(&found(&desk, ADA, "").await), ["Ada Verdi", "Bo Verdi"]);

    // A draft of before the types were known.
    let mut early = made.clone();
    early.id.contact_type = "contact".into();
    for contact in [&made, &early] {
        let call = entry(contact, &format!("ringside-{}", contact.id.contact_type), "x");
        desk.connector
            .log_call(desk.cx(), call, std::sync::Arc::new(crate::desk::Steps::default()))
            .await
            .unwrap();
    }
    let logged = peer.asked("POST", "/callLog");
    assert!(logged.iter().all(|asked| asked.body["contactType"] == "Contact"));
}

/// A connector of somebody else that writes its types as it likes: learned from who is found.
#[tokio::test]
async fn a_new_contact_has_the_type_that_others_are_found_with() {
    let peer = Peer::start().await;
    peer.house().manifest["platforms"]["testCRM"]["contactTypes"] = json!(["LEAD", "CONTACT"]);
    let desk = desk_of(&peer, "acme", Looks::Template).await;
    found(&desk, ADA, "").await;
    let desk = desk.restarted();
    peer.house().lags = true;
    let made = desk
        .connector
        .create_contact(desk.cx(), draft("Dee New", "CONTACT", "+12025550177"))
        .await
        .unwrap();
    assert_eq!(made.id.contact_type, "Contact");
    assert_eq!(peer.asked("POST", "/contact")[0].body["newContactType"], "CONTACT");

    // NetSuite creates a lead, and finds a customer.
    let customer = json!({ "id": "c-9", "name": "Eve New", "type": "custjob", "phone": "+12025550178" });
    peer.house().contacts[2] = customer;
    let answer = json!({ "successful": true, "contact": { "id": "c-9", "name": "Eve New" } });
    peer.instead("/contact", Instead::of(200, answer.to_string()));
    let made = desk
        .connector
        .create_contact(desk.cx(), draft("Eve New", "LEAD", "+12025550178"))
        .await
        .unwrap();
    assert_eq!(made.id.contact_type, "custjob");
}

#[tokio::test]
async fn a_type_is_asked_for_in_any_case() {
    let peer = Peer::start().await;
    let desk = desk_of(&peer, "acme", Looks::Template).await;
    let mut query = named("verdi");
    query.types = vec!["lead".into()];
    let found = desk
        .connector
        .find_contact_with_name(desk.cx(), query.clone())
        .await
        .unwrap();
    assert_eq!(names(&found.contacts), ["Bo Verdi"]);
}

/// Clio's connector: a `Person` by number is a `contact` by name.
#[tokio::test]
async fn one_person_is_one_contact_however_they_are_found() {
    let peer = Peer::start().await;
    peer.house().manifest["platforms"]["testCRM"]["contactTypes"] = json!(["Person", "Company"]);
    peer.house().contacts[0]["type"] = json!("Person");
    peer.house().contacts[1]["type"] = json!("Company");
    let mut desk = desk_of(&peer, "acme", Looks::Template).await;
    let by_number = found(&desk, ADA, "").await;
    for contact in &mut peer.house().contacts {
        contact["type"] = json!("contact");
    }
    // In this run, and after a start.
    for restarts in [false, true] {
        if restarts {
            desk = desk.restarted();
        }
        let by_name = desk
            .connector
            .find_contact_with_name(desk.cx(), named("verdi"))
            .await
            .unwrap();
        let ids = |contacts: &[Contact]| {
            contacts
                .iter()
                .map(|one| (one.id.clone(), one.url.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(&by_name.contacts), ids(&by_number));
        // Who was not seen by number may be of any type.
        let mut query = named("marsh");
        query.types = vec!["Person".into()];
        let seen = desk.connector.find_contact_with_name(desk.cx(), query).await.unwrap();
        assert_eq!(
            (
                seen.contacts[0].name.as_str(),
                seen.contacts[0].id.contact_type.as_str()
            ),
            ("Cyd Marsh", "contact")
        );
        let mut query = named("bo verdi");
        query.types = vec!["Person".into()];
        assert!(
            desk.connector
                .find_contact_with_name(desk.cx(), query)
                .await
                .unwrap()
                .contacts
                .is_empty()
        );
    }
}

/// Bullhorn's connector searches five fields and shows one.
#[tokio::test]
async fn a_caller_whose_number_is_not_shown_has_the_servers_word() {
    let peer = Peer::start().await;
    let desk = desk_of(&peer, "bullhorn", Looks::Template).await;
    let body = json!({ "successful": true, "contact": [
        { "id": 7, "name": "Ada Verdi", "type": "Contact", "phone": "(212) 555-0100" },
        { "id": 8, "name": "Bo Verdi", "type": "Contact", "phone": "+44 20 2555 0142" }] });
    peer.instead("/contact", Instead::of(200, body.to_string()));
    let found = found(&desk, ADA, "").await;
    let raw = |one: &Contact| one.numbers.iter().map(|number| number.raw.clone()).collect::<Vec<_>>();
    assert_eq!(raw(&found[0]), ["(212) 555-0100", ADA]);
    assert!(found[0].numbers[1].is_vouched());
    assert_eq!(raw(&found[1]), ["+44 20 2555 0142"]);
}

/// At a connector that nobody knows, such a hit may be somebody else altogether.
#[tokio::test]
async fn a_doubtful_hit_ends_no_search() {
    let peer = Peer::start().await;
    let desk = desk_of(&peer, "acme", Looks::Template).await;
    let body = json!({ "successful": true, "contact": [{ "id": 7, "name": "Otto Other", "type": "Contact", "phone": "(212) 555-0100" }] });
    peer.instead("/contact", Instead::of(200, body.to_string()));
    assert_eq!(
        names(&found(&desk, ADA, "").await),
        ["Otto Other", "Ada Verdi", "Bo Verdi"]
    );
}

/// The server's own memory has no age, and knows nothing of who came since.
#[tokio::test]
async fn a_ring_asks_the_crm_and_not_the_servers_memory() {
    let peer = Peer::start().await;
    let old = json!([{ "id": "c-0", "name": "Ada Gone", "type": "Contact", "phone": ADA }]);
    peer.house().cached.insert(ADA.into(), old);
    let formats = "(###) ###-####";
    let desk = desk_of(&peer, "acme", Looks::Template).await;
    assert_eq!(names(&found(&desk, ADA, formats).await), ["Ada Verdi"]);

    // Bullhorn's reads four lists for that: once a day.
    peer.house().contacts[0]["phone"] = json!(ADA);
    let desk = desk_of(&peer, "bullhorn", Looks::Template).await;
    assert_eq!(names(&found(&desk, ADA, "").await), ["Ada Verdi"]);
    assert_eq!(names(&found(&desk, ADA, "").await), ["Ada Gone"]);
    let refreshed = desk.connector.find_contact(desk.live(), number(ADA, "")).await.unwrap();
    assert_eq!(names(&refreshed.contacts), ["Ada Verdi"]);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
    tokio::time::resume();
    assert_eq!(names(&found(&desk, ADA, "").await), ["Ada Verdi"]);

    // Unless the connector wants none of it.
    peer.house().manifest["platforms"]["testCRM"]["page"]["disableContactCache"] = json!(true);
    let desk = desk_of(&peer, "bullhorn", Looks::Template).await;
    for _ in 0..2 {
        assert_eq!(names(&found(&desk, ADA, "").await), ["Ada Verdi"]);
    }
}

/// NetSuite's connector calls it created.
#[tokio::test]
async fn a_contact_without_an_id_was_not_created() {
    let peer = Peer::start().await;
    let desk = desk_of(&peer, "netsuite", Looks::NetSuite).await;
    for id in [json!(0), json!("0")] {
        let answer = json!({ "successful": true, "contact": { "id": id, "name": "Dee" },
            "returnMessage": { "message": "Error creating prospect", "messageType": "warning", "ttl": 60000 } });
        peer.instead("/contact", Instead::of(200, answer.to_string()));
        let new = draft("Dee", "Lead", "+12025550177");
        let error = desk.connector.create_contact(desk.cx(), new).await.unwrap_err();
        assert_eq!(
            (
                error.kind,
                error.message.as_ref(),
                error.hint.as_deref(),
                error.may_have_happened
            ),
            (
                Kind::Invalid,
                "Test CRM did not create the contact",
                Some("Error creating prospect"),
                false
            )
        );
    }
}
