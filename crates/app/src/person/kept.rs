//! What is stored on this computer, and where.

use std::{fs, path::Path};

use ringside_ipc::{ApiError, person::KeptDto};

use super::file::exports;
use crate::app::App;

/// Folders within folders that are looked into: ours have none deeper.
const DEEPEST: usize = 3;

impl App {
    pub(crate) async fn what_is_kept(&self) -> Result<Vec<KeptDto>, ApiError> {
        let folders = &self.inner.folders;
        let database = folders.database();
        // Beside the file lie its log and that log's index, as long as it is open.
        let parts = ["", "-wal", "-shm"].map(|suffix| {
            let mut name = database.clone().into_os_string();
            name.push(suffix);
            size(Path::new(&name))
        });
        let kept = |what: &str, place: String, size: Option<u64>, encrypted: bool| KeptDto {
            what: what.to_owned(),
            place,
            size: size.map(|size| i64::try_from(size).unwrap_or(i64::MAX)),
            encrypted,
        };
        let path = |path: &Path| path.display().to_string();
        let connectors = crate::connectors_folder(folders);
        let exports = exports(folders);
        Ok(vec![
            kept("database", path(&database), Some(parts.iter().sum()), true),
            kept(
                "settings",
                path(&folders.settings()),
                Some(size(&folders.settings())),
                false,
            ),
            kept(
                "log",
                path(&folders.logs),
                Some(size_below(&folders.logs, DEEPEST)),
                false,
            ),
            kept("secrets", folders.profile.service(), None, true),
            kept(
                "connectors",
                path(&connectors),
                Some(size_below(&connectors, DEEPEST)),
                false,
            ),
            // Other files lie there too: how large they are says nothing.
            kept("exports", path(&exports), None, false),
        ])
    }
}

/// In bytes; of what is not there, nothing.
fn size(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |found| if found.is_file() { found.len() } else { 0 })
}

fn size_below(folder: &Path, deepest: usize) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() && deepest > 0 => size_below(&entry.path(), deepest - 1),
        _ => size(&entry.path()),
    });
    sizes.sum()
}
