//! The way to the profile: its owner's socket, or this process itself for as long as one command takes.

use std::time::Duration;

use ringside_app::{App, Client, Folders, Profile, Start, StartOptions, client};
use ringside_ipc::{
    ApiError, Command,
    command::{Nothing, SnapshotDto},
    status::{RoleDto, StoreStateDto},
};
use serde::{Serialize, de::DeserializeOwned};

/// How long a command may go on after the app asked for the profile.
const GRACE: Duration = Duration::from_millis(2500);

pub enum Reach {
    Here(App),
    There(Client, Box<Folders>),
}

/// For what only the running app can do.
pub fn not_running() -> ApiError {
    ApiError::new("unavailable", "Ringside is not running").hint("Start Ringside, then run the command again")
}

/// It ended while a command listened to it.
pub fn ended() -> ApiError {
    ApiError::new("unavailable", "Ringside was ended").hint("Start Ringside, then run the command again")
}

/// The folders of the profile that was named.
pub fn folders(profile: &str) -> Result<Folders, ApiError> {
    let usage = |error: ringside_app::Error| ApiError {
        code: crate::exit::USAGE.to_owned(),
        ..ApiError::from(error)
    };
    let profile: Profile = profile.parse().map_err(usage)?;
    Folders::of(profile).map_err(usage)
}

impl Reach {
    pub async fn open(folders: Folders) -> Result<Self, ApiError> {
        let options = StartOptions::new(folders.clone(), RoleDto::CommandLine);
        Ok(match ringside_app::start(options).await? {
            Start::Owner(app) => Self::Here(app),
            Start::Taken(client) => Self::There(client, Box::new(folders)),
        })
    }

    pub async fn ask<R: DeserializeOwned>(&self, command: &str, args: impl Serialize) -> Result<R, ApiError> {
        self.ask_within(command, args, client::DEADLINE).await
    }

    /// [`Reach::ask`] for what takes as long as a person does.
    pub async fn ask_within<R: DeserializeOwned>(
        &self,
        command: &str,
        args: impl Serialize,
        deadline: Duration,
    ) -> Result<R, ApiError> {
        match self {
            Self::There(client, _) => client.ask_within(command, args, deadline).await,
            Self::Here(app) => {
                let broken = |error: serde_json::Error| ApiError::new("internal", error.to_string());
                let args = serde_json::to_value(args).map_err(broken)?;
                let reply = ringside_ipc::dispatch(
                    app,
                    Command {
                        command: command.to_owned(),
                        args,
                    },
                )
                .await?;
                serde_json::from_value(reply).map_err(broken)
            }
        }
    }

    /// Nothing is written into a memory that ends with this command.
    pub async fn must_be_open(&self) -> Result<(), ApiError> {
        if let Self::There(..) = self {
            return Ok(());
        }
        let now: SnapshotDto = self.ask("snapshot", Nothing {}).await?;
        match now.status.store {
            StoreStateDto::Open => Ok(()),
            StoreStateDto::InMemory {
                code, message, hint, ..
            } => Err(ApiError {
                code,
                message,
                hint,
                field: None,
            }),
        }
    }

    /// Runs a command, unless the app asks for the profile and the command does not end soon.
    pub async fn unless_asked_to_quit<T>(
        &self,
        work: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        let asked = async {
            match self {
                Self::Here(app) => {
                    app.quit_requested().await;
                    tokio::time::sleep(GRACE).await;
                }
                Self::There(..) => std::future::pending().await,
            }
        };
        tokio::select! {
            done = work => done,
            () = asked => Err(ApiError::new("unavailable", "Ringside was started meanwhile and took over").hint("Run the command again")),
        }
    }

    pub async fn close(self) {
        if let Self::Here(app) = self {
            app.stop().await;
        }
    }
}
