//! A broken or hostile file costs an error.

use super::*;

fn fails(json: &str, scope: &Scope) -> String {
    let loaded = logging(&format!(
        "method = 'POST'\npath = '/x'\n[log_call.steps.request.json]\n{json}"
    ));
    rendered(&loaded, scope).unwrap_err().message.into_owned()
}

#[test]
fn size_is_limited() {
    let scope = search_scope("x").with("note", &"x".repeat(200_000));
    assert!(fails("a = '{{ note }}{{ note }}'", &scope).contains("256 KiB"));
    assert!(fails("a = ['{{ note }}', '{{ note }}']", &scope).contains("256 KiB"));
}

#[test]
fn members_and_depth_are_limited() {
    let many: Vec<u32> = (0..25_000).collect();
    let scope = search_scope("x").with("note", &many);
    assert!(fails("a = { '$each' = 'n in note', '$do' = '{{ n }}' }", &scope).contains("20000 members"));
    assert!(fails("a = '{{ note }}'", &scope).contains("20000 members"));
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    assert!(fails("a = '{{ note }}'", &search_scope("x").with("note", &deep)).contains("32 levels"));
}

#[test]
fn expressions_are_limited() {
    let sum = vec!["1"; 60].join("+");
    let loaded = logging(&format!("path = '/x'\nheaders.X = '{{{{ {sum} }}}}'"));
    let made = rendered(&loaded, &search_scope("x")).unwrap();
    assert!(made.headers.contains(&("X".to_owned(), "60".to_owned())));
    for (expression, why) in [
        (vec!["1"; 1_500].join("+"), "2000 bytes"),
        (format!("{}1{}", "(".repeat(200), ")".repeat(200)), "64 levels"),
    ] {
        let problems = refused(&expression);
        assert!(problems.contains(why), "{why}: {problems}");
    }
}

/// What is wrong with a header of this expression.
fn refused(expression: &str) -> String {
    let text = format!(
        "{HEAD}[log_call]\n[[log_call.steps]]\nname = 'log'\ncapture = {{ log_id = 'id' }}\nrequest = {{ path = '/x', headers = {{ X = \"{{{{ {expression} }}}}\" }} }}"
    );
    let problems = load(&text).unwrap_err();
    problems
        .iter()
        .map(|problem| problem.to_string())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn there_is_no_way_to_files_or_the_environment() {
    for expression in [
        "include('/etc/passwd')",
        "import('x')",
        "env('HOME')",
        "lipsum()",
        "range(10)",
        "debug()",
        "namespace()",
        "self.x",
        "loop",
    ] {
        assert!(refused(expression).contains("There is no"), "{expression}");
    }
}

/// Each of these would be bytes or items by the hundred million, whatever is left of them at the end.
#[test]
fn what_is_made_in_between_is_limited() {
    let scope = search_scope("x").with("note", &"xyz".repeat(100));
    let ninety = "y".repeat(90);
    let replaced = format!(" | replace('x', '{ninety}') | replace('y', '{}')", "x".repeat(90)).repeat(3);
    let encoded = " | base64".repeat(60);
    for expression in [
        format!("note{replaced} | length"),
        format!("note{replaced} | trim_to(5)"),
        format!("note{encoded} | length"),
        format!("note{replaced} | json | length"),
        format!(
            "note | replace('x', '{}') | html | replace('&', '{ninety}') | length",
            "&".repeat(90)
        ),
    ] {
        let began = std::time::Instant::now();
        let said = fails(&format!("a = \"{{{{ {expression} }}}}\""), &scope);
        assert!(said.contains("more than 256 KiB"), "{expression}: {said}");
        assert!(began.elapsed().as_millis() < 1_000, "{expression}");
    }
    let many: Vec<String> = (0..2_000).map(|_| "x".repeat(200)).collect();
    let scope = search_scope("x").with("note", &many);
    assert!(fails("a = \"{{ note | join('') | length }}\"", &scope).contains("more than 256 KiB"));
}

#[test]
fn only_numbers_are_multiplied() {
    for expression in [
        "note * 1000000",
        "[note] * 100000000",
        "([1] * 100000000) ~ note",
        "note * 9 * 9",
        "2 ** 9",
        "(note ~ call.seconds | int) * 100000000",
        "(note ~ 5) * 100000000",
        "100000000 * call.seconds | string",
        "100000000 * call.seconds[0]",
        "forms_3 * 9",
        "5 * notes",
    ] {
        assert!(refused(expression).contains("`*` is for two numbers"), "{expression}");
    }
    let loaded = logging(
        "path = '/x'\nheaders = { A = \"{{ call.seconds * 1000 }}\", B = \"{{ (call.seconds | minutes('ceil')) * 60 }}\", \
         C = \"{{ call.start - 60 * 1000 }}\", D = \"{{ ((call.seconds | int) * 2) | string }}\", E = \"{{ note | int * 3 }}\", \
         F = \"{{ 5 * call.seconds if call.seconds else 7 }}\" }",
    );
    let call = json!({ "start": 100_000, "seconds": 61 });
    let scope = search_scope("x").with("call", &call).with("note", "7");
    let made = rendered(&loaded, &scope).unwrap();
    for (name, value) in [
        ("A", "61000"),
        ("B", "120"),
        ("C", "40000"),
        ("D", "122"),
        ("E", "21"),
        ("F", "305"),
    ] {
        assert!(
            made.headers.contains(&(name.to_owned(), value.to_owned())),
            "{name}: {made:?}"
        );
    }
}

/// Each of these was minutes of one thread, and of all that was to be done on it.
#[test]
fn work_is_limited_over_all_expressions_of_an_operation() {
    let twenty = vec!["1"; 20].join(",");
    let every = |inner: &str| {
        format!(
            "a = {{ '$each' = 'n in [{twenty}]', '$do' = {{ '$each' = 'm in [{twenty}]', '$do' = {{ '$if' = \"{inner}\", '$then' = '1' }} }} }}"
        )
    };
    let sixty = "a".repeat(60);
    let large = format!("'a'{}", format!("|replace('a','{sixty}')").repeat(3));
    for inner in [
        format!("{large}{}", "|replace('a','b')|replace('b','a')".repeat(10)),
        format!("({large})|matched('(?:a|aa|aaa)*b')"),
        format!("({large})|upper|lower"),
        vec![format!("({large})"); 8].join("~"),
    ] {
        let began = std::time::Instant::now();
        let said = fails(&every(&inner), &search_scope("x"));
        assert!(
            said.contains("it takes too much work") || said.contains("at most"),
            "{inner}: {said}"
        );
        assert!(began.elapsed().as_millis() < 3_000, "{inner}: {:?}", began.elapsed());
    }
    // What is large is a variable: `~` copies it, `==` reads it.
    let scope = search_scope("x").with("note", &"x".repeat(200_000));
    for inner in [vec!["note"; 60].join("~"), vec!["note"; 30].join("==")] {
        let began = std::time::Instant::now();
        let said = fails(&every(&inner), &scope);
        assert!(said.contains("it takes too much work"), "{inner}: {said}");
        assert!(began.elapsed().as_millis() < 3_000, "{inner}: {:?}", began.elapsed());
    }
}

#[test]
fn what_an_operation_costs_is_one_sum() {
    let loaded = logging("path = '/x'\nheaders.X = \"{{ note | base64 | length }}\"");
    let scope = search_scope("x").with("note", &"x".repeat(100_000));
    let refused = (0..200).find_map(|_| rendered(&loaded, &scope.with("call", &1)).err());
    assert!(refused.unwrap().message.contains("it takes too much work"));
    // Another operation has its own.
    rendered(&loaded, &search_scope("x").with("note", &"x".repeat(100_000))).unwrap();
}
