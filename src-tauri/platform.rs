//! What only the window system of one platform can be asked for. Elsewhere these do what Tauri itself can.

#[cfg(any(
    target_os = "linux",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd"
))]
mod gtk;
#[cfg(any(
    target_os = "linux",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd"
))]
pub use gtk::*;

#[cfg(not(any(
    target_os = "linux",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd"
)))]
mod other {
    use tauri::{AppHandle, LogicalSize, WebviewWindow, WebviewWindowBuilder, Wry};

    pub fn prepare(_window: &WebviewWindow) {}

    pub fn prepare_card(_card: &WebviewWindow, _width: f64, _height: f64) {}

    pub fn fix_size(window: &WebviewWindow, width: f64, height: f64) {
        if let Err(error) = window.set_size(LogicalSize::new(width, height)) {
            tracing::warn!(%error, "the window system refused a size");
        }
    }

    pub fn present(window: &WebviewWindow) {
        if let Err(error) = window.show().and_then(|()| window.set_focus()) {
            tracing::warn!(%error, "the window system refused to show a window");
        }
    }

    /// Views of one data folder share their process here without being told.
    pub fn share_process<'a>(
        builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
        _first: &WebviewWindow,
    ) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
        builder
    }

    pub fn surroundings() {}

    pub fn has_global_hotkeys() -> bool {
        true
    }

    pub fn windows_come_to_the_front() -> bool {
        true
    }

    /// Focus and Focus Assist are not known here yet.
    pub fn watch_banners(_told: impl Fn(bool) + 'static) {}

    /// The window system itself moves windows off a screen that goes.
    pub fn watch_screens(_app: &AppHandle, _changed: fn(&AppHandle)) {}
}
#[cfg(not(any(
    target_os = "linux",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd"
)))]
pub use other::*;
