//! The guide's pieces are one connector: whoever copies them one below the other has a file that works.

use ringside_connectors::manifest::check::check;

const GUIDE: &str = include_str!("../../../../docs/connector-guide.md");

/// Blocks that say how it is done otherwise, by their first lines: they would stand in the place of another one.
const INSTEAD: [&str; 4] = [
    "[environment.typed]",
    "forms = [",
    "filters = [",
    "[find_contact.request.query.q]",
];
/// What is to be added to the type for one of the blocks, as its comment says.
const FOR_ENRICH: (&str, &str) = ("numbers = { work", "extra = { org = \"org_id\" }\nnumbers = { work");

fn blocks() -> Vec<&'static str> {
    let parts = GUIDE.split("```toml\n").skip(1);
    parts.map(|part| part.split_once("```").unwrap().0).collect()
}

fn connector() -> String {
    let belongs = |block: &&str| !INSTEAD.iter().any(|first| block.starts_with(first));
    let whole = blocks().into_iter().filter(belongs).collect::<Vec<_>>().join("\n");
    assert_eq!(whole.matches(FOR_ENRICH.0).count(), 1);
    whole.replace(FOR_ENRICH.0, FOR_ENRICH.1)
}

#[test]
fn the_pieces_of_the_guide_are_one_connector_that_works() {
    let report = check(&connector());
    assert_eq!(report.problems, []);
    assert_eq!(report.examples.len(), 1);
    for example in &report.examples {
        assert_eq!(example.difference, None, "{}", example.name);
    }
    // The guide leaves to its reader what it only tells.
    for warning in &report.warnings {
        assert!(
            warning.message.starts_with("No example runs") || warning.message.starts_with("There is no `update_log`"),
            "{warning}"
        );
    }
}

#[test]
fn the_first_piece_is_a_file_by_itself() {
    let report = check(blocks()[0]);
    assert_eq!(report.problems, []);
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.message.contains("find_contact"))
    );
}

#[test]
fn every_block_that_stands_instead_of_another_is_there() {
    for first in INSTEAD {
        assert_eq!(
            blocks().iter().filter(|block| block.starts_with(first)).count(),
            1,
            "{first}"
        );
    }
}

/// The file with one of those blocks in the place of what it stands instead of; without the example, which is of the other.
#[test]
fn every_block_that_stands_instead_of_another_is_right_there() {
    let block = |first: &str| blocks().into_iter().find(|block| block.starts_with(first)).unwrap();
    let file = connector();
    let file = file.split("[[examples]]").next().unwrap();
    let base = "[environment]\nbase = \"https://api.acme.example/v2\"\n";
    let forms = file.lines().find(|line| line.starts_with("forms = ")).unwrap();
    let json = file
        .lines()
        .find(|line| line.starts_with("json = { any_phone"))
        .unwrap();
    let in_json = format!("[find_contact.request.json]\n{}", block("filters = ["));
    for (from, to) in [
        (base, block("[environment.typed]")),
        (forms, block("forms = [")),
        (json, in_json.as_str()),
        (json, block("[find_contact.request.query.q]")),
    ] {
        assert_eq!(file.matches(from).count(), 1, "{from}");
        let report = check(&file.replace(from, to));
        let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, Vec::<String>::new(), "{to}");
    }
}
