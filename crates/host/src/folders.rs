//! Where a profile keeps its files, by the rules of the system; and folders that only their owner can read.
//!
//! A profile is a whole Ringside of its own: settings, data, secrets, log, lock and socket. A rehearsal or a test has
//! another name, hence never meets the user's real one.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use ringside_domain::{Error, Kind, Result};
use sha2::{Digest, Sha256};

use crate::env;

/// Longer paths do not fit into a socket's address (108 bytes on Linux, 104 on macOS) on every system.
const LONGEST_SOCKET_PATH: usize = 100;

/// The name of a profile: empty for the user's own, else 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Profile(String);

impl Profile {
    /// `ringside`, or `ringside-rehearsal` for the profile `rehearsal`. Names folders, keyring entries and desktop files.
    #[must_use]
    pub fn service(&self) -> String {
        if self.0.is_empty() {
            "ringside".to_owned()
        } else {
            format!("ringside-{}", self.0)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let letters = name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if letters && name.len() <= 32 && !name.starts_with('-') && !name.ends_with('-') {
            return Ok(Self(name.to_owned()));
        }
        Err(
            Error::new(Kind::Invalid, "read_profile", "this is not a profile's name")
                .hint("Use up to 32 small letters, digits and dashes, such as \"rehearsal\"")
                .field("profile"),
        )
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The folders of one profile. [`Folders::create`] makes them; nothing else here touches the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    pub profile: Profile,
    pub config: PathBuf,
    pub data: PathBuf,
    pub cache: PathBuf,
    pub logs: PathBuf,
    /// Holds the socket: short, private, gone after a restart where the system has such a place.
    pub runtime: PathBuf,
    /// Where the desktop looks for programs to start with it, and for programs that open links. `None` below
    /// [`env::HOME`]: such a profile registers nothing.
    pub desktop: Option<DesktopFolders>,
}

/// The user's own folders in which the desktop looks for desktop files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesktopFolders {
    pub autostart: PathBuf,
    pub applications: PathBuf,
    /// The file with the user's default programs.
    pub defaults: PathBuf,
}

impl Folders {
    /// The folders of `profile` on this system, or below [`env::HOME`] if that is set.
    pub fn of(profile: Profile) -> Result<Self> {
        match std::env::var_os(env::HOME).filter(|home| !home.is_empty()) {
            Some(home) => Self::below(Path::new(&home), profile),
            None => Self::from_places(&Places::of_system(), profile),
        }
    }

    /// Everything below one folder, which must be absolute.
    pub fn below(home: &Path, profile: Profile) -> Result<Self> {
        if !home.is_absolute() {
            return Err(Error::new(
                Kind::Invalid,
                "find_folders",
                format!("{} is not an absolute path", env::HOME),
            )
            .hint("Set it to a folder that begins with /, or leave it unset"));
        }
        let base = home.join(profile.service());
        let runtime = socket_folder(base.join("run"), &Places::of_system());
        Ok(Self {
            profile,
            config: base.join("config"),
            data: base.join("data"),
            cache: base.join("cache"),
            logs: base.join("logs"),
            runtime,
            desktop: None,
        })
    }

    fn from_places(places: &Places, profile: Profile) -> Result<Self> {
        let name = profile.service();
        let place = |base: &Option<PathBuf>| {
            base.as_ref().map(|base| base.join(&name)).ok_or_else(|| {
                Error::new(
                    Kind::Storage,
                    "find_folders",
                    "the system does not say where your home folder is",
                )
                .hint(format!("Set HOME, or set {} to a folder for Ringside", env::HOME))
            })
        };
        let data = place(&places.data)?;
        let wanted = match &places.runtime {
            Some(runtime) => runtime.join(&name),
            None => data.join("run"),
        };
        let desktop = match (&places.config, &places.data) {
            (Some(config), Some(data)) => Some(DesktopFolders {
                autostart: config.join("autostart"),
                applications: data.join("applications"),
                defaults: config.join("mimeapps.list"),
            }),
            _ => None,
        };
        Ok(Self {
            config: place(&places.config)?,
            cache: place(&places.cache)?,
            logs: place(&places.state).unwrap_or_else(|_| data.clone()).join("logs"),
            runtime: socket_folder(wanted, places),
            data,
            profile,
            desktop,
        })
    }

    /// Makes every folder, readable by its owner only.
    pub fn create(&self) -> Result<()> {
        for folder in [&self.config, &self.data, &self.cache, &self.logs, &self.runtime] {
            private_folder(folder)?;
        }
        Ok(())
    }

    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.join("ringside.db")
    }

    /// The file that the owner of this profile holds locked.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.data.join("ringside.lock")
    }

    /// The owner's socket; at most 100 bytes.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.runtime.join(SOCKET)
    }
}

const SOCKET: &str = "owner";

/// Makes `folder` with all its parents and sees to it that only this user can enter it.
///
/// Refuses a folder of somebody else and a symbolic link: in a place that all users share, both may be a trap.
pub fn private_folder(folder: &Path) -> Result<()> {
    let failed = |message: &'static str| {
        let shown = folder.display().to_string();
        move |error: std::io::Error| {
            Error::new(Kind::Storage, "create_folders", format!("the folder {shown} {message}"))
                .hint("Look at its owner and permissions, and at the free space on that disk")
                .because(error)
        }
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed("cannot be made"))?;

    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};

        let found = std::fs::symlink_metadata(folder).map_err(failed("cannot be read"))?;
        if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
            return Err(failed("is not a folder of yours")(std::io::Error::from(
                std::io::ErrorKind::PermissionDenied,
            )));
        }
        if found.mode() & 0o077 != 0 {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
                .map_err(failed("cannot be made private"))?;
        }
    }
    Ok(())
}

/// What the system and the environment say, taken once so that the rules can be tested.
struct Places {
    config: Option<PathBuf>,
    data: Option<PathBuf>,
    cache: Option<PathBuf>,
    state: Option<PathBuf>,
    runtime: Option<PathBuf>,
    temporary: PathBuf,
    user: u32,
}

impl Places {
    fn of_system() -> Self {
        Self {
            config: dirs::config_dir(),
            data: dirs::data_local_dir(),
            cache: dirs::cache_dir(),
            state: dirs::state_dir().or_else(dirs::data_local_dir),
            runtime: dirs::runtime_dir(),
            temporary: std::env::temp_dir(),
            #[cfg(unix)]
            user: rustix::process::geteuid().as_raw(),
            #[cfg(not(unix))]
            user: 0,
        }
    }
}

/// `wanted`, or a folder with a short name that is the same for everybody who wants that one.
fn socket_folder(wanted: PathBuf, places: &Places) -> PathBuf {
    let fits = |folder: &Path| folder.as_os_str().len() + 1 + SOCKET.len() <= LONGEST_SOCKET_PATH;
    if fits(&wanted) {
        return wanted;
    }
    let digest = Sha256::digest(wanted.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let near = places
        .runtime
        .as_ref()
        .map(|runtime| runtime.join(format!("ringside-{name}")));
    let temporary = || places.temporary.join(format!("ringside-{}-{name}", places.user));
    near.filter(|folder| fits(folder))
        .or_else(|| Some(temporary()).filter(|folder| fits(folder)))
        .unwrap_or_else(|| {
            // A temporary folder with a very long name of its own; every Unix has this one.
            Path::new("/tmp").join(format!("ringside-{}-{name}", places.user))
        })
}

#[cfg(test)]
mod tests;
