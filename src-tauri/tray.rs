//! The tray: Ringside's place while no window is open, and its state at a glance. A desktop without a tray loses nothing:
//! starting the app again opens the main window, and `ringside pause` does what the menu does.

use std::time::Duration;

use ringside_ipc::{
    Api as _,
    command::{PauseArgs, RehearseArgs},
    status::{QuietDto, StatusDto, StoreStateDto},
};
use tauri::{
    AppHandle, Manager as _, Wry,
    image::Image,
    menu::{CheckMenuItem, CheckMenuItemBuilder, MenuBuilder, MenuItem, MenuItemBuilder},
    tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent},
};

use crate::{Shell, commands, windows, words::Words};

const ID: &str = "ringside";
const OPEN: &str = "open";
const SEARCH: &str = "search";
const PAUSE: &str = "pause";
const PAUSE_UNTIL_TOMORROW: &str = "pause_until_tomorrow";
const RESUME: &str = "resume";
const PRESENTING: &str = "presenting";
const REHEARSE: &str = "rehearse";
const QUIT: &str = "quit";

const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);

/// What the menu says anew when the state changes. Managed by the app.
struct Items {
    resume: MenuItem<Wry>,
    presenting: CheckMenuItem<Wry>,
}

/// Puts the icon and its menu up. In the rehearsal profile the menu also plays the rehearsal.
pub fn create(app: &AppHandle, rehearsal: bool) -> tauri::Result<()> {
    let words = Words::of_the_system();
    let item = |id: &str, text: &str| MenuItemBuilder::with_id(id, text).build(app);
    let items = Items {
        resume: MenuItemBuilder::with_id(RESUME, words.resume)
            .enabled(false)
            .build(app)?,
        presenting: CheckMenuItemBuilder::with_id(PRESENTING, words.presenting).build(app)?,
    };
    let mut menu = MenuBuilder::new(app)
        .item(&item(OPEN, words.open)?)
        .item(&item(SEARCH, words.search)?)
        .separator()
        .item(&item(PAUSE, words.pause)?)
        .item(&item(PAUSE_UNTIL_TOMORROW, words.pause_until_tomorrow)?)
        .item(&items.resume)
        .item(&items.presenting);
    if rehearsal {
        menu = menu.separator().item(&item(REHEARSE, words.rehearse)?);
    }
    let menu = menu.separator().item(&item(QUIT, words.quit)?).build()?;
    TrayIconBuilder::with_id(ID)
        .icon(Image::from_bytes(Look::Normal.icon())?)
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
    app.manage(items);
    Ok(())
}

fn chosen(app: &AppHandle, id: &str) {
    match id {
        OPEN => windows::on_main(app, windows::show_main),
        SEARCH => commands::open_search(app, "", None, false, None),
        PAUSE => {
            let (now, _) = ringside_app::time_now();
            pause(app, i64::try_from(HALF_AN_HOUR.as_millis()).ok().map(|half| now + half));
        }
        PAUSE_UNTIL_TOMORROW => {
            let (now, zone) = ringside_app::time_now();
            pause(app, ringside_app::tomorrow(now, &zone));
        }
        RESUME => pause(app, None),
        // The check mark changed by itself; it is set again to what is so.
        PRESENTING => crate::present(app, None),
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

fn pause(app: &AppHandle, until: Option<i64>) {
    let owner = app.state::<Shell>().app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = owner.pause(PauseArgs { until }).await {
            tracing::error!(%error, "the pause can't be set");
        }
    });
}

/// Shows the state of the house: as an icon, where the pointer rests, and in the menu.
pub fn tell(app: &AppHandle, status: &StatusDto) {
    let words = Words::of_the_system();
    let Some(tray) = app.tray_by_id(ID) else { return };
    let until = status.quiet.paused_until.map(time_of_day);
    let mut told = vec![tray.set_tooltip(Some(tooltip(status, until.as_deref(), words)))];
    told.push(
        Image::from_bytes(Look::of(status).icon()).and_then(|icon| tray.set_icon_with_as_template(Some(icon), true)),
    );
    if let Some(items) = app.try_state::<Items>() {
        let text = match &until {
            Some(until) => format!("{} ({} {until})", words.resume, words.paused_until),
            None => words.resume.to_owned(),
        };
        told.push(items.resume.set_text(text));
        told.push(items.resume.set_enabled(until.is_some()));
        told.push(items.presenting.set_checked(status.quiet.presenting));
    }
    for error in told.into_iter().filter_map(Result::err) {
        tracing::warn!(%error, "the tray can't be told");
    }
}

/// How the icon looks, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Calls are not safe, or can't come in.
    Trouble,
    Quiet,
    /// Calls were missed, or a log needs a decision.
    Attention,
    Normal,
}

/// Notices without which calls don't come in.
const TROUBLE: [&str; 4] = ["phone_trouble", "journal", "settings_broken", "intake_lan"];

impl Look {
    fn of(status: &StatusDto) -> Self {
        let trouble = matches!(status.store, StoreStateDto::InMemory { .. })
            || status
                .notices
                .iter()
                .any(|notice| TROUBLE.contains(&notice.code.as_str()));
        let QuietDto {
            paused_until,
            presenting,
            do_not_disturb,
            ..
        } = status.quiet;
        if trouble {
            Self::Trouble
        } else if paused_until.is_some() || presenting || do_not_disturb {
            Self::Quiet
        } else if status.missed > 0 || status.refused > 0 || status.unsure > 0 {
            Self::Attention
        } else {
            Self::Normal
        }
    }

    fn icon(self) -> &'static [u8] {
        match self {
            Self::Trouble => include_bytes!("icons/tray-trouble.png"),
            Self::Quiet => include_bytes!("icons/tray-quiet.png"),
            Self::Attention => include_bytes!("icons/tray-attention.png"),
            Self::Normal => include_bytes!("icons/tray-normal.png"),
        }
    }
}

/// Hours and minutes here; a pause never lasts into the day after the next one.
fn time_of_day(unix_ms: i64) -> String {
    let (_, zone) = ringside_app::time_now();
    let text = ringside_app::local_time(unix_ms, &zone);
    text.split_once(' ').map_or(text.clone(), |(_, time)| time.to_owned())
}

fn tooltip(status: &StatusDto, paused_until: Option<&str>, words: &Words) -> String {
    let mut parts = vec!["Ringside".to_owned()];
    if matches!(status.store, StoreStateDto::InMemory { .. }) {
        parts.push(words.in_memory.to_owned());
    }
    parts.extend(paused_until.map(|until| format!("{} {until}", words.paused_until)));
    if status.quiet.presenting {
        parts.push(words.presenting.to_owned());
    }
    if status.quiet.do_not_disturb {
        parts.push(words.do_not_disturb.to_owned());
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

#[cfg(test)]
mod tests {
    use ringside_ipc::status::{IntakeStateDto, NoticeDto};

    use super::*;

    fn status(change: impl FnOnce(&mut StatusDto)) -> StatusDto {
        let mut status = StatusDto {
            store: StoreStateDto::Open,
            contacts: 0,
            numbers: 0,
            unreadable: 0,
            waiting: 0,
            refused: 0,
            unsure: 0,
            missed: 0,
            creating: 0,
            quiet: QuietDto::default(),
            intake: IntakeStateDto::Off,
            notices: Vec::new(),
        };
        change(&mut status);
        status
    }

    #[test]
    fn the_icon_shows_what_matters_most() {
        assert_eq!(Look::of(&status(|_| {})), Look::Normal);
        assert_eq!(
            Look::of(&status(|status| status.waiting = 3)),
            Look::Normal,
            "a waiting log needs nobody"
        );
        let missed = |status: &mut StatusDto| status.missed = 1;
        assert_eq!(Look::of(&status(missed)), Look::Attention);
        assert_eq!(Look::of(&status(|status| status.unsure = 1)), Look::Attention);
        let paused = |status: &mut StatusDto| {
            missed(status);
            status.quiet.paused_until = Some(1);
        };
        assert_eq!(Look::of(&status(paused)), Look::Quiet);
        assert_eq!(Look::of(&status(|status| status.quiet.presenting = true)), Look::Quiet);
        let silent = |status: &mut StatusDto| {
            paused(status);
            status.notices.push(NoticeDto {
                code: "phone_trouble".into(),
                message: String::new(),
                hint: None,
            });
        };
        assert_eq!(Look::of(&status(silent)), Look::Trouble);
    }

    #[test]
    fn all_icons_are_pictures_of_one_size() {
        let size = |look: Look| {
            Image::from_bytes(look.icon())
                .map(|icon| (icon.width(), icon.height()))
                .expect("a PNG")
        };
        for look in [Look::Trouble, Look::Quiet, Look::Attention] {
            assert_eq!(size(look), size(Look::Normal), "{look:?}");
        }
    }

    #[test]
    fn the_tooltip_says_all_of_it() {
        let status = status(|status| {
            status.quiet.presenting = true;
            status.missed = 2;
        });
        let said = |language| tooltip(&status, Some("14:30"), Words::of(language));
        assert_eq!(said("en"), "Ringside · paused until 14:30 · Presenting · 2 missed");
        assert_eq!(said("de"), "Ringside · Pause bis 14:30 · Präsentieren · 2 verpasst");
    }
}
