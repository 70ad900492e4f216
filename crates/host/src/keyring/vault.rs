//! The real stores, by way of `keyring-core`: one module a system, chosen when compiling.
//!
//! The crate `keyring` puts the same parts together, but keeps the outcome of its first start for ever, and a call that
//! hangs in it holds up every other one. Here each worker thread has a store of its own.

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error as KeyringError};
use ringside_domain::{Error, Kind, Result, Retry};

use super::parts::Vault;

pub(super) const UNLOCK_HINT: &str = "Unlock the keyring, with the prompt that may be waiting behind other windows or in the program for passwords, and try again";

/// Connects to the store. Blocks for as long as the store likes.
pub(super) fn open(service: &str) -> Result<Box<dyn Vault>> {
    #[cfg(all(unix, not(target_os = "macos")))]
    let store = zbus_secret_service_keyring_store::Store::new();
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new();
    #[cfg(windows)]
    let store = windows_native_keyring_store::Store::new();

    let store = store.map_err(missing)?;
    Ok(Box::new(SystemVault {
        store,
        service: service.to_owned(),
    }))
}

struct SystemVault {
    store: Arc<CredentialStore>,
    service: String,
}

impl SystemVault {
    fn entry(&self, name: &str) -> Result<Entry> {
        #[cfg(all(unix, not(target_os = "macos")))]
        {
            // The label is what people see in the program for passwords.
            let label = format!("{}: {name}", self.service);
            let label = std::collections::HashMap::from([("label", label.as_str())]);
            self.store.build(&self.service, name, Some(&label)).map_err(explained)
        }
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        self.store.build(&self.service, name, None).map_err(explained)
    }
}

impl Vault for SystemVault {
    fn get(&mut self, entry: &str) -> Result<Option<Vec<u8>>> {
        match self.entry(entry)?.get_secret() {
            Ok(value) => Ok(Some(value)),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(error) => Err(explained(error)),
        }
    }

    fn set(&mut self, entry: &str, value: &[u8]) -> Result<()> {
        self.entry(entry)?.set_secret(value).map_err(explained)
    }

    fn remove(&mut self, entry: &str) -> Result<()> {
        match self.entry(entry)?.delete_credential() {
            Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
            Err(KeyringError::Ambiguous(entries)) => entries
                .iter()
                .try_for_each(|entry| entry.delete_credential())
                .map_err(explained),
            Err(error) => Err(explained(error)),
        }
    }
}

const OPERATION: &str = "use_keyring";

fn missing(error: KeyringError) -> Error {
    Error::new(
        Kind::KeyringLocked,
        OPERATION,
        "this system has no secret store that answers",
    )
    .hint(install_hint())
    .because(words(&error))
}

/// Errors of this library may carry the secret itself: only their words go on.
fn explained(error: KeyringError) -> Error {
    let words = words(&error);
    let told = |kind, message: &'static str| Error::new(kind, OPERATION, message).because(words.clone());
    match error {
        KeyringError::NoStorageAccess(_) => told(
            Kind::KeyringLocked,
            "the system's secret store is locked, or has no default keyring",
        )
        .hint(UNLOCK_HINT),
        KeyringError::PlatformFailure(_) | KeyringError::NoDefaultStore => {
            told(Kind::KeyringLocked, "the system's secret store failed")
                .hint(install_hint())
                .retry(Retry::Later)
        }
        KeyringError::Ambiguous(_) => told(
            Kind::Storage,
            "the system's secret store holds this secret more than once",
        )
        .hint("Remove the entries that begin with \"ringside\" in the program for passwords"),
        KeyringError::TooLong(..) => told(Kind::Storage, "the value is too long for the system's secret store"),
        _ => told(
            Kind::Storage,
            "the system's secret store gave an answer that cannot be used",
        ),
    }
}

fn words(error: &KeyringError) -> String {
    match error {
        KeyringError::PlatformFailure(why) | KeyringError::NoStorageAccess(why) => why.to_string(),
        KeyringError::BadEncoding(_) => "not text".to_owned(),
        KeyringError::BadDataFormat(..) => "bad data format".to_owned(),
        KeyringError::Ambiguous(entries) => format!("{} entries", entries.len()),
        error => error.to_string(),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn install_hint() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    format!("{}, then sign out and in again", install_line(&release))
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn install_hint() -> String {
    "Sign out and in again; if that does not help, look for the system's own password store".to_owned()
}

/// What to type on this distribution, from the text of `/etc/os-release`.
#[cfg(all(unix, not(target_os = "macos")))]
fn install_line(release: &str) -> String {
    let value = |key: &str| {
        let line = release
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let names = format!("{} {}", value("ID"), value("ID_LIKE"));
    let is = |name: &str| names.split(' ').any(|word| word == name);
    let command = if is("debian") || is("ubuntu") {
        "sudo apt install gnome-keyring"
    } else if is("fedora") || is("rhel") {
        "sudo dnf install gnome-keyring"
    } else if is("arch") {
        "sudo pacman -S gnome-keyring"
    } else if is("suse") || is("opensuse") {
        "sudo zypper install gnome-keyring"
    } else {
        return "Install the package gnome-keyring, or switch on KWallet".to_owned();
    };
    format!("Install one: {command}")
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    #[test]
    fn the_hint_names_the_command_of_the_distribution() {
        for (release, command) in [
            ("ID=debian\n", "sudo apt install gnome-keyring"),
            (
                "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n",
                "sudo apt install gnome-keyring",
            ),
            ("NAME=Fedora\nID=fedora\n", "sudo dnf install gnome-keyring"),
            (
                "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n",
                "sudo zypper install gnome-keyring",
            ),
            ("ID=arch\n", "sudo pacman -S gnome-keyring"),
            ("", "Install the package gnome-keyring, or switch on KWallet"),
        ] {
            assert!(install_line(release).contains(command), "{release}");
        }
    }

    #[test]
    fn an_error_never_carries_the_secret() {
        let error = explained(KeyringError::BadEncoding(b"hunter2".to_vec()));
        assert!(!format!("{error:?} {error}").contains("hunter2"));
        let bytes = format!("{:?}", b"hunter2");
        assert!(!format!("{error:?}").contains(bytes.trim_matches(['[', ']'])));
    }
}
