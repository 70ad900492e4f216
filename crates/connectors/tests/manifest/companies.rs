//! What is made beside a contact: its company, once, however often the contact is sent and however it is cased.

use std::sync::{Arc, Mutex};

use ringside_domain::{Connector, ContactDraft, Cx, Kind, TraceStep, connector::TraceSink};
use serde_json::{Value, json};

use crate::support::*;

const CRM: &str = include_str!("crm.toml");

/// What the person has to hear.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl TraceSink for Heard {
    fn step(&self, _: TraceStep) {}
    fn said(&self, words: &str) {
        self.0.lock().unwrap().push(words.to_owned());
    }
}

fn heard(desk: &Desk) -> (Cx, Arc<Heard>) {
    let heard = Arc::<Heard>::default();
    let trace = heard.clone();
    (Cx { trace, ..desk.cx(5) }, heard)
}

fn of_company(company: &str) -> ContactDraft {
    ContactDraft {
        company: Some(company.into()),
        ..draft("Person", "Anna Meier")
    }
}

fn made(desk: &Desk, path: &str) -> usize {
    let lines = desk.crm.lines();
    lines
        .iter()
        .filter(|line| line.starts_with(&format!("POST {path}")))
        .count()
}

/// A CRM whose search knows nothing new, and that refuses so many people first.
fn lagging(refuses: usize) -> impl Fn(&Sent, usize) -> Reply + Send + Sync + 'static {
    let left = Mutex::new(refuses);
    move |sent, _| {
        if sent.line.starts_with("GET") {
            return ok(json!({ "items": [] }));
        }
        if sent.line.contains("/firms") {
            return status(201, json!({ "id": "c2" }));
        }
        let mut left = left.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            return status(429, json!({}));
        }
        status(201, json!({ "id": "p9" }))
    }
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_is_sent_again_makes_its_company_once() {
    let memory = known_account();
    let desk = desk_with(CRM, memory.clone(), setup(), lagging(2));
    for kind in [Some(Kind::RateLimited), Some(Kind::RateLimited), None] {
        let sent = desk.connector.create_contact(desk.cx(5), of_company("New Ltd")).await;
        assert_eq!(sent.err().map(|error| error.kind), kind);
    }
    assert_eq!((made(&desk, "/firms"), made(&desk, "/people")), (1, 3));
    let last = desk.crm.sent().pop().unwrap();
    assert_eq!(last.body["company_id"], json!("c2"));
    let kept = memory.kept()["ensured"].clone();
    assert!(!kept.contains("New Ltd"), "{kept}");

    // The program was started anew, and a colleague of hers is typed in capitals; another company is another one.
    let desk = desk_with(CRM, memory.clone(), setup(), lagging(0));
    for (company, firms) in [("NEW LTD ", 0), ("Newer Ltd", 1), ("newer ltd", 1)] {
        let sent = desk.connector.create_contact(desk.cx(5), of_company(company)).await;
        sent.unwrap();
        assert_eq!(made(&desk, "/firms"), firms, "{company}");
    }

    // By now the search knows it, or somebody deleted it.
    *desk.clock.0.lock().unwrap() = ringside_domain::Timestamp(1_790_000_000_000 + 11 * 60_000);
    let sent = desk.connector.create_contact(desk.cx(5), of_company("New Ltd")).await;
    sent.unwrap();
    assert_eq!(made(&desk, "/firms"), 2);
}

#[tokio::test(start_paused = true)]
async fn two_contacts_at_once_make_their_company_once() {
    let desk = desk_with(CRM, known_account(), setup(), lagging(0));
    let create = || desk.connector.create_contact(desk.cx(5), of_company("New Ltd"));
    let (one, other) = tokio::join!(create(), create());
    assert!(one.is_ok() && other.is_ok());
    assert_eq!((made(&desk, "/firms"), made(&desk, "/people")), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_or_lost_made_nothing() {
    for reply in [|| status(400, json!({})), lost] {
        let firms = Mutex::new(0);
        let desk = desk_with(CRM, known_account(), setup(), move |sent, _| {
            if !sent.line.contains("/firms") || sent.line.starts_with("GET") {
                return ok(json!({ "items": [], "id": "p9" }));
            }
            let mut firms = firms.lock().unwrap();
            *firms += 1;
            if *firms == 1 {
                reply()
            } else {
                status(201, json!({ "id": "c2" }))
            }
        });
        desk.connector
            .create_contact(desk.cx(5), of_company("New Ltd"))
            .await
            .unwrap_err();
        desk.connector
            .create_contact(desk.cx(5), of_company("New Ltd"))
            .await
            .unwrap();
        assert_eq!(made(&desk, "/firms"), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_company_is_found_however_it_is_cased_and_of_two_equal_ones_it_is_said() {
    let cases: [(Value, &str, &str, bool); 4] = [
        (
            json!([{ "id": "c1", "name": "example  LTD" }]),
            " Example Ltd ",
            "c1",
            false,
        ),
        // The one that is written just so.
        (
            json!([{ "id": "c1", "name": "EXAMPLE LTD" }, { "id": "c2", "name": "Example Ltd" }]),
            "Example Ltd",
            "c2",
            false,
        ),
        (
            json!([{ "id": "c1", "name": "Example Ltd" }, { "id": "c2", "name": "Example Ltd" }]),
            "Example Ltd",
            "c1",
            true,
        ),
        (
            json!([{ "id": "c1", "name": "EXAMPLE LTD" }, { "id": "c2", "name": "example ltd" }]),
            "Example Ltd",
            "c1",
            true,
        ),
    ];
    for (firms, typed, id, said) in cases {
        let desk = desk_with(CRM, known_account(), setup(), move |sent, _| {
            if sent.line.starts_with("GET") {
                return ok(json!({ "items": firms }));
            }
            assert!(sent.line.contains("/people"), "no company is made");
            status(201, json!({ "id": "p9" }))
        });
        let (cx, heard) = heard(&desk);
        let contact = desk.connector.create_contact(cx, of_company(typed)).await.unwrap();
        assert_eq!(desk.crm.sent().pop().unwrap().body["company_id"], json!(id));
        assert_eq!(contact.company.as_deref(), Some("Example Ltd"));
        let heard = heard.0.lock().unwrap().clone();
        let words = "Testa has 2 records that fit `Example Ltd`; the first one was taken";
        assert_eq!(heard, if said { vec![words.to_owned()] } else { Vec::new() });
    }
}

#[tokio::test(start_paused = true)]
async fn a_company_of_blanks_is_none() {
    let desk = desk_with(CRM, known_account(), setup(), lagging(0));
    desk.connector
        .create_contact(desk.cx(5), of_company("  "))
        .await
        .unwrap();
    assert_eq!((made(&desk, "/firms"), desk.crm.lines().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_of_another_name_is_another_person_and_one_of_the_same_name_is_said() {
    for (stored, taken) in [
        ("Meier, ANNA", true),
        ("Bill Lumbergh", false),
        ("Anna Maria Meier", false),
    ] {
        let desk = desk_with(CRM, known_account(), setup(), move |sent, _| {
            match sent.line.starts_with("POST") {
                true => status(409, json!({ "existing": "p1", "message": "exists" })),
                false => ok(person("p1", stored, "2025550123")),
            }
        });
        let (cx, heard) = heard(&desk);
        let created = desk.connector.create_contact(cx, draft("Person", "Anna Meier")).await;
        let heard = heard.0.lock().unwrap().len();
        if taken {
            assert_eq!((created.unwrap().id.id.as_str(), heard), ("p1", 1));
        } else {
            let error = created.unwrap_err();
            assert_eq!((error.kind, heard), (Kind::Conflict, 0));
            assert!(error.message.contains(stored) && error.hint.is_some(), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_wants_a_second_record_says_so_to_the_crm() {
    let forced = CRM.replace(
        "email = \"{{ draft.email }}\"",
        "email = \"{{ draft.email }}\"\nskip_check = { \"$if\" = \"draft.force\", \"$then\" = true }",
    );
    for force in [false, true] {
        let desk = desk_with(&forced, known_account(), setup(), lagging(0));
        let draft = ContactDraft {
            force,
            ..draft("Person", "Anna Meier")
        };
        desk.connector.create_contact(desk.cx(5), draft).await.unwrap();
        let body = desk.crm.sent().pop().unwrap().body;
        assert_eq!(body.get("skip_check").is_some(), force, "{body}");
    }
}

/// A CRM that takes so long to make a company.
fn slow(millis: u64) -> impl Fn(&Sent, usize) -> Reply + Send + Sync + 'static {
    move |sent, _| match (sent.line.starts_with("GET"), sent.line.contains("/firms")) {
        (true, _) => ok(json!({ "items": [] })),
        (_, true) => status(201, json!({ "id": "c2" })).after(millis),
        _ => status(201, json!({ "id": "p9" })),
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_anothers_company_waits_no_longer_than_its_own_time() {
    let desk = desk_with(CRM, known_account(), setup(), slow(20_000));
    let create = |seconds| desk.connector.create_contact(desk.cx(seconds), of_company("New Ltd"));
    let began = tokio::time::Instant::now();
    let beside = async {
        tokio::task::yield_now().await;
        let late = create(5).await.unwrap_err();
        (late, began.elapsed())
    };
    let (first, (late, took)) = tokio::join!(create(30), beside);
    first.unwrap();
    assert_eq!((late.kind, late.may_have_happened), (Kind::Timeout, false));
    assert_eq!(late.message, "Another contact is being created in Testa");
    assert_eq!(took.as_secs(), 5);
    assert_eq!((made(&desk, "/firms"), made(&desk, "/people")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn different_companies_are_made_at_the_same_time() {
    let desk = desk_with(CRM, known_account(), setup(), slow(3_000));
    let create = |company| desk.connector.create_contact(desk.cx(5), of_company(company));
    let began = tokio::time::Instant::now();
    let (one, other) = tokio::join!(create("New Ltd"), create("Newer Ltd"));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    assert_eq!(began.elapsed().as_secs(), 3);
    assert_eq!((made(&desk, "/firms"), made(&desk, "/people")), (2, 2));
}
