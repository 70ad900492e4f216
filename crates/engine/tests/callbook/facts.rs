//! Whose word counts, field by field.

use ringside_domain::{
    Authority, CallEvent, Direction, EndReason,
    call::{ChosenBy, WireParty},
    phone::Reading,
};
use ringside_engine::{Config, LogRule, callbook::Effect};

use crate::desk::{ANNA, BERT, Desk, Say, answer, asks, choose, e164, end, event, id, party, ring};

use Authority::{Hook, Provider, Watcher};

#[test]
fn the_better_source_says_who_it_is() {
    // The second source's number replaces the first one's only where it knows better.
    let table = [
        (Hook, Watcher, BERT),
        (Watcher, Provider, BERT),
        (Watcher, Watcher, ANNA),
        (Provider, Watcher, ANNA),
        (Watcher, Hook, ANNA),
    ];
    for (first, second, expected) in table {
        let mut desk = Desk::new();
        desk.event(ring("one", "a", 1_000).id("1").by(first).named("First"));
        let effects = desk.event(ring("two", "x", 1_100).id("1").by(second).from(BERT).named("Second"));
        assert_eq!(e164(desk.only()), Some(expected), "{first:?}, {second:?}");
        assert_eq!(asks(&effects), expected == BERT);
        let name = if expected == BERT { "Second" } else { "First" };
        assert_eq!(desk.only().remote.display.as_deref(), Some(name));
        // Both say it once more: nothing turns back, nobody is asked again.
        assert!(!asks(
            &desk.event(answer("one", "a", 2_000).id("1").by(first).named("First"))
        ));
        assert!(!asks(&desk.event(
            answer("two", "x", 2_100).id("1").by(second).from(BERT).named("Second")
        )));
        assert_eq!(e164(desk.only()), Some(expected));
    }
}

#[test]
fn a_source_that_changes_what_it_said_tells_of_a_transfer() {
    let mut desk = Desk::new();
    desk.event(ring("pbx", "x", 1_000).id("1").by(Provider));
    desk.event(answer("sip", "a", 2_000).id("1").named("Anna"));
    let effects = desk.event(answer("sip", "a", 3_000).id("1").from(BERT));
    assert!(!asks(&effects), "the better source still says Anna");
    let effects = desk.event(answer("pbx", "x", 3_100).id("1").by(Provider).from(BERT));
    assert!(asks(&effects));
    assert_eq!(
        (e164(desk.only()), desk.only().remote.display.as_deref()),
        (Some(BERT), None)
    );
    // A late repetition of the first words.
    assert!(desk.event(ring("pbx", "x", 1_000).id("1").by(Provider)).is_empty());
    assert_eq!(e164(desk.only()), Some(BERT));
}

#[test]
fn an_unverified_phone_never_beats_a_trusted_one_however_much_it_could_know() {
    let mut desk = Desk::new();
    desk.event(ring("hook", "h", 1_000).by(Hook).id("1"));
    desk.event(
        ring("pbx", "x", 1_100)
            .by(Provider)
            .id("1")
            .unverified()
            .from(BERT)
            .queue("Your bank"),
    );
    assert_eq!(e164(desk.only()), Some(ANNA));
    desk.event(ring("sip", "a", 1_200).by(Watcher).id("1").queue("Sales"));
    assert_eq!(desk.only().route.queue.as_deref(), Some("Sales"));
}

#[test]
fn on_a_number_that_only_an_unverified_phone_told_nothing_is_logged_unasked() {
    for sip_tells_it in [false, true] {
        let mut desk = Desk::with(Config {
            log_rule: LogRule::Always,
            ..Config::default()
        });
        desk.event(ring("link", "l", 1_000).by(Hook).unverified());
        let sip = |event: CallEvent| if sip_tells_it { event } else { event.bare() };
        desk.event(sip(ring("sip", "a", 1_100)));
        choose(&mut desk, id(1), ANNA, ChosenBy::Remembered);
        let effects = desk.event(sip(end("sip", "a", 9_000, EndReason::Missed)));
        assert!(desk.only().state.is_over());
        assert_eq!(effects.contains(&Effect::Log(id(1))), sip_tells_it);
    }
}

#[test]
fn a_withheld_number_stays_withheld_unless_who_knows_better_tells_it() {
    for (second, shown) in [(Hook, false), (Watcher, false), (Provider, true)] {
        let mut desk = Desk::new();
        let effects = desk.event(ring("sip", "a", 1_000).id("1").from("sip:anonymous@anonymous.invalid"));
        assert!(!asks(&effects));
        let effects = desk.event(ring("two", "x", 1_100).id("1").by(second));
        assert_eq!(asks(&effects), shown, "{second:?}");
        assert_eq!(desk.only().remote.reading == Reading::Withheld, !shown);
    }
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000));
    desk.event(answer("sip", "a", 2_000).from("anonymous"));
    assert_eq!(e164(desk.only()), Some(ANNA), "a bare body takes nothing away");
}

#[test]
fn what_nobody_told_is_filled_by_anybody() {
    let mut desk = Desk::new();
    let mut first = ring("pbx", "x", 1_000).by(Provider).id("1").bare();
    first.direction = None;
    desk.event(first);
    let mut second = ring("hook", "h", 1_100)
        .by(Hook)
        .id("1")
        .on("201")
        .queue(" Sales ")
        .named("Anna");
    second.direction = Some(Direction::Out);
    assert!(asks(&desk.event(second)));
    let call = desk.only();
    assert_eq!((call.direction, call.line.as_deref()), (Direction::Out, Some("201")));
    assert_eq!(call.route.queue.as_deref(), Some("Sales"));
    assert_eq!(call.remote.display.as_deref(), Some("Anna"));
}

#[test]
fn diversions_are_read_and_few() {
    let mut desk = Desk::new();
    let mut ringing = ring("sip", "a", 1_000);
    ringing.route.diverted_by = vec![party(""), party("sip:204@pbx"), party(BERT)];
    ringing.route.diverted_by.extend(vec![party("sip:anna@pbx"); 100]);
    desk.event(ringing);
    let read = &desk.only().route.diverted_by;
    assert_eq!(read.len(), 4, "the first five, without the empty one");
    assert!(matches!(&read[0].reading, Reading::Extension(extension) if extension.as_str() == "204"));
    assert!(matches!(&read[1].reading, Reading::Number(number) if number.e164() == BERT));
    // Of a source that knows less, it changes nothing.
    let mut hook = ring("hook", "h", 1_100).by(Hook);
    hook.route.diverted_by = vec![party("205")];
    desk.event(hook);
    assert_eq!(desk.only().route.diverted_by.len(), 4);
}

#[test]
fn an_extension_is_never_read_as_a_number() {
    for raw in ["201", "sip:201@pbx", "<sip:201@pbx;user=phone>", "201@pbx"] {
        let mut desk = Desk::new();
        let effects = desk.event(ring("sip", "a", 1_000).from(raw));
        assert!(
            matches!(&desk.only().remote.reading, Reading::Extension(extension) if extension.as_str() == "201"),
            "{raw}"
        );
        assert!(
            asks(&effects),
            "the index and connectors that know extensions are asked"
        );
    }
}

#[test]
fn a_transfer_from_ones_own_number_is_looked_up() {
    let mut desk = Desk::new();
    let config = Config {
        own_numbers: vec![ANNA.into()],
        ..Config::default()
    };
    desk.book.configure(config, "UTC".into());
    let effects = desk.event(ring("sip", "a", 1_000));
    assert!(!asks(&effects) && desk.only().no_log);
    let effects = desk.event(answer("sip", "a", 2_000).from(BERT));
    assert!(asks(&effects) && !desk.only().no_log);
    assert!(effects.contains(&Effect::Save(desk.only().id)));
}

#[test]
fn one_source_with_thousands_of_keys_for_one_call_stays_one_call() {
    let mut desk = Desk::new();
    for nth in 0..5_000 {
        let told: CallEvent = event("sip", &nth.to_string(), 1_000 + nth, ringside_domain::Change::Ringing);
        desk.event(told.id("one"));
    }
    assert_eq!((desk.made, desk.book.len()), (1, 1));
}

#[test]
fn our_end_is_named_as_people_know_it() {
    for (raw, display, line) in [
        ("sip:201@pbx.example", None, "201"),
        ("<sip:+12025550100@pbx.example;user=phone>", None, "+12025550100"),
        ("sip:12345678@pbx.example", None, "12345678"),
        ("sip:anna@pbx.example", None, "anna@pbx.example"),
        ("sip:201@pbx.example", Some("Front desk"), "Front desk"),
        ("(202) 555-0100", None, "(202) 555-0100"),
        ("Sales", None, "Sales"),
    ] {
        let mut desk = Desk::new();
        let mut event = ring("sip", "a", 0);
        event.local = Some(WireParty {
            raw: raw.to_owned(),
            display: display.map(str::to_owned),
        });
        desk.event(event);
        assert_eq!(desk.only().line.as_deref(), Some(line), "{raw}");
    }
}
