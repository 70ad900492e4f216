//! Call events that were told while no owner was there to hear them: small private files that the next owner reads,
//! reports and deletes.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use ringside_domain::{Clock, Error, Kind, Result, Timestamp};
use ringside_host::{Folders, folders::private_folder};
use ringside_ipc::call::ReportDto;
use serde::{Deserialize, Serialize};

/// A call that rang longer ago is over: showing it as ringing would be wrong.
const KEPT: Duration = Duration::from_secs(120);
/// No event is longer; more of them at once come from something that is broken.
const LONGEST: u64 = 64 * 1024;
const MOST: usize = 100;

const PREFIX: &str = "ring-";

/// An event, and when it was told.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spooled {
    /// Unix milliseconds.
    pub at: i64,
    pub report: ReportDto,
}

/// Keeps an event for the next owner. Readable by this user only, and whole or not there at all.
///
/// # Errors
/// When the folder can't be written: then the event is lost, and whoever rang must be told.
pub fn keep(folders: &Folders, report: &ReportDto, clock: &dyn Clock) -> Result<PathBuf> {
    let failed = |error: std::io::Error| {
        Error::new(
            Kind::Storage,
            "keep_ring",
            format!("the call could not be handed over in {}", folders.runtime.display()),
        )
        .because(error)
    };
    private_folder(&folders.runtime)?;
    let spooled = Spooled {
        at: clock.now().wall.0,
        report: report.clone(),
    };
    let text = serde_json::to_vec(&spooled).map_err(|error| failed(error.into()))?;
    // The name begins with the time, so that events are read in the order in which they were told.
    let mut file = tempfile::Builder::new()
        .prefix("new-")
        .tempfile_in(&folders.runtime)
        .map_err(failed)?;
    file.write_all(&text).map_err(failed)?;
    let unique = file
        .path()
        .file_name()
        .map(|name| name.to_string_lossy().replace("new-", ""))
        .unwrap_or_default();
    let path = folders.runtime.join(format!("{PREFIX}{:015}-{unique}", spooled.at));
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(path)
}

/// Takes every event out of the folder, oldest first. What is too old, too long or no event is thrown away.
#[must_use]
pub fn take(folders: &Folders, clock: &dyn Clock) -> Vec<Spooled> {
    let Ok(listing) = std::fs::read_dir(&folders.runtime) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = listing
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
        })
        .collect();
    files.sort();
    let now = clock.now().wall;
    let mut events = Vec::new();
    for file in files {
        let event = if events.len() < MOST { read(&file) } else { None };
        // Deleted before it is reported: an event that brings an owner down must not do so twice.
        if std::fs::remove_file(&file).is_err() {
            tracing::warn!("a call event in the runtime folder could not be deleted, and is left out");
            continue;
        }
        match event {
            Some(event) if now.since(Timestamp(event.at)) <= KEPT => events.push(event),
            Some(_) => tracing::info!("a call event that waited too long was thrown away"),
            None => tracing::warn!("a file in the runtime folder was no call event and was thrown away"),
        }
    }
    events
}

fn read(file: &Path) -> Option<Spooled> {
    let found = std::fs::symlink_metadata(file).ok()?;
    if !found.is_file() || found.len() > LONGEST {
        return None;
    }
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ringside_domain::{Now, Steady};

    use super::*;

    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Now {
            Now {
                wall: Timestamp(self.0),
                steady: Steady::default(),
            }
        }
        fn zone(&self) -> String {
            "UTC".to_owned()
        }
    }

    fn report(from: &str) -> ReportDto {
        ReportDto {
            from: Some(from.to_owned()),
            ..ReportDto::default()
        }
    }

    #[test]
    fn events_come_out_once_in_order_and_private() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::below(root.path(), "s".parse().unwrap()).unwrap();
        assert!(take(&folders, &At(0)).is_empty(), "no folder yet");
        keep(&folders, &report("2"), &At(2_000)).unwrap();
        let first = keep(&folders, &report("1"), &At(1_000)).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&first).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let taken: Vec<_> = take(&folders, &At(3_000))
            .into_iter()
            .map(|event| event.report.from.unwrap())
            .collect();
        assert_eq!(taken, ["1", "2"]);
        assert!(take(&folders, &At(3_000)).is_empty());
        assert!(!first.exists());
    }

    #[test]
    fn old_events_and_junk_are_thrown_away() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::below(root.path(), "s".parse().unwrap()).unwrap();
        keep(&folders, &report("1"), &At(0)).unwrap();
        std::fs::write(folders.runtime.join("ring-1"), "{").unwrap();
        std::fs::write(folders.runtime.join("ring-2"), "x".repeat(70_000)).unwrap();
        std::fs::write(folders.runtime.join("other"), "x").unwrap();
        assert!(take(&folders, &At(121_000)).is_empty());
        let left: Vec<_> = std::fs::read_dir(&folders.runtime)
            .unwrap()
            .map(|file| file.unwrap().file_name())
            .collect();
        assert_eq!(left, ["other"]);
    }
}
