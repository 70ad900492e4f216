//! Starting with the system: a desktop file in the user's autostart folder, as the XDG specification asks.

use std::path::{Path, PathBuf};

use ringside_domain::{Error, Kind, Result};

use crate::folders::Folders;

const OPERATION: &str = "autostart";

/// The switch "start with the system" of one profile.
#[derive(Clone, Debug)]
pub struct Autostart {
    file: PathBuf,
    name: String,
}

impl Autostart {
    /// # Errors
    /// [`Kind::Unsupported`] on systems other than Linux and the BSDs, and for a profile that registers nothing.
    pub fn of(folders: &Folders) -> Result<Self> {
        if !cfg!(all(unix, not(target_os = "macos"))) {
            return Err(Error::new(
                Kind::Unsupported,
                OPERATION,
                "Ringside cannot start with this system by itself yet",
            )
            .hint("Add it to the programs that start with you in the system's own settings"));
        }
        let Some(desktop) = &folders.desktop else {
            return Err(Error::new(
                Kind::Unsupported,
                OPERATION,
                "a profile below RINGSIDE_HOME registers nothing",
            ));
        };
        let service = folders.profile.service();
        let name = match folders.profile.as_str() {
            "" => "Ringside".to_owned(),
            profile => format!("Ringside ({profile})"),
        };
        Ok(Self {
            file: desktop.autostart.join(format!("{service}.desktop")),
            name,
        })
    }

    /// Whether the file is there and the person has not switched it off in the desktop's own settings.
    #[must_use]
    pub fn is_on(&self) -> bool {
        let Ok(text) = std::fs::read_to_string(&self.file) else {
            return false;
        };
        let off = |line: &str| {
            let line: String = line
                .to_ascii_lowercase()
                .chars()
                .filter(|letter| !letter.is_whitespace())
                .collect();
            line == "hidden=true" || line == "x-gnome-autostart-enabled=false"
        };
        !text.lines().any(off)
    }

    /// Writes the file so that the next session runs `program` with `arguments`.
    pub fn turn_on(&self, program: &Path, arguments: &[&str]) -> Result<()> {
        let text = format!(
            "[Desktop Entry]\nType=Application\nName={}\nComment=Shows who is calling\n{}\nTerminal=false\n",
            self.name,
            exec_lines(OPERATION, program, arguments)?
        );
        write_whole(OPERATION, &self.file, &text)
    }

    pub fn turn_off(&self) -> Result<()> {
        remove(OPERATION, &self.file)
    }
}

/// What a desktop file runs, and the program itself: where that is gone (a package was removed), desktops pass the file over.
pub(crate) fn exec_lines(operation: &'static str, program: &Path, arguments: &[&str]) -> Result<String> {
    let exec = exec_line(operation, program, arguments)?;
    let program = program.display().to_string().replace('\\', "\\\\");
    Ok(format!("TryExec={program}\nExec={exec}"))
}

/// The value of `Exec` in a desktop file: quoted for the specification's own shell-like rules.
fn exec_line(operation: &'static str, program: &Path, arguments: &[&str]) -> Result<String> {
    let refused = |why: &'static str| {
        Error::new(Kind::Invalid, operation, format!("the path of the program {why}"))
            .hint("Move Ringside to a folder with a plain name")
    };
    if !program.is_absolute() {
        return Err(refused("is not absolute"));
    }
    let program = program.to_str().ok_or_else(|| refused("is not readable text"))?;
    let mut line = String::new();
    for word in std::iter::once(program).chain(arguments.iter().copied()) {
        if word.chars().any(char::is_control) {
            return Err(refused("holds a line break or another control character"));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&quoted(word));
    }
    Ok(line)
}

/// `%u` stays itself: it is where the desktop puts the link. Plain words stay bare: `xdg-mime` cannot read quotes.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@,".contains(&byte);
    if word == "%u" || (!word.is_empty() && word.bytes().all(plain)) {
        return word.to_owned();
    }
    // Twice escaped: once as an argument, and the backslashes once more as a value of the file.
    let mut text = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' | '`' | '$' => {
                text.push_str("\\\\");
                text.push(letter);
            }
            '\\' => text.push_str("\\\\\\\\"),
            '%' => text.push_str("%%"),
            letter => text.push(letter),
        }
    }
    text.push('"');
    text
}

/// Writes beside the file and renames, so that a crash leaves the old one or the new one.
pub(crate) fn write_whole(operation: &'static str, file: &Path, text: &str) -> Result<()> {
    let beside = file.with_extension("ringside-new");
    let written = file
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(&beside, text))
        .and_then(|()| std::fs::rename(&beside, file));
    written.map_err(|error| {
        Error::new(
            Kind::Storage,
            operation,
            format!("the file {} cannot be written", file.display()),
        )
        .because(error)
    })
}

/// Removes a file that need not be there.
pub(crate) fn remove(operation: &'static str, file: &Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::new(
            Kind::Storage,
            operation,
            format!("the file {} cannot be removed", file.display()),
        )
        .because(error)),
        _ => Ok(()),
    }
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::folders::DesktopFolders;

    fn folders(root: &Path) -> Folders {
        let mut folders = Folders::below(root, "x".parse().unwrap()).unwrap();
        folders.desktop = Some(DesktopFolders {
            autostart: root.join("autostart"),
            applications: root.join("applications"),
            defaults: root.join("mimeapps.list"),
        });
        folders
    }

    #[test]
    fn on_and_off() {
        let root = tempfile::tempdir().unwrap();
        let autostart = Autostart::of(&folders(root.path())).unwrap();
        assert!(!autostart.is_on());
        autostart.turn_off().unwrap();

        autostart
            .turn_on(Path::new("/opt/My Apps/ringside-desktop"), &["--hidden"])
            .unwrap();
        assert!(autostart.is_on());
        let file = root.path().join("autostart/ringside-x.desktop");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(
            text.contains("\nExec=\"/opt/My Apps/ringside-desktop\" --hidden\n"),
            "{text}"
        );
        assert!(
            text.contains("\nTryExec=/opt/My Apps/ringside-desktop\n"),
            "passed over once the program is gone: {text}"
        );
        assert!(text.contains("\nName=Ringside (x)\n"), "{text}");

        std::fs::write(
            &file,
            text.replace("Terminal", "X-GNOME-Autostart-enabled = false\nTerminal"),
        )
        .unwrap();
        assert!(!autostart.is_on(), "switched off in the desktop's settings");
        autostart.turn_off().unwrap();
        assert!(!file.exists());
    }

    #[test]
    fn exec_is_quoted_as_the_specification_asks() {
        let line = |path: &str| exec_line(OPERATION, Path::new(path), &["%u"]);
        assert_eq!(line("/a b/c").unwrap(), "\"/a b/c\" %u");
        assert_eq!(line("/usr/bin/ringside").unwrap(), "/usr/bin/ringside %u");
        assert_eq!(line("/100%/$x`\"").unwrap(), "\"/100%%/\\\\$x\\\\`\\\\\"\" %u");
        assert_eq!(line("/back\\slash").unwrap(), "\"/back\\\\\\\\slash\" %u");
        assert_eq!(line("/a\nExec=evil").unwrap_err().kind, Kind::Invalid);
        assert_eq!(line("relative").unwrap_err().kind, Kind::Invalid);
    }

    #[test]
    fn a_profile_of_its_own_folder_registers_nothing() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::below(root.path(), "x".parse().unwrap()).unwrap();
        assert_eq!(Autostart::of(&folders).unwrap_err().kind, Kind::Unsupported);
    }
}
