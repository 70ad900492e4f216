//! The desktop notification of a call: who rings, for eyes on another screen and for screen readers, which do not read a
//! window that has no focus. A click opens the card. It goes when the call ends.

use std::collections::HashMap;

use ringside_app::host::{Notice, Notifier, notify::OPEN};
use ringside_ipc::{
    call::{CallDto, CallerKind, ChosenByDto, DirectionDto},
    contact::{ContactDto, GradeDto},
    settings::{PopDto, SettingsDto},
};
use tauri::AppHandle;

use crate::{windows, words::Words};

pub struct Notices {
    notifier: Notifier,
    words: &'static Words,
    /// What is on the screen, by call: an equal notice is not sent twice.
    shown: HashMap<String, Notice>,
    /// Said once in the log, not at each call.
    complained: bool,
}

impl Notices {
    pub fn new(app: &AppHandle) -> Self {
        let app = app.clone();
        let clicked = move |code: &str| {
            if code == OPEN {
                windows::on_main(&app, |app| {
                    windows::card::focus(app);
                    if !windows::card::is_shown(app) {
                        windows::show_main(app);
                    }
                });
            }
        };
        Self {
            notifier: Notifier::new(move |_, code| clicked(code)),
            words: Words::of_the_system(),
            shown: HashMap::new(),
            complained: false,
        }
    }

    /// A call began, changed or ended.
    pub async fn call(&mut self, call: &CallDto, began: bool, settings: Option<&SettingsDto>) {
        let Ok(id) = call.id.parse() else { return };
        if call.is_over {
            if self.shown.remove(&call.id).is_some()
                && let Err(error) = self.notifier.close(id).await
            {
                tracing::warn!(%error, "a notification can't be closed");
            }
            return;
        }
        let wanted = began && settings.is_none_or(|settings| wants(settings, call.direction));
        // Who it is may be found a moment later: the notification on the screen follows.
        if !wanted && !self.shown.contains_key(&call.id) {
            return;
        }
        let notice = notice(call, self.words);
        if self.shown.get(&call.id) == Some(&notice) {
            return;
        }
        match self.notifier.show(id, notice.clone()).await {
            Ok(()) => {
                self.shown.insert(call.id.clone(), notice);
            }
            Err(error) if !self.complained => {
                self.complained = true;
                tracing::warn!(%error, "calls are not notified");
            }
            Err(_) => {}
        }
    }
}

impl Notices {
    /// Takes every notification away: the app ends.
    pub async fn close_all(&mut self) {
        for (call, _) in self.shown.drain() {
            if let Ok(id) = call.parse()
                && let Err(error) = self.notifier.close(id).await
            {
                tracing::warn!(%error, "a notification can't be closed");
            }
        }
    }
}

fn wants(settings: &SettingsDto, direction: DirectionDto) -> bool {
    settings.notify && (direction == DirectionDto::In || settings.pop == PopDto::Always)
}

/// Who the call is with, and whether that is certain: the same that the card says, so that nobody is greeted by the name of
/// somebody who only may be calling.
fn caller(call: &CallDto) -> Option<(&ContactDto, bool)> {
    let matches = call.lookup.matches.as_slice();
    if let Some(choice) = &call.choice {
        let is_chosen = |one: &ContactDto| one.reference == choice.contact.reference;
        let one_of_several = matches.len() > 1
            && choice.by == ChosenByDto::Remembered
            && matches
                .iter()
                .any(|one| is_chosen(&one.contact) || one.also.iter().any(is_chosen));
        return (!one_of_several).then_some((&choice.contact, true));
    }
    match (call.caller.kind, matches) {
        (CallerKind::Withheld, _) => None,
        (_, [only]) => {
            let is_proof = matches!(
                only.grade,
                GradeDto::ExactWithExtension | GradeDto::Exact | GradeDto::Alias
            );
            Some((&only.contact, is_proof && !only.gone))
        }
        _ => None,
    }
}

/// Name first; then what kind of call, company and number.
fn notice(call: &CallDto, words: &Words) -> Notice {
    let direction = match call.direction {
        DirectionDto::In => words.incoming,
        DirectionDto::Out => words.outgoing,
    };
    let mut facts = vec![direction.to_owned()];
    let title = match (caller(call), call.caller.kind) {
        (Some((contact, is_certain)), _) => {
            facts.extend(contact.company.clone().filter(|company| *company != contact.name));
            facts.push(call.caller.text.clone());
            if is_certain {
                contact.name.clone()
            } else {
                format!("{} {}", words.probably, contact.name)
            }
        }
        (None, CallerKind::Withheld) => words.withheld.to_owned(),
        (None, _) => {
            if call.lookup.matches.len() > 1 {
                facts.push(format!("{} {}", call.lookup.matches.len(), words.several));
            }
            if call.caller.text.is_empty() {
                words.unknown_caller.to_owned()
            } else {
                call.caller.text.clone()
            }
        }
    };
    facts.extend(call.line.clone());
    facts.retain(|fact| !fact.is_empty());
    Notice {
        title,
        body: facts.join(" · "),
        actions: vec![],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn call(change: impl FnOnce(&mut Value)) -> CallDto {
        let mut value = json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057", "direction": "in", "state": "ringing", "is_over": false,
            "line": "Support", "caller": { "kind": "number", "text": "(202) 555-0143", "e164": "+12025550143",
            "region": "US", "line_type": null, "display": "FREE MONEY" }, "started": 0, "zone": "UTC", "answered": null,
            "ended": null, "talked": null, "unverified": false, "rehearsal": true, "lookup": { "running": false,
            "matches": [], "asked": [], "forms": 9, "checked": null }, "choice": null, "note": "", "outcome": null,
            "log": { "state": "not_logged", "write": null, "connection": null, "connection_name": null, "contact": null,
            "contact_name": null, "message": null, "hint": null, "code": null, "next_try": null, "url": null,
            "changed": false }, "fields": [], "twins": [], "provider_call_id": null
        });
        change(&mut value);
        serde_json::from_value(value).expect("a call")
    }

    fn anna() -> Value {
        json!({ "contact": { "ref": { "connection": "a", "contact_type": "person", "id": "1" }, "name": "Anna Meier",
            "company": "ACME", "title": null, "emails": [], "numbers": [], "type_label": "Person", "is_company": false,
            "connection_name": "Address book", "url": null, "last_call": null }, "grade": "exact", "number": 0,
            "as_of": 0, "live": false, "gone": false, "also": [] })
    }

    #[test]
    fn names_the_caller_first() {
        let notice = notice(
            &call(|call| call["lookup"]["matches"] = json!([anna()])),
            Words::of("en"),
        );
        assert_eq!(notice.title, "Anna Meier");
        assert_eq!(notice.body, "Incoming call · ACME · (202) 555-0143 · Support");
    }

    #[test]
    fn only_proof_is_called_by_name_alone() {
        let title = |language: &str, grade: &str, gone: bool| {
            let call = call(|call| {
                let mut one = anna();
                one["grade"] = json!(grade);
                one["gone"] = json!(gone);
                call["lookup"]["matches"] = json!([one]);
            });
            notice(&call, Words::of(language)).title
        };
        for proof in ["exact_with_extension", "exact", "alias"] {
            assert_eq!(title("en", proof, false), "Anna Meier", "{proof}");
            assert_eq!(title("en", proof, true), "Probably Anna Meier", "{proof}, and gone");
        }
        for weak in ["alternate", "national", "trunk", "tail"] {
            assert_eq!(title("en", weak, false), "Probably Anna Meier", "{weak}");
            assert_eq!(title("de", weak, false), "Vermutlich Anna Meier", "{weak}");
        }
    }

    #[test]
    fn a_person_chose_and_what_was_remembered_among_several_is_no_choice() {
        let chosen = |by: &str, count: usize| {
            let call = call(|call| {
                let mut others = vec![anna()];
                others[0]["grade"] = json!("tail");
                others.resize(count, anna());
                call["choice"] = json!({ "contact": anna()["contact"], "by": by });
                call["lookup"]["matches"] = json!(others);
            });
            notice(&call, Words::of("en")).title
        };
        assert_eq!(chosen("person", 1), "Anna Meier");
        assert_eq!(chosen("person", 2), "Anna Meier");
        assert_eq!(chosen("remembered", 1), "Anna Meier");
        assert_eq!(chosen("remembered", 2), "(202) 555-0143");
    }

    #[test]
    fn never_puts_a_claimed_name_where_a_known_one_stands() {
        let unknown = notice(&call(|_| {}), Words::of("en"));
        assert_eq!(unknown.title, "(202) 555-0143");
        assert!(!unknown.body.contains("MONEY"), "{}", unknown.body);
        let several = notice(
            &call(|call| call["lookup"]["matches"] = json!([anna(), anna()])),
            Words::of("de"),
        );
        assert_eq!(several.title, "(202) 555-0143");
        assert_eq!(several.body, "Eingehender Anruf · 2 mögliche Treffer · Support");
    }

    #[test]
    fn a_withheld_number_is_said_as_such() {
        let withheld = call(|call| {
            call["caller"]["kind"] = json!("withheld");
            call["caller"]["text"] = json!("");
        });
        assert_eq!(notice(&withheld, Words::of("en")).title, "Number withheld");
    }
}
