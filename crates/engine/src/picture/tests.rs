#![allow(clippy::unwrap_used)]
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use ringside_domain::{StoredNumber, Timestamp, phone::Grade};

use super::*;

mod rules;

const CALLER: &str = "+1 415 555 0100";

fn home() -> Home {
    Home::of("US".parse().unwrap())
}

fn caller() -> Reading {
    phone::read(CALLER, &home())
}

fn id(connection: &str, id: &str) -> ContactRef {
    ContactRef {
        connection: ConnectionId::new(connection),
        contact_type: "lead".into(),
        id: id.into(),
    }
}

fn found(connection: &str, record: &str, name: &str, grade: Grade) -> Match {
    let raw = if grade.is_exact() { CALLER } else { "555 0100" };
    let contact = Contact {
        id: id(connection, record),
        name: name.into(),
        company: None,
        title: None,
        emails: Vec::new(),
        numbers: vec![StoredNumber {
            label: "office".into(),
            raw: raw.into(),
        }],
        region: None,
        url: None,
        created: None,
        updated: None,
        last_call: None,
    };
    Match {
        contact,
        grade,
        number: 0,
        as_of: Timestamp(1),
        live: false,
    }
}

fn empty() -> Picture {
    Picture::resume(&[], &caller(), &home())
}

fn of(batches: Vec<Vec<Match>>) -> Picture {
    let mut picture = empty();
    batches.into_iter().for_each(|batch| picture.add(batch));
    picture
}

fn view(picture: &Picture) -> LookupView {
    LookupView {
        matches: picture.groups(),
        ..LookupView::default()
    }
}

fn names(picture: &Picture) -> Vec<String> {
    picture
        .groups()
        .into_iter()
        .map(|group| group.best.contact.name)
        .collect()
}

#[test]
fn one_answer_stands_by_grade_then_last_call_then_name() {
    let mut recent = found("a", "4", "Zoe", Grade::Exact);
    recent.contact.last_call = Some(Timestamp(9));
    let batch = vec![
        found("a", "1", "Cleo", Grade::Tail),
        found("a", "2", "Bert", Grade::Exact),
        found("a", "3", "ädam", Grade::Exact),
        recent,
    ];
    assert_eq!(names(&of(vec![batch])), ["Zoe", "ädam", "Bert", "Cleo"]);
}

#[test]
fn what_is_shown_stays_where_it_is() {
    let mut picture = of(vec![
        vec![found("a", "1", "Weak", Grade::Tail)],
        vec![found("b", "1", "Strong", Grade::Exact)],
    ]);
    assert_eq!(names(&picture), ["Weak", "Strong"]);
    let mut fresher = found("a", "1", "Weak no more", Grade::ExactWithExtension);
    fresher.as_of = Timestamp(2);
    fresher.live = true;
    picture.add(vec![fresher]);
    assert_eq!(names(&picture), ["Weak no more", "Strong"]);
    assert_eq!(picture.groups()[0].best.grade, Grade::ExactWithExtension);
}

#[test]
fn a_record_is_replaced_by_fresher_data_or_a_better_grade_of_the_same_time() {
    let told = |as_of, grade, name: &str| Match {
        as_of: Timestamp(as_of),
        ..found("a", "1", name, grade)
    };
    for (first, second, shown) in [
        (told(1, Grade::Exact, "old"), told(2, Grade::Exact, "new"), "new"),
        (told(2, Grade::Exact, "new"), told(1, Grade::Exact, "old"), "new"),
        (told(1, Grade::Tail, "weak"), told(1, Grade::Exact, "strong"), "strong"),
        (told(1, Grade::Exact, "strong"), told(1, Grade::Tail, "weak"), "strong"),
        (
            told(1, Grade::Exact, "old"),
            told(2, Grade::Alternate, "truth"),
            "truth",
        ),
    ] {
        assert_eq!(names(&of(vec![vec![first], vec![second]])), [shown]);
    }
}

#[test]
fn the_last_call_we_know_of_outlives_a_crm_that_does_not() {
    let mut known = found("a", "1", "Anna", Grade::Exact);
    known.contact.last_call = Some(Timestamp(7));
    let fresher = Match {
        as_of: Timestamp(2),
        ..found("a", "1", "Anna", Grade::Exact)
    };
    assert_eq!(
        of(vec![vec![known], vec![fresher]]).groups()[0].best.contact.last_call,
        Some(Timestamp(7))
    );
}

#[test]
fn one_person_is_number_and_name_or_mail_across_connections() {
    let mail = |mut found: Match, mail: &str| {
        found.contact.emails.push(mail.into());
        found
    };
    let anna = || found("a", "1", "Anna Meier", Grade::Exact);
    for (other, together) in [
        (found("b", "1", "MEIER, Anna", Grade::Exact), true),
        (found("b", "1", "Anna Meier", Grade::Alias), true),
        (found("b", "1", "Bert Meier", Grade::Exact), false),
        (mail(found("b", "1", "A. M.", Grade::Exact), "Anna@Example.com"), true),
        (mail(found("b", "1", "A. M.", Grade::Exact), "otto@example.com"), false),
        // The caller's number beyond doubt beside one that only looks like it.
        (found("b", "1", "Anna Meier", Grade::Tail), false),
        // Two records of one CRM are two records to choose from.
        (found("a", "2", "Anna Meier", Grade::Exact), false),
        (found("b", "1", "", Grade::Exact), false),
    ] {
        let groups = of(vec![vec![mail(anna(), "anna@example.com")], vec![other.clone()]]).groups();
        assert_eq!(groups.len() == 1, together, "{} {:?}", other.contact.name, other.grade);
        if together {
            assert_eq!(groups[0].best.contact.id, id("a", "1"));
            assert_eq!(groups[0].also[0].id, other.contact.id, "each keeps its own id");
        }
    }
    let nameless = of(vec![
        vec![found("a", "1", "?", Grade::Exact)],
        vec![found("b", "1", "…", Grade::Exact)],
    ]);
    assert_eq!(nameless.groups().len(), 2, "no name is not the same name");
}

#[test]
fn whoever_turns_out_to_be_somebody_else_leaves_the_row() {
    let fresher = |found: Match| Match {
        as_of: Timestamp(2),
        ..found
    };
    let anna = || {
        of(vec![vec![
            found("a", "1", "Anna", Grade::Exact),
            found("b", "1", "Anna", Grade::Exact),
        ]])
    };
    for (learned, shown) in [
        (found("a", "1", "Bert", Grade::Exact), ["Bert", "Anna"]),
        (found("b", "1", "Bert", Grade::Exact), ["Anna", "Bert"]),
        (found("b", "1", "Anna", Grade::Tail), ["Anna", "Anna"]),
    ] {
        let mut picture = anna();
        picture.add(vec![fresher(learned)]);
        assert_eq!(names(&picture), shown);
        assert_eq!(
            picture.groups()[0].best.contact.id,
            id("a", "1"),
            "who stands for the row keeps it"
        );
    }
    // Of two that stood in one row, the one that is gone is not brought up again.
    let mut picture = anna();
    picture.mark_gone(&id("a", "1"));
    picture.add(vec![fresher(found("b", "1", "Bert", Grade::Exact))]);
    assert_eq!(names(&picture), ["Bert"]);
}

#[test]
fn uncertain_records_are_one_person_only_by_their_own_numbers() {
    let stored = |mut found: Match, raw: &str| {
        found.contact.numbers[0].raw = raw.into();
        found
    };
    let head = stored(found("a", "1", "ACME", Grade::Trunk), "+49 30 2312500");
    let same = stored(found("b", "1", "ACME", Grade::Trunk), "030 2312500");
    let same = Match {
        contact: Contact {
            region: Some("DE".parse().unwrap()),
            ..same.contact
        },
        ..same
    };
    let other = stored(found("b", "1", "ACME", Grade::Trunk), "+49 30 231250");
    assert_eq!(of(vec![vec![head.clone()], vec![same]]).groups().len(), 1);
    assert_eq!(of(vec![vec![head], vec![other]]).groups().len(), 2);
}

#[test]
fn what_is_gone_says_so_and_hands_its_row_on() {
    let both = vec![
        found("a", "1", "Anna", Grade::Exact),
        found("b", "1", "Anna", Grade::Exact),
    ];
    let mut picture = of(vec![both, vec![found("a", "2", "Bert", Grade::Exact)]]);
    picture.mark_gone(&id("a", "1"));
    let groups = picture.groups();
    assert_eq!(
        (groups[0].best.contact.id.clone(), groups[0].gone, groups[0].also.len()),
        (id("b", "1"), false, 0)
    );
    picture.mark_gone(&id("b", "1"));
    picture.mark_gone(&id("z", "9"));
    assert!(picture.groups()[0].gone && !picture.groups()[1].gone);
    assert_eq!(names(&picture), ["Anna", "Bert"], "the row stays");
    assert_eq!(
        picture.of_connection(&ConnectionId::new("a")).collect::<Vec<_>>(),
        [&id("a", "2")]
    );

    // Only what is newer or live brings it back.
    picture.add(vec![found("a", "1", "Anna", Grade::Exact)]);
    assert!(picture.groups()[0].gone);
    picture.add(vec![Match {
        live: true,
        ..found("a", "1", "Anna", Grade::Exact)
    }]);
    assert!(!picture.groups()[0].gone);
}

#[test]
fn a_second_lookup_goes_on_where_the_first_stopped() {
    let mut first = of(vec![vec![
        found("a", "1", "Anna", Grade::Exact),
        found("b", "1", "Anna", Grade::Exact),
    ]]);
    first.add(vec![found("a", "2", "Bert", Grade::Tail)]);
    first.mark_gone(&id("a", "2"));
    let mut second = Picture::resume(&first.groups(), &caller(), &home());
    assert_eq!(second.groups(), first.groups());
    second.add(vec![
        found("c", "1", "Anna", Grade::Exact),
        found("c", "2", "Cleo", Grade::ExactWithExtension),
    ]);
    assert_eq!(names(&second), ["Anna", "Bert", "Cleo"]);
    assert_eq!(second.groups()[0].also.len(), 2);
}

#[test]
fn only_what_is_beyond_doubt_is_preselected() {
    let anna = || found("a", "1", "Anna", Grade::Exact);
    let select = |batch: Vec<Match>, remembered: Option<ContactRef>| {
        let view = view(&of(vec![batch]));
        preselect(&view, remembered.as_ref(), Several::Ask).map(|(contact, by)| (contact.id, by))
    };
    assert_eq!(select(vec![], Some(id("a", "1"))), None);
    assert_eq!(
        select(vec![anna()], None),
        Some((id("a", "1"), ChosenBy::OnlyExactMatch))
    );
    assert_eq!(
        select(vec![anna()], Some(id("a", "1"))),
        Some((id("a", "1"), ChosenBy::OnlyExactMatch))
    );
    assert_eq!(
        select(vec![anna()], Some(id("z", "9"))),
        Some((id("a", "1"), ChosenBy::OnlyExactMatch))
    );
    let weak = || found("b", "7", "Bert", Grade::Alternate);
    assert_eq!(
        select(vec![anna(), weak()], Some(id("b", "7"))),
        Some((id("a", "1"), ChosenBy::OnlyExactMatch))
    );
    assert_eq!(
        select(vec![weak()], Some(id("b", "7"))),
        None,
        "a memory proves no number"
    );
    // One person in two CRMs: the record that was chosen before.
    let twin = || found("b", "1", "Anna", Grade::Exact);
    assert_eq!(
        select(vec![anna(), twin()], None),
        Some((id("a", "1"), ChosenBy::OnlyExactMatch))
    );
    assert_eq!(
        select(vec![anna(), twin()], Some(id("b", "1"))),
        Some((id("b", "1"), ChosenBy::Remembered))
    );
    // Two people on one line.
    let bert = || found("b", "2", "Bert", Grade::Alias);
    assert_eq!(select(vec![anna(), bert()], None), None);
    assert_eq!(
        select(vec![anna(), bert()], Some(id("b", "2"))),
        Some((id("b", "2"), ChosenBy::Remembered))
    );
    // What is gone is not chosen.
    let mut picture = of(vec![vec![anna(), bert()]]);
    picture.mark_gone(&id("b", "2"));
    let left = preselect(&view(&picture), Some(&id("b", "2")), Several::Ask);
    assert_eq!(left.unwrap().0.id, id("a", "1"));
}

fn some_matches() -> impl Strategy<Value = Vec<Match>> {
    let grades = prop::sample::select(Grade::ALL.to_vec());
    let record = (
        "[abc]",
        "[1-4]",
        prop::sample::select(vec!["Anna Meier", "Meier, Anna", "Bert", "", "x"]),
        grades,
    );
    let matches = prop::collection::vec((record, 0_i64..3, any::<bool>()), 0..14);
    matches.prop_map(|all| {
        all.into_iter()
            .map(|((connection, record, name, grade), as_of, live)| Match {
                as_of: Timestamp(as_of),
                live,
                ..found(&connection, &record, name, grade)
            })
            .collect()
    })
}

/// Every record in the picture, with what is said of it where it leads its row.
fn records(groups: &[MatchGroup]) -> BTreeSet<ContactRef> {
    groups
        .iter()
        .flat_map(contacts)
        .map(|contact| contact.id.clone())
        .collect()
}

proptest! {
    #[test]
    fn rows_never_move_and_no_record_is_lost_or_doubled(batches in prop::collection::vec(some_matches(), 1..5)) {
        let mut picture = empty();
        let mut shown: Vec<ContactRef> = Vec::new();
        let mut added = BTreeSet::new();
        for batch in batches {
            added.extend(batch.iter().map(|found| found.contact.id.clone()));
            picture.add(batch);
            let groups = picture.groups();
            let rows: Vec<ContactRef> = groups.iter().map(|group| group.best.contact.id.clone()).collect();
            prop_assert!(rows.starts_with(&shown));
            prop_assert_eq!(groups.iter().map(|group| 1 + group.also.len()).sum::<usize>(), added.len());
            prop_assert_eq!(records(&groups), added.clone());
            for row in &picture.rows {
                let connections: BTreeSet<_> = row.iter().map(|record| &record.id().connection).collect();
                prop_assert_eq!(connections.len(), row.len(), "one record a connection in a row");
                prop_assert!(row.iter().all(|record| record.found.grade.is_exact() == row[0].found.grade.is_exact()));
                prop_assert!(row.iter().all(|record| record.name == row[0].name), "no mail here, so the name");
            }
            shown = rows;
        }
    }

    #[test]
    fn any_order_of_answers_tells_the_same(batch in some_matches().prop_shuffle(), cuts in prop::collection::vec(0_usize..14, 0..4)) {
        // One telling a record and time, as from one CRM: else two tellings of one moment contradict each other.
        let mut unique = BTreeMap::new();
        for found in batch {
            unique.entry((found.contact.id.clone(), found.as_of)).or_insert(found);
        }
        let whole: Vec<Match> = unique.into_values().collect();
        let mut parts = vec![whole.clone()];
        for cut in cuts {
            let last = parts.pop().unwrap();
            let (left, right) = last.split_at(cut.min(last.len()));
            parts.extend([right.to_vec(), left.to_vec()]);
        }
        let (at_once, in_parts) = (of(vec![whole]), of(parts));
        let told = |picture: &Picture| -> BTreeMap<ContactRef, (Grade, Timestamp, String)> {
            let all = picture.rows.iter().flatten();
            all.map(|record| (record.id().clone(), (record.found.grade, record.found.as_of, record.name.clone()))).collect()
        };
        prop_assert_eq!(told(&at_once), told(&in_parts));
    }

    #[test]
    fn nobody_is_preselected_without_an_exact_proof(batches in prop::collection::vec(some_matches(), 1..4), remembered in "[abc]", record in "[1-4]") {
        let view = view(&of(batches));
        let exact = view.matches.iter().filter(|group| group.best.grade.is_exact()).count();
        match preselect(&view, Some(&id(&remembered, &record)), Several::Ask) {
            Some((_, ChosenBy::OnlyExactMatch)) => prop_assert_eq!(exact, 1),
            Some((contact, by)) => {
                prop_assert_eq!(by, ChosenBy::Remembered);
                prop_assert!(exact >= 1 && contact.id == id(&remembered, &record));
            }
            None => prop_assert!(exact != 1),
        }
        prop_assert_eq!(preselect(&view, None, Several::Ask).is_some(), exact == 1);
    }
}
