//! What a phone has in the keyring: its secrets, its sign-in, and for one that reports to the intake its token.

use std::collections::BTreeMap;

use ringside_domain::{CredentialStore, Error, Kind, Result};
use ringside_sources::kinds::{ParameterKind, PhoneKind, Setup};

use super::{
    key, known,
    pin::{PIN, Pin, is_pinned},
    setup,
};
use crate::{app::App, settings::PhoneEntry};

/// The keyring's entry for one secret. The phone's token, where it has one, is `phone/<name>` itself.
pub(super) fn secret_name(phone: &str, secret: &str) -> String {
    format!("phone/{}/{secret}", key(phone))
}

pub(super) fn grant_name(phone: &str) -> String {
    secret_name(phone, "grant")
}

impl App {
    /// What a phone's source is made of, with its secrets, and what they were given for.
    pub(super) async fn phone_setup(&self, entry: &PhoneEntry) -> Result<(Setup, Option<Pin>)> {
        let kind = known(&entry.kind)?;
        let (setup, pin) = self.setup_and_pin(entry).await?;
        if kind.signs_in_with_browser && self.inner.phones.parts.sign_in.kept(&setup.grant).await?.is_none() {
            return Err(
                Error::new(Kind::SignInNeeded, "start_phone", "nobody has signed in here yet")
                    .hint("Sign in: the browser opens"),
            );
        }
        if let Some(pin) = &pin {
            pin.check(entry)?;
        }
        Ok((setup, pin))
    }

    /// The same, whether anybody has signed in or not, and wherever that was.
    pub(super) async fn signed_out_setup(&self, entry: &PhoneEntry) -> Result<Setup> {
        Ok(self.setup_and_pin(entry).await?.0)
    }

    async fn setup_and_pin(&self, entry: &PhoneEntry) -> Result<(Setup, Option<Pin>)> {
        let kind = known(&entry.kind)?;
        let pin = self.kept_pin(entry).await?;
        if let Some(pin) = pin.as_ref().filter(|_| !entry.secrets.is_empty()) {
            pin.check(entry)?;
        }
        let mut secrets = BTreeMap::new();
        for name in &entry.secrets {
            let secret = self
                .inner
                .ports
                .credentials
                .get(&secret_name(&entry.name, name))
                .await?;
            let secret = secret.ok_or_else(|| lost(kind, name))?;
            secrets.insert(name.clone(), secret);
        }
        let setup = Setup {
            pin: pin.as_ref().and_then(|pin| pin.proof.clone()),
            ..setup(entry, secrets)
        };
        Ok((setup, pin))
    }

    /// Everything that a phone of this kind and name may have in the keyring.
    pub(super) async fn forget_phone(&self, kind: &PhoneKind, name: &str) -> Result<()> {
        let secrets = kind
            .parameters
            .iter()
            .filter(|asked| asked.kind == ParameterKind::Secret);
        let pin = is_pinned(kind.id).then_some(PIN);
        let names: Vec<String> = secrets.map(|asked| asked.name).chain(pin).map(str::to_owned).collect();
        forget(&*self.inner.ports.credentials, name, &names).await?;
        if kind.signs_in_with_browser {
            self.inner.phones.parts.sign_in.forget(&grant_name(name)).await?;
        }
        Ok(())
    }
}

pub(super) async fn forget(credentials: &dyn CredentialStore, phone: &str, names: &[String]) -> Result<()> {
    for name in names {
        credentials.remove(&secret_name(phone, name)).await?;
    }
    Ok(())
}

fn lost(kind: &PhoneKind, name: &str) -> Error {
    let asked = kind.parameters.iter().find(|asked| asked.name == name);
    let title = asked.map_or(name, |asked| asked.title);
    Error::new(
        Kind::Invalid,
        "start_phone",
        format!("the secret store does not have it any more: {title}"),
    )
    .hint("Type it again: change the phone")
    .field(name)
}
