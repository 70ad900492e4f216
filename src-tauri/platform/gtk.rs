//! GTK and WebKitGTK.

use std::{cell::RefCell, os::unix::process::CommandExt as _, time::Duration};

use gtk::prelude::{Cast as _, GtkWindowExt as _, WidgetExt as _};
use tauri::{AppHandle, WebviewWindow, WebviewWindowBuilder, Wry};
use webkit2gtk::{HitTestResultExt as _, WebContextExt as _, WebViewExt as _};

use crate::words::{language_tag, system_locale};

/// WebKit draws small windows well without the graphics card, in 92 instead of 142 MiB, and starts sooner.
const NO_COMPOSITING: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// Until windows stand where a change of the screens leaves them.
const SETTLING: Duration = Duration::from_millis(300);

/// Settles what the libraries read from the environment when they are loaded: this process starts over with it. Must come
/// before any thread. A person's own setting stays.
pub fn surroundings() {
    if std::env::var_os(NO_COMPOSITING).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut again = std::process::Command::new(program);
    again.args(std::env::args_os().skip(1)).env(NO_COMPOSITING, "1");
    // Comes back only when it failed; then the defaults have to do.
    let error = again.exec();
    eprintln!("ringside-desktop: starting over failed ({error}); going on with WebKit's defaults");
}

/// For every window: a crashed page comes back, and the browser's own menu (Back, Reload, Inspect) shows only where text
/// can be edited.
pub fn prepare(window: &WebviewWindow) {
    let label = window.label().to_owned();
    let prepared = window.with_webview(move |view| {
        let view = view.inner();
        // Pages speak the language of the environment also where the system has no data for its locale.
        if let (Some(context), Some(language)) = (view.context(), language_tag(&system_locale())) {
            context.set_preferred_languages(&[&language]);
        }
        view.connect_web_process_terminated(move |view, reason| {
            tracing::error!(window = label, ?reason, "the page's process ended; loading it again");
            view.reload();
        });
        view.connect_context_menu(|_, _, _, target| !cfg!(debug_assertions) && !target.context_is_editable());
    });
    if let Err(error) = prepared {
        tracing::warn!(%error, "the web view can't be reached");
    }
}

/// The card asks for no focus when it appears, and is of a kind that window managers keep out of lists and tilings.
pub fn prepare_card(card: &WebviewWindow, width: f64, height: f64) {
    match card.gtk_window() {
        Ok(window) => {
            window.set_focus_on_map(false);
            window.set_type_hint(gtk::gdk::WindowTypeHint::Utility);
        }
        Err(error) => tracing::warn!(%error, "the card's GTK window can't be reached"),
    }
    fix_size(card, width, height);
}

/// GTK sizes a window that a person can't resize by what its content requests, and shrinks it only when told.
pub fn fix_size(window: &WebviewWindow, width: f64, height: f64) {
    match window.gtk_window() {
        Ok(window) => {
            window.set_size_request(pixels(width), pixels(height));
            window.resize(pixels(width), pixels(height));
        }
        Err(error) => tracing::warn!(%error, "a GTK window can't be reached"),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "sizes of a few hundred pixels")]
fn pixels(length: f64) -> i32 {
    length.round() as i32
}

thread_local! {
    /// Carries a view out of the closure that may see it: views never leave the main thread, but the closure must be `Send`.
    static FIRST: RefCell<Option<webkit2gtk::WebView>> = const { RefCell::new(None) };
}

/// Puts the new view into the web process of the first one: a process costs more than the page in it.
pub fn share_process<'a>(
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    first: &WebviewWindow,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    // Runs at once, because this is the main thread.
    let asked = first.with_webview(|view| FIRST.with_borrow_mut(|first| *first = Some(view.inner())));
    match (asked, FIRST.take()) {
        (Ok(()), Some(view)) => builder.with_related_view(view),
        _ => builder,
    }
}

/// Shows the window and gives it the keyboard, at the wish of the person: by the X server's own time, because a window
/// manager takes anything older for a program that pushes itself forward.
pub fn present(window: &WebviewWindow) {
    let Ok(window) = window.gtk_window() else { return };
    window.show_all();
    let time = window
        .window()
        .and_then(|window| window.downcast::<gdkx11::X11Window>().ok());
    window.present_with_time(time.map_or(gtk::gdk::ffi::GDK_CURRENT_TIME as u32, |window| {
        gdkx11::functions::x11_get_server_time(&window)
    }));
}

/// X11 lets a program grab a key. Wayland does not.
pub fn has_global_hotkeys() -> bool {
    use gtk::gdk::prelude::DisplayExtManual as _;
    gtk::gdk::Display::default().is_some_and(|display| display.backend().is_x11())
}

/// On Wayland no program puts its windows in front, or where it likes. Main thread only, as is [`has_global_hotkeys`].
pub fn windows_come_to_the_front() -> bool {
    has_global_hotkeys()
}

thread_local! {
    /// Tells of changes for as long as it is there.
    static BANNERS: RefCell<Option<gtk::gio::Settings>> = const { RefCell::new(None) };
}

/// GNOME's "Do Not Disturb" is a setting: `show-banners`. Tells it now and whenever it changes; says nothing on desktops that do
/// not know it. To make settings of a schema that is not installed would end the program, so that is looked up first.
pub fn watch_banners(told: impl Fn(bool) + 'static) {
    use gtk::gio::prelude::SettingsExt as _;

    const SCHEMA: &str = "org.gnome.desktop.notifications";
    const KEY: &str = "show-banners";
    let schema = gtk::gio::SettingsSchemaSource::default().and_then(|source| source.lookup(SCHEMA, true));
    if !schema.is_some_and(|schema| schema.has_key(KEY)) {
        return;
    }
    let settings = gtk::gio::Settings::new(SCHEMA);
    told(settings.boolean(KEY));
    settings.connect_changed(Some(KEY), move |settings, key| told(settings.boolean(key)));
    BANNERS.set(Some(settings));
}

/// Says when a screen comes, goes or changes its size.
pub fn watch_screens(app: &AppHandle, changed: fn(&AppHandle)) {
    let Some(screen) = gtk::gdk::Screen::default() else {
        return;
    };
    let told = {
        let app = app.clone();
        move || {
            let app = app.clone();
            // Only after the window system has taken the windows along.
            tauri::async_runtime::spawn(async move {
                tokio::time::sleep(SETTLING).await;
                let here = app.clone();
                if let Err(error) = app.run_on_main_thread(move || changed(&here)) {
                    tracing::error!(%error, "the main thread is gone");
                }
            });
        }
    };
    let also = told.clone();
    screen.connect_monitors_changed(move |_| told());
    screen.connect_size_changed(move |_| also());
}
