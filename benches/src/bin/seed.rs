//! `ringside-seed PROFILE PEOPLE FILE`: makes a profile with that many people in its address book, through the same doors
//! as Ringside itself, and writes the numbers of all of them into FILE, one E.164 a line.

use std::{error::Error, sync::Arc};

use ringside_app::{
    Folders, Start, StartOptions, SystemClock,
    host::{Keyring, OsRandom, ProfileLock},
    unlock::{Opened, Vault},
};
use ringside_benches::{People, home};
use ringside_ipc::{Api as _, command::Nothing, settings::SettingsDto, status::RoleDto};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [profile, people, file] = arguments.as_slice() else {
        return Err("usage: ringside-seed PROFILE PEOPLE FILE".into());
    };
    let people: usize = people.parse()?;
    let everybody = People::new();
    if people > everybody.count() {
        return Err(format!("there are {} people at most", everybody.count()).into());
    }
    let folders = Folders::of(profile.parse()?)?;
    settle_home(&folders).await?;

    let lock = ProfileLock::take(&folders)?.ok_or("somebody else owns the profile")?;
    let vault = Vault {
        credentials: Arc::new(Keyring::new(&folders.profile)),
        file: folders.database(),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
    };
    let Opened { store, locked } = vault.open().await?;
    if let Some(error) = locked {
        return Err(error.into());
    }
    let drafts = (0..people).map(|at| (everybody.draft(at), Vec::new())).collect();
    store.import(drafts, home()).await?;
    store.close().await;
    drop(lock);

    let numbers: Vec<&str> = (0..people).map(|at| everybody.number(at).e164()).collect();
    std::fs::write(file, numbers.join("\n"))?;
    Ok(())
}

/// Starts the profile once, so that it has its key, its file and its home: numbers are filed for that home.
async fn settle_home(folders: &Folders) -> Result<(), Box<dyn Error>> {
    let Start::Owner(app) = ringside_app::start(StartOptions::new(folders.clone(), RoleDto::CommandLine)).await? else {
        return Err("Ringside runs in this profile".into());
    };
    let settings = app.settings(Nothing {}).await.map_err(|error| error.to_string())?;
    let settings = SettingsDto {
        home: home().region.map(|region| region.to_string()),
        ..settings
    };
    let saved = app.save_settings(settings).await.map_err(|error| error.to_string());
    app.stop().await;
    saved?;
    Ok(())
}
