//! Every environment variable that Ringside reads, in one place.
//!
//! Beside these, the desktop's own are honoured: `XDG_CONFIG_HOME`, `XDG_DATA_HOME`, `XDG_STATE_HOME`, `XDG_CACHE_HOME`,
//! `XDG_RUNTIME_DIR` and `HOME` for folders, `TZ` for the zone, `DBUS_SESSION_BUS_ADDRESS` for keyring and notifications,
//! `XDG_SESSION_TYPE` for what the windows can do.

/// An absolute folder that replaces every other one: settings, data, log and socket lie below it, one folder a profile.
/// For tests, for a portable installation, for looking at a copy. Such a profile registers nothing with the desktop.
pub const HOME: &str = "RINGSIDE_HOME";

/// What to log, in the words of `tracing`'s `EnvFilter`: `debug`, `ringside_engine=trace`. Setting it also copies the
/// log to standard error. Libraries that see people's data are never logged below `warn`.
pub const LOG: &str = "RINGSIDE_LOG";

/// A file that gets one JSON line for each stage of a call on its way to the card: `{"call","stage","us"}`, times in
/// microseconds since the event came in; for the search window, since its hotkey was heard: `{"search","stage","us"}`; and for
/// each keystroke in it: `{"keystroke","us"}`. For the bench; no names, no numbers, nothing that was typed.
pub const STAGES: &str = "RINGSIDE_STAGES";

/// The program that `ringside ring` starts when Ringside does not run, instead of the `ringside-desktop` beside it.
pub const DESKTOP: &str = "RINGSIDE_DESKTOP";

/// What draws the desktop, as `XDG_SESSION_TYPE` says: `x11`, `wayland`; empty where nobody says.
#[must_use]
pub fn session() -> String {
    std::env::var("XDG_SESSION_TYPE")
        .unwrap_or_default()
        .to_ascii_lowercase()
}
