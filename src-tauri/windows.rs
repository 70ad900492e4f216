//! The three windows: the [card], the search window (made at start and hidden, so that a hotkey finds it at once) and the
//! main window (made when first wanted).
//!
//! All three share one web process, keep nothing on disk and can't leave their own page. Closing a window hides it.
//! Every function here must run on the main thread; [`on_main`] takes others there.

pub mod card;

use std::path::PathBuf;

use tauri::{
    AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent,
    webview::NewWindowResponse,
};

use crate::{platform, words::Words};

pub const CARD: &str = "card";
pub const SEARCH: &str = "search";
pub const MAIN: &str = "main";

/// Logical pixels.
const SEARCH_SIZE: (f64, f64) = (640.0, 420.0);
const MAIN_SIZE: (f64, f64) = (980.0, 680.0);
const SMALLEST_MAIN: (f64, f64) = (640.0, 480.0);

/// Where the web engine puts what it writes even for views that keep nothing: salts and empty tables. Lies with the
/// socket, in memory where the system has such a place, and is removed at the end.
pub struct WebData(pub PathBuf);

/// Runs `work` on the main thread, soon.
pub fn on_main(app: &AppHandle, work: impl FnOnce(&AppHandle) + Send + 'static) {
    let handle = app.clone();
    if let Err(error) = app.run_on_main_thread(move || work(&handle)) {
        tracing::error!(%error, "the main thread is gone");
    }
}

/// Makes the card and the search window, hidden.
pub fn create(app: &AppHandle) -> tauri::Result<()> {
    card::create(app)?;
    let words = Words::of_the_system();
    let search = builder(app, SEARCH, "", words.search_title)
        .inner_size(SEARCH_SIZE.0, SEARCH_SIZE.1)
        .decorations(false)
        .resizable(false)
        .always_on_top(true)
        .skip_taskbar(true)
        .center()
        .build()?;
    platform::prepare(&search);
    platform::fix_size(&search, SEARCH_SIZE.0, SEARCH_SIZE.1);
    Ok(())
}

/// A hidden window with the page of this view, under the rules for all windows.
fn builder<'a>(
    app: &'a AppHandle,
    view: &'static str,
    more: &str,
    title: &str,
) -> WebviewWindowBuilder<'a, tauri::Wry, AppHandle> {
    let page = WebviewUrl::App(format!("index.html?view={view}{more}").into());
    let builder = WebviewWindowBuilder::new(app, view, page)
        .title(title)
        .visible(false)
        .zoom_hotkeys_enabled(view == MAIN)
        .devtools(cfg!(debug_assertions))
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .data_directory(app.state::<WebData>().0.clone())
        // A driver can only steer views of the common context, which are none of those that keep nothing.
        .incognito(!automated());
    match app.get_webview_window(CARD) {
        Some(first) => platform::share_process(builder, &first),
        None => builder,
    }
}

/// Whether a WebDriver steers this app, as in the end-to-end tests.
pub fn automated() -> bool {
    std::env::var("TAURI_WEBVIEW_AUTOMATION").is_ok_and(|value| value == "true")
}

/// Windows stay on the pages that were built into the program.
fn is_own_page(url: &Url) -> bool {
    let own = match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Where the system has no schemes of its own making.
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    };
    own || url.as_str() == "about:blank" || (tauri::is_dev() && url.host_str() == Some("localhost"))
}

pub fn show_search(app: &AppHandle) {
    let Some(search) = app.get_webview_window(SEARCH) else {
        return;
    };
    if !search.is_visible().unwrap_or(false) {
        said("center", search.center());
    }
    platform::present(&search);
}

pub fn show_main(app: &AppHandle) {
    present_main(app, "");
}

/// Shows the main window, where the person is asked before unsaved calls are lost. A page that is there already hears that
/// as an event; a new one reads it in its address.
pub fn show_main_to_quit(app: &AppHandle) {
    present_main(app, "&quit=asked");
}

fn present_main(app: &AppHandle, more: &str) {
    let main = match app.get_webview_window(MAIN) {
        Some(main) => main,
        None => match create_main(app, more) {
            Ok(main) => main,
            Err(error) => return tracing::error!(%error, "the main window can't be made"),
        },
    };
    said("unminimize", main.unminimize());
    platform::present(&main);
}

fn create_main(app: &AppHandle, more: &str) -> tauri::Result<WebviewWindow> {
    let main = builder(app, MAIN, more, "Ringside")
        .inner_size(MAIN_SIZE.0, MAIN_SIZE.1)
        .min_inner_size(SMALLEST_MAIN.0, SMALLEST_MAIN.1)
        .center()
        .build()?;
    platform::prepare(&main);
    Ok(main)
}

/// Hides any of the three, because its page or the window system says so.
pub fn hide(app: &AppHandle, label: &str) {
    if label == CARD {
        card::hide_unless_called(app);
    } else if let Some(window) = app.get_webview_window(label) {
        said("hide", window.hide());
    }
}

/// The window system's own events: closing hides, and a move may be part of a drag.
pub fn on_event(window: &Window, event: &WindowEvent) {
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            hide(window.app_handle(), window.label());
        }
        WindowEvent::Moved(_) if window.label() == CARD => card::moved(window.app_handle()),
        WindowEvent::ScaleFactorChanged { .. } if window.label() == CARD => {
            on_main(window.app_handle(), card::return_to_corner);
        }
        _ => {}
    }
}

/// What a window system refuses is worth a line in the log, and never ends a call.
fn said(what: &str, result: tauri::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, what, "the window system refused");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_stay_on_their_own_pages() {
        let own = |url: &str| is_own_page(&url.parse().expect("a URL"));
        assert!(own("tauri://localhost/index.html?view=card"));
        assert!(own("about:blank"));
        for other in [
            "https://example.com/",
            "http://tauri.localhost.example.com/",
            "tauri://elsewhere/",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:alert(1)",
        ] {
            assert!(!own(other), "{other}");
        }
    }
}
