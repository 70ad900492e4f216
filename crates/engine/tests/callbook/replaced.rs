//! Transfers: a call goes on in the place of another one.

use std::time::Duration;

use ringside_domain::{Authority, CallState, EndReason, call::ChosenBy};
use ringside_engine::{Config, LogRule, callbook::Effect};

use crate::desk::{ANNA, BERT, Desk, Say, answer, asks, at, choose, e164, end, id, ring};

/// A colleague called, we talk, and then the colleague passes the customer on to us.
fn consulted() -> Desk {
    let mut desk = Desk::with(Config {
        log_rule: LogRule::Always,
        ..Config::default()
    });
    desk.event(ring("sip", "a", 1_000).id("old").named("Colleague"));
    desk.event(answer("sip", "a", 2_000).id("old"));
    desk
}

#[test]
fn the_call_goes_on_with_the_other_party_whatever_comes_first() {
    for end_first in [true, false] {
        let mut desk = consulted();
        if end_first {
            let effects = desk.event(end("sip", "a", 30_000, EndReason::Transferred).id("old").bare());
            assert_eq!(effects, [Effect::TickAfter(Duration::from_secs(3))]);
            assert_eq!(desk.state(1), CallState::Answered, "it waits for who takes its place");
        }
        let effects = desk.event(answer("sip", "b", 30_100).id("new").from(BERT).replaces("old"));
        assert!(asks(&effects), "who is it now");
        if !end_first {
            assert!(
                desk.event(end("sip", "a", 30_200, EndReason::Transferred).id("old").bare())
                    .is_empty()
            );
        }
        assert!(desk.tick(60_000).is_empty());
        let call = desk.only();
        assert_eq!((call.state, e164(call)), (CallState::Answered, Some(BERT)));
        assert_eq!(
            call.remote.display, None,
            "the colleague's name went with the colleague"
        );
        assert_eq!(call.provider_call_id.as_deref(), Some("old"), "markers are made of it");
        assert_eq!(call.answered, Some(at(2_000).wall));
        desk.event(end("sip", "b", 62_000, EndReason::Completed).id("new").bare());
        assert_eq!(desk.only().talked, Some(Duration::from_secs(60)));
    }
}

#[test]
fn who_told_of_the_old_call_without_an_id_ends_nothing() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000).id("old"));
    desk.event(ring("hook", "h", 1_500).by(Authority::Hook));
    desk.event(answer("sip", "a", 2_000).id("old"));
    desk.event(end("sip", "a", 30_000, EndReason::Transferred).id("old"));
    desk.event(end("hook", "h", 30_050, EndReason::Completed).by(Authority::Hook));
    desk.event(answer("sip", "b", 30_100).id("new").from(BERT).replaces("old"));
    desk.event(end("hook", "h", 30_200, EndReason::Completed).by(Authority::Hook));
    assert_eq!(desk.only().state, CallState::Answered);
    // The hook's key is used again while the call goes on: call waiting.
    desk.event(ring("hook", "h", 40_000).by(Authority::Hook).from("+14155550188"));
    assert_eq!(desk.made, 2);
}

#[test]
fn two_sources_tell_of_one_transfer_each_by_its_own_ids() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000).id("old"));
    desk.event(ring("pbx", "x", 1_100).id("7.1").by(Authority::Provider));
    desk.event(answer("sip", "a", 2_000).id("old"));
    desk.event(answer("pbx", "x", 2_050).id("7.1").by(Authority::Provider));
    desk.event(answer("sip", "b", 30_000).id("new").from(BERT).replaces("old"));
    // What the exchange says of the old call is over with it.
    desk.event(
        end("pbx", "x", 30_100, EndReason::Completed)
            .id("7.1")
            .by(Authority::Provider),
    );
    desk.tick(34_000);
    assert_eq!(
        (desk.only().state, e164(desk.only())),
        (CallState::Answered, Some(BERT))
    );
    let new = |event: ringside_domain::CallEvent| event.id("7.9").by(Authority::Provider).from(BERT);
    desk.event(new(answer("pbx", "y", 34_500)).replaces("7.1"));
    desk.event(end("sip", "a", 34_600, EndReason::Transferred).id("old"));
    desk.tick(40_000);
    assert_eq!(desk.only().state, CallState::Answered);
    assert_eq!(desk.only().provider_call_id.as_deref(), Some("old"));
    desk.event(end("sip", "b", 62_000, EndReason::Completed).id("new").bare());
    desk.event(new(end("pbx", "y", 62_010, EndReason::Completed)));
    desk.tick(70_000);
    assert_eq!(desk.only().talked, Some(Duration::from_secs(60)));
}

#[test]
fn nobody_takes_its_place() {
    let mut desk = consulted();
    desk.event(end("sip", "a", 30_000, EndReason::Transferred).id("old"));
    assert!(desk.tick(32_000).is_empty());
    let effects = desk.tick(33_000);
    assert!(effects.contains(&Effect::Save(id(1))));
    assert_eq!(desk.state(1), CallState::Ended(EndReason::Transferred));
    assert_eq!(desk.only().ended, Some(at(30_000).wall), "when it was told");
    assert_eq!(desk.only().talked, Some(Duration::from_secs(28)));
    // Too late to go on: shown as a call of its own.
    desk.event(answer("sip", "b", 34_000).id("new").from(BERT).replaces("old"));
    assert_eq!(desk.made, 2);
}

#[test]
fn passed_on_before_we_answered_is_forwarded() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "a", 1_000).id("old"));
    desk.event(end("sip", "a", 3_000, EndReason::Transferred).id("old"));
    desk.tick(7_000);
    assert_eq!(desk.state(1), CallState::Ended(EndReason::Forwarded));
}

#[test]
fn a_call_that_both_keys_know_is_transferred_once_more() {
    let mut desk = consulted();
    desk.event(answer("sip", "b", 30_000).id("new").from(BERT).replaces("old"));
    desk.event(
        answer("sip", "c", 40_000)
            .id("third")
            .from("+14155550188")
            .replaces("new"),
    );
    desk.event(end("sip", "b", 40_100, EndReason::Transferred).id("new"));
    desk.event(answer("sip", "b", 40_050).id("new").from(BERT).replaces("old"));
    assert_eq!(
        (desk.only().state, e164(desk.only())),
        (CallState::Answered, Some("+14155550188"))
    );
}

#[test]
fn one_key_for_every_call_can_be_replaced_too() {
    let mut desk = Desk::new();
    desk.event(ring("sip", "201", 1_000).id("old"));
    desk.event(answer("sip", "201", 2_000).id("old"));
    desk.event(answer("sip", "201", 30_000).id("new").from(BERT).replaces("old"));
    assert_eq!(
        (desk.only().state, e164(desk.only())),
        (CallState::Answered, Some(BERT))
    );
    desk.event(end("sip", "201", 30_100, EndReason::Transferred).id("old"));
    desk.tick(60_000);
    assert_eq!(desk.only().state, CallState::Answered, "the end of the old one");
    desk.event(end("sip", "201", 62_000, EndReason::Completed).id("new").bare());
    assert_eq!(desk.only().talked, Some(Duration::from_secs(60)));
}

#[test]
fn what_the_machine_chose_goes_and_what_a_person_chose_stays() {
    let transfer = || answer("sip", "b", 30_000).id("new").from(BERT).replaces("old");
    let hang_up = || end("sip", "b", 60_000, EndReason::Completed).id("new").bare();

    let mut desk = consulted();
    choose(&mut desk, id(1), ANNA, ChosenBy::OnlyExactMatch);
    desk.event(transfer());
    assert!(desk.only().choice.is_none());

    let mut desk = consulted();
    choose(&mut desk, id(1), ANNA, ChosenBy::Person);
    desk.event(transfer());
    assert!(desk.only().choice.is_some());
    let effects = desk.event(hang_up());
    assert!(
        !effects.contains(&Effect::Log(id(1))),
        "but it is not logged on Anna unasked"
    );

    let mut desk = consulted();
    choose(&mut desk, id(1), BERT, ChosenBy::Person);
    desk.event(transfer());
    let effects = desk.event(hang_up());
    assert!(effects.contains(&Effect::Log(id(1))), "the person knew who it was");

    let mut desk = consulted();
    choose(&mut desk, id(1), ANNA, ChosenBy::Person);
    desk.event(transfer());
    choose(&mut desk, id(1), ANNA, ChosenBy::Person);
    let effects = desk.event(hang_up());
    assert!(effects.contains(&Effect::Log(id(1))), "the person said so again");
}
