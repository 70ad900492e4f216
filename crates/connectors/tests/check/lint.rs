//! One manifest that is clean, and each fault put into it.

use ringside_connectors::manifest::{
    check::{Report, check},
    load::Problem,
};

const CLEAN: &str = include_str!("clean.toml");

/// What is put in place of what, where it is seen, and what is said.
type Fault = (&'static [(&'static str, &'static str)], &'static str, &'static str);

/// The clean manifest with something else in it.
pub(super) fn with(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(CLEAN.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "`{from}` is not in clean.toml");
        text.replacen(from, to, 1)
    })
}

/// Without a table and all that lies in it.
pub(super) fn tables_out_of(text: &str, table: &str) -> String {
    let below = format!("{table}.");
    let mut inside = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            let name = line.trim_matches(['[', ']']);
            inside = name == table || name.starts_with(&below);
        }
        if !inside {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

pub(super) fn only(problems: &[Problem], report: &Report) -> Problem {
    assert_eq!(problems.len(), 1, "{report:#?}");
    problems[0].clone()
}

#[test]
fn the_clean_one_is_clean() {
    let report = check(CLEAN);
    assert_eq!(report.problems, []);
    assert_eq!(report.warnings, []);
    for example in &report.examples {
        assert_eq!(example.difference, None, "{}", example.name);
    }
    assert_eq!(report.examples.len(), 9);
}

#[test]
fn what_is_unwise_is_said_where_it_stands() {
    let unwise: [Fault; 23] = [
        (
            &[("needs = [\"A key: Settings → API\"]\n", "")],
            "parameters[0]",
            "`needs` does not say where",
        ),
        (
            &[("note = \"Made for tests\"", "note = \" \"")],
            "evidence.note",
            "not said on what",
        ),
        (
            &[("docs = \"https://example.com/docs\"", "docs = \"the manual\"")],
            "docs",
            "no address",
        ),
        (
            &[
                ("forms = [\"e164\", \"national\"]", "forms = [\"sig\"]"),
                (
                    "'(phone:\"+12025550123\" OR phone:\"(202) 555-0123\")'",
                    "'phone:\"2025550123\"'",
                ),
            ],
            "find_contact.forms",
            "Only the bare national digits",
        ),
        (
            &[
                (
                    "name = \"{{ query.text }}\", team",
                    "q = \"name:{{ query.text }}\", team",
                ),
                ("?name=Zo%C3%AB", "?q=name%3AZo%C3%AB"),
            ],
            "find_contact_with_name.requests[0].query.q",
            "reads like a query",
        ),
        (
            &[
                ("name = \"{{ query.text }}\", team", "name = \"Zo\", team"),
                ("?name=Zo%C3%AB", "?name=Zo"),
            ],
            "find_contact_with_name.requests[0]",
            "without the name",
        ),
        (
            &[
                ("record_url = \"https://app.example.com/people/{{ contact.id }}\"\n", ""),
                (", url = \"https://app.example.com/people/7\"", ""),
            ],
            "types[0]",
            "can't be opened",
        ),
        (
            &[
                (
                    "record_url = \"https://app.example.com/",
                    "record_url = \"https://www.example.com/",
                ),
                (", url = \"https://app.example.com/people/7\"", ""),
            ],
            "types[0].record_url",
            "`www.example.com` is not among the allowed hosts",
        ),
        (
            &[(", company = \"{{ draft.company }}\"", "")],
            "types[0].fields[0]",
            "`company` is asked for, and never sent",
        ),
        (
            &[(", source = \"{{ draft.extra.source }}\"", "")],
            "types[0].fields[1]",
            "`source` is asked for, and never sent",
        ),
        (
            &[
                (", deal = \"{{ fields.deal }}\"", ""),
                (", matter = \"{{ fields.deal }}\"", ""),
            ],
            "log_fields[0]",
            "`deal` is asked for, and never sent",
        ),
        (
            &[("options = [{ value = \"1\", label = \"One\" }]\n", "")],
            "log_fields[0]",
            "nothing to choose",
        ),
        (
            &[(", team = \"{{ param.team }}\"", ""), ("&team=sales", "")],
            "parameters[1].name",
            "`team` is asked for, and never used",
        ),
        (
            &[("Bearer {{ secret.key }}", "Bearer"), ("Bearer secret-key", "Bearer")],
            "parameters[0].name",
            "`key` is asked for, and never used",
        ),
        (
            &[("budget = \"search\"\n", "")],
            "budgets.search",
            "No request counts against",
        ),
        (
            &[("table = \"people\"", "table = \"people\"\nother = \"x\"")],
            "types[0].vars.other",
            "`type.other` is never used",
        ),
        (
            &[(", owner = \"{{ account.user }}\"", ""), (", owner = \"5\"", "")],
            "whoami.capture.user",
            "`account.user` is never used",
        ),
        (
            &[
                (
                    ", matter = \"{{ fields.deal }}\"",
                    ", matter = \"{{ fields.deal }}\", person = \"{{ contact.id }}\"",
                ),
                (
                    "json = { text = \"Inbound call, 1 min, answered\\nringside-example\" }",
                    "json = { text = \"Inbound call, 1 min, answered\\nringside-example\", person = \"7\" }",
                ),
            ],
            "update_log",
            "not said to move",
        ),
        (
            &[
                (
                    "operation = \"check\"",
                    "operation = \"get_contact\"\ncontact = { type = \"Person\", id = \"1\" }",
                ),
                ("https://api.example.com/me", "https://api.example.com/people/1"),
            ],
            "whoami",
            "No example runs `whoami`",
        ),
        (
            &[
                (
                    "operation = \"get_contact\"\ncontact = { type = \"Person\", id = \"7\" }\ncontacts = [{ id = \"7\" }]",
                    "operation = \"check\"\ncontacts = [{ id = \"7\" }]",
                ),
                (
                    "url = \"https://api.example.com/people/7\"",
                    "url = \"https://api.example.com/me\"",
                ),
            ],
            "get_contact",
            "No example runs `get_contact`",
        ),
        (
            &[(
                "options = [{ value = \"1\", label = \"One\" }]",
                "value = \"id\"\noption_label = \"name\"\nrequest = { path = \"/deals\" }",
            )],
            "log_fields[0]",
            "No example runs `log_fields`",
        ),
        (
            &[
                (
                    "options = [{ value = \"1\", label = \"One\" }]",
                    "value = \"id\"\nrequest = { path = \"/deals\" }",
                ),
                (
                    "[[examples]]\nname = \"find\"",
                    "[[examples]]\nname = \"choices\"\noperation = \"log_fields\"\noffered = { deal = [\"1\"] }\n\
                     contact = { type = \"Person\", id = \"7\" }\n[[examples.requests]]\n\
                     url = \"https://api.example.com/deals\"\nanswer = [{ id = 1 }]\n[[examples]]\nname = \"find\"",
                ),
            ],
            "log_fields[0]",
            "have no names",
        ),
        (
            &[
                ("[find_log]\n", "[for.Person.find_log]\n"),
                ("[find_log.request]", "[for.Person.find_log.request]"),
                (
                    "operation = \"find_log\"\n",
                    "operation = \"log_fields\"\noffered = { deal = [\"1\"] }\n",
                ),
                (
                    "logs = [\"9\"]\n\n[[examples.requests]]\nurl = \"https://api.example.com/calls?text=ringside-example\"\nanswer = [{ id = 8, text = \"another\" }, { id = 9, text = \"… ringside-example\" }]\n",
                    "",
                ),
            ],
            "for.Person.find_log",
            "No example runs `find_log` of the type Person",
        ),
    ];
    for (changes, path, words) in unwise {
        let report = check(&with(changes));
        assert_eq!(report.problems, [], "{path}");
        let warning = only(&report.warnings, &report);
        assert_eq!(warning.path, *path, "{warning:?}");
        assert!(warning.message.contains(words), "{warning:?}");
        assert!(warning.line > 1 && warning.hint.is_some(), "{warning:?}");
        assert!(report.is_good(), "{path}: {:#?}", report.examples);
    }
}

#[test]
fn a_missing_operation_is_said() {
    // The examples of what is missing would fail.
    let without_examples = |names: &[&str]| -> String {
        let of = |part: &&str| {
            names
                .iter()
                .any(|name| part.contains(&format!("operation = \"{name}\"")))
        };
        let kept: Vec<&str> = CLEAN.split("[[examples]]\n").filter(|part| !of(part)).collect();
        kept.join("[[examples]]\n")
    };
    for (operation, words) in [
        ("find_contact", "no caller is found"),
        ("find_contact_with_name", "nobody is found by name"),
        ("create_contact", "Nobody can create the type Person"),
        ("update_log", "stays as it was"),
        ("find_log", "stays unsure"),
        ("log_call", "no call is logged"),
    ] {
        // What can't be logged is neither looked for nor changed.
        let log = ["log_call", "update_log", "find_log"];
        let gone: &[&str] = if operation == "log_call" { &log } else { &[operation] };
        let text = gone
            .iter()
            .fold(without_examples(gone), |text, table| tables_out_of(&text, table));
        let report = check(&text);
        let said = report.warnings.iter().find(|warning| warning.message.contains(words));
        assert!(said.is_some(), "{operation}: {report:#?}");
        assert!(report.is_good(), "{operation}: {report:#?}");
    }
    let report = check(&tables_out_of(
        &tables_out_of(&without_examples(&["check"]), "whoami"),
        "log_call",
    ));
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.message.contains("There is no `whoami`")),
        "{report:#?}"
    );
    let alone = without_examples(&["get_contact", "add_number"]);
    let report = check(&tables_out_of(&tables_out_of(&alone, "add_number"), "get_contact"));
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.message.contains("no contact is read again")),
        "{report:#?}"
    );
    let report = check(&tables_out_of(CLEAN, "examples"));
    assert!(
        only(&report.warnings, &report)
            .message
            .contains("There are no examples")
    );
}

#[test]
fn what_people_are_told_is_no_surprise_to_them() {
    let limits = "limits = [\"Logs can't be searched: one whose answer is lost stays unsure\"]\nallowed_hosts";
    let text = tables_out_of(&CLEAN.replace("allowed_hosts", limits), "find_log");
    let report = check(&text);
    assert!(
        !report.warnings.iter().any(|warning| warning.message.contains("unsure")),
        "{report:#?}"
    );
}

#[test]
fn what_could_not_work_is_an_error_and_no_example_is_run() {
    let wrong: [Fault; 21] = [
        (
            &[("reads = true\n", "")],
            "find_contact.request",
            "would be neither repeated nor redirected",
        ),
        (
            &[("any(['phone'], forms, 'phrase')", "any(['phone'], forms, 'prefix')")],
            "find_contact.request.json.filter.template",
            "has no way to write op `prefix`",
        ),
        (
            &[("{{ any(['phone'], forms, 'phrase') }}", "phone:1")],
            "find_contact.request",
            "asks without the number",
        ),
        (
            &[("numbers = { phone = \"phone\" }\n", "")],
            "find_contact",
            "no hit could be proved",
        ),
        (
            &[("path = \"/me\"", "url = \"https://www.example.com/me\"")],
            "whoami.request.url",
            "would be refused",
        ),
        (
            &[(
                "[get_contact.request]\npath = \"/{{ type.table }}/{{ contact.id }}\"\n",
                "",
            )],
            "add_number",
            "There is no `get_contact`",
        ),
        (
            &[("phone = \"{{ draft.number }}\", ", "")],
            "create_contact",
            "number of a new contact is not sent",
        ),
        (
            &[("name = \"{{ draft.name }}\", ", "")],
            "create_contact",
            "name of a new contact is not sent",
        ),
        (
            &[("\"{{ field }}\" = \"{{ number }}\"", "\"{{ field }}\" = \"x\"")],
            "add_number.request",
            "adds no number",
        ),
        (
            &[("text = \"{{ body }}\", deal", "text = \"{{ marker }}\", deal")],
            "log_call",
            "note is not sent",
        ),
        (
            &[("text = \"{{ body }}\", deal", "text = \"{{ note }}\", deal")],
            "log_call",
            "marker by which the log is found",
        ),
        (
            &[(
                "[[log_call.steps]]",
                "[log_call]\nmarker_in_field = true\n[[log_call.steps]]",
            )],
            "log_call",
            "field of its own, and is not sent",
        ),
        (
            &[
                ("text = \"text\"\n", ""),
                ("text = \"{{ marker }}\"", "person = \"{{ contact.id }}\""),
            ],
            "find_log",
            "Nothing here looks for the marker",
        ),
        (
            &[("path = \"/calls/{{ log.id }}\"", "path = \"/calls/{{ contact.id }}\"")],
            "update_log",
            "which log it changes",
        ),
        (
            &[("id = \"id\"\nname = \"name\"\nnumbers", "name = \"name\"\nnumbers")],
            "types[0]",
            "every record would be left out",
        ),
        (
            &[(
                "method = \"POST\"\npath = \"/{{ type.table }}/search\"",
                "path = \"/{{ type.table }}/search\"",
            )],
            "find_contact.request",
            "sent as a GET, which has none",
        ),
        (
            &[(
                "method = \"PATCH\"\npath = \"/people/{{ contact.id }}\"\njson = { \"{{ field }}\" = \"{{ number }}\" }",
                "path = \"/people/{{ contact.id }}\"\nquery = { \"{{ field }}\" = \"{{ number }}\" }",
            )],
            "add_number.request",
            "sent as a GET, which only asks",
        ),
        (
            &[(
                "name = \"{{ query.text }}\", team",
                "name = \"{{ query.words | join(' OR ') }}\", team",
            )],
            "find_contact_with_name.requests[0].query.name",
            "Values are joined with `OR` to a query",
        ),
        (
            &[(
                "\"$query\" = \"lucene\", template = \"{{ any(['phone'], forms, 'phrase') }}\"",
                "\"$query\" = \"zendesk_query\", template = \"{{ any(['phone', 'mobile'], forms) }}\"",
            )],
            "find_contact.request.json.filter.template",
            "two properties for AND",
        ),
        (
            &[("method = \"POST\"\npath = \"/people\"", "path = \"/people\"")],
            "create_contact.steps[0]",
            "The step `create` only reads",
        ),
        (
            &[("Bearer {{ secret.key }}", "Bearer {{ token }}")],
            "auth.set.headers.Authorization",
            "There is no `token` without `[auth.oauth2]`",
        ),
    ];
    for (changes, path, words) in wrong {
        let report = check(&with(changes));
        let problem = only(&report.problems, &report);
        assert_eq!(problem.path, path, "{problem:?}");
        assert!(problem.message.contains(words), "{problem:?}");
        assert!(!report.is_good());
        assert_eq!(report.examples, []);
    }
    let moved = with(&[(
        "[[update_log.steps]]",
        "[update_log]\nmoves = true\n[[update_log.steps]]",
    )]);
    let report = check(&moved);
    assert!(
        only(&report.problems, &report)
            .message
            .contains("does not name the contact")
    );
}

#[test]
fn what_does_not_load_is_said_alone() {
    let report = check("schema = 1\nid = 7\n");
    let said: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    assert!(
        said.contains(&"2:6: A text is wanted here, in quotes. Here stands: 7".to_owned()),
        "{said:#?}"
    );
    assert!(
        said.iter().any(|line| line.contains("`types` is missing here")),
        "{said:#?}"
    );
    assert_eq!(report.warnings, []);
    let duplicate = "[create_contact]\nduplicate_id = \"message\"\nduplicate_pattern = \"exists already\"\n[[create_contact.steps]]";
    let report = check(&with(&[("[[create_contact.steps]]", duplicate)]));
    let problem = only(&report.problems, &report);
    assert_eq!(problem.path, "create_contact.duplicate_pattern");
    assert!(problem.message.contains("no group"), "{problem:?}");
}
