//! The card's window: over everything, in a corner, and never taking the keyboard by itself. Only a click or the hotkey
//! gives it the keyboard.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ringside_ipc::settings::CardScreenDto;
use tauri::{AppHandle, Manager, PhysicalPosition, WebviewWindow};
use tokio::sync::watch;

use super::{CARD, TextSize, area_of, builder, on_main, said, screen_at_pointer, text_size::room};
use crate::{
    Shell, kept,
    place::{Area, Corner},
    platform,
    stages::Stage,
    words::Words,
};

/// CSS pixels, which are logical pixels at a text size of 100 %.
const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 132.0;
/// Logical pixels.
const LOWEST: f64 = 48.0;
/// What is taken for the screen where the system tells nothing of any.
const UNKNOWN: Area = Area {
    x: 0,
    y: 0,
    width: 1024,
    height: 632,
};
/// A card is shown when its page says that it holds the call, and at the latest after this long.
const PATIENCE: Duration = Duration::from_millis(250);
/// The same while the page is still being loaded, as when a call started the app.
const LOADING: Duration = Duration::from_secs(10);
/// A drag is over when the window has stood still for this long.
const STILL: Duration = Duration::from_millis(300);

/// Until the window manager knows a window that was just shown: before that, it gives it no keyboard.
const MANAGED: Duration = Duration::from_millis(80);

/// What has to be remembered of the card between calls.
#[derive(Debug, Default)]
pub struct CardState {
    state: Mutex<State>,
    /// The page has been loaded: it asked for something.
    loaded: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    /// Where it comes up.
    screen: CardScreenDto,
    /// The session is locked: nothing is shown until it is not any more.
    locked: bool,
    /// Of the page's content, in CSS pixels, as it said last.
    content: f64,
    /// Of the page.
    zoom: f64,
    /// Of the window, in logical pixels.
    size: (f64, f64),
    /// Calls whose card waits for the page.
    pending: Vec<String>,
    /// The person asked for it: it gets the keyboard as soon as it is shown.
    asked_for: bool,
    /// When the card last moved in a drag.
    dragged: Option<Instant>,
    /// The search window was opened by somebody who had the keyboard in the card.
    lent: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            screen: CardScreenDto::Pointer,
            locked: false,
            content: HEIGHT,
            zoom: 1.0,
            size: (WIDTH, HEIGHT),
            pending: Vec::new(),
            asked_for: false,
            dragged: None,
            lent: false,
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

/// Where the person wants it to come up.
pub fn set_screen(app: &AppHandle, screen: CardScreenDto) {
    app.state::<CardState>().state().screen = screen;
}

/// Nothing is to be seen over a locked screen. What was shown goes, and comes back with [`pop`].
pub fn set_locked(app: &AppHandle, locked: bool) {
    app.state::<CardState>().state().locked = locked;
    if let Some(card) = app.get_webview_window(CARD).filter(|_| locked) {
        said("hide", card.hide());
    }
}

/// The person asks for the card: it gets the keyboard, and is shown as [`pop`] shows one where it is not yet.
pub fn bring(app: &AppHandle, call: &str) {
    if is_shown(app) {
        return focus(app);
    }
    app.state::<CardState>().state().asked_for = true;
    pop(app, call);
}

/// Shows the card that waits for its page, if there is one.
pub fn reveal(app: &AppHandle) {
    if app.state::<CardState>().state().locked {
        return;
    }
    let calls = std::mem::take(&mut app.state::<CardState>().state().pending);
    if calls.is_empty() {
        return;
    }
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    if !is_shown(app) {
        fit(app, &card, true);
        place(app, &card, true);
        // Shown without being activated; only a click or the hotkey gives it the keyboard.
        said("focusable", card.set_focusable(false));
        said("show", card.show());
        said("always_on_top", card.set_always_on_top(true));
    }
    for call in calls {
        app.state::<Shell>().stages.reach(&call, Stage::Shown);
    }
    if std::mem::take(&mut app.state::<CardState>().state().asked_for) {
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(MANAGED).await;
            on_main(&app, focus);
        });
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
    {
        let card = app.state::<CardState>();
        let mut state = card.state();
        state.pending.clear();
        state.asked_for = false;
    }
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

/// Where it stands, while it is in sight.
pub fn area(app: &AppHandle) -> Option<Area> {
    let card = app.get_webview_window(CARD).filter(|_| is_shown(app))?;
    area_of_window(&card)
}

fn area_of_window(card: &WebviewWindow) -> Option<Area> {
    let (Ok(position), Ok(size)) = (card.outer_position(), card.outer_size()) else {
        return None;
    };
    Some(Area {
        x: position.x,
        y: position.y,
        width: size.width,
        height: size.height,
    })
}

/// The page's content has this height, in CSS pixels.
pub fn resize(app: &AppHandle, height: f64) {
    let Some(card) = app.get_webview_window(CARD) else {
        return;
    };
    let is_dragged = {
        let card = app.state::<CardState>();
        let mut state = card.state();
        state.content = if height.is_finite() { height } else { HEIGHT };
        state.dragged.is_some()
    };
    fit(app, &card, false);
    if !is_shown(app) {
        reveal(app);
    } else if !is_dragged {
        place(app, &card, false);
    }
}

/// Another text size: the card grows or shrinks where it stands.
pub fn refit(app: &AppHandle) {
    if let Some(card) = app.get_webview_window(CARD) {
        fit(app, &card, false);
        place(app, &card, false);
    }
}

/// Makes the window as large as its content in the text size that the person wants, as far as the screen lets it. What
/// does not fit the page scrolls.
fn fit(app: &AppHandle, card: &WebviewWindow, anew: bool) {
    let (area, scale) = screen_of(app, card, anew).unwrap_or((UNKNOWN, 1.0));
    let zoom = app.state::<TextSize>().zoom_within(WIDTH, area, scale);
    let highest = room(area, scale).1.max(LOWEST);
    let (before, size) = {
        let card = app.state::<CardState>();
        let mut state = card.state();
        let height = (state.content * zoom).ceil().clamp(LOWEST, highest);
        let before = (state.zoom, state.size);
        (state.zoom, state.size) = (zoom, ((WIDTH * zoom).round(), height));
        (before, state.size)
    };
    if (before.0 - zoom).abs() > f64::EPSILON {
        said("zoom", card.set_zoom(zoom));
    }
    // A page that says the same again, as in a storm of calls, moves nothing.
    if (before.1.0 - size.0).abs() >= 1.0 || (before.1.1 - size.1).abs() >= 1.0 {
        platform::fix_size(card, size.0, size.1);
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

/// The search window is about to take the keyboard from whoever has it.
pub fn lend_keyboard(app: &AppHandle) {
    let card = app.get_webview_window(CARD);
    let has = card.is_some_and(|card| card.is_focused().unwrap_or(false));
    app.state::<CardState>().state().lent = has;
}

/// The search window goes, and had the keyboard: it goes back to the card if it came from there. What was just chosen or
/// is to be created is logged or taken back by one key.
pub fn take_back_keyboard(app: &AppHandle) {
    if std::mem::take(&mut app.state::<CardState>().state().lent) {
        focus(app);
    }
}

/// Puts the card into its corner: of the screen that the person wants it on when it is about to be shown, else of the one it is on.
fn place(app: &AppHandle, card: &WebviewWindow, anew: bool) {
    let Some((area, scale)) = screen_of(app, card, anew) else {
        return;
    };
    let (width, height) = app.state::<CardState>().state().size;
    let corner = kept::corner(app);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes of a few hundred pixels"
    )]
    let pixels = |length: f64| (length * scale).round().max(1.0) as u32;
    let (x, y) = corner.place(pixels(width), pixels(height), area, scale);
    let place = PhysicalPosition::new(x, y);
    // A window that comes onto the screen is placed by the window manager unless it is told.
    if anew || !card.outer_position().is_ok_and(|now| now == place) {
        said("position", card.set_position(place));
    }
}

/// The work area of the card's screen in physical pixels, and its scale.
fn screen_of(app: &AppHandle, card: &WebviewWindow, anew: bool) -> Option<(Area, f64)> {
    let wanted = app.state::<CardState>().state().screen;
    let monitor = match (anew, wanted) {
        (true, CardScreenDto::Pointer) => screen_at_pointer(app),
        (true, CardScreenDto::Primary) => None,
        (false, _) => card.current_monitor().ok().flatten(),
    };
    // A screen that was unplugged, or a system that does not tell: any screen is better than none.
    let monitor = monitor.or_else(|| app.primary_monitor().ok().flatten());
    let monitor = monitor.or_else(|| app.available_monitors().ok()?.into_iter().next())?;
    Some((area_of(&monitor), monitor.scale_factor()))
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
    let (Some(window), Some((area, _))) = (area_of_window(&card), screen_of(app, &card, false)) else {
        return;
    };
    kept::set_corner(app, Corner::nearest(window, area));
    place(app, &card, false);
}

/// The window system moved the card, as part of a drag or not.
pub fn moved(app: &AppHandle) {
    if let Some(moved) = &mut app.state::<CardState>().state().dragged {
        *moved = Instant::now();
    }
}

/// Another scale, another screen, or one less: the card goes back into its corner, in sight.
pub fn return_to_corner(app: &AppHandle) {
    if let Some(card) = app.get_webview_window(CARD) {
        fit(app, &card, false);
        place(app, &card, false);
    }
}
