//! What settings change outside of the file: the secret lists of numbers, the start with the system, who opens telephone
//! links.
//!
//! The steps are taken before the file is saved, and each can fail. So each is written down as it is taken, and all of them
//! are taken back when a later one fails. Who had the links before is the one thing that can't be found out again: it is in
//! the file as soon as it is known.

use std::path::PathBuf;

use ringside_domain::{Error, Kind, Result};
use ringside_host::{
    Autostart, LinkHandler,
    links::{Scheme, Taken},
};
use ringside_ipc::{ApiError, status::RoleDto};

use crate::{
    app::{App, log_failure},
    lists::{List, Lists},
    settings::{Settings, SettingsFile},
};

/// The steps of one change that were taken so far.
#[derive(Default)]
pub(crate) struct Done {
    /// What was there before.
    lists: Vec<(List, Vec<String>)>,
    autostart: bool,
    /// Schemes that were taken over or given back, and who had them before Ringside.
    links: Vec<(Scheme, Option<String>)>,
}

impl App {
    /// Changes on the system what is different between the two.
    pub(crate) async fn change_system(
        &self,
        file: &mut SettingsFile,
        before: &Settings,
        after: &mut Settings,
        lists: &Lists,
        done: &mut Done,
    ) -> Result<(), ApiError> {
        let old = self.lists_now();
        for list in List::ALL {
            if old.of(list) != lists.of(list) {
                done.lists.push((list, old.of(list).to_vec()));
                self.keep_list(list, lists.of(list))
                    .await
                    .map_err(|error| error.field(list.field()))?;
            }
        }
        if after.start_with_system != before.start_with_system {
            done.autostart = true;
            self.set_autostart(after.start_with_system)
                .map_err(|error| error.field("start_with_system"))?;
        }
        if after.handle_tel_links != before.handle_tel_links {
            let switched = if after.handle_tel_links {
                self.take_links(file, before, done).await
            } else {
                self.give_links(before, done).await
            };
            after.link_handlers_before = switched.map_err(|error| error.field("handle_tel_links"))?;
        }
        Ok(())
    }

    /// Puts the system back as it was before a change that failed. What can't be put back is told to the log only: the
    /// person reads why the change failed.
    pub(crate) async fn take_back(&self, file: &mut SettingsFile, before: &Settings, done: Done) {
        if !done.links.is_empty() {
            self.take_links_back(file, before, &done.links).await;
        }
        if done.autostart
            && let Err(error) = self.set_autostart(before.start_with_system)
        {
            log_failure("the start with the system could not be put back", &error);
        }
        for (list, numbers) in done.lists {
            if let Err(error) = self.keep_list(list, &numbers).await {
                log_failure("a list of numbers could not be put back", &error);
            }
        }
    }

    /// Takes `tel:` and `callto:` over. Answers what to remember, which is in the file by then.
    async fn take_links(
        &self,
        file: &mut SettingsFile,
        before: &Settings,
        done: &mut Done,
    ) -> Result<Vec<(String, String)>> {
        let handler = LinkHandler::of(&self.inner.folders)?;
        let program = self.desktop_program()?;
        let mut remembered = before.link_handlers_before.clone();
        for scheme in Scheme::ALL {
            if let Taken::Now { previous } = handler.take_over(scheme, &program, &self.profile_arguments()).await? {
                done.links.push((scheme, previous.clone()));
                remembered.retain(|(known, _)| known != scheme.as_str());
                remembered.extend(previous.map(|previous| (scheme.as_str().to_owned(), previous)));
                file.save(remembering(before, &remembered))?;
            }
        }
        Ok(remembered)
    }

    /// Puts back who had the links. Answers what to remember then: nothing.
    async fn give_links(&self, before: &Settings, done: &mut Done) -> Result<Vec<(String, String)>> {
        let handler = LinkHandler::of(&self.inner.folders)?;
        for scheme in Scheme::ALL {
            let previous = previous(before, scheme);
            if handler.is_ours(scheme) {
                done.links.push((scheme, previous.clone()));
            }
            handler.give_back(scheme, previous.as_deref()).await?;
        }
        Ok(Vec::new())
    }

    async fn take_links_back(&self, file: &mut SettingsFile, before: &Settings, links: &[(Scheme, Option<String>)]) {
        let Ok(handler) = LinkHandler::of(&self.inner.folders) else {
            return;
        };
        let mut remembered = before.link_handlers_before.clone();
        for (scheme, previous) in links {
            let put_back = if before.handle_tel_links {
                match self.desktop_program() {
                    Ok(program) => handler
                        .take_over(*scheme, &program, &self.profile_arguments())
                        .await
                        .map(drop),
                    Err(error) => Err(error),
                }
            } else {
                handler.give_back(*scheme, previous.as_deref()).await
            };
            if let Err(error) = put_back {
                log_failure("telephone links could not be put back", &error);
                // It is still ours, so who had it stays known: the next switch gives it back.
                remembered.retain(|(known, _)| known != scheme.as_str());
                remembered.extend(previous.clone().map(|previous| (scheme.as_str().to_owned(), previous)));
            }
        }
        let kept = remembering(before, &remembered);
        if *file.settings() != kept
            && let Err(error) = file.save(kept)
        {
            log_failure("the settings could not be put back", &error);
        }
    }

    fn set_autostart(&self, on: bool) -> Result<()> {
        let autostart = Autostart::of(&self.inner.folders)?;
        if !on {
            return autostart.turn_off();
        }
        let arguments = [&["--hidden"][..], &self.profile_arguments()].concat();
        autostart.turn_on(&self.desktop_program()?, &arguments)
    }

    fn profile_arguments(&self) -> Vec<&str> {
        match self.inner.folders.profile.as_str() {
            "" => Vec::new(),
            profile => vec!["--profile", profile],
        }
    }

    /// The program that the desktop starts: this one if it is the app.
    fn desktop_program(&self) -> Result<PathBuf> {
        let found = if self.inner.role == RoleDto::App {
            std::env::current_exe()
                .ok()
                .map(|own| lasting(own, |name| std::env::var_os(name).map(PathBuf::from)))
        } else {
            crate::ring::desktop_program()
        };
        found.ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                "find_program",
                "the program ringside-desktop was not found",
            )
            .hint("Install it beside the program ringside")
        })
    }
}

/// Where this program will still be when it is started the next time. An AppImage runs it from a mount that goes with it, and
/// names itself in the environment; a program that was updated while it ran is called "(deleted)" by Linux.
fn lasting(own: PathBuf, variable: impl Fn(&str) -> Option<PathBuf>) -> PathBuf {
    if let (Some(image), Some(mount)) = (variable("APPIMAGE"), variable("APPDIR"))
        && own.starts_with(mount)
    {
        return image;
    }
    match own.to_str().and_then(|path| path.strip_suffix(" (deleted)")) {
        Some(path) if !own.exists() => PathBuf::from(path),
        _ => own,
    }
}

fn remembering(settings: &Settings, remembered: &[(String, String)]) -> Settings {
    Settings {
        link_handlers_before: remembered.to_vec(),
        ..settings.clone()
    }
}

/// Who opened links of this scheme before Ringside.
pub(crate) fn previous(settings: &Settings, scheme: Scheme) -> Option<String> {
    let remembered = &settings.link_handlers_before;
    remembered
        .iter()
        .find(|(known, _)| known == scheme.as_str())
        .map(|(_, previous)| previous.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_started_next_time_is_what_stays() {
        let image = |name: &str| match name {
            "APPIMAGE" => Some(PathBuf::from("/opt/Ringside.AppImage")),
            "APPDIR" => Some(PathBuf::from("/tmp/.mount_Rings")),
            _ => None,
        };
        for (own, expected) in [
            ("/tmp/.mount_Rings/usr/bin/ringside-desktop", "/opt/Ringside.AppImage"),
            // Started by some other AppImage: that one's name is not ours.
            ("/usr/bin/ringside-desktop", "/usr/bin/ringside-desktop"),
            ("/usr/bin/ringside-desktop (deleted)", "/usr/bin/ringside-desktop"),
        ] {
            assert_eq!(lasting(PathBuf::from(own), image), PathBuf::from(expected));
        }
        let own = PathBuf::from("/usr/bin/ringside-desktop");
        assert_eq!(lasting(own.clone(), |_| None), own);
    }
}
