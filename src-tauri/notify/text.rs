//! What a notification says: who it is, as certain as the card says it.

use ringside_app::host::Notice;
use ringside_ipc::{
    call::{CallDto, CallerDto, CallerKind, ChosenByDto, DirectionDto},
    contact::{ContactDto, GradeDto},
};

use crate::words::Words;

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

/// The number as it is read out; an extension, which the owner writes as `ext. 204`, in the words of the language.
fn number(CallerDto { kind, text, .. }: &CallerDto, words: &Words) -> String {
    match text.strip_prefix("ext. ").filter(|_| *kind == CallerKind::Extension) {
        Some(digits) => format!("{} {digits}", words.extension),
        None => text.clone(),
    }
}

/// Name first; then what kind of call, company and number.
pub(super) fn notice(call: &CallDto, words: &Words) -> Notice {
    let direction = match call.direction {
        DirectionDto::In => words.incoming,
        DirectionDto::Out => words.outgoing,
    };
    let mut facts = vec![direction.to_owned()];
    let title = match (caller(call), call.caller.kind) {
        (Some((contact, is_certain)), _) => {
            facts.extend(contact.company.clone().filter(|company| *company != contact.name));
            facts.push(number(&call.caller, words));
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
                number(&call.caller, words)
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

/// So many ring at once that none is named.
pub(super) fn storm(ringing: usize, words: &Words) -> Notice {
    Notice {
        title: match ringing {
            1 => words.call_rings.to_owned(),
            several => format!("{several} {}", words.calls_ring),
        },
        body: words.click_for_card.to_owned(),
        actions: vec![],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::samples::{anna, call};

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

    #[test]
    fn an_extension_is_said_in_the_words_of_the_language() {
        let extension = call(
            |call| call["caller"] = json!({ "kind": "extension", "text": "ext. 204", "e164": null, "region": null, "line_type": null, "display": null }),
        );
        assert_eq!(notice(&extension, Words::of("en")).title, "ext. 204");
        assert_eq!(notice(&extension, Words::of("de")).title, "Durchwahl 204");
    }

    #[test]
    fn a_storm_is_told_by_its_number() {
        let title = |ringing, language| storm(ringing, Words::of(language)).title;
        assert_eq!(title(200, "en"), "200 calls are ringing");
        assert_eq!(title(1, "en"), "1 call is ringing");
        assert_eq!(title(4, "de"), "4 Anrufe klingeln");
    }
}
