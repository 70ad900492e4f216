//! Whom a call is about while the picture grows: what nobody but Ringside chose is taken back when it is no longer beyond
//! doubt, and what a person chose never is.

use proptest::prelude::*;
use ringside_domain::{
    ConnectionId, Contact, ContactRef, Match, Timestamp,
    call::{Choice, ChosenBy},
    connector::ConnectorInfo,
    phone::{Grade, Home, read},
};
use ringside_engine::{
    Config, Several,
    callbook::{Effect, Input},
    picture::{Picture, preselect},
    view::{Asked, AskedState, LookupView},
};

use crate::desk::{ANNA, Desk, contact, ring};

const RULES: [Several; 4] = [
    Several::Ask,
    Several::First,
    Several::LastSpoken,
    Several::EarliestCreated,
];

fn found(connection: &str, record: &str, name: &str, grade: Grade) -> Match {
    let raw = if grade.is_exact() { ANNA } else { "555 0100" };
    let contact = Contact {
        id: id(connection, record),
        name: name.into(),
        ..contact(record, raw)
    };
    Match {
        contact,
        grade,
        number: 0,
        as_of: Timestamp(1),
        live: true,
    }
}

fn id(connection: &str, record: &str) -> ContactRef {
    ContactRef {
        connection: ConnectionId::new(connection),
        contact_type: "lead".into(),
        id: record.into(),
    }
}

fn dated(mut found: Match, created: Option<i64>, last_call: Option<i64>) -> Match {
    found.contact.created = created.map(Timestamp);
    found.contact.last_call = last_call.map(Timestamp);
    found
}

fn empty() -> Picture {
    let home = Home::of("US".parse().unwrap());
    Picture::resume(&[], &read(ANNA, &home), &home)
}

/// While the others are asked, or after everybody has answered; asked were c, b and a, in this order.
fn view(picture: &Picture, running: bool) -> LookupView {
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
        matches: picture.groups(),
        ..LookupView::default()
    }
}

/// A call that rings.
fn desk(several: Several) -> Desk {
    let mut desk = Desk::with(Config {
        several,
        ..Config::default()
    });
    desk.event(ring("sip", "a", 1_000));
    desk
}

fn looked(desk: &mut Desk, lookup: LookupView, remembered: Option<&ContactRef>) -> Option<(ContactRef, ChosenBy)> {
    let (call, before) = (desk.only().id, chosen(desk));
    let effects = desk.apply(Input::Looked {
        call,
        lookup,
        remembered: remembered.cloned(),
        linked: None,
    });
    assert!(effects.contains(&Effect::Save(call)) || chosen(desk) == before);
    chosen(desk)
}

fn chosen(desk: &Desk) -> Option<(ContactRef, ChosenBy)> {
    let choice = desk.only().choice.as_ref()?;
    Some((choice.contact.id.clone(), choice.by))
}

#[test]
fn what_is_no_longer_beyond_doubt_is_taken_back_and_comes_back() {
    let (anna, bert) = (id("a", "1"), id("b", "2"));
    let only = Some((anna.clone(), ChosenBy::OnlyExactMatch));
    let mut desk = desk(Several::Ask);
    let mut picture = empty();
    picture.add(vec![found("a", "1", "Anna", Grade::Exact)]);
    assert_eq!(looked(&mut desk, view(&picture, true), None), only);
    picture.add(vec![
        found("b", "1", "Anna", Grade::Exact),
        found("b", "3", "Cleo", Grade::Tail),
    ]);
    assert_eq!(
        looked(&mut desk, view(&picture, true), None),
        only,
        "a twin and a guess change nothing"
    );
    picture.add(vec![found("b", "2", "Bert", Grade::Exact)]);
    assert_eq!(looked(&mut desk, view(&picture, true), None), None);
    picture.mark_gone(&bert);
    assert_eq!(
        looked(&mut desk, view(&picture, false), Some(&bert)),
        only,
        "who is gone is not chosen"
    );
}

#[test]
fn what_was_remembered_stands_beside_others_but_not_without_a_proof() {
    let (anna, bert) = (id("a", "1"), id("b", "2"));
    let remembered = Some((bert.clone(), ChosenBy::Remembered));
    let mut desk = desk(Several::First);
    let mut picture = empty();
    picture.add(vec![
        found("a", "1", "Anna", Grade::Exact),
        found("b", "2", "Bert", Grade::Exact),
    ]);
    assert_eq!(looked(&mut desk, view(&picture, true), Some(&bert)), remembered);
    picture.add(vec![found("c", "1", "Cleo", Grade::Exact)]);
    assert_eq!(looked(&mut desk, view(&picture, false), Some(&bert)), remembered);
    picture.mark_gone(&bert);
    picture.mark_gone(&id("c", "1"));
    let only = Some((anna, ChosenBy::OnlyExactMatch));
    assert_eq!(looked(&mut desk, view(&picture, false), Some(&bert)), only);
}

#[test]
fn what_a_person_chose_stands_whoever_is_found_and_whoever_is_gone() {
    for several in RULES {
        let mut desk = desk(several);
        let call = desk.only().id;
        let mut picture = empty();
        picture.add(vec![
            found("a", "1", "Anna", Grade::Exact),
            found("b", "2", "Bert", Grade::Exact),
        ]);
        looked(&mut desk, view(&picture, true), None);
        let choice = Some(Choice {
            contact: found("b", "2", "Bert", Grade::Exact).contact,
            by: ChosenBy::Person,
        });
        desk.apply(Input::Choose { call, choice });
        picture.mark_gone(&id("b", "2"));
        for running in [true, false] {
            let stands = looked(&mut desk, view(&picture, running), Some(&id("a", "1")));
            assert_eq!(stands, Some((id("b", "2"), ChosenBy::Person)), "{several:?}");
        }
    }
}

#[test]
fn a_rule_speaks_again_when_everybody_has_answered() {
    let spoken = |record| Some((record, ChosenBy::LastSpoken));
    let mut desk = desk(Several::LastSpoken);
    let mut picture = empty();
    picture.add(vec![
        dated(found("a", "1", "Anna", Grade::Exact), Some(5), Some(20)),
        dated(found("a", "2", "Bert", Grade::Exact), Some(3), Some(10)),
        dated(found("b", "3", "Cleo", Grade::Alias), Some(4), None),
        dated(found("b", "4", "Dora", Grade::Tail), Some(1), Some(99)),
    ]);
    assert_eq!(looked(&mut desk, view(&picture, true), None), None);
    assert_eq!(looked(&mut desk, view(&picture, false), None), spoken(id("a", "1")));
    picture.add(vec![dated(found("c", "1", "Zoe", Grade::Exact), Some(1), Some(50))]);
    assert_eq!(
        looked(&mut desk, view(&picture, true), None),
        spoken(id("a", "1")),
        "not before"
    );
    assert_eq!(looked(&mut desk, view(&picture, false), None), spoken(id("c", "1")));
    picture.mark_gone(&id("c", "1"));
    assert_eq!(looked(&mut desk, view(&picture, false), None), spoken(id("a", "1")));
    picture.mark_gone(&id("a", "1"));
    assert_eq!(
        looked(&mut desk, view(&picture, true), None),
        None,
        "nobody is chosen who is gone"
    );
    assert_eq!(looked(&mut desk, view(&picture, false), None), spoken(id("a", "2")));
}

fn some_matches() -> impl Strategy<Value = Vec<Match>> {
    let names = prop::sample::select(vec!["Anna Meier", "Meier, Anna", "Bert", ""]);
    let record = ("[abc]", "[1-4]", names, prop::sample::select(Grade::ALL.to_vec()));
    let dates = (prop::option::of(0_i64..4), prop::option::of(0_i64..4));
    let one = (record, dates).prop_map(|((connection, record, name, grade), (created, last_call))| {
        dated(found(&connection, &record, name, grade), created, last_call)
    });
    prop::collection::vec(one, 0..14)
}

proptest! {
    /// Once everybody has answered it is whom the rule names in that picture; until then, whom it named before, as long as
    /// that is one of several.
    #[test]
    fn the_choice_is_whom_the_newest_picture_names(
        first in some_matches(),
        later in some_matches(),
        gone in prop::option::of(("[abc]", "[1-4]")),
        remembered in prop::option::of(("[abc]", "[1-4]")),
    ) {
        let remembered = remembered.map(|(connection, record)| id(&connection, &record));
        for several in RULES {
            let named = |view: &LookupView| {
                preselect(view, remembered.as_ref(), several).map(|(contact, by)| (contact.id, by))
            };
            let (mut desk, mut picture) = (desk(several), empty());
            picture.add(first.clone());
            let before = looked(&mut desk, view(&picture, false), remembered.as_ref());
            prop_assert_eq!(&before, &named(&view(&picture, false)));
            picture.add(later.clone());
            if let Some((connection, record)) = &gone {
                picture.mark_gone(&id(connection, record));
            }
            let running = view(&picture, true);
            let exact: Vec<_> = running.matches.iter().filter(|group| !group.gone && group.best.grade.is_exact()).collect();
            let by_rule = |by| !matches!(by, ChosenBy::OnlyExactMatch | ChosenBy::Remembered);
            let stands = before.filter(|(chosen, by)| {
                let is_among = exact.iter().any(|group| group.records().any(|contact| contact.id == *chosen));
                by_rule(*by) && is_among && exact.len() > 1
            });
            let expected = named(&running).or(stands);
            prop_assert_eq!(looked(&mut desk, running, remembered.as_ref()), expected);
            let over = view(&picture, false);
            prop_assert_eq!(looked(&mut desk, over.clone(), remembered.as_ref()), named(&over));
        }
    }
}
