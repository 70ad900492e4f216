//! Who is calling: by number, by name, by id.

use ringside_domain::{ContactRef, Kind, phone::Home};

use super::{Behaviour, always, behaviour, finds, finds_names};
use crate::{
    asking::{NUMBER, SAME_TAIL, cx, forms, has, home, is_same_at, named, plant, plant_as, proved, proved_at},
    crm::Planted,
    kits::Case,
};

pub const ALL: &[Behaviour] = &[
    behaviour!(finding::says_whose_account_it_is, always),
    behaviour!(finding::finds_a_number_stored_in_each_of_our_forms, finds),
    behaviour!(finding::finds_by_every_number_of_a_contact, |offer| finds(offer)
        .or(offer.one_number.then_some("its contacts have one number"))),
    behaviour!(finding::an_equal_tail_is_no_hit, finds),
    behaviour!(finding::finds_one_number_in_every_type, |offer| finds(offer)
        .or((offer.types < 2).then_some("it has one type"))),
    behaviour!(finding::nobody_is_an_answer, |offer| finds(offer)
        .or(finds_names(offer))),
    behaviour!(finding::names_come_back_as_they_are, |offer| finds(offer)
        .or(finds_names(offer))),
    behaviour!(finding::finds_by_part_of_a_name, finds_names),
    behaviour!(finding::many_of_one_name_are_cut_and_nobody_comes_twice, finds_names),
    behaviour!(finding::says_for_whom_they_work, finds),
    behaviour!(finding::reads_one_by_id_and_says_who_is_gone, always),
];

async fn says_whose_account_it_is(case: Case) {
    let account = case.connector.check(cx()).await.unwrap();
    assert!(!account.id.is_empty() && !account.name.is_empty());
    let again = case.connector.check(cx()).await.unwrap();
    assert_eq!(account, again, "markers are made of the account's id");
}

/// In three countries: each person's number stored in another one of our forms.
async fn finds_a_number_stored_in_each_of_our_forms(case: Case) {
    let countries = [
        ("US", "+1415555010", 10),
        ("GB", "+44207946001", 4),
        ("DE", "+49302312510", 4),
    ];
    for (country, begins, at_most) in countries {
        // The address book files numbers for the country that it was told once.
        let at_home = if case.is_address_book() {
            home()
        } else {
            Home::of(country.parse().unwrap())
        };
        let mut stored = Vec::new();
        for at in 0..at_most {
            let number = format!("{begins}{at}");
            let form = forms(&number).forms.into_iter().nth(at);
            if let Some(form) = form.filter(|form| is_same_at(&at_home, &form.text, &number)) {
                let id = plant(&case, "Person", &format!("Number{at}"), &[&form.text]).await;
                stored.push((number, form.text, id));
            }
        }
        assert!(stored.len() > 1, "{country}: too few forms to say anything");
        for (number, form, id) in &stored {
            let found = proved_at(&case, &at_home, number).await;
            let found: Vec<&ContactRef> = found.iter().map(|contact| &contact.id).collect();
            assert_eq!(found, [id], "{country}: {form}");
        }
    }
}

async fn finds_by_every_number_of_a_contact(case: Case) {
    let id = plant(&case, "Anna", "Example", &["(415) 555-0101", "+1 415-555-0102"]).await;
    for number in ["+14155550101", "+14155550102"] {
        let found = proved(&case, number).await;
        assert_eq!(
            found.iter().map(|contact| &contact.id).collect::<Vec<_>>(),
            [&id],
            "{number}"
        );
        assert_eq!(
            found[0].numbers.len(),
            2,
            "all numbers of a contact are shown: {:?}",
            found[0].numbers
        );
    }
}

async fn an_equal_tail_is_no_hit(case: Case) {
    let here = plant(&case, "Anna", "Here", &["(415) 555-0100"]).await;
    let there = plant(&case, "Bea", "There", &["(212) 555-0100"]).await;
    let short = plant(&case, "Cem", "Short", &["555-0100"]).await;
    for (number, expected) in [(NUMBER, &here), (SAME_TAIL, &there)] {
        let found = proved(&case, number).await;
        assert_eq!(found.iter().map(|contact| &contact.id).collect::<Vec<_>>(), [expected]);
    }
    assert!(proved(&case, NUMBER).await.iter().all(|contact| contact.id != short));
}

async fn finds_one_number_in_every_type(case: Case) {
    let mut planted = Vec::new();
    for kind in case.types().into_iter().filter(|kind| case.has_numbers(kind)) {
        planted.push(plant_as(&case, &kind, "Anna", "Example", &["(415) 555-0100"]).await);
    }
    let mut found: Vec<ContactRef> = proved(&case, NUMBER)
        .await
        .into_iter()
        .map(|contact| contact.id)
        .collect();
    found.sort();
    planted.sort();
    assert_eq!(found, planted);
}

async fn nobody_is_an_answer(case: Case) {
    assert!(proved(&case, NUMBER).await.is_empty(), "in an empty CRM");
    assert!(named(&case, "Nobody").await.is_empty());
    plant(&case, "Anna", "Example", &["(415) 555-0101"]).await;
    assert!(proved(&case, NUMBER).await.is_empty());
    assert!(named(&case, "Nobody").await.is_empty());
}

async fn names_come_back_as_they_are(case: Case) {
    let names = [
        ("Zoë", "Ångström-Þórsdóttir"),
        ("小龍", "歐陽"),
        ("Seán", "O'Brien"),
        ("Ірина", "Ґедзь"),
        ("أحمد", "الهاشمي"),
        ("Ana María", "de la Cruz"),
    ];
    for (at, (given, family)) in names.into_iter().enumerate() {
        let number = format!("+1415555012{at}");
        let id = plant(&case, given, family, &[&number]).await;
        let found = proved(&case, &number).await;
        assert_eq!(found[0].name, format!("{given} {family}"));
        let by_name = named(&case, family).await;
        assert!(
            by_name.iter().any(|contact| contact.id == id),
            "{family} was not found by name"
        );
    }
}

async fn finds_by_part_of_a_name(case: Case) {
    let anna = plant(&case, "Anna", "Meier", &[NUMBER]).await;
    plant(&case, "Bill", "Lumbergh", &[SAME_TAIL]).await;
    for text in ["Anna Meier", "Meier", "Anna"] {
        let found = named(&case, text).await;
        assert_eq!(
            found.iter().map(|contact| &contact.id).collect::<Vec<_>>(),
            [&anna],
            "{text}"
        );
        assert!(has(&found[0], NUMBER), "a contact found by name comes with its numbers");
    }
}

async fn many_of_one_name_are_cut_and_nobody_comes_twice(case: Case) {
    for at in 0..60 {
        plant(&case, &format!("Kim{at}"), "Sameson", &[&format!("+141555501{at:02}")]).await;
    }
    let found = named(&case, "Sameson").await;
    assert!(!found.is_empty());
    let mut ids: Vec<&ContactRef> = found.iter().map(|contact| &contact.id).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "somebody came twice");
}

async fn says_for_whom_they_work(case: Case) {
    let kind = case.types().remove(0);
    let works = Planted {
        kind,
        given: "Anna".into(),
        family: "Example".into(),
        numbers: vec![NUMBER.into()],
        email: Some("anna@example.com".into()),
        company: Some("Example & Söhne GmbH".into()),
    };
    case.crm.plant(&works).await;
    let found = proved(&case, NUMBER).await;
    assert_eq!(found[0].company.as_deref(), Some("Example & Söhne GmbH"));
    assert_eq!(found[0].emails, ["anna@example.com"]);
}

async fn reads_one_by_id_and_says_who_is_gone(case: Case) {
    for kind in case.types() {
        let id = plant_as(&case, &kind, "Anna", "Example", &["(415) 555-0100"]).await;
        if !case.reads_by_id() {
            // What it can't be asked for, it says; who was seen, it finds again.
            let unseen = case.connector.get_contact(cx(), id.clone()).await.unwrap_err();
            assert_eq!(unseen.kind, Kind::Unsupported, "{unseen:?}");
            proved(&case, NUMBER).await;
        }
        let read = case.connector.get_contact(cx(), id.clone()).await.unwrap();
        assert_eq!((read.id.clone(), read.name.as_str()), (id.clone(), "Anna Example"));
        assert!(has(&read, NUMBER));
        let gone = ContactRef {
            id: if case.is_address_book() {
                "01890a5d-ac96-774b-bcce-b302099a8057"
            } else {
                "999999"
            }
            .into(),
            ..id
        };
        let error = case.connector.get_contact(cx(), gone).await.unwrap_err();
        let expected = if case.reads_by_id() {
            Kind::NotFound
        } else {
            Kind::Unsupported
        };
        assert_eq!(error.kind, expected, "{error:?}");
    }
}
