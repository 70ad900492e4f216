//! The settings of one profile: a plain, versioned `config.toml`, readable without the key.
//!
//! Nothing secret lies in it, and no number of anybody who calls: tokens and passwords of phones are in the keyring, and so
//! are the user's own numbers; only the address of their own phone account stands here. A file that can't be read is never overwritten: Ringside runs with the defaults, says where the fault is, and
//! refuses to save until a person has mended it. Comments and keys that this version does not know stay where they are.

mod edit;
mod file;
mod locale;

use std::{
    collections::BTreeMap,
    net::IpAddr,
    path::{Path, PathBuf},
};

use ringside_domain::{Error, Kind, Result, phone::Region};
use ringside_ipc::settings::{CardScreenDto, LogRuleDto, NobodyDto, OpenRecordDto, PopDto, SeveralDto};
use ringside_sources::kinds::PROGRAM;

/// The version of the file's layout that this program writes. A newer one is not touched.
pub const VERSION: i64 = 1;

/// The port of the intake unless the person sets another one.
pub const INTAKE_PORT: u16 = ringside_sources::intake::USUAL_PORT;

/// What the file says, or would say.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub home: Option<Region>,
    pub outside_prefix: Option<String>,
    /// As typed; each one is known to be a format.
    pub formats: Vec<String>,
    pub pop: PopDto,
    pub several: SeveralDto,
    pub nobody: NobodyDto,
    pub open_record: OpenRecordDto,
    pub log_rule: LogRuleDto,
    pub notify: bool,
    pub respect_do_not_disturb: bool,
    pub letter_keys: bool,
    pub card_screen: CardScreenDto,
    /// In percent.
    pub text_size: u16,
    pub start_with_system: bool,
    pub handle_tel_links: bool,
    /// What opened `tel:` and `callto:` before, so that it can be put back.
    pub link_handlers_before: Vec<(String, String)>,
    pub search_hotkey: Option<String>,
    pub card_hotkey: Option<String>,
    pub present_hotkey: Option<String>,
    pub say_hotkey: Option<String>,
    pub intake_on: bool,
    pub intake_port: u16,
    /// The address of this computer on which desk phones of the local network may report, too.
    pub intake_lan: Option<IpAddr>,
    pub keep_calls_days: Option<u32>,
    /// The first steps were gone through, or skipped.
    pub welcomed: bool,
    /// A file with certificates that are trusted besides the system's. Read at the start.
    pub extra_ca: Option<PathBuf>,
    pub connections: Vec<ConnectionEntry>,
    pub phones: Vec<PhoneEntry>,
}

/// One configured connector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionEntry {
    pub id: String,
    /// `hubspot`; a file of the user's own is `own/NAME`, so that none ever comes to the secrets of another.
    pub connector: String,
    pub name: String,
    pub logs_here: bool,
    /// The CRM account's own id, as the connection said when it was added. What is logged is marked with it, so it stays
    /// the same when the connection is renamed.
    pub account: Option<String>,
    /// The chosen environment's id.
    pub environment: Option<String>,
    /// The server's address, put in order.
    pub server: Option<String>,
    /// What was filled in and is not secret.
    pub parameters: BTreeMap<String, String>,
    /// The names of the secrets that are in the keyring.
    pub secrets: Vec<String>,
    /// What the person agreed to of the connector's manifest, as its hash.
    pub pin: Option<String>,
}

/// A phone that is set up. Its token is in the keyring under `phone/<name>`, its secrets under `phone/<name>/<secret>`, and
/// what its sign-in granted under `phone/<name>/grant`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneEntry {
    /// Without a slash: it is part of keyring entries.
    pub name: String,
    /// A kind's id. One that this version does not know is kept, and said.
    pub kind: String,
    pub trusted: bool,
    /// Unix milliseconds.
    pub created: i64,
    /// What was filled in and is not secret.
    pub parameters: BTreeMap<String, String>,
    /// The names of the secrets that are in the keyring.
    pub secrets: Vec<String>,
}

impl Default for PhoneEntry {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: PROGRAM.to_owned(),
            trusted: false,
            created: 0,
            parameters: BTreeMap::new(),
            secrets: Vec::new(),
        }
    }
}

impl Settings {
    /// Defaults that work, for somebody who is at home in this country.
    #[must_use]
    pub fn new(home: Option<Region>) -> Self {
        Self {
            home,
            outside_prefix: None,
            formats: Vec::new(),
            pop: PopDto::Always,
            several: SeveralDto::Ask,
            nobody: NobodyDto::Ask,
            open_record: OpenRecordDto::ByHand,
            log_rule: LogRuleDto::Ask,
            notify: true,
            respect_do_not_disturb: true,
            letter_keys: true,
            card_screen: CardScreenDto::Pointer,
            text_size: 100,
            start_with_system: false,
            handle_tel_links: false,
            link_handlers_before: Vec::new(),
            search_hotkey: Some("Ctrl+Shift+Space".to_owned()),
            card_hotkey: Some("Ctrl+Shift+K".to_owned()),
            present_hotkey: None,
            say_hotkey: None,
            intake_on: false,
            intake_port: INTAKE_PORT,
            intake_lan: None,
            keep_calls_days: None,
            welcomed: false,
            extra_ca: None,
            connections: vec![ConnectionEntry {
                id: "address-book".to_owned(),
                connector: "address-book".to_owned(),
                name: "Address book".to_owned(),
                logs_here: true,
                ..ConnectionEntry::default()
            }],
            phones: Vec::new(),
        }
    }
}

/// The file on disk, and what was found in it.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    settings: Settings,
    /// Why the file can't be used; set, nothing is written.
    broken: Option<Error>,
    /// Keys that this version does not know, as `table.key`.
    unknown: Vec<String>,
}

impl SettingsFile {
    /// Reads the file; a missing one is all defaults. `home` is used where the file names no country; without it the
    /// locale's country is.
    #[must_use]
    pub fn load(path: &Path, home: Option<Region>) -> Self {
        let defaults = Settings::new(home.or_else(locale::region));
        let mut file = Self {
            path: path.to_owned(),
            settings: defaults.clone(),
            broken: None,
            unknown: Vec::new(),
        };
        match read_text(path).and_then(|text| text.map(|text| file::parse(&text, path, defaults)).transpose()) {
            Ok(None) => {}
            Ok(Some((settings, unknown))) => {
                file.settings = settings;
                file.unknown = unknown;
            }
            Err(error) => file.broken = Some(error),
        }
        file
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    #[must_use]
    pub fn broken(&self) -> Option<&Error> {
        self.broken.as_ref()
    }

    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Whether the file, as it is on disk now, could be saved over. Asked before anything else is changed for a setting.
    ///
    /// # Errors
    /// When it can't be read: then it is left alone.
    pub fn check(&self) -> Result<()> {
        self.text_to_edit().map(drop)
    }

    /// Writes the file whole, beside the old one and then in its place, readable by the user only.
    ///
    /// # Errors
    /// As [`SettingsFile::check`]; and when it can't be written: nothing changed.
    pub fn save(&mut self, settings: Settings) -> Result<()> {
        let text = self.text_to_edit()?;
        edit::write(&self.path, &text, &settings)?;
        self.settings = settings;
        self.broken = None;
        Ok(())
    }

    fn text_to_edit(&self) -> Result<String> {
        let text = read_text(&self.path)?.unwrap_or_default();
        match file::parse(&text, &self.path, self.settings.clone()) {
            Ok(_) => Ok(text),
            Err(error) => Err(error.hint("Correct the file or move it away, then save again; it was left as it is")),
        }
    }
}

/// What ids of connections and names of phones are made of.
pub(crate) const ID_WORDS: &str = "expected a name of up to 40 small letters, digits and dashes, such as \"crm-2\"";

pub(crate) fn is_id(text: &str) -> bool {
    let letters = text
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    letters && (1..=40).contains(&text.len()) && !text.starts_with('-') && !text.ends_with('-')
}

/// A settings file is a page; what is longer is something else.
const LONGEST: u64 = 1024 * 1024;

fn read_text(path: &Path) -> Result<Option<String>> {
    let failed = |why: String| {
        Error::new(Kind::Invalid, "read_settings", format!("{} {why}", path.display()))
            .hint("Correct the file or move it away; until then Ringside uses its defaults and does not change it")
    };
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(format!("can't be read: {error}"))),
        Ok(found) if !found.is_file() => return Err(failed("is not a file".to_owned())),
        Ok(found) if found.len() > LONGEST => return Err(failed("is longer than a megabyte".to_owned())),
        Ok(_) => {}
    }
    let bytes = std::fs::read(path).map_err(|error| failed(format!("can't be read: {error}")))?;
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let (line, column) = file::position(error.as_bytes(), at);
        failed(format!("is not UTF-8 text at line {line}, column {column}"))
    })
}

#[cfg(test)]
mod tests;
