//! One process owns a profile: it holds this lock from start to end.
//!
//! It is a lock of the operating system on a file beside the database, so it ends with the process however that ends. The
//! file itself stays: removing it would let two processes hold "the" lock on two files.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::Write,
};

use ringside_domain::{Error, Kind, Result};

use crate::folders::{Folders, private_folder};

/// Held by the owner of a profile; dropping it gives the profile free.
#[derive(Debug)]
pub struct ProfileLock {
    _file: File,
}

impl ProfileLock {
    /// The lock of this profile, or `None` when another process owns it.
    pub fn take(folders: &Folders) -> Result<Option<Self>> {
        private_folder(&folders.data)?;
        let failed = |error: std::io::Error| {
            Error::new(
                Kind::Storage,
                "lock_profile",
                format!("the lock {} cannot be used", folders.lock().display()),
            )
            .hint("Look at its owner and permissions; on a network folder, file locks may be switched off")
            .because(error)
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(folders.lock()).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                // For a person who looks; nothing reads it.
                let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
                written.map_err(failed)?;
                Ok(Some(Self { _file: file }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn one_owner_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let folders = |name: &str| Folders::below(root.path(), name.parse().unwrap()).unwrap();
        let first = ProfileLock::take(&folders("a")).unwrap().unwrap();
        assert!(ProfileLock::take(&folders("a")).unwrap().is_none());
        assert!(
            ProfileLock::take(&folders("b")).unwrap().is_some(),
            "another profile has its own"
        );
        drop(first);
        assert!(ProfileLock::take(&folders("a")).unwrap().is_some());
    }
}
