//! Gates over the sample: how good the bare library is, how good our ladder is, and that nobody is
//! taken for somebody else. `cargo test -p ringside-phone --test gates -- --nocapture` prints the figures.
#![allow(clippy::unwrap_used, clippy::panic)]

mod sample;

use std::collections::{BTreeMap, HashSet};

use ringside_phone::reader::{self, Parsed, Reader};
use ringside_phone::{Grade, Home, KeyKind, PhoneNumber, Reading, compare, probe_keys, read, read_with, stored_keys};
use sample::{Answer, Dice, Row, index, number_keys, percent, rows};

/// What the main reader must keep; the second one is measured, not held.
const MAIN_READER: bool = !cfg!(feature = "reader-phonenumber");

#[test]
fn the_bare_reader_answers_as_the_reference() {
    for reader in reader::all() {
        let score = bare_score(reader, &rows());
        println!(
            "{}, bare: {:.3} % of {} stable rows as the reference; {} wrong numbers among {} valid",
            reader.name(),
            percent(score.right, score.stable),
            score.stable,
            score.wrong,
            score.valid
        );
        if reader.name().starts_with("rlibphonenumber") {
            assert!(score.stable > 4_500 && score.valid > 2_500, "the sample has shrunk");
            assert!(percent(score.right, score.stable) >= 99.9, "{:#?}", score.differing);
            assert_eq!(score.wrong, 0, "{:#?}", score.differing);
        }
    }
}

#[derive(Default)]
struct BareScore {
    stable: usize,
    right: usize,
    valid: usize,
    wrong: usize,
    differing: Vec<String>,
}

fn bare_score(reader: &dyn Reader, rows: &[Row]) -> BareScore {
    let mut score = BareScore::default();
    for row in rows.iter().filter(|row| row.stable) {
        let parsed = reader::parse(reader, &row.input, row.home.region);
        score.stable += 1;
        if same(parsed.as_ref(), row.answer.as_ref()) {
            score.right += 1;
        } else {
            score
                .differing
                .push(format!("{} {:?} {:?}", row.class, row.home.region, row.input));
        }
        if let Some(answer) = row.answer.as_ref().filter(|answer| answer.valid) {
            score.valid += 1;
            score.wrong += usize::from(parsed.is_none_or(|parsed| parsed.e164() != answer.e164));
        }
    }
    score
}

fn same(parsed: Option<&Parsed>, answer: Option<&Answer>) -> bool {
    match (parsed, answer) {
        (None, None) => true,
        (Some(parsed), Some(answer)) => {
            parsed.e164() == answer.e164
                && parsed.country_code == answer.country_code
                && parsed.nsn == answer.nsn
                && parsed.valid == answer.valid
                && (!answer.valid || parsed.line == answer.line)
                && parsed.extension == answer.extension
        }
        _ => false,
    }
}

#[test]
fn numbers_are_written_as_the_reference_writes_them() {
    let (mut written, mut differing) = (0, Vec::new());
    for row in rows().iter().filter(|row| row.stable) {
        let Some(answer) = row
            .answer
            .as_ref()
            .filter(|answer| answer.valid && answer.extension.is_none())
        else {
            continue;
        };
        let Some(number) = PhoneNumber::from_e164(&answer.e164) else {
            differing.push(format!("not read: {}", answer.e164));
            continue;
        };
        written += 1;
        if number.international() != answer.international
            || number.national() != answer.national
            || number.rfc3966() != answer.rfc3966
        {
            differing.push(format!(
                "{}: {} {} {}",
                answer.e164,
                number.international(),
                number.national(),
                number.rfc3966()
            ));
        }
    }
    let share = percent(written - differing.len().min(written), written);
    println!(
        "{}: {share:.3} % of {written} numbers written as the reference writes them",
        ringside_phone::reader_name()
    );
    if MAIN_READER {
        assert!(written > 2_000 && share >= 99.9, "{differing:#?}");
    }
}

#[test]
fn the_ladder_finds_what_people_meant() {
    for reader in reader::all() {
        let score = ladder_score(reader, &rows());
        println!(
            "{}, with the ladder: {:.3} % of {} rows with a truth hit ({:.3} % at the first reading), {:.3} % another number, {:.3} main keys a number",
            reader.name(),
            percent(score.hits, score.rows),
            score.rows,
            percent(score.first, score.rows),
            percent(score.others, score.rows),
            score.main_keys as f64 / score.numbers as f64
        );
        println!("    missed, by class: {:?}", score.missed);
        if reader.name().starts_with("rlibphonenumber") {
            assert!(score.rows > 3_500, "the sample has shrunk");
            assert!(percent(score.hits, score.rows) >= 99.9, "{:#?}", score.misses);
            assert!(percent(score.others, score.rows) <= 0.1, "{:#?}", score.misses);
            assert!(percent(score.first, score.rows) >= 99.7, "{:#?}", score.misses);
            assert!(score.main_keys as f64 <= 1.1 * score.numbers as f64);
        }
    }
}

#[derive(Default)]
struct LadderScore {
    rows: usize,
    /// The truth is a key.
    hits: usize,
    /// The truth is the number itself and not its second reading.
    first: usize,
    /// There is a key, and the truth is none.
    others: usize,
    numbers: usize,
    main_keys: usize,
    missed: BTreeMap<String, usize>,
    misses: Vec<String>,
}

fn ladder_score(reader: &dyn Reader, rows: &[Row]) -> LadderScore {
    let mut score = LadderScore::default();
    for row in rows {
        let Some(truth) = &row.truth else { continue };
        let reading = read_with(reader, &row.input, &row.home);
        let found = reading.number().map(PhoneNumber::e164);
        let second = reading.number().and_then(PhoneNumber::alternate);
        let hit = [found, second].contains(&Some(truth.as_str()));
        score.rows += 1;
        score.hits += usize::from(hit);
        score.first += usize::from(found == Some(truth));
        if !hit {
            score.others += usize::from(found.is_some());
            *score.missed.entry(row.class.clone()).or_default() += 1;
        }
        if found != Some(truth) {
            score.misses.push(format!(
                "{} {:?} {:?}: {truth} read as {found:?}, {second:?}",
                row.class, row.home.region, row.input
            ));
        }
        // Two numbers in one field rightly have two keys.
        if found.is_some() && row.other.is_none() {
            score.numbers += 1;
            score.main_keys += stored_keys(&reading)
                .iter()
                .filter(|key| matches!(key.kind, KeyKind::E164 | KeyKind::Alt))
                .count();
        }
    }
    score
}

#[test]
fn an_invalid_number_is_never_a_key() {
    let rows = rows();
    let invalid: HashSet<i64> = rows
        .iter()
        .filter(|row| row.stable)
        .filter_map(|row| row.answer.as_ref().filter(|answer| !answer.valid))
        .filter_map(|answer| answer.e164[1..].parse().ok())
        .collect();
    assert!(invalid.len() > 500, "the sample has shrunk");
    let mut keys = 0;
    for row in &rows {
        for key in number_keys(&read(&row.input, &row.home)) {
            keys += 1;
            let e164 = format!("+{}", key.value);
            assert!(
                PhoneNumber::from_e164(&e164).is_some(),
                "{} {:?}: {key:?} is no valid number",
                row.class,
                row.input
            );
            assert!(
                !MAIN_READER || !invalid.contains(&key.value),
                "{} {:?}: invalid for the reference",
                row.class,
                row.input
            );
        }
    }
    assert!(keys > 4_000);
}

#[test]
fn a_caller_is_found_however_both_sides_write_the_number() {
    let rows = rows_with_truth();
    let stored: Vec<Reading> = rows.iter().map(|row| read(&row.input, &row.home)).collect();
    let index = index(&stored);
    let (mut pairs, mut exact, mut lost) = (0, 0, Vec::new());
    for (at, row) in rows.iter().enumerate() {
        for truth in row.truth.iter().chain(&row.other) {
            for wire in on_the_wire(truth) {
                let caller = read(&wire, &row.home);
                let found = probe_keys(&caller)
                    .iter()
                    .any(|key| index.get(key).is_some_and(|rows| rows.contains(&at)));
                let grade = compare(&stored[at], &caller);
                pairs += 1;
                exact += usize::from(grade.is_some_and(Grade::is_exact));
                if !found || grade.is_none() {
                    lost.push(format!(
                        "{} {:?} {:?} called by {wire}: key {found}, grade {grade:?}",
                        row.class, row.home.region, row.input
                    ));
                }
            }
        }
    }
    let share = percent(pairs - lost.len(), pairs);
    println!(
        "{share:.3} % of {pairs} pairs of stored text and caller found, {:.3} % exact",
        percent(exact, pairs)
    );
    if MAIN_READER {
        assert!(pairs > 10_000 && share >= 99.9, "{lost:#?}");
        // The rest are second numbers and second readings: shown, never preselected.
        assert!(percent(exact, pairs) > 98.0);
    }
}

/// All of them for the main reader; every tenth for the second, which takes 20 times as long.
fn rows_with_truth() -> Vec<Row> {
    rows()
        .into_iter()
        .filter(|row| row.truth.is_some())
        .step_by(if MAIN_READER { 1 } else { 10 })
        .collect()
}

/// How calls bring a number.
fn on_the_wire(e164: &str) -> [String; 4] {
    [
        e164.to_owned(),
        format!("sip:{e164}@pbx.example.com;user=phone"),
        format!("\"Caller\" <sip:%2B{}@192.0.2.7:5061>;tag=9", &e164[1..]),
        format!("tel:{e164}"),
    ]
}

#[test]
fn strangers_are_never_preselected() {
    let rows = rows_with_truth();
    let stored: Vec<Reading> = rows.iter().map(|row| read(&row.input, &row.home)).collect();
    let index = index(&stored);
    let mut dice = Dice(20_261_122);
    let (mut compared, mut exact, mut shown) = (0, Vec::new(), 0);
    for row in &rows {
        let Some(stranger) = stranger(row.truth.as_deref().unwrap(), &mut dice) else {
            continue;
        };
        let caller = Reading::Number(stranger.clone());
        let by_key = probe_keys(&caller)
            .into_iter()
            .filter_map(|key| index.get(&key))
            .flatten()
            .copied();
        let by_chance = (0..20).map(|_| dice.below(stored.len()));
        let candidates: HashSet<usize> = by_key.chain(by_chance.collect::<Vec<_>>()).collect();
        for at in candidates {
            let known = [&rows[at].truth, &rows[at].other]
                .iter()
                .any(|known| known.as_deref().is_some_and(|known| same_line(known, stranger.e164())));
            if known {
                continue;
            }
            compared += 1;
            let grade = compare(&stored[at], &caller);
            shown += usize::from(grade.is_some());
            if grade.is_some_and(|grade| grade.is_exact()) {
                exact.push(format!(
                    "{} {:?} for {}: {grade:?}",
                    rows[at].class,
                    rows[at].input,
                    stranger.e164()
                ));
            }
        }
    }
    println!(
        "{compared} strangers: {} preselected, {shown} offered as possible",
        exact.len()
    );
    assert!(!MAIN_READER || (compared > 50_000 && exact.is_empty()), "{exact:#?}");
}

/// A valid number of the same country with other last digits.
fn stranger(known: &str, dice: &mut Dice) -> Option<PhoneNumber> {
    (0..30).find_map(|_| {
        let kept = known.len() - 4;
        PhoneNumber::from_e164(&format!("{}{:04}", &known[..kept], dice.below(10_000)))
    })
}

/// Argentina's numbers with and without 9 are one line.
fn same_line(known: &str, other: &str) -> bool {
    let plain = |e164: &str| e164.replacen("+549", "+54", 1);
    plain(known) == plain(other)
}

#[test]
fn reading_again_what_was_read_changes_nothing() {
    for row in rows() {
        let reading = read(&row.input, &row.home);
        if let Reading::Number(number) = &reading {
            let again = read(number.e164(), &Home::default());
            assert_eq!(
                again.number().map(PhoneNumber::e164),
                Some(number.e164()),
                "{:?}",
                row.input
            );
        }
        assert_eq!(reading, read(&row.input, &row.home));
    }
}
