//! The person's rule for several exact matches.

use ringside_domain::connector::ConnectorInfo;

use super::*;
use crate::view::{Asked, AskedState};

const RULES: [(Several, ChosenBy); 3] = [
    (Several::First, ChosenBy::First),
    (Several::LastSpoken, ChosenBy::LastSpoken),
    (Several::EarliestCreated, ChosenBy::EarliestCreated),
];

/// The picture after everybody has answered, or before; asked were c, b and a, in this order.
fn asked(picture: &Picture, running: bool) -> LookupView {
    let asked = |connection: &str| Asked {
        info: ConnectorInfo {
            connection: ConnectionId::new(connection),
            name: connection.into(),
            types: Vec::new(),
        },
        state: AskedState::Found,
    };
    LookupView {
        running,
        asked: ["c", "b", "a"].map(asked).into(),
        ..view(picture)
    }
}

fn dated(mut found: Match, created: Option<i64>, last_call: Option<i64>) -> Match {
    found.contact.created = created.map(Timestamp);
    found.contact.last_call = last_call.map(Timestamp);
    found
}

fn three() -> Vec<Match> {
    vec![
        dated(found("a", "1", "Anna", Grade::Exact), Some(5), Some(20)),
        dated(found("a", "2", "Bert", Grade::Exact), Some(3), Some(10)),
        dated(found("b", "3", "Cleo", Grade::Alias), Some(4), None),
        dated(found("b", "4", "Dora", Grade::Tail), Some(1), Some(99)),
    ]
}

fn named(view: &LookupView, several: Several) -> Option<(String, ChosenBy)> {
    preselect(view, None, several).map(|(contact, by)| (contact.name, by))
}

#[test]
fn each_rule_names_its_own_and_a_guess_is_never_named() {
    let view = asked(&of(vec![three()]), false);
    assert_eq!(named(&view, Several::Ask), None);
    assert_eq!(named(&view, Several::First), Some(("Cleo".into(), ChosenBy::First)));
    assert_eq!(
        named(&view, Several::LastSpoken),
        Some(("Anna".into(), ChosenBy::LastSpoken))
    );
    assert_eq!(
        named(&view, Several::EarliestCreated),
        Some(("Bert".into(), ChosenBy::EarliestCreated))
    );
}

#[test]
fn a_memory_goes_before_every_rule_and_every_rule_waits_for_the_last_answer() {
    for (several, _) in RULES {
        let picture = of(vec![three()]);
        let (bert, over) = (id("a", "2"), asked(&picture, false));
        let remembered = preselect(&over, Some(&bert), several).map(|(contact, by)| (contact.id, by));
        assert_eq!(remembered, Some((bert.clone(), ChosenBy::Remembered)));
        let running = asked(&picture, true);
        assert_eq!(named(&running, several), None, "{several:?} while others are asked");
        assert!(preselect(&running, Some(&bert), several).is_some());
    }
}

#[test]
fn without_any_date_the_card_asks() {
    let undated = |found: Match| dated(found, None, None);
    let view = asked(&of(vec![three().into_iter().map(undated).collect()]), false);
    assert_eq!(named(&view, Several::EarliestCreated), None);
    assert_eq!(named(&view, Several::LastSpoken), None);
    assert!(named(&view, Several::First).is_some());
}

/// A CRM that tells no dates may hold the oldest record of all.
#[test]
fn who_was_created_first_is_not_known_while_one_of_them_has_no_date() {
    let mut all = three();
    all.push(dated(found("c", "1", "Zoe", Grade::Exact), None, Some(1)));
    let view = asked(&of(vec![all]), false);
    assert_eq!(named(&view, Several::EarliestCreated), None);
    assert_eq!(
        named(&view, Several::LastSpoken),
        Some(("Anna".into(), ChosenBy::LastSpoken)),
        "without a call they were never spoken with"
    );
}

fn some_dated() -> impl Strategy<Value = Vec<Match>> {
    let dates = (prop::option::of(0_i64..4), prop::option::of(0_i64..4));
    (some_matches(), prop::collection::vec(dates, 14)).prop_map(|(all, dates)| {
        let all = all.into_iter().zip(dates);
        all.map(|(found, (created, last_call))| dated(found, created, last_call))
            .collect()
    })
}

proptest! {
    #[test]
    fn a_rule_names_an_exact_match_that_none_beats(
        batches in prop::collection::vec(some_dated(), 1..4),
        gone in prop::collection::vec(("[abc]", "[1-4]"), 0..4),
    ) {
        let mut picture = of(batches);
        for (connection, record) in gone {
            picture.mark_gone(&id(&connection, &record));
        }
        let over = asked(&picture, false);
        let exact: Vec<Contact> = exact_groups(&over).flat_map(contacts).cloned().collect();
        let people = exact_groups(&over).count();
        for (several, rule) in RULES {
            let Some((chosen, by)) = preselect(&over, None, several) else {
                let undated = match several {
                    Several::LastSpoken => exact.iter().all(|contact| contact.last_call.is_none()),
                    Several::EarliestCreated => exact.iter().any(|contact| contact.created.is_none()),
                    _ => false,
                };
                prop_assert!(people == 0 || undated);
                continue;
            };
            prop_assert!(exact.contains(&chosen));
            prop_assert_eq!(by, if people == 1 { ChosenBy::OnlyExactMatch } else { rule });
            if people > 1 {
                prop_assert!(preselect(&asked(&picture, true), None, several).is_none());
                for other in &exact {
                    match several {
                        Several::LastSpoken => prop_assert!(other.last_call <= chosen.last_call),
                        Several::EarliestCreated => {
                            prop_assert!(other.created.is_some() && other.created >= chosen.created);
                        }
                        // c was asked first, a last.
                        _ => prop_assert!(other.id.connection <= chosen.id.connection),
                    }
                }
            }
        }
    }
}
