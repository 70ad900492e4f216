//! The global keys: search, card, presenting, and saying the caller again. A key that another program has taken is said, with
//! what it was for, and is no reason to stop.

use ringside_ipc::{ApiError, settings::SettingsDto};
use tauri::{AppHandle, Manager as _, plugin::TauriPlugin};
use tauri_plugin_global_shortcut::{GlobalShortcutExt as _, Shortcut, ShortcutState};

use crate::{Shell, Wish, commands, platform};

pub fn plugin() -> TauriPlugin<tauri::Wry> {
    tauri_plugin_global_shortcut::Builder::new().build()
}

/// What the window system lets a program do beside its own windows. Managed by the app.
pub struct Available {
    /// Have keys of its own everywhere.
    hotkeys: bool,
    /// Put its windows in front of others.
    pub to_the_front: bool,
    /// Keys that are ours now. Held while they are changed: two changes at a time would undo each other.
    grabbed: tokio::sync::Mutex<Vec<Grabbed>>,
}

/// One key, and what it is for.
type Grabbed = (Key, Shortcut);

impl Available {
    /// Must be asked on the main thread.
    pub fn on_this_system() -> Self {
        Self {
            hotkeys: platform::has_global_hotkeys(),
            to_the_front: platform::windows_come_to_the_front(),
            grabbed: tokio::sync::Mutex::default(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Search,
    Card,
    Present,
    Say,
}

/// Keys that the settings name, as typed.
fn wanted(settings: &SettingsDto) -> Vec<(Key, String)> {
    let all = [
        (Key::Search, &settings.search_hotkey),
        (Key::Card, &settings.card_hotkey),
        (Key::Present, &settings.present_hotkey),
        (Key::Say, &settings.say_hotkey),
    ];
    all.into_iter()
        .filter_map(|(key, typed)| Some((key, typed.clone().filter(|typed| !typed.trim().is_empty())?)))
        .collect()
}

/// Grabs the keys that the settings name, and gives back those that they named before. What stays is not touched: while it was
/// given back, another program could take it. Must not run on the main thread, which does the grabbing.
pub async fn apply(app: &AppHandle, settings: &SettingsDto) {
    let wanted = wanted(settings);
    let shell = app.state::<Shell>();
    let available = app.state::<Available>();
    if !available.hotkeys {
        return shell
            .app
            .notice_hotkeys((!wanted.is_empty()).then(without_hotkeys))
            .await;
    }
    let mut refused = Vec::new();
    let mut named = Vec::new();
    for (key, typed) in wanted {
        match typed.parse::<Shortcut>() {
            Ok(shortcut) => named.push(((key, shortcut), typed)),
            Err(_) => refused.push((key, typed, Why::NoKeys)),
        }
    }
    let keys = app.global_shortcut();
    let mut grabbed = available.grabbed.lock().await;
    for (_, shortcut) in given_back(&mut grabbed, &named) {
        if let Err(error) = keys.unregister(shortcut) {
            tracing::warn!(%error, "a hotkey can't be given back");
        }
    }
    for (new, typed) in named {
        if grabbed.contains(&new) {
            continue;
        }
        let (key, shortcut) = new;
        let pressed = move |app: &AppHandle, _: &_, event: tauri_plugin_global_shortcut::ShortcutEvent| {
            if event.state == ShortcutState::Pressed {
                key.pressed(app);
            }
        };
        match keys.on_shortcut(shortcut, pressed) {
            Ok(()) => grabbed.push(new),
            Err(error) => {
                tracing::warn!(%error, key = typed, "a hotkey can't be had");
                refused.push((key, typed, Why::Taken));
            }
        }
    }
    drop(grabbed);
    shell.app.notice_hotkeys(notice(&refused)).await;
}

/// Takes out of those that are ours the ones that are not wanted any more.
fn given_back(grabbed: &mut Vec<Grabbed>, named: &[(Grabbed, String)]) -> Vec<Grabbed> {
    let (kept, given) = std::mem::take(grabbed)
        .into_iter()
        .partition(|ours| named.iter().any(|(wanted, _)| wanted == ours));
    *grabbed = kept;
    given
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    NoKeys,
    Taken,
}

fn notice(refused: &[(Key, String, Why)]) -> Option<ApiError> {
    let said: Vec<String> = refused
        .iter()
        .map(|(key, typed, why)| {
            let why = match why {
                Why::NoKeys => "is not a hotkey",
                Why::Taken => "is taken by another program",
            };
            format!("{typed}, for {}, {why}", key.name())
        })
        .collect();
    (!said.is_empty()).then(|| {
        ApiError::new("conflict", said.join("; "))
            .hint("Choose other keys in the settings, or free them there and save the settings again")
    })
}

/// Wayland lets no program grab a key: the person binds one to a command.
fn without_hotkeys() -> ApiError {
    ApiError::new("unsupported", "On Wayland a program can't have hotkeys of its own").hint(
        "In the desktop's keyboard settings, add a shortcut that runs: ringside search. docs/desktop.md says how; \
         clear the hotkeys in the settings to take this notice away",
    )
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Self::Search => "the search",
            Self::Card => "the card",
            Self::Present => "presenting",
            Self::Say => "saying the caller again",
        }
    }

    fn pressed(self, app: &AppHandle) {
        let shell = app.state::<Shell>();
        match self {
            Self::Search => {
                shell.stages.begin_search();
                commands::open_search(app, "", None, false, None);
            }
            Self::Card => shell.wish(Wish::Card),
            Self::Say => shell.wish(Wish::SayAgain),
            Self::Present => crate::present(app, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::settings;

    #[test]
    fn only_keys_that_are_set_are_wanted() {
        let settings = settings(|settings| {
            settings.search_hotkey = Some("Ctrl+Shift+F".into());
            settings.card_hotkey = Some(" ".into());
            settings.say_hotkey = Some("Ctrl+Shift+J".into());
        });
        let keys: Vec<Key> = wanted(&settings).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [Key::Search, Key::Say]);
    }

    #[test]
    fn only_what_is_not_wanted_any_more_is_given_back() {
        let key = |key: Key, typed: &str| (key, typed.parse::<Shortcut>().expect("keys"));
        let (search, card) = (key(Key::Search, "Ctrl+Shift+Space"), key(Key::Card, "Ctrl+Shift+K"));
        let mut grabbed = vec![search, card];
        let same = [(search, String::new()), (card, String::new())];
        assert!(given_back(&mut grabbed, &same).is_empty());
        // The two change places: both are given back first.
        let swapped = [
            (key(Key::Card, "Ctrl+Shift+Space"), String::new()),
            (key(Key::Search, "Ctrl+Shift+K"), String::new()),
        ];
        assert_eq!(given_back(&mut grabbed, &swapped), [search, card]);
        let mut grabbed = vec![search, card];
        assert_eq!(given_back(&mut grabbed, &[(card, String::new())]), [search]);
        assert_eq!(grabbed, [card]);
    }

    #[test]
    fn each_key_that_is_refused_is_named_with_what_it_is_for() {
        assert_eq!(notice(&[]), None);
        let refused = [
            (Key::Card, "Ctrl+Shift+K".to_owned(), Why::Taken),
            (Key::Present, "Kaffee".to_owned(), Why::NoKeys),
        ];
        let said = notice(&refused).map(|error| error.message);
        let words = "Ctrl+Shift+K, for the card, is taken by another program; Kaffee, for presenting, is not a hotkey";
        assert_eq!(said.as_deref(), Some(words));
    }

    #[test]
    fn keys_are_read_as_people_type_them() {
        for typed in ["Ctrl+Shift+K", "Ctrl+Shift+Space", "Alt+F9", "Super+J"] {
            assert!(typed.parse::<Shortcut>().is_ok(), "{typed}");
        }
        assert!("Kaffee".parse::<Shortcut>().is_err());
    }
}
