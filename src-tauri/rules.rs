//! What a call opens by itself, where the person set a rule for it: the caller's record in the browser, or the search for a caller
//! whom nobody knows. Once for each call, only for calls of trusted phones, never for a rehearsal's, and never while others may
//! read the screen. Pure.

use std::collections::HashMap;

use ringside_ipc::{
    call::{CallDto, CallStateDto, CallerKind, ChosenByDto},
    settings::{NobodyDto, OpenRecordDto, SettingsDto},
    status::QuietDto,
};

use crate::manners;

#[derive(Debug, PartialEq, Eq)]
pub enum Act {
    /// The record's page.
    OpenRecord(String),
    /// By name, for this call.
    Search,
}

#[derive(Debug, Default)]
pub struct Rules {
    /// Calls that go on, and whether something was opened for them.
    calls: HashMap<String, bool>,
}

impl Rules {
    /// A call of which Ringside knew before these rules looked: a restart opens nothing a second time.
    pub fn known(&mut self, call: &CallDto) {
        if !call.is_over {
            self.calls.insert(call.id.clone(), true);
        }
    }

    /// A call began, changed or ended.
    pub fn call(&mut self, call: &CallDto, settings: &SettingsDto, quiet: &QuietDto) -> Option<Act> {
        if call.is_over {
            self.calls.remove(&call.id);
            return None;
        }
        let acted = self.calls.entry(call.id.clone()).or_default();
        if *acted || !may_act(call, quiet) {
            return None;
        }
        let act = record(call, settings).or_else(|| search(call, settings))?;
        *acted = true;
        Some(act)
    }
}

fn may_act(call: &CallDto, quiet: &QuietDto) -> bool {
    !call.unverified && !call.rehearsal && !manners::is_discreet(quiet) && manners::is_open_to(call, quiet)
}

/// Of whoever is chosen: by the person, or because nobody else can be meant.
fn record(call: &CallDto, settings: &SettingsDto) -> Option<Act> {
    let is_time = match settings.open_record {
        OpenRecordDto::ByHand => false,
        OpenRecordDto::Ring => true,
        OpenRecordDto::Answer => call.state == CallStateDto::Answered,
    };
    let choice = call.choice.as_ref().filter(|_| is_time)?;
    // An answer that is still to come may make it one of several.
    if call.lookup.running && choice.by != ChosenByDto::Person {
        return None;
    }
    let url = choice.contact.url.as_ref()?;
    url.starts_with("https://").then(|| Act::OpenRecord(url.clone()))
}

fn search(call: &CallDto, settings: &SettingsDto) -> Option<Act> {
    let is_time = settings.nobody == NobodyDto::Search && call.state == CallStateDto::Answered;
    // Our own extension, or a caller without a number: there is nobody to be found missing.
    let is_number = matches!(call.caller.kind, CallerKind::Number | CallerKind::SipAddress);
    let is_nobody = !call.lookup.running
        && call.lookup.checked.is_some()
        && call.lookup.matches.is_empty()
        && call.choice.is_none()
        && call.creation.is_none();
    (is_time && is_number && is_nobody).then_some(Act::Search)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::samples::{anna, call, settings};

    const PAGE: &str = "https://crm.example.com/contact/1";

    fn real(change: impl FnOnce(&mut Value)) -> CallDto {
        call(|call| {
            call["rehearsal"] = json!(false);
            call["lookup"]["checked"] = json!(1);
            change(call);
        })
    }

    fn chosen(state: &str, change: impl FnOnce(&mut Value)) -> CallDto {
        real(|call| {
            call["state"] = json!(state);
            call["lookup"]["matches"] = json!([anna()]);
            call["choice"] = json!({ "contact": anna()["contact"], "by": "only_exact_match" });
            call["choice"]["contact"]["url"] = json!(PAGE);
            change(call);
        })
    }

    fn opening(when: OpenRecordDto) -> SettingsDto {
        settings(|settings| settings.open_record = when)
    }

    fn searching() -> SettingsDto {
        settings(|settings| settings.nobody = NobodyDto::Search)
    }

    fn once(call: &CallDto, settings: &SettingsDto) -> Option<Act> {
        Rules::default().call(call, settings, &QuietDto::default())
    }

    #[test]
    fn the_record_opens_when_it_is_said_and_once() {
        let open = Some(Act::OpenRecord(PAGE.into()));
        let (ringing, answered) = (chosen("ringing", |_| {}), chosen("answered", |_| {}));
        assert_eq!(once(&ringing, &opening(OpenRecordDto::Ring)), open);
        assert_eq!(once(&ringing, &opening(OpenRecordDto::Answer)), None);
        assert_eq!(once(&answered, &opening(OpenRecordDto::Answer)), open);
        assert_eq!(once(&answered, &opening(OpenRecordDto::ByHand)), None);

        let mut rules = Rules::default();
        let on_ring = opening(OpenRecordDto::Ring);
        assert_eq!(rules.call(&ringing, &on_ring, &QuietDto::default()), open);
        assert_eq!(rules.call(&answered, &on_ring, &QuietDto::default()), None);
        rules.call(
            &chosen("completed", |call| call["is_over"] = json!(true)),
            &on_ring,
            &QuietDto::default(),
        );
        assert!(rules.calls.is_empty(), "nothing is kept of a call that is over");
    }

    #[test]
    fn a_restart_opens_nothing_again() {
        let mut rules = Rules::default();
        rules.known(&chosen("answered", |_| {}));
        assert_eq!(
            rules.call(
                &chosen("answered", |_| {}),
                &opening(OpenRecordDto::Answer),
                &QuietDto::default()
            ),
            None
        );
    }

    #[test]
    fn only_a_proved_or_chosen_record_of_a_trusted_call_opens() {
        let on_ring = opening(OpenRecordDto::Ring);
        for (why, change) in [
            (
                "unverified",
                (|call: &mut Value| call["unverified"] = json!(true)) as fn(&mut Value),
            ),
            ("a rehearsal", |call| call["rehearsal"] = json!(true)),
            ("still asking", |call| call["lookup"]["running"] = json!(true)),
            ("nobody chosen", |call| call["choice"] = Value::Null),
            ("no page", |call| call["choice"]["contact"]["url"] = Value::Null),
            ("no secure page", |call| {
                call["choice"]["contact"]["url"] = json!("http://crm.example.com/")
            }),
            ("no page at all", |call| {
                call["choice"]["contact"]["url"] = json!("file:///etc/passwd")
            }),
        ] {
            assert_eq!(once(&chosen("ringing", change), &on_ring), None, "{why}");
        }
        let by_hand = chosen("ringing", |call| {
            call["lookup"]["running"] = json!(true);
            call["choice"]["by"] = json!("person");
        });
        assert!(once(&by_hand, &on_ring).is_some());
    }

    #[test]
    fn nothing_opens_where_others_see_it_or_the_person_wants_quiet() {
        let call = chosen("ringing", |_| {});
        let quiet = [
            QuietDto {
                locked: true,
                ..QuietDto::default()
            },
            QuietDto {
                presenting: true,
                ..QuietDto::default()
            },
            QuietDto {
                paused_until: Some(1),
                ..QuietDto::default()
            },
            QuietDto {
                do_not_disturb: true,
                ..QuietDto::default()
            },
        ];
        for quiet in quiet {
            let mut rules = Rules::default();
            assert_eq!(
                rules.call(&call, &opening(OpenRecordDto::Ring), &quiet),
                None,
                "{quiet:?}"
            );
        }
    }

    #[test]
    fn the_search_opens_on_answer_when_nobody_was_found() {
        let answered = |change: fn(&mut Value)| {
            real(|call| {
                call["state"] = json!("answered");
                change(call);
            })
        };
        assert_eq!(once(&answered(|_| {}), &searching()), Some(Act::Search));
        for (why, change) in [
            (
                "rings",
                (|call: &mut Value| call["state"] = json!("ringing")) as fn(&mut Value),
            ),
            ("still asking", |call| call["lookup"]["running"] = json!(true)),
            ("not asked yet", |call| call["lookup"]["checked"] = Value::Null),
            ("somebody", |call| call["lookup"]["matches"] = json!([anna()])),
            ("withheld", |call| call["caller"]["kind"] = json!("withheld")),
            ("an extension", |call| call["caller"]["kind"] = json!("extension")),
            ("unverified", |call| call["unverified"] = json!(true)),
        ] {
            assert_eq!(once(&answered(change), &searching()), None, "{why}");
        }
        assert_eq!(
            once(&answered(|_| {}), &settings(|_| {})),
            None,
            "not unless the rule says so"
        );
    }
}
