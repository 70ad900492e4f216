//! What somebody who writes their first connector is told: the thing itself, in words of the file, and what to write instead.

use super::{
    super::{load, words::near},
    SOUND, with,
};

/// Exactly one problem, with these words and this hint.
fn tells(from: &str, to: &str, words: &str, hint: &str) {
    let problems = with(from, to);
    let [problem] = problems.as_slice() else {
        panic!("{to}: {problems:#?}");
    };
    assert_eq!(problem.message, words, "{to}");
    assert_eq!(problem.hint.as_deref().unwrap_or_default(), hint, "{to}");
}

#[test]
fn a_misspelt_name_is_told_its_neighbour() {
    tells(
        "version = \"1\"",
        "version = \"1\"\nserch_lag = 5",
        "There is no `serch_lag` here",
        "Did you mean `search_lag`?",
    );
    tells(
        "matching = \"exact\"\nbatching = \"per_form\"",
        "matching = \"exakt\"\nbatching = \"per_form\"",
        "`exakt` can't stand here",
        "Did you mean `exact`?",
    );
    tells(
        "kind = \"text\"",
        "kind = \"email\"",
        "`email` can't stand here",
        "There are: text, secret, choice, bool, int",
    );
    let many = ["abcdef"; 13];
    assert!(near("zzzzzz", &many).unwrap().ends_with("schema.json has all of them"));
    assert_eq!(near("x", &[]), None);
    // A short name is not any other short name.
    assert_eq!(near("id", &["url"]), Some("There are: url".to_owned()));
}

#[test]
fn the_case_of_a_name_and_a_bracket_too_many() {
    tells(
        "{ method = \"POST\", path = \"/contacts\"",
        "{ method = \"post\", path = \"/contacts\"",
        "`post` can't stand here",
        "Did you mean `POST`?",
    );
    let problems = with(
        "request = { path = \"/me\" }\nid = \"id\"\nname = \"name\"\ncapture = { zone = \"time_zone\" }\n",
        "id = \"id\"\nname = \"name\"\ncapture = { zone = \"time_zone\" }\n[[whoami.request]]\npath = \"/me\"\n",
    );
    assert_eq!(problems[0].message, "One table is wanted here, not a list of them");
}

#[test]
fn a_missing_name_is_told_without_rust() {
    let problems = with("title = \"Owner\"\n", "");
    assert_eq!(problems[0].message, "`title` is missing here");
    assert!(problems[0].line > 10, "{problems:#?}");
}

#[test]
fn another_kind_of_value_is_told_in_words_of_the_file() {
    let after_version = |line: &str| format!("version = \"1\"\n{line}");
    for (line, words) in [
        ("search_lag = \"8\"", "A whole number is wanted here, without quotes"),
        ("search_lag = -1", "A whole number is wanted here, 0 or more"),
        (
            "html_entities = \"true\"",
            "`true` or `false` is wanted here, without quotes",
        ),
        ("html_entities = 1", "`true` or `false` is wanted here"),
        ("needs = \"A key\"", "A list is wanted here"),
        ("number = \"e164\"", "A table is wanted here"),
        (
            "budgets = { default = { per_second = \"8\" } }",
            "A number is wanted here, without quotes",
        ),
        ("zone = 3", "A text is wanted here, in quotes"),
        ("budgets = 3", "A table is wanted here"),
    ] {
        let problems = with("version = \"1\"", &after_version(line));
        assert_eq!(problems.len(), 1, "{line}");
        assert_eq!(problems[0].message, words, "{line}");
    }
    tells(
        "version = \"1\"",
        &after_version("needs = \"A key\""),
        "A list is wanted here",
        "Put brackets around it: [\"A key\"]",
    );
}

#[test]
fn a_template_where_a_path_stands() {
    tells(
        "name = \"name\"\ncapture",
        "name = \"{{ user.name }}\"\ncapture",
        "This is a template, and a path stands here",
        "Write `user.name`",
    );
}

#[test]
fn what_a_step_finds_first_is_for_later_steps() {
    let itself =
        "{ method = \"POST\", path = \"/calls/{{ steps.link.id }}/links\", json = { id = \"{{ contact.id }}\" } }";
    tells(
        "{ method = \"POST\", path = \"/calls/{{ steps.log.log_id }}/links\", json = { id = \"{{ contact.id }}\" } }",
        itself,
        "`steps.link` is not known within the step itself",
        "What `link` captures, its `find_first` too, is known in later steps only",
    );
}

#[test]
fn steps_that_only_read_stand_before_the_log() {
    let look = "name = \"look\"\nrequest = { path = \"/people/{{ contact.id }}\" }\ncapture = { company = \"company.id\" }\n\n\
                [[log_call.steps]]\nname = \"log\"";
    assert_eq!(with("name = \"log\"", look), []);
    let by_post = look.replace("{ path", "{ method = \"POST\", reads = true, path");
    assert_eq!(with("name = \"log\"", &by_post), []);
    let writes = look.replace("{ path", "{ method = \"POST\", path");
    assert_eq!(
        with("name = \"log\"", &writes)[0].message,
        "The first step that writes must be named `log` and capture `log_id`"
    );
}

#[test]
fn a_form_that_is_neither_a_name_nor_a_pattern() {
    let forms = |form: &str| format!("batching = \"per_form\"\nforms = [\"{form}\"]");
    tells(
        "batching = \"per_form\"",
        &forms("banana"),
        "`banana` is no form of a number",
        "Write `auto`, `e164`, `sig`, `national`, `international`, `digits`, or a pattern such as `(###) ###-####`",
    );
}

#[test]
fn texts_without_quotes_in_a_map() {
    for (expression, hint) in [
        (
            "call.direction | map({inbound: 'x'})",
            "Texts need quotes: `{'inbound': …}`",
        ),
        (
            "call.direction | map({'in': inbound})",
            "Texts need quotes: `'inbound'`",
        ),
        (
            "call.direction | map({in: 'inbound'})",
            "Texts need quotes: `{'in': …}`",
        ),
    ] {
        let problems = with("{{ call.start | iso(zone) }}", &format!("{{{{ {expression} }}}}"));
        let hints: Vec<_> = problems.iter().filter_map(|problem| problem.hint.as_deref()).collect();
        assert_eq!(hints, [hint], "{problems:#?}");
    }
}

#[test]
fn a_pattern_that_is_none_is_seen_before_the_first_call() {
    let matched = |pattern: &str| format!("{{{{ contact.id | matched({pattern}) }}}}");
    let problems = with("{{ contact.id }}", &matched("'(lead_'"));
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0]
            .message
            .starts_with("The pattern is no regular expression: "),
        "{problems:#?}"
    );
    assert_eq!(with("{{ contact.id }}", &matched("'(lead_[0-9]+)'")), []);
    // What is no constant is seen when it runs; what is a text is no filter.
    assert_eq!(with("{{ contact.id }}", &matched("contact.type")), []);
    assert_eq!(with("{{ contact.id }}", "{{ 'x | matched((' }}"), []);
}

#[test]
fn every_name_that_is_wrong_is_told_at_once() {
    let three = SOUND
        .replace("version = \"1\"", "versoin = \"1\"")
        .replacen("matching = \"exact\"", "matching = \"exakt\"", 1)
        .replace("title = \"Owner\"\n", "");
    let problems = load(&three).unwrap_err();
    let said: Vec<(&str, Option<&str>)> = problems
        .iter()
        .map(|problem| (problem.message.as_str(), problem.hint.as_deref()))
        .collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert_eq!(said[0], ("There is no `versoin` here", Some("Did you mean `version`?")));
    assert_eq!(said[1].0, "`title` is missing here");
    assert_eq!(said[2], ("`exakt` can't stand here", Some("Did you mean `exact`?")));
    // One of several headers of a table misspelt: its own name is told, not what it leaves out.
    let problems = with("[find_contact]\n", "[find_contacts]\n");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0].message, "There is no `find_contacts` here");
    // Another kind of value beside them is told too.
    let mixed = SOUND.replace("version = \"1\"", "versoin = \"1\"\nsearch_lag = \"8\"");
    let said: Vec<String> = load(&mixed)
        .unwrap_err()
        .into_iter()
        .map(|problem| problem.message)
        .collect();
    assert!(said.contains(&"There is no `versoin` here".to_owned()), "{said:?}");
}

#[test]
fn a_field_that_every_form_has_is_not_asked_for_twice() {
    let asks = |name: &str| {
        let source = "{ name = \"source\", label = \"Source\" }";
        load(&SOUND.replace(source, &format!("{source}, {{ name = \"{name}\", label = \"It\" }}")))
            .err()
            .unwrap_or_default()
    };
    for name in ["name", "given", "family", "number", "phone"] {
        let problems = asks(name);
        assert_eq!(problems.len(), 1, "{name}: {problems:#?}");
        assert_eq!(problems[0].message, format!("`{name}` is in the form of every type"));
    }
    for name in ["email", "fax"] {
        assert!(asks(name).is_empty(), "{name}: {:#?}", asks(name));
    }
}

#[test]
fn what_breaks_toml_is_told_in_its_own_words() {
    let after = |line: &str| format!("version = \"1\"\n{line}");
    for (line, words, hint) in [
        (
            "zone = “x”",
            "`“` is no quote of TOML",
            "Write straight quotes: `\"…\"`",
        ),
        (
            "needs = [\"a, \"b\"]",
            "Something stands here that is no item of the list",
            "quotes of its own",
        ),
        (
            "zone = {{ account.zone }}",
            "A template is a text, and stands in quotes",
            "Write `\"{{ … }}\"`",
        ),
        ("html_entities = True", "`True` is no value", "Write `true`"),
        ("zone = x", "A text is wanted here, in quotes", "Write `\"x\"`"),
        (
            "zone = \"\\d+\"",
            "In double quotes `\\` begins an escape, and this is none",
            "single quotes",
        ),
        ("zone = \"x", "The text has no end", "quote behind it is missing"),
        ("zone = 'it's'", "Something stands behind the value", "in `\"…\"`"),
        (
            "version = \"2\"",
            "`version` is written twice",
            "The first one is in line",
        ),
        ("zone : 3", "This name has no value", "Write `name = value`"),
    ] {
        let problems = with("version = \"1\"", &after(line));
        assert_eq!(problems.len(), 1, "{line}: {problems:#?}");
        assert_eq!(problems[0].message, words, "{line}");
        assert!(
            problems[0].hint.as_deref().unwrap_or_default().contains(hint),
            "{line}: {problems:#?}"
        );
    }
    let problems = load(&format!("{SOUND}\n[types]\nid = \"x\"\n")).unwrap_err();
    assert_eq!(problems[0].message, "`types` is written twice");
    assert!(
        problems[0]
            .hint
            .as_deref()
            .unwrap()
            .contains("begins a list of them: write `[[types]]`")
    );
}

#[test]
fn paths_that_are_none_are_told_what_they_were_meant_for() {
    for (path, words, hint) in [
        ("first-name", "needs quotes", "Write `\"first-name\"`"),
        ("count > 0", "numbers stand in backticks", "Write `` `0` ``"),
        ("items[", "a bracket is not closed", "Paths are JMESPath"),
        ("a.b.", "it ends too early", "Paths are JMESPath"),
        ("$.items", "`$` is no sign of it", "begins with a name"),
        ("items.0", "a place in a list stands in brackets", "Write `name[0]`"),
        ("a['b']", "a member stands behind a point", "name.member"),
        ("a b", "`b` can't stand where it does", "Paths are JMESPath"),
        ("success == true", "`true` is the name of a member", "`` `true` ``"),
        (
            "concat(first, last)",
            "There is no function `concat`",
            "join(' ', [first, last]",
        ),
        (
            "to_strin(id)",
            "There is no function `to_strin`",
            "Did you mean `to_string`?",
        ),
        (
            "to_string(id, name)",
            "`to_string` takes 1 values, and has 2",
            "specification",
        ),
        (
            "people[].join(first)",
            "`join` takes 2 values, and has 1",
            "specification",
        ),
    ] {
        let written = format!("name = '''{path}'''\ncapture");
        let problems = with("name = \"name\"\ncapture", &written);
        assert_eq!(problems.len(), 1, "{path}: {problems:#?}");
        assert!(problems[0].message.contains(words), "{path}: {problems:#?}");
        assert!(
            problems[0].hint.as_deref().unwrap_or_default().contains(hint),
            "{path}: {problems:#?}"
        );
    }
}

#[test]
fn small_things_that_nobody_sees_before_the_first_call() {
    tells(
        "{{ call.start | iso(zone) }}",
        "{{ call.start | date('YYYY-MM-DD') }}",
        "'YYYY-MM-DD' names no part of a date: this very text would be sent",
        "Write it as `%Y-%m-%d %H:%M:%S`",
    );
    tells(
        "{{ call.start | iso(zone) }}",
        "{{ call.start | datum }}",
        "There is no filter `datum`",
        "Did you mean `date`?",
    );
    assert_eq!(
        with(
            "{{ call.start | iso(zone) }}",
            "{{ call.start | date('%d.%m.%Y', zone) }}"
        ),
        []
    );
}
