//! The key of the file: where it lies, which one is tried, and what happens when there is none.
//!
//! The rules, in one place because getting one wrong loses people's data:
//!
//! 1. The key lies in the keyring, as the text of its recovery code, whose checksum tells a damaged entry from a key.
//! 2. A new key is made only when there is neither a key nor a file, and it is in the keyring **before** the file is made.
//! 3. A file that is there is never opened with a new key and never replaced. Without its key, Ringside keeps the journal
//!    in memory, says so, and merges it into the file once the keyring answers or the recovery code is typed.
//! 4. A rotation puts the new key beside the old one before the file is rekeyed. Until that is known to be done, both are
//!    tried, so a crash in between locks nobody out.

use std::{path::PathBuf, sync::Arc};

use ringside_domain::{Clock, CredentialStore, Error, Kind, Random, Result, Retry, credentials::Secret};
use ringside_store::{Merged, RecoveryCode, Store, StoreKey};

/// Entry of the keyring that holds the key of the file.
pub const KEY: &str = "database-key";
/// Entry that holds the key to come, while the file is being rekeyed.
pub const PENDING: &str = "database-key-pending";

/// The way to the file of one profile.
pub struct Vault {
    pub credentials: Arc<dyn CredentialStore>,
    pub file: PathBuf,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

/// A store to work with, and why it is only in memory if it is.
pub struct Opened {
    pub store: Store,
    pub locked: Option<Error>,
}

/// A key from the keyring, and the entry it lay in.
struct Kept {
    key: StoreKey,
    entry: &'static str,
}

impl Vault {
    /// The file, or a store in memory and the reason.
    ///
    /// # Errors
    /// Only when not even memory can be had.
    pub async fn open(&self) -> Result<Opened> {
        match self.open_file().await {
            Ok(store) => Ok(Opened { store, locked: None }),
            Err(error) => {
                let store = Store::memory(self.clock.clone(), self.random.clone())?;
                Ok(Opened {
                    store,
                    locked: Some(error),
                })
            }
        }
    }

    /// Asks the keyring again, and merges what `store` kept in memory into the file. Does nothing to a store that is on
    /// the file already.
    ///
    /// # Errors
    /// Why the file still can't be opened; what is in memory stays there.
    pub async fn attach(&self, store: &Store) -> Result<Merged> {
        let keys = self.keys().await?;
        let mut first = None;
        for kept in keys {
            match store.attach(&self.file, kept.key.clone()).await {
                Ok(merged) => {
                    self.settle(&kept).await;
                    return Ok(merged);
                }
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(no_key))
    }

    /// Opens the file with the recovery code, and puts the key back into the keyring. The second value says why the
    /// keyring did not take it: then the code is asked for again at the next start.
    ///
    /// # Errors
    /// When the text is no code, the code is not this file's, or there is no file.
    pub async fn attach_with_code(&self, store: &Store, code: &str) -> Result<(Merged, Result<()>)> {
        let key = StoreKey::from_recovery_code(code).map_err(|error| {
            Error::new(Kind::Invalid, "unlock", format!("this is not a recovery code: {error}")).field("code")
        })?;
        if !self.has_file()? {
            return Err(Error::new(
                Kind::NotFound,
                "unlock",
                "there is no file yet that a recovery code could open",
            )
            .hint("Unlock the system's secret store; Ringside then makes the file by itself"));
        }
        let merged = store.attach(&self.file, key.clone()).await?;
        let kept = self.keep(KEY, &key).await;
        Ok((merged, kept))
    }

    /// The code of the key in the keyring.
    ///
    /// # Errors
    /// When the keyring does not give the key: then nobody knows the code but the person who wrote it down.
    pub async fn recovery_code(&self) -> Result<RecoveryCode> {
        Ok(self.current().await?.recovery_code())
    }

    /// Gives the file a new key. Afterwards the old code and the old key open nothing, not even after a crash half-way.
    ///
    /// # Errors
    /// When the keyring or the file refused: one of the two keys in the keyring is the file's.
    pub async fn rotate(&self, store: &Store) -> Result<RecoveryCode> {
        if store.is_memory() {
            return Err(Error::new(
                Kind::KeyringLocked,
                "rotate_key",
                "the file is not open, so its key can't be changed",
            )
            .hint("Unlock the secret store first"));
        }
        self.current().await?;
        let key = StoreKey::generate(&*self.random);
        self.keep(PENDING, &key).await?;
        store.rekey(key.clone()).await?;
        self.keep(KEY, &key).await?;
        self.credentials.remove(PENDING).await?;
        Ok(key.recovery_code())
    }

    /// Whether there is a file. What can't be looked at counts as one: nothing is made in its place.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn has_file(&self) -> Result<bool> {
        self.file.try_exists().map_err(|error| {
            Error::new(
                Kind::Storage,
                "open_store",
                format!("{} can't be looked at", self.file.display()),
            )
            .because(error)
        })
    }

    async fn open_file(&self) -> Result<Store> {
        let mut first = None;
        for kept in self.keys().await? {
            match Store::open(&self.file, kept.key.clone(), self.clock.clone(), self.random.clone()).await {
                Ok(store) => {
                    self.settle(&kept).await;
                    return Ok(store);
                }
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(no_key))
    }

    /// The keys to try: the file's, then the one of a rotation that did not end.
    async fn keys(&self) -> Result<Vec<Kept>> {
        let has_file = self.has_file()?;
        let mut keys = Vec::new();
        for entry in [KEY, PENDING] {
            if let Some(key) = self.kept(entry).await? {
                keys.push(Kept { key, entry });
            }
        }
        if keys.is_empty() && has_file {
            return Err(no_key());
        }
        if keys.is_empty() {
            keys.push(Kept {
                key: self.make().await?,
                entry: KEY,
            });
        }
        Ok(keys)
    }

    /// A first key, known to be in the keyring: read back, as some secret stores forget what they took.
    async fn make(&self) -> Result<StoreKey> {
        let key = StoreKey::generate(&*self.random);
        self.keep(KEY, &key).await?;
        match self.kept(KEY).await? {
            Some(back) if back.as_bytes() == key.as_bytes() => Ok(key),
            _ => Err(Error::new(
                Kind::KeyringLocked,
                "open_store",
                "the system's secret store did not keep the key",
            )
            .hint(
                "Calls are kept in memory until it does; install or repair the secret store, gnome-keyring for example",
            )),
        }
    }

    /// The key that opened the file becomes the one. A keyring that refuses that now is asked again at the next start.
    async fn settle(&self, kept: &Kept) {
        let settled = async {
            if kept.entry == PENDING {
                self.keep(KEY, &kept.key).await?;
            }
            if self.credentials.get(PENDING).await?.is_some() {
                self.credentials.remove(PENDING).await?;
            }
            Ok::<(), Error>(())
        };
        if let Err(error) = settled.await {
            tracing::warn!(code = error.kind.code(), "the keyring still holds two keys");
        }
    }

    async fn current(&self) -> Result<StoreKey> {
        self.kept(KEY).await?.ok_or_else(no_key)
    }

    async fn kept(&self, entry: &str) -> Result<Option<StoreKey>> {
        let Some(secret) = self.credentials.get(entry).await? else {
            return Ok(None);
        };
        let text = std::str::from_utf8(secret.expose()).unwrap_or("");
        StoreKey::from_recovery_code(text).map(Some).map_err(|_| {
            Error::new(
                Kind::KeyringLocked,
                "open_store",
                "the key in the system's secret store is damaged",
            )
            .retry(Retry::AfterPerson)
            .hint("Type the recovery code; the file itself was not touched")
        })
    }

    async fn keep(&self, entry: &str, key: &StoreKey) -> Result<()> {
        self.credentials
            .set(entry, Secret::new(key.recovery_code().as_str()))
            .await
    }
}

fn no_key() -> Error {
    Error::new(
        Kind::KeyringLocked,
        "open_store",
        "the key of the file is not in the system's secret store",
    )
    .hint("Type the recovery code, or unlock the secret store that has it. The file is not touched meanwhile")
}
