#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Mutex;

use futures_util::FutureExt;
use ringside_domain::{
    Now, Timestamp,
    phone::{Home, Reading, compare, read},
};

use super::*;

/// Ranges that are kept free for fiction, as beginnings of E.164 numbers.
const FICTION: [&str; 10] = [
    "+4420794600",
    "+4420794601",
    "+4420794603",
    "+441314960",
    "+441614960",
    "+493023125",
    "+496990009",
    "+33199001",
    "+6125550",
    "+46846500412",
];

fn is_fiction(e164: &str) -> bool {
    // 555-0100 to 555-0199 behind any North American area code.
    let north_america = e164
        .strip_prefix("+1")
        .is_some_and(|rest| rest.get(3..8) == Some("55501"));
    north_america || e164 == "+61491570156" || FICTION.iter().any(|range| e164.starts_with(range))
}

/// What the rehearsal's own profile is set to.
fn home() -> Home {
    Home {
        region: Some(HOME.parse().unwrap()),
        outside_prefix: None,
    }
}

#[test]
fn every_number_is_fiction_and_reads_as_intended() {
    let mut numbers = 0;
    for person in people() {
        for (label, raw) in person.numbers {
            let reading = read(raw, &home());
            match (&reading, *raw) {
                (Reading::Number(number), _) => {
                    numbers += 1;
                    assert!(
                        is_fiction(number.e164()),
                        "{} {label}: {raw} is somebody's number",
                        person.name
                    );
                }
                (Reading::Extension(extension), "204") => assert_eq!(extension.as_str(), "204"),
                (Reading::Unreadable(_) | Reading::Withheld, "n/a" | "-" | "unknown" | "rappeler lundi") => {}
                (Reading::Unreadable(_), "(02) 5550 0100") => {}
                (reading, raw) => panic!("{} {label}: {raw} reads as {}", person.name, reading.kind()),
            }
        }
    }
    assert!(numbers >= 20, "{numbers}");
    for step in script().iter().flat_map(|part| part.steps) {
        match read(step.remote, &home()) {
            Reading::Number(number) => assert!(is_fiction(number.e164()), "{}", step.remote),
            Reading::Withheld => assert!(step.remote.contains("anonymous"), "{}", step.remote),
            other => panic!("{} reads as {}", step.remote, other.kind()),
        }
    }
}

/// How many sample people are proved to be the caller of a part's first ring.
fn known_for(id: &str) -> usize {
    let part = script().iter().find(|part| part.id == id).unwrap();
    let caller = read(part.steps[0].remote, &home());
    let fits = |person: &&SamplePerson| {
        let mut stored = person.numbers.iter().map(|(_, raw)| read(raw, &home()));
        stored.any(|stored| compare(&stored, &caller).is_some_and(|grade| grade.is_exact()))
    };
    people().iter().filter(fits).count()
}

#[test]
fn each_part_finds_as_many_people_as_it_says() {
    assert_eq!(known_for("known"), 1);
    assert_eq!(known_for("several"), 3);
    assert_eq!(known_for("unknown"), 0);
    assert_eq!(known_for("withheld"), 0);
    assert_eq!(known_for("two_at_once"), 1);
    assert_eq!(known_for("outgoing"), 1);
}

#[test]
fn sample_people_are_whole() {
    assert!((12..=20).contains(&people().len()));
    for person in people() {
        assert!(
            ["person", "company", "lead"].contains(&person.contact_type),
            "{}",
            person.name
        );
        for field in [person.company, person.title, person.email] {
            assert!(
                person.contact_type != "person" || field.is_some_and(|text| !text.is_empty()),
                "{}",
                person.name
            );
            assert_ne!(field, Some(""), "{}", person.name);
        }
        assert!(
            person
                .email
                .is_none_or(|email| email.contains(".example") || email.ends_with("@example.org"))
        );
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp(1),
            ..Now::default()
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<CallEvent>>>);

impl EventSink for Told {
    fn event(&self, event: CallEvent) {
        self.0.lock().unwrap().push(event);
    }

    fn clone_box(&self) -> Box<dyn EventSink> {
        Box::new(self.clone())
    }
}

fn never() -> Stop {
    std::future::pending().boxed().shared()
}

#[tokio::test(start_paused = true)]
async fn the_script_is_played_in_order_and_every_call_ends() {
    let told = Told::default();
    let mut rehearsal = Rehearsal::new(Arc::new(Still), None, "run-1").unwrap();
    let start = tokio::time::Instant::now();
    rehearsal.run(Box::new(told.clone()), never()).await.unwrap();
    assert!(start.elapsed() > Duration::from_secs(30), "{:?}", start.elapsed());

    let events = told.0.lock().unwrap().clone();
    assert_eq!(
        events.len(),
        script().iter().map(|part| part.steps.len()).sum::<usize>()
    );
    let calls: std::collections::BTreeSet<&str> = events.iter().map(|event| event.key.as_str()).collect();
    assert_eq!(calls.len(), 7, "six parts, one with two calls");
    for call in calls {
        let of_call: Vec<Change> = events
            .iter()
            .filter(|event| event.key == call)
            .map(|event| event.change)
            .collect();
        assert_eq!(of_call.first(), Some(&Change::Ringing), "{call}");
        assert!(matches!(of_call.last(), Some(Change::Ended(_))), "{call}");
    }
    assert!(
        events
            .iter()
            .all(|event| event.rehearsal && event.source == SourceId::new("rehearsal"))
    );
}

#[tokio::test(start_paused = true)]
async fn stopped_in_the_middle_no_call_goes_on() {
    let told = Told::default();
    let mut rehearsal = Rehearsal::new(Arc::new(Still), Some("two_at_once"), "run-2").unwrap();
    let stop = tokio::time::sleep(Duration::from_secs(6)).boxed().shared();
    rehearsal.run(Box::new(told.clone()), stop).await.unwrap();
    let events = told.0.lock().unwrap().clone();
    let ended = events
        .iter()
        .filter(|event| matches!(event.change, Change::Ended(EndReason::Unknown)))
        .count();
    assert_eq!((events.len(), ended), (5, 2), "{events:#?}");
}

#[tokio::test(start_paused = true)]
async fn one_ring_can_be_left_ringing() {
    let told = Told::default();
    let rehearsal = Rehearsal::new(Arc::new(Still), Some("known"), "run-3").unwrap();
    rehearsal
        .keep_ringing()
        .run(Box::new(told.clone()), never())
        .await
        .unwrap();
    let events = told.0.lock().unwrap().clone();
    assert_eq!(
        events.iter().map(|event| event.change).collect::<Vec<_>>(),
        [Change::Ringing]
    );
}

#[test]
fn an_unknown_part_is_told_with_the_parts_there_are() {
    let error = Rehearsal::new(Arc::new(Still), Some("x"), "").err().unwrap();
    assert_eq!(error.kind, Kind::NotFound);
    assert!(error.to_string().contains("two_at_once"), "{error}");
}
