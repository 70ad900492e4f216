//! A variable is used where a template names it, in whatever way that is written, and nowhere else.

use ringside_connectors::manifest::check::{Report, check};

use super::lint::with;

fn said(report: &Report) -> Vec<String> {
    let all = report.problems.iter().chain(&report.warnings);
    all.map(ToString::to_string).collect()
}

#[test]
fn a_member_in_brackets_or_behind_a_blank_is_used() {
    for written in ["account .user", "account['user']", "account [ 'user' ]"] {
        let file = with(&[("{{ account.user }}", &format!("{{{{ {written} }}}}"))]);
        assert_eq!(said(&check(&file)), [""; 0], "{written}");
    }
    for written in ["account .usr", "account['usr']"] {
        let file = with(&[("{{ account.user }}", &format!("{{{{ {written} }}}}"))]);
        let said = said(&check(&file));
        assert!(
            said.iter().any(|said| said.contains("`account` has no `usr` here")),
            "{written}: {said:?}"
        );
    }
}

/// What a help text or a path says is no use of it.
#[test]
fn what_only_looks_like_a_variable_is_no_use_of_it() {
    let file = with(&[
        (", owner = \"{{ account.user }}\"", ""),
        (", owner = \"5\"", ""),
        ("note = \"Made for tests\"", "note = \"Made for tests of account.user\""),
    ]);
    assert!(
        said(&check(&file))
            .iter()
            .any(|said| said.contains("`account.user` is never used"))
    );
    // Of a step that only looks whether it is there already nothing is sent.
    let pick = "[create_contact.steps.find_first]\nrequest = { path = \"/people\" }\npick = { phone = \"{{ draft.number }}\" }\n\n[create_contact.steps.request]";
    let file = with(&[
        (", phone = \"{{ draft.number }}\"", ""),
        ("[create_contact.steps.request]", pick),
    ]);
    let said = said(&check(&file));
    assert!(
        said.iter()
            .any(|said| said.contains("The number of a new contact is not sent")),
        "{said:?}"
    );
}

/// What comes back with the browser is named as the vendor names it.
const SIGN_IN: &str = "[auth.oauth2]\n\
    authorize = \"https://api.example.com/authorize\"\n\
    token = \"{{ redirect['accounts-server'] }}/token\"\n\
    client = \"public\"\n\
    client_id = \"ringside\"\n\
    keep_redirect = [\"accounts-server\"]\n\n\
    [auth.set]";

#[test]
fn a_name_with_a_dash_stands_in_brackets_and_is_checked_there() {
    let file = with(&[("[auth.set]", SIGN_IN)]);
    assert_eq!(said(&check(&file)), [""; 0]);
    let file = with(&[(
        "[auth.set]",
        &SIGN_IN.replace("redirect['accounts-server']", "redirect['accounts-servr']"),
    )]);
    let report = check(&file);
    let [problem] = report.problems.as_slice() else {
        panic!("{report:#?}");
    };
    assert_eq!(problem.message, "`redirect` has no `accounts-servr` here");
    assert_eq!(problem.path, "auth.oauth2.token");
    let line = file.lines().nth(problem.line - 1).unwrap();
    assert!(
        line[problem.column - 1..].starts_with("redirect['accounts-servr']"),
        "{problem}"
    );
}
