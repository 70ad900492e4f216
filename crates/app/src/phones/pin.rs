//! What a phone's secrets were given for: where they go, and how they are proved there.
//!
//! `config.toml` is a plain file, and says which server a phone is at. A password must not follow whoever edits that: what
//! decides where and how it travels is kept beside it in the keyring, `phone/<name>/pin`, and compared before each start.
//! Only a person who types the secret again, or signs in again, changes it. The source's own pin lies there too:
//!
//! ```json
//! {"given_for": {"address": "201@pbx.example.com", "server": "", "transport": "tls", "user": ""},
//!  "proof": "algorithm=SHA-256;qop;realm=pbx.example.com"}
//! ```

use std::{collections::BTreeMap, future::pending, sync::Arc, time::Duration};

use ringside_domain::{CredentialStore, Error, Kind, Result, credentials::Secret};
use ringside_sources::kinds;
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, time::timeout};

use super::secrets::secret_name;
use crate::{
    app::{App, log_failure},
    settings::PhoneEntry,
};

/// The last part of the keyring's entry. No kind has a secret of this name.
pub(super) const PIN: &str = "pin";
/// How long after a keyring did not take it.
const AGAIN: Duration = Duration::from_secs(30);
pub(super) const SERVER: &str = "server";
pub(super) const ADDRESS: &str = "address";
const TRANSPORT: &str = "transport";

/// The parameters that decide where and how a secret or a grant of this kind travels.
const fn places(kind: &str) -> &'static [&'static str] {
    match kind.as_bytes() {
        b"sip" => &[ADDRESS, SERVER, TRANSPORT, "user"],
        b"asterisk" => &[SERVER, TRANSPORT, "user"],
        b"ringcentral" => &[SERVER, "client_id"],
        _ => &[],
    }
}

/// Whether phones of this kind have one.
pub(super) const fn is_pinned(kind: &str) -> bool {
    !places(kind).is_empty()
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pin {
    /// By the parameters' names, what is absent with its default.
    given_for: BTreeMap<String, String>,
    /// The last word of [`Built::pin`](kinds::Built::pin).
    pub proof: Option<String>,
}

impl Pin {
    pub fn of(entry: &PhoneEntry, proof: Option<String>) -> Self {
        let parameters = kinds::kind(&entry.kind).map_or(&[][..], |kind| kind.parameters);
        let text = |name: &&str| {
            let typed = entry.parameters.get(*name).map(|text| text.trim());
            let usual = parameters.iter().find(|asked| asked.name == *name);
            let usual = usual.and_then(|asked| asked.default).unwrap_or_default();
            let text = typed.filter(|text| !text.is_empty()).unwrap_or(usual);
            ((*name).to_owned(), text.to_owned())
        };
        Self {
            given_for: places(&entry.kind).iter().map(text).collect(),
            proof,
        }
    }

    /// What can't be read was given for nothing that could be filled in.
    fn read(text: &Secret) -> Self {
        serde_json::from_slice(text.expose()).unwrap_or_default()
    }

    pub fn text(&self) -> Secret {
        let text = serde_json::json!({ "given_for": self.given_for, "proof": self.proof });
        Secret::new(text.to_string())
    }

    /// Whether this phone's secrets go where they were given for.
    pub fn fits(&self, entry: &PhoneEntry) -> bool {
        self.given_for == Self::of(entry, None).given_for
    }

    /// # Errors
    /// They would go elsewhere: [`Kind::Invalid`] with the secret's name as field, or [`Kind::SignInNeeded`] for a grant.
    pub fn check(&self, entry: &PhoneEntry) -> Result<()> {
        if self.fits(entry) {
            return Ok(());
        }
        let now = Self::of(entry, None).given_for;
        let differs = |name: &str| self.given_for.get(name) != now.get(name);
        let what = if differs(SERVER) || differs(ADDRESS) {
            "server"
        } else if differs(TRANSPORT) {
            "connection"
        } else {
            "account"
        };
        let secret = entry.secrets.first().map(String::as_str);
        let (its, kind, hint) = match secret {
            Some("password") => (
                "password",
                Kind::Invalid,
                "Press Change and type the password again, if that is right",
            ),
            Some(_) => (
                "secret",
                Kind::Invalid,
                "Press Change and type the secret again, if that is right",
            ),
            None => ("sign-in", Kind::SignInNeeded, "Sign in again, if that is right"),
        };
        let words = format!(
            "The {what} of this phone was changed outside Ringside; its {its} was given for {}",
            self.place()
        );
        let error = Error::new(kind, "start_phone", words).hint(hint);
        Err(secret
            .into_iter()
            .fold(error, |error, name| error.field(name.to_owned())))
    }

    /// As in `pbx.example.com over tls`. Without the part before the @: it can be a number.
    fn place(&self) -> String {
        let text = |name: &str| {
            self.given_for
                .get(name)
                .map(String::as_str)
                .filter(|text| !text.is_empty())
        };
        let host = text(ADDRESS).map(|address| address.rsplit('@').next().unwrap_or(address));
        let place = text(SERVER).or(host).unwrap_or("another one");
        match text(TRANSPORT) {
            Some(transport) => format!("{place} over {transport}"),
            None => place.to_owned(),
        }
    }
}

impl App {
    /// `None`: there is none yet, as after an update of Ringside, or never one for this kind.
    pub(super) async fn kept_pin(&self, entry: &PhoneEntry) -> Result<Option<Pin>> {
        if !is_pinned(&entry.kind) {
            return Ok(None);
        }
        let kept = self.inner.ports.credentials.get(&secret_name(&entry.name, PIN)).await?;
        Ok(kept.as_ref().map(Pin::read))
    }

    /// They signed in to this very place.
    pub(super) async fn pin_grant(&self, entry: &PhoneEntry) -> Result<()> {
        let pin = Pin::of(entry, None).text();
        self.inner
            .ports
            .credentials
            .set(&secret_name(&entry.name, PIN), pin)
            .await
    }
}

/// Writes a running phone's pin, at the first start and when its source has news.
pub(super) struct Keeper {
    credentials: Arc<dyn CredentialStore>,
    entry: String,
    /// As it is in the keyring.
    kept: Option<Pin>,
    pin: Pin,
    news: Option<watch::Receiver<Option<String>>>,
    failed: bool,
}

impl Keeper {
    /// `None`: there is nothing to keep for this kind.
    pub fn new(
        credentials: Arc<dyn CredentialStore>,
        entry: &PhoneEntry,
        kept: Option<Pin>,
        news: Option<watch::Receiver<Option<String>>>,
    ) -> Option<Self> {
        is_pinned(&entry.kind).then(|| Self {
            credentials,
            entry: secret_name(&entry.name, PIN),
            pin: Pin::of(entry, kept.as_ref().and_then(|kept| kept.proof.clone())),
            kept,
            news,
            failed: false,
        })
    }

    /// Never ends by itself, and can be dropped at any time.
    pub async fn run(&mut self) {
        loop {
            if self.write().await {
                self.hear().await;
            } else {
                let _ = timeout(AGAIN, self.hear()).await;
            }
        }
    }

    /// Once the source is gone: what it said last.
    pub async fn finish(mut self) {
        self.write().await;
    }

    async fn hear(&mut self) {
        let heard = match &mut self.news {
            Some(news) => news.changed().await.is_ok(),
            None => false,
        };
        if !heard {
            pending::<()>().await;
        }
    }

    async fn write(&mut self) -> bool {
        let news = self.news.as_mut().and_then(|news| news.borrow_and_update().clone());
        if news.is_some() {
            self.pin.proof = news;
        }
        if self.kept.as_ref() == Some(&self.pin) {
            return true;
        }
        match self.credentials.set(&self.entry, self.pin.text()).await {
            Ok(()) => {
                self.kept = Some(self.pin.clone());
                true
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failed, true) {
                    log_failure("what a phone's secrets were given for was not kept yet", &error);
                }
                false
            }
        }
    }
}

#[cfg(test)]
mod tests;
