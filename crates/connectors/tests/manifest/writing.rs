//! Create a contact, add a number to one.

use ringside_domain::{Connector, ContactDraft, Kind};
use serde_json::{Value, json};

use crate::support::*;

const CRM: &str = include_str!("crm.toml");

fn bodies(desk: &Desk) -> Vec<Value> {
    desk.crm.sent().into_iter().map(|sent| sent.body).collect()
}

#[tokio::test(start_paused = true)]
async fn a_contact_is_created_with_its_company_found_first() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| match sent.line.as_str() {
        line if line.starts_with("GET") => ok(
            json!({ "items": [{ "id": "c0", "name": "Example Ltd & Sons" }, { "id": "c1", "name": "Example Ltd" }] }),
        ),
        line if line.contains("/people") => status(201, json!({ "id": "p9" })),
        other => panic!("{other}"),
    });
    let wanted = ContactDraft {
        company: Some("Example Ltd".into()),
        ..draft("Person", "Anna Maria Meier")
    };
    let contact = desk.connector.create_contact(desk.cx(5), wanted).await.unwrap();
    assert_eq!(
        (contact.id.id.as_str(), contact.name.as_str()),
        ("p9", "Anna Maria Meier")
    );
    assert_eq!(contact.numbers[0].raw, "+12025550123");
    assert_eq!(contact.url.as_deref(), Some("https://crm.example.com/app/p/p9"));
    assert_eq!(desk.crm.lines().len(), 2, "the company is there: none is made");
    assert_eq!(
        bodies(&desk)[1],
        json!({ "given": "Anna Maria", "family": "Meier", "phone": "+12025550123", "company_id": "c1" })
    );
}

#[tokio::test(start_paused = true)]
async fn a_company_that_is_not_there_is_made_and_no_company_is_no_step() {
    let answers = |sent: &Sent, _: usize| match sent.line.as_str() {
        line if line.starts_with("GET") => ok(json!({ "items": [{ "id": "c0", "name": "New Ltd & Sons" }] })),
        line if line.contains("/firms") => status(201, json!({ "id": "c2" })),
        _ => status(201, json!({ "id": "p9" })),
    };
    let desk = desk_with(CRM, known_account(), setup(), answers);
    let with = ContactDraft {
        company: Some("New Ltd".into()),
        ..draft("Person", "Cher")
    };
    desk.connector.create_contact(desk.cx(5), with).await.unwrap();
    assert_eq!(bodies(&desk)[1], json!({ "name": "New Ltd" }));
    assert_eq!(
        bodies(&desk)[2],
        json!({ "family": "Cher", "phone": "+12025550123", "company_id": "c2" })
    );

    let desk = desk_with(CRM, known_account(), setup(), answers);
    desk.connector
        .create_contact(desk.cx(5), draft("Person", "Cher"))
        .await
        .unwrap();
    assert_eq!(desk.crm.lines(), ["POST /people?trail=key-4711-secret"]);
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_is_answered_with_the_record_only_if_the_number_is_the_same() {
    let answers = |stored: &'static str| {
        move |sent: &Sent, _: usize| match sent.line.starts_with("POST") {
            true => status(409, json!({ "existing": "p1", "message": "exists" })),
            false => ok(person("p1", "Anna Meier", stored)),
        }
    };
    let desk = desk_with(CRM, known_account(), setup(), answers("202 555 0123"));
    let contact = desk
        .connector
        .create_contact(desk.cx(5), draft("Person", "Anna Meier"))
        .await
        .unwrap();
    assert_eq!(contact.id.id, "p1");

    let desk = desk_with(CRM, known_account(), setup(), answers("202 555 0199"));
    let error = desk
        .connector
        .create_contact(desk.cx(5), draft("Person", "Anna Meier"))
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (Kind::Conflict, false));
    // The CRM says whom it means: the person can look at them, and decide.
    assert_eq!(error.message, "Testa has this contact already: Anna Meier");
    // Nothing in the file says it to this CRM, so nobody is told that it could be insisted on.
    assert_eq!(
        (error.field, error.hint.as_deref()),
        (None, Some("Search for Anna Meier and add the number to it"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_can_be_insisted_on_where_the_crm_can_be_told_so() {
    let told = CRM.replace(
        "email = \"{{ draft.email }}\"",
        "email = \"{{ draft.email }}\"\nskip_check = { \"$if\" = \"draft.force\", \"$then\" = true }",
    );
    // One type has a way of its own, in which nothing says it.
    let own = format!(
        "{told}\n[[for.Firm.create_contact.steps]]\nname = \"create\"\ncapture = {{ id = \"id\" }}\n\
         request = {{ method = \"POST\", path = \"/firms\", json = {{ name = \"{{{{ draft.name }}}}\" }} }}\n"
    );
    for (file, kind, force, insists) in [
        (CRM, "Person", false, false),
        (&*told, "Person", false, true),
        // It was told, and says no all the same: it will say so again.
        (&*told, "Person", true, false),
        (&*told, "Firm", false, true),
        (&*own, "Firm", false, false),
    ] {
        let desk = desk_with(file, known_account(), setup(), |_, _| {
            status(409, json!({ "message": "exists" }))
        });
        let asked = ContactDraft {
            force,
            ..draft(kind, "Anna Meier")
        };
        let error = desk.connector.create_contact(desk.cx(5), asked).await.unwrap_err();
        assert_eq!(error.kind, Kind::Conflict, "{error}");
        assert_eq!(
            error.field.as_deref() == Some("force"),
            insists,
            "{kind} {force}: {error:?}"
        );
        let hint = error.hint.unwrap();
        assert_eq!(
            hint.contains("create it all the same"),
            insists,
            "{kind} {force}: {hint}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_said_before_anything_is_sent() {
    let strict = CRM.replace(
        "name = \"email\"\nlabel = \"E-mail\"",
        "name = \"email\"\nlabel = \"E-mail\"\nrequired = true",
    );
    let desk = desk_with(&strict, known_account(), setup(), |_, _| {
        panic!("nothing is to be sent")
    });
    let error = desk
        .connector
        .create_contact(desk.cx(5), draft("Person", "Anna"))
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, Some("email")));
    let error = desk
        .connector
        .create_contact(desk.cx(5), draft("Person", "  "))
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, Some("name")));
}

#[tokio::test(start_paused = true)]
async fn a_created_contact_without_an_id_may_be_there() {
    for reply in [|| status(201, json!({})), lost, || status(500, json!(null))] {
        let desk = desk_with(CRM, known_account(), setup(), move |_, _| reply());
        let error = desk
            .connector
            .create_contact(desk.cx(5), draft("Person", "Anna"))
            .await
            .unwrap_err();
        assert!(error.may_have_happened, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_read_back_is_the_answer_and_if_it_cannot_be_the_draft_is() {
    let reading = CRM.replace(
        "duplicate_id = \"existing\"",
        "duplicate_id = \"existing\"\nread_back = true",
    );
    for (reply, name) in [(200, "Anna MEIER"), (404, "Anna Meier")] {
        let desk = desk_with(&reading, known_account(), setup(), move |sent, _| {
            match sent.line.starts_with("POST") {
                true => status(201, json!({ "id": "p9" })),
                false => status(reply, person("p9", "Anna MEIER", "2025550123")),
            }
        });
        let contact = desk
            .connector
            .create_contact(desk.cx(5), draft("Person", "Anna Meier"))
            .await
            .unwrap();
        assert_eq!((contact.id.id.as_str(), contact.name.as_str()), ("p9", name));
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_goes_into_the_first_empty_field() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| {
        match sent.line.starts_with("GET") {
            true => ok(json!({ "id": "7", "name": "Anna", "phone": "+1 202-555-0199", "mobile": "" })),
            false => ok(json!({})),
        }
    });
    let contact = desk
        .connector
        .add_number(desk.cx(5), at("Person", "7"), "+12025550123".into())
        .await
        .unwrap();
    assert_eq!(bodies(&desk)[1], json!({ "mobile": "+12025550123" }));
    let numbers: Vec<_> = contact
        .numbers
        .iter()
        .map(|number| (number.label.as_str(), number.raw.as_str()))
        .collect();
    assert_eq!(numbers, [("phone", "+1 202-555-0199"), ("mobile", "+12025550123")]);
}

#[tokio::test(start_paused = true)]
async fn a_full_record_has_no_room_and_one_with_the_number_needs_none() {
    let answers = |phone: &'static str| {
        move |_: &Sent, _: usize| ok(json!({ "id": "7", "name": "Anna", "phone": phone, "mobile": "+1 202-555-0188" }))
    };
    let desk = desk_with(CRM, known_account(), setup(), answers("+1 202-555-0199"));
    let error = desk
        .connector
        .add_number(desk.cx(5), at("Person", "7"), "+12025550123".into())
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.field.as_deref()), (Kind::Conflict, Some("number")));
    assert_eq!(desk.crm.lines().len(), 1, "read, and not written");

    let desk = desk_with(CRM, known_account(), setup(), answers("(202) 555-0123"));
    let contact = desk
        .connector
        .add_number(desk.cx(5), at("Person", "7"), "+12025550123".into())
        .await
        .unwrap();
    assert_eq!((contact.numbers.len(), desk.crm.lines().len()), (2, 1));
}
