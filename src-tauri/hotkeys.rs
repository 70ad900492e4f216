//! The two global keys: search, and the card. A key that another program has taken is said, and is no reason to stop.

use ringside_ipc::settings::SettingsDto;
use tauri::{AppHandle, Manager as _, plugin::TauriPlugin};
use tauri_plugin_global_shortcut::{GlobalShortcutExt as _, ShortcutState};

use crate::{Shell, commands, platform, windows};

pub fn plugin() -> TauriPlugin<tauri::Wry> {
    tauri_plugin_global_shortcut::Builder::new().build()
}

/// Whether this system lets a program have keys of its own everywhere.
pub struct Available(bool);

impl Available {
    /// Must be asked on the main thread.
    pub fn on_this_system() -> Self {
        Self(platform::has_global_hotkeys())
    }
}

/// Grabs the keys that the settings name, in the place of those grabbed before. Must not run on the main thread, which
/// does the grabbing.
pub async fn apply(app: &AppHandle, settings: &SettingsDto) {
    let wanted = [
        (settings.search_hotkey.as_deref(), Key::Search),
        (settings.card_hotkey.as_deref(), Key::Card),
    ];
    let mut refused = Vec::new();
    if app.state::<Available>().0 {
        let keys = app.global_shortcut();
        if let Err(error) = keys.unregister_all() {
            tracing::warn!(%error, "hotkeys can't be given back");
        }
        for (text, key) in wanted
            .into_iter()
            .filter_map(|(text, key)| Some((text.filter(|text| !text.is_empty())?, key)))
        {
            let pressed = move |app: &AppHandle, _: &_, event: tauri_plugin_global_shortcut::ShortcutEvent| {
                if event.state == ShortcutState::Pressed {
                    key.pressed(app);
                }
            };
            if let Err(error) = keys.on_shortcut(text, pressed) {
                tracing::warn!(%error, key = text, "a hotkey can't be had");
                refused.push(text.to_owned());
            }
        }
    }
    app.state::<Shell>().notice_hotkeys(&refused).await;
}

#[derive(Clone, Copy, Debug)]
enum Key {
    Search,
    Card,
}

impl Key {
    fn pressed(self, app: &AppHandle) {
        match self {
            Self::Search => commands::open_search(app, "", None, false, None),
            // Without a card there is nothing to give the keyboard to; the search is what a person wants then.
            Self::Card if windows::card::is_shown(app) => windows::on_main(app, windows::card::focus),
            Self::Card => commands::open_search(app, "", None, false, None),
        }
    }
}
