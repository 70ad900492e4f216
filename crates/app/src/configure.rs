//! What settings change: the engine, the desktop, the intake, the secret list of own numbers.
//!
//! A change is tried on the system first and saved after, so that the file never says what is not so.

use std::sync::PoisonError;

use ringside_domain::{
    ContactIndex as _, Result,
    credentials::Secret,
    phone::{Home, read},
};
use ringside_engine::Config;
use ringside_ipc::{ApiError, Event, number::NumberReader, settings::SettingsDto, status::RoleDto};
use ringside_sources::intake::LanAddress;

use crate::{
    app::{App, log_failure},
    desktop::Done,
    settings::Settings,
};

/// Entry of the keyring with the user's own numbers, as a JSON list of E.164: numbers of people never lie in a plain file.
const OWN_NUMBERS: &str = "own-numbers";
const MOST_OWN_NUMBERS: usize = 100;
const LONGEST_HOTKEY: usize = 60;

/// What the settings mean to the engine.
pub(crate) fn engine_config(settings: &Settings, own_numbers: &[String]) -> Config {
    Config {
        home: Home {
            region: settings.home,
            outside_prefix: settings.outside_prefix.clone(),
        },
        formats: settings.formats.iter().filter_map(|typed| typed.parse().ok()).collect(),
        own_numbers: own_numbers.to_vec(),
        log_rule: settings.log_rule.into(),
        ..Config::default()
    }
}

impl App {
    pub(crate) fn settings_dto(&self) -> SettingsDto {
        let settings = self.settings_now();
        SettingsDto {
            home: settings.home.map(|home| home.to_string()),
            outside_prefix: settings.outside_prefix,
            formats: settings.formats,
            own_numbers: self.own_numbers_now(),
            pop: settings.pop,
            log_rule: settings.log_rule,
            notify: settings.notify,
            start_with_system: settings.start_with_system,
            handle_tel_links: settings.handle_tel_links,
            search_hotkey: settings.search_hotkey,
            card_hotkey: settings.card_hotkey,
            intake_on: settings.intake_on,
            intake_port: settings.intake_port,
            intake_lan: settings.intake_lan.map(|address| address.to_string()),
        }
    }

    /// Checks everything, then changes what is different, then saves. What fails half-way is taken back.
    pub(crate) async fn change_settings(&self, wanted: SettingsDto) -> Result<(), ApiError> {
        let reader = NumberReader::new(
            wanted.home.as_deref(),
            wanted.outside_prefix.as_deref(),
            &wanted.formats,
        )?;
        let own_numbers = own_numbers(&wanted.own_numbers, &reader.home)?;
        if wanted.intake_port < 1024 {
            return Err(ApiError::invalid(
                "intake_port",
                "the port must be between 1024 and 65535",
            ));
        }
        let typed = wanted
            .intake_lan
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let intake_lan = typed.map(str::parse::<LanAddress>).transpose()?.map(LanAddress::ip);
        let hotkey = |field: &str, keys: Option<String>| match keys.map(|keys| keys.trim().to_owned()) {
            Some(keys) if keys.len() > LONGEST_HOTKEY => Err(ApiError::invalid(field, "this is too long for a hotkey")),
            keys => Ok(keys.filter(|keys| !keys.is_empty())),
        };
        let mut file = self.inner.file.lock().await;
        file.check()?;
        let before = file.settings().clone();
        let mut after = Settings {
            home: reader.home.region,
            outside_prefix: reader.home.outside_prefix,
            formats: wanted.formats,
            pop: wanted.pop,
            log_rule: wanted.log_rule,
            notify: wanted.notify,
            start_with_system: wanted.start_with_system,
            handle_tel_links: wanted.handle_tel_links,
            search_hotkey: hotkey("search_hotkey", wanted.search_hotkey)?,
            card_hotkey: hotkey("card_hotkey", wanted.card_hotkey)?,
            intake_on: wanted.intake_on,
            intake_port: wanted.intake_port,
            intake_lan,
            ..before.clone()
        };
        let mut done = Done::default();
        let saved = match self
            .change_system(&mut file, &before, &mut after, &own_numbers, &mut done)
            .await
        {
            Ok(()) => file.save(after.clone()).map_err(ApiError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = saved {
            self.take_back(&mut file, &before, done).await;
            return Err(error);
        }
        drop(file);
        self.use_settings(&before, after).await;
        Ok(())
    }

    /// Changes connections or phones in the file, one change at a time.
    pub(crate) async fn edit_settings<T>(
        &self,
        edit: impl FnOnce(&mut Settings) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut file = self.inner.file.lock().await;
        let before = file.settings().clone();
        let mut after = before.clone();
        let edited = edit(&mut after)?;
        file.save(after.clone())?;
        drop(file);
        self.use_settings(&before, after).await;
        Ok(edited)
    }

    async fn use_settings(&self, before: &Settings, after: Settings) {
        *self.inner.settings.write().unwrap_or_else(PoisonError::into_inner) = after.clone();
        self.note_settings().await;
        self.configure_engine(&after);
        if before.connections != after.connections {
            self.place_connections();
        }
        if (&before.home, &before.outside_prefix) != (&after.home, &after.outside_prefix) {
            self.file_numbers_anew();
        }
        let intake = |settings: &Settings| (settings.intake_on, settings.intake_port, settings.intake_lan);
        if self.inner.role == RoleDto::App && intake(before) != intake(&after) {
            self.start_intake().await;
        }
        self.tell(Event::Settings);
        self.tell_status().await;
    }

    fn configure_engine(&self, settings: &Settings) {
        self.inner
            .engine
            .set_config(engine_config(settings, &self.own_numbers_now()));
    }

    /// The file may have been filed under another country: the settings were edited by hand, or come from elsewhere.
    pub(crate) async fn check_home(&self) {
        if let Ok(Some(filed)) = self.inner.store.home().await
            && filed != self.inner.engine.config().home
        {
            self.file_numbers_anew();
        }
    }

    /// Stored numbers mean something else in another country: the index is made anew, behind the calls that come in.
    fn file_numbers_anew(&self) {
        let app = self.clone();
        tokio::spawn(async move {
            let home = app.inner.engine.config().home;
            match app.inner.store.rebuild(home).await {
                Ok(()) => app.tell_status().await,
                Err(error) => log_failure("the index could not be made anew for another country", &error),
            }
        });
    }

    /// What the file says that the person should know.
    pub(crate) async fn note_settings(&self) {
        let file = self.inner.file.lock().await;
        let broken = file.broken().map(|error| {
            let mut words = ApiError::new("settings_broken", error.message.to_string());
            words.hint = error.hint.as_ref().map(ToString::to_string);
            words
        });
        let unknown = Some(file.unknown().join(", "))
            .filter(|keys| !keys.is_empty())
            .map(|keys| {
                ApiError::new(
                    "settings_unknown",
                    format!(
                        "{} has keys that this version does not know: {keys}",
                        file.path().display()
                    ),
                )
                .hint("They are kept as they are. docs/config.md lists the known ones")
            });
        drop(file);
        self.notice("settings_broken", broken);
        self.notice("settings_unknown", unknown);
    }

    pub(crate) fn own_numbers_now(&self) -> Vec<String> {
        self.inner
            .own_numbers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Own numbers out of the keyring. While it is locked nobody's calls are left out: better one card too many.
    pub(crate) async fn read_own_numbers(&self) {
        let numbers = match self.inner.ports.credentials.get(OWN_NUMBERS).await {
            Ok(Some(secret)) => serde_json::from_slice(secret.expose()).unwrap_or_default(),
            Ok(None) => Vec::new(),
            Err(_) => return,
        };
        *self.inner.own_numbers.write().unwrap_or_else(PoisonError::into_inner) = numbers;
        self.configure_engine(&self.settings_now());
    }

    pub(crate) async fn keep_own_numbers(&self, numbers: &[String]) -> Result<()> {
        let credentials = &self.inner.ports.credentials;
        if numbers.is_empty() {
            credentials.remove(OWN_NUMBERS).await?;
        } else {
            let text = serde_json::to_vec(numbers).unwrap_or_default();
            credentials.set(OWN_NUMBERS, Secret::new(text)).await?;
        }
        *self.inner.own_numbers.write().unwrap_or_else(PoisonError::into_inner) = numbers.to_vec();
        Ok(())
    }
}

/// Own numbers as typed, read: only whole numbers can be told from other people's.
fn own_numbers(typed: &[String], home: &Home) -> Result<Vec<String>, ApiError> {
    let typed: Vec<&str> = typed
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .collect();
    if typed.len() > MOST_OWN_NUMBERS {
        return Err(ApiError::invalid(
            "own_numbers",
            format!("there are more than {MOST_OWN_NUMBERS} own numbers"),
        ));
    }
    let mut numbers = Vec::new();
    for (at, text) in typed.iter().enumerate() {
        let reading = read(text, home);
        let Some(number) = reading.number() else {
            let words = format!("own number {} is not a whole phone number", at + 1);
            return Err(ApiError::invalid("own_numbers", words).hint("Write it with its country code, +49 …"));
        };
        if !numbers.iter().any(|known| known == number.e164()) {
            numbers.push(number.e164().to_owned());
        }
    }
    Ok(numbers)
}
