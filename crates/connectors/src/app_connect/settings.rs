//! What a person has set for their CRM at the server, in the vendor's client or here: what a call counts as where nobody
//! chooses, which sheet to use, in which time zone to write.
//!
//! The server keeps the settings with the person and hands them to the connector with every request; nobody sends them along.
//! `GET /user/settings` tells those that were ever saved, as `{"<id>": {"value": …, "customizable": true}}`, and
//! `POST /user/settings` with `{"userSettings": {…}, "settingKeysToRemove": []}` saves some and leaves the others. What can be
//! set, and what holds where nobody did, stands in the manifest.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ringside_domain::{Error, Kind, Method, Result, contact::FieldOption};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{
    AppConnect,
    fields::{FieldKind, checks, options_named},
    login_fields::LoginField,
    manifest::ServerManifest,
    value::{decode, flag, list, text},
    wire::{Ask, Span},
};

/// In front of a setting's id: its name among the connection's parameters.
pub(super) const SETTING: &str = "setting_";
/// The server is asked again after this: the person may have set something in the vendor's client.
const HOLDS: Duration = Duration::from_secs(60 * 60);
/// What of the connection's settings which server has: `{"server": "https://…", "settings": {"<id>": …}}`. Whoever changes one
/// elsewhere later is not overruled.
const HANDED: &str = "settings_handed";
/// What the server told last, in the same shape: it holds on while the server can't tell.
const TOLD: &str = "settings_told";
/// Of calls only: settings for what else the vendor's client logs.
const OTHER_THINGS: [&str; 4] = ["sms", "message", "voicemail", "fax"];

/// Google Sheets' connector works with one sheet, which its manifest doesn't mention: the vendor's client has a page for it.
const GOOGLE_SHEETS: &str = "googleSheets";
const SHEET: &str = "googleSheetsUrl";

/// One of the manifest's `settings`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub id: String,
    pub label: String,
    pub description: Option<String>,
    pub kind: FieldKind,
    /// What holds where nobody set it.
    pub default: Option<Value>,
    pub options: Vec<FieldOption>,
    /// Several of the options at once, which only the vendor's client can set.
    pub several: bool,
    pattern: Option<String>,
}

/// What the server told, for a while.
#[derive(Default)]
pub(super) struct Told(Mutex<Option<(Instant, Own)>>);

/// The values that a person saved, by the setting's id.
pub(super) type Own = Arc<Map<String, Value>>;

impl Setting {
    pub(super) fn read_all(platform: &str, own: &Value, limit: usize) -> Vec<Self> {
        let mut settings = Vec::new();
        sections(list(own, "settings"), &mut settings, limit);
        if platform == GOOGLE_SHEETS && settings.iter().all(|one| one.id != SHEET) {
            settings.push(Self::sheet());
        }
        settings
    }

    fn read(item: &Value) -> Option<Self> {
        let kind = match text(item, "type")? {
            "boolean" => FieldKind::Check,
            "inputField" => FieldKind::Text,
            "option" => FieldKind::Choice,
            _ => return None,
        };
        let id = text(item, "id")?;
        Some(Self {
            id: id.to_owned(),
            label: text(item, "name").unwrap_or(id).to_owned(),
            description: text(item, "description").or(text(item, "helper")).map(str::to_owned),
            kind,
            default: item.get("defaultValue").cloned(),
            options: options_named(item, "id", "name"),
            several: flag(item, "multiple"),
            pattern: None,
        })
    }

    fn sheet() -> Self {
        Self {
            id: SHEET.to_owned(),
            label: "Address of the sheet".to_owned(),
            description: Some(
                "One that App Connect made, or was given in its own window: Google shows it no others. Where one is set there already, it may stay empty"
                    .to_owned(),
            ),
            kind: FieldKind::Text,
            default: None,
            options: Vec::new(),
            several: false,
            pattern: Some("https://docs[.]google[.]com/spreadsheets/d/.+".to_owned()),
        }
    }

    /// The field in which a person sets it. Left empty, it stays as it is at the server. `None`: it is not for calls, or
    /// can't be set here.
    pub(super) fn asked(&self) -> Option<LoginField> {
        let id = self.id.to_lowercase();
        let other = OTHER_THINGS.iter().any(|thing| id.contains(thing));
        let options = match self.kind {
            FieldKind::Text => Vec::new(),
            FieldKind::Check => checks(),
            FieldKind::Choice if self.several || self.options.is_empty() => return None,
            FieldKind::Choice => self.options.clone(),
        };
        (!other).then(|| LoginField {
            name: format!("{SETTING}{}", self.id),
            label: self.label.clone(),
            secret: false,
            required: false,
            options,
            pattern: self.pattern.clone(),
            description: self.description.clone(),
        })
    }

    fn value(&self, typed: &str) -> Value {
        match self.kind {
            FieldKind::Text => Value::String(typed.to_owned()),
            FieldKind::Choice | FieldKind::Check => decode(typed),
        }
    }
}

/// Settings lie in sections, which may lie in sections.
fn sections(items: &[Value], found: &mut Vec<Setting>, limit: usize) {
    for item in items {
        found.extend(Setting::read(item).filter(|_| found.len() < limit));
        sections(list(item, "items"), found, limit);
    }
}

impl AppConnect {
    /// What the person has set. Where the server can't say, what it told last; the manifest's own defaults hold where it never
    /// told any.
    pub(super) async fn own_settings(&self, span: &Span, manifest: &ServerManifest) -> Own {
        if let Some(own) = self.told_settings.fresh() {
            return own;
        }
        let ask = Ask::get("log_fields", "/user/settings");
        let Some(told) = span.soon(self.signed(span, manifest, ask)).await else {
            return match self.told_settings.last() {
                Some(own) => own,
                None => Arc::new(self.recall_settings(TOLD).await.unwrap_or_default()),
            };
        };
        self.tell(span, &told.step, 0);
        self.keep_told(values(&told.body)).await
    }

    async fn keep_told(&self, told: Map<String, Value>) -> Own {
        self.remember_settings(TOLD, json!(told)).await;
        self.told_settings.keep(told)
    }

    async fn remember_settings(&self, key: &str, settings: Value) {
        let kept = json!({ "server": self.wire.base, "settings": settings });
        self.remember(key, kept.to_string()).await;
    }

    /// `None`: another server's, or none.
    async fn recall_settings(&self, key: &str) -> Option<Map<String, Value>> {
        let mut kept: Value = serde_json::from_str(&self.recall(key).await?).ok()?;
        match kept["settings"].take() {
            Value::Object(settings) if kept["server"] == self.wire.base.as_str() => Some(settings),
            _ => None,
        }
    }

    /// Gives the server what the person set in this connection and it does not have yet. Answers what it did not take.
    pub(super) async fn hand_settings(&self, span: &Span, manifest: &ServerManifest) -> Result<Vec<String>> {
        let typed: BTreeMap<&str, Value> = manifest
            .settings
            .iter()
            .filter_map(|setting| {
                let name = setting.asked()?.name;
                let typed = self.setup.parameters.get(&name).map(|typed| typed.trim());
                let typed = typed.filter(|typed| !typed.is_empty())?;
                Some((setting.id.as_str(), setting.value(typed)))
            })
            .collect();
        let handed = self.recall_settings(HANDED).await.unwrap_or_default();
        let newer = typed.iter().filter(|(id, value)| handed.get(**id) != Some(*value));
        let newer: Map<String, Value> = newer
            .map(|(id, value)| ((*id).to_owned(), json!({ "value": value, "customizable": true })))
            .collect();
        if newer.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<&str> = newer.keys().map(|id| manifest.label_of_setting(id)).collect();
        let names = names.join(", ");
        let body = json!({ "userSettings": newer, "settingKeysToRemove": [] });
        let ask = Ask::send("check", Method::Post, "/user/settings", body);
        let told = self.signed(span, manifest, ask).await.map_err(kept_for_later)?;
        self.tell(span, &told.step, 0);
        // A connector may refuse: the server then answers without them, and without a word.
        if !told.body["userSettings"].is_object() {
            return Ok(vec![format!("{} did not take these settings: {names}", manifest.name)]);
        }
        self.keep_told(values(&told.body["userSettings"])).await;
        self.remember_settings(HANDED, json!(typed)).await;
        Ok(Vec::new())
    }

    /// Whoever signs in anew may have no settings any more: some connectors forget a person who signs out.
    pub(super) async fn settings_again(&self) {
        self.told_settings.forget();
        self.told_account.forget();
        for key in [HANDED, TOLD] {
            self.remember(key, String::new()).await;
        }
    }
}

/// It is handed over again at the next look at the connection.
fn kept_for_later(mut error: Error) -> Error {
    error.may_have_happened = false;
    match error.kind {
        // That the server has no such path says nothing about its address.
        Kind::NotFound => Error::new(
            Kind::Unsupported,
            "check",
            "This App Connect server keeps no settings of its users",
        )
        .hint("Leave the settings of this connection empty, and ask whoever runs the server for a newer version"),
        _ => error,
    }
}

/// Of each setting its value.
fn values(settings: &Value) -> Map<String, Value> {
    let settings = settings.as_object().into_iter().flatten();
    settings
        .filter_map(|(id, setting)| Some((id.clone(), setting.get("value")?.clone())))
        .collect()
}

impl Told {
    pub fn fresh(&self) -> Option<Own> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, own) = told.as_ref()?;
        (at.elapsed() < HOLDS).then(|| Arc::clone(own))
    }

    /// However long ago that was.
    fn last(&self) -> Option<Own> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.as_ref().map(|(_, own)| Arc::clone(own))
    }

    pub fn keep(&self, told: Map<String, Value>) -> Own {
        let own = Arc::new(told);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&own)));
        own
    }

    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
