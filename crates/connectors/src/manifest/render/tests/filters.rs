//! Filters, as templates use them.

use super::*;
use crate::manifest::format::Template;

/// A template's text over `note` and `call`.
fn made(template: &str, note: &Value) -> ringside_domain::Result<String> {
    let loaded = logging(&format!("path = '/x'\nheaders.X = '''{template}'''"));
    let scope = search_scope("x")
        .with("note", note)
        .with("call", &json!({ "seconds": 95, "start": 1_774_745_970_000_i64, "direction": "out", "end": null, "answered": false }))
        .with("zone", "Europe/Berlin");
    let text = Template(template.to_owned());
    loaded.text(&text, &scope)
}

fn check(rows: &[(&str, Value, &str)]) {
    for (filters, note, wanted) in rows {
        let template = format!("{{{{ note {filters} }}}}");
        match made(&template, note) {
            Ok(text) => assert_eq!(text, *wanted, "{template} of {note}"),
            Err(error) => panic!("{template} of {note}: {error}"),
        }
    }
}

#[test]
fn numbers() {
    check(&[
        ("| digits", json!("+1 (202) 555-0100"), "12025550100"),
        ("| sig", json!("+442079460123"), "2079460123"),
        ("| e164", json!("+1 (202) 555-0100"), "+12025550100"),
        ("| national", json!("+442079460123"), "020 7946 0123"),
        ("| international", json!("+442079460123"), "+44 20 7946 0123"),
        ("| last(7)", json!("+12025550100"), "5550100"),
        ("| last(99)", json!("12"), "12"),
        ("| gaps", json!("+12025550100"), "%202%555%0100"),
        ("| gaps", json!("+442079460123"), "%20%7946%0123"),
        ("| gaps('*')", json!("+493023125001"), "*30*23125001"),
        ("| gaps", json!("5550100"), "%5%5%5%0%1%0%0"),
        ("| gaps", json!("555-0100"), "%555%0100"),
        ("| like", json!("50%_\\"), "50\\%\\_\\\\"),
        ("| sig", json!("not a number"), ""),
        ("| e164", json!("1001"), "1001"),
    ]);
}

#[test]
fn texts_and_values() {
    check(&[
        (
            "| html",
            json!("a <b>\r\n\"&'\nc"),
            "a &lt;b&gt;<br>&quot;&amp;&#39;<br>c",
        ),
        ("| trim_to(3)", json!("äöüß"), "äöü"),
        ("| strip('-. ')", json!("1-2.3 4"), "1234"),
        ("| base64", json!("key:"), "a2V5Og=="),
        ("| int", json!("007"), "7"),
        ("| int", json!(3.9), "3"),
        ("| int", json!("9007199254740993"), "9007199254740993"),
        ("| float", json!("1.5"), "1.5"),
        ("| string", json!(7), "7"),
        ("| upper", json!("ß"), "SS"),
        ("| first_word", json!("  Ana Maria Diaz"), "Ana"),
        ("| rest_words", json!("  Ana  Maria Diaz"), "Maria Diaz"),
        ("| rest_words", json!("Ana"), ""),
        ("| default('x')", json!(null), "x"),
        ("| default('x')", json!(""), "x"),
        ("| default('x')", json!(0), "0"),
        ("| first", json!(["a", "b"]), "a"),
        ("| last", json!(["a", "b"]), "b"),
        ("| length", json!("äö"), "2"),
        ("| length", json!([1, 2, 3]), "3"),
        ("| join(', ')", json!(["a", null, "", "b"]), "a, b"),
        ("| json", json!({ "a": ["\"", 1] }), r#"{"a":["\"",1]}"#),
        ("| map({'in': 'Inbound'}, 'Other')", json!("out"), "Other"),
        ("| map({'true': 'yes', 'false': 'no'})", json!(true), "yes"),
        ("| upper", json!(null), ""),
        (
            "| matched('rest([0-9]+)[.]')",
            json!("https://rest91.example.com/e1/"),
            "91",
        ),
        ("| matched('x+')", json!("axxb"), "xx"),
        ("| matched('rest([0-9]+)') | default('?')", json!("nothing"), "?"),
        ("| replace('a', 'b')", json!("aXa"), "bXb"),
    ]);
    assert!(made("{{ note | map({'in': 'Inbound'}) }}", &json!("out")).is_err());
    assert!(made("{{ note | matched(note) }}", &json!("(")).is_err());
    assert!(made("{{ note | matched(note) }}", &json!("(a{900}){900}")).is_err());
    assert!(made("{{ note | int }}", &json!("seven")).is_err());
    assert!(made("{{ note | upper }}", &json!(["a"])).is_err());
}

#[test]
fn durations() {
    check(&[
        ("| minutes('ceil')", json!(61), "2"),
        ("| minutes('floor')", json!(119), "1"),
        ("| minutes('round')", json!(90), "2"),
        ("| minutes('float')", json!(90), "1.5"),
        ("| hms", json!(3_725), "01:02:05"),
        ("| mmss", json!(3_725), "62:05"),
        ("| hours", json!(7_199), "1"),
        ("| minutes", json!(null), ""),
    ]);
    assert!(made("{{ note | minutes('half') }}", &json!(1)).is_err());
    assert!(made("{{ note | hms }}", &json!(-1)).is_err());
}

#[test]
fn times_are_right_on_both_changes_of_the_clock_and_across_midnight() {
    // 2026-03-29T00:59:30Z, a minute later, 2026-10-25T00:30Z and 01:30Z, 2026-06-30T22:30Z, and before 1970.
    let spring = 1_774_745_970_000_i64;
    let autumn = 1_792_888_200_000_i64;
    let midnight = 1_782_858_600_000_i64;
    check(&[
        ("| iso", json!(spring), "2026-03-29T00:59:30Z"),
        ("| iso(zone)", json!(spring), "2026-03-29T01:59:30+01:00"),
        ("| iso(zone)", json!(spring + 60_000), "2026-03-29T03:00:30+02:00"),
        ("| iso(zone)", json!(autumn), "2026-10-25T02:30:00+02:00"),
        ("| iso(zone)", json!(autumn + 3_600_000), "2026-10-25T02:30:00+01:00"),
        ("| date('%Y-%m-%d %H:%M', zone)", json!(midnight), "2026-07-01 00:30"),
        ("| date('%Y-%m-%d %H:%M')", json!(midnight), "2026-06-30 22:30"),
        (
            "| date('%-d %B %Y', 'America/New_York')",
            json!(midnight),
            "30 June 2026",
        ),
        ("| epoch_s", json!(spring + 999), "1774745970"),
        ("| epoch_ms", json!(spring), "1774745970000"),
        ("| iso", json!(null), ""),
        ("| iso", json!(-1_000), "1969-12-31T23:59:59Z"),
    ]);
    let unknown = made("{{ call.start | iso('Mars/Base') }}", &json!("")).unwrap_err();
    assert!(unknown.message.contains("Mars/Base"), "{unknown}");
    assert!(made("{{ note | iso }}", &json!(1e30)).is_err());
    assert!(made("{{ note | date('%') }}", &json!(0)).is_err());
}

#[test]
fn errors_name_the_expression_and_never_the_value() {
    for filter in ["int", "minutes", "map({'a': 1})", "iso", "hms", "first | int"] {
        let error = made(&format!("{{{{ note | {filter} }}}}"), &json!("Ana +12025550100"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(filter) && !error.contains("Ana") && !error.contains("0100"),
            "{error}"
        );
    }
}
