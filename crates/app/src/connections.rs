//! The configured connections: built from the settings, changed by commands.

use std::sync::Arc;

use ringside_connectors::registry;
use ringside_domain::{
    ConnectionId, Connector, Cx, Error, Freshness, Kind, Result, TraceStep,
    connector::{Account, TraceSink},
};
use ringside_engine::Connection;
use ringside_ipc::{ApiError, command::AddConnectionArgs, status::ConnectionDto};
use ringside_store::Store;

use crate::{
    api::CHECK_DEADLINE,
    app::App,
    settings::{ConnectionEntry, Settings},
};

/// The connectors of the settings, then the ones that were plugged in. A connector that this version does not have is
/// left out here, and shown as such in the list.
pub(crate) fn build(settings: &Settings, store: &Store, extra: &[Connection]) -> Vec<Connection> {
    let built = settings.connections.iter().filter_map(|entry| {
        let connector = connector(entry, store)?;
        let account = entry.account.clone().unwrap_or_else(|| entry.id.clone());
        Some(Connection {
            connector,
            logs_here: entry.logs_here,
            account,
        })
    });
    built.chain(extra.iter().cloned()).collect()
}

fn connector(entry: &ConnectionEntry, store: &Store) -> Option<Arc<dyn Connector>> {
    registry::build(
        &entry.connector,
        ConnectionId::new(entry.id.as_str()),
        &entry.name,
        Arc::new(store.clone()),
    )
    .ok()
}

impl App {
    pub(crate) fn connections_now(&self) -> Vec<ConnectionDto> {
        let settings = self.settings_now();
        let built = self.inner.engine.connections();
        let find = |id: &str| {
            built
                .iter()
                .find(|connection| connection.connector.info().connection.as_str() == id)
        };
        let configured = settings.connections.iter().map(|entry| match find(&entry.id) {
            Some(connection) => ConnectionDto {
                connector: entry.connector.clone(),
                ..dto(connection)
            },
            None => missing(entry),
        });
        let known = |connection: &&Connection| {
            let id = connection.connector.info().connection;
            !settings.connections.iter().any(|entry| entry.id == id.as_str())
        };
        configured.chain(built.iter().filter(known).map(dto)).collect()
    }

    /// Signs in, and says whose account it is or what is in the way.
    pub(crate) async fn check_connection(&self, id: &str) -> Result<ConnectionDto, ApiError> {
        let mut shown = self
            .connections_now()
            .into_iter()
            .find(|connection| connection.id == id)
            .ok_or_else(no_such)?;
        let built = self.inner.engine.connections();
        let Some(connection) = built
            .iter()
            .find(|known| known.connector.info().connection.as_str() == id)
        else {
            return Ok(shown);
        };
        match checked(&*connection.connector).await {
            Ok(account) => shown.account = Some(account.name),
            Err(error) => shown.message = Some(error.to_string()),
        }
        Ok(shown)
    }

    /// Calls are logged here from now on, and nowhere else by themselves.
    pub(crate) async fn set_log_here(&self, id: &str) -> Result<(), ApiError> {
        let connection = self
            .connections_now()
            .into_iter()
            .find(|connection| connection.id == id)
            .ok_or_else(no_such)?;
        if !connection.can_log {
            return Err(ApiError::new(
                "unsupported",
                format!("{} can't log calls", connection.name),
            ));
        }
        self.edit_settings(|settings| {
            if !settings.connections.iter().any(|entry| entry.id == id) {
                return Err(no_such());
            }
            settings
                .connections
                .iter_mut()
                .for_each(|entry| entry.logs_here = entry.id == id);
            Ok(())
        })
        .await
    }

    pub(crate) async fn add_connection_entry(&self, args: AddConnectionArgs) -> Result<(), ApiError> {
        let Some(kind) = registry::kinds().iter().find(|kind| kind.id == args.connector) else {
            let known: Vec<&str> = registry::kinds().iter().map(|kind| kind.id).collect();
            return Err(ApiError::invalid("connector", "there is no such connector")
                .hint(format!("There are: {}", known.join(", "))));
        };
        let before = self.settings_now();
        let taken = |id: &str| before.connections.iter().any(|entry| entry.id == id);
        if kind.only_once && taken(kind.id) {
            return Err(ApiError::new(
                "conflict",
                format!("there is only one {}, and it is connected", kind.name),
            ));
        }
        let numbered = (1_u32..).map(|count| {
            if count == 1 {
                kind.id.to_owned()
            } else {
                format!("{}-{count}", kind.id)
            }
        });
        let name = args
            .name
            .map(|name| name.trim().chars().take(60).collect::<String>())
            .filter(|name| !name.is_empty());
        let mut entry = ConnectionEntry {
            id: numbered
                .into_iter()
                .find(|id| !taken(id))
                .unwrap_or_else(|| kind.id.to_owned()),
            connector: kind.id.to_owned(),
            name: name.unwrap_or_else(|| kind.name.to_owned()),
            logs_here: before.connections.is_empty(),
            account: None,
        };
        // Whose account it is, is asked once and kept: what is logged there is marked with it.
        let connector = connector(&entry, &self.inner.store).ok_or_else(no_such)?;
        entry.account = Some(checked(&*connector).await?.id);
        self.edit_settings(|settings| {
            if settings.connections.iter().any(|other| other.id == entry.id) {
                return Err(ApiError::new("conflict", "the connection was added just now"));
            }
            settings.connections.push(entry);
            Ok(())
        })
        .await
    }

    /// Out of the settings; what lies in the CRM, and what was written of it, stays.
    pub(crate) async fn remove_connection_entry(&self, id: &str) -> Result<(), ApiError> {
        self.edit_settings(|settings| {
            let before = settings.connections.len();
            settings.connections.retain(|entry| entry.id != id);
            if settings.connections.len() == before {
                Err(no_such())
            } else {
                Ok(())
            }
        })
        .await
    }
}

async fn checked(connector: &dyn Connector) -> Result<Account> {
    let cx = Cx {
        deadline: CHECK_DEADLINE,
        freshness: Freshness::Live,
        trace: Arc::new(NoTrace),
    };
    tokio::time::timeout(CHECK_DEADLINE, connector.check(cx))
        .await
        .unwrap_or_else(|_| {
            let message = format!("{} did not answer in time", connector.info().name);
            Err(Error::new(Kind::Timeout, "check", message))
        })
}

fn dto(connection: &Connection) -> ConnectionDto {
    let capability = connection.connector.capability();
    ConnectionDto {
        logs_here: connection.logs_here,
        can_create: capability.create,
        can_log: capability.log,
        ..ConnectionDto::from(&connection.connector.info())
    }
}

fn missing(entry: &ConnectionEntry) -> ConnectionDto {
    ConnectionDto {
        id: entry.id.clone(),
        name: entry.name.clone(),
        connector: entry.connector.clone(),
        logs_here: entry.logs_here,
        types: Vec::new(),
        can_create: false,
        can_log: false,
        account: None,
        message: Some(format!("this version has no connector \"{}\"", entry.connector)),
    }
}

fn no_such() -> ApiError {
    ApiError {
        field: Some("connection".to_owned()),
        ..ApiError::new("not_found", "there is no such connection")
    }
}

struct NoTrace;

impl TraceSink for NoTrace {
    fn step(&self, _: TraceStep) {}
}
