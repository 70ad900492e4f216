//! Adding and changing a connection: everything is tried before it is kept, and what fails leaves nothing behind.

use ringside_connectors::{
    catalog::Body,
    parts::{KEPT, grant_name, secret_name},
    pin::Pin,
    registry::Built,
};
use ringside_domain::{ConnectionId, ConnectionMemory as _, connector::Account, credentials::Secret};
use ringside_ipc::{
    ApiError,
    command::{AddConnectionArgs, AgreeArgs, ChangeConnectionArgs},
    connection::{ConnectionStateDto, ParameterDto, ParameterKindDto, Values},
    status::ConnectionDto,
};

use super::{
    checked,
    form::{Filled, Form},
    made::{Live, PINNED, not_yet, pin_of},
    no_such, quiet, show,
};
use crate::{
    app::{App, log_failure},
    secrets::{Before, exchange, put_back},
    settings::ConnectionEntry,
};

/// Letters of a connection's name.
const LONGEST_NAME: usize = 60;

impl App {
    pub(crate) async fn add_connection_entry(&self, args: AddConnectionArgs) -> Result<ConnectionDto, ApiError> {
        let connections = &self.inner.connections;
        let _turn = connections.turn.lock().await;
        let connector = connections.chosen(&args.connector)?;
        let before = self.settings_now();
        if connector.only_once() && before.connections.iter().any(|entry| entry.connector == connector.id) {
            let words = format!("there is only one {}, and it is connected", connector.name);
            return Err(ApiError::new("conflict", words));
        }
        let name = named(args.name)?;
        let form = Form::of(&connections.parts, &connector, args.server.as_deref(), &args.parameters).await?;
        form.seen_server()?;
        let Filled { parameters, secrets } = form.fill(&args.parameters, &args.secrets, &[])?;
        let mut entry = ConnectionEntry {
            id: free_id(&connector.id, &before.connections),
            connector: connector.id.clone(),
            name: name.unwrap_or_else(|| form.name.clone()),
            logs_here: before.connections.is_empty(),
            account: None,
            environment: filled(args.environment),
            server: form.server.clone(),
            parameters,
            secrets: secrets.iter().map(|(name, _)| name.clone()).collect(),
            pin: None,
        };
        let pin = pin_of(&connector, &entry)?;
        entry.pin = pin.as_ref().map(|pin| pin.hash.clone());
        // Before anything is kept: a wrong address is said at once.
        connections.try_place(&connector, entry.environment.clone(), entry.server.clone())?;
        self.inner.file.lock().await.check()?;
        let added = self.try_new(entry.clone(), pin, &form, secrets).await;
        if added.is_err() {
            self.forget_new(&entry, &form).await;
        }
        let account = added?;
        let shown = self.connection_now(&entry.id).await?;
        Ok(match account {
            Some(account) => show::entered(shown, account),
            None => shown,
        })
    }

    /// Answers whose account it is, where that is known without the person.
    async fn try_new(
        &self,
        mut entry: ConnectionEntry,
        pin: Option<Pin>,
        form: &Form,
        secrets: Vec<(String, Secret)>,
    ) -> Result<Option<Account>, ApiError> {
        let connections = &self.inner.connections;
        let id = ConnectionId::new(entry.id.as_str());
        // Another connection may have had this id, and its secrets may have outlived it.
        connections.forget_secrets(&id, &secret_names(form)).await?;
        for (name, secret) in secrets {
            connections
                .parts
                .credentials
                .set(&secret_name(&id, &name), secret)
                .await?;
        }
        let live = self.made(&entry)?;
        let mut entered = None;
        if !form.signs_in_with_browser {
            // Whose account it is, is asked once and kept: what is logged there is marked with it.
            let account = enter(&live).await?;
            self.refuse_twins(&entry, &account)?;
            entry.account = Some(account.id.clone());
            entered = Some(account);
        }
        if let Some(pin) = pin {
            self.inner.store.keep(&id, PINNED, pin.text).await?;
        }
        self.edit_settings(|settings| {
            if settings.connections.iter().any(|other| other.id == entry.id) {
                return Err(ApiError::new("conflict", "the connection was added just now"));
            }
            settings.connections.push(entry);
            Ok(())
        })
        .await?;
        Ok(entered)
    }

    /// What a connection that did not come about had written.
    async fn forget_new(&self, entry: &ConnectionEntry, form: &Form) {
        let id = ConnectionId::new(entry.id.as_str());
        let secrets = self.inner.connections.forget_secrets(&id, &secret_names(form)).await;
        for failed in [secrets, self.inner.store.forget(&id).await] {
            if let Err(error) = failed {
                log_failure("what a failed connection had left was not forgotten", &error);
            }
        }
    }

    /// What is left out stays. Everything but a new name is tried first; what fails is taken back.
    pub(crate) async fn change_connection_entry(&self, args: ChangeConnectionArgs) -> Result<ConnectionDto, ApiError> {
        let connections = &self.inner.connections;
        // A sign-in that waits for its person holds the gate. Gate first, then turn, like everybody.
        connections.cancel_sign_in(&args.connection);
        let shut = connections.shut(&args.connection).await;
        let _turn = connections.turn.lock().await;
        let before = self.entry(&args.connection)?;
        let connector = connections.chosen(&before.connector)?;
        let name = named(args.name)?.unwrap_or_else(|| before.name.clone());
        let only_name = args.environment.is_none()
            && args.server.is_none()
            && args.parameters.is_empty()
            && args.secrets.values().all(|secret| secret.expose().trim().is_empty());
        if only_name {
            let after = ConnectionEntry { name, ..before.clone() };
            self.put(after).await?;
            return self.connection_now(&before.id).await;
        }
        let server = args.server.or_else(|| before.server.clone());
        let mut values: Values = before.parameters.clone();
        values.extend(args.parameters);
        let form = Form::of(&connections.parts, &connector, server.as_deref(), &values).await?;
        form.seen_server()?;
        // What the connector asked for in an older version of its file is dropped.
        values.retain(|name, value| {
            let asked = form.parameters.iter().any(|asked| asked.name == *name);
            !value.trim().is_empty() && (asked || !before.parameters.contains_key(name))
        });
        let Filled { parameters, secrets } = form.fill(&values, &args.secrets, &before.secrets)?;
        let mut after = ConnectionEntry {
            name,
            environment: filled(args.environment).or_else(|| before.environment.clone()),
            server: form.server.clone(),
            parameters,
            ..before.clone()
        };
        let pin = pin_of(&connector, &after)?;
        // Somewhere else than what the person agreed to, by this command or by an edit of the settings file.
        let moved = pin.as_ref().map(|pin| &pin.hash) != before.pin.as_ref();
        let moved = moved.then_some(pin).flatten();
        if let Some(pin) = &moved {
            let agreed = before.pin.as_deref().unwrap_or_default();
            if !pin.is_but_for_server(agreed) && !matches!(connector.body, Body::AppConnect) {
                return Err(changed());
            }
            typed_again(&form, &before.secrets, &secrets)?;
            after.pin = Some(pin.hash.clone());
        }
        for (name, _) in &secrets {
            if !after.secrets.contains(name) {
                after.secrets.push(name.clone());
            }
        }
        connections.try_place(&connector, after.environment.clone(), after.server.clone())?;
        self.inner.file.lock().await.check()?;
        let id = ConnectionId::new(before.id.as_str());
        let credentials = &*connections.parts.credentials;
        let typed = secrets
            .into_iter()
            .map(|(name, secret)| (secret_name(&id, &name), secret));
        let mut old = exchange(credentials, typed).await?;
        let parted = match &moved {
            Some(_) => self.part(&id, &mut old).await,
            None => Ok(()),
        };
        let tried = match parted {
            Ok(()) => self.try_changed(&after, &form).await,
            Err(error) => Err(error),
        };
        let mut entered = true;
        let kept = match tried {
            Ok(account) => {
                entered = account.is_some();
                after.account = account.or(after.account);
                connections.let_go(&after.id);
                self.put_at(after, moved).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            put_back(credentials, old).await;
            connections.let_go(&before.id);
            self.remake_connections().await;
            return Err(error);
        }
        self.remake_connections().await;
        if !entered && let Some(Ok(live)) = connections.outcome(&before.id) {
            live.signed_in.set(Some(not_yet()));
        }
        drop(shut);
        self.inner.engine.wake().await;
        self.connection_now(&before.id).await
    }

    /// Takes away what the old server gave us: the new one must not see it.
    async fn part(&self, id: &ConnectionId, old: &mut Before) -> Result<(), ApiError> {
        let parts = &self.inner.connections.parts;
        for name in KEPT {
            let entry = secret_name(id, name);
            if let Some(kept) = parts.credentials.get(&entry).await? {
                parts.credentials.remove(&entry).await?;
                old.push((entry, Some(kept)));
            }
        }
        Ok(parts.sign_in.forget(&grant_name(id)).await?)
    }

    /// Saves an entry with what its person agrees to by typing it.
    async fn put_at(&self, entry: ConnectionEntry, pin: Option<Pin>) -> Result<(), ApiError> {
        if let Some(pin) = pin {
            let id = ConnectionId::new(entry.id.as_str());
            self.inner.store.keep(&id, PINNED, pin.text).await?;
        }
        self.put(entry).await
    }

    /// The account, where one can be reached without the person.
    async fn try_changed(&self, after: &ConnectionEntry, form: &Form) -> Result<Option<String>, ApiError> {
        let live = self.made(after)?;
        match enter(&live).await {
            Ok(account) => {
                same_account(after, &account)?;
                Ok(Some(account.id))
            }
            // The person signs in with what is new afterwards.
            Err(error) if form.signs_in_with_browser && error.code == "sign_in_needed" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Goes on with a connector that changed.
    pub(crate) async fn agree(&self, args: AgreeArgs) -> Result<ConnectionDto, ApiError> {
        let connections = &self.inner.connections;
        let _turn = connections.turn.lock().await;
        let entry = self.entry(&args.connection)?;
        let connector = connections.chosen(&entry.connector)?;
        let pin = pin_of(&connector, &entry)?
            .ok_or_else(|| ApiError::new("unsupported", format!("{} is part of Ringside itself", connector.name)))?;
        if pin.text != args.after {
            let words = "The connector changed again since you looked at it";
            return Err(ApiError::new("conflict", words).hint("Look at it again, then decide"));
        }
        let id = ConnectionId::new(entry.id.as_str());
        self.inner.store.keep(&id, PINNED, pin.text).await?;
        let pin = Some(pin.hash);
        let entry = ConnectionEntry { pin, ..entry };
        self.put(entry.clone()).await?;
        self.connection_now(&entry.id).await
    }

    pub(super) fn entry(&self, id: &str) -> Result<ConnectionEntry, ApiError> {
        let settings = self.settings_now();
        let found = settings.connections.into_iter().find(|entry| entry.id == id);
        found.ok_or_else(no_such)
    }

    /// Saves an entry in its place; everything that depends on it is made anew.
    pub(super) async fn put(&self, entry: ConnectionEntry) -> Result<(), ApiError> {
        self.edit_settings(|settings| {
            let place = settings.connections.iter_mut().find(|other| other.id == entry.id);
            *place.ok_or_else(no_such)? = ConnectionEntry {
                // Another command may have moved it meanwhile.
                logs_here: settings_logs_here(&self.settings_now().connections, &entry),
                ..entry
            };
            Ok(())
        })
        .await
    }

    /// A connection for this entry, beside those that run.
    fn made(&self, entry: &ConnectionEntry) -> Result<Live, ApiError> {
        let connections = &self.inner.connections;
        connections
            .make_one(&connections.catalog(), entry)
            .map_err(|state| match state {
                ConnectionStateDto::Unfit { error } => error,
                ConnectionStateDto::Changed { .. } => changed(),
                _ => ApiError::invalid("connector", "there is no such connector"),
            })
    }

    /// Two connections to one account would find everybody twice.
    pub(super) fn refuse_twins(&self, entry: &ConnectionEntry, account: &Account) -> Result<(), ApiError> {
        let settings = self.settings_now();
        let twin = settings.connections.iter().find(|other| {
            other.id != entry.id
                && other.connector == entry.connector
                && (&other.server, &other.environment) == (&entry.server, &entry.environment)
                && other.account.as_ref() == Some(&account.id)
        });
        match twin {
            None => Ok(()),
            Some(twin) => {
                let words = format!("{} is connected already, as {}", account.name, twin.name);
                Err(ApiError::new("conflict", words).hint("Change that connection, or sign in to another account"))
            }
        }
    }
}

pub(super) fn changed() -> ApiError {
    ApiError::new("conflict", "What the connector does with secrets has changed")
        .hint("Look at what changed and agree to it first")
}

/// A secret that was given to one server is not sent to another one unasked.
fn typed_again(form: &Form, kept: &[String], typed: &[(String, Secret)]) -> Result<(), ApiError> {
    let again = |asked: &&ParameterDto| {
        asked.kind == ParameterKindDto::Secret
            && kept.contains(&asked.name)
            && !typed.iter().any(|(name, _)| *name == asked.name)
    };
    match form.parameters.iter().find(again) {
        None => Ok(()),
        Some(asked) => {
            let words = format!("Type the {} again: the server changed", asked.title);
            Err(ApiError::invalid(&asked.name, words).hint("What you typed before was meant for the other server"))
        }
    }
}

/// Signs in with what was typed, without the person, and says whose account it is.
async fn enter(live: &Live) -> Result<Account, ApiError> {
    if let Built::Manifest(manifest) = &live.built
        && !manifest.needs_browser()
    {
        // A grant of an older password would pass the check.
        live.built.sign_in(quiet()).await?;
    }
    // Past the gate, which is shut while this is tried.
    Ok(checked(&*live.built.connector()).await?)
}

pub(super) fn same_account(entry: &ConnectionEntry, account: &Account) -> Result<(), ApiError> {
    match &entry.account {
        Some(before) if *before != account.id => {
            let words = format!(
                "This is the account of {}, another one than this connection's",
                account.name
            );
            Err(ApiError::new("conflict", words)
                .hint("Use the same account as before, or add the other one as a connection of its own"))
        }
        _ => Ok(()),
    }
}

fn settings_logs_here(connections: &[ConnectionEntry], entry: &ConnectionEntry) -> bool {
    let now = connections.iter().find(|other| other.id == entry.id);
    now.map_or(entry.logs_here, |now| now.logs_here)
}

fn secret_names(form: &Form) -> Vec<String> {
    let secret = |asked: &&ParameterDto| asked.kind == ParameterKindDto::Secret;
    form.parameters
        .iter()
        .filter(secret)
        .map(|asked| asked.name.clone())
        .collect()
}

fn named(name: Option<String>) -> Result<Option<String>, ApiError> {
    let name = filled(name);
    match &name {
        Some(name) if name.chars().count() > LONGEST_NAME => {
            let words = format!("The name is longer than {LONGEST_NAME} letters");
            Err(ApiError::invalid("name", words))
        }
        Some(name) if name.chars().any(char::is_control) => Err(ApiError::invalid(
            "name",
            "The name has signs in it that can't be shown",
        )),
        _ => Ok(name),
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// `hubspot`, `hubspot-2`; of the user's own `own/acme` it is `own-acme`. What settings, contacts and the keyring call it.
fn free_id(connector: &str, taken: &[ConnectionEntry]) -> String {
    let letters = |letter: char| {
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() {
            letter
        } else {
            '-'
        }
    };
    let base: String = connector.to_lowercase().chars().map(letters).take(32).collect();
    let base = base.trim_matches('-');
    let numbered = (2_u32..).map(|count| format!("{base}-{count}"));
    let free = |id: &String| !taken.iter().any(|entry| entry.id == *id);
    std::iter::once(base.to_owned())
        .chain(numbered)
        .find(free)
        .unwrap_or_else(|| base.to_owned())
}
