//! The tray: Ringside's place while no window is open. A desktop without a tray loses nothing: starting the app again
//! opens the main window.

use ringside_ipc::{
    Api as _,
    command::RehearseArgs,
    status::{StatusDto, StoreStateDto},
};
use tauri::{
    AppHandle, Manager as _,
    image::Image,
    menu::{MenuBuilder, MenuItemBuilder},
    tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent},
};

use crate::{Shell, commands, windows, words::Words};

const ID: &str = "ringside";
const OPEN: &str = "open";
const SEARCH: &str = "search";
const REHEARSE: &str = "rehearse";
const QUIT: &str = "quit";

/// Puts the icon and its menu up. In the rehearsal profile the menu also plays the rehearsal.
pub fn create(app: &AppHandle, rehearsal: bool) -> tauri::Result<()> {
    let words = Words::of_the_system();
    let item = |id: &str, text: &str| MenuItemBuilder::with_id(id, text).build(app);
    let mut menu = MenuBuilder::new(app)
        .item(&item(OPEN, words.open)?)
        .item(&item(SEARCH, words.search)?);
    if rehearsal {
        menu = menu.separator().item(&item(REHEARSE, words.rehearse)?);
    }
    let menu = menu.separator().item(&item(QUIT, words.quit)?).build()?;
    TrayIconBuilder::with_id(ID)
        .icon(Image::from_bytes(include_bytes!("icons/tray.png"))?)
        .icon_as_template(true)
        .tooltip("Ringside")
        .menu(&menu)
        .show_menu_on_left_click(cfg!(target_os = "linux"))
        .on_menu_event(|app, event| chosen(app, event.id().as_ref()))
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                windows::on_main(tray.app_handle(), windows::show_main);
            }
        })
        .build(app)?;
    Ok(())
}

fn chosen(app: &AppHandle, id: &str) {
    match id {
        OPEN => windows::on_main(app, windows::show_main),
        SEARCH => commands::open_search(app, "", None, false, None),
        REHEARSE => {
            let owner = app.state::<Shell>().app.clone();
            tauri::async_runtime::spawn(async move {
                if let Err(error) = owner.rehearse(RehearseArgs { part: None }).await {
                    tracing::error!(%error, "the rehearsal can't be played");
                }
            });
        }
        QUIT => crate::ask_to_quit(app),
        _ => {}
    }
}

/// Shows the state of the house where the pointer rests.
pub fn tell(app: &AppHandle, status: &StatusDto) {
    let text = tooltip(status, Words::of_the_system());
    let Some(tray) = app.tray_by_id(ID) else { return };
    if let Err(error) = tray.set_tooltip(Some(text)) {
        tracing::warn!(%error, "the tray can't be told");
    }
}

fn tooltip(status: &StatusDto, words: &Words) -> String {
    let mut parts = vec!["Ringside".to_owned()];
    if matches!(status.store, StoreStateDto::InMemory { .. }) {
        parts.push(words.in_memory.to_owned());
    }
    let counted = [
        (status.missed, words.missed),
        (status.waiting, words.waiting),
        (status.refused.saturating_add(status.unsure), words.not_logged),
    ];
    parts.extend(
        counted
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}")),
    );
    parts.join(" · ")
}
