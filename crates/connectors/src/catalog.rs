//! All connectors there are: the ones in code, the manifests that ship with Ringside, and the user's own.
//!
//! A user's own manifest is marked as such, lives under its own id, and never takes a shipped one's place: its id is
//! `own/NAME`, so that no connection made with a shipped connector, and no secret of one, ever comes to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, OnceLock},
};

use ringside_domain::{address_book::ADDRESS_BOOK, phone::PhoneNumber};

use crate::{
    app_connect::APP_CONNECT,
    manifest::{
        format::Manifest,
        load::{Loaded, Problem, load},
        render::stored_number,
    },
    pin::Pin,
};

/// What precedes the id of a user's own connector.
pub const OWN: &str = "own/";

/// The manifests in `connectors/`, by the names of their files. A test compares this with the folder.
const SHIPPED: &[(&str, &str)] = &[
    ("bullhorn", include_str!("../../../connectors/bullhorn.toml")),
    ("clio", include_str!("../../../connectors/clio.toml")),
    ("close", include_str!("../../../connectors/close.toml")),
    ("dolibarr", include_str!("../../../connectors/dolibarr.toml")),
    ("espocrm", include_str!("../../../connectors/espocrm.toml")),
    ("hubspot", include_str!("../../../connectors/hubspot.toml")),
    ("insightly", include_str!("../../../connectors/insightly.toml")),
    ("odoo", include_str!("../../../connectors/odoo.toml")),
    ("pipedrive", include_str!("../../../connectors/pipedrive.toml")),
    ("salesforce", include_str!("../../../connectors/salesforce.toml")),
    ("suitecrm", include_str!("../../../connectors/suitecrm.toml")),
];

/// A connector that a person can choose.
#[derive(Clone, Debug)]
pub struct Entry {
    /// As in `config.toml`: `hubspot`, `own/acme`.
    pub id: String,
    pub name: String,
    pub origin: Origin,
    pub body: Body,
    /// What a file of the user's own said when it was read.
    text: Option<Arc<str>>,
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
    Manifest(Sheet),
    /// A file with faults. Its connections go on with what was read before the fault, if anything.
    Broken {
        problems: Vec<Problem>,
        last: Option<Sheet>,
    },
}

/// A manifest that can be run.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub loaded: Arc<Loaded>,
    pub pin: Pin,
}

/// The user's own files by their names: what is in them, or in words why they can't be read.
pub type OwnFiles = BTreeMap<String, Result<String, String>>;

/// All connectors. One that ships is loaded when it is first asked for: a start has no time for all of them.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    own: Vec<Entry>,
}

impl Catalog {
    /// What ships with Ringside.
    #[must_use]
    pub fn shipped() -> Self {
        Self::default()
    }

    /// What ships, and the user's own files. A file that broke since it was in this catalog keeps what connections run
    /// with, and is shown with its faults; one that did not change stays the same one.
    #[must_use]
    pub fn with_own(&self, files: &OwnFiles) -> Self {
        let own = files.iter().map(|(file, text)| {
            let before = self.get(&own_id(file));
            match before {
                Some(same) if same.text.is_some() && same.text.as_deref() == text.as_deref().ok() => same.clone(),
                _ => own(file, text, before.and_then(Entry::sheet)),
            }
        });
        Self { own: own.collect() }
    }

    /// In the order in which a person reads them: Ringside's own, what ships by name, the user's own.
    #[must_use]
    pub fn entries(&self) -> Vec<&Entry> {
        let mut manifests: Vec<&Entry> = SHIPPED.iter().filter_map(|(id, _)| shipped(id)).collect();
        manifests.sort_by_key(|entry| entry.name.to_lowercase());
        built_in().iter().chain(manifests).chain(&self.own).collect()
    }

    /// The user's own.
    #[must_use]
    pub fn own(&self) -> &[Entry] {
        &self.own
    }

    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Entry> {
        let known = built_in().iter().chain(&self.own).find(|entry| entry.id == id);
        known.or_else(|| shipped(id))
    }
}

impl Entry {
    /// What connections run with: the manifest, or the last one that could be read.
    #[must_use]
    pub const fn sheet(&self) -> Option<&Sheet> {
        match &self.body {
            Body::Manifest(sheet) | Body::Broken { last: Some(sheet), .. } => Some(sheet),
            _ => None,
        }
    }

    #[must_use]
    pub fn manifest(&self) -> Option<&Manifest> {
        self.sheet().map(|sheet| &sheet.loaded.manifest)
    }

    /// How this CRM stores a number.
    #[must_use]
    pub fn stored_number(&self, number: &PhoneNumber) -> String {
        let e164 = number.e164();
        self.manifest()
            .map_or_else(|| e164.to_owned(), |manifest| stored_number(&manifest.number, e164))
    }

    /// What is wrong with the file.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match &self.body {
            Body::Broken { problems, .. } => problems,
            _ => &[],
        }
    }

    /// There can't be two connections of it.
    #[must_use]
    pub const fn only_once(&self) -> bool {
        matches!(self.body, Body::AddressBook)
    }
}

fn built_in() -> &'static [Entry; 2] {
    static BUILT_IN: LazyLock<[Entry; 2]> = LazyLock::new(|| {
        let entry = |id: &str, name: &str, body| Entry {
            id: id.to_owned(),
            name: name.to_owned(),
            origin: Origin::BuiltIn,
            body,
            text: None,
        };
        [
            entry(ADDRESS_BOOK, "Address book", Body::AddressBook),
            entry(APP_CONNECT, "App Connect server", Body::AppConnect),
        ]
    });
    &BUILT_IN
}

/// A manifest that ships, loaded once for the whole program.
fn shipped(id: &str) -> Option<&'static Entry> {
    static LOADED: [OnceLock<Entry>; SHIPPED.len()] = [const { OnceLock::new() }; SHIPPED.len()];
    let at = SHIPPED.iter().position(|(known, _)| *known == id)?;
    let (id, text) = *SHIPPED.get(at)?;
    LOADED.get(at).map(|once| once.get_or_init(|| load_shipped(id, text)))
}

fn load_shipped(id: &str, text: &str) -> Entry {
    let (name, body) = match load(text) {
        Ok(loaded) => (loaded.manifest.name.clone(), Body::Manifest(sheet(loaded, text))),
        Err(problems) => (id.to_owned(), Body::Broken { problems, last: None }),
    };
    Entry {
        id: id.to_owned(),
        name,
        origin: Origin::Shipped,
        body,
        text: None,
    }
}

fn own(file: &str, text: &Result<String, String>, last: Option<&Sheet>) -> Entry {
    let id = own_id(file);
    let read = match text {
        Ok(text) => load(text).and_then(|loaded| named(file, loaded).map(|loaded| sheet(loaded, text))),
        Err(why) => Err(vec![fault(why.clone(), None)]),
    };
    let body = match read {
        Ok(sheet) => Body::Manifest(sheet),
        Err(problems) => Body::Broken {
            problems,
            last: last.cloned(),
        },
    };
    let mut entry = Entry {
        name: id.clone(),
        id,
        origin: Origin::Own { file: file.to_owned() },
        body,
        text: text.as_deref().ok().map(Arc::from),
    };
    if let Some(manifest) = entry.manifest() {
        entry.name = manifest.name.clone();
    }
    entry
}

/// A file's id is its name, and none that ships.
fn named(file: &str, loaded: Arc<Loaded>) -> Result<Arc<Loaded>, Vec<Problem>> {
    let id = &loaded.manifest.id;
    let at_id = |message: String, hint: &str| {
        Err(vec![Problem {
            path: "id".to_owned(),
            ..fault(message, Some(hint))
        }])
    };
    if [ADDRESS_BOOK, APP_CONNECT].contains(&id.as_str()) || SHIPPED.iter().any(|(shipped, _)| shipped == id) {
        let message = format!("\"{id}\" is the id of a connector that ships with Ringside");
        return at_id(message, "Give the file and its id another name");
    }
    if file.strip_suffix(".toml") != Some(id.as_str()) {
        let message = format!("The file's id is \"{id}\", which is not its name");
        return at_id(message, "Name the file like its id, with .toml behind it");
    }
    Ok(loaded)
}

fn sheet(loaded: Arc<Loaded>, text: &str) -> Sheet {
    Sheet {
        loaded,
        pin: Pin::of(text),
    }
}

fn own_id(file: &str) -> String {
    format!("{OWN}{}", file.strip_suffix(".toml").unwrap_or(file))
}

fn fault(message: String, hint: Option<&str>) -> Problem {
    Problem {
        message,
        hint: hint.map(str::to_owned),
        line: 1,
        column: 1,
        path: String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn files(files: &[(&str, &str)]) -> OwnFiles {
        let file = |(name, text): &(&str, &str)| ((*name).to_owned(), Ok((*text).to_owned()));
        files.iter().map(file).collect()
    }

    fn hubspot() -> &'static str {
        SHIPPED.iter().find(|(id, _)| *id == "hubspot").unwrap().1
    }

    fn hubspot_as(id: &str) -> String {
        hubspot().replace("id = \"hubspot\"", &format!("id = \"{id}\""))
    }

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
            assert!(entry.problems().is_empty(), "{}: {:#?}", entry.id, entry.problems());
            if let Some(manifest) = entry.manifest() {
                assert_eq!(manifest.id, entry.id);
            }
        }
    }

    #[test]
    fn a_users_file_never_takes_a_shipped_id() {
        let own = files(&[
            ("hubspot.toml", hubspot()),
            ("app-connect.toml", &hubspot_as("app-connect")),
        ]);
        let catalog = Catalog::shipped().with_own(&own);
        assert!(matches!(catalog.get("hubspot").unwrap().body, Body::Manifest { .. }));
        assert_eq!(catalog.get("hubspot").unwrap().origin, Origin::Shipped);
        for id in ["own/hubspot", "own/app-connect"] {
            let refused = catalog.get(id).unwrap();
            assert!(refused.sheet().is_none());
            assert!(refused.problems()[0].message.contains("ships with Ringside"));
        }
    }

    #[test]
    fn a_users_own_is_marked_and_one_with_faults_is_shown_with_them() {
        let mine = hubspot_as("mine");
        let mut own = files(&[("mine.toml", &mine), ("other.toml", &mine), ("bad.toml", "id = ")]);
        own.insert("long.toml".to_owned(), Err("It is too long".to_owned()));
        let catalog = Catalog::shipped().with_own(&own);
        let mine = catalog.get("own/mine").unwrap();
        let file = "mine.toml".to_owned();
        assert_eq!(mine.origin, Origin::Own { file });
        assert!(matches!(mine.body, Body::Manifest { .. }));
        let fault = |id: &str| catalog.get(id).unwrap().problems()[0].message.clone();
        assert!(fault("own/other").contains("not its name"));
        assert_eq!(catalog.get("own/bad").unwrap().problems()[0].line, 1);
        assert_eq!(fault("own/long"), "It is too long");
    }

    #[test]
    fn says_how_a_crm_stores_a_number() {
        let number = PhoneNumber::from_e164("+442079460018").unwrap();
        let stored = |id: &str| Catalog::shipped().get(id).unwrap().stored_number(&number);
        assert_eq!(stored("odoo"), "+44 20 7946 0018");
        assert_eq!(stored("bullhorn"), "+442079460018");
        assert_eq!(stored(ADDRESS_BOOK), "+442079460018");
    }

    #[test]
    fn a_broken_edit_keeps_the_last_good_one_running() {
        let good = hubspot_as("mine");
        let first = Catalog::shipped().with_own(&files(&[("mine.toml", &good)]));
        let sheet = |catalog: &Catalog| catalog.get("own/mine").unwrap().sheet().unwrap().loaded.clone();
        let same = first.with_own(&files(&[("mine.toml", &good)]));
        assert!(Arc::ptr_eq(&sheet(&first), &sheet(&same)), "nothing changed");

        let broken = same.with_own(&files(&[("mine.toml", "oops")]));
        assert!(!broken.get("own/mine").unwrap().problems().is_empty());
        assert!(Arc::ptr_eq(&sheet(&first), &sheet(&broken)));
        let still = broken.with_own(&files(&[("mine.toml", "oops again")]));
        assert!(Arc::ptr_eq(&sheet(&first), &sheet(&still)));
        let mended = still.with_own(&files(&[("mine.toml", &good)]));
        assert!(mended.get("own/mine").unwrap().problems().is_empty());
        assert!(
            mended.with_own(&OwnFiles::new()).get("own/mine").is_none(),
            "a file that is gone is gone"
        );
    }
}
