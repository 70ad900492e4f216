//! The owner describes the kinds of phones in English, and the window has them in German, sentence by sentence. A sentence
//! that changes falls back to English: here it is missed.

use ringside_sources::kinds::{self, Evidence, ParameterKind};

use crate::files;

const GERMAN: &str = "ui/src/text/phone-kinds.de.ts";

#[test]
fn every_kind_of_phone_is_there_in_german() {
    let text = std::fs::read_to_string(files::root().join(GERMAN)).unwrap();
    let has = |key: &str| {
        let quoted = format!("'{}': '", key.replace('\'', "\\'"));
        text.contains(&quoted) || text.contains(&format!("    {key}: '"))
    };
    let mut missed = Vec::new();
    for kind in kinds::kinds() {
        let note = match kind.evidence {
            Evidence::RealServer(note) | Evidence::Specification(note) | Evidence::Documentation(note) => note,
        };
        let help = kind.parameters.iter().filter_map(|one| one.help);
        let lists = kind.needs.iter().chain(kind.limits).copied();
        let sentences = [kind.summary, note].into_iter().chain(lists).chain(help);
        missed.extend(sentences.filter(|sentence| !has(sentence)).map(str::to_owned));
        missed.extend((!has(kind.id)).then(|| kind.id.to_owned()));
        for one in kind.parameters {
            let title = format!("{}.{}", kind.id, one.name);
            missed.extend((!has(&title) && !has(one.name)).then_some(title));
            if let ParameterKind::Choice(options) = one.kind {
                let titles = options.iter().map(|(value, _)| format!("{}.{value}", one.name));
                missed.extend(titles.filter(|title| !has(title)));
            }
        }
    }
    assert!(missed.is_empty(), "{GERMAN} has no words for:\n{}", missed.join("\n"));
}
