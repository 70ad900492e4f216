//! Examples that don't hold say what was expected and what came.

use std::time::Instant;

use ringside_connectors::manifest::check::check;

const CLEAN: &str = include_str!("clean.toml");

/// What the only failing example of the changed manifest says.
fn difference(from: &str, to: &str) -> String {
    assert!(CLEAN.contains(from), "`{from}` is not in clean.toml");
    failing(&CLEAN.replacen(from, to, 1))
}

fn failing(text: &str) -> String {
    let report = check(text);
    assert_eq!(report.problems, []);
    let failed: Vec<_> = report.examples.iter().filter(|example| !example.passed()).collect();
    assert_eq!(failed.len(), 1, "{report:#?}");
    assert!(!report.is_good());
    let line = text.lines().nth(failed[0].line - 1).unwrap();
    assert!(line.contains(&failed[0].name), "{line}");
    failed[0].difference.clone().unwrap()
}

/// The clean manifest and one more example.
fn also(example: &str) -> String {
    format!("{CLEAN}\n[[examples]]\nname = \"more\"\n{example}")
}

#[test]
fn a_request_that_differs_is_shown_beside_the_expected_one() {
    let said = difference("name = \"{{ query.text }}\"", "name = \"{{ query.last }}!\"");
    assert_eq!(
        said,
        "a request differs\n  expected: GET https://api.example.com/people?name=Zo%C3%AB&team=sales\n  sent:     GET \
         https://api.example.com/people?name=Zo%C3%AB%21&team=sales"
    );
    let said = difference("Bearer {{ secret.key }}", "Token {{ secret.key }}");
    assert!(
        said.contains("the header authorization differs\n  expected: Bearer secret-key\n  sent:     Token secret-key"),
        "{said}"
    );
    let said = difference("person = \"{{ contact.id }}\"", "person = \"{{ contact.id | int }}\"");
    assert!(
        said.contains("at person\n    expected: \"7\"\n    sent:     7"),
        "{said}"
    );
    assert!(said.starts_with("POST https://api.example.com/calls\n"), "{said}");
}

#[test]
fn requests_too_many_and_too_few_are_named() {
    let said = difference(
        "[[examples.requests]]\nmethod = \"PATCH\"\nurl = \"https://api.example.com/people/7\"\njson = { phone = \"+12025550123\" }\n",
        "",
    );
    assert_eq!(
        said,
        "a request was not expected\n  PATCH https://api.example.com/people/7\n  json = { phone = \"+12025550123\" }"
    );
    let said = difference(
        "answer = { id = 7, name = \"Zoë\" }\n\n[[examples.requests]]\nmethod",
        "answer = { id = 7, phone = \"+12025550123\", name = \"Zoë\" }\n\n[[examples.requests]]\nmethod",
    );
    assert!(
        said.contains("a request was expected and not sent\n  PATCH https://api.example.com/people/7"),
        "{said}"
    );
}

#[test]
fn writes_go_out_in_the_order_of_the_example() {
    let steps =
        "\n[[log_call.steps]]\nname = \"link\"\n[log_call.steps.request]\nmethod = \"POST\"\npath = \"/links\"\n";
    let text = CLEAN.replacen("\n[[update_log.steps]]", &format!("{steps}\n[[update_log.steps]]"), 1);
    let link = "[[examples.requests]]\nmethod = \"POST\"\nurl = \"https://api.example.com/links\"\n\n";
    let call = "[[examples.requests]]\nmethod = \"POST\"\nurl = \"https://api.example.com/calls\"\n";
    let behind = text.replacen("answer = { id = 9 }\n", &format!("answer = {{ id = 9 }}\n\n{link}"), 1);
    assert!(check(&behind).is_good());
    let before = text.replacen(call, &format!("{link}{call}"), 1);
    assert!(failing(&before).contains("/links"));
}

#[test]
fn what_an_answer_means_is_compared() {
    let said = difference(
        "contacts = [{ id = \"7\", name = \"Zoë\", numbers",
        "contacts = [{ id = \"7\", name = \"Zoe\", numbers",
    );
    assert_eq!(said, "`name` of 7 differs\n  expected: \"Zoe\"\n  came:     \"Zoë\"");
    // An equal tail is nobody's number.
    let said = difference("phone = \"(202) 555-0123\" }]", "phone = \"+44 20 2555 0123\" }]");
    assert!(
        said.starts_with("the contacts differ\n  expected: [\"7\"]\n  came:     []\n7 came and was left out"),
        "{said}"
    );
    let said = difference("logs = [\"9\"]", "logs = []");
    assert!(said.contains("the logs differ"), "{said}");
    let said = difference("answer = { id = 9 }", "answer = { id = 9 }\nstatus = 500");
    assert!(said.starts_with("it failed: unavailable: Clean "), "{said}");
}

#[test]
fn an_expected_error_must_come_and_be_that_one() {
    let example = |rest: &str| {
        also(&format!(
            "operation = \"get_contact\"\ncontact = {{ type = \"Person\", id = \"7\" }}\n{rest}\n[[examples.requests]]\nurl = \
             \"https://api.example.com/people/7\"\nstatus = 404\n"
        ))
    };
    assert!(check(&example("error = { kind = \"not_found\" }")).is_good());
    let said = failing(&example(
        "error = { kind = \"forbidden\", field = \"x\", message = \"nothing of it\" }",
    ));
    for words in [
        "\"forbidden\"",
        "\"not_found\"",
        "the error's field",
        "nothing of it",
        "it said: Clean ",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let said = difference(
        "operation = \"get_contact\"\n",
        "operation = \"get_contact\"\nerror = { kind = \"not_found\" }\n",
    );
    assert_eq!(said, "it was to fail, and did not");
}

#[test]
fn pauses_are_kept_and_take_no_time() {
    let request = "[[examples.requests]]\nurl = \"https://api.example.com/people/7\"\n";
    let slow = also(&format!(
        "operation = \"get_contact\"\ncontact = {{ type = \"Person\", id = \"7\" }}\ncontacts = [{{ id = \"7\" }}]\n{request}status = \
         429\nanswer_headers = {{ Retry-After = \"8\" }}\n{request}answer = {{ id = 7, name = \"Zoë\" }}\n"
    ));
    let began = Instant::now();
    assert!(check(&slow).is_good(), "{:#?}", check(&slow).examples.last());
    assert!(began.elapsed().as_secs() < 5);
    let too_slow = slow.replace("Retry-After = \"8\"", "Retry-After = \"3600\"");
    assert!(failing(&too_slow).contains("it failed: rate_limited"));
}

#[tokio::test]
async fn a_runtime_may_call_it() {
    assert!(check(CLEAN).is_good());
}

/// Whatever a file lacks, the answer is about the file.
#[test]
fn no_line_is_so_important_that_the_check_breaks_without_it() {
    let lines: Vec<&str> = CLEAN.lines().collect();
    for left_out in 0..lines.len() {
        let kept: Vec<&str> = lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| (at != left_out).then_some(*line))
            .collect();
        let report = check(&kept.join("\n"));
        for example in &report.examples {
            let difference = example.difference.as_deref().unwrap_or_default();
            assert!(
                !difference.contains("fault of Ringside"),
                "{}: {difference}",
                lines[left_out]
            );
        }
    }
}

/// A text "false" would be true.
#[test]
fn a_parameter_is_the_same_in_auth_as_in_requests() {
    let old = |default: &str| {
        let parameter = format!(
            "[[parameters]]\nname = \"old\"\ntitle = \"Old\"\nkind = \"bool\"\ndefault = \"{default}\"\n\n[auth.set]"
        );
        CLEAN.replace("[auth.set]", &parameter).replace(
            "\"Bearer {{ secret.key }}\"",
            "\"{{ 'Old' if param.old else 'Bearer' }} {{ secret.key }}\"",
        )
    };
    for no in ["false", "no", ""] {
        let report = check(&old(no));
        assert!(report.is_good() && report.warnings.is_empty(), "{no}: {report:#?}");
    }
    let said = failing(&old("true"));
    assert!(said.contains("sent:     Old secret-key"), "{said}");
}

/// What a sign-in brings is given to a case that begins behind it, under one name for all of it.
#[test]
fn what_signing_in_would_have_brought_is_asked_for_by_its_name() {
    let sign_in = "[auth.oauth2]\nauthorize = \"https://api.example.com/authorize\"\ntoken = \"https://api.example.com/token\"\n\
        client = \"public\"\nclient_id = \"ringside\"\nkeep_granted = [\"shard\"]\n\n[auth.set]";
    let text = CLEAN
        .replace("[auth.set]", sign_in)
        .replace("path = \"/me\"", "path = \"/me/{{ granted.shard }}\"")
        .replace(
            "url = \"https://api.example.com/me\"",
            "url = \"https://api.example.com/me/eu\"",
        );
    let said = failing(&text);
    assert!(said.contains("`granted.shard`"), "{said}");
    assert!(
        said.contains("an example of the file has it in `session = { … }`"),
        "{said}"
    );
    let given = text.replace(
        "operation = \"check\"",
        "operation = \"check\"\nsession = { shard = \"eu\" }",
    );
    assert!(check(&given).is_good());
}
