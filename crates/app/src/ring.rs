//! `ringside ring`: a call event from any softphone that can run a command. It must never hold the softphone up, so
//! everything here is over within [`DEADLINE`], whatever the owner, the desktop or the disk do.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use ringside_domain::Clock;
use ringside_host::{Folders, env};
use ringside_ipc::{ApiError, call::ReportDto};

use crate::{client::Client, spool};

/// The owner has this long to say that it heard.
pub const DEADLINE: Duration = Duration::from_millis(150);

/// What became of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rung {
    /// The running app has it: the id of its call, if one was made of it.
    Told(Option<String>),
    /// The app was started and finds the event.
    Started,
    /// The event waits for the owner, which is there and busy.
    Waiting,
    /// The event waits, and nothing could be started. Why, and what to do.
    Kept { why: String, hint: String },
}

/// Tells the owner, or starts the app with the event.
///
/// # Errors
/// When the event itself is refused, or when it can't even be kept.
pub async fn ring(folders: &Folders, report: ReportDto, clock: &dyn Clock) -> Result<Rung, ApiError> {
    match tokio::time::timeout(DEADLINE, tell(folders, &report)).await {
        Ok(Ok(Some(call))) => return Ok(Rung::Told(call)),
        // The event is wrong, not the way.
        Ok(Err(error)) if matches!(error.code.as_str(), "invalid" | "bad_command") => return Err(error),
        // A command line owns the profile for a moment, or nobody does.
        Ok(Ok(None) | Err(_)) => {}
        Err(_) => {
            spool::keep(folders, &report, clock)?;
            return Ok(Rung::Waiting);
        }
    }
    spool::keep(folders, &report, clock)?;
    Ok(match start_desktop(folders) {
        Ok(()) => Rung::Started,
        Err(error) => Rung::Kept {
            why: error.message,
            hint: error
                .hint
                .unwrap_or_else(|| "Start Ringside; it shows the call if it is not older than two minutes".to_owned()),
        },
    })
}

/// `None`: nobody is there.
async fn tell(folders: &Folders, report: &ReportDto) -> Result<Option<Option<String>>, ApiError> {
    let Some(client) = Client::connect(folders).await? else {
        return Ok(None);
    };
    let told: ringside_ipc::command::ReportedDto = client.ask("report", report).await?;
    Ok(Some(told.call))
}

/// Starts the app of this profile without a window, as a process of its own.
fn start_desktop(folders: &Folders) -> Result<(), ApiError> {
    let unavailable = |why: &str, hint: &str| ApiError::new("unavailable", why).hint(hint);
    let kept = "The call is kept for two minutes and shown when Ringside starts";
    if cfg!(all(unix, not(target_os = "macos"))) && !has_display() {
        return Err(unavailable(
            "Ringside is not running, and there is no display to start it on",
            kept,
        ));
    }
    let Some(program) = desktop_program() else {
        return Err(unavailable(
            "Ringside is not running, and the program ringside-desktop was not found",
            kept,
        ));
    };
    let mut command = Command::new(program);
    command.arg("--hidden");
    if !folders.profile.as_str().is_empty() {
        command.args(["--profile", folders.profile.as_str()]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A group of its own: what ends the softphone's hook does not end the app.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
        .spawn()
        .map(drop)
        .map_err(|error| unavailable(&format!("ringside-desktop could not be started: {error}"), kept))
}

fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The app: where [`env::DESKTOP`] says, beside this program, or in `PATH`.
#[must_use]
pub fn desktop_program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(env::DESKTOP).filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(named));
    }
    let name = format!("ringside-desktop{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe()
        .ok()
        .and_then(|own| own.parent().map(Path::to_owned));
    let path = std::env::var_os("PATH").unwrap_or_default();
    beside
        .into_iter()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(&name))
        .find(|file| file.is_file())
}
