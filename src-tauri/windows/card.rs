//! The card's window: over everything, in a corner, and never taking the keyboard by itself. Only a click or the hotkey
//! gives it the keyboard.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tauri::{AppHandle, Manager, PhysicalPosition, WebviewWindow};
use tokio::sync::watch;

use super::{CARD, builder, on_main, said};
use crate::{
    Shell,
    place::{Area, Corner, MARGIN},
    platform,
    stages::Stage,
    words::Words,
};

/// Logical pixels.
const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 132.0;
const LOWEST: f64 = 48.0;
/// A card is shown when its page says that it holds the call, and at the latest after this long.
const PATIENCE: Duration = Duration::from_millis(250);
/// The same while the page is still being loaded, as when a call started the app.
const LOADING: Duration = Duration::from_secs(10);
/// A drag is over when the window has stood still for this long.
const STILL: Duration = Duration::from_millis(300);

/// What has to be remembered of the card between calls.
#[derive(Debug, Default)]
pub struct CardState {
    state: Mutex<State>,
    /// The page has been loaded: it asked for something.
    loaded: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    corner: Corner,
    height: f64,
    /// Calls whose card waits for the page.
    pending: Vec<String>,
    /// When the card last moved in a drag.
    dragged: Option<Instant>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            corner: Corner::default(),
            height: HEIGHT,
            pending: Vec::new(),
            dragged: None,
        }
    }
}

impl CardState {
    /// Resolves when the page is there, or when waiting for it makes no sense any more.
    pub async fn loaded(&self) {
        let mut loaded = self.loaded.subscribe();
        let _ = tokio::time::timeout(LOADING, loaded.wait_for(|loaded| *loaded)).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub fn create(app: &AppHandle) -> tauri::Result<()> {
    let card = builder(app, CARD, "", Words::of_the_system().card_title)
        .inner_size(WIDTH, HEIGHT)
        .decorations(false)
        .resizable(false)
        .always_on_top(true)
        .visible_on_all_workspaces(true)
        .skip_taskbar(true)
        .focused(false)
        .focusable(false)
        .build()?;
    platform::prepare(&card);
    platform::prepare_card(&card, WIDTH, HEIGHT);
    Ok(())
}

/// A call wants its card. It is shown once the page holds the call, so nobody sees the caller before.
pub fn pop(app: &AppHandle, call: &str) {
    if is_shown(app) {
        return app.state::<Shell>().stages.reach(call, Stage::Shown);
    }
    let patience = {
        let card = app.state::<CardState>();
        card.state().pending.push(call.to_owned());
        if *card.loaded.borrow() { PATIENCE } else { LOADING }
    };
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(patience).await;
        on_main(&app, reveal);
    });
}

/// The page of this window asks for something, so it is there.
pub fn page_speaks(app: &AppHandle, label: &str) {
    if label == CARD {
        app.state::<CardState>()
            .loaded
            .send_if_modified(|loaded| !std::mem::replace(loaded, true));
    }
}

/// Shows the card that waits for its page, if there is one.
pub fn reveal(app: &AppHandle) {
    let calls = std::mem::take(&mut app.state::<CardState>().state().pending);
    if calls.is_empty() {
        return;
    }
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    if !is_shown(app) {
        place(app, &card, true);
        // Shown without being activated; only a click or the hotkey gives it the keyboard.
        said("focusable", card.set_focusable(false));
        said("show", card.show());
        said("always_on_top", card.set_always_on_top(true));
    }
    for call in calls {
        app.state::<Shell>().stages.reach(&call, Stage::Shown);
    }
}

/// The page has nothing left to show. A call that began meanwhile, and of which the page does not know yet, stays wanted.
pub fn hide_unless_called(app: &AppHandle) {
    if app.state::<CardState>().state().pending.is_empty() {
        hide(app);
    }
}

/// No card is open any more.
pub fn hide(app: &AppHandle) {
    app.state::<CardState>().state().pending.clear();
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    said("hide", card.hide());
    said("focusable", card.set_focusable(false));
}

pub fn is_shown(app: &AppHandle) -> bool {
    app.get_webview_window(CARD)
        .is_some_and(|card| card.is_visible().unwrap_or(false))
}

/// The page's content has this height, in logical pixels.
pub fn resize(app: &AppHandle, height: f64) {
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    let screen = screen_of(app, &card, false);
    let highest = screen.map_or(600.0, |(area, scale)| f64::from(area.height) / scale - 2.0 * MARGIN);
    let height = if height.is_finite() {
        height.ceil().clamp(LOWEST, highest.max(LOWEST))
    } else {
        HEIGHT
    };
    let (before, is_dragged) = {
        let card = app.state::<CardState>();
        let mut state = card.state();
        (std::mem::replace(&mut state.height, height), state.dragged.is_some())
    };
    // A page that says the same again, as in a storm of calls, moves nothing.
    if (before - height).abs() >= 1.0 {
        platform::fix_size(&card, WIDTH, height);
    }
    if !is_shown(app) {
        reveal(app);
    } else if !is_dragged {
        place(app, &card, false);
    }
}

/// Gives the card the keyboard: the person clicked it, or pressed its hotkey. Does nothing when no card is shown.
pub fn focus(app: &AppHandle) {
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    if is_shown(app) {
        said("focusable", card.set_focusable(true));
        platform::present(&card);
    }
}

/// Puts the card into its corner: of the screen with the pointer when it is about to be shown, else of the one it is on.
fn place(app: &AppHandle, card: &WebviewWindow, at_pointer: bool) {
    let Some((area, scale)) = screen_of(app, card, at_pointer) else {
        return;
    };
    let (corner, height) = {
        let card = app.state::<CardState>();
        let state = card.state();
        (state.corner, state.height)
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes of a few hundred pixels"
    )]
    let pixels = |length: f64| (length * scale).round().max(1.0) as u32;
    let (x, y) = corner.place(pixels(WIDTH), pixels(height), area, scale);
    let place = PhysicalPosition::new(x, y);
    // A window that comes onto the screen is placed by the window manager unless it is told.
    if at_pointer || !card.outer_position().is_ok_and(|now| now == place) {
        said("position", card.set_position(place));
    }
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
pub fn drag(app: &AppHandle) {
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    app.state::<CardState>().state().dragged = Some(Instant::now());
    said("drag", card.start_dragging());
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        loop {
            tokio::time::sleep(STILL / 2).await;
            let still = match app.state::<CardState>().state().dragged {
                Some(moved) => moved.elapsed() >= STILL,
                None => return,
            };
            if still {
                on_main(&app, snap);
                return;
            }
        }
    });
}

fn snap(app: &AppHandle) {
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    app.state::<CardState>().state().dragged = None;
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
    app.state::<CardState>().state().corner = Corner::nearest(window, area);
    place(app, &card, false);
}

/// The window system moved the card, as part of a drag or not.
pub fn moved(app: &AppHandle) {
    if let Some(moved) = &mut app.state::<CardState>().state().dragged {
        *moved = Instant::now();
    }
}

/// Another scale, another screen: the card goes back into its corner.
pub fn return_to_corner(app: &AppHandle) {
    if let Some(card) = app.get_webview_window(CARD) {
        place(app, &card, false);
    }
}
