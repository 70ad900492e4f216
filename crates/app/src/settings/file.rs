//! Reading `config.toml`: every value checked, every fault with its line and column.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    path::{Path, PathBuf},
};

use ringside_domain::{
    Error, Kind, Result,
    phone::{Format, Region},
};
use ringside_ipc::settings::{CardScreenDto, LogRuleDto, NobodyDto, OpenRecordDto, PopDto, SeveralDto, TEXT_SIZES};
use ringside_sources::kinds::PROGRAM;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::{ConnectionEntry, PhoneEntry, Settings, VERSION};
use crate::{configure::KEEP_CALLS, phones::key};

/// The tables and keys of this version.
pub(super) const KNOWN: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "version",
            "numbers",
            "calls",
            "desktop",
            "intake",
            "network",
            "privacy",
            "connection",
            "phone",
        ],
    ),
    ("numbers", &["home", "outside_prefix", "formats"]),
    (
        "calls",
        &["pop", "several", "nobody", "open_record", "log_rule", "notify"],
    ),
    (
        "desktop",
        &[
            "start_with_system",
            "handle_tel_links",
            "link_handlers_before",
            "search_hotkey",
            "card_hotkey",
            "present_hotkey",
            "say_hotkey",
            "respect_do_not_disturb",
            "letter_keys",
            "card_screen",
            "text_size",
            "welcomed",
        ],
    ),
    ("intake", &["on", "port", "lan"]),
    ("network", &["extra_ca"]),
    ("privacy", &["keep_calls_days"]),
    (
        "connection",
        &[
            "id",
            "connector",
            "name",
            "logs_here",
            "account",
            "environment",
            "server",
            "parameters",
            "secrets",
            "pin",
        ],
    ),
    (
        "phone",
        &["name", "kind", "trusted", "created", "parameters", "secrets"],
    ),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    version: Option<i64>,
    numbers: Numbers,
    calls: Calls,
    desktop: Desktop,
    intake: Intake,
    network: Network,
    privacy: Privacy,
    connection: Option<Vec<Connection>>,
    phone: Vec<Phone>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Numbers {
    #[serde(deserialize_with = "home")]
    home: Option<Option<Region>>,
    #[serde(deserialize_with = "outside_prefix")]
    outside_prefix: Option<String>,
    #[serde(deserialize_with = "formats")]
    formats: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Calls {
    pop: Option<PopDto>,
    several: Option<SeveralDto>,
    nobody: Option<NobodyDto>,
    open_record: Option<OpenRecordDto>,
    log_rule: Option<LogRuleDto>,
    notify: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Desktop {
    start_with_system: bool,
    handle_tel_links: bool,
    link_handlers_before: std::collections::BTreeMap<String, String>,
    search_hotkey: Option<String>,
    card_hotkey: Option<String>,
    present_hotkey: Option<String>,
    say_hotkey: Option<String>,
    respect_do_not_disturb: Option<bool>,
    letter_keys: Option<bool>,
    card_screen: Option<CardScreenDto>,
    #[serde(deserialize_with = "text_size")]
    text_size: Option<u16>,
    welcomed: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Intake {
    on: bool,
    #[serde(deserialize_with = "port")]
    port: Option<u16>,
    #[serde(deserialize_with = "address")]
    lan: Option<IpAddr>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Network {
    #[serde(deserialize_with = "absolute")]
    extra_ca: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Privacy {
    #[serde(deserialize_with = "days")]
    keep_calls_days: Option<u32>,
}

#[derive(Deserialize)]
struct Connection {
    #[serde(deserialize_with = "id")]
    id: String,
    connector: String,
    name: Option<String>,
    #[serde(default)]
    logs_here: bool,
    account: Option<String>,
    environment: Option<String>,
    server: Option<String>,
    #[serde(default, deserialize_with = "parameters")]
    parameters: BTreeMap<String, String>,
    #[serde(default)]
    secrets: Vec<String>,
    pin: Option<String>,
}

#[derive(Deserialize)]
struct Phone {
    #[serde(deserialize_with = "phone_name")]
    name: String,
    #[serde(default = "program")]
    kind: String,
    #[serde(default)]
    trusted: bool,
    #[serde(default)]
    created: i64,
    #[serde(default, deserialize_with = "parameters")]
    parameters: BTreeMap<String, String>,
    #[serde(default)]
    secrets: Vec<String>,
}

/// Of files from before there were other kinds.
fn program() -> String {
    PROGRAM.to_owned()
}

/// The settings in `text`, and the keys in it that nobody knows. What the text leaves out comes from `defaults`.
pub(super) fn parse(text: &str, path: &Path, defaults: Settings) -> Result<(Settings, Vec<String>)> {
    let written: Written = toml::from_str(text).map_err(|error| {
        let (line, column) = position(text.as_bytes(), error.span().map_or(0, |span| span.start));
        // The first line of the library's words; the others draw the place, which we name.
        let words = error.message().lines().next().unwrap_or("not TOML").to_owned();
        broken(path, format!("line {line}, column {column}: {words}"))
    })?;
    match written.version.unwrap_or(VERSION) {
        VERSION => {}
        newer if newer > VERSION => {
            return Err(broken(
                path,
                format!("it has version {newer}, and this Ringside knows {VERSION}"),
            )
            .hint("Start the newer Ringside, or move the file away"));
        }
        other => return Err(broken(path, format!("there is no version {other} of this file"))),
    }
    let connections = match written.connection {
        Some(list) => connections(list).map_err(|words| broken(path, words))?,
        None => defaults.connections,
    };
    // Who has a file from before there were first steps has taken them.
    let welcomed = written.desktop.welcomed.unwrap_or(!text.trim().is_empty());
    let settings = Settings {
        home: written.numbers.home.unwrap_or(defaults.home),
        outside_prefix: written.numbers.outside_prefix,
        formats: written.numbers.formats,
        pop: written.calls.pop.unwrap_or(defaults.pop),
        several: written.calls.several.unwrap_or(defaults.several),
        nobody: written.calls.nobody.unwrap_or(defaults.nobody),
        open_record: written.calls.open_record.unwrap_or(defaults.open_record),
        log_rule: written.calls.log_rule.unwrap_or(defaults.log_rule),
        notify: written.calls.notify.unwrap_or(defaults.notify),
        start_with_system: written.desktop.start_with_system,
        handle_tel_links: written.desktop.handle_tel_links,
        link_handlers_before: written.desktop.link_handlers_before.into_iter().collect(),
        search_hotkey: written
            .desktop
            .search_hotkey
            .or(defaults.search_hotkey)
            .filter(|keys| !keys.is_empty()),
        card_hotkey: written
            .desktop
            .card_hotkey
            .or(defaults.card_hotkey)
            .filter(|keys| !keys.is_empty()),
        present_hotkey: written.desktop.present_hotkey.filter(|keys| !keys.is_empty()),
        say_hotkey: written.desktop.say_hotkey.filter(|keys| !keys.is_empty()),
        respect_do_not_disturb: written
            .desktop
            .respect_do_not_disturb
            .unwrap_or(defaults.respect_do_not_disturb),
        letter_keys: written.desktop.letter_keys.unwrap_or(defaults.letter_keys),
        card_screen: written.desktop.card_screen.unwrap_or(defaults.card_screen),
        text_size: written.desktop.text_size.unwrap_or(defaults.text_size),
        welcomed,
        keep_calls_days: written.privacy.keep_calls_days,
        intake_on: written.intake.on,
        intake_port: written.intake.port.unwrap_or(defaults.intake_port),
        intake_lan: written.intake.lan,
        extra_ca: written.network.extra_ca,
        connections,
        phones: phones(written.phone).map_err(|words| broken(path, words))?,
    };
    Ok((settings, unknown(text)))
}

/// Line and column of a byte, counted from one, the column in letters.
pub(super) fn position(text: &[u8], at: usize) -> (usize, usize) {
    let before = &text[..at.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    (line, String::from_utf8_lossy(&before[start..]).chars().count() + 1)
}

fn broken(path: &Path, words: String) -> Error {
    Error::new(Kind::Invalid, "read_settings", format!("{}: {words}", path.display()))
        .hint("Correct the file or move it away; until then Ringside uses its defaults and does not change it")
}

fn connections(list: Vec<Connection>) -> Result<Vec<ConnectionEntry>, String> {
    let mut entries: Vec<ConnectionEntry> = Vec::new();
    for entry in list {
        if entries.iter().any(|other| other.id == entry.id) {
            return Err(format!("two connections have the id \"{}\"", entry.id));
        }
        // Only one connection takes the logs: the first that says so.
        let logs_here = entry.logs_here && !entries.iter().any(|other| other.logs_here);
        let name = entry.name.unwrap_or_else(|| entry.id.clone());
        entries.push(ConnectionEntry {
            id: entry.id,
            connector: entry.connector,
            name,
            logs_here,
            account: entry.account,
            environment: entry.environment,
            server: entry.server,
            parameters: entry.parameters,
            secrets: entry.secrets,
            pin: entry.pin,
        });
    }
    Ok(entries)
}

fn phones(list: Vec<Phone>) -> Result<Vec<PhoneEntry>, String> {
    let mut entries: Vec<PhoneEntry> = Vec::new();
    for phone in list {
        // They would share one token and one password in the keyring.
        if entries.iter().any(|other| key(&other.name) == key(&phone.name)) {
            return Err(format!("two phones have the name \"{}\"", phone.name));
        }
        entries.push(PhoneEntry {
            name: phone.name,
            kind: phone.kind,
            trusted: phone.trusted,
            created: phone.created,
            parameters: phone.parameters,
            secrets: phone.secrets,
        });
    }
    Ok(entries)
}

fn unknown(text: &str) -> Vec<String> {
    let Ok(root) = text.parse::<toml::Table>() else {
        return Vec::new();
    };
    let keys_of = |name: &str| {
        KNOWN
            .iter()
            .find(|(table, _)| *table == name)
            .map_or(&[][..], |(_, keys)| *keys)
    };
    let mut found = Vec::new();
    for (key, value) in &root {
        if !keys_of("").contains(&key.as_str()) {
            found.push(key.clone());
            continue;
        }
        let tables: Vec<&toml::Table> = match value {
            toml::Value::Table(table) => vec![table],
            toml::Value::Array(list) => list.iter().filter_map(toml::Value::as_table).collect(),
            _ => Vec::new(),
        };
        for inner in tables.into_iter().flat_map(toml::Table::keys) {
            let name = format!("{key}.{inner}");
            if !keys_of(key).contains(&inner.as_str()) && !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

fn home<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Region>>, D::Error> {
    let text = String::deserialize(from)?;
    if text.trim().is_empty() {
        return Ok(Some(None));
    }
    text.parse().map(|region| Some(Some(region))).map_err(D::Error::custom)
}

fn outside_prefix<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    if text.len() > 4 || !text.bytes().all(|letter| letter.is_ascii_digit()) {
        return Err(D::Error::custom("expected one to four digits in quotes, such as \"0\""));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn formats<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let list = Vec::<String>::deserialize(from)?;
    for typed in &list {
        typed
            .parse::<Format>()
            .map_err(|error| D::Error::custom(format!("the format \"{typed}\": {error}")))?;
    }
    Ok(list)
}

fn port<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    let port = u16::deserialize(from)?;
    if port < 1024 {
        return Err(D::Error::custom("expected a port from 1024 to 65535"));
    }
    Ok(Some(port))
}

fn days<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let days = u32::deserialize(from)?;
    if KEEP_CALLS.contains(&days) {
        return Ok(Some(days));
    }
    Err(D::Error::custom("expected a number of days from 7 to 3650"))
}

fn text_size<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    let percent = u16::deserialize(from)?;
    if TEXT_SIZES.contains(&percent) {
        return Ok(Some(percent));
    }
    Err(D::Error::custom(format!("expected one of the percents {TEXT_SIZES:?}")))
}

/// An empty one is none.
fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<IpAddr>, D::Error> {
    let text = String::deserialize(from)?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    let expected =
        || D::Error::custom("expected this computer's address in the local network, such as \"192.168.1.20\"");
    text.trim().parse().map(Some).map_err(|_| expected())
}

/// Numbers and switches may be written without quotes.
fn parameters<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let table = BTreeMap::<String, toml::Value>::deserialize(from)?;
    let text = |(name, value): (String, toml::Value)| match value {
        toml::Value::String(text) => Ok((name, text)),
        toml::Value::Integer(number) => Ok((name, number.to_string())),
        toml::Value::Boolean(on) => Ok((name, on.to_string())),
        _ => Err(D::Error::custom(format!(
            "expected a text for the parameter \"{name}\""
        ))),
    };
    table.into_iter().map(text).collect()
}

fn absolute<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(from)?;
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    if path.is_absolute() {
        return Ok(Some(path));
    }
    Err(D::Error::custom("expected the whole path of a file"))
}

fn phone_name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let wrong = |letter: char| letter.is_control() || letter == '/';
    if text.trim().is_empty() || text.chars().count() > 40 || text.chars().any(wrong) {
        return Err(D::Error::custom("expected a name of up to 40 letters, without a slash"));
    }
    Ok(text)
}

/// A name that can stand in a keyring entry and on a command line.
fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if super::is_id(&text) {
        Ok(text)
    } else {
        Err(D::Error::custom(super::ID_WORDS))
    }
}
