//! Finding and creating, and what goes over the wire for it.

use ringside_domain::{Connector, Kind, Retry, Timestamp, trace::Answer};
use serde_json::json;

use crate::{
    desk::{Desk, Plan, draft, kind, named, nobody, number},
    peer::{Instead, Peer},
};

#[tokio::test]
async fn a_caller_is_one_request_with_the_users_masks() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    desk.connector.sign_in(desk.cx()).await.unwrap();
    desk.trace.0.lock().unwrap().clear();
    let found = desk
        .connector
        .find_contact(desk.cx(), number("+12025550142", "(###) ###-####, ###-###-####"))
        .await
        .unwrap();
    let names: Vec<&str> = found.contacts.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Ada Verdi", "Bo Verdi"]);
    let ada = &found.contacts[0];
    assert_eq!(
        (ada.numbers[0].label.as_str(), ada.numbers[0].raw.as_str()),
        ("phone", "(202) 555-0142")
    );
    assert_eq!(ada.url.as_deref(), Some("https://crm.example.test/Contact/c-1"));

    let asked = peer.asked("GET", "/contact");
    assert_eq!(asked.len(), 1);
    assert_eq!(
        asked[0].raw_query,
        "phoneNumber=%2B12025550142&overridingFormat=%2B1%23%23%23%23%23%23%23%23%23%23%2C%28%23%23%23%29+%23%23%23-%23%23%23%23%2C%23%23%23-%23%23%23-%23%23%23%23&isExtension=false&isForceRefreshAccountData=true"
    );
    let steps = desk.trace.0.lock().unwrap().clone();
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0].request, "GET /contact");
    assert_eq!(steps[0].forms, ["+12025550142", "(202) 555-0142", "202-555-0142"]);
    // Without a country at home only numbers with one are proved here.
    assert!(matches!(steps[0].answer, Answer::Found { records: 2, .. }));
}

#[tokio::test]
async fn an_extension_is_asked_for_as_one_where_the_server_knows_them() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    assert!(desk.connector.capability().knows_extensions);
    assert!(
        desk.connector
            .find_contact(desk.cx(), number("4711", ""))
            .await
            .unwrap()
            .contacts
            .is_empty()
    );
    let asked = peer.asked("GET", "/contact").remove(0);
    assert_eq!(
        (
            asked.value("phoneNumber"),
            asked.value("isExtension"),
            asked.value("overridingFormat")
        ),
        (Some("4711"), Some("true"), Some(""))
    );

    peer.house().manifest["platforms"]["testCRM"]["enableExtensionNumberLoggingSetting"] = json!(false);
    let desk = Desk::new(Plan::of(&peer.url)).await;
    assert!(
        desk.connector
            .find_contact(desk.cx(), number("4711", ""))
            .await
            .unwrap()
            .contacts
            .is_empty()
    );
    assert_eq!(peer.asked("GET", "/contact").len(), 1);
}

#[tokio::test]
async fn a_warning_beside_contacts_is_a_partial_result() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let body = json!({ "successful": true, "contact": [{ "id": 7, "name": "Ada" }],
        "returnMessage": { "message": "The field MOBILE_2 could not be searched", "messageType": "warning", "ttl": 3000 } });
    peer.instead("/contact", Instead::of(200, body.to_string()));
    let found = desk
        .connector
        .find_contact(desk.cx(), number("+12025550142", ""))
        .await
        .unwrap();
    // No number in the answer: the server's word is all there is.
    assert_eq!(
        (
            found.contacts[0].numbers[0].raw.as_str(),
            found.contacts[0].numbers[0].label.as_str()
        ),
        ("+12025550142", "found by the server")
    );
    assert_eq!(
        found.failed[0].1.message,
        "Test CRM says: The field MOBILE_2 could not be searched"
    );
    let nobody = desk
        .connector
        .find_contact(desk.cx(), number("+442079460018", ""))
        .await
        .unwrap();
    assert!(nobody.failed.is_empty() && nobody.contacts.is_empty());
}

#[tokio::test]
async fn a_contact_seen_before_is_found_again_after_a_start() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let by_number = desk
        .connector
        .find_contact(desk.cx(), number("+12025550142", ""))
        .await
        .unwrap()
        .contacts
        .remove(0)
        .id;
    let by_name = desk
        .connector
        .find_contact_with_name(desk.cx(), named("marsh"))
        .await
        .unwrap()
        .contacts
        .remove(0)
        .id;
    // In this run it is known without asking.
    assert_eq!(
        desk.connector
            .get_contact(desk.cx(), by_name.clone())
            .await
            .unwrap()
            .name,
        "Cyd Marsh"
    );
    assert_eq!(peer.asked("GET", "/custom/contact/search").len(), 1);

    let desk = desk.restarted();
    assert_eq!(
        desk.connector
            .get_contact(desk.cx(), by_number.clone())
            .await
            .unwrap()
            .name,
        "Ada Verdi"
    );
    assert_eq!(
        desk.connector.get_contact(desk.cx(), by_name).await.unwrap().name,
        "Cyd Marsh"
    );
    peer.house().contacts.clear();
    assert_eq!(
        kind(desk.connector.get_contact(desk.live(), by_number).await),
        Kind::NotFound
    );
    assert_eq!(
        kind(desk.connector.get_contact(desk.cx(), nobody("c-77").id).await),
        Kind::Unsupported
    );
}

#[tokio::test]
async fn a_new_contact_has_the_types_own_fields_and_the_type_it_is_found_with() {
    let peer = Peer::start().await;
    peer.house().choices = json!({ "Lead": { "status": [{ "const": 3, "title": "New" }] } });
    let desk = Desk::new(Plan::of(&peer.url)).await;
    desk.connector
        .find_contact(desk.cx(), number("+12025550142", ""))
        .await
        .unwrap();
    let lead = desk.connector.info().types.remove(0);
    let fields: Vec<_> = lead
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.options.len()))
        .collect();
    assert_eq!(
        (lead.id.as_str(), lead.creatable, fields),
        ("Lead", true, vec![("company", 0), ("status", 1)])
    );

    let mut new = draft("Dee van der New", "Lead", "+12025550177");
    new.company = Some("Acme".into());
    new.extra = vec![
        ("status".into(), lead.fields[1].options[0].value.clone()),
        ("other".into(), "x".into()),
    ];
    let made = desk.connector.create_contact(desk.cx(), new.clone()).await.unwrap();
    let sent = peer.asked("POST", "/contact").remove(0).body;
    assert_eq!(
        sent,
        json!({ "phoneNumber": "+12025550177", "newContactName": "Dee van der New", "newContactType": "Lead",
            "additionalSubmission": { "company": "Acme", "status": 3 } })
    );
    assert_eq!(
        (made.id.contact_type.as_str(), made.numbers[0].raw.as_str()),
        ("Lead", "+12025550177")
    );
    // What the server has no field for is refused before anything is sent.
    new.email = Some("dee@example.com".into());
    let refused = desk.connector.create_contact(desk.cx(), new).await.unwrap_err();
    assert_eq!(
        (
            refused.kind,
            refused.field.as_deref(),
            peer.asked("POST", "/contact").len()
        ),
        (Kind::Invalid, Some("email"), 1)
    );

    // Insightly creates a `contact`, and finds a `Contact`.
    peer.instead(
        "/contact",
        Instead::of(200, r#"{"successful":true,"contact":{"id":"c-3","name":"Cyd Marsh"}}"#),
    );
    let made = desk
        .connector
        .create_contact(desk.cx(), draft("Cyd Marsh", "contact", "+12025550199"))
        .await
        .unwrap();
    assert_eq!(made.id.contact_type, "Contact");
}

#[tokio::test]
async fn what_the_crm_refuses_is_no_lost_session() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let refused = json!({ "successful": false, "returnMessage": { "message": "Authorization error", "messageType": "warning",
        "details": [{ "title": "Details", "items": [{ "id": "1", "type": "text", "text": "Please Logout and then Connect." }] }] } });
    let refuses = |path: &str| peer.instead(path, Instead::of(200, refused.to_string()));
    refuses("/contact");
    let error = desk
        .connector
        .find_contact(desk.cx(), number("+12025550142", ""))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_ref()),
        (
            Kind::Forbidden,
            "Test CRM refused this: it may be gone, or you may not see it"
        )
    );
    refuses("/custom/contact/search");
    assert_eq!(
        kind(desk.connector.find_contact_with_name(desk.cx(), named("verdi")).await),
        Kind::Forbidden
    );
    for (words, expected) in [
        ("Authorization error", Kind::Invalid),
        ("Rate limit exceeded", Kind::RateLimited),
    ] {
        let body = json!({ "successful": false, "returnMessage": { "message": words } });
        peer.instead("/contact", Instead::of(200, body.to_string()));
        let error = desk
            .connector
            .create_contact(desk.cx(), draft("Dee New", "Lead", "+12025550177"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.retry, error.may_have_happened, error.hint.as_deref()),
            (
                expected,
                Retry::Never,
                true,
                Some("Look in the CRM before you create it again")
            )
        );
    }
    assert_eq!(peer.asked("POST", "/apiKeyLogin").len(), 1);

    // The session really ended: the key begins another, and the question is asked again.
    peer.house().logged_in = false;
    refuses("/contact");
    let found = desk
        .connector
        .find_contact(desk.cx(), number("+12025550142", ""))
        .await
        .unwrap();
    assert_eq!((found.contacts.len(), peer.asked("POST", "/apiKeyLogin").len()), (2, 2));
}

#[tokio::test]
async fn a_contacts_page_lies_on_the_host_of_its_crm_only() {
    let peer = Peer::start().await;
    for (template, its_page) in [
        (
            "https://app.example.test/{contactId}",
            Some("https://app.example.test/c-3"),
        ),
        ("https://{hostname}/{contactId}", Some("https://crm.example.test/c-3")),
        ("https://{hostname}.evil.test/{contactId}", None),
        ("https://crm.example.test@evil.test/{contactId}", None),
        ("http://{hostname}/{contactId}", None),
        ("javascript:alert({contactId})", None),
    ] {
        peer.house().manifest["platforms"]["testCRM"]["contactPageUrl"] = json!(template);
        let desk = Desk::new(Plan::of(&peer.url)).await;
        let found = desk
            .connector
            .find_contact(desk.cx(), number("+12025550199", ""))
            .await
            .unwrap();
        assert_eq!(found.contacts[0].url.as_deref(), its_page, "{template}");
    }
}

#[tokio::test]
async fn a_new_contact_that_the_search_does_not_show_yet_is_not_gone() {
    let peer = Peer::start().await;
    peer.house().lags = true;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let made = desk
        .connector
        .create_contact(desk.cx(), draft("Dee New", "Lead", "+12025550177"))
        .await
        .unwrap();
    peer.house().contacts.truncate(3);
    assert_eq!(
        desk.connector.get_contact(desk.live(), made.id).await.unwrap().name,
        "Dee New"
    );
}

#[tokio::test]
async fn a_contact_that_was_not_created_is_an_error_with_the_crms_words() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    for (body, words) in [
        (
            r#"{"successful":false,"returnMessage":{"message":"The name is taken","messageType":"warning"}}"#,
            "Test CRM says: The name is taken",
        ),
        (r#"{"successful":false}"#, "Test CRM did not create the contact"),
        (
            r#"{"successful":true,"contact":null}"#,
            "Test CRM did not create the contact",
        ),
        (
            r#"{"successful":true,"contact":{"name":"x"}}"#,
            "Test CRM did not say which contact it created",
        ),
    ] {
        peer.instead("/contact", Instead::of(200, body));
        let error = desk
            .connector
            .create_contact(desk.cx(), draft("Dee", "Lead", "+12025550177"))
            .await
            .unwrap_err();
        assert_eq!((error.kind, error.message.as_ref()), (Kind::Invalid, words));
    }
}

/// The person's rule "created first" goes by them.
#[tokio::test]
async fn a_contact_has_the_dates_that_its_connector_tells() {
    let peer = Peer::start().await;
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let dated = [
        (json!("2024-02-01T09:00:00Z"), Some(1_706_778_000_000)),
        (json!("2024-02-01 09:00:00"), Some(1_706_778_000_000)),
        (json!(1_706_778_000), Some(1_706_778_000_000)),
        (json!(1_706_778_000_000_i64), Some(1_706_778_000_000)),
        // Whether that is in February or in January, only the CRM knows.
        (json!("2/1/2024 9:00 am"), None),
        (json!(null), None),
        (json!({}), None),
    ];
    for (told, wanted) in dated {
        let body = json!({ "successful": true, "contact": [{ "id": 7, "name": "Ada", "createdDate": told, "mostRecentActivityDate": told }] });
        peer.instead("/contact", Instead::of(200, body.to_string()));
        let found = desk
            .connector
            .find_contact(desk.cx(), number("+12025550142", ""))
            .await
            .unwrap();
        let (ada, wanted) = (&found.contacts[0], wanted.map(Timestamp));
        assert_eq!((ada.created, ada.updated), (wanted, wanted), "{told}");
    }
}
