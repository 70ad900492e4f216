//! The three windows: the card (over everything, never taking the keyboard by itself), the search window (made at start
//! and hidden, so that a hotkey finds it at once) and the main window (made when first wanted).
//!
//! All three share one web process, keep nothing on disk and can't leave their own page. Closing a window hides it.
//! Every function here must run on the main thread; [`on_main`] takes others there.

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tauri::{
    AppHandle, Manager, PhysicalPosition, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent,
    webview::NewWindowResponse,
};
use tokio::sync::watch;

use crate::{
    place::{Area, Corner},
    platform,
    words::Words,
};

pub const CARD: &str = "card";
pub const SEARCH: &str = "search";
pub const MAIN: &str = "main";

/// Logical pixels.
const CARD_WIDTH: f64 = 380.0;
const CARD_HEIGHT: f64 = 132.0;
const LOWEST_CARD: f64 = 48.0;
const SEARCH_SIZE: (f64, f64) = (640.0, 420.0);
const MAIN_SIZE: (f64, f64) = (980.0, 680.0);
const SMALLEST_MAIN: (f64, f64) = (640.0, 480.0);
/// A card is shown when its page says that it holds the call, and at the latest after this long.
const PATIENCE: Duration = Duration::from_millis(250);
/// The same while the page is still being loaded, as when a call started the app.
const LOADING: Duration = Duration::from_secs(10);
/// A drag is over when the window has stood still for this long.
const STILL: Duration = Duration::from_millis(300);

/// What has to be remembered of the windows between calls.
#[derive(Debug, Default)]
pub struct Windows {
    state: Mutex<State>,
    /// The card's page has been loaded: it asked for something.
    loaded: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    /// Where automation keeps what a web view writes; without automation nothing is written.
    data: PathBuf,
    corner: Corner,
    height: f64,
    /// The call whose card waits for its page.
    pending: Option<String>,
    dragged: Option<Instant>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            corner: Corner::default(),
            height: CARD_HEIGHT,
            pending: None,
            dragged: None,
        }
    }
}

impl Windows {
    pub fn new(data: PathBuf) -> Self {
        Self {
            state: Mutex::new(State {
                data,
                ..State::default()
            }),
            ..Self::default()
        }
    }

    /// Resolves when the card's page is there, or when waiting for it makes no sense any more.
    pub async fn loaded(&self) {
        let mut loaded = self.loaded.subscribe();
        let _ = tokio::time::timeout(LOADING, loaded.wait_for(|loaded| *loaded)).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work` on the main thread, soon.
pub fn on_main(app: &AppHandle, work: impl FnOnce(&AppHandle) + Send + 'static) {
    let handle = app.clone();
    if let Err(error) = app.run_on_main_thread(move || work(&handle)) {
        tracing::error!(%error, "the main thread is gone");
    }
}

/// Makes the card and the search window, hidden.
pub fn create(app: &AppHandle) -> tauri::Result<()> {
    let words = Words::of_the_system();
    let card = builder(app, CARD, words.card_title)
        .inner_size(CARD_WIDTH, CARD_HEIGHT)
        .decorations(false)
        .resizable(false)
        .always_on_top(true)
        .visible_on_all_workspaces(true)
        .skip_taskbar(true)
        .focused(false)
        .focusable(false)
        .build()?;
    platform::prepare(&card);
    platform::prepare_card(&card, CARD_WIDTH, CARD_HEIGHT);
    let search = builder(app, SEARCH, words.search_title)
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
fn builder<'a>(app: &'a AppHandle, view: &'static str, title: &str) -> WebviewWindowBuilder<'a, tauri::Wry, AppHandle> {
    let mut builder = WebviewWindowBuilder::new(app, view, WebviewUrl::App(format!("index.html?view={view}").into()))
        .title(title)
        .visible(false)
        .zoom_hotkeys_enabled(view == MAIN)
        .devtools(cfg!(debug_assertions))
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny);
    builder = match automated() {
        // The driver can only steer views of the common context, and that one wants a folder.
        true => builder.data_directory(app.state::<Windows>().state().data.clone()),
        false => builder.incognito(true),
    };
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

// --- the card -------------------------------------------------------------------------------------------------------

/// A call wants its card. It is shown once the page holds the call, so nobody sees the caller before.
pub fn pop_card(app: &AppHandle, call: &str) {
    if card_is_shown(app) {
        return app
            .state::<crate::Shell>()
            .stages
            .reach(call, crate::stages::Stage::Shown);
    }
    let patience = {
        let windows = app.state::<Windows>();
        let mut state = windows.state();
        if state.pending.is_some() {
            return;
        }
        state.pending = Some(call.to_owned());
        if *windows.loaded.borrow() { PATIENCE } else { LOADING }
    };
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(patience).await;
        on_main(&app, reveal_card);
    });
}

/// The page of this window asks for something, so it is there.
pub fn page_speaks(app: &AppHandle, label: &str) {
    if label == CARD {
        app.state::<Windows>()
            .loaded
            .send_if_modified(|loaded| !std::mem::replace(loaded, true));
    }
}

/// Shows the card that waits for its page, if there is one.
pub fn reveal_card(app: &AppHandle) {
    let Some(call) = app.state::<Windows>().state().pending.take() else {
        return;
    };
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    if !card_is_shown(app) {
        place_card(app, &card, true);
        // Shown without being activated; only a click or the hotkey gives it the keyboard.
        said("focusable", card.set_focusable(false));
        said("show", card.show());
        said("always_on_top", card.set_always_on_top(true));
    }
    app.state::<crate::Shell>()
        .stages
        .reach(&call, crate::stages::Stage::Shown);
}

pub fn hide_card(app: &AppHandle) {
    app.state::<Windows>().state().pending = None;
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    said("hide", card.hide());
    said("focusable", card.set_focusable(false));
}

pub fn card_is_shown(app: &AppHandle) -> bool {
    app.get_webview_window(CARD)
        .is_some_and(|card| card.is_visible().unwrap_or(false))
}

/// The page's content has this height, in logical pixels.
pub fn resize_card(app: &AppHandle, height: f64) {
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    let screen = screen_of(app, &card, false);
    let highest = screen.map_or(600.0, |(area, scale)| {
        f64::from(area.height) / scale - 2.0 * crate::place::MARGIN
    });
    let height = if height.is_finite() {
        height.ceil().clamp(LOWEST_CARD, highest.max(LOWEST_CARD))
    } else {
        CARD_HEIGHT
    };
    app.state::<Windows>().state().height = height;
    platform::fix_size(&card, CARD_WIDTH, height);
    if card_is_shown(app) {
        place_card(app, &card, false);
    } else {
        reveal_card(app);
    }
}

/// Gives the card the keyboard: the person clicked it, or pressed its hotkey. Does nothing when no card is shown.
pub fn focus_card(app: &AppHandle) {
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    if card_is_shown(app) {
        said("focusable", card.set_focusable(true));
        platform::present(&card);
    }
}

/// Puts the card into its corner: of the screen with the pointer when it is about to be shown, else of the one it is on.
fn place_card(app: &AppHandle, card: &WebviewWindow, at_pointer: bool) {
    let Some((area, scale)) = screen_of(app, card, at_pointer) else {
        return;
    };
    let (corner, height) = {
        let windows = app.state::<Windows>();
        let state = windows.state();
        (state.corner, state.height)
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes of a few hundred pixels"
    )]
    let pixels = |length: f64| (length * scale).round().max(1.0) as u32;
    let (x, y) = corner.place(pixels(CARD_WIDTH), pixels(height), area, scale);
    said("position", card.set_position(PhysicalPosition::new(x, y)));
}

/// The work area of a screen in physical pixels, and its scale.
fn screen_of(app: &AppHandle, card: &WebviewWindow, at_pointer: bool) -> Option<(Area, f64)> {
    let of_pointer = || {
        let pointer = app.cursor_position().ok()?;
        app.monitor_from_point(pointer.x, pointer.y).ok()?
    };
    let monitor = match at_pointer {
        true => of_pointer(),
        false => card.current_monitor().ok().flatten(),
    };
    // A screen that was unplugged, or a system that does not tell: any screen is better than none.
    let monitor = monitor.or_else(|| app.primary_monitor().ok().flatten())?;
    let work = monitor.work_area();
    let area = Area {
        x: work.position.x,
        y: work.position.y,
        width: work.size.width,
        height: work.size.height,
    };
    Some((area, monitor.scale_factor()))
}

/// The person drags the card; where they leave it, it snaps to the nearest corner.
pub fn drag_card(app: &AppHandle) {
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    app.state::<Windows>().state().dragged = Some(Instant::now());
    said("drag", card.start_dragging());
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        loop {
            tokio::time::sleep(STILL / 2).await;
            let still = match app.state::<Windows>().state().dragged {
                Some(moved) => moved.elapsed() >= STILL,
                None => return,
            };
            if still {
                on_main(&app, snap_card);
                return;
            }
        }
    });
}

fn snap_card(app: &AppHandle) {
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    app.state::<Windows>().state().dragged = None;
    let (Ok(position), Ok(size)) = (card.outer_position(), card.outer_size()) else {
        return;
    };
    let Some((area, _)) = screen_of(app, &card, false) else {
        return;
    };
    let window = Area {
        x: position.x,
        y: position.y,
        width: size.width,
        height: size.height,
    };
    app.state::<Windows>().state().corner = Corner::nearest(window, area);
    place_card(app, &card, false);
}

// --- the others -----------------------------------------------------------------------------------------------------

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
    let main = match app.get_webview_window(MAIN) {
        Some(main) => main,
        None => match create_main(app) {
            Ok(main) => main,
            Err(error) => return tracing::error!(%error, "the main window can't be made"),
        },
    };
    said("unminimize", main.unminimize());
    platform::present(&main);
}

fn create_main(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    let main = builder(app, MAIN, "Ringside")
        .inner_size(MAIN_SIZE.0, MAIN_SIZE.1)
        .min_inner_size(SMALLEST_MAIN.0, SMALLEST_MAIN.1)
        .center()
        .build()?;
    platform::prepare(&main);
    Ok(main)
}

/// Hides any of the three.
pub fn hide(app: &AppHandle, label: &str) {
    if label == CARD {
        hide_card(app);
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
        WindowEvent::Moved(_) if window.label() == CARD => {
            if let Some(moved) = &mut window.state::<Windows>().state().dragged {
                *moved = Instant::now();
            }
        }
        // Another scale or screen: the card goes back into its corner.
        WindowEvent::ScaleFactorChanged { .. } if window.label() == CARD => {
            on_main(window.app_handle(), |app| {
                if let Some(card) = app.get_webview_window(CARD) {
                    place_card(app, &card, false);
                }
            });
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
