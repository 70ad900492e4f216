//! What is refused, where it is said to be, and what it says.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Problem, load};

mod helpful;
mod secrets;

const SOUND: &str = include_str!("tests/sound.toml");

/// The sound file with one text of it replaced.
fn with(from: &str, to: &str) -> Vec<Problem> {
    assert_eq!(SOUND.matches(from).count(), 1, "{from:?} is not once in the file");
    load(&SOUND.replace(from, to)).err().unwrap_or_default()
}

/// Exactly one problem: its place in the file must be the text `at`, its message must have `words`.
fn refuses(from: &str, to: &str, at: &str, words: &str) {
    let problems = with(from, to);
    let [problem] = problems.as_slice() else {
        panic!("{to}: {problems:#?}");
    };
    assert!(problem.message.contains(words), "{to}: {problem}");
    let changed = SOUND.replace(from, to);
    let line = changed.lines().nth(problem.line - 1).unwrap();
    let rest: String = line.chars().skip(problem.column - 1).collect();
    assert!(rest.starts_with(at), "{to}: {problem} is at {rest:?}");
    assert!(!problem.message.ends_with('.'), "{problem}");
}

/// One of the problems has `words`.
fn says(from: &str, to: &str, words: &str) {
    let problems = with(from, to);
    assert!(
        problems.iter().any(|problem| problem.message.contains(words)),
        "{to}: {problems:#?}"
    );
}

#[test]
fn a_sound_file_loads_and_everything_in_it_is_compiled() {
    let loaded = load(SOUND).unwrap();
    assert_eq!(loaded.manifest.id, "sample-crm");
    assert!(loaded.texts.contains_key("{{ form }}"));
    assert!(loaded.paths.contains_key("company.id"));
    assert_eq!(format!("{loaded:?}"), "Loaded(sample-crm 1)");
}

#[test]
fn layout_and_form() {
    refuses("schema = 1", "schema = 2", "2", "layout 2");
    // A newer file is said to be newer, whatever else is in it.
    refuses("schema = 1", "schema = 2\nnew_table = 1", "2", "layout 2");
    refuses(
        "version = \"1\"",
        "versoin = \"1\"",
        "versoin",
        "There is no `versoin` here",
    );
    refuses("docs =", "docs = = ", "=", "");
    assert!(load(&"#".repeat(300_000)).unwrap_err()[0].message.contains("256 KiB"));
}

#[test]
fn ids_and_names() {
    for bad in ["", "Sample", "a b", "-a", "ä"] {
        refuses(
            "id = \"sample-crm\"",
            &format!("id = \"{bad}\""),
            &format!("\"{bad}\""),
            "lower-case letters",
        );
    }
    says("name = \"owner\"", "name = \"key\"", "There is a `key` already");
    refuses(
        "id = \"Lead\"",
        "id = \"Contact\"",
        "[[types]]",
        "There is a `Contact` already",
    );
    refuses(
        "name = \"link\"",
        "name = \"log\"",
        "\"log\"",
        "There is a step `log` already",
    );
    refuses("name = \"link\"", "name = \"Link\"", "\"Link\"", "small letters");
}

#[test]
fn hosts() {
    for (bad, words) in [
        ("*.com", "Anybody"),
        ("*.co.uk", "Anybody"),
        ("com.", "no host's name"),
        ("*.github.io", "Anybody"),
        ("API.example.com", "no host's name"),
        ("https://api.example.com", "no host's name"),
        ("api.example.com:8443", "no host's name"),
        ("a.*.example.com", "no host's name"),
        ("*", "no host's name"),
        ("localhost", "no host's name"),
        ("10.0.0.1", "only a name"),
        ("[::1]", "only a name"),
        ("exämple.com", "no host's name"),
    ] {
        refuses(
            "\"*.eu.example.com\"",
            &format!("\"{bad}\""),
            &format!("\"{bad}\""),
            words,
        );
    }
}

#[test]
fn environments() {
    refuses(
        "base = \"https://api.example.com/v1\"",
        "base = \"http://api.example.com\"",
        "\"http:",
        "this computer only",
    );
    refuses(
        "base = \"https://api.example.com/v1\"",
        "base = \"https://evil.test\"",
        "\"https:",
        "not among the allowed hosts",
    );
    refuses(
        "base = \"https://api.example.com/v1\"",
        "base = \"https://u@api.example.com\"",
        "\"https:",
        "user name",
    );
    refuses(
        "environment = { base = \"https://api.example.com/v1\" }",
        "environment = { }",
        "{ }",
        "exactly one",
    );
}

#[test]
fn variables_that_a_place_has_not() {
    refuses("{{ param.owner }}", "{{ param.key }}", "param.key", "`key` is a secret");
    refuses("{{ param.owner }}", "{{ secret.key }}", "secret.key", "not known here");
    refuses("{{ param.owner }}", "{{ token }}", "token", "not known here");
    refuses(
        "{{ param.owner }}",
        "{{ call.start }}",
        "call.start",
        "no variable `call`",
    );
    refuses(
        "{{ param.owner }}",
        "{{ account.zon }}",
        "account.zon",
        "`account` has no `zon`",
    );
    refuses("{{ param.owner }}", "{{ field }}", "field", "no variable `field`");
    // Lead has no such var, and this operation runs for Lead.
    refuses(
        "{{ param.owner }}",
        "{{ type.fields }}",
        "type.fields",
        "`type` has no `fields`",
    );
    refuses(
        "{{ draft.extra.source }}",
        "{{ draft.extra.sauce }}",
        "draft.extra.sauce",
        "no `sauce`",
    );
    refuses(
        "{{ steps.log.log_id }}",
        "{{ steps.link.id }}",
        "steps.link",
        "not known within the step itself",
    );
    refuses(
        "{{ steps.log.log_id }}",
        "{{ steps.log.id }}",
        "steps.log.id",
        "`steps.log` has no `id`",
    );
    refuses(
        "{{ contact.id }}",
        "{{ contact.id.x }}",
        "contact.id.x",
        "nothing in it",
    );
    refuses(
        "{{ contact.id }}",
        "{{ fields.matter }}",
        "fields.matter",
        "`fields` has no `matter`",
    );
    refuses(
        "secret.key ~",
        "secret.owner ~",
        "secret.owner",
        "`secret` has no `owner`",
    );
}

#[test]
fn what_is_no_template() {
    refuses("{{ param.owner }}", "{% if 1 %}x{% endif %}", "{%", "Control blocks");
    refuses("{{ param.owner }}", "a{{ param.owner", "{{", "no `}}`");
    refuses(
        "{{ param.owner }}",
        "{{ param.owner | upcase }}",
        "upcase",
        "no filter `upcase`",
    );
    refuses(
        "{{ param.owner }}",
        "{{ param.owner | safe }}",
        "safe",
        "no filter `safe`",
    );
    refuses(
        "{{ param.owner }}",
        "{{ param.owner.upper() }}",
        "upper",
        "no method `upper`",
    );
    refuses("{{ param.owner }}", "{{ param.owner is odd }}", "odd", "no test `odd`");
    refuses("{{ param.owner }}", "{{ param. }}", "param.", "no expression");
    refuses(
        "{{ param.owner }}",
        "{{ 'x | nofilter' ~ param.owner | upper }}{{ param.x }}",
        "param.x",
        "no `x`",
    );
    refuses(
        "fields = \"type.fields\"",
        "fields = \"{{ type.fields }}\"",
        "\"{{",
        "not a template",
    );
    refuses("id = \"id\"\nextra", "id = \"id[\"\nextra", "", "no path");
}

#[test]
fn requests() {
    refuses(
        "{ path = \"/me\" }",
        "{ path = \"/me\", url = \"https://api.example.com/me\" }",
        "{",
        "exactly one",
    );
    refuses("{ path = \"/me\" }", "{ path = \"me\" }", "\"me\"", "begins with `/`");
    refuses(
        "{ path = \"/me\" }",
        "{ url = \"http://api.example.com/me\" }",
        "\"http",
        "this computer only",
    );
    refuses(
        "{ path = \"/me\" }",
        "{ path = \"/me\", budget = \"fast\" }",
        "\"fast\"",
        "no budget",
    );
    refuses(
        "{ path = \"/me\" }",
        "{ path = \"/me\", headers = { Host = \"evil.test\" } }",
        "\"evil.test\"",
        "not yours",
    );
    refuses(
        "{ path = \"/me\" }",
        "{ path = \"/me\", headers = { \"X Y\" = \"1\" } }",
        "\"1\"",
        "no header's name",
    );
    refuses(
        "{ path = \"/me\" }",
        "{ path = \"/me\", json = 1, form = { a = \"1\" } }",
        "{",
        "at most one",
    );
    refuses(
        "{ path = \"/me\" }",
        "{ path = \"/me\", json = { a = 1, \"$for\" = 1 } }",
        "1 } }",
        "There is no directive `$for`",
    );
    refuses(
        "{ path = \"/me\" }",
        "{ path = \"/me\", json = { \"$each\" = \"x\", \"$do\" = 1 } }",
        "\"x\"",
        "NAME in EXPRESSION",
    );
    refuses(
        "{ path = \"/me\" }",
        "{ path = \"/me\", json = { \"$if\" = \"1\" } }",
        "{",
        "needs `$then`",
    );
    refuses(
        "{ path = \"/me\" }",
        "{ path = \"/me\", json = { \"$json\" = 1, x = 1 } }",
        "1",
        "can't have `x`",
    );
    refuses(
        "{ path = \"/me\" }",
        "{ path = \"/me\", graphql = { query = \"{{ x }}\" } }",
        "\"{{",
        "fixed",
    );
}

#[test]
fn queries() {
    let query = |language: &str, text: &str| {
        format!("name = \"{{{{ draft.name }}}}\", q = {{ \"$query\" = \"{language}\", template = \"{text}\" }}")
    };
    let refuses_query = |language: &str, text: &str, at: &str, words: &str| {
        refuses("name = \"{{ draft.name }}\"", &query(language, text), at, words);
    };
    refuses_query("sql", "x", "\"sql\"", "no query language");
    refuses_query("soql", "Name = {{ draft.name }}", "\"Name", "outside of quotes");
    refuses_query(
        "soql",
        "Name IN ({{ [draft.name] | join(',') }})",
        "\"Name",
        "`join` is not allowed",
    );
    assert_eq!(
        with(
            "name = \"{{ draft.name }}\"",
            &query("soql", "Name = '{{ draft.name }}'")
        ),
        []
    );
    assert_eq!(
        with(
            "name = \"{{ draft.name }}\"",
            &query("lucene", "name:{{ draft.name }}*")
        ),
        []
    );
}

#[test]
fn operations() {
    says(
        "capture = { log_id = \"id\" }",
        "capture = { id = \"id\" }",
        "capture `log_id`",
    );
    says("name = \"log\"", "name = \"note\"", "named `log`");
    refuses(
        "capture = { id = \"id\" }",
        "",
        "[[create_contact.steps]]",
        "capture `id`",
    );
    refuses("name = \"create\"", "name = \"make\"", "", "named `create`");
    refuses("[for.Contact", "[for.Person", "Person", "no type `Person`");
    says(
        "batching = \"per_field_form\"\n",
        "batching = \"per_form\"\n",
        "`fields` belongs to",
    );
    says("fields = \"type.fields\"\n", "", "needs `fields`");
    says(
        "batching = \"per_form\"",
        "batching = \"per_form\"\nmax_terms = 3",
        "belongs to",
    );
    says(
        "batching = \"per_form\"",
        "batching = \"per_form\"\nall_types = true",
        "the type of each record",
    );
    says(
        "batching = \"per_form\"",
        "batching = \"per_form\"\nforms = [\"e165\"]",
        "no form of a number",
    );
}

#[test]
fn every_problem_is_said_in_the_order_of_the_file() {
    let text = SOUND
        .replace("id = \"sample-crm\"", "id = \"Sample CRM\"")
        .replace("{{ param.owner }}", "{{ nobody }}")
        .replace("base64", "base46");
    let problems = load(&text).unwrap_err();
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(problems.len(), 3, "{messages:?}");
    assert!(problems.windows(2).all(|pair| pair[0].line < pair[1].line));
    assert_eq!(problems[1].path, "auth.set.headers.Authorization");
    assert_eq!(problems[2].path, "find_contact.request.query.owner");
}

#[test]
fn patterns_match_whole_texts_only() {
    let text = SOUND.replace("kind = \"text\"", "kind = \"text\"\npattern = \"[a-z]+|[0-9]+\"");
    let loaded = load(&text).unwrap();
    let pattern = loaded.regex("[a-z]+|[0-9]+").unwrap();
    assert!(pattern.is_match("abc") && pattern.is_match("12"));
    assert!(!pattern.is_match("abc12") && !pattern.is_match("abc\n"));
    refuses(
        "kind = \"text\"",
        "kind = \"text\"\npattern = \"(\"",
        "\"(\"",
        "no regular expression",
    );
}

/// What people write for ids, names and hosts: classes of all letters and digits that there are.
#[test]
fn ordinary_patterns_are_not_too_large() {
    for pattern in [r"\d{8}-\d{4}-\d{4}", r"\w+ \w+", "[^/]{1,100}", r"[\w.-]+@[\w-]+"] {
        let problems = with("kind = \"text\"", &format!("kind = \"text\"\npattern = '{pattern}'"));
        assert_eq!(problems, [], "{pattern}");
    }
    let problems = with("kind = \"text\"", "kind = \"text\"\npattern = '\\w{100}'");
    let [problem] = problems.as_slice() else {
        panic!("{problems:#?}");
    };
    assert!(problem.message.starts_with("The pattern is too large: "), "{problem}");
    assert_eq!(
        problem.hint.as_deref(),
        Some("Write `[0-9]` for `\\d`, `[A-Za-z0-9_]` for `\\w`")
    );
}

#[test]
fn more_requests_for_one_answer_than_a_crm_allows_are_refused() {
    let find = "request = { path = \"/contacts\", query = { phone = \"{{ form }}\", owner = \"{{ param.owner }}\" } }";
    let enriched = |max: usize| {
        format!(
            "{find}\nenrich = {{ max = {max}, request = {{ path = \"/c/{{{{ contact.id }}}}\" }}, contact = {{ name = \"name\" }} }}"
        )
    };
    assert_eq!(with(find, &enriched(50)), []);
    refuses(find, &enriched(51), "51", "`max` is more than 50");
}

#[test]
fn nothing_in_a_file_makes_it_panic() {
    let mut cut = String::new();
    for line in SOUND.lines() {
        cut.push_str(line);
        let _ = load(&cut);
        cut.push('\n');
    }
    for (at, _) in SOUND.char_indices().step_by(7) {
        let mut broken = SOUND.to_owned();
        broken.insert_str(at, "{{");
        let _ = load(&broken);
        let _ = load(&SOUND[..at]);
    }
}
