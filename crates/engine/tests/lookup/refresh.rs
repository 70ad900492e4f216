//! Asking again, live: what changed, what is gone, and what only this CRM's search cannot find.

use ringside_domain::{Kind, StoredNumber, Timestamp};
use ringside_engine::view::{AskedState, LookupView};

use crate::fakes::{CALLER, Crm, Index, Say, contact, id};
use crate::stage::{Stage, names};

fn anna() -> ringside_domain::Contact {
    contact("a", "1", "Anna", CALLER)
}

/// A stage whose index knows Anna, and whose CRM answers as told.
fn stage(by_number: Say, records: Option<Vec<ringside_domain::Contact>>) -> Stage {
    let mut crm = Crm::new("a", 5, by_number);
    crm.records = records;
    Stage::new(Index::of(vec![anna()]), vec![crm])
}

#[tokio::test(start_paused = true)]
async fn what_the_crm_no_longer_has_is_marked_and_forgotten() {
    for records in [Some(vec![]), None] {
        let by_id = records.is_some();
        let stage = stage(Say::Found(vec![]), records);
        let seen = stage.refresh(CALLER, LookupView::default()).await;
        assert_eq!(seen.names(), ["Anna"], "it stays on the card");
        assert!(seen.looked.lookup.matches[0].gone);
        assert_eq!(seen.states(), [AskedState::NotFound]);
        assert!(stage.index.knows(&id("a", "1")).is_none());
        let answer = if by_id {
            "get_contact: not_found"
        } else {
            "get_contact: unsupported"
        };
        assert!(seen.steps(Some("a")).contains(&answer.to_owned()));

        // On the next refresh it is still gone, and nobody asks for it again.
        let again = stage.refresh(CALLER, seen.looked.lookup).await;
        assert!(again.looked.lookup.matches[0].gone);
        assert_eq!(stage.crms[0].asked("get_contact"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_the_search_cannot_find_stays() {
    let mut fresh = anna();
    fresh.title = Some("Director".into());
    let stage = stage(Say::Found(vec![]), Some(vec![fresh]));
    let seen = stage.refresh(CALLER, LookupView::default()).await;
    let group = &seen.looked.lookup.matches[0];
    assert_eq!(
        (group.gone, group.best.live, group.best.contact.title.as_deref()),
        (false, true, Some("Director"))
    );
    assert_eq!(seen.states(), [AskedState::Found]);
    assert_eq!(stage.index.knows(&id("a", "1")).unwrap().as_of, Timestamp(1_010));
    let shown: Vec<_> = seen
        .published
        .iter()
        .map(|(at, view)| (*at, view.running, view.matches[0].gone))
        .collect();
    assert_eq!(shown, [(0, true, false), (5, true, false), (10, false, false)]);
}

#[tokio::test(start_paused = true)]
async fn who_has_another_number_now_is_filed_under_that() {
    let moved = contact("a", "1", "Anna", "+1 415 555 0199");
    for (by_number, records) in [(vec![], vec![moved.clone()]), (vec![moved.clone()], vec![])] {
        let stage = stage(Say::Found(by_number), Some(records));
        let seen = stage.refresh(CALLER, LookupView::default()).await;
        assert!(seen.looked.lookup.matches[0].gone);
        assert_eq!(
            stage.index.knows(&id("a", "1")).unwrap().contact.numbers[0].raw,
            "+1 415 555 0199"
        );
        assert_eq!(stage.look(CALLER).await.names(), [] as [&str; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_gone_as_long_as_nobody_knows() {
    let mut many: Vec<_> = (0..300)
        .map(|n| contact("a", &format!("x{n}"), "x", "+1 415 555 0199"))
        .collect();
    many[0].numbers.push(StoredNumber {
        label: "fax".into(),
        raw: "n/a".into(),
    });
    for by_number in [
        Say::Fail(Kind::Unavailable, "down"),
        Say::Partly(vec![], "down"),
        Say::Panic,
        Say::Hang,
        Say::Found(many),
    ] {
        let stage = stage(by_number.clone(), Some(vec![]));
        let seen = stage.refresh(CALLER, LookupView::default()).await;
        assert!(!seen.looked.lookup.matches[0].gone, "{by_number:?}");
        assert!(stage.index.knows(&id("a", "1")).is_some());
    }
    // A cached lookup marks nobody: the CRM may have answered from a cache of its own.
    let cached = stage(Say::Found(vec![]), Some(vec![]));
    let seen = cached.look(CALLER).await;
    assert!(!seen.looked.lookup.matches[0].gone);
    assert_eq!(seen.states(), [AskedState::Found]);
    assert_eq!(cached.crms[0].asked("get_contact"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_contact_added_meanwhile_appears_below_what_is_shown() {
    let answer = vec![contact("a", "0", "Aaron", "+1 415 555 0100 ext. 7"), anna()];
    let stage = stage(Say::Found(answer), Some(vec![]));
    let first = stage.look(CALLER).await;
    assert_eq!(names(&first.published[0].1), ["Anna"]);
    let second = stage.refresh(CALLER, first.looked.lookup.clone()).await;
    assert_eq!(first.names(), ["Anna", "Aaron"]);
    assert_eq!(second.names(), ["Anna", "Aaron"]);
    assert!(second.looked.lookup.checked > first.looked.lookup.checked);
}

#[tokio::test(start_paused = true)]
async fn a_record_just_created_is_not_gone_because_the_search_does_not_show_it_yet() {
    use ringside_domain::{ContactIndex as _, phone::Home};
    use std::time::Duration;

    let lag = Duration::from_secs(20);
    for by_id in [true, false] {
        let mut crm = Crm::new("a", 5, Say::Found(vec![]));
        crm.capability.settles_within = lag;
        crm.records = by_id.then(|| vec![anna()]);
        let stage = Stage::new(Index::default(), vec![crm]);
        // As the engine files what it created.
        let now = stage.places.clock.now().wall;
        let home: Home = crate::fakes::home();
        stage.index.remember(vec![anna()], now, home).await.unwrap();
        let seen = stage.refresh(CALLER, LookupView::default()).await;
        assert_eq!(seen.names(), ["Anna"]);
        assert!(!seen.looked.lookup.matches[0].gone, "by id: {by_id}");
        assert!(stage.index.knows(&id("a", "1")).is_some());

        tokio::time::sleep(lag).await;
        let seen = stage.refresh(CALLER, seen.looked.lookup).await;
        assert_eq!(
            seen.looked.lookup.matches[0].gone, !by_id,
            "now the search must show it"
        );
    }
}

/// App Connect's connectors may call the same record something else by name than by number.
#[tokio::test(start_paused = true)]
async fn who_was_filed_under_an_unlisted_type_is_the_one_found_now() {
    use ringside_domain::{ContactType, call::ChosenBy};
    use ringside_engine::{Several, picture::preselect};

    let filed = |contact_type: &str, name: &str| {
        let mut filed = contact("a", "1", name, CALLER);
        filed.id.contact_type = contact_type.into();
        filed
    };
    let stage = |filed: ringside_domain::Contact, answer: Say| {
        let mut crm = Crm::new("a", 5, answer);
        let kind = |id: &str| ContactType {
            id: id.into(),
            label: id.into(),
            is_company: false,
            creatable: true,
            fields: Vec::new(),
        };
        crm.types = vec![kind("lead"), kind("person")];
        Stage::new(Index::of(vec![filed]), vec![crm])
    };
    let found = || Say::Found(vec![anna()]);
    let told = || Say::Told(vec![anna()], Box::new(found()));
    for (old, answer) in [
        (filed("contact", "Anna"), found()),
        (filed("Lead", "Anna"), found()),
        (filed("contact", "Anna"), told()),
    ] {
        let stage = stage(old.clone(), answer);
        let seen = stage.look(CALLER).await;
        let matches = &seen.looked.lookup.matches;
        assert_eq!(matches.len(), 1, "one person, and in one place");
        assert_eq!((&matches[0].best.contact.id, matches[0].gone), (&anna().id, false));
        let chosen = preselect(&seen.looked.lookup, None, Several::Ask);
        assert_eq!(chosen.unwrap().1, ChosenBy::OnlyExactMatch);
        assert!(stage.index.knows(&old.id).is_none() && stage.index.knows(&anna().id).is_some());
        assert_eq!(stage.crms[0].asked("get_contact"), 0);
    }
    // A listed type has ids of its own, and an unlisted one other people; and a server may mean both.
    for (other, answer) in [
        (filed("person", "Anna"), found()),
        (filed("contact", "Gus"), found()),
        (
            filed("contact", "Anna"),
            Say::Found(vec![filed("contact", "Anna"), anna()]),
        ),
    ] {
        let stage = stage(other.clone(), answer);
        let seen = stage.look(CALLER).await;
        let matches = &seen.looked.lookup.matches;
        assert_eq!(matches.len(), 2, "{}", other.id.contact_type);
        assert!(matches.iter().all(|group| !group.gone));
        assert!(stage.index.knows(&other.id).is_some());
    }
}
