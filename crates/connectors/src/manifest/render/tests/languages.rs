//! For every query language: whatever is typed stays inside its literal.

use super::*;

/// A text in quotes at the start of `text`: what is in it, escapes undone, and what is behind it.
fn literal(text: &str, backslash: bool, doubled: bool) -> (String, &str) {
    let quote = text.chars().next().unwrap();
    let mut signs = text.char_indices().skip(1).peekable();
    let mut inside = String::new();
    while let Some((at, sign)) = signs.next() {
        if backslash && sign == '\\' {
            inside.push(signs.next().unwrap().1);
        } else if sign == quote {
            if doubled && signs.peek().is_some_and(|(_, next)| *next == quote) {
                signs.next();
                inside.push(quote);
            } else {
                return (inside, &text[at + quote.len_utf8()..]);
            }
        } else {
            inside.push(sign);
        }
    }
    panic!("the literal is never closed: {text}");
}

fn one_line(text: &str) -> String {
    let plain = |sign: char| {
        if sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}') {
            ' '
        } else {
            sign
        }
    };
    text.chars().map(plain).collect()
}

fn query(language: &str, template: &str) -> Arc<Loaded> {
    searching(&format!(
        "path = \"/q\"\nquery.q = {{ \"$query\" = \"{language}\", template = '''{template}''' }}"
    ))
}

/// Languages with escapes: the value comes back whole. `(language, quote, backslash, doubled)`.
const ESCAPING: [(&str, char, bool, bool); 8] = [
    ("soql", '\'', true, false),
    ("coql", '\'', true, false),
    ("vtql", '\'', true, false),
    ("sosl", '"', true, false),
    ("sosl", '\'', true, false),
    ("lucene", '"', true, false),
    ("suiteql", '\'', false, true),
    ("odata", '\'', false, true),
];

/// Languages without: these signs never come through. `(language, quote, signs)`.
const STRIPPING: [(&str, char, &str); 4] = [
    ("zendesk_query", '"', "\"\\"),
    ("freshdesk_query", '\'', "'\"\\"),
    ("doli_filter", '\'', "'():\\\"<>"),
    ("twenty_filter", '"', "\"\\()[],"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn quoted_values_stay_quoted_and_come_back_whole(text in hostile()) {
        for (language, quote, backslash, doubled) in ESCAPING {
            let loaded = query(language, &format!("a = {quote}{{{{ query.text }}}}{quote} and b"));
            let made = parameter(&loaded, &search_scope(&text));
            let body = made.strip_prefix("a = ").unwrap();
            let (inside, behind) = literal(body, backslash, doubled);
            prop_assert_eq!(behind, " and b", "{}", language);
            prop_assert_eq!(inside, one_line(&text), "{}", language);
        }
    }

    #[test]
    fn where_there_is_no_escape_the_signs_are_taken_out(text in hostile()) {
        for (language, quote, signs) in STRIPPING {
            let loaded = query(language, &format!("a:{quote}{{{{ query.text }}}}{quote} and b"));
            let made = parameter(&loaded, &search_scope(&text));
            let (inside, behind) = literal(made.strip_prefix("a:").unwrap(), false, false);
            prop_assert_eq!(behind, " and b", "{}", language);
            prop_assert!(!inside.contains(|sign| signs.contains(sign)), "{}: {}", language, inside);
            let kept: String = one_line(&text).chars().filter(|sign| !signs.contains(*sign)).collect();
            prop_assert_eq!(inside, kept);
        }
    }

    #[test]
    fn bare_values_are_one_term(text in hostile()) {
        let scope = search_scope(&text);
        // Lucene: no sign that means something, no space, no word that is an operator.
        let made = parameter(&query("lucene", "name:{{ query.text }} AND x"), &scope);
        let term = made.strip_prefix("name:").unwrap().strip_suffix(" AND x").unwrap();
        if term != "\"\"" {
            let mut signs = term.chars();
            let mut plain = String::new();
            while let Some(sign) = signs.next() {
                if sign == '\\' {
                    plain.push(signs.next().unwrap());
                } else {
                    prop_assert!(!"+-&|!(){}[]^\"~*?:/<>= ".contains(sign), "{term}");
                    plain.push(sign);
                }
            }
            prop_assert!(!["AND", "OR", "NOT"].contains(&term), "{term}");
            prop_assert_eq!(plain.to_lowercase(), one_line(&text).to_lowercase());
        }
        // SOSL: a phrase, whatever it was.
        let made = parameter(&query("sosl", "FIND { {{ query.text }} } IN PHONE FIELDS"), &scope);
        let (inside, behind) = literal(made.strip_prefix("FIND { ").unwrap(), true, false);
        prop_assert_eq!(behind, " } IN PHONE FIELDS");
        prop_assert_eq!(inside, one_line(&text));
        // Zoho: brackets and commas are escaped.
        let made = parameter(&query("zoho_criteria", "(Phone:equals:{{ query.text }})"), &scope);
        let inside = made.strip_prefix("(Phone:equals:").unwrap().strip_suffix(')').unwrap();
        let mut signs = inside.chars();
        let mut plain = String::new();
        while let Some(sign) = signs.next() {
            prop_assert!(!"(),".contains(sign), "{inside}");
            plain.push(if sign == '\\' { signs.next().unwrap() } else { sign });
        }
        prop_assert_eq!(plain, one_line(&text));
        // ServiceNow: one condition, and nothing that runs.
        let made = parameter(&query("sn_query", "nameLIKE{{ query.text }}"), &scope);
        let inside = made.strip_prefix("nameLIKE").unwrap();
        prop_assert!(!inside.contains(['^', '\n', '\r']), "{inside}");
        prop_assert!(!inside.trim_start().to_lowercase().starts_with("javascript:"), "{inside}");
        // Zendesk: letters and digits.
        let made = parameter(&query("zendesk_query", "phone:*{{ query.text }}"), &scope);
        prop_assert!(made.strip_prefix("phone:*").unwrap().chars().all(|sign| sign.is_alphanumeric() || "@._".contains(sign)));
    }

    #[test]
    fn any_is_the_conditions_and_nothing_else(first in hostile(), second in hostile()) {
        let scope = search_scope("x").with("query", &json!({ "text": first, "words": [first, second], "first": "", "last": "", "limit": 1 }));
        let shapes = [
            ("soql", "eq", true, false, "(Phone = '' OR Phone = '' OR Mobile.Number = '' OR Mobile.Number = '')"),
            ("soql", "contains", true, false, "(Phone LIKE '' OR Phone LIKE '' OR Mobile.Number LIKE '' OR Mobile.Number LIKE '')"),
            ("coql", "eq", true, false, "(((Phone = '' or Phone = '') or Mobile.Number = '') or Mobile.Number = '')"),
            ("vtql", "starts", true, false, "(Phone LIKE '' OR Phone LIKE '' OR Mobile.Number LIKE '' OR Mobile.Number LIKE '')"),
            ("suiteql", "like", false, true, "(Phone LIKE '' OR Phone LIKE '' OR Mobile.Number LIKE '' OR Mobile.Number LIKE '')"),
            ("odata", "contains", false, true, "(contains(Phone,'') or contains(Phone,'') or contains(Mobile.Number,'') or contains(Mobile.Number,''))"),
            ("lucene", "phrase", true, false, "(Phone:\"\" OR Phone:\"\" OR Mobile.Number:\"\" OR Mobile.Number:\"\")"),
            ("sosl", "phrase", true, false, "(\"\" OR \"\")"),
            ("freshdesk_query", "eq", false, false, "(Phone:'' OR Phone:'' OR Mobile.Number:'' OR Mobile.Number:'')"),
            ("doli_filter", "contains", false, false, "((Phone:like:'') or (Phone:like:'') or (Mobile.Number:like:'') or (Mobile.Number:like:''))"),
            ("twenty_filter", "eq", false, false, "or(Phone[eq]:\"\",Phone[eq]:\"\",Mobile.Number[eq]:\"\",Mobile.Number[eq]:\"\")"),
        ];
        for (language, op, backslash, doubled, shape) in shapes {
            let made = parameter(&query(language, &format!("{{{{ any(type.fields, query.words, '{op}') }}}}")), &scope);
            let mut skeleton = String::new();
            let mut rest = made.as_str();
            while let Some(at) = rest.find(['\'', '"']) {
                let quote = &rest[at..=at];
                skeleton.push_str(&rest[..at]);
                skeleton.push_str(quote);
                skeleton.push_str(quote);
                rest = literal(&rest[at..], backslash, doubled).1;
            }
            skeleton.push_str(rest);
            prop_assert_eq!(skeleton, shape, "{} {}", language, op);
        }
        let made = parameter(&query("zendesk_query", "{{ any(['Phone'], query.words) }}"), &scope);
        let (_, rest) = literal(made.strip_prefix("Phone:").unwrap(), false, false);
        prop_assert_eq!(literal(rest.strip_prefix(" Phone:").unwrap(), false, false).1, "");
        let made = parameter(&query("sn_query", "{{ any(type.fields, query.words, 'contains') }}"), &scope);
        prop_assert_eq!(made.matches('^').count(), 3);
        prop_assert_eq!(made.matches("^OR").count(), 3);
    }
}

#[test]
fn zendesk_is_asked_for_one_field_at_a_time() {
    let scope = search_scope("a b");
    let error = rendered(&query("zendesk_query", "{{ any(type.fields, query.words) }}"), &scope).unwrap_err();
    assert!(error.message.contains("two properties for AND"), "{error}");
}

#[test]
fn a_bare_value_where_quotes_belong_is_refused() {
    let loaded = query("soql", "Id = {{ query.text | upper }}");
    let error = rendered(&loaded, &search_scope("x OR Name")).unwrap_err();
    assert!(error.message.contains("outside of quotes"), "{error}");
    // Digits are a value wherever they stand.
    assert_eq!(parameter(&loaded, &search_scope("42")), "Id = 42");
}

#[test]
fn the_authors_own_words_are_not_escaped() {
    let loaded = query(
        "soql",
        "SELECT Id FROM {{ type.entity }} WHERE Name = '{{ query.text }}' LIMIT {{ query.limit }}",
    );
    assert_eq!(
        parameter(&loaded, &search_scope("O'Neil")),
        "SELECT Id FROM contact WHERE Name = 'O\\'Neil' LIMIT 20"
    );
}

#[test]
fn patterns_are_written_as_each_language_writes_them() {
    for (language, template, wanted) in [
        (
            "soql",
            "Phone LIKE '{{ query.text | gaps }}'",
            "Phone LIKE '%202%555%0100'",
        ),
        (
            "soql",
            "Name LIKE '{{ '50%_off' | like }}%'",
            "Name LIKE '50\\%\\_off%'",
        ),
        ("suiteql", "name LIKE '{{ '50%' | like }}%'", "name LIKE '50_%'"),
        (
            "doli_filter",
            "(t.phone:like:'{{ query.text | gaps }}')",
            "(t.phone:like:'%202%555%0100')",
        ),
        (
            "doli_filter",
            "{{ any(['t.lastname'], \"O'Brien (née:50%)\", 'contains') }}",
            "(t.lastname:like:'%O_Brien _née_50__%')",
        ),
        ("lucene", "phone:{{ query.text | gaps }}", "phone:*202*555*0100"),
        (
            "zendesk_query",
            "{{ any(['phone'], query.text | sig, 'ends') }}",
            "phone:*2025550100",
        ),
        (
            "suiteql",
            "{{ any(['phone'], query.text | sig, 'digits_end') }}",
            "REGEXP_REPLACE(phone, '[^0-9]', '') LIKE '%2025550100'",
        ),
        (
            "twenty_filter",
            "{{ any(['phone'], query.text | gaps, 'like') }}",
            "phone[like]:\"%202%555%0100\"",
        ),
        (
            "sosl",
            "FIND { {{ any([], [query.text, '555'], 'phrase') }} }",
            "FIND { (\"\\+12025550100\" OR \"555\") }",
        ),
        (
            "zoho_criteria",
            "{{ any(['Phone', 'Mobile'], query.text, 'eq') }}",
            "((Phone:equals:+12025550100)or(Mobile:equals:+12025550100))",
        ),
    ] {
        assert_eq!(
            parameter(&query(language, template), &search_scope("+12025550100")),
            wanted,
            "{language}"
        );
    }
}

#[test]
fn any_refuses_what_is_no_name_and_what_a_language_has_not() {
    let bad = query("soql", "{{ any(['Phone = 1 OR Name'], query.words) }}");
    assert!(
        rendered(&bad, &search_scope("x"))
            .unwrap_err()
            .message
            .contains("no field's name")
    );
    let unknown = query("odata", "{{ any(['phone'], query.words, 'phrase') }}");
    assert!(
        rendered(&unknown, &search_scope("x"))
            .unwrap_err()
            .message
            .contains("no way to write op")
    );
    let quoted = query("soql", "'{{ any(['phone'], query.words) }}'");
    assert!(
        rendered(&quoted, &search_scope("x"))
            .unwrap_err()
            .message
            .contains("its own quotes")
    );
    let nothing = query("soql", "{{ any(['phone'], query.words) }}");
    assert!(
        rendered(&nothing, &search_scope(""))
            .unwrap_err()
            .message
            .contains("no values")
    );
}

#[test]
fn a_fragment_joined_to_a_text_is_a_text() {
    let loaded = query("soql", "Name = '{{ any(['phone'], query.words) ~ \"'\" }}'");
    assert_eq!(parameter(&loaded, &search_scope("x")), "Name = 'any(…)\\''");
}
