//! What would cost a person something later: a choice that no update sends, a number that nobody finds again, a stranger who
//! takes too many requests.

use ringside_connectors::manifest::check::check;

use super::lint::{only, tables_out_of, with};

#[test]
fn a_choice_that_no_update_sends_is_said_and_so_is_the_end_of_the_call() {
    let told = |changes: &[(&str, &str)]| {
        let report = check(&with(changes));
        report
            .warnings
            .iter()
            .map(|warning| format!("{} {}", warning.path, warning.message))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let said = told(&[(", matter = \"{{ fields.deal }}\"", "")]);
    assert!(
        said.contains("update_log A log is made with `fields.deal`, and no update sends it"),
        "{said}"
    );
    let said = told(&[(
        "deal = \"{{ fields.deal }}\", person",
        "deal = \"{{ fields.deal }}\", took = \"{{ call.seconds }}\", person",
    )]);
    assert!(
        said.contains("A log is made with `call.seconds`, and no update sends it"),
        "{said}"
    );
    // In another unit it is the same.
    let said = told(&[
        (
            "deal = \"{{ fields.deal }}\", person",
            "deal = \"{{ fields.deal }}\", took = \"{{ call.seconds }}\", person",
        ),
        (
            "matter = \"{{ fields.deal }}\"",
            "matter = \"{{ fields.deal }}\", took = \"{{ call.milliseconds }}\"",
        ),
    ]);
    assert!(!said.contains("no update sends it"), "{said}");
}

#[test]
fn a_field_that_is_filled_and_never_searched_is_said() {
    let warnings = |fields: &str| {
        let report = check(&with(&[("fields = [\"phone\"]", fields)]));
        report.warnings
    };
    assert_eq!(warnings("fields = [\"phone\"]"), []);
    let told = warnings("fields = [\"phone\", \"other_phone\"]");
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0].path, "add_number.fields[1]");
    assert!(told[0].message.contains("`other_phone`"), "{told:#?}");
    // A CRM that is asked without the names of fields looks in all of them.
    assert_eq!(warnings("fields = [\"cell\"]"), []);
}

#[test]
fn what_a_stranger_costs_is_said_where_it_is_too_much() {
    let per_field =
        "matching = \"exact\"\nbatching = \"per_field_form\"\nfields = \"['a', 'b', 'c', 'd', 'e', 'f', 'g']\"";
    let asked = |head: &str, rate: &str| {
        let text = with(&[
            ("matching = \"search\"\nforms = [\"e164\", \"national\"]", head),
            (
                "filter = { \"$query\" = \"lucene\", template = \"{{ any(['phone'], forms, 'phrase') }}\" }",
                "q = \"{{ form }}\"",
            ),
            ("[budgets.search]\n", &format!("[budgets.search]\n{rate}")),
        ]);
        let report = check(&tables_out_of(&text, "examples"));
        assert_eq!(report.problems, []);
        report
            .warnings
            .into_iter()
            .map(|warning| warning.message)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let said = asked(per_field, "");
    assert!(said.contains("A caller with a US number costs 70 requests"), "{said}");
    let said = asked("matching = \"exact\"\nbatching = \"per_form\"", "per_minute = 30\n");
    assert!(said.contains("costs 10 requests, 20 s at this budget"), "{said}");
    let said = asked("matching = \"exact\"\nbatching = \"per_form\"", "");
    assert!(!said.contains("costs"), "{said}");
}

#[test]
fn what_trusts_the_crm_reads_no_numbers_and_what_limits_limits() {
    let report = check(&with(&[(
        "matching = \"search\"",
        "matching = \"search\"\nverify = \"trust\"",
    )]));
    assert!(
        only(&report.warnings, &report)
            .message
            .contains("whoever this search brings counts as the caller")
    );
    let report = check(&with(&[("per_second = ", "per_second = 8000")]));
    assert!(
        only(&report.warnings, &report).message.contains("holds nothing back"),
        "{report:#?}"
    );
}
