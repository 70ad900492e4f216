//! Hotkeys as typed: two of our own can't be on the same keys, and none may take a plain key, or what every program copies and
//! pastes with, away from all others. Whether another program has them is found out when they are grabbed.

use ringside_ipc::{ApiError, settings::SettingsDto};

/// Keys that are held with another one.
const MODIFIERS: [&str; 4] = ["ctrl", "alt", "shift", "super"];
/// With Ctrl (Cmd on macOS) and nothing else: cut, copy, paste, undo, select all.
const EVERYWHERE: [&str; 5] = ["x", "c", "v", "z", "a"];

/// # Errors
/// `invalid`, at the field: keys that no program may have for itself, or that another field wants.
pub(crate) fn check(settings: &SettingsDto) -> Result<(), ApiError> {
    let all = [
        ("search_hotkey", "the search", &settings.search_hotkey),
        ("card_hotkey", "the card", &settings.card_hotkey),
        ("present_hotkey", "presenting", &settings.present_hotkey),
        ("say_hotkey", "saying the caller again", &settings.say_hotkey),
    ];
    let mut taken: Vec<(&str, Vec<String>)> = Vec::new();
    for (field, name, typed) in all {
        let Some(typed) = typed.as_deref().map(str::trim).filter(|typed| !typed.is_empty()) else {
            continue;
        };
        let keys = keys(typed);
        if is_plain(&keys) {
            return Err(
                ApiError::invalid(field, format!("{typed} would be gone in every other program"))
                    .hint("Hold Ctrl, Alt or Super with it; function keys may stand alone"),
            );
        }
        if is_everywhere(&keys) {
            return Err(ApiError::invalid(
                field,
                format!("{typed} is what every program cuts, copies, pastes, undoes or selects with"),
            )
            .hint("Choose other keys, such as Ctrl+Shift+K"));
        }
        if let Some((other, _)) = taken.iter().find(|(_, other)| *other == keys) {
            return Err(
                ApiError::invalid(field, format!("{typed} is already the hotkey for {other}"))
                    .hint("Choose other keys for one of the two"),
            );
        }
        taken.push((name, keys));
    }
    Ok(())
}

/// Nothing is held with it that keeps it apart from typing. A single word that is no key at all is said when it is grabbed.
fn is_plain(keys: &[String]) -> bool {
    let held = keys
        .iter()
        .any(|key| MODIFIERS.contains(&key.as_str()) && key != "shift");
    let function = keys.iter().any(|key| {
        key.strip_prefix('f')
            .is_some_and(|number| number.parse::<u8>().is_ok_and(|number| (1..=24).contains(&number)))
    });
    !held && !function
}

fn is_everywhere(keys: &[String]) -> bool {
    let main = if cfg!(target_os = "macos") { "super" } else { "ctrl" };
    let (held, others): (Vec<&str>, Vec<&str>) =
        keys.iter().map(String::as_str).partition(|key| MODIFIERS.contains(key));
    held == [main] && matches!(others[..], [key] if EVERYWHERE.contains(&key))
}

/// `Shift+Control+KeyK` and `ctrl+shift+k` are the same keys.
fn keys(typed: &str) -> Vec<String> {
    let mut keys: Vec<String> = typed
        .split('+')
        .map(|key| {
            let key = key.trim().to_lowercase();
            match key.as_str() {
                "control" => "ctrl".to_owned(),
                "option" => "alt".to_owned(),
                "cmdorctrl" | "commandorcontrol" | "cmdorcontrol" | "commandorctrl" => {
                    if cfg!(target_os = "macos") { "super" } else { "ctrl" }.to_owned()
                }
                "cmd" | "command" | "meta" | "win" => "super".to_owned(),
                other => ["key", "digit"]
                    .into_iter()
                    .find_map(|prefix| other.strip_prefix(prefix).filter(|rest| rest.chars().count() == 1))
                    .unwrap_or(other)
                    .to_owned(),
            }
        })
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_hotkey_takes_a_plain_key_or_the_clipboard_away() {
        for plain in ["K", "Shift+K", "Space", "shift+Digit1", "Kaffee", "F"] {
            assert!(is_plain(&keys(plain)), "{plain}");
        }
        for held in ["Ctrl+K", "Alt+Shift+K", "Super+1", "F9", "Shift+F24"] {
            assert!(!is_plain(&keys(held)), "{held}");
        }
        let main = if cfg!(target_os = "macos") { "Cmd" } else { "Control" };
        for taken in ["C", "v", "KeyX", "Z", "a"] {
            assert!(is_everywhere(&keys(&format!("{main}+{taken}"))), "{taken}");
            assert!(!is_everywhere(&keys(&format!("{main}+Shift+{taken}"))), "{taken}");
        }
        assert!(!is_everywhere(&keys(&format!("{main}+K"))));
    }

    #[test]
    fn the_same_keys_are_the_same_however_they_are_typed() {
        assert_eq!(keys("Ctrl+Shift+K"), keys(" shift + Control+KeyK"));
        assert_eq!(keys("Super+1"), keys("Meta+Digit1"));
        assert_ne!(keys("Ctrl+K"), keys("Ctrl+Shift+K"));
        assert_ne!(keys("Ctrl+F1"), keys("Ctrl+F"));
        assert_ne!(keys("Ctrl+Keypad1"), keys("Ctrl+1"));
    }
}
