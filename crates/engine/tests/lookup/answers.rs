//! What comes back, when it is shown, and what is asked.

use std::time::Duration;

use ringside_domain::{CallId, Freshness, Kind, Timestamp, phone::Grade};
use ringside_engine::{
    lookup::{MAX_CONTACTS, Question, lookup},
    view::{AskedState, LookupView, Partly},
};

use crate::fakes::{CALLER, Crm, Index, Say, contact, id};
use crate::stage::{Stage, names};

#[tokio::test(start_paused = true)]
async fn the_index_paints_the_name_and_each_answer_follows_as_it_comes() {
    let index = Index::of(vec![contact("a", "1", "Anna Meier", "(415) 555-0100")]);
    let slow = Crm::new(
        "a",
        300,
        Say::Found(vec![contact("a", "1", "Anna Meier-Huber", CALLER)]),
    );
    let quick = Crm::new("b", 20, Say::Found(vec![contact("b", "7", "Bert", "1-415-555-0100")]));
    let stage = Stage::new(index, vec![slow, quick]);
    let seen = stage.look(CALLER).await;

    let told: Vec<_> = seen
        .published
        .iter()
        .map(|(at, view)| (*at, view.running, names(view)))
        .collect();
    assert_eq!(
        told,
        [
            (0, true, vec!["Anna Meier"]),
            (20, true, vec!["Anna Meier", "Bert"]),
            (300, false, vec!["Anna Meier-Huber", "Bert"]),
        ]
    );
    let first = &seen.published[0].1;
    assert_eq!(
        first.asked.iter().map(|asked| &asked.state).collect::<Vec<_>>(),
        [&AskedState::Asking, &AskedState::Asking]
    );
    assert!(!first.matches[0].best.live && first.checked.is_none());
    let anna = &seen.looked.lookup.matches[0].best;
    assert!(anna.live && anna.grade == Grade::Exact && anna.as_of == Timestamp(1_300));
    assert_eq!(seen.looked.lookup.checked, Some(Timestamp(1_300)));
    assert_eq!(seen.states(), [AskedState::Found, AskedState::Found]);
    assert_eq!(seen.took, Duration::from_millis(300));
    // What was found live is in the index.
    assert_eq!(stage.index.knows(&id("b", "7")).unwrap().as_of, Timestamp(1_020));
    assert_eq!(
        stage.index.knows(&id("a", "1")).unwrap().contact.name,
        "Anna Meier-Huber"
    );
}

#[tokio::test(start_paused = true)]
async fn every_question_and_answer_is_in_the_trace() {
    let index = Index::of(vec![contact("a", "1", "Anna Meier", CALLER)]);
    let mut cannot = Crm::new("b", 0, Say::Hang);
    cannot.capability.find = false;
    let stage = Stage::new(
        index,
        vec![
            Crm::new(
                "a",
                30,
                Say::Found(vec![
                    contact("a", "1", "Anna Meier", CALLER),
                    contact("a", "2", "Otto", "555 0199"),
                ]),
            ),
            cannot,
        ],
    );
    let seen = stage.look(CALLER).await;
    assert_eq!(seen.steps(None), ["index, by number: 1 of 1"]);
    assert_eq!(
        seen.steps(Some("a")),
        ["find_contact: 1 of 2", "GET /search/Lead: 0 of 0"]
    );
    assert_eq!(seen.steps(Some("b")), ["find_contact: cannot be searched by number"]);
    assert_eq!(
        seen.steps(Some("somebody else")),
        [] as [&str; 0],
        "a connector speaks for itself only"
    );
    let asked = seen
        .looked
        .trace
        .steps
        .iter()
        .find(|step| !step.forms.is_empty())
        .unwrap();
    assert_eq!(asked.forms.first().map(String::as_str), Some("+14155550100"));
    assert_eq!(
        (asked.took, asked.started_after),
        (Duration::from_millis(30), Duration::ZERO)
    );
    assert_eq!(asked.forms, stage.crms[0].seen.lock().unwrap()[0].3, "as they went out");
    assert_eq!(seen.looked.lookup.forms, asked.forms.len());
    assert_eq!(
        (seen.looked.trace.at, seen.looked.trace.took),
        (Timestamp(1_000), Duration::from_millis(30))
    );
}

#[tokio::test(start_paused = true)]
async fn what_does_not_prove_to_be_the_callers_is_never_shown() {
    let lies = vec![
        contact("a", "1", "Otto", "+1 415 555 0199"),
        contact("a", "2", "Nobody", ""),
        contact("b", "3", "Of another connection", CALLER),
        contact("a", "", "Nowhere", CALLER),
        contact("a", "4", "Anna", CALLER),
    ];
    let index = Index::of(vec![contact("gone", "9", "Of a connection that was removed", CALLER)]);
    index.misfile(contact("a", "5", "Misfiled", "+1 415 555 0199"), CALLER);
    let stage = Stage::new(index, vec![Crm::new("a", 5, Say::Found(lies))]);
    let seen = stage.look(CALLER).await;
    assert_eq!(seen.names(), ["Anna"]);
    assert_eq!(seen.steps(None), ["index, by number: 0 of 2"]);
    assert!(seen.steps(Some("a")).contains(&"find_contact: 1 of 5".to_owned()));
    assert!(
        seen.steps(Some("a"))
            .contains(&"find_contact: 2 records without an id of this connection".to_owned())
    );
    assert!(stage.index.knows(&id("a", "1")).is_none(), "strangers are not filed");
    assert!(
        stage.index.knows(&id("b", "3")).is_none(),
        "nobody files for somebody else"
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_all_in_the_index_is_asked_only_on_refresh() {
    let stage = || {
        let mut book = Crm::new("book", 5, Say::Found(vec![contact("book", "1", "Anna", CALLER)]));
        let mut other = Crm::new("other", 5, Say::Found(vec![]));
        (book.capability.indexed, other.capability.indexed) = (true, true);
        Stage::new(Index::of(vec![contact("book", "1", "Anna", CALLER)]), vec![book, other])
    };
    let cached = stage();
    let seen = cached.look(CALLER).await;
    assert_eq!(seen.states(), [AskedState::Found, AskedState::NotFound]);
    assert_eq!(
        (seen.published.len(), seen.took, seen.looked.lookup.forms),
        (1, Duration::ZERO, 0)
    );
    assert_eq!(seen.looked.lookup.checked, Some(Timestamp(1_000)));
    assert_eq!(
        cached.crms[0].asked("find_contact") + cached.crms[1].asked("find_contact"),
        0
    );

    let live = stage();
    let seen = live.refresh(CALLER, LookupView::default()).await;
    assert_eq!(seen.states(), [AskedState::Found, AskedState::NotFound]);
    for crm in &live.crms {
        assert_eq!(crm.seen.lock().unwrap()[0].1, Freshness::Live);
    }
    assert!(seen.looked.trace.live && seen.looked.lookup.forms > 3);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_about_some_callers() {
    let stage = Stage::new(
        Index::of(vec![contact("a", "1", "Anna", CALLER)]),
        vec![Crm::new("a", 5, Say::Hang)],
    );
    for caller in ["anonymous", "", "???"] {
        let seen = stage.look(caller).await;
        assert_eq!(
            (seen.looked.lookup, seen.took),
            (LookupView::default(), Duration::ZERO),
            "{caller}"
        );
        assert!(seen.looked.trace.steps.is_empty());
    }
    let mut own = Stage::new(
        Index::of(vec![contact("a", "1", "Anna", CALLER)]),
        vec![Crm::new("a", 5, Say::Hang)],
    );
    own.places.config.own_numbers = vec!["+14155550100".into()];
    assert_eq!(own.look(CALLER).await.looked.lookup, LookupView::default());
    assert_eq!(stage.index.asked.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn extensions_and_sip_addresses_stay_where_they_are_known() {
    let stage = || {
        let mut pbx = Crm::new("pbx", 5, Say::Found(vec![contact("pbx", "1", "Desk", "1001")]));
        pbx.capability.knows_extensions = true;
        let index = Index::of(vec![
            contact("crm", "2", "Colleague", "1001"),
            contact("crm", "3", "Alice", "sip:alice@example.com"),
        ]);
        Stage::new(index, vec![pbx, Crm::new("crm", 5, Say::Found(vec![]))])
    };
    let extension = stage();
    let seen = extension.look("1001").await;
    assert_eq!(seen.names(), ["Colleague", "Desk"]);
    assert_eq!(
        seen.states(),
        [AskedState::Found, AskedState::Skipped("does not know extensions")]
    );
    assert!(
        extension.crms[0].seen.lock().unwrap()[0].3.is_empty(),
        "an extension has one form"
    );

    let address = stage();
    let seen = address.look("sip:alice@example.com").await;
    assert_eq!(seen.names(), ["Alice"]);
    assert!(
        seen.states()
            .iter()
            .all(|state| *state == AskedState::Skipped("is not asked for SIP addresses"))
    );
    assert_eq!(seen.published.len(), 1);
}

/// Not only that it failed: what, why, and whether asking again may help.
#[tokio::test(start_paused = true)]
async fn a_part_that_failed_is_said_beside_a_hit() {
    let stage = Stage::new(
        Index::default(),
        vec![
            Crm::new(
                "a",
                5,
                Say::Partly(vec![contact("a", "1", "Anna", CALLER)], "the CRM is down"),
            ),
            Crm::new("b", 5, Say::Partly(vec![], "the CRM is down")),
        ],
    );
    let seen = stage.look(CALLER).await;
    assert_eq!(seen.names(), ["Anna"]);
    assert_eq!(
        seen.states(),
        [
            AskedState::Partly(Partly {
                why: "Leads: the CRM is down; Firms: not for you".into(),
                passing: true
            }),
            AskedState::Failed("Leads: the CRM is down; Firms: not for you".into())
        ]
    );
    assert!(seen.steps(Some("a")).contains(&"find_contact: unavailable".to_owned()));
    assert!(seen.steps(Some("a")).contains(&"find_contact: forbidden".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn who_is_found_is_shown_before_the_rest_is_answered() {
    let anna = || vec![contact("a", "1", "Anna", CALLER)];
    let told = |then| Say::Told(anna(), Box::new(then));
    let stage = Stage::new(
        Index::default(),
        vec![
            Crm::new("a", 2_500, told(Say::Found(anna()))),
            Crm::new("b", 3_000, told(Say::Found(vec![]))),
        ],
    );
    let seen = stage.look(CALLER).await;
    // Of another connection's contact nothing is believed.
    assert_eq!(seen.names(), ["Anna"]);
    let named = seen.published.iter().find(|(_, view)| !view.matches.is_empty());
    let (after, view) = named.unwrap();
    assert!(view.running && *after == 10, "{after:?}");
    assert!(view.matches[0].best.live);
    assert_eq!(seen.states(), [AskedState::Found, AskedState::NotFound]);
}

#[tokio::test(start_paused = true)]
async fn who_was_found_before_it_failed_is_there_all_the_same() {
    let told = |name, then| Say::Told(vec![contact(name, "1", "Anna", CALLER)], Box::new(then));
    let stage = Stage::new(
        Index::default(),
        vec![
            Crm::new("a", 50, told("a", Say::Fail(Kind::Unavailable, "the CRM is down"))),
            Crm::new("b", 50, told("b", Say::Hang)),
            Crm::new("c", 50, told("c", Say::Panic)),
        ],
    );
    let seen = stage.look(CALLER).await;
    let groups = &seen.looked.lookup.matches;
    assert_eq!(
        groups.iter().map(|group| group.records().count()).collect::<Vec<_>>(),
        [3]
    );
    let partly = |why: &str| {
        AskedState::Partly(Partly {
            why: why.into(),
            passing: true,
        })
    };
    assert_eq!(
        seen.states(),
        [
            partly("the CRM is down"),
            partly("no answer within 10 s"),
            partly("stopped on a fault of its own; please report it")
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn hostile_contacts_are_cut_and_the_trace_says_so() {
    let mut crowded = contact("a", "1", "Anna", CALLER);
    crowded.numbers.resize(10_000, crowded.numbers[0].clone());
    crowded.name = "ä".repeat(1_000_000);
    let mut answer = vec![crowded];
    answer.extend((2..5_000).map(|record| contact("a", &record.to_string(), "x", "+1 415 555 0199")));
    let stage = Stage::new(Index::default(), vec![Crm::new("a", 5, Say::Found(answer))]);
    let began = std::time::Instant::now();
    let seen = stage.look(CALLER).await;
    assert!(began.elapsed() < Duration::from_secs(60));
    assert_eq!(seen.names()[0].chars().count(), 500);
    let steps = seen.steps(Some("a"));
    assert!(
        steps.contains(&format!(
            "find_contact: only the first {MAX_CONTACTS} of 4999 records were compared"
        )),
        "{steps:?}"
    );
    assert!(steps.contains(&"find_contact: only the first 50 numbers of each of 1 records were compared".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_lookup_cancels_its_requests() {
    let stage = Stage::new(
        Index::default(),
        vec![Crm::new("a", 50, Say::Hang), Crm::new("b", 5, Say::Found(vec![]))],
    );
    let reading = ringside_domain::phone::read(CALLER, &crate::fakes::home());
    let question = Question {
        call: None::<CallId>,
        reading,
        freshness: Freshness::Cached,
        before: LookupView::default(),
    };
    let looking = tokio::time::timeout(
        Duration::from_millis(100),
        lookup(stage.places.clone(), question, |_| {}),
    )
    .await;
    assert!(looking.is_err());
    tokio::task::yield_now().await;
    assert_eq!(stage.crms[0].dropped.load(std::sync::atomic::Ordering::SeqCst), 1);
}
