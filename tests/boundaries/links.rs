//! A link in a document leads somewhere.

use std::path::Path;

use crate::files;

/// The relative targets of a Markdown text: `[words](target)` and `![words](target)`, without the part behind `#`.
fn targets(text: &str) -> Vec<&str> {
    let ends = text.match_indices("](").map(|(at, _)| &text[at + 2..]);
    let target = |rest: &&'_ str| rest.find(')');
    ends.filter_map(|rest| target(&rest).map(|end| &rest[..end]))
        .filter(|target| !target.contains("://") && !target.starts_with(['#', '<']) && !target.contains(' '))
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty())
        .collect()
}

#[test]
fn every_relative_link_of_a_document_leads_to_a_file() {
    let mut seen = 0;
    for file in files::all().iter().filter(|file| file.is(&[".md"])) {
        let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
        for target in targets(&file.text) {
            seen += 1;
            let there = files::root().join(folder).join(target);
            assert!(there.exists(), "{}: there is no {target}", file.path);
        }
    }
    assert!(seen > 20, "only {seen} links were found");
}

#[test]
fn links_are_found_and_addresses_are_left_out() {
    let text = "[a](docs/a.md) ![b](../b.png) [c](https://example.com) [d](#part) [e](f.md#part)";
    assert_eq!(targets(text), ["docs/a.md", "../b.png", "f.md"]);
}
