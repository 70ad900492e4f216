//! The user's own connector files: `connectors/*.toml` in the profile's settings folder, read again when they change.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use ringside_connectors::catalog::OwnFiles;

/// The folder's name beside `config.toml`.
pub(crate) const FOLDER: &str = "connectors";
/// Bytes of a file; the loader refuses longer ones in its own words, so a little more is read.
const LONGEST: u64 = 257 * 1024;
const MOST_FILES: usize = 100;

/// What tells that a file changed, without reading it.
pub(crate) type Stamps = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// The files that there are, in the order of their names. No folder is no files.
pub(crate) fn stamps(folder: &Path) -> Stamps {
    let mut files: Stamps = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|file| {
            let path = file.ok()?.path();
            let name = path.file_name()?.to_str()?;
            let counts = name.ends_with(".toml") && !name.starts_with('.');
            let found = fs::metadata(&path).ok();
            let stamp = found.map_or((0, None), |found| (found.len(), found.modified().ok()));
            counts.then_some((path, stamp.0, stamp.1))
        })
        .collect();
    files.sort();
    files.truncate(MOST_FILES);
    files
}

/// What is in them, or why it can't be read.
pub(crate) fn read(folder: &Path, stamps: &Stamps) -> OwnFiles {
    let inside = folder.canonicalize().ok();
    let text = |path: &Path| -> Result<String, String> {
        let broken = |error: io::Error| format!("The file can't be read: {error}");
        let place = path.canonicalize().map_err(broken)?;
        if place.parent() != inside.as_deref() {
            return Err("The file is a link to a place outside of its folder, and is not followed".to_owned());
        }
        if !place.metadata().map_err(broken)?.is_file() {
            return Err("This is not a file".to_owned());
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(&place).map_err(broken)?;
        file.take(LONGEST).read_to_end(&mut bytes).map_err(broken)?;
        String::from_utf8(bytes).map_err(|_| "The file is not UTF-8 text".to_owned())
    };
    let named = |(path, ..): &(PathBuf, u64, Option<SystemTime>)| {
        let name = path.file_name()?.to_str()?.to_owned();
        Some((name, text(path)))
    };
    stamps.iter().filter_map(named).collect()
}
