//! What Ringside's start, memory and idling are compared with: an app with as many hidden windows, made alike, and nothing
//! in them. Without a tray, a bus or a file.

// The same ways to ask the window system as the real windows have; as on Linux, where the comparison is made.
#[allow(dead_code, reason = "an empty app has fewer wishes")]
#[path = "../../src-tauri/platform/gtk.rs"]
mod platform;
#[allow(dead_code, reason = "the platform asks it for the language only")]
#[path = "../../src-tauri/words.rs"]
mod words;

use std::process::ExitCode;

use tauri::{AppHandle, Manager as _, WebviewUrl, WebviewWindowBuilder, Wry, webview::NewWindowResponse};

fn main() -> ExitCode {
    platform::surroundings();
    let app = tauri::Builder::default()
        .setup(|app| {
            create(app.handle())?;
            // The word that the bench waits for.
            eprintln!("the windows are made");
            Ok(())
        })
        .run(tauri::generate_context!("benches/empty/tauri.conf.json"));
    match app {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ringside-empty: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The windows of `src-tauri/windows.rs`, with the same options.
fn create(app: &AppHandle) -> tauri::Result<()> {
    let card = builder(app, "card")
        .inner_size(380.0, 132.0)
        .decorations(false)
        .resizable(false)
        .always_on_top(true)
        .visible_on_all_workspaces(true)
        .skip_taskbar(true)
        .focused(false)
        .focusable(false)
        .build()?;
    platform::prepare(&card);
    platform::prepare_card(&card, 380.0, 132.0);
    let search = builder(app, "search")
        .inner_size(640.0, 420.0)
        .decorations(false)
        .resizable(false)
        .always_on_top(true)
        .skip_taskbar(true)
        .center()
        .build()?;
    platform::prepare(&search);
    platform::fix_size(&search, 640.0, 420.0);
    Ok(())
}

fn builder<'a>(app: &'a AppHandle, label: &str) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    let builder = WebviewWindowBuilder::new(app, label, WebviewUrl::App("index.html".into()))
        .title("Empty")
        .visible(false)
        .devtools(cfg!(debug_assertions))
        .on_navigation(|_| true)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .incognito(true);
    match app.get_webview_window("card") {
        Some(first) => platform::share_process(builder, &first),
        None => builder,
    }
}
