//! What settings change: the engine, the desktop, the intake, the secret lists of numbers.
//!
//! A change is tried on the system first and saved after, so that the file never says what is not so.

use std::{sync::PoisonError, time::Duration};

use ringside_domain::{ContactIndex as _, phone::Home};
use ringside_engine::Config;
use ringside_ipc::{
    ApiError, Event,
    number::NumberReader,
    settings::{LogRuleDto, SettingsDto, TEXT_SIZES},
    status::RoleDto,
};
use ringside_sources::intake::LanAddress;

use crate::{
    app::{App, log_failure},
    desktop::Done,
    lists::Lists,
    settings::Settings,
};

const LONGEST_HOTKEY: usize = 60;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What the settings mean to the engine. While the lists are not `known`, no call is logged by itself: it might be one of
/// those that never are.
pub(crate) fn engine_config(settings: &Settings, lists: &Lists, known: bool) -> Config {
    let log_rule = match settings.log_rule {
        LogRuleDto::Always if !known => LogRuleDto::Ask,
        rule => rule,
    };
    Config {
        home: Home {
            region: settings.home,
            outside_prefix: settings.outside_prefix.clone(),
        },
        formats: settings.formats.iter().filter_map(|typed| typed.parse().ok()).collect(),
        own_numbers: lists.own.clone(),
        never_log: lists.never_log.clone(),
        vip: lists.vip.clone(),
        several: settings.several.into(),
        keep_calls: settings.keep_calls_days.map(|days| DAY * days),
        log_rule: log_rule.into(),
        ..Config::default()
    }
}

impl App {
    pub(crate) fn settings_dto(&self) -> SettingsDto {
        let settings = self.settings_now();
        let lists = self.lists_now();
        SettingsDto {
            home: settings.home.map(|home| home.to_string()),
            outside_prefix: settings.outside_prefix,
            formats: settings.formats,
            own_numbers: lists.own,
            never_log: lists.never_log,
            vip: lists.vip,
            pop: settings.pop,
            several: settings.several,
            nobody: settings.nobody,
            open_record: settings.open_record,
            log_rule: settings.log_rule,
            notify: settings.notify,
            respect_do_not_disturb: settings.respect_do_not_disturb,
            letter_keys: settings.letter_keys,
            card_screen: settings.card_screen,
            text_size: settings.text_size,
            start_with_system: settings.start_with_system,
            handle_tel_links: settings.handle_tel_links,
            search_hotkey: settings.search_hotkey,
            card_hotkey: settings.card_hotkey,
            present_hotkey: settings.present_hotkey,
            say_hotkey: settings.say_hotkey,
            intake_on: settings.intake_on,
            intake_port: settings.intake_port,
            intake_lan: settings.intake_lan.map(|address| address.to_string()),
            keep_calls_days: settings.keep_calls_days,
            welcomed: settings.welcomed,
        }
    }

    /// Checks everything, then changes what is different, then saves. What fails half-way is taken back.
    pub(crate) async fn change_settings(&self, wanted: SettingsDto) -> Result<(), ApiError> {
        let reader = NumberReader::new(
            wanted.home.as_deref(),
            wanted.outside_prefix.as_deref(),
            &wanted.formats,
        )?;
        let lists = Lists::wanted(&wanted, &reader.home)?;
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
        crate::hotkeys::check(&wanted)?;
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
            several: wanted.several,
            nobody: wanted.nobody,
            open_record: wanted.open_record,
            log_rule: wanted.log_rule,
            notify: wanted.notify,
            respect_do_not_disturb: wanted.respect_do_not_disturb,
            letter_keys: wanted.letter_keys,
            card_screen: wanted.card_screen,
            text_size: text_size(wanted.text_size)?,
            start_with_system: wanted.start_with_system,
            handle_tel_links: wanted.handle_tel_links,
            search_hotkey: hotkey("search_hotkey", wanted.search_hotkey)?,
            card_hotkey: hotkey("card_hotkey", wanted.card_hotkey)?,
            present_hotkey: hotkey("present_hotkey", wanted.present_hotkey)?,
            say_hotkey: hotkey("say_hotkey", wanted.say_hotkey)?,
            intake_on: wanted.intake_on,
            intake_port: wanted.intake_port,
            intake_lan,
            keep_calls_days: wanted.keep_calls_days.map(days).transpose()?,
            welcomed: wanted.welcomed,
            ..before.clone()
        };
        let mut done = Done::default();
        let saved = match self
            .change_system(&mut file, &before, &mut after, &lists, &mut done)
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

    pub(crate) fn configure_engine(&self, settings: &Settings) {
        self.inner
            .engine
            .set_config(engine_config(settings, &self.lists_now(), self.lists_are_known()));
    }

    /// The file may have been filed under another country: the settings were edited by hand, come from elsewhere, or were
    /// changed right before Ringside ended.
    pub(crate) async fn check_home(&self) {
        let home = self.inner.engine.config().home;
        if !self.inner.store.is_filed_with(home).await.unwrap_or(true) {
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
}

/// For how long calls may be kept, in days.
pub(crate) const KEEP_CALLS: std::ops::RangeInclusive<u32> = 7..=3650;

fn days(days: u32) -> Result<u32, ApiError> {
    if KEEP_CALLS.contains(&days) {
        return Ok(days);
    }
    Err(ApiError::invalid(
        "keep_calls_days",
        "calls can be kept for 7 to 3650 days, or for ever",
    ))
}

fn text_size(percent: u16) -> Result<u16, ApiError> {
    if TEXT_SIZES.contains(&percent) {
        return Ok(percent);
    }
    let words = format!("the text size is one of these percents: {TEXT_SIZES:?}");
    Err(ApiError::invalid("text_size", words))
}
