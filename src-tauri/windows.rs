//! The three windows: the [card], the search window (made at start and hidden, so that a hotkey finds it at once) and the
//! main window (made when first wanted).
//!
//! All three share one web process, keep nothing on disk and can't leave their own page. Closing a window hides it.
//! Every function here must run on the main thread; [`on_main`] takes others there.

pub mod card;
mod text_size;

pub use text_size::TextSize;

use std::{path::PathBuf, time::Duration};

use ringside_ipc::Event;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tauri::{
    AppHandle, Emitter as _, LogicalPosition, LogicalSize, Manager, Monitor, PhysicalPosition, PhysicalSize, Url,
    WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent, webview::NewWindowResponse,
};

use crate::{
    Shell, events,
    kept::{self, MainPlace},
    place::{self, Area},
    platform,
    stages::Stage,
    words::Words,
};

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
    let measured = match app.state::<Shell>().stages.are_read() {
        true => "&measured=1",
        false => "",
    };
    let search = builder(app, SEARCH, measured, words.search_title)
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
    if !is_shown(&search) {
        centre(app, &search);
    }
    platform::present(&search);
    app.state::<Shell>().stages.reach_search(Stage::Shown);
}

/// Draws all windows in this size, in percent. The main window stays as large as it is.
pub fn set_text_size(app: &AppHandle, percent: u16) {
    if !app.state::<TextSize>().set(percent) {
        return;
    }
    for window in [SEARCH, MAIN] {
        if let Some(window) = app.get_webview_window(window) {
            said("zoom", window.set_zoom(app.state::<TextSize>().zoom()));
        }
    }
    card::refit(app);
    if let Some(search) = app.get_webview_window(SEARCH).filter(is_shown) {
        centre(app, &search);
    }
}

/// Into the middle of the screen that the pointer is on: that is where a person looks. A window that was never shown has no
/// size yet that could be asked for.
fn centre(app: &AppHandle, search: &WebviewWindow) {
    let Some(screen) = screen_at_pointer(app) else {
        return said("center", search.center());
    };
    let (area, scale) = (area_of(&screen), screen.scale_factor());
    let (width, height) = app.state::<TextSize>().fitting(SEARCH_SIZE, area, scale);
    platform::fix_size(search, width, height);
    let size: PhysicalSize<u32> = LogicalSize::new(width, height).to_physical(scale);
    let mut at = place::centre(size.width, size.height, area);
    if let Some(card) = card::area(app).filter(|card| card.is_on(area)) {
        at = place::beside(at, size.width, card, area);
    }
    let (x, y) = at;
    said("position", search.set_position(PhysicalPosition::new(x, y)));
}

fn is_shown(window: &WebviewWindow) -> bool {
    window.is_visible().unwrap_or(false)
}

fn screen_at_pointer(app: &AppHandle) -> Option<Monitor> {
    let pointer = app.cursor_position().ok()?;
    app.monitor_from_point(pointer.x, pointer.y).ok()?
}

/// The work area, in physical pixels.
fn area_of(screen: &Monitor) -> Area {
    let work = screen.work_area();
    Area {
        x: work.position.x,
        y: work.position.y,
        width: work.size.width,
        height: work.size.height,
    }
}

/// Keeps programs that record the screen from seeing who calls, where the system can: Windows and macOS.
pub fn protect(app: &AppHandle, protected: bool) {
    for window in [CARD, SEARCH, MAIN] {
        if let Some(window) = app.get_webview_window(window) {
            said("content protection", window.set_content_protected(protected));
        }
    }
}

pub fn show_main(app: &AppHandle) {
    present_main(app, "");
}

/// Shows the main window, where the person is asked before unsaved calls are lost. A page that is there already hears that
/// as an event; a new one reads it in its address.
pub fn show_main_to_quit(app: &AppHandle) {
    present_main(app, "&quit=asked");
}

/// A page of the main window that another window leads to, by the name it has there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MainPage {
    Calls,
    Connections,
}

impl MainPage {
    /// What a window that is there already hears: the event of the house, and the page.
    fn event(self) -> Value {
        let mut event = serde_json::to_value(Event::OpenMain).unwrap_or_default();
        event["page"] = serde_json::to_value(self).unwrap_or_default();
        event
    }

    /// What a new one reads in its address.
    fn in_address(self) -> &'static str {
        match self {
            Self::Calls => "&page=calls",
            Self::Connections => "&page=connections",
        }
    }
}

/// Shows the main window at this page.
pub fn show_main_at(app: &AppHandle, page: MainPage) {
    if app.get_webview_window(MAIN).is_some() {
        said("event", app.emit_to(MAIN, events::NAME, page.event()));
    }
    present_main(app, page.in_address());
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
    let builder = builder(app, MAIN, more, "Ringside").min_inner_size(SMALLEST_MAIN.0, SMALLEST_MAIN.1);
    let builder = match kept::main(app) {
        Some(kept) => {
            let builder = builder.inner_size(kept.width.max(SMALLEST_MAIN.0), kept.height.max(SMALLEST_MAIN.1));
            match is_in_sight(app, &kept) {
                true => builder.position(kept.x, kept.y),
                false => builder.center(),
            }
            .maximized(kept.maximized)
        }
        None => builder.inner_size(MAIN_SIZE.0, MAIN_SIZE.1).center(),
    };
    let main = builder
        .content_protected(app.state::<Shell>().app.quiet_now().presenting)
        .build()?;
    platform::prepare(&main);
    said("zoom", main.set_zoom(app.state::<TextSize>().zoom()));
    Ok(main)
}

/// A screen may be gone since.
fn is_in_sight(app: &AppHandle, kept: &MainPlace) -> bool {
    let screens = app.available_monitors().unwrap_or_default();
    let screens: Vec<Area> = screens.iter().map(area_of).collect();
    let scale = app
        .monitor_from_point(kept.x, kept.y)
        .ok()
        .flatten()
        .map_or(1.0, |screen| screen.scale_factor());
    let at: PhysicalPosition<i32> = LogicalPosition::new(kept.x, kept.y).to_physical(scale);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and is only compared"
    )]
    let length = |length: f64| (length * scale) as u32;
    let window = Area {
        x: at.x,
        y: at.y,
        width: length(kept.width),
        height: length(kept.height),
    };
    kept::can_be_reached(window, &screens)
}

/// A window that is moved tells so at every step; it is kept once it stands still.
const STANDS: Duration = Duration::from_millis(800);

/// The main window was moved or sized.
fn keep_main(app: &AppHandle) {
    let Some(main) = app.get_webview_window(MAIN) else {
        return;
    };
    let shown = main.is_visible().unwrap_or(false) && !main.is_minimized().unwrap_or(false);
    let (Ok(at), Ok(size), Ok(scale), true) = (main.outer_position(), main.inner_size(), main.scale_factor(), shown)
    else {
        return;
    };
    let maximized = main.is_maximized().unwrap_or(false);
    let (at, size) = (at.to_logical::<f64>(scale), size.to_logical::<f64>(scale));
    let now = MainPlace {
        x: at.x,
        y: at.y,
        width: size.width,
        height: size.height,
        maximized,
    };
    kept::set_main(app, |before| match (before, maximized) {
        // Maximized it stands nowhere of its own.
        (Some(before), true) => Some(MainPlace { maximized, ..before }),
        (None, true) => None,
        (_, false) => Some(now),
    });
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(STANDS).await;
        if kept::main(&app).is_some_and(|kept| kept == now || maximized) {
            kept::save(&app);
        }
    });
}

/// Hides any of the three, because its page or the window system says so.
pub fn hide(app: &AppHandle, label: &str) {
    if label == CARD {
        card::hide_unless_called(app);
    } else if let Some(window) = app.get_webview_window(label) {
        let had_keyboard = label == SEARCH && window.is_focused().unwrap_or(false);
        said("hide", window.hide());
        if had_keyboard {
            card::take_back_keyboard(app);
        }
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
        WindowEvent::Moved(_) | WindowEvent::Resized(_) if window.label() == MAIN => {
            on_main(window.app_handle(), keep_main);
        }
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

    /// The page reads both names, and goes where they say: `ui/src/views/main/MainWindow.svelte`.
    #[test]
    fn a_page_has_one_name_in_the_address_and_in_the_event() {
        for (page, name) in [(MainPage::Calls, "calls"), (MainPage::Connections, "connections")] {
            assert_eq!(page.event(), serde_json::json!({ "kind": "open_main", "page": name }));
            assert_eq!(page.in_address(), format!("&page={name}"));
        }
    }

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
