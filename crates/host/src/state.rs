//! Small things that outlive a restart and are nobody's settings: where windows stood, how long a pause lasts. One private
//! JSON file each, in the profile's data folder. Losing one costs nothing, so what can't be read counts as not there.

use std::{io::Write as _, path::Path};

use ringside_domain::{Error, Kind, Result};
use serde::{Serialize, de::DeserializeOwned};

use crate::folders::Folders;

/// These files are a few lines.
const LONGEST: u64 = 64 * 1024;

/// What was kept under this name, if it can still be read.
#[must_use]
pub fn read<T: DeserializeOwned>(folders: &Folders, name: &str) -> Option<T> {
    let path = path(folders, name);
    let found = std::fs::metadata(&path).ok()?;
    if !found.is_file() || found.len() > LONGEST {
        return None;
    }
    let text = std::fs::read(&path).ok()?;
    let read = serde_json::from_slice(&text);
    if read.is_err() {
        tracing::warn!(name, "what was kept can't be read, and is made anew");
    }
    read.ok()
}

/// Keeps it in the place of what was kept before: whole, or not at all.
///
/// # Errors
/// [`Kind::Storage`] when the file can't be written.
pub fn write(folders: &Folders, name: &str, value: &impl Serialize) -> Result<()> {
    let path = path(folders, name);
    let beside = path.with_extension("new");
    let text = serde_json::to_vec(value).unwrap_or_default();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&beside)
        .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&beside, &path));
    written.map_err(|error| failed(&path, error))
}

/// Keeps nothing under this name any more.
///
/// # Errors
/// [`Kind::Storage`] when the file can't be removed.
pub fn forget(folders: &Folders, name: &str) -> Result<()> {
    let path = path(folders, name);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(&path, error)),
        _ => Ok(()),
    }
}

fn path(folders: &Folders, name: &str) -> std::path::PathBuf {
    folders.data.join(format!("{name}.json"))
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    Error::new(
        Kind::Storage,
        "keep_state",
        format!("the file {} can't be written", path.display()),
    )
    .hint("Look at its owner and permissions, and at the free space on that disk")
    .because(error)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_again_and_what_is_broken_is_not() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::below(root.path(), "x".parse().unwrap()).unwrap();
        assert_eq!(read::<i64>(&folders, "pause"), None);
        assert_eq!(
            write(&folders, "pause", &1).unwrap_err().kind,
            Kind::Storage,
            "no folder yet"
        );
        folders.create().unwrap();
        write(&folders, "pause", &1_i64).unwrap();
        write(&folders, "pause", &2_i64).unwrap();
        assert_eq!(read::<i64>(&folders, "pause"), Some(2));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(path(&folders, "pause")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        for broken in ["", "{", "\"text\"", &"1".repeat(100_000)] {
            std::fs::write(path(&folders, "pause"), broken).unwrap();
            assert_eq!(read::<i64>(&folders, "pause"), None);
        }
        forget(&folders, "pause").unwrap();
        forget(&folders, "pause").unwrap();
        assert_eq!(std::fs::read_dir(&folders.data).unwrap().count(), 0);
    }
}
