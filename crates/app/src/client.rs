//! The other end of the owner's socket: how a command line, or a second start of the app, asks the owner.

use std::time::Duration;

use ringside_domain::Result;
use ringside_host::Folders;
use ringside_ipc::{ApiError, Event};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::wire::SUBSCRIBE;

/// How long the owner may take to answer before the caller is told that it does not.
pub const DEADLINE: Duration = Duration::from_secs(45);

/// A connection to the owner of a profile. Commands go one after the other.
pub struct Client {
    line: tokio::sync::Mutex<transport::Connection>,
}

impl Client {
    /// `None`: nobody owns the profile, or its owner does not listen.
    ///
    /// # Errors
    /// When the process at the other end is another user's, or the system has no such socket.
    pub async fn connect(folders: &Folders) -> Result<Option<Self>> {
        let connection = transport::connect(folders).await?;
        Ok(connection.map(|connection| Self {
            line: tokio::sync::Mutex::new(connection),
        }))
    }

    /// Runs one command.
    ///
    /// # Errors
    /// The owner's own; `unavailable` when it went away, `timeout` when it did not answer within `deadline`.
    pub async fn call(&self, command: &str, args: Value, deadline: Duration) -> Result<Value, ApiError> {
        let mut line = self.line.lock().await;
        tokio::time::timeout(deadline, line.ask(command, args))
            .await
            .unwrap_or_else(|_| {
                // Its answer may still come: nobody must take it for the next one's.
                line.close();
                Err(ApiError::new("timeout", "Ringside did not answer in time")
                    .hint("It may still do what was asked; look before you repeat it"))
            })
    }

    /// [`Client::call`] with the types of the command table.
    ///
    /// # Errors
    /// As there.
    pub async fn ask<R: DeserializeOwned>(&self, command: &str, args: impl Serialize) -> Result<R, ApiError> {
        self.ask_within(command, args, DEADLINE).await
    }

    /// [`Client::ask`] for what takes as long as a person does.
    ///
    /// # Errors
    /// As there.
    pub async fn ask_within<R: DeserializeOwned>(
        &self,
        command: &str,
        args: impl Serialize,
        deadline: Duration,
    ) -> Result<R, ApiError> {
        let args = serde_json::to_value(args).map_err(|error| ApiError::new("internal", error.to_string()))?;
        let reply = self.call(command, args, deadline).await?;
        serde_json::from_value(reply).map_err(|_| other_version())
    }
}

/// Everything that happens in the running app, from the moment of [`Events::open`] on.
pub struct Events(transport::Connection);

impl Events {
    /// `None`: nobody owns the profile, or its owner does not listen.
    ///
    /// # Errors
    /// As [`Client::connect`], or the owner's own.
    pub async fn open(folders: &Folders) -> Result<Option<Self>, ApiError> {
        let Some(mut connection) = transport::connect(folders).await? else {
            return Ok(None);
        };
        let subscribed = connection.ask(SUBSCRIBE, Value::Null);
        tokio::time::timeout(DEADLINE, subscribed).await.map_err(|_| gone())??;
        Ok(Some(Self(connection)))
    }

    /// The next event. `None`: the owner ended, or this end was too slow to hear everything; then open another and ask for a
    /// snapshot. Not to be called again when it was dropped before it answered.
    ///
    /// # Errors
    /// `unavailable` when the owner speaks in words of another version.
    pub async fn next(&mut self) -> Result<Option<Event>, ApiError> {
        self.0.event().await
    }
}

fn gone() -> ApiError {
    ApiError::new("unavailable", "Ringside went away before it answered").hint("Run the command again")
}

fn other_version() -> ApiError {
    ApiError::new(
        "unavailable",
        "the running Ringside answers in words of another version",
    )
    .hint("Quit it and start it again, so that both are the same version")
}

#[cfg(unix)]
mod transport {
    use std::time::Duration;

    use ringside_domain::Result;
    use ringside_host::{Folders, socket};
    use ringside_ipc::{ApiError, Event};
    use serde_json::Value;
    use tokio::{
        io::{AsyncWriteExt as _, BufReader},
        net::UnixStream,
    };

    use super::{DEADLINE, gone, other_version};
    use crate::wire::{self, Line, Reply, Request};

    pub struct Connection {
        stream: Option<BufReader<UnixStream>>,
        last: u64,
    }

    pub async fn connect(folders: &Folders) -> Result<Option<Connection>> {
        let stream = socket::connect(folders).await?;
        Ok(stream.map(|stream| Connection {
            stream: Some(BufReader::new(stream)),
            last: 0,
        }))
    }

    impl Connection {
        pub async fn ask(&mut self, command: &str, args: Value) -> Result<Value, ApiError> {
            let stream = self.stream.as_mut().ok_or_else(gone)?;
            self.last += 1;
            let request = Request {
                id: self.last,
                command: command.to_owned(),
                args,
            };
            let mut line =
                serde_json::to_vec(&request).map_err(|error| ApiError::new("internal", error.to_string()))?;
            line.push(b'\n');
            stream.write_all(&line).await.map_err(|_| gone())?;
            loop {
                let line = wire::next_line(stream, wire::REPLY_CAP, DEADLINE)
                    .await
                    .map_err(|_| gone())?;
                let Line::Text(text) = line else { return Err(gone()) };
                match serde_json::from_slice(&text).map_err(|_| other_version())? {
                    Reply::Ok { id, ok } if id == request.id => return Ok(ok),
                    Reply::Error { id, error } if id == request.id || id == 0 => return Err(error),
                    _ => {}
                }
            }
        }

        pub async fn event(&mut self) -> Result<Option<Event>, ApiError> {
            let Some(stream) = self.stream.as_mut() else {
                return Ok(None);
            };
            loop {
                match wire::next_line(stream, wire::REPLY_CAP, Duration::MAX).await {
                    Ok(Line::Text(text)) => match serde_json::from_slice(&text).map_err(|_| other_version())? {
                        Reply::Event { event } => return Ok(Some(*event)),
                        Reply::Ok { .. } | Reply::Error { .. } => {}
                    },
                    Ok(Line::TooLong | Line::End) | Err(_) => {
                        self.close();
                        return Ok(None);
                    }
                }
            }
        }

        pub fn close(&mut self) {
            self.stream = None;
        }
    }
}

/// The seam for Windows: a named pipe that only its user can open. Not built yet, and said so.
#[cfg(not(unix))]
mod transport {
    use ringside_domain::{Error, Kind, Result};
    use ringside_host::Folders;
    use ringside_ipc::{ApiError, Event};
    use serde_json::Value;

    pub enum Connection {}

    pub async fn connect(_: &Folders) -> Result<Option<Connection>> {
        Err(Error::new(
            Kind::Unsupported,
            "connect",
            "this system's way to the running Ringside is not built yet",
        ))
    }

    impl Connection {
        pub async fn ask(&mut self, _: &str, _: Value) -> Result<Value, ApiError> {
            match *self {}
        }

        pub async fn event(&mut self) -> Result<Option<Event>, ApiError> {
            match *self {}
        }

        pub fn close(&mut self) {}
    }
}
