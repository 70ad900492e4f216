//! Creating contacts, and adding numbers to them.

use std::time::Duration;

use ringside_domain::{ContactType, Kind};

use super::{Behaviour, PLAIN, adds, behaviour, creates, finds, wired};
use crate::{
    asking::{NUMBER, cx, draft, is_same, plant_as, proved},
    crm::{Knobs, Purpose},
    kits::Case,
};

const LAG: Knobs = Knobs {
    search_lag: Duration::from_millis(250),
    ..PLAIN
};

pub const ALL: &[Behaviour] = &[
    behaviour!(
        writing::what_was_created_is_found_after_the_lag,
        |offer| creates(offer).or(finds(offer)),
        LAG
    ),
    behaviour!(writing::a_name_is_neither_cut_nor_made_up, creates),
    behaviour!(writing::fields_of_the_dialog_arrive, creates),
    behaviour!(
        writing::a_company_is_made_once_however_it_is_cased,
        |offer| creates(offer).or(wired(offer)),
        LAG
    ),
    behaviour!(writing::a_number_is_added_and_none_is_overwritten, adds),
];

fn creatable(case: &Case) -> Vec<String> {
    let types = case.connector.info().types.into_iter();
    types.filter(|kind| kind.creatable).map(|kind| kind.id).collect()
}

async fn what_was_created_is_found_after_the_lag(case: Case) {
    for (at, kind) in creatable(&case).into_iter().enumerate() {
        let number = format!("+1415555013{at}");
        let new = draft(&case, &kind, "Dana Newperson", Some(&number));
        let created = case.connector.create_contact(cx(), new).await.unwrap();
        assert_eq!(
            (created.name.as_str(), created.id.contact_type.as_str()),
            ("Dana Newperson", kind.as_str())
        );
        let stored = case.crm.planted().await;
        let (_, stored) = stored
            .iter()
            .find(|(id, person)| *id == created.id.id && person.kind == kind)
            .unwrap();
        assert_eq!(stored.name(), "Dana Newperson");
        assert!(
            stored.numbers.iter().any(|raw| is_same(raw, &number)),
            "{:?}",
            stored.numbers
        );
        tokio::time::sleep(case.knobs.search_lag * 2).await;
        let found = proved(&case, &number).await;
        if !case.has_numbers(&kind) {
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].company.as_deref(), Some("Dana Newperson"));
            continue;
        }
        assert_eq!(
            found.iter().map(|contact| &contact.id).collect::<Vec<_>>(),
            [&created.id]
        );
    }
}

async fn a_name_is_neither_cut_nor_made_up(case: Case) {
    let names = [
        "Madonna",
        "Ana María de la Cruz",
        "José  Ortega y Gasset",
        "李小龍",
        "van der Berg",
        "Dr. No, Jr.",
    ];
    for kind in creatable(&case) {
        for name in names {
            let created = case
                .connector
                .create_contact(cx(), draft(&case, &kind, name, None))
                .await
                .unwrap();
            let stored = case.crm.planted().await;
            let (_, stored) = stored.into_iter().find(|(id, _)| *id == created.id.id).unwrap();
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(words(&stored.name()), words(name), "as a {kind}");
        }
    }
}

async fn fields_of_the_dialog_arrive(case: Case) {
    for kind in case.connector.info().types.into_iter().filter(|kind| kind.creatable) {
        let mut new = draft(&case, &kind.id, "Dana Newperson", Some(NUMBER));
        let takes = |field: &str| kind.fields.iter().any(|spec| spec.name == field);
        new.company = takes("company").then(|| "Example Ltd".to_owned());
        new.email = takes("email").then(|| format!("dana.{}@example.com", kind.id));
        let created = case.connector.create_contact(cx(), new.clone()).await.unwrap();
        let stored = case.crm.planted().await;
        let (_, stored) = stored.into_iter().find(|(id, _)| *id == created.id.id).unwrap();
        if new.company.is_some() {
            assert_eq!(stored.company, new.company, "as a {}", kind.id);
        }
        assert_eq!(stored.email, new.email, "as a {}", kind.id);
    }
}

/// Also for the search that does not know it yet, and for the one that does.
async fn a_company_is_made_once_however_it_is_cased(case: Case) {
    let takes_company = |kind: &ContactType| kind.creatable && kind.fields.iter().any(|field| field.name == "company");
    let kinds = case.connector.info().types.into_iter().filter(takes_company);
    for (at, kind) in kinds.enumerate() {
        let company = format!("Meridian {at} Ltd");
        let cased = [
            company.clone(),
            company.to_uppercase(),
            format!(" {} ", company.to_lowercase()),
        ];
        for (nth, company) in cased.into_iter().enumerate() {
            if nth == 2 {
                tokio::time::sleep(case.knobs.search_lag * 2).await;
            }
            case.wire().forget_exchanges();
            let mut new = draft(&case, &kind.id, &format!("Dana Newperson {nth}"), None);
            new.company = Some(company);
            case.connector.create_contact(cx(), new).await.unwrap();
            let made = case.wire().asked_for(Purpose::Create);
            assert!(made == 1 || (nth == 0 && made == 2), "{}: {made} records", kind.id);
        }
    }
}

/// Until there is no room; at each step everything that was there before still is.
async fn a_number_is_added_and_none_is_overwritten(case: Case) {
    for kind in case.types() {
        let id = plant_as(&case, &kind, "Anna", "Example", &["(415) 555-0100"]).await;
        let mut there = vec![NUMBER.to_owned()];
        for at in 1..8 {
            let number = format!("+1415555014{at}");
            match case.connector.add_number(cx(), id.clone(), number.clone()).await {
                Ok(contact) => {
                    there.push(number);
                    assert_eq!(contact.id, id);
                }
                Err(error) => {
                    assert!(matches!(error.kind, Kind::Conflict | Kind::Invalid), "{error:?}");
                    assert!(error.hint.is_some() && !error.may_have_happened, "{error:?}");
                }
            }
            let stored = case.crm.planted().await;
            let (_, stored) = stored.into_iter().find(|(other, _)| *other == id.id).unwrap();
            assert_eq!(stored.numbers.len(), there.len(), "{kind}: {:?}", stored.numbers);
            for number in &there {
                assert!(
                    stored.numbers.iter().any(|raw| is_same(raw, number)),
                    "{kind}: {:?}",
                    stored.numbers
                );
            }
        }
    }
}
