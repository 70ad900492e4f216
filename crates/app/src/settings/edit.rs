//! Writing `config.toml`: only what changed is touched, so comments, order and foreign keys stay.

use std::{collections::BTreeMap, io::Write, path::Path};

use ringside_domain::{Error, Kind, Result};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::{Settings, VERSION};

const HEADER: &str = "# Settings of Ringside. docs/config.md has a line for each key. Nothing secret lies here.\n";

pub(super) fn write(path: &Path, before: &str, settings: &Settings) -> Result<()> {
    let failed = |error: String| {
        Error::new(
            Kind::Storage,
            "save_settings",
            format!("{} can't be written: {error}", path.display()),
        )
        .hint("Look at its owner and permissions, and at the free space on that disk")
    };
    let text = edited(before, settings).map_err(&failed)?;
    if text == before {
        return Ok(());
    }
    let folder = path.parent().ok_or_else(|| failed("it has no folder".to_owned()))?;
    let replace = || -> std::io::Result<()> {
        // Made readable by the user only.
        let mut beside = tempfile::NamedTempFile::new_in(folder)?;
        beside.write_all(text.as_bytes())?;
        beside.as_file().sync_all()?;
        beside.persist(path).map_err(|error| error.error)?;
        std::fs::File::open(folder)?.sync_all()
    };
    replace().map_err(|error| failed(error.to_string()))
}

fn edited(before: &str, settings: &Settings) -> Result<String, String> {
    let mut document: DocumentMut = before
        .parse()
        .map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    if before.is_empty() {
        document.decor_mut().set_prefix(HEADER);
    }
    let root = document.as_table_mut();
    set(root, "version", Some(VERSION.into()));

    let numbers = table(root, "numbers")?;
    set(
        numbers,
        "home",
        Some(settings.home.map_or_else(String::new, |home| home.to_string()).into()),
    );
    set(
        numbers,
        "outside_prefix",
        settings.outside_prefix.clone().map(Value::from),
    );
    set(
        numbers,
        "formats",
        Some(settings.formats.iter().map(String::as_str).collect::<Array>().into()),
    );

    let calls = table(root, "calls")?;
    set(calls, "pop", Some(code(settings.pop)?.into()));
    set(calls, "several", Some(code(settings.several)?.into()));
    set(calls, "nobody", Some(code(settings.nobody)?.into()));
    set(calls, "open_record", Some(code(settings.open_record)?.into()));
    set(calls, "log_rule", Some(code(settings.log_rule)?.into()));
    set(calls, "notify", Some(settings.notify.into()));

    let desktop = table(root, "desktop")?;
    set(desktop, "start_with_system", Some(settings.start_with_system.into()));
    set(desktop, "handle_tel_links", Some(settings.handle_tel_links.into()));
    let before: InlineTable = settings
        .link_handlers_before
        .iter()
        .map(|(scheme, handler)| (scheme.as_str(), handler.as_str()))
        .collect();
    set(
        desktop,
        "link_handlers_before",
        Some(Value::from(before)).filter(|_| !settings.link_handlers_before.is_empty()),
    );
    // Empty is none; left out is the default.
    let keys = |hotkey: &Option<String>| Some(Value::from(hotkey.clone().unwrap_or_default()));
    set(desktop, "search_hotkey", keys(&settings.search_hotkey));
    set(desktop, "card_hotkey", keys(&settings.card_hotkey));

    set(
        desktop,
        "present_hotkey",
        settings.present_hotkey.clone().map(Value::from),
    );
    set(desktop, "say_hotkey", settings.say_hotkey.clone().map(Value::from));
    set(
        desktop,
        "respect_do_not_disturb",
        Some(settings.respect_do_not_disturb.into()),
    );
    set(desktop, "letter_keys", Some(settings.letter_keys.into()));
    set(desktop, "card_screen", Some(code(settings.card_screen)?.into()));
    set(desktop, "text_size", Some(i64::from(settings.text_size).into()));
    set(desktop, "welcomed", Some(settings.welcomed.into()));

    let days = settings.keep_calls_days.map(|days| i64::from(days).into());
    if days.is_some() || root.contains_key("privacy") {
        set(table(root, "privacy")?, "keep_calls_days", days);
    }

    let intake = table(root, "intake")?;
    set(intake, "on", Some(settings.intake_on.into()));
    set(intake, "port", Some(i64::from(settings.intake_port).into()));
    set(
        intake,
        "lan",
        settings.intake_lan.map(|address| address.to_string().into()),
    );

    let extra_ca = settings.extra_ca.as_ref().and_then(|path| path.to_str());
    if extra_ca.is_some() || root.contains_key("network") {
        set(table(root, "network")?, "extra_ca", extra_ca.map(Value::from));
    }

    let connections = settings.connections.iter().map(|entry| {
        (
            entry.id.as_str(),
            vec![
                ("id", Some(Value::from(entry.id.as_str()))),
                ("connector", Some(entry.connector.as_str().into())),
                ("name", Some(entry.name.as_str().into())),
                ("logs_here", Some(entry.logs_here.into())),
                ("account", entry.account.as_deref().map(Value::from)),
                ("environment", entry.environment.as_deref().map(Value::from)),
                ("server", entry.server.as_deref().map(Value::from)),
                ("parameters", texts(&entry.parameters)),
                ("secrets", names(&entry.secrets)),
                ("pin", entry.pin.as_deref().map(Value::from)),
            ],
        )
    });
    list(root, "connection", "id", connections.collect());
    let phones = settings.phones.iter().map(|entry| {
        (
            entry.name.as_str(),
            vec![
                ("name", Some(Value::from(entry.name.as_str()))),
                ("kind", Some(entry.kind.as_str().into())),
                ("trusted", Some(entry.trusted.into())),
                ("created", Some(entry.created.into())),
                ("parameters", texts(&entry.parameters)),
                ("secrets", names(&entry.secrets)),
            ],
        )
    });
    list(root, "phone", "name", phones.collect());
    Ok(document.to_string())
}

fn texts(parameters: &BTreeMap<String, String>) -> Option<Value> {
    let table: InlineTable = parameters
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Some(Value::from(table)).filter(|_| !parameters.is_empty())
}

fn names(secrets: &[String]) -> Option<Value> {
    let list: Array = secrets.iter().map(String::as_str).collect();
    Some(Value::from(list)).filter(|_| !secrets.is_empty())
}

/// The word that stands for a choice, as on the wire.
pub(super) fn code(choice: impl serde::Serialize) -> Result<String, String> {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err("a choice has no word".to_owned()),
    }
}

fn table<'a>(root: &'a mut Table, name: &str) -> Result<&'a mut Table, String> {
    let item = root.entry(name).or_insert_with(|| Item::Table(Table::new()));
    if let Item::Value(Value::InlineTable(inline)) = item {
        *item = Item::Table(std::mem::take(inline).into_table());
    }
    item.as_table_mut().ok_or_else(|| format!("\"{name}\" is not a table"))
}

/// Sets or removes one key. The blanks and comments around a value that was there stay.
fn set(table: &mut Table, key: &str, value: Option<Value>) {
    let Some(mut value) = value else {
        table.remove(key);
        return;
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if plain(old) == plain(&value) => {}
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

fn plain(value: &Value) -> String {
    let mut value = value.clone();
    value.decor_mut().clear();
    if let Value::Array(array) = &mut value {
        array.iter_mut().for_each(|item| item.decor_mut().clear());
        array.set_trailing("");
        array.set_trailing_comma(false);
        array.fmt();
    }
    value.to_string()
}

/// The keys of one table, with their values; `None` takes a key away.
type Keys<'a> = Vec<(&'a str, Option<Value>)>;

/// Makes the list of tables have exactly these entries, in this order; an entry that was there keeps its other keys.
fn list(root: &mut Table, name: &str, key: &str, entries: Vec<(&str, Keys)>) {
    let mut before: Vec<Table> = match root.remove(name).map(Item::into_array_of_tables) {
        Some(Ok(list)) => list.into_iter().collect(),
        _ => Vec::new(),
    };
    let mut after = ArrayOfTables::new();
    for (id, values) in entries {
        let found = before
            .iter()
            .position(|table| table.get(key).and_then(Item::as_str) == Some(id));
        let mut table = found.map_or_else(Table::new, |at| before.remove(at));
        for (key, value) in values {
            set(&mut table, key, value);
        }
        after.push(table);
    }
    if !after.is_empty() {
        root.insert(name, Item::ArrayOfTables(after));
    }
}
