//! The configured connections: made from settings and connector files, listed, tested, removed.
//!
//! A connection runs when its connector is there, its settings fit, and what the connector does with secrets is what the
//! person agreed to. Everything else is a state that the list shows, with what to do about it.

mod change;
mod enter;
pub(crate) mod form;
mod made;
pub(crate) mod own;
pub(crate) mod show;
mod watched;

use std::sync::Arc;

use ringside_domain::{
    ConnectionId, ConnectionMemory as _, Connector, ContactIndex as _, Cx, Error, Freshness, Kind, Result,
    connector::{Account, NoTrace},
    phone::{Reading, read},
};
use ringside_engine::Connection;
use ringside_ipc::{
    ApiError, Event,
    command::{ConnectorFieldsArgs, SplitArgs},
    connection::{ConnectionStateDto, ConnectorDto, ConnectorFieldsDto},
    contact::SplitDto,
    status::ConnectionDto,
};

use crate::{
    api::CHECK_DEADLINE,
    api_input::typed,
    app::{App, lock, log_failure},
    settings::ConnectionEntry,
};

pub(crate) use self::made::{Connections, Live};
use self::{form::Form, made::PINNED};

impl App {
    pub(crate) async fn connections_now(&self) -> Vec<ConnectionDto> {
        let settings = self.settings_now();
        let running = self.inner.engine.connections();
        let mut list = Vec::new();
        for entry in &settings.connections {
            list.push(self.shown_connection(entry).await);
        }
        let known = |connection: &&Connection| {
            let id = connection.connector.info().connection;
            // Nobody set the sample people up, and they are gone in a minute.
            id.as_str() != crate::rehearsal::SAMPLE_PEOPLE
                && !settings.connections.iter().any(|entry| entry.id == id.as_str())
        };
        list.extend(running.iter().filter(known).map(show::plugged_in));
        list
    }

    /// One connection as it is now.
    pub(crate) async fn connection_now(&self, id: &str) -> Result<ConnectionDto, ApiError> {
        let list = self.connections_now().await;
        list.into_iter().find(|shown| shown.id == id).ok_or_else(no_such)
    }

    async fn shown_connection(&self, entry: &ConnectionEntry) -> ConnectionDto {
        let connections = &self.inner.connections;
        let connector = connections.connector(&entry.connector);
        match connections.outcome(&entry.id) {
            Some(Ok(live)) => {
                let wanted = live.signed_in.wanted();
                let state = match wanted {
                    Some(_) => ConnectionStateDto::SignInNeeded,
                    None => ConnectionStateDto::Ready,
                };
                let running = Connection {
                    connector: live.connector(),
                    logs_here: entry.logs_here,
                    account: String::new(),
                };
                let mut shown = show::connection(entry, connector.as_ref(), state, Some(&running));
                if let Some(in_browser) = live.built.signs_in_with_browser().await {
                    shown.can_sign_in = in_browser;
                }
                if let Some(error) = wanted {
                    (shown.message, shown.hint) = (Some(error.message), error.hint);
                }
                shown
            }
            Some(Err(ConnectionStateDto::Changed { after, .. })) => {
                let id = ConnectionId::new(entry.id.as_str());
                let before = self.inner.store.recall(&id, PINNED).await.ok().flatten();
                let state = ConnectionStateDto::Changed { before, after };
                show::connection(entry, connector.as_ref(), state, None)
            }
            Some(Err(state)) => show::connection(entry, connector.as_ref(), state, None),
            None => show::connection(entry, connector.as_ref(), ConnectionStateDto::Missing, None),
        }
    }

    /// What a draft becomes in its CRM: the parts of the name, and the number as it is stored there.
    pub(crate) fn split(&self, args: SplitArgs) -> Result<SplitDto, ApiError> {
        let connection = ConnectionId::new(args.connection);
        let (given, family) = self
            .inner
            .engine
            .split_name(&connection, &args.contact_type, typed("name", &args.name)?);
        let text = args.number.as_deref().map(|text| typed("number", text)).transpose()?;
        let reading = text.map(|text| read(text, &self.inner.engine.config().home));
        let number = reading.as_ref().and_then(Reading::number).map(|number| {
            let settings = self.settings_now();
            let entry = settings
                .connections
                .iter()
                .find(|entry| entry.id == connection.as_str());
            let connector = entry.and_then(|entry| self.inner.connections.connector(&entry.connector));
            connector.map_or_else(|| number.e164().to_owned(), |connector| connector.stored_number(number))
        });
        Ok(SplitDto { given, family, number })
    }

    pub(crate) fn connectors_now(&self) -> Vec<ConnectorDto> {
        let catalog = self.inner.connections.catalog();
        catalog.entries().into_iter().map(show::connector).collect()
    }

    /// What is asked for at an address.
    pub(crate) async fn connector_form(&self, args: ConnectorFieldsArgs) -> Result<ConnectorFieldsDto, ApiError> {
        let connections = &self.inner.connections;
        let connector = connections.chosen(&args.connector)?;
        let form = Form::of(&connections.parts, &connector, args.server.as_deref(), &args.parameters).await?;
        if form.server.is_some() && connector.manifest().is_some() {
            connections.try_place(&connector, None, form.server.clone())?;
        }
        Ok(ConnectorFieldsDto {
            name: form.name,
            server: form.server.or(form.named_server),
            parameters: form.parameters,
            signs_in_with_browser: form.signs_in_with_browser,
        })
    }

    /// Signs in, and says whose account it is or what is in the way.
    pub(crate) async fn check_connection(&self, id: &str) -> Result<ConnectionDto, ApiError> {
        self.connection_now(id).await?;
        let running = self.inner.engine.connections();
        let known = |known: &&Connection| known.connector.info().connection.as_str() == id;
        let Some(connection) = running.iter().find(known) else {
            return self.connection_now(id).await;
        };
        let answer = checked(&*connection.connector).await;
        let mut shown = self.connection_now(id).await?;
        match answer {
            Ok(account) => shown = show::entered(shown, account),
            Err(error) => {
                let error = ApiError::from(error);
                (shown.message, shown.hint) = (Some(error.message), error.hint);
            }
        }
        Ok(shown)
    }

    /// Calls are logged here from now on, and nowhere else by themselves.
    pub(crate) async fn set_log_here(&self, id: &str) -> Result<(), ApiError> {
        let connection = self.connection_now(id).await?;
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

    /// Out of the settings, with its secrets, what was remembered of its contacts and what it learned; what lies in the CRM,
    /// and what was written of it, stays.
    pub(crate) async fn remove_connection_entry(&self, id: &str) -> Result<(), ApiError> {
        let _turn = self.inner.connections.turn.lock().await;
        self.inner.connections.cancel_sign_in(id);
        let live = self.inner.connections.outcome(id).and_then(Result::ok);
        let removed = self
            .edit_settings(|settings| {
                let at = settings.connections.iter().position(|entry| entry.id == id);
                at.map(|at| settings.connections.remove(at)).ok_or_else(no_such)
            })
            .await?;
        if let Some(live) = live
            && let Err(error) = live.sign_out().await
        {
            log_failure("a removed connection could not sign out", &error);
        }
        let (connection, store) = (ConnectionId::new(id), &self.inner.store);
        let kept = self
            .inner
            .connections
            .forget_secrets(&connection, &removed.secrets)
            .await;
        let forgotten = store.forget_connection(connection.clone()).await;
        // It is removed all the same: rows of a connection that is not there are never shown.
        for failed in [
            forgotten,
            ringside_domain::ConnectionMemory::forget(store, &connection).await,
        ] {
            if let Err(error) = failed {
                log_failure("what a removed connection had left was not forgotten", &error);
            }
        }
        kept.map_err(|error| {
            let hint = format!("Unlock the secret store and remove the entries that begin with connection/{id}/");
            ApiError {
                message: format!(
                    "The connection is removed, but its secrets are still there: {}",
                    error.message
                ),
                ..ApiError::from(error).hint(hint)
            }
        })
    }

    /// Gives the engine what the settings and the connector files say now.
    pub(crate) fn place_connections(&self) {
        // Whoever comes last read last.
        let _one = lock(&self.inner.connections.placing);
        let mut connections = self.inner.connections.make(&self.settings_now(), &self.inner.extra);
        connections.extend(self.sample_people());
        self.inner.engine.set_connections(connections);
        self.note_sign_ins();
    }

    /// Makes the connections anew, and tells everybody.
    pub(crate) async fn remake_connections(&self) {
        self.place_connections();
        self.tell(Event::Settings);
        self.tell_status().await;
    }

    /// Reads the user's own connector files again if they changed.
    pub(crate) async fn read_own_connectors(&self) {
        let app = self.clone();
        let read = tokio::task::spawn_blocking(move || app.inner.connections.read_own()).await;
        if !read.unwrap_or(false) {
            return;
        }
        self.note_own_connectors();
        self.remake_connections().await;
    }

    /// What the first call would otherwise wait for.
    pub(crate) async fn warm_connections(&self) {
        self.inner.connections.warm().await;
        if !self.inner.store.is_memory() {
            self.inner.connections.look_for_grants().await;
        }
    }

    /// What is wrong with the user's own files.
    pub(crate) fn note_own_connectors(&self) {
        let catalog = self.inner.connections.catalog();
        let faults: Vec<String> = catalog
            .own()
            .iter()
            .filter_map(|entry| {
                let first = entry.problems().first()?;
                let file = entry.id.strip_prefix(ringside_connectors::catalog::OWN)?;
                Some(format!(
                    "{file}.toml:{}:{}: {}",
                    first.line, first.column, first.message
                ))
            })
            .collect();
        let notice = (!faults.is_empty()).then(|| {
            let message = format!("Connector files of yours have faults: {}", faults.join("; "));
            ApiError::new("connectors", message).hint(
                "What was read of them before goes on. `ringside connector check FILE` says all that is wrong with one",
            )
        });
        self.notice("connectors", notice);
    }

    /// Listens to what connections say about their sign-in, and tells it.
    pub(crate) fn watch_sign_ins(&self) {
        let app = self.clone();
        tokio::spawn(async move {
            let stop = app.stop_signal();
            loop {
                tokio::select! {
                    () = app.inner.connections.changed.notified() => {}
                    () = stop.clone() => return,
                }
                app.note_sign_ins();
                app.tell(Event::Settings);
                app.tell_status().await;
            }
        });
    }

    fn note_sign_ins(&self) {
        let names = self.inner.connections.wanting();
        let notice = (!names.is_empty()).then(|| {
            let message = format!("You are not signed in to {}", names.join(", "));
            ApiError::new("sign_in", message).hint("Open Connections and sign in; until then nobody is found there")
        });
        self.notice("sign_in", notice);
    }
}

/// Whose account it is, within the deadline of a check.
async fn checked(connector: &dyn Connector) -> Result<Account> {
    tokio::time::timeout(CHECK_DEADLINE, connector.check(quiet()))
        .await
        .unwrap_or_else(|_| {
            let message = format!("{} did not answer in time", connector.info().name);
            Err(Error::new(Kind::Timeout, "check", message))
        })
}

/// A context that belongs to no lookup.
pub(crate) fn quiet() -> Cx {
    Cx {
        deadline: CHECK_DEADLINE,
        freshness: Freshness::Live,
        trace: Arc::new(NoTrace),
    }
}

pub(crate) fn no_such() -> ApiError {
    ApiError {
        field: Some("connection".to_owned()),
        ..ApiError::new("not_found", "there is no such connection")
    }
}
