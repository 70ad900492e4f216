//! The connection of an example: what was typed, what is in the keyring, what signing in brought.

use std::{collections::BTreeMap, sync::Arc};

use ringside_domain::{ConnectionId, Result};
use serde_json::json;

use super::{
    super::{desk, exchange::Script},
    CONNECTION,
    input::unfit,
};
use crate::{
    manifest::{
        connector::ManifestConnector,
        format::{Example, Manifest, ParameterKind},
        load::Loaded,
        run::{ACCOUNT, kept_account},
    },
    parts::{PLACES, Parts, Server, Setup, secret_name},
};

/// The connection as the example has it.
pub(super) async fn connector(
    loaded: &Arc<Loaded>,
    example: &Example,
    script: &Arc<Script>,
) -> Result<ManifestConnector> {
    let manifest = &loaded.manifest;
    let said = example.contact.as_ref().map(|contact| &contact.contact_type);
    if let Some(id) = said
        .into_iter()
        .chain(&example.contact_type)
        .find(|id| !is_type(manifest, id))
    {
        return Err(unfit(format!("there is no type `{id}`")));
    }
    let connection = ConnectionId::new(CONNECTION);
    let typed = manifest.environment.typed.as_ref();
    let server = match (&example.server, typed) {
        (Some(server), _) => Some(Server::read(server)?),
        (None, Some(typed)) => typed.placeholder.as_deref().map(Server::read).transpose()?,
        (None, None) => None,
    };
    let first = manifest.environment.choices.first().map(|choice| choice.id.clone());
    let setup = Setup {
        connection: connection.clone(),
        connector: manifest.id.clone(),
        name: manifest.name.clone(),
        environment: example.environment.clone().or(first),
        server,
        parameters: example.parameters.clone(),
        account: None,
    };
    let (session, granted, discovered) = signed_in(manifest, example);
    let parts = Parts {
        address_book: Arc::new(desk::NoAddressBook),
        http: Arc::clone(script) as _,
        sign_in: Arc::new(desk::SignedIn {
            members: granted.into_iter().collect(),
            refreshed: false.into(),
        }),
        credentials: Arc::new(desk::Keyring::new(secrets(manifest, &connection, &discovered))),
        memory: Arc::new(desk::Memory::with(ACCOUNT, account(manifest, example))),
        clock: Arc::new(desk::StandingClock),
    };
    let connector = ManifestConnector::new(of_type(loaded, example), &parts, &setup)?;
    if !session.is_empty() {
        connector.assume_session(session).await?;
    }
    Ok(connector)
}

fn is_type(manifest: &Manifest, id: &str) -> bool {
    manifest.types.iter().any(|kind| kind.id == id)
}

/// The manifest, and of its types only the one that the example is about.
fn of_type(loaded: &Arc<Loaded>, example: &Example) -> Arc<Loaded> {
    match &example.contact_type {
        Some(only) if example.operation == "find_contact" => Arc::new(loaded.with_type(only)),
        _ => Arc::clone(loaded),
    }
}

type Captured = BTreeMap<String, String>;

/// What the example says that signing in captured: of the session, the token answer, the discovery.
fn signed_in(manifest: &Manifest, example: &Example) -> (Captured, Captured, Captured) {
    let said = example.session.clone().unwrap_or_default();
    let pick = |wanted: &dyn Fn(&String) -> bool| -> Captured {
        let pairs = said.iter().filter(|(name, _)| wanted(name));
        pairs.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let auth = &manifest.auth;
    let session = pick(&|name| auth.session.iter().any(|step| step.capture.contains_key(name)));
    let Some(oauth2) = &auth.oauth2 else {
        return (session, Captured::new(), Captured::new());
    };
    let granted = pick(&|name| oauth2.keep_granted.contains(name));
    let found = oauth2.discover.as_ref();
    let discovered =
        pick(&|name| found.is_some_and(|discover| discover.capture.contains_key(name)) && !session.contains_key(name));
    (session, granted, discovered)
}

fn secrets(manifest: &Manifest, connection: &ConnectionId, discovered: &Captured) -> BTreeMap<String, Vec<u8>> {
    let places = json!({ "discovered": discovered, "redirect": {} }).to_string();
    let secret = manifest
        .parameters
        .iter()
        .filter(|parameter| parameter.kind == ParameterKind::Secret)
        .map(|parameter| (parameter.name.as_str(), format!("secret-{}", parameter.name)));
    secret
        .chain([(PLACES, places)])
        .map(|(name, value)| (secret_name(connection, name), value.into_bytes()))
        .collect()
}

/// The account's facts as the memory has them; without any the example begins with asking for them.
fn account(manifest: &Manifest, example: &Example) -> Option<String> {
    let who = manifest.whoami.as_ref().filter(|_| !example.account.is_empty())?;
    let more = who.more.iter().flat_map(|step| step.capture.keys());
    let names = who.capture.keys().chain(more).map(String::as_str);
    let mut facts: Captured = ["id", "name"]
        .into_iter()
        .chain(names)
        .map(|name| (name.to_owned(), String::new()))
        .collect();
    facts.extend(example.account.clone());
    Some(kept_account(facts))
}
