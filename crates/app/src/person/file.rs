//! Files for the person: where they look for downloads, readable by nobody else, and never over another file.

use std::{
    collections::HashSet,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Mutex,
};

use ringside_host::{Folders, links};
use ringside_ipc::{ApiError, person::SavedFileDto};

use super::short;
use crate::app::{App, lock};

/// More files of one name and day than this are a loop, not a person.
const MOST_OF_A_DAY: usize = 1000;

/// Files that were saved in this run: their folders may be shown.
#[derive(Default)]
pub(crate) struct SavedFiles(Mutex<HashSet<PathBuf>>);

impl App {
    /// Writes `STEM-DATE.EXTENSION`, with a counter where there is one already.
    pub(super) async fn save_file(
        &self,
        stem: &'static str,
        extension: &'static str,
        text: Vec<u8>,
        count: usize,
    ) -> Result<SavedFileDto, ApiError> {
        let (now, zone) = self.local_now();
        let day: String = crate::time::local(now, &zone).chars().take(10).collect();
        let folder = exports(&self.inner.folders);
        let written = tokio::task::spawn_blocking(move || write(&folder, &format!("{stem}-{day}"), extension, &text));
        let path = written
            .await
            .unwrap_or_else(|_| Err(ApiError::new("internal", "the file could not be written")))?;
        lock(&self.inner.saved.0).insert(path.clone());
        Ok(SavedFileDto {
            path: path.display().to_string(),
            count: short(count),
        })
    }

    /// Opens the folder of a file that was saved in this run, in the person's file manager.
    ///
    /// # Errors
    /// `not_found` for every other path: nothing else of the disk is opened for a page.
    pub async fn show_file(&self, path: &Path) -> Result<(), ApiError> {
        if !lock(&self.inner.saved.0).contains(path) {
            return Err(ApiError::new(
                "not_found",
                "Ringside did not save this file, or not since it was started",
            )
            .hint("Look for it in your folder for downloads"));
        }
        Ok(links::show_file(path).await?)
    }
}

/// The user's folder for downloads, else their home. A profile below a folder of its own keeps to it.
pub(super) fn exports(folders: &Folders) -> PathBuf {
    let own = || folders.data.join("exports");
    if folders.desktop.is_none() {
        return own();
    }
    dirs::download_dir().or_else(dirs::home_dir).unwrap_or_else(own)
}

fn write(folder: &Path, name: &str, extension: &str, text: &[u8]) -> Result<PathBuf, ApiError> {
    let failed = |error: &io::Error| {
        let words = format!("nothing could be written to {}: {}", folder.display(), plain(error));
        ApiError::new("storage", words).hint("Look at its permissions, and at the free space on that disk")
    };
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    for number in 1..=MOST_OF_A_DAY {
        let file = if number == 1 {
            format!("{name}.{extension}")
        } else {
            format!("{name}-{number}.{extension}")
        };
        let path = folder.join(file);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = match options.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(failed(&error)),
        };
        if let Err(error) = file.write_all(text).and_then(|()| file.sync_all()) {
            // Half a file would be taken for a whole one.
            let _ = fs::remove_file(&path);
            return Err(failed(&error));
        }
        return Ok(path);
    }
    let words = format!(
        "there are {MOST_OF_A_DAY} such files of today in {} already",
        folder.display()
    );
    Err(ApiError::new("conflict", words).hint("Move them away, then try again"))
}

fn plain(error: &io::Error) -> String {
    error.kind().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    #[test]
    fn no_file_is_written_over_and_nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("new");
        let first = write(&below, "ringside-2026-11-22", "csv", b"one").unwrap();
        let second = write(&below, "ringside-2026-11-22", "csv", b"two").unwrap();
        assert_eq!(fs::read(&first).unwrap(), b"one");
        assert_eq!(second.file_name().unwrap(), "ringside-2026-11-22-2.csv");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&second).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_in_the_way_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let refused = write(&file, "ringside", "csv", b"").unwrap_err();
        assert!(refused.code == "storage" && refused.hint.is_some(), "{refused:?}");
    }
}
