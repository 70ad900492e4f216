//! What the check says to somebody who wrote their first connector from the guide, and got something wrong.

use ringside_connectors::manifest::check::{check, check_file};

const CLEAN: &str = include_str!("clean.toml");

fn with(from: &str, to: &str) -> String {
    assert!(CLEAN.contains(from), "`{from}` is not in clean.toml");
    CLEAN.replacen(from, to, 1)
}

/// What the failing examples say.
fn differences(text: &str) -> String {
    let report = check(text);
    assert_eq!(report.problems, []);
    let failed = report
        .examples
        .iter()
        .filter_map(|example| example.difference.as_deref());
    failed.collect::<Vec<_>>().join("\n")
}

/// The only error: where it is, what it says, what to write.
fn error(text: &str) -> (String, String, String) {
    let report = check(text);
    assert_eq!(report.problems.len(), 1, "{:#?}", report.problems);
    assert!(report.examples.is_empty(), "a file with errors runs none");
    let problem = report.problems[0].clone();
    assert!(problem.line > 1, "{problem}");
    (problem.path, problem.message, problem.hint.unwrap_or_default())
}

const FOUND: &str = "answer = [{ id = 7, name = \"Zoë\", phone = \"(202) 555-0123\" }]";

#[test]
fn a_list_that_is_not_there_is_told_with_what_is() {
    let listed = CLEAN
        .replacen(
            "reads = true\n",
            "reads = true\n\n[find_contact.answer]\nlist = \"dta\"\n",
            1,
        )
        .replacen(
            "reads = true\n\n[find_contact.answer]\nlist = \"dta\"\nbudget = \"search\"\n",
            "reads = true\nbudget = \"search\"\n\n[find_contact.answer]\nlist = \"dta\"\n",
            1,
        );
    let wrapped = |answer: &str| listed.replacen(FOUND, answer, 1);
    let said = differences(&wrapped(
        "answer = { data = [{ id = 7, name = \"Zoë\", phone = \"(202) 555-0123\" }], more = false }",
    ));
    assert!(
        said.contains("The answer has no list at `dta`; it has: data, more"),
        "{said}"
    );
    let said = differences(&wrapped(FOUND));
    assert!(
        said.contains("The answer is a list itself, and has nothing at `dta`: leave `list` out"),
        "{said}"
    );
    // A list that is there and empty, or null, is nobody found.
    for nobody in ["answer = { dta = [] }", "answer_text = '{\"dta\": null}'"] {
        let said = differences(&wrapped(nobody));
        assert_eq!(
            said, "the contacts differ\n  expected: [\"7\"]\n  came:     []",
            "{nobody}"
        );
    }
}

#[test]
fn a_crm_may_leave_an_empty_list_out() {
    let text = CLEAN
        .replacen("budget = \"search\"\n", "budget = \"search\"\n\n[find_contact.answer]\nlist = \"data\"\n", 1)
        .replacen(FOUND, "answer = { total = 0 }", 1)
        .replacen(
            "contacts = [{ id = \"7\", name = \"Zoë\", numbers = [\"(202) 555-0123\"], url = \"https://app.example.com/people/7\" }]\n",
            "",
            1,
        );
    let report = check(&text);
    assert!(report.is_good(), "{report:#?}");
}

#[test]
fn nobody_in_a_list_of_another_name_is_doubted() {
    let text = CLEAN
        .replacen("query = { name = \"{{ query.text }}\", team = \"{{ param.team }}\" }\n", "query = { name = \"{{ query.text }}\", team = \"{{ param.team }}\" }\n\n[find_contact_with_name.answer]\nlist = \"dta\"\n", 1)
        .replacen("contacts = [{ id = \"7\" }]\n\n[[examples.requests]]\nurl = \"https://api.example.com/people?name=Zo%C3%AB&team=sales\"\nanswer = [{ id = 7, name = \"Zoë\" }]", "[[examples.requests]]\nurl = \"https://api.example.com/people?name=Zo%C3%AB&team=sales\"\nanswer = { data = [] }", 1);
    let report = check(&text);
    assert!(report.is_good(), "{report:#?}");
    assert_eq!(report.warnings.len(), 1, "{report:#?}");
    assert_eq!(
        report.warnings[0].message,
        "In the example \"by name\": The answer has no list at `dta`; it has: data"
    );
    assert!(report.warnings[0].line > 100, "{report:#?}");
}

#[test]
fn records_that_are_left_out_are_told() {
    let said = differences(&with(
        FOUND,
        "answer = [{ uid = 7, name = \"Zoë\" }, { uid = 8, name = \"Anna\" }]",
    ));
    assert!(
        said.contains(
            "2 records came and were left out: `id` gave nothing (path `id`); the first of them: it has: uid, name"
        ) || said.contains(
            "2 records came and were left out: `id` gave nothing (path `id`); the first of them: it has: name, uid"
        ),
        "{said}"
    );
    let said = differences(&with(
        FOUND,
        "answer = [{ id = 7, name = \"Zoë\", phone = \"+44 20 7946 0012\" }]",
    ));
    assert!(
        said.contains("7 came and was left out: none of its numbers is the asked one: +44 20 7946 0012"),
        "{said}"
    );
    let said = differences(&with(
        FOUND,
        "answer = [{ id = 7, name = \"Zoë\", tel = \"+12025550123\" }]",
    ));
    assert!(said.contains("no number was found in it: look at `numbers`"), "{said}");
    let said = differences(&with(
        "{ id = 9, text = \"… ringside-example\" }",
        "{ id = 9, note = \"ringside-example\" }",
    ));
    assert!(
        said.contains("A log came and was left out: its text (path `text`) does not hold the marker"),
        "{said}"
    );
}

#[test]
fn one_record_without_an_id_is_told_to_its_author() {
    let said = differences(&with(
        "answer = { id = 7, name = \"Zoë\" }\n\n[[examples]]\nname = \"create\"",
        "answer = { data = { id = 7 } }\n\n[[examples]]\nname = \"create\"",
    ));
    assert!(
        said.contains("1 record came and was left out: `id` gave nothing (path `id`); the record: it has: data"),
        "{said}"
    );
    assert!(!said.contains("report"), "{said}");
}

#[test]
fn what_was_sent_is_shown_whole() {
    let long = "x".repeat(3000);
    let said = differences(&with(
        "text = \"{{ body }}\", matter",
        &format!("text = \"{{{{ body }}}}{long}\", matter"),
    ));
    assert!(said.contains(&long) && !said.contains('…'), "{said}");
}

#[test]
fn one_thing_differs_and_several_differ() {
    let failing = "\n[[examples]]\nname = \"gone\"\noperation = \"get_contact\"\ncontact = { type = \"Person\", id = \"7\" }\n\
                   error = { kind = \"conflict\" }\n[[examples.requests]]\nurl = \"https://api.example.com/people/7\"\nstatus = 404\n";
    let said = differences(&format!("{CLEAN}{failing}"));
    assert!(said.starts_with("the error differs\n"), "{said}");
}

#[test]
fn what_an_example_needs_is_an_error_at_its_line() {
    let example = |rest: &str| format!("{CLEAN}\n[[examples]]\nname = \"more\"\n{rest}\n");
    let cases = [
        (
            "operation = \"findlog\"",
            "operation",
            "There is no operation `findlog`",
            "There are: check, find_contact, ",
        ),
        (
            "operation = \"get_contact\"\ncontact = { type = \"leads\", id = \"7\" }",
            "contact.type",
            "There is no type `leads`",
            "There are: Person",
        ),
        (
            "operation = \"find_contact\"\nnumber = \"+12025550123\"\ntype = \"leads\"",
            "type",
            "There is no type `leads`",
            "There are: Person",
        ),
        (
            "operation = \"create_contact\"\ndraft = { name = \"Zoë\" }",
            "operation",
            "An example of `create_contact` needs `type`",
            "Write `type = \"Person\"`",
        ),
        (
            "operation = \"find_contact\"",
            "operation",
            "An example of `find_contact` needs `number`",
            "Write `number = ",
        ),
        (
            "operation = \"log_call\"\ncontact = { type = \"Person\", id = \"7\" }",
            "operation",
            "An example of `log_call` needs `call`",
            "Write `call = {",
        ),
        (
            "operation = \"find_log\"\ncontact = { type = \"Person\", id = \"7\" }\ncall = { direction = \"in\", start = \"noon\" }",
            "call.start",
            "`start` is no time",
            "Write `2026-",
        ),
        (
            "operation = \"find_log\"\ncontact = { type = \"Person\", id = \"7\" }\ncall = { direction = \"up\", start = \
             \"2026-03-29T00:59:30Z\" }",
            "call.direction",
            "`direction` can't be `up`",
            "Write `in` or `out`",
        ),
    ];
    for (rest, place, words, to_write) in cases {
        let (path, message, hint) = error(&example(rest));
        assert_eq!(path, format!("examples[9].{place}"));
        assert_eq!(message, words);
        assert!(hint.starts_with(to_write), "{hint}");
    }
}

#[test]
fn a_number_that_somebody_may_have_is_told() {
    let text = with(
        "draft = { name = \"Zoë\", number = \"+12025550123\" }",
        "draft = { name = \"Zoë\", number = \"+12025551234\" }",
    );
    let text = text.replacen(
        "phone = \"+12025550123\" }\nanswer = { id = 8 }",
        "phone = \"+12025551234\" }\nanswer = { id = 8 }",
        1,
    );
    let report = check(&text);
    assert!(report.is_good(), "{report:#?}");
    assert_eq!(report.warnings.len(), 1, "{:#?}", report.warnings);
    assert_eq!(report.warnings[0].path, "examples[4].draft.number");
    assert_eq!(report.warnings[0].message, "Somebody may have this number");
}

#[test]
fn a_file_is_named_like_its_id() {
    assert_eq!(check_file("some/where/clean.toml".as_ref(), CLEAN).warnings, []);
    let report = check_file("some/where/crm.toml".as_ref(), CLEAN);
    assert_eq!(report.warnings.len(), 1);
    assert!(
        report.warnings[0].message.contains("its name is `crm.toml`"),
        "{}",
        report.warnings[0]
    );
    assert_eq!(report.warnings[0].line, 3);
    assert_eq!(report.warnings[0].hint.as_deref(), Some("Name it `clean.toml`"));
}

#[test]
fn a_step_that_only_reads_goes_before_the_log() {
    let read = "[[log_call.steps]]\nname = \"look\"\ncapture = { firm = \"firm.id\" }\n\n[log_call.steps.request]\npath = \
                \"/people/{{ contact.id }}\"\n\n[[log_call.steps]]\nname = \"log\"";
    let text = with("[[log_call.steps]]\nname = \"log\"", read)
        .replacen("deal = \"{{ fields.deal }}\", person", "deal = \"{{ fields.deal }}\", firm = \"{{ steps.look.firm }}\", person", 1)
        .replacen(
            "logs = [\"9\"]\n\n[[examples.requests]]\nmethod = \"POST\"",
            "logs = [\"9\"]\n\n[[examples.requests]]\nurl = \"https://api.example.com/people/7\"\nanswer = { firm = { id = 3 } }\n\n\
             [[examples.requests]]\nmethod = \"POST\"",
            1,
        )
        .replacen("ringside-example\", person = \"7\", owner", "ringside-example\", firm = \"3\", person = \"7\", owner", 1);
    let report = check(&text);
    assert_eq!(report.warnings, []);
    assert!(report.is_good(), "{report:#?}");
    // What it does not find stops the log before anything is written.
    let said = differences(&text.replacen("answer = { firm = { id = 3 } }", "answer = { firm = {} }", 1));
    assert!(
        said.contains("answered, but the answer lacks `firm` of the step `look`"),
        "{said}"
    );
}

#[test]
fn a_template_that_fails_when_it_runs_is_told_beside_what_was_not_sent() {
    let said = differences(&with(
        "filter = { \"$query\" = \"lucene\", template = \"{{ any(['phone'], forms, 'phrase') }}\" }",
        "filter = \"+{{ forms }}\"",
    ));
    assert!(said.contains("a request was expected and not sent"), "{said}");
    assert!(
        said.contains("`forms` is a sequence and can't be part of a text"),
        "{said}"
    );
    let refused = with(
        "path = \"/{{ type.table }}/{{ contact.id }}\"",
        "path = \"/{{ contact.id | map({'8': 'x'}) }}\"",
    );
    let said = differences(&refused);
    assert!(said.contains("map() has no entry for this value"), "{said}");
}

#[test]
fn a_case_that_begins_with_whoami_is_told_how_it_does_not() {
    let said = differences(&with("account = { user = \"5\" }\nlogs", "logs"));
    assert!(said.contains("the case begins with `whoami`"), "{said}");
    assert!(said.contains("write `account = { user = \"…\" }`"), "{said}");
}

#[test]
fn a_list_that_finds_nothing_in_what_is_there_is_told() {
    let text = CLEAN
        .replacen(
            "budget = \"search\"\n",
            "budget = \"search\"\n\n[find_contact.answer]\nlist = \"items[].dta\"\n",
            1,
        )
        .replacen(
            FOUND,
            "answer = { items = [{ data = { id = 7 }, meta = {} }, { data = { id = 8 } }] }",
            1,
        );
    let said = differences(&text);
    assert!(
        said.contains(
            "`items[].dta` finds nothing in the 2 items that there are; the first of them: it has: data, meta"
        ),
        "{said}"
    );
    // A filter that none of them passes is an answer.
    let said = differences(&text.replace("items[].dta", "items[?id].data"));
    assert!(!said.contains("finds nothing"), "{said}");
}

#[test]
fn a_condition_that_never_holds_is_named() {
    let text = CLEAN
        .replacen(
            "budget = \"search\"\n",
            "budget = \"search\"\n\n[find_contact.answer]\nok_when = \"success\"\nlist = \"items\"\n",
            1,
        )
        .replacen(FOUND, "answer = { succes = true, items = [] }", 1);
    let said = differences(&text);
    assert!(
        said.contains("`ok_when` (`success`) gave nothing, so the answer is an error; it has: items, succes"),
        "{said}"
    );
}

#[test]
fn a_secret_is_told_to_be_one() {
    let (path, message, hint) = error(&with("team = \"{{ param.team }}\"", "team = \"{{ param.key }}\""));
    assert_eq!(path, "find_contact_with_name.requests[0].query.team");
    assert_eq!(message, "`key` is a secret, and no template outside of `auth` has it");
    assert_eq!(hint, "Write `secret.key`, into `[auth.set]` and the like");
}

#[test]
fn a_crm_that_says_why_in_a_header_is_heard() {
    let errors = "[errors]\nmessage = [\"error\"]\nmessage_headers = [\"X-Reason\", \"X-Status-Reason\"]\n\n";
    let refused = |answer: &str, message: &str| {
        let text = with("[whoami]\n", &format!("{errors}[whoami]\n"));
        let example = format!(
            "\n[[examples]]\nname = \"gone\"\noperation = \"get_contact\"\ncontact = {{ type = \"Person\", id = \"7\" }}\n\
             error = {{ kind = \"forbidden\", message = \"{message}\" }}\n[[examples.requests]]\n\
             url = \"https://api.example.com/people/7\"\nstatus = 403\n{answer}\n"
        );
        let said = differences(&format!("{text}{example}"));
        assert_eq!(said, "");
    };
    let header = "answer_headers = { X-Status-Reason = \"Record is locked for secret-key\" }";
    // What a header says is as little to be trusted as what a body says.
    refused(header, "Clean: Record is locked for …");
    refused(
        &format!("{header}\nanswer = {{ error = \"By the body\" }}"),
        "Clean: By the body",
    );
    refused("", "Clean does not allow this account");
}

#[test]
fn a_type_whose_template_fails_is_told_although_another_answers() {
    let text = with(
        "[find_contact]\n",
        "[[types]]\nid = \"Firm\"\nlabel = \"Firm\"\nvars = { table = \"firms\" }\n\n[find_contact]\n",
    )
    .replacen(
        "path = \"/{{ type.table }}/search\"",
        "path = \"/{{ type.table | map({'people': 'people'}) }}/search\"",
        1,
    )
    .replacen(
        FOUND,
        &format!("{FOUND}\n\n[[examples.requests]]\nmethod = \"POST\"\nurl = \"https://api.example.com/firms/search\""),
        1,
    );
    let said = differences(&text);
    assert!(said.contains("a request was expected and not sent"), "{said}");
    assert!(
        said.contains("Firm: it failed: invalid:") && said.contains("map() has no entry"),
        "{said}"
    );
}
