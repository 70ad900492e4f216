#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use ringside_domain::Timestamp;

use super::*;

fn at(seconds: u64) -> Now {
    Now {
        wall: Timestamp(seconds as i64 * 1_000),
        steady: Steady(Duration::from_secs(seconds)),
    }
}

fn reports() -> Reports {
    Reports::new(SourceId::new("ring"))
}

fn said(from: &str, change: Change) -> Report {
    Report {
        from: Some(from.to_owned()),
        change: Some(change),
        ..Report::default()
    }
}

fn with_id(report: Report, id: &str) -> Report {
    Report {
        call_id: Some(id.to_owned()),
        ..report
    }
}

const ENDED: Change = Change::Ended(EndReason::Completed);
const ADA: &str = "+442079460123";
const BOB: &str = "+12025550123";

fn keys(told: &[(u64, Report)]) -> Vec<Option<String>> {
    let mut reports = reports();
    let key =
        |(seconds, report): &(u64, Report)| Some(reports.event(report.clone(), Trust::Unverified, at(*seconds))?.key);
    told.iter().map(key).collect()
}

#[test]
fn a_call_without_id_is_followed_by_its_number_however_that_is_written() {
    let told = keys(&[
        (0, said(ADA, Change::Ringing)),
        (1, said(BOB, Change::Ringing)),
        (2, said("sip:+442079460123@pbx.example;user=phone", Change::Answered)),
        (3, said("tel:+44-20-7946-0123", ENDED)),
        (4, said(BOB, ENDED)),
        (5, said(ADA, Change::Ringing)),
    ]);
    assert_eq!(told[0], told[2]);
    assert_eq!(told[0], told[3]);
    assert_eq!(told[1], told[4]);
    assert_ne!(told[0], told[5], "the next call of the same person is another call");
}

#[test]
fn the_same_ring_told_twice_is_one_call_and_a_later_one_another() {
    let told = keys(&[
        (0, said(ADA, Change::Ringing)),
        (2, said(ADA, Change::Ringing)),
        (60, said(ADA, Change::Ringing)),
    ]);
    assert_eq!(told[0], told[1]);
    assert_ne!(told[0], told[2]);
}

#[test]
fn ids_win_over_numbers() {
    let told = keys(&[
        (0, with_id(said(ADA, Change::Ringing), "a")),
        (0, with_id(said(ADA, Change::Ringing), "b")),
        (
            1,
            with_id(
                Report {
                    change: Some(Change::Answered),
                    ..Report::default()
                },
                "a",
            ),
        ),
        (2, with_id(said(ADA, ENDED), "b")),
        (3, said(ADA, ENDED)),
    ]);
    assert_ne!(told[0], told[1]);
    assert_eq!(told[0], told[2]);
    assert_eq!(told[1], told[3]);
    assert_eq!(told[0], told[4], "an end without id goes to the one that is left");
}

#[test]
fn a_short_id_used_again_for_another_number_is_another_call() {
    let told = keys(&[
        (0, with_id(said(ADA, Change::Ringing), "1")),
        (300, with_id(said(BOB, Change::Ringing), "1")),
    ]);
    assert_ne!(told[0], told[1]);
    let mut reports = reports();
    let short = reports
        .event(with_id(said(ADA, Change::Ringing), "17"), Trust::Trusted, at(0))
        .unwrap();
    assert_eq!(short.provider_call_id, None, "a count is no id that other machines see");
    let long = "3848276298220188511@198.51.100.7";
    let sip = reports
        .event(with_id(said(BOB, Change::Ringing), long), Trust::Trusted, at(1))
        .unwrap();
    assert_eq!(sip.provider_call_id.as_deref(), Some(long));
}

#[test]
fn reports_without_a_number_join_only_where_there_is_no_doubt() {
    let bare = |change| Report {
        change: Some(change),
        ..Report::default()
    };
    let told = keys(&[
        (0, bare(ENDED)),
        (1, said(ADA, Change::Ringing)),
        (2, bare(Change::Answered)),
        (3, said(BOB, Change::Ringing)),
        (4, bare(ENDED)),
        (5, bare(Change::Answered)),
    ]);
    assert_eq!(told[0], None, "an end of nothing");
    assert_eq!(told[1], told[2]);
    assert_eq!(told[4], None, "two calls are open");
    assert_eq!(told[3], told[5], "only one of them still rings");
}

#[test]
fn withheld_must_be_said() {
    let mut reports = reports();
    let mut event = |report| reports.event(report, Trust::Unverified, at(0)).unwrap();
    assert_eq!(event(Report::default()).remote, None);
    assert_eq!(event(said(" \u{200B} ", Change::Ringing)).remote, None);
    assert_eq!(
        event(said("anonymous", Change::Ringing)).remote.unwrap().raw,
        "anonymous"
    );
    let named = event(Report {
        name: Some("Sales".into()),
        ..Report::default()
    })
    .remote
    .unwrap();
    assert_eq!((named.raw.as_str(), named.display.as_deref()), ("", Some("Sales")));
}

#[test]
fn a_display_name_inside_the_uri_is_found() {
    let raw = "\"Ada  Lovelace\u{202E}\" <sip:+442079460123@pbx.example>;tag=1";
    let event = reports()
        .event(said(raw, Change::Ringing), Trust::Unverified, at(0))
        .unwrap();
    assert_eq!(event.remote.unwrap().display.as_deref(), Some("Ada Lovelace"));
}

#[test]
fn an_outgoing_call_that_names_only_to_is_a_call_to_there() {
    let report = Report {
        to: Some(ADA.into()),
        direction: Some(Direction::Out),
        ..Report::default()
    };
    let event = reports().event(report, Trust::Unverified, at(0)).unwrap();
    assert_eq!((event.remote.unwrap().raw.as_str(), event.local), (ADA, None));
    assert_eq!(event.direction, Some(Direction::Out));
}

#[test]
fn the_words_of_phones() {
    use Direction::{In, Out};
    for (word, change, direction) in [
        ("ringing", Change::Ringing, None),
        ("CALL_INCOMING", Change::Ringing, Some(In)),
        ("outgoing", Change::Ringing, Some(Out)),
        ("CALL_ESTABLISHED", Change::Answered, None),
        ("in_call_answered", Change::Answered, Some(In)),
        ("On Hold", Change::Held, None),
        ("CALL_CLOSED", ENDED, None),
        ("remote_release", ENDED, None),
        ("missed", Change::Ended(EndReason::Missed), Some(In)),
        ("busy", Change::Ended(EndReason::Busy), None),
    ] {
        assert_eq!(change_in_words(word), Some((change, direction)), "{word}");
    }
    assert_eq!(change_in_words("exploded"), None);
    assert_eq!(direction_in_words(" Inbound "), Some(In));
    assert_eq!(direction_in_words(""), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_report_is_an_event_or_nothing_and_memory_stays_small(
        told in prop::collection::vec((".{0,300}", ".{0,300}", ".{0,300}", 0_usize..5, any::<bool>()), 0..60),
    ) {
        let mut reports = reports();
        for (number, (from, name, id, change, with_id)) in told.into_iter().enumerate() {
            let change = [Change::Ringing, Change::Answered, Change::Held, ENDED, Change::Ringing][change];
            let report = Report {
                from: Some(from),
                name: Some(name),
                change: Some(change),
                call_id: with_id.then_some(id),
                ..Report::default()
            };
            if let Some(event) = reports.event(report, Trust::Unverified, at(number as u64)) {
                let remote = event.remote.unwrap_or_default();
                let texts = [Some(remote.raw), remote.display, event.provider_call_id];
                for text in texts.into_iter().flatten() {
                    prop_assert!(text.chars().count() <= 250);
                    let hidden = text.chars().any(|letter| letter.is_control() || letter == '\u{202E}');
                    prop_assert!(!hidden, "{}", text.escape_debug());
                }
            }
            prop_assert!(reports.open.len() <= MOST_OPEN);
        }
    }
}
