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
    assert!(fails("a = '{{ note * 1000000 }}'", &scope).contains("too large"));
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
    let sum = vec!["1"; 800].join("+");
    let loaded = logging(&format!("path = '/x'\nheaders.X = '{{{{ {sum} }}}}'"));
    let made = rendered(&loaded, &search_scope("x")).unwrap();
    assert!(made.headers.contains(&("X".to_owned(), "800".to_owned())));
    for (expression, why) in [
        (vec!["1"; 1_500].join("+"), "2000 bytes"),
        (format!("{}1{}", "(".repeat(200), ")".repeat(200)), "recursion"),
        ("note * 9 * 9".to_owned(), "more than one `*`"),
        ("2 ** 9".to_owned(), "more than one `*`"),
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
