//! What a person's rules and lists mean for a call: whom it is about when several have the number, and what is never logged.

use ringside_domain::{
    CallId, ConnectionId, Contact, EndReason, Match, Timestamp,
    call::{Choice, ChosenBy},
    connector::ConnectorInfo,
    phone::Grade,
};
use ringside_engine::{
    Config, LogRule, NeverLog, Several,
    callbook::{Effect, Input},
    undo::{ChoiceBefore, Memory, Undo},
    view::{Asked, AskedState, LookupView, MatchGroup, Partly},
};

use crate::desk::{ANNA, BERT, Desk, Say, answer, asks, contact, end, ring};

fn person(id: &str, name: &str, last_call: i64) -> Contact {
    Contact {
        name: name.into(),
        last_call: Some(Timestamp(last_call)),
        ..contact(id, ANNA)
    }
}

fn group(contact: Contact) -> MatchGroup {
    MatchGroup {
        best: Match {
            contact,
            grade: Grade::Exact,
            number: 0,
            as_of: Timestamp(1),
            live: true,
        },
        also: Vec::new(),
        gone: false,
    }
}

fn looked(desk: &mut Desk, running: bool, matches: &[Contact]) -> Vec<Effect> {
    let call = desk.call(1).id;
    desk.apply(Input::Looked {
        call,
        lookup: LookupView {
            running,
            matches: matches.iter().cloned().map(group).collect(),
            ..LookupView::default()
        },
        remembered: None,
        linked: None,
    })
}

fn chosen(desk: &Desk) -> Option<(&str, ChosenBy)> {
    let choice = desk.only().choice.as_ref()?;
    Some((choice.contact.name.as_str(), choice.by))
}

fn with(several: Several) -> Desk {
    Desk::with(Config {
        several,
        log_rule: LogRule::Always,
        ..Config::default()
    })
}

fn zoe() -> Contact {
    person("1", "Zoe", 1)
}

fn adam() -> Contact {
    person("2", "Adam", 2)
}

fn carl() -> Contact {
    person("3", "Carl", 3)
}

#[test]
fn a_rule_decides_when_everybody_has_answered_and_the_call_is_logged_by_it() {
    let mut desk = with(Several::LastSpoken);
    desk.event(ring("sip", "a", 1_000));
    looked(&mut desk, true, &[zoe(), adam()]);
    assert_eq!(chosen(&desk), None);
    looked(&mut desk, false, &[zoe(), adam()]);
    assert_eq!(chosen(&desk), Some(("Adam", ChosenBy::LastSpoken)));
    // Asked again, it stands until the last answer is there.
    looked(&mut desk, true, &[zoe(), adam(), carl()]);
    assert_eq!(chosen(&desk), Some(("Adam", ChosenBy::LastSpoken)));
    looked(&mut desk, false, &[zoe(), adam(), carl()]);
    assert_eq!(chosen(&desk), Some(("Carl", ChosenBy::LastSpoken)));
    desk.event(answer("sip", "a", 2_000));
    let effects = desk.event(end("sip", "a", 9_000, EndReason::Completed));
    assert!(effects.contains(&Effect::Log(desk.only().id)), "{effects:?}");
}

/// The half that did not answer just now may hold the one who it is, or a second one with the number.
#[test]
fn half_an_answer_is_no_reason_to_log_unasked() {
    let partly = |passing| {
        AskedState::Partly(Partly {
            why: "Lead: the CRM is down".into(),
            passing,
        })
    };
    for (state, other, logs) in [
        (partly(true), AskedState::Found, false),
        // What this account may never see is not waited for.
        (partly(false), AskedState::Found, true),
        (AskedState::Found, partly(true), true),
    ] {
        let mut desk = with(Several::Ask);
        desk.event(ring("sip", "a", 1_000));
        let lookup = |state: &AskedState| LookupView {
            matches: vec![group(zoe())],
            asked: [(zoe().id.connection, state), (ConnectionId::new("other"), &other)]
                .map(|(connection, state)| Asked {
                    info: ConnectorInfo {
                        connection,
                        name: "A CRM".into(),
                        types: Vec::new(),
                    },
                    state: state.clone(),
                })
                .into(),
            ..LookupView::default()
        };
        let call = desk.call(1).id;
        let looked = |lookup| Input::Looked {
            call,
            lookup,
            remembered: None,
            linked: None,
        };
        desk.apply(looked(lookup(&state)));
        assert_eq!(
            chosen(&desk),
            Some(("Zoe", ChosenBy::OnlyExactMatch)),
            "shown all the same"
        );
        desk.event(answer("sip", "a", 2_000));
        let effects = desk.event(end("sip", "a", 9_000, EndReason::Completed));
        assert_eq!(effects.contains(&Effect::Log(call)), logs, "{state:?}");
    }
}

/// A second one with the number may still be on the way, and who was slow may be the only one who knows the caller.
#[test]
fn what_ends_before_everybody_answered_is_logged_by_the_rule_once_they_have() {
    let logs = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Log(_)));
    let ended = |first: Option<&[Contact]>| {
        let mut desk = with(Several::Ask);
        desk.event(ring("sip", "a", 1_000));
        if let Some(matches) = first {
            looked(&mut desk, true, matches);
        }
        let effects = desk.event(end("sip", "a", 3_000, EndReason::Missed));
        assert!(!logs(&effects), "{effects:?}");
        desk
    };
    let (one, two) = ([zoe()], [zoe(), adam()]);
    for (first, then, expected) in [
        (Some(&one[..]), &two[..], None),
        (Some(&one[..]), &one[..], Some("Zoe")),
        (Some(&[][..]), &one[..], Some("Zoe")),
        (None, &one[..], Some("Zoe")),
        (Some(&one[..]), &[][..], None),
    ] {
        let mut desk = ended(first);
        assert!(!logs(&looked(&mut desk, true, then)), "while it is asked: {first:?}");
        assert_eq!(
            logs(&looked(&mut desk, false, then)),
            expected.is_some(),
            "{first:?}, {then:?}"
        );
        assert_eq!(chosen(&desk).map(|(name, _)| name), expected);
        // Asked again it is not logged again.
        assert!(!logs(&looked(&mut desk, false, then)));
    }
    // A person who says who it was is waited for by nobody, and an answer of tomorrow logs nothing.
    let mut desk = ended(Some(&one));
    let call = desk.only().id;
    let choice = Some(Choice {
        contact: adam(),
        by: ChosenBy::Person,
    });
    desk.apply(Input::Choose { call, choice });
    assert!(logs(&looked(&mut desk, true, &two)));
    let mut desk = ended(Some(&one));
    desk.tick(90_000);
    assert!(!logs(&looked(&mut desk, false, &one)));
}

#[test]
fn when_the_program_ends_who_has_not_answered_is_late() {
    let (one, two) = ([zoe()], [zoe(), adam()]);
    for (ends, running, found, logged) in [
        (true, true, &one[..], true),
        (true, true, &two[..], false),
        (true, true, &[][..], false),
        // Logged when it ended; going on.
        (true, false, &one[..], false),
        (false, true, &one[..], false),
    ] {
        let mut desk = with(Several::First);
        desk.event(ring("sip", "a", 1_000));
        looked(&mut desk, running, found);
        if ends {
            desk.event(end("sip", "a", 3_000, EndReason::Missed));
        }
        let expected = if logged { vec![desk.only().id] } else { Vec::new() };
        assert_eq!(desk.book.log_unanswered(), expected, "{ends}, {running}, {found:?}");
        assert!(desk.book.log_unanswered().is_empty(), "once");
    }
}

#[test]
fn a_call_that_is_over_is_not_about_somebody_else_because_others_called_since() {
    let mut desk = with(Several::LastSpoken);
    desk.event(ring("sip", "a", 1_000));
    looked(&mut desk, false, &[zoe(), adam()]);
    desk.event(end("sip", "a", 9_000, EndReason::Missed));
    looked(&mut desk, false, &[person("1", "Zoe", 99), adam()]);
    assert_eq!(chosen(&desk), Some(("Adam", ChosenBy::LastSpoken)));
    // The only one who is left is beyond doubt, though.
    looked(&mut desk, false, &[zoe()]);
    assert_eq!(chosen(&desk), Some(("Zoe", ChosenBy::OnlyExactMatch)));
}

#[test]
fn what_a_person_says_stands_over_every_rule_also_that_it_is_nobody() {
    let mut desk = with(Several::First);
    desk.event(ring("sip", "a", 1_000));
    looked(&mut desk, false, &[zoe(), adam()]);
    assert_eq!(chosen(&desk), Some(("Zoe", ChosenBy::First)));
    let call = desk.only().id;
    desk.apply(Input::Choose { call, choice: None });
    looked(&mut desk, false, &[zoe(), adam()]);
    assert_eq!(chosen(&desk), None);
    let choice = Some(Choice {
        contact: adam(),
        by: ChosenBy::Person,
    });
    desk.apply(Input::Choose { call, choice });
    looked(&mut desk, false, &[zoe(), adam()]);
    assert_eq!(chosen(&desk), Some(("Adam", ChosenBy::Person)));
    // Somebody else is on the line now: the rule may speak again.
    desk.apply(Input::Choose { call, choice: None });
    desk.event(answer("sip", "a", 2_000).from(BERT));
    looked(&mut desk, false, &[zoe(), adam()]);
    assert_eq!(chosen(&desk), Some(("Zoe", ChosenBy::First)));
}

#[test]
fn a_number_that_is_never_logged_is_looked_up_and_shown() {
    let config = Config {
        never_log: vec![ANNA.into()],
        log_rule: LogRule::Always,
        ..Config::default()
    };
    let mut desk = Desk::with(config.clone());
    let effects = desk.event(ring("sip", "a", 1_000));
    assert!(asks(&effects) && desk.only().no_log);
    looked(&mut desk, false, &[zoe()]);
    assert_eq!(chosen(&desk), Some(("Zoe", ChosenBy::OnlyExactMatch)));
    let effects = desk.event(end("sip", "a", 9_000, EndReason::Completed));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Log(_))));
    let caller = &desk.only().remote.reading;
    assert_eq!(config.never_logs(caller), Some(NeverLog::Listed));
    assert!(!config.is_vip(caller));
}

#[test]
fn a_number_that_is_listed_during_the_call_is_not_logged_either() {
    let mut desk = with(Several::Ask);
    desk.event(ring("sip", "a", 1_000));
    looked(&mut desk, false, &[zoe()]);
    let config = Config {
        never_log: vec![ANNA.into()],
        log_rule: LogRule::Always,
        ..Config::default()
    };
    desk.book.configure(config, "UTC".into());
    let effects = desk.event(end("sip", "a", 9_000, EndReason::Completed));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Log(_))));
}

#[test]
fn the_lists_know_a_number_in_a_sip_address_of_the_own_country() {
    let config = Config {
        home: ringside_domain::phone::Home::of("US".parse().unwrap()),
        vip: vec![ANNA.into()],
        own_numbers: vec![BERT.into()],
        never_log: vec![BERT.into()],
        ..Config::default()
    };
    let read = |text: &str| ringside_domain::phone::read(text, &config.home);
    for text in [
        "sip:4155550100@pbx.example",
        "sip:4155550100@sip.example.com;user=phone",
        ANNA,
    ] {
        assert!(config.is_vip(&read(text)), "{text}");
    }
    assert!(!config.is_vip(&read("sip:anna@pbx.example")) && !config.is_vip(&read("100")) && !config.is_vip(&read("")));
    assert_eq!(
        config.never_logs(&read(BERT)),
        Some(NeverLog::OwnNumber),
        "of two reasons the stronger one"
    );
}

fn choose(desk: &mut Desk, call: CallId, contact: Contact, memory: Option<Memory>) {
    let entry = desk.book.get(call).unwrap();
    let before = ChoiceBefore {
        choice: entry.call.choice.clone(),
        fields: entry.call.fields.clone(),
        memory,
        ..ChoiceBefore::default()
    };
    let choice = Some(Choice {
        contact,
        by: ChosenBy::Person,
    });
    desk.apply(Input::Choose { call, choice });
    let undo = Undo::Choice(Box::new(before));
    desk.apply(Input::Undoable { call, undo });
}

#[test]
fn a_choice_that_is_taken_back_is_what_it_would_be_by_now() {
    let mut desk = with(Several::First);
    desk.event(ring("sip", "a", 1_000));
    let call = desk.only().id;
    looked(&mut desk, true, &[zoe()]);
    assert_eq!(chosen(&desk), Some(("Zoe", ChosenBy::OnlyExactMatch)));
    choose(&mut desk, call, carl(), None);
    let fields = vec![("matter".to_owned(), "7".to_owned())];
    desk.apply(Input::Fields {
        call,
        contact: carl().id,
        fields: fields.clone(),
    });
    // A second one with the number turned up meanwhile: it is not the only one any more, but the first.
    looked(&mut desk, false, &[zoe(), adam()]);
    let effects = desk.apply(Input::Undo { call });
    assert_eq!(effects, [Effect::Save(call), Effect::Publish(call)]);
    assert_eq!(chosen(&desk), Some(("Zoe", ChosenBy::First)));
    assert!(desk.apply(Input::Undo { call }).is_empty(), "one step");

    // What a person had chosen comes back as it was, with its fields.
    choose(&mut desk, call, carl(), None);
    desk.apply(Input::Fields {
        call,
        contact: carl().id,
        fields: fields.clone(),
    });
    choose(&mut desk, call, adam(), None);
    assert!(desk.only().fields.is_empty());
    desk.apply(Input::Undo { call });
    assert_eq!(chosen(&desk), Some(("Carl", ChosenBy::Person)));
    assert_eq!(desk.only().fields, fields);
}

#[test]
fn what_was_remembered_decides_again_after_an_undo() {
    let mut desk = with(Several::First);
    desk.event(ring("sip", "a", 1_000));
    let call = desk.only().id;
    let memory = Memory {
        e164: ANNA.into(),
        choice: Some(adam().id),
        linked: None,
    };
    choose(&mut desk, call, carl(), Some(memory));
    looked(&mut desk, false, &[zoe(), adam()]);
    desk.apply(Input::Undo { call });
    assert_eq!(chosen(&desk), Some(("Adam", ChosenBy::Remembered)));
}

#[test]
fn nothing_is_taken_back_on_somebody_elses_call() {
    let mut desk = with(Several::Ask);
    desk.event(ring("sip", "a", 1_000));
    let call = desk.only().id;
    choose(&mut desk, call, carl(), None);
    desk.event(answer("sip", "a", 2_000).from(BERT));
    assert!(desk.apply(Input::Undo { call }).is_empty());
    assert_eq!(chosen(&desk), Some(("Carl", ChosenBy::Person)));
}

#[test]
fn a_call_that_is_set_aside_no_more_is_logged_by_its_rule() {
    for ended in [false, true] {
        let mut desk = with(Several::Ask);
        desk.event(ring("sip", "a", 1_000));
        let call = desk.only().id;
        looked(&mut desk, false, &[zoe()]);
        desk.apply(Input::SetAside { call, no_log: true });
        let undo = Undo::SetAside { no_log: false };
        desk.apply(Input::Undoable { call, undo });
        if ended {
            let effects = desk.event(end("sip", "a", 9_000, EndReason::Completed));
            assert!(!effects.contains(&Effect::Log(call)));
        }
        let effects = desk.apply(Input::Undo { call });
        assert!(!desk.only().no_log);
        assert_eq!(effects.contains(&Effect::Log(call)), ended);
    }
}
