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
        (_, [only]) => Some((&only.contact, is_proof(only.grade) && !only.gone)),
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

/// What the caller is called, before anything else that is said about them; and the record, where there is one.
fn named<'a>(call: &'a CallDto, words: &Words) -> (String, Option<&'a ContactDto>) {
    match (caller(call), call.caller.kind) {
        (Some((contact, true)), _) => (contact.name.clone(), Some(contact)),
        (Some((contact, false)), _) => (format!("{} {}", words.probably, contact.name), Some(contact)),
        (None, CallerKind::Withheld) => (words.withheld.to_owned(), None),
        (None, _) if call.caller.text.is_empty() => (words.unknown_caller.to_owned(), None),
        (None, _) => (number(&call.caller, words), None),
    }
}

/// As a screen reader says it best: "Incoming call: Anna Meier. ACME, exact match"; then number and line. `discreet`: others may
/// read it, so it names nobody.
pub(super) fn notice(call: &CallDto, discreet: bool, words: &Words) -> Notice {
    let direction = match call.direction {
        DirectionDto::In => words.incoming,
        DirectionDto::Out => words.outgoing,
    };
    if discreet {
        return Notice {
            title: direction.to_owned(),
            ..Notice::default()
        };
    }
    let (name, contact) = named(call, words);
    let mut facts = Vec::new();
    if let Some(contact) = contact {
        let company = contact.company.clone().filter(|company| *company != contact.name);
        let exact = is_exact(call, contact).then(|| words.exact.to_owned());
        facts.push([company, exact].into_iter().flatten().collect::<Vec<_>>().join(", "));
        facts.push(number(&call.caller, words));
    } else if call.lookup.matches.len() > 1 {
        facts.push(format!("{} {}", call.lookup.matches.len(), words.several));
    }
    facts.extend(call.line.clone());
    facts.retain(|fact| !fact.is_empty());
    Notice {
        title: format!("{direction}: {name}"),
        body: facts.join(" · "),
        actions: vec![],
    }
}

/// Whether the caller's number is proved to be this record's.
fn is_exact(call: &CallDto, contact: &ContactDto) -> bool {
    let mut found = call.lookup.matches.iter();
    found.any(|one| one.contact.reference == contact.reference && is_proof(one.grade) && !one.gone)
}

fn is_proof(grade: GradeDto) -> bool {
    matches!(grade, GradeDto::ExactWithExtension | GradeDto::Exact | GradeDto::Alias)
}

/// Names that stand in the notification of missed calls.
const NAMED: usize = 4;

/// One for all calls that were missed since somebody looked, the newest first.
pub(super) fn missed<'a>(
    calls: impl DoubleEndedIterator<Item = &'a CallDto>,
    discreet: bool,
    words: &Words,
) -> Option<Notice> {
    let calls: Vec<&CallDto> = calls.rev().collect();
    let mut names: Vec<String> = Vec::new();
    for call in &calls {
        let (name, _) = named(call, words);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len() > NAMED;
    names.truncate(NAMED);
    let names = if discreet { String::new() } else { names.join(", ") };
    let dots = if more && !discreet { " …" } else { "" };
    let (title, body) = match calls.len() {
        0 => return None,
        1 if discreet => (words.missed_call.to_owned(), names),
        1 => (format!("{}: {names}", words.missed_call), String::new()),
        several => (format!("{several} {}", words.missed_calls), names + dots),
    };
    Some(Notice {
        title,
        body,
        actions: vec![],
    })
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

    /// Without what kind of call it is.
    fn title_of(call: &CallDto, language: &str) -> String {
        let title = notice(call, false, Words::of(language)).title;
        title
            .split_once(": ")
            .map(|(_, name)| name.to_owned())
            .expect("a kind of call")
    }

    #[test]
    fn names_nobody_where_others_may_read_it() {
        for (language, words) in [("en", "Incoming call"), ("de", "Eingehender Anruf")] {
            let known = call(|call| call["lookup"]["matches"] = json!([anna()]));
            let notice = notice(&known, true, Words::of(language));
            assert_eq!((notice.title.as_str(), notice.body.as_str()), (words, ""));
        }
    }

    #[test]
    fn missed_calls_are_told_in_one() {
        let known = call(|call| call["lookup"]["matches"] = json!([anna()]));
        let unknown = call(|_| {});
        let told = |calls: &[&CallDto], discreet| {
            missed(calls.iter().copied(), discreet, Words::of("en")).map(|notice| (notice.title, notice.body))
        };
        assert_eq!(told(&[], false), None);
        assert_eq!(
            told(&[&known], false),
            Some(("Missed call: Anna Meier".into(), String::new()))
        );
        assert_eq!(
            told(&[&known, &known, &unknown], false),
            Some(("3 missed calls".into(), "(202) 555-0143, Anna Meier".into()))
        );
        assert_eq!(told(&[&known], true), Some(("Missed call".into(), String::new())));
        assert_eq!(
            told(&[&known, &unknown], true),
            Some(("2 missed calls".into(), String::new()))
        );
    }

    #[test]
    fn names_the_caller_first() {
        let notice = notice(
            &call(|call| call["lookup"]["matches"] = json!([anna()])),
            false,
            Words::of("en"),
        );
        assert_eq!(notice.title, "Incoming call: Anna Meier");
        assert_eq!(notice.body, "ACME, exact match · (202) 555-0143 · Support");
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
            title_of(&call, language)
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
            title_of(&call, "en")
        };
        assert_eq!(chosen("person", 1), "Anna Meier");
        assert_eq!(chosen("person", 2), "Anna Meier");
        assert_eq!(chosen("remembered", 1), "Anna Meier");
        assert_eq!(chosen("remembered", 2), "(202) 555-0143");
    }

    #[test]
    fn never_puts_a_claimed_name_where_a_known_one_stands() {
        let unknown = notice(&call(|_| {}), false, Words::of("en"));
        assert_eq!(unknown.title, "Incoming call: (202) 555-0143");
        assert!(!unknown.body.contains("MONEY"), "{}", unknown.body);
        let several = notice(
            &call(|call| call["lookup"]["matches"] = json!([anna(), anna()])),
            false,
            Words::of("de"),
        );
        assert_eq!(several.title, "Eingehender Anruf: (202) 555-0143");
        assert_eq!(several.body, "2 mögliche Treffer · Support");
    }

    #[test]
    fn a_withheld_number_is_said_as_such() {
        let withheld = call(|call| {
            call["caller"]["kind"] = json!("withheld");
            call["caller"]["text"] = json!("");
        });
        assert_eq!(title_of(&withheld, "en"), "Number withheld");
    }

    #[test]
    fn an_extension_is_said_in_the_words_of_the_language() {
        let extension = call(
            |call| call["caller"] = json!({ "kind": "extension", "text": "ext. 204", "e164": null, "region": null, "line_type": null, "display": null }),
        );
        assert_eq!(title_of(&extension, "en"), "ext. 204");
        assert_eq!(title_of(&extension, "de"), "Durchwahl 204");
    }

    #[test]
    fn a_storm_is_told_by_its_number() {
        let title = |ringing, language| storm(ringing, Words::of(language)).title;
        assert_eq!(title(200, "en"), "200 calls are ringing");
        assert_eq!(title(1, "en"), "1 call is ringing");
        assert_eq!(title(4, "de"), "4 Anrufe klingeln");
    }
}
