//! All connectors there are: the ones in code, the manifests that ship with Ringside, and the user's own.
//!
//! A user's own manifest is marked as such, lives under its own id, and never takes a shipped one's place: its id is
//! `own/NAME`, so that no connection made with a shipped connector, and no secret of one, ever comes to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use ringside_domain::address_book::ADDRESS_BOOK;

use crate::{
    manifest::{
        format::Manifest,
        load::{Loaded, Problem, load},
    },
    pin::Pin,
};

/// What precedes the id of a user's own connector.
pub const OWN: &str = "own/";
/// The id of the connector for App Connect servers.
pub const APP_CONNECT: &str = "app-connect";

/// The manifests in `connectors/`, by the names of their files. A test compares this with the folder.
const SHIPPED: &[(&str, &str)] = &[
    ("bullhorn", include_str!("../../../connectors/bullhorn.toml")),
    ("hubspot", include_str!("../../../connectors/hubspot.toml")),
    ("insightly", include_str!("../../../connectors/insightly.toml")),
    ("pipedrive", include_str!("../../../connectors/pipedrive.toml")),
];

/// A connector that a person can choose.
#[derive(Clone, Debug)]
pub struct Entry {
    /// As in `config.toml`: `hubspot`, `own/acme`.
    pub id: String,
    pub name: String,
    pub origin: Origin,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Part of Ringside, in code.
    BuiltIn,
    /// Part of Ringside, a manifest.
    Shipped,
    /// A file of the user's own, by its name.
    Own { file: String },
}

#[derive(Clone, Debug)]
pub enum Body {
    AddressBook,
    AppConnect,
    Manifest {
        loaded: Arc<Loaded>,
        pin: Pin,
    },
    /// A file with faults. Connections of it go on with what was read before the fault, if anything.
    Broken(Vec<Problem>),
}

/// All connectors, in the order in which a person reads them.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    entries: Vec<Entry>,
}

impl Catalog {
    /// What ships with Ringside.
    #[must_use]
    pub fn shipped() -> Self {
        static SHIPPED_ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
        let entries = SHIPPED_ENTRIES.get_or_init(|| {
            let built_in = |id: &str, name: &str, body| Entry {
                id: id.to_owned(),
                name: name.to_owned(),
                origin: Origin::BuiltIn,
                body,
            };
            let mut manifests: Vec<Entry> = SHIPPED
                .iter()
                .map(|(id, text)| entry((*id).to_owned(), Origin::Shipped, text, None))
                .collect();
            manifests.sort_by_key(|entry| entry.name.to_lowercase());
            let mut entries = vec![
                built_in(ADDRESS_BOOK, "Address book", Body::AddressBook),
                built_in(APP_CONNECT, "App Connect server", Body::AppConnect),
            ];
            entries.extend(manifests);
            entries
        });
        Self {
            entries: entries.clone(),
        }
    }

    /// What ships, and the user's own files: names and texts. A file that broke since it was in `before` keeps its old body
    /// for the connections that run, and is shown with its faults.
    #[must_use]
    pub fn with_own(files: &BTreeMap<String, String>) -> Self {
        let mut catalog = Self::shipped();
        for (file, text) in files {
            let stem = file.strip_suffix(".toml").unwrap_or(file);
            let expected = Some(stem);
            let origin = Origin::Own { file: file.clone() };
            catalog
                .entries
                .push(entry(format!("{OWN}{stem}"), origin, text, expected));
        }
        catalog
    }

    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }
}

impl Entry {
    #[must_use]
    pub fn manifest(&self) -> Option<&Manifest> {
        match &self.body {
            Body::Manifest { loaded, .. } => Some(&loaded.manifest),
            _ => None,
        }
    }

    /// There can't be two connections of it.
    #[must_use]
    pub const fn only_once(&self) -> bool {
        matches!(self.body, Body::AddressBook)
    }
}

fn entry(id: String, origin: Origin, text: &str, expected: Option<&str>) -> Entry {
    let misnamed = |loaded: &Loaded| expected.is_some_and(|expected| loaded.manifest.id != expected);
    let shipped = |loaded: &Loaded| expected.is_some() && SHIPPED.iter().any(|(id, _)| *id == loaded.manifest.id);
    let fault = |message: String, hint: &str| {
        Body::Broken(vec![Problem {
            message,
            hint: Some(hint.to_owned()),
            line: 1,
            column: 1,
            path: "id".to_owned(),
        }])
    };
    let (name, body) = match load(text) {
        Ok(loaded) if shipped(&loaded) => {
            let message = format!(
                "\"{}\" is the id of a connector that ships with Ringside",
                loaded.manifest.id
            );
            (
                loaded.manifest.name.clone(),
                fault(message, "Give the file and its id another name"),
            )
        }
        Ok(loaded) if misnamed(&loaded) => {
            let message = format!("the file's id is \"{}\", which is not its name", loaded.manifest.id);
            (
                loaded.manifest.name.clone(),
                fault(message, "Name the file like its id, with .toml behind it"),
            )
        }
        Ok(loaded) => {
            let pin = Pin::of(text);
            (loaded.manifest.name.clone(), Body::Manifest { loaded, pin })
        }
        Err(problems) => (id.clone(), Body::Broken(problems)),
    };
    Entry { id, name, origin, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_folder_and_every_file_loads() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../connectors");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|file| {
                file.unwrap()
                    .file_name()
                    .to_str()?
                    .strip_suffix(".toml")
                    .map(str::to_owned)
            })
            .collect();
        files.sort();
        let listed: Vec<&str> = SHIPPED.iter().map(|(id, _)| *id).collect();
        assert_eq!(files, listed);
        for entry in Catalog::shipped().entries() {
            if let Body::Broken(problems) = &entry.body {
                panic!("{}: {problems:#?}", entry.id);
            }
            if let Some(manifest) = entry.manifest() {
                assert_eq!(manifest.id, entry.id);
            }
        }
    }

    #[test]
    fn a_users_file_never_takes_a_shipped_id() {
        let text = SHIPPED[1].1.to_owned();
        let catalog = Catalog::with_own(&BTreeMap::from([("hubspot.toml".to_owned(), text)]));
        assert!(matches!(catalog.get("hubspot").unwrap().body, Body::Manifest { .. }));
        assert_eq!(catalog.get("hubspot").unwrap().origin, Origin::Shipped);
        let Body::Broken(problems) = &catalog.get("own/hubspot").unwrap().body else {
            panic!("it was taken");
        };
        assert!(problems[0].message.contains("ships with Ringside"));
    }

    #[test]
    fn a_users_own_is_marked_and_one_with_faults_is_shown_with_them() {
        let own = SHIPPED[1].1.replace("id = \"hubspot\"", "id = \"mine\"");
        let files = BTreeMap::from([
            ("mine.toml".to_owned(), own.clone()),
            ("other.toml".to_owned(), own),
            ("bad.toml".to_owned(), "id = ".to_owned()),
        ]);
        let catalog = Catalog::with_own(&files);
        let mine = catalog.get("own/mine").unwrap();
        assert_eq!(
            mine.origin,
            Origin::Own {
                file: "mine.toml".to_owned()
            }
        );
        assert!(matches!(mine.body, Body::Manifest { .. }));
        assert!(matches!(catalog.get("own/other").unwrap().body, Body::Broken(_)));
        assert!(matches!(catalog.get("own/bad").unwrap().body, Body::Broken(_)));
    }
}
