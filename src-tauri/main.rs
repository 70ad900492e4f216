//! Ringside's desktop app: the windows, the tray, the hotkeys and the notifications around the one [`App`].
//!
//! The loop of a call lives in `App` and not in a window: this crate could be left out, and calls would still be looked up
//! and logged. It starts the App, carries commands and events between it and the pages, and ends it last.
//!
//! Architecture invariant: the only package that knows Tauri.

// A window program on Windows has no console of its own.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod args;
mod cards;
mod commands;
mod events;
mod hotkeys;
mod kept;
mod links;
mod manners;
mod notify;
mod place;
mod platform;
mod rules;
#[cfg(test)]
mod samples;
mod stages;
mod tray;
mod windows;
mod words;

use std::{
    process::ExitCode,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ringside_app::{App, Client, Desk, Folders, Profile, Start, StartOptions, host};
use ringside_ipc::{
    Api as _,
    command::{Nothing, OpenSearchArgs, PresentArgs, QuitArgs, RehearseArgs, ReportedDto},
    status::RoleDto,
};
use tauri::{AppHandle, Manager as _, RunEvent, async_runtime::JoinHandle};
use tokio::sync::{Notify, mpsc};

use crate::{
    args::{Args, Parsed, Rehearse},
    cards::Cards,
    kept::KeptPlaces,
    notify::Click,
    stages::Stages,
    windows::{TextSize, WebData, card::CardState},
};

/// Between the windows and the first call of the rehearsal: long enough to see where one is.
const SETTLING: Duration = Duration::from_secs(1);

/// What the commands and events of the shell share.
pub struct Shell {
    pub app: App,
    pub stages: Stages,
    /// Set once: a second wish to end changes nothing.
    stopping: AtomicBool,
    /// Told to whoever follows events, before the owner stops.
    pub ending: Notify,
    follower: Mutex<Option<JoinHandle<()>>>,
    wishes: mpsc::UnboundedSender<Wish>,
    cards: Mutex<Cards>,
}

/// What the person wants of the calls that the windows know: by a hotkey, or a click on a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The card, with the keyboard.
    Card,
    /// Who calls, once more.
    SayAgain,
    Clicked(Click),
    /// The card of this call was kept back to the end of the call and for a while after it: it is put away.
    PutAway(String),
}

impl Shell {
    pub fn wish(&self, wish: Wish) {
        let _ = self.wishes.send(wish);
    }

    /// Which cards are on the window.
    pub fn cards(&self) -> MutexGuard<'_, Cards> {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn main() -> ExitCode {
    platform::surroundings();
    match args::parse(std::env::args_os().skip(1)) {
        Parsed::Run(args) => match run(args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(words) => {
                eprintln!("ringside-desktop: {words}");
                ExitCode::FAILURE
            }
        },
        Parsed::Help => {
            println!("{}", args::USAGE);
            ExitCode::SUCCESS
        }
        Parsed::Version => {
            println!("ringside-desktop {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Parsed::Wrong(words) => {
            eprintln!("ringside-desktop: {words}\n\n{}", args::USAGE);
            ExitCode::from(2)
        }
    }
}

fn run(args: Args) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no threads to work with: {error}"))?;
    tauri::async_runtime::set(runtime.handle().clone());

    let profile: Profile = args.profile.as_deref().unwrap_or_default().parse().map_err(words)?;
    let folders = Folders::of(profile).map_err(words)?;
    let _log = ringside_app::prepare(&folders);
    match runtime
        .block_on(ringside_app::start(StartOptions::new(folders, RoleDto::App)))
        .map_err(words)?
    {
        Start::Owner(app) => windowed(app, args),
        Start::Taken(owner) => runtime.block_on(hand_on(&owner, args)),
    }
}

/// Ringside runs already: it shows what this start was meant to show.
async fn hand_on(owner: &Client, args: Args) -> Result<(), String> {
    if let Some(Rehearse(part)) = args.rehearse {
        owner
            .ask::<ReportedDto>("rehearse", RehearseArgs { part })
            .await
            .map_err(words)?;
    }
    match args.link {
        Some(link) => {
            owner
                .ask::<Nothing>(
                    "open_search",
                    OpenSearchArgs {
                        text: link.text,
                        link: link.tel,
                    },
                )
                .await
        }
        None if args.hidden => return Ok(()),
        None => owner.ask::<Nothing>("open_main", Nothing {}).await,
    }
    .map(drop)
    .map_err(words)
}

fn windowed(owner: App, args: Args) -> Result<(), String> {
    let stopping = owner.clone();
    let data = owner.folders().runtime.join("web");
    let left_behind = data.clone();
    let (wishes, wished) = mpsc::unbounded_channel();
    let kept = KeptPlaces::read(owner.folders());
    let shell = Shell {
        app: owner,
        stages: Stages::from_environment(),
        stopping: AtomicBool::new(false),
        ending: Notify::new(),
        follower: Mutex::default(),
        wishes,
        cards: Mutex::default(),
    };
    let app = tauri::Builder::default()
        .plugin(hotkeys::plugin())
        .invoke_handler(tauri::generate_handler![commands::api, commands::shell])
        .on_window_event(windows::on_event)
        .manage(shell)
        .manage(WebData(data))
        .manage(CardState::default())
        .manage(TextSize::default())
        .manage(kept)
        .setup(move |app| {
            let app = app.handle();
            app.manage(hotkeys::Available::on_this_system());
            windows::create(app)?;
            tracing::info!("the windows are made");
            watch_desk(app);
            begin(app.clone(), args, wished);
            Ok(())
        })
        .build(tauri::generate_context!("tauri.conf.json"))
        .map_err(|error| format!("the windows can't be made: {error}"))?;
    // Comes back, unlike `run`: what follows and the log need an orderly end.
    app.run_return(|_, event| {
        if let RunEvent::ExitRequested { api, code: None, .. } = event {
            // The last window is gone, or the session ends: the tray and the loop stay until they are told.
            api.prevent_exit();
        }
    });
    let _ = tauri::async_runtime::block_on(stopping.stop());
    let _ = std::fs::remove_dir_all(left_behind);
    Ok(())
}

/// What goes on beside the windows, once they are there.
fn begin(app: AppHandle, args: Args, wished: mpsc::UnboundedReceiver<Wish>) {
    let follower = tauri::async_runtime::spawn(events::follow(app.clone(), wished));
    *app.state::<Shell>()
        .follower
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(follower);
    let quitting = app.clone();
    tauri::async_runtime::spawn(async move {
        let owner = quitting.state::<Shell>().app.clone();
        tokio::select! {
            () = owner.quit_requested() => {}
            () = asked_to_end() => {}
        }
        quit(&quitting);
    });
    tauri::async_runtime::spawn(async move {
        let owner = app.state::<Shell>().app.clone();
        let rehearsal = owner.hello(Nothing {}).await.is_ok_and(|hello| hello.rehearsal);
        windows::on_main(&app, move |app| {
            if let Err(error) = tray::create(app, rehearsal) {
                tracing::warn!(%error, "there is no tray");
            }
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                if let Ok(snapshot) = app.state::<Shell>().app.snapshot(Nothing {}).await {
                    tray::tell(&app, &snapshot.status);
                }
            });
        });
        if let Ok(settings) = owner.settings(Nothing {}).await {
            hotkeys::apply(&app, &settings).await;
        }
        if let Some(link) = &args.link {
            let hand_on = link.tel.as_deref().and_then(|tel| owner.hand_on_to(tel));
            commands::open_search(&app, &link.text, None, false, hand_on);
        } else if !args.hidden {
            windows::on_main(&app, windows::show_main);
        }
        if let Some(Rehearse(part)) = args.rehearse {
            // Calls come to an app that is up, and so does the rehearsal.
            app.state::<CardState>().loaded().await;
            tokio::time::sleep(SETTLING).await;
            if let Err(error) = owner.rehearse(RehearseArgs { part }).await {
                tracing::error!(%error, "the rehearsal can't be played");
            }
        }
    });
}

/// Tells the owner what the desktop says of its person. Must run on the main thread.
fn watch_desk(app: &AppHandle) {
    let tell = |change: fn(&mut Desk, bool)| {
        let owner = app.state::<Shell>().app.clone();
        move |on: bool| owner.desk_says(|desk| change(desk, on))
    };
    host::screen::watch_full_screen(tell(|desk, on| desk.full_screen = on));
    platform::watch_banners(tell(|desk, on| desk.banners_off = !on));
    let owner = app.state::<Shell>().app.clone();
    tauri::async_runtime::spawn(host::session::watch(move |session| {
        owner.desk_says(|desk| (desk.locked, desk.silent) = (session.locked, session.do_not_disturb));
    }));
    platform::watch_screens(app, windows::card::return_to_corner);
}

/// Switches presenting on or off; `None`: to what it is not.
pub fn present(app: &AppHandle, on: Option<bool>) {
    let owner = app.state::<Shell>().app.clone();
    let on = on.unwrap_or_else(|| !owner.quiet_now().presenting);
    tauri::async_runtime::spawn(async move {
        if let Err(error) = owner.present(PresentArgs { on }).await {
            tracing::error!(%error, "presenting can't be switched");
        }
    });
}

/// The person wants to quit. While calls are only in memory the owner says no, and has the main window ask.
pub fn ask_to_quit(app: &AppHandle) {
    let owner = app.state::<Shell>().app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = owner.quit(QuitArgs { force: false }).await {
            tracing::info!(code = error.code, "the person is asked before Ringside quits");
        }
    });
}

/// Ends the app once: the journal is safe before the windows go.
pub fn quit(app: &AppHandle) {
    if app.state::<Shell>().stopping.swap(true, Ordering::SeqCst) {
        return;
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let shell = app.state::<Shell>();
        let follower = shell.follower.lock().unwrap_or_else(PoisonError::into_inner).take();
        shell.ending.notify_one();
        if let Some(follower) = follower {
            // A notification service that hangs does not keep the app alive.
            let _ = tokio::time::timeout(Duration::from_secs(1), follower).await;
        }
        kept::save_now(&app);
        let lost = shell.app.stop().await;
        if lost > 0 {
            let calls = if lost == 1 {
                "1 call".to_owned()
            } else {
                format!("{lost} calls")
            };
            eprintln!("ringside-desktop: {calls}, with notes, only in memory: lost");
        }
        app.exit(0);
    });
}

/// The system or a terminal asks the process to end.
async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
