//! One call and its states, as one phone tells them.

use std::time::Duration;

use ringside_domain::{CallEvent, CallState, Change, EndReason, Trust, call::WireParty};
use ringside_engine::{
    Config,
    callbook::{Effect, Input},
};

use crate::desk::{Desk, at, e164, event};

#[test]
fn a_call_rings_is_answered_and_ends_with_its_duration() {
    let mut desk = Desk::new();
    let effects = desk.event(event("sip", "a", 1_000, Change::Ringing));
    assert!(matches!(effects[..], [Effect::Save(_), Effect::LookUp(_)]));
    desk.event(event("sip", "a", 4_000, Change::Answered));
    desk.event(event("sip", "a", 64_000, Change::Ended(EndReason::Completed)));
    let call = desk.only();
    assert_eq!(call.state, CallState::Ended(EndReason::Completed));
    assert_eq!(call.talked, Some(Duration::from_secs(60)));
    assert_eq!(call.ended, Some(at(64_000).wall));
}

#[test]
fn a_call_nobody_answered_is_missed_whatever_the_source_calls_it() {
    let mut desk = Desk::new();
    desk.event(event("sip", "a", 1_000, Change::Ringing));
    desk.event(event("sip", "a", 9_000, Change::Ended(EndReason::Completed)));
    assert_eq!(desk.only().state, CallState::Ended(EndReason::Missed));
    assert_eq!(desk.only().talked, None);
}

#[test]
fn two_sources_of_one_call_are_one_call_and_two_keys_of_one_source_are_two() {
    let mut desk = Desk::new();
    desk.event(event("sip", "a", 1_000, Change::Ringing));
    desk.event(event("hook", "x", 3_500, Change::Ringing));
    assert_eq!(desk.made, 1);
    desk.event(event("sip", "b", 3_600, Change::Ringing));
    assert_eq!(desk.made, 2, "call waiting");
}

#[test]
fn the_providers_call_id_joins_whatever_the_time() {
    let mut desk = Desk::new();
    let with_id = |mut event: CallEvent| {
        event.provider_call_id = Some("abc@pbx".into());
        event
    };
    desk.event(with_id(event("sip", "a", 1_000, Change::Ringing)));
    desk.event(with_id(event("hook", "x", 60_000, Change::Answered)));
    assert_eq!(desk.only().state, CallState::Answered);
    desk.event(with_id(event("sip", "a", 61_000, Change::Ended(EndReason::Completed))));
    desk.event(with_id(event("sip", "a", 61_100, Change::Ringing)));
    assert_eq!(desk.made, 1, "a late repetition rings nothing");
}

#[test]
fn the_same_key_after_the_end_is_a_new_call() {
    let mut desk = Desk::new();
    desk.event(event("asterisk", "201", 1_000, Change::Ringing));
    desk.event(event("asterisk", "201", 2_000, Change::Ended(EndReason::Missed)));
    desk.event(event("asterisk", "201", 9_000, Change::Ringing));
    assert_eq!(desk.made, 2);
}

#[test]
fn bare_events_keep_the_number_and_a_transfer_changes_it() {
    let mut desk = Desk::new();
    desk.event(event("sip", "a", 1_000, Change::Ringing));
    let mut bare = event("sip", "a", 2_000, Change::Answered);
    bare.remote = None;
    desk.event(bare);
    assert_eq!(e164(desk.only()), Some("+14155550100"));
    let mut transferred = event("sip", "a", 3_000, Change::Answered);
    transferred.remote = Some(WireParty {
        raw: "+14155550177".into(),
        display: Some("Peter".into()),
    });
    let effects = desk.event(transferred);
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::LookUp(_))),
        "asks again"
    );
    assert_eq!(e164(desk.only()), Some("+14155550177"));
}

#[test]
fn an_unverified_report_never_replaces_what_a_trusted_phone_said() {
    let mut desk = Desk::new();
    desk.event(event("sip", "a", 1_000, Change::Ringing));
    let mut link = event("link", "x", 1_500, Change::Ringing);
    link.trust = Trust::Unverified;
    link.remote = Some(WireParty {
        raw: "+14155550100".into(),
        display: Some("Your bank".into()),
    });
    desk.event(link);
    assert_eq!(desk.only().trust, Trust::Trusted);
    let mut forged = event("link", "x", 1_600, Change::Answered);
    forged.trust = Trust::Unverified;
    forged.remote = Some(WireParty {
        raw: "+14155550199".into(),
        display: None,
    });
    desk.event(forged);
    assert_eq!(e164(desk.only()), Some("+14155550100"));
}

#[test]
fn withheld_rings_calmly_and_asks_nobody() {
    let mut desk = Desk::new();
    let mut ring = event("sip", "a", 1_000, Change::Ringing);
    ring.remote = Some(WireParty {
        raw: "sip:anonymous@anonymous.invalid".into(),
        display: Some("Anonymous".into()),
    });
    let effects = desk.event(ring);
    assert!(matches!(effects[..], [Effect::Save(_), Effect::Publish(_)]));
}

#[test]
fn ones_own_number_is_neither_looked_up_nor_logged() {
    let mut desk = Desk::new();
    let config = Config {
        own_numbers: vec!["+14155550100".into()],
        ..Config::default()
    };
    desk.book.configure(config, "UTC".into());
    let effects = desk.event(event("sip", "a", 1_000, Change::Ringing));
    assert!(matches!(effects[..], [Effect::Save(_), Effect::Publish(_)]));
    assert!(desk.only().no_log);
}

#[test]
fn a_source_that_falls_silent_ends_with_the_end_unknown() {
    let mut desk = Desk::new();
    desk.event(event("hook", "a", 1_000, Change::Ringing));
    assert!(desk.tick(600_000).is_empty());
    desk.tick(601_000);
    assert_eq!(desk.only().state, CallState::Ended(EndReason::Unknown));
    assert_eq!((desk.only().ended, desk.only().talked), (None, None));
}

#[test]
fn the_bare_number_is_painted_only_if_no_name_came_in_time() {
    let mut desk = Desk::new();
    desk.event(event("sip", "a", 1_000, Change::Ringing));
    let call = desk.only().id;
    assert_eq!(desk.apply(Input::PaintNow { call }), [Effect::Publish(call)]);
    assert!(desk.apply(Input::PaintNow { call }).is_empty(), "once");
}
