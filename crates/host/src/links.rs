//! Links: being the program that opens `tel:` and `callto:` for as long as the person wants that, and opening the pages
//! of CRMs in the browser.
//!
//! Taking a scheme over remembers who had it, so that switching off puts everything back as it was.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use ringside_domain::{Error, Kind, Result};
use tokio::process::Command;

use crate::{
    autostart::{exec_lines, remove, write_whole},
    folders::{DesktopFolders, Folders},
    run::{missing, run},
};

const OPERATION: &str = "switch_links";
/// The desktop's programs are small scripts; a slow disk is no reason to wait longer.
const DEADLINE: Duration = Duration::from_secs(5);
/// Desktop files with all their translations are much shorter.
const LONGEST_DESKTOP_FILE: u64 = 256 * 1024;
/// An opener that fails does so at once; one that succeeds may stay for as long as the browser does.
const OPENER_SPEAKS_WITHIN: Duration = Duration::from_millis(700);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Tel,
    Callto,
}

impl Scheme {
    pub const ALL: [Self; 2] = [Self::Tel, Self::Callto];

    /// As in the link, without the colon.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tel => "tel",
            Self::Callto => "callto",
        }
    }

    /// The scheme of a link; `None`: it is no telephone link.
    #[must_use]
    pub fn of(link: &str) -> Option<Self> {
        let (name, _) = link.split_once(':')?;
        Self::ALL
            .into_iter()
            .find(|scheme| name.eq_ignore_ascii_case(scheme.as_str()))
    }

    fn mime(self) -> String {
        format!("x-scheme-handler/{}", self.as_str())
    }
}

/// What taking a scheme over found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is ours now. Keep `previous` in the settings and give it to [`LinkHandler::give_back`]; `None`: nobody had it.
    Now { previous: Option<String> },
    /// It was ours before: what the settings remember stays right.
    Before,
}

/// The switch "open telephone links with Ringside" of one profile.
#[derive(Clone, Debug)]
pub struct LinkHandler {
    desktop: DesktopFolders,
    /// Name of our desktop file, `ringside-links.desktop`.
    id: String,
}

impl LinkHandler {
    /// # Errors
    /// [`Kind::Unsupported`] on systems other than Linux and the BSDs, and for a profile that registers nothing.
    pub fn of(folders: &Folders) -> Result<Self> {
        if !cfg!(all(unix, not(target_os = "macos"))) {
            return Err(Error::new(
                Kind::Unsupported,
                OPERATION,
                "Ringside cannot take links over on this system yet",
            )
            .hint("Choose the program for tel: links in the system's own settings"));
        }
        let Some(desktop) = folders.desktop.clone() else {
            return Err(Error::new(
                Kind::Unsupported,
                OPERATION,
                "a profile below RINGSIDE_HOME registers nothing",
            ));
        };
        Ok(Self {
            desktop,
            id: format!("{}-links.desktop", folders.profile.service()),
        })
    }

    /// Makes `program` (run with the link as its last argument) the one that opens links of this scheme.
    pub async fn take_over(&self, scheme: Scheme, program: &Path, arguments: &[&str]) -> Result<Taken> {
        let words: Vec<&str> = arguments.iter().copied().chain(["%u"]).collect();
        let mimes: String = Scheme::ALL.iter().map(|scheme| scheme.mime() + ";").collect();
        let text = format!(
            "[Desktop Entry]\nType=Application\nName=Ringside\n{}\nMimeType={mimes}\nNoDisplay=true\nTerminal=false\n",
            exec_lines(OPERATION, program, &words)?
        );
        if self.is_ours(scheme) {
            write_whole(OPERATION, &self.file(), &text)?;
            return Ok(Taken::Before);
        }
        // Asked before our own file exists: some desktops answer with any program that says it can.
        let mime = scheme.mime();
        let previous = run(OPERATION, "xdg-mime", ["query", "default", mime.as_str()], DEADLINE).await?;
        write_whole(OPERATION, &self.file(), &text)?;
        let previous = Some(previous).filter(|id| is_desktop_id(id) && *id != self.id);
        let words = ["default", self.id.as_str(), mime.as_str()];
        if let Err(error) = run(OPERATION, "xdg-mime", words, DEADLINE).await {
            // Nothing of ours stays behind, even if it was done and only said otherwise.
            let _ = self.give_back(scheme, previous.as_deref()).await;
            return Err(error);
        }
        Ok(Taken::Now { previous })
    }

    /// Puts the previous program back. A choice that the person made elsewhere in the meantime stays.
    pub async fn give_back(&self, scheme: Scheme, previous: Option<&str>) -> Result<()> {
        if self.is_ours(scheme) {
            match previous.filter(|id| is_desktop_id(id)) {
                Some(id) => {
                    run(OPERATION, "xdg-mime", ["default", id, scheme.mime().as_str()], DEADLINE).await?;
                }
                None => self.forget(scheme)?,
            }
        }
        if Scheme::ALL.iter().any(|scheme| self.is_ours(*scheme)) {
            return Ok(());
        }
        remove(OPERATION, &self.file())
    }

    /// Whether the user's list of default programs names us for this scheme.
    #[must_use]
    pub fn is_ours(&self, scheme: Scheme) -> bool {
        let text = std::fs::read_to_string(&self.desktop.defaults).unwrap_or_default();
        default_lines(&text).any(|(_, line)| self.names_us(line, scheme))
    }

    /// Gives a link that came to us to the program that had the scheme before: the person chose to call.
    pub async fn hand_on(&self, previous: &str, link: &str) -> Result<()> {
        if Scheme::of(link).is_none()
            || link.len() > 300
            || link.chars().any(|letter| letter.is_control() || letter.is_whitespace())
        {
            return Err(Error::new(Kind::Invalid, OPERATION, "this is not a telephone link"));
        }
        let file = self.desktop_file(previous).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                OPERATION,
                "the program that opened telephone links before is gone",
            )
            .hint("Choose another one in the system's settings")
        })?;
        run(
            OPERATION,
            "gio",
            ["launch".as_ref(), file.as_os_str(), link.as_ref()],
            DEADLINE,
        )
        .await
        .map(|_| ())
    }

    /// What a program calls itself in its desktop file. `None`: it is gone, or has no name.
    #[must_use]
    pub fn program_name(&self, id: &str) -> Option<String> {
        use std::io::Read as _;

        let mut bytes = Vec::new();
        let file = std::fs::File::open(self.desktop_file(id)?).ok()?;
        file.take(LONGEST_DESKTOP_FILE).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let entry = text
            .lines()
            .map(str::trim)
            .skip_while(|line| *line != "[Desktop Entry]");
        let mut lines = entry.skip(1).take_while(|line| !line.starts_with('['));
        let name = lines.find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim_end() == "Name").then(|| value.trim_start().to_owned())
        })?;
        let name: String = name.chars().filter(|letter| !letter.is_control()).take(60).collect();
        Some(name).filter(|name| !name.is_empty())
    }

    fn file(&self) -> PathBuf {
        self.desktop.applications.join(&self.id)
    }

    fn names_us(&self, line: &str, scheme: Scheme) -> bool {
        line.split_once('=').is_some_and(|(mime, ids)| {
            mime.trim() == scheme.mime() && ids.split(';').next().is_some_and(|id| id.trim() == self.id)
        })
    }

    /// Takes our line out of the list; `xdg-mime` has no word for that.
    fn forget(&self, scheme: Scheme) -> Result<()> {
        let text = std::fs::read_to_string(&self.desktop.defaults).unwrap_or_default();
        let ours: Vec<usize> = default_lines(&text)
            .filter(|(_, line)| self.names_us(line, scheme))
            .map(|(number, _)| number)
            .collect();
        let kept = text.lines().enumerate().filter(|(number, _)| !ours.contains(number));
        let kept: String = kept.map(|(_, line)| format!("{line}\n")).collect();
        write_whole(OPERATION, &self.desktop.defaults, &kept)
    }

    fn desktop_file(&self, id: &str) -> Option<PathBuf> {
        if !is_desktop_id(id) {
            return None;
        }
        let system = std::env::var("XDG_DATA_DIRS").ok().filter(|dirs| !dirs.is_empty());
        let system = system.unwrap_or_else(|| "/usr/local/share:/usr/share".to_owned());
        let shared = system.split(':').map(|folder| Path::new(folder).join("applications"));
        std::iter::once(self.desktop.applications.clone())
            .chain(shared)
            .map(|folder| folder.join(id))
            .find(|f| f.is_file())
    }
}

/// Opens a page in the person's browser. Only https: anything else could start any program.
pub async fn open_page(url: &str) -> Result<()> {
    check_page(url)?;
    launch(url).await
}

/// Opens the folder of a file in the person's file manager. Which files may be asked for is the caller's to know.
///
/// # Errors
/// [`Kind::NotFound`] when the file is not there any more.
pub async fn show_file(path: &Path) -> Result<()> {
    match path.parent().and_then(Path::to_str) {
        Some(folder) if path.is_absolute() && path.is_file() => launch(folder).await,
        _ => Err(Error::new(
            Kind::NotFound,
            "show_file",
            "This file is not there any more",
        )),
    }
}

/// Opens a page to sign in at, whose host the caller has checked: a server on this very machine may lack TLS.
pub(crate) async fn open_sign_in(url: &str) -> Result<()> {
    check_page(&url.replacen("http://", "https://", 1))?;
    launch(url).await
}

async fn launch(url: &str) -> Result<()> {
    const OPERATION: &str = "open_page";
    #[cfg(windows)]
    let (program, first) = ("rundll32", Some("url.dll,FileProtocolHandler"));
    #[cfg(target_os = "macos")]
    let (program, first) = ("open", None::<&str>);
    #[cfg(all(unix, not(target_os = "macos")))]
    let (program, first) = ("xdg-open", None::<&str>);

    let mut command = Command::new(program);
    command
        .args(first)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| missing(OPERATION, program, error))?;
    match tokio::time::timeout(OPENER_SPEAKS_WITHIN, child.wait()).await {
        Ok(Ok(status)) if !status.success() => Err(Error::new(
            Kind::Unavailable,
            OPERATION,
            format!("{program} could not open the page"),
        )
        .hint("Choose a default browser in the system's settings")),
        Ok(Err(error)) => Err(missing(OPERATION, program, error)),
        _ => Ok(()),
    }
}

fn check_page(url: &str) -> Result<()> {
    let refused = |why: &'static str| Err(Error::new(Kind::Invalid, "open_page", why));
    let Some(rest) = url.strip_prefix("https://") else {
        return refused("only https pages are opened");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || host.starts_with('.') || host.contains(['@', '\\']) {
        return refused("the page's address names no plain host");
    }
    let strange = |letter: char| letter.is_control() || letter.is_whitespace() || "\"'<>`\\^{|}".contains(letter);
    if url.len() > 2_048 || url.chars().any(strange) {
        return refused("the page's address holds characters that no address has, or is too long");
    }
    Ok(())
}

/// A file name such as `org.gnome.Calls.desktop`: never a path, never an option.
fn is_desktop_id(id: &str) -> bool {
    let letters = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    letters && id.ends_with(".desktop") && !id.starts_with(['-', '.']) && id.len() <= 200
}

/// The lines of the section with the defaults, each with its number in the file.
fn default_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    text.lines().enumerate().filter(move |(_, line)| {
        if line.starts_with('[') {
            inside = line.trim() == "[Default Applications]";
        }
        inside
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_plain_https_pages() {
        for good in [
            "https://crm.example/#/contact/12?x=a%20b",
            "https://127.0.0.1:8443/",
            "https://crm.example",
        ] {
            assert!(check_page(good).is_ok(), "{good}");
        }
        for bad in [
            "http://crm.example/",
            "HTTPS://crm.example/",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://user@crm.example/",
            "https://crm.example/ --flag",
            "https://crm.example/\"&calc",
            "https://crm.example/\n",
            "-https://crm.example/",
        ] {
            assert_eq!(check_page(bad).unwrap_err().kind, Kind::Invalid, "{bad}");
        }
    }

    #[test]
    fn names_of_desktop_files() {
        assert!(is_desktop_id("org.gnome.Calls.desktop"));
        for bad in [
            "",
            "x",
            "../x.desktop",
            "-x.desktop",
            "a b.desktop",
            "x.desktop;y.desktop",
        ] {
            assert!(!is_desktop_id(bad), "{bad}");
        }
    }
}
