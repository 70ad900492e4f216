//! A text that says how Ringside is doing, for whoever helps: to be read before it is given away.
//!
//! Nothing that a person named, typed or was called by is in it: not by looking for what has to be left out, but because only
//! kinds, codes and counts are put in. The log is masked when it is written, and here once more.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::{Captures, Regex};
use ringside_host::log::masked;
use ringside_ipc::{
    Api as _, ApiError,
    command::Nothing,
    person::DiagnosticsDto,
    settings::SettingsDto,
    status::{IntakeStateDto, StoreStateDto},
};
use serde_json::Value;

use crate::app::App;

/// Lines of the log that are shown.
const LOG_LINES: usize = 200;
/// Only so much of the end of the log is read.
const LOG_BYTES: u64 = 256 * 1024;

impl App {
    pub(crate) async fn diagnosed(&self) -> Result<DiagnosticsDto, ApiError> {
        let mut text = String::new();
        self.about(&mut text);
        settings(&self.settings_dto(), self.settings_now().extra_ca.is_some(), &mut text);
        self.state(&mut text).await?;
        let folder = self.inner.folders.logs.clone();
        let lines = tokio::task::spawn_blocking(move || log_lines(&folder))
            .await
            .unwrap_or_default();
        let _ = writeln!(text, "\nLog, the last {} lines", lines.len());
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
        Ok(DiagnosticsDto { text })
    }

    fn about(&self, text: &mut String) {
        let (now, zone) = self.local_now();
        let profile = match (self.inner.rehearsal, self.inner.folders.profile.as_str()) {
            (true, _) => "rehearsal",
            (_, "") => "own",
            _ => "another",
        };
        let session = Some(ringside_host::env::session()).filter(|session| is_code(session));
        let facts = [
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("made", crate::time::local(now, &zone)),
            ("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
            ("distribution", distribution().unwrap_or_else(|| "unknown".to_owned())),
            ("session", session.unwrap_or_else(|| "unknown".to_owned())),
            ("profile", profile.to_owned()),
            ("numbers are read by", ringside_domain::phone::reader_name().to_owned()),
        ];
        part("Ringside", &facts, text);
    }

    async fn state(&self, text: &mut String) -> Result<(), ApiError> {
        let status = self.status_now().await;
        let store = match &status.store {
            StoreStateDto::Open => "open".to_owned(),
            StoreStateDto::InMemory { code, unsaved, .. } => format!("in memory ({code}), {unsaved} unsaved"),
        };
        let intake = match &status.intake {
            IntakeStateDto::Off => "off".to_owned(),
            IntakeStateDto::Listening { port, lan } => {
                format!("port {port}{}", if lan.is_some() { ", local network too" } else { "" })
            }
            IntakeStateDto::Failed { port, .. } => format!("port {port} failed"),
        };
        let notices: Vec<&str> = status.notices.iter().map(|notice| notice.code.as_str()).collect();
        let facts = [
            ("store", store),
            ("contacts", status.contacts.to_string()),
            (
                "their numbers",
                format!("{}, {} unreadable", status.numbers, status.unreadable),
            ),
            (
                "logs",
                format!(
                    "{} waiting, {} refused, {} unsure",
                    status.waiting, status.refused, status.unsure
                ),
            ),
            ("to be created", status.creating.to_string()),
            ("intake", intake),
            ("notices", or_none(notices.join(", "))),
        ];
        part("State", &facts, text);

        text.push_str("\nConnections\n");
        for connection in self.connections_now().await {
            // A file of their own is called what they like.
            let connector = if connection.own {
                "own"
            } else {
                connection.connector.as_str()
            };
            let here = if connection.logs_here { ", logs here" } else { "" };
            let _ = writeln!(text, "  {connector}: {}{here}", kind_of(&connection.state));
        }
        text.push_str("\nPhones\n");
        for phone in self.phones(Nothing {}).await? {
            let state = kind_of(&phone.state);
            let trusted = if phone.trusted { ", trusted" } else { "" };
            let _ = writeln!(text, "  {}: {state}{trusted}", phone.kind);
        }
        Ok(())
    }
}

/// The kind of a state, its code and the codes of its notes: never its words, which name servers.
fn kind_of(state: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(state).unwrap_or_default();
    let code = |value: &Value, name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .filter(|code| is_code(code))
            .map(str::to_owned)
    };
    let kind = value.as_str().map(str::to_owned).or_else(|| code(&value, "kind"));
    let notes = value.get("notes").and_then(Value::as_array).into_iter().flatten();
    let more: Vec<String> = code(&value, "code")
        .into_iter()
        .chain(value.get("error").and_then(|error| code(error, "code")))
        .chain(notes.filter_map(|note| code(note, "code")))
        .collect();
    let kind = kind.unwrap_or_else(|| "unknown".to_owned());
    if more.is_empty() {
        kind
    } else {
        format!("{kind} ({})", more.join(", "))
    }
}

fn is_code(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// What is set, by kind and count.
fn settings(now: &SettingsDto, extra_ca: bool, text: &mut String) {
    let count = |numbers: &[String]| numbers.len().to_string();
    let on = |on: bool| if on { "on" } else { "off" }.to_owned();
    let set = |key: &Option<String>| {
        key.clone()
            .filter(|key| is_hotkey(key))
            .unwrap_or_else(|| "none".to_owned())
    };
    let facts = [
        ("home country", now.home.clone().unwrap_or_else(|| "none".to_owned())),
        ("outside prefix", on(now.outside_prefix.is_some())),
        ("own formats", count(&now.formats)),
        ("own numbers", count(&now.own_numbers)),
        ("numbers never to log", count(&now.never_log)),
        ("numbers never to miss", count(&now.vip)),
        ("pop", word(&now.pop)),
        ("several matches", word(&now.several)),
        ("nobody found", word(&now.nobody)),
        ("open the record", word(&now.open_record)),
        ("log", word(&now.log_rule)),
        ("card on", word(&now.card_screen)),
        ("text size", format!("{} %", now.text_size)),
        ("notify", on(now.notify)),
        ("respect do not disturb", on(now.respect_do_not_disturb)),
        ("letter keys", on(now.letter_keys)),
        ("start with the system", on(now.start_with_system)),
        ("telephone links", on(now.handle_tel_links)),
        ("search hotkey", set(&now.search_hotkey)),
        ("card hotkey", set(&now.card_hotkey)),
        ("present hotkey", set(&now.present_hotkey)),
        ("say hotkey", set(&now.say_hotkey)),
        (
            "keep calls",
            now.keep_calls_days
                .map_or_else(|| "always".to_owned(), |days| format!("{days} days")),
        ),
        ("own certificates", on(extra_ca)),
    ];
    part("Settings", &facts, text);
}

/// A choice by the word that the settings file has for it.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or("unknown").to_owned()
}

/// `Ctrl+Shift+K`: the settings take nothing else, and a file may hold anything.
fn is_hotkey(text: &str) -> bool {
    let keys = text.split('+');
    let known = |key: &str| (1..=12).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.contains('+')
        && keys
            .into_iter()
            .all(|key| known(key) && key.bytes().filter(u8::is_ascii_digit).count() <= 2)
}

fn part(title: &str, facts: &[(&str, String)], text: &mut String) {
    if !text.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "{title}");
    for (name, value) in facts {
        let _ = writeln!(text, "  {name}: {value}");
    }
}

fn or_none(text: String) -> String {
    if text.is_empty() { "none".to_owned() } else { text }
}

/// `Ubuntu 24.04.1 LTS`.
fn distribution() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let name: String = line
        .trim_matches('"')
        .chars()
        .filter(|sign| !sign.is_control())
        .take(80)
        .collect();
    Some(name).filter(|name| !name.is_empty())
}

/// The end of the newest log, masked once more.
fn log_lines(folder: &Path) -> Vec<String> {
    let text = newest(folder).and_then(|file| end_of(&file).ok()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let home = dirs::home_dir()
        .map(|home| home.display().to_string())
        .filter(|home| home.len() > 1);
    let shown = &lines[lines.len().saturating_sub(LOG_LINES)..];
    shown.iter().map(|line| masked_line(line, home.as_deref())).collect()
}

fn newest(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let logs = files.filter(|file| file.extension().is_some_and(|extension| extension == "log"));
    // The day is in the name.
    logs.max()
}

fn end_of(file: &Path) -> io::Result<String> {
    let mut file = fs::File::open(file)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // The first line may be half a one, whose mask is gone with its other half.
    let whole = if length > LOG_BYTES {
        text.split_once('\n').map_or("", |(_, rest)| rest)
    } else {
        &text
    };
    Ok(whole.to_owned())
}

/// A line begins with its time, which a mask would take for a number. The home folder is called what its user is called.
fn masked_line(line: &str, home: Option<&str>) -> String {
    let line = home.map_or_else(|| line.to_owned(), |home| line.replace(home, "~"));
    match line.split_once(' ') {
        Some((time, rest)) if is_time(time) => format!("{time} {}", hidden(&masked(rest))),
        _ => hidden(&masked(&line)),
    }
}

/// What the log may hold and a stranger need not read: the last digits that a mask leaves, and the names and addresses of
/// servers, which are those of companies.
fn hidden(text: &str) -> String {
    static DIGITS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"•[• ().-]*\d+").ok());
    static HOSTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\b(?:[\p{L}\d_-]+\.)+[\p{L}]{2,}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[\da-f]{0,4}:){3,}[\da-f:.]*",
        )
        .ok()
    });
    // Patterns that are constants compile or do not, in every test alike; without them nothing may be shown.
    let (Some(digits), Some(hosts)) = (&*DIGITS, &*HOSTS) else {
        return HIDDEN.to_owned();
    };
    let text = digits.replace_all(text, HIDDEN);
    let host = |found: &Captures<'_>| {
        if is_ours(&found[0]) {
            found[0].to_owned()
        } else {
            HIDDEN.to_owned()
        }
    };
    hosts.replace_all(&text, host).into_owned()
}

const HIDDEN: &str = "•••";

/// Files of Ringside, and this computer itself.
fn is_ours(name: &str) -> bool {
    let files = ["config.toml", "ringside.db", "ringside.lock"];
    files.contains(&name) || name == "127.0.0.1"
}

/// `2026-11-22T01:15:55.123456Z`.
fn is_time(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|sign| if sign.is_ascii_digit() { '0' } else { sign })
        .collect();
    let plain = shape.split('.').next().unwrap_or_default();
    text.len() <= 30 && text.ends_with('Z') && plain.trim_end_matches('Z') == "0000-00-00T00:00:00"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    #[test]
    fn a_line_keeps_its_time_and_loses_what_is_somebodys() {
        let line = "2026-11-22T01:15:55.123456Z  WARN ringside_app: from +44 20 7946 0123 in /home/ada/x token=hunter2 ada@example.com";
        let shown = masked_line(line, Some("/home/ada"));
        assert!(shown.starts_with("2026-11-22T01:15:55.123456Z  WARN"), "{shown}");
        for leak in ["7946", "hunter2", "/home/ada", "ada@", "example"] {
            assert!(!shown.contains(leak), "{leak} in {shown}");
        }
        let hosts = "2026-11-22T01:15:55Z INFO x: pbx.kanzlei.example at 192.0.2.7 and 2001:db8::1 wrote to config.toml on 127.0.0.1, +1 202 555 0123";
        let shown = masked_line(hosts, None);
        for leak in ["kanzlei", "192.0", "2001:", "db8", "23"] {
            assert!(!shown.contains(leak), "{leak} in {shown}");
        }
        assert!(shown.contains("config.toml on 127.0.0.1"), "{shown}");
        let forged = masked_line("+442079460123Z rang", None);
        assert!(!forged.contains("7946"), "{forged}");
    }

    #[test]
    fn a_state_is_its_kind_and_codes() {
        let state =
            serde_json::json!({ "kind": "stopped", "code": "sign_in_needed", "message": "pbx.example.com says no" });
        assert_eq!(kind_of(&state), "stopped (sign_in_needed)");
        let odd =
            serde_json::json!({ "kind": "ready", "notes": [{ "code": "clear_text" }, { "code": "Ada Lovelace" }] });
        assert_eq!(kind_of(&odd), "ready (clear_text)");
    }
}
